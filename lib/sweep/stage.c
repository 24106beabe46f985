/* The stages of a sweep: one or, where an experiment declares a choice by validation, two: every value on the seeds that
   choose, then the chosen ones on the seeds of the axes. */
#include "sweep/stage.h"

#include <stdlib.h>
#include <string.h>

#include "base/text.h"

/* One call of unroll_sweep for an experiment that chooses. */
typedef struct stages {
    const unroll_experiment *experiment;
    const unroll_sweep_options *options;
    unroll_sweep_options choosing; /* the options of the first stage */
    const char **assignments;      /* owned; of these */
    const atomic_bool *stop;
    unroll_sweep_summary *summary; /* of both */
    int most;                      /* runs of the second stage */
    bool any;                      /* there is more than one value to choose from */
} stages;

/* The seeds that choose are assigned last, so that they take the place of those that report, whoever gave these. */
static unroll_status open_stages(stages *s)
{
    int count = s->options->assignment_count;
    UNROLL_TRY(unroll_choice_check(s->experiment, s->options, &s->most, &s->any));
    s->assignments = malloc(((size_t)count + 1) * sizeof *s->assignments);
    if (s->assignments == NULL)
        return unroll_error(UNROLL_FAILED, "out of memory for the stages of a sweep");
    for (int i = 0; i < count; i++)
        s->assignments[i] = s->options->assignments[i];
    s->assignments[count] = s->experiment->best_by;
    s->choosing = *s->options;
    s->choosing.assignments = s->assignments;
    s->choosing.assignment_count = count + 1;
    return unroll_ok();
}

static unroll_status run_stage(stages *s, const unroll_sweep_options *options, const unroll_choice *choice)
{
    unroll_sweep_summary own, *all = s->summary;
    unroll_status status = unroll_sweep_stage(s->experiment, options, s->stop, choice, &own);
    all->planned += own.planned;
    all->found += own.found;
    all->done += own.done;
    all->diverged += own.diverged;
    all->failed += own.failed;
    if (own.gathered[0] != '\0')
        unroll_text_copy(all->gathered, sizeof all->gathered, own.gathered);
    return status;
}

/* Whether there may be a second stage now that the first has come to this: whatever single runs have come to, or a shard that
   has none of them. */
static bool may_go_on(const stages *s, const unroll_status *first)
{
    if (s->stop != NULL && atomic_load(s->stop))
        return false;
    if (first->code == UNROLL_FAILED)
        return !s->options->fail_fast || s->summary->failed == 0;
    return first->code == UNROLL_OK || first->code == UNROLL_NOTHING;
}

/* Why what is chosen is not done now. */
static void say_why_not(const stages *s, const unroll_choice *choice)
{
    FILE *out = s->options->out;
    const char *best = s->experiment->best;
    if (s->options->dry_run)
        fprintf(out, "\nstage 2 of 2: at most %d runs, of the %s that stage 1 chooses\n", s->most, best);
    else if (choice->missing == 0)
        fprintf(out, "stage 2 of 2: no run has a result by which %s could be chosen\n", best);
    else
        fprintf(out, "stage 2 of 2 waits for %d of the %d runs that choose %s%s\n", choice->missing, choice->planned, best,
                s->options->shards > 1 ? ": other shards do them" : "");
}

/* UNROLL_NOTHING where there is nothing to do yet, or nothing in this shard. */
static unroll_status run_chosen(stages *s)
{
    unroll_choice choice;
    unroll_status status = unroll_choice_make(s->experiment, &s->choosing, s->stop, &choice);
    if (status.code == UNROLL_OK && choice.count == 0) {
        say_why_not(s, &choice);
        status = unroll_error(UNROLL_NOTHING, "nothing is chosen yet");
    } else if (status.code == UNROLL_OK) {
        fprintf(s->options->out, "\nstage 2 of 2: the chosen %s, on the seeds that report\n", s->experiment->best);
        status = run_stage(s, s->options, &choice);
    }
    unroll_choice_free(&choice);
    return status;
}

static unroll_status run_both(stages *s)
{
    unroll_status first, second;
    fprintf(s->options->out, "stage 1 of 2: every %s, on the seeds that choose\n", s->experiment->best);
    first = run_stage(s, &s->choosing, NULL);
    if (!may_go_on(s, &first))
        return first;
    second = run_chosen(s);
    if (second.code == UNROLL_NOTHING)
        return first;
    return first.code == UNROLL_FAILED && second.code != UNROLL_STOPPED ? first : second;
}

unroll_status unroll_sweep(const unroll_experiment *experiment, const unroll_sweep_options *options,
                           const atomic_bool *stop, unroll_sweep_summary *summary)
{
    stages s = {.experiment = experiment, .options = options, .stop = stop, .summary = summary};
    unroll_status status;
    memset(summary, 0, sizeof *summary);
    if (experiment->best == NULL)
        return unroll_sweep_stage(experiment, options, stop, NULL, summary);
    status = open_stages(&s);
    if (status.code == UNROLL_OK)
        status = s.any ? run_both(&s) : unroll_sweep_stage(experiment, options, stop, NULL, summary);
    free(s.assignments);
    return status;
}
