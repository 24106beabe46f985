/* What another experiment has measured of runs like ours, as a column of our comparison table. */
#include <math.h>
#include <string.h>

#include "base/text.h"
#include "report/inside.h"

/* ---- the other experiment ---- */

static unroll_status load(const unroll_beside *asked, const char *results, unroll_table **table)
{
    const unroll_experiment *other = unroll_experiment_find(asked->experiment);
    return other != NULL ? unroll_report_load(other, results, table)
                         : unroll_error(UNROLL_WRONG, "there is no experiment %.60s", asked->experiment);
}

/* Its statistic at each of its conditions: the comparisons of a claim of its own, whose bound decides nothing here. */
static unroll_status judge(unroll_beside_found *f)
{
    unroll_experiment claim = *unroll_experiment_find(f->asked->experiment);
    memset(claim.rules, 0, sizeof claim.rules);
    claim.rules[0] = f->asked->shown;
    return unroll_judge(&claim, f->table, &f->measured);
}

unroll_status unroll_beside_open(const unroll_experiment *experiment, const unroll_table *table, unroll_beside_found *f)
{
    *f = (unroll_beside_found){.asked = experiment->beside.name != NULL ? &experiment->beside : NULL};
    if (f->asked == NULL)
        return unroll_ok();
    f->lacks = load(f->asked, table->folder, &f->table);
    if (f->lacks.code == UNROLL_OK)
        return judge(f);
    f->table = NULL;
    return f->lacks.code == UNROLL_FAILED || f->lacks.code == UNROLL_STOPPED ? f->lacks : unroll_ok();
}

void unroll_beside_close(unroll_beside_found *f)
{
    unroll_verdict_free(&f->measured);
    unroll_table_free(f->table);
}

/* ---- rows and conditions that are alike ---- */

/* Whether the runs of a row have one value of each setting by which they find their like. */
static bool is_alike(const unroll_beside_found *f, const unroll_table *table, const unroll_group *group)
{
    char word[48];
    for (const char *rest = f->asked->by; unroll_next_word(&rest, word, sizeof word);) {
        const unroll_table_column *column = unroll_table_find(table, word);
        for (int i = 1; i < group->count; i++)
            if (!unroll_field_equal(unroll_field_at(column, group->row[0]), unroll_field_at(column, group->row[i])))
                return false;
    }
    return true;
}

/* Whether a row of theirs has the values that a row of ours has. */
static bool is_like(const unroll_beside_found *f, int theirs, const unroll_table *table, int ours)
{
    char word[48];
    for (const char *rest = f->asked->by; unroll_next_word(&rest, word, sizeof word);)
        if (!unroll_field_equal(unroll_field_at(unroll_table_find(f->table, word), theirs),
                                unroll_field_at(unroll_table_find(table, word), ours)))
            return false;
    return true;
}

bool unroll_beside_of(const unroll_beside_found *f, const unroll_table *table, const unroll_group *group, unroll_interval *out)
{
    bool several = !is_alike(f, table, group);
    int found = 0;
    *out = (unroll_interval){NAN, NAN, NAN, 0};
    for (int i = 0; i < f->measured.count && !several; i++) {
        const unroll_comparison *c = &f->measured.comparison[i];
        if (c->interval.count == 0 || !is_like(f, c->row, table, group->row[0]))
            continue;
        *out = c->interval;
        several = ++found > 1;
    }
    if (several)
        *out = (unroll_interval){NAN, NAN, NAN, 0};
    return !several;
}

unroll_status unroll_beside_fill(const unroll_beside_found *f, const unroll_table *table, const unroll_groups *groups,
                                 unroll_grid *grid, int column)
{
    unroll_grid_column *head = &grid->column[column];
    unroll_measure metric;
    UNROLL_TRY(unroll_measure_read(f->asked->shown.metric, &metric));
    unroll_text_copy(head->name, sizeof head->name, f->asked->name);
    unroll_text_copy(head->unit, sizeof head->unit, f->asked->unit != NULL ? f->asked->unit : "");
    head->worst = unroll_measure_worst(&metric);
    head->kind = f->asked->shown.statistic == UNROLL_SHARE_OF_RUNS ? UNROLL_ENTRY_SHARE : UNROLL_ENTRY_MEDIAN;
    for (int g = 0; g < groups->count; g++) {
        unroll_entry *entry = &grid->entry[g * grid->columns + column];
        if (!unroll_beside_of(f, table, &groups->group[g], &entry->interval))
            strcpy(entry->text, "several settings");
    }
    return unroll_ok();
}

/* ---- the sentence below the table ---- */

void unroll_beside_note(const unroll_beside_found *f, char out[UNROLL_NOTE_ROOM])
{
    char word[48];
    size_t used;
    out[0] = '\0';
    if (f->asked == NULL)
        return;
    if (f->table == NULL) {
        snprintf(out, UNROLL_NOTE_ROOM, "%.47s is left out: %s.", f->asked->name, f->lacks.text);
        return;
    }
    snprintf(out, UNROLL_NOTE_ROOM, "%.47s: %.400s; measured by %.47s at the same", f->asked->name, f->asked->measured,
             f->asked->experiment);
    used = strlen(out);
    for (const char *rest = f->asked->by; unroll_next_word(&rest, word, sizeof word) && used < UNROLL_NOTE_ROOM;)
        used += (size_t)snprintf(out + used, UNROLL_NOTE_ROOM - used, " %s%s", word, rest[0] != '\0' ? "," : ".");
}
