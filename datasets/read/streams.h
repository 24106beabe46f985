/* streams.h: a stretch of a text's symbols cut into streams that are read side by side, a few steps a batch, with states carried
   from batch to batch. */
#ifndef UNROLL_DATASETS_READ_STREAMS_H
#define UNROLL_DATASETS_READ_STREAMS_H

#include <stddef.h>

#include "model/task.h"

typedef struct unroll_streams {
    size_t first, end;  /* symbols first .. end - 1 are targets, each once, after the one before it (the text's first symbol has none
                           and is no target) */
    size_t shift;       /* where in the stretch the first stream begins: it is gone through as a ring */
    size_t count, each; /* streams of `each` symbols, the last ones shorter */
    int steps, again; /* of a batch; those at its start that the batch before has had and that are read again, without targets */
    int batches;
} unroll_streams;

/* In `count` streams. */
unroll_streams unroll_streams_cut(size_t first, size_t end, size_t count, int steps);
/* For scoring: in streams of at least four times `steps` symbols, so that few begin without what was before; at most `most`. A model
   that carries nothing from batch to batch reads half of each batch again: it would have nothing to go by at the first steps. */
unroll_streams unroll_streams_to_score(size_t first, size_t end, int most, int steps, bool stateless);
/* Batch `index`, of `batch` sequences. All have the same length, as states that are carried over ask for; what is past a
   stream's end, and all of a sequence without a stream, has no target. */
void unroll_streams_batch(const unroll_streams *streams, const int *symbol, int batch, int64_t index, unroll_samples *out);

#endif
