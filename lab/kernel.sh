#!/usr/bin/env bash
# A client with a kernel of its own: Debian's, under QEMU's software emulation, which boots in seconds. For what the kernel of this
# machine may not have: the NFS client.
#
#   lab/kernel.sh SCRIPT      boots, runs the script as root with busybox and /util/mount, prints what it says, and switches off
#
# This machine is 10.0.2.2 for it. Users: odoo (100:101). The kernel is kept in OCORE_LAB/.kernel.
set -euo pipefail

ROOT=$(cd "$(dirname "$(readlink -f "$0")")/.." && pwd)
KEPT=${OCORE_LAB:-/var/lib/ocore-lab}/.kernel
# shellcheck source=images/archive.sh
source "$ROOT/images/archive.sh"

# What the client is made of; what these need besides comes along, as modprobe itself would say.
MODULES=(nfsv4 virtio_pci virtio_net)

ensure_kernel() {
  [[ -e $KEPT/complete ]] && return
  install_on_this_machine qemu-system-x86 busybox-static cpio kmod >&2
  rm -rf "$KEPT"
  mkdir -p "$KEPT/deb"
  local package
  package=$(apt-cache depends linux-image-cloud-amd64 | awk '/Depends: linux-image/ { print $2; exit }')
  (cd "$KEPT/deb" && apt-get download -qq "$package") >&2
  dpkg-deb -x "$KEPT"/deb/*.deb "$KEPT/root"
  rm -rf "$KEPT/deb"
  touch "$KEPT/complete"
}

# The modules that are needed and no other: a small archive is unpacked quickly.
make_initrd() {
  local script=$1 work=$2 version module file
  version=$(ls "$KEPT/root/lib/modules")
  mkdir -p "$work"/{bin,dev,etc,mnt,proc,sys,tmp} "$work/lib/modules/$version"
  cp "$KEPT/root/lib/modules/$version"/modules.{builtin,builtin.modinfo,order} "$work/lib/modules/$version/"
  depmod -b "$KEPT/root" "$version"
  for module in "${MODULES[@]}"; do
    while read -r _ file _; do
      [[ $file == /* ]] || continue
      install -D -m 0644 "$file" "$work/${file#"$KEPT/root"/}"
    done < <(modprobe -d "$KEPT/root" -S "$version" --show-depends "$module")
  done
  depmod -b "$work" "$version"
  cp "$(command -v busybox)" "$work/bin/busybox"
  # busybox mounts NFS in a way of its own; util-linux hands the options to the kernel, as Docker does.
  install -D "$(command -v mount)" "$work/util/mount"
  for file in $(ldd "$(command -v mount)" | grep -o '/[^ ]*'); do install -D "$file" "$work$file"; done
  printf 'root:x:0:0::/:/bin/sh\nodoo:x:100:101::/:/bin/sh\n' >"$work/etc/passwd"
  printf 'root:x:0:\nodoo:x:101:\n' >"$work/etc/group"
  cp "$script" "$work/script"
  cat >"$work/init" <<'INIT'
#!/bin/busybox sh
/bin/busybox --install -s /bin
export PATH=/bin
mount -t proc proc /proc; mount -t sysfs sys /sys; mount -t devtmpfs dev /dev
for module in virtio_pci virtio_net nfsv4; do modprobe $module || echo "no module $module"; done
ip link set lo up; ip link set eth0 up; ip addr add 10.0.2.15/24 dev eth0; ip route add default via 10.0.2.2
echo "kernel $(uname -r) is up"
sh /script 2>&1
echo "kernel script ended with $?"
poweroff -f
INIT
  chmod +x "$work/init"
}

main() {
  [[ $# == 1 && -r $1 ]] || { sed -n '2,/^set /{s/^# \{0,1\}//p}' "$0" && exit 2; }
  [[ $(id -u) == 0 ]] || { echo "kernel.sh: needs root" >&2 && exit 1; }
  ensure_kernel
  local work
  work=$(mktemp -d)
  # shellcheck disable=SC2064
  trap "rm -rf '$work'" EXIT
  make_initrd "$1" "$work/root"
  (cd "$work/root" && find . -print0 | cpio --null -o -H newc --quiet) | gzip -1 >"$work/initrd.gz"
  timeout 600 qemu-system-x86_64 -accel tcg -cpu max -m 384 -nographic -no-reboot -monitor none \
    -kernel "$KEPT"/root/boot/vmlinuz-* -initrd "$work/initrd.gz" -append 'console=ttyS0 panic=-1 quiet loglevel=3' \
    -nic user,model=virtio-net-pci </dev/null
}

main "$@"
