#include "sweep/sweep.h"

#include <math.h>
#include <omp.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "base/threads.h"
#include "bench/bench.h"
#include "store/store.h"
#include "sweep/estimate.h"
#include "sweep/plan.h"
#include "sweep/question.h"
#include "sweep/work.h"

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
static unroll_status choose_shard(unroll_work *s)
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

static void sort_out(unroll_work *s)
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
static void count_jobs(unroll_work *s)
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
static void limit_jobs(unroll_work *s)
{
    int there;
    unroll_store_start_child();
    s->claims = unroll_claims_open(s->folder.runs);
    there = unroll_threads_there(s->jobs);
    if (there < s->jobs)
        fprintf(s->options->out, "the system gives %d of %d threads: fewer runs go side by side\n", there, s->jobs);
    s->jobs = there;
}

/* ---- what it says ---- */

static void print_plan(unroll_work *s)
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

static void print_summary(const unroll_work *s, double seconds)
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
static unroll_status closing_status(const unroll_work *s, unroll_status gathered)
{
    const unroll_sweep_summary *summary = s->summary;
    int there = summary->found + summary->done + summary->diverged + summary->failed;
    if (s->trouble.code != UNROLL_OK)
        return s->trouble;
    if (gathered.code != UNROLL_OK)
        return gathered;
    if (unroll_work_stopped(s) && there < summary->planned)
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

static unroll_status run_and_gather(unroll_work *s)
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
        UNROLL_TRY(unroll_work_use_isa(s, s->todo[0]->settings));
        limit_jobs(s);
        fprintf(s->options->out, "%s: %d runs, %d found, %d to do on %d %s\n", s->experiment->name, s->mine_count,
                s->summary->found, s->todo_count, s->jobs, s->jobs == 1 ? "thread" : "threads");
        fflush(s->options->out);
        unroll_progress_open(&s->progress, s->options->out, s->mine_count, s->summary->found, cost);
        unroll_work_do(s);
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

static unroll_status plan_and_run(unroll_work *s)
{
    const unroll_sweep_options *options = s->options;
    UNROLL_TRY(unroll_folder_name(options->results, s->experiment->name, &s->folder));
    UNROLL_TRY(unroll_plan_make(s->experiment, options, &s->plan));
    if (s->choice != NULL)
        UNROLL_TRY(unroll_choice_keep(s->experiment, s->choice, &s->plan));
    UNROLL_TRY(choose_shard(s));
    for (int i = 0; i < s->mine_count; i++) {
        if (unroll_work_stopped(s))
            return unroll_error(UNROLL_STOPPED, "stopped while the records that are there were read");
        UNROLL_TRY(unroll_folder_find(&s->folder, s->experiment, s->mine[i], options->dry_run, options->out));
    }
    UNROLL_TRY(unroll_answer_questions(s->experiment, &s->plan, s->mine, s->mine_count, s->stop, options->out));
    sort_out(s);
    count_jobs(s);
    if (!options->dry_run)
        return run_and_gather(s);
    if (unroll_work_stopped(s))
        return unroll_error(UNROLL_STOPPED, "stopped");
    print_plan(s);
    return unroll_ok();
}

unroll_status unroll_sweep_stage(const unroll_experiment *experiment, const unroll_sweep_options *options,
                                 const atomic_bool *stop, const unroll_choice *choice, unroll_sweep_summary *summary)
{
    unroll_work s = {.experiment = experiment, .options = options, .stop = stop, .summary = summary, .choice = choice};
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
