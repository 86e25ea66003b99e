/* SPDX-License-Identifier: BSD-3-Clause */
/* The loop-back responder: what comes goes back, and nothing stays when the call ends. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "arrows.h"
#include "line.h"

#include <cmocka.h>

enum { CALLER, ECHO };

static const uint8_t there[] = { 2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 9, 0x88, 0xb5, 'h', 'i' };
static const uint8_t back[] = { 2, 0, 0, 0, 0, 9, 2, 0, 0, 0, 0, 1, 0x88, 0xb5, 'h', 'i' };
static const struct co_data no_data = { NULL, 0 };

static int
setup(void **state)
{
	struct line *line = line_create(2);
	struct co_address two = line_address("2");

	line_add_phone(line, CALLER, RIGHT, "1");
	line_add_echo(line, ECHO);
	assert_int_equal(
		echo_register(line->nodes[ECHO].echo, line->nodes[ECHO].adapters[LEFT], &two),
		CO_STATUS_SUCCESS);
	arrows_note(line->nodes[ECHO].co);
	*state = line;
	return 0;
}

static int
teardown(void **state)
{
	struct line *line = *state;

	loopvc_set_options(line->wires[0], &(struct loopvc_options){ 0 });
	line_run_ms(line, 100);
	arrows_note(NULL);
	line_destroy(line);
	return 0;
}

static struct phone_call *
call_up(struct line *line)
{
	struct co_address to = line_address("2");
	struct phone_call *call = phone_call(&line->nodes[CALLER].phone, &to);

	line_run_ms(line, 100);
	assert_int_equal(call->make_status, CO_STATUS_SUCCESS);
	return call;
}

static struct echo_counts
counts_of(const struct line *line)
{
	struct echo_counts counts;

	echo_counts(line->nodes[ECHO].echo, &counts);
	return counts;
}

static co_vc_t
echo_vc(const struct line *line)
{
	return line_vc_of(line, ECHO, echo_protocol(line->nodes[ECHO].echo));
}

static void
send_frames(struct phone_call *call, uint32_t n)
{
	while (n-- > 0)
		phone_send(call, there, sizeof(there));
}

/* The frames have come to the echo; on their way back the wire holds them for a while. */
static void
frames_on_their_way_back(struct line *line, struct phone_call *call, uint32_t n)
{
	send_frames(call, n);
	loopvc_set_options(
		line->wires[0], &(struct loopvc_options){ .delay_ms = 50, .hold_sends = true });
	line_run_ms(line, 1);
	loopvc_set_options(line->wires[0], &(struct loopvc_options){ .hold_sends = true });
}

/* ---- Frames. ---- */

static void
a_frame_comes_back_with_its_addresses_swapped(void **state)
{
	struct line *line = *state;
	struct phone_call *call = call_up(line);

	phone_send(call, there, sizeof(there));
	line_run_ms(line, 5);
	assert_int_equal(call->n_received, 1);
	assert_int_equal(call->frame_size, sizeof(back));
	assert_memory_equal(call->frame, back, sizeof(back));
	assert_int_equal(counts_of(line).returned, 1);
	assert_int_equal(counts_of(line).n_kept, 0);
	phone_close(call, NULL, 0);
}

static void
what_is_no_frame_is_dropped(void **state)
{
	struct line *line = *state;
	struct phone_call *call = call_up(line);

	phone_send(call, there, 13);
	phone_send(call, there, 14);
	line_run_ms(line, 5);
	assert_int_equal(call->n_received, 1);
	assert_int_equal(counts_of(line).received, 2);
	assert_int_equal(counts_of(line).too_short, 1);
	phone_close(call, NULL, 0);
}

/* RECV-2 */
static void
no_more_frames_are_kept_than_there_is_room_for(void **state)
{
	struct line *line = *state;
	struct phone_call *call = call_up(line);

	frames_on_their_way_back(line, call, LINE_N_ECHOES + 3);
	assert_int_equal(counts_of(line).n_kept, LINE_N_ECHOES);
	assert_int_equal(counts_of(line).no_packet, 3);
	line_run_ms(line, 60);
	assert_int_equal(call->n_received, LINE_N_ECHOES);
	assert_int_equal(counts_of(line).n_kept, 0);
	send_frames(call, 1);
	line_run_ms(line, 60);
	assert_int_equal(call->n_received, LINE_N_ECHOES + 1);
	phone_close(call, NULL, 0);
}

/* RECV-2 */
static void
a_frame_of_low_resources_is_not_kept(void **state)
{
	struct line *line = *state;
	struct phone_call *call = call_up(line);

	loopvc_set_options(line->wires[0], &(struct loopvc_options){ .low_resources = true });
	send_frames(call, 2);
	line_run_ms(line, 5);
	assert_int_equal(call->n_received, 0);
	assert_int_equal(counts_of(line).low_resources, 2);
	assert_int_equal(counts_of(line).n_kept, 0);
	phone_close(call, NULL, 0);
}

/* ---- Ends. ---- */

/* INCLOSE-18, CLOSE-27, SEND-7 */
static void
a_call_is_closed_when_its_sends_are_back(void **state)
{
	struct line *line = *state;
	struct phone_call *call = call_up(line);

	frames_on_their_way_back(line, call, 3);
	phone_close(call, NULL, 0);
	line_run_until_idle(line);
	assert_int_equal(counts_of(line).cancelled, 3);
	assert_int_equal(counts_of(line).n_kept, 0);
	assert_int_equal(arrows.n_refused, 0);
	assert_string_equal(arrows.text, "c");
	assert_int_equal(call->n_closed, 1);
}

/* CLOSE-27, SEND-7, CLOSE-28 */
static void
our_own_close_cancels_what_is_on_its_way(void **state)
{
	struct line *line = *state;
	struct phone_call *call = call_up(line);

	frames_on_their_way_back(line, call, 2);
	send_frames(call, 1);
	assert_int_equal(
		echo_close(line->nodes[ECHO].echo, echo_vc(line), 1, no_data), CO_STATUS_PENDING);
	assert_int_equal(
		echo_close(line->nodes[ECHO].echo, echo_vc(line), 2, no_data), CO_STATUS_CLOSING);
	line_run_until_idle(line);
	assert_int_equal(line->jobs[1].n_closed, 1);
	assert_int_equal(line->jobs[1].close_status, CO_STATUS_SUCCESS);
	assert_int_equal(line->jobs[2].n_closed, 0);
	assert_int_equal(counts_of(line).cancelled, 2);
	assert_int_equal(call->n_received, 0);
	assert_int_equal(call->n_incoming_close, 1);
	assert_int_equal(arrows.n_refused, 0);
}

static void
a_quiet_call_is_closed_at_once(void **state)
{
	struct line *line = *state;
	struct phone_call *call = call_up(line);

	assert_int_equal(
		echo_close(line->nodes[ECHO].echo, echo_vc(line), 1, no_data), CO_STATUS_PENDING);
	line_run_until_idle(line);
	assert_int_equal(line->jobs[1].n_closed, 1);
	assert_int_equal(call->n_incoming_close, 1);
	assert_int_equal(
		echo_close(line->nodes[ECHO].echo, echo_vc(line), 2, no_data), CO_STATUS_FAILURE);
}

/* AF-11, CLOSE-38 */
static void
an_echo_leaves_in_order_with_frames_on_their_way(void **state)
{
	struct line *line = *state;
	struct phone_call *call = call_up(line);
	struct co *co = line->nodes[ECHO].co;

	frames_on_their_way_back(line, call, 2);
	assert_int_equal(co_unbind(co, arrows_callmgr_of(co)), CO_STATUS_PENDING);
	line_run_until_idle(line);
	line_run_ms(line, 100);
	assert_string_equal(arrows.text, "csan");
	assert_int_equal(counts_of(line).cancelled, 2);
}

#define LINE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		LINE(a_frame_comes_back_with_its_addresses_swapped),
		LINE(what_is_no_frame_is_dropped),
		LINE(no_more_frames_are_kept_than_there_is_room_for),
		LINE(a_frame_of_low_resources_is_not_kept),
		LINE(a_call_is_closed_when_its_sends_are_back),
		LINE(our_own_close_cancels_what_is_on_its_way),
		LINE(a_quiet_call_is_closed_at_once),
		LINE(an_echo_leaves_in_order_with_frames_on_their_way),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
