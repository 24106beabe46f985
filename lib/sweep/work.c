#include "sweep/work.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/file.h"
#include "base/team.h"
#include "base/text.h"
#include "bench/bench.h"
#include "model/run.h"
#include "store/store.h"

/* ---- one run ---- */

typedef struct run_in_flight {
    unroll_work *work;
    double cost, counted; /* of the run, and as much of it as the progress bar has been told of */
} run_in_flight;

static void count_steps(void *context, const unroll_point *point)
{
    run_in_flight *flight = context;
    double now = point->steps > 0 ? flight->cost * (double)point->step / (double)point->steps : 0;
    unroll_progress_advance(&flight->work->progress, now - flight->counted);
    flight->counted = now;
}

/* "model=lstm seed=3  done  3.1 s  mse 0.0123" */
static void describe(const unroll_work *w, const unroll_record *record, char *line, size_t room)
{
    char settings[256], duration[32];
    const unroll_column *named = unroll_record_find(record, "metric"); /* a training run names its task's metric */
    const char *metric = w->experiment->metric != NULL ? w->experiment->metric : named != NULL ? named->text : "";
    const unroll_column *column = unroll_record_find(record, metric);
    size_t used;
    unroll_plan_describe(&w->plan, record->settings, settings, sizeof settings);
    used = (size_t)snprintf(line, room, "%s%s%s  %s", settings, settings[0] != '\0' ? "  " : "", record->status,
                            unroll_show_duration(record->seconds, duration));
    if (column != NULL && column->type != UNROLL_COLUMN_TEXT && used < room)
        used += (size_t)snprintf(line + used, room - used, "  %s %.4g", column->name,
                                 column->type == UNROLL_COLUMN_INT ? (double)column->integer : column->real);
    if (record->reason[0] != '\0' && used < room)
        snprintf(line + used, room - used, "  %s", record->reason);
}

/* A run that failed leaves a record with nothing but its reason. */
static unroll_record *failed_record(const unroll_settings *settings, const unroll_status *status)
{
    unroll_record *record = unroll_record_new(settings);
    if (record == NULL)
        return NULL;
    unroll_text_copy(record->status, sizeof record->status, "failed");
    unroll_text_copy(record->reason, sizeof record->reason, status->text);
    return record;
}

static void label(const unroll_work *w, const unroll_planned *run, double seconds, unroll_record *record)
{
    char beside[16];
    unroll_text_copy(record->experiment, sizeof record->experiment, w->experiment->name);
    unroll_text_copy(record->id, sizeof record->id, run->id);
    record->experiment_version = w->experiment->version;
    record->numerics_version = UNROLL_NUMERICS_VERSION;
    record->seconds = seconds;
    if (record->status[0] == '\0')
        unroll_text_copy(record->status, sizeof record->status, "done");
    unroll_describe_machine(run->settings, record);
    unroll_origin_note(run->content, record);
    snprintf(beside, sizeof beside, "%d", w->jobs - 1);
    unroll_record_env(record, "beside", beside); /* runs of this sweep that went at the same time, at most */
}

/* Counts and tells of a run whose record is written, or could not be written. */
static void account(unroll_work *w, const unroll_record *record, const unroll_status *stored)
{
    char line[1024];
    bool failed = strcmp(record->status, "failed") == 0;
    pthread_mutex_lock(&w->progress.lock);
    if (stored->code != UNROLL_OK) {
        if (w->trouble.code == UNROLL_OK)
            w->trouble = *stored;
        atomic_store(&w->halt, true);
    } else {
        w->summary->failed += failed;
        w->summary->diverged += strcmp(record->status, "diverged") == 0;
        w->summary->done += strcmp(record->status, "done") == 0;
        if (failed && w->first_failure[0] == '\0')
            unroll_text_copy(w->first_failure, sizeof w->first_failure, record->reason);
    }
    pthread_mutex_unlock(&w->progress.lock);
    if (failed && w->options->fail_fast)
        atomic_store(&w->halt, true);
    if (stored->code != UNROLL_OK)
        return;
    describe(w, record, line, sizeof line);
    unroll_progress_finish(&w->progress, record->status, line, failed);
}

unroll_status unroll_work_use_isa(const unroll_work *w, const unroll_settings *settings)
{
    const unroll_isa *isa;
    unroll_isa_use(w->isa);
    UNROLL_TRY(unroll_isa_find(unroll_text(settings, "isa"), &isa));
    unroll_isa_use(isa);
    return unroll_ok();
}

/* What a run that ended early did not compute is no measure of the rest. Summed anew: a difference would lose the others
   beside a run of hidden=1e9. */
static void drop_cost(unroll_work *w, unroll_planned *run, double counted)
{
    pthread_mutex_lock(&w->progress.lock);
    run->cost = counted;
    w->progress.cost_total = 0;
    for (int i = 0; i < w->todo_count; i++)
        w->progress.cost_total += w->todo[i]->cost;
    pthread_mutex_unlock(&w->progress.lock);
}

static unroll_status check_record(const unroll_work *w, const unroll_planned *run, const unroll_record *record)
{
    char content[UNROLL_HASH_ROOM];
    const char *excess;
    UNROLL_TRY(unroll_record_check(record));
    unroll_contents_of(w->plan.contents, run->settings, content);
    if (strcmp(content, run->content) != 0)
        return unroll_error(UNROLL_FAILED, "its data changed while the sweep went on; the same command does it on the new ones");
    excess = unroll_plan_excess(w->experiment, record);
    return excess == NULL ? unroll_ok() : unroll_error(UNROLL_FAILED, "its record %s", excess);
}

static void do_run(unroll_work *w, unroll_planned *run)
{
    run_in_flight flight = {w, run->cost, 0};
    unroll_run_hooks hooks = {
        .progress = w->progress.terminal ? count_steps : NULL, .context = &flight, .stop = w->stop};
    unroll_record *record = unroll_record_new(run->settings);
    unroll_status status = record != NULL ? unroll_ok() : unroll_error(UNROLL_FAILED, "out of memory for the record of a run");
    int64_t start = unroll_clock_ns();
    char name[UNROLL_RECORD_NAME_ROOM], path[600];
    if (status.code == UNROLL_OK && w->experiment->timed)
        status = unroll_work_use_isa(w, run->settings);
    if (status.code == UNROLL_OK)
        status = w->experiment->measure != NULL ? w->experiment->measure(run->settings, record)
                                                : unroll_run(run->settings, &hooks, record);
    if (status.code == UNROLL_OK)
        status = check_record(w, run, record);
    if (status.code != UNROLL_OK) {
        unroll_record_free(record);
        record = status.code == UNROLL_STOPPED ? NULL : failed_record(run->settings, &status);
    }
    if (record != NULL) {
        unroll_record_settle(record, NULL); /* an experiment that measures says NaN where there is nothing */
        label(w, run, (double)(unroll_clock_ns() - start) * 1e-9, record);
        unroll_folder_record(&w->folder, unroll_record_name(run->id, run->take, name), path);
        status = unroll_store_record(record, path);
        unroll_text_copy(run->first_steps, sizeof run->first_steps, unroll_origin_noted(record, "first_steps"));
        account(w, record, &status);
    }
    if (record != NULL && strcmp(record->status, "done") != 0)
        drop_cost(w, run, flight.counted);
    else
        unroll_progress_advance(&w->progress, run->cost - flight.counted);
    unroll_record_free(record);
}

/* ---- runs that another call may be at ---- */

/* What a run is claimed by: its record, or the host, where its time is measured alone. */
static void claim_of(const unroll_work *w, const unroll_planned *run, char name[UNROLL_RECORD_NAME_ROOM])
{
    char host[UNROLL_HOST_ROOM];
    if (!w->experiment->timed) {
        unroll_record_name(run->id, run->take, name);
        return;
    }
    unroll_host_name(host);
    snprintf(name, UNROLL_RECORD_NAME_ROOM, "times-on-%s", host);
}

/* Whether another call has done the run since it was planned. Where not, its record goes behind what is there now. */
static bool is_done_meanwhile(unroll_work *w, unroll_planned *run)
{
    unroll_planned now = *run;
    if (w->options->force || run->status[0] != '\0' || /* it is done again whatever is there */
        unroll_folder_find(&w->folder, w->experiment, &now, true, w->options->out).code != UNROLL_OK)
        return false;
    if (now.status[0] == '\0' || now.take < run->take) {
        run->take = now.next > run->take ? now.next : run->take;
        return false;
    }
    pthread_mutex_lock(&w->progress.lock);
    w->summary->found++;
    w->failed_before += strcmp(now.status, "failed") == 0;
    pthread_mutex_unlock(&w->progress.lock);
    unroll_progress_advance(&w->progress, run->cost);
    return true;
}

/* Leaves a run for later. */
static void put_off(unroll_work *w, unroll_planned *run)
{
    bool first;
    pthread_mutex_lock(&w->progress.lock);
    w->waiting[w->waiting_count++] = run;
    first = !w->told;
    w->told = true;
    pthread_mutex_unlock(&w->progress.lock);
    if (first)
        unroll_progress_say(&w->progress, w->experiment->timed ? "another unroll run measures here: the two take turns"
                                                               : "another unroll run is at work here: the two share the runs");
}

/* Does a run unless another call is at it, or has done it. */
static void try_run(unroll_work *w, unroll_planned *run)
{
    char name[UNROLL_RECORD_NAME_ROOM], line[512];
    claim_of(w, run, name);
    if (!unroll_claim(w->claims, name)) {
        put_off(w, run);
        return;
    }
    if (is_done_meanwhile(w, run)) {
        unroll_plan_describe(&w->plan, run->settings, line, sizeof line - 32);
        strcat(line, "  done by another call");
        unroll_progress_finish(&w->progress, "done", line, false);
    } else {
        do_run(w, run);
    }
    unroll_unclaim(w->claims, name);
}

static unroll_planned *take_waiting(unroll_work *w)
{
    unroll_planned *run;
    pthread_mutex_lock(&w->progress.lock);
    run = w->waiting_count > 0 ? w->waiting[0] : NULL;
    for (int i = 1; i < w->waiting_count; i++)
        w->waiting[i - 1] = w->waiting[i];
    w->waiting_count -= run != NULL;
    pthread_mutex_unlock(&w->progress.lock);
    return run;
}

/* ---- all of them ---- */

static void do_next_runs(unroll_work *w)
{
    static const struct timespec moment = {0, 100000000};
    unroll_planned *run;
    unroll_flush_denormals();
    while (!unroll_work_stopped(w) && !atomic_load(&w->halt)) {
        int i = atomic_fetch_add(&w->next, 1);
        if (i >= w->todo_count)
            break;
        try_run(w, w->todo[i]);
    }
    while (!unroll_work_stopped(w) && !atomic_load(&w->halt) && (run = take_waiting(w)) != NULL) {
        nanosleep(&moment, NULL);
        try_run(w, run);
    }
}

void unroll_work_do(unroll_work *w)
{
#pragma omp parallel num_threads(w->jobs)
    do_next_runs(w);
}
