/* logs.h: exponentials and logarithms in double for sums of probabilities that are kept as logarithms (inside lib/losses).

   Plain C without a branch, so that compilers make vectors of the loops that call it. Each operation is rounded as written:
   the bits are the same on every instruction set. */
#ifndef UNROLL_LOSSES_LOGS_H
#define UNROLL_LOSSES_LOGS_H

#include <stdint.h>

/* The logarithm of probability 0. It is finite, so that differences of two of them are no NaN, and so large that nothing that
   is added to it counts. */
#define LOG_ZERO (-1e300)

typedef union log_bits {
    double value;
    uint64_t bits;
} log_bits;

/* e^x for x < 709, within 1 ULP; 0 where x < -708; NaN stays. x = n ln 2 + r, |r| <= ln 2 / 2, and e^r as its series. */
static inline double log_exp(double x)
{
    static const double term[] = {1.0 / 2,      1.0 / 6,       1.0 / 24,       1.0 / 120,       1.0 / 720,
                                  1.0 / 5040,   1.0 / 40320,   1.0 / 362880,   1.0 / 3628800,   1.0 / 39916800,
                                  1.0 / 479001600, 1.0 / 6227020800.0};
    /* rounds to the integer n, which then stands in the lowest bits; far below -708 all of this is nonsense, and left out */
    double magic = x * 0x1.71547652b82fep+0 + 0x1.8p52, n = magic - 0x1.8p52;
    double r = (x - n * 0x1.62e42fee00000p-1) - n * 0x1.a39ef35793c76p-33, sum = term[11];
#pragma GCC unroll 16
    for (int k = 10; k >= 0; k--)
        sum = sum * r + term[k];
    sum = 1.0 + (r + r * r * sum);
    /* a mask, as compilers would put all of the above into a branch of its own */
    return (log_bits){.bits = ((log_bits){.value = sum}.bits + ((log_bits){.value = magic}.bits << 52)) &
                              ((uint64_t)(x < -708.0) - 1)}.value;
}

/* log x for x in [1, 3], within 2 ULP of the larger of the result and 1/4; NaN stays. As unroll_log, whose call of frexp keeps
   compilers from vectors: x = 2^n m with m in [sqrt(1/2), sqrt(2)), log m = 2 atanh((m - 1) / (m + 1)). */
static inline double log_one_to_three(double x)
{
    static const uint64_t root_half = UINT64_C(0x3fe6a09e667f3bcd), two_to_52 = UINT64_C(0x4330000000000000);
    uint64_t n = ((log_bits){.value = x}.bits - root_half) >> 52;
    double m = x * (log_bits){.bits = (1023 - n) << 52}.value, shift = (log_bits){.bits = two_to_52 | n}.value - 0x1p52;
    double s = (m - 1.0) / (m + 1.0), s2 = s * s, sum = 0.0;
#pragma GCC unroll 16
    for (int k = 23; k >= 3; k -= 2)
        sum = (sum + 1.0 / k) * s2;
    return (2.0 * s * sum + 2.0 * s) + shift * 0x1.62e42fefa39efp-1;
}

/* the second where one is NaN */
static inline double log_larger(double x, double y)
{
    return x > y ? x : y;
}

/* log(e^x + e^y); a NaN stays */
static inline double log_sum2(double x, double y)
{
    double most = log_larger(x, y);
    return most + log_one_to_three(log_exp(x - most) + log_exp(y - most));
}

/* log(e^x + e^y + e^z); a NaN stays */
static inline double log_sum3(double x, double y, double z)
{
    double most = log_larger(log_larger(x, y), z);
    return most + log_one_to_three(log_exp(x - most) + log_exp(y - most) + log_exp(z - most));
}

#endif
