/* parts.h: how work is parted, into micro-batches and among threads: functions of the shape alone, since the order of sums
   depends on the first. `weights`: multiply-adds of a time step of one sequence that wait for the step before. */
#ifndef UNROLL_LAYERS_PARTS_H
#define UNROLL_LAYERS_PARTS_H

#include <stdbool.h>

/* Whether threads that work at the same sequences take some of them each, or some panels of all. */
bool unroll_parts_by_sequences(double weights, int batch, int threads);
/* Into how many micro-batches (model/inside.h) a batch is best parted. */
int unroll_parts_micros(double weights, int batch);
/* As many of the `asked` threads as make a step faster; `steps`: that are computed together, 1 where each waits for the one
   before. */
int unroll_parts_threads(double weights, int batch, int steps, int asked);

#endif
