// SPDX-License-Identifier: GPL-3.0-or-later
// Loading, refusing and watching the policy.
#include "daemon/policy-store.h"

#include "base/json.h"
#include "base/log.h"
#include "base/text.h"
#include "bus/bus.h"
#include "daemon/person.h"

#include <errno.h>
#include <string.h>
#include <sys/inotify.h>

#define SETTLE_US (200 * 1000) // an editor's save is several events
#define MISTAKES_RECORDED 20

struct policy_store {
    struct policy_store_options options;
    struct policy *policy;
    uint64_t loaded_ns;
    size_t mistakes;
    bool text_pending;      // a row with the full text is on its way to disk
    uint64_t text_sequence; // last row that holds the full text of the policy in force
    sd_event_source *folder, *dropins, *settle;
};

static struct json_object *describe(const struct policy_store *store, const char *trigger,
                                    const uint8_t *hash)
{
    struct json_object *details = json_object_new_object();
    json_add_text(details, "trigger", trigger);
    json_add_text(details, "folder", store->options.options->config);
    if (hash) {
        char hex[DIGEST_TEXT_SIZE];
        text_hex(hash, DIGEST_SIZE, hex);
        json_add_text(details, "sha256", hex);
    }
    return details;
}

static void on_text_recorded(void *context, uint64_t sequence, int error)
{
    struct policy_store *store = context;
    (void)error;
    store->text_pending = false;
    if (sequence > 0)
        store->text_sequence = sequence;
}

static void record(struct policy_store *store, enum fact_kind kind, const char *outcome,
                   struct json_object *details, const struct bus_person *who)
{
    bool with_text = json_object_object_get_ex(details, "text", NULL);
    struct fact *fact = recorder_fact(kind, store->options.options->config, outcome, details);
    if (fact && who)
        person_sign(fact, who);
    store->text_pending |= with_text;
    recorder_put(store->options.recorder, fact, with_text ? on_text_recorded : NULL, store);
}

static void record_loaded(struct policy_store *store, const char *trigger, bool with_text,
                          const struct bus_person *who)
{
    struct json_object *details = describe(store, trigger, store->policy->hash);
    char end[DAY_TEXT_SIZE];
    moment_to_last_day(store->policy->contract_end_ns, end);
    json_add_text(details, "contract_end", end[0] ? end : NULL);
    if (with_text)
        json_add_text(details, "text", store->policy->text);
    record(store, FACT_POLICY_LOADED, "loaded", details, who);
}

static struct json_object *list_mistakes(const struct policy_mistakes *mistakes)
{
    struct json_object *list = json_object_new_array();
    for (size_t i = 0; i < mistakes->n && i < MISTAKES_RECORDED; i++) {
        const struct policy_mistake *m = &mistakes->items[i];
        CLEANUP_FREE char *line = text_format("%s:%u: %s", m->file, m->line, m->what);
        if (line)
            json_object_array_add(list, json_object_new_string(line));
    }
    return list;
}

static void refuse(struct policy_store *store, const char *trigger, const struct bus_person *who,
                   const struct policy_mistakes *mistakes)
{
    store->mistakes = mistakes->n > 0 ? mistakes->n : 1;
    for (size_t i = 0; i < mistakes->n; i++)
        log_error("%s:%u: %s", mistakes->items[i].file, mistakes->items[i].line,
                  mistakes->items[i].what);
    log_error("the policy has %zu mistakes, keeping %s", mistakes->n,
              store->policy ? "the old one" : "the last compiled gate");
    struct json_object *details = describe(store, trigger, NULL);
    json_object_object_add(details, "mistakes", list_mistakes(mistakes));
    json_add_number(details, "count", mistakes->n);
    record(store, FACT_POLICY_REJECTED, "refused", details, who);
}

static void accept_new(struct policy_store *store, struct policy *policy, const char *trigger,
                       const struct bus_person *who)
{
    bool same = store->policy && memcmp(store->policy->hash, policy->hash, DIGEST_SIZE) == 0;
    bool was_broken = store->mistakes > 0;
    store->mistakes = 0;
    if (same && !was_broken && strcmp(trigger, "file") == 0) {
        policy_free(policy); // touched, not changed
        return;
    }
    policy_free(store->policy);
    store->policy = policy;
    store->loaded_ns = moment_now().wall_ns;
    record_loaded(store, trigger, !same, who);
    if (store->options.changed)
        store->options.changed(store->options.context);
}

int policy_store_load(struct policy_store *store, const char *trigger, const struct bus_person *who)
{
    struct policy *policy = NULL;
    struct policy_mistakes mistakes = {0};
    int r = policy_load(store->options.places->etc, store->options.options->config, geteuid(),
                        &policy, &mistakes);
    if (r == 0)
        accept_new(store, policy, trigger, who);
    else
        refuse(store, trigger, who, &mistakes);
    policy_mistakes_clear(&mistakes);
    return r;
}

void policy_store_restate(struct policy_store *store, uint64_t month)
{
    if (store->policy && !store->text_pending && store->text_sequence < month)
        record_loaded(store, "month", true, NULL);
}

static int on_settled(sd_event_source *source, uint64_t now, void *context)
{
    (void)source, (void)now;
    int r = policy_store_load(context, "file", NULL);
    return r == -ENOMEM ? r : 0;
}

static int on_touched(sd_event_source *source, const struct inotify_event *event, void *context)
{
    struct policy_store *store = context;
    (void)source, (void)event;
    int r = sd_event_source_set_time_relative(store->settle, SETTLE_US);
    return r < 0 ? r : sd_event_source_set_enabled(store->settle, SD_EVENT_ONESHOT);
}

static int watch_folder(struct policy_store *store, const char *path, sd_event_source **ret)
{
    return sd_event_add_inotify(store->options.event, ret, path,
                                IN_CLOSE_WRITE | IN_MOVED_TO | IN_MOVED_FROM | IN_DELETE |
                                    IN_ATTRIB | IN_ONLYDIR,
                                on_touched, store);
}

static int watch_files(struct policy_store *store)
{
    const char *config = store->options.options->config;
    CLEANUP_FREE char *dropins = text_format("%s/policy.d", config);
    if (!dropins)
        return -ENOMEM;
    int r = sd_event_add_time_relative(store->options.event, &store->settle, CLOCK_MONOTONIC,
                                       SETTLE_US, 0, on_settled, store);
    if (r < 0)
        return r;
    r = sd_event_source_set_enabled(store->settle, SD_EVENT_OFF);
    if (r < 0)
        return r;
    r = watch_folder(store, config, &store->folder);
    if (r < 0)
        return r;
    r = watch_folder(store, dropins, &store->dropins);
    return r == -ENOENT ? 0 : r; // no policy.d yet: SIGHUP reads it once there is one
}

int policy_store_new(const struct policy_store_options *options, struct policy_store **ret)
{
    CLEANUP(policy_store_free_p) struct policy_store *store = calloc(1, sizeof *store);
    if (!store)
        return -ENOMEM;
    store->options = *options;
    int r = watch_files(store);
    if (r < 0)
        return r;
    r = policy_store_load(store, "start", NULL);
    if (r == -ENOMEM)
        return r;
    *ret = TAKE_PTR(store);
    return 0;
}

void policy_store_free(struct policy_store *store)
{
    if (!store)
        return;
    sd_event_source_disable_unref(store->folder);
    sd_event_source_disable_unref(store->dropins);
    sd_event_source_disable_unref(store->settle);
    policy_free(store->policy);
    free(store);
}

const struct policy *policy_store_get(const struct policy_store *store)
{
    return store->policy;
}

size_t policy_store_mistakes(const struct policy_store *store)
{
    return store->mistakes;
}

uint64_t policy_store_loaded_ns(const struct policy_store *store)
{
    return store->loaded_ns;
}
