/* SPDX-License-Identifier: BSD-3-Clause */
#include "callplane/recording.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/bytes.h"
#include "callplane/frame_ring.h"
#include "callplane/pcapng.h"
#include "sscop/sscop.h"
#include "uni/codec.h"

#define RING_OCTETS (4u << 20) /* some 30,000 messages between two looks */
#define FRAMES_A_STEP 4096
#define FRAME_MAX 65536
#define SECOND_NS UINT64_C(1000000000)

/* Where a signalling PDU lies in a frame without VLAN tags (SIG-1..6). */
#define WORD_AT 18u
#define PDU_AT 22u
#define WORD_LENGTH_MAX 63u

enum recording_state {
	RECORDING_STARTING, /* control is asked for frames, or to be */
	RECORDING_ON,
	RECORDING_ENDING, /* control is asked to let go of the ring */
	RECORDING_OVER,
};

struct recording {
	struct ask ask; /* first: an answer finds its recording by it */
	enum recording_state state;
	struct appliance *appliance;
	struct query_args args;
	recording_ended_fn ended;
	void *arg;
	struct frame_ring *frames;
	struct pcapng *file;
	struct query_tap tap; /* as control has answered */
	uint32_t n_interfaces;
	uint16_t trunks[QUERY_ROWS]; /* by interface */
	uint64_t epoch_ns;           /* of the appliance's clock */
	uint64_t started_ns, end_ns;
	uint64_t n_frames;
	int error; /* why there is no file */
	uint8_t frame[FRAME_MAX];
};

static void answered(struct ask *ask, uint64_t now_ns);

struct recording *
recording_create(struct appliance *appliance, const struct query_args *args,
	recording_ended_fn ended, void *arg)
{
	struct recording *r = calloc(1, sizeof(*r));

	if (r == NULL)
		return NULL;
	r->frames = frame_ring_create(RING_OCTETS);
	if (r->frames == NULL) {
		free(r);
		return NULL;
	}
	r->ask.answered = answered;
	r->appliance = appliance;
	r->args = *args;
	r->args.tap = (struct query_tap){ .frames = r->frames };
	r->ended = ended;
	r->arg = arg;
	ask_control(&r->ask, QUERY_CAPTURE, &r->args);
	return r;
}

struct ask *
recording_ask(struct recording *r)
{
	return &r->ask;
}

/* ---- Frames ---- */

/* What a signalling frame carries; 0 octets: nothing that makes sense. */
static uint32_t
pdu_of(const uint8_t *frame, uint32_t len)
{
	uint32_t length;

	if (len < PDU_AT)
		return 0;
	length = frame[WORD_AT + 1] & WORD_LENGTH_MAX;
	if (length == 0)
		return len - PDU_AT;
	return length >= PDU_AT - WORD_AT && length <= len - WORD_AT ? length - (PDU_AT - WORD_AT)
								     : 0;
}

/* SIG-12: flag 0 is from the side that chose the reference. */
static bool
is_of_call(const struct recording *r, const struct frame_info *info)
{
	struct sscop_pdu pdu;
	struct uni_msg msg;
	uint32_t len = pdu_of(r->frame, info->len);

	if (info->trunk != r->tap.dp_trunk ||
		sscop_pdu_decode(&pdu, r->frame + PDU_AT, len) != SSCOP_OK || pdu.info_len == 0 ||
		(pdu.type != SSCOP_SD && pdu.type != SSCOP_UD))
		return false;
	uni_msg_decode(&msg, pdu.info, pdu.info_len);
	return !uni_msg_is_dropped(&msg) && msg.hdr.cref == r->tap.reference &&
	       (info->sent == r->tap.ours) == !msg.hdr.flag;
}

static bool
find_interface(const struct recording *r, uint16_t trunk, uint32_t *out)
{
	for (*out = 0; *out < r->n_interfaces; (*out)++)
		if (r->trunks[*out] == trunk)
			return true;
	return false;
}

static void
write_frame(struct recording *r, const struct frame_info *info)
{
	struct pcapng_frame frame = {
		.sent = info->sent,
		.epoch_ns = r->epoch_ns + info->time_ns,
		.len = info->len,
		.octets = r->frame,
	};

	if ((r->tap.one_call && !is_of_call(r, info)) ||
		!find_interface(r, info->trunk, &frame.interface))
		return;
	pcapng_write(r->file, &frame);
	r->n_frames++;
}

/* @return Whether there may be more. */
static bool
write_frames(struct recording *r)
{
	struct frame_info info;
	uint32_t n;

	for (n = 0; n < FRAMES_A_STEP; n++) {
		if (!frame_ring_take(r->frames, &info, r->frame, sizeof(r->frame)))
			return false;
		write_frame(r, &info);
	}
	return true;
}

/* ---- Life ---- */

/* The wall's clock less the appliance's. */
static uint64_t
epoch(const struct appliance *appliance)
{
	struct timespec ts;

	clock_gettime(CLOCK_REALTIME, &ts);
	return (uint64_t)ts.tv_sec * SECOND_NS + (uint64_t)ts.tv_nsec - appliance_now(appliance);
}

static int
open_file(struct recording *r)
{
	struct pcapng_interface interfaces[QUERY_ROWS];
	struct query *query = &r->ask.query;
	uint32_t i;
	int err;

	for (i = 0; i < query->n_rows; i++) {
		memcpy(interfaces[i].name, query->rows.taps[i].name, sizeof(interfaces[i].name));
		r->trunks[i] = query->rows.taps[i].dp_trunk;
	}
	r->n_interfaces = i;
	err = pcapng_create(&r->file, r->args.path, interfaces, r->n_interfaces, query->message,
		sizeof(query->message));
	return err != 0 ? err : pcapng_flush(r->file);
}

/* The ring stays until control has let go of it. */
void
recording_stop(struct recording *r)
{
	if (r->state != RECORDING_ON)
		return;
	r->args.tap.end = true;
	r->args.name[0] = '\0'; /* the call may be gone by now */
	ask_control(&r->ask, QUERY_CAPTURE, &r->args);
	r->state = RECORDING_ENDING;
}

static void
fail(struct recording *r, int err)
{
	r->ask.query.error = err;
	r->ended(r->arg, &r->ask.query);
	r->state = RECORDING_OVER;
}

static void
started(struct recording *r, uint64_t now_ns)
{
	struct query *query = &r->ask.query;

	if (query->error != 0) {
		fail(r, query->error);
		return;
	}
	r->tap = query->args.tap;
	r->epoch_ns = epoch(r->appliance);
	r->started_ns = now_ns;
	r->end_ns = r->args.seconds != 0 ? now_ns + r->args.seconds * SECOND_NS : UINT64_MAX;
	r->state = RECORDING_ON;
	r->error = open_file(r);
	if (r->error != 0)
		recording_stop(r); /* first, control has the ring */
}

/* Closes the file: all that control had put into the ring is in it. */
static int
finish_file(struct recording *r)
{
	int err;

	while (write_frames(r))
		;
	err = pcapng_close(r->file);
	r->file = NULL;
	return err;
}

static void
ended(struct recording *r, uint64_t now_ns)
{
	struct query *query = &r->ask.query;
	struct query_capture_row *row = &query->rows.capture[0];
	int err = r->file != NULL ? finish_file(r) : r->error;

	query->error = 0;
	if (err != 0) {
		snprintf(query->message, sizeof(query->message),
			"%.100s: %s; mend: give a file that can be written", r->args.path,
			strerror(-err));
		fail(r, err);
		return;
	}
	memset(row, 0, sizeof(*row));
	memcpy(row->path, r->args.path, sizeof(row->path));
	row->frames = r->n_frames;
	row->dropped = frame_ring_n_dropped(r->frames);
	row->seconds = (double)(now_ns - r->started_ns) / (double)SECOND_NS;
	query->n_rows = 1;
	r->ended(r->arg, query);
	r->state = RECORDING_OVER;
}

static void
answered(struct ask *ask, uint64_t now_ns)
{
	struct recording *r = (struct recording *)ask;

	if (r->state == RECORDING_STARTING)
		started(r, now_ns);
	else
		ended(r, now_ns);
}

bool
recording_step(struct recording *r, uint64_t now_ns)
{
	bool more;

	if (r->state != RECORDING_ON || r->file == NULL)
		return false;
	more = write_frames(r);
	if (pcapng_flush(r->file) != 0 || now_ns >= r->end_ns)
		recording_stop(r);
	return more;
}

bool
recording_is_over(const struct recording *r)
{
	return r->state == RECORDING_OVER;
}

void
recording_destroy(struct recording *r)
{
	if (r->file != NULL)
		finish_file(r);
	frame_ring_destroy(r->frames);
	free(r);
}
