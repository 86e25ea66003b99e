/* SPDX-License-Identifier: BSD-3-Clause */
/* Requests that are typed by number (4.20), for both kinds of adapter. */
#include <string.h>

#include <rte_common.h>

#include "trunk_priv.h"

/** What a request's buffer has to be. */
enum oid_form {
	OID_FOREIGN = 0, /**< Not a miniport's. */
	OID_PLAIN,       /**< No buffer. */
	OID_IN,          /**< That size, neither more nor less. */
	OID_IN_OUT,      /**< Likewise, and it comes back in any case. */
	OID_OUT,         /**< At least that size. */
	OID_COUNTER,     /**< 8 octets, or 4 for the low half (STAT-4). */
};

/** What a request may be about, beside an active VC. */
enum oid_about {
	OID_ANY,        /**< The adapter. */
	OID_ACTIVE_VC,  /**< Nothing. */
	OID_CREATED_VC, /**< A VC that is not active. */
};

/** The value, before it is copied out. */
union oid_value {
	uint32_t u32;
	uint64_t u64;
	struct co_vc_flow flow;
	struct co_media_params media;
	struct co_vc_statistics statistics;
};

struct oid_row {
	uint8_t form; /**< enum oid_form. */
	uint8_t size;
	uint8_t about; /**< enum oid_about. */
	/** In: from @p value, out: into it. */
	enum co_status (*act)(
		struct ethvc_trunk *t, const struct ethvc_vc_name *vc, union oid_value *value);
};

/* ---- Where a VC leads. ---- */

static enum co_status
attach(struct ethvc_trunk *t, const struct ethvc_vc_name *vc, union oid_value *value)
{
	return ethvc_status_of_errno(dp_circuit_attach(t->dp, vc->circuit, value->u32));
}

static enum co_status
circuit(struct ethvc_trunk *t, const struct ethvc_vc_name *vc, union oid_value *value)
{
	(void)t;
	value->u32 = vc->circuit;
	return CO_STATUS_SUCCESS;
}

static enum co_status
join(struct ethvc_trunk *t, const struct ethvc_vc_name *vc, union oid_value *value)
{
	return ethvc_status_of_errno(dp_circuit_join(t->dp, vc->circuit, value->u32));
}

/* SEND-9: what arrives for a VC that only sends stays without a way, as before. */
static int
receive_locally(struct ethvc_trunk *t, const struct ethvc_vc_name *vc, struct ethvc_local *l)
{
	const struct ethvc_flow *f = ethvc_flow_of(t, vc);
	struct dp_circuit_stats stats;
	int err;

	if (f != NULL && f->send_only)
		return 0;
	err = dp_circuit_to_control(t->dp, vc->circuit);
	if (err != 0)
		return err;
	l->receives = true;
	if (dp_circuit_stats(t->dp, vc->circuit, &stats) == 0)
		l->other_drops = stats.drops - stats.rx_red;
	return 0;
}

/* The record first: from the next frame on there is somebody to receive. */
static enum co_status
local(struct ethvc_trunk *t, const struct ethvc_vc_name *vc, union oid_value *value)
{
	bool was_there = ethvc_local_at(t, vc->vc) != NULL;
	struct ethvc_local *l = ethvc_local_get(t, vc);
	int err;

	(void)value;
	if (l == NULL)
		return CO_STATUS_RESOURCES;
	err = receive_locally(t, vc, l);
	if (err != 0 && !was_there)
		ethvc_local_put(t, l);
	return ethvc_status_of_errno(err);
}

static enum co_status
reserve(struct ethvc_trunk *t, const struct ethvc_vc_name *vc, union oid_value *value)
{
	return ethvc_vc_reserve(t, vc, &value->media);
}

/* ---- What there is to know. ---- */

static enum co_status
flow(struct ethvc_trunk *t, const struct ethvc_vc_name *vc, union oid_value *value)
{
	ethvc_vc_flow(t, vc, &value->flow);
	return CO_STATUS_SUCCESS;
}

/*
 * STAT-5: received is what was handed up. What a VC that is received locally drops is damaged,
 * but for what its meter drops; what others drop has found no way on, and is no error.
 */
static enum co_status
vc_statistics(struct ethvc_trunk *t, const struct ethvc_vc_name *vc, struct co_vc_statistics *out)
{
	const struct ethvc_local *l = ethvc_local_at(t, vc->vc);
	struct dp_circuit_stats stats;
	int err = dp_circuit_stats(t->dp, vc->circuit, &stats);

	if (err != 0)
		return ethvc_status_of_errno(err);
	*out = (struct co_vc_statistics){
		.rx_packets = stats.rx_packets,
		.rx_octets = stats.rx_octets,
		.tx_packets = stats.tx_packets,
		.tx_octets = stats.tx_octets,
		.drops = stats.drops,
	};
	if (l == NULL)
		return CO_STATUS_SUCCESS;
	out->rx_packets -= RTE_MIN(l->no_buffer, out->rx_packets);
	out->drops += l->no_buffer;
	out->tx_errors = l->tx_errors;
	out->rx_no_buffer = l->no_buffer;
	if (l->receives)
		out->rx_errors = stats.drops - stats.rx_red - l->other_drops;
	return CO_STATUS_SUCCESS;
}

void
ethvc_vc_tell_final(struct ethvc_trunk *t, co_vc_t vc, dp_circuit_t circuit)
{
	const struct ethvc_vc_name name = { .vc = vc, .circuit = circuit };
	struct co_vc_statistics counters;

	if (vc_statistics(t, &name, &counters) == CO_STATUS_SUCCESS)
		co_m_vc_final(t->co, vc, &counters);
}

/* STAT-3 */
static enum co_status
statistics(struct ethvc_trunk *t, const struct ethvc_vc_name *vc, union oid_value *value)
{
	if (vc != NULL)
		return vc_statistics(t, vc, &value->statistics);
	ethvc_port_totals(t, &value->statistics);
	return CO_STATUS_SUCCESS;
}

#define COUNTER(name, member)                                                                      \
	static enum co_status name(                                                                \
		struct ethvc_trunk *t, const struct ethvc_vc_name *vc, union oid_value *value)     \
	{                                                                                          \
		enum co_status status = statistics(t, vc, value);                                  \
		uint64_t count = value->statistics.member;                                         \
                                                                                                   \
		value->u64 = count;                                                                \
		return status;                                                                     \
	}

COUNTER(packets_sent, tx_packets)
COUNTER(packets_received, rx_packets)
COUNTER(send_errors, tx_errors)
COUNTER(receive_errors, rx_errors)
COUNTER(receive_no_buffer, rx_no_buffer)

static enum co_status
queued(struct ethvc_trunk *t, const struct ethvc_vc_name *vc, union oid_value *value)
{
	const struct ethvc_local *l = vc != NULL ? ethvc_local_at(t, vc->vc) : NULL;

	value->u32 = vc == NULL ? cp_pool_n_used(&t->sends) : 0;
	if (l != NULL)
		value->u32 = l->n_queued;
	return CO_STATUS_SUCCESS;
}

static enum co_status
link_state(struct ethvc_trunk *t, const struct ethvc_vc_name *vc, union oid_value *value)
{
	(void)vc;
	if (t->ethdev == UINT16_MAX)
		return CO_STATUS_NOT_SUPPORTED;
	value->u32 = t->link_up;
	return CO_STATUS_SUCCESS;
}

static enum co_status
max_payload(struct ethvc_trunk *t, const struct ethvc_vc_name *vc, union oid_value *value)
{
	(void)vc;
	value->u32 = dp_trunk_max_payload(t->dp, t->trunk);
	return CO_STATUS_SUCCESS;
}

static enum co_status
time_ns(struct ethvc_trunk *t, const struct ethvc_vc_name *vc, union oid_value *value)
{
	(void)vc;
	value->u64 = ethvc_port_time_ns(t);
	return CO_STATUS_SUCCESS;
}

static const struct oid_row rows[CO_OID_COUNT] = {
	[CO_OID_VC_ATTACH] = { OID_IN, sizeof(uint32_t), OID_ACTIVE_VC, attach },
	[CO_OID_VC_CIRCUIT] = { OID_OUT, sizeof(uint32_t), OID_ACTIVE_VC, circuit },
	[CO_OID_VC_JOIN] = { OID_IN, sizeof(uint32_t), OID_ACTIVE_VC, join },
	[CO_OID_VC_LOCAL] = { OID_PLAIN, 0, OID_ACTIVE_VC, local },
	[CO_OID_VC_FLOW] = { OID_OUT, sizeof(struct co_vc_flow), OID_ACTIVE_VC, flow },
	[CO_OID_VC_RESERVE] = { OID_IN_OUT, sizeof(struct co_media_params), OID_CREATED_VC,
		reserve },
	[CO_OID_VC_STATISTICS] = { OID_OUT, sizeof(struct co_vc_statistics), OID_ANY, statistics },
	[CO_OID_PACKETS_SENT] = { OID_COUNTER, sizeof(uint64_t), OID_ANY, packets_sent },
	[CO_OID_PACKETS_RECEIVED] = { OID_COUNTER, sizeof(uint64_t), OID_ANY, packets_received },
	[CO_OID_SEND_ERRORS] = { OID_COUNTER, sizeof(uint64_t), OID_ANY, send_errors },
	[CO_OID_RECEIVE_ERRORS] = { OID_COUNTER, sizeof(uint64_t), OID_ANY, receive_errors },
	[CO_OID_RECEIVE_NO_BUFFER] = { OID_COUNTER, sizeof(uint64_t), OID_ANY, receive_no_buffer },
	[CO_OID_QUEUED] = { OID_OUT, sizeof(uint32_t), OID_ANY, queued },
	[CO_OID_LINK] = { OID_OUT, sizeof(uint32_t), OID_ANY, link_state },
	[CO_OID_MAX_PAYLOAD] = { OID_OUT, sizeof(uint32_t), OID_ANY, max_payload },
	[CO_OID_TIME] = { OID_OUT, sizeof(uint64_t), OID_ANY, time_ns },
};

static enum co_status
check_size(const struct oid_row *row, struct co_oid_request *request)
{
	switch ((enum oid_form)row->form) {
	case OID_FOREIGN:
		return CO_STATUS_INVALID_OID;
	case OID_PLAIN:
	case OID_IN:
	case OID_IN_OUT:
		return request->size == row->size ? CO_STATUS_SUCCESS : CO_STATUS_INVALID_LENGTH;
	case OID_OUT:
	case OID_COUNTER:
		break;
	}
	request->needed = row->size;
	if (request->size >= row->size)
		return CO_STATUS_SUCCESS;
	return row->form == OID_COUNTER && request->size == sizeof(uint32_t)
		       ? CO_STATUS_SUCCESS
		       : CO_STATUS_BUFFER_TOO_SHORT;
}

static bool
is_about(const struct oid_row *row, const struct ethvc_vc_name *vc)
{
	if (vc == NULL)
		return row->about == OID_ANY;
	return vc->circuit != 0 || row->about == OID_CREATED_VC;
}

/* The low half of a counter is where its first 4 octets are on this byte order. */
static_assert(RTE_BYTE_ORDER == RTE_LITTLE_ENDIAN, "STAT-4");

enum co_status
ethvc_trunk_oid(
	struct ethvc_trunk *t, const struct ethvc_vc_name *vc, struct co_oid_request *request)
{
	union oid_value value = { 0 };
	const struct oid_row *row;
	enum co_status status;

	if (request->oid <= 0 || request->oid >= CO_OID_COUNT)
		return CO_STATUS_INVALID_OID;
	row = &rows[request->oid];
	status = check_size(row, request);
	if (status != CO_STATUS_SUCCESS)
		return status;
	if (!is_about(row, vc))
		return CO_STATUS_NOT_ACCEPTED;
	if (row->form == OID_IN || row->form == OID_IN_OUT)
		memcpy(&value, request->buffer, row->size);
	status = row->act(t, vc, &value);
	if (row->form == OID_IN_OUT || (status == CO_STATUS_SUCCESS && row->form >= OID_OUT))
		memcpy(request->buffer, &value, RTE_MIN(request->size, (uint32_t)row->size));
	return status;
}
