/* axes.h: what a sweep varies: settings and the values that each takes (inside lib/sweep). */
#ifndef UNROLL_SWEEP_AXES_H
#define UNROLL_SWEEP_AXES_H

#include "base/settings.h"
#include "base/status.h"

typedef struct unroll_axis {
    int setting;   /* index in the settings table */
    char **values; /* owned; in canonical text */
    int count;
} unroll_axis;

typedef struct unroll_axes {
    unroll_axis *axis; /* owned; in order of their first assignment */
    int count;
} unroll_axes;

/* Reads one assignment and makes it an axis, in the place of the setting's former one when it had one. After "name=":
   values parted by commas, each of them a value, a range a..b or a..b:step (numbers only), or log(low,high,n): n draws
   whose logarithm is uniform, rounded to four digits. A draw depends on its bounds, the setting's name and its own number
   alone, so it is the same every time. "\," is a comma inside of a value.
   UNROLL_WRONG for what cannot be read or is out of range. */
unroll_status unroll_axes_assign(unroll_axes *axes, const char *assignment);
/* The same for several assignments parted by blanks; NULL: none. */
unroll_status unroll_axes_assign_all(unroll_axes *axes, const char *assignments);
/* The axis of a setting, or NULL. */
const unroll_axis *unroll_axes_find(const unroll_axes *axes, const char *name);
void unroll_axes_free(unroll_axes *axes);

#endif
