/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once

/**
 * @file
 * The appliance's configuration: YAML in, plain arrays out, all cross-references checked.
 * Unknown keys, wrong types and impossible values are errors with file, line, column and the mend.
 * No state of its own: any thread.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CONFIG_NAME_MAX 32
#define CONFIG_MAX_PORTS 32
#define CONFIG_MAX_WORKERS 16
#define CONFIG_MAX_TRUNKS 32
#define CONFIG_MAX_ATTACHMENT_RANGES 256
#define CONFIG_MAX_ROUTES 256
#define CONFIG_MAX_PVCS 1024
#define CONFIG_MAX_ECHOES 64

#define CONFIG_MAX_ATTACHMENTS ((1u << 22) - 1) /**< All ranges together. */
#define CONFIG_MAX_OCTETS (1u << 20)            /**< Of the text. */
#define CONFIG_ERROR_TEXT 512                   /**< Room for an error line. */
#define CONFIG_VLAN_MAX 4094u
#define CONFIG_ADDRESS_TEXT 48 /**< Room for the longest address as text. */

/** "e164:4989123401" or "nsap:47000513..." */
struct config_address {
	uint8_t type; /**< enum co_address_type. */
	uint8_t len;
	uint8_t octets[20]; /**< E.164: IA5 digits. */
};

/** How the frames of a port get to its workers; see enum dp_spread. */
enum config_spread {
	CONFIG_SPREAD_AUTO,
	CONFIG_SPREAD_RSS,
	CONFIG_SPREAD_FLOW,
	CONFIG_SPREAD_PORT,
	CONFIG_SPREAD_SOFTWARE
};

struct config_port {
	char name[CONFIG_NAME_MAX];
	/** PCI address with domain, lower case; a vdev, "net_..."; or "wire:NAME:a", "wire:NAME:b".
	 */
	char device[256];
	bool is_vdev;
	bool is_wire;     /**< An end of a wire inside the appliance. */
	uint16_t mtu;     /**< 0: leave it. */
	uint32_t workers; /**< Who polls it: a bit for each, by index. */
	enum config_spread spread;
	unsigned int line; /**< Where the text defines it, from 1; so for the others. */
};

struct config_worker {
	unsigned int lcore;
};

/** What the control loop does with nothing to do: poll on, or sleep for 50 us at a time. */
enum config_idle { CONFIG_POLL, CONFIG_SLEEP };

enum config_call_manager { CONFIG_EMBEDDED, CONFIG_STANDALONE };
enum config_side { CONFIG_USER, CONFIG_NETWORK };

/** What the signalling link does when its port has no link: outlive it, or go too (SIG-102). */
enum config_port_down { CONFIG_WAIT, CONFIG_CLEAR };

/** Milliseconds; 0: the standard's default. */
struct config_timers {
	uint32_t t301, t303, t308, t309, t310, t313, t316, t317, t322;
	uint32_t t360, t361, t397, t398, t399;
	uint32_t t_answer, t_link, t_link_max;
	uint32_t sscop_cc, sscop_poll, sscop_keep_alive, sscop_no_response, sscop_idle;
};

/** What becomes of frames above a rate of their call. */
enum config_fate { CONFIG_PASS, CONFIG_MARK, CONFIG_DROP };

#define CONFIG_NO_TC 8

struct config_excess {
	enum config_fate yellow; /**< Above the committed rate. */
	enum config_fate red;    /**< Above the peak rate. */
	uint8_t mark_tc;         /**< Of what is marked; CONFIG_NO_TC: nothing is. */
};

struct config_trunk {
	char name[CONFIG_NAME_MAX];
	unsigned int port; /**< Index. */
	enum config_call_manager call_manager;
	enum config_side side;
	uint32_t signalling_label;
	uint8_t vpci_first, vpci_last;
	uint8_t peer_mac[6];
	bool has_peer_mac;    /**< Else broadcast. */
	uint32_t window;      /**< SSCOP credit, SDs. */
	uint32_t bulk_window; /**< Closes wait while so many SDs are out (SIG-80). */
	uint64_t bandwidth;   /**< Octets per second, 0: not stated. */
	bool close_data;      /**< Calls can be closed with data for the other end (CLOSE-11). */
	bool meter;           /**< Calls are held to their rates. */
	struct config_excess excess;
	bool restart; /**< The first thing said on the link is RESTART (SIG-85). */
	enum config_port_down port_down;
	struct config_timers timers;
	unsigned int line;
};

/**
 * @c count attachments, the address a number that rises by one. So does the VLAN of a single tag;
 * of two, the inner one rises, and after 4094 the outer one rises and the inner one is 1 again.
 * See config_attachment_at().
 */
struct config_attachment {
	struct config_address address;
	uint32_t count;
	unsigned int port;
	uint8_t n_tags;
	uint16_t outer_vlan; /**< The only one of a single tag; 0: none. */
	uint16_t inner_vlan; /**< 0: none. */
	bool answer;         /**< Accept calls; else they are refused with "user busy". */
	unsigned int line;
};

struct config_route {
	struct config_address prefix;
	unsigned int trunk;
	unsigned int line;
};

/** A permanent VC (MAKE-12): a call is made of it at start, and nobody is asked. */
struct config_pvc {
	unsigned int trunk; /**< Index. */
	uint32_t label;
	struct config_address address;    /**< Of the other end. */
	struct config_address attachment; /**< What it is connected to; type 0: nothing. */
	uint32_t rate;                    /**< Octets per second each way, 0: not limited. */
	uint32_t committed;               /**< Of the rate; 0: all of it. */
	uint32_t burst;                   /**< Octets; 0: by the rate. */
	unsigned int line;
};

/** Whoever calls @c address has each of its frames sent back. */
struct config_echo {
	struct config_address address;
	unsigned int line;
};

/** Records of calls. */
struct config_records {
	char file[256];    /**< "": there are none. */
	uint32_t max_mb;   /**< Put aside when it is larger; 0: never. */
	uint32_t period_s; /**< Put aside after such a time; 0: never. */
};

/** Where metrics are served. */
struct config_metrics {
	char listen[108]; /**< A path, or "127.0.0.1:PORT" or "[::1]:PORT"; "": nowhere. */
};

struct config {
	unsigned int control_lcore;
	enum config_idle control_idle;
	char socket[108];       /**< Path of the control socket. */
	char read_group[33];    /**< Its members may look, on the control socket; "": none. */
	char write_group[33];   /**< Its members may do everything there; "": none. */
	uint32_t max_calls;     /**< Call legs, all trunks together. */
	uint32_t max_parties;   /**< Of multipoint calls, all trunks together. */
	uint32_t n_traces;      /**< Entries of the flight recorder; 0: none. */
	uint32_t n_mbufs;       /**< 0: by the number of ports. */
	uint32_t huge_mb;       /**< Hugepage memory that the process may take; 0: as it needs. */
	bool no_huge;           /**< Run without hugepages. */
	uint32_t drain_seconds; /**< How long SIGTERM waits for calls to close. */
	unsigned int n_workers, n_ports, n_trunks, n_attachments, n_pvcs, n_echoes, n_routes;
	struct config_records records;
	struct config_metrics metrics;
	struct config_worker workers[CONFIG_MAX_WORKERS];
	struct config_port ports[CONFIG_MAX_PORTS];
	struct config_trunk trunks[CONFIG_MAX_TRUNKS];
	struct config_attachment attachments[CONFIG_MAX_ATTACHMENT_RANGES];
	struct config_pvc pvcs[CONFIG_MAX_PVCS];
	struct config_echo echoes[CONFIG_MAX_ECHOES];
	struct config_route routes[CONFIG_MAX_ROUTES];
};

/**
 * Read and check @p path. After an error @p config holds nothing of use.
 * @return 0, or -EINVAL or -errno with one line in @p error: "FILE:LINE:COLUMN: what; mend: how";
 *   where there is no text to point into, "FILE: what; mend: how".
 */
int config_load(struct config *config, const char *path, char *error, size_t error_size);

/** The same from text already in memory; @p name stands for the file in errors. */
int config_parse(struct config *config, const char *text, size_t len, const char *name, char *error,
	size_t error_size);

struct sockaddr_storage;

/** "127.0.0.1:PORT" (or another of 127/8) or "[::1]:PORT" to an address; 0 or -EINVAL. */
int config_loopback_parse(const char *text, struct sockaddr_storage *out);

/** "e164:..." or "nsap:..." to an address; 0 or -EINVAL with the reason in *why. */
int config_address_parse(const char *text, struct config_address *out, const char **why);

/** The inverse, cut at @p size: CONFIG_ADDRESS_TEXT is enough. */
void config_address_print(char *out, size_t size, const struct config_address *address);

/** Address and VLANs of number @p i, below count, of a range that config_load() accepted. */
void config_attachment_at(const struct config_attachment *range, uint32_t i,
	struct config_address *address, uint16_t *outer_vlan, uint16_t *inner_vlan);
