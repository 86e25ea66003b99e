/* SPDX-License-Identifier: BSD-3-Clause */
#include "model_do.h"

/* What goes by the miniport: activation and packets. */

/* ---- Activation. ---- */

static struct co_media_params
any_media(struct model *m)
{
	static const uint32_t flags[] = { CO_MEDIA_F_TRANSMIT | CO_MEDIA_F_RECEIVE,
		CO_MEDIA_F_TRANSMIT | CO_MEDIA_F_RECEIVE | CO_MEDIA_F_ROUND_UP,
		CO_MEDIA_F_TRANSMIT | CO_MEDIA_F_RECEIVE | CO_MEDIA_F_ROUND_DOWN,
		CO_MEDIA_F_TRANSMIT | CO_MEDIA_F_RECEIVE, CO_MEDIA_F_TRANSMIT, CO_MEDIA_F_RECEIVE };

	return (struct co_media_params){
		.flags = flags[pick(m, 6)],
		.label = 16 + pick(m, 1000),
		.tx.peak_rate = 1000,
		.rx.peak_rate = 1000,
	};
}

static bool
is_with_miniport(const struct mvc *v)
{
	return v->activate_out || ref_queued(v, EV_ACTIVATED) || ref_queued(v, EV_DEACTIVATED);
}

static enum co_status
may_activate(const struct model *m, const struct mvc *v)
{
	if (is_with_miniport(v))
		return CO_STATUS_NOT_ACCEPTED;
	if (!m->mcm && m->n_waiting >= LIMIT_WAITING)
		return CO_STATUS_RESOURCES;
	return v->vc_state == CO_VC_DEACTIVATING ? CO_STATUS_CLOSING : CO_STATUS_SUCCESS;
}

void
do_activate(struct model *m, struct mvc *v)
{
	bool wrong = wrong_family(m);
	enum co_status status, expected = at_the_door(m, v, wrong);
	struct co_media_params media = any_media(m);
	struct frame frame = { 0 };

	if (m->draining)
		return;
	if (expected == CO_STATUS_SUCCESS) {
		expected = may_activate(m, v);
		cover(m, COVER_VC, v->vc_state, CV_ACTIVATE, expected == CO_STATUS_SUCCESS);
	}
	if (expected == CO_STATUS_SUCCESS && m->mcm) {
		ref_activation_ended(m, v, CO_STATUS_SUCCESS, &media);
	} else if (expected == CO_STATUS_SUCCESS) {
		v->before_activation = v->vc_state;
		v->reactivating = v->vc_state == CO_VC_ACTIVE;
		v->vc_state = v->reactivating ? CO_VC_ACTIVE : CO_VC_ACTIVATING;
		v->activate_out = true;
		v->n_activations++;
		v->asked = media;
		v->frame = &frame;
		m->n_waiting++;
	}
	status = BY_FAMILY(m, wrong, activate_vc, v->vc, &media);
	if (expected == CO_STATUS_SUCCESS && !m->mcm) {
		EXPECT(m, frame.ran, "activate_vc did not reach the miniport");
		expected = frame.answer;
	}
	expect_of(m, v, "activate_vc", status, expected);
}

void
do_end_activation(struct model *m, struct mvc *v)
{
	enum co_status status = any_completion(m), expected = at_the_door(m, v, false);
	struct co_media_params media = v->asked;

	if (expected == CO_STATUS_SUCCESS) {
		if (!v->activate_out || status == CO_STATUS_PENDING)
			expected = CO_STATUS_NOT_ACCEPTED;
		if (status != CO_STATUS_PENDING)
			cover(m, COVER_VC, v->vc_state,
				status == CO_STATUS_SUCCESS ? CV_ACTIVATED : CV_NOT_ACTIVATED,
				expected == CO_STATUS_SUCCESS);
	}
	if (expected == CO_STATUS_SUCCESS) {
		v->n_activated = v->n_activations;
		ref_activation_ended(m, v, status, &media);
		ref_push(m, v, EV_ACTIVATED)->status = status;
	}
	expect_of(m, v, "activate_vc_complete",
		co_m_activate_vc_complete(m->co, v->vc, status, one_in(m, 2) ? &media : NULL),
		expected);
}

static bool
is_drained(const struct mvc *v)
{
	return v->n_sent + v->n_back + v->n_kept + v->in_receive == 0;
}

void
do_deactivate(struct model *m, struct mvc *v)
{
	bool wrong = wrong_family(m);
	enum co_status status, expected = at_the_door(m, v, wrong);
	struct frame frame = { 0 };

	if (expected == CO_STATUS_SUCCESS) {
		if (is_with_miniport(v) || (m->mcm && !is_drained(v)) ||
			v->vc_state != CO_VC_ACTIVE)
			expected = CO_STATUS_NOT_ACCEPTED;
		cover(m, COVER_VC, v->vc_state, CV_DEACTIVATE, expected == CO_STATUS_SUCCESS);
	}
	if (expected == CO_STATUS_SUCCESS && m->mcm) {
		ref_deactivated(v);
	} else if (expected == CO_STATUS_SUCCESS) {
		v->vc_state = CO_VC_DEACTIVATING;
		v->deactivate_out = true;
		v->n_deactivations++;
		v->frame = &frame;
	}
	status = BY_FAMILY(m, wrong, deactivate_vc, v->vc);
	if (expected == CO_STATUS_SUCCESS && !m->mcm) {
		EXPECT(m, frame.ran, "deactivate_vc did not reach the miniport");
		expected = frame.answer;
	}
	expect_of(m, v, "deactivate_vc", status, expected);
}

/* A miniport that has not drained does not say so: that would be its own fault. */
void
do_end_deactivation(struct model *m, struct mvc *v)
{
	enum co_status status = any_completion(m), expected = at_the_door(m, v, false);

	if (v->alive && v->deactivate_out && !is_drained(v))
		return;
	if (expected == CO_STATUS_SUCCESS) {
		if (!v->deactivate_out || status == CO_STATUS_PENDING)
			expected = CO_STATUS_NOT_ACCEPTED;
		if (status != CO_STATUS_PENDING)
			cover(m, COVER_VC, v->vc_state, CV_DEACTIVATED,
				expected == CO_STATUS_SUCCESS);
	}
	if (expected == CO_STATUS_SUCCESS) {
		v->n_deactivated = v->n_deactivations;
		ref_deactivated(v);
		ref_push(m, v, EV_DEACTIVATED)->status = status;
	}
	expect_of(m, v, "deactivate_vc_complete", co_m_deactivate_vc_complete(m->co, v->vc, status),
		expected);
}

/* ---- Packets. ---- */

static uint32_t
take_packets(struct model *m, struct co_packet **pkts, uint32_t n)
{
	uint32_t i;

	for (i = 0; i < n && m->n_free > 0; i++) {
		pkts[i] = m->free_packets[--m->n_free];
		*pkts[i] = (struct co_packet){ 0 };
	}
	return i;
}

void
do_send(struct model *m, struct mvc *v)
{
	struct frame down = { .answer = CO_STATUS_SUCCESS }, back = { 0 };
	uint32_t i, n, n_down, room;
	struct co_packet *pkts[3];

	if (v->n_sent > N_PACKETS - 8)
		return;
	n = take_packets(m, pkts, 1 + pick(m, 3));
	if (!is_live(m, v)) {
		co_send(m->co, v->vc, pkts, n);
		for (i = 0; i < n; i++) {
			EXPECT(m, pkts[i]->status == CO_STATUS_FAILURE, "a send to nobody");
			m->free_packets[m->n_free++] = pkts[i];
		}
		return;
	}
	back.answer = ref_may_send(m, v);
	room = v->window > v->n_sent + v->n_back ? v->window - v->n_sent - v->n_back : 0;
	n_down = back.answer != CO_STATUS_SUCCESS ? 0 : n < room ? n : room;
	if (back.answer == CO_STATUS_SUCCESS) {
		back.answer = CO_STATUS_RESOURCES; /* SEND-8 */
		v->n_back += n - n_down;
	}
	for (i = 0; i < n; i++) {
		pkts[i]->cancel_id = pick(m, 2) == 0 ? 7 : 0;
		pkts[i]->owner = i < n_down ? &down : &back;
		if (i < n_down)
			v->sent[v->n_sent++] = pkts[i];
	}
	co_send(m->co, v->vc, pkts, n);
	model_say(m, "= send slot %u: %u of %u down", slot_index(m, v), n_down, n);
	EXPECT(m, down.ran == (n_down > 0) && back.ran == (n > n_down),
		"a send about slot %u did not go where it should", slot_index(m, v)); /* SEND-1 */
}

void
do_end_send(struct model *m, struct mvc *v)
{
	struct co_packet *p;
	uint32_t which;

	if (!is_live(m, v) || v->n_sent == 0)
		return;
	which = pick(m, v->n_sent);
	p = v->sent[which];
	if (p->owner != NULL) /* the miniport has not got it yet */
		return;
	v->sent[which] = v->sent[--v->n_sent];
	p->status = any_final(m);
	co_m_send_complete(m->co, v->vc, &p, 1);
}

void
do_receive(struct model *m, struct mvc *v)
{
	struct frame frame = { 0 };
	struct co_packet *pkts[2];
	bool delivered, low = one_in(m, 4);
	uint32_t i, n;

	if (m->draining || v->n_kept > N_PACKETS - 8)
		return;
	n = take_packets(m, pkts, 1 + pick(m, 2));
	if (n == 0)
		return;
	for (i = 0; i < n; i++) {
		pkts[i]->owner = &frame;
		pkts[i]->low_resources = low;
	}
	if (!is_live(m, v)) {
		co_m_indicate_receive(m->co, v->vc, pkts, n);
		for (i = 0; i < n; i++)
			m->free_packets[m->n_free++] = pkts[i];
		EXPECT(m, !frame.ran, "a receive on a VC that has gone");
		return;
	}
	delivered = (v->vc_state == CO_VC_ACTIVE || v->vc_state == CO_VC_DEACTIVATING) &&
		    (v->media_flags & CO_MEDIA_F_RECEIVE) && (v->signalling || !ref_is_over(v));
	co_m_indicate_receive(m->co, v->vc, pkts, n);
	EXPECT(m, frame.ran == delivered, "a receive about slot %u was%s delivered",
		slot_index(m, v), frame.ran ? "" : " not");
}

void
do_give_back(struct model *m, struct mvc *v)
{
	struct co_packet *p;
	uint32_t which;

	if (!is_live(m, v) || v->n_kept == 0)
		return;
	which = pick(m, v->n_kept);
	p = v->kept[which];
	v->kept[which] = v->kept[--v->n_kept];
	co_return_receive(m->co, v->vc, &p, 1);
}

void
do_cancel(struct model *m, struct mvc *v)
{
	struct frame frame = { 0 };
	uint64_t id = one_in(m, 8) ? 0 : 7;
	bool called = is_live(m, v) && v->n_sent + v->n_back > 0 && id != 0;

	v->frame = &frame;
	co_cancel_send(m->co, v->vc, id);
	v->frame = NULL;
	EXPECT(m, frame.ran == called, "cancel_send was%s called", frame.ran ? "" : " not");
}

void
do_set_window(struct model *m, struct mvc *v)
{
	uint32_t window = one_in(m, 3) ? UINT32_MAX : pick(m, 4);

	if (is_live(m, v))
		v->window = window;
	co_m_set_send_window(m->co, v->vc, window);
}
