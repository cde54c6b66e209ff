// SPDX-License-Identifier: GPL-3.0-or-later
// Runs the account step of PAM as login programs do: pam-try FOLDER SERVICE USER [TTY [RHOST [TIMES
// [THREADS]]]]. FOLDER holds the file SERVICE with its modules. Prints one line of JSON: the status
// of the last one, how many came in, how long the step took in milliseconds,
// at most and in the middle (of the first thread's, up to 1,000), what was said, and how
// many descriptors are open before and after.
#include <dirent.h>
#include <pthread.h>
#include <security/pam_appl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define THREADS_MAX 32
#define MEASURED_MAX 1000

struct trial {
    const char *folder, *service, *user, *tty, *rhost;
    int times, status, came_in;
    double longest_ms, ms; // ms: of the last
    double all_ms[MEASURED_MAX];
    char said[2048];
};

static int converse(int n, const struct pam_message **messages, struct pam_response **ret,
                    void *context)
{
    struct trial *trial = context;
    *ret = calloc((size_t)n, sizeof **ret);
    for (int i = 0; i < n; i++)
        (void)snprintf(trial->said, sizeof trial->said, "%d:%s", messages[i]->msg_style,
                       strpbrk(messages[i]->msg, "\"\\\n") ? "?" : messages[i]->msg);
    return *ret ? PAM_SUCCESS : PAM_BUF_ERR;
}

static double now_ms(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec * 1e3 + (double)now.tv_nsec / 1e6;
}

static int try_once(struct trial *trial)
{
    const struct pam_conv conversation = {converse, trial};
    pam_handle_t *pamh = NULL;
    int status =
        pam_start_confdir(trial->service, trial->user, &conversation, trial->folder, &pamh);
    if (status == PAM_SUCCESS && trial->tty)
        status = pam_set_item(pamh, PAM_TTY, trial->tty);
    if (status == PAM_SUCCESS && trial->rhost)
        status = pam_set_item(pamh, PAM_RHOST, trial->rhost);
    double begun_ms = now_ms();
    if (status == PAM_SUCCESS)
        status = pam_acct_mgmt(pamh, 0);
    trial->ms = now_ms() - begun_ms;
    (void)pam_end(pamh, status);
    return status;
}

static void *try_often(void *context)
{
    struct trial *trial = context;
    for (int i = 0; i < trial->times; i++) {
        trial->status = try_once(trial);
        trial->came_in += trial->status == PAM_SUCCESS;
        if (trial->ms > trial->longest_ms)
            trial->longest_ms = trial->ms;
        if (i < MEASURED_MAX)
            trial->all_ms[i] = trial->ms;
    }
    return NULL;
}

static int by_size(const void *a, const void *b)
{
    const double *x = a, *y = b;
    return (*x > *y) - (*x < *y);
}

static double median_ms(struct trial *trial)
{
    int n = trial->times < MEASURED_MAX ? trial->times : MEASURED_MAX;
    qsort(trial->all_ms, (size_t)n, sizeof trial->all_ms[0], by_size);
    return trial->all_ms[n / 2];
}

static int count_descriptors(void)
{
    int n = 0;
    DIR *entries = opendir("/proc/self/fd");
    while (entries && readdir(entries))
        n++;
    if (entries)
        (void)closedir(entries);
    return n;
}

static const char *argument(int argc, char *argv[], int i)
{
    return i < argc && argv[i][0] ? argv[i] : NULL;
}

int main(int argc, char *argv[])
{
    static struct trial trials[THREADS_MAX];
    pthread_t threads[THREADS_MAX];
    if (argc < 4)
        return 2;
    const char *times = argument(argc, argv, 6), *parallel = argument(argc, argv, 7);
    int n = parallel ? atoi(parallel) : 1, came_in = 0;
    double longest_ms = 0;
    static struct trial first;
    first.folder = argv[1];
    first.service = argv[2];
    first.user = argv[3];
    first.tty = argument(argc, argv, 4);
    first.rhost = argument(argc, argv, 5);
    first.times = 1;
    // What libpam itself opens once is no leak.
    (void)try_once(&first);
    int before = count_descriptors();
    for (int i = 0; i < n && i < THREADS_MAX; i++) {
        trials[i] = first;
        trials[i].times = times ? atoi(times) : 1;
        trials[i].said[0] = '\0';
        if (pthread_create(&threads[i], NULL, try_often, &trials[i]) != 0)
            return 1;
    }
    for (int i = 0; i < n && i < THREADS_MAX; i++) {
        (void)pthread_join(threads[i], NULL);
        came_in += trials[i].came_in;
        if (trials[i].longest_ms > longest_ms)
            longest_ms = trials[i].longest_ms;
    }
    printf("{\"code\": %d, \"came_in\": %d, \"longest_ms\": %.3f, \"median_ms\": %.3f, \"before\": "
           "%d, \"after\": %d, "
           "\"said\": \"%s\"}\n",
           trials[0].status, came_in, longest_ms, median_ms(&trials[0]), before,
           count_descriptors(), trials[0].said);
    return 0;
}
