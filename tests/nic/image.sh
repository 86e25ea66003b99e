#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Makes what guest.py boots: Debian's kernel, and an initramfs of busybox, the drivers that DPDK
# needs and the script init. Nothing is installed: the packages are downloaded, once, and unpacked.
#   image.sh DIRECTORY    leaves vmlinuz and base.cpio there, or what it left there before
set -euo pipefail
here=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")" && pwd)
PATH=$PATH:/usr/sbin:/sbin
cache=$1

die() {
	echo "image.sh: $*" >&2
	exit 1
}

[ "$(uname -m)" = x86_64 ] || die "the guest is x86_64, this machine $(uname -m)"
for pair in flock:util-linux dpkg-deb:dpkg depmod:kmod cpio:cpio apt-get:apt; do
	command -v "${pair%%:*}" >/dev/null ||
		die "no ${pair%%:*}; mend: apt-get install ${pair#*:}"
done

# Drivers that are put in, with all that they depend on.
modules=(virtio_pci virtio_console vfio_iommu_type1 vfio-pci uio_pci_generic)

mkdir -p "$cache"
exec 9>"$cache/lock"
flock 9
recipe=$(cat "$here/image.sh" "$here/init" | sha256sum)
[ "$(cat "$cache/recipe" 2>/dev/null)" != "$recipe" ] || exit 0

work=$(mktemp -d "$cache/making.XXXXXX")
trap 'rm -rf -- "$work"' EXIT

# As root apt has no user of its own here who could write.
download() {
	(cd "$work/debs" && apt-get -q -o APT::Sandbox::User=root download "$@") >"$work/log" 2>&1
}

# The kernel of the cloud is the small one; its package is the newest that the metapackage names.
fetch() {
	local kernel
	kernel=$(apt-cache depends linux-image-cloud-amd64 2>/dev/null |
		sed -n 's/.*Depends: \(linux-image-[0-9].*\)/\1/p' | head -n 1)
	[ -n "$kernel" ] && download "$kernel" busybox-static
}

if [ ! -d "$cache/debs" ]; then
	mkdir "$work/debs"
	fetch || { apt-get update -q >"$work/log" 2>&1 && fetch; } || {
		cat "$work/log" >&2
		die "Debian's kernel cannot be downloaded; mend: see the lines above"
	}
	mv "$work/debs" "$cache/debs"
fi
for deb in "$cache"/debs/*.deb; do
	dpkg-deb -x "$deb" "$work/root"
done
release=$(ls "$work/root/lib/modules")

tree=$work/tree
mkdir -p "$tree"/{bin,dev,proc,sys,tmp,etc,root,run,usr,lib/modules/"$release"}
ln -s bin "$tree/sbin"
ln -s ../bin "$tree/usr/bin"
busybox=$work/root/bin/busybox
[ -x "$busybox" ] || busybox=$work/root/usr/bin/busybox
cp "$busybox" "$tree/bin/busybox"
"$busybox" --list | while read -r applet; do
	[ -e "$tree/bin/$applet" ] || ln -s busybox "$tree/bin/$applet"
done
install -m 755 "$here/init" "$tree/init"

depmod -b "$work/root" "$release"
for m in "${modules[@]}"; do
	# Prints "insmod PATH" for the module and all that it needs.
	modprobe -S "$release" -d "$work/root" --show-depends "$m" ||
		die "kernel $release has no module $m"
done | sed -n 's/^insmod \([^ ]*\).*/\1/p' | sort -u | while read -r ko; do
	install -D -m 644 "$ko" "$tree/${ko#"$work/root/"}"
done
cp "$work/root/lib/modules/$release"/modules.{builtin,builtin.modinfo,order} \
	"$tree/lib/modules/$release/"
depmod -b "$tree" "$release"

# Not compressed: an emulated CPU inflates slowly.
(cd "$tree" && find . | LC_ALL=C sort | cpio -o -H newc -R 0:0 --quiet) >"$work/base.cpio"
mv "$work/base.cpio" "$cache/base.cpio"
cp "$work/root/boot/vmlinuz-$release" "$cache/vmlinuz"
echo "$recipe" >"$cache/recipe"
