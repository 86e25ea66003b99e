/* SPDX-License-Identifier: BSD-3-Clause */
/* The life of circuits: opened, connected, unlinked, reclaimed after their grace period. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "fixture.h"

#include <cmocka.h>

#define MACS "0a0b0c0d0e0f 1a1b1c1d1e1f "
#define L100 "8847 000641ff "
#define L200 "8847 000c81ff "
#define MANY 100000u

/* What a trunk's reclaimed circuits were. */
struct reclaimed {
	struct net *net;
	uint32_t n;
	dp_circuit_t last;
	uint64_t cookie;
	struct dp_circuit_stats final;
	int open_again; /* what dp_circuit_open() of the same label said */
	dp_circuit_t unlink_too;
};

static void
note_reclaimed(void *arg, dp_circuit_t circuit, uint32_t cookie)
{
	struct reclaimed *r = arg;

	r->n++;
	r->last = circuit;
	r->cookie = cookie;
	assert_int_equal(dp_circuit_stats(r->net->dp, circuit, &r->final), 0);
}

static void
listen_east(struct net *net, struct reclaimed *r)
{
	*r = (struct reclaimed){ .net = net };
	dp_trunk_set_reclaimed(net->dp, net->east, note_reclaimed, r);
}

static void
unlink_circuit(struct net *net, dp_circuit_t circuit)
{
	assert_int_equal(dp_circuit_unlink(net->dp, &circuit, 1), 0);
}

/* Unlinked, out of every worker's sight, reclaimed. */
static void
close_circuit(struct net *net, dp_circuit_t circuit)
{
	unlink_circuit(net, circuit);
	dp_reclaim_poll(net->dp, 0, UINT32_MAX);
	dp_worker_turn(net->worker);
	assert_int_equal(dp_reclaim_poll(net->dp, 0, UINT32_MAX), 1);
}

static struct dp_circuit_stats
stats_of(struct net *net, dp_circuit_t circuit)
{
	struct dp_circuit_stats s;

	assert_int_equal(dp_circuit_stats(net->dp, circuit, &s), 0);
	return s;
}

/* ---- Opening ---- */

/* SIG-1, SIG-2 */
static void
a_label_leads_to_one_circuit_at_a_time(void **state)
{
	struct net *net = *state;
	dp_circuit_t c;

	open_circuit(net, net->east, 16);
	open_circuit(net, net->east, DP_N_LABELS - 1);
	open_circuit(net, net->west, 16); /* another trunk's labels are others */
	assert_int_equal(dp_circuit_open(net->dp, net->east, 16, false, 0, &c), -EEXIST);
	assert_int_equal(dp_circuit_open(net->dp, net->east, 15, false, 0, &c), -EINVAL);
	assert_int_equal(dp_circuit_open(net->dp, net->east, DP_N_LABELS, false, 0, &c), -EINVAL);
	assert_int_equal(dp_circuit_open(net->dp, 2, 17, false, 0, &c), -EINVAL);
	assert_int_equal(dp_n_circuits(net->dp), 3);
	assert_int_equal(dp_n_labels(net->dp, net->east), 2);
	assert_int_equal(dp_n_labels(net->dp, net->west), 1);
}

static void
running_out_of_circuits_takes_no_label(void **state)
{
	struct net *net = *state;
	dp_circuit_t c;
	uint32_t i;

	for (i = 0; i < 100; i++)
		open_circuit(net, net->east, 32 + i);
	assert_int_equal(dp_circuit_open(net->dp, net->east, 200, false, 0, &c), -ENOSPC);
	assert_int_equal(dp_n_labels(net->dp, net->east), 100);
}

static void
a_circuit_is_connected_once(void **state)
{
	struct net *net = *state;
	dp_circuit_t a = open_circuit(net, net->east, 100);
	dp_circuit_t b = open_circuit(net, net->west, 100);
	dp_circuit_t c = open_circuit(net, net->east, 101), control;
	uint32_t attachment = add_attachment(net, 0, 0, 0);

	assert_int_equal(dp_circuit_open(net->dp, net->east, 16, true, 0, &control), 0);
	assert_int_equal(dp_circuit_join(net->dp, a, a), -EINVAL);
	assert_int_equal(dp_circuit_join(net->dp, a, b), 0);
	assert_int_equal(dp_circuit_join(net->dp, a, c), -EBUSY);
	assert_int_equal(dp_circuit_join(net->dp, c, b), -EBUSY);
	assert_int_equal(dp_circuit_join(net->dp, c, control), -EBUSY);
	assert_int_equal(dp_circuit_attach(net->dp, a, attachment), -EBUSY);
	assert_int_equal(dp_circuit_attach(net->dp, control, attachment), -EBUSY);
	assert_int_equal(dp_circuit_attach(net->dp, c, attachment + 1), -ENOENT);
	assert_int_equal(dp_circuit_attach(net->dp, c, attachment), 0);
	assert_int_equal(dp_circuit_join(net->dp, 0, b), -ESTALE);
}

static void
an_attachment_is_one_vlan_of_an_access_port(void **state)
{
	static const struct {
		uint8_t n_tags;
		uint16_t outer, inner;
		int result;
	} rows[] = {
		{ 0, 0, 0, 0 },
		{ 0, 0, 0, -EEXIST },
		{ 0, 1, 0, -EINVAL },
		{ 0, 0, 1, -EINVAL },
		{ 1, 0, 0, -EINVAL },
		{ 1, 4095, 0, -EINVAL },
		{ 1, 5, 6, -EINVAL },
		{ 1, 5, 0, 0 },
		{ 1, 5, 0, -EEXIST },
		{ 2, 5, 0, -EINVAL },
		{ 2, 5, 4095, -EINVAL },
		{ 2, 5, 6, 0 },
		{ 2, 5, 6, -EEXIST },
		{ 2, 5, 7, 0 },
		{ 3, 5, 7, -EINVAL },
		{ 1, 4094, 0, 0 },
		{ 1, 1, 0, 0 },
		{ 1, 2, 0, 0 },
		{ 1, 3, 0, 0 },
		{ 1, 4, 0, -ENOSPC },
	};
	struct net *net = *state;
	struct dp_attachment_config c = { .port = net->ports[LAN] };
	struct dp_attachment_stats stats;
	uint32_t out;
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		c.n_tags = rows[i].n_tags;
		c.outer_vlan = rows[i].outer;
		c.inner_vlan = rows[i].inner;
		assert_int_equal(dp_attachment_add(net->dp, &c, &out), rows[i].result);
	}
	assert_int_equal(dp_attachment_stats(net->dp, 8, &stats), -ENOENT);
}

static void
a_port_is_a_trunk_or_an_access_port(void **state)
{
	struct net *net = *state;
	struct dp_attachment_config a = { .port = net->ports[EAST] };
	struct dp_trunk_config t = { .port = net->ports[EAST] };
	uint32_t out;

	assert_int_equal(dp_attachment_add(net->dp, &a, &out), -EINVAL);
	assert_int_equal(dp_trunk_add(net->dp, &t), -EEXIST);
	add_attachment(net, 0, 0, 0);
	t.port = net->ports[LAN];
	assert_int_equal(dp_trunk_add(net->dp, &t), -EEXIST);
	t.port = NET_PORTS;
	assert_int_equal(dp_trunk_add(net->dp, &t), -EINVAL);
	t = (struct dp_trunk_config){ .port = net->ports[LAN], .tc = 8 };
	assert_int_equal(dp_trunk_add(net->dp, &t), -EINVAL);
}

/* ---- Unlinking ---- */

/* I1 */
static void
an_unlinked_label_leads_nowhere_at_once(void **state)
{
	struct net *net = *state;
	dp_circuit_t a = open_circuit(net, net->east, 100);
	dp_circuit_t b = open_circuit(net, net->west, 200);

	assert_int_equal(dp_circuit_join(net->dp, a, b), 0);
	unlink_circuit(net, a);
	arrive(net, EAST, MACS L100, 60);
	expect_drop(net, EAST, DP_DROP_NO_CIRCUIT);
	/* The other side is there, but what leads into the unlinked one is cut too. */
	arrive(net, WEST, MACS L200, 60);
	expect_drop(net, WEST, DP_DROP_NOT_CONNECTED);
	assert_int_equal(stats_of(net, b).drops, 1);
}

static void
an_attachment_is_idle_when_its_circuit_is_unlinked(void **state)
{
	struct net *net = *state;
	dp_circuit_t c = attached_circuit(net, 100, 0, 0, 0);
	struct dp_attachment_stats stats;

	dp_attachment_stats(net->dp, 0, &stats);
	assert_int_equal(stats.circuit, c);
	unlink_circuit(net, c);
	arrive(net, LAN, MACS "0800", 60);
	expect_drop(net, LAN, DP_DROP_ATTACHMENT_IDLE);
	dp_attachment_stats(net->dp, 0, &stats);
	assert_int_equal(stats.circuit, 0);
	assert_int_equal(stats.drops, 1);
	/* Free for the next call, although the old one is not yet reclaimed. */
	assert_int_equal(dp_circuit_attach(net->dp, open_circuit(net, net->east, 101), 0), 0);
	arrive(net, LAN, MACS "0800", 60);
	dp_worker_turn(net->worker);
	expect_labelled(net, EAST, "8847 000651ff 00000000" MACS "0800", 82);
}

/* I3 */
static void
a_circuit_is_reclaimed_when_the_worker_has_been_quiescent_and_not_before(void **state)
{
	struct net *net = *state;
	struct reclaimed r;
	dp_circuit_t a = open_circuit(net, net->east, 100), again;

	listen_east(net, &r);
	unlink_circuit(net, a);
	assert_int_equal(dp_reclaim_poll(net->dp, 0, 10), 0);
	assert_int_equal(dp_reclaim_poll(net->dp, 0, 10), 0);
	assert_int_equal(dp_circuit_open(net->dp, net->east, 100, false, 0, &again), -EEXIST);
	assert_int_equal(dp_n_labels(net->dp, net->east), 1);
	dp_worker_turn(net->worker);
	assert_int_equal(r.n, 0);
	assert_int_equal(dp_reclaim_poll(net->dp, 0, 10), 1);
	assert_int_equal(r.n, 1);
	assert_int_equal(r.last, a);
	assert_int_equal(r.cookie, 100);
	assert_int_equal(dp_n_labels(net->dp, net->east), 0);
	assert_int_equal(dp_n_circuits(net->dp), 0);
	assert_int_equal(dp_circuit_open(net->dp, net->east, 100, false, 0, &again), 0);
}

static void
a_turn_before_the_token_does_not_end_a_grace_period(void **state)
{
	struct net *net = *state;

	unlink_circuit(net, open_circuit(net, net->east, 100));
	dp_worker_turn(net->worker);
	assert_int_equal(dp_reclaim_poll(net->dp, 0, 10), 0);
	dp_worker_turn(net->worker);
	assert_int_equal(dp_reclaim_poll(net->dp, 0, 10), 1);
}

static void
a_worker_that_is_offline_is_not_waited_for(void **state)
{
	struct net *net = *state;

	dp_worker_offline(net->worker);
	unlink_circuit(net, open_circuit(net, net->east, 100));
	assert_int_equal(dp_reclaim_poll(net->dp, 0, 10), 1);
	dp_worker_online(net->worker);
}

/* I9 */
static void
a_stale_handle_finds_nobody(void **state)
{
	struct net *net = *state;
	dp_circuit_t a = open_circuit(net, net->east, 100), b, two[2];
	struct dp_circuit_stats stats;

	close_circuit(net, a);
	b = open_circuit(net, net->east, 100);
	assert_int_not_equal(a, b);
	assert_int_equal(a & 0x3fffff, b & 0x3fffff); /* the same index */
	assert_int_equal(dp_circuit_stats(net->dp, a, &stats), -ESTALE);
	assert_int_equal(dp_circuit_attach(net->dp, a, 0), -ESTALE);
	two[0] = a;
	two[1] = b;
	assert_int_equal(dp_circuit_unlink(net->dp, two, 2), -ESTALE); /* b is unlinked */
	assert_int_equal(dp_circuit_unlink(net->dp, &b, 1), -ESTALE);  /* but once */
	assert_int_equal(dp_circuit_join(net->dp, b, b), -ESTALE);
	dp_reclaim_poll(net->dp, 0, 10);
	dp_worker_turn(net->worker);
	assert_int_equal(dp_reclaim_poll(net->dp, 0, 10), 1);
}

static void
both_sides_of_a_cross_connect_go_in_one_batch(void **state)
{
	struct net *net = *state;
	dp_circuit_t c[2] = { open_circuit(net, net->east, 100),
		open_circuit(net, net->west, 200) };
	struct dp_reclaim_stats stats;

	assert_int_equal(dp_circuit_join(net->dp, c[0], c[1]), 0);
	assert_int_equal(dp_circuit_unlink(net->dp, c, 2), 0);
	dp_reclaim_poll(net->dp, 1000, 10);
	dp_worker_turn(net->worker);
	assert_int_equal(dp_reclaim_poll(net->dp, 3000, 10), 2);
	dp_reclaim_stats(net->dp, &stats);
	assert_int_equal(stats.grace_periods, 1);
	assert_int_equal(stats.circuits, 2);
	assert_int_equal(stats.pending, 0);
	assert_int_equal(stats.stalls, 0);
	assert_int_equal(stats.grace_ns->n, 1);
	assert_int_equal(stats.grace_ns->max, 2000);
}

static void
a_poll_reclaims_no_more_than_it_may(void **state)
{
	struct net *net = *state;
	struct dp_reclaim_stats stats;
	uint32_t i;

	for (i = 0; i < 5; i++)
		unlink_circuit(net, open_circuit(net, net->east, 100 + i));
	dp_reclaim_poll(net->dp, 0, 0);
	unlink_circuit(net, open_circuit(net, net->east, 200));
	dp_reclaim_poll(net->dp, 0, 0);
	dp_worker_turn(net->worker);
	assert_int_equal(dp_reclaim_poll(net->dp, 0, 2), 2);
	assert_int_equal(dp_reclaim_poll(net->dp, 0, 2), 2);
	dp_reclaim_stats(net->dp, &stats);
	assert_int_equal(stats.pending, 2);
	assert_int_equal(dp_reclaim_poll(net->dp, 0, 10), 2);
	dp_reclaim_stats(net->dp, &stats);
	assert_int_equal(stats.grace_periods, 2);
}

/* Tokens in flight are bounded; what has none yet waits, and shares one. */
static void
unlinks_beyond_the_tokens_in_flight_share_the_next_one(void **state)
{
	struct net *net = *state;
	struct dp_reclaim_stats stats;
	uint32_t i;

	for (i = 0; i < 90; i++) {
		unlink_circuit(net, open_circuit(net, net->east, 100 + i));
		assert_int_equal(dp_reclaim_poll(net->dp, i, 100), 0);
	}
	dp_worker_turn(net->worker);
	assert_int_equal(dp_reclaim_poll(net->dp, 90, 100), 64);
	assert_int_equal(dp_reclaim_poll(net->dp, 91, 100), 0);
	dp_worker_turn(net->worker);
	assert_int_equal(dp_reclaim_poll(net->dp, 92, 100), 26);
	dp_reclaim_stats(net->dp, &stats);
	assert_int_equal(stats.grace_periods, 65);
}

#define N_IN_ORDER 30u
#define EVERY_SEVENTH(i) ((i)*7 % N_IN_ORDER)

static void
circuits_are_reclaimed_in_the_order_of_their_unlinking(void **state)
{
	struct net *net = *state;
	dp_circuit_t circuits[N_IN_ORDER];
	struct reclaimed r;
	uint32_t i;

	listen_east(net, &r);
	for (i = 0; i < N_IN_ORDER; i++)
		circuits[i] = open_circuit(net, net->east, 100 + i);
	for (i = 0; i < N_IN_ORDER; i++) {
		unlink_circuit(net, circuits[EVERY_SEVENTH(i)]);
		if (i % 11 == 0) /* a token for those until now */
			assert_int_equal(dp_reclaim_poll(net->dp, 0, 1), 0);
	}
	assert_int_equal(dp_reclaim_poll(net->dp, 0, 1), 0);
	dp_worker_turn(net->worker);
	for (i = 0; i < N_IN_ORDER; i++) {
		assert_int_equal(dp_reclaim_poll(net->dp, 0, 1), 1);
		assert_int_equal(r.last, circuits[EVERY_SEVENTH(i)]);
	}
	assert_int_equal(dp_reclaim_poll(net->dp, 0, 1), 0);
}

static void
open_and_unlink(void *arg, dp_circuit_t circuit, uint32_t cookie)
{
	struct reclaimed *r = arg;
	dp_circuit_t again;

	(void)circuit;
	r->n++;
	r->open_again =
		dp_circuit_open(r->net->dp, r->net->east, (uint32_t)cookie, false, cookie, &again);
	if (r->unlink_too != 0)
		unlink_circuit(r->net, r->unlink_too);
	r->unlink_too = 0;
}

static void
who_hears_of_the_end_may_open_the_label_anew_and_unlink_others(void **state)
{
	struct net *net = *state;
	struct reclaimed r = { .net = net, .open_again = -1 };

	dp_trunk_set_reclaimed(net->dp, net->east, open_and_unlink, &r);
	r.unlink_too = open_circuit(net, net->east, 101);
	close_circuit(net, open_circuit(net, net->east, 100));
	assert_int_equal(r.n, 1);
	assert_int_equal(r.open_again, 0);
	dp_reclaim_poll(net->dp, 0, 10);
	dp_worker_turn(net->worker);
	assert_int_equal(dp_reclaim_poll(net->dp, 0, 10), 1);
	assert_int_equal(r.n, 2);
	assert_int_equal(dp_n_circuits(net->dp), 2);
}

/* ---- Counters ---- */

static void
each_side_sends_what_the_other_receives(void **state)
{
	struct net *net = *state;
	dp_circuit_t a = open_circuit(net, net->east, 100);
	dp_circuit_t b = open_circuit(net, net->west, 200);
	struct dp_circuit_stats s;

	assert_int_equal(dp_circuit_join(net->dp, a, b), 0);
	arrive(net, EAST, MACS L100, 60);
	arrive(net, EAST, MACS L100, 70);
	arrive(net, EAST, MACS "8847 00064101", 60);
	arrive(net, WEST, MACS L200, 80);
	dp_worker_turn(net->worker);
	s = stats_of(net, a);
	assert_int_equal(s.rx_packets, 2);
	assert_int_equal(s.rx_octets, 130);
	assert_int_equal(s.drops, 1);
	assert_int_equal(s.tx_packets, 1);
	assert_int_equal(s.tx_octets, 80);
	s = stats_of(net, b);
	assert_int_equal(s.rx_packets, 1);
	assert_int_equal(s.rx_octets, 80);
	assert_int_equal(s.drops, 0);
	assert_int_equal(s.tx_packets, 2);
	assert_int_equal(s.tx_octets, 130);
}

static void
an_attachment_counts_over_all_its_calls(void **state)
{
	struct net *net = *state;
	dp_circuit_t a = attached_circuit(net, 100, 0, 0, 0), b;
	struct dp_attachment_stats s;

	arrive(net, LAN, MACS "0800", 60);
	arrive(net, EAST, MACS L100 "00000000", 90);
	dp_worker_turn(net->worker);
	close_circuit(net, a);
	b = open_circuit(net, net->east, 101);
	assert_int_equal(dp_circuit_attach(net->dp, b, 0), 0);
	assert_int_equal(stats_of(net, b).tx_packets, 0);
	arrive(net, LAN, MACS "0800", 61);
	arrive(net, EAST, MACS "8847 000651ff 00000000", 91);
	arrive(net, EAST, MACS "8847 000651ff 00000000", 92);
	dp_worker_turn(net->worker);
	assert_int_equal(stats_of(net, b).tx_packets, 1);
	assert_int_equal(stats_of(net, b).tx_octets, 61);
	dp_attachment_stats(net->dp, 0, &s);
	assert_int_equal(s.rx_packets, 2);
	assert_int_equal(s.rx_octets, 121);
	assert_int_equal(s.tx_packets, 3);
	assert_int_equal(s.tx_octets, 90 + 91 + 92);
	assert_int_equal(s.circuit, b);
}

/* And they are the circuit's own: neither its predecessor's nor its successor's. */
static void
final_counters_are_read_after_the_grace_period(void **state)
{
	struct net *net = *state;
	dp_circuit_t a = open_circuit(net, net->east, 100);
	dp_circuit_t b = open_circuit(net, net->west, 200);
	struct reclaimed r;

	listen_east(net, &r);
	assert_int_equal(dp_circuit_join(net->dp, a, b), 0);
	arrive(net, EAST, MACS L100, 60);
	arrive(net, WEST, MACS L200, 80);
	dp_worker_turn(net->worker);
	close_circuit(net, a);
	assert_int_equal(r.final.rx_packets, 1);
	assert_int_equal(r.final.rx_octets, 60);
	assert_int_equal(r.final.tx_packets, 1);
	assert_int_equal(r.final.tx_octets, 80);
	/* What the survivor sent stays in its account, whoever gets the index and the label next.
	 */
	assert_int_equal(stats_of(net, b).tx_packets, 1);
	a = open_circuit(net, net->east, 100);
	assert_int_equal(stats_of(net, a).rx_packets, 0);
	assert_int_equal(dp_circuit_join(net->dp, a, b), 0);
	arrive(net, EAST, MACS L100, 60);
	dp_worker_turn(net->worker);
	assert_int_equal(stats_of(net, b).tx_packets, 2);
	assert_int_equal(stats_of(net, a).tx_packets, 0);
}

static void
a_survivor_connected_anew_before_the_end_keeps_the_accounts_apart(void **state)
{
	struct net *net = *state;
	dp_circuit_t a = attached_circuit(net, 100, 0, 0, 0), b;
	struct reclaimed r;

	listen_east(net, &r);
	arrive(net, LAN, MACS "0800", 60);
	dp_worker_turn(net->worker);
	unlink_circuit(net, a);
	b = open_circuit(net, net->east, 101);
	assert_int_equal(dp_circuit_attach(net->dp, b, 0), 0);
	arrive(net, LAN, MACS "0800", 70);
	dp_worker_turn(net->worker);
	dp_reclaim_poll(net->dp, 0, 10);
	dp_worker_turn(net->worker);
	dp_reclaim_poll(net->dp, 0, 10);
	assert_int_equal(r.last, a);
	assert_int_equal(r.final.tx_packets, 1);
	assert_int_equal(r.final.tx_octets, 60);
	assert_int_equal(stats_of(net, b).tx_packets, 1);
	assert_int_equal(stats_of(net, b).tx_octets, 70);
}

/* ---- Stalls ---- */

struct lines {
	uint32_t n;
	char last[512];
};

static void
note_line(enum cp_log_level level, const char *line, void *arg)
{
	struct lines *lines = arg;

	assert_int_equal(level, CP_LOG_WARN);
	lines->n++;
	snprintf(lines->last, sizeof(lines->last), "%s", line);
}

static void
a_worker_that_stalls_delays_the_end_and_is_named_once_a_second(void **state)
{
	struct net *net = *state;
	struct lines lines = { 0 };
	struct dp_reclaim_stats stats;
	uint64_t ms = 1000000;

	cp_log_set_sink(note_line, &lines);
	unlink_circuit(net, open_circuit(net, net->east, 100));
	assert_int_equal(dp_reclaim_poll(net->dp, 10000 * ms, 10), 0);
	assert_int_equal(dp_reclaim_poll(net->dp, 10001 * ms, 10), 0);
	assert_int_equal(lines.n, 0);
	assert_int_equal(dp_reclaim_poll(net->dp, 10002 * ms, 10), 0);
	assert_int_equal(lines.n, 1);
	assert_non_null(strstr(lines.last, "lcore 1 has not been quiescent for 2 ms"));
	assert_non_null(strstr(lines.last, "mend: "));
	assert_int_equal(dp_reclaim_poll(net->dp, 10900 * ms, 10), 0);
	assert_int_equal(lines.n, 1);
	assert_int_equal(dp_reclaim_poll(net->dp, 11100 * ms, 10), 0);
	assert_int_equal(lines.n, 2);
	cp_log_set_sink(NULL, NULL);
	dp_worker_turn(net->worker);
	assert_int_equal(dp_reclaim_poll(net->dp, 11101 * ms, 10), 1);
	dp_reclaim_stats(net->dp, &stats);
	assert_int_equal(stats.stalls, 1);
}

/* ---- Many ---- */

static int
many_setup(void **state)
{
	*state = net_create(MANY, 0);
	return 0;
}

static void
a_hundred_thousand_circuits_are_closed_with_one_token(void **state)
{
	struct net *net = *state;
	dp_circuit_t *c = calloc(MANY, sizeof(*c));
	struct dp_reclaim_stats stats;
	uint64_t octets = dp_memory(net->dp);
	uint32_t i, n = 0;

	assert_non_null(c);
	for (i = 0; i < MANY; i += 2) {
		c[i] = open_circuit(net, net->east, 32 + i);
		c[i + 1] = open_circuit(net, net->west, 32 + i);
		assert_int_equal(dp_circuit_join(net->dp, c[i], c[i + 1]), 0);
	}
	assert_int_equal(dp_n_circuits(net->dp), MANY);
	assert_int_equal(dp_circuit_unlink(net->dp, c, MANY), 0);
	assert_int_equal(dp_reclaim_poll(net->dp, 0, 1000), 0);
	dp_worker_turn(net->worker);
	while (n < MANY)
		n += dp_reclaim_poll(net->dp, 1, 1000);
	dp_reclaim_stats(net->dp, &stats);
	assert_int_equal(stats.grace_periods, 1);
	assert_int_equal(stats.circuits, MANY);
	assert_int_equal(dp_n_circuits(net->dp), 0);
	assert_int_equal(dp_n_labels(net->dp, net->east), 0);
	assert_int_equal(dp_memory(net->dp), octets);
	free(c);
}

#define NET_TEST(f) cmocka_unit_test_setup_teardown(f, net_setup, net_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		NET_TEST(a_label_leads_to_one_circuit_at_a_time),
		NET_TEST(running_out_of_circuits_takes_no_label),
		NET_TEST(a_circuit_is_connected_once),
		NET_TEST(an_attachment_is_one_vlan_of_an_access_port),
		NET_TEST(a_port_is_a_trunk_or_an_access_port),
		NET_TEST(an_unlinked_label_leads_nowhere_at_once),
		NET_TEST(an_attachment_is_idle_when_its_circuit_is_unlinked),
		NET_TEST(a_circuit_is_reclaimed_when_the_worker_has_been_quiescent_and_not_before),
		NET_TEST(a_turn_before_the_token_does_not_end_a_grace_period),
		NET_TEST(a_worker_that_is_offline_is_not_waited_for),
		NET_TEST(a_stale_handle_finds_nobody),
		NET_TEST(both_sides_of_a_cross_connect_go_in_one_batch),
		NET_TEST(a_poll_reclaims_no_more_than_it_may),
		NET_TEST(unlinks_beyond_the_tokens_in_flight_share_the_next_one),
		NET_TEST(circuits_are_reclaimed_in_the_order_of_their_unlinking),
		NET_TEST(who_hears_of_the_end_may_open_the_label_anew_and_unlink_others),
		NET_TEST(each_side_sends_what_the_other_receives),
		NET_TEST(an_attachment_counts_over_all_its_calls),
		NET_TEST(final_counters_are_read_after_the_grace_period),
		NET_TEST(a_survivor_connected_anew_before_the_end_keeps_the_accounts_apart),
		NET_TEST(a_worker_that_stalls_delays_the_end_and_is_named_once_a_second),
		cmocka_unit_test_setup_teardown(
			a_hundred_thousand_circuits_are_closed_with_one_token, many_setup,
			net_teardown),
	};

	return cmocka_run_group_tests_name("dataplane_circuit", tests, eal_setup, eal_teardown);
}
