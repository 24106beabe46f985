/* Clipping by norm and the optimizer's step. */
#include <math.h>

#include "model/inside.h"

static void norm_part(void *context, const unroll_team *team)
{
    unroll_model *model = context;
    unroll_team_phase(team, UNROLL_PHASE_OPTIMIZER);
    size_t parts = (model->dense + NORM_REALS - 1) / NORM_REALS;
    for (size_t i = (size_t)team->rank; i < parts; i += (size_t)team->size) {
        size_t first = i * NORM_REALS, left = model->dense - first;
        model->norm_part[i] = model->engine->sum_of_squares(model->g + first, left < NORM_REALS ? left : NORM_REALS);
    }
}

/* the optimizer's step on `count` weights from `first` on, with gradient g */
static void step(const unroll_model *model, size_t first, size_t count, const real *g)
{
    real *w = model->w + first, *m = model->moment1 != NULL ? model->moment1 + first : NULL;
    switch (model->optimizer) {
    case OPTIMIZER_SGD:
        model->engine->sgd(w, g, m, count, &model->step);
        break;
    case OPTIMIZER_RMSPROP:
        model->engine->rmsprop(w, g, m, count, &model->step);
        break;
    case OPTIMIZER_ADAM:
        model->engine->adam(w, g, m, model->moment2 + first, count, &model->step);
        break;
    }
}

/* Whether weights whose gradient is zero stay as they are, and so do their moments. (Only adam decays weights, and it moves
   them all.) */
static bool rests_without_gradient(const unroll_model *model)
{
    return model->optimizer == OPTIMIZER_SGD && !(model->step.momentum > 0);
}

/* Weights with a sparse gradient: the rows that occurred, or all, where moments change without a gradient, too. */
static void step_sparse(const unroll_model *model, const unroll_layer *layer, const unroll_sparse *sparse, const unroll_team *team)
{
    bool all = !rests_without_gradient(model);
    unroll_part part = unroll_team_part(team, all ? sparse->rows : sparse->count);
    for (int i = part.begin; i < part.end; i++) {
        int row = all ? i : sparse->touched[i], place = sparse->place[row] - 1;
        for (int block = 0; block < sparse->blocks; block += sparse->width) {
            size_t at = unroll_weight_place(sparse->blocks, sparse->width, sparse->rows, block, row);
            step(model, (size_t)(layer->w - model->w) + at, unroll_sparse_reals(sparse, block),
                 place >= 0 ? unroll_sparse_piece(sparse, place, block) : model->nothing);
        }
    }
}

/* the sparse gradient of a layer over the whole batch; NULL: it has none */
static const unroll_sparse *sparse_of(const unroll_model *model, int layer)
{
    const unroll_layer_kind *kind = model->graph.layer[layer]->kind;
    return kind->sparse == NULL ? NULL : kind->sparse(&model->micro[0].node[layer]);
}

static void update_part(void *context, const unroll_team *team)
{
    const unroll_model *model = context;
    unroll_part part = unroll_team_part(team, (int)(model->dense / UNROLL_LANES));
    size_t first = (size_t)part.begin * UNROLL_LANES, count = (size_t)(part.end - part.begin) * UNROLL_LANES;
    step(model, first, count, model->g + first);
    for (int i = 0; i < model->graph.count; i++)
        if (sparse_of(model, i) != NULL)
            step_sparse(model, model->graph.layer[i], sparse_of(model, i), team);
}

static double sparse_squares(const unroll_model *model)
{
    double squares = 0.0;
    for (int i = 0; i < model->graph.count; i++) {
        const unroll_sparse *sparse = sparse_of(model, i);
        for (int block = 0; sparse != NULL && sparse->count > 0 && block < sparse->blocks; block += sparse->width)
            squares += model->engine->sum_of_squares(unroll_sparse_piece(sparse, 0, block),
                                                     (size_t)sparse->count * unroll_sparse_reals(sparse, block));
    }
    return squares;
}

void unroll_model_set_rate(unroll_model *model, double rate)
{
    model->rate = rate;
}

double unroll_model_update(unroll_model *model)
{
    size_t parts = (model->dense + NORM_REALS - 1) / NORM_REALS;
    double squares = 0.0, norm;
    unroll_crew_run(model->crew, norm_part, model);
    for (size_t i = 0; i < parts; i++)
        squares += model->norm_part[i];
    squares += sparse_squares(model);
    norm = sqrt(squares);
    /* the factor of torch.nn.utils.clip_grad_norm_ */
    model->step.scale = (real)(model->clip > 0.0 && model->clip / (norm + 1e-6) < 1.0 ? model->clip / (norm + 1e-6) : 1.0);
    model->step.rate = (real)model->rate;
    model->step.shrink = (real)(model->rate * model->decay);
    model->beta1_power *= model->beta1;
    model->beta2_power *= model->beta2;
    model->step.correction1 = (real)(1.0 / (1.0 - model->beta1_power));
    model->step.root_correction2 = (real)(1.0 / sqrt(1.0 - model->beta2_power));
    unroll_crew_run(model->crew, update_part, model);
    model->stale = true;
    model->stream_stale = true;
    return norm;
}
