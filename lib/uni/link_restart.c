/* SPDX-License-Identifier: BSD-3-Clause */
#include "uni/uni_priv.h"

/*
 * Messages with the global call reference, and the responder's half of section 11. The other half
 * is in link_requester.c.
 */

#define REST0 0
#define REST2 62

static uint32_t
answer_ref(const struct uni_msg *m)
{
	return UNI_CREF_GLOBAL | (m->hdr.flag ? UNI_REF_OURS : 0);
}

/* The state of the direction in which @p m went: flag 0, the peer is the requester. */
static uint8_t
direction_state(const struct uni_link *l, const struct uni_msg *m)
{
	if (m->hdr.flag)
		return uni_requester_call_state(l);
	return l->restart.busy || l->restart.ack ? REST2 : REST0;
}

static void
begin(struct uni_link *l, const struct uni_msg *m, uint64_t now_ns)
{
	struct uni_restart *r = &l->restart;
	union uni_ie_body body;

	uni_msg_get(m, UNI_IE_RESTART, &body);
	r->restart_class = body.octet;
	r->has_connid = body.octet != UNI_RESTART_ALL;
	if (r->has_connid) {
		uni_msg_get(m, UNI_IE_CONNID, &body);
		r->connid = body.connid;
	}
	r->busy = true;
	r->epoch = l->epoch;
	uni_label_join_draining(l, r->epoch);
	l->stats.restarts++;
	uni_link_timer_start(l, UNI_T317, now_ns, l->params.t317_ms);
	uni_sweep_restart(l, (enum uni_restart_class)r->restart_class,
		(uint32_t)r->connid.vpci << 16 | r->connid.vci, UNI_ASIDE_TAKE, now_ns);
}

/* SIG-R6, SIG-83 */
static void
restart(struct uni_link *l, const struct uni_msg *m, uint64_t now_ns)
{
	struct uni_fault fault;
	enum uni_reaction reaction;

	if (l->restart.busy || l->restart.ack) { /* SIG-R8 */
		l->stats.wrong_state++;
		uni_answer_status(l, answer_ref(m), REST2, UNI_CAUSE_MSG_STATE, UNI_MT_RESTART);
		return;
	}
	reaction = uni_msg_reaction(m, &fault);
	if (reaction == UNI_REACT_PROCESS || reaction == UNI_REACT_PROCESS_REPORT)
		begin(l, m, now_ns);
	if (reaction == UNI_REACT_PROCESS_REPORT || reaction == UNI_REACT_STATUS)
		uni_answer_status_fault(l, answer_ref(m), direction_state(l, m), &fault);
}

void
uni_restart_receive(struct uni_link *l, const struct uni_msg *m, uint64_t now_ns)
{
	if (m->hdr.type == UNI_MT_STATUS) {
		uni_requester_status(l, m, now_ns);
	} else if (m->hdr.type == UNI_MT_RESTART && !m->hdr.flag) {
		restart(l, m, now_ns);
	} else if (m->hdr.type == UNI_MT_RESTART_ACK && m->hdr.flag) {
		uni_requester_ack(l, m, now_ns);
	} else { /* SIG-41 */
		l->stats.unknown_reference++;
		uni_answer_status(
			l, answer_ref(m), direction_state(l, m), UNI_CAUSE_INVALID_CREF, -1);
	}
}

/* Labels of calls from before the RESTART that the dataplane has not let go of. */
static bool
is_drained(const struct uni_link *l)
{
	const struct uni_restart *r = &l->restart;
	const uint32_t *n_draining = l->n_draining[r->epoch & 1];
	uint32_t vpci;

	if (r->has_connid && r->connid.vpci >= UNI_N_VPCI)
		return true; /* SIG-84 */
	if (r->restart_class == UNI_RESTART_VC)
		return uni_label_is_idle(l, (uint32_t)r->connid.vpci << 16 | r->connid.vci);
	if (r->restart_class == UNI_RESTART_VPC)
		return n_draining[r->connid.vpci] == 0;
	for (vpci = 0; vpci < UNI_N_VPCI; vpci++)
		if (n_draining[vpci] > 0)
			return false;
	return true;
}

void
uni_restart_check(struct uni_link *l)
{
	if (!l->restart.busy || uni_sweep_is_open(l) || !is_drained(l))
		return;
	uni_link_timer_stop(l, UNI_T317);
	l->restart.busy = false;
	l->restart.ack = true;
}

void
uni_restart_overdue(struct uni_link *l, uint64_t now_ns)
{
	l->restart.busy = false; /* SIG-R9 */
	l->stats.restarts_overdue++;
	l->ops->alarm(l->arg, UNI_ALARM_RESTART_OVERDUE, 0, now_ns);
}

void
uni_restart_abandon(struct uni_link *l)
{
	uni_link_timer_stop(l, UNI_T317);
	l->restart.busy = false;
	l->restart.ack = false;
}

size_t
uni_restart_encode(uint8_t *room, size_t size, const struct uni_header *hdr,
	enum uni_restart_class restart_class, const struct uni_connid *connid)
{
	struct uni_enc enc;
	int len;

	uni_enc_begin(&enc, room, size, hdr);
	if (restart_class != UNI_RESTART_ALL)
		uni_enc_ie_connid(&enc, connid);
	uni_enc_ie_restart(&enc, restart_class);
	len = uni_enc_end(&enc);
	return len > 0 ? (size_t)len : 0;
}

size_t
uni_restart_pull(struct uni_link *l, uint8_t *room, size_t size)
{
	const struct uni_header hdr = {
		.cref = UNI_CREF_GLOBAL,
		.flag = true,
		.type = UNI_MT_RESTART_ACK,
	};
	const struct uni_restart *r = &l->restart;

	if (!r->ack)
		return 0;
	l->restart.ack = false;
	return uni_restart_encode(
		room, size, &hdr, (enum uni_restart_class)r->restart_class, &r->connid);
}
