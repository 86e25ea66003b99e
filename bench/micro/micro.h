/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once

/** @file The cases, a file each; every function adds its own. A name is subject/operation. */

void micro_add_base(void);
void micro_add_codec(void);
void micro_add_call(void);
void micro_add_sscop(void);
void micro_add_condis(void);
void micro_add_circuit(void);
void micro_add_forward(void);
void micro_add_rings(void);
void micro_add_pool(void);
void micro_add_edge(void);
void micro_add_replicate(void);
void micro_add_meter(void);
void micro_add_side(void);
