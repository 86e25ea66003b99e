/* SPDX-License-Identifier: BSD-3-Clause */
#include "uni/call.h"

#include <errno.h>
#include <string.h>

#include "uni/clearing.h"
#include "uni/party_priv.h"

#define N_REFS_MIN 1024u

/* Twice as many references as calls: a late message seldom meets a new call. */
static uint32_t
n_refs_for(uint32_t n_calls)
{
	uint32_t n = n_calls < UNI_REF_MAX / 2 ? 2 * n_calls : UNI_REF_MAX;

	return n < N_REFS_MIN ? N_REFS_MIN : n;
}

struct uni *
uni_create(const struct uni_config *config, uint64_t now_ns, const struct cp_mem *mem)
{
	uint32_t n_slots =
		config->n_calls + config->n_links * (uint32_t)UNI_LINK_TIMERS + config->n_parties;
	struct uni *u;

	if (config->n_links == 0 || config->n_links > UINT16_MAX)
		return NULL;
	u = cp_mem_alloc(mem, sizeof(*u), "uni");
	if (u == NULL)
		return NULL;
	u->mem = mem;
	u->n_links = config->n_links;
	u->n_refs = n_refs_for(config->n_calls);
	u->links = cp_mem_alloc(mem, config->n_links * sizeof(*u->links), "uni links");
	u->cold = cp_mem_alloc(mem, (size_t)config->n_calls * sizeof(*u->cold), "uni calls, cold");
	if (u->links == NULL || u->cold == NULL || uni_notices_init(u) < 0 ||
		cp_pool_init(&u->calls, config->n_calls, sizeof(struct uni_hot), mem, "uni calls") <
			0 ||
		cp_pool_init(&u->setups, config->n_setups, sizeof(struct uni_setup_buf), mem,
			"uni setups") < 0)
		goto fail;
	if (config->n_parties > 0 && uni_parties_init(u, config, now_ns) < 0)
		goto fail;
	n_slots += uni_enquiry_n_slots(u);
	u->wheel = cp_wheel_create(n_slots, now_ns, uni_timer_expired, u, mem);
	if (u->wheel == NULL)
		goto fail;
	return u;

fail:
	uni_destroy(u);
	return NULL;
}

void
uni_destroy(struct uni *u)
{
	const struct cp_mem *mem;
	uint32_t i;

	if (u == NULL)
		return;
	mem = u->mem;
	for (i = 0; u->links != NULL && i < u->n_links; i++)
		if (u->links[i] != NULL)
			uni_link_destroy(u->links[i]);
	if (u->wheel != NULL)
		cp_wheel_destroy(u->wheel);
	uni_parties_fini(u);
	uni_notices_fini(u);
	cp_pool_fini(&u->setups);
	cp_pool_fini(&u->calls);
	cp_mem_free(mem, u->cold);
	cp_mem_free(mem, u->links);
	cp_mem_free(mem, u);
}

void
uni_turn(struct uni *u, uint64_t now_ns, uint32_t max)
{
	struct uni_link *l;
	uint32_t i;

	u->corked = false;
	cp_wheel_turn(u->wheel, now_ns, max);
	uni_offer_flush(u, now_ns);
	for (i = 0; i < u->n_links; i++) {
		l = u->links[i];
		if (l == NULL)
			continue;
		uni_requester_turn(l, now_ns, max);
		uni_sweep_run(l, now_ns, max);
		uni_restart_check(l);
		uni_audit_run(l, now_ns, max);
		uni_requester_check(l);
		l->held = false;
		uni_tx_kick(l, now_ns);
	}
}

void
uni_cork(struct uni *u)
{
	u->corked = true;
}

void
uni_uncork(struct uni *u, uint64_t now_ns)
{
	uint32_t i;

	u->corked = false;
	for (i = 0; i < u->n_links; i++)
		if (u->links[i] != NULL)
			uni_tx_kick(u->links[i], now_ns);
}

int
uni_call_for_above(struct uni *u, uni_call_t handle, uint64_t now_ns, struct uni_hot **out)
{
	struct uni_hot *c = uni_call_at(u, handle);

	if (c == NULL || (c->flags & UNI_CALL_F_DEAD) != 0)
		return -ESTALE;
	if (!uni_sweep_settle(u->links[c->link_idx], c, now_ns))
		return -ESTALE;
	*out = c;
	return 0;
}

int
uni_call_request(struct uni *u, uni_call_t handle, enum uni_event ev, struct uni_call_event *e)
{
	struct uni_link *l;
	struct uni_hot *c;
	int err = uni_call_for_above(u, handle, e->now_ns, &c);

	if (err < 0)
		return err;
	l = u->links[c->link_idx];
	if (ev == UNI_EV_CLOSE && !l->up) { /* SIG-101: what is left is active */
		e->closing = true;
		e->aside = true;
		ev = UNI_EV_CLEAR;
	}
	if (uni_call_is_multipoint(c) && !uni_party_follow(l, c, ev))
		return -EPROTO;
	if (!uni_fsm_event(l, c, ev, e))
		return -EPROTO;
	uni_tx_kick(l, e->now_ns);
	return 0;
}

/* A call for our SETUP with all it needs, or an error and nothing taken. */
static int
prepare(struct uni_link *l, uint64_t now_ns, struct uni_hot **out)
{
	bool exclusive = l->params.role == UNI_ROLE_NETWORK || l->params.ask == UNI_ASK_EXCLUSIVE;
	uint32_t ref, setup = cp_pool_get(&l->u->setups);
	struct uni_hot *c;

	if (setup == CP_HANDLE_NONE)
		return -EAGAIN;
	ref = uni_ref_take(l);
	c = ref != 0 ? uni_call_new(l, ref, now_ns) : NULL;
	if (c == NULL) {
		if (ref != 0)
			uni_ref_put_unused(l, ref);
		cp_pool_put(&l->u->setups, setup);
		return -ENOSPC;
	}
	c->extra = setup;
	if (exclusive) { /* SIG-30 */
		c->label = uni_label_take(l);
		if (c->label == UNI_LABEL_NONE) {
			uni_call_drop(l, c);
			return -EADDRNOTAVAIL;
		}
		if (l->params.role == UNI_ROLE_USER)
			uni_label_ask(l, c);
	}
	*out = c;
	return 0;
}

/* A multipoint call with its first party: 0, or -ENOSPC. */
static int
prepare_parties(struct uni_link *l, struct uni_hot *c, const struct uni_setup *setup)
{
	struct uni_party *p;

	if (!uni_multi_new(l->u, c))
		return -ENOSPC;
	p = uni_party_new(l, c, 0); /* SIG-103 */
	if (p == NULL)
		return -ENOSPC;
	uni_party_lead(l, c, p, &setup->called, UNI_PARTY_INITIATED);
	return 0;
}

int
uni_call_setup(struct uni_link *l, const struct uni_setup *setup, uint64_t cookie, uint64_t now_ns,
	uni_call_t *out)
{
	struct uni_call_event e = { .now_ns = now_ns };
	struct uni_hot *c;
	int err;

	if (l->draining)
		return -ESHUTDOWN;
	if (!l->up)
		return -ENETDOWN;
	if (!uni_setup_is_valid(setup))
		return -EINVAL;
	err = prepare(l, now_ns, &c);
	if (err < 0)
		return err;
	err = uni_setup_encode(uni_setup_at(l->u, c->extra), l, c, setup);
	if (err == 0 && setup->multipoint)
		err = prepare_parties(l, c, setup);
	if (err < 0) {
		uni_call_drop(l, c);
		return err;
	}
	c->cookie = cookie;
	uni_call_keep(l->u, c, setup);
	*out = c->handle;
	uni_fsm_event(l, c, UNI_EV_SETUP, &e);
	uni_tx_kick(l, now_ns);
	return 0;
}

int
uni_call_set_cookie(struct uni *u, uni_call_t call, uint64_t cookie)
{
	struct uni_hot *c = uni_call_at(u, call);

	if (c == NULL || (c->flags & UNI_CALL_F_DEAD) != 0)
		return -ESTALE;
	c->cookie = cookie;
	return 0;
}

int
uni_call_proceed(struct uni *u, uni_call_t call, uint64_t now_ns)
{
	struct uni_call_event e = { .now_ns = now_ns };

	return uni_call_request(u, call, UNI_EV_PROCEED, &e);
}

int
uni_call_alert(struct uni *u, uni_call_t call, uint64_t now_ns)
{
	struct uni_call_event e = { .now_ns = now_ns };

	return uni_call_request(u, call, UNI_EV_ALERT, &e);
}

int
uni_call_accept(struct uni *u, uni_call_t call, uint64_t now_ns)
{
	struct uni_call_event e = { .now_ns = now_ns };

	return uni_call_request(u, call, UNI_EV_ACCEPT, &e);
}

static int
clear(struct uni *u, uni_call_t call, enum uni_event ev, struct uni_release *why,
	const struct uni_elements *elements, uint64_t now_ns)
{
	struct uni_call_event e = { .now_ns = now_ns, .release = why, .elements = elements };

	if (why->uu_len > UNI_MAX_UU) /* SIG-117 */
		return -EMSGSIZE;
	if (why->cause == 0)
		why->cause = UNI_CAUSE_UNSPECIFIED;
	return uni_call_request(u, call, ev, &e);
}

/* What was enclosed; with the leading party the call's own buffer survives the end of it. */
static bool
enclosed_in_refusal(struct uni *u, struct uni_hot *c, struct uni_elements *out)
{
	uint32_t *buf = uni_call_buf(u, c);
	struct uni_party *lead;

	if (!uni_fsm_accepts(u->links[c->link_idx]->params.role, c->state, UNI_EV_REFUSE))
		return false;
	if (uni_call_is_multipoint(c)) {
		lead = uni_party_at(u, uni_multi_of(u, c)->lead);
		if (lead != NULL && *buf == CP_HANDLE_NONE) {
			*buf = lead->setup;
			lead->setup = CP_HANDLE_NONE;
		}
	}
	return uni_enclosed(u, *buf, UNI_ANSWER_REFUSE, out);
}

static int
refuse(struct uni *u, uni_call_t call, struct uni_release *why, uint64_t now_ns)
{
	struct uni_elements enclosed;
	struct uni_hot *c;
	int err = uni_call_for_above(u, call, now_ns, &c);
	bool any;

	if (err < 0)
		return err;
	any = enclosed_in_refusal(u, c, &enclosed);
	return clear(u, call, UNI_EV_REFUSE, why, any ? &enclosed : NULL, now_ns);
}

int
uni_call_refuse(struct uni *u, uni_call_t call, uint8_t cause, uint64_t now_ns)
{
	struct uni_release why = { .label = UNI_LABEL_NONE, .cause = cause };

	return refuse(u, call, &why, now_ns);
}

int
uni_call_refuse_rates(struct uni *u, uni_call_t call, bool fwd, bool bwd, uint64_t now_ns)
{
	uint8_t diag[2];
	struct uni_release why = {
		.label = UNI_LABEL_NONE,
		.cause = UNI_CAUSE_RATE_NOT_AVAILABLE,
		.diagnostics = diag,
	};

	if (fwd)
		diag[why.diagnostics_len++] = uni_traffic_field_id(UNI_TRAFFIC_FPCR01);
	if (bwd)
		diag[why.diagnostics_len++] = uni_traffic_field_id(UNI_TRAFFIC_BPCR01);
	return refuse(u, call, &why, now_ns);
}

int
uni_call_close(struct uni *u, uni_call_t call, uint8_t cause, const uint8_t *uu, uint32_t uu_len,
	uint64_t now_ns)
{
	struct uni_release why = {
		.label = UNI_LABEL_NONE,
		.cause = cause,
		.uu = uu,
		.uu_len = uu_len,
	};

	return clear(u, call, UNI_EV_CLOSE, &why, NULL, now_ns);
}

int
uni_call_close_with(struct uni *u, uni_call_t call, uint8_t cause,
	const struct uni_elements *elements, uint64_t now_ns)
{
	struct uni_release why;

	if (uni_clearing_decode(&why, elements) < 0) /* SIG-117 */
		return -EINVAL;
	if (why.cause == 0)
		why.cause = cause;
	return clear(u, call, UNI_EV_CLOSE, &why, elements, now_ns);
}

int
uni_call_query(const struct uni *u, uni_call_t call, struct uni_call_info *out)
{
	const struct uni_hot *c = uni_call_at(u, call);
	const struct uni_cold *cold;

	/* While its end is being told a call may still be asked about. */
	if (c == NULL || ((c->flags & UNI_CALL_F_DEAD) != 0 && u->dying != call))
		return -ESTALE;
	cold = &u->cold[uni_call_idx(c)];
	memset(out, 0, sizeof(*out));
	out->call = call;
	out->link = u->links[c->link_idx];
	out->state = (enum uni_call_state)c->state;
	out->reference = c->ref & UNI_REF_VALUE;
	out->ours = (c->ref & UNI_REF_OURS) != 0;
	out->label = c->label;
	uni_address_give(&out->called, &cold->called);
	uni_address_give(&out->calling, &cold->calling);
	uni_rates_get(u, c, &out->rates);
	out->told_state = cold->told_state;
	out->told_cause = cold->told_cause;
	out->multipoint = uni_call_is_multipoint(c);
	if (out->multipoint) {
		const struct uni_multi *mp = uni_multi_of(u, c);

		out->n_parties = mp->n_parties;
		out->n_parties_active = mp->n_active;
		out->n_parties_joining = mp->n_joining;
	}
	out->cookie = c->cookie;
	out->created_ns = cold->created_us * UNI_NS_PER_US;
	out->connected_ns = cold->connected_us * UNI_NS_PER_US;
	return 0;
}

static uint32_t
n_link_timers(const struct uni *u)
{
	uint32_t i, t, n = 0;

	for (i = 0; i < u->n_links; i++)
		for (t = 0; t < UNI_LINK_TIMERS && u->links[i] != NULL; t++)
			n += uni_link_timer_is_running(u->links[i], (enum uni_link_timer)t);
	return n;
}

void
uni_census(const struct uni *u, struct uni_census *out)
{
	out->n_calls = cp_pool_n_used(&u->calls);
	out->n_calls_max = u->n_calls_max;
	out->n_link_timers = n_link_timers(u);
	out->n_timers = cp_wheel_n_running(u->wheel) - out->n_link_timers;
	out->n_setups = cp_pool_n_used(&u->setups);
	out->n_parties = cp_pool_n_used(&u->parties);
	out->n_notices = cp_pool_n_used(&u->notices);
}
