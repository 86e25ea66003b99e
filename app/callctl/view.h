/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once

/** @file What rates_between() made, as lines of text for a screen or a file. */

#include <jansson.h>
#include <stdio.h>

/** Some 110 characters wide; as many lines as there are rows, and a few. */
void view_print(FILE *out, const json_t *rates);
