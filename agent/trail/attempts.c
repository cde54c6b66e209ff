// SPDX-License-Identifier: GPL-3.0-or-later
// One attempt to log in may be told several times: by PAM (USER_AUTH, USER_ACCT), and by the
// program itself (USER_LOGIN), which has to wait meanwhile, so that nobody can guess quickly. sshd
// speaks first where a name is nobody's, whose password it asks for then; and for
// keyboard-interactive PAM runs in a process of its own.
#include "base/moment.h"
#include "trail/state.h"

#include <sodium/crypto_shorthash.h>
#include <string.h>

#define HELPER_NS (10 * NS_PER_S)

// Of what both of PAM's process and the program's say alike.
static uint64_t mark_of(const struct trail *trail, const struct audit_event *event)
{
    const char *const texts[] = {event->service, event->account, event->address};
    uint64_t parts[ELEMENTS(texts)], mark;
    for (size_t i = 0; i < ELEMENTS(texts); i++) {
        const char *text = texts[i] ? texts[i] : "";
        (void)crypto_shorthash((uint8_t *)&parts[i], (const uint8_t *)text, strlen(text),
                               trail->hash_key);
    }
    (void)crypto_shorthash((uint8_t *)&mark, (const uint8_t *)parts, sizeof parts, trail->hash_key);
    return mark >> 1; // as the checkpoint's JSON keeps it
}

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

static bool is_by_helper(const struct attempt *attempt, const struct audit_event *event,
                         uint64_t mark)
{
    return attempt->mark == mark && attempt->by_pam && !attempt->by_program &&
           is_within(event->wall_ns, attempt->wall_ns, HELPER_NS);
}

// The latest of that process, or what its helper has said.
static struct attempt *find(struct sessions *sessions, const struct audit_event *event,
                            uint64_t mark)
{
    for (size_t i = sessions->n_attempts; i-- > 0;)
        if (sessions->attempts[i].pid == event->pid)
            return &sessions->attempts[i];
    for (size_t i = sessions->n_attempts; event->by_program && i-- > 0;)
        if (is_by_helper(&sessions->attempts[i], event, mark))
            return &sessions->attempts[i];
    return NULL;
}

bool attempts_take(struct trail *trail, const struct audit_event *event)
{
    struct sessions *sessions = &trail->sessions;
    uint64_t mark = mark_of(trail, event);
    forget_old(sessions, event->wall_ns);
    struct attempt *attempt = find(sessions, event, mark);
    // What PAM says again is the next one at the same prompt.
    if (attempt && (event->by_program || !attempt->by_pam)) {
        attempt->by_program |= event->by_program;
        attempt->by_pam |= !event->by_program;
        return false;
    }
    if (sessions->n_attempts == ATTEMPTS_MAX)
        forget(sessions, 0);
    sessions->attempts[sessions->n_attempts++] = (struct attempt){
        .pid = event->pid,
        .wall_ns = event->wall_ns,
        .mark = mark,
        .by_pam = !event->by_program,
        .by_program = event->by_program,
    };
    return true;
}
