/* What views show of the recurrent layer: its states and gates, and the gradients of the states and the pre-activations. */
#include <stdio.h>

#include "layers/recurrent_runs.h"

typedef unroll_recurrent_node recurrent_node;

/* The views in their order: so many of each sort, as there are states or gates. */
typedef enum view_sort { STATE, GATE, D_STATE, D_GATE, D_APART, SORTS } view_sort;

static int views_of(const unroll_recurrent *own, view_sort of)
{
    return of == STATE || of == D_STATE ? own->states : of == D_APART ? own->shape.apart : own->shape.gates;
}

int unroll_recurrent_views(const unroll_layer *layer)
{
    int count = 0;
    for (view_sort of = STATE; of < SORTS; of++)
        count += views_of(layer->own, of);
    return count;
}

/* *index: which state or gate it is */
static view_sort sort_of(const unroll_recurrent *own, int *index)
{
    view_sort of = STATE;
    while (*index >= views_of(own, of))
        *index -= views_of(own, of++);
    return of;
}

/* "_hh": of a pre-activation's recurrent part alone, where it stays apart */
void unroll_recurrent_view(const unroll_layer *layer, int index, unroll_view *out)
{
    static const char *const before[SORTS] = {"", "", "d_", "d_", "d_"}, *const after[SORTS] = {"", "", "", "", "_hh"};
    const unroll_recurrent *own = layer->own;
    view_sort of = sort_of(own, &index);
    const char *name = of == STATE || of == D_STATE ? own->cell->state[index] : own->shape.gate[index];
    snprintf(out->name, sizeof out->name, ".%s%s%s_l%d%s", before[of], name, after[of], own->level,
             own->backwards ? "_reverse" : "");
    out->columns = own->hidden;
    out->gradient = of >= D_STATE;
}

/* the place on the tape of what a view shows */
static int place_of(const unroll_recurrent *own, view_sort of, int index)
{
    return of == D_APART ? own->shape.gates : index;
}

static void keep_place(const unroll_recurrent *own, recurrent_node *mine, view_sort of, int index, unroll_arena *arena)
{
    int place = place_of(own, of, index);
    unroll_matrix *kept = &mine->place[of != GATE][place];
    *kept = arena != NULL ? unroll_recurrent_places(own, arena, mine->tape.all, place, 1) : (unroll_matrix){.at = NULL};
    kept->columns = own->hidden;
}

void unroll_recurrent_keep(unroll_node *node, int index, unroll_arena *arena)
{
    const unroll_recurrent *own = node->layer->own;
    recurrent_node *mine = node->own;
    view_sort of = sort_of(own, &index);
    unroll_matrix kept = {.at = NULL};
    if (of == STATE)
        return;
    if (of != D_STATE && (of != GATE || own->cell->gate_value == NULL)) {
        keep_place(own, mine, of, index, arena);
        return;
    }
    if (arena != NULL)
        kept = unroll_take_matrix(arena, own->hidden, (size_t)node->capacity, 0);
    *(of == GATE ? &mine->value[index] : &mine->d_kept[index]) = kept;
    mine->keeps = false;
    for (int k = 0; k < own->states; k++)
        mine->keeps = mine->keeps || mine->d_kept[k].at != NULL;
}

static void copy(unroll_matrix to, int panel, int row, const real *from, int rows)
{
    memcpy(unroll_matrix_row(to, panel, row), from, (size_t)rows * UNROLL_LANES * sizeof(real));
}

/* a state that zoneout mixes is read by later steps alone: not by the step's output, which the cell made of the fresh one */
void unroll_recurrent_keep_whole(const unroll_node *node, unroll_part panels, const unroll_run *r)
{
    const unroll_recurrent *own = node->layer->own;
    const recurrent_node *mine = node->own;
    for (int k = 0; k < own->states; k++) {
        bool wanted = mine->d_kept[k].at != NULL && (k == 0 || own->zone[k].share > 0);
        for (int panel = panels.begin; wanted && panel < panels.end; panel++)
            copy(mine->d_kept[k], panel, r->row, unroll_matrix_row(mine->d_state[k], panel, k == 0 ? r->after : r->sequence),
                 r->count);
    }
}

void unroll_recurrent_keep_states(const unroll_node *node, const unroll_cell_gradient *step, int panel, int row)
{
    const unroll_recurrent *own = node->layer->own;
    const recurrent_node *mine = node->own;
    for (int k = 1; k < own->states; k++) {
        if (mine->d_kept[k].at == NULL || own->zone[k].share > 0)
            continue;
        if (own->cell->state_gradient != NULL)
            own->cell->state_gradient(step, k, unroll_matrix_row(mine->d_kept[k], panel, row));
        else
            copy(mine->d_kept[k], panel, row, step->d_state[k], step->rows);
    }
}

/* the values of a gate that the cell alone knows */
static unroll_matrix values_of(const unroll_node *node, int gate)
{
    const unroll_recurrent *own = node->layer->own;
    const recurrent_node *mine = node->own;
    thread_share all = {.sequences = {0, node->set->size}};
    for (int t = 0; t < node->set->steps; t++)
        for (int i = 0; i < runs_of(own); i++) {
            unroll_run r;
            run_at(node, &all, t, i, &r);
            unroll_cell_gradient step = {.rows = r.count, .variant = own->shape.variant, .gate = unroll_matrix_block(mine->tape.all)};
            for (int panel = 0; r.count > 0 && panel < own->panels; panel++) {
                set_panel(node, panel, &r, &step);
                own->cell->gate_value(&step, gate, unroll_matrix_row(mine->value[gate], panel, r.row));
            }
        }
    return mine->value[gate];
}

unroll_matrix unroll_recurrent_look(const unroll_node *node, int index)
{
    const unroll_recurrent *own = node->layer->own;
    const recurrent_node *mine = node->own;
    view_sort of = sort_of(own, &index);
    if (of == STATE)
        return unroll_matrix_from(mine->state[index], mine->first_row);
    if (of == D_STATE)
        return mine->d_kept[index];
    if (of == GATE && own->cell->gate_value != NULL)
        return values_of(node, index);
    return mine->place[of != GATE][place_of(own, of, index)];
}
