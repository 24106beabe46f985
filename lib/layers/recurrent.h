/* recurrent.h: a layer of any cell (cells/cell.h) over a set of sequences: h_t, c_t, ... = cell(x_t, h_(t-1), c_(t-1), ...).

   The gates of the same 16 hidden units (a panel) lie side by side. The tape holds the input product, then the activations
   that forward leaves for backward, then the gradients of the pre-activations, all in one place. */
#ifndef UNROLL_LAYERS_RECURRENT_H
#define UNROLL_LAYERS_RECURRENT_H

#include "cells/cell.h"
#include "layers/graph.h"

typedef struct unroll_recurrent_options {
    const char *cell;
    int hidden;
    int level;      /* the number in its weights' names: "NAME.weight_ih_l0" */
    double drop_state; /* share of the units of state 0 that recurrent products do not see while training, the same ones at all
                          steps of a sequence (Gal and Ghahramani, 2016); the others count for more */
    bool backwards; /* reads each sequence from its last step to its first; the names end in "_reverse" */
    bool norm;      /* layer norm of each step's products, and of a state where the cell says so: recurrent_norm.c */
    /* Zoneout (Krueger et al., 2017): the chance that a unit of the output, or of each other state, keeps its value of the step
       before, in training; else it takes the mean. Dropout of the update (Semeniuta et al., 2016): the share of the candidate's
       units that are zero in training, others at each step. All are rounded to multiples of 2^-16; UNROLL_WRONG where the cell
       has no such state or no candidate. */
    double zoneout, zoneout_cell, drop_update;
} unroll_recurrent_options;

/* Adds one. `source`: what it reads at each step; `initial`: another recurrent layer of the same cell and width, on the
   other set, from whose last states this one starts; -1: from zero. */
unroll_status unroll_add_recurrent(unroll_graph *graph, const char *name, int source, int initial,
                                   const unroll_recurrent_options *options, int *index);

/* What one computes at a step, in words, from the shape of its cell: its products and what is done element by element. */
void unroll_recurrent_tell(const unroll_layer *layer, char *out, size_t room);

/* ---- inside the family: recurrent.c, recurrent_pass.c, recurrent_operand.c, recurrent_gradient.c, recurrent_regulariser.c,
   recurrent_step.c, recurrent_norm.c, recurrent_masks.c, recurrent_view.c ---- */

/* Zoneout of a state. */
typedef struct unroll_zone {
    uint32_t share;   /* its rate, of UNROLL_MASK_SHARES; 0: it has none, and no places: */
    int stays, fresh; /* on the tape: the mask, 1 where the value of the step before stays; the state as the cell computed it, 0
                         where its backward has no need of that */
} unroll_zone;

/* The products: of the input, of state 0 before the step, and of what the cell makes of it within the step (cells/cell.h). */
enum { UNROLL_INPUT_SIDE, UNROLL_STATE_SIDE, UNROLL_LATE_SIDE, UNROLL_SIDES };

typedef struct unroll_recurrent {
    const unroll_cell *cell;
    const unroll_engine *engine;
    unroll_cell_shape shape;
    int inputs, hidden, panels, states, level;
    int heads, head_panels, head_units; /* the recurrent weights are a matrix a head, of its panels and units */
    int slots;       /* blocks on the tape a panel: gates + apart + kept, those of the norm and of masks */
    unroll_zone zone[UNROLL_CELL_STATES];
    bool zones;            /* some state has zoneout */
    uint32_t update_share; /* of the candidate's units that are dropped, of UNROLL_MASK_SHARES; */
    int update;            /* the place of its mask on the tape */
    int width[UNROLL_SIDES]; /* blocks in a group of the weights of each side */
    int together;    /* panels that a group may not cut */
    int bptt;
    bool symbols, two_biases, backwards;
    bool beyond_cache; /* the recurrent weights may not stay in the second-level cache */
    bool single;       /* a batch is one sequence (by the setting: however many come at once) */
    bool ends_read;  /* another layer starts from its last states */
    int vectors;     /* that the cell has of its own */
    real *derived;   /* [shape.derived][P][16]: made of those */
    bool whole_rows; /* the cell has hooks over them, or products are normed */
    bool one_owner;  /* a step needs all panels of a sequence before it is done: they stay with one thread */
    bool norm;
    int normed; /* the state that is normed before the output; 0: none */
    uint32_t dropped; /* of the state that products see, of UNROLL_MASK_SHARES */
    size_t vector;   /* place of [vectors][P][16] among the layer's reals */
    /* places among the layer's reals: in groups (I, P*G*16), per head (H / heads, P*R*16 / heads), (H, P*L*16) for L late gates;
       [P*G][16], [P*R][16], [P*L][16] */
    size_t w_ih, w_hh, w_late, b_ih, b_hh, b_late;
    size_t norm_side[2], norm_state; /* and of the norm's weights: [P*G][16], [P*R][16]; weight and bias of the state, [2][P][16] */
    real *bias_input;              /* [P*G][16]: what the input product starts from; zeros where it is normed */
    real *bias_recurrent;          /* [P*R][16]: what the apart recurrent product starts from */
    real *norm_bias[2];            /* in their place where the products are normed */
    const real **start[UNROLL_SIDES]; /* lists of them; NULL but for the input's side and for gates that stay apart */
    const real **zero;             /* of the input's gradient */
    real *w_hh_t, *w_ih_t, *w_late_t; /* per head (P*R*16 / heads, H / heads); (P*G*16, I); (P*L*16, H); in groups of 4 */
    unroll_form form;              /* of the weights that a streaming step reads */
    unroll_packed *packed_ih, **packed_hh, *packed_late; /* in that form; (heads) */
} unroll_recurrent;

/* The tape of some rows, and what the products of each side see of it: the input's gates of all panels, the recurrent ones, the
   late ones. Where they are normed, a side's product, its norm and its gradient lie in places of their own, beside those of the
   gates. */
typedef struct unroll_tape {
    unroll_matrix all, side[UNROLL_SIDES]; /* (rows, P*slots*16); (rows, P*G*16), (rows, P*R*16), (rows, P*L*16) */
    unroll_matrix seen, operand;           /* (rows, H): of the state side where it is masked, of the late side */
    unroll_matrix gates[2];     /* like `side`, of the gates: the same places unless products are normed */
    unroll_matrix state[2];     /* (rows, H): of a normed state what its norm gives and, for backward, without weight and bias */
    real *inverse[3][2];        /* [rows][16]: inverse deviations of each side's norms and of the state's, for backward; else NULL */
} unroll_tape;

/* Some sequences at one step whose states before it lie in consecutive rows. */
typedef struct unroll_run {
    int count;
    int sequence;      /* the first of them */
    int row;           /* its row of the set and of the tape */
    int before, after; /* and of the states */
    bool first;        /* it is their first step */
} unroll_run;

/* What stays the same from step to step: where tape and states lie, the panels, and of the recurrent product and of the cell
   all but the rows. */
typedef struct unroll_walk {
    const unroll_layer *layer;
    const unroll_team *team;
    unroll_part panels;
    const unroll_tape *tape;
    const unroll_matrix *old, *now; /* (states): before a step, after it */
    const unroll_matrix *mask;      /* (B, H): what products see of a sequence's state; NULL: all of it */
    unroll_cell_place at;           /* of draws: whoever walks sets the time and the sequences */
    unroll_product product, late;
    unroll_cell_step cell;
} unroll_walk;

typedef struct unroll_recurrent_node {
    unroll_tape tape;
    /* (B + rows, H): the states after each step and, B rows in all, the initial ones: read forwards before the first step's,
       read backwards after the last step's */
    unroll_matrix state[UNROLL_CELL_STATES];
    unroll_matrix d_state[UNROLL_CELL_STATES]; /* of state 0 like the states; of the others (B, H): of the step at hand */
    unroll_matrix fresh[UNROLL_CELL_STATES]; /* (rows, H), on the tape: of states with zoneout */
    int first_row;                             /* of the states, where the set's rows begin: B, or 0 */
    unroll_tape stream_tape;                          /* (B, ..) */
    unroll_matrix stream_state[2][UNROLL_CELL_STATES]; /* (B, H): before and after, in turns */
    unroll_walk stream_walk[2];                       /* from the one to the other, and back */
    int stream_now;
    bool started; /* initial states are set; else they are zero */
    unroll_matrix mask, d_operand; /* (B, H): of the products' operands; gradients of those of the step at hand */
    /* (rows, H), where a view asks for it, else without memory: gradients of the states after each step; values of gates that
       forward does not leave on the tape */
    unroll_matrix d_kept[UNROLL_CELL_STATES], value[UNROLL_CELL_GATES];
    bool keeps; /* some d_kept is there */
    /* (groups, P*G*16), (groups, P*R*16): the part of UNROLL_NORM_GROUP sequences in the gradient of the norm's weights */
    unroll_matrix norm_products[2];
    /* Where the layer is regularised: (rows, H), what each step's gradient brings to the state before it, in the end times its
       part in the regulariser's gradient; [rows], the squared norm of the gradient of each step's state */
    unroll_matrix brought;
    double *squares;
    unroll_matrix place[2][UNROLL_CELL_GATES + 1]; /* (rows, H), likewise: of the tape, after forward and after backward */
} unroll_recurrent_node;

/* A panel's values of the cell's own vectors, among the layer's weights or its gradient. */
static inline real *unroll_recurrent_vector(const unroll_recurrent *own, real *reals, int vector, int panel)
{
    return reals + own->vector + (size_t)(vector * own->panels + panel) * UNROLL_LANES;
}

/* The same of what is made of them. */
static inline real *unroll_recurrent_derived(const unroll_recurrent *own, int vector, int panel)
{
    return own->derived + (size_t)(vector * own->panels + panel) * UNROLL_LANES;
}

/* Where the recurrent weights of a head begin: among the layer's reals, and among the transposed ones. */
static inline size_t unroll_recurrent_head_weights(const unroll_recurrent *own, int head)
{
    return own->w_hh + (size_t)(head * own->head_panels * own->shape.recurrent) * (size_t)own->head_units * UNROLL_LANES;
}

static inline size_t unroll_recurrent_head_transposed(const unroll_recurrent *own, int head)
{
    size_t rows = (size_t)(own->head_panels * own->shape.recurrent) * UNROLL_LANES;
    return (size_t)head * rows * (size_t)own->head_panels * UNROLL_LANES;
}

/* Those of `panels` that belong to a head. */
static inline unroll_part unroll_recurrent_in_head(const unroll_recurrent *own, unroll_part panels, int head)
{
    int begin = head * own->head_panels, end = begin + own->head_panels;
    unroll_part part = {panels.begin > begin ? panels.begin : begin, panels.end < end ? panels.end : end};
    if (own->heads == 1)
        return panels;
    part.end = part.end > part.begin ? part.end : part.begin;
    return part;
}

/* The columns of a tape in each panel from place `first` on, `gates` of them: a list of its blocks. */
unroll_matrix unroll_recurrent_places(const unroll_recurrent *own, unroll_arena *arena, unroll_matrix all, int first, int gates);

/* Row of sequence s's state before its first step. */
int unroll_recurrent_initial_row(const unroll_node *node, int s);
/* Row of sequence s's state after the last step that is read. */
int unroll_recurrent_end_row(const unroll_node *node, int s);

/* Pre-activations of some panels from the input: of reals, `rows` rows of `input` from `row` on, or of symbols. */
void unroll_recurrent_input(const unroll_layer *layer, unroll_part panels, unroll_matrix input, const int *symbol, int row,
                            int rows, const unroll_tape *tape);
void unroll_walk_open(unroll_walk *walk, const unroll_layer *layer, unroll_part panels, const unroll_tape *tape,
                      const unroll_matrix *old, const unroll_matrix *now, const unroll_cell_place *at, const unroll_team *team);
/* What the cell makes for the late product of all panels, into the tape. */
void unroll_walk_operand(unroll_walk *walk, const unroll_run *r);
/* One step: the recurrent product on top of the input's on the tape, then the cell. `back`: from the last panel to the first. */
void unroll_walk_step(unroll_walk *walk, const unroll_run *r, bool back);
/* The cell alone, over some panels; with hooks over whole rows, over all of them. */
void unroll_walk_cells(unroll_walk *walk, const unroll_run *r, int first, int panels);

/* Operands of products, of recurrent_operand.c. Draws the masks of some sequences, where there are any in this pass. */
void unroll_operand_draw(const unroll_node *node, const unroll_pass *pass, unroll_part sequences);
/* Rows `row` and on of `out` (+)= those of x from x_row on, times the masks of a run's sequences. */
void unroll_operand_mask(const unroll_recurrent *own, const unroll_run *r, unroll_matrix mask, unroll_matrix x, int x_row,
                         unroll_matrix out, int row, bool adds);
/* After the cell's backward of a run: the late gates' product back, and what of it reaches the other gates and the state before. */
void unroll_late_backward(const unroll_node *node, const unroll_run *r, unroll_cell_gradient *cell, unroll_cell_place *at,
                          bool masked, bool cut);
/* Groups of UNROLL_NORM_GROUP among so many sequences; the first of a thread's sequences begins one. */
static inline int unroll_recurrent_norm_groups(int sequences)
{
    return (sequences + UNROLL_NORM_GROUP - 1) / UNROLL_NORM_GROUP;
}

/* Layer norm of the products and of a state, of recurrent_norm.c. What the table of the kind asks for: places among the layer's
   reals, from `from` on; initial values; memory. */
size_t unroll_recurrent_norm_reals(unroll_recurrent *own, size_t from);
void unroll_recurrent_norm_init(unroll_layer *layer);
void unroll_recurrent_norm_take(unroll_recurrent *own, unroll_arena *arena);
void unroll_recurrent_norm_take_tape(const unroll_recurrent *own, unroll_arena *arena, unroll_tape *tape, size_t rows);
/* Forward: of the input's product of some rows, to the gates; of a step's recurrent one, onto them; and of the state. */
void unroll_recurrent_norm_input(const unroll_layer *layer, const unroll_tape *tape, int row, int rows);
void unroll_recurrent_norm_recurrent(const unroll_walk *walk, const unroll_run *r);
void unroll_recurrent_norm_state(const unroll_walk *walk, const unroll_run *r);
/* Backward: of a run's state, before the cell; of its products, from the gradients of the pre-activations, after it; and, of this
   thread's panels, of what rows add to the gradient of the state's weights, and sequences to that of the others. */
void unroll_recurrent_norm_state_back(const unroll_node *node, const unroll_run *r);
void unroll_recurrent_norm_back(const unroll_node *node, const unroll_run *r);
void unroll_recurrent_norm_state_gradient(const unroll_node *node, unroll_part panels, int row, int rows);
void unroll_recurrent_norm_gradient(const unroll_node *node, unroll_part panels);

/* This thread's part of what `rows` rows of the tape from `row` on add to the gradient of the recurrent weights; `seen`: what
   they were multiplied with, from row `before` on (recurrent_gradient.c). */
void unroll_recurrent_weight_gradient(const unroll_node *node, const unroll_team *team, unroll_matrix seen, int before, int row,
                                      int rows);

/* The regulariser of the gradient's norm, of recurrent_regulariser.c. UNROLL_WRONG for an option that it does not go with. */
unroll_status unroll_recurrent_open_regulariser(unroll_layer *layer);
void unroll_recurrent_take_regulariser(unroll_node *node, unroll_arena *arena);
/* At the end of backward: the squared norms of this thread's part of the rows. */
void unroll_recurrent_regularised_squares(const unroll_node *node, const unroll_team *team);
/* What the table of the kind holds. */
int unroll_recurrent_regularised_rows(const unroll_node *node);
void unroll_recurrent_regularise(unroll_node *node, const unroll_pass *pass, int64_t rows);

void unroll_recurrent_forward(unroll_node *node, const unroll_pass *pass);
void unroll_recurrent_backward(unroll_node *node, const unroll_pass *pass);
void unroll_recurrent_step(unroll_node *node, int rows);

/* What the table of the kind holds (layers/layer.h), of recurrent_weights.c and recurrent_state.c. */
size_t unroll_recurrent_reals(unroll_layer *layer);
int unroll_recurrent_weight_count(const unroll_layer *layer);
void unroll_recurrent_weight(const unroll_layer *layer, int index, unroll_weight *out);
size_t unroll_recurrent_locate(const unroll_layer *layer, int index, int row, int column);
unroll_status unroll_recurrent_init(unroll_layer *layer, const unroll_settings *settings, uint64_t seed, int stream);
int unroll_recurrent_state_count(const unroll_layer *layer);
void unroll_recurrent_state(const unroll_layer *layer, int index, unroll_state *out);
bool unroll_recurrent_streams(const unroll_layer *layer);
void unroll_recurrent_start(unroll_node *node, const real *state, size_t stride);
void unroll_recurrent_end(const unroll_node *node, real *state, size_t stride);
void unroll_recurrent_reset(unroll_node *node);
void unroll_recurrent_enter(unroll_node *node, int each);
void unroll_recurrent_save(const unroll_node *node, int row, real *state);
void unroll_recurrent_load(unroll_node *node, int row, const real *state);
void unroll_recurrent_reorder(unroll_node *node, const int *from, int rows);

/* Of recurrent_masks.c. A chance as a share of UNROLL_MASK_SHARES. */
uint32_t unroll_recurrent_share(double chance);
/* Sets the masks' places after the cell's own, and their lists. UNROLL_WRONG for an option that the cell
   cannot have. */
unroll_status unroll_recurrent_open_masks(unroll_layer *layer, const unroll_recurrent_options *options);
void unroll_recurrent_take_masks(unroll_node *node, unroll_arena *arena);
/* Whether units of a cell's output, or of its states beside that, can be kept one by one. */
bool unroll_recurrent_takes_zoneout(const unroll_cell *cell);
bool unroll_recurrent_takes_zoneout_cell(const unroll_cell *cell);
/* Zoneout: after the cell `mix` mixes the states of some panels with those before. Back: before the cell `part` makes of the
   gradients of the mixed states those of the fresh ones, and `join` after it has the states before have the rest; where the
   gradient is `cut` there is no `join`. */
void unroll_recurrent_mix(const unroll_walk *walk, const unroll_run *r, int first, int panels);
void unroll_recurrent_part(const unroll_node *node, unroll_part panels, const unroll_run *r, bool cut);
void unroll_recurrent_join(const unroll_node *node, unroll_part panels, const unroll_run *r);

/* Views, of recurrent_view.c: what the table of the kind holds, and what backward calls where the node keeps gradients, of
   one run: of state 0, and of others with zoneout, once they are whole; of one panel of the rest before the cell. */
int unroll_recurrent_views(const unroll_layer *layer);
void unroll_recurrent_view(const unroll_layer *layer, int index, unroll_view *out);
void unroll_recurrent_keep(unroll_node *node, int index, unroll_arena *arena);
unroll_matrix unroll_recurrent_look(const unroll_node *node, int index);
void unroll_recurrent_keep_whole(const unroll_node *node, unroll_part panels, const unroll_run *r);
void unroll_recurrent_keep_states(const unroll_node *node, const unroll_cell_gradient *step, int panel, int row);

#endif
