#include "sweep/plan.h"

#include <stdlib.h>
#include <string.h>

#include "model/effect.h"
#include "model/run.h"
#include "store/store.h"

enum { MOST_RUNS = 250000 };

static unroll_status out_of_memory(void)
{
    return unroll_error(UNROLL_FAILED, "out of memory for the plan of a sweep");
}

void unroll_plan_free(unroll_plan *plan)
{
    for (int i = 0; i < plan->count; i++)
        unroll_settings_free(plan->runs[i].settings);
    free(plan->runs);
    unroll_shapes_free(plan->shapes);
    unroll_contents_free(plan->contents);
    unroll_axes_free(&plan->axes);
    memset(plan, 0, sizeof *plan);
}

static bool is_assigned(const unroll_sweep_options *options, int setting)
{
    const char *name = unroll_setting_at(setting)->name, *text;
    for (int i = 0; i < options->assignment_count; i++) {
        size_t length = unroll_part_assignment(options->assignments[i], &text);
        if (length == strlen(name) && strncmp(options->assignments[i], name, length) == 0)
            return true;
    }
    return false;
}

/* An experiment's own axis gives way to an assigned setting that would have no effect beside it: params to hidden. */
static void give_way(const unroll_sweep_options *options, unroll_axes *axes)
{
    for (int i = axes->count - 1; i >= 0; i--) {
        bool rival = false;
        for (int k = 0; k < axes->count; k++)
            rival = rival || (is_assigned(options, axes->axis[k].setting) &&
                              unroll_setting_is_rival(axes->axis[k].setting, axes->axis[i].setting));
        if (rival && !is_assigned(options, axes->axis[i].setting))
            unroll_axes_drop(axes, i);
    }
}

static unroll_status read_axes(const unroll_experiment *experiment, const unroll_sweep_options *options,
                               unroll_axes *axes)
{
    UNROLL_TRY(unroll_axes_assign_all(axes, experiment->fixed));
    UNROLL_TRY(unroll_axes_assign_all(axes, options->full ? experiment->axes_full : experiment->axes_quick));
    for (int i = 0; i < options->assignment_count; i++)
        UNROLL_TRY(unroll_axes_assign(axes, options->assignments[i]));
    give_way(options, axes);
    return unroll_ok();
}

static unroll_status count_combinations(const unroll_axes *axes, int *combinations)
{
    int64_t count = 1;
    for (int i = 0; i < axes->count; i++) {
        count *= axes->axis[i].count;
        if (count > MOST_RUNS)
            return unroll_error(UNROLL_WRONG, "the axes span more than %d runs; sweep fewer values at a time",
                                MOST_RUNS);
    }
    *combinations = (int)count;
    return unroll_ok();
}

/* Settings of combination `index`, the last axis changing fastest. */
static unroll_status set_combination(const unroll_axes *axes, int index, unroll_settings *settings)
{
    for (int i = axes->count - 1; i >= 0; i--) {
        const unroll_axis *axis = &axes->axis[i];
        UNROLL_TRY(unroll_settings_put(settings, axis->setting, &axis->values[index % axis->count]));
        index /= axis->count;
    }
    return unroll_settings_check(settings);
}

/* The place of combination `index` in the order in which the first axis changes fastest. */
static int64_t turn_of(const unroll_axes *axes, int index)
{
    int64_t turn = 0;
    int after = 1; /* combinations of the axes after this one */
    for (int i = axes->count - 1; i >= 0; i--)
        after *= axes->axis[i].count;
    for (int i = 0, weight = 1; i < axes->count; i++) {
        after /= axes->axis[i].count;
        turn += (int64_t)(index / after % axes->axis[i].count) * weight;
        weight *= axes->axis[i].count;
    }
    return turn;
}

static unroll_use use_of(const unroll_experiment *experiment, const unroll_plan *plan, const unroll_settings *settings)
{
    unroll_purpose purpose = experiment->steps             ? UNROLL_TO_TIME
                             : experiment->measure != NULL ? UNROLL_TO_MEASURE
                                                           : UNROLL_TO_TRAIN;
    return (unroll_use){settings, plan->shapes, purpose};
}

/* ---- settings without effect ---- */

/* The last axis whose setting matters for none of the combinations, and why not for the first of them; -1: there is none. */
static unroll_status find_idle(const unroll_experiment *experiment, const unroll_plan *plan, unroll_settings *scratch, int *idle,
                               char why[UNROLL_WHY_ROOM])
{
    unroll_use use = use_of(experiment, plan, scratch);
    char other[UNROLL_WHY_ROOM];
    for (*idle = plan->axes.count - 1; *idle >= 0; --*idle) {
        bool matters = false;
        for (int i = 0; i < plan->combinations && !matters; i++) {
            UNROLL_TRY(set_combination(&plan->axes, i, scratch));
            UNROLL_TRY(unroll_setting_effect(&use, plan->axes.axis[*idle].setting, i == 0 ? why : other));
            matters = (i == 0 ? why : other)[0] == '\0';
        }
        if (!matters)
            return unroll_ok();
    }
    return unroll_ok();
}

/* Drops the axes that matter for no combination, but where the user has written one, says why it does not. */
static unroll_status drop_idle(const unroll_experiment *experiment, const unroll_sweep_options *options, unroll_plan *plan)
{
    unroll_settings *scratch;
    unroll_status status;
    char why[UNROLL_WHY_ROOM];
    int idle = -1;
    do {
        UNROLL_TRY(count_combinations(&plan->axes, &plan->combinations));
        scratch = unroll_settings_new();
        status = scratch != NULL ? find_idle(experiment, plan, scratch, &idle, why) : out_of_memory();
        unroll_settings_free(scratch);
        if (status.code == UNROLL_OK && idle >= 0 && is_assigned(options, plan->axes.axis[idle].setting))
            status = unroll_error(UNROLL_WRONG, "%s", why);
        UNROLL_TRY(status);
        if (idle >= 0)
            unroll_axes_drop(&plan->axes, idle);
    } while (idle >= 0);
    return unroll_ok();
}

/* What cannot matter to this run is at its default, so that combinations that mean the same run become one. */
static unroll_status settle(const unroll_experiment *experiment, const unroll_plan *plan, unroll_settings *settings)
{
    bool *matters = calloc((size_t)plan->axes.count + 1, sizeof *matters);
    unroll_use use = use_of(experiment, plan, settings);
    unroll_status status = matters != NULL ? unroll_ok() : out_of_memory();
    char why[UNROLL_WHY_ROOM];
    for (int i = 0; i < plan->axes.count && status.code == UNROLL_OK; i++) {
        status = unroll_setting_effect(&use, plan->axes.axis[i].setting, why);
        matters[i] = why[0] == '\0';
    }
    for (int i = 0; i < plan->axes.count && status.code == UNROLL_OK; i++) /* once all have been asked: they need each other */
        if (!matters[i])
            unroll_settings_reset(settings, plan->axes.axis[i].setting);
    free(matters);
    return status;
}

/* ---- combinations that are left out ---- */

static bool is_one_of(const unroll_axes *some, const unroll_sweep_options *options, const unroll_settings *settings)
{
    for (int i = 0; i < some->count; i++) {
        const unroll_axis *axis = &some->axis[i];
        bool found = false;
        for (int k = 0; k < axis->count && !found; k++)
            found = unroll_compare_values(&axis->values[k], unroll_settings_value(settings, axis->setting)) == 0;
        if (!found || is_assigned(options, axis->setting))
            return false;
    }
    return true;
}

unroll_status unroll_sweep_without(const unroll_experiment *experiment, const unroll_sweep_options *options,
                                   const unroll_settings *settings, bool *left_out)
{
    *left_out = false;
    for (int i = 0; i < UNROLL_MOST_WITHOUT && experiment->without[i] != NULL && !*left_out; i++) {
        unroll_axes some = {.axis = NULL};
        unroll_status status = unroll_axes_assign_all(&some, experiment->without[i]);
        *left_out = status.code == UNROLL_OK && is_one_of(&some, options, settings);
        unroll_axes_free(&some);
        UNROLL_TRY(status);
    }
    return unroll_ok();
}

/* ---- runs ---- */

static unroll_status fill_run(const unroll_experiment *experiment, const unroll_sweep_options *options, unroll_plan *plan,
                              int index)
{
    int64_t steps;
    bool left_out;
    unroll_planned *run = &plan->runs[plan->count];
    memset(run, 0, sizeof *run);
    run->settings = unroll_settings_new();
    if (run->settings == NULL)
        return out_of_memory();
    plan->count++; /* from here on it is freed with the plan */
    run->turn = turn_of(&plan->axes, index);
    UNROLL_TRY(set_combination(&plan->axes, index, run->settings));
    UNROLL_TRY(settle(experiment, plan, run->settings));
    UNROLL_TRY(unroll_sweep_without(experiment, options, run->settings, &left_out));
    if (left_out) {
        unroll_settings_free(run->settings);
        plan->count--;
        return unroll_ok();
    }
    UNROLL_TRY(unroll_resolve_params(run->settings, plan->shapes));
    UNROLL_TRY(unroll_count_steps(run->settings, plan->shapes, &steps)); /* of endless data, too many: told before any run */
    unroll_contents_of(plan->contents, run->settings, run->content);
    unroll_origin_identify(experiment, run->settings, run->content, run->id);
    return unroll_ok();
}

static int by_id_and_place(const void *a, const void *b)
{
    const unroll_planned *x = *(unroll_planned *const *)a, *y = *(unroll_planned *const *)b;
    int order = strcmp(x->id, y->id);
    return order != 0 ? order : (x > y) - (x < y);
}

/* Of runs with the same identity the first one in plan order stays. */
static unroll_status drop_duplicates(unroll_plan *plan)
{
    unroll_planned **sorted = malloc((size_t)plan->count * sizeof(unroll_planned *));
    int kept = 0;
    if (sorted == NULL)
        return out_of_memory();
    for (int i = 0; i < plan->count; i++)
        sorted[i] = &plan->runs[i];
    qsort(sorted, (size_t)plan->count, sizeof(unroll_planned *), by_id_and_place);
    for (int i = plan->count - 1; i > 0; i--)
        if (strcmp(sorted[i]->id, sorted[i - 1]->id) == 0) {
            unroll_settings_free(sorted[i]->settings);
            sorted[i]->settings = NULL;
        }
    free(sorted);
    for (int i = 0; i < plan->count; i++)
        if (plan->runs[i].settings != NULL)
            plan->runs[kept++] = plan->runs[i];
    plan->count = kept;
    return unroll_ok();
}

unroll_status unroll_plan_make(const unroll_experiment *experiment, const unroll_sweep_options *options,
                               unroll_plan *plan)
{
    unroll_status status;
    memset(plan, 0, sizeof *plan);
    plan->shapes = unroll_shapes_new();
    plan->contents = unroll_contents_new();
    status = plan->shapes != NULL && plan->contents != NULL ? read_axes(experiment, options, &plan->axes) : out_of_memory();
    if (status.code == UNROLL_OK)
        status = drop_idle(experiment, options, plan);
    plan->runs = status.code == UNROLL_OK ? calloc((size_t)plan->combinations, sizeof *plan->runs) : NULL;
    if (status.code == UNROLL_OK && plan->runs == NULL)
        status = out_of_memory();
    for (int i = 0; i < plan->combinations && status.code == UNROLL_OK; i++)
        status = fill_run(experiment, options, plan, i);
    if (status.code == UNROLL_OK)
        status = drop_duplicates(plan);
    if (status.code != UNROLL_OK)
        unroll_plan_free(plan);
    return status;
}

/* Points of its longest curve. */
static int longest_of(const unroll_record *record)
{
    int length = 0;
    for (int i = 0; i < record->curve_count; i++)
        length = record->curves[i].length > length ? record->curves[i].length : length;
    for (int i = 0; i < record->timing_count; i++)
        length = record->timings[i].length > length ? record->timings[i].length : length;
    return length;
}

const char *unroll_plan_excess(const unroll_experiment *experiment, const unroll_record *record)
{
    enum { MOST_CURVE = 4096, MOST_TEXT = 1 << 16 }; /* beside the points and the sample: forecasts, names, the machine */
    const char *excess = unroll_record_excess(record);
    int64_t sample;
    if (excess != NULL || experiment->measure != NULL) /* which writes what it likes */
        return excess;
    if (longest_of(record) > unroll_int(record->settings, "points") + MOST_CURVE)
        return "has a curve of more than 4096 points beyond the setting points";
    sample = unroll_setting_find("sample_chars") >= 0 ? unroll_int(record->settings, "sample_chars") : 0;
    if (unroll_record_text_bytes(record) > 4 * (size_t)sample + MOST_TEXT)
        return "has texts of more than 64 KiB beyond the setting sample_chars";
    return NULL;
}

const char *unroll_plan_refuse(const void *context, const unroll_record *record)
{
    const unroll_experiment *experiment = context;
    if (strcmp(record->experiment, experiment->name) != 0)
        return "is a record of another experiment";
    if (record->settings == NULL)
        return "is a record without settings";
    if (!unroll_origin_fits(experiment, record))
        return "is a record with the settings of another run";
    return unroll_plan_excess(experiment, record);
}

double unroll_plan_cost(const unroll_experiment *experiment, const unroll_plan *plan, const unroll_settings *settings)
{
    return experiment->timed && experiment->measure != NULL ? 1 : unroll_run_cost(settings, plan->shapes);
}

void unroll_plan_describe(const unroll_plan *plan, const unroll_settings *settings, char *out, size_t room)
{
    size_t used = 0;
    out[0] = '\0';
    for (int i = 0; i < plan->axes.count && used < room; i++) {
        const unroll_axis *axis = &plan->axes.axis[i];
        if (axis->count > 1)
            used +=
                (size_t)snprintf(out + used, room - used, "%s%s=%s", used > 0 ? " " : "",
                                 unroll_setting_at(axis->setting)->name, unroll_settings_show(settings, axis->setting));
    }
}

unroll_status unroll_sweep_plan(const unroll_experiment *experiment, const unroll_sweep_options *options,
                                unroll_settings ***configs, int *count)
{
    unroll_plan plan;
    UNROLL_TRY(unroll_plan_make(experiment, options, &plan));
    *count = plan.count;
    *configs = malloc((size_t)plan.count * sizeof(unroll_settings *));
    for (int i = 0; i < plan.count && *configs != NULL; i++) {
        (*configs)[i] = plan.runs[i].settings;
        plan.runs[i].settings = NULL;
    }
    unroll_plan_free(&plan);
    return *configs != NULL ? unroll_ok() : out_of_memory();
}
