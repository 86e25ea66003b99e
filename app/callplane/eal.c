/* SPDX-License-Identifier: BSD-3-Clause */
#include "callplane/eal.h"

#include <dirent.h>
#include <errno.h>
#include <sched.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <rte_eal.h>
#include <rte_errno.h>

#include "base/log.h"
#include "callplane/memory.h"

#define MAX_ARGS 96
#define ARG_SIZE 320
#define HUGE_DIR "/sys/kernel/mm/hugepages"

struct args {
	int n;
	char *argv[MAX_ARGS + 1];
	char text[MAX_ARGS][ARG_SIZE];
};

static void __attribute__((format(printf, 2, 3))) add(struct args *args, const char *fmt, ...)
{
	va_list ap;

	if (args->n == MAX_ARGS)
		return;
	va_start(ap, fmt);
	vsnprintf(args->text[args->n], ARG_SIZE, fmt, ap);
	va_end(ap);
	args->argv[args->n] = args->text[args->n];
	args->n++;
}

unsigned long long
eal_free_hugepages(void)
{
	unsigned long long total = 0, n, kb;
	const struct dirent *entry;
	char path[320];
	DIR *dir = opendir(HUGE_DIR);
	FILE *f;

	if (dir == NULL)
		return 0;
	while ((entry = readdir(dir)) != NULL) {
		if (sscanf(entry->d_name, "hugepages-%llukB", &kb) != 1)
			continue;
		snprintf(path, sizeof(path), HUGE_DIR "/%s/free_hugepages", entry->d_name);
		f = fopen(path, "r");
		if (f == NULL)
			continue;
		if (fscanf(f, "%llu", &n) == 1)
			total += n * kb * 1024;
		fclose(f);
	}
	closedir(dir);
	return total;
}

/* Without hugepages the heap has its size from the start. */
static unsigned int
heap_mb(const struct config *config)
{
	return (unsigned int)((memory_of_tables(config) + memory_of_control(config) +
				      memory_of_mbufs(config)) >>
			      20);
}

static void
add_memory(struct args *args, const struct config *config)
{
	if (config->no_huge) {
		add(args, "--no-huge");
		add(args, "-m");
		add(args, "%u", heap_mb(config));
		return;
	}
	add(args, "--in-memory");
	if (config->huge_mb != 0) {
		add(args, "-m");
		add(args, "%u", config->huge_mb);
	}
}

/* EAL keeps its files below XDG_RUNTIME_DIR when it is not root. */
static int
check_runtime_dir(char *error, size_t error_size)
{
	const char *dir = getenv("XDG_RUNTIME_DIR");

	if (geteuid() == 0 || (dir != NULL && access(dir, W_OK) == 0))
		return 0;
	snprintf(error, error_size,
		"no directory for DPDK's files; mend: run as root, or set "
		"XDG_RUNTIME_DIR to a directory that you can write");
	return -EACCES;
}

/* Before EAL looks for it, and prints all of its options when it does not find it. */
static int
check_lcore(unsigned int lcore, char *error, size_t error_size)
{
	cpu_set_t cores;

	if (sched_getaffinity(0, sizeof(cores), &cores) != 0 || CPU_ISSET(lcore, &cores))
		return 0;
	snprintf(error, error_size,
		"there is no lcore %u for this process; mend: give one that taskset -pc $$ lists",
		lcore);
	return -ENODEV;
}

static int
check_lcores(const struct config *config, char *error, size_t error_size)
{
	int err = check_lcore(config->control_lcore, error, error_size);
	unsigned int i;

	for (i = 0; i < config->n_workers && err == 0; i++)
		err = check_lcore(config->workers[i].lcore, error, error_size);
	return err;
}

int
eal_start(const struct config *config, int n_extra, char **extra, char *error, size_t error_size)
{
	static struct args args; /* EAL keeps pointers into it */
	bool pci = false;
	unsigned int i;
	int err;

	if (!config->no_huge && eal_free_hugepages() == 0) {
		snprintf(error, error_size,
			"no free hugepages; mend: dpdk-hugepages.py --setup 1G, or limits: "
			"{no-huge: true} to "
			"try without");
		return -ENOMEM;
	}
	err = check_runtime_dir(error, error_size);
	if (err == 0)
		err = check_lcores(config, error, error_size);
	if (err != 0)
		return err;
	add(&args, "callplane");
	add(&args, "--main-lcore");
	add(&args, "%u", config->control_lcore);
	add(&args, "-l");
	add(&args, "%u", config->control_lcore);
	for (i = 0; i < config->n_workers; i++) {
		char *list = args.text[args.n - 1];
		size_t used = strlen(list);

		snprintf(list + used, ARG_SIZE - used, ",%u", config->workers[i].lcore);
	}
	add(&args, "--file-prefix");
	add(&args, "callplane-%d", getpid()); /* several appliances on one machine */
	add(&args, "--log-level");
	add(&args, "error");
	add_memory(&args, config);
	for (i = 0; i < config->n_ports; i++) {
		if (config->ports[i].is_vdev || config->ports[i].is_wire)
			continue;
		pci = true;
		add(&args, "-a");
		add(&args, "%s", config->ports[i].device);
	}
	if (!pci)
		add(&args, "--no-pci");
	for (i = 0; i < (unsigned int)n_extra; i++)
		add(&args, "%s", extra[i]);
	args.argv[args.n] = NULL;
	if (rte_eal_init(args.n, args.argv) < 0) {
		snprintf(error, error_size,
			"DPDK does not start: %s; mend: see the EAL lines above, and that lcores "
			"%u and "
			"those of the workers exist (nproc)",
			rte_strerror(rte_errno), config->control_lcore);
		return -EIO;
	}
	return 0;
}
