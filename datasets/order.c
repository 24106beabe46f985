/* order: the order of a few symbols that stand far apart among distractors (Hochreiter and Schmidhuber, Long short-term memory,
   1997, section 5.6: task 6a, and with relevant=3 task 6b). A sequence is a start marker, distractors of four kinds, and an end
   marker; at two (three) steps in between stands X or Y instead. All are drawn alike. The class, asked for at the end marker, is
   which of the four (eight) orders of X and Y it was: as a binary number, X is 0, Y is 1, and the first symbol weighs most.

   All places are the paper's in percent of `length`, rounded down, so length=100 is the paper's task: 100 to 110 steps, relevant
   symbols at steps 10 to 20 and 50 to 60, or 10 to 20, 33 to 43 and 66 to 76, where step 0 is the start marker. */
#include <stdlib.h>

#include "model/task.h"
#include "read/draws.h"
#include "read/score.h"

enum { X, Y, START, END, DISTRACTOR, DISTRACTORS = 4, ALPHABET = DISTRACTOR + DISTRACTORS, MOST_RELEVANT = 3 };

static const unroll_setting rows[] = {
    {"relevant", UNROLL_INT, 2, MOST_RELEVANT, "", "2", "symbols", "symbols whose order is the class", "task order", 0},
};

typedef struct order {
    uint64_t seed;
    int length, relevant, batch;
} order;

typedef struct span {
    int first, last;
} span;

static unroll_status order_open(const unroll_settings *settings, void **state)
{
    order *task;
    int length = (int)unroll_int(settings, "length"), relevant = (int)unroll_int(settings, "relevant");
    *state = NULL;
    if (length < relevant + 2)
        return unroll_error(UNROLL_WRONG, "task=order has a start, %d relevant symbols and an end: length=%d must be at least %d",
                            relevant, length, relevant + 2);
    task = malloc(sizeof *task);
    if (task == NULL)
        return unroll_error(UNROLL_FAILED, "out of memory: task=order");
    *task = (order){.seed = (uint64_t)unroll_int(settings, "seed"),
                    .length = length,
                    .relevant = relevant,
                    .batch = (int)unroll_int(settings, "batch")};
    *state = task;
    return unroll_ok();
}

static span lengths(const order *task)
{
    return (span){task->length, task->length * 110 / 100};
}

/* The steps at which relevant symbol k may stand; in a sequence too short for its percentages still the start and the k symbols
   before it have a step each. */
static span places(const order *task, int k)
{
    static const span percent[MOST_RELEVANT + 1][MOST_RELEVANT] = {
        [2] = {{10, 20}, {50, 60}},
        [3] = {{10, 20}, {33, 43}, {66, 76}},
    };
    span share = percent[task->relevant][k];
    int first = task->length * share.first / 100, last = task->length * share.last / 100;
    return (span){first > k ? first : k + 1, last > k ? last : k + 1};
}

static int draw_from(unroll_random *draws, span range)
{
    return range.first + (int)unroll_random_below(draws, (uint32_t)(range.last - range.first + 1));
}

static void order_shape(const void *state, unroll_task_shape *shape)
{
    const order *task = state;
    int held_out = unroll_held_out_batches(task->batch);
    /* The paper's mark is that no sequence of many is wrong, which is one with an output 0.3 or more off its target. Here none
       of the validation split may be wrong, about a thousand sequences, by their largest outputs. */
    *shape = (unroll_task_shape){.symbols = ALPHABET,
                                 .outputs = 1 << task->relevant,
                                 .steps = lengths(task).last,
                                 .batch = task->batch,
                                 .loss = "softmax",
                                 .batches = {0, held_out, held_out},
                                 .metric = "error_rate",
                                 .unit = "",
                                 .solved_below = 0.5 / ((double)held_out * task->batch)};
}

/* Puts the relevant symbols in place; returns their class. */
static int draw_relevant(const order *task, unroll_random *draws, int *symbol)
{
    int class = 0;
    for (int k = 0; k < task->relevant; k++) {
        int t = draw_from(draws, places(task, k));
        symbol[t] = draw_from(draws, (span){X, Y});
        class = 2 * class + (symbol[t] == Y);
    }
    return class;
}

static void order_batch(const void *state, unroll_split split, int64_t index, unroll_samples *out)
{
    const order *task = state;
    for (int b = 0; b < task->batch; b++) {
        unroll_random draws = unroll_sample_draws(task->seed, split, index, task->batch, b);
        int *symbol = out->symbol + (size_t)b * (size_t)lengths(task).last; /* (T) */
        int length = draw_from(&draws, lengths(task));
        symbol[0] = START;
        for (int t = 1; t < length - 1; t++)
            symbol[t] = draw_from(&draws, (span){DISTRACTOR, ALPHABET - 1});
        symbol[length - 1] = END;
        out->length[b] = length;
        out->target[b] = draw_relevant(task, &draws, symbol);
    }
}

static double order_metric(const void *state, const unroll_score *score)
{
    (void)state;
    return 1.0 - score->accuracy;
}

/* Of a guess: classes are drawn alike. */
static unroll_status order_baselines(const void *state, unroll_record *record)
{
    const order *task = state;
    unroll_record_real(record, "baseline_error_rate", "", 1.0 - 1.0 / (1 << task->relevant));
    return unroll_ok();
}

extern const unroll_task task_order;

static unroll_status order_finish(const void *state, unroll_model *model, const unroll_settings *settings, unroll_record *record)
{
    unroll_score score;
    (void)settings;
    UNROLL_TRY(unroll_score_split(&task_order, state, UNROLL_TEST, model, &score));
    unroll_record_real(record, "test_error_rate", "", order_metric(state, &score));
    return unroll_ok();
}

const unroll_task task_order = {.name = "order",
                                .title = "temporal order: of X and Y, far apart among distractors; length to 1.1 length steps",
                                .settings = rows,
                                .setting_count = (int)(sizeof rows / sizeof rows[0]),
                                .open = order_open,
                                .close = free,
                                .shape = order_shape,
                                .batch = order_batch,
                                .metric = order_metric,
                                .baselines = order_baselines,
                                .finish = order_finish};
