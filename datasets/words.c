/* words: the next word of a text, from those before it. Words are what stands between blanks, as tokenised texts come; the end
   of a line is a symbol, too. A word outside of the vocabulary is read, and to be predicted, as the unknown word, so that the
   perplexity is that of the text with <unk> in its place: of two vocabularies the smaller one has the easier task.

   words=running (Mikolov et al., Recurrent neural network based language model, 2010; Zaremba et al., Recurrent neural network
   regularization, 2014): training reads B streams side by side, states carried from batch to batch and forgotten after an epoch,
   in which each word is a target once. The streams begin at equal distances from a place that the seed draws. Validation and test
   are read as by task=text.
   words=sentences: each line is a sequence, the end is what stands before its first word; lines without words are left out. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/exponential.h"
#include "base/random.h"
#include "model/network.h"
#include "model/task.h"
#include "read/draws.h"
#include "read/score.h"
#include "read/source.h"
#include "read/streams.h"
#include "read/utf8.h"
#include "text/counts.h"
#include "words/corpus.h"

static const double bit = 0.69314718055994530942; /* nats */

typedef struct words {
    unroll_words corpus;
    uint64_t seed;
    int steps, batch;
    unroll_streams streams[3]; /* [split], of a running text */
} words;

/* ---- opening ---- */

static unroll_status lay_streams(words *task, const unroll_settings *settings)
{
    const unroll_words *corpus = &task->corpus;
    unroll_random draws = unroll_random_open(task->seed, UNROLL_FOR_TRAIN, 0, 0);
    size_t train = corpus->end[UNROLL_TRAIN];
    if (train < 2 || train < (size_t)task->batch)
        return unroll_error(UNROLL_WRONG, "the text is too short: %zu words and ends of lines for training, but batch=%d needs "
                                          "as many streams", train, task->batch);
    task->streams[UNROLL_TRAIN] = unroll_streams_cut(0, train, (size_t)task->batch, task->steps);
    task->streams[UNROLL_TRAIN].shift = unroll_random_below(&draws, (uint32_t)train);
    for (int s = UNROLL_VALID; s <= UNROLL_TEST; s++)
        task->streams[s] = unroll_streams_to_score(corpus->first[s], corpus->end[s], task->batch, task->steps,
                                                   unroll_network_stateless(settings));
    return unroll_ok();
}

static void words_close(void *state)
{
    words *task = state;
    if (task != NULL)
        unroll_words_close(&task->corpus);
    free(task);
}

static unroll_status words_open(const unroll_settings *settings, void **state)
{
    words *task = calloc(1, sizeof *task);
    unroll_status status;
    *state = NULL;
    if (task == NULL)
        return unroll_error(UNROLL_FAILED, "out of memory: task=words");
    task->seed = (uint64_t)unroll_int(settings, "seed");
    task->steps = (int)unroll_int(settings, "length");
    task->batch = (int)unroll_int(settings, "batch");
    status = unroll_words_open(settings, &task->corpus);
    if (status.code == UNROLL_OK && task->corpus.sentence == NULL)
        status = lay_streams(task, settings);
    else if (status.code == UNROLL_OK)
        task->steps = task->corpus.longest;
    if (status.code == UNROLL_OK)
        *state = task;
    else
        words_close(task);
    return status;
}

static size_t sentences_in(const unroll_words *corpus, unroll_split split)
{
    return corpus->end_sentence[split] - corpus->first_sentence[split];
}

static int batches(const words *task, unroll_split split)
{
    if (task->corpus.sentence == NULL)
        return task->streams[split].batches;
    return (int)((sentences_in(&task->corpus, split) + (size_t)task->batch - 1) / (size_t)task->batch);
}

static void words_shape(const void *state, unroll_task_shape *shape)
{
    const words *task = state;
    *shape = (unroll_task_shape){.symbols = unroll_words_symbols(&task->corpus),
                                 .outputs = unroll_words_symbols(&task->corpus),
                                 .steps = task->steps,
                                 .batch = task->batch,
                                 .answer = UNROLL_AT_EVERY,
                                 .next = true,
                                 .carry = task->corpus.sentence == NULL,
                                 .loss = "softmax",
                                 .batches = {batches(task, UNROLL_TRAIN), batches(task, UNROLL_VALID), batches(task, UNROLL_TEST)},
                                 .metric = "perplexity",
                                 .unit = "",
                                 .solved_below = NAN};
}

/* ---- batches ---- */

/* symbol (T), target (T): the words after the end of the sentence before, then its own end */
static int place_sentence(const unroll_words *corpus, size_t sentence, int *symbol, int *target)
{
    size_t first = corpus->sentence[sentence], length = corpus->sentence[sentence + 1] - first;
    symbol[0] = unroll_words_end(corpus);
    memcpy(symbol + 1, corpus->symbol + first, (length - 1) * sizeof *symbol);
    memcpy(target, corpus->symbol + first, length * sizeof *target);
    return (int)length;
}

/* Sentence b of a batch among those of its split; -1 past the last. */
static int64_t sentence_of(const words *task, unroll_split split, int64_t index, int b)
{
    int64_t count = (int64_t)sentences_in(&task->corpus, split), place = index * task->batch + b;
    if (split == UNROLL_TRAIN)
        return unroll_epoch_sample(task->seed, index, task->batch, b, (uint32_t)count);
    return place < count ? place : -1;
}

static void sentences_batch(const words *task, unroll_split split, int64_t index, unroll_samples *out)
{
    size_t steps = (size_t)task->steps;
    for (int b = 0; b < task->batch; b++) {
        int *symbol = out->symbol + (size_t)b * steps, *target = out->target + (size_t)b * steps;
        int64_t sentence = sentence_of(task, split, index, b);
        out->length[b] = 1;
        target[0] = -1;
        if (sentence >= 0)
            out->length[b] = place_sentence(&task->corpus, task->corpus.first_sentence[split] + (size_t)sentence, symbol, target);
    }
}

static void words_batch(const void *state, unroll_split split, int64_t index, unroll_samples *out)
{
    const words *task = state;
    if (task->corpus.sentence != NULL)
        sentences_batch(task, split, index, out);
    else
        unroll_streams_batch(&task->streams[split], task->corpus.symbol, task->batch,
                             split == UNROLL_TRAIN ? index % batches(task, split) : index, out);
}

/* ---- results ---- */

static double words_metric(const void *state, const unroll_score *score)
{
    (void)state;
    return unroll_exp(score->loss);
}

/* The perplexities of counts on the very targets of a model, and the share of these that are unknown. The context of a
   sentence's first words are the last ones of the sentence before, which a model of sentences does not see. */
static unroll_status record_yardsticks(const unroll_words *corpus, unroll_split split, const char *prefix, unroll_record *record)
{
    static const struct {
        const char *name;
        int order;
    } counts[] = {{"order0_perplexity", 0}, {"order5_perplexity", 5}};
    size_t first = corpus->first[split], end = corpus->end[split], unknown = 0;
    char name[48];
    for (int i = 0; i < 2; i++) {
        double bits;
        UNROLL_TRY(unroll_counts_bits(corpus->symbol, corpus->end[UNROLL_TRAIN], first, end, unroll_words_symbols(corpus),
                                      counts[i].order, &bits));
        snprintf(name, sizeof name, "%s%s", prefix, counts[i].name);
        unroll_record_real(record, name, "", unroll_exp(bits * bit));
    }
    for (size_t at = first; at < end; at++)
        unknown += corpus->symbol[at] == unroll_words_unknown(corpus);
    snprintf(name, sizeof name, "%sunknown_share", prefix);
    unroll_record_real(record, name, "", (double)unknown / (double)(end - first));
    return unroll_ok();
}

static unroll_status words_baselines(const void *state, unroll_record *record)
{
    static const char *const data[3] = {"data", "valid_data", "test_data"};
    const unroll_words *corpus = &((const words *)state)->corpus;
    UNROLL_TRY(record_yardsticks(corpus, UNROLL_VALID, "", record));
    UNROLL_TRY(record_yardsticks(corpus, UNROLL_TEST, "test_", record));
    for (int i = 0; i < 3; i++)
        if (corpus->fingerprint[i][0] != '\0')
            unroll_record_text(record, data[i], corpus->fingerprint[i]);
    unroll_record_int(record, "alphabet", "symbols", unroll_words_symbols(corpus));
    return unroll_ok();
}

extern const unroll_task task_words;

static unroll_status words_finish(const void *state, unroll_model *model, const unroll_settings *settings, unroll_record *record)
{
    unroll_score score;
    (void)settings;
    UNROLL_TRY(unroll_score_split(&task_words, state, UNROLL_TEST, model, &score));
    unroll_record_real(record, "test_perplexity", "", words_metric(state, &score));
    return unroll_ok();
}

/* The vocabulary as code points, a word a line: the line of a word, counted from 0, is its symbol. */
static unroll_status words_extras(const void *state, unroll_extra *out, int room, int *count)
{
    const char *text = ((const words *)state)->corpus.vocabulary;
    uint32_t *points;
    double *values;
    size_t size;
    (void)room;
    *count = 0;
    UNROLL_TRY(unroll_utf8_decode(text, strlen(text), "the vocabulary", &points, &size));
    values = malloc(size * sizeof *values);
    for (size_t i = 0; values != NULL && i < size; i++)
        values[i] = points[i];
    free(points);
    if (values == NULL)
        return unroll_error(UNROLL_FAILED, "out of memory: the vocabulary of a saved model");
    out[(*count)++] = (unroll_extra){.name = "vocabulary", .value = values, .count = (int)size};
    return unroll_ok();
}

const unroll_task task_words = {.name = "words",
                                .title = "words of a text: the next one from those before",
                                .version_stateless = 1,
                                .settings = unroll_words_settings,
                                .setting_count = UNROLL_WORDS_SETTINGS,
                                .shared = unroll_source_settings,
                                .shared_count = UNROLL_SOURCE_SETTINGS,
                                .open = words_open,
                                .close = words_close,
                                .shape = words_shape,
                                .batch = words_batch,
                                .metric = words_metric,
                                .baselines = words_baselines,
                                .finish = words_finish,
                                .extras = words_extras,
                                .files = unroll_words_file};
