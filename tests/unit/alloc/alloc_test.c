/* SPDX-License-Identifier: BSD-3-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>

#include "../sscop/fake.h"
#include "../uni_call/pair.h"
#include "base/bytes.h"
#include "tsv.h"

#include <cmocka.h>

#define N_CALLS 2000u
#define N_BATCH 100u

/*
 * Every way to memory that the code in this program can take goes through a __wrap_ (meson.build),
 * whichever library of ours calls it.
 */
static uint64_t n_allocations;

#define WRAP(result, name, parameters, ...)                                                        \
	result __real_##name parameters;                                                           \
	result __wrap_##name parameters;                                                           \
	result __wrap_##name parameters                                                            \
	{                                                                                          \
		n_allocations++;                                                                   \
		return __real_##name(__VA_ARGS__);                                                 \
	}

/* clang-format off */
WRAP(void *, malloc, (size_t size), size)
WRAP(void *, calloc, (size_t n, size_t size), n, size)
WRAP(void *, realloc, (void *p, size_t size), p, size)
WRAP(void *, aligned_alloc, (size_t alignment, size_t size), alignment, size)
WRAP(int, posix_memalign, (void **out, size_t alignment, size_t size), out, alignment, size)
WRAP(void *, mmap, (void *at, size_t size, int access, int flags, int fd, off_t off),
	at, size, access, flags, fd, off)
/* clang-format on */

/* The counter counts: to create something takes memory, of both kinds. */
static void
creating_takes_memory(void **state)
{
	uint64_t before = n_allocations;
	struct pair *p = pair_create(&(struct pair_config){ .n_calls = N_CALLS });

	(void)state;
	assert_true(n_allocations > before + 4);
	pair_destroy(p);
}

static void
set_up_and_close(struct pair *p)
{
	uni_call_t calls[N_BATCH];
	uint32_t i;

	for (i = 0; i < N_BATCH; i++)
		calls[i] = pair_call(p, USER);
	pair_settle(p);
	for (i = 0; i < N_BATCH; i++)
		pair_close(p, USER, calls[i], UNI_CAUSE_NORMAL);
	pair_settle(p);
}

static void
calls_come_and_go_without_an_allocation(void **state)
{
	struct pair *p = pair_create(&(struct pair_config){ .n_calls = N_BATCH });
	uint64_t before;
	uint32_t i;

	(void)state;
	pair_up(p);
	p->end[NETWORK].on_offer = PAIR_ACCEPT;
	before = n_allocations;
	for (i = 0; i < N_CALLS / N_BATCH; i++)
		set_up_and_close(p);
	pair_run(p, 1000);
	assert_int_equal(n_allocations, before);
	assert_int_equal(p->end[USER].n_told[TOLD_CONNECTED], N_CALLS);
	assert_true(pair_is_clean(p));
	pair_destroy(p);
}

static void
parties_join_and_leave_without_an_allocation(void **state)
{
	struct pair *p = pair_create(&(struct pair_config){ .n_calls = N_BATCH });
	uni_call_t call;
	uni_party_t party;
	uint64_t before;
	uint32_t i;

	(void)state;
	pair_up(p);
	p->end[NETWORK].on_offer = PAIR_ACCEPT;
	p->end[NETWORK].on_party_offer = PAIR_ACCEPT;
	before = n_allocations;
	call = pair_multipoint_up(p, USER);
	for (i = 0; i < N_BATCH; i++) {
		party = pair_add_up(p, USER, call);
		pair_drop(p, USER, party, UNI_CAUSE_NORMAL);
		pair_settle(p);
	}
	assert_int_equal(n_allocations, before);
	pair_destroy(p);
}

/* Golden messages of all kinds, good and bad. */
static void
every_message_is_decoded_and_encoded_without_an_allocation(void **state)
{
	static struct uni_msg msg;
	static uint8_t octets[UNI_MSG_SIZE_MAX], again[UNI_MSG_SIZE_MAX];
	static char line[16384];
	struct tsv tsv = tsv_read("q2931.tsv");
	struct uni_fault fault;
	uint64_t before = n_allocations;
	size_t i;
	int len;

	(void)state;
	for (i = 0; i < tsv.n; i++) {
		len = cp_hex_parse(tsv.lines[i].field[1], octets, sizeof(octets));
		assert_true(len >= 0);
		uni_msg_decode(&msg, octets, (size_t)len);
		if (!uni_msg_is_dropped(&msg)) {
			uni_msg_reaction(&msg, &fault);
			assert_int_equal(uni_msg_reencode(&msg, again, sizeof(again), NULL), len);
		}
		assert_true(uni_msg_summary(line, sizeof(line), &msg) > 0);
	}
	assert_int_equal(n_allocations, before);
	tsv_free(&tsv);
}

static void
receive(struct fake *f, const struct sscop_pdu *pdu)
{
	static uint8_t octets[SSCOP_MAX_PDU];
	int len = sscop_pdu_encode(pdu, octets);

	assert_true(len > 0);
	sscop_receive(f->s, octets, (size_t)len, f->now_ns);
}

/* SSCOP, with loss (what is out of sequence is kept), acknowledgements and timers. */
static void
the_transport_carries_messages_without_an_allocation(void **state)
{
	static const uint8_t sdu[] = "release";
	struct fake *f = fake_ready(64, 64);
	uint64_t before = n_allocations;
	uint32_t i;

	(void)state;
	fake_send(f, 48);
	for (i = 0; i < 60; i++)
		if (i % 7 != 3)
			receive(f, &(struct sscop_pdu){ .type = SSCOP_SD,
					   .n_s = i,
					   .info = sdu,
					   .info_len = sizeof(sdu) });
	receive(f, &(struct sscop_pdu){ .type = SSCOP_POLL, .n_ps = 1, .n_s = 60 });
	receive(f, &(struct sscop_pdu){ .type = SSCOP_SD, .n_s = 3 });
	fake_pass(f, 5000);
	assert_int_equal(n_allocations, before);
	assert_int_equal(f->n_pulled, 48);
	fake_free(f);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(creating_takes_memory),
		cmocka_unit_test(calls_come_and_go_without_an_allocation),
		cmocka_unit_test(parties_join_and_leave_without_an_allocation),
		cmocka_unit_test(every_message_is_decoded_and_encoded_without_an_allocation),
		cmocka_unit_test(the_transport_carries_messages_without_an_allocation),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
