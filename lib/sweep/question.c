#include "sweep/question.h"

#include <stdlib.h>
#include <string.h>

#include "model/run.h"
#include "simd/engine.h"

/* A run in question, and what those that are answered together have in common. */
typedef struct question {
    char group[33];
    unroll_planned *run;
} question;

/* By group; first in each those that can be compared: a failed run has no first steps. */
static int by_group(const void *a, const void *b)
{
    const question *x = a, *y = b;
    int order = strcmp(x->group, y->group);
    if (order == 0)
        order = (x->run->first_steps[0] == '\0') - (y->run->first_steps[0] == '\0');
    return order != 0 ? order : (x->run > y->run) - (x->run < y->run); /* they point into one array */
}

/* Whether the run begins as its record says. One that cannot be started now did not give this record, either. */
static unroll_status begins_the_same(const unroll_experiment *experiment, const unroll_planned *run, const atomic_bool *stop,
                                     bool *same)
{
    char first_steps[UNROLL_FIRST_STEPS_ROOM];
    unroll_status status;
    *same = false;
    if (experiment->measure != NULL || run->first_steps[0] == '\0')
        return unroll_ok();
    status = unroll_run_first_steps(run->settings, stop, first_steps);
    *same = status.code == UNROLL_OK && strcmp(first_steps, run->first_steps) == 0;
    return status.code == UNROLL_STOPPED ? status : unroll_ok();
}

static void answer(question *of, int count, bool same)
{
    for (int i = 0; i < count; i++) {
        unroll_planned *run = of[i].run;
        run->in_question = !same;
        if (same)
            continue;
        run->status[0] = run->first_steps[0] = '\0';
        run->take = run->next;
    }
}

static unroll_status answer_all(const unroll_experiment *experiment, const unroll_plan *plan, question *questions, int count,
                                const atomic_bool *stop, FILE *out)
{
    const unroll_planned *first = NULL;
    char shown[256];
    int stale = 0, repeated = 0;
    unroll_flush_denormals();
    for (int i = 0, next; i < count; i = next) {
        bool same;
        for (next = i + 1; next < count && strcmp(questions[next].group, questions[i].group) == 0;)
            next++;
        UNROLL_TRY(begins_the_same(experiment, questions[i].run, stop, &same));
        answer(&questions[i], next - i, same);
        repeated++;
        stale += same ? 0 : next - i;
        first = same || first != NULL ? first : questions[i].run;
    }
    fprintf(out, "%d record%s found that other sources made: the first steps of %d run%s were repeated", count,
            count == 1 ? "" : "s", repeated, repeated == 1 ? "" : "s");
    if (first == NULL) {
        fputs(", and are the same\n", out);
        return unroll_ok();
    }
    unroll_plan_describe(plan, first->settings, shown, sizeof shown);
    fprintf(out, "; %d record%s are not as they would be now, are kept as stale, and their runs are done again; the first: %s\n",
            stale, stale == 1 ? "" : "s", shown);
    return unroll_ok();
}

unroll_status unroll_answer_questions(const unroll_experiment *experiment, const unroll_plan *plan, unroll_planned *const *runs,
                                      int count, const atomic_bool *stop, FILE *out)
{
    question *questions = malloc(((size_t)count + 1) * sizeof *questions);
    unroll_status status = unroll_ok();
    int asked = 0;
    if (questions == NULL)
        return unroll_error(UNROLL_FAILED, "out of memory for the plan of a sweep");
    for (int i = 0; i < count; i++)
        if (runs[i]->in_question) {
            questions[asked].run = runs[i];
            unroll_settings_identity_but_seed(runs[i]->settings, false, runs[i]->sources, questions[asked++].group);
        }
    qsort(questions, (size_t)asked, sizeof *questions, by_group);
    if (asked > 0)
        status = answer_all(experiment, plan, questions, asked, stop, out);
    free(questions);
    return status;
}
