/* SPDX-License-Identifier: BSD-3-Clause */
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "callplane/config_priv.h"

#define DIGITS_MAX 18 /* of a number: fits in 63 bits */
#define LABEL_FIRST_VC 16u
#define VCI_FIRST_USER 32u
#define BANDWIDTH_MAX_BITS_S UINT64_C(10000000000000)

/* By hand in all of this file: what the locale calls a digit is no digit of ours. */
static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool
is_hex(char c)
{
	return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

static uint8_t
hex_value(char c)
{
	return (uint8_t)(is_digit(c) ? c - '0' : (c | 0x20) - 'a' + 10);
}

static bool
is_text(const struct config_node *node)
{
	return node->kind == CONFIG_SCALAR && node->text[0] != '\0';
}

static void *
member(void *record, const struct config_field *field)
{
	return (uint8_t *)record + field->offset;
}

/* ---- Numbers ---- */

/* How many digits @p text begins with; *out is their value, cut at DIGITS_MAX of them. */
static size_t
leading_number(const char *text, uint64_t *out)
{
	size_t n;

	*out = 0;
	for (n = 0; is_digit(text[n]); n++)
		if (n < DIGITS_MAX)
			*out = *out * 10 + (uint64_t)(text[n] - '0');
	return n;
}

int
config_value_uint(struct config_reader *r, const struct config_field *field,
	const struct config_node *value, uint64_t *out)
{
	size_t n;

	if (!is_text(value) || value->quoted)
		return config_fail_type(r, value, field, "a whole number");
	n = leading_number(value->text, out);
	/* To YAML 1.1 a leading 0 means octal: nobody shall have to guess. */
	if (n == 0 || value->text[n] != '\0' || (n > 1 && value->text[0] == '0'))
		return config_fail_type(r, value, field, "a whole number");
	if (n > DIGITS_MAX || *out < field->min || *out > field->max)
		return config_fail(r, value, "%s is %.40s, outside %llu to %llu; mend: %s",
			field->key, value->text, (unsigned long long)field->min,
			(unsigned long long)field->max, field->mend);
	return 0;
}

int
config_set_bool(struct config_reader *r, const struct config_field *field, void *record,
	const struct config_node *value)
{
	bool *out = member(record, field);

	if (!is_text(value) || value->quoted)
		return config_fail_type(r, value, field, "true or false");
	*out = strcmp(value->text, "true") == 0;
	if (!*out && strcmp(value->text, "false") != 0)
		return config_fail_type(r, value, field, "true or false");
	return 0;
}

/* ---- Texts ---- */

static int
set_text(struct config_reader *r, const struct config_field *field, void *record,
	const struct config_node *value)
{
	size_t len;

	if (!is_text(value))
		return config_fail_type(r, value, field, "a text");
	len = strlen(value->text);
	if (len > field->max)
		return config_fail(r, value, "%s has %zu octets, more than %llu; mend: %s",
			field->key, len, (unsigned long long)field->max, field->mend);
	memcpy(member(record, field), value->text, len + 1);
	return 0;
}

int
config_set_socket(struct config_reader *r, const struct config_field *field, void *record,
	const struct config_node *value)
{
	return set_text(r, field, record, value);
}

/* "0000:03:00.0" with x for a hex digit and 7 for an octal one. */
static bool
fits_pattern(const char *text, const char *pattern)
{
	for (; *pattern != '\0'; pattern++, text++) {
		if (*pattern == 'x' && !is_hex(*text))
			return false;
		if (*pattern == '7' && (*text < '0' || *text > '7'))
			return false;
		if (*pattern != 'x' && *pattern != '7' && *text != *pattern)
			return false;
	}
	return *text == '\0';
}

/* One spelling for each address, the bus driver's own: so equal ones compare equal. */
static bool
pci_address_canonical(char *out, size_t size, const char *text)
{
	bool whole = fits_pattern(text, "xxxx:xx:xx.7");

	if (!whole && !fits_pattern(text, "xx:xx.7"))
		return false;
	snprintf(out, size, "%s%s", whole ? "" : "0000:", text);
	for (; *out != '\0'; out++)
		*out = (char)tolower((unsigned char)*out);
	return true;
}

/* What names a device: a PCI address, or a vdev's text up to its arguments. */
static bool
same_device(const struct config_port *a, const struct config_port *b)
{
	size_t n = strcspn(a->device, ",");

	return n == strcspn(b->device, ",") && strncmp(a->device, b->device, n) == 0;
}

/* "wire:NAME:a" or "wire:NAME:b". */
static bool
is_wire_end(const char *text)
{
	size_t n = strlen(text);

	return n > 7 && n <= 5 + 16 + 2 && strncmp(text, "wire:", 5) == 0 && text[n - 2] == ':' &&
	       (text[n - 1] == 'a' || text[n - 1] == 'b');
}

int
config_set_device(struct config_reader *r, const struct config_field *field, void *record,
	const struct config_node *value)
{
	struct config_port *port = record;
	const struct config_port *other;
	int err = set_text(r, field, record, value);

	if (err != 0)
		return err;
	port->is_vdev = strncmp(value->text, "net_", 4) == 0 && value->text[4] != '\0';
	port->is_wire = is_wire_end(value->text);
	if (!port->is_vdev && !port->is_wire &&
		!pci_address_canonical(port->device, sizeof(port->device), value->text))
		return config_fail(r, value,
			"device \"%.40s\" is no PCI address, no vdev and no end of a wire; mend: "
			"%s",
			value->text, field->mend);
	for (other = r->config->ports; other < port; other++)
		if (same_device(other, port))
			return config_fail(r, value,
				"device \"%.40s\" is already that of port %s; mend: give each port "
				"a "
				"device of its own",
				value->text, other->name);
	return 0;
}

/* ---- References ---- */

static int
fail_unknown_port(struct config_reader *r, const struct config_node *value)
{
	const char *names[CONFIG_MAX_PORTS];
	uint32_t i;

	for (i = 0; i < r->config->n_ports; i++)
		names[i] = r->config->ports[i].name;
	return config_fail_unknown(r, value, "port", names, i);
}

static int
find_port(struct config_reader *r, const struct config_field *field,
	const struct config_node *value, unsigned int *out)
{
	if (!is_text(value))
		return config_fail_type(r, value, field, "the name of a port");
	for (*out = 0; *out < r->config->n_ports; (*out)++)
		if (strcmp(r->config->ports[*out].name, value->text) == 0)
			return 0;
	return fail_unknown_port(r, value);
}

int
config_set_trunk(struct config_reader *r, const struct config_field *field, void *record,
	const struct config_node *value)
{
	unsigned int *out = member(record, field);
	const char *names[CONFIG_MAX_TRUNKS];

	if (!is_text(value))
		return config_fail_type(r, value, field, "the name of a trunk");
	for (*out = 0; *out < r->config->n_trunks; (*out)++) {
		names[*out] = r->config->trunks[*out].name;
		if (strcmp(names[*out], value->text) == 0)
			return 0;
	}
	return config_fail_unknown(r, value, "trunk", names, *out);
}

int
config_set_trunk_port(struct config_reader *r, const struct config_field *field, void *record,
	const struct config_node *value)
{
	struct config_trunk *trunk = record;
	int err = find_port(r, field, value, &trunk->port);

	if (err != 0)
		return err;
	if (r->port_trunk[trunk->port] != NULL)
		return config_fail(r, value,
			"port %s carries the trunk %s already; mend: give each trunk a port of its "
			"own",
			value->text, r->port_trunk[trunk->port]->name);
	r->port_trunk[trunk->port] = trunk;
	return 0;
}

int
config_set_attachment_port(struct config_reader *r, const struct config_field *field, void *record,
	const struct config_node *value)
{
	struct config_attachment *attachment = record;
	int err = find_port(r, field, value, &attachment->port);

	if (err == 0 && r->port_trunk[attachment->port] != NULL)
		return config_fail(r, value,
			"port %s carries the trunk %s; mend: attach to a port without a trunk",
			value->text, r->port_trunk[attachment->port]->name);
	return err;
}

int
config_set_worker_lcore(struct config_reader *r, const struct config_field *field, void *record,
	const struct config_node *value)
{
	struct config_worker *worker = record;
	const struct config_worker *other;
	uint64_t lcore;
	int err = config_value_uint(r, field, value, &lcore);

	if (err != 0)
		return err;
	worker->lcore = (unsigned int)lcore;
	if (worker->lcore == r->config->control_lcore)
		return config_fail(r, value,
			"lcore %u is the control loop's; mend: put the worker on another, or set "
			"control: {lcore: ...}",
			worker->lcore);
	for (other = r->config->workers; other < worker; other++)
		if (other->lcore == worker->lcore)
			return config_fail(r, value,
				"lcore %u has a worker already; mend: put all its ports into one "
				"list",
				worker->lcore);
	return 0;
}

int
config_set_worker_ports(struct config_reader *r, const struct config_field *field, void *record,
	const struct config_node *value)
{
	const struct config_worker *worker = record;
	uint32_t bit = UINT32_C(1) << (worker - r->config->workers);
	const struct config_node *name;
	unsigned int port;
	int err;

	if (value->kind != CONFIG_LIST || value->n == 0)
		return config_fail_type(r, value, field, "a list of one or more names of ports");
	for (name = value->first; name != NULL; name = name->next) {
		err = find_port(r, field, name, &port);
		if (err != 0)
			return err;
		if ((r->config->ports[port].workers & bit) != 0)
			return config_fail(r, name,
				"port %s stands in this list already; mend: name it once for each "
				"worker",
				name->text);
		r->config->ports[port].workers |= bit;
	}
	return 0;
}

/* ---- Of trunks ---- */

/* SIG-2, SIG-3 */
int
config_set_label(struct config_reader *r, const struct config_field *field, void *record,
	const struct config_node *value)
{
	uint32_t *out = member(record, field);
	uint64_t label;
	int err = config_value_uint(r, field, value, &label);

	if (err != 0)
		return err;
	if (label < LABEL_FIRST_VC)
		return config_fail(r, value,
			"%s is %.40s, but labels 0 to 15 belong to MPLS itself; mend: %s",
			field->key, value->text, field->mend);
	if ((label & 0xffff) < LABEL_FIRST_VC || (label & 0xffff) >= VCI_FIRST_USER)
		return config_fail(r, value,
			"%s is %.40s: its VCI, the low 16 bits, is %u, not one of 16 to 31; mend: "
			"%s",
			field->key, value->text, (unsigned int)label & 0xffff, field->mend);
	*out = (uint32_t)label;
	return 0;
}

int
config_set_vpci(struct config_reader *r, const struct config_field *field, void *record,
	const struct config_node *value)
{
	struct config_trunk *trunk = record;
	uint64_t first, last;
	int err;

	if (value->kind != CONFIG_LIST || value->n != 2)
		return config_fail_type(r, value, field, "a list of two numbers");
	err = config_value_uint(r, field, value->first, &first);
	if (err == 0)
		err = config_value_uint(r, field, value->last, &last);
	if (err != 0)
		return err;
	if (first > last)
		return config_fail(r, value, "vpci runs backwards; mend: write [%u, %u]",
			(unsigned int)last, (unsigned int)first);
	trunk->vpci_first = (uint8_t)first;
	trunk->vpci_last = (uint8_t)last;
	return 0;
}

/* The factor of "K", "M", "G", "T" or no unit; 0: neither. */
static uint64_t
unit_factor(const char *unit)
{
	static const char units[] = "KMGT";
	uint64_t factor = 1;
	const char *u;

	if (unit[0] == '\0')
		return 1;
	for (u = units; *u != '\0'; u++) {
		factor *= 1000;
		if (unit[0] == *u && unit[1] == '\0')
			return factor;
	}
	return 0;
}

int
config_set_bandwidth(struct config_reader *r, const struct config_field *field, void *record,
	const struct config_node *value)
{
	uint64_t *out = member(record, field);
	uint64_t number, factor;
	size_t n;

	if (!is_text(value))
		return config_fail_type(r, value, field, "bits a second");
	n = leading_number(value->text, &number);
	factor = unit_factor(value->text + n);
	if (n == 0 || factor == 0)
		return config_fail_type(r, value, field, "bits a second");
	if (n > DIGITS_MAX || number > BANDWIDTH_MAX_BITS_S / factor || number * factor < 8)
		return config_fail(r, value, "%s is %.40s, outside 8 to 10T; mend: %s", field->key,
			value->text, field->mend);
	*out = number * factor / 8;
	return 0;
}

/* Who lets red frames pass as they are has no meter: meter: false says so. */
int
config_set_red(struct config_reader *r, const struct config_field *field, void *record,
	const struct config_node *value)
{
	static const char *const names[] = { "drop", "mark" };
	struct config_excess *excess = record;

	if (!is_text(value))
		return config_fail_type(r, value, field, "drop or mark");
	if (strcmp(value->text, "drop") == 0)
		excess->red = CONFIG_DROP;
	else if (strcmp(value->text, "mark") == 0)
		excess->red = CONFIG_MARK;
	else
		return config_fail_unknown(r, value, field->key, names, 2);
	return 0;
}

int
config_set_mac(struct config_reader *r, const struct config_field *field, void *record,
	const struct config_node *value)
{
	struct config_trunk *trunk = record;
	const char *text = value->text;
	size_t i;

	if (!is_text(value) || !fits_pattern(text, "xx:xx:xx:xx:xx:xx"))
		return config_fail_type(r, value, field, "a MAC address");
	for (i = 0; i < sizeof(trunk->peer_mac); i++, text += 3)
		trunk->peer_mac[i] = (uint8_t)(hex_value(text[0]) << 4 | hex_value(text[1]));
	trunk->has_peer_mac = true;
	return 0;
}

/* ---- Addresses ---- */

int
config_set_address(struct config_reader *r, const struct config_field *field, void *record,
	const struct config_node *value)
{
	const char *why;

	if (!is_text(value))
		return config_fail_type(r, value, field, "an address");
	if (config_address_parse(value->text, member(record, field), &why) != 0)
		return config_fail(r, value, "%s \"%.40s\": %s; mend: %s", field->key, value->text,
			why, field->mend);
	return 0;
}

int
config_set_prefix(struct config_reader *r, const struct config_field *field, void *record,
	const struct config_node *value)
{
	struct config_route *route = record;
	const struct config_route *other;
	const char *why;

	if (!is_text(value))
		return config_fail_type(r, value, field, "the beginning of an address");
	if (config_prefix_parse(value->text, &route->prefix, &why) != 0)
		return config_fail(r, value, "%s \"%.40s\": %s; mend: %s", field->key, value->text,
			why, field->mend);
	for (other = r->config->routes; other < route; other++)
		if (memcmp(&other->prefix, &route->prefix, sizeof(route->prefix)) == 0)
			return config_fail(r, value,
				"%s \"%.40s\" has a route already, in line %u; mend: keep one of "
				"them",
				field->key, value->text, other->line);
	return 0;
}
