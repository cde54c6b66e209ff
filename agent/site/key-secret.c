// SPDX-License-Identifier: GPL-3.0-or-later
// A key by its digest, and by the number that is all of its private half.
#include "site/key.h"
#include "site/openssl.h"

#include <errno.h>
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/obj_mac.h>
#include <openssl/param_build.h>
#include <openssl/x509.h>

#define POINT_SIZE 65 // uncompressed, of P-256

int key_digest(EVP_PKEY *key, uint8_t ret[DIGEST_SIZE])
{
    unsigned char *der = NULL;
    int length = i2d_PUBKEY(key, &der);
    if (length < 0)
        return openssl_failed(-EIO);
    digest_of(der, (size_t)length, ret);
    OPENSSL_free(der);
    return 0;
}

int key_get_secret(EVP_PKEY *key, uint8_t ret[KEY_SECRET_SIZE])
{
    BIGNUM *secret = NULL;
    bool is_there = EVP_PKEY_get_bn_param(key, OSSL_PKEY_PARAM_PRIV_KEY, &secret) == 1 &&
                    BN_bn2binpad(secret, ret, KEY_SECRET_SIZE) == KEY_SECRET_SIZE;
    BN_clear_free(secret);
    return is_there ? 0 : openssl_failed(-EIO);
}

// ---- Back --------------------------------------------------------------------------------------

// The public half that belongs to it.
static int find_point(const BIGNUM *secret, uint8_t ret[POINT_SIZE])
{
    int r = -EIO;
    EC_GROUP *group = EC_GROUP_new_by_curve_name(NID_X9_62_prime256v1);
    EC_POINT *point = group ? EC_POINT_new(group) : NULL;
    if (point && (BN_is_zero(secret) || BN_cmp(secret, EC_GROUP_get0_order(group)) >= 0))
        r = -EINVAL;
    else if (point && EC_POINT_mul(group, point, secret, NULL, NULL, NULL) == 1 &&
             EC_POINT_point2oct(group, point, POINT_CONVERSION_UNCOMPRESSED, ret, POINT_SIZE,
                                NULL) == POINT_SIZE)
        r = 0;
    EC_POINT_free(point);
    EC_GROUP_free(group);
    return r;
}

static EVP_PKEY *make_key(OSSL_PARAM *parameters)
{
    EVP_PKEY *key = NULL;
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_name(NULL, "EC", NULL);
    if (!context || EVP_PKEY_fromdata_init(context) != 1 ||
        EVP_PKEY_fromdata(context, &key, EVP_PKEY_KEYPAIR, parameters) != 1)
        key = NULL;
    EVP_PKEY_CTX_free(context);
    return key;
}

static EVP_PKEY *build(const BIGNUM *secret, const uint8_t point[POINT_SIZE])
{
    OSSL_PARAM *parameters = NULL;
    OSSL_PARAM_BLD *builder = OSSL_PARAM_BLD_new();
    if (builder &&
        OSSL_PARAM_BLD_push_utf8_string(builder, OSSL_PKEY_PARAM_GROUP_NAME, "prime256v1", 0) &&
        OSSL_PARAM_BLD_push_octet_string(builder, OSSL_PKEY_PARAM_PUB_KEY, point, POINT_SIZE) &&
        OSSL_PARAM_BLD_push_BN(builder, OSSL_PKEY_PARAM_PRIV_KEY, secret))
        parameters = OSSL_PARAM_BLD_to_param(builder);
    EVP_PKEY *key = parameters ? make_key(parameters) : NULL;
    OSSL_PARAM_free(parameters);
    OSSL_PARAM_BLD_free(builder);
    return key;
}

int key_from_secret(const uint8_t secret[KEY_SECRET_SIZE], EVP_PKEY **ret)
{
    uint8_t point[POINT_SIZE];
    BIGNUM *number = BN_secure_new();
    int r = number && BN_bin2bn(secret, KEY_SECRET_SIZE, number) ? find_point(number, point) : -EIO;
    EVP_PKEY *key = r == 0 ? build(number, point) : NULL;
    BN_clear_free(number);
    if (r < 0 || !key)
        return openssl_failed(r < 0 ? r : -EIO);
    *ret = key;
    return 0;
}
