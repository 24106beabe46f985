/* unroll report: tables of what was run, and the page with all of it. */
#include <stdio.h>
#include <string.h>

#include "cli/cli.h"
#include "report/report.h"

static const unroll_option options[] = {
    {"by", "COLUMN,...", "a row for each combination of these (default: the experiment's, and what else varies)"},
    {"where", "COLUMN=VALUE,...", "only these runs: values, ranges a..b, max, min; several terms parted by blanks, quoted"},
    {"--format", "F", "what is printed: text, md, csv or html (default: text)"},
    {"--results", "DIR", "folder of the results (default: results)"},
    {NULL, NULL, NULL},
};

static unroll_status read_format(const char *text, unroll_format *format)
{
    static const char *const names[] = {"text", "md", "csv", "html"};
    *format = UNROLL_FORMAT_TEXT;
    for (int i = 0; i < 4 && text != NULL; i++)
        if (strcmp(text, names[i]) == 0) {
            *format = (unroll_format)i;
            return unroll_ok();
        }
    return text == NULL ? unroll_ok()
                        : unroll_error(UNROLL_WRONG, "--format %.40s is none of text, md, csv, html", text);
}

static unroll_status print_head(const unroll_experiment *experiment, const unroll_table *table, unroll_format format)
{
    unroll_verdict verdict;
    unroll_status judged;
    switch (format) {
    case UNROLL_FORMAT_TEXT:
        printf("%s: %s\n", experiment->name, experiment->title);
        judged = unroll_judge(experiment, table, &verdict);
        if (judged.code == UNROLL_OK) {
            printf("claim: %s\n", experiment->claim);
            unroll_verdict_print(&verdict, format, stdout);
            unroll_verdict_free(&verdict);
        } else if (judged.code != UNROLL_NOTHING) {
            return judged;
        }
        putchar('\n');
        break;
    case UNROLL_FORMAT_MARKDOWN:
        printf("## %s: %s\n\n", experiment->name, experiment->title);
        break;
    case UNROLL_FORMAT_HTML:
        printf("<h2>%s: ", experiment->name);
        unroll_print_escaped(experiment->title, format, stdout);
        puts("</h2>");
        break;
    case UNROLL_FORMAT_CSV:
        break;
    }
    return unroll_ok();
}

/* Prints the tables of the experiments that have a gathered file; those that were named must have one. A damaged one does
   not keep the others back; the first failure is told at the end. */
static unroll_status print_tables(const unroll_selection *selection, const unroll_grouping *grouping, unroll_format format)
{
    unroll_status first = unroll_ok();
    int printed = 0;
    for (int i = 0; i < selection->count; i++) {
        const unroll_experiment *experiment = selection->experiments[i];
        unroll_table *table;
        unroll_status status = unroll_report_load(experiment, selection->results, &table);
        if (status.code == UNROLL_NOTHING && !selection->named)
            continue;
        if (status.code != UNROLL_OK) {
            first = first.code == UNROLL_OK ? status : first;
            continue;
        }
        if (printed++ > 0)
            putchar('\n');
        status = print_head(experiment, table, format);
        if (status.code == UNROLL_OK)
            status = unroll_report_table(experiment, table, grouping, format, stdout);
        unroll_table_free(table);
        first = first.code == UNROLL_OK ? status : first;
    }
    if (printed == 0 && first.code == UNROLL_OK)
        return unroll_error(UNROLL_NOTHING, "there are no results in %.300s yet: unroll run EXPERIMENT makes them",
                            selection->results);
    return first;
}

/* The tables, then the page, on which stands everything that there is, whatever was named. The tables are out before the
   page is begun: whatever becomes of it, nothing of them is lost in a buffer, and nothing is said before them. */
static unroll_status print_all(const unroll_selection *selection, const unroll_grouping *grouping, unroll_format format)
{
    char path[512];
    unroll_status page, tables = print_tables(selection, grouping, format);
    if (tables.code == UNROLL_NOTHING)
        return tables;
    fflush(stdout); /* when it cannot be written, main tells it at the end */
    page = unroll_report_page(NULL, 0, selection->results, path);
    if (path[0] != '\0') /* apart from what goes down a pipe */
        fprintf(format == UNROLL_FORMAT_TEXT ? stdout : stderr, "%sreport: %s\n",
                format == UNROLL_FORMAT_TEXT ? "\n" : "", path);
    return tables.code != UNROLL_OK ? tables : page;
}

static unroll_status run(const unroll_arguments *arguments, const atomic_bool *stop)
{
    unroll_selection selection;
    unroll_grouping grouping = {unroll_option_get(arguments, "by"), unroll_option_get(arguments, "where")};
    unroll_format format;
    unroll_status status;
    (void)stop;
    UNROLL_TRY(read_format(unroll_option_get(arguments, "--format"), &format));
    status = unroll_selection_read(arguments, &selection);
    if (status.code == UNROLL_OK)
        status = print_all(&selection, &grouping, format);
    unroll_selection_free(&selection);
    return status;
}

const unroll_command command_report = {
    .name = "report",
    .usage = "[EXPERIMENT...] [by=COLUMN,...] [where=COLUMN=VALUE,...] [options]",
    .help = "print the comparison tables and write results/report.md",
    .order = 40,
    .most_words = 1000,
    .run = run,
    .options = options,
    .more = "Without EXPERIMENT: all that have results, as on the page. Numbers are medians over seeds, or shares of runs; in\n"
            "brackets: intervals that cover 95% or more, of 6 runs and more.\n",
};
