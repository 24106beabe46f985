#include "model/schedule.h"

#include <math.h>
#include <string.h>

#include "base/cosine.h"

unroll_schedule unroll_schedule_open(const unroll_settings *settings, int64_t steps)
{
    const char *name = unroll_text(settings, "schedule");
    unroll_schedule schedule = {.kind = strcmp(name, "cosine") == 0  ? UNROLL_COSINE
                                        : strcmp(name, "halve") == 0 ? UNROLL_HALVE
                                                                     : UNROLL_CONSTANT,
                                .rate = unroll_real(settings, "lr"),
                                .last = unroll_real(settings, "lr_final"),
                                .warmup = unroll_int(settings, "warmup"),
                                .steps = steps,
                                .patience = unroll_int(settings, "patience"),
                                .best = NAN,
                                .best_step = -1};
    if (strcmp(unroll_text(settings, "stop"), "early") == 0)
        schedule.most_points = schedule.kind == UNROLL_HALVE ? 2 * schedule.patience : schedule.patience;
    return schedule;
}

double unroll_schedule_rate(const unroll_schedule *schedule, int64_t step)
{
    double part;
    if (step < schedule->warmup)
        return schedule->rate * ((double)(step + 1) / (double)schedule->warmup);
    if (schedule->kind != UNROLL_COSINE)
        return schedule->rate;
    part = (double)(step - schedule->warmup) / (double)(schedule->steps - schedule->warmup);
    return schedule->rate * (schedule->last + (1.0 - schedule->last) * 0.5 * (1.0 + unroll_cos_pi(part)));
}

bool unroll_schedule_point(unroll_schedule *schedule, int64_t step, double metric)
{
    if (isfinite(metric) && !(metric >= schedule->best)) {
        schedule->best = metric;
        schedule->best_step = step;
        schedule->points = schedule->waited = 0;
        return true;
    }
    if (step <= schedule->warmup)
        return false;
    schedule->points++;
    schedule->waited++;
    if (schedule->kind == UNROLL_HALVE && schedule->waited == schedule->patience) {
        schedule->rate *= 0.5;
        schedule->waited = 0;
    }
    return false;
}

bool unroll_schedule_ends(const unroll_schedule *schedule)
{
    return schedule->most_points > 0 && schedule->points >= schedule->most_points;
}
