#include "base/exponential.h"

#include <math.h>

/* x = k ln 2 + r with |r| <= ln(2) / 2; e^r is Taylor's series, whose first term left out is below 1e-19. k ln2_high is exact. */
double unroll_exp(double x)
{
    static const double ln2_high = 0x1.62e42fefa38p-1, ln2_low = 0x1.ef35793c7673p-45, largest = 709.782712893384,
                        least = -708.396418532264;
    double k, r, sum = 0.0;
    if (isnan(x))
        return x;
    if (x > largest || x < least)
        return x > largest ? INFINITY : 0.0;
    k = floor(x / 0x1.62e42fefa39efp-1 + 0.5);
    r = (x - k * ln2_high) - k * ln2_low;
    for (int n = 14; n >= 2; n--)
        sum = (1.0 + sum) * r / n;
    return ldexp(1.0 + r * (1.0 + sum), (int)k);
}
