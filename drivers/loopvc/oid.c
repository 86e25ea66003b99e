/* SPDX-License-Identifier: BSD-3-Clause */
#include <string.h>

#include "loopvc_priv.h"

/* Requests that are typed by number (4.20). */

/** Whom a request is about. */
struct subject {
	struct loopvc_port *port;
	struct loopvc_vc *vc; /**< NULL: the adapter. */
	uint32_t circuit;
};

union oid_value {
	uint32_t u32;
	uint64_t u64;
	struct co_vc_flow flow;
	struct co_vc_statistics statistics;
};

/** Octets of the buffer that it takes or fills; what a VC alone, and an active one, is asked. */
struct oid_row {
	uint8_t size_in;
	uint8_t size_out;
	bool vc_only;
	bool is_counter; /**< 4 octets get the low half (STAT-4). */
	enum co_status (*act)(const struct subject *s, union oid_value *value);
};

/* ---- Where a VC leads. ---- */

static enum co_status
attach(const struct subject *s, union oid_value *value)
{
	s->vc->attachment = value->u32;
	s->vc->attached = true;
	return CO_STATUS_SUCCESS;
}

static enum co_status
circuit(const struct subject *s, union oid_value *value)
{
	value->u32 = s->circuit;
	return CO_STATUS_SUCCESS;
}

static enum co_status
join(const struct subject *s, union oid_value *value)
{
	struct loopvc_vc *v = s->vc, *w;
	struct loopvc *other;

	w = loopvc_circuit_find(value->u32, &other);
	if (w == NULL || w == v || (v->media.flags & w->media.flags & CO_MEDIA_F_LEAF) != 0)
		return CO_STATUS_INVALID_DATA;
	if (v->joined != 0 || w->joined != 0 || v->media.signalling || w->media.signalling)
		return CO_STATUS_NOT_ACCEPTED;
	v->joined = value->u32;
	w->joined = s->circuit;
	return CO_STATUS_SUCCESS;
}

/* What leads nowhere else is received locally without being asked to. */
static enum co_status
local(const struct subject *s, union oid_value *value)
{
	(void)value;
	return s->vc->joined != 0 || s->vc->attached ? CO_STATUS_NOT_ACCEPTED : CO_STATUS_SUCCESS;
}

/* ---- What there is to know. ---- */

static enum co_status
flow(const struct subject *s, union oid_value *value)
{
	value->flow = (struct co_vc_flow){ .tx = s->vc->media.tx, .rx = s->vc->media.rx };
	return CO_STATUS_SUCCESS;
}

/* STAT-3 */
static enum co_status
statistics(const struct subject *s, union oid_value *value)
{
	value->statistics = s->vc != NULL ? s->vc->stats : s->port->stats;
	return CO_STATUS_SUCCESS;
}

#define COUNTER(name, member)                                                                      \
	static enum co_status name(const struct subject *s, union oid_value *value)                \
	{                                                                                          \
		value->u64 = s->vc != NULL ? s->vc->stats.member : s->port->stats.member;          \
		return CO_STATUS_SUCCESS;                                                          \
	}

COUNTER(packets_sent, tx_packets)
COUNTER(packets_received, rx_packets)
COUNTER(send_errors, tx_errors)
COUNTER(receive_errors, rx_errors)
COUNTER(receive_no_buffer, rx_no_buffer)

static enum co_status
queued(const struct subject *s, union oid_value *value)
{
	const struct loopvc *lv = s->port->lv;
	const struct wire_packet *p;
	const struct loopvc_vc *v;

	if (s->vc != NULL) {
		value->u32 = s->vc->sends_out;
		return CO_STATUS_SUCCESS;
	}
	TAILQ_FOREACH (p, &lv->wire, entry) {
		v = p->sender != NULL ? loopvc_vc_at(lv, p->sender_vc) : NULL;
		value->u32 += v != NULL && &lv->ends[v->end] == s->port;
	}
	return CO_STATUS_SUCCESS;
}

static enum co_status
link_state(const struct subject *s, union oid_value *value)
{
	value->u32 = !s->port->link_down && !s->port->removed;
	return CO_STATUS_SUCCESS;
}

static enum co_status
max_payload(const struct subject *s, union oid_value *value)
{
	(void)s;
	value->u32 = LOOPVC_MAX_PACKET;
	return CO_STATUS_SUCCESS;
}

static enum co_status
time_ns(const struct subject *s, union oid_value *value)
{
	value->u64 = s->port->lv->now_ns;
	return CO_STATUS_SUCCESS;
}

#define IN(type, act)                                                                              \
	{                                                                                          \
		sizeof(type), 0, true, false, act                                                  \
	}
#define OUT(type, act)                                                                             \
	{                                                                                          \
		0, sizeof(type), false, false, act                                                 \
	}
#define VC_OUT(type, act)                                                                          \
	{                                                                                          \
		0, sizeof(type), true, false, act                                                  \
	}
#define COUNT(act)                                                                                 \
	{                                                                                          \
		0, sizeof(uint64_t), false, true, act                                              \
	}

static const struct oid_row rows[CO_OID_COUNT] = {
	[CO_OID_VC_ATTACH] = IN(uint32_t, attach),
	[CO_OID_VC_CIRCUIT] = VC_OUT(uint32_t, circuit),
	[CO_OID_VC_JOIN] = IN(uint32_t, join),
	[CO_OID_VC_LOCAL] = { 0, 0, true, false, local },
	[CO_OID_VC_FLOW] = VC_OUT(struct co_vc_flow, flow),
	[CO_OID_VC_STATISTICS] = OUT(struct co_vc_statistics, statistics),
	[CO_OID_PACKETS_SENT] = COUNT(packets_sent),
	[CO_OID_PACKETS_RECEIVED] = COUNT(packets_received),
	[CO_OID_SEND_ERRORS] = COUNT(send_errors),
	[CO_OID_RECEIVE_ERRORS] = COUNT(receive_errors),
	[CO_OID_RECEIVE_NO_BUFFER] = COUNT(receive_no_buffer),
	[CO_OID_QUEUED] = OUT(uint32_t, queued),
	[CO_OID_LINK] = OUT(uint32_t, link_state),
	[CO_OID_MAX_PAYLOAD] = OUT(uint32_t, max_payload),
	[CO_OID_TIME] = OUT(uint64_t, time_ns),
};

static enum co_status
check_size(const struct oid_row *row, struct co_oid_request *request)
{
	if (row->size_out == 0)
		return request->size == row->size_in ? CO_STATUS_SUCCESS : CO_STATUS_INVALID_LENGTH;
	request->needed = row->size_out;
	if (request->size >= row->size_out ||
		(row->is_counter && request->size == sizeof(uint32_t)))
		return CO_STATUS_SUCCESS;
	return CO_STATUS_BUFFER_TOO_SHORT;
}

static void
copy_out(const struct oid_row *row, struct co_oid_request *request, const union oid_value *value)
{
	uint32_t low = (uint32_t)value->u64;

	if (row->is_counter && request->size < row->size_out)
		memcpy(request->buffer, &low, sizeof(low));
	else if (row->size_out != 0)
		memcpy(request->buffer, value, row->size_out);
}

enum co_status
loopvc_on_oid_request(void *adapter, bool has_vc, co_ctx_t vc_ctx, struct co_oid_request *request)
{
	struct loopvc_port *e = adapter;
	struct subject s = { .port = e };
	union oid_value value = { 0 };
	const struct oid_row *row;
	enum co_status status;

	s.vc = has_vc ? loopvc_vc_at(e->lv, vc_ctx) : NULL;
	s.circuit = loopvc_circuit_of(e->lv, (uint32_t)vc_ctx);
	if (has_vc && s.vc == NULL)
		return CO_STATUS_FAILURE;
	if (request->oid <= 0 || request->oid >= CO_OID_COUNT || rows[request->oid].act == NULL)
		return CO_STATUS_INVALID_OID;
	row = &rows[request->oid];
	status = check_size(row, request);
	if (status != CO_STATUS_SUCCESS)
		return status;
	if (has_vc ? s.vc->state != VC_ST_ACTIVE : row->vc_only)
		return CO_STATUS_NOT_ACCEPTED;
	if (row->size_in != 0)
		memcpy(&value, request->buffer, row->size_in);
	status = row->act(&s, &value);
	if (status == CO_STATUS_SUCCESS)
		copy_out(row, request, &value);
	return status;
}
