/* SPDX-License-Identifier: BSD-3-Clause */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "appliance_priv.h"
#include "base/log.h"
#include "callplane/jobs.h"

#define ALARM_NS 1000000000ull /* between two looks at what is overdue */

/* ---- Which is which. ---- */

const struct appliance_trunk *
appliance_trunk_of(const struct appliance *a, co_adapter_t adapter)
{
	unsigned int i;

	for (i = 0; i < a->n_trunks; i++)
		if (a->trunks[i].adapter == adapter)
			return &a->trunks[i];
	return NULL;
}

struct appliance_trunk *
appliance_trunk_named(struct appliance *a, const char *name)
{
	unsigned int i;

	for (i = 0; i < a->n_trunks; i++)
		if (strcmp(a->trunks[i].config->name, name) == 0)
			return &a->trunks[i];
	return NULL;
}

struct appliance_trunk *
appliance_trunk_asked(struct appliance *a, const char *name, char *message, size_t size)
{
	struct appliance_trunk *t = appliance_trunk_named(a, name);

	if (t == NULL)
		snprintf(
			message, size, "there is no trunk '%.31s'; mend: see callctl trunks", name);
	return t;
}

const char *
appliance_trunk_state(const struct appliance_trunk *t)
{
	static const char *const names[] = {
		[TRUNK_RUNNING] = "running",
		[TRUNK_RESETTING] = "resetting",
		[TRUNK_AF_CLOSING] = "closing-af",
		[TRUNK_AF_CLOSED] = "af-closed",
		[TRUNK_HALTING] = "halting",
		[TRUNK_HALTED] = "halted",
	};

	return names[t->state];
}

uint32_t
appliance_n_signalling_circuits(const struct appliance *a)
{
	uint32_t i, n = 0;

	for (i = 0; i < a->n_trunks; i++)
		n += a->trunks[i].ethmcm != NULL ? !ethmcm_is_closed(a->trunks[i].ethmcm)
						 : !unicm_is_closed(a->trunks[i].unicm);
	return n;
}

uint32_t
appliance_n_signalling_vcs(const struct appliance *a)
{
	uint32_t i, n = 0;

	for (i = 0; i < a->n_trunks; i++)
		n += a->trunks[i].unicm != NULL && !unicm_is_closed(a->trunks[i].unicm);
	return n;
}

/* ---- Assembly: the driver that the configuration chose. ---- */

static uint32_t
or_default(uint32_t value, uint32_t standard)
{
	return value != 0 ? value : standard;
}

/* SIG-10: whole words of a PDU, of which an SDU has all but the last. */
static uint32_t
largest_setup(const struct appliance *a, const struct appliance_trunk *t)
{
	uint32_t pdu = dp_trunk_max_payload(a->dp, (uint16_t)t->dp_trunk) & ~3u;

	return pdu - 4 < UNI_MAX_SETUP ? pdu - 4 : UNI_MAX_SETUP;
}

static void
trunk_params(const struct appliance *a, const struct appliance_trunk *trunk,
	const struct config_trunk *config, struct callmgr_params *params)
{
	const struct config_timers *t = &config->timers;
	struct uni_link_params *link = &params->link;
	struct sscop_params *sscop = &params->sscop;
	struct timespec now;

	memset(params, 0, sizeof(*params));
	params->name = config->name;
	params->meter = config->meter;
	params->no_close_data = !config->close_data;
	uni_link_params_default(
		link, config->side == CONFIG_USER ? UNI_ROLE_USER : UNI_ROLE_NETWORK);
	params->port_down_clears = config->port_down == CONFIG_CLEAR;
	link->max_setup = largest_setup(a, trunk);
	link->restart_first = config->restart;
	link->vpci_first = config->vpci_first;
	link->vpci_last = config->vpci_last;
	link->signalling_label = config->signalling_label;
	link->bulk_window = config->bulk_window;
	link->t301_ms = or_default(t->t301, link->t301_ms);
	link->t303_ms = or_default(t->t303, link->t303_ms);
	link->t308_ms = or_default(t->t308, link->t308_ms);
	link->t309_ms = or_default(t->t309, link->t309_ms);
	link->t310_ms = or_default(t->t310, link->t310_ms);
	link->t313_ms = or_default(t->t313, link->t313_ms);
	link->t316_ms = or_default(t->t316, link->t316_ms);
	link->t317_ms = or_default(t->t317, link->t317_ms);
	link->t322_ms = or_default(t->t322, link->t322_ms);
	link->t360_ms = or_default(t->t360, link->t360_ms);
	link->t361_ms = or_default(t->t361, link->t361_ms);
	link->t397_ms = or_default(t->t397, link->t397_ms);
	link->t398_ms = or_default(t->t398, link->t398_ms);
	link->t399_ms = or_default(t->t399, link->t399_ms);
	link->t_answer_ms = or_default(t->t_answer, link->t_answer_ms);
	link->t_link_ms = or_default(t->t_link, link->t_link_ms);
	link->t_link_max_ms = or_default(t->t_link_max, link->t_link_max_ms);
	sscop_params_default(sscop);
	sscop->window = config->window;
	sscop->timer_cc_ms = or_default(t->sscop_cc, sscop->timer_cc_ms);
	sscop->timer_poll_ms = or_default(t->sscop_poll, sscop->timer_poll_ms);
	sscop->timer_keep_alive_ms = or_default(t->sscop_keep_alive, sscop->timer_keep_alive_ms);
	sscop->timer_no_response_ms = or_default(t->sscop_no_response, sscop->timer_no_response_ms);
	sscop->timer_idle_ms = or_default(t->sscop_idle, sscop->timer_idle_ms);
	/* A restarted appliance must not look like a repeat of its predecessor (SSCOP-5). */
	clock_gettime(CLOCK_REALTIME, &now);
	sscop->initial_sq = (uint8_t)(now.tv_sec ^ now.tv_nsec >> 10);
}

static struct ethvc_excess
excess_of(const struct config_excess *config)
{
	static const uint8_t fates[] = {
		[CONFIG_PASS] = DP_EXCESS_PASS,
		[CONFIG_MARK] = DP_EXCESS_MARK,
		[CONFIG_DROP] = DP_EXCESS_DROP,
	};

	return (struct ethvc_excess){
		.yellow = fates[config->yellow],
		.red = fates[config->red],
		.mark_tc = config->mark_tc != CONFIG_NO_TC ? config->mark_tc : 0,
	};
}

static int
create_driver(struct appliance *a, struct appliance_trunk *t)
{
	const struct config_trunk *config = t->config;
	struct ethvc_config circuits = {
		.port = (uint16_t)a->dp_ports[config->port],
		.bandwidth = config->bandwidth,
		.excess = excess_of(&config->excess),
	};
	struct callmgr_params params;
	int err;

	trunk_params(a, t, config, &params);
	if (config->call_manager == CONFIG_EMBEDDED) {
		err = ethmcm_create(a->env, a->co, a->dp, (uint16_t)t->dp_trunk,
			config->signalling_label, &params, &t->ethmcm);
		if (err != 0)
			return err;
		t->callmgr = ethmcm_callmgr(t->ethmcm);
		t->adapter = ethmcm_adapter(t->ethmcm);
		return ethmcm_configure(t->ethmcm, &circuits);
	}
	err = ethvc_create(a->co, a->dp, (uint16_t)t->dp_trunk, a->config->max_calls + 1,
		config->name, &a->mem, &t->ethvc);
	if (err == 0)
		err = ethvc_configure(t->ethvc, &circuits);
	if (err == 0) {
		t->adapter = ethvc_adapter(t->ethvc);
		err = unicm_create(
			a->env, a->co, t->adapter, config->signalling_label, &params, &t->unicm);
	}
	if (err == 0)
		t->callmgr = unicm_callmgr(t->unicm);
	return err;
}

/* No call may grow beyond what its trunk has (INQOS-2). */
static void
limit_calls(struct appliance *a, const struct appliance_trunk *t, uint64_t bandwidth)
{
	caller_set_limit(attach_caller(a->attach), t->adapter, bandwidth);
	caller_set_limit(load_caller(a->load), t->adapter, bandwidth);
}

int
appliance_create_trunk(struct appliance *a, unsigned int idx, char *error, size_t error_size)
{
	const struct config_trunk *config = &a->config->trunks[idx];
	struct appliance_trunk *t = &a->trunks[idx];
	struct dp_trunk_config dp_config = { .port = (uint16_t)a->dp_ports[config->port], .tc = 6 };
	int err;

	if (config->has_peer_mac)
		memcpy(dp_config.peer_mac.addr_bytes, config->peer_mac, 6);
	else
		memset(dp_config.peer_mac.addr_bytes, 0xff, 6);
	t->config = config;
	t->dp_trunk = dp_trunk_add(a->dp, &dp_config);
	err = t->dp_trunk < 0 ? t->dp_trunk : create_driver(a, t);
	if (err != 0) {
		snprintf(error, error_size,
			"trunk %s (line %u) cannot be set up: %s; mend: check its "
			"timers and label, and the memory that is free",
			config->name, config->line, strerror(-err));
		return err;
	}
	a->adapters[idx] = t->adapter;
	t->jobs = a->jobs;
	callmgr_watch(t->callmgr, jobs_mass, t);
	limit_calls(a, t, config->bandwidth);
	a->n_trunks++;
	return 0;
}

int
appliance_retune_trunk(
	struct appliance *a, struct appliance_trunk *t, const struct config_trunk *config)
{
	struct ethvc_excess excess = excess_of(&config->excess);
	struct callmgr_params params;
	int err;

	trunk_params(a, t, config, &params);
	err = callmgr_reconfigure(t->callmgr, &params);
	if (err != 0)
		return err;
	if (t->ethmcm != NULL)
		ethmcm_retune(t->ethmcm, config->bandwidth, &excess);
	else
		ethvc_retune(t->ethvc, config->bandwidth, &excess);
	limit_calls(a, t, config->bandwidth);
	return 0;
}

/* ---- Life. ---- */

void
appliance_trunks_turn(struct appliance *a)
{
	unsigned int i;

	for (i = 0; i < a->n_trunks; i++) {
		if (a->trunks[i].ethmcm != NULL)
			ethmcm_turn(a->trunks[i].ethmcm, a->now_ns);
		else
			ethvc_turn(a->trunks[i].ethvc, a->now_ns);
	}
}

void
appliance_trunk_overdue(const struct appliance_trunk *t, struct ethvc_overdue *out)
{
	if (t->ethmcm != NULL)
		ethmcm_overdue(t->ethmcm, out);
	else
		ethvc_overdue(t->ethvc, out);
}

void
appliance_trunk_admission(const struct appliance_trunk *t, struct ethvc_admission *out)
{
	if (t->ethmcm != NULL)
		ethmcm_admission(t->ethmcm, out);
	else
		ethvc_admission(t->ethvc, out);
}

static const char *
client_name(const struct appliance *a, co_vc_t vc)
{
	struct co_vc_info info;

	if (co_vc_query(a->co, vc, &info) != CO_STATUS_SUCCESS)
		return "gone";
	return info.client == echo_protocol(a->echo)                      ? "echo"
	       : info.client == transit_protocol(a->transit)              ? "transit"
	       : info.client == caller_protocol(attach_caller(a->attach)) ? "attach"
	       : info.client == caller_protocol(load_caller(a->load))     ? "load"
									  : "call manager";
}

void
appliance_alarms_turn(struct appliance *a)
{
	struct appliance_trunk *t;
	struct ethvc_overdue o;

	if (a->now_ns - a->alarms_ns < ALARM_NS)
		return;
	a->alarms_ns = a->now_ns;
	for (t = a->trunks; t < a->trunks + a->n_trunks; t++) {
		appliance_trunk_overdue(t, &o);
		if (o.n_noticed == t->n_overdue)
			continue;
		t->n_overdue = o.n_noticed;
		cp_log(CP_LOG_WARN,
			"trunk %s: client %s keeps %u packets of VC %u (label %u), which ended "
			"%.1f s ago; %u VCs wait so, the first one is told",
			t->config->name, client_name(a, o.vc), o.n_packets, o.vc, o.label,
			(double)o.age_ns / 1e9, o.n_vcs);
	}
}
