/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once

/** @file Requests of the model's parties about VCs: what they share, and all of them by name. */

#include "model_priv.h"

/** As any_final(), but now and then PENDING, which may not be (ASYNC-3). */
enum co_status any_completion(struct model *m);

/** Neither gone nor being made or deleted; counted if not (OBJ-8). */
bool is_live(struct model *m, const struct mvc *v);
bool is_live_party(struct model *m, const struct mvc *v, const struct mparty *p);

/** Any party that there is, or was. */
struct mparty *any_party(struct model *m, struct mvc *v);

void expect_of(struct model *m, const struct mvc *v, const char *what, enum co_status status,
	enum co_status expected);

/** The same beside VCs; a handler there, inside of which anything may be done. */
void expect_status(
	struct model *m, const char *what, enum co_status status, enum co_status expected);
void model_inside(struct model *m, const char *what);

/**
 * A request that finds its party free is told at once, and returns what that answers. One that has
 * to wait returns PENDING, whenever it is told: nobody waits for its frame.
 */
struct frame *direct(struct frame *frame, bool waits);

/** What a request to the call manager returns. */
enum co_status settled(struct model *m, const struct mvc *v, const struct frame *frame, bool waits,
	const char *what);

/** An indication to the client that was put off, far up the stack: the event. NULL: told, or waits.
 */
struct event *deferred(
	struct model *m, struct mvc *v, const struct frame *frame, bool waits, const char *what);
enum co_status answer_of(const struct frame *frame);

/** Call managers ask by the family that is theirs, and now and then by the other (OBJ-9). */
bool wrong_family(struct model *m);

#define BY_FAMILY(m, wrong, name, ...)                                                             \
	((m)->mcm != (wrong) ? co_mcm_##name((m)->co, __VA_ARGS__)                                 \
			     : co_cm_##name((m)->co, __VA_ARGS__))

/** What is refused before anything is looked at. */
enum co_status at_the_door(struct model *m, const struct mvc *v, bool wrong);

struct mdata any_data(struct model *m);

/** Octets that outlive every request; octets that die when the request that took them returns. */
struct co_data octets_of(struct mdata data);
struct co_data dying_octets(struct mdata data);
void free_octets(struct co_data data);

void do_create_by_client(struct model *m, struct mvc *v);
void do_create_by_cm(struct model *m, struct mvc *v);
void do_create_signalling(struct model *m, struct mvc *v);
void do_delete_by_creator(struct model *m, struct mvc *v);
void do_delete_by_the_other(struct model *m, struct mvc *v);
void do_make(struct model *m, struct mvc *v);
void do_make_multi(struct model *m, struct mvc *v);
void do_close_call(struct model *m, struct mvc *v);
void do_add(struct model *m, struct mvc *v);
void do_drop(struct model *m, struct mvc *v);
void do_modify(struct model *m, struct mvc *v);
void do_answer(struct model *m, struct mvc *v);
void do_answer_qos(struct model *m, struct mvc *v);
void do_end_make(struct model *m, struct mvc *v);
void do_end_close(struct model *m, struct mvc *v);
void do_end_add(struct model *m, struct mvc *v);
void do_end_drop(struct model *m, struct mvc *v);
void do_end_modify(struct model *m, struct mvc *v);
void do_offer(struct model *m, struct mvc *v);
void do_connect(struct model *m, struct mvc *v);
void do_incoming_close(struct model *m, struct mvc *v);
void do_party_leaves(struct model *m, struct mvc *v);
void do_propose(struct model *m, struct mvc *v);
void do_activate(struct model *m, struct mvc *v);
void do_deactivate(struct model *m, struct mvc *v);
void do_end_activation(struct model *m, struct mvc *v);
void do_end_deactivation(struct model *m, struct mvc *v);
void do_send(struct model *m, struct mvc *v);
void do_end_send(struct model *m, struct mvc *v);
void do_receive(struct model *m, struct mvc *v);
void do_give_back(struct model *m, struct mvc *v);
void do_cancel(struct model *m, struct mvc *v);
void do_set_window(struct model *m, struct mvc *v);
