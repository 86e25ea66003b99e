/* SPDX-License-Identifier: BSD-3-Clause */
#include "dataplane/steer.h"

#include <errno.h>
#include <stdio.h>

#include <rte_flow.h>

#include "dataplane/frame.h"

#define MAX_RETA_SIZE RTE_ETH_RSS_RETA_SIZE_512
#define MPLS_LABEL_SHIFT 4 /* in the three octets that rte_flow knows of a label entry */

/* ---- Which ways there are ---- */

/* So many that no worker has much more than others, whatever their number. */
static uint32_t
n_residues_for(uint32_t n_workers)
{
	return rte_is_power_of_2(n_workers) ? n_workers : 4 * rte_align32pow2(n_workers);
}
static_assert(4 * DP_MAX_WORKERS <= DP_MAX_RESIDUES, "of any number of workers");

/* Of an access port one kind of tag, so that all frames of a VLAN have the same hash. */
static uint64_t
rss_types(enum dp_role role, const struct rte_eth_dev_info *info)
{
	uint64_t c_vlan = info->flow_type_rss_offloads & RTE_ETH_RSS_C_VLAN;

	if (role == DP_ROLE_TRUNK)
		return info->flow_type_rss_offloads & RTE_ETH_RSS_MPLS;
	if (role == DP_ROLE_ACCESS)
		return c_vlan != 0 ? c_vlan : info->flow_type_rss_offloads & RTE_ETH_RSS_S_VLAN;
	return 0;
}

static bool
is_possible(const struct dp_steering *s, const struct rte_eth_dev_info *info)
{
	if (s->n_queues > info->max_rx_queues)
		return false;
	if (s->spread == DP_SPREAD_RSS)
		return s->rss_types != 0 && s->reta_size != 0 && s->reta_size <= MAX_RETA_SIZE;
	return s->spread != DP_SPREAD_FLOW || s->role != DP_ROLE_UNKNOWN;
}

/* The way of @p s, with a queue for signalling, if that can be, and without. */
static uint32_t
add_way(const struct dp_steering *s, const struct rte_eth_dev_info *info, struct dp_steering *out)
{
	uint32_t n = 0;

	if (!is_possible(s, info))
		return 0;
	if (s->signalling_label != 0 && s->n_queues < info->max_rx_queues) {
		out[n] = *s;
		out[n++].own_signalling = true;
	}
	out[n++] = *s;
	return n;
}

uint32_t
dp_steering_ways(const struct dp_port_config *config, uint32_t n_workers,
	const struct rte_eth_dev_info *info, struct dp_steering *out)
{
	static const enum dp_spread spreads[] = { DP_SPREAD_RSS, DP_SPREAD_FLOW,
		DP_SPREAD_SOFTWARE };
	struct dp_steering s = {
		.role = config->role,
		.is_forced = config->spread != DP_SPREAD_AUTO,
		.signalling_label = config->role == DP_ROLE_TRUNK ? config->signalling_label : 0,
		.n_workers = n_workers,
		.n_residues = n_residues_for(n_workers),
		.n_queues = 1,
	};
	uint32_t i, n = 0;

	if (n_workers == 1) {
		s.spread = DP_SPREAD_PORT;
		return add_way(&s, info, out);
	}
	for (i = 0; i < RTE_DIM(spreads); i++) {
		if (config->spread != DP_SPREAD_AUTO && config->spread != spreads[i])
			continue;
		s.spread = spreads[i];
		s.n_queues = s.spread == DP_SPREAD_SOFTWARE ? 1 : n_workers;
		s.rss_types = s.spread == DP_SPREAD_RSS ? rss_types(s.role, info) : 0;
		s.reta_size = s.spread == DP_SPREAD_RSS ? info->reta_size : 0;
		n += add_way(&s, info, out + n);
	}
	return n;
}
static_assert(DP_MAX_STEERINGS == 2 * 3, "two for each way to spread");

void
dp_steering_conf(const struct dp_steering *s, struct rte_eth_conf *conf)
{
	if (s->spread != DP_SPREAD_RSS)
		return;
	conf->rxmode.mq_mode = RTE_ETH_MQ_RX_RSS;
	conf->rx_adv_conf.rss_conf.rss_hf = s->rss_types;
}

/* ---- RSS ---- */

static int
set_reta(uint16_t ethdev, const struct dp_steering *s)
{
	struct rte_eth_rss_reta_entry64 reta[MAX_RETA_SIZE / RTE_ETH_RETA_GROUP_SIZE] = { 0 };
	uint32_t i;

	for (i = 0; i < s->reta_size; i++) {
		reta[i / RTE_ETH_RETA_GROUP_SIZE].mask |= RTE_BIT64(i % RTE_ETH_RETA_GROUP_SIZE);
		reta[i / RTE_ETH_RETA_GROUP_SIZE].reta[i % RTE_ETH_RETA_GROUP_SIZE] =
			(uint16_t)(i % s->n_queues);
	}
	return rte_eth_dev_rss_reta_update(ethdev, reta, s->reta_size);
}

/* ---- Rules ---- */

/* eth / mpls, or eth / vlan: to a queue. */
struct rule {
	struct rte_flow_attr attr;
	struct rte_flow_item pattern[3];
	struct rte_flow_action actions[2];
	struct rte_flow_action_queue queue;
	struct rte_flow_item_mpls label, label_mask;
	struct rte_flow_item_vlan vlan, vlan_mask;
};

static void
put_label(struct rte_flow_item_mpls *out, uint32_t label)
{
	uint32_t bits = label << MPLS_LABEL_SHIFT;

	out->label_tc_s[0] = (uint8_t)(bits >> 16);
	out->label_tc_s[1] = (uint8_t)(bits >> 8);
	out->label_tc_s[2] = (uint8_t)bits;
}

static void
make_rule(struct rule *r, enum dp_role role, uint32_t value, uint32_t mask, uint32_t queue)
{
	*r = (struct rule){
		.attr = { .ingress = 1 },
		.pattern = { { .type = RTE_FLOW_ITEM_TYPE_ETH } },
		.actions = { { .type = RTE_FLOW_ACTION_TYPE_QUEUE, .conf = &r->queue },
			{ .type = RTE_FLOW_ACTION_TYPE_END } },
		.queue = { .index = (uint16_t)queue },
		.vlan = { .tci = rte_cpu_to_be_16((uint16_t)value) },
		.vlan_mask = { .tci = rte_cpu_to_be_16((uint16_t)mask) },
	};
	put_label(&r->label, value);
	put_label(&r->label_mask, mask);
	if (role == DP_ROLE_TRUNK)
		r->pattern[1] = (struct rte_flow_item){
			.type = RTE_FLOW_ITEM_TYPE_MPLS, .spec = &r->label, .mask = &r->label_mask
		};
	else
		r->pattern[1] = (struct rte_flow_item){
			.type = RTE_FLOW_ITEM_TYPE_VLAN, .spec = &r->vlan, .mask = &r->vlan_mask
		};
	r->pattern[2].type = RTE_FLOW_ITEM_TYPE_END;
}

static uint32_t
n_rules(const struct dp_steering *s)
{
	return (uint32_t)s->own_signalling + (s->spread == DP_SPREAD_FLOW ? s->n_residues : 0);
}

/* Signalling's comes first, and goes before the others where those would catch its label too. */
static void
get_rule(const struct dp_steering *s, uint32_t i, struct rule *r)
{
	uint32_t residue = i - s->own_signalling;

	if (s->own_signalling && i == 0) {
		make_rule(r, s->role, s->signalling_label, DP_N_LABELS - 1, s->n_queues);
		return;
	}
	make_rule(r, s->role, residue, dp_steering_mask(s), dp_steering_owner(s, residue));
	r->attr.priority = s->own_signalling;
}

static int
validate(uint16_t ethdev, const struct rule *r, struct rte_flow_error *error)
{
	return rte_flow_validate(ethdev, &r->attr, r->pattern, r->actions, error);
}

static int
create(uint16_t ethdev, const struct rule *r, struct rte_flow_error *error)
{
	/* Who takes them back takes all of the device's, so they need no names. */
	return rte_flow_create(ethdev, &r->attr, r->pattern, r->actions, error) != NULL
		       ? 0
		       : -rte_errno;
}

static int
each_rule(uint16_t ethdev, const struct dp_steering *s,
	int (*fn)(uint16_t ethdev, const struct rule *r, struct rte_flow_error *error))
{
	struct rte_flow_error error;
	struct rule r;
	uint32_t i;
	int err = 0;

	for (i = 0; i < n_rules(s) && err == 0; i++) {
		get_rule(s, i, &r);
		err = fn(ethdev, &r, &error);
	}
	return err;
}

bool
dp_steering_is_vain(uint16_t ethdev, const struct dp_steering *s)
{
	struct rte_flow_error error = { .type = RTE_FLOW_ERROR_TYPE_NONE };
	struct rule r;
	int err;

	if (n_rules(s) == 0)
		return false;
	get_rule(s, n_rules(s) - 1, &r);
	err = validate(ethdev, &r, &error);
	return err == -ENOSYS || (err != 0 && error.type >= RTE_FLOW_ERROR_TYPE_ITEM_NUM &&
					 error.type <= RTE_FLOW_ERROR_TYPE_ITEM);
}

int
dp_steering_apply(uint16_t ethdev, const struct dp_steering *s)
{
	int err = s->spread == DP_SPREAD_RSS ? set_reta(ethdev, s) : 0;

	if (err == 0)
		err = each_rule(ethdev, s, validate);
	if (err != 0)
		return err;
	err = each_rule(ethdev, s, create);
	if (err != 0)
		dp_steering_withdraw(ethdev, s);
	return err;
}

void
dp_steering_withdraw(uint16_t ethdev, const struct dp_steering *s)
{
	struct rte_flow_error error;

	if (n_rules(s) != 0)
		rte_flow_flush(ethdev, &error); /* what fails goes with the device's stop */
}

/* ---- Saying so ---- */

static const char *const spread_names[DP_SPREAD_COUNT] = {
	[DP_SPREAD_AUTO] = "auto",
	[DP_SPREAD_RSS] = "rss",
	[DP_SPREAD_FLOW] = "flow",
	[DP_SPREAD_PORT] = "port",
	[DP_SPREAD_SOFTWARE] = "software",
};

const char *
dp_spread_name(enum dp_spread spread)
{
	return (unsigned int)spread < DP_SPREAD_COUNT ? spread_names[spread] : "?";
}

static void
print_lcores(const struct dp *dp, const struct dp_port *p, char *out, size_t size)
{
	uint32_t i;
	int n = 0;

	for (i = 0; i < p->steering.n_workers; i++)
		n += snprintf(out + n, size - (size_t)n, "%s%u", i == 0 ? "" : ",",
			dp->workers[p->pollers[i]]->lcore);
}

static const char *
what_of(const struct dp_steering *s)
{
	return s->role == DP_ROLE_ACCESS ? "VLAN" : "label";
}

static void
print_spread(const struct dp *dp, const struct dp_port *p, char *out, size_t size)
{
	const struct dp_steering *s = &p->steering;
	char lcores[DP_MAX_WORKERS * 12];

	print_lcores(dp, p, lcores, sizeof(lcores));
	switch (s->spread) {
	case DP_SPREAD_RSS:
		snprintf(out, size, "circuits spread over lcores %s by RSS on the %s", lcores,
			what_of(s));
		break;
	case DP_SPREAD_FLOW:
		snprintf(out, size, "circuits spread over lcores %s by rte_flow on the %s", lcores,
			what_of(s));
		break;
	case DP_SPREAD_SOFTWARE:
		snprintf(out, size, "circuits spread over lcores %s in software, by the first%s",
			lcores,
			s->is_forced ? "" : ", for the device has neither RSS nor rules for it");
		break;
	default:
		snprintf(out, size, "all circuits on lcore %s", lcores);
	}
}

static const char *
print_signalling(const struct dp_steering *s, char *out, size_t size)
{
	if (s->signalling_label == 0)
		return "";
	if (!s->own_signalling)
		return "; signalling with the rest, for the device has no rule for it";
	snprintf(out, size, "; signalling on its own queue %u", s->n_queues);
	return out;
}

void
dp_port_ways(const struct dp *dp, uint16_t port, char *out, size_t size)
{
	const struct dp_port *p = &dp->ports[port];
	char spread[320], signalling[48], sending[80] = "";

	print_spread(dp, p, spread, sizeof(spread));
	if (p->n_relays != 0)
		snprintf(sending, sizeof(sending),
			"; %u of %u workers send through others, for lack of transmit queues",
			p->n_relays, dp->n_workers);
	snprintf(out, size, "%s%s%s", spread,
		print_signalling(&p->steering, signalling, sizeof(signalling)), sending);
}
