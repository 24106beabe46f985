#include "sweep/plan.h"

#include <stdlib.h>
#include <string.h>

#include "model/run.h"
#include "store/store.h"

enum { MOST_RUNS = 100000 };

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
    unroll_axes_free(&plan->axes);
    memset(plan, 0, sizeof *plan);
}

static bool is_assigned(const unroll_sweep_options *options, const char *name)
{
    const char *text;
    for (int i = 0; i < options->assignment_count; i++) {
        size_t length = unroll_part_assignment(options->assignments[i], &text);
        if (length == strlen(name) && strncmp(options->assignments[i], name, length) == 0)
            return true;
    }
    return false;
}

/* Where every run takes its width from `params` the values of `hidden` mean nothing. */
static unroll_status drop_widths(unroll_axes *axes)
{
    const unroll_axis *params = unroll_axes_find(axes, "params");
    char assignment[64];
    if (params == NULL || unroll_axes_find(axes, "hidden") == NULL)
        return unroll_ok();
    for (int i = 0; i < params->count; i++)
        if (params->values[i].integer == 0)
            return unroll_ok();
    snprintf(assignment, sizeof assignment, "hidden=%s", unroll_setting_at(unroll_setting_find("hidden"))->fallback);
    return unroll_axes_assign(axes, assignment);
}

static unroll_status read_axes(const unroll_experiment *experiment, const unroll_sweep_options *options,
                               unroll_axes *axes)
{
    UNROLL_TRY(unroll_axes_assign_all(axes, experiment->fixed));
    UNROLL_TRY(unroll_axes_assign_all(axes, options->full ? experiment->axes_full : experiment->axes_quick));
    if (is_assigned(options, "hidden") && !is_assigned(options, "params"))
        UNROLL_TRY(unroll_axes_assign(axes, "params=0"));
    for (int i = 0; i < options->assignment_count; i++)
        UNROLL_TRY(unroll_axes_assign(axes, options->assignments[i]));
    return drop_widths(axes);
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
static unroll_status set_combination(const unroll_axes *axes, int index, unroll_planned *run)
{
    int64_t weight = 1;
    int place[64];
    for (int i = axes->count - 1; i >= 0; i--) {
        const unroll_axis *axis = &axes->axis[i];
        int value = index % axis->count;
        index /= axis->count;
        if (i < 64)
            place[i] = value;
        UNROLL_TRY(unroll_settings_put(run->settings, axis->setting, &axis->values[value]));
    }
    for (int i = 0; i < axes->count && i < 64; i++) {
        run->turn += place[i] * weight;
        weight *= axes->axis[i].count;
    }
    return unroll_ok();
}

static void identify(const unroll_experiment *experiment, const unroll_settings *settings, char id[33])
{
    char salt[128];
    snprintf(salt, sizeof salt, "experiment/%s/%d/%d", experiment->name, experiment->version, UNROLL_NUMERICS_VERSION);
    unroll_settings_identity(settings, experiment->timed, salt, id);
}

static unroll_status fill_run(const unroll_experiment *experiment, unroll_plan *plan, int index)
{
    int64_t steps;
    unroll_planned *run = &plan->runs[plan->count];
    memset(run, 0, sizeof *run);
    run->settings = unroll_settings_new();
    if (run->settings == NULL)
        return out_of_memory();
    plan->count++; /* from here on it is freed with the plan */
    UNROLL_TRY(set_combination(&plan->axes, index, run));
    UNROLL_TRY(unroll_settings_check(run->settings));
    UNROLL_TRY(unroll_resolve_params(run->settings, plan->shapes));
    UNROLL_TRY(unroll_count_steps(run->settings, plan->shapes, &steps)); /* epochs of endless data are told before any run */
    identify(experiment, run->settings, run->id);
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
    status = read_axes(experiment, options, &plan->axes);
    if (status.code == UNROLL_OK)
        status = count_combinations(&plan->axes, &plan->combinations);
    plan->shapes = unroll_shapes_new();
    plan->runs = status.code == UNROLL_OK ? calloc((size_t)plan->combinations, sizeof *plan->runs) : NULL;
    if (status.code == UNROLL_OK && (plan->runs == NULL || plan->shapes == NULL))
        status = out_of_memory();
    for (int i = 0; i < plan->combinations && status.code == UNROLL_OK; i++)
        status = fill_run(experiment, plan, i);
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
    char id[33];
    if (strcmp(record->experiment, experiment->name) != 0)
        return "is a record of another experiment";
    if (record->settings == NULL)
        return "is a record without settings";
    identify(experiment, record->settings, id);
    if (strcmp(record->id, id) != 0)
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
