/* decode.h: what a model says: answers that are sequences (UNROLL_SEQUENCE), written step by step, greedily or with beams; labels
   without places (UNROLL_UNALIGNED), read off its outputs. */
#ifndef UNROLL_MODEL_DECODE_H
#define UNROLL_MODEL_DECODE_H

#include "model/model.h"

/* The best answers to each of the B sequences of `io` (y, hidden and states NULL): `beams` of them, 1 (greedy) to
   shape.beams, the best first. A beam is a beginning of an answer; at each step those are kept whose probability is highest.
   The class outputs - 1 ends an answer; one that has not ended after `steps` symbols ends there.
   symbol (B, beams, steps): classes, -1 past the end; length (B, beams): symbols before the end; score (B, beams): the
   natural logarithm of the answer's probability; fewer than `beams` answers: the others have -infinity and length 0.
   UNROLL_FAILED when memory is short. */
unroll_status unroll_model_decode(unroll_model *model, const unroll_forward *io, int beams, int steps, int *symbol, int *length,
                                  double *score);

/* What the most probable path through the logits y (steps, classes) of one sequence says: the largest class of each step, of
   equal ones the first, with repetitions merged and then blanks, class 0, taken out (best path decoding: Graves et al., 2006).
   label (steps), -1 past the end; returns how many labels there are. */
int unroll_best_path(const real *y, int steps, int classes, int *label);

#endif
