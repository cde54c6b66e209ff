// SPDX-License-Identifier: GPL-3.0-or-later
// The terminal without echo, and files of passphrases.
#include "cli/ask.h"

#include "base/file.h"
#include "base/text.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <termios.h>

#define TERMINAL "/dev/tty"
#define INTERRUPT '\x03'
#define TRIES 3

bool ask_is_agreed(void)
{
    char answer[16] = "";
    return fgets(answer, sizeof answer, stdin) && (answer[0] == 'y' || answer[0] == 'Y');
}

void passphrase_clear(struct passphrase *passphrase)
{
    explicit_bzero(passphrase, sizeof *passphrase);
}

// ---- From a file -------------------------------------------------------------------------------

static bool take_line(const char *text, unsigned line, struct passphrase *ret)
{
    for (; line > 0; line--) {
        text = strchr(text, '\n');
        if (!text)
            return false;
        text++;
    }
    size_t length = strcspn(text, "\r\n");
    if (length == 0 || length > PASSPHRASE_MAX)
        return false;
    memcpy(ret->text, text, length);
    ret->text[length] = '\0';
    return ret->is_set = true;
}

static enum cli_exit read_file(const struct passphrase_question *question, struct passphrase *ret)
{
    const char *path = question->source->file;
    size_t length = 0;
    char *text = NULL;
    int r = file_read_at(AT_FDCWD, path, (size_t)8 * PASSPHRASE_SIZE, &text, &length);
    bool found = r == 0 && (take_line(text, question->line, ret) || take_line(text, 0, ret));
    if (text)
        explicit_bzero(text, length);
    free(text);
    if (r < 0)
        cli_error(question->command, "%s: %s", path, strerror(-r));
    else if (!found)
        cli_error(question->command, _("%s: its first line is to be the passphrase"), path);
    return found ? CLI_OK : CLI_FAILED;
}

// ---- From the terminal -------------------------------------------------------------------------

static int open_terminal(const struct passphrase_question *question)
{
    int fd = open(TERMINAL, O_RDWR | O_NOCTTY | O_CLOEXEC);
    if (fd < 0)
        cli_error(question->command,
                  _("%s: nobody can be asked for the passphrase here; give --passphrase-file"),
                  question->what);
    return fd;
}

// One line, in which backspace works. −ECANCELED: interrupted (the terminal sends no signal now, or
// it would stay without echo).
static int read_line(int fd, struct passphrase *ret)
{
    ssize_t n = read(fd, ret->text, PASSPHRASE_MAX);
    if (n < 0)
        return -errno;
    ret->text[n] = '\0';
    if (strchr(ret->text, INTERRUPT))
        return -ECANCELED;
    ret->text[strcspn(ret->text, "\r\n")] = '\0';
    ret->is_set = true;
    return 0;
}

static int read_hidden(int fd, const char *prompt, struct passphrase *ret)
{
    struct termios before, hidden;
    if (tcgetattr(fd, &before) < 0)
        return -errno;
    hidden = before;
    hidden.c_lflag &= ~(tcflag_t)(ECHO | ISIG);
    hidden.c_lflag |= ICANON;
    if (tcsetattr(fd, TCSAFLUSH, &hidden) < 0)
        return -errno;
    int r = file_write_all(fd, prompt, strlen(prompt));
    if (r == 0)
        r = read_line(fd, ret);
    (void)tcsetattr(fd, TCSAFLUSH, &before);
    (void)!file_write_all(fd, "\n", 1);
    return r;
}

static enum cli_exit ask(const struct passphrase_question *question, int fd, const char *prompt,
                         struct passphrase *ret)
{
    int r = read_hidden(fd, prompt, ret);
    if (r < 0)
        cli_error(question->command, "%s: %s", question->what, strerror(-r));
    return r < 0 ? CLI_FAILED : CLI_OK;
}

enum cli_exit passphrase_ask(const struct passphrase_question *question, struct passphrase *ret)
{
    if (question->source->file)
        return read_file(question, ret);
    CLEANUP_CLOSE int fd = open_terminal(question);
    CLEANUP_FREE char *prompt = text_format(_("Passphrase of %s: "), question->what);
    return fd < 0 || !prompt ? CLI_FAILED : ask(question, fd, prompt, ret);
}

// What is wrong with a new one; NULL: nothing.
static const char *find_fault(const struct passphrase *first, const struct passphrase *again)
{
    if (strlen(first->text) < PASSPHRASE_MIN)
        return _("too short: at least 12 characters");
    return again && strcmp(first->text, again->text) != 0 ? _("the two are not the same") : NULL;
}

static enum cli_exit choose(const struct passphrase_question *question, int fd,
                            struct passphrase *ret)
{
    CLEANUP_FREE char *prompt = text_format(_("New passphrase for %s: "), question->what);
    CLEANUP_FREE char *repeat = text_format(_("The same again: "));
    for (unsigned i = 0; prompt && repeat && i < TRIES; i++) {
        CLEANUP(passphrase_clear) struct passphrase again = {0};
        enum cli_exit status = ask(question, fd, prompt, ret);
        const char *fault = status == CLI_OK ? find_fault(ret, NULL) : NULL;
        if (status == CLI_OK && !fault)
            status = ask(question, fd, repeat, &again);
        if (status != CLI_OK)
            return status;
        fault = fault ? fault : find_fault(ret, &again);
        if (!fault)
            return CLI_OK;
        cli_error(question->command, "%s: %s", question->what, fault);
    }
    return CLI_FAILED;
}

enum cli_exit passphrase_choose(const struct passphrase_question *question, struct passphrase *ret)
{
    if (question->source->none)
        return CLI_OK;
    if (question->source->file) {
        enum cli_exit status = read_file(question, ret);
        const char *fault = status == CLI_OK ? find_fault(ret, NULL) : NULL;
        if (fault)
            cli_error(question->command, "%s: %s", question->source->file, fault);
        return fault ? CLI_USAGE : status;
    }
    CLEANUP_CLOSE int fd = open_terminal(question);
    return fd < 0 ? CLI_FAILED : choose(question, fd, ret);
}
