/* SPDX-License-Identifier: BSD-3-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include "day.h"

#include <cmocka.h>

/* One end: call control over SSCF over the wire, as a call manager joins them. */

#define TURN_MAX 1000u

static bool
on_send_pdu(void *arg, const uint8_t *pdu, size_t len)
{
	struct day_end *e = arg;

	wire_send(&e->d->wire, e->side, pdu, len, e->d->now_ns);
	return true;
}

static void
on_established(void *arg, uint64_t now_ns)
{
	struct day_end *e = arg;

	e->n.n_recovered += uni_link_is_up(e->l);
	uni_link_established(e->l, now_ns);
}

static void
on_released(void *arg, uint64_t now_ns)
{
	struct day_end *e = arg;

	uni_link_released(e->l, now_ns);
}

static void
on_data(void *arg, const uint8_t *sdu, size_t len, uint64_t now_ns)
{
	struct day_end *e = arg;

	uni_link_receive(e->l, sdu, len, now_ns);
}

static size_t
on_pull(void *arg, uint8_t *room, size_t size, uint64_t now_ns)
{
	struct day_end *e = arg;

	return uni_link_pull(e->l, room, size, now_ns);
}

static const struct sscf_ops sscf_ops = {
	.send_pdu = on_send_pdu,
	.establish_ind = on_established,
	.establish_conf = on_established,
	.release_ind = on_released,
	.release_conf = on_released,
	.data_ind = on_data,
	.pull_sdu = on_pull,
};

static void
create_records(struct day_end *e)
{
	uint32_t i;

	e->calls = calloc(DAY_RECORDS, sizeof(*e->calls));
	e->parties = calloc(DAY_RECORDS, sizeof(*e->parties));
	assert_true(e->calls != NULL && e->parties != NULL);
	for (i = 1; i < DAY_RECORDS; i++) {
		e->calls[i - 1].first_party = i + 1;
		e->parties[i - 1].next = i + 1;
	}
	e->free_call = 1;
	e->free_party = 1;
}

void
day_end_create(struct day *d, int side)
{
	static const enum uni_ask asks[] = { UNI_ASK_NONE, UNI_ASK_EXCLUSIVE, UNI_ASK_ANY_VCI };
	const struct uni_config config = {
		.n_calls = DAY_RECORDS,
		.n_links = 1,
		.n_setups = DAY_RECORDS,
		.n_parties = DAY_RECORDS,
	};
	struct day_end *e = &d->end[side];
	struct uni_link_params params;
	struct sscop_params below;

	e->d = d;
	e->side = side;
	create_records(e);
	e->u = uni_create(&config, d->now_ns, NULL);
	assert_non_null(e->u);
	uni_link_params_default(&params, side == USER ? UNI_ROLE_USER : UNI_ROLE_NETWORK);
	params.vpci_last = 0;
	if (side == USER)
		params.ask = asks[d->config.seed % 3];
	assert_int_equal(uni_link_create(e->u, &params, &day_ops, e,
				 side == USER ? "user" : "network", &e->l),
		0);
	sscop_params_default(&below);
	e->sscf = sscf_create(&below, &sscf_ops, e, NULL);
	assert_non_null(e->sscf);
}

void
day_end_destroy(struct day_end *e)
{
	sscf_destroy(e->sscf);
	uni_destroy(e->u);
	free(e->parties);
	free(e->calls);
}

void
day_end_turn(struct day_end *e)
{
	sscf_poll(e->sscf, e->d->now_ns);
	uni_turn(e->u, e->d->now_ns, TURN_MAX);
}
