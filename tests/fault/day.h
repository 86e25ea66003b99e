/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once

/**
 * @file
 * A day of signalling over a bad wire, in virtual time: two ends, each call control over SSCF over
 * SSCOP, and above each a layer that places, answers, changes and closes calls at random and that
 * holds call control to what it promises.
 */

#include <stdbool.h>
#include <stdint.h>

#include "agenda.h"
#include "sscop/sscf.h"
#include "uni/call.h"
#include "wire.h"

enum { USER, NETWORK };

#define DAY_S 86400u
#define DAY_CALLS 100000u
#define DAY_RECORDS 16384u /* calls, and parties, that one end can have at a time */
#define MS UINT64_C(1000000)
#define SECOND (1000 * MS)

/* What stands on the agenda, and of whom it is. */
enum deed {
	/* Of one's own accord: these wait while the day pauses. */
	DEED_CALL,
	DEED_CLOSE,
	DEED_MODIFY,
	DEED_ADD,
	DEED_DROP,
	/* What one owes. */
	DEED_ANSWER,
	DEED_ACCEPT,
	DEED_ANSWER_RELEASE,
	DEED_ANSWER_MODIFY,
	DEED_SETTLE_RATES,
	DEED_ANSWER_PARTY,
	DEED_ACCEPT_PARTY,
	DEED_ANSWER_DROP,
	DEED_PUT_LABEL,
	DEED_COUNT
};

/* How far a call has come, as its end has been told. */
enum heard { HEARD_NOTHING, HEARD_PROCEEDING, HEARD_ALERTING, HEARD_CONNECTED };

/** A call as the layer above knows it; its id is the cookie. */
struct day_call {
	uint32_t id; /* index and generation; 0: free */
	uni_call_t call;
	uint32_t label;
	uint8_t heard; /* enum heard */
	bool ours, multipoint;
	bool closing; /* uni_call_close() or _refuse() has been taken */
	bool asking;  /* inside a request that may close it, or find it gone */
	bool owed;    /* an answer to the release of the other side */
	bool put;     /* its label is back, or will be */
	bool modifying;
	bool in_doubt; /* a change of rates went with the link: the other end may have made it */
	uint32_t first_party; /* index plus one */
	uint32_t n_parties;
};

struct day_party {
	uint32_t id;
	uni_party_t party;
	uint32_t call; /* index */
	uint32_t next; /* of the call, index plus one */
	bool first, joined;
	bool dropping; /* uni_party_drop() or _refuse() has been taken */
	bool owed;
};

/** Told and done, of one end. */
struct day_count {
	uint64_t placed, no_link, no_room;
	uint64_t connected, offered, refused, unanswered;
	uint64_t ended, ended_by[128]; /* 0: closed from here */
	uint64_t parties, joined, left;
	uint64_t modified, modify_refused, confirmed, doubted;
	uint64_t n_down, n_recovered, restarted, alarms; /* of the link */
};

struct day_end {
	struct day *d;
	int side;
	struct uni *u;
	struct uni_link *l;
	struct sscf *sscf;
	struct day_call *calls;
	struct day_party *parties;
	uint32_t free_call, free_party; /* index plus one; linked by `next` and first_party */
	uint32_t n_calls, n_parties;
	struct day_count n;
};

struct day_config {
	uint64_t seed;
	uint32_t n_calls;
	bool stays_bad; /* the wire does not become good when the day is over */
};

struct day {
	struct day_config config;
	struct wire wire;
	struct day_end end[2];
	struct agenda deeds;
	uint32_t n_owed; /* deeds that do not wait for a pause to end */
	uint64_t now_ns, began_ns, over_ns;
	uint64_t random;
	uint32_t n_placed;
	bool pausing, over;
	bool long_outage; /* and what follows it: calls may be lost */
	uint32_t n_outages, n_pauses;
	uint32_t n_disagreements, n_leftovers;
};

/* day.c */
struct day *day_create(const struct day_config *config);
void day_destroy(struct day *d);

/** The whole day, with its outages and pauses; at each pause both ends are compared. */
void day_live(struct day *d);

/** No more calls; both ends are compared, then one end closes what is left. */
void day_end_in_peace(struct day *d);

void day_report(const struct day *d);

uint32_t day_below(struct day *d, uint32_t n);
bool day_happens(struct day *d, uint32_t of_a_hundred);
/** A random time with that mean. */
uint64_t day_random_ns(struct day *d, uint64_t mean_ns);
void day_plan(struct day *d, uint64_t in_ns, enum deed deed, int side, uint32_t id);

/* end.c */
void day_end_create(struct day *d, int side);
void day_end_destroy(struct day_end *e);
void day_end_turn(struct day_end *e);

/* crowd.c: calls */
extern const struct uni_link_ops day_ops;
void day_call_do(struct day_end *e, enum deed deed, uint32_t id);
struct day_call *day_call_at(struct day_end *e, uint64_t id);
bool day_call_close(struct day_end *e, struct day_call *c);

/* crowd_party.c */
void day_party_do(struct day_end *e, enum deed deed, uint32_t id);
void day_party_enter(struct day_end *e, struct day_call *c, uni_party_t party, bool first);
/** The call has ended: what was known of its parties is to have been told. */
void day_parties_end(struct day_end *e, struct day_call *c);
void day_on_party_alerting(void *arg, uni_call_t call, uni_party_t party, uint64_t cookie,
	const struct uni_elements *came, uint64_t now_ns);
void day_on_party_added(void *arg, uni_call_t call, uni_party_t party, uint64_t cookie,
	const struct uni_elements *came, uint64_t now_ns);
void day_on_party_refused(void *arg, uni_call_t call, uni_party_t party, uint64_t cookie,
	const struct uni_release *release, uint64_t now_ns);
void day_on_party_offer(void *arg, uni_call_t call, uni_party_t party,
	const struct uni_setup *setup, uint64_t now_ns);
void day_on_party_released(void *arg, uni_call_t call, uni_party_t party, uint64_t cookie,
	const struct uni_release *release, bool owed, uint64_t now_ns);
void day_on_party_drop_complete(
	void *arg, uni_call_t call, uni_party_t party, uint64_t cookie, uint64_t now_ns);

/* agree.c */

/** How many calls the ends do not agree on; each is printed. The moment is a quiet one. */
uint32_t day_n_disagreements(struct day *d);

/** What is left at both ends when all calls have ended; each is printed (I4). */
uint32_t day_n_leftovers(struct day *d);
