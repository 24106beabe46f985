/* tried.h: a small model around one example of one kind of layer, and a batch for it; shared by the tests of layers. */
#ifndef UNROLL_TESTS_TRIED_H
#define UNROLL_TESTS_TRIED_H

#include <string.h>

#include "model/network.h"
#include "models.h"

enum { STEPS = 6, BATCH = 5, INPUTS = 3, SYMBOLS = 7, OUTPUTS = 2, MOST = 8192, ROWS = BATCH * STEPS };

/* The network at hand: a dense layer of reals, an embedding's input of symbols, the example, a dense head. */
static struct {
    const unroll_layer_kind *kind;
    const char *model; /* of the settings, whose cell a recurrent layer takes; NULL: the default */
    int example;
    bool symbols; /* the model takes symbols, else reals */
    bool bare;    /* no head: the example's output is the model's; a dense layer is as wide as that is asked for */
} tried;

static inline unroll_status build(const unroll_settings *settings, const unroll_model_shape *shape, unroll_graph *graph)
{
    int input, reals, out;
    (void)settings;
    UNROLL_TRY(unroll_add_input(graph, UNROLL_SOURCE, shape->inputs, shape->symbols, &input));
    if (tried.symbols)
        UNROLL_TRY(unroll_add_embedding(graph, "below", input, 4, &reals));
    else
        UNROLL_TRY(unroll_add_dense(graph, "below", input, 4, &reals));
    if (tried.bare && strcmp(tried.kind->name, "dense") == 0)
        return unroll_add_dense(graph, "head", reals, shape->outputs, &graph->output);
    UNROLL_TRY(tried.kind->example(graph, tried.example, reals, input, &out));
    if (tried.bare) {
        graph->output = out;
        return unroll_ok();
    }
    return unroll_add_dense(graph, "head", out, shape->outputs, &graph->output);
}

static const unroll_network network = {.name = "tried", .title = "a layer that is tried", .build = build};

static inline const unroll_layer_kind *kind_named(const char *name)
{
    int i = 0;
    while (strcmp(unroll_layer_kinds[i]->name, name) != 0)
        i++;
    return unroll_layer_kinds[i];
}

static inline unroll_status open_tried(bool every, const char *isa, const char *threads, unroll_model **model)
{
    unroll_model_shape shape = {.inputs = tried.symbols ? 0 : INPUTS, .symbols = tried.symbols ? SYMBOLS : 0, .outputs = OUTPUTS,
                                .steps = STEPS, .batch = BATCH, .answer = every ? UNROLL_AT_EVERY : UNROLL_AT_LAST, .loss = "squared", .input_gradient = true,
                                .all_threads = true};
    unroll_settings *settings = unroll_settings_new();
    unroll_status status;
    unroll_settings_set(settings, "isa", isa);
    unroll_settings_set(settings, "threads", threads);
    unroll_settings_set(settings, "seed", "3");
    if (tried.model != NULL)
        digest_set_model(settings, tried.model);
    status = unroll_model_open_network(&network, settings, &shape, model);
    unroll_settings_free(settings);
    return status;
}

/* Takes an example at one of its inputs; false where it does not open on that. */
static inline bool tried_takes(const unroll_layer_kind *kind, int example, bool symbols)
{
    unroll_model *model = NULL;
    unroll_status status;
    tried.kind = kind;
    tried.example = example;
    tried.symbols = symbols;
    status = open_tried(true, "auto", "1", &model);
    unroll_model_close(model);
    return status.code == UNROLL_OK;
}

/* Of the recurrent layer, what stands in addition (masks, norm) is tried over reals alone, and variants of cells with all of it
   at once. */
static inline bool tried_is_wanted(int example, bool symbols)
{
    enum { ONE = 0, PLAIN = 4, ALL_ON_TOP = 7, NORMED_ON_TOP = 10 }; /* examples of recurrent.c */
    if (tried.model == NULL)
        return true;
    if (digest_is_variant(tried.model) && example != ONE && example != ALL_ON_TOP && example != NORMED_ON_TOP)
        return false;
    return !symbols || example < PLAIN;
}

static inline int tried_examples(const unroll_layer_kind *kind, void (*check)(const char *what))
{
    int tries = 0;
    for (int i = 0; i < 2 * kind->examples; i++) {
        char what[256];
        if (!tried_is_wanted(i / 2, i % 2 == 1) || !tried_takes(kind, i / 2, i % 2 == 1))
            continue;
        snprintf(what, sizeof what, "%s %s, example %d, of %s", kind->name, tried.model != NULL ? tried.model : "", tried.example,
                 tried.symbols ? "symbols" : "reals");
        check(what);
        tries++;
    }
    return tries;
}

/* Calls back for each example of a kind (NULL: of every one) at each of its inputs where it takes it, those of the recurrent
   layer with every model; returns how many. */
static inline int tried_each(const char *kind, void (*check)(const char *what))
{
    int tries = 0;
    digest_register();
    for (int k = 0; k < unroll_layer_kind_count; k++) {
        bool recurrent = strcmp(unroll_layer_kinds[k]->name, "recurrent") == 0;
        if (kind != NULL && strcmp(unroll_layer_kinds[k]->name, kind) != 0)
            continue;
        for (int m = 0; recurrent ? digest_model(m) != NULL : m == 0; m++) {
            tried.model = recurrent ? digest_model(m) : NULL;
            if (recurrent && !digest_is_cell(tried.model))
                continue;
            tries += tried_examples(unroll_layer_kinds[k], check);
        }
        tried.model = NULL;
    }
    return tries;
}

typedef struct batch {
    int length[BATCH], symbol[ROWS];
    float x[ROWS * INPUTS], y[ROWS * OUTPUTS];
} batch;

static inline unroll_samples made(batch *b)
{
    static const int lengths[BATCH] = {3, 6, 1, 6, 4};
    unroll_random random = unroll_random_open(9, UNROLL_FOR_TEST, 0, 0);
    memcpy(b->length, lengths, sizeof lengths);
    for (int i = 0; i < ROWS; i++)
        b->symbol[i] = (int)unroll_random_below(&random, SYMBOLS);
    for (int i = 0; i < ROWS * INPUTS; i++)
        b->x[i] = (float)(2 * unroll_random_uniform(&random) - 1);
    for (int i = 0; i < ROWS * OUTPUTS; i++)
        b->y[i] = (float)unroll_random_uniform(&random);
    return (unroll_samples){.length = b->length, .x = b->x, .symbol = b->symbol, .y = b->y};
}

#endif
