/* Connectionist temporal classification (Graves, Fernandez, Gomez, Schmidhuber: Connectionist temporal classification: labelling
   unsegmented sequence data with recurrent neural networks; ICML 2006).

   Class 0 is the blank. A path names a class at every step; it says what is left when repetitions are merged and then blanks
   taken out. The loss is -log of the probability of all paths that say the labels. A path goes through states: each label is
   one, and so is each gap before, between and after them, where the class is the blank. alpha[t][state] is the log of the
   probability of the ways from the start to that state after step t, beta[t][state] that of the ways on from there to the end.
   All are logarithms in double, so that sequences may be of any length; the states of the labels and those of the gaps lie one
   after the other, so that each has a plain loop. */
#include <math.h>

#include "base/random.h"
#include "losses/classes.h"
#include "losses/logs.h"
#include "losses/loss.h"

/* Scratch, for T steps and L labels. A row of states: the L labels, then the L + 1 gaps, gap i before label i. */
typedef struct lattice {
    int steps, labels, states; /* T, L, 2 L + 1 */
    size_t stride;             /* of alpha: a LOG_ZERO, as of a label before the first, then the states */
    double *alpha;             /* (T + 1, stride): the first row is before the first step; backward leaves shares there */
    double *beta;              /* (states) */
    double *ahead;             /* (states + 1): beta with what the next step says; a LOG_ZERO after the labels */
    double *says;              /* (L): log-probability of each label at a step */
    double *bar;               /* (L + 1): LOG_ZERO where a label equals the one before: there is no way but through the gap */
    double *norm;              /* (T): log of the sum of exponentials of the logits */
    int *first;                /* (L): the first label that equals this one */
} lattice;

static size_t ctc_room(int steps, int labels)
{
    size_t t = (size_t)steps, l = (size_t)labels;
    return (t + 1) * (2 * l + 2) + (2 * l + 1) + (2 * l + 2) + l + (l + 1) + t + (l + 1) / 2;
}

/* between two equal labels there must be a blank */
static bool ctc_fits(int steps, const int *label, int labels)
{
    int64_t least = labels;
    for (int i = 1; i < labels; i++)
        least += label[i] == label[i - 1];
    return steps >= least;
}

static lattice lay_out(const unroll_loss_sequence *q)
{
    lattice l = {.steps = q->set->length[q->sequence], .labels = q->labels, .states = 2 * q->labels + 1};
    l.stride = (size_t)l.states + 1;
    l.alpha = q->room;
    l.beta = l.alpha + (size_t)(l.steps + 1) * l.stride;
    l.ahead = l.beta + l.states;
    l.says = l.ahead + l.states + 1;
    l.bar = l.says + l.labels;
    l.norm = l.bar + l.labels + 1;
    l.first = (int *)(l.norm + l.steps);
    for (int i = 0; i <= l.labels; i++)
        l.bar[i] = i > 0 && i < l.labels && q->label[i] != q->label[i - 1] ? 0.0 : LOG_ZERO;
    for (int i = 0; i < l.labels; i++)
        for (l.first[i] = 0; q->label[l.first[i]] != q->label[i];)
            l.first[i]++;
    return l;
}

static int row_of(const unroll_loss_sequence *q, int t)
{
    return q->set->offset[t] + q->sequence;
}

static double log_probability(const unroll_loss_sequence *q, double norm, int row, int class)
{
    double log_p = (double)*unroll_matrix_element(q->y, row, class) - norm;
    return log_p < LOG_ZERO ? LOG_ZERO : log_p;
}

/* those of the labels at step t, and the blank's */
static double read_step(const unroll_loss_sequence *q, const lattice *l, int t)
{
    int row = row_of(q, t);
    for (int i = 0; i < l->labels; i++)
        l->says[i] = log_probability(q, l->norm[t], row, q->label[i]);
    return log_probability(q, l->norm[t], row, 0);
}

/* norm; and weight * softmax(y) in dy */
static void normalize(const unroll_loss_sequence *q, const lattice *l)
{
    int blocks = unroll_blocks(q->y.columns);
    vec padding = padding_mask(q->y.columns, blocks - 1);
    for (int t = 0; t < l->steps; t++) {
        int row = row_of(q, t);
        real peak, total, factor;
        largest_logits(q->y, &row, 1, blocks, padding, &peak);
        exponentials(q->y, &row, 1, blocks, padding, &peak, q->dy, &total);
        l->norm[t] = (double)peak + unroll_log((double)total);
        factor = q->weight / total;
        if (q->dy.at != NULL)
            scale_rows(q->dy, &row, 1, blocks, &factor);
    }
}

/* A gap is reached from itself and from the label before it, a label also from the label before where that is another one. */
static void forward_step(const lattice *l, const double *restrict old, double blank, double *restrict now)
{
    const double *before = old, *label = old + 1, *gap = label + l->labels, *says = l->says, *bar = l->bar;
    double *labels_now = now + 1, *gaps_now = labels_now + l->labels;
    now[0] = LOG_ZERO;
    for (int i = 0; i < l->labels; i++)
        labels_now[i] = says[i] + log_sum3(label[i], gap[i], before[i] + bar[i]);
    for (int i = 0; i <= l->labels; i++)
        gaps_now[i] = blank + log_sum2(gap[i], before[i]);
}

/* The log of the probability of all paths: they end in the last gap or the last label. */
static double forward(const unroll_loss_sequence *q, const lattice *l)
{
    const double *last = l->alpha + (size_t)l->steps * l->stride;
    for (size_t i = 0; i < l->stride; i++)
        l->alpha[i] = LOG_ZERO;
    l->alpha[1 + l->labels] = 0.0; /* the gap before the first label */
    for (int t = 0; t < l->steps; t++) {
        double *now = l->alpha + (size_t)(t + 1) * l->stride, blank = read_step(q, l, t);
        forward_step(l, now - l->stride, blank, now);
    }
    return log_sum2(last[l->states], last[l->labels]);
}

/* beta before step t, from what it is after it */
static void backward_step(const unroll_loss_sequence *q, const lattice *l, int t)
{
    double blank = read_step(q, l, t), *restrict label = l->beta, *restrict gap = label + l->labels;
    double *restrict ahead = l->ahead, *restrict gap_ahead = ahead + l->labels + 1;
    const double *restrict says = l->says, *restrict bar = l->bar;
    for (int i = 0; i < l->labels; i++)
        ahead[i] = label[i] + says[i];
    ahead[l->labels] = LOG_ZERO;
    for (int i = 0; i <= l->labels; i++)
        gap_ahead[i] = gap[i] + blank;
    for (int i = 0; i < l->labels; i++)
        label[i] = log_sum3(ahead[i], gap_ahead[i + 1], ahead[i + 1] + bar[i + 1]);
    for (int i = 0; i <= l->labels; i++)
        gap[i] = log_sum2(gap_ahead[i], ahead[i]);
}

/* dy of step t -= weight * the share of all paths that is in each class at it */
static void subtract_shares(const unroll_loss_sequence *q, const lattice *l, int t, double log_p)
{
    double *restrict share = l->alpha + (size_t)(t + 1) * l->stride + 1, blank = 0.0;
    const double *restrict beta = l->beta;
    int row = row_of(q, t);
    for (int i = 0; i < l->states; i++)
        share[i] = log_exp(share[i] + beta[i] - log_p);
    for (int i = l->labels; i < l->states; i++)
        blank += share[i];
    *unroll_matrix_element(q->dy, row, 0) -= (real)((double)q->weight * blank);
    for (int i = 0; i < l->labels; i++)
        if (l->first[i] < i)
            share[l->first[i]] += share[i];
    for (int i = 0; i < l->labels; i++)
        if (l->first[i] == i)
            *unroll_matrix_element(q->dy, row, q->label[i]) -= (real)((double)q->weight * share[i]);
}

static void backward(const unroll_loss_sequence *q, const lattice *l, double log_p)
{
    for (int i = 0; i < l->states; i++)
        l->beta[i] = LOG_ZERO;
    l->beta[l->states - 1] = 0.0; /* the gap after the last label, */
    if (l->labels > 0)
        l->beta[l->labels - 1] = 0.0; /* and the last label */
    for (int t = l->steps - 1; t >= 0; t--) {
        subtract_shares(q, l, t, log_p);
        backward_step(q, l, t);
    }
}

static void zero_gradient(const unroll_loss_sequence *q)
{
    for (int t = 0; q->dy.at != NULL && t < q->set->length[q->sequence]; t++)
        for (int n = 0; n < unroll_blocks(q->dy.columns); n++)
            vec_store(unroll_matrix_row(q->dy, n, row_of(q, t)), vec_set1(0));
}

static void ctc_sequence(unroll_loss_sequence *q)
{
    lattice l;
    double log_p;
    q->loss = 0.0;
    if (!ctc_fits(q->set->length[q->sequence], q->label, q->labels)) {
        zero_gradient(q);
        return;
    }
    l = lay_out(q);
    normalize(q, &l);
    log_p = forward(q, &l);
    if (q->dy.at != NULL)
        backward(q, &l, log_p);
    /* only logits that are infinite make it impossible: the run has diverged */
    q->loss = log_p < LOG_ZERO / 2 ? (double)INFINITY : -log_p;
}

extern const unroll_loss UNROLL_LOSS(ctc);
const unroll_loss UNROLL_LOSS(ctc) = {
    .name = "ctc",
    .title = "connectionist temporal classification",
    .sequence = ctc_sequence,
    .fits = ctc_fits,
    .room = ctc_room,
};
