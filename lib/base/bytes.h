/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once

/** @file Big-endian numbers in octet strings of any alignment; hex text. */

#include <stddef.h>
#include <stdint.h>
#include <string.h>

static inline uint16_t
cp_get_be16(const uint8_t *p)
{
	return (uint16_t)(p[0] << 8 | p[1]);
}

static inline uint32_t
cp_get_be24(const uint8_t *p)
{
	return (uint32_t)p[0] << 16 | (uint32_t)p[1] << 8 | p[2];
}

static inline uint32_t
cp_get_be32(const uint8_t *p)
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static inline void
cp_put_be16(uint8_t *p, uint16_t v)
{
	p[0] = (uint8_t)(v >> 8);
	p[1] = (uint8_t)v;
}

static inline void
cp_put_be24(uint8_t *p, uint32_t v)
{
	p[0] = (uint8_t)(v >> 16);
	p[1] = (uint8_t)(v >> 8);
	p[2] = (uint8_t)v;
}

static inline void
cp_put_be32(uint8_t *p, uint32_t v)
{
	p[0] = (uint8_t)(v >> 24);
	p[1] = (uint8_t)(v >> 16);
	p[2] = (uint8_t)(v >> 8);
	p[3] = (uint8_t)v;
}

/**
 * memcpy() for a few octets, where even a call, or the string instruction that the compiler makes
 * of it, costs more than the rest. @p from may be NULL when @p n is 0.
 */
static inline void
cp_copy_few(uint8_t *to, const uint8_t *from, size_t n)
{
	if (n >= 8) {
		for (size_t i = 0; i + 8 < n; i += 8)
			memcpy(to + i, from + i, 8);
		memcpy(to + n - 8, from + n - 8, 8); /* over again where n is no multiple of 8 */
	} else if (n >= 4) {
		memcpy(to, from, 4);
		memcpy(to + n - 4, from + n - 4, 4);
	} else if (n >= 2) {
		memcpy(to, from, 2);
		memcpy(to + n - 2, from + n - 2, 2);
	} else if (n == 1) {
		*to = *from;
	}
}

/**
 * Hex digits of either case to octets; blanks and line ends between octets are skipped.
 * On error @p out holds what came before it.
 * @return Octets written; -EINVAL on a bad or odd digit; -ENOSPC when @p room is too small.
 */
int cp_hex_parse(const char *text, uint8_t *out, size_t room);

/** Lower-case hex of @p n octets, terminated; @p out has room for 2 n + 1. */
void cp_hex_print(char *out, const uint8_t *octets, size_t n);
