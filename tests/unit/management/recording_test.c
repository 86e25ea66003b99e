/* SPDX-License-Identifier: BSD-3-Clause */
/* Captures of signalling: the ring that frames come by, and the file that they go to. */
#include "callplane/recording.h"

#include <errno.h>
#include <pcap/pcap.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "callplane/frame_ring.h"

#include <cmocka.h>

#define SECOND UINT64_C(1000000000)

/* The test plays control, and its thread both ends of the ring. */
struct appliance {
	uint64_t now_ns;
};

static struct appliance appliance;

struct fixture {
	struct recording *recording;
	struct query_args args;
	struct query answer;
	unsigned int n_ended;
	uint64_t now_ns;
};

int
query_post(struct appliance *to, struct query *query)
{
	(void)to;
	(void)query;
	return 0;
}

struct query *
query_reap(struct appliance *from)
{
	(void)from;
	return NULL;
}

uint64_t
appliance_now(const struct appliance *of)
{
	return of->now_ns;
}

struct rte_mempool *
appliance_mempool(struct appliance *of)
{
	(void)of;
	return NULL;
}

static void
ended(void *arg, const struct query *answer)
{
	struct fixture *f = arg;

	f->n_ended++;
	f->answer = *answer;
}

static int
set_up(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	snprintf(f->args.path, sizeof(f->args.path), "recording-%d.pcapng", (int)getpid());
	f->args.signalling = true;
	f->now_ns = SECOND;
	*state = f;
	return 0;
}

static int
tear_down(void **state)
{
	struct fixture *f = *state;

	if (f->recording != NULL)
		recording_destroy(f->recording);
	unlink(f->args.path);
	free(f);
	return 0;
}

static void
create(struct fixture *f)
{
	f->recording = recording_create(&appliance, &f->args, ended, f);
	assert_non_null(f->recording);
}

/* What the recording has asked of control, taken. */
static struct query *
asked(struct fixture *f)
{
	struct ask *ask = recording_ask(f->recording);

	assert_true(ask->wanted);
	ask->wanted = false;
	assert_int_equal(ask->query.method, QUERY_CAPTURE);
	return &ask->query;
}

static void
answer(struct fixture *f)
{
	struct ask *ask = recording_ask(f->recording);

	ask->answered(ask, f->now_ns);
}

/* Control lets it have two trunks. */
static struct frame_ring *
begin(struct fixture *f)
{
	struct query *query = asked(f);

	assert_false(query->args.tap.end);
	query->n_rows = 2;
	query->rows.taps[0] = (struct query_tap_row){ .dp_trunk = 4, .name = "to-hub/east" };
	query->rows.taps[1] = (struct query_tap_row){ .dp_trunk = 7, .name = "to-lab/west" };
	answer(f);
	return query->args.tap.frames;
}

/* Control lets go of the ring. */
static void
end(struct fixture *f)
{
	assert_true(asked(f)->args.tap.end);
	answer(f);
	assert_true(recording_is_over(f->recording));
	assert_int_equal(f->n_ended, 1);
}

static void
put(struct frame_ring *ring, uint16_t trunk, bool sent, uint64_t time_ns, const void *frame,
	uint32_t len)
{
	const struct frame_info info = {
		.time_ns = time_ns, .len = len, .trunk = trunk, .sent = sent
	};

	frame_ring_put(ring, &info, frame);
}

static uint32_t
n_frames_in(const char *path)
{
	char why[PCAP_ERRBUF_SIZE];
	pcap_t *pcap =
		pcap_open_offline_with_tstamp_precision(path, PCAP_TSTAMP_PRECISION_NANO, why);
	struct pcap_pkthdr *header;
	const u_char *frame;
	uint32_t n = 0;

	assert_non_null(pcap);
	assert_int_equal(pcap_datalink(pcap), DLT_EN10MB);
	while (pcap_next_ex(pcap, &header, &frame) == 1)
		n++;
	pcap_close(pcap);
	return n;
}

static void
frames_are_in_the_file_with_their_octets_and_nanoseconds(void **state)
{
	static const uint8_t frames[2][61] = { { 1, 2, 3 }, { 4, 5, 6 } };
	struct fixture *f = *state;
	struct frame_ring *ring;
	char why[PCAP_ERRBUF_SIZE];
	struct pcap_pkthdr *header;
	const u_char *octets;
	suseconds_t first;
	pcap_t *pcap;

	create(f);
	ring = begin(f);
	put(ring, 4, true, 1000, frames[0], 61);
	put(ring, 7, false, 1234, frames[1], 60);
	assert_false(recording_step(f->recording, f->now_ns));
	recording_stop(f->recording);
	end(f);
	assert_int_equal(f->answer.error, 0);
	assert_int_equal(f->answer.rows.capture[0].frames, 2);
	assert_int_equal(f->answer.rows.capture[0].dropped, 0);
	assert_string_equal(f->answer.rows.capture[0].path, f->args.path);
	pcap = pcap_open_offline_with_tstamp_precision(
		f->args.path, PCAP_TSTAMP_PRECISION_NANO, why);
	assert_non_null(pcap);
	assert_int_equal(pcap_next_ex(pcap, &header, &octets), 1);
	assert_int_equal(header->caplen, 61);
	assert_int_equal(header->len, 61);
	assert_memory_equal(octets, frames[0], 61);
	first = header->ts.tv_usec;
	assert_int_equal(pcap_next_ex(pcap, &header, &octets), 1);
	assert_int_equal(header->caplen, 60);
	assert_memory_equal(octets, frames[1], 60);
	assert_int_equal((header->ts.tv_usec - first + 1000000000) % 1000000000, 234);
	assert_int_equal(pcap_next_ex(pcap, &header, &octets), PCAP_ERROR_BREAK);
	pcap_close(pcap);
}

/* Who captures signalling may not read along what others may not. */
static void
the_file_is_not_for_everybody(void **state)
{
	struct fixture *f = *state;
	struct stat st;

	create(f);
	begin(f);
	assert_int_equal(stat(f->args.path, &st), 0);
	assert_int_equal(st.st_mode & 07, 0);
}

/* I6 */
static void
what_finds_no_room_is_dropped_and_counted(void **state)
{
	struct fixture *f = *state;
	static uint8_t frame[9000];
	struct frame_ring *ring;
	uint32_t i, n = 1000;

	create(f);
	ring = begin(f);
	for (i = 0; i < n; i++)
		put(ring, 4, true, i, frame, sizeof(frame));
	recording_stop(f->recording);
	end(f);
	assert_true(f->answer.rows.capture[0].dropped > 0);
	assert_int_equal(f->answer.rows.capture[0].frames + f->answer.rows.capture[0].dropped, n);
	assert_int_equal(n_frames_in(f->args.path), f->answer.rows.capture[0].frames);
}

static void
a_ring_gives_back_what_was_put_in_across_its_end(void **state)
{
	struct frame_ring *ring = frame_ring_create(1024);
	uint8_t frame[300], got[300];
	struct frame_info info;
	uint32_t i, k, len;

	(void)state;
	assert_false(frame_ring_take(ring, &info, got, sizeof(got)));
	for (i = 0; i < 1000; i++) {
		len = i * 7 % sizeof(frame);
		for (k = 0; k < len; k++)
			frame[k] = (uint8_t)(i + k);
		put(ring, (uint16_t)i, i % 2 != 0, i, frame, len);
		assert_true(frame_ring_take(ring, &info, got, sizeof(got)));
		assert_int_equal(info.len, len);
		assert_int_equal(info.trunk, i);
		assert_int_equal(info.sent, i % 2 != 0);
		assert_int_equal(info.time_ns, i);
		assert_memory_equal(got, frame, len);
	}
	assert_int_equal(frame_ring_n_dropped(ring), 0);
	frame_ring_destroy(ring);
}

static void
a_capture_ends_after_its_seconds(void **state)
{
	struct fixture *f = *state;

	f->args.seconds = 3;
	create(f);
	begin(f);
	f->now_ns += 3 * SECOND - 1;
	recording_step(f->recording, f->now_ns);
	assert_true(ask_is_idle(recording_ask(f->recording)));
	f->now_ns++;
	recording_step(f->recording, f->now_ns);
	end(f);
	assert_true(f->answer.rows.capture[0].seconds == 3);
}

static void
a_file_that_cannot_be_made_is_told_and_control_lets_go(void **state)
{
	struct fixture *f = *state;

	snprintf(f->args.path, sizeof(f->args.path), "no-such-folder/x.pcapng");
	create(f);
	begin(f);
	end(f);
	assert_int_equal(f->answer.error, -ENOENT);
	assert_non_null(strstr(f->answer.message, "no-such-folder/x.pcapng: No such file"));
}

static void
a_full_file_system_ends_a_capture_with_its_reason(void **state)
{
	struct fixture *f = *state;
	uint8_t frame[64] = { 0 };
	struct frame_ring *ring;

	snprintf(f->args.path, sizeof(f->args.path), "/dev/full");
	create(f);
	ring = begin(f);
	put(ring, 4, true, 0, frame, sizeof(frame));
	recording_step(f->recording, f->now_ns);
	end(f);
	assert_int_equal(f->answer.error, -ENOSPC);
	assert_non_null(strstr(f->answer.message, "No space left"));
	snprintf(f->args.path, sizeof(f->args.path), "none");
}

static void
what_control_refuses_is_told_and_makes_no_file(void **state)
{
	struct fixture *f = *state;
	struct query *query;

	create(f);
	query = asked(f);
	query->error = -ENOENT;
	snprintf(query->message, sizeof(query->message), "there is no trunk 'x'");
	answer(f);
	assert_true(recording_is_over(f->recording));
	assert_int_equal(f->n_ended, 1);
	assert_string_equal(f->answer.message, "there is no trunk 'x'");
	assert_int_equal(access(f->args.path, F_OK), -1);
}

/* A frame of the signalling VC with an SD that carries RELEASE COMPLETE. */
static uint32_t
build_frame(uint8_t *frame, uint32_t reference, bool flag)
{
	const uint8_t message[] = { 9, 3, (uint8_t)(flag << 7 | reference >> 16),
		(uint8_t)(reference >> 8), (uint8_t)reference, 0x5a, 0x80, 0, 0 };
	const uint32_t pdu_len = sizeof(message) + 3 + 4; /* padding, trailer */

	memset(frame, 0, 60);
	frame[12] = 0x88;
	frame[13] = 0x47;
	frame[19] = (uint8_t)(4 + pdu_len);
	memcpy(frame + 22, message, sizeof(message));
	frame[22 + pdu_len - 4] = 3 << 6 | 8;
	return 60;
}

/* SIG-12: the flag is 0 in messages of the side that chose the reference. */
static void
of_one_call_only_its_messages_are_written(void **state)
{
	struct fixture *f = *state;
	struct frame_ring *ring;
	struct query *query;
	uint8_t frame[60];

	f->args.signalling = false;
	f->args.id = 5;
	create(f);
	query = &recording_ask(f->recording)->query;
	query->args.tap.one_call = true;
	query->args.tap.ours = true;
	query->args.tap.reference = 0x12345;
	query->args.tap.dp_trunk = 7;
	ring = begin(f);
	build_frame(frame, 0x12345, false);
	put(ring, 7, true, 1, frame, 60);  /* ours */
	put(ring, 7, false, 2, frame, 60); /* the same value, chosen by the peer */
	put(ring, 4, true, 3, frame, 60);  /* of another trunk */
	build_frame(frame, 0x12345, true);
	put(ring, 7, false, 4, frame, 60); /* ours */
	put(ring, 7, true, 5, frame, 60);
	build_frame(frame, 0x12346, true);
	put(ring, 7, false, 6, frame, 60);
	memset(frame, 0xff, sizeof(frame)); /* makes no sense */
	put(ring, 7, false, 7, frame, 60);
	put(ring, 7, false, 8, frame, 10);
	recording_stop(f->recording);
	end(f);
	assert_int_equal(f->answer.rows.capture[0].frames, 2);
	assert_int_equal(n_frames_in(f->args.path), 2);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(frames_are_in_the_file_with_their_octets_and_nanoseconds),
		TEST(the_file_is_not_for_everybody),
		TEST(what_finds_no_room_is_dropped_and_counted),
		TEST(a_ring_gives_back_what_was_put_in_across_its_end),
		TEST(a_capture_ends_after_its_seconds),
		TEST(a_file_that_cannot_be_made_is_told_and_control_lets_go),
		TEST(a_full_file_system_ends_a_capture_with_its_reason),
		TEST(what_control_refuses_is_told_and_makes_no_file),
		TEST(of_one_call_only_its_messages_are_written),
	};

	return cmocka_run_group_tests_name("recording", tests, NULL, NULL);
}
