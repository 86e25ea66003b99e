/* SPDX-License-Identifier: BSD-3-Clause */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "appliance_priv.h"
#include "callplane/frame_ring.h"

/* Signalling frames on their way to who captures them. Nothing of it costs while nobody does. */

/* dp_tap_fn */
static void
tapped(void *arg, uint16_t dp_trunk, bool sent, const uint8_t *frame, uint32_t len)
{
	const struct appliance *a = arg;
	const struct frame_info info = {
		.time_ns = appliance_now(a),
		.len = len,
		.trunk = dp_trunk,
		.sent = sent,
	};
	const struct appliance_tap *tap;

	for (tap = a->taps; tap < a->taps + APPLIANCE_MAX_TAPS; tap++)
		if (tap->frames != NULL && (tap->all_trunks || tap->dp_trunk == dp_trunk))
			frame_ring_put(tap->frames, &info, frame);
}

/* With frames NULL: one that is free. */
static struct appliance_tap *
find_tap(struct appliance *a, const struct frame_ring *frames)
{
	struct appliance_tap *tap;

	for (tap = a->taps; tap < a->taps + APPLIANCE_MAX_TAPS; tap++)
		if (tap->frames == frames)
			return tap;
	return NULL;
}

static void
end_tap(struct appliance *a, const struct frame_ring *frames)
{
	struct appliance_tap *tap = find_tap(a, frames);
	bool any = false;

	if (tap != NULL)
		tap->frames = NULL;
	for (tap = a->taps; tap < a->taps + APPLIANCE_MAX_TAPS; tap++)
		any |= tap->frames != NULL;
	if (!any)
		dp_set_tap(a->dp, NULL, NULL);
}

/* The trunk and the reference of the call that was asked for. */
static int
choose_call(struct appliance *a, struct query *q, struct appliance_tap *tap)
{
	struct query_tap *answer = &q->args.tap;
	const struct appliance_trunk *trunk = NULL;
	struct uni_call_info call;
	struct co_vc_info vc;

	if (co_vc_query(a->co, q->args.id, &vc) == CO_STATUS_SUCCESS)
		trunk = appliance_trunk_of(a, vc.adapter);
	if (trunk == NULL || callmgr_vc_query(a->env, vc.cm_ctx, &call) != 0) {
		snprintf(q->message, sizeof(q->message), "there is no call %u that is signalled",
			q->args.id);
		return -ENOENT;
	}
	tap->dp_trunk = answer->dp_trunk = (uint16_t)trunk->dp_trunk;
	answer->one_call = true;
	answer->ours = call.ours;
	answer->reference = call.reference;
	return 0;
}

static int
choose_trunk(struct appliance *a, struct query *q, struct appliance_tap *tap)
{
	const struct appliance_trunk *trunk =
		appliance_trunk_asked(a, q->args.trunk, q->message, sizeof(q->message));

	if (trunk == NULL)
		return -ENOENT;
	tap->dp_trunk = (uint16_t)trunk->dp_trunk;
	return 0;
}

static int
choose(struct appliance *a, struct query *q, struct appliance_tap *tap)
{
	if (q->args.id != 0 && q->args.trunk[0] != '\0') {
		snprintf(q->message, sizeof(q->message),
			"a call has its trunk; mend: leave the trunk out");
		return -EINVAL;
	}
	if (q->args.id != 0)
		return choose_call(a, q, tap);
	if (!q->args.signalling) {
		snprintf(q->message, sizeof(q->message),
			"users' frames cannot be captured, only signalling; mend: callctl capture "
			"--signalling");
		return -ENOTSUP;
	}
	if (q->args.trunk[0] != '\0')
		return choose_trunk(a, q, tap);
	tap->all_trunks = true;
	return 0;
}

static void
list_trunks(const struct appliance *a, struct query *q)
{
	const struct config_trunk *config;
	struct query_tap_row *row;
	unsigned int i;

	for (i = 0; i < a->n_trunks; i++) {
		config = a->trunks[i].config;
		row = &q->rows.taps[q->n_rows++];
		row->dp_trunk = (uint16_t)a->trunks[i].dp_trunk;
		snprintf(row->name, sizeof(row->name), "%s/%s", config->name,
			a->config->ports[config->port].name);
	}
}

void
query_capture(struct appliance *a, struct query *q)
{
	struct appliance_tap chosen = { .frames = q->args.tap.frames };
	struct appliance_tap *tap = find_tap(a, NULL);

	if (q->args.tap.end) {
		end_tap(a, q->args.tap.frames);
		return;
	}
	q->error = choose(a, q, &chosen);
	if (q->error != 0)
		return;
	if (tap == NULL) {
		q->error = -EBUSY;
		snprintf(
			q->message, sizeof(q->message), "too many captures at once; mend: end one");
		return;
	}
	*tap = chosen;
	list_trunks(a, q);
	dp_set_tap(a->dp, tapped, a);
}
