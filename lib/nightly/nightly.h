/* nightly.h: one night's measurement of a program beside an older one, and what it decides. */
#ifndef UNROLL_NIGHTLY_NIGHTLY_H
#define UNROLL_NIGHTLY_NIGHTLY_H

#include "nightly/history.h"

typedef struct unroll_nightly_options {
    const char *results; /* the folder of the results: records go to its folder nightly/, the page is nightly.html */
    const char *program; /* the new program; NULL: this one */
    const char *against; /* the older program; NULL: the newest of the history that can still be run */
    double minutes;      /* that a night may take */
    int rounds;          /* of each measurement, whatever time they take; 0: as many as the minutes give */
    FILE *out;           /* what is told goes there */
    const atomic_bool *stop;
} unroll_nightly_options;

/* A night: known trainings, then both programs in turns, then once more for what seems to have changed; a record, the page and what
   is told on `out`. *night: all of it. UNROLL_NOTHING when nothing or only part could be measured, UNROLL_FAILED when something is
   worse, each with the sentence; whatever else keeps it from being done or kept. */
unroll_status unroll_nightly(const unroll_nightly_options *options, unroll_night *night);

/* Measures this program against itself, and against itself with its product kernel slowed by 2, 5 and 10%, for so many minutes more:
   each invocation is kept, and those of earlier calls count. Then tells, of nights that are drawn from all invocations, how many
   give a false alarm and how many find each slowdown, and notes what each series wanders by itself, which nights go by. */
unroll_status unroll_nightly_self_test(const unroll_nightly_options *options);

/* The processor's name, as records have it. */
void unroll_nightly_processor(char out[80]);
/* What each series wanders by itself on this processor, as a self-test noted it; `unknown` for all where there is none. */
void unroll_nightly_floors(const char *folder, const char *processor, double unknown, double floor[UNROLL_MOST_SERIES],
                           bool *known);

/* Rounds that a night of so many minutes has for the first and for the second measurement, about; what the self-test draws. */
#define UNROLL_NIGHT_FIRST 0.55 /* share of the minutes for the first measurement, */
#define UNROLL_NIGHT_AGAIN 0.30 /* and for the second */
#define UNROLL_NIGHT_FLOOR 0.01 /* what a series is taken to wander where no self-test has measured it */

/* page.c: RESULTS/nightly.html of all nights, the last one on top. */
unroll_status unroll_nightly_page(const unroll_history *history, const char *results, char path[UNROLL_FILE_ROOM]);
/* The rows of the table of a night, for a terminal. */
void unroll_nightly_print(const unroll_night *night, FILE *out);

#endif
