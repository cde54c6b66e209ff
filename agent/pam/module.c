// SPDX-License-Identifier: GPL-3.0-or-later
// pam_sekisho: only registered, trained persons log in; administrators always can. Clauses 3 (2),
// 3 (3), 5 (3), 5 (8).
#include "pam/ask.h"
#include "pam/words.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <security/pam_ext.h>
#include <security/pam_modutil.h>
#include <string.h>
#include <syslog.h>

// With neither daemon nor fallback these are whoever may administer the machine: Debian's group.
#define LAST_RESORT_GROUP "sudo"
// What libpam looks for; all else stays inside.
#define EXPORTED __attribute__((visibility("default")))

static const char *option_of(int argc, const char **argv, const char *name, const char *otherwise)
{
    size_t length = strlen(name);
    for (int i = 0; i < argc; i++)
        if (strncmp(argv[i], name, length) == 0 && argv[i][length] == '=')
            return argv[i] + length + 1;
    return otherwise;
}

// ---- The question ------------------------------------------------------------------------------

static const char *item_of(pam_handle_t *pamh, int type)
{
    const void *item = NULL;
    return pam_get_item(pamh, type, &item) == PAM_SUCCESS ? item : NULL;
}

static int read_question(pam_handle_t *pamh, struct login_question *ret)
{
    const char *user = item_of(pamh, PAM_USER), *service = item_of(pamh, PAM_SERVICE);
    const struct passwd *account = user ? pam_modutil_getpwnam(pamh, user) : NULL;
    if (!account)
        return PAM_USER_UNKNOWN;
    if (!roster_is_name(user) || !service || !roster_is_name(service))
        return PAM_PERM_DENIED;
    login_question_set(ret->user, sizeof ret->user, user);
    login_question_set(ret->service, sizeof ret->service, service);
    login_question_set(ret->tty, sizeof ret->tty, item_of(pamh, PAM_TTY));
    login_question_set(ret->rhost, sizeof ret->rhost, item_of(pamh, PAM_RHOST));
    ret->uid = account->pw_uid;
    return PAM_SUCCESS;
}

// Did nobody log in, or root itself, whose command this is? Then it is the machine's own.
static bool is_nobodys(void)
{
    char text[16] = "";
    CLEANUP_CLOSE int fd = open("/proc/self/loginuid", O_RDONLY | O_CLOEXEC);
    ssize_t n = fd < 0 ? -1 : read(fd, text, sizeof text - 1);
    return n > 0 && (strcmp(text, "0") == 0 || strcmp(text, "4294967295") == 0);
}

// Services that become an account by "su", as scripts of the boot and of cron do.
static bool is_su_of_machine(const struct login_question *question)
{
    bool su = strcmp(question->service, "su") == 0 || strcmp(question->service, "su-l") == 0;
    return su && getuid() == 0 && is_nobodys();
}

static bool is_exempt(const struct login_question *question)
{
    return roster_is_exempt_uid(question->uid) || roster_is_exempt_service(question->service) ||
           is_su_of_machine(question);
}

// ---- The answer --------------------------------------------------------------------------------

// lightdm-gtk-greeter 2.0.8 puts "Incorrect password" in the place of what PAM calls an error; what
// it calls information stays on the screen (authentication_complete_cb).
static bool is_error(pam_handle_t *pamh, const struct roster_answer *answer)
{
    const char *service = item_of(pamh, PAM_SERVICE);
    return roster_verdict_refuses(answer->verdict) && service && strcmp(service, "lightdm") != 0;
}

static void say(pam_handle_t *pamh, const struct roster_answer *answer, const char *sentence,
                enum words_language language)
{
    char contact[ROSTER_CONTACT_SIZE + 64] = "";
    if (answer->contact[0] != '\0') {
        // One of two formats with one %s, from words.c.
        const char *format = words_for_contact(language);
        size_t before = strcspn(format, "%");
        memcpy(contact, format, before);
        memcpy(contact + before, answer->contact, strlen(answer->contact) + 1);
    }
    if (is_error(pamh, answer))
        (void)pam_error(pamh, "%s %s", sentence, contact);
    else
        (void)pam_info(pamh, "%s %s", sentence, contact);
}

static int status_of(enum roster_verdict verdict)
{
    if (!roster_verdict_refuses(verdict))
        return PAM_SUCCESS;
    return verdict == ROSTER_ENDED ? PAM_ACCT_EXPIRED : PAM_PERM_DENIED;
}

static int give(pam_handle_t *pamh, int flags, const struct login_question *question,
                const struct roster_answer *answer)
{
    enum words_language language = words_language(pamh, question->tty);
    const char *sentence = words_for(answer->verdict, language);
    if (answer->observed)
        return PAM_SUCCESS;
    if (sentence && !(flags & PAM_SILENT))
        say(pamh, answer, sentence, language);
    if (roster_verdict_refuses(answer->verdict))
        pam_syslog(pamh, LOG_NOTICE, "%s may not log in: %s", question->user,
                   roster_verdict_to_str(answer->verdict));
    return status_of(answer->verdict);
}

// Nobody can say anything: nobody but who may administer the machine anyway comes in.
static int give_last_resort(pam_handle_t *pamh, int flags, const struct login_question *question)
{
    const struct roster_answer answer = {.verdict = ROSTER_AWAY};
    enum words_language language = words_language(pamh, question->tty);
    if (pam_modutil_user_in_group_nam_nam(pamh, question->user, LAST_RESORT_GROUP) == 1) {
        pam_syslog(pamh, LOG_ALERT,
                   "neither sekishod nor its fallback file says anything: %s is let in as a member "
                   "of the group " LAST_RESORT_GROUP,
                   question->user);
        return PAM_SUCCESS;
    }
    pam_syslog(pamh, LOG_ALERT,
               "neither sekishod nor its fallback file says anything: %s is refused",
               question->user);
    if (!(flags & PAM_SILENT))
        say(pamh, &answer, words_for_unknown(language), language);
    return PAM_PERM_DENIED;
}

// A program without root's rights, as a screen locker, has nothing to give that its user has not
// already: with nobody to ask, it is not for us to shut somebody's work away.
static bool decides_nothing(void)
{
    return geteuid() != 0;
}

EXPORTED int pam_sm_acct_mgmt(pam_handle_t *pamh, int flags, int argc, const char **argv)
{
    const struct ask_options options = {
        .socket = option_of(argc, argv, "socket", LOGIN_SOCKET),
        .fallback = option_of(argc, argv, "fallback", "/var/lib/sekisho/" ROSTER_FILE),
        .begun_ms = ask_clock_ms(),
    };
    struct login_question question = {0};
    struct roster_answer answer;
    int status = read_question(pamh, &question);
    if (status != PAM_SUCCESS)
        return status;
    if (is_exempt(&question))
        return PAM_IGNORE;
    int r = ask_daemon(&options, &question, &answer);
    if (r == 0)
        return give(pamh, flags, &question, &answer);
    if (decides_nothing())
        return PAM_IGNORE;
    pam_syslog(pamh, LOG_WARNING, "sekishod does not answer: %s; going by its fallback file",
               strerror(-r));
    r = ask_fallback(&options, &question, &answer);
    if (r == 0)
        return give(pamh, flags, &question, &answer);
    pam_syslog(pamh, LOG_ALERT, "%s: %s", options.fallback, strerror(-r));
    return give_last_resort(pamh, flags, &question);
}

EXPORTED int pam_sm_open_session(pam_handle_t *pamh, int flags, int argc, const char **argv)
{
    (void)pamh, (void)flags, (void)argc, (void)argv;
    return PAM_IGNORE;
}

EXPORTED int pam_sm_close_session(pam_handle_t *pamh, int flags, int argc, const char **argv)
{
    (void)pamh, (void)flags, (void)argc, (void)argv;
    return PAM_IGNORE;
}
