/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once

/**
 * @file
 * A library's way to delete what readers may still look at: nine of ten entries go, while a reader
 * on another processor looks up the tenth that stays, as many a second as frames are offered. What
 * is looked up waits in a ring as frames would, and what it does not hold is lost.
 */

#include <stddef.h>
#include <stdint.h>

/** 64 octets, as the line of a circuit that a worker reads. */
#define PEER_RECORD_SIZE 64

struct peer {
	const char *name;
	/** Before any memory is counted; there will be @p n entries. May be NULL. 0 or -1. */
	int (*start)(uint32_t n);
	/** Make @p n entries, 0 .. n - 1. 0 or -1. */
	int (*fill)(uint32_t n);
	/** Delete @p n @p entries one by one; all memory is back when it returns. 0 or -1. */
	int (*remove)(const uint32_t *entries, uint32_t n);
	/** What is allocated now, records included. */
	size_t (*octets)(void);
	/* The reader's, on its thread. */
	void (*online)(void);
	/** @p n entries from @p first on. @return How many were there. */
	uint32_t (*look_up)(uint32_t first, uint32_t n);
	void (*quiescent)(void);
	void (*offline)(void);
	/** @p n were filled; what was removed is gone. */
	void (*destroy)(uint32_t n);
};

/**
 * Run @p peer with the options of the command line, and print name, value and unit between tabs.
 * @return The program's status; what is wrong was said on stderr.
 */
int peer_main(const struct peer *peer, int argc, char **argv);
