/* network.h: an architecture: from settings and the problem that a task poses to a graph of layers. A new one is one file,
   lib/networks/X.c, that defines `const unroll_network network_X`. */
#ifndef UNROLL_MODEL_NETWORK_H
#define UNROLL_MODEL_NETWORK_H

#include "base/record.h"
#include "base/settings.h"
#include "base/status.h"
#include "layers/graph.h"
#include "model/model.h"

/* What a model is and does beside its name (unroll list models), at default settings. NULL, "" and 0: not told. */
typedef struct unroll_model_about {
    const char *equations, *paper; /* each in one line */
    char gates[96], states[64];    /* their names, parted by blanks */
    char settings[256];            /* that this model reads and not every other of its network, parted by blanks */
    char step[256];                /* what a step computes, in words */
    /* of a layer of `hidden` = 64 units over as many inputs, with two biases: its parameters, the multiply-adds of a step of one
       sequence, and how many of those wait for the step before */
    int64_t parameters, products, waiting;
} unroll_model_about;

typedef struct unroll_network {
    const char *name, *title;
    const unroll_setting *settings; /* the network's own rows, section "network NAME" */
    int setting_count;
    const unroll_setting *shared; /* rows that a cell reads, too, from one place (cells/shared); NULL: none */
    int shared_count;
    /* Whether a row of its own can matter to one of its models; NULL: each matters to all of them. */
    bool (*reads)(const char *model, const unroll_setting *row);
    /* The i-th value of the setting model that means this network; NULL past the last. */
    const char *(*model)(int index);
    const char *(*model_title)(int index);
    /* Settings that the tests try beside the defaults, as of a cell (cells/cell.h); NULL: none. */
    const char *const *variants;
    /* Tells about it; `about` is empty before. NULL: nothing is told. Fails when memory is short. */
    unroll_status (*model_about)(int index, unroll_model_about *about);
    bool stateless; /* it carries nothing from batch to batch: of a running text it sees windows of `length` steps */
    /* What `hidden` must be a multiple of, under these settings, `hidden` among them; NULL: 1. */
    int (*width)(const unroll_settings *settings);
    /* Columns of a record that tell what the model is; may be NULL. */
    void (*describe)(const unroll_settings *settings, unroll_record *record);
    /* Adds its layers to `graph` for `shape`: the inputs first; sets graph->output. */
    unroll_status (*build)(const unroll_settings *settings, const unroll_model_shape *shape, unroll_graph *graph);
} unroll_network;

/* Every network in lib/networks, in name order (from the generated registry). */
extern const unroll_network *const unroll_networks[];
extern const int unroll_network_count;
/* The network that a value of the setting model means; NULL when there is none. */
const unroll_network *unroll_network_find(const char *model);
/* The same of the setting model; UNROLL_WRONG names it. */
unroll_status unroll_network_of(const unroll_settings *settings, const unroll_network **network);
/* What `hidden` must be a multiple of in the settings' model. */
int unroll_network_width(const unroll_settings *settings);
/* Whether the settings' model carries nothing from batch to batch. */
bool unroll_network_stateless(const unroll_settings *settings);
/* The graph of the settings' model. UNROLL_WRONG names the model; to be closed whether or not it succeeds. */
unroll_status unroll_network_build(const unroll_settings *settings, const unroll_model_shape *shape, const unroll_isa *isa,
                                   unroll_graph *graph);
/* The same of one network. */
unroll_status unroll_network_graph(const unroll_network *network, const unroll_settings *settings,
                                   const unroll_model_shape *shape, const unroll_isa *isa, unroll_graph *graph);
/* For a network's build: the head on layer `top`, graph->output. With tied=yes it has the weights of the embedding `table`, -1: there
   is none; between them and a `top` of another width stands a dense layer. UNROLL_WRONG where it has none to share. */
unroll_status unroll_network_head(const unroll_settings *settings, const unroll_model_shape *shape, unroll_graph *graph, int table,
                                  int top);
/* The whole batch of a shape. */
unroll_extent unroll_shape_extent(const unroll_model_shape *shape);
/* Adds the columns that tell what the settings' model is. */
void unroll_network_describe(const unroll_settings *settings, unroll_record *record);

#endif
