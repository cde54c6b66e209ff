#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Builds the .deb from the tracked source and puts it into OUTDIR; its path is the last line printed.
# A package built before from the same source on the same Debian is used again.
set -euo pipefail

top=$(cd "$(dirname "$0")/.." && pwd)
cache=${SEKISHO_DEB_CACHE:-$top/build/deb}
readonly top cache

usage()
{
    echo "Usage: ${0##*/} OUTDIR | --dependencies"
    echo "Builds sekisho_VERSION_ARCH.deb in OUTDIR. Missing build dependencies are installed (as root);"
    echo "with --dependencies only that is done."
}

# Everything the package is made of: tracked files as they are now; without git, all files.
list_sources()
{
    cd "$top"
    if git -c safe.directory="$top" rev-parse --git-dir >/dev/null 2>&1; then
        git -c safe.directory="$top" ls-files -z -- . ':!tests' ':!.ci'
    else
        find . \( -path ./build -o -path ./.git -o -path ./tests -o -path ./.ci \) -prune -o -type f -printf '%P\0'
    fi
}

# One name for one source on one Debian.
source_key()
{
    {
        cd "$top"
        list_sources | LC_ALL=C sort -z | xargs -0 sha256sum
        cat /etc/debian_version
        dpkg --print-architecture
    } | sha256sum | cut -c1-16
}

install_build_dependencies()
{
    local control=$top/packaging/debian/control
    dpkg-checkbuilddeps "$control" 2>/dev/null && return
    if [ "$(id -u)" -ne 0 ]; then
        dpkg-checkbuilddeps "$control" || true
        echo "${0##*/}: build dependencies are missing: run it as root, or install them" >&2
        exit 1
    fi
    export DEBIAN_FRONTEND=noninteractive
    apt-get update -q
    apt-get install --yes -q --no-install-recommends dpkg-dev
    # apt reads a source tree: its debian folder is packaging's.
    (cd "$top/packaging" && apt-get build-dep --yes -q --no-install-recommends ./)
}

copy_source()
{
    local target=$1
    mkdir -p "$target"
    (cd "$top" && list_sources | xargs -0 cp --parents --target-directory="$target")
    cp -r "$target/packaging/debian" "$target/debian"
}

build()
{
    local key=$1
    work=$(mktemp -d "${TMPDIR:-/var/tmp}/sekisho-deb.XXXXXX")
    trap 'rm -rf "$work"' EXIT
    copy_source "$work/sekisho"
    install_build_dependencies
    (
        cd "$work/sekisho"
        DEB_BUILD_OPTIONS="nocheck noautodbgsym parallel=$(nproc) ${DEB_BUILD_OPTIONS-}" \
            dpkg-buildpackage -us -uc -b
    )
    rm -rf "${cache:?}/$key"
    mkdir -p "$cache/$key.new"
    mv "$work"/sekisho_*.deb "$cache/$key.new/"
    mv -T "$cache/$key.new" "$cache/$key"
}

# The packages of older sources; the newest three stay.
forget_old()
{
    find "$cache" -mindepth 1 -maxdepth 1 -type d -printf '%T@ %p\n' | sort -rn | tail -n +4 |
        cut -d' ' -f2- | xargs -r rm -rf
}

case "${1-}" in
-h | --help)
    usage
    exit 0
    ;;
--dependencies)
    install_build_dependencies
    exit 0
    ;;
'' | -*)
    usage >&2
    exit 2
    ;;
esac
out=$(mkdir -p "$1" && cd "$1" && pwd)
mkdir -p "$cache"
key=$(source_key)
# Two callers at once: the second one waits and finds the package made.
exec 9>"$cache/lock"
flock 9
if ! compgen -G "$cache/$key/*.deb" >/dev/null; then
    build "$key"
    forget_old
fi
for deb in "$cache/$key"/*.deb; do
    cp "$deb" "$out/"
    echo "$out/${deb##*/}"
done
