// SPDX-License-Identifier: GPL-3.0-or-later
// The network guard's part of its mode: the firewall, which another program loads and unloads by
// what stands in the files. It is confirmed from a new connection, because an old one, and the way
// to make one, is what the firewall might have cut.
//
// A connection is new if it was made while the firewall was loaded. Who confirms is known by the
// audit session of the login, in which su, sudo and tmux stay, so both are asked:
// - Nobody was in that session when the firewall had been loaded. The kernel counts sessions up; a
//   number above all that were there belongs to a later login. This refuses what is left of an
//   older login, also if its first processes have ended and its connection is cut.
// - The first process in it began after that. With sshd, as with every service that forks for each
//   connection, that process is as old as the connection. This refuses whoever had connected
//   before, and typed the password only now.
// Commands over a shared connection (ssh's ControlMaster) are in the session of that connection.
// That the session came over the network is not asked: whoever has cron confirm does not want the
// trial, and could have said --yes. Who sits at the machine may confirm as well: that way back
// needs no network.
#include "base/i18n.h"
#include "base/log.h"
#include "base/login.h"
#include "base/text.h"
#include "bus/bus.h"
#include "daemon/mode-guard.h"
#include "daemon/person.h"

#include <errno.h>
#include <string.h>

struct network {
    const struct mode_keeper_options *options;
    unit_job_done done;
    void *context;
    enum gate_mode mode;
    struct unit_job *job;
    uint64_t loaded_ns; // CLOCK_BOOTTIME, when the firewall had been loaded; 0: it is not
    uint32_t newest;    // the newest audit session then
};

// ---- The firewall ------------------------------------------------------------------------------

static void note_loaded(struct network *network)
{
    network->loaded_ns = moment_now().monotonic_ns;
    int r = login_newest_session(network->options->places->proc, &network->newest);
    if (r < 0) {
        network->newest = LOGIN_NONE; // nobody comes after it
        log_warning("cannot tell who is logged in: %s; enforce (network) is confirmed at the "
                    "machine only",
                    strerror(-r));
    }
}

static void on_run(void *context, int error)
{
    struct network *network = context;
    if (network->mode == MODE_OBSERVE) {
        if (error < 0)
            log_error("the firewall could not be taken away: %s; run `systemctl restart "
                      "sekisho-airgap`",
                      strerror(-error));
        return;
    }
    if (error == 0)
        note_loaded(network);
    network->done(network->context, error);
}

static int network_changed(void *state, enum gate_mode mode)
{
    struct network *network = state;
    unit_job_free(TAKE_PTR(network->job));
    network->loaded_ns = 0;
    network->mode = mode;
    return network->options->network_changed(network->options->context, on_run, network,
                                             &network->job);
}

// ---- Confirming --------------------------------------------------------------------------------

static bool came_anew(const struct network *network, const struct bus_person *who)
{
    uint64_t session, began_ns;
    if (network->loaded_ns == 0 || !who->session)
        return false;
    int r = text_to_u64(who->session, 10, LOGIN_NONE - 1, &session);
    if (r < 0 || session <= network->newest)
        return false;
    r = login_session_began(network->options->places->proc, (uint32_t)session, &began_ns);
    return r == 0 && began_ns > network->loaded_ns;
}

static bool network_may_confirm(void *state, const struct bus_person *who)
{
    return came_anew(state, who) || person_sits_at_the_machine(who);
}

// Confirmed at the machine before the firewall was loaded, or unattended, there is something left
// to wait for.
static int network_install(void *state)
{
    const struct network *network = state;
    return network->loaded_ns == 0 ? 1 : 0;
}

static void network_kept(void *state)
{
    const struct network *network = state;
    network->options->network_kept(network->options->context);
}

// ---- Life --------------------------------------------------------------------------------------

static int network_new(const struct mode_keeper_options *options, unit_job_done done, void *context,
                       void **ret_state)
{
    struct network *network = calloc(1, sizeof *network);
    if (!network)
        return -ENOMEM;
    *network = (struct network){.options = options, .done = done, .context = context};
    *ret_state = network;
    return 0;
}

static void network_free(void *state)
{
    struct network *network = state;
    if (!network)
        return;
    unit_job_free(network->job);
    free(network);
}

const struct mode_guard mode_network = {
    .new = network_new,
    .free = network_free,
    .changed = network_changed,
    .may_confirm = network_may_confirm,
    .where = N_("Confirm from a connection that was made after the trial began, or at this machine "
                "itself: that shows that it can still be reached."),
    .install = network_install,
    .kept = network_kept,
};
