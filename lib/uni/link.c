/* SPDX-License-Identifier: BSD-3-Clause */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "uni/party_priv.h"

void
uni_link_params_default(struct uni_link_params *params, enum uni_role role)
{
	*params = (struct uni_link_params){
		.role = role,
		.ask = role == UNI_ROLE_USER ? UNI_ASK_NONE : UNI_ASK_EXCLUSIVE,
		.vpci_first = 0,
		.vpci_last = UNI_N_VPCI - 1,
		.signalling_label = 16,
		.location = 2,
		.restart_first = true,
		.max_setup = UNI_MAX_SETUP,
		.max_offers = 1u << 16,
		.bulk_window = 1024,
		.t301_ms = 180000,
		.t303_ms = 4000,
		.t308_ms = 30000,
		.t309_ms = 10000,
		.t310_ms = role == UNI_ROLE_USER ? 30000 : 10000,
		.t313_ms = 4000,
		.t322_ms = 4000,
		.t360_ms = 30000,
		.t361_ms = 20000,
		.t397_ms = 180000,
		.t398_ms = 4000,
		.t399_ms = role == UNI_ROLE_USER ? 34000 : 14000,
		.t316_ms = 120000,
		.t317_ms = 90000,
		.t_link_ms = 1000,
		.t_link_max_ms = 30000,
		.t_answer_ms = 180000,
		.answers_s = 1000,
		.answers_burst = UNI_N_ANSWERS,
	};
}

int
uni_link_params_check(const struct uni_link_params *p, const char **why)
{
	*why = NULL;
	if (p->vpci_first > p->vpci_last || p->vpci_last >= UNI_N_VPCI)
		*why = "the VPCI range is not within 0..15; mend: first <= last <= 15";
	else if (p->role == UNI_ROLE_NETWORK && p->ask != UNI_ASK_EXCLUSIVE)
		*why = "the network role names an exclusive VC; mend: leave the form of SETUP "
		       "alone";
	else if (p->signalling_label < 16 || p->signalling_label >= UNI_N_LABELS)
		*why = "the signalling label is no label of a VC; mend: 16..1048575";
	else if (p->location > 0xf)
		*why = "the location of causes has four bits; mend: 0..15";
	else if (p->max_setup < 256 || p->max_setup > UNI_MAX_SETUP)
		*why = "the trunk is for SETUPs of 256 to 1024 octets; mend: raise its MTU";
	else if (p->max_offers == 0)
		*why = "no call could be offered; mend: at least one offer at a time";
	else if (p->bulk_window == 0)
		*why = "no close would ever be sent; mend: let at least one SDU be outstanding";
	else if (p->t301_ms == 0 || p->t303_ms == 0 || p->t308_ms == 0 || p->t309_ms == 0 ||
		 p->t310_ms == 0 || p->t313_ms == 0 || p->t316_ms == 0 || p->t317_ms == 0 ||
		 p->t322_ms == 0 || p->t360_ms == 0 || p->t361_ms == 0 || p->t397_ms == 0 ||
		 p->t398_ms == 0 || p->t399_ms == 0 || p->t_link_ms == 0 || p->t_answer_ms == 0)
		*why = "a timer is 0 ms; mend: leave it out to have its default";
	else if (p->t317_ms >= p->t316_ms) /* SIG-63 */
		*why = "T317 is not below T316: a RESTART would be asked for again while the first "
		       "one is being carried out; mend: lower T317 or raise T316";
	else if (p->answers_s == 0 || p->answers_burst == 0)
		*why = "no fault would be answered; mend: at least one answer a second";
	else if (p->t_link_max_ms < p->t_link_ms)
		*why = "T-LINK begins above its limit; mend: raise the limit";
	return *why == NULL ? 0 : -EINVAL;
}

static uint32_t
free_slot(const struct uni *u)
{
	uint32_t i;

	for (i = 0; i < u->n_links; i++)
		if (u->links[i] == NULL)
			break;
	return i;
}

int
uni_link_create(struct uni *u, const struct uni_link_params *params, const struct uni_link_ops *ops,
	void *arg, const char *name, struct uni_link **out)
{
	uint32_t idx = free_slot(u);
	struct uni_link *l;
	const char *why;

	if (uni_link_params_check(params, &why) < 0)
		return -EINVAL;
	if (idx == u->n_links)
		return -ENOSPC;
	l = cp_mem_alloc(u->mem, sizeof(*l), "uni link");
	if (l == NULL)
		return -ENOMEM;
	l->u = u;
	l->idx = (uint16_t)idx;
	l->params = *params;
	l->ops = ops;
	l->arg = arg;
	l->t_link_ms = params->t_link_ms;
	uni_requester_init(l);
	snprintf(l->name, sizeof(l->name), "%s", name);
	u->links[idx] = l;
	if (uni_ref_init(l) < 0 || uni_label_init(l) < 0) {
		uni_link_destroy(l);
		return -ENOMEM;
	}
	*out = l;
	return 0;
}

int
uni_link_retime(struct uni_link *l, const struct uni_link_params *params)
{
	const char *why;

	/* Labels and roles of calls that are there follow from these. */
	if (params->role != l->params.role || params->vpci_first != l->params.vpci_first ||
		params->vpci_last != l->params.vpci_last ||
		params->signalling_label != l->params.signalling_label ||
		uni_link_params_check(params, &why) < 0)
		return -EINVAL;
	l->params = *params;
	return 0;
}

/* Its calls go with it, unheard. */
static void
drop_calls(struct uni_link *l)
{
	struct uni *u = l->u;
	struct uni_hot *c;
	uint32_t i;

	for (i = 0; i < u->calls.n_max; i++) {
		c = uni_call_at(u, cp_pool_handle_of(&u->calls, i));
		if (c == NULL || c->link_idx != l->idx)
			continue;
		uni_timer_stop(l, c);
		uni_call_put_buf(u, c);
		if (uni_call_is_multipoint(c))
			uni_multi_free(l, c);
		cp_pool_put(&u->calls, c->handle);
	}
}

void
uni_link_destroy(struct uni_link *l)
{
	struct uni *u = l->u;
	uint32_t t;

	if (u->wheel != NULL)
		for (t = 0; t < UNI_LINK_TIMERS; t++)
			uni_link_timer_stop(l, (enum uni_link_timer)t);
	uni_enquiries_drop(l);
	uni_notices_drop(l);
	drop_calls(l);
	uni_label_fini(l);
	uni_ref_fini(l);
	u->links[l->idx] = NULL;
	cp_mem_free(u->mem, l);
}

void
uni_link_start(struct uni_link *l, uint64_t now_ns)
{
	l->stopped = false;
	l->t_link_ms = l->params.t_link_ms;
	uni_link_timer_start(l, UNI_T_LINK, now_ns, l->t_link_ms);
	l->ops->establish(l->arg, now_ns);
}

void
uni_link_retry(struct uni_link *l, uint64_t now_ns)
{
	if (!l->up && uni_link_timer_is_running(l, UNI_T_LINK))
		uni_link_start(l, now_ns);
}

void
uni_link_stop(struct uni_link *l)
{
	l->stopped = true;
	uni_link_timer_stop(l, UNI_T_LINK);
}

void
uni_link_drain(struct uni_link *l, bool drain)
{
	l->draining = drain;
}

void
uni_link_established(struct uni_link *l, uint64_t now_ns)
{
	if (l->up) { /* SSCOP has recovered: no call is cleared (SIG-100) */
		l->told =
			false; /* but it has forgotten that there is something to pull (SSCOP-12) */
		uni_audit_begin(l);
		uni_tx_kick(l, now_ns);
		return;
	}
	l->up = true;
	l->t_link_ms = l->params.t_link_ms;
	uni_link_timer_stop(l, UNI_T_LINK);
	uni_link_timer_stop(l, UNI_T309); /* SIG-98 */
	uni_requester_established(l, now_ns);
	uni_audit_begin(l);
	l->ops->link_up(l->arg, now_ns);
	uni_tx_kick(l, now_ns);
}

/* SIG-96, SIG-97 */
static void
lose(struct uni_link *l, uint64_t now_ns)
{
	bool active;

	l->up = false;
	l->told = false;
	uni_answer_drop_all(l);
	uni_restart_abandon(l);
	uni_audit_abandon(l);
	uni_notices_drop(l);
	uni_requester_lost(l, now_ns);
	uni_sweep_begin(l, UNI_MASS_LINK_LOST, now_ns);
	active = l->n_active > 0;
	if (!l->stopped)
		uni_link_timer_start(l, UNI_T_LINK, now_ns, l->t_link_ms);
	if (active)
		uni_link_timer_start(l, UNI_T309, now_ns, l->params.t309_ms);
	l->ops->link_down(l->arg, now_ns);
	if (active && !l->stopped)
		l->ops->establish(l->arg, now_ns);
}

void
uni_link_released(struct uni_link *l, uint64_t now_ns)
{
	if (l->up)
		lose(l, now_ns);
	else if (!l->stopped && !uni_link_timer_is_running(l, UNI_T_LINK)) /* SIG-T15 */
		uni_link_timer_start(l, UNI_T_LINK, now_ns, l->t_link_ms);
}

void
uni_link_t_link(struct uni_link *l, uint64_t now_ns)
{
	l->t_link_ms = l->t_link_ms < l->params.t_link_max_ms / 2 ? 2 * l->t_link_ms
								  : l->params.t_link_max_ms;
	uni_link_timer_start(l, UNI_T_LINK, now_ns, l->t_link_ms);
	l->ops->establish(l->arg, now_ns);
}

void
uni_link_t309(struct uni_link *l, uint64_t now_ns)
{
	uni_sweep_begin(l, UNI_MASS_LINK_GONE, now_ns); /* SIG-99 */
	uni_requester_want_all(l);
}

bool
uni_link_is_up(const struct uni_link *l)
{
	return l->up;
}

enum uni_role
uni_link_role(const struct uni_link *l)
{
	return l->params.role;
}

uint8_t
uni_link_location(const struct uni_link *l)
{
	return l->params.role == UNI_ROLE_USER ? 0 : l->params.location;
}

const char *
uni_link_name(const struct uni_link *l)
{
	return l->name;
}

void
uni_link_stats(const struct uni_link *l, struct uni_link_stats *out)
{
	*out = l->stats;
	out->n_calls = l->n_calls;
	out->n_active = l->n_active;
	out->n_parties = l->n_parties;
	out->n_references = cp_idset_n_taken(l->refs) + l->n_their_refs;
	out->n_labels = l->n_labels;
	out->n_set_aside = l->n_set_aside;
	out->restarting = l->requester.state != UNI_REST0;
	out->restarted = l->restart.busy;
}
