#!/usr/bin/env bash
# Makes the base of the other images: a small Debian 13 from the archive this machine's apt uses.
#
#   images/base/build.sh TAG LABEL
set -euo pipefail
tag=$1 label=$2
# shellcheck source=images/archive.sh
source "$(dirname "$0")/../archive.sh"

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
archive=$(debian_archive)
archive_apt_settings >"$work/archive.conf"

options=()
for folder in doc man info locale lintian bug; do
  options+=(--dpkgopt="path-exclude=/usr/share/$folder/*")
done
# No apt recommendations, no fsync: an image is thrown away and built again when the power fails.
options+=(--dpkgopt=force-unsafe-io
  --aptopt='Acquire::Languages "none"' --aptopt='APT::Install-Recommends "false"'
  --aptopt='Apt::AutoRemove::SuggestsImportant "false"')
[[ -s $work/archive.conf ]] && options+=(--aptopt="$work/archive.conf")

# mmdebstrap's apt variant has no useradd; Debian's own init scripts must not start servers during installation.
# shellcheck disable=SC2016 # $1 is the new root, filled in by mmdebstrap
nice mmdebstrap --quiet --variant=apt --mode=root "${options[@]}" --include=ca-certificates,passwd \
  --customize-hook='printf "#!/bin/sh\nexit 101\n" >"$1/usr/sbin/policy-rc.d"; chmod 755 "$1/usr/sbin/policy-rc.d"' \
  --customize-hook='rm -rf "$1"/var/lib/apt/lists/* "$1"/var/cache/apt/*.bin "$1"/var/log/* "$1"/etc/hostname "$1"/etc/resolv.conf' \
  trixie "$work/root.tar" "deb $archive trixie main"
docker import --change 'CMD ["bash"]' --change 'ENV LANG=C.UTF-8' --change "LABEL ocore.recipe=$label" "$work/root.tar" "$tag" >/dev/null
