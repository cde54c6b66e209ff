// SPDX-License-Identifier: GPL-3.0-or-later
// Writes 60-sekisho.rules.
#include "daemon/audit-file.h"

#include "base/file.h"
#include "base/text.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

#define FILE_MAX (16u << 20)

static int take_away(int folder)
{
    if (unlinkat(folder, AUDIT_RULES_FILE, 0) < 0)
        return errno == ENOENT ? 0 : -errno;
    return file_sync_dir(folder);
}

int audit_file_write(const struct audit_rules *rules)
{
    CLEANUP_CLOSE int folder = open(AUDIT_RULES_FOLDER, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    CLEANUP_FREE char *before = NULL, *text = NULL;
    if (folder < 0)
        return -errno;
    if (rules->n == 0)
        return take_away(folder);
    text = audit_rules_to_text(rules);
    if (!text)
        return -ENOMEM;
    if (file_read_at(folder, AUDIT_RULES_FILE, FILE_MAX, &before, NULL) == 0 &&
        text_equal(before, text))
        return 0;
    return file_replace_at(folder, AUDIT_RULES_FILE, 0640, text, strlen(text));
}
