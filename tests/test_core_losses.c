/* Losses against PyTorch (tests/golden/losses.txt, made by tests/golden/make_losses.py, which describes its format) and against
   plain definitions. */
#include <math.h>
#include <stdio.h>

#include "base/team.h"
#include "digest.h"
#include "losses.h"
#include "losses/logs.h"
#include "suite.h"

static const double tolerance = sizeof(real) == sizeof(float) ? 1e-5 : 1e-10;

static double of_largest(double difference, double largest)
{
    return fabs(difference) / fmax(largest, 1e-30);
}

/* ---- against PyTorch ---- */

/* "ctc STEPS OUTPUTS LABELS v ..." or "softmax ROWS OUTPUTS SMOOTHING v ..."; NULL where the problem is of the other loss */
static loss_problem *read_problem(FILE *file, const char *word, const char *wanted)
{
    problem_shape shape = {0};
    double third;
    int values[PROBLEM_LABELS], count;
    loss_problem *p;
    CU_ASSERT_EQUAL_FATAL(fscanf(file, "%d %d %lf", &shape.rows, &shape.outputs, &third), 3);
    bool ctc = strcmp(word, "ctc") == 0;
    count = ctc ? (int)third : shape.rows;
    for (int i = 0; i < count; i++)
        CU_ASSERT_EQUAL_FATAL(fscanf(file, "%d", &values[i]), 1);
    if (strcmp(word, wanted) != 0)
        return NULL;
    shape.labels = ctc ? count : 0;
    shape.parameter = ctc ? 0.0 : third;
    p = problem_open(unroll_loss_find(word), &shape);
    memcpy(ctc ? p->label : p->target, values, (size_t)count * sizeof *values);
    return p;
}

static void read_given(FILE *file, loss_problem *p)
{
    for (int r = 0; r < p->rows; r++)
        for (int o = 0; o < p->outputs; o++) {
            double value;
            CU_ASSERT_EQUAL_FATAL(fscanf(file, "%lf", &value), 1);
            *unroll_matrix_element(p->y, problem_row(p, r), o) = (real)(value / 1024);
        }
}

static void compare_results(FILE *file, loss_problem *p)
{
    double loss, value, worst = 0.0, largest = 0.0;
    p->weight = 1;
    CU_ASSERT_EQUAL_FATAL(fscanf(file, "%lf", &loss), 1);
    CU_ASSERT(of_largest(problem_loss(p, false) - loss, loss) <= tolerance);
    CU_ASSERT(of_largest(problem_loss(p, true) - loss, loss) <= tolerance);
    for (int r = 0; r < p->rows; r++)
        for (int o = 0; o < p->outputs; o++) {
            CU_ASSERT_EQUAL_FATAL(fscanf(file, "%lf", &value), 1);
            double difference = (double)*unroll_matrix_element(p->dy, problem_row(p, r), o) - value;
            largest = fmax(largest, fabs(value));
            worst = isnan(difference) ? INFINITY : fmax(worst, fabs(difference));
        }
    CU_ASSERT(of_largest(worst, largest) <= tolerance);
}

/* every problem of one loss; `least`: how many there must be */
static void check_golden(const char *wanted, int least)
{
    FILE *file = fopen("tests/golden/losses.txt", "r");
    char word[32];
    int count = 0, left;
    loss_problem *p = NULL;
    CU_ASSERT_FATAL(file != NULL);
    while (fscanf(file, " #%*[^\n]") != EOF && fscanf(file, "%31s", word) == 1) {
        if (strcmp(word, "given") != 0 && strcmp(word, "gradient") != 0) {
            p = read_problem(file, word, wanted);
            continue;
        }
        CU_ASSERT_EQUAL_FATAL(fscanf(file, "%d", &left), 1);
        if (p == NULL) {
            CU_ASSERT_FATAL(fscanf(file, "%*[^\n]") != EOF);
        } else if (strcmp(word, "given") == 0) {
            CU_ASSERT_EQUAL_FATAL(left, p->rows * p->outputs);
            read_given(file, p);
        } else {
            compare_results(file, p);
            problem_close(p);
            count++;
        }
    }
    fclose(file);
    CU_ASSERT(count >= least);
}

static void ctc_and_its_gradient_agree_with_pytorch(void)
{
    check_golden("ctc", 50);
}

static void smoothed_cross_entropy_and_its_gradient_agree_with_pytorch(void)
{
    check_golden("softmax", 5);
}

/* ---- against plain definitions ---- */

static double log_softmax(const loss_problem *p, int r, int class)
{
    double sum = 0.0;
    for (int o = 0; o < p->outputs; o++)
        sum += exp((double)*unroll_matrix_element(p->y, problem_row(p, r), o));
    return (double)*unroll_matrix_element(p->y, problem_row(p, r), class) - log(sum);
}

/* whether a path, one class a step, says the labels: repetitions merged, then blanks out */
static bool says_labels(const loss_problem *p, const int *path)
{
    int said = 0;
    for (int t = 0; t < p->rows; t++) {
        if (path[t] == 0 || (t > 0 && path[t] == path[t - 1]))
            continue;
        if (said == p->labels || p->label[said] != path[t])
            return false;
        said++;
    }
    return said == p->labels;
}

static double probability_of_all_paths(const loss_problem *p)
{
    double sum = 0.0;
    int path[8] = {0}, t;
    do {
        double log_p = 0.0;
        for (t = 0; t < p->rows; t++)
            log_p += log_softmax(p, t, path[t]);
        sum += says_labels(p, path) ? exp(log_p) : 0.0;
        for (t = 0; t < p->rows && ++path[t] == p->outputs; t++)
            path[t] = 0;
    } while (t < p->rows);
    return sum;
}

static void ctc_is_the_sum_over_all_paths_that_say_the_labels(void)
{
    for (uint32_t seed = 0; seed < 30; seed++) {
        problem_shape shape = {.rows = 1 + (int)seed % 6, .outputs = 2 + (int)seed % 3, .labels = (int)seed % 4};
        loss_problem *p = problem_open(unroll_loss_find("ctc"), &shape);
        problem_fill(p, seed);
        double sum = probability_of_all_paths(p), loss = problem_loss(p, false);
        CU_ASSERT_EQUAL(p->loss->fits(p->rows, p->label, p->labels), sum > 0.0);
        CU_ASSERT(sum > 0.0 ? fabs(loss + log(sum)) <= tolerance : loss == 0.0);
        problem_close(p);
    }
}

static void ctc_fits_where_each_pair_of_equal_neighbours_has_a_step_between(void)
{
    const unroll_loss *ctc = unroll_loss_find("ctc");
    static const int label[] = {3, 3, 1, 1, 1, 2};
    CU_ASSERT(ctc->fits(1, NULL, 0));
    CU_ASSERT(ctc->fits(1, label, 1) && !ctc->fits(2, label, 2) && ctc->fits(3, label, 2));
    CU_ASSERT(!ctc->fits(8, label, 6) && ctc->fits(9, label, 6));
}

static void ctc_of_labels_that_do_not_fit_is_zero_and_leaves_other_sequences_alone(void)
{
    problem_shape shape = {.rows = 4, .outputs = 19, .labels = 5};
    loss_problem *p = problem_open(unroll_loss_find("ctc"), &shape);
    int written = 0;
    problem_fill(p, 1);
    CU_ASSERT(problem_loss(p, false) == 0.0 && problem_loss(p, true) == 0.0);
    for (int i = 0; i < problem_reals(p); i++)
        written += p->dy.at[0][i] == 0;
    CU_ASSERT_EQUAL(written, 4 * 2 * UNROLL_LANES);
    p->labels = 0;
    problem_loss(p, true);
    for (int i = 0; i < problem_reals(p); i++)
        written -= !isnan(p->dy.at[0][i]);
    CU_ASSERT_EQUAL(written, 0);
    for (int r = 0; r < p->rows; r++)
        for (int o = p->outputs; o < 2 * UNROLL_LANES; o++)
            CU_ASSERT_EQUAL(*unroll_matrix_element(p->dy, problem_row(p, r), o), 0);
    problem_close(p);
}

static void ctc_without_labels_is_that_of_blanks_alone(void)
{
    problem_shape shape = {.rows = 7, .outputs = 5};
    loss_problem *p = problem_open(unroll_loss_find("ctc"), &shape);
    double blanks = 0.0;
    problem_fill(p, 2);
    for (int r = 0; r < p->rows; r++)
        blanks -= log_softmax(p, r, 0);
    CU_ASSERT(fabs(problem_loss(p, true) - blanks) <= tolerance * blanks);
    problem_close(p);
}

/* a probability of about e^-10000: no double holds it. Each step's gradient adds up to 0, as softmax and shares add up to 1. */
static void ctc_of_thousands_of_steps_keeps_its_gradient(void)
{
    problem_shape shape = {.rows = 3500, .outputs = 40, .labels = 1500};
    loss_problem *p = problem_open(unroll_loss_find("ctc"), &shape);
    double loss, worst = 0.0;
    problem_fill(p, 3);
    p->weight = 1;
    loss = problem_loss(p, true);
    for (int r = 0; r < p->rows; r++) {
        double sum = 0.0;
        for (int o = 0; o < p->outputs; o++)
            sum += (double)*unroll_matrix_element(p->dy, problem_row(p, r), o);
        worst = fmax(worst, isnan(sum) ? INFINITY : fabs(sum));
    }
    CU_ASSERT(isfinite(loss) && loss > 2000.0);
    CU_ASSERT(worst < (sizeof(real) == sizeof(float) ? 2e-6 : 1e-10));
    problem_close(p);
}

static void ctc_of_logits_that_are_no_numbers_is_no_number(void)
{
    problem_shape shape = {.rows = 9, .outputs = 20, .labels = 3};
    loss_problem *p = problem_open(unroll_loss_find("ctc"), &shape);
    problem_fill(p, 4);
    *unroll_matrix_element(p->y, problem_row(p, 5), 7) = (real)NAN;
    CU_ASSERT(isnan(problem_loss(p, true)));
    problem_fill(p, 4);
    *unroll_matrix_element(p->y, problem_row(p, 5), 7) = (real)INFINITY;
    CU_ASSERT(isnan(problem_loss(p, true)));
    problem_fill(p, 4);
    for (int r = 0; r < p->rows; r++)
        *unroll_matrix_element(p->y, problem_row(p, r), p->label[0]) = (real)-INFINITY;
    CU_ASSERT(isinf(problem_loss(p, true)));
    problem_close(p);
}

/* ---- smoothing in a model ---- */

static double losses_of_model(const char *smoothing, double *trained)
{
    static const unroll_model_shape shape = {
        .symbols = 5, .outputs = 17, .steps = 6, .batch = 4, .answer = UNROLL_AT_EVERY, .loss = "softmax"};
    int length[4], symbol[24], target[24];
    unroll_samples samples = {.length = length, .symbol = symbol, .target = target};
    unroll_settings *settings = unroll_settings_new();
    unroll_model *model = NULL;
    double plain;
    unroll_settings_set(settings, "smoothing", smoothing);
    CU_ASSERT_EQUAL_FATAL(unroll_model_open(settings, &shape, &model).code, UNROLL_OK);
    digest_fill(&shape, false, 1, &samples);
    unroll_model_pack(model, &samples, shape.batch);
    *trained = unroll_model_gradient(model, NULL);
    plain = unroll_model_loss(model, NULL);
    unroll_model_close(model);
    unroll_settings_free(settings);
    return plain;
}

static void smoothing_is_for_training_and_evaluations_report_the_plain_cross_entropy(void)
{
    double trained, smoothed;
    digest_register();
    double plain = losses_of_model("0", &trained);
    CU_ASSERT_EQUAL(plain, trained);
    CU_ASSERT_EQUAL(losses_of_model("0.3", &smoothed), plain);
    CU_ASSERT_NOT_EQUAL(smoothed, plain);
}

/* ---- logs.h ---- */

static double ulps(double got, long double truth, double least)
{
    int exponent;
    frexp(fmax(fabs((double)truth), least), &exponent);
    return (double)fabsl((long double)got - truth) / ldexp(1.0, exponent - 53);
}

static void exponentials_and_logarithms_in_double_keep_their_error_bounds(void)
{
    unroll_random random = unroll_random_open(1, UNROLL_FOR_TEST, 0, 0);
    double worst_exp = 0.0, worst_log = 0.0;
    for (int i = 0; i < 2000000; i++) {
        double u = unroll_random_uniform(&random), x = i % 2 == 0 ? -u * 708.0 : 2.0 * u - 1.0, sum = 1.0 + 2.0 * u;
        worst_exp = fmax(worst_exp, ulps(log_exp(x), expl((long double)x), 0.0));
        worst_log = fmax(worst_log, ulps(log_one_to_three(sum), logl((long double)sum), 0.25));
    }
    printf("    worst errors, ULP: exp %.3f, log %.3f\n", worst_exp, worst_log);
    CU_ASSERT(worst_exp <= 1.0);
    CU_ASSERT(worst_log <= 2.0);
    CU_ASSERT(log_exp(0.0) == 1.0 && log_exp(-709.0) == 0.0 && log_exp(LOG_ZERO) == 0.0 && log_exp(-INFINITY) == 0.0);
    CU_ASSERT(log_one_to_three(1.0) == 0.0);
    CU_ASSERT(isnan(log_exp(NAN)) && isnan(log_sum2(NAN, 0.0)) && isnan(log_sum2(0.0, NAN)) && isnan(log_sum3(0.0, NAN, 1.0)));
    CU_ASSERT(log_sum2(-3.0, LOG_ZERO) == -3.0 && log_sum3(LOG_ZERO, LOG_ZERO, LOG_ZERO) == LOG_ZERO);
}

const unroll_test tests_core_losses[] = {
    TEST(ctc_and_its_gradient_agree_with_pytorch),
    TEST(smoothed_cross_entropy_and_its_gradient_agree_with_pytorch),
    TEST(ctc_is_the_sum_over_all_paths_that_say_the_labels),
    TEST(ctc_fits_where_each_pair_of_equal_neighbours_has_a_step_between),
    TEST(ctc_of_labels_that_do_not_fit_is_zero_and_leaves_other_sequences_alone),
    TEST(ctc_without_labels_is_that_of_blanks_alone),
    TEST(ctc_of_thousands_of_steps_keeps_its_gradient),
    TEST(ctc_of_logits_that_are_no_numbers_is_no_number),
    TEST(smoothing_is_for_training_and_evaluations_report_the_plain_cross_entropy),
    TEST(exponentials_and_logarithms_in_double_keep_their_error_bounds),
    {NULL, NULL},
};
