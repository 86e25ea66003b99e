/* SPDX-License-Identifier: BSD-3-Clause */
#include "callplane/replay.h"

#include <errno.h>
#include <pcap/pcap.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <rte_eal.h>
#include <rte_ethdev.h>
#include <rte_mbuf.h>

#include <cmocka.h>

#define FRAME_SIZE 64
#define SECOND UINT64_C(1000000000)

/* Control and worker in one: the test answers for it. */
struct appliance {
	struct rte_mempool *mempool;
};

static struct appliance appliance;

struct fixture {
	struct replay *replay;
	struct query_args args;
	unsigned int n_begun;
	int error; /* that it began with */
	char message[QUERY_TEXT];
	uint64_t now_ns;
};

int
query_post(struct appliance *to, struct query *query)
{
	(void)to;
	(void)query;
	return 0;
}

struct query *
query_reap(struct appliance *from)
{
	(void)from;
	return NULL;
}

uint64_t
appliance_now(const struct appliance *of)
{
	(void)of;
	return 0;
}

struct rte_mempool *
appliance_mempool(struct appliance *of)
{
	return of->mempool;
}

/* A file of @p n frames, the first octet of each its number. */
static void
write_capture(const char *path, int link_type, unsigned int n)
{
	pcap_t *pcap = pcap_open_dead(link_type, 65535);
	pcap_dumper_t *dumper = pcap_dump_open(pcap, path);
	struct pcap_pkthdr header = { .caplen = FRAME_SIZE, .len = FRAME_SIZE };
	uint8_t frame[FRAME_SIZE] = { 0 };
	unsigned int i;

	assert_non_null(dumper);
	for (i = 0; i < n; i++) {
		frame[0] = (uint8_t)i;
		pcap_dump((u_char *)dumper, &header, frame);
	}
	pcap_dump_close(dumper);
	pcap_close(pcap);
}

static void
begun(void *arg, const struct query *answer)
{
	struct fixture *f = arg;

	f->n_begun++;
	f->error = answer->error;
	snprintf(f->message, sizeof(f->message), "%s", answer->message);
}

static void
create(struct fixture *f, unsigned int n_frames, uint32_t n_passes)
{
	int fd;

	memset(f, 0, sizeof(*f));
	f->now_ns = SECOND;
	f->args.count = n_passes;
	snprintf(f->args.path, sizeof(f->args.path), "replay-test-XXXXXX");
	fd = mkstemp(f->args.path);
	assert_true(fd >= 0);
	close(fd);
	write_capture(f->args.path, DLT_EN10MB, n_frames);
	f->replay = replay_create(&appliance, 0, &f->args, begun, f);
	assert_non_null(f->replay);
}

static void
destroy(struct fixture *f)
{
	replay_destroy(f->replay);
	unlink(f->args.path);
	assert_int_equal(rte_eth_dev_count_avail(), 0);
	assert_int_equal(rte_mempool_in_use_count(appliance.mempool), 0);
}

/* Until it asks something, or is over. The question, taken from it. */
static struct query *
step(struct fixture *f)
{
	struct ask *ask = replay_ask(f->replay);
	unsigned int n;

	for (n = 0; n < 1000 && !ask->wanted && !replay_is_over(f->replay); n++) {
		f->now_ns += SECOND / 100;
		replay_step(f->replay, f->now_ns);
	}
	assert_true(n < 1000);
	if (!ask->wanted)
		return NULL;
	ask->wanted = false;
	return &ask->query;
}

static void
answer(struct fixture *f, const char *state, uint64_t done)
{
	struct query *query = &replay_ask(f->replay)->query;
	struct query_job_row *row = &query->rows.jobs[0];

	memset(row, 0, sizeof(*row));
	row->job = 5;
	row->done = done;
	snprintf(row->state, sizeof(row->state), "%s", state);
	query->n_rows = 1;
	replay_ask(f->replay)->answered(replay_ask(f->replay), f->now_ns);
}

/* What a worker gets from the source, in order. */
static unsigned int
drain(uint32_t ethdev, unsigned int n_frames)
{
	struct rte_mbuf *mbufs[8];
	unsigned int n = 0, got, i;

	do {
		got = rte_eth_rx_burst((uint16_t)ethdev, 0, mbufs, 8);
		for (i = 0; i < got; i++) {
			assert_int_equal(rte_pktmbuf_pkt_len(mbufs[i]), FRAME_SIZE);
			assert_int_equal(*rte_pktmbuf_mtod(mbufs[i], uint8_t *), n++ % n_frames);
			rte_pktmbuf_free(mbufs[i]);
		}
	} while (got > 0);
	return n;
}

static void
all_passes_are_one_job_of_which_the_total_is_exact(void **state)
{
	struct query *query;
	struct fixture f;

	(void)state;
	create(&f, 10, 3);
	query = step(&f);
	assert_int_equal(query->method, QUERY_REPLAY);
	assert_int_equal(query->args.total, 30);
	assert_int_equal(drain(query->args.ethdev, 10), 30);
	assert_int_equal(f.n_begun, 0);
	answer(&f, "running", 0);
	assert_int_equal(f.n_begun, 1);
	query = step(&f);
	assert_int_equal(query->method, QUERY_JOBS);
	assert_int_equal(query->args.id, 5);
	assert_int_equal(rte_eth_dev_count_avail(), 1);
	answer(&f, "done", 30);
	assert_null(step(&f));
	assert_int_equal(f.n_begun, 1);
	destroy(&f);
}

/* The worker reads a copy: who changes the file does not change the replay. */
static void
a_file_that_changes_under_a_replay_does_not_change_it(void **state)
{
	struct query *query;
	struct fixture f;

	(void)state;
	create(&f, 10, 1);
	query = step(&f);
	assert_int_equal(truncate(f.args.path, 0), 0);
	assert_int_equal(drain(query->args.ethdev, 10), 10);
	answer(&f, "done", 10);
	step(&f);
	answer(&f, "done", 10);
	assert_null(step(&f));
	destroy(&f);
}

/* I8 */
static void
a_replay_that_stalls_is_cancelled_once_and_ends(void **state)
{
	unsigned int n_cancels = 0, n;
	struct query *query;
	struct fixture f;

	(void)state;
	create(&f, 200, 1);
	step(&f);
	answer(&f, "running", 0);
	for (n = 0; n < 500; n++) {
		query = step(&f);
		n_cancels += query->method == QUERY_CANCEL;
		f.now_ns += SECOND / 10;
		/* It comes slowly at first: that is no stall. */
		answer(&f, "running", n < 100 ? n : 100);
		if (n == 100)
			assert_int_equal(n_cancels, 0);
	}
	assert_int_equal(n_cancels, 1);
	step(&f);
	answer(&f, "cancelled", 7);
	assert_null(step(&f));
	destroy(&f);
}

static void
a_job_that_control_refuses_leaves_no_source(void **state)
{
	struct fixture f;

	(void)state;
	create(&f, 1, 1);
	step(&f);
	replay_ask(f.replay)->query.error = -ENOENT;
	answer(&f, "", 0);
	assert_int_equal(f.error, -ENOENT);
	assert_null(step(&f));
	assert_int_equal(f.n_begun, 1);
	destroy(&f);
}

static void
a_file_without_ethernet_frames_is_refused(void **state)
{
	struct fixture f;

	(void)state;
	create(&f, 0, 1);
	assert_null(step(&f));
	assert_int_equal(f.error, -ENODATA);
	destroy(&f);
	create(&f, 0, 1);
	write_capture(f.args.path, DLT_RAW, 1);
	assert_null(step(&f));
	assert_int_equal(f.error, -EPROTONOSUPPORT);
	assert_int_equal(f.n_begun, 1);
	destroy(&f);
}

static void
a_file_that_is_cut_is_refused(void **state)
{
	struct fixture f;

	(void)state;
	create(&f, 2, 1);
	assert_int_equal(truncate(f.args.path, 24 + 16 + FRAME_SIZE + 20), 0);
	assert_null(step(&f));
	assert_int_equal(f.error, -EBADMSG);
	assert_non_null(strstr(f.message, "mend: give a whole file"));
	destroy(&f);
}

/* The copy lies in memory, so it has a bound. */
static void
a_replay_that_is_too_long_is_refused(void **state)
{
	struct fixture f;

	(void)state;
	create(&f, 4000, 1000000);
	assert_null(step(&f));
	assert_int_equal(f.error, -EFBIG);
	destroy(&f);
}

int
main(int argc, char **argv)
{
	static char no_huge[] = "--no-huge", no_files[] = "--no-shconf", no_pci[] = "--no-pci";
	static char log_level[] = "--log-level=error", memory[] = "-m64";
	char *eal[] = { argv[0], no_huge, no_files, no_pci, log_level, memory, NULL };
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_passes_are_one_job_of_which_the_total_is_exact),
		cmocka_unit_test(a_file_that_changes_under_a_replay_does_not_change_it),
		cmocka_unit_test(a_replay_that_stalls_is_cancelled_once_and_ends),
		cmocka_unit_test(a_job_that_control_refuses_leaves_no_source),
		cmocka_unit_test(a_file_without_ethernet_frames_is_refused),
		cmocka_unit_test(a_file_that_is_cut_is_refused),
		cmocka_unit_test(a_replay_that_is_too_long_is_refused),
	};

	(void)argc;
	if (rte_eal_init(6, eal) < 0)
		return EXIT_FAILURE;
	appliance.mempool = rte_pktmbuf_pool_create(
		"replay", 255, 0, 0, RTE_MBUF_DEFAULT_BUF_SIZE, SOCKET_ID_ANY);
	if (appliance.mempool == NULL)
		return EXIT_FAILURE;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
