/* counted.h: an experiment whose runs are a function of their settings that takes no time, counted as they are done, and a
   call of its sweep. */
#ifndef UNROLL_TESTS_COUNTED_H
#define UNROLL_TESTS_COUNTED_H

#include <stdio.h>
#include <string.h>

#include "files.h"
#include "simd/engine.h"
#include "store/store.h"
#include "sweep/sweep.h"

enum { MOST_RUNS = 256 };
static atomic_int measured, at_once, most_at_once;
static atomic_bool stop;
static int stop_after = -1;       /* runs; -1: never */
static int64_t failing_seed = -1; /* runs with it fail */
static char order[MOST_RUNS][96]; /* "lstm 3 auto" of each run, in the order in which they started */

static inline unroll_status measure(const unroll_settings *settings, unroll_record *record)
{
    int64_t seed = unroll_int(settings, "seed");
    int now = atomic_fetch_add(&at_once, 1) + 1, place = atomic_fetch_add(&measured, 1);
    float curve[3] = {1.0f, 0.5f, (float)seed};
    if (now > atomic_load(&most_at_once))
        atomic_store(&most_at_once, now);
    if (place < MOST_RUNS)
        snprintf(order[place], sizeof order[0], "%s %lld %s", unroll_text(settings, "model"), (long long)seed,
                 unroll_isa_now()->name);
    unroll_record_real(record, "error", "", 1.0 / (double)(1 + seed));
    unroll_record_curve(record, "loss", "", curve, 3);
    if (seed == 77) {
        strcpy(record->status, "diverged");
        strcpy(record->reason, "the loss was no longer finite at step 7");
    }
    if (stop_after >= 0 && place + 1 >= stop_after)
        atomic_store(&stop, true);
    atomic_fetch_sub(&at_once, 1);
    return seed == failing_seed ? unroll_error(UNROLL_FAILED, "seed %lld does not like it", (long long)seed)
                                : unroll_ok();
}

static const unroll_experiment experiment = {
    .name = "counted",
    .title = "runs that are counted",
    .version = 1,
    .axes_quick = "model=rnn,lstm seed=0..4",
    .axes_full = "model=rnn,lstm seed=0..9",
    .fixed = "task=adding length=10",
    .measure = measure,
    .metric = "error",
};

typedef struct called {
    unroll_status status;
    unroll_sweep_summary summary;
    int measured; /* runs that were done */
    char printed[8192];
} called;

static inline void reset(void)
{
    atomic_store(&measured, 0);
    atomic_store(&at_once, 0);
    atomic_store(&most_at_once, 0);
    atomic_store(&stop, false);
    stop_after = -1;
    failing_seed = -1;
}

static inline called call(const unroll_experiment *e, const char *results, unroll_sweep_options options)
{
    called result;
    char path[1200];
    size_t length;
    snprintf(path, sizeof path, "%s/printed.txt", test_folder());
    options.out = fopen(path, "w+");
    CU_ASSERT_PTR_NOT_NULL_FATAL(options.out);
    options.results = results;
    atomic_store(&measured, 0);
    result.status = unroll_sweep(e, &options, &stop, &result.summary);
    result.measured = atomic_load(&measured);
    rewind(options.out);
    length = fread(result.printed, 1, sizeof result.printed - 1, options.out);
    result.printed[length] = '\0';
    fclose(options.out);
    return result;
}

static inline called call_with(const char *results, const char *const *assignments, int count)
{
    return call(&experiment, results, (unroll_sweep_options){.assignments = assignments, .assignment_count = count});
}

/* Files of the runs in the folder of results whose names hold `word`. */
static inline int files_in(const char *results, const char *word)
{
    return count_files(path_in(results, "counted/runs"), word);
}

#endif
