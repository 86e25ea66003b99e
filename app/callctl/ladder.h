/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once

/** @file What happened to a call as a ladder: one rung a line, this end on the left. */

#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>

/**
 * "TRUNK:REFERENCE" for a call in @p params becomes a trunk and a reference; other calls stay.
 * False when there is no number behind the colon.
 */
bool ladder_params(json_t *params);

/** A row of the method "trace". */
void ladder_row(FILE *out, const json_t *row);
