/* The comparison table of an experiment: a row a group of runs, the columns that the experiment names. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "report/doubt.h"
#include "report/inside.h"

enum { MOST_COLUMNS = 32 };

/* Leaves what the experiment declares to be chosen. */
static unroll_status keep_declared(const unroll_experiment *experiment, unroll_table *table)
{
    unroll_status status;
    bool *keep;
    if (experiment->best == NULL)
        return unroll_ok();
    keep = malloc(((size_t)table->rows + 1) * sizeof *keep);
    if (keep == NULL)
        return unroll_error(UNROLL_FAILED, "out of memory for the rows of a table");
    for (int row = 0; row < table->rows; row++)
        keep[row] = true;
    status = unroll_keep_best(experiment, table, experiment->best, experiment->best_by, keep, table->chosen);
    if (status.code == UNROLL_OK)
        unroll_table_keep(table, keep);
    free(keep);
    return status;
}

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
    UNROLL_TRY(status);
    unroll_text_copy((*table)->folder, sizeof (*table)->folder, results);
    status = unroll_add_settings(*table);
    if (status.code == UNROLL_OK)
        status = unroll_keep_present(experiment, *table);
    if (status.code == UNROLL_OK)
        status = keep_declared(experiment, *table);
    if (status.code == UNROLL_OK)
        status = unroll_doubt_add(experiment, *table);
    if (status.code != UNROLL_OK)
        unroll_table_free(*table);
    return status;
}

/* The columns of the table that some run has. */
static unroll_status read_columns(const char *columns, const unroll_table *table, unroll_measure *out, int *count)
{
    char word[96];
    *count = 0;
    while (unroll_next_word(&columns, word, sizeof word)) {
        if (*count == MOST_COLUMNS)
            return unroll_error(UNROLL_WRONG, "a comparison table has at most %d columns", MOST_COLUMNS);
        UNROLL_TRY(unroll_measure_read(word, &out[*count]));
        *count += unroll_table_find(table, out[*count].name) != NULL;
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

/* Runs of a group whose times are no evidence; by their kinds added to `kinds`, unless that is NULL. */
static int count_doubts(const unroll_table *table, const unroll_group *group, int kinds[UNROLL_DOUBTS])
{
    int count = 0;
    for (int i = 0; i < group->count; i++) {
        unroll_doubt doubt = unroll_doubt_of(table, group->row[i]);
        count += doubt != UNROLL_DOUBT_NONE;
        if (kinds != NULL)
            kinds[doubt]++;
    }
    return count;
}

static unroll_status fill_column(const unroll_table *table, const unroll_groups *groups, const unroll_measure *now,
                                 unroll_grid *grid, int column)
{
    unroll_grid_column *head = &grid->column[column];
    const unroll_table_column *source = unroll_table_find(table, now->name);
    bool share = (now->is & UNROLL_IS_SHARE) != 0, constant = !share && is_constant(table, groups, now->name);
    unroll_text_copy(head->name, sizeof head->name, now->name);
    unroll_text_copy(head->unit, sizeof head->unit, source != NULL && !share ? source->unit : "");
    head->worst = unroll_measure_worst(now);
    head->kind = share                                                  ? UNROLL_ENTRY_SHARE
                 : !constant                                            ? UNROLL_ENTRY_MEDIAN
                 : source != NULL && source->type == UNROLL_COLUMN_TEXT ? UNROLL_ENTRY_TEXT
                                                                        : UNROLL_ENTRY_NUMBER;
    for (int g = 0; g < groups->count; g++) {
        const unroll_group *group = &groups->group[g];
        unroll_entry *entry = &grid->entry[g * grid->columns + column];
        if (constant)
            unroll_value_show(table, now->name, group->row[0], entry->text);
        else
            UNROLL_TRY(unroll_measure_over(now, table, group, &entry->interval));
        entry->doubtful = (now->is & UNROLL_IS_TIME) != 0 && count_doubts(table, group, NULL) > 0;
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
            unroll_field_show(groups->group[g].by[c], entry[c].text);
        snprintf(entry[columns].text, UNROLL_VALUE_ROOM, "%d", groups->group[g].count);
        for (int i = 0; i < groups->group[g].count; i++)
            count += unroll_has_status(table, "diverged", groups->group[g].row[i]);
        if (diverged)
            snprintf(entry[columns + 1].text, UNROLL_VALUE_ROOM, "%d", count);
    }
}

/* For machines: how many runs of each group have times that are no evidence. */
static void fill_doubts(const unroll_table *table, const unroll_groups *groups, unroll_grid *grid, int column)
{
    strcpy(grid->column[column].name, UNROLL_DOUBT_COLUMN);
    grid->column[column].kind = UNROLL_ENTRY_NUMBER;
    for (int g = 0; g < groups->count; g++)
        snprintf(grid->entry[g * grid->columns + column].text, UNROLL_VALUE_ROOM, "%d",
                 count_doubts(table, &groups->group[g], NULL));
}

/* Whether a column of the table is a time; the columns have been read before. */
static bool has_times(const unroll_experiment *experiment)
{
    return experiment->columns != NULL && strstr(experiment->columns, ":time") != NULL;
}

static unroll_status print_groups(const unroll_experiment *experiment, const unroll_table *table, const unroll_groups *groups,
                                  const unroll_beside_found *found, unroll_format format, FILE *out)
{
    unroll_measure columns[MOST_COLUMNS];
    unroll_grid grid;
    int count, first, before = groups->column_count + 1;
    bool diverged = unroll_count_status(table, "diverged", &first) > 0, beside = found->table != NULL, doubts;
    unroll_status status = unroll_ok();
    UNROLL_TRY(read_columns(experiment->columns, table, columns, &count));
    before += diverged;
    doubts = format == UNROLL_FORMAT_CSV && has_times(experiment) && unroll_table_find(table, UNROLL_DOUBT_COLUMN) != NULL;
    UNROLL_TRY(unroll_grid_open(&grid, before + count + beside + doubts, groups->count));
    fill_groups(table, groups, &grid, diverged);
    for (int c = 0; c < count && status.code == UNROLL_OK; c++)
        status = fill_column(table, groups, &columns[c], &grid, before + c);
    if (beside && status.code == UNROLL_OK)
        status = unroll_beside_fill(found, table, groups, &grid, before + count);
    if (doubts)
        fill_doubts(table, groups, &grid, before + count + beside);
    if (status.code == UNROLL_OK)
        status = unroll_grid_print(&grid, format, out);
    unroll_grid_close(&grid);
    return status;
}

/* What the mark at a time means; in CSV each row tells it. */
static void print_doubts(const unroll_table *table, const unroll_groups *groups, unroll_format format, FILE *out)
{
    static const char *const before[] = {"", "\n\\", "", "<p>"}, *const after[] = {"\n", "\n", "", "</p>\n"};
    int kinds[UNROLL_DOUBTS] = {0}, count = 0;
    for (int g = 0; g < groups->count; g++)
        count += count_doubts(table, &groups->group[g], kinds);
    if (count == 0 || format == UNROLL_FORMAT_CSV)
        return;
    fprintf(out, "%s* no evidence, and in no verdict: a time of ", before[format]);
    unroll_doubt_print(kinds, out);
    fputs(after[format], out);
}

static void print_meaning(const char *name, const char *unit, const char *kind, unroll_format format, FILE *out)
{
    char text[300], *meaning = text;
    size_t length = strlen(name);
    if (!unroll_column_meaning("runs", name, text, sizeof text))
        unroll_text_copy(text, sizeof text, "a result of its own");
    if (strncmp(text, name, length) == 0 && strncmp(text + length, ": ", 2) == 0)
        meaning += length + 2; /* of a setting, which names itself */
    unroll_mark_item(name, format, out);
    unroll_print_escaped(meaning, format, out);
    if (unit[0] != '\0') {
        fputs(", in ", out);
        unroll_print_escaped(unit, format, out);
    }
    fputs(kind, out);
    unroll_mark_item_end(format, out);
}

/* What a column shows beside a median. */
static const char *kind_of(const unroll_measure *m)
{
    return (m->is & UNROLL_IS_SHARE) != 0   ? "; the share of the runs where it is so"
           : (m->is & UNROLL_IS_UNTIL) != 0 ? "; never: of a run that did not come to it"
           : (m->is & UNROLL_IS_GIVEN) != 0 ? "; a yardstick"
                                            : "";
}

unroll_status unroll_print_meanings(const unroll_experiment *experiment, const unroll_table *table, unroll_format format,
                                    FILE *out)
{
    unroll_measure columns[MOST_COLUMNS];
    unroll_groups groups;
    int count;
    UNROLL_TRY(read_columns(experiment->columns, table, columns, &count));
    UNROLL_TRY(unroll_groups_of(experiment, table, NULL, &groups, NULL));
    unroll_mark_list(true, format, out);
    for (int c = 0; c < groups.column_count; c++)
        print_meaning(groups.column[c], unroll_table_find(table, groups.column[c])->unit, "", format, out);
    unroll_mark_item("runs", format, out);
    fputs("runs that a row stands on", out);
    if (unroll_count_status(table, "diverged", NULL) > 0)
        fputs("; diverged: how many of them did", out);
    unroll_mark_item_end(format, out);
    for (int c = 0; c < count; c++)
        print_meaning(columns[c].name, unroll_table_find(table, columns[c].name)->unit, kind_of(&columns[c]), format, out);
    unroll_mark_list(false, format, out);
    unroll_groups_free(&groups);
    return unroll_ok();
}

/* How many runs failed, and why the one in row `first` did. */
static void print_failed(const unroll_table *table, int failed, int first, unroll_format format, FILE *out)
{
    static const char *const before[] = {"", "\n", "", "<p>"}, *const after[] = {"\n", "\n", "", "</p>\n"};
    const unroll_table_column *reason = unroll_table_find(table, "reason");
    fprintf(out, "%s%d of %d runs failed; the first: ", before[format], failed, table->rows);
    unroll_print_on_page(reason != NULL && reason->type == UNROLL_COLUMN_TEXT ? reason->text[first] : "", format, out);
    fputs(after[format], out);
}

/* A sentence below the table. */
static void print_below(unroll_format format, FILE *out, const char *sentence)
{
    static const char *const before[] = {"", "\n", "", "<p>"}, *const after[] = {"\n", "\n", "", "</p>\n"};
    if (format == UNROLL_FORMAT_CSV)
        return;
    fputs(before[format], out);
    unroll_print_on_page(sentence, format, out);
    fputs(after[format], out);
}

void unroll_print_chosen(const unroll_table *table, const char *asked, unroll_format format, FILE *out)
{
    const char *sentences[] = {table->chosen, asked};
    for (int i = 0; i < 2; i++)
        if (sentences[i][0] != '\0')
            print_below(format, out, sentences[i]);
}

static void print_count(int count, const char *what, const char *then, unroll_format format, FILE *out)
{
    char sentence[400];
    snprintf(sentence, sizeof sentence, "%d %s record%s left out%s.", count, what, count == 1 ? " is" : "s are", then);
    if (count > 0)
        print_below(format, out, sentence);
}

void unroll_print_left_out(const unroll_experiment *experiment, const unroll_table *table, unroll_format format, FILE *out)
{
    const unroll_table_column *stale = unroll_table_find(table, "stale");
    char sentence[400], then[200];
    snprintf(then, sizeof then, ", as the program or the data have changed: the column stale of %s.h5 says what",
             experiment->name);
    print_count(table->stale, "stale", then, format, out);
    snprintf(sentence, sizeof sentence, "All runs are stale, the first as %.160s: unroll run %s does them again.",
             table->all_stale && stale != NULL && stale->type == UNROLL_COLUMN_TEXT ? stale->text[0] : "", experiment->name);
    if (table->all_stale)
        print_below(format, out, sentence);
    print_count(table->other, "other", ", which another machine or program made", format, out);
    if (table->elsewhere)
        print_below(format, out, "These times are of another machine, or another program, than this one.");
    print_count(table->older, "older", ": newer ones of the same settings are there", format, out);
    snprintf(then, sizeof then, ": unroll run %s does %s again", experiment->name,
             table->left_out == 1 ? "its run" : "their runs");
    print_count(table->left_out, "damaged", then, format, out);
}

/* Columns of the experiment's that no run has: of another task, or misspelt. */
static unroll_status print_absent(const unroll_experiment *experiment, const unroll_table *table, unroll_format format, FILE *out)
{
    static const char *const before[] = {"", "\n", "", "<p>"}, *const after[] = {"\n", "\n", "", "</p>\n"};
    const char *rest = experiment->columns;
    char word[96];
    unroll_measure measure;
    int count = 0;
    while (unroll_next_word(&rest, word, sizeof word)) {
        UNROLL_TRY(unroll_measure_read(word, &measure));
        if (unroll_table_find(table, measure.name) == NULL)
            fprintf(out, "%s%s", count++ == 0 ? before[format] : ", ", measure.name);
    }
    if (count > 0)
        fprintf(out, ": no run has %s%s", count == 1 ? "it" : "them", after[format]);
    return unroll_ok();
}

/* What the runs of a row differ in, other than their seeds. */
static void print_together(const char *together, unroll_format format, FILE *out)
{
    static const char *const before[] = {"", "\n", "", "<p>"}, *const after[] = {"\n", "\n", "", "</p>\n"};
    char word[48];
    int count = 0;
    while (unroll_next_word(&together, word, sizeof word))
        fprintf(out, "%s%s", count++ == 0 ? before[format] : ", ", word);
    if (count > 0)
        fprintf(out, ": a row takes runs with different values of %s together%s", count == 1 ? "it" : "them", after[format]);
}

/* The groups, and what another experiment has measured beside them. */
static unroll_status print_with_beside(const unroll_experiment *experiment, const unroll_table *table, const unroll_groups *groups,
                                       unroll_format format, FILE *out)
{
    unroll_beside_found found;
    char note[UNROLL_NOTE_ROOM];
    unroll_status status = unroll_beside_open(experiment, table, &found);
    if (status.code == UNROLL_OK)
        status = print_groups(experiment, table, groups, &found, format, out);
    unroll_beside_note(&found, note);
    if (status.code == UNROLL_OK && note[0] != '\0')
        print_below(format, out, note);
    unroll_beside_close(&found);
    return status;
}

unroll_status unroll_report_table(const unroll_experiment *experiment, const unroll_table *table, const unroll_grouping *grouping,
                                  unroll_format format, FILE *out)
{
    char together[UNROLL_COLUMNS_ROOM];
    unroll_groups groups;
    unroll_status status = unroll_ok();
    int first = 0, failed = unroll_count_status(table, "failed", &first);
    UNROLL_TRY(unroll_groups_of(experiment, table, grouping, &groups, together));
    if (groups.count > 0)
        status = print_with_beside(experiment, table, &groups, format, out);
    if (status.code == UNROLL_OK && has_times(experiment))
        print_doubts(table, &groups, format, out);
    if (status.code == UNROLL_OK)
        unroll_print_chosen(table, groups.chosen, format, out);
    unroll_groups_free(&groups);
    if (format != UNROLL_FORMAT_CSV && status.code == UNROLL_OK)
        print_together(together, format, out);
    if (format != UNROLL_FORMAT_CSV && status.code == UNROLL_OK)
        status = print_absent(experiment, table, format, out);
    if (failed > 0 && format != UNROLL_FORMAT_CSV && status.code == UNROLL_OK)
        print_failed(table, failed, first, format, out);
    if (status.code == UNROLL_OK)
        unroll_print_left_out(experiment, table, format, out);
    return status;
}
