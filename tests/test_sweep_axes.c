/* What is written after "setting=" becomes the values that a sweep runs through. */
#include <stdio.h>
#include <string.h>

#include "suite.h"
#include "sweep/axes.h"

/* The values of the axis of `name`, parted by blanks. */
static const char *values(const unroll_axes *axes, const char *name)
{
    static char out[4096];
    const unroll_axis *axis = unroll_axes_find(axes, name);
    size_t used = 0;
    out[0] = '\0';
    for (int i = 0; axis != NULL && i < axis->count && used < sizeof out; i++)
        used += (size_t)snprintf(out + used, sizeof out - used, "%s%s", i > 0 ? " " : "", axis->values[i]);
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

static void log_draws_are_the_same_every_time_inside_of_their_bounds(void)
{
    unroll_axes axes = {0};
    const unroll_axis *axis;
    /* Philox keyed by the name: these must never change, or finished sweeps would be done again */
    CU_ASSERT_STRING_EQUAL(read_one("lr=log(1e-4,1e-1,5)"), "0.01618 0.000242 0.0004724 0.0003912 0.0004673");
    CU_ASSERT_STRING_EQUAL(read_one("lr=log( 1e-4, 1e-1, 2 )"), "0.01618 0.000242");
    CU_ASSERT_EQUAL_FATAL(unroll_axes_assign(&axes, "clip=log(0.5,8,1000)").code, UNROLL_OK);
    axis = unroll_axes_find(&axes, "clip");
    CU_ASSERT_EQUAL_FATAL(axis->count, 1000);
    int below = 0;
    for (int i = 0; i < axis->count; i++) {
        double value = -1;
        CU_ASSERT_EQUAL(sscanf(axis->values[i], "%lf", &value), 1);
        CU_ASSERT(value >= 0.5 && value <= 8);
        below += value < 2; /* the middle of the logarithms */
    }
    CU_ASSERT(below > 420 && below < 580);
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
    CU_ASSERT_STRING_EQUAL(read_one("hidden"), "!hidden is not written setting=value");
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
    CU_ASSERT_STRING_EQUAL(read_one("lr=log(1,2,0)"), "!lr=log(1,2,0) draws 0 values, not 1..100000");
    CU_ASSERT_STRING_EQUAL(read_one("lr=log(1,2,3)x"), "!lr=log(1,2,3)x is not written log(low,high,count)");
    CU_ASSERT_EQUAL(read_one("hidden=64,,128")[0], '!');
    CU_ASSERT_EQUAL(read_one("=3")[0], '!');
}

const unroll_test tests_sweep_axes[] = {
    TEST(lists_ranges_and_steps_give_their_values),
    TEST(texts_keep_their_dots_and_escaped_commas),
    TEST(log_draws_are_the_same_every_time_inside_of_their_bounds),
    TEST(draws_of_different_settings_differ_and_whole_ones_are_whole),
    TEST(an_assignment_takes_the_place_of_the_former_one),
    TEST(what_cannot_be_read_is_refused_by_name),
    {NULL, NULL},
};
