/* SPDX-License-Identifier: BSD-3-Clause */

#include <errno.h>
#include <string.h>

#include "sscop/sscop_priv.h"

/* The least power of two that holds the window; never below a word of the maps. */
static uint32_t
n_slots(const struct sscop_params *params)
{
	uint32_t n = 64;

	while (n < params->window)
		n *= 2;
	return n;
}

static int
seqmap_init(struct sscop_seqmap *map, uint32_t n_bits, const struct cp_mem *mem, const char *what)
{
	map->mask = n_bits - 1;
	map->words = cp_mem_alloc(mem, n_bits / 8, what);
	return map->words != NULL ? 0 : -ENOMEM;
}

static void
seqmap_reset(struct sscop_seqmap *map)
{
	memset(map->words, 0, (map->mask + 1) / 8);
}

int
sscop_tx_init(struct sscop_tx *tx, const struct sscop_params *params, const struct cp_mem *mem)
{
	uint32_t n = n_slots(params);

	tx->ring_size = params->tx_octets;
	tx->ring = cp_mem_alloc(mem, tx->ring_size, "sscop tx ring");
	tx->slots = cp_mem_alloc(mem, n * sizeof(*tx->slots), "sscop tx slots");
	if (tx->ring == NULL || tx->slots == NULL)
		return -ENOMEM;
	return seqmap_init(&tx->marks, n, mem, "sscop tx marks");
}

void
sscop_tx_fini(struct sscop_tx *tx, const struct cp_mem *mem)
{
	cp_mem_free(mem, tx->ring);
	cp_mem_free(mem, tx->slots);
	cp_mem_free(mem, tx->marks.words);
}

void
sscop_tx_reset(struct sscop_tx *tx)
{
	if (tx->n_marked > 0)
		seqmap_reset(&tx->marks);
	tx->n_marked = 0;
	tx->head = 0;
}

uint8_t *
sscop_tx_room(struct sscop_tx *tx, uint32_t vt_a, uint32_t vt_s)
{
	uint32_t tail;

	if (vt_a == vt_s) {
		tx->head = 0; /* an idle link always writes the same, warm lines */
		return tx->ring;
	}
	tail = sscop_tx_slot(tx, vt_a)->offset;
	if (tx->head <= tail && tail - tx->head < SSCOP_MAX_SD)
		return NULL;
	return tx->ring + tx->head;
}

void
sscop_tx_commit(struct sscop_tx *tx, uint32_t seq, uint32_t len, uint32_t poll_mark)
{
	struct sscop_tx_slot *slot = sscop_tx_slot(tx, seq);

	slot->offset = tx->head;
	slot->len = (uint16_t)len;
	slot->poll_mark = poll_mark;
	tx->head += len;
	if (tx->head > tx->ring_size - SSCOP_MAX_SD)
		tx->head = 0;
}

bool
sscop_tx_mark(struct sscop_tx *tx, uint32_t seq, uint32_t vt_a)
{
	if (sscop_seqmap_test(&tx->marks, seq))
		return false;
	sscop_seqmap_set(&tx->marks, seq);
	if (tx->n_marked++ == 0 || sscop_seq_sub(seq, vt_a) < sscop_seq_sub(tx->first_marked, vt_a))
		tx->first_marked = seq;
	return true;
}

uint32_t
sscop_tx_unmark_first(struct sscop_tx *tx)
{
	uint32_t seq = tx->first_marked;

	sscop_seqmap_clear(&tx->marks, seq);
	if (--tx->n_marked > 0)
		tx->first_marked = sscop_seq_add(
			seq, sscop_seqmap_find(&tx->marks, seq, tx->marks.mask + 1, true));
	return seq;
}

int
sscop_rx_init(struct sscop_rx *rx, const struct sscop_params *params, const struct cp_mem *mem)
{
	uint32_t n = n_slots(params);

	rx->n_chunks = params->rx_octets / SSCOP_CHUNK_SIZE;
	rx->chunks = cp_mem_alloc(mem, (size_t)rx->n_chunks * SSCOP_CHUNK_SIZE, "sscop rx chunks");
	rx->next = cp_mem_alloc(mem, rx->n_chunks * sizeof(*rx->next), "sscop rx chain");
	rx->slots = cp_mem_alloc(mem, n * sizeof(*rx->slots), "sscop rx slots");
	rx->scratch = cp_mem_alloc(mem, SSCOP_MAX_SDU, "sscop rx scratch");
	if (rx->chunks == NULL || rx->next == NULL || rx->slots == NULL || rx->scratch == NULL ||
		seqmap_init(&rx->present, n, mem, "sscop rx map") < 0)
		return -ENOMEM;
	sscop_rx_reset(rx);
	return 0;
}

void
sscop_rx_fini(struct sscop_rx *rx, const struct cp_mem *mem)
{
	cp_mem_free(mem, rx->chunks);
	cp_mem_free(mem, rx->next);
	cp_mem_free(mem, rx->slots);
	cp_mem_free(mem, rx->scratch);
	cp_mem_free(mem, rx->present.words);
}

void
sscop_rx_reset(struct sscop_rx *rx)
{
	if (rx->n_kept > 0)
		seqmap_reset(&rx->present);
	rx->n_kept = 0;
	rx->free_chunk = SSCOP_CHUNK_NONE;
	rx->n_fresh = 0;
	rx->n_free = rx->n_chunks;
}

/* n_free > 0 */
static uint32_t
chunk_get(struct sscop_rx *rx)
{
	uint32_t chunk = rx->free_chunk;

	rx->n_free--;
	if (chunk == SSCOP_CHUNK_NONE)
		return rx->n_fresh++;
	rx->free_chunk = rx->next[chunk];
	return chunk;
}

static uint8_t *
chunk_octets(const struct sscop_rx *rx, uint32_t chunk)
{
	return rx->chunks + (size_t)chunk * SSCOP_CHUNK_SIZE;
}

bool
sscop_rx_keep(struct sscop_rx *rx, uint32_t seq, const uint8_t *sdu, uint32_t len)
{
	struct sscop_rx_slot *slot = &rx->slots[seq & rx->present.mask];
	uint32_t chunk, n, done, *link = &slot->chunk;

	if ((len + SSCOP_CHUNK_SIZE - 1) / SSCOP_CHUNK_SIZE > rx->n_free)
		return false;
	for (done = 0; done < len; done += n) {
		n = len - done < SSCOP_CHUNK_SIZE ? len - done : SSCOP_CHUNK_SIZE;
		chunk = chunk_get(rx);
		memcpy(chunk_octets(rx, chunk), sdu + done, n);
		*link = chunk;
		link = &rx->next[chunk];
	}
	slot->len = (uint16_t)len;
	sscop_seqmap_set(&rx->present, seq);
	rx->n_kept++;
	return true;
}

uint32_t
sscop_rx_take(struct sscop_rx *rx, uint32_t seq)
{
	const struct sscop_rx_slot *slot = &rx->slots[seq & rx->present.mask];
	uint32_t n, done, next, chunk = slot->chunk;

	for (done = 0; done < slot->len; done += n) {
		n = slot->len - done < SSCOP_CHUNK_SIZE ? slot->len - done : SSCOP_CHUNK_SIZE;
		memcpy(rx->scratch + done, chunk_octets(rx, chunk), n);
		next = rx->next[chunk]; /* of the last one: stale, and not followed */
		rx->next[chunk] = rx->free_chunk;
		rx->free_chunk = chunk;
		rx->n_free++;
		chunk = next;
	}
	sscop_seqmap_clear(&rx->present, seq);
	rx->n_kept--;
	return slot->len;
}
