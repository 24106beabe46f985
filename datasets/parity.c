/* parity: whether the number of ones among random bits is odd (the parity problem of Bengio, Simard and Frasconi, Learning
   long-term dependencies with gradient descent is difficult, 1994; "parity check" of Deletang et al., Neural networks and the
   Chomsky hierarchy, 2023). A step shows a bit; the target is 1 where the number of ones is odd, else 0.
   asked=last: of the whole sequence, at its last step. All bits but one tell nothing of the answer.
   asked=every: of the bits so far, at each step. This running parity is the state that a network must keep. */
#include <stdlib.h>
#include <string.h>

#include "model/task.h"
#include "read/draws.h"
#include "read/lengths.h"

static const unroll_setting rows[] = {
    {"asked", UNROLL_CHOICE, 0, 0, "last|every", "last", "",
     "the parity of all bits at the last step, or at every step that of the bits so far", "task parity", 0},
};

typedef struct parity {
    uint64_t seed;
    unroll_lengths lengths;
    int batch;
    bool every; /* asked at every step */
} parity;

static unroll_status parity_open(const unroll_settings *settings, void **state)
{
    unroll_lengths lengths;
    parity *task;
    *state = NULL;
    UNROLL_TRY(unroll_lengths_open(settings, &lengths));
    task = malloc(sizeof *task);
    if (task == NULL)
        return unroll_error(UNROLL_FAILED, "out of memory: task=parity");
    *state = task;
    *task = (parity){.seed = (uint64_t)unroll_int(settings, "seed"),
                     .lengths = lengths,
                     .batch = (int)unroll_int(settings, "batch"),
                     .every = strcmp(unroll_text(settings, "asked"), "every") == 0};
    return unroll_ok();
}

/* Guessing the last step alone costs half an answer a sequence. Solved is below 2% wrong, and below half of what that costs where
   so many steps are asked that it would pass. */
static double solved_below(const parity *task)
{
    double half_a_guess = 0.25 / (task->every ? task->lengths.longest : 1);
    return half_a_guess < 0.02 ? half_a_guess : 0.02;
}

static void parity_shape(const void *state, unroll_task_shape *shape)
{
    const parity *task = state;
    *shape = (unroll_task_shape){.symbols = 2,
                                 .outputs = 2,
                                 .steps = unroll_lengths_most(&task->lengths),
                                 .mean_steps = unroll_lengths_mean(&task->lengths),
                                 .batch = task->batch,
                                 .answer = task->every ? UNROLL_AT_EVERY : UNROLL_AT_LAST,
                                 .loss = "softmax",
                                 .batches = {0, unroll_held_out_batches(task->batch), unroll_held_out_batches(task->batch)},
                                 .metric = "error_rate",
                                 .unit = "",
                                 .solved_below = solved_below(task)};
}

static void parity_batch(const void *state, unroll_split split, int64_t index, unroll_samples *out)
{
    const parity *task = state;
    int most = unroll_lengths_most(&task->lengths);
    for (int b = 0; b < task->batch; b++) {
        unroll_random draws = unroll_sample_draws(task->seed, split, index, task->batch, b);
        size_t first = (size_t)b * (size_t)most; /* of the sequence, (B, T) */
        int odd = 0;
        out->length[b] = unroll_lengths_of(&task->lengths, split, index, unroll_held_out_batches(task->batch), &draws);
        for (int t = 0; t < most; t++) {
            bool there = t < out->length[b];
            if (there)
                odd ^= out->symbol[first + (size_t)t] = (int)unroll_random_below(&draws, 2);
            if (task->every)
                out->target[first + (size_t)t] = there ? odd : -1;
        }
        if (!task->every)
            out->target[b] = odd;
    }
}

static double parity_metric(const void *state, const unroll_score *score)
{
    (void)state;
    return 1.0 - score->accuracy;
}

/* The error rate of guessing: whoever has missed one bit knows nothing. */
static unroll_status parity_baselines(const void *state, unroll_record *record)
{
    (void)state;
    unroll_record_real(record, "baseline_error_rate", "", 0.5);
    return unroll_ok();
}

extern const unroll_task task_parity;

static unroll_status parity_finish(const void *state, unroll_model *model, const unroll_settings *settings, unroll_record *record)
{
    (void)settings;
    return unroll_lengths_score(&task_parity, state, &((const parity *)state)->lengths, model, record);
}

const unroll_task task_parity = {.name = "parity",
                                 .title = "parity of random bits, at the last step or at every step",
                                 .settings = rows,
                                 .setting_count = (int)(sizeof rows / sizeof rows[0]),
                                 .shared = unroll_lengths_settings,
                                 .shared_count = UNROLL_LENGTHS_SETTINGS,
                                 .open = parity_open,
                                 .close = free,
                                 .shape = parity_shape,
                                 .batch = parity_batch,
                                 .metric = parity_metric,
                                 .baselines = parity_baselines,
                                 .finish = parity_finish};
