// SPDX-License-Identifier: GPL-3.0-or-later
// What the parts of `sekisho enrol` share: the folder STATE/keys/site on the workstation.
//
//   host.key request.csr     its own key, and the last request
//   host.crt site.crt        its certificate, and the site's, which is pinned thereby
//   recipients/NN.crt        who can read what it encrypts
//   policy/50-site-NAME.conf the site's policy, which the agent puts into policy.d
//   bundle.cms applied.json  the bundle that holds (site/applied.h)
#pragma once

#include "cli/cli.h"
#include "site/certificate.h"
#include "site/key.h"

#include <stdbool.h>

#define ENROL_FOLDER "site"
#define ENROL_NEXT "site.next"
#define ENROL_HOST_KEY "host.key"
#define ENROL_HOST_CERTIFICATE "host.crt"
#define ENROL_SITE_CERTIFICATE "site.crt"
#define ENROL_REQUEST "request.csr"

struct enrol_options {
    const char *to, *name, *bundle, *fingerprint, *state;
    bool anew, yes;
};

// Both descriptors; no other `sekisho enrol` works there at the same time.
struct enrol_folder {
    const char *state;
    int keys, site;
};
void enrol_folder_clear(struct enrol_folder *folder);
enum cli_exit enrol_folder_open(const char *state, struct enrol_folder *ret);
enum cli_exit enrol_folder_failed(const struct enrol_folder *folder, const char *name, int r);

enum cli_exit enrol_request(const struct enrol_options *request, const struct cli_options *options);
enum cli_exit enrol_bundle(const struct enrol_options *request, const struct cli_options *options);
