// SPDX-License-Identifier: GPL-3.0-or-later
// Replaces the file as a whole: who reads it never sees half of it.
#include "daemon/metrics-file.h"

#include "base/file.h"
#include "base/log.h"
#include "base/text.h"
#include "report/metrics.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

// Not below a link that somebody else could turn: the folder belongs to root or the service, the
// file itself is always replaced.
static int put(const char *path, const char *text)
{
    const char *name = text_basename(path);
    CLEANUP_FREE char *folder = strndup(path, (size_t)(name - path));
    if (!folder)
        return -ENOMEM;
    CLEANUP_CLOSE int dir = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    return dir < 0 ? -errno : file_replace_at(dir, name, 0644, text, strlen(text));
}

void metrics_file_write(struct metrics_file *file, const char *path, json_object *status)
{
    CLEANUP_FREE char *text = NULL;
    if (!path)
        return;
    int r = metrics_from_status(status, &text);
    if (r == 0)
        r = put(path, text);
    if (r < 0 && !file->failed)
        log_warning("cannot write %s: %s, trying again each minute", path, strerror(-r));
    file->failed = r < 0;
}

void metrics_file_stop(const char *path)
{
    CLEANUP_FREE char *text = NULL;
    int r = path ? metrics_of_stopped(&text) : 0;
    if (r == 0 && path)
        r = put(path, text);
    if (r < 0)
        log_warning("cannot write %s: %s; its time tells that nobody does any more", path,
                    strerror(-r));
}
