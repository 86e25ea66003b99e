/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once

/**
 * @file
 * An entity with nobody around it: what it sends, tells and reports becomes a line of
 * text. Blank-separated, in order:
 *   BGN+uu BGAK END0 END1 ENDAK RS+uu RSAK BGREJ ER ERAK UD+x MD+x   PDUs, END with its S bit
 *   SD4  POLL1/4 (N(PS)/N(S))  STAT1/2[2,3] (N(PS)/N(R)[list])  USTAT[1,2]
 *   ESTABLISH.IND+uu RELEASE.IND0 RELEASE.IND1 (source) DATA=s4 ...  primitives
 *   !C !V2                                                            errors, V with its number
 */

#include "sscop/sscop_priv.h"

#define FAKE_MS UINT64_C(1000000)

struct fake {
	struct sscop *s;
	uint64_t now_ns;
	uint32_t n_queued; /**< SDUs that pull_sdu has to give: "s0", "s1", ... */
	uint32_t n_pulled;
	uint32_t sdu_size;     /**< Pad SDUs with dots to this many octets. */
	bool no_credit;        /**< Do not give credit back. */
	bool wire_down;        /**< send_pdu says false. */
	bool respond;          /**< Answer ESTABLISH, RESYNC, RECOVER indications at once. */
	bool mute;             /**< Write nothing down: counters tell enough of a long test. */
	struct sscop_pdu sent; /**< The last PDU that was; it points into octets. */
	uint8_t octets[SSCOP_MAX_PDU];
	size_t n_octets;
	size_t used;
	char log[16384];
};

/** In state idle, 5 ms after the beginning of time. */
struct fake *fake_new(const struct sscop_params *params);

/** The same with default parameters, taken by PDUs and requests to @p state; the log is empty. */
struct fake *fake_in_state(enum sscop_state state);

/** In data transfer as the called side: peer's window @p n_mr, own one @p window. */
struct fake *fake_ready(uint32_t window, uint32_t n_mr);

void fake_free(struct fake *f);

/** The log since the last call; valid until the next event. */
const char *fake_log(struct fake *f);

/** Encode @p pdu and let the entity receive it. */
void fake_receive(struct fake *f, const struct sscop_pdu *pdu);

void fake_receive_sd(struct fake *f, uint32_t n_s);
void fake_receive_poll(struct fake *f, uint32_t n_ps, uint32_t n_s);

/** STAT, or with @p n_ps UINT32_MAX a USTAT, with @p n elements of @p list. */
void fake_receive_stat(struct fake *f, uint32_t n_ps, uint32_t n_r, uint32_t n_mr,
	const uint32_t *list, uint32_t n);

/** Queue @p n SDUs and say so. */
void fake_send(struct fake *f, uint32_t n);

/** Let @p ms pass, timers running on the millisecond. */
void fake_pass(struct fake *f, uint32_t ms);

/** Add @p n to all sequence numbers of a quiet connection (SSCOP-3). */
void fake_shift(struct sscop *s, uint32_t n);
