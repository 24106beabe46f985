/* mqar: multi-query associative recall (Arora et al., Zoology: measuring and improving recall in efficient language models,
   2023). `pairs` keys are shown, each with its value one step later, no key and no value twice. Then come as many steps that ask
   for a key again, each key once, and `length` steps that show a blank, all of them in random order. The target, at a step that
   asks, is the key's value; the other steps have none.

   In the program of the paper a sequence of N steps asks at every second step of the rest at most, and sooner rather than later
   (power_a=0.01); the steps between show symbols drawn from all 8192; and the classes are these 8192, keys among them. Here
   places are uniform, a blank is a symbol of its own, and the classes are the values alone. A sequence of N steps there has
   length = N - 3 pairs here. */
#include <stdlib.h>

#include "model/task.h"
#include "read/draws.h"

static const unroll_setting rows[] = {
    {"pairs", UNROLL_INT, 2, 4096, "", "4", "pairs", "keys that are shown, each with a value, and asked for again",
     "task mqar", 0},
    {"keys", UNROLL_INT, 2, 65536, "", "32", "symbols", "symbols that keys are drawn from, at least as many as pairs",
     "task mqar", 0},
    {"values", UNROLL_INT, 2, 65536, "", "32", "symbols", "symbols that values are drawn from, at least as many as pairs",
     "task mqar", 0},
};

typedef struct mqar {
    uint64_t seed;
    int pairs, keys, values, blanks, batch;
} mqar;

static unroll_status mqar_open(const unroll_settings *settings, void **state)
{
    int pairs = (int)unroll_int(settings, "pairs"), keys = (int)unroll_int(settings, "keys"),
        values = (int)unroll_int(settings, "values");
    mqar *task;
    *state = NULL;
    if (keys < pairs)
        return unroll_error(UNROLL_WRONG, "keys=%d must not be less than pairs=%d: no key is shown twice", keys, pairs);
    if (values < pairs)
        return unroll_error(UNROLL_WRONG, "values=%d must not be less than pairs=%d: no value is shown twice", values, pairs);
    task = malloc(sizeof *task);
    if (task == NULL)
        return unroll_error(UNROLL_FAILED, "out of memory: task=mqar");
    *task = (mqar){.seed = (uint64_t)unroll_int(settings, "seed"),
                   .pairs = pairs,
                   .keys = keys,
                   .values = values,
                   .blanks = (int)unroll_int(settings, "length"),
                   .batch = (int)unroll_int(settings, "batch")};
    *state = task;
    return unroll_ok();
}

static int steps_of(const mqar *task)
{
    return 3 * task->pairs + task->blanks;
}

/* One pair that is never kept costs 1 / pairs of the answers. Solved is below 2% wrong, and below half a pair where they are so
   many that a missing one would pass. */
static double solved_below(const mqar *task)
{
    double half_a_pair = 0.5 / task->pairs;
    return half_a_pair < 0.02 ? half_a_pair : 0.02;
}

static void mqar_shape(const void *state, unroll_task_shape *shape)
{
    const mqar *task = state;
    *shape = (unroll_task_shape){.symbols = task->keys + task->values + 1,
                                 .outputs = task->values,
                                 .steps = steps_of(task),
                                 .batch = task->batch,
                                 .answer = UNROLL_AT_EVERY,
                                 .loss = "softmax",
                                 .batches = {0, unroll_held_out_batches(task->batch), unroll_held_out_batches(task->batch)},
                                 .metric = "error_rate",
                                 .unit = "",
                                 .solved_below = solved_below(task)};
}

static void swap(int *one, int *other)
{
    int kept = *one;
    *one = *other;
    *other = kept;
}

static bool among(const int *symbol, int count, int wanted)
{
    for (int i = 0; i < count; i++)
        if (symbol[2 * i] == wanted)
            return true;
    return false;
}

/* `pairs` of the symbols from `first` to first + alphabet - 1, no two alike, in random order, at every second place (Floyd's
   sample, shuffled). */
static void draw_unlike(unroll_random *draws, int pairs, int first, int alphabet, int *symbol)
{
    for (int i = 0; i < pairs; i++) {
        int most = alphabet - pairs + i, drawn = (int)unroll_random_below(draws, (uint32_t)most + 1);
        symbol[2 * i] = first + (among(symbol, i, first + drawn) ? most : drawn);
    }
    for (int i = pairs - 1; i > 0; i--)
        swap(&symbol[2 * i], &symbol[2 * (int)unroll_random_below(draws, (uint32_t)i + 1)]);
}

/* The steps behind the pairs: all that ask and all blanks, shuffled together with their targets. */
static void ask(const mqar *task, unroll_random *draws, const int *shown, int *symbol, int *target)
{
    int count = task->pairs + task->blanks;
    for (int i = 0; i < count; i++) {
        symbol[i] = i < task->pairs ? shown[2 * i] : task->keys + task->values;
        target[i] = i < task->pairs ? shown[2 * i + 1] - task->keys : -1;
    }
    for (int i = count - 1; i > 0; i--) {
        int other = (int)unroll_random_below(draws, (uint32_t)i + 1);
        swap(&symbol[i], &symbol[other]);
        swap(&target[i], &target[other]);
    }
}

static void mqar_batch(const void *state, unroll_split split, int64_t index, unroll_samples *out)
{
    const mqar *task = state;
    int shown = 2 * task->pairs;
    for (int b = 0; b < task->batch; b++) {
        unroll_random draws = unroll_sample_draws(task->seed, split, index, task->batch, b);
        size_t first = (size_t)b * (size_t)steps_of(task);
        int *symbol = out->symbol + first, *target = out->target + first; /* (T) */
        draw_unlike(&draws, task->pairs, 0, task->keys, symbol);
        draw_unlike(&draws, task->pairs, task->keys, task->values, symbol + 1);
        for (int t = 0; t < shown; t++)
            target[t] = -1;
        ask(task, &draws, symbol, symbol + shown, target + shown);
    }
}

static double mqar_metric(const void *state, const unroll_score *score)
{
    (void)state;
    return 1.0 - score->accuracy;
}

/* The error rate of whoever knows which values were shown, and of none whose it is. */
static unroll_status mqar_baselines(const void *state, unroll_record *record)
{
    unroll_record_real(record, "baseline_error_rate", "", 1.0 - 1.0 / ((const mqar *)state)->pairs);
    return unroll_ok();
}

const unroll_task task_mqar = {.name = "mqar",
                               .title = "multi-query associative recall: the values of keys; 3 pairs + length steps",
                               .settings = rows,
                               .setting_count = (int)(sizeof rows / sizeof rows[0]),
                               .open = mqar_open,
                               .close = free,
                               .shape = mqar_shape,
                               .batch = mqar_batch,
                               .metric = mqar_metric,
                               .baselines = mqar_baselines};
