/* What was published for the same, beside ours: a row a figure, and whether ours comes near enough. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/number.h"
#include "base/text.h"
#include "report/inside.h"

/* The columns of the table. */
enum { METRIC, RUNS_OF, RUNS, OURS, THEIRS, OUTCOME, SOURCE, COLUMNS };

static int count_published(const unroll_experiment *experiment)
{
    int count = 0;
    while (count < UNROLL_MOST_PUBLISHED && experiment->published[count].metric != NULL)
        count++;
    return count;
}

/* Whether every run, or every pair, has the figure itself. */
static bool is_exact(const unroll_published *p, const unroll_measure *m, const unroll_table *table, const unroll_group *runs,
                     const unroll_interval *ours)
{
    if (p->against != NULL)
        return ours->low == p->figure && ours->high == p->figure;
    for (int i = 0; i < runs->count; i++)
        if (unroll_measure_at(m, table, runs->row[i]) != p->figure)
            return false;
    return true;
}

/* "not met: 12% above", "not met: 0.5 below" of a figure that is 0 */
static void show_missed(const unroll_published *p, const unroll_measure *m, double ours, char out[UNROLL_VALUE_ROOM])
{
    char size[UNROLL_VALUE_ROOM];
    double off = fabs(ours - p->figure);
    if (isinf(ours))
        snprintf(out, UNROLL_VALUE_ROOM, "not met: %s", unroll_measure_worst(m));
    else
        snprintf(out, UNROLL_VALUE_ROOM, "not met: %.30s%s %s",
                 unroll_show_short(p->figure != 0 ? 100 * off / fabs(p->figure) : off, size), p->figure != 0 ? "%" : "",
                 ours > p->figure ? "above" : "below");
}

static void judge(const unroll_published *p, const unroll_measure *m, const unroll_table *table, const unroll_group *runs,
                  int conditions, const unroll_interval *ours, char out[UNROLL_VALUE_ROOM])
{
    double room = p->relative ? p->tolerance * fabs(p->figure) : p->tolerance;
    bool exact = p->tolerance == 0, met = exact ? is_exact(p, m, table, runs, ours) : fabs(ours->estimate - p->figure) <= room;
    if (unroll_table_find(table, m->name) == NULL)
        snprintf(out, UNROLL_VALUE_ROOM, "not measured: no run has %.36s", m->name);
    else if (conditions > 1)
        snprintf(out, UNROLL_VALUE_ROOM, "not measured: %d conditions have it", conditions);
    else if (ours->count == 0)
        snprintf(out, UNROLL_VALUE_ROOM, "not measured: there is no such run");
    else if ((!exact || p->against != NULL) && ours->count < UNROLL_LEAST_RUNS)
        snprintf(out, UNROLL_VALUE_ROOM, "%s", unroll_outcome_name(UNROLL_NOT_JUDGED));
    else if (met)
        snprintf(out, UNROLL_VALUE_ROOM, "met");
    else if (exact && ours->estimate == p->figure)
        snprintf(out, UNROLL_VALUE_ROOM, "not met: not by every run");
    else
        show_missed(p, m, ours->estimate, out);
}

/* Median or share of the runs that it is of. */
static unroll_status measure_runs(const unroll_published *p, const unroll_measure *m, const unroll_table *table,
                                  unroll_group *runs, bool *keep, unroll_interval *ours)
{
    UNROLL_TRY(unroll_select(table, p->where, false, keep));
    for (int i = 0; i < table->rows; i++)
        if (keep[i])
            runs->row[runs->count++] = i;
    return unroll_measure_over(m, table, runs, ours);
}

/* The comparison of a rule of its own, whose bound decides nothing here. */
static unroll_status measure_ratio(const unroll_published *p, const unroll_experiment *experiment, const unroll_table *table,
                                   int *conditions, unroll_interval *ours)
{
    unroll_experiment claim = *experiment;
    unroll_verdict verdict;
    memset(claim.rules, 0, sizeof claim.rules);
    claim.rules[0] = (unroll_rule){UNROLL_RATIO, UNROLL_LOWER, .metric = p->metric, .of = p->of, .against = p->against,
                                   .where = p->where};
    UNROLL_TRY(unroll_judge(&claim, table, &verdict));
    *conditions = 0;
    for (int i = 0; i < verdict.count; i++)
        if (verdict.comparison[i].interval.count > 0 && (*conditions)++ == 0)
            *ours = verdict.comparison[i].interval;
    if (*conditions != 1)
        *ours = (unroll_interval){.estimate = NAN, .low = NAN, .high = NAN};
    unroll_verdict_free(&verdict);
    return unroll_ok();
}

/* "mse (K^2)" */
static void show_metric(const unroll_published *p, const unroll_measure *m, const unroll_table *table, char out[UNROLL_VALUE_ROOM])
{
    const unroll_table_column *column = unroll_table_find(table, m->name);
    const char *unit = p->against != NULL ? "times" : column != NULL ? column->unit : "";
    snprintf(out, UNROLL_VALUE_ROOM, unit[0] != '\0' ? "%s (%s)" : "%s", m->name, unit);
}

/* "model=lstm hidden=64", "model=transformer over model=lstm hidden=64" */
static void show_runs(const unroll_published *p, char out[UNROLL_VALUE_ROOM])
{
    const char *where = p->where != NULL ? p->where : "";
    if (p->against == NULL)
        unroll_text_copy(out, UNROLL_VALUE_ROOM, where);
    else
        snprintf(out, UNROLL_VALUE_ROOM, "%.24s over %.24s%s%.32s", p->of, p->against, where[0] != '\0' ? " " : "", where);
}

static unroll_status fill_row(const unroll_published *p, const unroll_experiment *experiment, const unroll_table *table,
                              unroll_group *runs, bool *keep, unroll_entry *row)
{
    unroll_measure m;
    unroll_interval *ours = &row[OURS].interval;
    int conditions = 1;
    runs->count = 0;
    UNROLL_TRY(unroll_measure_read(p->metric, &m));
    UNROLL_TRY(p->against != NULL ? measure_ratio(p, experiment, table, &conditions, ours)
                                  : measure_runs(p, &m, table, runs, keep, ours));
    judge(p, &m, table, runs, conditions, ours, row[OUTCOME].text);
    if (p->tolerance == 0 && ours->low == ours->high)
        ours->low = ours->high = NAN; /* a count needs no interval */
    show_metric(p, &m, table, row[METRIC].text);
    show_runs(p, row[RUNS_OF].text);
    snprintf(row[RUNS].text, UNROLL_VALUE_ROOM, "%d", ours->count);
    unroll_show_real(p->figure, row[THEIRS].text);
    unroll_text_copy(row[SOURCE].text, UNROLL_VALUE_ROOM, p->source);
    return unroll_ok();
}

static void name_columns(unroll_grid *grid)
{
    static const struct {
        const char *name;
        unroll_entry_kind kind;
    } columns[COLUMNS] = {{"metric", UNROLL_ENTRY_TEXT},    {"of", UNROLL_ENTRY_TEXT},      {"runs", UNROLL_ENTRY_NUMBER},
                          {"ours", UNROLL_ENTRY_MEDIAN},    {"published", UNROLL_ENTRY_NUMBER}, {"outcome", UNROLL_ENTRY_TEXT},
                          {"source", UNROLL_ENTRY_TEXT}};
    for (int c = 0; c < COLUMNS; c++) {
        strcpy(grid->column[c].name, columns[c].name);
        grid->column[c].kind = columns[c].kind;
        grid->column[c].worst = "diverged";
    }
}

unroll_status unroll_report_published(const unroll_experiment *experiment, const unroll_table *table, unroll_format format,
                                      FILE *out)
{
    static const char *const before[] = {"\npublished, and ours:\n", "\nPublished, and ours:\n\n", "",
                                         "<p>Published, and ours:</p>\n"};
    int count = count_published(experiment);
    size_t room = (size_t)table->rows + 1;
    unroll_group runs = {.row = malloc(room * sizeof *runs.row)};
    bool *keep = malloc(room * sizeof *keep);
    unroll_grid grid = {0};
    unroll_status status = runs.row != NULL && keep != NULL
                               ? unroll_grid_open(&grid, COLUMNS, count)
                               : unroll_error(UNROLL_FAILED, "out of memory for what was published");
    if (status.code == UNROLL_OK)
        name_columns(&grid);
    for (int i = 0; i < count && status.code == UNROLL_OK; i++)
        status = fill_row(&experiment->published[i], experiment, table, &runs, keep, &grid.entry[i * COLUMNS]);
    if (status.code == UNROLL_OK && count > 0) {
        fputs(before[format], out);
        status = unroll_grid_print(&grid, format, out);
    }
    unroll_grid_close(&grid);
    free(runs.row);
    free(keep);
    return status;
}
