#include "model/train.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/hash.h"

static int64_t now_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

static unroll_status open_curves(unroll_curves *curves, size_t points)
{
    float **const all[] = {&curves->step, &curves->seconds, &curves->train, &curves->norm, &curves->valid, &curves->rate};
    enum { CURVES = sizeof all / sizeof all[0] };
    float *values = malloc(points * CURVES * sizeof *values);
    curves->step = values;
    curves->step_ns = malloc(points * sizeof *curves->step_ns);
    if (values == NULL || curves->step_ns == NULL)
        return unroll_error(UNROLL_FAILED, "out of memory: curves of %zu points", points);
    for (size_t i = 0; i < CURVES; i++)
        *all[i] = values + i * points;
    return unroll_ok();
}

unroll_status unroll_training_open(unroll_training *t)
{
    size_t bytes = unroll_model_reals(t->model) * sizeof(real);
    t->solved_step = t->kept_step = t->diverged = t->first_steps = -1;
    t->digest = UNROLL_HASH_START;
    t->metric = NAN;
    t->schedule = unroll_schedule_open(t->settings, t->steps);
    UNROLL_TRY(unroll_samples_open(&t->shape, &t->samples));
    UNROLL_TRY(open_curves(&t->curves, (size_t)unroll_int(t->settings, "points") + 1));
    if (strcmp(unroll_text(t->settings, "keep"), "best") != 0 || t->shape.batches[UNROLL_VALID] == 0)
        return unroll_ok();
    t->kept = malloc(bytes);
    return t->kept != NULL ? unroll_ok() : unroll_error(UNROLL_FAILED, "out of memory: a copy of the weights, %zu bytes", bytes);
}

void unroll_training_close(unroll_training *t)
{
    unroll_samples_close(&t->samples);
    free(t->curves.step);
    free(t->curves.step_ns);
    free(t->kept);
}

static void load_batch(unroll_training *t, unroll_split split, int64_t index)
{
    unroll_samples_clear(&t->shape, &t->samples);
    t->task->batch(t->data, split, index, &t->samples);
    unroll_model_pack(t->model, &t->samples, t->shape.batch);
}

static void need_aligned(unroll_training *t, int64_t targets, int64_t left_out, int64_t count, const char *of)
{
    if (targets == 0 && left_out > 0)
        t->status = unroll_error(UNROLL_FAILED, "none of the %lld sequences of the first %lld %s can be aligned: each has more "
                                                "labels than its steps can say", (long long)left_out, (long long)count, of);
}

/* ---- validation ---- */

/* means over the first `batches` batches; carried states have a slot of their own */
static unroll_score validate(unroll_training *t, int64_t batches)
{
    unroll_score sum = {0.0, 0.0, 0};
    t->valid_left_out = 0;
    if (t->shape.carry)
        unroll_model_carry(t->model, 1, true);
    for (int64_t i = 0; i < batches && !unroll_training_stopped(t); i++) {
        unroll_score score;
        load_batch(t, UNROLL_VALID, i);
        t->valid_left_out += unroll_model_left_out(t->model);
        unroll_model_loss(t->model, &score);
        sum.loss += score.loss * (double)score.targets;
        sum.accuracy += score.accuracy * (double)score.targets;
        sum.targets += score.targets;
    }
    if (!unroll_training_stopped(t))
        need_aligned(t, sum.targets, t->valid_left_out, batches, "batches of validation");
    if (sum.targets > 0) {
        sum.loss /= (double)sum.targets;
        sum.accuracy /= (double)sum.targets;
    }
    if (t->shape.carry)
        unroll_model_carry(t->model, 0, false);
    return sum;
}

static double metric_of(const unroll_training *t, const unroll_score *score)
{
    return t->task->metric != NULL ? t->task->metric(t->data, score) : score->loss;
}

/* Batches of a point: the same ones at every point, or their metrics could not be compared. */
static int64_t point_batches(const unroll_training *t)
{
    int64_t some = unroll_int(t->settings, "valid_batches"), all = t->shape.batches[UNROLL_VALID];
    return some == 0 || some > all ? all : some;
}

/* The metric over the whole split, where `metric` is that of a point's batches. */
static double whole_metric(unroll_training *t, double metric)
{
    unroll_score score;
    if (point_batches(t) == t->shape.batches[UNROLL_VALID])
        return metric;
    score = validate(t, t->shape.batches[UNROLL_VALID]);
    return metric_of(t, &score);
}

/* A few batches may be below the mark by chance, and a point may be: it takes the whole split, and points in a row. The first
   of them is when the task was solved. */
static void note_solved(unroll_training *t, int64_t step, double metric)
{
    bool below = metric < t->shape.solved_below && whole_metric(t, metric) < t->shape.solved_below;
    if (!below) {
        t->below = 0;
        return;
    }
    if (t->below++ == 0) {
        t->below_step = step;
        t->below_seconds = (double)t->train_ns * 1e-9;
    }
    if (t->below == UNROLL_SOLVED_POINTS) {
        t->solved_step = t->below_step;
        t->solved_seconds = t->below_seconds;
    }
}

/* sums over the steps since the last point */
typedef struct stretch {
    double loss, norm;
    int64_t steps, ns;
    int64_t learned; /* steps that had something to learn from */
} stretch;

/* A validation point after `step` steps. */
static void add_point(unroll_training *t, int64_t step, const stretch *since)
{
    unroll_curves *c = &t->curves;
    unroll_score score = validate(t, point_batches(t));
    double metric = metric_of(t, &score), learned = (double)since->learned;
    int at = c->count++;
    c->step[at] = (float)step;
    c->seconds[at] = (float)((double)t->train_ns * 1e-9);
    c->train[at] = (float)(since->loss / learned); /* NaN: nothing was learned */
    c->norm[at] = (float)(since->norm / learned);
    c->valid[at] = (float)metric;
    c->rate[at] = step > 0 ? (float)unroll_schedule_rate(&t->schedule, step - 1) : NAN;
    c->step_ns[at] = since->steps > 0 ? since->ns / since->steps : 0;
    t->metric = metric;
    t->last_step = step;
    if (unroll_schedule_point(&t->schedule, step, metric)) {
        t->best_point = at;
        if (t->kept != NULL)
            unroll_model_save_weights(t->model, t->kept);
    }
    if (t->solved_step < 0)
        note_solved(t, step, metric);
    if (t->hooks != NULL && t->hooks->progress != NULL && t->status.code == UNROLL_OK && !unroll_training_stopped(t)) {
        unroll_point point = {step, t->steps, since->loss / learned, metric, t->shape.metric, t->shape.unit};
        t->hooks->progress(t->hooks->context, &point);
    }
}

/* ---- the digest of the first steps ---- */

static void digest_number(unroll_training *t, double value)
{
    double plain = isfinite(value) ? value : 0; /* the bits of a NaN are not the same everywhere */
    if (t->first_steps < 0)
        t->digest = unroll_hash(t->digest, &plain, sizeof plain);
}

/* The weights under their names, whatever order the model keeps them in. */
static void digest_weights(unroll_training *t)
{
    real *values = malloc((unroll_model_reals(t->model) + 1) * sizeof *values);
    if (values == NULL)
        t->status = unroll_error(UNROLL_FAILED, "out of memory: the digest of the weights");
    for (int i = 0; i < unroll_model_weight_count(t->model) && values != NULL; i++) {
        unroll_weight weight;
        size_t count;
        unroll_model_weight_at(t->model, i, &weight);
        unroll_model_get_weight(t->model, i, values);
        count = (size_t)weight.rows * (size_t)(weight.columns > 0 ? weight.columns : 1);
        t->digest = unroll_hash(t->digest, values, count * sizeof *values);
    }
    free(values);
}

/* `step` steps are done, and, where `ends`, no more follow. */
static void note_first_steps(unroll_training *t, int64_t step, bool ends)
{
    int64_t enough = t->steps < UNROLL_FIRST_STEPS ? t->steps : UNROLL_FIRST_STEPS;
    if (t->first_steps >= 0 || (step < enough && !ends))
        return;
    if (t->diverged < 0)
        digest_weights(t);
    t->first_steps = step;
}

/* ---- training ---- */

/* Batches of endless data after which carried states start from zeros, as those of an evaluation do: where training had met zeros
   at its first step alone, a GRU on the King James Bible scored 7 bits a character from zeros and 2.6 from training's states. */
enum { FRESH_BATCHES = 50 };

/* One step; whether its loss and gradient were finite. */
static bool run_step(unroll_training *t, int64_t step, stretch *since)
{
    int64_t start, all = t->shape.batches[UNROLL_TRAIN];
    double loss, norm = 0.0;
    bool learns;
    if (t->shape.carry && step > 0 && step % (all > 0 ? all : FRESH_BATCHES) == 0)
        unroll_model_carry(t->model, 0, true);
    start = now_ns();
    load_batch(t, UNROLL_TRAIN, step);
    loss = unroll_model_gradient(t->model, NULL);
    learns = unroll_model_targets(t->model) > 0 || unroll_model_left_out(t->model) == 0;
    if (learns) {
        unroll_model_set_rate(t->model, unroll_schedule_rate(&t->schedule, step));
        norm = unroll_model_update(t->model);
    }
    since->ns += now_ns() - start;
    since->steps++;
    since->learned += learns;
    t->learned += learns;
    t->left_out += unroll_model_left_out(t->model);
    since->loss += loss;
    since->norm += norm;
    digest_number(t, loss);
    digest_number(t, norm);
    return isfinite(loss) && isfinite(norm);
}

/* Steps after which a run of made data is given up where none had anything to learn from; of finite data all of it is seen. */
enum { ENOUGH_STEPS = 100 };

/* Ends a stretch with its validation point. */
static void end_stretch(unroll_training *t, int64_t step, const stretch *since)
{
    int64_t all = t->shape.batches[UNROLL_TRAIN];
    t->train_ns += since->ns;
    if (step >= t->steps || step >= (all > 0 ? all : ENOUGH_STEPS))
        need_aligned(t, t->learned, t->left_out, step, "steps");
    if (t->status.code == UNROLL_OK)
        add_point(t, step, since);
}

static void run_steps(unroll_training *t)
{
    int64_t points = unroll_int(t->settings, "points");
    bool stop_solved = strcmp(unroll_text(t->settings, "stop"), "solved") == 0;
    stretch since = {0};
    if (points > t->steps && t->steps > 0)
        points = t->steps;
    add_point(t, 0, &since);
    digest_number(t, t->metric);
    note_first_steps(t, 0, false);
    if (t->shape.carry)
        unroll_model_carry(t->model, 0, true);
    for (int64_t step = 0, point = 1; step < t->steps && t->status.code == UNROLL_OK && !unroll_training_stopped(t); step++) {
        if (!run_step(t, step, &since)) {
            t->diverged = step;
            return;
        }
        note_first_steps(t, step + 1, false);
        if (t->first_only && t->first_steps >= 0)
            return;
        if (step + 1 < (int64_t)llround((double)t->steps * (double)point / (double)points))
            continue;
        end_stretch(t, step + 1, &since);
        since = (stretch){0};
        point++;
        if ((stop_solved && t->solved_step >= 0) || unroll_schedule_ends(&t->schedule))
            return;
    }
}

/* A run whose last metric is no finite number has gone wrong, whatever it was before: its metric stays that. */
static void keep_weights(unroll_training *t)
{
    if (!isfinite(t->metric))
        return;
    t->kept_step = t->last_step;
    if (t->kept != NULL) {
        unroll_model_load_weights(t->model, t->kept);
        t->metric = t->schedule.best;
        t->kept_step = t->schedule.best_step;
    }
    t->metric = whole_metric(t, t->metric);
}

unroll_status unroll_train(unroll_training *t)
{
    run_steps(t);
    note_first_steps(t, t->diverged >= 0 ? t->diverged : t->last_step, true);
    if (t->diverged >= 0)
        t->metric = NAN;
    else if (!t->first_only && t->status.code == UNROLL_OK && !unroll_training_stopped(t))
        keep_weights(t);
    return t->status;
}
