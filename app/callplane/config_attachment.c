/* SPDX-License-Identifier: BSD-3-Clause */
#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/bytes.h"
#include "callplane/config_priv.h"
#include "condis/condis.h"

#define E164_MAX 15
#define NSAP_LEN 20

static_assert(sizeof(((struct config_address *)0)->octets) == NSAP_LEN, "the longer kind");
static_assert(CONFIG_ADDRESS_TEXT > sizeof("nsap:") + 2 * NSAP_LEN, "the longer text");

/* ---- Addresses ---- */

static int
parse_e164(const char *digits, struct config_address *out, const char **why)
{
	size_t len = strlen(digits);

	*why = "E.164 has 1 to 15 digits and nothing else";
	if (len == 0 || len > E164_MAX || strspn(digits, "0123456789") != len)
		return -EINVAL;
	out->type = CO_ADDRESS_E164;
	out->len = (uint8_t)len;
	memcpy(out->octets, digits, len);
	return 0;
}

static int
parse_nsap(const char *hex, struct config_address *out, const char **why)
{
	int len;

	*why = "after nsap: come hex digits, two for each of at most 20 octets";
	/* cp_hex_parse() skips blanks: an address has none. */
	if (strspn(hex, "0123456789abcdefABCDEF") != strlen(hex))
		return -EINVAL;
	len = cp_hex_parse(hex, out->octets, sizeof(out->octets));
	if (len <= 0)
		return -EINVAL;
	out->type = CO_ADDRESS_NSAP;
	out->len = (uint8_t)len;
	return 0;
}

int
config_prefix_parse(const char *text, struct config_address *out, const char **why)
{
	memset(out, 0, sizeof(*out));
	if (strncmp(text, "e164:", 5) == 0)
		return parse_e164(text + 5, out, why);
	if (strncmp(text, "nsap:", 5) == 0)
		return parse_nsap(text + 5, out, why);
	*why = "it begins with neither e164: nor nsap:";
	return -EINVAL;
}

int
config_address_parse(const char *text, struct config_address *out, const char **why)
{
	int err = config_prefix_parse(text, out, why);

	if (err == 0 && out->type == CO_ADDRESS_NSAP && out->len != NSAP_LEN) {
		*why = "an NSAP address has 40 hex digits";
		return -EINVAL;
	}
	return err;
}

void
config_address_print(char *out, size_t size, const struct config_address *address)
{
	char hex[2 * NSAP_LEN + 1];

	if (address->type == CO_ADDRESS_E164) {
		snprintf(out, size, "e164:%.*s", address->len, (const char *)address->octets);
	} else if (address->type == CO_ADDRESS_NSAP) {
		cp_hex_print(hex, address->octets, address->len);
		snprintf(out, size, "nsap:%s", hex);
	} else {
		snprintf(out, size, "none");
	}
}

bool
config_address_add(struct config_address *address, uint32_t n)
{
	uint32_t zero = address->type == CO_ADDRESS_E164 ? '0' : 0;
	uint32_t base = address->type == CO_ADDRESS_E164 ? 10 : 256;
	uint8_t *octet = address->octets + address->len;
	uint64_t sum = n;

	while (sum > 0 && octet > address->octets) {
		octet--;
		sum += *octet - zero;
		*octet = (uint8_t)(zero + sum % base);
		sum /= base;
	}
	return sum == 0;
}

/* ---- Ranges ---- */

/* The VLANs of a range are neighbours when each pair of tags is counted through. */
static uint32_t
first_vlan_idx(const struct config_attachment *range)
{
	if (range->n_tags == 2)
		return (range->outer_vlan - 1u) * CONFIG_VLAN_MAX + range->inner_vlan - 1u;
	return range->n_tags == 1 ? range->outer_vlan - 1u : 0;
}

/* By the number of tags. */
static const uint32_t n_vlans[] = { 1, CONFIG_VLAN_MAX, CONFIG_VLAN_MAX *CONFIG_VLAN_MAX };

void
config_attachment_at(const struct config_attachment *range, uint32_t i,
	struct config_address *address, uint16_t *outer_vlan, uint16_t *inner_vlan)
{
	uint32_t idx = first_vlan_idx(range) + i;

	*address = range->address;
	config_address_add(address, i);
	*outer_vlan = 0;
	*inner_vlan = 0;
	if (range->n_tags == 1) {
		*outer_vlan = (uint16_t)(idx + 1);
	} else if (range->n_tags == 2) {
		*outer_vlan = (uint16_t)(idx / CONFIG_VLAN_MAX + 1);
		*inner_vlan = (uint16_t)(idx % CONFIG_VLAN_MAX + 1);
	}
}

static bool
same_vlan(const struct config_attachment *a, const struct config_attachment *b)
{
	uint32_t first_a = first_vlan_idx(a), first_b = first_vlan_idx(b);

	return a->port == b->port && a->n_tags == b->n_tags && first_a < first_b + b->count &&
	       first_b < first_a + a->count;
}

/* Of equal length, addresses are ordered as their octets are: digits are in IA5. */
static bool
same_address(const struct config_attachment *a, const struct config_attachment *b)
{
	struct config_address last_a = a->address, last_b = b->address;

	if (a->address.type != b->address.type || a->address.len != b->address.len)
		return false;
	config_address_add(&last_a, a->count - 1);
	config_address_add(&last_b, b->count - 1);
	return memcmp(a->address.octets, last_b.octets, last_b.len) <= 0 &&
	       memcmp(b->address.octets, last_a.octets, last_a.len) <= 0;
}

bool
config_attachment_has(const struct config_attachment *range, const struct config_address *address)
{
	const struct config_attachment one = { .address = *address, .count = 1 };

	return same_address(range, &one);
}

static int
check_overlap(struct config_reader *r, const struct config_attachment *range,
	const struct config_node *node)
{
	const struct config_attachment *other;
	uint64_t n = range->count;

	for (other = r->config->attachments; other < range; other++) {
		n += other->count;
		if (same_address(other, range))
			return config_fail(r, node,
				"an address of it is also in line %u; mend: give each attachment "
				"an "
				"address of its own",
				other->line);
		if (same_vlan(other, range))
			return config_fail(r, node,
				"a VLAN of port %s in it is also in line %u; mend: give each "
				"attachment of a port a VLAN of its own",
				r->config->ports[range->port].name, other->line);
	}
	if (n > CONFIG_MAX_ATTACHMENTS)
		return config_fail(r, node,
			"with it there are %llu attachments; mend: lower the counts to %u in all",
			(unsigned long long)n, CONFIG_MAX_ATTACHMENTS);
	return 0;
}

/* Until here vlan is in inner_vlan and svlan in outer_vlan; a single tag counts as the outer. */
static void
count_tags(struct config_attachment *range)
{
	range->n_tags = (uint8_t)((range->outer_vlan != 0) + (range->inner_vlan != 0));
	if (range->n_tags == 1) {
		range->outer_vlan = range->inner_vlan;
		range->inner_vlan = 0;
	}
}

void
config_attachment_uncount(struct config_attachment *range)
{
	if (range->n_tags != 1)
		return;
	range->inner_vlan = range->outer_vlan;
	range->outer_vlan = 0;
}

int
config_check_attachment(struct config_reader *r, void *record, const struct config_node *node)
{
	struct config_attachment *range = record;
	struct config_address last = range->address;

	range->line = node->line;
	if (range->outer_vlan != 0 && range->inner_vlan == 0)
		return config_fail(r, node,
			"svlan without vlan; mend: add the inner tag as vlan, or write vlan for "
			"svlan");
	count_tags(range);
	if (range->n_tags == 0 && range->count > 1)
		return config_fail(r, node,
			"a count of %u on an untagged port, which has room for one; mend: add "
			"vlan, or "
			"leave count out",
			range->count);
	if (range->count > n_vlans[range->n_tags] - first_vlan_idx(range))
		return config_fail(r, node,
			"a count of %u runs past the last VLAN, %u; mend: lower count to %u, or "
			"vlan",
			range->count, CONFIG_VLAN_MAX,
			n_vlans[range->n_tags] - first_vlan_idx(range));
	if (!config_address_add(&last, range->count - 1))
		return config_fail(r, node,
			"a count of %u runs past the last address of %u %s; mend: lower count, or "
			"begin at a lower address",
			range->count, range->address.len,
			range->address.type == CO_ADDRESS_E164 ? "digits" : "octets");
	return check_overlap(r, range, node);
}
