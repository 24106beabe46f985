/* Timing a training step of a causal Transformer on made-up reals: one number is the answer at every step, with squared loss and
   Adam. Beside it stand the measured peak, and the same step by PyTorch, in turns. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/random.h"
#include "bench/torch_turns.h"

/* Ours: the model with one batch, packed. */
typedef struct transformer {
    unroll_settings *settings; /* with its number of heads */
    unroll_model_shape shape;
    unroll_samples samples;
    unroll_model *model;
} transformer;

/* Where nobody says heads=: of 64 units, two at least, and as many as part the width evenly. */
static int heads_for(int width)
{
    int heads = width >= 128 ? width / 64 : 2;
    while (width % heads != 0)
        heads--;
    return heads;
}

static unroll_status settle_heads(transformer *t)
{
    unroll_value heads = {.type = UNROLL_INT, .integer = heads_for((int)unroll_int(t->settings, "hidden"))};
    return unroll_int(t->settings, "heads") > 0 ? unroll_ok()
                                                : unroll_settings_put(t->settings, unroll_setting_find("heads"), &heads);
}

static unroll_status draw_batch(transformer *t)
{
    size_t rows = (size_t)t->shape.batch * (size_t)t->shape.steps, inputs = (size_t)t->shape.inputs;
    unroll_random random = unroll_random_open(1, UNROLL_FOR_TRAIN, 0, 0);
    t->samples = (unroll_samples){.length = malloc((size_t)t->shape.batch * sizeof(int)),
                                  .x = malloc(rows * inputs * sizeof(float)), .y = malloc(rows * sizeof(float))};
    if (t->samples.length == NULL || t->samples.x == NULL || t->samples.y == NULL)
        return unroll_error(UNROLL_FAILED, "out of memory: %zu inputs", rows * inputs);
    for (int b = 0; b < t->shape.batch; b++)
        t->samples.length[b] = t->shape.steps;
    for (size_t i = 0; i < rows * inputs; i++)
        t->samples.x[i] = (float)(2.0 * unroll_random_uniform(&random) - 1.0);
    for (size_t i = 0; i < rows; i++)
        t->samples.y[i] = (float)unroll_random_uniform(&random);
    return unroll_ok();
}

static unroll_status open_transformer(const unroll_settings *settings, transformer *t)
{
    int inputs = (int)unroll_int(settings, "input");
    t->settings = unroll_settings_copy(settings);
    if (t->settings == NULL)
        return unroll_error(UNROLL_FAILED, "out of memory for the settings of a model");
    UNROLL_TRY(settle_heads(t));
    t->shape = (unroll_model_shape){.inputs = inputs > 0 ? inputs : (int)unroll_int(settings, "hidden"), .outputs = 1,
                                    .steps = (int)unroll_int(settings, "length"), .batch = (int)unroll_int(settings, "batch"),
                                    .answer = UNROLL_AT_EVERY, .loss = "squared"};
    UNROLL_TRY(draw_batch(t));
    UNROLL_TRY(unroll_model_open(t->settings, &t->shape, &t->model));
    unroll_model_pack(t->model, &t->samples, t->shape.batch);
    return unroll_ok();
}

static void close_transformer(transformer *t)
{
    unroll_model_close(t->model);
    unroll_settings_free(t->settings);
    free(t->samples.length);
    free(t->samples.x);
    free(t->samples.y);
}

/* What peers/torch_transformer_peer.py is told. */
static bool hand_over(const unroll_peer_process *process, const void *context)
{
    const transformer *t = context;
    const unroll_settings *s = t->settings;
    size_t rows = (size_t)t->shape.batch * (size_t)t->shape.steps;
    const int32_t head[7] = {t->shape.inputs, (int32_t)unroll_int(s, "hidden"), (int32_t)unroll_int(s, "heads"),
                             (int32_t)unroll_int(s, "layers"), t->shape.batch, t->shape.steps, (int32_t)unroll_int(s, "threads")};
    const float rule[5] = {(float)unroll_real(s, "lr"), (float)unroll_real(s, "beta1"), (float)unroll_real(s, "beta2"),
                           (float)unroll_real(s, "eps"), (float)unroll_real(s, "clip")};
    return unroll_peer_send(process, head, sizeof head) && unroll_peer_send(process, rule, sizeof rule) &&
           unroll_torch_send_weights(process, t->model) &&
           unroll_peer_send(process, t->samples.x, rows * (size_t)t->shape.inputs * sizeof(float)) &&
           unroll_peer_send(process, t->samples.y, rows * sizeof(float));
}

static unroll_record *tell(const transformer *t, const unroll_torch_turns *turns)
{
    unroll_record *record = unroll_bench_record(t->settings);
    unroll_quartiles own = unroll_quartiles_of(turns->own, turns->count);
    if (record == NULL)
        return NULL;
    unroll_record_int(record, "used_threads", "", unroll_model_threads(t->model));
    unroll_record_int(record, "parameters", "", unroll_model_parameters(t->model));
    unroll_record_real(record, "ms", "ms", own.median * 1e-6);
    unroll_record_real(record, "gflops", "GFLOP/s", unroll_model_operations(t->model) / own.median);
    unroll_record_real(record, "peak_gflops", "GFLOP/s", unroll_quartiles_of(turns->rate, turns->count).median);
    unroll_record_real(record, "peak_fraction", "", 1.0 / unroll_quartiles_of(turns->over_peak, turns->count).median);
    if (turns->answer >= 0)
        unroll_record_text(record, "torch_block", turns->answer > 0 ? "function" : "layer");
    unroll_torch_record(record, turns);
    return record;
}

static unroll_status contest(const unroll_settings *settings, double seconds, const atomic_bool *stop,
                             const unroll_bench_sink *sink)
{
    transformer t = {.model = NULL};
    unroll_torch_work work = {"torch_transformer", hand_over, &t};
    unroll_torch_turns turns;
    unroll_status status = open_transformer(settings, &t);
    if (status.code == UNROLL_OK) {
        unroll_torch_take_turns(&work, t.settings, t.model, 2.0 * seconds, stop, &turns);
        if (turns.count > 0)
            sink->put(sink->context, tell(&t, &turns));
    }
    close_transformer(&t);
    return status;
}

unroll_status unroll_bench_transformer(const unroll_settings *settings, double seconds, const unroll_ceilings *ceilings,
                                       const atomic_bool *stop, const unroll_bench_sink *sink)
{
    (void)ceilings;
    if (strcmp(unroll_text(settings, "model"), "transformer") != 0 || strcmp(unroll_text(settings, "positions"), "none") != 0 ||
        !unroll_flag(settings, "causal") || unroll_real(settings, "dropout") > 0.0 || unroll_real(settings, "attention_dropout") > 0.0 ||
        strcmp(unroll_text(settings, "optimizer"), "adam") != 0 || unroll_real(settings, "decay") > 0.0)
        return unroll_error(UNROLL_WRONG, "--transformer times model=transformer with positions=none, causal=yes, no dropout, "
                                          "and optimizer=adam without decay");
    return contest(settings, seconds, stop, sink);
}
