/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once

/**
 * @file
 * A CoNDIS miniport made of memory: two adapters, ends A and B, joined by a wire. What is sent on
 * the VC with label L at one end arrives at the VC with label L at the other end, in a later
 * loopvc_turn(). The wire can delay, lose, duplicate and reorder; its chance comes from a seeded
 * generator, so a run can be repeated. For tests, benches and demonstrations: a whole appliance in
 * one process, without a NIC.
 *
 * What is sent on a VC stays on the wire of all its leaves: VCs activated with CO_MEDIA_F_LEAF on
 * one label of an end each receive what arrives there, and send nothing themselves.
 *
 * Control thread only: all loops of a process share the space of circuit numbers that
 * CO_OID_VC_CIRCUIT gives out and CO_OID_VC_JOIN takes. Nothing is allocated after
 * loopvc_create(). Reads no clock.
 */

#include <stdbool.h>
#include <stdint.h>

#include "base/mem.h"
#include "condis/condis.h"

#define LOOPVC_MAX_PACKET 4104u /**< Octets: the largest PDU of the signalling transport. */
#define LOOPVC_N_LABELS (1u << 20)

struct loopvc;

enum loopvc_end { LOOPVC_A, LOOPVC_B, LOOPVC_END_COUNT };

struct loopvc_config {
	const char *name_a; /**< Of the adapters, as the broker gets them. */
	const char *name_b;
	struct co *co_b;    /**< The broker of end B; NULL: the same as end A's. */
	uint32_t n_vcs;     /**< Both ends together. */
	uint32_t n_packets; /**< On the wire and with receivers at one time; more are dropped. */
	uint64_t seed;
};

/** How the wire and the adapters behave. All zero: at once, in order, without loss. */
struct loopvc_options {
	uint32_t delay_ms;         /**< From a send to its arrival. */
	uint32_t reorder_ms;       /**< How much longer a packet takes that is to be overtaken. */
	uint16_t reorder_permille; /**< Chance of that. */
	uint16_t drop_permille;    /**< Chance of loss. */
	uint16_t duplicate_permille;
	bool cut;                  /**< Everything is lost, what is on the wire included. */
	bool hold_sends;           /**< A send completes when its packet has arrived or is lost. */
	bool refuse_activation;    /**< Every activation gets CO_STATUS_RESOURCES (ACT-4). */
	bool refuse_change;        /**< Likewise every change of an active VC (ACT-5). */
	bool low_resources;        /**< Receivers keep no packet (RECV-2). */
	uint16_t damage_permille;  /**< Chance that a packet is not handed up (STAT-5). */
	uint32_t activate_turns;   /**< Activation pends for so many turns; 0: done at once. */
	uint32_t deactivate_turns; /**< Deactivation takes at least so many: a grace period. */
	uint32_t reset_turns;      /**< Likewise a reset; 0: done at once. */
	uint32_t halt_turns;       /**< Likewise a halt, once all circuits are gone. */
	uint32_t send_window;      /**< Of VCs activated from now on; 0: unlimited (SEND-8). */
	uint64_t rate_step;        /**< Rates that can be kept are multiples of it; 0: all. */
	uint64_t rate_max;         /**< Higher ones are impossible; 0: none is. */
};

/**
 * Registers both adapters with @p co (end B's with config->co_b if that is given).
 * -EINVAL; -ENOMEM; -ENOSPC: the circuit numbers of all loops are used up; -EIO: a broker refused,
 * and must not be used any more, since adapters cannot be taken back from it.
 */
int loopvc_create(struct co *co, const struct loopvc_config *config, const struct cp_mem *mem,
	struct loopvc **out);

/** After its brokers, or when none of them has a VC here any more. */
void loopvc_destroy(struct loopvc *lv);

co_adapter_t loopvc_adapter(const struct loopvc *lv, enum loopvc_end end);

/** From now on; packets on the wire keep the time at which they arrive. */
void loopvc_set_options(struct loopvc *lv, const struct loopvc_options *options);

/**
 * Let time go on to @p now_ns, never backwards: at most @p max packets arrive (not those that are
 * sent meanwhile), and what pends for turns or for its drain is completed.
 * A send counts from the turn before it.
 *
 * @return
 *   How many packets arrived or were lost.
 */
uint32_t loopvc_turn(struct loopvc *lv, uint64_t now_ns, uint32_t max);

/** Carrier at one end; without it packets from and to there are lost (UNB-10). Initially up. */
void loopvc_set_link(struct loopvc *lv, enum loopvc_end end, bool up);

/** The hardware of one end is pulled out (UNB-8). Packets from and to there are lost. */
void loopvc_remove(struct loopvc *lv, enum loopvc_end end);

/** When the next packet arrives; UINT64_MAX: none is on the wire. */
uint64_t loopvc_next_due_ns(const struct loopvc *lv);

/** What became of packets since creation. */
struct loopvc_stats {
	uint64_t sent;      /**< Taken from senders, and forwarded by joins. */
	uint64_t delivered; /**< To a VC: its receiver, or the VC that it is joined with. */
	uint64_t lost;      /**< By chance, or by a cut. */
	uint64_t duplicated;
	uint64_t reordered;
	uint64_t no_circuit; /**< Nobody had the label where it arrived. */
	uint64_t no_packet;  /**< The pool was empty. */
	uint64_t too_long;
	uint64_t damaged; /**< Not handed up. */
	uint64_t one_way; /**< Sent by a leaf. */
};

void loopvc_stats(const struct loopvc *lv, struct loopvc_stats *out);

/** What lives: all 0 after a clean end (I4). */
struct loopvc_census {
	uint32_t n_vcs;
	uint32_t n_circuits; /**< Active VCs. */
	uint32_t n_waiting;  /**< Activations and deactivations that pend. */
	uint32_t n_packets;  /**< On the wire and with receivers. */
	uint32_t n_ending;   /**< Resets and halts that pend. */
};

void loopvc_census(const struct loopvc *lv, struct loopvc_census *out);

/** A snapshot of the active VC with a label. */
struct loopvc_circuit {
	co_vc_t vc;
	bool signalling;
	bool attached;
	uint32_t attachment; /**< As CO_OID_VC_ATTACH gave it: recorded, there is no LAN here. */
	uint32_t circuit;    /**< As CO_OID_VC_CIRCUIT tells it. */
	uint32_t joined;     /**< The circuit that it is cross-connected with; 0: none. */
};

/** Of leaves the newest. 0, or -ENOENT: nobody has @p label at @p end. */
int loopvc_query(
	const struct loopvc *lv, enum loopvc_end end, uint32_t label, struct loopvc_circuit *out);
