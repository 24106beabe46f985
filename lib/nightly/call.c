#include "nightly/call.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench/bench.h"
#include "bench/timed.h"

extern char **environ;

enum { MOST_OUTPUT = 1 << 20, LONG = 124 };

/* What is read of one pipe: all that fits, or only the last line. */
typedef struct stream {
    int from;
    char *to;
    size_t used, room;
} stream;

static char **environment_with(const char *set)
{
    size_t count = 0;
    char **all;
    while (environ[count] != NULL)
        count++;
    all = malloc((count + 2) * sizeof *all);
    if (all == NULL)
        return NULL;
    memcpy(all, environ, count * sizeof *all);
    if (set != NULL)
        all[count++] = (char *)set;
    all[count] = NULL;
    return all;
}

/* A child is where its parent is when it is made. */
static int spawn(const char *const *words, char **environment, bool pinned, const int down[2], const int error[2], pid_t *pid)
{
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    unroll_pinned old;
    int reason;
    posix_spawnattr_init(&attributes);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP); /* a group of its own, which is killed with all in it */
    posix_spawnattr_setpgroup(&attributes, 0);
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_adddup2(&actions, down[1], STDOUT_FILENO);
    posix_spawn_file_actions_adddup2(&actions, error[1], STDERR_FILENO);
    if (pinned)
        unroll_pin(&old);
    reason = posix_spawn(pid, words[0], &actions, &attributes, (char *const *)words, environment);
    if (pinned)
        unroll_unpin(&old);
    posix_spawn_file_actions_destroy(&actions);
    posix_spawnattr_destroy(&attributes);
    return reason;
}

/* False at the end of the pipe. */
static bool take(stream *s)
{
    char piece[4096];
    ssize_t got = read(s->from, piece, sizeof piece);
    if (got <= 0)
        return got < 0 && (errno == EINTR || errno == EAGAIN);
    for (ssize_t i = 0; i < got; i++)
        if (s->used + 1 < s->room)
            s->to[s->used++] = piece[i];
    s->to[s->used] = '\0';
    return true;
}

/* Reads both pipes until the child has closed them. Kills it when it takes too long or nobody wants it any more; returns whether
   it took too long. */
static bool listen_to(stream both[2], pid_t pid, double seconds, const atomic_bool *stop)
{
    int64_t end = unroll_clock_ns() + (int64_t)(seconds * 1e9);
    bool open[2] = {true, true}, late = false, killed = false;
    while (open[0] || open[1]) {
        struct pollfd wait[2] = {{.fd = open[0] ? both[0].from : -1, .events = POLLIN},
                                 {.fd = open[1] ? both[1].from : -1, .events = POLLIN}};
        poll(wait, 2, 100);
        for (int i = 0; i < 2; i++)
            if (open[i] && wait[i].revents != 0)
                open[i] = take(&both[i]);
        late = late || unroll_clock_ns() > end;
        if (!killed && (late || atomic_load(stop))) {
            kill(-pid, SIGKILL);
            killed = true;
        }
    }
    return late;
}

static double seconds_of(struct timeval t)
{
    return (double)t.tv_sec + 1e-6 * (double)t.tv_usec;
}

static void finish(pid_t pid, bool late, unroll_call *call)
{
    struct rusage used;
    int status;
    memset(&used, 0, sizeof used);
    while (wait4(pid, &status, 0, &used) < 0 && errno == EINTR)
        continue;
    call->cpu_s = seconds_of(used.ru_utime) + seconds_of(used.ru_stime);
#ifdef __APPLE__
    call->peak_kb = (double)used.ru_maxrss / 1024;
#else
    call->peak_kb = (double)used.ru_maxrss;
#endif
    call->status = late ? LONG : WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

/* The last line of a text, in place of it. */
static void keep_last_line(char *text)
{
    size_t length = strlen(text);
    char *line;
    while (length > 0 && text[length - 1] == '\n')
        text[--length] = '\0';
    line = strrchr(text, '\n');
    if (line != NULL)
        memmove(text, line + 1, strlen(line + 1) + 1);
}

static unroll_status call_between(const char *const *words, char **environment, bool pinned, double seconds,
                                  const atomic_bool *stop, int down[2], int error[2], unroll_call *call)
{
    stream both[2] = {{.from = down[0], .to = call->out, .room = MOST_OUTPUT},
                      {.from = error[0], .to = call->said, .room = sizeof call->said}};
    int64_t begin = unroll_clock_ns();
    pid_t pid;
    int reason = spawn(words, environment, pinned, down, error, &pid);
    close(down[1]);
    close(error[1]);
    down[1] = error[1] = -1;
    if (reason != 0)
        return unroll_error(UNROLL_FAILED, "cannot start %.300s: %s", words[0], strerror(reason));
    finish(pid, listen_to(both, pid, seconds, stop), call);
    call->wall_s = 1e-9 * (double)(unroll_clock_ns() - begin);
    keep_last_line(call->said);
    return atomic_load(stop) ? unroll_error(UNROLL_STOPPED, "stopped") : unroll_ok();
}

static void close_pipe(int pipe[2])
{
    for (int i = 0; i < 2; i++)
        if (pipe[i] >= 0)
            close(pipe[i]);
}

static bool open_pipe(int ends[2])
{
    if (pipe(ends) != 0) {
        ends[0] = ends[1] = -1;
        return false;
    }
    fcntl(ends[0], F_SETFD, FD_CLOEXEC);
    fcntl(ends[1], F_SETFD, FD_CLOEXEC);
    return true;
}

unroll_status unroll_call_program(const char *const *words, const char *set, bool pinned, double seconds, const atomic_bool *stop,
                                  unroll_call *call)
{
    char **environment = environment_with(set);
    int down[2], error[2];
    bool open = open_pipe(down);
    unroll_status status;
    memset(call, 0, sizeof *call);
    open = open_pipe(error) && open;
    call->out = calloc(1, MOST_OUTPUT);
    if (!open || environment == NULL || call->out == NULL)
        status = unroll_error(UNROLL_FAILED, "cannot start %.300s: no memory or no pipe", words[0]);
    else
        status = call_between(words, environment, pinned, seconds, stop, down, error, call);
    close_pipe(down);
    close_pipe(error);
    free(environment);
    return status;
}
