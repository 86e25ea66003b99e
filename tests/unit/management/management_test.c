/* SPDX-License-Identifier: BSD-3-Clause */
#include "callplane/management.h"

#include <errno.h>
#include <grp.h>
#include <jansson.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "callplane/access.h"
#include "callplane/connection.h"
#include "fake_appliance.h"

#include <cmocka.h>

static const struct access_groups everybody;

struct fixture {
	struct appliance appliance;
	struct management *management;
	char dir[64];
	char path[96];
	char error[256];
};

static int
set_up(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	snprintf(f->dir, sizeof(f->dir), "management-test-XXXXXX");
	assert_non_null(mkdtemp(f->dir));
	snprintf(f->path, sizeof(f->path), "%s/socket", f->dir);
	f->appliance.n_calls = 200;
	assert_int_equal(management_start(&f->appliance, f->path, &everybody, NULL, &f->management,
				 f->error, sizeof(f->error)),
		0);
	*state = f;
	return 0;
}

static int
tear_down(void **state)
{
	struct fixture *f = *state;

	management_stop(f->management);
	assert_int_equal(rmdir(f->dir), 0); /* the socket's file is gone too */
	free(f);
	return 0;
}

static int
dial(const struct fixture *f)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	struct timeval patience = { .tv_sec = 20 };
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	snprintf(address.sun_path, sizeof(address.sun_path), "%s", f->path);
	assert_int_equal(connect(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience));
	return fd;
}

static void
say(int fd, const char *text)
{
	assert_int_equal(send(fd, text, strlen(text), MSG_NOSIGNAL), (ssize_t)strlen(text));
}

/* The next line, or NULL when the connection ends before it does. */
static json_t *
hear(int fd)
{
	size_t room = 1 << 20, len = 0;
	char *line = malloc(room);
	json_t *json = NULL;

	while (len < room && recv(fd, line + len, 1, 0) == 1)
		if (line[len++] == '\n') {
			json = json_loadb(line, len, 0, NULL);
			assert_non_null(json);
			break;
		}
	free(line);
	return json;
}

/* Ask on a connection of its own. */
static json_t *
ask(const struct fixture *f, const char *request)
{
	int fd = dial(f);
	json_t *answer;

	say(fd, request);
	say(fd, "\n");
	answer = hear(fd);
	close(fd);
	assert_non_null(answer);
	return answer;
}

static json_t *
call(const struct fixture *f, const char *method, const char *params)
{
	char request[1024];

	snprintf(request, sizeof(request),
		"{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"%s\",\"params\":%s}", method, params);
	return ask(f, request);
}

static json_int_t
code_of(const json_t *answer)
{
	return json_integer_value(json_object_get(json_object_get(answer, "error"), "code"));
}

static const char *
message_of(const json_t *answer)
{
	return json_string_value(json_object_get(json_object_get(answer, "error"), "message"));
}

/* The answer must be that error, and say @p part. */
static void
assert_refused(json_t *answer, int code, const char *part)
{
	assert_int_equal(code_of(answer), code);
	assert_non_null(message_of(answer));
	assert_non_null(strstr(message_of(answer), part));
	json_decref(answer);
}

static void
hello_tells_version_and_protocol(void **state)
{
	json_t *answer = call(*state, "hello", "{}");
	const json_t *result = json_object_get(answer, "result");

	assert_string_equal(
		json_string_value(json_object_get(result, "version")), CALLPLANE_VERSION);
	assert_int_equal(json_integer_value(json_object_get(result, "protocol")), 1);
	assert_string_equal(json_string_value(json_object_get(answer, "jsonrpc")), "2.0");
	json_decref(answer);
}

static void
a_list_of_several_slices_comes_as_one_array_in_order(void **state)
{
	json_t *answer = call(*state, "calls", "{}");
	json_t *result = json_object_get(answer, "result");
	size_t i;

	assert_int_equal(json_array_size(result), 200);
	for (i = 0; i < 200; i++)
		assert_int_equal(
			json_integer_value(json_object_get(json_array_get(result, i), "call")),
			i + 1);
	json_decref(answer);
}

static void
an_empty_list_is_an_empty_array(void **state)
{
	json_t *answer = call(*state, "ports", "{}");

	assert_true(json_is_array(json_object_get(answer, "result")));
	assert_int_equal(json_array_size(json_object_get(answer, "result")), 0);
	json_decref(answer);
}

static void
drops_are_named_and_large_numbers_whole(void **state)
{
	json_t *answer = call(*state, "counters", "{}");
	const json_t *row = json_object_get(answer, "result");
	const json_t *drops = json_object_get(row, "drops");

	assert_int_equal(json_integer_value(json_object_get(row, "calls")), 5000000000);
	assert_int_equal(json_object_size(drops), DP_DROP_COUNT);
	assert_int_equal(
		json_integer_value(json_object_get(drops, dp_drop_name(DP_DROP_NO_CIRCUIT))), 7);
	json_decref(answer);
}

static void
a_question_waits_while_controls_ring_is_full(void **state)
{
	struct fixture *f = *state;
	json_t *answer;

	f->appliance.n_refusals = 5;
	answer = call(f, "status", "{}");
	assert_non_null(json_object_get(answer, "result"));
	json_decref(answer);
}

static void
what_is_not_json_rpc_is_refused_with_the_mend(void **state)
{
	assert_refused(ask(*state, "{\"jsonrpc\":"), -32700, "send one object a line");
	assert_refused(ask(*state, "[]"), -32600, "batch");
	assert_refused(ask(*state, "7"), -32600, "send an object");
	assert_refused(ask(*state, "{\"id\":1,\"method\":\"hello\"}"), -32600, "\"2.0\"");
	assert_refused(ask(*state, "{\"jsonrpc\":\"2.0\",\"id\":1}"), -32600, "method");
	assert_refused(ask(*state, "{\"jsonrpc\":\"2.0\",\"id\":[],\"method\":\"hello\"}"), -32600,
		"\"id\"");
	assert_refused(call(*state, "hello", "[1]"), -32600, "named");
	assert_refused(call(*state, "fly", "{}"), -32601, "\"fly\"");
}

static void
wrong_parameters_are_refused_with_the_mend(void **state)
{
	assert_refused(call(*state, "dial", "{\"form\":\"x\"}"), -32602, "from, to, count, rate");
	assert_refused(call(*state, "status", "{\"x\":1}"), -32602, "takes: none");
	assert_refused(call(*state, "dial", "{\"from\":\"e164:1\"}"), -32602, "\"to\" is missing");
	assert_refused(call(*state, "jobs", "{\"id\":-1}"), -32602, "1 to 4294967295");
	assert_refused(call(*state, "jobs", "{\"id\":4294967296}"), -32602, "1 to 4294967295");
	assert_refused(call(*state, "calls", "{\"id\":0}"), -32602, "number of a call");
	assert_refused(call(*state, "calls", "{\"id\":4294967296}"), -32602, "or its name");
	assert_refused(call(*state, "calls", "{\"id\":\"1\"}"), -32602, "number of a call");
	assert_refused(call(*state, "close", "{\"all\":true,\"cause\":128}"), -32602, "1 to 127");
	assert_refused(call(*state, "close", "{\"all\":true,\"data\":\"0g\"}"), -32602, "hex");
	assert_refused(call(*state, "close", "{\"all\":false}"), -32602, "true");
	assert_refused(call(*state, "log", "{\"level\":\"loud\"}"), -32602, "notice");
	assert_refused(
		call(*state, "close", "{\"trunk\":\"0123456789012345678901234567890123456789\"}"),
		-32602, "at most 31");
}

static void
a_close_says_in_one_way_which_calls(void **state)
{
	assert_refused(call(*state, "close", "{}"), -32602, "call, all, trunk, match");
	assert_refused(call(*state, "close", "{\"all\":true,\"call\":4}"), -32602, "more than one");
}

static void
a_close_reaches_control_with_all_that_was_said(void **state)
{
	struct fixture *f = *state;
	json_t *answer = call(f, "close", "{\"trunk\":\"to-hub\",\"cause\":17,\"data\":\"00aB\"}");
	const json_t *row = json_object_get(answer, "result");

	assert_int_equal(json_integer_value(json_object_get(row, "job")), 3);
	assert_string_equal(json_string_value(json_object_get(row, "detail")), "cut ?");
	json_decref(answer);
	assert_string_equal(f->appliance.close.trunk, "to-hub");
	assert_int_equal(f->appliance.close.cause, 17);
	assert_int_equal(f->appliance.close.data_len, 2);
	assert_int_equal(f->appliance.close.data[1], 0xab);
	assert_false(f->appliance.close.all);
}

/* A list that is looked for in slices may find nothing in the first ones. */
static void
a_list_may_begin_with_slices_that_are_empty(void **state)
{
	json_t *answer = call(*state, "trace", "{\"trunk\":\"to-hub\",\"reference\":9}");
	const json_t *rows = json_object_get(answer, "result");

	assert_int_equal(json_array_size(rows), 2);
	assert_int_equal(
		json_integer_value(json_object_get(json_array_get(rows, 0), "reference")), 3);
	assert_int_equal(
		json_integer_value(json_object_get(json_array_get(rows, 1), "reference")), 4);
	json_decref(answer);
}

struct said {
	const char *method, *params;
	enum query_method reaches;
	struct query_args with;
};

static const struct said said[] = {
	{ "parties", "{\"call\":7}", QUERY_PARTIES, { .id = 7 } },
	{ "calls", "{\"id\":\"lan-7\"}", QUERY_CALLS, { .name = "lan-7" } },
	{ "close", "{\"call\":\"lan-7\"}", QUERY_CLOSE, { .name = "lan-7" } },
	{ "add_party", "{\"call\":7,\"address\":\"e164:1\"}", QUERY_ADD_PARTY,
		{ .id = 7, .to = "e164:1" } },
	{ "drop_party", "{\"call\":7,\"party\":9,\"cause\":31}", QUERY_DROP_PARTY,
		{ .id = 7, .party = 9, .cause = 31 } },
	{ "modify", "{\"call\":\"a\",\"rate\":5000000000}", QUERY_MODIFY,
		{ .name = "a", .rate = 5000000000 } },
	{ "workers", "{\"restart\":true}", QUERY_WORKERS, { .restart = true } },
	{ "trace", "{\"call\":7}", QUERY_TRACE, { .id = 7 } },
	{ "trace", "{\"trunk\":\"to-hub\",\"reference\":9}", QUERY_TRACE,
		{ .trunk = "to-hub", .reference = 9 } },
	{ "reset", "{\"trunk\":\"to-hub\"}", QUERY_RESET, { .trunk = "to-hub" } },
	{ "restart", "{\"trunk\":\"to-hub\"}", QUERY_RESTART,
		{ .trunk = "to-hub", .vpci = QUERY_ALL_VPCIS } },
	{ "restart", "{\"trunk\":\"to-hub\",\"vpci\":0}", QUERY_RESTART, { .trunk = "to-hub" } },
	{ "restart", "{\"trunk\":\"to-hub\",\"label\":33}", QUERY_RESTART,
		{ .trunk = "to-hub", .label = 33, .vpci = QUERY_ALL_VPCIS } },
	{ "halt", "{\"trunk\":\"to-hub\"}", QUERY_HALT, { .trunk = "to-hub" } },
	{ "name", "{\"call\":7,\"base\":\"lan\"}", QUERY_NAME, { .id = 7, .base = "lan" } },
	{ "enquire", "{\"call\":7}", QUERY_ENQUIRE, { .id = 7 } },
	{ "dial", "{\"from\":\"a\",\"to\":\"b\",\"multipoint\":true,\"count\":8}", QUERY_DIAL,
		{ .from = "a", .to = "b", .multipoint = true, .count = 8 } },
	{ "dial", "{\"from\":\"a\",\"to\":\"b\",\"permanent\":true,\"label\":40}", QUERY_DIAL,
		{ .from = "a", .to = "b", .permanent = true, .count = 1, .label = 40 } },
};

static void
a_command_reaches_control_with_what_was_said_and_nothing_else(void **state)
{
	struct fixture *f = *state;
	unsigned int i;

	for (i = 0; i < sizeof(said) / sizeof(said[0]); i++) {
		json_decref(call(f, said[i].method, said[i].params));
		assert_int_equal(f->appliance.method, said[i].reaches);
		assert_memory_equal(&f->appliance.args, &said[i].with, sizeof(said[i].with));
	}
}

static void
what_control_refuses_carries_its_errno(void **state)
{
	json_t *answer = call(*state, "cancel", "{\"job\":9}");
	const json_t *data = json_object_get(json_object_get(answer, "error"), "data");

	assert_int_equal(json_integer_value(json_object_get(data, "errno")), ENOENT);
	assert_string_equal(json_string_value(json_object_get(data, "name")), "ENOENT");
	assert_string_equal(
		json_string_value(json_object_get(data, "message")), "there is no job 9");
	assert_refused(answer, -32000, "there is no job 9");
}

static void
requests_of_one_client_are_answered_in_their_order_and_notifications_not(void **state)
{
	int fd = dial(*state);
	json_t *answer;

	say(fd, "{\"jsonrpc\":\"2.0\",\"id\":\"a\",\"method\":\"calls\"}\n\r\n"
		"{\"jsonrpc\":\"2.0\",\"method\":\"calls\"}\n"
		"{\"jsonrpc\":\"2.0\",\"method\":\"nothing\"}\n"
		"{\"jsonrpc\":\"2.0\",\"method\":\"close\",\"params\":{\"all\":true}}\n"
		"{\"jsonrpc\":\"2.0\",\"id\":null,\"method\":\"hello\"}\n"
		"{\"jsonrpc\":\"2.0\",\"id\":2,\"method\":\"hello\"}");
	shutdown(fd, SHUT_WR); /* the last line needs no end then */
	answer = hear(fd);
	assert_string_equal(json_string_value(json_object_get(answer, "id")), "a");
	json_decref(answer);
	answer = hear(fd);
	assert_true(json_is_null(json_object_get(answer, "id")));
	json_decref(answer);
	answer = hear(fd);
	assert_int_equal(json_integer_value(json_object_get(answer, "id")), 2);
	json_decref(answer);
	assert_null(hear(fd));
	assert_int_equal(((struct fixture *)*state)->appliance.n_closes, 1);
	close(fd);
}

static void
a_line_that_is_too_long_is_refused_and_ends_the_connection(void **state)
{
	char *line = malloc(CONNECTION_LINE_MAX + 1);
	int fd = dial(*state);
	json_t *answer;

	memset(line, ' ', CONNECTION_LINE_MAX + 1);
	line[CONNECTION_LINE_MAX] = '\0';
	say(fd, line);
	say(fd, "\n{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"hello\"}\n"); /* just short enough */
	answer = hear(fd);
	assert_non_null(json_object_get(answer, "result"));
	json_decref(answer);
	say(fd, line);
	say(fd, "x");
	assert_refused(hear(fd), -32600, "65536");
	assert_null(hear(fd));
	close(fd);
	free(line);
}

static void
a_client_that_never_reads_is_cut_off_and_holds_up_nobody(void **state)
{
	static const char request[] = "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"counters\"}\n";
	int fd = dial(*state);
	unsigned int n = 0;

	while (send(fd, request, sizeof(request) - 1, MSG_NOSIGNAL) > 0)
		assert_true(++n < 100000);
	assert_true(errno == EPIPE || errno == ECONNRESET);
	json_decref(call(*state, "hello", "{}"));
	close(fd);
}

/* A list waits for its reader; a reader that has stalled does not keep it for ever. */
static void
a_connection_that_takes_nothing_for_long_breaks(void **state)
{
	struct connection *c;
	char chunk[4096];
	int fds[2];

	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fds), 0);
	c = connection_create(fds[0], 1);
	memset(chunk, 'x', sizeof(chunk));
	while (connection_n_out(c) < CONNECTION_OUT_MAX / 2) {
		connection_write(c, chunk, sizeof(chunk));
		connection_flush(c, 1);
	}
	connection_flush(c, 1 + CONNECTION_STALL_NS);
	assert_false(c->broken);
	/* It took a little: it has time again. */
	while (read(fds[1], chunk, sizeof(chunk)) > 0)
		;
	connection_flush(c, 1 + CONNECTION_STALL_NS);
	connection_flush(c, 2 + CONNECTION_STALL_NS);
	assert_false(c->broken);
	connection_flush(c, 2 + 2 * CONNECTION_STALL_NS);
	assert_true(c->broken);
	connection_destroy(c);
	close(fds[1]);
}

static void
a_list_that_control_breaks_off_ends_the_connection(void **state)
{
	int fd = dial(*state);

	say(fd, "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"vcs\"}\n");
	assert_null(hear(fd));
	close(fd);
}

static void
a_client_too_many_is_told_so(void **state)
{
	int fds[33];
	unsigned int i;

	for (i = 0; i < 33; i++)
		fds[i] = dial(*state);
	assert_refused(hear(fds[32]), -32000, "too many clients");
	for (i = 0; i < 33; i++)
		close(fds[i]);
}

static void
a_file_that_cannot_be_replayed_is_refused_with_the_mend(void **state)
{
	assert_refused(call(*state, "replay", "{\"path\":\"no-such-file\",\"port\":\"east\"}"),
		-32000, "mend: give a pcap");
}

static void
the_socket_is_for_owner_and_group(void **state)
{
	struct fixture *f = *state;
	struct stat st;

	assert_int_equal(stat(f->path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0660);
}

static void
a_socket_in_use_is_refused_and_stays(void **state)
{
	struct fixture *f = *state;
	struct management *second;

	assert_int_equal(management_start(&f->appliance, f->path, &everybody, NULL, &second,
				 f->error, sizeof(f->error)),
		-EADDRINUSE);
	assert_non_null(strstr(f->error, "mend: callctl"));
	json_decref(call(f, "hello", "{}"));
}

static void
a_stale_socket_is_replaced_but_no_other_file(void **state)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	struct fixture *f = *state;
	struct management *second;
	char path[96];
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);
	FILE *file;

	snprintf(path, sizeof(path), "%s/other", f->dir);
	snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
	assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	close(fd);
	assert_int_equal(management_start(&f->appliance, path, &everybody, NULL, &second, f->error,
				 sizeof(f->error)),
		0);
	management_stop(second);
	file = fopen(path, "w");
	fclose(file);
	assert_int_equal(management_start(&f->appliance, path, &everybody, NULL, &second, f->error,
				 sizeof(f->error)),
		-EEXIST);
	assert_non_null(strstr(f->error, "no socket; mend:"));
	assert_int_equal(unlink(path), 0);
}

static void
a_place_that_cannot_be_is_refused_with_the_mend(void **state)
{
	struct fixture *f = *state;
	struct management *second;
	char path[200];

	snprintf(path, sizeof(path), "%s/no/socket", f->dir);
	assert_int_equal(management_start(&f->appliance, path, &everybody, NULL, &second, f->error,
				 sizeof(f->error)),
		-ENOENT);
	assert_non_null(strstr(f->error, "mend: mkdir -p"));
	memset(path, 'x', sizeof(path) - 1);
	path[sizeof(path) - 1] = '\0';
	assert_int_equal(management_start(&f->appliance, path, &everybody, NULL, &second, f->error,
				 sizeof(f->error)),
		-ENAMETOOLONG);
}

static struct access_peer
peer_in(gid_t gid, gid_t other)
{
	return (struct access_peer){ .uid = 1000, .gid = gid, .n_groups = 1, .groups = { other } };
}

static void
groups_decide_who_looks_and_who_changes(void **state)
{
	const struct access_groups both = { true, true, 10, 20 }, write = { false, true, 0, 20 };
	struct access_peer peer = peer_in(5, 10);

	(void)state;
	assert_int_equal(access_of(&both, &peer, 1), ACCESS_READ);
	assert_int_equal(access_of(&write, &peer, 1), ACCESS_NONE);
	assert_int_equal(access_of(&everybody, &peer, 1), ACCESS_WRITE);
	assert_int_equal(access_of(&both, &peer, 1000), ACCESS_WRITE); /* its own user */
	peer = peer_in(20, 10);
	assert_int_equal(access_of(&both, &peer, 1), ACCESS_WRITE); /* the wider right counts */
	peer = peer_in(5, 6);
	assert_int_equal(access_of(&both, &peer, 1), ACCESS_NONE);
	/* A group that is not given is not group 0. */
	peer = peer_in(0, 0);
	assert_int_equal(access_of(&write, &peer, 1), ACCESS_NONE);
	peer.uid = 0;
	assert_int_equal(access_of(&write, &peer, 1), ACCESS_WRITE);
}

static void
a_group_that_is_not_there_is_refused_with_the_mend(void **state)
{
	struct access_groups groups;
	char error[256];

	(void)state;
	assert_int_equal(access_groups_find(&groups, "root", "", error, sizeof(error)), 0);
	assert_true(groups.has_read && !groups.has_write);
	assert_int_equal(
		access_groups_find(&groups, "", "no-such-group", error, sizeof(error)), -ENOENT);
	assert_non_null(strstr(error, "mend: groupadd no-such-group"));
}

/*
 * In a child, since the kernel tells who one is when one connects. Without a method it only
 * listens: who is turned away need not get to say anything.
 */
static void
assert_peer_hears(const struct fixture *f, gid_t gid, const char *method, const char *part)
{
	char *text;
	int status;
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (pid == 0) {
		if (setgroups(1, &gid) != 0 || setgid(65534) != 0 || setuid(65534) != 0)
			_exit(2);
		text = json_dumps(
			method != NULL ? call(f, method, "{}") : hear(dial(f)), JSON_COMPACT);
		_exit(strstr(text, part) == NULL);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

static void
a_reader_looks_and_changes_nothing_and_a_stranger_is_turned_away(void **state)
{
	const struct access_groups groups = { true, true, 4242, 4243 };
	struct fixture *f = *state;

	if (geteuid() != 0)
		skip(); /* another user cannot be played */
	management_stop(f->management);
	assert_int_equal(chmod(f->dir, 0755), 0);
	assert_int_equal(management_start(&f->appliance, f->path, &groups, NULL, &f->management,
				 f->error, sizeof(f->error)),
		0);
	assert_peer_hears(f, 4242, "hello", "\"access\":\"read\"");
	assert_peer_hears(f, 4242, "status", "\"result\":");
	assert_peer_hears(f, 4242, "shutdown", "EPERM");
	assert_peer_hears(f, 4243, "hello", "\"access\":\"write\"");
	assert_peer_hears(f, 4243, "shutdown", "\"result\":");
	assert_peer_hears(f, 4244, NULL, "EACCES");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(hello_tells_version_and_protocol),
		TEST(a_list_of_several_slices_comes_as_one_array_in_order),
		TEST(an_empty_list_is_an_empty_array),
		TEST(a_list_may_begin_with_slices_that_are_empty),
		TEST(drops_are_named_and_large_numbers_whole),
		TEST(a_question_waits_while_controls_ring_is_full),
		TEST(what_is_not_json_rpc_is_refused_with_the_mend),
		TEST(wrong_parameters_are_refused_with_the_mend),
		TEST(a_close_says_in_one_way_which_calls),
		TEST(a_close_reaches_control_with_all_that_was_said),
		TEST(a_command_reaches_control_with_what_was_said_and_nothing_else),
		TEST(what_control_refuses_carries_its_errno),
		TEST(requests_of_one_client_are_answered_in_their_order_and_notifications_not),
		TEST(a_line_that_is_too_long_is_refused_and_ends_the_connection),
		TEST(a_client_that_never_reads_is_cut_off_and_holds_up_nobody),
		cmocka_unit_test(a_connection_that_takes_nothing_for_long_breaks),
		TEST(a_list_that_control_breaks_off_ends_the_connection),
		TEST(a_client_too_many_is_told_so),
		TEST(a_file_that_cannot_be_replayed_is_refused_with_the_mend),
		TEST(the_socket_is_for_owner_and_group),
		TEST(a_socket_in_use_is_refused_and_stays),
		TEST(a_stale_socket_is_replaced_but_no_other_file),
		TEST(a_place_that_cannot_be_is_refused_with_the_mend),
		cmocka_unit_test(groups_decide_who_looks_and_who_changes),
		cmocka_unit_test(a_group_that_is_not_there_is_refused_with_the_mend),
		TEST(a_reader_looks_and_changes_nothing_and_a_stranger_is_turned_away),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
