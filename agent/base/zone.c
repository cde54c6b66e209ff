// SPDX-License-Identifier: GPL-3.0-or-later
// Time zone files (RFC 8536), of which only the transitions and their offsets are needed.
#include "base/zone.h"

#include "base/file.h"
#include "base/moment.h"
#include "base/text.h"

#include <ctype.h>
#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <time.h>

#define NAME_MAX_LENGTH 64
#define FILE_MAX (256 * 1024)
#define HEADER_SIZE 44
#define TYPE_SIZE 6 // offset, is it summer time, abbreviation
#define DAY_S INT64_C(86400)

struct zone {
    size_t n;        // transitions
    int64_t *at;     // seconds since 1970, ascending
    int32_t *offset; // seconds east of UTC, from at[i] on
    int32_t before;  // before the first transition
    bool has_rule;   // behind the last transition a summer time rule holds, which is not read here
};

void zone_free(struct zone *zone)
{
    if (!zone)
        return;
    free(zone->at);
    free(zone->offset);
    free(zone);
}

// ---- Reading the file --------------------------------------------------------------------------
struct counts {
    size_t utc, standard, leap, transitions, types, characters;
};

static uint32_t get_u32(const char *p)
{
    uint32_t value;
    memcpy(&value, p, sizeof value);
    return be32toh(value);
}

static int64_t get_i64(const char *p)
{
    uint64_t value;
    memcpy(&value, p, sizeof value);
    return (int64_t)be64toh(value);
}

static int read_counts(const char *data, size_t length, struct counts *ret)
{
    if (length < HEADER_SIZE || memcmp(data, "TZif", 4) != 0 || data[4] < '2')
        return -EBADMSG;
    struct counts counts = {get_u32(data + 20), get_u32(data + 24), get_u32(data + 28),
                            get_u32(data + 32), get_u32(data + 36), get_u32(data + 40)};
    if (counts.utc > FILE_MAX || counts.standard > FILE_MAX || counts.leap > FILE_MAX ||
        counts.transitions > FILE_MAX || counts.types == 0 || counts.types > 256 ||
        counts.characters > FILE_MAX)
        return -EBADMSG;
    *ret = counts;
    return 0;
}

// `time`: bytes of a time, 4 in the first block, 8 in the second.
static size_t block_size(const struct counts *c, size_t time)
{
    return c->transitions * (time + 1) + c->types * TYPE_SIZE + c->characters +
           c->leap * (time + 4) + c->standard + c->utc;
}

// `data`: the block of 8-byte times behind the second header.
static int read_transitions(const char *data, const struct counts *counts, struct zone *zone)
{
    const char *indices = data + counts->transitions * 8;
    const char *types = indices + counts->transitions;
    zone->at = calloc(counts->transitions + 1, sizeof *zone->at);
    zone->offset = calloc(counts->transitions + 1, sizeof *zone->offset);
    if (!zone->at || !zone->offset)
        return -ENOMEM;
    zone->before = (int32_t)get_u32(types);
    for (size_t i = 0; i < counts->transitions; i++) {
        size_t type = (uint8_t)indices[i];
        if (type >= counts->types)
            return -EBADMSG;
        zone->at[i] = get_i64(data + i * 8);
        zone->offset[i] = (int32_t)get_u32(types + type * TYPE_SIZE);
        if (i > 0 && zone->at[i] <= zone->at[i - 1])
            return -EBADMSG;
    }
    zone->n = counts->transitions;
    return 0;
}

static int parse_file(const char *data, size_t length, struct zone *zone)
{
    struct counts counts;
    int r = read_counts(data, length, &counts);
    if (r < 0)
        return r;
    size_t first = HEADER_SIZE + block_size(&counts, 4);
    if (first > length)
        return -EBADMSG;
    data += first;
    length -= first;
    r = read_counts(data, length, &counts);
    if (r < 0)
        return r;
    if (counts.leap > 0) // "right/…": its seconds are not those that the kernel counts
        return -EBADMSG;
    size_t second = HEADER_SIZE + block_size(&counts, 8);
    if (second > length)
        return -EBADMSG;
    // The footer is a POSIX TZ string between two newlines; a comma in it starts a rule.
    zone->has_rule = memchr(data + second, ',', length - second) != NULL;
    return read_transitions(data + HEADER_SIZE, &counts, zone);
}

static bool is_name(const char *name)
{
    if (name[0] == '/' || strstr(name, "..") || strlen(name) > NAME_MAX_LENGTH)
        return false;
    for (const char *p = name; *p; p++)
        if (!isalnum((unsigned char)*p) && !strchr("_+-/", *p))
            return false;
    return name[0] != '\0';
}

int zone_open(const char *name, struct zone **ret)
{
    CLEANUP(zone_free_p) struct zone *zone = calloc(1, sizeof *zone);
    CLEANUP_FREE char *path = text_format(ZONE_FOLDER "/%s", name), *data = NULL;
    size_t length = 0;
    if (!zone || !path)
        return -ENOMEM;
    if (!is_name(name))
        return -EINVAL;
    int r = file_read_at(AT_FDCWD, path, FILE_MAX, &data, &length);
    if (r < 0)
        return r == -ENOMEM ? r : -ENOENT;
    r = parse_file(data, length, zone);
    if (r < 0)
        return r;
    *ret = TAKE_PTR(zone);
    return 0;
}

// ---- Days --------------------------------------------------------------------------------------
static int32_t offset_at(const struct zone *zone, int64_t seconds)
{
    int32_t offset = zone->before;
    for (size_t i = 0; i < zone->n && zone->at[i] <= seconds; i++)
        offset = zone->offset[i];
    return offset;
}

// The first instant whose local time is `local` (seconds since 1970 as the clock on the wall counts
// them) or, where the clock jumps over that, the instant of the jump.
static int64_t first_instant(const struct zone *zone, int64_t local)
{
    int64_t early = local - offset_at(zone, local - DAY_S);
    int64_t late = local - offset_at(zone, local + DAY_S);
    if (offset_at(zone, early) == local - early)
        return early;
    if (offset_at(zone, late) == local - late)
        return late;
    for (size_t i = 0; i < zone->n; i++)
        if (zone->at[i] > local - DAY_S && zone->at[i] + zone->offset[i] >= local)
            return zone->at[i];
    return late;
}

static bool is_date(const char *text)
{
    static const char form[] = "dddd-dd-dd";
    for (size_t i = 0; i < sizeof form; i++)
        if (form[i] == 'd' ? !isdigit((unsigned char)text[i]) : text[i] != form[i])
            return false;
    return true;
}

// Days since 1970 of a day that exists.
static int parse_date(const char *text, int64_t *ret_days)
{
    if (!is_date(text))
        return -EINVAL;
    int year = (int)strtol(text, NULL, 10), month = (int)strtol(text + 5, NULL, 10);
    int day = (int)strtol(text + 8, NULL, 10);
    struct tm tm = {.tm_year = year - 1900, .tm_mon = month - 1, .tm_mday = day};
    int64_t seconds = timegm(&tm);
    // timegm turns 30 February into 2 March: an impossible date is refused, not moved.
    if (tm.tm_mday != day || tm.tm_mon != month - 1)
        return -EINVAL;
    if (year < 1970 || year > YEAR_MAX)
        return -ERANGE;
    *ret_days = seconds / DAY_S;
    return 0;
}

int zone_parse_day(const struct zone *zone, const char *text, unsigned later, uint64_t *ret_wall_ns)
{
    int64_t days;
    int r = parse_date(text, &days);
    if (r < 0)
        return r;
    int64_t seconds = first_instant(zone, (days + later) * DAY_S);
    if (seconds < 0 || (zone->has_rule && zone->n > 0 && seconds > zone->at[zone->n - 1]))
        return -ERANGE;
    *ret_wall_ns = (uint64_t)seconds * NS_PER_S;
    return 0;
}
