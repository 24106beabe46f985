/* rounds.h: two programs in turns, until the time is over (inside lib/nightly). */
#ifndef UNROLL_NIGHTLY_ROUNDS_H
#define UNROLL_NIGHTLY_ROUNDS_H

#include "nightly/decide.h"

typedef struct unroll_rounds {
    double *change[UNROLL_MOST_SERIES]; /* owned: of each series and round, NaN where a round has none */
    double *time[UNROLL_MOST_SERIES];   /* owned: the new program's, the mean of its two turns */
    int count;
    int disturbed;    /* rounds in which other work took part of the processor from some call */
    char why[2][300]; /* the first sentence of a call of the old, the new program that failed; "" */
} unroll_rounds;

/* Rounds of both programs: `rounds_wanted` of them or, where that is 0, at least 6 and until `seconds` have passed, but none that
   would end after `most_seconds`. folder: of what they write, removed afterwards. UNROLL_STOPPED, UNROLL_FAILED. */
unroll_status unroll_rounds_take(const unroll_measured_program *old, const unroll_measured_program *new, double seconds,
                                 double most_seconds, int rounds_wanted, const char *folder, const atomic_bool *stop,
                                 unroll_rounds *rounds);
void unroll_rounds_free(unroll_rounds *rounds);

/* Removes a folder with all in it. */
void unroll_remove_folder(const char *path);

#endif
