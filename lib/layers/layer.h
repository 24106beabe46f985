/* layer.h: what a layer is. A model is a graph of layers over packed sets of sequences (simd/set.h). A layer has a kind,
   which is a table of functions, and a list of sources, earlier layers whose outputs it reads. Its own output is one
   matrix: a row for each step of its set, a column for each unit; or one column of symbols.

   A batch is computed in micro-batches (model/inside.h). What a layer is (sizes, weights) stands once in unroll_layer; what
   it works on (outputs, gradients, whatever is kept for backward) stands once a micro-batch in unroll_node.

   A new kind is one file here that defines `const unroll_layer_kind unroll_layer_NAME`, and a function that adds a layer of
   it to a graph (layers/graph.h). */
#ifndef UNROLL_LAYERS_LAYER_H
#define UNROLL_LAYERS_LAYER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/real.h"
#include "base/settings.h"
#include "base/status.h"
#include "base/team.h"
#include "simd/engine.h"
#include "simd/set.h"

enum { UNROLL_MOST_SOURCES = 8, UNROLL_NAME_ROOM = 48 };

/* The sets that layers live on. */
typedef enum unroll_set_index {
    UNROLL_SOURCE, /* the input's sequences */
    UNROLL_TARGET, /* the answer's, where they have lengths of their own */
    UNROLL_ONCE,   /* one row for each sequence of the input, in the same order */
    UNROLL_SETS
} unroll_set_index;

/* A named weight: (rows, columns); columns = 0: a vector. */
typedef struct unroll_weight {
    char name[UNROLL_NAME_ROOM];
    int rows, columns;
} unroll_weight;

/* A part of the state that a layer carries from step to step. */
typedef struct unroll_state {
    char name[UNROLL_NAME_ROOM]; /* "h", "c" */
    int columns;
} unroll_state;

/* What can be copied out of a pass (model/view.h). */
typedef struct unroll_view {
    char name[2 * UNROLL_NAME_ROOM]; /* "rnn.h_l0"; a kind gives what follows the layer's name: ".h_l0" */
    int columns;
    int steps;     /* most of a sequence; the model sets it */
    bool gradient; /* it is there once backward is done; else once forward is */
} unroll_view;

/* What a pass over a packed micro-batch is for. Every thread of the team calls a kind's function, does its part, and leaves
   it after a barrier where others need what it did. */
typedef struct unroll_pass {
    const unroll_team *team;
    bool training; /* dropout and the like are on */
    uint64_t seed; /* of their draws, */
    int64_t step;  /* and the training step: a draw is a function of both, of the layer and of the place in the batch */
} unroll_pass;

typedef struct unroll_layer unroll_layer;
typedef struct unroll_node unroll_node;
struct unroll_graph;

/* Which rows a row sees: none, all of its sequence, or those up to itself. */
typedef enum unroll_pairs { UNROLL_PAIRS_NONE, UNROLL_PAIRS_ALL, UNROLL_PAIRS_BEFORE } unroll_pairs;

/* The counts of one layer, for one row of its set (one step of one sequence). */
typedef struct unroll_counts {
    double products;        /* multiply-adds of matrix products: forward, */
    double weight_products; /* backward for the weights, */
    double source_products; /* and backward for the sources that want a gradient and for the steps before */
    double elements;        /* elementary functions (sigmoid, tanh, exp), forward */
    double sequential;      /* of `products`, those that wait for the step before */
    double kept;            /* reals that forward leaves for backward */
    /* of attention, for each pair of a row and a row that it sees, of `pair_set`: multiply-adds forward (backward has twice as
       many), and elementary functions */
    unroll_pairs pairs;
    unroll_set_index pair_set;
    double pair_products, pair_elements;
} unroll_counts;

/* A gradient of which only some rows are there: of an embedding's weights (rows, 16 blocks), in groups of `width` blocks
   (simd/engine.h), those of the symbols that occurred, in the order in which they did. */
typedef struct unroll_sparse {
    int rows, blocks, width;
    int count, room; /* rows that are there; that there is room for */
    int *touched;    /* (room): which they are */
    int *place;      /* (rows): 1 + place among them; 0: it is not there */
    real *g;         /* (room, 16 blocks), in groups like the weights */
} unroll_sparse;

typedef struct unroll_layer_kind {
    const char *name, *title;
    size_t layer_bytes, node_bytes; /* of unroll_layer.own and unroll_node.own, which come zeroed */

    /* Reads the options that the graph was given (NULL: none) and the settings, checks the sources, and sets the layer's
       columns (or symbols) and set. UNROLL_WRONG with a sentence. */
    unroll_status (*open)(unroll_layer *layer, const void *options, const unroll_settings *settings);
    void (*count)(const unroll_layer *layer, unroll_counts *counts);

    /* Weights; all five are NULL where there are none. */
    size_t (*reals)(unroll_layer *layer); /* padding included: as many lie at layer->w and node->g */
    int (*weights)(const unroll_layer *layer);
    void (*weight)(const unroll_layer *layer, int index, unroll_weight *out);
    /* place of element (row, column) of weight `index` among the layer's reals */
    size_t (*locate)(const unroll_layer *layer, int index, int row, int column);
    /* Draws the initial weights; weight i from Philox stream `stream` + i. */
    unroll_status (*init)(unroll_layer *layer, const unroll_settings *settings, uint64_t seed, int stream);

    /* Memory; called twice each, first to count. */
    void (*take)(unroll_layer *layer, unroll_arena *arena); /* other forms of the weights; may be NULL */
    void (*take_node)(unroll_node *node, unroll_arena *arena); /* sets output, d_output, stream */

    /* Where the gradient of all the layer's weights is sparse: it, in place of node->g. NULL, or gives NULL: it is not. */
    unroll_sparse *(*sparse)(const unroll_node *node);

    /* After the weights have changed: makes the forms that passes read; may be NULL. */
    void (*refresh)(unroll_layer *layer, const unroll_team *team);
    /* The same for the forms that only streaming reads; may be NULL. */
    void (*refresh_stream)(unroll_layer *layer);

    void (*forward)(unroll_node *node, const unroll_pass *pass);
    /* From d_output to the weights' gradient (added to g) and to the d_output of each source that wants one: stored there,
       or added (node->adds). NULL where nothing can have a gradient. */
    void (*backward)(unroll_node *node, const unroll_pass *pass);
    /* How many of the layer's reals, the first ones, backward stores in g, and adds nothing to: nobody need clear them. NULL: none. */
    size_t (*stored)(const unroll_layer *layer);
    /* The same of some rows of the set, which lie in the first rows of output and d_output: of an output so wide that all rows
       at once would take too much memory. NULL: it cannot. Rows come in rising order, each once. */
    void (*forward_piece)(unroll_node *node, const unroll_pass *pass, unroll_part rows);
    void (*backward_piece)(unroll_node *node, const unroll_pass *pass, unroll_part rows);
    /* Of a layer that is `regularised`, a part of the weights' gradient that is a mean over rows of the whole batch: how many
       rows of this micro-batch are in it, known once backward is done; and then, with the number of those of all micro-batches,
       what its own rows add to g. NULL of a kind without such layers. */
    int (*regularised_rows)(const unroll_node *node);
    void (*regularise)(unroll_node *node, const unroll_pass *pass, int64_t rows);
    /* One step of `rows` sequences: from the sources' `stream` to its own. */
    void (*step)(unroll_node *node, int rows);
    /* Whether it can: false for what needs to know later steps. NULL: it can. */
    bool (*streams)(const unroll_layer *layer);

    /* Carried state: all NULL where there is none. A sequence's state is one vector, its parts one after the other. */
    int (*states)(const unroll_layer *layer);
    void (*state)(const unroll_layer *layer, int index, unroll_state *out);
    /* Sets the state before the first step: of the sequence at place i of the micro-batch to state + i * stride, or, NULL,
       all to zero. */
    void (*start)(unroll_node *node, const real *state, size_t stride);
    void (*end)(const unroll_node *node, real *state, size_t stride); /* the state after each sequence's last step */
    /* The state of streaming: to zero; of row `row` out and in; and row i becomes what row from[i] was (of beams). */
    void (*reset)(unroll_node *node);
    /* The state of streaming before the first step of the target's set, from what the source's set has left: of `each` rows
       for every sequence. NULL where it is zero, or there is none. */
    void (*enter)(unroll_node *node, int each);
    /* Room for so many steps after a reset, where what is carried grows with them: at first there is that of the set's steps.
       UNROLL_FAILED when memory is short. And gives back what that took. Both NULL: what is carried does not grow. */
    unroll_status (*reserve)(unroll_node *node, int steps);
    void (*close_node)(unroll_node *node);
    /* Reals that a row of streaming keeps by now, of such a kind; NULL: those of its states. */
    size_t (*held)(const unroll_node *node);
    void (*save)(const unroll_node *node, int row, real *state);
    void (*load)(unroll_node *node, int row, const real *state);
    void (*reorder)(unroll_node *node, const int *from, int rows);

    /* Views, and what they are called; both NULL: its output, ".y", and the gradient of that, ".d_y". */
    int (*views)(const unroll_layer *layer);
    void (*view)(const unroll_layer *layer, int index, unroll_view *out);
    /* From now on passes keep what they leave nowhere else; called twice, first to count. Without an arena: from now on they
       do not. May be NULL. */
    void (*keep)(unroll_node *node, int index, unroll_arena *arena);
    /* Where it lies, a row for each row of the set: called after forward or, of a gradient, after backward. NULL: in output and
       d_output. */
    unroll_matrix (*look)(const unroll_node *node, int index);

    /* For the tests that every kind gets: adds the kind's example number `index` to a graph, on a source of reals or on one
       of symbols; a recurrent layer is one of the cell that the graph's settings name. */
    int examples;
    unroll_status (*example)(struct unroll_graph *graph, int index, int reals, int symbols, int *out);
} unroll_layer_kind;

struct unroll_layer {
    const unroll_layer_kind *kind;
    char name[UNROLL_NAME_ROOM]; /* the weights' prefix: "rnn", "head" */
    int index;                   /* in the graph */
    unroll_set_index set;
    int columns; /* of its output */
    int symbols; /* > 0: its output is symbols below this */
    unroll_layer *source[UNROLL_MOST_SOURCES];
    int sources;
    int readers; /* layers that it is a source of, each as often as it is */
    unroll_layer *shares; /* NULL, or the layer some of whose weights it uses, too; its kind's open says so */
    const unroll_isa *isa;
    bool trains; /* a gradient is wanted of its output */
    bool regularised; /* its kind's `regularise` is called */
    real *w;
    void *own;
};

struct unroll_node {
    unroll_layer *layer;
    const unroll_set *set;
    int batch, capacity; /* most sequences at once; most rows */
    int steps;           /* most of a sequence */
    int threads;         /* most of a team that works at it */
    int streams;         /* most rows of a streaming step */
    int sparse_room;     /* most rows of a sparse gradient: of this micro-batch, or, of the first one, of all */
    real *g;
    unroll_matrix output, d_output;
    bool in_place;    /* d_output takes output's place: of one in pieces, which nobody reads again */
    int *symbol; /* (rows), of a layer whose output is symbols */
    unroll_matrix stream; /* (streams, columns): its output at the last streaming step */
    int *stream_symbol;   /* (streams) */
    unroll_node *source[UNROLL_MOST_SOURCES];
    unroll_node *shares;              /* of layer->shares: there the gradient of those weights is added up */
    bool wanted[UNROLL_MOST_SOURCES]; /* backward goes on to this source, */
    bool adds[UNROLL_MOST_SOURCES];   /* and adds to what is there, since another reader was first */
    void *own;
};

/* Every kind in lib/layers, in name order (from the generated registry). */
extern const unroll_layer_kind *const unroll_layer_kinds[];
extern const int unroll_layer_kind_count;

/* The gradient without rows. */
void unroll_sparse_clear(unroll_sparse *sparse);
/* The place of row `row` among those that are there; a new one is zero. */
int unroll_sparse_place(unroll_sparse *sparse, int row);
/* Adds the rows of another one, in their order. */
void unroll_sparse_add(const unroll_engine *engine, unroll_sparse *sparse, const unroll_sparse *other);
/* The reals of the row at `place` in the group that begins at block `block`, and how many they are. */
static inline real *unroll_sparse_piece(const unroll_sparse *sparse, int place, int block)
{
    return sparse->g + unroll_weight_place(sparse->blocks, sparse->width, sparse->room, block, place);
}
static inline size_t unroll_sparse_reals(const unroll_sparse *sparse, int block)
{
    return (size_t)(sparse->blocks - block < sparse->width ? sparse->blocks - block : sparse->width) * UNROLL_LANES;
}

/* Sources' width, whether reals or symbols. */
static inline int unroll_source_width(const unroll_layer *layer, int source)
{
    const unroll_layer *from = layer->source[source];
    return from->symbols > 0 ? from->symbols : from->columns;
}

/* Reals of a sequence's carried state. */
int unroll_layer_state(const unroll_layer *layer);

/* Its views: how many, which, and where one lies. */
int unroll_layer_views(const unroll_layer *layer);
void unroll_layer_view(const unroll_layer *layer, int index, unroll_view *out);
unroll_matrix unroll_node_look(const unroll_node *node, int index);

/* The key of a layer's random masks in a pass: of the seed, the training step and the layer. */
void unroll_pass_key(const unroll_layer *layer, const unroll_pass *pass, uint32_t key[2]);

/* UNROLL_WRONG where a source is symbols; where sources have different widths. */
unroll_status unroll_need_reals(const unroll_layer *layer);
unroll_status unroll_need_one_width(const unroll_layer *layer);

/* "PREFIXSUFFIX" to the weight's name. */
void unroll_weight_name(unroll_weight *weight, const char *prefix, const char *suffix);

/* A matrix of `columns` columns whose blocks lie `block_rows` rows apart; and one of `rows` rows that are read `together` at a
   time. */
unroll_matrix unroll_take_blocks(unroll_arena *arena, int columns, size_t block_rows);
unroll_matrix unroll_take_matrix(unroll_arena *arena, int columns, size_t rows, size_t together);
/* What the blocks of a product start from (simd/engine.h): each from its 16 of the reals that begin at from[place]; NULL: from
   zero. */
const real **unroll_take_starts(unroll_arena *arena, const real *from, size_t place, int blocks);
/* The node's output, gradient and streaming output, each a matrix of its own: what most kinds take. */
void unroll_take_outputs(unroll_node *node, unroll_arena *arena);
/* Rows of c, from `c_row` on, = rows of a (rows, k) times weights in groups of 4 blocks, on top of `start` (NULL: of what c
   holds). */
void unroll_rows_product(const unroll_engine *engine, unroll_part rows, unroll_matrix a, int k, const real *weights,
                         unroll_matrix c, int c_row, const real *const *start);
/* The same of a piece of k, whole column blocks of a: k rows `piece` of weights (k, ...). */
void unroll_rows_product_piece(const unroll_engine *engine, unroll_part rows, unroll_matrix a, int k, unroll_part piece,
                               const real *weights, unroll_matrix c, int c_row, const real *const *start);
/* A gradient of many columns goes through all that it is multiplied with in pieces of so many column blocks, that stay in the
   second-level cache meanwhile. */
enum { UNROLL_PIECE_BLOCKS = 16 };
/* Blocks of the piece of `blocks` for `rows` rows: all where they are few. */
static inline int unroll_piece_blocks(int blocks, int rows)
{
    return rows > UNROLL_LANES && blocks > 2 * UNROLL_PIECE_BLOCKS ? UNROLL_PIECE_BLOCKS : blocks;
}
/* This thread's part of some rows. */
static inline unroll_part unroll_rows_part(const unroll_team *team, unroll_part rows)
{
    unroll_part part = unroll_team_part(team, rows.end - rows.begin);
    return (unroll_part){rows.begin + part.begin, rows.begin + part.end};
}
/* Clears this thread's part of the set's rows of a gradient. */
void unroll_clear_rows(unroll_matrix m, const unroll_set *set, const unroll_team *team);

/* Draw weight `index` of a layer from Philox stream `stream`. */
typedef enum unroll_init_kind { UNROLL_INIT_ORTHOGONAL, UNROLL_INIT_IDENTITY } unroll_init_kind;
/* uniform in +-limit over all elements */
void unroll_init_uniform(unroll_layer *layer, int index, uint64_t seed, int stream, double limit);
/* each square block of `size` rows: a random orthogonal matrix (Gram-Schmidt on normal draws), or the identity */
unroll_status unroll_init_blocks(unroll_layer *layer, int index, uint64_t seed, int stream, int size,
                                 unroll_init_kind kind);

#endif
