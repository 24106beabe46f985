#include "nightly/decide.h"

#include <math.h>
#include <stdlib.h>

/* False regressions among those that a night tells, in the mean, before the second measurement. */
static const double MOST_FALSE = 0.05;

double unroll_round_change(const double turn[UNROLL_TURNS])
{
    return 0.5 * (log(turn[1]) + log(turn[2]) - log(turn[0]) - log(turn[3]));
}

const char *unroll_night_finding_name(unroll_night_finding finding)
{
    static const char *const names[UNROLL_NIGHT_FINDINGS] = {"same",        "slower",       "faster",
                                                             "unconfirmed", "not measured", "not known"};
    return names[finding];
}

/* Two-sided: so many rounds, or more, on one side by chance. */
static double sides_p(unroll_rounds_of r)
{
    int above = 0, below = 0;
    for (int i = 0; i < r.count; i++) {
        above += r.change[i] > 0;
        below += r.change[i] < 0;
    }
    return above + below > 0 ? fmin(1, 2 * unroll_sign_test(above > below ? above : below, above + below)) : 1;
}

/* Whether a measurement shows a change by itself: 1 slower, -1 faster, 0 none. */
static int side_of(const unroll_interval *i, double floor)
{
    if (i->low > 0 && i->estimate > floor)
        return 1;
    return i->high < 0 && i->estimate < -floor ? -1 : 0;
}

unroll_status unroll_night_screen(const unroll_rounds_of *rounds, int count, unroll_series_night *night)
{
    double *p = malloc(((size_t)count + 1) * sizeof *p);
    unroll_status status = p != NULL ? unroll_ok() : unroll_error(UNROLL_FAILED, "out of memory for %d series", count);
    int tested = 0;
    for (int i = 0; i < count && status.code == UNROLL_OK; i++) {
        night[i].again = (unroll_interval){NAN, NAN, NAN, 0};
        night[i].asked_again = false;
        status = unroll_median(rounds[i].change, rounds[i].count, &night[i].first);
        night[i].finding = isnan(night[i].first.low) ? UNROLL_NIGHT_UNMEASURED : UNROLL_NIGHT_SAME;
        night[i].p = 1;
        if (night[i].finding == UNROLL_NIGHT_SAME)
            p[tested++] = sides_p(rounds[i]);
    }
    if (status.code == UNROLL_OK)
        status = unroll_benjamini_hochberg(p, tested);
    for (int i = 0, k = 0; i < count && status.code == UNROLL_OK; i++) {
        if (night[i].finding == UNROLL_NIGHT_UNMEASURED)
            continue;
        night[i].p = p[k++];
        night[i].asked_again = night[i].p <= MOST_FALSE && side_of(&night[i].first, night[i].floor) != 0;
    }
    free(p);
    return status;
}

unroll_status unroll_night_confirm(const unroll_rounds_of *rounds, int count, unroll_series_night *night)
{
    for (int i = 0; i < count; i++) {
        int side = side_of(&night[i].first, night[i].floor);
        if (!night[i].asked_again)
            continue;
        UNROLL_TRY(unroll_median(rounds[i].change, rounds[i].count, &night[i].again));
        if (isnan(night[i].again.low))
            night[i].finding = UNROLL_NIGHT_UNMEASURED;
        else if (side_of(&night[i].again, night[i].floor) != side)
            night[i].finding = UNROLL_NIGHT_UNCONFIRMED;
        else
            night[i].finding = side > 0 ? UNROLL_NIGHT_SLOWER : UNROLL_NIGHT_FASTER;
    }
    return unroll_ok();
}
