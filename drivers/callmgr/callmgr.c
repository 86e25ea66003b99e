/* SPDX-License-Identifier: BSD-3-Clause */
#include "callmgr/callmgr.h"

#include <errno.h>
#include <string.h>

#include "base/log.h"
#include "callmgr_priv.h"

#define DEFAULT_CELL_OCTETS 48
#define ERROR_LINE_NS 1000000000ull
#define DEFAULT_N_PARTIES 16384u
#define DEFAULT_N_GROUPS 4096u
#define DEFAULT_N_CHANGES 1024u
#define DEFAULT_N_PVCS 4096u
#define DEFAULT_N_AFS 256u
#define DEFAULT_N_ADDRESSES 1024u
#define DEFAULT_N_ANSWERS 1024u

/* ---- What all call managers share. ---- */

struct pool_plan {
	struct cp_pool *pool;
	uint32_t n, by_default, size;
	const char *name;
};

static bool
create_pools(struct callmgr_env *env, const struct callmgr_env_config *config)
{
	const struct pool_plan plans[] = {
		{ &env->vcs, config->n_vcs, 1, sizeof(struct cm_vc), "cm vcs" },
		{ &env->offers, config->n_offers, 1, sizeof(struct co_call_params), "offers" },
		{ &env->saps, config->n_saps, 1, sizeof(struct cm_sap), "cm saps" },
		{ &env->parties, config->n_parties, DEFAULT_N_PARTIES, sizeof(struct cm_party),
			"cm parties" },
		{ &env->groups, config->n_groups, DEFAULT_N_GROUPS, sizeof(struct cm_group),
			"cm groups" },
		{ &env->changes, config->n_changes, DEFAULT_N_CHANGES, sizeof(struct cm_change),
			"cm changes" },
		{ &env->pvcs, config->n_pvcs, DEFAULT_N_PVCS, sizeof(struct cm_pvc), "pvcs" },
		{ &env->afs, config->n_afs, DEFAULT_N_AFS, sizeof(struct cm_af), "cm afs" },
		{ &env->addresses, config->n_addresses, DEFAULT_N_ADDRESSES,
			sizeof(struct cm_alias), "aliases" },
		{ &env->answers, config->n_answers, DEFAULT_N_ANSWERS, sizeof(struct cm_answer),
			"answers" },
	};
	size_t i;

	for (i = 0; i < sizeof(plans) / sizeof(plans[0]); i++)
		if (cp_pool_init(plans[i].pool, plans[i].n != 0 ? plans[i].n : plans[i].by_default,
			    plans[i].size, env->mem, plans[i].name) != 0)
			return false;
	return true;
}

struct callmgr_env *
callmgr_env_create(const struct callmgr_env_config *config, const struct cp_mem *mem)
{
	struct callmgr_env *env = cp_mem_alloc(mem, sizeof(*env), "call manager");

	if (env == NULL)
		return NULL;
	env->co = config->co;
	env->uni = config->uni;
	env->mem = mem;
	if (create_pools(env, config) && cm_trace_init(&env->recorder, config->n_traces, mem) == 0)
		return env;
	callmgr_env_destroy(env);
	return NULL;
}

void
callmgr_env_destroy(struct callmgr_env *env)
{
	if (env == NULL)
		return;
	cm_trace_fini(&env->recorder, env->mem);
	cp_pool_fini(&env->answers);
	cp_pool_fini(&env->addresses);
	cp_pool_fini(&env->afs);
	cp_pool_fini(&env->pvcs);
	cp_pool_fini(&env->changes);
	cp_pool_fini(&env->groups);
	cp_pool_fini(&env->parties);
	cp_pool_fini(&env->saps);
	cp_pool_fini(&env->offers);
	cp_pool_fini(&env->vcs);
	cp_mem_free(env->mem, env);
}

void
callmgr_env_set_now(struct callmgr_env *env, uint64_t now_ns)
{
	env->now_ns = now_ns;
}

void
callmgr_env_cork(struct callmgr_env *env)
{
	uni_cork(env->uni);
}

void
callmgr_env_uncork(struct callmgr_env *env)
{
	uni_uncork(env->uni, env->now_ns);
}

void
cm_vc_free(struct callmgr_env *env, struct cm_vc *v)
{
	uint32_t af_idx = v->af_idx;

	cp_pool_put_live(&env->vcs, cm_vc_handle(env, v));
	cm_af_vc_gone(env, af_idx);
}

static bool
try_delete(struct callmgr *cm, struct cm_vc *v)
{
	if (cm->flavour->delete_vc(cm->arg, v->vc) != CO_STATUS_SUCCESS)
		return false;
	cm_vc_free(cm->env, v);
	return true;
}

void
cm_vc_delete_later(struct callmgr *cm, struct cm_vc *v)
{
	struct callmgr_env *env = cm->env;
	uint32_t handle = cm_vc_handle(env, v);
	struct cm_vc *tail;

	v->flags |= CM_F_REAP;
	v->reap_next = CP_HANDLE_NONE;
	tail = cp_pool_at(&env->vcs, env->reap_tail);
	if (tail != NULL)
		tail->reap_next = handle;
	else
		env->reap_head = handle;
	env->reap_tail = handle;
	env->n_reap++;
}

/* Not yet when a handler of the client's still runs or is queued (ASYNC-9), or it objects (DEL-5).
 */
void
cm_vc_delete(struct callmgr *cm, struct cm_vc *v)
{
	if (!(v->flags & CM_F_REAP) && !try_delete(cm, v))
		cm_vc_delete_later(cm, v);
}

static void
reap(struct callmgr_env *env, uint32_t max)
{
	uint32_t n = env->n_reap < max ? env->n_reap : max;
	struct cm_vc *v;

	while (n-- > 0) {
		v = cp_pool_at(&env->vcs, env->reap_head);
		env->reap_head = v->reap_next;
		if (env->reap_head == CP_HANDLE_NONE)
			env->reap_tail = CP_HANDLE_NONE;
		env->n_reap--;
		v->flags &= (uint8_t)~CM_F_REAP;
		if (v->state == CM_ST_IDLE)
			cm_vc_delete(env->callmgrs[cm_af_of(env, v)->cm_idx], v);
	}
}

void
callmgr_env_turn(struct callmgr_env *env, uint64_t now_ns, uint32_t max)
{
	uint32_t i;

	env->now_ns = now_ns;
	for (i = 0; i < env->n_slots; i++)
		if (env->callmgrs[i] != NULL)
			sscf_poll(env->callmgrs[i]->sscf, now_ns);
	uni_turn(env->uni, now_ns, max);
	cm_changes_turn(env, max);
	reap(env, max);
	for (i = 0; i < env->n_slots; i++)
		if (env->callmgrs[i] != NULL) {
			cm_af_turn(env->callmgrs[i]);
			cm_link_log(env->callmgrs[i]);
		}
}

void
callmgr_census(const struct callmgr_env *env, struct callmgr_census *out)
{
	int s, e;

	*out = (struct callmgr_census){
		.n_vcs = cp_pool_n_used(&env->vcs),
		.n_offers = cp_pool_n_used(&env->offers),
		.n_saps = cp_pool_n_used(&env->saps),
		.n_reap = env->n_reap,
		.n_parties = cp_pool_n_used(&env->parties),
		.n_groups = cp_pool_n_used(&env->groups),
		.n_changes = cp_pool_n_used(&env->changes),
		.n_afs = cp_pool_n_used(&env->afs),
		.n_addresses = cp_pool_n_used(&env->addresses),
		.n_answers = cp_pool_n_used(&env->answers),
		.n_without_elements = env->n_without_elements,
		.n_disputed = env->n_disputed,
		.n_pvcs = cp_pool_n_used(&env->pvcs),
		.n_unexpected = env->unexpected_of_party + env->unexpected_of_change,
	};
	for (s = 0; s < CM_ST_COUNT; s++)
		for (e = 0; e < CM_EV_COUNT; e++)
			out->n_unexpected += env->unexpected[s][e];
}

int
callmgr_vc_query(const struct callmgr_env *env, co_ctx_t vc_ctx, struct uni_call_info *out)
{
	const struct cm_vc *v = cm_vc_at(env, vc_ctx);
	struct uni_party_info party;
	int err = uni_call_query(env->uni, v != NULL ? v->call : 0, out);

	if (err == 0 && (v->flags & CM_F_LEAF) && uni_party_query(env->uni, v->party, &party) == 0)
		out->called = party.called;
	return err;
}

uni_call_t
callmgr_vc_call(const struct callmgr_env *env, co_ctx_t vc_ctx)
{
	const struct cm_vc *v = cm_vc_at(env, vc_ctx);

	return v != NULL ? v->call : 0;
}

/* ---- The signalling link of one trunk: SSCF below, call control above. ---- */

static bool
link_send_pdu(void *arg, const uint8_t *pdu, size_t len)
{
	struct callmgr *cm = arg;

	return !cm->paused && cm->flavour->send_pdu(cm->arg, pdu, len);
}

static void
link_established(void *arg, uint64_t now_ns)
{
	struct callmgr *cm = arg;

	if (!cm->paused)
		uni_link_established(cm->link, now_ns);
}

static void
link_released(void *arg, uint64_t now_ns)
{
	struct callmgr *cm = arg;

	uni_link_released(cm->link, now_ns);
}

static void
link_data(void *arg, const uint8_t *sdu, size_t len, uint64_t now_ns)
{
	struct callmgr *cm = arg;

	uni_link_receive(cm->link, sdu, len, now_ns);
}

static size_t
link_pull(void *arg, uint8_t *room, size_t size, uint64_t now_ns)
{
	struct callmgr *cm = arg;

	return uni_link_pull(cm->link, room, size, now_ns);
}

/* SSCOP-44: each code has its counter in the entity; V, W and X are ordinary and have no line. */
static void
link_error(void *arg, char code, uint32_t count, uint64_t now_ns)
{
	struct callmgr *cm = arg;
	struct cp_log_limit *limit;

	(void)count;
	if (code < 'A' || code > 'U')
		return;
	limit = &cm->error_lines[code - 'A'];
	if (!cp_log_limit_pass(limit, now_ns, ERROR_LINE_NS))
		return;
	cp_log(CP_LOG_WARN, "trunk %s: SSCOP error %c, %s; %llu like it since the last such line",
		cm->name, code, sscop_error_text(code), (unsigned long long)limit->hidden);
}

static const struct sscf_ops link_ops = {
	.send_pdu = link_send_pdu,
	.establish_ind = link_established,
	.establish_conf = link_established,
	.release_ind = link_released,
	.release_conf = link_released,
	.data_ind = link_data,
	.pull_sdu = link_pull,
	.error = link_error,
};

static int
free_slot(const struct callmgr_env *env)
{
	int i;

	for (i = 0; i < CM_MAX_CALLMGRS; i++)
		if (env->callmgrs[i] == NULL)
			return i;
	return -ENOSPC;
}

/* What may be another while there are calls. */
static void
set_policy(struct callmgr *cm, const struct callmgr_params *params)
{
	cm->meter = params->meter;
	cm->no_close_data = params->no_close_data;
	cm->port_down_clears = params->port_down_clears;
}

int
callmgr_create(struct callmgr_env *env, const struct callmgr_params *params,
	const struct callmgr_flavour *flavour, void *arg, struct callmgr **out)
{
	struct callmgr *cm;
	int slot = free_slot(env);
	int err;

	if (slot < 0)
		return slot;
	if (sscop_params_check(&params->sscop, NULL) != 0)
		return -EINVAL;
	cm = cp_mem_alloc(env->mem, sizeof(*cm), params->name);
	if (cm == NULL)
		return -ENOMEM;
	cm->env = env;
	cm->flavour = flavour;
	cm->arg = arg;
	cm->idx = (uint8_t)slot;
	cm->signalling_label = params->link.signalling_label;
	set_policy(cm, params);
	cm->cell_octets = params->cell_octets != 0 ? params->cell_octets : DEFAULT_CELL_OCTETS;
	strncpy(cm->name, params->name, sizeof(cm->name) - 1);
	cm->sscf = sscf_create(&params->sscop, &link_ops, cm, env->mem);
	if (cm->sscf == NULL) {
		err = -ENOMEM;
		goto free_cm;
	}
	err = uni_link_create(env->uni, &params->link, &cm_link_ops, cm, cm->name, &cm->link);
	if (err != 0)
		goto free_sscf;
	if (env->recorder.entries != NULL)
		uni_link_record(cm->link, &env->recorder, cm->idx);
	env->callmgrs[slot] = cm;
	if (env->n_slots <= cm->idx)
		env->n_slots = cm->idx + 1u;
	*out = cm;
	return 0;

free_sscf:
	sscf_destroy(cm->sscf);
free_cm:
	cp_mem_free(env->mem, cm);
	return err;
}

int
callmgr_reconfigure(struct callmgr *cm, const struct callmgr_params *params)
{
	int err = uni_link_retime(cm->link, &params->link);

	if (err == 0)
		set_policy(cm, params);
	return err;
}

void
callmgr_destroy(struct callmgr *cm)
{
	if (cm == NULL)
		return;
	cm->env->callmgrs[cm->idx] = NULL;
	cm_pvcs_end(cm);
	uni_link_destroy(cm->link);
	sscf_destroy(cm->sscf);
	cp_mem_free(cm->env->mem, cm);
}

void
callmgr_start(struct callmgr *cm)
{
	uni_link_start(cm->link, cm->env->now_ns);
}

void
callmgr_drain(struct callmgr *cm)
{
	uni_link_drain(cm->link, true);
}

void
callmgr_stop(struct callmgr *cm)
{
	uni_link_stop(cm->link);
	sscf_release(cm->sscf, cm->env->now_ns);
}

void
callmgr_give_up(struct callmgr *cm)
{
	callmgr_stop(cm);
	uni_link_released(cm->link, cm->env->now_ns);
}

/* UNB-5: to call control the link is down, so a close ends there and then (SIG-101). */
void
callmgr_pause(struct callmgr *cm, bool paused)
{
	if (cm->paused == paused)
		return;
	cm->paused = paused;
	if (paused) {
		uni_link_stop(cm->link);
		uni_link_released(cm->link, cm->env->now_ns);
	} else if (cm->leave < CM_LEAVE_LINK) {
		uni_link_start(cm->link, cm->env->now_ns);
	}
}

void
callmgr_receive_pdu(struct callmgr *cm, const uint8_t *pdu, size_t len)
{
	sscf_receive(cm->sscf, pdu, len, cm->env->now_ns);
}

struct callmgr_vc_name
callmgr_vc_name(const struct callmgr *cm, co_ctx_t vc_ctx)
{
	const struct cm_vc *v = cm_vc_at(cm->env, vc_ctx);

	if (v == NULL)
		return (struct callmgr_vc_name){ .vc = CO_NONE, .label = UNI_LABEL_NONE };
	return (struct callmgr_vc_name){ .hw = v->hw, .vc = v->vc, .label = v->label };
}

struct uni_link *
callmgr_link(const struct callmgr *cm)
{
	return cm->link;
}

const struct sscf *
callmgr_sscf(const struct callmgr *cm)
{
	return cm->sscf;
}

const char *
callmgr_name(const struct callmgr *cm)
{
	return cm->name;
}

/* ---- VCs of clients. ---- */

enum co_status
callmgr_vc_created(void *arg, co_ctx_t af_ctx, co_vc_t vc, co_ctx_t *vc_ctx)
{
	struct callmgr *cm = arg;
	uint32_t handle = cp_pool_get(&cm->env->vcs);
	struct cm_vc *v = cp_pool_at(&cm->env->vcs, handle);

	if (v == NULL)
		return CO_STATUS_RESOURCES;
	v->vc = vc;
	v->af_idx = (uint16_t)cp_handle_idx((uint32_t)af_ctx);
	cm_af_of(cm->env, v)->n_vcs++;
	v->label = UNI_LABEL_NONE;
	*vc_ctx = handle;
	return CO_STATUS_SUCCESS;
}

enum co_status
callmgr_vc_deleted(void *arg, co_ctx_t vc_ctx)
{
	struct callmgr *cm = arg;
	struct cm_vc *v = cm_vc_at(cm->env, vc_ctx);

	if (v == NULL)
		return CO_STATUS_FAILURE;
	if (v->state != CM_ST_IDLE)
		return CO_STATUS_NOT_ACCEPTED; /* DEL-5 */
	cm_vc_free(cm->env, v);
	return CO_STATUS_SUCCESS;
}
