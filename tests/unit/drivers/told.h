/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once

/** @file What a client was told of an end, for tests: as it came, and its cause and user data. */

#include <string.h>

#include "callmgr/callmgr.h"

struct told {
	uint32_t raw_size;
	uint8_t raw[CALLMGR_MAX_CLOSE_DATA];
	uint32_t size; /**< 0, or octet 1 the cause and then user-user contents. */
	uint8_t octets[1 + UNI_MAX_UU];
	uint8_t location, cause2, location2;
};

#define CAME_MAX 600

/** Elements that came with an answer or a refusal. */
struct came {
	uint32_t size;
	uint8_t octets[CAME_MAX];
};

/** False: too many. */
static inline bool
came_take(struct came *came, const struct co_call_params *params)
{
	came->size = params->elements_size;
	if (came->size > sizeof(came->octets) || (came->size == 0) != (params->elements == NULL))
		return false;
	if (came->size > 0)
		memcpy(came->octets, params->elements, came->size);
	return true;
}

/** False: it is none. */
static inline bool
told_take(struct told *told, struct co_data data)
{
	struct uni_release r;

	memset(told, 0, sizeof(*told));
	if (data.size > sizeof(told->raw) || (data.size == 0) != (data.octets == NULL) ||
		callmgr_data_read(data, &r) != 0)
		return false;
	told->raw_size = data.size;
	if (data.size == 0)
		return true;
	memcpy(told->raw, data.octets, data.size);
	told->size = 1 + r.uu_len;
	told->octets[0] = r.cause;
	if (r.uu_len > 0)
		memcpy(told->octets + 1, r.uu, r.uu_len);
	told->location = r.location;
	told->cause2 = r.cause2;
	told->location2 = r.location2;
	return true;
}
