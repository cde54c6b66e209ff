#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Builds everything and runs every test on a fresh Debian 12 or 13, as root. The scaled set stays
# under 40 minutes on two cores; --full runs the full numbers.
set -euo pipefail

top=$(cd "$(dirname "$0")/.." && pwd)
readonly top build=$top/build/debug

usage()
{
    cat <<'EOF'
Usage: tests/run.sh [--full] [--label LABEL] [--filter REGEX] [--no-vm]

  --full          the full numbers (200 hot-plugs, 20 power cuts, …) instead of the scaled set, and
                  what takes longest: the package's life, quickstart and the other Debian in guests
  --label LABEL   one kind only: unit, daemon, check, fuzz or vm
  --filter REGEX  only tests whose name matches
  --no-vm         without those that boot guests

The log of the run is build/debug/Testing/Temporary/LastTest.log; guest images are kept in
/var/cache/sekisho-tests and made anew when what goes into them changes.
EOF
}

step()
{
    printf '\n== %s\n' "$*"
}

wrong()
{
    echo "tests/run.sh: $*" >&2
    usage >&2
    exit 2
}

arguments=()
vm=yes
while [ $# -gt 0 ]; do
    case $1 in
    --full) export SEKISHO_FULL=1 ;;
    --label)
        [ $# -ge 2 ] || wrong "--label needs a value"
        case $2 in unit | daemon | check | fuzz | vm) ;; *) wrong "$2: no such label" ;; esac
        arguments+=(--label-regex "^$2\$")
        shift
        ;;
    --filter)
        [ $# -ge 2 ] || wrong "--filter needs a value"
        arguments+=(--tests-regex "$2")
        shift
        ;;
    --no-vm) vm=no ;;
    -h | --help)
        usage
        exit 0
        ;;
    *) wrong "$1: unknown option" ;;
    esac
    shift
done
[ "$vm" = yes ] || arguments+=(--label-exclude '^vm$')
[ "$(id -u)" -eq 0 ] || wrong "needs root: it installs packages and makes guest images"

started=$SECONDS
step "Looking for what the tests need"
"$top/tests/install-dependencies.sh"
step "Building (debug, with AddressSanitizer and UndefinedBehaviorSanitizer)"
cd "$top"
cmake --preset debug
cmake --build "$build"

# Guests are slow machines with many of their own: a scenario that has failed is tried once more,
# alone, and named at the end. Not where something happened that may not happen even once (NEVER), nor
# with --full, nor for any other kind of test.
may_try_again()
{
    local results=$build/Testing/Temporary
    [ -z "${SEKISHO_FULL:-}" ] && [ -s "$results/LastTestsFailed.log" ] &&
        ! grep -qv ':vm_' "$results/LastTestsFailed.log" && ! grep -q '^NEVER ' "$results/LastTest.log"
}

# What each failed test said was wrong, in short and at the end, where it is read first.
tell_failures()
{
    local results=$build/Testing/Temporary name
    [ -s "$results/LastTestsFailed.log" ] || return 0
    cut -d: -f2 "$results/LastTestsFailed.log" | while read -r name; do
        printf '\n-- %s\n' "$name"
        sed -n "/Test: $name\$/,/^<end of output>/p" "$results/LastTest.log" |
            grep -E '^(FAIL|ERROR|NEVER)|Error|[0-9] failed|Timeout' | cut -c1-400 | head -n 20 || true
    done
}

step "Testing"
status=0 unsteady=
ctest --test-dir "$build" --parallel "$(nproc)" --output-on-failure --no-tests=error \
    "${arguments[@]}" || status=$?
[ "$status" -eq 0 ] || tell_failures
if [ "$status" -ne 0 ] && may_try_again; then
    unsteady=$(cut -d: -f2 "$build/Testing/Temporary/LastTestsFailed.log")
    step "Trying again, alone: $(echo "$unsteady" | tr '\n' ' ')"
    status=0
    ctest --test-dir "$build" --rerun-failed --output-on-failure --no-tests=error || status=$?
    [ "$status" -eq 0 ] || tell_failures
fi
[ -z "$unsteady" ] || [ "$status" -ne 0 ] ||
    printf '\nUNSTEADY (failed once, passed alone): %s\n' "$(echo "$unsteady" | tr '\n' ' ')"
printf '\n%d min %d s in all.\n' $(((SECONDS - started) / 60)) $(((SECONDS - started) % 60))
exit "$status"
