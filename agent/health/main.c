// SPDX-License-Identifier: GPL-3.0-or-later
// health: looks at one part of the machine's set-up and prints what it sees as one JSON object. For
// sekishod, which does not wait for it, and for `sekisho check`.
#include "base/file.h"
#include "base/i18n.h"
#include "base/json.h"
#include "base/text.h"
#include "watch/antivirus/gather.h"
#include "watch/posture/gather.h"
#include "watch/storage/gather.h"

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <string.h>

enum { EXIT_DONE = 0, EXIT_USAGE = 2, EXIT_FAILED = 4 };

static const struct section {
    const char *name;
    int (*gather)(int root, char *const arguments[], size_t n, json_object **ret);
} sections[] = {
    {"antivirus", antivirus_gather},
    {"storage", storage_gather},
    {"posture", posture_gather},
};

static int usage(void)
{
    (void)fputs(_("Usage: health [--root DIR] antivirus\n"
                  "       health [--root DIR] posture [--with-package]\n"
                  "       health [--root DIR] storage FOLDER…\n"
                  "Prints how this machine is set up, as one JSON object: what sekishod and\n"
                  "“sekisho check” judge by.\n\n"
                  "  --root DIR      another machine's root folder, such as an image's\n"
                  "  --with-package  compares the package with what dpkg knows of it, too\n"
                  "  --help          this help\n"
                  "  --version       the version\n"),
                stdout);
    return EXIT_DONE;
}

static int failed(const char *what, int error)
{
    (void)fprintf(stderr, "health: %s: %s\n", what, strerrordesc_np(-error));
    return EXIT_FAILED;
}

static int wrong(void)
{
    (void)fputs(_("health: wrong usage: see health --help\n"), stderr);
    return EXIT_USAGE;
}

static int print(json_object *facts)
{
    const char *line = json_to_line(facts);
    int r = line ? file_write_all(STDOUT_FILENO, line, strlen(line)) : -ENOMEM;
    return r < 0 ? r : file_write_all(STDOUT_FILENO, "\n", 1);
}

static int look(const struct section *section, const char *path, char *const arguments[], size_t n)
{
    CLEANUP_CLOSE int root = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (root < 0)
        return failed(path, -errno);
    CLEANUP_JSON json_object *facts = NULL;
    int r = section->gather(root, arguments, n, &facts);
    if (r == 0)
        r = print(facts);
    return r < 0 ? failed(section->name, r) : EXIT_DONE;
}

int main(int argc, char *argv[])
{
    static const struct option options[] = {{"root", required_argument, NULL, 'r'},
                                            {"help", no_argument, NULL, 'h'},
                                            {"version", no_argument, NULL, 'v'},
                                            {0}};
    const char *root = "/";
    i18n_init();
    opterr = 0;
    for (int option; (option = getopt_long(argc, argv, "+", options, NULL)) != -1;) {
        if (option == 'h')
            return usage();
        if (option == 'v')
            return printf("health %s\n", SEKISHO_VERSION) < 0 ? EXIT_FAILED : EXIT_DONE;
        if (option != 'r')
            return wrong();
        root = optarg;
    }
    if (optind >= argc)
        return wrong();
    for (size_t i = 0; i < ELEMENTS(sections); i++)
        if (text_equal(sections[i].name, argv[optind]))
            return look(&sections[i], root, argv + optind + 1, (size_t)(argc - optind - 1));
    return wrong();
}
