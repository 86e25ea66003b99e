/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once

/** @file Reads the golden messages, tests/vectors/q2931.tsv. */

#include <stddef.h>
#include <stdint.h>

#define VECTOR_OCTETS_MAX 512
#define VECTOR_TEXT_MAX 4096

struct vector {
	char name[64];
	uint8_t octets[VECTOR_OCTETS_MAX];
	size_t len;
	char summary[VECTOR_TEXT_MAX]; /**< From verdict= on, without expect, peer and note. */
	char expect[64];
};

/** The vectors of the file; *n of them. Ends the test program when they cannot be read. */
const struct vector *vectors_load(size_t *n);
