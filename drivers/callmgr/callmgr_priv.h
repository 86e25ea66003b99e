/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once

/** @file Private to drivers/callmgr. */

#include <assert.h>

#include "base/log.h"
#include "callmgr/callmgr.h"
#include "callmgr/trace.h"

/** Where a VC is in the life of its call, as the call manager sees it (contract, 2.3). */
enum cm_state {
	CM_ST_IDLE = 0,         /**< No call. */
	CM_ST_SETUP,            /**< make_call pending, SETUP sent. */
	CM_ST_SETUP_ACTIVATING, /**< Answered; the miniport activates, make_call still pending. */
	CM_ST_SETUP_CLEARING,   /**< The call failed; the network is being told. */
	CM_ST_SETUP_DRAINING, /**< The network is done; the VC is deactivated, then make_call fails.
			       */
	CM_ST_OFFERING,       /**< Offered to the client. */
	CM_ST_ACTIVATING,     /**< The client accepted; the miniport activates. */
	CM_ST_ANSWERED,       /**< CONNECT sent. */
	CM_ST_REFUSING,       /**< The client declined; the network is being told. */
	CM_ST_UP,
	CM_ST_RELEASE_IND, /**< The client was told of the end; the network awaits our answer. */
	CM_ST_RELEASE_IND_GONE, /**< The same, and the network has already released. */
	CM_ST_RELEASING,        /**< close_call pending, the network is being told. */
	CM_ST_DRAINING,         /**< Deactivation pending, then the close completes (CLOSE-18). */
	CM_ST_RELEASED,         /**< The close is complete, deactivation pending (CLOSE-19). */
	CM_ST_LEAF_DRAINING,    /**< A leaf that was released: deactivated first (SIG-109) ... */
	CM_ST_LEAF_ANSWERING,   /**< ... then the network is answered, then the close completes. */
	CM_ST_COUNT
};

enum cm_event {
	CM_EV_MAKE,      /**< The client makes a call. */
	CM_EV_MAKE_PVC,  /**< The same over a PVC: nothing is signalled. */
	CM_EV_OFFER,     /**< A call from the network, dispatched. */
	CM_EV_ACCEPT,    /**< The client takes the offer. */
	CM_EV_REFUSE,    /**< The client declines it. */
	CM_EV_CLOSE,     /**< The client closes. */
	CM_EV_CONNECTED, /**< The network: the call is active. */
	CM_EV_RELEASED,  /**< The network has ended the call and awaits our answer. */
	CM_EV_GONE,      /**< The network has ended the call, nothing is awaited. */
	CM_EV_CLEARED,   /**< The network: our clearing is done. */
	CM_EV_ACTIVATED,
	CM_EV_NOT_ACTIVATED,
	CM_EV_DEACTIVATED,
	CM_EV_COUNT
};

#define CM_F_BY_CM 0x01u      /**< The call manager created the VC: it deletes it. */
#define CM_F_ACTIVE 0x02u     /**< Activated and not yet deactivated (DEACT-1). */
#define CM_F_REAP 0x04u       /**< Waits in the reap list for its deletion. */
#define CM_F_ACTIVATING 0x08u /**< The miniport was asked to activate and has not answered. */
#define CM_F_ROOT 0x10u       /**< Its call has parties. */
#define CM_F_LEAF 0x20u       /**< It is one of a group. */
#define CM_F_PVC 0x40u        /**< Its call is a PVC's: nothing is signalled. */
#define CM_F_RETRIED 0x80u    /**< The activation under way is the second try (ACT-6). */

/** One VC shared with a client. */
struct cm_vc {
	_Alignas(64) uint64_t hw; /**< The flavour's word. */
	/** make_call's, until completion (ASYNC-10); an accepted offer's, while it is activated. */
	struct co_call_params *params;
	uni_call_t call; /**< Beside the VC, as the record has them. */
	co_vc_t vc;
	uint32_t label;
	/**
	 * Handle of the parameters offered, while the client thinks. Of its own call: of what the
	 * answer, or the refusal, has brought, until make_call completes (struct cm_answer).
	 */
	uint32_t offer;
	uint32_t reap_next;
	uint16_t af_idx;
	uint8_t state;   /**< enum cm_state. */
	uint8_t flags;   /**< CM_F_. */
	uint8_t cause;   /**< Of the end. */
	uint8_t refusal; /**< Cause to refuse or clear with, chosen here. */
	uint8_t status;  /**< enum co_status a failed make_call gets. */
	uint8_t data_size;
	uint32_t party; /**< Root: handle of its first party. Leaf: uni_party_t, 0: gone. */
	/**
	 * Leaf: handle of its struct cm_group. PVC: of its struct cm_pvc. Root: how many of its
	 * parties have left and are still to be judged.
	 */
	uint32_t group;
	uint32_t change;     /**< Handle of the change of rates under way. */
	const uint8_t *data; /**< The client's of its close, until that completes (ASYNC-10). */
};
static_assert(sizeof(struct cm_vc) == 64, "one cache line of the call manager per call");

/** What a party of a root's is doing. */
enum cm_party_state {
	CM_PT_JOINING, /**< make_call or add_party pending. */
	CM_PT_JOINED,
	CM_PT_LEAVING,  /**< It has left; how the client hears of it depends on the others. */
	CM_PT_LEFT,     /**< The client was told. */
	CM_PT_DROPPING, /**< drop_party pending. */
	CM_PT_COUNT
};

enum cm_party_event {
	CM_PE_ADDED,   /**< The network: it has joined. */
	CM_PE_REFUSED, /**< The network: it has not. */
	CM_PE_LEFT,    /**< The network: it has left. */
	CM_PE_DROP,    /**< The client drops it. */
	CM_PE_DROPPED, /**< The network: it is dropped. */
	CM_PE_COUNT
};

/** A party of a call whose root is a client here: the call manager's context of it. */
struct cm_party {
	_Alignas(64) struct co_call_params *params; /**< add_party's, until completion. */
	const uint8_t *data;                        /**< The client's drop data. */
	co_party_t party;
	uni_party_t net;     /**< 0: it is not there any more. */
	uint32_t vc;         /**< Handle of its struct cm_vc. */
	uint32_t next, prev; /**< Of the same VC. */
	uint8_t state;       /**< enum cm_party_state. */
	uint8_t cause;       /**< Of its end; of its drop. */
	uint8_t data_size;
};
static_assert(sizeof(struct cm_party) == 64, "one cache line per party");

/** One multipoint call that came in: its VCs here have the label in common. */
struct cm_group {
	uni_call_t call; /**< 0: over. */
	uint32_t label;  /**< UNI_LABEL_NONE: given back. */
	uint32_t n_vcs;  /**< That use the label, or may come to. */
	uint32_t first;  /**< Handle of the VC whose party the call speaks for. */
	bool owed;       /**< The network awaits the answer to its release. */
};

/** What a change of rates waits for. */
enum cm_change_state {
	CM_CH_ASKED,     /**< The client's: the network's answer. */
	CM_CH_SETTING,   /**< Agreed: the miniport. */
	CM_CH_UNDOING,   /**< The miniport has refused: the network goes back. */
	CM_CH_TRYING,    /**< The remote's: the miniport (INQOS-1). */
	CM_CH_TOLD,      /**< The client's answer. */
	CM_CH_RESTORING, /**< Refused: the miniport goes back. */
	CM_CH_LOST,      /**< The VC carries nothing any more: deactivation (QOS-8). */
	CM_CH_DOUBTED,   /**< The client's, over; what the other end has is not known (SIG-96). */
	CM_CH_ASSURING,  /**< Asked for the rates in force: the network's answer. */
	CM_CH_COUNT
};

enum cm_change_event {
	CM_CE_AGREED,  /**< The network. */
	CM_CE_REFUSED, /**< The network. */
	CM_CE_SET,     /**< The miniport. */
	CM_CE_NOT_SET, /**< The miniport, who has kept the old ones (ACT-5). */
	CM_CE_BROKEN,  /**< The miniport, who has not. */
	CM_CE_ACCEPTED,
	CM_CE_DECLINED,
	CM_CE_DEACTIVATED,
	CM_CE_ASSURE, /**< Time to ask. */
	CM_CE_COUNT
};

/** A change of rates under way, or one that has left them in doubt. */
struct cm_change {
	struct co_call_params params; /**< What the client is told. */
	/** The client's, until completion; NULL: the remote's, or ours. */
	struct co_call_params *asked;
	struct uni_rates rates; /**< That are to come. */
	struct uni_rates old;
	struct co_vc_flow flow; /**< What was metered before: token rates are not negotiated. */
	uint32_t vc;            /**< Handle of its struct cm_vc. */
	uint8_t state;          /**< enum cm_change_state. */
	uint8_t cause;          /**< Of a refusal. */
	uint8_t n_tries;        /**< To be assured of the rates in force. */
	bool doubt;             /**< The other end may have made a change that failed here. */
	bool confirm;           /**< Who accepted it wants a confirmation. */
};

#define CM_ANSWER_MAX 512u /* CONNECT has no more, each element once (section 5) */

/** Elements that have come with an answer. */
struct cm_answer {
	uint32_t len;
	uint8_t octets[CM_ANSWER_MAX];
};
static_assert(CM_ANSWER_MAX >= UNI_MAX_CLEARING, "or with a refusal");

/** Why there is no call. */
struct cm_lack {
	uint8_t cause; /**< 0: nothing is lacking. */
	bool tx, rx;   /**< With cause 37: of which directions there is too little. */
};

struct cm_pvc {
	struct co_pvc pvc;
	uint32_t vc; /**< Handle of the struct cm_vc that uses it; none: it is free. */
	uint16_t cm_idx;
};

/** One client's AF. */
struct cm_af {
	co_af_t af;
	uint32_t n_vcs, n_saps;
	uint32_t addresses; /**< Handle of the first struct cm_alias. */
	uint16_t cm_idx;
	bool closing;      /**< close_af pends until nothing is left (AF-13). */
	bool closed;       /**< Only the answer to our notice is awaited (AF-17). */
	bool asked;        /**< That notice pends. */
	bool tell_address; /**< Next turn: look at the addresses (OID-6). */
};

struct cm_alias {
	struct co_address address;
	uint32_t next;
};

struct cm_sap {
	struct co_address address;
	co_sap_t sap;
	uint32_t af_ctx; /**< Handle of its struct cm_af. */
	uint16_t cm_idx;
	uint32_t next; /**< In its hash chain. */
};

#define CM_SAP_BUCKETS 1024u

/** The registered addresses of one trunk, found by longest match. */
struct cm_sap_table {
	uint32_t buckets[CM_SAP_BUCKETS]; /**< Handles of struct cm_sap. */
	uint32_t n_of_len[21]; /**< How many prefixes of each length: only those are looked for. */
	uint32_t n_exact;
};

#define CM_MAX_CALLMGRS 64

struct callmgr_env {
	struct co *co;
	struct uni *uni;
	uint64_t now_ns;
	struct cp_pool vcs;       /**< struct cm_vc. */
	struct cp_pool offers;    /**< struct co_call_params. */
	struct cp_pool saps;      /**< struct cm_sap. */
	struct cp_pool parties;   /**< struct cm_party. */
	struct cp_pool groups;    /**< struct cm_group. */
	struct cp_pool changes;   /**< struct cm_change. */
	struct cp_pool pvcs;      /**< struct cm_pvc. */
	struct cp_pool afs;       /**< struct cm_af. */
	struct cp_pool addresses; /**< struct cm_alias. */
	struct cp_pool answers;   /**< struct cm_answer. */
	uint32_t reap_head, reap_tail;
	uint32_t n_reap;
	struct uni_recorder recorder; /**< Behind callmgr/trace.h; no entries: nothing is kept. */
	uint64_t unexpected[CM_ST_COUNT][CM_EV_COUNT];
	uint64_t unexpected_of_party, unexpected_of_change;
	uint64_t n_without_elements;
	uint64_t n_disputed; /**< Calls whose ends may meter other rates, for good. */
	uint64_t doubt_ns;   /**< When changes are gone over again. */
	uint32_t doubt_next; /**< Where, by index; 0: a pass begins. */
	const struct cp_mem *mem;
	uint32_t n_slots; /**< Of the array below that were ever used. */
	struct callmgr *callmgrs[CM_MAX_CALLMGRS];
};

/** How far a call manager is with leaving. */
enum cm_leave { CM_STAYS, CM_LEAVE_CLIENTS, CM_LEAVE_LINK, CM_LEAVE_DONE };

struct callmgr {
	struct callmgr_env *env;
	const struct callmgr_flavour *flavour;
	void *arg;
	struct sscf *sscf;
	struct uni_link *link;
	struct cm_sap_table saps;
	uint32_t cell_octets;
	uint32_t signalling_label;
	uint8_t idx;    /**< Of env->callmgrs. */
	uint32_t n_afs; /**< Open ones. */
	bool meter;
	bool no_close_data;
	bool paused;
	bool tell_addresses; /**< Some AF has tell_address. */
	bool notifying;      /**< Clients are being asked to close their AFs. */
	uint8_t af_state;    /**< enum callmgr_af_state. */
	bool port_down_clears;
	bool port_down;                 /**< Only where that counts. */
	callmgr_restarted_fn restarted; /**< Of the RESTART under way; NULL: nobody waits. */
	void *restarted_arg;
	uint32_t restarted_tag;
	callmgr_mass_fn mass; /**< NULL: nobody listens. */
	void *mass_arg;
	enum cm_leave leave;
	void (*left)(void *arg);
	void *left_arg;
	char name[32];
	struct cp_log_limit error_lines['U' - 'A' + 1]; /**< By SSCOP's error code. */
	struct cp_log_limit alarm_lines[UNI_ALARM_COUNT];
	uint32_t n_link_changes; /**< Up or down, since the last line about it. */
	uint64_t link_line_ns;   /**< No such line before. */
	struct cp_log_limit dispute_lines;
};

/** Once a turn: say how the signalling link is, if it has changed and was not just told of. */
void cm_link_log(struct callmgr *cm);

/* restart.c: members of struct uni_link_ops. */
void cm_on_restarted(void *cm, bool done, uint64_t now_ns);
void cm_on_alarm(void *cm, enum uni_alarm alarm, uint8_t cause, uint64_t now_ns);
void cm_on_mass(void *cm, const struct uni_mass *mass, uint64_t now_ns);

/*
 * What call control hands back with its reports: a handle, and of what. Those of struct cm_vc are
 * plain, since that is what most calls have.
 */
#define CM_COOKIE_VC 0ull
#define CM_COOKIE_GROUP (1ull << 32)
#define CM_COOKIE_PARTY (2ull << 32)

static inline uint64_t
cm_cookie_kind(uint64_t cookie)
{
	return cookie & ~(uint64_t)UINT32_MAX;
}

/** Whether the state table has a cell for it. */
bool cm_accepts(const struct cm_vc *v, enum cm_event event);

/** Run one event through the state table; counted where that has no cell for it. */
void cm_event(struct callmgr *cm, struct cm_vc *v, enum cm_event event);

/** The VC is idle and the call manager made it: delete it, now or, if it must be, in a later turn.
 */
void cm_vc_delete(struct callmgr *cm, struct cm_vc *v);

/** In a later turn. */
void cm_vc_delete_later(struct callmgr *cm, struct cm_vc *v);

/** Forget the VC's record. */
void cm_vc_free(struct callmgr_env *env, struct cm_vc *v);

static inline struct cm_vc *
cm_vc_at(const struct callmgr_env *env, co_ctx_t ctx)
{
	return cp_pool_at(&env->vcs, (uint32_t)ctx);
}

/** The handle that is a VC's context. */
static inline uint32_t
cm_vc_handle(const struct callmgr_env *env, const struct cm_vc *v)
{
	return env->vcs.handles[v - (const struct cm_vc *)env->vcs.records];
}

/* fsm.c */

/** CO_MEDIA_F_: a multipoint call is one-way, from the root to its leaves. */
uint32_t cm_directions(const struct cm_vc *v);

/** What the miniport is told of the VC: flags and label, and the rates where they are metered. */
void cm_media(const struct callmgr *cm, const struct cm_vc *v, struct co_media_params *media);

/** Have the miniport activate the VC, or change its rates; callmgr_vc_activated() is the end. */
void cm_vc_activate(struct callmgr *cm, struct cm_vc *v, struct co_media_params *media);

/** Have it stop what is active; callmgr_vc_deactivated() is the end. */
void cm_vc_deactivate(struct callmgr *cm, struct cm_vc *v);

/** Call control was asked to end what @p v carries: @p err is what it said. */
void cm_asked_to_end(struct callmgr *cm, uint32_t handle, uni_call_t call, int err);

/* call.c */

/** The client's answer to an offer. */
void cm_answered(struct callmgr *cm, struct cm_vc *v, enum co_status status,
	const struct co_call_params *params);

/** Why a request for a call or party failed at once, for its parameters and its status. */
enum co_status cm_status_of_errno(int err, uint8_t *cause);

/* closing.c */

/** Close or drop data, at least an octet: its cause, @p cause as it was where none is named; false:
 * it is none, or there is no room for any (SIG-117, CLOSE-11, DROP-8). */
bool cm_data_read(const struct callmgr *cm, struct co_data data, uint8_t *cause);

/** The same of what may be empty. */
static inline bool
cm_data_take(const struct callmgr *cm, struct co_data data, uint8_t otherwise, uint8_t *cause)
{
	*cause = otherwise;
	return data.size == 0 || cm_data_read(cm, data, cause);
}

/** Have call control end a call, or drop a party, with data that has been taken. */
int cm_net_close(const struct callmgr *cm, uni_call_t call, uint8_t cause, struct co_data data);
int cm_net_drop(const struct callmgr *cm, uni_party_t party, uint8_t cause, struct co_data data);

/** What the client's answer brings is to go with ours. */
void cm_enclose(struct callmgr *cm, const struct cm_vc *v, enum uni_answer_kind kind,
	const struct co_call_params *params);

/** What the answer to a call of the client's has brought is kept in its VC until that knows. */
void cm_answer_keep(struct callmgr_env *env, struct cm_vc *v, const struct uni_elements *came);
void cm_answer_keep_end(
	struct callmgr_env *env, struct cm_vc *v, const struct uni_release *release);
void cm_answer_drop(struct callmgr_env *env, struct cm_vc *v);
void cm_params_set_came(struct co_call_params *params, const struct uni_elements *came);

/* net.c: handlers of call control. */
extern const struct uni_link_ops cm_link_ops;

/** The call has ended for the network; the client hears of it where it must (INCLOSE-1..5). */
void cm_vc_ended(struct callmgr *cm, struct cm_vc *v, const struct uni_release *release, bool owed);

/** Find the SAP, make the VC, offer the call: cause 0, or what to refuse it with. @p group and @p
 * party of a leaf, else none. */
struct cm_lack cm_offer(struct callmgr *cm, uni_call_t call, uint32_t group, uni_party_t party,
	const struct uni_setup *setup);

/** An offer that nobody gets; its label is free. */
void cm_decline(struct callmgr *cm, uni_call_t call, uint32_t label, const struct cm_lack *why);

/* party.c: the root of a multipoint call. */

struct cm_party *cm_party_new(struct callmgr *cm, uint32_t vc, co_party_t party, uint32_t *handle);
void cm_party_free(struct callmgr *cm, struct cm_party *p);

/** The call is over, or was never made: so are its parties (MAKE-8, CLOSE-8). */
void cm_parties_end(struct callmgr *cm, struct cm_vc *v);

/** The call is up: its first party has joined. */
void cm_parties_made(struct callmgr *cm, struct cm_vc *v);

/** Reports about a party, @p handle of a struct cm_party. */
void cm_party_added(
	struct callmgr *cm, uint32_t handle, uni_party_t net, const struct uni_elements *came);
void cm_party_refused(
	struct callmgr *cm, uint32_t handle, uni_party_t net, const struct uni_release *release);
void cm_party_released(struct callmgr *cm, uint32_t handle, uni_party_t net,
	const struct uni_release *release, bool owed);
void cm_party_dropped(struct callmgr *cm, uint32_t handle, uni_party_t net);

/* group.c: leaves of a multipoint call. */

/** A multipoint call is offered. */
void cm_group_offer(struct callmgr *cm, uni_call_t call, const struct uni_setup *setup);

/** Another of its parties is. */
void cm_group_offer_party(
	struct callmgr *cm, uni_call_t call, uni_party_t party, const struct uni_setup *setup);

/** The VC does not use the group's label any more (SIG-109). It leaves the group. */
void cm_group_part(struct callmgr *cm, struct cm_vc *v);

/** The client has accepted, the VC is active. */
void cm_leaf_answer(struct callmgr *cm, struct cm_vc *v);

/** Reports about the call, @p handle of a struct cm_group. */
void cm_group_connected(struct callmgr *cm, uint32_t handle, uni_call_t call);
void cm_group_released(struct callmgr *cm, uint32_t handle, uni_call_t call,
	const struct uni_release *release, bool owed);
void cm_group_cleared(struct callmgr *cm, uint32_t handle, uni_call_t call);

/** Reports about a party, @p handle of the VC of that leaf. */
void cm_leaf_released(struct callmgr *cm, uint32_t handle, uni_party_t net,
	const struct uni_release *release, bool owed);
void cm_leaf_dropped(struct callmgr *cm, uint32_t handle, uni_party_t net);

/* change.c: changes of rates. */
void cm_change_event(struct callmgr *cm, struct cm_vc *v, enum cm_change_event event);

/** The call ends: what is under way is over, the client's with @p status (RACE-7, RACE-12). */
void cm_change_end(struct callmgr *cm, struct cm_vc *v, enum co_status status);

/** The miniport's answer to other rates. */
void cm_change_activated(struct callmgr *cm, struct cm_vc *v, enum co_status status,
	const struct co_media_params *media);
void cm_change_modified(
	struct callmgr *cm, struct cm_vc *v, const struct uni_rates *in_force, bool confirm);
void cm_change_refused(struct callmgr *cm, struct cm_vc *v, uint8_t cause);
void cm_change_asked(struct callmgr *cm, struct cm_vc *v, const struct uni_rates *rates);

/** Once a turn: of at most @p max changes, whether rates are in doubt and can be asked about. */
void cm_changes_turn(struct callmgr_env *env, uint32_t max);

/* confirm.c: whether a change is carried out at both ends (SIG-M2, SIG-M9, SIG-114). */

/** The client hears that its acceptance is confirmed. Runs a handler. */
void cm_confirmed(struct callmgr *cm, const struct cm_vc *v);
/** CO_OID_VC_WANT_CONFIRMATION, CO_OID_VC_CONFIRMATION of a client. */
enum co_status cm_want_confirmation(struct callmgr *cm, const struct co_oid_request *request);
enum co_status cm_confirm(struct callmgr *cm, const struct co_oid_request *request);

/* notify.c */

/** NOTIFY of the network: its client hears of it. */
void cm_notified(struct callmgr *cm, uni_call_t call, uni_party_t party, uint64_t cookie,
	const struct uni_notification *notification);
/** CO_OID_VC_NOTIFICATION of a client, its buffer large enough. */
enum co_status cm_notify(struct callmgr *cm, const struct co_oid_request *request);

/* reserve.c: the trunk's bandwidth. False, and why not: what the VC had it has still. */
bool cm_reserve_call(const struct callmgr *cm, const struct cm_vc *v,
	const struct co_call_params *params, struct cm_lack *lack);
bool cm_reserve(const struct callmgr *cm, const struct cm_vc *v, const struct co_flowspec *tx,
	const struct co_flowspec *rx, struct cm_lack *lack);
/** Enough for the one and the other (SIG-M1). */
bool cm_reserve_either(const struct callmgr *cm, const struct cm_vc *v, const struct co_vc_flow *a,
	const struct co_vc_flow *b);
void cm_unreserve(const struct callmgr *cm, const struct cm_vc *v);
/** All 0 where it is not metered, or the miniport does not tell. */
struct co_vc_flow cm_flow_in_force(const struct callmgr *cm, const struct cm_vc *v);

/* pvc.c */

/** The PVC that @p params means, if it is free; taken for @p v. */
bool cm_pvc_take(struct callmgr *cm, struct cm_vc *v, struct co_call_params *params);
void cm_pvc_put(struct callmgr *cm, struct cm_vc *v);
void cm_pvcs_end(struct callmgr *cm);

/* trace.c */

/** @p n entries, 0: none. 0 or -ENOMEM. */
int cm_trace_init(struct uni_recorder *r, uint32_t n, const struct cp_mem *mem);
void cm_trace_fini(struct uni_recorder *r, const struct cp_mem *mem);

/* af.c */
static inline struct cm_af *
cm_af_of(const struct callmgr_env *env, const struct cm_vc *v)
{
	return (struct cm_af *)env->afs.records + v->af_idx;
}

/** One VC, or SAP, less: a close that waited for the last may complete (AF-13). */
void cm_af_vc_gone(struct callmgr_env *env, uint32_t af_idx);
void cm_af_sap_gone(struct callmgr *cm, struct cm_af *af);

/** Tell the client of every open AF (OID-5). */
void cm_af_tell_all(struct callmgr *cm, enum co_oid oid);

/** Once a turn: what clients are to be told, how far leaving is. */
void cm_af_turn(struct callmgr *cm);

/* sap.c */
int cm_sap_add(struct callmgr *cm, uint32_t af_ctx, co_sap_t sap, const struct co_address *address,
	uint32_t *out);
int cm_sap_remove(struct callmgr *cm, uint32_t handle);
/** The SAP that takes @p called: an exact one, else the longest prefix; NULL: nobody does. */
const struct cm_sap *cm_sap_find(const struct callmgr *cm, const struct co_address *called);

/* params.c */
void cm_setup_from_params(
	const struct callmgr *cm, const struct co_call_params *params, struct uni_setup *setup);
void cm_params_from_setup(
	const struct callmgr *cm, const struct uni_setup *setup, struct co_call_params *params);
void cm_rates_from_params(
	const struct callmgr *cm, const struct co_call_params *params, struct uni_rates *rates);
/** @p ours: we are the calling side. Only the peak rates change. */
void cm_flows_from_rates(const struct callmgr *cm, const struct uni_rates *rates, bool ours,
	struct co_flowspec *tx, struct co_flowspec *rx);
/** What is used in place of what was asked for is little enough to do without (ACT-8). */
bool cm_flow_is_short(const struct co_flowspec *asked, const struct co_flowspec *used);
/** @p flow becomes @p used where that is another rate; true then. */
bool cm_flow_adopt(struct co_flowspec *flow, const struct co_flowspec *used);
/** What a refusal by the network is to the client that made the call. */
enum co_status cm_status_of_cause(uint8_t cause);
/** Why an established call ended: SUCCESS for an ordinary release, else trouble (INCLOSE-1). */
enum co_status cm_reason_of_cause(uint8_t cause);
