/* layer.h: what every layer of a model is: a table of functions over a packed batch. A layer sees all steps of all
   sequences in one call, so that attention fits the same table, and one step at a time through `step`. */
#ifndef UNROLL_MODEL_LAYER_H
#define UNROLL_MODEL_LAYER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/real.h"
#include "base/settings.h"
#include "model/model.h"
#include "model/team.h"
#include "simd/engine.h"

/* A matrix in column blocks of 16: element (row, column) at at[(column / 16) * block + row * 16 + column % 16]. */
typedef struct unroll_matrix {
    real *at;
    size_t block;
    int columns;
} unroll_matrix;

/* Rows from one column block to the next for `rows` rows that are read `together` at a time: such that consecutive blocks
   of those do not fall on the same sets of the first-level cache. */
static inline size_t unroll_row_stride(size_t rows, size_t together)
{
    return (rows + 63) / 64 * 64 + together;
}

/* Place of row `row` of block `block` among weights (k, 16 blocks) in groups of `width` blocks (simd/engine.h). */
static inline size_t unroll_weight_place(int blocks, int width, int k, int block, int row)
{
    int group = block / width * width, wide = blocks - group < width ? blocks - group : width;
    return ((size_t)group * (size_t)k + (size_t)row * (size_t)wide + (size_t)(block - group)) * UNROLL_LANES;
}

/* The time layout of a packed batch: time-major, sequences sorted by falling length; row of (t, b) is offset[t] + b. */
typedef struct unroll_time {
    int size, steps;   /* B, T */
    int total;         /* rows in all */
    const int *rows;   /* (T): sequences alive at step t */
    const int *offset; /* (T + 1) */
    const int *length; /* (B): steps of each sequence */
} unroll_time;

typedef struct unroll_layer unroll_layer;

typedef struct unroll_layer_kind {
    const char *name;
    /* trainable reals, padding included; layer->w and layer->g are then given as that many reals */
    size_t (*reals)(const unroll_layer *layer);
    /* takes its buffers (twice: once to count; after the layer whose packed weights it uses); sets layer->output and
       layer->d_output */
    void (*take)(unroll_layer *layer, unroll_arena *arena);
    int (*weights)(const unroll_layer *layer);
    void (*weight)(const unroll_layer *layer, int index, unroll_weight *out);
    /* place of element (row, column) of weight `index` among the layer's reals */
    size_t (*locate)(const unroll_layer *layer, int index, int row, int column);
    unroll_status (*init)(unroll_layer *layer, const unroll_settings *settings, uint64_t seed, int first_stream);
    /* after the weights have changed; of layers that share what they pack, the one that has it */
    void (*refresh)(unroll_layer *layer, const unroll_team *team);
    void (*forward)(unroll_layer *layer, const unroll_time *time, const unroll_team *team);
    /* from d_output to the gradient (added to g) and, where input_gradient is set, to d_input */
    void (*backward)(unroll_layer *layer, const unroll_time *time, const unroll_team *team);
    /* makes small copies of weights that have changed, where the setting weights asks for them; may be NULL */
    void (*shrink)(unroll_layer *layer);
    /* one step of `rows` sequences from stream_input to stream_output, carrying the state on */
    void (*step)(unroll_layer *layer, int rows);
    void (*reset)(unroll_layer *layer);
    /* carried state number `state` (0: h, 1: c): the initial rows and, `batch` rows on, those of every step; NULL where a
       layer carries nothing */
    unroll_matrix (*states)(unroll_layer *layer, int state);
    unroll_matrix (*stream_states)(unroll_layer *layer, int state);
} unroll_layer_kind;

struct unroll_layer {
    const unroll_layer_kind *kind;
    int index, inputs, outputs;
    bool symbols, input_gradient, two_biases;
    int batch, capacity; /* most sequences at once; most rows (batch * steps) */
    int bptt;
    real *w, *g;
    unroll_matrix input, output, d_input, d_output;
    const int *symbol; /* (rows), instead of input */
    unroll_matrix stream_input, stream_output;
    const int *stream_symbol;
    const unroll_layer *packed; /* of which this one uses what it packs of its weights; NULL: it has its own */
    void *own;                  /* the kind's data */
};

extern const unroll_layer_kind unroll_recurrent_layer;
extern const unroll_layer_kind unroll_dense_layer;

/* Give a layer whose sizes are set its kind and the kind's data (layer->own, one malloc'ed block). */
typedef struct unroll_recurrent unroll_recurrent;
unroll_status unroll_recurrent_open(unroll_layer *layer, const unroll_isa *isa, const unroll_settings *settings);
int unroll_recurrent_states(const unroll_layer *layer); /* S: 1, or 2 */
/* Into how many micro-batches (model/inside.h) a batch is best parted: a function of the shape alone. */
int unroll_recurrent_micros(int gates, int hidden, int batch);
/* As many of the `asked` threads as make a step of a recurrent layer faster. */
int unroll_recurrent_threads(int gates, int hidden, int batch, int asked);

typedef struct unroll_dense unroll_dense;
unroll_status unroll_dense_open(unroll_layer *layer, const unroll_engine *engine);

/* init.c: draw weight `index` of a layer from Philox stream `stream`. */
typedef enum unroll_init_kind { UNROLL_INIT_ORTHOGONAL, UNROLL_INIT_IDENTITY } unroll_init_kind;
/* uniform in +-limit over all elements */
void unroll_init_uniform(unroll_layer *layer, int index, uint64_t seed, int stream, double limit);
/* each square block of `size` rows: a random orthogonal matrix (Gram-Schmidt on normal draws), or the identity */
unroll_status unroll_init_blocks(unroll_layer *layer, int index, uint64_t seed, int stream, int size,
                                 unroll_init_kind kind);

#endif
