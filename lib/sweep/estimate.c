#include "sweep/estimate.h"

#include <math.h>
#include <string.h>

#include "bench/bench.h"
#include "store/store.h"

void unroll_print_axes(const unroll_plan *plan, FILE *out)
{
    enum { SHOWN = 10 };
    for (int i = 0; i < plan->axes.count; i++) {
        const unroll_axis *axis = &plan->axes.axis[i];
        if (axis->count < 2)
            continue;
        fprintf(out, "  %-12s", unroll_setting_at(axis->setting)->name);
        for (int v = 0; v < axis->count && v < SHOWN; v++)
            fprintf(out, "%s %s", v > 0 ? "," : "", axis->values[v]);
        if (axis->count > SHOWN)
            fprintf(out, ", ... %s (%d values)", axis->values[axis->count - 1], axis->count);
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
        char path[600];
        unroll_record *record;
        if (strcmp(plan->runs[i].status, "done") != 0 || seen++ % every != 0)
            continue;
        unroll_folder_record(folder, plan->runs[i].id, path);
        if (unroll_load_record(path, &record).code != UNROLL_OK)
            continue;
        cost += unroll_plan_cost(experiment, plan->runs[i].settings);
        seconds += record->seconds;
        unroll_record_free(record);
    }
    return cost > 0 && seconds > 0 ? seconds / cost : NAN;
}

static double seconds_by_measurement(const unroll_settings *costliest)
{
    unroll_step_timing timing;
    if (unroll_time_training_step(costliest, 0.3, &timing).code != UNROLL_OK || !(timing.gflop > 0))
        return NAN;
    return timing.median_ms * 1e-3 / (timing.gflop * 1e9);
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
