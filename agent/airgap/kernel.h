// SPDX-License-Identifier: GPL-3.0-or-later
// The kernel's nftables, through libnftables.
#pragma once

#include "base/digest.h"
#include "base/util.h"

// Runs nft(8)'s commands as one transaction. −EIO: *ret_why (allocated; NULL on lack of memory) is
// what libnftables says.
must_check int kernel_run(const char *commands, char **ret_why);

struct nft_ctx;
// One that says nothing by itself; NULL on lack of memory. The caller frees it (nft_ctx_free()),
// and with its socket goes what that owns.
struct nft_ctx *kernel_context_new(void);
// kernel_run() in that context.
must_check int kernel_run_in(struct nft_ctx *context, const char *commands, char **ret_why);

// For kernel_run(): counters that go on where those of this table are now; "" if it is not there.
// What is counted between this look and the replacing is lost. NULL on lack of memory; the caller
// frees it.
char *kernel_counters(const char *family);

// SHA-256 over our table of this family as it is now, without its counts. −ENOENT: it is not there.
must_check int kernel_digest(const char *family, uint8_t ret[DIGEST_SIZE]);
