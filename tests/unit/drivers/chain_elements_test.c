/* SPDX-License-Identifier: BSD-3-Clause */
/* What goes along with answers and ends, from client to client. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/bytes.h"
#include "chain.h"
#include "uni/clearing.h"

#include <cmocka.h>

static int
setup(void **state)
{
	*state = chain_create(&(struct chain_config){ .n_brokers = 2 });
	return 0;
}

static int
setup_scarce(void **state)
{
	*state = chain_create(
		&(struct chain_config){ .n_brokers = 2, .n_setups = 1, .n_answers = 1 });
	return 0;
}

static int
teardown(void **state)
{
	chain_destroy(*state);
	return 0;
}

/* Close data of the greatest size: 08 08 7f 7e. */
struct full {
	struct uni_release r;
	uint8_t diag[UNI_MAX_DIAGNOSTICS];
	uint8_t uu[UNI_MAX_UU];
	uint8_t git[UNI_MAX_GIT];
	uint8_t octets[CALLMGR_MAX_CLOSE_DATA];
	struct co_data data;
};

static void
fill(struct full *f)
{
	memset(f, 0, sizeof(*f));
	memset(f->diag, 0x11, sizeof(f->diag));
	memset(f->uu, 0x33, sizeof(f->uu));
	memset(f->git, 0x44, sizeof(f->git));
	f->r = (struct uni_release){
		.cause = UNI_CAUSE_NUMBER_CHANGED,
		.location = 5,
		.cause2 = UNI_CAUSE_INTERWORKING,
		.location2 = 10,
		.diagnostics = f->diag,
		.diagnostics_len = sizeof(f->diag),
		.diagnostics2 = f->diag,
		.diagnostics2_len = sizeof(f->diag),
		.uu = f->uu,
		.uu_len = sizeof(f->uu),
		.git = f->git,
		.git_len = sizeof(f->git),
	};
	f->data = callmgr_data_write(&f->r, f->octets);
	assert_int_equal(f->data.size, CALLMGR_MAX_CLOSE_DATA);
}

static void
expect_raw(const struct told *told, const void *octets, uint32_t size)
{
	assert_int_equal(told->raw_size, size);
	assert_memory_equal(told->raw, octets, size);
}

/* ---- Ends. ---- */

/* CLOSE-10, SIG-115, SIG-121 */
static void
all_that_a_close_can_carry_reaches_the_remote_client(void **state)
{
	struct chain *ch = *state;
	enum chain_side from;
	struct full f;

	fill(&f);
	for (from = USER; from < SIDE_COUNT; from++) {
		struct chain_call *call = chain_call_up(ch, from);
		struct chain_call *theirs = ch->client[chain_other(from)].last;

		assert_int_equal(chain_close(call, f.octets, f.data.size), CO_STATUS_PENDING);
		chain_run_until(ch, chain_is_idle, 1000);
		expect_raw(&theirs->told, f.octets, f.data.size);
	}
}

/* SIG-26: a short form is a cause of ours; what comes says where it comes from */
static void
a_cause_comes_with_its_location(void **state)
{
	static const uint8_t short_form[] = { UNI_CAUSE_TEMPORARY_FAILURE };
	static const uint8_t from_user[] = { 0x80 | 41, 0x08, 0x80, 0, 2, 0x80, 0x80 | 41 };
	static const uint8_t from_network[] = { 0x80 | 41, 0x08, 0x80, 0, 2, 0x82, 0x80 | 41 };
	struct chain *ch = *state;
	struct chain_call *call = chain_call_up(ch, USER);

	assert_int_equal(chain_close(call, short_form, sizeof(short_form)), CO_STATUS_PENDING);
	chain_run_until(ch, chain_is_idle, 1000);
	expect_raw(&ch->client[NETWORK].last->told, from_user, sizeof(from_user));
	call = chain_call_up(ch, NETWORK);
	assert_int_equal(chain_close(call, short_form, sizeof(short_form)), CO_STATUS_PENDING);
	chain_run_until(ch, chain_is_idle, 1000);
	expect_raw(&ch->client[USER].last->told, from_network, sizeof(from_network));
}

/* The coded form without a cause: that of octet 1, from here. */
static void
a_cause_that_no_element_says_is_that_of_the_first_octet(void **state)
{
	static const uint8_t data[] = { 0x80 | 31, 0x7f, 0xe0, 0, 2, 9, 8 };
	static const uint8_t any[] = { 0x80, 0x7f, 0xe0, 0, 2, 9, 8 };
	struct chain *ch = *state;
	struct chain_call *call = chain_call_up(ch, USER);

	assert_int_equal(chain_close(call, data, sizeof(data)), CO_STATUS_PENDING);
	chain_run_until(ch, chain_is_idle, 1000);
	assert_int_equal(ch->client[NETWORK].last->told.octets[0], UNI_CAUSE_UNSPECIFIED);
	call = chain_call_up(ch, USER);
	assert_int_equal(chain_close(call, any, sizeof(any)), CO_STATUS_PENDING);
	chain_run_until(ch, chain_is_idle, 1000);
	assert_int_equal(ch->client[NETWORK].last->told.octets[0], UNI_CAUSE_NORMAL);
}

/* SIG-117, CLOSE-11, CLOSE-12, CLOSE-13 */
static void
close_data_that_is_none_is_refused_and_nothing_is_sent(void **state)
{
	static const char *const bad[] = {
		"90 08800002 8091",                             /* octet 1 says another cause */
		"90 08800002 80",                               /* cut */
		"90 08800002 8090 08800002 8090 08800002 8090", /* three causes */
		"90 08800002 8090 54800003 000000",             /* none of a close's */
		"80 7e800001 04 7e800001 04",
	};
	struct chain *ch = *state;
	struct chain_call *call = chain_call_up(ch, USER);
	uint8_t octets[CALLMGR_MAX_CLOSE_DATA + 1];
	struct full f;
	uint32_t i;
	int n;

	chain_forget_steps(ch);
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		n = cp_hex_parse(bad[i], octets, sizeof(octets));
		assert_int_equal(chain_close(call, octets, (uint32_t)n), CO_STATUS_INVALID_DATA);
	}
	fill(&f);
	memcpy(octets, f.octets, f.data.size);
	assert_int_equal(chain_close(call, octets, sizeof(octets)), CO_STATUS_INVALID_DATA);
	assert_int_equal(
		co_cl_close_call(ch->co[USER], call->vc, CO_NONE, (struct co_data){ NULL, 3 }),
		CO_STATUS_INVALID_DATA);
	chain_run_ms(ch, 100);
	assert_false(chain_has_step(ch, USER, "-> RELEASE"));
	assert_int_equal(chain_close(call, f.octets, f.data.size), CO_STATUS_PENDING);
	chain_run_until(ch, chain_is_idle, 1000);
	assert_int_equal(call->n_closed, 1);
}

/* SIG-116 */
static void
data_of_an_answering_close_may_be_coded_too(void **state)
{
	struct chain *ch = *state;
	struct chain_call *theirs;
	struct full f;

	fill(&f);
	ch->client[NETWORK].leaves_close_open = true;
	assert_int_equal(chain_close(chain_call_up(ch, USER), NULL, 0), CO_STATUS_PENDING);
	chain_run_ms(ch, 50);
	theirs = ch->client[NETWORK].last;
	assert_int_equal(chain_close(theirs, f.octets, f.data.size), CO_STATUS_PENDING);
	chain_run_until(ch, chain_is_idle, 1000);
	assert_int_equal(theirs->n_closed, 1);
}

/* SIG-115, DROP-8: a party's has room for one cause */
static void
a_drop_carries_all_but_a_second_cause(void **state)
{
	static const uint8_t cut[] = { 0x90, 0x7e };
	struct chain *ch = *state;
	struct chain_party *parties[2];
	struct chain_call *call = chain_multipoint_up(ch, USER, 2, parties);
	struct full f;
	const struct told *told;

	fill(&f);
	assert_int_equal(chain_drop(parties[1], cut, sizeof(cut)), CO_STATUS_INVALID_DATA);
	assert_int_equal(chain_drop(parties[1], f.octets, f.data.size), CO_STATUS_PENDING);
	chain_run_ms(ch, 200);
	assert_int_equal(parties[1]->n_dropped, 1);
	told = &ch->client[NETWORK].last->told;
	f.r.cause2 = 0;
	f.data = callmgr_data_write(&f.r, f.octets);
	expect_raw(told, f.octets, f.data.size);
	assert_int_equal(chain_close(call, NULL, 0), CO_STATUS_PENDING);
	chain_run_until(ch, chain_is_idle, 1000);
}

/* ---- Answers. ---- */

#define CONNECTED "4c800006 91 3132333435"
#define UU "7e800003 04 6f6b"
#define GIT "7fe00002 0908"
#define BLLI "5f800001 cc"

static void
give(struct chain_client *c, const char *hex, uint8_t *octets, uint32_t room)
{
	int n = cp_hex_parse(hex, octets, room);

	assert_true(n > 0);
	c->elements = octets;
	c->elements_size = (uint32_t)n;
}

static void
expect_came(const struct came *came, const char *hex)
{
	uint8_t octets[CAME_MAX];
	int n = cp_hex_parse(hex, octets, sizeof(octets));

	assert_int_equal(came->size, n);
	assert_memory_equal(came->octets, octets, n);
}

/* SIG-39, SIG-118: whether the called client answers at once or later */
static void
elements_of_an_answer_come_with_make_call_complete(void **state)
{
	struct chain *ch = *state;
	struct chain_call *call;
	enum chain_side from;
	uint8_t octets[64];
	int later;

	for (from = USER; from < SIDE_COUNT; from++) {
		struct chain_client *c = &ch->client[chain_other(from)];

		give(c, UU CONNECTED "70800002 9132" GIT, octets, sizeof(octets));
		for (later = 0; later < 2; later++) {
			c->answer = later ? CO_STATUS_PENDING : CO_STATUS_SUCCESS;
			call = chain_call(ch, from);
			chain_run_ms(ch, 50);
			if (later)
				assert_int_equal(chain_answer(c->last, CO_STATUS_SUCCESS),
					CO_STATUS_SUCCESS);
			chain_run_ms(ch, 100);
			assert_true(call->up);
			expect_came(&call->came, CONNECTED GIT UU);
			assert_int_equal(chain_close(call, NULL, 0), CO_STATUS_PENDING);
			chain_run_until(ch, chain_is_idle, 1000);
		}
		c->elements = NULL;
		c->elements_size = 0;
		c->answer = CO_STATUS_SUCCESS;
	}
}

/* What an offer brought is not mistaken for elements of the answer. */
static void
a_plain_answer_brings_nothing(void **state)
{
	struct chain *ch = *state;
	struct chain_call *call = chain_call_up(ch, USER);

	assert_true(ch->client[NETWORK].last->offered.size > 0);
	assert_int_equal(call->came.size, 0);
	assert_int_equal(chain_close(call, NULL, 0), CO_STATUS_PENDING);
	chain_run_until(ch, chain_is_idle, 1000);
}

/* SIG-121, SIG-115, MAKE-5 */
static void
what_comes_with_a_refusal_is_in_the_parameters_of_the_failed_call(void **state)
{
	struct chain *ch = *state;
	struct chain_client *c = &ch->client[NETWORK];
	struct chain_call *call;
	uint8_t octets[64];

	give(c, UU "08800005 8595 010203" GIT CONNECTED, octets, sizeof(octets));
	c->answer = CO_STATUS_FAILURE;
	c->answer_cause = UNI_CAUSE_CALL_REJECTED;
	call = chain_call(ch, USER);
	chain_run_until(ch, chain_is_idle, 1000);
	assert_int_equal(call->cause, UNI_CAUSE_CALL_REJECTED);
	expect_came(&call->came, "08800005 8595 010203" GIT UU);

	c->answer = CO_STATUS_PENDING; /* it rings, CALL PROCEEDING is out: RELEASE */
	call = chain_call(ch, USER);
	chain_run_ms(ch, 50);
	c->last->params.cause = UNI_CAUSE_CALL_REJECTED;
	assert_int_equal(chain_answer(c->last, CO_STATUS_FAILURE), CO_STATUS_SUCCESS);
	chain_run_until(ch, chain_is_idle, 1000);
	expect_came(&call->came, "08800005 8595 010203" GIT UU);

	c->elements = NULL;
	c->elements_size = 0;
	c->answer = CO_STATUS_FAILURE; /* without any: its cause, from the network */
	call = chain_call(ch, USER);
	chain_run_until(ch, chain_is_idle, 1000);
	expect_came(&call->came, "08800002 8295");
}

/* SIG-39, SIG-P9, SIG-P10 */
static void
elements_about_a_party_come_with_add_party_complete(void **state)
{
	struct chain *ch = *state;
	struct chain_client *c = &ch->client[NETWORK];
	struct chain_party *parties[2];
	struct chain_call *call;
	uint8_t octets[64], first[64];

	give(c, UU CONNECTED, first, sizeof(first));
	call = chain_multipoint_up(ch, USER, 1, parties);
	expect_came(&call->came, CONNECTED UU);
	give(c, UU BLLI CONNECTED, octets, sizeof(octets));
	assert_int_equal(chain_add(call, &parties[0]), CO_STATUS_PENDING);
	chain_run_ms(ch, 100);
	assert_true(parties[0]->joined);
	expect_came(&parties[0]->came, BLLI CONNECTED UU);
	give(c,
		UU "08800003 8595 01"
		   "0880000280ff",
		octets, sizeof(octets));
	c->answer = CO_STATUS_FAILURE;
	assert_int_equal(chain_add(call, &parties[1]), CO_STATUS_PENDING);
	chain_run_ms(ch, 100);
	assert_int_equal(parties[1]->n_added, 1);
	assert_false(parties[1]->joined);
	expect_came(&parties[1]->came, "08800003 8595 01" UU); /* one cause (section 5) */
	chain_tear_down(call);
	chain_run_until(ch, chain_is_idle, 1000);
}

/* ---- What runs out. ---- */

static uint64_t
n_without_elements(const struct chain *ch, enum chain_side side)
{
	struct callmgr_census census;

	callmgr_census(ch->env[side], &census);
	return census.n_without_elements;
}

/* Call control's buffer is the SETUP's that is on its way. */
static void
an_answer_that_finds_no_buffer_goes_out_without_its_elements(void **state)
{
	struct chain *ch = *state;
	struct chain_client *c = &ch->client[NETWORK];
	struct chain_call *ours, *theirs, *ringing;
	uint8_t octets[64];

	give(c, UU, octets, sizeof(octets));
	c->answer = CO_STATUS_PENDING;
	ours = chain_call(ch, USER);
	chain_run_ms(ch, 50);
	ringing = c->last;
	theirs = chain_call(ch, NETWORK);
	assert_int_equal(chain_answer(ringing, CO_STATUS_SUCCESS), CO_STATUS_SUCCESS);
	chain_run_ms(ch, 100);
	assert_true(ours->up);
	assert_int_equal(ours->came.size, 0);
	assert_int_equal(n_without_elements(ch, NETWORK), 1);
	assert_true(theirs->up);
	assert_int_equal(chain_close(ours, NULL, 0), CO_STATUS_PENDING);
	assert_int_equal(chain_close(theirs, NULL, 0), CO_STATUS_PENDING);
	chain_run_until(ch, chain_is_idle, 1000);
}

/* What is no set of elements does not go along either. */
static void
elements_that_are_none_are_left_out(void **state)
{
	struct chain *ch = *state;
	struct chain_client *c = &ch->client[NETWORK];
	struct chain_call *call;
	uint8_t octets[64];

	give(c, UU "7f", octets, sizeof(octets));
	call = chain_call_up(ch, USER);
	assert_int_equal(call->came.size, 0);
	assert_int_equal(n_without_elements(ch, NETWORK), 1);
	assert_int_equal(chain_close(call, NULL, 0), CO_STATUS_PENDING);
	chain_run_until(ch, chain_is_idle, 1000);
}

#define CHAIN(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		CHAIN(all_that_a_close_can_carry_reaches_the_remote_client),
		CHAIN(a_cause_comes_with_its_location),
		CHAIN(a_cause_that_no_element_says_is_that_of_the_first_octet),
		CHAIN(close_data_that_is_none_is_refused_and_nothing_is_sent),
		CHAIN(data_of_an_answering_close_may_be_coded_too),
		CHAIN(a_drop_carries_all_but_a_second_cause),
		CHAIN(elements_of_an_answer_come_with_make_call_complete),
		CHAIN(a_plain_answer_brings_nothing),
		CHAIN(what_comes_with_a_refusal_is_in_the_parameters_of_the_failed_call),
		CHAIN(elements_about_a_party_come_with_add_party_complete),
		cmocka_unit_test_setup_teardown(
			an_answer_that_finds_no_buffer_goes_out_without_its_elements, setup_scarce,
			teardown),
		CHAIN(elements_that_are_none_are_left_out),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
