/* SPDX-License-Identifier: BSD-3-Clause */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include <rte_cycles.h>

#include "disturb/disturb.h"

/* As in the appliance's jobs. */
#define MAX_DIALS_OUT 1024u
#define MAX_CLOSES_OUT 65536u

#define PROBE_US 500u
#define JOB_SERIAL 16 /* bits above: of which window a probe is; 0: of none */
#define LABELS (1u << 20)

static uint64_t
cycles_of(uint64_t us)
{
	return us * rte_get_tsc_hz() / 1000000;
}

/* 0, or no room just now. */
static int
dial(struct run *r, uint32_t job)
{
	int err = load_dial(r->near.load, r->near.trunks[0].adapter, &r->from, &r->to, 0, job);

	if (err == 0) {
		attach_address_add(&r->from, 1);
		attach_address_add(&r->to, 1);
	}
	return err;
}

/* ---- Calls that stand. ---- */

static bool
dial_slice(struct end *e, void *arg)
{
	struct run *r = arg;
	uint32_t before = r->n_dialled;
	uint64_t begun = rte_rdtsc();

	while (r->n_dialled < r->n_wanted &&
		r->n_dialled - e->n_dialled - e->n_failed < MAX_DIALS_OUT) {
		if (dial(r, 0) != 0)
			break; /* room comes when others are answered */
		r->n_dialled++;
		if ((r->n_dialled & 7) == 0 && end_slice_is_over(begun))
			break;
	}
	return r->n_dialled != before;
}

static bool
all_dialled(struct run *r)
{
	return r->near.n_dialled + r->near.n_failed == r->n_wanted;
}

int
client_set_up(struct run *r)
{
	r->near.n_dialled = 0;
	r->n_dialled = 0;
	r->n_wanted = r->n_calls - RTE_MIN(r->n_calls, end_n_calls(&r->near));
	if (run_until(r, all_dialled, dial_slice) >= 0 && r->near.n_failed == 0)
		return 0;
	fprintf(stderr,
		"disturb: %" PRIu64 " of %u calls came up, %" PRIu64
		" failed; mend: more --seconds, or fewer --calls\n",
		r->near.n_dialled, r->n_wanted, r->near.n_failed);
	return -1;
}

static bool
is_up(const struct end *e, co_vc_t vc, dp_circuit_t *circuit)
{
	struct co_vc_info info;

	return co_vc_query(e->co, vc, &info) == CO_STATUS_SUCCESS &&
	       info.call_state == CO_CALL_UP &&
	       co_oid_request(e->co, vc, CO_OID_VC_CIRCUIT, circuit, sizeof(*circuit)) ==
		       CO_STATUS_SUCCESS;
}

/* An end's circuits by their label, which is the same at both. */
static dp_circuit_t *
circuits_by_label(const struct end *e)
{
	dp_circuit_t *by_label = calloc(LABELS, sizeof(*by_label)), circuit;
	uint32_t cursor = 0, label;
	uint16_t trunk;
	co_vc_t vc;

	if (by_label == NULL)
		return NULL;
	while ((vc = co_vc_next(e->co, &cursor)) != CO_NONE)
		if (is_up(e, vc, &circuit) && dp_circuit_label(e->dp, circuit, &trunk, &label) == 0)
			by_label[label] = circuit;
	return by_label;
}

int
client_give_traffic(struct run *r)
{
	dp_circuit_t *far = circuits_by_label(&r->far), circuit;
	uint32_t cursor = 0, n = 0, label;
	uint16_t trunk;
	int err = 0;
	co_vc_t vc;

	if (far == NULL)
		return -1;
	while (err == 0 && (vc = co_vc_next(r->near.co, &cursor)) != CO_NONE) {
		if (!is_up(&r->near, vc, &circuit) || n++ % STAYING_OF != 0 ||
			r->n_staying == r->traffic.n_calls)
			continue;
		r->staying[r->n_staying++] = vc;
		err = dp_circuit_label(r->near.dp, circuit, &trunk, &label);
		if (err == 0)
			err = traffic_join(&r->traffic, circuit, far[label]);
	}
	free(far);
	if (err == 0 && r->n_staying == r->traffic.n_calls)
		return 0;
	fprintf(stderr, "disturb: of %u calls that should stay %u got traffic: %d\n",
		r->traffic.n_calls, r->n_staying, err);
	return -1;
}

void
client_list_leaving(struct run *r)
{
	uint32_t cursor = 0, next = 0;
	struct co_vc_info info;
	co_vc_t vc;

	r->n_leaving = r->n_asked = 0;
	r->closed_before = r->near.n_closed;
	while ((vc = co_vc_next(r->near.co, &cursor)) != CO_NONE) {
		if (next < r->n_staying && vc == r->staying[next])
			next++;
		else if (co_vc_query(r->near.co, vc, &info) == CO_STATUS_SUCCESS &&
			 info.call_state == CO_CALL_UP)
			r->leaving[r->n_leaving++] = vc;
	}
}

/* ---- The mass close: as the appliance's job walks its list. ---- */

static uint32_t
n_closed(const struct run *r)
{
	return (uint32_t)(r->near.n_closed - r->closed_before);
}

static bool
close_slice(struct end *e, struct run *r)
{
	const struct co_data none = { NULL, 0 };
	uint32_t before = r->n_asked;
	uint64_t begun = rte_rdtsc();
	enum co_status status;

	while (r->n_asked < r->n_leaving && r->n_asked - n_closed(r) < MAX_CLOSES_OUT) {
		status = caller_close(load_caller(e->load), r->leaving[r->n_asked++], 0, none);
		if (status != CO_STATUS_PENDING && status != CO_STATUS_SUCCESS)
			e->n_failed++;
		if ((r->n_asked & 7) == 0 && end_slice_is_over(begun))
			break;
	}
	return r->n_asked != before;
}

bool
client_all_left(struct run *r)
{
	struct dp_reclaim_stats near, far;

	dp_reclaim_stats(r->near.dp, &near);
	dp_reclaim_stats(r->far.dp, &far);
	return n_closed(r) == r->n_leaving && near.pending == 0 && far.pending == 0;
}

/* ---- New calls, each when it is due, however the one before has fared. ---- */

static uint64_t
due_at(const struct run *r, uint32_t probe)
{
	return r->begun + probe * cycles_of(PROBE_US);
}

bool
client_probe(struct end *e, void *run)
{
	struct run *r = run;
	uint32_t before = r->n_probes;

	(void)e;
	while (r->n_probes < MAX_PROBES && rte_rdtsc() >= due_at(r, r->n_probes) &&
		dial(r, r->serial << JOB_SERIAL | r->n_probes) == 0)
		r->n_probes++;
	return r->n_probes != before;
}

bool
client_probe_and_close(struct end *e, void *run)
{
	bool probed = client_probe(e, run);

	return close_slice(e, run) || probed;
}

void
client_came_up(void *run, uint32_t job)
{
	uint32_t probe = job & ((1u << JOB_SERIAL) - 1);
	struct run *r = run;

	if (job >> JOB_SERIAL != r->serial || r->measure == NULL)
		return;
	r->measure->probes[r->measure->n_probes++] = rte_rdtsc() - due_at(r, probe);
}

bool
client_probes_are_up(struct run *r)
{
	return r->measure->n_probes == r->n_probes;
}

/* ---- The end. ---- */

static bool
close_all(struct end *e, void *run)
{
	return close_slice(e, run);
}

static bool
all_gone(struct run *r)
{
	return client_all_left(r) && end_is_empty(&r->near) && end_is_empty(&r->far);
}

static bool
all_quiet(struct run *r)
{
	return end_is_quiet(&r->near, &r->far, 0) && end_is_quiet(&r->far, &r->near, 0);
}

int
client_finish(struct run *r)
{
	r->n_staying = 0;
	client_list_leaving(r);
	if (run_until(r, all_gone, close_all) < 0) {
		fprintf(stderr, "disturb: of %u calls %u and %u are left at the two ends\n",
			r->n_leaving, end_n_calls(&r->near), end_n_calls(&r->far));
		return -1;
	}
	end_stop(&r->near);
	end_stop(&r->far);
	return run_until(r, all_quiet, NULL) < 0 ? -1 : 0;
}
