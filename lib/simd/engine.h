/* engine.h: the kernels of one instruction set as a table of functions, and the choice among them.

   Activations lie in column blocks of 16 (simd/set.h): of an operand a kernel gets the list of its blocks and how many reals
   before its first row there are. Weights (k, 16 blocks) lie in groups of `width` blocks, 1 to 4, the last one narrower
   where they do not come out even: [group][k][width][16], so that a tile reads its weights in one run. Each element of a
   product is one chain of fused multiply-adds in rising k, or a fixed number of them, so the bits are the same for every
   instruction set, tile and number of threads. */
#ifndef UNROLL_SIMD_ENGINE_H
#define UNROLL_SIMD_ENGINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/real.h"
#include "base/status.h"
#include "simd/set.h"

/* C (rows, 16 blocks) = start + A (rows, k) B (k, 16 blocks), where every row of a block of C starts from start[block], 16
   reals, or, where that is NULL, from what C holds. */
typedef struct unroll_product {
    int rows, k, blocks, width;
    real *const *a; /* (blocks of k) */
    size_t a_from;
    const real *b;
    real *const *c; /* (blocks) */
    size_t c_from;
    const real *const *start; /* (blocks); NULL: all from what C holds */
    bool back; /* from the last blocks to the first: of weights that were read the other way last, the cache holds the last */
    const real *after; /* the group of weights that is read after this product's last; NULL: none is fetched ahead */
    /* Each row by itself, and start comes last: A B in UNROLL_CHAINS chains, by k modulo their number, folded as (0 + 1) + (2 + 3).
       A short row has too few elements to keep the multipliers busy with one chain each. */
    bool chained;
} unroll_product;

enum { UNROLL_CHAINS = 4 };

/* Weights in another form, which only the engine knows (simd/packed.h), with room for one row of activations in the form that
   goes with it. */
typedef enum unroll_form { UNROLL_FLOAT, UNROLL_BF16, UNROLL_INT8 } unroll_form;
typedef struct unroll_packed unroll_packed;
enum { UNROLL_PACKED_GROUP = 8 }; /* blocks that lie together: a product of some blocks begins at a multiple of it */

/* Rows begin..end - 1 of C (m, 16 blocks) += A^T D: A (rows, m), D (rows, 16 blocks); k is the row, rising; `begin` is a
   multiple of 16. C lies like weights. */
typedef struct unroll_outer {
    int rows, m, begin, end, blocks, width;
    real *const *a; /* (blocks of m) */
    size_t a_from;
    real *const *d; /* (blocks) */
    size_t d_from;
    real *c;
    bool fresh; /* C is what comes of it: it starts from zero, whatever it holds */
} unroll_outer;

/* Place of row `row` of block `block` among weights (k, 16 blocks) in groups of `width` blocks. */
static inline size_t unroll_weight_place(int blocks, int width, int k, int block, int row)
{
    int group = block / width * width, wide = blocks - group < width ? blocks - group : width;
    return ((size_t)group * (size_t)k + (size_t)row * (size_t)wide + (size_t)(block - group)) * UNROLL_LANES;
}

/* Element-wise functions. GELU is x Phi(x), Phi the normal distribution's function (Hendrycks & Gimpel, 2016, arXiv 1606.08415,
   and torch.nn.GELU(): with erf, not with tanh). Its slope, Phi(x) + x phi(x), follows from x, the others' from their value. */
typedef enum unroll_function { UNROLL_TANH, UNROLL_SIGMOID, UNROLL_RELU, UNROLL_GELU } unroll_function;

/* Layer norm (Ba et al., 2016) of rows of X: n = (x - mean) / sqrt(variance + epsilon); y = n weight + bias. A row is `gates`
   times `units` columns, over all of which its mean and variance are taken; gate g of panel p, 16 units, is block p * next + g
   of every matrix, of the weights and of the biases: 1 gate and next = 1 are a plain matrix.
   What backward needs: `normal`, n, which may lie in x, and `kept`, the inverse deviation of row r in all 16 lanes of
   kept + 16 r; at and kept are NULL where there is no backward. */
typedef struct unroll_norm {
    int rows, units, gates, next;
    unroll_matrix x;
    const real *weight, *bias; /* [blocks][16]; bias NULL: on top of what y holds */
    real epsilon;
    unroll_matrix y, normal;
    real *kept;
    unroll_matrix products; /* backward adds dy n of each row r to row (first + r) / UNROLL_NORM_GROUP; NULL at `at`: it does not */
    int first;
} unroll_norm;

enum { UNROLL_NORM_GROUP = 4 };

/* Random masks of the units of some rows, at one time step: 16 reals a row in each of the column blocks begin..end - 1, `hit`
   with the chance share / UNROLL_MASK_SHARES, else `other`. 16 random bits a unit, from Philox 4x32-10 (base/random.h): those
   of lane i of block n are half n % 8, the lower one of a word first, of the words that come of the counter
   (n / 8 * 16 + i, sequence, time, which). */
typedef struct unroll_mask {
    uint32_t key[2];
    int rows, begin, end, time;
    uint32_t which;
    const int *sequence; /* (rows) */
    uint32_t share;
    real hit, other;
    real *const *to; /* block n at to[n * to_next] + from, a list as of a matrix */
    int to_next;
    size_t from;
} unroll_mask;

enum { UNROLL_MASK_SHARES = 65536 };

/* Attention of a tile of queries over a tile of keys, between its products (Vaswani et al., 2017). Row r sees the keys 0 ..
   ahead + r of the tile. A matrix of scores lies as [blocks of keys][UNROLL_ATTENTION_TILE][16]; lanes of padding may hold anything,
   and are zero afterwards. peak and delta have room for a multiple of 16 rows. */
enum { UNROLL_ATTENTION_TILE = 64 };
typedef struct unroll_attention {
    int rows, keys; /* at most UNROLL_ATTENTION_TILE each */
    int ahead;
    real *score;    /* in: queries times keys; out: weights */
    real *d_score;  /* back: in: gradient of the weights; out: of the scores */
    real *peak;     /* (rows): the largest score of the tiles so far, -infinity before the first */
    real *sum;      /* (rows, 16): sums of exponentials above the peak, by the key's lane; zero before the first */
    real *inverse;  /* (rows): 1 / the sum of all tiles */
    real *delta;    /* (rows): back: the output times its gradient */
    real *const *o; /* (o_blocks): outputs, not yet times `inverse` */
    size_t o_from;
    int o_blocks;
} unroll_attention;

typedef struct unroll_optimizer_step {
    real rate, epsilon, scale;   /* scale: multiplies the gradient first (clipping) */
    real momentum;               /* sgd */
    real alpha;                  /* rmsprop */
    real beta1, beta2;           /* adam */
    real rest_alpha, rest1, rest2; /* 1 - alpha, 1 - beta1, 1 - beta2: from double, as 1 - 0.999f is 1.3e-5 off */
    real correction1;            /* adam: 1 / (1 - beta1^t) */
    real root_correction2;       /* adam: 1 / sqrt(1 - beta2^t) */
    real shrink;                 /* adam: rate times decay, the share that each weight loses first (AdamW) */
} unroll_optimizer_step;

typedef struct unroll_engine {
    const char *name;
    void (*product)(const unroll_product *p);
    void (*outer)(const unroll_outer *p);
    /* Of weights (k, 16 blocks) in a form other than float: the bytes that they take, and those made of `room`; */
    size_t (*packed_bytes)(unroll_form form, int k, int blocks);
    unroll_packed *(*packed_open)(void *room, unroll_form form, int k, int blocks);
    /* packs weights in groups of `width` blocks; packs one row of A, its columns from block `block` on; */
    void (*pack)(unroll_packed *packed, const real *w, int width);
    void (*pack_row)(unroll_packed *packed, unroll_matrix a, int block, int row);
    /* and multiplies the two: blocks begin..end - 1 of C, whose lists are those of block 0 (c, c_from, start as in
       unroll_product). */
    void (*packed_product)(const unroll_packed *packed, int begin, int end, real *const *c, size_t c_from,
                           const real *const *start);
    /* out = transpose of blocks begin..end - 1 of B (k, 16 blocks), in groups of 4 blocks: for the gradient with respect to
       A; rows past k are zero */
    void (*transpose)(const real *b, int blocks, int begin, int end, int width, int k, real *out);
    /* one group: Z[n][row] = bias[n] + W[symbol[row]][n]; symbol < 0 gives the bias alone */
    void (*gather)(const real *w, int width, const real *bias, const int *symbol, int rows, real *const *z, size_t z_from);
    /* one group: W[symbol[row]][n] += D[n][row], in rising row */
    void (*scatter)(real *w, int width, const int *symbol, int rows, real *const *d, size_t d_from);
    /* bias[block] += sum over rows of D[block][row], in rising row */
    void (*column_sums)(real *const *d, size_t d_from, int rows, int blocks, real *bias);
    /* x += y */
    void (*add)(real *x, const real *y, size_t count);
    /* sum of squares in 64 chains, folded in a fixed order */
    double (*sum_of_squares)(const real *x, size_t count);
    /* weights from gradients and moments, in PyTorch's forms (torch.optim.SGD, RMSprop, Adam); m may be NULL of SGD without
       momentum */
    void (*sgd)(real *w, const real *g, real *m, size_t count, const unroll_optimizer_step *step);
    void (*rmsprop)(real *w, const real *g, real *v, size_t count, const unroll_optimizer_step *step);
    void (*adam)(real *w, const real *g, real *m, real *v, size_t count, const unroll_optimizer_step *step);
    /* layer norm; its gradient (dx may lie in `normal`); blocks begin..end - 1 of its weights' gradient, added, rows rising, where
       next is 1 */
    void (*norm)(const unroll_norm *p);
    void (*norm_back)(const unroll_norm *p, unroll_matrix dy, unroll_matrix dx, bool adds);
    void (*norm_weights)(const unroll_norm *p, unroll_matrix dy, int begin, int end, real *weight, real *bias);
    /* Attention: scores to exponentials above the new peak, to which sums and outputs are brought; after the last tile, `inverse`,
       and outputs times it; backward, scores to weights and their gradient to that of the scores. */
    void (*attend)(const unroll_attention *p);
    void (*attend_end)(const unroll_attention *p);
    void (*attend_back)(const unroll_attention *p);
    /* out[row] = sum over the columns of a times b */
    void (*row_products)(real *const *a, size_t a_from, real *const *b, size_t b_from, int blocks, int rows, real *out);
    /* One column block of `rows` rows, `stride` reals apart: x = x cosine + swap(x) sine, where swap exchanges the lanes of a pair
       and sine (rows, 16) has the pair's signs, -, +; `back`: the inverse, - sine. */
    void (*rotate)(real *x, size_t stride, const real *cosine, const real *sine, bool back, int rows);
    void (*mask)(const unroll_mask *m);
    /* Zoneout (Krueger et al., 2017) of `count` elements, a multiple of 16: fresh = now; then now becomes old where `stays` is 1,
       not 0; or, where stays is NULL, share old + (1 - share) now. fresh NULL: it is not wanted. */
    void (*mix)(const real *stays, real share, const real *old, real *now, real *fresh, size_t count);
    /* its gradient d with respect to now, parted: d becomes that of `fresh`; what goes straight to `old` is added to d_old, or,
       where that is NULL, takes the place of `stays` */
    void (*part)(real *stays, real *d, real *d_old, size_t count);
    /* element-wise; count is a multiple of 16; `adds`: onto what is there */
    void (*function)(unroll_function function, const real *x, real *y, size_t count);
    /* dx = dy times the slope at x, where the value is y */
    void (*slope)(unroll_function function, const real *x, const real *y, const real *dy, real *dx, bool adds, size_t count);
    void (*multiply)(const real *x, const real *y, real *z, bool adds, size_t count);
    void (*scale)(const real *x, real factor, real *y, bool adds, size_t count);
    void (*exp)(const real *x, real *y, size_t count);
    void (*tanh)(const real *x, real *y, size_t count);
    void (*sigmoid)(const real *x, real *y, size_t count);
    void (*erf)(const real *x, real *y, size_t count);
    /* of |x| <= 8192 */
    void (*sine)(const real *x, real *y, size_t count);
    void (*cosine)(const real *x, real *y, size_t count);
    /* fused multiply-adds on registers alone, for the machine's peak: returns the number of floating-point operations */
    double (*peak)(int64_t rounds, real *sink);
    /* reads x and returns its sum, for the bandwidth; count is a multiple of 256 */
    double (*read)(const real *x, size_t count);
} unroll_engine;

struct unroll_cell;
struct unroll_loss;

typedef struct unroll_isa {
    const char *name;
    int rank; /* the highest that the processor has is taken */
    int (*supported)(void);
    const unroll_engine *engine;
    const struct unroll_cell *const *cells; /* in name order, ended by NULL */
    const struct unroll_loss *const *losses;
} unroll_isa;

extern const unroll_isa unroll_isas[]; /* generated from lib/simd/vec_*.h */
extern const int unroll_isa_count;

/* The instruction set in use: the best that the processor has until unroll_isa_start or unroll_isa_use say otherwise. */
const unroll_isa *unroll_isa_now(void);
/* The one of that name; "" and "auto": the one in use. UNROLL_WRONG when there is none of that name (the sentence tells the
   nearest one) or the processor lacks it; *isa is then NULL. */
unroll_status unroll_isa_find(const char *name, const unroll_isa **isa);
/* Takes it into use. Not while runs are under way. */
void unroll_isa_use(const unroll_isa *isa);
/* At start: takes into use what `name`, or if that is NULL the environment variable UNROLL_ISA, says; "", "auto" or no such
   variable: the best. UNROLL_WRONG as of unroll_isa_find. */
unroll_status unroll_isa_start(const char *name);

#endif
