/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What the workers of a port poll, and by whom they send: made when the port is opened, when its
 * device has told how much it takes upon itself. Control only.
 */
#include <errno.h>

#include <rte_malloc.h>

#include "dataplane/steer.h"

#define MAX_RING_SIZE 1024u /* a worker that is so far behind will not catch up */

/*
 * To worker @p to, on its node. In memory of ours: rte_ring_create() has a name and a memory zone
 * for each, and few of these.
 */
static struct rte_ring *
create_ring(struct dp *dp, const char *what, uint32_t to)
{
	int node = dp_lcore_node(dp, dp->workers[to]->lcore);
	uint32_t size = RTE_MIN(dp->config.ring_size, MAX_RING_SIZE);
	struct rte_ring *ring = dp_zalloc_at(dp, node, (size_t)rte_ring_get_memsize(size), what);

	if (ring != NULL)
		rte_ring_init(ring, what, size, RING_F_SP_ENQ | RING_F_SC_DEQ);
	return ring;
}

static void
free_ring(struct rte_ring *ring)
{
	void *frame;

	if (ring == NULL)
		return;
	while (rte_ring_sc_dequeue(ring, &frame) == 0)
		rte_pktmbuf_free(frame);
	rte_free(ring);
}

/* ---- Receiving ---- */

static struct dp_source *
add_source(const struct dp *dp, struct dp_port *p, uint32_t poller)
{
	struct dp_source *s = &p->sources[p->n_sources++];

	*s = (struct dp_source){ .ethdev = p->ethdev,
		.port = (uint16_t)(p - dp->ports),
		.burst = DP_RX_BURST,
		.worker = p->pollers[poller] };
	return s;
}

/* The ring from one worker of the port to another. */
static int
add_ring(struct dp *dp, struct dp_port *p, uint32_t from, uint32_t to)
{
	struct rte_ring *ring = create_ring(dp, "handover", p->pollers[to]);

	if (ring == NULL)
		return -ENOMEM;
	p->spreaders[from].rings[to] = ring;
	add_source(dp, p, to)->ring = ring;
	return 0;
}

static int
add_spreader(struct dp *dp, struct dp_port *p, uint32_t from)
{
	uint32_t to;
	int err = 0;

	dp_spreader_init(&p->spreaders[p->n_spreaders++], &p->steering, from);
	for (to = 0; to < p->steering.n_workers && err == 0; to++)
		if (to != from)
			err = add_ring(dp, p, from, to);
	return err;
}

static bool
needs_spreaders(const struct dp_steering *s)
{
	return s->spread == DP_SPREAD_FLOW || s->spread == DP_SPREAD_SOFTWARE;
}

static int
create_sources(struct dp *dp, struct dp_port *p)
{
	const struct dp_steering *s = &p->steering;
	uint32_t n_spreaders = needs_spreaders(s) ? s->n_queues : 0;
	uint32_t n = dp_steering_n_rx(s) + n_spreaders * (s->n_workers - 1), i;
	struct dp_source *source;
	int err = 0;

	p->sources = dp_zalloc(dp, n * sizeof(*p->sources), "receive queues");
	/* One more, for its pointer to be valid when there are none. */
	p->spreaders = dp_zalloc(dp, (n_spreaders + 1) * sizeof(*p->spreaders), "spreaders");
	if (p->sources == NULL || p->spreaders == NULL)
		return -ENOMEM;
	if (s->own_signalling)
		add_source(dp, p, 0)->queue = (uint16_t)s->n_queues;
	for (i = 0; i < s->n_queues; i++) {
		source = add_source(dp, p, i);
		source->queue = (uint16_t)i;
		source->spreader = n_spreaders != 0 ? &p->spreaders[i] : NULL;
	}
	for (i = 0; i < n_spreaders && err == 0; i++)
		err = add_spreader(dp, p, i);
	return err;
}

void
dp_queues_add(struct dp *dp, struct dp_port *p)
{
	uint32_t i;

	for (i = 0; i < p->n_sources; i++)
		dp_worker_add_source(dp->workers[p->sources[i].worker], &p->sources[i]);
}

void
dp_queues_remove(struct dp *dp, struct dp_port *p)
{
	uint32_t i;

	for (i = 0; i < p->n_sources; i++)
		dp_worker_remove_source(dp->workers[p->sources[i].worker], &p->sources[i]);
}

/* ---- Sending ---- */

/* All workers, those that poll the port first: they get its transmit queues before others do. */
static void
order_senders(const struct dp *dp, const struct dp_port *p, uint8_t *out)
{
	uint32_t n = p->steering.n_workers, i;

	memcpy(out, p->pollers, n);
	for (i = 0; i < dp->n_workers; i++)
		if ((p->workers >> i & 1) == 0)
			out[n++] = (uint8_t)i;
}

static int
add_relay(struct dp *dp, struct dp_port *p, uint32_t from, uint32_t to)
{
	struct dp_relay *relay = &p->relays[p->n_relays];

	relay->ring = create_ring(dp, "relay", to);
	if (relay->ring == NULL)
		return -ENOMEM;
	relay->port = (uint32_t)(p - dp->ports);
	relay->to = to;
	dp->workers[from]->tx[relay->port].relay = relay->ring;
	p->n_relays++;
	return 0;
}

static int
create_relays(struct dp *dp, struct dp_port *p)
{
	uint32_t port = (uint32_t)(p - dp->ports), i;
	uint8_t senders[DP_MAX_WORKERS];
	int err = 0;

	p->relays = dp_zalloc(dp, dp->n_workers * sizeof(*p->relays), "relays");
	if (p->relays == NULL)
		return -ENOMEM;
	order_senders(dp, p, senders);
	for (i = 0; i < p->n_tx_queues; i++)
		dp->workers[senders[i]]->tx[port].queue = (uint16_t)i;
	for (; i < dp->n_workers && err == 0; i++)
		err = add_relay(dp, p, senders[i], senders[i % p->n_tx_queues]);
	return err;
}

void
dp_relays_add(struct dp *dp, struct dp_port *p)
{
	uint32_t i;

	for (i = 0; i < p->n_relays; i++)
		dp_worker_add_relay(dp->workers[p->relays[i].to], &p->relays[i]);
	dp->n_relays += p->n_relays;
}

void
dp_relays_remove(struct dp *dp, struct dp_port *p)
{
	uint32_t i;

	for (i = 0; i < p->n_relays; i++)
		dp_worker_remove_relay(dp->workers[p->relays[i].to], &p->relays[i]);
}

/* ---- Life ---- */

int
dp_queues_create(struct dp *dp, struct dp_port *p)
{
	int err = create_sources(dp, p);

	return err == 0 ? create_relays(dp, p) : err;
}

void
dp_source_fini(struct dp_source *source)
{
	rte_pktmbuf_free_bulk(source->held, source->n_held);
	source->n_held = 0;
}

void
dp_queues_free(struct dp *dp, struct dp_port *p)
{
	uint32_t port = (uint32_t)(p - dp->ports), i;

	for (i = 0; i < p->n_sources; i++) {
		dp_source_fini(&p->sources[i]);
		free_ring(p->sources[i].ring);
	}
	for (i = 0; i < p->n_relays; i++)
		free_ring(p->relays[i].ring);
	for (i = 0; i < dp->n_workers; i++)
		dp->workers[i]->tx[port].relay = NULL;
	rte_free(p->sources);
	rte_free(p->spreaders);
	rte_free(p->relays);
	p->sources = NULL;
	p->spreaders = NULL;
	p->relays = NULL;
	p->n_sources = p->n_spreaders = p->n_relays = 0;
}
