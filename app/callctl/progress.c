/* SPDX-License-Identifier: BSD-3-Clause */
#include "callctl/progress.h"

#include <stdio.h>
#include <string.h>

#include "callctl/format.h"

#define BAR_MAX 32
#define BAR_MIN 4
#define AROUND_BAR 3 /* " [" and "]" */

static json_int_t
count_of(const json_t *job, const char *key)
{
	return json_integer_value(json_object_get(job, key));
}

static void
bar(char *out, int width, double part)
{
	int n = (int)(part * width);

	out += sprintf(out, " [");
	memset(out, '-', (size_t)width);
	memset(out, '#', (size_t)n);
	strcpy(out + width, "]");
}

void
progress_line(char *out, size_t size, const json_t *job, unsigned int columns)
{
	json_int_t total = count_of(job, "total");
	json_int_t ended = count_of(job, "done") + count_of(job, "failed");
	const char *kind = json_string_value(json_object_get(job, "kind"));
	double rate = json_number_value(json_object_get(job, "rate"));
	char picture[BAR_MAX + AROUND_BAR + 1] = "", left[32] = "?", rest[128];
	double part = 0;
	int room;

	ended = ended < total ? ended : total;
	if (total > 0)
		part = (double)ended / (double)total;
	if (rate > 0)
		format_duration(left, sizeof(left), (double)(total - ended) / rate);
	snprintf(rest, sizeof(rest), "  %3.0f %%  %lld of %lld  %.0f/s  %s left", part * 100,
		(long long)ended, (long long)total, rate, left);
	kind = kind != NULL ? kind : "";
	room = (int)columns - (int)strlen(kind) - (int)strlen(rest) - AROUND_BAR;
	if (room >= BAR_MIN)
		bar(picture, room < BAR_MAX ? room : BAR_MAX, part);
	if (size > columns + 1)
		size = columns + 1;
	snprintf(out, size, "%s%s%s", kind, picture, rest);
}
