/* engine.h: the kernels of one instruction set as a table of functions, and the choice among them.

   Every matrix lies in column blocks of 16: A (rows, k) as [block][rows][16], `block` reals from one block to the next;
   columns past the last are zero. Each element of a product is one chain of fused multiply-adds in rising k, so the bits
   are the same for every instruction set, tile and number of threads. */
#ifndef UNROLL_SIMD_ENGINE_H
#define UNROLL_SIMD_ENGINE_H

#include <stddef.h>
#include <stdint.h>

#include "base/real.h"

typedef enum unroll_start_from { UNROLL_FROM_ZERO, UNROLL_FROM_BIAS, UNROLL_FROM_OUTPUT } unroll_start_from;

/* C (rows, 16 blocks) = start + A (rows, k) B (k, 16 blocks). */
typedef struct unroll_product {
    int rows, k, blocks;
    const real *a;
    size_t a_block; /* reals from one block of 16 columns of A to the next */
    const real *b;
    size_t b_block; /* B is [blocks][k][16] */
    real *c;
    size_t c_block;
    unroll_start_from start;
    const real *bias; /* [blocks][16], with UNROLL_FROM_BIAS */
} unroll_product;

/* C (m, 16 blocks) += A^T D: A (rows, m), D (rows, 16 blocks); k is the row, rising. */
typedef struct unroll_outer {
    int rows, m, blocks;
    const real *a;
    size_t a_block;
    const real *d;
    size_t d_block;
    real *c;
    size_t c_block; /* C is [blocks][m][16] */
} unroll_outer;

typedef struct unroll_optimizer_step {
    real rate, momentum, decay1, decay2, epsilon, correction1, correction2, scale;
} unroll_optimizer_step;

typedef struct unroll_engine {
    const char *name;
    void (*product)(const unroll_product *p);
    void (*outer)(const unroll_outer *p);
    /* B' [blocks of k][16 blocks rows][16] = transpose of B [blocks][k][16]: for the gradient with respect to A */
    void (*transpose)(const real *b, int blocks, int k, real *out);
    /* Z[block][row] = bias[block] + W[block][symbol[row]]; symbol < 0 gives the bias alone */
    void (*gather)(const real *w, size_t w_block, const real *bias, const int *symbol, int rows, int blocks, real *z,
                   size_t z_block);
    /* W[block][symbol[row]] += D[block][row], in rising row */
    void (*scatter)(real *w, size_t w_block, const int *symbol, int rows, int blocks, const real *d, size_t d_block);
    /* bias[block] += sum over rows of D[block][row], in rising row */
    void (*column_sums)(const real *d, size_t d_block, int rows, int blocks, real *bias);
    /* x *= factor */
    void (*scale)(real *x, size_t count, real factor);
    /* sum of squares in 64 chains, folded in a fixed order; count is a multiple of 16 */
    double (*sum_of_squares)(const real *x, size_t count);
    /* parameters from gradients g and moments m, v; g is multiplied by step->scale (clipping) first */
    void (*sgd)(real *w, const real *g, real *m, size_t count, const unroll_optimizer_step *step);
    void (*rmsprop)(real *w, const real *g, real *v, size_t count, const unroll_optimizer_step *step);
    void (*adam)(real *w, const real *g, real *m, real *v, size_t count, const unroll_optimizer_step *step);
    /* losses over rows of Y (rows, outputs) in blocks; dy may be NULL; each returns the sum over targets, adds to *hits
       and *targets; dy is the gradient of weight * sum */
    double (*softmax)(const real *y, size_t y_block, int rows, int outputs, const int *target, real weight, real *dy,
                      int64_t *hits, int64_t *targets);
    double (*bernoulli)(const real *y, size_t y_block, int rows, int outputs, const real *target, real weight, real *dy,
                        int64_t *hits, int64_t *targets);
    double (*squared)(const real *y, size_t y_block, int rows, int outputs, const real *target, real weight, real *dy,
                      int64_t *hits, int64_t *targets);
    /* element-wise, for the tests of their error bounds */
    void (*exp)(const real *x, real *y, size_t count);
    void (*log)(const real *x, real *y, size_t count);
    void (*tanh)(const real *x, real *y, size_t count);
    void (*sigmoid)(const real *x, real *y, size_t count);
    /* fused multiply-adds on registers alone, for the machine's peak: returns the number of floating-point operations */
    double (*peak)(int64_t rounds, real *sink);
} unroll_engine;

struct unroll_cell;

typedef struct unroll_isa {
    const char *name;
    int rank; /* the highest that the processor has is taken */
    int (*supported)(void);
    const unroll_engine *engine;
    const struct unroll_cell *const *cells; /* in name order, ended by NULL */
} unroll_isa;

extern const unroll_isa unroll_isas[]; /* generated from lib/simd/vec_*.h */
extern const int unroll_isa_count;

/* The instruction set in use: what unroll_isa_choose was told, else UNROLL_ISA, else the best that the processor has. */
const unroll_isa *unroll_isa_now(void);
/* Sets it by name ("" or "auto": the best). Returns 0, or -1 when the name is unknown, -2 when the processor lacks it. */
int unroll_isa_choose(const char *name);
/* Flushes denormals in the calling thread, on every instruction set. */
void unroll_flush_denormals(void);

#endif
