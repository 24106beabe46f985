/* The states of the recurrent layer: before the first step, after the last, and those that streaming carries. */
#include <stdio.h>
#include <string.h>

#include "layers/recurrent.h"

typedef unroll_recurrent_node recurrent_node;

int unroll_recurrent_state_count(const unroll_layer *layer)
{
    return ((const unroll_recurrent *)layer->own)->states;
}

void unroll_recurrent_state(const unroll_layer *layer, int index, unroll_state *out)
{
    const unroll_recurrent *own = layer->own;
    snprintf(out->name, sizeof out->name, "%s", own->cell->state[index]);
    out->columns = own->hidden;
}

int unroll_recurrent_initial_row(const unroll_node *node, int s)
{
    const unroll_recurrent *own = node->layer->own;
    return own->backwards ? node->set->total + s : node->batch - node->set->size + s;
}

int unroll_recurrent_end_row(const unroll_node *node, int s)
{
    const unroll_recurrent *own = node->layer->own;
    const recurrent_node *mine = node->own;
    return mine->first_row + (own->backwards ? s : unroll_set_last(node->set, s));
}

bool unroll_recurrent_streams(const unroll_layer *layer)
{
    return !((const unroll_recurrent *)layer->own)->backwards && (layer->sources < 2 || layer->set == UNROLL_TARGET);
}

/* one row of a state matrix out to `hidden` reals, or in from them (NULL: zeros) */
static void copy_row(unroll_matrix m, int row, real *out)
{
    for (int u = 0; u < m.columns; u += UNROLL_LANES)
        memcpy(out + u, unroll_matrix_row(m, u / UNROLL_LANES, row),
               (size_t)(m.columns - u < UNROLL_LANES ? m.columns - u : UNROLL_LANES) * sizeof(real));
}

static void set_row(unroll_matrix m, int row, const real *in)
{
    for (int u = 0; u < m.columns; u += UNROLL_LANES) {
        real *to = unroll_matrix_row(m, u / UNROLL_LANES, row);
        if (in == NULL)
            memset(to, 0, UNROLL_LANES * sizeof(real));
        else
            memcpy(to, in + u, (size_t)(m.columns - u < UNROLL_LANES ? m.columns - u : UNROLL_LANES) * sizeof(real));
    }
}

void unroll_recurrent_start(unroll_node *node, const real *state, size_t stride)
{
    const unroll_recurrent *own = node->layer->own;
    recurrent_node *mine = node->own;
    const unroll_set *set = node->set;
    mine->started = state != NULL;
    /* read forwards, the initial states keep their rows: of all sequences that may come later; read backwards, forward clears
       those of each set */
    for (int k = 0; state == NULL && !own->backwards && k < own->states; k++)
        unroll_matrix_clear(mine->state[k], node->batch);
    for (int s = 0; state != NULL && s < set->size; s++)
        for (int k = 0; k < own->states; k++) {
            size_t place = (size_t)(set->order[s] - set->first) * stride + (size_t)(k * own->hidden);
            set_row(mine->state[k], unroll_recurrent_initial_row(node, s), state + place);
        }
}

void unroll_recurrent_end(const unroll_node *node, real *state, size_t stride)
{
    const unroll_recurrent *own = node->layer->own;
    const recurrent_node *mine = node->own;
    const unroll_set *set = node->set;
    for (int s = 0; s < set->size; s++)
        for (int k = 0; k < own->states; k++)
            copy_row(mine->state[k], unroll_recurrent_end_row(node, s),
                     state + (size_t)(set->order[s] - set->first) * stride + (size_t)(k * own->hidden));
}

void unroll_recurrent_reset(unroll_node *node)
{
    recurrent_node *mine = node->own;
    for (int i = 0; i < 2; i++)
        for (int k = 0; k < ((const unroll_recurrent *)node->layer->own)->states; k++)
            unroll_matrix_clear(mine->stream_state[i][k], node->streams);
}

void unroll_recurrent_enter(unroll_node *node, int each)
{
    const unroll_recurrent *own = node->layer->own;
    recurrent_node *mine = node->own;
    const unroll_node *from = node->layer->sources > 1 ? node->source[1] : NULL;
    if (from == NULL) {
        unroll_recurrent_reset(node);
        return;
    }
    for (int k = 0; k < own->states; k++)
        for (int panel = 0; panel < own->panels; panel++)
            for (int row = 0; row < from->set->size * each; row++)
                memcpy(unroll_matrix_row(mine->stream_state[mine->stream_now][k], panel, row),
                       unroll_matrix_row(((const recurrent_node *)from->own)->state[k], panel,
                                         unroll_recurrent_end_row(from, from->set->place[row / each])),
                       UNROLL_LANES * sizeof(real));
}

void unroll_recurrent_save(const unroll_node *node, int row, real *state)
{
    const unroll_recurrent *own = node->layer->own;
    const recurrent_node *mine = node->own;
    for (int k = 0; k < own->states; k++)
        copy_row(mine->stream_state[mine->stream_now][k], row, state + (size_t)(k * own->hidden));
}

void unroll_recurrent_load(unroll_node *node, int row, const real *state)
{
    const unroll_recurrent *own = node->layer->own;
    recurrent_node *mine = node->own;
    for (int k = 0; k < own->states; k++)
        set_row(mine->stream_state[mine->stream_now][k], row, state + (size_t)(k * own->hidden));
}

void unroll_recurrent_reorder(unroll_node *node, const int *from, int rows)
{
    const unroll_recurrent *own = node->layer->own;
    recurrent_node *mine = node->own;
    int now = mine->stream_now;
    for (int k = 0; k < own->states; k++)
        for (int panel = 0; panel < own->panels; panel++)
            for (int row = 0; row < rows; row++)
                memcpy(unroll_matrix_row(mine->stream_state[1 - now][k], panel, row),
                       unroll_matrix_row(mine->stream_state[now][k], panel, from[row]), UNROLL_LANES * sizeof(real));
    mine->stream_now = 1 - now;
    node->stream = mine->stream_state[1 - now][0];
}
