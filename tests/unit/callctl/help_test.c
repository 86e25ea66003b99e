/* SPDX-License-Identifier: BSD-3-Clause */
#include "callctl/help.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* What '?' says behind these words; freed by the caller. */
static char *
next(int n_words, const char *first, const char *second)
{
	char *words[] = { (char *)(uintptr_t)first, (char *)(uintptr_t)second };
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	assert_non_null(out);
	help_next(out, n_words, words);
	fclose(out);
	return text;
}

static void
behind_nothing_every_command_is_told(void **state)
{
	const struct command *command;
	char *text = next(1, "", NULL);

	(void)state;
	for (command = commands; command->name != NULL; command++)
		assert_non_null(strstr(text, command->name));
	free(text);
}

static void
behind_letters_the_commands_that_begin_so(void **state)
{
	char *text = next(1, "clo", NULL);

	(void)state;
	assert_non_null(strstr(text, "close "));
	assert_non_null(strstr(text, "close-af"));
	assert_null(strstr(text, "calls "));
	free(text);
}

static void
behind_a_command_its_arguments(void **state)
{
	char *text = next(2, "dial", "--co");

	(void)state;
	assert_non_null(strstr(text, "--from ADDRESS"));
	assert_non_null(strstr(text, "one call with N parties"));
	free(text);
}

static void
as_json_a_command_has_its_arguments(void **state)
{
	json_t *json = help_to_json(command_find("modify"));
	json_t *rate = json_array_get(json_object_get(json, "arguments"), 1);

	(void)state;
	assert_string_equal(json_string_value(json_object_get(json, "name")), "modify");
	assert_string_equal(json_string_value(json_object_get(rate, "name")), "--rate");
	assert_string_equal(json_string_value(json_object_get(rate, "value")), "OCTETS_PER_S");
	assert_true(json_is_true(json_object_get(rate, "required")));
	json_decref(json);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(behind_nothing_every_command_is_told),
		cmocka_unit_test(behind_letters_the_commands_that_begin_so),
		cmocka_unit_test(behind_a_command_its_arguments),
		cmocka_unit_test(as_json_a_command_has_its_arguments),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
