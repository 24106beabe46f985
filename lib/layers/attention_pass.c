/* Attention over a batch: each pair, a sequence and a head, is one thread's from its rows to its rows. */
#include <math.h>
#include <string.h>

#include "layers/attention.h"

typedef unroll_attention_layer attention;
typedef unroll_attention_node attention_node;
typedef unroll_attention_room room_of_thread;

enum { TILE = UNROLL_ATTENTION_TILE, WIDTH = 4 /* blocks in a group of weights */ };

static int tile_of(int first, int count)
{
    return count - first < TILE ? count - first : TILE;
}

/* ---- pieces ---- */

/* block `block` of a piece, and the reals from one of its rows to the next */
static real *block_of(unroll_piece piece, int block, size_t *stride)
{
    int group = block / piece.width * piece.width, left = piece.blocks - group;
    *stride = (size_t)(left < piece.width ? left : piece.width) * UNROLL_LANES;
    return piece.at + unroll_weight_place(piece.blocks, piece.width, piece.rows, block, piece.first);
}

/* as many columns from `column` of a matrix and from `at` of a piece as lie in one block of each */
static int run_of(int column, int at, int columns)
{
    int left = UNROLL_LANES - column % UNROLL_LANES, room = UNROLL_LANES - at % UNROLL_LANES;
    int run = left < room ? left : room;
    return run < columns - at ? run : columns - at;
}

/* lanes past the last column are zero */
static void clear_padding(unroll_piece to, int rows)
{
    size_t stride;
    real *block = block_of(to, to.blocks - 1, &stride);
    for (int r = 0; r < rows; r++, block += stride)
        memset(block, 0, UNROLL_LANES * sizeof(real));
}

void unroll_piece_take(unroll_piece to, unroll_matrix from, const int *row, int rows, int first, int columns)
{
    if (columns % UNROLL_LANES != 0)
        clear_padding(to, rows);
    for (int at = 0, run; at < columns; at += run) {
        int column = first + at;
        size_t stride, lane = (size_t)(column % UNROLL_LANES);
        real *block = block_of(to, at / UNROLL_LANES, &stride) + at % UNROLL_LANES;
        run = run_of(column, at, columns);
        if (run == UNROLL_LANES)
            for (int r = 0; r < rows; r++, block += stride)
                memcpy(block, unroll_matrix_row(from, column / UNROLL_LANES, row[r]), UNROLL_LANES * sizeof(real));
        else
            for (int r = 0; r < rows; r++, block += stride)
                memcpy(block, unroll_matrix_row(from, column / UNROLL_LANES, row[r]) + lane, (size_t)run * sizeof(real));
    }
}

static void put(real *to, const real *from, int count, bool adds)
{
    if (!adds)
        memcpy(to, from, (size_t)count * sizeof *to);
    for (int i = 0; adds && i < count; i++)
        to[i] += from[i];
}

void unroll_piece_give(unroll_piece from, unroll_matrix to, const int *row, int rows, int first, int columns, bool adds)
{
    for (int at = 0, run; at < columns; at += run) {
        int column = first + at;
        size_t stride, lane = (size_t)(column % UNROLL_LANES);
        const real *block = block_of(from, at / UNROLL_LANES, &stride) + at % UNROLL_LANES;
        run = run_of(column, at, columns);
        if (run == UNROLL_LANES)
            for (int r = 0; r < rows; r++, block += stride)
                put(unroll_matrix_row(to, column / UNROLL_LANES, row[r]), block, UNROLL_LANES, adds);
        else
            for (int r = 0; r < rows; r++, block += stride)
                put(unroll_matrix_row(to, column / UNROLL_LANES, row[r]) + lane, block, run, adds);
    }
}

void unroll_piece_scale(const unroll_engine *engine, unroll_piece piece, int rows, real factor)
{
    for (int n = 0; n < piece.blocks; n++) {
        size_t stride;
        real *block = block_of(piece, n, &stride);
        engine->scale(block, factor, block, false, (size_t)rows * UNROLL_LANES);
    }
}

void unroll_piece_rotate(const unroll_node *node, unroll_piece piece, int step, int rows, bool back)
{
    const attention *own = node->layer->own;
    const attention_node *mine = node->own;
    for (int n = 0; own->rotary && n < piece.blocks; n++) {
        size_t stride, at = ((size_t)n * (size_t)mine->angles + (size_t)step) * UNROLL_LANES;
        real *block = block_of(piece, n, &stride);
        node->layer->isa->engine->rotate(block, stride, mine->cosine + at, mine->sine + at, back, rows);
    }
}

/* ---- the sequences of a pair ---- */

/* The rows of steps first .. first + rows - 1 of sequence s. */
static void rows_of(const unroll_set *set, int s, int first, int rows, int *row)
{
    for (int i = 0; i < rows; i++)
        row[i] = set->offset[first + i] + s;
}

/* Where queries, keys and values lie, or their gradients. */
static void parts_of(const unroll_node *node, bool gradient, unroll_matrix part[UNROLL_ATTENTION_PARTS])
{
    const attention *own = node->layer->own;
    for (int p = 0; p < UNROLL_ATTENTION_PARTS; p++) {
        const unroll_node *source = node->source[own->part[p].source];
        part[p] = gradient ? source->d_output : source->output;
    }
}

static int first_column(const attention *own, int part, int head)
{
    return own->part[part].first + head * own->size;
}

static const unroll_set *set_of_keys(const unroll_node *node)
{
    return node->source[((const attention *)node->layer->own)->part[UNROLL_KEY].source]->set;
}

/* its place in the set of keys */
static int sequence_of_keys(const unroll_node *node, int s)
{
    const unroll_set *keys = set_of_keys(node);
    return keys == node->set ? s : keys->place[node->set->order[s] - node->set->first];
}

/* ---- forward ---- */

static unroll_piece tile_piece(const attention *own, real *at, int width, int rows)
{
    return (unroll_piece){.at = at, .blocks = own->blocks, .width = width, .rows = rows};
}

void unroll_attention_keys(const unroll_node *node, const unroll_matrix part[UNROLL_ATTENTION_PARTS], const int *row, int step,
                           int count, int head, room_of_thread *room, real *k, real *v)
{
    const attention *own = node->layer->own;
    unroll_piece keys = tile_piece(own, room->area, 1, count), values = tile_piece(own, v, WIDTH, count);
    unroll_piece_take(keys, part[UNROLL_KEY], row, count, first_column(own, UNROLL_KEY, head), own->size);
    unroll_piece_rotate(node, keys, step, count, false);
    node->layer->isa->engine->transpose(keys.at, own->blocks, 0, own->blocks, 1, count, k);
    unroll_piece_take(values, part[UNROLL_VALUE], row, count, first_column(own, UNROLL_VALUE, head), own->size);
}

void unroll_attention_queries(const unroll_node *node, unroll_matrix from, const int *row, int step, int rows, int head,
                              room_of_thread *room)
{
    const attention *own = node->layer->own;
    unroll_piece q = tile_piece(own, room->q_at[0], 1, TILE);
    unroll_piece_take(q, from, row, rows, first_column(own, UNROLL_QUERY, head), own->size);
    unroll_piece_rotate(node, q, step, rows, false);
    unroll_piece_scale(node->layer->isa->engine, q, rows, own->scale);
}

/* C (rows, 16 blocks) = A B, or on top of what C holds */
static void multiply(const unroll_node *node, int rows, int k, int blocks, real *const *a, size_t a_from, const real *b,
                     real *const *c, size_t c_from, bool adds)
{
    unroll_product p = {.rows = rows, .k = k, .blocks = blocks, .width = WIDTH, .a = a, .a_from = a_from, .b = b, .c = c,
                        .c_from = c_from, .start = adds ? NULL : ((const attention *)node->layer->own)->zero};
    node->layer->isa->engine->product(&p);
}

/* Of queries first .. first + rows - 1 and a tile of `keys` keys from `key` on, to room->mask. */
static void draw_tile(const unroll_node *node, const unroll_attention_drop *drop, int first, int rows, int key, int keys,
                      room_of_thread *room)
{
    const attention *own = node->layer->own;
    int query[TILE];
    unroll_mask mask = {.key = {drop->key[0], drop->key[1]}, .rows = rows, .end = unroll_blocks(keys), .sequence = query,
                        .time = drop->sequence, .which = (uint32_t)(key / TILE * own->heads + drop->head), .share = own->dropped,
                        .other = (real)UNROLL_MASK_SHARES / (real)(UNROLL_MASK_SHARES - own->dropped), .to = room->mask_at,
                        .to_next = 1};
    for (int r = 0; r < rows; r++)
        query[r] = first + r;
    node->layer->isa->engine->mask(&mask);
}

static void mask_tile(const unroll_node *node, real *const *score, int rows, int keys, const room_of_thread *room)
{
    for (int n = 0; n < unroll_blocks(keys); n++)
        node->layer->isa->engine->multiply(score[n], room->mask_at[n], score[n], false, (size_t)rows * UNROLL_LANES);
}

/* Of the pair at hand, to `drop`; NULL where this pass drops nothing. */
static const unroll_attention_drop *drop_of(const unroll_node *node, const unroll_pass *pass, int s, int head,
                                            unroll_attention_drop *drop)
{
    const attention *own = node->layer->own;
    if (!pass->training || own->dropped == 0)
        return NULL;
    *drop = (unroll_attention_drop){.sequence = node->set->order[s], .head = head};
    unroll_pass_key(node->layer, pass, drop->key);
    return drop;
}

void unroll_attention_outputs(const unroll_node *node, int rows, int position, const real *k, const real *v, int count,
                              const unroll_attention_drop *drop, room_of_thread *room)
{
    const attention *own = node->layer->own;
    const unroll_engine *engine = node->layer->isa->engine;
    size_t tile = unroll_attention_reals(own, TILE);
    unroll_attention p = {.rows = rows, .score = room->score, .peak = room->peak, .sum = room->sum, .inverse = room->inverse,
                          .o = room->o_at, .o_blocks = own->blocks};
    for (int r = 0; r < TILE; r++)
        room->peak[r] = -(real)INFINITY;
    memset(room->sum, 0, (size_t)rows * UNROLL_LANES * sizeof(real));
    for (int n = 0; n < own->blocks; n++)
        memset(room->o_at[n], 0, (size_t)rows * UNROLL_LANES * sizeof(real));
    for (int first = 0; first < count && (!own->causal || first < position + rows); first += TILE, k += tile, v += tile) {
        p.keys = tile_of(first, count);
        p.ahead = own->causal ? position - first : TILE;
        multiply(node, rows, own->size, unroll_blocks(p.keys), room->q_at, 0, k, room->score_at, 0, false);
        engine->attend(&p);
        if (drop != NULL) {
            draw_tile(node, drop, position, rows, first, p.keys, room);
            mask_tile(node, room->score_at, rows, p.keys, room);
        }
        multiply(node, rows, p.keys, own->blocks, room->score_at, 0, v, room->o_at, 0, true);
    }
    engine->attend_end(&p);
}

/* the peaks and the inverse sums of a tile's rows, to where backward finds them or back from there */
static void keep_rows(const unroll_node *node, int head, const int *row, int rows, const room_of_thread *room)
{
    attention_node *mine = node->own;
    size_t at = (size_t)head * (size_t)node->capacity;
    for (int r = 0; r < rows; r++) {
        mine->peak[at + (size_t)row[r]] = room->peak[r];
        mine->inverse[at + (size_t)row[r]] = room->inverse[r];
    }
}

void unroll_attention_carve(const attention *own, room_of_thread *room)
{
    size_t tile = unroll_attention_reals(own, TILE);
    for (int n = 0; n < own->blocks; n++) {
        room->q_at[n] = room->area + tile + n * TILE * UNROLL_LANES;
        room->o_at[n] = room->area + 2 * tile + n * TILE * UNROLL_LANES;
    }
}

static void forward_pair(unroll_node *node, const unroll_pass *pass, int s, int head, room_of_thread *room)
{
    const attention *own = node->layer->own;
    const unroll_set *set = node->set, *of_keys = set_of_keys(node);
    int source = sequence_of_keys(node, s), keys = of_keys->length[source], row[TILE];
    size_t tile = unroll_attention_reals(own, TILE);
    unroll_matrix part[UNROLL_ATTENTION_PARTS];
    real *k = room->area + 3 * tile, *v = k + unroll_attention_reals(own, keys);
    unroll_attention_drop room_for_drop;
    const unroll_attention_drop *drop = drop_of(node, pass, s, head, &room_for_drop);
    parts_of(node, false, part);
    unroll_attention_carve(own, room);
    for (int first = 0, i = 0; first < keys; first += TILE, i++) {
        int count = tile_of(first, keys);
        rows_of(of_keys, source, first, count, row);
        unroll_attention_keys(node, part, row, first, count, head, room, k + (size_t)i * tile, v + (size_t)i * tile);
    }
    for (int first = 0; first < set->length[s]; first += TILE) {
        int rows = tile_of(first, set->length[s]);
        rows_of(set, s, first, rows, row);
        unroll_attention_queries(node, part[UNROLL_QUERY], row, first, rows, head, room);
        unroll_attention_outputs(node, rows, first, k, v, keys, drop, room);
        unroll_piece_give(tile_piece(own, room->o_at[0], 1, TILE), node->output, row, rows, head * own->size, own->size, false);
        keep_rows(node, head, row, rows, room);
    }
}

void unroll_attention_forward(unroll_node *node, const unroll_pass *pass)
{
    const attention *own = node->layer->own;
    attention_node *mine = node->own;
    unroll_part pairs = unroll_team_part(pass->team, node->set->size * own->heads);
    for (int i = pairs.begin; i < pairs.end; i++)
        forward_pair(node, pass, i / own->heads, i % own->heads, &mine->room[pass->team->rank]);
    unroll_team_wait(pass->team);
}

/* ---- backward ---- */

/* What backward works on: of all queries the queries, the gradients of outputs and of queries; of one tile of keys the rest. */
typedef struct backward_room {
    room_of_thread *room;
    unroll_piece q, d_o, d_q;      /* (queries) */
    real *k, *k_t, *v_t;           /* keys as they are and transposed; values transposed */
    real *d_k, *d_v, *spare;       /* (a tile) each */
    unroll_attention_drop room_for_drop;
    const unroll_attention_drop *drop; /* NULL: no weight was dropped */
} backward_room;

static backward_room carve_backward(const attention *own, room_of_thread *room, int queries)
{
    size_t all = unroll_attention_reals(own, queries), tile = unroll_attention_reals(own, TILE);
    int rows = (queries + TILE - 1) / TILE * TILE;
    real *at = room->area;
    backward_room b = {.room = room};
    b.q = tile_piece(own, at, 1, rows);
    b.d_o = tile_piece(own, at + all, 1, rows);
    b.d_q = tile_piece(own, at + 2 * all, 1, rows);
    at += 3 * all;
    b.k = at;
    b.k_t = at + tile;
    b.v_t = at + 2 * tile;
    b.d_k = at + 3 * tile;
    b.d_v = at + 4 * tile;
    b.spare = at + 5 * tile;
    for (int n = 0; n < own->blocks; n++) {
        room->q_at[n] = b.q.at + (size_t)(n * rows) * UNROLL_LANES;
        room->o_at[n] = b.d_o.at + (size_t)(n * rows) * UNROLL_LANES;
        room->d_q_at[n] = b.d_q.at + (size_t)(n * rows) * UNROLL_LANES;
        room->spare_at[n] = b.spare + n * TILE * UNROLL_LANES;
    }
    return b;
}

static unroll_piece piece_from(unroll_piece piece, int row)
{
    piece.first = row;
    return piece;
}

/* Everything of the queries that all tiles of keys need. */
static void take_queries(unroll_node *node, int s, int head, backward_room *b)
{
    const attention *own = node->layer->own;
    const attention_node *mine = node->own;
    const unroll_engine *engine = node->layer->isa->engine;
    const unroll_set *set = node->set;
    room_of_thread *room = b->room;
    unroll_matrix part[UNROLL_ATTENTION_PARTS];
    unroll_piece o = tile_piece(own, b->spare, 1, TILE);
    size_t at = (size_t)head * (size_t)node->capacity;
    parts_of(node, false, part);
    for (int first = 0; first < set->length[s]; first += TILE) {
        int rows = tile_of(first, set->length[s]), row[TILE];
        unroll_piece q = piece_from(b->q, first), d_o = piece_from(b->d_o, first);
        rows_of(set, s, first, rows, row);
        unroll_piece_take(q, part[UNROLL_QUERY], row, rows, first_column(own, UNROLL_QUERY, head), own->size);
        unroll_piece_rotate(node, q, first, rows, false);
        unroll_piece_scale(engine, q, rows, own->scale);
        unroll_piece_take(d_o, node->d_output, row, rows, head * own->size, own->size);
        unroll_piece_take(o, node->output, row, rows, head * own->size, own->size);
        for (int r = 0; r < rows; r++) {
            room->peak[first + r] = mine->peak[at + (size_t)row[r]];
            room->inverse[first + r] = mine->inverse[at + (size_t)row[r]];
        }
        engine->row_products(room->spare_at, 0, room->o_at, (size_t)first * UNROLL_LANES, own->blocks, rows, room->delta + first);
    }
}

static void take_keys(unroll_node *node, const int *row, int step, int count, int head, backward_room *b)
{
    const attention *own = node->layer->own;
    const unroll_engine *engine = node->layer->isa->engine;
    unroll_matrix part[UNROLL_ATTENTION_PARTS];
    unroll_piece plain = tile_piece(own, b->spare, 1, count), k = tile_piece(own, b->k, WIDTH, count);
    parts_of(node, false, part);
    unroll_piece_take(k, part[UNROLL_KEY], row, count, first_column(own, UNROLL_KEY, head), own->size);
    unroll_piece_rotate(node, k, step, count, false);
    unroll_piece_take(plain, part[UNROLL_KEY], row, count, first_column(own, UNROLL_KEY, head), own->size);
    unroll_piece_rotate(node, plain, step, count, false);
    engine->transpose(plain.at, own->blocks, 0, own->blocks, 1, count, b->k_t);
    unroll_piece_take(plain, part[UNROLL_VALUE], row, count, first_column(own, UNROLL_VALUE, head), own->size);
    engine->transpose(plain.at, own->blocks, 0, own->blocks, 1, count, b->v_t);
    memset(b->d_k, 0, unroll_attention_reals(own, TILE) * sizeof(real));
    memset(b->d_v, 0, unroll_attention_reals(own, TILE) * sizeof(real));
}

static void outer(const attention *own, const unroll_engine *engine, int rows, int keys, real *const *a, real *const *d,
                  size_t d_from, real *c)
{
    unroll_outer p = {.rows = rows, .m = keys, .end = keys, .blocks = own->blocks, .width = WIDTH, .a = a, .d = d, .d_from = d_from,
                      .c = c};
    engine->outer(&p);
}

/* Queries first .. first + rows - 1 over the tile of `keys` keys from `key` on. */
static void backward_tile(const unroll_node *node, int first, int rows, int key, int keys, backward_room *b)
{
    const attention *own = node->layer->own;
    const unroll_engine *engine = node->layer->isa->engine;
    room_of_thread *room = b->room;
    size_t from = (size_t)first * UNROLL_LANES;
    unroll_attention p = {.rows = rows, .keys = keys, .ahead = own->causal ? first - key : TILE, .score = room->score,
                          .d_score = room->d_score, .peak = room->peak + first, .inverse = room->inverse + first,
                          .delta = room->delta + first};
    multiply(node, rows, own->size, unroll_blocks(keys), room->q_at, from, b->k_t, room->score_at, 0, false);
    multiply(node, rows, own->size, unroll_blocks(keys), room->o_at, from, b->v_t, room->d_score_at, 0, false);
    if (b->drop != NULL) {
        draw_tile(node, b->drop, first, rows, key, keys, room);
        mask_tile(node, room->d_score_at, rows, keys, room);
    }
    engine->attend_back(&p);
    if (b->drop != NULL)
        mask_tile(node, room->score_at, rows, keys, room);
    outer(own, engine, rows, keys, room->score_at, room->o_at, from, b->d_v);
    outer(own, engine, rows, keys, room->d_score_at, room->q_at, from, b->d_k);
    multiply(node, rows, keys, own->blocks, room->d_score_at, 0, b->k, room->d_q_at, from, key > 0);
}

/* Whether a part adds to its source's gradient. One layer may be the source of several parts: the keys and values of all tiles are
   given before the queries, so that the first of these stores where the layer's first source is said to. */
static bool adds(const unroll_node *node, int part)
{
    static const int given[UNROLL_ATTENTION_PARTS] = {UNROLL_KEY, UNROLL_VALUE, UNROLL_QUERY};
    const attention *own = node->layer->own;
    int source = own->part[part].source, first = 0;
    for (int i = 0; given[i] != part; i++)
        if (own->part[given[i]].source != source && node->source[own->part[given[i]].source] == node->source[source])
            return true;
    while (node->source[first] != node->source[source])
        first++;
    return node->adds[first];
}

static void give_keys(unroll_node *node, const int *row, int step, int count, int head, backward_room *b)
{
    const attention *own = node->layer->own;
    unroll_piece d_k = tile_piece(own, b->d_k, WIDTH, count), d_v = tile_piece(own, b->d_v, WIDTH, count);
    int k = own->part[UNROLL_KEY].source, v = own->part[UNROLL_VALUE].source;
    unroll_matrix part[UNROLL_ATTENTION_PARTS];
    parts_of(node, true, part);
    unroll_piece_rotate(node, d_k, step, count, true);
    if (node->wanted[k])
        unroll_piece_give(d_k, part[UNROLL_KEY], row, count, first_column(own, UNROLL_KEY, head), own->size,
                          adds(node, UNROLL_KEY));
    if (node->wanted[v])
        unroll_piece_give(d_v, part[UNROLL_VALUE], row, count, first_column(own, UNROLL_VALUE, head), own->size,
                          adds(node, UNROLL_VALUE));
}

static void give_queries(unroll_node *node, int s, int head, backward_room *b)
{
    const attention *own = node->layer->own;
    const unroll_set *set = node->set;
    int q = own->part[UNROLL_QUERY].source, row[TILE];
    unroll_matrix part[UNROLL_ATTENTION_PARTS];
    parts_of(node, true, part);
    for (int first = 0; node->wanted[q] && first < set->length[s]; first += TILE) {
        int rows = tile_of(first, set->length[s]);
        unroll_piece d_q = piece_from(b->d_q, first);
        rows_of(set, s, first, rows, row);
        unroll_piece_scale(node->layer->isa->engine, d_q, rows, own->scale);
        unroll_piece_rotate(node, d_q, first, rows, true);
        unroll_piece_give(d_q, part[UNROLL_QUERY], row, rows, first_column(own, UNROLL_QUERY, head), own->size,
                          adds(node, UNROLL_QUERY));
    }
}

static void backward_pair(unroll_node *node, const unroll_pass *pass, int s, int head, room_of_thread *room)
{
    const attention *own = node->layer->own;
    const unroll_set *of_keys = set_of_keys(node);
    int source = sequence_of_keys(node, s), keys = of_keys->length[source], queries = node->set->length[s], row[TILE];
    backward_room b = carve_backward(own, room, queries);
    b.drop = drop_of(node, pass, s, head, &b.room_for_drop);
    take_queries(node, s, head, &b);
    for (int key = 0; key < keys; key += TILE) {
        int count = tile_of(key, keys);
        rows_of(of_keys, source, key, count, row);
        take_keys(node, row, key, count, head, &b);
        for (int first = own->causal ? key : 0; first < queries; first += TILE)
            backward_tile(node, first, tile_of(first, queries), key, count, &b);
        give_keys(node, row, key, count, head, &b);
    }
    give_queries(node, s, head, &b);
}

void unroll_attention_backward(unroll_node *node, const unroll_pass *pass)
{
    const attention *own = node->layer->own;
    attention_node *mine = node->own;
    unroll_part pairs = unroll_team_part(pass->team, node->set->size * own->heads);
    for (int i = pairs.begin; i < pairs.end; i++)
        backward_pair(node, pass, i / own->heads, i % own->heads, &mine->room[pass->team->rank]);
    unroll_team_wait(pass->team);
}
