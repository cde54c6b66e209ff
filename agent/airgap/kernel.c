// SPDX-License-Identifier: GPL-3.0-or-later
// One context of libnftables a call: what it caches of the kernel's state is old a moment later.
#include "airgap/kernel.h"

#include "base/text.h"
#include "enforce/ruleset.h"

#include <errno.h>
#include <nftables/libnftables.h>
#include <string.h>

static void context_free_p(struct nft_ctx **context)
{
    if (*context)
        nft_ctx_free(*context);
}

// Says nothing by itself.
static struct nft_ctx *context_new(void)
{
    struct nft_ctx *context = nft_ctx_new(NFT_CTX_DEFAULT);
    if (!context)
        return NULL;
    if (nft_ctx_buffer_output(context) == 0 && nft_ctx_buffer_error(context) == 0)
        return context;
    nft_ctx_free(context);
    return NULL;
}

int kernel_run(const char *commands, char **ret_why)
{
    CLEANUP(context_free_p) struct nft_ctx *context = context_new();
    if (!context)
        return -ENOMEM;
    if (nft_run_cmd_from_buffer(context, commands) == 0)
        return 0;
    const char *why = nft_ctx_get_error_buffer(context);
    *ret_why = text_escape(why, strcspn(why, "\n"), 256);
    return -EIO;
}

int kernel_digest(uint8_t ret[DIGEST_SIZE])
{
    CLEANUP(context_free_p) struct nft_ctx *context = context_new();
    CLEANUP_FREE char *all = text_dup("");
    if (!context)
        return -ENOMEM;
    nft_ctx_output_set_flags(context, NFT_CTX_OUTPUT_STATELESS | NFT_CTX_OUTPUT_NUMERIC_ALL);
    for (size_t i = 0; ruleset_families[i]; i++) {
        CLEANUP_FREE char *command =
            text_format("list table %s " RULESET_TABLE, ruleset_families[i]);
        if (!all || !command)
            return -ENOMEM;
        if (nft_run_cmd_from_buffer(context, command) != 0)
            return -ENOENT;
        char *longer = text_format("%s%s", all, nft_ctx_get_output_buffer(context));
        free(all);
        all = longer;
    }
    if (!all)
        return -ENOMEM;
    digest_of(all, strlen(all), ret);
    return 0;
}
