/* What is taught of the three cells, held against the runs: each field is a small claim with rules of its own. */
#include "report/taught.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "report/inside.h"

static const char *const models[UNROLL_TAUGHT_MODELS] = {"model=rnn", "model=lstm", "model=gru"};
static const char *const titles[UNROLL_TAUGHT_MODELS] = {"vanilla RNN", "LSTM", "GRU"};

/* ---- judging ---- */

static const unroll_saying *saying_of(const unroll_taught *taught, int model)
{
    return model == 0 ? &taught->rnn : model == 1 ? &taught->lstm : &taught->gru;
}

/* The experiment as if these rules were its claim. */
static unroll_experiment claiming(const unroll_experiment *experiment, const unroll_rule *rules, int count, int model)
{
    unroll_experiment claim = *experiment;
    memset(claim.rules, 0, sizeof claim.rules);
    for (int i = 0; i < count && rules[i].metric != NULL; i++) {
        claim.rules[i] = rules[i];
        if (claim.rules[i].of == NULL)
            claim.rules[i].of = models[model];
    }
    return claim;
}

/* The number: the comparison of a rule of its own, whose bound decides nothing here. */
static unroll_status show(const unroll_taught *taught, const unroll_experiment *experiment, const unroll_table *table, int model,
                          unroll_taught_field *field)
{
    unroll_experiment claim = claiming(experiment, &taught->shown, 1, model);
    const char *where = saying_of(taught, model)->where;
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

static unroll_status judge(const unroll_taught *taught, const unroll_experiment *experiment, const unroll_table *table, int model,
                           unroll_taught_field *field)
{
    unroll_experiment claim = claiming(experiment, saying_of(taught, model)->rules, UNROLL_MOST_TAUGHT_RULES, model);
    unroll_verdict verdict;
    memset(field, 0, sizeof *field);
    field->said = saying_of(taught, model)->said;
    if (field->said == NULL)
        return unroll_ok();
    UNROLL_TRY(unroll_judge(&claim, table, &verdict));
    field->outcome = verdict.outcome;
    field->exploratory = verdict.exploratory;
    unroll_verdict_free(&verdict);
    return show(taught, experiment, table, model, field);
}

unroll_status unroll_taught_judge(const unroll_taught *taught, const unroll_experiment *experiment, const unroll_table *table,
                                  unroll_taught_row *row)
{
    row->experiment = experiment;
    row->taught = taught;
    for (int m = 0; m < UNROLL_TAUGHT_MODELS; m++)
        UNROLL_TRY(judge(taught, experiment, table, m, &row->field[m]));
    return unroll_ok();
}

/* ---- all of it ---- */

static unroll_status add_rows(const unroll_experiment *experiment, const unroll_table *table, unroll_taught_table *taught)
{
    for (int i = 0; i < UNROLL_MOST_TAUGHT && experiment->taught[i].name != NULL; i++) {
        unroll_taught_row *grown = unroll_one_more(taught->row, taught->count, sizeof *grown);
        if (grown == NULL)
            return unroll_error(UNROLL_FAILED, "out of memory for the taught table");
        taught->row = grown;
        UNROLL_TRY(unroll_taught_judge(&experiment->taught[i], experiment, table, &grown[taught->count]));
        taught->count++;
    }
    return unroll_ok();
}

/* A file that is of no use is told where its experiment stands. */
static unroll_status add_experiment(const unroll_experiment *experiment, const char *results, unroll_taught_table *taught)
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

static int by_order(const void *a, const void *b)
{
    const unroll_taught_row *x = a, *y = b;
    return (x->taught->order > y->taught->order) - (x->taught->order < y->taught->order);
}

unroll_status unroll_taught_load(const char *results, unroll_taught_table **taught)
{
    unroll_status status = unroll_ok();
    *taught = calloc(1, sizeof **taught);
    if (*taught == NULL)
        return unroll_error(UNROLL_FAILED, "out of memory for the taught table");
    for (int i = 0; i < unroll_experiment_count && status.code == UNROLL_OK; i++)
        status = add_experiment(unroll_experiments[i], results, *taught);
    if ((*taught)->count > 0)
        qsort((*taught)->row, (size_t)(*taught)->count, sizeof *(*taught)->row, by_order);
    return status;
}

void unroll_taught_free(unroll_taught_table *taught)
{
    free(taught != NULL ? taught->row : NULL);
    free(taught);
}

/* ---- printing ---- */

/* "20 [10, 20] steps", "4 in all 12 runs" */
static const char *show_value(const unroll_taught_row *row, int model, char out[UNROLL_INTERVAL_ROOM])
{
    const unroll_taught_field *field = &row->field[model];
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

/* A cell a line, which fits the width of a terminal. */
static void print_text(const unroll_taught_table *t, FILE *out)
{
    char value[UNROLL_INTERVAL_ROOM], outcome[UNROLL_VALUE_ROOM];
    for (int i = 0; i < t->count; i++) {
        const unroll_taught_row *row = &t->row[i];
        fprintf(out, "%s%s: %s (%s)\n", i > 0 ? "\n" : "", row->taught->name, row->taught->measured, row->experiment->name);
        for (int m = 0; m < UNROLL_TAUGHT_MODELS; m++)
            if (row->field[m].said != NULL)
                fprintf(out, "  %-11s  %-32s  %-26s  %s\n", titles[m], row->field[m].said, show_value(row, m, value),
                        outcome_of(&row->field[m], outcome));
    }
}

/* A field on a page: the words, the number, the verdict. */
static void print_field(const unroll_taught_row *row, int model, unroll_format format, FILE *out)
{
    static const char *const bold[] = {"", "**", "", "<b>"}, *const thin[] = {"", "**", "", "</b>"};
    const unroll_taught_field *field = &row->field[model];
    char value[UNROLL_INTERVAL_ROOM], outcome[UNROLL_VALUE_ROOM];
    if (field->said == NULL)
        return;
    unroll_print_escaped(field->said, format, out);
    fprintf(out, "<br>%s", bold[format]);
    unroll_print_escaped(show_value(row, model, value), format, out);
    fprintf(out, "%s<br>", thin[format]);
    outcome_of(field, outcome);
    if (format == UNROLL_FORMAT_HTML)
        fprintf(out, "<strong class=\"outcome%d\">%s</strong>", (int)field->outcome, outcome);
    else
        fputs(outcome, out);
}

static void print_markdown(const unroll_taught_table *t, FILE *out)
{
    fputs("| |", out);
    for (int m = 0; m < UNROLL_TAUGHT_MODELS; m++)
        fprintf(out, " %s |", titles[m]);
    fputs("\n| --- | --- | --- | --- |\n", out);
    for (int i = 0; i < t->count; i++) {
        const unroll_taught_row *row = &t->row[i];
        fprintf(out, "| [%s](#%s)<br>", row->taught->name, row->experiment->name);
        unroll_print_escaped(row->taught->measured, UNROLL_FORMAT_MARKDOWN, out);
        for (int m = 0; m < UNROLL_TAUGHT_MODELS; m++) {
            fputs(" | ", out);
            print_field(row, m, UNROLL_FORMAT_MARKDOWN, out);
        }
        fputs(" |\n", out);
    }
    fputc('\n', out);
}

static void print_html(const unroll_taught_table *t, FILE *out)
{
    fputs("<div class=\"wide\">\n<table class=\"taught\">\n<tr><th></th>", out);
    for (int m = 0; m < UNROLL_TAUGHT_MODELS; m++)
        fprintf(out, "<th>%s</th>", titles[m]);
    fputs("</tr>\n", out);
    for (int i = 0; i < t->count; i++) {
        const unroll_taught_row *row = &t->row[i];
        fprintf(out, "<tr><td><a href=\"#%s\">%s</a><br><small>", row->experiment->name, row->taught->name);
        unroll_print_escaped(row->taught->measured, UNROLL_FORMAT_HTML, out);
        fputs("</small></td>", out);
        for (int m = 0; m < UNROLL_TAUGHT_MODELS; m++) {
            fputs("<td>", out);
            print_field(row, m, UNROLL_FORMAT_HTML, out);
            fputs("</td>", out);
        }
        fputs("</tr>\n", out);
    }
    fputs("</table>\n</div>\n", out);
}

bool unroll_taught_is_empty(const unroll_taught_table *taught)
{
    return taught->count == 0;
}

void unroll_taught_print(const unroll_taught_table *taught, unroll_format format, FILE *out)
{
    if (format == UNROLL_FORMAT_TEXT)
        print_text(taught, out);
    else if (format == UNROLL_FORMAT_MARKDOWN)
        print_markdown(taught, out);
    else if (format == UNROLL_FORMAT_HTML)
        print_html(taught, out);
}
