/* number.h: numbers to text and back, the same on every platform (in the C locale, which this program never leaves). */
#ifndef UNROLL_BASE_NUMBER_H
#define UNROLL_BASE_NUMBER_H

#include <stdbool.h>
#include <stdint.h>

enum { UNROLL_NUMBER_ROOM = 32 };

/* Reads a decimal number, "-1.5e3", and nothing else: no blanks, no hexadecimal, no inf, no nan. A magnitude that is too
   large gives infinity. False when `text` is no such number. */
bool unroll_read_real(const char *text, double *value);
/* Reads a whole number, plainly ("1000") or in scientific notation ("1e3"). False when it is not whole or does not fit. */
bool unroll_read_int(const char *text, int64_t *value);
/* A whole number that a file holds as a real; 0 where it is none, or no int. */
int unroll_whole(double value);
/* "low..high", "low..high:step"; of a number alone both ends are that number. step: NaN where none is written. */
typedef struct unroll_range {
    double low, high, step;
} unroll_range;
/* False when `text` is neither. */
bool unroll_read_range(const char *text, unroll_range *range);
/* The shortest text that reads back as the same finite number; "nan", "inf", "-inf" for the others. */
const char *unroll_show_real(double value, char out[UNROLL_NUMBER_ROOM]);
const char *unroll_show_int(int64_t value, char out[UNROLL_NUMBER_ROOM]);

#endif
