#include "bench/peer_process.h"

#include <fcntl.h>
#include <spawn.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/file.h"

bool unroll_peer_send(const unroll_peer_process *p, const void *bytes, size_t size)
{
    return unroll_write_all(p->in, bytes, size) == 0;
}

bool unroll_peer_receive(const unroll_peer_process *p, void *bytes, size_t size)
{
    size_t got = size;
    return unroll_read_all(p->out, bytes, &got) == 0 && got == size;
}

double unroll_peer_time(const unroll_peer_process *p, int repeats)
{
    int32_t count = repeats;
    int64_t ns;
    if (!unroll_peer_send(p, "r", 1) || !unroll_peer_send(p, &count, sizeof count) || !unroll_peer_receive(p, &ns, sizeof ns))
        return 0;
    return (double)ns / repeats;
}

int unroll_peer_cell(const char *name)
{
    static const char *const cells[] = {"rnn", "lstm", "gru"};
    for (int i = 0; i < 3; i++)
        if (strcmp(cells[i], name) == 0)
            return i;
    return -1;
}

void unroll_peer_end(unroll_peer_process *p)
{
    int status;
    if (p->pid == 0)
        return;
    unroll_peer_send(p, "q", 1);
    close(p->in);
    close(p->out);
    waitpid(p->pid, &status, 0);
    p->pid = 0;
}

extern char **environ;

/* The words that start a peer: a program beside ours, or a Python that has torch. UNROLL_PEER_NAME names another program. */
static bool find(const char *name, const char *python, char path[UNROLL_FILE_ROOM], char *words[4])
{
    char file[64], variable[64];
    snprintf(variable, sizeof variable, "UNROLL_PEER_%s", name);
    if (getenv(variable) != NULL) {
        snprintf(path, UNROLL_FILE_ROOM, "%s", getenv(variable));
        words[0] = path;
        return access(path, X_OK) == 0;
    }
    if (strncmp(name, "torch", 5) == 0) {
        char folder[UNROLL_FILE_ROOM];
        snprintf(file, sizeof file, "%.40s_peer.py", name);
        if (!unroll_find_folder("lib/bench/peers", file, "UNROLL_PEERS", folder))
            return false;
        snprintf(path, UNROLL_FILE_ROOM, "%.4000s/%s", folder, file);
        words[0] = (char *)python;
        words[1] = path;
        return true;
    }
    snprintf(file, sizeof file, "unroll-peer-%s", name);
    words[0] = path;
    return unroll_find_beside(file, path);
}

/* OpenBLAS does not know every processor by its model, and then falls back to kernels of 2004, a fifth as fast: it is told
   what the processor can do, unless the user has told it. */
static const char *openblas_core(void)
{
#ifdef __x86_64__
    if (getenv("OPENBLAS_CORETYPE") == NULL)
        return __builtin_cpu_supports("avx512bw") ? "SkylakeX" : __builtin_cpu_supports("avx2") ? "Haswell" : NULL;
#endif
    return NULL;
}

/* The environment of a peer: ours, but for its number of threads. */
static char **environment_for(int threads, char text[4][64])
{
    static const char *const names[] = {"OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"};
    size_t count = 0, kept = 0;
    char **all;
    while (environ[count] != NULL)
        count++;
    all = malloc((count + 5) * sizeof *all);
    for (size_t i = 0; all != NULL && i < count; i++)
        if (strncmp(environ[i], "OMP_NUM_THREADS=", 16) != 0)
            all[kept++] = environ[i];
    for (int i = 0; all != NULL && i < 3; i++) {
        snprintf(text[i], 64, "%s=%d", names[i], threads);
        all[kept++] = text[i];
    }
    if (all != NULL && openblas_core() != NULL) {
        snprintf(text[3], 64, "OPENBLAS_CORETYPE=%s", openblas_core());
        all[kept++] = text[3];
    }
    if (all != NULL)
        all[kept] = NULL;
    return all;
}

bool unroll_peer_start(unroll_peer_process *p, const char *name, const char *python, int threads)
{
    char path[UNROLL_FILE_ROOM], text[4][64], *words[4] = {NULL}, **environment;
    int down[2], up[2], reason;
    posix_spawn_file_actions_t actions;
    if (!find(name, python, path, words) || pipe(down) != 0)
        return false;
    if (pipe(up) != 0) {
        close(down[0]), close(down[1]);
        return false;
    }
    fcntl(down[1], F_SETFD, FD_CLOEXEC);
    fcntl(up[0], F_SETFD, FD_CLOEXEC);
    environment = environment_for(threads, text);
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, down[0], STDIN_FILENO);
    posix_spawn_file_actions_adddup2(&actions, up[1], STDOUT_FILENO);
    posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
    posix_spawn_file_actions_addclose(&actions, down[0]);
    posix_spawn_file_actions_addclose(&actions, up[1]);
    reason = posix_spawnp(&p->pid, words[0], &actions, NULL, words, environment);
    posix_spawn_file_actions_destroy(&actions);
    free(environment);
    close(down[0]), close(up[1]);
    p->in = down[1], p->out = up[0], p->threads = threads;
    if (reason == 0)
        return true;
    close(p->in), close(p->out);
    p->pid = 0;
    return false;
}
