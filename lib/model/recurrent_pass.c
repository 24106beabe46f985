/* The recurrent layer's computation: matrix products by the engine, the element-wise part by the cell. */
#include <string.h>

#include "model/recurrent.h"

/* rows of a stretch of steps whose input product, weight gradient and input gradient are taken in one go: enough to
   amortise the passes over the weights, few enough to stay in the second-level cache */
enum { STRETCH_ROWS = 256 };

/* input and recurrent weights of so many bytes may not stay in the second-level cache from one streaming step to the next */
enum { STREAMING_BYTES = 1048576 };

/* Recurrent products of a single sequence that have so few blocks of outputs wait for their own sums: they take several chains. */
enum { CHAINED_BLOCKS = 8 };

/* What this thread does in the loop over time: some sequences through all panels, and then nobody waits for anybody inside
   a stretch; or some panels of all sequences, and then all wait for each other at every step. */
typedef struct share {
    unroll_part panels, sequences;
    bool wait;
} share;

/* the part of the panels that this thread has where they are parted: groups of weights stay whole */
static unroll_part own_panels(const unroll_recurrent *own, const unroll_team *team)
{
    unroll_part part = unroll_team_part(team, (own->panels + own->together - 1) / own->together);
    part.begin *= own->together;
    part.end = part.end * own->together < own->panels ? part.end * own->together : own->panels;
    return part;
}

/* the first sequence of thread `rank`: all have about as many steps to do */
static int first_sequence(const unroll_time *time, const unroll_team *team, int rank)
{
    long long want = (long long)time->total * rank / team->size, steps = 0;
    int sequence = 0;
    while (sequence < time->size && steps < want)
        steps += time->length[sequence++];
    return sequence;
}

static share share_of(const unroll_recurrent *own, const unroll_time *time, const unroll_team *team)
{
    share s = {{0, own->panels}, {0, time->size}, false};
    if (team->size == 1)
        return s;
    s.wait = !unroll_recurrent_by_sequences(own->gates, own->hidden, time->size, team->size);
    if (s.wait)
        s.panels = own_panels(own, team);
    else
        s.sequences = (unroll_part){first_sequence(time, team, team->rank), first_sequence(time, team, team->rank + 1)};
    return s;
}

/* of a thread's sequences, those that are alive at step t */
static unroll_part alive(const share *s, const unroll_time *time, int t)
{
    unroll_part part = s->sequences;
    part.begin = part.begin < time->rows[t] ? part.begin : time->rows[t];
    part.end = part.end < time->rows[t] ? part.end : time->rows[t];
    return part;
}

/* the place on the tape of a block of the input's gates */
static int slot_of(const unroll_recurrent *own, int block)
{
    return block / own->gates * own->slots + block % own->gates;
}

/* This thread's rows from step t on that lie in one run, up to step `end`; *next: the step after them. Of all sequences they
   are those of all the steps. */
static unroll_part own_rows(const share *s, const unroll_time *time, int t, int end, int *next)
{
    unroll_part part = alive(s, time, t);
    bool all = s->sequences.begin == 0 && s->sequences.end == time->size;
    *next = all ? end : t + 1;
    return all ? (unroll_part){time->offset[t], time->offset[end]}
               : (unroll_part){time->offset[t] + part.begin, time->offset[t] + part.end};
}

/* pre-activations of some panels from the input, `rows` rows from `row` on */
static void input_product(const unroll_layer *layer, unroll_part panels, const unroll_matrix *input, const int *symbol,
                          int row, int rows, real *tape, size_t tape_block)
{
    const unroll_recurrent *own = layer->own;
    int block = panels.begin * own->gates, end = panels.end * own->gates;
    /* every field by name here and below: zeros for the rest would cost as much as a small product */
    unroll_product p = {.rows = rows,
                        .k = layer->inputs,
                        .blocks = end - block,
                        .width = own->width,
                        .from_output = 0,
                        .panel = own->slots > own->gates ? own->gates : 0,
                        .group = 0,
                        .back = false,
                        .a = input->at + (size_t)row * UNROLL_LANES,
                        .a_block = input->block,
                        .a_skip = 0,
                        .b = layer->w + own->w_ih + (size_t)block * (size_t)layer->inputs * UNROLL_LANES,
                        .c = tape + (size_t)(panels.begin * own->slots) * tape_block + (size_t)row * UNROLL_LANES,
                        .c_block = tape_block,
                        .c_skip = (size_t)(own->slots - own->gates) * tape_block,
                        .bias = own->bias_input + (size_t)block * UNROLL_LANES,
                        .after = NULL,
                        .chained = false};
    if (rows == 0 || block == end)
        return;
    if (!layer->symbols) {
        own->engine->product(&p);
        return;
    }
    for (; block < end; block += own->width) {
        int width = end - block < own->width ? end - block : own->width;
        int slot = slot_of(own, block);
        own->engine->gather(layer->w + own->w_ih + (size_t)block * (size_t)layer->inputs * UNROLL_LANES, width,
                            own->bias_input + (size_t)block * UNROLL_LANES, symbol + row, rows,
                            tape + (size_t)slot * tape_block + (size_t)row * UNROLL_LANES, tape_block);
    }
}

/* one step's states: h_old and c_old before it, h and c after it, `block` reals from panel to panel */
typedef struct step_states {
    const real *h_old, *c_old;
    real *h, *c;
    size_t block;
} step_states;

static const real *panel_of(const real *at, int panel, size_t block)
{
    return at == NULL ? NULL : at + (size_t)panel * block;
}

static real *own_panel_of(real *at, int panel, size_t block)
{
    return at == NULL ? NULL : at + (size_t)panel * block;
}

/* the cell over some panels: panel by panel, or, of a single sequence, over all in one go */
static void forward_cells(const unroll_recurrent *own, int first, int panels, int rows, real *tape, size_t tape_block,
                          const step_states *s)
{
    size_t gates_next = rows == 1 ? (size_t)own->slots * tape_block : UNROLL_LANES;
    size_t state_next = rows == 1 ? s->block : UNROLL_LANES;
    for (int panel = first; panel < first + panels; panel += rows == 1 ? panels : 1) {
        unroll_cell_step step = {.count = rows == 1 ? panels : rows,
                                 .variant = own->variant,
                                 .gates = tape + (size_t)panel * (size_t)own->slots * tape_block,
                                 .gate = tape_block,
                                 .gates_next = gates_next,
                                 .state_next = state_next,
                                 .h_old = panel_of(s->h_old, panel, s->block),
                                 .h = own_panel_of(s->h, panel, s->block),
                                 .c_old = panel_of(s->c_old, panel, s->block),
                                 .c = own_panel_of(s->c, panel, s->block)};
        own->cell->forward(&step);
    }
}

/* where the last of a part's pieces of `together` panels begins */
static int last_part(unroll_part panels, int together)
{
    return panels.begin + (panels.end - panels.begin - 1) / together * together;
}

/* the weights of panel `panel` of the recurrent product */
static const real *recurrent_weights(const unroll_layer *layer, int panel)
{
    const unroll_recurrent *own = layer->own;
    return layer->w + own->w_hh + (size_t)panel * (size_t)(own->gates * own->hidden) * UNROLL_LANES;
}

/* One step: the recurrent product on top of the input product in `tape`, then the cell. Steps that read large weights from
   the first panel on and from the last take turns. */
static void forward_step(const unroll_layer *layer, unroll_part panels, int rows, real *tape, size_t tape_block,
                         const step_states *s, bool back, const unroll_team *team)
{
    const unroll_recurrent *own = layer->own;
    /* so few panels at once that the cell finds them in the first-level cache; all of them where rows are few and a tile
       takes several groups */
    int together = rows > 2 ? own->together : own->panels;
    int first = back ? last_part(panels, together) : panels.begin, next = back ? -together : together;
    for (; rows > 0 && first >= panels.begin && first < panels.end; first += next) {
        int count = panels.end - first < together ? panels.end - first : together;
        int after = first + next >= panels.begin && first + next < panels.end ? first + next : first;
        unroll_product p = {.rows = rows,
                            .k = own->hidden,
                            .blocks = count * own->gates,
                            .width = own->width,
                            .panel = own->slots > own->gates ? own->gates : 0,
                            .from_output = own->cell->split ? own->gates - 1 : count * own->gates,
                            .group = 0,
                            .back = back,
                            .a = s->h_old,
                            .a_block = s->block,
                            .a_skip = 0,
                            .b = recurrent_weights(layer, first),
                            .c = tape + (size_t)(first * own->slots + own->cell->split) * tape_block,
                            .c_block = tape_block,
                            .c_skip = (size_t)(own->slots - own->gates) * tape_block,
                            .bias = own->bias_recurrent + (size_t)first * (size_t)own->gates * UNROLL_LANES,
                            .after = own->large ? recurrent_weights(layer, after) : NULL,
                            .chained = own->single && own->panels * own->gates <= CHAINED_BLOCKS};
        unroll_team_phase(team, UNROLL_PHASE_RECURRENT);
        own->engine->product(&p);
        unroll_team_phase(team, UNROLL_PHASE_CELL);
        forward_cells(own, first, count, rows, tape, tape_block, s);
    }
}

/* row of sequence 0 in the states before step t: the initial ones end where those of step 0 begin */
static int row_before(const unroll_layer *layer, const unroll_time *time, int t)
{
    return t == 0 ? layer->batch - time->size : layer->batch + time->offset[t - 1];
}

static int row_after(const unroll_layer *layer, const unroll_time *time, int t)
{
    return layer->batch + time->offset[t];
}

static real *at_row(real *states, int row)
{
    return states == NULL ? NULL : states + (size_t)row * UNROLL_LANES;
}

static int stretch_steps(const unroll_time *time)
{
    return (STRETCH_ROWS + time->size - 1) / time->size;
}

void unroll_recurrent_forward(unroll_layer *layer, const unroll_time *time, const unroll_team *team)
{
    unroll_recurrent *own = layer->own;
    share mine = share_of(own, time, team);
    int stretch = stretch_steps(time);
    for (int first = 0; first < time->steps; first += stretch) {
        int end = first + stretch < time->steps ? first + stretch : time->steps;
        unroll_team_phase(team, UNROLL_PHASE_INPUT);
        for (int t = first, next; t < end; t = next) {
            unroll_part rows = own_rows(&mine, time, t, end, &next);
            input_product(layer, mine.panels, &layer->input, layer->symbol, rows.begin, rows.end - rows.begin, own->tape,
                          own->tape_block);
        }
        for (int t = first; t < end; t++) {
            unroll_part part = alive(&mine, time, t);
            int before = row_before(layer, time, t) + part.begin, after = row_after(layer, time, t) + part.begin;
            step_states s = {.h_old = at_row(own->h, before),
                             .h = at_row(own->h, after),
                             .c_old = at_row(own->c, before),
                             .c = at_row(own->c, after),
                             .block = own->state_block};
            forward_step(layer, mine.panels, part.end - part.begin,
                         own->tape + (size_t)(time->offset[t] + part.begin) * UNROLL_LANES, own->tape_block, &s,
                         own->large && t % 2 == 1, team);
            if (mine.wait)
                unroll_team_wait(team);
        }
    }
    unroll_team_phase(team, UNROLL_PHASE_OTHER);
    if (!mine.wait)
        unroll_team_wait(team);
}

/* the cell's backward over some panels and sequences at step t; the last of a truncated stretch hands nothing further back */
static void backward_cells(const unroll_layer *layer, unroll_part panels, unroll_part rows, const unroll_time *time, int t,
                           bool cut)
{
    const unroll_recurrent *own = layer->own;
    int before = row_before(layer, time, t) + rows.begin, after = row_after(layer, time, t) + rows.begin;
    size_t row = (size_t)(time->offset[t] + rows.begin) * UNROLL_LANES;
    for (int panel = panels.begin; rows.begin < rows.end && panel < panels.end; panel++) {
        unroll_cell_gradient step = {.rows = rows.end - rows.begin,
                                     .variant = own->variant,
                                     .gates = own->tape + (size_t)panel * (size_t)own->slots * own->tape_block + row,
                                     .gate = own->tape_block,
                                     .h_old = own_panel_of(at_row(own->h, before), panel, own->state_block),
                                     .h = own_panel_of(at_row(own->h, after), panel, own->state_block),
                                     .c_old = own_panel_of(at_row(own->c, before), panel, own->state_block),
                                     .c = own_panel_of(at_row(own->c, after), panel, own->state_block),
                                     .dh = own_panel_of(at_row(own->dh, after), panel, own->state_block),
                                     .dc = own_panel_of(at_row(own->dc, rows.begin), panel, own->batch_block),
                                     .dh_old = cut ? NULL : own_panel_of(at_row(own->dh, before), panel, own->state_block)};
        own->cell->backward(&step);
        if (cut && own->dc != NULL)
            memset(step.dc, 0, (size_t)(rows.end - rows.begin) * UNROLL_LANES * sizeof(real));
    }
}

/* C += gradients of the pre-activations of `rows` rows from `row` on, times transposed weights; `side`: 0 the input's
   gates, 1 the recurrent ones */
static void gradient_product(const unroll_layer *layer, unroll_part blocks, unroll_part rows, int side, const real *weights,
                             unroll_matrix out, int out_row, bool add, bool back)
{
    const unroll_recurrent *own = layer->own;
    int k = own->panels * own->gates * UNROLL_LANES;
    unroll_product p = {.rows = rows.end - rows.begin,
                        .k = k,
                        .blocks = blocks.end - blocks.begin,
                        .width = 4,
                        .from_output = add ? blocks.end - blocks.begin : 0,
                        .panel = 0,
                        .group = own->slots > own->gates ? own->gates : 0,
                        .back = back,
                        .a = own->tape + (size_t)(side * own->cell->split) * own->tape_block +
                             (size_t)rows.begin * UNROLL_LANES,
                        .a_block = own->tape_block,
                        .a_skip = (size_t)(own->slots - own->gates) * own->tape_block,
                        .b = weights + (size_t)blocks.begin * (size_t)k * UNROLL_LANES,
                        .c = out.at + (size_t)blocks.begin * out.block + (size_t)out_row * UNROLL_LANES,
                        .c_block = out.block,
                        .c_skip = 0,
                        .bias = NULL,
                        .after = own->large ? weights + (size_t)blocks.begin * (size_t)k * UNROLL_LANES : NULL,
                        .chained = side == 1 && own->single && own->panels <= CHAINED_BLOCKS};
    if (p.blocks > 0 && p.rows > 0)
        own->engine->product(&p);
}

/* Columns of the transposed weights that a thread has where panels are parted: groups of four blocks stay whole. */
static unroll_part own_blocks(const unroll_team *team, int blocks)
{
    unroll_part part = unroll_team_part(team, (blocks + 3) / 4);
    part.begin *= 4;
    part.end = part.end * 4 < blocks ? part.end * 4 : blocks;
    return part;
}

/* what a thread computes of a weight's gradient: some panels of all its rows, or some of its rows in all panels */
typedef struct gradient_part {
    unroll_part panels, rows;
} gradient_part;

static gradient_part part_of_gradient(const unroll_recurrent *own, const unroll_team *team, int rows)
{
    int groups = (own->panels + own->together - 1) / own->together, blocks = unroll_blocks(rows);
    gradient_part part = {own_panels(own, team), {0, rows}};
    /* the largest part, as a share of the whole */
    double by_panels = (double)((groups + team->size - 1) / team->size) / groups;
    double by_rows = (double)((blocks + team->size - 1) / team->size) / blocks;
    if (by_rows < by_panels) {
        unroll_part of = unroll_team_part(team, blocks);
        part.panels = (unroll_part){0, own->panels};
        part.rows.begin = of.begin * UNROLL_LANES;
        part.rows.end = of.end * UNROLL_LANES < rows ? of.end * UNROLL_LANES : rows;
    }
    return part;
}

/* this thread's part of the gradient of one weight matrix += A^T D, A (rows, m) from row `a_row` of `a` on, D from `row` on */
static void weight_gradient(const unroll_layer *layer, const unroll_team *team, int side, size_t weights, unroll_matrix a,
                            int a_row, int row, int rows)
{
    const unroll_recurrent *own = layer->own;
    gradient_part part = part_of_gradient(own, team, a.columns);
    int block = part.panels.begin * own->gates;
    unroll_outer p = {.rows = rows,
                      .m = a.columns,
                      .begin = part.rows.begin,
                      .end = part.rows.end,
                      .blocks = part.panels.end * own->gates - block,
                      .width = own->width,
                      .panel = own->slots > own->gates ? own->gates : 0,
                      .a = a.at + (size_t)a_row * UNROLL_LANES,
                      .a_block = a.block,
                      .d = own->tape + (size_t)(part.panels.begin * own->slots + side * own->cell->split) * own->tape_block +
                           (size_t)row * UNROLL_LANES,
                      .d_block = own->tape_block,
                      .d_skip = (size_t)(own->slots - own->gates) * own->tape_block,
                      .c = layer->g + weights + (size_t)block * (size_t)a.columns * UNROLL_LANES};
    if (p.blocks > 0)
        own->engine->outer(&p);
}

/* what `rows` rows from `row` on add to the gradient of the input weights where inputs are symbols, and to the biases' */
static void bias_gradient(unroll_layer *layer, unroll_part panels, int row, int rows)
{
    unroll_recurrent *own = layer->own;
    int step = own->slots > own->gates ? own->gates : own->width;
    for (int block = panels.begin * own->gates, end = panels.end * own->gates; block < end; block += step) {
        int count = end - block < step ? end - block : step, slot = slot_of(own, block);
        const real *d = own->tape + (size_t)slot * own->tape_block + (size_t)row * UNROLL_LANES;
        for (int n = 0; layer->symbols && n < count; n += own->width)
            own->engine->scatter(layer->g + own->w_ih + (size_t)(block + n) * (size_t)layer->inputs * UNROLL_LANES,
                                 count - n < own->width ? count - n : own->width, layer->symbol + row, rows,
                                 d + (size_t)n * own->tape_block, own->tape_block);
        own->engine->column_sums(d, own->tape_block, rows, count, layer->g + own->b_ih + (size_t)block * UNROLL_LANES);
        if (layer->two_biases)
            own->engine->column_sums(d + (size_t)own->cell->split * own->tape_block, own->tape_block, rows, count,
                                     layer->g + own->b_hh + (size_t)block * UNROLL_LANES);
    }
}

/* all that steps first..end - 1 add to the weights' gradient, as far as this thread does it */
static void stretch_gradient(unroll_layer *layer, const unroll_time *time, const unroll_team *team, int first, int end)
{
    unroll_recurrent *own = layer->own;
    unroll_matrix h = {own->h, own->state_block, own->hidden};
    int row = time->offset[first], rows = time->offset[end] - row;
    if (!layer->symbols)
        weight_gradient(layer, team, 0, own->w_ih, layer->input, row, row, rows);
    bias_gradient(layer, own_panels(own, team), row, rows);
    /* the states before a step lie in one run with those of the next as long as no sequence has ended in between */
    for (int t = first, next; t < end; t = next) {
        for (next = t + 1; next < end && time->rows[next - 1] == (next >= 2 ? time->rows[next - 2] : time->size); next++)
            ;
        weight_gradient(layer, team, 1, own->w_hh, h, row_before(layer, time, t), time->offset[t],
                        time->offset[next] - time->offset[t]);
    }
}

/* gradient of the input over steps first..end - 1: of this thread's sequences, or of its blocks of the input */
static void input_gradient(unroll_layer *layer, const unroll_time *time, const unroll_team *team, const share *mine,
                           int first, int end)
{
    unroll_recurrent *own = layer->own;
    unroll_part columns = {0, unroll_blocks(layer->inputs)};
    if (mine->wait)
        columns = own_blocks(team, columns.end);
    for (int t = first, next; t < end; t = next) {
        unroll_part rows = own_rows(mine, time, t, end, &next);
        gradient_product(layer, columns, rows, 0, own->w_ih_t, layer->d_input, rows.begin, false, false);
    }
}

void unroll_recurrent_backward(unroll_layer *layer, const unroll_time *time, const unroll_team *team)
{
    unroll_recurrent *own = layer->own;
    share mine = share_of(own, time, team);
    unroll_part blocks = mine.wait ? own_blocks(team, own->panels) : mine.panels;
    bool same = own->panels % (4 * team->size) == 0; /* the blocks of dh that a thread computes are its panels */
    unroll_matrix dh = {own->dh, own->state_block, own->hidden};
    int stretch = stretch_steps(time), last = (time->steps - 1) / stretch * stretch;
    for (int panel = mine.panels.begin; own->dc != NULL && panel < mine.panels.end; panel++)
        memset(own->dc + (size_t)panel * own->batch_block + (size_t)mine.sequences.begin * UNROLL_LANES, 0,
               (size_t)(mine.sequences.end - mine.sequences.begin) * UNROLL_LANES * sizeof(real));
    for (int first = last; first >= 0; first -= stretch) {
        int end = first + stretch < time->steps ? first + stretch : time->steps;
        for (int t = end - 1; t >= first; t--) {
            bool cut = t == 0 || (layer->bptt > 0 && t % layer->bptt == 0);
            unroll_part part = alive(&mine, time, t), rows = {time->offset[t] + part.begin, time->offset[t] + part.end};
            unroll_team_phase(team, UNROLL_PHASE_CELL);
            backward_cells(layer, mine.panels, part, time, t, cut);
            unroll_team_phase(team, UNROLL_PHASE_RECURRENT);
            if (mine.wait)
                unroll_team_wait(team);
            if (!cut)
                gradient_product(layer, blocks, rows, 1, own->w_hh_t, dh, row_before(layer, time, t) + part.begin, true,
                                 own->large && t % 2 == 1);
            if (mine.wait && !cut && !same)
                unroll_team_wait(team);
        }
        unroll_team_phase(team, UNROLL_PHASE_INPUT_GRADIENT);
        if (layer->input_gradient)
            input_gradient(layer, time, team, &mine, first, end);
        if (!mine.wait)
            unroll_team_wait(team);
        unroll_team_phase(team, UNROLL_PHASE_WEIGHTS);
        stretch_gradient(layer, time, team, first, end);
    }
    unroll_team_phase(team, UNROLL_PHASE_OTHER);
    unroll_team_wait(team);
}

/* Panels that a streaming step takes at a time, through both products: all of them, or, of large weights, the `few` that
   are asked for, so that what the cache holds of both sides from the step before is read first. */
static int streaming_panels(const unroll_layer *layer, int few)
{
    const unroll_recurrent *own = layer->own;
    size_t rows = (size_t)own->hidden + (layer->symbols ? 1 : (size_t)layer->inputs); /* of the weights that are read */
    size_t bytes = (size_t)own->gates * (size_t)own->hidden * rows * sizeof(real);
    return bytes < STREAMING_BYTES || few > own->panels ? own->panels : few;
}

/* The panels of a streaming step, `together` at a time: from the first on and, at every other step, from the last. */
static unroll_part first_piece(const unroll_recurrent *own, int together)
{
    int first = own->stream_now == 1 ? last_part((unroll_part){0, own->panels}, together) : 0;
    return (unroll_part){first, first + together < own->panels ? first + together : own->panels};
}

/* false: there is no other */
static bool next_piece(const unroll_recurrent *own, int together, unroll_part *piece)
{
    piece->begin += own->stream_now == 1 ? -together : together;
    piece->end = piece->begin + together < own->panels ? piece->begin + together : own->panels;
    return piece->begin >= 0 && piece->begin < own->panels;
}

static void float_step(const unroll_layer *layer, int rows, const step_states *s)
{
    const unroll_recurrent *own = layer->own;
    unroll_team alone = {.size = 1};
    int together = rows > 2 ? own->together : streaming_panels(layer, 4 * own->together);
    unroll_part piece = first_piece(own, together);
    do {
        input_product(layer, piece, &layer->stream_input, layer->stream_symbol, 0, rows, own->stream_gates, own->batch_block);
        forward_step(layer, piece, rows, own->stream_gates, own->batch_block, s, false, &alone);
    } while (next_piece(own, together, &piece));
}

enum { SMALL_PANELS = 8 }; /* whose blocks are whole groups of small weights, whatever a panel has of them */

/* the products of one row of a streaming step with small weights */
static void small_products(const unroll_layer *layer, int row, const step_states *s)
{
    unroll_recurrent *own = layer->own;
    int together = streaming_panels(layer, SMALL_PANELS);
    unroll_part piece = first_piece(own, together);
    unroll_small_product input = {.panel = own->slots > own->gates ? own->gates : 0,
                                  .c = own->stream_gates + (size_t)row * UNROLL_LANES,
                                  .c_block = own->batch_block,
                                  .c_skip = (size_t)(own->slots - own->gates) * own->batch_block,
                                  .bias = own->bias_input};
    unroll_small_product recurrent = input;
    recurrent.from_output = own->cell->split ? own->gates - 1 : own->panels * own->gates;
    recurrent.c += (size_t)own->cell->split * own->batch_block;
    recurrent.bias = own->bias_recurrent;
    unroll_small_load(&own->small_hh, own->engine, s->h_old + (size_t)row * UNROLL_LANES, s->block);
    if (!layer->symbols)
        unroll_small_load(&own->small_ih, own->engine, layer->stream_input.at + (size_t)row * UNROLL_LANES,
                          layer->stream_input.block);
    do {
        int begin = piece.begin * own->gates, end = piece.end * own->gates;
        if (!layer->symbols)
            unroll_small_multiply(&own->small_ih, own->engine, begin, end, input);
        unroll_small_multiply(&own->small_hh, own->engine, begin, end, recurrent);
    } while (next_piece(own, together, &piece));
}

static void small_step(const unroll_layer *layer, int rows, const step_states *s)
{
    const unroll_recurrent *own = layer->own;
    if (layer->symbols)
        input_product(layer, (unroll_part){0, own->panels}, &layer->stream_input, layer->stream_symbol, 0, rows,
                      own->stream_gates, own->batch_block);
    for (int row = 0; row < rows; row++)
        small_products(layer, row, s);
    forward_cells(own, 0, own->panels, rows, own->stream_gates, own->batch_block, s);
}

void unroll_recurrent_step(unroll_layer *layer, int rows)
{
    unroll_recurrent *own = layer->own;
    int now = own->stream_now, next = 1 - now;
    step_states s = {.h_old = own->stream_h[now],
                     .h = own->stream_h[next],
                     .c_old = own->stream_c[now],
                     .c = own->stream_c[next],
                     .block = own->batch_block};
    if (own->form != UNROLL_FLOAT)
        small_step(layer, rows, &s);
    else
        float_step(layer, rows, &s);
    own->stream_now = next;
    layer->stream_output.at = own->stream_h[next];
}
