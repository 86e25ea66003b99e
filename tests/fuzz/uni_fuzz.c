/* SPDX-License-Identifier: BSD-3-Clause */
#include "arena.h"
#include "base/bytes.h"
#include "uni/codec.h"
#include "uni_above.h"
#include "uni_message.h"

/*
 * A signalling link in either role between a peer that sends anything and an upper layer that asks
 * for anything, also from inside what it is told. The input is a sequence of steps: messages as
 * octets, messages that could be meant, requests, time, the link going and coming. However it goes,
 * each call and party is told to have ended once (I2), and when the link is gone and time has run
 * out, nothing is left (I4).
 */

#define MS UINT64_C(1000000)
#define MAX_STEPS 200u
#define MAX_REFLEXES 12u /* of one step */
#define MAX_TOLD 200u    /* of one step */
#define N_CALLS 8u
#define N_PARTIES 12u

/*
 * The sparse tables of a link that has ended cleanly are as they were made, all zero where it
 * matters: so the next execution gets them again, and no page of them is made anew.
 */
static struct table {
	void *p;
	size_t size;
	bool taken;
} tables[8];

void *__real_cp_mem_map_sparse(size_t size);
void *__wrap_cp_mem_map_sparse(size_t size);
void __wrap_cp_mem_unmap_sparse(void *p, size_t size);

void *
__wrap_cp_mem_map_sparse(size_t size)
{
	struct table *t = tables;

	while (t->p != NULL && (t->taken || t->size != size))
		t++;
	FUZZ_CHECK(t < tables + sizeof(tables) / sizeof(tables[0]) - 1);
	if (t->p == NULL)
		*t = (struct table){ .p = __real_cp_mem_map_sparse(size), .size = size };
	t->taken = true;
	return t->p;
}

void
__wrap_cp_mem_unmap_sparse(void *p, size_t size)
{
	struct table *t = tables;

	while (t->p != p)
		t++;
	FUZZ_CHECK(t->size == size);
	t->taken = false;
}

static void
receive(struct above *a, const uint8_t *octets, size_t len)
{
	uint8_t *message = arena_copy(octets, len);

	uni_link_receive(a->l, message, len, a->now_ns);
	arena_drop(message);
}

static void
receive_raw(struct above *a, struct fuzz_input *in)
{
	size_t len = fuzz_be16(in);
	const uint8_t *octets = fuzz_octets(in, len, &len);

	receive(a, octets, len);
}

static void
receive_built(struct above *a, struct fuzz_input *in)
{
	uint8_t room[MESSAGE_MAX];
	size_t len = message_build(a, in, room);

	receive(a, room, len);
}

/* What we have said last comes back, from the other side or as it went. */
static void
receive_echo(struct above *a, struct fuzz_input *in)
{
	uint8_t how = fuzz_octet(in);

	if (a->last_len < UNI_HEADER_SIZE)
		return;
	a->last[2] ^= how & 0x80;
	if (how & 0x40)
		a->last[5] = fuzz_octet(in);
	receive(a, a->last, a->last_len);
}

static void
turn(struct above *a, uint32_t max)
{
	uni_turn(a->u, a->now_ns, max);
}

static void
pass_time(struct above *a, struct fuzz_input *in)
{
	static const uint32_t steps_ms[] = { 0, 1, 100, 1000, 4000, 4000, 10000, 14000, 20000,
		30000, 34000, 90000, 120000, 180000 };
	uint8_t what = fuzz_octet(in);

	a->now_ns += steps_ms[(what & 0x0f) % (sizeof(steps_ms) / sizeof(steps_ms[0]))] * MS;
	turn(a, (what & 0x80) != 0 ? 1 : 1000);
}

static void
pull(struct above *a, struct fuzz_input *in)
{
	uint32_t n = fuzz_octet(in);

	while (n-- > 0 && above_pull(a))
		;
}

static void
change_link(struct above *a, struct fuzz_input *in)
{
	uint8_t what = fuzz_octet(in);

	switch (what & 7) {
	case 0:
		uni_link_released(a->l, a->now_ns);
		break;
	case 1:
	case 2:
		uni_link_established(a->l, a->now_ns);
		break;
	case 3:
		uni_link_drain(a->l, (what & 8) != 0);
		break;
	case 4:
		(void)uni_link_reserve_label(a->l, 32u + (what >> 3));
		break;
	case 5:
		uni_link_free_label(a->l, 32u + (what >> 3));
		break;
	case 6:
		a->keep_labels = (what & 8) != 0;
		a->n_outstanding = (what & 16) != 0 ? 1u << 20 : 0;
		break;
	default:
		above_put_labels(a);
	}
}

static void
step(struct above *a, struct fuzz_input *in)
{
	uint8_t what = fuzz_octet(in), more;

	a->n_reflexes = MAX_REFLEXES;
	a->n_told = 0;
	switch (what % 8) {
	case 0:
		receive_raw(a, in);
		break;
	case 1:
		pass_time(a, in);
		break;
	case 2:
		pull(a, in);
		break;
	case 3:
		more = fuzz_octet(in);
		above_ask(a, (enum above_request)((what >> 3) % ASK_COUNT), more);
		break;
	case 4:
		more = fuzz_octet(in);
		a->reflex[(what >> 3) % IN_COUNT] = more;
		break;
	case 5:
		change_link(a, in);
		break;
	case 6:
		receive_echo(a, in);
		break;
	default:
		receive_built(a, in);
	}
	FUZZ_CHECK(a->n_told <= MAX_TOLD);
}

/* All that change_link() may have reserved. */
static void
free_reserved(struct above *a)
{
	uint32_t label;

	for (label = 32; label < 32 + 32; label++)
		uni_link_free_label(a->l, label);
}

static void
begin(struct above *a, struct fuzz_input *in)
{
	const struct uni_config config = {
		.n_calls = N_CALLS, .n_links = 1, .n_setups = 6, .n_parties = N_PARTIES
	};
	struct uni_link_params params;
	uint8_t what = fuzz_octet(in);

	uni_link_params_default(&params, (what & 1) != 0 ? UNI_ROLE_NETWORK : UNI_ROLE_USER);
	if ((what & 1) == 0)
		params.ask = (enum uni_ask)((what >> 1 & 3) % 3);
	params.vpci_last = (what & 8) != 0;
	params.max_offers = (what & 16) != 0 ? 2 : 100;
	params.restart_first = (what & 64) != 0;
	a->now_ns = 1000 * MS;
	a->next_cookie = 1;
	a->u = uni_create(&config, a->now_ns, arena_begin());
	FUZZ_CHECK(a->u != NULL);
	FUZZ_CHECK(uni_link_create(a->u, &params, &above_ops, a, "fuzz", &a->l) == 0);
	uni_link_start(a->l, a->now_ns);
	if ((what & 32) == 0)
		uni_link_established(a->l, a->now_ns);
}

/* The link is gone for good. */
static void
lose(struct above *a)
{
	uint32_t n;

	memset(a->reflex, 0, sizeof(a->reflex));
	a->n_outstanding = 0;
	uni_link_stop(a->l);
	uni_link_released(a->l, a->now_ns);
	for (n = 0; n < 3; n++) {
		above_put_labels(a);
		turn(a, UINT32_MAX);
		a->now_ns += 200000 * MS;
	}
	turn(a, UINT32_MAX);
	above_put_labels(a);
}

/* All that is to be said; our RESTART, if it is among it, is acknowledged. */
static void
answer_restart(struct above *a)
{
	a->restart_len = 0;
	while (above_pull(a))
		;
	if (a->restart_len == 0)
		return;
	a->restart[2] = 0x80;
	a->restart[5] = UNI_MT_RESTART_ACK;
	receive(a, a->restart, a->restart_len);
}

/* Labels set aside wait for a RESTART of the peer, or for its answer to ours (SIG-122). */
static void
restart(struct above *a)
{
	static const uint8_t octets[] = { 0x09, 3, 0, 0, 0, UNI_MT_RESTART, 0x80, 0, 5, 0x79, 0x80,
		0, 1, 0x82 };

	uni_link_established(a->l, a->now_ns);
	turn(a, UINT32_MAX);
	answer_restart(a);
	turn(a, UINT32_MAX);
	receive(a, octets, sizeof(octets));
	turn(a, UINT32_MAX);
	answer_restart(a);
	turn(a, UINT32_MAX);
	lose(a);
}

static void
check_nothing_is_left(struct above *a)
{
	struct uni_link_stats stats;
	struct uni_census census;
	uint32_t i;

	for (i = 0; i < ABOVE_CALLS; i++)
		FUZZ_CHECK(a->calls[i].call == 0);
	for (i = 0; i < ABOVE_PARTIES; i++)
		FUZZ_CHECK(a->parties[i].party == 0);
	uni_census(a->u, &census);
	uni_link_stats(a->l, &stats);
	FUZZ_CHECK(census.n_calls == 0 && census.n_parties == 0 && census.n_setups == 0);
	FUZZ_CHECK(census.n_timers == 0 && census.n_link_timers == 0 && census.n_notices == 0);
	FUZZ_CHECK(stats.n_calls == 0 && stats.n_active == 0 && stats.n_parties == 0);
	FUZZ_CHECK(stats.n_labels == stats.n_set_aside);
	FUZZ_CHECK(stats.n_references == stats.n_set_aside);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct above a;
	struct fuzz_input in = { data, data + size };
	struct uni_link_stats stats;
	uint32_t n;

	memset(&a, 0, offsetof(struct above, last));
	begin(&a, &in);
	for (n = 0; n < MAX_STEPS && !fuzz_is_over(&in); n++)
		step(&a, &in);
	free_reserved(&a);
	lose(&a);
	check_nothing_is_left(&a);
	uni_link_stats(a.l, &stats);
	if (stats.n_set_aside > 0 || stats.restarting) {
		restart(&a);
		check_nothing_is_left(&a);
		uni_link_stats(a.l, &stats);
		FUZZ_CHECK(stats.n_set_aside == 0 && !stats.restarting);
	}
	uni_destroy(a.u);
	return 0;
}
