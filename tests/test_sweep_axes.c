/* What is written after "setting=" becomes the values that a sweep runs through. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "suite.h"
#include "sweep/axes.h"

/* The values of the axis of `name`, parted by blanks. */
static const char *values(const unroll_axes *axes, const char *name)
{
    static char out[4096];
    char number[UNROLL_NUMBER_ROOM];
    const unroll_axis *axis = unroll_axes_find(axes, name);
    size_t used = 0;
    out[0] = '\0';
    for (int i = 0; axis != NULL && i < axis->count && used < sizeof out; i++)
        used += (size_t)snprintf(out + used, sizeof out - used, "%s%s", i > 0 ? " " : "",
                                 unroll_show_value(&axis->values[i], number));
    return out;
}

/* The values that one assignment gives; "!" and the sentence where it is refused. */
static const char *read_one(const char *assignment)
{
    static char out[4096];
    unroll_axes axes = {0};
    unroll_status status = unroll_axes_assign(&axes, assignment);
    char name[64];
    snprintf(name, sizeof name, "%.*s", (int)strcspn(assignment, "="), assignment);
    if (status.code == UNROLL_OK)
        snprintf(out, sizeof out, "%s", values(&axes, name));
    else
        snprintf(out, sizeof out, "%s%s", status.code == UNROLL_WRONG ? "!" : "?", status.text);
    unroll_axes_free(&axes);
    return out;
}

static void lists_ranges_and_steps_give_their_values(void)
{
    CU_ASSERT_STRING_EQUAL(read_one("hidden=64"), "64");
    CU_ASSERT_STRING_EQUAL(read_one("hidden=64,128"), "64 128");
    CU_ASSERT_STRING_EQUAL(read_one("seed=0..4"), "0 1 2 3 4");
    CU_ASSERT_STRING_EQUAL(read_one("seed=3..3"), "3");
    CU_ASSERT_STRING_EQUAL(read_one("length=50..200:50"), "50 100 150 200");
    CU_ASSERT_STRING_EQUAL(read_one("length=0050..70:15,1e3"), "50 65 1000");
    CU_ASSERT_STRING_EQUAL(read_one("lr=0.1..0.5:0.1"), "0.1 0.2 0.3 0.4 0.5");
    CU_ASSERT_STRING_EQUAL(read_one("optimizer=sgd,adam"), "sgd adam");
}

static void texts_keep_their_dots_and_escaped_commas(void)
{
    CU_ASSERT_STRING_EQUAL(read_one("file=../data/co2.csv"), "../data/co2.csv");
    CU_ASSERT_STRING_EQUAL(read_one("file=a\\,b.csv,c.csv"), "a,b.csv c.csv");
    CU_ASSERT_STRING_EQUAL(read_one("file=log(1,2,3).csv"), "log(1,2,3).csv");
    CU_ASSERT_STRING_EQUAL(read_one("model=rnn,lstm"), "rnn lstm");
}

/* Whether each of as many equal parts of the range as the axis has values, by the logarithm, holds one of them, in order. */
static bool has_one_in_each_part(const unroll_axis *axis, double low, double high)
{
    for (int i = 0; i < axis->count; i++) {
        unroll_type type = axis->values[i].type;
        double value = type == UNROLL_INT ? (double)axis->values[i].integer : axis->values[i].real;
        double part = axis->count * log(value / low) / log(high / low);
        if (value < low || value > high || part < i - 1e-9 || part > i + 1 + 1e-9) {
            fprintf(stderr, "\nvalue %d of %d, %.17g, is in part %g\n", i, axis->count, value, part);
            return false;
        }
    }
    return true;
}

static void log_draws_are_the_same_every_time_one_in_each_part_of_their_range(void)
{
    /* Philox keyed by the name: these must never change, or finished sweeps would be done again */
    CU_ASSERT_STRING_EQUAL(read_one("lr=log(1e-4,1e-1,5)"), "0.0002766 0.0004751 0.002162 0.008289 0.03419");
    CU_ASSERT_STRING_EQUAL(read_one("lr=log( 1e-4, 1e-1, 2 )"), "0.001272 0.004919");
    static const struct {
        const char *assignment, *name;
        double low, high;
        int count;
    } known[] = {
        {"lr=log(1e-4,1e-2,8)", "lr", 1e-4, 1e-2, 8},     {"clip=log(0.5,8,1000)", "clip", 0.5, 8, 1000},
        {"clip=log(3,3,5)", "clip", 3, 3, 5},             {"clip=log(0.123444,0.123456,4)", "clip", 0.123444, 0.123456, 4},
        {"params=log(1000,1e6,30)", "params", 1e3, 1e6, 30}, {"hidden=log(16,256,8)", "hidden", 16, 256, 8},
        {"params=log(123444,123456,1)", "params", 123444, 123456, 1},
    };
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
        unroll_axes axes = {0};
        CU_ASSERT_EQUAL_FATAL(unroll_axes_assign(&axes, known[i].assignment).code, UNROLL_OK);
        CU_ASSERT_EQUAL_FATAL(axes.axis[0].count, known[i].count);
        CU_ASSERT(known[i].low == known[i].high || has_one_in_each_part(&axes.axis[0], known[i].low, known[i].high));
        unroll_axes_free(&axes);
    }
    CU_ASSERT_STRING_EQUAL(read_one("clip=log(3,3,2)"), "3 3");
}

static void a_grid_rises_from_low_to_high_by_equal_ratios(void)
{
    CU_ASSERT_STRING_EQUAL(read_one("lr=grid(1e-4,1e-2,3)"), "0.0001 0.001 0.01");
    CU_ASSERT_STRING_EQUAL(read_one("lr=grid(1e-4,1e-2,5)"), "0.0001 0.0003162 0.001 0.003162 0.01");
    CU_ASSERT_STRING_EQUAL(read_one("lr=grid(0.25,0.5,1)"), "0.25");
    CU_ASSERT_STRING_EQUAL(read_one("lr=grid( 0.25, 0.25, 2 ),7"), "0.25 0.25 7");
    CU_ASSERT_STRING_EQUAL(read_one("clip=grid(0.123444,0.123446,3)"), "0.123444 0.123445 0.123446");
    CU_ASSERT_STRING_EQUAL(read_one("hidden=grid(16,256,5)"), "16 32 64 128 256");
    CU_ASSERT_STRING_EQUAL(read_one("params=grid(1000,100000,4)"), "1000 4642 21540 100000");
    CU_ASSERT_STRING_EQUAL(read_one("lr=grid(0,1,3)"), "!lr=grid(0,1,3) needs 0 < low <= high");
    CU_ASSERT_STRING_EQUAL(read_one("lr=grid(1,2)"), "!lr=grid(1,2) is not written grid(low,high,count)");
    CU_ASSERT_STRING_EQUAL(read_one("hidden=grid(1,2.5,3)"), "!hidden=grid(1,2.5,3) is not a range of whole numbers");
}

/* 9007199254740001 has more digits than a real is rounded to */
static void large_whole_numbers_stay_what_they_are(void)
{
    CU_ASSERT_STRING_EQUAL(read_one("seed=9007199254740001..9007199254740003"),
                           "9007199254740001 9007199254740002 9007199254740003");
}

static void an_axis_holds_typed_values(void)
{
    unroll_axes axes = {0};
    CU_ASSERT_EQUAL_FATAL(unroll_axes_assign_all(&axes, "hidden=1e2 lr=.5 optimizer=sgd file=a.csv").code, UNROLL_OK);
    CU_ASSERT_EQUAL(unroll_axes_find(&axes, "hidden")->values[0].integer, 100);
    CU_ASSERT_EQUAL(unroll_axes_find(&axes, "lr")->values[0].real, 0.5);
    CU_ASSERT_STRING_EQUAL(unroll_axes_find(&axes, "optimizer")->values[0].text, "sgd");
    CU_ASSERT_STRING_EQUAL(unroll_axes_find(&axes, "file")->values[0].text, "a.csv");
    unroll_axes_drop(&axes, 1);
    CU_ASSERT_EQUAL(axes.count, 3);
    CU_ASSERT_PTR_NULL(unroll_axes_find(&axes, "lr"));
    CU_ASSERT_STRING_EQUAL(values(&axes, "file"), "a.csv");
    unroll_axes_free(&axes);
}

static void draws_of_different_settings_differ_and_whole_ones_are_whole(void)
{
    char lr[4096];
    snprintf(lr, sizeof lr, "%s", read_one("lr=log(0.01,1,3)"));
    CU_ASSERT_STRING_NOT_EQUAL(lr, read_one("clip=log(0.01,1,3)"));
    CU_ASSERT_PTR_NULL(strchr(read_one("hidden=log(16,256,8)"), '.'));
}

static void an_assignment_takes_the_place_of_the_former_one(void)
{
    unroll_axes axes = {0};
    CU_ASSERT_EQUAL(unroll_axes_assign_all(&axes, "  model=rnn,lstm  seed=0..4 hidden=32 ").code, UNROLL_OK);
    CU_ASSERT_EQUAL(unroll_axes_assign(&axes, "seed=7").code, UNROLL_OK);
    CU_ASSERT_EQUAL(unroll_axes_assign(&axes, "lr=0.1,0.2").code, UNROLL_OK);
    CU_ASSERT_EQUAL_FATAL(axes.count, 4);
    CU_ASSERT_STRING_EQUAL(unroll_setting_at(axes.axis[1].setting)->name, "seed");
    CU_ASSERT_STRING_EQUAL(values(&axes, "seed"), "7");
    CU_ASSERT_STRING_EQUAL(unroll_setting_at(axes.axis[3].setting)->name, "lr");
    unroll_axes_free(&axes);
}

static void what_cannot_be_read_is_refused_by_name(void)
{
    CU_ASSERT_STRING_EQUAL(read_one("hidden=0,64"), "!hidden=0 is outside 1..2147483647");
    CU_ASSERT_STRING_EQUAL(read_one("hidden"), "!\"hidden\" is not of the form name=value");
    CU_ASSERT_STRING_EQUAL(read_one("hiden=3"), "!unknown setting \"hiden\"; did you mean \"hidden\"?");
    CU_ASSERT_STRING_EQUAL(read_one("seed=5..1"), "!seed=5..1 is an empty range: it must rise");
    CU_ASSERT_STRING_EQUAL(read_one("seed=1..9:0"), "!seed=1..9:0 is an empty range: it must rise");
    CU_ASSERT_STRING_EQUAL(read_one("seed=1..x"), "!seed=1..x is not a range, which is written a..b or a..b:step");
    CU_ASSERT_STRING_EQUAL(read_one("seed=1..2.5"), "!seed=1..2.5 is not a range of whole numbers");
    CU_ASSERT_STRING_EQUAL(read_one("seed=0..1e9"), "!seed takes more than 100000 values");
    CU_ASSERT_STRING_EQUAL(read_one("hidden=0..3"), "!hidden=0 is outside 1..2147483647");
    CU_ASSERT_STRING_EQUAL(read_one("lr=0.1..0.3"), "!lr=0.1..0.3 needs a step: lr=0.1..0.3:step");
    CU_ASSERT_STRING_EQUAL(read_one("lr=log(0,1,3)"), "!lr=log(0,1,3) needs 0 < low <= high");
    CU_ASSERT_STRING_EQUAL(read_one("lr=log(1,2)"), "!lr=log(1,2) is not written log(low,high,count)");
    CU_ASSERT_STRING_EQUAL(read_one("lr=log(1,2,0)"), "!lr=log(1,2,0) has 0 values, not 1..100000");
    CU_ASSERT_STRING_EQUAL(read_one("lr=log(1,2,3)x"), "!lr=log(1,2,3)x is not written log(low,high,count)");
    CU_ASSERT_EQUAL(read_one("hidden=64,,128")[0], '!');
    CU_ASSERT_EQUAL(read_one("=3")[0], '!');
}

const unroll_test tests_sweep_axes[] = {
    TEST(lists_ranges_and_steps_give_their_values),
    TEST(texts_keep_their_dots_and_escaped_commas),
    TEST(log_draws_are_the_same_every_time_one_in_each_part_of_their_range),
    TEST(a_grid_rises_from_low_to_high_by_equal_ratios),
    TEST(large_whole_numbers_stay_what_they_are),
    TEST(an_axis_holds_typed_values),
    TEST(draws_of_different_settings_differ_and_whole_ones_are_whole),
    TEST(an_assignment_takes_the_place_of_the_former_one),
    TEST(what_cannot_be_read_is_refused_by_name),
    {NULL, NULL},
};
