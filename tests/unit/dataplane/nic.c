/* SPDX-License-Identifier: BSD-3-Clause */
#include "nic.h"

#include <errno.h>
#include <string.h>

#include <rte_errno.h>

#include "base/bytes.h"

struct nic_can nic_can;
struct nic_told nic_told[RTE_MAX_ETHPORTS];

int __real_rte_eth_dev_info_get(uint16_t ethdev, struct rte_eth_dev_info *info);
int __wrap_rte_eth_dev_info_get(uint16_t ethdev, struct rte_eth_dev_info *info);
int __real_rte_eth_dev_configure(
	uint16_t ethdev, uint16_t n_rx, uint16_t n_tx, const struct rte_eth_conf *conf);
int __wrap_rte_eth_dev_configure(
	uint16_t ethdev, uint16_t n_rx, uint16_t n_tx, const struct rte_eth_conf *conf);
int __wrap_rte_eth_dev_rss_reta_update(
	uint16_t ethdev, struct rte_eth_rss_reta_entry64 *conf, uint16_t size);
int __wrap_rte_flow_validate(uint16_t ethdev, const struct rte_flow_attr *attr,
	const struct rte_flow_item *pattern, const struct rte_flow_action *actions,
	struct rte_flow_error *error);
struct rte_flow *__wrap_rte_flow_create(uint16_t ethdev, const struct rte_flow_attr *attr,
	const struct rte_flow_item *pattern, const struct rte_flow_action *actions,
	struct rte_flow_error *error);
int __wrap_rte_flow_flush(uint16_t ethdev, struct rte_flow_error *error);

void
nic_reset(void)
{
	memset(&nic_can, 0, sizeof(nic_can));
	memset(nic_told, 0, sizeof(nic_told));
}

int
__wrap_rte_eth_dev_info_get(uint16_t ethdev, struct rte_eth_dev_info *info)
{
	int err = __real_rte_eth_dev_info_get(ethdev, info);

	info->flow_type_rss_offloads = nic_can.rss_types;
	info->reta_size = nic_can.reta_size;
	return err;
}

/* The rings know nothing of hashes. */
int
__wrap_rte_eth_dev_configure(
	uint16_t ethdev, uint16_t n_rx, uint16_t n_tx, const struct rte_eth_conf *conf)
{
	struct nic_told *told = &nic_told[ethdev];
	struct rte_eth_conf plain = *conf;

	told->rss = conf->rxmode.mq_mode == RTE_ETH_MQ_RX_RSS;
	told->rss_types = conf->rx_adv_conf.rss_conf.rss_hf;
	told->n_rx_queues = n_rx;
	told->reta_size = 0;
	told->n_configured++;
	plain.rxmode.mq_mode = RTE_ETH_MQ_RX_NONE;
	memset(&plain.rx_adv_conf.rss_conf, 0, sizeof(plain.rx_adv_conf.rss_conf));
	return __real_rte_eth_dev_configure(ethdev, n_rx, n_tx, &plain);
}

int
__wrap_rte_eth_dev_rss_reta_update(
	uint16_t ethdev, struct rte_eth_rss_reta_entry64 *conf, uint16_t size)
{
	struct nic_told *told = &nic_told[ethdev];
	uint16_t i;

	if (size != nic_can.reta_size)
		return -EINVAL;
	for (i = 0; i < size; i++)
		if ((conf[i / RTE_ETH_RETA_GROUP_SIZE].mask >> i % RTE_ETH_RETA_GROUP_SIZE & 1) !=
			0)
			told->reta[i] =
				conf[i / RTE_ETH_RETA_GROUP_SIZE].reta[i % RTE_ETH_RETA_GROUP_SIZE];
	told->reta_size = size;
	return 0;
}

static uint32_t
label_of(const void *item)
{
	return cp_get_be32(item) >> 12;
}

static int
refuse(struct rte_flow_error *error, enum rte_flow_error_type type)
{
	error->type = type;
	rte_errno = ENOTSUP;
	return -ENOTSUP;
}

static bool
knows(enum rte_flow_item_type type)
{
	return (type == RTE_FLOW_ITEM_TYPE_MPLS && nic_can.labels) ||
	       (type == RTE_FLOW_ITEM_TYPE_VLAN && nic_can.vlans);
}

int
__wrap_rte_flow_validate(uint16_t ethdev, const struct rte_flow_attr *attr,
	const struct rte_flow_item *pattern, const struct rte_flow_action *actions,
	struct rte_flow_error *error)
{
	const struct rte_flow_action_queue *queue = actions[0].conf;

	if (!nic_can.labels && !nic_can.vlans)
		return -ENOSYS;
	if (pattern[0].type != RTE_FLOW_ITEM_TYPE_ETH || pattern[2].type != RTE_FLOW_ITEM_TYPE_END)
		return refuse(error, RTE_FLOW_ERROR_TYPE_ITEM);
	if (!nic_can.until_started && !knows(pattern[1].type))
		return refuse(error, RTE_FLOW_ERROR_TYPE_ITEM);
	if (attr->ingress != 1 || (attr->priority != 0 && !nic_can.priorities))
		return refuse(error, RTE_FLOW_ERROR_TYPE_ATTR_PRIORITY);
	if (actions[0].type != RTE_FLOW_ACTION_TYPE_QUEUE ||
		actions[1].type != RTE_FLOW_ACTION_TYPE_END ||
		queue->index >= nic_told[ethdev].n_rx_queues)
		return refuse(error, RTE_FLOW_ERROR_TYPE_ACTION);
	return 0;
}

struct rte_flow *
__wrap_rte_flow_create(uint16_t ethdev, const struct rte_flow_attr *attr,
	const struct rte_flow_item *pattern, const struct rte_flow_action *actions,
	struct rte_flow_error *error)
{
	const struct rte_flow_action_queue *queue = actions[0].conf;
	struct nic_told *told = &nic_told[ethdev];
	const struct rte_flow_item_vlan *vlan = pattern[1].spec, *vlan_mask = pattern[1].mask;
	struct nic_rule *rule = &told->rules[told->n_rules];

	if (!knows(pattern[1].type) || told->n_rules == NIC_MAX_RULES ||
		(nic_can.max_rules != 0 && told->n_rules == nic_can.max_rules)) {
		refuse(error, RTE_FLOW_ERROR_TYPE_UNSPECIFIED);
		return NULL;
	}
	rule->type = pattern[1].type;
	if (rule->type == RTE_FLOW_ITEM_TYPE_MPLS) {
		rule->value = label_of(pattern[1].spec);
		rule->mask = label_of(pattern[1].mask);
	} else {
		rule->value = rte_be_to_cpu_16(vlan->tci);
		rule->mask = rte_be_to_cpu_16(vlan_mask->tci);
	}
	rule->priority = attr->priority;
	rule->queue = queue->index;
	told->n_rules++;
	return (struct rte_flow *)rule;
}

int
__wrap_rte_flow_flush(uint16_t ethdev, struct rte_flow_error *error)
{
	(void)error;
	nic_told[ethdev].n_rules = 0;
	nic_told[ethdev].n_flushed++;
	return 0;
}

/* The hash is no more than the value: who relies on it relies on any hash. */
static uint16_t
queue_of(const struct nic_told *told, enum rte_flow_item_type type, uint32_t value, bool hashed)
{
	const struct nic_rule *best = NULL, *rule;

	for (rule = told->rules; rule < told->rules + told->n_rules; rule++)
		if (rule->type == type && (value & rule->mask) == rule->value &&
			(best == NULL || rule->priority < best->priority))
			best = rule;
	if (best != NULL)
		return best->queue;
	return told->rss && hashed ? told->reta[value % told->reta_size] : 0;
}

uint16_t
nic_queue_of_label(uint16_t ethdev, uint32_t label)
{
	const struct nic_told *told = &nic_told[ethdev];

	return queue_of(
		told, RTE_FLOW_ITEM_TYPE_MPLS, label, (told->rss_types & RTE_ETH_RSS_MPLS) != 0);
}

uint16_t
nic_queue_of_vlan(uint16_t ethdev, uint16_t vlan)
{
	const struct nic_told *told = &nic_told[ethdev];

	return queue_of(told, RTE_FLOW_ITEM_TYPE_VLAN, vlan,
		(told->rss_types & (RTE_ETH_RSS_C_VLAN | RTE_ETH_RSS_S_VLAN)) != 0);
}
