/* SPDX-License-Identifier: BSD-3-Clause */
/* Memory on its node, and the proof: on a machine of two nodes that these fakes make. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <numa.h>
#include <rte_ethdev.h>
#include <rte_malloc.h>

#include "base/log.h"
#include "dataplane/node.h"
#include "fixture.h"

#include <cmocka.h>

#define PAGE 4096u
#define MAX_LINES 64

/* ---- The machine: what it answers, and what it was asked ---- */

static struct {
	int (*page_node)(const void *page); /* node of a page, or -errno */
	int move_error;                     /* errno of numa_move_pages(); 0 */
	unsigned long n_asked;
	void *first, *last;
	unsigned int lcore_nodes[2];
	int device_node;
	const char *bus;
	int full_node; /* has no memory */
	bool has_hugepages;
	const struct rte_mempool *rx_pool;
	unsigned int rx_node;
	char lines[MAX_LINES][512];
	unsigned int n_lines;
} machine;

static int
on_node_0(const void *page)
{
	(void)page;
	return 0;
}

static int
on_node_1(const void *page)
{
	(void)page;
	return 1;
}

int __wrap_numa_move_pages(
	int pid, unsigned long n, void **pages, const int *nodes, int *status, int flags);
int
__wrap_numa_move_pages(
	int pid, unsigned long n, void **pages, const int *nodes, int *status, int flags)
{
	unsigned long i;

	assert_int_equal(pid, 0);
	assert_null(nodes); /* it looks, and moves nothing */
	assert_int_equal(flags, 0);
	machine.n_asked = n;
	machine.first = pages[0];
	machine.last = pages[n - 1];
	errno = machine.move_error;
	if (machine.move_error != 0)
		return -1;
	for (i = 0; i < n; i++)
		status[i] = machine.page_node(pages[i]);
	return 0;
}

int __wrap_numa_distance(int a, int b);
int
__wrap_numa_distance(int a, int b)
{
	return a == b ? 10 : 21;
}

int __wrap_numa_node_to_cpus(int node, struct bitmask *cpus);
int
__wrap_numa_node_to_cpus(int node, struct bitmask *cpus)
{
	static const unsigned int of_node_0[] = { 0, 1, 2, 8, 10, 11 };
	unsigned int i;

	numa_bitmask_clearall(cpus);
	for (i = 0; node == 0 && i < sizeof(of_node_0) / sizeof(of_node_0[0]); i++)
		numa_bitmask_setbit(cpus, of_node_0[i]);
	return 0;
}

unsigned int __wrap_rte_lcore_to_socket_id(unsigned int lcore);
unsigned int
__wrap_rte_lcore_to_socket_id(unsigned int lcore)
{
	return machine.lcore_nodes[lcore];
}

int __wrap_rte_eal_has_hugepages(void);
int
__wrap_rte_eal_has_hugepages(void)
{
	return machine.has_hugepages;
}

int __wrap_rte_eth_dev_socket_id(uint16_t ethdev);
int
__wrap_rte_eth_dev_socket_id(uint16_t ethdev)
{
	(void)ethdev;
	return machine.device_node;
}

const char *__wrap_rte_bus_name(const struct rte_bus *bus);
const char *
__wrap_rte_bus_name(const struct rte_bus *bus)
{
	(void)bus;
	return machine.bus;
}

void *__real_rte_zmalloc_socket(const char *type, size_t size, unsigned int align, int node);
void *__wrap_rte_zmalloc_socket(const char *type, size_t size, unsigned int align, int node);
void *
__wrap_rte_zmalloc_socket(const char *type, size_t size, unsigned int align, int node)
{
	return node == machine.full_node ? NULL
					 : __real_rte_zmalloc_socket(type, size, align, node);
}

int __real_rte_eth_rx_queue_setup(uint16_t ethdev, uint16_t queue, uint16_t n, unsigned int node,
	const struct rte_eth_rxconf *conf, struct rte_mempool *pool);
int __wrap_rte_eth_rx_queue_setup(uint16_t ethdev, uint16_t queue, uint16_t n, unsigned int node,
	const struct rte_eth_rxconf *conf, struct rte_mempool *pool);
int
__wrap_rte_eth_rx_queue_setup(uint16_t ethdev, uint16_t queue, uint16_t n, unsigned int node,
	const struct rte_eth_rxconf *conf, struct rte_mempool *pool)
{
	machine.rx_pool = pool;
	machine.rx_node = node;
	return __real_rte_eth_rx_queue_setup(ethdev, queue, n, node, conf, pool);
}

static void
note_line(enum cp_log_level level, const char *line, void *arg)
{
	(void)level;
	(void)arg;
	if (machine.n_lines < MAX_LINES)
		snprintf(machine.lines[machine.n_lines++], sizeof(machine.lines[0]), "%s", line);
}

/* Both lcores on node 0, all memory there, devices of PCI that do not say where they are. */
static int
machine_setup(void **state)
{
	(void)state;
	memset(&machine, 0, sizeof(machine));
	machine.page_node = on_node_0;
	machine.device_node = -1;
	machine.full_node = -2;
	machine.has_hugepages = true;
	machine.bus = "pci";
	cp_log_set_sink(note_line, NULL);
	return 0;
}

static int
machine_teardown(void **state)
{
	(void)state;
	cp_log_set_sink(NULL, NULL);
	return 0;
}

static const char *
line_with(const char *text)
{
	unsigned int i;

	for (i = 0; i < machine.n_lines; i++)
		if (strstr(machine.lines[i], text) != NULL)
			return machine.lines[i];
	return NULL;
}

static struct dp *
create(int node)
{
	const struct dp_config config = {
		.n_circuits = 100, .ring_size = 64, .n_mbufs = 255, .socket = node
	};
	struct dp *dp;

	assert_int_equal(dp_create(&dp, &config), 0);
	return dp;
}

static struct dp_placement
placement(const struct dp *dp)
{
	struct dp_placement p;

	dp_placement(dp, &p);
	return p;
}

static uint16_t
open_port(struct dp *dp, const char *name)
{
	struct dp_port_config config = { .name = name };
	struct rte_ring *in, *out;
	int port;

	config.ethdev = ring_device(&in, &out, (uint16_t)dp_n_workers(dp));
	port = dp_port_open(dp, &config);
	assert_true(port >= 0);
	return (uint16_t)port;
}

/* ---- Looking ---- */

static void
every_page_of_small_memory_is_looked_at(void **state)
{
	char *p = (char *)(uintptr_t)(100 * PAGE);
	struct dp_pages pages = { 0 };

	(void)state;
	assert_int_equal(dp_pages_look(p + 1, PAGE, PAGE, &pages), 0);
	assert_int_equal(pages.n, 2); /* it begins in one and ends in the next */
	assert_int_equal(pages.n_looked, 2);
	assert_int_equal(pages.n_at[0], 2);
	assert_ptr_equal(machine.first, p);
	assert_ptr_equal(machine.last, p + PAGE);
	assert_int_equal(dp_pages_look(p, PAGE, PAGE, &pages), 0);
	assert_int_equal(machine.n_asked, 1);
	assert_int_equal(dp_pages_look(p, 0, PAGE, &pages), 0);
	assert_int_equal(pages.n, 3); /* they add up */
}

static int
on_node_1_from_the_middle(const void *page)
{
	return (uintptr_t)page >= (uintptr_t)PAGE * 500000 ? 1 : 0;
}

static void
large_memory_is_sampled_evenly_from_the_first_page_to_the_last(void **state)
{
	struct dp_pages pages = { 0 };
	void *p = (void *)(uintptr_t)PAGE;

	(void)state;
	machine.page_node = on_node_1_from_the_middle;
	assert_int_equal(dp_pages_look(p, (size_t)PAGE * 1000000, PAGE, &pages), 0);
	assert_int_equal(pages.n, 1000000);
	assert_true(pages.n_looked == machine.n_asked && machine.n_asked < 1024);
	assert_ptr_equal(machine.first, p);
	assert_ptr_equal(machine.last, (char *)p + (size_t)PAGE * 999999);
	assert_in_range(pages.n_at[1], pages.n_looked / 2 - 1, pages.n_looked / 2 + 1);
	assert_int_equal(pages.n_at[0] + pages.n_at[1], pages.n_looked);
}

static int
nowhere(const void *page)
{
	(void)page;
	return -ENOENT;
}

static void
pages_that_nobody_has_touched_are_on_no_node(void **state)
{
	struct dp_pages pages = { 0 };

	(void)state;
	machine.page_node = nowhere;
	assert_int_equal(dp_pages_look(&pages, 1, PAGE, &pages), 0);
	assert_int_equal(pages.n_unknown, 1);
}

static void
the_node_of_most_is_the_first_of_equals_and_none_without_any(void **state)
{
	static const int two_to_one[] = { 1, 0, 1 }, equal[] = { -1, 1, 0, 0, 1 }, none[] = { -1 };

	(void)state;
	assert_int_equal(dp_node_of_most(two_to_one, 3), 1);
	assert_int_equal(dp_node_of_most(equal, 5), 1);
	assert_int_equal(dp_node_of_most(none, 1), -1);
	assert_int_equal(dp_node_of_most(none, 0), -1);
}

/* ---- A dataplane's memory ---- */

static void
memory_that_is_where_it_should_be_is_counted_and_not_spoken_of(void **state)
{
	struct dp *dp = create(0);

	(void)state;
	assert_int_equal(placement(dp).node, 0);
	assert_true(placement(dp).n_things > 5);
	assert_true(placement(dp).n_looked >= placement(dp).n_things);
	assert_int_equal(placement(dp).n_misplaced, 0);
	assert_int_equal(machine.n_lines, 0);
	dp_destroy(dp);
}

static void
tables_and_pools_on_the_wrong_node_are_told_with_numbers_and_a_mend(void **state)
{
	struct dp *dp = create(1);
	struct dp_placement p = placement(dp);

	(void)state;
	assert_int_equal(p.node, 1);
	assert_int_equal(p.n_misplaced, p.n_things);
	assert_int_equal(p.n_elsewhere, p.n_looked);
	assert_non_null(line_with("circuit table: "));
	assert_non_null(line_with("mbufs_1: "));
	assert_non_null(line_with("clones_1: "));
	assert_non_null(strstr(line_with("circuit table: "),
		" looked at are on NUMA node 0 instead of 1; mend: "));
	assert_true(machine.n_lines <= 32);
	dp_destroy(dp);
}

static void
where_the_system_does_not_tell_nothing_is_claimed(void **state)
{
	struct dp *dp;

	(void)state;
	machine.move_error = EPERM;
	dp = create(1);
	assert_int_equal(placement(dp).n_things, 0);
	assert_true(placement(dp).n_untold > 5);
	assert_int_equal(placement(dp).n_misplaced, 0);
	assert_int_equal(machine.n_lines, 0);
	dp_destroy(dp);
}

static void
what_a_full_node_has_no_room_for_is_made_elsewhere(void **state)
{
	struct dp *dp;

	(void)state;
	machine.full_node = 1;
	dp = create(1);
	assert_non_null(line_with("circuit table: "));
	dp_destroy(dp);
}

static void
without_a_node_tables_are_on_that_of_who_creates_them(void **state)
{
	struct dp *dp = create(SOCKET_ID_ANY);

	(void)state;
	assert_int_equal(placement(dp).node, rte_socket_id());
	dp_destroy(dp);
}

/* ---- Workers and ports ---- */

static void
a_worker_and_its_rings_are_on_the_node_of_its_lcore(void **state)
{
	struct dp *dp = create(0);
	struct dp_worker *near, *far;

	(void)state;
	machine.lcore_nodes[1] = 1;
	assert_int_equal(dp_worker_create(dp, 0, &near), 0);
	assert_int_equal(machine.n_lines, 0);
	/* The machine says 0 of all pages: so these lines show which node was asked for. */
	assert_int_equal(dp_worker_create(dp, 1, &far), 0);
	assert_int_equal(machine.n_lines, 3);
	assert_non_null(strstr(line_with("worker: "), "on NUMA node 0 instead of 1"));
	assert_non_null(strstr(line_with("_up_1: "), "on NUMA node 0 instead of 1"));
	assert_non_null(strstr(line_with("_down_1: "), "on NUMA node 0 instead of 1"));
	dp_destroy(dp);
}

static void
the_maps_of_a_port_are_on_the_node_of_its_worker(void **state)
{
	const struct dp_config config = {
		.n_circuits = 100, .n_attachments = 1, .ring_size = 64, .n_mbufs = 255, .socket = 0
	};
	struct dp_attachment_config attachment = { .n_tags = 2, .outer_vlan = 1, .inner_vlan = 1 };
	struct dp_trunk_config trunk = { .tc = 6 };
	struct dp_worker *worker;
	uint32_t idx;
	struct dp *dp;

	(void)state;
	machine.lcore_nodes[1] = 1;
	machine.device_node = 0;
	assert_int_equal(dp_create(&dp, &config), 0);
	assert_int_equal(dp_worker_create(dp, 1, &worker), 0);
	trunk.port = open_port(dp, "east");
	attachment.port = open_port(dp, "lan");
	machine.n_lines = 0;
	assert_true(dp_trunk_add(dp, &trunk) >= 0);
	assert_int_equal(dp_attachment_add(dp, &attachment, &idx), 0);
	assert_int_equal(machine.n_lines, 3);
	assert_non_null(strstr(line_with("label map: "), "on NUMA node 0 instead of 1"));
	assert_non_null(strstr(line_with("access port: "), "on NUMA node 0 instead of 1"));
	assert_non_null(strstr(line_with("S-VLAN: "), "on NUMA node 0 instead of 1"));
	dp_destroy(dp);
}

static void
a_port_receives_to_a_pool_on_its_own_node(void **state)
{
	struct dp *dp = create(0);
	struct dp_worker *worker;
	uint64_t total, in_use;
	struct rte_mbuf *m;
	uint16_t a, b, c;

	(void)state;
	assert_int_equal(dp_worker_create(dp, 0, &worker), 0);
	machine.device_node = 0;
	a = open_port(dp, "a");
	assert_ptr_equal(machine.rx_pool, dp_mempool(dp));
	assert_int_equal(placement(dp).n_pools, 1);
	machine.device_node = 1;
	machine.page_node = on_node_1;
	b = open_port(dp, "b");
	assert_ptr_not_equal(machine.rx_pool, dp_mempool(dp));
	assert_int_equal(machine.rx_node, 1);
	c = open_port(dp, "c");
	assert_ptr_equal(machine.rx_pool, dp_port_mempool(dp, b));
	assert_ptr_equal(dp_port_mempool(dp, a), dp_mempool(dp));
	assert_ptr_equal(dp_port_mempool(dp, b), dp_port_mempool(dp, c));
	assert_ptr_equal(dp_port_mempool(dp, (uint16_t)(c + 1)), dp_mempool(dp));
	assert_int_equal(placement(dp).n_pools, 2);
	assert_null(line_with("mbufs"));
	m = rte_pktmbuf_alloc(dp_port_mempool(dp, b));
	dp_mbufs(dp, &total, &in_use);
	assert_int_equal(total, 2 * 255);
	assert_int_equal(in_use, 1);
	rte_pktmbuf_free(m);
	dp_destroy(dp);
}

static void
without_hugepages_all_ports_share_one_pool(void **state)
{
	struct dp *dp = create(0);
	struct dp_worker *worker;

	(void)state;
	machine.has_hugepages = false;
	assert_int_equal(dp_worker_create(dp, 0, &worker), 0);
	machine.device_node = 1;
	assert_ptr_equal(dp_port_mempool(dp, open_port(dp, "a")), dp_mempool(dp));
	assert_int_equal(placement(dp).n_pools, 1);
	dp_destroy(dp);
}

static void
a_worker_far_from_its_port_is_told_with_the_distance_and_the_lcores_that_are_near(void **state)
{
	struct dp *dp = create(0);
	struct dp_worker *worker;
	const char *line;

	(void)state;
	machine.lcore_nodes[1] = 1;
	machine.page_node = on_node_1;
	assert_int_equal(dp_worker_create(dp, 1, &worker), 0);
	machine.device_node = 1;
	open_port(dp, "near");
	assert_null(line_with("near"));
	machine.device_node = 0;
	machine.page_node = on_node_0;
	open_port(dp, "east");
	line = line_with("port east");
	assert_non_null(line);
	assert_non_null(strstr(line, "is on NUMA node 0"));
	assert_non_null(strstr(line, "lcore 1 on node 1, at distance 21 (10 within a node)"));
	assert_non_null(strstr(line, "mend: give it a worker on an lcore of node 0: 1-2,8,10-11"));
	dp_destroy(dp);
}

static void
a_device_of_memory_is_where_its_worker_is(void **state)
{
	struct dp *dp = create(0);
	struct dp_worker *worker;
	uint16_t port;

	(void)state;
	machine.lcore_nodes[1] = 1;
	machine.page_node = on_node_1;
	machine.bus = "vdev";
	assert_int_equal(dp_worker_create(dp, 1, &worker), 0);
	port = open_port(dp, "wire");
	assert_ptr_not_equal(dp_port_mempool(dp, port), dp_mempool(dp));
	machine.bus = "pci";
	machine.device_node = -1; /* the machine does not say */
	assert_ptr_equal(dp_port_mempool(dp, open_port(dp, "card")), dp_port_mempool(dp, port));
	assert_null(line_with("at distance"));
	dp_destroy(dp);
}

#define TEST(t) cmocka_unit_test_setup_teardown(t, machine_setup, machine_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(every_page_of_small_memory_is_looked_at),
		TEST(large_memory_is_sampled_evenly_from_the_first_page_to_the_last),
		TEST(pages_that_nobody_has_touched_are_on_no_node),
		TEST(the_node_of_most_is_the_first_of_equals_and_none_without_any),
		TEST(memory_that_is_where_it_should_be_is_counted_and_not_spoken_of),
		TEST(tables_and_pools_on_the_wrong_node_are_told_with_numbers_and_a_mend),
		TEST(where_the_system_does_not_tell_nothing_is_claimed),
		TEST(what_a_full_node_has_no_room_for_is_made_elsewhere),
		TEST(without_a_node_tables_are_on_that_of_who_creates_them),
		TEST(a_worker_and_its_rings_are_on_the_node_of_its_lcore),
		TEST(the_maps_of_a_port_are_on_the_node_of_its_worker),
		TEST(a_port_receives_to_a_pool_on_its_own_node),
		TEST(without_hugepages_all_ports_share_one_pool),
		TEST(a_worker_far_from_its_port_is_told_with_the_distance_and_the_lcores_that_are_near),
		TEST(a_device_of_memory_is_where_its_worker_is),
	};

	return cmocka_run_group_tests(tests, eal_setup, eal_teardown);
}
