# shellcheck shell=bash
# A server with a kernel of its own, for what this machine's kernel may not have, such as the client of NFS: user-mode Linux, a kernel that
# is a process, at nearly the speed of this machine. Its root file system is a disk image, so a power cut loses what was not yet flushed.

UML_SUITE=forky # Debian's first whose source runs on processors with AVX-512; the kernel that it packages has no iptables
UML_MEMORY=5G

# Its name changes with what it is made of; the same one is used until then, and kept when servers go.
uml_folder() { echo "$LAB/.base/uml-$(cat "$ROOT"/lab/own-kernel.{sh,config} | sha256sum | cut -c1-12)"; }

ensure_uml() {
  UML=$(uml_folder)
  [[ -e $UML/complete ]] && return
  local started=$SECONDS log=$LAB/uml.log
  install_on_this_machine gcc make flex bison bc libc6-dev xz-utils >&2
  say "building a kernel that is a process, once (log in $log)"
  rm -rf "$UML"
  mkdir -p "$UML/source"
  { fetch_kernel_source "$UML" && build_kernel "$UML/source" && mv "$UML/source/linux" "$UML/linux"; } >"$log" 2>&1 </dev/null || {
    tail -20 "$log" >&2
    fail "user-mode Linux could not be built; the end of $log is above"
  }
  rm -rf "$UML/source"
  touch "$UML/complete"
  say "kernel built in $((SECONDS - started)) s"
}

# From an apt of its own: this machine's is of another suite.
fetch_kernel_source() {
  local work=$1/apt options package
  mkdir -p "$work"/{lists/partial,archives/partial}
  archive_apt_settings >"$work/apt.conf"
  echo "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $(debian_archive) $UML_SUITE main" >"$work/sources.list"
  options=(-o Dir::Etc::sourcelist="$work/sources.list" -o Dir::Etc::sourceparts=/dev/null -o Dir::State::lists="$work/lists" -o Dir::Cache="$work" -o APT::Sandbox::User=root)
  export APT_CONFIG=$work/apt.conf
  apt-get "${options[@]}" -qq update || return
  package=$(apt-cache "${options[@]}" depends linux-source | awk '/Depends: linux-source/ { print $2; exit }')
  (cd "$work" && apt-get "${options[@]}" -qq download "$package") || return
  dpkg-deb -x "$work"/linux-source-*.deb "$work/source"
  # Half of it is drivers for graphics, and what is written about it.
  tar -C "$1/source" --strip-components=1 --exclude='*/Documentation' --exclude='*/drivers/gpu/drm/amd/include' -xJf "$work"/source/usr/src/linux-source-*.tar.xz || return
  unset APT_CONFIG
  rm -rf "$work"
}

build_kernel() (
  cd "$1" || return
  export ARCH=um SUBARCH=x86_64
  mkdir -p Documentation
  touch Documentation/Kconfig
  make -s x86_64_defconfig || return
  local option
  for option in $(grep -v '^#' "$ROOT/lab/own-kernel.config"); do scripts/config -e "$option"; done
  scripts/config -d MODULES -d DEBUG_KERNEL -d DEBUG_INFO -e DEBUG_INFO_NONE -d WERROR
  make -s olddefconfig && nice make -s -j"$(nproc)" linux
)

# All of the server on one disk: the layers, and what is its own.
make_kernel_disk() {
  local name=$1 upper=$LAB/$1/upper unit=$LAB/$1/upper/etc/systemd/system/lab-network.service
  mkdir -p "$upper/etc/systemd/system/multi-user.target.wants"
  cp "$UML/linux" "$LAB/$name/linux"
  cat >"$unit" <<UNIT
[Unit]
DefaultDependencies=no
Before=network.target
[Service]
Type=oneshot
RemainAfterExit=yes
ExecStart=/bin/sh -c 'ip link set lo up; ip address add $(address_of "$name")/24 dev vec0; ip link set vec0 mtu $(lab_mtu) up; ip route add default via $NET.1'
UNIT
  ln -s ../lab-network.service "$upper/etc/systemd/system/multi-user.target.wants/"
  # shellcheck disable=SC2016 # $1 and $2 are the inner shell's
  unshare --mount --propagation private -- bash -euc '
    mount -t overlay overlay -o "lowerdir=$2/docker:$2/common,upperdir=$1/upper,workdir=$1/work" "$1/root"
    truncate -s 24G "$1/disk.img"
    mkfs.ext4 -q -F -E lazy_itable_init=1 -d "$1/root" "$1/disk.img"' make_kernel_disk "$LAB/$name" "$BASE"
  rm -rf "$upper"
}

# The cable ends at a tap, which is the server's own network card.
plug_in_kernel() {
  local namespace
  namespace=$(namespace_of "$1")
  ip -n "$namespace" link show tap0 >/dev/null 2>&1 && return
  ip -n "$namespace" address flush dev eth0
  ip -n "$namespace" link add plug type bridge
  ip -n "$namespace" tuntap add tap0 mode tap
  ip -n "$namespace" link set eth0 master plug
  ip -n "$namespace" link set tap0 master plug mtu "$(lab_mtu)" up
  ip -n "$namespace" link set plug up
}

# Process 1 of the server's namespaces: its death is a power cut.
boot_kernel() {
  local folder=$LAB/$1
  mount --make-rprivate /
  mount -t proc proc /proc
  env -i TMPDIR=/dev/shm HOME="$folder" PATH=/usr/bin:/bin "$folder/linux" umid="$1" mem=$UML_MEMORY ubd0="$folder/disk.img" root=/dev/ubda rw \
    vec0:transport=tap,ifname=tap0,depth=128,gro=1 con0=null,fd:1 con=null ssl=null quiet systemd.show_status=false </dev/null
}
