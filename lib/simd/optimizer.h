/* optimizer.h: the update rules, a sum, and the sum of squares, over flat vectors. */
#ifndef UNROLL_SIMD_OPTIMIZER_H
#define UNROLL_SIMD_OPTIMIZER_H

#include "simd/engine.h"

static void engine_add(real *x, const real *y, size_t count)
{
    for (size_t i = 0; i < count; i += UNROLL_LANES)
        vec_store(x + i, vec_add(vec_load(x + i), vec_load(y + i)));
}

static double engine_sum_of_squares(const real *x, size_t count)
{
    vec sum[4] = {vec_set1(0), vec_set1(0), vec_set1(0), vec_set1(0)};
    for (size_t i = 0, chain = 0; i < count; i += UNROLL_LANES, chain = (chain + 1) % 4) {
        vec v = vec_load(x + i);
        sum[chain] = vec_fma(v, v, sum[chain]);
    }
    return (double)vec_sum(vec_add(vec_add(sum[0], sum[1]), vec_add(sum[2], sum[3])));
}

/* m = momentum m + g; w -= rate m; without momentum m is g, and there is none to keep */
static void engine_sgd(real *w, const real *g, real *m, size_t count, const unroll_optimizer_step *step)
{
    vec rate = vec_set1(step->rate), momentum = vec_set1(step->momentum), scale = vec_set1(step->scale);
    bool keeps = step->momentum > 0;
    for (size_t i = 0; i < count; i += UNROLL_LANES) {
        vec mean = vec_mul(vec_load(g + i), scale);
        if (keeps) {
            mean = vec_fma(vec_load(m + i), momentum, mean);
            vec_store(m + i, mean);
        }
        vec_store(w + i, vec_fnma(rate, mean, vec_load(w + i)));
    }
}

/* v = alpha v + (1 - alpha) g^2; w -= rate g / (sqrt(v) + epsilon) */
static void engine_rmsprop(real *w, const real *g, real *v, size_t count, const unroll_optimizer_step *step)
{
    vec rate = vec_set1(step->rate), alpha = vec_set1(step->alpha), rest = vec_set1(step->rest_alpha);
    vec epsilon = vec_set1(step->epsilon), scale = vec_set1(step->scale);
    for (size_t i = 0; i < count; i += UNROLL_LANES) {
        vec gradient = vec_mul(vec_load(g + i), scale);
        vec square = vec_fma(vec_load(v + i), alpha, vec_mul(vec_mul(gradient, gradient), rest));
        vec_store(v + i, square);
        vec_store(w + i, vec_fnma(rate, vec_div(gradient, vec_add(vec_sqrt(square), epsilon)), vec_load(w + i)));
    }
}

/* w -= shrink w (Loshchilov and Hutter, Decoupled weight decay regularization, 2019), then Kingma and Ba, 2015:
   m = beta1 m + (1 - beta1) g; v = beta2 v + (1 - beta2) g^2; w -= rate (m / (1 - beta1^t)) / (sqrt(v / (1 - beta2^t)) + epsilon) */
static void engine_adam(real *w, const real *g, real *m, real *v, size_t count, const unroll_optimizer_step *step)
{
    vec rate = vec_set1(step->rate * step->correction1), root = vec_set1(step->root_correction2);
    vec beta1 = vec_set1(step->beta1), rest1 = vec_set1(step->rest1);
    vec beta2 = vec_set1(step->beta2), rest2 = vec_set1(step->rest2);
    vec epsilon = vec_set1(step->epsilon), scale = vec_set1(step->scale), shrink = vec_set1(step->shrink);
    bool decays = step->shrink > 0;
    for (size_t i = 0; i < count; i += UNROLL_LANES) {
        vec weight = vec_load(w + i), gradient = vec_mul(vec_load(g + i), scale);
        vec mean = vec_fma(vec_load(m + i), beta1, vec_mul(gradient, rest1));
        vec square = vec_fma(vec_load(v + i), beta2, vec_mul(vec_mul(gradient, gradient), rest2));
        vec_store(m + i, mean);
        vec_store(v + i, square);
        mean = vec_div(mean, vec_fma(vec_sqrt(square), root, epsilon));
        if (decays)
            weight = vec_fnma(shrink, weight, weight);
        vec_store(w + i, vec_fnma(rate, mean, weight));
    }
}

#endif
