/* columns.h: the numeric columns of a CSV as series in time, with their holes filled. */
#ifndef UNROLL_DATASETS_READ_COLUMNS_H
#define UNROLL_DATASETS_READ_COLUMNS_H

#include <stdint.h>

#include "base/status.h"
#include "csv.h"

typedef struct unroll_columns {
    int rows, count;
    int target;          /* which of the columns is forecast */
    double *value;       /* (count, rows); a hole has the last value before it, at the start the first one known */
    unsigned char *hole; /* (count, rows): 1 where the file has no value */
    char (*names)[64];   /* (count): from the header, else the number */
    int64_t holes;       /* in all */
    char fingerprint[UNROLL_FINGERPRINT_ROOM];
} unroll_columns;

/* Reads the column `column` (its name, its number from 1, or "": the last numeric one) of the CSV at `path`; with `all`
   every numeric column beside it. A column is numeric when most of its values are numbers; dates and words are left out.
   UNROLL_WRONG names line, column and word of a text among numbers, the nearest right name for a column that is not
   there, and the first hole of a column that lacks more than the share `most_missing` of its values. */
unroll_status unroll_columns_open(const char *path, const char *column, bool all, double most_missing,
                                  unroll_columns *columns);
void unroll_columns_close(unroll_columns *columns);

#endif
