/* recall: remember one symbol over a lag filled with distractors (after the delayed-recall tasks of Hochreiter and
   Schmidhuber, 1997). Step 0 shows one of `symbols` symbols, `lag` steps of distractors from an alphabet of their own
   follow, the last step shows the query; the target, at that step, is the first symbol. With `beyond`, the lags of the test
   go on from the longest of training. */
#include <stdlib.h>

#include "model/task.h"
#include "read/draws.h"
#include "read/lengths.h"

static const unroll_setting rows[] = {
    {"lag", UNROLL_INT, 0, 1000000, "", "30", "steps", "distractors between the symbol and the query", "task recall",
     0},
    {"lag_spread", UNROLL_INT, 0, 1000000, "", "0", "steps", "lags are drawn from lag - lag_spread to lag + lag_spread",
     "task recall", 0},
    {"symbols", UNROLL_INT, 2, 65536, "", "8", "symbols", "symbols to be remembered", "task recall", 0},
    {"distractors", UNROLL_INT, 1, 65536, "", "8", "symbols", "symbols that fill the lag", "task recall", 0},
};

typedef struct recall {
    uint64_t seed;
    unroll_lengths lags;
    int symbols, distractors, batch;
} recall;

static unroll_status recall_open(const unroll_settings *settings, void **state)
{
    recall *task;
    int lag = (int)unroll_int(settings, "lag"), spread = (int)unroll_int(settings, "lag_spread");
    int beyond = (int)unroll_int(settings, "beyond");
    *state = NULL;
    if (spread > lag)
        return unroll_error(UNROLL_WRONG, "lag_spread=%d must not be more than lag=%d: lags cannot be negative", spread,
                            lag);
    if (beyond > 0 && beyond <= lag + spread)
        return unroll_error(UNROLL_WRONG, "beyond=%d must be more than lag + lag_spread, %d", beyond, lag + spread);
    task = malloc(sizeof *task);
    if (task == NULL)
        return unroll_error(UNROLL_FAILED, "out of memory: task=recall");
    *task = (recall){.seed = (uint64_t)unroll_int(settings, "seed"),
                     .lags = {.shortest = lag - spread, .longest = lag + spread, .beyond = beyond},
                     .symbols = (int)unroll_int(settings, "symbols"),
                     .distractors = (int)unroll_int(settings, "distractors"),
                     .batch = (int)unroll_int(settings, "batch")};
    *state = task;
    return unroll_ok();
}

static int longest(const recall *task)
{
    return unroll_lengths_most(&task->lags) + 2;
}

/* One number is drawn even where all lags are the same: the distractors are those that follow it. */
static int lag_of(const recall *task, unroll_split split, int64_t index, unroll_random *draws)
{
    int shortest = task->lags.shortest;
    if (split == UNROLL_TEST && task->lags.beyond > 0)
        return unroll_lengths_of(&task->lags, split, index, unroll_held_out_batches(task->batch), draws);
    return shortest + (int)unroll_random_below(draws, (uint32_t)(task->lags.longest - shortest) + 1);
}

/* One symbol that is never learned costs 1 / symbols of the answers. Solved is below 2% wrong, and below half a symbol
   where the alphabet is so large that a missing one would pass; on a thousand sequences, fewer than 20 wrong answers
   mean a true rate below 3.1% (95% Wilson). Chance is 1 - 1 / symbols. */
static double solved_below(const recall *task)
{
    double half_a_symbol = 0.5 / task->symbols;
    return half_a_symbol < 0.02 ? half_a_symbol : 0.02;
}

static void recall_shape(const void *state, unroll_task_shape *shape)
{
    const recall *task = state;
    *shape = (unroll_task_shape){.symbols = task->symbols + task->distractors + 1,
                                 .outputs = task->symbols,
                                 .steps = longest(task),
                                 .mean_steps = task->lags.beyond > 0 ? unroll_lengths_mean(&task->lags) + 2 : 0,
                                 .batch = task->batch,
                                 .loss = "softmax",
                                 .batches = {0, unroll_held_out_batches(task->batch), unroll_held_out_batches(task->batch)},
                                 .metric = "error_rate",
                                 .unit = "",
                                 .solved_below = solved_below(task)};
}

static void recall_batch(const void *state, unroll_split split, int64_t index, unroll_samples *out)
{
    const recall *task = state;
    int query = task->symbols + task->distractors;
    for (int b = 0; b < task->batch; b++) {
        unroll_random draws = unroll_sample_draws(task->seed, split, index, task->batch, b);
        int *symbol = out->symbol + (size_t)b * (size_t)longest(task); /* (T) */
        int shown = (int)unroll_random_below(&draws, (uint32_t)task->symbols);
        int lag = lag_of(task, split, index, &draws);
        symbol[0] = shown;
        for (int t = 1; t <= lag; t++)
            symbol[t] = task->symbols + (int)unroll_random_below(&draws, (uint32_t)task->distractors);
        symbol[lag + 1] = query;
        out->length[b] = lag + 2;
        out->target[b] = shown;
    }
}

static double recall_metric(const void *state, const unroll_score *score)
{
    (void)state;
    return 1.0 - score->accuracy;
}

/* The error rate of the best constant answer to the validation split. */
static unroll_status recall_baselines(const void *state, unroll_record *record)
{
    const recall *task = state;
    int64_t count = (int64_t)unroll_held_out_batches(task->batch) * task->batch, most = 0;
    int64_t *seen = calloc((size_t)task->symbols, sizeof *seen);
    if (seen == NULL)
        return unroll_error(UNROLL_FAILED, "out of memory: counts of task=recall");
    for (int i = 0; i < unroll_held_out_batches(task->batch); i++)
        for (int b = 0; b < task->batch; b++) {
            unroll_random draws = unroll_sample_draws(task->seed, UNROLL_VALID, i, task->batch, b);
            int64_t now = ++seen[unroll_random_below(&draws, (uint32_t)task->symbols)];
            most = now > most ? now : most;
        }
    free(seen);
    unroll_record_real(record, "baseline_error_rate", "", 1.0 - (double)most / (double)count);
    return unroll_ok();
}

extern const unroll_task task_recall;

static unroll_status recall_finish(const void *state, unroll_model *model, const unroll_settings *settings, unroll_record *record)
{
    (void)settings;
    return unroll_lengths_score(&task_recall, state, &((const recall *)state)->lags, model, record);
}

const unroll_task task_recall = {.name = "recall",
                                 .title = "delayed recall: a symbol remembered over a lag of distractors",
                                 .settings = rows,
                                 .setting_count = (int)(sizeof rows / sizeof rows[0]),
                                 .shared = &unroll_lengths_settings[UNROLL_LENGTHS_BEYOND],
                                 .shared_count = 1,
                                 .ignores = "length",
                                 .open = recall_open,
                                 .close = free,
                                 .shape = recall_shape,
                                 .batch = recall_batch,
                                 .metric = recall_metric,
                                 .baselines = recall_baselines,
                                 .finish = recall_finish};
