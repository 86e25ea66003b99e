/* SPDX-License-Identifier: BSD-3-Clause */
#include "callplane/record_file.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

/* A file of whole lines: what is put aside, and what a disk that takes no more leaves of it. */

#define LINE "0123456789\n"
#define LINE_LEN (sizeof(LINE) - 1)
#define NOW 1764558900u /* 2025-12-01 03:15:00 */
#define NAME "calls"

struct place {
	char folder[64];
	char path[96];
};

static int
set_up(void **state)
{
	struct place *p = calloc(1, sizeof(*p));

	assert_non_null(p);
	snprintf(p->folder, sizeof(p->folder), "/tmp/record_file_test-XXXXXX");
	assert_non_null(mkdtemp(p->folder));
	snprintf(p->path, sizeof(p->path), "%s/%s", p->folder, NAME);
	*state = p;
	return 0;
}

static int
tear_down(void **state)
{
	struct place *p = *state;
	char command[128];

	snprintf(command, sizeof(command), "rm -rf '%s'", p->folder);
	assert_int_equal(system(command), 0);
	free(p);
	return 0;
}

static struct record_file *
open_it(const struct place *p, uint64_t max_octets, uint64_t period_s)
{
	const struct record_file_config config = {
		.path = p->path, .max_octets = max_octets, .period_s = period_s
	};
	struct record_file *f = NULL;

	assert_int_equal(record_file_create(&f, &config, NOW), 0);
	return f;
}

static void
put_lines(struct record_file *f, unsigned int n, uint64_t now_s)
{
	while (n-- > 0)
		record_file_put(f, LINE, LINE_LEN, now_s);
	record_file_flush(f, now_s);
}

/* Octets of the file, or of what was put aside with @p suffix; -1: it is not there. */
static long
size_of(const struct place *p, const char *suffix)
{
	char path[160];
	struct stat st;

	snprintf(path, sizeof(path), "%s%s", p->path, suffix);
	return stat(path, &st) == 0 ? (long)st.st_size : -1;
}

static struct record_file_counts
counts_of(const struct record_file *f)
{
	struct record_file_counts counts;

	record_file_counts(f, &counts);
	return counts;
}

static void
a_file_that_would_become_too_large_is_put_aside_whole_and_begun_anew(void **state)
{
	const struct place *p = *state;
	struct record_file *f = open_it(p, 3 * LINE_LEN + 5, 0);

	put_lines(f, 3, NOW);
	assert_int_equal(size_of(p, ""), 3 * LINE_LEN);
	assert_int_equal(size_of(p, ".20251201T031500Z"), -1);
	put_lines(f, 2, NOW);
	assert_int_equal(size_of(p, ""), 2 * LINE_LEN);
	assert_int_equal(size_of(p, ".20251201T031500Z"), 3 * LINE_LEN);
	assert_int_equal(counts_of(f).written, 5);
	assert_int_equal(counts_of(f).rotations, 1);
	record_file_destroy(f, NOW);
}

static void
what_was_put_aside_is_never_written_over(void **state)
{
	const struct place *p = *state;
	struct record_file *f = open_it(p, LINE_LEN, 0);

	put_lines(f, 4, NOW); /* all in one second */
	assert_int_equal(size_of(p, ".20251201T031500Z"), LINE_LEN);
	assert_int_equal(size_of(p, ".20251201T031500Z-1"), LINE_LEN);
	assert_int_equal(size_of(p, ".20251201T031500Z-2"), LINE_LEN);
	assert_int_equal(counts_of(f).written, 4);
	record_file_destroy(f, NOW);
}

static void
a_line_that_is_larger_than_a_file_may_be_has_one_of_its_own(void **state)
{
	const struct place *p = *state;
	struct record_file *f = open_it(p, LINE_LEN / 2, 0);

	put_lines(f, 2, NOW);
	assert_int_equal(size_of(p, ""), LINE_LEN);
	assert_int_equal(size_of(p, ".20251201T031500Z"), LINE_LEN);
	record_file_destroy(f, NOW);
}

static void
a_file_is_put_aside_when_its_spell_of_time_ends_but_not_an_empty_one(void **state)
{
	const struct place *p = *state;
	struct record_file *f = open_it(p, 0, 3600);

	record_file_flush(f, NOW + 7200);
	assert_int_equal(counts_of(f).rotations, 0);
	put_lines(f, 1, NOW);
	record_file_flush(f, NOW + 2699);
	assert_int_equal(counts_of(f).rotations, 0);
	record_file_flush(f, NOW + 2700); /* the full hour */
	assert_int_equal(counts_of(f).rotations, 1);
	assert_int_equal(size_of(p, ""), 0);
	assert_int_equal(size_of(p, ".20251201T040000Z"), LINE_LEN);
	record_file_destroy(f, NOW);
}

static void
a_disk_that_is_full_drops_lines_with_a_count_and_leaves_no_part_of_one(void **state)
{
	struct rlimit before, small = { .rlim_cur = 2 * LINE_LEN + 4 };
	const struct place *p = *state;
	struct record_file *f = open_it(p, 0, 0);

	signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
	small.rlim_max = before.rlim_max;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
	put_lines(f, 5, NOW);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
	assert_int_equal(size_of(p, ""), 2 * LINE_LEN);
	assert_int_equal(counts_of(f).written, 2);
	assert_int_equal(counts_of(f).dropped, 3);
	assert_true(counts_of(f).error < 0);
	put_lines(f, 1, NOW); /* there is room again */
	assert_int_equal(size_of(p, ""), 3 * LINE_LEN);
	assert_int_equal(counts_of(f).written, 3);
	assert_int_equal(counts_of(f).error, 0);
	record_file_destroy(f, NOW);
}

static void
half_a_line_that_a_crash_left_behind_is_taken_away(void **state)
{
	const struct place *p = *state;
	struct record_file *f;
	FILE *out = fopen(p->path, "w");

	assert_non_null(out);
	fputs(LINE LINE "01234", out);
	fclose(out);
	f = open_it(p, 0, 0);
	assert_int_equal(size_of(p, ""), 2 * LINE_LEN);
	put_lines(f, 1, NOW);
	assert_int_equal(size_of(p, ""), 3 * LINE_LEN);
	record_file_destroy(f, NOW);
}

static void
a_file_that_somebody_has_taken_away_is_begun_anew_in_its_time(void **state)
{
	const struct place *p = *state;
	struct record_file *f = open_it(p, 2 * LINE_LEN, 0);

	put_lines(f, 2, NOW);
	assert_int_equal(unlink(p->path), 0);
	put_lines(f, 1, NOW);
	assert_int_equal(size_of(p, ""), LINE_LEN);
	assert_int_equal(counts_of(f).dropped, 0);
	record_file_destroy(f, NOW);
}

static void
a_folder_that_is_not_there_is_an_error_and_so_is_what_is_no_file(void **state)
{
	const struct place *p = *state;
	struct record_file_config config = { .path = "/nowhere/calls" };
	struct record_file *f = NULL;

	assert_int_equal(record_file_create(&f, &config, NOW), -2 /* ENOENT */);
	config.path = "/dev/null";
	assert_true(record_file_create(&f, &config, NOW) < 0);
	config.path = p->folder;
	assert_true(record_file_create(&f, &config, NOW) < 0);
	assert_null(f);
}

static void
more_than_the_buffer_takes_is_written_as_it_comes(void **state)
{
	const struct place *p = *state;
	struct record_file *f = open_it(p, 0, 0);
	unsigned int n = 3 * RECORD_FILE_BUFFER / LINE_LEN;

	put_lines(f, n, NOW);
	assert_int_equal(size_of(p, ""), n * LINE_LEN);
	assert_int_equal(counts_of(f).written, n);
	record_file_destroy(f, NOW);
}

int
main(void)
{
#define T(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		T(a_file_that_would_become_too_large_is_put_aside_whole_and_begun_anew),
		T(what_was_put_aside_is_never_written_over),
		T(a_line_that_is_larger_than_a_file_may_be_has_one_of_its_own),
		T(a_file_is_put_aside_when_its_spell_of_time_ends_but_not_an_empty_one),
		T(a_disk_that_is_full_drops_lines_with_a_count_and_leaves_no_part_of_one),
		T(half_a_line_that_a_crash_left_behind_is_taken_away),
		T(a_file_that_somebody_has_taken_away_is_begun_anew_in_its_time),
		T(a_folder_that_is_not_there_is_an_error_and_so_is_what_is_no_file),
		T(more_than_the_buffer_takes_is_written_as_it_comes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
