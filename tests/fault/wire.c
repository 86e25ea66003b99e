/* SPDX-License-Identifier: BSD-3-Clause */
#include "wire.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "../unit/base/random.h"

#define MILLION 1000000u
#define MAX_FLIPS 8u
#define POLYNOMIAL 0xedb88320u

static uint32_t fcs_of[256];

static void
make_table(void)
{
	uint32_t i, bit;

	for (i = 0; i < 256; i++) {
		fcs_of[i] = i;
		for (bit = 0; bit < 8; bit++)
			fcs_of[i] = fcs_of[i] >> 1 ^ ((fcs_of[i] & 1) != 0 ? POLYNOMIAL : 0);
	}
}

uint32_t
wire_fcs(const uint8_t *octets, size_t len)
{
	uint32_t crc = UINT32_MAX;
	size_t i;

	if (fcs_of[1] == 0)
		make_table();
	for (i = 0; i < len; i++)
		crc = crc >> 8 ^ fcs_of[(crc ^ octets[i]) & 0xff];
	return ~crc;
}

void
wire_init(struct wire *w, uint64_t delay_ns, uint64_t seed)
{
	*w = (struct wire){ .delay_ns = delay_ns, .random = seed };
}

void
wire_fini(struct wire *w)
{
	agenda_fini(&w->flying);
	free(w->frames);
	w->frames = NULL;
}

static bool
happens(struct wire *w, uint32_t of_a_million)
{
	return of_a_million > 0 && random_below(&w->random, MILLION) < of_a_million;
}

static uint32_t
take_frame(struct wire *w)
{
	uint32_t idx = w->first_free;

	if (idx != 0) {
		w->first_free = w->frames[idx - 1].next_free;
		return idx - 1;
	}
	if (w->n_frames == w->size) {
		w->size = w->size != 0 ? 2 * w->size : 64;
		w->frames = realloc(w->frames, w->size * sizeof(*w->frames));
		assert(w->frames != NULL);
	}
	return w->n_frames++;
}

static void
damage(struct wire *w, struct wire_frame *f)
{
	uint32_t n = 1 + random_below(&w->random, MAX_FLIPS), bit;
	uint8_t before[sizeof(f->octets)];

	memcpy(before, f->octets, f->len);
	while (n-- > 0) {
		bit = random_below(&w->random, f->len * 8);
		f->octets[bit / 8] ^= (uint8_t)(1u << bit % 8);
	}
	f->damaged = memcmp(before, f->octets, f->len) != 0; /* two flips can meet */
	w->stats.damaged += f->damaged;
}

static void
fly(struct wire *w, int from, const uint8_t *pdu, size_t len, uint64_t due_ns)
{
	uint32_t idx = take_frame(w), fcs = wire_fcs(pdu, len);
	struct wire_frame *f = &w->frames[idx];

	f->to = (uint8_t)!from;
	f->len = (uint32_t)len + WIRE_FCS;
	f->damaged = false;
	memcpy(f->octets, pdu, len);
	memcpy(f->octets + len, &fcs, WIRE_FCS); /* both ends are this machine */
	if (happens(w, w->faults.damaged))
		damage(w, f);
	agenda_put(&w->flying, due_ns, idx);
}

static uint64_t
late(struct wire *w)
{
	return random_next(&w->random) % w->faults.late_ns + 1;
}

void
wire_send(struct wire *w, int from, const uint8_t *pdu, size_t len, uint64_t now_ns)
{
	uint64_t due_ns = now_ns + w->delay_ns;

	assert(len <= WIRE_MAX_PDU);
	w->stats.sent++;
	if (w->dead[from]) {
		w->stats.dead++;
		return;
	}
	if (happens(w, w->faults.repeated)) {
		w->stats.repeated++;
		fly(w, from, pdu, len, due_ns + late(w));
	}
	if (happens(w, w->faults.lost)) {
		w->stats.lost++;
		return;
	}
	if (happens(w, w->faults.overtaken)) {
		w->stats.overtaken++;
		due_ns += late(w);
	}
	fly(w, from, pdu, len, due_ns);
}

static bool
is_whole(struct wire *w, const struct wire_frame *f)
{
	uint32_t fcs;
	bool whole;

	memcpy(&fcs, f->octets + f->len - WIRE_FCS, WIRE_FCS);
	whole = fcs == wire_fcs(f->octets, f->len - WIRE_FCS);
	w->stats.found += f->damaged && !whole;
	w->stats.undetected += f->damaged && whole;
	assert(f->damaged || whole);
	return whole;
}

const uint8_t *
wire_receive(struct wire *w, uint64_t now_ns, int *to, size_t *len)
{
	struct wire_frame *f;
	uint64_t idx;

	while (agenda_take(&w->flying, now_ns, &idx)) {
		f = &w->frames[idx];
		f->next_free = w->first_free;
		w->first_free = (uint32_t)idx + 1;
		if (!is_whole(w, f))
			continue;
		w->stats.arrived++;
		*to = f->to;
		*len = f->len - WIRE_FCS;
		memcpy(w->arrived, f->octets, *len); /* its place is the next one's that is sent */
		return w->arrived;
	}
	return NULL;
}

uint64_t
wire_next_ns(const struct wire *w)
{
	return agenda_next_ns(&w->flying);
}
