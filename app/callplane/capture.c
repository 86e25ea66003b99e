/* SPDX-License-Identifier: BSD-3-Clause */
#include "callplane/capture.h"

#include <errno.h>
#include <pcap/pcap.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define SLICE_FRAMES 4096
#define RECORD_HEADER 16 /* what pcap_dump() puts before each frame */

struct capture {
	char path[256];
	uint32_t n_passes;
	uint32_t n_passes_left; /* the one that is being read included */
	uint64_t n_frames;
	uint64_t n_octets;
	pcap_t *in;
	int fd;              /* the copy */
	pcap_dumper_t *copy; /* NULL once it is whole */
};

static int
open_file(struct capture *c, char *error, size_t size)
{
	char why[PCAP_ERRBUF_SIZE];

	c->in = pcap_open_offline(c->path, why);
	if (c->in == NULL) {
		snprintf(error, size, "%s; mend: give a pcap or pcapng file", why);
		return -EINVAL;
	}
	if (pcap_datalink(c->in) != DLT_EN10MB) {
		snprintf(error, size,
			"%s holds no Ethernet frames; mend: capture on an Ethernet port", c->path);
		return -EPROTONOSUPPORT;
	}
	return 0;
}

static int
open_copy(struct capture *c, char *error, size_t size)
{
	FILE *file;
	int fd;

	c->fd = memfd_create("replay", MFD_CLOEXEC);
	fd = c->fd >= 0 ? dup(c->fd) : -1;
	file = fd >= 0 ? fdopen(fd, "wb") : NULL;
	if (file == NULL) {
		snprintf(error, size, "no memory for a copy of %s; mend: free some", c->path);
		if (fd >= 0)
			close(fd);
		return -ENOMEM;
	}
	c->copy = pcap_dump_fopen(c->in, file);
	if (c->copy == NULL) {
		snprintf(error, size, "%s: %s; mend: give a pcap or pcapng file", c->path,
			pcap_geterr(c->in));
		fclose(file);
		return -EINVAL;
	}
	return 0;
}

int
capture_open(struct capture **out, const char *path, uint32_t n_passes, char *error, size_t size)
{
	struct capture *c = calloc(1, sizeof(*c));
	int err;

	if (c == NULL) {
		snprintf(error, size, "no memory for a replay; mend: free some");
		return -ENOMEM;
	}
	snprintf(c->path, sizeof(c->path), "%s", path);
	c->n_passes = c->n_passes_left = n_passes;
	c->fd = -1;
	err = open_file(c, error, size);
	if (err == 0)
		err = open_copy(c, error, size);
	if (err != 0) {
		capture_close(c);
		return err;
	}
	*out = c;
	return 0;
}

static int
too_long(const struct capture *c, char *error, size_t size)
{
	snprintf(error, size, "more than %u MiB: too long, %u passes of %s; mend: fewer passes",
		(unsigned int)(CAPTURE_MAX_OCTETS >> 20), c->n_passes, c->path);
	return -EFBIG;
}

static int
copy_frame(struct capture *c, const struct pcap_pkthdr *header, const u_char *frame, char *error,
	size_t size)
{
	c->n_octets += RECORD_HEADER + header->caplen;
	if (c->n_octets > CAPTURE_MAX_OCTETS)
		return too_long(c, error, size);
	pcap_dump((u_char *)c->copy, header, frame);
	c->n_frames++;
	return 1;
}

/* The file's end: one pass less. */
static int
next_pass(struct capture *c, char *error, size_t size)
{
	int err;

	if (c->n_frames == 0) {
		snprintf(error, size, "%s holds no frames; mend: give another file", c->path);
		return -ENODATA;
	}
	/* All passes are like the first: no need to copy for long to find that out. */
	if (c->n_passes_left == c->n_passes && c->n_octets > CAPTURE_MAX_OCTETS / c->n_passes)
		return too_long(c, error, size);
	if (--c->n_passes_left > 0) {
		pcap_close(c->in);
		err = open_file(c, error, size);
		return err != 0 ? err : 1;
	}
	if (pcap_dump_flush(c->copy) != 0) {
		snprintf(error, size, "no memory for a copy of %s; mend: free some", c->path);
		return -ENOMEM;
	}
	pcap_dump_close(c->copy);
	c->copy = NULL;
	return 0;
}

int
capture_load(struct capture *c, char *error, size_t size)
{
	struct pcap_pkthdr *header;
	const u_char *frame;
	int i, got, err = 1;

	for (i = 0; i < SLICE_FRAMES && err == 1; i++) {
		got = pcap_next_ex(c->in, &header, &frame);
		if (got == PCAP_ERROR_BREAK)
			return next_pass(c, error, size);
		if (got != 1) {
			snprintf(error, size, "%s: %s; mend: give a whole file", c->path,
				pcap_geterr(c->in));
			return -EBADMSG;
		}
		err = copy_frame(c, header, frame, error, size);
	}
	return err;
}

uint64_t
capture_n_frames(const struct capture *c)
{
	return c->n_frames;
}

void
capture_name(const struct capture *c, char *out, size_t size)
{
	snprintf(out, size, "/proc/self/fd/%d", c->fd);
}

void
capture_close(struct capture *c)
{
	if (c->copy != NULL)
		pcap_dump_close(c->copy);
	if (c->in != NULL)
		pcap_close(c->in);
	if (c->fd >= 0)
		close(c->fd);
	free(c);
}
