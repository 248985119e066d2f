# shellcheck shell=bash
# The root file system all servers share, read-only and built once: Debian 12 with OpenSSH, sudo and Python
# (`common`, what a bare server runs), and over it a layer with Debian's Docker Engine (`docker`).
#
# Debian 12 and not 13, because its systemd still runs on a machine with the first version of control groups.

LAB_SUITE=bookworm
COMMON_PACKAGES=systemd,systemd-sysv,dbus,libpam-systemd,openssh-server,sudo,iproute2,iputils-ping,ca-certificates
COMMON_PACKAGES+=,curl,procps,python3,cron,kmod,netbase,less,xz-utils,rsync,apt-utils

# The folder of the layers; its name changes with what they are made of, so an old one is never used by mistake
# and running servers keep theirs.
base_folder() {
  local hash
  hash=$({ cat "$ROOT/lab/base.sh" && debian_archive && archive_apt_settings; } | sha256sum | cut -c1-12)
  echo "$LAB/.base/$hash"
}

ensure_base() {
  BASE=$(base_folder)
  [[ -e $BASE/complete ]] && return
  local started=$SECONDS log=$LAB/base.log
  say "building the servers' base system, once (log in $log)"
  rm -rf "$BASE"
  mkdir -p "$BASE"
  { build_common && build_docker_layer; } >"$log" 2>&1 </dev/null || {
    tail -20 "$log" >&2
    fail "the base system could not be built; the end of $log is above"
  }
  touch "$BASE/complete"
  say "base built in $((SECONDS - started)) s, $(du -sm "$BASE" | cut -f1) MB"
}

build_common() {
  local archive settings=$BASE/apt.conf options=() folder
  archive=$(debian_archive)
  archive_apt_settings >"$settings"
  if [[ -s $settings ]]; then options+=(--aptopt="$settings"); fi
  for folder in doc man info locale lintian; do options+=(--dpkgopt="path-exclude=/usr/share/$folder/*"); done
  # shellcheck disable=SC2016 # $1 is the new root, filled in by mmdebstrap
  nice mmdebstrap --variant=minbase --mode=root "${options[@]}" --dpkgopt=force-unsafe-io \
    --aptopt='Acquire::Languages "none"' --aptopt='APT::Install-Recommends "false"' --include="$COMMON_PACKAGES" \
    --customize-hook='rm -rf "$1"/var/lib/apt/lists/* "$1"/var/cache/apt/*.bin "$1"/etc/ssh/ssh_host_* "$1"/etc/resolv.conf' \
    --customize-hook='echo LANG=C.UTF-8 >"$1/etc/default/locale"' \
    --customize-hook='chroot "$1" useradd --uid 1000 --create-home --shell /bin/bash deploy' \
    --customize-hook='echo "deploy ALL=(ALL) NOPASSWD: ALL" >"$1/etc/sudoers.d/deploy"; chmod 440 "$1/etc/sudoers.d/deploy"' \
    "$LAB_SUITE" "$BASE/common" "deb $archive $LAB_SUITE main" || return
  mask_units "$BASE/common"
}

# What a namespace cannot or must not do: consoles, disk trimming, the kernel's settings (they are this machine's),
# and timers that would take the processor from the tests.
mask_units() {
  local unit
  for unit in console-getty.service getty.target systemd-sysctl.service systemd-firstboot.service \
    sys-kernel-debug.mount sys-kernel-tracing.mount dev-hugepages.mount \
    systemd-update-utmp.service systemd-update-utmp-runlevel.service systemd-journald-audit.socket \
    apt-daily.timer apt-daily-upgrade.timer dpkg-db-backup.timer e2scrub_all.timer fstrim.timer; do
    ln -sf /dev/null "$1/etc/systemd/system/$unit"
  done
}

# Installed by apt in the same way as on a real server, into the upper side of an overlay: what it wrote is the layer.
build_docker_layer() {
  mkdir -p "$BASE"/{docker,work,mount}
  # shellcheck disable=SC2016 # $1 is the inner shell's
  unshare --mount --propagation private -- bash -euc '
    cd "$1"
    mount -t overlay overlay -o lowerdir=common,upperdir=docker,workdir=work mount
    mount -t proc proc mount/proc
    mount -t tmpfs tmpfs mount/run
    cp /etc/resolv.conf mount/etc/resolv.conf
    printf "#!/bin/sh\nexit 101\n" >mount/usr/sbin/policy-rc.d
    chmod 755 mount/usr/sbin/policy-rc.d
    export DEBIAN_FRONTEND=noninteractive PATH=/usr/sbin:/usr/bin:/sbin:/bin
    nice chroot mount apt-get update -qq
    nice chroot mount apt-get install -y -qq --no-install-recommends docker.io iptables
    chroot mount apt-get clean
    chroot mount usermod -aG docker deploy
    rm -rf mount/usr/sbin/policy-rc.d mount/etc/resolv.conf mount/var/lib/apt/lists/* mount/var/lib/docker' \
    build_docker_layer "$BASE" || return
  rmdir "$BASE/mount"
  rm -rf "$BASE/work"
}

forget_old_bases() {
  local folder current kernel
  current=$(base_folder)
  kernel=$(uml_folder)
  for folder in "$LAB"/.base/*; do [[ $folder == "$current" || $folder == "$kernel" ]] || rm -rf "$folder"; done
}
