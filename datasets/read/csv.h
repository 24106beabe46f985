/* csv.h: a CSV file of any make as a table of fields. Commas, semicolons or tabs (found out), a header or none (found
   out), quoted fields with doubled quotes and line breaks in them (RFC 4180), any line ends, a byte-order mark, lines of
   '#' before the first row, blank lines. */
#ifndef UNROLL_DATASETS_READ_CSV_H
#define UNROLL_DATASETS_READ_CSV_H

#include <stdbool.h>

#include "base/status.h"
#include "path.h"

typedef struct unroll_csv {
    int rows, columns;  /* without the header */
    bool header;        /* the file has one */
    char separator;     /* ',', ';' or '\t' */
    const char **names; /* (columns): of the header; "" without one */
    const char **cells; /* (rows, columns): without blanks around them, quotes taken off */
    int *lines;         /* (rows): the line of the file, from 1, on which each row starts */
    char fingerprint[UNROLL_FINGERPRINT_ROOM];
    char *text;          /* holds the fields */
    const char **fields; /* header and rows */
} unroll_csv;

/* UNROLL_WRONG with a sentence that names the line: empty, header alone, uneven rows, an open quote, no text. */
unroll_status unroll_csv_open(const char *path, unroll_csv *csv);
void unroll_csv_close(unroll_csv *csv);

/* NA, N/A, NaN, null, none, ?, - or nothing at all: a value is missing. */
bool unroll_is_hole(const char *cell);
/* A finite or overflowing decimal number; with a decimal comma, too, unless fields are parted by commas. */
bool unroll_is_number(const unroll_csv *csv, const char *cell, double *value);

#endif
