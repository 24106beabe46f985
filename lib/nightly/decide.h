/* decide.h: what a night's measurements come to: pure functions of numbers (inside lib/nightly). */
#ifndef UNROLL_NIGHTLY_DECIDE_H
#define UNROLL_NIGHTLY_DECIDE_H

#include "nightly/series.h"
#include "report/report.h"

/* Four turns of two programs, old new new old: what drifts evenly over a round cancels. */
enum { UNROLL_TURNS = 4 };
/* log(new / old) of a round; NaN where a turn has no value. */
double unroll_round_change(const double turn[UNROLL_TURNS]);

typedef enum unroll_night_finding {
    UNROLL_NIGHT_SAME,        /* nothing that is told from noise, or less than this series wanders by itself */
    UNROLL_NIGHT_SLOWER,      /* a regression: found twice */
    UNROLL_NIGHT_FASTER,      /* found twice, too */
    UNROLL_NIGHT_UNCONFIRMED, /* found once, and not by the second measurement */
    UNROLL_NIGHT_UNMEASURED,  /* fewer rounds than an interval takes */
    UNROLL_NIGHT_UNKNOWN,     /* one of the programs does not know the model */
    UNROLL_NIGHT_FINDINGS
} unroll_night_finding;
const char *unroll_night_finding_name(unroll_night_finding finding); /* "slower" */

typedef struct unroll_series_night {
    unroll_interval first,
        again;        /* of the median log(new / old), over the rounds of both measurements; again: NaN where there was none */
    double p;         /* of so many rounds on its side by chance, after Benjamini and Hochberg's correction over the series */
    double floor;     /* what the series shows when a program is compared with itself: changes up to it count as none */
    bool asked_again; /* the first measurement found a change */
    unroll_night_finding finding;
} unroll_series_night;

/* Changes of one series over rounds, NaN where a round has none. */
typedef struct unroll_rounds_of {
    const double *change;
    int count;
} unroll_rounds_of;

/* After the first measurement: intervals and p; a series whose interval excludes 0, whose median is beyond its floor, and whose p is
   at most 5% after the correction, is asked again; others are same or unmeasured. night[i].floor is given. */
unroll_status unroll_night_screen(const unroll_rounds_of *rounds, int count, unroll_series_night *night);
/* After the second one, of those that are asked again: it agrees where its interval excludes 0 on the same side and its median is
   beyond the floor, too. */
unroll_status unroll_night_confirm(const unroll_rounds_of *rounds, int count, unroll_series_night *night);

#endif
