/* The passes over a packed batch: forward, loss, backward; and the caller's own forward and streaming step. */
#include <assert.h>
#include <string.h>

#include "model/inside.h"

static unroll_layer *head_of(unroll_model *model)
{
    return &model->layers[model->recurrent];
}

/* the top layer at each sequence's last step, into (or, of gradients, out of) one row a sequence */
static void last_rows(unroll_model *model, const unroll_team *team, bool backward)
{
    unroll_layer *top = &model->layers[model->recurrent - 1];
    unroll_part blocks = unroll_team_part(team, unroll_blocks(top->outputs));
    for (int n = blocks.begin; n < blocks.end; n++) {
        real *sequence = (backward ? model->d_last.at : model->last.at) + (size_t)n * model->last.block;
        real *steps = (backward ? top->d_output.at : top->output.at) + (size_t)n * top->output.block;
        if (backward)
            memset(steps, 0, (size_t)model->time.total * UNROLL_LANES * sizeof(real));
        for (int s = 0; s < model->time.size; s++) {
            real *row = steps + (size_t)(model->offset[model->length[s] - 1] + s) * UNROLL_LANES;
            real *one = sequence + (size_t)s * UNROLL_LANES;
            memcpy(backward ? row : one, backward ? one : row, UNROLL_LANES * sizeof(real));
        }
    }
    unroll_team_wait(team);
}

void unroll_model_forward_part(unroll_model *model, const unroll_team *team)
{
    unroll_team_phase(team, UNROLL_PHASE_OPTIMIZER);
    if (model->stale) {
        for (int i = 0; i <= model->recurrent; i++)
            model->layers[i].kind->refresh(&model->layers[i], team);
        unroll_team_wait(team);
    }
    unroll_team_phase(team, UNROLL_PHASE_OTHER);
    for (int i = 0; i < model->recurrent; i++)
        model->layers[i].kind->forward(&model->layers[i], &model->time, team);
    if (!model->shape.every)
        last_rows(model, team, false);
    head_of(model)->kind->forward(head_of(model), &model->head_time, team);
}

/* what a pass is asked for, and what it found */
typedef struct pass {
    unroll_model *model;
    bool gradient;
} pass;

/* the loss in fixed parts of LOSS_ROWS rows, so that its sum does not depend on the threads */
static void loss_part(unroll_model *model, const unroll_team *team, bool gradient)
{
    unroll_layer *head = head_of(model);
    const unroll_engine *engine = model->engine;
    int rows = model->head_time.total, parts = (rows + LOSS_ROWS - 1) / LOSS_ROWS, outputs = model->shape.outputs;
    real weight = (real)(model->targets > 0 ? 1.0 / (double)model->targets : 0.0);
    for (int i = team->rank; i < parts; i += team->size) {
        int row = i * LOSS_ROWS, count = rows - row < LOSS_ROWS ? rows - row : LOSS_ROWS;
        const real *y = head->output.at + (size_t)row * UNROLL_LANES;
        real *dy = gradient ? head->d_output.at + (size_t)row * UNROLL_LANES : NULL;
        size_t block = head->output.block;
        int64_t targets = 0;
        model->hit_part[i] = 0;
        if (model->shape.loss == UNROLL_SOFTMAX)
            model->loss_part[i] = engine->softmax(y, block, count, outputs, model->target + row, weight, dy,
                                                  &model->hit_part[i], &targets);
        else
            model->loss_part[i] =
                (model->shape.loss == UNROLL_SQUARED ? engine->squared : engine->bernoulli)(
                    y, block, count, outputs, model->goal.at + (size_t)row * UNROLL_LANES, weight, dy,
                    &model->hit_part[i], &targets);
    }
    unroll_team_wait(team);
}

static void pass_part(void *context, const unroll_team *team)
{
    const pass *p = context;
    unroll_model *model = p->model;
    unroll_model_forward_part(model, team);
    loss_part(model, team, p->gradient);
    if (p->gradient) {
        unroll_part reals = unroll_team_part(team, (int)(model->reals / UNROLL_LANES));
        memset(model->g + (size_t)reals.begin * UNROLL_LANES, 0,
               (size_t)(reals.end - reals.begin) * UNROLL_LANES * sizeof(real));
        unroll_team_wait(team);
        head_of(model)->kind->backward(head_of(model), &model->head_time, team);
        if (!model->shape.every)
            last_rows(model, team, true);
        for (int i = model->recurrent - 1; i >= 0; i--)
            model->layers[i].kind->backward(&model->layers[i], &model->time, team);
    }
}

static double run_pass(unroll_model *model, bool gradient, unroll_score *score)
{
    pass p = {model, gradient};
    int parts = (model->head_time.total + LOSS_ROWS - 1) / LOSS_ROWS;
    double loss = 0.0;
    int64_t hits = 0;
    if (model->slot == UNROLL_NO_CARRY)
        unroll_model_initial(model, NULL);
    assert(model->slot == UNROLL_NO_CARRY || model->time.total == model->shape.batch * model->time.steps);
    unroll_crew_run(model->crew, pass_part, &p);
    model->stale = false;
    unroll_model_carry_on(model);
    for (int i = 0; i < parts; i++) {
        loss += model->loss_part[i];
        hits += model->hit_part[i];
    }
    loss = model->targets > 0 ? loss / (double)model->targets : 0.0;
    if (score != NULL)
        *score = (unroll_score){loss, model->targets > 0 ? (double)hits / (double)model->targets : 0.0, model->targets};
    return loss;
}

double unroll_model_loss(unroll_model *model, unroll_score *score)
{
    return run_pass(model, false, score);
}

double unroll_model_gradient(unroll_model *model, unroll_score *score)
{
    return run_pass(model, true, score);
}

static void forward_part(void *context, const unroll_team *team)
{
    unroll_model_forward_part(context, team);
}

static real element(unroll_matrix m, size_t row, int column)
{
    return m.at[(size_t)(column / UNROLL_LANES) * m.block + row * UNROLL_LANES + (size_t)(column % UNROLL_LANES)];
}

/* rows of sequences into the caller's order, (B, steps, columns), zeros past a sequence's end */
static void give_steps(const unroll_model *model, unroll_matrix m, int steps, real *out)
{
    for (int s = 0; s < model->time.size; s++)
        for (int t = 0; t < steps; t++)
            for (int c = 0; c < m.columns; c++)
                out[((size_t)model->order[s] * (size_t)steps + (size_t)t) * (size_t)m.columns + (size_t)c] =
                    t < model->length[s] ? element(m, (size_t)(model->offset[t] + s), c) : 0;
}

static void give_states(unroll_model *model, real *out)
{
    for (int l = 0; l < model->recurrent; l++)
        for (int state = 0; state < model->states; state++) {
            unroll_matrix m = model->layers[l].kind->states(&model->layers[l], state);
            for (int s = 0; s < model->time.size; s++)
                for (int u = 0; u < m.columns; u++)
                    out[(((size_t)(l * model->states + state) * (size_t)model->time.size + (size_t)model->order[s]) *
                         (size_t)m.columns) + (size_t)u] =
                        element(m, (size_t)(model->shape.batch + model->offset[model->length[s] - 1] + s), u);
        }
}

void unroll_model_forward(unroll_model *model, const unroll_forward *io)
{
    unroll_layer *head = head_of(model);
    unroll_model_layout(model, io->size, io->steps, io->length);
    unroll_model_place(model, io->steps, NULL, io->x, io->symbol);
    unroll_model_initial(model, io->initial);
    unroll_crew_run(model->crew, forward_part, model);
    model->stale = false;
    if (io->y != NULL && model->shape.every)
        give_steps(model, head->output, io->steps, io->y);
    for (int s = 0; io->y != NULL && !model->shape.every && s < io->size; s++)
        for (int o = 0; o < model->shape.outputs; o++)
            io->y[(size_t)model->order[s] * (size_t)model->shape.outputs + (size_t)o] =
                element(head->output, (size_t)s, o);
    if (io->hidden != NULL)
        give_steps(model, model->layers[model->recurrent - 1].output, io->steps, io->hidden);
    if (io->states != NULL)
        give_states(model, io->states);
    unroll_model_initial(model, NULL);
}

void unroll_model_reset(unroll_model *model)
{
    for (int i = 0; i <= model->recurrent; i++)
        model->layers[i].kind->reset(&model->layers[i]);
}

static void refresh_part(void *context, const unroll_team *team)
{
    unroll_model *model = context;
    for (int i = 0; i <= model->recurrent; i++)
        model->layers[i].kind->refresh(&model->layers[i], team);
}

void unroll_model_step(unroll_model *model, int size, const real *x, const int *symbol, real *y)
{
    unroll_layer *head = head_of(model);
    int inputs = model->shape.inputs;
    if (model->stale) {
        refresh_part(model, &(unroll_team){.size = 1});
        model->stale = false;
    }
    for (int i = 0; model->large && i <= model->recurrent; i++)
        if (model->layers[i].kind->shrink != NULL)
            model->layers[i].kind->shrink(&model->layers[i]);
    model->large = false;
    for (int b = 0; b < size; b++) {
        if (symbol != NULL)
            model->stream_symbol[b] = symbol[b];
        for (int i = 0; symbol == NULL && i < inputs; i += UNROLL_LANES)
            memcpy(model->stream_x.at + (size_t)(i / UNROLL_LANES) * model->stream_x.block + (size_t)b * UNROLL_LANES,
                   x + (size_t)b * (size_t)inputs + (size_t)i,
                   (size_t)(inputs - i < UNROLL_LANES ? inputs - i : UNROLL_LANES) * sizeof *x);
    }
    for (int i = 0; i <= model->recurrent; i++) {
        unroll_layer *layer = &model->layers[i];
        if (i > 0)
            layer->stream_input = model->layers[i - 1].stream_output;
        layer->kind->step(layer, size);
    }
    for (int b = 0; y != NULL && b < size; b++)
        for (int o = 0; o < model->shape.outputs; o++)
            y[(size_t)b * (size_t)model->shape.outputs + (size_t)o] = element(head->stream_output, (size_t)b, o);
}
