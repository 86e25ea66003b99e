/* SPDX-License-Identifier: BSD-3-Clause */
#include "agenda.h"

#include <assert.h>
#include <stdlib.h>

static bool
is_before(const struct agenda_item *a, const struct agenda_item *b)
{
	return a->due_ns != b->due_ns ? a->due_ns < b->due_ns : a->seq < b->seq;
}

static void
swap(struct agenda_item *a, struct agenda_item *b)
{
	struct agenda_item other = *a;

	*a = *b;
	*b = other;
}

void
agenda_fini(struct agenda *a)
{
	free(a->items);
	*a = (struct agenda){ 0 };
}

void
agenda_put(struct agenda *a, uint64_t due_ns, uint64_t what)
{
	uint32_t i = a->n++;

	if (a->n > a->size) {
		a->size = a->size != 0 ? 2 * a->size : 1024;
		a->items = realloc(a->items, a->size * sizeof(*a->items));
		assert(a->items != NULL);
	}
	a->items[i] = (struct agenda_item){ due_ns, a->seq++, what };
	for (; i > 0 && is_before(&a->items[i], &a->items[(i - 1) / 2]); i = (i - 1) / 2)
		swap(&a->items[i], &a->items[(i - 1) / 2]);
}

uint64_t
agenda_next_ns(const struct agenda *a)
{
	return a->n > 0 ? a->items[0].due_ns : UINT64_MAX;
}

static void
sink(struct agenda *a)
{
	uint32_t i = 0, child;

	while ((child = 2 * i + 1) < a->n) {
		if (child + 1 < a->n && is_before(&a->items[child + 1], &a->items[child]))
			child++;
		if (is_before(&a->items[i], &a->items[child]))
			return;
		swap(&a->items[i], &a->items[child]);
		i = child;
	}
}

bool
agenda_take(struct agenda *a, uint64_t now_ns, uint64_t *what)
{
	if (a->n == 0 || a->items[0].due_ns > now_ns)
		return false;
	*what = a->items[0].what;
	a->items[0] = a->items[--a->n];
	sink(a);
	return true;
}
