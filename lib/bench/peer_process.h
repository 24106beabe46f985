/* peer_process.h: a peer's process and the pipes to it (inside lib/bench; peers.h has the protocol). */
#ifndef UNROLL_BENCH_PEER_PROCESS_H
#define UNROLL_BENCH_PEER_PROCESS_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

typedef struct unroll_peer_process {
    pid_t pid;   /* 0: not running */
    int in, out; /* ours: what we write to, what we read from */
    int threads;
} unroll_peer_process;

/* Starts the peer called `name` with so many threads, under `python` where it is written in that. False when it is not there
   or cannot be started. */
bool unroll_peer_start(unroll_peer_process *p, const char *name, const char *python, int threads);
/* Asks it to end and waits for that; does nothing where it is not running. */
void unroll_peer_end(unroll_peer_process *p);

/* All the bytes, to it or from it; false when it is gone. */
bool unroll_peer_send(const unroll_peer_process *p, const void *bytes, size_t size);
bool unroll_peer_receive(const unroll_peer_process *p, void *bytes, size_t size);
/* Nanoseconds of one of so many steps, which it is asked to take ('r', peers.h); 0 when it is gone. */
double unroll_peer_time(const unroll_peer_process *p, int repeats);

/* The number by which peers know a cell (peers.h); -1: they do not. */
int unroll_peer_cell(const char *name);

#endif
