#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# From a fresh clone to a checkpoint at work, on Debian 12 or 13, as root. Where systemd runs, the
# package is installed on this machine, in observe mode. Anywhere else a throw-away guest plays the
# main job with real USB devices.
set -euo pipefail

top=$(cd "$(dirname "$0")/.." && pwd)
readonly top

usage()
{
    cat <<'EOF'
Usage: packaging/quickstart.sh [--guest] [--to DIR] [--deb FILE]

Builds the package. Where systemd is PID 1 it installs it in observe mode (nothing is blocked), starts
it and prints its status; anywhere else it boots a throw-away QEMU guest and plays the main job there.

  --guest     play in a guest also where systemd runs; nothing is installed on this machine but tools
  --to DIR    where the guest's export and report are left (default: ./sekisho-demo)
  --deb FILE  this package, made before by packaging/build-deb.sh, instead of building one
EOF
}

if [ -t 1 ] && [ -z "${NO_COLOR-}" ]; then
    bold=$'\e[1m' red=$'\e[31m' plain=$'\e[0m'
else
    bold='' red='' plain=''
fi

say()
{
    printf '%s%s%s\n' "$bold" "$*" "$plain"
}

give_up()
{
    printf '%squickstart: %s%s\n' "$red" "$*" "$plain" >&2
    exit "${status:-4}"
}

# Shows that a command is at work: on a terminal the seconds and the last line that it said,
# elsewhere a line every ten seconds.
show_progress()
{
    local began=$SECONDS elapsed columns line
    while sleep 1; do
        elapsed=$((SECONDS - began))
        if [ -t 1 ]; then
            columns=$(tput cols 2>/dev/null || echo 80)
            line=$(tail -c 400 "$log" | tr -c '[:print:]\n' ' ' | tail -n 1)
            printf '\r\e[K  … %d s  %.*s' "$elapsed" "$((columns - 14))" "$line"
        elif [ $((elapsed % 10)) -eq 0 ]; then
            printf '  … %d s\n' "$elapsed"
        fi
    done
}

hide_progress()
{
    [ -n "$progress" ] || return 0
    kill "$progress" 2>/dev/null || true
    wait "$progress" 2>/dev/null || true
    progress=''
    [ ! -t 1 ] || printf '\r\e[K'
}

# Runs a long command; what it said stands in a file, and is shown if it fails.
at_work()
{
    local result=0
    : >"$log"
    show_progress &
    progress=$!
    "$@" >"$log" 2>&1 || result=$?
    hide_progress
    [ "$result" -eq 0 ] || {
        tail -n 40 "$log" >&2
        give_up "$* failed; the whole of what it said is in $log"
    }
}

# Also over the same version, for the source may have gone on. apt's lists may be older than what the
# mirror has, or missing.
install_package()
{
    local command=(apt-get install --yes -q --reinstall "$deb")
    export DEBIAN_FRONTEND=noninteractive
    "${command[@]}" || { apt-get update -q && "${command[@]}"; }
}

install_here()
{
    say "Installing it in observe mode: everything is recorded, nothing is blocked."
    at_work install_package
    systemctl is-active --quiet sekishod || give_up "sekishod does not run: journalctl -u sekishod"
    echo
    sekisho status || true # 1 says that something wants attention; it is printed
    echo
    say "Next: sekisho usb list, then /etc/sekisho/policy.conf. man 7 sekisho leads through the first day."
}

play_in_a_guest()
{
    say "A throw-away guest plays the main job; nothing is installed on this machine but tools."
    at_work "$top/tests/install-dependencies.sh" guest
    exec python3 -B "$top/packaging/demo.py" "$deb" "$to"
}

guest='' deb='' progress='' to=$PWD/sekisho-demo
while [ $# -gt 0 ]; do
    case $1 in
    --guest) guest=yes ;;
    --to)
        [ $# -ge 2 ] || status=2 give_up "--to needs a folder"
        to=$2
        shift
        ;;
    --deb)
        [ $# -ge 2 ] || status=2 give_up "--deb needs a file"
        deb=$(realpath -- "$2")
        [ -f "$deb" ] || status=2 give_up "$2: no such file"
        shift
        ;;
    -h | --help)
        usage
        exit 0
        ;;
    *) status=2 give_up "$1: unknown option; see --help" ;;
    esac
    shift
done
[ "$(id -u)" -eq 0 ] || status=3 give_up "needs root: sudo packaging/quickstart.sh"
[ -e /etc/debian_version ] || give_up "needs Debian 12 or 13"

# A machine that emulates a guest in software may be slow.
export SEKISHO_PATIENCE="${SEKISHO_PATIENCE:-2}"
mkdir -p "$top/build"
readonly log=$top/build/quickstart.log
trap hide_progress EXIT
if [ -z "$deb" ]; then
    say "Building the package (a minute or two the first time)."
    at_work "$top/packaging/build-deb.sh" "$top/build/package"
    deb=$(tail -n 1 "$log")
fi
echo "  $deb"
if [ -d /run/systemd/system ] && [ -z "$guest" ]; then
    install_here
else
    play_in_a_guest
fi
