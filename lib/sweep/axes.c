/* "model=rnn,lstm seed=0..9 lr=log(1e-4,1e-1,10)" to axes. */
#include "sweep/axes.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/number.h"
#include "base/random.h"
#include "base/text.h"

enum { MOST_VALUES = 100000, LONGEST_VALUE = 4096 };

static const char too_many[] = "%s takes more than %d values";

static unroll_status out_of_memory(void)
{
    return unroll_error(UNROLL_FAILED, "out of memory for the axes of a sweep");
}

static void free_values(unroll_axis *axis)
{
    for (int i = 0; i < axis->count; i++)
        free(axis->values[i]);
    free(axis->values);
    axis->values = NULL;
    axis->count = 0;
}

void unroll_axes_free(unroll_axes *axes)
{
    for (int i = 0; i < axes->count; i++)
        free_values(&axes->axis[i]);
    free(axes->axis);
    axes->axis = NULL;
    axes->count = 0;
}

/* Appends a value in its canonical text, after the settings table has checked it in `scratch`. */
static unroll_status add_value(unroll_axis *axis, unroll_settings *scratch, const char *text)
{
    const char *name = unroll_setting_at(axis->setting)->name;
    char **grown;
    if (axis->count >= MOST_VALUES)
        return unroll_error(UNROLL_WRONG, too_many, name, MOST_VALUES);
    UNROLL_TRY(unroll_settings_set(scratch, name, text));
    grown = unroll_one_more(axis->values, axis->count, sizeof *grown);
    if (grown == NULL)
        return out_of_memory();
    axis->values = grown;
    axis->values[axis->count] = unroll_text_duplicate(unroll_settings_show(scratch, axis->setting));
    if (axis->values[axis->count] == NULL)
        return out_of_memory();
    axis->count++;
    return unroll_ok();
}

static unroll_status add_number(unroll_axis *axis, unroll_settings *scratch, double value, const char *format)
{
    char text[64];
    if (unroll_setting_at(axis->setting)->type == UNROLL_INT)
        snprintf(text, sizeof text, "%.0f", value);
    else
        snprintf(text, sizeof text, format, value);
    return add_value(axis, scratch, text);
}

/* "a..b" or "a..b:step"; a real range must name its step. */
static unroll_status add_range(unroll_axis *axis, unroll_settings *scratch, const char *text)
{
    const unroll_setting *row = unroll_setting_at(axis->setting);
    const char *dots = strstr(text, ".."), *colon = strchr(text, ':');
    char low_text[64], high_text[64];
    double low, high, step = 1, steps;
    snprintf(low_text, sizeof low_text, "%.*s", (int)(dots - text), text);
    snprintf(high_text, sizeof high_text, "%.*s", colon != NULL ? (int)(colon - dots - 2) : 63, dots + 2);
    if (!unroll_read_real(low_text, &low) || !unroll_read_real(high_text, &high) ||
        (colon != NULL && !unroll_read_real(colon + 1, &step)))
        return unroll_error(UNROLL_WRONG, "%s=%.60s is not a range, which is written a..b or a..b:step", row->name,
                            text);
    if (row->type == UNROLL_REAL && colon == NULL)
        return unroll_error(UNROLL_WRONG, "%s=%.60s needs a step: %s=%.60s:step", row->name, text, row->name, text);
    if (row->type == UNROLL_INT && (low != floor(low) || high != floor(high) || step != floor(step)))
        return unroll_error(UNROLL_WRONG, "%s=%.60s is not a range of whole numbers", row->name, text);
    if (!(low <= high) || !(step > 0))
        return unroll_error(UNROLL_WRONG, "%s=%.60s is an empty range: it must rise", row->name, text);
    steps = floor((high - low) / step + 1e-9);
    if (!(steps < MOST_VALUES))
        return unroll_error(UNROLL_WRONG, too_many, row->name, MOST_VALUES);
    for (int i = 0; i <= (int)steps; i++)
        UNROLL_TRY(add_number(axis, scratch, low + i * step, "%.12g")); /* 0.3, not 0.30000000000000004 */
    return unroll_ok();
}

/* The streams of different settings must differ: FNV-1a (Fowler, Noll, Vo) of the name is the seed. */
static uint64_t seed_of(const char *name)
{
    uint64_t hash = UINT64_C(14695981039346656037);
    for (const char *c = name; *c != '\0'; c++)
        hash = (hash ^ (unsigned char)*c) * UINT64_C(1099511628211);
    return hash;
}

/* "log(low,high,n)" */
static unroll_status add_draws(unroll_axis *axis, unroll_settings *scratch, const char *text)
{
    const unroll_setting *row = unroll_setting_at(axis->setting);
    char low_text[32], high_text[32], count_text[32], closing[2], rest;
    double low, high;
    int64_t count;
    if (sscanf(text, "log( %31[^, ] , %31[^, ] , %31[^) ] %1[)]%c", low_text, high_text, count_text, closing, &rest) !=
            4 ||
        !unroll_read_real(low_text, &low) || !unroll_read_real(high_text, &high) ||
        !unroll_read_int(count_text, &count))
        return unroll_error(UNROLL_WRONG, "%s=%.60s is not written log(low,high,count)", row->name, text);
    if (!(low > 0) || !(low <= high) || !isfinite(high))
        return unroll_error(UNROLL_WRONG, "%s=%.60s needs 0 < low <= high", row->name, text);
    if (count < 1 || count > MOST_VALUES)
        return unroll_error(UNROLL_WRONG, "%s=%.60s draws %lld values, not 1..%d", row->name, text, (long long)count,
                            MOST_VALUES);
    for (int64_t i = 0; i < count; i++) {
        unroll_random random = unroll_random_open(seed_of(row->name), UNROLL_FOR_SWEEP, 0, (uint32_t)i);
        double u = unroll_random_uniform(&random),
               value = exp(unroll_log(low) + u * (unroll_log(high) - unroll_log(low)));
        /* four digits: what the C library makes of the last bit of exp must not change a run's identity */
        UNROLL_TRY(add_number(axis, scratch, value, "%.4g"));
    }
    return unroll_ok();
}

static unroll_status add_item(unroll_axis *axis, unroll_settings *scratch, const char *item)
{
    unroll_type type = unroll_setting_at(axis->setting)->type;
    bool number = type == UNROLL_INT || type == UNROLL_REAL;
    if (number && strncmp(item, "log(", 4) == 0)
        return add_draws(axis, scratch, item);
    if (number && strstr(item, "..") != NULL)
        return add_range(axis, scratch, item);
    return add_value(axis, scratch, item);
}

/* Parts `text` at the commas that are neither inside of parentheses nor after a backslash. */
static unroll_status add_items(unroll_axis *axis, unroll_settings *scratch, const char *text)
{
    char item[LONGEST_VALUE];
    size_t length = 0;
    int depth = 0;
    for (const char *c = text;; c++) {
        if (*c == '\0' || (*c == ',' && depth == 0)) {
            item[length] = '\0';
            UNROLL_TRY(add_item(axis, scratch, item));
            length = 0;
            if (*c == '\0')
                return unroll_ok();
            continue;
        }
        depth += *c == '(' ? 1 : *c == ')' && depth > 0 ? -1 : 0;
        if (c[0] == '\\' && c[1] == ',')
            c++;
        if (length + 1 >= sizeof item)
            return unroll_error(UNROLL_WRONG, "a value of %s is longer than %d bytes",
                                unroll_setting_at(axis->setting)->name, LONGEST_VALUE - 1);
        item[length++] = *c;
    }
}

/* Puts `axis` in the place of the setting's former one, or last. */
static unroll_status put_axis(unroll_axes *axes, const unroll_axis *axis)
{
    unroll_axis *grown;
    for (int i = 0; i < axes->count; i++)
        if (axes->axis[i].setting == axis->setting) {
            free_values(&axes->axis[i]);
            axes->axis[i] = *axis;
            return unroll_ok();
        }
    grown = unroll_one_more(axes->axis, axes->count, sizeof *grown);
    if (grown == NULL)
        return out_of_memory();
    axes->axis = grown;
    axes->axis[axes->count++] = *axis;
    return unroll_ok();
}

unroll_status unroll_axes_assign(unroll_axes *axes, const char *assignment)
{
    const char *equals = strchr(assignment, '=');
    char name[64];
    unroll_axis axis = {0};
    unroll_settings *scratch;
    unroll_status status;
    if (equals == NULL || (size_t)(equals - assignment) >= sizeof name)
        return unroll_error(UNROLL_WRONG, "%.60s is not written setting=value", assignment);
    snprintf(name, sizeof name, "%.*s", (int)(equals - assignment), assignment);
    scratch = unroll_settings_new();
    if (scratch == NULL)
        return out_of_memory();
    axis.setting = unroll_setting_find(name);
    if (axis.setting < 0)
        status = unroll_settings_set(scratch, name, equals + 1); /* says that there is none, and the nearest */
    else
        status = add_items(&axis, scratch, equals + 1);
    if (status.code == UNROLL_OK)
        status = put_axis(axes, &axis);
    if (status.code != UNROLL_OK)
        free_values(&axis);
    unroll_settings_free(scratch);
    return status;
}

unroll_status unroll_axes_assign_all(unroll_axes *axes, const char *assignments)
{
    char *copy = unroll_text_duplicate(assignments != NULL ? assignments : ""), *rest = copy;
    unroll_status status = copy != NULL ? unroll_ok() : out_of_memory();
    while (status.code == UNROLL_OK && (rest += strspn(rest, " "))[0] != '\0') {
        char *end = rest + strcspn(rest, " ");
        bool last = *end == '\0';
        *end = '\0';
        status = unroll_axes_assign(axes, rest);
        rest = last ? end : end + 1;
    }
    free(copy);
    return status;
}

const unroll_axis *unroll_axes_find(const unroll_axes *axes, const char *name)
{
    int setting = unroll_setting_find(name);
    for (int i = 0; i < axes->count; i++)
        if (axes->axis[i].setting == setting)
            return &axes->axis[i];
    return NULL;
}
