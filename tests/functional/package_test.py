#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""The Debian packages: built, installed, started, removed and purged, on a copy of this machine.

The copy is an overlay over the root file system, in a mount namespace of its own: dpkg does on it
all that it does anywhere, and the machine itself has none of it.
"""

import ctypes
import json
import os
import pathlib
import re
import shutil
import signal
import stat
import subprocess

import lab
from lab import case, holds, same, until

lab.isolate()

CLONE_NEWNS = 0x00020000
EXAMPLES = "/usr/share/doc/callplane/examples"
BUILD_S = 900
ENVIRONMENT = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "DEBIAN_FRONTEND": "noninteractive",
               "LC_ALL": "C.UTF-8"}


def run(*command, seconds=lab.DEADLINE_S, status=0, **more):
    done = subprocess.run([str(c) for c in command], stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True, timeout=seconds, **more)
    same(done.returncode, status, f"{command}: {done.stdout}")
    return done.stdout


class Copy:
    """The machine's root file system; what is changed in it is kept in memory, and then gone."""

    def __init__(self):
        if lab._libc.unshare(CLONE_NEWNS) != 0:
            raise OSError(ctypes.get_errno(), "no mount namespace; mend: run as root")
        place = lab.directory() / "copy"
        place.mkdir()
        run("mount", "--make-rprivate", "/")
        run("mount", "-t", "tmpfs", "callplane-test", place)
        self.root, self.changed = place / "root", place / "changed"
        for folder in (self.root, self.changed, place / "work"):
            folder.mkdir()
        run("mount", "-t", "overlay", "callplane-test", "-o",
            f"lowerdir=/,upperdir={self.changed},workdir={place / 'work'}", self.root)
        for folder in ("dev", "proc", "sys"):
            run("mount", "--rbind", f"/{folder}", self.root / folder)
        for folder in ("tmp", "run"):
            run("mount", "-t", "tmpfs", "callplane-test", self.root / folder)

    def run(self, *command, **more):
        return run("chroot", self.root, *command, seconds=5 * lab.DEADLINE_S, env=ENVIRONMENT, **more)

    def popen(self, *command, **environment):
        return subprocess.Popen(["chroot", str(self.root), *command], stdin=subprocess.DEVNULL,
                                stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                                env=dict(ENVIRONMENT, **environment),
                                preexec_fn=lab._die_with_parent)

    def path(self, absolute):
        return self.root / absolute.lstrip("/")

    def left(self, *words):
        """What has been made here, is still there, and has one of these words in its name. Pages
        that man has kept, as it has shown them, are man's."""
        found = []
        for folder, folders, files in os.walk(self.changed):
            if folder.endswith("/var/cache/man"):
                folders.clear()
            for name in folders + files:
                path = pathlib.Path(folder) / name
                was_removed = stat.S_ISCHR(path.lstat().st_mode)
                if any(word in name for word in words) and not was_removed:
                    found.append("/" + str(path.relative_to(self.changed)))
        for place in ("run", "tmp"):
            found += [str(path) for path in (self.root / place).rglob("*")
                      if any(word in path.name for word in words)]
        return sorted(found)


DEBS = lab.directory() / "deb"
_copy = None


def installed(name):
    """A case about the copy that the packages are installed in."""
    def register(fn):
        def on_copy():
            if _copy is None:
                raise lab.Skip("there is nothing installed")
            fn(_copy)
        return case(name)(on_copy)
    return register


@case("the packages want of the build what app/setup.sh installs for it")
def _():
    setup = (lab.SOURCE / "app" / "setup.sh").read_text()
    installed_for_it = re.search(r"^build_packages=\(([^)]*)\)", setup, re.MULTILINE).group(1).split()
    control = (lab.SOURCE / "app" / "debian" / "control").read_text()
    wanted = re.search(r"^Build-Depends:((?:.*\n)(?: .*\n)*)", control, re.MULTILINE).group(1)
    missing = set(installed_for_it) - {"build-essential"} - set(re.split(r"[\s,:()]+", wanted))
    same(missing, set(), "packages that app/debian/control does not name in Build-Depends")


@case("app/debian/build makes both packages, of the version that the build has")
def _():
    if lab.build_option("sanitize"):
        raise lab.Skip("the packages are the same, whatever is built here")
    if shutil.which("dh") is None:
        raise lab.Skip("no debhelper; mend: apt install debhelper")
    run(lab.SOURCE / "app" / "debian" / "build", DEBS, seconds=BUILD_S)
    version = run(lab.CALLPLANE, "--version").split()[1]
    same(sorted(path.name.split("_")[:2] for path in DEBS.glob("*.deb") if "dbgsym" not in path.name),
         [["callplane", version], ["libcallplane-dev", version]], "packages")


@case("they install, with a user for the service, and nothing is started or enabled")
def _():
    global _copy
    if not any(DEBS.glob("*.deb")):
        raise lab.Skip("there are no packages")
    copy = Copy()
    shutil.copytree(DEBS, copy.path("/tmp/deb"))
    names = [f"/tmp/deb/{path.name}" for path in DEBS.glob("*.deb") if "dbgsym" not in path.name]
    copy.run("dpkg", "-i", *names)
    shutil.rmtree(copy.path("/tmp/deb"))
    same(copy.run("getent", "passwd", "callplane").split(":")[5:],
         ["/var/lib/callplane", "/usr/sbin/nologin\n"], "home and shell of the user")
    same(copy.run("stat", "-c", "%U:%G %a", "/var/lib/callplane", "/var/log/callplane").split("\n"),
         ["callplane:callplane 750"] * 2 + [""], "directories")
    same(copy.left("wants", "callplane.sock"), [], "units enabled, and what runs")
    holds(copy.path("/lib/systemd/system/callplane.service").exists(), "the unit is there")
    _copy = copy
    same(copy.run("callplane", "--check", "-c", "/etc/callplane/callplane.yaml"),
         "/etc/callplane/callplane.yaml: good\n", "--check")


@installed("what is installed starts as the unit says, carries calls, and drains")
def _(copy):
    unit = copy.path("/lib/systemd/system/callplane.service").read_text()
    command = next(line for line in unit.splitlines() if line.startswith("ExecStart=!"))
    # As systemd does by RuntimeDirectory=; DPDK's files are there, too, and go with it.
    copy.run("install", "-d", "-o", "callplane", "-g", "callplane", "/run/callplane")
    process = copy.popen(*command.removeprefix("ExecStart=!").split(),
                         RUNTIME_DIRECTORY="/run/callplane")
    callctl = lambda *words, **more: copy.run("callctl", *words, "--json", **more)

    def answers():
        if process.poll() is not None:
            raise AssertionError(f"it has ended: {process.stdout.read()}")
        return copy.path("/run/callplane/callplane.sock").exists() and \
            all(json.loads(t)["link"] == "established" and not json.loads(t)["restarting"]
                for t in callctl("trunks").splitlines())
    until("links are up", answers)
    job = json.loads(callctl("dial", "--from", "e164:4910000", "--to", "e164:4920000", "--count", "10"))
    same((job["done"], job["failed"]), (10, 0), "dial")
    same(copy.run("stat", "-c", "%U", "/run/callplane/callplane.sock"), "callplane\n", "whose")
    process.send_signal(signal.SIGTERM)
    output, _ = process.communicate(timeout=2 * lab.DEADLINE_S)
    same(process.returncode, 0, output)
    holds("running as callplane, without capabilities" in output, output)


SYSTEMD = "/lib/systemd/systemd"
# It is told what to do from inside, and says what came of it, "key: value" a line.
INSIDE = """\
show() { systemctl show --property "$1" --value callplane; }
await() { # PROPERTY VALUE KEY: some time, and what it is by then
	n=0
	until [ "$(show "$1")" = "$2" ] || [ $n -gt 600 ]; do sleep 0.1; n=$((n + 1)); done
	echo "$3: $(show "$1")"
}
systemctl start callplane; echo "start: $?"
pid=$(show MainPID)
echo "status: $(show StatusText)"
grep --extended-regexp '^(Uid|CapEff|NoNewPrivs|Seccomp):' /proc/$pid/status
callctl dial --from e164:4910000 --to e164:4920000 --count 10 >/dev/null; echo "dial: $?"
kill -STOP "$pid"
await NRestarts 1 restarts
await ActiveState active again
systemctl stop callplane; echo "stop: $? $(show Result) $(show ExecMainStatus)"
cp /etc/callplane/callplane.yaml /inside/kept
echo "nonsense: 1" >/etc/callplane/callplane.yaml
systemctl start callplane; echo "wrong: $?"
await ActiveState failed after
echo "code: $(show ExecMainStatus) $(show NRestarts)"
cp /inside/kept /etc/callplane/callplane.yaml
"""
INSIDE_UNIT = """\
[Unit]
DefaultDependencies=no
[Service]
Type=oneshot
ExecStart=/bin/sh /inside/script
StandardOutput=file:/inside/said
StandardError=null
ExecStopPost=/bin/systemctl --no-block exit
"""
BOOT = """\
mount -t proc proc "$1/proc" && mount -t cgroup2 cgroup2 "$1/sys/fs/cgroup" &&
exec chroot "$1" {systemd} --system --unit=inside.service --log-target=null --show-status=no
"""


def boot(copy):
    """What a systemd that runs nothing else has said of the unit; {} where none can run."""
    copy.path("/inside").mkdir()
    copy.path("/inside/script").write_text(INSIDE)
    copy.path("/etc/systemd/system/inside.service").write_text(INSIDE_UNIT)
    subprocess.run(["unshare", "--mount", "--pid", "--fork", "--kill-child", "--uts", "--ipc",
                    "--cgroup", "sh", "-c", BOOT.format(systemd=SYSTEMD), "boot", str(copy.root)],
                   stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                   env=dict(ENVIRONMENT, container="lxc"), timeout=5 * lab.DEADLINE_S)
    said = copy.path("/inside/said")
    lines = said.read_text().splitlines() if said.exists() else []
    return {key: value.strip() for key, value in (line.split(":", 1) for line in lines)}


@installed("under systemd: it is narrowed, and started anew when it hangs, not for a wrong "
           "configuration")
def _(copy):
    if not copy.path(SYSTEMD).exists():
        raise lab.Skip("no systemd; mend: apt install systemd")
    said = boot(copy)
    if not said:
        raise lab.Skip("no systemd can run here; the unit is verified by service_test")
    uid = copy.run("id", "-u", "callplane").strip()
    holds(said.pop("status").startswith("running: 1 workers, 4 ports, 2 trunks"), said)
    same(said.pop("Uid").split(), [uid] * 4, "user")
    same(said, {"start": "0", "CapEff": "0" * 16, "NoNewPrivs": "1", "Seccomp": "2", "dial": "0",
                "restarts": "1", "again": "active", "stop": "0 success 0", "wrong": "1",
                "after": "failed", "code": "78 0"}, "what became of it")


@installed("the man pages are found by their names")
def _(copy):
    for page in ("callplane.8", "callplane.yaml.5", "callctl.1"):
        name, section = page.rsplit(".", 1)
        text = copy.run("man", "--warnings", section, name)
        holds(name in text and "SEE ALSO" in text, f"{page}: {text[:200]}")


@installed("the example compiles against the installed headers with pkg-config, and makes its call")
def _(copy):
    copy.run("sh", "-c", f"cc -Wall -Werror {EXAMPLES}/client.c {EXAMPLES}/line.c "
             "$(pkg-config --cflags --libs callplane) -o /tmp/client")
    heard = copy.run("/tmp/client").splitlines()
    for line in ("made: SUCCESS", "received: hello", "closed: SUCCESS", "delete: SUCCESS"):
        holds(line in heard, f"{line}: {heard}")


@installed("every installed header compiles with the flags of its pkg-config file")
def _(copy):
    headers = sorted(path.relative_to(copy.path("/usr/include/callplane"))
                     for path in copy.path("/usr/include/callplane").rglob("*.h"))
    holds(len(headers) > 20, headers)
    text = "".join(f'#include "{header}"\n' for header in headers) + "int main(void) { return 0; }\n"
    copy.path("/tmp/all.c").write_text(text)
    copy.run("sh", "-c", "cc /tmp/all.c $(pkg-config --cflags --libs callplane-dpdk) -o /tmp/all")


@installed("removed, the configuration stays; an operator's changes with it")
def _(copy):
    path = copy.path("/etc/callplane/callplane.yaml")
    path.write_text(path.read_text() + "# mine\n")
    copy.run("dpkg", "--remove", "callplane", "libcallplane-dev")
    holds(path.read_text().endswith("# mine\n"), "the configuration")
    holds(not copy.path("/usr/sbin/callplane").exists(), "the program is gone")


@installed("purged, nothing of it is left, nor its user")
def _(copy):
    copy.run("dpkg", "--purge", "callplane")
    same(copy.left("callplane", "callctl"), [], "files")
    copy.run("getent", "passwd", "callplane", status=2)
    copy.run("getent", "group", "callplane", status=2)


lab.main()
