/* SPDX-License-Identifier: BSD-3-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "uni/codec.h"
#include "vectors.h"

#include <cmocka.h>

/*
 * I7: whatever the octets, decoding stays inside them. Each message lies in a heap block of
 * its exact size, so that AddressSanitizer sees the first octet too far.
 */

#define TEXT_MAX (64 * 1024)
#define N_MUTATIONS 200000

static uint64_t rng_state = 0x2931;

static uint32_t
rng(uint32_t below)
{
	rng_state ^= rng_state << 13;
	rng_state ^= rng_state >> 7;
	rng_state ^= rng_state << 17;
	return (uint32_t)(rng_state >> 32) % below;
}

static void
check_counts(const struct uni_msg *m)
{
	uint32_t good = 0, n_faults = 0;

	for (uint16_t i = 0; i < m->n_ie; i++) {
		if (m->ie[i].verdict == UNI_IE_GOOD)
			good |= UNI_IE_BIT(m->ie[i].ie);
		n_faults += uni_ie_is_fault(&m->ie[i]);
	}
	assert_int_equal(good, m->good);
	assert_int_equal(n_faults, m->n_faults);
	assert_int_equal(m->good & ~m->present, 0);
}

/* Decode a copy of its exact size, and do with it all that can be done with a message. */
static void
put_through(const uint8_t *octets, size_t len, bool print)
{
	static struct uni_msg m;
	static char text[TEXT_MAX];
	static uint8_t again[UNI_MSG_SIZE_MAX];
	struct uni_fault fault;
	struct uni_cause cause;
	uint8_t *exact = malloc(len > 0 ? len : 1);
	int n;

	assert_non_null(exact);
	memcpy(exact, octets, len);
	uni_msg_decode(&m, exact, len);
	n = uni_msg_reencode(&m, again, sizeof(again), NULL);
	if (uni_msg_is_dropped(&m)) {
		assert_true(n < 0);
	} else {
		assert_int_equal(n, len < UNI_MSG_SIZE_MAX ? len : UNI_MSG_SIZE_MAX);
		assert_memory_equal(again, exact, (size_t)n);
		check_counts(&m);
		assert_true(uni_msg_reaction(&m, &fault) <= UNI_REACT_REJECT_PARTY);
		assert_true(fault.n_diag <= UNI_CAUSE_DIAG_MAX);
		uni_msg_cause(&m, 1, &cause);
	}
	if (print)
		assert_true(uni_msg_summary(text, sizeof(text), &m) > 0);
	free(exact);
}

/* SIG-11, SIG-14, SIG-22 */
static void
a_message_cut_anywhere_is_read_as_far_as_it_goes(void **state)
{
	const struct vector *v;
	size_t n;

	(void)state;
	v = vectors_load(&n);
	for (size_t i = 0; i < n; i++)
		for (size_t len = 0; len <= v[i].len; len++)
			put_through(v[i].octets, len, true);
}

/* Flip, overwrite, move and remove a few octets; lengths and identifiers among them. */
static size_t
mutate(uint8_t *octets, size_t len, size_t room)
{
	for (uint32_t n = 1 + rng(4); n > 0 && len > 0; n--) {
		uint32_t at = rng((uint32_t)len), k = 1 + rng(8);

		switch (rng(5)) {
		case 0:
			octets[at] ^= (uint8_t)(1 << rng(8));
			break;
		case 1:
			octets[at] = (uint8_t)rng(256);
			break;
		case 2: /* a run comes twice */
			if (len + k > room || at + k > len)
				break;
			memmove(octets + at + k, octets + at, len - at);
			len += k;
			break;
		case 3:
			if (at + k > len)
				break;
			memmove(octets + at, octets + at + k, len - at - k);
			len -= k;
			break;
		default:
			len = at;
		}
	}
	return len;
}

/* I7 */
static void
no_mutation_of_a_good_message_leads_out_of_its_octets(void **state)
{
	uint8_t octets[2 * VECTOR_OCTETS_MAX];
	const struct vector *v;
	size_t n;

	(void)state;
	v = vectors_load(&n);
	for (uint32_t i = 0; i < N_MUTATIONS; i++) {
		const struct vector *from = &v[rng((uint32_t)n)];

		memcpy(octets, from->octets, from->len);
		put_through(octets, mutate(octets, from->len, sizeof(octets)), i % 16 == 0);
	}
}

/* UNI_MSG_IES_MAX: a message of the largest size full of empty elements, and a stub. */
static void
a_message_of_nothing_but_empty_elements_fits(void **state)
{
	static uint8_t octets[UNI_MSG_SIZE_MAX + 100];
	static struct uni_msg m;

	(void)state;
	memcpy(octets, "\x09\x03\x00\x00\x01\x4d\x80\xff\xff", UNI_HEADER_SIZE);
	put_through(octets, sizeof(octets), true);
	uni_msg_decode(&m, octets, sizeof(octets));
	assert_int_equal(m.n_octets, UNI_MSG_SIZE_MAX);
	assert_int_equal(m.n_ie, UNI_MSG_IES_MAX);
	assert_int_equal(m.ie[m.n_ie - 1].verdict, UNI_IE_STUB);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_message_cut_anywhere_is_read_as_far_as_it_goes),
		cmocka_unit_test(no_mutation_of_a_good_message_leads_out_of_its_octets),
		cmocka_unit_test(a_message_of_nothing_but_empty_elements_fits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
