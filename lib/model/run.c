/* One run: from the settings through the training to the record. */
#include "model/run.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/hash.h"
#include "model/network.h"
#include "model/train.h"

typedef struct run_state {
    unroll_training training;
    unroll_run_hooks *hooks;
    unroll_record *record;
} run_state;

static void release(run_state *run)
{
    unroll_training *t = &run->training;
    unroll_training_close(t);
    if (t->task != NULL && t->data != NULL)
        t->task->close(t->data);
    if (run->hooks != NULL && run->hooks->model != NULL)
        *run->hooks->model = t->model;
    else
        unroll_model_close(t->model);
}

/* Whether and when the task was solved, of tasks that have that notion. */
static void fill_solved(const unroll_training *t, unroll_record *record)
{
    bool solved = t->solved_step >= 0;
    if (isnan(t->shape.solved_below))
        return;
    unroll_record_int(record, "solved", "", solved);
    unroll_record_real(record, "solved_step", "steps", solved ? (double)t->solved_step : NAN);
    unroll_record_real(record, "solved_seconds", "s", solved ? t->solved_seconds : NAN);
    unroll_record_real(record, "solved_below", t->shape.unit, t->shape.solved_below);
}

/* How many sequences could not be aligned, of tasks whose labels are to be. */
static void fill_left_out(const unroll_training *t, unroll_record *record)
{
    if (t->shape.answer != UNROLL_UNALIGNED)
        return;
    unroll_record_int(record, "left_out", "sequences", t->left_out);
    unroll_record_int(record, "valid_left_out", "sequences", t->valid_left_out);
}

/* The metric is that of the weights that are kept, over the whole validation split; best_valid_METRIC that of the best point,
   over the batches of a point, by which it was chosen. */
static unroll_status fill_results(const unroll_training *t, unroll_record *record)
{
    const unroll_curves *c = &t->curves;
    int64_t steps = t->last_step, ended = t->diverged >= 0 ? t->diverged : steps, batches = t->shape.batches[UNROLL_TRAIN];
    double operations;
    char name[64];
    UNROLL_TRY(unroll_step_operations(t->settings, &t->shape, &operations));
    unroll_record_text(record, "metric", t->shape.metric);
    unroll_record_real(record, t->shape.metric, t->shape.unit, t->metric);
    snprintf(name, sizeof name, "best_valid_%s", t->shape.metric);
    if (t->kept_step >= 0)
        unroll_record_real(record, name, t->shape.unit, t->schedule.best);
    unroll_record_int(record, "best_step", "steps", t->kept_step >= 0 ? t->schedule.best_step : -1);
    unroll_record_int(record, "last_step", "steps", ended);
    if (batches > 0)
        unroll_record_real(record, "epochs_seen", "epochs", (double)ended / (double)batches);
    unroll_record_real(record, "train_operations", "operations", operations * (double)ended);
    unroll_record_real(record, "train_loss", "", c->count > 1 ? (double)c->train[c->count - 1] : NAN);
    fill_left_out(t, record);
    fill_solved(t, record);
    unroll_record_real(record, "ms_per_step", "ms", steps > 0 ? (double)t->train_ns * 1e-6 / (double)steps : NAN);
    unroll_record_real(record, "train_seconds", "s", (double)t->train_ns * 1e-9);
    return unroll_ok();
}

static void fill_curves(const unroll_training *t, unroll_record *record)
{
    const unroll_curves *c = &t->curves;
    char name[64];
    unroll_record_curve(record, "step", "steps", c->step, c->count);
    unroll_record_curve(record, "seconds", "s", c->seconds, c->count);
    unroll_record_curve(record, "train_loss", "", c->train, c->count);
    snprintf(name, sizeof name, "valid_%s", t->shape.metric);
    unroll_record_curve(record, name, t->shape.unit, c->valid, c->count);
    unroll_record_curve(record, "gradient_norm", "", c->norm, c->count);
    unroll_record_curve(record, "learning_rate", "", c->rate, c->count);
    if (c->count > 1)
        unroll_record_timing(record, "step", c->step_ns + 1, c->count - 1);
}

/* After training: the results, in the order in which they tell whether the run came to anything. */
static unroll_status note_results(run_state *run)
{
    /* where NaN says that there is none: of a run without a step, of a task that was not solved */
    static const char *const none[] = {"train_loss", "ms_per_step", "solved_step", "solved_seconds", NULL};
    unroll_training *t = &run->training;
    unroll_record *record = run->record;
    int64_t diverged = t->diverged;
    unroll_record_int(record, "parameters", "", unroll_model_parameters(t->model));
    unroll_network_describe(t->settings, record);
    unroll_record_int(record, "width", "units", unroll_int(t->settings, "hidden"));
    UNROLL_TRY(fill_results(t, record));
    fill_curves(t, record);
    strcpy(record->status, diverged >= 0 ? "diverged" : "done");
    if (diverged >= 0)
        snprintf(record->reason, sizeof record->reason, "the loss or its gradient was no longer finite at step %lld",
                 (long long)diverged);
    if (t->task->baselines != NULL)
        UNROLL_TRY(t->task->baselines(t->data, record));
    if (unroll_record_settle(record, none) && diverged < 0 && t->task->finish != NULL) {
        UNROLL_TRY(t->task->finish(t->data, t->model, t->settings, record));
        unroll_record_settle(record, none);
    }
    if (diverged < 0 && strcmp(record->status, "diverged") == 0)
        diverged = t->last_step;
    unroll_record_int(record, "diverged_step", "steps", diverged);
    return unroll_record_check(record);
}

static unroll_status open_training(unroll_training *t)
{
    unroll_model_shape shape;
    const char *name = unroll_text(t->settings, "task");
    t->task = unroll_task_find(name);
    if (t->task == NULL)
        return unroll_error(UNROLL_WRONG, "task=%s is no task: see unroll list tasks", name);
    UNROLL_TRY(t->task->open(t->settings, &t->data));
    t->task->shape(t->data, &t->shape);
    UNROLL_TRY(unroll_shape_steps(t->settings, &t->shape, &t->steps));
    shape = unroll_model_shape_of(&t->shape);
    UNROLL_TRY(unroll_model_open(t->settings, &shape, &t->model));
    if ((t->shape.carry || t->shape.next) && !unroll_model_streams(t->model))
        return unroll_error(UNROLL_WRONG, "task=%s asks at a step for what later ones show, but the model reads ahead: it would see "
                                          "what it is to predict", name);
    return unroll_training_open(t);
}

static unroll_status run_all(run_state *run)
{
    unroll_training *t = &run->training;
    UNROLL_TRY(open_training(t));
    UNROLL_TRY(unroll_train(t));
    if (unroll_training_stopped(t))
        return unroll_error(UNROLL_STOPPED, "stopped");
    if (t->shape.carry)
        unroll_model_carry(t->model, UNROLL_NO_CARRY, true);
    UNROLL_TRY(note_results(run));
    if (run->hooks != NULL && run->hooks->extras != NULL && t->task->extras != NULL)
        UNROLL_TRY(t->task->extras(t->data, run->hooks->extras, UNROLL_EXTRAS, &run->hooks->extra_count));
    return unroll_ok();
}

static void show_first_steps(const unroll_training *t, char out[UNROLL_FIRST_STEPS_ROOM])
{
    char digest[UNROLL_HASH_ROOM];
    snprintf(out, UNROLL_FIRST_STEPS_ROOM, "%lld steps %s", (long long)t->first_steps, unroll_hash_show(t->digest, digest));
}

static double now_seconds(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

unroll_status unroll_run(const unroll_settings *settings, unroll_run_hooks *hooks, unroll_record *record)
{
    unroll_settings *own = unroll_settings_copy(settings);
    run_state run = {.training = {.settings = own, .hooks = hooks}, .hooks = hooks, .record = record};
    double start = now_seconds();
    char digest[UNROLL_FIRST_STEPS_ROOM];
    unroll_status status;
    if (own == NULL)
        return unroll_error(UNROLL_FAILED, "out of memory");
    status = unroll_resolve_params(own, NULL);
    if (status.code == UNROLL_OK)
        status = run_all(&run);
    record->seconds = now_seconds() - start;
    show_first_steps(&run.training, digest);
    if (status.code == UNROLL_OK)
        unroll_record_env(record, "first_steps", digest);
    release(&run);
    unroll_settings_free(own);
    return status;
}

unroll_status unroll_run_first_steps(const unroll_settings *settings, const atomic_bool *stop,
                                     char digest[UNROLL_FIRST_STEPS_ROOM])
{
    unroll_settings *own = unroll_settings_copy(settings);
    unroll_run_hooks hooks = {.stop = stop};
    run_state run = {.training = {.settings = own, .hooks = &hooks, .first_only = true}, .hooks = &hooks};
    unroll_status status;
    if (own == NULL)
        return unroll_error(UNROLL_FAILED, "out of memory");
    status = unroll_resolve_params(own, NULL);
    if (status.code == UNROLL_OK)
        status = open_training(&run.training);
    if (status.code == UNROLL_OK)
        status = unroll_train(&run.training);
    if (status.code == UNROLL_OK && unroll_training_stopped(&run.training))
        status = unroll_error(UNROLL_STOPPED, "stopped");
    show_first_steps(&run.training, digest);
    release(&run);
    unroll_settings_free(own);
    return status;
}
