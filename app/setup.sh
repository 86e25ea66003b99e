# SPDX-License-Identifier: BSD-3-Clause
# Sourced by app/run, tests/run and bench/run, in the source directory: install what is missing,
# then build. Each says which packages it wants beyond those of the build.

build_packages=(build-essential meson ninja-build pkg-config libdpdk-dev libnuma-dev libyaml-dev
	libjansson-dev libedit-dev libpcap-dev libmicrohttpd-dev)

say() {
	printf '\033[1m== %s\033[0m\n' "$*" >&2
}

# install_packages PACKAGE...: those that dpkg does not know as installed.
install_packages() {
	local missing=() p
	for p in "$@"; do
		dpkg-query -W -f='${Status}' "$p" 2>/dev/null | grep -q 'ok installed' || missing+=("$p")
	done
	[ ${#missing[@]} -eq 0 ] && return 0
	say "installing ${missing[*]}"
	local sudo=
	if [ "$(id -u)" -ne 0 ]; then
		command -v sudo >/dev/null || {
			echo "missing packages: ${missing[*]}; mend: as root, apt-get install ${missing[*]}" >&2
			return 1
		}
		sudo=sudo
	fi
	local log
	log=$(mktemp)
	if ! { $sudo apt-get update -q && DEBIAN_FRONTEND=noninteractive $sudo apt-get install -y -q \
		--no-install-recommends "${missing[@]}"; } >"$log" 2>&1; then
		tail -n 20 "$log" >&2
		rm -f "$log"
		echo "packages cannot be installed; mend: see the lines above, then run this again" >&2
		return 1
	fi
	rm -f "$log"
}

# build DIRECTORY [-DOPTION=VALUE...]: set up once, then only what has changed. What is asked for
# stays asked for: app/run after tests/run builds the tests along.
build() {
	local dir=$1
	shift
	# DPDK's pkg-config file and meson come from Debian, whatever python is first in PATH.
	local meson=/usr/bin/meson
	[ -x "$meson" ] || meson=meson
	if [ ! -f "$dir/build.ninja" ]; then
		say "setting up $dir"
		"$meson" setup "$dir" "$@" >"$dir.log" 2>&1 || {
			tail -n 20 "$dir.log" >&2
			return 1
		}
		mv "$dir.log" "$dir/setup.log"
	elif [ $# -gt 0 ] && ! grep -qsxF -- "$*" "$dir/options"; then
		"$meson" setup --reconfigure "$dir" "$@" >"$dir/setup.log" 2>&1 || {
			tail -n 20 "$dir/setup.log" >&2
			return 1
		}
	fi
	[ $# -eq 0 ] || grep -qsxF -- "$*" "$dir/options" || echo "$*" >>"$dir/options"
	say "building $dir"
	local log=$dir/build.log
	ninja -C "$dir" >"$log" 2>&1 || {
		grep -E 'error|FAILED' "$log" | head -n 20 >&2
		return 1
	}
}
