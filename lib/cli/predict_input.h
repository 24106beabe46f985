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
int unroll_sequence_length(const unroll_sequences *in, int n);
/* Copies sequence n to row `row` of a batch, x (B, T, I) or symbol (B, T); what lies past its end stays. UNROLL_WRONG where
   a symbol or a number cannot be. */
unroll_status unroll_sequence_copy(const unroll_sequences *in, const unroll_model_shape *shape, int n, int row, real *x,
                                   int *symbol);
/* Sequences at a time, so that what a model keeps of every step stays within about 256 MB; at most `most`. */
int unroll_sequences_at_once(const unroll_sequences *in, const unroll_model_file *file, int most);

/* Writes answers that are sequences (UNROLL_SEQUENCE) to all of `in`, `beams` to each: symbols (N, beams, U), lengths (N,
   beams), scores (N, beams) in the file paths[2]. */
unroll_status unroll_predict_answers(unroll_model_file *file, const char *const paths[3], const unroll_sequences *in, int beams,
                                     const atomic_bool *stop);

#endif
