#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Plays months into a ledger with PROGRAM, built with ThreadSanitizer: as fast as the queue takes
# rows, and at a pace at which writer and reaper meet. Any race that it reports is a failure.
set -eu
program=$1
state=$(mktemp -d)
trap 'rm -rf "$state"' EXIT
export TSAN_OPTIONS="exitcode=99${TSAN_OPTIONS:+ $TSAN_OPTIONS}"
mkdir "$state/fast" "$state/slow"
"$program" --quiet --rows 3000 --months 3 --seal-every 50 "$state/fast"
"$program" --quiet --rows 1000 --pace 200 --seal-every 20 "$state/slow"
