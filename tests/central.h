/* central.h: gradients of a model's weights against central differences of its loss, in the double build; shared by tests. */
#ifndef UNROLL_TESTS_CENTRAL_H
#define UNROLL_TESTS_CENTRAL_H

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "model/model.h"
#include "suite.h"

/* true, with a word about it, in the float build, where differences are too coarse */
static inline bool central_skips(void)
{
    if (sizeof(real) == sizeof(float))
        test_skip("central differences need the double build (make check-double)");
    return sizeof(real) == sizeof(float);
}

/* The loss of a packed batch as training sees it, with the draws of step 0. */
static inline double central_trained_loss(unroll_model *model)
{
    unroll_model_at_step(model, 0);
    return unroll_model_gradient(model, NULL);
}

/* The slope of `loss` by value k of a weight, whose values are given, over h to either side. */
static inline double central_slope(unroll_model *model, int index, real *value, size_t k, double (*loss)(unroll_model *), double h)
{
    const real kept = value[k];
    double up, down;
    value[k] = (real)((double)kept + h);
    unroll_model_set_weight(model, index, value);
    up = loss(model);
    value[k] = (real)((double)kept - h);
    unroll_model_set_weight(model, index, value);
    down = loss(model);
    value[k] = kept;
    unroll_model_set_weight(model, index, value);
    return (up - down) / (2.0 * h);
}

/* The same, where it is not within `bound` of `expected`, from two steps (Richardson, 1911): each is off by its square times the
   third derivative, and layer norm of a few units bends so much that one alone misses the bound. */
static inline double central_difference(unroll_model *model, int index, real *value, size_t k, double (*loss)(unroll_model *),
                                        double expected, double bound)
{
    const double h = 1e-5;
    double coarse = central_slope(model, index, value, k, loss, h);
    if (fabs(coarse - expected) < bound)
        return coarse;
    return (4 * central_slope(model, index, value, k, loss, h / 2) - coarse) / 3;
}

/* One weight, each of its values: the loss is that of the packed batch. Says which value is wrong. */
static inline void central_check_weight(const char *what, unroll_model *model, int index)
{
    const double bound = 1e-7;
    unroll_weight weight;
    unroll_model_weight_at(model, index, &weight);
    const size_t count = (size_t)weight.rows * (size_t)(weight.columns == 0 ? 1 : weight.columns);
    real *value = malloc(count * sizeof *value), *gradient = malloc(count * sizeof *gradient);
    unroll_model_get_weight(model, index, value);
    central_trained_loss(model);
    unroll_model_get_gradient(model, index, gradient);
    for (size_t k = 0; k < count; k++) {
        double wanted = central_difference(model, index, value, k, central_trained_loss, (double)gradient[k], bound);
        if (!(fabs(wanted - (double)gradient[k]) < bound)) {
            fprintf(stderr, "\n%s: the gradient of %s[%zu] is %.9g, not %.9g\n", what, weight.name, k, (double)gradient[k], wanted);
            CU_FAIL("a gradient");
            break;
        }
    }
    free(value);
    free(gradient);
}

static inline void central_check_weights(const char *what, unroll_model *model)
{
    for (int i = 0; i < unroll_model_weight_count(model); i++)
        central_check_weight(what, model, i);
}

#endif
