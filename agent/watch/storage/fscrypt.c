// SPDX-License-Identifier: GPL-3.0-or-later
// Asks the kernel for the policy (Documentation/filesystems/fscrypt.rst).
#include "watch/storage/fscrypt.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/fscrypt.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>

typedef struct fscrypt_get_policy_ex_arg policy_answer;

static void set_specifier(const policy_answer *answer, struct fscrypt_key_specifier *ret)
{
    if (answer->policy.version == FSCRYPT_POLICY_V2) {
        ret->type = FSCRYPT_KEY_SPEC_TYPE_IDENTIFIER;
        memcpy(ret->u.identifier, answer->policy.v2.master_key_identifier,
               sizeof ret->u.identifier);
    } else {
        ret->type = FSCRYPT_KEY_SPEC_TYPE_DESCRIPTOR;
        memcpy(ret->u.descriptor, answer->policy.v1.master_key_descriptor,
               sizeof ret->u.descriptor);
    }
}

static const char *key_status(int fd, const policy_answer *answer)
{
    struct fscrypt_get_key_status_arg status = {0};
    set_specifier(answer, &status.key_spec);
    if (ioctl(fd, FS_IOC_GET_ENCRYPTION_KEY_STATUS, &status) < 0)
        return "unknown";
    switch (status.status) {
    case FSCRYPT_KEY_STATUS_PRESENT:
        return "present";
    case FSCRYPT_KEY_STATUS_ABSENT:
        return "absent";
    case FSCRYPT_KEY_STATUS_INCOMPLETELY_REMOVED:
        return "incompletely-removed";
    default:
        return "unknown";
    }
}

static void add_policy(json_object *object, int fd, const policy_answer *answer)
{
    json_object *policy = json_section(object, "fscrypt");
    bool second = answer->policy.version == FSCRYPT_POLICY_V2;
    if (!policy)
        return;
    json_add_number(policy, "version", second ? 2 : 1);
    json_add_number(policy, "contents_mode",
                    second ? answer->policy.v2.contents_encryption_mode
                           : answer->policy.v1.contents_encryption_mode);
    json_add_text(policy, "key", key_status(fd, answer));
}

void fscrypt_add(const struct survey *survey, json_object *object, const char *path, int fd)
{
    CLEANUP_CLOSE int readable = -1;
    struct stat st;
    policy_answer answer = {.policy_size = sizeof answer.policy};
    int r = fstat(fd, &st) < 0 ? -errno : 0;
    if (r == 0 && !S_ISDIR(st.st_mode) && !S_ISREG(st.st_mode))
        return; // has no policy, and opening it could do something
    if (r == 0)
        r = survey_open(survey, path, O_RDONLY, &readable);
    if (r == 0 && ioctl(readable, FS_IOC_GET_ENCRYPTION_POLICY_EX, &answer) < 0)
        r = -errno;
    if (r == 0)
        add_policy(object, readable, &answer);
    else if (r != -ENODATA && r != -ENOTTY && r != -EOPNOTSUPP && r != -ENOSYS)
        survey_add_error(object, "fscrypt_error", r); // … has no policy, or can't have one
}
