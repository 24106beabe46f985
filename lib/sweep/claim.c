#include "sweep/claim.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/array.h"
#include "base/file.h"
#include "base/text.h"
#include "bench/bench.h"

enum { NAME_ROOM = 64, PATH_ROOM = 640, CONTENT_ROOM = 96 };
static const int64_t lost_ns = INT64_C(20000000000);
static const char ending[] = ".claim";

/* One of ours, or, as it was when it was last seen to change, another's. */
typedef struct claim {
    char name[NAME_ROOM];
    char content[CONTENT_ROOM];
    int64_t seen; /* clock, ns */
} claim;

typedef struct claim_list {
    claim *claim; /* owned */
    int count;
} claim_list;

struct unroll_claims {
    char folder[512];
    pthread_mutex_t lock;
    pthread_cond_t wake;
    claim_list ours, others;
    unsigned beats;
    bool closing, beating;
    pthread_t heart;
};

static void path_of(const char *folder, const char *name, char path[PATH_ROOM])
{
    snprintf(path, PATH_ROOM, "%.500s/%.63s%s", folder, name, ending);
}

static claim *find(const claim_list *list, const char *name)
{
    for (int i = 0; i < list->count; i++)
        if (strcmp(list->claim[i].name, name) == 0)
            return &list->claim[i];
    return NULL;
}

/* NULL when memory is short. */
static claim *add(claim_list *list, const char *name)
{
    claim *grown = unroll_one_more(list->claim, list->count, sizeof *grown);
    if (grown == NULL)
        return NULL;
    list->claim = grown;
    memset(&grown[list->count], 0, sizeof *grown);
    unroll_text_copy(grown[list->count].name, NAME_ROOM, name);
    return &grown[list->count++];
}

static void drop(claim_list *list, const char *name)
{
    claim *found = find(list, name);
    if (found != NULL)
        *found = list->claim[--list->count];
}

/* ---- one file ---- */

/* "HOST PID BEATS", always as long: a reader never sees the end of an older one. */
static void write_content(int file, unsigned beats)
{
    char host[UNROLL_HOST_ROOM], text[CONTENT_ROOM];
    int length;
    unroll_host_name(host);
    length = snprintf(text, sizeof text, "%s %010ld %010u\n", host, (long)getpid(), beats);
    if (pwrite(file, text, (size_t)length, 0) != length)
        return; /* then it looks abandoned: see claim.h */
}

static bool read_content(const char *path, char out[CONTENT_ROOM])
{
    int file = open(path, O_RDONLY | O_NONBLOCK | O_NOFOLLOW | O_CLOEXEC);
    ssize_t got = file >= 0 ? read(file, out, CONTENT_ROOM - 1) : -1;
    if (file >= 0)
        close(file);
    out[got > 0 ? got : 0] = '\0';
    return got >= 0;
}

/* Whether it is of a process of this host that has ended. */
static bool is_dead(const char *content)
{
    char host[UNROLL_HOST_ROOM], of[UNROLL_HOST_ROOM];
    long pid;
    unroll_host_name(host);
    return sscanf(content, "%32s %10ld", of, &pid) == 2 && strcmp(of, host) == 0 && pid > 0 && kill((pid_t)pid, 0) != 0 &&
           errno == ESRCH;
}

static bool make(unroll_claims *claims, const char *path)
{
    int file = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0666);
    if (file < 0)
        return false;
    write_content(file, claims->beats);
    close(file);
    return true;
}

/* ---- the thread that keeps ours fresh ---- */

static void *beat(void *context)
{
    unroll_claims *claims = context;
    pthread_mutex_lock(&claims->lock);
    while (!claims->closing) {
        struct timespec next;
        clock_gettime(CLOCK_REALTIME, &next);
        next.tv_sec++;
        pthread_cond_timedwait(&claims->wake, &claims->lock, &next);
        claims->beats++;
        for (int i = 0; i < claims->ours.count && !claims->closing; i++) {
            char path[PATH_ROOM];
            int file;
            path_of(claims->folder, claims->ours.claim[i].name, path);
            file = open(path, O_WRONLY | O_NOFOLLOW | O_CLOEXEC);
            if (file < 0)
                continue;
            write_content(file, claims->beats);
            close(file);
        }
    }
    pthread_mutex_unlock(&claims->lock);
    return NULL;
}

unroll_claims *unroll_claims_open(const char *folder)
{
    unroll_claims *claims = calloc(1, sizeof *claims);
    sigset_t all, before;
    if (claims == NULL)
        return NULL;
    unroll_text_copy(claims->folder, sizeof claims->folder, folder);
    pthread_mutex_init(&claims->lock, NULL);
    pthread_cond_init(&claims->wake, NULL);
    sigfillset(&all); /* signals are for the threads that work */
    pthread_sigmask(SIG_SETMASK, &all, &before);
    claims->beating = pthread_create(&claims->heart, NULL, beat, claims) == 0;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return claims;
}

void unroll_claims_close(unroll_claims *claims)
{
    if (claims == NULL)
        return;
    pthread_mutex_lock(&claims->lock);
    claims->closing = true;
    pthread_cond_signal(&claims->wake);
    pthread_mutex_unlock(&claims->lock);
    if (claims->beating)
        pthread_join(claims->heart, NULL);
    while (claims->ours.count > 0)
        unroll_unclaim(claims, claims->ours.claim[0].name);
    free(claims->ours.claim);
    free(claims->others.claim);
    pthread_cond_destroy(&claims->wake);
    pthread_mutex_destroy(&claims->lock);
    free(claims);
}

/* ---- claims ---- */

/* Whether the claim that is there has been lost; what is not known yet is looked at from now on. */
static bool is_lost(unroll_claims *claims, const char *name, const char *content)
{
    claim *seen = find(&claims->others, name);
    if (is_dead(content))
        return true;
    if (seen != NULL && strcmp(seen->content, content) == 0)
        return unroll_clock_ns() - seen->seen > lost_ns;
    if (seen == NULL)
        seen = add(&claims->others, name);
    if (seen != NULL) {
        unroll_text_copy(seen->content, sizeof seen->content, content);
        seen->seen = unroll_clock_ns();
    }
    return false;
}

/* Under the lock. What cannot be claimed is done without a claim. */
static bool try_claim(unroll_claims *claims, const char *name)
{
    enum { TRIES = 3 };
    char path[PATH_ROOM], content[CONTENT_ROOM];
    path_of(claims->folder, name, path);
    if (find(&claims->ours, name) != NULL)
        return false; /* another of our threads */
    for (int i = 0; i < TRIES; i++) {
        if (make(claims, path)) {
            drop(&claims->others, name);
            if (add(&claims->ours, name) == NULL)
                unlink(path);
            return true;
        }
        if (errno != EEXIST)
            return true;
        if (!read_content(path, content))
            continue; /* gone meanwhile */
        if (!is_lost(claims, name, content))
            return false;
        unlink(path);
    }
    return true;
}

bool unroll_claim(unroll_claims *claims, const char *name)
{
    bool claimed;
    if (claims == NULL)
        return true;
    pthread_mutex_lock(&claims->lock);
    claimed = try_claim(claims, name);
    pthread_mutex_unlock(&claims->lock);
    return claimed;
}

void unroll_unclaim(unroll_claims *claims, const char *name)
{
    char path[PATH_ROOM];
    if (claims == NULL)
        return;
    path_of(claims->folder, name, path);
    pthread_mutex_lock(&claims->lock);
    if (find(&claims->ours, name) != NULL)
        unlink(path);
    drop(&claims->ours, name);
    pthread_mutex_unlock(&claims->lock);
}

void unroll_claims_clear(const char *folder)
{
    DIR *listing = opendir(folder);
    struct dirent *entry;
    while (listing != NULL && (entry = readdir(listing)) != NULL) {
        size_t length = strlen(entry->d_name), end = sizeof ending - 1;
        char name[NAME_ROOM], path[PATH_ROOM], content[CONTENT_ROOM];
        if (length <= end || length - end >= NAME_ROOM || strcmp(entry->d_name + length - end, ending) != 0)
            continue;
        snprintf(name, sizeof name, "%.*s", (int)(length - end), entry->d_name);
        path_of(folder, name, path);
        if (read_content(path, content) && is_dead(content))
            unlink(path);
    }
    if (listing != NULL)
        closedir(listing);
}
