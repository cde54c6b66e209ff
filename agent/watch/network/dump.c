// SPDX-License-Identifier: GPL-3.0-or-later
// Reads links and default routes by rtnetlink, and their hardware from sysfs and udev.
#include "watch/network/dump.h"

#include "base/file.h"
#include "base/text.h"

#include <errno.h>
#include <fcntl.h>
#include <libmnl/libmnl.h>
#include <libudev.h>
#include <limits.h>
#include <linux/if.h>
#include <linux/if_arp.h>
#include <linux/rtnetlink.h>
#include <string.h>

#define TEXT_MAX 128       // bytes of a name that are kept
#define BUFFER_SIZE 32768U // what rtnetlink(7) fills at once

struct dump {
    int sys;
    struct udev *udev; // NULL: where it is plugged in is not known
    struct net_links *links;
};

void net_links_clear(struct net_links *links)
{
    for (size_t i = 0; i < links->n; i++)
        net_link_free(links->items[i]);
    free(links->items);
    *links = (struct net_links){0};
}

struct net_link *net_links_find(const struct net_links *links, uint32_t index)
{
    size_t low = 0, high = links->n;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (links->items[middle]->index < index)
            low = middle + 1;
        else
            high = middle;
    }
    return low < links->n && links->items[low]->index == index ? links->items[low] : NULL;
}

// ---- The hardware behind a link ----------------------------------------------------------------

// −ENOENT: there is none.
static int read_driver(int sys, const char *name, char **ret)
{
    char target[PATH_MAX];
    CLEANUP_FREE char *path = text_format("class/net/%s/device/driver", name);
    if (!path)
        return -ENOMEM;
    ssize_t n = readlinkat(sys, path, target, sizeof target - 1);
    if (n < 0)
        return -errno;
    target[n] = '\0';
    const char *driver = text_basename(target);
    *ret = text_escape(driver, strlen(driver), TEXT_MAX);
    return *ret ? 0 : -ENOMEM;
}

static int read_path(struct udev *udev, const char *name, char **ret)
{
    struct udev_device *device = udev_device_new_from_subsystem_sysname(udev, "net", name);
    const char *path = device ? udev_device_get_property_value(device, "ID_PATH") : NULL;
    char *copy = path ? text_escape(path, strlen(path), TEXT_MAX) : NULL;
    udev_device_unref(device);
    *ret = copy;
    return path && !copy ? -ENOMEM : 0;
}

static int read_hardware(const struct dump *dump, const char *name, struct net_link *link)
{
    if (name[0] == '\0' || name[0] == '.' || strchr(name, '/'))
        return 0; // the kernel makes none of these
    int r = read_driver(dump->sys, name, &link->driver);
    if (r == 0 && dump->udev)
        r = read_path(dump->udev, name, &link->path);
    return r == -ENOMEM ? r : 0;
}

// ---- Links -------------------------------------------------------------------------------------

static int append(struct net_links *links, struct net_link *link)
{
    if (links->n >= NET_LINKS_MAX) {
        links->more = true;
        net_link_free(link);
        return 0;
    }
    struct net_link **items = reallocarray(links->items, links->n + 1, sizeof(struct net_link *));
    if (!items) {
        net_link_free(link);
        return -ENOMEM;
    }
    links->items = items;
    items[links->n++] = link;
    return 0;
}

static void set_mac(struct net_link *link, unsigned type, const struct nlattr *address)
{
    static const uint8_t nothing[NET_MAC_SIZE];
    if (type != ARPHRD_ETHER || mnl_attr_get_payload_len(address) != NET_MAC_SIZE)
        return;
    memcpy(link->mac, mnl_attr_get_payload(address), NET_MAC_SIZE);
    link->has_mac = memcmp(link->mac, nothing, NET_MAC_SIZE) != 0;
}

static int set_kind(struct net_link *link, const struct nlattr *info)
{
    const struct nlattr *attribute;
    mnl_attr_for_each_nested(attribute, info)
    {
        if (mnl_attr_get_type(attribute) != IFLA_INFO_KIND ||
            mnl_attr_validate(attribute, MNL_TYPE_NUL_STRING) < 0)
            continue;
        const char *kind = mnl_attr_get_str(attribute);
        free(link->kind);
        link->kind = text_escape(kind, strlen(kind), TEXT_MAX);
        return link->kind ? 0 : -ENOMEM;
    }
    return 0;
}

static int set_name(const struct dump *dump, struct net_link *link, const struct nlattr *attribute)
{
    if (mnl_attr_validate(attribute, MNL_TYPE_NUL_STRING) < 0)
        return 0;
    const char *name = mnl_attr_get_str(attribute);
    free(link->name);
    link->name = text_escape(name, strlen(name), TEXT_MAX);
    return link->name ? read_hardware(dump, name, link) : -ENOMEM;
}

static int read_link(const struct dump *dump, const struct nlmsghdr *message, struct net_link *link)
{
    const struct ifinfomsg *info = mnl_nlmsg_get_payload(message);
    const struct nlattr *attribute;
    int r = 0;
    link->index = (uint32_t)info->ifi_index;
    link->up = info->ifi_flags & IFF_UP;
    link->loopback = info->ifi_flags & IFF_LOOPBACK;
    mnl_attr_for_each(attribute, message, sizeof *info)
    {
        switch (mnl_attr_get_type(attribute)) {
        case IFLA_IFNAME:
            r = set_name(dump, link, attribute);
            break;
        case IFLA_ADDRESS:
            set_mac(link, info->ifi_type, attribute);
            break;
        case IFLA_LINKINFO:
            r = set_kind(link, attribute);
            break;
        default:
            break;
        }
        if (r < 0)
            return r;
    }
    return link->name && link->index ? 0 : -EBADMSG;
}

static int on_link(const struct nlmsghdr *message, void *context)
{
    const struct dump *dump = context;
    CLEANUP(net_link_free_p) struct net_link *link = calloc(1, sizeof *link);
    if (message->nlmsg_type != RTM_NEWLINK)
        return MNL_CB_OK;
    int r = link ? read_link(dump, message, link) : -ENOMEM;
    if (r == 0)
        r = append(dump->links, TAKE_PTR(link));
    if (r == 0)
        return MNL_CB_OK;
    errno = -r;
    return MNL_CB_ERROR;
}

// ---- Default routes ----------------------------------------------------------------------------

static void note_route(const struct dump *dump, uint32_t index)
{
    struct net_link *link = net_links_find(dump->links, index);
    if (link)
        link->routed = true;
}

// One default route may have several ways out.
static void note_ways(const struct dump *dump, const struct nlattr *ways)
{
    const struct rtnexthop *way = mnl_attr_get_payload(ways);
    size_t left = mnl_attr_get_payload_len(ways);
    while (left >= sizeof *way && way->rtnh_len >= sizeof *way && way->rtnh_len <= left) {
        note_route(dump, (uint32_t)way->rtnh_ifindex);
        size_t length = RTNH_ALIGN(way->rtnh_len);
        if (length >= left)
            break;
        left -= length;
        way = (const struct rtnexthop *)((const char *)way + length);
    }
}

static int on_route(const struct nlmsghdr *message, void *context)
{
    const struct dump *dump = context;
    const struct rtmsg *route = mnl_nlmsg_get_payload(message);
    const struct nlattr *attribute;
    if (message->nlmsg_type != RTM_NEWROUTE || route->rtm_dst_len != 0 ||
        route->rtm_type != RTN_UNICAST)
        return MNL_CB_OK;
    mnl_attr_for_each(attribute, message, sizeof *route)
    {
        if (mnl_attr_get_type(attribute) == RTA_OIF &&
            mnl_attr_validate(attribute, MNL_TYPE_U32) == 0)
            note_route(dump, mnl_attr_get_u32(attribute));
        else if (mnl_attr_get_type(attribute) == RTA_MULTIPATH)
            note_ways(dump, attribute);
    }
    return MNL_CB_OK;
}

// ---- Asking ------------------------------------------------------------------------------------

static int ask(struct mnl_socket *socket, uint16_t type, uint8_t family, mnl_cb_t on_answer,
               struct dump *dump)
{
    _Alignas(struct nlmsghdr) char buffer[BUFFER_SIZE];
    struct nlmsghdr *request = mnl_nlmsg_put_header(buffer);
    request->nlmsg_type = type;
    request->nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
    request->nlmsg_seq = type;
    // Both of their messages begin with the family.
    size_t size = type == RTM_GETLINK ? sizeof(struct ifinfomsg) : sizeof(struct rtmsg);
    *(uint8_t *)mnl_nlmsg_put_extra_header(request, size) = family;
    if (mnl_socket_sendto(socket, request, request->nlmsg_len) < 0)
        return -errno;
    for (int r = MNL_CB_OK; r > MNL_CB_STOP;) {
        ssize_t n = mnl_socket_recvfrom(socket, buffer, sizeof buffer);
        if (n < 0)
            return -errno;
        r = mnl_cb_run(buffer, (size_t)n, type, mnl_socket_get_portid(socket), on_answer, dump);
        if (r < 0)
            return -errno;
    }
    return 0;
}

static int compare(const void *a, const void *b)
{
    const struct net_link *const *x = a, *const *y = b;
    return ((*x)->index > (*y)->index) - ((*x)->index < (*y)->index);
}

static void sort(struct net_links *links)
{
    if (links->n > 0)
        qsort(links->items, links->n, sizeof(struct net_link *), compare);
}

static int ask_all(struct mnl_socket *socket, struct dump *dump)
{
    if (mnl_socket_bind(socket, 0, MNL_SOCKET_AUTOPID) < 0)
        return -errno;
    int r = ask(socket, RTM_GETLINK, AF_UNSPEC, on_link, dump);
    if (r < 0)
        return r;
    sort(dump->links); // the kernel tells them in the order of its own table
    r = ask(socket, RTM_GETROUTE, AF_INET, on_route, dump);
    if (r == 0)
        r = ask(socket, RTM_GETROUTE, AF_INET6, on_route, dump);
    return r;
}

int net_links_read(int sys, struct net_links *ret)
{
    CLEANUP(net_links_clear) struct net_links links = {0};
    struct dump dump = {.sys = sys, .links = &links};
    struct mnl_socket *socket = mnl_socket_open2(NETLINK_ROUTE, SOCK_CLOEXEC);
    if (!socket)
        return -errno;
    dump.udev = udev_new();
    int r = ask_all(socket, &dump);
    udev_unref(dump.udev);
    (void)mnl_socket_close(socket);
    if (r < 0)
        return r;
    *ret = links;
    links = (struct net_links){0};
    return 0;
}
