/* "model=rnn,lstm seed=0..9 lr=log(1e-4,1e-1,10)" to axes of typed values. */
#include "sweep/axes.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/hash.h"
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
        free((char *)axis->values[i].text);
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

/* Appends a value, with a copy of its text. */
static unroll_status add_value(unroll_axis *axis, const char *text)
{
    const unroll_setting *row = unroll_setting_at(axis->setting);
    unroll_value *grown, value;
    if (axis->count >= MOST_VALUES)
        return unroll_error(UNROLL_WRONG, too_many, row->name, MOST_VALUES);
    UNROLL_TRY(unroll_read_value(row, text, &value));
    grown = unroll_one_more(axis->values, axis->count, sizeof *grown);
    if (grown == NULL)
        return out_of_memory();
    axis->values = grown;
    if (value.text != NULL && (value.text = unroll_text_duplicate(value.text)) == NULL)
        return out_of_memory();
    axis->values[axis->count++] = value;
    return unroll_ok();
}

/* A number that is rounded to so many digits, and to a whole one where the setting is. */
static double rounded(const unroll_axis *axis, double value, int digits)
{
    char text[64];
    snprintf(text, sizeof text, "%.*g", digits, value);
    unroll_read_real(text, &value);
    return unroll_setting_at(axis->setting)->type == UNROLL_INT ? round(value) : value;
}

static unroll_status add_number(unroll_axis *axis, double value)
{
    char text[UNROLL_NUMBER_ROOM];
    return add_value(axis, unroll_show_real(value, text));
}

/* "a..b" or "a..b:step"; a real range must name its step. */
static unroll_status add_range(unroll_axis *axis, const char *text)
{
    const unroll_setting *row = unroll_setting_at(axis->setting);
    unroll_range range;
    double low, high, step, steps;
    if (!unroll_read_range(text, &range))
        return unroll_error(UNROLL_WRONG, "%s=%.60s is not a range, which is written a..b or a..b:step", row->name,
                            text);
    if (row->type == UNROLL_REAL && isnan(range.step))
        return unroll_error(UNROLL_WRONG, "%s=%.60s needs a step: %s=%.60s:step", row->name, text, row->name, text);
    low = range.low;
    high = range.high;
    step = isnan(range.step) ? 1 : range.step;
    if (row->type == UNROLL_INT && (low != floor(low) || high != floor(high) || step != floor(step)))
        return unroll_error(UNROLL_WRONG, "%s=%.60s is not a range of whole numbers", row->name, text);
    if (!(low <= high) || !(step > 0))
        return unroll_error(UNROLL_WRONG, "%s=%.60s is an empty range: it must rise", row->name, text);
    steps = floor((high - low) / step + 1e-9);
    if (!(steps < MOST_VALUES))
        return unroll_error(UNROLL_WRONG, too_many, row->name, MOST_VALUES);
    for (int i = 0; i <= (int)steps; i++) /* twelve digits: 0.3, not 0.30000000000000004 */
        UNROLL_TRY(add_number(axis, row->type == UNROLL_INT ? low + i * step : rounded(axis, low + i * step, 12)));
    return unroll_ok();
}

/* The streams of different settings must differ. */
static uint64_t seed_of(const char *name)
{
    return unroll_hash(UNROLL_HASH_START, name, strlen(name));
}

/* Four digits, so that what the C library makes of the last bit of exp does not change a run's identity; more where fewer
   would leave the part of the range that the value is of. */
static unroll_status add_rounded(unroll_axis *axis, double value, double low, double high)
{
    enum { FEWEST = 4, ALL = 17 };
    double number;
    int digits = FEWEST;
    value = fmin(fmax(value, low), high);
    do
        number = rounded(axis, value, digits);
    while ((number < low || number > high) && digits++ < ALL);
    return add_number(axis, number);
}

/* What lies at `share` of the way from low to high, as their logarithms have it; the ends are what they are. */
static double between(double low, double high, double share)
{
    double from = unroll_log(low), to = unroll_log(high);
    return share <= 0.0 ? low : share >= 1.0 ? high : exp(from + share * (to - from));
}

/* Value `index` of log(low,high,count): one draw in each of `count` parts of the range. */
static unroll_status add_draw(unroll_axis *axis, double low, double high, int index, int count)
{
    uint64_t seed = seed_of(unroll_setting_at(axis->setting)->name);
    unroll_random random = unroll_random_open(seed, UNROLL_FOR_SWEEP, 0, (uint32_t)index);
    double share = (index + unroll_random_uniform(&random)) / count;
    return add_rounded(axis, between(low, high, share), between(low, high, (double)index / count),
                       between(low, high, (index + 1.0) / count));
}

/* Value `index` of grid(low,high,count). */
static unroll_status add_step(unroll_axis *axis, double low, double high, int index, int count)
{
    if (index == 0)
        return add_number(axis, low);
    if (index == count - 1)
        return add_number(axis, high);
    return add_rounded(axis, between(low, high, index / (count - 1.0)), low, high);
}

/* A way to spread values over a range. */
typedef struct spread {
    const char *name;
    unroll_status (*add)(unroll_axis *axis, double low, double high, int index, int count);
} spread;
static const spread spreads[] = {{"log", add_draw}, {"grid", add_step}};

/* The way that "log(..." or "grid(..." names; NULL: neither. */
static const spread *find_spread(const char *text)
{
    for (size_t i = 0; i < sizeof spreads / sizeof spreads[0]; i++) {
        size_t length = strlen(spreads[i].name);
        if (strncmp(text, spreads[i].name, length) == 0 && text[length] == '(')
            return &spreads[i];
    }
    return NULL;
}

/* "log(low,high,count)", "grid(low,high,count)" */
static unroll_status add_spread(unroll_axis *axis, const spread *way, const char *text)
{
    const unroll_setting *row = unroll_setting_at(axis->setting);
    char low_text[32], high_text[32], count_text[32], closing[2], rest;
    double low, high;
    int64_t count;
    if (sscanf(text + strlen(way->name), "( %31[^, ] , %31[^, ] , %31[^) ] %1[)]%c", low_text, high_text, count_text, closing,
               &rest) != 4 ||
        !unroll_read_real(low_text, &low) || !unroll_read_real(high_text, &high) || !unroll_read_int(count_text, &count))
        return unroll_error(UNROLL_WRONG, "%s=%.60s is not written %s(low,high,count)", row->name, text, way->name);
    if (!(low > 0) || !(low <= high) || !isfinite(high))
        return unroll_error(UNROLL_WRONG, "%s=%.60s needs 0 < low <= high", row->name, text);
    if (row->type == UNROLL_INT && (low != floor(low) || high != floor(high)))
        return unroll_error(UNROLL_WRONG, "%s=%.60s is not a range of whole numbers", row->name, text);
    if (count < 1 || count > MOST_VALUES)
        return unroll_error(UNROLL_WRONG, "%s=%.60s has %lld values, not 1..%d", row->name, text, (long long)count, MOST_VALUES);
    for (int i = 0; i < (int)count; i++)
        UNROLL_TRY(way->add(axis, low, high, i, (int)count));
    return unroll_ok();
}

static unroll_status add_item(unroll_axis *axis, const char *item)
{
    unroll_type type = unroll_setting_at(axis->setting)->type;
    bool number = type == UNROLL_INT || type == UNROLL_REAL;
    const spread *way = find_spread(item);
    if (number && way != NULL)
        return add_spread(axis, way, item);
    if (number && strstr(item, "..") != NULL)
        return add_range(axis, item);
    return add_value(axis, item);
}

static unroll_status add_items(unroll_axis *axis, const char *text)
{
    char item[LONGEST_VALUE + 1];
    while (unroll_next_item(&text, item, sizeof item)) {
        if (strlen(item) == LONGEST_VALUE)
            return unroll_error(UNROLL_WRONG, "a value of %s is longer than %d bytes",
                                unroll_setting_at(axis->setting)->name, LONGEST_VALUE - 1);
        UNROLL_TRY(add_item(axis, item));
    }
    return unroll_ok();
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
    unroll_axis axis = {0};
    const char *text;
    unroll_status status;
    UNROLL_TRY(unroll_read_assignment(assignment, &axis.setting, &text));
    status = add_items(&axis, text);
    if (status.code == UNROLL_OK)
        status = put_axis(axes, &axis);
    if (status.code != UNROLL_OK)
        free_values(&axis);
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

void unroll_axes_drop(unroll_axes *axes, int index)
{
    free_values(&axes->axis[index]);
    axes->count--;
    memmove(&axes->axis[index], &axes->axis[index + 1], (size_t)(axes->count - index) * sizeof *axes->axis);
}

const unroll_axis *unroll_axes_find(const unroll_axes *axes, const char *name)
{
    int setting = unroll_setting_find(name);
    for (int i = 0; i < axes->count; i++)
        if (axes->axis[i].setting == setting)
            return &axes->axis[i];
    return NULL;
}
