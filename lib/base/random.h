/* random.h: counter-based random numbers: Philox 4x32-10 (Salmon, Moraes, Dror, Shaw: Parallel random numbers: as easy
   as 1, 2, 3; SC 2011). A draw is a pure function of (seed, purpose, epoch, sample, index): no state, any order. */
#ifndef UNROLL_BASE_RANDOM_H
#define UNROLL_BASE_RANDOM_H

#include <stdint.h>

typedef enum unroll_purpose {
    UNROLL_FOR_WEIGHTS = 1,
    UNROLL_FOR_TRAIN = 2, /* training samples */
    UNROLL_FOR_VALID = 3,
    UNROLL_FOR_TEST = 4,
    UNROLL_FOR_SAMPLING = 5, /* drawing from a model's output */
    UNROLL_FOR_SWEEP = 6,    /* log-uniform axes */
    UNROLL_FOR_BOOTSTRAP = 7,
    UNROLL_FOR_DROPOUT = 8,
    UNROLL_FOR_CELLS = 9, /* masks inside a layer: zoneout and the like (cells/draw.h), attention's weights */
    UNROLL_FOR_ORDER = 10 /* of training samples, by epoch */
} unroll_purpose;

/* One Philox 4x32-10 block. */
void unroll_philox(const uint32_t counter[4], const uint32_t key[2], uint32_t out[4]);

/* A stream of draws: fix (seed, purpose, epoch, sample), then draw by rising index. 2^32 blocks of four words. */
typedef struct unroll_random {
    uint32_t key[2], counter[4], block[4];
    int left; /* words of `block` not yet used */
} unroll_random;

unroll_random unroll_random_open(uint64_t seed, unroll_purpose purpose, uint32_t epoch, uint32_t sample);
uint32_t unroll_random_bits(unroll_random *random);
/* Uniform in [0, 1) with 53 bits (two words). */
double unroll_random_uniform(unroll_random *random);
/* Uniform integer in [0, n), n >= 1, without bias. */
uint32_t unroll_random_below(unroll_random *random, uint32_t n);
/* Standard normal (Marsaglia's polar method on our own logarithm, so the bits do not depend on the C library). */
double unroll_random_normal(unroll_random *random);

/* Element `place` of an order of 0 .. n - 1, n >= 1, that (seed, epoch) draw: all places give all numbers, each once. Nothing
   is kept, and no other element is drawn for it: a Feistel network on pairs of digits to the base ceil(sqrt(n)), with Philox
   in its eight rounds, gone through until the number is below n (Black and Rogaway, Ciphers with arbitrary finite domains,
   2002). */
uint32_t unroll_random_order(uint64_t seed, uint64_t epoch, uint32_t n, uint32_t place);

/* Natural logarithm for x > 0, finite and normal: the same bits everywhere, within 2 ULP. */
double unroll_log(double x);

#endif
