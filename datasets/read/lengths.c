#include "lengths.h"

#include <stdlib.h>

#include "model/model.h"
#include "model/samples.h"

const unroll_setting unroll_lengths_settings[UNROLL_LENGTHS_SETTINGS] = {
    {"shortest", UNROLL_INT, 0, 1000000, "", "0", "steps",
     "sequences are from so many to length= steps long; 0: all are length= long", "data", 0},
    {"beyond", UNROLL_INT, 0, 1000000, "", "0", "steps",
     "the test's sequences, of the task recall the lags, are longer than all in training, up to so many steps; 0: as those",
     "data", 0},
};

unroll_status unroll_lengths_open(const unroll_settings *settings, unroll_lengths *lengths)
{
    int length = (int)unroll_int(settings, "length"), shortest = (int)unroll_int(settings, "shortest");
    *lengths = (unroll_lengths){.shortest = shortest > 0 ? shortest : length, .longest = length,
                                .beyond = (int)unroll_int(settings, "beyond")};
    if (shortest > length)
        return unroll_error(UNROLL_WRONG, "shortest=%d must not be more than length=%d", shortest, length);
    if (lengths->beyond > 0 && lengths->beyond <= length)
        return unroll_error(UNROLL_WRONG, "beyond=%d must be more than length=%d", lengths->beyond, length);
    return unroll_ok();
}

int unroll_lengths_most(const unroll_lengths *lengths)
{
    return lengths->beyond > 0 ? lengths->beyond : lengths->longest;
}

double unroll_lengths_mean(const unroll_lengths *lengths)
{
    return (lengths->shortest + lengths->longest) / 2.0;
}

int unroll_lengths_of(const unroll_lengths *lengths, unroll_split split, int64_t index, int batches, unroll_random *draws)
{
    int64_t first = lengths->longest + 1, last = lengths->beyond;
    if (split == UNROLL_TEST && lengths->beyond > 0)
        return (int)(batches > 1 ? first + (last - first) * (index % batches) / (batches - 1) : last);
    if (lengths->shortest == lengths->longest)
        return lengths->longest;
    return lengths->shortest + (int)unroll_random_below(draws, (uint32_t)(lengths->longest - lengths->shortest + 1));
}

/* A rule is followed beyond the lengths of training where no more of the answers there are wrong. */
#define FOLLOWED 0.01

/* Room for the batches of a test, and for what comes of them. */
typedef struct scoring {
    unroll_task_shape shape;
    unroll_samples samples;
    float *error, *length; /* (batches) */
} scoring;

static void score_batch(const unroll_task *task, const void *state, unroll_model *model, scoring *s, int index)
{
    unroll_score score;
    unroll_samples_clear(&s->shape, &s->samples);
    task->batch(state, UNROLL_TEST, index, &s->samples);
    unroll_model_pack(model, &s->samples, s->shape.batch);
    unroll_model_loss(model, &score);
    s->error[index] = (float)(1.0 - score.accuracy);
    s->length[index] = (float)s->samples.length[0];
}

unroll_status unroll_lengths_score(const unroll_task *task, const void *state, const unroll_lengths *lengths, unroll_model *model,
                                   unroll_record *record)
{
    scoring s = {.error = NULL};
    double sum = 0.0;
    unroll_status status;
    int batches;
    if (lengths->beyond == 0)
        return unroll_ok();
    task->shape(state, &s.shape);
    batches = s.shape.batches[UNROLL_TEST];
    status = unroll_samples_open(&s.shape, &s.samples);
    s.error = malloc((size_t)batches * sizeof *s.error);
    s.length = malloc((size_t)batches * sizeof *s.length);
    if (status.code == UNROLL_OK && (s.error == NULL || s.length == NULL))
        status = unroll_error(UNROLL_FAILED, "out of memory: %d batches of the test", batches);
    for (int i = 0; status.code == UNROLL_OK && i < batches; i++) {
        score_batch(task, state, model, &s, i);
        sum += (double)s.error[i];
    }
    if (status.code == UNROLL_OK) {
        unroll_record_real(record, "beyond_error_rate", "", sum / batches);
        unroll_record_int(record, "followed", "", sum / batches <= FOLLOWED);
        unroll_record_curve(record, "error_rate_at", "", s.error, batches);
        unroll_record_curve(record, "at_length", "steps", s.length, batches);
    }
    unroll_samples_close(&s.samples);
    free(s.error);
    free(s.length);
    return status;
}
