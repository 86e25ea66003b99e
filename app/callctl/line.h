/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once

/** @file A line of a file or of the shell: words as a POSIX shell quotes them, or a remark. */

#include "callctl/command.h"

struct line;

/** NULL when memory is out. */
struct line *line_create(void);

void line_destroy(struct line *line);

/**
 * Take @p text apart; "#" at its beginning makes it a remark, which has no words.
 * @param words Ends with the next split, or with the line.
 * @return How many words, or -EINVAL: a quote is not closed, or a '\' ends it.
 */
int line_split(struct line *line, const char *text, char *const **words);

/** All lines of @p path, "-" for standard input, until one is not EXIT_DONE: the last one's code.
 */
enum exit_code line_run_file(const struct invocation *outer, const char *path);
