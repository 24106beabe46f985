/* Rows of a gathered table: chosen by a filter, grouped by columns, in an order that a reader expects. */
#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/number.h"
#include "base/stop.h"
#include "base/text.h"
#include "report/inside.h"

/* More than anybody reads; a file may claim any number. */
enum { MOST_GROUPS = 10000 };

static unroll_status out_of_memory(void)
{
    return unroll_error(UNROLL_FAILED, "out of memory for the groups of a table");
}

/* ---- values ---- */

const char *unroll_value_show(const unroll_table *table, const char *name, int row, char out[UNROLL_VALUE_ROOM])
{
    const unroll_table_column *column = unroll_table_find(table, name);
    char number[UNROLL_NUMBER_ROOM];
    out[0] = '\0';
    if (column == NULL)
        return out;
    if (column->type == UNROLL_COLUMN_TEXT)
        unroll_text_copy(out, UNROLL_VALUE_ROOM, column->text[row]);
    else if (!isnan(column->real[row]))
        unroll_text_copy(out, UNROLL_VALUE_ROOM, unroll_show_real(column->real[row], number));
    return out;
}

double unroll_value_real(const unroll_table *table, const char *name, int row)
{
    const unroll_table_column *column = unroll_table_find(table, name);
    return column != NULL && column->type != UNROLL_COLUMN_TEXT ? column->real[row] : NAN;
}

const char *unroll_show_short(double value, char out[UNROLL_VALUE_ROOM])
{
    double size = fabs(value);
    out[0] = '\0';
    if (isnan(value))
        return out;
    /* three digits of what varies, and no more of it than it takes: 12300, 0.0123, 1.23e-05 */
    snprintf(out, UNROLL_VALUE_ROOM, size >= 100 && size < 1e7 ? "%.0f" : "%.3g", value);
    return out;
}

int unroll_count_status(const unroll_table *table, const char *status, int *first)
{
    char shown[UNROLL_VALUE_ROOM];
    int count = 0;
    for (int row = 0; row < table->rows; row++) {
        if (strcmp(unroll_value_show(table, "status", row, shown), status) != 0)
            continue;
        if (count++ == 0 && first != NULL)
            *first = row;
    }
    return count;
}

/* ---- filters ---- */

static bool is_failed(const unroll_table *table, int row)
{
    const unroll_table_column *status = unroll_table_find(table, "status");
    return status != NULL && status->type == UNROLL_COLUMN_TEXT && strcmp(status->text[row], "failed") == 0;
}

/* The largest or smallest value of a column over the rows kept so far. */
static double extreme(const unroll_table *table, const char *name, const bool *keep, bool largest)
{
    double found = NAN;
    for (int i = 0; i < table->rows; i++) {
        double value = unroll_value_real(table, name, i);
        if (keep[i] && !isnan(value) && (isnan(found) || (largest ? value > found : value < found)))
            found = value;
    }
    return found;
}

/* Whether `value` is among those of "a,b,c". */
static bool is_listed(const char *list, const char *value)
{
    size_t length = strlen(value);
    for (const char *at = list; *at != '\0'; at += strcspn(at, ",") + (at[strcspn(at, ",")] == ',')) {
        size_t item = strcspn(at, ",");
        if (item == length && strncmp(at, value, length) == 0)
            return true;
    }
    return false;
}

static unroll_status select_by(const unroll_table *table, const char *term, bool *keep)
{
    char name[48], shown[UNROLL_VALUE_ROOM], number[UNROLL_NUMBER_ROOM];
    const char *equals = strchr(term, '='), *wanted;
    if (equals == NULL || equals == term || equals - term >= (int)sizeof name)
        return unroll_error(UNROLL_WRONG, "the filter \"%.100s\" is not written column=value", term);
    snprintf(name, sizeof name, "%.*s", (int)(equals - term), term);
    wanted = equals + 1;
    if (strcmp(wanted, "max") == 0 || strcmp(wanted, "min") == 0)
        wanted = unroll_show_real(extreme(table, name, keep, strcmp(wanted, "max") == 0), number);
    for (int i = 0; i < table->rows; i++)
        keep[i] = keep[i] && is_listed(wanted, unroll_value_show(table, name, i, shown));
    return unroll_ok();
}

unroll_status unroll_select(const unroll_table *table, const char *filter, bool *keep)
{
    char term[128];
    for (int i = 0; i < table->rows; i++)
        keep[i] = !is_failed(table, i);
    while (unroll_next_word(&filter, term, sizeof term))
        UNROLL_TRY(select_by(table, term, keep));
    return unroll_ok();
}

/* ---- order ---- */

/* Place of a text among the values that the experiment's axes list for its column ("model=rnn,lstm,gru"), full or quick;
   INT_MAX-like where it is not there. */
static int place_in_axes(const unroll_experiment *experiment, const char *column, const char *value)
{
    const char *axes[] = {experiment->axes_full, experiment->axes_quick};
    for (int a = 0; a < 2; a++) {
        const char *rest = axes[a];
        char word[256];
        while (unroll_next_word(&rest, word, sizeof word)) {
            size_t length = strlen(column);
            int place = 0;
            if (strncmp(word, column, length) != 0 || word[length] != '=')
                continue;
            for (char *item = strtok(word + length + 1, ","); item != NULL; item = strtok(NULL, ","), place++)
                if (strcmp(item, value) == 0)
                    return place;
        }
    }
    return 1 << 20;
}

/* <0, 0, >0: numbers by their size and before texts, texts by their place in the axes, then by letters. */
static int compare_values(const unroll_experiment *experiment, const char *column, const char *a, const char *b)
{
    double x, y;
    bool x_number = unroll_read_real(a, &x), y_number = unroll_read_real(b, &y);
    int places[2];
    if (x_number && y_number)
        return (x > y) - (x < y);
    if (x_number != y_number)
        return x_number ? -1 : 1;
    places[0] = place_in_axes(experiment, column, a);
    places[1] = place_in_axes(experiment, column, b);
    return places[0] != places[1] ? places[0] - places[1] : strcmp(a, b);
}

static int compare_groups(const unroll_experiment *experiment, const unroll_groups *groups, const unroll_group *a,
                          const unroll_group *b)
{
    for (int c = 0; c < groups->column_count; c++) {
        int order = compare_values(experiment, groups->column[c], a->by[c], b->by[c]);
        if (order != 0)
            return order;
    }
    return 0;
}

/* ---- groups ---- */

static bool is_of(const unroll_groups *groups, const unroll_group *group, const unroll_group *wanted)
{
    for (int c = 0; c < groups->column_count; c++)
        if (strcmp(group->by[c], wanted->by[c]) != 0)
            return false;
    return true;
}

/* The first of the groups, which are in order, that does not come before `wanted`. */
static int find_place(const unroll_experiment *experiment, const unroll_groups *groups, const unroll_group *wanted)
{
    int low = 0, high = groups->count;
    while (low < high) {
        int middle = low + (high - low) / 2;
        if (compare_groups(experiment, groups, &groups->group[middle], wanted) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* The group with the values in `wanted`, made in its place when it is new; NULL when memory is short. */
static unroll_group *find_group(const unroll_experiment *experiment, unroll_groups *groups, const unroll_group *wanted)
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
    place = find_place(experiment, groups, wanted);
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

/* Puts a row into its group. */
static unroll_status group_row(const unroll_experiment *experiment, const unroll_table *table, int row,
                               unroll_groups *groups)
{
    unroll_group wanted = {.count = 0}, *group;
    for (int c = 0; c < groups->column_count; c++)
        unroll_value_show(table, groups->column[c], row, wanted.by[c]);
    group = find_group(experiment, groups, &wanted);
    if (group == NULL || !add_row(group, row))
        return out_of_memory();
    if (groups->count > MOST_GROUPS)
        return unroll_error(UNROLL_WRONG, "the results of %s fall into more than %d groups", experiment->name, MOST_GROUPS);
    return unroll_stop_requested() ? unroll_error(UNROLL_STOPPED, "stopped while results were grouped") : unroll_ok();
}

unroll_status unroll_groups_make(const unroll_experiment *experiment, const unroll_table *table, const char *columns,
                                 const bool *keep, unroll_groups *groups)
{
    char word[48];
    unroll_status status = unroll_ok();
    memset(groups, 0, sizeof *groups);
    while (unroll_next_word(&columns, word, sizeof word)) {
        if (groups->column_count == UNROLL_MOST_BY)
            return unroll_error(UNROLL_WRONG, "a table is grouped by at most %d columns", UNROLL_MOST_BY);
        if (unroll_table_find(table, word) == NULL)
            return unroll_error(UNROLL_WRONG, "there is no column %s in the results of %s", word, experiment->name);
        strcpy(groups->column[groups->column_count++], word);
    }
    for (int i = 0; i < table->rows; i++) {
        if (status.code == UNROLL_OK && (keep != NULL ? keep[i] : !is_failed(table, i)))
            status = group_row(experiment, table, i, groups);
    }
    for (int g = 0; g < groups->count && status.code == UNROLL_OK; g++)
        status = sort_rows(table, &groups->group[g]);
    if (status.code != UNROLL_OK)
        unroll_groups_free(groups);
    return status;
}

void unroll_groups_free(unroll_groups *groups)
{
    for (int g = 0; g < groups->count; g++)
        free(groups->group[g].row);
    free(groups->group);
    memset(groups, 0, sizeof *groups);
}

unroll_status unroll_group_mean(const unroll_table *table, const unroll_group *group, const char *name,
                                unroll_interval *mean)
{
    double *values = malloc(((size_t)group->count + 1) * sizeof *values);
    unroll_status status;
    if (values == NULL)
        return out_of_memory();
    for (int i = 0; i < group->count; i++)
        values[i] = unroll_value_real(table, name, group->row[i]);
    status = unroll_bootstrap_mean(values, group->count, 0, mean);
    free(values);
    return status;
}

unroll_interval unroll_group_share(const unroll_table *table, const unroll_group *group, const char *name)
{
    int k = 0, n = 0;
    for (int i = 0; i < group->count; i++) {
        double value = unroll_value_real(table, name, group->row[i]);
        n += !isnan(value);
        k += value == 1.0;
    }
    return unroll_wilson(k, n);
}

unroll_status unroll_values_list(const unroll_experiment *experiment, const unroll_table *table, const char *name,
                                 const char *separator, char *out, size_t room)
{
    unroll_groups groups;
    unroll_status status;
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
        used += (size_t)snprintf(out + used, room - used, "%s%s", g > 0 ? separator : "", groups.group[g].by[0]);
    unroll_groups_free(&groups);
    return unroll_ok();
}
