/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once

/**
 * @file
 * The call manager's engine, written once: it stands between the broker (condis) and call
 * control (uni over sscop) of one trunk. The stand-alone call manager (unicm) and the miniport
 * call manager (ethmcm) differ in the family of functions they call, in how a VC reaches the
 * hardware, and in the order of completion and deactivation (CLOSE-18, CLOSE-19); both hand those
 * in as a struct callmgr_flavour.
 *
 * Control thread only. Knows nothing of DPDK.
 *
 * Form of close and drop data here: bits 7-1 of octet 1 are the cause (0: normal call clearing).
 * Bit 8 is 0: nothing follows, or user-user contents: a protocol discriminator and up to 128 octets
 * (SIG-115). Bit 8 is 1: elements follow as they are coded on the wire (uni/clearing.h): up to two
 * causes with location and diagnostics, the value of the first one being that of octet 1; one
 * user-user; one generic identifier transport. A message about a party has room for one cause. A
 * cause that no element says gets our own location (SIG-26). What comes from the network is handed
 * up in the latter form, since there is always a location to be kept by a transit.
 *
 * Elements of a client's answer (co_call_params.elements) go with CONNECT or ADD PARTY ACKNOWLEDGE,
 * those of a refusal with its message; likewise what the other side's have brought is in the
 * parameters with which make_call and add_party complete, causes first where they failed. What
 * finds no room on its way is left out and counted; so it is by the broker where a completion has
 * to wait, as one from within activate_vc_complete.
 *
 * A multipoint call that comes in is a call of its own to each leaf, with a VC of its own (OBJ-6):
 * all of them receive what arrives on the one label (CO_MEDIA_F_LEAF).
 */

#include <stdbool.h>
#include <stdint.h>

#include "base/pool.h"
#include "condis/condis.h"
#include "sscop/sscf.h"
#include "uni/call.h"

#define CALLMGR_MAX_CLOSE_DATA (1 + UNI_MAX_CLEARING)

struct callmgr;

/** What all call managers of an appliance share. */
struct callmgr_env;

struct callmgr_env_config {
	struct co *co;
	struct uni *uni;
	uint32_t n_vcs;    /**< VCs that call managers share with clients. */
	uint32_t n_offers; /**< Offers that clients have not answered yet. */
	uint32_t n_saps;
	/* 0 takes the default in brackets. */
	uint32_t n_parties;   /**< [16384] Of multipoint calls whose roots are clients here. */
	uint32_t n_groups;    /**< [4096] Multipoint calls that have leaves here. */
	uint32_t n_changes;   /**< [1024] Changes of rates under way. */
	uint32_t n_pvcs;      /**< [4096] */
	uint32_t n_afs;       /**< [256] Open ones. */
	uint32_t n_addresses; /**< [1024] Aliases that clients have added. */
	uint32_t n_answers;   /**< [1024] What answers brought, while a call is completed. */
	uint32_t n_traces;    /**< [0] Entries of the flight recorder (callmgr/trace.h). */
};

/**
 * Take close or drop data apart; @p out points into it. 0, or -EINVAL: it is none (SIG-117). Any
 * thread, as the next one.
 */
int callmgr_data_read(struct co_data data, struct uni_release *out);

/** The same in coded form; @p octets has CALLMGR_MAX_CLOSE_DATA. */
struct co_data callmgr_data_write(const struct uni_release *release, uint8_t *octets);

/** The cause of a refusal by a client that says none. */
uint8_t callmgr_cause_of_status(enum co_status status);

/** NULL when memory is out. */
struct callmgr_env *callmgr_env_create(
	const struct callmgr_env_config *config, const struct cp_mem *mem);
void callmgr_env_destroy(struct callmgr_env *env);

/** Once a control turn: sets the time that handlers see, runs timers (at most @p max), reaps. */
void callmgr_env_turn(struct callmgr_env *env, uint64_t now_ns, uint32_t max);

/** Between turns, before events from outside are fed in. */
void callmgr_env_set_now(struct callmgr_env *env, uint64_t now_ns);

/** Messages are collected until the next turn or callmgr_env_uncork(), which sends them. */
void callmgr_env_cork(struct callmgr_env *env);
void callmgr_env_uncork(struct callmgr_env *env);

/** How the engine acts on the broker and on the hardware. */
struct callmgr_flavour {
	/** The client is told first, then the VC is deactivated (figure fig1-20), or the reverse.
	 */
	bool completes_first;
	bool (*send_pdu)(void *arg, const uint8_t *pdu, size_t len);
	enum co_status (*create_vc)(void *arg, co_af_t af, co_ctx_t vc_ctx, co_vc_t *vc);
	enum co_status (*delete_vc)(void *arg, co_vc_t vc);
	/**
	 * Let traffic through, or, where *hw is not 0, change the rates of what goes through
	 * already (ACT-5: refused, the old ones stay; NOT_ACCEPTED: they do not, the VC carries
	 * nothing, and deactivate_vc follows, QOS-8). SUCCESS, an error, or PENDING and
	 * callmgr_vc_activated() later. *hw is the flavour's own word about the VC; one without
	 * any leaves it 0. @p media comes back with the rates that are used (ACT-8); it dies when
	 * this returns.
	 */
	enum co_status (*activate_vc)(void *arg, co_vc_t vc, co_ctx_t vc_ctx,
		struct co_media_params *media, uint64_t *hw);
	/** Stop it and drain: SUCCESS, or PENDING and callmgr_vc_deactivated() later. */
	enum co_status (*deactivate_vc)(void *arg, co_vc_t vc, co_ctx_t vc_ctx, uint64_t hw);
	/**
	 * As CO_OID_VC_RESERVE; an answer other than RESOURCES lets the call go on. NULL: the
	 * medium has room for everything.
	 */
	enum co_status (*reserve)(
		void *arg, co_vc_t vc, co_ctx_t vc_ctx, struct co_media_params *media);
	/**
	 * The VC has no call any more: what reserve() got is free, if it is not already. NULL: that
	 * happens when the VC is deactivated or deleted.
	 */
	void (*unreserve)(void *arg, co_ctx_t vc_ctx);
	/** The rates in force of an active VC; NULL, or left as it was: not known. */
	void (*flow)(void *arg, co_vc_t vc, co_ctx_t vc_ctx, struct co_vc_flow *flow);
	enum co_status (*make_call_complete)(struct co *co, co_vc_t vc, enum co_status status,
		const struct co_call_params *params);
	enum co_status (*close_call_complete)(struct co *co, co_vc_t vc, enum co_status status);
	enum co_status (*dispatch_incoming_call)(
		struct co *co, co_sap_t sap, co_vc_t vc, struct co_call_params *params);
	enum co_status (*dispatch_call_connected)(struct co *co, co_vc_t vc);
	enum co_status (*dispatch_incoming_close_call)(
		struct co *co, co_vc_t vc, enum co_status reason, struct co_data data);
	enum co_status (*add_party_complete)(struct co *co, co_party_t party, enum co_status status,
		const struct co_call_params *params);
	enum co_status (*drop_party_complete)(
		struct co *co, co_party_t party, enum co_status status);
	enum co_status (*modify_call_qos_complete)(struct co *co, co_vc_t vc, enum co_status status,
		const struct co_call_params *params);
	enum co_status (*dispatch_incoming_drop_party)(
		struct co *co, co_party_t party, enum co_status reason, struct co_data data);
	enum co_status (*dispatch_incoming_call_qos_change)(
		struct co *co, co_vc_t vc, struct co_call_params *params);
	enum co_status (*notify_close_address_family)(struct co *co, co_af_t af);
	enum co_status (*oid_request)(struct co *co, co_af_t af, struct co_oid_request *request);
	/** NULL: an AF that is still in use is not closed: NOT_ACCEPTED, never PENDING (AF-13). */
	enum co_status (*close_address_family_complete)(struct co *co, co_af_t af);
	/** Register the address family, or withdraw it when no client has it open (UNB-11). */
	enum co_status (*offer_af)(void *arg, bool offer);
};

struct callmgr_params {
	const char *name; /**< The trunk's: logs. Copied. */
	struct uni_link_params link;
	struct sscop_params sscop;
	uint32_t cell_octets; /**< What a "cell" is in rates (SIG-35); 0: 48. */
	bool meter; /**< The miniport is told the rates; else it carries whatever comes. */
	/** The medium has no room for close and drop data: INVALID_DATA (CLOSE-11, DROP-8). */
	bool no_close_data;
	/**
	 * The signalling link is given up as soon as the port's link is down; else when the
	 * transport has noticed (SIG-102).
	 */
	bool port_down_clears;
};

/** -EINVAL, -ENOMEM, -ENOSPC; @p arg is what the flavour's functions get. */
int callmgr_create(struct callmgr_env *env, const struct callmgr_params *params,
	const struct callmgr_flavour *flavour, void *arg, struct callmgr **out);
void callmgr_destroy(struct callmgr *cm);

/**
 * What is decided from now on is decided by @p params: as uni_link_retime(), and meter,
 * no_close_data and port_down_clears. Calls are not touched. 0, -EINVAL.
 */
int callmgr_reconfigure(struct callmgr *cm, const struct callmgr_params *params);

/** The trunk can send: have the signalling link established, now and whenever it is lost. */
void callmgr_start(struct callmgr *cm);

/** New calls are refused with cause 41 from now on, in both directions. */
void callmgr_drain(struct callmgr *cm);

/** Close the signalling link in order; calls have ended before. */
void callmgr_stop(struct callmgr *cm);

/** @p acknowledged: else given up (SIG-R5). */
typedef void (*callmgr_restarted_fn)(void *arg, uint32_t tag, bool acknowledged);

/**
 * RESTART: calls of the trunk are cleared at both ends; as uni_link_restart(). @p done runs once
 * when it is over, unless the call manager is destroyed before.
 */
int callmgr_restart(struct callmgr *cm, enum uni_restart_class restart_class, uint32_t where,
	callmgr_restarted_fn done, void *arg, uint32_t tag);

/** Runs inside call control: it may look, and must ask for nothing. */
typedef void (*callmgr_mass_fn)(void *arg, const struct uni_mass *mass);

/** Have @p mass hear of calls that end by the thousand, from the other side or with the link. */
void callmgr_watch(struct callmgr *cm, callmgr_mass_fn mass, void *arg);

/** How the link of the trunk's port is, whenever it may have changed (SIG-102). */
void callmgr_port_link(struct callmgr *cm, bool up);

/**
 * The call manager leaves (AF-16, UNB-3): every client is asked to close its AF; when all have, the
 * signalling link is released in order, and @p done runs, once: before this returns where nothing
 * was left to be done. A second one is ignored. A link whose peer has gone is given up after the
 * transport's own limit.
 */
void callmgr_leave(struct callmgr *cm, void (*done)(void *arg), void *arg);

/** Whether clients may use the address family. */
enum callmgr_af_state {
	CALLMGR_AF_OFFERED,
	CALLMGR_AF_CLOSING, /**< Clients have been asked to close theirs, and not all have. */
	CALLMGR_AF_WITHDRAWN,
};

/**
 * Every client is asked to close its address family (AF-16), and ends its calls for that (AF-11);
 * then none can be opened until callmgr_af_offer(). The signalling link stays up. -EBUSY: it is not
 * offered, or the call manager leaves.
 */
int callmgr_af_close(struct callmgr *cm);

/** Clients are told of it again. -EBUSY: it is not withdrawn; -EIO: the broker refuses. */
int callmgr_af_offer(struct callmgr *cm);

enum callmgr_af_state callmgr_af_state(const struct callmgr *cm);

/** VCs that clients have with this call manager. */
uint32_t callmgr_n_vcs(const struct callmgr *cm);

/**
 * The peer is not waited for any longer: what is being closed ends here and now (SIG-101), and so
 * does what is closed from now on; the link is released in order and not established again.
 */
void callmgr_give_up(struct callmgr *cm);

/** While paused nothing is sent: what is closed then ends without the network (UNB-5). */
void callmgr_pause(struct callmgr *cm, bool paused);

/**
 * A configured circuit, for make_call with CO_CALL_F_PERMANENT (MAKE-12). Its label is out of call
 * control's hands while it is configured. -EEXIST: the label is a PVC's already; -EBUSY: a call has
 * it; -EINVAL: it is none of the trunk's; -ENOSPC.
 */
int callmgr_pvc_add(struct callmgr *cm, const struct co_pvc *pvc);

/** -ENOENT; -EBUSY: a call uses it. */
int callmgr_pvc_remove(struct callmgr *cm, uint32_t label);

/** The PVCs of @p cm, *cursor 0 at first; false at the end. */
bool callmgr_pvc_next(const struct callmgr *cm, uint32_t *cursor, struct co_pvc *out);

/** A PDU of the signalling VC. */
void callmgr_receive_pdu(struct callmgr *cm, const uint8_t *pdu, size_t len);

/**
 * @p n PDUs that will be received next: the memory that they need is asked for. @p hw gets the
 * flavour's word of each one's VC, 0 for none.
 */
void callmgr_ahead(const struct callmgr *cm, const struct uni_pdu *pdus, uint32_t n, uint64_t *hw);

/** @p media: what is used now, NULL: what was asked for. */
void callmgr_vc_activated(struct callmgr *cm, co_ctx_t vc_ctx, enum co_status status,
	const struct co_media_params *media);
void callmgr_vc_deactivated(struct callmgr *cm, co_ctx_t vc_ctx);

/** What a flavour has to know of a VC. */
struct callmgr_vc_name {
	uint64_t hw;    /**< The flavour's word; 0: not active. */
	co_vc_t vc;     /**< The broker's handle; CO_NONE: the context is stale. */
	uint32_t label; /**< UNI_LABEL_NONE: it has none yet. */
};

struct callmgr_vc_name callmgr_vc_name(const struct callmgr *cm, co_ctx_t vc_ctx);

/** Handlers for both flavours' struct co_callmgr_ops; their first argument is the struct callmgr.
 */
enum co_status callmgr_open_af(void *cm, co_af_t af, enum co_af_type type, co_ctx_t *af_ctx);
enum co_status callmgr_close_af(void *cm, co_ctx_t af_ctx);
enum co_status callmgr_register_sap(void *cm, co_ctx_t af_ctx, co_sap_t sap,
	const struct co_address *address, co_ctx_t *sap_ctx);
enum co_status callmgr_deregister_sap(void *cm, co_ctx_t sap_ctx);
enum co_status callmgr_vc_created(void *cm, co_ctx_t af_ctx, co_vc_t vc, co_ctx_t *vc_ctx);
enum co_status callmgr_vc_deleted(void *cm, co_ctx_t vc_ctx);
enum co_status callmgr_make_call(void *cm, co_ctx_t vc_ctx, struct co_call_params *params);
enum co_status callmgr_make_multipoint_call(void *cm, co_ctx_t vc_ctx,
	struct co_call_params *params, co_party_t party, co_ctx_t *party_ctx);
enum co_status callmgr_add_party(void *cm, co_ctx_t vc_ctx, struct co_call_params *params,
	co_party_t party, co_ctx_t *party_ctx);
enum co_status callmgr_drop_party(void *cm, co_ctx_t party_ctx, struct co_data data);
enum co_status callmgr_modify_call_qos(void *cm, co_ctx_t vc_ctx, struct co_call_params *params);
void callmgr_incoming_call_qos_change_complete(void *cm, co_ctx_t vc_ctx, enum co_status status);
enum co_status callmgr_close_call(
	void *cm, co_ctx_t vc_ctx, co_ctx_t party_ctx, struct co_data data);
void callmgr_vcs_ahead(void *cm, const co_ctx_t *vc_ctxs, uint32_t n);
void callmgr_incoming_call_complete(
	void *cm, co_ctx_t vc_ctx, enum co_status status, const struct co_call_params *params);
void callmgr_notify_close_af_complete(void *cm, co_ctx_t af_ctx, enum co_status status);
enum co_status callmgr_oid_request(void *cm, co_ctx_t af_ctx, struct co_oid_request *request);

struct uni_link *callmgr_link(const struct callmgr *cm);
const struct sscf *callmgr_sscf(const struct callmgr *cm);
const char *callmgr_name(const struct callmgr *cm);

/** What lives (I4), and what was out of place. */
struct callmgr_census {
	uint32_t n_vcs, n_offers, n_saps, n_reap;
	uint32_t n_parties, n_groups, n_changes, n_afs, n_addresses;
	uint32_t n_pvcs; /**< Configured, in use or not. */
	uint32_t n_answers;
	uint64_t n_without_elements; /**< Answers that lost what was to go with them. */
	/**
	 * Calls whose ends may meter different rates for good: a change was lost with the link, and
	 * the other end has refused what is in force here.
	 */
	uint64_t n_disputed;
	uint64_t n_unexpected; /**< Events that the state tables have no cell for. */
};

void callmgr_census(const struct callmgr_env *env, struct callmgr_census *out);

/** The call's number in call control, 0 when there is none. */
uni_call_t callmgr_vc_call(const struct callmgr_env *env, co_ctx_t vc_ctx);

/**
 * What call control knows of a VC's call; of a leaf @p out->called is its own address. -ESTALE when
 * there is no call.
 */
int callmgr_vc_query(const struct callmgr_env *env, co_ctx_t vc_ctx, struct uni_call_info *out);
