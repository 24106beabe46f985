/* classes.h: the exponentials of rows of logits, for losses over classes (inside lib/losses). */
#ifndef UNROLL_LOSSES_CLASSES_H
#define UNROLL_LOSSES_CLASSES_H

#include <stddef.h>

#include "simd/math.h"
#include "simd/set.h"

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

/* What follows takes `rows` rows, a constant where it is called, together: row[i] of each block lie near each other, and blocks
   far apart. */
#define CLASSES_INLINE static inline __attribute__((always_inline))
enum { CLASSES_ROWS = 8 }; /* at most */

/* The largest logit of each row. `padding` is the last block's mask. */
CLASSES_INLINE void largest_logits(unroll_matrix y, const int *row, const int rows, int blocks, vec padding, real *peak)
{
    vec most[CLASSES_ROWS];
    UNROLL_LOOP
    for (int i = 0; i < rows; i++)
        most[i] = vec_add(vec_load(unroll_matrix_row(y, blocks - 1, row[i])), padding);
    for (int n = 0; n < blocks - 1; n++) {
        UNROLL_LOOP
        for (int i = 0; i < rows; i++)
            most[i] = vec_max(most[i], vec_load(unroll_matrix_row(y, n, row[i])));
    }
    for (int i = 0; i < rows; i++)
        peak[i] = largest_lane(most[i]);
}

/* The sum of all e^(y - peak) of each row, which are left in those of `e` where it is there; e may be y. */
CLASSES_INLINE void exponentials(unroll_matrix y, const int *row, const int rows, int blocks, vec padding, const real *peak,
                                 unroll_matrix e, real *total)
{
    vec sum[CLASSES_ROWS];
    UNROLL_LOOP
    for (int i = 0; i < rows; i++)
        sum[i] = vec_set1(0);
    for (int n = 0; n < blocks; n++) {
        UNROLL_LOOP
        for (int i = 0; i < rows; i++) {
            vec x = vec_load(unroll_matrix_row(y, n, row[i]));
            vec each = vec_exp(vec_sub(n == blocks - 1 ? vec_add(x, padding) : x, vec_set1(peak[i])));
            sum[i] = vec_add(sum[i], each);
            if (e.at != NULL)
                vec_store(unroll_matrix_row(e, n, row[i]), each);
        }
    }
    for (int i = 0; i < rows; i++)
        total[i] = vec_sum(sum[i]);
}

CLASSES_INLINE void scale_rows(unroll_matrix x, const int *row, const int rows, int blocks, const real *factor)
{
    for (int n = 0; n < blocks; n++) {
        UNROLL_LOOP
        for (int i = 0; i < rows; i++) {
            real *at = unroll_matrix_row(x, n, row[i]);
            vec_store(at, vec_mul(vec_load(at), vec_set1(factor[i])));
        }
    }
}

#endif
