/* SPDX-License-Identifier: BSD-3-Clause */
/* Calls that end at attachments, or at nothing: what dialling, answering and closing come to. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "line.h"
#include "uni/cause.h"

#include <cmocka.h>

/* The left appliance's attachments by their index, and the right one's. */
enum { L4711, L4712 };
enum { R4801, R4802, R4803_SILENT };

static int
add(struct attach *a, const char *digits, uint32_t dp_attachment, bool answer)
{
	struct co_address address = line_address(digits);

	return attach_add(a, &address, dp_attachment, answer);
}

static void
take_prefix(struct line *line, uint32_t node, struct caller *caller, const char *digits)
{
	struct co_address prefix = line_prefix(digits);
	co_adapter_t adapter = line->nodes[node].adapters[node == 0 ? RIGHT : LEFT];

	assert_int_equal(caller_register_sap(caller, adapter, &prefix), CO_STATUS_SUCCESS);
}

/* Attachments on both sides; the right takes whatever begins with 48, and a load what 5. */
static int
setup(void **state)
{
	struct line *line = line_create(2);
	struct node *left = &line->nodes[0], *right = &line->nodes[1];

	line_add_attach(line, 0);
	line_add_load(line, 0);
	line_add_attach(line, 1);
	line_add_load(line, 1);
	assert_int_equal(add(left->attach, "4711", 70, true), L4711);
	assert_int_equal(add(left->attach, "4712", 71, true), L4712);
	assert_int_equal(add(right->attach, "4801", 80, true), R4801);
	assert_int_equal(add(right->attach, "4802", 81, true), R4802);
	assert_int_equal(add(right->attach, "4803", 82, false), R4803_SILENT);
	take_prefix(line, 0, attach_caller(left->attach), "47");
	take_prefix(line, 1, attach_caller(right->attach), "48");
	take_prefix(line, 1, load_caller(right->load), "5");
	*state = line;
	return 0;
}

static int
teardown(void **state)
{
	line_destroy(*state);
	return 0;
}

static int
dial(struct line *line, uint32_t idx, const char *to, uint32_t job)
{
	struct co_address address = line_address(to);

	return attach_dial(
		line->nodes[0].attach, idx, line->nodes[0].adapters[RIGHT], &address, 0, job);
}

static int
dial_load(struct line *line, const char *to, uint32_t job)
{
	struct co_address from = line_address("4900"), address = line_address(to);

	return load_dial(
		line->nodes[0].load, line->nodes[0].adapters[RIGHT], &from, &address, 96000, job);
}

static void
dial_and_run(struct line *line, uint32_t idx, const char *to, uint32_t job)
{
	assert_int_equal(dial(line, idx, to, job), 0);
	line_run_ms(line, 100);
	assert_int_equal(line->jobs[job].n_dialled, 1);
}

static struct attach_info
info_of(const struct attach *a, uint32_t idx)
{
	struct attach_info info;

	assert_int_equal(attach_query(a, idx, &info), 0);
	return info;
}

static enum co_status
close_of(struct attach *a, uint32_t idx, uint32_t job)
{
	return caller_close(attach_caller(a), info_of(a, idx).vc, job, (struct co_data){ NULL, 0 });
}

static void
expect_closed_once(const struct line *line, uint32_t job)
{
	assert_int_equal(line->jobs[job].n_closed, 1);
	assert_int_equal(line->jobs[job].close_status, CO_STATUS_SUCCESS);
}

static void
expect_attached(struct line *line, enum loopvc_end end, co_vc_t vc, uint32_t attachment)
{
	struct co *co = line->nodes[end == LOOPVC_A ? 0 : 1].co;
	struct loopvc_circuit circuit;
	struct co_vc_info info;

	assert_int_equal(co_vc_query(co, vc, &info), CO_STATUS_SUCCESS);
	assert_int_equal(loopvc_query(line->wires[0], end, info.label, &circuit), 0);
	assert_true(circuit.attached);
	assert_int_equal(circuit.attachment, attachment);
}

/* ---- Dialling. ---- */

static void
a_dial_that_is_answered_connects_both_attachments(void **state)
{
	struct line *line = *state;
	struct attach *left = line->nodes[0].attach, *right = line->nodes[1].attach;

	dial_and_run(line, L4712, "4802", 1);
	assert_int_equal(line->jobs[1].dial_status, CO_STATUS_SUCCESS);
	assert_int_equal(line->jobs[1].cause, 0);
	assert_true(info_of(left, L4712).busy);
	assert_true(info_of(right, R4802).busy);
	assert_false(info_of(right, R4801).busy);
	expect_attached(line, LOOPVC_A, info_of(left, L4712).vc, 71);
	expect_attached(line, LOOPVC_B, info_of(right, R4802).vc, 81);
	assert_int_equal(close_of(left, L4712, 2), CO_STATUS_PENDING);
	line_run_until_idle(line);
	expect_closed_once(line, 2);
	assert_false(info_of(left, L4712).busy);
	assert_false(info_of(right, R4802).busy);
	assert_int_equal(info_of(left, L4712).vc, CO_NONE);
	assert_int_equal(line->n_reports, 2);
}

static void
expect_refused(struct line *line, const char *to, uint8_t cause)
{
	uint32_t job = line->n_reports + 1;

	dial_and_run(line, L4711, to, job);
	assert_int_not_equal(line->jobs[job].dial_status, CO_STATUS_SUCCESS);
	assert_int_equal(line->jobs[job].cause, cause);
	assert_false(info_of(line->nodes[0].attach, L4711).busy);
	assert_int_equal(line->jobs[job].n_dialled, 1);
}

static void
an_address_that_nobody_has_is_unassigned(void **state)
{
	expect_refused(*state, "4899", UNI_CAUSE_UNASSIGNED_NUMBER);
}

static void
an_attachment_with_a_call_is_busy(void **state)
{
	struct line *line = *state;

	dial_and_run(line, L4712, "4801", 0);
	expect_refused(line, "4801", UNI_CAUSE_USER_BUSY);
	assert_int_equal(close_of(line->nodes[0].attach, L4712, 9), CO_STATUS_PENDING);
	line_run_until_idle(line);
	dial_and_run(line, L4711, "4801", 10);
	assert_int_equal(line->jobs[10].dial_status, CO_STATUS_SUCCESS);
	assert_int_equal(close_of(line->nodes[0].attach, L4711, 11), CO_STATUS_PENDING);
}

static void
an_attachment_that_does_not_answer_is_busy(void **state)
{
	expect_refused(*state, "4803", UNI_CAUSE_USER_BUSY);
}

static void
an_attachment_has_one_call_at_a_time(void **state)
{
	struct line *line = *state;

	assert_int_equal(dial(line, L4711, "4801", 1), 0);
	assert_int_equal(dial(line, L4711, "4802", 2), -EBUSY); /* being set up */
	line_run_ms(line, 100);
	assert_int_equal(dial(line, L4711, "4802", 2), -EBUSY); /* up */
	assert_int_equal(close_of(line->nodes[0].attach, L4711, 3), CO_STATUS_PENDING);
	assert_int_equal(dial(line, L4711, "4802", 2), -EBUSY); /* being closed */
	line_run_until_idle(line);
	assert_int_equal(line->jobs[2].n_dialled, 0);
	dial_and_run(line, L4711, "4802", 2);
	assert_int_equal(close_of(line->nodes[0].attach, L4711, 4), CO_STATUS_PENDING);
}

static void
an_attachment_that_is_dialled_while_it_dials_is_busy(void **state)
{
	struct line *line = *state;
	struct co_address to = line_address("4711");

	assert_int_equal(dial(line, L4711, "4801", 1), 0);
	assert_int_equal(
		attach_dial(line->nodes[1].attach, R4802, line->nodes[1].adapters[LEFT], &to, 0, 2),
		0);
	line_run_ms(line, 100);
	assert_int_equal(line->jobs[1].dial_status, CO_STATUS_SUCCESS);
	assert_int_equal(line->jobs[2].n_dialled, 1);
	assert_int_equal(line->jobs[2].cause, UNI_CAUSE_USER_BUSY);
	assert_false(info_of(line->nodes[1].attach, R4802).busy);
	assert_int_equal(close_of(line->nodes[0].attach, L4711, 3), CO_STATUS_PENDING);
}

static void
a_dial_from_nowhere_or_over_nothing_is_refused_at_once(void **state)
{
	struct line *line = *state;
	struct co_address to = line_address("4801");

	assert_int_equal(dial(line, 77, "4801", 1), -ENOENT);
	assert_int_equal(
		attach_dial(line->nodes[0].attach, L4711, CO_NONE, &to, 0, 1), -ENETUNREACH);
	assert_false(info_of(line->nodes[0].attach, L4711).busy);
	assert_int_equal(line->n_reports, 0);
}

/* MAKE-5: a refusal that is there when make_call returns is reported from inside the dial. */
static void
a_dial_that_fails_at_once_is_reported_once(void **state)
{
	struct line *line = *state;

	assert_int_equal(dial(line, L4711, "", 1), 0);
	assert_int_equal(line->jobs[1].n_dialled, 1);
	assert_int_equal(line->jobs[1].dial_status, CO_STATUS_INVALID_DATA);
	assert_int_equal(line->jobs[1].cause, UNI_CAUSE_INVALID_NUMBER);
	assert_false(info_of(line->nodes[0].attach, L4711).busy);
	line_run_ms(line, 100);
	assert_int_equal(line->n_reports, 1);
}

static void
a_thousand_dials_too_many_are_put_off_and_none_is_lost(void **state)
{
	struct line *line = *state;
	co_protocol_t load = caller_protocol(load_caller(line->nodes[0].load));
	struct co_data none = { NULL, 0 };
	uint32_t i;

	for (i = 0; i < LINE_N_DIALS; i++)
		assert_int_equal(dial_load(line, "5000", i), 0);
	for (i = 0; i < 1000; i++)
		assert_int_equal(dial_load(line, "5000", LINE_N_DIALS), -EAGAIN);
	line_run_ms(line, 100);
	assert_int_equal(line->n_reports, LINE_N_DIALS);
	assert_int_equal(dial_load(line, "5000", LINE_N_DIALS), 0);
	line_run_ms(line, 100);
	for (i = 0; i <= LINE_N_DIALS; i++) {
		assert_int_equal(line->jobs[i].n_dialled, 1);
		assert_int_equal(line->jobs[i].dial_status, CO_STATUS_SUCCESS);
		assert_int_equal(caller_close(load_caller(line->nodes[0].load),
					 line_vc_of(line, 0, load), 10 + i, none),
			CO_STATUS_PENDING);
		line_run_ms(line, 100);
		expect_closed_once(line, 10 + i);
	}
}

/* ---- Permanent VCs. ---- */

#define PVC_LABEL 40u

static void
add_pvc(struct line *line, uint32_t node, uint32_t label)
{
	struct co_pvc pvc = {
		.label = label,
		.address = line_address("4801"),
		.tx.peak_rate = 48000,
		.rx.peak_rate = 48000,
	};

	assert_int_equal(callmgr_pvc_add(unicm_callmgr(line->nodes[node].unicm[RIGHT]), &pvc), 0);
}

static int
dial_pvc(struct line *line, const char *to, uint32_t label, uint32_t job)
{
	struct caller_dial_args args = {
		.adapter = line->nodes[0].adapters[RIGHT],
		.to = line_address(to),
		.job = job,
		.permanent = true,
		.label = label,
	};
	int err = attach_dial_as(line->nodes[0].attach, L4711, &args);

	line_run_ms(line, 10);
	return err;
}

static void
expect_pvc(struct line *line, uint32_t job)
{
	struct attach *left = line->nodes[0].attach;
	struct co_vc_info info;

	assert_int_equal(line->jobs[job].n_dialled, 1);
	assert_int_equal(line->jobs[job].dial_status, CO_STATUS_SUCCESS);
	assert_int_equal(
		co_vc_query(line->nodes[0].co, info_of(left, L4711).vc, &info), CO_STATUS_SUCCESS);
	assert_int_equal(info.label, PVC_LABEL);
	expect_attached(line, LOOPVC_A, info.vc, 70);
	assert_int_equal(close_of(left, L4711, job + 1), CO_STATUS_PENDING);
	line_run_until_idle(line);
	expect_closed_once(line, job + 1);
}

/* MAKE-12 */
static void
a_permanent_call_uses_the_circuit_of_its_label_or_of_its_address(void **state)
{
	struct line *line = *state;

	add_pvc(line, 0, PVC_LABEL);
	assert_int_equal(dial_pvc(line, "4899", PVC_LABEL, 1), 0);
	expect_pvc(line, 1);
	assert_int_equal(dial_pvc(line, "4801", 0, 3), 0);
	expect_pvc(line, 3);
	assert_int_equal(
		callmgr_pvc_remove(unicm_callmgr(line->nodes[0].unicm[RIGHT]), PVC_LABEL), 0);
}

/* MAKE-12 */
static void
a_permanent_call_without_a_circuit_fails(void **state)
{
	struct line *line = *state;

	assert_int_equal(dial_pvc(line, "4801", PVC_LABEL, 1), 0);
	assert_int_equal(line->jobs[1].dial_status, CO_STATUS_FAILURE);
	assert_int_equal(dial_pvc(line, "4801", 0, 2), 0);
	assert_int_equal(line->jobs[2].dial_status, CO_STATUS_FAILURE);
	assert_false(info_of(line->nodes[0].attach, L4711).busy);
}

/* ---- Names. ---- */

static void
a_call_has_the_name_that_it_is_given(void **state)
{
	struct line *line = *state;
	struct attach *left = line->nodes[0].attach;
	struct co *co = line->nodes[0].co;
	co_vc_t vc;

	dial_and_run(line, L4711, "4801", 1);
	vc = info_of(left, L4711).vc;
	assert_int_equal(caller_name(attach_caller(left), vc, "news"), CO_STATUS_SUCCESS);
	assert_string_equal(co_vc_name(co, vc), "news-1");
	assert_int_equal(co_vc_named(co, "news-1"), vc);
	assert_int_equal(caller_name(load_caller(line->nodes[0].load), vc, "x"), CO_STATUS_FAILURE);
	assert_int_equal(close_of(left, L4711, 2), CO_STATUS_PENDING);
	line_run_until_idle(line);
	assert_int_equal(co_vc_named(co, "news-1"), CO_NONE);
}

/* ---- Closing. ---- */

static void
closes_that_cross_are_reported_once_at_each_end(void **state)
{
	struct line *line = *state;

	dial_and_run(line, L4711, "4801", 1);
	assert_int_equal(close_of(line->nodes[0].attach, L4711, 2), CO_STATUS_PENDING);
	assert_int_equal(close_of(line->nodes[1].attach, R4801, 3), CO_STATUS_PENDING);
	line_run_until_idle(line);
	expect_closed_once(line, 2);
	expect_closed_once(line, 3);
	assert_int_equal(line->n_reports, 3);
}

/* CLOSE-3 */
static void
a_second_close_is_refused_and_not_reported(void **state)
{
	struct line *line = *state;

	dial_and_run(line, L4711, "4801", 1);
	assert_int_equal(close_of(line->nodes[0].attach, L4711, 2), CO_STATUS_PENDING);
	assert_int_equal(close_of(line->nodes[0].attach, L4711, 3), CO_STATUS_CLOSING);
	line_run_until_idle(line);
	expect_closed_once(line, 2);
	assert_int_equal(line->jobs[3].n_closed, 0);
}

/* INCLOSE-5: what the far end closes, the near end closes too, and no job hears of it. */
static void
a_call_closed_from_the_far_end_is_no_job_of_ours(void **state)
{
	struct line *line = *state;

	dial_and_run(line, L4711, "4801", 1);
	assert_int_equal(close_of(line->nodes[1].attach, R4801, 2), CO_STATUS_PENDING);
	line_run_until_idle(line);
	assert_int_equal(line->n_reports, 2);
	assert_false(info_of(line->nodes[0].attach, L4711).busy);
}

/* CLOSE-12 */
static void
close_data_that_is_not_taken_is_left_out(void **state)
{
	static const uint8_t cut[] = { 0x90, 0x7e };
	struct line *line = *state;
	struct attach *a = line->nodes[0].attach;

	dial_and_run(line, L4711, "4801", 1);
	assert_int_equal(caller_close(attach_caller(a), info_of(a, L4711).vc, 2,
				 (struct co_data){ cut, sizeof(cut) }),
		CO_STATUS_PENDING);
	assert_int_equal(caller_n_without_data(attach_caller(a)), 1);
	line_run_until_idle(line);
	expect_closed_once(line, 2);
}

/* RACE-4, CLOSE-12: here the close is refused when the call has been made. */
static void
close_data_that_is_not_taken_later_is_left_out_too(void **state)
{
	static const uint8_t cut[] = { 0x90, 0x7e };
	struct line *line = *state;
	struct attach *a = line->nodes[0].attach;
	co_protocol_t client = caller_protocol(attach_caller(a));

	assert_int_equal(dial(line, L4711, "4801", 1), 0);
	assert_int_equal(caller_close(attach_caller(a), line_vc_of(line, 0, client), 2,
				 (struct co_data){ cut, sizeof(cut) }),
		CO_STATUS_PENDING);
	line_run_until_idle(line);
	assert_int_equal(line->jobs[1].dial_status, CO_STATUS_SUCCESS);
	assert_int_equal(caller_n_without_data(attach_caller(a)), 1);
	expect_closed_once(line, 2);
}

static void
close_while_dialling(struct line *line, const char *to)
{
	struct attach *a = line->nodes[0].attach;
	co_protocol_t client = caller_protocol(attach_caller(a));

	assert_int_equal(dial(line, L4711, to, 1), 0);
	assert_int_equal(caller_close(attach_caller(a), line_vc_of(line, 0, client), 2,
				 (struct co_data){ NULL, 0 }),
		CO_STATUS_PENDING);
	line_run_until_idle(line);
	assert_int_equal(line->jobs[1].n_dialled, 1);
	expect_closed_once(line, 2);
	assert_false(info_of(a, L4711).busy);
}

/* RACE-4 */
static void
a_call_that_is_being_made_is_closed_when_it_is_up(void **state)
{
	struct line *line = *state;

	close_while_dialling(line, "4801");
	assert_int_equal(line->jobs[1].dial_status, CO_STATUS_SUCCESS);
	assert_false(info_of(line->nodes[1].attach, R4801).busy);
}

/* RACE-5 */
static void
a_call_that_is_being_made_and_fails_is_closed_as_well(void **state)
{
	struct line *line = *state;

	close_while_dialling(line, "4899");
	assert_int_not_equal(line->jobs[1].dial_status, CO_STATUS_SUCCESS);
	assert_int_equal(line->jobs[1].cause, UNI_CAUSE_UNASSIGNED_NUMBER);
}

/* I9: neither another client's call nor one that has gone is ours to close. */
static void
a_call_of_another_client_is_not_closed(void **state)
{
	struct line *line = *state;
	struct attach *a = line->nodes[0].attach;

	dial_and_run(line, L4711, "4801", 1);
	assert_int_equal(caller_close(load_caller(line->nodes[0].load), info_of(a, L4711).vc, 2,
				 (struct co_data){ NULL, 0 }),
		CO_STATUS_FAILURE);
	assert_int_equal(close_of(a, L4711, 3), CO_STATUS_PENDING);
	line_run_until_idle(line);
	assert_int_equal(close_of(a, L4711, 4), CO_STATUS_FAILURE);
	assert_int_equal(line->jobs[2].n_closed + line->jobs[4].n_closed, 0);
}

/* ---- Registering. ---- */

static struct {
	uint32_t n;
	char text[64][24];
} saps;

enum co_status __real_co_cl_register_sap(struct co *co, co_af_t af,
	const struct co_address *address, co_ctx_t sap_ctx, co_sap_t *sap);
enum co_status __wrap_co_cl_register_sap(struct co *co, co_af_t af,
	const struct co_address *address, co_ctx_t sap_ctx, co_sap_t *sap);

/* Noted as digits, a prefix with a star behind. */
enum co_status
__wrap_co_cl_register_sap(struct co *co, co_af_t af, const struct co_address *address,
	co_ctx_t sap_ctx, co_sap_t *sap)
{
	char *text = saps.text[saps.n++ % 64];

	snprintf(text, sizeof(saps.text[0]), "%.*s%s", address->len, (const char *)address->octets,
		address->prefix ? "*" : "");
	return __real_co_cl_register_sap(co, af, address, sap_ctx, sap);
}

static void
expect_saps(struct line *line, const char *first, uint32_t count, const char *const *expected)
{
	struct node *left = &line->nodes[0];
	struct co_address address = line_address(first);
	uint32_t i;

	saps.n = 0;
	assert_int_equal(attach_register(left->attach, left->adapters[RIGHT], &address, count),
		CO_STATUS_SUCCESS);
	for (i = 0; expected[i] != NULL; i++) {
		assert_true(i < saps.n);
		assert_string_equal(saps.text[i], expected[i]);
	}
	assert_int_equal(saps.n, i);
}

static void
a_range_of_numbers_is_registered_as_few_prefixes(void **state)
{
	static const char *const ragged[] = { "6711", "6712", "6713", "6714", "6715", "6716",
		"6717", "6718", "6719", "672*", NULL };
	static const char *const over[] = { "698*", "699*", "7000", "7001", NULL };
	struct line *line = *state;

	expect_saps(line, "6711", 19, ragged);
	expect_saps(line, "6980", 22, over);
	expect_saps(line, "8990000", 10000, (const char *const[]){ "899*", NULL });
	expect_saps(line, "6500", 1, (const char *const[]){ "6500", NULL });
	expect_saps(line, "6510", 9,
		(const char *const[]){ "6510", "6511", "6512", "6513", "6514", "6515", "6516",
			"6517", "6518", NULL });
}

/* A number is not longer than its digits. */
static void
a_range_beyond_the_last_number_is_refused(void **state)
{
	struct line *line = *state;
	struct node *left = &line->nodes[0];
	struct co_address address = line_address("9990");

	assert_int_equal(attach_register(left->attach, left->adapters[RIGHT], &address, 11),
		CO_STATUS_INVALID_DATA);
}

static void
a_number_in_a_range_reaches_its_attachment(void **state)
{
	struct line *line = *state;
	struct node *right = &line->nodes[1];
	struct co_address address = line_address("6711");

	assert_int_equal(add(right->attach, "6729", 90, true), 3);
	assert_int_equal(attach_register(right->attach, right->adapters[LEFT], &address, 19),
		CO_STATUS_SUCCESS);
	dial_and_run(line, L4711, "6729", 1);
	assert_int_equal(line->jobs[1].dial_status, CO_STATUS_SUCCESS);
	dial_and_run(line, L4712, "6730", 2);
	assert_int_equal(line->jobs[2].cause, UNI_CAUSE_INCOMPATIBLE_DESTINATION);
	assert_int_equal(close_of(line->nodes[0].attach, L4711, 3), CO_STATUS_PENDING);
}

static void
an_address_has_one_attachment(void **state)
{
	struct line *line = *state;
	struct attach *a = line->nodes[0].attach;
	struct co_address address = line_address("100");
	uint32_t i;

	assert_int_equal(add(a, "4711", 99, true), -EEXIST);
	for (i = attach_n(a); i < LINE_N_ATTACHMENTS; i++) {
		assert_int_equal(attach_add(a, &address, i, true), i);
		assert_true(attach_address_add(&address, 1));
	}
	assert_int_equal(attach_add(a, &address, i, true), -ENOSPC);
	assert_int_equal(attach_find(a, &address), -ENOENT);
	address = line_address("4712");
	assert_int_equal(attach_find(a, &address), L4712);
}

#define LINE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		LINE(a_dial_that_is_answered_connects_both_attachments),
		LINE(an_address_that_nobody_has_is_unassigned),
		LINE(an_attachment_with_a_call_is_busy),
		LINE(an_attachment_that_does_not_answer_is_busy),
		LINE(an_attachment_has_one_call_at_a_time),
		LINE(an_attachment_that_is_dialled_while_it_dials_is_busy),
		LINE(a_dial_from_nowhere_or_over_nothing_is_refused_at_once),
		LINE(a_dial_that_fails_at_once_is_reported_once),
		LINE(a_thousand_dials_too_many_are_put_off_and_none_is_lost),
		LINE(a_permanent_call_uses_the_circuit_of_its_label_or_of_its_address),
		LINE(a_permanent_call_without_a_circuit_fails),
		LINE(a_call_has_the_name_that_it_is_given),
		LINE(closes_that_cross_are_reported_once_at_each_end),
		LINE(a_second_close_is_refused_and_not_reported),
		LINE(a_call_closed_from_the_far_end_is_no_job_of_ours),
		LINE(close_data_that_is_not_taken_is_left_out),
		LINE(close_data_that_is_not_taken_later_is_left_out_too),
		LINE(a_call_that_is_being_made_is_closed_when_it_is_up),
		LINE(a_call_that_is_being_made_and_fails_is_closed_as_well),
		LINE(a_call_of_another_client_is_not_closed),
		LINE(a_range_of_numbers_is_registered_as_few_prefixes),
		LINE(a_range_beyond_the_last_number_is_refused),
		LINE(a_number_in_a_range_reaches_its_attachment),
		LINE(an_address_has_one_attachment),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
