/* SPDX-License-Identifier: BSD-3-Clause */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../base/random.h"
#include "callplane/config.h"

#include <cmocka.h>

#define N_MUTATIONS 20000

struct text {
	char *octets;
	size_t len;
};

static struct config config;
static char error[CONFIG_ERROR_TEXT];

/* ---- The example, without the comments: mutations then hit what is read ---- */

static struct text
read_text(const char *path)
{
	struct text t = { malloc(CONFIG_MAX_OCTETS), 0 };
	FILE *f = fopen(path, "r");

	assert_non_null(t.octets);
	assert_non_null(f);
	t.len = fread(t.octets, 1, CONFIG_MAX_OCTETS, f);
	fclose(f);
	return t;
}

static void
strip_comments(struct text *t)
{
	size_t i, n = 0;
	bool comment = false;

	for (i = 0; i < t->len; i++) {
		if (t->octets[i] == '#')
			comment = true;
		if (t->octets[i] == '\n')
			comment = false;
		if (!comment)
			t->octets[n++] = t->octets[i];
	}
	t->len = n;
}

static int
setup(void **state)
{
	static struct text example;
	char path[4096];

	assert_non_null(getenv("CALLPLANE_SOURCE"));
	snprintf(path, sizeof(path), "%s/app/callplane/callplane.example.yaml",
		getenv("CALLPLANE_SOURCE"));
	example = read_text(path);
	*state = &example;
	return 0;
}

static int
teardown(void **state)
{
	struct text *example = *state;

	free(example->octets);
	return 0;
}

/* ---- What holds for whatever text ---- */

static void
assert_sane_error(int err)
{
	unsigned int line, column;
	int at = 0;

	assert_int_equal(err, -EINVAL);
	assert_int_equal(sscanf(error, "f:%u:%u: %n", &line, &column, &at), 2);
	assert_true(at > 0 && line > 0 && column > 0);
	assert_non_null(strstr(error, "; mend: "));
	assert_null(strchr(error, '\n'));
}

static void
assert_sane_config(void)
{
	uint32_t i;

	assert_in_range(config.n_ports, 1, CONFIG_MAX_PORTS);
	assert_in_range(config.n_workers, 1, CONFIG_MAX_WORKERS);
	assert_true(config.n_trunks <= CONFIG_MAX_TRUNKS);
	assert_true(config.n_routes <= CONFIG_MAX_ROUTES);
	for (i = 0; i < config.n_ports; i++)
		assert_true(config.ports[i].workers != 0 &&
			    config.ports[i].workers >> config.n_workers == 0);
	for (i = 0; i < config.n_trunks; i++)
		assert_true(config.trunks[i].port < config.n_ports);
	for (i = 0; i < config.n_attachments; i++)
		assert_true(config.attachments[i].port < config.n_ports &&
			    config.attachments[i].outer_vlan <= CONFIG_VLAN_MAX &&
			    config.attachments[i].count > 0);
	for (i = 0; i < config.n_routes; i++)
		assert_true(config.routes[i].trunk < config.n_trunks);
}

/* From a block of exactly that size: a read past its end is seen. */
static bool
parse_exactly(const char *octets, size_t len)
{
	char *copy = malloc(len + (len == 0));
	int err;

	assert_non_null(copy);
	memcpy(copy, octets, len);
	err = config_parse(&config, copy, len, "f", error, sizeof(error));
	free(copy);
	if (err == 0)
		assert_sane_config();
	else
		assert_sane_error(err);
	return err == 0;
}

/* ---- Tests ---- */

/* I7 */
static void
a_text_that_ends_anywhere_is_read_or_refused(void **state)
{
	const struct text *example = *state;
	size_t len;

	assert_true(parse_exactly(example->octets, example->len));
	for (len = 0; len < example->len; len++)
		parse_exactly(example->octets, len);
}

static size_t
mutate(char *octets, size_t len, uint64_t *random)
{
	static const char marks[] = "{}[]:,-&*!|>'\"%@#?\n \t\\\0x9~<";
	size_t at = random_below(random, (uint32_t)len);
	size_t n = 1 + random_below(random, 32);

	switch (random_below(random, 5)) {
	case 0:
		octets[at] = (char)random_next(random);
		break;
	case 1:
		octets[at] = marks[random_below(random, sizeof(marks))];
		break;
	case 2:
		octets[at] ^= (char)(1u << random_below(random, 8));
		break;
	case 3: /* take some out */
		n = n < len - at ? n : len - at - 1;
		memmove(octets + at, octets + at + n, len - at - n);
		return len - n;
	default: /* write some of it elsewhere */
		n = n < len - at ? n : len - at;
		memmove(octets + at, octets + random_below(random, (uint32_t)(len - n + 1)), n);
		break;
	}
	return len;
}

/* I7 */
static void
a_text_with_random_mistakes_is_read_or_refused(void **state)
{
	const struct text *example = *state;
	struct text bare = { malloc(example->len), example->len };
	char *octets = malloc(example->len);
	uint64_t random = 20240229;
	uint32_t i, k, n_good = 0;
	size_t len;

	assert_non_null(bare.octets);
	assert_non_null(octets);
	memcpy(bare.octets, example->octets, example->len);
	strip_comments(&bare);
	assert_true(parse_exactly(bare.octets, bare.len));
	for (i = 0; i < N_MUTATIONS; i++) {
		memcpy(octets, bare.octets, bare.len);
		len = bare.len;
		for (k = random_below(&random, 4) + 1; k > 0; k--)
			len = mutate(octets, len, &random);
		n_good += parse_exactly(octets, len);
	}
	/* Both kinds were met, or it has tested nothing. */
	assert_in_range(n_good, N_MUTATIONS / 100, N_MUTATIONS / 2);
	free(octets);
	free(bare.octets);
}

/* A reader that looks at all the open brackets for each new one would take minutes here. */
static void
a_deep_nest_is_refused_where_it_gets_too_deep(void **state)
{
	static const struct {
		const char *unit;
		const char *wrong;
	} nests[] = {
		{ "[", "f:1:9: nested deeper" },
		{ "{", "f:1:2: a key is a list or a mapping" },
		{ "- ", "f:1:17: nested deeper" },
		{ "? ", "f:1:3: a key is a list or a mapping" },
		{ "a: {", "f:1:32: nested deeper" },
		{ "[a: ", "f:1:17: nested deeper" },
	};
	char *octets = malloc(CONFIG_MAX_OCTETS);
	size_t i, at, len;

	(void)state;
	assert_non_null(octets);
	for (i = 0; i < sizeof(nests) / sizeof(nests[0]); i++) {
		len = strlen(nests[i].unit);
		for (at = 0; at + len <= CONFIG_MAX_OCTETS; at += len)
			memcpy(octets + at, nests[i].unit, len);
		assert_false(parse_exactly(octets, at));
		if (strncmp(error, nests[i].wrong, strlen(nests[i].wrong)) != 0)
			fail_msg("\"%s\" instead of \"%s\"", error, nests[i].wrong);
	}
	free(octets);
}

static void
a_wide_text_is_refused_at_its_first_mistake(void **state)
{
	char *octets = malloc(CONFIG_MAX_OCTETS);

	(void)state;
	assert_non_null(octets);
	memset(octets, ',', CONFIG_MAX_OCTETS);
	octets[0] = '[';
	assert_false(parse_exactly(octets, CONFIG_MAX_OCTETS));
	memset(octets, 'a', CONFIG_MAX_OCTETS);
	assert_false(parse_exactly(octets, CONFIG_MAX_OCTETS));
	memset(octets, '\n', CONFIG_MAX_OCTETS);
	assert_false(parse_exactly(octets, CONFIG_MAX_OCTETS));
	free(octets);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_text_that_ends_anywhere_is_read_or_refused),
		cmocka_unit_test(a_text_with_random_mistakes_is_read_or_refused),
		cmocka_unit_test(a_deep_nest_is_refused_where_it_gets_too_deep),
		cmocka_unit_test(a_wide_text_is_refused_at_its_first_mistake),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
