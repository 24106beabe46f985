/* The comparison table of an experiment: a row a group of runs, the columns that the experiment names. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "report/inside.h"

enum { MOST_COLUMNS = 32 };

unroll_status unroll_report_load(const unroll_experiment *experiment, const char *results, unroll_table **table)
{
    char path[1024];
    unroll_status status;
    snprintf(path, sizeof path, "%.900s/%.64s.h5", results, experiment->name);
    status = unroll_load_table(path, table);
    if (status.code == UNROLL_ABSENT)
        return unroll_error(UNROLL_NOTHING, "%.300s is not there yet: unroll run %s makes it", path, experiment->name);
    if (status.code == UNROLL_DAMAGED)
        return unroll_error(UNROLL_DAMAGED, "%.400s; unroll run %s makes it anew", status.text, experiment->name);
    return status;
}

/* One column as the experiment writes it: "mse", "solved:share", "order2_bits:mean". */
typedef struct wanted {
    char name[48];
    bool share, alone; /* a share; a mean without its interval */
} wanted;

static unroll_status read_wanted(const char *columns, wanted *out, int *count)
{
    char word[64];
    for (*count = 0; unroll_next_word(&columns, word, sizeof word); (*count)++) {
        char *colon = strchr(word, ':');
        wanted *now = &out[*count];
        if (*count == MOST_COLUMNS)
            return unroll_error(UNROLL_WRONG, "a comparison table has at most %d columns", MOST_COLUMNS);
        memset(now, 0, sizeof *now);
        if (colon != NULL) {
            now->share = strcmp(colon, ":share") == 0;
            now->alone = strcmp(colon, ":mean") == 0;
            if (!now->share && !now->alone)
                return unroll_error(UNROLL_WRONG, "the column %.60s of a table ends in neither :share nor :mean", word);
            *colon = '\0';
        }
        unroll_text_copy(now->name, sizeof now->name, word);
    }
    return unroll_ok();
}

/* Whether a column of whole numbers or texts has one value in each group: parameters, gates. One that failed runs lack is
   stored as reals. */
static bool is_constant(const unroll_table *table, const unroll_groups *groups, const char *name)
{
    const unroll_table_column *column = unroll_table_find(table, name);
    char first[UNROLL_VALUE_ROOM], other[UNROLL_VALUE_ROOM];
    if (column == NULL)
        return false;
    for (int g = 0; g < groups->count; g++) {
        const unroll_group *group = &groups->group[g];
        unroll_value_show(table, name, group->row[0], first);
        for (int i = 0; i < group->count; i++) {
            if (column->type == UNROLL_COLUMN_REAL && column->real[group->row[i]] != floor(column->real[group->row[i]]))
                return false;
            if (strcmp(first, unroll_value_show(table, name, group->row[i], other)) != 0)
                return false;
        }
    }
    return true;
}

static unroll_status fill_wanted(const unroll_table *table, const unroll_groups *groups, const wanted *now,
                                 unroll_grid *grid, int column)
{
    unroll_grid_column *head = &grid->column[column];
    const unroll_table_column *source = unroll_table_find(table, now->name);
    bool constant = !now->share && is_constant(table, groups, now->name);
    unroll_text_copy(head->name, sizeof head->name, now->name);
    unroll_text_copy(head->unit, sizeof head->unit, source != NULL && !now->share ? source->unit : "");
    head->kind = now->share                                             ? UNROLL_ENTRY_SHARE
                 : !constant                                            ? UNROLL_ENTRY_MEAN
                 : source != NULL && source->type == UNROLL_COLUMN_TEXT ? UNROLL_ENTRY_TEXT
                                                                        : UNROLL_ENTRY_NUMBER;
    for (int g = 0; g < groups->count; g++) {
        const unroll_group *group = &groups->group[g];
        unroll_entry *entry = &grid->entry[g * grid->columns + column];
        if (constant)
            unroll_value_show(table, now->name, group->row[0], entry->text);
        else if (now->share)
            entry->interval = unroll_group_share(table, group, now->name);
        else
            UNROLL_TRY(unroll_group_mean(table, group, now->name, &entry->interval));
        if (now->alone)
            entry->interval.low = entry->interval.high = NAN;
    }
    return unroll_ok();
}

/* The group's own columns, then how many runs it has and how many of those diverged. */
static void fill_groups(const unroll_table *table, const unroll_groups *groups, unroll_grid *grid, bool diverged)
{
    int columns = groups->column_count;
    for (int c = 0; c < columns; c++) {
        const unroll_table_column *source = unroll_table_find(table, groups->column[c]);
        unroll_text_copy(grid->column[c].name, sizeof grid->column[c].name, groups->column[c]);
        grid->column[c].kind =
            source == NULL || source->type == UNROLL_COLUMN_TEXT ? UNROLL_ENTRY_TEXT : UNROLL_ENTRY_NUMBER;
    }
    strcpy(grid->column[columns].name, "runs");
    grid->column[columns].kind = UNROLL_ENTRY_NUMBER;
    if (diverged) {
        strcpy(grid->column[columns + 1].name, "diverged");
        grid->column[columns + 1].kind = UNROLL_ENTRY_NUMBER;
    }
    for (int g = 0; g < groups->count; g++) {
        unroll_entry *entry = &grid->entry[g * grid->columns];
        int count = 0;
        for (int c = 0; c < columns; c++)
            strcpy(entry[c].text, groups->group[g].by[c]);
        snprintf(entry[columns].text, UNROLL_VALUE_ROOM, "%d", groups->group[g].count);
        for (int i = 0; i < groups->group[g].count; i++) {
            char status[UNROLL_VALUE_ROOM];
            count += strcmp(unroll_value_show(table, "status", groups->group[g].row[i], status), "diverged") == 0;
        }
        if (diverged)
            snprintf(entry[columns + 1].text, UNROLL_VALUE_ROOM, "%d", count);
    }
}

static unroll_status print_groups(const unroll_experiment *experiment, const unroll_table *table,
                                  const unroll_groups *groups, unroll_format format, FILE *out)
{
    wanted columns[MOST_COLUMNS];
    unroll_grid grid;
    int count, first, before = groups->column_count + 1;
    bool diverged = unroll_count_status(table, "diverged", &first) > 0;
    unroll_status status = unroll_ok();
    UNROLL_TRY(read_wanted(experiment->columns, columns, &count));
    before += diverged;
    UNROLL_TRY(unroll_grid_open(&grid, before + count, groups->count));
    fill_groups(table, groups, &grid, diverged);
    for (int c = 0; c < count && status.code == UNROLL_OK; c++)
        status = fill_wanted(table, groups, &columns[c], &grid, before + c);
    if (status.code == UNROLL_OK)
        status = unroll_grid_print(&grid, format, out);
    unroll_grid_close(&grid);
    return status;
}

/* How many runs failed, and why the one in row `first` did. */
static void print_failed(const unroll_table *table, int failed, int first, unroll_format format, FILE *out)
{
    static const char *const before[] = {"", "\n", "", "<p>"}, *const after[] = {"\n", "\n", "", "</p>\n"};
    const unroll_table_column *reason = unroll_table_find(table, "reason");
    fprintf(out, "%s%d of %d runs failed; the first: ", before[format], failed, table->rows);
    unroll_print_escaped(reason != NULL && reason->type == UNROLL_COLUMN_TEXT ? reason->text[first] : "", format, out);
    fputs(after[format], out);
}

/* What the table does not show because its record was damaged when it was gathered. */
static void print_left_out(const unroll_experiment *experiment, const unroll_table *table, unroll_format format, FILE *out)
{
    static const char *const before[] = {"", "\n", "", "<p>"}, *const after[] = {"\n", "\n", "", "</p>\n"};
    bool one = table->left_out == 1;
    fprintf(out, "%s%d damaged %s left out: unroll run %s does %s again.%s", before[format], table->left_out,
            one ? "record is" : "records are", experiment->name, one ? "its run" : "their runs", after[format]);
}

unroll_status unroll_report_table(const unroll_experiment *experiment, const unroll_table *table, unroll_format format,
                                  FILE *out)
{
    unroll_groups groups;
    unroll_status status = unroll_ok();
    int first = 0, failed = unroll_count_status(table, "failed", &first);
    UNROLL_TRY(unroll_groups_make(experiment, table, experiment->groups, NULL, &groups));
    if (groups.count > 0)
        status = print_groups(experiment, table, &groups, format, out);
    unroll_groups_free(&groups);
    if (failed > 0 && format != UNROLL_FORMAT_CSV && status.code == UNROLL_OK)
        print_failed(table, failed, first, format, out);
    if (table->left_out > 0 && format != UNROLL_FORMAT_CSV && status.code == UNROLL_OK)
        print_left_out(experiment, table, format, out);
    return status;
}
