/* One run, one file (read again by run_read.c):

     /                attributes: schema, experiment, id, experiment_version, numerics_version, status, reason, seconds
     /settings        [setting] "name=value", all of them, so that a default that changes later changes no record
     /columns         [column] {name, unit, type, real, integer, text}
     /curves/<name>   [point] float32
     /timings/<name>  [sample] ns
     /env             [key] "name=value" */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "base/version.h"
#include "store/h5.h"
#include "store/plain.h"
#include "store/store.h"

typedef struct column_row {
    char name[48], unit[24];
    int32_t type; /* unroll_column_type */
    double real;
    int64_t integer;
    const char *text;
} column_row;

/* The row's type in a file (little-endian, packed) or in memory. */
static hid_t row_type(bool memory)
{
    hid_t name = H5Tcopy(H5T_C_S1), unit = H5Tcopy(H5T_C_S1), text = H5Tcopy(H5T_C_S1);
    hid_t row = H5Tcreate(H5T_COMPOUND, sizeof(column_row));
    H5Tset_size(name, sizeof((column_row *)0)->name);
    H5Tset_size(unit, sizeof((column_row *)0)->unit);
    H5Tset_size(text, H5T_VARIABLE);
    H5Tset_cset(name, H5T_CSET_UTF8);
    H5Tset_cset(unit, H5T_CSET_UTF8);
    H5Tset_cset(text, H5T_CSET_UTF8);
    H5Tinsert(row, "name", HOFFSET(column_row, name), name);
    H5Tinsert(row, "unit", HOFFSET(column_row, unit), unit);
    H5Tinsert(row, "type", HOFFSET(column_row, type), memory ? H5T_NATIVE_INT32 : H5T_STD_I32LE);
    H5Tinsert(row, "real", HOFFSET(column_row, real), memory ? H5T_NATIVE_DOUBLE : H5T_IEEE_F64LE);
    H5Tinsert(row, "integer", HOFFSET(column_row, integer), memory ? H5T_NATIVE_INT64 : H5T_STD_I64LE);
    H5Tinsert(row, "text", HOFFSET(column_row, text), text);
    H5Tclose(name);
    H5Tclose(unit);
    H5Tclose(text);
    if (!memory)
        H5Tpack(row);
    return row;
}

static void put_columns(unroll_h5 *h, const unroll_record *record)
{
    hid_t file_type = row_type(false), memory_type = row_type(true), set;
    column_row *rows = calloc((size_t)record->column_count + 1, sizeof *rows);
    if (rows == NULL)
        unroll_h5_fail(h, "out of memory");
    for (int i = 0; rows != NULL && i < record->column_count; i++) {
        const unroll_column *column = &record->columns[i];
        strcpy(rows[i].name, column->name);
        strcpy(rows[i].unit, column->unit);
        rows[i].type = (int32_t)column->type;
        rows[i].real = column->real;
        rows[i].integer = column->integer;
        rows[i].text = column->text != NULL ? column->text : "";
    }
    set = unroll_h5_put(h, h->file,
                        &(unroll_h5_data){.name = "columns",
                                          .file_type = file_type,
                                          .memory_type = memory_type,
                                          .rank = 1,
                                          .dims = {(hsize_t)record->column_count},
                                          .values = rows});
    if (set >= 0)
        H5Dclose(set);
    H5Tclose(file_type);
    H5Tclose(memory_type);
    free(rows);
}

/* Texts "name=value", collected one by one. */
typedef struct pairs {
    char **texts;
    size_t count;
} pairs;

static void add_pair(unroll_h5 *h, pairs *p, const char *name, const char *value)
{
    size_t room = strlen(name) + strlen(value) + 2;
    char *text = p->texts != NULL ? malloc(room) : NULL;
    if (text == NULL) {
        unroll_h5_fail(h, "out of memory");
        return;
    }
    snprintf(text, room, "%s=%s", name, value);
    p->texts[p->count++] = text;
}

static void put_pairs(unroll_h5 *h, const char *name, pairs *p)
{
    if (h->status.code == UNROLL_OK) {
        hid_t set = unroll_h5_put_texts(h, h->file, name, (const char *const *)p->texts, p->count);
        if (set >= 0)
            H5Dclose(set);
    }
    for (size_t i = 0; i < p->count; i++)
        free(p->texts[i]);
    free(p->texts);
}

static void put_settings(unroll_h5 *h, const unroll_settings *settings)
{
    pairs p = {calloc((size_t)unroll_setting_count() + 1, sizeof(char *)), 0};
    for (int i = 0; i < unroll_setting_count(); i++)
        add_pair(h, &p, unroll_setting_at(i)->name, unroll_settings_show(settings, i));
    put_pairs(h, "settings", &p);
}

static bool has_env(const unroll_record *record, const char *name)
{
    return unroll_find_named(record->env, record->env_count, sizeof *record->env, name) != NULL;
}

/* As many as it has in its file. */
static int env_count(const unroll_record *record)
{
    return record->env_count + !has_env(record, "version") + !has_env(record, "commit");
}

/* What the record knows of its surroundings, and the program that wrote it. */
static void put_env(unroll_h5 *h, const unroll_record *record)
{
    pairs p = {calloc((size_t)record->env_count + 3, sizeof(char *)), 0};
    for (int i = 0; i < record->env_count; i++)
        add_pair(h, &p, record->env[i].name, record->env[i].text);
    if (!has_env(record, "version"))
        add_pair(h, &p, "version", unroll_version());
    if (!has_env(record, "commit"))
        add_pair(h, &p, "commit", unroll_commit());
    put_pairs(h, "env", &p);
}

/* One array in a group of arrays. A name's slashes would be folders to HDF5. */
static void put_array(unroll_h5 *h, hid_t group, const char *name, const char *unit, hid_t file_type, hid_t memory_type,
                      int length, const void *values)
{
    unroll_h5_data data = {.unit = unit,
                           .file_type = file_type,
                           .memory_type = memory_type,
                           .rank = 1,
                           .dims = {(hsize_t)length},
                           .values = values};
    char plain[48];
    hid_t set;
    data.name = unroll_h5_member_name(plain, sizeof plain, name);
    set = unroll_h5_put(h, group, &data);
    if (set >= 0)
        H5Dclose(set);
}

static void put_arrays(unroll_h5 *h, const unroll_record *record)
{
    hid_t curves = unroll_h5_make_group(h, "curves"), timings = unroll_h5_make_group(h, "timings");
    for (int i = 0; i < record->curve_count; i++) {
        const unroll_curve *curve = &record->curves[i];
        put_array(h, curves, curve->name, curve->unit, H5T_IEEE_F32LE, H5T_NATIVE_FLOAT, curve->length, curve->value);
    }
    for (int i = 0; i < record->timing_count; i++) {
        const unroll_timing *timing = &record->timings[i];
        put_array(h, timings, timing->name, "ns", H5T_STD_I64LE, H5T_NATIVE_INT64, timing->length, timing->ns);
    }
    if (curves >= 0)
        H5Gclose(curves);
    if (timings >= 0)
        H5Gclose(timings);
}

const char *unroll_record_excess(const unroll_record *record)
{
    bool long_array = false;
    if (record->column_count > UNROLL_MOST_COLUMNS || env_count(record) > UNROLL_MOST_COLUMNS)
        return "has more than 256 columns";
    if (record->curve_count > UNROLL_MOST_ARRAYS || record->timing_count > UNROLL_MOST_ARRAYS)
        return "has more than 64 curves or timings";
    for (int i = 0; i < record->curve_count; i++)
        long_array = long_array || record->curves[i].length > UNROLL_MOST_POINTS;
    for (int i = 0; i < record->timing_count; i++)
        long_array = long_array || record->timings[i].length > UNROLL_MOST_POINTS;
    if (long_array)
        return "has a curve or timing of more than 131072 points";
    return unroll_record_text_bytes(record) > UNROLL_MOST_TEXT ? "has texts of more than 1 MiB" : NULL;
}

void unroll_h5_put_record(unroll_h5 *h, const unroll_record *record)
{
    char reason[sizeof record->reason];
    strcpy(reason, record->reason);
    unroll_utf8_repair(reason);
    unroll_h5_put_text(h, h->file, "schema", UNROLL_RUN_SCHEMA);
    unroll_h5_put_text(h, h->file, "experiment", record->experiment);
    unroll_h5_put_text(h, h->file, "id", record->id);
    unroll_h5_put_int(h, h->file, "experiment_version", record->experiment_version);
    unroll_h5_put_int(h, h->file, "numerics_version", record->numerics_version);
    unroll_h5_put_text(h, h->file, "status", record->status);
    unroll_h5_put_text(h, h->file, "reason", reason);
    unroll_h5_put_real(h, h->file, "seconds", record->seconds);
    if (record->settings != NULL)
        put_settings(h, record->settings);
    put_columns(h, record);
    put_arrays(h, record);
    put_env(h, record);
}

unroll_status unroll_store_record(const unroll_record *record, const char *path)
{
    const char *excess = unroll_record_excess(record);
    char shown[300];
    unroll_h5 h;
    unroll_status status;
    UNROLL_TRY(unroll_record_check(record));
    if (excess != NULL)
        return unroll_error(UNROLL_FAILED, "cannot write %s: the record %s", unroll_text_quote(shown, sizeof shown, path),
                            excess);
    unroll_h5_lock();
    unroll_h5_create(&h, path);
    unroll_h5_put_record(&h, record);
    status = unroll_h5_close(&h);
    unroll_h5_unlock();
    return status;
}
