#include "base/cosine.h"

static const double pi = 3.14159265358979323846;

/* cos(pi u) and sin(pi u), 0 <= u <= 1/4: Taylor's series, whose first term left out is below 2e-18 */
static double cos_series(double u)
{
    double x2 = pi * u * (pi * u), sum = 0.0;
    for (int k = 16; k >= 2; k -= 2)
        sum = (1.0 + sum) * x2 / -(k * (k - 1.0));
    return 1.0 + sum;
}

static double sin_series(double u)
{
    double x = pi * u, x2 = x * x, sum = 0.0;
    for (int k = 17; k >= 3; k -= 2)
        sum = (1.0 + sum) * x2 / -(k * (k - 1.0));
    return x + x * sum;
}

/* 1 - t and 1/2 - t are exact where they are formed */
double unroll_cos_pi(double t)
{
    if (t > 0.5)
        return -unroll_cos_pi(1.0 - t);
    return t <= 0.25 ? cos_series(t) : sin_series(0.5 - t);
}
