// SPDX-License-Identifier: GPL-3.0-or-later
// org.freedesktop.PolicyKit1.Authority.CheckAuthorization, without blocking.
#include "bus/polkit.h"

#include "base/i18n.h"
#include "base/text.h"

#include <errno.h>
#include <inttypes.h>

#define POLKIT_NAME "org.freedesktop.PolicyKit1"
#define POLKIT_PATH "/org/freedesktop/PolicyKit1/Authority"
#define POLKIT_INTERFACE "org.freedesktop.PolicyKit1.Authority"

// As long as somebody may take to find the password; nothing waits meanwhile.
#define ANSWER_WITHIN_US (UINT64_C(120) * 1000 * 1000)
#define FLAG_INTERACTIVE 1u

struct polkit_check {
    struct polkit_question question;
    sd_bus_slot *slot;
    char *cancellation; // names this question to polkit
};

static void message_unref_p(sd_bus_message **message)
{
    sd_bus_message_unref(*message);
}

static void cancel(struct polkit_check *check)
{
    // Nobody waits for polkit's word on this; if it can't be sent, the dialog ends by itself.
    (void)sd_bus_call_method_async(check->question.bus, NULL, POLKIT_NAME, POLKIT_PATH,
                                   POLKIT_INTERFACE, "CancelCheckAuthorization", NULL, NULL, "s",
                                   check->cancellation);
}

void polkit_check_free(struct polkit_check *check)
{
    if (!check)
        return;
    if (check->slot)
        cancel(check);
    sd_bus_slot_unref(check->slot);
    free(check->cancellation);
    free(check);
}

// No answer from polkit. It never refuses root (CheckAuthorization answers yes before it looks at
// any rule), so root needs no polkit; for everybody else no answer is a no.
static int judge_error(const struct polkit_check *check, const sd_bus_error *error,
                       const char **ret_why)
{
    if (check->question.euid == 0)
        return 0;
    if (sd_bus_error_has_names(error, SD_BUS_ERROR_SERVICE_UNKNOWN, SD_BUS_ERROR_NAME_HAS_NO_OWNER))
        *ret_why = N_("polkit is not running, so only root may do this; use sudo");
    else if (sd_bus_error_has_names(error, SD_BUS_ERROR_NO_REPLY, SD_BUS_ERROR_TIMEOUT))
        *ret_why = N_("nobody gave the permission in time; try again, or use sudo");
    else
        *ret_why = N_("polkit could not decide; use sudo");
    return -EACCES;
}

static int judge(const struct polkit_check *check, sd_bus_message *reply, const char **ret_why)
{
    const sd_bus_error *error = sd_bus_message_get_error(reply);
    if (error)
        return judge_error(check, error, ret_why);

    int authorized = 0, challenge = 0;
    int r = sd_bus_message_enter_container(reply, 'r', "bba{ss}");
    if (r > 0)
        r = sd_bus_message_read(reply, "bb", &authorized, &challenge);
    if (r > 0 && authorized)
        return 0;
    if (r <= 0)
        *ret_why = N_("polkit's answer makes no sense; use sudo");
    else if (challenge)
        *ret_why = N_("an administrator's password is needed; use sudo, or run this in a desktop "
                      "session, where it is asked for");
    else
        *ret_why = N_("only an administrator may do this; use sudo");
    return -EACCES;
}

static int on_reply(sd_bus_message *reply, void *userdata, sd_bus_error *error)
{
    (void)error;
    struct polkit_check *check = userdata;
    const char *why = NULL;
    int r = judge(check, reply, &why);
    check->slot = sd_bus_slot_unref(check->slot);            // answered: nothing to withdraw
    check->question.answer(check->question.context, r, why); // may free the check
    return 0;
}

static int new_message(const struct polkit_check *check, sd_bus_message **ret)
{
    const struct polkit_question *question = &check->question;
    CLEANUP(message_unref_p) sd_bus_message *message = NULL;
    int r = sd_bus_message_new_method_call(question->bus, &message, POLKIT_NAME, POLKIT_PATH,
                                           POLKIT_INTERFACE, "CheckAuthorization");
    if (r < 0)
        return r;
    r = sd_bus_message_append(message, "(sa{sv})sa{ss}us", "system-bus-name", 1, "name", "s",
                              question->sender, question->action, 0,
                              question->interactive ? FLAG_INTERACTIVE : 0, check->cancellation);
    if (r < 0)
        return r;
    *ret = TAKE_PTR(message);
    return 0;
}

int polkit_check_new(const struct polkit_question *question, struct polkit_check **ret)
{
    CLEANUP(polkit_check_free_p) struct polkit_check *check = calloc(1, sizeof *check);
    CLEANUP(message_unref_p) sd_bus_message *message = NULL;
    if (!check)
        return -ENOMEM;
    check->question = *question;
    check->cancellation = text_format("%s/%" PRIu64, question->sender, question->cookie);
    if (!check->cancellation)
        return -ENOMEM;
    int r = new_message(check, &message);
    if (r < 0)
        return r;
    r = sd_bus_call_async(question->bus, &check->slot, message, on_reply, check, ANSWER_WITHIN_US);
    if (r < 0)
        return r;
    *ret = TAKE_PTR(check);
    return 0;
}
