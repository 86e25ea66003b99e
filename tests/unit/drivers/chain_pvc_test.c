/* SPDX-License-Identifier: BSD-3-Clause */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include "chain.h"
#include "medium.h"

#include <cmocka.h>

/* Permanent VCs, and what clients ask their call manager by number; either kind of it. */

#define LABEL 1000u

static int
setup(void **state)
{
	*state = chain_create(&(struct chain_config){ .meter = true });
	return 0;
}

static int
setup_no_close_data(void **state)
{
	*state = chain_create(&(struct chain_config){ .no_close_data = true });
	return 0;
}

static int
teardown(void **state)
{
	chain_destroy(*state);
	return 0;
}

static struct co_pvc
pvc(uint32_t label)
{
	struct co_pvc p = {
		.label = label,
		.address = { .type = CO_ADDRESS_E164, .len = 2, .octets = "77" },
		.tx = { .peak_rate = 5000 },
		.rx = { .peak_rate = 6000 },
	};

	return p;
}

static void
add(struct chain *ch, uint32_t label)
{
	struct co_pvc p = pvc(label);

	assert_int_equal(callmgr_pvc_add(ch->cm[USER], &p), 0);
}

/* @p label 0: by its address. */
static struct chain_call *
call_permanent(struct chain *ch, uint32_t label, enum co_status expected)
{
	struct chain_call *call = chain_create_vc(ch, USER);

	call->params = (struct co_call_params){ .flags = CO_CALL_F_PERMANENT };
	call->params.media.label = label;
	if (label == 0)
		call->params.called = pvc(0).address;
	assert_int_equal(co_cl_make_call(ch->co[USER], call->vc, &call->params), expected);
	return call;
}

static void
end(struct chain_call *call)
{
	assert_int_equal(chain_close(call, NULL, 0), CO_STATUS_PENDING);
	chain_run_until(call->client->chain, chain_is_idle, 100);
	assert_int_equal(call->n_closed, 1);
}

/* MAKE-12 */
static void
a_pvc_is_called_and_closed_without_a_word_to_the_network(void **state)
{
	struct chain *ch = *state;
	struct chain_call *call;

	add(ch, LABEL);
	chain_forget_steps(ch);
	call = call_permanent(ch, LABEL, CO_STATUS_PENDING);
	chain_run_ms(ch, 10);
	assert_int_equal(call->n_made, 1);
	assert_int_equal(call->make_status, CO_STATUS_SUCCESS);
	assert_true(call->params.flags & CO_CALL_F_PERMANENT);
	assert_int_equal(call->params.media.label, LABEL);
	assert_int_equal(medium_flow(ch, USER, call->vc).tx.peak_rate, 5000);
	assert_int_equal(chain_modify(call, 1, 1), CO_STATUS_NOT_SUPPORTED);
	end(call);
	assert_false(chain_has_step(ch, USER, "-> SETUP"));
	assert_false(chain_has_step(ch, USER, "-> RELEASE"));
	assert_int_equal(callmgr_pvc_remove(ch->cm[USER], LABEL), 0);
}

/* MAKE-12 */
static void
a_pvc_without_media_parameters_is_found_by_its_address(void **state)
{
	struct chain *ch = *state;
	struct chain_call *first, *second;

	call_permanent(ch, 0, CO_STATUS_FAILURE);
	chain_delete(ch->client[USER].last);
	add(ch, LABEL);
	add(ch, LABEL + 1);
	first = call_permanent(ch, 0, CO_STATUS_PENDING);
	second = call_permanent(ch, 0, CO_STATUS_PENDING);
	chain_run_ms(ch, 10);
	assert_int_equal(first->params.media.label + second->params.media.label, 2 * LABEL + 1);
	call_permanent(ch, 0, CO_STATUS_FAILURE); /* both are busy */
	chain_delete(ch->client[USER].last);
	call_permanent(ch, LABEL, CO_STATUS_FAILURE);
	chain_delete(ch->client[USER].last);
	assert_int_equal(callmgr_pvc_remove(ch->cm[USER], LABEL), -EBUSY);
	assert_int_equal(chain_close(first, NULL, 0), CO_STATUS_PENDING);
	end(second);
	assert_int_equal(callmgr_pvc_remove(ch->cm[USER], LABEL), 0);
	assert_int_equal(callmgr_pvc_remove(ch->cm[USER], LABEL), -ENOENT);
	assert_int_equal(callmgr_pvc_remove(ch->cm[USER], LABEL + 1), 0);
}

/* ACT-7, MAKE-5, MAKE-7 */
static void
a_pvc_that_cannot_be_activated_fails_the_call_and_is_free_again(void **state)
{
	struct chain *ch = *state;
	struct chain_call *call;

	add(ch, LABEL);
	medium_set_options(ch, &(struct medium_options){ .refuse_activation = true });
	call = call_permanent(ch, LABEL, CO_STATUS_PENDING);
	chain_run_until(ch, chain_is_idle, 100);
	assert_int_equal(call->make_status, CO_STATUS_RESOURCES);
	assert_int_equal(callmgr_pvc_remove(ch->cm[USER], LABEL), 0);
}

/* A PVC's label is in nobody else's hands. */
static void
no_call_gets_the_label_of_a_pvc(void **state)
{
	struct chain *ch = *state;
	struct chain_call *call = chain_call_up(ch, USER);
	uint32_t label = call->params.media.label;
	struct co_pvc p = pvc(label);

	assert_int_equal(callmgr_pvc_add(ch->cm[USER], &p), -EBUSY);
	assert_int_equal(callmgr_pvc_add(ch->cm[NETWORK], &p), -EBUSY);
	end(call);
	chain_run_ms(ch, 10);
	p.label = label + 1; /* the next one that would be given out */
	assert_int_equal(callmgr_pvc_add(ch->cm[USER], &p), 0);
	assert_int_equal(callmgr_pvc_add(ch->cm[USER], &p), -EEXIST);
	assert_int_equal(callmgr_pvc_add(ch->cm[NETWORK], &p), 0);
	call = chain_call_up(ch, USER);
	assert_int_not_equal(call->params.media.label, p.label);
	end(call);
	p.label = CHAIN_SIGNALLING_LABEL - 1;
	assert_int_equal(callmgr_pvc_add(ch->cm[USER], &p), -EINVAL);
	assert_int_equal(callmgr_pvc_remove(ch->cm[USER], label + 1), 0);
	assert_int_equal(callmgr_pvc_remove(ch->cm[NETWORK], label + 1), 0);
}

/* UNB-9 is about paths of the network: a PVC has none. */
static void
a_pvc_outlives_the_signalling_link(void **state)
{
	struct chain *ch = *state;
	struct chain_call *call;

	add(ch, LABEL);
	call = call_permanent(ch, LABEL, CO_STATUS_PENDING);
	chain_run_ms(ch, 10);
	callmgr_pause(ch->cm[USER], true);
	chain_run_ms(ch, 30000);
	assert_int_equal(call->n_incoming_close, 0);
	callmgr_pause(ch->cm[USER], false);
	end(call);
	chain_run_ms(ch, 15000);
	assert_int_equal(callmgr_pvc_remove(ch->cm[USER], LABEL), 0);
}

/* ---- By number. ---- */

static enum co_status
ask(struct chain *ch, enum co_oid oid, void *buffer, uint32_t size, uint32_t *needed)
{
	struct co_oid_request request = { .oid = oid, .buffer = buffer, .size = size };
	enum co_status status;

	status = co_cl_oid_request(ch->co[USER], ch->client[USER].af, &request);
	if (needed != NULL)
		*needed = request.needed;
	return status;
}

/* OID-7 */
static void
a_client_adds_and_deletes_pvcs(void **state)
{
	struct chain *ch = *state;
	struct co_pvc p = pvc(LABEL), found;
	struct chain_call *call;
	uint32_t needed, cursor = 0;

	assert_int_equal(ask(ch, CO_OID_ADD_PVC, &p, sizeof(p), NULL), CO_STATUS_SUCCESS);
	assert_int_equal(ask(ch, CO_OID_ADD_PVC, &p, sizeof(p), NULL), CO_STATUS_INVALID_DATA);
	assert_int_equal(ask(ch, CO_OID_ADD_PVC, &p, 4, &needed), CO_STATUS_INVALID_LENGTH);
	assert_int_equal(needed, sizeof(p));
	assert_true(callmgr_pvc_next(ch->cm[USER], &cursor, &found));
	assert_int_equal(found.label, LABEL);
	assert_false(callmgr_pvc_next(ch->cm[USER], &cursor, &found));
	call = call_permanent(ch, LABEL, CO_STATUS_PENDING);
	chain_run_ms(ch, 10);
	assert_int_equal(ask(ch, CO_OID_DELETE_PVC, &p, sizeof(p), NULL), CO_STATUS_NOT_ACCEPTED);
	end(call);
	assert_int_equal(ask(ch, CO_OID_DELETE_PVC, &p, sizeof(p), NULL), CO_STATUS_SUCCESS);
	assert_int_equal(ask(ch, CO_OID_DELETE_PVC, &p, sizeof(p), NULL), CO_STATUS_INVALID_DATA);
	assert_int_equal(ask(ch, CO_OID_LINK, &p, sizeof(p), NULL), CO_STATUS_INVALID_OID);
}

/* OID-6, OID-7 */
static void
a_client_keeps_a_list_of_aliases_and_hears_when_it_changes(void **state)
{
	struct chain *ch = *state;
	struct chain_client *c = &ch->client[USER];
	struct co_address list[2], one = { .type = CO_ADDRESS_E164, .len = 2, .octets = "55" };
	struct co_address two = { .type = CO_ADDRESS_NSAP, .len = 20, .octets = { 0x39 } };
	uint32_t needed;

	assert_int_equal(c->n_oids[CO_OID_ADDRESS_CHANGED], 1); /* right after it has opened */
	assert_int_equal(ask(ch, CO_OID_ADDRESSES, NULL, 0, &needed), CO_STATUS_SUCCESS);
	assert_int_equal(needed, 0);
	assert_int_equal(ask(ch, CO_OID_ADD_ADDRESS, &one, sizeof(one), NULL), CO_STATUS_SUCCESS);
	assert_int_equal(ask(ch, CO_OID_ADD_ADDRESS, &two, sizeof(two), NULL), CO_STATUS_SUCCESS);
	assert_int_equal(
		ask(ch, CO_OID_ADD_ADDRESS, &two, sizeof(two), NULL), CO_STATUS_INVALID_DATA);
	chain_run_ms(ch, 1);
	assert_int_equal(c->n_oids[CO_OID_ADDRESS_CHANGED], 2);
	assert_int_equal(ask(ch, CO_OID_ADDRESSES, list, sizeof(list[0]), &needed),
		CO_STATUS_BUFFER_TOO_SHORT);
	assert_int_equal(needed, sizeof(list));
	assert_int_equal(ask(ch, CO_OID_ADDRESSES, list, sizeof(list), &needed), CO_STATUS_SUCCESS);
	assert_memory_equal(&list[1], &two, sizeof(two));
	assert_int_equal(
		ask(ch, CO_OID_DELETE_ADDRESS, &one, sizeof(one), NULL), CO_STATUS_SUCCESS);
	assert_int_equal(
		ask(ch, CO_OID_DELETE_ADDRESS, &one, sizeof(one), NULL), CO_STATUS_INVALID_DATA);
	chain_run_ms(ch, 1);
	assert_int_equal(c->n_oids[CO_OID_ADDRESS_CHANGED], 3);
	assert_int_equal(ch->client[NETWORK].n_oids[CO_OID_ADDRESS_CHANGED], 1);
}

/* OID-5 */
static void
clients_hear_when_signalling_stops_and_when_it_works_again(void **state)
{
	struct chain *ch = *state;
	struct chain_client *c = &ch->client[USER];
	unsigned int up = c->n_oids[CO_OID_SIGNALLING_UP];

	callmgr_pause(ch->cm[USER], true);
	assert_int_equal(c->n_oids[CO_OID_SIGNALLING_DOWN], 1);
	callmgr_pause(ch->cm[USER], false);
	chain_run_ms(ch, 15000);
	assert_int_equal(c->n_oids[CO_OID_SIGNALLING_UP], up + 1);
}

/* CLOSE-11, CLOSE-12 */
static void
close_data_that_the_medium_cannot_carry_is_refused_and_the_call_stays(void **state)
{
	static const uint8_t data[] = { 16 };
	struct chain *ch = *state;
	struct chain_call *call = chain_call_up(ch, USER);

	chain_forget_steps(ch);
	assert_int_equal(chain_close(call, data, sizeof(data)), CO_STATUS_INVALID_DATA);
	chain_run_ms(ch, 100);
	assert_false(chain_has_step(ch, USER, "-> RELEASE"));
	assert_int_equal(ch->client[NETWORK].last->n_incoming_close, 0);
	assert_int_equal(chain_close(call, NULL, 0), CO_STATUS_PENDING);
	chain_run_until(ch, chain_is_idle, 1000);
	assert_int_equal(call->n_closed, 1);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_pvc_is_called_and_closed_without_a_word_to_the_network),
		TEST(a_pvc_without_media_parameters_is_found_by_its_address),
		TEST(a_pvc_that_cannot_be_activated_fails_the_call_and_is_free_again),
		TEST(no_call_gets_the_label_of_a_pvc),
		TEST(a_pvc_outlives_the_signalling_link),
		TEST(a_client_adds_and_deletes_pvcs),
		TEST(a_client_keeps_a_list_of_aliases_and_hears_when_it_changes),
		TEST(clients_hear_when_signalling_stops_and_when_it_works_again),
		cmocka_unit_test_setup_teardown(
			close_data_that_the_medium_cannot_carry_is_refused_and_the_call_stays,
			setup_no_close_data, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
