/* SPDX-License-Identifier: BSD-3-Clause */
#include "base/log.h"
#include "condis_priv.h"

/* How protocols and adapters leave, and what stops them for a while: contract 4.17, 4.18. */

/* ---- What is refused meanwhile. ---- */

static co_binding_t
owner_binding(const struct co *co, co_vc_t vc, const struct co_vc_hot *v)
{
	const struct co_af *af = co_af_of(co, v);

	return af != NULL ? af->client_binding : co_vc_cold(co, vc)->creator;
}

enum co_status
co_life_may_send(const struct co *co, co_vc_t vc, const struct co_vc_hot *v)
{
	const struct co_adapter *a = co_adapter_of(co, vc);
	const struct co_binding *b;

	if (a->resetting)
		return CO_STATUS_RESET_IN_PROGRESS; /* RESET-3 */
	b = cp_pool_of(&co->bindings, owner_binding(co, vc, v));
	return a->removed || b->paused ? CO_STATUS_NOT_ACCEPTED : CO_STATUS_SUCCESS; /* UNB-4, -8 */
}

bool
co_life_is_ending(const struct co *co, co_binding_t binding)
{
	const struct co_binding *b = cp_pool_at(&co->bindings, binding);
	const struct co_adapter *a = b != NULL ? cp_pool_at(&co->adapters, b->adapter) : NULL;

	return a == NULL || b->leaving || a->halt != CO_HALT_NOT;
}

/* ---- What is left (UNB-12). ---- */

struct leftovers {
	uint32_t n_afs, n_saps, n_vcs, n_calls, n_parties;
};

static bool
is_af_of(const struct co_binding *b, co_binding_t binding, const struct co_af *af)
{
	return af->client_binding == binding ||
	       (af->cm_protocol == b->protocol && af->adapter_handle == b->adapter);
}

static void
count_afs(const struct co *co, const struct co_binding *b, co_binding_t binding,
	struct leftovers *left)
{
	const struct co_af *af;
	uint32_t idx;

	for (idx = 0; idx < co->afs.n_max; idx++) {
		af = cp_pool_at(&co->afs, cp_pool_handle_of(&co->afs, idx));
		if (af == NULL || !is_af_of(b, binding, af))
			continue;
		left->n_afs++;
		left->n_saps += af->n_saps;
	}
}

static void
count_vcs(const struct co *co, const struct co_binding *b, co_binding_t binding,
	struct leftovers *left)
{
	const struct co_vc_hot *v;
	const struct co_multi *multi;
	const struct co_af *af;
	uint32_t cursor = 0;
	co_vc_t vc;

	while ((vc = co_vc_next(co, &cursor)) != CO_NONE) {
		v = cp_pool_at(&co->vcs, vc);
		af = co_af_of(co, v);
		if (co_vc_cold(co, vc)->creator != binding &&
			(af == NULL || !is_af_of(b, binding, af)))
			continue;
		multi = co_multi_of(co, vc);
		left->n_vcs++;
		left->n_calls += v->call_state != CO_CALL_IDLE;
		left->n_parties += multi != NULL ? multi->n_parties : 0;
	}
}

/*
 * A VC with an AF keeps that from closing: without AFs only signalling VCs can be there. So who
 * leaves in order has nobody walk over the VCs of others, a million perhaps.
 */
static uint32_t
count_left(const struct co *co, co_binding_t binding, struct leftovers *left)
{
	const struct co_binding *b = cp_pool_at(&co->bindings, binding);

	*left = (struct leftovers){ 0 };
	count_afs(co, b, binding, left);
	if (left->n_afs > 0 || b->n_signalling > 0)
		count_vcs(co, b, binding, left);
	return left->n_afs + left->n_saps + left->n_vcs + left->n_calls + left->n_parties;
}

/* True when nothing is left; else it is reported. */
static bool
is_clean(struct co *co, co_binding_t binding)
{
	const struct co_binding *b = cp_pool_at(&co->bindings, binding);
	const struct co_protocol *p = cp_pool_at(&co->protocols, b->protocol);
	const struct co_adapter *a = cp_pool_at(&co->adapters, b->adapter);
	struct leftovers left;
	uint32_t n = count_left(co, binding, &left);

	if (n == 0)
		return true;
	co->n_leftovers += n;
	cp_log(CP_LOG_WARN,
		"%s cannot leave %s yet: it has %u address families, %u SAPs, %u VCs, %u calls, "
		"%u parties",
		p->name, a->name, left.n_afs, left.n_saps, left.n_vcs, left.n_calls,
		left.n_parties);
	return false;
}

/* ---- Unbinding. ---- */

static bool
has_unbind(const struct co_protocol *p)
{
	return p->client != NULL ? p->client->unbind != NULL : p->callmgr->unbind != NULL;
}

/* It has no unbind handler: the broker closes it as soon as nothing is left of it. */
static bool
is_awaited(const struct co *co, const struct co_binding *b)
{
	return b->leaving && !has_unbind(cp_pool_at(&co->protocols, b->protocol));
}

static void
binding_free(struct co *co, co_binding_t binding)
{
	const struct co_binding *b = cp_pool_at(&co->bindings, binding);
	struct co_adapter *a = cp_pool_at(&co->adapters, b->adapter);

	co_af_withdraw_all(co, binding);
	a->n_bindings--;
	a->n_awaited -= is_awaited(co, b);
	cp_pool_put(&co->bindings, binding);
}

enum co_status
co_close_adapter(struct co *co, co_binding_t binding)
{
	const struct co_binding *b = cp_pool_at(&co->bindings, binding);
	co_adapter_t adapter;

	if (b == NULL) {
		co->n_stale++;
		return CO_STATUS_FAILURE;
	}
	adapter = b->adapter;
	if (!is_clean(co, binding))
		return co_illegal(co, CO_STATUS_NOT_ACCEPTED);
	binding_free(co, binding); /* UNB-7 */
	co_halt_continue(co, adapter);
	return CO_STATUS_SUCCESS;
}

/* UNB-2: it cannot be refused. */
static void
begin_unbind(struct co *co, co_binding_t binding)
{
	struct co_binding *b = cp_pool_at(&co->bindings, binding);
	const struct co_protocol *p = cp_pool_at(&co->protocols, b->protocol);
	struct co_adapter *a = cp_pool_at(&co->adapters, b->adapter);

	b->leaving = true;
	if (!has_unbind(p)) {
		a->n_awaited++;
		is_clean(co, binding);
	} else if (p->client != NULL) {
		p->client->unbind(p->ctx, binding);
	} else {
		p->callmgr->unbind(p->ctx, binding);
	}
}

enum co_status
co_unbind(struct co *co, co_binding_t binding)
{
	const struct co_binding *b = cp_pool_at(&co->bindings, binding);
	co_adapter_t adapter;

	if (b == NULL) {
		co->n_stale++;
		return CO_STATUS_FAILURE;
	}
	if (b->leaving)
		return co_illegal(co, CO_STATUS_NOT_ACCEPTED);
	adapter = b->adapter;
	begin_unbind(co, binding);
	co_halt_continue(co, adapter);
	return cp_pool_at(&co->bindings, binding) == NULL ? CO_STATUS_SUCCESS : CO_STATUS_PENDING;
}

static enum co_status
set_paused(struct co *co, co_binding_t binding, bool paused)
{
	struct co_binding *b = cp_pool_at(&co->bindings, binding);

	if (b == NULL) {
		co->n_stale++;
		return CO_STATUS_FAILURE;
	}
	b->paused = paused;
	return CO_STATUS_SUCCESS;
}

enum co_status
co_pause(struct co *co, co_binding_t binding)
{
	return set_paused(co, binding, true);
}

enum co_status
co_restart(struct co *co, co_binding_t binding)
{
	return set_paused(co, binding, false);
}

/* ---- Halting: 5.10. ---- */

/* The first binding on the adapter, of a kind of protocol, that stays; CO_NONE. */
static co_binding_t
find_staying(const struct co *co, co_adapter_t adapter, bool client)
{
	const struct co_protocol *p;
	const struct co_binding *b;
	co_binding_t binding;
	uint32_t idx;

	for (idx = 0; idx < co->bindings.n_max; idx++) {
		binding = cp_pool_handle_of(&co->bindings, idx);
		b = cp_pool_at(&co->bindings, binding);
		if (b == NULL || b->adapter != adapter || b->leaving)
			continue;
		p = cp_pool_at(&co->protocols, b->protocol);
		if ((p->client != NULL) == client)
			return binding;
	}
	return CO_NONE;
}

/*
 * A call manager that was asked to leave has not yet. One without an unbind handler can have its
 * AFs closed only by clients that leave, so those do not wait for it.
 */
static bool
cm_is_leaving(const struct co *co, co_adapter_t adapter)
{
	const struct co_protocol *p;
	const struct co_binding *b;
	uint32_t idx;

	for (idx = 0; idx < co->bindings.n_max; idx++) {
		b = cp_pool_at(&co->bindings, cp_pool_handle_of(&co->bindings, idx));
		if (b == NULL || b->adapter != adapter || !b->leaving)
			continue;
		p = cp_pool_at(&co->protocols, b->protocol);
		if (p->callmgr != NULL && has_unbind(p))
			return true;
	}
	return false;
}

/* Close one of those that have no unbind handler, and nothing left. */
static bool
close_awaited(struct co *co, co_adapter_t adapter, struct co_adapter *a)
{
	struct leftovers left;
	const struct co_binding *b;
	co_binding_t binding;
	uint32_t idx;

	if (a->n_awaited == 0)
		return false;
	for (idx = 0; idx < co->bindings.n_max; idx++) {
		binding = cp_pool_handle_of(&co->bindings, idx);
		b = cp_pool_at(&co->bindings, binding);
		if (b == NULL || b->adapter != adapter || !is_awaited(co, b) ||
			count_left(co, binding, &left) > 0)
			continue;
		binding_free(co, binding);
		return true;
	}
	return false;
}

/* Call managers first, all of them; when they have left, the clients. True: something was done. */
static bool
unbind_next(struct co *co, co_adapter_t adapter, struct co_adapter *a)
{
	co_binding_t next = find_staying(co, adapter, false);

	if (next == CO_NONE && !cm_is_leaving(co, adapter))
		next = find_staying(co, adapter, true);
	if (next != CO_NONE) {
		begin_unbind(co, next);
		return true;
	}
	if (a->n_bindings > 0)
		return false;
	a->halt = CO_HALT_DRAIN;
	return true;
}

static void
ask_to_halt(struct co *co, struct co_adapter *a)
{
	enum co_status status;

	a->halt_asked = true;
	a->halt_out = true;
	status = a->ops->halt(a->ctx);
	if (status == CO_STATUS_PENDING)
		return;
	if (!a->halt_out) /* completed, and then answered as well (ASYNC-2) */
		co->n_unexpected++;
	a->halt_out = false;
}

/* UNB-3: with an MCM that has halted no AF is left; what is there the clients can still close. */
static void
report_afs(struct co *co, co_adapter_t adapter, const struct co_adapter *a)
{
	const struct co_af *af;
	uint32_t idx, n = 0;

	for (idx = 0; idx < co->afs.n_max; idx++) {
		af = cp_pool_at(&co->afs, cp_pool_handle_of(&co->afs, idx));
		n += af != NULL && af->adapter_handle == adapter;
	}
	if (n == 0)
		return;
	co->n_leftovers += n;
	cp_log(CP_LOG_WARN, "the call manager of %s has halted with %u address families open",
		a->name, n);
}

static void
adapter_free(struct co *co, co_adapter_t adapter, struct co_adapter *a)
{
	void (*halted)(void *arg, co_adapter_t adapter) = a->halted;
	void *arg = a->halted_arg;

	cp_pool_put(&co->adapters, adapter);
	if (halted != NULL)
		halted(arg, adapter);
}

/* One step of what an adapter waits for; false: nothing can go on now. */
static bool
step(struct co *co, co_adapter_t adapter, struct co_adapter *a)
{
	if (close_awaited(co, adapter, a))
		return true;
	if (a->resetting) /* that ends first */
		return false;
	switch ((enum co_halt_state)a->halt) {
	case CO_HALT_NOT:
		return false;
	case CO_HALT_MCM:
		if (!a->halt_asked)
			ask_to_halt(co, a);
		if (a->halt_out)
			return false;
		report_afs(co, adapter, a);
		a->halt = CO_HALT_UNBIND;
		return true;
	case CO_HALT_UNBIND:
		return unbind_next(co, adapter, a);
	case CO_HALT_DRAIN:
		if (a->n_sends > 0 || a->n_requests > 0) /* UNB-6 */
			return false;
		a->halt = CO_HALT_HALTING;
		return true;
	case CO_HALT_HALTING:
		if (!a->halt_asked)
			ask_to_halt(co, a);
		if (a->halt_out)
			return false;
		adapter_free(co, adapter, a);
		return false;
	}
	return false;
}

/*
 * All of a halt runs in this loop: whoever ends something from inside a handler that it calls finds
 * it running, and returns. So the stack does not grow with the number of bindings.
 */
void
co_halt_continue(struct co *co, co_adapter_t adapter)
{
	struct co_adapter *a = cp_pool_at(&co->adapters, adapter);

	if (a == NULL || a->in_halt || (a->halt == CO_HALT_NOT && a->n_awaited == 0))
		return;
	a->in_halt = true;
	while (step(co, adapter, a))
		continue;
	a = cp_pool_at(&co->adapters, adapter);
	if (a != NULL)
		a->in_halt = false;
}

enum co_status
co_halt(struct co *co, co_adapter_t adapter, void (*done)(void *arg, co_adapter_t adapter),
	void *arg)
{
	struct co_adapter *a = cp_pool_at(&co->adapters, adapter);

	if (a == NULL) {
		co->n_stale++;
		return CO_STATUS_FAILURE;
	}
	if (a->halt != CO_HALT_NOT)
		return co_illegal(co, CO_STATUS_NOT_ACCEPTED);
	a->halt = a->mcm != NULL ? CO_HALT_MCM : CO_HALT_UNBIND;
	a->halted = done;
	a->halted_arg = arg;
	co_halt_continue(co, adapter);
	return CO_STATUS_PENDING;
}

enum co_status
co_m_halt_complete(struct co *co, co_adapter_t adapter)
{
	struct co_adapter *a = cp_pool_at(&co->adapters, adapter);

	if (a == NULL) {
		co->n_stale++;
		return CO_STATUS_FAILURE;
	}
	if (!a->halt_out) {
		co->n_unexpected++;
		return CO_STATUS_NOT_ACCEPTED;
	}
	a->halt_out = false;
	co_halt_continue(co, adapter);
	return CO_STATUS_SUCCESS;
}

void
co_m_surprise_removed(struct co *co, co_adapter_t adapter)
{
	struct co_adapter *a = cp_pool_at(&co->adapters, adapter);

	if (a != NULL)
		a->removed = true;
	else
		co->n_stale++;
}

/* ---- Reset: 4.17. ---- */

static void
reset_ended(struct co *co, co_adapter_t adapter, struct co_adapter *a)
{
	a->reset_out = false;
	a->resetting = false;
	co_status_tell_all(co, adapter, CO_STATUS_RESET_END);
	co_halt_continue(co, adapter);
}

/* Refused before the first indication, so that each RESET_START has its end (RESET-2). */
enum co_status
co_reset(struct co *co, co_adapter_t adapter)
{
	struct co_adapter *a = cp_pool_at(&co->adapters, adapter);
	enum co_status status;

	if (a == NULL) {
		co->n_stale++;
		return CO_STATUS_FAILURE;
	}
	if (a->resetting)
		return co_illegal(co, CO_STATUS_RESET_IN_PROGRESS);
	if (a->removed || a->halt != CO_HALT_NOT) /* there is nothing to come back to */
		return co_illegal(co, CO_STATUS_NOT_ACCEPTED);
	if (a->ops->reset == NULL)
		return CO_STATUS_NOT_SUPPORTED;
	a->resetting = true;
	co_status_tell_all(co, adapter, CO_STATUS_RESET_START);
	a->reset_out = true;
	status = a->ops->reset(a->ctx);
	a = cp_pool_at(&co->adapters, adapter);
	if (status == CO_STATUS_PENDING)
		return status;
	if (a == NULL || !a->reset_out) { /* completed, and then answered as well (ASYNC-2) */
		co->n_unexpected++;
		return CO_STATUS_PENDING;
	}
	reset_ended(co, adapter, a);
	return status;
}

enum co_status
co_m_reset_complete(struct co *co, co_adapter_t adapter)
{
	struct co_adapter *a = cp_pool_at(&co->adapters, adapter);

	if (a == NULL) {
		co->n_stale++;
		return CO_STATUS_FAILURE;
	}
	if (!a->reset_out) {
		co->n_unexpected++;
		return CO_STATUS_NOT_ACCEPTED;
	}
	reset_ended(co, adapter, a);
	return CO_STATUS_SUCCESS;
}
