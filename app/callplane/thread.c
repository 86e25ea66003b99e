/* SPDX-License-Identifier: BSD-3-Clause */
#include "callplane/thread.h"

#include <sched.h>
#include <signal.h>
#include <unistd.h>

#include <rte_lcore.h>

#include "base/log.h"

/* EAL has pinned its caller to a core that polls: keep off all of those, if any other is left. */
static void
choose_cpus(cpu_set_t *set)
{
	long n = sysconf(_SC_NPROCESSORS_ONLN), cpu;
	cpu_set_t polling, lcore_set;
	unsigned int lcore;

	CPU_ZERO(set);
	CPU_ZERO(&polling);
	for (cpu = 0; cpu < n; cpu++)
		CPU_SET((size_t)cpu, set);
	RTE_LCORE_FOREACH (lcore) {
		lcore_set = rte_lcore_cpuset(lcore);
		CPU_OR(&polling, &polling, &lcore_set);
	}
	CPU_AND(&polling, &polling, set);
	if (!CPU_EQUAL(&polling, set))
		CPU_XOR(set, set, &polling);
}

int
thread_start(pthread_t *thread, const char *name, void *(*run)(void *arg), void *arg)
{
	sigset_t all, before;
	cpu_set_t cpus;
	int err;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	err = -pthread_create(thread, NULL, run, arg);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (err != 0)
		return err;
	pthread_setname_np(*thread, name);
	choose_cpus(&cpus);
	if (pthread_setaffinity_np(*thread, sizeof(cpus), &cpus) != 0)
		cp_log(CP_LOG_INFO, "the %s thread shares its core", name);
	return 0;
}
