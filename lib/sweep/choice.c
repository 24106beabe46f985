#include "sweep/choice.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "sweep/best.h"
#include "sweep/question.h"

static unroll_status out_of_memory(void)
{
    return unroll_error(UNROLL_FAILED, "out of memory for the choice of a best value");
}

/* ---- what runs have in common ---- */

/* The hash of a run's settings, but for its seed (unless `seed`), the settings that are chosen (best NULL: with them), and a
   width that follows from params. */
static unroll_status key_of(const unroll_experiment *experiment, const unroll_settings *settings, const unroll_best *best,
                            bool seed, char key[33])
{
    unroll_settings *rest = unroll_settings_copy(settings);
    if (rest == NULL)
        return out_of_memory();
    if (unroll_int(rest, "params") > 0)
        unroll_settings_reset(rest, unroll_setting_find("hidden"));
    if (!seed)
        unroll_settings_reset(rest, unroll_setting_find("seed"));
    for (int k = 0; best != NULL && k < best->count; k++)
        unroll_settings_reset(rest, best->axis[k].setting);
    unroll_settings_identity(rest, experiment->timed, "", key);
    unroll_settings_free(rest);
    return unroll_ok();
}

/* A run of a plan under its key. */
typedef struct keyed {
    char key[33];
    int run;
} keyed;

static int by_key(const void *a, const void *b)
{
    const keyed *x = a, *y = b;
    int order = strcmp(x->key, y->key);
    return order != 0 ? order : x->run - y->run;
}

/* The runs of a plan in the order of their keys; *keys: owned by the caller; *different: keys. */
static unroll_status sort_runs(const unroll_experiment *experiment, const unroll_plan *plan, const unroll_best *best, bool seed,
                               keyed **keys, int *different)
{
    *different = 0;
    *keys = malloc(((size_t)plan->count + 1) * sizeof **keys);
    if (*keys == NULL)
        return out_of_memory();
    for (int i = 0; i < plan->count; i++) {
        (*keys)[i].run = i;
        UNROLL_TRY(key_of(experiment, plan->runs[i].settings, best, seed, (*keys)[i].key));
    }
    qsort(*keys, (size_t)plan->count, sizeof **keys, by_key);
    for (int i = 0; i < plan->count; i++)
        *different += i == 0 || strcmp((*keys)[i].key, (*keys)[i - 1].key) != 0;
    return unroll_ok();
}

static int by_text(const void *a, const void *b)
{
    return strcmp(a, b);
}

/* ---- before anything is run ---- */

static unroll_status check_seeds(const unroll_experiment *experiment, const unroll_plan *plan)
{
    unroll_axes choosing = {.axis = NULL};
    unroll_status status = unroll_axes_assign_all(&choosing, experiment->best_by);
    const unroll_axis *seeds = unroll_axes_find(&choosing, "seed");
    if (status.code == UNROLL_OK && seeds == NULL)
        status = unroll_error(UNROLL_WRONG, "%s declares no seeds by which the best %s is chosen", experiment->name,
                              experiment->best);
    for (int i = 0; i < plan->count && status.code == UNROLL_OK; i++) {
        int64_t seed = unroll_int(plan->runs[i].settings, "seed");
        for (int k = 0; k < seeds->count && status.code == UNROLL_OK; k++)
            if (seeds->values[k].integer == seed)
                status = unroll_error(UNROLL_WRONG, "seed=%lld chooses the best %s of %s (%s), and cannot report on it",
                                      (long long)seed, experiment->best, experiment->name, experiment->best_by);
    }
    unroll_axes_free(&choosing);
    return status;
}

unroll_status unroll_choice_check(const unroll_experiment *experiment, const unroll_sweep_options *options, int *most, bool *any)
{
    unroll_plan plan;
    unroll_best best;
    keyed *keys = NULL;
    unroll_status status;
    const char *metric;
    bool higher;
    UNROLL_TRY(unroll_best_metric(experiment, NULL, &metric, &higher));
    UNROLL_TRY(unroll_plan_make(experiment, options, &plan));
    status = unroll_best_open(experiment, experiment->best, &best);
    if (status.code == UNROLL_OK)
        status = check_seeds(experiment, &plan);
    if (status.code == UNROLL_OK)
        status = sort_runs(experiment, &plan, &best, true, &keys, most);
    *any = *most < plan.count;
    free(keys);
    unroll_best_close(&best);
    unroll_plan_free(&plan);
    return status;
}

/* ---- the choice ---- */

/* Reads the records of a plan, of all shards. */
static unroll_status find_all(const unroll_experiment *experiment, const unroll_sweep_options *options, const atomic_bool *stop,
                              unroll_plan *plan)
{
    unroll_folder folder;
    unroll_status status = unroll_folder_name(options->results, experiment->name, &folder);
    unroll_planned **runs = malloc((size_t)plan->count * sizeof(unroll_planned *));
    if (runs == NULL)
        return out_of_memory();
    for (int i = 0; i < plan->count && status.code == UNROLL_OK; i++) {
        runs[i] = &plan->runs[i];
        status = stop != NULL && atomic_load(stop)
                     ? unroll_error(UNROLL_STOPPED, "stopped while the records that are there were read")
                     : unroll_folder_find(&folder, experiment, runs[i], true, options->out);
    }
    if (status.code == UNROLL_OK)
        status = unroll_answer_questions(experiment, plan, runs, plan->count, stop, options->out);
    free(runs);
    return status;
}

static int64_t number_of(const unroll_best *best, const unroll_settings *settings)
{
    const unroll_value *values[UNROLL_MOST_BEST];
    for (int k = 0; k < best->count; k++)
        values[k] = unroll_settings_value(settings, best->axis[k].setting);
    return unroll_best_number(best, values);
}

static unroll_status add_values(const unroll_plan *plan, unroll_best *best)
{
    for (int i = 0; i < plan->count; i++)
        for (int k = 0; k < best->count; k++)
            UNROLL_TRY(unroll_best_add(best, k, unroll_settings_value(plan->runs[i].settings, best->axis[k].setting)));
    return unroll_ok();
}

/* Memory for a choice, (runs) each; group: whose settings but the chosen ones a run shares. */
typedef struct memory {
    keyed *keys;
    int *group, groups;
    unroll_scored *run;
    int64_t *chosen;
} memory;

static unroll_status choose(const unroll_experiment *experiment, const unroll_plan *plan, unroll_best *best, memory *c,
                            unroll_choice *choice)
{
    int count = 0, group = -1;
    UNROLL_TRY(unroll_best_open(experiment, experiment->best, best));
    UNROLL_TRY(add_values(plan, best));
    UNROLL_TRY(sort_runs(experiment, plan, best, false, &c->keys, &c->groups));
    for (int i = 0; i < plan->count; i++) {
        const unroll_planned *run = &plan->runs[c->keys[i].run];
        group += i == 0 || strcmp(c->keys[i].key, c->keys[i - 1].key) != 0;
        c->group[c->keys[i].run] = group;
        if (!isnan(run->score))
            c->run[count++] = (unroll_scored){group, number_of(best, run->settings), run->score};
    }
    unroll_choose(c->run, count, c->groups, c->chosen);
    for (int i = 0; i < plan->count; i++) {
        int64_t chosen = c->chosen[c->group[i]];
        if (chosen >= 0 && number_of(best, plan->runs[i].settings) == chosen)
            UNROLL_TRY(key_of(experiment, plan->runs[i].settings, NULL, false, choice->key[choice->count++]));
    }
    qsort(choice->key, (size_t)choice->count, sizeof *choice->key, by_text);
    return unroll_ok();
}

static unroll_status choose_all(const unroll_experiment *experiment, const unroll_plan *plan, unroll_choice *choice)
{
    size_t room = (size_t)plan->count;
    unroll_best best = {.count = 0};
    memory c = {.group = malloc(room * sizeof *c.group),
                .run = malloc(room * sizeof *c.run),
                .chosen = malloc(room * sizeof *c.chosen)};
    unroll_status status = out_of_memory();
    choice->key = malloc(room * sizeof *choice->key);
    if (c.group != NULL && c.run != NULL && c.chosen != NULL && choice->key != NULL)
        status = choose(experiment, plan, &best, &c, choice);
    unroll_best_close(&best);
    free(c.keys);
    free(c.group);
    free(c.run);
    free(c.chosen);
    return status;
}

unroll_status unroll_choice_make(const unroll_experiment *experiment, const unroll_sweep_options *choosing,
                                 const atomic_bool *stop, unroll_choice *choice)
{
    unroll_plan plan;
    unroll_status status;
    memset(choice, 0, sizeof *choice);
    UNROLL_TRY(unroll_plan_make(experiment, choosing, &plan));
    status = find_all(experiment, choosing, stop, &plan);
    choice->planned = plan.count;
    for (int i = 0; i < plan.count && status.code == UNROLL_OK; i++)
        choice->missing += plan.runs[i].status[0] == '\0';
    if (status.code == UNROLL_OK && choice->missing == 0)
        status = choose_all(experiment, &plan, choice);
    unroll_plan_free(&plan);
    return status;
}

void unroll_choice_free(unroll_choice *choice)
{
    free(choice->key);
    memset(choice, 0, sizeof *choice);
}

unroll_status unroll_choice_keep(const unroll_experiment *experiment, const unroll_choice *choice, unroll_plan *plan)
{
    int kept = 0, count = plan->count;
    unroll_status status = unroll_ok();
    plan->count = 0;
    for (int i = 0; i < count; i++) {
        char key[33];
        if (status.code == UNROLL_OK)
            status = key_of(experiment, plan->runs[i].settings, NULL, false, key);
        if (status.code == UNROLL_OK && bsearch(key, choice->key, (size_t)choice->count, sizeof *choice->key, by_text) != NULL)
            plan->runs[kept++] = plan->runs[i];
        else
            unroll_settings_free(plan->runs[i].settings);
    }
    plan->count = plan->combinations = kept;
    return status;
}
