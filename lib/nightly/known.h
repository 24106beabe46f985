/* known.h: trainings whose bits, errors and counts are known, one list for each version of the arithmetic (inside lib/nightly). */
#ifndef UNROLL_NIGHTLY_KNOWN_H
#define UNROLL_NIGHTLY_KNOWN_H

#include <stdatomic.h>
#include <stdint.h>

#include "base/status.h"

/* A short training of one model on the adding problem, and what it leaves: the same on every processor and number of threads. */
typedef struct unroll_known {
    int numerics; /* UNROLL_NUMERICS_VERSION of the program that it was taken of */
    const char *model;
    uint64_t digest;                      /* of the trained weights' bits */
    double error;                         /* on the validation split */
    double parameters, operations, bytes; /* trainable; floating-point operations of a training step; memory of the model */
} unroll_known;

/* The committed list, ended by a NULL model (known.c, whose rows `unroll nightly --known` prints). */
extern const unroll_known unroll_known_trainings[];

/* The same anew, of training number `index`; false where there are no more. UNROLL_STOPPED, or why it cannot be done. */
int unroll_known_count(void);
unroll_status unroll_known_measure(int index, const atomic_bool *stop, unroll_known *now);

/* Does all of them and compares with a list that ends with a NULL model. *expected: how many are in the list for this version of
   the arithmetic; *wrong: of these, how many differ; first: the first difference, a sentence. */
unroll_status unroll_known_check(const unroll_known *list, const atomic_bool *stop, int *expected, int *wrong, char first[300]);

#endif
