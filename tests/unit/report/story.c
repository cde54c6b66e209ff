// SPDX-License-Identifier: GPL-3.0-or-later
#include "story.h"

#include "base/text.h"

#include <criterion/criterion.h>
#include <string.h>
#include <time.h>

#define STARTED "{\"mode\":\"enforce\",\"modes\":{\"usb\":\"enforce\",\"network\":\"enforce\"}}"

uint64_t story_at(unsigned day, unsigned hour, unsigned minute)
{
    char text[40];
    uint64_t ns = 0;
    snprintf(text, sizeof text, STORY_MONTH "-%02u %02u:%02u", day, hour, minute);
    cr_assert_eq(moment_parse(text, &ns), 0);
    return ns;
}

void story_begin(struct story *story)
{
    memset(story, 0, sizeof *story);
    cr_assert_eq(setenv("TZ", "Asia/Tokyo", 1), 0);
    tzset();
    cr_assert_eq(month_init(&story->month, STORY_MONTH), 0);
}

void story_end(struct story *story)
{
    cr_assert_eq(month_end(&story->month, story->month.end_ns + HOUR), 0);
}

void story_boot(struct story *story, uint64_t wall_ns)
{
    story->boot_ns = wall_ns;
    snprintf(story->boot, sizeof story->boot, "%032" PRIx64, wall_ns);
}

void story_row(struct story *story, uint64_t wall_ns, enum fact_kind kind, const char *object,
               const char *outcome, const char *details)
{
    struct query_row row = {
        .sequence = ++story->sequence,
        .kind_name = fact_kind_to_str(kind),
        .fact = {.kind = kind,
                 .severity = fact_kind_severity(kind),
                 .at = {.wall_ns = wall_ns, .monotonic_ns = wall_ns - story->boot_ns},
                 .uid = FACT_NO_UID,
                 .object = (char *)object,
                 .outcome = (char *)outcome,
                 .details = (char *)details},
    };
    memcpy(row.fact.at.boot, story->boot, sizeof story->boot);
    cr_assert_eq(month_take(&story->month, &row), 0);
}

void story_gap(struct story *story, uint64_t wall_ns, uint64_t from_ns, uint64_t to_ns,
               bool covered)
{
    CLEANUP_FREE char *details =
        text_format("{\"cause\":\"agent not running\",\"boot\":\"%s\",\"from_ns\":%" PRIu64
                    ",\"to_ns\":%" PRIu64 ",\"covered\":%s,\"firewall\":%s}",
                    from_ns < story->boot_ns ? "another" : story->boot, from_ns, to_ns,
                    covered ? "true" : "false", covered ? "true" : "false");
    story_row(story, wall_ns, FACT_AGENT_GAP, NULL, covered ? "covered" : "unwatched", details);
}

void story_install(struct story *story, uint64_t wall_ns)
{
    story_boot(story, wall_ns - 20 * S);
    story_row(story, wall_ns, FACT_LEDGER_OPENED, STORY_MONTH, "opened",
              "{\"host\":\"pc-01\",\"previous_sequence\":0}");
    story_gap(story, wall_ns, wall_ns - 20 * S, wall_ns, true);
    story_row(story, wall_ns, FACT_AGENT_STARTED, NULL, "started", STARTED);
}

void story_start(struct story *story, uint64_t wall_ns)
{
    story_boot(story, wall_ns - 20 * S);
    story_row(story, wall_ns, FACT_LEDGER_SEALED, STORY_MONTH, "sealed", "{}");
    story_gap(story, wall_ns, wall_ns - 20 * S, wall_ns, true);
    story_row(story, wall_ns, FACT_AGENT_STARTED, NULL, "started", STARTED);
}

void story_stop(struct story *story, uint64_t wall_ns)
{
    story_row(story, wall_ns, FACT_AGENT_STOPPED, NULL, "stopped", NULL);
    story_row(story, wall_ns, FACT_LEDGER_SEALED, STORY_MONTH, "sealed", "{}");
}

void story_blocked(struct story *story, uint64_t wall_ns, const char *identity, const char *outcome)
{
    story_row(story, wall_ns, FACT_USB_BLOCKED, identity, outcome,
              "{\"manufacturer\":\"Kingston\",\"name\":\"DataTraveler\",\"function\":\"storage\","
              "\"reason\":\"no-approval\",\"rule\":\"none\"}");
}

void story_used(struct story *story, uint64_t wall_ns, const char *identity, const char *rule)
{
    CLEANUP_FREE char *details =
        text_format("{\"name\":\"office "
                    "stick\",\"function\":\"storage\",\"reason\":\"approved\",\"rule\":\"%s\","
                    "\"read_only\":true,\"encrypted\":false}",
                    rule);
    story_row(story, wall_ns, FACT_USB_ALLOWED, identity, "allowed", details);
}

void story_broken(struct story *story, uint64_t wall_ns, const char *link, uint64_t since_ns)
{
    CLEANUP_FREE char *details =
        text_format("{\"link\":\"%s\",\"mac\":\"52:54:00:00:00:01\",\"reason\":\"not-named\","
                    "\"since_ns\":%" PRIu64 "}",
                    link, since_ns);
    story_row(story, wall_ns, FACT_AIRGAP_BROKEN, link, wall_ns == since_ns ? "set down" : "stated",
              details);
}

void story_restored(struct story *story, uint64_t wall_ns, const char *link, uint64_t since_ns,
                    uint64_t duration_ns)
{
    CLEANUP_FREE char *details =
        text_format("{\"link\":\"%s\",\"reason\":\"not-named\",\"since_ns\":%" PRIu64
                    ",\"duration_ns\":%" PRIu64 "}",
                    link, since_ns, duration_ns);
    story_row(story, wall_ns, FACT_AIRGAP_RESTORED, link, "restored", details);
}

void story_tell_two_days(struct story *story)
{
    story_install(story, story_at(2, 9, 0));
    story_stop(story, story_at(2, 17, 0));
    story_start(story, story_at(3, 9, 0));
    story_stop(story, story_at(3, 17, 0));
}
