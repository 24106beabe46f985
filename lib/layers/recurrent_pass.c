/* The recurrent layer forwards over a whole set: matrix products by the engine, the element-wise part by the cell. */
#include "layers/recurrent_runs.h"

typedef unroll_recurrent_node recurrent_node;

void unroll_recurrent_input(const unroll_layer *layer, unroll_part panels, unroll_matrix input, const int *symbol, int row,
                            int rows, const unroll_tape *tape)
{
    const unroll_recurrent *own = layer->own;
    int gates = own->shape.gates, width = own->width[0], block = panels.begin * gates, end = panels.end * gates;
    real *const *gate = tape->side[0].at;
    size_t from = (size_t)row * UNROLL_LANES;
    /* every field by name here and below: zeros for the rest would cost as much as a small product */
    unroll_product p = {.rows = rows,
                        .k = own->inputs,
                        .blocks = end - block,
                        .width = width,
                        .a = input.at,
                        .a_from = input.from + from,
                        .b = layer->w + own->w_ih + (size_t)block * (size_t)own->inputs * UNROLL_LANES,
                        .c = gate + block,
                        .c_from = from,
                        .start = own->start[0] + block,
                        .back = false,
                        .after = NULL,
                        .chained = false};
    if (rows == 0 || block == end)
        return;
    if (!own->symbols)
        own->engine->product(&p);
    for (; own->symbols && block < end; block += width)
        own->engine->gather(layer->w + own->w_ih + (size_t)block * (size_t)own->inputs * UNROLL_LANES,
                            end - block < width ? end - block : width, own->bias_input + (size_t)block * UNROLL_LANES,
                            symbol + row, rows, gate + block, from);
    if (own->norm)
        unroll_recurrent_norm_input(layer, tape, row, rows);
}

/* ---- step by step ---- */

/* Products of so few rows take all panels in one go, as a tile then takes several groups; so do steps without a product. */
enum { FEW_ROWS = 2 };

void unroll_walk_open(unroll_walk *walk, const unroll_layer *layer, unroll_part panels, const unroll_tape *tape,
                      const unroll_matrix *old, const unroll_matrix *now, const unroll_cell_place *at, const unroll_team *team)
{
    const unroll_recurrent *own = layer->own;
    int gates = own->shape.recurrent;
    walk->layer = layer;
    walk->team = team;
    walk->panels = panels;
    walk->tape = tape;
    walk->old = old;
    walk->now = now;
    walk->at = *at;
    walk->product = (unroll_product){.k = own->head_units,
                                     .width = own->width[1],
                                     .chained = own->single && own->panels * gates <= CHAINED_BLOCKS};
    walk->late = (unroll_product){.k = own->hidden,
                                  .width = own->width[UNROLL_LATE_SIDE],
                                  .a = tape->operand.at,
                                  .chained = own->single && own->panels * own->shape.late <= CHAINED_BLOCKS};
    walk->mask = NULL;
    walk->cell.variant = own->shape.variant;
    walk->cell.normed = own->normed > 0;
    walk->cell.gate = unroll_matrix_block(tape->all);
    walk->cell.at = &walk->at;
}

/* a hook over the whole rows of a step */
static void whole_rows(const unroll_walk *walk, const unroll_run *r, void (*hook)(const unroll_cell_rows *))
{
    const unroll_recurrent *own = walk->layer->own;
    unroll_cell_rows all = {.rows = r->count, .units = own->hidden, .panels = own->panels, .slots = own->slots,
                            .variant = own->shape.variant};
    all.tape = unroll_matrix_from(walk->tape->all, r->row);
    for (int k = 0; k < own->states; k++) {
        all.old[k] = unroll_matrix_from(walk->old[k], r->before);
        all.now[k] = unroll_matrix_from(walk->now[k], r->after);
    }
    for (int v = 0; v < own->vectors; v++)
        all.vector[v] = unroll_recurrent_vector(own, walk->layer->w, v, 0);
    hook(&all);
}

/* What a cell does with a step, panel by panel, or, of a single sequence, over all in one go. */
static void each_panel(unroll_walk *walk, const unroll_run *r, int first, int panels, void (*cell)(const unroll_cell_step *))
{
    const unroll_recurrent *own = walk->layer->own;
    unroll_cell_step *step = &walk->cell;
    bool one = r->count == 1;
    step->count = one ? panels : r->count;
    step->gates_next = one ? (size_t)own->slots * step->gate : UNROLL_LANES;
    step->state_next = one ? unroll_matrix_block(walk->now[0]) : UNROLL_LANES;
    step->vector_next = one ? UNROLL_LANES : 0;
    step->operand_next = one && own->shape.late > 0 ? unroll_matrix_block(walk->tape->operand) : UNROLL_LANES;
    walk->at.sequence_next = !one;
    walk->at.unit_next = one ? UNROLL_LANES : 0;
    for (int panel = first, end = one ? first + 1 : first + panels; panel < end; panel++) {
        step->gates = unroll_matrix_row(walk->tape->all, panel * own->slots, r->row);
        for (int k = 0; k < own->states; k++) {
            step->old[k] = unroll_matrix_row(walk->old[k], panel, r->before);
            step->now[k] = unroll_matrix_row(walk->now[k], panel, r->after);
        }
        for (int v = 0; v < own->vectors; v++)
            step->vector[v] = unroll_recurrent_vector(own, walk->layer->w, v, panel);
        for (int v = 0; v < own->shape.derived; v++)
            step->derived[v] = unroll_recurrent_derived(own, v, panel);
        if (own->shape.late > 0)
            step->operand = unroll_matrix_row(walk->tape->operand, panel, r->row);
        step->drop = own->update_share > 0 && walk->at.training ? step->gates + (size_t)own->update * step->gate : NULL;
        walk->at.unit = panel * UNROLL_LANES;
        cell(step);
    }
}

void unroll_walk_cells(unroll_walk *walk, const unroll_run *r, int first, int panels)
{
    const unroll_recurrent *own = walk->layer->own;
    if (own->norm)
        unroll_recurrent_norm_recurrent(walk, r);
    if (own->cell->before != NULL)
        whole_rows(walk, r, own->cell->before);
    each_panel(walk, r, first, panels, own->cell->forward);
    if (own->normed > 0) {
        unroll_recurrent_norm_state(walk, r);
        each_panel(walk, r, first, panels, own->cell->output);
    }
    if (own->cell->after != NULL)
        whole_rows(walk, r, own->cell->after);
    if (own->zones)
        unroll_recurrent_mix(walk, r, first, panels);
}

void unroll_walk_operand(unroll_walk *walk, const unroll_run *r)
{
    const unroll_recurrent *own = walk->layer->own;
    each_panel(walk, r, 0, own->panels, own->cell->operand);
    if (walk->mask != NULL)
        unroll_operand_mask(own, r, *walk->mask, walk->tape->operand, r->row, walk->tape->operand, r->row, false);
}

/* the weights of panel `panel` of a recurrent product */
static const real *recurrent_weights(const unroll_layer *layer, int side, int panel)
{
    const unroll_recurrent *own = layer->own;
    if (side == UNROLL_LATE_SIDE)
        return layer->w + own->w_late + (size_t)panel * (size_t)(own->shape.late * own->hidden) * UNROLL_LANES;
    return layer->w + own->w_hh + (size_t)panel * (size_t)(own->shape.recurrent * own->head_units) * UNROLL_LANES;
}

/* The product of one side for `count` panels from `first` on, and the cells where it is the last; `after`: what is read next. */
static void step_piece(unroll_walk *walk, int side, const unroll_run *r, int first, int count, int after)
{
    const unroll_recurrent *own = walk->layer->own;
    int gates = side == UNROLL_STATE_SIDE ? own->shape.recurrent : own->shape.late, block = first * gates;
    unroll_product *p = side == UNROLL_STATE_SIDE ? &walk->product : &walk->late;
    if (gates > 0) {
        unroll_team_phase(walk->team, UNROLL_PHASE_RECURRENT);
        p->blocks = count * gates;
        p->b = recurrent_weights(walk->layer, side, first);
        p->c = walk->tape->side[side].at + block;
        p->start = side == UNROLL_STATE_SIDE && own->start[1] != NULL ? own->start[1] + block : NULL;
        p->after = own->beyond_cache ? recurrent_weights(walk->layer, side, after) : NULL;
        own->engine->product(p);
    }
    unroll_team_phase(walk->team, UNROLL_PHASE_CELL);
    if (!own->whole_rows && (side == UNROLL_LATE_SIDE || own->shape.late == 0))
        unroll_walk_cells(walk, r, first, count);
}

/* Some panels: so few at once that the cell finds them in the first-level cache. */
static void step_panels(unroll_walk *walk, int side, const unroll_run *r, unroll_part panels, bool back)
{
    const unroll_recurrent *own = walk->layer->own;
    int count = panels.end - panels.begin, together = own->together, pieces;
    if (count > 0 && (r->count <= FEW_ROWS || own->shape.recurrent == 0)) {
        step_piece(walk, side, r, panels.begin, count, panels.begin);
        return;
    }
    pieces = (count + together - 1) / together;
    for (int i = 0; i < pieces; i++) {
        int first = panels.begin + (back ? pieces - 1 - i : i) * together, next = back ? first - together : first + together;
        bool more = i + 1 < pieces;
        step_piece(walk, side, r, first, panels.end - first < together ? panels.end - first : together, more ? next : first);
    }
}

/* The rows of a step's product; `seen`: what it is of, from row seen_row on. */
static void set_rows(unroll_product *p, unroll_matrix seen, int seen_row, const unroll_run *r, bool back)
{
    p->rows = r->count;
    p->a_from = seen.from + (size_t)seen_row * UNROLL_LANES;
    p->c_from = (size_t)r->row * UNROLL_LANES;
    p->back = back;
}

void unroll_walk_step(unroll_walk *walk, const unroll_run *r, bool back)
{
    const unroll_recurrent *own = walk->layer->own;
    unroll_matrix seen = walk->mask != NULL ? walk->tape->seen : walk->old[0];
    if (r->count == 0)
        return;
    if (walk->mask != NULL)
        unroll_operand_mask(own, r, *walk->mask, walk->old[0], r->before, walk->tape->seen, r->row, false);
    set_rows(&walk->product, seen, walk->mask != NULL ? r->row : r->before, r, back);
    for (int i = 0; i < own->heads; i++) {
        int head = back ? own->heads - 1 - i : i;
        walk->product.a = seen.at + head * own->head_panels;
        step_panels(walk, UNROLL_STATE_SIDE, r, unroll_recurrent_in_head(own, walk->panels, head), back);
    }
    if (own->shape.late > 0) {
        unroll_walk_operand(walk, r);
        set_rows(&walk->late, walk->tape->operand, r->row, r, back);
        step_panels(walk, UNROLL_LATE_SIDE, r, walk->panels, back);
    }
    if (own->whole_rows)
        unroll_walk_cells(walk, r, 0, own->panels);
}

/* ---- a whole set ---- */

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

/* What forward leaves ready for the gradients: initial states that nobody sets when the set is read backwards, and gradients
   of the last states, which others add to. */
static void prepare(unroll_node *node, const unroll_pass *pass)
{
    const unroll_recurrent *own = node->layer->own;
    const recurrent_node *mine = node->own;
    unroll_part panels = unroll_team_part(pass->team, own->panels);
    if (own->backwards && node->layer->sources < 2 && !mine->started)
        for (int k = 0; k < own->states; k++)
            clear(mine->state[k], panels, node->set->total, node->set->size);
    for (int k = 1; own->ends_read && k < own->states; k++)
        clear(mine->d_state[k], panels, 0, node->set->size);
    if (node->layer->sources > 1)
        copy_initial(node, pass);
    else if (own->backwards || own->ends_read)
        unroll_team_wait(pass->team);
}

/* Steps first..end - 1 in the order of reading, through some panels: the input product of them all, then step by step. */
static void forward_stretch(unroll_node *node, const unroll_team *team, const thread_share *share, const unroll_cell_place *at,
                            bool masked, int first, int end)
{
    const unroll_recurrent *own = node->layer->own;
    const recurrent_node *mine = node->own;
    const unroll_set *set = node->set;
    unroll_part steps = steps_of(own, set, first, end);
    unroll_walk walk;
    unroll_team_phase(team, UNROLL_PHASE_INPUT);
    for (int t = steps.begin, next; t < steps.end; t = next) {
        unroll_part rows = own_rows(share, set, t, steps.end, &next);
        unroll_recurrent_input(node->layer, share->panels, node->source[0]->output, node->source[0]->symbol, rows.begin,
                               rows.end - rows.begin, &mine->tape);
    }
    unroll_walk_open(&walk, node->layer, share->panels, &mine->tape, mine->state, mine->state, at, team);
    walk.mask = masked ? &mine->mask : NULL;
    for (int p = first; p < end; p++) {
        walk.at.time = step_at(own, set, p);
        for (int i = 0; i < runs_of(own); i++) {
            unroll_run r;
            run_at(node, share, walk.at.time, i, &r);
            walk.at.sequence = set->order + r.sequence;
            unroll_walk_step(&walk, &r, own->beyond_cache && p % 2 == 1);
        }
        if (share->wait)
            unroll_team_wait(team);
    }
}

void unroll_recurrent_forward(unroll_node *node, const unroll_pass *pass)
{
    const unroll_recurrent *own = node->layer->own;
    const unroll_set *set = node->set;
    const unroll_team *team = pass->team;
    thread_share share = share_of(own, set, team);
    unroll_cell_place at = place_in_pass(node->layer, pass);
    int stretch = stretch_steps(set), few = panels_at_once(own, set);
    bool masked = is_masked(node, pass);
    prepare(node, pass);
    unroll_operand_draw(node, pass, share.sequences);
    for (int first = 0; first < set->steps; first += stretch) {
        int end = first + stretch < set->steps ? first + stretch : set->steps, panel = share.panels.begin;
        unroll_recurrent_draw(node, &share, &at, steps_of(own, set, first, end));
        do { /* a thread without panels waits with the others, too */
            thread_share piece = with_panels(&share, panel, few);
            forward_stretch(node, team, &piece, &at, masked, first, end);
            panel += few;
        } while (panel < share.panels.end);
    }
    unroll_team_phase(team, UNROLL_PHASE_OTHER);
    if (!share.wait)
        unroll_team_wait(team);
}
