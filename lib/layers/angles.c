#include "layers/angles.h"

#include <math.h>

#include "base/cosine.h"
#include "base/exponential.h"

static const double pi = 3.14159265358979323846, log_of_base = 9.21034037197618273607; /* of 10000 */

double unroll_angle_of(int pair, int columns)
{
    return unroll_exp(-2.0 * pair / columns * log_of_base);
}

/* the cosine of half turns */
static double cosine_of(double halves)
{
    double rest = halves - 2.0 * floor(halves / 2.0);
    return unroll_cos_pi(rest > 1.0 ? 2.0 - rest : rest);
}

void unroll_angle_sine_cosine(double radians, double *sine, double *cosine)
{
    double halves = radians / pi;
    *cosine = cosine_of(halves);
    *sine = cosine_of(halves - 0.5);
}
