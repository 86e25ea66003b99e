/* SPDX-License-Identifier: BSD-3-Clause */
#include "callplane/record_writer.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/log.h"
#include "callplane/frame_ring.h"
#include "callplane/query.h"
#include "callplane/thread.h"

#define SECOND_NS UINT64_C(1000000000)
#define RECORDS_A_LOOK 4096
#define LOOK_NS 20000000 /* control makes no system call to wake us */
#define TELL_NS (10 * SECOND_NS)

struct record_writer {
	struct record_file_config config;
	const struct appliance *appliance;
	struct frame_ring *ring;
	struct record_file *file;
	pthread_t thread;
	struct cp_log_limit lines;
	uint64_t told_dropped;
	/* Relaxed: nothing else is read by what they say. */
	atomic_bool stop;
	_Atomic uint64_t written, dropped, rotations;
};

static uint64_t
wall_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_REALTIME, &ts);
	return (uint64_t)ts.tv_sec * SECOND_NS + (uint64_t)ts.tv_nsec;
}

void
record_writer_put(struct record_writer *w, const struct call_record *record)
{
	const struct frame_info info = {
		.time_ns = record->over_ns,
		.len = (uint32_t)call_record_size(record),
	};

	frame_ring_put(w->ring, &info, (const uint8_t *)record);
}

/* ---- The thread. ---- */

/* @return Whether there may be more. */
static bool
take_records(struct record_writer *w, uint64_t now_ns)
{
	uint64_t epoch_ns = now_ns - appliance_now(w->appliance);
	char line[CALL_RECORD_LINE];
	struct call_record record;
	struct frame_info info;
	uint32_t n;

	for (n = 0; n < RECORDS_A_LOOK; n++) {
		if (!frame_ring_take(w->ring, &info, (uint8_t *)&record, sizeof(record)))
			return false;
		record_file_put(w->file, line, call_record_print(&record, epoch_ns, line),
			now_ns / SECOND_NS);
	}
	return true;
}

/* What is lost is told, not more often than somebody would read it. */
static void
tell(struct record_writer *w, uint64_t now_ns)
{
	struct record_file_counts file;
	uint64_t dropped;

	record_file_counts(w->file, &file);
	dropped = file.dropped + frame_ring_n_dropped(w->ring);
	atomic_store_explicit(&w->written, file.written, memory_order_relaxed);
	atomic_store_explicit(&w->dropped, dropped, memory_order_relaxed);
	atomic_store_explicit(&w->rotations, file.rotations, memory_order_relaxed);
	if (dropped == w->told_dropped || !cp_log_limit_pass(&w->lines, now_ns, TELL_NS))
		return;
	cp_log(CP_LOG_WARN, "%llu records of calls are lost so far: %s: %s; mend: %s",
		(unsigned long long)dropped, w->config.path,
		file.error != 0 ? strerror(-file.error) : "more calls end than can be written",
		file.error != 0 ? "free space there, or give another file under records:"
				: "a faster disk under records:, or fewer calls at once");
	w->told_dropped = dropped;
}

static void
look(struct record_writer *w)
{
	uint64_t now_ns;
	bool more;

	do {
		now_ns = wall_ns();
		more = take_records(w, now_ns);
		record_file_flush(w->file, now_ns / SECOND_NS);
		tell(w, now_ns);
	} while (more);
}

static void *
run(void *arg)
{
	static const struct timespec nap = { .tv_nsec = LOOK_NS };
	struct record_writer *w = arg;

	while (!atomic_load_explicit(&w->stop, memory_order_relaxed)) {
		look(w);
		nanosleep(&nap, NULL);
	}
	return NULL;
}

/* ---- Life. ---- */

int
record_writer_create(struct record_writer **out, const struct record_file_config *config,
	const struct appliance *appliance, uint32_t ring_octets)
{
	struct record_writer *w = calloc(1, sizeof(*w));
	int err;

	if (w == NULL)
		return -ENOMEM;
	w->config = *config;
	w->appliance = appliance;
	w->ring = frame_ring_create(ring_octets);
	err = w->ring != NULL ? record_file_create(&w->file, config, wall_ns() / SECOND_NS)
			      : -ENOMEM;
	if (err == 0)
		err = thread_start(&w->thread, "records", run, w);
	if (err == 0) {
		*out = w;
		return 0;
	}
	if (w->file != NULL)
		record_file_destroy(w->file, 0);
	frame_ring_destroy(w->ring);
	free(w);
	return err;
}

void
record_writer_counts(const struct record_writer *w, struct record_writer_counts *out)
{
	out->written = atomic_load_explicit(&w->written, memory_order_relaxed);
	out->dropped = atomic_load_explicit(&w->dropped, memory_order_relaxed);
	out->rotations = atomic_load_explicit(&w->rotations, memory_order_relaxed);
}

void
record_writer_destroy(struct record_writer *w)
{
	if (w == NULL)
		return;
	atomic_store_explicit(&w->stop, true, memory_order_relaxed);
	pthread_join(w->thread, NULL);
	look(w); /* the last calls, that ended while it slept */
	record_file_destroy(w->file, wall_ns() / SECOND_NS);
	frame_ring_destroy(w->ring);
	free(w);
}
