/* SPDX-License-Identifier: BSD-3-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "medium.h"

#include <cmocka.h>

/*
 * Two miniport call managers made of memory, back to back: signalling PDUs cross after a time,
 * clients' VCs have rates but carry nothing.
 */

#define N_PDUS 256u
#define N_VCS (2 * CHAIN_MAX_CALLS)

struct pdu {
	uint64_t due_ns;
	size_t len;
	uint8_t octets[SSCOP_MAX_PDU];
};

/** An active VC; its number + 1 is the flavour's word. */
struct mcm_vc {
	bool used;
	co_vc_t vc;
	co_ctx_t vc_ctx;
	struct co_media_params media;
	uint32_t turns; /**< Until it is drained; 0: it is not draining. */
};

struct mcm {
	struct medium *medium;
	struct co *co;
	struct callmgr *cm;
	co_adapter_t adapter;
	bool closed;
	uint32_t pdu_head, pdu_tail; /**< On their way to it. */
	struct pdu pdus[N_PDUS];
	struct mcm_vc vcs[N_VCS];
};

struct medium {
	struct chain *chain;
	struct medium_options options;
	struct mcm ends[SIDE_COUNT];
};

static struct mcm *
other_end(struct mcm *m)
{
	return &m->medium->ends[m == &m->medium->ends[USER] ? NETWORK : USER];
}

/* ---- Flavour. ---- */

static bool
send_pdu(void *arg, const uint8_t *octets, size_t len)
{
	struct mcm *m = arg, *to = other_end(m);
	struct pdu *pdu = &to->pdus[to->pdu_tail % N_PDUS];

	if (m->closed || to->pdu_tail - to->pdu_head == N_PDUS)
		return false;
	to->pdu_tail++;
	pdu->due_ns = m->medium->chain->now_ns + m->medium->options.delay_ms * 1000000ull;
	pdu->len = len;
	memcpy(pdu->octets, octets, len);
	return true;
}

static enum co_status
create_vc(void *arg, co_af_t af, co_ctx_t vc_ctx, co_vc_t *vc)
{
	struct mcm *m = arg;

	*vc = CO_NONE;
	return co_mcm_create_vc(m->co, m->adapter, af, vc_ctx, vc);
}

static enum co_status
delete_vc(void *arg, co_vc_t vc)
{
	struct mcm *m = arg;

	return co_mcm_delete_vc(m->co, m->adapter, vc);
}

/* What a meter with steps makes of a rate; false: it may not round, and would have to. */
static bool
round_rate(const struct medium_options *o, uint32_t flags, uint64_t *rate)
{
	uint64_t over = o->rate_step != 0 ? *rate % o->rate_step : 0;

	if (o->rate_most != 0 && *rate > o->rate_most) {
		*rate = o->rate_most;
		return (flags & CO_MEDIA_F_ROUND_DOWN) != 0;
	}
	if (over == 0)
		return true;
	if ((flags & CO_MEDIA_F_ROUND_DOWN) && *rate > over) {
		*rate -= over;
		return true;
	}
	*rate += o->rate_step - over;
	return (flags & CO_MEDIA_F_ROUND_UP) != 0;
}

static enum co_status
may_activate(const struct medium_options *o, struct co_media_params *media, bool change)
{
	if (change && o->break_change)
		return CO_STATUS_NOT_ACCEPTED;
	if (change ? o->refuse_change : o->refuse_activation)
		return CO_STATUS_RESOURCES;
	return round_rate(o, media->flags, &media->tx.peak_rate) &&
			       round_rate(o, media->flags, &media->rx.peak_rate)
		       ? CO_STATUS_SUCCESS
		       : CO_STATUS_INVALID_DATA;
}

static enum co_status
activate_vc(void *arg, co_vc_t vc, co_ctx_t vc_ctx, struct co_media_params *media, uint64_t *hw)
{
	struct mcm *m = arg;
	struct mcm_vc *v = *hw != 0 ? &m->vcs[*hw - 1] : m->vcs;
	enum co_status status;

	status = may_activate(&m->medium->options, media, *hw != 0);
	if (status == CO_STATUS_SUCCESS)
		status = co_mcm_activate_vc(m->co, vc, media);
	if (status != CO_STATUS_SUCCESS)
		return status;
	while (*hw == 0 && v->used)
		v++;
	*v = (struct mcm_vc){ .used = true, .vc = vc, .vc_ctx = vc_ctx, .media = *media };
	*hw = (uint64_t)(v - m->vcs) + 1;
	return CO_STATUS_SUCCESS;
}

static void
drained(struct mcm *m, struct mcm_vc *v)
{
	co_ctx_t vc_ctx = v->vc_ctx;

	v->used = false;
	v->turns = 0;
	co_mcm_deactivate_vc(m->co, v->vc);
	callmgr_vc_deactivated(m->cm, vc_ctx);
}

static enum co_status
deactivate_vc(void *arg, co_vc_t vc, co_ctx_t vc_ctx, uint64_t hw)
{
	struct mcm *m = arg;
	struct mcm_vc *v = &m->vcs[hw - 1];

	(void)vc_ctx;
	assert_int_equal(v->vc, vc);
	v->turns = m->medium->options.deactivate_turns + 1;
	return CO_STATUS_PENDING;
}

static const struct callmgr_flavour flavour = {
	.completes_first = true,
	.send_pdu = send_pdu,
	.create_vc = create_vc,
	.delete_vc = delete_vc,
	.activate_vc = activate_vc,
	.deactivate_vc = deactivate_vc,
	.make_call_complete = co_mcm_make_call_complete,
	.close_call_complete = co_mcm_close_call_complete,
	.dispatch_incoming_call = co_mcm_dispatch_incoming_call,
	.dispatch_call_connected = co_mcm_dispatch_call_connected,
	.dispatch_incoming_close_call = co_mcm_dispatch_incoming_close_call,
	.add_party_complete = co_mcm_add_party_complete,
	.drop_party_complete = co_mcm_drop_party_complete,
	.modify_call_qos_complete = co_mcm_modify_call_qos_complete,
	.dispatch_incoming_drop_party = co_mcm_dispatch_incoming_drop_party,
	.dispatch_incoming_call_qos_change = co_mcm_dispatch_incoming_call_qos_change,
	.notify_close_address_family = co_mcm_notify_close_address_family,
	.oid_request = co_mcm_oid_request,
	.close_address_family_complete = co_mcm_close_address_family_complete,
};

/* ---- The miniport's half. ---- */

static void
on_initialize(void *adapter, co_adapter_t handle)
{
	struct mcm *m = adapter;

	m->adapter = handle;
	co_mcm_register_address_family(m->co, handle, CO_AF_Q2931);
}

static void
on_send(void *adapter, co_ctx_t vc_ctx, struct co_packet **pkts, uint32_t n)
{
	struct mcm *m = adapter;

	co_m_send_complete(m->co, callmgr_vc_name(m->cm, vc_ctx).vc, pkts, n);
}

static void
on_return_receive(void *adapter, co_ctx_t vc_ctx, struct co_packet **pkts, uint32_t n)
{
	(void)adapter;
	(void)vc_ctx;
	(void)pkts;
	(void)n;
}

static enum co_status
on_oid_request(void *adapter, bool has_vc, co_ctx_t vc_ctx, struct co_oid_request *request)
{
	(void)adapter;
	(void)has_vc;
	(void)vc_ctx;
	(void)request;
	return CO_STATUS_NOT_SUPPORTED;
}

static void
on_left(void *arg)
{
	struct mcm *m = arg;

	m->closed = true;
	co_m_halt_complete(m->co, m->adapter);
}

/* UNB-3 */
static enum co_status
on_halt(void *adapter)
{
	struct mcm *m = adapter;

	callmgr_leave(m->cm, on_left, m);
	return CO_STATUS_PENDING;
}

static const struct co_miniport_ops miniport_ops = {
	.initialize = on_initialize,
	.send = on_send,
	.return_receive = on_return_receive,
	.oid_request = on_oid_request,
	.halt = on_halt,
};

static const struct co_callmgr_ops mcm_ops = {
	.open_af = callmgr_open_af,
	.close_af = callmgr_close_af,
	.notify_close_af_complete = callmgr_notify_close_af_complete,
	.register_sap = callmgr_register_sap,
	.deregister_sap = callmgr_deregister_sap,
	.create_vc = callmgr_vc_created,
	.delete_vc = callmgr_vc_deleted,
	.make_call = callmgr_make_call,
	.make_multipoint_call = callmgr_make_multipoint_call,
	.add_party = callmgr_add_party,
	.drop_party = callmgr_drop_party,
	.modify_call_qos = callmgr_modify_call_qos,
	.incoming_call_qos_change_complete = callmgr_incoming_call_qos_change_complete,
	.close_call = callmgr_close_call,
	.incoming_call_complete = callmgr_incoming_call_complete,
	.oid_request = callmgr_oid_request,
};

/* ---- The medium. ---- */

static void
create_end(struct chain *ch, enum chain_side side, const struct chain_config *config)
{
	struct mcm *m = &ch->medium->ends[side];
	struct callmgr_params params;

	m->medium = ch->medium;
	m->co = ch->co[side];
	medium_callmgr_params(&params, side, config);
	assert_int_equal(callmgr_create(ch->env[side], &params, &flavour, m, &m->cm), 0);
	assert_int_equal(co_register_adapter(m->co, &miniport_ops, m, &mcm_ops, m->cm, params.name,
				 &m->adapter),
		CO_STATUS_SUCCESS);
	ch->cm[side] = m->cm;
	ch->adapter[side] = m->adapter;
	ch->completes_first[side] = true;
}

void
medium_create(struct chain *ch, const struct chain_config *config)
{
	ch->medium = calloc(1, sizeof(*ch->medium));
	assert_non_null(ch->medium);
	ch->medium->chain = ch;
	create_end(ch, USER, config);
	create_end(ch, NETWORK, config);
}

void
medium_turn(struct chain *ch)
{
	uint32_t i, last;
	struct mcm *m;
	int side;

	for (side = 0; side < SIDE_COUNT; side++) {
		m = &ch->medium->ends[side];
		for (last = m->pdu_tail; m->pdu_head != last; m->pdu_head++) {
			struct pdu *pdu = &m->pdus[m->pdu_head % N_PDUS];

			if (pdu->due_ns > ch->now_ns)
				break;
			callmgr_receive_pdu(m->cm, pdu->octets, pdu->len);
		}
		for (i = 0; i < N_VCS; i++)
			if (m->vcs[i].turns > 0 && --m->vcs[i].turns == 0)
				drained(m, &m->vcs[i]);
	}
}

void
medium_set_options(struct chain *ch, const struct medium_options *options)
{
	ch->medium->options = *options;
}

struct co_vc_flow
medium_flow(struct chain *ch, enum chain_side side, co_vc_t vc)
{
	const struct mcm *m = &ch->medium->ends[side];
	uint32_t i;

	for (i = 0; i < N_VCS; i++)
		if (m->vcs[i].used && m->vcs[i].vc == vc)
			return (struct co_vc_flow){ m->vcs[i].media.tx, m->vcs[i].media.rx };
	fail_msg("the VC is not active");
	return (struct co_vc_flow){ 0 };
}

unsigned int
medium_n_active(struct chain *ch, enum chain_side side, uint32_t label)
{
	const struct mcm *m = &ch->medium->ends[side];
	unsigned int n = 0;
	uint32_t i;

	for (i = 0; i < N_VCS; i++)
		n += m->vcs[i].used && m->vcs[i].turns == 0 && m->vcs[i].media.label == label;
	return n;
}

unsigned int
medium_n_own_vcs(const struct chain *ch)
{
	(void)ch;
	return 0;
}

void
medium_settle(struct chain *ch)
{
	ch->medium->options = (struct medium_options){ 0 };
}

void
medium_close(struct chain *ch)
{
	ch->medium->ends[USER].closed = true;
	ch->medium->ends[NETWORK].closed = true;
}

bool
medium_is_closed(const struct chain *ch)
{
	return ch->medium->ends[USER].closed && ch->medium->ends[NETWORK].closed;
}

void
medium_expect_nothing_left(const struct chain *ch)
{
	uint32_t i;

	for (i = 0; i < N_VCS; i++) {
		assert_false(ch->medium->ends[USER].vcs[i].used);
		assert_false(ch->medium->ends[NETWORK].vcs[i].used);
	}
}

void
medium_destroy(struct chain *ch)
{
	callmgr_destroy(ch->cm[USER]);
	callmgr_destroy(ch->cm[NETWORK]);
	free(ch->medium);
}
