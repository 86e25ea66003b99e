/* SPDX-License-Identifier: BSD-3-Clause */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "hex.h"
#include "uni/codec.h"

#include <cmocka.h>

#define ITU UNI_CODING_ITU
#define NET UNI_CODING_NETWORK

#define TEN "01020304050607080900"
#define TWENTY TEN TEN

struct edge {
	enum uni_ie ie;
	uint8_t coding;
	bool good;
	const char *contents;
};

static void
check_edges(const struct edge *edges, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (is_good(edges[i].ie, edges[i].coding, edges[i].contents) != edges[i].good)
			fail_msg("%s of coding %u: %s", uni_ie_info[edges[i].ie].name,
				edges[i].coding, edges[i].contents);
	}
}

#define CHECK_EDGES(edges) check_edges(edges, sizeof(edges) / sizeof((edges)[0]))

/* Section 3, the column "contents" */
static void
contents_outside_the_bounds_of_their_element_are_refused(void **state)
{
	uint8_t octets[256] = { 0 };
	union uni_ie_body body;

	(void)state;
	for (int ie = UNI_IE_NONE + 1; ie < UNI_IE_COUNT; ie++) {
		const struct uni_ie_info *info = &uni_ie_info[ie];

		assert_int_equal(uni_ie_of_id[info->id], ie);
		assert_int_equal(uni_ie_decode(&body, (enum uni_ie)ie, octets, 0, ITU), -EBADMSG);
		for (uint8_t coding = ITU; coding <= NET; coding++) {
			assert_int_equal(uni_ie_decode(&body, (enum uni_ie)ie, octets,
						 info->min - 1U, coding),
				-EBADMSG);
			if (info->max < sizeof(octets))
				assert_int_equal(uni_ie_decode(&body, (enum uni_ie)ie, octets,
							 info->max + 1U, coding),
					-EBADMSG);
		}
	}
}

/* Such an element is judged by its length alone. */
static void
an_element_is_free_just_where_no_contents_are_refused(void **state)
{
	uint8_t octets[256];
	union uni_ie_body body;

	(void)state;
	for (int ie = UNI_IE_NONE + 1; ie < UNI_IE_COUNT; ie++) {
		const struct uni_ie_info *info = &uni_ie_info[ie];
		const uint8_t coding = (info->codings & 1) != 0 ? ITU : NET;
		uint32_t n_refused = 0, most = info->max < sizeof(octets) ? info->max : 8;

		for (uint32_t fill = 0; fill < 256; fill++) {
			memset(octets, (int)fill, sizeof(octets));
			for (uint32_t len = info->min; len <= most; len++)
				n_refused += uni_ie_decode(&body, (enum uni_ie)ie, octets, len,
						     coding) != 0;
		}
		assert_int_equal(info->is_free, n_refused == 0);
	}
}

/* SIG-33 */
static void
a_traffic_descriptor_knows_its_subfields_and_no_other(void **state)
{
	struct uni_traffic t;
	uint32_t n_good = 0;

	(void)state;
	for (uint32_t id = 0; id < 256; id++) {
		const uint8_t octets[4] = { (uint8_t)id };

		/* Alone with a value of each size: only its own is right. */
		for (uint32_t len = 1; len <= sizeof(octets); len++) {
			if (uni_ie_decode_traffic(&t, octets, len, ITU) != 0)
				continue;
			n_good++;
			assert_int_equal(__builtin_popcount(t.has), 1);
			assert_int_equal(id,
				uni_traffic_field_id((enum uni_traffic_field)__builtin_ctz(t.has)));
		}
	}
	assert_int_equal(n_good, UNI_TRAFFIC_FIELDS);
}

/* Section 4.5 */
static void
each_digit_of_a_number_is_looked_at(void **state)
{
	static const struct {
		uint8_t octet;
		bool is_digit;
	} octets[] = { { 0x00, false }, { 0x01, true }, { 0x7f, true }, { 0x80, false },
		{ 0xff, false } };
	struct uni_number number;

	(void)state;
	for (uint32_t n = 1; n <= UNI_NUMBER_E164_MAX; n++) {
		for (uint32_t at = 0; at < n; at++) {
			for (size_t i = 0; i < sizeof(octets) / sizeof(octets[0]); i++) {
				uint8_t c[1 + UNI_NUMBER_E164_MAX] = { 0x91 };

				memset(c + 1, '1', n);
				c[1 + at] = octets[i].octet;
				assert_int_equal(uni_ie_decode_called(&number, c, 1 + n, ITU),
					octets[i].is_digit ? 0 : -EBADMSG);
				if (octets[i].is_digit)
					assert_memory_equal(number.digits, c + 1, n);
			}
		}
	}
}

/* SIG-23, SIG-25 */
static void
a_cause_needs_two_octets_with_bit_8_set(void **state)
{
	static const struct edge edges[] = {
		{ UNI_IE_CAUSE, ITU, true, "8090" },
		{ UNI_IE_CAUSE, NET, true, "8f90" }, /* a reserved location */
		{ UNI_IE_CAUSE, UNI_CODING_ISO, false, "8090" },
		{ UNI_IE_CAUSE, ITU, false, "80" },
		{ UNI_IE_CAUSE, ITU, false, "0090" },
		{ UNI_IE_CAUSE, ITU, false, "8010" },
		{ UNI_IE_CAUSE, ITU, true, "80 e4" TWENTY "0102030405060708" },
		{ UNI_IE_CAUSE, ITU, false, "80 e4" TWENTY "010203040506070809" },
	};

	(void)state;
	CHECK_EDGES(edges);
}

/* 4.2 */
static void
only_states_that_exist_are_accepted(void **state)
{
	static const uint8_t calls[] = { 0, 1, 3, 4, 6, 7, 8, 9, 10, 11, 12, 13, 14, 61, 62 };
	static const uint8_t parties[] = { 0, 1, 4, 6, 7, 10, 11, 12 };
	uint8_t out;

	(void)state;
	for (uint32_t octet = 0; octet < 256; octet++) {
		const uint8_t c = (uint8_t)octet;
		bool call = memchr(calls, c & 0x3f, sizeof(calls)) != NULL;
		bool party = memchr(parties, c & 0x3f, sizeof(parties)) != NULL;

		assert_int_equal(uni_ie_decode_callstate(&out, &c, 1, ITU) == 0, call);
		assert_int_equal(uni_ie_decode_epstate(&out, &c, 1, ITU) == 0, party);
		if (party)
			assert_int_equal(out, c & 0x3f); /* bits 8-7 are spare */
	}
}

/* 4.3 */
static void
an_endpoint_reference_is_a_locally_defined_integer(void **state)
{
	struct uni_epref epref;

	(void)state;
	assert_int_equal(uni_ie_decode_epref(&epref, (const uint8_t *)"\x00\xff\xfe", 3, ITU), 0);
	assert_true(epref.flag);
	assert_int_equal(epref.value, 0x7ffe);
	assert_false(is_good(UNI_IE_EPREF, ITU, "010001"));
	assert_false(is_good(UNI_IE_EPREF, ITU, "0000"));
	assert_false(is_good(UNI_IE_EPREF, ITU, "00000100"));
}

/* SIG-27 */
static void
a_connection_identifier_knows_six_codes(void **state)
{
	uint32_t n_good = 0;
	struct uni_connid connid;

	(void)state;
	for (uint32_t octet = 0; octet < 256; octet++) {
		const uint8_t c[5] = { (uint8_t)octet, 0, 1, 0, 32 };

		/* bits 7-6 are spare */
		n_good += uni_ie_decode_connid(&connid, c, 5, ITU) == 0 && (octet & 0x60) == 0;
	}
	assert_int_equal(n_good, 6);
	assert_true(is_good(UNI_IE_CONNID, ITU, "88 0000 0021"));
	assert_true(is_good(UNI_IE_CONNID, ITU, "89 0000 0000"));
	assert_true(is_good(UNI_IE_CONNID, ITU, "8c 0003 0000"));
	assert_false(is_good(UNI_IE_CONNID, ITU, "08 0000 0021"));
	assert_false(is_good(UNI_IE_CONNID, ITU, "8a 0000 0021"));
	assert_false(is_good(UNI_IE_CONNID, ITU, "90 0000 0021"));
}

/* 4.5, 4.6 */
static void
numbers_are_e164_digits_or_end_system_addresses(void **state)
{
	static const struct edge edges[] = {
		{ UNI_IE_CALLED, ITU, true, "91 31" },
		{ UNI_IE_CALLED, ITU, true, "91 313233343536373839303132333435" },
		{ UNI_IE_CALLED, ITU, false, "91 31323334353637383930313233343536" },
		{ UNI_IE_CALLED, ITU, false, "91" },
		{ UNI_IE_CALLED, ITU, false, "91 00" },
		{ UNI_IE_CALLED, ITU, false, "91 b1" },
		{ UNI_IE_CALLED, ITU, false, "11 31" },
		{ UNI_IE_CALLED, ITU, false, "81 31" },
		{ UNI_IE_CALLED, ITU, false, "92 31" },
		{ UNI_IE_CALLED, ITU, true, "82" TWENTY },
		{ UNI_IE_CALLED, ITU, false, "82" TEN "010203040506070809" },
		{ UNI_IE_CALLED, ITU, false, "82" TWENTY "01" },
		{ UNI_IE_CALLING, ITU, true, "91 31" },
		{ UNI_IE_CALLING, ITU, true, "02 c3" TWENTY },
		{ UNI_IE_CALLING, ITU, true, "82" TWENTY },
		{ UNI_IE_CALLING, ITU, false, "82" TWENTY "01" },
		{ UNI_IE_CALLING, ITU, false, "11 e0 31" }, /* presentation 3 */
		{ UNI_IE_CALLING, ITU, false, "11 00 31" },
		{ UNI_IE_CALLING, ITU, false, "11 80" },
		{ UNI_IE_CALLING, ITU, false, "11" },
		{ UNI_IE_CONNED, ITU, true, "11 a3 31" },
		{ UNI_IE_CALLEDSUB, ITU, true, "80 01" },
		{ UNI_IE_CALLEDSUB, ITU, true, "88" TWENTY },
		{ UNI_IE_CALLEDSUB, ITU, false, "80" },
		{ UNI_IE_CALLEDSUB, ITU, false, "00 01" },
		{ UNI_IE_CALLEDSUB, ITU, false, "a0 01" },
		{ UNI_IE_CALLINGSUB, ITU, true, "90" TWENTY },
		{ UNI_IE_CALLINGSUB, ITU, false, "90" TEN },
		{ UNI_IE_CONNEDSUB, ITU, false, "90" TWENTY "01" },
	};

	(void)state;
	CHECK_EDGES(edges);
}

/* 4.7 */
static void
aal_parameters_keep_to_the_set_of_their_type(void **state)
{
	static const struct edge edges[] = {
		{ UNI_IE_AAL, ITU, true, "00" },
		{ UNI_IE_AAL, ITU, false, "00 00" },
		{ UNI_IE_AAL, ITU, true, "02" },
		{ UNI_IE_AAL, ITU, false, "04" },
		{ UNI_IE_AAL, ITU, true, "01 8500 8601" },
		{ UNI_IE_AAL, ITU, true, "01 8601 8505" },
		{ UNI_IE_AAL, ITU, false, "01 8500" },
		{ UNI_IE_AAL, ITU, false, "01 8601" },
		{ UNI_IE_AAL, ITU, false, "01 8503 8601" },
		{ UNI_IE_AAL, ITU, false, "01 8500 8603" },
		{ UNI_IE_AAL, ITU, false, "01 8500 8609" },
		{ UNI_IE_AAL, ITU, true, "01 8500 8613" },
		{ UNI_IE_AAL, ITU, false, "01 8500 8614" },
		{ UNI_IE_AAL, ITU, true, "01 8500 8640 870018" },
		{ UNI_IE_AAL, ITU, true, "01 8500 8641 870018" },
		{ UNI_IE_AAL, ITU, false, "01 8500 8642 870018" },
		{ UNI_IE_AAL, ITU, false, "01 8500 8640" },
		{ UNI_IE_AAL, ITU, false, "01 8500 8601 870018" },
		{ UNI_IE_AAL, ITU, false, "01 8500 8601 8601" }, /* repeated */
		{ UNI_IE_AAL, ITU, false, "01 8500 8601 8a02" }, /* cut */
		{ UNI_IE_AAL, ITU, false, "01 8500 8601 8400" }, /* of another type */
		{ UNI_IE_AAL, ITU, true, "05" },
		{ UNI_IE_AAL, ITU, true, "05 8400 8100ff 8c00ff" },
		{ UNI_IE_AAL, ITU, false, "05 8c00ff" },
		{ UNI_IE_AAL, ITU, false, "05 8403" },
		{ UNI_IE_AAL, ITU, false, "05 82000003ff" },
		{ UNI_IE_AAL, ITU, true, "03 8c00ff 8100ff 8203ff03ff 8404" },
		{ UNI_IE_AAL, ITU, false, "03 8200010400" },
		{ UNI_IE_AAL, ITU, false, "03 8200020001" },
		{ UNI_IE_AAL, ITU, true, "10" },
		{ UNI_IE_AAL, ITU, true, "10 01020304" },
		{ UNI_IE_AAL, ITU, false, "10 0102030405" },
	};

	(void)state;
	CHECK_EDGES(edges);
}

/* SIG-33 */
static void
of_a_repeated_rate_the_first_counts(void **state)
{
	const uint8_t twice[] = { 0x84, 0, 0, 1, 0x84, 0, 0, 2 };
	struct uni_traffic t;

	(void)state;
	assert_int_equal(uni_ie_decode_traffic(&t, twice, sizeof(twice), ITU), 0);
	assert_int_equal(t.has, 1 << UNI_TRAFFIC_FPCR01);
	assert_int_equal(t.value[UNI_TRAFFIC_FPCR01], 1);
	assert_true(is_good(UNI_IE_TRAFFIC, ITU, "be 85ffffff bf00 82000000"));
	assert_false(is_good(UNI_IE_TRAFFIC, ITU, "84 0000"));
	assert_false(is_good(UNI_IE_TRAFFIC, ITU, "bf"));
	assert_false(is_good(UNI_IE_TRAFFIC, ITU, "86 000001"));
	assert_int_equal(uni_traffic_field_id(UNI_TRAFFIC_BPCR01), 0x85);
}

/* SIG-34 */
static void
a_setup_may_have_five_sets_of_rates_per_direction(void **state)
{
	static const struct {
		uint32_t has;
		bool supported;
	} sets[] = {
		{ 0x000c, true },        /* peak 0+1, both ways */
		{ 0x000f, true },        /* and peak 0 */
		{ 0x300c | 0xc0, true }, /* sustainable 0+1, burst 0+1 */
		{ 0x0c0c | 0x30, true }, /* sustainable 0, burst 0 */
		{ 0x030c, true },        /* minimum */
		{ 0x000d, true },        /* the directions may differ */
		{ 0x400c, true },        /* best effort */
		{ 0x800c, true },        /* options are no rates */
		{ 0x400f, false },       /* best effort with more than its peak */
		{ 0x0004, false },
		{ 0x0008, false },
		{ 0x0003, false },
		{ 0x00cc, false }, /* no burst */
		{ 0x300c | 0x30, false },
		{ 0, false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(sets) / sizeof(sets[0]); i++) {
		const struct uni_traffic t = { .has = sets[i].has };

		assert_int_equal(uni_traffic_is_supported(&t), sets[i].supported);
	}
}

/* 4.9 */
static void
a_bearer_capability_has_its_capability_octet_when_announced(void **state)
{
	static const struct edge edges[] = {
		{ UNI_IE_BEARER, ITU, true, "81 80" },
		{ UNI_IE_BEARER, ITU, true, "83 a1" },
		{ UNI_IE_BEARER, ITU, true, "98 80" },
		{ UNI_IE_BEARER, ITU, false, "84 80" },
		{ UNI_IE_BEARER, ITU, false, "81 85 80" },
		{ UNI_IE_BEARER, ITU, false, "01 80" },
		{ UNI_IE_BEARER, ITU, true, "01 85 80" },
		{ UNI_IE_BEARER, ITU, true, "10 8c 80" },
		{ UNI_IE_BEARER, ITU, true, "10 93 80" },
		{ UNI_IE_BEARER, ITU, false, "10 83 80" },
		{ UNI_IE_BEARER, ITU, false, "10 8d 80" },
		{ UNI_IE_BEARER, ITU, false, "10 05 80" },
		{ UNI_IE_BEARER, ITU, false, "90 00" },
		{ UNI_IE_BEARER, ITU, false, "90 c0" },
		{ UNI_IE_BEARER, ITU, false, "90 82" },
	};

	(void)state;
	CHECK_EDGES(edges);
}

/* 4.10 */
static void
qos_classes_depend_on_the_coding(void **state)
{
	static const struct edge edges[] = {
		{ UNI_IE_QOS, ITU, true, "0000" },
		{ UNI_IE_QOS, ITU, false, "0100" },
		{ UNI_IE_QOS, ITU, false, "0001" },
		{ UNI_IE_QOS, NET, true, "0404" },
		{ UNI_IE_QOS, NET, false, "0405" },
		{ UNI_IE_EXQOS, NET, true, "01" },
		{ UNI_IE_EXQOS, NET, true, "00 a3ff a206 940003e8" },
		{ UNI_IE_EXQOS, ITU, false, "00" },
		{ UNI_IE_EXQOS, NET, false, "02" },
		{ UNI_IE_EXQOS, NET, false, "00 94ffff" },
		{ UNI_IE_EXQOS, NET, false, "00 98000000" },
		{ UNI_IE_EETD, ITU, true, "010000" },
		{ UNI_IE_EETD, NET, true, "0a 03ffff 010001" },
		{ UNI_IE_EETD, ITU, false, "03ffff" }, /* no cumulative delay */
		{ UNI_IE_EETD, ITU, false, "010000 02" },
		{ UNI_IE_EETD, ITU, false, "010000 03ff" },
	};

	(void)state;
	CHECK_EDGES(edges);
}

/* 4.11 */
static void
low_layer_groups_end_where_bit_8_says(void **state)
{
	static const struct edge edges[] = {
		{ UNI_IE_BLLI, ITU, true, "a1" },
		{ UNI_IE_BLLI, ITU, false, "21" },
		{ UNI_IE_BLLI, ITU, true, "a1 cc eb" },
		{ UNI_IE_BLLI, ITU, false, "81" },    /* layer 0 */
		{ UNI_IE_BLLI, ITU, false, "cc cc" }, /* layer 2 twice */
		{ UNI_IE_BLLI, ITU, false, "4e" },
		{ UNI_IE_BLLI, ITU, true, "4e c0" },
		{ UNI_IE_BLLI, ITU, false, "4e 40" },
		{ UNI_IE_BLLI, ITU, true, "4e 40 a0" },
		{ UNI_IE_BLLI, ITU, false, "4e 40 20" },
		{ UNI_IE_BLLI, ITU, true, "50 85" },
		{ UNI_IE_BLLI, ITU, false, "50 05" },
		{ UNI_IE_BLLI, ITU, true, "66 a0" },
		{ UNI_IE_BLLI, ITU, true, "67 20 87" },
		{ UNI_IE_BLLI, ITU, true, "68 20 07 82" },
		{ UNI_IE_BLLI, ITU, false, "68 20 07" },
		{ UNI_IE_BLLI, ITU, false, "68 20 07 02" },
		{ UNI_IE_BLLI, ITU, true, "70 81" },
		{ UNI_IE_BLLI, ITU, false, "70" },
		{ UNI_IE_BLLI, ITU, false, "69 81" }, /* protocol 9 has nothing to follow */
		{ UNI_IE_BLLI, ITU, true, "6b 66 80" },
		{ UNI_IE_BLLI, ITU, false, "6b 66" },
		{ UNI_IE_BLLI, ITU, false, "6b 66 00" },
		{ UNI_IE_BLLI, ITU, false, "6b 40 80" }, /* IPI 80 without SNAP */
		{ UNI_IE_BLLI, ITU, true, "6b 40 80 80 00a03e 0001" },
		{ UNI_IE_BLLI, ITU, false, "6b 40 80 81 00a03e 0001" },
		{ UNI_IE_BLLI, ITU, false, "6b 40 80 80 00a03e 00" },
		{ UNI_IE_BLLI, ITU, true, "a1 4e 40 a0 6b 40 80 80 00a03e 0001" },
	};

	(void)state;
	CHECK_EDGES(edges);
}

/* SIG-38, SIG-119, 4.11 */
static void
the_small_elements_have_only_their_listed_values(void **state)
{
	static const struct edge edges[] = {
		{ UNI_IE_BHLI, ITU, true, "80" },
		{ UNI_IE_BHLI, ITU, true, "83 0102030405060708" },
		{ UNI_IE_BHLI, ITU, false, "82 01" },
		{ UNI_IE_BHLI, ITU, false, "01 01" },
		{ UNI_IE_SCOMPL, ITU, true, "a1" },
		{ UNI_IE_SCOMPL, ITU, false, "21" },
		{ UNI_IE_REPEAT, ITU, true, "82" },
		{ UNI_IE_REPEAT, ITU, false, "81" },
		{ UNI_IE_TNS, ITU, true, "a1 30323838" },
		{ UNI_IE_TNS, NET, true, "a1 30" },
		{ UNI_IE_TNS, ITU, false, "a1" },
		{ UNI_IE_TNS, ITU, false, "a0 30" },
		{ UNI_IE_TNS, ITU, false, "a1 b0" },
		{ UNI_IE_RESTART, ITU, true, "82" },
		{ UNI_IE_RESTART, ITU, false, "83" },
		{ UNI_IE_RESTART, ITU, false, "02" },
		{ UNI_IE_REPORT, ITU, true, "06" },
		{ UNI_IE_REPORT, ITU, false, "03" },
		{ UNI_IE_REPORT, ITU, false, "00" },
		{ UNI_IE_REPORT, ITU, false, "81" },
		{ UNI_IE_UU, ITU, true, "04" },
		{ UNI_IE_GIT, NET, true, "01" },
		{ UNI_IE_GIT, ITU, false, "01" },
		{ UNI_IE_NOTIFY, ITU, true, "00" },
	};

	(void)state;
	CHECK_EDGES(edges);
}

/* SIG-17 */
static void
what_is_encoded_is_decoded_to_the_same(void **state)
{
	/* One of each form that the golden messages lack. */
	static const char *const elements[] = {
		"58 80 000e 03 8c00ff 810100 82000103ff 8404",
		"5f 80 000d a1 4e 40 a0 6b 40 80 80 00a03e 0001",
		"5f 80 0004 68 20 07 82",
		"5f 80 0003 66 20 87",
		"5f 80 0002 70 81",
		"5f 80 0003 6b 66 80",
		"59 80 0010 84000001 85000002 92000003 93000004",
		"71 80 0003 88 0102",
		"78 e0 0003 a1 3132",
		"5c e0 0002 0403",
		"42 e0 0003 010007",
		"7f e0 0004 01020304",
	};
	uint8_t again[64];
	uint32_t n_copied;

	(void)state;
	for (size_t i = 0; i < sizeof(elements) / sizeof(elements[0]); i++) {
		const struct uni_msg *m = msg_of(UNI_MT_SETUP, elements[i]);

		assert_int_equal(verdict_of(m, 0), UNI_IE_GOOD);
		assert_int_equal(uni_msg_reencode(m, again, sizeof(again), &n_copied), m->n_octets);
		assert_int_equal(n_copied, 0);
		assert_memory_equal(again, m->octets, m->n_octets);
	}
}

static void
a_typed_element_that_is_too_long_overflows_the_encoder(void **state)
{
	const struct uni_number number = { .ton = 1, .plan = 1, .n_digits = 21 };
	const struct uni_aal aal = { .type = UNI_AAL_USER, .n_user = 5 };
	const struct uni_aal no_aal = { .type = 0x77 };
	const struct uni_cause cause = { .value = 16, .n_diag = UNI_CAUSE_DIAG_MAX + 1 };
	const struct uni_uu uu = { .len = UNI_UU_MAX + 1 };
	const struct uni_blli nothing = { 0 };
	const struct uni_header hdr = { .cref = 1, .type = UNI_MT_SETUP };
	struct uni_enc e;
	uint8_t buf[512];

#define OVERFLOWS(call)                                                                            \
	do {                                                                                       \
		uni_enc_begin(&e, buf, sizeof(buf), &hdr);                                         \
		call;                                                                              \
		assert_true(e.overflow);                                                           \
		assert_int_equal(e.len, UNI_HEADER_SIZE);                                          \
	} while (0)

	(void)state;
	OVERFLOWS(uni_enc_ie_conned(&e, &number));
	OVERFLOWS(uni_enc_ie_aal(&e, &aal));
	OVERFLOWS(uni_enc_ie_aal(&e, &no_aal));
	OVERFLOWS(uni_enc_ie_cause(&e, &cause));
	OVERFLOWS(uni_enc_ie_uu(&e, &uu));
	OVERFLOWS(uni_enc_ie_blli(&e, &nothing)); /* SIG-18: never sent empty */
	assert_int_equal(uni_enc_end(&e), -ENOSPC);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(contents_outside_the_bounds_of_their_element_are_refused),
		cmocka_unit_test(an_element_is_free_just_where_no_contents_are_refused),
		cmocka_unit_test(a_traffic_descriptor_knows_its_subfields_and_no_other),
		cmocka_unit_test(each_digit_of_a_number_is_looked_at),
		cmocka_unit_test(a_cause_needs_two_octets_with_bit_8_set),
		cmocka_unit_test(only_states_that_exist_are_accepted),
		cmocka_unit_test(an_endpoint_reference_is_a_locally_defined_integer),
		cmocka_unit_test(a_connection_identifier_knows_six_codes),
		cmocka_unit_test(numbers_are_e164_digits_or_end_system_addresses),
		cmocka_unit_test(aal_parameters_keep_to_the_set_of_their_type),
		cmocka_unit_test(of_a_repeated_rate_the_first_counts),
		cmocka_unit_test(a_setup_may_have_five_sets_of_rates_per_direction),
		cmocka_unit_test(a_bearer_capability_has_its_capability_octet_when_announced),
		cmocka_unit_test(qos_classes_depend_on_the_coding),
		cmocka_unit_test(low_layer_groups_end_where_bit_8_says),
		cmocka_unit_test(the_small_elements_have_only_their_listed_values),
		cmocka_unit_test(what_is_encoded_is_decoded_to_the_same),
		cmocka_unit_test(a_typed_element_that_is_too_long_overflows_the_encoder),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
