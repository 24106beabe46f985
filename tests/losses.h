/* losses.h: a made-up problem for any loss: rows with targets, or a sequence with labels, packed between two others. The core's
   type of reals decides the type here, too: losses_in_double.c compiles the same once more. */
#ifndef UNROLL_TESTS_LOSSES_H
#define UNROLL_TESTS_LOSSES_H

#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/random.h"
#include "losses/loss.h"

enum { PROBLEM_ROWS = 4000, PROBLEM_LABELS = 1600, PROBLEM_SEQUENCES = 3 };

/* what a problem is made of */
typedef struct problem_shape {
    uint32_t seed;
    int rows, outputs, labels; /* rows: of a sequence its steps */
    double parameter;
} problem_shape;

typedef struct loss_problem {
    const unroll_loss *loss;
    int rows, outputs;
    real weight, parameter;
    unroll_matrix y, dy, goal; /* owned */
    int target[PROBLEM_ROWS];
    unroll_set set; /* the problem's sequence is the second */
    int length[PROBLEM_SEQUENCES], alive[PROBLEM_ROWS], offset[PROBLEM_ROWS + 1];
    int label[PROBLEM_LABELS], labels;
    double *room; /* owned */
    int64_t targets;
} loss_problem;

static inline unroll_matrix problem_matrix(int rows, int columns)
{
    size_t block = (size_t)(rows + 1) * UNROLL_LANES;
    size_t blocks = (size_t)unroll_blocks(columns);
    real **at = malloc(blocks * sizeof *at);
    at[0] = malloc(blocks * block * sizeof(real));
    for (size_t n = 1; n < blocks; n++)
        at[n] = at[n - 1] + block;
    for (size_t i = 0; i < block * blocks; i++)
        at[0][i] = (real)NAN;
    return (unroll_matrix){.at = at, .columns = columns};
}

static inline void problem_matrix_free(unroll_matrix m)
{
    free(m.at[0]);
    free((void *)(uintptr_t)m.at);
}

/* the place of the problem's row r in its matrices */
static inline int problem_row(const loss_problem *p, int r)
{
    return p->loss->rows != NULL ? r : p->offset[r] + 1;
}

/* one sequence a little longer, the problem's, and a shorter one */
static inline void problem_pack(loss_problem *p)
{
    p->length[0] = p->rows + 2;
    p->length[1] = p->rows;
    p->length[2] = (p->rows + 1) / 2;
    for (int t = 0; t < p->length[0]; t++) {
        p->alive[t] = 1 + (t < p->length[1]) + (t < p->length[2]);
        p->offset[t + 1] = p->offset[t] + p->alive[t];
    }
    p->set = (unroll_set){.size = PROBLEM_SEQUENCES, .steps = p->length[0], .total = p->offset[p->length[0]],
                          .rows = p->alive, .offset = p->offset, .length = p->length};
}

/* Logits are zeros, targets are missing; padding lanes of the logits are zeros as a model leaves them. */
static inline loss_problem *problem_open(const unroll_loss *loss, const problem_shape *shape)
{
    loss_problem *p = calloc(1, sizeof *p);
    p->loss = loss;
    p->rows = shape->rows;
    p->outputs = shape->outputs;
    p->labels = shape->labels;
    p->parameter = (real)shape->parameter;
    p->weight = (real)0.125;
    problem_pack(p);
    p->y = problem_matrix(p->set.total, p->outputs);
    p->dy = problem_matrix(p->set.total, p->outputs);
    p->goal = problem_matrix(p->set.total, p->outputs);
    for (int r = 0; r < p->rows; r++) {
        p->target[r] = -1;
        for (int n = 0; n < unroll_blocks(p->outputs); n++)
            memset(unroll_matrix_row(p->y, n, problem_row(p, r)), 0, UNROLL_LANES * sizeof(real));
    }
    if (loss->room != NULL)
        p->room = malloc(loss->room(p->rows, p->labels) * sizeof *p->room);
    return p;
}

static inline void problem_close(loss_problem *p)
{
    problem_matrix_free(p->y);
    problem_matrix_free(p->dy);
    problem_matrix_free(p->goal);
    free(p->room);
    free(p);
}

/* Random logits in 1/1024ths, targets of which some are missing, labels of which half repeat the one before. */
static inline void problem_fill(loss_problem *p, uint32_t seed)
{
    unroll_random random = unroll_random_open(seed, UNROLL_FOR_TEST, 0, 0);
    for (int r = 0; r < p->rows; r++) {
        p->target[r] = (int)unroll_random_below(&random, (uint32_t)p->outputs + 1) - 1;
        for (int o = 0; o < p->outputs; o++) {
            *unroll_matrix_element(p->y, problem_row(p, r), o) = (real)((int)unroll_random_below(&random, 6145) - 3072) / 1024;
            if (unroll_random_below(&random, 5) > 0)
                *unroll_matrix_element(p->goal, r, o) = (real)unroll_random_below(&random, 1025) / 1024;
        }
    }
    for (int i = 0; i < p->labels; i++) {
        int fresh = 1 + (int)unroll_random_below(&random, (uint32_t)p->outputs - 1);
        p->label[i] = i > 0 && unroll_random_below(&random, 2) > 0 ? p->label[i - 1] : fresh;
    }
}

/* reals of one of its matrices, all rows and padding */
static inline int problem_reals(const loss_problem *p)
{
    return (p->set.total + 1) * UNROLL_LANES * unroll_blocks(p->outputs);
}

/* The loss; with `gradient`, that of weight * loss is in dy, which held NaN. */
static inline double problem_loss(loss_problem *p, bool gradient)
{
    const unroll_matrix none = {0};
    for (int i = 0; gradient && i < problem_reals(p); i++)
        p->dy.at[0][i] = (real)NAN;
    if (p->loss->rows == NULL) {
        unroll_loss_sequence q = {.set = &p->set, .sequence = 1, .y = p->y, .label = p->label, .labels = p->labels,
                                  .weight = p->weight, .dy = gradient ? p->dy : none, .room = p->room};
        p->loss->sequence(&q);
        p->targets = p->loss->fits(p->rows, p->label, p->labels);
        return q.loss;
    }
    unroll_loss_rows part = {.y = p->y, .rows = p->rows, .outputs = p->outputs,
                             .target = p->loss->classes ? p->target : NULL, .goal = p->goal,
                             .weight = p->weight, .parameter = p->parameter, .dy = gradient ? p->dy : none};
    p->loss->rows(&part);
    p->targets = part.targets;
    return part.loss;
}

/* Of a random problem: the loss, and its gradient as (rows, outputs). */
static inline double problem_results(const unroll_loss *loss, const problem_shape *shape, double *gradient)
{
    loss_problem *p = problem_open(loss, shape);
    double result;
    problem_fill(p, shape->seed);
    result = problem_loss(p, true);
    for (int r = 0; r < p->rows; r++)
        for (int o = 0; o < p->outputs; o++)
            gradient[r * p->outputs + o] = (double)*unroll_matrix_element(p->dy, problem_row(p, r), o);
    problem_close(p);
    return result;
}

/* problem_results in double beside the float build (losses_in_double.c) */
double loss_in_double(const char *name, const problem_shape *shape, double *gradient);

#endif
