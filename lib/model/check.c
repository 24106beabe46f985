#include "model/check.h"

#include <stdio.h>
#include <string.h>

/* A part of a table; a list of them ends with one whose name is NULL. */
typedef struct part {
    const char *name;
    bool there;
} part;

/* What every table has, and where it stands. */
typedef struct head {
    const char *folder, *file, *name, *title;
    const unroll_setting *settings;
    int setting_count;
} head;

#define TABLE_PROBLEM(h, format, ...) \
    unroll_error(UNROLL_FAILED, "%s/%s.c: its table " format, (h)->folder, (h)->file, __VA_ARGS__)

static unroll_status need(const head *h, const part *parts)
{
    for (; parts->name != NULL; parts++)
        if (!parts->there)
            return TABLE_PROBLEM(h, "has no .%s", parts->name);
    return unroll_ok();
}

/* parts that are of no use without each other */
static unroll_status all_or_none(const head *h, const part *parts)
{
    const char *there = NULL, *missing = NULL;
    for (; parts->name != NULL; parts++) {
        if (parts->there)
            there = parts->name;
        else
            missing = missing != NULL ? missing : parts->name;
    }
    if (there != NULL && missing != NULL)
        return TABLE_PROBLEM(h, "has .%s, but no .%s", there, missing);
    return unroll_ok();
}

static unroll_status check_head(const head *h)
{
    UNROLL_TRY(need(h, (part[]){{"name", h->name != NULL}, {"title", h->title != NULL}, {NULL, true}}));
    if (strcmp(h->name, h->file) != 0)
        return TABLE_PROBLEM(h, "has the .name %s; it must be that of its file, so that no two share one", h->name);
    return all_or_none(h, (part[]){{"settings", h->settings != NULL}, {"setting_count", h->setting_count > 0}, {NULL, true}});
}

static unroll_status check_shared(const head *h, const unroll_setting *rows, int count)
{
    return all_or_none(h, (part[]){{"shared", rows != NULL}, {"shared_count", count > 0}, {NULL, true}});
}

/* ---- cells ---- */

/* torch must have each gate's place once */
static bool is_order(const int *torch, int gates)
{
    unsigned seen = 0;
    for (int g = 0; g < gates; g++)
        if (torch[g] >= 0 && torch[g] < gates)
            seen |= 1u << torch[g];
    return seen == (1u << gates) - 1;
}

static int named(const char *const *names, int room)
{
    int count = 0;
    while (count < room && names[count] != NULL)
        count++;
    return count;
}

unroll_status unroll_cell_shape_check(const char *name, const unroll_cell_shape *shape)
{
    const head h = {.folder = "lib/cells", .file = name};
    int gates = shape->gates, names = named(shape->gate, UNROLL_CELL_GATES), apart = shape->apart;
    if (gates < 1 || gates > UNROLL_CELL_GATES)
        return TABLE_PROBLEM(&h, "has .gates = %d; a cell has 1 to %d", gates, UNROLL_CELL_GATES);
    if (names < gates)
        return TABLE_PROBLEM(&h, "has .gates = %d, but names only %d in .gate", gates, names);
    if (!is_order(shape->torch, gates))
        return TABLE_PROBLEM(&h, "has no .torch that gives each of its %d gates a place of its own, 0 to %d", gates, gates - 1);
    if (shape->recurrent < 0 || shape->first < 0 || apart < 0 || apart > 1 || shape->first + shape->recurrent > gates + apart ||
        apart > shape->recurrent || (apart == 1 && shape->first + shape->recurrent != gates + apart))
        return TABLE_PROBLEM(&h, "has .recurrent = %d, .first = %d and .apart = %d, which do not go with .gates = %d",
                             shape->recurrent, shape->first, apart, gates);
    if (shape->late < 0 || (shape->late > 0 && (shape->late > shape->first || shape->recurrent == 0 || apart > 0 || shape->heads > 1)))
        return TABLE_PROBLEM(&h, "has .late = %d, which does not go with .first = %d, .recurrent = %d, .apart = %d and .heads = %d",
                             shape->late, shape->first, shape->recurrent, apart, shape->heads);
    if (shape->kept < 0 || shape->heads < 0)
        return TABLE_PROBLEM(&h, "has .kept = %d and .heads = %d, of which none can be negative", shape->kept, shape->heads);
    if (shape->derived < 0 || shape->derived > UNROLL_CELL_VECTORS)
        return TABLE_PROBLEM(&h, "has .derived = %d; a cell has 0 to %d", shape->derived, UNROLL_CELL_VECTORS);
    if (shape->parts < 0 || (shape->parts > 0 && UNROLL_LANES % shape->parts != 0))
        return TABLE_PROBLEM(&h, "has .parts = %d, which does not divide %d", shape->parts, UNROLL_LANES);
    if (shape->omega > 0 && (gates != 1 || shape->recurrent != 1 || shape->heads > 1))
        return TABLE_PROBLEM(&h, "has .omega = %g, which takes .gates = 1, .recurrent = 1 and no heads", shape->omega);
    return unroll_ok();
}

unroll_status unroll_check_cell(const char *file, const unroll_cell *cell)
{
    const head h = {"lib/cells", file, cell->name, cell->title, cell->settings, cell->setting_count};
    bool vectors = cell->shape.vector[0] != NULL, late = cell->shape.late > 0;
    UNROLL_TRY(check_head(&h));
    UNROLL_TRY(all_or_none(&h, (part[]){{"operand", cell->operand != NULL},
                                        {"operand_gradient", cell->operand_gradient != NULL},
                                        {NULL, true}}));
    UNROLL_TRY(all_or_none(&h, (part[]){{"shape.normed", cell->shape.normed > 0},
                                        {"output", cell->output != NULL},
                                        {"output_backward", cell->output_backward != NULL},
                                        {NULL, true}}));
    UNROLL_TRY(need(&h, (part[]){{"state", cell->state[0] != NULL},
                                 {"forward", cell->forward != NULL},
                                 {"backward", cell->backward != NULL},
                                 {"vector_gradient", !vectors || cell->vector_gradient != NULL},
                                 {"operand", !late || cell->operand != NULL},
                                 {"derive", cell->shape.derived == 0 || cell->derive != NULL},
                                 {NULL, true}}));
    UNROLL_TRY(check_shared(&h, cell->shared, cell->shared_count));
    return unroll_cell_shape_check(file, &cell->shape);
}

/* ---- kinds of layers ---- */

static unroll_status check_weights(const head *h, const unroll_layer_kind *kind)
{
    UNROLL_TRY(all_or_none(h, (part[]){{"reals", kind->reals != NULL},
                                       {"weights", kind->weights != NULL},
                                       {"weight", kind->weight != NULL},
                                       {"locate", kind->locate != NULL},
                                       {"init", kind->init != NULL},
                                       {NULL, true}}));
    return need(h, (part[]){{"backward", kind->weights == NULL || kind->backward != NULL}, {NULL, true}});
}

static unroll_status check_states(const head *h, const unroll_layer_kind *kind)
{
    bool states = kind->states != NULL;
    UNROLL_TRY(all_or_none(h, (part[]){{"states", states},
                                       {"state", kind->state != NULL},
                                       {"start", kind->start != NULL},
                                       {"end", kind->end != NULL},
                                       {"save", kind->save != NULL},
                                       {"load", kind->load != NULL},
                                       {NULL, true}}));
    UNROLL_TRY(need(h, (part[]){{"reset", kind->reset != NULL || !(states || kind->reorder != NULL || kind->reserve != NULL)},
                                {"reorder", kind->reorder != NULL || !states},
                                {NULL, true}}));
    return all_or_none(h, (part[]){{"reserve", kind->reserve != NULL}, {"close_node", kind->close_node != NULL}, {NULL, true}});
}

unroll_status unroll_check_layer_kind(const char *file, const unroll_layer_kind *kind)
{
    const head h = {.folder = "lib/layers", .file = file, .name = kind->name, .title = kind->title};
    UNROLL_TRY(check_head(&h));
    UNROLL_TRY(need(&h, (part[]){{"open", kind->open != NULL},
                                 {"count", kind->count != NULL},
                                 {"take_node", kind->take_node != NULL},
                                 {"forward", kind->forward != NULL},
                                 {"step", kind->step != NULL || kind->streams != NULL},
                                 {NULL, true}}));
    UNROLL_TRY(check_weights(&h, kind));
    UNROLL_TRY(check_states(&h, kind));
    UNROLL_TRY(all_or_none(&h, (part[]){{"views", kind->views != NULL}, {"view", kind->view != NULL}, {NULL, true}}));
    UNROLL_TRY(need(&h, (part[]){{"look", kind->views == NULL || kind->look != NULL}, {NULL, true}}));
    UNROLL_TRY(all_or_none(&h, (part[]){{"examples", kind->examples > 0}, {"example", kind->example != NULL}, {NULL, true}}));
    return all_or_none(&h, (part[]){{"forward_piece", kind->forward_piece != NULL},
                                    {"backward_piece", kind->backward_piece != NULL},
                                    {NULL, true}});
}

/* ---- losses, networks, tasks ---- */

unroll_status unroll_check_loss(const char *file, const unroll_loss *loss)
{
    const head h = {"lib/losses", file, loss->name, loss->title, loss->settings, loss->setting_count};
    UNROLL_TRY(check_head(&h));
    UNROLL_TRY(need(&h, (part[]){{"rows, and no .sequence", loss->rows != NULL || loss->sequence != NULL}, {NULL, true}}));
    if (loss->rows != NULL && loss->sequence != NULL)
        return TABLE_PROBLEM(&h, "has both .rows and .sequence: %s is over rows or over whole sequences", loss->name);
    return all_or_none(&h, (part[]){{"sequence", loss->sequence != NULL},
                                    {"fits", loss->fits != NULL},
                                    {"room", loss->room != NULL},
                                    {NULL, true}});
}

unroll_status unroll_check_network(const char *file, const unroll_network *network)
{
    const head h = {"lib/networks", file, network->name, network->title, network->settings, network->setting_count};
    UNROLL_TRY(check_head(&h));
    UNROLL_TRY(need(&h, (part[]){{"model", network->model != NULL},
                                 {"model_title", network->model_title != NULL},
                                 {"build", network->build != NULL},
                                 {NULL, true}}));
    UNROLL_TRY(check_shared(&h, network->shared, network->shared_count));
    return network->model(0) != NULL ? unroll_ok() : TABLE_PROBLEM(&h, "has a .model without a value: %s cannot be chosen", file);
}

unroll_status unroll_check_task(const char *file, const unroll_task *task)
{
    const head h = {"datasets", file, task->name, task->title, task->settings, task->setting_count};
    UNROLL_TRY(check_head(&h));
    UNROLL_TRY(check_shared(&h, task->shared, task->shared_count));
    return need(&h, (part[]){{"open", task->open != NULL},
                             {"close", task->close != NULL},
                             {"shape", task->shape != NULL},
                             {"batch", task->batch != NULL},
                             {NULL, true}});
}

/* ---- all of them ---- */

/* a value of the setting model means one network */
static unroll_status check_models(void)
{
    for (int i = 0; i < unroll_network_count; i++)
        for (int k = 0; unroll_networks[i]->model(k) != NULL; k++) {
            const unroll_network *first = unroll_network_find(unroll_networks[i]->model(k));
            if (first != unroll_networks[i])
                return unroll_error(UNROLL_FAILED, "lib/networks/%s.c: model=%s is that of lib/networks/%s.c, too",
                                    unroll_networks[i]->name, unroll_networks[i]->model(k), first->name);
        }
    return unroll_ok();
}

unroll_status unroll_check_registry(void)
{
    for (int i = 0; i < unroll_cell_count; i++)
        UNROLL_TRY(unroll_check_cell(unroll_cell_files[i], unroll_isas[0].cells[i]));
    for (int i = 0; i < unroll_layer_kind_count; i++)
        UNROLL_TRY(unroll_check_layer_kind(unroll_layer_files[i], unroll_layer_kinds[i]));
    for (int i = 0; i < unroll_loss_count; i++)
        UNROLL_TRY(unroll_check_loss(unroll_loss_files[i], unroll_isas[0].losses[i]));
    for (int i = 0; i < unroll_network_count; i++)
        UNROLL_TRY(unroll_check_network(unroll_network_files[i], unroll_networks[i]));
    for (int i = 0; i < unroll_task_count; i++)
        UNROLL_TRY(unroll_check_task(unroll_task_files[i], unroll_tasks[i]));
    return check_models();
}
