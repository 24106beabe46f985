/* Reading a gathered file back into memory. */
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "store/reader.h"
#include "store/store.h"

static unroll_status out_of_memory(void)
{
    return unroll_error(UNROLL_FAILED, "out of memory for a table of results");
}

/* The type must be the right one. The first axis of every data set is the runs; the first one seen tells their number. */
static unroll_status check(const unroll_plain *plain, const unroll_plain_member *member, bool right, int rank,
                           unroll_table *table)
{
    if (!right)
        return unroll_plain_damaged(plain, "a wrong type has data set", member->name);
    if (member->rank != rank || member->dims[0] == 0 || member->dims[0] > INT_MAX ||
        (rank == 2 && member->dims[1] > INT_MAX))
        return unroll_plain_damaged(plain, "a wrong shape has data set", member->name);
    if (table->rows == 0)
        table->rows = (int)member->dims[0];
    if (member->dims[0] != (size_t)table->rows)
        return unroll_plain_damaged(plain, "not as many runs as the others has data set", member->name);
    return unroll_ok();
}

/* ---- columns ---- */

/* The values of a member, which from now on are the table's. */
static void *move_values(unroll_plain_member *member)
{
    void *values = member->values;
    member->values = NULL;
    return values;
}

/* The texts stay where they are, one behind the other: a copy of each would take many times their memory. */
static unroll_status read_texts(unroll_plain_member *member, unroll_table_column *column)
{
    char *text = member->values;
    column->type = UNROLL_COLUMN_TEXT;
    column->text = malloc(member->count * sizeof *column->text);
    if (column->text == NULL)
        return out_of_memory();
    for (size_t i = 0; i < member->count; i++, text += strlen(text) + 1)
        column->text[i] = text;
    column->texts = move_values(member);
    return unroll_ok();
}

static unroll_status read_floats(const unroll_plain_member *member, unroll_table_column *column)
{
    const float *values = member->values;
    column->real = malloc(member->count * sizeof *column->real);
    for (size_t i = 0; column->real != NULL && i < member->count; i++)
        column->real[i] = (double)values[i];
    return column->real != NULL ? unroll_ok() : out_of_memory();
}

static unroll_status read_numbers(unroll_plain_member *member, unroll_table_column *column)
{
    column->type = member->type == UNROLL_PLAIN_WHOLE ? UNROLL_COLUMN_INT : UNROLL_COLUMN_REAL;
    if (member->type == UNROLL_PLAIN_FLOAT)
        return read_floats(member, column);
    column->real = move_values(member);
    for (size_t i = 0; member->type == UNROLL_PLAIN_WHOLE && i < member->count; i++) {
        int64_t whole; /* in its own place */
        memcpy(&whole, &column->real[i], sizeof whole);
        column->real[i] = (double)whole;
    }
    return unroll_ok();
}

static unroll_status read_column(const unroll_plain *plain, unroll_plain_member *member, const char *name,
                                 bool env, unroll_table *table)
{
    unroll_table_column *column = env ? &table->env[table->env_count] : &table->columns[table->column_count];
    bool right = env ? member->type == UNROLL_PLAIN_TEXT : member->type != UNROLL_PLAIN_OTHER;
    UNROLL_TRY(check(plain, member, right, 1, table));
    *(env ? &table->env_count : &table->column_count) += 1;
    unroll_text_copy(column->name, sizeof column->name, name);
    unroll_text_copy(column->unit, sizeof column->unit, member->unit);
    return member->type == UNROLL_PLAIN_TEXT ? read_texts(member, column) : read_numbers(member, column);
}

/* ---- curves and timings ---- */

static unroll_status read_curve(const unroll_plain *plain, unroll_plain_member *member, const char *name,
                                unroll_table *table)
{
    unroll_table_curve *curve = &table->curves[table->curve_count];
    UNROLL_TRY(check(plain, member, member->type == UNROLL_PLAIN_FLOAT, 2, table));
    table->curve_count++;
    unroll_text_copy(curve->name, sizeof curve->name, name);
    unroll_text_copy(curve->unit, sizeof curve->unit, member->unit);
    curve->length = (int)member->dims[1];
    curve->value = move_values(member);
    return unroll_ok();
}

static unroll_status read_timing(const unroll_plain *plain, unroll_plain_member *member, const char *name,
                                 unroll_table *table)
{
    unroll_table_timing *timing = &table->timings[table->timing_count];
    UNROLL_TRY(check(plain, member, member->type == UNROLL_PLAIN_WHOLE, 2, table));
    table->timing_count++;
    unroll_text_copy(timing->name, sizeof timing->name, name);
    timing->length = (int)member->dims[1];
    timing->ns = move_values(member);
    return unroll_ok();
}

/* ---- the whole ---- */

static unroll_status read_member(const unroll_plain *plain, unroll_plain_member *member, unroll_table *table)
{
    const char *name;
    if (member->scale)
        return unroll_ok();
    if ((name = unroll_plain_in(member, "runs/")) != NULL)
        return read_column(plain, member, name, false, table);
    if ((name = unroll_plain_in(member, "env/")) != NULL)
        return read_column(plain, member, name, true, table);
    if ((name = unroll_plain_in(member, "curves/")) != NULL)
        return read_curve(plain, member, name, table);
    if ((name = unroll_plain_in(member, "timings/")) != NULL)
        return read_timing(plain, member, name, table);
    return unroll_ok();
}

static unroll_status read_head(const unroll_plain *plain, unroll_table *table)
{
    const struct {
        const char *name;
        char *out;
        size_t room;
    } texts[] = {{"@experiment", table->experiment, sizeof table->experiment},
                 {"@title", table->title, sizeof table->title},
                 {"@version", table->version, sizeof table->version},
                 {"@commit", table->commit, sizeof table->commit},
                 {"@created", table->created, sizeof table->created}};
    const char *text;
    if (!unroll_plain_text(plain, "@schema", &text))
        return unroll_plain_damaged(plain, "it has no text attribute", "schema");
    if (strcmp(text, UNROLL_TABLE_SCHEMA) != 0)
        return unroll_plain_damaged(plain, "it is no gathered file of an experiment, but", text);
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        if (!unroll_plain_text(plain, texts[i].name, &text))
            return unroll_plain_damaged(plain, "it has no text attribute", texts[i].name + 1);
        unroll_text_copy(texts[i].out, texts[i].room, text);
    }
    if (unroll_plain_text(plain, "@judged_by", &text))
        unroll_text_copy(table->judged_by, sizeof table->judged_by, text);
    unroll_plain_int(plain, "@left_out", &table->left_out);
    return unroll_ok();
}

static unroll_status read_all(unroll_plain *plain, unroll_table *table)
{
    size_t room = (size_t)plain->count + 1;
    UNROLL_TRY(read_head(plain, table));
    table->columns = calloc(room, sizeof *table->columns);
    table->env = calloc(room, sizeof *table->env);
    table->curves = calloc(room, sizeof *table->curves);
    table->timings = calloc(room, sizeof *table->timings);
    if (table->columns == NULL || table->env == NULL || table->curves == NULL || table->timings == NULL)
        return out_of_memory();
    for (int i = 0; i < plain->count; i++)
        UNROLL_TRY(read_member(plain, &plain->members[i], table));
    return table->column_count > 0 ? unroll_ok() : unroll_plain_damaged(plain, "it holds no runs", NULL);
}

unroll_status unroll_load_table(const char *path, unroll_table **table)
{
    unroll_table *loaded = calloc(1, sizeof *loaded);
    unroll_plain *plain = NULL;
    unroll_status status;
    *table = NULL;
    if (loaded == NULL)
        return out_of_memory();
    status = unroll_read_plain(path, UNROLL_FROM_US, &plain);
    if (status.code == UNROLL_OK)
        status = read_all(plain, loaded);
    unroll_plain_free(plain);
    if (status.code == UNROLL_OK)
        *table = loaded;
    else
        unroll_table_free(loaded);
    return status;
}

static void free_columns(unroll_table_column *columns, int count)
{
    for (int i = 0; i < count; i++) {
        free(columns[i].real);
        free(columns[i].texts);
        free(columns[i].text);
    }
    free(columns);
}

void unroll_table_free(unroll_table *table)
{
    if (table == NULL)
        return;
    free_columns(table->columns, table->column_count);
    free_columns(table->env, table->env_count);
    for (int i = 0; i < table->curve_count; i++)
        free(table->curves[i].value);
    for (int i = 0; i < table->timing_count; i++)
        free(table->timings[i].ns);
    free(table->curves);
    free(table->timings);
    free(table);
}

static void keep_columns(unroll_table_column *columns, int count, const bool *keep, int rows)
{
    for (int i = 0; i < count; i++)
        for (int row = 0, kept = 0; row < rows; row++) {
            if (!keep[row])
                continue;
            if (columns[i].text != NULL)
                columns[i].text[kept] = columns[i].text[row];
            else
                columns[i].real[kept] = columns[i].real[row];
            kept++;
        }
}

/* The same of arrays, (rows, length) of elements of `size` bytes. */
static void keep_arrays(void *array, size_t size, const bool *keep, int rows)
{
    char *bytes = array;
    for (int row = 0, kept = 0; row < rows; row++)
        if (keep[row])
            memmove(bytes + (size_t)kept++ * size, bytes + (size_t)row * size, size);
}

void unroll_table_keep(unroll_table *table, const bool *keep)
{
    int kept = 0;
    keep_columns(table->columns, table->column_count, keep, table->rows);
    keep_columns(table->env, table->env_count, keep, table->rows);
    for (int i = 0; i < table->curve_count; i++)
        keep_arrays(table->curves[i].value, (size_t)table->curves[i].length * sizeof(float), keep, table->rows);
    for (int i = 0; i < table->timing_count; i++)
        keep_arrays(table->timings[i].ns, (size_t)table->timings[i].length * sizeof(int64_t), keep, table->rows);
    for (int row = 0; row < table->rows; row++)
        kept += keep[row];
    table->rows = kept;
}

const unroll_table_column *unroll_table_find(const unroll_table *table, const char *name)
{
    return unroll_find_named(table->columns, table->column_count, sizeof *table->columns, name);
}

const unroll_table_curve *unroll_table_find_curve(const unroll_table *table, const char *name)
{
    return unroll_find_named(table->curves, table->curve_count, sizeof *table->curves, name);
}

const unroll_table_timing *unroll_table_find_timing(const unroll_table *table, const char *name)
{
    return unroll_find_named(table->timings, table->timing_count, sizeof *table->timings, name);
}
