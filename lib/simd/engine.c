/* The kernels of one instruction set; compiled once for every vec_X.h, which the Makefile includes first. */
#include "simd/engine.h"

#include <string.h>

#include "simd/math.h"

#include "simd/attention.h"
#include "simd/columns.h"
#include "simd/masks.h"
#include "simd/norm.h"
#include "simd/optimizer.h"
#include "simd/packed.h"
#include "simd/product.h"
#include "simd/rows.h"

static void engine_exp(const real *x, real *y, size_t count)
{
    for (size_t i = 0; i < count; i += UNROLL_LANES)
        vec_store(y + i, vec_exp(vec_load(x + i)));
}

static void engine_tanh(const real *x, real *y, size_t count)
{
    size_t i = 0;
    for (; i + VEC_CHAINS * UNROLL_LANES <= count; i += VEC_CHAINS * UNROLL_LANES) {
        vec all[VEC_MOST];
        VEC_EACH(VEC_CHAINS) all[k] = vec_load(x + i + k * UNROLL_LANES);
        vec_tanh_all(all, VEC_CHAINS);
        VEC_EACH(VEC_CHAINS) vec_store(y + i + k * UNROLL_LANES, all[k]);
    }
    for (; i < count; i += UNROLL_LANES)
        vec_store(y + i, vec_tanh(vec_load(x + i)));
}

static void engine_sigmoid(const real *x, real *y, size_t count)
{
    size_t i = 0;
    for (; i + VEC_CHAINS * UNROLL_LANES <= count; i += VEC_CHAINS * UNROLL_LANES) {
        vec all[VEC_MOST];
        VEC_EACH(VEC_CHAINS) all[k] = vec_load(x + i + k * UNROLL_LANES);
        vec_sigmoid_all(all, VEC_CHAINS);
        VEC_EACH(VEC_CHAINS) vec_store(y + i + k * UNROLL_LANES, all[k]);
    }
    for (; i < count; i += UNROLL_LANES)
        vec_store(y + i, vec_sigmoid(vec_load(x + i)));
}

VEC_INLINE void erf_some(const real *x, real *y, int first, const int n)
{
    size_t from = (size_t)first * UNROLL_LANES;
    vec all[VEC_MOST];
    VEC_EACH(n) all[k] = vec_load(x + from + k * UNROLL_LANES);
    vec_erf_all(all, n);
    VEC_EACH(n) vec_store(y + from + k * UNROLL_LANES, all[k]);
}

static void engine_erf(const real *x, real *y, size_t count)
{
    VEC_SOME((int)(count / UNROLL_LANES), erf_some, x, y);
}

static void engine_sine(const real *x, real *y, size_t count)
{
    for (size_t i = 0; i < count; i += UNROLL_LANES) {
        vec sine, cosine;
        vec_sine_cosine(vec_load(x + i), &sine, &cosine);
        vec_store(y + i, sine);
    }
}

static void engine_cosine(const real *x, real *y, size_t count)
{
    for (size_t i = 0; i < count; i += UNROLL_LANES) {
        vec sine, cosine;
        vec_sine_cosine(vec_load(x + i), &sine, &cosine);
        vec_store(y + i, cosine);
    }
}

enum { PEAK_CHAINS = VEC_TILE };

static double engine_peak(int64_t rounds, real *sink)
{
    vec acc[PEAK_CHAINS], factor = vec_set1(sink[0]), term = vec_set1(sink[1]);
    real start[UNROLL_LANES]; /* a value a lane, so that no two registers of a vec are the same and computed once */
    for (int i = 0; i < UNROLL_LANES; i++)
        start[i] = sink[0] * (real)i;
    UNROLL_LOOP
    for (int i = 0; i < PEAK_CHAINS; i++)
        acc[i] = vec_add(vec_load(start), vec_set1((real)i));
    for (int64_t round = 0; round < rounds; round++) {
#pragma GCC unroll 32
        for (int i = 0; i < PEAK_CHAINS; i++)
            acc[i] = vec_fma(acc[i], factor, term);
    }
    for (int i = 0; i < PEAK_CHAINS; i++)
        sink[2] += vec_sum(acc[i]);
    return 2.0 * UNROLL_LANES * PEAK_CHAINS * (double)rounds;
}

enum { READ_CHAINS = 16 };

static double engine_read(const real *x, size_t count)
{
    vec acc[READ_CHAINS];
    UNROLL_LOOP
    for (int k = 0; k < READ_CHAINS; k++)
        acc[k] = vec_set1(0);
    for (size_t i = 0; i < count; i += READ_CHAINS * UNROLL_LANES) {
        UNROLL_LOOP
        for (int k = 0; k < READ_CHAINS; k++)
            acc[k] = vec_add(acc[k], vec_load(x + i + k * UNROLL_LANES));
    }
    for (int k = 1; k < READ_CHAINS; k++)
        acc[0] = vec_add(acc[0], acc[k]);
    return (double)vec_sum(acc[0]);
}

#define ENGINE_NAME2(isa) unroll_engine_##isa
#define ENGINE_NAME(isa) ENGINE_NAME2(isa)
#define ENGINE_STRING2(isa) #isa
#define ENGINE_STRING(isa) ENGINE_STRING2(isa)

extern const unroll_engine ENGINE_NAME(UNROLL_ISA);
const unroll_engine ENGINE_NAME(UNROLL_ISA) = {
    .name = ENGINE_STRING(UNROLL_ISA),
    .product = engine_product,
    .outer = engine_outer,
    .packed_bytes = engine_packed_bytes,
    .packed_open = engine_packed_open,
    .pack = engine_pack,
    .pack_row = engine_pack_row,
    .packed_product = engine_packed_product,
    .transpose = engine_transpose,
    .gather = engine_gather,
    .scatter = engine_scatter,
    .column_sums = engine_column_sums,
    .add = engine_add,
    .sum_of_squares = engine_sum_of_squares,
    .sgd = engine_sgd,
    .rmsprop = engine_rmsprop,
    .adam = engine_adam,
    .norm = engine_norm,
    .norm_back = engine_norm_back,
    .norm_weights = engine_norm_weights,
    .attend = engine_attend,
    .attend_end = engine_attend_end,
    .attend_back = engine_attend_back,
    .row_products = engine_row_products,
    .rotate = engine_rotate,
    .mask = engine_mask,
    .mix = engine_mix,
    .part = engine_part,
    .function = engine_function,
    .slope = engine_slope,
    .multiply = engine_multiply,
    .scale = engine_scale,
    .exp = engine_exp,
    .tanh = engine_tanh,
    .sigmoid = engine_sigmoid,
    .erf = engine_erf,
    .sine = engine_sine,
    .cosine = engine_cosine,
    .peak = engine_peak,
    .read = engine_read,
};
