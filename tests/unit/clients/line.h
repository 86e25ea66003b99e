/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once

/**
 * @file
 * Appliances in a row, without dataplane and in virtual time: each has a broker, call control, and
 * a stand-alone call manager for each neighbour, over a loopvc. The clients under test sit on them;
 * a phone is a client that does as a test says. Each wire's left end has the user role; the
 * leftmost appliance gives up a call that has rung for LINE_PATIENCE_MS, the third one waits for a
 * confirmation longer than others do.
 */

#include <stdbool.h>
#include <stdint.h>

#include "clients/attach.h"
#include "clients/echo.h"
#include "clients/load.h"
#include "clients/transit.h"
#include "loopvc/loopvc.h"
#include "phone.h"
#include "unicm/unicm.h"

#define LINE_MAX_NODES 3
#define LINE_MAX_JOBS 64
#define LINE_N_DIALS 4
#define LINE_N_ATTACHMENTS 16
#define LINE_N_ECHOES 4
#define LINE_PATIENCE_MS 5000
#define LINE_FAR_T361_MS 60000

enum line_dir { LEFT, RIGHT, LINE_DIRS };

/** One appliance; what it does not have is NULL. */
struct node {
	struct co *co;
	struct uni *uni;
	struct callmgr_env *env;
	co_adapter_t adapters[LINE_DIRS]; /**< To the neighbours; CO_NONE at the ends. */
	struct unicm *unicm[LINE_DIRS];
	struct attach *attach;
	struct load *load;
	struct transit *transit;
	struct echo *echo;
	struct phone phone;
};

/** How often a job was reported, and what was said last. */
struct line_job {
	unsigned int n_dialled, n_closed, n_added, n_dropped, n_modified;
	enum co_status dial_status, close_status, add_status, drop_status, modify_status;
	uint64_t rate; /**< In force after a change. */
	uint8_t cause;
	bool dialled_first; /**< The end of its dial came before that of any close. */
};

struct line {
	uint32_t n_nodes;
	bool no_close_data;
	struct node nodes[LINE_MAX_NODES];
	struct loopvc *wires[LINE_MAX_NODES - 1];
	struct route_table routes; /**< Of the transit. */
	uint64_t now_ns;
	struct line_job jobs[LINE_MAX_JOBS];
	unsigned int n_reports; /**< Of all jobs. */
};

/** @p n_nodes in a row, all signalling links up, no clients yet. */
struct line *line_create(uint32_t n_nodes);

/** Likewise on wires that carry no data with a close or drop (CLOSE-11, DROP-8). */
struct line *line_create_without_data(uint32_t n_nodes);

/** A call manager comes in the place of one that has left (UNB-11), until its link is up. */
void line_return(struct line *line, uint32_t node, enum line_dir dir);

/** Waits for the last call to end, then everything goes, and nothing may be left (I4). */
void line_destroy(struct line *line);

void line_run_ms(struct line *line, uint32_t ms);

/** No call and no client's VC anywhere. */
bool line_is_idle(const struct line *line);
void line_run_until_idle(struct line *line);

/** Clients of a node. */
void line_add_attach(struct line *line, uint32_t node);
void line_add_load(struct line *line, uint32_t node);
void line_add_transit(struct line *line, uint32_t node);
void line_add_echo(struct line *line, uint32_t node);
void line_add_phone(struct line *line, uint32_t node, enum line_dir dir, const char *prefix);

/** E.164 */
struct co_address line_address(const char *digits);
struct co_address line_prefix(const char *digits);

/** A leg of the second node's transit call: on the left the one towards the caller. CO_NONE. */
co_vc_t line_leg(const struct line *line, enum line_dir dir);

/** The first VC of @p client on a node, CO_NONE. */
co_vc_t line_vc_of(const struct line *line, uint32_t node, co_protocol_t client);
