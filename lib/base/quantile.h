/* quantile.h: order statistics of a sample. */
#ifndef UNROLL_BASE_QUANTILE_H
#define UNROLL_BASE_QUANTILE_H

/* Sorts `count` numbers, none of them NaN, upwards. */
void unroll_sort(double *values, int count);
/* The q-quantile, 0 <= q <= 1, of `count` >= 1 numbers that rise: linear between the order statistics (type 7 of Hyndman
   and Fan, 1996). */
double unroll_quantile(const double *sorted, int count, double q);

#endif
