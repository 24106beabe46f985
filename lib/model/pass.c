/* The passes over a packed batch: forward, loss, backward; and the caller's own forward. */
#include <assert.h>
#include <string.h>

#include "model/inside.h"

static void forward(const unroll_model *model, unroll_micro *micro, const unroll_pass *pass)
{
    for (int i = 0; i < model->graph.count; i++)
        model->graph.layer[i]->kind->forward(&micro->node[i], pass);
}

/* the loss in fixed parts of LOSS_ROWS rows, so that its sum does not depend on the threads */
static void loss_part(const unroll_model *model, unroll_micro *micro, const unroll_team *team, bool gradient)
{
    const unroll_node *output = unroll_micro_output(model, micro);
    int rows = output->set->total, parts = (rows + LOSS_ROWS - 1) / LOSS_ROWS;
    for (int i = team->rank; i < parts; i += team->size) {
        int row = i * LOSS_ROWS;
        unroll_loss_rows part = {
            .y = unroll_matrix_row(output->output, 0, row),
            .block = output->output.block,
            .rows = rows - row < LOSS_ROWS ? rows - row : LOSS_ROWS,
            .outputs = model->shape.outputs,
            .target = model->loss->classes ? micro->target + row : NULL,
            .goal = model->loss->classes ? NULL : unroll_matrix_row(micro->goal, 0, row),
            .weight = (real)(model->targets > 0 ? 1.0 / (double)model->targets : 0.0),
            .dy = gradient ? unroll_matrix_row(output->d_output, 0, row) : NULL,
        };
        model->loss->rows(&part);
        micro->loss_part[i] = part.loss;
        micro->hit_part[i] = part.hits;
    }
    unroll_team_wait(team);
}

static void backward(const unroll_model *model, unroll_micro *micro, const unroll_pass *pass)
{
    unroll_part reals = unroll_team_part(pass->team, (int)(model->reals / UNROLL_LANES));
    memset(micro->g + (size_t)reals.begin * UNROLL_LANES, 0,
           (size_t)(reals.end - reals.begin) * UNROLL_LANES * sizeof(real));
    unroll_team_wait(pass->team);
    for (int i = model->graph.count - 1; i >= 0; i--)
        if (model->graph.layer[i]->trains && model->graph.layer[i]->kind->backward != NULL)
            model->graph.layer[i]->kind->backward(&micro->node[i], pass);
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
    for (int i = 1; i < model->micros && model->micro[i].set[UNROLL_SOURCE].set.size > 0; i++)
        model->engine->add(model->g + first, model->micro[i].g + first, count);
    unroll_team_phase(team, UNROLL_PHASE_OTHER);
}

/* what a pass is asked for */
typedef struct request {
    unroll_model *model;
    bool loss, gradient;
} request;

static void refresh(const unroll_model *model, const unroll_team *team)
{
    for (int i = 0; i < model->graph.count; i++)
        if (model->graph.layer[i]->kind->refresh != NULL)
            model->graph.layer[i]->kind->refresh(model->graph.layer[i], team);
    unroll_team_wait(team);
}

static void pass_part(void *context, const unroll_team *team)
{
    const request *r = context;
    unroll_model *model = r->model;
    int first;
    unroll_team own = team_of_micro(model, team, &first);
    unroll_pass pass = {.team = &own, .training = r->gradient, .seed = model->seed, .step = model->draws};
    unroll_team_phase(team, UNROLL_PHASE_OPTIMIZER);
    if (model->stale)
        refresh(model, team);
    unroll_team_phase(team, UNROLL_PHASE_OTHER);
    for (int i = first; i < model->micros; i += team->size) {
        unroll_micro *micro = &model->micro[i];
        if (micro->set[UNROLL_SOURCE].set.size == 0)
            continue;
        forward(model, micro, &pass);
        if (r->loss)
            loss_part(model, micro, &own, r->gradient);
        if (r->gradient)
            backward(model, micro, &pass);
    }
    if (r->gradient && model->micros > 1)
        sum_gradients(model, team);
}

static double run_pass(unroll_model *model, bool gradient, unroll_score *score)
{
    request r = {.model = model, .loss = true, .gradient = gradient};
    double loss = 0.0;
    int64_t hits = 0;
    for (int i = 0; i < model->micros; i++) {
        unroll_micro *micro = &model->micro[i];
        const unroll_set *set = &micro->set[UNROLL_SOURCE].set;
        unroll_micro_start(model, micro, model->slot == UNROLL_NO_CARRY ? NULL : micro->carried[model->slot]);
        assert(model->slot == UNROLL_NO_CARRY || set->total == micro->batch * set->steps);
    }
    unroll_crew_run(model->crew, pass_part, &r);
    model->stale = false;
    model->draws += gradient;
    unroll_model_carry_on(model);
    for (int i = 0; i < model->micros; i++)
        for (int part = 0; part * LOSS_ROWS < unroll_micro_output(model, &model->micro[i])->set->total; part++) {
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

void unroll_model_set_step(unroll_model *model, int64_t step)
{
    model->draws = step;
}

/* rows of sequences into the caller's order, (B, steps, columns), zeros past a sequence's end */
static void give_steps(const unroll_set *set, unroll_matrix m, int steps, real *out)
{
    for (int s = 0; s < set->size; s++)
        for (int t = 0; t < steps; t++)
            for (int c = 0; c < m.columns; c++)
                out[((size_t)set->order[s] * (size_t)steps + (size_t)t) * (size_t)m.columns + (size_t)c] =
                    t < set->length[s] ? *unroll_matrix_element(m, set->offset[t] + s, c) : 0;
}

/* the last node below the output that has a row for every step of the input */
static const unroll_node *hidden_of(const unroll_model *model, const unroll_micro *micro)
{
    int i = model->graph.output - 1;
    while (i > 0 && micro->node[i].layer->set != UNROLL_SOURCE)
        i--;
    return &micro->node[i];
}

static void give(const unroll_model *model, const unroll_micro *micro, const unroll_forward *io)
{
    const unroll_node *output = unroll_micro_output(model, micro), *hidden = hidden_of(model, micro);
    if (io->y != NULL)
        give_steps(output->set, output->output, output->layer->set == UNROLL_ONCE ? 1 : io->steps, io->y);
    if (io->hidden != NULL)
        give_steps(hidden->set, hidden->output, io->steps, io->hidden);
    if (io->states != NULL)
        unroll_micro_end(model, micro, io->states + (size_t)micro->first * (size_t)model->state);
}

void unroll_model_forward(unroll_model *model, const unroll_forward *io)
{
    request r = {.model = model};
    for (int i = 0; i < model->micros; i++) {
        unroll_micro *micro = &model->micro[i];
        unroll_micro_layout(model, micro, io->size, io->steps, io->length);
        unroll_micro_place(model, micro, io->steps, NULL, io->x, io->symbol);
        unroll_micro_start(model, micro,
                           io->initial == NULL ? NULL : io->initial + (size_t)micro->first * (size_t)model->state);
    }
    unroll_crew_run(model->crew, pass_part, &r);
    model->stale = false;
    for (int i = 0; i < model->micros; i++) {
        give(model, &model->micro[i], io);
        unroll_micro_start(model, &model->micro[i], NULL);
    }
}
