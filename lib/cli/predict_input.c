#include "cli/predict_input.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"

static unroll_status find_array(const unroll_bundle *bundle, const char *path, const char *name, int rank,
                                const char *axes, const unroll_array **array)
{
    *array = unroll_bundle_find(bundle, name);
    if (*array == NULL)
        return unroll_error(UNROLL_WRONG, "%.300s has no data set %s %s", path, name, axes);
    if ((*array)->rank != rank)
        return unroll_error(UNROLL_WRONG, "%s of %.300s has %d dimensions, not %d: %s", name, path, (*array)->rank,
                            rank, axes);
    for (int i = 0; i < rank; i++)
        if ((*array)->dims[i] < 1 || (*array)->dims[i] > INT32_MAX)
            return unroll_error(UNROLL_WRONG, "%s of %.300s has dimension %d of size %zu", name, path, i,
                                (*array)->dims[i]);
    return unroll_ok();
}

static unroll_status read_lengths(const unroll_bundle *bundle, unroll_sequences *in)
{
    if (unroll_bundle_find(bundle, "lengths") == NULL)
        return unroll_ok();
    UNROLL_TRY(find_array(bundle, in->path, "lengths", 1, "(sequences)", &in->lengths));
    if (in->lengths->type != UNROLL_ARRAY_INT32 || in->lengths->dims[0] != (size_t)in->count)
        return unroll_error(UNROLL_WRONG, "lengths of %.300s must be %d whole numbers, one a sequence", in->path,
                            in->count);
    for (int n = 0; n < in->count; n++) {
        int length = ((const int *)in->lengths->data)[n];
        if (length < 1 || length > in->steps)
            return unroll_error(UNROLL_WRONG, "lengths of %.300s: sequence %d has length %d, which is outside 1..%d",
                                in->path, n, length, in->steps);
    }
    return unroll_ok();
}

/* What has another name than those that are looked for may be a mistake. */
static void tell_unused(const unroll_bundle *bundle, const unroll_sequences *in)
{
    enum { MOST = 10 };
    char name[sizeof bundle->arrays->name], path[300];
    int unused = 0;
    for (int i = 0; i < bundle->array_count; i++) {
        const unroll_array *array = &bundle->arrays[i];
        if (array == in->x || array == in->symbols || array == in->lengths || unused++ >= MOST)
            continue;
        printf("not used: data set %s of %s\n", unroll_text_quote(name, sizeof name, array->name),
               unroll_text_quote(path, sizeof path, in->path));
    }
    if (unused > MOST)
        printf("not used: %d more data sets\n", unused - MOST);
}

unroll_status unroll_sequences_read(const unroll_bundle *bundle, const unroll_model_shape *shape, unroll_sequences *in)
{
    const unroll_array *array;
    if (shape->symbols > 0) {
        UNROLL_TRY(find_array(bundle, in->path, "symbols", 2, "(sequences, steps)", &in->symbols));
        if (in->symbols->type != UNROLL_ARRAY_INT32)
            return unroll_error(UNROLL_WRONG, "symbols of %.300s must be whole numbers", in->path);
    } else {
        UNROLL_TRY(find_array(bundle, in->path, "x", 3, "(sequences, steps, inputs)", &in->x));
        if (in->x->dims[2] != (size_t)shape->inputs)
            return unroll_error(UNROLL_WRONG, "x of %.300s has %zu inputs a step, the model takes %d", in->path,
                                in->x->dims[2], shape->inputs);
    }
    array = in->x != NULL ? in->x : in->symbols;
    in->count = (int)array->dims[0];
    in->steps = (int)array->dims[1];
    in->inputs = shape->inputs;
    UNROLL_TRY(read_lengths(bundle, in));
    tell_unused(bundle, in);
    return unroll_ok();
}

static int length_of(const unroll_sequences *in, int n)
{
    return in->lengths != NULL ? ((const int *)in->lengths->data)[n] : in->steps;
}

static double x_at(const unroll_array *x, size_t i)
{
    switch (x->type) {
    case UNROLL_ARRAY_FLOAT:
        return (double)((const float *)x->data)[i];
    case UNROLL_ARRAY_DOUBLE:
        return ((const double *)x->data)[i];
    case UNROLL_ARRAY_INT32:
        return ((const int *)x->data)[i];
    }
    return NAN;
}

/* Copies sequence n to row `row` of the batch. */
static unroll_status copy_sequence(const unroll_sequences *in, const unroll_model_shape *shape, int n, int row,
                                   unroll_sequence_batch *batch)
{
    size_t from = (size_t)n * (size_t)in->steps, to = (size_t)row * (size_t)in->steps;
    size_t inputs = (size_t)in->inputs;
    for (int t = 0; t < length_of(in, n) && in->symbols != NULL; t++) {
        int s = ((const int *)in->symbols->data)[from + (size_t)t];
        if (s < 0 || s >= shape->symbols)
            return unroll_error(UNROLL_WRONG, "symbols of %.300s: %d at sequence %d, step %d is outside 0..%d",
                                in->path, s, n, t, shape->symbols - 1);
        batch->symbol[to + (size_t)t] = s;
    }
    for (size_t i = 0; i < (size_t)length_of(in, n) * inputs && in->x != NULL; i++) {
        double value = x_at(in->x, from * inputs + i);
        if (!isfinite((float)value))
            return unroll_error(UNROLL_WRONG, "x of %.300s is not a finite number at sequence %d, step %zu, input %zu",
                                in->path, n, i / inputs, i % inputs);
        batch->x[to * inputs + i] = (real)value;
    }
    return unroll_ok();
}

unroll_status unroll_sequence_batch_open(const unroll_sequences *in, int room, unroll_sequence_batch *batch)
{
    size_t rows = (size_t)room * (size_t)in->steps;
    batch->room = room;
    batch->x = calloc(rows, (size_t)(in->inputs > 0 ? in->inputs : 1) * sizeof *batch->x);
    batch->symbol = calloc(rows, sizeof *batch->symbol);
    batch->length = calloc((size_t)room, sizeof *batch->length);
    if (batch->x == NULL || batch->symbol == NULL || batch->length == NULL)
        return unroll_error(UNROLL_FAILED, "out of memory for batches of %d sequences of %d steps", room, in->steps);
    return unroll_ok();
}

void unroll_sequence_batch_close(unroll_sequence_batch *batch)
{
    free(batch->x);
    free(batch->symbol);
    free(batch->length);
}

unroll_status unroll_sequence_batch_fill(const unroll_sequences *in, const unroll_model_shape *shape, int first, int size,
                                         unroll_sequence_batch *batch, unroll_forward *io)
{
    size_t rows = (size_t)batch->room * (size_t)in->steps;
    memset(batch->x, 0, rows * (size_t)in->inputs * sizeof *batch->x);
    memset(batch->symbol, 0, rows * sizeof *batch->symbol);
    for (int row = 0; row < size; row++) {
        batch->length[row] = length_of(in, first + row);
        UNROLL_TRY(copy_sequence(in, shape, first + row, row, batch));
    }
    io->size = size;
    io->steps = in->steps;
    io->length = batch->length;
    io->x = in->x != NULL ? batch->x : NULL;
    io->symbol = in->x != NULL ? NULL : batch->symbol;
    return unroll_ok();
}

int unroll_sequences_at_once(const unroll_sequences *in, const unroll_model_file *file, int most)
{
    double width = in->inputs + file->shape.outputs +
                   16.0 * (double)unroll_int(file->settings, "hidden") * (double)unroll_int(file->settings, "layers");
    double fitting = 64e6 / (width * in->steps);
    int at_once = fitting < 1 ? 1 : fitting > most ? most : (int)fitting;
    return at_once < in->count ? at_once : in->count;
}
