#include "base/settings.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/number.h"
#include "base/text.h"

enum { MOST_SETTINGS = 1024, NAME_ROOM = 48, QUOTE_ROOM = 100 };

typedef struct value {
    int64_t integer; /* of an int; 0 or 1 of a bool */
    double real;
    const char *text; /* canonical; owned unless it is the default's own text */
} value;

/* The rows in the order of registration, each with the value that its fallback stands for. */
static const unroll_setting *table[MOST_SETTINGS];
static value defaults[MOST_SETTINGS];
static char numbers[MOST_SETTINGS][UNROLL_NUMBER_ROOM]; /* their texts, where they are numbers */
static int by_name[MOST_SETTINGS]; /* indices in the order of names: what an identity is made in */
static int table_count;

struct unroll_settings {
    int count; /* rows of the table when it was made */
    value *values;
};

/* ---- one value from its text ---- */

static unroll_status outside(const unroll_setting *row, const char *quoted)
{
    char low[UNROLL_NUMBER_ROOM], high[UNROLL_NUMBER_ROOM];
    return unroll_error(UNROLL_WRONG, "%s=%s is outside %s..%s", row->name, quoted, unroll_show_real(row->low, low),
                        unroll_show_real(row->high, high));
}

static unroll_status read_number(const unroll_setting *row, const char *text, const char *quoted, value *out)
{
    bool whole = row->type == UNROLL_INT;
    double real;
    if (!unroll_read_real(text, &real) || (whole && real != floor(real)))
        return unroll_error(UNROLL_WRONG, "%s=%s is not a %s", row->name, quoted, whole ? "whole number" : "number");
    if (real < row->low || real > row->high)
        return outside(row, quoted);
    /* 9007199254740993 is inside as a double, rounded, and outside as the whole number that it is */
    if (whole && (!unroll_read_int(text, &out->integer) || out->integer > (int64_t)row->high))
        return outside(row, quoted);
    out->real = real;
    return unroll_ok();
}

/* Copies option `index` of "sgd|rmsprop|adam"; false past the last. */
static bool choice_at(const char *choices, int index, char name[NAME_ROOM])
{
    const char *start = choices;
    size_t length;
    for (; index > 0; index--) {
        start = strchr(start, '|');
        if (start == NULL)
            return false;
        start++;
    }
    length = strcspn(start, "|");
    assert(length < NAME_ROOM);
    memcpy(name, start, length);
    name[length] = '\0';
    return true;
}

static unroll_status read_choice(const unroll_setting *row, const char *text, const char *quoted)
{
    enum { MOST_CHOICES = 64 };
    char names[MOST_CHOICES][NAME_ROOM];
    const char *candidates[MOST_CHOICES], *nearest;
    int count = 0;
    while (count < MOST_CHOICES && choice_at(row->choices, count, names[count])) {
        if (strcmp(names[count], text) == 0)
            return unroll_ok();
        candidates[count] = names[count];
        count++;
    }
    nearest = unroll_nearest(text, candidates, count);
    if (nearest != NULL)
        return unroll_error(UNROLL_WRONG, "%s=%s is none of %s; did you mean \"%s\"?", row->name, quoted, row->choices,
                            nearest);
    return unroll_error(UNROLL_WRONG, "%s=%s is none of %s", row->name, quoted, row->choices);
}

static unroll_status read_bool(const unroll_setting *row, const char *text, const char *quoted, value *out)
{
    static const char *const words[] = {"no", "yes", "false", "true", "off", "on", "0", "1"};
    for (int i = 0; i < 8; i++) {
        if (strcmp(text, words[i]) == 0) {
            out->integer = i % 2;
            return unroll_ok();
        }
    }
    return unroll_error(UNROLL_WRONG, "%s=%s is none of yes|no|true|false|on|off|1|0", row->name, quoted);
}

/* Reads `text` as `row` wants it and points *canonical to its canonical text: `number`, a constant, or `text` itself. */
static unroll_status read_value(const unroll_setting *row, const char *text, value *out, char number[UNROLL_NUMBER_ROOM],
                                const char **canonical)
{
    char quoted[QUOTE_ROOM];
    unroll_text_quote(quoted, sizeof quoted, text);
    *canonical = text;
    switch (row->type) {
    case UNROLL_INT:
        UNROLL_TRY(read_number(row, text, quoted, out));
        *canonical = unroll_show_int(out->integer, number);
        break;
    case UNROLL_REAL:
        UNROLL_TRY(read_number(row, text, quoted, out));
        *canonical = unroll_show_real(out->real, number);
        break;
    case UNROLL_CHOICE:
        return read_choice(row, text, quoted);
    case UNROLL_TEXT:
        if (!unroll_utf8_valid(text))
            return unroll_error(UNROLL_WRONG, "%s=%s is not UTF-8 text", row->name, quoted);
        break;
    case UNROLL_BOOL:
        UNROLL_TRY(read_bool(row, text, quoted, out));
        *canonical = out->integer ? "yes" : "no";
        break;
    }
    return unroll_ok();
}

/* ---- the table ---- */

void unroll_settings_register(const unroll_setting *rows, int count)
{
    for (int i = 0; i < count; i++) {
        int there = unroll_setting_find(rows[i].name);
        if (there >= 0 && table[there] == &rows[i])
            continue; /* several share this very row */
        value *fallback = &defaults[table_count];
        int place = table_count;
        unroll_status status;
        assert(table_count < MOST_SETTINGS && strlen(rows[i].name) < NAME_ROOM);
        assert(there < 0); /* two rows of one name */
        status = read_value(&rows[i], rows[i].fallback, fallback, numbers[table_count], &fallback->text);
        assert(status.code == UNROLL_OK); /* a default that its own row refuses */
        (void)status;
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

static void release(unroll_settings *settings, int index)
{
    if (settings->values[index].text != defaults[index].text)
        free((char *)settings->values[index].text);
    settings->values[index] = defaults[index];
}

unroll_settings *unroll_settings_copy(const unroll_settings *from)
{
    unroll_settings *copy = unroll_settings_new();
    if (copy == NULL)
        return NULL;
    for (int i = 0; i < from->count; i++) {
        if (unroll_settings_is_default(from, i))
            continue;
        copy->values[i] = from->values[i];
        copy->values[i].text = unroll_text_duplicate(from->values[i].text);
        if (copy->values[i].text == NULL) {
            copy->values[i] = defaults[i];
            unroll_settings_free(copy);
            return NULL;
        }
    }
    return copy;
}

void unroll_settings_free(unroll_settings *settings)
{
    if (settings == NULL)
        return;
    for (int i = 0; i < settings->count; i++)
        release(settings, i);
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

unroll_status unroll_settings_set(unroll_settings *settings, const char *name, const char *text)
{
    char number[UNROLL_NUMBER_ROOM];
    const char *canonical;
    char *copy = NULL;
    int index = unroll_setting_find(name);
    value now = {0, 0, NULL};
    if (index < 0)
        return unknown(name);
    assert(index < settings->count);
    UNROLL_TRY(read_value(table[index], text, &now, number, &canonical));
    if (strcmp(canonical, defaults[index].text) != 0) {
        copy = unroll_text_duplicate(canonical);
        if (copy == NULL)
            return unroll_error(UNROLL_FAILED, "out of memory for the setting %s", table[index]->name);
    }
    release(settings, index);
    if (copy != NULL) {
        now.text = copy;
        settings->values[index] = now;
    }
    return unroll_ok();
}

unroll_status unroll_settings_assign(unroll_settings *settings, const char *assignment)
{
    char name[NAME_ROOM], quoted[QUOTE_ROOM];
    const char *equals = strchr(assignment, '=');
    if (equals == NULL || equals == assignment)
        return unroll_error(UNROLL_WRONG, "\"%s\" is not of the form name=value",
                            unroll_text_quote(quoted, sizeof quoted, assignment));
    if (equals - assignment >= NAME_ROOM)
        return unknown(assignment);
    memcpy(name, assignment, (size_t)(equals - assignment));
    name[equals - assignment] = '\0';
    return unroll_settings_set(settings, name, equals + 1);
}

const char *unroll_settings_show(const unroll_settings *settings, int index)
{
    assert(index >= 0 && index < settings->count);
    return settings->values[index].text;
}

const char *unroll_setting_default(int index)
{
    return defaults[index].text;
}

bool unroll_settings_is_default(const unroll_settings *settings, int index)
{
    assert(index >= 0 && index < settings->count);
    return settings->values[index].text == defaults[index].text;
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
        add_text(&d, settings->values[index].text);
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

void unroll_settings_identity(const unroll_settings *settings, bool timed, const char *salt, char out[33])
{
    unroll_settings_identity_of(settings, timed ? counts_always : counts_for_results, salt, out);
}

/* ---- typed reading ---- */

static const value *typed(const unroll_settings *settings, const char *name, unroll_type type, unroll_type other)
{
    int index = unroll_setting_find(name);
    assert(index >= 0 && index < settings->count);
    assert(table[index]->type == type || table[index]->type == other);
    (void)type;
    (void)other;
    return &settings->values[index];
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
