/* SPDX-License-Identifier: BSD-3-Clause */
#include "hex.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"

#include <cmocka.h>

struct uni_msg *
msg_on(uint32_t cref, uint8_t type, const char *elements)
{
	static struct uni_msg m;
	static uint8_t octets[UNI_MSG_SIZE_MAX];
	int n = cp_hex_parse(elements, octets + UNI_HEADER_SIZE, sizeof(octets) - UNI_HEADER_SIZE);

	assert_true(n >= 0);
	memcpy(octets, "\x09\x03", 2);
	cp_put_be24(octets + 2, cref);
	octets[5] = type;
	octets[6] = 0x80;
	cp_put_be16(octets + 7, (uint16_t)n);
	uni_msg_decode(&m, octets, UNI_HEADER_SIZE + (size_t)n);
	return &m;
}

struct uni_msg *
msg_of(uint8_t type, const char *elements)
{
	return msg_on(1, type, elements);
}

bool
is_good(enum uni_ie ie, uint8_t coding, const char *contents)
{
	union uni_ie_body body;
	uint8_t octets[256];
	int n = cp_hex_parse(contents, octets, sizeof(octets));
	uint8_t *exact;
	int err;

	assert_true(n >= 0);
	exact = malloc(n > 0 ? (size_t)n : 1); /* its exact size, for AddressSanitizer */
	assert_non_null(exact);
	memcpy(exact, octets, (size_t)n);
	err = uni_ie_decode(&body, ie, exact, (uint32_t)n, coding);
	free(exact);
	return err == 0;
}

enum uni_ie_verdict
verdict_of(const struct uni_msg *m, uint16_t i)
{
	assert_true(i < m->n_ie);
	return (enum uni_ie_verdict)m->ie[i].verdict;
}
