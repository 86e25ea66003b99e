/* SPDX-License-Identifier: BSD-3-Clause */
/* The port below a trunk: its link, reset, removal, clock and counters. */
#include <errno.h>
#include <string.h>
#include <time.h>

#include <rte_cycles.h>
#include <rte_ethdev.h>
#include <rte_mempool.h>

#include "dataplane/node.h"
#include "trunk_priv.h"

#define LOOK_NS UINT64_C(10000000)          /* between two looks at the mbufs */
#define RESET_AGAIN_NS UINT64_C(1000000000) /* between two tries with a device that fails */
#define LOW_SHARE 8u /* fewer than one mbuf in so many are free: low resources (RECV-2) */

/* ---- Link and removal. ---- */

/* UNB-10: a notice, and no call's end. */
static void
look_at_link(struct ethvc_trunk *t)
{
	bool is_up = dp_port_look(t->dp, t->config.port, t->now_ns);

	if (is_up == t->link_up)
		return;
	t->link_up = is_up;
	co_m_indicate_status(t->co, t->adapter, CO_NONE,
		is_up ? CO_STATUS_MEDIA_CONNECT : CO_STATUS_MEDIA_DISCONNECT);
}

bool
ethvc_trunk_link_is_up(const struct ethvc_trunk *t)
{
	return t->ethdev == UINT16_MAX || t->link_up;
}

/* On the thread of the EAL's events. */
static int
on_removal(uint16_t ethdev, enum rte_eth_event_type event, void *arg, void *unused)
{
	struct ethvc_trunk *t = arg;

	(void)ethdev;
	(void)event;
	(void)unused;
	/* Relaxed: it guards nothing but itself; pairs with the load in ethvc_port_turn(). */
	__atomic_store_n(&t->removal_seen, 1, __ATOMIC_RELAXED);
	return 0;
}

void
ethvc_trunk_removed(struct ethvc_trunk *t)
{
	if (t->removed)
		return;
	t->removed = true;
	co_m_surprise_removed(t->co, t->adapter);
	ethvc_locals_abort(t, CO_STATUS_NOT_ACCEPTED);
}

int
ethvc_port_init(struct ethvc_trunk *t)
{
	struct dp_port_stats stats;

	if (t->config.port == ETHVC_NO_PORT)
		return 0;
	if (dp_port_stats(t->dp, t->config.port, &stats) != 0)
		return -ENOENT;
	t->ethdev = stats.ethdev;
	t->link_up = stats.link_up;
	return rte_eth_dev_callback_register(t->ethdev, RTE_ETH_EVENT_INTR_RMV, on_removal, t);
}

void
ethvc_port_fini(struct ethvc_trunk *t)
{
	if (t->ethdev == UINT16_MAX)
		return;
	rte_eth_dev_callback_unregister(t->ethdev, RTE_ETH_EVENT_INTR_RMV, on_removal, t);
	t->ethdev = UINT16_MAX;
}

/* ---- Counters. ---- */

/* Frames that were no VC's, or found nobody, or were damaged. */
static uint64_t
sum_drops(const struct dp_port_stats *stats)
{
	uint64_t sum = 0;
	enum dp_drop i;

	for (i = 0; i < DP_DROP_COUNT; i++)
		if (i != DP_DROP_TX)
			sum += stats->drops[i];
	return sum;
}

/*
 * All that came and went on the port: it does not fall when a VC ends (STAT-6), and neither a VC's
 * end nor this pays for the number of VCs.
 */
static void
read_totals(const struct ethvc_trunk *t, struct co_vc_statistics *out)
{
	struct dp_port_stats s;

	*out = (struct co_vc_statistics){ 0 };
	if (t->ethdev != UINT16_MAX && dp_port_stats(t->dp, t->config.port, &s) == 0)
		*out = (struct co_vc_statistics){
			.rx_packets = s.rx,
			.rx_octets = s.rx_octets,
			.tx_packets = s.tx,
			.tx_octets = s.tx_octets,
			.drops = sum_drops(&s),
			.rx_errors = s.rx_errors + s.drops[DP_DROP_RUNT] +
				     s.drops[DP_DROP_CONTROL_WORD] +
				     s.drops[DP_DROP_CONTROL_LENGTH],
			.rx_no_buffer = s.rx_missed + s.rx_no_mbuf + s.drops[DP_DROP_CONTROL_FULL],
		};
}

/* A device that forgets its counters when it starts anew begins from there. */
static void
rebase_totals(struct ethvc_trunk *t)
{
	uint64_t now[N_TOTALS];
	struct co_vc_statistics read;
	uint32_t i;

	read_totals(t, &read);
	memcpy(now, &read, sizeof(now));
	for (i = 0; i < N_TOTALS; i++) {
		if (now[i] >= t->totals[i].last)
			continue;
		t->totals[i].base += t->totals[i].last;
		t->totals[i].last = 0;
	}
}

void
ethvc_port_totals(struct ethvc_trunk *t, struct co_vc_statistics *out)
{
	uint64_t now[N_TOTALS];
	uint32_t i;

	read_totals(t, out);
	memcpy(now, out, sizeof(now));
	for (i = 0; i < N_TOTALS; i++) {
		t->totals[i].last = RTE_MAX(t->totals[i].last, now[i]);
		now[i] = t->totals[i].base + t->totals[i].last;
	}
	memcpy(out, now, sizeof(now));
	out->tx_errors += t->tx_errors;
	out->rx_no_buffer += t->no_buffer;
}

uint64_t
ethvc_port_time_ns(const struct ethvc_trunk *t)
{
	uint64_t cycles = rte_get_tsc_cycles(), hz = rte_get_tsc_hz();
	struct timespec ts;

	if (t->ethdev != UINT16_MAX && rte_eth_timesync_read_time(t->ethdev, &ts) == 0)
		return (uint64_t)ts.tv_sec * NS_PER_S + (uint64_t)ts.tv_nsec;
	return cycles / hz * NS_PER_S + cycles % hz * NS_PER_S / hz;
}

/* ---- Reset. ---- */

/* RESET-4: sends that wait come back first. RESET-7: circuits, labels and meters stay. */
enum co_status
ethvc_trunk_reset(struct ethvc_trunk *t)
{
	struct co_vc_statistics before;
	int err;

	if (t->ethdev == UINT16_MAX)
		return CO_STATUS_NOT_SUPPORTED;
	if (t->resetting)
		return CO_STATUS_RESET_IN_PROGRESS;
	ethvc_port_totals(t, &before);
	err = dp_port_reset(t->dp, t->config.port);
	if (err != 0)
		return err == -EBUSY ? CO_STATUS_RESET_IN_PROGRESS : CO_STATUS_FAILURE;
	t->resetting = true;
	t->next_reset_ns = t->now_ns;
	ethvc_locals_abort(t, CO_STATUS_REQUEST_ABORTED);
	return CO_STATUS_PENDING;
}

/* A device that does not start is tried again: the adapter is of no use before it does. */
static void
poll_reset(struct ethvc_trunk *t)
{
	int err;

	if (t->now_ns < t->next_reset_ns)
		return;
	err = dp_port_reset_poll(t->dp, t->config.port);
	if (err == -EAGAIN)
		return;
	if (err != 0 && err != -ENOENT) {
		t->next_reset_ns = t->now_ns + RESET_AGAIN_NS;
		return;
	}
	t->resetting = false;
	rebase_totals(t);
	co_m_reset_complete(t->co, t->adapter);
}

/* ---- Turns. ---- */

static void
look(struct ethvc_trunk *t)
{
	const struct rte_mempool *pool = dp_port_mempool(t->dp, t->config.port);

	t->next_look_ns = t->now_ns + LOOK_NS;
	t->mempool_low = rte_mempool_avail_count(pool) < pool->size / LOW_SHARE;
	if (t->ethdev != UINT16_MAX && !t->removed)
		look_at_link(t);
}

void
ethvc_port_turn(struct ethvc_trunk *t)
{
	if (__atomic_load_n(&t->removal_seen, __ATOMIC_RELAXED) != 0)
		ethvc_trunk_removed(t);
	if (t->resetting)
		poll_reset(t); /* a port that is stopped has no link to look at */
	else if (t->now_ns >= t->next_look_ns)
		look(t);
}
