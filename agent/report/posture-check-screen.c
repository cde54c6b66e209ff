// SPDX-License-Identifier: GPL-3.0-or-later
// Is a screen locked when nobody sits at it? Judged for each person and each desktop that the login
// screen offers.
#include "base/i18n.h"
#include "base/moment.h"
#include "base/text.h"
#include "report/posture-check-parts.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#define DEFAULT_LIMIT_S 600

#define SESSION "/org/gnome/desktop/session/"
#define SAVER "/org/gnome/desktop/screensaver/"
#define LOCKDOWN "/org/gnome/desktop/lockdown/"

enum lock { LOCKS, LOCK_UNKNOWN, LOCK_FAILS };

struct judging {
    json_object *part;   // "screen"
    json_object *person; // one of its persons
    uint64_t limit_s;
};

// ---- GNOME -------------------------------------------------------------------------------------

static bool is_fixed(json_object *gnome, const char *path)
{
    json_object *locks = json_get(gnome, "locks");
    for (size_t i = 0; i < posture_length(locks); i++)
        if (text_equal(posture_text_at(locks, i), path))
            return true;
    return false;
}

// What the system says; GNOME's own otherwise. A person may have set something else in a database
// that we can't read: NULL then.
static const char *gnome_value(const struct judging *judging, const char *path,
                               const char *fallback)
{
    json_object *gnome = json_get(judging->part, "gnome");
    const char *value = json_get_text(json_get(gnome, "values"), path);
    const char *schema = json_get_text(json_get(gnome, "defaults"), path);
    if (!is_fixed(gnome, path) && json_get_bool(judging->person, "dconf"))
        return NULL;
    return value ? value : schema ? schema : fallback;
}

static bool parse_seconds(const char *text, uint64_t *ret)
{
    static const char type[] = "uint32 ";
    if (strncmp(text, type, sizeof type - 1) == 0)
        text += sizeof type - 1;
    return text_to_u64(text, 10, UINT32_MAX, ret) == 0;
}

static enum lock judge_gnome(const struct judging *judging)
{
    json_object *gnome = json_get(judging->part, "gnome");
    const char *idle = gnome_value(judging, SESSION "idle-delay", "300");
    const char *enabled = gnome_value(judging, SAVER "lock-enabled", "true");
    const char *delay = gnome_value(judging, SAVER "lock-delay", "0");
    const char *off = gnome_value(judging, LOCKDOWN "disable-lock-screen", "false");
    uint64_t idle_s = 0, delay_s = 0;
    if (json_get(gnome, "compiled") && !json_get_bool(gnome, "compiled"))
        return LOCK_UNKNOWN;
    if ((enabled && !text_equal(enabled, "true")) || (off && !text_equal(off, "false")))
        return LOCK_FAILS;
    if ((idle && !parse_seconds(idle, &idle_s)) || (delay && !parse_seconds(delay, &delay_s)))
        return LOCK_UNKNOWN;
    if ((idle && idle_s == 0) || idle_s + delay_s > judging->limit_s)
        return LOCK_FAILS;
    return idle && enabled && delay && off ? LOCKS : LOCK_UNKNOWN;
}

// ---- KDE ---------------------------------------------------------------------------------------

static const char *kde_value(const struct judging *judging, const char *key, const char *fallback)
{
    json_object *system = json_get(json_get(judging->part, "kde"), key);
    json_object *own = json_get(json_get(judging->person, "kde"), key);
    const char *value =
        json_get_text(own && !json_get_bool(system, "fixed") ? own : system, "value");
    return value ? value : fallback;
}

static enum lock judge_kde(const struct judging *judging)
{
    uint64_t minutes, grace_s;
    if (text_to_u64(kde_value(judging, "timeout", "5"), 10, UINT16_MAX, &minutes) < 0 ||
        text_to_u64(kde_value(judging, "grace", "5"), 10, UINT16_MAX, &grace_s) < 0)
        return LOCK_UNKNOWN;
    // The five seconds of grace that KDE gives by itself are in no minute.
    bool in_time = minutes > 0 && minutes * 60 + grace_s <= judging->limit_s + 5;
    return in_time && text_equal(kde_value(judging, "autolock", "true"), "true") ? LOCKS
                                                                                 : LOCK_FAILS;
}

// ---- Xfce --------------------------------------------------------------------------------------

static const char *xfce_value(const struct judging *judging, const char *path, const char *fallback)
{
    const char *own = json_get_text(json_get(judging->person, "xfce"), path);
    const char *value = own ? own : json_get_text(json_get(judging->part, "xfce"), path);
    return value ? value : fallback;
}

static enum lock judge_xfce_saver(const struct judging *judging)
{
    static const char *const switches[] = {"/saver/enabled", "/saver/idle-activation/enabled",
                                           "/lock/enabled", "/lock/saver-activation/enabled"};
    uint64_t idle, delay;
    for (size_t i = 0; i < ELEMENTS(switches); i++)
        if (!text_equal(xfce_value(judging, switches[i], "true"), "true"))
            return LOCK_FAILS;
    if (text_to_u64(xfce_value(judging, "/saver/idle-activation/delay", "5"), 10, UINT16_MAX,
                    &idle) < 0 ||
        text_to_u64(xfce_value(judging, "/lock/saver-activation/delay", "0"), 10, UINT16_MAX,
                    &delay) < 0)
        return LOCK_UNKNOWN;
    return idle > 0 && (idle + delay) * 60 <= judging->limit_s ? LOCKS : LOCK_FAILS;
}

// It locks when the screen goes blank, which Xfce's power manager decides: after ten minutes, if
// nobody says otherwise.
static enum lock judge_light_locker(const struct judging *judging)
{
    uint64_t minutes;
    if (json_get_bool(judging->person, "light_locker_off") ||
        text_equal(xfce_value(judging, "/xfce4-power-manager/presentation-mode", "false"), "true"))
        return LOCK_FAILS;
    if (text_to_u64(xfce_value(judging, "/xfce4-power-manager/blank-on-ac", "10"), 10, UINT16_MAX,
                    &minutes) < 0)
        return LOCK_UNKNOWN;
    return minutes > 0 && minutes * 60 <= judging->limit_s ? LOCKS : LOCK_FAILS;
}

static bool has_program(json_object *part, const char *name)
{
    json_object *programs = json_get(part, "programs");
    for (size_t i = 0; i < posture_length(programs); i++)
        if (text_equal(posture_text_at(programs, i), name))
            return true;
    return false;
}

static enum lock judge_xfce(const struct judging *judging)
{
    if (has_program(judging->part, "xfce4-screensaver"))
        return judge_xfce_saver(judging);
    if (has_program(judging->part, "light-locker") && json_get_bool(judging->part, "light_locker"))
        return judge_light_locker(judging);
    return LOCK_FAILS; // Xfce has none of its own
}

// ---- All of them -------------------------------------------------------------------------------

static const struct desktop {
    const char *word; // in DesktopNames
    const char *name;
    enum lock (*judge)(const struct judging *judging);
} desktops[] = {
    {"GNOME", "GNOME", judge_gnome}, {"KDE", "KDE", judge_kde}, {"XFCE", "Xfce", judge_xfce}};

// "Default Xsession" of Debian is one of the others.
static bool is_default_session(json_object *session)
{
    return text_equal(json_get_text(session, "file"), "lightdm-xsession.desktop");
}

static const struct desktop *find_desktop(json_object *session)
{
    const char *names = json_get_text(session, "desktop");
    for (size_t i = 0; names && i < ELEMENTS(desktops); i++)
        if (strcasestr(names, desktops[i].word))
            return &desktops[i];
    return NULL;
}

static void take(const struct judging *judging, const struct desktop *desktop,
                 struct posture_found *failing, struct posture_found *unknown)
{
    const char *name = json_get_text(judging->person, "name");
    CLEANUP_FREE char *entry = text_format("%s: %s", name ? name : "?", desktop->name);
    enum lock lock = desktop->judge(judging);
    struct posture_found *found = lock == LOCK_FAILS ? failing : unknown;
    if (lock == LOCKS && !posture_is_incomplete(judging->person))
        return;
    if (!entry)
        found->failed = true;
    else if (!posture_found_has(found, entry))
        posture_found_add(found, "%s", entry);
}

static void judge_all(json_object *part, uint64_t limit_s, struct posture_found *failing,
                      struct posture_found *unknown)
{
    json_object *sessions = json_get(part, "sessions"), *persons = json_get(part, "persons");
    size_t n = posture_length(sessions);
    for (size_t i = 0; i < n; i++) {
        json_object *session = json_object_array_get_idx(sessions, i);
        const struct desktop *desktop = find_desktop(session);
        const char *file = json_get_text(session, "file");
        if (!desktop && !(is_default_session(session) && n > 1))
            posture_found_add(unknown, "%s", file ? file : "?");
        for (size_t k = 0; desktop && k < posture_length(persons); k++) {
            const struct judging judging = {part, json_object_array_get_idx(persons, k), limit_s};
            take(&judging, desktop, failing, unknown);
        }
    }
}

static int give_remedy(const struct posture_found *found, enum finding_value value, const char *bad,
                       uint64_t limit_s, struct check_result *ret)
{
    CLEANUP_FREE char *remedy = text_format(
        _("lock after %" PRIu64 " minutes at most. GNOME: “idle-delay=uint32 300” and "
          "“lock-enabled=true” for all in /etc/dconf/db/local.d, their names in its locks, "
          "“sudo dconf update”. KDE: “[Daemon][$i]”, “Autolock=true”, “Timeout=5” in "
          "/etc/xdg/kscreenlockerrc. Xfce: “sudo apt install xfce4-screensaver”. Other desktops: "
          "take them off"),
        limit_s / 60);
    return remedy ? posture_give_found(found, value, bad, remedy, ret) : -ENOMEM;
}

int posture_look_at_screen_lock(const struct check *check, const struct check_sources *sources,
                                struct check_result *ret)
{
    CLEANUP(posture_found_clear_p) struct posture_found failing = {0}, unknown = {0};
    json_object *part = posture_part(sources, "screen");
    uint64_t limit_s =
        sources->policy ? sources->policy->lock_after_ns / NS_PER_S : DEFAULT_LIMIT_S;
    (void)check;
    if (!part)
        return posture_give_unseen(sources, ret);
    judge_all(part, limit_s, &failing, &unknown);
    if (failing.n > 0)
        return give_remedy(&failing, FINDING_VIOLATION, _("not locked, or too late"), limit_s, ret);
    if (posture_is_incomplete(part) || !json_get(part, "sessions") || !json_get(part, "persons"))
        return posture_give_unread(part, ret);
    if (unknown.n > 0 || unknown.failed)
        return give_remedy(&unknown, FINDING_UNVERIFIED,
                           _("a person's own setting, or a desktop, that sekisho can't read"),
                           limit_s, ret);
    if (posture_length(json_get(part, "sessions")) == 0)
        return posture_give_not_applicable(_("no desktop is installed"), ret);
    return posture_give_ok(_("locked in time, for everybody"), ret);
}
