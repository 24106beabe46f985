/* A run's file, back into a record. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/number.h"
#include "base/text.h"
#include "store/reader.h"
#include "store/store.h"

/* ---- the attributes ---- */

static unroll_status read_text(const unroll_plain *plain, const char *name, char *out, size_t room)
{
    const char *text;
    if (!unroll_plain_text(plain, name, &text))
        return unroll_plain_damaged(plain, "it has no text attribute", name + 1);
    unroll_text_copy(out, room, text);
    return unroll_ok();
}

static unroll_status read_int(const unroll_plain *plain, const char *name, int *number)
{
    if (unroll_plain_int(plain, name, number))
        return unroll_ok();
    return unroll_plain_damaged(plain, "it has no number attribute", name + 1);
}

/* What a sweep does with a record depends on it: one of an unknown status would never be done again. */
static unroll_status read_status(const unroll_plain *plain, unroll_record *record)
{
    static const char *const known[] = {"done", "diverged", "failed"};
    const char *text;
    if (!unroll_plain_text(plain, "@status", &text))
        return unroll_plain_damaged(plain, "it has no text attribute", "status");
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
        if (strcmp(text, known[i]) != 0)
            continue;
        strcpy(record->status, text);
        return unroll_ok();
    }
    return unroll_plain_damaged(plain, "an unknown status is", text);
}

static unroll_status read_head(const unroll_plain *plain, unroll_record *record)
{
    const char *schema;
    if (!unroll_plain_text(plain, "@schema", &schema))
        return unroll_plain_damaged(plain, "it has no text attribute", "schema");
    if (strcmp(schema, UNROLL_RUN_SCHEMA) != 0)
        return unroll_plain_damaged(plain, "it is no run's record, but", schema);
    UNROLL_TRY(read_text(plain, "@experiment", record->experiment, sizeof record->experiment));
    UNROLL_TRY(read_text(plain, "@id", record->id, sizeof record->id));
    UNROLL_TRY(read_status(plain, record));
    UNROLL_TRY(read_text(plain, "@reason", record->reason, sizeof record->reason));
    UNROLL_TRY(read_int(plain, "@experiment_version", &record->experiment_version));
    UNROLL_TRY(read_int(plain, "@numerics_version", &record->numerics_version));
    if (!unroll_plain_real(plain, "@seconds", &record->seconds))
        return unroll_plain_damaged(plain, "it has no number attribute", "seconds");
    return unroll_ok();
}

/* ---- settings, surroundings: texts "name=value" ---- */

typedef unroll_status read_pair(const unroll_plain *plain, unroll_record *record, const char *name, const char *value);

static unroll_status read_setting(const unroll_plain *plain, unroll_record *record, const char *name, const char *value)
{
    unroll_status status;
    if (unroll_setting_find(name) < 0)
        return unroll_ok();
    status = unroll_settings_set(record->settings, name, value);
    return status.code == UNROLL_WRONG ? unroll_plain_damaged(plain, status.text, NULL) : status;
}

static unroll_status read_env(const unroll_plain *plain, unroll_record *record, const char *name, const char *value)
{
    (void)plain;
    unroll_record_env(record, name, value);
    return unroll_ok();
}

static unroll_status read_pairs(const unroll_plain *plain, const char *set, read_pair *read_one, unroll_record *record)
{
    const unroll_plain_member *member = unroll_plain_find(plain, set);
    if (member == NULL)
        return unroll_plain_damaged(plain, "it has no data set", set);
    if (member->type != UNROLL_PLAIN_TEXT || member->rank != 1 || member->count > UNROLL_MOST_COLUMNS)
        return unroll_plain_damaged(plain, "a wrong type or shape has data set", set);
    char *text = member->values;
    for (size_t i = 0; i < member->count; i++) {
        char *next = text + strlen(text) + 1;
        const char *value;
        size_t length = unroll_part_assignment(text, &value);
        if (length == 0)
            return unroll_plain_damaged(plain, "there is no value in", text);
        text[length] = '\0';
        UNROLL_TRY(read_one(plain, record, text, value));
        text = next;
    }
    return unroll_ok();
}

static unroll_status read_settings(const unroll_plain *plain, unroll_record *record)
{
    if (unroll_plain_find(plain, "settings") == NULL)
        return unroll_ok();
    record->settings = unroll_settings_new();
    if (record->settings == NULL)
        return unroll_error(UNROLL_FAILED, "out of memory for the settings of a run");
    return read_pairs(plain, "settings", read_setting, record);
}

/* ---- columns ---- */

/* The fields of the rows of "columns". */
typedef struct fields {
    const char *name, *unit, *text;
    const int64_t *type, *integer;
    const double *real;
    size_t count;
} fields;

/* A field, which must be there and as long as the others. */
static const void *field(const unroll_plain *plain, const char *name, unroll_plain_type type, size_t *count)
{
    const unroll_plain_member *member = unroll_plain_find(plain, name);
    if (member == NULL || member->type != type || member->rank != 1 || member->count > UNROLL_MOST_COLUMNS ||
        (*count != SIZE_MAX && member->count != *count))
        return NULL;
    *count = member->count;
    return member->values;
}

static unroll_status read_columns(const unroll_plain *plain, unroll_record *record)
{
    fields f = {.count = SIZE_MAX};
    f.name = field(plain, "columns/name", UNROLL_PLAIN_TEXT, &f.count);
    f.unit = field(plain, "columns/unit", UNROLL_PLAIN_TEXT, &f.count);
    f.type = field(plain, "columns/type", UNROLL_PLAIN_WHOLE, &f.count);
    f.real = field(plain, "columns/real", UNROLL_PLAIN_DOUBLE, &f.count);
    f.integer = field(plain, "columns/integer", UNROLL_PLAIN_WHOLE, &f.count);
    f.text = field(plain, "columns/text", UNROLL_PLAIN_TEXT, &f.count);
    if (f.name == NULL || f.unit == NULL || f.type == NULL || f.real == NULL || f.integer == NULL || f.text == NULL)
        return unroll_plain_damaged(plain, "it has no data set, or one of a wrong shape, called", "columns");
    for (size_t i = 0; i < f.count; i++) {
        switch (f.type[i]) {
        case UNROLL_COLUMN_REAL:
            unroll_record_real(record, f.name, f.unit, f.real[i]);
            break;
        case UNROLL_COLUMN_INT:
            unroll_record_int(record, f.name, f.unit, f.integer[i]);
            break;
        case UNROLL_COLUMN_TEXT:
            unroll_record_text(record, f.name, f.text);
            break;
        default:
            return unroll_plain_damaged(plain, "an unknown type has column", f.name);
        }
        f.name = unroll_plain_next(f.name);
        f.unit = unroll_plain_next(f.unit);
        f.text = unroll_plain_next(f.text);
    }
    return unroll_ok();
}

/* ---- curves and timings ---- */

static unroll_status read_array(const unroll_plain *plain, const unroll_plain_member *member, unroll_record *record)
{
    const char *curve = unroll_plain_in(member, "curves/"), *timing = unroll_plain_in(member, "timings/");
    bool wrong = curve != NULL ? member->type != UNROLL_PLAIN_FLOAT : member->type != UNROLL_PLAIN_WHOLE;
    if (strcmp(member->name, "curves") == 0 || strcmp(member->name, "timings") == 0)
        return unroll_plain_damaged(plain, "it has no group", member->name);
    if (curve == NULL && timing == NULL)
        return unroll_ok();
    if (wrong || member->rank != 1 || member->count > UNROLL_MOST_POINTS)
        return unroll_plain_damaged(plain, "a wrong type or shape has data set", member->name);
    if (record->curve_count == UNROLL_MOST_ARRAYS || record->timing_count == UNROLL_MOST_ARRAYS)
        return unroll_plain_damaged(plain, "it has more curves or timings than a run writes", NULL);
    if (curve != NULL)
        unroll_record_curve(record, curve, member->unit, member->values, (int)member->count);
    else
        unroll_record_timing(record, timing, member->values, (int)member->count);
    return unroll_ok();
}

static unroll_status read_all(const unroll_plain *plain, unroll_record *record)
{
    const char *excess;
    UNROLL_TRY(read_head(plain, record));
    UNROLL_TRY(read_settings(plain, record));
    UNROLL_TRY(read_columns(plain, record));
    for (int i = 0; i < plain->count; i++)
        UNROLL_TRY(read_array(plain, &plain->members[i], record));
    UNROLL_TRY(read_pairs(plain, "env", read_env, record));
    excess = unroll_record_excess(record);
    return excess == NULL ? unroll_record_check(record) : unroll_plain_damaged(plain, excess, NULL);
}

unroll_status unroll_load_record(const char *path, unroll_record **record)
{
    unroll_record *loaded = unroll_record_new(NULL);
    unroll_plain *plain = NULL;
    unroll_status status;
    *record = NULL;
    if (loaded == NULL)
        return unroll_error(UNROLL_FAILED, "out of memory for the record of a run");
    status = unroll_read_plain(path, UNROLL_FROM_RUN, &plain);
    if (status.code == UNROLL_OK)
        status = read_all(plain, loaded);
    unroll_plain_free(plain);
    if (status.code == UNROLL_OK)
        *record = loaded;
    else
        unroll_record_free(loaded);
    return status;
}

const char *unroll_record_name(const char *id, int take, char out[UNROLL_RECORD_NAME_ROOM])
{
    if (take > 1)
        snprintf(out, UNROLL_RECORD_NAME_ROOM, "%.32s-%d", id, take);
    else
        snprintf(out, UNROLL_RECORD_NAME_ROOM, "%.32s", id);
    return out;
}

int unroll_record_take(const char *name, const char *id)
{
    size_t length = strlen(id);
    int64_t take = 1;
    if (strncmp(name, id, length) != 0)
        return 0;
    if (name[length] == '\0')
        return 1;
    return name[length] == '-' && unroll_read_int(name + length + 1, &take) && take > 1 && take < 1000000 ? (int)take : 0;
}

unroll_status unroll_load_record_of(const char *folder, const char *name, unroll_refusal *refuse, const void *context,
                                    char path[UNROLL_FILE_ROOM], unroll_record **record)
{
    char own[UNROLL_FILE_ROOM], shown[300];
    const char *reason = NULL;
    unroll_status status;
    path = path != NULL ? path : own;
    *record = NULL;
    if (snprintf(path, UNROLL_FILE_ROOM, "%s/%s.h5", folder, name) >= UNROLL_FILE_ROOM)
        return unroll_error(UNROLL_WRONG, "the name of a run's file is longer than %d bytes", UNROLL_FILE_ROOM - 1);
    status = unroll_load_record(path, record);
    if (status.code != UNROLL_OK)
        return status;
    if (unroll_record_take(name, (*record)->id) == 0)
        reason = "is the record of another run";
    else if (refuse != NULL)
        reason = refuse(context, *record);
    if (reason == NULL)
        return status;
    unroll_record_free(*record);
    *record = NULL;
    return unroll_error(UNROLL_DAMAGED, "%s %s", unroll_text_quote(shown, sizeof shown, path), reason);
}
