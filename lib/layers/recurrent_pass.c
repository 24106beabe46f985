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
    if (!own->symbols) {
        own->engine->product(&p);
        return;
    }
    for (; block < end; block += width)
        own->engine->gather(layer->w + own->w_ih + (size_t)block * (size_t)own->inputs * UNROLL_LANES,
                            end - block < width ? end - block : width, own->bias_input + (size_t)block * UNROLL_LANES,
                            symbol + row, rows, gate + block, from);
}

/* a hook over the whole rows of a step */
static void whole_rows(const unroll_layer *layer, void (*hook)(const unroll_cell_rows *), int rows, const unroll_tape *tape, int row,
                       const unroll_recurrent_states *s)
{
    const unroll_recurrent *own = layer->own;
    unroll_cell_rows all = {.rows = rows, .units = own->hidden, .panels = own->panels, .slots = own->slots,
                            .variant = own->shape.variant};
    all.tape = unroll_matrix_from(tape->all, row);
    for (int k = 0; k < own->states; k++) {
        all.old[k] = unroll_matrix_from(s->old[k], s->before);
        all.now[k] = unroll_matrix_from(s->now[k], s->after);
    }
    for (int v = 0; v < own->vectors; v++)
        all.vector[v] = unroll_recurrent_vector(own, layer->w, v, 0);
    hook(&all);
}

/* the cell over some panels: panel by panel, or, of a single sequence, over all in one go */
void unroll_recurrent_cells(const unroll_layer *layer, int first, int panels, int rows, const unroll_tape *tape, int row,
                            const unroll_recurrent_states *s)
{
    const unroll_recurrent *own = layer->own;
    bool one = rows == 1;
    unroll_cell_step step;
    step.count = one ? panels : rows;
    step.variant = own->shape.variant;
    step.gate = unroll_matrix_block(tape->all);
    step.gates_next = one ? (size_t)own->slots * step.gate : UNROLL_LANES;
    step.state_next = one ? unroll_matrix_block(s->now[0]) : UNROLL_LANES;
    step.vector_next = one ? UNROLL_LANES : 0;
    step.at = s->at;
    s->at->sequence_next = !one;
    s->at->unit_next = one ? UNROLL_LANES : 0;
    if (own->cell->before != NULL)
        whole_rows(layer, own->cell->before, rows, tape, row, s);
    for (int panel = first; panel < first + panels; panel += one ? panels : 1) {
        step.gates = unroll_matrix_row(tape->all, panel * own->slots, row);
        for (int k = 0; k < own->states; k++) {
            step.old[k] = unroll_matrix_row(s->old[k], panel, s->before);
            step.now[k] = unroll_matrix_row(s->now[k], panel, s->after);
        }
        for (int v = 0; v < own->vectors; v++)
            step.vector[v] = unroll_recurrent_vector(own, layer->w, v, panel);
        s->at->unit = panel * UNROLL_LANES;
        own->cell->forward(&step);
    }
    if (own->cell->after != NULL)
        whole_rows(layer, own->cell->after, rows, tape, row, s);
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
    return layer->w + own->w_hh + (size_t)panel * (size_t)(own->shape.recurrent * own->head_units) * UNROLL_LANES;
}

/* one step of panels of one head */
static void head_step(const unroll_layer *layer, int head, unroll_part panels, int rows, const unroll_tape *tape, int row,
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
        int block = first * shape->recurrent;
        unroll_product p = {.rows = rows,
                            .k = own->head_units,
                            .blocks = count * shape->recurrent,
                            .width = own->width[1],
                            .a = s->old[0].at + head * own->head_panels,
                            .a_from = s->old[0].from + (size_t)s->before * UNROLL_LANES,
                            .b = recurrent_weights(layer, first),
                            .c = tape->side[1].at + block,
                            .c_from = (size_t)row * UNROLL_LANES,
                            .start = own->start[1] != NULL ? own->start[1] + block : NULL,
                            .back = back,
                            .after = own->large ? recurrent_weights(layer, after) : NULL,
                            .chained = own->single && own->panels * shape->recurrent <= CHAINED_BLOCKS};
        unroll_team_phase(team, UNROLL_PHASE_RECURRENT);
        if (shape->recurrent > 0)
            own->engine->product(&p);
        unroll_team_phase(team, UNROLL_PHASE_CELL);
        if (!own->whole_rows)
            unroll_recurrent_cells(layer, first, count, rows, tape, row, s);
    }
}

void unroll_recurrent_one_step(const unroll_layer *layer, unroll_part panels, int rows, const unroll_tape *tape, int row,
                               const unroll_recurrent_states *s, bool back, const unroll_team *team)
{
    const unroll_recurrent *own = layer->own;
    for (int i = 0; i < own->heads; i++) {
        int head = back ? own->heads - 1 - i : i;
        head_step(layer, head, unroll_recurrent_in_head(own, panels, head), rows, tape, row, s, back, team);
    }
    if (own->whole_rows && rows > 0)
        unroll_recurrent_cells(layer, 0, own->panels, rows, tape, row, s);
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
static void forward_stretch(unroll_node *node, const unroll_team *team, const thread_share *share, unroll_cell_place *at, int first,
                            int end)
{
    const unroll_recurrent *own = node->layer->own;
    const recurrent_node *mine = node->own;
    const unroll_set *set = node->set;
    unroll_part steps = steps_of(own, set, first, end);
    unroll_team_phase(team, UNROLL_PHASE_INPUT);
    for (int t = steps.begin, next; t < steps.end; t = next) {
        unroll_part rows = own_rows(share, set, t, steps.end, &next);
        unroll_recurrent_input(node->layer, share->panels, node->source[0]->output, node->source[0]->symbol, rows.begin,
                               rows.end - rows.begin, &mine->tape);
    }
    for (int p = first; p < end; p++) {
        at->time = step_at(own, set, p);
        for (int i = 0; i < runs_of(own); i++) {
            run r;
            unroll_recurrent_states s = {.old = mine->state, .now = mine->state, .at = at};
            run_at(node, share, at->time, i, &r);
            s.before = r.before;
            s.after = r.after;
            at->sequence = set->order + r.sequence;
            unroll_recurrent_one_step(node->layer, share->panels, r.count, &mine->tape, r.row, &s, own->large && p % 2 == 1, team);
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
    prepare(node, pass);
    for (int first = 0; first < set->steps; first += stretch) {
        int end = first + stretch < set->steps ? first + stretch : set->steps, panel = share.panels.begin;
        do { /* a thread without panels waits with the others, too */
            thread_share piece = with_panels(&share, panel, few);
            forward_stretch(node, team, &piece, &at, first, end);
            panel += few;
        } while (panel < share.panels.end);
    }
    unroll_team_phase(team, UNROLL_PHASE_OTHER);
    if (!share.wait)
        unroll_team_wait(team);
}
