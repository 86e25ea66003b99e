/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once

/** @file The rows of an answered query as JSON objects. Keys are the members' names. */

#include <jansson.h>
#include <stdbool.h>

#include "callplane/query.h"

/** Whether an answer is a list of rows, or at most one. */
bool rows_is_list(enum query_method method);

/** Row @p i as a new object, NULL when memory is out. Drops are an object by dp_drop_name(). */
json_t *rows_to_json(const struct query *query, uint32_t i);

/** At most @p size octets of text; what is not UTF-8, as when it was cut, becomes '?'. */
json_t *rows_text_to_json(const char *text, size_t size);
