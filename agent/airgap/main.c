// SPDX-License-Identifier: GPL-3.0-or-later
// airgap: brings the kernel's firewall in step with what the daemon has compiled from the policy.
// At power-on it does so before any network manager, and without the daemon.
#include "airgap/hold.h"
#include "airgap/kernel.h"
#include "airgap/radios.h"
#include "airgap/recall.h"
#include "airgap/wanted.h"
#include "base/file.h"
#include "base/i18n.h"
#include "base/log.h"
#include "base/text.h"
#include "enforce/ruleset.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <string.h>
#include <sys/file.h>

enum { EXIT_DONE = 0, EXIT_MENDED = 1, EXIT_USAGE = 2, EXIT_CHANGED = 3, EXIT_COULD_NOT = 4 };

#define LOADED "airgap-loaded" // digests: of what was loaded, and of what the kernel made of it
#define LOCK "airgap-lock"
#define LOADED_SIZE (3 * DIGEST_TEXT_SIZE)
#define FAMILIES_MAX 4

enum change {
    CHANGE_NONE,
    CHANGE_OF_WANTED, // links came or went, or the policy or the mode is another
    CHANGE_BY_OTHERS,
};

// ---- Bringing it into the kernel ----------------------------------------------------------------

// Of what is wanted and of what the kernel has. Zeros: it is not there.
struct digests {
    uint8_t wanted[DIGEST_SIZE];
    uint8_t links[DIGEST_SIZE]; // of the table that has a chain for each link
    uint8_t others[DIGEST_SIZE];
};

static int take_digests(const char *rules, bool may_be_missing, struct digests *ret)
{
    struct digests digests = {0};
    uint8_t all[FAMILIES_MAX][DIGEST_SIZE] = {0};
    digest_of(rules, strlen(rules), digests.wanted);
    for (size_t i = 0; ruleset_families[i]; i++) {
        bool has_links = text_equal(ruleset_families[i], RULESET_LINKS_FAMILY);
        assert(i < FAMILIES_MAX);
        int r = kernel_digest(ruleset_families[i], has_links ? digests.links : all[i]);
        if (r < 0 && !(r == -ENOENT && may_be_missing))
            return r;
    }
    digest_of(all, sizeof all, digests.others);
    *ret = digests;
    return 0;
}

static void format_digests(const struct digests *digests, char ret[LOADED_SIZE])
{
    const uint8_t *const all[] = {digests->wanted, digests->links, digests->others};
    for (size_t i = 0; i < ELEMENTS(all); i++) {
        text_hex(all[i], DIGEST_SIZE, ret + i * DIGEST_TEXT_SIZE);
        ret[(i + 1) * DIGEST_TEXT_SIZE - 1] = ' ';
    }
    ret[LOADED_SIZE - 1] = '\n';
}

static int write_loaded(int run, const char *rules)
{
    struct digests digests;
    char text[LOADED_SIZE];
    // What somebody has taken away meanwhile must not pass for what was made.
    int r = take_digests(rules, false, &digests);
    if (r < 0)
        return r;
    format_digests(&digests, text);
    return file_replace_at(run, LOADED, 0600, text, LOADED_SIZE);
}

static bool is_part_same(const char *a, const char *b, size_t part)
{
    size_t at = part * DIGEST_TEXT_SIZE;
    return strncmp(a + at, b + at, DIGEST_TEXT_SIZE - 1) == 0;
}

// Is it in the kernel as it was made, and is that what is wanted now? Not to know is no: as if
// somebody had changed it. A link that goes takes its chain with it, and one that comes has none:
// what else differs in that table then can't be told, and is mended all the same.
static enum change find_change(int run, const char *rules)
{
    CLEANUP_FREE char *line = NULL;
    struct digests digests;
    char now[LOADED_SIZE];
    if (file_read_line_at(run, LOADED, LOADED_SIZE, &line) < 0 || strlen(line) != LOADED_SIZE - 1 ||
        take_digests(rules, true, &digests) < 0)
        return CHANGE_BY_OTHERS;
    format_digests(&digests, now);
    bool wanted = is_part_same(line, now, 0), links = is_part_same(line, now, 1);
    if (!is_part_same(line, now, 2) || (wanted && !links))
        return CHANGE_BY_OTHERS;
    return wanted ? CHANGE_NONE : CHANGE_OF_WANTED;
}

// With counters that go on where they are now, all in one transaction.
static int load(int run, const char *rules)
{
    const size_t anew = strlen(ruleset_none()); // with which they begin
    CLEANUP_FREE char *inet = kernel_counters("inet"), *netdev = kernel_counters("netdev");
    CLEANUP_FREE char *why = NULL, *all = NULL;
    if (inet && netdev)
        all = text_format("%s%s%s%s", ruleset_none(), inet, netdev, rules + anew);
    if (!all)
        return -ENOMEM;
    int r = kernel_run(all, &why);
    if (r < 0)
        log_error("the firewall could not be loaded: %s", why ? why : strerror(-r));
    return r < 0 ? r : write_loaded(run, rules);
}

// A link may come or go between the look at them and the load, and one at a time is enough: udev,
// the daemon and the unit all call.
static int lock(int run)
{
    int fd = openat(run, LOCK, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0)
        return -errno;
    if (flock(fd, LOCK_EX) < 0) {
        int r = -errno;
        (void)close(fd);
        return r;
    }
    return fd; // until the program ends
}

static int bring(int root, bool only_if_other)
{
    CLEANUP(wanted_clear) struct wanted wanted = {0};
    CLEANUP_FREE char *rules = NULL;
    CLEANUP_CLOSE int run = -1, lock_fd = -1;
    int r = file_open_dir_at(root, WANTED_RUN, 0755, &run);
    if (r == 0)
        r = lock_fd = lock(run);
    if (r >= 0)
        r = wanted_find(root, &wanted);
    if (r == 0)
        r = ruleset_for(wanted.airgap, wanted.links, wanted.n_links, &rules);
    if (r < 0)
        return r;
    enum change change = only_if_other ? find_change(run, rules) : CHANGE_OF_WANTED;
    if (change == CHANGE_NONE)
        return EXIT_DONE;
    r = load(run, rules);
    if (r < 0)
        return r;
    return !only_if_other ? EXIT_DONE : change == CHANGE_BY_OTHERS ? EXIT_MENDED : EXIT_CHANGED;
}

static int do_radios(int root)
{
    CLEANUP(airgap_free_p) struct airgap *airgap = NULL;
    int r = wanted_find_airgap(root, &airgap);
    if (r < 0)
        return r;
    radios_block(root, airgap);
    return EXIT_DONE;
}

static int do_load(int root)
{
    int r = do_radios(root);
    return r < 0 ? r : bring(root, false);
}

static int do_mend(int root)
{
    return bring(root, true);
}

static int do_unload(int root)
{
    CLEANUP_FREE char *why = NULL;
    CLEANUP_CLOSE int run = -1;
    int r = file_open_dir_at(root, WANTED_RUN, 0755, &run);
    radios_release(root);
    if (r == 0)
        r = kernel_run(ruleset_none(), &why);
    if (r < 0)
        log_error("the firewall could not be taken away: %s", why ? why : strerror(-r));
    if (r == 0 && unlinkat(run, LOADED, 0) < 0 && errno != ENOENT)
        r = -errno;
    return r;
}

// While only observing, one table that counts is enough.
static int rules_to_hold(int root, char **ret)
{
    CLEANUP(wanted_clear) struct wanted wanted = {0};
    int r = wanted_find(root, &wanted);
    if (r < 0)
        return r;
    if (wanted.airgap->mode == MODE_ENFORCE)
        return ruleset_for_owner(wanted.airgap, wanted.links, wanted.n_links, ret);
    *ret = NULL;
    return 0;
}

static int do_hold(int root)
{
    return hold_tables(root, rules_to_hold);
}

static int do_recall(int root)
{
    int r = recall_links(root, wanted_find_mode(root) == MODE_ENFORCE);
    return r > 0 ? EXIT_MENDED : r;
}

static int do_print(int root)
{
    CLEANUP(wanted_clear) struct wanted wanted = {0};
    CLEANUP_FREE char *rules = NULL;
    int r = wanted_find(root, &wanted);
    if (r == 0)
        r = ruleset_for(wanted.airgap, wanted.links, wanted.n_links, &rules);
    if (r < 0)
        return r;
    return fputs(rules, stdout) >= 0 ? EXIT_DONE : -EIO;
}

// ---- Arguments ----------------------------------------------------------------------------------

static void print_usage(FILE *file)
{
    fprintf(file,
            _("Usage: airgap [OPTION…] load|mend|radios|unload|print|recall|hold\n"
              "\n"
              "Brings firewall and radios in step with the air gap in force.\n"
              "\n"
              "  load            loads the firewall, for all links that are there, and blocks\n"
              "                  radios\n"
              "  mend            loads it if it is not in the kernel as it should be: status 1\n"
              "                  then, or 3 if only links, policy or mode have changed\n"
              "  radios          blocks the radios that may not be on\n"
              "  unload          takes the firewall away and releases the radios\n"
              "  print           prints what “load” would load, for nft(8)\n"
              "  recall          brings back links of hardware that are in another network\n"
              "                  namespace: status 1 then\n"
              "  hold            holds a twin of it that nobody else can flush, made anew for\n"
              "                  each line on standard input, until that ends\n"
              "\n"
              "      --root DIR  look below DIR instead of /\n"
              "      --help      print this text\n"
              "      --version   print the version\n"));
}

// The place of the first argument behind the options; 0: what was asked for has been printed;
// −EINVAL.
static int parse_options(int argc, char *argv[], const char **ret_root)
{
    static const struct option known[] = {
        {"root", required_argument, NULL, 'r'},
        {"help", no_argument, NULL, 'h'},
        {"version", no_argument, NULL, 'v'},
        {0},
    };
    for (int c; (c = getopt_long(argc, argv, "h", known, NULL)) != -1;) {
        switch (c) {
        case 'r':
            *ret_root = optarg;
            break;
        case 'h':
            print_usage(stdout);
            return 0;
        case 'v':
            printf("airgap %s\n", SEKISHO_VERSION);
            return 0;
        default:
            return -EINVAL;
        }
    }
    return optind;
}

static int run_verb(const char *verb, int root)
{
    static const struct {
        const char *name;
        int (*run)(int root);
    } verbs[] = {{"load", do_load},     {"mend", do_mend},   {"radios", do_radios},
                 {"unload", do_unload}, {"print", do_print}, {"recall", do_recall},
                 {"hold", do_hold}};
    for (size_t i = 0; i < ELEMENTS(verbs); i++)
        if (text_equal(verbs[i].name, verb))
            return verbs[i].run(root);
    return -EINVAL;
}

int main(int argc, char *argv[])
{
    const char *root_path = "/";
    CLEANUP_CLOSE int root = -1;
    i18n_init();
    int first = parse_options(argc, argv, &root_path);
    if (first == 0)
        return EXIT_DONE;
    if (first < 0 || argc - first != 1) {
        print_usage(stderr);
        return EXIT_USAGE;
    }
    root = open(root_path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    int r = root < 0 ? -errno : run_verb(argv[first], root);
    if (r == -EINVAL) {
        print_usage(stderr);
        return EXIT_USAGE;
    }
    if (r < 0) {
        log_error("%s: %s", argv[first], strerror(-r));
        return EXIT_COULD_NOT;
    }
    return r;
}
