/* axes.h: what a sweep varies: settings and the values that each takes (inside lib/sweep). */
#ifndef UNROLL_SWEEP_AXES_H
#define UNROLL_SWEEP_AXES_H

#include "base/settings.h"
#include "base/status.h"

typedef struct unroll_axis {
    int setting;          /* index in the settings table */
    unroll_value *values; /* owned, with their texts */
    int count;
} unroll_axis;

typedef struct unroll_axes {
    unroll_axis *axis; /* owned; in order of their first assignment */
    int count;
} unroll_axes;

/* Reads one assignment and makes it an axis, in the place of the setting's former one when it had one. After "name=":
   values parted by commas, each of them a value or, of numbers,
   - a range a..b or a..b:step;
   - log(low,high,n): n draws that are even in the logarithm: its range is cut into n equal parts, and the i-th value is drawn
     in the i-th part. A draw depends on its bounds, n, the setting's name and its own number alone, so it is the same every time;
   - grid(low,high,n): n values from low to high, both included, at equal ratios; low alone where n is 1.
   What is drawn or spaced is rounded to four digits, to more where it would leave its part or the bounds, and to a whole number
   where the setting is one. "\," is a comma inside of a value. UNROLL_WRONG for what cannot be read or is out of range. */
unroll_status unroll_axes_assign(unroll_axes *axes, const char *assignment);
/* The same for several assignments parted by blanks; NULL: none. */
unroll_status unroll_axes_assign_all(unroll_axes *axes, const char *assignments);
/* The axis of a setting, or NULL. */
const unroll_axis *unroll_axes_find(const unroll_axes *axes, const char *name);
/* Takes out axis `index`: its setting stays at its default. */
void unroll_axes_drop(unroll_axes *axes, int index);
void unroll_axes_free(unroll_axes *axes);

#endif
