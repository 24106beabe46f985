/* A claim against the records: is the mean lower where it was said to be? */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "report/inside.h"

const char *unroll_outcome_name(unroll_outcome outcome)
{
    static const char *const names[] = {"supported", "contradicted", "undecided"};
    return names[outcome];
}

static unroll_status out_of_memory(void)
{
    return unroll_error(UNROLL_FAILED, "out of memory for a verdict");
}

/* The metric in the runs at one value of the prediction's column: *count of them, at most (rows). */
static unroll_status collect_values(const unroll_table *table, const unroll_prediction *p, const char *value, double *out,
                                    int *count)
{
    char filter[512];
    bool *keep = malloc((size_t)table->rows * sizeof *keep);
    unroll_status status;
    *count = 0;
    if (keep == NULL)
        return out_of_memory();
    snprintf(filter, sizeof filter, "%s %s=%s", p->where != NULL ? p->where : "", p->column, value);
    status = unroll_select(table, filter, keep);
    for (int i = 0; i < table->rows && status.code == UNROLL_OK; i++)
        if (keep[i] && !isnan(unroll_value_real(table, p->metric, i)))
            out[(*count)++] = unroll_value_real(table, p->metric, i);
    free(keep);
    return status;
}

/* "length 100, hidden 64": the filter with max and min as the numbers that they stand for among the runs it lets pass. */
static unroll_status show_where(const unroll_table *table, const char *where, char *out, size_t room)
{
    char word[128], shown[UNROLL_VALUE_ROOM];
    bool *keep = malloc((size_t)table->rows * sizeof *keep);
    const char *rest = where;
    size_t used = 0;
    int row = 0;
    unroll_status status;
    out[0] = '\0';
    if (keep == NULL)
        return out_of_memory();
    status = unroll_select(table, where, keep);
    while (status.code == UNROLL_OK && row < table->rows && !keep[row])
        row++;
    free(keep);
    while (status.code == UNROLL_OK && unroll_next_word(&rest, word, sizeof word) && used < room) {
        char *equals = strchr(word, '=');
        const char *value = equals != NULL ? equals + 1 : NULL;
        if (equals == NULL)
            continue;
        *equals = '\0';
        if (strcmp(value, "max") == 0 || strcmp(value, "min") == 0)
            value = row < table->rows ? unroll_value_show(table, word, row, shown) : "?";
        used += (size_t)snprintf(out + used, room - used, "%s%s %s", used > 0 ? ", " : "", word, value);
    }
    return status;
}

static unroll_outcome worse_of(unroll_outcome a, unroll_outcome b)
{
    if (a == UNROLL_CONTRADICTED || b == UNROLL_CONTRADICTED)
        return UNROLL_CONTRADICTED;
    return a == UNROLL_UNDECIDED || b == UNROLL_UNDECIDED ? UNROLL_UNDECIDED : UNROLL_SUPPORTED;
}

static unroll_status judge_pair(const unroll_table *table, const unroll_prediction *p, const char *lower,
                                const char *higher, double *values, unroll_verdict *verdict)
{
    double *a = values, *b = values + table->rows;
    char estimate[UNROLL_VALUE_ROOM], low[UNROLL_VALUE_ROOM], high[UNROLL_VALUE_ROOM];
    size_t used = strlen(verdict->text);
    int a_count, b_count;
    unroll_interval difference;
    unroll_outcome outcome = UNROLL_UNDECIDED;
    UNROLL_TRY(collect_values(table, p, higher, a, &a_count));
    UNROLL_TRY(collect_values(table, p, lower, b, &b_count));
    UNROLL_TRY(unroll_bootstrap_difference(a, a_count, b, b_count, 0, &difference));
    if (difference.low > 0)
        outcome = UNROLL_SUPPORTED;
    else if (difference.high < 0)
        outcome = UNROLL_CONTRADICTED;
    verdict->outcome = worse_of(verdict->outcome, outcome);
    if (isnan(difference.estimate))
        snprintf(verdict->text + used, sizeof verdict->text - used, "; %s against %s: no runs to compare", higher,
                 lower);
    else if (isnan(difference.low))
        snprintf(verdict->text + used, sizeof verdict->text - used, "; %s is %s above %s, without an interval", higher,
                 unroll_show_short(difference.estimate, estimate), lower);
    else
        snprintf(verdict->text + used, sizeof verdict->text - used, "; %s minus %s: %s [%s, %s]", higher, lower,
                 unroll_show_short(difference.estimate, estimate), unroll_show_short(difference.low, low),
                 unroll_show_short(difference.high, high));
    return unroll_ok();
}

unroll_status unroll_judge(const unroll_experiment *experiment, const unroll_table *table, unroll_verdict *verdict)
{
    const unroll_prediction *p = &experiment->prediction;
    const char *lower, *higher = p->higher;
    char where[256], low[64], high[64];
    double *values;
    unroll_status status;
    if (p->metric == NULL)
        return unroll_error(UNROLL_NOTHING, "%s predicts nothing", experiment->name);
    UNROLL_TRY(show_where(table, p->where, where, sizeof where));
    values = malloc(2 * (size_t)table->rows * sizeof *values);
    status = values != NULL ? unroll_ok() : out_of_memory();
    verdict->outcome = UNROLL_SUPPORTED;
    snprintf(verdict->text, sizeof verdict->text, "difference of the mean %s%s%s", p->metric,
             where[0] != '\0' ? " at " : "", where);
    while (status.code == UNROLL_OK && unroll_next_word(&higher, high, sizeof high)) {
        lower = p->lower;
        while (status.code == UNROLL_OK && unroll_next_word(&lower, low, sizeof low))
            status = judge_pair(table, p, low, high, values, verdict);
    }
    free(values);
    return status;
}
