/* unroll predict: a saved model over sequences in an HDF5 file. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/team.h"
#include "cli/cli.h"
#include "cli/model_file.h"
#include "cli/predict_input.h"
#include "model/decode.h"
#include "model/residual.h"
#include "simd/engine.h"

static const unroll_option options[] = {
    {"--beams", "N", "where the answers are sequences: the N most probable answers found for each input"},
    {NULL, NULL, NULL},
};

/* What is written, over all sequences. */
typedef struct predictions {
    int outputs, steps, state; /* steps: T, or 1 where the answer is at the last one alone */
    float *y;                  /* (N, steps, O) */
    float *states; /* (N, S): the last state of each sequence (model/model.h) */
    int *symbol, *length; /* (N, T), (N): of unaligned answers the labels; else NULL */
} predictions;

/* ---- the batches ---- */

typedef struct workspace {
    unroll_model *model;
    unroll_sequence_batch batch;
    real *y, *states; /* (B, T, O), (B, S) */
} workspace;

static void close_workspace(workspace *w)
{
    if (w->model != NULL)
        unroll_model_close(w->model);
    unroll_sequence_batch_close(&w->batch);
    free(w->y);
    free(w->states);
}

static unroll_status open_workspace(const unroll_model_file *file, const char *path, const unroll_sequences *in, workspace *w)
{
    int room = unroll_sequences_at_once(in, file, 1024);
    UNROLL_TRY(unroll_model_file_build(file, path, in->steps, room, &w->model));
    w->y = calloc((size_t)room * (size_t)in->steps, (size_t)file->shape.outputs * sizeof *w->y);
    w->states = calloc((size_t)room, (size_t)unroll_model_state_size(w->model) * sizeof *w->states + 1);
    if (w->y == NULL || w->states == NULL)
        return unroll_error(UNROLL_FAILED, "out of memory for the outputs of %d sequences of %d steps", room, in->steps);
    return unroll_sequence_batch_open(in, room, &w->batch);
}

/* The first row of (rows, width) that holds a number which is not finite; -1: there is none. */
static int first_not_finite(const real *values, int rows, int width)
{
    for (size_t i = 0; i < (size_t)rows * (size_t)width; i++)
        if (!isfinite((float)values[i]))
            return (int)(i / (size_t)width);
    return -1;
}

/* the zeros past a sequence's end say blanks */
static void read_labels(const workspace *w, const unroll_sequences *in, int first, int size, const predictions *out)
{
    size_t steps = (size_t)in->steps, row = steps * (size_t)out->outputs;
    for (int n = 0; n < size; n++)
        out->length[first + n] = unroll_best_path(w->y + (size_t)n * row, in->steps, out->outputs,
                                                  out->symbol + (size_t)(first + n) * steps);
}

/* Copies the results of `size` sequences from `first` on out of the batch. */
static void keep(const workspace *w, const unroll_sequences *in, int first, int size, predictions *out)
{
    size_t state = (size_t)out->state, row = (size_t)out->steps * (size_t)out->outputs;
    for (size_t i = 0; i < (size_t)size * row; i++)
        out->y[(size_t)first * row + i] = (float)w->y[i];
    for (size_t i = 0; i < (size_t)size * state; i++)
        out->states[(size_t)first * state + i] = (float)w->states[i];
    if (out->symbol != NULL)
        read_labels(w, in, first, size, out);
}

/* y of every step that there is, by x of that step. */
static void add_residual(const unroll_model_file *file, const unroll_sequences *in, int size, workspace *w)
{
    for (int n = 0; n < size && file->residual_input >= 0; n++)
        for (int t = 0; t < w->batch.length[n]; t++) {
            size_t at = (size_t)n * (size_t)in->steps + (size_t)t;
            real last = w->batch.x[at * (size_t)in->inputs + (size_t)file->residual_input];
            w->y[at] = (real)unroll_residual_answer((double)last, file->residual_scale, (double)w->y[at]);
        }
}

static unroll_status predict_batch(workspace *w, const unroll_sequences *in, const unroll_model_file *file, int first, int size,
                                   predictions *out)
{
    unroll_forward io = {.y = w->y, .states = w->states};
    int bad;
    UNROLL_TRY(unroll_sequence_batch_fill(in, &file->shape, first, size, &w->batch, &io));
    unroll_model_forward(w->model, &io);
    add_residual(file, in, size, w);
    bad = first_not_finite(w->y, size * out->steps, out->outputs);
    if (bad >= 0)
        return unroll_error(UNROLL_FAILED, "the model's output is not a finite number at sequence %d, step %d",
                            first + bad / out->steps, bad % out->steps);
    bad = first_not_finite(w->states, size, out->state);
    if (bad >= 0)
        return unroll_error(UNROLL_FAILED, "a last state of the model is not a finite number at sequence %d",
                            first + bad);
    keep(w, in, first, size, out);
    return unroll_ok();
}

/* ---- the output ---- */

static unroll_status open_predictions(const unroll_model_file *file, const unroll_model *model, const unroll_sequences *in,
                                      predictions *out)
{
    size_t count = (size_t)in->count;
    out->outputs = file->shape.outputs;
    out->steps = unroll_model_answer_set(model) == UNROLL_ONCE ? 1 : in->steps;
    out->state = unroll_model_state_size(model);
    out->y = calloc(count * (size_t)out->steps, (size_t)out->outputs * sizeof *out->y);
    out->states = calloc(count, (size_t)out->state * sizeof *out->states + 1);
    if (file->shape.answer == UNROLL_UNALIGNED) {
        out->symbol = malloc(count * (size_t)in->steps * sizeof *out->symbol);
        out->length = malloc(count * sizeof *out->length);
    }
    if (out->y == NULL || out->states == NULL ||
        (file->shape.answer == UNROLL_UNALIGNED && (out->symbol == NULL || out->length == NULL)))
        return unroll_error(UNROLL_FAILED, "out of memory for the outputs of %d sequences of %d steps", in->count,
                            in->steps);
    return unroll_ok();
}

/* The parts of the state called `name`, of all layers that have one, as the array (layers, N, columns) of that name. */
static unroll_status add_states(const unroll_model *model, const unroll_sequences *in, const predictions *out, const char *name,
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
static unroll_status add_all_states(const unroll_model *model, const unroll_sequences *in, const predictions *out,
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

static unroll_status write_predictions(const unroll_model *model, const unroll_sequences *in, const predictions *out,
                                       const char *path)
{
    unroll_bundle *bundle = unroll_bundle_new();
    unroll_status status;
    if (bundle == NULL)
        return unroll_error(UNROLL_FAILED, "out of memory for the outputs");
    unroll_bundle_array(bundle, "y", UNROLL_ARRAY_FLOAT, 3,
                        (size_t[]){(size_t)in->count, (size_t)out->steps, (size_t)out->outputs}, out->y);
    if (out->symbol != NULL) {
        unroll_bundle_array(bundle, "symbols", UNROLL_ARRAY_INT32, 2, (size_t[]){(size_t)in->count, (size_t)in->steps}, out->symbol);
        unroll_bundle_array(bundle, "lengths", UNROLL_ARRAY_INT32, 1, (size_t[]){(size_t)in->count}, out->length);
    }
    status = add_all_states(model, in, out, bundle);
    if (status.code == UNROLL_OK)
        status = unroll_store_bundle(bundle, path);
    unroll_bundle_free(bundle);
    return status;
}

static unroll_status predict_all(const unroll_model_file *file, const char *const paths[3], const unroll_sequences *in,
                                 predictions *out, const atomic_bool *stop)
{
    workspace w = {0};
    unroll_status status = open_workspace(file, paths[0], in, &w);
    if (status.code == UNROLL_OK)
        status = open_predictions(file, w.model, in, out);
    for (int first = 0; first < in->count && status.code == UNROLL_OK; first += w.batch.room) {
        int left = in->count - first;
        status = predict_batch(&w, in, file, first, left < w.batch.room ? left : w.batch.room, out);
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

/* the setting that says how many answers the task was trained to write, where it has one */
static int default_beams(const unroll_model_file *file)
{
    return unroll_setting_find("beams") >= 0 ? (int)unroll_int(file->settings, "beams") : 1;
}

static unroll_status predict(const char *const paths[3], int beams, const atomic_bool *stop)
{
    unroll_model_file file;
    unroll_bundle *input = NULL;
    unroll_sequences in = {.path = paths[1]};
    predictions out = {0};
    unroll_status status = unroll_model_file_open(paths[0], &file);
    if (status.code == UNROLL_OK)
        status = unroll_load_bundle(paths[1], false, &input);
    unroll_flush_denormals();
    if (status.code == UNROLL_OK)
        status = unroll_sequences_read(input, &file.shape, &in);
    if (status.code == UNROLL_OK && file.shape.answer == UNROLL_SEQUENCE)
        status = unroll_predict_answers(&file, paths, &in, beams > 0 ? beams : default_beams(&file), stop);
    else if (status.code == UNROLL_OK && beams > 0)
        status = unroll_error(UNROLL_WRONG, "--beams: the answers of %.300s are no sequences", paths[0]);
    else if (status.code == UNROLL_OK)
        status = predict_all(&file, paths, &in, &out, stop);
    free(out.y);
    free(out.states);
    free(out.symbol);
    free(out.length);
    unroll_bundle_free(input);
    unroll_model_file_close(&file);
    return status;
}

static unroll_status run(const unroll_arguments *arguments, const atomic_bool *stop)
{
    const char *const *paths = arguments->words;
    int beams = 0;
    if (paths[2][0] == '\0')
        return unroll_error(UNROLL_WRONG, "OUTPUT.h5 needs the name of a file");
    for (int i = 0; i < 2; i++)
        if (unroll_same_file(paths[i], paths[2]))
            return unroll_error(UNROLL_WRONG, "OUTPUT.h5 is %s itself, %.300s: it would be lost",
                                i == 0 ? "MODEL.h5" : "INPUT.h5", paths[i]);
    UNROLL_TRY(unroll_option_int(arguments, "--beams", 1, 256, &beams));
    return predict(paths, beams, stop);
}

const unroll_command command_predict = {
    .name = "predict",
    .usage = "MODEL.h5 INPUT.h5 OUTPUT.h5 [options]",
    .help = "use a saved model on sequences of your own",
    .order = 30,
    .least_words = 3,
    .most_words = 3,
    .options = options,
    .run = run,
    .more = "MODEL.h5   a model that unroll train --save wrote\n"
            "\n"
            "INPUT.h5   N sequences of at most T steps:\n"
            "  x (N, T, I)              I numbers a step, scaled as in training: subtract extra/input_mean of the model and\n"
            "                           divide by extra/input_scale; pixels in the order of extra/pixel_order\n"
            "  symbols (N, T)           in place of x for a model of text: of characters the places in extra/alphabet of the\n"
            "                           model, or its size for any other character; of words the lines of\n"
            "                           extra/vocabulary (code points); both counted from 0\n"
            "  lengths (N)              where not all sequences are T steps long\n"
            "\n"
            "OUTPUT.h5  where the answers are not sequences:\n"
            "  y (N, T, outputs)        numbers, or logits of classes; zero after the end of a sequence. Forecasts of a model\n"
            "                           with residual=last have the last value added already\n"
            "  h (layers, N, hidden)    the last states, and c for cells with a second state\n"
            "and also, for labels without places:\n"
            "  symbols (N, T)           the labels of the most probable path, -1 after their end\n"
            "  lengths (N)              how many they are\n"
            "\n"
            "OUTPUT.h5  where the answers are sequences of at most U symbols, the best answer first:\n"
            "  symbols (N, beams, U)    -1 after the end of an answer\n"
            "  lengths (N, beams)       how many they are\n"
            "  scores (N, beams)        the logarithm of the answer's probability\n",
};
