/* SPDX-License-Identifier: BSD-3-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "uni/codec.h"
#include "vectors.h"

#include <cmocka.h>

/* SIG-11, SIG-14..25, SIG-33, SIG-37, sections 4 and 5 */
static void
every_golden_message_is_decoded_as_written(void **state)
{
	static struct uni_msg m;
	char summary[VECTOR_TEXT_MAX];
	const struct vector *v;
	size_t n, n_bad = 0;

	(void)state;
	v = vectors_load(&n);
	for (size_t i = 0; i < n; i++) {
		uni_msg_decode(&m, v[i].octets, v[i].len);
		assert_true(uni_msg_summary(summary, sizeof(summary), &m) > 0);
		if (strcmp(summary, v[i].summary) == 0)
			continue;
		print_error("%s\n  is %s\n  not %s\n", v[i].name, summary, v[i].summary);
		n_bad++;
	}
	assert_int_equal(n_bad, 0);
}

/* SIG-17: we write every element of the golden messages as their authors did. */
static void
every_golden_message_is_encoded_to_the_same_octets(void **state)
{
	static struct uni_msg m;
	uint8_t again[VECTOR_OCTETS_MAX];
	const struct vector *v;
	uint32_t n_copied;
	size_t n;

	(void)state;
	v = vectors_load(&n);
	for (size_t i = 0; i < n; i++) {
		int len;

		uni_msg_decode(&m, v[i].octets, v[i].len);
		len = uni_msg_reencode(&m, again, sizeof(again), &n_copied);
		if (uni_msg_is_dropped(&m)) {
			assert_true(len < 0);
			continue;
		}
		assert_int_equal(len, v[i].len);
		assert_memory_equal(again, v[i].octets, v[i].len);
		assert_int_equal(n_copied, 0);
	}
}

/* A typed SETUP or RELEASE that is encoded from scratch is one that decodes without fault. */
static void
every_good_golden_message_is_the_sum_of_its_typed_elements(void **state)
{
	static struct uni_msg m;
	uint8_t again[VECTOR_OCTETS_MAX];
	union uni_ie_body body;
	const struct vector *v;
	struct uni_enc e;
	size_t n;

	(void)state;
	v = vectors_load(&n);
	for (size_t i = 0; i < n; i++) {
		if (uni_msg_decode(&m, v[i].octets, v[i].len) != UNI_VERDICT_OK)
			continue;
		uni_enc_begin(&e, again, sizeof(again), &m.hdr);
		for (uint16_t k = 0; k < m.n_ie; k++) {
			if (m.ie[k].verdict != UNI_IE_GOOD)
				continue;
			uni_msg_body(&m, &m.ie[k], &body);
			uni_enc_ie(&e, (enum uni_ie)m.ie[k].ie, &body);
		}
		assert_true(uni_enc_end(&e) > 0);
		assert_int_equal(uni_msg_decode(&m, again, e.len), UNI_VERDICT_OK);
	}
}

/* The answer of an appliance without calls, as in the column `expect`. */
static void
answer_by_elements(const struct uni_msg *m, char *out, size_t size)
{
	const char *work = m->hdr.type == UNI_MT_SETUP ? "OFFER" : "RESTART_ACK";
	char diag[2 * UNI_CAUSE_DIAG_MAX + 2] = "";
	struct uni_fault fault;
	union uni_ie_body body;
	enum uni_reaction reaction = uni_msg_reaction(m, &fault);

	for (uint8_t i = 0; i < fault.n_diag; i++)
		sprintf(diag + strlen(diag), "%s%02x", i == 0 ? "/" : "", fault.diag[i]);
	switch (reaction) {
	case UNI_REACT_PROCESS:
		if (uni_msg_get(m, UNI_IE_TRAFFIC, &body) &&
			!uni_traffic_is_supported(&body.traffic))
			work = "RC/73";
		snprintf(out, size, "%s", work);
		break;
	case UNI_REACT_PROCESS_REPORT:
		snprintf(out, size, "%s,ST/%u/i%s", work, fault.cause, diag);
		break;
	case UNI_REACT_CLEAR:
		snprintf(out, size, "RC/%u%s", fault.cause, diag);
		break;
	case UNI_REACT_STATUS:
		snprintf(out, size, "ST/%u/0%s", fault.cause, diag);
		break;
	default:
		snprintf(out, size, "none");
	}
}

/* Not decided by the call reference or the state (SIG-40..48), nor by which VCs there are. */
static bool
is_decided_by_elements(const struct uni_msg *m, const struct vector *v)
{
	if (uni_msg_is_dropped(m) || m->hdr.flag || strcmp(v->expect, "RC/35") == 0)
		return false;
	return m->hdr.type == UNI_MT_SETUP || m->hdr.type == UNI_MT_RESTART;
}

/* SIG-34, SIG-49..55, SIG-62, SIG-83 */
static void
faulty_elements_are_answered_as_the_golden_messages_expect(void **state)
{
	static struct uni_msg m;
	const struct vector *v;
	size_t n, n_seen = 0;
	char answer[128];

	(void)state;
	v = vectors_load(&n);
	for (size_t i = 0; i < n; i++) {
		uni_msg_decode(&m, v[i].octets, v[i].len);
		if (!is_decided_by_elements(&m, &v[i]))
			continue;
		answer_by_elements(&m, answer, sizeof(answer));
		assert_string_equal(answer, v[i].expect);
		n_seen++;
	}
	assert_true(n_seen > 30);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_golden_message_is_decoded_as_written),
		cmocka_unit_test(every_golden_message_is_encoded_to_the_same_octets),
		cmocka_unit_test(every_good_golden_message_is_the_sum_of_its_typed_elements),
		cmocka_unit_test(faulty_elements_are_answered_as_the_golden_messages_expect),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
