/* SPDX-License-Identifier: BSD-3-Clause */
#include <stdio.h>
#include <string.h>

#include "callplane/config_priv.h"

/* What is configured to be there without a call from outside: PVCs, and echoes. */

#define VPCI_SHIFT 16
#define VCI_FIRST_USER 32u

static bool
same_address(const struct config_address *a, const struct config_address *b)
{
	return memcmp(a, b, sizeof(*a)) == 0;
}

/* ---- Setters. ---- */

/* SIG-2 */
int
config_set_pvc_label(struct config_reader *r, const struct config_field *field, void *record,
	const struct config_node *value)
{
	struct config_pvc *pvc = record;
	uint64_t label;
	int err = config_value_uint(r, field, value, &label);

	if (err != 0)
		return err;
	if ((label & 0xffff) < VCI_FIRST_USER)
		return config_fail(r, value,
			"%s is %.40s: its VCI, the low 16 bits, is %u, not 32 or more; mend: %s",
			field->key, value->text, (unsigned int)label & 0xffff, field->mend);
	pvc->label = (uint32_t)label;
	return 0;
}

int
config_set_attached(struct config_reader *r, const struct config_field *field, void *record,
	const struct config_node *value)
{
	struct config_pvc *pvc = record;
	const struct config_pvc *other;
	uint32_t i;
	int err = config_set_address(r, field, record, value);

	if (err != 0)
		return err;
	for (i = 0; i < r->config->n_attachments; i++)
		if (config_attachment_has(&r->config->attachments[i], &pvc->attachment))
			break;
	if (i == r->config->n_attachments)
		return config_fail(r, value,
			"no attachment has the address \"%.40s\"; mend: add it to attachments, or "
			"%s",
			value->text, field->mend);
	for (other = r->config->pvcs; other < pvc; other++)
		if (same_address(&other->attachment, &pvc->attachment))
			return config_fail(r, value,
				"the attachment \"%.40s\" has the PVC of line %u already; mend: "
				"%s",
				value->text, other->line, field->mend);
	return 0;
}

/* ---- What must not be twice. ---- */

int
config_check_pvc(struct config_reader *r, void *record, const struct config_node *node)
{
	struct config_pvc *pvc = record;
	const struct config_trunk *trunk = &r->config->trunks[pvc->trunk];
	const struct config_pvc *other;
	uint32_t vpci = pvc->label >> VPCI_SHIFT;

	pvc->line = node->line;
	if (vpci < trunk->vpci_first || vpci > trunk->vpci_last)
		return config_fail(r, node,
			"label %u is of VPCI %u, and trunk %s has %u to %u; mend: give a label "
			"of one of those",
			pvc->label, vpci, trunk->name, trunk->vpci_first, trunk->vpci_last);
	if (pvc->committed > pvc->rate || (pvc->burst != 0 && pvc->committed == 0))
		return config_fail(r, node,
			"a burst goes with a committed rate, and that is part of the rate; mend: "
			"give rate, committed at most as high, and burst");
	for (other = r->config->pvcs; other < pvc; other++)
		if (other->trunk == pvc->trunk && other->label == pvc->label)
			return config_fail(r, node,
				"label %u of trunk %s is that of the PVC in line %u; mend: give "
				"each a label of its own",
				pvc->label, trunk->name, other->line);
	return 0;
}

int
config_check_echo(struct config_reader *r, void *record, const struct config_node *node)
{
	struct config_echo *echo = record;
	const struct config_echo *other;
	uint32_t i;

	echo->line = node->line;
	for (other = r->config->echoes; other < echo; other++)
		if (same_address(&other->address, &echo->address))
			return config_fail(r, node,
				"the address has the echo of line %u already; mend: keep one of "
				"them",
				other->line);
	for (i = 0; i < r->config->n_attachments; i++)
		if (config_attachment_has(&r->config->attachments[i], &echo->address))
			return config_fail(r, node,
				"the address is that of an attachment, in line %u; mend: give the "
				"echo an address of its own",
				r->config->attachments[i].line);
	return 0;
}
