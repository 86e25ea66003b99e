/* SPDX-License-Identifier: BSD-3-Clause */

/* What the signalling link's errors say in the log, when the peer makes as many as it can. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "callmgr/callmgr.h"

#include <cmocka.h>

#define MS UINT64_C(1000000)

struct world {
	struct uni *uni;
	struct callmgr_env *env;
	struct callmgr *cm;
	uint64_t now_ns;
	uint32_t n_sent;
	uint32_t n_lines;
	char last[512];
};

static void
keep_line(enum cp_log_level level, const char *line, void *arg)
{
	struct world *w = arg;

	if (strstr(line, "SSCOP error") == NULL)
		return; /* the link came up */
	assert_int_equal(level, CP_LOG_WARN);
	w->n_lines++;
	snprintf(w->last, sizeof(w->last), "%s", line);
}

static bool
count_pdu(void *arg, const uint8_t *pdu, size_t len)
{
	struct world *w = arg;

	(void)pdu;
	(void)len;
	w->n_sent++;
	return true;
}

static int
setup(void **state)
{
	static const struct callmgr_flavour flavour = { .send_pdu = count_pdu };
	const struct uni_config uni = { .n_calls = 1, .n_links = 1, .n_setups = 1 };
	struct callmgr_env_config config = { .n_vcs = 1, .n_offers = 1, .n_saps = 1 };
	struct callmgr_params params = { .name = "east" };
	struct world *w = calloc(1, sizeof(*w));

	assert_non_null(w);
	w->now_ns = 5000 * MS;
	w->uni = uni_create(&uni, w->now_ns, NULL);
	assert_non_null(w->uni);
	config.uni = w->uni;
	w->env = callmgr_env_create(&config, NULL);
	assert_non_null(w->env);
	uni_link_params_default(&params.link, UNI_ROLE_USER);
	sscop_params_default(&params.sscop);
	assert_int_equal(callmgr_create(w->env, &params, &flavour, w, &w->cm), 0);
	callmgr_env_set_now(w->env, w->now_ns);
	cp_log_set_sink(keep_line, w);
	*state = w;
	return 0;
}

static int
teardown(void **state)
{
	struct world *w = *state;

	cp_log_set_sink(NULL, NULL);
	callmgr_destroy(w->cm);
	callmgr_env_destroy(w->env);
	uni_destroy(w->uni);
	free(w);
	return 0;
}

static void
pass(struct world *w, uint32_t ms)
{
	w->now_ns += ms * MS;
	callmgr_env_turn(w->env, w->now_ns, 100);
}

static const struct sscop_stats *
stats(const struct world *w)
{
	return sscop_stats(sscf_sscop(callmgr_sscf(w->cm)));
}

/* SSCOP-44 */
static void
a_flood_of_errors_is_a_line_a_second_for_each_code(void **state)
{
	static const uint8_t malformed[] = { 0x0a, 0, 0, 0 }, sd[] = { SSCOP_SD, 0, 0, 0 };
	struct world *w = *state;
	uint32_t ms;

	for (ms = 0; ms < 3500; ms++) {
		callmgr_receive_pdu(w->cm, malformed, sizeof(malformed));
		callmgr_receive_pdu(w->cm, malformed, sizeof(malformed));
		callmgr_receive_pdu(w->cm, sd, sizeof(sd));
		pass(w, 1);
	}
	assert_int_equal(stats(w)->errors['U' - 'A'], 7000);
	assert_int_equal(stats(w)->bad_length, 7000);
	assert_int_equal(w->n_lines, 2 * 4);
	/* and what is answered is answered a hundred times a second, after a hundred at once */
	assert_in_range(w->n_sent, 449, 451);
	assert_int_equal(stats(w)->errors['A' - 'A'], w->n_sent);
	assert_int_equal(stats(w)->unanswered, 3500 - w->n_sent);
}

/* SSCOP-44 */
static void
the_line_names_trunk_code_meaning_and_how_many_it_stands_for(void **state)
{
	static const uint8_t malformed[] = { 0x0a, 0, 0, 0 };
	struct world *w = *state;
	uint32_t i;

	for (i = 0; i < 42; i++)
		callmgr_receive_pdu(w->cm, malformed, sizeof(malformed));
	assert_int_equal(w->n_lines, 1);
	assert_non_null(strstr(w->last, "trunk east: SSCOP error U, PDU of wrong length or type"));
	assert_non_null(strstr(w->last, "0 like it"));
	pass(w, 1000);
	callmgr_receive_pdu(w->cm, malformed, sizeof(malformed));
	assert_int_equal(w->n_lines, 2);
	assert_non_null(strstr(w->last, "; 41 like it"));
}

/* SSCOP-44: repetitions and credit are ordinary. */
static void
what_is_ordinary_has_a_counter_and_no_line(void **state)
{
	static const uint8_t bgn[] = { 0, 0, 0, 1, SSCOP_BGN, 0, 0, 0 }; /* no credit */
	static const uint8_t stat[] = { 0, 0, 0, 1, 0, 0, 0, 0, SSCOP_STAT, 0, 0, 0 };
	static const uint8_t open[] = { 0, 0, 0, 1, 0, 0, 0, 9, SSCOP_STAT, 0, 0, 0 };
	struct world *w = *state;

	callmgr_receive_pdu(w->cm, bgn, sizeof(bgn));
	assert_int_equal(sscf_state(callmgr_sscf(w->cm)), SSCF_ST_ESTABLISHED);
	pass(w, 750); /* POLL 1 */
	callmgr_receive_pdu(w->cm, stat, sizeof(stat));
	callmgr_receive_pdu(w->cm, open, sizeof(open));
	assert_int_equal(stats(w)->errors['W' - 'A'], 1);
	assert_int_equal(stats(w)->errors['X' - 'A'], 1);
	assert_int_equal(w->n_lines, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			a_flood_of_errors_is_a_line_a_second_for_each_code, setup, teardown),
		cmocka_unit_test_setup_teardown(
			the_line_names_trunk_code_meaning_and_how_many_it_stands_for, setup,
			teardown),
		cmocka_unit_test_setup_teardown(
			what_is_ordinary_has_a_counter_and_no_line, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
