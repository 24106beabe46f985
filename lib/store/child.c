/* The child that parses HDF5 files: the same program, executed anew by reader.c with its end of a socket as standard input.

   It parses none itself: it makes a process for each file that a user named, and for every few records of a folder, which
   speaks to the parent over a socket of its own. Such a process can neither open a file, nor start a program, nor reach a
   network, and has limits on memory and time; all that it can do is answer. */
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/file.h"
#include "store/contain.h"
#include "store/h5.h"
#include "store/reader.h"
#include "store/store.h"

static bool limited; /* by us, and not by who started the program */

void unroll_parse_end(void)
{
    _exit(UNROLL_CHILD_ANSWERED);
}

void *unroll_parse_allocate(size_t count, size_t size)
{
    void *room = calloc(count, size);
    if (room == NULL)
        _exit(limited ? UNROLL_CHILD_TOO_LARGE : UNROLL_CHILD_NO_MEMORY);
    return room;
}

void unroll_plain_flush(unroll_plain_sink *sink)
{
    size_t sent = 0;
    while (sent < sink->used) {
        ssize_t now = write(sink->file, sink->piece + sent, sink->used - sent);
        if (now < 0 && errno != EINTR)
            _exit(UNROLL_CHILD_ANSWERED);
        sent += now > 0 ? (size_t)now : 0;
    }
    sink->used = 0;
}

void unroll_plain_put(unroll_plain_sink *sink, const void *bytes, size_t size)
{
    const unsigned char *next = bytes;
    while (size > 0) {
        size_t room = sizeof sink->piece - sink->used, chunk = size < room ? size : room;
        memcpy(sink->piece + sink->used, next, chunk);
        sink->used += chunk;
        next += chunk;
        size -= chunk;
        if (sink->used == sizeof sink->piece)
            unroll_plain_flush(sink);
    }
}

static bool receive(void *bytes, size_t size)
{
    size_t got = size;
    return unroll_read_all(STDIN_FILENO, bytes, &got) == 0 && got == size;
}

/* Answers for one file after the other, until the parent hangs up or one cannot be read. The limits are those of the first:
   a file that they are too narrow for the parent tries again, with a process of its own. */
static void answer(void) __attribute__((noreturn));
static void answer(void)
{
    static unroll_plain_sink sink = {.file = STDIN_FILENO};
    unroll_parse_request request;
    for (bool first = true; receive(&request, sizeof request) && request.magic == UNROLL_PARSE_MAGIC; first = false) {
        unsigned char *bytes;
        if (first)
            limited = unroll_contain(unroll_parse_memory(request.size), unroll_parse_seconds(request.size));
        bytes = unroll_parse_allocate(request.size + 1, 1);
        if (!receive(bytes, request.size))
            break;
        unroll_parse(bytes, request.size, &sink);
        free(bytes);
    }
    _exit(UNROLL_CHILD_ANSWERED);
}

/* Makes the process for the next file; *end is the parent's end of its socket. Returns it, or -1. */
static pid_t make_process(int *end)
{
    int ends[2];
    pid_t process;
    if (socketpair(AF_UNIX, SOCK_STREAM, 0, ends) != 0)
        return -1;
    process = fork();
    if (process == 0) {
        dup2(ends[1], STDIN_FILENO); /* in the place of the socket that it must not have */
        close(ends[0]);
        close(ends[1]);
        answer();
    }
    close(ends[1]);
    *end = ends[0];
    return process;
}

/* Sends the parent its end, or none where it is -1; false when nobody is there any more. */
static bool offer(int64_t ended, int end)
{
    unroll_parse_offer what = {UNROLL_PARSE_MAGIC, ended};
    struct iovec bytes = {&what, sizeof what};
    union {
        struct cmsghdr head;
        unsigned char room[CMSG_SPACE(sizeof(int))];
    } attached;
    struct msghdr message = {.msg_iov = &bytes, .msg_iovlen = 1};
    ssize_t sent;
    if (end >= 0) {
        memset(&attached, 0, sizeof attached);
        message.msg_control = &attached;
        message.msg_controllen = CMSG_SPACE(sizeof(int));
        attached.head = (struct cmsghdr){.cmsg_len = CMSG_LEN(sizeof(int)), .cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS};
        memcpy(CMSG_DATA(&attached.head), &end, sizeof end);
    }
    do
        sent = sendmsg(STDIN_FILENO, &message, 0);
    while (sent < 0 && errno == EINTR);
    return sent == (ssize_t)sizeof what;
}

/* The process for the next file waits for it already while the parent is still busy with the last one. */
static void serve(void) __attribute__((noreturn));
static void serve(void)
{
    int64_t ended = UNROLL_CHILD_ANSWERED;
    for (;;) {
        int status = 0, end = -1;
        pid_t process = make_process(&end);
        if (process < 0) {
            offer(UNROLL_CHILD_NO_PROCESS, -1);
            _exit(1);
        }
        if (!offer(ended, end))
            _exit(0);
        close(end);
        while (waitpid(process, &status, 0) < 0)
            if (errno != EINTR)
                _exit(1);
        ended = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
    }
}

void unroll_store_child(int argc, char **argv)
{
    int type;
    socklen_t size = sizeof type;
    if (argc != 2 || strcmp(argv[1], UNROLL_CHILD_WORD) != 0 ||
        getsockopt(STDIN_FILENO, SOL_SOCKET, SO_TYPE, &type, &size) != 0)
        return;
    for (int file = 3; file < 1024; file++)
        close(file);
    H5Eset_auto2(H5E_DEFAULT, NULL, NULL);
    H5PLset_loading_state(0); /* no filter that a file asks for is fetched from a folder of plug-ins */
    H5open();
    unroll_h5_keep_memory();
    serve();
}
