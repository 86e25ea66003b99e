/* SPDX-License-Identifier: BSD-3-Clause */
/* Hugepages of each node, against what the configuration needs there; locked memory. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "callplane/memory.h"
#include "callplane/placement.h"
#include "callplane/preflight_priv.h"

#define HUGE_PREFIX "hugepages-"
#define KERNEL_HUGE_DIR "/sys/kernel/mm/hugepages"
#define CAP_IPC_LOCK_BIT 14
#define MIB (1ull << 20)

/* Of a node; of the whole machine when it has no nodes. */
struct hugepages {
	char dir[SYSFS_TEXT];
	char text[SYSFS_TEXT]; /* each size, reserved and free */
	uint64_t free, wanted; /* octets */
	uint64_t page_kb;      /* the size to ask for more of; 0: the kernel has none */
	uint64_t n_reserved;   /* of that size */
};

static void
print_size(uint64_t kb, char *out, size_t size)
{
	if (kb >= 1u << 20)
		snprintf(out, size, "%" PRIu64 "G", kb >> 20);
	else if (kb >= 1u << 10)
		snprintf(out, size, "%" PRIu64 "M", kb >> 10);
	else
		snprintf(out, size, "%" PRIu64 "K", kb);
}

static void
read_size(const struct preflight *p, struct hugepages *h, const char *name, size_t *at)
{
	long long kb = atoll(name + strlen(HUGE_PREFIX)), n, n_free;
	char size[32];

	n = sysfs_number(p->root, 0, "%s/%s/nr_hugepages", h->dir, name);
	n_free = sysfs_number(p->root, 0, "%s/%s/free_hugepages", h->dir, name);
	if (kb <= 0 || n < 0 || n_free < 0)
		return;
	print_size((uint64_t)kb, size, sizeof(size));
	if (*at < sizeof(h->text))
		*at += (size_t)snprintf(h->text + *at, sizeof(h->text) - *at,
			"%s%s: %lld of %lld free", *at != 0 ? ", " : "", size, n_free, n);
	h->free += (uint64_t)n_free * (uint64_t)kb * 1024;
	if (h->page_kb == 0 || kb == 2048) {
		h->page_kb = (uint64_t)kb;
		h->n_reserved = (uint64_t)n;
	}
}

static void
read_hugepages(const struct preflight *p, struct hugepages *h)
{
	struct sysfs_names sizes;
	size_t at = 0;
	unsigned int i;

	sysfs_list(p->root, &sizes, "%s", h->dir);
	for (i = 0; i < sizes.n; i++)
		if (strncmp(sizes.name[i], HUGE_PREFIX, strlen(HUGE_PREFIX)) == 0)
			read_size(p, h, sizes.name[i], &at);
	if (at == 0)
		snprintf(h->text, sizeof(h->text), "the kernel has none");
}

static void
want(struct hugepages *nodes, int node, uint64_t octets)
{
	nodes[node >= 0 && node < PREFLIGHT_MAX_NODES ? node : 0].wanted += octets;
}

static int
lcore_node(void *arg, unsigned int lcore)
{
	return preflight_cpu_node(arg, lcore);
}

/* As the appliance places it: see placement_of(), and the pools of nodes with ports. */
static void
want_all(struct preflight *p, struct hugepages *nodes)
{
	const struct config *config = p->config;
	bool has_pool[PREFLIGHT_MAX_NODES] = { false };
	uint32_t n_on;
	int tables = placement_of(config, lcore_node, p, &n_on), node;
	unsigned int i;

	want(nodes, tables, memory_of_tables(config));
	want(nodes, preflight_cpu_node(p, config->control_lcore), memory_of_control(config));
	has_pool[tables >= 0 && tables < PREFLIGHT_MAX_NODES ? tables : 0] = true;
	for (i = 0; i < config->n_ports; i++) {
		node = preflight_port_node(p, &config->ports[i]);
		if (node >= 0 && node < PREFLIGHT_MAX_NODES)
			has_pool[node] = true;
	}
	for (node = 0; node < PREFLIGHT_MAX_NODES; node++)
		if (has_pool[node])
			want(nodes, node, memory_of_mbufs(config));
}

static void
check_node(struct preflight *p, int node, const struct hugepages *h)
{
	uint64_t page = h->page_kb * 1024, n_more;
	char subject[48], mend[SYSFS_TEXT + 96] = "";
	bool is_short = h->free < h->wanted && page != 0;

	snprintf(subject, sizeof(subject), "hugepages node %d", node);
	if (is_short) {
		n_more = (h->wanted - h->free + page - 1) / page;
		snprintf(mend, sizeof(mend), "echo %" PRIu64 " > %s/%s%" PRIu64 "kB/nr_hugepages",
			h->n_reserved + n_more, h->dir, HUGE_PREFIX, h->page_kb);
	}
	if (p->config == NULL)
		preflight_add(p, PREFLIGHT_OK, subject, NULL, "%s", h->text);
	else
		preflight_add(p, is_short ? PREFLIGHT_WARNING : PREFLIGHT_OK, subject, mend,
			"%s; %llu MiB free, %llu MiB wanted%s", h->text, h->free / MIB,
			(h->wanted + MIB - 1) / MIB,
			is_short ? ": the rest comes from another node" : "");
}

static void
check_total(struct preflight *p, uint64_t n_free, uint64_t n_wanted)
{
	uint64_t gib = (n_wanted + (1ull << 30) - 1) >> 30;
	bool is_wrong = n_free == 0 || n_free < n_wanted;
	char mend[288], wanted[64] = "";

	snprintf(mend, sizeof(mend), "dpdk-hugepages.py --setup %lluG, or limits: {no-huge: true}",
		gib != 0 ? (unsigned long long)gib : 1ull);
	if (p->config != NULL)
		snprintf(wanted, sizeof(wanted), ", %llu MiB wanted", (n_wanted + MIB - 1) / MIB);
	preflight_add(p, is_wrong ? PREFLIGHT_WRONG : PREFLIGHT_OK, "hugepages", mend,
		"%llu MiB free on all nodes%s", n_free / MIB, wanted);
}

static void
check_hugepages(struct preflight *p)
{
	struct hugepages *nodes = calloc(PREFLIGHT_MAX_NODES, sizeof(*nodes));
	uint64_t n_free = 0, n_wanted = 0;
	struct sysfs_names names;
	unsigned int i;
	int node;

	if (nodes == NULL)
		return;
	if (p->config != NULL)
		want_all(p, nodes);
	sysfs_list(p->root, &names, PREFLIGHT_NODE_DIR);
	for (i = 0; i < names.n; i++) {
		node = sysfs_numbered(names.name[i], "node");
		if (node < 0 || node >= PREFLIGHT_MAX_NODES)
			continue;
		snprintf(nodes[node].dir, sizeof(nodes[node].dir),
			PREFLIGHT_NODE_DIR "/node%d/hugepages", node);
	}
	if (nodes[0].dir[0] == '\0') /* a kernel without NUMA */
		snprintf(nodes[0].dir, sizeof(nodes[0].dir), KERNEL_HUGE_DIR);
	for (node = 0; node < PREFLIGHT_MAX_NODES; node++) {
		n_wanted += nodes[node].wanted;
		if (nodes[node].dir[0] == '\0')
			continue;
		read_hugepages(p, &nodes[node]);
		check_node(p, node, &nodes[node]);
		n_free += nodes[node].free;
	}
	if (p->config != NULL && p->config->huge_mb * MIB > n_wanted)
		n_wanted = p->config->huge_mb * MIB;
	check_total(p, n_free, n_wanted);
	free(nodes);
}

static void
check_heap(struct preflight *p)
{
	const struct config *config = p->config;
	uint64_t n_wanted =
		memory_of_tables(config) + memory_of_control(config) + memory_of_mbufs(config);
	char text[SYSFS_TEXT] = "";
	uint64_t n_free = 0;

	if (sysfs_field(p->root, "/proc/meminfo", "MemAvailable", text, sizeof(text)))
		n_free = strtoull(text, NULL, 10) * 1024;
	if (n_free < n_wanted)
		preflight_add(p, PREFLIGHT_WRONG, "hugepages",
			"limits: {calls: N} or {mbufs: N} smaller",
			"done without; %llu MiB of memory available, %llu MiB wanted", n_free / MIB,
			(n_wanted + MIB - 1) / MIB);
	else
		preflight_add(p, PREFLIGHT_WARNING, "hugepages",
			"leave out limits: {no-huge: true}, once dpdk-hugepages.py --setup 1G is "
			"done",
			"done without: slower, and no memory is on a node of choice; %llu MiB "
			"wanted",
			(n_wanted + MIB - 1) / MIB);
}

/* Where a hugetlbfs is mounted, if anywhere: the second word of a line whose third one is that. */
static void
find_mount(const struct preflight *p, char *out, size_t size)
{
	char path[SYSFS_TEXT], line[1024], where[512], type[64];
	FILE *f;

	snprintf(path, sizeof(path), "%s/proc/mounts", p->root);
	f = fopen(path, "r");
	out[0] = '\0';
	if (f == NULL)
		return;
	while (fgets(line, sizeof(line), f) != NULL)
		if (sscanf(line, "%*s %511s %63s", where, type) == 2 &&
			strcmp(type, "hugetlbfs") == 0)
			snprintf(out, size, "%.128s", where);
	fclose(f);
}

static void
check_mount(struct preflight *p)
{
	char where[SYSFS_TEXT];

	find_mount(p, where, sizeof(where));
	preflight_add(p, PREFLIGHT_OK, "hugetlbfs", NULL, "%s%s: not needed, memory has no files",
		where[0] != '\0' ? "mounted at " : "not mounted", where);
}

/* VFIO locks what devices may reach, and charges the process for it, unless it may lock all. */
static void
check_locked(struct preflight *p)
{
	char text[SYSFS_TEXT] = "", caps[SYSFS_TEXT] = "0";
	bool is_free;

	sysfs_field(p->root, "/proc/self/status", "CapEff", caps, sizeof(caps));
	is_free = (strtoull(caps, NULL, 16) >> CAP_IPC_LOCK_BIT & 1) != 0;
	if (!sysfs_field(p->root, "/proc/self/limits", "Max locked memory", text, sizeof(text)))
		return;
	text[strcspn(text, " ")] = '\0';
	if (is_free || strcmp(text, "unlimited") == 0 || !preflight_has_vfio_port(p))
		preflight_add(p, PREFLIGHT_OK, "locked memory", NULL, "limit %s%s", text,
			is_free ? ", not for this user (CAP_IPC_LOCK)" : "");
	else
		preflight_add(p, PREFLIGHT_WRONG, "locked memory",
			"ulimit -l unlimited (LimitMEMLOCK=infinity in a unit), or run as root",
			"limit of %s octets: vfio-pci locks all memory that devices reach", text);
}

void
preflight_memory(struct preflight *p)
{
	if (p->config != NULL && p->config->no_huge)
		check_heap(p);
	else
		check_hugepages(p);
	check_mount(p);
	check_locked(p);
}
