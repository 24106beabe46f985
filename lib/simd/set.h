/* set.h: how a set of sequences lies in memory: which row is which step of which sequence, and matrices over those rows. */
#ifndef UNROLL_SIMD_SET_H
#define UNROLL_SIMD_SET_H

#include <stddef.h>
#include <string.h>

#include "base/real.h"

/* A matrix in column blocks of 16: element (row, column) at at[(column / 16) * block + row * 16 + column % 16]. */
typedef struct unroll_matrix {
    real *at;
    size_t block; /* reals from one column block to the next */
    int columns;
} unroll_matrix;

static inline real *unroll_matrix_row(unroll_matrix m, int column_block, int row)
{
    return m.at + (size_t)column_block * m.block + (size_t)row * UNROLL_LANES;
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
