#include "base/number.h"

#include <limits.h>
#include <inttypes.h>
#include <math.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *skip_digits(const char *s)
{
    while (*s >= '0' && *s <= '9')
        s++;
    return s;
}

/* Whether `text` is [sign] digits [. digits] [e [sign] digits], with a digit before or after the point. */
static bool is_decimal(const char *text)
{
    const char *s = text + (*text == '-' || *text == '+'), *start = s, *end = skip_digits(s);
    ptrdiff_t digits = end - start;
    if (*end == '.') {
        start = end + 1;
        end = skip_digits(start);
        digits += end - start;
    }
    if (digits == 0)
        return false;
    if (*end == 'e' || *end == 'E') {
        start = end + 1;
        start += *start == '-' || *start == '+';
        end = skip_digits(start);
        if (end == start)
            return false;
    }
    return *end == '\0';
}

bool unroll_read_real(const char *text, double *value)
{
    char *end;
    if (!is_decimal(text))
        return false;
    *value = strtod(text, &end);
    return *end == '\0';
}

bool unroll_read_int(const char *text, int64_t *value)
{
    const char *digits = text + (*text == '-' || *text == '+');
    double real;
    if (*digits != '\0' && *skip_digits(digits) == '\0' && strlen(digits) <= 18) {
        *value = strtoll(text, NULL, 10);
        return true;
    }
    /* above 2^53 a double no longer holds every whole number */
    if (!unroll_read_real(text, &real) || fabs(real) > 9007199254740992.0 || real != floor(real))
        return false;
    *value = (int64_t)real;
    return true;
}

bool unroll_read_range(const char *text, unroll_range *range)
{
    enum { ROOM = 64 };
    const char *dots = strstr(text, ".."), *colon = dots != NULL ? strchr(dots, ':') : NULL;
    char low[ROOM], high[ROOM];
    range->step = NAN;
    if (dots == NULL) {
        bool number = unroll_read_real(text, &range->low);
        range->high = range->low;
        return number;
    }
    snprintf(low, sizeof low, "%.*s", (int)(dots - text), text);
    snprintf(high, sizeof high, "%.*s", colon != NULL ? (int)(colon - dots - 2) : ROOM, dots + 2);
    return unroll_read_real(low, &range->low) && unroll_read_real(high, &range->high) &&
           (colon == NULL || unroll_read_real(colon + 1, &range->step));
}

const char *unroll_show_real(double value, char out[UNROLL_NUMBER_ROOM])
{
    if (isnan(value))
        return strcpy(out, "nan");
    if (isinf(value))
        return strcpy(out, value > 0 ? "inf" : "-inf");
    if (value == 0)
        return strcpy(out, "0");
    for (int digits = 15; digits <= 17; digits++) {
        snprintf(out, UNROLL_NUMBER_ROOM, "%.*g", digits, value);
        if (strtod(out, NULL) == value)
            break;
    }
    return out;
}

const char *unroll_show_int(int64_t value, char out[UNROLL_NUMBER_ROOM])
{
    snprintf(out, UNROLL_NUMBER_ROOM, "%" PRId64, value);
    return out;
}

int unroll_whole(double value)
{
    return value >= INT_MIN && value <= INT_MAX && value == floor(value) ? (int)value : 0;
}
