/* SPDX-License-Identifier: BSD-3-Clause */
#include "base/wheel.h"

#include <assert.h>
#include <stddef.h>

/*
 * Four levels; a bucket of level l spans 256^l ticks of 1 ms. A level has twice
 * the 256 buckets that its parent's bucket spans, so that a parent's next bucket
 * may sink into it before its time comes: turns do this a few slots at a time,
 * and while they keep pace none pays for a bucket of a million timers at once.
 *
 * A slot goes to the lowest level that reaches it. So the bucket that a level
 * stands on is always empty, and the wheel may step from one bucket in use to the
 * next, however far that is.
 */
#define WHEEL_LEVELS 4
#define WHEEL_SHIFT 8
#define WHEEL_BUCKETS (2u << WHEEL_SHIFT)
#define WHEEL_WORDS (WHEEL_BUCKETS / 64)

/*
 * Slots that sink early, per level and turn. In turns of 20 us these are 3 million a
 * second, the pace at which a mass close starts them; with 16, 300,000 were left over.
 */
#define WHEEL_AHEAD 64

#define NS_PER_TICK UINT64_C(1000000)
#define DELAY_MAX_MS (UINT32_C(49) * 24 * 3600 * 1000)
static_assert(DELAY_MAX_MS / 1000 == 4233600, "49 days and a lag of 17 hours fit in 32 bits of ms");

/*
 * Lists are circular through a head that is a node as well, and links are node
 * numbers. Node 0 is nobody, so a zeroed slot is a stopped one. Heads come first;
 * the special ones get 64 numbers so that the bits of a level fill whole words.
 */
enum wheel_node_number {
	NODE_NONE = 0,
	NODE_LATE,   /* due: for the next turn */
	NODE_FIRING, /* due: for the turn that runs, or that ran into its limit */
	NODE_BUCKET_0 = 64,
	NODE_SLOT_0 = NODE_BUCKET_0 + WHEEL_LEVELS * WHEEL_BUCKETS
};

struct wheel_node {
	uint32_t next;
	uint32_t prev;
	uint32_t due; /* low half of its tick: less than 2^32 after the wheel's */
	uint32_t cookie;
};
static_assert(sizeof(struct wheel_node) == 16, "four timers per cache line");

struct cp_wheel {
	uint64_t tick; /* all due until now, this one included, have been found */
	cp_wheel_fn fn;
	void *arg;
	const struct cp_mem *mem;
	uint32_t n_slots;
	uint32_t n_running;
	uint64_t in_use[NODE_SLOT_0 / 64]; /* a bit per head: its list is not empty */
	struct wheel_node nodes[] __attribute__((aligned(64)));
};

static void
list_init(struct cp_wheel *w, uint32_t head)
{
	w->nodes[head].next = head;
	w->nodes[head].prev = head;
}

static void
list_append(struct cp_wheel *w, uint32_t head, uint32_t node)
{
	uint32_t last = w->nodes[head].prev;

	w->nodes[node].next = head;
	w->nodes[node].prev = last;
	w->nodes[last].next = node;
	w->nodes[head].prev = node;
	w->in_use[head / 64] |= UINT64_C(1) << head % 64;
}

static void
list_remove(struct cp_wheel *w, uint32_t node)
{
	uint32_t next = w->nodes[node].next;
	uint32_t prev = w->nodes[node].prev;

	w->nodes[prev].next = next;
	w->nodes[next].prev = prev;
	w->nodes[node].next = NODE_NONE;
	if (next == prev) /* only the head is left */
		w->in_use[next / 64] &= ~(UINT64_C(1) << next % 64);
}

/* All of @p from go to the end of @p to, a special list, whose bit nobody reads. */
static void
list_splice(struct cp_wheel *w, uint32_t from, uint32_t to)
{
	uint32_t first = w->nodes[from].next;
	uint32_t last = w->nodes[from].prev;
	uint32_t end = w->nodes[to].prev;

	if (first == from)
		return;
	w->nodes[end].next = first;
	w->nodes[first].prev = end;
	w->nodes[last].next = to;
	w->nodes[to].prev = last;
	list_init(w, from);
	w->in_use[from / 64] &= ~(UINT64_C(1) << from % 64);
}

static uint32_t
bucket(uint32_t level, uint64_t block)
{
	return NODE_BUCKET_0 + level * WHEEL_BUCKETS + (uint32_t)(block % WHEEL_BUCKETS);
}

/* Into the lowest level that reaches @p due, which is not before the wheel's tick. */
static void
wheel_place(struct cp_wheel *w, uint32_t node, uint64_t due)
{
	uint32_t level = 0, shift = 0;

	while ((due >> shift) - (w->tick >> shift) >= WHEEL_BUCKETS) {
		level++;
		shift += WHEEL_SHIFT;
	}
	list_append(w, bucket(level, due >> shift), node);
}

/* At most @p max slots from a bucket down to where they belong by now. */
static void
wheel_sink(struct cp_wheel *w, uint32_t head, uint32_t max)
{
	uint32_t node;

	while (max-- > 0 && w->nodes[head].next != head) {
		node = w->nodes[head].next;
		list_remove(w, node);
		wheel_place(w, node, w->tick + (uint32_t)(w->nodes[node].due - (uint32_t)w->tick));
	}
}

/*
 * Blocks from the one a level stands on to the next one in use, 0 when there is
 * none. The first word is looked at twice; what its second look can find is new.
 */
static uint32_t
level_distance(const struct cp_wheel *w, uint32_t level, uint64_t block)
{
	const uint64_t *words = &w->in_use[bucket(level, 0) / 64];
	uint32_t here = (uint32_t)(block % WHEEL_BUCKETS);
	uint32_t start = here / 64;
	uint64_t word = words[start] & UINT64_MAX << here % 64;
	uint32_t i, found;

	for (i = 1; word == 0 && i <= WHEEL_WORDS; i++)
		word = words[(start + i) % WHEEL_WORDS];
	if (word == 0)
		return 0;
	found = (start + i - 1) * 64 + (uint32_t)__builtin_ctzll(word);
	return (found - here) % WHEEL_BUCKETS;
}

/* The tick at which the wheel has something to do again, UINT64_MAX for never. */
static uint64_t
wheel_next(const struct cp_wheel *w)
{
	uint64_t block, at, next = UINT64_MAX;
	uint32_t level, distance;

	for (level = 0; level < WHEEL_LEVELS; level++) {
		block = w->tick >> level * WHEEL_SHIFT;
		distance = level_distance(w, level, block);
		at = (block + distance) << level * WHEEL_SHIFT;
		if (distance != 0 && at < next)
			next = at;
	}
	return next;
}

/* Find what is due until @p tick, in order. Costs the buckets in use, not the ticks. */
static void
wheel_advance(struct cp_wheel *w, uint64_t tick)
{
	uint64_t next;
	uint32_t level;

	while (w->tick < tick) {
		next = wheel_next(w);
		if (next > tick) {
			w->tick = tick;
			return;
		}
		w->tick = next;
		for (level = WHEEL_LEVELS - 1; level > 0; level--)
			wheel_sink(w, bucket(level, next >> level * WHEEL_SHIFT), UINT32_MAX);
		list_splice(w, bucket(0, next), NODE_LATE);
	}
}

static void
wheel_sink_ahead(struct cp_wheel *w)
{
	uint32_t level;

	for (level = 1; level < WHEEL_LEVELS; level++)
		wheel_sink(w, bucket(level, (w->tick >> level * WHEEL_SHIFT) + 1), WHEEL_AHEAD);
}

static uint32_t
slot_node(const struct cp_wheel *w, uint32_t slot)
{
	assert(slot < w->n_slots);
	return NODE_SLOT_0 + slot;
}

struct cp_wheel *
cp_wheel_create(
	uint32_t n_slots, uint64_t now_ns, cp_wheel_fn fn, void *arg, const struct cp_mem *mem)
{
	struct cp_wheel *w;
	uint32_t head;

	if (n_slots > UINT32_MAX - NODE_SLOT_0)
		return NULL;
	w = cp_mem_alloc(
		mem, sizeof(*w) + ((size_t)NODE_SLOT_0 + n_slots) * sizeof(w->nodes[0]), "wheel");
	if (w == NULL)
		return NULL;
	w->tick = now_ns / NS_PER_TICK;
	w->fn = fn;
	w->arg = arg;
	w->mem = mem;
	w->n_slots = n_slots;
	for (head = NODE_LATE; head < NODE_SLOT_0; head++)
		list_init(w, head);
	return w;
}

void
cp_wheel_destroy(struct cp_wheel *wheel)
{
	if (wheel != NULL)
		cp_mem_free(wheel->mem, wheel);
}

/*
 * One that is due at once, or out of reach: nobody has turned the wheel for hours. Not in line: the
 * others would save and restore registers for it.
 */
static void __attribute__((noinline))
place_unusual(struct cp_wheel *w, uint32_t node, uint64_t due, uint64_t now_ns)
{
	if (due > w->tick)
		wheel_advance(w, now_ns / NS_PER_TICK); /* finds what became due meanwhile */
	if (due > w->tick)
		wheel_place(w, node, due);
	else
		list_append(w, NODE_LATE, node);
}

void
cp_wheel_start(
	struct cp_wheel *wheel, uint32_t slot, uint32_t cookie, uint64_t now_ns, uint32_t delay_ms)
{
	uint32_t node = slot_node(wheel, slot);
	uint64_t delay_ns = (delay_ms < DELAY_MAX_MS ? delay_ms : DELAY_MAX_MS) * NS_PER_TICK;
	uint64_t due = (now_ns + delay_ns + NS_PER_TICK - 1) / NS_PER_TICK; /* up: never early */

	if (wheel->nodes[node].next != NODE_NONE)
		list_remove(wheel, node);
	else
		wheel->n_running++;
	wheel->nodes[node].due = (uint32_t)due;
	wheel->nodes[node].cookie = cookie;
	if (due - wheel->tick - 1 < UINT32_MAX)
		wheel_place(wheel, node, due);
	else
		place_unusual(wheel, node, due, now_ns);
}

bool
cp_wheel_stop(struct cp_wheel *wheel, uint32_t slot)
{
	uint32_t node = slot_node(wheel, slot);

	if (wheel->nodes[node].next == NODE_NONE)
		return false;
	list_remove(wheel, node);
	wheel->n_running--;
	return true;
}

bool
cp_wheel_is_running(const struct cp_wheel *wheel, uint32_t slot)
{
	return wheel->nodes[slot_node(wheel, slot)].next != NODE_NONE;
}

/* A callback's new timers that are due at once wait on the late list, so the loop ends. */
uint32_t
cp_wheel_turn(struct cp_wheel *wheel, uint64_t now_ns, uint32_t max)
{
	uint32_t node, n = 0;

	wheel_advance(wheel, now_ns / NS_PER_TICK);
	list_splice(wheel, NODE_LATE, NODE_FIRING);
	while (n < max && wheel->nodes[NODE_FIRING].next != NODE_FIRING) {
		node = wheel->nodes[NODE_FIRING].next;
		list_remove(wheel, node);
		wheel->n_running--;
		n++;
		wheel->fn(wheel->arg, node - NODE_SLOT_0, wheel->nodes[node].cookie, now_ns);
	}
	wheel_sink_ahead(wheel);
	return n;
}

uint32_t
cp_wheel_n_running(const struct cp_wheel *wheel)
{
	return wheel->n_running;
}
