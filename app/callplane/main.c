/* SPDX-License-Identifier: BSD-3-Clause */
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <rte_eal.h>

#include "base/log.h"
#include "callplane/appliance.h"
#include "callplane/config.h"
#include "callplane/eal.h"
#include "callplane/management.h"
#include "callplane/preflight.h"

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

static int
usage(FILE *out)
{
	fprintf(out,
		"usage: callplane -c FILE [--check] [-- EAL arguments]\n"
		"       callplane --preflight [-c FILE] [--json]\n"
		"  -c, --config FILE  the configuration (YAML)\n"
		"      --check        read and verify it, and exit\n"
		"      --preflight    what of this machine is wrong for an appliance, or for that\n"
		"                     of FILE, and the command that mends it; 1: something is\n"
		"      --json         as one JSON object\n"
		"      --root DIR     look for /sys and /proc below DIR\n"
		"      --version      print the version, and exit\n"
		"exit status: 0 drained and ended with nothing left, 78 a fault of the\n"
		"configuration or of what it names, 1 any other; SIGTERM and SIGINT drain\n");
	return out == stdout ? 0 : EXIT_USAGE;
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
run(const struct config *config, char *error, size_t size)
{
	struct management *management = NULL;
	struct appliance *appliance;
	uint32_t left;

	if (appliance_create(&appliance, config, error, size) != 0)
		return fail(error);
	/* Last but one: with the socket there, callctl finds an appliance that answers. */
	if (management_start(appliance, config->socket, &management, error, size) != 0) {
		appliance_destroy(appliance);
		return fail(error);
	}
	if (appliance_start(appliance) != 0) {
		management_stop(management);
		appliance_destroy(appliance);
		return fail(
			"the workers cannot be started; mend: lcores of their own, nproc tells");
	}
	cp_log(CP_LOG_NOTICE, "running: %u workers, %u ports, %u trunks; control socket %s",
		config->n_workers, config->n_ports, config->n_trunks, config->socket);
	left = appliance_run(appliance, &stop);
	management_stop(management);
	appliance_destroy(appliance);
	cp_log(CP_LOG_NOTICE, "ended, %s", left == 0 ? "nothing is left" : "see the line above");
	return left == 0 ? 0 : EXIT_LEFT;
}

int
main(int argc, char **argv)
{
	static const struct option options[] = {
		{ "config", required_argument, NULL, 'c' },
		{ "check", no_argument, NULL, 'k' },
		{ "preflight", no_argument, NULL, 'p' },
		{ "json", no_argument, NULL, 'j' },
		{ "root", required_argument, NULL, 'r' },
		{ "version", no_argument, NULL, 'v' },
		{ "help", no_argument, NULL, 'h' },
		{ NULL, 0, NULL, 0 },
	};
	static struct config config;
	const struct sigaction action = { .sa_handler = on_signal };
	const char *path = NULL, *root = "";
	char error[CONFIG_ERROR_TEXT];
	bool check = false, look = false, json = false;
	int c, status;

	while ((c = getopt_long(argc, argv, "c:h", options, NULL)) != -1) {
		switch (c) {
		case 'c':
			path = optarg;
			break;
		case 'k':
			check = true;
			break;
		case 'p':
			look = true;
			break;
		case 'j':
			json = true;
			break;
		case 'r':
			root = optarg;
			break;
		case 'v':
			puts("callplane " CALLPLANE_VERSION);
			return 0;
		case 'h':
			return usage(stdout);
		default:
			return usage(stderr);
		}
	}
	if (look ? check : json || root[0] != '\0' || path == NULL)
		return usage(stderr);
	if (look && path == NULL)
		return preflight(root, NULL, json);
	if (config_load(&config, path, error, sizeof(error)) != 0)
		return fail(error);
	if (look)
		return preflight(root, &config, json);
	if (check) {
		printf("%s: good\n", path);
		return 0;
	}
	if (eal_start(&config, argc - optind, argv + optind, error, sizeof(error)) != 0)
		return fail(error);
	sigaction(SIGTERM, &action, NULL);
	sigaction(SIGINT, &action, NULL);
	signal(SIGPIPE, SIG_IGN);
	status = run(&config, error, sizeof(error));
	rte_eal_cleanup();
	return status;
}
