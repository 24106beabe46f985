/* loss.h: the three losses, with their gradients, on outputs in column blocks. */
#ifndef UNROLL_SIMD_LOSS_H
#define UNROLL_SIMD_LOSS_H

#include "base/random.h"
#include "simd/engine.h"

/* what is added to an output so that the lanes past the last one never count in a maximum or a sum of exponentials */
static inline vec padding_mask(int outputs, int block)
{
    real lanes[UNROLL_LANES];
    for (int i = 0; i < UNROLL_LANES; i++)
        lanes[i] = block * UNROLL_LANES + i < outputs ? (real)0 : (real)-1e30;
    return vec_load(lanes);
}

static inline real largest_lane(vec x)
{
    real lanes[UNROLL_LANES], largest;
    vec_store(lanes, x);
    largest = lanes[0];
    for (int i = 1; i < UNROLL_LANES; i++)
        largest = lanes[i] > largest ? lanes[i] : largest;
    return largest;
}

/* -log softmax(y)[target] = log sum exp(y - max) + max - y[target] */
static double engine_softmax(const real *y, size_t y_block, int rows, int outputs, const int *target, real weight,
                             real *dy, int64_t *hits, int64_t *targets)
{
    int blocks = unroll_blocks(outputs);
    vec padding = padding_mask(outputs, blocks - 1), zero = vec_set1(0);
    double loss = 0.0;
    for (int r = 0; r < rows; r++) {
        const real *row = y + (size_t)r * UNROLL_LANES;
        real *grad = dy == NULL ? NULL : dy + (size_t)r * UNROLL_LANES;
        vec most = vec_add(vec_load(row + (size_t)(blocks - 1) * y_block), padding), sum = zero;
        real peak, total, at_target;
        if (target[r] < 0) {
            for (int n = 0; grad != NULL && n < blocks; n++)
                vec_store(grad + (size_t)n * y_block, zero);
            continue;
        }
        for (int n = 0; n < blocks - 1; n++)
            most = vec_max(most, vec_load(row + (size_t)n * y_block));
        peak = largest_lane(most);
        for (int n = 0; n < blocks; n++) {
            vec x = vec_load(row + (size_t)n * y_block);
            vec e = vec_exp(vec_sub(n == blocks - 1 ? vec_add(x, padding) : x, vec_set1(peak)));
            sum = vec_add(sum, e);
            if (grad != NULL)
                vec_store(grad + (size_t)n * y_block, e);
        }
        total = vec_sum(sum);
        at_target = row[(size_t)(target[r] / UNROLL_LANES) * y_block + target[r] % UNROLL_LANES];
        loss += total > 0 ? unroll_log((double)total) + ((double)peak - (double)at_target) : (double)total / 0.0;
        *hits += at_target >= peak;
        *targets += 1;
        if (grad != NULL) {
            vec factor = vec_set1(weight / total);
            for (int n = 0; n < blocks; n++)
                vec_store(grad + (size_t)n * y_block, vec_mul(vec_load(grad + (size_t)n * y_block), factor));
            grad[(size_t)(target[r] / UNROLL_LANES) * y_block + target[r] % UNROLL_LANES] -= weight;
        }
    }
    return loss;
}

/* log(1 + e) for e in [0, 1] as 2 atanh(e / (2 + e)), its odd series */
static inline vec log_one_plus(vec e)
{
    vec s = vec_div(e, vec_add(e, vec_set1(2))), s2 = vec_mul(s, s), sum = vec_set1((real)(1.0 / 19));
    for (int k = 17; k >= 1; k -= 2)
        sum = vec_fma(sum, s2, vec_set1((real)(1.0 / k)));
    return vec_mul(vec_add(s, s), sum);
}

static inline vec one_where_target(vec t)
{
    return vec_select(vec_less(vec_set1((real)-1e30), t), vec_set1(1), vec_set1(0));
}

/* log(1 + e^z) - z t = max(z, 0) - z t + log(1 + e^-|z|) */
static double engine_bernoulli(const real *y, size_t y_block, int rows, int outputs, const real *target, real weight,
                               real *dy, int64_t *hits, int64_t *targets)
{
    vec zero = vec_set1(0), half = vec_set1((real)0.5);
    double loss = 0.0;
    for (int r = 0; r < rows; r++) {
        vec sum = zero, count = zero, right = zero;
        for (int n = 0; n < unroll_blocks(outputs); n++) {
            size_t at = (size_t)n * y_block + (size_t)r * UNROLL_LANES;
            vec z = vec_load(y + at), raw = vec_load(target + at), is = one_where_target(raw);
            vec t = vec_select(vec_less(half, is), raw, zero), above = vec_max(zero, z);
            vec size = vec_sub(vec_add(above, above), z);
            vec each = vec_add(vec_fnma(z, t, above), log_one_plus(vec_exp(vec_sub(zero, size))));
            vec sure = vec_select(vec_less(zero, z), vec_set1(1), zero), truth = vec_select(vec_less(half, t), vec_set1(1), zero);
            vec differ = vec_sub(sure, truth);
            sum = vec_fma(each, is, sum);
            count = vec_add(count, is);
            right = vec_fma(vec_fnma(differ, differ, vec_set1(1)), is, right);
            if (dy != NULL)
                vec_store(dy + at, vec_mul(vec_mul(vec_sub(vec_sigmoid(z), t), is), vec_set1(weight)));
        }
        loss += (double)vec_sum(sum);
        *targets += (int64_t)vec_sum(count);
        *hits += (int64_t)vec_sum(right);
    }
    return loss;
}

static double engine_squared(const real *y, size_t y_block, int rows, int outputs, const real *target, real weight,
                             real *dy, int64_t *hits, int64_t *targets)
{
    vec zero = vec_set1(0), half = vec_set1((real)0.5);
    double loss = 0.0;
    (void)hits;
    for (int r = 0; r < rows; r++) {
        vec sum = zero, count = zero;
        for (int n = 0; n < unroll_blocks(outputs); n++) {
            size_t at = (size_t)n * y_block + (size_t)r * UNROLL_LANES;
            vec raw = vec_load(target + at), is = one_where_target(raw);
            vec difference = vec_select(vec_less(half, is), vec_sub(vec_load(y + at), raw), zero);
            sum = vec_fma(difference, difference, sum);
            count = vec_add(count, is);
            if (dy != NULL)
                vec_store(dy + at, vec_mul(difference, vec_set1(2 * weight)));
        }
        loss += (double)vec_sum(sum);
        *targets += (int64_t)vec_sum(count);
    }
    return loss;
}

#endif
