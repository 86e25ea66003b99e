/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once

/** @file What the files of preflight share. Each of these adds checks in its order of the table. */

#include <stdint.h>

#include "callplane/preflight.h"
#include "callplane/sysfs.h"

#define PREFLIGHT_NODE_DIR "/sys/devices/system/node"
#define PREFLIGHT_CPU_DIR "/sys/devices/system/cpu"
#define PREFLIGHT_PCI_DIR "/sys/bus/pci"
#define PREFLIGHT_MAX_NODES 32

/** @p mend is for what is not PREFLIGHT_OK, else it may be NULL. */
void preflight_add(struct preflight *p, enum preflight_verdict verdict, const char *subject,
	const char *mend, const char *fmt, ...) __attribute__((format(printf, 5, 6)));

/* ---- preflight_memory.c ---- */
void preflight_memory(struct preflight *p);

/* ---- preflight_device.c ---- */
void preflight_iommu(struct preflight *p);
void preflight_drivers(struct preflight *p);

/* ---- preflight_port.c ---- */
void preflight_ports(struct preflight *p);

/** The node of a port's device, else of its worker's lcore; -1: the machine does not say. */
int preflight_port_node(const struct preflight *p, const struct config_port *port);

/** Whether some port of the configuration is bound to vfio-pci. */
bool preflight_has_vfio_port(const struct preflight *p);

/* ---- preflight_cpu.c ---- */
void preflight_nodes(struct preflight *p);
void preflight_lcores(struct preflight *p);
void preflight_clock(struct preflight *p);
void preflight_scheduler(struct preflight *p);

/** The node of a processor; -1: there is none, or no such processor. */
int preflight_cpu_node(const struct preflight *p, unsigned int cpu);

/** Distance of two nodes as ACPI tells it, 10 within one; 0: unknown. */
int preflight_distance(const struct preflight *p, int a, int b);

/** "0-3,8" of a node. */
void preflight_node_cpus(const struct preflight *p, int node, char *out, size_t size);
