/* Clipping by norm and the optimizer's step. */
#include <math.h>

#include "model/inside.h"

static void norm_part(void *context, const unroll_team *team)
{
    unroll_model *model = context;
    unroll_team_phase(team, UNROLL_PHASE_OPTIMIZER);
    size_t parts = (model->reals + NORM_REALS - 1) / NORM_REALS;
    for (size_t i = (size_t)team->rank; i < parts; i += (size_t)team->size) {
        size_t first = i * NORM_REALS, left = model->reals - first;
        model->norm_part[i] = model->engine->sum_of_squares(model->g + first, left < NORM_REALS ? left : NORM_REALS);
    }
}

static void update_part(void *context, const unroll_team *team)
{
    unroll_model *model = context;
    unroll_part part = unroll_team_part(team, (int)(model->reals / UNROLL_LANES));
    size_t first = (size_t)part.begin * UNROLL_LANES, count = (size_t)(part.end - part.begin) * UNROLL_LANES;
    real *w = model->w + first, *m = model->moment1 + first;
    const real *g = model->g + first;
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

double unroll_model_update(unroll_model *model)
{
    size_t parts = (model->reals + NORM_REALS - 1) / NORM_REALS;
    double squares = 0.0, norm;
    unroll_crew_run(model->crew, norm_part, model);
    for (size_t i = 0; i < parts; i++)
        squares += model->norm_part[i];
    norm = sqrt(squares);
    /* the factor of torch.nn.utils.clip_grad_norm_ */
    model->step.scale = (real)(model->clip > 0.0 && model->clip / (norm + 1e-6) < 1.0 ? model->clip / (norm + 1e-6) : 1.0);
    model->step.rate = (real)model->rate;
    model->beta1_power *= model->beta1;
    model->beta2_power *= model->beta2;
    model->step.correction1 = (real)(1.0 / (1.0 - model->beta1_power));
    model->step.root_correction2 = (real)(1.0 / sqrt(1.0 - model->beta2_power));
    unroll_crew_run(model->crew, update_part, model);
    model->stale = true;
    model->stream_stale = true;
    return norm;
}
