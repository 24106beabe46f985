/* Timing a training step of a model of words: an embedding, recurrent layers as wide, a dense head over all words, SGD with its
   gradient clipped, states carried from step to step (Zaremba, Sutskever, Vinyals: Recurrent neural network regularization, 2014,
   whose small model is the grid's one point). Beside it stand what its products take at the measured peak, and the same step by
   PyTorch, in turns. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/random.h"
#include "bench/torch_turns.h"

/* Ours: the model with one batch of words, drawn alike, packed. */
typedef struct words {
    unroll_settings *settings;
    unroll_model_shape shape;
    unroll_samples samples;
    unroll_model *model;
} words;

static unroll_status draw_batch(words *w)
{
    size_t rows = (size_t)w->shape.batch * (size_t)w->shape.steps;
    unroll_random random = unroll_random_open(1, UNROLL_FOR_TRAIN, 0, 0);
    w->samples = (unroll_samples){.length = malloc((size_t)w->shape.batch * sizeof(int)), .symbol = malloc(rows * sizeof(int)),
                                  .target = malloc(rows * sizeof(int))};
    if (w->samples.length == NULL || w->samples.symbol == NULL || w->samples.target == NULL)
        return unroll_error(UNROLL_FAILED, "out of memory: %zu words", rows);
    for (int b = 0; b < w->shape.batch; b++)
        w->samples.length[b] = w->shape.steps;
    for (size_t i = 0; i < rows; i++) {
        w->samples.symbol[i] = (int)unroll_random_below(&random, (uint32_t)w->shape.symbols);
        w->samples.target[i] = (int)unroll_random_below(&random, (uint32_t)w->shape.symbols);
    }
    return unroll_ok();
}

static unroll_status open_words(const unroll_settings *settings, words *w)
{
    int classes = unroll_int(settings, "classes") > 0 ? (int)unroll_int(settings, "classes") : 10000;
    char hidden[32];
    snprintf(hidden, sizeof hidden, "%lld", (long long)unroll_int(settings, "hidden"));
    w->settings = unroll_settings_copy(settings);
    if (w->settings == NULL)
        return unroll_error(UNROLL_FAILED, "out of memory for the settings of a model");
    UNROLL_TRY(unroll_settings_set(w->settings, "embedding", hidden));
    w->shape = (unroll_model_shape){.symbols = classes, .outputs = classes, .steps = (int)unroll_int(settings, "length"),
                                    .batch = (int)unroll_int(settings, "batch"), .answer = UNROLL_AT_EVERY, .loss = "softmax"};
    UNROLL_TRY(draw_batch(w));
    UNROLL_TRY(unroll_model_open(w->settings, &w->shape, &w->model));
    unroll_model_pack(w->model, &w->samples, w->shape.batch);
    unroll_model_carry(w->model, 0, true);
    return unroll_ok();
}

static void close_words(words *w)
{
    unroll_model_close(w->model);
    unroll_settings_free(w->settings);
    free(w->samples.length);
    free(w->samples.symbol);
    free(w->samples.target);
}

/* What peers/torch_words_peer.py is told. */
static bool hand_over(const unroll_peer_process *process, const void *context)
{
    const words *w = context;
    const unroll_settings *s = w->settings;
    size_t rows = (size_t)w->shape.batch * (size_t)w->shape.steps;
    const int32_t head[7] = {unroll_peer_cell(unroll_text(s, "model")), (int32_t)unroll_int(s, "hidden"),
                             (int32_t)unroll_int(s, "layers"), w->shape.symbols, w->shape.batch, w->shape.steps,
                             (int32_t)unroll_int(s, "threads")};
    const float rule[2] = {(float)unroll_real(s, "lr"), (float)unroll_real(s, "clip")};
    return unroll_peer_send(process, head, sizeof head) && unroll_peer_send(process, rule, sizeof rule) &&
           unroll_torch_send_weights(process, w->model) && unroll_peer_send(process, w->samples.symbol, rows * sizeof(int)) &&
           unroll_peer_send(process, w->samples.target, rows * sizeof(int));
}

static unroll_record *tell(const unroll_settings *settings, const words *w, const unroll_torch_turns *turns)
{
    unroll_record *record = unroll_bench_record(settings);
    if (record == NULL)
        return NULL;
    unroll_record_int(record, "alphabet", "symbols", w->shape.symbols);
    unroll_record_int(record, "used_threads", "", unroll_model_threads(w->model));
    unroll_record_int(record, "parameters", "", unroll_model_parameters(w->model));
    unroll_record_real(record, "ms", "ms", unroll_quartiles_of(turns->own, turns->count).median * 1e-6);
    unroll_record_real(record, "peak_ms", "ms", unroll_quartiles_of(turns->at_peak, turns->count).median * 1e-6);
    unroll_record_real(record, "times_peak", "", unroll_quartiles_of(turns->over_peak, turns->count).median);
    unroll_torch_record(record, turns);
    return record;
}

static unroll_status contest(const unroll_settings *settings, double seconds, const atomic_bool *stop,
                             const unroll_bench_sink *sink)
{
    words w = {.model = NULL};
    unroll_torch_work work = {"torch_words", hand_over, &w};
    unroll_torch_turns turns;
    unroll_status status = open_words(settings, &w);
    if (status.code == UNROLL_OK) {
        unroll_torch_take_turns(&work, settings, w.model, 2.0 * seconds, stop, &turns);
        if (turns.count > 0)
            sink->put(sink->context, tell(settings, &w, &turns));
    }
    close_words(&w);
    return status;
}

unroll_status unroll_bench_words(const unroll_settings *settings, double seconds, const unroll_ceilings *ceilings,
                                 const atomic_bool *stop, const unroll_bench_sink *sink)
{
    (void)ceilings;
    if (unroll_peer_cell(unroll_text(settings, "model")) < 0 || strcmp(unroll_text(settings, "bias"), "two") != 0 ||
        strcmp(unroll_text(settings, "optimizer"), "sgd") != 0 || unroll_real(settings, "momentum") > 0.0 ||
        !(unroll_real(settings, "clip") > 0.0))
        return unroll_error(UNROLL_WRONG, "--words times the cells rnn, lstm and gru with two biases, optimizer=sgd without "
                                          "momentum and a clipped gradient");
    return contest(settings, seconds, stop, sink);
}
