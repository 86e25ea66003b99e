/* SPDX-License-Identifier: BSD-3-Clause */
#include "loopvc_priv.h"

/* The ends as adapters: reset, halt, carrier, removal. */

/* RESET-4: what waits comes back first. VCs keep what they have (RESET-7). */
enum co_status
loopvc_on_reset(void *adapter)
{
	struct loopvc_port *e = adapter;
	struct loopvc *lv = e->lv;

	if (e->resetting)
		return CO_STATUS_RESET_IN_PROGRESS;
	e->resetting = true;
	e->due_turn = lv->turn + lv->options.reset_turns;
	wire_abort(
		lv, (enum loopvc_end)(e - lv->ends), CP_HANDLE_NONE, 0, CO_STATUS_REQUEST_ABORTED);
	if (lv->options.reset_turns != 0)
		return CO_STATUS_PENDING;
	e->resetting = false;
	return CO_STATUS_SUCCESS;
}

enum co_status
loopvc_on_halt(void *adapter)
{
	struct loopvc_port *e = adapter;

	if (e->n_circuits == 0 && e->lv->options.halt_turns == 0)
		return CO_STATUS_SUCCESS;
	e->halting = true;
	e->due_turn = e->lv->turn + e->lv->options.halt_turns;
	return CO_STATUS_PENDING;
}

void
loopvc_port_turn(struct loopvc_port *e)
{
	if (e->resetting && e->lv->turn >= e->due_turn) {
		e->resetting = false;
		co_m_reset_complete(e->co, e->adapter);
	}
	if (e->halting && e->n_circuits == 0 && e->lv->turn >= e->due_turn) {
		e->halting = false;
		co_m_halt_complete(e->co, e->adapter);
	}
}

void
loopvc_set_link(struct loopvc *lv, enum loopvc_end end, bool up)
{
	struct loopvc_port *e = &lv->ends[end];

	if (e->link_down != up)
		return;
	e->link_down = !up;
	co_m_indicate_status(e->co, e->adapter, CO_NONE,
		up ? CO_STATUS_MEDIA_CONNECT : CO_STATUS_MEDIA_DISCONNECT);
}

void
loopvc_remove(struct loopvc *lv, enum loopvc_end end)
{
	struct loopvc_port *e = &lv->ends[end];

	if (e->removed)
		return;
	e->removed = true;
	co_m_surprise_removed(e->co, e->adapter);
}
