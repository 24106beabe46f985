/* series.h: what a night measures of a program: each series is one number of it, the less the better (inside lib/nightly). */
#ifndef UNROLL_NIGHTLY_SERIES_H
#define UNROLL_NIGHTLY_SERIES_H

#include <stdatomic.h>

#include "base/file.h"
#include "base/status.h"

enum { UNROLL_MOST_SERIES = 48 };

/* All of them, in the order in which they are told. */
int unroll_series_count(void);
const char *unroll_series_name(int series); /* "step lstm 64" */
const char *unroll_series_unit(int series); /* "ms" */
const char *unroll_series_help(int series); /* "a training step of 32 sequences of 64 steps" */

int unroll_series_find(const char *name); /* -1: there is none of that name */
/* Whether it is of one of these models, parted by blanks, or of none at all. */
bool unroll_series_is_known(int series, const char *models);

/* A program that is measured. */
typedef struct unroll_measured_program {
    char path[UNROLL_FILE_ROOM];
    char version[80];  /* what it says of itself: "unroll 0.1.0 (1a2b3c4d5e6f)" */
    char hash[17];     /* of its file */
    double bytes;      /* of its file */
    char models[4000]; /* first words of what `unroll list models` prints, parted by blanks: those that it knows are among them */
} unroll_measured_program;

/* Asks the program who it is. UNROLL_WRONG when there is none, or none of this kind. */
unroll_status unroll_program_open(const char *path, const atomic_bool *stop, unroll_measured_program *program);

/* Measures each series once: value[series], NaN where the program does not know a model, or the call failed (why: then its
   sentence, else ""), or where other work took part of the processor meanwhile (disturbed[series] is true). models: those that
   are measured. set: as in unroll_call_program. folder: where it may leave what it writes. UNROLL_STOPPED; else OK. */
typedef struct unroll_turn {
    double value[UNROLL_MOST_SERIES];
    bool disturbed[UNROLL_MOST_SERIES];
    char why[300];
} unroll_turn;
unroll_status unroll_measure_turn(const unroll_measured_program *program, const char *models, const char *set, const char *folder,
                                  const atomic_bool *stop, unroll_turn *turn);

/* The models of the series that both programs know, parted by blanks. */
void unroll_common_models(const unroll_measured_program *a, const unroll_measured_program *b, char out[200]);

#endif
