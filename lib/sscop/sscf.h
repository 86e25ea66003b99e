/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once

/**
 * @file
 * SSCF-UNI (Q.2130): what call control sees of the signalling link, tables
 * SSCOP-A1..A5 and SSCOP-B1..B9. Owns one SSCOP entity. One thread.
 */

#include "sscop/sscop.h"

enum sscf_state {
	SSCF_ST_RELEASED,
	SSCF_ST_AWAIT_ESTABLISH,
	SSCF_ST_AWAIT_RELEASE,
	SSCF_ST_ESTABLISHED,
	SSCF_ST_RESYNCHRONISING,
	SSCF_ST_COUNT
};

const char *sscf_state_name(enum sscf_state state);

struct sscf;

/** To above. None may destroy the link; all may call back into it. */
struct sscf_ops {
	bool (*send_pdu)(void *arg, const uint8_t *pdu, size_t len);
	void (*establish_ind)(void *arg, uint64_t now_ns);  /**< AAL-ESTABLISH indication. */
	void (*establish_conf)(void *arg, uint64_t now_ns); /**< AAL-ESTABLISH confirm. */
	void (*release_ind)(void *arg, uint64_t now_ns);  /**< AAL-RELEASE indication: link lost. */
	void (*release_conf)(void *arg, uint64_t now_ns); /**< AAL-RELEASE confirm. */
	/** AAL-DATA indication: one SDU, dead when this returns; its credit has been given back. */
	void (*data_ind)(void *arg, const uint8_t *sdu, size_t len, uint64_t now_ns);
	/** As sscop_ops.pull_sdu; called only while established. */
	size_t (*pull_sdu)(void *arg, uint8_t *room, size_t size, uint64_t now_ns);
	/** As sscop_ops.error; NULL allowed. */
	void (*error)(void *arg, char code, uint32_t count, uint64_t now_ns);
	/** AAL-UNITDATA indication (SSCOP-B9); NULL: dropped. */
	void (*unitdata_ind)(void *arg, const uint8_t *data, size_t len, uint64_t now_ns);
};

struct sscf *sscf_create(const struct sscop_params *params, const struct sscf_ops *ops, void *arg,
	const struct cp_mem *mem);
void sscf_destroy(struct sscf *f);

/**
 * AAL-ESTABLISH request; 0 or -EPROTO where the table refuses it. Refused too, without
 * any change, from inside a release_ind or release_conf that a new connection of the
 * peer follows (SSCOP-47): its establish_ind comes next.
 */
int sscf_establish(struct sscf *f, uint64_t now_ns);

/** AAL-RELEASE request; 0 or -EPROTO. */
int sscf_release(struct sscf *f, uint64_t now_ns);

/** As sscop_sdu_ready(); without effect unless established. */
void sscf_sdu_ready(struct sscf *f, uint64_t now_ns);

void sscf_receive(struct sscf *f, const uint8_t *pdu, size_t len, uint64_t now_ns);
void sscf_poll(struct sscf *f, uint64_t now_ns);

enum sscf_state sscf_state(const struct sscf *f);

/**
 * SSCOP-UU of the primitive being passed up, not interpreted (SSCOP-46): valid inside
 * establish_ind, establish_conf, release_ind only, else NULL and 0.
 */
const uint8_t *sscf_uu(const struct sscf *f, size_t *len);

const struct sscop *sscf_sscop(const struct sscf *f);
