/* The losses in double, beside those in float, for the test that holds one against the other. The Makefile compiles this file
   and another copy of lib/losses in double, and lists that copy's losses in a table. */
#include "losses.h"

extern const unroll_loss *const losses_in_double[]; /* ended by NULL */

double loss_in_double(const char *name, const problem_shape *shape, double *gradient)
{
    for (int i = 0; losses_in_double[i] != NULL; i++)
        if (strcmp(losses_in_double[i]->name, name) == 0)
            return problem_results(losses_in_double[i], shape, gradient);
    return (double)NAN;
}
