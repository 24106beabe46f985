/* How the gradient of a loss at the last step falls with the distance back from it: at the start, half way and at the end of a
   training, through each state of a cell. */
#include "unroll.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MOMENTS = 3, STATES = 2 };

/* Norms below this share of that at the last step are no longer float's: they are not fitted, and drawn at it. */
#define LEAST 1e-20
#define LEAST_LOG -20.0
/* A step counts as reached by the gradient where this share of it is left. */
#define REACHED 0.01

static const char *const moments[MOMENTS] = {"start", "half", "end"}, *const states[STATES] = {"h", "c"};

/* One model at one moment, and the batch that its gradient is taken of. */
typedef struct moment {
    unroll_model *model;
    unroll_extra extras[UNROLL_EXTRAS];
    unroll_task_shape shape;
    unroll_samples samples;
    real *d;               /* (B, T, H) */
    float *log_norm, *lag; /* (T): logarithm to base 10 of the norm at a lag over that at lag 0 */
} moment;

static unroll_status out_of_memory(void)
{
    return unroll_error(UNROLL_FAILED, "out of memory for the gradients of a batch");
}

/* The training's first `steps` steps, which are the same whatever comes after them. */
static unroll_status train(const unroll_settings *settings, int64_t steps, unroll_record *record, moment *m)
{
    unroll_settings *own = unroll_settings_copy(settings);
    unroll_record *training = unroll_record_new(own);
    unroll_run_hooks hooks = {.model = &m->model, .extras = m->extras, .stop = unroll_stop_flag()};
    unroll_status status = own != NULL && training != NULL ? unroll_ok() : out_of_memory();
    char text[32];
    snprintf(text, sizeof text, "%lld", (long long)steps);
    if (status.code == UNROLL_OK)
        status = unroll_settings_set(own, "steps", text);
    if (status.code == UNROLL_OK)
        status = unroll_run(own, &hooks, training);
    if (status.code == UNROLL_OK && strcmp(training->status, "done") != 0) {
        memcpy(record->status, training->status, sizeof record->status);
        memcpy(record->reason, training->reason, sizeof record->reason);
    }
    for (int i = 0; i < hooks.extra_count; i++)
        free(m->extras[i].value);
    unroll_record_free(training);
    unroll_settings_free(own);
    return status;
}

static unroll_status open_batch(const unroll_settings *settings, moment *m)
{
    const unroll_task *task = unroll_task_find(unroll_text(settings, "task"));
    unroll_status status;
    void *data;
    UNROLL_TRY(task->open(settings, &data));
    task->shape(data, &m->shape);
    status = m->shape.answer == UNROLL_AT_LAST ? unroll_samples_open(&m->shape, &m->samples)
                                               : unroll_error(UNROLL_WRONG, "vanishing_gradient needs a loss at the last step "
                                                                            "alone, as of task=adding; task=%s has others, too",
                                                              task->name);
    m->log_norm = malloc((size_t)m->shape.steps * sizeof *m->log_norm);
    m->lag = malloc((size_t)m->shape.steps * sizeof *m->lag);
    if (status.code == UNROLL_OK && (m->log_norm == NULL || m->lag == NULL))
        status = out_of_memory();
    if (status.code == UNROLL_OK) {
        unroll_samples_clear(&m->shape, &m->samples);
        task->batch(data, UNROLL_VALID, 0, &m->samples);
    }
    task->close(data);
    return status;
}

static void close_moment(moment *m)
{
    unroll_model_close(m->model);
    unroll_samples_close(&m->samples);
    free(m->d);
    free(m->log_norm);
    free(m->lag);
}

/* The sum of squares at a lag, over all units of all sequences, each as far back from its own last step. */
static double squares_at(const moment *m, int lag, int columns)
{
    double squares = 0;
    for (int b = 0; b < m->shape.batch; b++) {
        int t = m->samples.length[b] - 1 - lag;
        const real *at = m->d + ((size_t)b * (size_t)m->shape.steps + (size_t)(t < 0 ? 0 : t)) * (size_t)columns;
        for (int k = 0; t >= 0 && k < columns; k++)
            squares += (double)at[k] * (double)at[k];
    }
    return squares;
}

static void take_norms(moment *m, int columns)
{
    const double per_e = 0.5 / unroll_log(10); /* of squares, to base 10 */
    double first = squares_at(m, 0, columns);
    for (int lag = 0; lag < m->shape.steps; lag++) {
        double share = squares_at(m, lag, columns) / first;
        m->lag[lag] = (float)lag;
        m->log_norm[lag] = (float)(share > LEAST * LEAST ? per_e * unroll_log(share) : LEAST_LOG);
    }
}

/* What a step back leaves of the norm: of the line of least squares through the logarithms. */
static double decay_of(const moment *m)
{
    double n = 0, x = 0, y = 0, xx = 0, xy = 0;
    for (int lag = 0; lag < m->shape.steps && (double)m->log_norm[lag] > LEAST_LOG; lag++) {
        n += 1;
        x += lag;
        y += (double)m->log_norm[lag];
        xx += (double)lag * lag;
        xy += lag * (double)m->log_norm[lag];
    }
    return n > 1 ? unroll_exp(unroll_log(10) * (n * xy - x * y) / (n * xx - x * x)) : 0;
}

/* One state at one moment: its curve, and the slowest decay of those so far. */
static unroll_status take_state(moment *m, const char *state, const char *when, unroll_record *record, double *slowest)
{
    char name[48];
    double decay;
    real *d;
    unroll_view view = {.columns = 0};
    snprintf(name, sizeof name, "rnn.d_%s_l0", state);
    for (int i = 0; i < unroll_model_view_count(m->model) && strcmp(view.name, name) != 0; i++)
        unroll_model_view_at(m->model, i, &view);
    if (strcmp(view.name, name) != 0)
        return unroll_ok(); /* the cell has no such state */
    d = realloc(m->d, (size_t)m->shape.batch * (size_t)m->shape.steps * (size_t)view.columns * sizeof *d);
    if (d == NULL)
        return out_of_memory();
    m->d = d;
    UNROLL_TRY(unroll_model_view(m->model, name, m->d));
    unroll_model_pack(m->model, &m->samples, m->shape.batch);
    unroll_model_gradient(m->model, NULL);
    take_norms(m, view.columns);
    UNROLL_TRY(unroll_model_view(m->model, name, NULL));
    decay = decay_of(m);
    *slowest = decay > *slowest ? decay : *slowest;
    snprintf(name, sizeof name, "%s_%s", state, when);
    unroll_record_curve(record, name, "", m->log_norm, m->shape.steps);
    unroll_record_curve(record, "lag", "steps", m->lag, m->shape.steps);
    return unroll_ok();
}

static unroll_status take_moment(const unroll_settings *settings, int index, unroll_record *record)
{
    moment m = {.model = NULL};
    double decay = -1; /* no state yet */
    char name[48];
    unroll_status status = open_batch(settings, &m);
    if (status.code == UNROLL_OK)
        status = train(settings, unroll_int(settings, "steps") * index / (MOMENTS - 1), record, &m);
    if (status.code == UNROLL_OK && index == 0)
        unroll_record_int(record, "parameters", "", unroll_model_parameters(m.model));
    for (int i = 0; i < STATES && status.code == UNROLL_OK; i++)
        status = take_state(&m, states[i], moments[index], record, &decay);
    close_moment(&m);
    if (status.code == UNROLL_OK && decay < 0)
        status = unroll_error(UNROLL_WRONG, "model=%s has no state whose gradient could be followed back",
                              unroll_text(settings, "model"));
    UNROLL_TRY(status);
    snprintf(name, sizeof name, "decay_%s", moments[index]);
    unroll_record_real(record, name, "", decay);
    snprintf(name, sizeof name, "reach_%s", moments[index]);
    if (decay < 1) /* else it reaches any step */
        unroll_record_real(record, name, "steps", decay > 0 ? unroll_log(REACHED) / unroll_log(decay) : 0);
    return unroll_ok();
}

static unroll_status measure(const unroll_settings *settings, unroll_record *record)
{
    strcpy(record->status, "done");
    for (int i = 0; i < MOMENTS && strcmp(record->status, "done") == 0; i++)
        UNROLL_TRY(take_moment(settings, i, record));
    unroll_network_describe(settings, record);
    return unroll_ok();
}

const unroll_experiment experiment_vanishing_gradient = {
    .name = "vanishing_gradient",
    .title = "what is left of the last step's gradient so many steps back, by cell, start and training",
    .claim = "in a trained vanilla RNN no more than 1% of the gradient reaches 20 steps back, and in an LSTM and a GRU it falls more "
             "slowly",
    .source = "Hochreiter, 1991; Bengio, Simard and Frasconi, 1994; Pascanu, Mikolov and Bengio, 2013",
    .version = 1,
    .axes_quick = "model=rnn,lstm,gru init=pytorch,orthogonal,identity nonlinearity=tanh,relu forget_bias=0,1 seed=0..5 "
                  "steps=600",
    .axes_full = "model=rnn,lstm,gru init=pytorch,orthogonal,identity nonlinearity=tanh,relu forget_bias=0,1,5 seed=0..19 "
                 "steps=2000",
    .fixed = "task=adding length=100 hidden=64 batch=32 lr=0.002 clip=1 points=10 keep=last",
    .without = {"model=lstm,gru init=orthogonal,identity", "init=pytorch,orthogonal nonlinearity=relu"},
    .measure = measure,
    .metric = "decay_end",
    .groups = "model init nonlinearity forget_bias",
    .columns = "decay_start decay_half decay_end reach_start:until reach_end:until",
    .figures = "vanishing_gradient",
    .rules =
        {
            {UNROLL_VALUE, UNROLL_AT_MOST, .metric = "reach_end:until", .of = "model=rnn", .bound = 20, .where = "nonlinearity=tanh"},
            {UNROLL_DIFFERENCE, UNROLL_HIGHER, .metric = "decay_end", .of = "model=lstm,gru", .against = "model=rnn",
             .where = "nonlinearity=tanh forget_bias=0"},
        },
    .beside = {.name = "recall_horizon",
               .unit = "steps",
               .measured = "longest lag over which a symbol is recalled, of 32 units, at the learning rate that validation chooses",
               .experiment = "memory_horizon",
               .by = "model init nonlinearity forget_bias",
               .shown = {UNROLL_HORIZON, .metric = "solved", .of = "model=rnn,lstm,gru", .over = "lag",
                         .where = "task=recall clip=1 omega=0"}},
    .taught =
        {{.order = 40,
          .name = "the gradient",
          .measured = "share of it that a step back leaves once trained (LSTM: forget bias 1)",
          .shown = {UNROLL_VALUE, .metric = "decay_end", .where = "init=pytorch nonlinearity=tanh forget_bias=0"},
          .rnn = {"vanishes",
                  .rules = {{UNROLL_VALUE, UNROLL_AT_MOST, .metric = "reach_end:until", .bound = 20,
                             .where = "init=pytorch nonlinearity=tanh"}}},
          .lstm = {"cell state highway", "forget_bias=1",
                   {{UNROLL_VALUE, UNROLL_AT_LEAST, .metric = "reach_end:until", .bound = 50, .where = "forget_bias=1"}}},
          .gru = {"as the LSTM's",
                  .rules = {{UNROLL_VALUE, UNROLL_AT_LEAST, .metric = "reach_end:until", .bound = 50}}}}},
};
