// SPDX-License-Identifier: GPL-3.0-or-later
// Which terminals there are is logind's to say; each is opened anew, checked, written to once, and
// closed.
#include "daemon/terminals.h"

#include "base/json.h"
#include "base/text.h"
#include "fact/cause.h"
#include "ledger/query.h"
#include "report/sentence.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <systemd/sd-login.h>

#define CAUSES_MAX 16   // remembered; beyond that an older one may be said again within its minute
#define SESSIONS_MAX 64 // told, of one row
#define LINE_BYTES_MAX 400
#define QUIET_NS (60 * NS_PER_S)

struct told {
    char *cause;
    uint64_t at_ns;
};

struct terminals {
    int dev; // −1: there is none
    struct told told[CAUSES_MAX];
    size_t next; // to be overwritten
};

int terminals_new(const char *root, struct terminals **ret)
{
    struct terminals *terminals = calloc(1, sizeof *terminals);
    CLEANUP_FREE char *path = text_format("%s/dev", root);
    if (!terminals || !path) {
        free(terminals);
        return -ENOMEM;
    }
    terminals->dev = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
    *ret = terminals;
    return 0;
}

void terminals_free(struct terminals *terminals)
{
    if (!terminals)
        return;
    for (size_t i = 0; i < CAUSES_MAX; i++)
        free(terminals->told[i].cause);
    close_p(&terminals->dev);
    free(terminals);
}

static bool was_told(struct terminals *terminals, const struct fact *fact)
{
    uint64_t now_ns = moment_now().monotonic_ns;
    CLEANUP_FREE char *cause = cause_of(fact);
    for (size_t i = 0; i < CAUSES_MAX; i++)
        if (text_equal(terminals->told[i].cause, cause) &&
            now_ns - terminals->told[i].at_ns < QUIET_NS)
            return true;
    struct told *told = &terminals->told[terminals->next++ % CAUSES_MAX];
    free(told->cause);
    *told = (struct told){TAKE_PTR(cause), now_ns};
    return false;
}

// A terminal that somebody else has put in place of the session's is not theirs to be written to.
static int open_terminal(const struct terminals *terminals, const char *name, uid_t uid)
{
    struct stat status;
    if (strstr(name, "..") || name[0] == '/')
        return -EINVAL;
    CLEANUP_CLOSE int fd =
        openat(terminals->dev, name, O_WRONLY | O_NOCTTY | O_NONBLOCK | O_CLOEXEC | O_NOFOLLOW);
    if (fd < 0 || fstat(fd, &status) < 0)
        return -errno;
    if (!S_ISCHR(status.st_mode) || status.st_uid != uid || !isatty(fd))
        return -EPERM;
    return TAKE_FD(fd);
}

static bool is_person_at_terminal(const char *session)
{
    CLEANUP_FREE char *class = NULL, *type = NULL;
    return sd_session_get_class(session, &class) >= 0 && text_equal(class, "user") &&
           sd_session_get_type(session, &type) >= 0 && text_equal(type, "tty");
}

static void tell_session(const struct terminals *terminals, const char *session,
                         const struct fact *fact, const char *line)
{
    CLEANUP_FREE char *name = NULL;
    uid_t uid;
    if (!is_person_at_terminal(session) || sd_session_get_uid(session, &uid) < 0 ||
        sd_session_get_tty(session, &name) < 0 || (fact->uid != FACT_NO_UID && fact->uid != uid))
        return;
    CLEANUP_CLOSE int fd = open_terminal(terminals, name, uid);
    // One that is stopped or full is not waited for: the ledger has the row.
    if (fd >= 0)
        (void)!write(fd, line, strlen(line));
}

// In English: whose language it would be the agent does not know, and a console has no kanji.
static char *make_line(const struct fact *fact)
{
    const struct query_row row = {.fact = *fact, .kind_name = fact_kind_to_str(fact->kind)};
    CLEANUP_JSON json_object *details = fact_read_details(fact);
    CLEANUP_FREE char *sentence = sentence_make(&row, details, true);
    if (!sentence)
        return NULL;
    size_t length = strlen(sentence);
    if (length > LINE_BYTES_MAX) // at the beginning of a character
        for (length = LINE_BYTES_MAX; length > 0 && (sentence[length] & 0xC0) == 0x80;)
            length--;
    return text_format("\r\nsekisho: %.*s\r\n", (int)length, sentence);
}

static void free_sessions(char **sessions)
{
    for (char **s = sessions; s && *s; s++)
        free(*s);
    free(sessions);
}

void terminals_tell(struct terminals *terminals, const struct fact *fact)
{
    char **sessions = NULL;
    if (terminals->dev < 0 || was_told(terminals, fact) || sd_get_sessions(&sessions) < 0)
        return;
    CLEANUP_FREE char *line = make_line(fact);
    for (size_t i = 0; line && sessions && sessions[i] && i < SESSIONS_MAX; i++)
        tell_session(terminals, sessions[i], fact, line);
    free_sessions(sessions);
}
