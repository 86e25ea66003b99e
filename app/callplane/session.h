/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once

/**
 * @file
 * One client's talk: a request a line, one at a time, answered in order. A session whose question
 * is still with control outlives its connection. Management thread only.
 */

#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>

#include "callplane/access.h"
#include "callplane/ask.h"
#include "callplane/connection.h"
#include "callplane/rpc.h"

enum session_state {
	SESSION_READY,           /**< For the next line. */
	SESSION_ASKING,          /**< Control has the question, or is to get it. */
	SESSION_SLICE_DUE,       /**< The list goes on when the client has taken what is out. */
	SESSION_WANTS_REPLAY,    /**< Somebody has to begin one, and to call session_answer(). */
	SESSION_AWAITS_REPLAY,   /**< Somebody does. */
	SESSION_WANTS_RECORDING, /**< The same of a capture, which is answered at its end. */
	SESSION_WANTS_CONFIG,    /**< To see the configuration, or to have it reloaded. */
	SESSION_AWAITS_CONFIG,
	SESSION_AWAITS_RECORDING, /**< It goes on until the client ends its side, at the latest. */
};

struct session {
	struct ask ask; /**< First: an answer finds its session by it. */
	enum session_state state;
	enum access_level access;      /**< What its client may do; never ACCESS_NONE. */
	struct connection *connection; /**< NULL: the client has left. */
	struct rpc_request request;
	bool in_list;  /**< The beginning of a list is written. */
	bool has_rows; /**< The first of its rows as well. */
	TAILQ_ENTRY(session) next;
};

TAILQ_HEAD(session_list, session);

/** Owns @p fd, also when it fails. */
struct session *session_create(int fd, enum access_level access, uint64_t now_ns);

void session_destroy(struct session *session);

/** Read what the client sent; @p revents are poll()'s. */
void session_receive(struct session *session, short revents);

/**
 * Take the next lines, and the next slice, as far as it goes without waiting.
 * @return Whether to call again at once.
 */
bool session_serve(struct session *session);

/** What was asked is answered, or refused by error and message. */
void session_answer(struct session *session, const struct query *answer);

/** What was asked is answered by @p result, which stays the caller's. */
void session_result(struct session *session, const json_t *result);

/** Refuse what is being asked. */
void session_refuse(struct session *session, int code, int error, const char *message);

/** Send, and let go of a connection that is done. */
void session_flush(struct session *session, uint64_t now_ns);

/** The client has left, or sends no more: what goes on for its sake can end. */
static inline bool
session_is_leaving(const struct session *session)
{
	return session->connection == NULL || session->connection->eof;
}

/** Nobody is left, and nothing is out: it can be destroyed. */
static inline bool
session_is_over(const struct session *session)
{
	return session->connection == NULL && session->state == SESSION_READY;
}
