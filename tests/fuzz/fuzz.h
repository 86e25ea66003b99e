/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once

/**
 * @file
 * What the fuzz targets share: the input as a stream of small numbers, and how a finding is told.
 */

#include <sanitizer/asan_interface.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/** The sentence that must stay true; libFuzzer keeps the input that breaks it. */
#define FUZZ_CHECK(what)                                                                           \
	do {                                                                                       \
		if (!(what)) {                                                                     \
			fprintf(stderr, "%s:%d: not true: %s\n", __FILE__, __LINE__, #what);       \
			abort();                                                                   \
		}                                                                                  \
	} while (0)

/** What libFuzzer calls; 0: the input may become part of the corpus. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/** What is left of an input. At its end every number is 0. */
struct fuzz_input {
	const uint8_t *p;
	const uint8_t *end;
};

static inline bool
fuzz_is_over(const struct fuzz_input *in)
{
	return in->p == in->end;
}

static inline uint8_t
fuzz_octet(struct fuzz_input *in)
{
	return in->p < in->end ? *in->p++ : 0;
}

static inline uint16_t
fuzz_be16(struct fuzz_input *in)
{
	uint16_t high = fuzz_octet(in);

	return (uint16_t)(high << 8 | fuzz_octet(in));
}

/** A number around 0. */
static inline int32_t
fuzz_near(struct fuzz_input *in)
{
	return (int8_t)fuzz_octet(in);
}

/** At most @p want octets; *len says how many. They are the input's. */
static inline const uint8_t *
fuzz_octets(struct fuzz_input *in, size_t want, size_t *len)
{
	const uint8_t *p = in->p;

	*len = (size_t)(in->end - in->p) < want ? (size_t)(in->end - in->p) : want;
	in->p += *len;
	return p;
}

/** All of @p octets may be read. */
static inline bool
fuzz_is_there(const void *octets, size_t len)
{
	return __asan_region_is_poisoned((void *)(uintptr_t)octets, len) == NULL;
}
