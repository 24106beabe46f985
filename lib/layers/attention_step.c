/* Attention step by step: keys and values of earlier steps are kept, in the tiles of a batch, so that a step has its bits. */
#include <assert.h>
#include <string.h>

#include "layers/angles.h"
#include "layers/attention.h"

typedef unroll_attention_layer attention;
typedef unroll_attention_node attention_node;

enum { TILE = UNROLL_ATTENTION_TILE, WIDTH = 4 };

static const unroll_node *keys_of(const unroll_node *node)
{
    return node->source[((const attention *)node->layer->own)->part[UNROLL_KEY].source];
}

static bool crosses(const unroll_node *node)
{
    return keys_of(node)->layer->set != node->layer->set;
}

/* ---- memory ---- */

static int tiles_of(int steps)
{
    return (steps + TILE - 1) / TILE;
}

/* Pairs that have a cache: rows of streaming, or sequences that are crossed to. */
static size_t pairs_of(const unroll_node *node)
{
    const attention *own = node->layer->own;
    return (size_t)(crosses(node) ? node->batch : node->streams) * (size_t)own->heads;
}

static void take_cache(const unroll_node *node, int steps, unroll_attention_cache *cache, unroll_arena *arena)
{
    const attention *own = node->layer->own;
    size_t reals = pairs_of(node) * unroll_attention_reals(own, steps);
    *cache = (unroll_attention_cache){.tiles = tiles_of(steps),
                                      .k = unroll_arena_take(arena, reals, sizeof(real)),
                                      .v = unroll_arena_take(arena, reals, sizeof(real)),
                                      .spare = unroll_arena_take(arena, (size_t)node->streams * unroll_attention_reals(own, TILE),
                                                                 sizeof(real))};
}

/* of one pair of columns over all steps: an odd last column stays as it is */
static void fill_pair(const attention *own, attention_node *mine, int pair)
{
    double angle = unroll_angle_of(pair, own->size), sine, cosine;
    for (int t = 0; t < mine->angles; t++)
        for (int i = 0; i < 2; i++) {
            int column = 2 * pair + i;
            size_t at = ((size_t)(column / UNROLL_LANES) * (size_t)mine->angles + (size_t)t) * UNROLL_LANES +
                        (size_t)(column % UNROLL_LANES);
            unroll_angle_sine_cosine(angle * t, &sine, &cosine);
            mine->cosine[at] = 2 * pair + 1 < own->size ? (real)cosine : 1;
            mine->sine[at] = 2 * pair + 1 >= own->size ? 0 : (real)(i == 0 ? -sine : sine);
        }
}

static void take_angles(const attention *own, attention_node *mine, int steps, unroll_arena *arena)
{
    size_t reals = (size_t)own->blocks * (size_t)steps * UNROLL_LANES;
    mine->angles = steps;
    mine->cosine = unroll_arena_take(arena, reals, sizeof(real));
    mine->sine = unroll_arena_take(arena, reals, sizeof(real));
    for (int pair = 0; arena->base != NULL && pair < (own->size + 1) / 2; pair++)
        fill_pair(own, mine, pair);
}

void unroll_attention_take_stream(unroll_node *node, unroll_arena *arena)
{
    const attention *own = node->layer->own;
    attention_node *mine = node->own;
    if (own->rotary)
        take_angles(own, mine, node->steps, arena);
    if (crosses(node))
        mine->length = unroll_arena_take(arena, (size_t)node->batch, sizeof(int));
    if (node->layer->kind->streams(node->layer))
        take_cache(node, keys_of(node)->steps, &mine->cache, arena);
    mine->room_steps = node->steps;
}

void unroll_attention_close(unroll_node *node)
{
    attention_node *mine = node->own;
    unroll_arena_close(&mine->reserved);
}

static void take_reserved(unroll_node *node, int steps)
{
    const attention *own = node->layer->own;
    attention_node *mine = node->own;
    if (own->rotary)
        take_angles(own, mine, steps, &mine->reserved);
    take_cache(node, steps, &mine->cache, &mine->reserved);
}

unroll_status unroll_attention_reserve(unroll_node *node, int steps)
{
    attention_node *mine = node->own, old = *mine;
    unroll_status status;
    if (crosses(node) || !node->layer->kind->streams(node->layer) || steps <= mine->room_steps)
        return unroll_ok();
    unroll_arena_count(&mine->reserved);
    take_reserved(node, steps);
    status = unroll_arena_open(&mine->reserved);
    if (status.code != UNROLL_OK) {
        *mine = old;
        return status;
    }
    unroll_arena_close(&old.reserved);
    take_reserved(node, steps);
    mine->room_steps = steps;
    mine->now = 0;
    return unroll_ok();
}

/* ---- steps ---- */

static size_t place_of(const unroll_node *node, int row, int head, int tile)
{
    const attention *own = node->layer->own;
    const attention_node *mine = node->own;
    return ((size_t)(row * own->heads + head) * (size_t)mine->cache.tiles + (size_t)tile) * unroll_attention_reals(own, TILE);
}

void unroll_attention_reset(unroll_node *node)
{
    ((attention_node *)node->own)->now = 0;
}

/* the keys and values of one head of a sequence that is crossed to */
static void keep_sequence(const unroll_node *node, int sequence, int head)
{
    attention_node *mine = node->own;
    const unroll_node *keys = keys_of(node);
    const unroll_set *set = keys->set;
    int s = set->place[sequence], row[TILE];
    unroll_matrix part[UNROLL_ATTENTION_PARTS];
    mine->length[sequence] = set->length[s];
    for (int p = 0; p < UNROLL_ATTENTION_PARTS; p++)
        part[p] = node->source[((const attention *)node->layer->own)->part[p].source]->output;
    for (int first = 0; first < set->length[s]; first += TILE) {
        int count = set->length[s] - first < TILE ? set->length[s] - first : TILE;
        size_t at = place_of(node, sequence, head, first / TILE);
        for (int i = 0; i < count; i++)
            row[i] = set->offset[first + i] + s;
        unroll_attention_keys(node, part, row, first, count, head, mine->room, mine->cache.k + at, mine->cache.v + at);
    }
}

void unroll_attention_enter(unroll_node *node, int each)
{
    const attention *own = node->layer->own;
    attention_node *mine = node->own;
    mine->now = 0;
    mine->each = each;
    for (int sequence = 0; crosses(node) && sequence < keys_of(node)->set->size; sequence++)
        for (int head = 0; head < own->heads; head++)
            keep_sequence(node, sequence, head);
}

/* Row i becomes what row from[i] was: tile by tile, as a row may be wanted by several. */
void unroll_attention_reorder(unroll_node *node, const int *from, int rows)
{
    const attention *own = node->layer->own;
    attention_node *mine = node->own;
    size_t tile = unroll_attention_reals(own, TILE);
    for (int i = 0; !crosses(node) && i < 2 * own->heads * tiles_of(mine->now); i++) {
        real *cache = i % 2 == 0 ? mine->cache.k : mine->cache.v;
        int head = i / 2 % own->heads, at = i / 2 / own->heads;
        for (int row = 0; row < rows; row++)
            memcpy(mine->cache.spare + (size_t)row * tile, cache + place_of(node, from[row], head, at), tile * sizeof(real));
        for (int row = 0; row < rows; row++)
            memcpy(cache + place_of(node, row, head, at), mine->cache.spare + (size_t)row * tile, tile * sizeof(real));
    }
}

/* One more key and value to where a batch would have them; what comes after is zero, as products take whole tiles. */
static void keep_step(const unroll_node *node, int row, int head)
{
    const attention *own = node->layer->own;
    attention_node *mine = node->own;
    unroll_attention_room *room = mine->room;
    int lane = mine->now % TILE, k = own->part[UNROLL_KEY].source, v = own->part[UNROLL_VALUE].source;
    size_t at = place_of(node, row, head, mine->now / TILE);
    unroll_piece key = {.at = room->area, .blocks = own->blocks, .width = 1, .rows = 1};
    unroll_piece value = {.at = mine->cache.v + at, .blocks = own->blocks, .width = WIDTH, .rows = TILE, .first = lane};
    if (lane == 0) {
        memset(mine->cache.k + at, 0, unroll_attention_reals(own, TILE) * sizeof(real));
        memset(mine->cache.v + at, 0, unroll_attention_reals(own, TILE) * sizeof(real));
    }
    unroll_piece_take(key, node->source[k]->stream, &row, 1, own->part[UNROLL_KEY].first + head * own->size, own->size);
    unroll_piece_rotate(node, key, mine->now, 1, false);
    for (int i = 0; i < own->size; i++)
        mine->cache.k[at + (size_t)(i * TILE + lane)] = key.at[i];
    unroll_piece_take(value, node->source[v]->stream, &row, 1, own->part[UNROLL_VALUE].first + head * own->size, own->size);
}

static void step_pair(unroll_node *node, int row, int head)
{
    const attention *own = node->layer->own;
    attention_node *mine = node->own;
    unroll_attention_room *room = mine->room;
    unroll_piece o = {.at = room->area + 2 * unroll_attention_reals(own, TILE), .blocks = own->blocks, .width = 1, .rows = TILE};
    int of = crosses(node) ? row / mine->each : row;
    int keys = crosses(node) ? mine->length[of] : (mine->now / TILE + 1) * TILE;
    size_t at = place_of(node, of, head, 0);
    if (!crosses(node))
        keep_step(node, row, head);
    unroll_attention_carve(own, room);
    unroll_attention_queries(node, node->source[own->part[UNROLL_QUERY].source]->stream, &row, mine->now, 1, head, room);
    unroll_attention_outputs(node, 1, mine->now, mine->cache.k + at, mine->cache.v + at, keys, NULL, room);
    unroll_piece_give(o, node->stream, &row, 1, head * own->size, own->size, false);
}

void unroll_attention_step(unroll_node *node, int rows)
{
    const attention *own = node->layer->own;
    attention_node *mine = node->own;
    assert(crosses(node) || mine->now < mine->room_steps);
    for (int row = 0; row < rows; row++)
        for (int head = 0; head < own->heads; head++)
            step_pair(node, row, head);
    mine->now++;
}

/* of a sequence that is crossed to, as many as the longest has */
size_t unroll_attention_held(const unroll_node *node)
{
    const attention *own = node->layer->own;
    const attention_node *mine = node->own;
    return 2 * (size_t)own->width * (size_t)(crosses(node) ? keys_of(node)->set->steps : mine->now);
}
