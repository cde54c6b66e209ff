// SPDX-License-Identifier: GPL-3.0-or-later
// The bus names the sender's process; /proc names its audit login.
#include "bus/person.h"

#include "base/login.h"
#include "base/text.h"

#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <string.h>

#define EXE_MAX 4096

static void creds_unref_p(sd_bus_creds **creds)
{
    sd_bus_creds_unref(*creds);
}

void sender_clear(struct sender *sender)
{
    free(sender->person.name);
    free(sender->person.exe);
    free(sender->person.session);
    *sender = (struct sender){0};
}

// The login name of `uid`, its number if the account is gone. NULL on lack of memory.
static char *login_name(uint32_t uid)
{
    char buffer[4096];
    struct passwd entry, *found = NULL;
    if (getpwuid_r(uid, &entry, buffer, sizeof buffer, &found) == 0 && found)
        return text_escape(entry.pw_name, strlen(entry.pw_name), 256);
    return text_format("%u", uid);
}

static int fill_in(sd_bus_creds *creds, int proc, struct sender *sender)
{
    struct bus_person *person = &sender->person;
    const char *exe = NULL;
    uint32_t session = LOGIN_NONE;

    person->name = login_name(person->uid);
    if (!person->name)
        return -ENOMEM;
    // Both are an extra: a sandboxed or already replaced program hides its exe.
    if (sd_bus_creds_get_exe(creds, &exe) >= 0) {
        person->exe = text_escape(exe, strlen(exe), EXE_MAX);
        if (!person->exe)
            return -ENOMEM;
    }
    if (login_session_of_process(proc, person->pid, &session) == 0 && session != LOGIN_NONE) {
        person->session = text_format("%u", session);
        if (!person->session)
            return -ENOMEM;
    }
    return 0;
}

// What /proc says of the process that the bus named. The number may have been given to another
// process since: it has to run as the uid that connected, so that nobody can act in another
// account's name by leaving its connection to a child and ending.
static int read_process(sd_bus_creds *bus_creds, bool needs_login, struct sender *sender)
{
    CLEANUP(creds_unref_p) sd_bus_creds *creds = NULL;
    CLEANUP_CLOSE int proc = -1;
    pid_t pid;
    uid_t euid;
    int r = sd_bus_creds_get_pid(bus_creds, &pid);
    if (r < 0)
        return -EACCES;
    r = sd_bus_creds_new_from_pid(&creds, pid, SD_BUS_CREDS_EUID | SD_BUS_CREDS_EXE);
    if (r < 0)
        return r == -ENOMEM ? r : -EACCES;
    if (sd_bus_creds_get_euid(creds, &euid) < 0 || euid != sender->euid)
        return -EACCES;
    sender->person.pid = (uint32_t)pid;
    proc = open("/proc", O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (proc < 0 || login_of_process(proc, sender->person.pid, &sender->person.uid) < 0 ||
        (sender->person.uid == LOGIN_NONE && needs_login))
        return -EACCES;
    return fill_in(creds, proc, sender);
}

int sender_read(sd_bus_message *message, bool needs_login, struct sender *ret)
{
    CLEANUP(creds_unref_p) sd_bus_creds *creds = NULL;
    struct sender sender = {0};
    uid_t euid;
    int r = sd_bus_query_sender_creds(message, SD_BUS_CREDS_PID | SD_BUS_CREDS_EUID, &creds);
    if (r < 0)
        return r == -ENOMEM ? r : -EACCES;
    if (sd_bus_creds_get_euid(creds, &euid) < 0)
        return -EACCES;
    sender.euid = euid;
    sender.person.is_root = euid == 0;
    r = read_process(creds, needs_login, &sender);
    if (r < 0) {
        sender_clear(&sender);
        return r;
    }
    *ret = sender;
    return 0;
}
