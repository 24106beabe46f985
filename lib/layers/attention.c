/* Scaled dot-product attention over several heads (Vaswani et al., 2017), without weights: of queries, keys and values that
   earlier layers have made. Head h has the columns [h d, (h + 1) d) of each, d their width over the number of heads:

       y = softmax(q k^T / sqrt(d)) v

   over all keys of the sequence or, causal, over those up to the query's own step. With `rotary` queries and keys are turned by
   their step's angles first (Su et al., 2021), neighbouring columns a pair. In training some weights, after the softmax, may be
   dropped, and the others are larger by what is lost on average. */
#include "layers/attention.h"

#include <math.h>
#include <string.h>

#include "layers/angles.h"

typedef unroll_attention_layer attention;
typedef unroll_attention_node attention_node;

static unroll_status wrong_width(const unroll_layer *layer, int source, int width)
{
    return unroll_error(UNROLL_FAILED, "the layer %s reads %d columns where it takes %d", layer->name,
                        layer->source[source]->columns, width);
}

/* where queries, keys and values stand: side by side in one source, keys and values in another than the queries, or each in its own */
static unroll_status settle_parts(unroll_layer *layer)
{
    attention *own = layer->own;
    for (int p = 0; p < UNROLL_ATTENTION_PARTS; p++) {
        int source = p < layer->sources ? p : layer->sources - 1;
        own->part[p].source = source;
        own->part[p].first = (p - source) * own->width;
    }
    for (int i = 0; i < layer->sources; i++) {
        int parts = i == layer->sources - 1 ? UNROLL_ATTENTION_PARTS - i : 1;
        if (layer->source[i]->columns != parts * own->width)
            return wrong_width(layer, i, parts * own->width);
    }
    return unroll_ok();
}

static bool crosses(const unroll_layer *layer)
{
    return layer->source[layer->sources - 1]->set != layer->set;
}

static unroll_status attention_open(unroll_layer *layer, const void *options, const unroll_settings *settings)
{
    const unroll_attention_options *wanted = options;
    attention *own = layer->own;
    int width = layer->sources == 1 ? layer->source[0]->columns / UNROLL_ATTENTION_PARTS : layer->source[0]->columns;
    (void)settings;
    UNROLL_TRY(unroll_need_reals(layer));
    if (wanted->heads < 1 || width % wanted->heads != 0)
        return unroll_error(UNROLL_WRONG, "%d heads do not part %d columns evenly", wanted->heads, width);
    if (wanted->dropout < 0 || lrint(wanted->dropout * UNROLL_MASK_SHARES) >= UNROLL_MASK_SHARES)
        return unroll_error(UNROLL_WRONG, "attention_dropout=%g would leave nothing", wanted->dropout);
    *own = (attention){.heads = wanted->heads, .size = width / wanted->heads, .width = width, .causal = wanted->causal,
                       .rotary = wanted->rotary, .dropped = (uint32_t)lrint(wanted->dropout * UNROLL_MASK_SHARES)};
    own->blocks = unroll_blocks(own->size);
    own->scale = (real)(1.0 / sqrt((double)own->size));
    layer->columns = width;
    UNROLL_TRY(settle_parts(layer));
    if (crosses(layer) && (own->causal || own->rotary))
        return unroll_error(UNROLL_FAILED, "the layer %s: another sequence's steps are neither before nor beside its own", layer->name);
    return unroll_ok();
}

static void attention_count(const unroll_layer *layer, unroll_counts *counts)
{
    const attention *own = layer->own;
    counts->pairs = own->causal ? UNROLL_PAIRS_BEFORE : UNROLL_PAIRS_ALL;
    counts->pair_set = layer->source[layer->sources - 1]->set;
    counts->pair_products = 2.0 * own->width;
    counts->pair_elements = own->heads;
    counts->kept = 2.0 * own->heads;
}

static void attention_take(unroll_layer *layer, unroll_arena *arena)
{
    attention *own = layer->own;
    own->zero = unroll_take_starts(arena, NULL, 0, own->blocks > UNROLL_ATTENTION_BLOCKS ? own->blocks : UNROLL_ATTENTION_BLOCKS);
}

static void take_room(unroll_node *node, unroll_attention_room *room, unroll_arena *arena)
{
    const attention *own = node->layer->own;
    const unroll_node *keys = node->source[own->part[UNROLL_KEY].source];
    size_t blocks = (size_t)own->blocks, queries = (size_t)(node->steps + UNROLL_ATTENTION_TILE);
    size_t tile = unroll_attention_reals(own, UNROLL_ATTENTION_TILE);
    size_t forward = 2 * unroll_attention_reals(own, keys->steps) + 3 * tile;
    size_t backward = 3 * unroll_attention_reals(own, node->steps) + 8 * tile;
    size_t scores = UNROLL_ATTENTION_TILE * UNROLL_ATTENTION_TILE;
    *room = (unroll_attention_room){
        .area = unroll_arena_take(arena, forward > backward ? forward : backward, sizeof(real)),
        .score = unroll_arena_take(arena, scores, sizeof(real)),
        .d_score = unroll_arena_take(arena, scores, sizeof(real)),
        .mask = own->dropped > 0 ? unroll_arena_take(arena, scores, sizeof(real)) : NULL,
        .q_at = unroll_arena_take(arena, blocks, sizeof(real *)),
        .o_at = unroll_arena_take(arena, blocks, sizeof(real *)),
        .d_q_at = unroll_arena_take(arena, blocks, sizeof(real *)),
        .spare_at = unroll_arena_take(arena, blocks, sizeof(real *)),
        .sum = unroll_arena_take(arena, UNROLL_ATTENTION_TILE * UNROLL_LANES, sizeof(real)),
        .peak = unroll_arena_take(arena, queries, sizeof(real)),
        .inverse = unroll_arena_take(arena, queries, sizeof(real)),
        .delta = unroll_arena_take(arena, queries, sizeof(real)),
    };
    for (int n = 0; arena->base != NULL && n < UNROLL_ATTENTION_BLOCKS; n++) {
        size_t at = (size_t)n * UNROLL_ATTENTION_TILE * UNROLL_LANES;
        room->score_at[n] = room->score + at;
        room->d_score_at[n] = room->d_score + at;
        room->mask_at[n] = own->dropped > 0 ? room->mask + at : NULL;
    }
}

static void attention_take_node(unroll_node *node, unroll_arena *arena)
{
    const attention *own = node->layer->own;
    attention_node *mine = node->own;
    unroll_attention_room none;
    size_t rows = (size_t)own->heads * (size_t)node->capacity;
    unroll_take_outputs(node, arena);
    mine->peak = unroll_arena_take(arena, rows, sizeof(real));
    mine->inverse = unroll_arena_take(arena, rows, sizeof(real));
    mine->room = unroll_arena_take(arena, (size_t)node->threads, sizeof *mine->room);
    for (int i = 0; i < node->threads; i++)
        take_room(node, arena->base != NULL ? &mine->room[i] : &none, arena);
    unroll_attention_take_stream(node, arena);
}

/* What comes later in the own sequence cannot be read step by step; another sequence is there as a whole. */
static bool attention_streams(const unroll_layer *layer)
{
    return ((const attention *)layer->own)->causal || (crosses(layer) && layer->set == UNROLL_TARGET);
}

static unroll_status attention_example(unroll_graph *graph, int index, int reals, int symbols, int *out)
{
    static const unroll_attention_options options[] = {{.heads = 2, .causal = true}, {.heads = 1, .dropout = 0.2},
                                                       {.heads = 3, .causal = true, .rotary = true, .dropout = 0.3},
                                                       {.heads = 1, .causal = true}};
    static const int widths[] = {10, 20, 9, 32};
    int source[UNROLL_ATTENTION_PARTS], sources = index == 3 ? 3 : index == 1 ? 2 : 1;
    (void)symbols;
    for (int i = 0; i < sources; i++)
        UNROLL_TRY(unroll_add_dense(graph, i == 0 ? "in" : "in_1", reals, (i == sources - 1 ? 3 - i : 1) * widths[index], &source[i]));
    if (sources == 3)
        source[2] = source[1]; /* keys that are values, too */
    return unroll_add_attention(graph, source, sources, &options[index], out);
}

extern const unroll_layer_kind unroll_layer_attention;
const unroll_layer_kind unroll_layer_attention = {
    .name = "attention",
    .title = "softmax(q k^T / sqrt(d)) v, head by head",
    .layer_bytes = sizeof(attention),
    .node_bytes = sizeof(attention_node),
    .open = attention_open,
    .count = attention_count,
    .take = attention_take,
    .take_node = attention_take_node,
    .forward = unroll_attention_forward,
    .backward = unroll_attention_backward,
    .step = unroll_attention_step,
    .streams = attention_streams,
    .reset = unroll_attention_reset,
    .enter = unroll_attention_enter,
    .reorder = unroll_attention_reorder,
    .reserve = unroll_attention_reserve,
    .close_node = unroll_attention_close,
    .held = unroll_attention_held,
    .examples = 4,
    .example = attention_example,
};

unroll_status unroll_add_attention(unroll_graph *graph, const int *source, int sources, const unroll_attention_options *options,
                                   int *index)
{
    return unroll_graph_add(graph, &unroll_layer_attention, "attention", source, sources, options, index);
}
