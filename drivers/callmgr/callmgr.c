/* SPDX-License-Identifier: BSD-3-Clause */
#include "callmgr/callmgr.h"

#include <errno.h>
#include <string.h>

#include "base/log.h"
#include "callmgr_priv.h"

#define DEFAULT_CELL_OCTETS 48
#define ERROR_LINE_NS 1000000000ull

/* ---- What all call managers share. ---- */

struct callmgr_env *
callmgr_env_create(const struct callmgr_env_config *config, const struct cp_mem *mem)
{
	struct callmgr_env *env = cp_mem_alloc(mem, sizeof(*env), "call manager");

	if (env == NULL)
		return NULL;
	env->co = config->co;
	env->uni = config->uni;
	env->mem = mem;
	if (cp_pool_init(&env->vcs, config->n_vcs, sizeof(struct cm_vc), mem, "cm vcs") == 0 &&
		cp_pool_init(&env->offers, config->n_offers, sizeof(struct co_call_params), mem,
			"offers") == 0 &&
		cp_pool_init(&env->saps, config->n_saps, sizeof(struct cm_sap), mem, "cm saps") ==
			0)
		return env;
	callmgr_env_destroy(env);
	return NULL;
}

void
callmgr_env_destroy(struct callmgr_env *env)
{
	if (env == NULL)
		return;
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

uint32_t
cm_vc_handle(const struct callmgr_env *env, const struct cm_vc *v)
{
	return cp_pool_handle_of(
		&env->vcs, (uint32_t)(((const uint8_t *)v - env->vcs.records) / sizeof(*v)));
}

void
cm_vc_free(struct callmgr_env *env, struct cm_vc *v)
{
	cp_pool_put(&env->vcs, cm_vc_handle(env, v));
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
			cm_vc_delete(env->callmgrs[v->cm_idx], v);
	}
}

void
callmgr_env_turn(struct callmgr_env *env, uint64_t now_ns, uint32_t max)
{
	uint32_t i;

	env->now_ns = now_ns;
	for (i = 0; i < CM_MAX_CALLMGRS; i++)
		if (env->callmgrs[i] != NULL)
			sscf_poll(env->callmgrs[i]->sscf, now_ns);
	uni_turn(env->uni, now_ns, max);
	reap(env, max);
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
	};
	for (s = 0; s < CM_ST_COUNT; s++)
		for (e = 0; e < CM_EV_COUNT; e++)
			out->n_unexpected += env->unexpected[s][e];
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

	return cm->flavour->send_pdu(cm->arg, pdu, len);
}

static void
link_established(void *arg, uint64_t now_ns)
{
	struct callmgr *cm = arg;

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
	cm->idx = (uint16_t)slot;
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
	env->callmgrs[slot] = cm;
	*out = cm;
	return 0;

free_sscf:
	sscf_destroy(cm->sscf);
free_cm:
	cp_mem_free(env->mem, cm);
	return err;
}

void
callmgr_destroy(struct callmgr *cm)
{
	if (cm == NULL)
		return;
	cm->env->callmgrs[cm->idx] = NULL;
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
callmgr_receive_pdu(struct callmgr *cm, const uint8_t *pdu, size_t len)
{
	sscf_receive(cm->sscf, pdu, len, cm->env->now_ns);
}

uint64_t
callmgr_vc_hw(const struct callmgr *cm, co_ctx_t vc_ctx)
{
	const struct cm_vc *v = cm_vc_at(cm->env, vc_ctx);

	return v != NULL ? v->hw : 0;
}

co_vc_t
callmgr_vc_handle(const struct callmgr *cm, co_ctx_t vc_ctx)
{
	const struct cm_vc *v = cm_vc_at(cm->env, vc_ctx);

	return v != NULL ? v->vc : CO_NONE;
}

uint32_t
callmgr_vc_label(const struct callmgr *cm, co_ctx_t vc_ctx)
{
	const struct cm_vc *v = cm_vc_at(cm->env, vc_ctx);

	return v != NULL ? v->label : UNI_LABEL_NONE;
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

/* ---- Address families, SAPs, VCs. ---- */

enum co_status
callmgr_open_af(void *arg, co_af_t af, enum co_af_type type, co_ctx_t *af_ctx)
{
	struct callmgr *cm = arg;

	if (type != CO_AF_Q2931)
		return CO_STATUS_NOT_SUPPORTED;
	cm->n_afs++;
	*af_ctx = af;
	return CO_STATUS_SUCCESS;
}

enum co_status
callmgr_close_af(void *arg, co_ctx_t af_ctx)
{
	struct callmgr *cm = arg;

	(void)af_ctx;
	cm->n_afs--;
	return CO_STATUS_SUCCESS;
}

enum co_status
callmgr_register_sap(void *arg, co_ctx_t af_ctx, co_sap_t sap, const struct co_address *address,
	co_ctx_t *sap_ctx)
{
	struct callmgr *cm = arg;
	uint32_t handle = CP_HANDLE_NONE;

	switch (cm_sap_add(cm, (co_af_t)af_ctx, sap, address, &handle)) {
	case 0:
		*sap_ctx = handle;
		return CO_STATUS_SUCCESS;
	case -ENOMEM:
		return CO_STATUS_RESOURCES;
	default:
		return CO_STATUS_INVALID_DATA;
	}
}

enum co_status
callmgr_deregister_sap(void *arg, co_ctx_t sap_ctx)
{
	struct callmgr *cm = arg;

	return cm_sap_remove(cm, (uint32_t)sap_ctx) == 0 ? CO_STATUS_SUCCESS : CO_STATUS_FAILURE;
}

enum co_status
callmgr_vc_created(void *arg, co_ctx_t af_ctx, co_vc_t vc, co_ctx_t *vc_ctx)
{
	struct callmgr *cm = arg;
	uint32_t handle = cp_pool_get(&cm->env->vcs);
	struct cm_vc *v = cp_pool_at(&cm->env->vcs, handle);

	(void)af_ctx;
	if (v == NULL)
		return CO_STATUS_RESOURCES;
	v->vc = vc;
	v->cm_idx = cm->idx;
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
