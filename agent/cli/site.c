// SPDX-License-Identifier: GPL-3.0-or-later
// The policy's time zone becomes TZ.
#include "cli/site.h"

#include "base/zone.h"
#include "cli/cli.h"

#include <errno.h>
#include <fcntl.h>
#include <time.h>

#define DEFAULT_TIME_ZONE "Asia/Tokyo"

struct policy *site_load_policy(void)
{
    CLEANUP_CLOSE int etc = open(CLI_POLICY_FOLDER, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    struct policy *policy = NULL;
    struct policy_mistakes mistakes = {0};
    if (etc < 0)
        return NULL;
    int r = policy_load(etc, CLI_POLICY_FOLDER, 0, &policy, &mistakes);
    policy_mistakes_clear(&mistakes);
    return r == 0 ? policy : NULL; // “sekisho policy check” is there to say what is wrong
}

int site_use_named_zone(const char *name)
{
    CLEANUP(zone_free_p) struct zone *zone = NULL; // looked at first: TZ takes anything
    int r = zone_open(name, &zone);
    if (r < 0)
        return r;
    if (setenv("TZ", name, 1) < 0)
        return -errno;
    tzset();
    return 0;
}

const char *site_use_zone(const struct policy *policy)
{
    if (!policy || site_use_named_zone(policy->time_zone) < 0) {
        (void)setenv("TZ", DEFAULT_TIME_ZONE, 1);
        tzset();
    }
    return getenv("TZ");
}
