/* Cross-entropy over classes: -log softmax(y)[target].

   With smoothing s (Szegedy, Vanhoucke, Ioffe, Shlens, Wojna: Rethinking the Inception architecture for computer vision; CVPR
   2016) the target is (1 - s) of its class and s / K of each of the K classes, as in torch.nn.CrossEntropyLoss. */
#include "base/random.h"
#include "losses/classes.h"
#include "losses/loss.h"

/* the mean over all classes of peak - y */
static double mean_below(const unroll_loss_rows *l, int row, vec padding, real peak)
{
    int blocks = unroll_blocks(l->outputs);
    vec sum = vec_set1(0), none = vec_set1((real)-1);
    for (int n = 0; n < blocks; n++) {
        vec below = vec_sub(vec_set1(peak), vec_load(unroll_matrix_row(l->y, n, row)));
        sum = vec_add(sum, n == blocks - 1 ? vec_select(vec_less(padding, none), vec_set1(0), below) : below);
    }
    return (double)vec_sum(sum) / l->outputs;
}

/* what smoothing takes off the gradient of a row */
static void smooth(const unroll_loss_rows *l, int row, vec padding)
{
    int blocks = unroll_blocks(l->outputs);
    for (int n = 0; n < blocks; n++) {
        vec each = vec_set1(l->weight * l->parameter / (real)l->outputs), none = vec_set1((real)-1);
        real *at = unroll_matrix_row(l->dy, n, row);
        if (n == blocks - 1)
            each = vec_select(vec_less(padding, none), vec_set1(0), each);
        vec_store(at, vec_sub(vec_load(at), each));
    }
}

/* dy, the exponentials of some rows, to its gradient */
CLASSES_INLINE void to_gradient(const unroll_loss_rows *l, const int *row, const int rows, vec padding, const real *total)
{
    real factor[CLASSES_ROWS];
    for (int i = 0; i < rows; i++)
        factor[i] = l->weight / total[i];
    scale_rows(l->dy, row, rows, unroll_blocks(l->outputs), factor);
    for (int i = 0; i < rows; i++) {
        if (l->parameter > 0)
            smooth(l, row[i], padding);
        *unroll_matrix_element(l->dy, row[i], l->target[row[i]]) -= l->weight - l->weight * l->parameter;
    }
}

/* -log softmax(y)[target] = log sum exp(y - peak) + peak - y[target]; smoothed, s of the last difference is its mean over all
   classes */
CLASSES_INLINE void some_rows(unroll_loss_rows *l, const int *row, const int rows, vec padding)
{
    int blocks = unroll_blocks(l->outputs);
    real peak[CLASSES_ROWS], total[CLASSES_ROWS];
    double below[CLASSES_ROWS];
    largest_logits(l->y, row, rows, blocks, padding, peak);
    /* what is wanted of the outputs before the gradient takes their place */
    for (int i = 0; i < rows; i++) {
        real at_target = *unroll_matrix_element(l->y, row[i], l->target[row[i]]);
        below[i] = (double)peak[i] - (double)at_target;
        if (l->parameter > 0)
            below[i] += (double)l->parameter * (mean_below(l, row[i], padding, peak[i]) - below[i]);
        l->hits += at_target >= peak[i];
    }
    exponentials(l->y, row, rows, blocks, padding, peak, l->dy, total);
    for (int i = 0; i < rows; i++)
        l->loss += total[i] > 0 ? unroll_log((double)total[i]) + below[i] : (double)total[i] / 0.0;
    if (l->dy.at != NULL)
        to_gradient(l, row, rows, padding, total);
}

static void softmax_rows(unroll_loss_rows *l)
{
    int blocks = unroll_blocks(l->outputs), row[CLASSES_ROWS], count = 0;
    vec padding = padding_mask(l->outputs, blocks - 1);
    l->loss = 0.0;
    for (int r = 0; r < l->rows; r++) {
        if (l->target[r] < 0) {
            for (int n = 0; l->dy.at != NULL && n < blocks; n++)
                vec_store(unroll_matrix_row(l->dy, n, r), vec_set1(0));
            continue;
        }
        l->targets += 1;
        row[count++] = r;
        if (count == CLASSES_ROWS) {
            some_rows(l, row, CLASSES_ROWS, padding);
            count = 0;
        }
    }
    for (int i = 0; i < count; i++)
        some_rows(l, row + i, 1, padding);
}

static real softmax_parameter(const unroll_settings *settings)
{
    return (real)unroll_real(settings, "smoothing");
}

static const unroll_setting rows[] = {
    {"smoothing", UNROLL_REAL, 0, 0.999, "", "0", "", "of classes' targets: this share is spread over all classes", "training",
     0},
};

extern const unroll_loss UNROLL_LOSS(softmax);
const unroll_loss UNROLL_LOSS(softmax) = {
    .name = "softmax",
    .title = "cross-entropy over classes",
    .classes = true,
    .settings = rows,
    .setting_count = sizeof rows / sizeof rows[0],
    .parameter = softmax_parameter,
    .rows = softmax_rows,
};
