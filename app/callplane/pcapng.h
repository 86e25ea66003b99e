/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once

/**
 * @file
 * Ethernet frames into a pcapng file, with nanoseconds, direction, and an interface for each trunk.
 * Our own, because DPDK's writer names interfaces by their devices only, and wants mbufs of ports.
 * Management thread only: the file system may take its time.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct pcapng;

/** An interface of the file. */
struct pcapng_interface {
	char name[72]; /**< Of a trunk and its port: "to-hub/east". */
};

/** A frame of it. */
struct pcapng_frame {
	uint32_t interface; /**< Index. */
	bool sent;          /**< Else received. */
	uint64_t epoch_ns;  /**< Since 1970. */
	uint32_t len;
	const uint8_t *octets;
};

/**
 * A new file, or an old one emptied, with @p n interfaces.
 * @return 0, or -errno with a line in @p error: what is wrong and the mend.
 */
int pcapng_create(struct pcapng **out, const char *path, const struct pcapng_interface *interfaces,
	uint32_t n, char *error, size_t size);

/** What goes wrong is told by pcapng_flush(). */
void pcapng_write(struct pcapng *p, const struct pcapng_frame *frame);

/** Bring what is written to the file. 0 or -errno; what went wrong once stays wrong. */
int pcapng_flush(struct pcapng *p);

/** Also closes the file. @return As pcapng_flush(). */
int pcapng_close(struct pcapng *p);
