/* SPDX-License-Identifier: BSD-3-Clause */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "appliance_priv.h"
#include "base/log.h"

/* Circuits of the configuration (MAKE-12): their call managers know them, and some are connected.
 */

#define TRY_NS 100000000ull /* until the next try when a trunk is not ready */

static void
to_co_pvc(struct co_pvc *out, const struct config_pvc *in)
{
	*out = (struct co_pvc){ .label = in->label };
	appliance_to_co_address(&out->address, &in->address);
	out->tx = (struct co_flowspec){
		.peak_rate = in->rate, .token_rate = in->committed, .bucket_size = in->burst
	};
	out->rx = out->tx;
}

static const char *
why_not(int err)
{
	return err == -EINVAL   ? "the label is none of the trunk's"
	       : err == -EBUSY  ? "the label is in use"
	       : err == -ENOSPC ? "there are too many"
				: strerror(-err);
}

int
appliance_create_pvcs(struct appliance *a, char *error, size_t error_size)
{
	const struct config_pvc *config;
	struct co_pvc pvc;
	unsigned int i;
	int err;

	for (i = 0; i < a->config->n_pvcs; i++) {
		config = &a->config->pvcs[i];
		to_co_pvc(&pvc, config);
		err = callmgr_pvc_add(a->trunks[config->trunk].callmgr, &pvc);
		if (err != 0) {
			snprintf(error, error_size,
				"permanent circuit %u of trunk %s (line %u): %s; mend: another "
				"label, or fewer pvcs",
				config->label, a->config->trunks[config->trunk].name, config->line,
				why_not(err));
			return err;
		}
		a->pvc_waits[i] = config->attachment.type != CO_ADDRESS_NONE;
		a->n_pvcs_waiting += a->pvc_waits[i];
	}
	return 0;
}

void
appliance_pvcs_again(struct appliance *a, unsigned int trunk)
{
	const struct config_pvc *pvc;
	unsigned int i;

	for (i = 0; i < a->config->n_pvcs; i++) {
		pvc = &a->config->pvcs[i];
		if (pvc->trunk != trunk || a->pvc_waits[i] ||
			pvc->attachment.type == CO_ADDRESS_NONE)
			continue;
		a->pvc_waits[i] = true;
		a->n_pvcs_waiting++;
	}
}

/* Job 0 is nobody's: a failure that is reported later is logged. */
static int
connect_one(struct appliance *a, const struct config_pvc *pvc)
{
	struct caller_dial_args args = {
		.adapter = a->adapters[pvc->trunk],
		.permanent = true,
		.label = pvc->label,
	};
	struct co_address attachment;

	appliance_to_co_address(&args.to, &pvc->address);
	appliance_to_co_address(&attachment, &pvc->attachment);
	return attach_dial_as(a->attach, (uint32_t)attach_find(a->attach, &attachment), &args);
}

void
appliance_pvcs_turn(struct appliance *a)
{
	const struct config_pvc *pvc;
	unsigned int i;
	int err;

	if (a->n_pvcs_waiting == 0 || a->now_ns - a->pvcs_tried_ns < TRY_NS)
		return;
	a->pvcs_tried_ns = a->now_ns;
	for (i = 0; i < a->config->n_pvcs; i++) {
		pvc = &a->config->pvcs[i];
		if (!a->pvc_waits[i])
			continue;
		err = connect_one(a, pvc);
		if (err == -ENETUNREACH || err == -ENETDOWN || err == -EAGAIN)
			continue; /* the trunk is not ready */
		if (err != 0)
			cp_log(CP_LOG_WARN, "permanent circuit %u of trunk %s is not connected: %s",
				pvc->label, a->config->trunks[pvc->trunk].name, strerror(-err));
		a->pvc_waits[i] = false;
		a->n_pvcs_waiting--;
	}
}

int
appliance_find_pvc(const struct appliance *a, const struct co_address *to, uint32_t label)
{
	const struct config_pvc *pvc;
	struct co_address address;
	unsigned int i;

	for (i = 0; i < a->config->n_pvcs; i++) {
		pvc = &a->config->pvcs[i];
		appliance_to_co_address(&address, &pvc->address);
		if (memcmp(&address, to, sizeof(address)) == 0 &&
			(label == 0 || label == pvc->label))
			return (int)pvc->trunk;
	}
	return -ENOENT;
}
