/* norm.h: layer norm of rows that lie in column blocks, and its gradients. A row's sums are chains over its blocks, in their
   order; several rows go side by side, as one alone would wait for its own sums. */
#ifndef UNROLL_SIMD_NORM_H
#define UNROLL_SIMD_NORM_H

#include "simd/math.h"
#include "simd/rows.h"

/* what all rows of a norm have in common */
typedef struct norm_shape {
    int panels, next, gates, last; /* last: block */
    real share; /* of a column in a mean */
    vec mask;   /* 1 in the lanes of the last panel that hold units, 0 in those of padding */
} norm_shape;

static inline norm_shape norm_shape_of(const unroll_norm *p)
{
    norm_shape s = {.panels = unroll_blocks(p->units), .next = p->next, .gates = p->gates,
                    .share = (real)1 / (real)(p->units * p->gates)};
    real lanes[UNROLL_LANES];
    s.last = (s.panels - 1) * s.next + s.gates - 1;
    for (int i = 0; i < UNROLL_LANES; i++)
        lanes[i] = (s.panels - 1) * UNROLL_LANES + i < p->units ? (real)1 : (real)0;
    s.mask = vec_load(lanes);
    return s;
}

/* each column block n of a row, by panels */
#define NORM_EACH_BLOCK(s)                                          \
    for (int panel = 0; panel < (s)->panels; panel++)               \
        for (int n = panel * (s)->next, end = n + (s)->gates; n < end; n++)

/* nothing in the lanes of padding */
static inline vec units_of(const norm_shape *s, int panel, vec x)
{
    return panel == s->panels - 1 ? vec_mul(x, s->mask) : x;
}

/* the means of `many` rows from their sums, in all lanes */
VEC_INLINE void means_of(const norm_shape *s, vec *sum, const int many)
{
    VEC_EACH(many) sum[k] = vec_set1(vec_sum(sum[k]) * s->share);
}

/* 1 / sqrt(mean + epsilon) in all lanes, from sums of squares: one root and one division for all rows */
VEC_INLINE void inverse_deviations(const norm_shape *s, real epsilon, vec *squares, const int many)
{
    real lanes[UNROLL_LANES];
    for (int i = 0; i < UNROLL_LANES; i++)
        lanes[i] = 1;
    VEC_EACH(many) lanes[k] = vec_sum(squares[k]) * s->share + epsilon;
    vec_store(lanes, vec_div(vec_set1(1), vec_sqrt(vec_load(lanes))));
    VEC_EACH(many) squares[k] = vec_set1(lanes[k]);
}

/* Blocks lie far from each other, and no processor fetches the next one by itself: some rows of block n, if there is such. */
enum { NORM_AHEAD = 3 };
VEC_INLINE void fetch_rows(const norm_shape *s, unroll_matrix m, int n, int row, const int many)
{
    for (int k = 0; n <= s->last && k < many; k++)
        __builtin_prefetch(unroll_matrix_row(m, n, row + k));
}

/* the rows' means and inverse deviations */
VEC_INLINE void norm_statistics(const unroll_norm *p, const norm_shape *s, int row, vec *mean, vec *inverse, const int many)
{
    VEC_EACH(many) mean[k] = inverse[k] = vec_set1(0);
    NORM_EACH_BLOCK(s) {
        const real *x = unroll_matrix_row(p->x, n, row);
        fetch_rows(s, p->x, n + NORM_AHEAD, row, many);
        fetch_rows(s, p->y, n, row, many);
        VEC_EACH(many) mean[k] = vec_add(mean[k], vec_load(x + k * UNROLL_LANES));
    }
    means_of(s, mean, many);
    NORM_EACH_BLOCK(s) {
        const real *x = unroll_matrix_row(p->x, n, row);
        VEC_EACH(many) {
            vec d = units_of(s, panel, vec_sub(vec_load(x + k * UNROLL_LANES), mean[k]));
            inverse[k] = vec_fma(d, d, inverse[k]);
        }
    }
    inverse_deviations(s, p->epsilon, inverse, many);
}

VEC_INLINE void norm_some(const unroll_norm *p, const norm_shape *s, int row, const int many)
{
    vec mean[VEC_MOST], inverse[VEC_MOST];
    norm_statistics(p, s, row, mean, inverse, many);
    if (p->kept != NULL)
        VEC_EACH(many) vec_store(p->kept + (row + k) * UNROLL_LANES, inverse[k]);
    NORM_EACH_BLOCK(s) {
        const real *x = unroll_matrix_row(p->x, n, row), *bias = p->bias != NULL ? p->bias + n * UNROLL_LANES : NULL;
        real *y = unroll_matrix_row(p->y, n, row), *normal = p->normal.at != NULL ? unroll_matrix_row(p->normal, n, row) : NULL;
        vec weight = vec_load(p->weight + n * UNROLL_LANES);
        VEC_EACH(many) {
            vec d = vec_mul(vec_sub(vec_load(x + k * UNROLL_LANES), mean[k]), inverse[k]);
            if (normal != NULL)
                vec_store(normal + k * UNROLL_LANES, units_of(s, panel, d));
            vec_store(y + k * UNROLL_LANES, vec_fma(d, weight, vec_load(bias != NULL ? bias : y + k * UNROLL_LANES)));
        }
    }
}

static void engine_norm(const unroll_norm *p)
{
    norm_shape s = norm_shape_of(p);
    VEC_SOME(p->rows, norm_some, p, &s);
}

/* With n the normalised row and g = dy weight: dx = (g - mean(g) - n mean(g n)) / deviation. The rows are of one group. */
VEC_INLINE void norm_back_some(const unroll_norm *p, unroll_matrix dy, unroll_matrix dx, bool adds, const norm_shape *s, int row,
                               const int many)
{
    vec mean[VEC_MOST], along[VEC_MOST], inverse[VEC_MOST];
    VEC_EACH(many) mean[k] = along[k] = vec_set1(0);
    VEC_EACH(many) inverse[k] = vec_load(p->kept + (row + k) * UNROLL_LANES);
    NORM_EACH_BLOCK(s) {
        const real *d = unroll_matrix_row(dy, n, row), *normal = unroll_matrix_row(p->normal, n, row);
        real *products = p->products.at != NULL ? unroll_matrix_row(p->products, n, (p->first + row) / UNROLL_NORM_GROUP) : NULL;
        vec weight = vec_load(p->weight + n * UNROLL_LANES), sum = products != NULL ? vec_load(products) : weight;
        fetch_rows(s, dy, n + NORM_AHEAD, row, many);
        fetch_rows(s, p->normal, n + NORM_AHEAD, row, many);
        VEC_EACH(many) {
            vec y = vec_load(d + k * UNROLL_LANES), x = vec_load(normal + k * UNROLL_LANES), g = vec_mul(y, weight);
            mean[k] = vec_add(mean[k], g);
            along[k] = vec_fma(g, x, along[k]);
            sum = vec_fma(y, x, sum);
        }
        if (products != NULL)
            vec_store(products, sum);
    }
    means_of(s, mean, many);
    means_of(s, along, many);
    NORM_EACH_BLOCK(s) {
        const real *d = unroll_matrix_row(dy, n, row), *normal = unroll_matrix_row(p->normal, n, row);
        real *to = unroll_matrix_row(dx, n, row);
        vec weight = vec_load(p->weight + n * UNROLL_LANES);
        VEC_EACH(many) {
            vec g = vec_mul(vec_load(d + k * UNROLL_LANES), weight);
            g = vec_sub(vec_fnma(vec_load(normal + k * UNROLL_LANES), along[k], g), mean[k]);
            store_or_add(to + k * UNROLL_LANES, units_of(s, panel, vec_mul(g, inverse[k])), adds);
        }
    }
}

static void engine_norm_back(const unroll_norm *p, unroll_matrix dy, unroll_matrix dx, bool adds)
{
    norm_shape s = norm_shape_of(p);
    for (int row = 0, many; row < p->rows; row += many) {
        int left = UNROLL_NORM_GROUP - (p->first + row) % UNROLL_NORM_GROUP;
        left = left < p->rows - row ? left : p->rows - row;
        many = left < VEC_CHAINS ? left : VEC_CHAINS;
        if (many >= 4)
            norm_back_some(p, dy, dx, adds, &s, row, many = 4);
        else if (many >= 2)
            norm_back_some(p, dy, dx, adds, &s, row, many = 2);
        else
            norm_back_some(p, dy, dx, adds, &s, row, many = 1);
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
