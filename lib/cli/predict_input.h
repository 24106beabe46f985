/* predict_input.h: the sequences that unroll predict is given (inside lib/cli). */
#ifndef UNROLL_CLI_PREDICT_INPUT_H
#define UNROLL_CLI_PREDICT_INPUT_H

#include <stdatomic.h>

#include "cli/model_file.h"

/* The input file, checked against the model. */
typedef struct unroll_sequences {
    const char *path;
    int count, steps, inputs;    /* N, T, I */
    const unroll_array *x;       /* (N, T, I), float, double or int32; or NULL */
    const unroll_array *symbols; /* (N, T), int32; or NULL */
    const unroll_array *lengths; /* (N), int32; NULL: all T */
} unroll_sequences;

/* Checks the arrays of the input file `in->path` against the model and fills the rest of `in`, which points into `bundle`.
   UNROLL_WRONG with a sentence. */
unroll_status unroll_sequences_read(const unroll_bundle *bundle, const unroll_model_shape *shape, unroll_sequences *in);
/* Sequences at a time, so that what a model keeps of every step stays within about 256 MB; at most `most`. */
int unroll_sequences_at_once(const unroll_sequences *in, const unroll_model_file *file, int most);

/* Some of the sequences, as a model reads them. */
typedef struct unroll_sequence_batch {
    int room;    /* B: sequences */
    real *x;     /* (B, T, I) */
    int *symbol; /* (B, T) */
    int *length; /* (B) */
} unroll_sequence_batch;

/* UNROLL_FAILED when memory is short. To be closed in any case; all zeros before. */
unroll_status unroll_sequence_batch_open(const unroll_sequences *in, int room, unroll_sequence_batch *batch);
void unroll_sequence_batch_close(unroll_sequence_batch *batch);
/* Copies `size` sequences from number `first` on, zeros past their ends, and has the forward pass `io` read them. UNROLL_WRONG
   where a symbol or a number cannot be. */
unroll_status unroll_sequence_batch_fill(const unroll_sequences *in, const unroll_model_shape *shape, int first, int size,
                                         unroll_sequence_batch *batch, unroll_forward *io);

/* Writes answers that are sequences (UNROLL_SEQUENCE) to all of `in`, `beams` to each: symbols (N, beams, U), lengths (N,
   beams), scores (N, beams) in the file paths[2]. */
unroll_status unroll_predict_answers(unroll_model_file *file, const char *const paths[3], const unroll_sequences *in, int beams,
                                     const atomic_bool *stop);

#endif
