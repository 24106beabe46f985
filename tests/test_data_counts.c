/* Counts of symbols: a worked example, a plain slow counterpart, sums of probabilities, what must not matter. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "../datasets/text/counts.h"
#include "base/random.h"
#include "starved.h"
#include "suite.h"

enum { LETTERS = 7, COUNT = 900, LONGEST = 5 /* of the strings */ };

/* Letters of which each likes some after itself: frequent and rare strings of every length. Letter 6 is only in the last
   hundred. */
static void make_letters(int *symbol)
{
    unroll_random draws = unroll_random_open(11, UNROLL_FOR_SAMPLING, 0, 0);
    symbol[0] = 0;
    for (int i = 1; i < COUNT; i++) {
        int drawn = (int)(unroll_random_below(&draws, 6) * unroll_random_below(&draws, 6)) / 5;
        symbol[i] = (symbol[i - 1] * 2 + drawn) % 6;
        if (i > COUNT - 100 && i % 20 == 0)
            symbol[i] = 6;
    }
}

static double bits_of(const int *symbol, size_t train, size_t first, size_t end, int symbols, int order)
{
    double bits = NAN;
    CU_ASSERT_EQUAL(unroll_counts_bits(symbol, train, first, end, symbols, order, &bits).code, UNROLL_OK);
    return bits;
}

/* 0 1 0 1 2 | 0 1 1, over 4 symbols. All counts are too small for discounts from them, so these are 0.5 and 1. */
static void counts_agree_with_a_worked_example(void)
{
    static const int symbol[] = {0, 1, 0, 1, 2, 0, 1, 1};
    /* order 0: 0 and 1 twice, 2 once of 5; 1 + 1 + 0.5 are left for all four */
    double whole[2] = {(2 - 1 + 2.5 / 4) / 5, (2 - 1 + 2.5 / 4) / 5};
    /* below order 1: 0, 1 and 2 each stood after one symbol; 1.5 is left */
    double below[2] = {(1 - 0.5 + 1.5 / 4) / 3, (1 - 0.5 + 1.5 / 4) / 3};
    /* after 2: nothing; after 0: 1 twice, 1 is left; after 1: 0 and 2 once, 2 times 0.5 are left */
    double after2_0 = below[0], after0_1 = (2 - 1 + 1 * below[1]) / 2, after1_1 = 1 * below[1] / 2;
    CU_ASSERT_DOUBLE_EQUAL(bits_of(symbol, 5, 5, 8, 4, 0), -(log2(whole[0]) + 2 * log2(whole[1])) / 3, 1e-14);
    CU_ASSERT_DOUBLE_EQUAL(bits_of(symbol, 5, 5, 8, 4, 1), -(log2(after2_0) + log2(after0_1) + log2(after1_1)) / 3,
                           1e-14);
    CU_ASSERT_DOUBLE_EQUAL(bits_of(symbol, 5, 6, 7, 4, 1), -log2(after0_1), 1e-14);
}

/* ---- the definition in counts.h as it stands, by looking through the whole text for everything ---- */

typedef struct plain {
    const int *symbol;
    int train, symbols, order;
    double discount[LONGEST + 1][4]; /* [length][its count, 3: or more] */
    bool usual[LONGEST + 1];         /* these are those of the formula */
} plain;

static bool same(const int *a, const int *b, int length)
{
    return memcmp(a, b, (size_t)length * sizeof *a) == 0;
}

/* How often the string was seen before `end`. */
static int times(const plain *p, const int *string, int length, int end)
{
    int count = 0;
    for (int i = 0; i + length <= end; i++)
        count += same(p->symbol + i, string, length);
    return count;
}

/* a(string) of counts.h. */
static int weight(const plain *p, const int *string, int length)
{
    int longer[LONGEST + 1], count = 0;
    if (length == p->order + 1)
        return times(p, string, length, p->train);
    memcpy(longer + 1, string, (size_t)length * sizeof *string);
    for (longer[0] = 0; longer[0] < p->symbols; longer[0]++)
        count += times(p, longer, length + 1, p->train) > 0;
    return count;
}

/* D of all strings of a length. */
static void find_discounts(plain *p, int length)
{
    double with[5] = {0.0}, y, *d = p->discount[length];
    for (int i = 0; i + length <= p->train; i++) {
        int a = weight(p, p->symbol + i, length);
        if (a <= 4 && times(p, p->symbol + i, length, i + length) == 1)
            with[a]++;
    }
    y = with[1] / (with[1] + 2.0 * with[2]);
    for (int k = 1; k <= 3; k++)
        d[k] = k - (k + 1) * y * with[k + 1] / with[k];
    p->usual[length] = d[1] > 0.0 && d[2] > 0.0 && d[3] > 0.0; /* none is, where there is no number */
    for (int k = 1; k <= 3; k++)
        d[k] = p->usual[length] ? d[k] : 0.5 * k;
}

static double discount(const plain *p, int length, int a)
{
    return p->discount[length][a < 3 ? a : 3];
}

static double plain_probability(const plain *p, const int *at, int context)
{
    int string[LONGEST], mine = 0, total = 0, length = context + 1;
    double lower = context > 0 ? plain_probability(p, at, context - 1) : 1.0 / p->symbols, spare = 0.0;
    memcpy(string, at - context, (size_t)length * sizeof *string);
    for (string[context] = 0; string[context] < p->symbols; string[context]++) {
        int a = weight(p, string, length);
        mine = string[context] == *at ? a : mine;
        total += a;
        spare += discount(p, length, a);
    }
    return total == 0 ? lower : (mine - discount(p, length, mine) + spare * lower) / total;
}

static void counts_agree_with_a_plain_slow_counterpart(void)
{
    enum { TRAIN = 500, FIRST = 520, END = 560 };
    int symbol[COUNT], usual = 0, others = 0;
    make_letters(symbol);
    for (int order = 0; order < LONGEST; order++) {
        plain p = {.symbol = symbol, .train = TRAIN, .symbols = LETTERS, .order = order};
        double sum = 0.0;
        for (int length = 1; length <= order + 1; length++) {
            find_discounts(&p, length);
            usual += p.usual[length];
            others += !p.usual[length];
        }
        for (int i = FIRST; i < END; i++)
            sum -= log2(plain_probability(&p, symbol + i, order));
        CU_ASSERT_DOUBLE_EQUAL(bits_of(symbol, TRAIN, FIRST, END, LETTERS, order), sum / (END - FIRST), 1e-12);
    }
    CU_ASSERT(usual > 2 && others > 2);
}

/* After every string of `order` letters, seen or not. */
static void probabilities_of_all_symbols_sum_to_one(void)
{
    static const int lengths[] = {1, 2, 5, 40, 800};
    for (int l = 0; l < 5; l++)
        for (int order = 0; order <= 3; order++)
            for (int context = 0; context < (int)pow(LETTERS, order); context++) {
                int symbol[COUNT], digits = context;
                size_t at = (size_t)(lengths[l] + order);
                double sum = 0.0;
                make_letters(symbol);
                for (size_t k = 0; k < (size_t)order; k++, digits /= LETTERS)
                    symbol[at - 1 - k] = digits % LETTERS;
                for (symbol[at] = 0; symbol[at] < LETTERS; symbol[at]++) {
                    double bits = bits_of(symbol, (size_t)lengths[l], at, at + 1, LETTERS, order);
                    CU_ASSERT(isfinite(bits) && bits > 0.0);
                    sum += exp2(-bits);
                }
                CU_ASSERT_DOUBLE_EQUAL(sum, 1.0, 1e-12);
            }
}

/* Other numbers of the same symbols are hashed to other places. */
static void numbers_of_symbols_do_not_matter(void)
{
    int one[COUNT], two[COUNT];
    make_letters(one);
    for (int i = 0; i < COUNT; i++)
        two[i] = 99999 - 14071 * one[i];
    for (int order = 0; order <= UNROLL_COUNTS_ORDER_MAX; order++)
        CU_ASSERT_EQUAL(bits_of(one, 800, 800, COUNT, 100000, order), bits_of(two, 800, 800, COUNT, 100000, order));
}

/* The first symbols of all have shorter contexts, or none. */
static void a_part_may_start_where_the_text_does(void)
{
    int symbol[COUNT];
    double one, two, both;
    make_letters(symbol);
    one = bits_of(symbol, 800, 0, 3, LETTERS, 5);
    two = bits_of(symbol, 800, 3, 10, LETTERS, 5);
    both = bits_of(symbol, 800, 0, 10, LETTERS, 5);
    CU_ASSERT_DOUBLE_EQUAL((3 * one + 7 * two) / 10, both, 1e-13);
}

static void random_letters_cost_what_their_number_says(void)
{
    enum { MANY = 60000 };
    int *symbol = malloc(MANY * sizeof *symbol);
    unroll_random draws = unroll_random_open(3, UNROLL_FOR_SAMPLING, 0, 0);
    CU_ASSERT_PTR_NOT_NULL_FATAL(symbol);
    for (int i = 0; i < MANY; i++)
        symbol[i] = (int)unroll_random_below(&draws, 16);
    CU_ASSERT_DOUBLE_EQUAL(bits_of(symbol, 50000, 50000, MANY, 17, 0), 4.0, 0.01);
    CU_ASSERT_DOUBLE_EQUAL(bits_of(symbol, 50000, 50000, MANY, 17, 5), 4.2, 0.2);
    free(symbol);
}

static void short_memory_is_an_error_and_leaves_nothing(void)
{
    int symbol[COUNT];
    long call = 0;
    make_letters(symbol);
    while (test_can_starve()) {
        double bits;
        unroll_status status;
        test_starve(call++);
        status = unroll_counts_bits(symbol, 800, 800, COUNT, LETTERS, 12, &bits);
        if (!test_fed())
            break;
        CU_ASSERT_EQUAL(status.code, UNROLL_FAILED);
        CU_ASSERT_STRING_EQUAL(status.text, "out of memory: counts of a text");
    }
    CU_ASSERT(call == 0 || call > 3); /* it grew at least once */
}

const unroll_test tests_data_counts[] = {
    TEST(counts_agree_with_a_worked_example),          TEST(counts_agree_with_a_plain_slow_counterpart),
    TEST(probabilities_of_all_symbols_sum_to_one),     TEST(numbers_of_symbols_do_not_matter),
    TEST(a_part_may_start_where_the_text_does),        TEST(random_letters_cost_what_their_number_says),
    TEST(short_memory_is_an_error_and_leaves_nothing), {NULL, NULL}};
