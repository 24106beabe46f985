/* Random masks inside the recurrence. Zoneout (Krueger et al., 2017): a unit of a state keeps its value of the step before with
   some chance, else takes the fresh one that the cell computed; without training it is their mean. Dropout of the update
   (Semeniuta, Severyn, Barth, 2016): the cell multiplies its candidate with 0 or 1 / (1 - rate); without training with 1.

   A mask is a function of the seed, the training step, the layer, the sequence's place in the caller's batch, the time step, the
   unit and which mask it is. It lies on the tape from forward to backward, and so do the fresh states where the cell's backward
   reads them. */
#include <math.h>

#include "layers/recurrent_runs.h"

typedef unroll_recurrent_node recurrent_node;

/* Masks by the last word of their counters: those of zoneout by state, that of the update. Draws of cells (cells/draw.h) and of
   the operand have smaller numbers. */
enum { ZONEOUT_MASK = 1 << 17, UPDATE_MASK = ZONEOUT_MASK + UNROLL_CELL_STATES };

uint32_t unroll_recurrent_share(double chance)
{
    return (uint32_t)lrint(chance * UNROLL_MASK_SHARES);
}

/* not those that are parts of one */
bool unroll_recurrent_takes_zoneout(const unroll_cell *cell)
{
    return cell->shape.parts <= 1;
}

bool unroll_recurrent_takes_zoneout_cell(const unroll_cell *cell)
{
    return unroll_cell_states(cell) > 1 && !cell->joint;
}

unroll_status unroll_recurrent_open_masks(unroll_layer *layer, const unroll_recurrent_options *options)
{
    unroll_recurrent *own = layer->own;
    if (options->zoneout > 0 && !unroll_recurrent_takes_zoneout(own->cell))
        return unroll_error(UNROLL_WRONG, "zoneout=%g: a unit of the cell %s is %d of the layer's, none of which could be kept alone",
                            options->zoneout, own->cell->name, own->cell->shape.parts);
    if (options->zoneout_cell > 0 && !unroll_recurrent_takes_zoneout_cell(own->cell))
        return unroll_error(UNROLL_WRONG,
                            "zoneout_cell=%g: the cell %s has no state beside its output that could be kept by itself",
                            options->zoneout_cell, own->cell->name);
    if (options->drop_update > 0 && !own->shape.drops)
        return unroll_error(UNROLL_WRONG, "drop_update=%g: the cell %s has no candidate that could be dropped",
                            options->drop_update, own->cell->name);
    for (int k = 0; k < own->states; k++) {
        unroll_zone *zone = &own->zone[k];
        zone->share = unroll_recurrent_share(k == 0 ? options->zoneout : options->zoneout_cell);
        if (zone->share == 0)
            continue;
        own->zones = true;
        zone->stays = own->slots++;
        zone->fresh = own->shape.old_alone ? 0 : own->slots++;
    }
    own->update_share = unroll_recurrent_share(options->drop_update);
    if (own->update_share > 0)
        own->update = own->slots++;
    return unroll_ok();
}

void unroll_recurrent_take_masks(unroll_node *node, unroll_arena *arena)
{
    const unroll_recurrent *own = node->layer->own;
    recurrent_node *mine = node->own;
    for (int k = 0; k < own->states; k++)
        if (own->zone[k].fresh > 0)
            mine->fresh[k] = unroll_recurrent_places(own, arena, mine->tape.all, own->zone[k].fresh, 1);
}

/* ---- drawing ---- */

/* of one run, to one place on the tape */
static void draw(const unroll_node *node, unroll_mask *mask, int place, uint32_t which)
{
    const unroll_recurrent *own = node->layer->own;
    const recurrent_node *mine = node->own;
    mask->which = which;
    mask->to = mine->tape.all.at + place;
    mask->to_next = own->slots;
    own->engine->mask(mask);
}

static void draw_run(const unroll_node *node, const unroll_cell_place *at, unroll_part panels, int time, const unroll_run *r)
{
    const unroll_recurrent *own = node->layer->own;
    const recurrent_node *mine = node->own;
    unroll_mask mask = {.key = {at->key[0], at->key[1]}, .rows = r->count, .begin = panels.begin, .end = panels.end, .time = time,
                        .sequence = node->set->order + r->sequence,
                        .from = mine->tape.all.from + (size_t)r->row * UNROLL_LANES};
    for (int k = 0; k < own->states; k++) {
        mask.share = own->zone[k].share;
        mask.hit = 1;
        if (mask.share > 0)
            draw(node, &mask, own->zone[k].stays, ZONEOUT_MASK + (uint32_t)k);
    }
    mask.share = own->update_share;
    mask.hit = 0;
    mask.other = (real)UNROLL_MASK_SHARES / (real)(UNROLL_MASK_SHARES - mask.share);
    if (mask.share > 0)
        draw(node, &mask, own->update, UPDATE_MASK);
}

void unroll_recurrent_draw(const unroll_node *node, const thread_share *share, const unroll_cell_place *at, unroll_part steps)
{
    const unroll_recurrent *own = node->layer->own;
    if (!at->training || (!own->zones && own->update_share == 0))
        return;
    for (int t = steps.begin; t < steps.end; t++)
        for (int i = 0; i < runs_of(own); i++) {
            unroll_run r;
            run_at(node, share, t, i, &r);
            draw_run(node, at, share->panels, t, &r);
        }
}

/* ---- zoneout ---- */

/* a place of a panel, from a run's first row on */
static real *place_of(const unroll_recurrent *own, const unroll_tape *tape, int panel, int place, const unroll_run *r)
{
    return unroll_matrix_row(tape->all, panel * own->slots + place, r->row);
}

void unroll_recurrent_mix(const unroll_walk *walk, const unroll_run *r, int first, int panels)
{
    const unroll_recurrent *own = walk->layer->own;
    for (int k = 0; k < own->states; k++) {
        const unroll_zone *zone = &own->zone[k];
        for (int panel = first; zone->share > 0 && panel < first + panels; panel++)
            own->engine->mix(walk->at.training ? place_of(own, walk->tape, panel, zone->stays, r) : NULL,
                             (real)zone->share / UNROLL_MASK_SHARES, unroll_matrix_row(walk->old[k], panel, r->before),
                             unroll_matrix_row(walk->now[k], panel, r->after),
                             zone->fresh > 0 ? place_of(own, walk->tape, panel, zone->fresh, r) : NULL,
                             (size_t)r->count * UNROLL_LANES);
    }
}

/* Gradients of states after the first are those of the step at hand, which the cell turns into those of the step before: what
   goes straight there waits in the mask's place. */
void unroll_recurrent_part(const unroll_node *node, unroll_part panels, const unroll_run *r, bool cut)
{
    const unroll_recurrent *own = node->layer->own;
    const recurrent_node *mine = node->own;
    for (int k = 0; k < own->states; k++)
        for (int panel = panels.begin; own->zone[k].share > 0 && panel < panels.end; panel++)
            own->engine->part(place_of(own, &mine->tape, panel, own->zone[k].stays, r),
                              unroll_matrix_row(mine->d_state[k], panel, k == 0 ? r->after : r->sequence),
                              k == 0 && !cut ? unroll_matrix_row(mine->d_state[0], panel, r->before) : NULL,
                              (size_t)r->count * UNROLL_LANES);
}

void unroll_recurrent_join(const unroll_node *node, unroll_part panels, const unroll_run *r)
{
    const unroll_recurrent *own = node->layer->own;
    const recurrent_node *mine = node->own;
    for (int k = 1; k < own->states; k++)
        for (int panel = panels.begin; own->zone[k].share > 0 && panel < panels.end; panel++)
            own->engine->add(unroll_matrix_row(mine->d_state[k], panel, r->sequence),
                             place_of(own, &mine->tape, panel, own->zone[k].stays, r), (size_t)r->count * UNROLL_LANES);
}
