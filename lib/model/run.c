/* One run: training, evaluation on the way, and the record. */
#include "model/run.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "model/network.h"
#include "model/samples.h"

typedef struct point_curves {
    float *step, *seconds, *train, *valid, *norm;
    int64_t *step_ns; /* mean time of a training step since the last point */
    int count;
} point_curves;

typedef struct run_state {
    const unroll_settings *settings;
    unroll_run_hooks *hooks;
    unroll_record *record;
    const unroll_task *task;
    void *data;
    unroll_task_shape shape;
    unroll_samples samples;
    unroll_model *model;
    point_curves curves;
    int64_t steps, solved_step, train_ns;
    double solved_seconds;
} run_state;

static int64_t now_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

static bool asked_to_stop(const run_state *run)
{
    return run->hooks != NULL && run->hooks->stop != NULL && atomic_load(run->hooks->stop);
}

static unroll_status allocate(run_state *run)
{
    size_t points = (size_t)unroll_int(run->settings, "points") + 1;
    UNROLL_TRY(unroll_samples_open(&run->shape, &run->samples));
    run->curves.step = malloc(points * 5 * sizeof(float));
    run->curves.step_ns = malloc(points * sizeof(int64_t));
    if (run->curves.step == NULL || run->curves.step_ns == NULL)
        return unroll_error(UNROLL_FAILED, "out of memory: curves of %zu points", points);
    run->curves.seconds = run->curves.step + points;
    run->curves.train = run->curves.seconds + points;
    run->curves.valid = run->curves.train + points;
    run->curves.norm = run->curves.valid + points;
    return unroll_ok();
}

static void release(run_state *run)
{
    unroll_samples_close(&run->samples);
    free(run->curves.step);
    free(run->curves.step_ns);
    if (run->task != NULL && run->data != NULL)
        run->task->close(run->data);
    if (run->hooks != NULL && run->hooks->model != NULL)
        *run->hooks->model = run->model;
    else
        unroll_model_close(run->model);
}

static void load_batch(run_state *run, unroll_split split, int64_t index)
{
    unroll_samples_clear(&run->shape, &run->samples);
    run->task->batch(run->data, split, index, &run->samples);
    unroll_model_pack(run->model, &run->samples, run->shape.batch);
}

/* means over `batches` batches of a split; carried states have a slot of their own */
static unroll_score evaluate(run_state *run, unroll_split split, int64_t batches)
{
    unroll_score sum = {0.0, 0.0, 0};
    if (run->shape.carry)
        unroll_model_carry(run->model, 1, true);
    for (int64_t i = 0; i < batches && !asked_to_stop(run); i++) {
        unroll_score score;
        load_batch(run, split, i);
        unroll_model_loss(run->model, &score);
        sum.loss += score.loss * (double)score.targets;
        sum.accuracy += score.accuracy * (double)score.targets;
        sum.targets += score.targets;
    }
    if (sum.targets > 0) {
        sum.loss /= (double)sum.targets;
        sum.accuracy /= (double)sum.targets;
    }
    if (run->shape.carry)
        unroll_model_carry(run->model, 0, false);
    return sum;
}

static double metric_of(const run_state *run, const unroll_score *score)
{
    return run->task->metric != NULL ? run->task->metric(run->data, score) : score->loss;
}

/* one point of the curves; `last`: over the whole validation split */
static double add_point(run_state *run, int64_t step, double train_loss, double norm, int64_t step_ns, bool last)
{
    int64_t some = unroll_int(run->settings, "valid_batches"), all = run->shape.batches[UNROLL_VALID];
    unroll_score score = evaluate(run, UNROLL_VALID, last || some == 0 || some > all ? all : some);
    double metric = metric_of(run, &score);
    int at = run->curves.count++;
    run->curves.step[at] = (float)step;
    run->curves.seconds[at] = (float)((double)run->train_ns * 1e-9);
    run->curves.train[at] = (float)train_loss;
    run->curves.valid[at] = (float)metric;
    run->curves.norm[at] = (float)norm;
    run->curves.step_ns[at] = step_ns;
    if (run->solved_step < 0 && metric < run->shape.solved_below) {
        run->solved_step = step;
        run->solved_seconds = (double)run->train_ns * 1e-9;
    }
    if (run->hooks != NULL && run->hooks->progress != NULL && !asked_to_stop(run))
        run->hooks->progress(run->hooks->context, step, run->steps, step == 0 ? score.loss : train_loss);
    return metric;
}

/* returns the step at which it diverged, or -1 */
static int64_t train(run_state *run, double *metric)
{
    int64_t points = unroll_int(run->settings, "points"), since = 0, since_ns = 0, batches = run->shape.batches[UNROLL_TRAIN];
    double loss_sum = 0.0, norm_sum = 0.0;
    bool stop_solved = strcmp(unroll_text(run->settings, "stop"), "solved") == 0;
    if (points > run->steps && run->steps > 0)
        points = run->steps;
    *metric = add_point(run, 0, NAN, NAN, 0, run->steps == 0);
    if (run->shape.carry)
        unroll_model_carry(run->model, 0, true);
    for (int64_t step = 0, point = 1; step < run->steps && !asked_to_stop(run); step++) {
        int64_t start;
        double loss, norm;
        if (run->shape.carry && batches > 0 && step > 0 && step % batches == 0)
            unroll_model_carry(run->model, 0, true);
        start = now_ns();
        load_batch(run, UNROLL_TRAIN, step);
        loss = unroll_model_gradient(run->model, NULL);
        norm = unroll_model_update(run->model);
        since_ns += now_ns() - start;
        since++;
        loss_sum += loss;
        norm_sum += norm;
        if (!isfinite(loss) || !isfinite(norm))
            return step;
        if (step + 1 >= (int64_t)llround((double)run->steps * (double)point / (double)points)) {
            run->train_ns += since_ns;
            *metric = add_point(run, step + 1, loss_sum / (double)since, norm_sum / (double)since, since_ns / since,
                                step + 1 == run->steps);
            loss_sum = norm_sum = 0.0;
            since = since_ns = 0;
            point++;
            if (stop_solved && run->solved_step >= 0)
                break;
        }
    }
    return -1;
}

static void fill_record(run_state *run, double metric)
{
    unroll_record *record = run->record;
    const point_curves *c = &run->curves;
    char name[64];
    int64_t steps = c->count > 0 ? (int64_t)c->step[c->count - 1] : 0;
    unroll_record_int(record, "parameters", "", unroll_model_parameters(run->model));
    unroll_network_describe(run->settings, record);
    unroll_record_int(record, "width", "units", unroll_int(run->settings, "hidden"));
    unroll_record_text(record, "metric", run->shape.metric);
    unroll_record_real(record, run->shape.metric, run->shape.unit, metric);
    unroll_record_real(record, "train_loss", "", c->count > 1 ? (double)c->train[c->count - 1] : NAN);
    if (!isnan(run->shape.solved_below)) {
        unroll_record_int(record, "solved", "", run->solved_step >= 0);
        unroll_record_real(record, "solved_step", "steps", run->solved_step >= 0 ? (double)run->solved_step : NAN);
        unroll_record_real(record, "solved_seconds", "s", run->solved_step >= 0 ? run->solved_seconds : NAN);
        unroll_record_real(record, "solved_below", run->shape.unit, run->shape.solved_below);
    }
    unroll_record_real(record, "ms_per_step", "ms", steps > 0 ? (double)run->train_ns * 1e-6 / (double)steps : NAN);
    unroll_record_real(record, "train_seconds", "s", (double)run->train_ns * 1e-9);
    unroll_record_curve(record, "step", "steps", c->step, c->count);
    unroll_record_curve(record, "seconds", "s", c->seconds, c->count);
    unroll_record_curve(record, "train_loss", "", c->train, c->count);
    snprintf(name, sizeof name, "valid_%s", run->shape.metric);
    unroll_record_curve(record, name, run->shape.unit, c->valid, c->count);
    unroll_record_curve(record, "gradient_norm", "", c->norm, c->count);
    if (c->count > 1)
        unroll_record_timing(record, "step", c->step_ns + 1, c->count - 1);
}

/* After training: the results, in the order in which they tell whether the run came to anything. `diverged`: the step at
   which the loss did, or -1. */
static unroll_status take_results(run_state *run, int64_t diverged, double metric)
{
    /* where NaN says that there is none: of a run without a step, of a task that was not solved */
    static const char *const none[] = {"train_loss", "ms_per_step", "solved_step", "solved_seconds", NULL};
    unroll_record *record = run->record;
    const unroll_task *task = run->task;
    fill_record(run, diverged >= 0 ? NAN : metric);
    strcpy(record->status, diverged >= 0 ? "diverged" : "done");
    if (diverged >= 0)
        snprintf(record->reason, sizeof record->reason, "the loss or its gradient was no longer finite at step %lld",
                 (long long)diverged);
    if (task->baselines != NULL)
        UNROLL_TRY(task->baselines(run->data, record));
    if (unroll_record_settle(record, none) && diverged < 0 && task->finish != NULL) {
        UNROLL_TRY(task->finish(run->data, run->model, run->settings, record));
        unroll_record_settle(record, none);
    }
    if (diverged < 0 && strcmp(record->status, "diverged") == 0)
        diverged = (int64_t)run->curves.step[run->curves.count - 1];
    unroll_record_int(record, "diverged_step", "steps", diverged);
    return unroll_record_check(record);
}

static unroll_status run_all(run_state *run)
{
    unroll_model_shape shape;
    int64_t diverged;
    double metric = NAN;
    const char *name = unroll_text(run->settings, "task");
    run->task = unroll_task_find(name);
    if (run->task == NULL)
        return unroll_error(UNROLL_WRONG, "task=%s is no task: see unroll list tasks", name);
    UNROLL_TRY(run->task->open(run->settings, &run->data));
    run->task->shape(run->data, &run->shape);
    shape = unroll_model_shape_of(&run->shape);
    UNROLL_TRY(unroll_model_open(run->settings, &shape, &run->model));
    if (run->shape.carry && !unroll_model_streams(run->model))
        return unroll_error(UNROLL_WRONG, "task=%s goes on from batch to batch, but the model reads ahead: it would see what it "
                                          "is to predict", name);
    UNROLL_TRY(allocate(run));
    diverged = train(run, &metric);
    if (asked_to_stop(run))
        return unroll_error(UNROLL_STOPPED, "stopped");
    if (run->shape.carry)
        unroll_model_carry(run->model, UNROLL_NO_CARRY, true);
    UNROLL_TRY(take_results(run, diverged, metric));
    if (run->hooks != NULL && run->hooks->extras != NULL && run->task->extras != NULL)
        UNROLL_TRY(run->task->extras(run->data, run->hooks->extras, UNROLL_EXTRAS, &run->hooks->extra_count));
    return unroll_ok();
}

unroll_status unroll_run(const unroll_settings *settings, unroll_run_hooks *hooks, unroll_record *record)
{
    unroll_settings *own = unroll_settings_copy(settings);
    run_state run = {.settings = own, .hooks = hooks, .record = record, .solved_step = -1};
    int64_t start = now_ns();
    unroll_status status;
    if (own == NULL)
        return unroll_error(UNROLL_FAILED, "out of memory");
    run.steps = unroll_int(own, "steps");
    status = unroll_resolve_params(own, NULL);
    if (status.code == UNROLL_OK)
        status = run_all(&run);
    record->seconds = (double)(now_ns() - start) * 1e-9;
    release(&run);
    unroll_settings_free(own);
    return status;
}
