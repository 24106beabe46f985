/* rows.h: what is done with rows of column blocks element by element: functions, products. */
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

#endif
