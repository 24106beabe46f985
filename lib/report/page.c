/* The report on a page, results/report.md and results/report.html: what is taught, the verdicts; then for each experiment its claim and
   rules, its figures, its table and what was run. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/text.h"
#include "report/inside.h"

/* One of the two. The sections come after what leads to them, so they wait in memory. */
typedef struct page {
    unroll_format format;
    unroll_text_file file;
    char *sections; /* owned */
    size_t length;
    FILE *body;
} page;

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

/* The same in HTML, where only marks mean something. */
static void print_preformatted(const char *text, FILE *out)
{
    fputs("<pre>\n", out);
    while (*text != '\0') {
        char line[256];
        size_t length = strcspn(text, "\n");
        length = length < sizeof line ? length : sizeof line - 1;
        unroll_text_copy(line, length + 1, text);
        text += strlen(line);
        unroll_print_escaped(line, UNROLL_FORMAT_HTML, out);
        if (*text == '\n') {
            fputc('\n', out);
            text++;
        }
    }
    fputs("</pre>\n", out);
}

/* A text column of the first run of each group, in full. */
static unroll_status print_texts(const page *p, const unroll_experiment *experiment, const unroll_table *table)
{
    const char *rest = experiment->texts;
    char name[48], shown[UNROLL_VALUE_ROOM];
    bool html = p->format == UNROLL_FORMAT_HTML;
    unroll_groups groups;
    UNROLL_TRY(unroll_groups_of(experiment, table, NULL, &groups, NULL));
    while (unroll_next_word(&rest, name, sizeof name)) {
        const unroll_table_column *column = unroll_table_find(table, name);
        for (int g = 0; g < groups.count && column != NULL && column->type == UNROLL_COLUMN_TEXT; g++) {
            const char *text = column->text[groups.group[g].row[0]];
            fprintf(p->body, "%s%s,", html ? "<p>" : "", name);
            for (int c = 0; c < groups.column_count; c++) {
                fprintf(p->body, " %s ", groups.column[c]);
                unroll_print_on_page(unroll_field_show(groups.group[g].by[c], shown), p->format, p->body);
            }
            fputs(html ? ":</p>\n" : ":\n\n", p->body);
            if (html)
                print_preformatted(text, p->body);
            else
                print_lines(text, p->body);
            fputs(html ? "" : "\n", p->body);
        }
    }
    unroll_groups_free(&groups);
    return unroll_ok();
}

/* ---- an experiment ---- */

/* What leads to a section, which is `about` the experiment in a word. */
static void print_link(const page *p, const unroll_experiment *experiment, const unroll_verdict *verdict, const char *about)
{
    FILE *out = p->file.out;
    if (p->format == UNROLL_FORMAT_HTML)
        fprintf(out, "<li><a href=\"#%s\">%s</a>: <strong class=\"outcome%d\">%s</strong>", experiment->name, experiment->name,
                verdict->count > 0 ? (int)verdict->outcome : (int)UNROLL_NOT_JUDGED, about);
    else
        fprintf(out, "- **[%s](#%s)**: %s", experiment->name, experiment->name, about);
    if (verdict->count > 0) {
        fputs("; ", out);
        unroll_verdict_sentence(verdict, out);
    }
    if (experiment->claim != NULL) {
        fputs(p->format == UNROLL_FORMAT_HTML ? "<br>" : ": ", out);
        unroll_print_escaped(experiment->claim, p->format, out);
    }
    fputs(p->format == UNROLL_FORMAT_HTML ? "</li>\n" : "\n", out);
}

static void begin_section(const page *p, const unroll_experiment *experiment)
{
    if (p->format == UNROLL_FORMAT_HTML)
        fprintf(p->body, "<section id=\"%s\">\n", experiment->name);
    else /* where the name of a heading's anchor differs from one program that shows it to the next */
        fprintf(p->body, "<a id=\"%s\"></a>\n\n", experiment->name);
}

static void end_section(const page *p)
{
    fputs(p->format == UNROLL_FORMAT_HTML ? "</section>\n" : "", p->body);
}

static unroll_status print_experiment(const page *p, const unroll_experiment *experiment, const unroll_table *table,
                                      const char *results, const unroll_verdict *verdict)
{
    print_link(p, experiment, verdict, verdict->count > 0 ? unroll_outcome_name(verdict->outcome) : "without a rule");
    begin_section(p, experiment);
    unroll_report_head(experiment, verdict, p->format, p->body);
    UNROLL_TRY(unroll_page_figures(experiment, results, p->format, p->body));
    UNROLL_TRY(unroll_report_table(experiment, table, NULL, p->format, p->body));
    UNROLL_TRY(unroll_report_published(experiment, table, p->format, p->body));
    fputs(p->format == UNROLL_FORMAT_HTML ? "" : "\n", p->body);
    UNROLL_TRY(print_texts(p, experiment, table));
    unroll_mark_heading(3, "What the columns mean", p->format, p->body);
    UNROLL_TRY(unroll_print_meanings(experiment, table, p->format, p->body));
    unroll_mark_heading(3, "What was run", p->format, p->body);
    UNROLL_TRY(unroll_page_run(experiment, table, p->format, p->body));
    end_section(p);
    return unroll_ok();
}

static void print_damaged(const page *p, const unroll_experiment *experiment, const char *why)
{
    static const unroll_verdict none;
    print_link(p, experiment, &none, "of no use");
    begin_section(p, experiment);
    unroll_mark_heading(2, experiment->name, p->format, p->body);
    fputs(p->format == UNROLL_FORMAT_HTML ? "<p>" : "", p->body);
    fputs("Its gathered file is of no use: ", p->body);
    unroll_print_on_page(why, p->format, p->body);
    fputs(p->format == UNROLL_FORMAT_HTML ? ".</p>\n" : ".\n\n", p->body);
    end_section(p);
}

/* ---- the pages ---- */

static unroll_status nothing(const char *results)
{
    return unroll_error(UNROLL_NOTHING, "there are no results in %.300s yet: unroll run makes them", results);
}

static void print_taught(const page *p, const unroll_taught_tables *taught)
{
    if (taught != NULL)
        unroll_taught_print(taught, p->format, p->file.out);
}

static void open_text(const page *p, const unroll_taught_tables *taught)
{
    static const char title[] = "What was measured";
    static const char text[] =
        "A number is the median over runs that differ in nothing but the seed, or a share of them. In brackets stands an "
        "interval that covers 95% or more of the time at the number of runs that there are: of a median by order "
        "statistics, of a share by Clopper and Pearson; fewer than 6 runs have none. A run that diverged counts as worst. "
        "Verdicts: a claim is supported when each of its rules holds at each of its conditions, contradicted when one is "
        "clear on the wrong side after Holm's correction. Times of runs that went side by side (marked with a star) "
        "show what a sweep costs and are no benchmark.";
    if (p->format == UNROLL_FORMAT_HTML) {
        unroll_html_open(title, p->file.out);
        fprintf(p->body, "<section id=\"numbers\">\n<h2>How to read the numbers</h2>\n<p>%s</p>\n</section>\n", text);
        print_taught(p, taught);
        fputs("<nav aria-label=\"verdicts\">\n<h2>The experiments</h2>\n<ul>\n", p->file.out);
    } else {
        fprintf(p->file.out, "# %s\n\n", title);
        print_taught(p, taught);
        unroll_mark_heading(2, "The experiments", p->format, p->file.out);
        fprintf(p->body, "\n%s\n\n", text);
    }
}

static unroll_status open_page(page *p, const unroll_taught_tables *taught, const char *path)
{
    UNROLL_TRY(unroll_text_file_open(&p->file, path));
    p->body = open_memstream(&p->sections, &p->length);
    if (p->body == NULL) {
        unroll_text_file_close(&p->file, false);
        return unroll_error(UNROLL_FAILED, "out of memory for %.300s", path);
    }
    open_text(p, taught);
    return unroll_ok();
}

/* `good`: it is to be kept. */
static unroll_status close_page(page *p, bool good)
{
    bool whole = fclose(p->body) == 0;
    unroll_status closed;
    if (p->format == UNROLL_FORMAT_HTML)
        fputs("</ul>\n</nav>\n", p->file.out);
    if (whole)
        fwrite(p->sections, 1, p->length, p->file.out);
    if (p->format == UNROLL_FORMAT_HTML)
        unroll_html_close(p->file.out);
    closed = unroll_text_file_close(&p->file, good && whole);
    free(p->sections);
    return good && !whole ? unroll_error(UNROLL_FAILED, "out of memory for a page of the report") : closed;
}

/* An experiment on all pages. */
static unroll_status print_on_all(const page pages[UNROLL_PAGES], const unroll_experiment *experiment, const unroll_table *table,
                                  const char *results)
{
    unroll_verdict verdict;
    unroll_status status = unroll_judge(experiment, table, &verdict);
    if (status.code != UNROLL_OK && status.code != UNROLL_NOTHING)
        return status;
    status = unroll_ok();
    for (int i = 0; i < UNROLL_PAGES && status.code == UNROLL_OK; i++)
        status = print_experiment(&pages[i], experiment, table, results, &verdict);
    unroll_verdict_free(&verdict);
    return status;
}

/* *damaged: what is wrong with a gathered file of which the pages can only say that. */
static unroll_status print_pages(const page pages[UNROLL_PAGES], const unroll_experiment *const *experiments, int count,
                                 const char *results, unroll_status *damaged)
{
    int found = 0;
    *damaged = unroll_ok();
    for (int i = 0; i < count; i++) {
        unroll_table *table;
        unroll_status status = unroll_report_load(experiments[i], results, &table);
        if (status.code == UNROLL_NOTHING)
            continue;
        if (status.code == UNROLL_FAILED || status.code == UNROLL_STOPPED) /* which may be otherwise the next time */
            return status;
        if (status.code != UNROLL_OK) { /* the others are as good as before */
            for (int p = 0; p < UNROLL_PAGES; p++)
                print_damaged(&pages[p], experiments[i], status.text);
            *damaged = status;
            continue;
        }
        status = print_on_all(pages, experiments[i], table, results);
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
                                 const unroll_taught_tables *taught, char paths[UNROLL_PAGES][512])
{
    static const char *const endings[UNROLL_PAGES] = {"html", "md"};
    page pages[UNROLL_PAGES] = {{.format = UNROLL_FORMAT_HTML}, {.format = UNROLL_FORMAT_MARKDOWN}};
    char names[UNROLL_PAGES][512];
    unroll_status status = unroll_ok(), damaged = unroll_ok();
    int opened = 0;
    paths[0][0] = paths[1][0] = '\0';
    if (access(results, F_OK) != 0)
        return nothing(results);
    for (; opened < UNROLL_PAGES && status.code == UNROLL_OK; opened += status.code == UNROLL_OK) {
        snprintf(names[opened], sizeof names[opened], "%.480s/report.%s", results, endings[opened]);
        status = open_page(&pages[opened], taught, names[opened]);
    }
    if (status.code == UNROLL_OK)
        status = count > 0 ? print_pages(pages, experiments, count, results, &damaged)
                           : print_pages(pages, unroll_experiments, unroll_experiment_count, results, &damaged);
    for (int i = 0; i < opened; i++) {
        bool good = status.code == UNROLL_OK;
        unroll_status closed = close_page(&pages[i], good);
        if (good && closed.code == UNROLL_OK)
            strcpy(paths[i], names[i]);
        status = good ? closed : status;
    }
    return status.code == UNROLL_OK ? damaged : status;
}
