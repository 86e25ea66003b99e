/* SPDX-License-Identifier: BSD-3-Clause */
#include "callctl/complete.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#define WORDS_MAX 8

static const char *asked_socket, *asked_call;
static unsigned int n_asked;

/* complete_live_fn: an appliance with two of everything. */
static void
two_of_each(const char *socket, enum completion kind, const char *call, struct candidates *list)
{
	static const char *const names[COMPLETE_COUNT][2] = {
		[COMPLETE_CALL] = { "4194305", "lan-1" },
		[COMPLETE_VC] = { "4194305", "4194306" },
		[COMPLETE_PARTY] = { "7", "8" },
		[COMPLETE_JOB] = { "1", "2" },
		[COMPLETE_TRUNK] = { "to-hub", "to-lab" },
		[COMPLETE_PORT] = { "east", "west" },
		[COMPLETE_ADDRESS] = { "e164:491", "e164:492" },
	};

	n_asked++;
	asked_socket = socket;
	asked_call = call;
	candidates_add(list, names[kind][0]);
	candidates_add(list, names[kind][1]);
}

static void
complete(struct candidates *list, const char *const *words)
{
	char *copies[WORDS_MAX];
	int n = 0;

	for (; n < WORDS_MAX && words[n] != NULL; n++)
		copies[n] = (char *)(uintptr_t)words[n];
	complete_words("/a", n, copies, two_of_each, list);
}

/* "one two three" */
static void
holds(const char *const *words, const char *expected)
{
	struct candidates list;
	char got[1024] = "";
	size_t i;

	complete(&list, words);
	for (i = 0; i < list.n; i++)
		snprintf(got + strlen(got), sizeof(got) - strlen(got), "%s%s", i > 0 ? " " : "",
			list.names[i]);
	assert_string_equal(got, expected);
	candidates_fini(&list);
}

static void
the_first_word_becomes_a_command(void **state)
{
	const char *re[] = { "re", NULL }, *all[] = { "", NULL }, *none[] = { "zz", NULL };
	const char *behind[] = { "--json", "--socket", "/b", "stat", NULL };
	struct candidates list;

	(void)state;
	holds(re, "reset restart replay");
	holds(none, "");
	holds(behind, "status");
	complete(&list, all);
	assert_true(list.n > 20);
	candidates_fini(&list);
}

static void
ids_and_names_are_those_that_the_appliance_has(void **state)
{
	static const struct {
		const char *words[WORDS_MAX];
		const char *expected;
	} lines[] = {
		{ { "calls", "" }, "4194305 lan-1" },
		{ { "calls", "l" }, "lan-1" },
		{ { "vcs", "419" }, "4194305 4194306" },
		{ { "jobs", "" }, "1 2" },
		{ { "jobs", "2", "" }, "--follow" },
		{ { "trace", "la" }, "lan-1" },
		{ { "reset", "to-" }, "to-hub to-lab" },
		{ { "replay", "/dev/null", "--port", "e" }, "east" },
		{ { "dial", "--from", "" }, "e164:491 e164:492" },
		{ { "dial", "--from", "e164:492" }, "e164:492" },
		{ { "close", "--trunk=to-l" }, "--trunk=to-lab" },
		{ { "close", "lan-1", "" }, "--all --trunk --match --cause --data --background" },
		{ { "close", "l" }, "lan-1" },
		{ { "calls", "lan-1", "" }, "" },
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(lines) / sizeof(lines[0]); i++)
		holds(lines[i].words, lines[i].expected);
}

static void
parties_are_those_of_the_call_before_them(void **state)
{
	const char *words[] = { "drop-party", "--cause", "16", "lan-1", "", NULL };

	(void)state;
	holds(words, "7 8");
	assert_string_equal(asked_call, "lan-1");
}

static void
the_appliance_asked_is_the_one_that_the_line_names(void **state)
{
	const char *named[] = { "--socket", "/b", "trunks", "--socket=/c", "reset", "", NULL };
	const char *plain[] = { "reset", "", NULL },
		   *before[] = { "--socket", "/b", "reset", "", NULL };

	(void)state;
	holds(plain, "to-hub to-lab");
	assert_string_equal(asked_socket, "/a");
	holds(before, "to-hub to-lab");
	assert_string_equal(asked_socket, "/b");
	n_asked = 0;
	holds(named, "");
	assert_int_equal(n_asked, 0);
}

static void
what_needs_no_appliance_asks_none(void **state)
{
	const char *level[] = { "log", "", NULL }, *protocol[] = { "decode", "s", NULL };
	const char *number[] = { "dial", "--count", "", NULL }, *help[] = { "help", "cl", NULL };

	(void)state;
	n_asked = 0;
	holds(level, "error warning notice info debug");
	holds(protocol, "sscop");
	holds(number, "");
	holds(help, "close close-af");
	assert_int_equal(n_asked, 0);
}

static void
options_are_those_not_given_yet(void **state)
{
	const char *words[] = { "restart", "to-hub", "--vpci", "0", "--", NULL };
	const char *common[] = { "status", "--", NULL }, *first[] = { "-", NULL };

	(void)state;
	holds(words, "--label --background --socket --json");
	holds(common, "--socket --json");
	holds(first, "--socket --json -f");
}

static void
files_are_those_of_the_directory_so_far(void **state)
{
	char directory[] = "/tmp/callctl-complete-XXXXXX", path[128], expected[128];
	const char *words[] = { "-f", path, NULL };
	const char *const names[] = { "one.ctl", "other.ctl", ".hidden" };
	size_t i;

	(void)state;
	assert_non_null(mkdtemp(directory));
	for (i = 0; i < 3; i++) {
		snprintf(path, sizeof(path), "%s/%s", directory, names[i]);
		assert_int_equal(mkdir(path, 0700), 0);
	}
	snprintf(path, sizeof(path), "%s/on", directory);
	snprintf(expected, sizeof(expected), "%s/one.ctl/", directory);
	holds(words, expected);
	for (i = 0; i < 3; i++) {
		snprintf(path, sizeof(path), "%s/%s", directory, names[i]);
		rmdir(path);
	}
	snprintf(path, sizeof(path), "%s/", directory);
	holds(words, "");
	rmdir(directory);
}

static void
what_all_have_in_common_is_inserted_unless_the_list_was_cut(void **state)
{
	struct candidates list = { .begun = "to" };

	(void)state;
	assert_int_equal(candidates_common(&list), 2);
	candidates_add(&list, "to-hub");
	candidates_add(&list, "to-lab");
	candidates_add(&list, "to-lab");
	candidates_add(&list, "from");
	assert_int_equal(list.n, 2);
	assert_int_equal(candidates_common(&list), 3);
	list.is_cut = true;
	assert_int_equal(candidates_common(&list), 2);
	candidates_fini(&list);
}

static void
a_list_that_is_full_says_so(void **state)
{
	struct candidates list = { .begun = "" };
	char name[16];
	int i;

	(void)state;
	for (i = 0; i < CANDIDATES_MAX; i++) {
		snprintf(name, sizeof(name), "%d", i);
		assert_true(candidates_add(&list, name));
	}
	assert_false(list.is_cut);
	assert_false(candidates_add(&list, "one more"));
	assert_true(list.is_cut);
	candidates_fini(&list);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_first_word_becomes_a_command),
		cmocka_unit_test(ids_and_names_are_those_that_the_appliance_has),
		cmocka_unit_test(parties_are_those_of_the_call_before_them),
		cmocka_unit_test(the_appliance_asked_is_the_one_that_the_line_names),
		cmocka_unit_test(what_needs_no_appliance_asks_none),
		cmocka_unit_test(options_are_those_not_given_yet),
		cmocka_unit_test(files_are_those_of_the_directory_so_far),
		cmocka_unit_test(what_all_have_in_common_is_inserted_unless_the_list_was_cut),
		cmocka_unit_test(a_list_that_is_full_says_so),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
