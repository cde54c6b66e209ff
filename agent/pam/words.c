// SPDX-License-Identifier: GPL-3.0-or-later
// A small table: gettext needs a locale that is set, which sshd, login and display managers have
// not, and which a module must not set in a program of several threads.
#include "pam/words.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

static const char *const sentences[][WORDS_LANGUAGE_MAX] = {
    [ROSTER_ALLOWED] = {NULL, NULL},
    [ROSTER_OVERDUE] = {"Your yearly training is overdue. Attend it soon, or you will not be "
                        "able to log in.",
                        "年1回の研修の期限が過ぎています。早めに受講してください。"
                        "受講しないとログインできなくなります。"},
    [ROSTER_UNREGISTERED] =
        {"You are not registered to work on this PC, so you cannot log in.",
         "この端末の取扱担当者として登録されていないため、ログインできません。"},
    [ROSTER_NOT_YET] = {"Your term on this PC has not begun yet, so you cannot log in.",
                        "取扱担当者としての期間がまだ始まっていないため、ログインできません。"},
    [ROSTER_ENDED] = {"Your term on this PC has ended, so you cannot log in.",
                      "取扱担当者としての期間が終わっているため、ログインできません。"},
    [ROSTER_UNTRAINED] = {"You have not attended the training that is required, so you cannot log "
                          "in.",
                          "必要な研修の受講が記録されていないため、ログインできません。"},
    [ROSTER_CHANGED] = {"This account is not the one that was registered, so you cannot log in.",
                        "登録されたときのアカウントと異なるため、ログインできません。"},
    [ROSTER_AWAY] = {"The guard of this PC (sekisho) does not answer; only administrators can log "
                     "in now.",
                     "この端末の監視（関所）が応答しないため、管理者以外はログインできません。"},
};
static_assert(ELEMENTS(sentences) == ROSTER_VERDICT_MAX, "words for each verdict");

const char *words_for(enum roster_verdict verdict, enum words_language language)
{
    return sentences[verdict][language];
}

const char *words_for_unknown(enum words_language language)
{
    static const char *const unknown[WORDS_LANGUAGE_MAX] = {
        "The guard of this PC (sekisho) does not answer and its list of persons cannot be read; "
        "only administrators can log in now.",
        "この端末の監視（関所）が応答せず、登録者の一覧も読めないため、"
        "管理者以外はログインできません。"};
    return unknown[language];
}

const char *words_for_contact(enum words_language language)
{
    return language == WORDS_JAPANESE ? "連絡先：%s" : "Please call: %s";
}

// ---- The language ------------------------------------------------------------------------------

static bool is_set(const char *locale)
{
    return locale && locale[0] != '\0' && strcmp(locale, "C") != 0 &&
           strcmp(locale, "POSIX") != 0 && strncmp(locale, "C.", 2) != 0;
}

static const char *first_set(pam_handle_t *pamh, const char *(*get)(pam_handle_t *, const char *))
{
    static const char *const names[] = {"LC_ALL", "LC_MESSAGES", "LANG"};
    const char *language = get(pamh, "LANGUAGE");
    for (size_t i = 0; i < ELEMENTS(names); i++) {
        const char *value = get(pamh, names[i]);
        if (value && value[0] != '\0')
            return !is_set(value) ? NULL : is_set(language) ? language : value;
    }
    return NULL;
}

// su and sudo are set-uid: secure_getenv() would answer nothing. All that is done with the answer
// is to look whether it begins with "ja".
static const char *get_own(pam_handle_t *pamh, const char *name)
{
    (void)pamh;
    return getenv(name);
}

static const char *get_session(pam_handle_t *pamh, const char *name)
{
    return pam_getenv(pamh, name);
}

// LANG= of /etc/default/locale, as Debian writes it: LANG=ja_JP.UTF-8, perhaps in quotes.
static bool is_machine_japanese(void)
{
    char line[256];
    bool japanese = false;
    CLEANUP_FCLOSE FILE *file = fopen("/etc/default/locale", "re");
    while (file && fgets(line, sizeof line, file))
        if (strncmp(line, "LANG=", 5) == 0)
            japanese = strncmp(line + 5 + (line[5] == '"'), "ja", 2) == 0;
    return japanese;
}

static bool is_console(const char *tty)
{
    if (!tty)
        return false;
    if (strncmp(tty, "/dev/", 5) == 0)
        tty += 5;
    return strncmp(tty, "tty", 3) == 0 && tty[3] >= '0' && tty[3] <= '9';
}

enum words_language words_language(pam_handle_t *pamh, const char *tty)
{
    if (is_console(tty))
        return WORDS_ENGLISH;
    const char *language = first_set(pamh, get_session);
    if (!language)
        language = first_set(pamh, get_own);
    bool japanese = language ? strncmp(language, "ja", 2) == 0 : is_machine_japanese();
    return japanese ? WORDS_JAPANESE : WORDS_ENGLISH;
}
