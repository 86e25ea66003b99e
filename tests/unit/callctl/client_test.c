/* SPDX-License-Identifier: BSD-3-Clause */
#include "callctl/client.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cmocka.h>

/* An appliance that has its answer ready before it is asked. */
struct server {
	char dir[64], path[96];
	int listen_fd, fd;
	struct client *client;
};

/* The rows that came, one behind the other. */
struct rows {
	char text[512];
	unsigned int n;
};

static void
begin(struct server *s, const char *answer)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };

	snprintf(s->dir, sizeof(s->dir), "client-test-XXXXXX");
	assert_non_null(mkdtemp(s->dir));
	snprintf(s->path, sizeof(s->path), "%s/socket", s->dir);
	snprintf(address.sun_path, sizeof(address.sun_path), "%s", s->path);
	s->listen_fd = socket(AF_UNIX, SOCK_STREAM, 0);
	assert_int_equal(bind(s->listen_fd, (struct sockaddr *)&address, sizeof(address)), 0);
	assert_int_equal(listen(s->listen_fd, 1), 0);
	s->client = client_open(s->path);
	s->fd = accept(s->listen_fd, NULL, NULL);
	assert_true(s->fd >= 0);
	assert_int_equal(send(s->fd, answer, strlen(answer), 0), (ssize_t)strlen(answer));
}

static void
start(struct server *s, const char *answer)
{
	begin(s, answer);
	shutdown(s->fd, SHUT_WR);
}

static void
stop(struct server *s)
{
	client_close(s->client);
	close(s->fd);
	close(s->listen_fd);
	unlink(s->path);
	rmdir(s->dir);
}

static void
take_row(const json_t *row, void *arg)
{
	struct rows *rows = arg;
	char *text = json_dumps(row, JSON_COMPACT);

	strncat(rows->text, text, sizeof(rows->text) - strlen(rows->text) - 1);
	rows->n++;
	free(text);
}

static enum client_result
call(const char *answer, struct rows *rows, char *error, char *asked)
{
	enum client_result result;
	struct server s;
	ssize_t n;

	memset(rows, 0, sizeof(*rows));
	start(&s, answer);
	result = client_call(s.client, "calls", json_pack("{s:i}", "id", 7), take_row, rows);
	snprintf(error, 256, "%s", client_error(s.client));
	n = recv(s.fd, asked, 255, 0);
	asked[n > 0 ? n : 0] = '\0';
	stop(&s);
	return result;
}

static void
the_rows_of_a_list_come_one_by_one(void **state)
{
	char error[256], asked[256];
	struct rows rows;

	(void)state;
	assert_int_equal(call("{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":[{\"a\":\"]}{,\\\"\"}, "
			      "{\"b\":{\"c\":[1,{}]}},{}]}\n",
				 &rows, error, asked),
		CLIENT_DONE);
	assert_int_equal(rows.n, 3);
	assert_string_equal(rows.text, "{\"a\":\"]}{,\\\"\"}{\"b\":{\"c\":[1,{}]}}{}");
	assert_string_equal(asked,
		"{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"calls\",\"params\":{\"id\":7}}\n");
}

static void
an_empty_list_has_no_rows(void **state)
{
	char error[256], asked[256];
	struct rows rows;

	(void)state;
	assert_int_equal(
		call("{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":[]}\n", &rows, error, asked),
		CLIENT_DONE);
	assert_int_equal(rows.n, 0);
}

static void
an_object_is_one_row(void **state)
{
	char error[256], asked[256];
	struct rows rows;

	(void)state;
	assert_int_equal(call("{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{\"drops\":{\"ttl\":1}}}\n",
				 &rows, error, asked),
		CLIENT_DONE);
	assert_string_equal(rows.text, "{\"drops\":{\"ttl\":1}}");
}

static void
a_refusal_says_why_by_text_and_name(void **state)
{
	char error[256], asked[256];
	struct rows rows;

	(void)state;
	assert_int_equal(
		call("{\"jsonrpc\":\"2.0\",\"id\":1,\"error\":{\"code\":-32000,\"message\":\"no "
		     "such call\",\"data\":{\"errno\":2,\"name\":\"ENOENT\"}}}\n",
			&rows, error, asked),
		CLIENT_REFUSED);
	assert_string_equal(error, "no such call (ENOENT)");
	assert_int_equal(rows.n, 0);
}

static void
an_answer_that_breaks_off_is_no_answer(void **state)
{
	char error[256], asked[256];
	struct rows rows;

	(void)state;
	assert_int_equal(call("{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":[{\"a\":1},{\"b\"", &rows,
				 error, asked),
		CLIENT_NOBODY);
	assert_int_equal(rows.n, 1);
	assert_non_null(strstr(error, "broke off"));
	assert_int_equal(call("]]]}}}\n\n", &rows, error, asked), CLIENT_NOBODY);
	assert_int_equal(call("{\"id\":1}\n", &rows, error, asked), CLIENT_NOBODY);
}

static void
without_an_appliance_there_is_nobody(void **state)
{
	struct client *client = client_open("no-such-socket");

	(void)state;
	assert_int_equal(client_call(client, "status", json_object(), NULL, NULL), CLIENT_NOBODY);
	assert_non_null(strstr(client_error(client), "no appliance at no-such-socket"));
	client_close(client);
}

struct few {
	struct client *client;
	unsigned int n;
};

/* client_row_fn: two are enough. */
static void
take_two(const json_t *row, void *arg)
{
	struct few *few = arg;

	(void)row;
	if (++few->n == 2)
		client_enough(few->client);
}

static void
rows_end_when_there_are_enough_of_them(void **state)
{
	struct few few = { 0 };
	struct server s;

	(void)state;
	start(&s, "{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":[{},{},{},{}]}\n");
	few.client = s.client;
	assert_int_equal(client_call(s.client, "calls", NULL, take_two, &few), CLIENT_DONE);
	assert_int_equal(few.n, 2);
	/* What is left of the answer would be taken for the next one. */
	assert_int_equal(client_call(s.client, "calls", NULL, take_two, &few), CLIENT_NOBODY);
	stop(&s);
}

static void
an_appliance_that_says_nothing_is_given_up(void **state)
{
	struct few few = { 0 };
	struct server s;

	(void)state;
	begin(&s, "{\"jsonrpc\":\"2.0\",");
	few.client = s.client;
	client_set_patience(s.client, 1);
	assert_int_equal(client_call(s.client, "calls", NULL, take_two, &few), CLIENT_NOBODY);
	assert_int_equal(few.n, 0);
	stop(&s);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_rows_of_a_list_come_one_by_one),
		cmocka_unit_test(an_empty_list_has_no_rows),
		cmocka_unit_test(an_object_is_one_row),
		cmocka_unit_test(a_refusal_says_why_by_text_and_name),
		cmocka_unit_test(an_answer_that_breaks_off_is_no_answer),
		cmocka_unit_test(without_an_appliance_there_is_nobody),
		cmocka_unit_test(rows_end_when_there_are_enough_of_them),
		cmocka_unit_test(an_appliance_that_says_nothing_is_given_up),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
