/* SPDX-License-Identifier: BSD-3-Clause */
#include "callctl/decode.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* One line of a vector file: octets in hex, and what a summary says of them. */
struct vector {
	char *name, *hex, *summary;
};

typedef void (*vector_fn)(const struct decode *decode, const struct vector *v);

/* What an appliance does about a message stands behind its summary. */
static void
cut_remarks(char *summary)
{
	static const char *const remarks[] = { " expect=", " peer=", " note=" };
	unsigned int i;
	char *at;

	for (i = 0; i < 3; i++) {
		at = strstr(summary, remarks[i]);
		if (at != NULL)
			*at = '\0';
	}
}

static unsigned int
for_each_vector(const struct decode *decode, vector_fn fn)
{
	const char *dir = getenv("CALLPLANE_VECTORS");
	char path[512], *line = NULL, *rest;
	unsigned int n = 0;
	struct vector v;
	size_t size = 0;
	FILE *file;

	assert_non_null(dir);
	snprintf(path, sizeof(path), "%s/%s.tsv", dir, decode->is_sscop ? "sscop" : "q2931");
	file = fopen(path, "r");
	assert_non_null(file);
	while (getline(&line, &size, file) >= 0) {
		if (line[0] == '#')
			continue;
		rest = line;
		v.name = strsep(&rest, "\t");
		v.hex = strsep(&rest, "\t");
		v.summary = strsep(&rest, "\n");
		assert_non_null(v.summary);
		cut_remarks(v.summary);
		fn(decode, &v);
		n++;
	}
	free(line);
	fclose(file);
	return n;
}

static char *
text_of(const struct decode *decode, const char *hex)
{
	const char *why;
	char *text = decode_line(decode, hex, &why);

	if (text == NULL)
		fail_msg("%s: %s", hex, why);
	return text;
}

static void
check_summary(const struct decode *decode, const struct vector *v)
{
	char *text = text_of(decode, v->hex);

	if (strcmp(text, v->summary) != 0)
		fail_msg("%s:\n  got  %s\n  want %s", v->name, text, v->summary);
	free(text);
}

static void
check_octets(const struct decode *decode, const struct vector *v)
{
	char *text = text_of(decode, v->hex);

	if (strcmp(text, v->hex) != 0)
		fail_msg("%s:\n  got  %s\n  want %s", v->name, text, v->hex);
	free(text);
}

/* Spare bits are not kept, so the octets may differ; what they say does not. */
static void
check_meaning(const struct decode *decode, const struct vector *v)
{
	struct decode read = { .is_sscop = decode->is_sscop };
	char *octets = text_of(decode, v->hex);
	char *text = text_of(&read, octets);

	assert_string_equal(text, v->summary);
	free(text);
	free(octets);
}

/* How many values an object has, those in arrays too. */
static size_t
count_values(const json_t *object)
{
	const json_t *value;
	const char *key;
	size_t n = 0;

	json_object_foreach((json_t *)object, key, value) n +=
		json_is_array(value) ? json_array_size(value) : 1;
	return n;
}

static void
check_json(const struct decode *decode, const struct vector *v)
{
	char *text = text_of(decode, v->hex), *word, *equals, *rest = v->summary;
	json_t *object = json_loads(text, 0, NULL), *value;
	size_t n = 0;

	assert_non_null(object);
	while ((word = strsep(&rest, " ")) != NULL) {
		equals = strchr(word, '=');
		*equals = '\0';
		value = json_object_get(object, word);
		assert_non_null(value);
		if (json_is_string(value))
			assert_string_equal(json_string_value(value), equals + 1);
		n++;
	}
	assert_int_equal(count_values(object), n);
	json_decref(object);
	free(text);
}

static void
every_vector_decodes_to_its_summary(void **state)
{
	struct decode q2931 = { 0 }, sscop = { .is_sscop = true };

	(void)state;
	assert_true(for_each_vector(&q2931, check_summary) > 100);
	assert_true(for_each_vector(&sscop, check_summary) > 40);
}

static void
every_message_is_encoded_again_to_the_same_octets(void **state)
{
	struct decode q2931 = { .reencode = true };

	(void)state;
	for_each_vector(&q2931, check_octets);
}

static void
every_pdu_encoded_again_says_the_same(void **state)
{
	struct decode sscop = { .is_sscop = true, .reencode = true };

	(void)state;
	for_each_vector(&sscop, check_meaning);
}

static void
json_has_the_keys_and_values_of_the_summary(void **state)
{
	struct decode q2931 = { .json = true }, sscop = { .is_sscop = true, .json = true };

	(void)state;
	for_each_vector(&q2931, check_json);
	for_each_vector(&sscop, check_json);
}

static void
a_key_that_comes_again_has_an_array_of_its_values(void **state)
{
	json_t *object = decode_summary_to_json("verdict=ok ie=08 cause=a=b ie=5a ie=7e empty=");
	char *text = json_dumps(object, JSON_COMPACT);

	(void)state;
	assert_string_equal(text, "{\"verdict\":\"ok\",\"ie\":[\"08\",\"5a\",\"7e\"],"
				  "\"cause\":\"a=b\",\"empty\":\"\"}");
	free(text);
	json_decref(object);
}

static void
a_bad_line_does_not_keep_the_others_from_being_shown(void **state)
{
	struct decode sscop = { .is_sscop = true };
	char in[] = "0000000004000000\n04g0\n040\n\n0A000000\r\n", *out = NULL;
	FILE *lines = fmemopen(in, strlen(in), "r"), *shown;
	size_t size;

	(void)state;
	shown = open_memstream(&out, &size);
	assert_int_equal(decode_run(&sscop, lines, shown), EXIT_REFUSED);
	fclose(shown);
	fclose(lines);
	assert_string_equal(out, "verdict=ok type=04 pdu=ENDAK\n"
				 "verdict=drop:length\n"
				 "verdict=drop:length type=0a pdu=POLL\n");
	free(out);
}

static void
a_message_of_nothing_but_empty_elements_has_its_summary(void **state)
{
	struct decode q2931 = { 0 };
	char *hex = malloc(2 * 4096 + 1), *text;
	unsigned int i;

	(void)state;
	strcpy(hex, "09030000016e800ff4");
	for (i = 0; i < 1021; i++)
		strcpy(hex + 18 + 8 * (size_t)i, "33800000");
	text = text_of(&q2931, hex);
	assert_non_null(strstr(text, "miss=27"));
	free(text);
	free(hex);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_vector_decodes_to_its_summary),
		cmocka_unit_test(every_message_is_encoded_again_to_the_same_octets),
		cmocka_unit_test(every_pdu_encoded_again_says_the_same),
		cmocka_unit_test(json_has_the_keys_and_values_of_the_summary),
		cmocka_unit_test(a_key_that_comes_again_has_an_array_of_its_values),
		cmocka_unit_test(a_bad_line_does_not_keep_the_others_from_being_shown),
		cmocka_unit_test(a_message_of_nothing_but_empty_elements_has_its_summary),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
