/* What several kinds of layers do. */
#include "layers/layer.h"

#include <stdio.h>

#include "base/random.h"

void unroll_weight_name(unroll_weight *weight, const char *prefix, const char *suffix)
{
    snprintf(weight->name, sizeof weight->name, "%s%s", prefix, suffix);
}

int unroll_layer_state(const unroll_layer *layer)
{
    int reals = 0;
    for (int k = 0; layer->kind->states != NULL && k < layer->kind->states(layer); k++) {
        unroll_state state;
        layer->kind->state(layer, k, &state);
        reals += state.columns;
    }
    return reals;
}

int unroll_layer_views(const unroll_layer *layer)
{
    if (layer->kind->views != NULL)
        return layer->kind->views(layer);
    return layer->symbols > 0 ? 0 : layer->trains ? 2 : 1;
}

void unroll_layer_view(const unroll_layer *layer, int index, unroll_view *out)
{
    *out = (unroll_view){.columns = layer->columns, .gradient = index == 1};
    if (layer->kind->view != NULL)
        layer->kind->view(layer, index, out);
    else
        snprintf(out->name, sizeof out->name, "%s", index == 0 ? ".y" : ".d_y");
}

unroll_matrix unroll_node_look(const unroll_node *node, int index)
{
    if (node->layer->kind->look != NULL)
        return node->layer->kind->look(node, index);
    return index == 0 ? node->output : node->d_output;
}

void unroll_pass_key(const unroll_layer *layer, const unroll_pass *pass, uint32_t key[2])
{
    const uint32_t counter[4] = {(uint32_t)((uint64_t)pass->step >> 32), (uint32_t)layer->index, (uint32_t)pass->step, UNROLL_FOR_CELLS};
    uint32_t out[4];
    unroll_philox(counter, (const uint32_t[]){(uint32_t)pass->seed, (uint32_t)(pass->seed >> 32)}, out);
    key[0] = out[0];
    key[1] = out[1];
}

unroll_status unroll_need_reals(const unroll_layer *layer)
{
    for (int i = 0; i < layer->sources; i++)
        if (layer->source[i]->symbols > 0)
            return unroll_error(UNROLL_WRONG, "the layer %s takes reals, not symbols", layer->name);
    return unroll_ok();
}

unroll_status unroll_need_one_width(const unroll_layer *layer)
{
    for (int i = 1; i < layer->sources; i++)
        if (layer->source[i]->columns != layer->source[0]->columns)
            return unroll_error(UNROLL_WRONG, "the layer %s takes sources of one width, not of %d and %d columns", layer->name,
                                layer->source[0]->columns, layer->source[i]->columns);
    return unroll_ok();
}

unroll_matrix unroll_take_blocks(unroll_arena *arena, int columns, size_t block_rows)
{
    size_t block = block_rows * UNROLL_LANES, blocks = (size_t)unroll_blocks(columns);
    real **at = unroll_arena_take(arena, blocks, sizeof *at), *reals = unroll_arena_take(arena, blocks * block, sizeof *reals);
    for (size_t n = 0; at != NULL && n < blocks; n++)
        at[n] = reals + n * block;
    return (unroll_matrix){.at = at, .columns = columns};
}

unroll_matrix unroll_take_matrix(unroll_arena *arena, int columns, size_t rows, size_t together)
{
    return unroll_take_blocks(arena, columns, unroll_row_stride(rows, together));
}

const real **unroll_take_starts(unroll_arena *arena, const real *from, size_t place, int blocks)
{
    static const real zeros[UNROLL_LANES];
    const real **start = unroll_arena_take(arena, (size_t)blocks, sizeof *start);
    for (int n = 0; start != NULL && n < blocks; n++)
        start[n] = from != NULL ? from + place + (size_t)n * UNROLL_LANES : zeros;
    return start;
}

void unroll_take_outputs(unroll_node *node, unroll_arena *arena)
{
    int columns = node->layer->columns;
    size_t batch = (size_t)node->batch;
    node->output = unroll_take_matrix(arena, columns, (size_t)node->capacity, batch);
    if (node->in_place)
        node->d_output = node->output;
    else if (node->layer->trains)
        node->d_output = unroll_take_matrix(arena, columns, (size_t)node->capacity, batch);
    node->stream = unroll_take_matrix(arena, columns, (size_t)node->streams, 0);
}

void unroll_clear_rows(unroll_matrix m, const unroll_set *set, const unroll_team *team)
{
    unroll_part blocks = unroll_team_part(team, unroll_blocks(m.columns));
    for (int n = blocks.begin; n < blocks.end; n++)
        memset(unroll_matrix_row(m, n, 0), 0, (size_t)set->total * UNROLL_LANES * sizeof(real));
}

void unroll_rows_product(const unroll_engine *engine, unroll_part rows, unroll_matrix a, int k, const real *weights,
                         unroll_matrix c, int c_row, const real *const *start)
{
    unroll_product p = {.rows = rows.end - rows.begin,
                        .k = k,
                        .blocks = unroll_blocks(c.columns),
                        .width = 4,
                        .a = a.at,
                        .a_from = unroll_matrix_from(a, rows.begin).from,
                        .b = weights,
                        .c = c.at,
                        .c_from = unroll_matrix_from(c, c_row).from,
                        .start = start};
    engine->product(&p);
}

void unroll_rows_product_piece(const unroll_engine *engine, unroll_part rows, unroll_matrix a, int k, unroll_part piece,
                               const real *weights, unroll_matrix c, int c_row, const real *const *start)
{
    int blocks = unroll_blocks(c.columns);
    if (piece.end - piece.begin == k) {
        unroll_rows_product(engine, rows, a, k, weights, c, c_row, start);
        return;
    }
    a.at += piece.begin / UNROLL_LANES;
    for (int group = 0; group < blocks; group += 4) {
        int width = blocks - group < 4 ? blocks - group : 4;
        unroll_product p = {.rows = rows.end - rows.begin,
                            .k = piece.end - piece.begin,
                            .blocks = width,
                            .width = width,
                            .a = a.at,
                            .a_from = unroll_matrix_from(a, rows.begin).from,
                            .b = weights + ((size_t)group * (size_t)k + (size_t)(piece.begin * width)) * UNROLL_LANES,
                            .c = c.at + group,
                            .c_from = unroll_matrix_from(c, c_row).from,
                            .start = start == NULL ? NULL : start + group};
        engine->product(&p);
    }
}
