/* lengths.h: made-up sequences of many lengths, and of lengths beyond those of training: whether what was learned is a rule, or
   holds at the lengths that were seen only (Deletang et al., Neural networks and the Chomsky hierarchy, 2023). */
#ifndef UNROLL_DATASETS_READ_LENGTHS_H
#define UNROLL_DATASETS_READ_LENGTHS_H

#include "base/random.h"
#include "model/task.h"

/* The rows shortest and beyond: the `shared` ones of a task, or the second alone where it draws its lengths itself. */
enum { UNROLL_LENGTHS_BEYOND = 1, UNROLL_LENGTHS_SETTINGS };
extern const unroll_setting unroll_lengths_settings[UNROLL_LENGTHS_SETTINGS];

typedef struct unroll_lengths {
    int shortest, longest; /* of training and validation: uniform from one to the other */
    int beyond;            /* the test's lengths go up to it, from longest + 1 on; 0: the test is as validation */
} unroll_lengths;

/* From the settings length, shortest and beyond. UNROLL_WRONG where they are out of order. */
unroll_status unroll_lengths_open(const unroll_settings *settings, unroll_lengths *lengths);
/* The longest of all splits. */
int unroll_lengths_most(const unroll_lengths *lengths);
/* The mean of training's. */
double unroll_lengths_mean(const unroll_lengths *lengths);
/* That of a sequence of batch `index` of `batches`: drawn or, beyond, the same for all sequences of a batch, evenly from the
   first batch to the last. */
int unroll_lengths_of(const unroll_lengths *lengths, unroll_split split, int64_t index, int batches, unroll_random *draws);
/* After training, where lengths go beyond: the error rate over the test's batches, "beyond_error_rate", whether it
   is at most 1%, "followed", and against the length, curves "error_rate_at" and "at_length". UNROLL_FAILED when memory is short. */
unroll_status unroll_lengths_score(const unroll_task *task, const void *state, const unroll_lengths *lengths, unroll_model *model,
                                   unroll_record *record);

#endif
