/* A comparison of two results, for people and for programs. */
#include <math.h>
#include <string.h>

#include "base/number.h"
#include "base/text.h"
#include "report/compare_inside.h"

enum { MOST_LISTED = 40 }; /* worse or better changes that a table shows; CSV has all */

/* ---- lines of text, each a paragraph on a page ---- */

static void begin_line(unroll_format format, FILE *out)
{
    fputs(format == UNROLL_FORMAT_HTML ? "<p>" : format == UNROLL_FORMAT_MARKDOWN ? "\n" : "", out);
}

static void end_line(unroll_format format, FILE *out)
{
    fputs(format == UNROLL_FORMAT_HTML ? "</p>\n" : "\n", out);
}

static void heading(const char *text, unroll_format format, FILE *out)
{
    fputc('\n', out);
    fputs(format == UNROLL_FORMAT_HTML ? "<h2>" : format == UNROLL_FORMAT_MARKDOWN ? "## " : "", out);
    unroll_print_on_page(text, format, out);
    fputs(format == UNROLL_FORMAT_HTML ? "</h2>\n" : format == UNROLL_FORMAT_MARKDOWN ? "\n\n" : "\n", out);
}

static const char *plural(int count)
{
    return count == 1 ? "" : "s";
}

/* ---- an experiment ---- */

static void print_bits(const unroll_compared *e, unroll_format format, FILE *out)
{
    if (e->compared == 0)
        return;
    begin_line(format, out);
    if (e->changed == 0) {
        fprintf(out, "bits: the same in all %d pair%s", e->compared, plural(e->compared));
    } else {
        fprintf(out, "bits: changed in %d of %d pair%s, first in ", e->changed, e->compared, plural(e->compared));
        unroll_print_on_page(e->first, format, out);
        if (e->numerics[0] >= 0 && e->numerics[0] == e->numerics[1])
            fprintf(out, "; the version of the arithmetic is the same, %d", e->numerics[0]);
        else if (e->numerics[0] >= 0 && e->numerics[1] >= 0)
            fprintf(out, "; the version of the arithmetic went from %d to %d", e->numerics[0], e->numerics[1]);
    }
    end_line(format, out);
}

static void print_counts(const unroll_compared *e, unroll_format format, FILE *out)
{
    begin_line(format, out);
    fprintf(out, "%d pair%s of runs in %d configuration%s", e->pairs, plural(e->pairs), e->configurations,
            plural(e->configurations));
    if (e->only_old > 0)
        fprintf(out, "; %d configuration%s only in the old results", e->only_old, plural(e->only_old));
    if (e->only_new > 0)
        fprintf(out, "; %d only in the new", e->only_new);
    end_line(format, out);
    if (e->elsewhere + e->doubtful == 0)
        return;
    begin_line(format, out);
    fputs("times are left out", out);
    if (e->elsewhere > 0)
        fprintf(out, " of %d pair%s, since the processors differ%s", e->elsewhere, plural(e->elsewhere),
                e->doubtful > 0 ? ";" : "");
    if (e->doubtful > 0)
        fprintf(out, " of %d pair%s, since one of the two is no evidence (unroll report marks it)", e->doubtful,
                plural(e->doubtful));
    end_line(format, out);
}

static int count_in(const unroll_comparison_of_two *c, const char *experiment, const char *metric, unroll_change_finding finding)
{
    int count = 0;
    for (int i = 0; i < c->changes; i++)
        count += c->change[i].configurations == 0 && c->change[i].finding == finding &&
                 strcmp(c->change[i].experiment, experiment) == 0 && strcmp(c->change[i].metric, metric) == 0;
    return count;
}

/* A metric has one change over all configurations, or, of one configuration, that one. */
static bool is_head(const unroll_comparison_of_two *c, int i, const char *experiment)
{
    if (strcmp(c->change[i].experiment, experiment) != 0)
        return false;
    return c->change[i].configurations > 0 || i == 0 || strcmp(c->change[i - 1].experiment, experiment) != 0 ||
           strcmp(c->change[i - 1].metric, c->change[i].metric) != 0;
}

static void put_number(unroll_grid *grid, int row, int column, int value)
{
    snprintf(grid->entry[row * grid->columns + column].text, UNROLL_VALUE_ROOM, "%d", value);
}

static void put_text(unroll_grid *grid, int row, int column, const char *text)
{
    unroll_text_copy(grid->entry[row * grid->columns + column].text, UNROLL_VALUE_ROOM, text);
}

static void name_column(unroll_grid *grid, int column, const char *name, unroll_entry_kind kind)
{
    unroll_text_copy(grid->column[column].name, sizeof grid->column[column].name, name);
    grid->column[column].kind = kind;
}

/* "metric", or "metric (difference)", and what is better. */
static void put_metric(unroll_grid *grid, int row, const unroll_change *change)
{
    put_text(grid, row, 0, change->metric);
    put_text(grid, row, 1, change->more ? "more" : "less");
    put_text(grid, row, 2, change->share ? "new - old" : "new / old");
    grid->entry[row * grid->columns + 3].interval = change->change;
}

static unroll_status print_metrics(const unroll_comparison_of_two *c, const char *experiment, unroll_format format, FILE *out)
{
    static const char *const heads[] = {"metric", "better", "change", "over all"};
    unroll_grid grid;
    unroll_status status;
    int rows = 0;
    for (int i = 0; i < c->changes; i++)
        rows += is_head(c, i, experiment);
    if (rows == 0)
        return unroll_ok();
    UNROLL_TRY(unroll_grid_open(&grid, 5 + UNROLL_CHANGE_FINDINGS, rows));
    for (int i = 0; i < 4; i++)
        name_column(&grid, i, heads[i], i < 3 ? UNROLL_ENTRY_TEXT : UNROLL_ENTRY_MEDIAN);
    name_column(&grid, 4, "is", UNROLL_ENTRY_TEXT);
    for (int f = 0; f < UNROLL_CHANGE_FINDINGS; f++)
        name_column(&grid, 5 + f, unroll_change_finding_name((unroll_change_finding)f), UNROLL_ENTRY_NUMBER);
    for (int i = 0, row = 0; i < c->changes; i++) {
        if (!is_head(c, i, experiment))
            continue;
        put_metric(&grid, row, &c->change[i]);
        put_text(&grid, row, 4, unroll_change_finding_name(c->change[i].finding));
        for (int f = 0; f < UNROLL_CHANGE_FINDINGS; f++)
            put_number(&grid, row, 5 + f, count_in(c, experiment, c->change[i].metric, (unroll_change_finding)f));
        row++;
    }
    fputs(format == UNROLL_FORMAT_MARKDOWN ? "\n" : "", out);
    status = unroll_grid_print(&grid, format, out);
    unroll_grid_close(&grid);
    return status;
}

static void print_change(const unroll_change *change, unroll_format format, FILE *out)
{
    char interval[UNROLL_INTERVAL_ROOM], before[UNROLL_VALUE_ROOM], after[UNROLL_VALUE_ROOM];
    begin_line(format, out);
    fprintf(out, "%s: ", unroll_change_finding_name(change->finding));
    unroll_print_on_page(change->metric, format, out);
    if (change->configurations > 0)
        fprintf(out, " over all %d configurations", change->configurations);
    else if (change->where[0] != '\0')
        fputs(" at ", out);
    unroll_print_on_page(change->where, format, out);
    fprintf(out, ": %s %s", change->share ? "new - old" : "new / old",
            unroll_show_interval(&change->change, false, NULL, interval));
    if (change->configurations == 0) {
        fprintf(out, ", from %s to %s%s", unroll_show_short(change->before, before), unroll_show_short(change->after, after),
                change->unit[0] != '\0' ? " " : "");
        unroll_print_on_page(change->unit, format, out);
        fprintf(out, ", %d pair%s", change->pairs, plural(change->pairs));
    }
    end_line(format, out);
}

/* The worse ones first. */
static void print_changes(const unroll_comparison_of_two *c, const char *experiment, unroll_format format, FILE *out)
{
    int listed = 0, more = 0;
    for (int finding = UNROLL_CHANGE_WORSE; finding <= UNROLL_CHANGE_BETTER; finding++) {
        for (int i = 0; i < c->changes; i++) {
            if (strcmp(c->change[i].experiment, experiment) != 0 || (int)c->change[i].finding != finding)
                continue;
            if (listed < MOST_LISTED)
                print_change(&c->change[i], format, out);
            more += listed >= MOST_LISTED;
            listed += listed < MOST_LISTED;
        }
    }
    if (more == 0)
        return;
    begin_line(format, out);
    fprintf(out, "and %d more: --format csv has all", more);
    end_line(format, out);
}

static unroll_status print_experiment(const unroll_comparison_of_two *c, const unroll_compared *e, unroll_format format,
                                      FILE *out)
{
    heading(e->experiment, format, out);
    print_counts(e, format, out);
    print_bits(e, format, out);
    UNROLL_TRY(print_metrics(c, e->experiment, format, out));
    print_changes(c, e->experiment, format, out);
    return unroll_ok();
}

/* ---- the whole ---- */

static void print_verdict(const unroll_comparison_of_two *c, double threshold, unroll_format format, FILE *out)
{
    int worse = unroll_compare_count(c, UNROLL_CHANGE_WORSE), better = unroll_compare_count(c, UNROLL_CHANGE_BETTER);
    int same = unroll_compare_count(c, UNROLL_CHANGE_SAME), changed = 0, compared = 0;
    const char *bits;
    for (int i = 0; i < c->experiments; i++) {
        changed += c->experiment[i].changed;
        compared += c->experiment[i].compared;
    }
    bits = compared == 0 ? "not compared" : changed == 0 ? "the same" : "changed";
    begin_line(format, out);
    if (c->changes == 0)
        fprintf(out, "verdict: none: nothing is there to compare; bits %s", bits);
    else
        fprintf(out, "verdict: %s: of %d comparison%s beyond %.3g%%, %d worse, %d better, %d the same, %d open; bits %s",
                worse > 0 ? "worse" : "no worse", c->changes, plural(c->changes), 100 * threshold, worse, better, same,
                c->changes - worse - better - same, bits);
    end_line(format, out);
}

static void print_head(const unroll_comparison_of_two *c, unroll_format format, FILE *out)
{
    static const char *const sides[] = {"old", "new"};
    for (int side = 0; side < 2; side++) {
        if (c->version[side][0] == '\0')
            continue;
        begin_line(format, out);
        fprintf(out, "%s: unroll ", sides[side]);
        unroll_print_on_page(c->version[side], format, out);
        if (c->only[side][0] != '\0') {
            fprintf(out, "; only here: ");
            unroll_print_on_page(c->only[side], format, out);
        }
        end_line(format, out);
    }
}

static void print_number(double value, FILE *out)
{
    char number[UNROLL_NUMBER_ROOM];
    fprintf(out, ",%s", isnan(value) ? "" : unroll_show_real(value, number));
}

static void print_csv(const unroll_comparison_of_two *c, FILE *out)
{
    fputs("experiment,metric,unit,better,change,configuration,configurations,pairs,old,new,estimate,low,high,p_worse,p_better,"
          "finding\n",
          out);
    for (int i = 0; i < c->changes; i++) {
        const unroll_change *change = &c->change[i];
        unroll_print_csv(change->experiment, out);
        fputc(',', out);
        unroll_print_csv(change->metric, out);
        fputc(',', out);
        unroll_print_csv(change->unit, out);
        fprintf(out, ",%s,%s,", change->more ? "more" : "less", change->share ? "difference" : "ratio");
        unroll_print_csv(change->configurations > 0 ? "(all)" : change->where, out);
        fprintf(out, ",%d,%d", change->configurations > 0 ? change->configurations : 1, change->pairs);
        print_number(change->before, out);
        print_number(change->after, out);
        print_number(change->change.estimate, out);
        print_number(change->change.low, out);
        print_number(change->change.high, out);
        print_number(change->p_worse, out);
        print_number(change->p_better, out);
        fprintf(out, ",%s\n", unroll_change_finding_name(change->finding));
    }
}

unroll_status unroll_compare_print(const unroll_comparison_of_two *c, double threshold, unroll_format format, FILE *out)
{
    if (format == UNROLL_FORMAT_CSV) {
        print_csv(c, out);
        return unroll_ok();
    }
    if (format == UNROLL_FORMAT_HTML)
        unroll_html_open("unroll compare", out);
    print_head(c, format, out);
    if (format == UNROLL_FORMAT_HTML)
        print_verdict(c, threshold, format, out);
    for (int i = 0; i < c->experiments; i++)
        UNROLL_TRY(print_experiment(c, &c->experiment[i], format, out));
    fputs(format == UNROLL_FORMAT_TEXT ? "\n" : "", out);
    if (format == UNROLL_FORMAT_HTML)
        unroll_html_close(out);
    else
        print_verdict(c, threshold, format, out);
    return unroll_ok();
}
