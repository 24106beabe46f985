#include "store/talk.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/file.h"
#include "base/stop.h"
#include "store/reader.h"

enum {
    SLICE = 100,          /* ms between two looks at the wish to stop */
    LONGEST_SILENCE = 600 /* s; a process that computes is ended by its own limit long before */
};

#ifndef MSG_NOSIGNAL
#define MSG_NOSIGNAL 0
#endif

extern char **environ;

static struct {
    pid_t process, owner; /* owner: who started it; a fork of ours starts its own */
    int socket;           /* to the child; -1: there is none */
    int next;             /* to its process for the next file; -1: not offered yet */
    bool stopped_before;  /* the wish to stop is older than the file: what is there is gathered all the same */
    size_t have, used;    /* bytes that came, bytes of them that were handed on, in `piece` */
    unsigned char piece[1 << 16];
} child = {.socket = -1, .next = -1};

static int spawn_child(int end)
{
    char program[UNROLL_FILE_ROOM], word[] = UNROLL_CHILD_WORD, name[] = "unroll";
    char *const words[] = {name, word, NULL};
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    sigset_t none, defaults;
    int reason;
    if (!unroll_own_program(program))
        return ENOENT;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, end, STDIN_FILENO);
    posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
    posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
    posix_spawnattr_init(&attributes);
    sigemptyset(&none);
    sigfillset(&defaults);
    sigdelset(&defaults, SIGKILL);
    sigdelset(&defaults, SIGSTOP);
    posix_spawnattr_setsigmask(&attributes, &none);
    posix_spawnattr_setsigdefault(&attributes, &defaults);
    posix_spawnattr_setpgroup(&attributes, 0); /* Ctrl-C is for us alone: the child ends when we do */
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK);
    reason = posix_spawn(&child.process, program, &actions, &attributes, words, environ);
    posix_spawn_file_actions_destroy(&actions);
    posix_spawnattr_destroy(&attributes);
    return reason;
}

/* No other program of ours inherits it, nothing blocks on it or ends us by a signal. */
static void make_ours(int socket)
{
    fcntl(socket, F_SETFD, FD_CLOEXEC);
    fcntl(socket, F_SETFL, O_NONBLOCK);
#ifdef SO_NOSIGPIPE
    setsockopt(socket, SOL_SOCKET, SO_NOSIGPIPE, &(int){1}, sizeof(int));
#endif
}

int unroll_child_start(void)
{
    int ends[2], reason;
    if (child.socket >= 0 && child.owner == getpid())
        return 0;
    if (socketpair(AF_UNIX, SOCK_STREAM, 0, ends) != 0)
        return errno;
    fcntl(ends[1], F_SETFD, FD_CLOEXEC);
    make_ours(ends[0]);
    reason = spawn_child(ends[1]);
    close(ends[1]);
    if (reason != 0) {
        close(ends[0]);
        return reason;
    }
    child.socket = ends[0];
    child.owner = getpid();
    child.next = -1;
    return 0;
}

void unroll_hang_up(void)
{
    if (child.next >= 0)
        close(child.next);
    child.next = -1;
}

void unroll_talk_begin(void)
{
    child.stopped_before = unroll_stop_requested();
}

bool unroll_is_connected(void)
{
    return child.next >= 0 && child.owner == getpid();
}

void unroll_child_kill(void)
{
    unroll_hang_up();
    close(child.socket);
    child.socket = -1;
    kill(-child.process, SIGKILL);
    while (waitpid(child.process, NULL, 0) < 0 && errno == EINTR)
        continue;
}

static int64_t seconds_now(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec;
}

/* ---- bytes to and from it ---- */

/* Waits until a socket can be read or written. */
static unroll_talk wait_for(int socket, short what)
{
    struct pollfd one = {socket, what, 0};
    int64_t start = seconds_now();
    for (;;) {
        int ready = poll(&one, 1, SLICE);
        if (ready > 0)
            return UNROLL_TALK_GOOD;
        if (ready < 0 && errno != EINTR)
            return UNROLL_TALK_ENDED;
        if (!child.stopped_before && unroll_stop_requested())
            return UNROLL_TALK_STOPPED;
        if (seconds_now() - start > LONGEST_SILENCE)
            return UNROLL_TALK_SILENT;
    }
}

unroll_talk unroll_accept_offer(int64_t *ended)
{
    for (;;) {
        unroll_parse_offer what = {0, 0};
        struct iovec bytes = {&what, sizeof what};
        union {
            struct cmsghdr head;
            unsigned char room[CMSG_SPACE(sizeof(int))];
        } attached;
        struct msghdr message = {
            .msg_iov = &bytes, .msg_iovlen = 1, .msg_control = &attached, .msg_controllen = sizeof attached};
        ssize_t got = recvmsg(child.socket, &message, 0);
        struct cmsghdr *head = got > 0 ? CMSG_FIRSTHDR(&message) : NULL;
        unroll_talk how;
        *ended = what.ended;
        if (head != NULL && head->cmsg_type == SCM_RIGHTS && head->cmsg_len == CMSG_LEN(sizeof(int))) {
            memcpy(&child.next, CMSG_DATA(head), sizeof child.next);
            make_ours(child.next);
            child.have = child.used = 0;
            return got == (ssize_t)sizeof what && what.magic == UNROLL_PARSE_MAGIC ? UNROLL_TALK_GOOD : UNROLL_TALK_ENDED;
        }
        if (got >= 0 || (errno != EAGAIN && errno != EINTR))
            return UNROLL_TALK_ENDED;
        how = wait_for(child.socket, POLLIN);
        if (how != UNROLL_TALK_GOOD)
            return how;
    }
}

unroll_talk unroll_tell(const void *bytes, size_t size)
{
    const unsigned char *next = bytes;
    unroll_talk how = UNROLL_TALK_GOOD;
    while (size > 0 && how == UNROLL_TALK_GOOD) {
        ssize_t sent = send(child.next, next, size, MSG_NOSIGNAL);
        if (sent > 0) {
            next += sent;
            size -= (size_t)sent;
        } else if (sent < 0 && errno == EAGAIN) {
            how = wait_for(child.next, POLLOUT);
        } else if (sent < 0 && errno != EINTR) {
            how = UNROLL_TALK_ENDED;
        }
    }
    return how;
}

unroll_talk unroll_hear(void *bytes, size_t size)
{
    unsigned char *next = bytes;
    unroll_talk how = UNROLL_TALK_GOOD;
    while (size > 0 && how == UNROLL_TALK_GOOD) {
        size_t chunk = child.have - child.used < size ? child.have - child.used : size;
        ssize_t got;
        if (chunk > 0) {
            memcpy(next, child.piece + child.used, chunk);
            child.used += chunk;
            next += chunk;
            size -= chunk;
            continue;
        }
        child.have = child.used = 0;
        got = recv(child.next, child.piece, sizeof child.piece, 0);
        if (got > 0)
            child.have = (size_t)got;
        else if (got < 0 && errno == EAGAIN)
            how = wait_for(child.next, POLLIN);
        else if (got == 0 || errno != EINTR)
            how = UNROLL_TALK_ENDED;
    }
    return how;
}
