/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once

/** @file Ids and names that an appliance has now. */

#include "callctl/complete.h"

/** complete_live_fn; nothing when there is no appliance. Never takes more than a few seconds. */
void live_add(const char *socket, enum completion kind, const char *call, struct candidates *list);
