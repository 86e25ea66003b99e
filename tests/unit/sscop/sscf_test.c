/* SPDX-License-Identifier: BSD-3-Clause */

/* Tables SSCOP-A1..A5 and SSCOP-B1..B9. */

#include "sscop/sscf.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sscop/sscop_priv.h"

#include <cmocka.h>

#define MS UINT64_C(1000000)

/* One link end alone; what it sends and tells becomes a line of text. */
struct fake {
	struct sscf *f;
	const struct sscop *s;
	uint64_t now_ns;
	uint8_t n_sq; /* of the peer */
	uint32_t n_queued;
	uint32_t vr_mr_seen; /* VR(MR) while data is given to above */
	bool insist;         /* ask for the link again as soon as it is lost */
	int insist_result;
	char uu[16];
	char log[1024];
};

static void
note(struct fake *k, const char *word)
{
	size_t used = strlen(k->log);

	snprintf(k->log + used, sizeof(k->log) - used, "%s%s", used > 0 ? " " : "", word);
}

static bool
on_send(void *arg, const uint8_t *octets, size_t len)
{
	struct sscop_pdu pdu;

	assert_int_equal(sscop_pdu_decode(&pdu, octets, len), SSCOP_OK);
	note(arg, sscop_type_name(pdu.type));
	return true;
}

static void
keep_uu(struct fake *k)
{
	size_t len;
	const uint8_t *uu = sscf_uu(k->f, &len);

	assert_true(len < sizeof(k->uu));
	if (len > 0)
		memcpy(k->uu, uu, len);
	k->uu[len] = '\0';
}

static void
on_establish_ind(void *arg, uint64_t now_ns)
{
	(void)now_ns;
	note(arg, "establish.ind");
	keep_uu(arg);
}

static void
on_establish_conf(void *arg, uint64_t now_ns)
{
	(void)now_ns;
	note(arg, "establish.conf");
	keep_uu(arg);
}

static void
on_release_ind(void *arg, uint64_t now_ns)
{
	struct fake *k = arg;

	note(k, "release.ind");
	keep_uu(k);
	if (k->insist)
		k->insist_result = sscf_establish(k->f, now_ns);
}

static void
on_release_conf(void *arg, uint64_t now_ns)
{
	(void)now_ns;
	note(arg, "release.conf");
}

static void
on_data(void *arg, const uint8_t *sdu, size_t len, uint64_t now_ns)
{
	struct fake *k = arg;

	(void)now_ns;
	assert_memory_equal(sdu, "data", len);
	k->vr_mr_seen = k->s->vr_mr;
	note(k, "data");
}

static size_t
on_pull(void *arg, uint8_t *room, size_t size, uint64_t now_ns)
{
	struct fake *k = arg;

	(void)now_ns;
	(void)size;
	assert_int_equal(sscf_state(k->f), SSCF_ST_ESTABLISHED);
	if (k->n_queued == 0)
		return 0;
	k->n_queued--;
	memcpy(room, "data", 4);
	return 4;
}

static void
on_error(void *arg, char code, uint32_t count, uint64_t now_ns)
{
	char word[] = { '!', code, '\0' };

	(void)count;
	(void)now_ns;
	note(arg, word);
}

static void
on_unitdata(void *arg, const uint8_t *data, size_t len, uint64_t now_ns)
{
	(void)now_ns;
	assert_memory_equal(data, "uuuu", len);
	note(arg, "unitdata.ind");
}

static const struct sscf_ops ops = {
	.send_pdu = on_send,
	.establish_ind = on_establish_ind,
	.establish_conf = on_establish_conf,
	.release_ind = on_release_ind,
	.release_conf = on_release_conf,
	.data_ind = on_data,
	.pull_sdu = on_pull,
	.error = on_error,
	.unitdata_ind = on_unitdata,
};

static void
from_peer(struct fake *k, enum sscop_type type, const char *info)
{
	struct sscop_pdu pdu = { .type = (uint8_t)type, .n_mr = 128, .n_sq = ++k->n_sq };
	uint8_t octets[SSCOP_MAX_PDU];
	int len;

	pdu.info = (const uint8_t *)info;
	pdu.info_len = (uint32_t)strlen(info);
	len = sscop_pdu_encode(&pdu, octets);
	assert_true(len > 0);
	sscf_receive(k->f, octets, (size_t)len, k->now_ns);
}

static struct fake *
fake_in_state(enum sscf_state state)
{
	struct sscop_params params;
	struct fake *k = calloc(1, sizeof(*k));

	assert_non_null(k);
	sscop_params_default(&params);
	k->f = sscf_create(&params, &ops, k, NULL);
	assert_non_null(k->f);
	k->s = sscf_sscop(k->f);
	if (state == SSCF_ST_AWAIT_ESTABLISH)
		assert_int_equal(sscf_establish(k->f, 0), 0);
	else if (state != SSCF_ST_RELEASED)
		from_peer(k, SSCOP_BGN, "");
	if (state == SSCF_ST_AWAIT_RELEASE)
		assert_int_equal(sscf_release(k->f, 0), 0);
	else if (state == SSCF_ST_RESYNCHRONISING)
		assert_int_equal(sscf_establish(k->f, 0), 0);
	assert_int_equal(sscf_state(k->f), state);
	k->log[0] = '\0';
	return k;
}

static void
fake_free(struct fake *k)
{
	sscf_destroy(k->f);
	free(k);
}

struct expected {
	int result;
	enum sscf_state next;
	const char *log;
};

static void
check(struct fake *k, int result, const struct expected *e)
{
	assert_int_equal(result, e->result);
	assert_string_equal(k->log, e->log);
	assert_int_equal(sscf_state(k->f), e->next);
	assert_int_equal(sscop_stats(k->s)->refused, e->result == -EPROTO);
	fake_free(k);
}

/* SSCOP-A1 to SSCOP-A5, first column */
static void
establish_requests_follow_the_table(void **state)
{
	static const struct expected table[SSCF_ST_COUNT] = {
		[SSCF_ST_RELEASED] = { 0, SSCF_ST_AWAIT_ESTABLISH, "BGN" },
		[SSCF_ST_AWAIT_ESTABLISH] = { -EPROTO, SSCF_ST_AWAIT_ESTABLISH, "" },
		[SSCF_ST_AWAIT_RELEASE] = { 0, SSCF_ST_AWAIT_ESTABLISH, "BGN" },
		[SSCF_ST_ESTABLISHED] = { 0, SSCF_ST_RESYNCHRONISING, "RS" },
		[SSCF_ST_RESYNCHRONISING] = { -EPROTO, SSCF_ST_RESYNCHRONISING, "" },
	};
	enum sscf_state from;
	struct fake *k;

	(void)state;
	for (from = 0; from < SSCF_ST_COUNT; from++) {
		k = fake_in_state(from);
		check(k, sscf_establish(k->f, 0), &table[from]);
	}
}

/* Second column */
static void
release_requests_follow_the_table(void **state)
{
	static const struct expected table[SSCF_ST_COUNT] = {
		[SSCF_ST_RELEASED] = { 0, SSCF_ST_RELEASED, "release.conf" },
		[SSCF_ST_AWAIT_ESTABLISH] = { 0, SSCF_ST_AWAIT_RELEASE, "END" },
		[SSCF_ST_AWAIT_RELEASE] = { -EPROTO, SSCF_ST_AWAIT_RELEASE, "" },
		[SSCF_ST_ESTABLISHED] = { 0, SSCF_ST_AWAIT_RELEASE, "END" },
		[SSCF_ST_RESYNCHRONISING] = { 0, SSCF_ST_AWAIT_RELEASE, "END" },
	};
	enum sscf_state from;
	struct fake *k;

	(void)state;
	for (from = 0; from < SSCF_ST_COUNT; from++) {
		k = fake_in_state(from);
		check(k, sscf_release(k->f, 0), &table[from]);
	}
}

/* Third column */
static void
data_goes_out_only_while_established(void **state)
{
	enum sscf_state from;
	struct fake *k;

	(void)state;
	for (from = 0; from < SSCF_ST_COUNT; from++) {
		k = fake_in_state(from);
		k->n_queued = 2;
		sscf_sdu_ready(k->f, 0);
		assert_string_equal(k->log, from == SSCF_ST_ESTABLISHED ? "SD SD" : "");
		fake_free(k);
	}
}

static void
tell(struct fake *k, enum sscop_prim prim)
{
	k->s->ops->primitive(k->s->arg, prim, NULL, 0, k->now_ns);
}

/* SSCOP-45: what SSCOP says out of place is counted and dropped. */
static void
primitives_out_of_place_are_counted_and_dropped(void **state)
{
	static const bool in_place[SSCOP_PRIM_COUNT][SSCF_ST_COUNT] = {
		[SSCOP_ESTABLISH_IND][SSCF_ST_RELEASED] = true,
		[SSCOP_ESTABLISH_CONF][SSCF_ST_AWAIT_ESTABLISH] = true,
		[SSCOP_RELEASE_IND][SSCF_ST_AWAIT_ESTABLISH] = true,
		[SSCOP_RELEASE_IND][SSCF_ST_ESTABLISHED] = true,
		[SSCOP_RELEASE_IND][SSCF_ST_RESYNCHRONISING] = true,
		[SSCOP_RELEASE_CONF][SSCF_ST_AWAIT_RELEASE] = true,
		[SSCOP_RESYNC_IND][SSCF_ST_ESTABLISHED] = true,
		[SSCOP_RESYNC_CONF][SSCF_ST_RESYNCHRONISING] = true,
		[SSCOP_RECOVER_IND][SSCF_ST_ESTABLISHED] = true,
		[SSCOP_DATA_IND][SSCF_ST_ESTABLISHED] = true,
	};
	enum sscop_prim prim;
	enum sscf_state from;
	struct fake *k;

	(void)state;
	for (prim = SSCOP_ESTABLISH_IND; prim <= SSCOP_DATA_IND; prim++) {
		for (from = 0; from < SSCF_ST_COUNT; from++) {
			if (in_place[prim][from])
				continue;
			k = fake_in_state(from);
			tell(k, prim);
			check(k, -EPROTO, &(struct expected){ -EPROTO, from, "" });
		}
	}
}

/* SSCOP-B1 to SSCOP-B7, brought about by the peer's PDUs. */
static void
what_the_peer_does_follows_the_table(void **state)
{
	static const struct {
		const char *rule;
		enum sscf_state from;
		enum sscop_type type;
		const char *info, *log, *uu;
		enum sscf_state next;
	} cases[] = {
		{ "B1", SSCF_ST_RELEASED, SSCOP_BGN, "hi", "BGAK establish.ind", "hi",
			SSCF_ST_ESTABLISHED },
		{ "B2", SSCF_ST_AWAIT_ESTABLISH, SSCOP_BGAK, "ok", "establish.conf", "ok",
			SSCF_ST_ESTABLISHED },
		{ "B2, SSCOP-48", SSCF_ST_AWAIT_ESTABLISH, SSCOP_BGN, "", "BGAK establish.conf", "",
			SSCF_ST_ESTABLISHED },
		{ "B3", SSCF_ST_AWAIT_ESTABLISH, SSCOP_BGREJ, "no", "release.ind", "no",
			SSCF_ST_RELEASED },
		{ "B3", SSCF_ST_ESTABLISHED, SSCOP_END, "by", "ENDAK release.ind", "by",
			SSCF_ST_RELEASED },
		{ "B3", SSCF_ST_RESYNCHRONISING, SSCOP_END, "", "ENDAK release.ind", "",
			SSCF_ST_RELEASED },
		{ "B4", SSCF_ST_AWAIT_RELEASE, SSCOP_ENDAK, "", "release.conf", "",
			SSCF_ST_RELEASED },
		{ "B5", SSCF_ST_ESTABLISHED, SSCOP_ER, "", "ERAK establish.ind", "",
			SSCF_ST_ESTABLISHED },
		{ "B6", SSCF_ST_ESTABLISHED, SSCOP_RS, "", "RSAK establish.ind", "",
			SSCF_ST_ESTABLISHED },
		{ "B7", SSCF_ST_RESYNCHRONISING, SSCOP_RSAK, "", "establish.conf", "",
			SSCF_ST_ESTABLISHED },
		{ "SSCOP-47", SSCF_ST_ESTABLISHED, SSCOP_BGN, "", "release.ind BGAK establish.ind",
			"", SSCF_ST_ESTABLISHED },
		{ "B9", SSCF_ST_RELEASED, SSCOP_UD, "uuuu", "unitdata.ind", "", SSCF_ST_RELEASED },
		{ "B9", SSCF_ST_ESTABLISHED, SSCOP_UD, "uuuu", "unitdata.ind", "",
			SSCF_ST_ESTABLISHED },
		{ "MD", SSCF_ST_ESTABLISHED, SSCOP_MD, "uuuu", "", "", SSCF_ST_ESTABLISHED },
	};
	struct fake *k;
	size_t i, len;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		k = fake_in_state(cases[i].from);
		from_peer(k, cases[i].type, cases[i].info);
		assert_string_equal(k->uu, cases[i].uu);
		assert_null(sscf_uu(k->f, &len));
		if (strcmp(k->log, cases[i].log) != 0)
			print_message("%s:\n", cases[i].rule);
		check(k, 0, &(struct expected){ 0, cases[i].next, cases[i].log });
	}
}

/* SSCOP-B8 */
static void
the_credit_is_back_before_the_data_is_given_up(void **state)
{
	static const uint8_t sd[] = { 'd', 'a', 't', 'a', SSCOP_SD, 0, 0, 0 };
	struct fake *k = fake_in_state(SSCF_ST_ESTABLISHED);

	(void)state;
	sscf_receive(k->f, sd, sizeof(sd), 0);
	assert_string_equal(k->log, "data");
	assert_int_equal(k->vr_mr_seen, 129);
	fake_free(k);
}

/* SSCOP-47: the request crosses the peer's new connection, which wins; nobody waits for ever (I8).
 */
static void
asking_again_from_inside_the_loss_does_not_hide_a_new_connection(void **state)
{
	struct fake *k = fake_in_state(SSCF_ST_ESTABLISHED);

	(void)state;
	k->insist = true;
	from_peer(k, SSCOP_BGN, "");
	assert_int_equal(k->insist_result, -EPROTO);
	assert_string_equal(k->log, "release.ind BGAK establish.ind");
	assert_int_equal(sscf_state(k->f), SSCF_ST_ESTABLISHED);
	assert_int_equal(sscop_state(k->s), SSCOP_ST_READY);
	k->log[0] = '\0';
	from_peer(k, SSCOP_END, "");
	assert_int_equal(k->insist_result, 0);
	assert_string_equal(k->log, "ENDAK release.ind BGN");
	assert_int_equal(sscf_state(k->f), SSCF_ST_AWAIT_ESTABLISH);
	fake_free(k);
}

/* SSCOP-21, SIG-96 */
static void
a_silent_peer_is_a_lost_link(void **state)
{
	struct fake *k = fake_in_state(SSCF_ST_ESTABLISHED);

	(void)state;
	while (sscf_state(k->f) == SSCF_ST_ESTABLISHED) {
		k->now_ns = sscop_next_due_ns(k->s);
		sscf_poll(k->f, k->now_ns);
	}
	assert_int_equal(k->now_ns, 7000 * MS);
	assert_non_null(strstr(k->log, "!P END release.ind"));
	assert_int_equal(sscop_n_timers(k->s), 0);
	fake_free(k);
}

static void
every_state_has_a_name(void **state)
{
	enum sscf_state s;

	(void)state;
	for (s = 0; s < SSCF_ST_COUNT; s++)
		assert_string_not_equal(sscf_state_name(s), "?");
	assert_string_equal(sscf_state_name(SSCF_ST_COUNT), "?");
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(establish_requests_follow_the_table),
		cmocka_unit_test(release_requests_follow_the_table),
		cmocka_unit_test(data_goes_out_only_while_established),
		cmocka_unit_test(primitives_out_of_place_are_counted_and_dropped),
		cmocka_unit_test(what_the_peer_does_follows_the_table),
		cmocka_unit_test(the_credit_is_back_before_the_data_is_given_up),
		cmocka_unit_test(asking_again_from_inside_the_loss_does_not_hide_a_new_connection),
		cmocka_unit_test(a_silent_peer_is_a_lost_link),
		cmocka_unit_test(every_state_has_a_name),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
