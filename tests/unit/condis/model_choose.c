/* SPDX-License-Identifier: BSD-3-Clause */
#include "model_do.h"

/* What is done of all that can be, and how often. */

struct kind {
	const char *name;
	void (*about_vc)(struct model *m, struct mvc *v);
	void (*other)(struct model *m, uint32_t arg);
};

static const struct kind kinds[] = {
	{ "create_vc by the client", do_create_by_client, NULL },
	{ "create_vc by the call manager", do_create_by_cm, NULL },
	{ "create_vc for signalling", do_create_signalling, NULL },
	{ "delete_vc by its creator", do_delete_by_creator, NULL },
	{ "delete_vc by the other", do_delete_by_the_other, NULL },
	{ "make_call", do_make, NULL },
	{ "make_multipoint_call", do_make_multi, NULL },
	{ "close_call", do_close_call, NULL },
	{ "add_party", do_add, NULL },
	{ "drop_party", do_drop, NULL },
	{ "modify_call_qos", do_modify, NULL },
	{ "incoming_call_complete", do_answer, NULL },
	{ "incoming_call_qos_change_complete", do_answer_qos, NULL },
	{ "make_call_complete", do_end_make, NULL },
	{ "close_call_complete", do_end_close, NULL },
	{ "add_party_complete", do_end_add, NULL },
	{ "drop_party_complete", do_end_drop, NULL },
	{ "modify_call_qos_complete", do_end_modify, NULL },
	{ "dispatch_incoming_call", do_offer, NULL },
	{ "dispatch_call_connected", do_connect, NULL },
	{ "dispatch_incoming_close_call", do_incoming_close, NULL },
	{ "dispatch_incoming_drop_party", do_party_leaves, NULL },
	{ "dispatch_incoming_call_qos_change", do_propose, NULL },
	{ "activate_vc", do_activate, NULL },
	{ "deactivate_vc", do_deactivate, NULL },
	{ "activate_vc_complete", do_end_activation, NULL },
	{ "deactivate_vc_complete", do_end_deactivation, NULL },
	{ "send", do_send, NULL },
	{ "send_complete", do_end_send, NULL },
	{ "indicate_receive", do_receive, NULL },
	{ "return_receive", do_give_back, NULL },
	{ "cancel_send", do_cancel, NULL },
	{ "set_send_window", do_set_window, NULL },
	{ "open_address_family", NULL, do_open_af },
	{ "open_address_family_complete", NULL, do_opened_af },
	{ "close_address_family", NULL, do_close_af },
	{ "close_address_family_complete", NULL, do_closed_af },
	{ "notify_close_address_family", NULL, do_ask_af },
	{ "notify_close_address_family_complete", NULL, do_told_af },
	{ "register_sap", NULL, do_register_sap },
	{ "register_sap_complete", NULL, do_registered_sap },
	{ "deregister_sap", NULL, do_deregister_sap },
	{ "deregister_sap_complete", NULL, do_deregistered_sap },
	{ "reset", NULL, do_reset },
	{ "reset_complete", NULL, do_reset_done },
	{ "pause or restart", NULL, do_pause },
	{ "indicate_status", NULL, do_status },
};

enum {
	K_CREATE_CLIENT,
	K_CREATE_CM,
	K_CREATE_SIGNALLING,
	K_DELETE,
	K_DELETE_OTHER,
	K_MAKE,
	K_MAKE_MULTI,
	K_CLOSE,
	K_ADD,
	K_DROP,
	K_MODIFY,
	K_ANSWER,
	K_ANSWER_QOS,
	K_MADE,
	K_CLOSED,
	K_ADDED,
	K_DROPPED,
	K_MODIFIED,
	K_OFFER,
	K_CONNECT,
	K_INCOMING_CLOSE,
	K_LEAVE,
	K_PROPOSE,
	K_ACTIVATE,
	K_DEACTIVATE,
	K_ACTIVATED,
	K_DEACTIVATED,
	K_SEND,
	K_SENT,
	K_RECEIVE,
	K_RETURN,
	K_CANCEL,
	K_WINDOW,
	K_FIRST_OTHER,
	N_AF_KINDS = 6,
	K_COUNT = sizeof(kinds) / sizeof(kinds[0])
};

const char *
model_kind_name(uint32_t kind)
{
	return kinds[kind].name;
}

struct choice {
	uint8_t kinds[48];
	uint32_t n;
};

static void
may_do(struct choice *c, bool may, uint32_t kind)
{
	if (may)
		c->kinds[c->n++] = (uint8_t)kind;
}

static void
choose_of_parties(struct choice *c, const struct mvc *v)
{
	bool up = v->call == CO_CALL_UP;
	uint32_t i;

	for (i = 0; i < N_PARTIES; i++) {
		const struct mparty *p = &v->parties[i];

		may_do(c, p->used && p->out && p->state == CO_PARTY_ADDING, K_ADDED);
		may_do(c, p->used && p->out && p->state == CO_PARTY_DROPPING, K_DROPPED);
	}
	may_do(c, up, K_ADD);
	may_do(c, up, K_ADD);
	may_do(c, (up || v->call == CO_CALL_CLOSE_OWED) && ref_n_joined(v) > 1, K_DROP);
	may_do(c, up && ref_n_joined(v) > 1, K_LEAVE);
}

static void
choose_of_call(struct choice *c, const struct mvc *v)
{
	bool up = v->call == CO_CALL_UP, idle = v->call == CO_CALL_IDLE;

	may_do(c, idle && v->by_client, K_MAKE);
	may_do(c, idle && v->by_client, K_MAKE_MULTI);
	may_do(c, idle && v->by_client, K_MAKE_MULTI);
	may_do(c, idle && !v->by_client, K_OFFER);
	may_do(c, v->make_out, K_MADE);
	may_do(c, v->close_out, K_CLOSED);
	may_do(c, v->modify_out, K_MODIFIED);
	may_do(c, v->call == CO_CALL_OFFERED, K_ANSWER);
	may_do(c, v->call == CO_CALL_OFFERED || up, K_MODIFY);
	may_do(c, v->call == CO_CALL_ACCEPTED, K_CONNECT);
	may_do(c, v->qos_out, K_ANSWER_QOS);
	may_do(c, up, K_PROPOSE);
	may_do(c, up || v->call == CO_CALL_CLOSE_OWED || v->call == CO_CALL_MAKING, K_CLOSE);
	may_do(c, v->call >= CO_CALL_OFFERED && v->call <= CO_CALL_CLOSING, K_INCOMING_CLOSE);
}

/* What is legal now, as far as that is easily said: most is of these, or little would happen. */
static uint32_t
useful(struct model *m, const struct mvc *v)
{
	struct choice c = { 0 };
	bool idle = v->call == CO_CALL_IDLE, over = idle || v->call >= CO_CALL_CLOSING;

	if (v->multi)
		choose_of_parties(&c, v);
	if (c.n > 0 && one_in(m, 2))
		return c.kinds[pick(m, c.n)];
	if (!v->signalling)
		choose_of_call(&c, v);
	may_do(&c, ref_is_inactive(v) && (!over || v->signalling), K_ACTIVATE);
	may_do(&c, v->vc_state == CO_VC_ACTIVE, K_ACTIVATE);
	may_do(&c, v->activate_out, K_ACTIVATED);
	may_do(&c, v->deactivate_out, K_DEACTIVATED);
	may_do(&c, v->vc_state == CO_VC_ACTIVE && over, K_DEACTIVATE);
	may_do(&c, v->vc_state == CO_VC_ACTIVE && (v->call == CO_CALL_UP || v->signalling), K_SEND);
	may_do(&c, v->vc_state == CO_VC_ACTIVE, K_RECEIVE);
	may_do(&c, v->n_sent > 0, K_SENT);
	may_do(&c, v->n_sent > 2, K_SENT);
	may_do(&c, v->n_kept > 0, K_RETURN);
	may_do(&c, v->n_kept > 2, K_RETURN);
	may_do(&c, idle && ref_is_inactive(v), K_DELETE);
	return c.n > 0 ? c.kinds[pick(m, c.n)] : K_DELETE;
}

/* States that do not last are of no use if nothing is tried in them. */
static uint32_t
other_kind(struct model *m)
{
	uint32_t i;

	for (i = 0; i < N_AFS; i++)
		if (m->afs[i].state == AF_CLOSED && !one_in(m, 4))
			return K_FIRST_OTHER + pick(m, N_AF_KINDS);
	return K_FIRST_OTHER + pick(m, K_COUNT - K_FIRST_OTHER);
}

/* Inside a handler mostly what concerns the same VC, and is legal: that is what has to wait. */
void
model_choose(struct model *m, uint32_t *kind, uint32_t *slot)
{
	bool inside = m->nesting > 0;
	const struct mvc *v;

	*slot = inside && !one_in(m, 4) ? m->here : pick(m, N_SLOTS);
	v = &m->slots[*slot];
	if (one_in(m, inside ? 16 : 7))
		*kind = other_kind(m);
	else if (one_in(m, inside ? 8 : 4))
		*kind = pick(m, K_FIRST_OTHER);
	else if (!v->alive || v->unsettled)
		*kind = one_in(m, 12) ? K_CREATE_SIGNALLING : pick(m, 2);
	else
		*kind = useful(m, v);
}

void
model_do(struct model *m, uint32_t kind, uint32_t slot)
{
	struct mvc *v = &m->slots[slot];

	m->stats->n_operations++;
	m->stats->n_nested += m->nesting > 0;
	if (kinds[kind].about_vc != NULL) {
		model_say(m, "- %s, slot %u", kinds[kind].name, slot);
		kinds[kind].about_vc(m, v);
		if (v->alive && !v->unsettled)
			model_check_vc(m, v);
	} else {
		model_say(m, "- %s", kinds[kind].name);
		kinds[kind].other(m, pick(m, 6));
	}
}

static bool
is_spared(const struct model *m, uint64_t seed)
{
	uint32_t i;

	for (i = 0; m->spared != NULL && i < m->spared->n; i++)
		if (m->spared->seeds[i] == seed)
			return true;
	return false;
}

static void
note_inside(struct model *m, struct operation op)
{
	if (m->inside.n < sizeof(m->inside.ops) / sizeof(m->inside.ops[0]))
		m->inside.ops[m->inside.n++] = op;
}

/*
 * Inside a handler: sometimes something else happens. Each of these has a seed and a budget of its
 * own, so that one can be spared and what else there is stays what it was.
 */
void
model_meanwhile(struct model *m)
{
	uint64_t outer;
	uint32_t rest;
	struct operation op;

	while (m->budget > 0 && m->nesting < MAX_NESTING && pick(m, m->eager) != 0) {
		op.seed = (uint64_t)pick(m, UINT32_MAX) << 32 | pick(m, UINT32_MAX) | 1;
		op.budget = one_in(m, 3) ? m->budget - 1 : m->budget / (2 + pick(m, 3));
		op.eager = m->eager;
		m->budget -= 1 + op.budget;
		if (is_spared(m, op.seed))
			continue;
		outer = m->random;
		rest = m->budget;
		m->random = op.seed;
		m->budget = op.budget;
		model_choose(m, &op.kind, &op.slot);
		note_inside(m, op);
		m->random = op.seed;
		model_do(m, op.kind, op.slot);
		m->random = outer;
		m->budget = rest;
	}
}

void
model_do_duties(struct model *m, uint32_t slot)
{
	static const uint8_t duties[] = { K_SENT, K_RETURN, K_ACTIVATED, K_DEACTIVATED, K_ADDED,
		K_DROPPED, K_MODIFIED, K_MADE, K_ANSWER, K_ANSWER_QOS, K_DROP, K_CLOSE, K_CLOSED,
		K_DEACTIVATE, K_DEACTIVATED, K_DELETE };
	struct mvc *v = &m->slots[slot];
	uint32_t i;

	for (i = 0; i < sizeof(duties) && v->alive; i++)
		if (duties[i] != K_DEACTIVATE || v->call == CO_CALL_IDLE ||
			v->call >= CO_CALL_CLOSING || v->call == CO_CALL_MAKING)
			model_do(m, duties[i], slot);
	do_af_duties(m, slot);
	do_sap_duties(m, slot);
	if (m->reset_out)
		do_reset_done(m, slot);
	if (m->paused || m->cm_paused)
		do_pause(m, slot);
}
