// SPDX-License-Identifier: GPL-3.0-or-later
// One context of libnftables a call: what it caches of the kernel's state is old a moment later.
#include "airgap/kernel.h"

#include "base/text.h"
#include "enforce/ruleset.h"

#include <errno.h>
#include <nftables/libnftables.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void context_free_p(struct nft_ctx **context)
{
    if (*context)
        nft_ctx_free(*context);
}

struct nft_ctx *kernel_context_new(void)
{
    struct nft_ctx *context = nft_ctx_new(NFT_CTX_DEFAULT);
    if (!context)
        return NULL;
    if (nft_ctx_buffer_output(context) == 0 && nft_ctx_buffer_error(context) == 0)
        return context;
    nft_ctx_free(context);
    return NULL;
}

int kernel_run_in(struct nft_ctx *context, const char *commands, char **ret_why)
{
    if (nft_run_cmd_from_buffer(context, commands) == 0)
        return 0;
    const char *why = nft_ctx_get_error_buffer(context);
    *ret_why = text_escape(why, strcspn(why, "\n"), 256);
    return -EIO;
}

int kernel_run(const char *commands, char **ret_why)
{
    CLEANUP(context_free_p) struct nft_ctx *context = kernel_context_new();
    return context ? kernel_run_in(context, commands, ret_why) : -ENOMEM;
}

int kernel_digest(const char *family, uint8_t ret[DIGEST_SIZE])
{
    CLEANUP(context_free_p) struct nft_ctx *context = kernel_context_new();
    CLEANUP_FREE char *command = text_format("list table %s " RULESET_TABLE, family);
    if (!context || !command)
        return -ENOMEM;
    nft_ctx_output_set_flags(context, NFT_CTX_OUTPUT_STATELESS | NFT_CTX_OUTPUT_NUMERIC_ALL);
    if (nft_run_cmd_from_buffer(context, command) != 0)
        return -ENOENT;
    const char *table = nft_ctx_get_output_buffer(context);
    digest_of(table, strlen(table), ret);
    return 0;
}

static bool read_number(const char *text, const char *word, unsigned long long *ret)
{
    const char *at = strstr(text, word);
    char *end = NULL;
    if (at)
        *ret = strtoull(at + strlen(word), &end, 10);
    return end && end > at + strlen(word);
}

// In nft(8)'s list each is "counter NAME { packets N bytes N }", over several lines. Only ours:
// what somebody else has put there is not to come again.
static void put_counters(const char *family, const char *listed, FILE *file)
{
    static const char *const ours[] = {"input", "output", "forward", "egress"};
    for (size_t i = 0; i < ELEMENTS(ours); i++) {
        unsigned long long packets, bytes;
        char head[32];
        (void)snprintf(head, sizeof head, "counter %s {", ours[i]);
        const char *at = strstr(listed, head);
        if (at && read_number(at, "packets ", &packets) && read_number(at, "bytes ", &bytes))
            fprintf(file, "add counter %s " RULESET_TABLE " %s { packets %llu bytes %llu; }\n",
                    family, ours[i], packets, bytes);
    }
}

char *kernel_counters(const char *family)
{
    CLEANUP(context_free_p) struct nft_ctx *context = kernel_context_new();
    CLEANUP_FREE char *command = text_format("list counters table %s " RULESET_TABLE, family);
    char *text = NULL;
    size_t length;
    if (!context || !command)
        return NULL;
    if (nft_run_cmd_from_buffer(context, command) != 0)
        return text_dup("");
    FILE *file = open_memstream(&text, &length);
    if (!file)
        return NULL;
    fprintf(file, "add table %s " RULESET_TABLE "\n", family);
    put_counters(family, nft_ctx_get_output_buffer(context), file);
    if (fclose(file) == 0)
        return text;
    free(text);
    return NULL;
}
