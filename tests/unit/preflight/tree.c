/* SPDX-License-Identifier: BSD-3-Clause */
#include "tree.h"

#include <ftw.h>
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#define NODES "/sys/devices/system/node"
#define CPUS "/sys/devices/system/cpu"
#define HUGE "/hugepages/hugepages-2048kB"

static void
make_directories(struct tree *t, const char *path, char *full)
{
	char *slash;

	snprintf(full, PATH_MAX, "%s%s", t->root, path);
	for (slash = full + strlen(t->root) + 1; (slash = strchr(slash, '/')) != NULL; slash++) {
		*slash = '\0';
		mkdir(full, 0755);
		*slash = '/';
	}
}

void
put(struct tree *t, const char *path, const char *text)
{
	char full[PATH_MAX];
	FILE *f;

	make_directories(t, path, full);
	f = fopen(full, "w");
	assert_non_null(f);
	fputs(text, f);
	fclose(f);
}

void
put_link(struct tree *t, const char *path, const char *target)
{
	char full[PATH_MAX];

	make_directories(t, path, full);
	unlink(full);
	assert_int_equal(symlink(target, full), 0);
}

static int
remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(path);
}

void
take_away(struct tree *t, const char *path)
{
	char full[PATH_MAX];

	snprintf(full, sizeof(full), "%s%s", t->root, path);
	assert_int_equal(nftw(full, remove_one, 16, FTW_DEPTH | FTW_PHYS), 0);
}

static void
put_node(struct tree *t, int node, const char *cpus, const char *n_free, const char *distances)
{
	char path[128], text[64];

	snprintf(path, sizeof(path), NODES "/node%d/cpulist", node);
	put(t, path, cpus);
	snprintf(path, sizeof(path), NODES "/node%d/distance", node);
	put(t, path, distances);
	snprintf(path, sizeof(path), NODES "/node%d/meminfo", node);
	snprintf(text, sizeof(text), "\nNode %d MemTotal:  4194304 kB\n", node);
	put(t, path, text);
	snprintf(path, sizeof(path), NODES "/node%d" HUGE "/nr_hugepages", node);
	put(t, path, "1024\n");
	snprintf(path, sizeof(path), NODES "/node%d" HUGE "/free_hugepages", node);
	put(t, path, n_free);
}

void
two_nodes(struct tree *t, const char *n_pages_0, const char *n_pages_1)
{
	put_node(t, 0, "0,2\n", n_pages_0, "10 21\n");
	put_node(t, 1, "1,3\n", n_pages_1, "21 10\n");
}

void
put_card(struct tree *t, const char *driver, const char *node)
{
	char target[128], path[128];

	put(t, "/sys/bus/pci/devices/" CARD "/class", "0x020000\n");
	put(t, "/sys/bus/pci/devices/" CARD "/numa_node", node);
	put(t, "/sys/kernel/iommu_groups/7/type", "DMA\n");
	put(t, "/sys/class/iommu/dmar0/intel-iommu/cap", "1\n");
	put_link(
		t, "/sys/kernel/iommu_groups/7/devices/" CARD, "../../../../bus/pci/devices/" CARD);
	put_link(t, "/sys/bus/pci/devices/" CARD "/iommu_group",
		"../../../../kernel/iommu_groups/7");
	if (driver == NULL)
		return;
	snprintf(target, sizeof(target), "../../../../bus/pci/drivers/%s", driver);
	put_link(t, "/sys/bus/pci/devices/" CARD "/driver", target);
	snprintf(path, sizeof(path), "/sys/bus/pci/drivers/%s/" CARD, driver);
	put_link(t, path, "../../devices/" CARD);
}

int
tree_setup(void **state)
{
	struct tree *t = calloc(1, sizeof(*t));
	char path[128];
	int i;

	assert_non_null(t);
	snprintf(t->root, sizeof(t->root), "/tmp/preflight_test.XXXXXX");
	assert_non_null(mkdtemp(t->root));
	put_node(t, 0, "0-3\n", "512\n", "10\n");
	for (i = 0; i < 4; i++) {
		snprintf(path, sizeof(path), CPUS "/cpu%d/topology/thread_siblings_list", i);
		put(t, path, i < 2 ? "0-1\n" : i == 2 ? "2\n" : "3\n");
	}
	put(t, CPUS "/isolated", "2-3\n");
	put(t, "/proc/self/status",
		"Name:\tx\nCapEff:\t0000000000000000\nCpus_allowed_list:\t0-3\n");
	put(t, "/proc/self/limits",
		"Limit                     Soft Limit           Hard Limit           Units     \n"
		"Max locked memory         unlimited            unlimited            bytes     \n");
	put(t, "/proc/meminfo", "MemTotal: 9000000 kB\nMemAvailable: 4000000 kB\n");
	put(t, "/proc/cpuinfo", "processor : 0\nflags\t\t: fpu constant_tsc nonstop_tsc sse4_2\n");
	put(t, "/proc/mounts", "proc /proc proc rw 0 0\nhuge /dev/huge hugetlbfs rw 0 0\n");
	put(t, "/proc/sys/kernel/sched_autogroup_enabled", "1\n");
	put(t, "/sys/devices/system/clocksource/clocksource0/current_clocksource", "tsc\n");
	*state = t;
	return 0;
}

int
tree_teardown(void **state)
{
	struct tree *t = *state;

	take_away(t, "");
	free(t);
	return 0;
}

int
look(struct tree *t, const char *config)
{
	char error[CONFIG_ERROR_TEXT], text[64];
	FILE *out = fmemopen(text, sizeof(text), "w"); /* what does not fit is of no interest */
	int status;

	if (config != NULL &&
		config_parse(&t->config, config, strlen(config), "f", error, sizeof(error)) != 0)
		fail_msg("%s", error);
	t->p.root = t->root;
	t->p.config = config != NULL ? &t->config : NULL;
	preflight_run(&t->p);
	status = preflight_print(&t->p, out, false);
	fclose(out);
	return status;
}

void
expect(struct tree *t, const char *subject, enum preflight_verdict verdict, const char *text)
{
	const struct preflight_check *c = NULL;
	unsigned int i;

	for (i = 0; i < t->p.n_checks; i++) {
		if (strcmp(t->p.checks[i].subject, subject) != 0)
			continue;
		assert_null(c);
		c = &t->p.checks[i];
	}
	if (c == NULL)
		fail_msg("no check of %s", subject);
	if (c->verdict != verdict ||
		(strstr(c->text, text) == NULL && strstr(c->mend, text) == NULL))
		fail_msg("%s: verdict %d, \"%s\", mend \"%s\"", subject, c->verdict, c->text,
			c->mend);
	/* What is wrong has a mend, and only that. */
	assert_int_equal(c->mend[0] != '\0', verdict != PREFLIGHT_OK);
}
