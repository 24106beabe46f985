/* rows.h: what is done with rows of column blocks element by element: functions, products. */
#ifndef UNROLL_SIMD_ROWS_H
#define UNROLL_SIMD_ROWS_H

#include "simd/engine.h"
#include "simd/math.h"

VEC_INLINE void function_all(unroll_function function, vec *x, const int n)
{
    switch (function) {
    case UNROLL_TANH:
        vec_tanh_all(x, n);
        break;
    case UNROLL_SIGMOID:
        vec_sigmoid_all(x, n);
        break;
    case UNROLL_GELU:
        vec_gelu_all(x, n);
        break;
    default: /* UNROLL_RELU */
        VEC_EACH(n) x[k] = vec_max(vec_set1(0), x[k]);
    }
}

VEC_INLINE void function_some(unroll_function function, const real *x, real *y, int first, const int n)
{
    size_t from = (size_t)first * UNROLL_LANES;
    vec all[VEC_MOST];
    VEC_EACH(n) all[k] = vec_load(x + from + k * UNROLL_LANES);
    function_all(function, all, n);
    VEC_EACH(n) vec_store(y + from + k * UNROLL_LANES, all[k]);
}

static void engine_function(unroll_function function, const real *x, real *y, size_t count)
{
    VEC_SOME((int)(count / UNROLL_LANES), function_some, function, x, y);
}

/* the slope of a function at its value; not of GELU, whose slope does not follow from it */
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

static inline void store_or_add(real *to, vec x, bool adds)
{
    vec_store(to, adds ? vec_add(vec_load(to), x) : x);
}

VEC_INLINE void slope_some(unroll_function function, const real *x, const real *y, const real *dy, real *dx, bool adds, int first,
                           const int n)
{
    size_t from = (size_t)first * UNROLL_LANES;
    vec slope[VEC_MOST];
    if (function == UNROLL_GELU) {
        VEC_EACH(n) slope[k] = vec_load(x + from + k * UNROLL_LANES);
        vec_gelu_slope_all(slope, n);
    } else {
        VEC_EACH(n) slope[k] = slope_of(function, vec_load(y + from + k * UNROLL_LANES));
    }
    VEC_EACH(n) store_or_add(dx + from + k * UNROLL_LANES, vec_mul(vec_load(dy + from + k * UNROLL_LANES), slope[k]), adds);
}

static void engine_slope(unroll_function function, const real *x, const real *y, const real *dy, real *dx, bool adds,
                         size_t count)
{
    VEC_SOME((int)(count / UNROLL_LANES), slope_some, function, x, y, dy, dx, adds);
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
