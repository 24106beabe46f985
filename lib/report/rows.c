/* The runs of an experiment one by one: a row a run, in the order of the comparison table's groups and then of seeds. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/number.h"
#include "base/text.h"
#include "report/inside.h"

/* The kinds of columns, in the order in which they stand. */
typedef enum kind { ID, ORIGIN, STATUS, REASON, SETTING, RESULT, SECONDS, VERSION, KINDS } kind;

/* What is printed: rows and columns of the gathered table, by their places in it. */
typedef struct listing {
    int *row, *column; /* owned, (rows) and (columns) */
    bool *keep;        /* owned; whether a row of the table is among them */
    int rows, columns;
    char chosen[UNROLL_NOTE_ROOM]; /* as unroll_groups has it */
} listing;

static kind kind_of(const char *name)
{
    static const struct {
        const char *name;
        kind kind;
    } others[] = {{"id", ID},
                  {"config", ORIGIN},
                  {"config_without_seed", ORIGIN},
                  {"origin", ORIGIN},
                  {"stale", ORIGIN},
                  {"take", ORIGIN},
                  {"status", STATUS},
                  {"reason", REASON},
                  {"seconds", SECONDS},
                  {"experiment_version", VERSION},
                  {"numerics_version", VERSION}};
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++)
        if (strcmp(name, others[i].name) == 0)
            return others[i].kind;
    return unroll_setting_find(name) >= 0 ? SETTING : RESULT;
}

bool unroll_is_result(const char *name)
{
    return kind_of(name) == RESULT;
}

static unroll_status out_of_memory(const unroll_table *table)
{
    return unroll_error(UNROLL_FAILED, "out of memory for a table of %d rows", table->rows);
}

/* ---- what is printed ---- */

/* The whole value, with every digit; "" where there is none. */
static const char *show_value(const unroll_table_column *column, int row, char number[UNROLL_NUMBER_ROOM])
{
    unroll_field field = unroll_field_at(column, row);
    if (field.text != NULL)
        return field.text;
    return isnan(field.real) ? "" : unroll_show_real(field.real, number);
}

static unroll_status choose_rows(const unroll_experiment *experiment, const unroll_table *table, const unroll_grouping *grouping,
                                 listing *l)
{
    unroll_grouping all = grouping != NULL ? *grouping : (unroll_grouping){.by = NULL};
    unroll_groups groups;
    all.failed = true;
    UNROLL_TRY(unroll_groups_of(experiment, table, &all, &groups, NULL));
    for (int g = 0; g < groups.count; g++) {
        for (int i = 0; i < groups.group[g].count; i++) {
            l->row[l->rows++] = groups.group[g].row[i];
            l->keep[groups.group[g].row[i]] = true;
        }
    }
    unroll_text_copy(l->chosen, sizeof l->chosen, groups.chosen);
    unroll_groups_free(&groups);
    return unroll_ok();
}

/* Only CSV has all columns: the others leave out what would say the same, or nothing, in each row. */
static bool is_shown(const unroll_table *table, const unroll_table_column *column, unroll_format format, const listing *l)
{
    char number[UNROLL_NUMBER_ROOM];
    kind what = kind_of(column->name);
    if (format == UNROLL_FORMAT_CSV || (what != ORIGIN && unroll_varies(table, column, l->keep)))
        return true;
    if (what == REASON)
        return show_value(column, l->row[0], number)[0] != '\0';
    return what != SETTING && what != VERSION && what != ORIGIN;
}

static void choose_columns(const unroll_table *table, unroll_format format, listing *l)
{
    for (int k = 0; k < KINDS; k++)
        for (int c = 0; c < table->column_count; c++)
            if (kind_of(table->columns[c].name) == (kind)k && is_shown(table, &table->columns[c], format, l))
                l->column[l->columns++] = c;
}

/* ---- as CSV, and as the other formats have it ---- */

static void print_csv(const unroll_table *table, const listing *l, FILE *out)
{
    char number[UNROLL_NUMBER_ROOM];
    for (int r = -1; r < l->rows; r++) {
        for (int c = 0; c < l->columns; c++) {
            const unroll_table_column *column = &table->columns[l->column[c]];
            fputs(c > 0 ? "," : "", out);
            unroll_print_csv(r < 0 ? column->name : show_value(column, l->row[r], number), out);
        }
        fputc('\n', out);
    }
}

/* Settings and whole numbers as they are, what was measured with three digits. */
static void fill_column(const unroll_table_column *source, const listing *l, unroll_grid *grid, int column)
{
    unroll_grid_column *head = &grid->column[column];
    bool exact = kind_of(source->name) == SETTING || source->type == UNROLL_COLUMN_TEXT;
    unroll_text_copy(head->name, sizeof head->name, source->name);
    unroll_text_copy(head->unit, sizeof head->unit, source->unit);
    head->kind = source->type == UNROLL_COLUMN_TEXT ? UNROLL_ENTRY_TEXT : UNROLL_ENTRY_NUMBER;
    for (int r = 0; r < l->rows; r++) {
        unroll_entry *entry = &grid->entry[r * grid->columns + column];
        char number[UNROLL_NUMBER_ROOM];
        if (exact || source->real[l->row[r]] == floor(source->real[l->row[r]]))
            unroll_text_copy(entry->text, sizeof entry->text, show_value(source, l->row[r], number));
        else
            unroll_show_short(source->real[l->row[r]], entry->text);
    }
}

static unroll_status print_grid(const unroll_table *table, const listing *l, unroll_format format, FILE *out)
{
    unroll_grid grid;
    unroll_status status;
    UNROLL_TRY(unroll_grid_open(&grid, l->columns, l->rows));
    for (int c = 0; c < l->columns; c++)
        fill_column(&table->columns[l->column[c]], l, &grid, c);
    status = unroll_grid_print(&grid, format, out);
    unroll_grid_close(&grid);
    return status;
}

/* The settings that no column shows, as on the command line. */
static void print_held(const unroll_table *table, const listing *l, unroll_format format, FILE *out)
{
    static const char *const before[] = {"", "\n", "", "<p>"}, *const after[] = {"\n", "\n", "", "</p>\n"};
    char number[UNROLL_NUMBER_ROOM];
    bool any = false;
    fprintf(out, "%sheld:", before[format]);
    for (int c = 0; c < table->column_count; c++) {
        const unroll_table_column *column = &table->columns[c];
        int setting = unroll_setting_find(column->name);
        const char *value = show_value(column, l->row[0], number);
        if (setting < 0 || unroll_varies(table, column, l->keep) || strcmp(value, unroll_setting_default(setting)) == 0)
            continue;
        fprintf(out, " %s=", column->name);
        unroll_print_escaped(value, format, out);
        any = true;
    }
    fprintf(out, "%s%s", any ? "; every other setting at its default" : " every other setting, at its default", after[format]);
}

static unroll_status print_rows(const unroll_table *table, unroll_format format, listing *l, FILE *out)
{
    if (l->rows == 0 && format != UNROLL_FORMAT_CSV)
        return unroll_ok();
    choose_columns(table, format, l);
    if (format == UNROLL_FORMAT_CSV) {
        print_csv(table, l, out);
        return unroll_ok();
    }
    UNROLL_TRY(print_grid(table, l, format, out));
    print_held(table, l, format, out);
    return unroll_ok();
}

unroll_status unroll_report_rows(const unroll_experiment *experiment, const unroll_table *table, const unroll_grouping *grouping,
                                 unroll_format format, FILE *out)
{
    listing l = {.row = malloc(((size_t)table->rows + 1) * sizeof *l.row),
                 .column = malloc(((size_t)table->column_count + 1) * sizeof *l.column),
                 .keep = calloc((size_t)table->rows + 1, sizeof *l.keep)};
    unroll_status status = l.row != NULL && l.column != NULL && l.keep != NULL ? unroll_ok() : out_of_memory(table);
    if (status.code == UNROLL_OK)
        status = choose_rows(experiment, table, grouping, &l);
    if (status.code == UNROLL_OK)
        status = print_rows(table, format, &l, out);
    if (status.code == UNROLL_OK)
        unroll_print_chosen(table, l.chosen, format, out);
    if (status.code == UNROLL_OK)
        unroll_print_left_out(experiment, table, format, out);
    free(l.row);
    free(l.column);
    free(l.keep);
    return status;
}
