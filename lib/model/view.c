/* Views: what a model has of them, who asks, and copying them during a pass. */
#include "model/view.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "model/inside.h"

int unroll_model_view_count(const unroll_model *model)
{
    int count = 0;
    for (int i = 0; i < model->graph.count; i++)
        count += unroll_layer_views(model->graph.layer[i]);
    return count;
}

/* The layer of view `index`; *index: which of its own it is. */
static const unroll_layer *layer_of(const unroll_model *model, int *index)
{
    unroll_layer *const *layer = model->graph.layer;
    while (*index >= unroll_layer_views(*layer))
        *index -= unroll_layer_views(*layer++);
    return *layer;
}

static bool has_view(const unroll_layer *layer, const char *name)
{
    unroll_view view;
    for (int i = 0; i < unroll_layer_views(layer); i++) {
        unroll_layer_view(layer, i, &view);
        if (strcmp(view.name, name) == 0)
            return true;
    }
    return false;
}

void unroll_model_view_at(const unroll_model *model, int index, unroll_view *view)
{
    const unroll_layer *layer = layer_of(model, &index);
    char name[sizeof view->name], number[16] = "";
    int same = 1;
    unroll_layer_view(layer, index, view);
    for (int i = 0; i < layer->index; i++)
        same += strcmp(model->graph.layer[i]->name, layer->name) == 0 && has_view(model->graph.layer[i], view->name);
    if (same > 1)
        snprintf(number, sizeof number, "_%d", same);
    snprintf(name, sizeof name, "%s%s%.32s", layer->name, number, view->name);
    memcpy(view->name, name, sizeof name);
    view->steps = model->micro[0].set[layer->set].steps;
}

/* ---- asking ---- */

/* its index, or -1 with the nearest name in *nearest; "": none is near */
static int find(const unroll_model *model, const char *name, unroll_view *nearest)
{
    nearest->name[0] = '\0';
    for (int i = 0; i < unroll_model_view_count(model); i++) {
        unroll_view view;
        unroll_model_view_at(model, i, &view);
        if (strcmp(view.name, name) == 0)
            return i;
        if (unroll_nearest(name, (const char *const[]){nearest->name, view.name}, 2) == view.name)
            *nearest = view;
    }
    return -1;
}

/* what the nodes of its layer keep for a view: see keep of the table of a kind */
static void keep(unroll_model *model, const unroll_asked *asked, unroll_arena *arena)
{
    for (int m = 0; model->graph.layer[asked->layer]->kind->keep != NULL && m < model->micros; m++)
        model->graph.layer[asked->layer]->kind->keep(&model->micro[m].node[asked->layer], asked->index, arena);
}

static unroll_status ask(unroll_model *model, unroll_asked new)
{
    unroll_asked *more = realloc(model->asked, (size_t)(model->asked_count + 1) * sizeof *more);
    if (more == NULL)
        return unroll_error(UNROLL_FAILED, "out of memory for a view");
    model->asked = more;
    unroll_arena_count(&new.arena);
    keep(model, &new, &new.arena);
    if (new.arena.used > 0) {
        UNROLL_TRY(unroll_arena_open(&new.arena));
        keep(model, &new, &new.arena);
    }
    model->asked[model->asked_count++] = new;
    return unroll_ok();
}

static void forget(unroll_model *model, unroll_asked *asked)
{
    keep(model, asked, NULL);
    unroll_arena_close(&asked->arena);
    *asked = model->asked[--model->asked_count];
}

unroll_status unroll_model_view(unroll_model *model, const char *name, real *to)
{
    unroll_view view;
    int index = find(model, name, &view), layer;
    if (index < 0 && view.name[0] != '\0')
        return unroll_error(UNROLL_WRONG, "there is no view %.60s; did you mean %s?", name, view.name);
    if (index < 0)
        return unroll_error(UNROLL_WRONG, "there is no view %.60s in this model", name);
    unroll_model_view_at(model, index, &view);
    layer = layer_of(model, &index)->index;
    for (int i = 0; i < model->asked_count; i++) {
        unroll_asked *asked = &model->asked[i];
        if (asked->layer != layer || asked->index != index)
            continue;
        if (to == NULL)
            forget(model, asked);
        else
            asked->to = to;
        return unroll_ok();
    }
    return to == NULL ? unroll_ok() : ask(model, (unroll_asked){layer, index, view.gradient, to, {0}});
}

/* ---- copying ---- */

void unroll_give_views(const unroll_model *model, const unroll_node *node, bool gradient, unroll_part rows, int steps)
{
    for (int i = 0; i < model->asked_count; i++) {
        const unroll_asked *asked = &model->asked[i];
        if (asked->layer == node->layer->index && asked->gradient == gradient)
            unroll_give_rows(node->set, unroll_node_look(node, asked->index), rows, steps, asked->to);
    }
}
