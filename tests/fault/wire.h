/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once

/**
 * @file
 * A wire between two ends that takes its time, loses, repeats, overtakes and damages frames, and is
 * dead now and then. Each frame ends with the frame check sequence of Ethernet, computed when it is
 * sent and again when it arrives: what does not agree is dropped, as a port would drop it.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "agenda.h"

#define WIRE_MAX_PDU 4104u
#define WIRE_FCS 4u

/** Of a million frames. */
struct wire_faults {
	uint32_t lost, repeated, overtaken, damaged;
	uint64_t late_ns; /* at most so much later than the others is one that is repeated or
			     overtaken */
};

struct wire_stats {
	uint64_t sent, arrived;
	uint64_t lost, repeated, overtaken, damaged;
	uint64_t dead;       /* sent while the wire was */
	uint64_t found;      /* damaged ones that the frame check has found */
	uint64_t undetected; /* damaged ones that it has not */
};

struct wire_frame {
	uint32_t next_free; /* index plus one */
	uint32_t len;       /* with the FCS */
	uint8_t to;
	bool damaged;
	uint8_t octets[WIRE_MAX_PDU + WIRE_FCS];
};

struct wire {
	uint64_t delay_ns;
	struct wire_faults faults;
	bool dead[2]; /* by the end that sends */
	uint64_t random;
	struct agenda flying; /* indexes of frames */
	struct wire_frame *frames;
	uint32_t n_frames, size, first_free; /* index plus one */
	uint8_t arrived[WIRE_MAX_PDU];
	struct wire_stats stats;
};

/** The check sequence of IEEE 802.3: CRC-32, least significant bit first. */
uint32_t wire_fcs(const uint8_t *octets, size_t len);

void wire_init(struct wire *w, uint64_t delay_ns, uint64_t seed);
void wire_fini(struct wire *w);

void wire_send(struct wire *w, int from, const uint8_t *pdu, size_t len, uint64_t now_ns);

/**
 * The next frame that has arrived whole, without its FCS; NULL: none. Dead at the next call.
 */
const uint8_t *wire_receive(struct wire *w, uint64_t now_ns, int *to, size_t *len);

/** When something arrives next, UINT64_MAX: nothing flies. */
uint64_t wire_next_ns(const struct wire *w);
