/* exponential.h: e^x with the same bits everywhere. */
#ifndef UNROLL_BASE_EXPONENTIAL_H
#define UNROLL_BASE_EXPONENTIAL_H

/* e^x within 2 ULP; infinite where that is too large for a double, 0 where it is too small for a normal one; NaN of NaN. */
double unroll_exp(double x);

#endif
