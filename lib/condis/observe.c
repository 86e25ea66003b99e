/* SPDX-License-Identifier: BSD-3-Clause */
#include "condis_priv.h"

/* Those who hear of calls; who asks whether there are any is in line (condis_priv.h). */

enum co_status
co_observe(struct co *co, const struct co_observer *observer, void *arg)
{
	if (co->n_watchers == CO_MAX_OBSERVERS)
		return CO_STATUS_RESOURCES;
	co->watchers[co->n_watchers++] = (struct co_watcher){ .ops = *observer, .arg = arg };
	return CO_STATUS_SUCCESS;
}

bool
co_is_observed(const struct co *co)
{
	return co->n_watchers != 0;
}

/* A VC that has been used without having been deactivated: the call before is over by that. */
void
co_observe_begun(struct co *co, co_vc_t vc, struct co_vc_hot *v)
{
	const struct co_call_params *params = co_vc_cold(co, vc)->params;
	const struct co_watcher *w;

	if (v->flags & CO_VC_F_OBSERVED)
		co_observe_end(co, vc, v);
	v->flags |= CO_VC_F_OBSERVED;
	for (w = co->watchers; w < co->watchers + co->n_watchers; w++)
		if (w->ops.begun != NULL)
			w->ops.begun(w->arg, vc, params);
}

void
co_observe_up(const struct co *co, co_vc_t vc)
{
	const struct co_watcher *w;

	for (w = co->watchers; w < co->watchers + co->n_watchers; w++)
		if (w->ops.up != NULL)
			w->ops.up(w->arg, vc);
}

void
co_observe_ending(const struct co *co, co_vc_t vc, const struct co_call_end *end)
{
	const struct co_watcher *w;

	for (w = co->watchers; w < co->watchers + co->n_watchers; w++)
		if (w->ops.ending != NULL)
			w->ops.ending(w->arg, vc, end);
}

void
co_observe_end(const struct co *co, co_vc_t vc, struct co_vc_hot *v)
{
	const struct co_watcher *w;

	v->flags &= ~CO_VC_F_OBSERVED;
	for (w = co->watchers; w < co->watchers + co->n_watchers; w++)
		if (w->ops.over != NULL)
			w->ops.over(w->arg, vc);
}

void
co_m_vc_final(struct co *co, co_vc_t vc, const struct co_vc_statistics *counters)
{
	const struct co_vc_hot *v = co_vc_at(co, vc);
	const struct co_watcher *w;

	if (v == NULL || !(v->flags & CO_VC_F_OBSERVED))
		return;
	for (w = co->watchers; w < co->watchers + co->n_watchers; w++)
		if (w->ops.final != NULL)
			w->ops.final(w->arg, vc, counters);
}
