/* The recurrent layer over a whole set: matrix products by the engine, the element-wise part by the cell. */
#include <string.h>

#include "layers/parts.h"
#include "layers/recurrent.h"

/* rows of a stretch of steps whose input product, weight gradient and input gradient are taken in one go: enough to
   amortise the passes over the weights, few enough to stay in the second-level cache */
enum { STRETCH_ROWS = 256 };

/* Recurrent products of a single sequence that have so few blocks of outputs wait for their own sums: they take several chains. */
enum { CHAINED_BLOCKS = 8 };

typedef unroll_recurrent_node recurrent_node;

/* What this thread does in the loop over time: some sequences through all panels, and then threads wait for each other only
   at the end; or some panels of all sequences, and then all wait for each other at every step. */
typedef struct thread_share {
    unroll_part panels, sequences;
    bool wait;
} thread_share;

/* the part of the panels that this thread has where they are parted: groups of weights stay whole */
static unroll_part own_panels(const unroll_recurrent *own, const unroll_team *team)
{
    unroll_part part = unroll_team_part(team, (own->panels + own->together - 1) / own->together);
    part.begin *= own->together;
    part.end = part.end * own->together < own->panels ? part.end * own->together : own->panels;
    return part;
}

/* the first sequence of thread `rank`: all have about as many steps to do */
static int first_sequence(const unroll_set *set, const unroll_team *team, int rank)
{
    long long want = (long long)set->total * rank / team->size, steps = 0;
    int sequence = 0;
    while (sequence < set->size && steps < want)
        steps += set->length[sequence++];
    return sequence;
}

static thread_share share_of(const unroll_recurrent *own, const unroll_set *set, const unroll_team *team)
{
    thread_share s = {{0, own->panels}, {0, set->size}, false};
    if (team->size == 1)
        return s;
    s.wait = !unroll_parts_by_sequences((double)own->shape.recurrent * own->hidden * own->hidden, set->size, team->size);
    if (s.wait)
        s.panels = own_panels(own, team);
    else
        s.sequences = (unroll_part){first_sequence(set, team, team->rank), first_sequence(set, team, team->rank + 1)};
    return s;
}

/* of a thread's sequences, those that are alive at step t */
static unroll_part alive(const thread_share *s, const unroll_set *set, int t)
{
    unroll_part part = s->sequences;
    part.begin = part.begin < set->rows[t] ? part.begin : set->rows[t];
    part.end = part.end < set->rows[t] ? part.end : set->rows[t];
    return part;
}

/* Sequences of this thread at one step whose states before it lie in consecutive rows. */
typedef struct run {
    int count;
    int sequence;      /* the first of them */
    int row;           /* its row of the set */
    int before, after; /* and of the states */
    bool first;        /* it is their first step */
} run;

/* The step that is the p-th to be read. */
static int step_at(const unroll_recurrent *own, const unroll_set *set, int p)
{
    return own->backwards ? set->steps - 1 - p : p;
}

static run run_of(const recurrent_node *mine, const unroll_set *set, int t, int begin, int end)
{
    int row = set->offset[t] + begin;
    return (run){.count = end > begin ? end - begin : 0, .sequence = begin, .row = row, .after = mine->first_row + row};
}

/* The runs of step t: one, or, where sequences of unequal length are read backwards, those that go on and those that begin. */
static int runs_at(const unroll_node *node, const thread_share *s, int t, run runs[2])
{
    const unroll_recurrent *own = node->layer->own;
    const recurrent_node *mine = node->own;
    const unroll_set *set = node->set;
    unroll_part part = alive(s, set, t);
    int going;
    if (!own->backwards) {
        runs[0] = run_of(mine, set, t, part.begin, part.end);
        runs[0].first = t == 0;
        /* the initial ones end where those of step 0 begin */
        runs[0].before = (t == 0 ? node->batch - set->size : node->batch + set->offset[t - 1]) + part.begin;
        return 1;
    }
    going = t + 1 < set->steps ? set->rows[t + 1] : 0;
    going = going < part.begin ? part.begin : going > part.end ? part.end : going;
    runs[0] = run_of(mine, set, t, part.begin, going);
    runs[0].before = runs[0].count > 0 ? set->offset[t + 1] + part.begin : 0;
    runs[1] = run_of(mine, set, t, going, part.end);
    runs[1].before = set->total + going;
    runs[1].first = true;
    return 2;
}

/* This thread's rows from step t on that lie in one run, up to step `end`; *next: the step after them. Of all sequences they
   are those of all the steps. */
static unroll_part own_rows(const thread_share *s, const unroll_set *set, int t, int end, int *next)
{
    unroll_part part = alive(s, set, t);
    bool all = s->sequences.begin == 0 && s->sequences.end == set->size;
    *next = all ? end : t + 1;
    return all ? (unroll_part){set->offset[t], set->offset[end]}
               : (unroll_part){set->offset[t] + part.begin, set->offset[t] + part.end};
}

/* the place on the tape of a block of the input's gates */
static int slot_of(const unroll_recurrent *own, int block)
{
    return block / own->shape.gates * own->slots + block % own->shape.gates;
}

void unroll_recurrent_input(const unroll_layer *layer, unroll_part panels, unroll_matrix input, const int *symbol, int row,
                            int rows, unroll_matrix tape)
{
    const unroll_recurrent *own = layer->own;
    int gates = own->shape.gates, width = own->width[0], block = panels.begin * gates, end = panels.end * gates;
    /* every field by name here and below: zeros for the rest would cost as much as a small product */
    unroll_product p = {.rows = rows,
                        .k = own->inputs,
                        .blocks = end - block,
                        .width = width,
                        .from_output = 0,
                        .panel = own->slots > gates ? gates : 0,
                        .group = 0,
                        .back = false,
                        .a = input.at + (size_t)row * UNROLL_LANES,
                        .a_block = input.block,
                        .a_skip = 0,
                        .b = layer->w + own->w_ih + (size_t)block * (size_t)own->inputs * UNROLL_LANES,
                        .c = unroll_matrix_row(tape, panels.begin * own->slots, row),
                        .c_block = tape.block,
                        .c_skip = (size_t)(own->slots - gates) * tape.block,
                        .bias = own->bias_input + (size_t)block * UNROLL_LANES,
                        .after = NULL,
                        .chained = false};
    if (rows == 0 || block == end)
        return;
    if (!own->symbols) {
        own->engine->product(&p);
        return;
    }
    for (; block < end; block += width)
        own->engine->gather(layer->w + own->w_ih + (size_t)block * (size_t)own->inputs * UNROLL_LANES,
                            end - block < width ? end - block : width, own->bias_input + (size_t)block * UNROLL_LANES,
                            symbol + row, rows, unroll_matrix_row(tape, slot_of(own, block), row), tape.block);
}

/* the cell over some panels: panel by panel, or, of a single sequence, over all in one go */
void unroll_recurrent_cells(const unroll_recurrent *own, int first, int panels, int rows, unroll_matrix tape, int row,
                            const unroll_recurrent_states *s)
{
    unroll_cell_step step;
    step.count = rows == 1 ? panels : rows;
    step.variant = own->shape.variant;
    step.gate = tape.block;
    step.gates_next = rows == 1 ? (size_t)own->slots * tape.block : UNROLL_LANES;
    step.state_next = rows == 1 ? s->now[0].block : UNROLL_LANES;
    for (int panel = first; panel < first + panels; panel += rows == 1 ? panels : 1) {
        step.gates = unroll_matrix_row(tape, panel * own->slots, row);
        for (int k = 0; k < own->states; k++) {
            step.old[k] = unroll_matrix_row(s->old[k], panel, s->before);
            step.now[k] = unroll_matrix_row(s->now[k], panel, s->after);
        }
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
    return layer->w + own->w_hh + (size_t)panel * (size_t)(own->shape.recurrent * own->hidden) * UNROLL_LANES;
}

void unroll_recurrent_one_step(const unroll_layer *layer, unroll_part panels, int rows, unroll_matrix tape, int row,
                               const unroll_recurrent_states *s, bool back, const unroll_team *team)
{
    const unroll_recurrent *own = layer->own;
    const unroll_cell_shape *shape = &own->shape;
    /* so few panels at once that the cell finds them in the first-level cache; all of them where rows are few and a tile
       takes several groups, or where there is no product */
    int together = rows > 2 && shape->recurrent > 0 ? own->together : own->panels;
    int first = back ? last_part(panels, together) : panels.begin, next = back ? -together : together;
    for (; rows > 0 && first >= panels.begin && first < panels.end; first += next) {
        int count = panels.end - first < together ? panels.end - first : together;
        int after = first + next >= panels.begin && first + next < panels.end ? first + next : first;
        unroll_product p = {.rows = rows,
                            .k = own->hidden,
                            .blocks = count * shape->recurrent,
                            .width = own->width[1],
                            .panel = own->slots > shape->recurrent ? shape->recurrent : 0,
                            .from_output = own->slots > shape->recurrent ? shape->recurrent - shape->apart : count * shape->recurrent,
                            .group = 0,
                            .back = back,
                            .a = s->old[0].at + (size_t)s->before * UNROLL_LANES,
                            .a_block = s->old[0].block,
                            .a_skip = 0,
                            .b = recurrent_weights(layer, first),
                            .c = unroll_matrix_row(tape, first * own->slots + shape->first, row),
                            .c_block = tape.block,
                            .c_skip = (size_t)(own->slots - shape->recurrent) * tape.block,
                            .bias = own->bias_recurrent + (size_t)first * (size_t)shape->recurrent * UNROLL_LANES,
                            .after = own->large ? recurrent_weights(layer, after) : NULL,
                            .chained = own->single && own->panels * shape->recurrent <= CHAINED_BLOCKS};
        unroll_team_phase(team, UNROLL_PHASE_RECURRENT);
        if (shape->recurrent > 0)
            own->engine->product(&p);
        unroll_team_phase(team, UNROLL_PHASE_CELL);
        unroll_recurrent_cells(own, first, count, rows, tape, row, s);
    }
}

static int stretch_steps(const unroll_set *set)
{
    return (STRETCH_ROWS + set->size - 1) / set->size;
}

/* the steps that are read p-th, first <= p < end: begin..end - 1 */
static unroll_part steps_of(const unroll_recurrent *own, const unroll_set *set, int first, int end)
{
    return own->backwards ? (unroll_part){set->steps - end, set->steps - first} : (unroll_part){first, end};
}

/* The states before the first step, from the last ones of the other layer; or, of gradients, there from here. */
static void copy_initial(unroll_node *node, const unroll_pass *pass)
{
    const unroll_recurrent *own = node->layer->own;
    const unroll_node *from = node->source[1];
    const recurrent_node *mine = node->own, *other = from->own;
    const unroll_set *set = node->set, *others = from->set;
    unroll_part panels = unroll_team_part(pass->team, own->panels);
    for (int k = 0; k < own->states; k++)
        for (int panel = panels.begin; panel < panels.end; panel++)
            for (int s = 0; s < set->size; s++)
                memcpy(unroll_matrix_row(mine->state[k], panel, unroll_recurrent_initial_row(node, s)),
                       unroll_matrix_row(other->state[k], panel,
                                         unroll_recurrent_end_row(from, others->place[set->order[s] - set->first])),
                       UNROLL_LANES * sizeof(real));
    unroll_team_wait(pass->team);
}

static void clear(unroll_matrix m, unroll_part panels, int row, int rows)
{
    for (int panel = panels.begin; rows > 0 && panel < panels.end; panel++)
        memset(unroll_matrix_row(m, panel, row), 0, (size_t)rows * UNROLL_LANES * sizeof(real));
}

/* What forward leaves ready for the gradients: initial states that nobody sets when the set is read backwards, and gradients
   of the last states, which others add to. */
static void prepare(unroll_node *node, const unroll_pass *pass)
{
    const unroll_recurrent *own = node->layer->own;
    const recurrent_node *mine = node->own;
    unroll_part panels = unroll_team_part(pass->team, own->panels);
    if (own->backwards && node->layer->sources < 2)
        for (int k = 0; k < own->states; k++)
            clear(mine->state[k], panels, node->set->total, node->set->size);
    for (int k = 1; own->ends_read && k < own->states; k++)
        clear(mine->d_state[k], panels, 0, node->set->size);
    if (node->layer->sources > 1)
        copy_initial(node, pass);
    else if (own->backwards || own->ends_read)
        unroll_team_wait(pass->team);
}

void unroll_recurrent_forward(unroll_node *node, const unroll_pass *pass)
{
    const unroll_recurrent *own = node->layer->own;
    const recurrent_node *mine = node->own;
    const unroll_set *set = node->set;
    const unroll_team *team = pass->team;
    thread_share share = share_of(own, set, team);
    int stretch = stretch_steps(set);
    prepare(node, pass);
    for (int first = 0; first < set->steps; first += stretch) {
        int end = first + stretch < set->steps ? first + stretch : set->steps;
        unroll_part steps = steps_of(own, set, first, end);
        unroll_team_phase(team, UNROLL_PHASE_INPUT);
        for (int t = steps.begin, next; t < steps.end; t = next) {
            unroll_part rows = own_rows(&share, set, t, steps.end, &next);
            unroll_recurrent_input(node->layer, share.panels, node->source[0]->output, node->source[0]->symbol, rows.begin,
                                   rows.end - rows.begin, mine->tape);
        }
        for (int p = first; p < end; p++) {
            run runs[2];
            int count = runs_at(node, &share, step_at(own, set, p), runs);
            for (int i = 0; i < count; i++) {
                unroll_recurrent_states s = {mine->state, mine->state, runs[i].before, runs[i].after};
                unroll_recurrent_one_step(node->layer, share.panels, runs[i].count, mine->tape, runs[i].row, &s,
                                          own->large && p % 2 == 1, team);
            }
            if (share.wait)
                unroll_team_wait(team);
        }
    }
    unroll_team_phase(team, UNROLL_PHASE_OTHER);
    if (!share.wait)
        unroll_team_wait(team);
}

/* the cell's backward over some panels and one run; where it is `cut`, nothing is handed further back */
static void backward_cells(const unroll_node *node, unroll_part panels, const run *r, bool cut)
{
    const unroll_recurrent *own = node->layer->own;
    const recurrent_node *mine = node->own;
    unroll_cell_gradient step;
    step.rows = r->count;
    step.variant = own->shape.variant;
    step.gate = mine->tape.block;
    for (int panel = panels.begin; r->count > 0 && panel < panels.end; panel++) {
        step.gates = unroll_matrix_row(mine->tape, panel * own->slots, r->row);
        for (int k = 0; k < own->states; k++) {
            step.old[k] = unroll_matrix_row(mine->state[k], panel, r->before);
            step.now[k] = unroll_matrix_row(mine->state[k], panel, r->after);
            step.d_state[k] = k > 0 ? unroll_matrix_row(mine->d_state[k], panel, r->sequence) : NULL;
        }
        step.d_output = unroll_matrix_row(mine->d_state[0], panel, r->after);
        step.d_old = cut ? NULL : unroll_matrix_row(mine->d_state[0], panel, r->before);
        own->cell->backward(&step);
        for (int k = 1; cut && k < own->states; k++)
            memset(step.d_state[k], 0, (size_t)r->count * UNROLL_LANES * sizeof(real));
    }
}

/* C = (or +=) gradients of the pre-activations of `rows` rows from `row` on, times transposed weights; `side`: 0 the
   input's gates, 1 the recurrent ones */
static void gradient_product(const unroll_node *node, unroll_part blocks, int row, int rows, int side, unroll_matrix out,
                             int out_row, bool add, bool back)
{
    const unroll_recurrent *own = node->layer->own;
    const recurrent_node *mine = node->own;
    int gates = side == 0 ? own->shape.gates : own->shape.recurrent, k = own->panels * gates * UNROLL_LANES;
    const real *weights = (side == 0 ? own->w_ih_t : own->w_hh_t) + (size_t)blocks.begin * (size_t)k * UNROLL_LANES;
    unroll_product p = {.rows = rows,
                        .k = k,
                        .blocks = blocks.end - blocks.begin,
                        .width = 4,
                        .from_output = add ? blocks.end - blocks.begin : 0,
                        .panel = 0,
                        .group = own->slots > gates ? gates : 0,
                        .back = back,
                        .a = unroll_matrix_row(mine->tape, side == 0 ? 0 : own->shape.first, row),
                        .a_block = mine->tape.block,
                        .a_skip = (size_t)(own->slots - gates) * mine->tape.block,
                        .b = weights,
                        .c = unroll_matrix_row(out, blocks.begin, out_row),
                        .c_block = out.block,
                        .c_skip = 0,
                        .bias = NULL,
                        .after = own->large ? weights : NULL,
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
static void weight_gradient(const unroll_node *node, const unroll_team *team, int side, unroll_matrix a, int a_row, int row,
                            int rows)
{
    const unroll_recurrent *own = node->layer->own;
    const recurrent_node *mine = node->own;
    gradient_part part = part_of_gradient(own, team, a.columns);
    int gates = side == 0 ? own->shape.gates : own->shape.recurrent, block = part.panels.begin * gates;
    unroll_outer p = {.rows = rows,
                      .m = a.columns,
                      .begin = part.rows.begin,
                      .end = part.rows.end,
                      .blocks = part.panels.end * gates - block,
                      .width = own->width[side],
                      .panel = own->slots > gates ? gates : 0,
                      .a = a.at + (size_t)a_row * UNROLL_LANES,
                      .a_block = a.block,
                      .d = unroll_matrix_row(mine->tape, part.panels.begin * own->slots + (side == 0 ? 0 : own->shape.first), row),
                      .d_block = mine->tape.block,
                      .d_skip = (size_t)(own->slots - gates) * mine->tape.block,
                      .c = node->g + (side == 0 ? own->w_ih : own->w_hh) + (size_t)block * (size_t)a.columns * UNROLL_LANES};
    if (p.blocks > 0)
        own->engine->outer(&p);
}

/* what `rows` rows from `row` on add to the gradient of the input weights where inputs are symbols, and to the biases' */
static void bias_gradient(const unroll_node *node, unroll_part panels, int row, int rows)
{
    const unroll_recurrent *own = node->layer->own;
    const recurrent_node *mine = node->own;
    int gates = own->shape.gates, recurrent = own->shape.recurrent, width = own->width[0];
    int step = own->slots > gates ? gates : width;
    for (int block = panels.begin * gates, end = panels.end * gates; block < end; block += step) {
        int count = end - block < step ? end - block : step;
        const real *d = unroll_matrix_row(mine->tape, slot_of(own, block), row);
        for (int n = 0; own->symbols && n < count; n += width)
            own->engine->scatter(node->g + own->w_ih + (size_t)(block + n) * (size_t)own->inputs * UNROLL_LANES,
                                 count - n < width ? count - n : width, node->source[0]->symbol + row, rows,
                                 d + (size_t)n * mine->tape.block, mine->tape.block);
        own->engine->column_sums(d, mine->tape.block, rows, count, node->g + own->b_ih + (size_t)block * UNROLL_LANES);
    }
    for (int panel = panels.begin; own->two_biases && recurrent > 0 && panel < panels.end; panel++)
        own->engine->column_sums(unroll_matrix_row(mine->tape, panel * own->slots + own->shape.first, row), mine->tape.block, rows,
                                 recurrent, node->g + own->b_hh + (size_t)(panel * recurrent * UNROLL_LANES));
}

/* the recurrent weights' gradient of the steps begin..end - 1: states before the steps that lie in one run go in one product */
static void recurrent_gradient(const unroll_node *node, const unroll_team *team, unroll_part steps)
{
    const recurrent_node *mine = node->own;
    thread_share all = {.sequences = {0, node->set->size}};
    run pending = {.count = 0};
    for (int t = steps.begin; t < steps.end; t++) {
        run runs[2];
        int count = runs_at(node, &all, t, runs);
        for (int i = 0; i < count; i++) {
            if (runs[i].count == 0)
                continue;
            if (pending.count > 0 && runs[i].before == pending.before + pending.count) {
                pending.count += runs[i].count;
                continue;
            }
            if (pending.count > 0)
                weight_gradient(node, team, 1, mine->state[0], pending.before, pending.row, pending.count);
            pending = runs[i];
        }
    }
    if (pending.count > 0)
        weight_gradient(node, team, 1, mine->state[0], pending.before, pending.row, pending.count);
}

/* all that some steps add to the weights' gradient, as far as this thread does it */
static void stretch_gradient(const unroll_node *node, const unroll_team *team, unroll_part steps)
{
    const unroll_recurrent *own = node->layer->own;
    int row = node->set->offset[steps.begin], rows = node->set->offset[steps.end] - row;
    if (!own->symbols)
        weight_gradient(node, team, 0, node->source[0]->output, row, row, rows);
    bias_gradient(node, own_panels(own, team), row, rows);
    if (own->shape.recurrent > 0)
        recurrent_gradient(node, team, steps);
}

/* gradient of the input over some steps: of this thread's sequences, or of its blocks of the input */
static void input_gradient(const unroll_node *node, const unroll_team *team, const thread_share *mine, unroll_part steps)
{
    const unroll_recurrent *own = node->layer->own;
    unroll_part columns = {0, unroll_blocks(own->inputs)};
    if (mine->wait)
        columns = own_blocks(team, columns.end);
    for (int t = steps.begin, next; t < steps.end; t = next) {
        unroll_part rows = own_rows(mine, node->set, t, steps.end, &next);
        gradient_product(node, columns, rows.begin, rows.end - rows.begin, 0, node->source[0]->d_output, rows.begin, node->adds[0],
                         false);
    }
}

/* Whether the gradient ends at a step: the first of a sequence, or of a truncated stretch. */
static bool is_cut(const unroll_node *node, const run *r, int p)
{
    const unroll_recurrent *own = node->layer->own;
    if (r->first)
        return node->layer->sources < 2;
    return own->bptt > 0 && p % own->bptt == 0;
}

/* One step back: the cells, and the recurrent product onto the gradient of the states before. `blocks`: of those that this
   thread computes. */
static void backward_step(const unroll_node *node, const unroll_team *team, const thread_share *share, unroll_part blocks, int p)
{
    const unroll_recurrent *own = node->layer->own;
    const recurrent_node *mine = node->own;
    bool same = own->panels % (4 * team->size) == 0; /* the blocks of the gradient that a thread computes are its panels */
    bool all_cut = true;
    run runs[2];
    int count = runs_at(node, share, step_at(own, node->set, p), runs);
    unroll_team_phase(team, UNROLL_PHASE_CELL);
    for (int i = 0; i < count; i++)
        backward_cells(node, share->panels, &runs[i], is_cut(node, &runs[i], p));
    unroll_team_phase(team, UNROLL_PHASE_RECURRENT);
    if (share->wait)
        unroll_team_wait(team);
    for (int i = 0; own->shape.recurrent > 0 && i < count; i++)
        if (!is_cut(node, &runs[i], p)) {
            gradient_product(node, blocks, runs[i].row, runs[i].count, 1, mine->d_state[0], runs[i].before, true,
                             own->large && p % 2 == 1);
            all_cut = false;
        }
    if (share->wait && !all_cut && !same)
        unroll_team_wait(team);
}

/* The gradient of the initial states to the last ones of the layer that they came from. */
static void hand_back(unroll_node *node, const unroll_pass *pass)
{
    const unroll_recurrent *own = node->layer->own;
    const unroll_node *from = node->source[1];
    const recurrent_node *mine = node->own, *other = from->own;
    const unroll_set *set = node->set;
    unroll_part panels = unroll_team_part(pass->team, own->panels);
    if (!node->adds[1])
        unroll_clear_rows(from->d_output, from->set, pass->team);
    for (int k = 0; k < own->states; k++)
        for (int panel = panels.begin; panel < panels.end; panel++)
            for (int s = 0; s < set->size; s++) {
                int there = from->set->place[set->order[s] - set->first];
                real *to = unroll_matrix_row(other->d_state[k], panel, k == 0 ? unroll_recurrent_end_row(from, there) : there);
                const real *d = unroll_matrix_row(mine->d_state[k], panel, k == 0 ? unroll_recurrent_initial_row(node, s) : s);
                for (int lane = 0; lane < UNROLL_LANES; lane++)
                    to[lane] += d[lane];
            }
    unroll_team_wait(pass->team);
}

/* clears the gradients of states that nobody has written yet: of the last ones, and of the initial ones where they are wanted */
static void clear_gradients(const unroll_node *node, const thread_share *share)
{
    const unroll_recurrent *own = node->layer->own;
    const recurrent_node *mine = node->own;
    unroll_part sequences = share->sequences;
    for (int k = 1; !own->ends_read && k < own->states; k++)
        clear(mine->d_state[k], share->panels, sequences.begin, sequences.end - sequences.begin);
    if (node->layer->sources > 1)
        clear(mine->d_state[0], share->panels, unroll_recurrent_initial_row(node, sequences.begin), sequences.end - sequences.begin);
}

void unroll_recurrent_backward(unroll_node *node, const unroll_pass *pass)
{
    const unroll_recurrent *own = node->layer->own;
    const unroll_set *set = node->set;
    const unroll_team *team = pass->team;
    thread_share share = share_of(own, set, team);
    unroll_part blocks = share.wait ? own_blocks(team, own->panels) : share.panels;
    int stretch = stretch_steps(set), last = (set->steps - 1) / stretch * stretch;
    clear_gradients(node, &share);
    for (int first = last; first >= 0; first -= stretch) {
        int end = first + stretch < set->steps ? first + stretch : set->steps;
        unroll_part steps = steps_of(own, set, first, end);
        for (int p = end - 1; p >= first; p--)
            backward_step(node, team, &share, blocks, p);
        unroll_team_phase(team, UNROLL_PHASE_INPUT_GRADIENT);
        if (node->wanted[0])
            input_gradient(node, team, &share, steps);
        if (!share.wait)
            unroll_team_wait(team);
        unroll_team_phase(team, UNROLL_PHASE_WEIGHTS);
        stretch_gradient(node, team, steps);
    }
    unroll_team_phase(team, UNROLL_PHASE_OTHER);
    unroll_team_wait(team);
    if (node->layer->sources > 1 && node->wanted[1])
        hand_back(node, pass);
}
