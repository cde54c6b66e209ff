// SPDX-License-Identifier: GPL-3.0-or-later
// Topic "package": are the files of our package those that it brought? dpkg is asked, which has
// their sums.
#include "base/file.h"
#include "base/moment.h"
#include "base/program.h"
#include "base/text.h"
#include "watch/posture/topics.h"
#include "watch/posture/words.h"

#include <errno.h>
#include <string.h>

#define DPKG "/usr/bin/dpkg"
#define PATIENCE_NS (20 * NS_PER_S)
#define OUTPUT_MAX (64u << 10)

static int ask(struct program_answer *answer)
{
    char name[] = "dpkg", verify[] = "--verify", package[] = "sekisho";
    char *const arguments[] = {name, verify, package, NULL};
    return program_read(DPKG, arguments, OUTPUT_MAX, PATIENCE_NS, answer);
}

// "missing     /usr/… (Permission denied)": dpkg could not look, which says nothing of the file.
static bool is_barred(const char *rest, struct sight *sight)
{
    static const char barred[] = " (Permission denied)";
    size_t length = strlen(rest), behind = sizeof barred - 1;
    if (length <= behind || strcmp(rest + length - behind, barred) != 0)
        return false;
    CLEANUP_FREE char *path = strndup(rest, length - behind);
    sight_note(sight, path ? path : DPKG, -EACCES);
    return true;
}

// "??5??????   /usr/sbin/sekishod", "missing     /usr/…"; a "c" before the path: a configuration
// file, which people may change.
static void take_line(struct sight *sight, json_object *changed, const char *line)
{
    char what[WORDS_SIZE];
    const char *rest = line;
    if (!words_next(&rest, what))
        return;
    rest = words_skip_space(rest);
    if ((rest[0] == 'c' && rest[1] == ' ') || is_barred(rest, sight))
        return;
    sight_append(sight, changed, sight_text(rest), DPKG);
}

// "changed": paths of ours that are not what the package brought, or gone. Nothing but {} if nobody
// asked for it.
void posture_look_at_package(struct sight *sight)
{
    if (!sight->with_package)
        return;
    CLEANUP(program_answer_clear) struct program_answer answer = {0};
    char line[WORDS_LINE_SIZE];
    bool cut = false;
    int r = ask(&answer);
    // 1: it found differences, or there is no such package, and then it has nothing to list.
    if (r == 0 && (answer.status > 1 || (answer.status == 1 && answer.length == 0)))
        r = -ENOPKG;
    if (r == 0) {
        json_object *changed = sight_array(sight, sight->topic, "changed");
        for (const char *rest = answer.text; words_line(&rest, false, line, &cut);)
            take_line(sight, changed, line);
    }
    if (r < 0 || cut)
        sight_note(sight, DPKG, r < 0 ? r : -E2BIG);
}
