/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once

/** @file The appliance at a glance, again and again. */

#include "callctl/client.h"
#include "callctl/command.h"

/**
 * On a terminal until 'q'; elsewhere once, or, as JSON, an object for each interval until the
 * reader has gone. @p inv has "interval" in seconds, 1 when it is left out.
 */
enum exit_code top_run(const struct invocation *inv, struct client *client);
