/* SPDX-License-Identifier: BSD-3-Clause */
#include "callctl/command.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define WORDS_MAX 12

struct right {
	const char *words[WORDS_MAX];
	const char *command;
	const char *params;
};

static const struct right right[] = {
	{ { "status" }, "status", "{}" },
	{ { "--help" }, "help", "{}" },
	{ { "vcs" }, "vcs", "{}" },
	{ { "vcs", "4194305" }, "vcs", "{\"id\":4194305}" },
	{ { "calls", "0x400001" }, "calls", "{\"id\":4194305}" },
	{ { "dial", "--from", "e164:1", "--to=e164:2" }, "dial",
		"{\"from\":\"e164:1\",\"to\":\"e164:2\"}" },
	{ { "dial", "--to", "b", "--count", "1000000", "--from", "a", "--rate", "5",
		  "--background" },
		"dial", "{\"to\":\"b\",\"count\":1000000,\"from\":\"a\",\"rate\":5}" },
	{ { "calls", "lan-7" }, "calls", "{\"id\":\"lan-7\"}" },
	{ { "vcs", "lan-7" }, "vcs", "{\"id\":\"lan-7\"}" },
	{ { "parties", "7" }, "parties", "{\"call\":7}" },
	{ { "dial", "--from", "a", "--to", "b", "--multipoint", "--count", "8" }, "dial",
		"{\"from\":\"a\",\"to\":\"b\",\"multipoint\":true,\"count\":8}" },
	{ { "dial", "--from", "a", "--to", "b", "--permanent", "--label=4000" }, "dial",
		"{\"from\":\"a\",\"to\":\"b\",\"permanent\":true,\"label\":4000}" },
	{ { "add-party", "lan-7", "e164:1" }, "add-party",
		"{\"call\":\"lan-7\",\"address\":\"e164:1\"}" },
	{ { "drop-party", "7", "9", "--cause", "31" }, "drop-party",
		"{\"call\":7,\"party\":9,\"cause\":31}" },
	{ { "modify", "7", "--rate", "125000" }, "modify", "{\"call\":7,\"rate\":125000}" },
	{ { "name", "7", "lan" }, "name", "{\"call\":7,\"base\":\"lan\"}" },
	{ { "reset", "to-hub" }, "reset", "{\"trunk\":\"to-hub\"}" },
	{ { "restart", "to-hub", "--vpci", "0" }, "restart", "{\"trunk\":\"to-hub\",\"vpci\":0}" },
	{ { "restart", "--label", "33", "to-hub" }, "restart",
		"{\"label\":33,\"trunk\":\"to-hub\"}" },
	{ { "halt", "to-hub", "--background" }, "halt", "{\"trunk\":\"to-hub\"}" },
	{ { "close", "7" }, "close", "{\"call\":7}" },
	{ { "close", "lan-7" }, "close", "{\"call\":\"lan-7\"}" },
	{ { "close", "--all", "--cause", "17", "--data", "00aa" }, "close",
		"{\"all\":true,\"cause\":17,\"data\":\"00aa\"}" },
	{ { "close", "--trunk", "to-hub" }, "close", "{\"trunk\":\"to-hub\"}" },
	{ { "close", "--match", "to=e164:1*" }, "close", "{\"match\":\"to=e164:1*\"}" },
	{ { "cancel", "3" }, "cancel", "{\"job\":3}" },
	{ { "log", "debug" }, "log", "{\"level\":\"debug\"}" },
	{ { "replay", "/no/such", "--port", "lan", "--count=2" }, "replay",
		"{\"path\":\"/no/such\",\"port\":\"lan\",\"count\":2}" },
	{ { "decode", "sscop" }, "decode", "{\"protocol\":\"sscop\"}" },
};

struct wrong {
	const char *words[WORDS_MAX];
	const char *error;
};

static const struct wrong wrong[] = {
	{ { "-f" }, "give a file" },
	{ { "-f", "x", "status" }, "not both" },
	{ { "fly" }, "there is no command fly" },
	{ { "--fly" }, "there is no option --fly" },
	{ { "status", "--fly" }, "status has no option --fly" },
	{ { "status", "7" }, "one argument too many" },
	{ { "calls", "7", "8" }, "one argument too many" },
	{ { "jobs", "seven" }, "is no number" },
	{ { "parties" }, "CALL is missing" },
	{ { "add-party", "7" }, "ADDRESS is missing" },
	{ { "drop-party", "7" }, "PARTY is missing" },
	{ { "drop-party", "7", "nine" }, "is no number" },
	{ { "modify", "7" }, "--rate is missing" },
	{ { "reset" }, "TRUNK is missing" },
	{ { "close", "7x" }, "is no number" },
	{ { "close", "\xff" }, "nor a name" },
	{ { "calls", "-1" }, "is no number" },
	{ { "calls", "" }, "is no number" },
	{ { "calls", "7x" }, "is no number" },
	{ { "calls", "99999999999999999999" }, "is no number" },
	{ { "dial", "--from", "a" }, "--to is missing" },
	{ { "dial", "--from", "a", "--to" }, "--to: give a value" },
	{ { "dial", "--from", "a", "--from", "b", "--to", "c" }, "--from is given twice" },
	{ { "dial", "--from", "\xff", "--to", "c" }, "UTF-8" },
	{ { "dial", "--fro", "a" }, "dial has no option --fro" },
	{ { "close" }, "say which calls" },
	{ { "close", "--cause", "16" }, "say which calls" },
	{ { "close", "7", "--all" }, "in one way only" },
	{ { "close", "--all=yes" }, "takes no value" },
	{ { "replay", "--port", "lan" }, "FILE is missing" },
	{ { "log" }, "LEVEL is missing" },
	{ { "decode" }, "q2931|sscop is missing" },
	{ { "status", "--socket" }, "--socket: give a path" },
};

/* Words end with NULL. */
static int
parse(struct invocation *inv, const char *const *words)
{
	char *copies[WORDS_MAX];
	int n = 0;

	for (; n < WORDS_MAX && words[n] != NULL; n++)
		copies[n] = (char *)(uintptr_t)words[n];
	return command_parse(inv, NULL, n, copies);
}

static void
a_right_line_becomes_the_methods_parameters(void **state)
{
	struct invocation inv;
	unsigned int i;
	char *params;

	(void)state;
	for (i = 0; i < sizeof(right) / sizeof(right[0]); i++) {
		assert_int_equal(parse(&inv, right[i].words), 0);
		assert_string_equal(inv.command->name, right[i].command);
		params = json_dumps(inv.params, JSON_COMPACT);
		assert_string_equal(params, right[i].params);
		free(params);
		command_fini(&inv);
	}
}

static void
a_wrong_line_is_refused_with_what_is_wrong(void **state)
{
	struct invocation inv;
	unsigned int i;

	(void)state;
	for (i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		assert_int_not_equal(parse(&inv, wrong[i].words), 0);
		if (strstr(inv.error, wrong[i].error) == NULL)
			fail_msg("got \"%s\", want \"%s\"", inv.error, wrong[i].error);
		command_fini(&inv);
	}
}

static void
common_options_stand_before_or_behind_the_command(void **state)
{
	const char *before[] = { "--socket", "/a", "--json", "calls", NULL };
	const char *behind[] = { "calls", "--json", "--socket=/a", NULL };
	struct invocation inv;

	(void)state;
	assert_int_equal(parse(&inv, before), 0);
	assert_true(inv.json);
	assert_string_equal(inv.socket, "/a");
	command_fini(&inv);
	assert_int_equal(parse(&inv, behind), 0);
	assert_true(inv.json);
	assert_string_equal(inv.socket, "/a");
	command_fini(&inv);
}

static void
the_socket_comes_from_option_environment_or_default(void **state)
{
	const char *plain[] = { "calls", NULL }, *option[] = { "calls", "--socket", "/a", NULL };
	struct invocation inv;

	(void)state;
	unsetenv("CALLPLANE_SOCKET");
	assert_int_equal(parse(&inv, plain), 0);
	assert_string_equal(inv.socket, "/run/callplane/callplane.sock");
	command_fini(&inv);
	setenv("CALLPLANE_SOCKET", "/b", 1);
	assert_int_equal(parse(&inv, plain), 0);
	assert_string_equal(inv.socket, "/b");
	command_fini(&inv);
	assert_int_equal(parse(&inv, option), 0);
	assert_string_equal(inv.socket, "/a");
	command_fini(&inv);
}

static void
flags_of_callctl_itself_are_no_parameters(void **state)
{
	const char *close_line[] = { "close", "--all", "--background", NULL };
	const char *decode_line[] = { "decode", "q2931", "--reencode", NULL };
	const char *jobs_line[] = { "jobs", "7", "--follow", NULL };
	const char *top_line[] = { "top", "--once", NULL };
	struct invocation inv;

	(void)state;
	assert_int_equal(parse(&inv, close_line), 0);
	assert_true(inv.background);
	assert_int_equal(json_object_size(inv.params), 1);
	command_fini(&inv);
	assert_int_equal(parse(&inv, decode_line), 0);
	assert_true(inv.reencode);
	assert_false(inv.background);
	command_fini(&inv);
	assert_int_equal(parse(&inv, jobs_line), 0);
	assert_true(inv.follow);
	assert_int_equal(json_object_size(inv.params), 1);
	command_fini(&inv);
	assert_int_equal(parse(&inv, top_line), 0);
	assert_true(inv.once);
	command_fini(&inv);
}

static void
every_command_has_help_and_a_handler(void **state)
{
	const struct command *command;

	(void)state;
	for (command = commands; command->name != NULL; command++) {
		assert_non_null(command->synopsis);
		assert_non_null(command->help);
		assert_non_null(command->run);
		assert_ptr_equal(command_find(command->name), command);
		assert_null(command->arguments[COMMAND_ARGUMENTS_MAX - 1].name);
	}
}

/* Else the usage and the man page would not tell of it, or the shell of what they tell. */
static void
every_argument_has_help_and_stands_in_the_synopsis(void **state)
{
	const struct command *command;
	const struct argument *argument;

	(void)state;
	for (command = commands; command->name != NULL; command++)
		for (argument = command->arguments; argument->name != NULL; argument++) {
			assert_non_null(argument->help);
			assert_true(argument->completion < COMPLETE_COUNT);
			if (argument_is_option(argument))
				assert_int_equal(argument->value[0] == '\0',
					argument->kind == ARGUMENT_FLAG);
			if (strstr(command->synopsis, argument->name) == NULL ||
				strstr(command->synopsis, argument->value) == NULL)
				fail_msg("%s: %s %s", command->name, argument->name,
					argument->value);
		}
}

static void
a_line_without_a_command_has_none(void **state)
{
	const char *options[] = { "--json", "-f", "/a", NULL };
	struct invocation inv;

	(void)state;
	assert_int_equal(parse(&inv, options), 0);
	assert_null(inv.command);
	assert_true(inv.json);
	assert_string_equal(inv.file, "/a");
	command_fini(&inv);
}

static void
a_line_within_another_has_its_options_but_no_file(void **state)
{
	const struct invocation outer = { .socket = "/a", .json = true };
	char status[] = "status", file[] = "-f", name[] = "/b", option[] = "--socket=/c";
	char *plain[] = { status }, *own[] = { option, status }, *nested[] = { file, name };
	struct invocation inv;

	(void)state;
	assert_int_equal(command_parse(&inv, &outer, 1, plain), 0);
	assert_string_equal(inv.socket, "/a");
	assert_true(inv.json);
	command_fini(&inv);
	assert_int_equal(command_parse(&inv, &outer, 2, own), 0);
	assert_string_equal(inv.socket, "/c");
	command_fini(&inv);
	assert_int_equal(command_parse(&inv, &outer, 2, nested), -EINVAL);
	command_fini(&inv);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_right_line_becomes_the_methods_parameters),
		cmocka_unit_test(a_wrong_line_is_refused_with_what_is_wrong),
		cmocka_unit_test(common_options_stand_before_or_behind_the_command),
		cmocka_unit_test(the_socket_comes_from_option_environment_or_default),
		cmocka_unit_test(flags_of_callctl_itself_are_no_parameters),
		cmocka_unit_test(every_command_has_help_and_a_handler),
		cmocka_unit_test(every_argument_has_help_and_stands_in_the_synopsis),
		cmocka_unit_test(a_line_without_a_command_has_none),
		cmocka_unit_test(a_line_within_another_has_its_options_but_no_file),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
