/* The passes over a packed batch: forward, loss, backward; and the caller's own forward. */
#include <assert.h>
#include <string.h>

#include "model/inside.h"

/* `source`: the layers on the source's set alone; an output in pieces is left out */
static void forward(const unroll_model *model, unroll_micro *micro, const unroll_pass *pass, bool source)
{
    for (int i = 0; i < model->graph.count; i++)
        if ((!source || model->graph.layer[i]->set != UNROLL_TARGET) && (i != model->graph.output || model->piece == 0))
            model->graph.layer[i]->kind->forward(&micro->node[i], pass);
}

/* The loss of some rows, in fixed parts of LOSS_ROWS rows, so that its sum does not depend on the threads. `at`: the row of
   the output where the first of them lies. */
static void loss_rows(const unroll_model *model, unroll_micro *micro, const unroll_team *team, unroll_part rows, int at, bool gradient)
{
    const unroll_node *output = unroll_micro_output(model, micro);
    int parts = (rows.end - rows.begin + LOSS_ROWS - 1) / LOSS_ROWS;
    for (int i = team->rank; i < parts; i += team->size) {
        int row = rows.begin + i * LOSS_ROWS, there = at + i * LOSS_ROWS;
        unroll_loss_rows part = {
            .y = unroll_matrix_from(output->output, there),
            .rows = rows.end - row < LOSS_ROWS ? rows.end - row : LOSS_ROWS,
            .outputs = model->shape.outputs,
            .target = model->loss->classes ? micro->target + row : NULL,
            .goal = unroll_matrix_from(micro->goal, row),
            .parameter = gradient ? model->loss_parameter : 0,
            .weight = (real)(model->targets > 0 ? 1.0 / (double)model->targets : 0.0),
            .dy = gradient ? unroll_matrix_from(output->d_output, there) : (unroll_matrix){.at = NULL},
        };
        model->loss->rows(&part);
        micro->loss_part[row / LOSS_ROWS] = part.loss;
        micro->hit_part[row / LOSS_ROWS] = part.hits;
    }
    unroll_team_wait(team);
}

static unroll_part all_rows(const unroll_node *output)
{
    return (unroll_part){0, output->set->total};
}

static void loss_part(const unroll_model *model, unroll_micro *micro, const unroll_team *team, bool gradient)
{
    loss_rows(model, micro, team, all_rows(unroll_micro_output(model, micro)), 0, gradient);
}

/* the loss of whole sequences, each over its number of labels, so that long answers do not count for more */
static void sequence_loss(const unroll_model *model, unroll_micro *micro, const unroll_team *team, bool gradient)
{
    const unroll_node *output = unroll_micro_output(model, micro);
    size_t most = (size_t)model->shape.target_steps, room = model->loss->room(model->shape.steps, model->shape.target_steps);
    for (int s = team->rank; s < output->set->size; s += team->size) {
        int labels = micro->labels[s], length = labels > 0 ? labels : 1;
        unroll_loss_sequence part = {
            .set = output->set,
            .sequence = s,
            .y = output->output,
            .label = micro->target + (size_t)s * most,
            .labels = labels, /* where they do not fit there is no loss */
            .weight = (real)(model->targets > 0 ? 1.0 / ((double)model->targets * length) : 0.0),
            .dy = gradient ? output->d_output : (unroll_matrix){.at = NULL},
            .room = micro->room + room * (size_t)team->rank,
        };
        model->loss->sequence(&part);
        micro->loss_part[s] = part.loss / length;
        micro->hit_part[s] = 0;
    }
    unroll_team_wait(team);
}

/* the parts of the loss of a micro-batch, which are added in their order */
static int loss_parts(const unroll_model *model, const unroll_micro *micro)
{
    const unroll_set *set = unroll_micro_output(model, micro)->set;
    return model->loss->sequence != NULL ? set->size : (set->total + LOSS_ROWS - 1) / LOSS_ROWS;
}

/* Reals of a layer's gradient that backward stores. */
static size_t stored(const unroll_node *node)
{
    const unroll_layer *layer = node->layer;
    return layer->trains && layer->kind->stored != NULL && node->set->total > 0 ? layer->kind->stored(layer) : 0;
}

static void clear(real *g, size_t begin, size_t end)
{
    if (begin < end)
        memset(g + begin, 0, (end - begin) * sizeof *g);
}

/* This thread's part of the gradients that are not sparse, which lie one behind the other, but for what backward stores. */
static void clear_gradient(const unroll_model *model, unroll_micro *micro, const unroll_pass *pass)
{
    unroll_part part = unroll_team_part(pass->team, (int)(model->dense / UNROLL_LANES));
    size_t begin = (size_t)part.begin * UNROLL_LANES, end = (size_t)part.end * UNROLL_LANES;
    for (int i = 0; i < model->graph.count; i++) {
        const unroll_node *node = &micro->node[i];
        size_t skipped = node->g != NULL ? stored(node) : 0, from = skipped > 0 ? (size_t)(node->g - micro->g) : 0;
        clear(micro->g, begin, from < end ? from : end);
        begin = from + skipped > begin ? from + skipped : begin;
    }
    clear(micro->g, begin, end);
    unroll_team_wait(pass->team);
}

static void backward(const unroll_model *model, unroll_micro *micro, const unroll_pass *pass)
{
    for (int i = model->graph.count - 1; i >= 0; i--)
        if (model->graph.layer[i]->trains && model->graph.layer[i]->kind->backward != NULL &&
            (i != model->graph.output || model->piece == 0))
            model->graph.layer[i]->kind->backward(&micro->node[i], pass);
}

/* what a pass is asked for */
typedef struct request {
    unroll_model *model;
    bool loss, gradient;
    int64_t step;
    const unroll_forward *io; /* NULL, or whose y an output in pieces is copied to */
} request;

/* steps of a layer's rows in the caller's layout */
static int steps_of(const request *r, const unroll_layer *layer)
{
    return layer->set == UNROLL_ONCE     ? 1
           : layer->set == UNROLL_TARGET ? r->model->shape.target_steps
           : r->io != NULL               ? r->io->steps
                                         : r->model->shape.steps;
}

/* Copies what views ask for, between forward and backward or after it; `source` as of forward. */
static void give_views(const request *r, unroll_micro *micro, const unroll_pass *pass, bool gradient, bool source)
{
    const unroll_model *model = r->model;
    if (model->asked_count == 0)
        return;
    unroll_team_wait(pass->team);
    for (int i = 0; pass->team->rank == 0 && i < model->graph.count; i++)
        if ((!source || model->graph.layer[i]->set != UNROLL_TARGET) && (i != model->graph.output || model->piece == 0))
            unroll_give_views(model, &micro->node[i], gradient, all_rows(&micro->node[i]), steps_of(r, model->graph.layer[i]));
    unroll_team_wait(pass->team);
}

/* The same of a piece of the output, and the caller's y. */
static void give_piece(const request *r, const unroll_node *output, const unroll_pass *pass, bool gradient, unroll_part rows)
{
    int steps = steps_of(r, output->layer);
    bool y = !gradient && r->io != NULL && r->io->y != NULL;
    if (!y && r->model->asked_count == 0)
        return;
    if (pass->team->rank == 0) {
        unroll_give_views(r->model, output, gradient, rows, steps);
        if (y)
            unroll_give_rows(output->set, output->output, rows, steps, r->io->y);
    }
    unroll_team_wait(pass->team);
}

/* An output in pieces: each from its product through the loss to its gradients, so that no more than a piece is ever there. */
static void pieces(const request *r, unroll_micro *micro, const unroll_pass *pass)
{
    const unroll_model *model = r->model;
    unroll_node *output = unroll_micro_output(model, micro);
    unroll_layer_kind const *kind = output->layer->kind;
    for (int first = 0; first < output->set->total; first += model->piece) {
        unroll_part rows = {first, first + model->piece < output->set->total ? first + model->piece : output->set->total};
        kind->forward_piece(output, pass, rows);
        give_piece(r, output, pass, false, rows);
        if (r->loss)
            loss_rows(model, micro, pass->team, rows, 0, r->gradient);
        if (r->gradient) {
            kind->backward_piece(output, pass, rows);
            give_piece(r, output, pass, true, rows);
        }
        unroll_team_wait(pass->team);
    }
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

static void sum_sparse(unroll_model *model)
{
    for (int l = 0; l < model->graph.count; l++) {
        unroll_sparse *(*sparse)(const unroll_node *) = model->graph.layer[l]->kind->sparse;
        for (int i = 1; sparse != NULL && i < model->micros && model->micro[i].set[UNROLL_SOURCE].set.size > 0; i++)
            if (sparse(&model->micro[i].node[l]) != NULL)
                unroll_sparse_add(model->engine, sparse(&model->micro[0].node[l]), sparse(&model->micro[i].node[l]));
    }
}

/* adds the gradients of the micro-batches that have sequences */
static void sum_gradients(unroll_model *model, const unroll_team *team)
{
    unroll_part part = unroll_team_part(team, (int)(model->dense / UNROLL_LANES));
    size_t first = (size_t)part.begin * UNROLL_LANES, count = (size_t)(part.end - part.begin) * UNROLL_LANES;
    unroll_team_wait(team);
    unroll_team_phase(team, UNROLL_PHASE_WEIGHTS);
    for (int i = 1; i < model->micros && model->micro[i].set[UNROLL_SOURCE].set.size > 0; i++)
        model->engine->add(model->g + first, model->micro[i].g + first, count);
    if (team->rank == 0)
        sum_sparse(model);
    unroll_team_phase(team, UNROLL_PHASE_OTHER);
}

static bool is_regularised(const unroll_model *model)
{
    int l = 0;
    while (l < model->graph.count && !model->graph.layer[l]->regularised)
        l++;
    return l < model->graph.count;
}

/* What regularisers add to the gradients of the micro-batches of this thread, from `first` on, once all have gone back. */
static void regularise(const unroll_model *model, const unroll_team *team, const unroll_pass *pass, int first)
{
    unroll_team_wait(team);
    unroll_team_phase(team, UNROLL_PHASE_WEIGHTS);
    for (int l = 0; l < model->graph.count; l++) {
        const unroll_layer *layer = model->graph.layer[l];
        int64_t rows = 0;
        for (int i = 0; layer->regularised && i < model->micros && model->micro[i].set[UNROLL_SOURCE].set.size > 0; i++)
            rows += layer->kind->regularised_rows(&model->micro[i].node[l]);
        for (int i = first; rows > 0 && i < model->micros && model->micro[i].set[UNROLL_SOURCE].set.size > 0; i += team->size)
            layer->kind->regularise(&model->micro[i].node[l], pass, rows);
    }
    unroll_team_phase(team, UNROLL_PHASE_OTHER);
}

static void refresh(const unroll_model *model, const unroll_team *team)
{
    for (int i = 0; i < model->graph.count; i++)
        if (model->graph.layer[i]->kind->refresh != NULL)
            model->graph.layer[i]->kind->refresh(model->graph.layer[i], team);
    unroll_team_wait(team);
}

static void pass_of_micro(const request *r, unroll_micro *micro, const unroll_pass *pass)
{
    const unroll_model *model = r->model;
    bool source = !r->loss && model->graph.input[UNROLL_TARGET] >= 0; /* only what comes before an answer is written */
    forward(model, micro, pass, source);
    give_views(r, micro, pass, false, source);
    if (r->gradient)
        clear_gradient(model, micro, pass);
    if (model->piece > 0 && !source)
        pieces(r, micro, pass);
    else if (r->loss)
        (model->loss->sequence != NULL ? sequence_loss : loss_part)(model, micro, pass->team, r->gradient);
    if (r->gradient) {
        backward(model, micro, pass);
        give_views(r, micro, pass, true, source);
    }
}

static void pass_part(void *context, const unroll_team *team)
{
    const request *r = context;
    unroll_model *model = r->model;
    int first;
    unroll_team own = team_of_micro(model, team, &first);
    unroll_pass pass = {.team = &own, .training = r->gradient, .seed = model->seed, .step = r->step};
    unroll_team_phase(team, UNROLL_PHASE_OPTIMIZER);
    if (model->stale)
        refresh(model, team);
    unroll_team_phase(team, UNROLL_PHASE_OTHER);
    for (int i = first; i < model->micros; i += team->size) {
        unroll_micro *micro = &model->micro[i];
        if (micro->set[UNROLL_SOURCE].set.size == 0)
            continue;
        pass_of_micro(r, micro, &pass);
    }
    if (r->gradient && is_regularised(model))
        regularise(model, team, &pass, first);
    if (r->gradient && model->micros > 1)
        sum_gradients(model, team);
}

static double run_pass(unroll_model *model, bool gradient, unroll_score *score)
{
    request r = {.model = model, .loss = true, .gradient = gradient, .step = model->gradients};
    double loss = 0.0;
    int64_t hits = 0;
    for (int i = 0; i < model->micros; i++) {
        unroll_micro *micro = &model->micro[i];
        const unroll_set *set = &micro->set[UNROLL_SOURCE].set;
        unroll_micro_start(model, micro, model->slot == UNROLL_NO_CARRY ? NULL : micro->carried[model->slot]);
        assert(model->slot == UNROLL_NO_CARRY || set->total == micro->batch * set->steps);
    }
    unroll_crew_run(model->crew, pass_part, &r);
    model->gradients += gradient;
    model->stale = false;
    unroll_model_carry_on(model);
    for (int i = 0; i < model->micros; i++)
        for (int part = 0; part < loss_parts(model, &model->micro[i]); part++) {
            loss += model->micro[i].loss_part[part];
            hits += model->micro[i].hit_part[part];
        }
    loss = model->targets > 0 ? loss / (double)model->targets : 0.0;
    if (score != NULL)
        *score = (unroll_score){loss, model->targets > 0 ? (double)hits / (double)model->targets : 0.0, model->targets};
    return loss;
}

void unroll_model_at_step(unroll_model *model, int64_t step)
{
    model->gradients = step;
}

double unroll_model_loss(unroll_model *model, unroll_score *score)
{
    return run_pass(model, false, score);
}

double unroll_model_gradient(unroll_model *model, unroll_score *score)
{
    return run_pass(model, true, score);
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
    if (io->y != NULL && model->piece == 0)
        unroll_give_rows(output->set, output->output, all_rows(output), output->layer->set == UNROLL_ONCE ? 1 : io->steps, io->y);
    if (io->hidden != NULL)
        unroll_give_rows(hidden->set, hidden->output, all_rows(hidden), io->steps, io->hidden);
    if (io->states != NULL)
        unroll_micro_end(model, micro, io->states + (size_t)micro->first * (size_t)model->state);
}

void unroll_model_forward(unroll_model *model, const unroll_forward *io)
{
    request r = {.model = model, .io = io};
    for (int i = 0; i < model->micros; i++) {
        unroll_micro *micro = &model->micro[i];
        unroll_micro_layout(model, micro, io->size, io->steps, io->length, NULL);
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
