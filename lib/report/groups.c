/* Rows of a gathered table with equal values of some columns, in an order that a reader expects. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/stop.h"
#include "base/text.h"
#include "report/inside.h"
#include "sweep/axes.h"

/* More than anybody reads; a file may claim any number. */
enum { MOST_GROUPS = 10000 };

static unroll_status out_of_memory(void)
{
    return unroll_error(UNROLL_FAILED, "out of memory for the groups of a table");
}

/* ---- which columns ---- */

bool unroll_varies(const unroll_table *table, const unroll_table_column *column, const bool *keep)
{
    int first = 0;
    while (first < table->rows && !keep[first])
        first++;
    for (int row = first + 1; row < table->rows; row++)
        if (keep[row] && !unroll_field_equal(unroll_field_at(column, first), unroll_field_at(column, row)))
            return true;
    return false;
}

/* Whether the rows have their widths from the number of parameters that they were to have. */
static bool has_params(const unroll_table *table, const bool *keep)
{
    const unroll_table_column *params = unroll_table_find(table, "params");
    for (int row = 0; row < table->rows; row++)
        if (keep[row] && !(unroll_field_at(params, row).real > 0))
            return false;
    return true;
}

static bool is_word(const char *list, const char *wanted)
{
    char word[48];
    while (unroll_next_word(&list, word, sizeof word))
        if (strcmp(word, wanted) == 0)
            return true;
    return false;
}

/* The experiment's own groups, `all` of them or those that vary, and the other settings that do. */
static void list_columns(const unroll_experiment *experiment, const unroll_table *table, const bool *keep, const char *but, bool all,
                         char out[UNROLL_COLUMNS_ROOM])
{
    size_t used = 0;
    char word[48];
    bool params = has_params(table, keep);
    out[0] = '\0';
    for (const char *rest = experiment->groups; unroll_next_word(&rest, word, sizeof word) && used < UNROLL_COLUMNS_ROOM;)
        if (!is_word(but, word) && !unroll_is_chosen(experiment, word) &&
            (all || unroll_varies(table, unroll_table_find(table, word), keep)))
            used += (size_t)snprintf(out + used, UNROLL_COLUMNS_ROOM - used, "%s%s", used > 0 ? " " : "", word);
    for (int i = 0; i < unroll_setting_count(); i++) {
        const unroll_setting *row = unroll_setting_at(i);
        const unroll_table_column *column = unroll_table_find(table, row->name);
        bool follows = strcmp(row->name, "seed") == 0 || unroll_is_chosen(experiment, row->name) ||
                       (params && strcmp(row->name, "hidden") == 0) ||
                       ((row->flags & UNROLL_SETTING_TIMING) != 0 && !experiment->timed);
        if (column == NULL || follows || is_word(experiment->groups, row->name) || is_word(but, row->name) ||
            !unroll_varies(table, column, keep) || used >= UNROLL_COLUMNS_ROOM)
            continue;
        used += (size_t)snprintf(out + used, UNROLL_COLUMNS_ROOM - used, "%s%s", used > 0 ? " " : "", row->name);
    }
}

void unroll_groups_default(const unroll_experiment *experiment, const unroll_table *table, const bool *keep, const char *but,
                           char out[UNROLL_COLUMNS_ROOM])
{
    list_columns(experiment, table, keep, but, true, out);
}

/* ---- order ---- */

/* The axes of an experiment, for the order that it lists values in. */
typedef struct listed {
    unroll_axes axes[2]; /* full, quick */
} listed;

static unroll_status open_listed(const unroll_experiment *experiment, listed *l)
{
    memset(l, 0, sizeof *l);
    UNROLL_TRY(unroll_axes_assign_all(&l->axes[0], experiment->axes_full));
    return unroll_axes_assign_all(&l->axes[1], experiment->axes_quick);
}

static void close_listed(listed *l)
{
    unroll_axes_free(&l->axes[0]);
    unroll_axes_free(&l->axes[1]);
}

/* Place of a text among the values that an axis lists, behind them all where it is not there. */
static int place_of(const listed *l, const char *column, unroll_field text)
{
    for (int a = 0; a < 2; a++) {
        const unroll_axis *axis = unroll_axes_find(&l->axes[a], column);
        for (int i = 0; axis != NULL && i < axis->count; i++)
            if (unroll_field_is(text, &axis->values[i]))
                return i;
    }
    return 1 << 20;
}

/* <0, 0, >0: numbers by their size and before texts, texts by their place in the axes, then by letters. */
static int compare_fields(const listed *l, const char *column, unroll_field a, unroll_field b)
{
    int x, y;
    if (a.text == NULL && b.text == NULL) {
        if (isnan(a.real) || isnan(b.real))
            return isnan(a.real) - isnan(b.real);
        return (a.real > b.real) - (a.real < b.real);
    }
    if (a.text == NULL || b.text == NULL)
        return a.text == NULL ? -1 : 1;
    x = place_of(l, column, a);
    y = place_of(l, column, b);
    return x != y ? x - y : strcmp(a.text, b.text);
}

static int compare_groups(const listed *l, const unroll_groups *groups, const unroll_group *a, const unroll_group *b)
{
    for (int c = 0; c < groups->column_count; c++) {
        int order = compare_fields(l, groups->column[c], a->by[c], b->by[c]);
        if (order != 0)
            return order;
    }
    return 0;
}

/* ---- groups ---- */

static bool is_of(const unroll_groups *groups, const unroll_group *group, const unroll_group *wanted)
{
    for (int c = 0; c < groups->column_count; c++)
        if (!unroll_field_equal(group->by[c], wanted->by[c]))
            return false;
    return true;
}

/* The first of the groups, which are in order, that does not come before `wanted`. */
static int find_place(const listed *l, const unroll_groups *groups, const unroll_group *wanted)
{
    int low = 0, high = groups->count;
    while (low < high) {
        int middle = low + (high - low) / 2;
        if (compare_groups(l, groups, &groups->group[middle], wanted) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* The group with the values in `wanted`, made in its place when it is new; NULL when memory is short. */
static unroll_group *find_group(const listed *l, unroll_groups *groups, const unroll_group *wanted)
{
    unroll_group *grown;
    int place;
    for (int g = 0; g < groups->count; g++)
        if (is_of(groups, &groups->group[g], wanted))
            return &groups->group[g];
    grown = unroll_one_more(groups->group, groups->count, sizeof *grown);
    if (grown == NULL)
        return NULL;
    groups->group = grown;
    place = find_place(l, groups, wanted);
    memmove(&grown[place + 1], &grown[place], (size_t)(groups->count - place) * sizeof *grown);
    grown[place] = *wanted;
    grown[place].count = 0;
    grown[place].row = NULL;
    groups->count++;
    return &grown[place];
}

/* Room for as many rows as there are doubles; false when memory is short. */
static bool add_row(unroll_group *group, int row)
{
    int *grown = unroll_one_more(group->row, group->count, sizeof *grown);
    if (grown == NULL)
        return false;
    group->row = grown;
    group->row[group->count++] = row;
    return true;
}

typedef struct seeded {
    double seed;
    int row;
} seeded;

static int by_seed(const void *a, const void *b)
{
    const seeded *x = a, *y = b;
    return x->seed != y->seed && !isnan(x->seed) && !isnan(y->seed) ? (x->seed > y->seed) - (x->seed < y->seed)
                                                                     : x->row - y->row;
}

/* The rows of a group in the order of seeds: the file has them in that of ids, which are hashes. */
static unroll_status sort_rows(const unroll_table *table, unroll_group *group)
{
    seeded *rows = malloc((size_t)group->count * sizeof *rows);
    if (rows == NULL)
        return out_of_memory();
    for (int i = 0; i < group->count; i++)
        rows[i] = (seeded){unroll_value_real(table, "seed", group->row[i]), group->row[i]};
    qsort(rows, (size_t)group->count, sizeof *rows, by_seed);
    for (int i = 0; i < group->count; i++)
        group->row[i] = rows[i].row;
    free(rows);
    return unroll_ok();
}

static unroll_status read_columns(const unroll_experiment *experiment, const unroll_table *table, const char *columns,
                                  unroll_groups *groups)
{
    char word[48];
    while (unroll_next_word(&columns, word, sizeof word)) {
        if (groups->column_count == UNROLL_MOST_BY)
            return unroll_error(UNROLL_WRONG, "a table is grouped by at most %d columns", UNROLL_MOST_BY);
        if (unroll_table_find(table, word) == NULL)
            return unroll_error(UNROLL_WRONG, "there is no column %s in the results of %s", word, experiment->name);
        strcpy(groups->column[groups->column_count++], word);
    }
    return unroll_ok();
}

/* Puts a row into its group. */
static unroll_status group_row(const listed *l, const unroll_experiment *experiment, const unroll_table *table, int row,
                               unroll_groups *groups)
{
    unroll_group wanted = {.count = 0}, *group;
    for (int c = 0; c < groups->column_count; c++)
        wanted.by[c] = unroll_field_at(unroll_table_find(table, groups->column[c]), row);
    group = find_group(l, groups, &wanted);
    if (group == NULL || !add_row(group, row))
        return out_of_memory();
    if (groups->count > MOST_GROUPS)
        return unroll_error(UNROLL_WRONG, "the results of %s fall into more than %d groups", experiment->name, MOST_GROUPS);
    return unroll_stop_requested() ? unroll_error(UNROLL_STOPPED, "stopped while results were grouped") : unroll_ok();
}

unroll_status unroll_groups_make(const unroll_experiment *experiment, const unroll_table *table, const char *columns,
                                 const bool *keep, unroll_groups *groups)
{
    listed l;
    unroll_status status;
    memset(groups, 0, sizeof *groups);
    UNROLL_TRY(read_columns(experiment, table, columns, groups));
    status = open_listed(experiment, &l);
    for (int i = 0; i < table->rows; i++) {
        if (status.code == UNROLL_OK && (keep != NULL ? keep[i] : !unroll_has_status(table, "failed", i)))
            status = group_row(&l, experiment, table, i, groups);
    }
    for (int g = 0; g < groups->count && status.code == UNROLL_OK; g++)
        status = sort_rows(table, &groups->group[g]);
    close_listed(&l);
    if (status.code != UNROLL_OK)
        unroll_groups_free(groups);
    return status;
}

/* "model,lr" as words */
static void part_words(const char *list, char out[UNROLL_COLUMNS_ROOM])
{
    unroll_text_copy(out, UNROLL_COLUMNS_ROOM, list);
    for (char *c = out; *c != '\0'; c++)
        *c = *c == ',' ? ' ' : *c;
}

/* Adds the words that are not there yet. */
static void add_words(const char *words, char columns[UNROLL_COLUMNS_ROOM])
{
    char word[48];
    while (unroll_next_word(&words, word, sizeof word)) {
        size_t used = strlen(columns);
        if (!is_word(columns, word))
            snprintf(columns + used, UNROLL_COLUMNS_ROOM - used, "%s%s", used > 0 ? " " : "", word);
    }
}

static bool is_none(const bool *keep, int rows)
{
    int row = 0;
    while (row < rows && !keep[row])
        row++;
    return row == rows;
}

/* Marks the rows, and words in `best` the settings that were chosen. */
static unroll_status select_rows(const unroll_experiment *experiment, const unroll_table *table, const unroll_grouping *grouping,
                                 bool *keep, char best[UNROLL_COLUMNS_ROOM], char note[UNROLL_NOTE_ROOM])
{
    note[0] = '\0';
    part_words(grouping->best != NULL ? grouping->best : experiment->best != NULL ? experiment->best : "", best);
    UNROLL_TRY(unroll_select(table, grouping->where, grouping->failed, keep));
    if (grouping->where != NULL && is_none(keep, table->rows))
        return unroll_error(UNROLL_NOTHING, "no run of %s is among those asked for", experiment->name);
    if (grouping->best == NULL)
        return unroll_ok();
    if (experiment->best != NULL)
        return unroll_error(UNROLL_WRONG, "best=%.100s: %s chooses the best %.100s already, and its table has those runs alone",
                            grouping->best, experiment->name, experiment->best);
    return unroll_keep_best(experiment, table, best, NULL, keep, note);
}

unroll_status unroll_groups_of(const unroll_experiment *experiment, const unroll_table *table, const unroll_grouping *grouping,
                               unroll_groups *groups, char together[UNROLL_COLUMNS_ROOM])
{
    static const unroll_grouping usual;
    char columns[UNROLL_COLUMNS_ROOM], best[UNROLL_COLUMNS_ROOM], note[UNROLL_NOTE_ROOM];
    bool *keep = malloc(((size_t)table->rows + 1) * sizeof *keep);
    unroll_status status = keep != NULL ? unroll_ok() : out_of_memory();
    grouping = grouping != NULL ? grouping : &usual;
    memset(groups, 0, sizeof *groups);
    if (status.code == UNROLL_OK)
        status = select_rows(experiment, table, grouping, keep, best, note);
    if (status.code == UNROLL_OK) {
        if (grouping->by != NULL)
            part_words(grouping->by, columns);
        else
            unroll_groups_default(experiment, table, keep, best, columns);
        add_words(best, columns);
        if (together != NULL)
            list_columns(experiment, table, keep, columns, false, together);
        status = unroll_groups_make(experiment, table, columns, keep, groups);
    }
    if (status.code == UNROLL_OK)
        unroll_text_copy(groups->chosen, sizeof groups->chosen, note);
    free(keep);
    return status;
}

unroll_status unroll_keep_selected(const unroll_experiment *experiment, const unroll_grouping *grouping, unroll_table *table)
{
    char best[UNROLL_COLUMNS_ROOM], note[UNROLL_NOTE_ROOM];
    bool *keep = malloc(((size_t)table->rows + 1) * sizeof *keep);
    unroll_status status = keep != NULL ? select_rows(experiment, table, grouping, keep, best, note) : out_of_memory();
    if (status.code == UNROLL_OK && is_none(keep, table->rows))
        status = unroll_error(UNROLL_NOTHING, "no run of %s is among those asked for", experiment->name);
    if (status.code == UNROLL_OK)
        unroll_table_keep(table, keep);
    free(keep);
    return status;
}

void unroll_groups_free(unroll_groups *groups)
{
    for (int g = 0; g < groups->count; g++)
        free(groups->group[g].row);
    free(groups->group);
    memset(groups, 0, sizeof *groups);
}

unroll_status unroll_values_list(const unroll_experiment *experiment, const unroll_table *table, const char *name,
                                 const char *separator, char *out, size_t room)
{
    unroll_groups groups;
    unroll_status status;
    char shown[UNROLL_VALUE_ROOM];
    size_t used = 0;
    bool *all = malloc((size_t)table->rows * sizeof *all);
    out[0] = '\0';
    if (all == NULL)
        return out_of_memory();
    for (int i = 0; i < table->rows; i++)
        all[i] = true;
    status = unroll_groups_make(experiment, table, name, all, &groups);
    free(all);
    if (status.code == UNROLL_WRONG && unroll_table_find(table, name) != NULL) {
        snprintf(out, room, "more than %d values", MOST_GROUPS);
        return unroll_ok();
    }
    if (status.code != UNROLL_OK)
        return status;
    for (int g = 0; g < groups.count && used < room; g++)
        used += (size_t)snprintf(out + used, room - used, "%s%s", g > 0 ? separator : "",
                                 unroll_field_show(groups.group[g].by[0], shown));
    unroll_groups_free(&groups);
    return unroll_ok();
}
