/* What a configuration comes to before it is run: parameters, the width that gives a wanted number of them, operations. All
   is counted on the graph, whose layers are opened for it without memory for their work. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "model/network.h"
#include "model/run.h"

/* ---- the shapes of tasks ---- */

typedef struct known_shape {
    char data[33]; /* the identity of the settings that the data depend on */
    unroll_task_shape shape;
} known_shape;

struct unroll_shapes {
    known_shape *known;
    int count, opened;
};

unroll_shapes *unroll_shapes_new(void)
{
    return calloc(1, sizeof(unroll_shapes));
}

void unroll_shapes_free(unroll_shapes *shapes)
{
    if (shapes != NULL)
        free(shapes->known);
    free(shapes);
}

int unroll_shapes_opened(const unroll_shapes *shapes)
{
    return shapes->opened;
}

static bool is_of_data(const unroll_setting *row)
{
    return strcmp(row->name, "task") == 0 || strcmp(row->section, "data") == 0 || strncmp(row->section, "task ", 5) == 0;
}

static unroll_status open_shape(const unroll_settings *settings, unroll_task_shape *shape)
{
    const char *name = unroll_text(settings, "task");
    const unroll_task *task = unroll_task_find(name);
    void *state;
    if (task == NULL)
        return unroll_error(UNROLL_WRONG, "task=%s is no task: see unroll list tasks", name);
    UNROLL_TRY(task->open(settings, &state));
    memset(shape, 0, sizeof *shape);
    task->shape(state, shape);
    task->close(state);
    return unroll_ok();
}

unroll_status unroll_shapes_find(unroll_shapes *shapes, const unroll_settings *settings, unroll_task_shape *shape)
{
    known_shape *more, one;
    if (shapes == NULL)
        return open_shape(settings, shape);
    unroll_settings_identity_of(settings, is_of_data, "data", one.data);
    for (int i = 0; i < shapes->count; i++)
        if (strcmp(shapes->known[i].data, one.data) == 0) {
            *shape = shapes->known[i].shape;
            return unroll_ok();
        }
    UNROLL_TRY(open_shape(settings, shape));
    shapes->opened++;
    one.shape = *shape;
    more = realloc(shapes->known, (size_t)(shapes->count + 1) * sizeof *more);
    if (more == NULL)
        return unroll_error(UNROLL_FAILED, "out of memory for the shapes of tasks");
    shapes->known = more;
    shapes->known[shapes->count++] = one;
    return unroll_ok();
}

unroll_model_shape unroll_model_shape_of(const unroll_task_shape *task)
{
    return (unroll_model_shape){.inputs = task->inputs,
                                .symbols = task->symbols,
                                .outputs = task->outputs,
                                .steps = task->steps,
                                .batch = task->batch,
                                .answer = task->answer,
                                .target_steps = task->target_steps,
                                .beams = task->beams,
                                .loss = task->loss};
}

/* ---- counts ---- */

unroll_status unroll_shape_parameters(const unroll_settings *settings, const unroll_model_shape *shape, int64_t *parameters)
{
    unroll_graph graph;
    unroll_status status = unroll_network_build(settings, shape, unroll_isa_now(), &graph);
    if (status.code == UNROLL_OK)
        *parameters = unroll_graph_parameters(&graph);
    unroll_graph_close(&graph);
    return status;
}

unroll_status unroll_shape_waiting(const unroll_settings *settings, const unroll_model_shape *shape, double *share)
{
    unroll_graph graph;
    unroll_extent batch = unroll_shape_extent(shape);
    unroll_status status = unroll_network_build(settings, shape, unroll_isa_now(), &graph);
    if (status.code == UNROLL_OK)
        *share = unroll_graph_waiting(&graph, &batch) / unroll_graph_operations(&graph, &batch);
    unroll_graph_close(&graph);
    return status;
}

unroll_status unroll_count_parameters(const unroll_settings *settings, int64_t *parameters)
{
    unroll_task_shape task;
    unroll_model_shape shape;
    UNROLL_TRY(open_shape(settings, &task));
    shape = unroll_model_shape_of(&task);
    return unroll_shape_parameters(settings, &shape, parameters);
}

static unroll_status parameters_at(unroll_settings *settings, const unroll_model_shape *shape, int64_t hidden, int64_t *parameters)
{
    char text[32];
    snprintf(text, sizeof text, "%lld", (long long)hidden);
    UNROLL_TRY(unroll_settings_set(settings, "hidden", text));
    return unroll_shape_parameters(settings, shape, parameters);
}

/* `hidden` rounded down to what the model takes there. */
static int64_t taken_width(unroll_settings *settings, int64_t hidden)
{
    char text[32];
    int64_t each;
    snprintf(text, sizeof text, "%lld", (long long)hidden);
    unroll_settings_set(settings, "hidden", text);
    each = unroll_network_width(settings);
    return hidden / each * each;
}

/* The width of the model whose parameters come nearest to `wanted`: they rise with the width, of which some models take only some
   (unroll_network_width). */
static unroll_status nearest_width(unroll_settings *settings, const unroll_model_shape *shape, int64_t wanted)
{
    int64_t low, high, middle, at_low, at_high, at_middle;
    taken_width(settings, 1);
    low = high = unroll_network_width(settings);
    UNROLL_TRY(parameters_at(settings, shape, low, &at_low));
    at_high = at_low;
    while (at_high < wanted) {
        low = high;
        at_low = at_high;
        high *= 2;
        UNROLL_TRY(parameters_at(settings, shape, high, &at_high));
    }
    while ((middle = taken_width(settings, (low + high) / 2)) > low) {
        UNROLL_TRY(parameters_at(settings, shape, middle, &at_middle));
        if (at_middle < wanted) {
            low = middle;
            at_low = at_middle;
        } else {
            high = middle;
            at_high = at_middle;
        }
    }
    return parameters_at(settings, shape, wanted - at_low <= at_high - wanted ? low : high, &at_middle);
}

unroll_status unroll_resolve_params(unroll_settings *settings, unroll_shapes *shapes)
{
    int64_t wanted = unroll_int(settings, "params");
    unroll_task_shape task;
    unroll_model_shape shape;
    if (wanted <= 0)
        return unroll_ok();
    UNROLL_TRY(unroll_shapes_find(shapes, settings, &task));
    shape = unroll_model_shape_of(&task);
    return nearest_width(settings, &shape, wanted);
}

/* The batch of a training step; where lengths differ, it is one of average length. */
static unroll_extent mean_batch(const unroll_task_shape *task)
{
    unroll_model_shape shape = unroll_model_shape_of(task);
    unroll_extent batch = unroll_shape_extent(&shape);
    if (task->mean_steps > 0)
        batch.steps[UNROLL_SOURCE] = task->mean_steps;
    return batch;
}

unroll_status unroll_step_operations(const unroll_settings *settings, const unroll_task_shape *task, double *operations)
{
    unroll_model_shape shape = unroll_model_shape_of(task);
    unroll_extent batch = mean_batch(task);
    unroll_graph graph;
    unroll_status status = unroll_network_build(settings, &shape, unroll_isa_now(), &graph);
    if (status.code == UNROLL_OK)
        *operations = unroll_graph_operations(&graph, &batch);
    unroll_graph_close(&graph);
    return status;
}

static const double MOST_STEPS = 1e12; /* as the setting steps has */

unroll_status unroll_shape_steps(const unroll_settings *settings, const unroll_task_shape *task, int64_t *steps)
{
    int64_t epochs = unroll_int(settings, "epochs"), batches = task->batches[UNROLL_TRAIN];
    double compute = unroll_real(settings, "compute"), each;
    if (compute > 0) {
        UNROLL_TRY(unroll_step_operations(settings, task, &each));
        if (!(compute / each <= MOST_STEPS))
            return unroll_error(UNROLL_WRONG, "compute=%g is %g steps of %g operations, and a run has %g at most", compute,
                                compute / each, each, MOST_STEPS);
        *steps = (int64_t)fmax(1.0, round(compute / each));
        return unroll_ok();
    }
    *steps = epochs > 0 ? epochs * batches : unroll_int(settings, "steps");
    if (epochs > 0 && batches == 0)
        return unroll_error(UNROLL_WRONG, "epochs=%lld: the training data of task=%s have no end; set steps instead",
                            (long long)epochs, unroll_text(settings, "task"));
    return unroll_ok();
}

unroll_status unroll_count_steps(const unroll_settings *settings, unroll_shapes *shapes, int64_t *steps)
{
    unroll_task_shape task;
    *steps = unroll_int(settings, "steps");
    if (unroll_int(settings, "epochs") == 0 && unroll_real(settings, "compute") <= 0)
        return unroll_ok();
    UNROLL_TRY(unroll_shapes_find(shapes, settings, &task));
    return unroll_shape_steps(settings, &task, steps);
}

double unroll_run_cost(const unroll_settings *settings, unroll_shapes *shapes)
{
    unroll_task_shape task;
    unroll_model_shape shape;
    unroll_extent batch;
    unroll_graph graph;
    double cost = 0.0;
    int64_t steps;
    if (unroll_shapes_find(shapes, settings, &task).code != UNROLL_OK ||
        unroll_shape_steps(settings, &task, &steps).code != UNROLL_OK)
        return 0.0;
    shape = unroll_model_shape_of(&task);
    batch = mean_batch(&task);
    if (unroll_network_build(settings, &shape, unroll_isa_now(), &graph).code == UNROLL_OK)
        cost = unroll_graph_cost(&graph, &batch) * (double)steps;
    unroll_graph_close(&graph);
    return cost;
}
