/* progress.h: how far a sweep is: a bar on a terminal, a line a finished run in a pipe (inside lib/sweep). */
#ifndef UNROLL_SWEEP_PROGRESS_H
#define UNROLL_SWEEP_PROGRESS_H

#include <pthread.h>
#include <stdint.h>
#include <stdio.h>

#include "base/status.h"

typedef struct unroll_progress {
    FILE *out;
    bool terminal;
    int total, finished, diverged, failed; /* runs; finished counts those that were found, too */
    double cost_total, cost_done;          /* of the runs to do, those in flight counted by their steps */
    int64_t started, drawn;                /* clock, ns */
    pthread_mutex_t lock;
} unroll_progress;

/* `total` runs, `found` of them there already, the others of cost_total in all. */
void unroll_progress_open(unroll_progress *progress, FILE *out, int total, int found, double cost_total);
void unroll_progress_close(unroll_progress *progress);
/* Adds to what is done and redraws the bar, at most ten times a second. Any thread. */
void unroll_progress_advance(unroll_progress *progress, double cost);
/* One run is finished: `line` tells of it, in a pipe always, on a terminal when `notable`. Any thread. */
void unroll_progress_finish(unroll_progress *progress, const char *status, const char *line, bool notable);

/* A line that is no run's. Any thread. */
void unroll_progress_say(unroll_progress *progress, const char *line);

/* "0.84 s", "3.1 s", "42 s", "3 min 5 s", "2 h 10 min", "3 d 4 h" */
const char *unroll_show_duration(double seconds, char out[32]);

#endif
