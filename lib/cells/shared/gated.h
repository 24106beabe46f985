/* gated.h: what a late product (cells/cell.h) is of in cells that let a gate through first: the gate in place 1, which becomes
   sigmoid of what lies there, times the state before. */
#ifndef UNROLL_CELLS_SHARED_GATED_H
#define UNROLL_CELLS_SHARED_GATED_H

#include "cells/cell.h"
#include "simd/math.h"

VEC_INLINE void unroll_gated_some(const unroll_cell_step *s, int first, const int n)
{
    real *place = s->gates + (size_t)first * s->gates_next + s->gate, *to = s->operand + (size_t)first * s->operand_next;
    const real *old = s->old[0] + (size_t)first * s->state_next;
    vec gate[VEC_MOST];
    VEC_EACH(n) gate[k] = vec_load(place + k * s->gates_next);
    vec_sigmoid_all(gate, n);
    VEC_EACH(n) vec_store(place + k * s->gates_next, gate[k]);
    VEC_EACH(n) vec_store(to + k * s->operand_next, vec_mul(gate[k], vec_load(old + k * s->state_next)));
}

static inline void unroll_gated_operand(const unroll_cell_step *s)
{
    UNROLL_CELL_SOME(unroll_gated_some, s);
}

#endif
