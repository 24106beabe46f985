/* Philox against the published known answers of Random123, and what is drawn from it. */
#include <math.h>
#include <string.h>

#include "base/random.h"
#include "suite.h"

/* kat_vectors of Random123: philox 4x32, 10 rounds */
static void philox_gives_the_published_known_answers(void)
{
    static const struct {
        uint32_t counter[4], key[2], out[4];
    } known[] = {
        {{0, 0, 0, 0}, {0, 0}, {0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}},
        {{0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff},
         {0xffffffff, 0xffffffff},
         {0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}},
        {{0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344},
         {0xa4093822, 0x299f31d0},
         {0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}},
    };
    for (int i = 0; i < 3; i++) {
        uint32_t out[4];
        unroll_philox(known[i].counter, known[i].key, out);
        CU_ASSERT_EQUAL(memcmp(out, known[i].out, sizeof out), 0);
    }
}

static void a_stream_is_its_blocks_in_rising_order(void)
{
    unroll_random random = unroll_random_open(UINT64_C(0x123456789ABCDEF0), UNROLL_FOR_TEST, 7, 11);
    for (uint32_t block = 0; block < 5; block++) {
        uint32_t counter[4] = {block, 11, 7, UNROLL_FOR_TEST}, key[2] = {0x9ABCDEF0, 0x12345678}, out[4];
        unroll_philox(counter, key, out);
        for (int i = 0; i < 4; i++)
            CU_ASSERT_EQUAL(unroll_random_bits(&random), out[i]);
    }
}

static void streams_of_another_seed_purpose_epoch_or_sample_differ(void)
{
    unroll_random streams[5] = {unroll_random_open(1, UNROLL_FOR_TRAIN, 1, 1), unroll_random_open(2, UNROLL_FOR_TRAIN, 1, 1),
                                unroll_random_open(1, UNROLL_FOR_VALID, 1, 1), unroll_random_open(1, UNROLL_FOR_TRAIN, 2, 1),
                                unroll_random_open(1, UNROLL_FOR_TRAIN, 1, 2)};
    uint32_t first[5];
    for (int i = 0; i < 5; i++)
        first[i] = unroll_random_bits(&streams[i]);
    for (int i = 0; i < 5; i++)
        for (int j = 0; j < i; j++)
            CU_ASSERT_NOT_EQUAL(first[i], first[j]);
}

/* 10,000 draws: the mean of a uniform has a deviation of 0.0029, its variance (1/12) of 0.00075; five of each */
static void uniform_draws_fill_the_unit_interval_evenly(void)
{
    enum { DRAWS = 10000 };
    unroll_random random = unroll_random_open(3, UNROLL_FOR_TRAIN, 0, 0);
    double sum = 0, squares = 0;
    for (int i = 0; i < DRAWS; i++) {
        double u = unroll_random_uniform(&random);
        CU_ASSERT(u >= 0 && u < 1);
        sum += u;
        squares += (u - 0.5) * (u - 0.5);
    }
    CU_ASSERT_DOUBLE_EQUAL(sum / DRAWS, 0.5, 0.015);
    CU_ASSERT_DOUBLE_EQUAL(squares / DRAWS, 1.0 / 12, 0.004);
}

static void uniform_draws_use_53_bits_of_two_words(void)
{
    unroll_random random = unroll_random_open(5, UNROLL_FOR_TRAIN, 0, 0), words = random;
    for (int i = 0; i < 100; i++) {
        uint64_t high = unroll_random_bits(&words), low = unroll_random_bits(&words);
        uint64_t bits = high << 21 ^ low >> 11;
        CU_ASSERT_EQUAL(unroll_random_uniform(&random), ldexp((double)bits, -53));
    }
}

static void draws_below_n_stay_below_n_and_reach_every_value(void)
{
    unroll_random random = unroll_random_open(9, UNROLL_FOR_TRAIN, 0, 0);
    for (uint32_t n = 1; n <= 40; n++) {
        uint64_t seen = 0;
        for (int i = 0; i < 1000; i++) {
            uint32_t draw = unroll_random_below(&random, n);
            CU_ASSERT_FATAL(draw < n);
            seen |= UINT64_C(1) << draw;
        }
        CU_ASSERT_EQUAL(seen, (UINT64_C(1) << n) - 1);
    }
}

/* With n = 3 * 2^30 the plain product (or modulus) gives one residue of the draw modulo 3 twice as often as another;
   30,000 draws: each third is 10,000 with a deviation of 82. */
static void draws_below_n_have_no_bias(void)
{
    const uint32_t n = 0xC0000000;
    unroll_random random = unroll_random_open(10, UNROLL_FOR_TRAIN, 0, 0);
    int residues[3] = {0, 0, 0}, thirds[3] = {0, 0, 0};
    for (int i = 0; i < 30000; i++) {
        uint32_t draw = unroll_random_below(&random, n);
        residues[draw % 3]++;
        thirds[draw >> 30]++;
    }
    for (int i = 0; i < 3; i++) {
        CU_ASSERT(residues[i] > 9590 && residues[i] < 10410);
        CU_ASSERT(thirds[i] > 9590 && thirds[i] < 10410);
    }
}

/* 20,000 draws: deviations of the mean 0.0071, of the mean square 0.01, of the share beyond 1.96 (5%) 0.0015 */
static void normal_draws_have_the_moments_and_tails_of_a_normal(void)
{
    enum { DRAWS = 20000 };
    unroll_random random = unroll_random_open(4, UNROLL_FOR_WEIGHTS, 0, 0);
    double sum = 0, squares = 0;
    int beyond = 0;
    for (int i = 0; i < DRAWS; i++) {
        double z = unroll_random_normal(&random);
        sum += z;
        squares += z * z;
        beyond += fabs(z) > 1.959964;
    }
    CU_ASSERT_DOUBLE_EQUAL(sum / DRAWS, 0, 0.036);
    CU_ASSERT_DOUBLE_EQUAL(squares / DRAWS, 1, 0.05);
    CU_ASSERT_DOUBLE_EQUAL((double)beyond / DRAWS, 0.05, 0.008);
}

static void an_order_holds_each_number_once(void)
{
    static unsigned char seen[100000];
    static const uint32_t counts[] = {255, 256, 257, 1000, 4096, 99999, 100000};
    for (uint32_t k = 0; k < 130; k++) {
        uint32_t n = k < 123 ? k + 1 : counts[k - 123];
        memset(seen, 0, n);
        for (uint32_t i = 0; i < n; i++) {
            uint32_t number = unroll_random_order(k, 7, n, i);
            CU_ASSERT_FATAL(number < n);
            CU_ASSERT(!seen[number]++);
        }
    }
    CU_ASSERT(unroll_random_order(1, 2, UINT32_MAX, UINT32_MAX - 1) < UINT32_MAX);
}

/* 12,000 epochs of 3: each of the six orders 2000 times, with a deviation of 41. */
static void every_order_is_as_likely_as_another(void)
{
    int count[27] = {0}, orders = 0;
    for (uint64_t epoch = 0; epoch < 12000; epoch++)
        count[unroll_random_order(5, epoch, 3, 0) * 9 + unroll_random_order(5, epoch, 3, 1) * 3 +
              unroll_random_order(5, epoch, 3, 2)]++;
    for (int i = 0; i < 27; i++) {
        orders += count[i] > 0;
        CU_ASSERT(count[i] == 0 || (count[i] > 1800 && count[i] < 2200));
    }
    CU_ASSERT_EQUAL(orders, 6);
}

/* Of 100 numbers: how often each is at the first place and how often it follows its predecessor, over 40,000 epochs: 400
   times, with a deviation of 20; and one epoch says nothing of the next, nor one seed of another. */
static void numbers_stand_anywhere_and_follow_no_other(void)
{
    enum { N = 100, EPOCHS = 40000 };
    int first[N] = {0}, follows[N] = {0}, same_epoch = 0, same_seed = 0;
    for (uint64_t epoch = 0; epoch < EPOCHS; epoch++) {
        uint32_t number = unroll_random_order(3, epoch, N, 0), next = unroll_random_order(3, epoch, N, 1);
        first[number]++;
        follows[(next + N - number) % N]++;
        same_epoch += unroll_random_order(3, epoch + 1, N, 0) == number;
        same_seed += unroll_random_order(4, epoch, N, 0) == number;
    }
    CU_ASSERT_EQUAL(follows[0], 0);
    for (int i = 0; i < N; i++) {
        CU_ASSERT(first[i] > 300 && first[i] < 500);
        CU_ASSERT(i == 0 || (follows[i] > 300 && follows[i] < 510));
    }
    CU_ASSERT(same_epoch > 300 && same_epoch < 500);
    CU_ASSERT(same_seed > 300 && same_seed < 500);
    CU_ASSERT_NOT_EQUAL(unroll_random_order(3, 1, 1u << 30, 0), unroll_random_order(3, 1 + (UINT64_C(1) << 32), 1u << 30, 0));
}

/* Distance to the C library's logarithm, itself within 1 ULP, in units in the last place of the result. */
static double ulps_off(double x)
{
    double truth = log(x), ours = unroll_log(x);
    return truth == 0 ? fabs(ours) * 0x1p52 : fabs(ours - truth) / (nextafter(fabs(truth), INFINITY) - fabs(truth));
}

static void the_logarithm_is_within_two_ulp(void)
{
    unroll_random random = unroll_random_open(6, UNROLL_FOR_TEST, 0, 0);
    double worst = 0;
    for (int i = 0; i < 200000; i++) {
        double u = unroll_random_uniform(&random);
        int exponent = (int)unroll_random_below(&random, 2000) - 1000;
        worst = test_worse(worst, ulps_off(ldexp(0.5 + u / 2, exponent))); /* all magnitudes */
        worst = test_worse(worst, ulps_off(0.5 + 1.5 * u));                /* around one, where it cancels */
        worst = test_worse(worst, ulps_off(1 + (u - 0.5) * 0x1p-20));
    }
    CU_ASSERT(worst <= 2);
    CU_ASSERT_EQUAL(unroll_log(1), 0);
    CU_ASSERT(ulps_off(0x1p-1022) <= 2 && ulps_off(0x1.fffffffffffffp1023) <= 2);
}

const unroll_test tests_base_random[] = {
    TEST(philox_gives_the_published_known_answers),
    TEST(a_stream_is_its_blocks_in_rising_order),
    TEST(streams_of_another_seed_purpose_epoch_or_sample_differ),
    TEST(uniform_draws_fill_the_unit_interval_evenly),
    TEST(uniform_draws_use_53_bits_of_two_words),
    TEST(draws_below_n_stay_below_n_and_reach_every_value),
    TEST(draws_below_n_have_no_bias),
    TEST(normal_draws_have_the_moments_and_tails_of_a_normal),
    TEST(an_order_holds_each_number_once),
    TEST(every_order_is_as_likely_as_another),
    TEST(numbers_stand_anywhere_and_follow_no_other),
    TEST(the_logarithm_is_within_two_ulp),
    {NULL, NULL},
};
