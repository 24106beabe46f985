/* The recurrent layer backwards over a whole set: the cells from the last step to the first, stretch by stretch, and after
   each stretch the gradients of its input and of the weights. */
#include "layers/recurrent_runs.h"

typedef unroll_recurrent_node recurrent_node;

/* a hook over the whole rows of a run */
static void whole_rows(const unroll_node *node, void (*hook)(const unroll_cell_rows *), const unroll_run *r)
{
    const unroll_recurrent *own = node->layer->own;
    const recurrent_node *mine = node->own;
    unroll_cell_rows all = {.rows = r->count, .units = own->hidden, .panels = own->panels, .slots = own->slots,
                            .variant = own->shape.variant};
    all.tape = unroll_matrix_from(mine->tape.all, r->row);
    all.d_output = unroll_matrix_from(mine->d_state[0], r->after);
    for (int k = 0; k < own->states; k++) {
        all.old[k] = unroll_matrix_from(mine->state[k], r->before);
        all.now[k] = own->zone[k].fresh > 0 ? unroll_matrix_from(mine->fresh[k], r->row)
                                            : unroll_matrix_from(mine->state[k], r->after);
        all.d_state[k] = k > 0 ? unroll_matrix_from(mine->d_state[k], r->sequence) : (unroll_matrix){0};
    }
    for (int v = 0; v < own->vectors; v++)
        all.vector[v] = unroll_recurrent_vector(own, node->layer->w, v, 0);
    hook(&all);
}

/* The way back over the steps: what is the same at all of them is set once. */
typedef struct backward_walk {
    unroll_part blocks;        /* of the states' gradient that this thread computes */
    bool masked;               /* products see a part of the state */
    unroll_cell_place at;
    unroll_cell_gradient cell; /* of a panel and run */
    unroll_product product;    /* recurrent, of a head and run */
} backward_walk;

/* from the output of a cell with a normed state to the gradient of the state itself */
static void normed_output_back(backward_walk *walk, const unroll_node *node, unroll_part panels, const unroll_run *r)
{
    const unroll_recurrent *own = node->layer->own;
    const recurrent_node *mine = node->own;
    for (int panel = panels.begin; panel < panels.end; panel++) {
        set_panel(node, panel, r, &walk->cell);
        walk->cell.d_output = unroll_matrix_row(mine->d_state[0], panel, r->after);
        own->cell->output_backward(&walk->cell);
    }
    unroll_recurrent_norm_state_back(node, r);
}

/* the cell's backward over some panels and one run; where it is `cut`, nothing is handed further back */
static void backward_cells(backward_walk *walk, const unroll_node *node, unroll_part panels, const unroll_run *r, bool cut)
{
    const unroll_recurrent *own = node->layer->own;
    const recurrent_node *mine = node->own;
    unroll_cell_gradient *cell = &walk->cell;
    cell->rows = r->count;
    walk->at.sequence = node->set->order + r->sequence;
    if (mine->keeps)
        unroll_recurrent_keep_whole(node, panels, r);
    if (own->zones)
        unroll_recurrent_part(node, panels, r, cut);
    if (own->cell->after_backward != NULL && r->count > 0)
        whole_rows(node, own->cell->after_backward, r);
    if (own->normed > 0 && r->count > 0)
        normed_output_back(walk, node, panels, r);
    for (int panel = panels.begin; r->count > 0 && panel < panels.end; panel++) {
        set_panel(node, panel, r, cell);
        for (int k = 1; k < own->states; k++)
            cell->d_state[k] = unroll_matrix_row(mine->d_state[k], panel, r->sequence);
        walk->at.unit = panel * UNROLL_LANES;
        cell->d_output = unroll_matrix_row(mine->d_state[0], panel, r->after);
        cell->d_old = cut ? NULL : unroll_matrix_row(mine->d_state[0], panel, r->before);
        if (mine->keeps)
            unroll_recurrent_keep_states(node, cell, panel, r->row);
        own->cell->backward(cell);
        for (int k = 1; cut && k < own->states; k++)
            memset(cell->d_state[k], 0, (size_t)r->count * UNROLL_LANES * sizeof(real));
    }
    if (own->cell->before_backward != NULL && r->count > 0)
        whole_rows(node, own->cell->before_backward, r);
    if (own->norm && r->count > 0)
        unroll_recurrent_norm_back(node, r);
    if (own->zones && !cut)
        unroll_recurrent_join(node, panels, r);
}

/* C = gradients of the pre-activations times transposed weights (k, ..), for some blocks of C. `side`: 0 the input's gates, 1
   the recurrent ones. Its rows are the caller's to set. */
static unroll_product gradient_product(const unroll_node *node, int side, int k, const real *weights, unroll_part blocks,
                                       unroll_matrix out)
{
    const unroll_recurrent *own = node->layer->own;
    const recurrent_node *mine = node->own;
    return (unroll_product){.k = k,
                            .blocks = blocks.end - blocks.begin,
                            .width = 4,
                            .a = mine->tape.side[side].at,
                            .b = weights,
                            .c = out.at + blocks.begin,
                            .after = own->beyond_cache ? weights : NULL};
}

/* the part of the recurrent product that is a head's */
static void set_head(backward_walk *walk, const unroll_node *node, int head)
{
    const unroll_recurrent *own = node->layer->own;
    const recurrent_node *mine = node->own;
    int k = own->head_panels * own->shape.recurrent * UNROLL_LANES, first = head * own->head_panels;
    unroll_part part = unroll_recurrent_in_head(own, walk->blocks, head);
    unroll_matrix out = walk->masked ? mine->d_operand : mine->d_state[0]; /* masked, it is added from there */
    const real *weights = own->w_hh_t + unroll_recurrent_head_transposed(own, head);
    weights += (size_t)(part.begin - first) * (size_t)k * UNROLL_LANES;
    walk->product = gradient_product(node, 1, k, weights, part, out);
    walk->product.start = walk->masked ? own->zero : NULL;
    walk->product.a += first * own->shape.recurrent;
    walk->product.chained = own->single && own->panels <= CHAINED_BLOCKS;
}

static backward_walk open_walk(const unroll_node *node, const unroll_pass *pass, unroll_part blocks)
{
    const unroll_recurrent *own = node->layer->own;
    const recurrent_node *mine = node->own;
    backward_walk walk = {.blocks = blocks, .masked = is_masked(node, pass), .at = place_in_pass(node->layer, pass)};
    walk.at.sequence_next = 1;
    walk.cell.variant = own->shape.variant;
    walk.cell.normed = own->normed > 0;
    walk.cell.gate = unroll_matrix_block(mine->tape.all);
    if (own->shape.recurrent > 0)
        set_head(&walk, node, 0);
    return walk;
}

/* the recurrent product of a run back onto the gradient of the states before it, as far as it lies in the walk's blocks */
static void recurrent_product(backward_walk *walk, const unroll_node *node, const unroll_run *r, bool back)
{
    const unroll_recurrent *own = node->layer->own;
    const recurrent_node *mine = node->own;
    unroll_product *p = &walk->product;
    for (int i = 0; i < own->heads && r->count > 0; i++) {
        if (own->heads > 1)
            set_head(walk, node, back ? own->heads - 1 - i : i);
        p->rows = r->count;
        p->a_from = (size_t)r->row * UNROLL_LANES;
        p->c_from = walk->masked ? (size_t)r->sequence * UNROLL_LANES
                                 : mine->d_state[0].from + (size_t)r->before * UNROLL_LANES;
        p->back = back;
        if (p->blocks > 0)
            own->engine->product(p);
    }
    if (walk->masked && r->count > 0)
        unroll_operand_mask(own, r, mine->mask, mine->d_operand, r->sequence, mine->d_state[0], r->before, true);
}

/* Columns of transposed weights that a thread has where panels are parted: of those of `heads` matrices of `blocks` blocks
   each, groups of four blocks stay whole. */
static unroll_part own_blocks(const unroll_team *team, int heads, int blocks)
{
    int groups = (blocks + 3) / 4;
    unroll_part part = unroll_team_part(team, heads * groups);
    part.begin = part.begin / groups * blocks + part.begin % groups * 4;
    part.end = part.end / groups * blocks + part.end % groups * 4;
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

/* += A^T D for some panels and rows of one weight matrix (m, ..), A from a on, D the rows from `row` on */
static void outer(const unroll_node *node, int side, unroll_part panels, unroll_part of_rows, int m, real *const *a, size_t a_from,
                  int row, int rows)
{
    const unroll_recurrent *own = node->layer->own;
    const recurrent_node *mine = node->own;
    const int of_side[UNROLL_SIDES] = {own->shape.gates, own->shape.recurrent, own->shape.late};
    const size_t weights[UNROLL_SIDES] = {own->w_ih, own->w_hh, own->w_late};
    int gates = of_side[side], block = panels.begin * gates;
    unroll_outer p = {.rows = rows,
                      .m = m,
                      .begin = of_rows.begin,
                      .end = of_rows.end,
                      .blocks = panels.end * gates - block,
                      .width = own->width[side],
                      .a = a,
                      .a_from = a_from,
                      .d = mine->tape.side[side].at + block,
                      .d_from = (size_t)row * UNROLL_LANES,
                      .c = node->g + weights[side] + (size_t)block * (size_t)m * UNROLL_LANES};
    if (p.blocks > 0)
        own->engine->outer(&p);
}

/* this thread's part of what `rows` rows add to the gradient of the input weights */
static void input_weight_gradient(const unroll_node *node, const unroll_team *team, int row, int rows)
{
    unroll_matrix input = node->source[0]->output;
    gradient_part part = part_of_gradient(node->layer->own, team, input.columns);
    outer(node, 0, part.panels, part.rows, input.columns, input.at, unroll_matrix_from(input, row).from, row, rows);
}

void unroll_recurrent_weight_gradient(const unroll_node *node, const unroll_team *team, unroll_matrix seen, int before, int row,
                                      int rows)
{
    const unroll_recurrent *own = node->layer->own;
    gradient_part part = part_of_gradient(own, team, own->head_units);
    for (int head = 0; head < own->heads; head++)
        outer(node, UNROLL_STATE_SIDE, unroll_recurrent_in_head(own, part.panels, head), part.rows, own->head_units,
              seen.at + head * own->head_panels, seen.from + (size_t)before * UNROLL_LANES, row, rows);
}

/* the same of the late ones */
static void late_weight_gradient(const unroll_node *node, const unroll_team *team, int row, int rows)
{
    const unroll_recurrent *own = node->layer->own;
    const recurrent_node *mine = node->own;
    gradient_part part = part_of_gradient(own, team, own->hidden);
    outer(node, UNROLL_LATE_SIDE, part.panels, part.rows, own->hidden, mine->tape.operand.at, (size_t)row * UNROLL_LANES, row, rows);
}

/* what `rows` rows from `row` on add to the gradient of the input weights where inputs are symbols, and to the biases' */
static void bias_gradient(const unroll_node *node, unroll_part panels, int row, int rows)
{
    const unroll_recurrent *own = node->layer->own;
    const recurrent_node *mine = node->own;
    int gates = own->shape.gates, recurrent = own->shape.recurrent, late = own->shape.late;
    int width = own->width[0], end = panels.end * gates;
    size_t from = (size_t)row * UNROLL_LANES;
    for (int block = panels.begin * gates; own->symbols && block < end; block += width)
        own->engine->scatter(node->g + own->w_ih + (size_t)block * (size_t)own->inputs * UNROLL_LANES,
                             end - block < width ? end - block : width, node->source[0]->symbol + row, rows,
                             mine->tape.side[0].at + block, from);
    own->engine->column_sums(mine->tape.gates[0].at + panels.begin * gates, from, rows, end - panels.begin * gates,
                             node->g + own->b_ih + (size_t)(panels.begin * gates * UNROLL_LANES));
    if (own->two_biases && recurrent > 0)
        own->engine->column_sums(mine->tape.gates[1].at + panels.begin * recurrent, from, rows,
                                 (panels.end - panels.begin) * recurrent,
                                 node->g + own->b_hh + (size_t)(panels.begin * recurrent * UNROLL_LANES));
    if (own->two_biases && late > 0)
        own->engine->column_sums(mine->tape.side[2].at + panels.begin * late, from, rows, (panels.end - panels.begin) * late,
                                 node->g + own->b_late + (size_t)(panels.begin * late * UNROLL_LANES));
}

/* what the rows of one run add to the gradient of the cell's own vectors */
static void vector_gradient(const unroll_node *node, unroll_part panels, const unroll_run *r)
{
    const unroll_recurrent *own = node->layer->own;
    const recurrent_node *mine = node->own;
    unroll_cell_gradient step = {.rows = r->count, .variant = own->shape.variant, .gate = unroll_matrix_block(mine->tape.all)};
    for (int panel = panels.begin; panel < panels.end; panel++) {
        set_panel(node, panel, r, &step);
        step.d_output = unroll_matrix_row(mine->d_state[0], panel, r->after);
        for (int v = 0; v < own->vectors; v++)
            step.d_vector[v] = unroll_recurrent_vector(own, node->g, v, panel);
        own->cell->vector_gradient(&step);
    }
}

/* what one run of states before adds to the gradients of what reads them: the recurrent weights and the vectors */
static void run_gradient(const unroll_node *node, const unroll_team *team, const unroll_run *r, bool masked)
{
    const unroll_recurrent *own = node->layer->own;
    const recurrent_node *mine = node->own;
    if (r->count == 0)
        return;
    if (own->shape.recurrent > 0)
        unroll_recurrent_weight_gradient(node, team, masked ? mine->tape.seen : mine->state[0], masked ? r->row : r->before,
                                         r->row, r->count);
    if (own->vectors > 0)
        vector_gradient(node, own_panels(own, team), r);
}

/* The same of the steps begin..end - 1, in rising rows: states before the steps that lie in one run are taken in one go. */
static void recurrent_gradient(const unroll_node *node, const unroll_team *team, unroll_part steps, bool masked)
{
    const unroll_recurrent *own = node->layer->own;
    const unroll_set *set = node->set;
    thread_share all = {.sequences = {0, set->size}};
    unroll_run pending = {.count = 0};
    int last = own->backwards && steps.end < set->steps ? steps.end : steps.end - 1;
    if (set->rows[last] == set->size) { /* all sequences are there, and go on: one run */
        run_at(node, &all, steps.begin, own->backwards && steps.begin + 1 == set->steps, &pending);
        pending.count = set->offset[steps.end] - set->offset[steps.begin];
        run_gradient(node, team, &pending, masked);
        return;
    }
    for (int t = steps.begin; t < steps.end; t++) {
        for (int i = 0; i < runs_of(own); i++) {
            unroll_run r;
            run_at(node, &all, t, i, &r);
            if (r.count == 0)
                continue;
            if (pending.count > 0 && r.before == pending.before + pending.count) {
                pending.count += r.count;
                continue;
            }
            run_gradient(node, team, &pending, masked);
            pending = r;
        }
    }
    run_gradient(node, team, &pending, masked);
}

/* all that some steps add to the weights' gradient, as far as this thread does it */
static void stretch_gradient(const unroll_node *node, const unroll_team *team, unroll_part steps, bool masked)
{
    const unroll_recurrent *own = node->layer->own;
    int row = node->set->offset[steps.begin], rows = node->set->offset[steps.end] - row;
    if (!own->symbols)
        input_weight_gradient(node, team, row, rows);
    bias_gradient(node, own_panels(own, team), row, rows);
    if (own->normed > 0)
        unroll_recurrent_norm_state_gradient(node, own_panels(own, team), row, rows);
    if (own->shape.recurrent > 0 || own->vectors > 0)
        recurrent_gradient(node, team, steps, masked);
    if (own->shape.late > 0)
        late_weight_gradient(node, team, row, rows);
}

/* gradient of the input over some steps: of this thread's sequences, or of its blocks of the input */
static void input_gradient(const unroll_node *node, const unroll_team *team, const thread_share *mine, unroll_part steps)
{
    const unroll_recurrent *own = node->layer->own;
    int k = own->panels * own->shape.gates * UNROLL_LANES;
    unroll_part columns = {0, unroll_blocks(own->inputs)};
    unroll_matrix out = node->source[0]->d_output;
    unroll_product p;
    if (mine->parted)
        columns = own_blocks(team, 1, columns.end);
    p = gradient_product(node, 0, k, own->w_ih_t + (size_t)columns.begin * (size_t)k * UNROLL_LANES, columns, out);
    p.start = node->adds[0] ? NULL : own->zero + columns.begin;
    for (int t = steps.begin, next; t < steps.end && p.blocks > 0; t = next) {
        unroll_part rows = own_rows(mine, node->set, t, steps.end, &next);
        p.rows = rows.end - rows.begin;
        p.a_from = (size_t)rows.begin * UNROLL_LANES;
        p.c_from = out.from + p.a_from;
        if (p.rows > 0)
            own->engine->product(&p);
    }
}

/* Whether the gradient ends at a step: the first of a sequence, or of a truncated stretch. */
static bool is_cut(const unroll_node *node, const unroll_run *r, int p)
{
    const unroll_recurrent *own = node->layer->own;
    if (r->first)
        return node->layer->sources < 2;
    return own->bptt > 0 && p % own->bptt == 0;
}

/* One step back: the cells, and the recurrent product onto the gradient of the states before. */
static void backward_step(backward_walk *walk, const unroll_node *node, const unroll_team *team, const thread_share *share, int p)
{
    const unroll_recurrent *own = node->layer->own;
    int count = runs_of(own), cut = 0;
    bool is_last[2];
    unroll_run runs[2];
    walk->at.time = step_at(own, node->set, p);
    walk->cell.at = &walk->at;
    unroll_team_phase(team, UNROLL_PHASE_CELL);
    for (int i = 0; i < count; i++) {
        run_at(node, share, walk->at.time, i, &runs[i]);
        is_last[i] = is_cut(node, &runs[i], p);
        cut += is_last[i];
        backward_cells(walk, node, share->panels, &runs[i], is_last[i]);
        if (own->shape.late > 0)
            unroll_late_backward(node, &runs[i], &walk->cell, &walk->at, walk->masked, is_last[i]);
    }
    unroll_team_phase(team, UNROLL_PHASE_RECURRENT);
    if (share->wait)
        unroll_team_wait(team);
    for (int i = 0; own->shape.recurrent > 0 && i < count; i++)
        if (!is_last[i])
            recurrent_product(walk, node, &runs[i], own->beyond_cache && p % 2 == 1);
    if (share->wait && cut < count && !share->same)
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

/* clears the gradients of states that nobody has written yet: of the last ones, and of the initial ones where they are wanted; and
   the sums of the norm's */
static void clear_gradients(const unroll_node *node, const thread_share *share)
{
    const unroll_recurrent *own = node->layer->own;
    const recurrent_node *mine = node->own;
    unroll_part sequences = share->sequences;
    for (int k = 1; !own->ends_read && k < own->states; k++)
        clear(mine->d_state[k], share->panels, sequences.begin, sequences.end - sequences.begin);
    for (int side = 0; own->norm && side < 2; side++)
        clear(mine->norm_products[side], (unroll_part){0, unroll_blocks(mine->norm_products[side].columns)},
              sequences.begin / UNROLL_NORM_GROUP, unroll_recurrent_norm_groups(sequences.end - sequences.begin));
    if (node->layer->sources > 1)
        clear(mine->d_state[0], share->panels, unroll_recurrent_initial_row(node, sequences.begin), sequences.end - sequences.begin);
}

void unroll_recurrent_backward(unroll_node *node, const unroll_pass *pass)
{
    const unroll_recurrent *own = node->layer->own;
    const unroll_set *set = node->set;
    const unroll_team *team = pass->team;
    thread_share share = share_of(own, set, team);
    backward_walk walk =
        open_walk(node, pass, share.parted ? own_blocks(team, own->heads, own->head_panels) : share.panels);
    int stretch = stretch_steps(set), last = (set->steps - 1) / stretch * stretch, few = panels_at_once(own, set);
    share.same = own->panels % (4 * team->size) == 0 && own->head_panels % 4 == 0;
    clear_gradients(node, &share);
    for (int first = last; first >= 0; first -= stretch) {
        int end = first + stretch < set->steps ? first + stretch : set->steps;
        unroll_part steps = steps_of(own, set, first, end);
        int panel = share.panels.begin;
        do { /* a thread without panels waits with the others, too */
            thread_share piece = with_panels(&share, panel, few);
            for (int p = end - 1; p >= first; p--)
                backward_step(&walk, node, team, &piece, p);
            panel += few;
        } while (panel < share.panels.end);
        unroll_team_phase(team, UNROLL_PHASE_INPUT_GRADIENT);
        if (share.parted && !share.wait) /* the input's gradient takes all panels */
            unroll_team_wait(team);
        if (node->wanted[0])
            input_gradient(node, team, &share, steps);
        if (!share.parted)
            unroll_team_wait(team);
        unroll_team_phase(team, UNROLL_PHASE_WEIGHTS);
        stretch_gradient(node, team, steps, walk.masked);
    }
    if (own->norm)
        unroll_recurrent_norm_gradient(node, own_panels(own, team));
    if (node->layer->regularised)
        unroll_recurrent_regularised_squares(node, team);
    unroll_team_phase(team, UNROLL_PHASE_OTHER);
    unroll_team_wait(team);
    if (node->layer->sources > 1 && node->wanted[1])
        hand_back(node, pass);
}
