/* SPDX-License-Identifier: BSD-3-Clause */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "pair.h"

#include <cmocka.h>

/* A multipoint call as a whole: how it is set up, and how it and its parties end together. */

struct multi {
	struct pair *p;
	struct pair_end *root;
	struct pair_end *leaf;
	int side; /* of the root */
	uni_call_t call;
	uni_call_t their;
	uni_party_t first;
};

static const struct uni_setup multipoint = {
	.called = { .type = UNI_ADDRESS_E164, .len = 5, .octets = "12345" },
	.fwd_peak = 1000,
	.bwd_peak = 2000,
	.multipoint = true,
};

static struct multi
idle(int side)
{
	const struct pair_config config = { .n_calls = 64, .n_parties = 256 };
	struct multi m = { .p = pair_create(&config), .side = side };

	m.root = &m.p->end[side];
	m.leaf = &m.p->end[!side];
	pair_up(m.p);
	return m;
}

static void
set_up(struct multi *m)
{
	assert_int_equal(uni_call_setup(m->root->l, &multipoint, 4711, m->p->now_ns, &m->call), 0);
	m->first = uni_call_first_party(m->root->u, m->call);
	assert_int_not_equal(m->first, 0);
	pair_settle(m->p);
	m->their = m->leaf->call;
}

static struct multi
active(int side)
{
	struct multi m = idle(side);

	m.leaf->on_offer = PAIR_ACCEPT;
	set_up(&m);
	assert_int_equal(pair_state(m.p, side, m.call), UNI_ST_ACTIVE);
	return m;
}

static void
done(struct multi *m)
{
	pair_settle(m->p);
	assert_true(pair_is_clean(m->p));
	pair_destroy(m->p);
}

static void
close_and_done(struct multi *m)
{
	pair_close(m->p, m->side, m->call, UNI_CAUSE_NORMAL);
	done(m);
}

/* The last things told at an end, the latest last. */
static void
expect_told(const struct pair_end *e, size_t n, const uint8_t *told)
{
	assert_true(e->n_order >= n);
	assert_memory_equal(e->told + e->n_order - n, told, n);
}

#define EXPECT_TOLD(e, ...)                                                                        \
	expect_told(e, sizeof((const uint8_t[]){ __VA_ARGS__ }), (const uint8_t[]){ __VA_ARGS__ })

static struct uni_call_info
info_of(const struct pair_end *e, uni_call_t call)
{
	struct uni_call_info info;

	assert_int_equal(uni_call_query(e->u, call, &info), 0);
	return info;
}

/* SIG-103, SIG-36 */
static void
the_first_party_is_set_up_by_setup(void **state)
{
	struct multi m = active(USER);
	struct uni_call_info info = info_of(m.root, m.call);

	(void)state;
	assert_non_null(strstr(pair_said(m.p, 0), "U SETUP"));
	assert_non_null(strstr(pair_said(m.p, 0), "party 0"));
	assert_non_null(strstr(pair_said(m.p, 1), "N CONNECT"));
	assert_non_null(strstr(pair_said(m.p, 1), "party 0"));
	assert_true(info.multipoint);
	assert_int_equal(info.rates.fwd_peak, 1000);
	assert_int_equal(info.rates.bwd_peak, 0);
	assert_int_equal(info.n_parties, 1);
	assert_int_equal(info.n_parties_active, 1);
	assert_true(m.leaf->setup.multipoint);
	assert_int_equal(m.leaf->setup.bwd_peak, 0);
	assert_int_equal(m.leaf->setup.party, uni_call_first_party(m.leaf->u, m.their));
	assert_int_equal(pair_party_state(m.p, NETWORK, m.leaf->setup.party), UNI_PARTY_ACTIVE);
	assert_int_equal(m.root->n_told[TOLD_PARTY_ADDED], 0);
	close_and_done(&m);
}

/* SIG-103, SIG-P2, SIG-P8 */
static void
the_party_goes_through_all_answers_of_the_call(void **state)
{
	int side;

	(void)state;
	for (side = USER; side <= NETWORK; side++) {
		struct multi m = idle(side);
		uni_party_t theirs;

		set_up(&m);
		theirs = m.leaf->setup.party;
		assert_non_null(strstr(pair_said_last(m.p), "PROCEEDING vc 0/32 party 0"));
		assert_int_equal(pair_party_state(m.p, side, m.first), UNI_PARTY_INITIATED);
		assert_int_equal(pair_party_state(m.p, !side, theirs), UNI_PARTY_RECEIVED);
		assert_int_equal(uni_party_alert(m.leaf->u, theirs, m.p->now_ns), 0);
		pair_settle(m.p);
		assert_non_null(strstr(pair_said_last(m.p), "ALERTING party 0"));
		assert_int_equal(pair_party_state(m.p, side, m.first), UNI_PARTY_ALERTING_RECEIVED);
		assert_int_equal(
			pair_party_state(m.p, !side, theirs), UNI_PARTY_ALERTING_DELIVERED);
		assert_int_equal(m.root->n_told[TOLD_ALERTING], 1);
		assert_int_equal(uni_party_accept(m.leaf->u, theirs, m.p->now_ns), 0);
		pair_settle(m.p);
		assert_int_equal(pair_party_state(m.p, side, m.first), UNI_PARTY_ACTIVE);
		assert_int_equal(m.root->n_told[TOLD_CONNECTED], 1);
		assert_int_equal(m.leaf->n_told[TOLD_CONNECTED], 1);
		assert_int_equal(m.root->n_told[TOLD_PARTY_ALERTING], 0);
		assert_int_equal(m.root->n_told[TOLD_PARTY_ADDED], 0);
		close_and_done(&m);
	}
}

/* SIG-103 */
static void
a_setup_with_another_reference_than_0_keeps_it(void **state)
{
	struct multi m = idle(USER);
	static const char setup[] = "0903000030058000425980000984"
				    "0007d0850007d0be5e8000029081708000158247000513141516171819"
				    "1a1b1c1d1e1f202122235a80000588000000465c8000020000"
				    "54800003000007";

	(void)state;
	m.leaf->on_offer = PAIR_ACCEPT;
	m.root->deaf = true;
	pair_inject(m.p, NETWORK, setup);
	assert_string_equal(pair_said_last(m.p), "N CONNECT vc 0/70 party 7");
	assert_int_equal(m.leaf->setup.bwd_peak, 0);
	m.root->deaf = false;
	pair_inject(m.p, NETWORK, "09030000304d800006080000028090");
	done(&m);
}

/* SIG-103 */
static void
without_parties_multipoint_calls_are_refused(void **state)
{
	const struct pair_config config = { .point_to_point = true };
	struct multi m = { .p = pair_create(&config), .side = USER };

	(void)state;
	m.root = &m.p->end[USER];
	m.leaf = &m.p->end[NETWORK];
	pair_up(m.p);
	assert_int_equal(uni_call_setup(m.root->l, &multipoint, 0, m.p->now_ns, &m.call), -ENOSPC);
	pair_inject(m.p, NETWORK,
		"09030000300580004259800009840007d0850007d0be5e800002908170800015824700051314151617"
		"18"
		"191a1b1c1d1e1f202122235a80000588000000465c800002000054800003000000");
	assert_string_equal(pair_said_last(m.p), "N RELEASE_COMPLETE 65");
	done(&m);
}

/* SIG-104, SIG-110 */
static void
the_first_party_may_leave_and_the_drop_of_the_last_releases_the_call(void **state)
{
	int side;

	(void)state;
	for (side = USER; side <= NETWORK; side++) {
		struct multi m = active(side);
		uni_party_t second = pair_add_up(m.p, side, m.call);

		pair_drop(m.p, side, m.first, UNI_CAUSE_NORMAL);
		pair_settle(m.p);
		EXPECT_TOLD(m.root, TOLD_PARTY_COMPLETE);
		assert_int_equal(uni_call_first_party(m.root->u, m.call), 0);
		assert_int_equal(pair_state(m.p, side, m.call), UNI_ST_ACTIVE);
		pair_drop(m.p, side, second, UNI_CAUSE_USER_BUSY);
		pair_settle(m.p);
		assert_int_equal(pair_count(m.p, side, UNI_MT_DROP_PARTY), 1);
		assert_int_equal(pair_count(m.p, side, UNI_MT_RELEASE), 1);
		EXPECT_TOLD(m.root, TOLD_PARTY_COMPLETE, TOLD_PARTY_COMPLETE, TOLD_COMPLETE);
		EXPECT_TOLD(m.leaf, TOLD_PARTY_GONE, TOLD_RELEASED, TOLD_COMPLETE);
		assert_int_equal(m.leaf->cause, UNI_CAUSE_USER_BUSY);
		done(&m);
	}
}

/* SIG-104 */
static void
release_takes_the_place_of_the_acknowledge_when_the_last_party_leaves(void **state)
{
	struct multi m = active(USER);

	(void)state;
	pair_inject(m.p, USER, "09038000018380000d08000002809154800003008000");
	EXPECT_TOLD(m.root, TOLD_PARTY_RELEASED);
	assert_string_equal(pair_said_last(m.p), "U RELEASE 17");
	assert_int_equal(m.root->n_told[TOLD_PARTY_COMPLETE], 0);
	pair_settle(m.p);
	EXPECT_TOLD(m.root, TOLD_PARTY_RELEASED, TOLD_PARTY_COMPLETE, TOLD_COMPLETE);
	assert_int_equal(m.root->n_told[TOLD_GONE], 0);
	done(&m);
}

/* SIG-104 */
static void
release_takes_the_place_of_the_reject_of_the_last_party(void **state)
{
	struct multi m = active(USER);
	uni_party_t second = pair_add(m.p, USER, m.call);

	(void)state;
	pair_settle(m.p);
	pair_drop(m.p, USER, m.first, UNI_CAUSE_NORMAL);
	pair_settle(m.p);
	assert_int_equal(pair_state(m.p, USER, m.call), UNI_ST_ACTIVE);
	assert_int_equal(uni_party_refuse(m.leaf->u, uni_party_next(m.leaf->u, m.their, 0),
				 UNI_CAUSE_USER_BUSY, m.p->now_ns),
		0);
	pair_settle(m.p);
	assert_int_equal(pair_count(m.p, NETWORK, UNI_MT_ADD_PARTY_REJECT), 0);
	assert_int_equal(pair_count(m.p, NETWORK, UNI_MT_RELEASE), 1);
	EXPECT_TOLD(m.leaf, TOLD_PARTY_COMPLETE, TOLD_COMPLETE);
	EXPECT_TOLD(m.root, TOLD_PARTY_REFUSED, TOLD_RELEASED, TOLD_COMPLETE);
	assert_int_equal(m.root->cause, UNI_CAUSE_USER_BUSY);
	assert_int_equal(pair_party_state(m.p, USER, second), UNI_PARTY_COUNT);
	done(&m);
}

/* SIG-104, SIG-P4 */
static void
a_reject_that_leaves_nobody_releases_the_call(void **state)
{
	struct multi m = active(USER);

	(void)state;
	pair_add(m.p, USER, m.call);
	pair_settle(m.p);
	pair_drop(m.p, USER, m.first, UNI_CAUSE_NORMAL);
	pair_settle(m.p);
	pair_inject(m.p, USER, "09038000018280000d08000002809154800003008001");
	assert_string_equal(pair_said_last(m.p), "U RELEASE 17");
	EXPECT_TOLD(m.root, TOLD_PARTY_REFUSED, TOLD_GONE);
	done(&m);
}

/* SIG-104: it has the cause of that reject, not its data, which is gone when it is pulled. */
static void
a_release_that_a_reject_leads_to_carries_no_data_of_the_peer(void **state)
{
	struct multi m = active(USER);
	const struct pair_message *last;
	struct uni_msg release;

	(void)state;
	pair_add(m.p, USER, m.call);
	pair_settle(m.p);
	pair_drop(m.p, USER, m.first, UNI_CAUSE_NORMAL);
	pair_settle(m.p);
	m.root->no_credit = true;
	pair_inject(m.p, USER,
		"09038000018280001508000002809154800003008001"
		"7e80000400616263");
	m.root->no_credit = false;
	pair_settle(m.p);
	last = &m.p->messages[(m.p->n - 2) % PAIR_MESSAGES];
	assert_int_equal(uni_msg_decode(&release, last->octets, last->len), UNI_VERDICT_OK);
	assert_int_equal(release.hdr.type, UNI_MT_RELEASE);
	assert_false(uni_msg_has(&release, UNI_IE_UU));
	assert_int_equal(m.root->got_uu_len, 4);
	done(&m);
}

/* Drops what other parties there are, with data. */
static void
drop_the_others(struct pair_end *e, enum pair_told what)
{
	static const uint8_t uu[] = { 0, 'b', 'y', 'e' };
	uni_party_t party = 0, next;

	if (what != TOLD_PARTY_GONE && what != TOLD_PARTY_COMPLETE)
		return;
	for (next = uni_party_next(e->u, e->call, 0); next != 0; next = party) {
		party = uni_party_next(e->u, e->call, next);
		(void)uni_party_drop(e->u, next, UNI_CAUSE_NORMAL, uu, sizeof(uu), e->p->now_ns);
	}
}

/* I2, I4: the answer to the RELEASE was owed when the link went, and told of party by party. */
static void
the_end_of_a_call_is_told_once_with_its_label_whatever_is_asked_meanwhile(void **state)
{
	struct multi m = active(USER);

	(void)state;
	pair_add_up(m.p, USER, m.call);
	pair_add_up(m.p, USER, m.call);
	m.root->inside = drop_the_others;
	m.root->no_credit = true;
	m.root->on_released = PAIR_WAIT;
	pair_close(m.p, NETWORK, m.leaf->call, UNI_CAUSE_NORMAL);
	pair_settle(m.p);
	pair_down(m.p);
	pair_run(m.p, 40000);
	assert_int_equal(m.root->n_told[TOLD_COMPLETE], 1);
	assert_true(pair_is_clean(m.p));
	pair_destroy(m.p);
}

/* SIG-104, SIG-P5 */
static void
the_timer_of_the_last_party_releases_the_call(void **state)
{
	struct multi m = active(USER);

	(void)state;
	pair_add(m.p, USER, m.call);
	pair_settle(m.p);
	pair_drop(m.p, USER, m.first, UNI_CAUSE_NORMAL);
	pair_run(m.p, 34010);
	assert_int_equal(pair_count(m.p, USER, UNI_MT_RELEASE), 1);
	EXPECT_TOLD(m.root, TOLD_PARTY_COMPLETE, TOLD_PARTY_REFUSED, TOLD_GONE);
	assert_memory_equal(m.root->diagnostics, "399", 3);
	done(&m);
}

/* SIG-104 */
static void
a_drop_of_the_last_party_before_it_has_answered_releases_the_call(void **state)
{
	struct multi m = idle(USER);

	(void)state;
	set_up(&m);
	pair_drop(m.p, USER, m.first, UNI_CAUSE_NORMAL);
	pair_settle(m.p);
	EXPECT_TOLD(m.root, TOLD_PARTY_COMPLETE, TOLD_COMPLETE);
	EXPECT_TOLD(m.leaf, TOLD_OFFER, TOLD_RELEASED, TOLD_COMPLETE);
	m.root->no_credit = true;
	set_up(&m);
	pair_drop(m.p, USER, m.first, UNI_CAUSE_NORMAL); /* of which nobody has heard */
	EXPECT_TOLD(m.root, TOLD_PARTY_COMPLETE, TOLD_COMPLETE);
	m.root->no_credit = false;
	done(&m);
}

/* SIG-105 */
static void
a_network_whose_parties_are_all_joining_waits_in_n7(void **state)
{
	struct multi m = active(NETWORK);
	uni_party_t second = pair_add(m.p, NETWORK, m.call);
	struct uni_link_stats stats;

	(void)state;
	pair_settle(m.p);
	pair_drop(m.p, NETWORK, m.first, UNI_CAUSE_NORMAL);
	pair_settle(m.p);
	assert_int_equal(pair_state(m.p, NETWORK, m.call), UNI_ST_RECEIVED);
	uni_link_stats(m.root->l, &stats);
	assert_int_equal(stats.n_active, 0);
	pair_inject(m.p, NETWORK, "09038000010780000754800003008001");
	assert_string_equal(pair_said_last(m.p), "N STATUS state 7 101/07");
	assert_int_equal(uni_party_accept(m.leaf->u, m.leaf->setup.party, m.p->now_ns), 0);
	pair_settle(m.p);
	assert_int_equal(pair_party_state(m.p, NETWORK, second), UNI_PARTY_ACTIVE);
	assert_int_equal(pair_state(m.p, NETWORK, m.call), UNI_ST_ACTIVE);
	assert_int_equal(m.root->n_told[TOLD_CONNECTED], 1);
	assert_int_equal(m.root->n_told[TOLD_PARTY_ADDED], 1);
	uni_link_stats(m.root->l, &stats);
	assert_int_equal(stats.n_active, 1);
	assert_int_equal(stats.set_up, 1);
	close_and_done(&m);
}

/* SIG-108 */
static void
at_most_64_parties_wait_for_an_answer(void **state)
{
	struct multi m = active(USER);
	char hex[96];
	uni_party_t party;
	uint32_t i;

	(void)state;
	for (i = 0; i < 64; i++)
		pair_add(m.p, USER, m.call);
	assert_int_equal(
		uni_party_add(m.root->u, m.call, &multipoint, 0, m.p->now_ns, &party), -EAGAIN);
	pair_settle(m.p);
	assert_int_equal(m.leaf->n_told[TOLD_PARTY_OFFER], 64);
	snprintf(hex, sizeof(hex), "09030000018080001170800006913132333435548000030000f0");
	pair_inject(m.p, NETWORK, hex);
	assert_string_equal(pair_said_last(m.p), "N ADD_PARTY_REJECT 92 party 240");
	assert_int_equal(uni_party_accept(m.leaf->u, m.leaf->party, m.p->now_ns), 0);
	pair_settle(m.p);
	pair_add(m.p, USER, m.call);
	close_and_done(&m);
}

/* SIG-103, SIG-P1 */
static void
parties_run_out_before_calls_do(void **state)
{
	const struct pair_config config = { .n_calls = 8, .n_parties = 2 };
	struct multi m = { .p = pair_create(&config), .side = USER };
	uni_party_t party;
	uni_call_t call;

	(void)state;
	m.root = &m.p->end[USER];
	m.leaf = &m.p->end[NETWORK];
	pair_up(m.p);
	m.call = pair_multipoint_up(m.p, USER);
	pair_add_up(m.p, USER, m.call);
	assert_int_equal(
		uni_party_add(m.root->u, m.call, &multipoint, 0, m.p->now_ns, &party), -ENOSPC);
	assert_int_equal(uni_call_setup(m.root->l, &multipoint, 0, m.p->now_ns, &call), -ENOSPC);
	pair_inject(m.p, NETWORK, "0903000001808000117080000691313233343554800003000009");
	assert_string_equal(pair_said_last(m.p), "N ADD_PARTY_REJECT 47 party 9");
	close_and_done(&m);
}

/* SIG-P18 */
static void
a_release_from_the_other_side_tells_of_the_parties_first(void **state)
{
	struct multi m = active(USER);
	uni_party_t second = pair_add_up(m.p, USER, m.call);

	(void)state;
	pair_add(m.p, USER, m.call);
	pair_settle(m.p);
	m.leaf->deaf = true;
	pair_drop(m.p, USER, second, UNI_CAUSE_NORMAL);
	pair_run(m.p, 1);
	m.leaf->deaf = false;
	pair_close(m.p, NETWORK, m.their, UNI_CAUSE_USER_BUSY);
	pair_settle(m.p);
	EXPECT_TOLD(m.root, TOLD_PARTY_GONE, TOLD_PARTY_COMPLETE, TOLD_PARTY_REFUSED, TOLD_RELEASED,
		TOLD_COMPLETE);
	EXPECT_TOLD(m.leaf, TOLD_PARTY_OFFER, TOLD_COMPLETE); /* who asked is told nothing */
	done(&m);
}

/* SIG-P18, SIG-C6 */
static void
a_release_complete_or_a_fault_ends_the_parties_too(void **state)
{
	struct multi m = active(USER);

	(void)state;
	pair_inject(m.p, USER, "09038000015a800000");
	EXPECT_TOLD(m.root, TOLD_PARTY_GONE, TOLD_GONE);
	pair_inject(m.p, NETWORK, "09030000017d800017148000010008800002809e");
	EXPECT_TOLD(m.leaf, TOLD_PARTY_GONE, TOLD_GONE);
	done(&m);
}

/* SIG-P18 */
static void
before_the_call_is_up_its_own_end_speaks_for_the_first_party(void **state)
{
	struct multi m = idle(USER);

	(void)state;
	m.leaf->on_offer = PAIR_REFUSE;
	set_up(&m);
	EXPECT_TOLD(m.root, TOLD_GONE);
	EXPECT_TOLD(m.leaf, TOLD_OFFER, TOLD_COMPLETE);
	assert_int_equal(m.root->n_told[TOLD_PARTY_REFUSED], 0);
	m.leaf->on_offer = PAIR_ALERT;
	set_up(&m);
	pair_run(m.p, 180100); /* T301 and T397 */
	EXPECT_TOLD(m.root, TOLD_ALERTING, TOLD_GONE);
	assert_int_equal(m.root->cause, UNI_CAUSE_NO_ANSWER);
	done(&m);
}

/* SIG-P1, SIG-P3 */
static void
a_party_may_be_added_while_the_first_one_alerts_and_bring_the_call_up(void **state)
{
	struct multi m = idle(USER);
	uni_party_t second;

	(void)state;
	m.leaf->on_offer = PAIR_ALERT;
	set_up(&m);
	second = pair_add(m.p, USER, m.call);
	pair_settle(m.p);
	pair_inject(m.p, USER, "09038000010780000754800003008001"); /* CONNECT */
	EXPECT_TOLD(m.root, TOLD_CONNECTED, TOLD_PARTY_ADDED);
	assert_int_equal(m.root->party, second);
	assert_int_equal(pair_party_state(m.p, USER, m.first), UNI_PARTY_ALERTING_RECEIVED);
	pair_inject(m.p, USER, "09038000018180000754800003008000");
	EXPECT_TOLD(m.root, TOLD_PARTY_ADDED);
	assert_int_equal(m.root->party, m.first);
	m.p->head = m.p->n;
	close_and_done(&m);
}

/* SIG-P9, SIG-P13 */
static void
when_the_first_party_has_left_another_one_answers_the_setup(void **state)
{
	struct multi m = idle(USER);
	uni_party_t second;

	(void)state;
	m.leaf->on_offer = PAIR_ALERT;
	set_up(&m);
	second = pair_add(m.p, USER, m.call);
	pair_settle(m.p);
	pair_drop(m.p, USER, m.first, UNI_CAUSE_NORMAL);
	pair_settle(m.p);
	EXPECT_TOLD(m.leaf, TOLD_PARTY_RELEASED, TOLD_PARTY_COMPLETE);
	assert_int_equal(uni_call_accept(m.leaf->u, m.their, m.p->now_ns), -EPROTO);
	assert_int_equal(uni_party_accept(m.leaf->u, m.leaf->setup.party, m.p->now_ns), 0);
	pair_settle(m.p);
	assert_int_equal(pair_state(m.p, USER, m.call), UNI_ST_ACTIVE);
	assert_int_equal(pair_party_state(m.p, USER, second), UNI_PARTY_ACTIVE);
	EXPECT_TOLD(m.root, TOLD_CONNECTED, TOLD_PARTY_ADDED);
	close_and_done(&m);
}

/* SIG-P18, SIG-T6: it was offered by itself, so its end is told as well, and before the call's */
static void
the_end_of_a_party_that_has_answered_for_another_is_told(void **state)
{
	struct multi m = idle(NETWORK);

	(void)state;
	m.leaf->on_offer = PAIR_ALERT;
	set_up(&m);
	pair_add(m.p, NETWORK, m.call);
	pair_settle(m.p);
	pair_drop(m.p, NETWORK, m.first, UNI_CAUSE_NORMAL);
	pair_settle(m.p);
	EXPECT_TOLD(m.leaf, TOLD_PARTY_RELEASED, TOLD_PARTY_COMPLETE);
	m.root->deaf = true; /* no CONNECT ACKNOWLEDGE will come */
	assert_int_equal(uni_party_accept(m.leaf->u, m.leaf->setup.party, m.p->now_ns), 0);
	pair_run(m.p, 4010);
	EXPECT_TOLD(m.leaf, TOLD_PARTY_GONE, TOLD_GONE);
	m.root->deaf = false;
	pair_close(m.p, NETWORK, m.call, UNI_CAUSE_NORMAL);
	pair_run(m.p, 30010); /* one of the RELEASEs was lost: T308 */
	done(&m);
}

/* SIG-103, SIG-107 */
static void
an_answer_to_setup_has_to_name_a_party_that_is_there(void **state)
{
	struct multi m = idle(USER);

	(void)state;
	set_up(&m);
	pair_inject(m.p, USER, "090380000107800000");
	assert_string_equal(pair_said_last(m.p), "U STATUS state 3 96/54");
	pair_inject(m.p, USER, "09038000010780000754800003008009");
	assert_string_equal(pair_said_last(m.p), "U DROP_PARTY_ACK 89 party 9");
	assert_int_equal(pair_state(m.p, USER, m.call), UNI_ST_OUT_PROCEEDING);
	close_and_done(&m);
}

/* SIG-107, I4: it names a VC too, and may come again and again. */
static void
a_connect_of_nobody_takes_no_label(void **state)
{
	struct multi m = idle(USER);
	struct uni_link_stats stats;

	(void)state;
	m.p->end[NETWORK].deaf = true;
	set_up(&m);
	pair_inject(m.p, USER,
		"09038000010780001054800003008009"
		"5a8000058800000064");
	assert_string_equal(pair_said_last(m.p), "U DROP_PARTY_ACK 89 party 9");
	pair_inject(m.p, USER,
		"09038000010780001054800003008009"
		"5a8000058800000065");
	uni_link_stats(m.root->l, &stats);
	assert_int_equal(stats.n_labels, 0);
	pair_inject(m.p, USER,
		"09038000010780001054800003008000"
		"5a8000058800000065");
	assert_int_equal(pair_state(m.p, USER, m.call), UNI_ST_ACTIVE);
	uni_link_stats(m.root->l, &stats);
	assert_int_equal(stats.n_labels, 1);
	m.p->end[NETWORK].deaf = false;
	close_and_done(&m);
}

/* SIG-96 */
static void
a_lost_link_ends_the_parties_that_are_not_active(void **state)
{
	struct multi m = active(USER);
	uni_party_t second = pair_add_up(m.p, USER, m.call);

	(void)state;
	pair_add(m.p, USER, m.call);
	pair_settle(m.p);
	m.p->end[NETWORK].deaf = true;
	pair_drop(m.p, USER, second, UNI_CAUSE_NORMAL);
	pair_run(m.p, 1);
	m.p->end[NETWORK].deaf = false;
	pair_down(m.p);
	pair_run(m.p, 1);
	EXPECT_TOLD(m.root, TOLD_LINK_DOWN, TOLD_PARTY_COMPLETE, TOLD_PARTY_REFUSED);
	assert_int_equal(m.root->cause, UNI_CAUSE_OUT_OF_ORDER);
	EXPECT_TOLD(m.leaf, TOLD_LINK_DOWN, TOLD_PARTY_GONE);
	assert_int_equal(info_of(m.root, m.call).n_parties, 1);
	assert_int_equal(info_of(m.leaf, m.their).n_parties, 2);
	pair_up(m.p);
	close_and_done(&m);
}

/* SIG-96 */
static void
a_lost_link_clears_a_call_whose_parties_are_all_joining(void **state)
{
	struct multi m = active(USER);

	(void)state;
	pair_add(m.p, USER, m.call);
	pair_settle(m.p);
	pair_drop(m.p, USER, m.first, UNI_CAUSE_NORMAL);
	pair_settle(m.p);
	pair_down(m.p);
	pair_run(m.p, 1);
	EXPECT_TOLD(m.root, TOLD_PARTY_REFUSED, TOLD_GONE);
	EXPECT_TOLD(m.leaf, TOLD_PARTY_GONE, TOLD_GONE);
	pair_up(m.p);
	done(&m);
}

/* SIG-101 */
static void
drops_without_a_link_are_done_at_once_and_the_last_sets_the_label_aside(void **state)
{
	struct multi m = active(USER);
	uni_party_t second = pair_add_up(m.p, USER, m.call), party;
	struct uni_link_stats stats;

	(void)state;
	pair_down(m.p);
	assert_int_equal(
		uni_party_add(m.root->u, m.call, &multipoint, 0, m.p->now_ns, &party), -ENETDOWN);
	pair_drop(m.p, USER, second, UNI_CAUSE_NORMAL);
	EXPECT_TOLD(m.root, TOLD_PARTY_COMPLETE);
	pair_drop(m.p, USER, m.first, UNI_CAUSE_NORMAL);
	EXPECT_TOLD(m.root, TOLD_PARTY_COMPLETE, TOLD_PARTY_COMPLETE, TOLD_COMPLETE);
	uni_link_stats(m.root->l, &stats);
	assert_int_equal(stats.n_set_aside, 1);
	assert_int_equal(stats.n_parties, 0);
	pair_destroy(m.p);
}

/* SIG-99, SIG-T4 */
static void
t309_ends_all_parties_in_slices_and_then_the_call(void **state)
{
	struct multi m = active(USER);
	uint32_t i;

	(void)state;
	for (i = 0; i < 100; i++)
		pair_add_up(m.p, USER, m.call);
	pair_down(m.p);
	pair_run(m.p, 9900);
	m.p->turn_max = 10;
	assert_int_equal(m.root->n_told[TOLD_PARTY_GONE], 0);
	while (m.root->n_told[TOLD_GONE] == 0) {
		i = m.root->n_told[TOLD_PARTY_GONE];
		pair_run(m.p, 1);
		assert_in_range(m.root->n_told[TOLD_PARTY_GONE] - i, 0, 2 * 11);
	}
	assert_int_equal(m.root->n_told[TOLD_PARTY_GONE], 101);
	pair_run(m.p, 200);
	assert_int_equal(m.leaf->n_told[TOLD_PARTY_GONE], 101);
	pair_up(m.p);
	done(&m);
}

/* SIG-81, SIG-82 */
static void
a_restart_ends_parties_before_their_call(void **state)
{
	struct multi m = active(USER);

	(void)state;
	pair_add_up(m.p, USER, m.call);
	pair_inject(m.p, USER, "0903000000468000057980000182");
	EXPECT_TOLD(m.root, TOLD_PARTY_GONE, TOLD_PARTY_GONE, TOLD_GONE);
	assert_int_equal(m.root->cause, UNI_CAUSE_TEMPORARY_FAILURE);
	pair_inject(m.p, NETWORK, "0903000000468000057980000182");
	done(&m);
}

/* SIG-P18, SIG-T3 */
static void
a_release_that_is_never_answered_completes_the_drop_that_asked_for_it(void **state)
{
	struct multi m = active(USER);

	(void)state;
	m.leaf->deaf = true;
	pair_drop(m.p, USER, m.first, UNI_CAUSE_NORMAL);
	pair_run(m.p, 60100);
	EXPECT_TOLD(m.root, TOLD_PARTY_COMPLETE, TOLD_COMPLETE);
	assert_int_equal(m.root->n_told[TOLD_PARTY_COMPLETE], 1);
	pair_destroy(m.p);
}

/* SIG-C8 */
static void
in_a_clearing_state_party_messages_change_nothing(void **state)
{
	struct multi m = active(USER);
	uint32_t n;

	(void)state;
	m.leaf->deaf = true;
	pair_drop(m.p, USER, m.first, UNI_CAUSE_NORMAL);
	pair_run(m.p, 1);
	n = m.p->n;
	pair_inject(m.p, USER, "09038000018380000d08000002809154800003008000");
	pair_inject(m.p, USER, "09038000018480000754800003008000");
	assert_int_equal(m.p->n, n);
	pair_inject(m.p, USER, "09038000018180000754800003008000");
	assert_string_equal(pair_said_last(m.p), "U STATUS state 11 101/81 party 0 in 11");
	assert_int_equal(m.root->n_told[TOLD_PARTY_COMPLETE], 0);
	pair_inject(m.p, USER, "09038000015a800000");
	EXPECT_TOLD(m.root, TOLD_PARTY_COMPLETE, TOLD_COMPLETE);
	m.leaf->deaf = false;
	pair_close(m.p, NETWORK, m.their, UNI_CAUSE_NORMAL);
	done(&m);
}

static void
close_inside(struct pair_end *e, enum pair_told what)
{
	if (what == TOLD_PARTY_GONE || what == TOLD_PARTY_REFUSED)
		uni_call_close(e->u, e->call, UNI_CAUSE_NORMAL, NULL, 0, e->p->now_ns);
}

/* SIG-P18 */
static void
a_call_may_be_closed_while_the_end_of_its_parties_is_told(void **state)
{
	struct multi m = active(USER);

	(void)state;
	pair_add_up(m.p, USER, m.call);
	m.root->inside = close_inside;
	pair_close(m.p, NETWORK, m.their, UNI_CAUSE_NORMAL);
	pair_settle(m.p);
	EXPECT_TOLD(m.root, TOLD_PARTY_GONE, TOLD_COMPLETE);
	assert_int_equal(m.root->n_told[TOLD_RELEASED], 0);
	m.root->inside = NULL;
	done(&m);
}

/* SIG-P18, SIG-99 */
static void
a_call_may_be_closed_while_a_bulk_job_ends_its_parties(void **state)
{
	struct multi m = active(USER);

	(void)state;
	pair_add_up(m.p, USER, m.call);
	m.root->inside = close_inside;
	pair_down(m.p);
	pair_run(m.p, 10100);
	assert_int_equal(m.root->n_told[TOLD_PARTY_GONE] + m.root->n_told[TOLD_GONE] +
				 m.root->n_told[TOLD_COMPLETE],
		3);
	pair_up(m.p);
	done(&m);
}

/* SIG-110 */
static void
parties_are_listed_in_order_of_age(void **state)
{
	struct multi m = active(USER);
	uni_party_t a, b, c;

	(void)state;
	a = pair_add_up(m.p, USER, m.call);
	b = pair_add_up(m.p, USER, m.call);
	c = pair_add_up(m.p, USER, m.call);
	pair_drop(m.p, USER, b, UNI_CAUSE_NORMAL);
	pair_settle(m.p);
	assert_int_equal(uni_party_next(m.root->u, m.call, 0), m.first);
	assert_int_equal(uni_party_next(m.root->u, m.call, m.first), a);
	assert_int_equal(uni_party_next(m.root->u, m.call, a), c);
	assert_int_equal(uni_party_next(m.root->u, m.call, c), 0);
	assert_int_equal(pair_peer(m.p, USER, c, m.their) != 0, true);
	close_and_done(&m);
}

/* I4 */
static void
thousands_of_parties_come_and_go_and_leave_nothing(void **state)
{
	const struct pair_config config = { .n_calls = 4, .n_setups = 64, .n_parties = 6000 };
	struct pair *p = pair_create(&config);
	struct pair_end *root = &p->end[USER];
	uni_call_t call;
	uint32_t i, k;

	(void)state;
	pair_up(p);
	p->end[NETWORK].on_party_offer = PAIR_ACCEPT;
	call = pair_multipoint_up(p, USER);
	for (i = 0; i < 80; i++) {
		for (k = 0; k < 64; k++)
			pair_add(p, USER, call);
		pair_settle(p);
	}
	assert_int_equal(root->n_told[TOLD_PARTY_ADDED], 80 * 64);
	for (i = 0; i < 5000; i++) {
		pair_drop(p, USER, uni_party_next(root->u, call, 0), UNI_CAUSE_NORMAL);
		pair_settle(p);
	}
	assert_int_equal(root->n_told[TOLD_PARTY_COMPLETE], 5000);
	pair_add_up(p, USER, call);
	pair_close(p, NETWORK, p->end[NETWORK].call, UNI_CAUSE_NORMAL);
	pair_settle(p);
	assert_true(pair_is_clean(p));
	pair_destroy(p);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_first_party_is_set_up_by_setup),
		cmocka_unit_test(the_party_goes_through_all_answers_of_the_call),
		cmocka_unit_test(a_setup_with_another_reference_than_0_keeps_it),
		cmocka_unit_test(without_parties_multipoint_calls_are_refused),
		cmocka_unit_test(
			the_first_party_may_leave_and_the_drop_of_the_last_releases_the_call),
		cmocka_unit_test(
			release_takes_the_place_of_the_acknowledge_when_the_last_party_leaves),
		cmocka_unit_test(release_takes_the_place_of_the_reject_of_the_last_party),
		cmocka_unit_test(a_reject_that_leaves_nobody_releases_the_call),
		cmocka_unit_test(a_release_that_a_reject_leads_to_carries_no_data_of_the_peer),
		cmocka_unit_test(
			the_end_of_a_call_is_told_once_with_its_label_whatever_is_asked_meanwhile),
		cmocka_unit_test(the_timer_of_the_last_party_releases_the_call),
		cmocka_unit_test(a_drop_of_the_last_party_before_it_has_answered_releases_the_call),
		cmocka_unit_test(a_network_whose_parties_are_all_joining_waits_in_n7),
		cmocka_unit_test(at_most_64_parties_wait_for_an_answer),
		cmocka_unit_test(parties_run_out_before_calls_do),
		cmocka_unit_test(a_release_from_the_other_side_tells_of_the_parties_first),
		cmocka_unit_test(a_release_complete_or_a_fault_ends_the_parties_too),
		cmocka_unit_test(before_the_call_is_up_its_own_end_speaks_for_the_first_party),
		cmocka_unit_test(
			a_party_may_be_added_while_the_first_one_alerts_and_bring_the_call_up),
		cmocka_unit_test(when_the_first_party_has_left_another_one_answers_the_setup),
		cmocka_unit_test(the_end_of_a_party_that_has_answered_for_another_is_told),
		cmocka_unit_test(an_answer_to_setup_has_to_name_a_party_that_is_there),
		cmocka_unit_test(a_connect_of_nobody_takes_no_label),
		cmocka_unit_test(a_lost_link_ends_the_parties_that_are_not_active),
		cmocka_unit_test(a_lost_link_clears_a_call_whose_parties_are_all_joining),
		cmocka_unit_test(
			drops_without_a_link_are_done_at_once_and_the_last_sets_the_label_aside),
		cmocka_unit_test(t309_ends_all_parties_in_slices_and_then_the_call),
		cmocka_unit_test(a_restart_ends_parties_before_their_call),
		cmocka_unit_test(
			a_release_that_is_never_answered_completes_the_drop_that_asked_for_it),
		cmocka_unit_test(in_a_clearing_state_party_messages_change_nothing),
		cmocka_unit_test(a_call_may_be_closed_while_the_end_of_its_parties_is_told),
		cmocka_unit_test(a_call_may_be_closed_while_a_bulk_job_ends_its_parties),
		cmocka_unit_test(parties_are_listed_in_order_of_age),
		cmocka_unit_test(thousands_of_parties_come_and_go_and_leave_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
