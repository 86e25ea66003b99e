/* SPDX-License-Identifier: BSD-3-Clause */
#include "callplane/rpc.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/bytes.h"
#include "base/log.h"
#include "base/pool.h"
#include "callplane/rows.h"

#define DUMP_FLAGS (JSON_COMPACT | JSON_ENCODE_ANY | JSON_REAL_PRECISION(9))

enum param_type {
	PARAM_U32,
	PARAM_U64,
	PARAM_TRUE, /* a flag that is given or left out */
	PARAM_TEXT,
	PARAM_LEVEL,
	PARAM_HEX,
	PARAM_CALL, /* the number of a VC, or its name */
};

enum param_need {
	OPTIONAL,
	REQUIRED,
	ONE_OF, /* exactly one of the method's parameters marked so */
};

/* What a method takes; a parameter that is left out leaves 0, or @c fallback. */
struct param {
	int method;
	const char *name;
	enum param_type type;
	enum param_need need;
	uint64_t min, max, fallback;
	size_t offset, size;
	const char *what; /* the mend: what should stand there */
};

#define AT(member) offsetof(struct query_args, member), sizeof(((struct query_args *)0)->member)

#define ADDRESS "an address, \"e164:DIGITS\" or \"nsap:HEX\""
#define CALL "the number of a call, or its name"
#define UU "hex of a protocol discriminator and at most 128 octets"

static const struct param params[] = {
	{ QUERY_VCS, "id", PARAM_CALL, OPTIONAL, 1, UINT32_MAX, 0, AT(name), CALL },
	{ QUERY_CALLS, "id", PARAM_CALL, OPTIONAL, 1, UINT32_MAX, 0, AT(name), CALL },
	{ QUERY_PARTIES, "call", PARAM_CALL, REQUIRED, 1, UINT32_MAX, 0, AT(name), CALL },
	{ QUERY_WORKERS, "restart", PARAM_TRUE, OPTIONAL, 0, 0, 0, AT(restart), "true" },
	{ QUERY_TRACE, "call", PARAM_CALL, ONE_OF, 1, UINT32_MAX, 0, AT(name), CALL },
	{ QUERY_TRACE, "trunk", PARAM_TEXT, ONE_OF, 1, 0, 0, AT(trunk), "a trunk's name" },
	{ QUERY_TRACE, "reference", PARAM_U32, OPTIONAL, 0, (1u << 23) - 1, 0, AT(reference),
		"a call reference" },
	{ QUERY_EXPLAIN, "call", PARAM_CALL, ONE_OF, 1, UINT32_MAX, 0, AT(name), CALL },
	{ QUERY_EXPLAIN, "trunk", PARAM_TEXT, ONE_OF, 1, 0, 0, AT(trunk), "a trunk's name" },
	{ QUERY_EXPLAIN, "reference", PARAM_U32, OPTIONAL, 1, (1u << 23) - 1, 0, AT(reference),
		"a call reference" },
	{ QUERY_JOBS, "id", PARAM_U32, OPTIONAL, 1, UINT32_MAX, 0, AT(id), "the number of a job" },
	{ QUERY_DIAL, "from", PARAM_TEXT, REQUIRED, 1, 0, 0, AT(from), ADDRESS },
	{ QUERY_DIAL, "to", PARAM_TEXT, REQUIRED, 1, 0, 0, AT(to), ADDRESS },
	{ QUERY_DIAL, "count", PARAM_U32, OPTIONAL, 1, CP_POOL_MAX, 1, AT(count), "calls" },
	{ QUERY_DIAL, "rate", PARAM_U64, OPTIONAL, 1, INT64_MAX, 0, AT(rate), "octets per second" },
	{ QUERY_DIAL, "committed", PARAM_U64, OPTIONAL, 1, INT64_MAX, 0, AT(committed),
		"octets per second, at most the rate" },
	{ QUERY_DIAL, "burst", PARAM_U32, OPTIONAL, 1, UINT32_MAX, 0, AT(burst), "octets" },
	{ QUERY_DIAL, "multipoint", PARAM_TRUE, OPTIONAL, 0, 0, 0, AT(multipoint), "true" },
	{ QUERY_DIAL, "permanent", PARAM_TRUE, OPTIONAL, 0, 0, 0, AT(permanent), "true" },
	{ QUERY_DIAL, "label", PARAM_U32, OPTIONAL, 1, (1u << 20) - 1, 0, AT(label), "a label" },
	{ QUERY_ADD_PARTY, "call", PARAM_CALL, REQUIRED, 1, UINT32_MAX, 0, AT(name), CALL },
	{ QUERY_ADD_PARTY, "address", PARAM_TEXT, REQUIRED, 1, 0, 0, AT(to), ADDRESS },
	{ QUERY_DROP_PARTY, "call", PARAM_CALL, REQUIRED, 1, UINT32_MAX, 0, AT(name), CALL },
	{ QUERY_DROP_PARTY, "party", PARAM_U32, REQUIRED, 1, UINT32_MAX, 0, AT(party),
		"the number of a party" },
	{ QUERY_DROP_PARTY, "cause", PARAM_U32, OPTIONAL, 1, 127, 0, AT(cause), "a cause value" },
	{ QUERY_DROP_PARTY, "data", PARAM_HEX, OPTIONAL, 1, 0, 0, AT(data), UU },
	{ QUERY_MODIFY, "call", PARAM_CALL, REQUIRED, 1, UINT32_MAX, 0, AT(name), CALL },
	{ QUERY_MODIFY, "rate", PARAM_U64, REQUIRED, 1, INT64_MAX, 0, AT(rate),
		"octets per second" },
	{ QUERY_RESET, "trunk", PARAM_TEXT, REQUIRED, 1, 0, 0, AT(trunk), "a trunk's name" },
	{ QUERY_RESTART, "trunk", PARAM_TEXT, REQUIRED, 1, 0, 0, AT(trunk), "a trunk's name" },
	{ QUERY_RESTART, "vpci", PARAM_U32, OPTIONAL, 0, 15, QUERY_ALL_VPCIS, AT(vpci), "a VPCI" },
	{ QUERY_RESTART, "label", PARAM_U32, OPTIONAL, 1, (1u << 20) - 1, 0, AT(label), "a label" },
	{ QUERY_HALT, "trunk", PARAM_TEXT, REQUIRED, 1, 0, 0, AT(trunk), "a trunk's name" },
	{ QUERY_CLOSE_AF, "trunk", PARAM_TEXT, REQUIRED, 1, 0, 0, AT(trunk), "a trunk's name" },
	{ QUERY_OPEN_AF, "trunk", PARAM_TEXT, REQUIRED, 1, 0, 0, AT(trunk), "a trunk's name" },
	{ QUERY_NAME, "call", PARAM_CALL, REQUIRED, 1, UINT32_MAX, 0, AT(name), CALL },
	{ QUERY_NAME, "base", PARAM_TEXT, REQUIRED, 1, 0, 0, AT(base),
		"what the name begins with" },
	{ QUERY_ENQUIRE, "call", PARAM_CALL, REQUIRED, 1, UINT32_MAX, 0, AT(name), CALL },
	{ QUERY_CLOSE, "call", PARAM_CALL, ONE_OF, 1, UINT32_MAX, 0, AT(name), CALL },
	{ QUERY_CLOSE, "all", PARAM_TRUE, ONE_OF, 0, 0, 0, AT(all), "true" },
	{ QUERY_CLOSE, "trunk", PARAM_TEXT, ONE_OF, 1, 0, 0, AT(trunk), "a trunk's name" },
	{ QUERY_CLOSE, "match", PARAM_TEXT, ONE_OF, 1, 0, 0, AT(match), "an expression" },
	{ QUERY_CLOSE, "cause", PARAM_U32, OPTIONAL, 1, 127, 0, AT(cause), "a cause value" },
	{ QUERY_CLOSE, "data", PARAM_HEX, OPTIONAL, 1, 0, 0, AT(data), UU },
	{ QUERY_REPLAY, "path", PARAM_TEXT, REQUIRED, 1, 0, 0, AT(path), "a capture file" },
	{ QUERY_REPLAY, "port", PARAM_TEXT, REQUIRED, 1, 0, 0, AT(port), "a port's name" },
	{ QUERY_REPLAY, "count", PARAM_U32, OPTIONAL, 1, 1000000, 1, AT(count), "passes" },
	{ QUERY_CAPTURE, "path", PARAM_TEXT, REQUIRED, 1, 0, 0, AT(path), "a file to write" },
	{ QUERY_CAPTURE, "signalling", PARAM_TRUE, OPTIONAL, 0, 0, 0, AT(signalling), "true" },
	{ QUERY_CAPTURE, "trunk", PARAM_TEXT, OPTIONAL, 1, 0, 0, AT(trunk), "a trunk's name" },
	{ QUERY_CAPTURE, "call", PARAM_CALL, OPTIONAL, 1, UINT32_MAX, 0, AT(name), CALL },
	{ QUERY_CAPTURE, "seconds", PARAM_U32, OPTIONAL, 1, UINT32_MAX, 0, AT(seconds), "seconds" },
	{ QUERY_CANCEL, "job", PARAM_U32, REQUIRED, 1, UINT32_MAX, 0, AT(id),
		"the number of a job" },
	{ QUERY_LOG, "level", PARAM_LEVEL, REQUIRED, 1, 0, 0, AT(level),
		"error, warning, notice, info or debug" },
	{ QUERY_LOG, "call", PARAM_CALL, OPTIONAL, 1, UINT32_MAX, 0, AT(name), CALL },
	{ QUERY_CONFIG_RELOAD, "check", PARAM_TRUE, OPTIONAL, 0, 0, 0, AT(check), "true" },
};

#define N_PARAMS (sizeof(params) / sizeof(params[0]))

static const char *const method_names[] = {
	[QUERY_STATUS] = "status",
	[QUERY_PORTS] = "ports",
	[QUERY_TRUNKS] = "trunks",
	[QUERY_ATTACHMENTS] = "attachments",
	[QUERY_VCS] = "vcs",
	[QUERY_CALLS] = "calls",
	[QUERY_PARTIES] = "parties",
	[QUERY_COUNTERS] = "counters",
	[QUERY_WORKERS] = "workers",
	[QUERY_BUSIEST] = "busiest",
	[QUERY_TRACE] = "trace",
	[QUERY_EXPLAIN] = "explain",
	[QUERY_JOBS] = "jobs",
	[QUERY_DIAL] = "dial",
	[QUERY_ADD_PARTY] = "add_party",
	[QUERY_DROP_PARTY] = "drop_party",
	[QUERY_MODIFY] = "modify",
	[QUERY_CLOSE] = "close",
	[QUERY_RESET] = "reset",
	[QUERY_RESTART] = "restart",
	[QUERY_HALT] = "halt",
	[QUERY_REPLAY] = "replay",
	[QUERY_CLOSE_AF] = "close_af",
	[QUERY_OPEN_AF] = "open_af",
	[QUERY_CAPTURE] = "capture",
	[QUERY_CANCEL] = "cancel",
	[QUERY_NAME] = "name",
	[QUERY_ENQUIRE] = "enquire",
	[QUERY_LOG] = "log",
	[QUERY_SHUTDOWN] = "shutdown",
	[QUERY_CONFIG_RELOAD] = "config_reload",
	[RPC_HELLO] = "hello",
	[RPC_CONFIG_SHOW] = "config_show",
};

#define N_METHODS ((int)(sizeof(method_names) / sizeof(method_names[0])))

const char *
rpc_method_name(int method)
{
	return method >= 0 && method < N_METHODS ? method_names[method] : "?";
}

__attribute__((format(printf, 3, 4))) static int
fail(struct rpc_error *error, int code, const char *fmt, ...)
{
	va_list ap;

	error->code = code;
	error->error = -EINVAL;
	va_start(ap, fmt);
	vsnprintf(error->message, sizeof(error->message), fmt, ap);
	va_end(ap);
	return -EINVAL;
}

static int
fail_param(struct rpc_error *error, const struct param *param)
{
	if (param->type == PARAM_U32 || param->type == PARAM_U64)
		return fail(error, RPC_INVALID_PARAMS,
			"%s: \"%s\" is wrong; give %s, %" PRIu64 " to %" PRIu64,
			rpc_method_name(param->method), param->name, param->what, param->min,
			param->max);
	return fail(error, RPC_INVALID_PARAMS,
		"%s: \"%s\" is wrong; give %s, at most %zu characters",
		rpc_method_name(param->method), param->name, param->what,
		param->type == PARAM_HEX ? 2 * param->size : param->size - 1);
}

static bool
set_number(const struct param *param, const json_t *value, void *at)
{
	uint64_t n;

	if (!json_is_integer(value) || json_integer_value(value) < 0)
		return false;
	n = (uint64_t)json_integer_value(value);
	if (n < param->min || n > param->max)
		return false;
	if (param->type == PARAM_U32)
		*(uint32_t *)at = (uint32_t)n;
	else
		*(uint64_t *)at = n;
	return true;
}

/* JSON text holds no NUL: the parser refuses it. */
static bool
set_text(const struct param *param, const json_t *value, void *at)
{
	const char *text = json_string_value(value);

	if (text == NULL || json_string_length(value) < param->min ||
		json_string_length(value) >= param->size)
		return false;
	if (param->type == PARAM_LEVEL && cp_log_level_parse(text) < 0)
		return false;
	memcpy(at, text, json_string_length(value) + 1);
	return true;
}

static bool
set_hex(const json_t *value, struct query_args *args)
{
	const char *text = json_string_value(value);
	int n = text != NULL ? cp_hex_parse(text, args->data, sizeof(args->data)) : -EINVAL;

	if (n <= 0)
		return false;
	args->data_len = (uint32_t)n;
	return true;
}

static bool
set_call(const struct param *param, const json_t *value, struct query_args *args)
{
	if (json_is_string(value))
		return isalpha((unsigned char)json_string_value(value)[0]) &&
		       set_text(param, value, args->name);
	if (!json_is_integer(value) || json_integer_value(value) < (json_int_t)param->min ||
		json_integer_value(value) > (json_int_t)param->max)
		return false;
	args->id = (uint32_t)json_integer_value(value);
	return true;
}

static bool
set_param(const struct param *param, const json_t *value, struct query_args *args)
{
	void *at = (uint8_t *)args + param->offset;

	switch (param->type) {
	case PARAM_U32:
	case PARAM_U64:
		return set_number(param, value, at);
	case PARAM_TRUE:
		*(bool *)at = json_is_true(value);
		return json_is_true(value);
	case PARAM_TEXT:
	case PARAM_LEVEL:
		return set_text(param, value, at);
	case PARAM_HEX:
		return set_hex(value, args);
	case PARAM_CALL:
		return set_call(param, value, args);
	}
	return false;
}

/* "call, all, trunk": of one need, or of all. */
static void
list_params(char *out, size_t size, int method, bool one_of_only)
{
	size_t i, len = 0;

	snprintf(out, size, "none");
	for (i = 0; i < N_PARAMS && len < size; i++)
		if (params[i].method == method && (!one_of_only || params[i].need == ONE_OF))
			len += (size_t)snprintf(
				out + len, size - len, "%s%s", len > 0 ? ", " : "", params[i].name);
}

static const struct param *
find_param(int method, const char *name)
{
	size_t i;

	for (i = 0; i < N_PARAMS; i++)
		if (params[i].method == method && strcmp(params[i].name, name) == 0)
			return &params[i];
	return NULL;
}

static int
refuse_unknown_params(int method, json_t *given, struct rpc_error *error)
{
	char known[128];
	const char *name;
	json_t *value;

	json_object_foreach(given, name, value)
	{
		if (find_param(method, name) != NULL)
			continue;
		list_params(known, sizeof(known), method, false);
		return fail(error, RPC_INVALID_PARAMS,
			"%s: there is no parameter \"%.32s\"; it takes: %s",
			rpc_method_name(method), name, known);
	}
	return 0;
}

static int
refuse_choice(int method, unsigned int n_chosen, struct rpc_error *error)
{
	char choice[128];

	list_params(choice, sizeof(choice), method, true);
	return fail(error, RPC_INVALID_PARAMS, "%s: %s is said; give exactly one of: %s",
		rpc_method_name(method), n_chosen == 0 ? "not which" : "more than one", choice);
}

static int
parse_params(struct rpc_request *request, json_t *given, struct rpc_error *error)
{
	unsigned int n_choices = 0, n_chosen = 0;
	const struct param *param;
	const json_t *value;

	if (refuse_unknown_params(request->method, given, error) != 0)
		return -EINVAL;
	for (param = params; param < params + N_PARAMS; param++) {
		if (param->method != request->method)
			continue;
		value = json_object_get(given, param->name);
		n_choices += param->need == ONE_OF;
		n_chosen += param->need == ONE_OF && value != NULL;
		if (value == NULL && param->need == REQUIRED)
			return fail(error, RPC_INVALID_PARAMS, "%s: \"%s\" is missing; give %s",
				rpc_method_name(param->method), param->name, param->what);
		if (value == NULL && param->fallback != 0)
			*(uint32_t *)((uint8_t *)&request->args + param->offset) =
				(uint32_t)param->fallback;
		if (value != NULL && !set_param(param, value, &request->args))
			return fail_param(error, param);
	}
	if (n_choices > 0 && n_chosen != 1)
		return refuse_choice(request->method, n_chosen, error);
	return 0;
}

static int
parse_method(struct rpc_request *request, const json_t *object, struct rpc_error *error)
{
	const char *name = json_string_value(json_object_get(object, "method"));

	for (request->method = 0; request->method < N_METHODS; request->method++)
		if (strcmp(name, method_names[request->method]) == 0)
			return 0;
	return fail(error, RPC_METHOD_NOT_FOUND,
		"there is no method \"%.32s\"; see the commands of callctl help", name);
}

/* What JSON-RPC asks of a request before its method is looked at; NULL when it is well. */
static const char *
why_invalid(const json_t *object)
{
	const json_t *id = json_object_get(object, "id");
	const json_t *given = json_object_get(object, "params");
	const char *version = json_string_value(json_object_get(object, "jsonrpc"));

	if (json_is_array(object))
		return "a batch is not taken; send one object a line";
	if (!json_is_object(object))
		return "no request; send an object";
	if (id != NULL && !json_is_string(id) && !json_is_integer(id) && !json_is_null(id))
		return "\"id\" is wrong; give a string or an integer";
	if (version == NULL || strcmp(version, "2.0") != 0)
		return "\"jsonrpc\" is wrong or missing; give \"2.0\"";
	if (!json_is_string(json_object_get(object, "method")))
		return "\"method\" is wrong or missing; give a method's name";
	if (given != NULL && !json_is_object(given))
		return "\"params\" is wrong; give an object of named parameters";
	return NULL;
}

static json_t *
take_id(const json_t *object)
{
	json_t *id = json_object_get(object, "id");

	return json_is_string(id) || json_is_integer(id) ? json_incref(id) : json_null();
}

static int
parse_object(struct rpc_request *request, const json_t *object, struct rpc_error *error)
{
	const char *why = why_invalid(object);
	json_t *given = json_object_get(object, "params");

	if (why != NULL || json_object_get(object, "id") != NULL)
		request->id = take_id(object);
	if (why != NULL)
		return fail(error, RPC_INVALID_REQUEST, "%s", why);
	if (parse_method(request, object, error) != 0)
		return -EINVAL;
	return parse_params(request, given, error);
}

int
rpc_parse(struct rpc_request *request, const char *line, size_t len, struct rpc_error *error)
{
	json_error_t where;
	json_t *object;
	int err;

	memset(request, 0, sizeof(*request));
	object = json_loadb(line, len, JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, &where);
	if (object == NULL) {
		request->id = json_null();
		return fail(error, RPC_PARSE_ERROR,
			"not JSON: %s at octet %d; send one object a line", where.text,
			where.position);
	}
	err = parse_object(request, object, error);
	json_decref(object);
	return err;
}

bool
rpc_is_read_only(const struct rpc_request *request)
{
	/* What is not known to be harmless is not: a method added below needs the right to write.
	 */
	return request->method == RPC_HELLO || request->method == RPC_CONFIG_SHOW ||
	       (request->method < QUERY_DIAL && !request->args.restart);
}

void
rpc_request_fini(struct rpc_request *request)
{
	json_decref(request->id);
	request->id = NULL;
}

static void
put(const char *text, rpc_write_fn write, void *arg)
{
	write(text, strlen(text), arg);
}

static void
begin(const json_t *id, const char *member, rpc_write_fn write, void *arg)
{
	put("{\"jsonrpc\":\"2.0\",\"id\":", write, arg);
	rpc_value(id, write, arg);
	put(member, write, arg);
}

void
rpc_begin(const struct rpc_request *request, rpc_write_fn write, void *arg)
{
	begin(request->id, ",\"result\":", write, arg);
}

void
rpc_value(const json_t *value, rpc_write_fn write, void *arg)
{
	json_dump_callback(value, write, arg, DUMP_FLAGS);
}

void
rpc_end(rpc_write_fn write, void *arg)
{
	put("}\n", write, arg);
}

static json_t *
error_to_json(const struct rpc_error *error)
{
	json_t *message = rows_text_to_json(error->message, sizeof(error->message));
	const char *name = strerrorname_np(-error->error);
	json_t *data;

	if (error->code != RPC_REFUSED)
		return json_pack("{s:i, s:o}", "code", error->code, "message", message);
	data = json_pack("{s:i, s:s, s:O}", "errno", -error->error, "name",
		name != NULL ? name : "?", "message", message);
	return json_pack("{s:i, s:o, s:o}", "code", error->code, "message", message, "data", data);
}

void
rpc_refuse(const struct rpc_request *request, const struct rpc_error *error, rpc_write_fn write,
	void *arg)
{
	json_t *json;

	if (request->id == NULL)
		return;
	json = error_to_json(error);
	begin(request->id, ",\"error\":", write, arg);
	rpc_value(json, write, arg);
	rpc_end(write, arg);
	json_decref(json);
}
