/* attention.h: the insides of the attention layer, shared by attention*.c.

   A pair is one sequence and one head. Its keys and values are brought from the set's order, time by time, into tiles of
   UNROLL_ATTENTION_TILE keys, counted from key 0, and its queries go over these tile by tile: memory grows with the length of a
   sequence, not with its square, and one query alone gets the bits that it gets among others. */
#ifndef UNROLL_LAYERS_ATTENTION_H
#define UNROLL_LAYERS_ATTENTION_H

#include "layers/graph.h"

enum { UNROLL_QUERY, UNROLL_KEY, UNROLL_VALUE, UNROLL_ATTENTION_PARTS };
enum { UNROLL_ATTENTION_BLOCKS = UNROLL_ATTENTION_TILE / UNROLL_LANES /* of a tile of scores */ };

typedef struct unroll_attention_layer {
    int heads, size;  /* columns of a head */
    int blocks;       /* of a head's columns */
    int width;        /* columns of queries, of keys and of values: heads * size */
    bool causal, rotary;
    real scale;       /* 1 / sqrt(size) */
    uint32_t dropped; /* weights in training, of UNROLL_MASK_SHARES */
    struct {
        int source, first; /* the layer's source where it is, from this column on */
    } part[UNROLL_ATTENTION_PARTS];
    const real **zero; /* what products start from */
} unroll_attention_layer;

/* Some reals of one pair, (rows, 16 blocks), that lie like weights in groups of `width` blocks (simd/engine.h); width 1: block
   after block. Its rows begin at `first`. */
typedef struct unroll_piece {
    real *at;
    int blocks, width, rows, first;
} unroll_piece;

/* What a thread needs to work at a pair; room for the longest sequences. */
typedef struct unroll_attention_room {
    real *area;                /* forward and backward each carve it up */
    real *score, *d_score;     /* [UNROLL_ATTENTION_BLOCKS][UNROLL_ATTENTION_TILE][16] each, */
    real *mask;                /* and this one, where weights are dropped: 0, or what makes up for those that are */
    real *score_at[UNROLL_ATTENTION_BLOCKS], *d_score_at[UNROLL_ATTENTION_BLOCKS], *mask_at[UNROLL_ATTENTION_BLOCKS];
    real **q_at, **o_at, **d_q_at, **spare_at; /* (blocks of a head) each */
    real *sum;                 /* (UNROLL_ATTENTION_TILE, 16) */
    real *peak, *inverse, *delta; /* (queries) */
} unroll_attention_room;

/* Keys and values of streaming: of each pair one run of tiles of each. */
typedef struct unroll_attention_cache {
    real *k, *v;   /* (rows of streaming or sequences of the source, heads, tiles, UNROLL_ATTENTION_TILE, 16 blocks) */
    int tiles;     /* of one pair */
    real *spare;   /* one tile of every row */
} unroll_attention_cache;

typedef struct unroll_attention_node {
    unroll_attention_room *room; /* (threads) */
    real *peak, *inverse;        /* (heads, rows of the set): for backward */
    real *cosine, *sine;         /* [blocks][steps][16], where it is rotary */
    int angles;                  /* steps of those */
    unroll_attention_cache cache;
    int *length;                 /* (batch): of crossing, keys of each of the caller's sequences */
    int each;                    /* of crossing, rows of streaming for each of them */
    int now, room_steps;         /* steps that have been streamed; that there is room for */
    unroll_arena reserved;       /* memory of a reservation: the cache and the angles then lie in it */
} unroll_attention_node;

/* reals of `count` keys, in whole tiles */
static inline size_t unroll_attention_reals(const unroll_attention_layer *own, int count)
{
    return (size_t)((count + UNROLL_ATTENTION_TILE - 1) / UNROLL_ATTENTION_TILE) * (size_t)own->blocks * UNROLL_ATTENTION_TILE *
           UNROLL_LANES;
}

/* Between some rows of a matrix (rows: their numbers) and a piece: the columns of head `head` from column `first` on. */
void unroll_piece_take(unroll_piece to, unroll_matrix from, const int *row, int rows, int first, int columns);
void unroll_piece_give(unroll_piece from, unroll_matrix to, const int *row, int rows, int first, int columns, bool adds);
/* Times `factor`, block after block. */
void unroll_piece_scale(const unroll_engine *engine, unroll_piece piece, int rows, real factor);
/* Turns the rows, of steps from `step` on, by their steps' angles, or back. */
void unroll_piece_rotate(const unroll_node *node, unroll_piece piece, int step, int rows, bool back);

/* Which weights of a pair are dropped follows from these, from the query and from the key. */
typedef struct unroll_attention_drop {
    uint32_t key[2]; /* of the seed, the training step and the layer */
    int sequence;    /* its place in the caller's batch */
    int head;
} unroll_attention_drop;

/* Sets room->q_at and room->o_at as forward and steps want them, behind a tile of other use. */
void unroll_attention_carve(const unroll_attention_layer *own, unroll_attention_room *room);
/* The keys and values of source rows `row` (count) to tiles. */
void unroll_attention_keys(const unroll_node *node, const unroll_matrix part[UNROLL_ATTENTION_PARTS], const int *row, int step,
                           int count, int head, unroll_attention_room *room, real *k, real *v);
/* The queries of some rows (at most a tile), scaled and turned, to room->q_at. */
void unroll_attention_queries(const unroll_node *node, unroll_matrix from, const int *row, int step, int rows, int head,
                              unroll_attention_room *room);
/* Outputs of queries at room->q_at, from reals `q_from` on, to room->o_at; `position`: of the first of them among the keys, of
   which it sees no later ones; `count`: all keys that the tiles have; drop: NULL where no weight is dropped. */
void unroll_attention_outputs(const unroll_node *node, int rows, int position, const real *k, const real *v, int count,
                              const unroll_attention_drop *drop, unroll_attention_room *room);

void unroll_attention_forward(unroll_node *node, const unroll_pass *pass);
void unroll_attention_backward(unroll_node *node, const unroll_pass *pass);

/* Streaming (layer.h) */
void unroll_attention_take_stream(unroll_node *node, unroll_arena *arena);
unroll_status unroll_attention_reserve(unroll_node *node, int steps);
void unroll_attention_close(unroll_node *node);
void unroll_attention_reset(unroll_node *node);
void unroll_attention_enter(unroll_node *node, int each);
void unroll_attention_reorder(unroll_node *node, const int *from, int rows);
void unroll_attention_step(unroll_node *node, int rows);
size_t unroll_attention_held(const unroll_node *node);

#endif
