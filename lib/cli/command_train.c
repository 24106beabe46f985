/* unroll train: one model, with its loss as it learns. */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "bench/bench.h"
#include "cli/cli.h"
#include "cli/model_file.h"
#include "model/effect.h"
#include "model/run.h"
#include "base/team.h"
#include "simd/engine.h"
#include "sweep/progress.h"
#include "sweep/sweep.h"

static const unroll_option options[] = {
    {"--save", "FILE", "write the trained model to this HDF5 file, for unroll predict"},
    {NULL, NULL, NULL},
};

/* What the user has written must be able to matter. */
static unroll_status check_effect(const unroll_arguments *arguments, const unroll_settings *settings)
{
    unroll_use use = {.settings = settings, .purpose = UNROLL_TO_TRAIN};
    char why[UNROLL_WHY_ROOM];
    const char *text;
    int setting;
    for (int i = 0; i < arguments->assignment_count; i++) {
        UNROLL_TRY(unroll_read_assignment(arguments->assignments[i], &setting, &text));
        UNROLL_TRY(unroll_setting_effect(&use, setting, why));
        if (why[0] != '\0')
            return unroll_error(UNROLL_WRONG, "%s", why);
    }
    return unroll_ok();
}

static unroll_status read_settings(const unroll_arguments *arguments, unroll_settings *settings)
{
    const unroll_isa *isa;
    for (int i = 0; i < arguments->assignment_count; i++)
        UNROLL_TRY(unroll_settings_assign(settings, arguments->assignments[i]));
    UNROLL_TRY(unroll_settings_check(settings));
    UNROLL_TRY(check_effect(arguments, settings));
    UNROLL_TRY(unroll_isa_find(unroll_text(settings, "isa"), &isa));
    unroll_isa_use(isa);
    return unroll_resolve_params(settings, NULL);
}

/* A folder that is not there is told before hours of training, not after. */
static unroll_status check_place(const char *path)
{
    const char *slash = strrchr(path, '/');
    struct stat there;
    char folder[1024];
    if (stat(path, &there) == 0 && !S_ISREG(there.st_mode))
        return unroll_error(UNROLL_WRONG, "cannot write %.300s: it is there and not a file", path);
    if (strlen(path) == 0 || path[strlen(path) - 1] == '/' || strlen(path) >= sizeof folder)
        return unroll_error(UNROLL_WRONG, "--save needs the name of a file");
    snprintf(folder, sizeof folder, "%.*s",
             slash == NULL   ? 1
             : slash == path ? 1
                             : (int)(slash - path),
             slash == NULL ? "." : path);
    if (access(folder, W_OK | X_OK) != 0)
        return unroll_error(UNROLL_FAILED, "cannot write %.300s: %s", path, strerror(errno));
    return unroll_ok();
}

/* The model may not take the place of the data that it is trained on, whatever name that goes by. */
static unroll_status check_input(const unroll_settings *settings, const char *save)
{
    const unroll_task *task = unroll_task_find(unroll_text(settings, "task"));
    char path[UNROLL_FILE_ROOM] = "";
    for (int i = 0; task != NULL && task->files != NULL && (i == 0 || path[0] != '\0'); i++) {
        UNROLL_TRY(task->files(settings, i, path));
        if (path[0] != '\0' && unroll_same_file(path, save))
            return unroll_error(UNROLL_WRONG, "--save %.200s would take the place of the data that is read: %.200s", save, path);
    }
    return unroll_ok();
}

typedef struct loss_line {
    bool terminal;
    int64_t start; /* clock, ns */
} loss_line;

/* On a terminal one line that changes, in a pipe a line an evaluation. */
static void show_loss(void *context, const unroll_point *point)
{
    const loss_line *line = context;
    double elapsed = (double)(unroll_clock_ns() - line->start) * 1e-9;
    char left[32];
    printf("%sstep %lld/%lld", line->terminal ? "\r" : "", (long long)point->step, (long long)point->steps);
    if (!isnan(point->train_loss))
        printf("  training loss %.5g", point->train_loss);
    printf("  validation %s %.5g%s%s  %.1f s", point->metric, point->valid, point->unit[0] != '\0' ? " " : "", point->unit,
           elapsed);
    if (point->step > 0 && point->step < point->steps)
        printf(", %s left", unroll_show_duration(elapsed / (double)point->step * (double)(point->steps - point->step), left));
    fputs(line->terminal ? "\033[K" : "\n", stdout);
    fflush(stdout);
}

static bool is_long(const unroll_column *column)
{
    enum { LINE = 80 };
    return column->type == UNROLL_COLUMN_TEXT && (strlen(column->text) > LINE || strchr(column->text, '\n') != NULL);
}

/* What there is no value of (the step at which a run that did not diverge diverged) is NaN or negative. */
static bool is_empty(const unroll_column *column)
{
    return (column->type == UNROLL_COLUMN_REAL && isnan(column->real)) ||
           (column->type == UNROLL_COLUMN_INT && column->integer < 0);
}

/* Which split a result is of, for a reader; "" of what is of none. What has a twin of the test, as yardsticks do, is of the
   validation. */
static const char *split_of(const unroll_record *record, const char *name)
{
    const unroll_column *metric = unroll_record_find(record, "metric");
    char twin[64];
    if (strcmp(name, "train_loss") == 0)
        return "  (training)";
    if (strncmp(name, "test_", 5) == 0)
        return "  (test)";
    snprintf(twin, sizeof twin, "test_%s", name);
    return (metric != NULL && strcmp(name, metric->text) == 0) || strncmp(name, "best_valid_", 11) == 0 ||
                   unroll_record_find(record, twin) != NULL
               ? "  (validation)"
               : "";
}

static void print_column(const unroll_record *record, const unroll_column *column)
{
    const char *blank = column->unit[0] != '\0' ? " " : "", *split = split_of(record, column->name);
    switch (column->type) {
    case UNROLL_COLUMN_REAL:
        printf("  %-24s %.6g%s%s%s\n", column->name, column->real, blank, column->unit, split);
        break;
    case UNROLL_COLUMN_INT:
        printf("  %-24s %lld%s%s%s\n", column->name, (long long)column->integer, blank, column->unit, split);
        break;
    case UNROLL_COLUMN_TEXT:
        printf("  %-24s %s\n", column->name, column->text);
        break;
    }
}

/* Every scalar that the run left, a line each; long texts come last, on lines of their own. */
static void print_record(const unroll_record *record)
{
    for (int i = 0; i < record->column_count; i++)
        if (!is_long(&record->columns[i]) && !is_empty(&record->columns[i]))
            print_column(record, &record->columns[i]);
    printf("  %-24s %.3g s\n", "seconds", record->seconds);
    for (int i = 0; i < record->column_count; i++)
        if (is_long(&record->columns[i]))
            printf("\n%s:\n%s\n", record->columns[i].name, record->columns[i].text);
}

static unroll_status train(const unroll_settings *settings, const char *save, const atomic_bool *stop)
{
    loss_line line = {isatty(STDOUT_FILENO) == 1, unroll_clock_ns()};
    unroll_model *model = NULL;
    unroll_extra extras[UNROLL_EXTRAS];
    unroll_run_hooks hooks = {.progress = show_loss,
                              .context = &line,
                              .stop = stop,
                              .model = save != NULL ? &model : NULL,
                              .extras = save != NULL ? extras : NULL};
    unroll_record *record = unroll_record_new(settings);
    unroll_status status;
    if (record == NULL)
        return unroll_error(UNROLL_FAILED, "out of memory for the record of a run");
    unroll_flush_denormals();
    status = unroll_run(settings, &hooks, record);
    record->seconds = (double)(unroll_clock_ns() - line.start) * 1e-9;
    if (line.terminal)
        putchar('\n');
    if (status.code == UNROLL_OK)
        status = unroll_record_check(record);
    if (status.code == UNROLL_STOPPED)
        status = unroll_error(UNROLL_STOPPED, "stopped%s", save != NULL ? "; no model is saved" : "");
    if (status.code == UNROLL_OK)
        print_record(record);
    if (status.code == UNROLL_OK && strcmp(record->status, "done") != 0)
        status = unroll_error(UNROLL_FAILED, "the run %s: %.400s", record->status, record->reason);
    if (status.code == UNROLL_OK && save != NULL) {
        status = unroll_model_save(model, extras, hooks.extra_count, save);
        if (status.code == UNROLL_OK)
            printf("model: %s\n", save);
    }
    for (int i = 0; i < hooks.extra_count; i++)
        free(extras[i].value);
    if (model != NULL)
        unroll_model_close(model);
    unroll_record_free(record);
    return status;
}

static unroll_status train_as(const unroll_arguments *arguments, unroll_settings *settings, const atomic_bool *stop)
{
    const char *save = unroll_option_get(arguments, "--save");
    UNROLL_TRY(read_settings(arguments, settings));
    if (save != NULL)
        UNROLL_TRY(check_place(save));
    if (save != NULL)
        UNROLL_TRY(check_input(settings, save));
    return train(settings, save, stop);
}

static unroll_status run(const unroll_arguments *arguments, const atomic_bool *stop)
{
    unroll_settings *settings = unroll_settings_new();
    unroll_status status = settings != NULL ? train_as(arguments, settings, stop)
                                            : unroll_error(UNROLL_FAILED, "out of memory for the settings of a run");
    unroll_settings_free(settings);
    return status;
}

const unroll_command command_train = {
    .name = "train",
    .usage = "[setting=value ...] [--save FILE]",
    .help = "train one model; show its loss, its error, and yardsticks to compare it with",
    .order = 20,
    .run = run,
    .options = options,
    .settings = true,
};
