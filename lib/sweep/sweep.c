#include "sweep/sweep.h"

#include <errno.h>
#include <math.h>
#include <omp.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/file.h"
#include "base/text.h"
#include "base/threads.h"
#include "base/version.h"
#include "bench/bench.h"
#include "model/run.h"
#include "base/team.h"
#include "simd/engine.h"
#include "store/store.h"
#include "sweep/claim.h"
#include "sweep/estimate.h"
#include "sweep/folder.h"
#include "sweep/plan.h"
#include "sweep/progress.h"
#include "sweep/question.h"
#include "sweep/stage.h"

/* One call of unroll_sweep_stage. */
typedef struct sweep {
    const unroll_experiment *experiment;
    const unroll_sweep_options *options;
    const atomic_bool *stop;
    unroll_sweep_summary *summary;
    unroll_folder folder;
    const unroll_choice *choice; /* of whose runs the plan is; NULL: of all */
    unroll_plan plan;
    unroll_planned **mine; /* owned: the runs of this shard, in plan order */
    int mine_count;
    unroll_planned **todo; /* owned: those without a record, in the order in which they are started */
    int todo_count, jobs;
    unroll_planned **waiting; /* owned: of those, the ones that another call is at; under the progress lock */
    int waiting_count;
    bool told; /* of the other call */
    unroll_claims *claims;
    int failed_before; /* records found that are of failed runs */
    const unroll_isa *isa; /* of runs that name none */
    unroll_progress progress;
    atomic_int next;
    atomic_bool halt;      /* start no more runs */
    unroll_status trouble; /* what a record could not be written for; under the progress lock */
    char first_failure[512];
} sweep;

static bool is_stopped(const sweep *s)
{
    return s->stop != NULL && atomic_load(s->stop);
}

static unroll_status out_of_memory(void)
{
    return unroll_error(UNROLL_FAILED, "out of memory for the plan of a sweep");
}

/* ---- what is to do ---- */

static int by_id(const void *a, const void *b)
{
    return strcmp((*(unroll_planned *const *)a)->id, (*(unroll_planned *const *)b)->id);
}

static int by_place(const void *a, const void *b)
{
    const unroll_planned *x = *(unroll_planned *const *)a, *y = *(unroll_planned *const *)b;
    return (x > y) - (x < y); /* they point into one array, which is in plan order */
}

static int by_cost(const void *a, const void *b)
{
    const unroll_planned *x = *(unroll_planned *const *)a, *y = *(unroll_planned *const *)b;
    return x->cost != y->cost ? (x->cost < y->cost) - (x->cost > y->cost) : by_place(a, b);
}

static int by_turn(const void *a, const void *b)
{
    const unroll_planned *x = *(unroll_planned *const *)a, *y = *(unroll_planned *const *)b;
    return (x->turn > y->turn) - (x->turn < y->turn);
}

/* Every shards-th run in the order of ids, from the shard's own one: the same on every machine. */
static unroll_status choose_shard(sweep *s)
{
    int shards = s->options->shards > 1 ? s->options->shards : 1, shard = shards > 1 ? s->options->shard : 1;
    int count = s->plan.count, kept = 0;
    s->mine = malloc((size_t)count * sizeof *s->mine);
    s->todo = malloc((size_t)count * sizeof *s->todo);
    s->waiting = malloc((size_t)count * sizeof *s->waiting);
    if (s->mine == NULL || s->todo == NULL || s->waiting == NULL)
        return out_of_memory();
    if (shard < 1 || shard > shards)
        return unroll_error(UNROLL_WRONG, "shard %d/%d is not one of 1..%d", shard, shards, shards);
    for (int i = 0; i < count; i++)
        s->mine[i] = &s->plan.runs[i];
    qsort(s->mine, (size_t)count, sizeof *s->mine, by_id);
    for (int i = shard - 1; i < count; i += shards)
        s->mine[kept++] = s->mine[i];
    qsort(s->mine, (size_t)kept, sizeof *s->mine, by_place);
    s->mine_count = kept;
    if (kept == 0)
        return unroll_error(UNROLL_NOTHING, "shard %d/%d has none of the %d runs", shard, shards, count);
    return unroll_ok();
}

static void sort_out(sweep *s)
{
    const unroll_sweep_options *options = s->options;
    for (int i = 0; i < s->mine_count; i++) {
        unroll_planned *run = s->mine[i];
        bool there = run->status[0] != '\0', failed = strcmp(run->status, "failed") == 0;
        if (there && !options->force && !options->again && !(failed && options->retry_failed)) {
            s->failed_before += failed;
            s->summary->found++;
            continue;
        }
        run->take = options->again ? run->next : run->take;
        run->cost = unroll_plan_cost(s->experiment, &s->plan, run->settings);
        s->todo[s->todo_count++] = run;
    }
    s->summary->planned = s->mine_count;
    qsort(s->todo, (size_t)s->todo_count, sizeof *s->todo, s->experiment->timed ? by_turn : by_cost);
}

/* Threads over runs: as many as asked for or as there are processors, fewer when a run has several of its own. */
static void count_jobs(sweep *s)
{
    int64_t widest = 1;
    int jobs = s->options->jobs > 0 ? s->options->jobs : omp_get_num_procs();
    for (int i = 0; i < s->todo_count; i++)
        if (unroll_int(s->todo[i]->settings, "threads") > widest)
            widest = unroll_int(s->todo[i]->settings, "threads");
    jobs = (int)(jobs / widest);
    jobs = jobs < s->todo_count ? jobs : s->todo_count;
    s->jobs = s->experiment->timed || jobs < 1 ? 1 : jobs;
}

/* As many as the system gives, which may limit the threads of a user or a container; what gathers needs its own, and after it
   what keeps claims fresh. */
static void limit_jobs(sweep *s)
{
    int there;
    unroll_store_start_child();
    s->claims = unroll_claims_open(s->folder.runs);
    there = unroll_threads_there(s->jobs);
    if (there < s->jobs)
        fprintf(s->options->out, "the system gives %d of %d threads: fewer runs go side by side\n", there, s->jobs);
    s->jobs = there;
}

/* ---- one run ---- */

typedef struct run_in_flight {
    sweep *sweep;
    double cost, counted; /* of the run, and as much of it as the progress bar has been told of */
} run_in_flight;

static void count_steps(void *context, const unroll_point *point)
{
    run_in_flight *flight = context;
    double now = point->steps > 0 ? flight->cost * (double)point->step / (double)point->steps : 0;
    unroll_progress_advance(&flight->sweep->progress, now - flight->counted);
    flight->counted = now;
}

/* "model=lstm seed=3  done  3.1 s  mse 0.0123" */
static void describe(const sweep *s, const unroll_record *record, char *line, size_t room)
{
    char settings[256], duration[32];
    const unroll_column *named = unroll_record_find(record, "metric"); /* a training run names its task's metric */
    const char *metric = s->experiment->metric != NULL ? s->experiment->metric : named != NULL ? named->text : "";
    const unroll_column *column = unroll_record_find(record, metric);
    size_t used;
    unroll_plan_describe(&s->plan, record->settings, settings, sizeof settings);
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

static void label(const sweep *s, const unroll_planned *run, double seconds, unroll_record *record)
{
    char beside[16];
    unroll_text_copy(record->experiment, sizeof record->experiment, s->experiment->name);
    unroll_text_copy(record->id, sizeof record->id, run->id);
    record->experiment_version = s->experiment->version;
    record->numerics_version = UNROLL_NUMERICS_VERSION;
    record->seconds = seconds;
    if (record->status[0] == '\0')
        unroll_text_copy(record->status, sizeof record->status, "done");
    unroll_describe_machine(run->settings, record);
    unroll_origin_note(run->content, record);
    snprintf(beside, sizeof beside, "%d", s->jobs - 1);
    unroll_record_env(record, "beside", beside); /* runs of this sweep that went at the same time, at most */
}

/* Counts and tells of a run whose record is written, or could not be written. */
static void account(sweep *s, const unroll_record *record, const unroll_status *stored)
{
    char line[1024];
    bool failed = strcmp(record->status, "failed") == 0;
    pthread_mutex_lock(&s->progress.lock);
    if (stored->code != UNROLL_OK) {
        if (s->trouble.code == UNROLL_OK)
            s->trouble = *stored;
        atomic_store(&s->halt, true);
    } else {
        s->summary->failed += failed;
        s->summary->diverged += strcmp(record->status, "diverged") == 0;
        s->summary->done += strcmp(record->status, "done") == 0;
        if (failed && s->first_failure[0] == '\0')
            unroll_text_copy(s->first_failure, sizeof s->first_failure, record->reason);
    }
    pthread_mutex_unlock(&s->progress.lock);
    if (failed && s->options->fail_fast)
        atomic_store(&s->halt, true);
    if (stored->code != UNROLL_OK)
        return;
    describe(s, record, line, sizeof line);
    unroll_progress_finish(&s->progress, record->status, line, failed);
}

/* A timed run names its instruction set; the others have been given theirs before. */
static unroll_status use_isa_of(const sweep *s, const unroll_settings *settings)
{
    const unroll_isa *isa;
    unroll_isa_use(s->isa);
    UNROLL_TRY(unroll_isa_find(unroll_text(settings, "isa"), &isa));
    unroll_isa_use(isa);
    return unroll_ok();
}

/* What a run that ended early did not compute is no measure of the rest. Summed anew: a difference would lose the others
   beside a run of hidden=1e9. */
static void drop_cost(sweep *s, unroll_planned *run, double counted)
{
    pthread_mutex_lock(&s->progress.lock);
    run->cost = counted;
    s->progress.cost_total = 0;
    for (int i = 0; i < s->todo_count; i++)
        s->progress.cost_total += s->todo[i]->cost;
    pthread_mutex_unlock(&s->progress.lock);
}

static unroll_status check_record(const sweep *s, const unroll_planned *run, const unroll_record *record)
{
    char content[UNROLL_HASH_ROOM];
    const char *excess;
    UNROLL_TRY(unroll_record_check(record));
    unroll_contents_of(s->plan.contents, run->settings, content);
    if (strcmp(content, run->content) != 0)
        return unroll_error(UNROLL_FAILED, "its data changed while the sweep went on; the same command does it on the new ones");
    excess = unroll_plan_excess(s->experiment, record);
    return excess == NULL ? unroll_ok() : unroll_error(UNROLL_FAILED, "its record %s", excess);
}

static void do_run(sweep *s, unroll_planned *run)
{
    run_in_flight flight = {s, run->cost, 0};
    unroll_run_hooks hooks = {
        .progress = s->progress.terminal ? count_steps : NULL, .context = &flight, .stop = s->stop};
    unroll_record *record = unroll_record_new(run->settings);
    unroll_status status = record != NULL ? unroll_ok() : out_of_memory();
    int64_t start = unroll_clock_ns();
    char name[UNROLL_RECORD_NAME_ROOM], path[600];
    if (status.code == UNROLL_OK && s->experiment->timed)
        status = use_isa_of(s, run->settings);
    if (status.code == UNROLL_OK)
        status = s->experiment->measure != NULL ? s->experiment->measure(run->settings, record)
                                                : unroll_run(run->settings, &hooks, record);
    if (status.code == UNROLL_OK)
        status = check_record(s, run, record);
    if (status.code != UNROLL_OK) {
        unroll_record_free(record);
        record = status.code == UNROLL_STOPPED ? NULL : failed_record(run->settings, &status);
    }
    if (record != NULL) {
        unroll_record_settle(record, NULL); /* an experiment that measures says NaN where there is nothing */
        label(s, run, (double)(unroll_clock_ns() - start) * 1e-9, record);
        unroll_folder_record(&s->folder, unroll_record_name(run->id, run->take, name), path);
        status = unroll_store_record(record, path);
        unroll_text_copy(run->first_steps, sizeof run->first_steps, unroll_origin_noted(record, "first_steps"));
        account(s, record, &status);
    }
    if (record != NULL && strcmp(record->status, "done") != 0)
        drop_cost(s, run, flight.counted);
    else
        unroll_progress_advance(&s->progress, run->cost - flight.counted);
    unroll_record_free(record);
}

/* ---- runs that another call may be at ---- */

/* What a run is claimed by: its record, or the host, where its time is measured alone. */
static void claim_of(const sweep *s, const unroll_planned *run, char name[UNROLL_RECORD_NAME_ROOM])
{
    char host[UNROLL_HOST_ROOM];
    if (!s->experiment->timed) {
        unroll_record_name(run->id, run->take, name);
        return;
    }
    unroll_host_name(host);
    snprintf(name, UNROLL_RECORD_NAME_ROOM, "times-on-%s", host);
}

/* Whether another call has done the run since it was planned. Where not, its record goes behind what is there now. */
static bool is_done_meanwhile(sweep *s, unroll_planned *run)
{
    unroll_planned now = *run;
    if (s->options->force || run->status[0] != '\0' || /* it is done again whatever is there */
        unroll_folder_find(&s->folder, s->experiment, &now, true, s->options->out).code != UNROLL_OK)
        return false;
    if (now.status[0] == '\0' || now.take < run->take) {
        run->take = now.next > run->take ? now.next : run->take;
        return false;
    }
    pthread_mutex_lock(&s->progress.lock);
    s->summary->found++;
    s->failed_before += strcmp(now.status, "failed") == 0;
    pthread_mutex_unlock(&s->progress.lock);
    unroll_progress_advance(&s->progress, run->cost);
    return true;
}

/* Leaves a run for later. */
static void put_off(sweep *s, unroll_planned *run)
{
    bool first;
    pthread_mutex_lock(&s->progress.lock);
    s->waiting[s->waiting_count++] = run;
    first = !s->told;
    s->told = true;
    pthread_mutex_unlock(&s->progress.lock);
    if (first)
        unroll_progress_say(&s->progress, s->experiment->timed ? "another unroll run measures here: the two take turns"
                                                               : "another unroll run is at work here: the two share the runs");
}

/* Does a run unless another call is at it, or has done it. */
static void try_run(sweep *s, unroll_planned *run)
{
    char name[UNROLL_RECORD_NAME_ROOM], line[512];
    claim_of(s, run, name);
    if (!unroll_claim(s->claims, name)) {
        put_off(s, run);
        return;
    }
    if (is_done_meanwhile(s, run)) {
        unroll_plan_describe(&s->plan, run->settings, line, sizeof line - 32);
        strcat(line, "  done by another call");
        unroll_progress_finish(&s->progress, "done", line, false);
    } else {
        do_run(s, run);
    }
    unroll_unclaim(s->claims, name);
}

static unroll_planned *take_waiting(sweep *s)
{
    unroll_planned *run;
    pthread_mutex_lock(&s->progress.lock);
    run = s->waiting_count > 0 ? s->waiting[0] : NULL;
    for (int i = 1; i < s->waiting_count; i++)
        s->waiting[i - 1] = s->waiting[i];
    s->waiting_count -= run != NULL;
    pthread_mutex_unlock(&s->progress.lock);
    return run;
}

/* ---- all of them ---- */

static void do_next_runs(sweep *s)
{
    static const struct timespec moment = {0, 100000000};
    unroll_planned *run;
    unroll_flush_denormals();
    while (!is_stopped(s) && !atomic_load(&s->halt)) {
        int i = atomic_fetch_add(&s->next, 1);
        if (i >= s->todo_count)
            break;
        try_run(s, s->todo[i]);
    }
    while (!is_stopped(s) && !atomic_load(&s->halt) && (run = take_waiting(s)) != NULL) {
        nanosleep(&moment, NULL);
        try_run(s, run);
    }
}

/* Runs side by side, each with what threads it has of its own. */
static void do_runs(sweep *s)
{
#pragma omp parallel num_threads(s->jobs)
    do_next_runs(s);
}

static void print_plan(sweep *s)
{
    FILE *out = s->options->out;
    char duration[32];
    double seconds;
    fprintf(out, "%s: %s\n", s->experiment->name, s->experiment->title);
    unroll_print_axes(&s->plan, out);
    if (s->plan.combinations != s->plan.count)
        fprintf(out, "%d combinations of settings, %d different runs\n", s->plan.combinations, s->plan.count);
    if (s->options->shards > 1)
        fprintf(out, "shard %d/%d of %d runs\n", s->options->shard, s->options->shards, s->plan.count);
    fprintf(out, "%d runs: %d found, %d to do\n", s->summary->planned, s->summary->found, s->todo_count);
    if (s->todo_count == 0)
        return;
    fflush(out);
    seconds = unroll_estimate_seconds(s->experiment, &s->folder, &s->plan, s->todo, s->todo_count, s->jobs);
    if (isnan(seconds))
        fprintf(out, "expected time: not known before a first run is there\n");
    else
        fprintf(out, "expected time: about %s on %d %s\n", unroll_show_duration(seconds, duration), s->jobs,
                s->jobs == 1 ? "thread" : "threads");
}

static void print_summary(const sweep *s, double seconds)
{
    const unroll_sweep_summary *summary = s->summary;
    FILE *out = s->options->out;
    char duration[32];
    fprintf(out, "%s: %d runs: %d found, %d done, %d diverged, %d failed", s->experiment->name, summary->planned,
            summary->found, summary->done, summary->diverged, summary->failed);
    if (s->todo_count > 0)
        fprintf(out, " in %s", unroll_show_duration(seconds, duration));
    fprintf(out, "\nrecords: %s\n", s->folder.runs);
    if (summary->gathered[0] != '\0')
        fprintf(out, "gathered: %s\n", summary->gathered);
    fflush(out);
}

/* What the sweep as a whole came to. */
static unroll_status closing_status(const sweep *s, unroll_status gathered)
{
    const unroll_sweep_summary *summary = s->summary;
    int there = summary->found + summary->done + summary->diverged + summary->failed;
    if (s->trouble.code != UNROLL_OK)
        return s->trouble;
    if (gathered.code != UNROLL_OK)
        return gathered;
    if (is_stopped(s) && there < summary->planned)
        return unroll_error(UNROLL_STOPPED, "stopped with %d of %d runs finished; the same command goes on from there",
                            there, summary->planned);
    if (summary->failed > 0)
        return unroll_error(UNROLL_FAILED, "%d of %d runs failed; the first: %.400s", summary->failed, summary->planned,
                            s->first_failure);
    if (s->failed_before > 0)
        return unroll_error(UNROLL_FAILED, "%d of %d runs failed earlier; --retry-failed does them again",
                            s->failed_before, summary->planned);
    return unroll_ok();
}

static unroll_status run_and_gather(sweep *s)
{
    double cost = 0;
    int64_t start = unroll_clock_ns();
    int records = 0, stale = 0;
    unroll_judging judge = {s->experiment, s->plan.contents, s->plan.runs, s->plan.count};
    unroll_status gathered;
    for (int i = 0; i < s->todo_count; i++)
        cost += s->todo[i]->cost;
    if (s->todo_count > 0) {
        UNROLL_TRY(unroll_folder_prepare(&s->folder));
        UNROLL_TRY(use_isa_of(s, s->todo[0]->settings));
        limit_jobs(s);
        fprintf(s->options->out, "%s: %d runs, %d found, %d to do on %d %s\n", s->experiment->name, s->mine_count,
                s->summary->found, s->todo_count, s->jobs, s->jobs == 1 ? "thread" : "threads");
        fflush(s->options->out);
        unroll_progress_open(&s->progress, s->options->out, s->mine_count, s->summary->found, cost);
        do_runs(s);
        unroll_claims_close(s->claims);
        unroll_progress_close(&s->progress);
        unroll_isa_use(s->isa);
    }
    gathered = unroll_folder_gather(&s->folder, &judge, s->summary->done + s->summary->diverged + s->summary->failed > 0,
                                    &records, &stale);
    if (gathered.code == UNROLL_OK && records > 0)
        unroll_text_copy(s->summary->gathered, sizeof s->summary->gathered, s->folder.gathered);
    if (stale > 0)
        fprintf(s->options->out, "%d of the %d records are stale, and kept: the column stale of the gathered file says why\n",
                stale, records);
    print_summary(s, (double)(unroll_clock_ns() - start) * 1e-9);
    return closing_status(s, gathered);
}

static unroll_status plan_and_run(sweep *s)
{
    const unroll_sweep_options *options = s->options;
    UNROLL_TRY(unroll_folder_name(options->results, s->experiment->name, &s->folder));
    UNROLL_TRY(unroll_plan_make(s->experiment, options, &s->plan));
    if (s->choice != NULL)
        UNROLL_TRY(unroll_choice_keep(s->experiment, s->choice, &s->plan));
    UNROLL_TRY(choose_shard(s));
    for (int i = 0; i < s->mine_count; i++) {
        if (is_stopped(s))
            return unroll_error(UNROLL_STOPPED, "stopped while the records that are there were read");
        UNROLL_TRY(unroll_folder_find(&s->folder, s->experiment, s->mine[i], options->dry_run, options->out));
    }
    UNROLL_TRY(unroll_answer_questions(s->experiment, &s->plan, s->mine, s->mine_count, s->stop, options->out));
    sort_out(s);
    count_jobs(s);
    if (!options->dry_run)
        return run_and_gather(s);
    if (is_stopped(s))
        return unroll_error(UNROLL_STOPPED, "stopped");
    print_plan(s);
    return unroll_ok();
}

unroll_status unroll_sweep_stage(const unroll_experiment *experiment, const unroll_sweep_options *options,
                                 const atomic_bool *stop, const unroll_choice *choice, unroll_sweep_summary *summary)
{
    sweep s = {.experiment = experiment, .options = options, .stop = stop, .summary = summary, .choice = choice};
    unroll_status status;
    memset(summary, 0, sizeof *summary);
    s.trouble = unroll_ok();
    s.isa = unroll_isa_now();
    atomic_init(&s.next, 0);
    atomic_init(&s.halt, false);
    status = plan_and_run(&s);
    free(s.mine);
    free(s.todo);
    free(s.waiting);
    unroll_plan_free(&s.plan);
    return status;
}
