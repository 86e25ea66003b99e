/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once

/** @file Each test is one sentence that must be true with both kinds of call manager. */

#include "rig.h"

static bool kind_embedded = false, kind_standalone = true;

static inline bool
kind_is_standalone(void **state)
{
	return **(bool **)state;
}

#define KIND(name, kind)                                                                           \
	{                                                                                          \
#name ": " #kind, name, NULL, NULL, &kind_##kind                                   \
	}
#define BOTH_KINDS(name) KIND(name, embedded), KIND(name, standalone)
