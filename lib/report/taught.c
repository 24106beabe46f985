/* What is taught, held against the runs: each field is a small claim with rules of its own. */
#include "report/taught.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "report/inside.h"

const unroll_taught_form unroll_taught_forms[UNROLL_TAUGHT_TABLES] = {
    [UNROLL_TAUGHT_CELLS] = {"What is taught, and what was measured",
                             {{"vanilla RNN", "model=rnn", "model=rnn"},
                              {"LSTM", "model=lstm", "model=lstm"},
                              {"GRU", "model=gru", "model=gru"}}},
    [UNROLL_TAUGHT_TRANSFORMER] = {"Recurrent networks and Transformers: what is taught, and what was measured",
                                   {{"RNN, LSTM, GRU", "model=rnn,lstm,gru", "model=lstm"},
                                    {"Transformer", "model=transformer", "model=transformer"}}},
};

const unroll_saying *unroll_taught_saying(const unroll_taught *taught, int column)
{
    const unroll_saying *const sayings[UNROLL_TAUGHT_TABLES][UNROLL_MOST_TAUGHT_COLUMNS] = {
        [UNROLL_TAUGHT_CELLS] = {&taught->rnn, &taught->lstm, &taught->gru},
        [UNROLL_TAUGHT_TRANSFORMER] = {&taught->recurrent, &taught->transformer},
    };
    return sayings[taught->table][column];
}

static bool has_column(const unroll_taught_form *form, int column)
{
    return column < UNROLL_MOST_TAUGHT_COLUMNS && form->column[column].title != NULL;
}

/* ---- judging ---- */

/* The experiment as if these rules were its claim; `of`: the runs of one that names none. */
static unroll_experiment claiming(const unroll_experiment *experiment, const unroll_rule *rules, int count, const char *of)
{
    unroll_experiment claim = *experiment;
    memset(claim.rules, 0, sizeof claim.rules);
    for (int i = 0; i < count && rules[i].metric != NULL; i++) {
        claim.rules[i] = rules[i];
        if (claim.rules[i].of == NULL)
            claim.rules[i].of = of;
    }
    return claim;
}

/* The number: the comparison of a rule of its own, whose bound decides nothing here. */
static unroll_status show(const unroll_taught *taught, const unroll_experiment *experiment, const unroll_table *table,
                          int column, unroll_taught_field *field)
{
    unroll_experiment claim = claiming(experiment, &taught->shown, 1, unroll_taught_forms[taught->table].column[column].shown);
    const char *where = unroll_taught_saying(taught, column)->where;
    unroll_verdict verdict;
    claim.rules[0].where = where != NULL ? where : claim.rules[0].where;
    UNROLL_TRY(unroll_judge(&claim, table, &verdict));
    field->conditions = 0;
    for (int i = 0; i < verdict.count; i++) {
        if (verdict.comparison[i].interval.count == 0)
            continue;
        field->conditions++;
        field->value = verdict.comparison[i].interval;
        field->share = verdict.comparison[i].share;
        field->equal = verdict.comparison[i].equal;
    }
    unroll_verdict_free(&verdict);
    return unroll_ok();
}

static unroll_status judge(const unroll_taught *taught, const unroll_experiment *experiment, const unroll_table *table,
                           int column, unroll_taught_field *field)
{
    const unroll_saying *saying = unroll_taught_saying(taught, column);
    unroll_experiment claim = claiming(experiment, saying->rules, UNROLL_MOST_TAUGHT_RULES,
                                       unroll_taught_forms[taught->table].column[column].judged);
    unroll_verdict verdict;
    memset(field, 0, sizeof *field);
    field->said = saying->said;
    if (field->said == NULL)
        return unroll_ok();
    field->judged = saying->rules[0].metric != NULL;
    if (field->judged) {
        UNROLL_TRY(unroll_judge(&claim, table, &verdict));
        field->outcome = verdict.outcome;
        field->exploratory = verdict.exploratory;
        unroll_verdict_free(&verdict);
    }
    return show(taught, experiment, table, column, field);
}

unroll_status unroll_taught_judge(const unroll_taught *taught, const unroll_experiment *experiment, const unroll_table *table,
                                  unroll_taught_row *row)
{
    row->experiment = experiment;
    row->taught = taught;
    for (int c = 0; has_column(&unroll_taught_forms[taught->table], c); c++)
        UNROLL_TRY(judge(taught, experiment, table, c, &row->field[c]));
    return unroll_ok();
}

/* ---- all of it ---- */

static unroll_status add_rows(const unroll_experiment *experiment, const unroll_table *table, unroll_taught_tables *taught)
{
    for (int i = 0; i < UNROLL_MOST_TAUGHT && experiment->taught[i].name != NULL; i++) {
        unroll_taught_row *grown = unroll_one_more(taught->row, taught->count, sizeof *grown);
        if (grown == NULL)
            return unroll_error(UNROLL_FAILED, "out of memory for the tables of what is taught");
        taught->row = grown;
        UNROLL_TRY(unroll_taught_judge(&experiment->taught[i], experiment, table, &grown[taught->count]));
        taught->count++;
    }
    return unroll_ok();
}

/* A file that is of no use is told where its experiment stands. */
static unroll_status add_experiment(const unroll_experiment *experiment, const char *results, unroll_taught_tables *taught)
{
    unroll_table *table;
    unroll_status status;
    if (experiment->taught[0].name == NULL)
        return unroll_ok();
    status = unroll_report_load(experiment, results, &table);
    if (status.code == UNROLL_FAILED || status.code == UNROLL_STOPPED)
        return status;
    if (status.code != UNROLL_OK)
        return unroll_ok();
    status = add_rows(experiment, table, taught);
    unroll_table_free(table);
    return status;
}

static int by_table_and_order(const void *a, const void *b)
{
    const unroll_taught *x = ((const unroll_taught_row *)a)->taught, *y = ((const unroll_taught_row *)b)->taught;
    int table = (x->table > y->table) - (x->table < y->table);
    return table != 0 ? table : (x->order > y->order) - (x->order < y->order);
}

unroll_status unroll_taught_load(const char *results, unroll_taught_tables **taught)
{
    unroll_status status = unroll_ok();
    *taught = calloc(1, sizeof **taught);
    if (*taught == NULL)
        return unroll_error(UNROLL_FAILED, "out of memory for the tables of what is taught");
    for (int i = 0; i < unroll_experiment_count && status.code == UNROLL_OK; i++)
        status = add_experiment(unroll_experiments[i], results, *taught);
    if ((*taught)->count > 0)
        qsort((*taught)->row, (size_t)(*taught)->count, sizeof *(*taught)->row, by_table_and_order);
    return status;
}

void unroll_taught_free(unroll_taught_tables *taught)
{
    free(taught != NULL ? taught->row : NULL);
    free(taught);
}

/* ---- printing ---- */

/* One of the tables: its rows. */
typedef struct part {
    const unroll_taught_form *form;
    const unroll_taught_row *row;
    int count;
} part;

static part part_of(const unroll_taught_tables *taught, int table)
{
    part p = {.form = &unroll_taught_forms[table]};
    for (int i = 0; i < taught->count; i++)
        if ((int)taught->row[i].taught->table == table && p.count++ == 0)
            p.row = &taught->row[i];
    return p;
}

/* "20 [10, 20] steps", "4 in all 12 runs" */
static const char *show_value(const unroll_taught_row *row, int column, char out[UNROLL_INTERVAL_ROOM])
{
    const unroll_taught_field *field = &row->field[column];
    const char *unit = row->taught->unit;
    char interval[UNROLL_INTERVAL_ROOM], all[40] = "";
    unroll_measure metric;
    if (field->conditions == 0) {
        strcpy(out, "not measured");
    } else if (field->conditions > 1) {
        strcpy(out, "several settings");
    } else {
        bool known = unroll_measure_read(row->taught->shown.metric, &metric).code == UNROLL_OK;
        unroll_interval value = field->value;
        if (!field->share && field->equal) { /* one value needs no brackets */
            snprintf(all, sizeof all, " in all %d runs", value.count);
            value.low = value.high = NAN;
        }
        unroll_show_interval(&value, field->share, known ? unroll_measure_worst(&metric) : NULL, interval);
        snprintf(out, UNROLL_INTERVAL_ROOM, "%.150s%s%.40s%s", interval, unit != NULL ? " " : "", unit != NULL ? unit : "", all);
    }
    return out;
}

static const char *outcome_of(const unroll_taught_field *field, char out[UNROLL_VALUE_ROOM])
{
    snprintf(out, UNROLL_VALUE_ROOM, "%s%s", unroll_outcome_name(field->outcome), field->exploratory ? ", exploratory" : "");
    return out;
}

static int wider(int width, const char *text)
{
    int length = text != NULL ? (int)strlen(text) : 0;
    return length > width ? length : width;
}

static int title_width(const part *p)
{
    int width = 0;
    for (int c = 0; has_column(p->form, c); c++)
        width = wider(width, p->form->column[c].title);
    return width;
}

static int said_width(const part *p)
{
    int width = 0;
    for (int i = 0; i < p->count; i++)
        for (int c = 0; has_column(p->form, c); c++)
            width = wider(width, p->row[i].field[c].said);
    return width;
}

/* A field a line: its column, the words, the number, the verdict. */
static void print_line(const part *p, const unroll_taught_row *row, int column, FILE *out)
{
    char value[UNROLL_INTERVAL_ROOM], outcome[UNROLL_VALUE_ROOM];
    const unroll_taught_field *field = &row->field[column];
    if (field->said == NULL)
        return;
    show_value(row, column, value);
    fprintf(out, "  %-*s  %-*s  ", title_width(p), p->form->column[column].title, said_width(p), field->said);
    if (field->judged)
        fprintf(out, "%-26s  %s\n", value, outcome_of(field, outcome));
    else
        fprintf(out, "%s\n", value);
}

static void print_text(const part *p, FILE *out)
{
    fprintf(out, "%s\n\n", p->form->title);
    for (int i = 0; i < p->count; i++) {
        const unroll_taught_row *row = &p->row[i];
        fprintf(out, "%s%s: %s (%s)\n", i > 0 ? "\n" : "", row->taught->name, row->taught->measured, row->experiment->name);
        for (int c = 0; has_column(p->form, c); c++)
            print_line(p, row, c, out);
    }
}

/* A field on a page: the words, the number, the verdict. */
static void print_field(const unroll_taught_row *row, int column, unroll_format format, FILE *out)
{
    static const char *const bold[] = {"", "**", "", "<b>"}, *const thin[] = {"", "**", "", "</b>"};
    const unroll_taught_field *field = &row->field[column];
    char value[UNROLL_INTERVAL_ROOM], outcome[UNROLL_VALUE_ROOM];
    if (field->said == NULL)
        return;
    unroll_print_escaped(field->said, format, out);
    fprintf(out, "%s%s", field->said[0] != '\0' ? "<br>" : "", bold[format]);
    unroll_print_escaped(show_value(row, column, value), format, out);
    fputs(thin[format], out);
    if (!field->judged)
        return;
    outcome_of(field, outcome);
    if (format == UNROLL_FORMAT_HTML)
        fprintf(out, "<br><strong class=\"outcome%d\">%s</strong>", (int)field->outcome, outcome);
    else
        fprintf(out, "<br>%s", outcome);
}

static void print_markdown(const part *p, FILE *out)
{
    unroll_mark_heading(2, p->form->title, UNROLL_FORMAT_MARKDOWN, out);
    fputs("| |", out);
    for (int c = 0; has_column(p->form, c); c++)
        fprintf(out, " %s |", p->form->column[c].title);
    fputs("\n| --- |", out);
    for (int c = 0; has_column(p->form, c); c++)
        fputs(" --- |", out);
    fputc('\n', out);
    for (int i = 0; i < p->count; i++) {
        const unroll_taught_row *row = &p->row[i];
        fprintf(out, "| [%s](#%s)<br>", row->taught->name, row->experiment->name);
        unroll_print_escaped(row->taught->measured, UNROLL_FORMAT_MARKDOWN, out);
        for (int c = 0; has_column(p->form, c); c++) {
            fputs(" | ", out);
            print_field(row, c, UNROLL_FORMAT_MARKDOWN, out);
        }
        fputs(" |\n", out);
    }
    fputc('\n', out);
}

static void print_html(const part *p, FILE *out)
{
    unroll_mark_heading(2, p->form->title, UNROLL_FORMAT_HTML, out);
    fputs("<div class=\"wide\">\n<table class=\"taught\">\n<tr><th></th>", out);
    for (int c = 0; has_column(p->form, c); c++)
        fprintf(out, "<th>%s</th>", p->form->column[c].title);
    fputs("</tr>\n", out);
    for (int i = 0; i < p->count; i++) {
        const unroll_taught_row *row = &p->row[i];
        fprintf(out, "<tr><td><a href=\"#%s\">%s</a><br><small>", row->experiment->name, row->taught->name);
        unroll_print_escaped(row->taught->measured, UNROLL_FORMAT_HTML, out);
        fputs("</small></td>", out);
        for (int c = 0; has_column(p->form, c); c++) {
            fputs("<td>", out);
            print_field(row, c, UNROLL_FORMAT_HTML, out);
            fputs("</td>", out);
        }
        fputs("</tr>\n", out);
    }
    fputs("</table>\n</div>\n", out);
}

bool unroll_taught_is_empty(const unroll_taught_tables *taught)
{
    return taught->count == 0;
}

void unroll_taught_print(const unroll_taught_tables *taught, unroll_format format, FILE *out)
{
    static void (*const print[])(const part *p, FILE *out) = {print_text, print_markdown, NULL, print_html};
    bool before = false;
    for (int table = 0; table < UNROLL_TAUGHT_TABLES; table++) {
        part p = part_of(taught, table);
        if (p.count == 0 || print[format] == NULL)
            continue;
        if (before && format == UNROLL_FORMAT_TEXT)
            fputc('\n', out);
        print[format](&p, out);
        before = true;
    }
}
