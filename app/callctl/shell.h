/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once

/** @file The interactive shell: a line at a time, with history, completion and '?'. */

#include "callctl/command.h"

/** Until exit, quit or Ctrl-D. @return What the last command came to. */
enum exit_code shell_run(const struct invocation *outer);
