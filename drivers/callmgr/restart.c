/* SPDX-License-Identifier: BSD-3-Clause */
#include "callmgr_priv.h"

/* RESTART (section 11): the operator's, and what call control tells of it and of other mass ends;
 * the port's link. */

#define ALARM_LINE_NS 1000000000ull

int
callmgr_restart(struct callmgr *cm, enum uni_restart_class restart_class, uint32_t where,
	callmgr_restarted_fn done, void *arg, uint32_t tag)
{
	int err = uni_link_restart(cm->link, restart_class, where, cm->env->now_ns);

	if (err != 0)
		return err;
	cm->restarted = done;
	cm->restarted_arg = arg;
	cm->restarted_tag = tag;
	return 0;
}

void
cm_on_restarted(void *arg, bool done, uint64_t now_ns)
{
	struct callmgr *cm = arg;
	callmgr_restarted_fn restarted = cm->restarted;

	(void)now_ns;
	if (done)
		cp_log(CP_LOG_NOTICE, "trunk %s: the peer has acknowledged RESTART", cm->name);
	cm->restarted = NULL; /* first: it may ask for another one */
	if (restarted != NULL)
		restarted(cm->restarted_arg, cm->restarted_tag, done);
}

void
cm_on_alarm(void *arg, enum uni_alarm alarm, uint8_t cause, uint64_t now_ns)
{
	static const char *const texts[UNI_ALARM_COUNT] = {
		[UNI_ALARM_RESTART_UNANSWERED] =
			"the peer has not acknowledged RESTART, asked twice; the VCs stay set "
			"aside; mend: callctl restart, when the peer is well",
		[UNI_ALARM_RESTART_REFUSED] = "the peer makes nothing of RESTART",
		[UNI_ALARM_RESTART_OVERDUE] =
			"RESTART of the peer is not acknowledged: VCs that have ended are still in "
			"use here",
	};
	struct callmgr *cm = arg;
	struct cp_log_limit *limit = &cm->alarm_lines[alarm];

	if (!cp_log_limit_pass(limit, now_ns, ALARM_LINE_NS))
		return;
	if (cause != 0)
		cp_log(CP_LOG_ERR, "trunk %s: alarm: %s: cause %u, %s", cm->name, texts[alarm],
			cause, uni_cause_name(cause));
	else
		cp_log(CP_LOG_ERR, "trunk %s: alarm: %s", cm->name, texts[alarm]);
}

void
callmgr_watch(struct callmgr *cm, callmgr_mass_fn mass, void *arg)
{
	cm->mass = mass;
	cm->mass_arg = arg;
}

void
cm_on_mass(void *arg, const struct uni_mass *mass, uint64_t now_ns)
{
	struct callmgr *cm = arg;

	(void)now_ns;
	if (cm->mass != NULL)
		cm->mass(cm->mass_arg, mass);
}

/* SIG-102. The transport is left behind at once as well: its END goes nowhere and is not awaited.
 */
void
callmgr_port_link(struct callmgr *cm, bool up)
{
	if (!cm->port_down_clears || cm->port_down == !up)
		return;
	cm->port_down = !up;
	if (up) {
		uni_link_retry(cm->link, cm->env->now_ns);
	} else if (uni_link_is_up(cm->link)) {
		sscf_release(cm->sscf, cm->env->now_ns);
		uni_link_released(cm->link, cm->env->now_ns);
	}
}
