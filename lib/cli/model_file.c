#include "cli/model_file.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/number.h"
#include "base/version.h"
#include "losses/loss.h"
#include "model/network.h"
#include "model/residual.h"
#include "sweep/sweep.h"

static const char schema[] = "unroll model 2";
static const char *const answers[UNROLL_ANSWERS] = {"last", "every", "unaligned", "sequence"};

#ifdef UNROLL_DOUBLE
static const unroll_array_type array_of_real = UNROLL_ARRAY_DOUBLE;
#else
static const unroll_array_type array_of_real = UNROLL_ARRAY_FLOAT;
#endif

/* "rnn.weight_ih_l0" lies as weight_ih_l0 in the group rnn */
static void name_in_file(const unroll_weight *weight, char name[48])
{
    memcpy(name, weight->name, 48);
    for (char *c = name; *c != '\0'; c++)
        if (*c == '.')
            *c = '/';
}

static size_t weight_size(const unroll_weight *weight)
{
    return (size_t)weight->rows * (size_t)(weight->columns > 0 ? weight->columns : 1);
}

static unroll_status add_weights(const unroll_model *model, unroll_bundle *bundle)
{
    for (int i = 0; i < unroll_model_weight_count(model); i++) {
        unroll_weight weight;
        char name[48];
        real *values;
        unroll_model_weight_at(model, i, &weight);
        values = malloc(weight_size(&weight) * sizeof *values);
        if (values == NULL)
            return unroll_error(UNROLL_FAILED, "out of memory for the weights of a model");
        unroll_model_get_weight(model, i, values);
        name_in_file(&weight, name);
        unroll_bundle_array(bundle, name, array_of_real, weight.columns > 0 ? 2 : 1,
                            (size_t[]){(size_t)weight.rows, (size_t)weight.columns}, values);
        free(values);
    }
    return unroll_ok();
}

static void add_settings(const unroll_settings *settings, unroll_bundle *bundle)
{
    for (int i = 0; i < unroll_setting_count(); i++) {
        char name[48];
        snprintf(name, sizeof name, "setting:%.39s", unroll_setting_at(i)->name);
        unroll_bundle_attribute(bundle, name, unroll_settings_show(settings, i));
    }
}

static void add_count(unroll_bundle *bundle, const char *name, int count)
{
    char text[UNROLL_NUMBER_ROOM];
    unroll_bundle_attribute(bundle, name, unroll_show_int(count, text));
}

static void add_shape(const unroll_model_shape *shape, unroll_bundle *bundle)
{
    add_count(bundle, "inputs", shape->inputs);
    add_count(bundle, "symbols", shape->symbols);
    add_count(bundle, "outputs", shape->outputs);
    add_count(bundle, "steps", shape->steps);
    add_count(bundle, "target_steps", shape->target_steps);
    unroll_bundle_attribute(bundle, "answer", answers[shape->answer]);
    unroll_bundle_attribute(bundle, "loss", shape->loss);
}

static void add_extras(const unroll_extra *extras, int count, unroll_bundle *bundle)
{
    for (int i = 0; i < count; i++) {
        char name[64];
        snprintf(name, sizeof name, "extra/%.31s", extras[i].name);
        unroll_bundle_array(bundle, name, UNROLL_ARRAY_DOUBLE, 1, (size_t[]){(size_t)extras[i].count}, extras[i].value);
    }
}

unroll_status unroll_model_save(const unroll_model *model, const unroll_extra *extras, int extra_count, const char *path)
{
    unroll_bundle *bundle = unroll_bundle_new();
    unroll_status status;
    if (bundle == NULL)
        return unroll_error(UNROLL_FAILED, "out of memory for saving a model");
    unroll_bundle_attribute(bundle, "schema", schema);
    unroll_bundle_attribute(bundle, "version", unroll_version());
    add_settings(unroll_model_settings(model), bundle);
    add_shape(unroll_model_get_shape(model), bundle);
    status = add_weights(model, bundle);
    add_extras(extras, extra_count, bundle);
    if (status.code == UNROLL_OK)
        status = unroll_store_bundle(bundle, path);
    unroll_bundle_free(bundle);
    return status;
}

/* ---- back from a file ---- */

static unroll_status read_count(const unroll_bundle *bundle, const char *path, const char *name, int *count)
{
    enum { MOST = 1000000000 }; /* so that the next multiple of a block is a number, too */
    const char *text = unroll_bundle_text(bundle, name);
    int64_t number;
    if (text == NULL || !unroll_read_int(text, &number) || number < 0 || number > MOST)
        return unroll_error(UNROLL_WRONG, "%.300s is not a whole saved model: its attribute %s is missing or wrong",
                            path, name);
    *count = (int)number;
    return unroll_ok();
}

static unroll_status read_shape(const unroll_bundle *bundle, const char *path, unroll_model_shape *shape)
{
    const char *loss = unroll_bundle_text(bundle, "loss"), *answer = unroll_bundle_text(bundle, "answer");
    UNROLL_TRY(read_count(bundle, path, "inputs", &shape->inputs));
    UNROLL_TRY(read_count(bundle, path, "symbols", &shape->symbols));
    UNROLL_TRY(read_count(bundle, path, "outputs", &shape->outputs));
    UNROLL_TRY(read_count(bundle, path, "steps", &shape->steps));
    UNROLL_TRY(read_count(bundle, path, "target_steps", &shape->target_steps));
    while (answer != NULL && shape->answer < UNROLL_ANSWERS && strcmp(answers[shape->answer], answer) != 0)
        shape->answer++;
    if (answer == NULL || shape->answer == UNROLL_ANSWERS)
        return unroll_error(UNROLL_WRONG, "%.300s is not a whole saved model: its attribute answer is missing or wrong",
                            path);
    if ((shape->inputs > 0) == (shape->symbols > 0) || shape->outputs < 1)
        return unroll_error(UNROLL_WRONG, "%.300s is not a whole saved model: its inputs and outputs make no sense",
                            path);
    if (loss == NULL || unroll_loss_find(loss) == NULL)
        return unroll_error(UNROLL_WRONG, "%.300s is not a whole saved model: its attribute loss is missing or wrong",
                            path);
    if (!unroll_model_loss_fits(unroll_loss_find(loss), shape))
        return unroll_error(UNROLL_WRONG, "%.300s is not a whole saved model: the loss %s does not go with the answer %s", path,
                            loss, answer);
    shape->loss = unroll_loss_find(loss)->name;
    return unroll_ok();
}

static unroll_status read_settings(const unroll_bundle *bundle, const char *path, unroll_settings *settings)
{
    for (int i = 0; i < bundle->attribute_count; i++) {
        unroll_status status;
        if (strncmp(bundle->attributes[i].name, "setting:", 8) != 0)
            continue;
        status = unroll_settings_set(settings, bundle->attributes[i].name + 8, bundle->attributes[i].text);
        if (status.code != UNROLL_OK)
            return unroll_error(status.code, "%.200s: %.300s", path, status.text);
    }
    return unroll_settings_check(settings);
}

/* The one number that an extra is; *value stays as it is where the file has no such extra. */
static unroll_status read_extra(const unroll_bundle *bundle, const char *path, const char *extra, double *value)
{
    char name[64];
    const unroll_array *array;
    snprintf(name, sizeof name, "extra/%s", extra);
    array = unroll_bundle_find(bundle, name);
    if (array == NULL)
        return unroll_ok();
    if (array->type != UNROLL_ARRAY_DOUBLE || array->rank != 1 || array->dims[0] != 1)
        return unroll_error(UNROLL_WRONG, "%.300s is not a whole saved model: its data set %s is not one number", path, name);
    *value = *(const double *)array->data;
    return unroll_ok();
}

static unroll_status read_residual(unroll_model_file *file, const char *path)
{
    double input = -1.0, scale = 0.0;
    UNROLL_TRY(read_extra(file->bundle, path, UNROLL_RESIDUAL_INPUT, &input));
    UNROLL_TRY(read_extra(file->bundle, path, UNROLL_RESIDUAL_SCALE, &scale));
    file->residual_input = -1;
    if (input == -1.0 && scale == 0.0)
        return unroll_ok();
    if (!(input >= 0.0 && input < file->shape.inputs && input == floor(input)) || !(scale > 0.0) || !isfinite(scale) ||
        file->shape.outputs != 1 || file->shape.answer != UNROLL_AT_EVERY)
        return unroll_error(UNROLL_WRONG,
                            "%.300s is not a whole saved model: its extra/%s and extra/%s make no sense beside its inputs and "
                            "outputs",
                            path, UNROLL_RESIDUAL_INPUT, UNROLL_RESIDUAL_SCALE);
    file->residual_input = (int)input;
    file->residual_scale = scale;
    return unroll_ok();
}

unroll_status unroll_model_file_open(const char *path, unroll_model_file *file)
{
    const char *found;
    unroll_status status;
    memset(file, 0, sizeof *file);
    status = unroll_load_bundle(path, true, &file->bundle);
    if (status.code != UNROLL_OK)
        return status;
    found = unroll_bundle_text(file->bundle, "schema");
    if (found != NULL && strncmp(found, schema, sizeof schema - 2) == 0 && strcmp(found, schema) != 0)
        return unroll_error(UNROLL_WRONG, "%.300s was saved by another version of unroll, as %.20s, not %s: train it again", path,
                            found, schema);
    if (found == NULL || strcmp(found, schema) != 0)
        return unroll_error(UNROLL_WRONG, "%.300s is not a saved model: unroll train --save writes one", path);
    file->settings = unroll_settings_new();
    if (file->settings == NULL)
        return unroll_error(UNROLL_FAILED, "out of memory for the settings of a model");
    UNROLL_TRY(read_settings(file->bundle, path, file->settings));
    UNROLL_TRY(read_shape(file->bundle, path, &file->shape));
    return read_residual(file, path);
}

/* The array of the file that holds a weight. */
static unroll_status find_weight(const unroll_model_file *file, const char *path, const unroll_weight *weight,
                                 const unroll_array **array)
{
    char name[48];
    name_in_file(weight, name);
    *array = unroll_bundle_find(file->bundle, name);
    if (*array == NULL || (*array)->type == UNROLL_ARRAY_INT32 || (*array)->rank != (weight->columns > 0 ? 2 : 1) ||
        (*array)->dims[0] != (size_t)weight->rows || (weight->columns > 0 && (*array)->dims[1] != (size_t)weight->columns))
        return unroll_error(UNROLL_WRONG,
                            "%.300s is not a whole saved model: its weight %s is missing or has another shape", path,
                            name);
    return unroll_ok();
}

/* A model takes its memory before it gets its weights: no more of it than the file has weights for. */
static unroll_status check_weights(const unroll_model_file *file, const unroll_model_shape *shape, const char *path)
{
    unroll_graph graph;
    unroll_status status = unroll_network_build(file->settings, shape, unroll_isa_now(), &graph);
    for (int i = 0; status.code == UNROLL_OK && i < unroll_graph_weights(&graph); i++) {
        unroll_weight weight;
        const unroll_array *array;
        int own = i;
        const unroll_layer *layer = unroll_graph_layer_of(&graph, &own);
        layer->kind->weight(layer, own, &weight);
        status = find_weight(file, path, &weight, &array);
    }
    unroll_graph_close(&graph);
    return status;
}

static unroll_status set_weight(const unroll_model_file *file, const char *path, unroll_model *model, int index)
{
    unroll_weight weight;
    const unroll_array *array;
    real *values;
    size_t size;
    bool finite = true;
    unroll_model_weight_at(model, index, &weight);
    UNROLL_TRY(find_weight(file, path, &weight, &array));
    size = weight_size(&weight);
    values = malloc(size * sizeof *values);
    if (values == NULL)
        return unroll_error(UNROLL_FAILED, "out of memory for the weights of a model");
    for (size_t i = 0; i < size; i++) {
        values[i] = array->type == UNROLL_ARRAY_FLOAT ? (real)((const float *)array->data)[i]
                                                      : (real)((const double *)array->data)[i];
        finite = finite && isfinite(values[i]);
    }
    if (finite)
        unroll_model_set_weight(model, index, values);
    free(values);
    if (finite)
        return unroll_ok();
    return unroll_error(UNROLL_WRONG, "%.300s: its weight %s holds numbers that are not finite", path, array->name);
}

unroll_status unroll_model_file_build(const unroll_model_file *file, const char *path, int steps, int batch,
                                      unroll_model **model)
{
    unroll_model_shape shape = file->shape;
    unroll_status status = unroll_ok();
    shape.steps = steps;
    shape.batch = batch;
    if (shape.answer == UNROLL_AT_LAST)
        shape.answer = UNROLL_AT_EVERY;
    if (shape.answer == UNROLL_UNALIGNED)
        shape.target_steps = 1; /* there will be no labels, whose room grows with their number */
    UNROLL_TRY(check_weights(file, &shape, path));
    UNROLL_TRY(unroll_model_open(file->settings, &shape, model));
    if (file->shape.answer == UNROLL_AT_LAST && !unroll_model_streams(*model)) {
        unroll_model_close(*model);
        shape.answer = UNROLL_AT_LAST;
        UNROLL_TRY(unroll_model_open(file->settings, &shape, model));
    }
    for (int i = 0; i < unroll_model_weight_count(*model) && status.code == UNROLL_OK; i++)
        status = set_weight(file, path, *model, i);
    if (status.code == UNROLL_OK)
        return status;
    unroll_model_close(*model);
    *model = NULL;
    return status;
}

void unroll_model_file_close(unroll_model_file *file)
{
    unroll_bundle_free(file->bundle);
    unroll_settings_free(file->settings);
    memset(file, 0, sizeof *file);
}
