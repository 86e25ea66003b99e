/* SPDX-License-Identifier: BSD-3-Clause */
#include "callplane/call_end.h"

#include "callmgr/callmgr.h"

/* Whether elements say it; a refusal at once has a cause alone. */
static bool
read_refusal(const struct co_call_end *end, struct uni_release *release)
{
	struct uni_elements elements = { NULL, 0 };

	if (end->params != NULL)
		elements =
			(struct uni_elements){ end->params->elements, end->params->elements_size };
	if (elements.len > 0 && uni_clearing_decode(release, &elements) == 0 && release->cause != 0)
		return true;
	*release = (struct uni_release){ .cause = end->params != NULL ? end->params->cause : 0 };
	if (release->cause == 0 && end->by_client)
		release->cause = callmgr_cause_of_status(end->status);
	return false;
}

/* The first octet's highest bit: elements follow (callmgr.h). */
static bool
read_close(const struct co_call_end *end, struct uni_release *release)
{
	if (callmgr_data_read(end->data, release) != 0)
		*release = (struct uni_release){ 0 };
	return end->data.size > 1 && (end->data.octets[0] & 0x80) != 0;
}

bool
call_end_read(const struct co_call_end *end, struct uni_release *release)
{
	return end->refused ? read_refusal(end, release) : read_close(end, release);
}
