/* SPDX-License-Identifier: BSD-3-Clause */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "callplane/config_priv.h"

/* Where this machine alone can ask. */

/* Whoever reads metrics learns whom this machine calls: they are for this machine. */
int
config_set_listen(struct config_reader *r, const struct config_field *field, void *record,
	const struct config_node *value)
{
	struct sockaddr_storage address;
	int err = config_set_socket(r, field, record, value);

	if (err != 0 || value->text[0] == '/' || config_loopback_parse(value->text, &address) == 0)
		return err;
	return config_fail(r, value, "\"%.60s\" is no place on this machine alone; mend: %s",
		value->text, field->mend);
}

int
config_loopback_parse(const char *text, struct sockaddr_storage *out)
{
	struct sockaddr_in *v4 = (struct sockaddr_in *)out;
	struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)out;
	const char *colon = strrchr(text, ':');
	char host[INET6_ADDRSTRLEN + 2];
	unsigned long port;
	char *end;

	if (colon == NULL || colon[1] < '0' || colon[1] > '9')
		return -EINVAL;
	port = strtoul(colon + 1, &end, 10);
	if (*end != '\0' || port == 0 || port > UINT16_MAX || colon - text >= (long)sizeof(host))
		return -EINVAL;
	snprintf(host, sizeof(host), "%.*s", (int)(colon - text), text);
	memset(out, 0, sizeof(*out));
	if (strcmp(host, "[::1]") == 0) {
		v6->sin6_family = AF_INET6;
		v6->sin6_addr = in6addr_loopback;
		v6->sin6_port = htons((uint16_t)port);
		return 0;
	}
	v4->sin_family = AF_INET;
	v4->sin_port = htons((uint16_t)port);
	if (inet_pton(AF_INET, host, &v4->sin_addr) != 1 ||
		ntohl(v4->sin_addr.s_addr) >> 24 != IN_LOOPBACKNET)
		return -EINVAL;
	return 0;
}
