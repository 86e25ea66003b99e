/* SPDX-License-Identifier: BSD-3-Clause */
/* What preflight says of machines that are made of files. */
#include <jansson.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "callplane/memory.h"
#include "tree.h"

#include <cmocka.h>

#define WIRES(lcore)                                                                               \
	"limits: {calls: 1000}\nports: {a: {device: 'wire:w:a'}, b: {device: 'wire:w:b'}}\n"       \
	"workers: [{lcore: " lcore ", ports: [a, b]}]\n"
#define NO_HUGE(calls)                                                                             \
	"limits: {calls: " calls ", no-huge: true}\nports: {a: {device: net_null0}}\n"             \
	"workers: [{lcore: 2, ports: [a]}]\n"
#define OK PREFLIGHT_OK
#define WARNING PREFLIGHT_WARNING
#define WRONG PREFLIGHT_WRONG
#define PAGE (2u << 20)

static void
a_machine_as_it_should_be_is_good(void **state)
{
	struct tree *t = *state;
	unsigned int i;

	put_card(t, "vfio-pci", "0\n");
	assert_int_equal(look(t, ONE_PORT(CARD)), 0);
	for (i = 0; i < t->p.n_checks; i++)
		if (t->p.checks[i].verdict != OK)
			fail_msg("%s: %s", t->p.checks[i].subject, t->p.checks[i].text);
	expect(t, "hugepages node 0", OK, "2M: 512 of 1024 free; 1024 MiB free");
	expect(t, "hugetlbfs", OK, "mounted at /dev/huge:");
	expect(t, "IOMMU", OK, "on: dmar0, 1 groups");
	expect(t, "driver", OK, "vfio-pci: " CARD);
	expect(t, "node 0", OK, "lcores 0-3, 4096 MiB, distances 10");
	expect(t, "lcore 2 (worker)", OK, "on node 0, isolated");
	expect(t, "port east", OK, "on node 0, as its worker's lcore 2");
	expect(t, "TSC", OK, "invariant");
}

static void
without_a_configuration_the_machine_alone_is_looked_at(void **state)
{
	struct tree *t = *state;

	assert_int_equal(look(t, NULL), 0);
	expect(t, "hugepages", OK, "1024 MiB free on all nodes");
	expect(t, "isolated lcores", OK, "2-3");
	expect(t, "IOMMU", WARNING, "VT-d");
	expect(t, "driver", WARNING, "modprobe vfio-pci");
}

static void
of_a_machine_that_tells_nothing_nothing_is_good(void **state)
{
	struct tree *t = *state;

	take_away(t, "/sys");
	take_away(t, "/proc");
	assert_int_equal(look(t, ONE_PORT(CARD)), 1);
	expect(t, "hugepages", WRONG, "0 MiB free");
	expect(t, "lcore 0 (control)", WRONG, "no such processor");
	expect(t, "port east", WRONG, "no such device");
	expect(t, "TSC", WARNING, "not invariant");
}

/* ---- Hugepages ---- */

static void
too_few_hugepages_are_wrong_and_none_are_too(void **state)
{
	struct tree *t = *state;

	put(t, "/sys/devices/system/node/node0/hugepages/hugepages-2048kB/free_hugepages", "9\n");
	assert_int_equal(look(t, WIRES("2")), 1);
	expect(t, "hugepages", WRONG, "18 MiB free on all nodes");
	expect(t, "hugepages", WRONG, "dpdk-hugepages.py --setup 1G");
	put(t, "/sys/devices/system/node/node0/hugepages/hugepages-2048kB/free_hugepages", "0\n");
	assert_int_equal(look(t, NULL), 1);
	expect(t, "hugepages", WRONG, "dpdk-hugepages.py --setup 1G");
}

static void
a_size_that_is_asked_for_must_be_free(void **state)
{
	struct tree *t = *state;

	assert_int_equal(look(t, "limits: {hugepages-mb: 1024}\nports: {a: {device: net_null0}}\n"
				 "workers: [{lcore: 2, ports: [a]}]\n"),
		0);
	assert_int_equal(look(t, "limits: {hugepages-mb: 3025}\nports: {a: {device: net_null0}}\n"
				 "workers: [{lcore: 2, ports: [a]}]\n"),
		1);
	expect(t, "hugepages", WRONG, "3025 MiB wanted");
	expect(t, "hugepages", WRONG, "--setup 3G");
}

/* Lcore 3 is on node 1: the tables go there, with the pool of mbufs. */
static void
a_node_with_too_few_is_told_with_the_number_that_it_needs(void **state)
{
	struct tree *t = *state;
	uint64_t n_wanted;
	char mend[128];

	two_nodes(t, "512", "10");
	assert_int_equal(look(t, WIRES("3")), 0);
	n_wanted = memory_of_tables(&t->config) + memory_of_mbufs(&t->config);
	snprintf(mend, sizeof(mend),
		"echo %llu > "
		"/sys/devices/system/node/node1/hugepages/hugepages-2048kB/nr_hugepages",
		1024 + (unsigned long long)(n_wanted + PAGE - 1) / PAGE - 10);
	expect(t, "hugepages node 1", WARNING, "20 MiB free");
	expect(t, "hugepages node 1", WARNING, mend);
	expect(t, "hugepages node 0", OK, "1 MiB wanted"); /* control's records of calls */
	put(t, "/sys/devices/system/node/node0/hugepages/hugepages-2048kB/free_hugepages", "0\n");
	assert_int_equal(look(t, WIRES("3")), 1);
}

static void
each_node_with_ports_needs_a_pool_of_its_own(void **state)
{
	struct tree *t = *state;
	char wanted[64];

	two_nodes(t, "512", "512");
	put_card(t, "vfio-pci", "1\n");
	assert_int_equal(look(t, ONE_PORT(CARD)), 0);
	snprintf(wanted, sizeof(wanted), "1024 MiB free, %llu MiB wanted",
		(unsigned long long)(memory_of_mbufs(&t->config) + (1u << 20) - 1) >> 20);
	expect(t, "hugepages node 1", OK, wanted);
}

static void
without_hugepages_memory_must_be_there_and_it_is_told_what_that_costs(void **state)
{
	struct tree *t = *state;

	assert_int_equal(look(t, NO_HUGE("1000")), 0);
	expect(t, "hugepages", WARNING, "slower");
	assert_int_equal(look(t, NO_HUGE("4000000")), 0);
	put(t, "/proc/meminfo", "MemAvailable: 1000000 kB\n");
	assert_int_equal(look(t, NO_HUGE("4000000")), 1);
	expect(t, "hugepages", WRONG, "976 MiB of memory available");
}

static void
locked_memory_is_looked_at_when_vfio_is_used_by_a_plain_user(void **state)
{
	static const char limit[] = "Max locked memory   65536   65536   bytes\n";
	struct tree *t = *state;

	put(t, "/proc/self/limits", limit);
	assert_int_equal(look(t, WIRES("2")), 0);
	put_card(t, "vfio-pci", "0\n");
	assert_int_equal(look(t, ONE_PORT(CARD)), 1);
	expect(t, "locked memory", WRONG, "limit of 65536 octets");
	put(t, "/proc/self/status", "CapEff:\t0000000000004000\nCpus_allowed_list:\t0-3\n");
	assert_int_equal(look(t, ONE_PORT(CARD)), 0);
	expect(t, "locked memory", OK, "CAP_IPC_LOCK");
}

/* ---- Devices ---- */

static void
an_iommu_that_is_off_is_told_with_the_kernels_word_for_it(void **state)
{
	struct tree *t = *state;

	put(t, "/sys/firmware/acpi/tables/DMAR", "x");
	look(t, NULL);
	expect(t, "IOMMU", WARNING, "intel_iommu=on");
	take_away(t, "/sys/firmware/acpi/tables/DMAR");
	put(t, "/sys/firmware/acpi/tables/IVRS", "x");
	look(t, NULL);
	expect(t, "IOMMU", WARNING, "amd_iommu=on");
	look(t, WIRES("2")); /* which needs none */
	expect(t, "IOMMU", OK, "off");
}

static void
a_card_must_be_there_be_a_network_device_and_have_a_driver_that_lets_go(void **state)
{
	struct tree *t = *state;

	assert_int_equal(look(t, ONE_PORT(CARD)), 1);
	expect(t, "port east", WRONG, "no such device");
	put_card(t, NULL, "0\n");
	assert_int_equal(look(t, ONE_PORT(CARD)), 1);
	expect(t, "port east", WRONG, "bound to no driver");
	expect(t, "port east", WRONG, "dpdk-devbind.py --bind=vfio-pci " CARD);
	put_card(t, "e1000e", "0\n");
	assert_int_equal(look(t, ONE_PORT(CARD)), 1);
	expect(t, "port east", WRONG, "bound to e1000e");
	put(t, "/sys/bus/pci/devices/" CARD "/net/eth3/mtu", "1500\n");
	put(t, "/sys/class/net/eth3/operstate", "up\n");
	assert_int_equal(look(t, ONE_PORT(CARD)), 1);
	expect(t, "port east", WRONG, "interface eth3 of the kernel's, up");
	put_card(t, "uio_pci_generic", "0\n");
	assert_int_equal(look(t, ONE_PORT(CARD)), 0);
	put_card(t, "mlx5_core", "0\n"); /* needs not to be let go */
	assert_int_equal(look(t, ONE_PORT(CARD)), 0);
	put(t, "/sys/bus/pci/devices/" CARD "/class", "0x010802\n");
	assert_int_equal(look(t, ONE_PORT(CARD)), 1);
	expect(t, "port east", WRONG, "no network device, but of class 0x010802");
}

static void
vfio_needs_an_iommu_or_to_be_told_that_there_is_none(void **state)
{
	struct tree *t = *state;

	put_card(t, "vfio-pci", "0\n");
	take_away(t, "/sys/bus/pci/devices/" CARD "/iommu_group");
	assert_int_equal(look(t, ONE_PORT(CARD)), 1);
	expect(t, "port east", WRONG, "there is no IOMMU");
	put(t, "/sys/module/vfio/parameters/enable_unsafe_noiommu_mode", "Y\n");
	assert_int_equal(look(t, ONE_PORT(CARD)), 0);
	expect(t, "port east", WARNING, "it may reach all memory");
}

static void
vfio_gets_no_group_that_the_kernel_has_a_part_of(void **state)
{
	struct tree *t = *state;

	put_card(t, "vfio-pci", "0\n");
	put_link(t, "/sys/kernel/iommu_groups/7/devices/0000:00:01.0", "x");
	put_link(t, "/sys/bus/pci/devices/0000:00:01.0/driver", "../../drivers/pcieport");
	assert_int_equal(look(t, ONE_PORT(CARD)), 0); /* a bridge is no part */
	put_link(t, "/sys/kernel/iommu_groups/7/devices/0000:00:05.0", "x");
	put_link(t, "/sys/bus/pci/devices/0000:00:05.0/driver", "../../drivers/ahci");
	assert_int_equal(look(t, ONE_PORT(CARD)), 1);
	expect(t, "port east", WRONG, "shares its IOMMU group with 0000:00:05.0 (ahci)");
}

static void
a_vdev_must_have_a_driver_and_the_interface_that_it_names(void **state)
{
	struct tree *t = *state;

	assert_int_equal(look(t, ONE_PORT("net_memif0,role=client")), 0);
	assert_int_equal(look(t, ONE_PORT("net_memiff0")), 1);
	expect(t, "port east", WRONG, "no driver of that name");
	assert_int_equal(look(t, ONE_PORT("net_memi")), 1);
	assert_int_equal(look(t, ONE_PORT("net_af_packet0,iface=eth9")), 1);
	expect(t, "port east", WRONG, "no interface eth9");
	put(t, "/sys/class/net/eth9/mtu", "1500\n");
	assert_int_equal(look(t, ONE_PORT("net_af_packet0,iface=eth9,qpairs=1")), 0);
	assert_int_equal(look(t, ONE_PORT("net_tap0,iface=new")), 0); /* which is made */
}

/* ---- Nodes and lcores ---- */

static void
a_worker_far_from_its_port_is_told_with_the_distance(void **state)
{
	struct tree *t = *state;

	two_nodes(t, "512", "512");
	put_card(t, "vfio-pci", "1\n");
	assert_int_equal(look(t, PORT_OF(CARD, "2")), 0);
	expect(t, "port east", WARNING,
		"on node 1, but its worker's lcore 2 is on node 0, at distance 21 (10 within");
	expect(t, "port east", WARNING, "give it a worker on an lcore of node 1: 1,3");
	assert_int_equal(look(t, PORT_OF(CARD, "3")), 0);
	expect(t, "port east", OK, "on node 1, as its worker's lcore 3");
	put_card(t, "vfio-pci", "0\n"); /* of whose lcores control has one */
	assert_int_equal(look(t, PORT_OF(CARD, "3")), 0);
	expect(t, "port east", WARNING, "give it a worker on an lcore of node 0: 2");
	put_card(t, "vfio-pci", "-1\n"); /* the machine does not say */
	assert_int_equal(look(t, PORT_OF(CARD, "2")), 0);
	expect(t, "port east", OK, "vfio-pci");
	/* What stops it is mended first. */
	put_card(t, "e1000e", "1\n");
	assert_int_equal(look(t, PORT_OF(CARD, "2")), 1);
	expect(t, "port east", WRONG, "dpdk-devbind.py");
}

static void
of_several_workers_of_a_port_those_that_are_far_are_told(void **state)
{
	struct tree *t = *state;

	two_nodes(t, "512", "512");
	put_card(t, "vfio-pci", "1\n");
	assert_int_equal(
		look(t, "ports: {east: {device: '" CARD "'}}\n"
			"workers: [{lcore: 3, ports: [east]}, {lcore: 2, ports: [east]}]\n"),
		0);
	expect(t, "port east", WARNING,
		"on node 1, as its worker's lcore 3, but its worker's lcore 2 is on node 0, at ");
}

static void
a_node_without_memory_is_told(void **state)
{
	struct tree *t = *state;

	two_nodes(t, "512", "0");
	put(t, "/sys/devices/system/node/node1/meminfo", "Node 1 MemTotal: 0 kB\n");
	look(t, NULL);
	expect(t, "node 1", WARNING, "0 MiB");
}

static void
an_lcore_must_be_online_and_allowed(void **state)
{
	struct tree *t = *state;

	assert_int_equal(look(t, WIRES("9")), 1);
	expect(t, "lcore 9 (worker)", WRONG, "no such processor online");
	put(t, "/sys/devices/system/cpu/cpu2/online", "0\n");
	assert_int_equal(look(t, WIRES("2")), 1);
	put(t, "/sys/devices/system/cpu/cpu2/online", "1\n");
	put(t, "/proc/self/status", "Cpus_allowed_list:\t0-1,3\n");
	assert_int_equal(look(t, WIRES("2")), 1);
	expect(t, "lcore 2 (worker)", WRONG, "may not run on it");
	assert_int_equal(look(t, WIRES("3")), 0);
}

static void
a_worker_on_a_core_that_is_shared_slow_or_not_isolated_is_told(void **state)
{
	struct tree *t = *state;

	assert_int_equal(look(t, WIRES("1")), 0);
	expect(t, "lcore 1 (worker)", WARNING, "on the same core as lcore 0");
	put(t, "/sys/devices/system/cpu/cpu2/cpufreq/scaling_governor", "powersave\n");
	assert_int_equal(look(t, WIRES("2")), 0);
	expect(t, "lcore 2 (worker)", WARNING, "cpupower -c 2 frequency-set -g performance");
	expect(t, "autogroup", OK, "on");
	put(t, "/sys/devices/system/cpu/isolated", "\n");
	assert_int_equal(look(t, WIRES("3")), 0);
	expect(t, "lcore 3 (worker)", WARNING, "isolcpus=3");
	expect(t, "lcore 0 (control)", OK, "on node 0"); /* it may sleep, and share */
	expect(t, "autogroup", WARNING, "sysctl kernel.sched_autogroup_enabled=0");
	put(t, "/proc/sys/kernel/sched_autogroup_enabled", "0\n");
	assert_int_equal(look(t, WIRES("3")), 0);
	expect(t, "autogroup", OK, "off");
}

static void
a_time_stamp_counter_that_changes_its_pace_is_told(void **state)
{
	struct tree *t = *state;

	put(t, "/proc/cpuinfo", "flags : fpu constant_tsc nonstop_tsc_not\n");
	assert_int_equal(look(t, NULL), 0);
	expect(t, "TSC", WARNING, "not invariant");
}

/* ---- Printing ---- */

static void
json_has_the_same_checks_and_their_numbers(void **state)
{
	struct tree *t = *state;
	json_t *all, *checks, *check;
	char *text = NULL;
	size_t size = 0, i;
	FILE *out = open_memstream(&text, &size);

	assert_int_equal(look(t, ONE_PORT(CARD)), 1);
	assert_int_equal(preflight_print(&t->p, out, true), 1);
	fclose(out);
	all = json_loads(text, 0, NULL);
	checks = json_object_get(all, "checks");
	assert_int_equal(json_array_size(checks), t->p.n_checks);
	json_array_foreach(checks, i, check)
	{
		assert_string_equal(json_string_value(json_object_get(check, "subject")),
			t->p.checks[i].subject);
		assert_string_equal(
			json_string_value(json_object_get(check, "mend")), t->p.checks[i].mend);
	}
	assert_int_equal(json_integer_value(json_object_get(all, "wrong")), 1);
	assert_int_equal(json_integer_value(json_object_get(all, "ok")) +
				 json_integer_value(json_object_get(all, "warnings")) + 1,
		t->p.n_checks);
	json_decref(all);
	free(text);
}

static void
text_has_a_line_for_each_check_and_one_for_each_mend(void **state)
{
	struct tree *t = *state;
	char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);

	assert_int_equal(look(t, ONE_PORT(CARD)), 1);
	preflight_print(&t->p, out, false);
	fclose(out);
	assert_non_null(strstr(text, "wrong    port east          " CARD ": there is no such"));
	assert_non_null(strstr(text, "\n                            mend: give one that dpdk-dev"));
	assert_non_null(strstr(text, " warnings, 1 wrong\n"));
	free(text);
}

#define TEST(t) cmocka_unit_test_setup_teardown(t, tree_setup, tree_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_machine_as_it_should_be_is_good),
		TEST(without_a_configuration_the_machine_alone_is_looked_at),
		TEST(of_a_machine_that_tells_nothing_nothing_is_good),
		TEST(too_few_hugepages_are_wrong_and_none_are_too),
		TEST(a_size_that_is_asked_for_must_be_free),
		TEST(a_node_with_too_few_is_told_with_the_number_that_it_needs),
		TEST(each_node_with_ports_needs_a_pool_of_its_own),
		TEST(without_hugepages_memory_must_be_there_and_it_is_told_what_that_costs),
		TEST(locked_memory_is_looked_at_when_vfio_is_used_by_a_plain_user),
		TEST(an_iommu_that_is_off_is_told_with_the_kernels_word_for_it),
		TEST(a_card_must_be_there_be_a_network_device_and_have_a_driver_that_lets_go),
		TEST(vfio_needs_an_iommu_or_to_be_told_that_there_is_none),
		TEST(vfio_gets_no_group_that_the_kernel_has_a_part_of),
		TEST(a_vdev_must_have_a_driver_and_the_interface_that_it_names),
		TEST(a_worker_far_from_its_port_is_told_with_the_distance),
		TEST(of_several_workers_of_a_port_those_that_are_far_are_told),
		TEST(a_node_without_memory_is_told),
		TEST(an_lcore_must_be_online_and_allowed),
		TEST(a_worker_on_a_core_that_is_shared_slow_or_not_isolated_is_told),
		TEST(a_time_stamp_counter_that_changes_its_pace_is_told),
		TEST(json_has_the_same_checks_and_their_numbers),
		TEST(text_has_a_line_for_each_check_and_one_for_each_mend),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
