/* SPDX-License-Identifier: BSD-3-Clause */
#include "callplane/preflight.h"

#include <jansson.h>
#include <stdarg.h>
#include <string.h>

#include "callplane/preflight_priv.h"

static const char *const verdicts[PREFLIGHT_VERDICTS] = {
	[PREFLIGHT_OK] = "ok",
	[PREFLIGHT_WARNING] = "warning",
	[PREFLIGHT_WRONG] = "wrong",
};

void
preflight_add(struct preflight *p, enum preflight_verdict verdict, const char *subject,
	const char *mend, const char *fmt, ...)
{
	struct preflight_check *check = &p->checks[p->n_checks];
	va_list ap;

	if (p->n_checks == PREFLIGHT_MAX_CHECKS)
		return;
	check->verdict = verdict;
	snprintf(check->subject, sizeof(check->subject), "%s", subject);
	snprintf(check->mend, sizeof(check->mend), "%s", verdict != PREFLIGHT_OK ? mend : "");
	va_start(ap, fmt);
	vsnprintf(check->text, sizeof(check->text), fmt, ap);
	va_end(ap);
	p->n_checks++;
}

void
preflight_run(struct preflight *p)
{
	static void (*const parts[])(struct preflight *) = {
		preflight_memory,
		preflight_iommu,
		preflight_drivers,
		preflight_nodes,
		preflight_lcores,
		preflight_ports,
		preflight_clock,
		preflight_scheduler,
	};
	size_t i;

	p->n_checks = 0;
	for (i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
		parts[i](p);
}

/* ---- Printing ---- */

static void
count(const struct preflight *p, unsigned int n[PREFLIGHT_VERDICTS])
{
	unsigned int i;

	memset(n, 0, PREFLIGHT_VERDICTS * sizeof(n[0]));
	for (i = 0; i < p->n_checks; i++)
		n[p->checks[i].verdict]++;
}

static void
print_text(const struct preflight *p, FILE *out, const unsigned int n[PREFLIGHT_VERDICTS])
{
	const struct preflight_check *check;
	int width = 0;
	unsigned int i;

	for (i = 0; i < p->n_checks; i++)
		if ((int)strlen(p->checks[i].subject) > width)
			width = (int)strlen(p->checks[i].subject);
	for (i = 0; i < p->n_checks; i++) {
		check = &p->checks[i];
		fprintf(out, "%-7s  %-*s  %s\n", verdicts[check->verdict], width, check->subject,
			check->text);
		if (check->mend[0] != '\0')
			fprintf(out, "%-7s  %-*s  mend: %s\n", "", width, "", check->mend);
	}
	fprintf(out, "%u ok, %u warnings, %u wrong\n", n[PREFLIGHT_OK], n[PREFLIGHT_WARNING],
		n[PREFLIGHT_WRONG]);
}

static void
print_json(const struct preflight *p, FILE *out, const unsigned int n[PREFLIGHT_VERDICTS])
{
	json_t *checks = json_array();
	const struct preflight_check *check;
	json_t *all;
	unsigned int i;

	for (i = 0; i < p->n_checks; i++) {
		check = &p->checks[i];
		json_array_append_new(
			checks, json_pack("{s:s, s:s, s:s, s:s}", "verdict",
					verdicts[check->verdict], "subject", check->subject, "text",
					check->text, "mend", check->mend));
	}
	all = json_pack("{s:o, s:i, s:i, s:i}", "checks", checks, "ok", (int)n[PREFLIGHT_OK],
		"warnings", (int)n[PREFLIGHT_WARNING], "wrong", (int)n[PREFLIGHT_WRONG]);
	json_dumpf(all, out, JSON_PRESERVE_ORDER);
	fputc('\n', out);
	json_decref(all);
}

int
preflight_print(const struct preflight *p, FILE *out, bool json)
{
	unsigned int n[PREFLIGHT_VERDICTS];

	count(p, n);
	if (json)
		print_json(p, out, n);
	else
		print_text(p, out, n);
	return n[PREFLIGHT_WRONG] != 0 ? 1 : 0;
}
