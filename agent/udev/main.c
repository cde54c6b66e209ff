// SPDX-License-Identifier: GPL-3.0-or-later
// usb-verdict: udev asks about one device, and it answers in properties. Runs for the blink of an
// eye, also in the initramfs and while the daemon is away.
#include "base/i18n.h"
#include "base/log.h"
#include "base/text.h"
#include "enforce/enforce.h"
#include "udev/verdict-medium.h"
#include "udev/verdict.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <string.h>

enum { EXIT_DONE = 0, EXIT_USAGE = 2, EXIT_COULD_NOT = 4 };

#define PATIENCE_S 30 // udev's workers are few: one that hangs must not keep its own for long

enum task { TASK_ANSWER, TASK_SHUT_DEFAULTS, TASK_OPEN_DEFAULTS, TASK_CLOSE_STORAGE };

struct options {
    enum task task;
    bool initramfs;
    const char *root;
    const char *kind, *name; // "device" "1-2"
};

// Only here are messages in other languages: an answer needs none, and to look for them takes
// longer than to find it.
static void print_usage(FILE *file)
{
    i18n_init();
    fprintf(
        file,
        _("Usage: usb-verdict [OPTION…] device|interface|medium NAME\n"
          "       usb-verdict [OPTION…] identify NAME\n"
          "       usb-verdict [OPTION…] gate FILE\n"
          "       usb-verdict [OPTION…] --close-storage|--shut-defaults|--open-defaults\n"
          "\n"
          "Decides on one USB device, interface or block device by the gate in force, opens or\n"
          "shuts it, and prints udev properties. udev's rules call it.\n"
          "\n"
          "      --initramfs      decide as before the root file system is there\n"
          "      --close-storage  shut out what only a living agent may allow\n"
          "      --shut-defaults  new devices and interfaces start unauthorized\n"
          "      --open-defaults  the way back: every bus and device is opened, until sekishod\n"
          "                       starts\n"
          "      --root DIR       look below DIR instead of /\n"
          "      --help           print this text\n"
          "      --version        print the version\n"
          "\n"
          "“identify” prints the identity of a device: VID:PID[:SERIAL]. “gate” prints the gate\n"
          "file for the initramfs: of the approvals only those of the devices whose identities\n"
          "are in FILE.\n"));
}

// ---- Answers ----------------------------------------------------------------------------------

static void print_answer(const struct place *place, const struct answer *answer)
{
    printf("SEKISHO_VERDICT=%s\nSEKISHO_MODE=%s\n", answer->verdict,
           gate_mode_to_str(place->gate->mode));
    if (text_equal(answer->verdict, "gone"))
        return;
    printf("SEKISHO_REASON=%s\nSEKISHO_RULE=%s\nSEKISHO_PENDING=%d\n",
           reason_to_str(answer->reason), answer->rule, answer->pending);
    if (answer->whole)
        puts("SEKISHO_WHOLE=1");
    if (answer->error < 0)
        printf("SEKISHO_ERROR=%s\n", strerrorname_np(-answer->error));
}

static int answer(const struct place *place, const struct options *options)
{
    struct answer result = {0};
    int r = text_equal(options->kind, "device") ? verdict_device(place, options->name, &result)
                                                : verdict_interface(place, options->name, &result);
    if (r < 0)
        return r;
    if (result.error < 0 && result.error != -ENOENT && result.error != -ENODEV)
        log_error("%s: %s, the kernel's default stays", options->name, strerror(-result.error));
    print_answer(place, &result);
    return 0;
}

static void answer_medium(const struct place *place, const char *name)
{
    struct medium_answer result;
    verdict_medium(place, name, &result);
    if (result.error < 0 && result.error != -ENOENT && result.error != -ENODEV)
        log_error("%s: %s, the medium stays root's", name, strerror(-result.error));
    printf("SEKISHO_MEDIUM=%s\nSEKISHO_MEDIUM_ENCRYPTED=%d\nSEKISHO_MEDIUM_READ_ONLY=%d\n",
           result.medium, result.encrypted, result.read_only);
}

static int identify(const struct place *place, const char *name)
{
    CLEANUP(usb_device_free_p) struct usb_device *device = NULL;
    int r = usb_sysfs_read(place->sys, name, &device);
    if (r < 0)
        return r;
    CLEANUP_FREE char *identity = usb_device_identity(device);
    if (!identity)
        return -ENOMEM;
    puts(identity);
    return 0;
}

// The same text as long as the policy and these approvals are the same: who made an initramfs with
// it can tell whether it is up to date.
static int print_gate(struct place *place, const char *root_disks)
{
    CLEANUP_FREE char *text = NULL;
    size_t length;
    int r = place_narrow(place, root_disks);
    if (r < 0)
        return r;
    place->gate->mode = MODE_ENFORCE;
    place->gate->clock_floor_ns = 0; // plain approvals have no end
    r = gate_encode(place->gate, &text, &length);
    if (r < 0)
        return r;
    return fwrite(text, 1, length, stdout) == length ? 0 : -EIO;
}

static int run_task(struct place *place, const struct options *options)
{
    switch (options->task) {
    case TASK_SHUT_DEFAULTS:
        return enforce_usb_shut_defaults(place->sys);
    case TASK_OPEN_DEFAULTS:
        return verdict_open_all(place);
    case TASK_CLOSE_STORAGE:
        return verdict_close_storage(place);
    case TASK_ANSWER:
        break;
    }
    if (text_equal(options->kind, "identify"))
        return identify(place, options->name);
    if (text_equal(options->kind, "gate"))
        return print_gate(place, options->name);
    if (!text_equal(options->kind, "medium"))
        return answer(place, options);
    answer_medium(place, options->name);
    return 0;
}

static void explain(const struct options *options, int error)
{
    if (options->task == TASK_OPEN_DEFAULTS && error == -EBUSY)
        log_error(
            "sekishod is running and would shut it all again: run `sekisho mode usb observe`, or "
            "`systemctl stop sekishod` before this");
    else
        log_error("%s: %s", options->name ? options->name : options->root, strerror(-error));
}

// ---- Arguments --------------------------------------------------------------------------------

// The place of the first argument behind the options; 0: what was asked for has been printed;
// −EINVAL: wrong, and getopt said what.
static int parse_options(int argc, char *argv[], struct options *ret)
{
    static const struct option known[] = {
        {"initramfs", no_argument, NULL, 'i'},     {"close-storage", no_argument, NULL, 'c'},
        {"shut-defaults", no_argument, NULL, 's'}, {"open-defaults", no_argument, NULL, 'o'},
        {"root", required_argument, NULL, 'r'},    {"help", no_argument, NULL, 'h'},
        {"version", no_argument, NULL, 'v'},       {0},
    };
    for (int c; (c = getopt_long(argc, argv, "h", known, NULL)) != -1;) {
        switch (c) {
        case 'i':
            ret->initramfs = true;
            break;
        case 'c':
            ret->task = TASK_CLOSE_STORAGE;
            break;
        case 's':
            ret->task = TASK_SHUT_DEFAULTS;
            break;
        case 'o':
            ret->task = TASK_OPEN_DEFAULTS;
            break;
        case 'r':
            ret->root = optarg;
            break;
        case 'h':
            print_usage(stdout);
            return 0;
        case 'v':
            printf("usb-verdict %s\n", SEKISHO_VERSION);
            return 0;
        default:
            return -EINVAL;
        }
    }
    return optind;
}

static bool is_kind(const char *text)
{
    static const char *const kinds[] = {"device", "interface", "medium", "identify", "gate"};
    for (size_t i = 0; i < ELEMENTS(kinds); i++)
        if (text_equal(kinds[i], text))
            return true;
    return false;
}

// 0: go on. 1: all done. −EINVAL: wrong.
static int parse(int argc, char *argv[], struct options *ret)
{
    int first = parse_options(argc, argv, ret);
    if (first <= 0)
        return first < 0 ? first : 1;
    int left = argc - first;
    if (ret->task == TASK_ANSWER && left == 2 && is_kind(argv[first])) {
        ret->kind = argv[first];
        ret->name = argv[first + 1];
        return 0;
    }
    return ret->task != TASK_ANSWER && left == 0 ? 0 : -EINVAL;
}

int main(int argc, char *argv[])
{
    struct options options = {.root = "/"};
    CLEANUP(place_close) struct place place = {.root = -1, .sys = -1, .run = -1};
    int r = parse(argc, argv, &options);
    if (r < 0) {
        print_usage(stderr);
        return EXIT_USAGE;
    }
    if (r > 0)
        return EXIT_DONE;
    (void)alarm(PATIENCE_S);
    r = place_open(options.root, options.initramfs, &place);
    if (r < 0) {
        log_error("%s: %s", options.root, strerror(-r));
        return EXIT_COULD_NOT;
    }
    r = run_task(&place, &options);
    if (r < 0) {
        explain(&options, r);
        return EXIT_COULD_NOT;
    }
    return fflush(stdout) == 0 ? EXIT_DONE : EXIT_COULD_NOT;
}
