# SPDX-License-Identifier: BSD-3-Clause
"""A small Linux guest with emulated PCI NICs, which a program in it drives through DPDK's own
poll-mode drivers: PCI probe, descriptor rings, DMA through an IOMMU, link state, NUMA nodes.

Everything is emulated in software (no KVM): it shows what is right or wrong, never how fast. The
host's cores are shared by all CPUs of the guest, and pollers never sleep, so every wait here has a
condition, and a limit far beyond what a loaded machine needs.
"""

import ctypes
import json
import os
import pathlib
import re
import select
import shlex
import shutil
import signal
import socket
import subprocess
import time

HERE = pathlib.Path(__file__).resolve().parent
BUILD = pathlib.Path(os.environ.get("CALLPLANE_BUILD", HERE.parent.parent / "build"))
CACHE = pathlib.Path(os.environ.get("CALLPLANE_GUEST_CACHE", BUILD / "guest"))
QEMU = "qemu-system-x86_64"
BOOT_S = 900
REQUEST_S = 600
END_S = 600
FRAME = 1 << 17
STRAY_READ = re.compile(r"\[DMA Read .*fault addr 0x0 ")

VFIO, UIO = "vfio-pci", "uio_pci_generic"

# DPDK loads its drivers from a directory at run time: those that a guest can have a use for.
DRIVERS = ("bus_pci", "bus_vdev", "mempool_ring", "net_e1000", "net_vmxnet3", "net_virtio",
           "net_ring", "net_null", "net_pcap", "net_memif", "net_af_packet")

# init_on_alloc=0, and a CPU without erms: an emulated CPU clears memory slowly, and by the octet
# with erms. (fsrm goes with it: Linux does not boot on a CPU that has fsrm alone.)
CPU = "max,-erms,-fsrm"
# tsc=reliable: the CPUs share the host's counter, which the guest cannot find out by itself.
# no_timer_check: a busy host is late with the timer's interrupts, which Linux would take for a
# broken board.
KERNEL_LINE = ("console=ttyS0 quiet panic=-1 tsc=reliable mitigations=off init_on_alloc=0 "
               "nowatchdog rcupdate.rcu_cpu_stall_suppress=1 no_timer_check")


class Cannot(Exception):
    """This machine cannot run a guest; says what mends it."""


def require():
    """Cannot, when something is missing here."""
    packages = {QEMU: "qemu-system-x86", "cpio": "cpio", "depmod": "kmod"}
    path = os.environ.get("PATH", "") + ":/usr/sbin:/sbin"
    missing = [p for command, p in packages.items() if shutil.which(command, path=path) is None]
    if missing:
        raise Cannot(f"no {', '.join(missing)}; mend: apt-get install {' '.join(missing)}")
    made = subprocess.run([str(HERE / "image.sh"), str(CACHE)], stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True)
    if made.returncode != 0:
        raise Cannot(made.stdout.strip())


# ---- What goes along ----

def _libraries(path):
    done = subprocess.run(["ldd", str(path)], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          text=True)
    missing = re.findall(r"(\S+) => not found", done.stdout)
    if missing:
        raise Cannot(f"{path} needs {' '.join(missing)}; mend: build it on this machine")
    return set(re.findall(r"(?:=> |^\s+)(/\S+) \(", done.stdout, re.MULTILINE))


def _plugins(libraries):
    """DPDK's drivers, when the EAL is among @p libraries: it names their directory itself."""
    eal = next((path for path in libraries if "/librte_eal.so" in path), None)
    if eal is None:
        return []
    named = re.search(rb"/[\w./+-]*/dpdk/pmds-[0-9.]+", pathlib.Path(eal).read_bytes())
    folder = pathlib.Path(named.group().decode())
    return [sorted(folder.glob(f"librte_{name}.so.*"))[-1] for name in DRIVERS]


class Tree:
    """The files that a guest has beside its image."""

    def __init__(self, root):
        self.root = root
        self._libraries = set()

    def write(self, path, text):
        """@p path: below /guest, where the program runs."""
        target = self.root / "guest" / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text)
        target.chmod(0o755)

    def add(self, path):
        """An executable, as /guest/NAME, with the libraries that it needs."""
        target = self.root / "guest" / pathlib.Path(path).name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(path, target)
        self._libraries |= _libraries(path)

    def pack(self, archive):
        plugins = _plugins(self._libraries)
        for path in plugins:
            self._libraries |= {str(path)} | _libraries(path)
        for path in self._libraries:
            self._copy(pathlib.Path(path))
        folders = sorted({str(pathlib.Path(path).parent) for path in self._libraries})
        (self.root / "etc").mkdir(parents=True, exist_ok=True)
        (self.root / "etc" / "ld.so.conf").write_text("\n".join(folders) + "\n")
        subprocess.run(["/sbin/ldconfig", "-X", "-r", str(self.root)], check=True)
        # The kernel unpacks archives that follow each other.
        shutil.copy(CACHE / "base.cpio", archive)
        with open(archive, "ab") as out:
            listed = subprocess.run(["find", ".", "-mindepth", "1"], cwd=self.root, check=True,
                                    stdout=subprocess.PIPE)
            subprocess.run(["cpio", "-o", "-H", "newc", "-R", "0:0", "--quiet"], cwd=self.root,
                           input=listed.stdout, stdout=out, check=True)

    def _copy(self, path):
        """One copy, with a link to it as here: what is also a plugin must not be loaded twice."""
        real = path.resolve()
        for target in (real, path):
            here = self.root / target.relative_to("/")
            if here.exists() or here.is_symlink():
                continue
            here.parent.mkdir(parents=True, exist_ok=True)
            if target == real:
                shutil.copy(real, here)
            else:
                here.symlink_to(real)


# ---- NICs ----

class Nic:
    """
    @p model: e1000e, e1000, vmxnet3, virtio-net-pci, or any other of QEMU's.
    @p cable: NICs with the same name are joined in the guest; None: the host has the other end,
    see Wire. @p node: the NUMA node that it sits on. @p properties: QEMU's.
    """

    def __init__(self, model, cable=None, node=0, **properties):
        self.model = model
        self.cable = cable
        self.node = node
        self.properties = properties


class Wire:
    """The host's end of a NIC without a cable: whole Ethernet frames, no checksum."""

    def __init__(self, guest, nic):
        self._path = guest.directory / f"nic{nic}"
        self._peer = f"{self._path}.guest"
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4 << 20)
        self._path.unlink(missing_ok=True)
        self._socket.bind(str(self._path))

    def close(self):
        self._socket.close()
        self._path.unlink(missing_ok=True)

    def fileno(self):
        return self._socket.fileno()

    def send(self, frame):
        """Waits while the NIC cannot take it: on the way to it nothing is lost."""
        self._socket.sendto(bytes(frame), self._peer)

    def try_send(self, frame):
        """False instead of waiting."""
        try:
            self._socket.sendto(bytes(frame), socket.MSG_DONTWAIT, self._peer)
        except BlockingIOError:
            return False
        return True

    def receive(self, seconds):
        """The next frame that the NIC has sent, or None."""
        if not select.select([self._socket], [], [], seconds)[0]:
            return None
        return self._socket.recv(FRAME)

    def waiting(self):
        """All frames that are there now."""
        frames = []
        while (frame := self.receive(0)) is not None:
            frames.append(frame)
        return frames


# ---- The machine ----

def _die_with_parent():
    ctypes.CDLL(None).prctl(1, signal.SIGKILL)


class Guest:
    """@p directory: its own, of a path short enough for sockets."""

    living = []

    def __init__(self, directory, nics, driver=VFIO, cpus=2, mem_mb=1024, nodes=1, hugepages=None):
        """@p hugepages: of 2 MiB, on each node; None: half of the memory."""
        self.directory = pathlib.Path(directory)
        self.nics = nics
        self.driver = driver
        self.cpus = cpus
        self.mem_mb = mem_mb
        self.nodes = nodes
        self.hugepages = hugepages or mem_mb // 4 // nodes
        self.tree = Tree(self.directory / "tree")
        self.addresses = []
        self._devices = []
        self._process = None
        self._plug()

    # Each NIC sits behind a root port of its own, as on a mainboard. The firmware numbers the buses
    # behind the ports of a root bus in their order, so that addresses are known here. The root bus
    # is pcie.0, or, with several nodes, one of each node's own, from number 64 on.
    def _plug(self):
        ports = [0] * self.nodes
        for i, nic in enumerate(self.nics):
            root, first = ("pcie.0", 1) if self.nodes == 1 else (f"node{nic.node}", 65 + 32 * nic.node)
            n = ports[nic.node]
            ports[nic.node] += 1
            self.addresses.append(f"0000:{first + n:02x}:00.0")
            properties = {"mac": f"02:00:00:00:01:{i:02x}", **nic.properties}
            if nic.model.startswith("virtio") and self.driver == VFIO:
                properties.update({"iommu_platform": "on", "disable-legacy": "on"})
            words = "".join(f",{key}={value}" for key, value in properties.items())
            self._devices += [
                "-device", f"pcie-root-port,id=port{i},bus={root},addr={3 + n:x},chassis={i + 1}",
                "-netdev", self._other_end(i, nic),
                "-device", f"{nic.model},id=nicdev{i},netdev=nic{i},bus=port{i},romfile={words}"]

    def _other_end(self, i, nic):
        if nic.cable is not None:
            cables = sorted({n.cable for n in self.nics if n.cable is not None})
            return f"hubport,id=nic{i},hubid={cables.index(nic.cable)}"
        here = self.directory / f"nic{i}"
        return (f"dgram,id=nic{i},local.type=unix,local.path={here}.guest,"
                f"remote.type=unix,remote.path={here}")

    def _numa(self):
        words, cpus = [], self.cpus // self.nodes
        for n in range(self.nodes if self.nodes > 1 else 0):
            words += [
                "-object", f"memory-backend-ram,id=ram{n},size={self.mem_mb // self.nodes}M",
                "-numa", f"node,nodeid={n},cpus={n * cpus}-{n * cpus + cpus - 1},memdev=ram{n}",
                "-device", f"pxb-pcie,id=node{n},bus=pcie.0,bus_nr={64 + 32 * n},numa_node={n},"
                           f"addr={18 + n:x}"]
            for m in range(n):
                words += ["-numa", f"dist,src={m},dst={n},val=21"]
        return words

    def _command(self):
        iommu = self.driver == VFIO
        at = self.directory
        return [
            QEMU, "-name", "callplane", "-nodefaults", "-no-user-config", "-display", "none",
            "-no-reboot", "-machine", "q35", "-accel", "tcg,thread=multi", "-cpu", CPU,
            "-smp", f"{self.cpus},sockets={self.nodes},cores={self.cpus // self.nodes},threads=1",
            "-m", str(self.mem_mb), "-kernel", str(CACHE / "vmlinuz"), "-initrd", str(at / "initrd"),
            "-append", KERNEL_LINE + (" intel_iommu=on" if iommu else ""),
            *(["-device", "intel-iommu,intremap=on,aw-bits=48"] if iommu else []), *self._numa(),
            "-chardev", f"file,id=console,path={at}/console", "-serial", "chardev:console",
            "-device", "virtio-serial-pci,bus=pcie.0,addr=1,max_ports=4",
            "-chardev", f"file,id=output,path={at}/output", "-device", "virtconsole,chardev=output",
            "-chardev", f"file,id=dmesg,path={at}/dmesg", "-device", "virtconsole,chardev=dmesg",
            "-chardev", f"socket,id=control,path={at}/control,server=on,wait=off",
            "-device", "virtserialport,chardev=control,name=control",
            "-qmp", f"unix:{at}/qmp,server=on,wait=off", *self._devices]

    def start(self, command):
        """@p command: what the shell of the guest runs in /guest. Returns when it was begun."""
        self.tree.write("config", f"nics='{' '.join(self.addresses)}'\ndriver={self.driver}\n"
                                  f"hugepages={self.hugepages}\n")
        self.tree.write("command", f"exec {command}\n")
        self.tree.pack(self.directory / "initrd")
        shutil.rmtree(self.tree.root)
        with open(self.directory / "qemu.log", "wb") as log:
            self._process = subprocess.Popen(self._command(), stdin=subprocess.DEVNULL, stdout=log,
                                             stderr=log, preexec_fn=_die_with_parent)
        Guest.living.append(self)
        end = time.monotonic() + BOOT_S
        while "starting the program" not in self.text("console"):
            if self._process.poll() is not None or time.monotonic() > end:
                raise AssertionError(f"the guest did not start its program\n{self.trouble()}")
            time.sleep(0.05)

    # ---- While it runs ----

    def text(self, name):
        """Of "output" (the program's), "console", "dmesg" (at the end), "qemu.log"."""
        path = self.directory / name
        return path.read_text(errors="replace").replace("\r", "") if path.exists() else ""

    def trouble(self):
        """The ends of what was said, for whoever reports a failure."""
        return "\n".join(f"{name}: {line}" for name in ("qemu.log", "console", "output")
                         for line in self.text(name).splitlines()[-20:])

    def is_running(self):
        return self._process is not None and self._process.poll() is None

    def request(self, verb, text):
        """(status, output) of "sh" COMMAND in /guest, or of "signal" NAME for the program."""
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as s:
            s.settimeout(REQUEST_S)
            s.connect(str(self.directory / "control"))
            s.sendall(f"{verb} {text}\n".encode())
            answer = b""
            while True:
                head, mark, tail = answer.rpartition(b"guest-status: ")
                if mark and tail.endswith(b"\n"):
                    return int(tail), head.decode(errors="replace")
                got = s.recv(1 << 16)
                if not got:
                    raise ConnectionError("the guest went away")
                answer += got

    def sh(self, *words):
        """(status, output) of a command, each word as it is."""
        return self.request("sh", shlex.join(map(str, words)))

    def _qmp(self, command, **arguments):
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as s:
            s.connect(str(self.directory / "qmp"))
            stream = s.makefile("rw")
            json.loads(stream.readline())
            for request in ({"execute": "qmp_capabilities"},
                            {"execute": command, "arguments": arguments}):
                stream.write(json.dumps(request) + "\n")
                stream.flush()
                answer = {}
                while "return" not in answer and "error" not in answer:
                    answer = json.loads(stream.readline())
            if "error" in answer:
                raise RuntimeError(answer["error"]["desc"])
            return answer["return"]

    def link(self, nic, up):
        """Plug the cable of a NIC in, or pull it; its other end does not notice."""
        self._qmp("set_link", name=f"nicdev{nic}", up=up)

    def stray_dma(self):
        """Faults that the IOMMU saw, but for what an emulated vmxnet3 does as it starts: it reads
        address 0."""
        said = self.text("dmesg") or self.sh("dmesg")[1]
        return [line for line in said.splitlines() if "DMAR: [" in line
                and not (STRAY_READ.search(line) and self._model_at(line) == "vmxnet3")]

    def _model_at(self, line):
        found = re.search(r"device \[([0-9a-f:.]+)\]", line)
        at = f"0000:{found.group(1)}" if found else None
        return self.nics[self.addresses.index(at)].model if at in self.addresses else None

    # ---- The end ----

    def ended(self):
        """The program's exit status; 128 + N when signal N ended it."""
        self._process.wait(timeout=END_S)
        if self in Guest.living:
            Guest.living.remove(self)
        found = re.findall(r"^guest-status: (\d+)$", self.text("output"), re.MULTILINE)
        if not found:
            raise AssertionError(f"the guest ended without a status\n{self.trouble()}")
        return int(found[-1])

    def stop(self):
        """SIGTERM for the program; its exit status."""
        self.request("signal", "TERM")
        return self.ended()

    def kill(self):
        if self.is_running():
            self._process.kill()
            self._process.wait()
        if self in Guest.living:
            Guest.living.remove(self)
