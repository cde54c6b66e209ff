// SPDX-License-Identifier: GPL-3.0-or-later
// sekisho site: keys and certificates of a site, its workstations, and what it hands to them. On
// the admin's machine; no agent is needed there.
#include "cli/site-parts.h"

#include "base/text.h"

static enum cli_exit run(int argc, char *argv[], const struct cli_options *options)
{
    static const struct {
        const char *name;
        enum cli_exit (*run)(int argc, char *argv[], const struct cli_options *options);
    } verbs[] = {{"init", site_init},
                 {"enrol", site_enrol},
                 {"list", site_list},
                 {"bundle", site_bundle},
                 {"recover", site_recover}};
    if (argc < 2)
        return cli_usage(&cmd_site, _("what is to be done? init, enrol, list, bundle or recover"));
    for (size_t i = 0; i < ELEMENTS(verbs); i++)
        if (text_equal(verbs[i].name, argv[1]))
            return verbs[i].run(argc, argv, options);
    return cli_usage(&cmd_site, _("%s: unknown; init, enrol, list, bundle and recover are known"),
                     argv[1]);
}

const struct command cmd_site = {
    .name = "site",
    .summary = N_("Makes a site’s keys, enrols its PCs, signs what they get (on the admin’s PC)"),
    .usage = "init --name NAME --to FOLDER [OPTION…]\n"
             "       enrol REQUEST… --site FOLDER [--yes]\n"
             "       list --site FOLDER\n"
             "       bundle --site FOLDER --to FOLDER [--policy FILE… | --no-policy]\n"
             "       recover --from FILE --to FILE",
    .help = N_("init: keys and certificates of a site, in a folder that does not exist yet\n"
               "  --name NAME      the site's\n"
               "  --to FOLDER      where they go\n"
               "  --second NAME    who can read what PCs encrypt, beside the admin (“deputy”)\n"
               "  --takes FILE     a certificate of the site that exists, instead of a new one,\n"
               "  --takes-key FILE and its key\n"
               "\n"
               "enrol: a certificate for each PC that asks, by its file from “sekisho enrol”\n"
               "  --site FOLDER    the site's, as made by init\n"
               "  --yes            without asking whether head code and fingerprint are the same\n"
               "\n"
               "bundle: certificates and policy for all PCs, signed, as site-bundle.cms\n"
               "  --policy FILE    a policy file; without any, those of the last bundle stay\n"
               "  --no-policy      none\n"
               "\n"
               "recover: the key of the paper, from its four lines as they were typed\n"
               "  --from FILE      the lines; “-” for standard input\n"
               "  --to FILE        the key, as PEM\n"
               "\n"
               "Passphrases are asked for at the terminal, or\n"
               "  --passphrase-file FILE  stand there: the first line; the deputy's the second\n"
               "  --no-passphrase         are not wanted (init, recover)\n"),
    .run = run,
};
