/* unroll predict: a saved model over sequences in an HDF5 file. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/text.h"
#include "cli/cli.h"
#include "cli/model_file.h"
#include "base/team.h"
#include "simd/engine.h"

extern const unroll_command command_predict;

/* The input file, checked against the model. */
typedef struct sequences {
    const char *path;
    int count, steps, inputs;    /* N, T, I */
    const unroll_array *x;       /* (N, T, I), float, double or int32; or NULL */
    const unroll_array *symbols; /* (N, T), int32; or NULL */
    const unroll_array *lengths; /* (N), int32; NULL: all T */
} sequences;

/* What is written, over all sequences. */
typedef struct predictions {
    int outputs, state;
    float *y;      /* (N, T, O) */
    float *states; /* (N, S): the last state of each sequence (model/model.h) */
} predictions;

/* ---- the input ---- */

static unroll_status take_array(const unroll_bundle *bundle, const char *path, const char *name, int rank,
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

static unroll_status read_lengths(const unroll_bundle *bundle, sequences *in)
{
    if (unroll_bundle_find(bundle, "lengths") == NULL)
        return unroll_ok();
    UNROLL_TRY(take_array(bundle, in->path, "lengths", 1, "(sequences)", &in->lengths));
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
static void tell_unused(const unroll_bundle *bundle, const sequences *in)
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

static unroll_status read_sequences(const unroll_bundle *bundle, const unroll_model_shape *shape, sequences *in)
{
    const unroll_array *array;
    if (shape->symbols > 0) {
        UNROLL_TRY(take_array(bundle, in->path, "symbols", 2, "(sequences, steps)", &in->symbols));
        if (in->symbols->type != UNROLL_ARRAY_INT32)
            return unroll_error(UNROLL_WRONG, "symbols of %.300s must be whole numbers", in->path);
    } else {
        UNROLL_TRY(take_array(bundle, in->path, "x", 3, "(sequences, steps, inputs)", &in->x));
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

static int length_of(const sequences *in, int n)
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

/* Copies sequence n to row `row` of a batch; what lies past its end is zero. */
static unroll_status copy_sequence(const sequences *in, const unroll_model_shape *shape, int n, int row, real *x,
                                   int *symbol)
{
    size_t from = (size_t)n * (size_t)in->steps, to = (size_t)row * (size_t)in->steps;
    size_t inputs = (size_t)in->inputs;
    for (int t = 0; t < length_of(in, n) && in->symbols != NULL; t++) {
        int s = ((const int *)in->symbols->data)[from + (size_t)t];
        if (s < 0 || s >= shape->symbols)
            return unroll_error(UNROLL_WRONG, "symbols of %.300s: %d at sequence %d, step %d is outside 0..%d",
                                in->path, s, n, t, shape->symbols - 1);
        symbol[to + (size_t)t] = s;
    }
    for (size_t i = 0; i < (size_t)length_of(in, n) * inputs && in->x != NULL; i++) {
        double value = x_at(in->x, from * inputs + i);
        if (!isfinite((float)value))
            return unroll_error(UNROLL_WRONG, "x of %.300s is not a finite number at sequence %d, step %zu, input %zu",
                                in->path, n, i / inputs, i % inputs);
        x[to * inputs + i] = (real)value;
    }
    return unroll_ok();
}

/* ---- the batches ---- */

typedef struct workspace {
    unroll_model *model;
    int batch;
    real *x, *y, *states; /* (B, T, I), (B, T, O), (B, S) */
    int *symbol, *length; /* (B, T), (B) */
} workspace;

static void close_workspace(workspace *w)
{
    if (w->model != NULL)
        unroll_model_close(w->model);
    free(w->x);
    free(w->y);
    free(w->states);
    free(w->symbol);
    free(w->length);
}

/* Sequences at a time, so that what a model keeps of every step stays within about 256 MB. */
static int batch_size(const sequences *in, const unroll_model_file *file)
{
    double width = in->inputs + file->shape.outputs +
                   16.0 * (double)unroll_int(file->settings, "hidden") * (double)unroll_int(file->settings, "layers");
    double fitting = 64e6 / (width * in->steps);
    return fitting < 1      ? 1
           : fitting > 1024 ? (in->count < 1024 ? in->count : 1024)
                            : (fitting < in->count ? (int)fitting : in->count);
}

static unroll_status open_workspace(const unroll_model_file *file, const char *path, const sequences *in, workspace *w)
{
    size_t rows;
    w->batch = batch_size(in, file);
    rows = (size_t)w->batch * (size_t)in->steps;
    UNROLL_TRY(unroll_model_file_build(file, path, in->steps, w->batch, &w->model));
    w->x = calloc(rows, (size_t)(in->inputs > 0 ? in->inputs : 1) * sizeof *w->x);
    w->symbol = calloc(rows, sizeof *w->symbol);
    w->y = calloc(rows, (size_t)file->shape.outputs * sizeof *w->y);
    w->states = calloc((size_t)w->batch, (size_t)unroll_model_state_size(w->model) * sizeof *w->states + 1);
    w->length = calloc((size_t)w->batch, sizeof *w->length);
    if (w->x == NULL || w->symbol == NULL || w->y == NULL || w->states == NULL || w->length == NULL)
        return unroll_error(UNROLL_FAILED, "out of memory for batches of %d sequences of %d steps", w->batch,
                            in->steps);
    return unroll_ok();
}

/* The first row of (rows, width) that holds a number which is not finite; -1: there is none. */
static int first_not_finite(const real *values, int rows, int width)
{
    for (size_t i = 0; i < (size_t)rows * (size_t)width; i++)
        if (!isfinite((float)values[i]))
            return (int)(i / (size_t)width);
    return -1;
}

/* Copies the results of `size` sequences from `first` on out of the batch. */
static void keep(const workspace *w, const sequences *in, int first, int size, predictions *out)
{
    size_t state = (size_t)out->state, row = (size_t)in->steps * (size_t)out->outputs;
    for (size_t i = 0; i < (size_t)size * row; i++)
        out->y[(size_t)first * row + i] = (float)w->y[i];
    for (size_t i = 0; i < (size_t)size * state; i++)
        out->states[(size_t)first * state + i] = (float)w->states[i];
}

static unroll_status predict_batch(workspace *w, const sequences *in, const unroll_model_shape *shape, int first,
                                   int size, predictions *out)
{
    unroll_forward io = {.size = size, .steps = in->steps, .length = w->length, .y = w->y, .states = w->states};
    int bad;
    if (in->x != NULL)
        io.x = w->x;
    else
        io.symbol = w->symbol;
    memset(w->x, 0, (size_t)w->batch * (size_t)in->steps * (size_t)in->inputs * sizeof *w->x);
    memset(w->symbol, 0, (size_t)w->batch * (size_t)in->steps * sizeof *w->symbol);
    for (int row = 0; row < size; row++) {
        w->length[row] = length_of(in, first + row);
        UNROLL_TRY(copy_sequence(in, shape, first + row, row, w->x, w->symbol));
    }
    unroll_model_forward(w->model, &io);
    bad = first_not_finite(w->y, size * in->steps, out->outputs);
    if (bad >= 0)
        return unroll_error(UNROLL_FAILED, "the model's output is not a finite number at sequence %d, step %d",
                            first + bad / in->steps, bad % in->steps);
    bad = first_not_finite(w->states, size, out->state);
    if (bad >= 0)
        return unroll_error(UNROLL_FAILED, "a last state of the model is not a finite number at sequence %d",
                            first + bad);
    keep(w, in, first, size, out);
    return unroll_ok();
}

/* ---- the output ---- */

static unroll_status open_predictions(const unroll_model_file *file, const unroll_model *model, const sequences *in,
                                      predictions *out)
{
    size_t count = (size_t)in->count;
    out->outputs = file->shape.outputs;
    out->state = unroll_model_state_size(model);
    out->y = calloc(count * (size_t)in->steps, (size_t)out->outputs * sizeof *out->y);
    out->states = calloc(count, (size_t)out->state * sizeof *out->states + 1);
    if (out->y == NULL || out->states == NULL)
        return unroll_error(UNROLL_FAILED, "out of memory for the outputs of %d sequences of %d steps", in->count,
                            in->steps);
    return unroll_ok();
}

/* The parts of the state called `name`, of all layers that have one, as the array (layers, N, columns) of that name. */
static unroll_status add_states(const unroll_model *model, const sequences *in, const predictions *out, const char *name,
                                unroll_bundle *bundle)
{
    size_t layers = 0, columns = 0, count = (size_t)in->count;
    float *values = malloc(count * (size_t)out->state * sizeof *values + 1), *to = values;
    if (values == NULL)
        return unroll_error(UNROLL_FAILED, "out of memory for the states of %d sequences", in->count);
    for (int i = 0; i < unroll_model_state_count(model); i++) {
        unroll_state_part part;
        unroll_model_state_at(model, i, &part);
        if (strcmp(part.state.name, name) != 0)
            continue;
        columns = (size_t)part.state.columns;
        layers++;
        for (size_t n = 0; n < count; n++, to += columns)
            memcpy(to, out->states + n * (size_t)out->state + (size_t)part.first, columns * sizeof *to);
    }
    unroll_bundle_array(bundle, name, UNROLL_ARRAY_FLOAT, 3, (size_t[]){layers, count, columns}, values);
    free(values);
    return unroll_ok();
}

/* Every name of a part of the state, once. */
static unroll_status add_all_states(const unroll_model *model, const sequences *in, const predictions *out,
                                    unroll_bundle *bundle)
{
    for (int i = 0; i < unroll_model_state_count(model); i++) {
        unroll_state_part part, other;
        bool before = false;
        unroll_model_state_at(model, i, &part);
        for (int k = 0; k < i; k++) {
            unroll_model_state_at(model, k, &other);
            before = before || strcmp(other.state.name, part.state.name) == 0;
        }
        if (!before)
            UNROLL_TRY(add_states(model, in, out, part.state.name, bundle));
    }
    return unroll_ok();
}

static unroll_status write_predictions(const unroll_model *model, const sequences *in, const predictions *out, const char *path)
{
    unroll_bundle *bundle = unroll_bundle_new();
    unroll_status status;
    if (bundle == NULL)
        return unroll_error(UNROLL_FAILED, "out of memory for the outputs");
    unroll_bundle_array(bundle, "y", UNROLL_ARRAY_FLOAT, 3,
                        (size_t[]){(size_t)in->count, (size_t)in->steps, (size_t)out->outputs}, out->y);
    status = add_all_states(model, in, out, bundle);
    if (status.code == UNROLL_OK)
        status = unroll_store_bundle(bundle, path);
    unroll_bundle_free(bundle);
    return status;
}

static unroll_status predict_all(const unroll_model_file *file, const char *const paths[3], const sequences *in,
                                 predictions *out, const atomic_bool *stop)
{
    workspace w = {0};
    unroll_status status = open_workspace(file, paths[0], in, &w);
    if (status.code == UNROLL_OK)
        status = open_predictions(file, w.model, in, out);
    for (int first = 0; first < in->count && status.code == UNROLL_OK; first += w.batch) {
        int left = in->count - first;
        status = predict_batch(&w, in, &file->shape, first, left < w.batch ? left : w.batch, out);
        if (status.code == UNROLL_OK && atomic_load(stop))
            status = unroll_error(UNROLL_STOPPED, "stopped; nothing is written");
    }
    if (status.code == UNROLL_OK)
        status = write_predictions(w.model, in, out, paths[2]);
    close_workspace(&w);
    if (status.code == UNROLL_OK)
        printf("%d sequences of up to %d steps: %s\n", in->count, in->steps, paths[2]);
    return status;
}

static unroll_status predict(const char *const paths[3], const atomic_bool *stop)
{
    unroll_model_file file;
    unroll_bundle *input = NULL;
    sequences in = {.path = paths[1]};
    predictions out = {0};
    unroll_status status = unroll_model_file_open(paths[0], &file);
    if (status.code == UNROLL_OK)
        status = unroll_load_bundle(paths[1], false, &input);
    unroll_flush_denormals();
    if (status.code == UNROLL_OK)
        status = read_sequences(input, &file.shape, &in);
    if (status.code == UNROLL_OK)
        status = predict_all(&file, paths, &in, &out, stop);
    free(out.y);
    free(out.states);
    unroll_bundle_free(input);
    unroll_model_file_close(&file);
    return status;
}

static int run(int argc, char **argv, const atomic_bool *stop)
{
    unroll_arguments arguments;
    unroll_status status = unroll_arguments_read(&command_predict, argc, argv, 3, 3, &arguments);
    if (status.code == UNROLL_OK && arguments.words[2][0] == '\0')
        status = unroll_error(UNROLL_WRONG, "OUTPUT.h5 needs the name of a file");
    for (int i = 0; i < 2 && status.code == UNROLL_OK; i++)
        if (unroll_same_file(arguments.words[i], arguments.words[2]))
            status = unroll_error(UNROLL_WRONG, "OUTPUT.h5 is %s itself, %.300s: it would be lost",
                                  i == 0 ? "MODEL.h5" : "INPUT.h5", arguments.words[i]);
    if (status.code == UNROLL_OK)
        status = predict(arguments.words, stop);
    unroll_arguments_free(&arguments);
    return unroll_say(status);
}

const unroll_command command_predict = {
    .name = "predict",
    .usage = "MODEL.h5 INPUT.h5 OUTPUT.h5",
    .help = "use a saved model on sequences of your own",
    .order = 30,
    .run = run,
    .more = "MODEL.h5   from unroll train --save\n"
            "INPUT.h5   x (N, T, I): N sequences of T steps of I numbers, scaled as in training; for a model of text\n"
            "           symbols (N, T): places in extra/alphabet of the model, or its size for any other character;\n"
            "           lengths (N), where not all are T long\n"
            "OUTPUT.h5  y (N, T, outputs), zero past a sequence's end: numbers, or logits where classes are learned;\n"
            "           the last states h (layers, N, hidden), and c for cells with a second one\n",
};
