// SPDX-License-Identifier: GPL-3.0-or-later
// The catalogue as it was built, where gettext looks for it.
#include "japanese.h"

#include "base/file.h"
#include "base/i18n.h"
#include "base/text.h"

#include <criterion/criterion.h>
#include <fcntl.h>
#include <sys/stat.h>

void speak_japanese(char folder[])
{
    CLEANUP_FREE char *catalogue = NULL;
    CLEANUP_CLOSE int below = -1;
    size_t length;
    cr_assert_not_null(mkdtemp(folder));
    below = open(folder, O_PATH | O_DIRECTORY | O_CLOEXEC);
    cr_assert_eq(mkdirat(below, "ja", 0700), 0);
    cr_assert_eq(mkdirat(below, "ja/LC_MESSAGES", 0700), 0);
    cr_assert_eq(file_read_at(AT_FDCWD, BINARY_DIR "/po/ja.mo", 1 << 22, &catalogue, &length), 0);
    int fd = openat(below, "ja/LC_MESSAGES/sekisho.mo", O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    cr_assert_eq(file_write_all(fd, catalogue, length), 0);
    close_p(&fd);
    cr_assert_eq(setenv("LANGUAGE", "ja", 1), 0);
    cr_assert_not_null(setlocale(LC_ALL, "C.UTF-8"));
    cr_assert_not_null(bindtextdomain("sekisho", folder));
    cr_assert_not_null(bind_textdomain_codeset("sekisho", "UTF-8"));
    cr_assert_not_null(textdomain("sekisho"));
}

void stop_speaking_japanese(const char *folder)
{
    int below = open(folder, O_PATH | O_DIRECTORY | O_CLOEXEC);
    (void)unlinkat(below, "ja/LC_MESSAGES/sekisho.mo", 0);
    (void)unlinkat(below, "ja/LC_MESSAGES", AT_REMOVEDIR);
    (void)unlinkat(below, "ja", AT_REMOVEDIR);
    close_p(&below);
    (void)rmdir(folder);
}
