/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once

/** @file The wire between two ends: two rings, which can be cut. */

#include <stdbool.h>
#include <stdint.h>

#define WIRE_FRAMES 4096

/** Both ends as DPDK port ids. 0 or -errno; once in a process. */
int wire_make(uint16_t ethdev[2]);

/** When its ports are open: from now on it can be cut, and every burst pays for that. */
int wire_watch(void);

/** What comes in at either end is lost, until it is mended. Control thread. */
void wire_cut(bool cut);

/** Frames lost so far on the way to the end with this port id. */
uint64_t wire_n_lost(uint16_t ethdev);
