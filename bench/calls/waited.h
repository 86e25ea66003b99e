/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once

/** @file Time in which the kernel had given the core of the control loops to somebody else. */

#include <stdint.h>

/** How long the calling thread has been ready to run and was not let, ns; 0 where nobody knows. */
uint64_t waited_ns(void);
