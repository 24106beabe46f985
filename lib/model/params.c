/* How many parameters a configuration has, the width that gives a wanted number, and what a run costs. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "cells/cell.h"
#include "model/run.h"

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

/* G (I + H + biases) H in the first layer, G (2 H + biases) H in the others, H O + O in the head */
static double parameters_at(const unroll_settings *settings, const unroll_cell *cell, double inputs, double outputs,
                            double hidden)
{
    double biases = strcmp(unroll_text(settings, "bias"), "two") == 0 ? 2.0 : 1.0, layers = (double)unroll_int(settings, "layers");
    double gates = cell->gates;
    return gates * hidden * (inputs + hidden + biases) + (layers - 1.0) * gates * hidden * (2.0 * hidden + biases) +
           hidden * outputs + outputs;
}

static unroll_status find_cell(const unroll_settings *settings, const unroll_cell **cell)
{
    *cell = unroll_cell_find(unroll_text(settings, "cell"));
    if (*cell == NULL)
        return unroll_error(UNROLL_WRONG, "cell=%s is no cell: see unroll list cells", unroll_text(settings, "cell"));
    return unroll_ok();
}

static double width_of(const unroll_task_shape *shape)
{
    return shape->symbols > 0 ? shape->symbols : shape->inputs;
}

unroll_status unroll_count_parameters(const unroll_settings *settings, int64_t *parameters)
{
    unroll_task_shape shape;
    const unroll_cell *cell;
    UNROLL_TRY(find_cell(settings, &cell));
    UNROLL_TRY(open_shape(settings, &shape));
    *parameters = (int64_t)parameters_at(settings, cell, width_of(&shape), shape.outputs,
                                         (double)unroll_int(settings, "hidden"));
    return unroll_ok();
}

unroll_status unroll_resolve_params(unroll_settings *settings)
{
    double wanted = (double)unroll_int(settings, "params"), low = 1.0, high = 1.0;
    unroll_task_shape shape;
    const unroll_cell *cell;
    char text[32];
    if (wanted <= 0.0)
        return unroll_ok();
    UNROLL_TRY(find_cell(settings, &cell));
    UNROLL_TRY(open_shape(settings, &shape));
    while (parameters_at(settings, cell, width_of(&shape), shape.outputs, high) < wanted)
        high *= 2.0;
    while (high - low > 1.0) {
        double middle = floor((low + high) / 2.0);
        if (parameters_at(settings, cell, width_of(&shape), shape.outputs, middle) < wanted)
            low = middle;
        else
            high = middle;
    }
    if (wanted - parameters_at(settings, cell, width_of(&shape), shape.outputs, low) <=
        parameters_at(settings, cell, width_of(&shape), shape.outputs, high) - wanted)
        high = low;
    snprintf(text, sizeof text, "%.0f", high);
    return unroll_settings_set(settings, "hidden", text);
}

double unroll_run_cost(const unroll_settings *settings)
{
    unroll_task_shape shape;
    const unroll_cell *cell;
    double rows, hidden = (double)unroll_int(settings, "hidden"), layers = (double)unroll_int(settings, "layers"), step;
    if (find_cell(settings, &cell).code != UNROLL_OK || open_shape(settings, &shape).code != UNROLL_OK)
        return 0.0;
    rows = (double)shape.batch * shape.steps;
    /* a multiply and an add for each weight and row, forward; twice that backward; activations as some 100 operations */
    step = 6.0 * rows * (cell->gates * hidden * (width_of(&shape) * (shape.symbols == 0) + hidden * (2.0 * layers - 1.0)) +
                         (shape.every ? hidden * shape.outputs : 0.0)) +
           100.0 * rows * cell->gates * hidden * layers;
    return step * (double)unroll_int(settings, "steps");
}
