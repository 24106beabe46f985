/* recurrent_runs.h: how the work over a set of sequences is parted (inside the family of recurrent.h): what a thread does, and
   which rows lie together at a step. Inline: small layers do it every few hundred nanoseconds. */
#ifndef UNROLL_LAYERS_RECURRENT_RUNS_H
#define UNROLL_LAYERS_RECURRENT_RUNS_H

#include <string.h>

#include "base/random.h"
#include "layers/parts.h"
#include "layers/recurrent.h"

/* rows of a stretch of steps whose input product, weight gradient and input gradient are taken in one go: enough to
   amortise the passes over the weights, few enough to stay in the second-level cache */
enum { STRETCH_ROWS = 256 };

/* Recurrent products of a single sequence that have so few blocks of outputs wait for their own sums: they take several chains. */
enum { CHAINED_BLOCKS = 8 };

/* What this thread does in the loop over time: some sequences through all panels, and then threads wait for each other only
   at the end; or some panels of all sequences, and then all wait for each other at every step, unless the cell has no
   recurrent product. */
typedef struct thread_share {
    unroll_part panels, sequences;
    bool parted; /* the panels are */
    bool wait;   /* at every step */
    bool same;   /* the blocks of the states' gradient that a thread computes are its panels */
} thread_share;

/* the part of the panels that this thread has where they are parted: groups of weights stay whole */
static inline unroll_part own_panels(const unroll_recurrent *own, const unroll_team *team)
{
    unroll_part part = unroll_team_part(team, (own->panels + own->together - 1) / own->together);
    part.begin *= own->together;
    part.end = part.end * own->together < own->panels ? part.end * own->together : own->panels;
    return part;
}

/* The first sequence of thread `rank`: all have about as many steps to do; groups of `together` stay together. */
static inline int first_sequence(const unroll_set *set, const unroll_team *team, int rank, int together)
{
    long long want = (long long)set->total * rank / team->size, steps = 0;
    int sequence = 0;
    while (sequence < set->size && steps < want)
        steps += set->length[sequence++];
    sequence = (sequence + together - 1) / together * together;
    return sequence < set->size ? sequence : set->size;
}

static inline thread_share share_of(const unroll_recurrent *own, const unroll_set *set, const unroll_team *team)
{
    thread_share s = {.panels = {0, own->panels}, .sequences = {0, set->size}};
    int together = own->norm ? UNROLL_NORM_GROUP : 1;
    if (team->size == 1)
        return s;
    s.parted = !own->one_owner &&
               !unroll_parts_by_sequences((double)own->shape.recurrent * own->hidden * own->head_units, set->size, team->size);
    s.wait = s.parted && own->shape.recurrent > 0;
    if (s.parted)
        s.panels = own_panels(own, team);
    else
        s.sequences = (unroll_part){first_sequence(set, team, team->rank, together),
                                    first_sequence(set, team, team->rank + 1, together)};
    return s;
}

/* of a thread's sequences, those that are alive at step t */
static inline unroll_part alive(const thread_share *s, const unroll_set *set, int t)
{
    unroll_part part = s->sequences;
    part.begin = part.begin < set->rows[t] ? part.begin : set->rows[t];
    part.end = part.end < set->rows[t] ? part.end : set->rows[t];
    return part;
}

/* Whether draws are made in this pass, and their key: what all steps have in common. */
static inline unroll_cell_place place_in_pass(const unroll_layer *layer, const unroll_pass *pass)
{
    unroll_cell_place at = {.training = pass->training};
    if (at.training)
        unroll_pass_key(layer, pass, at.key);
    return at;
}

/* Whether products see a masked state in this pass. */
static inline bool is_masked(const unroll_node *node, const unroll_pass *pass)
{
    return pass->training && ((const unroll_recurrent *)node->layer->own)->dropped > 0;
}

/* What the cell finds of one run and panel: the tape, the states, its vectors. */
static inline void set_panel(const unroll_node *node, int panel, const unroll_run *r, unroll_cell_gradient *step)
{
    const unroll_recurrent *own = node->layer->own;
    const unroll_recurrent_node *mine = node->own;
    step->gates = unroll_matrix_row(mine->tape.all, panel * own->slots, r->row);
    for (int k = 0; k < own->states; k++) {
        step->old[k] = unroll_matrix_row(mine->state[k], panel, r->before);
        step->now[k] = own->zone[k].fresh > 0 ? unroll_matrix_row(mine->fresh[k], panel, r->row)
                                              : unroll_matrix_row(mine->state[k], panel, r->after);
    }
    step->drop = own->update_share > 0 ? step->gates + (size_t)own->update * step->gate : NULL;
    for (int v = 0; v < own->vectors; v++)
        step->vector[v] = unroll_recurrent_vector(own, node->layer->w, v, panel);
    for (int v = 0; v < own->shape.derived; v++)
        step->derived[v] = unroll_recurrent_derived(own, v, panel);
}

/* The step that is the p-th to be read. */
static inline int step_at(const unroll_recurrent *own, const unroll_set *set, int p)
{
    return own->backwards ? set->steps - 1 - p : p;
}

static inline void set_run(unroll_run *r, const unroll_recurrent_node *mine, const unroll_set *set, int t, int begin, int end)
{
    r->count = end > begin ? end - begin : 0;
    r->sequence = begin;
    r->row = set->offset[t] + begin;
    r->after = mine->first_row + r->row;
}

/* Step t holds one run, or, where sequences of unequal length are read backwards, two: those that go on and those that
   begin. How many, and the i-th of them. It is filled in place: a copy would wait for the stores of its parts, and small
   layers have hardly more to do at a step. */
static inline int runs_of(const unroll_recurrent *own)
{
    return own->backwards ? 2 : 1;
}

static inline void run_at(const unroll_node *node, const thread_share *s, int t, int i, unroll_run *r)
{
    const unroll_recurrent *own = node->layer->own;
    const unroll_recurrent_node *mine = node->own;
    const unroll_set *set = node->set;
    unroll_part part = alive(s, set, t);
    int going;
    if (!own->backwards) {
        set_run(r, mine, set, t, part.begin, part.end);
        r->first = t == 0;
        /* the initial ones end where those of step 0 begin */
        r->before = (t == 0 ? node->batch - set->size : node->batch + set->offset[t - 1]) + part.begin;
        return;
    }
    going = t + 1 < set->steps ? set->rows[t + 1] : 0;
    going = going < part.begin ? part.begin : going > part.end ? part.end : going;
    set_run(r, mine, set, t, i == 0 ? part.begin : going, i == 0 ? going : part.end);
    r->first = i == 1;
    r->before = i == 1 ? set->total + going : r->count > 0 ? set->offset[t + 1] + part.begin : 0;
}

/* This thread's rows from step t on that lie in one run, up to step `end`; *next: the step after them. Of all sequences they
   are those of all the steps. */
static inline unroll_part own_rows(const thread_share *s, const unroll_set *set, int t, int end, int *next)
{
    unroll_part part = alive(s, set, t);
    bool all = s->sequences.begin == 0 && s->sequences.end == set->size;
    *next = all ? end : t + 1;
    return all ? (unroll_part){set->offset[t], set->offset[end]}
               : (unroll_part){set->offset[t] + part.begin, set->offset[t] + part.end};
}

static inline int stretch_steps(const unroll_set *set)
{
    return (STRETCH_ROWS + set->size - 1) / set->size;
}

/* the steps that are read p-th, first <= p < end: begin..end - 1 */
static inline unroll_part steps_of(const unroll_recurrent *own, const unroll_set *set, int first, int end)
{
    return own->backwards ? (unroll_part){set->steps - end, set->steps - first} : (unroll_part){first, end};
}

/* Without a recurrent product no panel needs another, and a few of them go through all steps of a stretch before the next
   ones, so that what they leave is still in the first-level cache: of a single sequence as many as the cell takes at once.
   Else all go together. */
static inline int panels_at_once(const unroll_recurrent *own, const unroll_set *set)
{
    enum { OF_ONE_SEQUENCE = 8 };
    int few = set->size > 1 ? own->together : (OF_ONE_SEQUENCE + own->together - 1) / own->together * own->together;
    return own->shape.recurrent > 0 || own->one_owner ? own->panels : few;
}

/* The share of `share` that has at most `count` panels from `first` on. */
static inline thread_share with_panels(const thread_share *share, int first, int count)
{
    thread_share s = *share;
    s.panels.begin = first;
    s.panels.end = first + count < share->panels.end ? first + count : share->panels.end;
    return s;
}

static inline void clear(unroll_matrix m, unroll_part panels, int row, int rows)
{
    for (int panel = panels.begin; rows > 0 && panel < panels.end; panel++)
        memset(unroll_matrix_row(m, panel, row), 0, (size_t)rows * UNROLL_LANES * sizeof(real));
}

/* Draws the masks of some steps on the tape, as far as they are this thread's, where it trains (recurrent_masks.c). */
void unroll_recurrent_draw(const unroll_node *node, const thread_share *share, const unroll_cell_place *at, unroll_part steps);

#endif
