/* SPDX-License-Identifier: BSD-3-Clause */
#include "callplane/call_record.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "callplane/config.h"
#include "uni/cause.h"

#define SECOND_NS UINT64_C(1000000000)

/*
 * Written without a JSON library, since there can be a million of them in a second: what stands
 * in quotes are names of the configuration, addresses and words of our own, none of which holds
 * anything to be escaped.
 */
struct line {
	char *text;
	size_t len;
};

__attribute__((format(printf, 2, 3))) static void
put(struct line *l, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	l->len += (size_t)vsnprintf(l->text + l->len, CALL_RECORD_LINE - l->len, fmt, ap);
	va_end(ap);
}

static void
put_time(struct line *l, const char *key, uint64_t epoch_ns)
{
	time_t seconds = (time_t)(epoch_ns / SECOND_NS);
	struct tm tm;
	char text[32];

	gmtime_r(&seconds, &tm);
	strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%S", &tm);
	put(l, "\"%s\":\"%s.%06" PRIu64 "Z\",", key, text, epoch_ns % SECOND_NS / 1000);
}

static void
put_seconds(struct line *l, const char *key, uint64_t from_ns, uint64_t to_ns)
{
	uint64_t ns = to_ns > from_ns ? to_ns - from_ns : 0;

	put(l, "\"%s\":%" PRIu64 ".%06" PRIu64 ",", key, ns / SECOND_NS, ns % SECOND_NS / 1000);
}

static void
put_address(struct line *l, const char *key, const struct co_address *address)
{
	struct config_address a = { .type = address->type, .len = address->len };
	char text[CONFIG_ADDRESS_TEXT];

	if (address->type == CO_ADDRESS_NONE)
		return;
	memcpy(a.octets, address->octets, sizeof(a.octets));
	config_address_print(text, sizeof(text), &a);
	put(l, "\"%s\":\"%s\",", key, text);
}

static void
put_who(struct line *l, const struct call_record *r)
{
	put(l, "\"call\":%" PRIu32 ",\"trunk\":\"%.*s\",\"direction\":\"%s\",\"client\":\"%.*s\",",
		r->vc, (int)sizeof(r->trunk), r->trunk, r->flags & CALL_RECORD_OUT ? "out" : "in",
		(int)sizeof(r->client), r->client);
	put_address(l, "from", &r->from);
	put_address(l, "to", &r->to);
	if (r->label != UINT32_MAX)
		put(l, "\"label\":%" PRIu32 ",", r->label);
	if (r->flags & CALL_RECORD_MULTIPOINT)
		put(l, "\"multipoint\":true,");
	if (r->flags & CALL_RECORD_PERMANENT)
		put(l, "\"permanent\":true,");
}

/* A call that was never up has no duration: 0, as a bill would have it. */
static void
put_when(struct line *l, const struct call_record *r, uint64_t epoch_ns)
{
	bool up = r->flags & CALL_RECORD_UP;

	put_time(l, "begun", epoch_ns + r->begun_ns);
	put_time(l, "ended", epoch_ns + r->over_ns);
	put(l, "\"up\":%s,", up ? "true" : "false");
	put_seconds(l, "setup_s", r->begun_ns, up ? r->up_ns : r->ending_ns);
	put_seconds(l, "duration_s", up ? r->up_ns : 0, up ? r->ending_ns : 0);
	put_seconds(l, "clearing_s", r->ending_ns, r->over_ns);
}

static void
put_why(struct line *l, const struct call_record *r)
{
	uint16_t i;

	put(l, "\"closed_by\":\"%s\",", r->flags & CALL_RECORD_BY_CLIENT ? "local" : "remote");
	if (r->cause != 0)
		put(l, "\"cause\":%u,\"cause_text\":\"%s\",", r->cause, uni_cause_name(r->cause));
	if (r->location != CALL_RECORD_NO_LOCATION)
		put(l, "\"location\":%u,\"location_text\":\"%s\",", r->location,
			uni_cause_location_name(r->location));
	if (r->status != CO_STATUS_SUCCESS)
		put(l, "\"status\":\"%s\",", co_status_name((enum co_status)r->status));
	if (r->data_len == 0)
		return;
	put(l, "\"data\":\"");
	for (i = 0; i < r->data_len; i++)
		put(l, "%02x", r->data[i]);
	put(l, "\",");
}

size_t
call_record_size(const struct call_record *r)
{
	return offsetof(struct call_record, data) + r->data_len;
}

size_t
call_record_print(const struct call_record *r, uint64_t epoch_ns, char *out)
{
	struct line l = { .text = out };

	put(&l, "{");
	put_who(&l, r);
	put_when(&l, r, epoch_ns);
	put_why(&l, r);
	put(&l,
		"\"rx\":%" PRIu64 ",\"rx_octets\":%" PRIu64 ",\"tx\":%" PRIu64
		",\"tx_octets\":%" PRIu64 ",\"drops\":%" PRIu64 ",\"counted\":%s}\n",
		r->rx, r->rx_octets, r->tx, r->tx_octets, r->drops,
		r->flags & CALL_RECORD_COUNTED ? "true" : "false");
	return l.len;
}
