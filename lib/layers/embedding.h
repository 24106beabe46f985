/* embedding.h: what a layer that shares an embedding's weights must know of it (inside lib/layers). */
#ifndef UNROLL_LAYERS_EMBEDDING_H
#define UNROLL_LAYERS_EMBEDDING_H

#include "layers/graph.h"

enum { UNROLL_EMBEDDING_WIDTH = 4 }; /* blocks in a group of the weights (symbols, columns) */

typedef struct unroll_embedding {
    int symbols;
    bool shared;   /* by a dense layer: its gradient has all rows */
    real *nothing; /* zeros, one for each lane of a group */
} unroll_embedding;

extern const unroll_layer_kind unroll_layer_embedding;

#endif
