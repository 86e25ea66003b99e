/* SPDX-License-Identifier: BSD-3-Clause */
#include "callctl/complete.h"

#include <dirent.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* What has been said before the word that is begun. */
struct said {
	const char *socket;
	const struct command *command;
	const struct argument *awaits; /* the option whose value the word is */
	const char *first_of_two;      /* a command's first word that wants another one */
	const char *call;
	unsigned int n_placed;
	bool is_given[COMMAND_ARGUMENTS_MAX];
};

bool
candidates_add(struct candidates *list, const char *name)
{
	char whole[PATH_MAX];
	size_t i;

	snprintf(whole, sizeof(whole), "%s%s", list->head != NULL ? list->head : "", name);
	if (strncmp(whole, list->begun, strlen(list->begun)) != 0)
		return true;
	for (i = 0; i < list->n; i++)
		if (strcmp(list->names[i], whole) == 0)
			return true;
	if (list->n == CANDIDATES_MAX || (list->names[list->n] = strdup(whole)) == NULL) {
		list->is_cut = true;
		return false;
	}
	list->n++;
	return true;
}

void
candidates_fini(struct candidates *list)
{
	while (list->n > 0)
		free(list->names[--list->n]);
}

size_t
candidates_common(const struct candidates *list)
{
	size_t i, n = strlen(list->begun), len;

	if (list->n == 0 || list->is_cut)
		return n;
	len = strlen(list->names[0]);
	for (i = 1; i < list->n; i++)
		for (; len > n && strncmp(list->names[0], list->names[i], len) != 0; len--)
			;
	return len;
}

static const struct argument *
find_option(const struct argument *argument, const char *word)
{
	size_t n = strcspn(word, "=");

	for (; argument->name != NULL; argument++)
		if (argument_is_option(argument) && strlen(argument->name) == n &&
			strncmp(argument->name, word, n) == 0)
			return argument;
	return NULL;
}

static const struct argument *
find_placed(const struct argument *argument, unsigned int place)
{
	for (; argument->name != NULL; argument++)
		if (!argument_is_option(argument) && place-- == 0)
			return argument;
	return NULL;
}

static void
take_option(struct said *said, const char *word)
{
	const struct argument *option = find_option(common_options, word);

	if (option == NULL && said->command != NULL) {
		option = find_option(said->command->arguments, word);
		if (option != NULL)
			said->is_given[option - said->command->arguments] = true;
	}
	if (option != NULL && option->kind != ARGUMENT_FLAG && strchr(word, '=') == NULL)
		said->awaits = option;
}

static void
take_value(struct said *said, const char *word)
{
	if (strcmp(said->awaits->name, "--socket") == 0)
		said->socket = word;
	said->awaits = NULL;
}

static void
take_placed(struct said *said, const char *word)
{
	const struct argument *argument = find_placed(said->command->arguments, said->n_placed++);

	if (argument != NULL && argument->completion == COMPLETE_CALL)
		said->call = word;
}

/* @return Whether it makes sense to go on. */
static bool
take_word(struct said *said, const char *word)
{
	char both[64];

	if (said->awaits != NULL) {
		take_value(said, word);
	} else if (word[0] == '-') {
		take_option(said, word);
	} else if (said->command != NULL) {
		take_placed(said, word);
	} else if (said->first_of_two != NULL) {
		snprintf(both, sizeof(both), "%s %s", said->first_of_two, word);
		said->command = command_find(both);
		return said->command != NULL;
	} else {
		said->command = command_find(word);
		said->first_of_two =
			said->command == NULL && command_is_first_of_two(word) ? word : NULL;
		return said->command != NULL || said->first_of_two != NULL;
	}
	return true;
}

/* Those that begin so; of a name of two words the one that is due. */
static void
add_commands(const char *first_of_two, struct candidates *list)
{
	const struct command *command;
	char word[64];
	size_t n;

	for (command = commands; command->name != NULL; command++) {
		n = strcspn(command->name, " ");
		snprintf(word, sizeof(word), "%.*s", (int)n, command->name);
		if (first_of_two == NULL)
			candidates_add(list, word);
		else if (command->name[n] == ' ' && strcmp(word, first_of_two) == 0)
			candidates_add(list, command->name + n + 1);
	}
}

static void
add_options(const struct argument *argument, const bool *is_given, struct candidates *list)
{
	unsigned int i;

	for (i = 0; argument[i].name != NULL; i++)
		if (argument_is_option(&argument[i]) && (is_given == NULL || !is_given[i]))
			candidates_add(list, argument[i].name);
}

static void
add_whole_commands(struct candidates *list)
{
	const struct command *command;

	for (command = commands; command->name != NULL; command++)
		candidates_add(list, command->name);
}

/* "a|b|c" */
static void
add_choices(const char *choices, struct candidates *list)
{
	char word[64];
	size_t n;

	for (; *choices != '\0'; choices += n + (choices[n] == '|')) {
		n = strcspn(choices, "|");
		snprintf(word, sizeof(word), "%.*s", (int)n, choices);
		candidates_add(list, word);
	}
}

static bool
is_directory(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

/* Of the directory that the word names so far; hidden ones only when the word asks for them. */
static void
add_files(struct candidates *list)
{
	const char *begun = list->begun + (list->head != NULL ? strlen(list->head) : 0);
	const char *slash = strrchr(begun, '/');
	int n_directory = slash != NULL ? (int)(slash - begun) + 1 : 0;
	char directory[PATH_MAX], path[2 * PATH_MAX];
	const struct dirent *entry;
	DIR *dir;

	snprintf(directory, sizeof(directory), "%.*s", n_directory, begun);
	dir = opendir(n_directory > 0 ? directory : ".");
	if (dir == NULL)
		return;
	while ((entry = readdir(dir)) != NULL) {
		if (entry->d_name[0] == '.' && begun[n_directory] != '.')
			continue;
		snprintf(path, sizeof(path), "%s%s", directory, entry->d_name);
		if (is_directory(path))
			strncat(path, "/", sizeof(path) - strlen(path) - 1);
		candidates_add(list, path);
	}
	closedir(dir);
}

static void
add_values(const struct said *said, enum completion kind, complete_live_fn live,
	struct candidates *list)
{
	switch (kind) {
	case COMPLETE_FILE:
		add_files(list);
		break;
	case COMPLETE_COMMAND:
		add_whole_commands(list);
		break;
	case COMPLETE_LEVEL:
		add_choices("error|warning|notice|info|debug", list);
		break;
	case COMPLETE_PROTOCOL:
		add_choices("q2931|sscop", list);
		break;
	case COMPLETE_NOTHING:
	case COMPLETE_COUNT:
		break;
	default:
		live(said->socket, kind, said->call, list);
	}
}

/* "--trunk=ea": the option goes before each value. */
static void
add_option_values(const struct said *said, complete_live_fn live, struct candidates *list)
{
	const struct argument *option = find_option(common_options, list->begun);
	char *head = strndup(list->begun, strcspn(list->begun, "=") + 1);

	if (option == NULL && said->command != NULL)
		option = find_option(said->command->arguments, list->begun);
	if (option != NULL && head != NULL) {
		list->head = head;
		add_values(said, option->completion, live, list);
		list->head = NULL;
	}
	free(head);
}

static void
add_arguments(const struct said *said, complete_live_fn live, struct candidates *list)
{
	const struct argument *arguments = said->command->arguments;
	const struct argument *placed = find_placed(arguments, said->n_placed);

	if (list->begun[0] == '-') {
		add_options(arguments, said->is_given, list);
		add_options(common_options, NULL, list);
		return;
	}
	if (placed != NULL)
		add_values(said, placed->completion, live, list);
	if (placed == NULL || placed->need == ARGUMENT_ONE_OF)
		add_options(arguments, said->is_given, list);
}

void
complete_words(const char *socket, int n_words, char *const *words, complete_live_fn live,
	struct candidates *list)
{
	struct said said = { .socket = socket };
	int i;

	memset(list, 0, sizeof(*list));
	list->begun = n_words > 0 ? words[n_words - 1] : "";
	for (i = 0; i + 1 < n_words; i++)
		if (!take_word(&said, words[i]))
			return;
	if (said.awaits != NULL)
		add_values(&said, said.awaits->completion, live, list);
	else if (list->begun[0] == '-' && strchr(list->begun, '=') != NULL)
		add_option_values(&said, live, list);
	else if (said.command != NULL)
		add_arguments(&said, live, list);
	else if (list->begun[0] == '-')
		add_options(common_options, NULL, list);
	else
		add_commands(said.first_of_two, list);
}
