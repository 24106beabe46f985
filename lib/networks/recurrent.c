/* A stack of recurrent layers of one cell and a dense head: `model=` with any cell's name. For another sequence as the answer
   it is two stacks: the second, the decoder, starts from the last states of the first, the encoder, and reads what was
   written so far (Sutskever, Vinyals, Le, 2014).

   attention=luong: the decoder's last layer asks over all outputs of the encoder's (Luong, Pham, Manning, 2015, "general": keys and
   values are those outputs, the query is a product of h), and what comes back goes with h through a dense layer and tanh to the
   head. Scores are over the root of their width, as in every attention here.

   dropout= is between the layers and before the head, and with embedding_dropout= below the first layer, too (Zaremba, Sutskever,
   Vinyals, 2014). A tied head has the embedding's weights (Press and Wolf, 2017). */
#include <stdio.h>
#include <string.h>

#include "layers/recurrent.h"
#include "model/network.h"
#include "simd/engine.h"

static const unroll_setting rows[] = {
    {"bias", UNROLL_CHOICE, 0, 0, "two|one", "two", "", "bias vectors a layer: for input and recurrence, or one",
     "model", 0},
    {"init", UNROLL_CHOICE, 0, 0, "pytorch|glorot|orthogonal|identity", "pytorch", "",
     "initial weights: uniform in 1/sqrt(hidden); Glorot; Glorot with orthogonal or identity recurrence", "model", 0},
    {"bptt", UNROLL_INT, 0, 1000000, "", "0", "steps", "cut the gradient every so many steps; 0: full", "training", 0},
    {"weights", UNROLL_CHOICE, 0, 0, "float|bf16|int8", "float", "",
     "form in which streaming inference reads the weights: int8 with a scale a row", "machine", 0},
    {"drop_state", UNROLL_REAL, 0, 0.99, "", "0", "",
     "share of a layer's units that its recurrent products do not see in training, the same at all steps of a sequence",
     "network recurrent", 0},
    {"directions", UNROLL_CHOICE, 0, 0, "one|both", "one", "", "both: a second layer beside each reads the sequence backwards",
     "network recurrent", 0},
    {"attention", UNROLL_CHOICE, 0, 0, "none|luong", "none", "",
     "luong: what writes a sequence looks at all that was read, after its last layer, at every step", "network recurrent", 0},
    {"norm", UNROLL_CHOICE, 0, 0, "none|layer", "none", "",
     "layer: layer norm inside cells, of both products of a step, and of the LSTM's c before its output", "network recurrent", 0},
    {"embedding", UNROLL_INT, 0, 1000000, "", "0", "columns",
     "columns of an embedding below the first layer, where inputs are symbols; 0: none", "network recurrent",
     UNROLL_SETTING_SYMBOLS},
    {"embedding_dropout", UNROLL_REAL, 0, 0.99, "", "0", "", "share of an embedding's columns dropped in training",
     "network recurrent", UNROLL_SETTING_SYMBOLS, "embedding!=0"},
    {"zoneout", UNROLL_REAL, 0, 0.99, "", "0", "",
     "chance that a unit of the output keeps its value of the step before, in training", "network recurrent", 0},
    {"zoneout_cell", UNROLL_REAL, 0, 0.99, "", "0", "", "zoneout of the states beside the output, as the LSTM's c",
     "network recurrent", 0},
    {"drop_update", UNROLL_REAL, 0, 0.99, "", "0", "", "share of the candidate's units dropped in training, others at each step",
     "network recurrent", 0},
};

static const char *recurrent_model(int index)
{
    return index < unroll_cell_count ? unroll_isas[0].cells[index]->name : NULL;
}

static const char *recurrent_title(int index)
{
    return unroll_isas[0].cells[index]->title;
}

/* names parted by blanks */
static void list_names(const char *const *names, int most, char *out, size_t room)
{
    size_t used = 0;
    for (int i = 0; i < most && names[i] != NULL && used < room; i++)
        used += (size_t)snprintf(out + used, room - used, "%s%s", i > 0 ? " " : "", names[i]);
}

static void list_settings(const unroll_cell *cell, char *out, size_t room)
{
    size_t used = 0;
    for (int i = 0; i < cell->setting_count + cell->shared_count && used < room; i++) {
        const unroll_setting *row = i < cell->setting_count ? &cell->settings[i] : &cell->shared[i - cell->setting_count];
        used += (size_t)snprintf(out + used, room - used, "%s%s", i > 0 ? " " : "", row->name);
    }
}

/* the counts and the words of one layer of the graph */
static void tell_layer(const unroll_graph *graph, int index, unroll_model_about *about)
{
    const unroll_layer *layer = graph->layer[index];
    unroll_counts counts = {.products = 0};
    layer->kind->count(layer, &counts);
    about->parameters = unroll_graph_parameters(graph); /* the input has none */
    about->products = (int64_t)counts.products;
    about->waiting = (int64_t)counts.sequential;
    unroll_recurrent_tell(layer, about->step, sizeof about->step);
}

static unroll_status recurrent_about(int index, unroll_model_about *about)
{
    enum { UNITS = 64 };
    const unroll_cell *cell = unroll_isas[0].cells[index];
    unroll_recurrent_options options = {.cell = cell->name, .hidden = UNITS};
    unroll_settings *settings = unroll_settings_new();
    unroll_status status;
    unroll_graph graph;
    int top;
    if (settings == NULL)
        return unroll_error(UNROLL_FAILED, "out of memory for settings");
    about->equations = cell->equations;
    about->paper = cell->paper;
    list_names(unroll_cell_shape_of(cell, settings).gate, UNROLL_CELL_GATES, about->gates, sizeof about->gates);
    list_names(cell->state, UNROLL_CELL_STATES, about->states, sizeof about->states);
    list_settings(cell, about->settings, sizeof about->settings);
    unroll_graph_open(&graph, settings, unroll_isa_now(), false);
    status = unroll_add_input(&graph, UNROLL_SOURCE, UNITS, 0, &top);
    if (status.code == UNROLL_OK)
        status = unroll_add_recurrent(&graph, "rnn", top, -1, &options, &top);
    if (status.code == UNROLL_OK)
        tell_layer(&graph, top, about);
    unroll_graph_close(&graph);
    unroll_settings_free(settings);
    return status;
}

/* What some cells have no use for. */
static bool recurrent_reads(const char *model, const unroll_setting *row)
{
    const unroll_cell *cell = unroll_cell_find(model);
    if (strcmp(row->name, "zoneout") == 0)
        return unroll_recurrent_takes_zoneout(cell);
    if (strcmp(row->name, "zoneout_cell") == 0)
        return unroll_recurrent_takes_zoneout_cell(cell);
    if (strcmp(row->name, "drop_state") == 0)
        return cell->shape.recurrent > 0;
    if (strcmp(row->name, "norm") == 0)
        return cell->shape.recurrent > 0 && cell->shape.late == 0;
    return strcmp(row->name, "drop_update") != 0 || cell->shape.drops;
}

/* What stays the same over the layers of a stack. */
typedef struct stack {
    const unroll_settings *settings;
    const char *name;     /* prefix of its weights' names */
    const char *embedding;
    int table;            /* the embedding in the graph; -1: there is none */
    int layers;
    bool both;            /* directions */
    double dropout;
    unroll_recurrent_options options;
    const int *initial;   /* (layers): from whose last states each layer starts; NULL: from zero */
} stack;

static stack stack_of(const unroll_settings *settings, const char *name, const char *embedding)
{
    return (stack){.settings = settings,
                   .name = name,
                   .embedding = embedding,
                   .table = -1,
                   .layers = (int)unroll_int(settings, "layers"),
                   .both = strcmp(unroll_text(settings, "directions"), "both") == 0,
                   .dropout = unroll_real(settings, "dropout"),
                   .options = {.cell = unroll_text(settings, "model"),
                               .hidden = (int)unroll_int(settings, "hidden"),
                               .drop_state = unroll_real(settings, "drop_state"),
                               .norm = strcmp(unroll_text(settings, "norm"), "layer") == 0,
                               .zoneout = unroll_real(settings, "zoneout"),
                               .zoneout_cell = unroll_real(settings, "zoneout_cell"),
                               .drop_update = unroll_real(settings, "drop_update")}};
}

static unroll_status drop(unroll_graph *graph, double share, int *top)
{
    return share > 0 ? unroll_add_dropout(graph, *top, share, top) : unroll_ok();
}

static unroll_status add_embedding(unroll_graph *graph, stack *s, int *top)
{
    int columns = (int)unroll_int(s->settings, "embedding");
    if (columns == 0 || graph->layer[*top]->symbols == 0)
        return unroll_ok();
    UNROLL_TRY(unroll_add_embedding(graph, s->embedding, *top, columns, top));
    s->table = *top;
    return drop(graph, unroll_real(s->settings, "embedding_dropout"), top);
}

/* One level: a layer, and beside it one that reads backwards; ends[0], ends[1]: those two, [1] = -1 where there is one. */
static unroll_status add_level(unroll_graph *graph, stack *s, int below, int ends[2])
{
    ends[1] = -1;
    s->options.backwards = false;
    UNROLL_TRY(unroll_add_recurrent(graph, s->name, below, s->initial == NULL ? -1 : s->initial[s->options.level], &s->options,
                                    &ends[0]));
    if (!s->both)
        return unroll_ok();
    s->options.backwards = true;
    return unroll_add_recurrent(graph, s->name, below, -1, &s->options, &ends[1]);
}

/* what a level gives to the next one: both directions side by side */
static unroll_status add_sides(unroll_graph *graph, const int ends[2], int *top)
{
    *top = ends[0];
    return ends[1] < 0 ? unroll_ok() : unroll_add_join(graph, ends, 2, top);
}

/* Adds the stack on *top; ends: of the last level; all (layers): of each, forwards; may be NULL. */
static unroll_status add_stack(unroll_graph *graph, stack *s, int *top, int ends[2], int *all)
{
    UNROLL_TRY(add_embedding(graph, s, top));
    for (s->options.level = 0; s->options.level < s->layers; s->options.level++) {
        if (s->options.level > 0) {
            UNROLL_TRY(add_sides(graph, ends, top));
            UNROLL_TRY(drop(graph, s->dropout, top));
        }
        UNROLL_TRY(add_level(graph, s, *top, ends));
        if (all != NULL)
            all[s->options.level] = ends[0];
    }
    return unroll_ok();
}

/* What each direction knows when it has read the whole sequence. */
static unroll_status add_ends(unroll_graph *graph, const int ends[2], int *top)
{
    int last[2];
    if (ends[1] < 0)
        return unroll_add_last(graph, ends[0], top);
    UNROLL_TRY(unroll_add_last(graph, ends[0], &last[0]));
    UNROLL_TRY(unroll_add_first(graph, ends[1], &last[1]));
    return unroll_add_join(graph, last, 2, top);
}

enum { MOST_LEVELS = 16 };

/* tanh(W [c; h]), c what attention over `memory` finds for h */
static unroll_status add_attention(unroll_graph *graph, int memory, int *top)
{
    unroll_attention_options all = {.heads = 1};
    int hidden = graph->layer[*top]->columns, from[3] = {0, memory, memory}, both[2] = {0, *top};
    UNROLL_TRY(unroll_add_dense(graph, "decoder.attention.query", *top, graph->layer[memory]->columns, &from[0]));
    UNROLL_TRY(unroll_add_attention(graph, from, 3, &all, &both[0]));
    UNROLL_TRY(unroll_add_join(graph, both, 2, top));
    UNROLL_TRY(unroll_add_dense(graph, "decoder.attention.output", *top, hidden, top));
    return unroll_add_function(graph, *top, UNROLL_TANH, top);
}

static bool attends(const unroll_settings *settings)
{
    return strcmp(unroll_text(settings, "attention"), "luong") == 0;
}

/* encoder: its layers, of each level one; memory: its output */
static unroll_status add_decoder(const unroll_settings *settings, const unroll_model_shape *shape, unroll_graph *graph,
                                 const int *encoder, int memory, int *top)
{
    stack s = stack_of(settings, "decoder", "decoder_embedding");
    int ends[2];
    if (s.both)
        return unroll_error(UNROLL_WRONG, "directions=both: what writes a sequence step by step cannot read it backwards");
    s.initial = encoder;
    UNROLL_TRY(unroll_add_input(graph, UNROLL_TARGET, 0, shape->outputs + 1, top)); /* the classes and the start */
    UNROLL_TRY(add_stack(graph, &s, top, ends, NULL));
    UNROLL_TRY(add_sides(graph, ends, top));
    return attends(settings) ? add_attention(graph, memory, top) : unroll_ok();
}

static unroll_status recurrent_build(const unroll_settings *settings, const unroll_model_shape *shape, unroll_graph *graph)
{
    stack s = stack_of(settings, "rnn", "embedding");
    int top, ends[2], encoder[MOST_LEVELS];
    if (attends(settings) && shape->answer != UNROLL_SEQUENCE)
        return unroll_error(UNROLL_WRONG, "attention=luong is between what is read and what is written, and the task asks for no "
                                          "sequence");
    UNROLL_TRY(unroll_add_input(graph, UNROLL_SOURCE, shape->inputs, shape->symbols, &top));
    UNROLL_TRY(add_stack(graph, &s, &top, ends, encoder));
    if (shape->answer == UNROLL_AT_LAST)
        UNROLL_TRY(add_ends(graph, ends, &top));
    else if (shape->answer == UNROLL_SEQUENCE)
        UNROLL_TRY(add_decoder(settings, shape, graph, encoder, ends[0], &top));
    else
        UNROLL_TRY(add_sides(graph, ends, &top));
    UNROLL_TRY(drop(graph, s.dropout, &top));
    return unroll_network_head(settings, shape, graph, s.table, top);
}

/* heads part whole blocks, and a cell's own units lie within one */
static int recurrent_width(const unroll_settings *settings)
{
    unroll_cell_shape shape = unroll_cell_shape_of(unroll_cell_find(unroll_text(settings, "model")), settings);
    return shape.heads > 1 ? shape.heads * UNROLL_LANES : shape.parts;
}

static void recurrent_describe(const unroll_settings *settings, unroll_record *record)
{
    const unroll_cell *cell = unroll_cell_find(unroll_text(settings, "model"));
    unroll_record_int(record, "gates", "", unroll_cell_shape_of(cell, settings).gates);
    unroll_record_int(record, "states", "", unroll_cell_states(cell));
}

extern const unroll_network network_recurrent;
const unroll_network network_recurrent = {
    .name = "recurrent",
    .title = "a stack of recurrent layers and a dense head",
    .settings = rows,
    .setting_count = (int)(sizeof rows / sizeof rows[0]),
    .reads = recurrent_reads,
    .model = recurrent_model,
    .model_title = recurrent_title,
    .model_about = recurrent_about,
    .width = recurrent_width,
    .describe = recurrent_describe,
    .build = recurrent_build,
};
