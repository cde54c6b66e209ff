#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Installs what the tests need from Debian, once: the one list of it, for Debian 12 and 13. Arguments
# choose groups; without any it is all of them. What a build of the package needs stands in
# packaging/debian/control and is installed too.
set -euo pipefail

declare -A groups=(
    # sanitizers, fuzzing, unit tests
    [build]='build-essential clang llvm libclang-rt-dev libauparse-dev libcriterion-dev'
    # checks of the tree and of the package
    [check]='clang-format clang-tidy git lintian man-db mandoc shellcheck'
    # daemons without a guest, and the second verifier
    [daemon]='dbus openssl iproute2 iputils-ping nftables polkitd systemd python3 python3-cryptography sqlite3 cryptsetup-bin'
    # a display without a monitor, what shows pop-ups on it, Japanese glyphs, and pictures of it
    [desktop]='xvfb dunst xfce4-notifyd sway mako-notifier grim fonts-ipafont imagemagick'
    # Debian trees, disk images, QEMU; what reads the words on a guest's screen
    [guest]='python3 mmdebstrap qemu-system-x86 qemu-utils cryptsetup-bin dosfstools e2fsprogs
             fdisk gdisk gcc libc6-dev imagemagick tesseract-ocr tesseract-ocr-eng'
)

is_installed()
{
    dpkg-query --show --showformat='${Status}' "$1" 2>/dev/null | grep -q ' ok installed$'
}

missing=()
for group in "${@:-build check daemon desktop guest}"; do
    for name in $group; do
        for package in ${groups[$name]}; do
            is_installed "$package" || missing+=("$package")
        done
    done
done
if [ "${#missing[@]}" -gt 0 ]; then
    echo "Installing from Debian: ${missing[*]}"
    export DEBIAN_FRONTEND=noninteractive
    apt-get update -q
    apt-get install --yes -q --no-install-recommends "${missing[@]}"
fi
exec "$(dirname "$0")/../packaging/build-deb.sh" --dependencies
