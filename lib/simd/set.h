/* set.h: how a set of sequences lies in memory: which row is which step of which sequence, and matrices over those rows. */
#ifndef UNROLL_SIMD_SET_H
#define UNROLL_SIMD_SET_H

#include <stddef.h>
#include <string.h>

#include "base/real.h"

/* A matrix in column blocks of 16, each of which lies where it may, so that columns of several matrices side by side are one
   without a copy: element (row, column) at at[column / 16][from + row * 16 + column % 16]. Lanes past the last column are
   zero where nothing else is said. */
typedef struct unroll_matrix {
    real *const *at; /* (blocks) */
    size_t from;     /* reals before its first row: it may be some rows of another one */
    int columns;
} unroll_matrix;

static inline real *unroll_matrix_row(unroll_matrix m, int column_block, int row)
{
    return m.at[column_block] + m.from + (size_t)row * UNROLL_LANES;
}

/* Its rows from `row` on. */
static inline unroll_matrix unroll_matrix_from(unroll_matrix m, int row)
{
    m.from += (size_t)row * UNROLL_LANES;
    return m;
}

static inline void unroll_matrix_clear(unroll_matrix m, int rows)
{
    for (int n = 0; n < unroll_blocks(m.columns); n++)
        memset(unroll_matrix_row(m, n, 0), 0, (size_t)rows * UNROLL_LANES * sizeof(real));
}

/* Reals from one column block to the next, of a matrix whose blocks lie evenly apart. */
static inline size_t unroll_matrix_block(unroll_matrix m)
{
    return m.columns > UNROLL_LANES ? (size_t)(m.at[1] - m.at[0]) : 0;
}

static inline real *unroll_matrix_element(unroll_matrix m, int row, int column)
{
    return unroll_matrix_row(m, column / UNROLL_LANES, row) + column % UNROLL_LANES;
}

/* Rows from one column block to the next for `rows` rows that are read `together` at a time: such that consecutive blocks
   of those do not fall on the same sets of the first-level cache. */
static inline size_t unroll_row_stride(size_t rows, size_t together)
{
    return (rows + 63) / 64 * 64 + together;
}

/* A packed set of sequences: time-major, the longest first, so that padding costs nothing. Row (t, s), s a place among the
   sorted sequences, is offset[t] + s. */
typedef struct unroll_set {
    int size, steps;   /* sequences; steps of the longest */
    int total;         /* rows in all */
    const int *rows;   /* (steps): sequences alive at step t */
    const int *offset; /* (steps + 1) */
    const int *length; /* (size): steps of each sequence */
    const int *order;  /* (size): its place in the caller's batch */
    const int *place;  /* place[order[s] - first] = s, where the first sequence of the part of a batch is its `first` */
    int first;
} unroll_set;

/* The row of the last step of sequence s. */
static inline int unroll_set_last(const unroll_set *set, int s)
{
    return set->offset[set->length[s] - 1] + s;
}

#endif
