/* SPDX-License-Identifier: BSD-3-Clause */
#include "callplane/options.h"

#include <errno.h>
#include <getopt.h>
#include <string.h>

#define N_OPTIONS 8
#define COLUMN 23 /* where the help of an option begins */
#define WIDTH 80

/* What getopt gives for an option is its place in the table, behind all letters. */
enum {
	OPTION_CONFIG,
	OPTION_CHECK,
	OPTION_USER,
	OPTION_PREFLIGHT,
	OPTION_JSON,
	OPTION_ROOT,
	OPTION_VERSION,
	OPTION_HELP
};
#define VALUE_FIRST 256

const struct option_text option_texts[N_OPTIONS + 1] = {
	[OPTION_CONFIG] = { 'c', "config", "FILE", "the configuration (YAML)" },
	[OPTION_CHECK] = { 0, "check", NULL, "read and verify it, and exit" },
	[OPTION_USER] = { 0, "user", "NAME",
		"once devices and memory are there, become this user, with its groups and without "
		"any capability" },
	[OPTION_PREFLIGHT] = { 0, "preflight", NULL,
		"what of this machine is wrong for an appliance, or for that of FILE, and the "
		"command that mends it; 1: something is" },
	[OPTION_JSON] = { 0, "json", NULL, "of --preflight: as one JSON object" },
	[OPTION_ROOT] = { 0, "root", "DIR", "of --preflight: look for /sys and /proc below DIR" },
	[OPTION_VERSION] = { 0, "version", NULL, "print the version, and exit" },
	[OPTION_HELP] = { 'h', "help", NULL, "print this, and exit" },
};

const struct option_exit option_exits[] = {
	{ 0, "drained and ended with nothing left" },
	{ 78, "a fault of the configuration, or of what it names" },
	{ 2, "a fault of the command line" },
	{ 1, "any other; the last line of the log says which" },
	{ 0 },
};

const char *const option_synopses[] = {
	"-c FILE [--check] [--user NAME] [-- EAL arguments]",
	"--preflight [-c FILE] [--json]",
	NULL,
};

static void
take(struct options *o, int option)
{
	switch (option) {
	case OPTION_CONFIG:
		o->config = optarg;
		break;
	case OPTION_CHECK:
		o->check = true;
		break;
	case OPTION_USER:
		o->user = optarg;
		break;
	case OPTION_PREFLIGHT:
		o->preflight = true;
		break;
	case OPTION_JSON:
		o->json = true;
		break;
	case OPTION_ROOT:
		o->root = optarg;
		break;
	case OPTION_VERSION:
		o->version = true;
		break;
	case OPTION_HELP:
		o->help = true;
		break;
	}
}

/* What the table says, in getopt's words. */
static void
translate(struct option *longs, char *shorts)
{
	int i;

	for (i = 0; i < N_OPTIONS; i++) {
		longs[i] = (struct option){ .name = option_texts[i].name,
			.has_arg =
				option_texts[i].argument != NULL ? required_argument : no_argument,
			.val = VALUE_FIRST + i };
		if (option_texts[i].letter == '\0')
			continue;
		*shorts++ = option_texts[i].letter;
		if (option_texts[i].argument != NULL)
			*shorts++ = ':';
	}
	longs[N_OPTIONS] = (struct option){ 0 };
	*shorts = '\0';
}

static int
option_of(int c)
{
	int i;

	for (i = 0; i < N_OPTIONS; i++)
		if (c == VALUE_FIRST + i || c == option_texts[i].letter)
			return i;
	return -1;
}

/* Which of them go together; who asks for help gets it in any case. */
static bool
fit(const struct options *o)
{
	if (o->help || o->version)
		return true;
	if (o->preflight)
		return !o->check && o->user == NULL;
	return o->config != NULL && !o->json && o->root[0] == '\0';
}

int
options_parse(struct options *o, int argc, char **argv)
{
	struct option longs[N_OPTIONS + 1];
	char shorts[2 * N_OPTIONS + 1];
	int c, option;

	*o = (struct options){ .root = "" };
	translate(longs, shorts);
	while ((c = getopt_long(argc, argv, shorts, longs, NULL)) != -1) {
		option = option_of(c);
		if (option < 0)
			return -EINVAL;
		take(o, option);
	}
	o->n_eal = argc - optind;
	o->eal = argv + optind;
	return fit(o) ? 0 : -EINVAL;
}

/* Words, the first of them behind column @p at, the lines that follow at COLUMN. */
static void
print_wrapped(FILE *out, int at, const char *text)
{
	int n, gap = at < COLUMN ? COLUMN - at : 1;

	for (; *text != '\0'; text += n + (text[n] == ' ')) {
		n = (int)strcspn(text, " ");
		if (at + gap + n > WIDTH) {
			fprintf(out, "\n");
			at = 0;
			gap = COLUMN;
		}
		at += fprintf(out, "%*s%.*s", gap, "", n, text);
		gap = 1;
	}
	fprintf(out, "\n");
}

void
options_usage(FILE *out)
{
	const struct option_text *o;
	const struct option_exit *e;
	const char *const *synopsis;
	int at;

	for (synopsis = option_synopses; *synopsis != NULL; synopsis++)
		fprintf(out, "%s callplane %s\n", synopsis == option_synopses ? "usage:" : "      ",
			*synopsis);
	for (o = option_texts; o->name != NULL; o++) {
		at = o->letter != '\0' ? fprintf(out, "  -%c, ", o->letter)
				       : fprintf(out, "      ");
		at += fprintf(out, "--%s%s%s", o->name, o->argument != NULL ? " " : "",
			o->argument != NULL ? o->argument : "");
		print_wrapped(out, at, o->help);
	}
	fprintf(out, "exit status:\n");
	for (e = option_exits; e->help != NULL; e++) {
		at = fprintf(out, "  %d", e->status);
		print_wrapped(out, at, e->help);
	}
	fprintf(out, "SIGTERM and SIGINT drain: no new calls, all calls closed, links released.\n");
	fprintf(out, "SIGHUP reads FILE again, and takes over what it says now.\n");
}
