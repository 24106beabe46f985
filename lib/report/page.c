/* The report on one page, results/report.md: for each experiment its claim and verdict, table, figures, what was run. */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/text.h"
#include "base/file.h"
#include "base/number.h"
#include "base/version.h"
#include "report/inside.h"

enum { LIST_ROOM = 600 };

/* A text of the results, or a name that the user gave. */
static void print_text(const char *text, FILE *out)
{
    unroll_print_escaped(text, UNROLL_FORMAT_MARKDOWN, out);
}

/* The same inside backquotes, where nothing but another one has a meaning. */
static void print_code(const char *text, FILE *out)
{
    while (*text != '\0') {
        size_t control = unroll_text_control(text);
        fputc(control > 0 ? ' ' : *text == '`' ? '\'' : *text, out);
        text += control > 0 ? control : 1;
    }
}

/* ---- what was run ---- */

/* "processor: X", each value once; the load is a range. */
static void print_env(const unroll_table *table, const char *name, FILE *out)
{
    const unroll_table_column *column = unroll_find_named(table->env, table->env_count, sizeof *table->env, name);
    double low = INFINITY, high = -INFINITY, value;
    if (column == NULL)
        return;
    if (strcmp(name, "load") == 0) {
        for (int r = 0; r < table->rows; r++)
            if (unroll_read_real(column->text[r], &value)) {
                low = value < low ? value : low;
                high = value > high ? value : high;
            }
        if (low <= high)
            fprintf(out, "; load %.2f to %.2f", low, high);
        return;
    }
    fprintf(out, "; %s ", name);
    for (int r = 0, shown = 0; r < table->rows; r++) {
        bool seen = false;
        for (int e = 0; e < r && !seen; e++)
            seen = strcmp(column->text[r], column->text[e]) == 0;
        if (seen)
            continue;
        fputs(shown++ > 0 ? ", " : "", out);
        print_text(column->text[r], out);
    }
}

static void print_machine(const unroll_table *table, FILE *out)
{
    static const char *const names[] = {"processor", "cores", "isa", "threads", "system", "compiler", "flags", "load"};
    fputs("- **machine**: unroll ", out);
    print_text(table->version, out);
    fputs(" (", out);
    print_text(table->commit, out);
    fputc(')', out);
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        print_env(table, names[i], out);
    fputs("\n", out);
}

static bool has_several(const unroll_table *table, const char *name)
{
    char first[UNROLL_VALUE_ROOM], other[UNROLL_VALUE_ROOM];
    unroll_value_show(table, name, 0, first);
    for (int r = 1; r < table->rows; r++)
        if (strcmp(first, unroll_value_show(table, name, r, other)) != 0)
            return true;
    return false;
}

/* Settings that vary with their values (`varying`), or those that are the same everywhere and no default. */
static unroll_status print_settings(const unroll_experiment *experiment, const unroll_table *table, bool varying,
                                    FILE *out)
{
    char list[LIST_ROOM], first[UNROLL_VALUE_ROOM];
    int shown = 0;
    for (int i = 0; i < unroll_setting_count(); i++) {
        const unroll_setting *row = unroll_setting_at(i);
        if (unroll_table_find(table, row->name) == NULL || has_several(table, row->name) != varying)
            continue;
        unroll_value_show(table, row->name, 0, first);
        if (!varying && strcmp(first, unroll_setting_default(i)) == 0)
            continue;
        UNROLL_TRY(unroll_values_list(experiment, table, row->name, ",", list, sizeof list));
        fprintf(out, "%s`%s=", shown++ > 0 ? " " : "", row->name);
        print_code(list, out);
        fputc('`', out);
    }
    fputs(shown > 0 ? "\n" : "nothing\n", out);
    return unroll_ok();
}

static unroll_status print_what_was_run(const unroll_experiment *experiment, const unroll_table *table,
                                        const char *results, FILE *out)
{
    double seconds = 0;
    for (int r = 0; r < table->rows; r++) {
        double value = unroll_value_real(table, "seconds", r);
        seconds += isnan(value) ? 0 : value;
    }
    fprintf(out, "What was run:\n\n- **runs**: %d: %d done, %d diverged, %d failed; %.0f s of computing in all\n",
            table->rows, unroll_count_status(table, "done", NULL), unroll_count_status(table, "diverged", NULL),
            unroll_count_status(table, "failed", NULL), seconds);
    fputs("- **varied**: ", out);
    UNROLL_TRY(print_settings(experiment, table, true, out));
    fputs("- **held**, other than the defaults: ", out);
    UNROLL_TRY(print_settings(experiment, table, false, out));
    print_machine(table, out);
    fputs("- **data**: `", out);
    print_code(results, out);
    fprintf(out, "/%s.h5`, gathered ", experiment->name);
    print_text(table->created, out);
    fputs("; one file a run in `", out);
    print_code(results, out);
    fprintf(out, "/%s/runs/`\n\n", experiment->name);
    return unroll_ok();
}

/* ---- figures ---- */

static unroll_status print_figures(const unroll_experiment *experiment, const char *results, FILE *out)
{
    unroll_status script;
    const char *rest = experiment->figures;
    char name[101], path[UNROLL_FILE_ROOM], caption[1024];
    struct stat figure, data;
    while (unroll_next_word(&rest, name, sizeof name)) {
        snprintf(path, sizeof path, "%.3000s/figures/%s.png", results, name);
        if (stat(path, &figure) != 0) {
            fprintf(out, "The figure %s is not drawn yet: `unroll plot %s` draws it.\n\n", name, experiment->name);
            continue;
        }
        caption[0] = '\0';
        script = unroll_plot_script(name, path);
        if (script.code == UNROLL_OK)
            script = unroll_plot_caption(path, caption, sizeof caption);
        if (script.code != UNROLL_OK && script.code != UNROLL_WRONG) /* without its script a figure has no caption */
            return script;
        fprintf(out, "[![%s](figures/%s.png)](figures/%s.svg)\n\n*%s*\n\n", name, name, name, caption);
        snprintf(path, sizeof path, "%.3000s/%.64s.h5", results, experiment->name);
        if (stat(path, &data) == 0 && figure.st_mtime < data.st_mtime)
            fprintf(out, "The figure is older than the data: `unroll plot %s` draws it anew.\n\n", experiment->name);
    }
    return unroll_ok();
}

/* ---- texts ---- */

/* Indented lines are shown as they are. A line ends for Markdown at a carriage return, too, and would begin anew without
   its indent. */
static void print_lines(const char *text, FILE *out)
{
    while (*text != '\0') {
        fputs("    ", out);
        for (size_t control; *text != '\0' && *text != '\n'; text += control > 0 ? control : 1) {
            control = *text == '\t' ? 0 : unroll_text_control(text);
            fputc(control > 0 ? ' ' : *text, out);
        }
        fputc('\n', out);
        text += *text == '\n';
    }
}

/* A text column of the first run of each group, in full. */
static unroll_status print_texts(const unroll_experiment *experiment, const unroll_table *table, FILE *out)
{
    const char *rest = experiment->texts;
    char name[48], shown[UNROLL_VALUE_ROOM];
    unroll_groups groups;
    UNROLL_TRY(unroll_groups_of(experiment, table, NULL, &groups, NULL));
    while (unroll_next_word(&rest, name, sizeof name)) {
        const unroll_table_column *column = unroll_table_find(table, name);
        for (int g = 0; g < groups.count && column != NULL && column->type == UNROLL_COLUMN_TEXT; g++) {
            const char *text = column->text[groups.group[g].row[0]];
            fprintf(out, "%s,", name);
            for (int c = 0; c < groups.column_count; c++) {
                fprintf(out, " %s ", groups.column[c]);
                print_text(unroll_field_show(groups.group[g].by[c], shown), out);
            }
            fputs(":\n\n", out);
            print_lines(text, out);
            fputs("\n", out);
        }
    }
    unroll_groups_free(&groups);
    return unroll_ok();
}

/* ---- the page ---- */

static unroll_status print_experiment(const unroll_experiment *experiment, const unroll_table *table,
                                      const char *results, FILE *out)
{
    unroll_verdict verdict;
    unroll_status judged;
    fprintf(out, "## %s: %s\n\n", experiment->name, experiment->title);
    if (experiment->claim != NULL)
        fprintf(out, "Claim: %s", experiment->claim);
    if (experiment->claim != NULL && experiment->source != NULL)
        fprintf(out, " (%s)", experiment->source);
    if (experiment->claim != NULL)
        fputs("\n\n", out);
    judged = unroll_judge(experiment, table, &verdict);
    if (judged.code == UNROLL_OK) {
        unroll_verdict_print(&verdict, UNROLL_FORMAT_MARKDOWN, out);
        unroll_verdict_free(&verdict);
    } else if (judged.code != UNROLL_NOTHING) {
        return judged;
    }
    UNROLL_TRY(print_figures(experiment, results, out));
    UNROLL_TRY(unroll_report_table(experiment, table, NULL, UNROLL_FORMAT_MARKDOWN, out));
    UNROLL_TRY(unroll_report_published(experiment, table, UNROLL_FORMAT_MARKDOWN, out));
    fputs("\n", out);
    UNROLL_TRY(print_texts(experiment, table, out));
    return print_what_was_run(experiment, table, results, out);
}

static unroll_status nothing(const char *results)
{
    return unroll_error(UNROLL_NOTHING, "there are no results in %.300s yet: unroll run makes them", results);
}

/* *damaged: what is wrong with a gathered file of which the page can only say that. */
static unroll_status print_page(const unroll_experiment *const *experiments, int count, const char *results, FILE *out,
                                unroll_status *damaged)
{
    int found = 0;
    *damaged = unroll_ok();
    fputs(
        "# What was measured\n\n"
        "A number is the median over runs that differ in nothing but the seed, or a share of them. In brackets stands an "
        "interval that covers 95% or more of the time at the number of runs that there are: of a median by order "
        "statistics, of a share by Clopper and Pearson; fewer than 6 runs have none. A run that diverged counts as worst. "
        "Verdicts: a claim is supported when each of its rules holds at each of its conditions, contradicted when one is "
        "clear on the wrong side after Holm's correction. Times of runs that went side by side (all but the experiment "
        "speed) show what a sweep costs and are no benchmark.\n\n",
        out);
    for (int i = 0; i < count; i++) {
        unroll_table *table;
        unroll_status status = unroll_report_load(experiments[i], results, &table);
        if (status.code == UNROLL_NOTHING)
            continue;
        if (status.code == UNROLL_FAILED || status.code == UNROLL_STOPPED) /* which may be otherwise the next time */
            return status;
        if (status.code != UNROLL_OK) { /* the others are as good as before */
            fprintf(out, "## %s\n\nIts gathered file is of no use: ", experiments[i]->name);
            print_text(status.text, out);
            fputs(".\n\n", out);
            *damaged = status;
            continue;
        }
        status = print_experiment(experiments[i], table, results, out);
        unroll_table_free(table);
        if (status.code != UNROLL_OK)
            return status;
        found++;
    }
    if (found > 0)
        return unroll_ok();
    return damaged->code != UNROLL_OK ? *damaged : nothing(results);
}

unroll_status unroll_report_page(const unroll_experiment *const *experiments, int count, const char *results,
                                 char path[512])
{
    char page[512];
    unroll_text_file file;
    unroll_status status, damaged, closed;
    path[0] = '\0';
    snprintf(page, sizeof page, "%.480s/report.md", results);
    if (access(results, F_OK) != 0)
        return nothing(results);
    UNROLL_TRY(unroll_text_file_open(&file, page));
    status = count > 0 ? print_page(experiments, count, results, file.out, &damaged)
                       : print_page(unroll_experiments, unroll_experiment_count, results, file.out, &damaged);
    closed = unroll_text_file_close(&file, status.code == UNROLL_OK);
    if (status.code != UNROLL_OK || closed.code != UNROLL_OK)
        return status.code != UNROLL_OK ? status : closed;
    strcpy(path, page);
    return damaged;
}
