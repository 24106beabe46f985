/* real.h: the type of weights and activations: float, or double in the build that the tests use. */
#ifndef UNROLL_BASE_REAL_H
#define UNROLL_BASE_REAL_H

#ifdef UNROLL_DOUBLE
typedef double real;
#else
typedef float real;
#endif

/* Every matrix of the core is stored in column blocks of UNROLL_LANES, [rows][16] each (simd/set.h), the last one padded. */
enum { UNROLL_LANES = 16 };

static inline int unroll_blocks(int columns)
{
    return (columns + UNROLL_LANES - 1) / UNROLL_LANES;
}

#endif
