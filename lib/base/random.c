#include "base/random.h"

#include <math.h>

void unroll_philox(const uint32_t counter[4], const uint32_t key[2], uint32_t out[4])
{
    uint32_t c0 = counter[0], c1 = counter[1], c2 = counter[2], c3 = counter[3];
    uint32_t k0 = key[0], k1 = key[1];
    for (int round = 0; round < 10; round++) {
        uint64_t p0 = (uint64_t)UINT32_C(0xD2511F53) * c0;
        uint64_t p1 = (uint64_t)UINT32_C(0xCD9E8D57) * c2;
        uint32_t next0 = (uint32_t)(p1 >> 32) ^ c1 ^ k0;
        uint32_t next2 = (uint32_t)(p0 >> 32) ^ c3 ^ k1;
        c1 = (uint32_t)p1;
        c3 = (uint32_t)p0;
        c0 = next0;
        c2 = next2;
        k0 += UINT32_C(0x9E3779B9);
        k1 += UINT32_C(0xBB67AE85);
    }
    out[0] = c0;
    out[1] = c1;
    out[2] = c2;
    out[3] = c3;
}

unroll_random unroll_random_open(uint64_t seed, unroll_purpose purpose, uint32_t epoch, uint32_t sample)
{
    unroll_random random = {.key = {(uint32_t)seed, (uint32_t)(seed >> 32)},
                            .counter = {0, sample, epoch, (uint32_t)purpose},
                            .left = 0};
    return random;
}

uint32_t unroll_random_bits(unroll_random *random)
{
    if (random->left == 0) {
        unroll_philox(random->counter, random->key, random->block);
        random->counter[0]++;
        random->left = 4;
    }
    return random->block[4 - random->left--];
}

double unroll_random_uniform(unroll_random *random)
{
    uint64_t high = unroll_random_bits(random), low = unroll_random_bits(random);
    return (double)((high << 21) ^ (low >> 11)) * 0x1p-53;
}

uint32_t unroll_random_below(unroll_random *random, uint32_t n)
{
    uint32_t reject_under = (uint32_t)(0u - n) % n; /* 2^32 mod n: below it the low product is biased */
    for (;;) {
        uint64_t product = (uint64_t)unroll_random_bits(random) * n;
        if ((uint32_t)product >= reject_under)
            return (uint32_t)(product >> 32);
    }
}

double unroll_random_normal(unroll_random *random)
{
    for (;;) {
        double u = 2.0 * unroll_random_uniform(random) - 1.0;
        double v = 2.0 * unroll_random_uniform(random) - 1.0;
        double s = u * u + v * v;
        if (s > 0.0 && s < 1.0)
            return u * sqrt(-2.0 * unroll_log(s) / s);
    }
}

/* The smallest number whose square is at least n. */
static uint32_t root_above(uint32_t n)
{
    uint32_t root = (uint32_t)sqrt((double)n);
    return (uint64_t)root * root < n ? root + 1 : root;
}

uint32_t unroll_random_order(uint64_t seed, uint64_t epoch, uint32_t n, uint32_t place)
{
    enum { ROUNDS = 8 };
    const uint32_t key[2] = {(uint32_t)seed, (uint32_t)(seed >> 32)};
    uint32_t base = root_above(n), left = place / base, right = place % base;
    do {
        for (uint32_t round = 0; round < ROUNDS; round++) {
            const uint32_t counter[4] = {right, (uint32_t)(epoch >> 32) * ROUNDS + round, (uint32_t)epoch, UNROLL_FOR_ORDER};
            uint32_t drawn[4], sum;
            unroll_philox(counter, key, drawn);
            sum = (uint32_t)(((uint64_t)left + drawn[0]) % base);
            left = right;
            right = sum;
        }
    } while ((uint64_t)left * base + right >= n);
    return left * base + right;
}

double unroll_log(double x)
{
    /* x = 2^e m with m in [sqrt(1/2), sqrt(2)); log m = 2 atanh((m - 1) / (m + 1)), as its odd series */
    static const double ln2_high = 0x1.62e42fefa38p-1, ln2_low = 0x1.ef35793c7673p-45;
    int e;
    double m = frexp(x, &e), s, s2, sum = 0.0;
    if (m < 0x1.6a09e667f3bcdp-1) {
        m *= 2.0;
        e--;
    }
    s = (m - 1.0) / (m + 1.0);
    s2 = s * s;
    for (int k = 23; k >= 3; k -= 2)
        sum = (sum + 1.0 / k) * s2;
    return (e * ln2_low + 2.0 * s * sum) + 2.0 * s + e * ln2_high;
}
