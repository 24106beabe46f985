/* unroll predict with a model whose answers are sequences. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/predict_input.h"
#include "model/decode.h"

/* What is written, over all sequences, and one batch of what is read. */
typedef struct answers {
    unroll_model *model;
    int beams, steps;     /* steps: most symbols of an answer, U */
    int *symbol, *length; /* (N, beams, U), (N, beams) */
    double *score;        /* (N, beams) */
    unroll_sequence_batch batch;
} answers;

static unroll_status open_answers(unroll_model_file *file, const char *path, const unroll_sequences *in, answers *a)
{
    size_t count = (size_t)in->count * (size_t)a->beams;
    int batch;
    /* a longer input may need a longer answer than those of training */
    if (in->steps > file->shape.steps) {
        int64_t longer = (int64_t)file->shape.target_steps + in->steps - file->shape.steps;
        if (longer > INT32_MAX)
            return unroll_error(UNROLL_FAILED, "out of memory: answers of %lld symbols", (long long)longer);
        file->shape.target_steps = (int)longer;
    }
    file->shape.beams = a->beams;
    a->steps = file->shape.target_steps;
    batch = unroll_sequences_at_once(in, file, 1 + 4096 / a->beams);
    UNROLL_TRY(unroll_model_file_build(file, path, in->steps, batch, &a->model));
    a->symbol = malloc(count * (size_t)a->steps * sizeof *a->symbol);
    a->length = malloc(count * sizeof *a->length);
    a->score = malloc(count * sizeof *a->score);
    if (a->symbol == NULL || a->length == NULL || a->score == NULL)
        return unroll_error(UNROLL_FAILED, "out of memory for %d answers to each of %d sequences", a->beams, in->count);
    return unroll_sequence_batch_open(in, batch, &a->batch);
}

static void close_answers(answers *a)
{
    if (a->model != NULL)
        unroll_model_close(a->model);
    free(a->symbol);
    free(a->length);
    free(a->score);
    unroll_sequence_batch_close(&a->batch);
}

static unroll_status answer_batch(answers *a, const unroll_sequences *in, const unroll_model_shape *shape, int first, int size)
{
    unroll_forward io = {0};
    size_t at = (size_t)first * (size_t)a->beams;
    UNROLL_TRY(unroll_sequence_batch_fill(in, shape, first, size, &a->batch, &io));
    return unroll_model_decode(a->model, &io, a->beams, a->steps, a->symbol + at * (size_t)a->steps, a->length + at,
                               a->score + at);
}

static unroll_status write_answers(const answers *a, const unroll_sequences *in, const char *path)
{
    unroll_bundle *bundle = unroll_bundle_new();
    size_t dims[] = {(size_t)in->count, (size_t)a->beams, (size_t)a->steps};
    unroll_status status;
    if (bundle == NULL)
        return unroll_error(UNROLL_FAILED, "out of memory for the answers");
    unroll_bundle_array(bundle, "symbols", UNROLL_ARRAY_INT32, 3, dims, a->symbol);
    unroll_bundle_array(bundle, "lengths", UNROLL_ARRAY_INT32, 2, dims, a->length);
    unroll_bundle_array(bundle, "scores", UNROLL_ARRAY_DOUBLE, 2, dims, a->score);
    status = unroll_store_bundle(bundle, path);
    unroll_bundle_free(bundle);
    return status;
}

unroll_status unroll_predict_answers(unroll_model_file *file, const char *const paths[3], const unroll_sequences *in, int beams,
                                     const atomic_bool *stop)
{
    answers a = {.beams = beams};
    unroll_status status = open_answers(file, paths[0], in, &a);
    for (int first = 0; first < in->count && status.code == UNROLL_OK; first += a.batch.room) {
        int left = in->count - first;
        status = answer_batch(&a, in, &file->shape, first, left < a.batch.room ? left : a.batch.room);
        if (status.code == UNROLL_OK && atomic_load(stop))
            status = unroll_error(UNROLL_STOPPED, "stopped; nothing is written");
    }
    if (status.code == UNROLL_OK)
        status = write_answers(&a, in, paths[2]);
    close_answers(&a);
    if (status.code == UNROLL_OK)
        printf("%d sequences, %d answers to each: %s\n", in->count, beams, paths[2]);
    return status;
}
