/* Numbers and intervals for people. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "report/inside.h"

const char *unroll_show_short(double value, char out[UNROLL_VALUE_ROOM])
{
    double size = fabs(value);
    out[0] = '\0';
    if (isnan(value))
        return out;
    /* three digits of what varies, and no more of it than it takes: 12300, 0.0123, 1.23e-05 */
    snprintf(out, UNROLL_VALUE_ROOM, size >= 100 && size < 1e7 ? "%.0f" : "%.3g", value);
    return out;
}

/* An end that is infinite is what makes it so. */
static const char *show_end(double value, const char *worst, char out[UNROLL_VALUE_ROOM])
{
    if (!isinf(value))
        return unroll_show_short(value, out);
    snprintf(out, UNROLL_VALUE_ROOM, "%s", worst != NULL ? worst : value > 0 ? "inf" : "-inf");
    return out;
}

const char *unroll_show_interval(const unroll_interval *i, bool share, const char *worst, char out[UNROLL_INTERVAL_ROOM])
{
    char estimate[UNROLL_VALUE_ROOM], low[UNROLL_VALUE_ROOM], high[UNROLL_VALUE_ROOM];
    if (isnan(i->estimate))
        strcpy(out, "-");
    else if (share && isnan(i->low))
        snprintf(out, UNROLL_INTERVAL_ROOM, "%.0f/%d", i->estimate * i->count, i->count);
    else if (share)
        snprintf(out, UNROLL_INTERVAL_ROOM, "%.0f/%d [%.0f%%, %.0f%%]", i->estimate * i->count, i->count, 100 * i->low,
                 100 * i->high);
    else if (isnan(i->low))
        snprintf(out, UNROLL_INTERVAL_ROOM, "%s", show_end(i->estimate, worst, estimate));
    else
        snprintf(out, UNROLL_INTERVAL_ROOM, "%s [%s, %s]", show_end(i->estimate, worst, estimate), show_end(i->low, worst, low),
                 show_end(i->high, worst, high));
    return out;
}
