/* SPDX-License-Identifier: BSD-3-Clause */
#include "micro/plane.h"

#include <string.h>

#include <rte_cycles.h>

#define N_MBUFS 16383u

static int
open_port(struct plane *p, int i)
{
	static const char *const names[] = { "east", "west" };
	struct dp_port_config config = { .name = names[i] };
	int id = still_create();

	if (id < 0)
		return id;
	config.ethdev = (uint16_t)id;
	id = dp_port_open(p->dp, &config);
	if (id < 0)
		return id;
	p->ports[i] = (uint16_t)id;
	still_take_over(&p->stills[i], config.ethdev);
	return 0;
}

int
plane_create(struct plane *p, uint32_t n_circuits, uint32_t n_attachments)
{
	struct dp_config config = {
		.n_circuits = n_circuits,
		.n_attachments = n_attachments,
		.ring_size = 2 * PLANE_FRAMES,
		.n_mbufs = N_MBUFS,
		.socket = SOCKET_ID_ANY,
		.stall_ns = UINT64_MAX,
	};
	int err;

	*p = (struct plane){ 0 };
	err = dp_create(&p->dp, &config);
	if (err == 0)
		err = dp_worker_create(p->dp, 0, &p->worker);
	if (err == 0)
		err = open_port(p, 0);
	if (err == 0)
		err = open_port(p, 1);
	if (err == 0)
		dp_worker_online(p->worker);
	return err;
}

void
plane_destroy(struct plane *p)
{
	if (p->dp == NULL)
		return;
	rte_pktmbuf_free_bulk(p->frames, p->n_frames);
	if (p->worker != NULL)
		dp_worker_offline(p->worker);
	dp_destroy(p->dp);
}

int
plane_add_trunk(struct plane *p, int i)
{
	struct dp_trunk_config trunk = { .port = p->ports[i], .tc = 6 };

	return dp_trunk_add(p->dp, &trunk);
}

uint64_t
plane_turn(struct plane *p, int i, uint32_t n)
{
	uint64_t begun = rte_rdtsc();

	p->stills[i].frames = p->frames;
	p->stills[i].n = n;
	while (p->stills[i].n != 0)
		dp_worker_turn(p->worker);
	return rte_rdtsc() - begun;
}

int
plane_make_frames(struct plane *p, uint32_t n, uint16_t size)
{
	struct rte_mbuf *m;

	for (p->n_frames = 0; p->n_frames < n; p->n_frames++) {
		m = rte_pktmbuf_alloc(dp_mempool(p->dp));
		if (m == NULL)
			return -1;
		memset(rte_pktmbuf_mtod(m, void *), 0, size);
		m->data_len = size;
		m->pkt_len = size;
		p->frames[p->n_frames] = m;
	}
	return 0;
}
