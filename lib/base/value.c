/* One value of a setting: from its text, to its text, beside another one. */
#include <assert.h>
#include <math.h>
#include <string.h>

#include "base/number.h"
#include "base/settings.h"
#include "base/text.h"

enum { CHOICE_ROOM = 48, QUOTE_ROOM = 100 };

static unroll_status outside(const unroll_setting *row, const char *quoted)
{
    char low[UNROLL_NUMBER_ROOM], high[UNROLL_NUMBER_ROOM];
    return unroll_error(UNROLL_WRONG, "%s=%s is outside %s..%s", row->name, quoted, unroll_show_real(row->low, low),
                        unroll_show_real(row->high, high));
}

static unroll_status read_number(const unroll_setting *row, const char *text, const char *quoted, unroll_value *out)
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
    if (!whole)
        out->real = real;
    return unroll_ok();
}

/* Copies option `index` of "sgd|rmsprop|adam"; false past the last. */
static bool choice_at(const char *choices, int index, char name[CHOICE_ROOM])
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
    assert(length < CHOICE_ROOM);
    memcpy(name, start, length);
    name[length] = '\0';
    return true;
}

static unroll_status read_choice(const unroll_setting *row, const char *text, const char *quoted, unroll_value *out)
{
    enum { MOST_CHOICES = 64 };
    char names[MOST_CHOICES][CHOICE_ROOM];
    const char *candidates[MOST_CHOICES], *nearest;
    int count = 0;
    while (count < MOST_CHOICES && choice_at(row->choices, count, names[count])) {
        if (strcmp(names[count], text) == 0) {
            out->text = text;
            return unroll_ok();
        }
        candidates[count] = names[count];
        count++;
    }
    nearest = unroll_nearest(text, candidates, count);
    if (nearest != NULL)
        return unroll_error(UNROLL_WRONG, "%s=%s is none of %s; did you mean \"%s\"?", row->name, quoted, row->choices,
                            nearest);
    return unroll_error(UNROLL_WRONG, "%s=%s is none of %s", row->name, quoted, row->choices);
}

static unroll_status read_text(const unroll_setting *row, const char *text, const char *quoted, unroll_value *out)
{
    if (!unroll_utf8_valid(text))
        return unroll_error(UNROLL_WRONG, "%s=%s is not UTF-8 text", row->name, quoted);
    out->text = text;
    return unroll_ok();
}

static unroll_status read_bool(const unroll_setting *row, const char *text, const char *quoted, unroll_value *out)
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

unroll_status unroll_read_value(const unroll_setting *row, const char *text, unroll_value *value)
{
    char quoted[QUOTE_ROOM];
    unroll_text_quote(quoted, sizeof quoted, text);
    *value = (unroll_value){.type = row->type};
    switch (row->type) {
    case UNROLL_INT:
    case UNROLL_REAL:
        return read_number(row, text, quoted, value);
    case UNROLL_CHOICE:
        return read_choice(row, text, quoted, value);
    case UNROLL_TEXT:
        return read_text(row, text, quoted, value);
    case UNROLL_BOOL:
        return read_bool(row, text, quoted, value);
    }
    return unroll_ok();
}

const char *unroll_show_value(const unroll_value *value, char number[UNROLL_NUMBER_ROOM])
{
    switch (value->type) {
    case UNROLL_INT:
        return unroll_show_int(value->integer, number);
    case UNROLL_REAL:
        return unroll_show_real(value->real, number);
    case UNROLL_BOOL:
        return value->integer != 0 ? "yes" : "no";
    case UNROLL_CHOICE:
    case UNROLL_TEXT:
        break;
    }
    return value->text;
}

int unroll_compare_values(const unroll_value *a, const unroll_value *b)
{
    assert(a->type == b->type);
    switch (a->type) {
    case UNROLL_INT:
    case UNROLL_BOOL:
        return (a->integer > b->integer) - (a->integer < b->integer);
    case UNROLL_REAL:
        return (a->real > b->real) - (a->real < b->real);
    case UNROLL_CHOICE:
    case UNROLL_TEXT:
        break;
    }
    return strcmp(a->text, b->text);
}

size_t unroll_part_assignment(const char *assignment, const char **text)
{
    const char *equals = strchr(assignment, '=');
    *text = equals != NULL ? equals + 1 : NULL;
    return equals != NULL ? (size_t)(equals - assignment) : 0;
}

unroll_status unroll_no_assignment(const char *assignment)
{
    char quoted[QUOTE_ROOM];
    return unroll_error(UNROLL_WRONG, "\"%s\" is not of the form name=value",
                        unroll_text_quote(quoted, sizeof quoted, assignment));
}

bool unroll_next_item(const char **rest, char *item, size_t room)
{
    size_t length = 0;
    int depth = 0;
    const char *c = *rest;
    if (c == NULL)
        return false;
    for (; *c != '\0' && (*c != ',' || depth > 0); c++) {
        depth += *c == '(' ? 1 : *c == ')' && depth > 0 ? -1 : 0;
        if (c[0] == '\\' && c[1] == ',')
            c++;
        if (length + 1 < room)
            item[length++] = *c;
    }
    item[length] = '\0';
    *rest = *c == ',' ? c + 1 : NULL;
    return true;
}
