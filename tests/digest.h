/* digest.h: trains a small model of each kind on made-up batches and digests its weights; shared by bits.c and the tests. */
#ifndef UNROLL_TESTS_DIGEST_H
#define UNROLL_TESTS_DIGEST_H

#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/random.h"
#include "cells/cell.h"
#include "losses.h"
#include "model/model.h"
#include "model/network.h"
#include "model/settings.h"
#include "simd/engine.h"

enum { DIGEST_KINDS = 6 };

/* registers the core's settings, once */
static inline void digest_register(void)
{
    if (unroll_setting_find("hidden") >= 0)
        return;
    unroll_register_core_settings();
}

/* Rounds `hidden` up to what the model takes: an odd one to an even one, where units are complex. */
static inline void digest_widen(unroll_settings *settings)
{
    int64_t each = unroll_network_width(settings), hidden = unroll_int(settings, "hidden");
    char text[32];
    snprintf(text, sizeof text, "%lld", (long long)((hidden + each - 1) / each * each));
    unroll_settings_set(settings, "hidden", text);
}

/* Sets a model: "CELL name=value ...", once its width is set; widens it where it must be. */
static inline void digest_set_model(unroll_settings *settings, const char *model)
{
    char words[160], *rest = words, *word;
    snprintf(words, sizeof words, "%s", model);
    unroll_settings_set(settings, "model", strtok_r(rest, " ", &rest));
    while ((word = strtok_r(rest, " ", &rest)) != NULL) {
        unroll_status status = unroll_settings_assign(settings, word);
        if (status.code != UNROLL_OK) {
            fprintf(stderr, "\n%s: %s\n", model, status.text);
            abort();
        }
    }
    digest_widen(settings);
}

/* The network of the `index`-th model that is no cell; NULL: there are fewer. */
static inline const unroll_network *digest_network(int index, const char **model)
{
    for (int i = 0; i < unroll_network_count; i++)
        for (int k = 0; (*model = unroll_networks[i]->model(k)) != NULL; k++)
            if (unroll_cell_find(*model) == NULL && index-- == 0)
                return unroll_networks[i];
    return NULL;
}

/* How many models there are: cells, and others. */
static inline int digest_models(void)
{
    int others = 0;
    const char *model;
    while (digest_network(others, &model) != NULL)
        others++;
    return unroll_cell_count + others;
}

/* The name of model `i`, and its variants. */
static inline const char *digest_name(int i, const char *const **variants)
{
    const char *model;
    if (i < unroll_cell_count) {
        *variants = unroll_isa_now()->cells[i]->variants;
        return unroll_isa_now()->cells[i]->name;
    }
    *variants = digest_network(i - unroll_cell_count, &model)->variants;
    return model;
}

/* The models `from` to `to` - 1, one an index: each, and after it each of its variants, "MODEL name=value ...". NULL after the last;
   valid until the next call. */
static inline const char *digest_model_of(int from, int to, int index)
{
    static char line[160];
    for (int i = from; i < to; i++) {
        const char *const *variant, *name = digest_name(i, &variant);
        if (index-- == 0)
            return name;
        for (; variant != NULL && *variant != NULL; variant++)
            if (index-- == 0) {
                snprintf(line, sizeof line, "%s %s", name, *variant);
                return line;
            }
    }
    return NULL;
}

/* Whether a model is a cell's: what has states to hand over, recurrent weights, directions. */
static inline bool digest_is_cell(const char *model)
{
    char name[64];
    snprintf(name, sizeof name, "%.*s", (int)strcspn(model, " "), model);
    return unroll_cell_find(name) != NULL;
}

static inline bool digest_is_variant(const char *model)
{
    return strchr(model, ' ') != NULL;
}

/* There are more variants than cells, and they differ in little: they train for a tenth of the steps. */
static inline int digest_steps(const char *model, int steps)
{
    return digest_is_variant(model) ? (steps + 9) / 10 : steps;
}

static inline const char *digest_kind_name(int kind)
{
    static const char *const names[DIGEST_KINDS] = {"reals-last-squared-adam", "symbols-every-softmax-sgd",
                                                    "reals-every-bernoulli-rmsprop", "carried-softmax-adam",
                                                    "one-sequence-squared-adam", "micro-batches-last-squared-adam"};
    return names[kind];
}

static inline uint64_t digest_bytes(uint64_t digest, const void *bytes, size_t count)
{
    const unsigned char *p = bytes;
    for (size_t i = 0; i < count; i++)
        digest = (digest ^ p[i]) * UINT64_C(0x100000001b3);
    return digest;
}

static inline uint64_t digest_functions(const unroll_engine *engine)
{
    enum { COUNT = 1 << 16 };
    static real x[COUNT], y[COUNT];
    uint64_t digest = UINT64_C(0xcbf29ce484222325);
    for (int i = 0; i < COUNT; i++)
        x[i] = (real)((i - COUNT / 2) * 0.0031);
    engine->exp(x, y, COUNT);
    digest = digest_bytes(digest, y, sizeof y);
    engine->tanh(x, y, COUNT);
    digest = digest_bytes(digest, y, sizeof y);
    engine->sigmoid(x, y, COUNT);
    return digest_bytes(digest, y, sizeof y);
}

/* of erf, GELU and its slope */
static inline uint64_t digest_gelu(const unroll_engine *engine)
{
    enum { COUNT = 1 << 16 };
    static real x[COUNT], y[COUNT];
    uint64_t digest = UINT64_C(0xcbf29ce484222325);
    for (int i = 0; i < COUNT; i++)
        x[i] = (real)((i - COUNT / 2) * 0.0005);
    engine->erf(x, y, COUNT);
    digest = digest_bytes(digest, y, sizeof y);
    engine->function(UNROLL_GELU, x, y, COUNT);
    digest = digest_bytes(digest, y, sizeof y);
    engine->slope(UNROLL_GELU, x, x, x, y, false, COUNT);
    return digest_bytes(digest, y, sizeof y);
}

/* of random masks, of what zoneout makes of them, and of its gradient */
static inline uint64_t digest_masks(const unroll_engine *engine)
{
    enum { ROWS = 7, BLOCKS = 11, COUNT = ROWS * BLOCKS * UNROLL_LANES };
    static const int sequence[ROWS] = {5, 0, 3, 900, 2, 1, 70000};
    static real stays[COUNT], old[COUNT], now[COUNT], fresh[COUNT];
    real *blocks[BLOCKS];
    uint64_t digest = UINT64_C(0xcbf29ce484222325);
    unroll_mask mask = {.key = {11, 12}, .rows = ROWS, .begin = 1, .end = BLOCKS, .time = 4, .which = 9, .sequence = sequence,
                        .share = 20000, .hit = 1, .to = blocks, .to_next = 1};
    for (int n = 0; n < BLOCKS; n++)
        blocks[n] = stays + n * ROWS * UNROLL_LANES;
    for (int i = 0; i < COUNT; i++) {
        stays[i] = 0;
        old[i] = (real)(i % 97) / 97;
        now[i] = (real)(i % 89) / 89;
    }
    engine->mask(&mask);
    digest = digest_bytes(digest, stays, sizeof stays);
    engine->mix(stays, 0, old, now, fresh, COUNT);
    engine->mix(NULL, (real)0.3, fresh, now, old, COUNT);
    digest = digest_bytes(digest, now, sizeof now);
    engine->part(stays, now, NULL, COUNT);
    return digest_bytes(digest_bytes(digest, now, sizeof now), stays, sizeof stays);
}

static inline uint64_t digest_loss(const unroll_loss *loss, const problem_shape *shape)
{
    size_t count = (size_t)(shape->rows * shape->outputs);
    double *gradient = malloc(count * sizeof *gradient), result = problem_results(loss, shape, gradient);
    uint64_t digest = digest_bytes(UINT64_C(0xcbf29ce484222325), &result, sizeof result);
    digest = digest_bytes(digest, gradient, count * sizeof *gradient);
    free(gradient);
    return digest;
}

/* sizes that are no multiples of anything, sequences of unequal length unless carried */
static inline void digest_fill(const unroll_model_shape *shape, bool equal, uint32_t step, unroll_samples *s)
{
    unroll_random random = unroll_random_open(7, UNROLL_FOR_TRAIN, step, 0);
    int rows = shape->batch * shape->steps, targets = shape->answer == UNROLL_AT_EVERY ? rows : shape->batch;
    for (int b = 0; b < shape->batch; b++)
        s->length[b] = equal ? shape->steps : 1 + (int)unroll_random_below(&random, (uint32_t)shape->steps);
    for (int i = 0; i < rows * shape->inputs; i++)
        s->x[i] = (float)(unroll_random_uniform(&random) - 0.5);
    for (int i = 0; i < rows && shape->symbols > 0; i++)
        s->symbol[i] = (int)unroll_random_below(&random, (uint32_t)shape->symbols);
    for (int i = 0; i < targets * shape->outputs && strcmp(shape->loss, "softmax") != 0; i++)
        s->y[i] = strcmp(shape->loss, "bernoulli") == 0 ? (float)unroll_random_below(&random, 2)
                                                  : (float)unroll_random_uniform(&random);
    for (int i = 0; i < targets && strcmp(shape->loss, "softmax") == 0; i++)
        s->target[i] = (int)unroll_random_below(&random, (uint32_t)shape->outputs + 1) - 1;
}

static inline unroll_status digest_training(const char *name, const char *isa, int threads, int steps, int kind,
                                            uint64_t *digest)
{
    static const unroll_model_shape shapes[DIGEST_KINDS] = {
        {.inputs = 3, .outputs = 2, .steps = 9, .batch = 7, .answer = UNROLL_AT_LAST, .loss = "squared", .all_threads = true},
        {.symbols = 11, .outputs = 37, .steps = 8, .batch = 5, .answer = UNROLL_AT_EVERY, .loss = "softmax", .all_threads = true},
        {.inputs = 18, .outputs = 5, .steps = 6, .batch = 13, .answer = UNROLL_AT_EVERY, .loss = "bernoulli", .all_threads = true},
        {.symbols = 6, .outputs = 6, .steps = 4, .batch = 3, .answer = UNROLL_AT_EVERY, .loss = "softmax", .all_threads = true},
        {.inputs = 7, .outputs = 3, .steps = 9, .batch = 1, .answer = UNROLL_AT_EVERY, .loss = "squared", .all_threads = true},
        {.inputs = 2, .outputs = 1, .steps = 2, .batch = 34, .answer = UNROLL_AT_LAST, .loss = "squared", .all_threads = true},
    };
    static const char *const layers[DIGEST_KINDS] = {"1", "2", "1", "2", "2", "1"};
    static const char *const hidden[DIGEST_KINDS] = {"37", "20", "48", "5", "21", "77"};
    static const char *const rules[DIGEST_KINDS] = {"adam", "sgd", "rmsprop", "adam", "adam", "adam"};
    unroll_settings *settings = unroll_settings_new();
    const unroll_model_shape *shape = &shapes[kind];
    size_t rows = (size_t)(shape->batch * shape->steps);
    unroll_samples samples = {malloc((size_t)shape->batch * sizeof(int)), calloc(rows * 20, sizeof(float)),
                              calloc(rows, sizeof(int)), calloc(rows * 40, sizeof(float)), calloc(rows, sizeof(int)), NULL};
    unroll_model *model = NULL;
    unroll_status status;
    char count[16];
    snprintf(count, sizeof count, "%d", threads);
    unroll_settings_set(settings, "isa", isa);
    unroll_settings_set(settings, "threads", count);
    unroll_settings_set(settings, "hidden", hidden[kind]);
    unroll_settings_set(settings, "layers", layers[kind]);
    unroll_settings_set(settings, "optimizer", rules[kind]);
    unroll_settings_set(settings, "bptt", kind == 2 ? "4" : "0");
    if (shape->batch == 1)
        unroll_settings_set(settings, "batch", "1");
    unroll_settings_set(settings, "lr", "0.01");
    digest_set_model(settings, name);
    status = unroll_model_open(settings, shape, &model);
    *digest = UINT64_C(0xcbf29ce484222325);
    if (status.code == UNROLL_OK) {
        if (kind == 3)
            unroll_model_carry(model, 0, true);
        for (int step = 0; step < steps; step++) {
            double numbers[2];
            digest_fill(shape, kind == 3, (uint32_t)step, &samples);
            unroll_model_pack(model, &samples, shape->batch);
            numbers[0] = unroll_model_gradient(model, NULL);
            numbers[1] = unroll_model_update(model);
            *digest = digest_bytes(*digest, numbers, sizeof numbers);
        }
        for (int i = 0; i < unroll_model_weight_count(model); i++) {
            unroll_weight weight;
            real *values;
            unroll_model_weight_at(model, i, &weight);
            size_t reals = (size_t)weight.rows * (size_t)(weight.columns == 0 ? 1 : weight.columns);
            values = malloc(reals * sizeof *values);
            unroll_model_get_weight(model, i, values);
            *digest = digest_bytes(*digest, values, reals * sizeof *values);
            free(values);
        }
    }
    unroll_model_close(model);
    unroll_settings_free(settings);
    free(samples.length);
    free(samples.x);
    free(samples.symbol);
    free(samples.y);
    free(samples.target);
    return status;
}

#endif
