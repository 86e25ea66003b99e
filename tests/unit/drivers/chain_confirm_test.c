/* SPDX-License-Identifier: BSD-3-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include "chain.h"
#include "medium.h"

#include <cmocka.h>

/* Changes of rates that are confirmed, either kind of call manager, either role. */

static int
setup(void **state)
{
	*state = chain_create(&(struct chain_config){ .meter = true });
	return 0;
}

static int
teardown(void **state)
{
	chain_destroy(*state);
	return 0;
}

static void
in_both_roles(void **state, void (*test)(struct chain *ch, enum chain_side owner))
{
	test(*state, USER);
	test(*state, NETWORK);
}

static void
end(struct chain_call *call)
{
	struct chain *ch = call->client->chain;

	assert_int_equal(chain_close(call, NULL, 0), CO_STATUS_PENDING);
	chain_run_until(ch, chain_is_idle, 2000);
}

/* How often the other side's client was told that its acceptance is confirmed, since it was asked.
 */
static unsigned int
n_confirmed(const struct chain *ch, enum chain_side owner)
{
	return ch->client[chain_other(owner)].n_oids[CO_OID_VC_CONFIRMATION];
}

/* A call whose change the other side's client has accepted, and wants confirmed. */
static struct chain_call *
changed(struct chain *ch, enum chain_side owner, bool owner_confirms)
{
	struct chain_call *call = chain_call_up(ch, owner);
	struct chain_client *other = &ch->client[chain_other(owner)];

	other->wants_confirmation = true;
	other->n_oids[CO_OID_VC_CONFIRMATION] = 0;
	ch->client[owner].confirms = owner_confirms;
	chain_forget_steps(ch);
	assert_int_equal(chain_modify(call, 192000, 24000), CO_STATUS_PENDING);
	chain_run_ms(ch, 100);
	assert_int_equal(call->n_modified, 1);
	assert_int_equal(call->modify_status, CO_STATUS_SUCCESS);
	other->wants_confirmation = false;
	ch->client[owner].confirms = false;
	return call;
}

static void
at_once(struct chain *ch, enum chain_side owner)
{
	static const char *const owners_steps[] = {
		"co_cl_modify_call_qos",
		"callmgr.modify_call_qos",
		"-> MODIFY REQUEST",
		"<- MODIFY ACKNOWLEDGE",
		"co_cm_activate_vc",
		"-> CONNECTION AVAILABLE",
		"co_cm_modify_call_qos_complete",
		"client.modify_call_qos_complete SUCCESS",
		NULL,
	};
	struct chain_call *call = changed(ch, owner, false);

	chain_forget_miniport(ch);
	chain_expect_steps(ch, owner, owners_steps);
	assert_int_equal(n_confirmed(ch, owner), 1);
	assert_false(call->asked.flags & CO_CALL_F_CONFIRM);
	assert_int_equal(chain_oid(call, CO_OID_VC_CONFIRMATION), CO_STATUS_NOT_ACCEPTED);
	end(call);
}

/* SIG-M2, SIG-M7, SIG-M9, QOS-2 */
static void
a_call_manager_confirms_a_change_when_its_miniport_has_the_rates(void **state)
{
	in_both_roles(state, at_once);
}

static void
by_the_client(struct chain *ch, enum chain_side owner)
{
	struct chain_call *call = changed(ch, owner, true);

	assert_true(call->asked.flags & CO_CALL_F_CONFIRM);
	chain_run_ms(ch, 10000);
	assert_false(chain_has_step(ch, owner, "-> CONNECTION AVAILABLE"));
	assert_int_equal(n_confirmed(ch, owner), 0);
	assert_int_equal(chain_oid(call, CO_OID_VC_CONFIRMATION), CO_STATUS_SUCCESS);
	assert_int_equal(chain_oid(call, CO_OID_VC_CONFIRMATION), CO_STATUS_NOT_ACCEPTED);
	chain_run_ms(ch, 100);
	assert_true(chain_has_step(ch, owner, "-> CONNECTION AVAILABLE"));
	assert_int_equal(n_confirmed(ch, owner), 1);
	end(call);
}

/* SIG-114, OID-2 */
static void
a_client_that_has_said_so_confirms_its_change_itself(void **state)
{
	in_both_roles(state, by_the_client);
}

static void
never(struct chain *ch, enum chain_side owner)
{
	struct chain_call *call = changed(ch, owner, true);

	chain_run_ms(ch, 19000);
	assert_int_equal(n_confirmed(ch, owner), 0);
	chain_run_ms(ch, 1000);
	assert_int_equal(n_confirmed(ch, owner), 1);
	assert_int_equal(chain_oid(call, CO_OID_VC_CONFIRMATION), CO_STATUS_SUCCESS); /* late */
	chain_run_ms(ch, 100);
	assert_int_equal(n_confirmed(ch, owner), 1);
	assert_true(call->up);
	end(call);
}

/* SIG-T11, SIG-M9 */
static void
whoever_waits_for_a_confirmation_waits_no_longer_than_t361(void **state)
{
	in_both_roles(state, never);
}

static void
by_asking_again(struct chain *ch, enum chain_side owner)
{
	struct chain_call *call = changed(ch, owner, true);

	ch->client[owner].confirms = true;
	assert_int_equal(chain_modify(call, 96000, 24000), CO_STATUS_PENDING);
	ch->client[owner].confirms = false;
	chain_run_ms(ch, 100);
	assert_int_equal(call->n_modified, 2);
	assert_int_equal(n_confirmed(ch, owner), 1);
	assert_false(call->asked.flags & CO_CALL_F_CONFIRM); /* nobody wanted it this time */
	assert_int_equal(chain_oid(call, CO_OID_VC_CONFIRMATION), CO_STATUS_NOT_ACCEPTED);
	end(call);
}

/* SIG-M9 */
static void
the_next_change_confirms_the_one_before(void **state)
{
	in_both_roles(state, by_asking_again);
}

static void
nothing_to_confirm(struct chain *ch, enum chain_side owner)
{
	struct chain_call *call = chain_call_up(ch, owner);
	struct chain_call *peer = ch->client[chain_other(owner)].last;

	assert_int_equal(chain_oid(peer, CO_OID_VC_WANT_CONFIRMATION), CO_STATUS_NOT_ACCEPTED);
	ch->client[chain_other(owner)].change_answer = CO_STATUS_PENDING;
	assert_int_equal(chain_modify(call, 192000, 24000), CO_STATUS_PENDING);
	assert_int_equal(chain_oid(call, CO_OID_VC_WANT_CONFIRMATION), CO_STATUS_NOT_ACCEPTED);
	assert_int_equal(chain_oid(call, CO_OID_VC_CONFIRMATION), CO_STATUS_NOT_ACCEPTED);
	chain_run_ms(ch, 50);
	assert_int_equal(chain_oid(peer, CO_OID_VC_WANT_CONFIRMATION), CO_STATUS_SUCCESS);
	assert_int_equal(chain_answer_change(peer, CO_STATUS_NOT_ACCEPTED), CO_STATUS_SUCCESS);
	chain_run_ms(ch, 21000);
	ch->client[chain_other(owner)].change_answer = CO_STATUS_SUCCESS;
	assert_int_equal(call->modify_status, CO_STATUS_FAILURE);
	assert_int_equal(ch->client[chain_other(owner)].n_oids[CO_OID_VC_CONFIRMATION], 0);
	ch->client[chain_other(owner)].n_oids[CO_OID_VC_CONFIRMATION] = 0;
	end(call);
}

/* SIG-M8, OID-2 */
static void
a_confirmation_can_be_wanted_of_what_is_proposed_and_of_nothing_else(void **state)
{
	in_both_roles(state, nothing_to_confirm);
}

static void
close_while_it_is_held(struct chain *ch, enum chain_side owner)
{
	struct chain_call *call = changed(ch, owner, true);

	end(call);
	chain_run_ms(ch, 21000);
	assert_int_equal(n_confirmed(ch, owner), 0);
}

/* SIG-114, RACE-12: chain_destroy() sees that no timer is left. */
static void
a_confirmation_that_is_held_ends_with_the_call(void **state)
{
	in_both_roles(state, close_while_it_is_held);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_call_manager_confirms_a_change_when_its_miniport_has_the_rates),
		TEST(a_client_that_has_said_so_confirms_its_change_itself),
		TEST(whoever_waits_for_a_confirmation_waits_no_longer_than_t361),
		TEST(the_next_change_confirms_the_one_before),
		TEST(a_confirmation_can_be_wanted_of_what_is_proposed_and_of_nothing_else),
		TEST(a_confirmation_that_is_held_ends_with_the_call),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
