/* SPDX-License-Identifier: BSD-3-Clause */
#include "callplane/sysfs.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "tree.h"

#include <cmocka.h>

static void
a_list_of_processors_is_read_and_printed(void **state)
{
	static const struct {
		const char *text, *printed;
	} cases[] = {
		{ "0-3,8\n", "0-3,8" }, { "1,2,3", "1-3" }, { "", "none" }, { "(null)", "none" },
		{ "3-1", "none" }, { "5,x", "5" },
		{ "1020-99999999999999999999", "1020-1023" }, /* as many as a set holds */
	};
	char text[64];
	cpu_set_t cpus;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		sysfs_cpus(cases[i].text, &cpus);
		sysfs_print_cpus(&cpus, text, sizeof(text));
		assert_string_equal(text, cases[i].printed);
	}
	sysfs_cpus("0,2,4,6,8,10,12,14", &cpus);
	sysfs_print_cpus(&cpus, text, 6);
	assert_string_equal(text, "0,2,4");
}

static void
what_is_not_there_tells_nothing(void **state)
{
	struct tree *t = *state;
	struct sysfs_names names;
	char text[8] = "before";

	assert_false(sysfs_text(t->root, text, sizeof(text), "/no/%s", "where"));
	assert_string_equal(text, "");
	assert_int_equal(sysfs_number(t->root, -7, "/no/where"), -7);
	put(t, "/text", "many words\nand lines\n");
	assert_int_equal(sysfs_number(t->root, -7, "/text"), -7);
	assert_true(sysfs_text(t->root, text, sizeof(text), "/text"));
	assert_string_equal(text, "many wo");
	assert_false(sysfs_exists(t->root, "/no/where"));
	assert_false(sysfs_link(t->root, text, sizeof(text), "/text"));
	sysfs_list(t->root, &names, "/no");
	assert_int_equal(names.n, 0);
	assert_false(sysfs_field(t->root, "/text", "man", text, sizeof(text)));
}

static void
names_are_sorted_by_their_numbers(void **state)
{
	struct tree *t = *state;
	struct sysfs_names names;

	put(t, "/d/node10", "");
	put(t, "/d/node2", "");
	sysfs_list(t->root, &names, "/d");
	assert_int_equal(names.n, 2);
	assert_int_equal(sysfs_numbered(names.name[0], "node"), 2);
	assert_int_equal(sysfs_numbered(names.name[1], "node"), 10);
	assert_int_equal(sysfs_numbered("node", "node"), -1);
	assert_int_equal(sysfs_numbered("node1x", "node"), -1);
}

#define TEST(t) cmocka_unit_test_setup_teardown(t, tree_setup, tree_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_list_of_processors_is_read_and_printed),
		TEST(what_is_not_there_tells_nothing),
		TEST(names_are_sorted_by_their_numbers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
