/* What was run, as the pages tell it: runs, settings, data, machines, and the command that does it again. */
#include <math.h>
#include <string.h>

#include "base/number.h"
#include "base/text.h"
#include "model/task.h"
#include "report/inside.h"
#include "sweep/axes.h"

enum { LIST_ROOM = 600 };

/* ---- settings ---- */

static bool has_several(const unroll_table *table, const char *name)
{
    char first[UNROLL_VALUE_ROOM], other[UNROLL_VALUE_ROOM];
    unroll_value_show(table, name, 0, first);
    for (int r = 1; r < table->rows; r++)
        if (strcmp(first, unroll_value_show(table, name, r, other)) != 0)
            return true;
    return false;
}

static unroll_status list_values(const unroll_experiment *experiment, const unroll_table *table, const char *name,
                                 char list[LIST_ROOM])
{
    UNROLL_TRY(unroll_values_list(experiment, table, name, ",", list, LIST_ROOM));
    unroll_hide_folders(list);
    return unroll_ok();
}

/* Settings that vary with their values (`varying`), or those that are the same everywhere and no default. */
static unroll_status print_settings(const unroll_experiment *experiment, const unroll_table *table, bool varying,
                                    unroll_format format, FILE *out)
{
    char list[LIST_ROOM], first[UNROLL_VALUE_ROOM], assignment[LIST_ROOM + 64];
    int shown = 0;
    for (int i = 0; i < unroll_setting_count(); i++) {
        const unroll_setting *row = unroll_setting_at(i);
        if (unroll_table_find(table, row->name) == NULL || has_several(table, row->name) != varying)
            continue;
        unroll_value_show(table, row->name, 0, first);
        if (!varying && strcmp(first, unroll_setting_default(i)) == 0)
            continue;
        UNROLL_TRY(list_values(experiment, table, row->name, list));
        snprintf(assignment, sizeof assignment, "%s=%s", row->name, list);
        fputs(shown++ > 0 ? " " : "", out);
        unroll_mark_code(assignment, format, out);
    }
    fputs(shown > 0 ? "" : "nothing", out);
    return unroll_ok();
}

/* ---- the command ---- */

/* Whether the value of the setting follows from another one in every run: a width from the number of parameters. */
static bool follows(const unroll_table *table, const char *name)
{
    bool all = strcmp(name, "hidden") == 0;
    for (int r = 0; r < table->rows && all; r++)
        all = unroll_value_real(table, "params", r) > 0;
    return all;
}

/* " name=values", in quotes where a shell would take them for more than one word. */
static void add_assignment(const char *name, const char *values, char *command, size_t room)
{
    static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.,:+-/@%";
    bool quoted = values[strspn(values, plain)] != '\0';
    size_t used = strlen(command);
    used += (size_t)snprintf(command + used, room - used, " %s=%s", name, quoted ? "'" : "");
    for (; *values != '\0' && used < room; values++)
        used += (size_t)snprintf(command + used, room - used, *values == '\'' ? "'\\''" : "%c", *values);
    if (used < room)
        snprintf(command + used, room - used, quoted ? "'" : "");
}

/* Adds to `command` each setting whose values are not those that the experiment gives it at this size. */
static unroll_status add_settings(const unroll_experiment *experiment, const unroll_table *table, const unroll_axes *declared,
                                  char *command, size_t room)
{
    for (int i = 0; i < unroll_setting_count(); i++) {
        const char *name = unroll_setting_at(i)->name;
        const unroll_axis *axis = unroll_axes_find(declared, name);
        char list[LIST_ROOM], usual[LIST_ROOM], number[UNROLL_NUMBER_ROOM];
        size_t used = 0;
        if (unroll_table_find(table, name) == NULL || follows(table, name))
            continue;
        snprintf(usual, sizeof usual, "%s", unroll_setting_default(i));
        for (int v = 0; axis != NULL && v < axis->count && used < sizeof usual; v++)
            used += (size_t)snprintf(usual + used, sizeof usual - used, "%s%s", v > 0 ? "," : "",
                                     unroll_show_value(&axis->values[v], number));
        UNROLL_TRY(list_values(experiment, table, name, list));
        if (strcmp(list, usual) != 0)
            add_assignment(name, list, command, room);
    }
    return unroll_ok();
}

static unroll_status write_command(const unroll_experiment *experiment, const unroll_table *table, bool full, char *command,
                                   size_t room)
{
    unroll_axes declared = {.axis = NULL};
    unroll_status status = unroll_axes_assign_all(&declared, experiment->fixed);
    snprintf(command, room, "unroll run %s --%s", experiment->name, full ? "full" : "quick");
    if (status.code == UNROLL_OK)
        status = unroll_axes_assign_all(&declared, full ? experiment->axes_full : experiment->axes_quick);
    if (status.code == UNROLL_OK)
        status = add_settings(experiment, table, &declared, command, room);
    unroll_axes_free(&declared);
    return status;
}

/* The shorter of what leads from either size to these runs. */
static unroll_status print_command(const unroll_experiment *experiment, const unroll_table *table, unroll_format format,
                                   FILE *out)
{
    char full[4096], quick[4096];
    UNROLL_TRY(write_command(experiment, table, true, full, sizeof full));
    UNROLL_TRY(write_command(experiment, table, false, quick, sizeof quick));
    unroll_mark_item("the command that repeats it", format, out);
    unroll_mark_code(strlen(full) < strlen(quick) ? full : quick, format, out);
    unroll_mark_item_end(format, out);
    return unroll_ok();
}

/* ---- data ---- */

/* Whether what is read of a run's data was the same in an earlier run. */
static bool is_known(const unroll_table *table, int row)
{
    static const char *const names[] = {"task", "file", "data"};
    char first[UNROLL_VALUE_ROOM], other[UNROLL_VALUE_ROOM];
    for (int e = 0; e < row; e++) {
        bool same = true;
        for (size_t i = 0; i < sizeof names / sizeof names[0] && same; i++)
            same = strcmp(unroll_value_show(table, names[i], e, first), unroll_value_show(table, names[i], row, other)) == 0;
        if (same)
            return true;
    }
    return false;
}

/* "prices.csv, read by series: ..., fingerprint HASH", or that the task has or makes its data itself. */
static void print_source(const unroll_table *table, int row, unroll_format format, FILE *out)
{
    char name[UNROLL_VALUE_ROOM], file[UNROLL_VALUE_ROOM], hash[UNROLL_VALUE_ROOM];
    const unroll_task *task = unroll_task_find(unroll_value_show(table, "task", row, name));
    unroll_value_show(table, "data", row, hash);
    unroll_value_show(table, "file", row, file);
    unroll_print_on_page(file, format, out);
    fputs(file[0] != '\0' ? ", read by " : hash[0] != '\0' ? "the default data of " : "made by ", out);
    unroll_mark_code(name, format, out);
    fputs(": ", out);
    unroll_print_escaped(task != NULL ? task->title : "a task that this program does not have", format, out);
    if (hash[0] != '\0')
        fputs("; fingerprint ", out);
    unroll_print_escaped(hash, format, out);
}

static void print_data(const unroll_experiment *experiment, const unroll_table *table, unroll_format format, FILE *out)
{
    for (int r = 0; r < table->rows && !experiment->steps; r++) {
        if (is_known(table, r))
            continue;
        unroll_mark_item("data", format, out);
        print_source(table, r, format, out);
        unroll_mark_item_end(format, out);
    }
}

/* ---- machines ---- */

static const char *const machine[] = {"processor", "cores", "isa", "threads", "system", "compiler", "flags"};
enum { MACHINE = sizeof machine / sizeof machine[0] };

static const unroll_table_column *find_env(const unroll_table *table, const char *name)
{
    return unroll_find_named(table->env, table->env_count, sizeof *table->env, name);
}

static bool same_machine(const unroll_table *table, int a, int b)
{
    for (int i = 0; i < MACHINE; i++) {
        const unroll_table_column *column = find_env(table, machine[i]);
        if (column != NULL && strcmp(column->text[a], column->text[b]) != 0)
            return false;
    }
    return true;
}

/* The machine of a run, unless an earlier run had it; and how many runs it did under which load. */
static void print_machine(const unroll_table *table, int row, unroll_format format, FILE *out)
{
    const unroll_table_column *load = find_env(table, "load");
    double low = INFINITY, high = -INFINITY, value;
    int runs = 0;
    for (int r = 0; r < table->rows; r++) {
        if (!same_machine(table, r, row))
            continue;
        if (r < row)
            return;
        runs++;
        if (load != NULL && unroll_read_real(load->text[r], &value)) {
            low = value < low ? value : low;
            high = value > high ? value : high;
        }
    }
    unroll_mark_item("machine", format, out);
    for (int i = 0; i < MACHINE; i++) {
        const unroll_table_column *column = find_env(table, machine[i]);
        if (column == NULL)
            continue;
        fprintf(out, "%s ", machine[i]);
        unroll_print_escaped(column->text[row], format, out);
        fputs("; ", out);
    }
    if (low <= high)
        fprintf(out, "load %.2f to %.2f; ", low, high);
    fprintf(out, "%d run%s", runs, runs == 1 ? "" : "s");
    unroll_mark_item_end(format, out);
}

/* ---- all of it ---- */

static void print_counts(const unroll_table *table, unroll_format format, FILE *out)
{
    double seconds = 0;
    for (int r = 0; r < table->rows; r++) {
        double value = unroll_value_real(table, "seconds", r);
        seconds += isnan(value) ? 0 : value;
    }
    unroll_mark_item("runs", format, out);
    fprintf(out, "%d: %d done, %d diverged, %d failed; %.0f s of computing in all", table->rows,
            unroll_count_status(table, "done", NULL), unroll_count_status(table, "diverged", NULL),
            unroll_count_status(table, "failed", NULL), seconds);
    unroll_mark_item_end(format, out);
}

static void print_program(const unroll_experiment *experiment, const unroll_table *table, unroll_format format, FILE *out)
{
    char text[128];
    unroll_mark_item("program", format, out);
    fputs("unroll ", out);
    unroll_print_escaped(table->version, format, out);
    fputs(" (", out);
    unroll_print_escaped(table->commit, format, out);
    fputc(')', out);
    unroll_mark_item_end(format, out);
    unroll_mark_item("records", format, out);
    snprintf(text, sizeof text, "%.48s.h5", experiment->name);
    unroll_mark_code(text, format, out);
    fputs(" beside this page, gathered ", out);
    unroll_print_escaped(table->created, format, out);
    fputs("; one file a run in ", out);
    snprintf(text, sizeof text, "%.48s/runs/", experiment->name);
    unroll_mark_code(text, format, out);
    unroll_mark_item_end(format, out);
}

unroll_status unroll_page_run(const unroll_experiment *experiment, const unroll_table *table, unroll_format format, FILE *out)
{
    static const char *const names[] = {"held, other than the defaults", "varied"};
    unroll_mark_list(true, format, out);
    UNROLL_TRY(print_command(experiment, table, format, out));
    print_counts(table, format, out);
    for (int varying = 1; varying >= 0; varying--) {
        unroll_mark_item(names[varying], format, out);
        UNROLL_TRY(print_settings(experiment, table, varying, format, out));
        unroll_mark_item_end(format, out);
    }
    print_data(experiment, table, format, out);
    for (int r = 0; r < table->rows; r++)
        print_machine(table, r, format, out);
    print_program(experiment, table, format, out);
    unroll_mark_list(false, format, out);
    return unroll_ok();
}
