// SPDX-License-Identifier: GPL-3.0-or-later
// One attempt to log in may be told twice: by PAM (USER_AUTH, USER_ACCT) and by the program itself
// (USER_LOGIN), in this order or, as sshd does for a name that nobody has, the other way round.
#include "base/moment.h"
#include "trail/state.h"

#include <string.h>

static void forget(struct sessions *sessions, size_t at)
{
    sessions->n_attempts--;
    memmove(&sessions->attempts[at], &sessions->attempts[at + 1],
            (sessions->n_attempts - at) * sizeof sessions->attempts[0]);
}

static void forget_old(struct sessions *sessions, uint64_t wall_ns)
{
    for (size_t i = 0; i < sessions->n_attempts;) {
        if (is_within(wall_ns, sessions->attempts[i].wall_ns, ATTEMPT_NS))
            i++;
        else
            forget(sessions, i);
    }
}

bool attempts_take(struct sessions *sessions, const struct audit_event *event)
{
    forget_old(sessions, event->wall_ns);
    for (size_t i = sessions->n_attempts; i-- > 0;) {
        struct attempt *attempt = &sessions->attempts[i];
        if (attempt->pid != event->pid)
            continue;
        if (event->by_program)
            return false;
        if (attempt->by_pam)
            break; // the next one at the same prompt
        attempt->by_pam = true;
        return false;
    }
    if (sessions->n_attempts == ATTEMPTS_MAX)
        forget(sessions, 0);
    sessions->attempts[sessions->n_attempts++] = (struct attempt){
        .pid = event->pid, .wall_ns = event->wall_ns, .by_pam = !event->by_program};
    return true;
}
