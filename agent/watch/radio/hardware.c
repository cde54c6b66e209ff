// SPDX-License-Identifier: GPL-3.0-or-later
// /sys/class/rfkill/rfkillN, and the way up from there.
#include "watch/radio/hardware.h"

#include "base/file.h"
#include "base/text.h"

#include <errno.h>
#include <limits.h>
#include <string.h>

#define FOLDER "class/rfkill/"
#define DEVICES "/devices/"
#define TEXT_MAX 256 // bytes that are kept of a text

static int read_name(int sys, struct radio *radio)
{
    char path[sizeof FOLDER "rfkill/name" + 10];
    CLEANUP_FREE char *line = NULL;
    (void)snprintf(path, sizeof path, FOLDER "rfkill%u/name", radio->index);
    int r = file_read_line_at(sys, path, TEXT_MAX, &line);
    if (r == -ENOMEM)
        return r;
    char *name = r == 0 && line[0] ? text_escape(line, strlen(line), TEXT_MAX)
                                   : text_format("rfkill%u", radio->index);
    if (!name)
        return -ENOMEM;
    free(radio->name);
    radio->name = name;
    return 0;
}

static void cut_last(char *path)
{
    char *slash = strrchr(path, '/');
    if (slash)
        *slash = '\0';
}

// Below its device each radio has a folder of its class, and some one with a number that another
// boot gives to another radio: ".../0000:00:14.3/ieee80211/phy0/rfkill1".
static void cut_numbers(char *path)
{
    static const char *const classes[] = {"ieee80211", "bluetooth", "nfc", "wwan"};
    cut_last(path);
    if (text_equal(text_basename(path), "rfkill"))
        cut_last(path);
    char *last = strrchr(path, '/');
    if (!last)
        return;
    *last = '\0';
    for (size_t i = 0; i < ELEMENTS(classes); i++) {
        if (text_equal(text_basename(path), classes[i])) {
            cut_last(path);
            return;
        }
    }
    *last = '/';
}

// The nearest that has one, upward from `path`, which begins with "/devices/".
static int read_driver(int sys, const char *path, char **ret)
{
    char folder[PATH_MAX], link[PATH_MAX + sizeof "/driver"], target[PATH_MAX];
    text_copy(folder, sizeof folder, path + 1);
    while (strchr(folder, '/')) {
        (void)snprintf(link, sizeof link, "%s/driver", folder);
        ssize_t n = readlinkat(sys, link, target, sizeof target - 1);
        if (n > 0) {
            target[n] = '\0';
            const char *driver = text_basename(target);
            free(*ret);
            *ret = text_escape(driver, strlen(driver), TEXT_MAX);
            return *ret ? 0 : -ENOMEM;
        }
        cut_last(folder);
    }
    return 0;
}

int hardware_read(int sys, struct radio *radio)
{
    char path[sizeof FOLDER "rfkill" + 10], target[PATH_MAX];
    int r = read_name(sys, radio);
    if (r < 0)
        return r;
    (void)snprintf(path, sizeof path, FOLDER "rfkill%u", radio->index);
    ssize_t n = readlinkat(sys, path, target, sizeof target - 1);
    if (n < 0)
        return 0;
    target[n] = '\0';
    char *device = strstr(target, DEVICES); // "../../devices/…"
    if (!device)
        return 0;
    r = read_driver(sys, device, &radio->driver);
    if (r < 0)
        return r;
    cut_numbers(device);
    device += strlen(DEVICES);
    free(radio->device);
    radio->device = text_escape(device, strlen(device), PATH_MAX);
    return radio->device ? 0 : -ENOMEM;
}
