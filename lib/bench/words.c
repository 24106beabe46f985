/* Timing a training step of a model of words: an embedding, recurrent layers as wide, a dense head over all words, SGD with its
   gradient clipped, states carried from step to step (Zaremba, Sutskever, Vinyals: Recurrent neural network regularization, 2014,
   whose small model is the grid's one point). Beside it stand what its products take at the measured peak, and the same step by
   PyTorch, in turns. */
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/random.h"
#include "bench/peer_process.h"
#include "bench/timed.h"

enum { CHECKED_STEPS = 5, SENTENCE = 160 };

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

static void train(void *context)
{
    words *w = context;
    unroll_model_gradient(w->model, NULL);
    unroll_model_update(w->model);
}

/* ---- PyTorch, as peers/torch_words_peer.py has it ---- */

typedef struct peer {
    unroll_peer_process process;
    char trouble[SENTENCE]; /* why it takes no part; "" */
} peer;

static bool send_weights(const peer *p, const words *w)
{
    bool good = true;
    for (int i = 0; good && i < unroll_model_weight_count(w->model); i++) {
        unroll_weight weight;
        unroll_model_weight_at(w->model, i, &weight);
        size_t count = (size_t)weight.rows * (size_t)(weight.columns > 0 ? weight.columns : 1);
        real *values = malloc(count * sizeof *values);
        float *out = malloc(count * sizeof *out);
        good = values != NULL && out != NULL;
        if (good)
            unroll_model_get_weight(w->model, i, values);
        for (size_t k = 0; good && k < count; k++)
            out[k] = (float)values[k];
        good = good && unroll_peer_send(&p->process, out, count * sizeof *out);
        free(values);
        free(out);
    }
    return good;
}

/* The model and its batch; the answer says that it is there. */
static bool hand_over(const peer *p, const words *w, int cell)
{
    const unroll_settings *s = w->settings;
    size_t rows = (size_t)w->shape.batch * (size_t)w->shape.steps;
    const int32_t head[7] = {cell, (int32_t)unroll_int(s, "hidden"), (int32_t)unroll_int(s, "layers"), w->shape.symbols,
                             w->shape.batch, w->shape.steps, (int32_t)unroll_int(s, "threads")};
    const float rule[2] = {(float)unroll_real(s, "lr"), (float)unroll_real(s, "clip")};
    int32_t ready = 1;
    return unroll_peer_send(&p->process, "s", 1) && unroll_peer_send(&p->process, head, sizeof head) &&
           unroll_peer_send(&p->process, rule, sizeof rule) && send_weights(p, w) &&
           unroll_peer_send(&p->process, w->samples.symbol, rows * sizeof(int)) &&
           unroll_peer_send(&p->process, w->samples.target, rows * sizeof(int)) &&
           unroll_peer_receive(&p->process, &ready, sizeof ready) && ready == 0;
}

/* Starts PyTorch where one of the Pythons has it. */
static void start(peer *p, const words *w, int cell)
{
    static const char *const pythons[] = {"python3", "/usr/bin/python3"};
    for (int i = 0; i < 2; i++) {
        if (!unroll_peer_start(&p->process, "torch_words", pythons[i], (int)unroll_int(w->settings, "threads")))
            continue;
        if (hand_over(p, w, cell))
            return;
        unroll_peer_end(&p->process);
    }
    snprintf(p->trouble, sizeof p->trouble, "not here: python3-torch");
}

/* Both train some steps: the first loss and gradient's norm must be the same, and the loss after them. */
static void check(peer *p, words *w)
{
    const struct {
        const char *what;
        double tolerance;
    } numbers[3] = {{"loss", 1e-4}, {"gradient's norm", 1e-3}, {"loss after five steps", 1e-3}};
    double ours[3];
    float theirs[3];
    ours[0] = unroll_model_gradient(w->model, NULL);
    ours[1] = unroll_model_update(w->model);
    for (int i = 1; i < CHECKED_STEPS; i++)
        train(w);
    ours[2] = unroll_model_gradient(w->model, NULL);
    if (p->trouble[0] != '\0')
        return;
    if (!unroll_peer_send(&p->process, "c", 1) || !unroll_peer_receive(&p->process, theirs, sizeof theirs))
        snprintf(p->trouble, sizeof p->trouble, "died at its work");
    for (int i = 0; i < 3 && p->trouble[0] == '\0'; i++)
        if (!(fabs((double)theirs[i] - ours[i]) <= numbers[i].tolerance * fabs(ours[i])))
            snprintf(p->trouble, sizeof p->trouble, "its %s is %.6g and ours %.6g", numbers[i].what, (double)theirs[i], ours[i]);
}

/* ---- the turns ---- */

/* Samples of a step in ns: ours, at the peak that was measured around it, PyTorch's; and the ratios of the same turn. */
typedef struct turns {
    int count;
    double own[UNROLL_TIMING_SAMPLES], peak[UNROLL_TIMING_SAMPLES], over_peak[UNROLL_TIMING_SAMPLES];
    double torch[UNROLL_TIMING_SAMPLES], over_own[UNROLL_TIMING_SAMPLES];
} turns;

static void take_turns(words *w, peer *p, double seconds, const atomic_bool *stop, turns *r)
{
    double before = unroll_measure_peak(w->settings, 0.002), after;
    int64_t begin = unroll_clock_ns();
    while (unroll_wants_sample(r->count, begin, seconds) && !atomic_load(stop)) {
        int i = r->count++;
        r->own[i] = unroll_time_steps(train, w, 1);
        after = unroll_measure_peak(w->settings, 0.002);
        r->peak[i] = unroll_model_operations(w->model) / ((before + after) / 2.0 * unroll_model_threads(w->model));
        r->over_peak[i] = r->own[i] / r->peak[i];
        before = after;
        if (p->trouble[0] == '\0' && (r->torch[i] = unroll_peer_time(&p->process, 1)) == 0)
            snprintf(p->trouble, sizeof p->trouble, "died at its work");
        r->over_own[i] = r->torch[i] / r->own[i];
    }
}

static unroll_record *tell(const unroll_settings *settings, const words *w, const peer *p, const turns *r)
{
    unroll_record *record = unroll_bench_record(settings);
    if (record == NULL)
        return NULL;
    unroll_record_int(record, "alphabet", "symbols", w->shape.symbols);
    unroll_record_int(record, "used_threads", "", unroll_model_threads(w->model));
    unroll_record_int(record, "parameters", "", unroll_model_parameters(w->model));
    unroll_record_real(record, "ms", "ms", unroll_quartiles_of(r->own, r->count).median * 1e-6);
    unroll_record_real(record, "peak_ms", "ms", unroll_quartiles_of(r->peak, r->count).median * 1e-6);
    unroll_record_real(record, "times_peak", "", unroll_quartiles_of(r->over_peak, r->count).median);
    unroll_record_text(record, "torch", p->trouble[0] != '\0' ? p->trouble : "agrees");
    if (p->trouble[0] != '\0')
        return record;
    unroll_record_real(record, "torch_ms", "ms", unroll_quartiles_of(r->torch, r->count).median * 1e-6);
    unroll_record_real(record, "torch_times", "", unroll_quartiles_of(r->over_own, r->count).median);
    unroll_record_real(record, "torch_spread", "", unroll_quartiles_of(r->over_own, r->count).spread);
    return record;
}

static unroll_status contest(const unroll_settings *settings, int cell, double seconds, const atomic_bool *stop,
                             const unroll_bench_sink *sink)
{
    bool alone = unroll_int(settings, "threads") == 1;
    words w = {.model = NULL};
    peer p = {.trouble = ""};
    turns r = {.count = 0};
    unroll_pinned old;
    unroll_status status = open_words(settings, &w);
    if (status.code == UNROLL_OK) {
        signal(SIGPIPE, SIG_IGN); /* a peer that dies is one that does not answer */
        start(&p, &w, cell);
        check(&p, &w);
        if (alone)
            unroll_pin(&old);
        take_turns(&w, &p, 2.0 * seconds, stop, &r);
        if (alone)
            unroll_unpin(&old);
        unroll_peer_end(&p.process);
        if (r.count > 0)
            sink->put(sink->context, tell(settings, &w, &p, &r));
    }
    close_words(&w);
    return status;
}

unroll_status unroll_bench_words(const unroll_settings *settings, double seconds, const unroll_ceilings *ceilings,
                                 const atomic_bool *stop, const unroll_bench_sink *sink)
{
    int cell = unroll_peer_cell(unroll_text(settings, "model"));
    (void)ceilings;
    if (cell < 0 || strcmp(unroll_text(settings, "bias"), "two") != 0 || strcmp(unroll_text(settings, "optimizer"), "sgd") != 0 ||
        unroll_real(settings, "momentum") > 0.0 || !(unroll_real(settings, "clip") > 0.0))
        return unroll_error(UNROLL_WRONG, "--words times the cells rnn, lstm and gru with two biases, optimizer=sgd without "
                                          "momentum and a clipped gradient");
    return contest(settings, cell, seconds, stop, sink);
}
