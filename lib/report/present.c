/* Which rows of a gathered file stand in tables and figures: those that the program, the data and the machine that are here still
   give, each configuration once. Where there are none the newest do. What is left out is counted. */
#include <stdlib.h>
#include <string.h>

#include "base/number.h"
#include "base/text.h"
#include "report/inside.h"
#include "sweep/origin.h"

static const char *text_at(const unroll_table_column *column, int row)
{
    return column != NULL && column->type == UNROLL_COLUMN_TEXT ? column->text[row] : "";
}

static const unroll_table_column *find_env(const unroll_table *table, const char *name)
{
    for (int i = 0; i < table->env_count; i++)
        if (strcmp(table->env[i].name, name) == 0)
            return &table->env[i];
    return NULL;
}

/* The row's place in time. */
typedef struct place {
    const char *config, *finished;
    double take;
    int row;
} place;

static int by_time(const place *a, const place *b)
{
    int order = strcmp(a->finished, b->finished);
    if (order == 0)
        order = (a->take > b->take) - (a->take < b->take);
    return order != 0 ? order : a->row - b->row;
}

static int by_config_and_time(const void *a, const void *b)
{
    const place *x = a, *y = b;
    int order = strcmp(x->config, y->config);
    return order != 0 ? order : by_time(x, y);
}

/* The task and the model of a row, and where its data lay. */
static bool set_origin(unroll_settings *settings, const unroll_table *table, int row)
{
    static const char *const names[] = {"task", "model"};
    bool good = true;
    for (int i = 0; i < 2 && good; i++)
        good = unroll_settings_set(settings, names[i], text_at(unroll_table_find(table, names[i]), row)).code == UNROLL_OK;
    for (int i = 0; i < unroll_setting_count() && good; i++) {
        const unroll_setting *path = unroll_setting_at(i);
        if ((path->flags & UNROLL_SETTING_PATH) != 0)
            good = unroll_settings_set(settings, path->name, text_at(unroll_table_find(table, path->name), row)).code == UNROLL_OK;
    }
    return good;
}

/* Why a row that was not stale when it was gathered is by now; NULL: it is not, or notes too little to tell. */
static const char *stale_by_now(const unroll_experiment *experiment, const unroll_table *table, int row, unroll_contents *contents)
{
    static const char *const notes[] = {"task_version", "evaluation_version", "data_hash"};
    unroll_settings *settings = unroll_settings_new();
    unroll_record *record = settings != NULL ? unroll_record_new(settings) : NULL;
    const char *why = NULL;
    if (record != NULL && text_at(find_env(table, notes[0]), row)[0] != '\0' && set_origin(record->settings, table, row)) {
        record->experiment_version = unroll_whole(unroll_field_at(unroll_table_find(table, "experiment_version"), row).real);
        record->numerics_version = unroll_whole(unroll_field_at(unroll_table_find(table, "numerics_version"), row).real);
        for (size_t i = 0; i < sizeof notes / sizeof notes[0]; i++)
            unroll_record_env(record, notes[i], text_at(find_env(table, notes[i]), row));
        why = record->out_of_memory ? NULL : unroll_origin_stale(experiment, contents, record);
    }
    unroll_record_free(record);
    unroll_settings_free(settings);
    return why;
}

/* The program and the data may have changed since the file was gathered. */
static void judge_anew(const unroll_experiment *experiment, unroll_table *table)
{
    const unroll_table_column *stale = unroll_table_find(table, "stale");
    unroll_contents *contents = unroll_contents_new();
    for (int i = 0; i < table->rows && contents != NULL && stale != NULL && stale->type == UNROLL_COLUMN_TEXT; i++) {
        const char *why = stale->text[i][0] == '\0' ? stale_by_now(experiment, table, i, contents) : NULL;
        if (why != NULL)
            stale->text[i] = (char *)why; /* which nobody writes to, and the column does not own */
    }
    unroll_contents_free(contents);
}

/* Unmarks the rows that are stale, unless all are. */
static void drop_stale(unroll_table *table, bool *keep)
{
    const unroll_table_column *stale = unroll_table_find(table, "stale");
    int count = 0;
    for (int i = 0; i < table->rows; i++)
        count += text_at(stale, i)[0] != '\0';
    table->all_stale = count == table->rows;
    if (table->all_stale)
        return;
    for (int i = 0; i < table->rows; i++)
        keep[i] = text_at(stale, i)[0] == '\0';
    table->stale = count;
}

/* Of times: unmarks the rows of other machines and programs than this one, or, where it has none, than the newest's. */
static void drop_other(const unroll_experiment *experiment, unroll_table *table, const place *places, bool *keep)
{
    const unroll_table_column *origin = unroll_table_find(table, "origin");
    const place *newest = NULL;
    char here[UNROLL_HASH_ROOM];
    const char *wanted = here;
    bool found = false;
    if (!experiment->timed || origin == NULL)
        return;
    unroll_origin_here(here);
    for (int i = 0; i < table->rows; i++) {
        if (!keep[i])
            continue;
        found = found || strcmp(text_at(origin, i), here) == 0;
        newest = newest == NULL || by_time(newest, &places[i]) < 0 ? &places[i] : newest;
    }
    table->elsewhere = !found;
    if (!found && newest != NULL)
        wanted = text_at(origin, newest->row);
    for (int i = 0; i < table->rows; i++)
        if (keep[i] && strcmp(text_at(origin, i), wanted) != 0) {
            keep[i] = false;
            table->other++;
        }
}

/* Of each configuration the newest row stays. */
static void drop_older(unroll_table *table, place *places, bool *keep)
{
    int newest = -1; /* place of the last one seen that is kept, of the same configuration */
    qsort(places, (size_t)table->rows, sizeof *places, by_config_and_time);
    for (int i = 0; i < table->rows; i++) {
        if (!keep[places[i].row] || places[i].config[0] == '\0')
            continue;
        if (newest >= 0 && strcmp(places[newest].config, places[i].config) == 0) {
            keep[places[newest].row] = false;
            table->older++;
        }
        newest = i;
    }
}

unroll_status unroll_keep_present(const unroll_experiment *experiment, unroll_table *table)
{
    const unroll_table_column *config = unroll_table_find(table, "config"), *take = unroll_table_find(table, "take");
    const unroll_table_column *finished = find_env(table, "finished");
    bool *keep = malloc(((size_t)table->rows + 1) * sizeof *keep);
    place *places = malloc(((size_t)table->rows + 1) * sizeof *places);
    if (keep == NULL || places == NULL) {
        free(keep);
        free(places);
        return unroll_error(UNROLL_FAILED, "out of memory for the rows of a table");
    }
    for (int i = 0; i < table->rows; i++) {
        keep[i] = true;
        places[i] = (place){text_at(config, i), text_at(finished, i), unroll_field_at(take, i).real, i};
    }
    judge_anew(experiment, table);
    drop_stale(table, keep);
    drop_other(experiment, table, places, keep);
    drop_older(table, places, keep);
    unroll_table_keep(table, keep);
    free(keep);
    free(places);
    return unroll_ok();
}

/* ---- settings that the file lacks ---- */

static bool is_number(const unroll_value *value)
{
    return value->type == UNROLL_INT || value->type == UNROLL_REAL;
}

static bool fill_column(unroll_table_column *column, const unroll_value *value, int rows)
{
    char number[UNROLL_NUMBER_ROOM];
    if (is_number(value)) {
        column->type = value->type == UNROLL_INT ? UNROLL_COLUMN_INT : UNROLL_COLUMN_REAL;
        column->real = malloc(((size_t)rows + 1) * sizeof *column->real);
        for (int row = 0; row < rows && column->real != NULL; row++)
            column->real[row] = value->type == UNROLL_INT ? (double)value->integer : value->real;
        return column->real != NULL;
    }
    column->type = UNROLL_COLUMN_TEXT;
    column->texts = strdup(unroll_show_value(value, number));
    column->text = malloc(((size_t)rows + 1) * sizeof *column->text);
    for (int row = 0; row < rows && column->text != NULL; row++)
        column->text[row] = column->texts;
    return column->text != NULL && column->texts != NULL;
}

unroll_status unroll_add_settings(unroll_table *table)
{
    for (int i = 0; i < unroll_setting_count(); i++) {
        const char *name = unroll_setting_at(i)->name;
        unroll_table_column *grown;
        if (unroll_table_find(table, name) != NULL)
            continue;
        grown = realloc(table->columns, ((size_t)table->column_count + 1) * sizeof *grown);
        if (grown == NULL)
            return unroll_error(UNROLL_FAILED, "out of memory for the settings of a table");
        table->columns = grown;
        grown += table->column_count++;
        *grown = (unroll_table_column){.type = UNROLL_COLUMN_REAL};
        unroll_text_copy(grown->name, sizeof grown->name, name);
        if (!fill_column(grown, unroll_setting_default_value(i), table->rows))
            return unroll_error(UNROLL_FAILED, "out of memory for the settings of a table");
    }
    return unroll_ok();
}
