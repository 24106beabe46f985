#include "bench/peer_problem.h"

#include <stdlib.h>
#include <string.h>

#include "bench/peer_process.h"
#include "cells/cell.h"

enum { TRAINED_STEPS = 5 }; /* before the loss is computed once more */

void unroll_peer_problem_free(unroll_peer_problem *q)
{
    for (int i = 0; i < q->weights; i++)
        free(q->weight[i]);
    free(q->x), free(q->target), free(q->h), free(q->d_x), free(q->d_w_ih), free(q->d_w_hh);
}

static float *copy_out(const unroll_model *model, int index, bool gradient, size_t *length)
{
    unroll_weight weight;
    real *values;
    float *out;
    unroll_model_weight_at(model, index, &weight);
    *length = (size_t)weight.rows * (size_t)(weight.columns > 0 ? weight.columns : 1);
    values = malloc(*length * sizeof *values);
    out = malloc(*length * sizeof *out);
    if (values != NULL && out != NULL) {
        (gradient ? unroll_model_get_gradient : unroll_model_get_weight)(model, index, values);
        for (size_t i = 0; i < *length; i++)
            out[i] = (float)values[i];
    }
    free(values);
    return out;
}

/* ours: h after the last step */
static unroll_status own_output(const unroll_settings *settings, unroll_peer_problem *q)
{
    unroll_timed timed;
    size_t count = q->batch * q->steps;
    real *x = malloc(count * q->input * sizeof *x), *h = malloc(count * q->hidden * sizeof *h);
    unroll_status status = x == NULL || h == NULL ? unroll_error(UNROLL_FAILED, "out of memory") : unroll_ok();
    unroll_forward io = {.size = (int)q->batch, .steps = (int)q->steps, .x = x, .hidden = h};
    if (status.code == UNROLL_OK)
        status = unroll_timed_open(settings, &timed);
    if (status.code == UNROLL_OK) {
        for (size_t i = 0; i < count * q->input; i++)
            x[i] = timed.x[i];
        unroll_model_forward(timed.model, &io);
        for (size_t b = 0; b < q->batch; b++)
            for (size_t u = 0; u < q->hidden; u++)
                q->h[b * q->hidden + u] = (float)h[(b * q->steps + q->steps - 1) * q->hidden + u];
        unroll_timed_close(&timed);
    }
    free(x);
    free(h);
    return status;
}

/* ours: the gradient of x, in the order in which peers have it */
static float *own_input_gradient(const unroll_model *model, const unroll_peer_problem *q)
{
    size_t count = q->steps * q->batch * q->input;
    real *values = malloc(count * sizeof *values); /* (B, T, I) */
    float *out = malloc(count * sizeof *out);
    if (values != NULL && out != NULL) {
        unroll_model_get_input_gradient(model, values);
        for (size_t t = 0; t < q->steps; t++)
            for (size_t b = 0; b < q->batch; b++)
                for (size_t i = 0; i < q->input; i++)
                    out[(t * q->batch + b) * q->input + i] = (float)values[(b * q->steps + t) * q->input + i];
    }
    free(values);
    return out;
}

static unroll_status own_training(const unroll_settings *settings, unroll_peer_problem *q)
{
    unroll_timed timed;
    size_t length;
    UNROLL_TRY(unroll_timed_open(settings, &timed));
    q->loss = unroll_model_gradient(timed.model, NULL);
    q->d_x = own_input_gradient(timed.model, q);
    q->d_w_ih = copy_out(timed.model, 0, true, &length);
    q->d_w_hh = copy_out(timed.model, 1, true, &length);
    for (int i = 0; i < TRAINED_STEPS; i++)
        unroll_timed_train(&timed);
    q->later = unroll_model_gradient(timed.model, NULL);
    unroll_timed_close(&timed);
    return q->d_x != NULL && q->d_w_ih != NULL && q->d_w_hh != NULL ? unroll_ok() : unroll_error(UNROLL_FAILED, "out of memory");
}

unroll_status unroll_peer_problem_pose(const unroll_settings *settings, const unroll_timed *timed, bool stream,
                                       unroll_peer_problem *q)
{
    const char *cell = unroll_text(settings, "model");
    int number = unroll_peer_cell(cell);
    if (number < 0 || unroll_int(settings, "layers") != 1 || strcmp(unroll_text(settings, "bias"), "two") != 0)
        return unroll_error(UNROLL_WRONG, "peers know the cells rnn, lstm and gru, in one layer with two biases, and "
                                          "model=transformer alone, in training steps");
    *q = (unroll_peer_problem){.hidden = (size_t)unroll_int(settings, "hidden"), .input = (size_t)timed->inputs,
                               .batch = (size_t)timed->batch, .steps = (size_t)timed->steps};
    q->rows = q->hidden * (size_t)unroll_cell_find(cell)->shape.gates;
    q->weights = unroll_model_weight_count(timed->model);
    int32_t head[8] = {number, (int32_t)q->hidden, timed->inputs, timed->batch, timed->steps,
                       (int32_t)unroll_int(settings, "threads"), stream, strcmp(unroll_text(settings, "norm"), "layer") == 0};
    memcpy(q->head, head, sizeof head);
    for (int i = 0; i < q->weights; i++)
        if ((q->weight[i] = copy_out(timed->model, i, false, &q->length[i])) == NULL)
            return unroll_error(UNROLL_FAILED, "out of memory");
    q->x = malloc(q->steps * q->batch * q->input * sizeof *q->x);
    q->target = malloc(q->batch * sizeof *q->target);
    q->h = malloc(q->batch * q->hidden * sizeof *q->h);
    if (q->x == NULL || q->target == NULL || q->h == NULL)
        return unroll_error(UNROLL_FAILED, "out of memory");
    for (size_t t = 0; t < q->steps; t++)
        for (size_t b = 0; b < q->batch; b++)
            memcpy(q->x + (t * q->batch + b) * q->input, timed->x + (b * q->steps + t) * q->input, q->input * sizeof *q->x);
    memcpy(q->target, timed->y, q->batch * sizeof *q->target);
    UNROLL_TRY(own_output(settings, q));
    return stream ? unroll_ok() : own_training(settings, q);
}
