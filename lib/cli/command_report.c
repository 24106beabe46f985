/* unroll report: tables of what was run, and the pages with all of it. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "cli/cli.h"
#include "report/report.h"

static const unroll_option options[] = {
    {"by", "COLUMN,...", "a row for each combination of these (default: those of the experiment, and what else varies)"},
    {"where", "COLUMN=VALUE,...",
     "only these runs: values, ranges a..b, max, min; quote several terms: 'where=length=max model=lstm,gru'"},
    {"best", "SETTING,...", "only the best value by validation: the lower half of the seeds chooses, the others are shown"},
    {"--format", "F", "what is printed: text, md, csv or html (default: text)"},
    {"--runs", NULL, "a row for each run, not for each group: settings, metrics, seconds"},
    {"--verdicts", NULL, "only the tables of what is taught and what was measured, and a line for each verdict"},
    {"--out", "DIR", "write each experiment to a file of its own: DIR/EXPERIMENT.txt, .md, .csv or .html"},
    {"--results", "DIR", "folder of the results (default: results)"},
    {NULL, NULL, NULL},
};

/* What is asked for. */
typedef struct request {
    unroll_selection selection;
    int shown; /* experiments of the selection that were named, or that have a gathered file */
    unroll_format format;
    unroll_grouping grouping;
    const char *folder; /* NULL: standard output */
    bool verdicts;      /* no tables */
    unroll_taught_tables *taught; /* owned */
    unroll_status (*print)(const unroll_experiment *experiment, const unroll_table *table, const unroll_grouping *grouping,
                           unroll_format format, FILE *out);
} request;

/* ---- an experiment ---- */

static void print_outcome(const unroll_experiment *experiment, const unroll_verdict *verdict, FILE *out)
{
    fprintf(out, "%-18s  %s", experiment->name, verdict->count > 0 ? unroll_outcome_name(verdict->outcome) : "without a rule");
    if (verdict->count > 0) {
        fputs("; ", out);
        unroll_verdict_sentence(verdict, out);
    }
    fputc('\n', out);
}

static unroll_status print_experiment(const request *r, const unroll_experiment *experiment, const unroll_table *table,
                                      FILE *out)
{
    unroll_verdict verdict;
    unroll_status judged = unroll_judge(experiment, table, &verdict);
    if (judged.code != UNROLL_OK && judged.code != UNROLL_NOTHING)
        return judged;
    if (r->verdicts)
        print_outcome(experiment, &verdict, out);
    else
        unroll_report_head(experiment, &verdict, r->format, out);
    unroll_verdict_free(&verdict);
    if (r->verdicts)
        return unroll_ok();
    fputs(r->format == UNROLL_FORMAT_TEXT ? "\n" : "", out);
    UNROLL_TRY(r->print(experiment, table, &r->grouping, r->format, out));
    if (r->print == unroll_report_rows || r->format == UNROLL_FORMAT_CSV) /* which is one table a file */
        return unroll_ok();
    return unroll_report_published(experiment, table, r->format, out);
}

/* ---- what stands around them: HTML is a whole page ---- */

static void open_page(const request *r, const char *title, FILE *out)
{
    if (r->format == UNROLL_FORMAT_HTML)
        unroll_html_open(title, out);
}

static void close_page(const request *r, FILE *out)
{
    if (r->format == UNROLL_FORMAT_HTML)
        unroll_html_close(out);
}

/* Writes an experiment, or what was published beside it, into a file of its own and prints where that lies. */
static unroll_status write_file(const request *r, const unroll_experiment *experiment, const unroll_table *table, bool published)
{
    static const char *const endings[] = {"txt", "md", "csv", "html"};
    char path[UNROLL_FILE_ROOM];
    unroll_text_file file;
    unroll_status status, closed;
    if (snprintf(path, sizeof path, "%s/%s%s.%s", r->folder, experiment->name, published ? "-published" : "",
                 endings[r->format]) >= (int)sizeof path)
        return unroll_error(UNROLL_WRONG, "--out: the name of the folder is too long");
    UNROLL_TRY(unroll_make_folder(r->folder));
    UNROLL_TRY(unroll_text_file_open(&file, path));
    open_page(r, experiment->name, file.out);
    status = published ? unroll_report_published(experiment, table, r->format, file.out)
                       : print_experiment(r, experiment, table, file.out);
    close_page(r, file.out);
    closed = unroll_text_file_close(&file, status.code == UNROLL_OK);
    UNROLL_TRY(status);
    UNROLL_TRY(closed);
    puts(path);
    return unroll_ok();
}

static unroll_status write_experiment(const request *r, const unroll_experiment *experiment, const unroll_table *table)
{
    UNROLL_TRY(write_file(r, experiment, table, false));
    if (r->format != UNROLL_FORMAT_CSV || r->print == unroll_report_rows || experiment->published[0].metric == NULL)
        return unroll_ok();
    return write_file(r, experiment, table, true);
}

static void print_taught(const request *r)
{
    if (unroll_taught_is_empty(r->taught))
        return;
    unroll_taught_print(r->taught, r->format, stdout);
    if (r->format == UNROLL_FORMAT_TEXT)
        putchar('\n');
}

/* `printed`: so many were before it. */
static unroll_status show_experiment(const request *r, const unroll_experiment *experiment, const unroll_table *table,
                                     int printed)
{
    if (r->folder != NULL)
        return write_experiment(r, experiment, table);
    if (printed == 0)
        open_page(r, r->shown > 1 ? "unroll report" : experiment->name, stdout);
    if (printed == 0 && !r->selection.named)
        print_taught(r);
    else if (printed > 0 && !r->verdicts)
        putchar('\n');
    return print_experiment(r, experiment, table, stdout);
}

/* ---- all of them ---- */

static int count_shown(const unroll_selection *selection)
{
    int count = 0;
    for (int i = 0; i < selection->count; i++) {
        char path[UNROLL_FILE_ROOM];
        snprintf(path, sizeof path, "%.900s/%.64s.h5", selection->results, selection->experiments[i]->name);
        count += selection->named || access(path, F_OK) == 0;
    }
    return count;
}

/* Prints the experiments that have a gathered file; those that were named must have one. A damaged one does not keep the
   others back; the first failure is told at the end. */
static unroll_status print_tables(const request *r)
{
    const unroll_selection *selection = &r->selection;
    unroll_status first = unroll_ok(), none = unroll_ok();
    int printed = 0, passed = 0;
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
        status = show_experiment(r, experiment, table, printed++);
        unroll_table_free(table);
        if (status.code == UNROLL_NOTHING) /* a filter that lets none of its runs pass */
            none = status;
        else
            passed++;
        if (status.code == UNROLL_NOTHING && !selection->named)
            continue;
        first = first.code == UNROLL_OK ? status : first;
    }
    if (printed > 0 && r->folder == NULL)
        close_page(r, stdout);
    if (printed == 0 && first.code == UNROLL_OK)
        return unroll_error(UNROLL_NOTHING, "there are no results in %.300s yet: unroll run EXPERIMENT makes them",
                            selection->results);
    return first.code == UNROLL_OK && passed == 0 ? none : first;
}

/* The tables, then the pages, on which stands everything that there is, whatever was named. The tables are out before the
   page is begun: whatever becomes of it, nothing of them is lost in a buffer, and nothing is said before them. */
static unroll_status print_all(request *r)
{
    bool pipe = r->format != UNROLL_FORMAT_TEXT && r->folder == NULL; /* apart from what goes down one */
    char paths[UNROLL_PAGES][512];
    unroll_status page, tables = unroll_taught_load(r->selection.results, &r->taught);
    UNROLL_TRY(tables);
    tables = print_tables(r);
    if (tables.code == UNROLL_NOTHING)
        return tables;
    fflush(stdout); /* when it cannot be written, main tells it at the end */
    page = unroll_report_page(NULL, 0, r->selection.results, r->taught, paths);
    for (int i = 0; i < UNROLL_PAGES; i++)
        if (paths[i][0] != '\0')
            fprintf(pipe ? stderr : stdout, "%sreport: %s\n", i == 0 && !pipe && r->folder == NULL ? "\n" : "", paths[i]);
    return tables.code != UNROLL_OK ? tables : page;
}

static unroll_status read_request(const unroll_arguments *arguments, request *r)
{
    r->grouping = (unroll_grouping){.by = unroll_option_get(arguments, "by"),
                                    .where = unroll_option_get(arguments, "where"),
                                    .best = unroll_option_get(arguments, "best")};
    r->folder = unroll_option_get(arguments, "--out");
    r->print = unroll_option_get(arguments, "--runs") != NULL ? unroll_report_rows : unroll_report_table;
    if (r->folder != NULL && r->folder[0] == '\0')
        return unroll_error(UNROLL_WRONG, "--out needs the name of a folder");
    UNROLL_TRY(unroll_option_format(arguments, &r->format));
    UNROLL_TRY(unroll_selection_read(arguments, &r->selection));
    r->verdicts = unroll_option_get(arguments, "--verdicts") != NULL;
    if (r->verdicts && (r->folder != NULL || r->format != UNROLL_FORMAT_TEXT))
        return unroll_error(UNROLL_WRONG, "--verdicts prints text to the terminal: it takes no --format and no --out");
    r->shown = count_shown(&r->selection);
    if (r->format == UNROLL_FORMAT_CSV && r->folder == NULL && r->shown > 1)
        return unroll_error(UNROLL_WRONG, "each of these %d experiments has CSV columns of its own: name one of them, or let "
                                          "--out DIR write a file for each", r->shown);
    return unroll_ok();
}

static unroll_status run(const unroll_arguments *arguments, const atomic_bool *stop)
{
    request r = {.folder = NULL};
    unroll_status status = read_request(arguments, &r);
    (void)stop;
    if (status.code == UNROLL_OK)
        status = print_all(&r);
    unroll_taught_free(r.taught);
    unroll_selection_free(&r.selection);
    return status;
}

const unroll_command command_report = {
    .name = "report",
    .usage = "[EXPERIMENT...] [by=COLUMN,...] [where=COLUMN=VALUE,...] [best=SETTING,...] [options]",
    .help = "print verdicts and tables; write results/report.html and results/report.md",
    .order = 40,
    .most_words = 1000,
    .run = run,
    .options = options,
    .more = "Without EXPERIMENT: all that have results. The pages always show all of them.\n"
            "\n"
            "A number is a median over seeds, or a share of runs. The interval in brackets covers 95% or more; it takes 6 runs.\n"
            "\n"
            "A star marks a time that is no evidence. CSV counts such runs in the column time_doubt; with --runs it says why:\n"
            "  beside   other runs ran at the same time\n"
            "  load     the load of the machine was above its number of cores\n"
            "  spread   the samples spread by more than half their median\n"
            "  peak     the time would be above the machine's peak\n"
            "\n"
            "best=lr keeps, for each combination of the other settings, the value with the best median validation metric over\n"
            "the lower half of the seeds, and shows its runs on the other half. A line below the table says how it was chosen.\n"
            "best=lr,hidden chooses pairs. The verdict is that of all runs.\n"
            "\n"
            "Where an experiment declares published figures, a second table compares ours with them. With CSV it goes to\n"
            "DIR/EXPERIMENT-published.csv and needs --out.\n"
            "\n"
            "HTML is a whole page. CSV of several experiments needs --out, for each has columns of its own. With --runs, CSV\n"
            "has every setting and metric in full; the other formats show the settings that vary and name the others in a\n"
            "line.\n",
};
