/* SPDX-License-Identifier: BSD-3-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../unit/uni_call/pair.h"
#include "../uni/vectors.h"

#include <cmocka.h>

/* Every golden message, received by an idle link in either role, draws what the file says. */

#define ANSWERS_MAX 4
#define ANSWER_SIZE 96

struct answers {
	size_t n;
	char text[ANSWERS_MAX][ANSWER_SIZE];
};

static void
add(struct answers *a, const char *text)
{
	assert_true(a->n < ANSWERS_MAX);
	snprintf(a->text[a->n++], ANSWER_SIZE, "%s", text);
}

static void
put_diag(char *out, const struct uni_cause *c, const char *none)
{
	size_t len = strlen(out);
	uint32_t i;

	if (c->n_diag == 0) {
		snprintf(out + len, ANSWER_SIZE - len, "%s", none);
		return;
	}
	len += (size_t)snprintf(out + len, ANSWER_SIZE - len, "/");
	for (i = 0; i < c->n_diag; i++)
		len += (size_t)snprintf(out + len, ANSWER_SIZE - len, "%02x", c->diag[i]);
}

static void
describe(struct answers *a, const struct pair_message *raw)
{
	char text[ANSWER_SIZE];
	union uni_ie_body body, state;
	struct uni_cause cause;
	struct uni_msg m;
	size_t len;

	assert_int_equal(uni_msg_decode(&m, raw->octets, raw->len), UNI_VERDICT_OK);
	uni_msg_cause(&m, 0, &cause);
	if (m.hdr.type == UNI_MT_RESTART_ACK) {
		add(a, "RESTART_ACK");
	} else if (m.hdr.type == UNI_MT_RELEASE_COMPLETE) {
		snprintf(text, sizeof(text), "RC/%u", cause.value);
		put_diag(text, &cause, "");
		add(a, text);
	} else if (m.hdr.type == UNI_MT_STATUS) {
		assert_true(uni_msg_get(&m, UNI_IE_CALLSTATE, &body));
		snprintf(text, sizeof(text), "ST/%u/%u", cause.value, body.octet);
		put_diag(text, &cause, uni_msg_has(&m, UNI_IE_EPREF) ? "/-" : "");
		if (uni_msg_get(&m, UNI_IE_EPREF, &body)) {
			assert_true(uni_msg_get(&m, UNI_IE_EPSTATE, &state));
			len = strlen(text);
			snprintf(text + len, sizeof(text) - len, "/ep%u=%u", body.epref.value,
				state.octet);
		}
		add(a, text);
	} else {
		/* SIG-68: an offer that is not answered in its turn */
		assert_int_equal(m.hdr.type, UNI_MT_CALL_PROCEEDING);
	}
}

/* "i" is the state of an offered call: 1 in the network role, 6 in the user role. */
static void
parse_expected(struct answers *a, const char *expect, int side)
{
	char copy[64], text[ANSWER_SIZE], *word, *save = NULL, *i;

	snprintf(copy, sizeof(copy), "%s", expect);
	for (word = strtok_r(copy, ",", &save); word != NULL; word = strtok_r(NULL, ",", &save)) {
		if (strcmp(word, "none") == 0)
			continue;
		snprintf(text, sizeof(text), "%s", word);
		i = strstr(text, "/i");
		if (i != NULL)
			i[1] = side == USER ? '6' : '1';
		add(a, text);
	}
}

static bool
contains(const struct answers *a, const char *text)
{
	size_t i;

	for (i = 0; i < a->n; i++)
		if (strcmp(a->text[i], text) == 0)
			return true;
	return false;
}

static void
check(const struct vector *v, const char *expect, int side)
{
	struct answers expected = { 0 }, got = { 0 };
	struct pair *p = pair_create(NULL);
	uint32_t n;
	size_t i;

	pair_up(p);
	uni_link_receive(p->end[side].l, v->octets, v->len, p->now_ns);
	p->end[!side].deaf = true;
	pair_run(p, 1);
	if (p->end[side].n_told[TOLD_OFFER] > 0)
		add(&got, "OFFER");
	for (n = 0; n < p->n; n++)
		describe(&got, &p->messages[n]);
	parse_expected(&expected, expect, side);
	for (i = 0; i < expected.n; i++)
		if (!contains(&got, expected.text[i]))
			fail_msg("%s, %s: expected %s, got %s", v->name,
				side == USER ? "user" : "network", expected.text[i],
				got.n > 0 ? got.text[0] : "nothing");
	assert_int_equal(got.n, expected.n);
	pair_destroy(p);
}

static void
an_idle_link_reacts_to_each_golden_message_as_it_should(void **state)
{
	const struct vector *v;
	size_t n, i;

	(void)state;
	v = vectors_load(&n);
	for (i = 0; i < n; i++) {
		check(&v[i], v[i].expect, USER);
		check(&v[i], v[i].expect, NETWORK);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_idle_link_reacts_to_each_golden_message_as_it_should),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
