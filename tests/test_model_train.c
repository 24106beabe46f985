/* Which weights a training keeps, when it ends and at what rate it learns: on a task whose metrics are made up. */
#include <stdlib.h>
#include <string.h>

#include "data.h"
#include "model/train.h"
#include "starved.h"

enum { VALID = 3, POINTS = 8, MOST_SEEN = 200 };

/* What the metric is at each point, over the first batch and over the whole split; what was asked for. */
static struct {
    double point[POINTS + 1], whole;
    int points;                      /* metrics of points that were asked for */
    int seen[MOST_SEEN], seen_count; /* validation batches in their order */
} made_up;

static void fill_batch(const void *state, unroll_split split, int64_t index, unroll_samples *out)
{
    (void)state;
    out->x[0] = (float)(index + 1);
    out->x[4] = -0.5f;
    out->y[0] = 1.0f;
    if (split == UNROLL_VALID && made_up.seen_count < MOST_SEEN)
        made_up.seen[made_up.seen_count++] = (int)index;
}

static double measure(const void *state, const unroll_score *score)
{
    (void)state;
    return score->targets == 2 ? made_up.point[made_up.points++] : made_up.whole;
}

static const unroll_task made_up_task = {.name = "own", .batch = fill_batch, .metric = measure};

typedef struct trained {
    unroll_training training;
    unroll_settings *settings;
    unroll_status status;
} trained;

/* A training of `steps` steps with a validation point after each. */
static trained prepare(const char *assignments, int64_t steps)
{
    trained t = {.settings = data_settings(assignments)};
    unroll_model_shape shape;
    t.training = (unroll_training){.settings = t.settings,
                                   .task = &made_up_task,
                                   .steps = steps,
                                   .shape = {.inputs = 1,
                                             .outputs = 1,
                                             .steps = 4,
                                             .batch = 2,
                                             .loss = "squared",
                                             .batches = {0, VALID, VALID},
                                             .metric = "mse",
                                             .solved_below = 0.1}};
    shape = unroll_model_shape_of(&t.training.shape);
    CU_ASSERT_EQUAL_FATAL(unroll_model_open(t.settings, &shape, &t.training.model).code, UNROLL_OK);
    return t;
}

static trained train(const char *assignments, int64_t steps)
{
    trained t = prepare(assignments, steps);
    made_up.points = made_up.seen_count = 0;
    t.status = unroll_training_open(&t.training);
    CU_ASSERT_EQUAL_FATAL(t.status.code, UNROLL_OK);
    unroll_train(&t.training);
    return t;
}

static void finish(trained *t)
{
    unroll_training_close(&t->training);
    unroll_model_close(t->training.model);
    unroll_settings_free(t->settings);
}

static void make_up(const double *point, double whole)
{
    memcpy(made_up.point, point, sizeof made_up.point);
    made_up.whole = whole;
}

static bool same_weights(const trained *a, const trained *b)
{
    size_t reals = unroll_model_reals(a->training.model);
    real *one = malloc(reals * sizeof *one), *two = malloc(reals * sizeof *two);
    bool same;
    CU_ASSERT_FATAL(one != NULL && two != NULL);
    unroll_model_save_weights(a->training.model, one);
    unroll_model_save_weights(b->training.model, two);
    same = memcmp(one, two, reals * sizeof *one) == 0;
    free(one);
    free(two);
    return same;
}

#define SMALL "hidden=3 lr=0.1 points=8 valid_batches=1 "
static const double falls_and_rises[POINTS + 1] = {0.9, 0.8, 0.7, 0.5, 0.6, 0.7, 0.5, 0.9, 1.0};

static void the_weights_of_the_best_point_are_put_back(void)
{
    trained best, three, eight, last;
    real x[2] = {1, 2}, y[2][2];
    make_up(falls_and_rises, 0.45);
    best = train(SMALL, 8);
    eight = train(SMALL "keep=last", 8);
    last = train(SMALL "keep=last", 8);
    three = train(SMALL "keep=last", 3);
    CU_ASSERT_EQUAL(best.training.kept_step, 3);
    CU_ASSERT_EQUAL(best.training.last_step, 8);
    CU_ASSERT_EQUAL(best.training.schedule.best_step, 3);
    CU_ASSERT_EQUAL(best.training.schedule.best, 0.5);
    CU_ASSERT_EQUAL(best.training.metric, 0.45);
    CU_ASSERT_TRUE(same_weights(&best, &three));
    CU_ASSERT_FALSE(same_weights(&best, &eight));
    CU_ASSERT_TRUE(same_weights(&eight, &last));
    CU_ASSERT_EQUAL(eight.training.kept_step, 8);
    for (int i = 0; i < 2; i++) {
        unroll_model *model = i == 0 ? best.training.model : three.training.model;
        unroll_model_reset(model);
        unroll_model_step(model, 2, x, NULL, y[i]);
    }
    CU_ASSERT_EQUAL(memcmp(y[0], y[1], sizeof y[0]), 0);
    finish(&best);
    finish(&three);
    finish(&eight);
    finish(&last);
}

/* What streaming reads is a form of its own with weights=int8: it must be made anew, too. */
static void a_model_streams_with_the_weights_that_are_put_back(void)
{
    trained one = prepare(SMALL "weights=int8", 1), other = prepare(SMALL "weights=int8 seed=1", 1);
    size_t reals = unroll_model_reals(one.training.model);
    real x[2] = {1, 2}, y[3][2], *copy = malloc(reals * sizeof *copy);
    CU_ASSERT_PTR_NOT_NULL_FATAL(copy);
    unroll_model_step(one.training.model, 2, x, NULL, y[0]);
    unroll_model_step(other.training.model, 2, x, NULL, y[1]);
    unroll_model_save_weights(other.training.model, copy);
    unroll_model_load_weights(one.training.model, copy);
    unroll_model_reset(one.training.model);
    unroll_model_step(one.training.model, 2, x, NULL, y[2]);
    CU_ASSERT_NOT_EQUAL(memcmp(y[0], y[1], sizeof y[0]), 0);
    CU_ASSERT_EQUAL(memcmp(y[1], y[2], sizeof y[1]), 0);
    free(copy);
    unroll_model_close(one.training.model);
    unroll_model_close(other.training.model);
    unroll_settings_free(one.settings);
    unroll_settings_free(other.settings);
}

/* Points are compared over the same batches; the weights that are kept are scored once over all. */
static void every_point_takes_the_first_batches_and_the_end_takes_all(void)
{
    trained t;
    make_up(falls_and_rises, 0.45);
    t = train(SMALL, 8);
    CU_ASSERT_EQUAL(made_up.points, 9);
    CU_ASSERT_EQUAL_FATAL(made_up.seen_count, 9 + VALID);
    for (int i = 0; i < 9; i++)
        CU_ASSERT_EQUAL(made_up.seen[i], 0);
    for (int i = 0; i < VALID; i++)
        CU_ASSERT_EQUAL(made_up.seen[9 + i], i);
    for (int i = 0; i < 9; i++)
        CU_ASSERT_EQUAL(t.training.curves.valid[i], (float)falls_and_rises[i]);
    finish(&t);
}

static void a_training_that_never_improves_keeps_the_weights_it_began_with(void)
{
    static const double rises[POINTS + 1] = {0.5, 0.5, 0.6, 0.7, 0.8, 0.9, 1, 1.1, 1.2};
    trained t, none;
    make_up(rises, 0.5);
    t = train(SMALL, 8);
    none = train(SMALL, 0);
    CU_ASSERT_EQUAL(t.training.kept_step, 0);
    CU_ASSERT_TRUE(same_weights(&t, &none));
    finish(&t);
    finish(&none);
}

/* An end without a metric is no end of a training that came to something before. */
static void a_last_metric_that_is_no_number_is_kept(void)
{
    static const double goes_wrong[POINTS + 1] = {0.9, 0.8, 0.7, 0.5, 0.6, 0.7, 0.5, 0.9, NAN};
    trained t;
    make_up(goes_wrong, 0.45);
    t = train(SMALL, 8);
    CU_ASSERT_TRUE(isnan(t.training.metric));
    CU_ASSERT_EQUAL(t.training.kept_step, -1);
    finish(&t);
}

static void early_stopping_ends_at_the_point_where_patience_runs_out(void)
{
    trained t;
    make_up(falls_and_rises, 0.45);
    t = train(SMALL "stop=early patience=4", 8);
    CU_ASSERT_EQUAL(t.training.last_step, 7);
    CU_ASSERT_EQUAL(t.training.curves.count, 8);
    CU_ASSERT_EQUAL(t.training.kept_step, 3);
    finish(&t);
    t = train(SMALL "stop=early patience=6", 8);
    CU_ASSERT_EQUAL(t.training.last_step, 8);
    finish(&t);
}

static void a_halved_rate_is_that_of_the_steps_after_its_point(void)
{
    static const float expected[] = {0.1f, 0.1f, 0.1f, 0.1f, 0.1f, 0.05f, 0.05f, 0.025f};
    trained t, constant;
    make_up(falls_and_rises, 0.45);
    t = train(SMALL "schedule=halve patience=2 keep=last", 8);
    constant = train(SMALL "keep=last", 8);
    for (int i = 0; i < 8; i++)
        CU_ASSERT_EQUAL(t.training.curves.rate[i + 1], expected[i]);
    CU_ASSERT_TRUE(isnan(t.training.curves.rate[0]));
    CU_ASSERT_FALSE(same_weights(&t, &constant));
    finish(&t);
    finish(&constant);
    t = train(SMALL "schedule=halve patience=2 keep=last", 5); /* the sixth step is the first with another rate */
    constant = train(SMALL "keep=last", 5);
    CU_ASSERT_TRUE(same_weights(&t, &constant));
    finish(&t);
    finish(&constant);
}

/* Points may be below the mark by chance; over the whole split they must be, too, and three in a row. */
static void a_task_is_solved_when_the_whole_split_says_so_three_times(void)
{
    static const double lucky[POINTS + 1] = {0.9, 0.05, 0.05, 0.7, 0.05, 0.06, 0.05, 0.9, 1.0};
    static const double late[POINTS + 1] = {0.9, 0.05, 0.05, 0.7, 0.05, 0.7, 0.6, 0.05, 0.05};
    trained t;
    make_up(lucky, 0.2);
    t = train(SMALL "stop=solved", 8);
    CU_ASSERT_EQUAL(t.training.solved_step, -1);
    CU_ASSERT_EQUAL(t.training.last_step, 8);
    finish(&t);
    make_up(lucky, 0.09);
    t = train(SMALL "stop=solved", 8);
    CU_ASSERT_EQUAL(t.training.solved_step, 4); /* the first of the three */
    CU_ASSERT_EQUAL(t.training.last_step, 6);
    finish(&t);
    make_up(late, 0.09); /* two in a row, at most */
    t = train(SMALL, 8);
    CU_ASSERT_EQUAL(t.training.solved_step, -1);
    finish(&t);
}

static void keeping_the_best_takes_one_copy_of_the_weights_and_says_when_there_is_no_room(void)
{
    int failed = 0;
    bool starved = true;
    if (!test_can_starve())
        return;
    make_up(falls_and_rises, 0.45);
    for (long call = 0; call < 100 && starved; call++) {
        trained t = prepare(SMALL, 8);
        test_starve(call);
        t.status = unroll_training_open(&t.training);
        starved = test_fed();
        failed += starved;
        CU_ASSERT_EQUAL(t.status.code, starved ? UNROLL_FAILED : UNROLL_OK);
        if (!starved)
            CU_ASSERT_PTR_NOT_NULL(t.training.kept);
        finish(&t);
    }
    CU_ASSERT_EQUAL(failed, 6); /* a batch's three arrays, the curves' two, the copy */
}

const unroll_test tests_model_train[] = {
    TEST(the_weights_of_the_best_point_are_put_back),
    TEST(a_model_streams_with_the_weights_that_are_put_back),
    TEST(every_point_takes_the_first_batches_and_the_end_takes_all),
    TEST(a_training_that_never_improves_keeps_the_weights_it_began_with),
    TEST(a_last_metric_that_is_no_number_is_kept),
    TEST(early_stopping_ends_at_the_point_where_patience_runs_out),
    TEST(a_halved_rate_is_that_of_the_steps_after_its_point),
    TEST(a_task_is_solved_when_the_whole_split_says_so_three_times),
    TEST(keeping_the_best_takes_one_copy_of_the_weights_and_says_when_there_is_no_room),
    {NULL, NULL},
};
