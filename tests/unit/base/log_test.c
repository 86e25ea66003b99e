/* SPDX-License-Identifier: BSD-3-Clause */
#include "base/log.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

struct heard {
	int n;
	enum cp_log_level level;
	char line[1024];
};

static void
hear(enum cp_log_level level, const char *line, void *arg)
{
	struct heard *h = arg;

	h->n++;
	h->level = level;
	snprintf(h->line, sizeof(h->line), "%s", line);
}

static int
put_back_the_defaults(void **state)
{
	(void)state;
	cp_log_set_sink(NULL, NULL);
	cp_log_set_level(CP_LOG_NOTICE);
	return 0;
}

static void
a_sink_gets_the_finished_line_without_newline(void **state)
{
	struct heard h = { 0 };

	(void)state;
	cp_log_set_sink(hear, &h);
	cp_log(CP_LOG_WARN, "trunk %s: %d calls", "east", 7);
	assert_int_equal(h.n, 1);
	assert_int_equal(h.level, CP_LOG_WARN);
	assert_string_equal(h.line, "trunk east: 7 calls");
}

static void
notices_pass_by_default_and_details_do_not(void **state)
{
	struct heard h = { 0 };

	(void)state;
	cp_log_set_sink(hear, &h);
	cp_log(CP_LOG_ERR, "e");
	cp_log(CP_LOG_NOTICE, "n");
	assert_int_equal(h.n, 2);
	cp_log(CP_LOG_INFO, "i");
	cp_log(CP_LOG_DEBUG, "d");
	assert_int_equal(h.n, 2);
}

static void
lines_above_the_level_never_reach_the_sink(void **state)
{
	struct heard h = { 0 };
	int set, level;

	(void)state;
	cp_log_set_sink(hear, &h);
	for (set = 0; set < CP_LOG_COUNT; set++) {
		cp_log_set_level((enum cp_log_level)set);
		h.n = 0;
		for (level = 0; level < CP_LOG_COUNT; level++)
			cp_log((enum cp_log_level)level, "x");
		assert_int_equal(h.n, set + 1);
	}
}

static void
a_long_line_is_cut_at_512_octets(void **state)
{
	struct heard h = { 0 };
	char text[600];

	(void)state;
	memset(text, 'x', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	cp_log_set_sink(hear, &h);
	cp_log(CP_LOG_ERR, "%.512s", text);
	assert_int_equal(strlen(h.line), 512);
	cp_log(CP_LOG_ERR, "%s", text);
	assert_int_equal(strlen(h.line), 512);
}

/* What the default sink writes for one line; stderr goes through a pipe meanwhile. */
static void
read_default_line(char *out, size_t room, const char *text)
{
	int fds[2], saved;
	ssize_t n;

	assert_int_equal(pipe(fds), 0);
	saved = dup(STDERR_FILENO);
	assert_true(saved >= 0);
	assert_true(dup2(fds[1], STDERR_FILENO) >= 0);
	cp_log(CP_LOG_ERR, "%s", text);
	dup2(saved, STDERR_FILENO);
	close(saved);
	close(fds[1]);
	n = read(fds[0], out, room - 1); /* one read: one write must have made it */
	close(fds[0]);
	assert_true(n >= 0);
	out[n] = '\0';
}

static void
the_default_sink_names_program_and_level_on_stderr(void **state)
{
	char text[600], out[1024];

	(void)state;
	read_default_line(out, sizeof(out), "no hugepages");
	assert_string_equal(out, "callplane: error: no hugepages\n");
	memset(text, 'x', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	read_default_line(out, sizeof(out), text);
	assert_int_equal(strlen(out), strlen("callplane: error: ") + 512 + 1);
	assert_int_equal(out[strlen(out) - 1], '\n');
}

static void
level_names_and_levels_are_inverse(void **state)
{
	int level;

	(void)state;
	for (level = 0; level < CP_LOG_COUNT; level++)
		assert_int_equal(
			cp_log_level_parse(cp_log_level_name((enum cp_log_level)level)), level);
	assert_string_equal(cp_log_level_name(CP_LOG_ERR), "error");
	assert_string_equal(cp_log_level_name(CP_LOG_WARN), "warning");
	assert_string_equal(cp_log_level_name(CP_LOG_COUNT), "?");
	assert_string_equal(cp_log_level_name((enum cp_log_level) - 1), "?");
	assert_int_equal(cp_log_level_parse("?"), -EINVAL);
	assert_int_equal(cp_log_level_parse(""), -EINVAL);
	assert_int_equal(cp_log_level_parse("ERROR"), -EINVAL);
	assert_int_equal(cp_log_level_parse("debugs"), -EINVAL);
}

/* SSCOP-44 */
static void
a_limit_lets_one_line_through_per_interval_and_counts_the_others(void **state)
{
	struct cp_log_limit limit = { 0 };
	int i;

	(void)state;
	assert_true(cp_log_limit_pass(&limit, 5, 1000));
	assert_int_equal(limit.hidden, 0);
	for (i = 0; i < 7; i++)
		assert_false(cp_log_limit_pass(&limit, 5 + (uint64_t)i, 1000));
	assert_false(cp_log_limit_pass(&limit, 1004, 1000));
	assert_true(cp_log_limit_pass(&limit, 1005, 1000));
	assert_int_equal(limit.hidden, 8);
	assert_false(cp_log_limit_pass(&limit, 2004, 1000));
	assert_true(cp_log_limit_pass(&limit, 9999, 1000));
	assert_int_equal(limit.hidden, 1);
	assert_true(cp_log_limit_pass(&limit, 99999, 1000));
	assert_int_equal(limit.hidden, 0);
}

static void
a_seldom_line_comes_at_powers_of_two(void **state)
{
	uint64_t n = 0;
	uint32_t i, lines = 0;

	(void)state;
	for (i = 1; i <= 1000000; i++) {
		if (!cp_log_seldom(&n))
			continue;
		lines++;
		assert_int_equal(i & (i - 1), 0);
		assert_int_equal(n, i);
	}
	assert_int_equal(lines, 20);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(
			a_sink_gets_the_finished_line_without_newline, put_back_the_defaults),
		cmocka_unit_test_teardown(
			notices_pass_by_default_and_details_do_not, put_back_the_defaults),
		cmocka_unit_test_teardown(
			lines_above_the_level_never_reach_the_sink, put_back_the_defaults),
		cmocka_unit_test_teardown(a_long_line_is_cut_at_512_octets, put_back_the_defaults),
		cmocka_unit_test(the_default_sink_names_program_and_level_on_stderr),
		cmocka_unit_test(level_names_and_levels_are_inverse),
		cmocka_unit_test(a_limit_lets_one_line_through_per_interval_and_counts_the_others),
		cmocka_unit_test(a_seldom_line_comes_at_powers_of_two),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
