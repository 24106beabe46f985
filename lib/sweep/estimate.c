#include "sweep/estimate.h"

#include <math.h>
#include <string.h>

#include "bench/bench.h"
#include "store/store.h"

void unroll_print_axes(const unroll_plan *plan, FILE *out)
{
    enum { SHOWN = 10 };
    char number[UNROLL_NUMBER_ROOM];
    for (int i = 0; i < plan->axes.count; i++) {
        const unroll_axis *axis = &plan->axes.axis[i];
        if (axis->count < 2)
            continue;
        fprintf(out, "  %-12s", unroll_setting_at(axis->setting)->name);
        for (int v = 0; v < axis->count && v < SHOWN; v++)
            fprintf(out, "%s %s", v > 0 ? "," : "", unroll_show_value(&axis->values[v], number));
        if (axis->count > SHOWN)
            fprintf(out, ", ... %s (%d values)", unroll_show_value(&axis->values[axis->count - 1], number), axis->count);
        fputc('\n', out);
    }
}

/* Seconds a unit of cost, over some of the records that are there, spread over the plan. */
static double seconds_by_records(const unroll_experiment *experiment, const unroll_folder *folder,
                                 const unroll_plan *plan)
{
    enum { MOST = 40 };
    double cost = 0, seconds = 0;
    int found = 0, seen = 0, every;
    for (int i = 0; i < plan->count; i++)
        found += strcmp(plan->runs[i].status, "done") == 0;
    every = found / MOST + 1;
    for (int i = 0; i < plan->count; i++) {
        unroll_record *record;
        char name[UNROLL_RECORD_NAME_ROOM];
        unroll_record_name(plan->runs[i].id, plan->runs[i].take, name);
        if (strcmp(plan->runs[i].status, "done") != 0 || seen++ % every != 0)
            continue;
        if (unroll_load_record_of(folder->runs, name, NULL, NULL, NULL, &record).code != UNROLL_OK)
            continue;
        cost += unroll_plan_cost(experiment, plan, plan->runs[i].settings);
        seconds += record->seconds;
        unroll_record_free(record);
    }
    return cost > 0 && seconds > 0 ? seconds / cost : NAN;
}

/* Halves a setting until a step of one layer takes about 30 GFLOP, so that measuring takes a few seconds. */
static unroll_status shrink(unroll_settings *settings, const char *name)
{
    double hidden = (double)unroll_int(settings, "hidden"), layers = (double)unroll_int(settings, "layers");
    while (unroll_int(settings, name) > 1 && 48.0 * layers * hidden * hidden * (double)unroll_int(settings, "batch") *
                                                     (double)unroll_int(settings, "length") > 3e10) {
        char half[32];
        snprintf(half, sizeof half, "%lld", (long long)(unroll_int(settings, name) / 2));
        UNROLL_TRY(unroll_settings_set(settings, name, half));
    }
    return unroll_ok();
}

static double seconds_by_measurement(const unroll_settings *costliest)
{
    unroll_settings *smaller = unroll_settings_copy(costliest);
    unroll_step_timing timing;
    double seconds = NAN;
    if (smaller != NULL && shrink(smaller, "length").code == UNROLL_OK && shrink(smaller, "batch").code == UNROLL_OK &&
        unroll_time_training_step(smaller, 0.3, &timing).code == UNROLL_OK && timing.gflop > 0)
        seconds = timing.median_ms * 1e-3 / (timing.gflop * 1e9);
    unroll_settings_free(smaller);
    return seconds;
}

double unroll_estimate_seconds(const unroll_experiment *experiment, const unroll_folder *folder,
                               const unroll_plan *plan, unroll_planned *const *todo, int count, int jobs)
{
    double rate = seconds_by_records(experiment, folder, plan), all = 0, most = 0;
    const unroll_planned *costliest = NULL;
    for (int i = 0; i < count; i++) {
        all += todo[i]->cost;
        if (costliest == NULL || todo[i]->cost > most) {
            costliest = todo[i];
            most = todo[i]->cost;
        }
    }
    if (isnan(rate) && experiment->measure == NULL && costliest != NULL)
        rate = seconds_by_measurement(costliest->settings);
    /* no sooner than its longest run */
    return rate * fmax(all / jobs, most);
}
