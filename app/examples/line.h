/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once

/** @file A line to try clients on: a wire made of memory, with a call manager at either end. */

#include <stdbool.h>

#include "condis/condis.h"

/** The two ends, as clients are bound to them. */
extern co_adapter_t line_ends[2];

/** Make the line under @p co; ends the program where it cannot. */
void line_create(struct co *co);

/** A millisecond passes, ours to give: a day of them can pass in a second. */
void line_turn(void);

/** Both ends can signal. */
bool line_is_up(void);
