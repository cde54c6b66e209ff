// SPDX-License-Identifier: GPL-3.0-or-later
// Reads /proc/swaps, /sys/power and the kernel's command line.
#include "watch/storage/memory.h"

#include "base/file.h"
#include "base/text.h"
#include "watch/storage/chain.h"

#include <errno.h>
#include <string.h>

#define SWAPS_MAX 64 // the kernel takes 32
#define TEXT_MAX (64u << 10)

// ---- Swap --------------------------------------------------------------------------------------

// "/dev/dm-1 partition 1048572 0 -2"
static void add_swap(struct survey *survey, json_object *list, char *line)
{
    line[strcspn(line, " \t")] = '\0';
    mountinfo_unescape(line);
    if (line[0] != '/') // the heading
        return;
    json_object *swap = survey_append(list), *on = survey_list(swap, "on");
    if (!on)
        return;
    survey_add_name(swap, "name", line);
    if (strncmp(line, "/dev/", 5) == 0)
        chain_add_node(survey, on, line, 0);
    else
        chain_add_place(survey, on, line, 0);
}

static void add_swaps(struct survey *survey, json_object *document)
{
    CLEANUP_FREE char *text = NULL;
    json_object *list = survey_list(document, "swaps");
    int r = file_read_at(survey->root, "proc/swaps", TEXT_MAX, &text, NULL);
    if (r < 0)
        survey_add_error(document, "swaps_error", r);
    for (char *rest = text, *line; r == 0 && (line = strsep(&rest, "\n"));) {
        if (json_object_array_length(list) >= SWAPS_MAX) {
            survey_add_error(document, "swaps_error", -E2BIG);
            return;
        }
        add_swap(survey, list, line);
    }
}

// ---- Hibernation -------------------------------------------------------------------------------

static bool has_word(const char *text, const char *word)
{
    size_t length = strlen(word);
    for (const char *at = text; (at = strstr(at, word)); at += length)
        if ((at == text || strchr(" \t\n", at[-1])) && strchr(" \t\n", at[length]))
            return true;
    return false;
}

// "resume=UUID=…" of the command line as a device's node. −ENOENT: it names none.
static int find_named(const char *command_line, char **ret)
{
    static const struct {
        const char *word, *folder;
    } forms[] = {{"UUID=", "/dev/disk/by-uuid/"},
                 {"LABEL=", "/dev/disk/by-label/"},
                 {"PARTUUID=", "/dev/disk/by-partuuid/"},
                 {"PARTLABEL=", "/dev/disk/by-partlabel/"},
                 {"/dev/", "/dev/"}};
    const char *at =
        strncmp(command_line, "resume=", 7) == 0 ? command_line : strstr(command_line, " resume=");
    if (!at)
        return -ENOENT;
    at += at[0] == ' ';
    at += strlen("resume=");
    for (size_t i = 0; i < ELEMENTS(forms); i++) {
        size_t length = strlen(forms[i].word);
        if (strncmp(at, forms[i].word, length) != 0)
            continue;
        at += length;
        *ret = text_format("%s%.*s", forms[i].folder, (int)strcspn(at, " \n"), at);
        return *ret ? 0 : -ENOMEM;
    }
    return -EINVAL;
}

static int add_named(struct survey *survey, json_object *hibernation)
{
    CLEANUP_FREE char *line = NULL, *node = NULL;
    int r = file_read_at(survey->root, "proc/cmdline", TEXT_MAX, &line, NULL);
    if (r < 0)
        return r;
    r = find_named(line, &node);
    if (r == 0)
        chain_add_node(survey, survey_list(hibernation, "on"), node, 0);
    return r == -ENOENT ? 0 : r;
}

// The device that is set now, whatever set it.
static int add_set(struct survey *survey, json_object *hibernation)
{
    CLEANUP_FREE char *text = NULL;
    uint64_t number;
    int r = file_read_line_at(survey->root, "sys/power/resume", 64, &text);
    if (r < 0)
        return r;
    r = mountinfo_parse_number(text, &number);
    if (r == 0 && number != 0)
        chain_add_number(survey, survey_list(hibernation, "on"), number, 0);
    return r;
}

static int add_hibernation(struct survey *survey, json_object *hibernation)
{
    CLEANUP_FREE char *states = NULL;
    int r = file_read_at(survey->root, "sys/power/state", TEXT_MAX, &states, NULL);
    if (r < 0)
        return r;
    bool able = has_word(states, "disk"); // not if it is forbidden or the kernel locked down
    json_add_bool(hibernation, "able", able);
    r = able ? add_set(survey, hibernation) : 0;
    return r < 0 || !able ? r : add_named(survey, hibernation);
}

void memory_add(struct survey *survey, json_object *document)
{
    add_swaps(survey, document);
    json_object *hibernation = json_section(document, "hibernation");
    int r = hibernation ? add_hibernation(survey, hibernation) : 0;
    if (r < 0)
        survey_add_error(hibernation, "error", r);
}
