/* SPDX-License-Identifier: BSD-3-Clause */
/* What the machine has for devices in the hands of a process: an IOMMU, and drivers that let go. */
#include <string.h>

#include "callplane/preflight_priv.h"

/* What is missing for cards is nothing to a configuration that has none. */
static enum preflight_verdict
if_needed(const struct preflight *p)
{
	unsigned int i;

	if (p->config == NULL)
		return PREFLIGHT_WARNING;
	for (i = 0; i < p->config->n_ports; i++)
		if (!p->config->ports[i].is_vdev && !p->config->ports[i].is_wire)
			return PREFLIGHT_WARNING;
	return PREFLIGHT_OK;
}

void
preflight_iommu(struct preflight *p)
{
	static const char off[] = "present in firmware, and off";
	enum preflight_verdict verdict = if_needed(p);
	struct sysfs_names groups, units;

	sysfs_list(p->root, &groups, "/sys/kernel/iommu_groups");
	sysfs_list(p->root, &units, "/sys/class/iommu");
	if (groups.n != 0)
		preflight_add(p, PREFLIGHT_OK, "IOMMU", NULL, "on: %s%s, %u%s groups",
			units.n != 0 ? units.name[0] : "a unit without a name",
			units.n > 1 ? " and more" : "", groups.n,
			groups.n == SYSFS_MAX_NAMES ? " or more" : "");
	else if (sysfs_exists(p->root, "/sys/firmware/acpi/tables/DMAR"))
		preflight_add(p, verdict, "IOMMU",
			"intel_iommu=on iommu=pt on the kernel's command line, and reboot", off);
	else if (sysfs_exists(p->root, "/sys/firmware/acpi/tables/IVRS"))
		preflight_add(p, verdict, "IOMMU",
			"amd_iommu=on iommu=pt on the kernel's command line, and reboot", off);
	else
		preflight_add(p, verdict, "IOMMU",
			"VT-d or AMD-Vi on in the firmware; without one, uio_pci_generic",
			"none: vfio-pci has nothing to keep a device in its bounds");
}

/* "vfio-pci: 0000:00:04.0 0000:00:05.0" */
static bool
print_bound(const struct preflight *p, const char *driver, char *out, size_t size)
{
	struct sysfs_names names;
	unsigned int i, n = 0;
	size_t at;

	if (!sysfs_exists(p->root, PREFLIGHT_PCI_DIR "/drivers/%s", driver))
		return false;
	sysfs_list(p->root, &names, PREFLIGHT_PCI_DIR "/drivers/%s", driver);
	at = (size_t)snprintf(out, size, "%s:", driver);
	for (i = 0; i < names.n && at < size; i++)
		if (strchr(names.name[i], ':') != NULL) {
			at += (size_t)snprintf(out + at, size - at, " %s", names.name[i]);
			n++;
		}
	if (n == 0)
		snprintf(out, size, "%s: no device", driver);
	return true;
}

void
preflight_drivers(struct preflight *p)
{
	static const char *const drivers[] = { "vfio-pci", "uio_pci_generic", "igb_uio" };
	char bound[128];
	bool is_any = false;
	size_t i;

	for (i = 0; i < sizeof(drivers) / sizeof(drivers[0]); i++) {
		if (!print_bound(p, drivers[i], bound, sizeof(bound)))
			continue;
		preflight_add(p, PREFLIGHT_OK, "driver", NULL, "%s", bound);
		is_any = true;
	}
	if (!is_any)
		preflight_add(p, if_needed(p), "driver", "modprobe vfio-pci",
			"neither vfio-pci nor uio_pci_generic is loaded");
}
