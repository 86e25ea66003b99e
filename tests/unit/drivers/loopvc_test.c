/* SPDX-License-Identifier: BSD-3-Clause */
#include "loopvc/loopvc.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define NS_PER_MS 1000000u
#define MAX_HELD 64u
#define N_PACKETS 32u

/* A call manager that has only VCs of its own: it sends and receives on them. */
struct fake_vc {
	struct fake *fake;
	co_vc_t vc;
	co_binding_t binding;
	uint32_t label;
	unsigned int n_sent, n_received, n_activated, n_deactivated;
	enum co_status sent_status;
	uint64_t used_rate; /* as the last activation that pended ended */
	uint8_t last[16];   /* first octet of each packet, in order of arrival */
};

struct fake {
	struct co *co;
	struct loopvc *lv;
	co_binding_t bindings[4];
	unsigned int n_bindings;
	bool holds;
	enum co_status last_code; /* of the status indications */
	unsigned int n_codes;
	unsigned int n_held;
	struct co_packet *held[MAX_HELD];
	uint64_t now_ns;
	unsigned int n_vcs;
	struct fake_vc vcs[32];
};

static struct fake_vc *
vc_of(co_ctx_t ctx)
{
	return (struct fake_vc *)(uintptr_t)ctx;
}

static void
on_bound(void *cm, co_binding_t binding, co_adapter_t adapter)
{
	struct fake *f = cm;

	(void)adapter;
	f->bindings[f->n_bindings++] = binding;
}

static void
on_activate_vc_complete(
	void *cm, co_ctx_t ctx, enum co_status status, const struct co_media_params *media)
{
	(void)cm;
	assert_int_equal(status, CO_STATUS_SUCCESS);
	assert_int_equal(media->label, vc_of(ctx)->label);
	vc_of(ctx)->used_rate = media->tx.peak_rate;
	vc_of(ctx)->n_activated++;
}

static void
on_deactivate_vc_complete(void *cm, co_ctx_t ctx, enum co_status status)
{
	(void)cm;
	assert_int_equal(status, CO_STATUS_SUCCESS);
	vc_of(ctx)->n_deactivated++;
}

static void
on_send_complete(void *cm, co_ctx_t ctx, struct co_packet **pkts, uint32_t n)
{
	(void)cm;
	vc_of(ctx)->n_sent += n;
	vc_of(ctx)->sent_status = pkts[n - 1]->status;
}

static void
on_receive(void *cm, co_ctx_t ctx, struct co_packet **pkts, uint32_t n)
{
	struct fake *f = cm;
	struct fake_vc *v = vc_of(ctx);
	uint32_t i;

	for (i = 0; i < n; i++) {
		if (v->n_received < sizeof(v->last))
			v->last[v->n_received] = pkts[i]->data[0];
		v->n_received++;
		if (f->holds && !pkts[i]->low_resources)
			f->held[f->n_held++] = pkts[i];
	}
	if (!f->holds)
		co_return_receive(f->co, v->vc, pkts, n);
}

static void
on_status(void *cm, co_binding_t binding, bool has_vc, co_ctx_t ctx, enum co_status code)
{
	struct fake *f = cm;

	(void)binding;
	(void)ctx;
	assert_false(has_vc);
	f->last_code = code;
	f->n_codes++;
}

/* Handlers about clients' calls are never reached, no AF being registered; but there are no holes
 * in a table. */

static enum co_status
no_open_af(void *cm, co_af_t af, enum co_af_type type, co_ctx_t *af_ctx)
{
	(void)cm;
	(void)af;
	(void)type;
	(void)af_ctx;
	return CO_STATUS_NOT_SUPPORTED;
}

static enum co_status
no_register_sap(
	void *cm, co_ctx_t af_ctx, co_sap_t sap, const struct co_address *address, co_ctx_t *ctx)
{
	(void)cm;
	(void)af_ctx;
	(void)sap;
	(void)address;
	(void)ctx;
	return CO_STATUS_NOT_SUPPORTED;
}

static enum co_status
no_create_vc(void *cm, co_ctx_t af_ctx, co_vc_t vc, co_ctx_t *ctx)
{
	(void)cm;
	(void)af_ctx;
	(void)vc;
	(void)ctx;
	return CO_STATUS_NOT_SUPPORTED;
}

static enum co_status
no_end(void *cm, co_ctx_t ctx)
{
	(void)cm;
	(void)ctx;
	return CO_STATUS_NOT_SUPPORTED;
}

static enum co_status
no_make_call(void *cm, co_ctx_t ctx, struct co_call_params *params)
{
	(void)cm;
	(void)ctx;
	(void)params;
	return CO_STATUS_NOT_SUPPORTED;
}

static enum co_status
no_close_call(void *cm, co_ctx_t ctx, co_ctx_t party_ctx, struct co_data data)
{
	(void)cm;
	(void)ctx;
	(void)party_ctx;
	(void)data;
	return CO_STATUS_NOT_SUPPORTED;
}

static void
no_incoming_call_complete(
	void *cm, co_ctx_t ctx, enum co_status status, const struct co_call_params *params)
{
	(void)cm;
	(void)ctx;
	(void)status;
	(void)params;
}

static const struct co_callmgr_ops ops = {
	.bound = on_bound,
	.open_af = no_open_af,
	.close_af = no_end,
	.register_sap = no_register_sap,
	.deregister_sap = no_end,
	.create_vc = no_create_vc,
	.delete_vc = no_end,
	.make_call = no_make_call,
	.close_call = no_close_call,
	.incoming_call_complete = no_incoming_call_complete,
	.activate_vc_complete = on_activate_vc_complete,
	.deactivate_vc_complete = on_deactivate_vc_complete,
	.send_complete = on_send_complete,
	.receive = on_receive,
	.status = on_status,
};

static struct fake fake;

static void
add_loop(struct fake *f, const char *name, struct loopvc **lv)
{
	const struct loopvc_config config = {
		.name_a = name, .name_b = name, .n_vcs = 16, .n_packets = N_PACKETS, .seed = 42
	};

	assert_int_equal(loopvc_create(f->co, &config, NULL, lv), 0);
}

static void
bind_loop(struct fake *f, co_protocol_t cm, const struct loopvc *lv)
{
	assert_int_equal(co_bind(f->co, cm, loopvc_adapter(lv, LOOPVC_A)), CO_STATUS_SUCCESS);
	assert_int_equal(co_bind(f->co, cm, loopvc_adapter(lv, LOOPVC_B)), CO_STATUS_SUCCESS);
}

static struct loopvc *second;

static int
setup(void **state)
{
	const struct co_limits limits = { .n_vcs = 64 };
	co_protocol_t cm;

	memset(&fake, 0, sizeof(fake));
	fake.co = co_create(&limits, NULL);
	assert_non_null(fake.co);
	assert_int_equal(co_register_callmgr(fake.co, &ops, &fake, "fake", &cm), CO_STATUS_SUCCESS);
	add_loop(&fake, "first", &fake.lv);
	add_loop(&fake, "second", &second);
	bind_loop(&fake, cm, fake.lv);
	bind_loop(&fake, cm, second);
	*state = &fake;
	return 0;
}

/* Port 0 and 1 are the ends of the first loop, 2 and 3 those of the second. */
static struct fake_vc *
create_vc(struct fake *f, unsigned int port)
{
	struct fake_vc *v = &f->vcs[f->n_vcs++];

	v->fake = f;
	v->binding = f->bindings[port];
	assert_int_equal(
		co_create_vc(f->co, v->binding, CO_NONE, (uintptr_t)v, &v->vc), CO_STATUS_SUCCESS);
	return v;
}

static enum co_status
activate_with(struct fake_vc *v, uint32_t label, uint32_t flags, uint64_t rate)
{
	struct co_media_params media = {
		.flags = CO_MEDIA_F_TRANSMIT | CO_MEDIA_F_RECEIVE | flags,
		.label = label,
		.tx = { .peak_rate = rate },
	};

	v->label = label;
	return co_cm_activate_vc(v->fake->co, v->vc, &media);
}

static enum co_status
activate(struct fake_vc *v, uint32_t label)
{
	return activate_with(v, label, 0, 0);
}

static struct fake_vc *
open_vc(struct fake *f, unsigned int port, uint32_t label)
{
	struct fake_vc *v = create_vc(f, port);

	assert_int_equal(activate(v, label), CO_STATUS_SUCCESS);
	return v;
}

static enum co_status
deactivate(struct fake_vc *v)
{
	return co_cm_deactivate_vc(v->fake->co, v->vc);
}

static void delete (struct fake_vc *v)
{
	assert_int_equal(co_delete_vc(v->fake->co, v->binding, v->vc), CO_STATUS_SUCCESS);
	v->vc = CO_NONE;
}

static void
run_ms(struct fake *f, uint32_t ms)
{
	while (ms-- > 0) {
		f->now_ns += NS_PER_MS;
		loopvc_turn(f->lv, f->now_ns, 1000);
		loopvc_turn(second, f->now_ns, 1000);
	}
}

static int
teardown(void **state)
{
	static const struct loopvc_options perfect = { 0 };
	struct fake *f = *state;
	struct loopvc_census census;
	unsigned int i;

	loopvc_set_options(f->lv, &perfect);
	run_ms(f, 100);
	for (i = 0; i < f->n_vcs; i++)
		if (f->vcs[i].vc != CO_NONE)
			deactivate(&f->vcs[i]);
	run_ms(f, 100);
	for (i = 0; i < f->n_vcs; i++)
		if (f->vcs[i].vc != CO_NONE)
			delete (&f->vcs[i]);
	loopvc_census(f->lv, &census);
	assert_int_equal(census.n_vcs, 0);
	assert_int_equal(census.n_circuits, 0);
	assert_int_equal(census.n_waiting, 0);
	assert_int_equal(census.n_packets, 0);
	loopvc_destroy(second);
	loopvc_destroy(f->lv);
	co_destroy(f->co);
	return 0;
}

static struct loopvc_stats
stats_of(const struct loopvc *lv)
{
	struct loopvc_stats stats;

	loopvc_stats(lv, &stats);
	return stats;
}

static uint8_t octets[LOOPVC_MAX_PACKET + 1];
static struct co_packet packets[256];

/* Packet number @p n of this test; its first octet tells it. */
static void
send_packet(struct fake_vc *v, unsigned int n, uint32_t len)
{
	struct co_packet *p = &packets[n];

	octets[0] = (uint8_t)n;
	*p = (struct co_packet){ .data = octets, .len = len, .status = CO_STATUS_PENDING };
	co_send(v->fake->co, v->vc, &p, 1);
}

static void
what_is_sent_arrives_at_the_same_label_of_the_other_end(void **state)
{
	struct fake *f = *state;
	struct fake_vc *a = open_vc(f, 0, 40), *b = open_vc(f, 1, 40), *other = open_vc(f, 1, 41);

	send_packet(a, 1, 10);
	assert_int_equal(a->n_sent, 1);
	assert_int_equal(a->sent_status, CO_STATUS_SUCCESS);
	assert_int_equal(b->n_received, 0); /* not before a turn */
	run_ms(f, 1);
	assert_int_equal(b->n_received, 1);
	assert_int_equal(b->last[0], 1);
	send_packet(b, 2, LOOPVC_MAX_PACKET);
	run_ms(f, 1);
	assert_int_equal(a->n_received, 1);
	assert_int_equal(other->n_received, 0);
}

static void
a_packet_for_a_label_that_nobody_has_is_counted(void **state)
{
	struct fake *f = *state;
	struct fake_vc *a = open_vc(f, 0, 40);

	send_packet(a, 1, 10);
	run_ms(f, 1);
	assert_int_equal(stats_of(f->lv).no_circuit, 1);
	assert_int_equal(stats_of(f->lv).delivered, 0);
}

static void
a_packet_takes_the_wires_delay(void **state)
{
	static const struct loopvc_options slow = { .delay_ms = 10 };
	struct fake *f = *state;
	struct fake_vc *a = open_vc(f, 0, 40), *b = open_vc(f, 1, 40);

	loopvc_set_options(f->lv, &slow);
	assert_true(loopvc_next_due_ns(f->lv) == UINT64_MAX);
	send_packet(a, 1, 10);
	assert_true(loopvc_next_due_ns(f->lv) == 10 * NS_PER_MS);
	run_ms(f, 9);
	assert_int_equal(b->n_received, 0);
	run_ms(f, 1);
	assert_int_equal(b->n_received, 1);
}

static void
a_turn_delivers_at_most_what_it_was_told(void **state)
{
	struct fake *f = *state;
	struct fake_vc *a = open_vc(f, 0, 40), *b = open_vc(f, 1, 40);
	unsigned int i;

	for (i = 0; i < 5; i++)
		send_packet(a, i, 10);
	assert_int_equal(loopvc_turn(f->lv, 1, 2), 2);
	assert_int_equal(b->n_received, 2);
	assert_int_equal(loopvc_turn(f->lv, 1, 10), 3);
	assert_int_equal(b->n_received, 5);
	for (i = 0; i < 5; i++)
		assert_int_equal(b->last[i], i);
}

static void
a_cut_wire_loses_what_is_on_it_and_what_comes(void **state)
{
	static const struct loopvc_options cut = { .cut = true };
	static const struct loopvc_options perfect = { 0 };
	struct fake *f = *state;
	struct fake_vc *a = open_vc(f, 0, 40), *b = open_vc(f, 1, 40);

	send_packet(a, 1, 10);
	loopvc_set_options(f->lv, &cut);
	send_packet(a, 2, 10);
	run_ms(f, 1);
	loopvc_set_options(f->lv, &perfect);
	send_packet(a, 3, 10);
	run_ms(f, 1);
	assert_int_equal(stats_of(f->lv).lost, 2);
	assert_int_equal(b->n_received, 1);
	assert_int_equal(b->last[0], 3);
}

static void
chance_loses_doubles_and_delays_as_often_as_asked(void **state)
{
	static const struct loopvc_options bad = {
		.drop_permille = 100,
		.duplicate_permille = 50,
		.reorder_permille = 50,
		.reorder_ms = 3,
	};
	struct fake *f = *state;
	struct fake_vc *a = open_vc(f, 0, 40), *b = open_vc(f, 1, 40);
	struct loopvc_stats stats;
	unsigned int i;

	loopvc_set_options(f->lv, &bad);
	for (i = 0; i < 10000; i++) {
		send_packet(a, 1, 10);
		run_ms(f, 1);
	}
	run_ms(f, 3);
	stats = stats_of(f->lv);
	assert_in_range(stats.duplicated, 400, 600);
	assert_in_range(stats.reordered, 400, 600);
	assert_in_range(stats.lost, 900, 1200);
	assert_int_equal(stats.delivered + stats.lost, stats.sent + stats.duplicated);
	assert_int_equal(b->n_received, stats.delivered);
}

static void
a_packet_held_back_is_overtaken(void **state)
{
	static const struct loopvc_options late = { .reorder_permille = 1000, .reorder_ms = 5 };
	static const struct loopvc_options perfect = { 0 };
	struct fake *f = *state;
	struct fake_vc *a = open_vc(f, 0, 40), *b = open_vc(f, 1, 40);

	loopvc_set_options(f->lv, &late);
	send_packet(a, 1, 10);
	loopvc_set_options(f->lv, &perfect);
	send_packet(a, 2, 10);
	run_ms(f, 5);
	assert_int_equal(b->n_received, 2);
	assert_int_equal(b->last[0], 2);
	assert_int_equal(b->last[1], 1);
}

/* SEND-1, SEND-5 */
static void
a_send_without_room_comes_back_at_once_with_the_reason(void **state)
{
	struct fake *f = *state;
	struct fake_vc *a = open_vc(f, 0, 40);
	unsigned int i;

	for (i = 0; i < N_PACKETS; i++)
		send_packet(a, i, 10);
	send_packet(a, i, 10);
	assert_int_equal(a->n_sent, N_PACKETS + 1);
	assert_int_equal(a->sent_status, CO_STATUS_RESOURCES);
	assert_int_equal(stats_of(f->lv).no_packet, 1);
	run_ms(f, 1);
	send_packet(a, i, LOOPVC_MAX_PACKET + 1);
	assert_int_equal(a->sent_status, CO_STATUS_INVALID_LENGTH);
	assert_int_equal(stats_of(f->lv).too_long, 1);
}

static void
held_sends_complete_when_their_packet_arrives_or_is_lost(void **state)
{
	static const struct loopvc_options slow = { .hold_sends = true, .delay_ms = 2 };
	static const struct loopvc_options cut = { .hold_sends = true, .cut = true };
	struct fake *f = *state;
	struct fake_vc *a = open_vc(f, 0, 40);

	loopvc_set_options(f->lv, &slow);
	send_packet(a, 1, 10);
	assert_int_equal(a->n_sent, 0);
	run_ms(f, 2);
	assert_int_equal(a->n_sent, 1);
	loopvc_set_options(f->lv, &cut);
	send_packet(a, 2, 10);
	run_ms(f, 1);
	assert_int_equal(a->n_sent, 2);
}

/* DEACT-2 */
static void
deactivation_waits_for_sends_that_are_out(void **state)
{
	static const struct loopvc_options slow = { .hold_sends = true, .delay_ms = 5 };
	struct fake *f = *state;
	struct fake_vc *a = open_vc(f, 0, 40);

	loopvc_set_options(f->lv, &slow);
	send_packet(a, 1, 10);
	assert_int_equal(deactivate(a), CO_STATUS_PENDING);
	run_ms(f, 4);
	assert_int_equal(a->n_deactivated, 0);
	run_ms(f, 1);
	assert_int_equal(a->n_deactivated, 1);
	assert_int_equal(a->n_sent, 1);
}

/* DEACT-2 */
static void
deactivation_waits_for_receives_that_are_out(void **state)
{
	struct fake *f = *state;
	struct fake_vc *a = open_vc(f, 0, 40), *b = open_vc(f, 1, 40);
	struct loopvc_census census;

	f->holds = true;
	send_packet(a, 1, 10);
	run_ms(f, 1);
	assert_int_equal(f->n_held, 1);
	assert_int_equal(deactivate(b), CO_STATUS_PENDING);
	run_ms(f, 10);
	assert_int_equal(b->n_deactivated, 0);
	co_return_receive(f->co, b->vc, f->held, 1);
	loopvc_census(f->lv, &census);
	assert_int_equal(census.n_packets, 0);
	run_ms(f, 1);
	assert_int_equal(b->n_deactivated, 1);
}

/* DEACT-4: what was on the wire finds nobody. */
static void
nothing_arrives_after_deactivation_was_asked_for(void **state)
{
	static const struct loopvc_options graceful = { .deactivate_turns = 5 };
	struct fake *f = *state;
	struct fake_vc *a = open_vc(f, 0, 40), *b = open_vc(f, 1, 40);

	loopvc_set_options(f->lv, &graceful);
	send_packet(a, 1, 10);
	assert_int_equal(deactivate(b), CO_STATUS_PENDING);
	run_ms(f, 4);
	assert_int_equal(b->n_deactivated, 0);
	run_ms(f, 1);
	assert_int_equal(b->n_deactivated, 1);
	assert_int_equal(b->n_received, 0);
	assert_int_equal(stats_of(f->lv).no_circuit, 1);
}

/* DEACT-5: with nothing outside and no grace period there is nothing to wait for. */
static void
a_quiet_vc_is_deactivated_at_once(void **state)
{
	struct fake *f = *state;
	struct fake_vc *a = open_vc(f, 0, 40);

	assert_int_equal(deactivate(a), CO_STATUS_SUCCESS);
	run_ms(f, 5);
	assert_int_equal(a->n_deactivated, 0);
}

/* ACT-4, SIG-2 */
static void
an_impossible_label_is_refused(void **state)
{
	struct fake *f = *state;
	struct fake_vc *a = open_vc(f, 0, 40), *b = create_vc(f, 0);

	assert_int_equal(activate(b, 40), CO_STATUS_INVALID_DATA);
	assert_int_equal(activate(b, 15), CO_STATUS_INVALID_DATA);
	assert_int_equal(activate(b, LOOPVC_N_LABELS), CO_STATUS_INVALID_DATA);
	assert_int_equal(deactivate(a), CO_STATUS_SUCCESS);
	assert_int_equal(activate(b, 40), CO_STATUS_SUCCESS);
}

/* ACT-5 */
static void
an_active_vc_keeps_its_label(void **state)
{
	struct fake *f = *state;
	struct fake_vc *a = open_vc(f, 0, 40), *b = open_vc(f, 1, 40);

	assert_int_equal(activate(a, 41), CO_STATUS_INVALID_DATA);
	assert_int_equal(activate(a, 40), CO_STATUS_SUCCESS);
	send_packet(b, 1, 10);
	run_ms(f, 1);
	assert_int_equal(a->n_received, 1);
}

static void
activation_may_pend_for_turns_or_be_refused(void **state)
{
	static const struct loopvc_options slow = { .activate_turns = 3 };
	static const struct loopvc_options refusing = { .refuse_activation = true };
	struct fake *f = *state;
	struct fake_vc *a = create_vc(f, 0), *b = open_vc(f, 1, 40);
	struct loopvc_circuit circuit;

	loopvc_set_options(f->lv, &refusing);
	assert_int_equal(activate(a, 40), CO_STATUS_RESOURCES);
	loopvc_set_options(f->lv, &slow);
	assert_int_equal(activate(a, 40), CO_STATUS_PENDING);
	send_packet(b, 1, 10);
	run_ms(f, 2);
	assert_int_equal(a->n_activated, 0);
	assert_int_equal(a->n_received, 0);
	assert_int_equal(stats_of(f->lv).no_circuit, 1);
	assert_int_equal(loopvc_query(f->lv, LOOPVC_A, 40, &circuit), -ENOENT);
	run_ms(f, 1);
	assert_int_equal(a->n_activated, 1);
	assert_int_equal(loopvc_query(f->lv, LOOPVC_A, 40, &circuit), 0);
	assert_int_equal(circuit.vc, a->vc);
}

static enum co_status
oid(struct fake_vc *v, enum co_oid which, uint32_t *value)
{
	return co_oid_request(v->fake->co, v->vc, which, value, sizeof(*value));
}

static void
an_attachment_is_recorded(void **state)
{
	struct fake *f = *state;
	struct fake_vc *a = open_vc(f, 0, 40);
	struct loopvc_circuit circuit;
	uint32_t attachment = 7;

	assert_int_equal(oid(a, CO_OID_VC_ATTACH, &attachment), CO_STATUS_SUCCESS);
	assert_int_equal(loopvc_query(f->lv, LOOPVC_A, 40, &circuit), 0);
	assert_true(circuit.attached);
	assert_int_equal(circuit.attachment, 7);
	assert_int_equal(loopvc_query(f->lv, LOOPVC_B, 40, &circuit), -ENOENT);
}

/* A transit: end B of the first loop and end A of the second are one node. */
static void
joined_vcs_of_two_loops_pass_packets_on_in_both_directions(void **state)
{
	struct fake *f = *state;
	struct fake_vc *a = open_vc(f, 0, 40), *in = open_vc(f, 1, 40);
	struct fake_vc *out = open_vc(f, 2, 90), *b = open_vc(f, 3, 90);
	struct co_vc_statistics stats;
	uint32_t circuit;

	assert_int_equal(oid(out, CO_OID_VC_CIRCUIT, &circuit), CO_STATUS_SUCCESS);
	assert_int_equal(oid(in, CO_OID_VC_JOIN, &circuit), CO_STATUS_SUCCESS);
	send_packet(a, 1, 100);
	run_ms(f, 2);
	assert_int_equal(b->n_received, 1);
	send_packet(b, 2, 50);
	run_ms(f, 2);
	assert_int_equal(a->n_received, 1);
	assert_int_equal(in->n_received + out->n_received, 0);
	assert_int_equal(co_oid_request(f->co, in->vc, CO_OID_VC_STATISTICS, &stats, sizeof(stats)),
		CO_STATUS_SUCCESS);
	assert_int_equal(stats.rx_packets, 1);
	assert_int_equal(stats.rx_octets, 100);
	assert_int_equal(stats.tx_packets, 1);
	assert_int_equal(stats.tx_octets, 50);
}

static void
a_join_ends_when_either_vc_is_deactivated(void **state)
{
	struct fake *f = *state;
	struct fake_vc *a = open_vc(f, 0, 40), *in = open_vc(f, 1, 40), *out = open_vc(f, 2, 90);
	uint32_t circuit, stale;

	assert_int_equal(oid(out, CO_OID_VC_CIRCUIT, &circuit), CO_STATUS_SUCCESS);
	stale = circuit;
	assert_int_equal(oid(in, CO_OID_VC_JOIN, &circuit), CO_STATUS_SUCCESS);
	assert_int_equal(oid(in, CO_OID_VC_JOIN, &circuit), CO_STATUS_NOT_ACCEPTED);
	assert_int_equal(deactivate(out), CO_STATUS_SUCCESS);
	send_packet(a, 1, 10);
	run_ms(f, 1);
	assert_int_equal(in->n_received, 1);
	delete (out);
	open_vc(f, 2, 90);
	assert_int_equal(oid(in, CO_OID_VC_JOIN, &stale), CO_STATUS_INVALID_DATA); /* I9 */
}

static void
a_request_of_the_wrong_size_or_about_an_inactive_vc_is_refused(void **state)
{
	struct fake *f = *state;
	struct fake_vc *a = create_vc(f, 0);
	struct co_vc_statistics stats;
	uint32_t value = 1, self;

	assert_int_equal(oid(a, CO_OID_VC_ATTACH, &value), CO_STATUS_NOT_ACCEPTED);
	assert_int_equal(activate(a, 40), CO_STATUS_SUCCESS);
	assert_int_equal(oid(a, CO_OID_VC_STATISTICS, &value), CO_STATUS_BUFFER_TOO_SHORT);
	assert_int_equal(co_oid_request(f->co, a->vc, CO_OID_VC_ATTACH, &stats, sizeof(stats)),
		CO_STATUS_INVALID_LENGTH);
	assert_int_equal(oid(a, CO_OID_VC_CIRCUIT, &self), CO_STATUS_SUCCESS);
	assert_int_equal(oid(a, CO_OID_VC_JOIN, &self), CO_STATUS_INVALID_DATA);
}

static void
the_same_seed_gives_the_same_run(void **state)
{
	static const struct loopvc_options bad = { .drop_permille = 300,
		.duplicate_permille = 300 };
	struct fake *f = *state;
	struct fake_vc *a = open_vc(f, 0, 40), *b = open_vc(f, 1, 40);
	struct fake_vc *c = open_vc(f, 2, 40), *d = open_vc(f, 3, 40);
	unsigned int i;

	loopvc_set_options(f->lv, &bad);
	loopvc_set_options(second, &bad);
	for (i = 0; i < 12; i++) {
		send_packet(a, i, 10);
		send_packet(c, i, 10);
		run_ms(f, 1);
	}
	assert_int_equal(b->n_received, d->n_received);
	assert_memory_equal(b->last, d->last, sizeof(b->last));
}

/* ---- Leaves of one label. ---- */

static struct fake_vc *
open_leaf(struct fake *f, unsigned int port, uint32_t label)
{
	struct fake_vc *v = create_vc(f, port);

	assert_int_equal(activate_with(v, label, CO_MEDIA_F_LEAF, 0), CO_STATUS_SUCCESS);
	return v;
}

/* SIG-109 */
static void
every_leaf_of_a_label_receives_what_arrives_there(void **state)
{
	struct fake *f = *state;
	struct fake_vc *root = open_vc(f, 0, 40), *leaves[3];
	unsigned int i;

	for (i = 0; i < 3; i++)
		leaves[i] = open_leaf(f, 1, 40);
	send_packet(root, 1, 10);
	run_ms(f, 1);
	for (i = 0; i < 3; i++)
		assert_int_equal(leaves[i]->n_received, 1);
	assert_int_equal(deactivate(leaves[1]), CO_STATUS_SUCCESS);
	send_packet(root, 2, 10);
	run_ms(f, 1);
	assert_int_equal(leaves[0]->n_received, 2);
	assert_int_equal(leaves[1]->n_received, 1);
	assert_int_equal(leaves[2]->n_received, 2);
	assert_int_equal(leaves[2]->last[1], 2);
}

static void
a_leaf_sends_nothing(void **state)
{
	struct fake *f = *state;
	struct fake_vc *root = open_vc(f, 0, 40), *leaf = open_leaf(f, 1, 40);

	send_packet(leaf, 1, 10);
	assert_int_equal(leaf->sent_status, CO_STATUS_INVALID_DATA);
	run_ms(f, 1);
	assert_int_equal(root->n_received, 0);
	assert_int_equal(stats_of(f->lv).one_way, 1);
}

/* ACT-4 */
static void
a_label_has_leaves_or_one_vc(void **state)
{
	struct fake *f = *state;
	struct fake_vc *v = create_vc(f, 1), *w = create_vc(f, 1);

	open_leaf(f, 1, 40);
	open_vc(f, 1, 41);
	assert_int_equal(activate(v, 40), CO_STATUS_INVALID_DATA);
	assert_int_equal(activate_with(w, 41, CO_MEDIA_F_LEAF, 0), CO_STATUS_INVALID_DATA);
}

/* ---- Rates. ---- */

static const struct loopvc_options stepped = { .rate_step = 1000, .rate_max = 10000 };

static uint64_t
rate_of(struct fake_vc *v)
{
	struct co_vc_flow flow;

	assert_int_equal(co_oid_request(v->fake->co, v->vc, CO_OID_VC_FLOW, &flow, sizeof(flow)),
		CO_STATUS_SUCCESS);
	return flow.tx.peak_rate;
}

/* ACT-4, ACT-8 */
static void
a_rate_is_kept_rounded_or_refused(void **state)
{
	struct fake *f = *state;
	struct fake_vc *v = create_vc(f, 0), *up = create_vc(f, 0), *down = create_vc(f, 0);

	loopvc_set_options(f->lv, &stepped);
	assert_int_equal(activate_with(v, 40, 0, 1500), CO_STATUS_INVALID_DATA);
	assert_int_equal(activate_with(v, 40, 0, 11000), CO_STATUS_INVALID_DATA);
	assert_int_equal(activate_with(v, 40, CO_MEDIA_F_ROUND_DOWN, 900), CO_STATUS_INVALID_DATA);
	assert_int_equal(activate_with(v, 40, 0, 2000), CO_STATUS_SUCCESS);
	assert_int_equal(activate_with(up, 41, CO_MEDIA_F_ROUND_UP, 1500), CO_STATUS_SUCCESS);
	assert_int_equal(activate_with(down, 42, CO_MEDIA_F_ROUND_DOWN, 1500), CO_STATUS_SUCCESS);
	assert_int_equal(rate_of(v), 2000);
	assert_int_equal(rate_of(up), 2000);
	assert_int_equal(rate_of(down), 1000);
}

/* ACT-5 */
static void
a_refused_change_leaves_the_old_rate(void **state)
{
	static const struct loopvc_options stubborn = { .refuse_change = true };
	struct fake *f = *state;
	struct fake_vc *v = open_vc(f, 0, 40), *b = open_vc(f, 1, 40);

	loopvc_set_options(f->lv, &stepped);
	assert_int_equal(activate_with(v, 40, 0, 3000), CO_STATUS_SUCCESS);
	assert_int_equal(activate_with(v, 40, 0, 3500), CO_STATUS_INVALID_DATA);
	assert_int_equal(rate_of(v), 3000);
	loopvc_set_options(f->lv, &stubborn);
	assert_int_equal(activate_with(v, 40, 0, 4000), CO_STATUS_RESOURCES);
	assert_int_equal(rate_of(v), 3000);
	send_packet(v, 1, 10);
	run_ms(f, 1);
	assert_int_equal(b->n_received, 1);
}

/* ACT-5, ACT-8 */
static void
a_change_that_pends_ends_with_the_rate_in_use(void **state)
{
	static const struct loopvc_options slow = { .activate_turns = 3, .rate_step = 1000 };
	struct fake *f = *state;
	struct fake_vc *v = open_vc(f, 0, 40), *b = open_vc(f, 1, 40);

	loopvc_set_options(f->lv, &slow);
	assert_int_equal(activate_with(v, 40, CO_MEDIA_F_ROUND_UP, 1500), CO_STATUS_PENDING);
	send_packet(v, 1, 10);
	run_ms(f, 2);
	assert_int_equal(rate_of(v), 0);
	assert_int_equal(b->n_received, 1);
	assert_int_equal(v->n_activated, 0);
	run_ms(f, 1);
	assert_int_equal(v->n_activated, 1);
	assert_int_equal(v->used_rate, 2000);
	assert_int_equal(rate_of(v), 2000);
}

/* ---- Sends that wait, receives that cannot be kept. ---- */

static const struct loopvc_options holding = { .hold_sends = true, .delay_ms = 5 };

/* SEND-7 */
static void
only_sends_that_bear_the_id_are_cancelled(void **state)
{
	struct fake *f = *state;
	struct fake_vc *a = open_vc(f, 0, 40), *b = open_vc(f, 1, 40);
	struct co_packet *p[3];
	unsigned int i;

	loopvc_set_options(f->lv, &holding);
	for (i = 0; i < 3; i++) {
		p[i] = &packets[i];
		*p[i] = (struct co_packet){ .data = octets, .len = 4, .cancel_id = i == 1 ? 7 : 8 };
	}
	co_send(f->co, a->vc, p, 3);
	co_cancel_send(f->co, a->vc, 7);
	assert_int_equal(a->n_sent, 1);
	assert_int_equal(packets[1].status, CO_STATUS_SEND_ABORTED);
	run_ms(f, 5);
	assert_int_equal(a->n_sent, 3);
	assert_int_equal(b->n_received, 2);
}

/* SEND-8 */
static void
sends_beyond_the_window_come_back_at_once(void **state)
{
	static const struct loopvc_options narrow = {
		.hold_sends = true, .delay_ms = 5, .send_window = 2
	};
	struct fake *f = *state;
	struct fake_vc *a;

	loopvc_set_options(f->lv, &narrow);
	a = open_vc(f, 0, 40);
	send_packet(a, 0, 10);
	send_packet(a, 1, 10);
	assert_int_equal(a->n_sent, 0);
	send_packet(a, 2, 10);
	assert_int_equal(a->n_sent, 1);
	assert_int_equal(a->sent_status, CO_STATUS_RESOURCES);
	run_ms(f, 5);
	assert_int_equal(a->n_sent, 3);
	send_packet(a, 3, 10);
	assert_int_equal(a->n_sent, 3);
}

/* RECV-2 */
static void
with_low_resources_a_packet_is_back_when_the_receiver_returns(void **state)
{
	static const struct loopvc_options low = { .low_resources = true };
	struct fake *f = *state;
	struct fake_vc *a = open_vc(f, 0, 40), *b = open_vc(f, 1, 40);
	struct loopvc_census census;

	f->holds = true;
	loopvc_set_options(f->lv, &low);
	send_packet(a, 1, 10);
	run_ms(f, 1);
	assert_int_equal(b->n_received, 1);
	assert_int_equal(f->n_held, 0);
	loopvc_census(f->lv, &census);
	assert_int_equal(census.n_packets, 0);
	assert_int_equal(deactivate(b), CO_STATUS_SUCCESS);
}

/* ---- Reset, halt, carrier, removal. ---- */

/* RESET-1, RESET-2, RESET-4, RESET-7 */
static void
a_reset_gives_back_sends_and_leaves_the_vcs(void **state)
{
	static const struct loopvc_options slow = {
		.hold_sends = true, .delay_ms = 50, .reset_turns = 3
	};
	struct fake *f = *state;
	struct fake_vc *a = open_vc(f, 0, 40), *b = open_vc(f, 1, 40);
	struct loopvc_census census;

	loopvc_set_options(f->lv, &slow);
	send_packet(a, 1, 10);
	assert_int_equal(co_reset(f->co, loopvc_adapter(f->lv, LOOPVC_A)), CO_STATUS_PENDING);
	assert_int_equal(f->last_code, CO_STATUS_RESET_START);
	assert_int_equal(a->n_sent, 1);
	assert_int_equal(a->sent_status, CO_STATUS_REQUEST_ABORTED);
	loopvc_census(f->lv, &census);
	assert_int_equal(census.n_ending, 1);
	run_ms(f, 3);
	assert_int_equal(f->last_code, CO_STATUS_RESET_END);
	send_packet(a, 2, 10);
	run_ms(f, 50);
	assert_int_equal(b->n_received, 1);
	assert_int_equal(b->last[0], 2);
}

static void
on_halted(void *arg, co_adapter_t adapter)
{
	(void)adapter;
	++*(unsigned int *)arg;
}

/* UNB-6 */
static void
a_halt_may_pend_for_turns(void **state)
{
	static const struct loopvc_options slow = { .halt_turns = 2 };
	struct fake *f = *state;
	struct loopvc_census census;
	struct loopvc *third;
	unsigned int n_halted = 0;

	add_loop(f, "third", &third);
	loopvc_set_options(third, &slow);
	assert_int_equal(co_halt(f->co, loopvc_adapter(third, LOOPVC_A), on_halted, &n_halted),
		CO_STATUS_PENDING);
	loopvc_census(third, &census);
	assert_int_equal(census.n_ending, 1);
	loopvc_turn(third, 1, 10);
	assert_int_equal(n_halted, 0);
	loopvc_turn(third, 2, 10);
	assert_int_equal(n_halted, 1);
	loopvc_destroy(third);
}

/* UNB-10 */
static void
loss_of_carrier_is_told_and_ends_no_vc(void **state)
{
	struct fake *f = *state;
	struct fake_vc *a = open_vc(f, 0, 40), *b = open_vc(f, 1, 40);
	uint32_t up = 7;

	loopvc_set_link(f->lv, LOOPVC_B, false);
	loopvc_set_link(f->lv, LOOPVC_B, false);
	assert_int_equal(f->n_codes, 1);
	assert_int_equal(f->last_code, CO_STATUS_MEDIA_DISCONNECT);
	assert_int_equal(oid(b, CO_OID_LINK, &up), CO_STATUS_SUCCESS);
	assert_int_equal(up, 0);
	send_packet(a, 1, 10);
	run_ms(f, 1);
	assert_int_equal(b->n_received, 0);
	loopvc_set_link(f->lv, LOOPVC_B, true);
	assert_int_equal(f->last_code, CO_STATUS_MEDIA_CONNECT);
	send_packet(a, 2, 10);
	run_ms(f, 1);
	assert_int_equal(b->n_received, 1);
}

/* UNB-8 */
static void
nothing_is_answered_after_removal(void **state)
{
	struct fake *f = *state;
	struct fake_vc *a = open_vc(f, 0, 40);
	uint32_t up;

	loopvc_remove(f->lv, LOOPVC_A);
	assert_int_equal(oid(a, CO_OID_LINK, &up), CO_STATUS_NOT_ACCEPTED);
}

/* ---- Counters. ---- */

static uint64_t
counter(struct fake *f, const struct fake_vc *v, enum co_oid which)
{
	uint64_t value = 0;
	struct co_oid_request request = { .oid = which, .buffer = &value, .size = sizeof(value) };

	assert_int_equal(co_oid_submit(f->co, loopvc_adapter(f->lv, LOOPVC_B),
				 v != NULL ? v->vc : CO_NONE, &request),
		CO_STATUS_SUCCESS);
	return value;
}

/* STAT-1, STAT-3, STAT-5, STAT-6 */
static void
a_counter_is_the_vcs_own_or_the_adapters_total(void **state)
{
	static const struct loopvc_options bad = { .damage_permille = 1000 };
	static const struct loopvc_options perfect = { 0 };
	struct fake *f = *state;
	struct fake_vc *a = open_vc(f, 0, 40), *b = open_vc(f, 1, 40);
	struct fake_vc *c = open_vc(f, 0, 41), *d = open_vc(f, 1, 41);

	send_packet(a, 1, 10);
	send_packet(c, 2, 10);
	run_ms(f, 1);
	loopvc_set_options(f->lv, &bad);
	send_packet(a, 3, 10);
	run_ms(f, 1);
	loopvc_set_options(f->lv, &perfect);
	send_packet(b, 4, LOOPVC_MAX_PACKET + 1);
	send_packet(b, 5, 10);
	run_ms(f, 1);
	assert_int_equal(counter(f, b, CO_OID_PACKETS_RECEIVED), 1);
	assert_int_equal(counter(f, b, CO_OID_RECEIVE_ERRORS), 1);
	assert_int_equal(counter(f, b, CO_OID_SEND_ERRORS), 1);
	assert_int_equal(counter(f, b, CO_OID_PACKETS_SENT), 1);
	assert_int_equal(counter(f, d, CO_OID_PACKETS_RECEIVED), 1);
	assert_int_equal(counter(f, d, CO_OID_RECEIVE_NO_BUFFER), 0);
	assert_int_equal(deactivate(b), CO_STATUS_SUCCESS);
	delete (b);
	assert_int_equal(counter(f, NULL, CO_OID_PACKETS_RECEIVED), 2);
	assert_int_equal(counter(f, NULL, CO_OID_RECEIVE_ERRORS), 1);
	assert_int_equal(counter(f, NULL, CO_OID_SEND_ERRORS), 1);
	assert_int_equal(counter(f, NULL, CO_OID_PACKETS_SENT), 1);
}

/* STAT-4 */
static void
four_octets_get_the_low_half_and_are_told_of_eight(void **state)
{
	struct fake *f = *state;
	struct fake_vc *a = open_vc(f, 0, 40);
	uint32_t half = 0;
	struct co_oid_request request = {
		.oid = CO_OID_PACKETS_SENT, .buffer = &half, .size = sizeof(half)
	};

	send_packet(a, 1, 10);
	assert_int_equal(co_oid_submit(f->co, loopvc_adapter(f->lv, LOOPVC_A), a->vc, &request),
		CO_STATUS_SUCCESS);
	assert_int_equal(half, 1);
	assert_int_equal(request.needed, 8);
	request.size = 3;
	assert_int_equal(co_oid_submit(f->co, loopvc_adapter(f->lv, LOOPVC_A), a->vc, &request),
		CO_STATUS_BUFFER_TOO_SHORT);
	assert_int_equal(request.needed, 8);
}

/* STAT-2, OID-4 */
static void
the_adapter_tells_its_queue_its_time_and_what_fits(void **state)
{
	struct fake *f = *state;
	struct fake_vc *a = open_vc(f, 0, 40);
	uint32_t value;
	uint64_t now;

	loopvc_set_options(f->lv, &holding);
	send_packet(a, 1, 10);
	assert_int_equal(oid(a, CO_OID_QUEUED, &value), CO_STATUS_SUCCESS);
	assert_int_equal(value, 1);
	run_ms(f, 5);
	assert_int_equal(oid(a, CO_OID_QUEUED, &value), CO_STATUS_SUCCESS);
	assert_int_equal(value, 0);
	assert_int_equal(oid(a, CO_OID_MAX_PAYLOAD, &value), CO_STATUS_SUCCESS);
	assert_int_equal(value, LOOPVC_MAX_PACKET);
	assert_int_equal(
		co_oid_request(f->co, a->vc, CO_OID_TIME, &now, sizeof(now)), CO_STATUS_SUCCESS);
	assert_true(now == 5 * NS_PER_MS);
}

static void
a_request_that_is_not_a_miniports_is_refused(void **state)
{
	struct fake *f = *state;
	struct fake_vc *a = open_vc(f, 0, 40);
	uint32_t value = 7;
	struct co_oid_request request = {
		.oid = CO_OID_VC_CIRCUIT, .buffer = &value, .size = sizeof(value)
	};

	assert_int_equal(oid(a, CO_OID_ADDRESSES, &value), CO_STATUS_INVALID_OID);
	assert_int_equal(oid(a, (enum co_oid)99, &value), CO_STATUS_INVALID_OID);
	assert_int_equal(co_oid_submit(f->co, loopvc_adapter(f->lv, LOOPVC_A), CO_NONE, &request),
		CO_STATUS_NOT_ACCEPTED); /* about no VC */
	assert_int_equal(co_oid_request(f->co, a->vc, CO_OID_VC_LOCAL, NULL, 0), CO_STATUS_SUCCESS);
	assert_int_equal(oid(a, CO_OID_VC_ATTACH, &value), CO_STATUS_SUCCESS);
	assert_int_equal(
		co_oid_request(f->co, a->vc, CO_OID_VC_LOCAL, NULL, 0), CO_STATUS_NOT_ACCEPTED);
}

int
main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		T(what_is_sent_arrives_at_the_same_label_of_the_other_end),
		T(a_packet_for_a_label_that_nobody_has_is_counted),
		T(a_packet_takes_the_wires_delay),
		T(a_turn_delivers_at_most_what_it_was_told),
		T(a_cut_wire_loses_what_is_on_it_and_what_comes),
		T(chance_loses_doubles_and_delays_as_often_as_asked),
		T(a_packet_held_back_is_overtaken),
		T(a_send_without_room_comes_back_at_once_with_the_reason),
		T(held_sends_complete_when_their_packet_arrives_or_is_lost),
		T(deactivation_waits_for_sends_that_are_out),
		T(deactivation_waits_for_receives_that_are_out),
		T(nothing_arrives_after_deactivation_was_asked_for),
		T(a_quiet_vc_is_deactivated_at_once),
		T(an_impossible_label_is_refused),
		T(an_active_vc_keeps_its_label),
		T(activation_may_pend_for_turns_or_be_refused),
		T(an_attachment_is_recorded),
		T(joined_vcs_of_two_loops_pass_packets_on_in_both_directions),
		T(a_join_ends_when_either_vc_is_deactivated),
		T(a_request_of_the_wrong_size_or_about_an_inactive_vc_is_refused),
		T(the_same_seed_gives_the_same_run),
		T(every_leaf_of_a_label_receives_what_arrives_there),
		T(a_leaf_sends_nothing),
		T(a_label_has_leaves_or_one_vc),
		T(a_rate_is_kept_rounded_or_refused),
		T(a_refused_change_leaves_the_old_rate),
		T(a_change_that_pends_ends_with_the_rate_in_use),
		T(only_sends_that_bear_the_id_are_cancelled),
		T(sends_beyond_the_window_come_back_at_once),
		T(with_low_resources_a_packet_is_back_when_the_receiver_returns),
		T(a_reset_gives_back_sends_and_leaves_the_vcs),
		T(a_halt_may_pend_for_turns),
		T(loss_of_carrier_is_told_and_ends_no_vc),
		T(nothing_is_answered_after_removal),
		T(a_counter_is_the_vcs_own_or_the_adapters_total),
		T(four_octets_get_the_low_half_and_are_told_of_eight),
		T(the_adapter_tells_its_queue_its_time_and_what_fits),
		T(a_request_that_is_not_a_miniports_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
