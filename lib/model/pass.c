/* The passes over a packed batch: forward, loss, backward; and the caller's own forward and streaming step. */
#include <assert.h>
#include <string.h>

#include "model/inside.h"

static unroll_layer *head_of(const unroll_model *model, const unroll_micro *micro)
{
    return &micro->layers[model->recurrent];
}

/* the top layer at each sequence's last step, into (or, of gradients, out of) one row a sequence */
static void last_rows(const unroll_model *model, unroll_micro *micro, const unroll_team *team, bool backward)
{
    unroll_layer *top = &micro->layers[model->recurrent - 1];
    unroll_part blocks = unroll_team_part(team, unroll_blocks(top->outputs));
    for (int n = blocks.begin; n < blocks.end; n++) {
        real *sequence = (backward ? micro->d_last.at : micro->last.at) + (size_t)n * micro->last.block;
        real *steps = (backward ? top->d_output.at : top->output.at) + (size_t)n * top->output.block;
        if (backward)
            memset(steps, 0, (size_t)micro->time.total * UNROLL_LANES * sizeof(real));
        for (int s = 0; s < micro->time.size; s++) {
            real *row = steps + (size_t)(micro->offset[micro->length[s] - 1] + s) * UNROLL_LANES;
            real *one = sequence + (size_t)s * UNROLL_LANES;
            memcpy(backward ? row : one, backward ? one : row, UNROLL_LANES * sizeof(real));
        }
    }
    unroll_team_wait(team);
}

static void forward(const unroll_model *model, unroll_micro *micro, const unroll_team *team)
{
    unroll_layer *head = head_of(model, micro);
    for (int i = 0; i < model->recurrent; i++)
        micro->layers[i].kind->forward(&micro->layers[i], &micro->time, team);
    if (!model->shape.every)
        last_rows(model, micro, team, false);
    head->kind->forward(head, &micro->head_time, team);
}

/* the loss in fixed parts of LOSS_ROWS rows, so that its sum does not depend on the threads */
static void loss_part(const unroll_model *model, unroll_micro *micro, const unroll_team *team, bool gradient)
{
    unroll_layer *head = head_of(model, micro);
    const unroll_engine *engine = model->engine;
    int rows = micro->head_time.total, parts = (rows + LOSS_ROWS - 1) / LOSS_ROWS, outputs = model->shape.outputs;
    real weight = (real)(model->targets > 0 ? 1.0 / (double)model->targets : 0.0);
    for (int i = team->rank; i < parts; i += team->size) {
        int row = i * LOSS_ROWS, count = rows - row < LOSS_ROWS ? rows - row : LOSS_ROWS;
        const real *y = head->output.at + (size_t)row * UNROLL_LANES;
        real *dy = gradient ? head->d_output.at + (size_t)row * UNROLL_LANES : NULL;
        size_t block = head->output.block;
        int64_t targets = 0;
        micro->hit_part[i] = 0;
        if (model->shape.loss == UNROLL_SOFTMAX)
            micro->loss_part[i] = engine->softmax(y, block, count, outputs, micro->target + row, weight, dy,
                                                  &micro->hit_part[i], &targets);
        else
            micro->loss_part[i] =
                (model->shape.loss == UNROLL_SQUARED ? engine->squared : engine->bernoulli)(
                    y, block, count, outputs, micro->goal.at + (size_t)row * UNROLL_LANES, weight, dy,
                    &micro->hit_part[i], &targets);
    }
    unroll_team_wait(team);
}

static void backward(const unroll_model *model, unroll_micro *micro, const unroll_team *team)
{
    unroll_layer *head = head_of(model, micro);
    unroll_part reals = unroll_team_part(team, (int)(model->reals / UNROLL_LANES));
    memset(micro->g + (size_t)reals.begin * UNROLL_LANES, 0,
           (size_t)(reals.end - reals.begin) * UNROLL_LANES * sizeof(real));
    unroll_team_wait(team);
    head->kind->backward(head, &micro->head_time, team);
    if (!model->shape.every)
        last_rows(model, micro, team, true);
    for (int i = model->recurrent - 1; i >= 0; i--)
        micro->layers[i].kind->backward(&micro->layers[i], &micro->time, team);
}

/* The micro-batches that a thread works at, from *first on every `threads`-th: several by itself, or one with others. */
static unroll_team team_of_micro(const unroll_model *model, const unroll_team *team, int *first)
{
    int micros = model->micros;
    unroll_team out = {.size = 1, .watch = team->rank == 0 ? team->watch : NULL};
    *first = team->rank % micros;
    if (team->size > micros) {
        out.rank = team->rank / micros;
        out.size = (team->size - *first + micros - 1) / micros;
        out.crowded = team->crowded;
        out.barrier = model->micro[*first].barrier;
    }
    return out;
}

/* adds the gradients of the micro-batches that have sequences */
static void sum_gradients(unroll_model *model, const unroll_team *team)
{
    unroll_part part = unroll_team_part(team, (int)(model->reals / UNROLL_LANES));
    size_t first = (size_t)part.begin * UNROLL_LANES, count = (size_t)(part.end - part.begin) * UNROLL_LANES;
    unroll_team_wait(team);
    unroll_team_phase(team, UNROLL_PHASE_WEIGHTS);
    for (int i = 1; i < model->micros && model->micro[i].time.size > 0; i++)
        model->engine->add(model->g + first, model->micro[i].g + first, count);
    unroll_team_phase(team, UNROLL_PHASE_OTHER);
}

/* what a pass is asked for */
typedef struct pass {
    unroll_model *model;
    bool loss, gradient;
} pass;

static void pass_part(void *context, const unroll_team *team)
{
    const pass *p = context;
    unroll_model *model = p->model;
    int first;
    unroll_team own = team_of_micro(model, team, &first);
    unroll_team_phase(team, UNROLL_PHASE_OPTIMIZER);
    if (model->stale) {
        for (int i = 0; i <= model->recurrent; i++)
            model->layers[i].kind->refresh(&model->layers[i], team);
        unroll_team_wait(team);
    }
    unroll_team_phase(team, UNROLL_PHASE_OTHER);
    for (int i = first; i < model->micros; i += team->size) {
        unroll_micro *micro = &model->micro[i];
        if (micro->time.size == 0)
            continue;
        forward(model, micro, &own);
        if (p->loss)
            loss_part(model, micro, &own, p->gradient);
        if (p->gradient)
            backward(model, micro, &own);
    }
    if (p->gradient && model->micros > 1)
        sum_gradients(model, team);
}

static double run_pass(unroll_model *model, bool gradient, unroll_score *score)
{
    pass p = {.model = model, .loss = true, .gradient = gradient};
    double loss = 0.0;
    int64_t hits = 0;
    for (int i = 0; i < model->micros; i++) {
        unroll_micro *micro = &model->micro[i];
        if (model->slot == UNROLL_NO_CARRY)
            unroll_micro_initial(model, micro, 0, NULL);
        assert(model->slot == UNROLL_NO_CARRY || micro->time.total == micro->batch * micro->time.steps);
    }
    unroll_crew_run(model->crew, pass_part, &p);
    model->stale = false;
    unroll_model_carry_on(model);
    for (int i = 0; i < model->micros; i++)
        for (int part = 0; part * LOSS_ROWS < model->micro[i].head_time.total; part++) {
            loss += model->micro[i].loss_part[part];
            hits += model->micro[i].hit_part[part];
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

static real element(unroll_matrix m, size_t row, int column)
{
    return m.at[(size_t)(column / UNROLL_LANES) * m.block + row * UNROLL_LANES + (size_t)(column % UNROLL_LANES)];
}

/* rows of sequences into the caller's order, (B, steps, columns), zeros past a sequence's end */
static void give_steps(const unroll_micro *micro, unroll_matrix m, int steps, real *out)
{
    for (int s = 0; s < micro->time.size; s++)
        for (int t = 0; t < steps; t++)
            for (int c = 0; c < m.columns; c++)
                out[((size_t)micro->order[s] * (size_t)steps + (size_t)t) * (size_t)m.columns + (size_t)c] =
                    t < micro->length[s] ? element(m, (size_t)(micro->offset[t] + s), c) : 0;
}

static void give_states(const unroll_model *model, const unroll_micro *micro, int size, real *out)
{
    for (int l = 0; l < model->recurrent; l++)
        for (int state = 0; state < model->states; state++) {
            unroll_matrix m = micro->layers[l].kind->states(&micro->layers[l], state);
            for (int s = 0; s < micro->time.size; s++)
                for (int u = 0; u < m.columns; u++)
                    out[(((size_t)(l * model->states + state) * (size_t)size + (size_t)micro->order[s]) *
                         (size_t)m.columns) + (size_t)u] =
                        element(m, (size_t)(micro->batch + micro->offset[micro->length[s] - 1] + s), u);
        }
}

static void give(const unroll_model *model, const unroll_micro *micro, const unroll_forward *io)
{
    unroll_layer *head = head_of(model, micro);
    if (io->y != NULL && model->shape.every)
        give_steps(micro, head->output, io->steps, io->y);
    for (int s = 0; io->y != NULL && !model->shape.every && s < micro->time.size; s++)
        for (int o = 0; o < model->shape.outputs; o++)
            io->y[(size_t)micro->order[s] * (size_t)model->shape.outputs + (size_t)o] =
                element(head->output, (size_t)s, o);
    if (io->hidden != NULL)
        give_steps(micro, micro->layers[model->recurrent - 1].output, io->steps, io->hidden);
    if (io->states != NULL)
        give_states(model, micro, io->size, io->states);
}

void unroll_model_forward(unroll_model *model, const unroll_forward *io)
{
    pass p = {.model = model};
    for (int i = 0; i < model->micros; i++) {
        unroll_micro_layout(model, &model->micro[i], io->size, io->steps, io->length);
        unroll_micro_place(model, &model->micro[i], io->steps, NULL, io->x, io->symbol);
        unroll_micro_initial(model, &model->micro[i], io->size, io->initial);
    }
    unroll_crew_run(model->crew, pass_part, &p);
    model->stale = false;
    for (int i = 0; i < model->micros; i++) {
        give(model, &model->micro[i], io);
        unroll_micro_initial(model, &model->micro[i], io->size, NULL);
    }
}

void unroll_model_reset(unroll_model *model)
{
    for (int m = 0; m < model->micros; m++)
        for (int i = 0; i <= model->recurrent; i++)
            model->micro[m].layers[i].kind->reset(&model->micro[m].layers[i]);
}

/* brings weights that have changed into the forms that a streaming step reads */
static void refresh(unroll_model *model)
{
    for (int i = 0; model->stale && i <= model->recurrent; i++)
        model->layers[i].kind->refresh(&model->layers[i], &(unroll_team){.size = 1});
    for (int i = 0; model->large && i <= model->recurrent; i++)
        if (model->layers[i].kind->shrink != NULL)
            model->layers[i].kind->shrink(&model->layers[i]);
    model->stale = false;
    model->large = false;
}

/* one step of `size` sequences of a micro-batch, whose inputs and outputs are the first ones at x, symbol and y */
static void micro_step(const unroll_model *model, unroll_micro *micro, int size, const real *x, const int *symbol, real *y)
{
    unroll_layer *head = head_of(model, micro);
    int inputs = model->shape.inputs;
    for (int b = 0; b < size; b++) {
        if (symbol != NULL)
            micro->stream_symbol[b] = symbol[b];
        for (int i = 0; symbol == NULL && i < inputs; i += UNROLL_LANES)
            memcpy(micro->stream_x.at + (size_t)(i / UNROLL_LANES) * micro->stream_x.block + (size_t)b * UNROLL_LANES,
                   x + (size_t)b * (size_t)inputs + (size_t)i,
                   (size_t)(inputs - i < UNROLL_LANES ? inputs - i : UNROLL_LANES) * sizeof *x);
    }
    for (int i = 0; i <= model->recurrent; i++) {
        unroll_layer *layer = &micro->layers[i];
        if (i > 0)
            layer->stream_input = micro->layers[i - 1].stream_output;
        layer->kind->step(layer, size);
    }
    for (int b = 0; y != NULL && b < size; b++)
        for (int o = 0; o < model->shape.outputs; o++)
            y[(size_t)b * (size_t)model->shape.outputs + (size_t)o] = element(head->stream_output, (size_t)b, o);
}

void unroll_model_step(unroll_model *model, int size, const real *x, const int *symbol, real *y)
{
    refresh(model);
    for (int i = 0; i < model->micros && model->micro[i].first < size; i++) {
        unroll_micro *micro = &model->micro[i];
        size_t first = (size_t)micro->first;
        int left = size - micro->first;
        micro_step(model, micro, left < micro->batch ? left : micro->batch,
                   x == NULL ? NULL : x + first * (size_t)model->shape.inputs, symbol == NULL ? NULL : symbol + first,
                   y == NULL ? NULL : y + first * (size_t)model->shape.outputs);
    }
}
