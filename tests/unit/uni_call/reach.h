/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once

/**
 * @file
 * One call of one end, brought to a state by messages out of nowhere; the other end is deaf. What
 * an event does to it is put into words, to be held against the tables of the specification.
 */

#include "pair.h"

/* States with something beside their number. */
enum {
	REACH_T361 = 100 /* 10, a confirmation is awaited */
};

struct reach {
	struct pair *p;
	struct pair_end *e;
	int side;
	bool ours;  /* the call is one of our own: the peer's messages have flag 1 */
	bool multi; /* multipoint; the first party, endpoint reference 0, is as far as the call */
	uni_call_t call;
	uni_party_t party;
	uint32_t n_said, n_told; /* already looked at */
};

/* No call yet: what is received is about one of the peer's, reference 1. */
struct reach reach_idle(int side);

/* A point-to-point call in state @p state; @p ours where both ends have it. */
struct reach reach_call(int side, uint8_t state, bool ours);

/* A call of the user whose SETUP has asked for its VC in this form (SIG-30); no answer yet. */
struct reach reach_asking(enum uni_ask ask);

/* A multipoint call, of which we are the root or not. */
struct reach reach_multi(int side, uint8_t state, bool root);

/*
 * One more party, endpoint reference 1, in state @p state; 0 is none. @p r is in a state that
 * allows it.
 */
void reach_party(struct reach *r, uint8_t state);

/* A message of the peer about the call; no turn, so an offer is not yet proceeding. */
void reach_receive(struct reach *r, uint8_t type, uint8_t octet7, const char *elements);

/* Time passes in one step, then our end has its turn; nothing is pulled. */
void reach_wait(struct reach *r, uint32_t ms);

/* What is pulled by now counts as looked at. */
void reach_look(struct reach *r);

/*
 * What has become of it since: "10 CONNECT_ACK ^connected" is the state, every message sent, and
 * after ^ what was told upward. The state is what STATUS says when the peer asks.
 */
const char *reach_outcome(struct reach *r);

/* The same without the state, which cannot be asked for when the link is down. */
const char *reach_words(struct reach *r);

/* The same with the state of the party of endpoint reference 1. */
const char *reach_party_outcome(struct reach *r);

/* Timers of calls and parties that run at our end. */
uint32_t reach_n_timers(const struct reach *r);

void reach_end(struct reach *r);

/* Elements of messages: the VC 0/32, cause 16, the party of reference 1, rates of 3000. */
#define REACH_CONNID "5a800005 8800000020"
#define REACH_CAUSE "08800002 8090"
#define REACH_PARTY "54800003 000001"
#define REACH_RATES "59800008 84000bb8 85000bb8"
