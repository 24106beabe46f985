/* What each gate is worth: the LSTM and the GRU with one part taken away at a time, at equal numbers of parameters; and what the
   gates of the trained cells do, by steps back from the last one. */
#include "unroll.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Of the LSTM and of the GRU. Their candidates, g and n, are no gates. */
static const char *const gates[] = {"i", "f", "o", "r", "z"};
enum { GATES = sizeof gates / sizeof gates[0] };

static unroll_status out_of_memory(void)
{
    return unroll_error(UNROLL_FAILED, "out of memory for the gates of a batch");
}

/* Names the tasks' own errors alike, so that a rule holds for all tasks: "valid_error", which chooses the learning rate, and
   "error", which is of the test part where the data have one. */
static void name_errors(unroll_record *record)
{
    const char *metric = unroll_record_find(record, "metric")->text;
    double valid = unroll_record_find(record, metric)->real;
    const unroll_column *test;
    char name[64];
    snprintf(name, sizeof name, "test_%s", metric);
    test = unroll_record_find(record, name);
    unroll_record_real(record, "error", "", test != NULL ? test->real : valid);
    unroll_record_real(record, "valid_error", "", valid);
}

/* A gate of the first layer over one batch, and its mean over units and sequences at each lag, the steps back from a sequence's
   last one. */
typedef struct activity {
    unroll_model *model;
    unroll_task_shape shape;
    unroll_samples samples;
    real *value;       /* (B, T, columns) */
    float *mean, *lag; /* (T) */
} activity;

/* The first batch of the validation split. A text begins it with states of zero. */
static unroll_status open_batch(const unroll_settings *settings, activity *a)
{
    const unroll_task *task = unroll_task_find(unroll_text(settings, "task"));
    unroll_status status;
    void *data;
    UNROLL_TRY(task->open(settings, &data));
    task->shape(data, &a->shape);
    status = unroll_samples_open(&a->shape, &a->samples);
    a->mean = malloc((size_t)a->shape.steps * sizeof *a->mean);
    a->lag = malloc((size_t)a->shape.steps * sizeof *a->lag);
    if (status.code == UNROLL_OK && (a->mean == NULL || a->lag == NULL))
        status = out_of_memory();
    if (status.code == UNROLL_OK)
        task->batch(data, UNROLL_VALID, 0, &a->samples);
    task->close(data);
    return status;
}

static void close_activity(activity *a)
{
    unroll_model_close(a->model);
    unroll_samples_close(&a->samples);
    free(a->value);
    free(a->mean);
    free(a->lag);
}

/* Fills mean and lag; how many lags there are. Sequences of one step only fill up a batch. */
static int take_means(activity *a, int columns)
{
    int lags = 0;
    for (int lag = 0; lag < a->shape.steps; lag++) {
        double sum = 0;
        int count = 0;
        for (int b = 0; b < a->shape.batch; b++) {
            int length = a->samples.length[b];
            size_t first = (size_t)b * (size_t)a->shape.steps;
            if (length == 1 || length <= lag)
                continue;
            for (int k = 0; k < columns; k++)
                sum += (double)a->value[(first + (size_t)(length - 1 - lag)) * (size_t)columns + (size_t)k];
            count += columns;
        }
        if (count == 0)
            break;
        a->mean[lag] = (float)(sum / count);
        a->lag[lag] = (float)lag;
        lags++;
    }
    return lags;
}

static unroll_status take_gate(activity *a, const char *gate, unroll_record *record)
{
    unroll_view view = {.columns = 0};
    char name[16];
    int lags;
    real *value;
    snprintf(name, sizeof name, "rnn.%s_l0", gate);
    for (int i = 0; i < unroll_model_view_count(a->model) && strcmp(view.name, name) != 0; i++)
        unroll_model_view_at(a->model, i, &view);
    if (strcmp(view.name, name) != 0)
        return unroll_ok(); /* the cell has no such gate */
    value = realloc(a->value, (size_t)a->shape.batch * (size_t)a->shape.steps * (size_t)view.columns * sizeof *value);
    if (value == NULL)
        return out_of_memory();
    a->value = value;
    UNROLL_TRY(unroll_model_view(a->model, name, a->value));
    unroll_model_pack(a->model, &a->samples, a->shape.batch);
    unroll_model_loss(a->model, NULL);
    UNROLL_TRY(unroll_model_view(a->model, name, NULL));
    lags = take_means(a, view.columns);
    snprintf(name, sizeof name, "gate_%s", gate);
    unroll_record_curve(record, name, "", a->mean, lags);
    unroll_record_curve(record, "lag", "steps", a->lag, lags);
    return unroll_ok();
}

static unroll_status measure(const unroll_settings *settings, unroll_record *record)
{
    activity a = {.model = NULL};
    unroll_run_hooks hooks = {.model = &a.model, .stop = unroll_stop_flag()};
    unroll_status status = unroll_run(settings, &hooks, record);
    bool done = status.code == UNROLL_OK && strcmp(record->status, "done") == 0;
    if (done) {
        name_errors(record);
        status = open_batch(settings, &a);
    }
    for (int i = 0; i < GATES && done && status.code == UNROLL_OK; i++)
        status = take_gate(&a, gates[i], record);
    close_activity(&a);
    return status;
}

const unroll_experiment experiment_gates = {
    .name = "gates",
    .title = "what each gate is worth: LSTM and GRU without one part at a time, with as many parameters",
    .claim = "an LSTM needs its forget gate and its output activation, and a GRU its update gate; without any other gate, or "
             "with the input gate coupled to the forget gate, they are as good",
    .source = "often read out of Greff et al., 2017; Ravanelli et al., 2018, for the reset gate",
    .version = 1,
    .axes_quick = "task=recall,adding,series,text params=5000 model=lstm,gru lstm_gates=all,no_input,no_forget,no_output,coupled "
                  "output_activation=tanh,none reset=after,none update_gate=yes,no lr=0.003,0.01,0.03 seed=0..5 "
                  "lag=15 length=20 steps=500",
    .axes_full = "task=recall,adding,series,text params=20000 model=lstm,gru "
                 "lstm_gates=all,no_input,no_forget,no_output,coupled output_activation=tanh,none reset=after,none "
                 "update_gate=yes,no lr=0.001,0.003,0.01,0.03 seed=0..11 lag=30 length=40 steps=2000",
    .fixed = "batch=32 clip=1 forget_bias=1 residual=last points=20",
    .without = {"lstm_gates=no_input,no_forget,no_output,coupled output_activation=none", "reset=none update_gate=no"},
    .best = "lr",
    .best_by = "seed=100..101",
    .measure = measure,
    .metric = "valid_error",
    .groups = "task model",
    .columns = "width parameters error solved:share solved_step:until",
    .figures = "gates",
    .rules =
        {
            {UNROLL_DIFFERENCE, UNROLL_LOWER, .metric = "error", .of = "lstm_gates=all", .against = "lstm_gates=no_forget",
             .where = "model=lstm output_activation=tanh"},
            {UNROLL_DIFFERENCE, UNROLL_LOWER, .metric = "error", .of = "output_activation=tanh",
             .against = "output_activation=none", .where = "model=lstm lstm_gates=all"},
            {UNROLL_DIFFERENCE, UNROLL_LOWER, .metric = "error", .of = "update_gate=yes", .against = "update_gate=no",
             .where = "model=gru reset=after"},
            {UNROLL_DIFFERENCE, UNROLL_AS_GOOD_AS, .metric = "solved:share:higher", .of = "lstm_gates=no_input,no_output,coupled",
             .against = "lstm_gates=all", .bound = 0.5, .where = "task=recall,adding model=lstm output_activation=tanh"},
            {UNROLL_RATIO, UNROLL_AS_GOOD_AS, .metric = "error", .of = "lstm_gates=no_input,no_output,coupled",
             .against = "lstm_gates=all", .bound = 0.03, .where = "task=series,text model=lstm output_activation=tanh"},
            {UNROLL_DIFFERENCE, UNROLL_AS_GOOD_AS, .metric = "solved:share:higher", .of = "reset=none", .against = "reset=after",
             .bound = 0.5, .where = "task=recall,adding model=gru update_gate=yes"},
            {UNROLL_RATIO, UNROLL_AS_GOOD_AS, .metric = "error", .of = "reset=none", .against = "reset=after", .bound = 0.03,
             .where = "task=series,text model=gru update_gate=yes"},
        },
};
