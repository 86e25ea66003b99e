/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once

/** @file Why a call ends, as its observers are told: in signalling's terms. Any thread. */

#include <stdbool.h>

#include "condis/condis.h"
#include "uni/clearing.h"

/**
 * Cause, location and data of @p end; @p release points into it. Cause 0: none was told.
 * @return Whether a location came with it.
 */
bool call_end_read(const struct co_call_end *end, struct uni_release *release);
