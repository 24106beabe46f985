#include "base/settings.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/number.h"
#include "base/text.h"

enum { MOST_SETTINGS = 1024, NAME_ROOM = 48, QUOTE_ROOM = 100 };

/* A value as it is kept: a text is `shown` itself. */
typedef struct kept {
    unroll_value value;
    const char *shown; /* in canonical text; owned unless it is the default's own */
} kept;

/* The rows in the order of registration, each with the value that its fallback stands for. */
static const unroll_setting *table[MOST_SETTINGS];
static kept defaults[MOST_SETTINGS];
static char numbers[MOST_SETTINGS][UNROLL_NUMBER_ROOM]; /* their texts, where they are numbers */
static int by_name[MOST_SETTINGS]; /* indices in the order of names: what an identity is made in */
static int table_count;

struct unroll_settings {
    int count; /* rows of the table when it was made */
    kept *values;
};

/* ---- the table ---- */

void unroll_settings_register(const unroll_setting *rows, int count)
{
    for (int i = 0; i < count; i++) {
        int there = unroll_setting_find(rows[i].name);
        if (there >= 0 && table[there] == &rows[i])
            continue; /* several share this very row */
        kept *fallback = &defaults[table_count];
        int place = table_count;
        unroll_status status;
        assert(table_count < MOST_SETTINGS && strlen(rows[i].name) < NAME_ROOM);
        assert(there < 0); /* two rows of one name */
        status = unroll_read_value(&rows[i], rows[i].fallback, &fallback->value);
        assert(status.code == UNROLL_OK); /* a default that its own row refuses */
        (void)status;
        fallback->shown = unroll_show_value(&fallback->value, numbers[table_count]);
        for (; place > 0 && strcmp(table[by_name[place - 1]]->name, rows[i].name) > 0; place--)
            by_name[place] = by_name[place - 1];
        by_name[place] = table_count;
        table[table_count++] = &rows[i];
    }
}

int unroll_setting_count(void)
{
    return table_count;
}

const unroll_setting *unroll_setting_at(int index)
{
    assert(index >= 0 && index < table_count);
    return table[index];
}

int unroll_setting_find(const char *name)
{
    for (int i = 0; i < table_count; i++)
        if (strcmp(table[i]->name, name) == 0)
            return i;
    return -1;
}

/* ---- values for every row ---- */

unroll_settings *unroll_settings_new(void)
{
    unroll_settings *settings = calloc(1, sizeof *settings);
    if (settings == NULL)
        return NULL;
    settings->count = table_count;
    settings->values = calloc((size_t)table_count + 1, sizeof *settings->values);
    if (settings->values == NULL) {
        free(settings);
        return NULL;
    }
    memcpy(settings->values, defaults, (size_t)table_count * sizeof *defaults);
    return settings;
}

void unroll_settings_reset(unroll_settings *settings, int index)
{
    assert(index >= 0 && index < settings->count);
    if (settings->values[index].shown != defaults[index].shown)
        free((char *)settings->values[index].shown);
    settings->values[index] = defaults[index];
}

unroll_settings *unroll_settings_copy(const unroll_settings *from)
{
    unroll_settings *copy = unroll_settings_new();
    for (int i = 0; copy != NULL && i < from->count; i++)
        if (!unroll_settings_is_default(from, i) && unroll_settings_put(copy, i, &from->values[i].value).code != UNROLL_OK) {
            unroll_settings_free(copy);
            return NULL;
        }
    return copy;
}

void unroll_settings_free(unroll_settings *settings)
{
    if (settings == NULL)
        return;
    for (int i = 0; i < settings->count; i++)
        unroll_settings_reset(settings, i);
    free(settings->values);
    free(settings);
}

static unroll_status unknown(const char *name)
{
    const char *names[MOST_SETTINGS], *nearest;
    char quoted[QUOTE_ROOM];
    for (int i = 0; i < table_count; i++)
        names[i] = table[i]->name;
    nearest = unroll_nearest(name, names, table_count);
    unroll_text_quote(quoted, sizeof quoted, name);
    if (nearest != NULL)
        return unroll_error(UNROLL_WRONG, "unknown setting \"%s\"; did you mean \"%s\"?", quoted, nearest);
    return unroll_error(UNROLL_WRONG, "unknown setting \"%s\"; unroll list settings shows them all", quoted);
}

unroll_status unroll_settings_put(unroll_settings *settings, int index, const unroll_value *value)
{
    char number[UNROLL_NUMBER_ROOM];
    const char *shown = unroll_show_value(value, number);
    kept now = {*value, NULL};
    assert(index >= 0 && index < settings->count && value->type == table[index]->type);
    if (strcmp(shown, defaults[index].shown) == 0) {
        unroll_settings_reset(settings, index);
        return unroll_ok();
    }
    now.shown = unroll_text_duplicate(shown);
    if (now.shown == NULL)
        return unroll_error(UNROLL_FAILED, "out of memory for the setting %s", table[index]->name);
    if (now.value.text != NULL)
        now.value.text = now.shown;
    unroll_settings_reset(settings, index);
    settings->values[index] = now;
    return unroll_ok();
}

static unroll_status put_text(unroll_settings *settings, int index, const char *text)
{
    unroll_value value;
    UNROLL_TRY(unroll_read_value(table[index], text, &value));
    return unroll_settings_put(settings, index, &value);
}

static unroll_status find_named(const char *name, int *index)
{
    *index = unroll_setting_find(name);
    return *index >= 0 ? unroll_ok() : unknown(name);
}

unroll_status unroll_settings_set(unroll_settings *settings, const char *name, const char *text)
{
    int index;
    UNROLL_TRY(find_named(name, &index));
    return put_text(settings, index, text);
}

unroll_status unroll_read_assignment(const char *assignment, int *index, const char **text)
{
    char name[NAME_ROOM];
    size_t length = unroll_part_assignment(assignment, text);
    if (length == 0)
        return unroll_no_assignment(assignment);
    if (length >= NAME_ROOM)
        return unknown(assignment);
    memcpy(name, assignment, length);
    name[length] = '\0';
    return find_named(name, index);
}

unroll_status unroll_settings_assign(unroll_settings *settings, const char *assignment)
{
    const char *text;
    int index;
    UNROLL_TRY(unroll_read_assignment(assignment, &index, &text));
    return put_text(settings, index, text);
}

const unroll_value *unroll_settings_value(const unroll_settings *settings, int index)
{
    assert(index >= 0 && index < settings->count);
    return &settings->values[index].value;
}

const char *unroll_settings_show(const unroll_settings *settings, int index)
{
    assert(index >= 0 && index < settings->count);
    return settings->values[index].shown;
}

const char *unroll_setting_default(int index)
{
    return defaults[index].shown;
}

const unroll_value *unroll_setting_default_value(int index)
{
    return &defaults[index].value;
}

bool unroll_settings_is_default(const unroll_settings *settings, int index)
{
    assert(index >= 0 && index < settings->count);
    return settings->values[index].shown == defaults[index].shown;
}

/* ---- identity ---- */

/* Two chains of 64 bits, each: xor a byte in, multiply by an odd constant, fold the high half down. */
typedef struct digest {
    uint64_t a, b;
} digest;

static void add_text(digest *d, const char *text)
{
    const unsigned char *s = (const unsigned char *)text;
    do { /* with the final zero, so that no two lists of strings run together to the same bytes */
        d->a = (d->a ^ *s) * UINT64_C(0x9FB21C651E98DF25);
        d->a ^= d->a >> 32;
        d->b = (d->b ^ *s) * UINT64_C(0xD6E8FEB86659FD93);
        d->b ^= d->b >> 29;
    } while (*s++ != 0);
}

static void write_hex(uint64_t word, char out[16])
{
    for (int i = 0; i < 16; i++)
        out[i] = "0123456789abcdef"[(word >> (60 - 4 * i)) & 15];
}

void unroll_settings_identity_of(const unroll_settings *settings, bool (*counts)(const unroll_setting *row), const char *salt,
                                 char out[33])
{
    digest d = {UINT64_C(0x243F6A8885A308D3), UINT64_C(0x13198A2E03707344)}; /* the first digits of pi */
    add_text(&d, salt);
    for (int i = 0; i < table_count; i++) {
        int index = by_name[i];
        if (index >= settings->count || unroll_settings_is_default(settings, index))
            continue;
        if (!counts(table[index]))
            continue;
        add_text(&d, table[index]->name);
        add_text(&d, settings->values[index].shown);
    }
    add_text(&d, "");
    write_hex(d.a, out);
    write_hex(d.b, out + 16);
    out[32] = '\0';
}

static bool counts_always(const unroll_setting *row)
{
    (void)row;
    return true;
}

static bool counts_for_results(const unroll_setting *row)
{
    return (row->flags & UNROLL_SETTING_TIMING) == 0;
}

static bool counts_but_seed(const unroll_setting *row)
{
    return strcmp(row->name, "seed") != 0;
}

static bool counts_for_results_but_seed(const unroll_setting *row)
{
    return counts_but_seed(row) && counts_for_results(row);
}

void unroll_settings_identity_but_seed(const unroll_settings *settings, bool timed, const char *salt, char out[33])
{
    unroll_settings_identity_of(settings, timed ? counts_but_seed : counts_for_results_but_seed, salt, out);
}

void unroll_settings_identity(const unroll_settings *settings, bool timed, const char *salt, char out[33])
{
    unroll_settings_identity_of(settings, timed ? counts_always : counts_for_results, salt, out);
}

/* ---- typed reading ---- */

static const unroll_value *typed(const unroll_settings *settings, const char *name, unroll_type type, unroll_type other)
{
    int index = unroll_setting_find(name);
    assert(index >= 0 && index < settings->count);
    assert(table[index]->type == type || table[index]->type == other);
    (void)type;
    (void)other;
    return &settings->values[index].value;
}

int64_t unroll_int(const unroll_settings *settings, const char *name)
{
    return typed(settings, name, UNROLL_INT, UNROLL_INT)->integer;
}

double unroll_real(const unroll_settings *settings, const char *name)
{
    return typed(settings, name, UNROLL_REAL, UNROLL_REAL)->real;
}

const char *unroll_text(const unroll_settings *settings, const char *name)
{
    return typed(settings, name, UNROLL_TEXT, UNROLL_CHOICE)->text;
}

bool unroll_flag(const unroll_settings *settings, const char *name)
{
    return typed(settings, name, UNROLL_BOOL, UNROLL_BOOL)->integer != 0;
}
