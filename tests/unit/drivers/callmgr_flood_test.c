/* SPDX-License-Identifier: BSD-3-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/log.h"
#include "callmgr/callmgr_priv.h"

#include <cmocka.h>

/* A peer that sends as fast as it can: how many lines of log that is worth. */

#define N_FLOOD 1000000u
#define EACH_NS 1000u /* a million a second */
#define LINK_LINES_S 1u

struct fixture {
	struct co *co;
	struct uni *uni;
	struct callmgr_env *env;
	struct callmgr *cm;
	struct callmgr_flavour flavour;
	uint64_t now_ns;
	uint32_t n_lines;
	char last[512];
};

static struct fixture *f;

static bool
on_send(void *arg, const uint8_t *pdu, size_t len)
{
	(void)arg;
	(void)pdu;
	(void)len;
	return true;
}

static void
on_line(enum cp_log_level level, const char *line, void *arg)
{
	(void)level;
	(void)arg;
	f->n_lines++;
	strncpy(f->last, line, sizeof(f->last) - 1);
}

static void
turn(void)
{
	f->now_ns += EACH_NS;
	callmgr_env_turn(f->env, f->now_ns, 1000);
}

static int
setup(void **state)
{
	const struct co_limits limits = { .n_vcs = 8 };
	const struct uni_config uni_config = { .n_calls = 8, .n_links = 1, .n_setups = 8 };
	struct callmgr_env_config config = { .n_vcs = 8, .n_offers = 8, .n_saps = 8 };
	struct callmgr_params params = { .name = "trunk" };

	f = test_calloc(1, sizeof(*f));
	f->co = co_create(&limits, NULL);
	f->uni = uni_create(&uni_config, 0, NULL);
	config.co = f->co;
	config.uni = f->uni;
	f->env = callmgr_env_create(&config, NULL);
	assert_non_null(f->env);
	f->flavour = (struct callmgr_flavour){ .send_pdu = on_send };
	uni_link_params_default(&params.link, UNI_ROLE_USER);
	sscop_params_default(&params.sscop);
	assert_int_equal(callmgr_create(f->env, &params, &f->flavour, f, &f->cm), 0);
	cp_log_set_sink(on_line, NULL);
	callmgr_start(f->cm);
	turn();
	*state = f;
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	cp_log_set_sink(NULL, NULL);
	callmgr_destroy(f->cm);
	callmgr_env_destroy(f->env);
	uni_destroy(f->uni);
	co_destroy(f->co);
	test_free(f);
	return 0;
}

static void
receive(const struct sscop_pdu *pdu)
{
	uint8_t octets[SSCOP_MAX_PDU];
	int len = sscop_pdu_encode(pdu, octets);

	assert_true(len > 0);
	callmgr_receive_pdu(f->cm, octets, (size_t)len);
}

/* SSCOP-1, SSCOP-44, I7 */
static void
a_million_bad_pdus_are_a_line_a_second_for_each_kind(void **state)
{
	static const uint8_t octets[8] = { 0 };
	struct sscop_pdu pdu = { 0 };
	uint64_t begun_ns = f->now_ns;
	uint32_t i;

	(void)state;
	for (i = 0; i < N_FLOOD; i++) {
		callmgr_receive_pdu(f->cm, octets, i % 9); /* type 0, or of no length */
		pdu.type = (uint8_t)(SSCOP_BGAK + i % (SSCOP_TYPE_COUNT - SSCOP_BGAK));
		if (pdu.type != SSCOP_USTAT && pdu.type != SSCOP_STAT)
			receive(&pdu);
		turn();
	}
	assert_in_range(f->n_lines, 1,
		('U' - 'A' + 1 + LINK_LINES_S) * ((f->now_ns - begun_ns) / 1000000000 + 1));
}

/* I7: and the last line is true. */
static void
a_link_that_comes_and_goes_is_a_line_a_second(void **state)
{
	struct sscop_pdu begin = { .type = SSCOP_BGN, .n_mr = 100 }, end = { .type = SSCOP_END };
	uint64_t begun_ns = f->now_ns;
	uint32_t i;

	(void)state;
	for (i = 0; i < N_FLOOD; i++) {
		begin.n_sq++;
		receive(i % 2 == 0 ? &begin : &end);
		turn();
	}
	f->now_ns += 2000000000; /* after the flood one counts again */
	turn();
	begin.n_sq++;
	receive(&begin);
	assert_true(uni_link_is_up(callmgr_link(f->cm)));
	f->now_ns += 2000000000;
	turn();
	assert_non_null(strstr(f->last, "signalling link up"));
	assert_in_range(f->n_lines, 2, (f->now_ns - begun_ns) / 1000000000 + 2);
	f->n_lines = 0;
	for (i = 0; i < 1000; i++)
		turn();
	assert_int_equal(f->n_lines, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			a_million_bad_pdus_are_a_line_a_second_for_each_kind, setup, teardown),
		cmocka_unit_test_setup_teardown(
			a_link_that_comes_and_goes_is_a_line_a_second, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
