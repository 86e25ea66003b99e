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
	tx->oldest = cp_mem_alloc(mem, n / 64 * sizeof(*tx->oldest), "sscop tx poll marks");
	if (tx->ring == NULL || tx->slots == NULL || tx->oldest == NULL)
		return -ENOMEM;
	return seqmap_init(&tx->marks, n, mem, "sscop tx marks");
}

void
sscop_tx_fini(struct sscop_tx *tx, const struct cp_mem *mem)
{
	cp_mem_free(mem, tx->ring);
	cp_mem_free(mem, tx->slots);
	cp_mem_free(mem, tx->oldest);
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

/* Poll marks are modulo 2^24, and none is as old as half of that. */
static bool
is_before(uint32_t poll_mark, uint32_t n_ps)
{
	return sscop_seq_sub(poll_mark, n_ps) >= SSCOP_SEQ_HALF;
}

/* Of the SDs that SD @seq, the first one in its word, finds there: a lap older, at most 63. */
static uint32_t
oldest_in_word(struct sscop_tx *tx, uint32_t seq, uint32_t vt_a, uint32_t poll_mark)
{
	uint32_t n_slots = tx->marks.mask + 1, oldest = poll_mark, mark;
	uint32_t n = sscop_seq_sub(seq, vt_a);

	for (; n > n_slots - 64; n--) {
		mark = sscop_tx_slot(tx, sscop_seq_sub(seq, n))->poll_mark;
		if (is_before(mark, oldest))
			oldest = mark;
	}
	return oldest;
}

void
sscop_tx_begin_word(struct sscop_tx *tx, uint32_t seq, uint32_t vt_a, uint32_t poll_mark)
{
	tx->oldest[(seq & tx->marks.mask) / 64] = oldest_in_word(tx, seq, vt_a, poll_mark);
}

/* The oldest poll mark of the SDs @bits, @none when there are none. */
static uint32_t
oldest_of(const struct sscop_tx_slot *slots, uint64_t bits, uint32_t none)
{
	uint32_t mark, oldest = bits != 0 ? slots[__builtin_ctzll(bits)].poll_mark : none;

	for (; bits != 0; bits &= bits - 1) {
		mark = slots[__builtin_ctzll(bits)].poll_mark;
		if (is_before(mark, oldest))
			oldest = mark;
	}
	return oldest;
}

/*
 * Which of @bits of a word were last sent before the POLL. When all of the word were looked at,
 * what is left has a mark of its own POLL at least, and so will what is sent again.
 */
static uint64_t
polled(struct sscop_tx *tx, uint32_t word, uint64_t bits, bool all, uint32_t n_ps)
{
	const struct sscop_tx_slot *slots = &tx->slots[64 * (size_t)word];
	uint64_t rest, before = 0;

	if (!is_before(tx->oldest[word], n_ps))
		return 0;
	for (rest = bits; rest != 0; rest &= rest - 1) {
		if (is_before(slots[__builtin_ctzll(rest)].poll_mark, n_ps))
			before |= rest & -rest;
	}
	tx->n_steps += (uint32_t)__builtin_popcountll(bits);
	if (all)
		tx->oldest[word] = oldest_of(slots, bits & ~before, n_ps);
	return before;
}

/* @n_ps NULL: whatever the poll mark. */
static uint32_t
mark_span(struct sscop_tx *tx, uint32_t seq, uint32_t n, uint32_t vt_a, const uint32_t *n_ps)
{
	uint32_t word, step, first = 0, n_new = 0;
	uint64_t span, bits;

	for (; n > 0; n -= step, seq = sscop_seq_add(seq, step)) {
		step = n < 64 - seq % 64 ? n : 64 - seq % 64;
		word = (seq & tx->marks.mask) / 64;
		span = sscop_seqmap_span(seq, n);
		bits = span & ~tx->marks.words[word];
		tx->n_steps++;
		if (n_ps != NULL)
			bits = polled(tx, word, bits, step == 64, *n_ps);
		if (bits == 0)
			continue;
		if (n_new == 0)
			first = sscop_seq_add(seq, (uint32_t)__builtin_ctzll(bits) - seq % 64);
		n_new += (uint32_t)__builtin_popcountll(bits);
		tx->marks.words[word] |= bits;
	}
	if (n_new > 0 && (tx->n_marked == 0 || sscop_seq_sub(first, vt_a) <
						       sscop_seq_sub(tx->first_marked, vt_a)))
		tx->first_marked = first;
	tx->n_marked += n_new;
	return n_new;
}

uint32_t
sscop_tx_mark(struct sscop_tx *tx, uint32_t seq, uint32_t n, uint32_t vt_a)
{
	return mark_span(tx, seq, n, vt_a, NULL);
}

uint32_t
sscop_tx_mark_polled(struct sscop_tx *tx, uint32_t seq, uint32_t n, uint32_t vt_a, uint32_t n_ps)
{
	return mark_span(tx, seq, n, vt_a, &n_ps);
}

/* The lowest mark from @seq on, when there is one. */
static void
find_first(struct sscop_tx *tx, uint32_t seq)
{
	uint32_t n;

	if (tx->n_marked == 0)
		return;
	n = sscop_seqmap_find(&tx->marks, seq, tx->marks.mask + 1, true);
	tx->n_steps += n / 64 + 1;
	tx->first_marked = sscop_seq_add(seq, n);
}

void
sscop_tx_unmark(struct sscop_tx *tx, uint32_t vt_a, uint32_t n)
{
	uint32_t seq, step, end = sscop_seq_add(vt_a, n);
	uint64_t *word, span;

	if (tx->n_marked == 0 || sscop_seq_sub(tx->first_marked, vt_a) >= n)
		return;
	for (seq = vt_a; n > 0; n -= step, seq = sscop_seq_add(seq, step)) {
		step = n < 64 - seq % 64 ? n : 64 - seq % 64;
		word = &tx->marks.words[(seq & tx->marks.mask) / 64];
		span = sscop_seqmap_span(seq, n);
		tx->n_marked -= (uint32_t)__builtin_popcountll(*word & span);
		*word &= ~span;
		tx->n_steps++;
	}
	find_first(tx, end);
}

uint32_t
sscop_tx_unmark_first(struct sscop_tx *tx)
{
	uint32_t seq = tx->first_marked;

	sscop_seqmap_clear(&tx->marks, seq);
	tx->n_marked--;
	find_first(tx, seq);
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
