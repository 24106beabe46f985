/* Columns of several sources side by side: of two directions, for one. */
#include "layers/graph.h"

static unroll_status join_open(unroll_layer *layer, const void *options, const unroll_settings *settings)
{
    (void)options, (void)settings;
    UNROLL_TRY(unroll_need_reals(layer));
    for (int i = 0; i < layer->sources; i++)
        layer->columns += layer->source[i]->columns;
    return unroll_ok();
}

static void join_count(const unroll_layer *layer, unroll_counts *counts)
{
    (void)layer, (void)counts;
}

/* `count` columns from `from` on of one matrix to those from `to` on of another, or added to them */
static void copy_columns(unroll_matrix in, int from, unroll_matrix out, int to, int count, int rows, bool adds)
{
    for (int c = 0; c < count;) {
        int in_lane = (from + c) % UNROLL_LANES, out_lane = (to + c) % UNROLL_LANES;
        int room = UNROLL_LANES - (in_lane > out_lane ? in_lane : out_lane), some = count - c < room ? count - c : room;
        const real *x = unroll_matrix_row(in, (from + c) / UNROLL_LANES, 0) + in_lane;
        real *y = unroll_matrix_row(out, (to + c) / UNROLL_LANES, 0) + out_lane;
        for (int r = 0; r < rows; r++, x += UNROLL_LANES, y += UNROLL_LANES)
            for (int i = 0; i < some; i++)
                y[i] = adds ? y[i] + x[i] : x[i];
        c += some;
    }
}

/* Whether the sources' blocks side by side are the join's: then nothing is copied. */
static bool is_even(const unroll_layer *layer)
{
    for (int i = 0; i + 1 < layer->sources; i++)
        if (layer->source[i]->columns % UNROLL_LANES != 0)
            return false;
    return true;
}

typedef struct join_node {
    real **at, **stream_at; /* (blocks): of the sources' output and streaming output, where they are even */
    bool given;             /* d_output is the sources' own, which add to it: nobody else reads them */
    unroll_matrix kept;     /* where a view asks for a gradient that is given: it, before the sources add */
} join_node;

typedef enum part_of_node { OUTPUT, D_OUTPUT, STREAM } part_of_node;

static unroll_matrix part_of(const unroll_node *node, part_of_node part)
{
    return part == OUTPUT ? node->output : part == D_OUTPUT ? node->d_output : node->stream;
}

/* where the sources' blocks lie now: some layers write to another place each time */
static void side_by_side(const unroll_node *node, part_of_node part, real **at)
{
    for (int i = 0, n = 0; i < node->layer->sources; i++) {
        unroll_matrix m = part_of(node->source[i], part);
        for (int block = 0; block < unroll_blocks(m.columns); block++)
            at[n++] = unroll_matrix_row(m, block, 0);
    }
}

static void take_gradient(unroll_node *node, unroll_arena *arena)
{
    join_node *own = node->own;
    const unroll_layer *layer = node->layer;
    real **at;
    own->given = true;
    for (int i = 0; i < layer->sources; i++)
        own->given = own->given && node->wanted[i] && layer->source[i]->readers == 1;
    if (!own->given) {
        node->d_output = unroll_take_matrix(arena, layer->columns, (size_t)node->capacity, (size_t)node->batch);
        return;
    }
    at = unroll_arena_take(arena, (size_t)unroll_blocks(layer->columns), sizeof *at);
    if (at != NULL)
        side_by_side(node, D_OUTPUT, at);
    node->d_output = (unroll_matrix){.at = at, .columns = layer->columns};
}

static void join_take_node(unroll_node *node, unroll_arena *arena)
{
    join_node *own = node->own;
    size_t blocks = (size_t)unroll_blocks(node->layer->columns);
    if (!is_even(node->layer)) {
        unroll_take_outputs(node, arena);
        return;
    }
    own->at = unroll_arena_take(arena, blocks, sizeof *own->at);
    own->stream_at = unroll_arena_take(arena, blocks, sizeof *own->stream_at);
    node->output = (unroll_matrix){.at = own->at, .columns = node->layer->columns};
    node->stream = (unroll_matrix){.at = own->stream_at, .columns = node->layer->columns};
    if (node->layer->trains)
        take_gradient(node, arena);
}

/* the sources that this thread copies */
static unroll_part own_sources(const unroll_node *node, const unroll_pass *pass)
{
    return unroll_team_part(pass->team, node->layer->sources);
}

static int first_column(const unroll_node *node, int source)
{
    int first = 0;
    for (int i = 0; i < source; i++)
        first += node->source[i]->layer->columns;
    return first;
}

static void join_forward(unroll_node *node, const unroll_pass *pass)
{
    const join_node *own = node->own;
    unroll_part part = own_sources(node, pass);
    if (own->at == NULL)
        for (int i = part.begin; i < part.end; i++)
            copy_columns(node->source[i]->output, 0, node->output, first_column(node, i), node->source[i]->layer->columns,
                         node->set->total, false);
    else if (pass->team->rank == 0)
        side_by_side(node, OUTPUT, own->at);
    unroll_team_wait(pass->team);
}

static void join_backward(unroll_node *node, const unroll_pass *pass)
{
    const join_node *own = node->own;
    if (own->given) {
        if (own->kept.at != NULL && pass->team->rank == 0)
            copy_columns(node->d_output, 0, own->kept, 0, node->layer->columns, node->set->total, false);
        if (own->kept.at != NULL)
            unroll_team_wait(pass->team);
        return;
    }
    /* one thread, where two of the sources may be the same */
    for (int i = 0; pass->team->rank == 0 && i < node->layer->sources; i++)
        if (node->wanted[i])
            copy_columns(node->d_output, first_column(node, i), node->source[i]->d_output, 0, node->source[i]->layer->columns,
                         node->set->total, node->adds[i]);
    unroll_team_wait(pass->team);
}

enum { D_OUTPUT_VIEW = 1 }; /* after the output's */

static void join_keep(unroll_node *node, int index, unroll_arena *arena)
{
    join_node *own = node->own;
    if (!own->given || index != D_OUTPUT_VIEW)
        return;
    own->kept = (unroll_matrix){.at = NULL};
    if (arena != NULL)
        own->kept = unroll_take_matrix(arena, node->layer->columns, (size_t)node->capacity, 0);
}

static unroll_matrix join_look(const unroll_node *node, int index)
{
    const join_node *own = node->own;
    return index != D_OUTPUT_VIEW ? node->output : own->given ? own->kept : node->d_output;
}

static void join_step(unroll_node *node, int rows)
{
    const join_node *own = node->own;
    if (own->stream_at != NULL) {
        side_by_side(node, STREAM, own->stream_at);
        return;
    }
    for (int i = 0; i < node->layer->sources; i++)
        copy_columns(node->source[i]->stream, 0, node->stream, first_column(node, i), node->source[i]->layer->columns, rows, false);
}

/* uneven ones, one source three times; even ones */
static unroll_status join_example(unroll_graph *graph, int index, int reals, int symbols, int *out)
{
    int side[2];
    (void)symbols;
    if (index == 0)
        return unroll_add_join(graph, (int[]){reals, reals, reals}, 3, out);
    UNROLL_TRY(unroll_add_dense(graph, "left", reals, index == 1 ? 16 : 32, &side[0]));
    UNROLL_TRY(unroll_add_dense(graph, "right", reals, index == 1 ? 5 : 16, &side[1]));
    UNROLL_TRY(unroll_add_join(graph, side, 2, out));
    /* with another reader of the left side */
    return index == 1 ? unroll_ok() : unroll_add_join(graph, (int[]){*out, side[0]}, 2, out);
}

extern const unroll_layer_kind unroll_layer_join;
const unroll_layer_kind unroll_layer_join = {
    .name = "join",
    .title = "the columns of its sources side by side",
    .node_bytes = sizeof(join_node),
    .open = join_open,
    .count = join_count,
    .take_node = join_take_node,
    .forward = join_forward,
    .backward = join_backward,
    .step = join_step,
    .keep = join_keep,
    .look = join_look,
    .examples = 3,
    .example = join_example,
};

unroll_status unroll_add_join(unroll_graph *graph, const int *source, int sources, int *index)
{
    return unroll_graph_add(graph, &unroll_layer_join, "join", source, sources, NULL, index);
}
