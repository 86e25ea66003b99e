/* SPDX-License-Identifier: BSD-3-Clause */
/* Nodes, lcores, the clock that all time is taken from, and who else gets the lcores. */
#include <stdlib.h>
#include <string.h>

#include "callplane/preflight_priv.h"

#define CPUS_TEXT 96

/* ---- Nodes ---- */

void
preflight_node_cpus(const struct preflight *p, int node, char *out, size_t size)
{
	if (!sysfs_text(p->root, out, size, PREFLIGHT_NODE_DIR "/node%d/cpulist", node) ||
		out[0] == '\0')
		snprintf(out, size, "none");
}

int
preflight_cpu_node(const struct preflight *p, unsigned int cpu)
{
	char text[SYSFS_TEXT];
	cpu_set_t cpus;
	int node;

	for (node = 0; node < PREFLIGHT_MAX_NODES; node++) {
		preflight_node_cpus(p, node, text, sizeof(text));
		sysfs_cpus(text, &cpus);
		if (cpu < CPU_SETSIZE && CPU_ISSET(cpu, &cpus))
			return node;
	}
	return -1;
}

/* A node's line has a distance to each node that is online, in their order. */
int
preflight_distance(const struct preflight *p, int a, int b)
{
	char text[SYSFS_TEXT], *at = text;
	struct sysfs_names names;
	unsigned int i;
	int node;
	long d = 0;

	sysfs_text(p->root, text, sizeof(text), PREFLIGHT_NODE_DIR "/node%d/distance", a);
	sysfs_list(p->root, &names, PREFLIGHT_NODE_DIR);
	for (i = 0; i < names.n; i++) {
		node = sysfs_numbered(names.name[i], "node");
		if (node < 0)
			continue;
		d = strtol(at, &at, 10);
		if (node == b)
			return (int)d;
	}
	return 0;
}

static void
check_node(struct preflight *p, int node)
{
	char path[64], subject[48], cpus[CPUS_TEXT], distances[SYSFS_TEXT], memory[SYSFS_TEXT];
	char key[48];
	unsigned long long mib = 0;

	snprintf(path, sizeof(path), PREFLIGHT_NODE_DIR "/node%d/meminfo", node);
	snprintf(key, sizeof(key), "Node %d MemTotal", node);
	snprintf(subject, sizeof(subject), "node %d", node);
	if (sysfs_field(p->root, path, key, memory, sizeof(memory)))
		mib = strtoull(memory, NULL, 10) / 1024;
	preflight_node_cpus(p, node, cpus, sizeof(cpus));
	sysfs_text(
		p->root, distances, sizeof(distances), PREFLIGHT_NODE_DIR "/node%d/distance", node);
	preflight_add(p, mib != 0 ? PREFLIGHT_OK : PREFLIGHT_WARNING, subject,
		mib != 0 ? "" : "no worker there, or memory in the slots of that node",
		"lcores %s, %llu MiB, distances %s", cpus, mib, distances);
}

void
preflight_nodes(struct preflight *p)
{
	struct sysfs_names names;
	unsigned int i;
	int node;

	sysfs_list(p->root, &names, PREFLIGHT_NODE_DIR);
	for (i = 0; i < names.n; i++) {
		node = sysfs_numbered(names.name[i], "node");
		if (node >= 0 && node < PREFLIGHT_MAX_NODES)
			check_node(p, node);
	}
}

/* ---- Lcores ---- */

static void
read_cpus(const struct preflight *p, const char *path, cpu_set_t *out)
{
	char text[SYSFS_TEXT];

	sysfs_text(p->root, text, sizeof(text), "%s", path);
	sysfs_cpus(text, out);
}

static bool
is_allowed(const struct preflight *p, unsigned int lcore)
{
	char text[SYSFS_TEXT];
	cpu_set_t cpus;

	if (!sysfs_field(p->root, "/proc/self/status", "Cpus_allowed_list", text, sizeof(text)))
		return true;
	sysfs_cpus(text, &cpus);
	return lcore < CPU_SETSIZE && CPU_ISSET(lcore, &cpus);
}

static bool
is_used(const struct preflight *p, unsigned int lcore)
{
	unsigned int i;

	for (i = 0; i < p->config->n_workers; i++)
		if (p->config->workers[i].lcore == lcore)
			return true;
	return p->config->control_lcore == lcore;
}

/* Another lcore of ours on the same core, as its second thread; -1: none. */
static int
sibling_in_use(const struct preflight *p, unsigned int lcore)
{
	char path[128];
	cpu_set_t cpus;
	unsigned int i;

	snprintf(path, sizeof(path), PREFLIGHT_CPU_DIR "/cpu%u/topology/thread_siblings_list",
		lcore);
	read_cpus(p, path, &cpus);
	for (i = 0; i < CPU_SETSIZE; i++)
		if (i != lcore && CPU_ISSET(i, &cpus) && is_used(p, i))
			return (int)i;
	return -1;
}

static bool
is_isolated(const struct preflight *p, unsigned int lcore)
{
	cpu_set_t cpus;

	read_cpus(p, PREFLIGHT_CPU_DIR "/isolated", &cpus);
	return CPU_ISSET(lcore, &cpus);
}

static void
check_running(struct preflight *p, unsigned int lcore, const char *subject, bool is_worker)
{
	int sibling = sibling_in_use(p, lcore), node = preflight_cpu_node(p, lcore);
	char governor[32], mend[SYSFS_TEXT], where[32];

	snprintf(where, sizeof(where), node >= 0 ? "on node %d" : "on no node", node);
	sysfs_text(p->root, governor, sizeof(governor),
		PREFLIGHT_CPU_DIR "/cpu%u/cpufreq/scaling_governor", lcore);
	if (sibling >= 0) {
		preflight_add(p, PREFLIGHT_WARNING, subject,
			"give each lcore a core of its own: lscpu -e shows them",
			"%s, on the same core as lcore %d", where, sibling);
	} else if (governor[0] != '\0' && strcmp(governor, "performance") != 0) {
		snprintf(mend, sizeof(mend), "cpupower -c %u frequency-set -g performance", lcore);
		preflight_add(
			p, PREFLIGHT_WARNING, subject, mend, "%s, governor %s", where, governor);
	} else if (is_worker && !is_isolated(p, lcore)) {
		snprintf(mend, sizeof(mend),
			"isolcpus=%u nohz_full=%u rcu_nocbs=%u on the kernel's command line", lcore,
			lcore, lcore);
		preflight_add(p, PREFLIGHT_WARNING, subject, mend,
			"%s, not isolated: the scheduler gives it to others too", where);
	} else {
		preflight_add(p, PREFLIGHT_OK, subject, NULL, "%s%s", where,
			is_worker ? ", isolated" : "");
	}
}

static void
check_lcore(struct preflight *p, unsigned int lcore, bool is_worker)
{
	char subject[48];

	snprintf(
		subject, sizeof(subject), "lcore %u (%s)", lcore, is_worker ? "worker" : "control");
	if (!sysfs_exists(p->root, PREFLIGHT_CPU_DIR "/cpu%u", lcore) ||
		sysfs_number(p->root, 1, PREFLIGHT_CPU_DIR "/cpu%u/online", lcore) == 0)
		preflight_add(p, PREFLIGHT_WRONG, subject, "give one that lscpu -e lists",
			"there is no such processor online");
	else if (!is_allowed(p, lcore))
		preflight_add(p, PREFLIGHT_WRONG, subject, "give one that taskset -pc $$ lists",
			"this process may not run on it");
	else
		check_running(p, lcore, subject, is_worker);
}

void
preflight_lcores(struct preflight *p)
{
	char text[SYSFS_TEXT];
	cpu_set_t cpus;
	unsigned int i;

	if (p->config == NULL) {
		read_cpus(p, PREFLIGHT_CPU_DIR "/isolated", &cpus);
		sysfs_print_cpus(&cpus, text, sizeof(text));
		preflight_add(p, PREFLIGHT_OK, "isolated lcores", NULL, "%s", text);
		return;
	}
	check_lcore(p, p->config->control_lcore, false);
	for (i = 0; i < p->config->n_workers; i++)
		check_lcore(p, p->config->workers[i].lcore, true);
}

/* ---- The clock ---- */

static bool
has_flag(const char *flags, const char *flag)
{
	size_t n = strlen(flag);
	const char *at = flags;

	while ((at = strstr(at, flag)) != NULL) {
		if ((at == flags || at[-1] == ' ') && (at[n] == ' ' || at[n] == '\0'))
			return true;
		at += n;
	}
	return false;
}

void
preflight_clock(struct preflight *p)
{
	char flags[4096] = "", source[32];
	bool is_invariant;

	sysfs_field(p->root, "/proc/cpuinfo", "flags", flags, sizeof(flags));
	sysfs_text(p->root, source, sizeof(source),
		"/sys/devices/system/clocksource/clocksource0/current_clocksource");
	is_invariant = has_flag(flags, "constant_tsc") && has_flag(flags, "nonstop_tsc");
	if (!is_invariant)
		preflight_add(p, PREFLIGHT_WARNING, "TSC",
			"another processor, or, of a virtual machine, its invariant TSC",
			"not invariant: timers and meters run as fast as the clock of the core");
	else
		preflight_add(p, PREFLIGHT_OK, "TSC", NULL, "invariant; the kernel's clock is %s",
			source[0] != '\0' ? source : "not told");
}

/* ---- The scheduler ---- */

void
preflight_scheduler(struct preflight *p)
{
	bool is_grouped = sysfs_number(p->root, 0, "/proc/sys/kernel/sched_autogroup_enabled") != 0;
	bool is_shared = p->config == NULL;
	unsigned int i;

	for (i = 0; p->config != NULL && i < p->config->n_workers; i++)
		if (!is_isolated(p, p->config->workers[i].lcore))
			is_shared = true;
	if (is_grouped && is_shared && p->config != NULL)
		preflight_add(p, PREFLIGHT_WARNING, "autogroup",
			"echo -19 > /proc/PID/autogroup, or sysctl "
			"kernel.sched_autogroup_enabled=0",
			"on: nice does nothing between sessions for lcores that are not isolated");
	else
		preflight_add(p, PREFLIGHT_OK, "autogroup", NULL, "%s", is_grouped ? "on" : "off");
}
