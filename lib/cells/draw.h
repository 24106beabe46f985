/* draw.h: random numbers inside a cell, functions of their coordinates alone: the seed, the training step, the layer, the
   sequence's place in the caller's batch, the time step where each step has its own, the hidden unit, and which of the cell's
   draws it is. Backward draws what forward drew. */
#ifndef UNROLL_CELLS_DRAW_H
#define UNROLL_CELLS_DRAW_H

#include "base/random.h"
#include "cells/cell.h"

/* Sixteen numbers uniform in [0, 1), multiples of 2^-24, for vector i: others at each step, or the same at all. */
static inline vec unroll_cell_uniform(const unroll_cell_place *at, int i, int which, bool each_step)
{
    real lanes[UNROLL_LANES];
    uint32_t counter[4] = {(uint32_t)(at->unit + i * at->unit_next) / 4, (uint32_t)at->sequence[i * at->sequence_next],
                           each_step ? (uint32_t)at->time + 1 : 0, (uint32_t)which};
    for (int lane = 0; lane < UNROLL_LANES; lane += 4, counter[0]++) {
        uint32_t out[4];
        unroll_philox(counter, at->key, out);
        for (int k = 0; k < 4; k++)
            lanes[lane + k] = (real)(out[k] >> 8) * (real)0x1p-24;
    }
    return vec_load(lanes);
}

#endif
