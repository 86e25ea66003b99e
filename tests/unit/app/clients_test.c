/* SPDX-License-Identifier: BSD-3-Clause */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "clients/attach.h"
#include "clients/route.h"

#include <cmocka.h>

static struct co_address
e164(const char *digits)
{
	struct co_address a = { .type = CO_ADDRESS_E164, .len = (uint8_t)strlen(digits) };

	memcpy(a.octets, digits, a.len);
	return a;
}

static void
the_longest_prefix_wins(void **state)
{
	struct route_table table = { .n = 0 };
	struct co_address hub = e164("4989"), lab = e164("49891235");
	struct co_address to_lab = e164("498912350001"), to_hub = e164("4989999"),
			  none = e164("33");

	(void)state;
	assert_int_equal(route_add(&table, &hub, 1), 0);
	assert_int_equal(route_add(&table, &lab, 2), 0);
	assert_int_equal(route_find(&table, &to_lab), 2);
	assert_int_equal(route_find(&table, &to_hub), 1);
	assert_int_equal(route_find(&table, &none), -ENOENT);
}

static void
a_prefix_has_one_route(void **state)
{
	struct route_table table = { .n = 0 };
	struct co_address hub = e164("4989");

	(void)state;
	assert_int_equal(route_add(&table, &hub, 1), 0);
	assert_int_equal(route_add(&table, &hub, 2), -EEXIST);
}

static void
the_route_table_refuses_more_than_it_holds(void **state)
{
	struct route_table table = { .n = 0 };
	struct co_address a = e164("1000");
	int i;

	(void)state;
	for (i = 0; i < ROUTE_MAX; i++) {
		assert_int_equal(route_add(&table, &a, 0), 0);
		assert_true(attach_address_add(&a, 1));
	}
	assert_int_equal(route_add(&table, &a, 0), -ENOSPC);
}

static void
addresses_count_in_decimal_and_do_not_overflow_unseen(void **state)
{
	struct co_address a = e164("4999"), top = e164("999");

	(void)state;
	assert_true(attach_address_add(&a, 1));
	assert_memory_equal(a.octets, "5000", 4);
	assert_true(attach_address_add(&a, 123));
	assert_memory_equal(a.octets, "5123", 4);
	assert_false(attach_address_add(&top, 1));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_longest_prefix_wins),
		cmocka_unit_test(a_prefix_has_one_route),
		cmocka_unit_test(the_route_table_refuses_more_than_it_holds),
		cmocka_unit_test(addresses_count_in_decimal_and_do_not_overflow_unseen),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
