// SPDX-License-Identifier: GPL-3.0-or-later
// The form of a checkpoint, for those who write and read it. Short, for there are many, one for
// each second in which somebody works: objects with one letter for each part and arrays below, in
// which
// "" stands for no text. Nothing that is empty is written.
//
// What lasts is the row's object: the ledger keeps a text once, however many rows have it.
//   "v"  the version, 1
//   "n"  the file: device, inode, head (hexadecimal)
//   "b"  id of the boot that the state belongs to
//   "s"  sessions: number, login uid, process, time, serial, object, account
// What changes is its details. Times in the lists are counted from "l".
//   "p"  the place: offset, tail (hexadecimal), wall time and serial of the latest event
//   "l"  time of the latest event, if "p" has another; "e": auditd ended then; "t": true, a torn
//        line came last; "x": our rules were taken out then; "y": and the last was put back
//   "f"  windows with repeats: first row, end, count, time of the first and of the last repeat,
//        1 if it has ended; then the deed. The first row is its sequence, or, for one that was
//        given out since the checkpoint before, its negative distance from this checkpoint's row,
//        which is the last of the same group
//   "h"  files that were moved aside: 1 if the successor has come, its time (else the
//        deed's); then the deed
//   "c"  new files: mark and time
//   "a"  failed attempts: process, time, mark, 1 if PAM has said so, 1 if the program has
// A deed is: kind, flags and way as one number, login uid, session, process, time, inode, exe,
// object, second name.
#pragma once

#include "trail/state.h"

#define CHECKPOINT_VERSION 1

enum deed_flag {
    DEED_REFUSED = 1,
    DEED_REPLACED = 2,
    DEED_FOLDER = 4,
    DEED_MEDIUM = 8,
    DEED_FLAGS = 15,
    DEED_WAY = 16, // times the way
};
