/* rows.h: what is done with rows of column blocks element by element or row by row: functions, products, layer norm. */
#ifndef UNROLL_SIMD_ROWS_H
#define UNROLL_SIMD_ROWS_H

#include "simd/engine.h"

static inline vec function_of(unroll_function function, vec x)
{
    switch (function) {
    case UNROLL_TANH:
        return vec_tanh(x);
    case UNROLL_SIGMOID:
        return vec_sigmoid(x);
    default: /* UNROLL_RELU */
        return vec_max(vec_set1(0), x);
    }
}

/* the slope of a function at its value */
static inline vec slope_of(unroll_function function, vec y)
{
    switch (function) {
    case UNROLL_TANH:
        return vec_fnma(y, y, vec_set1(1));
    case UNROLL_SIGMOID:
        return vec_fnma(y, y, y);
    default:
        return vec_select(vec_less(vec_set1(0), y), vec_set1(1), vec_set1(0));
    }
}

static void engine_function(unroll_function function, const real *x, real *y, size_t count)
{
    for (size_t i = 0; i < count; i += UNROLL_LANES)
        vec_store(y + i, function_of(function, vec_load(x + i)));
}

static inline void store_or_add(real *to, vec x, bool adds)
{
    vec_store(to, adds ? vec_add(vec_load(to), x) : x);
}

static void engine_slope(unroll_function function, const real *y, const real *dy, real *dx, bool adds, size_t count)
{
    for (size_t i = 0; i < count; i += UNROLL_LANES)
        store_or_add(dx + i, vec_mul(vec_load(dy + i), slope_of(function, vec_load(y + i))), adds);
}

static void engine_multiply(const real *x, const real *y, real *z, bool adds, size_t count)
{
    for (size_t i = 0; i < count; i += UNROLL_LANES)
        store_or_add(z + i, vec_mul(vec_load(x + i), vec_load(y + i)), adds);
}

static void engine_scale(const real *x, real factor, real *y, bool adds, size_t count)
{
    for (size_t i = 0; i < count; i += UNROLL_LANES)
        store_or_add(y + i, vec_mul(vec_load(x + i), vec_set1(factor)), adds);
}

/* 1 in the lanes of a block that hold columns, 0 in those of padding */
static inline vec columns_mask(int columns, int block)
{
    real lanes[UNROLL_LANES];
    for (int i = 0; i < UNROLL_LANES; i++)
        lanes[i] = block * UNROLL_LANES + i < columns ? (real)1 : (real)0;
    return vec_load(lanes);
}

static void engine_norm(const unroll_norm *p)
{
    int blocks = unroll_blocks(p->x.columns);
    vec mask = columns_mask(p->x.columns, blocks - 1);
    real share = (real)1 / (real)p->x.columns;
    for (int r = 0; r < p->rows; r++) {
        vec sum = vec_set1(0), squares = vec_set1(0), mean, inverse;
        for (int n = 0; n < blocks; n++)
            sum = vec_add(sum, vec_load(unroll_matrix_row(p->x, n, r)));
        mean = vec_set1(vec_sum(sum) * share);
        for (int n = 0; n < blocks; n++) {
            vec d = vec_sub(vec_load(unroll_matrix_row(p->x, n, r)), mean);
            d = n == blocks - 1 ? vec_mul(d, mask) : d;
            squares = vec_fma(d, d, squares);
        }
        inverse = vec_div(vec_set1(1), vec_sqrt(vec_set1(vec_sum(squares) * share + p->epsilon)));
        if (p->kept != NULL)
            vec_store(p->kept + (size_t)r * UNROLL_LANES, inverse);
        for (int n = 0; n < blocks; n++) {
            vec d = vec_mul(vec_sub(vec_load(unroll_matrix_row(p->x, n, r)), mean), inverse);
            if (p->normal.at != NULL)
                vec_store(unroll_matrix_row(p->normal, n, r), n == blocks - 1 ? vec_mul(d, mask) : d);
            vec_store(unroll_matrix_row(p->y, n, r),
                      vec_fma(d, vec_load(p->weight + n * UNROLL_LANES), vec_load(p->bias + n * UNROLL_LANES)));
        }
    }
}

/* With n the normalised row and g = dy weight: dx = (g - mean(g) - n mean(g n)) / deviation. */
static void engine_norm_back(const unroll_norm *p, unroll_matrix dy, unroll_matrix dx, bool adds)
{
    int blocks = unroll_blocks(p->x.columns);
    vec mask = columns_mask(p->x.columns, blocks - 1);
    real share = (real)1 / (real)p->x.columns;
    for (int r = 0; r < p->rows; r++) {
        vec sum = vec_set1(0), product = vec_set1(0), inverse = vec_load(p->kept + (size_t)r * UNROLL_LANES), mean, along;
        for (int n = 0; n < blocks; n++) {
            vec g = vec_mul(vec_load(unroll_matrix_row(dy, n, r)), vec_load(p->weight + n * UNROLL_LANES));
            sum = vec_add(sum, g);
            product = vec_fma(g, vec_load(unroll_matrix_row(p->normal, n, r)), product);
        }
        mean = vec_set1(vec_sum(sum) * share);
        along = vec_set1(vec_sum(product) * share);
        for (int n = 0; n < blocks; n++) {
            vec g = vec_mul(vec_load(unroll_matrix_row(dy, n, r)), vec_load(p->weight + n * UNROLL_LANES));
            vec d = vec_mul(vec_sub(vec_fnma(vec_load(unroll_matrix_row(p->normal, n, r)), along, g), mean), inverse);
            store_or_add(unroll_matrix_row(dx, n, r), n == blocks - 1 ? vec_mul(d, mask) : d, adds);
        }
    }
}

/* Sums over rows, in rising row: of dy times the normalised row for the weight, of dy for the bias. */
static void engine_norm_weights(const unroll_norm *p, unroll_matrix dy, int begin, int end, real *weight, real *bias)
{
    for (int n = begin; n < end; n++) {
        vec w = vec_load(weight + n * UNROLL_LANES), b = vec_load(bias + n * UNROLL_LANES);
        for (int r = 0; r < p->rows; r++) {
            vec d = vec_load(unroll_matrix_row(dy, n, r));
            w = vec_fma(d, vec_load(unroll_matrix_row(p->normal, n, r)), w);
            b = vec_add(b, d);
        }
        vec_store(weight + n * UNROLL_LANES, w);
        vec_store(bias + n * UNROLL_LANES, b);
    }
}

#endif
