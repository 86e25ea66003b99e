/* SPDX-License-Identifier: BSD-3-Clause */
#include "callctl/view.h"

#include <stdbool.h>
#include <string.h>

#include "callctl/format.h"

#define BAR_WIDTH 16
#define CELL 32

static double
number(const json_t *row, const char *key)
{
	return json_number_value(json_object_get(row, key));
}

static const char *
text(const json_t *row, const char *key)
{
	const char *value = json_string_value(json_object_get(row, key));

	return value != NULL && value[0] != '\0' ? value : "-";
}

static const char *
duration(char *out, double ns)
{
	format_duration(out, CELL, ns / 1e9);
	return out;
}

/* "12.3M", "1.2k", "7": five characters at most below 10^15. */
static const char *
scaled(char *out, double value)
{
	static const char units[] = " kMGTPE";
	unsigned int unit = 0;

	while (value >= 999.5 && unit + 2 < sizeof(units)) {
		value /= 1000;
		unit++;
	}
	if (unit == 0)
		snprintf(out, CELL, "%.0f", value);
	else
		snprintf(out, CELL, value < 99.95 ? "%.1f%c" : "%.0f%c", value, units[unit]);
	return out;
}

/* "1.2k/s no-circuit": the sum, and the reason that most of them had. */
static const char *
drops(char *out, const json_t *row)
{
	const char *reason, *most = NULL;
	const json_t *value;
	double highest = 0;
	char sum[CELL];

	json_object_foreach(json_object_get(row, "drops"), reason, value)
	{
		if (json_number_value(value) > highest) {
			highest = json_number_value(value);
			most = reason;
		}
	}
	snprintf(out, 2 * CELL, "%s%s%s", scaled(sum, number(row, "drops_per_s")),
		most != NULL ? " " : "", most != NULL ? most : "");
	return out;
}

static void
bar(char *out, double percent)
{
	int n = (int)(percent * BAR_WIDTH / 100 + 0.5);

	memset(out, '-', BAR_WIDTH);
	memset(out, '#', (size_t)(n < 0 ? 0 : n > BAR_WIDTH ? BAR_WIDTH : n));
	out[BAR_WIDTH] = '\0';
}

static void
head(FILE *out, const json_t *rates)
{
	char up[CELL], made[CELL], ended[CELL];

	format_duration(up, sizeof(up), number(rates, "uptime_s"));
	fprintf(out, "callplane %s  %s  up %s\n", text(rates, "version"), text(rates, "state"), up);
	fprintf(out,
		"calls %.0f, active %.0f  +%s/s set up  -%s/s cleared  parties %.0f  jobs %.0f\n",
		number(rates, "calls"), number(rates, "calls_active"),
		scaled(made, number(rates, "set_up_per_s")),
		scaled(ended, number(rates, "cleared_per_s")), number(rates, "parties"),
		number(rates, "jobs_running"));
}

static void
worker(FILE *out, const json_t *row)
{
	char load[BAR_WIDTH + 1], p50[CELL], p9999[CELL], longest[CELL], why[2 * CELL];

	bar(load, number(row, "busy_percent"));
	fprintf(out, "%6.0f %4.0f [%s] %5.1f %8.3f %7.0f %5.1f %9s %9s %9s %6.1f %6.1f  %s\n",
		number(row, "lcore"), number(row, "numa_node"), load, number(row, "busy_percent"),
		number(row, "frames_per_s") / 1e6, number(row, "cycles_per_frame"),
		number(row, "frames_per_busy_turn"), duration(p50, number(row, "gap_ns_p50")),
		duration(p9999, number(row, "gap_ns_p9999")),
		duration(longest, number(row, "gap_ns_max")), number(row, "wait_percent"),
		number(row, "to_control_percent"), drops(why, row));
}

static void
port(FILE *out, const json_t *row)
{
	char why[2 * CELL], missed[CELL];

	fprintf(out, "%-16s %-4s %9.3f %9.3f %9.3f %9.3f %9s  %s\n", text(row, "name"),
		json_is_true(json_object_get(row, "link_up")) ? "up" : "down",
		number(row, "rx_per_s") / 1e6, number(row, "rx_bits_per_s") / 1e9,
		number(row, "tx_per_s") / 1e6, number(row, "tx_bits_per_s") / 1e9,
		scaled(missed, number(row, "missed_per_s")), drops(why, row));
}

static void
trunk(FILE *out, const json_t *row)
{
	char made[CELL], ended[CELL], in[CELL], sent[CELL];

	fprintf(out, "%-16s %-12s %-10s %9.0f %9.0f %9s %9s %9s %9s %7.0f\n", text(row, "name"),
		text(row, "link"), text(row, "state"), number(row, "calls"), number(row, "labels"),
		scaled(made, number(row, "set_up_per_s")),
		scaled(ended, number(row, "cleared_per_s")),
		scaled(in, number(row, "messages_rx_per_s")),
		scaled(sent, number(row, "messages_tx_per_s")), number(row, "alarms"));
}

static void
vc(FILE *out, const json_t *row)
{
	fprintf(out, "%-16s %9.0f %9.3f %9.3f\n", text(row, "trunk"), number(row, "label"),
		number(row, "packets_per_s") / 1e6, number(row, "bits_per_s") / 1e9);
}

struct section {
	const char *list;
	const char *heading;
	void (*row)(FILE *out, const json_t *row);
};

static const struct section sections[] = {
	{ "workers",
		"WORKER NODE LOAD                BUSY%     MPPS CYCLE/F BURST   GAP P50    P99.99  "
		" "
		"LONGEST  WAIT% TOCTL%  DROPS/S",
		worker },
	{ "ports",
		"PORT             LINK   RX MPPS   RX GB/S   TX MPPS   TX GB/S  MISSED/S  DROPS/S",
		port },
	{ "trunks",
		"TRUNK            LINK         STATE          CALLS    LABELS  SET UP/S "
		"CLEARED/S   MSG IN/S  MSG OUT/S  ALARMS",
		trunk },
	{ "vcs", "BUSIEST: TRUNK       LABEL      MPPS      GB/S", vc },
};

void
view_print(FILE *out, const json_t *rates)
{
	const json_t *rows, *row;
	size_t i, k;

	head(out, rates);
	for (i = 0; i < sizeof(sections) / sizeof(sections[0]); i++) {
		rows = json_object_get(rates, sections[i].list);
		if (json_array_size(rows) == 0)
			continue;
		fprintf(out, "\n%s\n", sections[i].heading);
		json_array_foreach(rows, k, row) sections[i].row(out, row);
	}
}
