/* SPDX-License-Identifier: BSD-3-Clause */
#include <errno.h>
#include <string.h>

#include "uni/uni_priv.h"

/*
 * The labels of a link and what they are doing. A label is given out again when three hold: its
 * call is over, nothing uses the VC any more (SIG-78), and it is not set aside (SIG-122).
 */
enum label_state {
	LABEL_FREE,
	LABEL_ASKED,    /* our SETUP names it, the network may still give it away (SIG-70) */
	LABEL_HELD,     /* by a call */
	LABEL_DRAINING, /* the call is over */
	LABEL_ASIDE,
	LABEL_RESERVED, /* not call control's: a permanent VC */
};

#define LABEL_STATE 0x0f
#define LABEL_DRAINED 0x10 /* uni_link_put_label() came while it was held, or set aside */
#define LABEL_PARITY 0x20  /* of a draining one: which of n_draining[] counts it */

static uint8_t
state_of(const struct uni_link *l, uint32_t label)
{
	return l->label_state[label] & LABEL_STATE;
}

static uint32_t
vpci_of(uint32_t label)
{
	return label >> 16;
}

static bool
is_user_label(const struct uni_link *l, uint32_t vpci, uint32_t vci)
{
	return vpci >= l->params.vpci_first && vpci <= l->params.vpci_last &&
	       vci >= UNI_VCI_FIRST && vci <= UINT16_MAX &&
	       (vpci << 16 | vci) != l->params.signalling_label;
}

bool
uni_label_is_user(const struct uni_link *l, uint32_t label)
{
	return is_user_label(l, vpci_of(label), label & UINT16_MAX);
}

uint32_t
uni_label_n_taken(const struct uni_link *l, uint32_t vpci)
{
	return vpci < UNI_N_VPCI && l->labels[vpci] != NULL ? cp_idset_n_taken(l->labels[vpci]) : 0;
}

int
uni_label_init(struct uni_link *l)
{
	const uint32_t n = (1u << 16) - UNI_VCI_FIRST;
	uint32_t vpci;

	l->label_state = cp_mem_map_sparse(UNI_N_LABELS);
	l->label_ref = cp_mem_map_sparse(UNI_N_LABELS * sizeof(uint32_t));
	if (l->label_state == NULL || l->label_ref == NULL)
		return -ENOMEM;
	for (vpci = l->params.vpci_first; vpci <= l->params.vpci_last; vpci++) {
		l->labels[vpci] = cp_idset_create(vpci << 16 | UNI_VCI_FIRST, n, l->u->mem);
		if (l->labels[vpci] == NULL)
			return -ENOMEM;
	}
	vpci = vpci_of(l->params.signalling_label);
	if (vpci < UNI_N_VPCI && l->labels[vpci] != NULL)
		cp_idset_take_this(l->labels[vpci], l->params.signalling_label);
	l->vpci_next = l->params.vpci_first;
	return 0;
}

void
uni_label_fini(struct uni_link *l)
{
	uint32_t vpci;

	for (vpci = 0; vpci < UNI_N_VPCI; vpci++)
		cp_idset_destroy(l->labels[vpci]);
	cp_mem_unmap_sparse(l->label_ref, UNI_N_LABELS * sizeof(uint32_t));
	cp_mem_unmap_sparse(l->label_state, UNI_N_LABELS);
}

static void
set_held(struct uni_link *l, uint32_t label)
{
	l->label_state[label] = LABEL_HELD;
	l->n_labels++;
}

static void
set_free(struct uni_link *l, uint32_t label)
{
	l->label_state[label] = LABEL_FREE;
	l->n_labels--;
	cp_idset_put(l->labels[vpci_of(label)], label);
}

static void
set_draining(struct uni_link *l, uint32_t label, uint8_t epoch)
{
	l->label_state[label] = LABEL_DRAINING | ((epoch & 1) != 0 ? LABEL_PARITY : 0);
	l->n_draining[epoch & 1][vpci_of(label)]++;
}

/*
 * From the other end than the network role does, so that SETUPs which cross seldom name the same VC
 * (SIG-70).
 */
uint32_t
uni_label_take_of(struct uni_link *l, uint32_t vpci)
{
	struct cp_idset *free = l->labels[vpci];
	uint32_t label =
		l->params.role == UNI_ROLE_USER ? cp_idset_take_down(free) : cp_idset_take(free);

	if (label == CP_IDSET_NONE)
		return UNI_LABEL_NONE;
	set_held(l, label);
	return label;
}

uint32_t
uni_label_take(struct uni_link *l)
{
	uint32_t n = l->params.vpci_last - l->params.vpci_first + 1u;
	uint32_t label;

	for (; n > 0; n--) {
		label = uni_label_take_of(l, l->vpci_next);
		if (label != UNI_LABEL_NONE)
			return label;
		if (l->vpci_next++ == l->params.vpci_last)
			l->vpci_next = l->params.vpci_first;
	}
	return UNI_LABEL_NONE;
}

void
uni_label_ask(struct uni_link *l, const struct uni_hot *c)
{
	l->label_state[c->label] = LABEL_ASKED;
	l->label_ref[c->label] = c->ref;
}

/* The network's choice stands; our SETUP will be refused (SIG-70). */
static void
lose_label(struct uni_link *l, uint32_t label)
{
	struct uni_hot *c = uni_ref_find(l, l->label_ref[label]);

	c->label = UNI_LABEL_NONE;
	l->label_state[label] = LABEL_HELD;
}

/* The peer names @p label for its call, or for its answer to ours. */
static bool
claim(struct uni_link *l, uint32_t label)
{
	if (l->label_state[label] == (LABEL_ASIDE | LABEL_DRAINED))
		uni_label_take_back(l, label, l->epoch); /* proof enough (SIG-122) */
	if (state_of(l, label) == LABEL_ASKED) {
		lose_label(l, label);
		return true;
	}
	if (!cp_idset_take_this(l->labels[vpci_of(label)], label))
		return false;
	set_held(l, label);
	return true;
}

uint8_t
uni_label_for_offer(struct uni_link *l, const struct uni_connid *connid, uint32_t *label)
{
	if (connid == NULL) {
		*label = uni_label_take(l);
		return *label != UNI_LABEL_NONE ? 0 : UNI_CAUSE_NO_VC;
	}
	if (connid->assoc != UNI_CONNID_EXPLICIT || connid->pref == UNI_CONNID_NO_VCI)
		return UNI_CAUSE_VC_ASSIGNMENT; /* SIG-28 */
	if (connid->vpci < l->params.vpci_first || connid->vpci > l->params.vpci_last)
		return UNI_CAUSE_VC_NOT_AVAILABLE;
	if (connid->pref == UNI_CONNID_ANY_VCI) {
		*label = uni_label_take_of(l, connid->vpci);
		return *label != UNI_LABEL_NONE ? 0 : UNI_CAUSE_NO_VC; /* SIG-29 */
	}
	*label = (uint32_t)connid->vpci << 16 | connid->vci;
	if (!is_user_label(l, connid->vpci, connid->vci) || !claim(l, *label))
		return UNI_CAUSE_VC_NOT_AVAILABLE;
	return 0;
}

uint8_t
uni_label_of_response(struct uni_link *l, struct uni_hot *c, const struct uni_connid *connid)
{
	bool exclusive = l->params.role == UNI_ROLE_NETWORK || l->params.ask == UNI_ASK_EXCLUSIVE;
	uint32_t label = c->label;

	if (connid != NULL)
		label = (uint32_t)connid->vpci << 16 | connid->vci;
	if (exclusive) {
		if (c->label == UNI_LABEL_NONE || label != c->label)
			return UNI_CAUSE_VC_ASSIGNMENT;
		l->label_state[label] = LABEL_HELD | (l->label_state[label] & LABEL_DRAINED);
		return 0;
	}
	if (connid == NULL || connid->assoc != UNI_CONNID_EXPLICIT ||
		connid->pref != UNI_CONNID_EXCLUSIVE ||
		!is_user_label(l, connid->vpci, connid->vci) ||
		(l->params.ask == UNI_ASK_ANY_VCI && connid->vpci != l->params.vpci_first) ||
		!claim(l, label))
		return UNI_CAUSE_VC_ASSIGNMENT;
	c->label = label;
	return 0;
}

void
uni_label_call_over(struct uni_link *l, const struct uni_hot *c)
{
	if (l->label_state[c->label] & LABEL_DRAINED)
		set_free(l, c->label);
	else
		set_draining(l, c->label, c->epoch);
}

void
uni_label_put_unused(struct uni_link *l, uint32_t label)
{
	set_free(l, label);
}

void
uni_label_set_aside(struct uni_link *l, struct uni_hot *c)
{
	if (c->label == UNI_LABEL_NONE)
		return;
	l->label_state[c->label] = LABEL_ASIDE | (l->label_state[c->label] & LABEL_DRAINED);
	l->label_ref[c->label] = c->ref;
	uni_ref_set_aside(l, c->ref, c->label);
	l->n_set_aside++;
	c->label = UNI_LABEL_NONE;
	c->ref = 0;
}

void
uni_label_take_back(struct uni_link *l, uint32_t label, uint8_t epoch)
{
	if (state_of(l, label) != LABEL_ASIDE)
		return;
	uni_enquiry_forget(l, l->label_ref[label]);
	uni_ref_clear(l, l->label_ref[label]);
	l->n_set_aside--;
	if (l->label_state[label] & LABEL_DRAINED)
		set_free(l, label);
	else
		set_draining(l, label, epoch);
}

void
uni_label_join_draining(struct uni_link *l, uint8_t epoch)
{
	const uint8_t parity = (epoch & 1) != 0 ? LABEL_PARITY : 0;
	uint32_t *ours = l->n_draining[epoch & 1], *others = l->n_draining[!(epoch & 1)];
	uint8_t *state;
	uint32_t vpci;

	for (vpci = 0; vpci < UNI_N_VPCI; vpci++) {
		state = l->label_state + (vpci << 16);
		while (others[vpci] > 0) {
			state = rawmemchr(state, LABEL_DRAINING | (parity ^ LABEL_PARITY));
			*state ^= LABEL_PARITY;
			others[vpci]--;
			ours[vpci]++;
		}
	}
}

bool
uni_label_is_aside(const struct uni_link *l, uint32_t label)
{
	return state_of(l, label) == LABEL_ASIDE;
}

bool
uni_label_is_idle(const struct uni_link *l, uint32_t label)
{
	return state_of(l, label) == LABEL_FREE || state_of(l, label) == LABEL_ASIDE ||
	       state_of(l, label) == LABEL_RESERVED;
}

void
uni_link_put_label(struct uni_link *l, uint32_t label)
{
	uint8_t *state;

	if (label >= UNI_N_LABELS)
		return;
	state = &l->label_state[label];
	if (state_of(l, label) == LABEL_DRAINING) {
		l->n_draining[(*state & LABEL_PARITY) != 0][vpci_of(label)]--;
		set_free(l, label);
	} else if (state_of(l, label) != LABEL_FREE && state_of(l, label) != LABEL_RESERVED) {
		*state |= LABEL_DRAINED;
	}
}

int
uni_link_reserve_label(struct uni_link *l, uint32_t label)
{
	if (!is_user_label(l, vpci_of(label), label & UINT16_MAX))
		return 0;
	if (!cp_idset_take_this(l->labels[vpci_of(label)], label))
		return -EBUSY;
	l->label_state[label] = LABEL_RESERVED;
	return 0;
}

void
uni_link_free_label(struct uni_link *l, uint32_t label)
{
	if (label >= UNI_N_LABELS || state_of(l, label) != LABEL_RESERVED)
		return;
	l->label_state[label] = LABEL_FREE;
	cp_idset_put(l->labels[vpci_of(label)], label);
}
