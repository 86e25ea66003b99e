/* SPDX-License-Identifier: BSD-3-Clause */
/* Each configured port: its device, the driver that has it, its node and its worker's. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "callplane/preflight_priv.h"

/* What is found out of one port, before it becomes a check. */
struct port_state {
	const struct config_port *port;
	enum preflight_verdict verdict;
	char text[SYSFS_TEXT];
	char mend[SYSFS_TEXT];
};

static bool
is_pci(const struct config_port *port)
{
	return !port->is_vdev && !port->is_wire;
}

static bool
driver_of(const struct preflight *p, const char *device, char *out, size_t size)
{
	return sysfs_link(p->root, out, size, PREFLIGHT_PCI_DIR "/devices/%s/driver", device);
}

bool
preflight_has_vfio_port(const struct preflight *p)
{
	char driver[64];
	unsigned int i;

	for (i = 0; p->config != NULL && i < p->config->n_ports; i++)
		if (is_pci(&p->config->ports[i]) &&
			driver_of(p, p->config->ports[i].device, driver, sizeof(driver)) &&
			strcmp(driver, "vfio-pci") == 0)
			return true;
	return false;
}

static int
device_node(const struct preflight *p, const char *device)
{
	return (int)sysfs_number(p->root, -1, PREFLIGHT_PCI_DIR "/devices/%s/numa_node", device);
}

static bool
is_worker(const struct config_port *port, unsigned int worker)
{
	return (port->workers >> worker & 1) != 0;
}

static int
first_worker_node(const struct preflight *p, const struct config_port *port)
{
	unsigned int i;

	for (i = 0; i < p->config->n_workers; i++)
		if (is_worker(port, i))
			return preflight_cpu_node(p, p->config->workers[i].lcore);
	return -1;
}

int
preflight_port_node(const struct preflight *p, const struct config_port *port)
{
	int node = is_pci(port) ? device_node(p, port->device) : -1;

	return node >= 0 ? node : first_worker_node(p, port);
}

static void __attribute__((format(printf, 4, 5)))
found(struct port_state *s, enum preflight_verdict verdict, const char *mend, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(s->text, sizeof(s->text), fmt, ap);
	va_end(ap);
	s->verdict = verdict;
	snprintf(s->mend, sizeof(s->mend), "%s", mend != NULL ? mend : "");
}

/* ---- PCI ---- */

/* The process gets a group only when nobody else has a device of it. */
static bool
other_of_group(const struct preflight *p, const char *device, char *out, size_t size)
{
	struct sysfs_names names;
	char driver[64];
	unsigned int i;

	sysfs_list(p->root, &names, PREFLIGHT_PCI_DIR "/devices/%s/iommu_group/devices", device);
	for (i = 0; i < names.n; i++) {
		if (!driver_of(p, names.name[i], driver, sizeof(driver)) ||
			strcmp(driver, "vfio-pci") == 0 || strcmp(driver, "pcieport") == 0 ||
			strcmp(driver, "pci-stub") == 0)
			continue;
		snprintf(out, size, "%s (%s)", names.name[i], driver);
		return true;
	}
	return false;
}

static void
check_vfio(const struct preflight *p, struct port_state *s)
{
	const char *device = s->port->device;
	char other[128], noiommu[8];

	if (sysfs_exists(p->root, PREFLIGHT_PCI_DIR "/devices/%s/iommu_group", device)) {
		found(s, PREFLIGHT_OK, NULL, "%s, vfio-pci", device);
		if (other_of_group(p, device, other, sizeof(other)))
			found(s, PREFLIGHT_WRONG,
				"bind that one to vfio-pci too, or put the card into another slot",
				"%s, vfio-pci, shares its IOMMU group with %s", device, other);
		return;
	}
	sysfs_text(p->root, noiommu, sizeof(noiommu),
		"/sys/module/vfio/parameters/enable_unsafe_noiommu_mode");
	if (noiommu[0] == 'Y')
		found(s, PREFLIGHT_WARNING, "an IOMMU, see above",
			"%s, vfio-pci without IOMMU: it may reach all memory", device);
	else
		found(s, PREFLIGHT_WRONG,
			"an IOMMU, see above, or dpdk-devbind.py --bind=uio_pci_generic",
			"%s, vfio-pci, and there is no IOMMU", device);
}

static void
check_kernel_driver(const struct preflight *p, struct port_state *s, const char *driver)
{
	const char *device = s->port->device;
	struct sysfs_names interfaces;
	char state[16], bind[SYSFS_TEXT];

	snprintf(bind, sizeof(bind), "dpdk-devbind.py --bind=vfio-pci %.32s", device);
	sysfs_list(p->root, &interfaces, PREFLIGHT_PCI_DIR "/devices/%s/net", device);
	if (interfaces.n == 0) {
		found(s, PREFLIGHT_WRONG, bind, "%s, bound to %s", device, driver);
		return;
	}
	sysfs_text(
		p->root, state, sizeof(state), "/sys/class/net/%s/operstate", interfaces.name[0]);
	found(s, PREFLIGHT_WRONG, bind, "%s, bound to %s: interface %s of the kernel's, %s", device,
		driver, interfaces.name[0], state);
}

static void
check_pci(const struct preflight *p, struct port_state *s)
{
	const char *device = s->port->device;
	char class[16], driver[64], bind[SYSFS_TEXT];

	if (!sysfs_exists(p->root, PREFLIGHT_PCI_DIR "/devices/%s", device)) {
		found(s, PREFLIGHT_WRONG, "give one that dpdk-devbind.py --status lists",
			"%s: there is no such device", device);
		return;
	}
	if (sysfs_text(
		    p->root, class, sizeof(class), PREFLIGHT_PCI_DIR "/devices/%s/class", device) &&
		strncmp(class, "0x02", 4) != 0) {
		found(s, PREFLIGHT_WRONG, "give one that dpdk-devbind.py --status lists",
			"%s is no network device, but of class %s", device, class);
		return;
	}
	snprintf(bind, sizeof(bind), "dpdk-devbind.py --bind=vfio-pci %.32s", device);
	if (!driver_of(p, device, driver, sizeof(driver)))
		found(s, PREFLIGHT_WRONG, bind, "%s, bound to no driver", device);
	else if (strcmp(driver, "vfio-pci") == 0)
		check_vfio(p, s);
	else if (strcmp(driver, "uio_pci_generic") == 0 || strcmp(driver, "igb_uio") == 0 ||
		 strncmp(driver, "mlx", 3) == 0) /* shared with the kernel */
		found(s, PREFLIGHT_OK, NULL, "%s, %s", device, driver);
	else
		check_kernel_driver(p, s, driver);
}

static void
suggest_near(const struct preflight *p, struct port_state *s, int node)
{
	cpu_set_t near;
	char cpus[96];

	preflight_node_cpus(p, node, cpus, sizeof(cpus));
	sysfs_cpus(cpus, &near);
	CPU_CLR(p->config->control_lcore, &near);
	sysfs_print_cpus(&near, cpus, sizeof(cpus));
	s->verdict = PREFLIGHT_WARNING;
	snprintf(s->mend, sizeof(s->mend), "give it a worker on an lcore of node %d: %s", node,
		cpus);
}

/* Each frame that a worker takes from a port far from it crosses from node to node. */
static void
add_worker(const struct preflight *p, struct port_state *s, int node, unsigned int lcore)
{
	int worker = preflight_cpu_node(p, lcore);
	size_t at = strlen(s->text);

	if (worker < 0)
		return;
	if (node == worker) {
		snprintf(s->text + at, sizeof(s->text) - at, ", as its worker's lcore %u", lcore);
		return;
	}
	snprintf(s->text + at, sizeof(s->text) - at,
		", but its worker's lcore %u is on node %d, at distance %d (%d within a node)",
		lcore, worker, preflight_distance(p, node, worker),
		preflight_distance(p, node, node));
	if (s->verdict == PREFLIGHT_OK) /* else what stops it is mended first */
		suggest_near(p, s, node);
}

static void
add_nodes(const struct preflight *p, struct port_state *s)
{
	int node = device_node(p, s->port->device);
	size_t at = strlen(s->text);
	unsigned int i;

	if (node < 0)
		return;
	snprintf(s->text + at, sizeof(s->text) - at, "; on node %d", node);
	for (i = 0; i < p->config->n_workers; i++)
		if (is_worker(s->port, i))
			add_worker(p, s, node, p->config->workers[i].lcore);
}

/* ---- vdevs ---- */

static bool
is_driver_of(const char *driver, const char *device)
{
	size_t n = strlen(driver);

	/* Behind the driver's name a vdev has a name of its own, mostly a number. */
	return strncmp(device, driver, n) == 0 &&
	       strspn(device + n, "0123456789") == strcspn(device + n, ",");
}

static void
check_interface(const struct preflight *p, struct port_state *s)
{
	const char *argument = strstr(s->port->device, ",iface=");
	char name[32];

	if (argument == NULL || strncmp(s->port->device, "net_af_", 7) != 0)
		return;
	argument += strlen(",iface=");
	snprintf(name, sizeof(name), "%.*s", (int)strcspn(argument, ","), argument);
	if (!sysfs_exists(p->root, "/sys/class/net/%s", name))
		found(s, PREFLIGHT_WRONG, "name an interface that ip link lists",
			"%s: there is no interface %s", s->port->device, name);
}

static void
check_vdev(const struct preflight *p, struct port_state *s)
{
	static const char *const drivers[] = { "net_af_packet", "net_af_xdp", "net_bonding",
		"net_failsafe", "net_memif", "net_null", "net_pcap", "net_ring", "net_softnic",
		"net_tap", "net_tun", "net_vdev_netvsc", "net_vhost", "net_virtio_user" };
	const size_t n = sizeof(drivers) / sizeof(drivers[0]);
	const char *device = s->port->device;
	size_t i;

	for (i = 0; i < n && !is_driver_of(drivers[i], device); i++)
		;
	if (i < n) {
		found(s, PREFLIGHT_OK, NULL, "%s", device);
		check_interface(p, s);
	} else {
		found(s, PREFLIGHT_WRONG,
			"one of net_memif, net_af_packet, net_af_xdp, net_tap, net_vhost, "
			"net_virtio_user, net_pcap, net_null, net_ring and a number",
			"%.200s: no driver of that name", device);
	}
}

void
preflight_ports(struct preflight *p)
{
	struct port_state s;
	char subject[48];
	unsigned int i;

	for (i = 0; p->config != NULL && i < p->config->n_ports; i++) {
		s = (struct port_state){ .port = &p->config->ports[i] };
		if (s.port->is_wire) {
			found(&s, PREFLIGHT_OK, NULL, "%s, inside the appliance", s.port->device);
		} else if (s.port->is_vdev) {
			check_vdev(p, &s);
		} else {
			check_pci(p, &s);
			add_nodes(p, &s);
		}
		snprintf(subject, sizeof(subject), "port %s", s.port->name);
		preflight_add(p, s.verdict, subject, s.mend, "%s", s.text);
	}
}
