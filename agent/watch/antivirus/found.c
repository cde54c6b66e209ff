// SPDX-License-Identifier: GPL-3.0-or-later
// "Thu Nov 26 17:37:08 2026 -> /path/to/file: Name-Of-Signature FOUND"
#include "watch/antivirus/found.h"

#include "base/digest.h"
#include "base/file.h"
#include "base/json.h"
#include "base/text.h"
#include "watch/antivirus/local-time.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

#define TAIL_MAX (1u << 20)
#define DETECTIONS_MAX 256
#define SHOWN_MAX 512
#define TIME_FORM "%a %b %d %H:%M:%S %Y"
#define ARROW " -> "
#define FOUND " FOUND"
#define TOGETHER_S 10 // what two logs say of one file within so long is one detection
#define ID_BYTES 16

// ---- Reading -----------------------------------------------------------------------------------

// The last TAIL_MAX bytes, from the first whole line on.
static int read_tail(int root, const char *path, char **ret)
{
    CLEANUP_CLOSE int fd = openat(root, path + 1, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    CLEANUP_FREE char *text = NULL;
    size_t length = 0;
    if (fd < 0)
        return -errno;
    off_t size = lseek(fd, 0, SEEK_END);
    bool cut = size > TAIL_MAX;
    if (size < 0 || lseek(fd, cut ? size - TAIL_MAX : 0, SEEK_SET) < 0)
        return -errno;
    int r = file_read_fd(fd, TAIL_MAX + TAIL_MAX / 8, &text, &length); // it may grow meanwhile
    if (r < 0)
        return r;
    for (size_t i = 0; i < length; i++)
        text[i] = text[i] ? text[i] : '?';
    char *begin = cut ? strchr(text, '\n') : text;
    *ret = text_dup(begin ? begin : "");
    return *ret ? 0 : -ENOMEM;
}

// ---- One line ----------------------------------------------------------------------------------

struct line {
    const char *text;      // the whole line
    char *place;           // a path, or "instream(local)", "fd[12]"
    const char *signature; // without what clamd adds in brackets
    uint64_t at_s;         // 0: not said
};

// Cuts `rest`, a copy of the line. false: it tells of no detection.
static bool cut_line(char *rest, struct line *ret)
{
    size_t length = strlen(rest), tail = strlen(FOUND);
    if (length <= tail || strcmp(rest + length - tail, FOUND) != 0)
        return false;
    rest[length - tail] = '\0';
    char *arrow = strstr(rest, ARROW);
    if (arrow && arrow[0]) {
        *arrow = '\0';
        if (local_time_parse(rest, TIME_FORM, &ret->at_s) == 0)
            rest = arrow + strlen(ARROW);
        else
            *arrow = ARROW[0];
    }
    char *colon = strrchr(rest, ' '); // a signature's name holds no space
    if (!colon || colon == rest || colon[-1] != ':' || colon[1] == '\0')
        return false;
    colon[-1] = '\0';
    ret->place = rest;
    ret->signature = colon + 1;
    colon[1 + strcspn(colon + 1, "(")] = '\0';
    return true;
}

static bool is_below(const char *path, const char *folder)
{
    size_t length = folder ? strlen(folder) : 0;
    return length > 0 && strncmp(path, folder, length) == 0 && path[length] == '/';
}

// What we had scanned in memory has no path. Nor has a test file that somebody else had scanned
// that way, and it is no incident either. The folder alone would not do: a file's name can hold the
// end of a line, and with it our folder.
static bool is_ours(const struct found_options *options, const struct line *line)
{
    bool is_test =
        strcasestr(line->signature, "eicar") || text_equal(line->signature, options->signature);
    return is_test && (line->place[0] != '/' || is_below(line->place, options->ours));
}

// ---- Detections --------------------------------------------------------------------------------

static char *identify(const char *line)
{
    uint8_t digest[DIGEST_SIZE];
    char *id = malloc(2 * ID_BYTES + 1);
    digest_of(line, strlen(line), digest);
    if (id)
        text_hex(digest, ID_BYTES, id);
    return id;
}

static bool is_told_already(json_object *detections, json_object *one)
{
    uint64_t at_s = json_get_number(one, "at_s");
    for (size_t i = 0; i < json_object_array_length(detections); i++) {
        json_object *other = json_object_array_get_idx(detections, i);
        uint64_t then_s = json_get_number(other, "at_s");
        uint64_t apart = at_s > then_s ? at_s - then_s : then_s - at_s;
        if (text_equal(json_get_text(other, "id"), json_get_text(one, "id")))
            return true;
        if (text_equal(json_get_text(other, "signature"), json_get_text(one, "signature")) &&
            text_equal(json_get_text(other, "file"), json_get_text(one, "file")) &&
            json_get_text(one, "file") && (at_s == 0 || then_s == 0 || apart <= TOGETHER_S))
            return true;
    }
    return false;
}

static json_object *describe(const struct found_options *options, const struct line *line)
{
    struct stat seen;
    bool is_file = line->place[0] == '/';
    CLEANUP_FREE char *id = identify(line->text);
    CLEANUP_FREE char *place = text_escape(line->place, strlen(line->place), SHOWN_MAX);
    CLEANUP_FREE char *signature = text_escape(line->signature, strlen(line->signature), 128);
    json_object *one = id && place && signature ? json_object_new_object() : NULL;
    if (!one)
        return NULL;
    json_add_text(one, "id", id);
    json_add_text(one, "signature", signature);
    json_add_text(one, is_file ? "file" : "by", place);
    if (line->at_s > 0)
        json_add_number(one, "at_s", line->at_s);
    if (is_file)
        json_add_bool(one, "still_there",
                      fstatat(options->root, line->place + 1, &seen, AT_SYMLINK_NOFOLLOW) == 0);
    return one;
}

static int add(const struct found_options *options, const struct line *line,
               json_object *detections)
{
    json_object *one = describe(options, line);
    if (!one)
        return -ENOMEM;
    if (is_told_already(detections, one)) {
        json_object_put(one);
        return 0;
    }
    if (json_object_array_length(detections) >= DETECTIONS_MAX &&
        json_object_array_del_idx(detections, 0, 1) < 0) // the oldest
        abort();
    return json_object_array_add(detections, one) < 0 ? -ENOMEM : 0;
}

int found_parse(const struct found_options *options, char *text, json_object *detections)
{
    char *rest = text;
    for (char *line; (line = strsep(&rest, "\n"));) {
        CLEANUP_FREE char *copy = text_dup(line);
        struct line parts = {.text = line};
        if (!copy)
            return -ENOMEM;
        if (!cut_line(copy, &parts) || is_ours(options, &parts))
            continue;
        int r = add(options, &parts, detections);
        if (r < 0)
            return r;
    }
    return 0;
}

int found_read(const struct found_options *options, const char *log, json_object *detections)
{
    CLEANUP_FREE char *text = NULL;
    CLEANUP_FREE char *before = NULL;
    CLEANUP_FREE char *rotated = text_format("%s.1", log);
    int r = rotated ? read_tail(options->root, rotated, &before) : -ENOMEM;
    if (r == 0)
        r = found_parse(options, before, detections);
    if (r < 0 && r != -ENOENT)
        return r;
    r = read_tail(options->root, log, &text);
    return r < 0 ? r : found_parse(options, text, detections);
}

// ---- The last scan -----------------------------------------------------------------------------

int found_last_scan(int root, const char *log, uint64_t *ret_ended_s)
{
    static const char mark[] = "End Date:";
    CLEANUP_FREE char *text = NULL;
    bool any = false;
    int r = read_tail(root, log, &text);
    if (r < 0)
        return r;
    char *rest = text;
    for (char *line; (line = strsep(&rest, "\n"));) {
        if (strncmp(line, mark, strlen(mark)) != 0)
            continue;
        line += strlen(mark);
        line += strspn(line, " \t");
        any = local_time_parse(line, "%Y:%m:%d %H:%M:%S", ret_ended_s) == 0 || any;
    }
    return any ? 0 : -ENODATA;
}
