/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once

/**
 * @file
 * Two ethvc adapters of one broker, on two trunks of one dataplane, joined ring to ring; above them
 * a call manager that has only VCs of its own: it opens, sends, receives and closes. Virtual time.
 */

#include "../dataplane/fixture.h"
#include "ethvc/ethvc.h"

#define ADAPTERS_MAX_VCS 64u
#define ADAPTERS_MAX_PACKETS 512u
#define ADAPTERS_N_CIRCUITS 100u
#define ADAPTERS_TURN_NS 1000000u

enum adapter_end { A_EAST, A_WEST, A_THIRD, A_ENDS }; /* the third: see adapters_add_third() */

/** A VC; its address is its context. */
struct test_vc {
	struct adapters *all;
	enum adapter_end end;
	co_vc_t vc;
	uint32_t label;
	unsigned int n_activated, n_deactivated, n_received, n_sent;
	uint8_t order[ADAPTERS_MAX_PACKETS]; /* first octet of each packet received */
	bool deactivates;                    /* from its receive handler, once */
	unsigned int deactivated_inside;     /* n_deactivated when that handler returned */
};

struct adapters {
	struct net *net;
	struct co *co;
	struct ethvc *ethvc[A_ENDS];
	co_binding_t bindings[A_ENDS];
	co_adapter_t adapter[A_ENDS];
	co_protocol_t cm;
	uint64_t now_ns;
	bool worker_held; /* no worker turns */
	bool idle_held;   /* no grace period ends */
	bool holds;       /* received packets are kept */
	unsigned int n_low, n_held, n_halted, n_vcs;
	struct co_packet *held[ADAPTERS_MAX_PACKETS];
	unsigned int n_codes; /* status indications, the last ones first in first out */
	enum co_status codes[16];
	struct test_vc vcs[ADAPTERS_MAX_VCS];
	struct co_packet packets[ADAPTERS_MAX_PACKETS];
	uint8_t octets[ADAPTERS_MAX_PACKETS][64];
};

/** @p config: of both adapters, its port aside; NULL: all default. */
struct adapters *adapters_create(const struct ethvc_config *config);

/** Test set-up and tear-down: default configuration; asserts that nothing is left (I4). */
int adapters_setup(void **state);
int adapters_teardown(void **state);

/** A third adapter, whose port the idle worker polls. @return Where its frames come in. */
struct rte_ring *adapters_add_third(struct adapters *all);

void adapters_run(struct adapters *all, unsigned int n_turns);

struct test_vc *vc_create(struct adapters *all, enum adapter_end end);
enum co_status vc_activate_with(
	struct test_vc *v, uint32_t label, uint32_t flags, struct co_media_params *media);

/** Both directions, no meter. */
enum co_status vc_activate(struct test_vc *v, uint32_t label, uint32_t flags);
struct test_vc *vc_open(struct adapters *all, enum adapter_end end, uint32_t label);

/** Received by its owner (CO_OID_VC_LOCAL). */
struct test_vc *vc_open_local(struct adapters *all, enum adapter_end end, uint32_t label);
enum co_status vc_local(struct test_vc *v);
enum co_status vc_deactivate(struct test_vc *v);
void vc_delete(struct test_vc *v);

/** Packets @p first .. @p first + @p n - 1 of the test; the first octet of each tells its number.
 */
void vc_send(struct test_vc *v, unsigned int first, unsigned int n, uint32_t len);

/** Give back @p held, in the order given. */
void vc_return(struct test_vc *v, struct co_packet **held, unsigned int n);

/** A request about @p v, or about the adapter of @p end where that is NULL. */
enum co_status oid_of(struct adapters *all, enum adapter_end end, const struct test_vc *v,
	enum co_oid oid, void *buffer, uint32_t size);
uint64_t counter_of(
	struct adapters *all, enum adapter_end end, const struct test_vc *v, enum co_oid oid);
uint32_t queued_of(const struct test_vc *v);
