/* SPDX-License-Identifier: BSD-3-Clause */
#include "callplane/records.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "appliance_priv.h"
#include "callplane/call_end.h"

#define RING_MIN (1u << 20)
#define RING_MAX (1u << 26)
#define RING_OCTETS_A_CALL 64u /* a third of them may end at once */
#define N_DATA 256u            /* calls that are being closed with data */

/** What is known of a call that is not over, by the index of its VC. */
struct open_call {
	uint64_t begun_ns, up_ns, ending_ns;
	uint64_t rx, rx_octets, tx, tx_octets, drops;
	uint32_t data; /* handle of a struct call_data */
	struct co_address from, to;
	uint8_t flags; /* CALL_RECORD_ */
	uint8_t status, cause, location;
};
static_assert(sizeof(struct open_call) <= 128, "two lines for a call, and none without records");

/** Its close data. */
struct call_data {
	uint16_t len;
	uint8_t octets[CALL_RECORD_DATA];
};

struct records {
	struct appliance *appliance;
	struct open_call *calls;
	struct cp_pool data;
	struct record_writer *writer;
};

static struct open_call *
call_of(const struct records *r, co_vc_t vc)
{
	return &r->calls[cp_handle_idx(vc)];
}

static void
on_begun(void *arg, co_vc_t vc, const struct co_call_params *params)
{
	struct records *r = arg;
	struct open_call *c = call_of(r, vc);

	*c = (struct open_call){
		.begun_ns = r->appliance->now_ns,
		.data = CP_HANDLE_NONE,
		.from = params->calling,
		.to = params->called,
		.location = CALL_RECORD_NO_LOCATION,
	};
	if (params->flags & CO_CALL_F_MULTIPOINT)
		c->flags |= CALL_RECORD_MULTIPOINT;
	if (params->flags & CO_CALL_F_PERMANENT)
		c->flags |= CALL_RECORD_PERMANENT;
}

static void
on_up(void *arg, co_vc_t vc)
{
	struct records *r = arg;
	struct open_call *c = call_of(r, vc);

	c->flags |= CALL_RECORD_UP;
	c->up_ns = r->appliance->now_ns;
}

/* ---- Why a call ends. ---- */

/* SIG-26: what ends here without a word about where is ours. */
static uint8_t
own_location(const struct records *r, co_vc_t vc)
{
	struct co_vc_info info;
	const struct appliance_trunk *trunk = NULL;

	if (co_vc_query(r->appliance->co, vc, &info) == CO_STATUS_SUCCESS)
		trunk = appliance_trunk_of(r->appliance, info.adapter);
	return trunk != NULL ? uni_link_location(callmgr_link(trunk->callmgr))
			     : CALL_RECORD_NO_LOCATION;
}

static void
drop_data(struct records *r, struct open_call *c)
{
	if (c->data != CP_HANDLE_NONE)
		cp_pool_put(&r->data, c->data);
	c->data = CP_HANDLE_NONE;
}

/* Without room for it the record has none. */
static void
keep_data(struct records *r, struct open_call *c, const struct uni_release *release)
{
	struct call_data *data;

	drop_data(r, c);
	if (release->uu_len == 0 || release->uu_len > CALL_RECORD_DATA)
		return;
	c->data = cp_pool_get(&r->data);
	data = cp_pool_at(&r->data, c->data);
	if (data == NULL)
		return;
	data->len = (uint16_t)release->uu_len;
	memcpy(data->octets, release->uu, release->uu_len);
}

static void
on_ending(void *arg, co_vc_t vc, const struct co_call_end *end)
{
	struct records *r = arg;
	struct open_call *c = call_of(r, vc);
	struct uni_release release;
	bool located;

	located = call_end_read(end, &release);
	c->ending_ns = r->appliance->now_ns;
	c->flags &= (uint8_t)~CALL_RECORD_BY_CLIENT;
	c->flags |= end->by_client ? CALL_RECORD_BY_CLIENT : 0;
	c->status = (uint8_t)end->status;
	c->cause = release.cause;
	c->location = located ? release.location : own_location(r, vc);
	keep_data(r, c, &release);
}

/* ---- Its end. ---- */

static void
on_final(void *arg, co_vc_t vc, const struct co_vc_statistics *counters)
{
	struct open_call *c = call_of(arg, vc);

	c->flags |= CALL_RECORD_COUNTED;
	c->rx = counters->rx_packets;
	c->rx_octets = counters->rx_octets;
	c->tx = counters->tx_packets;
	c->tx_octets = counters->tx_octets;
	c->drops = counters->drops;
}

static void
name_parties(const struct records *r, co_vc_t vc, struct call_record *record)
{
	const struct appliance_trunk *trunk;
	struct co_vc_info info;

	if (co_vc_query(r->appliance->co, vc, &info) != CO_STATUS_SUCCESS)
		return;
	trunk = appliance_trunk_of(r->appliance, info.adapter);
	if (trunk != NULL)
		memcpy(record->trunk, trunk->config->name, sizeof(record->trunk));
	snprintf(record->client, sizeof(record->client), "%s",
		co_protocol_name(r->appliance->co, info.client));
	record->label = info.label;
	if (info.created_by_client)
		record->flags |= CALL_RECORD_OUT;
}

static void
on_over(void *arg, co_vc_t vc)
{
	struct records *r = arg;
	struct open_call *c = call_of(r, vc);
	const struct call_data *data = cp_pool_at(&r->data, c->data);
	struct call_record record = {
		.begun_ns = c->begun_ns,
		.up_ns = c->up_ns,
		.ending_ns = c->ending_ns,
		.over_ns = r->appliance->now_ns,
		.rx = c->rx,
		.rx_octets = c->rx_octets,
		.tx = c->tx,
		.tx_octets = c->tx_octets,
		.drops = c->drops,
		.vc = vc,
		.label = UINT32_MAX,
		.from = c->from,
		.to = c->to,
		.flags = c->flags,
		.status = c->status,
		.cause = c->cause,
		.location = c->location,
	};

	name_parties(r, vc, &record);
	if (data != NULL) {
		record.data_len = data->len;
		memcpy(record.data, data->octets, data->len);
		drop_data(r, c);
	}
	record_writer_put(r->writer, &record);
}

/* ---- Life. ---- */

static const struct co_observer observer = {
	.begun = on_begun,
	.up = on_up,
	.ending = on_ending,
	.final = on_final,
	.over = on_over,
};

static uint32_t
ring_octets(uint32_t n_calls)
{
	uint32_t octets = RING_MIN;

	while (octets < RING_MAX && octets / RING_OCTETS_A_CALL < n_calls)
		octets *= 2;
	return octets;
}

static int
start(struct records *r)
{
	const struct config *config = r->appliance->config;
	const struct record_file_config file = {
		.path = config->records.file,
		.max_octets = (uint64_t)config->records.max_mb << 20,
		.period_s = config->records.period_s,
	};
	struct co_census census;
	int err;

	co_census(r->appliance->co, &census);
	r->calls = cp_mem_alloc(&r->appliance->mem, (size_t)census.n_vcs_max * sizeof(*r->calls),
		"records of calls");
	if (r->calls == NULL)
		return -ENOMEM;
	err = cp_pool_init(&r->data, N_DATA, sizeof(struct call_data), &r->appliance->mem,
		"close data of records");
	if (err == 0)
		err = record_writer_create(
			&r->writer, &file, r->appliance, ring_octets(config->max_calls));
	if (err == 0 && co_observe(r->appliance->co, &observer, r) != CO_STATUS_SUCCESS)
		err = -ENOSPC;
	return err;
}

int
records_create(struct records **out, struct appliance *a, char *error, size_t error_size)
{
	struct records *r;
	int err;

	if (a->config->records.file[0] == '\0')
		return 0;
	r = cp_mem_alloc(&a->mem, sizeof(*r), "records");
	if (r == NULL)
		return -ENOMEM;
	r->appliance = a;
	*out = r;
	err = start(r);
	if (err != 0)
		snprintf(error, error_size,
			"records: %.200s: %s; mend: give a file in a directory that is there and "
			"can be written to",
			a->config->records.file, strerror(-err));
	return err;
}

void
records_counts(const struct records *r, struct record_writer_counts *out)
{
	*out = (struct record_writer_counts){ 0 };
	if (r != NULL)
		record_writer_counts(r->writer, out);
}

void
records_destroy(struct records *r)
{
	const struct cp_mem *mem;

	if (r == NULL)
		return;
	mem = &r->appliance->mem;
	record_writer_destroy(r->writer);
	cp_pool_fini(&r->data);
	cp_mem_free(mem, r->calls);
	cp_mem_free(mem, r);
}
