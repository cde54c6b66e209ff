/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The thief of the VM tests: opens every disk but the root disk the moment it appears, reads all it
 * can get, and tells as JSON what it saw. A guard is good when this program ends with 0 bytes. */

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <grp.h>
#include <limits.h>
#include <linux/bsg.h>
#include <linux/usbdevice_fs.h>
#include <pthread.h>
#include <scsi/sg.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <time.h>
#include <unistd.h>

#define NODES_MAX 128
#define BINDINGS_MAX 64
#define CHUNK (1 << 18)
#define SCSI_BLOCKS 128 /* of 512 bytes, what every stick takes in one command */

enum way {
    WAY_READ, /* sd*, sr*: read() */
    WAY_SG,   /* sg*: SCSI commands, version 3 */
    WAY_BSG,  /* below bsg/: SCSI commands, version 4 */
};

struct node {
    char path[300];
    enum way way;
    atomic_bool busy; /* a thread is at it */
    bool spared;      /* was there at the start, and is not wanted until it comes again */
    atomic_ullong bytes;
    atomic_uint opens;
    atomic_uint denials;
    char sample[17]; /* how the first thing read began */
};

struct binding {
    char driver[16];
    char interface[64];
};

struct thief {
    struct node nodes[NODES_MAX];
    size_t n_nodes;
    struct binding bindings[BINDINGS_MAX];
    size_t n_bindings;
    unsigned claims; /* interfaces taken by way of usbfs */
    unsigned long long scans;
    char root_disk[64]; /* "vda", and its SCSI address, if it has one, below */
    char root_scsi[PATH_MAX];
    bool only_new, try_usbfs;
};

static struct thief thief;
static volatile sig_atomic_t stopped;

static void on_signal(int number)
{
    (void)number;
    stopped = 1;
}

/* ---- Reading ------------------------------------------------------------------------------- */

static void note(struct node *node, const unsigned char *data, size_t size)
{
    if (atomic_load(&node->bytes) == 0)
        for (size_t i = 0; i < sizeof(node->sample) - 1 && i < size; i++)
            node->sample[i] =
                data[i] >= ' ' && data[i] < 127 && !strchr("\"\\", data[i]) ? (char)data[i] : '.';
    atomic_fetch_add(&node->bytes, size);
}

static void read10(unsigned char cdb[10], unsigned block)
{
    const unsigned char command[10] = {0x28,  0, block >> 24, block >> 16, block >> 8,
                                       block, 0, 0,           SCSI_BLOCKS};
    memcpy(cdb, command, sizeof(command));
}

/* Reads SCSI_BLOCKS blocks; bytes read, or -1. */
static ssize_t sg_read(int fd, unsigned block, unsigned char *data)
{
    unsigned char cdb[10], sense[32];
    read10(cdb, block);
    struct sg_io_hdr io = {.interface_id = 'S',
                           .dxfer_direction = SG_DXFER_FROM_DEV,
                           .cmdp = cdb,
                           .cmd_len = sizeof(cdb),
                           .dxferp = data,
                           .dxfer_len = SCSI_BLOCKS * 512,
                           .sbp = sense,
                           .mx_sb_len = sizeof(sense),
                           .timeout = 5000};
    if (ioctl(fd, SG_IO, &io) < 0 || io.status || io.host_status)
        return -1;
    return (ssize_t)io.dxfer_len - io.resid;
}

static ssize_t bsg_read(int fd, unsigned block, unsigned char *data)
{
    unsigned char cdb[10], sense[32];
    read10(cdb, block);
    struct sg_io_v4 io = {.guard = 'Q',
                          .protocol = BSG_PROTOCOL_SCSI,
                          .subprotocol = BSG_SUB_PROTOCOL_SCSI_CMD,
                          .request = (uintptr_t)cdb,
                          .request_len = sizeof(cdb),
                          .din_xferp = (uintptr_t)data,
                          .din_xfer_len = SCSI_BLOCKS * 512,
                          .response = (uintptr_t)sense,
                          .max_response_len = sizeof(sense),
                          .timeout = 5000};
    if (ioctl(fd, SG_IO, &io) < 0 || io.device_status || io.transport_status)
        return -1;
    return (ssize_t)io.din_xfer_len - io.din_resid;
}

static void drain(struct node *node, int fd)
{
    unsigned char *data = malloc(CHUNK);
    unsigned block = 0;
    while (data && !stopped) {
        ssize_t n = node->way == WAY_READ ? read(fd, data, CHUNK)
                    : node->way == WAY_SG ? sg_read(fd, block, data)
                                          : bsg_read(fd, block, data);
        if (n <= 0)
            break;
        note(node, data, (size_t)n);
        block += SCSI_BLOCKS;
    }
    free(data);
}

/* Gives a disk that was read whole its peace until it is gone, lest one stick fill all the time. */
static void wait_gone(const struct node *node)
{
    while (!stopped && access(node->path, F_OK) == 0)
        usleep(5000);
}

static void *rob(void *data)
{
    struct node *node = data;
    if (node->spared) {
        wait_gone(node);
        node->spared = false;
        atomic_store(&node->busy, false);
        return NULL;
    }
    int fd = open(node->path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    if (fd >= 0) {
        unsigned long long before = atomic_load(&node->bytes);
        atomic_fetch_add(&node->opens, 1);
        drain(node, fd);
        close(fd);
        if (atomic_load(&node->bytes) > before) {
            fprintf(stderr, "read %s\n", node->path);
            wait_gone(node);
        }
    } else if (errno == EACCES || errno == EPERM)
        atomic_fetch_add(&node->denials, 1);
    atomic_store(&node->busy, false);
    return NULL;
}

/* ---- Finding ------------------------------------------------------------------------------- */

static bool is_disk(const char *name, enum way *ret_way)
{
    static const struct {
        const char *prefix;
        enum way way;
    } kinds[] = {{"sd", WAY_READ}, {"sr", WAY_READ}, {"sg", WAY_SG}};
    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        size_t length = strlen(kinds[i].prefix);
        if (strncmp(name, kinds[i].prefix, length) == 0 && name[length]) {
            *ret_way = kinds[i].way;
            return true;
        }
    }
    return false;
}

/* The root disk, its partitions, and its sg and bsg nodes are not for stealing. */
static bool is_root(const char *name, enum way way)
{
    if (thief.root_disk[0] && strncmp(name, thief.root_disk, strlen(thief.root_disk)) == 0)
        return true;
    if (!thief.root_scsi[0])
        return false;
    if (way == WAY_BSG)
        return strcmp(name, strrchr(thief.root_scsi, '/') + 1) == 0;
    char link[300], real[PATH_MAX];
    snprintf(link, sizeof(link), "/sys/class/scsi_generic/%s/device", name);
    return way == WAY_SG && realpath(link, real) && strcmp(real, thief.root_scsi) == 0;
}

static struct node *node_of(const char *path, enum way way)
{
    for (size_t i = 0; i < thief.n_nodes; i++)
        if (strcmp(thief.nodes[i].path, path) == 0)
            return &thief.nodes[i];
    if (thief.n_nodes == NODES_MAX)
        return NULL;
    struct node *node = &thief.nodes[thief.n_nodes++];
    snprintf(node->path, sizeof(node->path), "%s", path);
    node->way = way;
    return node;
}

static void attack(const char *path, enum way way, bool spare)
{
    struct node *node = node_of(path, way);
    pthread_t thread;
    if (!node || atomic_exchange(&node->busy, true))
        return;
    node->spared = spare;
    if (pthread_create(&thread, NULL, rob, node) == 0)
        pthread_detach(thread);
    else
        atomic_store(&node->busy, false);
}

static void scan_folder(const char *folder, bool bsg, bool spare)
{
    DIR *dir = opendir(folder);
    for (struct dirent *entry; dir && (entry = readdir(dir));) {
        enum way way = WAY_BSG;
        if (entry->d_name[0] == '.' || (!bsg && !is_disk(entry->d_name, &way)) ||
            is_root(entry->d_name, way))
            continue;
        char path[300];
        snprintf(path, sizeof(path), "%s/%s", folder, entry->d_name);
        attack(path, way, spare);
    }
    if (dir)
        closedir(dir);
}

/* A disk known to the kernel whose node somebody took away: root can make another one. */
static void scan_sysfs(bool spare)
{
    DIR *dir = opendir("/sys/block");
    for (struct dirent *entry; dir && (entry = readdir(dir));) {
        enum way way;
        char from[300], path[300];
        unsigned major, minor;
        if (!is_disk(entry->d_name, &way) || is_root(entry->d_name, way))
            continue;
        snprintf(path, sizeof(path), "/dev/%s", entry->d_name);
        if (access(path, F_OK) == 0)
            continue;
        snprintf(from, sizeof(from), "/sys/block/%s/dev", entry->d_name);
        FILE *file = fopen(from, "re");
        if (!file)
            continue;
        snprintf(path, sizeof(path), "/run/racer-%s", entry->d_name);
        if (fscanf(file, "%u:%u", &major, &minor) == 2 &&
            (mknod(path, S_IFBLK | 0600, makedev(major, minor)) == 0 || errno == EEXIST))
            attack(path, way, spare);
        fclose(file);
    }
    if (dir)
        closedir(dir);
}

static void note_binding(const char *driver, const char *interface)
{
    for (size_t i = 0; i < thief.n_bindings; i++)
        if (strcmp(thief.bindings[i].driver, driver) == 0 &&
            strcmp(thief.bindings[i].interface, interface) == 0)
            return;
    if (thief.n_bindings == BINDINGS_MAX)
        return;
    struct binding *binding = &thief.bindings[thief.n_bindings++];
    snprintf(binding->driver, sizeof(binding->driver), "%s", driver);
    snprintf(binding->interface, sizeof(binding->interface), "%.63s", interface);
}

static void scan_driver(const char *driver)
{
    char folder[64];
    snprintf(folder, sizeof(folder), "/sys/bus/usb/drivers/%s", driver);
    DIR *dir = opendir(folder);
    for (struct dirent *entry; dir && (entry = readdir(dir));)
        if (strchr(entry->d_name, ':')) /* "1-2:1.0"; the rest are the driver's own files */
            note_binding(driver, entry->d_name);
    if (dir)
        closedir(dir);
}

/* Claims every interface of every device by way of usbfs, as libusb would: no kernel driver needed.
 */
static void scan_usbfs(const char *folder)
{
    DIR *dir = opendir(folder);
    for (struct dirent *entry; dir && (entry = readdir(dir));) {
        char path[300];
        if (entry->d_name[0] == '.' || strcmp(entry->d_name, "001") == 0) /* 001 is the root hub */
            continue;
        snprintf(path, sizeof(path), "%s/%s", folder, entry->d_name);
        int fd = open(path, O_RDWR | O_CLOEXEC);
        for (unsigned number = 0; fd >= 0 && number < 32; number++)
            if (ioctl(fd, USBDEVFS_CLAIMINTERFACE, &number) == 0)
                thief.claims++;
        if (fd >= 0)
            close(fd);
    }
    if (dir)
        closedir(dir);
}

static void scan_usbfs_buses(void)
{
    for (int bus = 1; bus < 16; bus++) {
        char folder[32];
        snprintf(folder, sizeof(folder), "/dev/bus/usb/%03d", bus);
        scan_usbfs(folder);
    }
}

static void scan(bool spare)
{
    scan_folder("/dev", false, spare);
    scan_folder("/dev/bsg", true, spare);
    scan_sysfs(spare);
    scan_driver("usb-storage");
    scan_driver("uas");
    if (thief.try_usbfs)
        scan_usbfs_buses();
    thief.scans++;
}

/* Which disk "/" lies on: from its device number to the sysfs folder, and from a partition up. */
static void find_root(void)
{
    struct stat st;
    char link[64], real[PATH_MAX], scsi[PATH_MAX + 16];
    if (stat("/", &st) < 0)
        return;
    snprintf(link, sizeof(link), "/sys/dev/block/%u:%u", major(st.st_dev), minor(st.st_dev));
    if (!realpath(link, real))
        return;
    snprintf(scsi, sizeof(scsi), "%s/partition", real);
    if (access(scsi, F_OK) == 0)
        *strrchr(real, '/') = '\0';
    snprintf(thief.root_disk, sizeof(thief.root_disk), "%.63s", strrchr(real, '/') + 1);
    snprintf(scsi, sizeof(scsi), "%s/device", real);
    if (strncmp(thief.root_disk, "sd", 2) != 0 || !realpath(scsi, thief.root_scsi))
        thief.root_scsi[0] = '\0';
}

/* ---- Telling ------------------------------------------------------------------------------- */

static void print_report(double seconds)
{
    unsigned long long total = 0;
    printf("{\"nodes\": [");
    for (size_t i = 0; i < thief.n_nodes; i++) {
        struct node *node = &thief.nodes[i];
        total += node->bytes;
        printf("%s{\"path\": \"%s\", \"opens\": %u, \"denials\": %u, \"bytes\": %llu, \"sample\": "
               "\"%s\"}",
               i ? ", " : "", node->path, node->opens, node->denials,
               (unsigned long long)node->bytes, node->sample);
    }
    printf("], \"bytes\": %llu, \"drivers\": [", total);
    for (size_t i = 0; i < thief.n_bindings; i++)
        printf("%s{\"driver\": \"%s\", \"interface\": \"%s\"}", i ? ", " : "",
               thief.bindings[i].driver, thief.bindings[i].interface);
    printf("], \"claims\": %u, \"scans\": %llu, \"seconds\": %.3f}\n", thief.claims, thief.scans,
           seconds);
    fflush(stdout);
}

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* Scans without a pause, or, when gentle, whenever inotify has seen something, and every 20 ms. */
static void race(double seconds, bool gentle)
{
    int watch = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
    inotify_add_watch(watch, "/dev", IN_CREATE | IN_ATTRIB);
    for (double end = now() + seconds; !stopped && (seconds <= 0 || now() < end);) {
        char events[4096];
        if (gentle && read(watch, events, sizeof(events)) < 0)
            usleep(20000);
        scan(false);
    }
    close(watch);
}

static const char usage[] = "usage: racer [OPTION…]\n"
                            "Reads every disk but the root disk as soon as it appears; SIGTERM "
                            "ends it, then it prints JSON.\n"
                            "  --seconds N   end by itself after N seconds\n"
                            "  --uid N       be this user instead of root\n"
                            "  --only-new    leave alone what is there at the start\n"
                            "  --usbfs       also claim USB interfaces by way of /dev/bus/usb\n"
                            "  --gentle      leave the processor to others between looks\n"
                            "  --help\n";

int main(int argc, char **argv)
{
    static const struct option options[] = {
        {"seconds", required_argument, NULL, 's'},
        {"uid", required_argument, NULL, 'u'},
        {"only-new", no_argument, NULL, 'n'},
        {"usbfs", no_argument, NULL, 'f'},
        {"gentle", no_argument, NULL, 'g'},
        {"help", no_argument, NULL, 'h'},
        {0},
    };
    double seconds = 0, start = now();
    uid_t uid = 0;
    bool gentle = false;

    for (int c; (c = getopt_long(argc, argv, "", options, NULL)) != -1;)
        switch (c) {
        case 's':
            seconds = atof(optarg);
            break;
        case 'u':
            uid = (uid_t)atoi(optarg);
            break;
        case 'n':
            thief.only_new = true;
            break;
        case 'f':
            thief.try_usbfs = true;
            break;
        case 'g':
            gentle = true;
            break;
        default:
            fputs(usage, c == 'h' ? stdout : stderr);
            return c == 'h' ? 0 : 2;
        }
    signal(SIGTERM, on_signal);
    signal(SIGINT, on_signal);
    find_root();
    if (uid && (setgroups(0, NULL) < 0 || setgid(uid) < 0 || setuid(uid) < 0)) {
        fprintf(stderr, "racer: setuid: %s\n", strerror(errno));
        return 4;
    }
    scan(thief.only_new);
    fprintf(stderr, "ready\n");
    race(seconds, gentle);
    print_report(now() - start);
    _exit(0); /* threads may still sit in a read */
}
