/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once

/** @file What the commands of the table do. */

#include <jansson.h>

#include "callctl/client.h"
#include "callctl/command.h"

/* ---- What commands have in common. ---- */

/** NULL, with a line on stderr, when memory is out. client_close() it. */
struct client *run_open_client(const struct invocation *inv);

/** How a command ends whose question ended so; what was refused is told on stderr. */
enum exit_code run_end(
	const struct invocation *inv, const struct client *client, enum client_result result);

/** client_row_fn: @p arg, a json_t **, has a copy of the last row. */
void run_keep_row(const json_t *row, void *arg);

/* ---- Commands. ---- */

/** A list: a table of the command's columns; one in full when the command has "id". */
enum exit_code run_list(struct invocation *inv);

/** One object. */
enum exit_code run_object(struct invocation *inv);

/** A job: watched to its end, or its number with --background. */
enum exit_code run_job(struct invocation *inv);

/** A list as run_list(), or one job watched to its end, however it ends. */
enum exit_code run_jobs(struct invocation *inv);

enum exit_code run_cancel(struct invocation *inv);

/** Nothing comes back but that it is done. */
enum exit_code run_order(struct invocation *inv);

enum exit_code run_capture(struct invocation *inv);
enum exit_code run_trace(struct invocation *inv);
enum exit_code run_explain(struct invocation *inv);
enum exit_code run_top(struct invocation *inv);
enum exit_code run_decode(struct invocation *inv);

/** The configuration as YAML. */
enum exit_code run_config_show(struct invocation *inv);

/** What is different, also when the appliance refuses it; 1: it cannot take it over. */
enum exit_code run_config_reload(struct invocation *inv);

enum exit_code run_help(struct invocation *inv);
