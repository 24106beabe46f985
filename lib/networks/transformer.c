/* The Transformer (Vaswani et al., 2017), its layer norm before each part (Xiong et al., 2020), GELU (Hendrycks, Gimpel, 2016):
   `model=transformer`. A block is

       x = x + attention(norm(x)),  x = x + W2 gelu(W1 norm(x) + b1) + b2

   with an inner layer four times as wide, and a last norm follows the last block: torch.nn.TransformerEncoder of layers with
   norm_first, whose names its weights have. For another sequence as the answer there are two stacks: the encoder, which sees its
   whole sequence, and the decoder, which sees what was written so far and, between its own attention and its inner layer, all of
   the encoder's output.

   A tied head has the embedding's weights (Press and Wolf, 2017). Unlike in Vaswani et al. the embedding is not multiplied by the
   root of the width: the norms stand before the parts, and training finds its size.

   dropout= is on the sum of inputs and positions, on what each part adds, and inside the inner layer, attention_dropout= on
   attention's weights: torch.nn.TransformerEncoderLayer's dropout is both. */
#include <stdio.h>
#include <string.h>

#include "cells/shared/heads.h"
#include "model/network.h"

enum { INNER = 4 /* times the width */ };

static const unroll_setting rows[] = {
    {"positions", UNROLL_CHOICE, 0, 0, "sinusoidal|rotary|none", "sinusoidal", "",
     "how a step's place is told: sines and cosines added to the input, queries and keys turned, or not at all",
     "network transformer", 0},
    {"causal", UNROLL_BOOL, 0, 0, "", "yes", "",
     "a step sees no later ones; no: it sees all, and the model cannot go step by step", "network transformer", 0},
    {"attention_dropout", UNROLL_REAL, 0, 0.99, "", "0", "", "share of attention's weights dropped in training",
     "network transformer", 0},
};

static const char *const variants[] = {"heads=3 positions=rotary", "positions=none attention_dropout=0.2", NULL};

static const char *transformer_model(int index)
{
    return index == 0 ? "transformer" : NULL;
}

static const char *transformer_title(int index)
{
    (void)index;
    return "Transformer: attention and an inner layer, norm before each";
}

/* As asked for; else 4, fewer of a narrow model. */
static int heads_wanted(const unroll_settings *settings, int width)
{
    int heads = (int)unroll_int(settings, "heads");
    return heads > 0 ? heads : width >= 32 ? 4 : width >= 16 ? 2 : 1;
}

/* The same; fewer of a width that they do not part, too, unless they were asked for. */
static int heads_of(const unroll_settings *settings, int width)
{
    int heads = heads_wanted(settings, width);
    while (unroll_int(settings, "heads") == 0 && width % heads != 0)
        heads /= 2;
    return heads;
}

/* What all blocks of a stack have in common. */
typedef struct stack {
    const char *name; /* "encoder" */
    int layers, width, memory; /* memory: the encoder's output, or -1 */
    int table;                 /* the embedding of its inputs; -1: there is none */
    double dropout;
    bool sinusoidal;
    unroll_attention_options attention;
} stack;

static stack stack_of(const unroll_settings *settings, const char *name)
{
    int width = (int)unroll_int(settings, "hidden");
    const char *positions = unroll_text(settings, "positions");
    return (stack){.name = name,
                   .layers = (int)unroll_int(settings, "layers"),
                   .width = width,
                   .memory = -1,
                   .table = -1,
                   .dropout = unroll_real(settings, "dropout"),
                   .sinusoidal = strcmp(positions, "sinusoidal") == 0,
                   .attention = {.heads = heads_of(settings, width), .rotary = strcmp(positions, "rotary") == 0,
                                 .causal = unroll_flag(settings, "causal"),
                                 .dropout = unroll_real(settings, "attention_dropout")}};
}

static unroll_status drop(unroll_graph *graph, const stack *s, int *top)
{
    return s->dropout > 0 ? unroll_add_dropout(graph, *top, s->dropout, top) : unroll_ok();
}

static const char *name_of(char room[UNROLL_NAME_ROOM], const stack *s, int level, const char *part)
{
    snprintf(room, UNROLL_NAME_ROOM, "%s.layers.%d.%s", s->name, level, part);
    return room;
}

/* what a part of a block makes of *top is added to it */
static unroll_status add_to(unroll_graph *graph, const stack *s, int branch, int *top)
{
    UNROLL_TRY(drop(graph, s, &branch));
    return unroll_add_sum(graph, (int[]){*top, branch}, 2, top);
}

static unroll_status add_self(unroll_graph *graph, const stack *s, int level, int *top)
{
    char name[UNROLL_NAME_ROOM];
    int branch;
    UNROLL_TRY(unroll_add_norm(graph, name_of(name, s, level, "norm1"), *top, &branch));
    UNROLL_TRY(unroll_add_dense(graph, name_of(name, s, level, "self_attn.in_proj"), branch, 3 * s->width, &branch));
    UNROLL_TRY(unroll_add_attention(graph, &branch, 1, &s->attention, &branch));
    UNROLL_TRY(unroll_add_dense(graph, name_of(name, s, level, "self_attn.out_proj"), branch, s->width, &branch));
    return add_to(graph, s, branch, top);
}

static unroll_status add_crossing(unroll_graph *graph, const stack *s, int level, int *top)
{
    unroll_attention_options all = {.heads = s->attention.heads, .dropout = s->attention.dropout};
    char name[UNROLL_NAME_ROOM];
    int branch, from[2];
    UNROLL_TRY(unroll_add_norm(graph, name_of(name, s, level, "norm2"), *top, &branch));
    UNROLL_TRY(unroll_add_dense(graph, name_of(name, s, level, "multihead_attn.q_proj"), branch, s->width, &from[0]));
    UNROLL_TRY(unroll_add_dense(graph, name_of(name, s, level, "multihead_attn.kv_proj"), s->memory, 2 * s->width, &from[1]));
    UNROLL_TRY(unroll_add_attention(graph, from, 2, &all, &branch));
    UNROLL_TRY(unroll_add_dense(graph, name_of(name, s, level, "multihead_attn.out_proj"), branch, s->width, &branch));
    return add_to(graph, s, branch, top);
}

static unroll_status add_inner(unroll_graph *graph, const stack *s, int level, int *top)
{
    char name[UNROLL_NAME_ROOM];
    int branch;
    UNROLL_TRY(unroll_add_norm(graph, name_of(name, s, level, s->memory < 0 ? "norm2" : "norm3"), *top, &branch));
    UNROLL_TRY(unroll_add_dense(graph, name_of(name, s, level, "linear1"), branch, INNER * s->width, &branch));
    UNROLL_TRY(unroll_add_function(graph, branch, UNROLL_GELU, &branch));
    UNROLL_TRY(drop(graph, s, &branch));
    UNROLL_TRY(unroll_add_dense(graph, name_of(name, s, level, "linear2"), branch, s->width, &branch));
    return add_to(graph, s, branch, top);
}

/* All blocks on *top, an input. */
static unroll_status add_stack(unroll_graph *graph, stack *s, const char *input, int *top)
{
    char name[UNROLL_NAME_ROOM];
    if (graph->layer[*top]->symbols > 0)
        UNROLL_TRY(unroll_add_embedding(graph, input, *top, s->width, top));
    else
        UNROLL_TRY(unroll_add_dense(graph, input, *top, s->width, top));
    s->table = graph->layer[*top]->source[0]->symbols > 0 ? *top : -1;
    if (s->sinusoidal)
        UNROLL_TRY(unroll_add_positions(graph, *top, top));
    UNROLL_TRY(drop(graph, s, top));
    for (int level = 0; level < s->layers; level++) {
        UNROLL_TRY(add_self(graph, s, level, top));
        if (s->memory >= 0)
            UNROLL_TRY(add_crossing(graph, s, level, top));
        UNROLL_TRY(add_inner(graph, s, level, top));
    }
    snprintf(name, sizeof name, "%s.norm", s->name);
    return unroll_add_norm(graph, name, *top, top);
}

static unroll_status add_decoder(const unroll_settings *settings, const unroll_model_shape *shape, unroll_graph *graph, int *top)
{
    stack s = stack_of(settings, "decoder");
    s.memory = *top;
    s.attention.causal = true;
    UNROLL_TRY(unroll_add_input(graph, UNROLL_TARGET, 0, shape->outputs + 1, top)); /* the classes and the start */
    return add_stack(graph, &s, "decoder_embedding", top);
}

static unroll_status transformer_build(const unroll_settings *settings, const unroll_model_shape *shape, unroll_graph *graph)
{
    stack s = stack_of(settings, "encoder");
    int top;
    if (shape->answer == UNROLL_SEQUENCE)
        s.attention.causal = false;
    UNROLL_TRY(unroll_add_input(graph, UNROLL_SOURCE, shape->inputs, shape->symbols, &top));
    UNROLL_TRY(add_stack(graph, &s, "embedding", &top));
    if (shape->answer == UNROLL_AT_LAST)
        UNROLL_TRY(unroll_add_last(graph, top, &top));
    else if (shape->answer == UNROLL_SEQUENCE)
        UNROLL_TRY(add_decoder(settings, shape, graph, &top));
    return unroll_network_head(settings, shape, graph, s.table, top);
}

static int transformer_width(const unroll_settings *settings)
{
    return heads_wanted(settings, (int)unroll_int(settings, "hidden"));
}

static void transformer_describe(const unroll_settings *settings, unroll_record *record)
{
    unroll_record_int(record, "attention_heads", "", heads_of(settings, (int)unroll_int(settings, "hidden")));
}

static unroll_status transformer_about(int index, unroll_model_about *about)
{
    enum { UNITS = 64 };
    unroll_settings *settings = unroll_settings_new();
    unroll_status status;
    unroll_graph graph;
    stack s;
    int top;
    (void)index;
    if (settings == NULL)
        return unroll_error(UNROLL_FAILED, "out of memory for settings");
    s = stack_of(settings, "encoder");
    unroll_graph_open(&graph, settings, unroll_isa_now(), false);
    status = unroll_add_input(&graph, UNROLL_SOURCE, UNITS, 0, &top);
    if (status.code == UNROLL_OK)
        status = add_self(&graph, &s, 0, &top);
    if (status.code == UNROLL_OK)
        status = add_inner(&graph, &s, 0, &top);
    about->equations = "x = x + W_o softmax(q k^T / sqrt(d)) v; x = x + W_2 gelu(W_1 norm(x) + b_1) + b_2; q, k, v = W norm(x) + b";
    about->paper = "Vaswani et al. 2017, arXiv 1706.03762";
    snprintf(about->settings, sizeof about->settings, "heads positions causal attention_dropout");
    snprintf(about->states, sizeof about->states, "k v");
    snprintf(about->step, sizeof about->step,
             "4 products of all steps together, attention to every earlier step; step by step: keys and values of those are kept");
    for (int i = 0; status.code == UNROLL_OK && i < graph.count; i++) {
        unroll_counts counts = {.products = 0};
        graph.layer[i]->kind->count(graph.layer[i], &counts);
        about->products += (int64_t)counts.products;
    }
    about->parameters = unroll_graph_parameters(&graph);
    unroll_graph_close(&graph);
    unroll_settings_free(settings);
    return status;
}

extern const unroll_network network_transformer;
const unroll_network network_transformer = {
    .name = "transformer",
    .title = "blocks of attention and an inner layer, and a dense head",
    .settings = rows,
    .setting_count = (int)(sizeof rows / sizeof rows[0]),
    .shared = unroll_heads_settings,
    .shared_count = UNROLL_HEADS_SETTINGS,
    .model = transformer_model,
    .model_title = transformer_title,
    .variants = variants,
    .model_about = transformer_about,
    .stateless = true,
    .width = transformer_width,
    .describe = transformer_describe,
    .build = transformer_build,
};
