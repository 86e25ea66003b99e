/* SPDX-License-Identifier: BSD-3-Clause */
#include "base/bytes.h"

#include <errno.h>
#include <stdbool.h>

/* By hand: what the locale calls a digit or a blank has no place in a test vector. */
static int
hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -EINVAL;
}

static bool
is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

int
cp_hex_parse(const char *text, uint8_t *out, size_t room)
{
	size_t n = 0;
	int high, low;

	for (; *text != '\0'; text++) {
		if (is_blank(*text))
			continue;
		high = hex_digit(text[0]);
		if (high < 0)
			return high;
		low = hex_digit(text[1]); /* the terminator is no digit: never read past it */
		if (low < 0)
			return low;
		if (n == room)
			return -ENOSPC;
		out[n++] = (uint8_t)(high << 4 | low);
		text++;
	}
	return (int)n;
}

void
cp_hex_print(char *out, const uint8_t *octets, size_t n)
{
	static const char digits[] = "0123456789abcdef";
	size_t i;

	for (i = 0; i < n; i++) {
		*out++ = digits[octets[i] >> 4];
		*out++ = digits[octets[i] & 0xf];
	}
	*out = '\0';
}
