/* graph.h: a list of layers, each after its sources. A network (networks/) builds one; the model opens it. */
#ifndef UNROLL_LAYERS_GRAPH_H
#define UNROLL_LAYERS_GRAPH_H

#include "layers/layer.h"

typedef struct unroll_graph {
    const unroll_settings *settings;
    const unroll_isa *isa;
    unroll_layer **layer; /* (count) */
    int count, room;
    int input[UNROLL_SETS]; /* the layer that is the input of each set; -1: it has none */
    bool input_gradient; /* the gradient of inputs of reals is wanted */
    int output;          /* the layer whose rows the loss reads; the network says which */
} unroll_graph;

/* An empty one; `settings` must outlive it. */
void unroll_graph_open(unroll_graph *graph, const unroll_settings *settings, const unroll_isa *isa, bool input_gradient);
void unroll_graph_close(unroll_graph *graph);

/* Adds a layer of `kind` with these sources; `options` is the kind's own (may be NULL) and is read at once. *index: its
   place, for those that read it. Fails with UNROLL_WRONG where the kind cannot do what is asked, UNROLL_FAILED when memory
   is short. Kinds offer functions of their own for it (below, and in layers/recurrent.h). */
unroll_status unroll_graph_add(unroll_graph *graph, const unroll_layer_kind *kind, const char *name, const int *source,
                               int sources, const void *options, int *index);

/* The input of a set: reals (inputs > 0) or symbols (symbols > 0). */
unroll_status unroll_add_input(unroll_graph *graph, unroll_set_index set, int inputs, int symbols, int *index);
/* y = W x + b on every row: "NAME.weight" (outputs, inputs), "NAME.bias" (outputs). */
unroll_status unroll_add_dense(unroll_graph *graph, const char *name, int source, int outputs, int *index);
/* Each sequence's last row, on the set UNROLL_ONCE. In streaming every step is the last so far. */
unroll_status unroll_add_last(unroll_graph *graph, int source, int *index);
/* Each sequence's first row: where a layer that reads backwards has read all. */
unroll_status unroll_add_first(unroll_graph *graph, int source, int *index);
/* An element-wise function. */
unroll_status unroll_add_function(unroll_graph *graph, int source, unroll_function function, int *index);
/* The sum, and the product element by element, of sources of one width. */
unroll_status unroll_add_sum(unroll_graph *graph, const int *source, int sources, int *index);
unroll_status unroll_add_product(unroll_graph *graph, int first, int second, int *index);
/* Columns side by side. */
unroll_status unroll_add_join(unroll_graph *graph, const int *source, int sources, int *index);
/* Layer norm: "NAME.weight" (columns), "NAME.bias" (columns). */
unroll_status unroll_add_norm(unroll_graph *graph, const char *name, int source, int *index);
/* In training each element is zero with chance `rate` (in parts of 65536), the others are larger by 1 / (1 - rate). */
unroll_status unroll_add_dropout(unroll_graph *graph, int source, double rate, int *index);
/* softmax(q k^T / sqrt(d)) v, head by head (layers/attention.c). Sources: one with queries, keys and values side by side; two, of
   which the second has keys and values; or three. Keys and values may be of another set than the queries. UNROLL_WRONG where the
   heads do not part the columns. */
typedef struct unroll_attention_options {
    int heads;
    bool causal; /* a step sees no later ones */
    bool rotary; /* queries and keys are turned by their step's angles */
    double dropout; /* chance that a weight is zero in training (in parts of 65536); the others are larger by 1 / (1 - dropout) */
} unroll_attention_options;
unroll_status unroll_add_attention(unroll_graph *graph, const int *source, int sources, const unroll_attention_options *options,
                                   int *index);
/* The source plus a sine or cosine of the step in each column (layers/positions.c). */
unroll_status unroll_add_positions(unroll_graph *graph, int source, int *index);
/* A row of weights for each symbol: "NAME.weight" (symbols, columns). */
unroll_status unroll_add_embedding(unroll_graph *graph, const char *name, int source, int columns, int *index);
/* y = x E^T + b with the weights of an embedding: "NAME.bias" (symbols). */
unroll_status unroll_add_tied(unroll_graph *graph, const char *name, int source, int embedding, int *index);

/* ---- weights, of all layers in their order ---- */
int unroll_graph_weights(const unroll_graph *graph);
/* The layer of weight `index`; *index: which of its own it is. */
unroll_layer *unroll_graph_layer_of(const unroll_graph *graph, int *index);

/* ---- counts, from the table of kinds alone ---- */
int64_t unroll_graph_parameters(const unroll_graph *graph);
/* A batch: so many sequences, of so many steps in each set. */
typedef struct unroll_extent {
    double sequences, steps[UNROLL_SETS];
} unroll_extent;
/* What a training step over a batch computes: multiplications and additions of all matrix products, forward and backward. */
double unroll_graph_operations(const unroll_graph *graph, const unroll_extent *batch);
/* Of these, those that must wait for the step before: products with the state, forward and backward. */
double unroll_graph_waiting(const unroll_graph *graph, const unroll_extent *batch);
/* All with the elementwise part at a fixed price each: what a sweep orders its runs by. */
double unroll_graph_cost(const unroll_graph *graph, const unroll_extent *batch);
/* Bytes that a training step over a batch must read and write at least: weights that wait for the step before, at every step
   forward and backward, and what is left for backward, written once and read once. */
double unroll_graph_bytes(const unroll_graph *graph, const unroll_extent *batch);
/* The work of a step of one sequence by which a batch is parted (layers/parts.h): of the layer that has the most, the
   multiply-adds that wait for the step before; of a graph where nothing waits, all, with the elementwise part's price. */
double unroll_graph_sequential(const unroll_graph *graph);
/* Whether some step waits for the one before. */
bool unroll_graph_waits(const unroll_graph *graph);

#endif
