// SPDX-License-Identifier: GPL-3.0-or-later
// One small JSON file: {"desktop": its unique name, "popups": {CAUSE: identifier}}.
#include "notify/memory.h"

#include "base/file.h"
#include "base/log.h"
#include "base/text.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>

#define LOCK_NAME "sekisho-notify.lock"
#define FILE_NAME "sekisho-notify.json"
#define FILE_SIZE_MAX 65536

int memory_lock(int folder, bool wait, int *ret_fd)
{
    CLEANUP_CLOSE int fd =
        openat(folder, LOCK_NAME, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0600);
    if (fd < 0)
        return -errno;
    if (flock(fd, wait ? LOCK_EX : LOCK_EX | LOCK_NB) < 0)
        return errno == EWOULDBLOCK ? -EBUSY : -errno;
    *ret_fd = TAKE_FD(fd);
    return 0;
}

void memory_save(int folder, const struct board *board, const char *owner)
{
    CLEANUP_JSON json_object *document = json_object_new_object();
    json_object *popups = json_section(document, "popups");
    const struct popup *popup;
    json_add_text(document, "desktop", owner);
    for (size_t i = 0; (popup = board_at(board, i)); i++)
        if (popup->id != 0)
            json_add_number(popups, popup->cause, popup->id);
    const char *line = json_to_line(document);
    int r = line ? file_replace_at(folder, FILE_NAME, 0600, line, strlen(line)) : -ENOMEM;
    if (r < 0)
        log_warning("cannot note what is on the screen: %s; after a crash it is shown twice",
                    strerror(-r));
}

void memory_load(int folder, struct board *board, const char *owner)
{
    CLEANUP_FREE char *text = NULL;
    size_t length;
    if (file_read_at(folder, FILE_NAME, FILE_SIZE_MAX, &text, &length) < 0)
        return; // the first of this session
    CLEANUP_JSON json_object *document = json_parse(text, length, json_type_object);
    json_object *popups = json_get(document, "popups");
    if (!text_equal(json_get_text(document, "desktop"), owner) ||
        !json_object_is_type(popups, json_type_object))
        return;
    json_object_object_foreach(popups, cause, value)
    {
        struct popup *popup = board_by_cause(board, cause);
        if (popup && json_object_is_type(value, json_type_int))
            popup->id = (uint32_t)json_object_get_uint64(value);
    }
}
