/* Who trains fast and who trains stably: over learning rates, with and without a clipped gradient. */
#include "unroll.h"

#include <stdlib.h>
#include <string.h>

enum { BEFORE = 9 }; /* points whose median a loss is held against */

static int by_value(const void *a, const void *b)
{
    float x = *(const float *)a, y = *(const float *)b;
    return (x > y) - (x < y);
}

static float median_of(const float *values, int count)
{
    float sorted[BEFORE];
    memcpy(sorted, values, (size_t)count * sizeof *sorted);
    qsort(sorted, (size_t)count, sizeof *sorted, by_value);
    return sorted[count / 2];
}

/* Points at which the training loss is more than twice the median of those before. The first has no loss yet. */
static int count_spikes(const unroll_curve *loss)
{
    int spikes = 0;
    for (int i = 1 + BEFORE; i < loss->length; i++)
        spikes += loss->value[i] > 2 * median_of(loss->value + i - BEFORE, BEFORE);
    return spikes;
}

/* A run that diverged is not stable, whatever its losses before. */
static unroll_status measure(const unroll_settings *settings, unroll_record *record)
{
    unroll_run_hooks hooks = {.stop = unroll_stop_flag()};
    const unroll_curve *loss;
    int spikes;
    UNROLL_TRY(unroll_run(settings, &hooks, record));
    loss = unroll_record_find_curve(record, "train_loss");
    spikes = loss != NULL ? count_spikes(loss) : 0;
    unroll_record_int(record, "spikes", "", spikes);
    unroll_record_int(record, "stable", "", spikes == 0 && strcmp(record->status, "done") == 0);
    return unroll_ok();
}

const unroll_experiment experiment_training = {
    .name = "training",
    .title = "stability and time to a target of a training, by learning rate and clipping",
    .claim = "a vanilla RNN trains unstably, an LSTM and a GRU stably: up to a learning rate ten times as high",
    .source = "repeated by most tutorials; Pascanu, Mikolov and Bengio, 2013, for clipping",
    .version = 1,
    .axes_quick = "lr=0.001,0.003,0.01,0.03 clip=0,1 model=rnn,lstm,gru seed=0..5 steps=600",
    .axes_full = "lr=0.0003,0.001,0.003,0.01,0.03,0.1 clip=0,1 params=0,20000 model=rnn,lstm,gru seed=0..9 steps=2000",
    .fixed = "task=adding length=30 hidden=64 batch=32 points=100",
    .measure = measure,
    .metric = "mse",
    .groups = "clip lr params model",
    .columns = "ms_per_step:time stable:share spikes:alone mse solved:share solved_step:until solved_seconds:until:time",
    .figures = "training",
    .rules =
        {
            {UNROLL_HORIZON, UNROLL_AT_MOST, .metric = "stable", .of = "model=rnn", .bound = 0.001, .over = "lr"},
            {UNROLL_HORIZON, UNROLL_AT_LEAST, .metric = "stable", .of = "model=lstm,gru", .bound = 0.01, .over = "lr"},
        },
    .taught = {{.order = 80,
                .name = "stability",
                .measured = "highest learning rate up to which the loss has no spike (adding over 30 steps, clip 1)",
                .shown = {UNROLL_HORIZON, .metric = "stable", .over = "lr", .where = "clip=1 params=0"},
                .rnn = {"unstable", .rules = {{UNROLL_HORIZON, UNROLL_AT_MOST, .metric = "stable", .bound = 0.001, .over = "lr"}}},
                .lstm = {"stable", .rules = {{UNROLL_HORIZON, UNROLL_AT_LEAST, .metric = "stable", .bound = 0.01, .over = "lr"}}},
                .gru = {"middle ground",
                        .rules = {{UNROLL_HORIZON, UNROLL_AT_LEAST, .metric = "stable", .bound = 0.003, .over = "lr"}}}}},
};
