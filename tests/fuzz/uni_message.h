/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once

/** @file Messages of a peer that knows what it could say here and now, for uni_fuzz.c. */

#include "uni_above.h"

#define MESSAGE_MAX 1024u

/** Build one as the input says; its length. */
size_t message_build(struct above *a, struct fuzz_input *in, uint8_t *room);
