#include "layers/small.h"

#include <math.h>
#include <string.h>

#include "layers/layer.h"

unroll_form unroll_form_of(const unroll_settings *settings)
{
    const char *name = unroll_text(settings, "weights");
    return strcmp(name, "bf16") == 0 ? UNROLL_BF16 : strcmp(name, "int8") == 0 ? UNROLL_INT8 : UNROLL_FLOAT;
}

void unroll_small_take(unroll_small *small, unroll_form form, int k, int blocks, unroll_arena *arena)
{
    size_t pairs = (size_t)blocks * (size_t)((k + 1) / 2) * UNROLL_LANES;
    size_t padded = (size_t)unroll_blocks(k) * UNROLL_LANES;
    *small = (unroll_small){.form = form, .k = k, .blocks = blocks};
    if (form == UNROLL_FLOAT)
        return;
    small->a = unroll_arena_take(arena, padded, sizeof(real));
    if (form == UNROLL_BF16) {
        small->halves = unroll_arena_take(arena, pairs, sizeof *small->halves);
        return;
    }
    small->a_integers = unroll_arena_take(arena, padded, sizeof *small->a_integers);
    small->integers = unroll_arena_take(arena, pairs, 2 * sizeof *small->integers);
    small->scale = unroll_arena_take(arena, (size_t)blocks * UNROLL_LANES, sizeof(real));
}

static uint32_t bits_of(real value)
{
    float single = (float)value;
    uint32_t bits;
    memcpy(&bits, &single, sizeof bits);
    return bits;
}

/* The lower half is the first weight, rounded to the nearest. The upper half is such that the word as a whole, which is read
   as the second weight, comes nearest to it. */
static uint32_t pair_of(real first, real second)
{
    uint32_t one = bits_of(first), two = bits_of(second), sign = two & 0x80000000u;
    int64_t lower, upper;
    lower = (one + 0x7fffu + ((one >> 16) & 1u)) >> 16;
    upper = ((int64_t)(two & 0x7fffffffu) - lower + 0x8000) >> 16;
    return sign | (uint32_t)(upper > 0 ? upper : 0) << 16 | (uint32_t)lower;
}

void unroll_small_make(unroll_small *small, const real *w, int width)
{
    int k = small->k, pairs = (k + 1) / 2;
    for (int column = 0; column < small->blocks * UNROLL_LANES; column++) {
        int block = column / UNROLL_LANES, lane = column % UNROLL_LANES, first;
        int group = unroll_small_group(small->blocks, block, &first);
        real most = 0, scale;
        for (int i = 0; i < k; i++)
            most = (real)fmax((double)most, fabs((double)w[unroll_weight_place(small->blocks, width, k, block, i) + (size_t)lane]));
        scale = most > 0 ? most / 127 : 1;
        if (small->form == UNROLL_INT8)
            small->scale[column] = scale;
        for (int i = 0; i < 2 * pairs; i += 2) {
            real one = w[unroll_weight_place(small->blocks, width, k, block, i) + (size_t)lane];
            real two = i + 1 < k ? w[unroll_weight_place(small->blocks, width, k, block, i + 1) + (size_t)lane] : 0;
            size_t at = ((size_t)first * (size_t)pairs + (size_t)(i / 2 * group + block - first)) * UNROLL_LANES + (size_t)lane;
            if (small->form == UNROLL_BF16) {
                small->halves[at] = pair_of(one, two);
                continue;
            }
            small->integers[2 * at] = (int8_t)lrint((double)(one / scale));
            small->integers[2 * at + 1] = (int8_t)lrint((double)(two / scale));
        }
    }
}

void unroll_small_load(unroll_small *small, const unroll_engine *engine, unroll_matrix a, int block, int row)
{
    for (int i = 0; i < small->k; i += UNROLL_LANES) {
        int count = small->k - i < UNROLL_LANES ? small->k - i : UNROLL_LANES;
        memcpy(small->a + i, unroll_matrix_row(a, block + i / UNROLL_LANES, row), (size_t)count * sizeof(real));
    }
    if (small->form == UNROLL_INT8)
        small->a_scale = engine->integers(small->a, small->k, small->a_integers);
}

void unroll_small_multiply(const unroll_small *small, const unroll_engine *engine, int begin, int end, unroll_small_product p)
{
    size_t before = (size_t)begin * UNROLL_LANES, pairs = before * (size_t)((small->k + 1) / 2);
    p.k = small->k;
    p.blocks = end - begin;
    p.c += begin;
    p.start += p.start != NULL ? begin : 0;
    p.a = small->a;
    if (small->form == UNROLL_INT8) {
        p.a_scale = small->a_scale;
        p.a_integers = small->a_integers;
        p.integers = small->integers + 2 * pairs;
        p.scale = small->scale + before;
        engine->product_int8(&p);
    } else {
        p.halves = small->halves + pairs;
        engine->product_bf16(&p);
    }
}
