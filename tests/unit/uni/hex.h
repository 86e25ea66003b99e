/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once

/** @file Messages and contents for tests, written in hex. */

#include "uni/codec.h"

/**
 * A message of call reference 1, flag 0, with these elements. One at a time: the next call
 * reuses the memory.
 */
struct uni_msg *msg_of(uint8_t type, const char *elements);

/** The same on another call reference. */
struct uni_msg *msg_on(uint32_t cref, uint8_t type, const char *elements);

/** Whether contents are accepted. */
bool is_good(enum uni_ie ie, uint8_t coding, const char *contents);

/** The verdict of the @p i-th entry. */
enum uni_ie_verdict verdict_of(const struct uni_msg *m, uint16_t i);

/** SETUP's mandatory elements: 59, 5e (point-to-point), 70, 5c. */
#define TRAFFIC "59 80 0008 84 000001 85 000001 "
#define BEARER "5e 80 0002 90 80 "
#define CALLED "70 80 0006 91 3132333435 "
#define QOS "5c 80 0002 00 00 "
#define SETUP_MIN TRAFFIC BEARER CALLED QOS
