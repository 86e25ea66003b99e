/* SPDX-License-Identifier: BSD-3-Clause */
#include "callctl/line.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static void
words_are_quoted_as_in_a_shell(void **state)
{
	static const struct {
		const char *text;
		int n;
		const char *words[4];
	} lines[] = {
		{ "", 0, { NULL } },
		{ " \t", 0, { NULL } },
		{ "# a remark 'open", 0, { NULL } },
		{ "  # another", 0, { NULL } },
		{ "calls 7", 2, { "calls", "7" } },
		{ "close --match 'to=a b' #", 4, { "close", "--match", "to=a b", "#" } },
		{ "name 7 \"x'y\"", 3, { "name", "7", "x'y" } },
		{ "a\\ b c", 2, { "a b", "c" } },
		{ "calls ''", 2, { "calls", "" } },
		{ "calls 'open", -EINVAL, { NULL } },
		{ "calls \"open", -EINVAL, { NULL } },
	};
	struct line *line = line_create();
	char *const *words = NULL;
	size_t i;
	int k;

	(void)state;
	assert_non_null(line);
	for (i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		assert_int_equal(line_split(line, lines[i].text, &words), lines[i].n);
		for (k = 0; k < lines[i].n; k++)
			assert_string_equal(words[k], lines[i].words[k]);
	}
	line_destroy(line);
}

/* @return What callctl makes of a file with @p text; its stderr is left alone. */
static enum exit_code
run_file(const char *text)
{
	const struct invocation outer = { .socket = "/no/such" };
	char path[] = "/tmp/callctl-line-XXXXXX";
	int fd = mkstemp(path);
	enum exit_code code;

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
	close(fd);
	code = line_run_file(&outer, path);
	unlink(path);
	return code;
}

static void
a_file_ends_with_what_the_first_line_that_is_not_done_came_to(void **state)
{
	(void)state;
	assert_int_equal(run_file(""), EXIT_DONE);
	assert_int_equal(run_file("# nothing\n\nhelp jobs\n"), EXIT_DONE);
	assert_int_equal(run_file("help jobs\nstatus\nfly\n"), EXIT_NOBODY);
	assert_int_equal(run_file("fly\nstatus\n"), EXIT_USAGE);
	assert_int_equal(run_file("-f /dev/null\n"), EXIT_USAGE);
	assert_int_equal(run_file("help 'jobs\n"), EXIT_USAGE);
}

static void
a_file_that_is_not_there_is_a_mistake_of_usage(void **state)
{
	const struct invocation outer = { .socket = "/no/such" };

	(void)state;
	assert_int_equal(line_run_file(&outer, "/no/such/file"), EXIT_USAGE);
	assert_int_equal(line_run_file(&outer, "/"), EXIT_USAGE);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(words_are_quoted_as_in_a_shell),
		cmocka_unit_test(a_file_ends_with_what_the_first_line_that_is_not_done_came_to),
		cmocka_unit_test(a_file_that_is_not_there_is_a_mistake_of_usage),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
