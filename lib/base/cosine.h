/* cosine.h: a cosine that has the same bits everywhere, as no C library promises. */
#ifndef UNROLL_BASE_COSINE_H
#define UNROLL_BASE_COSINE_H

/* cos(pi t) for 0 <= t <= 1, within 2.3e-16; exact at 0, 1/2 and 1. */
double unroll_cos_pi(double t);

#endif
