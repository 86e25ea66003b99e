/* SPDX-License-Identifier: BSD-3-Clause */
#include "callplane/pcapng.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/*
 * Blocks of 32-bit words in the byte order of this machine, which the section header tells; see
 * draft-ietf-opsawg-pcapng.
 */
enum block_type {
	BLOCK_INTERFACE = 1,
	BLOCK_FRAME = 6,
	BLOCK_SECTION = 0x0a0d0d0a,
};

enum option_code {
	OPTION_END = 0,
	OPTION_APPLICATION = 4, /* of a section */
	OPTION_NAME = 2,        /* of an interface */
	OPTION_RESOLUTION = 9,  /* of an interface: time in 10^-n s */
	OPTION_FLAGS = 2,       /* of a frame */
};

#define BYTE_ORDER_MAGIC 0x1a2b3c4du
#define LENGTH_UNKNOWN UINT64_MAX
#define LINK_ETHERNET 1
#define RECEIVED 1u /* in a frame's flags */
#define SENT 2u
#define BLOCK_MAX (1u << 17) /* octets */
#define FILE_MODE 0640       /* signalling tells who calls whom */

struct pcapng {
	FILE *file;
	int error; /* the first one; 0 */
	uint32_t len;
	uint8_t block[BLOCK_MAX];
};

static void
put(struct pcapng *p, const void *octets, uint32_t len)
{
	memcpy(p->block + p->len, octets, len);
	p->len += len;
}

static void
put_u16(struct pcapng *p, uint16_t value)
{
	put(p, &value, sizeof(value));
}

static void
put_u32(struct pcapng *p, uint32_t value)
{
	put(p, &value, sizeof(value));
}

static void
put_padded(struct pcapng *p, const void *octets, uint32_t len)
{
	static const uint8_t zeros[4] = { 0 };

	put(p, octets, len);
	put(p, zeros, -len & 3u);
}

static void
put_option(struct pcapng *p, enum option_code code, const void *value, uint32_t len)
{
	put_u16(p, (uint16_t)code);
	put_u16(p, (uint16_t)len);
	put_padded(p, value, len);
}

static void
begin_block(struct pcapng *p, enum block_type type)
{
	p->len = 0;
	put_u32(p, type);
	put_u32(p, 0); /* the length, when it is known */
}

static void
end_block(struct pcapng *p)
{
	uint32_t len;

	put_u32(p, OPTION_END);
	len = p->len + (uint32_t)sizeof(len);
	put_u32(p, len);
	memcpy(p->block + sizeof(uint32_t), &len, sizeof(len));
	if (fwrite(p->block, len, 1, p->file) != 1 && p->error == 0)
		p->error = -errno;
}

static void
write_section(struct pcapng *p)
{
	static const char name[] = "callplane " CALLPLANE_VERSION;
	const uint64_t unknown = LENGTH_UNKNOWN;

	begin_block(p, BLOCK_SECTION);
	put_u32(p, BYTE_ORDER_MAGIC);
	put_u16(p, 1); /* version 1.0 */
	put_u16(p, 0);
	put(p, &unknown, sizeof(unknown));
	put_option(p, OPTION_APPLICATION, name, sizeof(name) - 1);
	end_block(p);
}

static void
write_interface(struct pcapng *p, const struct pcapng_interface *interface)
{
	static const uint8_t nanoseconds = 9;

	begin_block(p, BLOCK_INTERFACE);
	put_u16(p, LINK_ETHERNET);
	put_u16(p, 0);
	put_u32(p, 0); /* frames are not cut */
	put_option(p, OPTION_NAME, interface->name,
		(uint32_t)strnlen(interface->name, sizeof(interface->name)));
	put_option(p, OPTION_RESOLUTION, &nanoseconds, sizeof(nanoseconds));
	end_block(p);
}

int
pcapng_create(struct pcapng **out, const char *path, const struct pcapng_interface *interfaces,
	uint32_t n, char *error, size_t size)
{
	struct pcapng *p = calloc(1, sizeof(*p));
	int fd = -1, err = -ENOMEM;
	uint32_t i;

	/* Not blocking: a pipe that nobody reads is an error, not a wait. */
	if (p != NULL) {
		fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NONBLOCK, FILE_MODE);
		p->file = fd >= 0 ? fdopen(fd, "wb") : NULL;
		err = p->file != NULL ? 0 : -errno;
	}
	if (err != 0) {
		snprintf(error, size, "%.100s: %s; mend: give a file that can be written", path,
			strerror(-err));
		if (fd >= 0)
			close(fd);
		free(p);
		return err;
	}
	write_section(p);
	for (i = 0; i < n; i++)
		write_interface(p, &interfaces[i]);
	*out = p;
	return 0;
}

void
pcapng_write(struct pcapng *p, const struct pcapng_frame *frame)
{
	const uint32_t flags = frame->sent ? SENT : RECEIVED;

	begin_block(p, BLOCK_FRAME);
	put_u32(p, frame->interface);
	put_u32(p, (uint32_t)(frame->epoch_ns >> 32));
	put_u32(p, (uint32_t)frame->epoch_ns);
	put_u32(p, frame->len); /* in the file, and on the wire */
	put_u32(p, frame->len);
	put_padded(p, frame->octets, frame->len);
	put_option(p, OPTION_FLAGS, &flags, sizeof(flags));
	end_block(p);
}

int
pcapng_flush(struct pcapng *p)
{
	if (fflush(p->file) != 0 && p->error == 0)
		p->error = -errno;
	return p->error;
}

int
pcapng_close(struct pcapng *p)
{
	int err = pcapng_flush(p);

	if (fclose(p->file) != 0 && err == 0)
		err = -errno;
	free(p);
	return err;
}
