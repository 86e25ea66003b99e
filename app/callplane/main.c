/* SPDX-License-Identifier: BSD-3-Clause */
#include <errno.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <rte_eal.h>

#include "base/log.h"
#include "callplane/access.h"
#include "callplane/appliance.h"
#include "callplane/config.h"
#include "callplane/eal.h"
#include "callplane/management.h"
#include "callplane/metrics_server.h"
#include "callplane/options.h"
#include "callplane/preflight.h"
#include "callplane/privileges.h"
#include "callplane/reload.h"
#include "callplane/supervisor.h"

#define EXIT_LEFT 1 /* I4 does not hold: the line above says what is left */
#define EXIT_USAGE 2
#define EXIT_CONFIG 78 /* EX_CONFIG: what the user has to mend before it can start */

static volatile sig_atomic_t stop;

static void
on_signal(int sig)
{
	(void)sig;
	stop = 1;
}

/* Lock-free, so that a signal handler may; relaxed: nothing else is read by what it says. */
static atomic_bool reload_wanted;

static void
on_hangup(int sig)
{
	(void)sig;
	atomic_store_explicit(&reload_wanted, true, memory_order_relaxed);
}

static int
fail(const char *error)
{
	fprintf(stderr, "callplane: %s\n", error);
	return EXIT_CONFIG;
}

static int
preflight(const char *root, const struct config *config, bool json)
{
	static struct preflight p;

	p.root = root;
	p.config = config;
	preflight_run(&p);
	return preflight_print(&p, stdout, json);
}

static int
usage(FILE *out)
{
	options_usage(out);
	return out == stdout ? 0 : EXIT_USAGE;
}

static void
tell_running(struct supervisor *supervisor, const struct config *config)
{
	char status[256];

	snprintf(status, sizeof(status),
		"running: %u workers, %u ports, %u trunks; control socket %s", config->n_workers,
		config->n_ports, config->n_trunks, config->socket);
	cp_log(CP_LOG_NOTICE, "%s", status);
	supervisor_ready(supervisor, status);
}

/* What needs root is done when the appliance is there; nobody has said a word to it by then. */
static int
start(struct appliance *appliance, const struct config *config, const struct privileges *privileges,
	struct reload *reload, struct management **management, struct metrics_server **metrics,
	char *error, size_t size)
{
	struct access_groups groups;

	if (access_groups_find(&groups, config->read_group, config->write_group, error, size) != 0)
		return -ENOENT;
	if (privileges_drop(privileges, config->socket, error, size) != 0)
		return -EPERM;
	/* Last but one: with the socket there, callctl finds an appliance that answers. */
	if (management_start(appliance, config->socket, &groups, reload, management, error, size) !=
		0)
		return -EIO;
	if (metrics_server_start(metrics, appliance_metrics(appliance), config->metrics.listen,
		    error, size) != 0)
		return -EIO;
	if (appliance_start(appliance) == 0)
		return 0;
	snprintf(error, size,
		"the workers cannot be started; mend: lcores of their own, nproc tells");
	return -EBUSY;
}

static int
run(const struct config *config, const char *path, const struct privileges *privileges,
	struct supervisor *supervisor, char *error, size_t size)
{
	struct reload *reload = reload_create(config, path, &reload_wanted);
	struct management *management = NULL;
	struct metrics_server *metrics = NULL;
	struct appliance *appliance;
	uint32_t left;

	if (reload == NULL)
		return fail("no memory; mend: free some");
	if (appliance_create(&appliance, config, error, size) != 0) {
		reload_destroy(reload);
		return fail(error);
	}
	if (start(appliance, config, privileges, reload, &management, &metrics, error, size) != 0) {
		metrics_server_stop(metrics);
		management_stop(management);
		appliance_destroy(appliance);
		reload_destroy(reload);
		return fail(error);
	}
	tell_running(supervisor, config);
	appliance_feeds(appliance, supervisor);
	left = appliance_run(appliance, &stop);
	metrics_server_stop(metrics);
	management_stop(management);
	appliance_destroy(appliance);
	reload_destroy(reload);
	cp_log(CP_LOG_NOTICE, "ended, %s", left == 0 ? "nothing is left" : "see the line above");
	return left == 0 ? 0 : EXIT_LEFT;
}

static int
run_as(const struct options *o, const struct config *config, char *error, size_t size)
{
	const struct sigaction action = { .sa_handler = on_signal };
	const struct sigaction hangup = { .sa_handler = on_hangup };
	struct supervisor supervisor;
	struct privileges privileges;
	int status;

	if (privileges_find(&privileges, o->user, error, size) != 0)
		return fail(error);
	if (eal_start(config, o->n_eal, o->eal, error, size) != 0)
		return fail(error);
	sigaction(SIGTERM, &action, NULL);
	sigaction(SIGINT, &action, NULL);
	sigaction(SIGHUP, &hangup, NULL);
	signal(SIGPIPE, SIG_IGN);
	supervisor_open(&supervisor);
	status = run(config, o->config, &privileges, &supervisor, error, size);
	supervisor_close(&supervisor);
	rte_eal_cleanup();
	return status;
}

int
main(int argc, char **argv)
{
	static struct config config;
	char error[CONFIG_ERROR_TEXT];
	struct options o;

	if (options_parse(&o, argc, argv) != 0)
		return usage(stderr);
	if (o.help)
		return usage(stdout);
	if (o.version) {
		puts("callplane " CALLPLANE_VERSION);
		return 0;
	}
	if (o.preflight && o.config == NULL)
		return preflight(o.root, NULL, o.json);
	if (config_load(&config, o.config, error, sizeof(error)) != 0)
		return fail(error);
	if (o.preflight)
		return preflight(o.root, &config, o.json);
	if (o.check) {
		printf("%s: good\n", o.config);
		return 0;
	}
	return run_as(&o, &config, error, sizeof(error));
}
