// SPDX-License-Identifier: GPL-3.0-or-later
// What the verbs of `sekisho site` share: the site's folder on the admin's machine.
//
//   site.key site.crt            the site: issues certificates, signs bundles
//   admin.key admin.crt          opens what workstations encrypt
//   deputy/                      the second recipient's, to be moved to another medium
//   recovery.html recovery.crt   a third one, whose key exists on paper only
//   recipients/NN.crt            the certificates of these three, which every bundle has
//   hosts/NAME-LEDGER.json .crt  a card and a certificate for each workstation (site/card.h)
//   inventory                    the same as a table, for other programs
//   bundle.cms                   the last bundle
#pragma once

#include "cli/ask.h"
#include "cli/cli.h"
#include "site/bundle.h"
#include "site/card.h"
#include "site/certificate.h"
#include "site/key.h"

#define SITE_KEY "site.key"
#define SITE_CERTIFICATE "site.crt"
#define SITE_RECIPIENTS "recipients"
#define SITE_HOSTS "hosts"
#define SITE_INVENTORY "inventory"
#define SITE_BUNDLE "bundle.cms"
#define SITE_YEARS 25 // evidence is read years after the contract
#define SITE_HOST_YEARS 10

// ---- The folder --------------------------------------------------------------------------------

struct site_folder {
    const char *path;
    int dir;
    X509 *certificate;
    EVP_PKEY *key; // NULL until site_folder_unlock()
    struct cards cards;
};
void site_folder_clear(struct site_folder *folder);

// Reads certificate and cards. With `to_write` it is the only command that has it open.
enum cli_exit site_folder_open(const char *path, bool to_write, struct site_folder *ret);
enum cli_exit site_folder_unlock(struct site_folder *folder,
                                 const struct passphrase_source *source);
enum cli_exit site_folder_failed(const struct site_folder *folder, const char *name, int r);

// "9f3a 77c0 …": of 32 bytes, fit to be compared by eye or voice; the first `n_groups` of 16.
#define SITE_GROUPS_SIZE                                                                           \
    sizeof "0123 4567 89ab cdef 0123 4567 89ab cdef 0123 4567 89ab cdef 0123 4567 89ab cdef"
void site_format_digest(const uint8_t digest[DIGEST_SIZE], unsigned n_groups,
                        char ret[SITE_GROUPS_SIZE]);
#define SITE_SHORT_GROUPS 5

// ---- Verbs -------------------------------------------------------------------------------------

enum cli_exit site_init(int argc, char *argv[], const struct cli_options *options);
enum cli_exit site_recover(int argc, char *argv[], const struct cli_options *options);
enum cli_exit site_enrol(int argc, char *argv[], const struct cli_options *options);
enum cli_exit site_list(int argc, char *argv[], const struct cli_options *options);
enum cli_exit site_bundle(int argc, char *argv[], const struct cli_options *options);

// The sheet of paper with the recovery key, as HTML; the caller frees it.
enum cli_exit site_write_paper(EVP_PKEY *key, const char *site_name, X509 *certificate,
                               char **ret_html);
