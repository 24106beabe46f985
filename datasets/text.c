/* text: the next character of a UTF-8 text, from those before it. The alphabet is what occurs in the training part, and
   one symbol more for any other character. The text is split as it stands: training, validation, test.

   Training reads B streams that start at equal distances in the training part, from a place that the seed draws, and go
   round it without end; each batch continues the last one, from zero states at every 50th. Validation and test cut their part into streams of at least
   four lengths, at most B, so that every character is scored exactly once, the first from the one before the part; a model that
   carries no states scores the second half of each window of a stream, after the first one, and reads the first half again. */
#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/random.h"
#include "model/model.h"
#include "model/network.h"
#include "model/task.h"
#include "read/score.h"
#include "read/source.h"
#include "read/streams.h"
#include "read/utf8.h"
#include "simd/engine.h"
#include "text/corpus.h"
#include "text/yardsticks.h"

static const unroll_setting rows[] = {
    {"sample_chars", UNROLL_INT, 0, 100000, "", "300", "characters", "characters to draw from the trained model",
     "task text", 0},
    {"temperature", UNROLL_REAL, 0.01, 100, "", "1", "", "of the drawn characters: below 1 likelier, above 1 wilder",
     "task text", 0, "sample_chars!=0"},
};

static const double bit = 0.69314718055994530942; /* nats */

typedef struct text {
    unroll_corpus corpus;
    int steps, batch;
    size_t shift; /* where the first training stream starts */
    bool stateless;
} text;

static unroll_status text_open(const unroll_settings *settings, void **state)
{
    text *task = calloc(1, sizeof *task);
    uint64_t seed = (uint64_t)unroll_int(settings, "seed");
    unroll_random draws = unroll_random_open(seed, UNROLL_FOR_TRAIN, 0, 0);
    unroll_status status;
    *state = NULL;
    if (task == NULL)
        return unroll_error(UNROLL_FAILED, "out of memory: task=text");
    task->steps = (int)unroll_int(settings, "length");
    task->batch = (int)unroll_int(settings, "batch");
    task->stateless = unroll_network_stateless(settings);
    status = unroll_corpus_open(settings, &task->corpus);
    if (status.code != UNROLL_OK) {
        free(task);
        return status;
    }
    task->shift = unroll_random_below(&draws, (uint32_t)task->corpus.end[UNROLL_TRAIN]);
    *state = task;
    return unroll_ok();
}

static void text_close(void *state)
{
    text *task = state;
    if (task != NULL)
        unroll_corpus_close(&task->corpus);
    free(task);
}

static unroll_streams to_score(const text *task, unroll_split split)
{
    return unroll_streams_to_score(task->corpus.first[split], task->corpus.end[split], task->batch, task->steps,
                                   task->stateless);
}

static void text_shape(const void *state, unroll_task_shape *shape)
{
    const text *task = state;
    *shape =
        (unroll_task_shape){.symbols = task->corpus.known + 1,
                            .outputs = task->corpus.known + 1,
                            .steps = task->steps,
                            .batch = task->batch,
                            .answer = UNROLL_AT_EVERY,
                            .next = true,
                            .carry = true,
                            .loss = "softmax",
                            .batches = {0, to_score(task, UNROLL_VALID).batches, to_score(task, UNROLL_TEST).batches},
                            .metric = "bits_per_character",
                            .unit = "bit",
                            .solved_below = NAN};
}

/* symbol (T) and target (T) of training stream b. */
static void train_stream(const text *task, int64_t index, size_t b, int *symbol, int *target)
{
    const int *all = task->corpus.symbol;
    size_t count = task->corpus.end[UNROLL_TRAIN], apart = count / (size_t)task->batch;
    size_t steps = (size_t)task->steps, gone = (size_t)((uint64_t)index % count) * steps % count;
    for (size_t t = 0; t < steps; t++) {
        size_t at = (task->shift + b * apart + gone + t) % count;
        symbol[t] = all[at];
        target[t] = at + 1 < count ? all[at + 1] : -1; /* the end is not followed by the start */
    }
}

static void text_batch(const void *state, unroll_split split, int64_t index, unroll_samples *out)
{
    const text *task = state;
    size_t steps = (size_t)task->steps;
    if (split != UNROLL_TRAIN) {
        unroll_streams streams = to_score(task, split);
        unroll_streams_batch(&streams, task->corpus.symbol, task->batch, index, out);
        return;
    }
    for (size_t b = 0; b < (size_t)task->batch; b++)
        train_stream(task, index, b, out->symbol + b * steps, out->target + b * steps);
}

static double text_metric(const void *state, const unroll_score *score)
{
    (void)state;
    return score->loss / bit;
}

static unroll_status text_baselines(const void *state, unroll_record *record)
{
    const text *task = state;
    const unroll_corpus *corpus = &task->corpus;
    UNROLL_TRY(unroll_yardsticks(corpus, record));
    unroll_record_text(record, "data", corpus->fingerprint);
    unroll_record_int(record, "alphabet", "symbols", corpus->known + 1);
    return unroll_ok();
}

/* Room for one step's outputs: y, and their exponentials in whole blocks. */
typedef struct outputs {
    real *y, *power;
    size_t padded;
} outputs;

/* Draws a symbol from softmax(y / temperature), never the unknown one; -1 when the outputs are no numbers. */
static int draw(const outputs *out, int known, real temperature, unroll_random *draws)
{
    real highest = out->y[0];
    double sum = 0.0, left;
    for (int k = 1; k < known; k++)
        highest = out->y[k] > highest ? out->y[k] : highest;
    for (int k = 0; k < known; k++)
        out->power[k] = (out->y[k] - highest) / temperature;
    unroll_isa_now()->engine->exp(out->power, out->power, out->padded);
    for (int k = 0; k < known; k++)
        sum += (double)out->power[k];
    left = unroll_random_uniform(draws) * sum;
    for (int k = 0; k < known && isfinite(sum); k++) {
        left -= (double)out->power[k];
        if (left < 0.0)
            return k;
    }
    return isfinite(sum) ? known - 1 : -1;
}

/* Draws characters one after the other, as if a line had just ended, into `sample` (4 bytes each, and a zero). */
static unroll_status draw_text(const text *task, unroll_model *model, const unroll_settings *settings, const outputs *out,
                               char *sample)
{
    const unroll_corpus *corpus = &task->corpus;
    int64_t count = unroll_int(settings, "sample_chars");
    real temperature = (real)unroll_real(settings, "temperature");
    unroll_random draws = unroll_random_open((uint64_t)unroll_int(settings, "seed"), UNROLL_FOR_SAMPLING, 0, 0);
    int symbol = unroll_corpus_symbol(corpus, '\n');
    if (symbol == corpus->known)
        symbol = corpus->symbol[0];
    UNROLL_TRY(unroll_model_reserve(model, (int)count));
    for (int64_t i = 0; i < count && symbol >= 0; i++) {
        unroll_model_step(model, 1, NULL, &symbol, out->y);
        symbol = draw(out, corpus->known, temperature, &draws);
        if (symbol >= 0)
            sample += unroll_utf8_encode(corpus->alphabet[symbol], sample);
    }
    *sample = '\0';
    return unroll_ok();
}

static unroll_status record_sample(const text *task, unroll_model *model, const unroll_settings *settings,
                                   unroll_record *record)
{
    outputs out = {.padded = (size_t)unroll_blocks(task->corpus.known) * UNROLL_LANES};
    char *sample = malloc(4 * (size_t)unroll_int(settings, "sample_chars") + 1);
    unroll_status status = unroll_ok();
    out.y = calloc((size_t)task->corpus.known + 1, sizeof *out.y);
    out.power = aligned_alloc(64, out.padded * sizeof *out.power);
    if (sample != NULL && out.y != NULL && out.power != NULL) {
        memset(out.power, 0, out.padded * sizeof *out.power);
        status = draw_text(task, model, settings, &out, sample);
        if (status.code == UNROLL_OK)
            unroll_record_text(record, "sample", sample);
    } else {
        status = unroll_error(UNROLL_FAILED, "out of memory: drawing a text");
    }
    free(sample);
    free(out.y);
    free(out.power);
    return status;
}

extern const unroll_task task_text;

static unroll_status text_finish(const void *state, unroll_model *model, const unroll_settings *settings,
                                 unroll_record *record)
{
    unroll_score score;
    UNROLL_TRY(unroll_score_split(&task_text, state, UNROLL_TEST, model, &score));
    unroll_record_real(record, "test_bits_per_character", "bit", text_metric(state, &score));
    return record_sample(state, model, settings, record);
}

/* The code points of the alphabet; the symbol after the last is the unknown one. */
static unroll_status text_extras(const void *state, unroll_extra *out, int room, int *count)
{
    const unroll_corpus *corpus = &((const text *)state)->corpus;
    double *points = malloc(((size_t)corpus->known + 1) * sizeof *points);
    assert(room >= 1);
    *count = 0;
    if (points == NULL)
        return unroll_error(UNROLL_FAILED, "out of memory: the alphabet of a saved model");
    for (int k = 0; k < corpus->known; k++)
        points[k] = corpus->alphabet[k];
    out[(*count)++] = (unroll_extra){.name = "alphabet", .value = points, .count = corpus->known};
    return unroll_ok();
}

static unroll_status text_files(const unroll_settings *settings, int index, char path[UNROLL_FILE_ROOM])
{
    path[0] = '\0';
    return index == 0 ? unroll_corpus_file(settings, path) : unroll_ok();
}

const unroll_task task_text = {.name = "text",
                               .title = "characters of a text: the next one from those before",
                               .version = 1,
                               .version_stateless = 2,
                               .settings = rows,
                               .setting_count = (int)(sizeof rows / sizeof rows[0]),
                               .shared = unroll_source_settings,
                               .shared_count = UNROLL_SOURCE_SETTINGS,
                               .open = text_open,
                               .close = text_close,
                               .shape = text_shape,
                               .batch = text_batch,
                               .metric = text_metric,
                               .baselines = text_baselines,
                               .finish = text_finish,
                               .extras = text_extras,
                               .files = text_files};
