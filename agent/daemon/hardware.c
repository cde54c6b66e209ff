// SPDX-License-Identifier: GPL-3.0-or-later
// The firmware's own words, and the addresses of links on the board.
#include "daemon/hardware.h"

#include "base/file.h"
#include "base/text.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>

#define VALUE_MAX 256
#define NET_FOLDER "class/net"
#define LINKS_MAX 64

// "name=value\n"; nothing for one that is not there.
static void add_value(struct digest *digest, int dir, const char *name)
{
    CLEANUP_FREE char *value = NULL;
    if (file_read_line_at(dir, name, VALUE_MAX, &value) < 0)
        return;
    digest_add(digest, name, strlen(name));
    digest_add(digest, "=", 1);
    digest_add(digest, value, strlen(value));
    digest_add(digest, "\n", 1);
}

static void add_board(struct digest *digest, int sys)
{
    static const char *const names[] = {"class/dmi/id/product_uuid", "class/dmi/id/product_serial",
                                        "class/dmi/id/board_serial", "class/dmi/id/chassis_serial",
                                        "class/dmi/id/product_name"};
    for (size_t i = 0; i < ELEMENTS(names); i++)
        add_value(digest, sys, names[i]);
}

// Behind it is hardware that nobody pulls out in passing, and the address is that hardware's own.
static bool is_built_in(int sys, const char *name)
{
    char target[PATH_MAX] = "";
    CLEANUP_FREE char *link = text_format(NET_FOLDER "/%s", name);
    CLEANUP_FREE char *assigned = text_format(NET_FOLDER "/%s/addr_assign_type", name);
    CLEANUP_FREE char *type = NULL;
    return link && assigned && readlinkat(sys, link, target, sizeof target - 1) > 0 &&
           !strstr(target, "/virtual/") && !strstr(target, "/usb") &&
           file_read_line_at(sys, assigned, VALUE_MAX, &type) == 0 && text_equal(type, "0");
}

static int by_text(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static size_t read_addresses(int sys, DIR *entries, char *ret[LINKS_MAX])
{
    size_t n = 0;
    for (const struct dirent *entry; n < LINKS_MAX && (entry = readdir(entries));) {
        CLEANUP_FREE char *path = text_format(NET_FOLDER "/%s/address", entry->d_name);
        if (entry->d_name[0] != '.' && path && is_built_in(sys, entry->d_name) &&
            file_read_line_at(sys, path, VALUE_MAX, &ret[n]) == 0)
            n++;
    }
    return n;
}

static void add_links(struct digest *digest, int sys)
{
    CLEANUP(closedir_p) DIR *entries = NULL;
    char *addresses[LINKS_MAX];
    if (file_open_entries(sys, NET_FOLDER, &entries) < 0)
        return;
    size_t n = read_addresses(sys, entries, addresses);
    qsort(addresses, n, sizeof *addresses, by_text); // names change from boot to boot
    for (size_t i = 0; i < n; i++) {
        digest_add(digest, addresses[i], strlen(addresses[i]));
        digest_add(digest, "\n", 1);
        free(addresses[i]);
    }
}

int hardware_digest(int sys, uint8_t ret_board[DIGEST_SIZE], uint8_t ret_links[DIGEST_SIZE])
{
    CLEANUP(digest_free_p) struct digest *digest = NULL;
    int r = digest_new(&digest);
    if (r < 0)
        return r;
    add_board(digest, sys);
    digest_end(digest, ret_board);
    digest_reset(digest);
    add_links(digest, sys);
    digest_end(digest, ret_links);
    return 0;
}
