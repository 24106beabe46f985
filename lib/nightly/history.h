/* history.h: nights that were, one record each, and copies of the programs that they measured (inside lib/nightly). */
#ifndef UNROLL_NIGHTLY_HISTORY_H
#define UNROLL_NIGHTLY_HISTORY_H

#include "nightly/decide.h"

typedef enum unroll_night_outcome {
    UNROLL_NIGHT_GOOD,      /* everything was measured, and nothing has become worse */
    UNROLL_NIGHT_BAD,       /* a regression, or an exact channel is wrong */
    UNROLL_NIGHT_INCOMPLETE /* nothing, or only part, could be measured */
} unroll_night_outcome;

typedef struct unroll_night {
    char date[32];                 /* UTC, when it began: "2026-11-28T02:00:00Z" */
    char program[17], against[17]; /* hashes of the programs' files; against: "" of a first night */
    char version[80], against_version[80];
    char processor[80];
    unroll_night_outcome outcome;
    char sentence[400]; /* what was decided */
    int known, wrong;   /* trainings that were held against the list; those that differed */
    double bytes;       /* of the program's file */
    int series;
    char name[UNROLL_MOST_SERIES][48];
    unroll_series_night night[UNROLL_MOST_SERIES];
    double time[UNROLL_MOST_SERIES]; /* median of the new program's; NaN */
} unroll_night;

/* A record that is done, of this experiment, whose id rises with time; `number` tells those of one second apart. NULL: no memory. */
unroll_record *unroll_night_record(const char *experiment, int number);
/* A text of a record; "" where it has none of that name. */
const char *unroll_night_text(const unroll_record *record, const char *name);

/* Writes the night to FOLDER/ID.h5, whose id rises with time; `number` tells nights of one second apart. */
unroll_status unroll_night_store(const unroll_night *night, const char *folder, int number);

typedef struct unroll_history {
    unroll_night *night; /* owned; the oldest first */
    int count;
    int damaged; /* records that cannot be read */
} unroll_history;
/* None where there is no folder. To be freed, whatever comes back. */
unroll_status unroll_history_load(const char *folder, unroll_history *history);
void unroll_history_free(unroll_history *history);

/* Keeps a copy of the program as FOLDER/programs/HASH, and of the others there the newest that nights of the history measured, 3 in
   all. */
unroll_status unroll_program_keep(const unroll_measured_program *program, const char *folder, const unroll_history *history);
/* The newest night's program of which a copy is there that can be run; UNROLL_NOTHING: there is none. */
unroll_status unroll_program_newest(const unroll_history *history, const char *folder, const atomic_bool *stop,
                                    unroll_measured_program *program);

#endif
