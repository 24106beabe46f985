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

/* dy, the exponentials of a row, to its gradient */
static void to_gradient(const unroll_loss_rows *l, int row, vec padding, real total, int target)
{
    int blocks = unroll_blocks(l->outputs);
    real shared = l->weight * l->parameter;
    scale_row(l->dy, row, blocks, l->weight / total);
    for (int n = 0; l->parameter > 0 && n < blocks; n++) {
        vec each = vec_set1(shared / (real)l->outputs), none = vec_set1((real)-1);
        if (n == blocks - 1)
            each = vec_select(vec_less(padding, none), vec_set1(0), each);
        vec_store(unroll_matrix_row(l->dy, n, row), vec_sub(vec_load(unroll_matrix_row(l->dy, n, row)), each));
    }
    *unroll_matrix_element(l->dy, row, target) -= l->weight - shared;
}

/* -log softmax(y)[target] = log sum exp(y - peak) + peak - y[target]; smoothed, s of the last difference is its mean over all
   classes */
static void softmax_rows(unroll_loss_rows *l)
{
    int blocks = unroll_blocks(l->outputs);
    vec padding = padding_mask(l->outputs, blocks - 1);
    double loss = 0.0;
    for (int r = 0; r < l->rows; r++) {
        real peak, total, at_target;
        double below;
        if (l->target[r] < 0) {
            for (int n = 0; l->dy.at != NULL && n < blocks; n++)
                vec_store(unroll_matrix_row(l->dy, n, r), vec_set1(0));
            continue;
        }
        /* what is wanted of the outputs before the gradient takes their place */
        peak = largest_logit(l->y, r, blocks, padding);
        at_target = *unroll_matrix_element(l->y, r, l->target[r]);
        below = (double)peak - (double)at_target;
        if (l->parameter > 0)
            below += (double)l->parameter * (mean_below(l, r, padding, peak) - below);
        total = exponentials(l->y, r, blocks, padding, peak, l->dy);
        loss += total > 0 ? unroll_log((double)total) + below : (double)total / 0.0;
        l->hits += at_target >= peak;
        l->targets += 1;
        if (l->dy.at != NULL)
            to_gradient(l, r, padding, total, l->target[r]);
    }
    l->loss = loss;
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
