/* The recurrent layer's computation: matrix products by the engine, the element-wise part by the cell. */
#include <string.h>

#include "model/recurrent.h"

/* rows of a stretch of steps whose input product, weight gradient and input gradient are taken in one go: enough to
   amortise the passes over the weights, few enough to stay in the second-level cache */
enum { STRETCH_ROWS = 256 };

/* pre-activations of this thread's panels from the input, `rows` rows from `row` on */
static void input_product(const unroll_layer *layer, unroll_part panels, const unroll_matrix *input, const int *symbol,
                          int row, int rows, real *tape, size_t tape_block)
{
    const unroll_recurrent *own = layer->own;
    int group = own->cell->split ? 1 : panels.end - panels.begin;
    for (int panel = panels.begin; panel < panels.end; panel += group) {
        size_t block = (size_t)panel * (size_t)own->gates;
        real *out = tape + (size_t)panel * (size_t)own->slots * tape_block + (size_t)row * UNROLL_LANES;
        const real *weights = layer->w + own->w_ih + block * (size_t)layer->inputs * UNROLL_LANES;
        const real *bias = own->bias_input + block * UNROLL_LANES;
        if (layer->symbols) {
            own->engine->gather(weights, (size_t)layer->inputs * UNROLL_LANES, bias, symbol + row, rows, group * own->gates,
                                out, tape_block);
        } else {
            unroll_product p = {.rows = rows,
                                .k = layer->inputs,
                                .blocks = group * own->gates,
                                .a = input->at + (size_t)row * UNROLL_LANES,
                                .a_block = input->block,
                                .b = weights,
                                .b_block = (size_t)layer->inputs * UNROLL_LANES,
                                .c = out,
                                .c_block = tape_block,
                                .bias = bias};
            own->engine->product(&p);
        }
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

/* one step: the recurrent product on top of the input product in `tape`, then the cell */
static void forward_step(const unroll_layer *layer, unroll_part panels, int rows, real *tape, size_t tape_block,
                         const step_states *s)
{
    const unroll_recurrent *own = layer->own;
    /* enough blocks to fill a tile of registers, few enough that the cell finds them in the first-level cache */
    int together = own->gates >= 3 || own->cell->split ? 1 : 4 / own->gates;
    for (int first = panels.begin; first < panels.end; first += together) {
        int count = panels.end - first < together ? panels.end - first : together;
        unroll_product p = {.rows = rows,
                            .k = own->hidden,
                            .blocks = count * own->gates,
                            .from_output = own->cell->split ? own->gates - 1 : count * own->gates,
                            .a = s->h_old,
                            .a_block = s->block,
                            .b = layer->w + own->w_hh + (size_t)first * (size_t)(own->gates * own->hidden) * UNROLL_LANES,
                            .b_block = (size_t)own->hidden * UNROLL_LANES,
                            .c = tape + (size_t)(first * own->slots + own->cell->split) * tape_block,
                            .c_block = tape_block,
                            .bias = own->bias_recurrent + (size_t)first * (size_t)own->gates * UNROLL_LANES};
        own->engine->product(&p);
        for (int panel = first; panel < first + count; panel++) {
            unroll_cell_step step = {.rows = rows,
                                     .variant = own->variant,
                                     .gates = tape + (size_t)panel * (size_t)own->slots * tape_block,
                                     .gate = tape_block,
                                     .h_old = panel_of(s->h_old, panel, s->block),
                                     .h = own_panel_of(s->h, panel, s->block),
                                     .c_old = panel_of(s->c_old, panel, s->block),
                                     .c = own_panel_of(s->c, panel, s->block)};
            own->cell->forward(&step);
        }
    }
}

/* rows of the states before step t: the initial ones end where those of step 0 begin */
static real *states_before(real *states, const unroll_layer *layer, const unroll_time *time, int t)
{
    int row = t == 0 ? layer->batch - time->size : layer->batch + time->offset[t - 1];
    return states == NULL ? NULL : states + (size_t)row * UNROLL_LANES;
}

static real *states_after(real *states, const unroll_layer *layer, const unroll_time *time, int t)
{
    return states == NULL ? NULL : states + (size_t)(layer->batch + time->offset[t]) * UNROLL_LANES;
}

static int stretch_steps(const unroll_time *time)
{
    return (STRETCH_ROWS + time->size - 1) / time->size;
}

void unroll_recurrent_forward(unroll_layer *layer, const unroll_time *time, const unroll_team *team)
{
    unroll_recurrent *own = layer->own;
    unroll_part panels = unroll_team_part(team, own->panels);
    int stretch = stretch_steps(time);
    for (int first = 0; first < time->steps; first += stretch) {
        int end = first + stretch < time->steps ? first + stretch : time->steps;
        if (panels.begin < panels.end)
            input_product(layer, panels, &layer->input, layer->symbol, time->offset[first],
                          time->offset[end] - time->offset[first], own->tape, own->tape_block);
        for (int t = first; t < end; t++) {
            step_states s = {.h_old = states_before(own->h, layer, time, t),
                             .h = states_after(own->h, layer, time, t),
                             .c_old = states_before(own->c, layer, time, t),
                             .c = states_after(own->c, layer, time, t),
                             .block = own->state_block};
            forward_step(layer, panels, time->rows[t], own->tape + (size_t)time->offset[t] * UNROLL_LANES,
                         own->tape_block, &s);
            unroll_team_wait(team);
        }
    }
}

/* the cell's backward over this thread's panels at step t; the last of a truncated stretch hands nothing further back */
static void backward_cells(const unroll_layer *layer, unroll_part panels, const unroll_time *time, int t, bool cut)
{
    const unroll_recurrent *own = layer->own;
    real *h_old = states_before(own->h, layer, time, t), *h = states_after(own->h, layer, time, t);
    real *c_old = states_before(own->c, layer, time, t), *c = states_after(own->c, layer, time, t);
    real *dh = states_after(own->dh, layer, time, t), *dh_old = cut ? NULL : states_before(own->dh, layer, time, t);
    for (int panel = panels.begin; panel < panels.end; panel++) {
        unroll_cell_gradient step = {.rows = time->rows[t],
                                     .variant = own->variant,
                                     .gates = own->tape + (size_t)panel * (size_t)own->slots * own->tape_block +
                                              (size_t)time->offset[t] * UNROLL_LANES,
                                     .gate = own->tape_block,
                                     .h_old = own_panel_of(h_old, panel, own->state_block),
                                     .h = own_panel_of(h, panel, own->state_block),
                                     .c_old = own_panel_of(c_old, panel, own->state_block),
                                     .c = own_panel_of(c, panel, own->state_block),
                                     .dh = own_panel_of(dh, panel, own->state_block),
                                     .dc = own_panel_of(own->dc, panel, own->batch_block),
                                     .dh_old = own_panel_of(dh_old, panel, own->state_block)};
        own->cell->backward(&step);
        if (cut && own->dc != NULL)
            memset(step.dc, 0, own->batch_block * sizeof(real));
    }
}

/* C += gradients of the pre-activations of `rows` rows from `row` on, times transposed weights; `side`: 0 the input's
   gates, 1 the recurrent ones */
static void gradient_product(const unroll_layer *layer, unroll_part blocks, int row, int rows, int side, const real *weights,
                             unroll_matrix out, size_t out_row, bool add)
{
    const unroll_recurrent *own = layer->own;
    size_t k = (size_t)own->panels * (size_t)own->gates * UNROLL_LANES;
    unroll_product p = {.rows = rows,
                        .k = (int)k,
                        .blocks = blocks.end - blocks.begin,
                        .from_output = add ? blocks.end - blocks.begin : 0,
                        .group = own->cell->split ? own->gates : 0,
                        .a = own->tape + (size_t)(side * own->cell->split) * own->tape_block + (size_t)row * UNROLL_LANES,
                        .a_block = own->tape_block,
                        .a_skip = own->tape_block,
                        .b = weights + (size_t)blocks.begin * k * UNROLL_LANES,
                        .b_block = k * UNROLL_LANES,
                        .c = out.at + (size_t)blocks.begin * out.block + out_row * UNROLL_LANES,
                        .c_block = out.block};
    if (p.blocks > 0)
        own->engine->product(&p);
}

/* gradient of one weight matrix for this thread's panels += A^T D, A (rows, m) from row `a_row` of `a` on, D from `row` on */
static void weight_gradient(const unroll_layer *layer, unroll_part panels, int side, size_t weights, unroll_matrix a,
                            size_t a_row, int row, int rows)
{
    const unroll_recurrent *own = layer->own;
    int together = own->cell->split ? 1 : panels.end - panels.begin;
    for (int panel = panels.begin; panel < panels.end; panel += together) {
        unroll_outer p = {.rows = rows,
                          .m = a.columns,
                          .blocks = together * own->gates,
                          .a = a.at + a_row * UNROLL_LANES,
                          .a_block = a.block,
                          .d = own->tape + (size_t)(panel * own->slots + side * own->cell->split) * own->tape_block +
                               (size_t)row * UNROLL_LANES,
                          .d_block = own->tape_block,
                          .c = layer->g + weights + (size_t)(panel * own->gates) * (size_t)a.columns * UNROLL_LANES,
                          .c_block = (size_t)a.columns * UNROLL_LANES};
        own->engine->outer(&p);
    }
}

/* all that steps first..end - 1 add to the weights' gradient, for this thread's panels */
static void stretch_gradient(unroll_layer *layer, unroll_part panels, const unroll_time *time, int first, int end)
{
    unroll_recurrent *own = layer->own;
    unroll_matrix h = {own->h, own->state_block, own->hidden};
    int row = time->offset[first], rows = time->offset[end] - row;
    if (panels.begin == panels.end)
        return;
    if (!layer->symbols)
        weight_gradient(layer, panels, 0, own->w_ih, layer->input, (size_t)row, row, rows);
    for (int panel = panels.begin; panel < panels.end; panel++) {
        size_t block = (size_t)panel * (size_t)own->gates;
        const real *d = own->tape + (size_t)(panel * own->slots) * own->tape_block + (size_t)row * UNROLL_LANES;
        if (layer->symbols)
            own->engine->scatter(layer->g + own->w_ih + block * (size_t)layer->inputs * UNROLL_LANES,
                                 (size_t)layer->inputs * UNROLL_LANES, layer->symbol + row, rows, own->gates, d,
                                 own->tape_block);
        own->engine->column_sums(d, own->tape_block, rows, own->gates, layer->g + own->b_ih + block * UNROLL_LANES);
        if (layer->two_biases)
            own->engine->column_sums(d + (size_t)own->cell->split * own->tape_block, own->tape_block, rows, own->gates,
                                     layer->g + own->b_hh + block * UNROLL_LANES);
    }
    /* the states before a step lie in one run with those of the next as long as no sequence has ended in between */
    for (int t = first, next; t < end; t = next) {
        for (next = t + 1; next < end && time->rows[next - 1] == (next >= 2 ? time->rows[next - 2] : time->size); next++)
            ;
        weight_gradient(layer, panels, 1, own->w_hh, h, (size_t)(states_before(own->h, layer, time, t) - own->h) / UNROLL_LANES,
                        time->offset[t], time->offset[next] - time->offset[t]);
    }
}

void unroll_recurrent_backward(unroll_layer *layer, const unroll_time *time, const unroll_team *team)
{
    unroll_recurrent *own = layer->own;
    unroll_part panels = unroll_team_part(team, own->panels);
    unroll_matrix dh = {own->dh, own->state_block, own->hidden};
    int stretch = stretch_steps(time), last = (time->steps - 1) / stretch * stretch;
    for (int panel = panels.begin; own->dc != NULL && panel < panels.end; panel++)
        memset(own->dc + (size_t)panel * own->batch_block, 0, own->batch_block * sizeof(real));
    for (int first = last; first >= 0; first -= stretch) {
        int end = first + stretch < time->steps ? first + stretch : time->steps;
        for (int t = end - 1; t >= first; t--) {
            bool cut = t == 0 || (layer->bptt > 0 && t % layer->bptt == 0);
            backward_cells(layer, panels, time, t, cut);
            unroll_team_wait(team);
            if (!cut)
                gradient_product(layer, panels, time->offset[t], time->rows[t], 1, own->w_hh_t, dh,
                                 (size_t)(layer->batch + time->offset[t - 1]), true);
        }
        stretch_gradient(layer, panels, time, first, end);
        if (layer->input_gradient)
            gradient_product(layer, unroll_team_part(team, unroll_blocks(layer->inputs)), time->offset[first],
                             time->offset[end] - time->offset[first], 0, own->w_ih_t, layer->d_input,
                             (size_t)time->offset[first], false);
    }
    unroll_team_wait(team);
}

void unroll_recurrent_step(unroll_layer *layer, int rows)
{
    unroll_recurrent *own = layer->own;
    unroll_part panels = {0, own->panels};
    int now = own->stream_now, next = 1 - now;
    step_states s = {.h_old = own->stream_h[now],
                     .h = own->stream_h[next],
                     .c_old = own->stream_c[now],
                     .c = own->stream_c[next],
                     .block = own->batch_block};
    input_product(layer, panels, &layer->stream_input, layer->stream_symbol, 0, rows, own->stream_gates, own->batch_block);
    forward_step(layer, panels, rows, own->stream_gates, own->batch_block, &s);
    own->stream_now = next;
    layer->stream_output.at = own->stream_h[next];
}
