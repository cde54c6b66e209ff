// SPDX-License-Identifier: GPL-3.0-or-later
// OpenSSL's memory files and errors.
#include "site/openssl.h"

#include <errno.h>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <stdlib.h>
#include <string.h>

void openssl_free_bio_p(BIO **memory)
{
    BIO_free(*memory);
}

int openssl_take_bio(BIO *memory, uint8_t **ret, size_t *ret_length)
{
    char *data;
    long length = BIO_get_mem_data(memory, &data);
    if (length < 0)
        return -EIO;
    // One byte more, a NUL: what is text can be read as such.
    uint8_t *copy = calloc(1, (size_t)length + 1);
    if (!copy)
        return -ENOMEM;
    if (length > 0)
        memcpy(copy, data, (size_t)length);
    *ret = copy;
    *ret_length = (size_t)length;
    return 0;
}

int openssl_failed(int error)
{
    ERR_clear_error();
    return error;
}
