/* schedule.h: what follows from the step and from the validation points so far: the learning rate, which point is the best,
   and when a run ends early. */
#ifndef UNROLL_MODEL_SCHEDULE_H
#define UNROLL_MODEL_SCHEDULE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/settings.h"

typedef enum unroll_schedule_kind { UNROLL_CONSTANT, UNROLL_COSINE, UNROLL_HALVE } unroll_schedule_kind;

typedef struct unroll_schedule {
    unroll_schedule_kind kind;
    double rate;           /* after the warm-up; halved as the run goes on */
    double last;           /* share of it that cosine ends at */
    int64_t warmup, steps; /* of the run */
    int64_t patience;      /* points without improvement until the rate is halved */
    int64_t most_points;   /* points without improvement until the run ends; 0: it does not */
    double best;           /* the lowest finite metric so far, NaN: none */
    int64_t best_step;     /* where that was, -1: nowhere */
    int64_t points, waited; /* since then; since then or the last halving */
} unroll_schedule;

/* Of the settings lr, schedule, warmup, lr_final, patience and stop, for a run of `steps` steps. */
unroll_schedule unroll_schedule_open(const unroll_settings *settings, int64_t steps);

/* The learning rate of training step `step`, counted from 0: lr (step + 1) / warmup in the warm-up; then lr; or
   lr (f + (1 - f) (1 + cos(pi t)) / 2), f = lr_final, where t goes from 0 to 1 over the steps after the warm-up
   (Loshchilov and Hutter, SGDR, 2017); or lr, halved as often as unroll_schedule_point found reason to. */
double unroll_schedule_rate(const unroll_schedule *schedule, int64_t step);

/* Takes in the metric of the validation point after `step` steps; true when it is the best so far (the first one of equals;
   never one that is no finite number). Points within the warm-up do not count against patience. */
bool unroll_schedule_point(unroll_schedule *schedule, int64_t step, double metric);

/* Whether the points so far end the run: stop=early and no improvement for `patience` points; twice as many with
   schedule=halve, so that the halved rate has its chance. */
bool unroll_schedule_ends(const unroll_schedule *schedule);

#endif
