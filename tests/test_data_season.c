/* The season of a series, guessed. */
#include <math.h>
#include <stdlib.h>

#include "../datasets/series/forecast.h"
#include "../datasets/series/season.h"
#include "base/random.h"
#include "data.h"
#include "starved.h"

enum { MOST_ROWS = 24000 };

static int guessed(const double *value, int count)
{
    int season = -1;
    CU_ASSERT_EQUAL(unroll_season_guess(value, count, &season).code, UNROLL_OK);
    return season;
}

static double wave(int row, double period)
{
    return sin(2.0 * 3.14159265358979 * row / period);
}

/* What a series is made of: waves of some periods, a straight line, white noise, and noise that stays for a while (memory: the
   share of it that does from row to row; 1: a random walk). */
typedef struct plan {
    double period[4], height[4];
    double slope, white, slow, memory;
} plan;

static void make(const plan *p, uint64_t seed, double *value, int count)
{
    unroll_random draws = unroll_random_open(seed, UNROLL_FOR_SAMPLING, 0, 0);
    double slow = 0.0;
    for (int t = 0; t < count; t++) {
        slow = p->memory * slow + p->slow * unroll_random_normal(&draws);
        value[t] = p->slope * t + p->white * unroll_random_normal(&draws) + slow;
        for (int i = 0; i < 4 && p->period[i] > 0.0; i++)
            value[t] += p->height[i] * wave(t, p->period[i]);
    }
}

static void check_all(const plan *p, int count, int season, int slack)
{
    static double value[MOST_ROWS];
    for (uint64_t seed = 0; seed < 5; seed++) {
        make(p, seed, value, count);
        CU_ASSERT(abs(guessed(value, count) - season) <= slack);
    }
}

/* days of five minutes, with an overtone and a trend, on weeks; 1694 was the guess once */
static void a_day_of_288_rows_is_found_under_noise_trend_and_weeks(void)
{
    check_all(&(plan){.period = {288, 2016}, .height = {1, 0.7}}, 8000, 288, 0);
    check_all(&(plan){.period = {288, 144, 2016}, .height = {1, 0.5, 0.7}, .slope = 1e-3, .white = 1}, 12000, 288, 1);
    check_all(&(plan){.period = {288, 144, 2016}, .height = {1, 0.5, 0.7}, .slope = -1e-3, .slow = 0.3, .memory = 0.95},
              MOST_ROWS, 288, 1);
    check_all(&(plan){.period = {288, 2016}, .height = {1, 0.7}, .white = 0.3, .slow = 0.05, .memory = 1}, MOST_ROWS, 288, 1);
}

static void short_seasons_are_found_under_noise_and_trend(void)
{
    check_all(&(plan){.period = {30}, .height = {1}, .slope = 0.05, .white = 0.4}, 600, 30, 0);
    check_all(&(plan){.period = {12}, .height = {1}, .slope = 0.1, .white = 0.3}, 200, 12, 0);
    check_all(&(plan){.period = {12}, .height = {1}, .slow = 0.3, .memory = 1}, 600, 12, 0);
    check_all(&(plan){.period = {7}, .height = {1}, .white = 0.5}, 365, 7, 0);
    check_all(&(plan){.period = {24, 168}, .height = {1, 1}, .white = 0.5}, 2000, 24, 0);
    check_all(&(plan){.period = {4}, .height = {1}}, 40, 4, 0);
}

static void an_overtone_is_not_taken_for_its_season(void)
{
    check_all(&(plan){.period = {24, 12}, .height = {1, 1.5}, .white = 0.3}, 2800, 24, 0);
    check_all(&(plan){.period = {24, 12}, .height = {1, 1}, .white = 1}, 2800, 24, 0);
    check_all(&(plan){.period = {24, 8, 6}, .height = {1, 0.7, 0.5}}, 600, 24, 0);
}

static void a_short_pulse_has_the_season_of_its_pulses(void)
{
    double value[480];
    make(&(plan){.white = 0.3}, 3, value, 480);
    for (int t = 0; t < 480; t++)
        value[t] += t % 24 < 3 ? 2.0 : 0.0;
    CU_ASSERT_EQUAL(guessed(value, 480), 24);
}

static void noise_walks_and_trends_have_no_season(void)
{
    static const plan noise[] = {{.white = 1}, {.slow = 1, .memory = 0.9}, {.slow = 1, .memory = 0.99}, {.slow = 1, .memory = 1}};
    static double value[1000];
    int found = 0;
    for (int i = 0; i < 4; i++)
        for (uint64_t seed = 0; seed < 10; seed++) {
            make(&noise[i], seed, value, 1000);
            found += guessed(value, 1000) != 0;
        }
    CU_ASSERT(found <= 2);
    make(&(plan){.slope = 0.1}, 0, value, 1000);
    CU_ASSERT_EQUAL(guessed(value, 1000), 0);
    for (int t = 0; t < 1000; t++)
        value[t] = 1e-4 * t * t;
    CU_ASSERT_EQUAL(guessed(value, 1000), 0);
    make(&(plan){.period = {700}, .height = {1}}, 0, value, 1000); /* it comes but once */
    CU_ASSERT_EQUAL(guessed(value, 1000), 0);
}

static void too_little_and_a_constant_have_no_season(void)
{
    double value[100];
    for (int t = 0; t < 100; t++)
        value[t] = 3.0;
    CU_ASSERT_EQUAL(guessed(value, 100), 0);
    for (int t = 0; t < 100; t++)
        value[t] = t % 2;
    for (int count = 0; count < 12; count++)
        CU_ASSERT(guessed(value, count) == 0 || guessed(value, count) == 2);
    CU_ASSERT_EQUAL(guessed(value, 100), 2);
}

static void a_season_row_is_known_when_the_forecast_is_made(void)
{
    CU_ASSERT_EQUAL(unroll_season_row(100, 1, 12), 88);
    CU_ASSERT_EQUAL(unroll_season_row(100, 12, 12), 88);
    CU_ASSERT_EQUAL(unroll_season_row(100, 13, 12), 76);
}

/* years of weeks and of months, days of hours; of the sun's cycle there are but 14 in the training part, of 9 to 14 years */
static void the_bundled_series_have_the_seasons_that_they_are_known_for(void)
{
    static const struct {
        const char *file;
        int rows, season, slack;
    } all[] = {{"sunspots", 2820, 132, 8}, {"co2", 2284, 52, 0}, {"elnino", 732, 12, 0}, {"jfk", 8730, 24, 0}};
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
        char settings[64];
        opened_task task;
        const unroll_series *series;
        snprintf(settings, sizeof settings, "file=%s", all[i].file);
        task = data_open("series", settings);
        CU_ASSERT_EQUAL_FATAL(task.status.code, UNROLL_OK);
        series = task.state;
        CU_ASSERT_EQUAL(series->data.rows, all[i].rows);
        CU_ASSERT(abs(series->season - all[i].season) <= all[i].slack);
        data_close(&task);
    }
}

static void short_memory_is_an_error_and_no_missing_season(void)
{
    double value[100] = {0};
    for (long call = 0; call < 3 && test_can_starve(); call++) {
        unroll_status status;
        int season = -1;
        test_starve(call);
        status = unroll_season_guess(value, 100, &season);
        CU_ASSERT(test_fed());
        CU_ASSERT_EQUAL(status.code, UNROLL_FAILED);
        CU_ASSERT_STRING_EQUAL(status.text, "out of memory: the season of a series");
    }
}

const unroll_test tests_data_season[] = {TEST(a_day_of_288_rows_is_found_under_noise_trend_and_weeks),
                                         TEST(short_seasons_are_found_under_noise_and_trend),
                                         TEST(an_overtone_is_not_taken_for_its_season),
                                         TEST(a_short_pulse_has_the_season_of_its_pulses),
                                         TEST(noise_walks_and_trends_have_no_season),
                                         TEST(too_little_and_a_constant_have_no_season),
                                         TEST(a_season_row_is_known_when_the_forecast_is_made),
                                         TEST(the_bundled_series_have_the_seasons_that_they_are_known_for),
                                         TEST(short_memory_is_an_error_and_no_missing_season),
                                         {NULL, NULL}};
