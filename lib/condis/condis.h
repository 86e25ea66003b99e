/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once

/**
 * @file
 * The broker of the call model (CoNDIS): it stands between clients, call managers
 * (CM), miniport call managers (MCM) and miniports, routes every request, and
 * keeps the state of address families (AF), SAPs, VCs and calls. Rule numbers in
 * comments are those of the call-model contract.
 *
 * Families of functions: co_cl_ is called by a client, co_cm_ by a stand-alone CM,
 * co_mcm_ by an MCM, co_m_ by a miniport, co_ by client or CM. A request that
 * returns CO_STATUS_PENDING is completed by exactly one call of its _complete
 * handler (ASYNC-1); one that returns anything else is finished (ASYNC-2).
 *
 * One thread, the control thread, makes every call and runs every handler. The
 * broker is re-entrant on it: a handler may call any function about any object
 * (ASYNC-7). The handlers of one party about one VC neither nest nor overlap: what
 * is raised meanwhile is delivered in order after the running one returned
 * (ASYNC-9); receive and send_complete are exempt. On a VC that the client created
 * make_call_complete and close_call_complete also wait until the call manager has left its
 * handlers about that VC, since the client may delete the VC in them (CLOSE-23).
 *
 * Handles carry a generation: a stale one gets CO_STATUS_FAILURE and reaches no
 * handler (OBJ-8). Nothing is allocated after co_create(); running out of records
 * is CO_STATUS_RESOURCES. No function reads a clock or waits.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/mem.h"
#include "base/status.h"

struct co;

/** Handles; 0 is none. */
typedef uint32_t co_adapter_t;  /**< A miniport instance. */
typedef uint32_t co_protocol_t; /**< A client or a stand-alone CM. */
typedef uint32_t co_binding_t;  /**< A protocol on an adapter. */
typedef uint32_t co_af_t;       /**< Client, CM and adapter, joined for one signalling protocol. */
typedef uint32_t co_sap_t;
typedef uint32_t co_vc_t;
typedef uint32_t co_party_t;

#define CO_NONE 0u

/** Whatever the owner of a context put there: a handle of its own, or a pointer (OBJ-1). */
typedef uint64_t co_ctx_t;

/** Signalling protocols that an AF can stand for. */
enum co_af_type {
	CO_AF_Q2931 = 1, /**< Q.2931 / Q.2971 user-network interface. */
	CO_AF_LOCAL,     /**< Media that need no signalling: tests. */
};

enum co_address_type {
	CO_ADDRESS_NONE = 0,
	CO_ADDRESS_E164, /**< 1..15 IA5 digits. */
	CO_ADDRESS_NSAP, /**< 20 octets. */
};

/** A called or calling address, or what a SAP listens for. */
struct co_address {
	uint8_t type; /**< enum co_address_type. */
	uint8_t len;
	/** SAP only: it takes every address that begins with these octets. */
	bool prefix;
	uint8_t octets[20];
};

/** One direction's traffic (1.3). Octets per second and octets; 0 is "not limited". */
struct co_flowspec {
	uint64_t token_rate;
	uint64_t peak_rate;
	uint32_t bucket_size;
	uint32_t max_sdu;
};

/** Flags of struct co_call_params. */
#define CO_CALL_F_CHANGED 0x1u   /**< Whoever hands it back changed it: look again. */
#define CO_CALL_F_PERMANENT 0x2u /**< Use a configured PVC (MAKE-12). */
#define CO_CALL_F_MULTIPOINT                                                                       \
	0x4u /**< Set by the broker: the VC is the root of a point-to-multipoint call (MAKE-2). */
/**
 * Of modify_call_qos: should the remote want a confirmation, the client gives it, by
 * CO_OID_VC_CONFIRMATION; without the flag the CM does. In the parameters of a completion with
 * SUCCESS: the remote does want one.
 */
#define CO_CALL_F_CONFIRM 0x8u

/** Flags of struct co_media_params. */
#define CO_MEDIA_F_TRANSMIT 0x1u
#define CO_MEDIA_F_RECEIVE 0x2u
#define CO_MEDIA_F_ROUND_UP                                                                        \
	0x4u /**< The miniport may use a higher rate, and says which (ACT-8).                      \
	      */
#define CO_MEDIA_F_ROUND_DOWN 0x8u /**< Likewise a lower one. */
/** One of several VCs that all receive what arrives on the label: leaves of one multipoint call. */
#define CO_MEDIA_F_LEAF 0x10u

/** What a miniport is told at activation. The CM derives it from the call's parameters. */
struct co_media_params {
	uint32_t flags;  /**< CO_MEDIA_F_. */
	uint32_t label;  /**< The medium's name of the VC on its adapter: an MPLS label, host order.
			  */
	bool signalling; /**< The CM's own VC: its frames go to the CM, not to a circuit. */
	/**
	 * What the miniport meters in each direction; peak_rate 0 is not metered. In what it hands
	 * back: the rates that it uses, other than those asked for only with a ROUND flag.
	 */
	struct co_flowspec tx;
	struct co_flowspec rx;
};

/** The parameters of a call (1.3). */
struct co_call_params {
	uint32_t flags;        /**< CO_CALL_F_. */
	struct co_flowspec tx; /**< From the local client to the remote one. */
	struct co_flowspec rx;
	struct co_address called;
	struct co_address calling;
	struct co_media_params media;
	uint8_t cause; /**< The signalling protocol's reason when the call failed; 0: none. */
	/**
	 * The signalling-specific block: further elements as coded on the wire, carried unchanged
	 * from call to call. A client's request or answer gives some; its offer brings those of the
	 * caller, its completion those of the answer or refusal. Dies when the handler that gave
	 * it, or the request that took it, returns.
	 */
	const uint8_t *elements;
	uint32_t elements_size;
};

/** Close or drop data: diagnostics for the remote (CLOSE-10, DROP-7). Its form is the CM's. */
struct co_data {
	const uint8_t *octets; /**< NULL exactly when size is 0 (CLOSE-13). */
	uint32_t size;
};

/** One packet on a VC for a local client or CM. */
struct co_packet {
	uint8_t *data;
	uint32_t len;
	co_vc_t vc;            /**< Set by the broker when it is sent (SEND-6). */
	enum co_status status; /**< Of the send, at completion. */
	/** Receive: the miniport is short of buffers; copy it, it is back at the return (RECV-2).
	 */
	bool low_resources;
	uint64_t cancel_id; /**< Send: what co_cancel_send() names it by; 0: never (SEND-7). */
	void *owner;        /**< The creator's; nobody else touches it. */
};

/**
 * Requests that are typed by number (4.20). To a miniport: about a VC, or without one about the
 * adapter. Between client and CM: about an AF, or a VC of it. Sizes are those of the type named.
 */
enum co_oid {
	CO_OID_VC_ATTACH = 1, /**< uint32_t: carry the VC to this local attachment. */
	CO_OID_VC_CIRCUIT, /**< uint32_t out: the medium's handle of the VC, for CO_OID_VC_JOIN. */
	CO_OID_VC_JOIN,    /**< uint32_t: cross-connect with that circuit, in both directions. */
	CO_OID_VC_LOCAL,   /**< No buffer: the client itself receives what arrives on the VC. */
	CO_OID_VC_FLOW,    /**< struct co_vc_flow out: the rates in force. */
	/**
	 * struct co_media_params, and back: the VC, active or to be so, is to have the bandwidth of
	 * these rates instead of what it had, until it is deactivated or deleted. RESOURCES:
	 * nothing has changed, and what can be had takes the place of a peak rate that is above it.
	 */
	CO_OID_VC_RESERVE,
	CO_OID_VC_STATISTICS, /**< struct co_vc_statistics out (STAT-1..3). */
	/* uint64_t out, of the VC or the adapter; 4 octets get the low half (STAT-4). */
	CO_OID_PACKETS_SENT,
	CO_OID_PACKETS_RECEIVED,
	CO_OID_SEND_ERRORS,
	CO_OID_RECEIVE_ERRORS,
	CO_OID_RECEIVE_NO_BUFFER,
	CO_OID_QUEUED,      /**< uint32_t out: packets waiting to be sent (STAT-2). */
	CO_OID_LINK,        /**< uint32_t out: 1 carrier, 0 none (UNB-10). */
	CO_OID_MAX_PAYLOAD, /**< uint32_t out: octets of a packet. */
	CO_OID_TIME,        /**< uint64_t out: the adapter's clock, ns (OID-4: answered at once). */
	/* A CM to its clients (OID-5, OID-6); no buffer. */
	CO_OID_SIGNALLING_DOWN,
	CO_OID_SIGNALLING_UP,
	CO_OID_ADDRESS_CHANGED,
	/* A client to its CM (OID-6, OID-7). */
	CO_OID_ADDRESSES,      /**< struct co_address[] out: the list. */
	CO_OID_ADD_ADDRESS,    /**< struct co_address. */
	CO_OID_DELETE_ADDRESS, /**< struct co_address. */
	CO_OID_ADD_PVC,        /**< struct co_pvc. */
	CO_OID_DELETE_PVC,     /**< struct co_pvc: label alone counts. */
	/**
	 * No buffer. A client to its CM, before it answers a change of the VC that the remote has
	 * proposed: if it accepts, the remote is to confirm.
	 */
	CO_OID_VC_WANT_CONFIRMATION,
	/* Either to the other, about the VC, or the party, that the request names (OID-2). */
	/**
	 * No buffer. To the client: what it wanted confirmed is, or its time is up. To the CM: the
	 * client's own change is confirmed (CO_CALL_F_CONFIRM).
	 */
	CO_OID_VC_CONFIRMATION,
	CO_OID_VC_NOTIFICATION, /**< struct co_notification. */
	CO_OID_COUNT
};

/** A configured circuit (MAKE-12, OID-7). */
struct co_pvc {
	uint32_t label;
	struct co_address address; /**< What a call without media parameters is matched by. */
	struct co_flowspec tx, rx;
};

#define CO_NOTIFICATION_MAX 128u

/** Something that one end of a call tells the other, and that changes nothing here. */
struct co_notification {
	uint8_t instructions; /**< What one who does not know it is to do: as signalled. */
	uint8_t size;         /**< 1 .. CO_NOTIFICATION_MAX. */
	uint8_t octets[CO_NOTIFICATION_MAX];
};

/** Rates in force of a VC. */
struct co_vc_flow {
	struct co_flowspec tx, rx;
};

/** Counters of a VC, or an adapter's total, as the miniport has them, 64 bits each (STAT-1..6). */
struct co_vc_statistics {
	uint64_t rx_packets; /**< From the wire into the VC. */
	uint64_t rx_octets;
	uint64_t tx_packets; /**< Onto the wire. */
	uint64_t tx_octets;
	uint64_t drops;        /**< Received and not carried on, any reason. */
	uint64_t tx_errors;    /**< Sends of a local client that failed. */
	uint64_t rx_errors;    /**< Damaged: not handed up (STAT-5). */
	uint64_t rx_no_buffer; /**< Dropped for lack of a buffer. */
};

/**
 * A request under way: the requester's memory, untouched by it from the call to the answer. Not
 * serialised: several may be out (OID-3).
 */
struct co_oid_request {
	enum co_oid oid;
	void *buffer;
	uint32_t size;   /**< Octets of buffer. */
	uint32_t needed; /**< Answered with: octets that there were, also when too few fit. */
	/**
	 * The answer to what pended. NULL: only an answer at once will do, whoever cannot says
	 * CO_STATUS_NOT_SUPPORTED.
	 */
	void (*complete)(void *arg, struct co_oid_request *request, enum co_status status);
	void *arg;
	/** Between client and CM: what it is about, a VC of the AF and a party of that (OID-2). */
	co_vc_t vc;
	co_party_t party;
	co_ctx_t vc_ctx, party_ctx; /**< The broker's: as which its receiver knows them. */
	co_adapter_t adapter;       /**< The broker's: whom it was sent to ... */
	bool out;                   /**< ... and that it has not been answered (ASYNC-5). */
};

/*
 * ---- What the parties implement. ----
 * Every member is set unless it says [CM] or [-]. One marked [-] may be left NULL, which is the
 * same as a handler that returns CO_STATUS_NOT_SUPPORTED, or just returns (OBJ-7).
 */

/** A client. @p client is what co_register_client() was given. */
struct co_client_ops {
	/** Bound to an adapter; @p binding is for co_create_vc() and co_delete_vc(). */
	void (*bound)(void *client, co_binding_t binding, co_adapter_t adapter);
	/** An AF can be opened on @p binding (AF-1, AF-2): open it, or just return (AF-10). */
	void (*af_register_notify)(void *client, co_binding_t binding, enum co_af_type type);
	/** @p af is CO_NONE on failure (AF-8). */
	void (*open_af_complete)(void *client, co_ctx_t af_ctx, enum co_status status, co_af_t af);
	void (*close_af_complete)(void *client, co_ctx_t af_ctx, enum co_status status);
	void (*register_sap_complete)(
		void *client, co_ctx_t sap_ctx, enum co_status status, co_sap_t sap);
	void (*deregister_sap_complete)(void *client, co_ctx_t sap_ctx, enum co_status status);
	/**
	 * [-] The CM goes away: drop parties, close calls, delete VCs, deregister SAPs, close the
	 * AF (AF-11, AF-12). PENDING: co_cl_notify_close_address_family_complete() when that is
	 * done; never wait for it in here (AF-18).
	 */
	enum co_status (*notify_close_af)(void *client, co_ctx_t af_ctx);
	/**
	 * [-] Leave the adapter: as notify_close_af for all AFs there, then co_close_adapter(),
	 * from here or later. It cannot be refused (UNB-1, UNB-2).
	 */
	void (*unbind)(void *client, co_binding_t binding);
	/** A CM makes a VC for an incoming call: set *vc_ctx. Never pends (ASYNC-6). */
	enum co_status (*create_vc)(void *client, co_ctx_t af_ctx, co_vc_t vc, co_ctx_t *vc_ctx);
	/** May refuse while it has work on the VC (DEL-5). Never pends. */
	enum co_status (*delete_vc)(void *client, co_ctx_t vc_ctx);
	void (*make_call_complete)(void *client, co_ctx_t vc_ctx, enum co_status status,
		const struct co_call_params *params);
	/** [-] @p party is CO_NONE on failure: the handle is void (MAKE-8, ADD-6). */
	void (*add_party_complete)(void *client, co_ctx_t party_ctx, enum co_status status,
		co_party_t party, const struct co_call_params *params);
	/** [-] SUCCESS: the party is gone (DROP-10). Else it is back, dropping was refused (C-6).
	 */
	void (*drop_party_complete)(void *client, co_ctx_t party_ctx, enum co_status status);
	/** [-] Answer with co_cl_drop_party(), or close if it is the last (INDROP-2). */
	void (*incoming_drop_party)(
		void *client, co_ctx_t party_ctx, enum co_status reason, struct co_data data);
	/**
	 * [-] @p params: what is in force now, the old ones after a refusal (QOS-4..6); where the
	 * CM gave none, as after REQUEST_ABORTED, those asked for.
	 */
	void (*modify_call_qos_complete)(void *client, co_ctx_t vc_ctx, enum co_status status,
		const struct co_call_params *params);
	/**
	 * [-] The remote has proposed @p params, and the VC has them already. SUCCESS accepts;
	 * co_cl_modify_call_qos() or co_cl_close_call() from here refuse (INQOS-2, INQOS-3).
	 * PENDING, for a client that must ask another first, as a transit:
	 * co_cl_incoming_call_qos_change_complete() follows. Any other status refuses as well.
	 */
	enum co_status (*incoming_call_qos_change)(
		void *client, co_ctx_t vc_ctx, const struct co_call_params *params);
	/** @p party_ctx is 0 for a point-to-point call (CLOSE-16). */
	void (*close_call_complete)(
		void *client, co_ctx_t vc_ctx, co_ctx_t party_ctx, enum co_status status);
	/** Answer now, or CO_STATUS_PENDING and co_cl_incoming_call_complete() later (INCALL-2). */
	enum co_status (*incoming_call)(
		void *client, co_ctx_t sap_ctx, co_ctx_t vc_ctx, struct co_call_params *params);
	void (*call_connected)(void *client, co_ctx_t vc_ctx);
	/** Answer with co_cl_close_call() (INCLOSE-5). @p data dies when this returns (ASYNC-11).
	 */
	void (*incoming_close_call)(
		void *client, co_ctx_t vc_ctx, enum co_status reason, struct co_data data);
	void (*send_complete)(void *client, co_ctx_t vc_ctx, struct co_packet **pkts, uint32_t n);
	/**
	 * Each packet must go back by co_return_receive(), now or later, but for those marked
	 * low_resources: those are the broker's again when this returns (RECV-2). One call has
	 * packets of one kind only.
	 */
	void (*receive)(void *client, co_ctx_t vc_ctx, struct co_packet **pkts, uint32_t n);
	/**
	 * [-] @p vc_ctx is that of the VC it is about, @p has_vc, else it is about the adapter
	 * (STAT-7). One at a time per binding.
	 */
	void (*status)(void *client, co_binding_t binding, bool has_vc, co_ctx_t vc_ctx,
		enum co_status code);
	/** [-] From the CM of the AF (OID-1, OID-5, OID-6). PENDING: co_oid_request_complete(). */
	enum co_status (*oid_request)(
		void *client, co_ctx_t af_ctx, struct co_oid_request *request);
};

/**
 * A call manager, stand-alone or MCM. @p cm is what it was registered with.
 * Members marked [CM] are NULL for an MCM: its NIC work is its own (C-3, 1.1).
 */
struct co_callmgr_ops {
	/** [CM] Bound to an adapter: register AFs from here (AF-1). */
	void (*bound)(void *cm, co_binding_t binding, co_adapter_t adapter);
	enum co_status (*open_af)(void *cm, co_af_t af, enum co_af_type type, co_ctx_t *af_ctx);
	/** With calls or SAPs left prefer CO_STATUS_PENDING (AF-13). */
	enum co_status (*close_af)(void *cm, co_ctx_t af_ctx);
	enum co_status (*register_sap)(void *cm, co_ctx_t af_ctx, co_sap_t sap,
		const struct co_address *address, co_ctx_t *sap_ctx);
	enum co_status (*deregister_sap)(void *cm, co_ctx_t sap_ctx);
	/**
	 * [-] The client's answer to co_cm_notify_close_address_family() that pended (AF-17): the
	 * last that is heard of @p af_ctx, behind close_af.
	 */
	void (*notify_close_af_complete)(void *cm, co_ctx_t af_ctx, enum co_status status);
	/** [CM] [-] As a client's: first all AFs are closed by their clients (AF-16, UNB-3). */
	void (*unbind)(void *cm, co_binding_t binding);
	/** A client makes a VC for an outgoing call. No signalling yet (VC-7). */
	enum co_status (*create_vc)(void *cm, co_ctx_t af_ctx, co_vc_t vc, co_ctx_t *vc_ctx);
	enum co_status (*delete_vc)(void *cm, co_ctx_t vc_ctx);
	/** @p params belongs to the CM until completion (ASYNC-10). */
	enum co_status (*make_call)(void *cm, co_ctx_t vc_ctx, struct co_call_params *params);
	/**
	 * [-] The same with a first party: *party_ctx is set, to other than 0, before this returns
	 * or completes (MAKE-2, ADD-2).
	 */
	enum co_status (*make_multipoint_call)(void *cm, co_ctx_t vc_ctx,
		struct co_call_params *params, co_party_t party, co_ctx_t *party_ctx);
	/** [-] @p params belongs to the CM until completion; *party_ctx as above. */
	enum co_status (*add_party)(void *cm, co_ctx_t vc_ctx, struct co_call_params *params,
		co_party_t party, co_ctx_t *party_ctx);
	/** [-] The CM frees its party with it (DROP-9). @p data lives until completion. */
	enum co_status (*drop_party)(void *cm, co_ctx_t party_ctx, struct co_data data);
	/** [-] @p params belongs to the CM until completion (QOS-2, QOS-3). */
	enum co_status (*modify_call_qos)(void *cm, co_ctx_t vc_ctx, struct co_call_params *params);
	/** [-] The client's answer to a change of the remote that pended (INQOS-4). */
	void (*incoming_call_qos_change_complete)(void *cm, co_ctx_t vc_ctx, enum co_status status);
	/** @p party_ctx is 0 for a point-to-point call (CLOSE-6). @p data lives until completion.
	 */
	enum co_status (*close_call)(
		void *cm, co_ctx_t vc_ctx, co_ctx_t party_ctx, struct co_data data);
	/**
	 * [optional] Requests about these VCs come next, CO_AHEAD_MAX at most: what they need can
	 * be asked of memory for all of them at once.
	 */
	void (*ahead)(void *cm, const co_ctx_t *vc_ctxs, uint32_t n);
	/** The client's answer to an offer that it had pended (INCALL-3). */
	void (*incoming_call_complete)(void *cm, co_ctx_t vc_ctx, enum co_status status,
		const struct co_call_params *params);
	/** [CM] */
	void (*activate_vc_complete)(void *cm, co_ctx_t vc_ctx, enum co_status status,
		const struct co_media_params *media);
	/** [CM] */
	void (*deactivate_vc_complete)(void *cm, co_ctx_t vc_ctx, enum co_status status);
	/** [CM] On its signalling VC. */
	void (*send_complete)(void *cm, co_ctx_t vc_ctx, struct co_packet **pkts, uint32_t n);
	/** [CM] On its signalling VC. */
	void (*receive)(void *cm, co_ctx_t vc_ctx, struct co_packet **pkts, uint32_t n);
	/** [CM] [-] As a client's. */
	void (*status)(
		void *cm, co_binding_t binding, bool has_vc, co_ctx_t vc_ctx, enum co_status code);
	/** [-] From a client (OID-1, OID-7). PENDING: co_oid_request_complete(). */
	enum co_status (*oid_request)(void *cm, co_ctx_t af_ctx, struct co_oid_request *request);
};

/** A miniport. @p adapter is what co_register_adapter() was given. */
struct co_miniport_ops {
	/** The adapter is known: an MCM registers its AFs from here (AF-1). */
	void (*initialize)(void *adapter, co_adapter_t handle);
	/** NULL for an MCM (1.1). Never pends (ASYNC-6). */
	enum co_status (*create_vc)(void *adapter, co_vc_t vc, co_ctx_t *vc_ctx);
	/** NULL for an MCM. */
	enum co_status (*delete_vc)(void *adapter, co_ctx_t vc_ctx);
	/** NULL for an MCM. SUCCESS, PENDING, INVALID_DATA, RESOURCES (ACT-4). */
	enum co_status (*activate_vc)(
		void *adapter, co_ctx_t vc_ctx, struct co_media_params *media);
	/** NULL for an MCM. SUCCESS or PENDING only (DEACT-6). */
	enum co_status (*deactivate_vc)(void *adapter, co_ctx_t vc_ctx);
	/** Takes the packets; each comes back by co_m_send_complete() (SEND-1, SEND-4). */
	void (*send)(void *adapter, co_ctx_t vc_ctx, struct co_packet **pkts, uint32_t n);
	void (*return_receive)(void *adapter, co_ctx_t vc_ctx, struct co_packet **pkts, uint32_t n);
	/** [-] Complete those that are marked with it with CO_STATUS_SEND_ABORTED (SEND-7). */
	void (*cancel_send)(void *adapter, co_ctx_t vc_ctx, uint64_t cancel_id);
	/**
	 * About the VC of @p vc_ctx where @p has_vc, else about the adapter. With an MCM it is the
	 * context that its create_vc or co_mcm_create_vc() set. PENDING: co_oid_request_complete().
	 */
	enum co_status (*oid_request)(
		void *adapter, bool has_vc, co_ctx_t vc_ctx, struct co_oid_request *request);
	/**
	 * [-] Sends that wait are completed with CO_STATUS_REQUEST_ABORTED first (RESET-4); VCs
	 * keep what they have (RESET-7). PENDING: co_m_reset_complete().
	 */
	enum co_status (*reset)(void *adapter);
	/**
	 * [-] The last call that an adapter gets, except that an MCM has all its AFs closed first
	 * (UNB-3). PENDING: co_m_halt_complete().
	 */
	enum co_status (*halt)(void *adapter);
};

/* ---- Assembly: control thread, before traffic or after it. ---- */

/** How many records of each kind; 0 takes the default in brackets. */
struct co_limits {
	uint32_t n_adapters;  /**< [64] */
	uint32_t n_protocols; /**< [16] */
	uint32_t n_bindings;  /**< [256] */
	uint32_t n_afs;       /**< [256] */
	uint32_t n_saps;      /**< [4096] */
	uint32_t n_vcs;       /**< [65536] */
	uint32_t n_parties;   /**< [65536] Of all multipoint calls together. */
	uint32_t n_names;     /**< [1024] Of VCs. */
	uint32_t n_waiting;   /**< [4096] Requests to miniports that are under way at one time. */
};

/** NULL when memory is out. @p mem NULL is the libc. */
struct co *co_create(const struct co_limits *limits, const struct cp_mem *mem);
void co_destroy(struct co *co);

/** Binds the client to every adapter, present and future: ops->bound, then the AFs there (AF-2). */
enum co_status co_register_client(struct co *co, const struct co_client_ops *ops, void *client,
	const char *name, co_protocol_t *out);

/** A stand-alone CM; it binds where co_bind() says. */
enum co_status co_register_callmgr(struct co *co, const struct co_callmgr_ops *ops, void *cm,
	const char *name, co_protocol_t *out);

/**
 * Bind a stand-alone CM to an adapter: ops->bound, then clients are told of its AFs (AF-1).
 * CO_STATUS_FAILURE where an MCM is: it takes the place of all others (AF-5).
 */
enum co_status co_bind(struct co *co, co_protocol_t cm, co_adapter_t adapter);

/**
 * A miniport instance. @p mcm NULL: a miniport for stand-alone CMs. Else it is an MCM,
 * and both tables are called with their own first argument: @p adapter, @p mcm_ctx.
 */
enum co_status co_register_adapter(struct co *co, const struct co_miniport_ops *ops, void *adapter,
	const struct co_callmgr_ops *mcm, void *mcm_ctx, const char *name, co_adapter_t *out);

/* ---- The operator: what the parties cannot ask for themselves. ---- */

/**
 * Have the protocol leave the adapter: its unbind handler runs; it ends with co_close_adapter().
 * @return PENDING, SUCCESS when it has left already, FAILURE: stale, NOT_ACCEPTED: asked before.
 */
enum co_status co_unbind(struct co *co, co_binding_t binding);

/**
 * A paused binding sends nothing: its sends come back with CO_STATUS_NOT_ACCEPTED (UNB-4).
 * co_close_adapter() pauses too.
 */
enum co_status co_pause(struct co *co, co_binding_t binding);
enum co_status co_restart(struct co *co, co_binding_t binding);

/**
 * Take the adapter away: its CM closes all AFs (by unbind, or the MCM's halt), protocols are
 * unbound, sends and requests are awaited (UNB-6), then it halts. @p done runs once, when the
 * handle is dead; it may run before this returns.
 * @return PENDING, FAILURE: stale, NOT_ACCEPTED: asked before.
 */
enum co_status co_halt(struct co *co, co_adapter_t adapter,
	void (*done)(void *arg, co_adapter_t adapter), void *arg);

/**
 * RESET_START to the CM and clients, the miniport's reset, RESET_END (RESET-2, RESET-6).
 * @return SUCCESS or PENDING, RESET_IN_PROGRESS: one runs, NOT_SUPPORTED, FAILURE: stale,
 * NOT_ACCEPTED: it halts, or is gone; else what the miniport failed with, RESET_END told.
 */
enum co_status co_reset(struct co *co, co_adapter_t adapter);

/* ---- Client. ---- */

/** The protocol's answer to unbind. NOT_ACCEPTED, and a line in the log, while anything is left
 * there (UNB-12); else the binding's handle is dead from here on (UNB-7). */
enum co_status co_close_adapter(struct co *co, co_binding_t binding);

enum co_status co_cl_open_address_family(
	struct co *co, co_binding_t binding, enum co_af_type type, co_ctx_t af_ctx, co_af_t *af);
enum co_status co_cl_close_address_family(struct co *co, co_af_t af);
/** After notify_close_af that pended, when the AF is closed; the one use of a dead handle (AF-15).
 */
enum co_status co_cl_notify_close_address_family_complete(
	struct co *co, co_af_t af, enum co_status status);
enum co_status co_cl_register_sap(struct co *co, co_af_t af, const struct co_address *address,
	co_ctx_t sap_ctx, co_sap_t *sap);
enum co_status co_cl_deregister_sap(struct co *co, co_sap_t sap);

/** @p params stays valid and untouched until completion (ASYNC-10). */
enum co_status co_cl_make_call(struct co *co, co_vc_t vc, struct co_call_params *params);

/**
 * The same for a call of many parties, @p called of @p params the first of them (MAKE-2). *party is
 * set before the CM is called; after a failure it is void (MAKE-8). @p party_ctx is not 0.
 */
enum co_status co_cl_make_multipoint_call(struct co *co, co_vc_t vc, struct co_call_params *params,
	co_ctx_t party_ctx, co_party_t *party);

/** *party as above. @p params stays valid and untouched until completion. @p party_ctx is not 0. */
enum co_status co_cl_add_party(struct co *co, co_vc_t vc, co_ctx_t party_ctx,
	struct co_call_params *params, co_party_t *party);

/** FAILURE for the last one: close instead (DROP-5). @p data lives until completion. */
enum co_status co_cl_drop_party(struct co *co, co_party_t party, struct co_data data);

/**
 * @p params stays valid and untouched until completion. One at a time (2.6), and not while a change
 * of the remote awaits its answer, except from inside its handler.
 */
enum co_status co_cl_modify_call_qos(struct co *co, co_vc_t vc, struct co_call_params *params);

/** The answer to incoming_call_qos_change that pended; NOT_ACCEPTED or CLOSING when too late. */
enum co_status co_cl_incoming_call_qos_change_complete(
	struct co *co, co_vc_t vc, enum co_status status);

/** Of the CM behind @p af (OID-7). PENDING: request->complete follows. */
enum co_status co_cl_oid_request(struct co *co, co_af_t af, struct co_oid_request *request);

/**
 * @p party is CO_NONE for a point-to-point call (CLOSE-6), else the one party that is left
 * (CLOSE-5). @p data lives until completion.
 */
enum co_status co_cl_close_call(struct co *co, co_vc_t vc, co_party_t party, struct co_data data);

/** Never with CO_STATUS_PENDING. Returns CO_STATUS_NOT_ACCEPTED or _CLOSING when too late. */
enum co_status co_cl_incoming_call_complete(
	struct co *co, co_vc_t vc, enum co_status status, const struct co_call_params *params);

/* ---- Client and stand-alone CM. ---- */

/**
 * Client: @p binding its own, @p af an open AF: a VC for an outgoing call.
 * CM: @p af the client's for an incoming call, or CO_NONE for its signalling VC (VC-6).
 * *vc must be CO_NONE on entry (OBJ-3). Peer first, miniport last, undone on refusal (VC-3, VC-4).
 */
enum co_status co_create_vc(
	struct co *co, co_binding_t binding, co_af_t af, co_ctx_t vc_ctx, co_vc_t *vc);

/** By the creator only, the call over and the VC deactivated (DEL-1..7). */
enum co_status co_delete_vc(struct co *co, co_binding_t binding, co_vc_t vc);

/**
 * Always answered through send_complete, refusals too (SEND-1); but of a handle that is stale
 * nobody is the sender: the packets stay the caller's, their status CO_STATUS_FAILURE (OBJ-8).
 */
void co_send(struct co *co, co_vc_t vc, struct co_packet **pkts, uint32_t n);
void co_return_receive(struct co *co, co_vc_t vc, struct co_packet **pkts, uint32_t n);

/** Have the miniport give back what was marked with @p cancel_id and not yet sent (SEND-7). */
void co_cancel_send(struct co *co, co_vc_t vc, uint64_t cancel_id);

/**
 * To the miniport, about @p vc; about the adapter where that is CO_NONE. PENDING:
 * request->complete follows. Any party, and the operator.
 */
enum co_status co_oid_submit(
	struct co *co, co_adapter_t adapter, co_vc_t vc, struct co_oid_request *request);

/** The short form: about a VC, answered at once. */
enum co_status co_oid_request(
	struct co *co, co_vc_t vc, enum co_oid oid, void *buffer, uint32_t size);

/** By whoever pended it. NOT_ACCEPTED when it is not out (ASYNC-5). */
enum co_status co_oid_request_complete(
	struct co *co, struct co_oid_request *request, enum co_status status);

#define CO_NAME_SIZE 48 /* octets of an instance name, its end included */

/**
 * Name a VC that the binding's protocol shares: @p base and an index that makes it unique; a second
 * call returns the first name (1.1: not for an MCM, which has no binding). It ends with the VC
 * (DEL-11). INVALID_DATA: base is empty, longer than 32 octets or not printable; NOT_ACCEPTED: the
 * VC is that of others; RESOURCES.
 */
enum co_status co_assign_instance_name(
	struct co *co, co_binding_t binding, co_vc_t vc, const char *base, char name[CO_NAME_SIZE]);

/** The name, NULL: it has none. Valid until the VC is deleted. */
const char *co_vc_name(const struct co *co, co_vc_t vc);

/** CO_NONE: nobody has that name. */
co_vc_t co_vc_named(const struct co *co, const char *name);

/* ---- Stand-alone CM; the co_mcm_ twins follow. A completion out of place: NOT_ACCEPTED (ASYNC-5).
 * ---- */

enum co_status co_cm_register_address_family(
	struct co *co, co_binding_t binding, enum co_af_type type);
enum co_status co_cm_open_address_family_complete(
	struct co *co, co_af_t af, enum co_status status, co_ctx_t af_ctx);
enum co_status co_cm_close_address_family_complete(struct co *co, co_af_t af);
/** The type can be registered anew, after all AFs of it were closed (UNB-11). */
enum co_status co_cm_withdraw_address_family(
	struct co *co, co_binding_t binding, enum co_af_type type);
/** SUCCESS: the client has closed it; PENDING: notify_close_af_complete follows (AF-16, AF-17). */
enum co_status co_cm_notify_close_address_family(struct co *co, co_af_t af);
enum co_status co_cm_register_sap_complete(
	struct co *co, co_sap_t sap, enum co_status status, co_ctx_t sap_ctx);
enum co_status co_cm_deregister_sap_complete(struct co *co, co_sap_t sap);
enum co_status co_cm_make_call_complete(
	struct co *co, co_vc_t vc, enum co_status status, const struct co_call_params *params);
/** The VC names the last party too (CLOSE-15). */
enum co_status co_cm_close_call_complete(struct co *co, co_vc_t vc, enum co_status status);
enum co_status co_cm_add_party_complete(struct co *co, co_party_t party, enum co_status status,
	const struct co_call_params *params);
enum co_status co_cm_drop_party_complete(struct co *co, co_party_t party, enum co_status status);
/** @p params NULL: those that were asked for. SUCCESS only after reactivation (QOS-2). */
enum co_status co_cm_modify_call_qos_complete(
	struct co *co, co_vc_t vc, enum co_status status, const struct co_call_params *params);
/** *media becomes what the miniport uses (ACT-8) when this returns SUCCESS. */
enum co_status co_cm_activate_vc(struct co *co, co_vc_t vc, struct co_media_params *media);
enum co_status co_cm_deactivate_vc(struct co *co, co_vc_t vc);

/**
 * The client's answer, or CO_STATUS_PENDING and incoming_call_complete later (INCALL-3).
 * @p params stays valid until the answer, or the client's close of an offer that was withdrawn.
 * CO_STATUS_CLOSING: withdrawn by an incoming close before the handler returned (INCLOSE-19).
 */
enum co_status co_cm_dispatch_incoming_call(
	struct co *co, co_sap_t sap, co_vc_t vc, struct co_call_params *params);
enum co_status co_cm_dispatch_call_connected(struct co *co, co_vc_t vc);
/** NOT_ACCEPTED while an add, drop or modify is pending: complete those first (RACE-12). */
enum co_status co_cm_dispatch_incoming_close_call(
	struct co *co, co_vc_t vc, enum co_status reason, struct co_data data);
/** Never for the last party: that is an incoming close (INCLOSE-15). */
enum co_status co_cm_dispatch_incoming_drop_party(
	struct co *co, co_party_t party, enum co_status reason, struct co_data data);
/**
 * The client's reaction (INQOS-4): SUCCESS it accepts, PENDING
 * incoming_call_qos_change_complete follows, unless the call ends before; CLOSING it has closed,
 * any other it refuses; with REQUEST_ABORTED it has asked for something else by modify_call_qos
 * (INQOS-5). NOT_ACCEPTED as well where a change of its own is under way.
 * @p params stays valid until then.
 */
enum co_status co_cm_dispatch_incoming_call_qos_change(
	struct co *co, co_vc_t vc, struct co_call_params *params);
/** Of the client of @p af (OID-5, OID-6). */
enum co_status co_cm_oid_request(struct co *co, co_af_t af, struct co_oid_request *request);

/* ---- MCM. ---- */

enum co_status co_mcm_register_address_family(
	struct co *co, co_adapter_t adapter, enum co_af_type type);
enum co_status co_mcm_open_address_family_complete(
	struct co *co, co_af_t af, enum co_status status, co_ctx_t af_ctx);
enum co_status co_mcm_close_address_family_complete(struct co *co, co_af_t af);
enum co_status co_mcm_withdraw_address_family(
	struct co *co, co_adapter_t adapter, enum co_af_type type);
enum co_status co_mcm_notify_close_address_family(struct co *co, co_af_t af);
enum co_status co_mcm_register_sap_complete(
	struct co *co, co_sap_t sap, enum co_status status, co_ctx_t sap_ctx);
enum co_status co_mcm_deregister_sap_complete(struct co *co, co_sap_t sap);
enum co_status co_mcm_create_vc(
	struct co *co, co_adapter_t adapter, co_af_t af, co_ctx_t vc_ctx, co_vc_t *vc);
enum co_status co_mcm_delete_vc(struct co *co, co_adapter_t adapter, co_vc_t vc);
enum co_status co_mcm_make_call_complete(
	struct co *co, co_vc_t vc, enum co_status status, const struct co_call_params *params);
enum co_status co_mcm_close_call_complete(struct co *co, co_vc_t vc, enum co_status status);
enum co_status co_mcm_add_party_complete(struct co *co, co_party_t party, enum co_status status,
	const struct co_call_params *params);
enum co_status co_mcm_drop_party_complete(struct co *co, co_party_t party, enum co_status status);
enum co_status co_mcm_modify_call_qos_complete(
	struct co *co, co_vc_t vc, enum co_status status, const struct co_call_params *params);

/** A notice: the NIC work is done. Synchronous (C-3). */
enum co_status co_mcm_activate_vc(struct co *co, co_vc_t vc, const struct co_media_params *media);

/** A notice, after the MCM has drained the VC (DEACT-12, DEACT-13). */
enum co_status co_mcm_deactivate_vc(struct co *co, co_vc_t vc);
enum co_status co_mcm_dispatch_incoming_call(
	struct co *co, co_sap_t sap, co_vc_t vc, struct co_call_params *params);
enum co_status co_mcm_dispatch_call_connected(struct co *co, co_vc_t vc);
enum co_status co_mcm_dispatch_incoming_close_call(
	struct co *co, co_vc_t vc, enum co_status reason, struct co_data data);
enum co_status co_mcm_dispatch_incoming_drop_party(
	struct co *co, co_party_t party, enum co_status reason, struct co_data data);
enum co_status co_mcm_dispatch_incoming_call_qos_change(
	struct co *co, co_vc_t vc, struct co_call_params *params);
enum co_status co_mcm_oid_request(struct co *co, co_af_t af, struct co_oid_request *request);

/* ---- Miniport. ---- */

enum co_status co_m_activate_vc_complete(
	struct co *co, co_vc_t vc, enum co_status status, const struct co_media_params *media);
enum co_status co_m_deactivate_vc_complete(struct co *co, co_vc_t vc, enum co_status status);
void co_m_send_complete(struct co *co, co_vc_t vc, struct co_packet **pkts, uint32_t n);

/** Receives go to the owner of the VC only (RECV-1); nobody there: straight back. */
void co_m_indicate_receive(struct co *co, co_vc_t vc, struct co_packet **pkts, uint32_t n);

/**
 * To all bound protocols, or with a VC to those that share it (STAT-7): MEDIA_CONNECT,
 * MEDIA_DISCONNECT. Loss of carrier by itself closes no call (UNB-10).
 */
void co_m_indicate_status(struct co *co, co_adapter_t adapter, co_vc_t vc, enum co_status code);

/** How many sends of the VC may be out at once; more come back with RESOURCES. Initially no limit;
 * 0 stops sending (SEND-8). */
void co_m_set_send_window(struct co *co, co_vc_t vc, uint32_t n);

enum co_status co_m_reset_complete(struct co *co, co_adapter_t adapter);
enum co_status co_m_halt_complete(struct co *co, co_adapter_t adapter);

/** The hardware is gone: requests get NOT_ACCEPTED until halt (UNB-8). */
void co_m_surprise_removed(struct co *co, co_adapter_t adapter);

/** Whether anybody wants co_m_vc_final(). */
bool co_is_observed(const struct co *co);

/**
 * What @p vc, which is being deactivated, has counted in all: before the notice that its
 * deactivation has ended, while the medium still has it and can count no more (I1).
 */
void co_m_vc_final(struct co *co, co_vc_t vc, const struct co_vc_statistics *counters);

/* ---- Hearing of calls. ---- */

#define CO_MAX_OBSERVERS 4

/** How a call ends. */
struct co_call_end {
	bool by_client; /**< By its client here; else the call manager told of it. */
	bool refused;   /**< While it was being made or offered; else it is closed. */
	/** Of the refusal or of the incoming close; SUCCESS where the client closes. */
	enum co_status status;
	/** Of a refusal: its cause, and its elements. NULL: there are none. */
	const struct co_call_params *params;
	struct co_data data; /**< Of a close. */
};

/**
 * Who hears of every call of every client, after the fact: each call begins, may come up, ends, and
 * is over, in this order; a VC that carries one call after the other is told of anew. Handlers run
 * inside the broker's own steps: they may look (co_vc_query()), and ask for nothing. What pointers
 * lead to dies when they return. Any member may be NULL.
 */
struct co_observer {
	/** Made by its client (co_vc_info.created_by_client), or offered to it. */
	void (*begun)(void *arg, co_vc_t vc, const struct co_call_params *params);
	/** The far end has answered, or the network has confirmed our answer. */
	void (*up)(void *arg, co_vc_t vc);
	/** Again where a close has failed (CLOSE-26), and for whoever ends it in the end. */
	void (*ending)(void *arg, co_vc_t vc, const struct co_call_end *end);
	/** Final counters, of a VC that was active. */
	void (*final)(void *arg, co_vc_t vc, const struct co_vc_statistics *counters);
	/** Closed and deactivated, in whichever order: nothing more will be told of it. */
	void (*over)(void *arg, co_vc_t vc);
};

/**
 * Of calls that begin from now on. Without an observer a call costs a look at that.
 * RESOURCES: there are CO_MAX_OBSERVERS.
 */
enum co_status co_observe(struct co *co, const struct co_observer *observer, void *arg);

/* ---- Looking. ---- */

enum co_vc_state {
	CO_VC_CREATED,
	CO_VC_ACTIVATING,
	CO_VC_ACTIVE,
	CO_VC_DEACTIVATING,
	CO_VC_DEACTIVATED,
	CO_VC_STATE_COUNT
};

/** Call state as the client sees it (2.2). */
enum co_call_state {
	CO_CALL_IDLE,
	CO_CALL_MAKING,
	CO_CALL_OFFERED,
	CO_CALL_ACCEPTED,
	CO_CALL_UP,
	CO_CALL_CLOSE_OWED,
	CO_CALL_CLOSING,
	CO_CALL_RELEASED,
	CO_CALL_STATE_COUNT
};

/** Party state (2.4). */
enum co_party_state {
	CO_PARTY_ADDING,
	CO_PARTY_JOINED,
	CO_PARTY_DROP_IND,
	CO_PARTY_DROPPING,
	CO_PARTY_LAST,
	CO_PARTY_STATE_COUNT
};

const char *co_party_state_name(enum co_party_state state);
const char *co_vc_state_name(enum co_vc_state state);
const char *co_call_state_name(enum co_call_state state);

/** A snapshot of one VC. */
struct co_vc_info {
	co_vc_t vc;
	co_adapter_t adapter;
	co_protocol_t client; /**< CO_NONE: a CM's signalling VC. */
	co_af_t af;           /**< CO_NONE likewise. */
	enum co_vc_state vc_state;
	enum co_call_state call_state;
	bool created_by_client;
	bool reactivating;
	bool modifying;     /**< A change of the client's is pending. */
	bool multipoint;    /**< Root of a point-to-multipoint call. */
	uint32_t n_parties; /**< Not yet gone, those being added included. */
	uint32_t label;     /**< Of the last activation. */
	uint32_t sends_out;
	uint32_t receives_out;
	co_ctx_t client_ctx;
	co_ctx_t cm_ctx;
	co_ctx_t miniport_ctx;
};

enum co_status co_vc_query(const struct co *co, co_vc_t vc, struct co_vc_info *info);

/** What walks over many calls ask first; CO_CALL_IDLE also where there is no such VC. */
enum co_call_state co_vc_call_state(const struct co *co, co_vc_t vc);

/** Whose VC it is, and as which he knows it; CO_NONE: nobody's, or a CM's signalling VC. */
co_protocol_t co_vc_client(const struct co *co, co_vc_t vc, co_ctx_t *client_ctx);

/** As it was registered, cut at 31 octets; "": there is none. */
const char *co_protocol_name(const struct co *co, co_protocol_t protocol);

/** Something is about to happen to @p vc, which may be gone: the memory for it is asked for. */
void co_vc_prefetch(const struct co *co, co_vc_t vc);

#define CO_AHEAD_MAX 32u

/**
 * Requests about these VCs come next, CO_AHEAD_MAX at most: what the broker and their call managers
 * need for them is asked of memory. @p client_ctxs gets what their clients know them as, 0 for one
 * that is gone.
 */
void co_vcs_ahead(const struct co *co, const co_vc_t *vcs, uint32_t n, co_ctx_t *client_ctxs);

/**
 * The first VC at or after index *cursor; advances *cursor past it. CO_NONE at the end.
 * VCs that come and go between calls are seen or not; no VC is seen twice.
 */
co_vc_t co_vc_next(const struct co *co, uint32_t *cursor);

/**
 * Likewise, passing by at most *budget indices without a VC, which it is lessened by: CO_NONE with
 * some of it left is the end. For slices: an empty table of a million costs a millisecond.
 */
co_vc_t co_vc_seek(const struct co *co, uint32_t *cursor, uint32_t *budget);

/** A snapshot of one party. */
struct co_party_info {
	co_party_t party;
	co_vc_t vc;
	enum co_party_state state;
	co_ctx_t client_ctx;
	co_ctx_t cm_ctx;
};

enum co_status co_party_query(const struct co *co, co_party_t party, struct co_party_info *info);

/** The party of @p vc behind @p after, the first behind CO_NONE; CO_NONE at the end. */
co_party_t co_party_next(const struct co *co, co_vc_t vc, co_party_t after);

/** How many of each live, and what was refused: all live ones 0 after a clean end (I4, UNB-12). */
struct co_census {
	uint32_t n_adapters;
	uint32_t n_protocols;
	uint32_t n_bindings;
	uint32_t n_afs;
	uint32_t n_saps;
	uint32_t n_vcs;
	uint32_t n_calls; /**< VCs whose call is not IDLE. */
	uint32_t n_parties;
	uint32_t n_names;
	uint32_t n_waiting; /**< Requests with miniports. */
	uint32_t n_vcs_max;
	uint64_t n_illegal;       /**< Requests refused by the state tables. */
	uint64_t n_early_deletes; /**< Of VCs still in use: to be tried again (DEL-3, DEL-9). */
	uint64_t n_stale;         /**< Requests with a handle that names nobody (OBJ-8). */
	uint64_t n_unexpected_completions; /**< ASYNC-2, ASYNC-5. */
	uint64_t
		n_drain_violations; /**< Deactivations that ended with packets outside (DEACT-2). */
	uint64_t n_leftovers; /**< What was found when a binding or adapter was to go (UNB-12). */
	uint64_t n_deactivation_errors; /**< That miniports ended with an error (C-16). */
	uint64_t n_status_lost; /**< Indications beyond what a binding keeps while it is busy. */
	uint64_t n_data_lost; /**< Close data or elements dropped because the delivery had to wait.
			       */
};

void co_census(const struct co *co, struct co_census *out);
