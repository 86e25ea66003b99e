/* SPDX-License-Identifier: BSD-3-Clause */

#include "sscop/sscf.h"

#include <errno.h>

#include "sscop/sscop_priv.h"

struct sscf {
	struct sscop *sscop;
	enum sscf_state state;
	struct sscf_ops ops;
	void *arg;
	const uint8_t *uu; /* of the primitive being passed up */
	size_t uu_len;
	const struct cp_mem *mem;
};

const char *
sscf_state_name(enum sscf_state state)
{
	static const char *const names[SSCF_ST_COUNT] = {
		[SSCF_ST_RELEASED] = "released",
		[SSCF_ST_AWAIT_ESTABLISH] = "awaiting establish",
		[SSCF_ST_AWAIT_RELEASE] = "awaiting release",
		[SSCF_ST_ESTABLISHED] = "established",
		[SSCF_ST_RESYNCHRONISING] = "resynchronising",
	};

	return (unsigned int)state < SSCF_ST_COUNT ? names[state] : "?";
}

/* Requests: what SSCOP is asked, SSCOP_PRIM_COUNT for nothing; then the next state. */
struct request_row {
	bool allowed;
	enum sscf_state next;
	enum sscop_prim prim;
};

/* SSCOP-A1 to SSCOP-A5, second column. */
static const struct request_row establish_table[SSCF_ST_COUNT] = {
	[SSCF_ST_RELEASED] = { true, SSCF_ST_AWAIT_ESTABLISH, SSCOP_ESTABLISH_REQ },
	[SSCF_ST_AWAIT_RELEASE] = { true, SSCF_ST_AWAIT_ESTABLISH, SSCOP_ESTABLISH_REQ },
	[SSCF_ST_ESTABLISHED] = { true, SSCF_ST_RESYNCHRONISING, SSCOP_RESYNC_REQ },
};

/* Third column; released: confirmed here, SSCOP is not asked. */
static const struct request_row release_table[SSCF_ST_COUNT] = {
	[SSCF_ST_RELEASED] = { true, SSCF_ST_RELEASED, SSCOP_PRIM_COUNT },
	[SSCF_ST_AWAIT_ESTABLISH] = { true, SSCF_ST_AWAIT_RELEASE, SSCOP_RELEASE_REQ },
	[SSCF_ST_ESTABLISHED] = { true, SSCF_ST_AWAIT_RELEASE, SSCOP_RELEASE_REQ },
	[SSCF_ST_RESYNCHRONISING] = { true, SSCF_ST_AWAIT_RELEASE, SSCOP_RELEASE_REQ },
};

static int
refuse(struct sscf *f)
{
	f->sscop->stats.refused++;
	return -EPROTO;
}

static int
request(struct sscf *f, const struct request_row *row, uint64_t now_ns)
{
	enum sscf_state before = f->state;
	int err;

	if (!row->allowed)
		return refuse(f);
	f->state = row->next; /* first: the answer may come from inside the request */
	if (row->prim == SSCOP_PRIM_COUNT) {
		f->ops.release_conf(f->arg, now_ns);
		return 0;
	}
	err = sscop_request(f->sscop, row->prim, NULL, 0, now_ns);
	if (err < 0)
		f->state = before;
	return err;
}

int
sscf_establish(struct sscf *f, uint64_t now_ns)
{
	return request(f, &establish_table[f->state], now_ns);
}

int
sscf_release(struct sscf *f, uint64_t now_ns)
{
	return request(f, &release_table[f->state], now_ns);
}

void
sscf_sdu_ready(struct sscf *f, uint64_t now_ns)
{
	if (f->state == SSCF_ST_ESTABLISHED)
		sscop_sdu_ready(f->sscop, now_ns);
}

/* Indications and confirms: the response given at once, the next state, the word to above. */
typedef void (*tell_fn)(struct sscf *f, uint64_t now_ns);

struct indication_row {
	tell_fn tell; /* NULL: out of place (SSCOP-45) */
	enum sscf_state next;
	enum sscop_prim response; /* SSCOP_PRIM_COUNT: none */
};

static void
tell_establish_ind(struct sscf *f, uint64_t now_ns)
{
	f->ops.establish_ind(f->arg, now_ns);
}

static void
tell_establish_conf(struct sscf *f, uint64_t now_ns)
{
	f->ops.establish_conf(f->arg, now_ns);
}

static void
tell_release_ind(struct sscf *f, uint64_t now_ns)
{
	f->ops.release_ind(f->arg, now_ns);
}

static void
tell_release_conf(struct sscf *f, uint64_t now_ns)
{
	f->ops.release_conf(f->arg, now_ns);
}

#define NO_RESPONSE SSCOP_PRIM_COUNT
#define ESTABLISHED(fn, response)                                                                  \
	{                                                                                          \
		fn, SSCF_ST_ESTABLISHED, response                                                  \
	}
#define RELEASED(fn)                                                                               \
	{                                                                                          \
		fn, SSCF_ST_RELEASED, NO_RESPONSE                                                  \
	}

static const struct indication_row indication_table[SSCOP_PRIM_COUNT][SSCF_ST_COUNT] = {
	[SSCOP_ESTABLISH_IND] = { /* SSCOP-B1 */
		[SSCF_ST_RELEASED] = ESTABLISHED(tell_establish_ind, SSCOP_ESTABLISH_RESP),
	},
	[SSCOP_ESTABLISH_CONF] = { /* SSCOP-B2 */
		[SSCF_ST_AWAIT_ESTABLISH] = ESTABLISHED(tell_establish_conf, NO_RESPONSE),
	},
	[SSCOP_RELEASE_IND] = { /* SSCOP-B3 */
		[SSCF_ST_AWAIT_ESTABLISH] = RELEASED(tell_release_ind),
		[SSCF_ST_ESTABLISHED] = RELEASED(tell_release_ind),
		[SSCF_ST_RESYNCHRONISING] = RELEASED(tell_release_ind),
	},
	[SSCOP_RELEASE_CONF] = { /* SSCOP-B4 */
		[SSCF_ST_AWAIT_RELEASE] = RELEASED(tell_release_conf),
	},
	[SSCOP_RECOVER_IND] = { /* SSCOP-B5 */
		[SSCF_ST_ESTABLISHED] = ESTABLISHED(tell_establish_ind, SSCOP_RECOVER_RESP),
	},
	[SSCOP_RESYNC_IND] = { /* SSCOP-B6 */
		[SSCF_ST_ESTABLISHED] = ESTABLISHED(tell_establish_ind, SSCOP_RESYNC_RESP),
	},
	[SSCOP_RESYNC_CONF] = { /* SSCOP-B7 */
		[SSCF_ST_RESYNCHRONISING] = ESTABLISHED(tell_establish_conf, NO_RESPONSE),
	},
};

static void
take_indication(
	struct sscf *f, enum sscop_prim prim, const uint8_t *uu, size_t uu_len, uint64_t now_ns)
{
	const struct indication_row *row = &indication_table[prim][f->state];

	if (row->tell == NULL) {
		(void)refuse(f);
		return;
	}
	f->state = row->next;
	if (row->response != NO_RESPONSE)
		(void)sscop_request(f->sscop, row->response, NULL, 0, now_ns);
	if (f->state != row->next)
		return; /* the response met an answer that ended it: that one was told */
	f->uu = uu;
	f->uu_len = uu_len;
	row->tell(f, now_ns);
	f->uu = NULL;
	f->uu_len = 0;
}

/* SSCOP-B8: the credit first, so that a STAT sent from inside data_ind carries it. */
static void
take_data(struct sscf *f, const uint8_t *sdu, size_t len, uint64_t now_ns)
{
	if (f->state != SSCF_ST_ESTABLISHED) {
		(void)refuse(f);
		return;
	}
	sscop_credit_one(f->sscop);
	f->ops.data_ind(f->arg, sdu, len, now_ns);
}

/* Not in line, so that an SDU on its way up saves no registers for it. */
__attribute__((noinline)) static void
take_other(struct sscf *f, enum sscop_prim prim, const uint8_t *data, size_t len, uint64_t now_ns)
{
	if (prim == SSCOP_UNITDATA_IND) { /* SSCOP-B9 */
		if (f->ops.unitdata_ind != NULL)
			f->ops.unitdata_ind(f->arg, data, len, now_ns);
	} else if (prim != SSCOP_MDATA_IND) { /* management data has no user here */
		take_indication(f, prim, data, len, now_ns);
	}
}

/* From SSCOP. */
static void
on_primitive(void *arg, enum sscop_prim prim, const uint8_t *data, size_t len, uint64_t now_ns)
{
	if (prim == SSCOP_DATA_IND)
		take_data(arg, data, len, now_ns);
	else
		take_other(arg, prim, data, len, now_ns);
}

static bool
on_send_pdu(void *arg, const uint8_t *pdu, size_t len)
{
	struct sscf *f = arg;

	return f->ops.send_pdu(f->arg, pdu, len);
}

static size_t
on_pull_sdu(void *arg, uint8_t *room, size_t size, uint64_t now_ns)
{
	struct sscf *f = arg;

	return f->ops.pull_sdu(f->arg, room, size, now_ns);
}

static void
on_error(void *arg, char code, uint32_t count, uint64_t now_ns)
{
	struct sscf *f = arg;

	if (f->ops.error != NULL)
		f->ops.error(f->arg, code, count, now_ns);
}

struct sscf *
sscf_create(const struct sscop_params *params, const struct sscf_ops *ops, void *arg,
	const struct cp_mem *mem)
{
	const struct sscop_ops below = {
		.send_pdu = on_send_pdu,
		.primitive = on_primitive,
		.pull_sdu = ops->pull_sdu != NULL ? on_pull_sdu : NULL,
		.error = on_error,
	};
	struct sscf *f = cp_mem_alloc(mem, sizeof(*f), "sscf");

	if (f == NULL)
		return NULL;
	f->ops = *ops;
	f->arg = arg;
	f->mem = mem;
	f->state = SSCF_ST_RELEASED;
	f->sscop = sscop_create(params, &below, f, mem);
	if (f->sscop == NULL) {
		cp_mem_free(mem, f);
		return NULL;
	}
	return f;
}

void
sscf_destroy(struct sscf *f)
{
	if (f == NULL)
		return;
	sscop_destroy(f->sscop);
	cp_mem_free(f->mem, f);
}

void
sscf_receive(struct sscf *f, const uint8_t *pdu, size_t len, uint64_t now_ns)
{
	sscop_receive(f->sscop, pdu, len, now_ns);
}

void
sscf_poll(struct sscf *f, uint64_t now_ns)
{
	sscop_poll(f->sscop, now_ns);
}

enum sscf_state
sscf_state(const struct sscf *f)
{
	return f->state;
}

const uint8_t *
sscf_uu(const struct sscf *f, size_t *len)
{
	*len = f->uu_len;
	return f->uu;
}

const struct sscop *
sscf_sscop(const struct sscf *f)
{
	return f->sscop;
}
