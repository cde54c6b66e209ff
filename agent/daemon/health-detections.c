// SPDX-License-Identifier: GPL-3.0-or-later
// Which detections were told: by the id that `health` gives each line of a log.
#include "daemon/health-detections.h"

#include "base/json.h"
#include "base/log.h"
#include "base/text.h"
#include "ledger/query.h"

#include <errno.h>
#include <string.h>

#define TOLD_MAX 4096 // then the oldest are forgotten; a log shows at most its last 256
#define ID_SIZE 33
#define RECENT_NS (24 * 3600 * NS_PER_S)

struct told {
    char id[ID_SIZE]; // "": none, or its row could not be written
};

struct detections {
    struct recorder *recorder;
    struct told told[TOLD_MAX]; // a ring
    size_t next;
};

// ---- What was told -----------------------------------------------------------------------------

static bool is_id(const char *id)
{
    return id && id[0] && strlen(id) < ID_SIZE;
}

static bool was_told(const struct detections *detections, const char *id)
{
    bool told = false;
    for (size_t i = 0; i < TOLD_MAX; i++)
        told |= strcmp(detections->told[i].id, id) == 0;
    return told;
}

static struct told *keep(struct detections *detections, const char *id)
{
    struct told *told = &detections->told[detections->next];
    detections->next = (detections->next + 1) % TOLD_MAX;
    text_copy(told->id, sizeof told->id, id);
    return told;
}

static int on_row(void *context, const struct query_row *row)
{
    CLEANUP_JSON json_object *details = fact_read_details(&row->fact);
    const char *id = json_get_text(details, "id");
    if (is_id(id))
        (void)keep(context, id);
    return 0;
}

static int read_told(const char *ledger, struct detections *detections)
{
    CLEANUP(query_free_paths_p) char **paths = NULL;
    const struct query_filter filter = {.kind = "antivirus.detected", .severity = -1};
    size_t n;
    int r = query_list_months(ledger, &paths, &n);
    if (r < 0)
        return r == -ENOENT ? 0 : r;
    return query_run((const char *const *)paths, n, &filter, on_row, detections);
}

// ---- Rows --------------------------------------------------------------------------------------

static void on_recorded(void *context, uint64_t sequence, int error)
{
    struct told *told = context;
    (void)error;
    if (sequence == 0)
        told->id[0] = '\0'; // the next look tells it
}

// What was found long before anybody looked, and is gone, alarms nobody any more.
static bool is_history(json_object *one, uint64_t now_ns)
{
    uint64_t at_s = json_get_number(one, "at_s");
    return at_s > 0 && at_s < now_ns / NS_PER_S && now_ns - at_s * NS_PER_S > RECENT_NS &&
           !json_get_bool(one, "still_there");
}

static void record(struct detections *detections, const char *product, json_object *one,
                   uint64_t now_ns)
{
    const char *id = json_get_text(one, "id"), *file = json_get_text(one, "file");
    json_object *details = json_object_new_object();
    json_add_text(details, "id", id);
    json_add_text(details, "product", product);
    json_add_text(details, "signature", json_get_text(one, "signature"));
    json_add_number(details, "at_s", json_get_number(one, "at_s"));
    const char *outcome = !file                               ? "in a stream"
                          : json_get_bool(one, "still_there") ? "still there"
                                                              : "gone";
    struct fact *row = recorder_fact(FACT_ANTIVIRUS_DETECTED,
                                     file ? file : json_get_text(one, "by"), outcome, details);
    if (row && is_history(one, now_ns))
        row->severity = SEVERITY_WARNING;
    recorder_put_found(detections->recorder, row, on_recorded, keep(detections, id));
}

static void note_product(struct detections *detections, json_object *product, uint64_t now_ns)
{
    json_object *list = json_get(json_get(product, "found"), "detections");
    size_t n = json_object_is_type(list, json_type_array) ? json_object_array_length(list) : 0;
    for (size_t i = 0; i < n; i++) {
        json_object *one = json_object_array_get_idx(list, i);
        const char *id = json_get_text(one, "id");
        if (is_id(id) && !was_told(detections, id))
            record(detections, json_get_text(product, "name"), one, now_ns);
    }
}

void detections_note(struct detections *detections, json_object *facts, uint64_t now_ns)
{
    json_object *products = json_get(facts, "products");
    size_t n =
        json_object_is_type(products, json_type_array) ? json_object_array_length(products) : 0;
    for (size_t i = 0; i < n; i++)
        note_product(detections, json_object_array_get_idx(products, i), now_ns);
}

// ---- Life --------------------------------------------------------------------------------------

int detections_new(const char *ledger, struct recorder *recorder, struct detections **ret)
{
    struct detections *detections = calloc(1, sizeof *detections);
    if (!detections)
        return -ENOMEM;
    detections->recorder = recorder;
    int r = read_told(ledger, detections);
    if (r < 0)
        log_warning("cannot read what the antivirus had found before: %s; it may be told twice",
                    strerror(-r));
    *ret = detections;
    return 0;
}

void detections_free(struct detections *detections)
{
    free(detections);
}
