// SPDX-License-Identifier: GPL-3.0-or-later
// What an enrolled workstation has of its site, in STATE/keys/site (0700, root):
//   host.key            its own key
//   host.crt            … and its certificate, which the site issued; its identity is the ledger's
//   site.crt            the site's
//   recipients/NN.crt   01, 02, …: to whom it encrypts
#pragma once

#include "base/util.h"
#include "site/envelope.h"

#include <openssl/types.h>
#include <stddef.h>

#define ENROLLED_FOLDER "keys/site"
#define ENROLLED_FILE_SIZE sizeof "recipients/NN.crt"

struct enrolled {
    EVP_PKEY *key;
    X509 *certificate, *site;
    X509 *recipients[ENVELOPE_RECIPIENTS_MAX];
    size_t n_recipients; // at least one
};

void enrolled_clear(struct enrolled *enrolled);
static inline void enrolled_clear_p(struct enrolled *enrolled)
{
    enrolled_clear(enrolled);
}

// `state`: descriptor of the state folder. −ENOENT: not enrolled, there is no host.crt. Anything
// else is wrong with the file that `ret_file` names: −ENODATA: it is missing; −EBADMSG: it can't be
// read as what it is, or the site has not issued it; −EKEYREJECTED: it is for another use, or not
// this key's; −EACCES.
must_check int enrolled_read_at(int state, struct enrolled *ret, char ret_file[ENROLLED_FILE_SIZE]);
