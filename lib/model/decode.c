#include "model/decode.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "model/inside.h"

/* The search: rows are sequences times `each`, of which the first `beams` of a sequence are in use. */
typedef struct search {
    unroll_model *model;
    int size, beams, each, steps, outputs;
    int *symbol, *length; /* the caller's */
    double *score;
    bool *over;           /* (rows): the answer has ended */
    int *last, *from;     /* (rows): the symbol that was written last; the row that a beam goes on from */
    real *y;              /* (rows, outputs) */
    double *log_sum;      /* (rows): logarithm of the sum of the outputs' exponentials */
    int *old_symbol, *old_length; /* (beams, steps), (beams): of one sequence, before they are sorted anew */
} search;

static unroll_status open_search(search *s)
{
    size_t rows = (size_t)(s->size * s->each), beams = (size_t)s->beams;
    s->over = calloc(rows, sizeof *s->over);
    s->last = malloc(rows * sizeof *s->last);
    s->from = malloc(rows * sizeof *s->from);
    s->y = malloc(rows * (size_t)s->outputs * sizeof *s->y);
    s->log_sum = malloc(rows * sizeof *s->log_sum);
    s->old_symbol = malloc(beams * (size_t)s->steps * sizeof *s->old_symbol);
    s->old_length = malloc(beams * sizeof *s->old_length);
    if (s->over == NULL || s->last == NULL || s->from == NULL || s->y == NULL || s->log_sum == NULL || s->old_symbol == NULL ||
        s->old_length == NULL)
        return unroll_error(UNROLL_FAILED, "out of memory for decoding %d sequences with %d beams", s->size, s->beams);
    return unroll_ok();
}

static void close_search(search *s)
{
    free(s->over);
    free(s->last);
    free(s->from);
    free(s->y);
    free(s->log_sum);
    free(s->old_symbol);
    free(s->old_length);
}

/* one beginning, the empty one, for each sequence */
static void begin(search *s)
{
    for (int row = 0; row < s->size * s->each; row++) {
        s->last[row] = s->outputs; /* nothing yet */
        s->from[row] = row;
    }
    for (int i = 0; i < s->size * s->beams; i++) {
        s->score[i] = i % s->beams == 0 ? 0.0 : -INFINITY;
        s->length[i] = 0;
        for (int t = 0; t < s->steps; t++)
            s->symbol[(size_t)i * (size_t)s->steps + (size_t)t] = -1;
    }
}

/* What a beam may become: itself, when it has ended, or longer by one symbol. */
typedef struct candidate {
    double score;
    int beam, symbol; /* symbol -1: itself */
} candidate;

/* Puts a candidate in its place among the best `beams`; of equal ones the first stays ahead. */
static int insert(candidate *best, int count, int beams, candidate one)
{
    int place = count;
    while (place > 0 && best[place - 1].score < one.score)
        place--;
    if (place >= beams)
        return count;
    count = count < beams ? count + 1 : beams;
    memmove(best + place + 1, best + place, (size_t)(count - 1 - place) * sizeof *best);
    best[place] = one;
    return count;
}

static int find_best(const search *s, int sequence, candidate *best)
{
    int count = 0, row = sequence * s->each;
    const double *score = s->score + sequence * s->beams;
    for (int beam = 0; beam < s->beams; beam++) {
        const real *y = s->y + (size_t)(row + beam) * (size_t)s->outputs;
        if (score[beam] == -INFINITY)
            continue;
        if (s->over[row + beam]) {
            count = insert(best, count, s->beams, (candidate){score[beam], beam, -1});
            continue;
        }
        for (int k = 0; k < s->outputs; k++)
            count = insert(best, count, s->beams, (candidate){score[beam] + ((double)y[k] - s->log_sum[row + beam]), beam, k});
    }
    return count;
}

/* A sequence's beams become those of `best`. */
static void keep_best(search *s, int sequence, const candidate *best, int count, int t)
{
    size_t first = (size_t)sequence * (size_t)s->beams, steps = (size_t)s->steps;
    int row = sequence * s->each;
    memcpy(s->old_symbol, s->symbol + first * steps, (size_t)s->beams * steps * sizeof *s->symbol);
    memcpy(s->old_length, s->length + first, (size_t)s->beams * sizeof *s->length);
    for (int beam = 0; beam < s->beams; beam++) {
        const candidate *c = &best[beam];
        int *symbol = s->symbol + (first + (size_t)beam) * steps;
        s->from[row + beam] = row + (beam < count ? c->beam : 0);
        if (beam >= count) {
            s->score[first + (size_t)beam] = -INFINITY;
            s->over[row + beam] = true;
            continue;
        }
        memcpy(symbol, s->old_symbol + (size_t)c->beam * steps, steps * sizeof *symbol);
        s->score[first + (size_t)beam] = c->score;
        s->length[first + (size_t)beam] = s->old_length[c->beam];
        s->over[row + beam] = c->symbol < 0 || c->symbol == s->outputs - 1;
        s->last[row + beam] = c->symbol < 0 ? s->outputs - 1 : c->symbol;
        if (!s->over[row + beam]) {
            symbol[t] = c->symbol;
            s->length[first + (size_t)beam]++;
        }
    }
}

static bool all_over(const search *s)
{
    for (int sequence = 0; sequence < s->size; sequence++)
        for (int beam = 0; beam < s->beams; beam++)
            if (!s->over[sequence * s->each + beam] && s->score[sequence * s->beams + beam] > -INFINITY)
                return false;
    return true;
}

static unroll_status write_answers(search *s)
{
    candidate *best = malloc((size_t)(s->beams + 1) * sizeof *best);
    if (best == NULL)
        return unroll_error(UNROLL_FAILED, "out of memory for %d beams", s->beams);
    begin(s);
    for (int t = 0; t < s->steps && !all_over(s); t++) {
        unroll_model_step(s->model, s->size * s->each, NULL, s->last, s->y);
        unroll_model_log_sums(s->model, s->size * s->each, s->log_sum);
        for (int sequence = 0; sequence < s->size; sequence++)
            keep_best(s, sequence, best, find_best(s, sequence, best), t);
        unroll_model_reorder(s->model, s->from, s->size * s->each);
    }
    free(best);
    return unroll_ok();
}

unroll_status unroll_model_decode(unroll_model *model, const unroll_forward *io, int beams, int steps, int *symbol, int *length,
                                  double *score)
{
    search s = {.model = model,
                .size = io->size,
                .beams = beams,
                .each = model->shape.beams > 0 ? model->shape.beams : 1,
                .steps = steps,
                .outputs = model->shape.outputs,
                .symbol = symbol,
                .length = length,
                .score = score};
    unroll_status status = open_search(&s);
    if (status.code == UNROLL_OK)
        status = unroll_model_reserve(model, steps);
    if (status.code == UNROLL_OK) {
        unroll_model_forward(model, io);
        unroll_model_enter(model);
        status = write_answers(&s);
    }
    close_search(&s);
    return status;
}

static int largest(const real *y, int classes)
{
    int best = 0;
    for (int k = 1; k < classes; k++)
        if (y[k] > y[best])
            best = k;
    return best;
}

int unroll_best_path(const real *y, int steps, int classes, int *label)
{
    int labels = 0, before = 0;
    for (int t = 0; t < steps; t++) {
        int class = largest(y + (size_t)t * (size_t)classes, classes);
        if (class != 0 && class != before)
            label[labels++] = class;
        before = class;
    }
    for (int t = labels; t < steps; t++)
        label[t] = -1;
    return labels;
}
