# SPDX-License-Identifier: BSD-3-Clause
"""What the tests with emulated NICs share: an appliance that runs in a guest, spoken to as those of
the functional tests are (lab.py), and frames from the host into its NICs."""

import json
import pathlib
import shlex
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "functional"))
import guest as machine  # noqa: E402
import lab  # noqa: E402
from guest import Guest, Nic, Wire  # noqa: E402,F401

DEADLINE_S = lab.DEADLINE_S = 900  # of anything that waits for a guest
SOCKET = "callplane.sock"
# A guest may stand still for a long time, which must not look like a peer that is gone.
PATIENT = {"no-response": 600000, "t303": 600000, "t308": 600000, "t309": 3600000, "t310": 600000,
           "t313": 600000, "t316": 3600000, "t317": 3000000, "t322": 600000}


def ready():
    """Fails with the mend, as a case, where no guest can run."""
    @lab.case("this machine can run a guest")
    def _():
        machine.require()


class GuestAppliance(lab.Appliance):
    """An appliance on the NICs of a guest, its port n being NIC n, by the name @p nics gives it."""

    def __init__(self, name, nics, settings, spare=(), **machine_options):
        """
        @p nics: {name of the port: Nic}. @p settings: what of the configuration is not the same
        for all: trunks, attachments, routes, ports (more keys of a port), and so on.
        @p spare: NICs that it leaves alone, see another().
        """
        lab.Appliance.__init__(self, name, "", start=False)
        self.nics = list(nics)
        folder = lab.directory() / name
        folder.mkdir()
        self.guest = Guest(folder, [*nics.values(), *spare], **machine_options)
        self.guest.tree.add(lab.CALLPLANE)
        self.guest.tree.add(lab.CALLCTL)
        self.guest.tree.write("callplane.yaml", json.dumps(self._config(nics, settings), indent=1))
        lab.Appliance.living.append(self)
        self.guest.start("./callplane -c callplane.yaml")
        lab.until(f"{name} answers", self._answers, DEADLINE_S)

    def _config(self, nics, settings):
        more = settings.get("ports", {})
        ports = {port: {"device": address, **more.get(port, {})}
                 for port, address in zip(nics, self.guest.addresses)}
        return {
            "control": {"lcore": 0, "idle": "sleep", "socket": SOCKET},
            "limits": {"calls": 4096},
            "workers": [{"lcore": 1, "ports": list(nics)}],
            **settings,
            "ports": ports,
            "trunks": {trunk: {"timers": PATIENT, **of_trunk}
                       for trunk, of_trunk in settings["trunks"].items()},
        }

    def _answers(self):
        if not self.guest.is_running():
            raise AssertionError(f"{self.name} ended\n{self.guest.trouble()}")
        try:
            return self.status()["state"] == "running"
        except lab.Refused:
            return False

    def ctl(self, *args):
        """Rows of callctl --json in the guest; Refused when it does not exit 0."""
        status, said = self.guest.sh("./callctl", "--socket", SOCKET, "--json", *args)
        if status != 0:
            raise lab.Refused(status, said)
        return [json.loads(line) for line in said.splitlines()]

    def another(self, config):
        """(exit status, what it said) of a second appliance in the guest that ends by itself."""
        text = json.dumps(config)
        status, _ = self.guest.request("sh", f"echo {shlex.quote(text)} >another.yaml")
        lab.same(status, 0, "the configuration is written")
        return self.guest.sh("./callplane", "-c", "another.yaml")

    def spare_address(self, n):
        return self.guest.addresses[len(self.nics) + n]

    def wire(self, port):
        return Wire(self.guest, self.nics.index(port))

    def link(self, port, up):
        self.guest.link(self.nics.index(port), up)

    def log_text(self):
        return self.guest.text("output")

    def log_tail(self):
        return self.guest.trouble()

    def ended(self, seconds=None):
        status = self.guest.ended()
        lab.Appliance.living.remove(self)
        return status

    def stop(self):
        lab.same(self.guest.stop(), 0, f"exit status of {self.name}")
        lab.Appliance.living.remove(self)

    def kill(self):
        self.guest.kill()
        lab.Appliance.living.remove(self)
