/* modular: the value modulo 5 of a sum of products without brackets ("modular arithmetic (simple)" of Deletang et al., Neural
   networks and the Chomsky hierarchy, 2023). Digits 0 to 4 and operators + - * take turns, with a digit first and last; the
   target, at the last step, is the value. What must be kept is a sum, a product and an operator: finitely many states.
   It is as in the program that was published with the paper: products come before sums and differences (1 + 2 * 3 is 2, not 4),
   digits are drawn uniformly, and so are operators, and where the length is even an expression is one step shorter, since its
   steps are always odd in number. */
#include <stdlib.h>

#include "model/task.h"
#include "read/draws.h"
#include "read/lengths.h"

enum { DIGITS = 5, OPERATORS = 3, PLUS = DIGITS, MINUS, TIMES };

typedef struct modular {
    uint64_t seed;
    unroll_lengths lengths;
    int batch;
} modular;

static unroll_status modular_open(const unroll_settings *settings, void **state)
{
    unroll_lengths lengths;
    modular *task;
    *state = NULL;
    UNROLL_TRY(unroll_lengths_open(settings, &lengths));
    task = malloc(sizeof *task);
    if (task == NULL)
        return unroll_error(UNROLL_FAILED, "out of memory: task=modular");
    *state = task;
    *task = (modular){.seed = (uint64_t)unroll_int(settings, "seed"),
                      .lengths = lengths,
                      .batch = (int)unroll_int(settings, "batch")};
    return unroll_ok();
}

/* An expression has an odd number of steps. */
static int odd(int steps)
{
    return (steps + 1) / 2 * 2 - 1;
}

static void modular_shape(const void *state, unroll_task_shape *shape)
{
    const modular *task = state;
    /* on a thousand sequences, fewer than 20 wrong answers mean a true rate below 3.1% (95% Wilson) */
    *shape = (unroll_task_shape){.symbols = DIGITS + OPERATORS,
                                 .outputs = DIGITS,
                                 .steps = odd(unroll_lengths_most(&task->lengths)),
                                 .mean_steps = unroll_lengths_mean(&task->lengths),
                                 .batch = task->batch,
                                 .loss = "softmax",
                                 .batches = {0, unroll_held_out_batches(task->batch), unroll_held_out_batches(task->batch)},
                                 .metric = "error_rate",
                                 .unit = "",
                                 .solved_below = 0.02};
}

/* The value of an expression of `steps` symbols: the sum of the products that are complete, and the one that is not yet. */
static int value_of(const int *symbol, int steps)
{
    int sum = 0, product = symbol[0];
    for (int t = 1; t < steps; t += 2) {
        int digit = symbol[t + 1];
        if (symbol[t] == TIMES) {
            product = product * digit % DIGITS;
        } else {
            sum = (sum + product) % DIGITS;
            product = symbol[t] == PLUS ? digit : (DIGITS - digit) % DIGITS;
        }
    }
    return (sum + product) % DIGITS;
}

static void modular_batch(const void *state, unroll_split split, int64_t index, unroll_samples *out)
{
    const modular *task = state;
    int most = odd(unroll_lengths_most(&task->lengths));
    for (int b = 0; b < task->batch; b++) {
        unroll_random draws = unroll_sample_draws(task->seed, split, index, task->batch, b);
        int *symbol = out->symbol + (size_t)b * (size_t)most; /* (T) */
        int steps = odd(unroll_lengths_of(&task->lengths, split, index, unroll_held_out_batches(task->batch), &draws));
        out->length[b] = steps;
        for (int t = 0; t < steps; t++)
            symbol[t] = t % 2 == 0 ? (int)unroll_random_below(&draws, DIGITS)
                                   : PLUS + (int)unroll_random_below(&draws, OPERATORS);
        out->target[b] = value_of(symbol, steps);
    }
}

static double modular_metric(const void *state, const unroll_score *score)
{
    (void)state;
    return 1.0 - score->accuracy;
}

/* The error rate of guessing. Always answering 0 is better only where expressions are short: 0.747 at 3 steps, 0.799 at 15. */
static unroll_status modular_baselines(const void *state, unroll_record *record)
{
    (void)state;
    unroll_record_real(record, "baseline_error_rate", "", 1.0 - 1.0 / DIGITS);
    return unroll_ok();
}

extern const unroll_task task_modular;

static unroll_status modular_finish(const void *state, unroll_model *model, const unroll_settings *settings, unroll_record *record)
{
    (void)settings;
    return unroll_lengths_score(&task_modular, state, &((const modular *)state)->lengths, model, record);
}

const unroll_task task_modular = {.name = "modular",
                                  .title = "modular arithmetic: the value of a sum of products, modulo 5",
                                  .shared = unroll_lengths_settings,
                                  .shared_count = UNROLL_LENGTHS_SETTINGS,
                                  .open = modular_open,
                                  .close = free,
                                  .shape = modular_shape,
                                  .batch = modular_batch,
                                  .metric = modular_metric,
                                  .baselines = modular_baselines,
                                  .finish = modular_finish};
