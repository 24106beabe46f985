/* unroll compare: two results, paired run by run. Each test makes both up. */
#include "gathered.h"
#include "base/random.h"
#include "base/text.h"
#include "report/compare.h"
#include "report/inside.h"

/* What a run of the made results holds. */
typedef struct contents {
    const char *experiment;
    const char *settings; /* parted by blanks */
    int seed;
    double mse, ms;
    float loss;        /* a point of a curve */
    const char *processor, *load, *status;
} contents;

static unroll_record *record_of(const contents *run)
{
    unroll_settings *settings = unroll_settings_new();
    const char *rest = run->settings;
    char word[64];
    unroll_record *record;
    while (unroll_next_word(&rest, word, sizeof word))
        CU_ASSERT_EQUAL_FATAL(unroll_settings_assign(settings, word).code, UNROLL_OK);
    snprintf(word, sizeof word, "seed=%d", run->seed);
    unroll_settings_assign(settings, word);
    record = unroll_record_new(settings);
    unroll_settings_free(settings);
    strcpy(record->experiment, run->experiment);
    strcpy(record->status, run->status);
    unroll_record_real(record, "mse", "", strcmp(run->status, "done") == 0 ? run->mse : NAN);
    unroll_record_real(record, "ms_per_step", "ms", run->ms);
    unroll_record_real(record, "naive_mse", "", 7);
    unroll_record_curve(record, "train_loss", "", &run->loss, 1);
    if (strcmp(run->experiment, "bench") == 0)
        unroll_record_text(record, "mode", "step");
    unroll_record_env(record, "processor", run->processor);
    unroll_record_env(record, "load", run->load);
    unroll_record_env(record, "cores", "2");
    return record;
}

/* The runs in one gathered file, in their order. */
static void gather(const char *results, const char *experiment, contents *runs, int count)
{
    const char *folder = test_folder();
    unroll_gather_info info = {.experiment = experiment, .title = "made up"};
    char path[1200];
    for (int i = 0; i < count; i++) {
        unroll_record *record = record_of(&runs[i]);
        snprintf(record->id, sizeof record->id, "%032d", i);
        snprintf(path, sizeof path, "%s/%s.h5", folder, record->id);
        CU_ASSERT_EQUAL(unroll_store_record(record, path).code, UNROLL_OK);
        unroll_record_free(record);
    }
    snprintf(path, sizeof path, "%s/%s.h5", results, experiment);
    CU_ASSERT_EQUAL_FATAL(unroll_store_gather(folder, NULL, 0, path, &info).code, UNROLL_OK);
}

enum { CONFIGURATIONS = 3, SEEDS = 7, RUNS = CONFIGURATIONS * SEEDS };

static contents made[2][RUNS];

/* Three lengths, seven seeds each; both sides alike. */
static void make_alike(void)
{
    static const char *const lengths[CONFIGURATIONS] = {"length=10 model=gru", "length=20 model=gru", "length=30 model=gru"};
    for (int side = 0; side < 2; side++)
        for (int i = 0; i < RUNS; i++)
            made[side][i] = (contents){.experiment = "architectures", .settings = lengths[i / SEEDS], .seed = i % SEEDS,
                                       .mse = 1 + 0.1 * (i % 5), .ms = 2 + 0.01 * (i % 3), .loss = 1, .processor = "Abacus",
                                       .load = "1", .status = "done"};
}

static const char *folders[2];

static unroll_comparison_of_two compare_made(int runs)
{
    unroll_comparison_of_two c;
    for (int side = 0; side < 2; side++) {
        folders[side] = test_folder();
        gather(folders[side], made[side][0].experiment, made[side], runs);
    }
    CU_ASSERT_EQUAL(unroll_compare(folders[0], folders[1], 0.02, &c).code, UNROLL_OK);
    return c;
}

/* of a metric: over all, or where `where` says */
static const unroll_change *change_of(const unroll_comparison_of_two *c, const char *metric, const char *where)
{
    for (int i = 0; i < c->changes; i++)
        if (strcmp(c->change[i].metric, metric) == 0 &&
            (where == NULL ? c->change[i].configurations > 0
                           : c->change[i].configurations == 0 && strcmp(c->change[i].where, where) == 0))
            return &c->change[i];
    CU_FAIL_FATAL("there is no such change");
    return NULL;
}

static void what_is_equal_is_the_same_in_values_times_and_bits(void)
{
    unroll_comparison_of_two c;
    make_alike();
    c = compare_made(RUNS);
    CU_ASSERT_EQUAL(c.experiments, 1);
    CU_ASSERT_EQUAL(c.experiment[0].pairs, RUNS);
    CU_ASSERT_EQUAL(c.experiment[0].configurations, CONFIGURATIONS);
    CU_ASSERT_EQUAL(c.experiment[0].only_old + c.experiment[0].only_new, 0);
    CU_ASSERT_EQUAL(c.experiment[0].compared, RUNS);
    CU_ASSERT_EQUAL(c.experiment[0].changed, 0);
    CU_ASSERT_EQUAL(c.changes, 2 * (1 + CONFIGURATIONS)); /* mse and ms_per_step; naive_mse has no better side */
    CU_ASSERT_EQUAL(unroll_compare_count(&c, UNROLL_CHANGE_SAME), c.changes);
    unroll_compare_free(&c);
}

/* All runs are a tenth worse in one configuration; the pairs' ratios are what they were made. */
static void a_configuration_that_is_worse_in_every_pair_is_found(void)
{
    unroll_comparison_of_two c;
    const unroll_change *change;
    make_alike();
    for (int i = SEEDS; i < 2 * SEEDS; i++)
        made[1][i].ms *= 1.1 + 0.001 * i;
    c = compare_made(RUNS);
    change = change_of(&c, "ms_per_step", "length=20");
    CU_ASSERT_EQUAL(change->pairs, SEEDS);
    CU_ASSERT_DOUBLE_EQUAL(change->change.low, 1.107, 1e-9);
    CU_ASSERT_DOUBLE_EQUAL(change->change.high, 1.113, 1e-9);
    CU_ASSERT_DOUBLE_EQUAL(change->change.estimate, 1.11, 1e-9);
    /* one of eight tests at 1/128: 8/128 after the correction, which is no finding */
    CU_ASSERT_DOUBLE_EQUAL(change->p_worse, 0.0625, 1e-9);
    CU_ASSERT_EQUAL(change->finding, UNROLL_CHANGE_OPEN);
    CU_ASSERT_EQUAL(change_of(&c, "ms_per_step", "length=10")->finding, UNROLL_CHANGE_SAME);
    CU_ASSERT_EQUAL(c.experiment[0].changed, 0); /* times are no bits */
    unroll_compare_free(&c);
}

static void what_is_worse_everywhere_is_worse_and_told_first(void)
{
    unroll_comparison_of_two c;
    char text[8192] = "";
    FILE *out;
    make_alike();
    for (int i = 0; i < RUNS; i++) {
        made[1][i].ms *= 1.1;
        made[1][i].mse *= 0.5;
    }
    c = compare_made(RUNS);
    for (int k = 0; k < CONFIGURATIONS; k++) {
        static const char *const where[] = {"length=10", "length=20", "length=30"};
        CU_ASSERT_EQUAL(change_of(&c, "ms_per_step", where[k])->finding, UNROLL_CHANGE_WORSE);
        CU_ASSERT_EQUAL(change_of(&c, "mse", where[k])->finding, UNROLL_CHANGE_BETTER);
    }
    /* three configurations have no interval, whatever they are */
    CU_ASSERT_EQUAL(change_of(&c, "mse", NULL)->finding, UNROLL_CHANGE_TOO_FEW);
    CU_ASSERT_DOUBLE_EQUAL(change_of(&c, "mse", NULL)->change.estimate, 0.5, 1e-9);
    CU_ASSERT_EQUAL(c.experiment[0].changed, RUNS);
    CU_ASSERT_STRING_EQUAL(c.experiment[0].first, "mse at length=10 seed=0");
    out = fmemopen(text, sizeof text, "w");
    CU_ASSERT_EQUAL(unroll_compare_print(&c, 0.02, UNROLL_FORMAT_TEXT, out).code, UNROLL_OK);
    fclose(out);
    CU_ASSERT_PTR_NOT_NULL(strstr(text, "\n21 pairs of runs in 3 configurations\nbits: changed in 21 of 21 pairs, first in mse at "
                                        "length=10 seed=0; the version of the arithmetic is the same, 0\n"));
    CU_ASSERT_PTR_NOT_NULL(strstr(text, "\nworse: ms_per_step at length=10: new / old 1.1 [1.1, 1.1], from 2.01 to 2.21 ms, 7 pairs\n"));
    CU_ASSERT_PTR_NOT_NULL(strstr(text, "\nverdict: worse: of 8 comparisons beyond 2%, 3 worse, 3 better, 0 the same, 2 open; bits "
                                        "changed\n"));
    CU_ASSERT(strstr(text, "\nworse: ") < strstr(text, "\nbetter: "));
    unroll_compare_free(&c);
}

static void a_change_within_the_threshold_is_none(void)
{
    unroll_comparison_of_two c;
    make_alike();
    for (int i = 0; i < RUNS; i++)
        made[1][i].ms *= 1.015;
    c = compare_made(RUNS);
    CU_ASSERT_EQUAL(change_of(&c, "ms_per_step", "length=30")->finding, UNROLL_CHANGE_SAME);
    unroll_compare_free(&c);
    CU_ASSERT_EQUAL(unroll_compare(folders[0], folders[1], 0.01, &c).code, UNROLL_OK);
    CU_ASSERT_EQUAL(change_of(&c, "ms_per_step", "length=30")->finding, UNROLL_CHANGE_WORSE);
    unroll_compare_free(&c);
}

static void five_pairs_are_too_few_and_one_configuration_has_no_mean(void)
{
    unroll_comparison_of_two c;
    make_alike();
    for (int i = 0; i < 5; i++)
        made[1][i].ms *= 2;
    c = compare_made(5);
    CU_ASSERT_EQUAL(c.changes, 2);
    CU_ASSERT_EQUAL(change_of(&c, "ms_per_step", "")->finding, UNROLL_CHANGE_TOO_FEW);
    CU_ASSERT_DOUBLE_EQUAL(change_of(&c, "ms_per_step", "")->change.estimate, 2, 1e-9);
    unroll_compare_free(&c);
}

/* Where the new program diverges, that is worse than any error; where both do, nothing has changed. */
static void runs_that_diverge_are_worst(void)
{
    unroll_comparison_of_two c;
    make_alike();
    for (int i = 0; i < RUNS; i++)
        made[1][i].status = "diverged";
    for (int i = 2 * SEEDS; i < RUNS; i++)
        made[0][i].status = "diverged";
    c = compare_made(RUNS);
    CU_ASSERT_EQUAL(change_of(&c, "mse", "length=10")->finding, UNROLL_CHANGE_WORSE);
    CU_ASSERT(isinf(change_of(&c, "mse", "length=10")->change.low));
    CU_ASSERT_EQUAL(change_of(&c, "mse", "length=30")->finding, UNROLL_CHANGE_SAME);
    CU_ASSERT_DOUBLE_EQUAL(change_of(&c, "mse", NULL)->change.estimate, pow(100, 2.0 / 3), 1e-6);
    unroll_compare_free(&c);
}

static void a_curve_that_changed_is_told_and_so_is_its_run(void)
{
    unroll_comparison_of_two c;
    make_alike();
    made[1][SEEDS + 2].loss = nextafterf(1, 2);
    c = compare_made(RUNS);
    CU_ASSERT_EQUAL(c.experiment[0].changed, 1);
    CU_ASSERT_STRING_EQUAL(c.experiment[0].first, "train_loss at length=20 seed=2");
    CU_ASSERT_EQUAL(unroll_compare_count(&c, UNROLL_CHANGE_SAME), c.changes);
    unroll_compare_free(&c);
}

static void times_of_another_processor_are_left_out(void)
{
    unroll_comparison_of_two c;
    make_alike();
    for (int i = 0; i < RUNS; i++) {
        made[1][i].ms *= 3;
        made[1][i].processor = i < SEEDS ? "Slide rule" : "Abacus";
    }
    c = compare_made(RUNS);
    CU_ASSERT_EQUAL(c.experiment[0].elsewhere, SEEDS);
    CU_ASSERT_EQUAL(change_of(&c, "ms_per_step", NULL)->configurations, 2);
    CU_ASSERT_EQUAL(change_of(&c, "mse", NULL)->configurations, 3);
    unroll_compare_free(&c);
}

/* Its runs alone are judged by the machine's load, and their bits are not compared. */
static void times_under_a_load_are_left_out_of_timed_experiments(void)
{
    unroll_comparison_of_two c;
    make_alike();
    for (int side = 0; side < 2; side++)
        for (int i = 0; i < RUNS; i++)
            made[side][i].experiment = "speed";
    for (int i = 0; i < SEEDS; i++)
        made[0][i].load = "7";
    made[1][0].mse = 5;
    c = compare_made(RUNS);
    CU_ASSERT_EQUAL(c.experiment[0].doubtful, SEEDS);
    CU_ASSERT_EQUAL(c.experiment[0].compared, 0);
    unroll_compare_free(&c);
}

static void what_only_one_side_has_is_counted(void)
{
    unroll_comparison_of_two c;
    make_alike();
    made[0][0].settings = "length=40 model=gru";
    made[1][RUNS - 1].seed = 99;
    c = compare_made(RUNS);
    CU_ASSERT_EQUAL(c.experiment[0].pairs, RUNS - 2);
    CU_ASSERT_EQUAL(c.experiment[0].only_old, 1);
    CU_ASSERT_EQUAL(c.experiment[0].only_new, 0); /* its configuration has other seeds in both */
    unroll_compare_free(&c);
    gather(folders[1], "text", made[1], 1);
    CU_ASSERT_EQUAL(unroll_compare(folders[0], folders[1], 0.02, &c).code, UNROLL_OK);
    CU_ASSERT_STRING_EQUAL(c.only[1], "text");
    unroll_compare_free(&c);
}

static void nothing_in_common_is_a_sentence(void)
{
    unroll_comparison_of_two c;
    const char *empty = test_folder(), *other = test_folder();
    unroll_status status;
    make_alike();
    c = compare_made(RUNS);
    unroll_compare_free(&c);
    status = unroll_compare(empty, folders[1], 0.02, &c);
    CU_ASSERT_EQUAL(status.code, UNROLL_NOTHING);
    CU_ASSERT_PTR_NOT_NULL(strstr(status.text, "no gathered results"));
    unroll_compare_free(&c);
    gather(other, "text", made[0], 2);
    status = unroll_compare(folders[0], other, 0.02, &c);
    CU_ASSERT_EQUAL(status.code, UNROLL_NOTHING);
    CU_ASSERT_PTR_NOT_NULL(strstr(status.text, "no experiment is in both"));
    unroll_compare_free(&c);
    for (int i = 0; i < RUNS; i++)
        made[1][i].seed += 100;
    gather(other, "architectures", made[1], RUNS);
    status = unroll_compare(folders[0], other, 0.02, &c);
    CU_ASSERT_EQUAL(status.code, UNROLL_NOTHING);
    CU_ASSERT_PTR_NOT_NULL(strstr(status.text, "the settings and the seed"));
    unroll_compare_free(&c);
    status = unroll_compare("/nowhere/at/all", other, 0.02, &c);
    CU_ASSERT_EQUAL(status.code, UNROLL_WRONG);
    unroll_compare_free(&c);
}

/* A damaged file is told, and the others are compared. */
static void a_damaged_file_keeps_no_other_back(void)
{
    unroll_comparison_of_two c;
    unroll_status status;
    make_alike();
    c = compare_made(RUNS);
    unroll_compare_free(&c);
    for (int side = 0; side < 2; side++) {
        gather(folders[side], "text", made[side], 2);
        gather(folders[side], "adding", made[side], 2);
    }
    write_bytes(path_in(folders[0], "adding.h5"), "no HDF5", 7);
    status = unroll_compare(folders[0], folders[1], 0.02, &c);
    CU_ASSERT_EQUAL(status.code, UNROLL_DAMAGED);
    CU_ASSERT_PTR_NOT_NULL(strstr(status.text, "adding.h5"));
    CU_ASSERT_EQUAL(c.experiments, 2);
    unroll_compare_free(&c);
}

/* Each call of unroll bench adds records: the first of a configuration is held against the first. */
static void calls_of_bench_are_paired_in_their_order(void)
{
    unroll_comparison_of_two c;
    make_alike();
    for (int side = 0; side < 2; side++)
        for (int i = 0; i < RUNS; i++) {
            made[side][i].experiment = "bench";
            made[side][i].seed = 0;
            made[side][i].ms = side == 0 ? 1 + i : 2 * (1 + i);
        }
    for (int side = 0; side < 2; side++) {
        folders[side] = test_folder();
        gather(folders[side], "bench", made[side], RUNS - side);
    }
    CU_ASSERT_EQUAL(unroll_compare(folders[0], folders[1], 0.02, &c).code, UNROLL_OK);
    CU_ASSERT_EQUAL(c.experiment[0].pairs, RUNS - 1);
    CU_ASSERT_EQUAL(c.experiment[0].configurations, CONFIGURATIONS);
    CU_ASSERT_DOUBLE_EQUAL(change_of(&c, "ms_per_step", "length=20")->change.low, 2, 1e-9);
    CU_ASSERT_DOUBLE_EQUAL(change_of(&c, "ms_per_step", "length=20")->change.high, 2, 1e-9);
    unroll_compare_free(&c);
}

/* The means by hand; the p values times 5 over their rank, none below that of a smaller one. */
static void means_and_false_discoveries_are_those_of_the_definitions(void)
{
    static const double six[] = {1, 2, 4, 8, 16, 32};
    double p[] = {0.01, 0.04, 0.03, 0.005, 0.5};
    static const double adjusted[] = {0.025, 0.05, 0.05, 0.025, 0.5};
    unroll_interval mean;
    CU_ASSERT_EQUAL(unroll_mean(six, 6, &mean).code, UNROLL_OK);
    CU_ASSERT_DOUBLE_EQUAL(mean.estimate, 10.5, 1e-12);
    CU_ASSERT_DOUBLE_EQUAL(mean.low, 1, 1e-12); /* the lowest of 63 means: 2.5% of 64 are one */
    CU_ASSERT_DOUBLE_EQUAL(mean.high, 32, 1e-12);
    CU_ASSERT_EQUAL(unroll_mean(six, 5, &mean).code, UNROLL_OK);
    CU_ASSERT(isnan(mean.low) && isnan(mean.high));
    CU_ASSERT_EQUAL(unroll_benjamini_hochberg(p, 5).code, UNROLL_OK);
    for (int i = 0; i < 5; i++)
        CU_ASSERT_DOUBLE_EQUAL(p[i], adjusted[i], 1e-12);
}

/* Of symmetric laws the interval of a mean covers it as often as it says, with few values and with many. */
static void intervals_of_means_cover_as_much_as_they_say(void)
{
    static const int counts[] = {6, 12, 30};
    for (int k = 0; k < 3; k++) {
        int missed = 0;
        for (int sample = 0; sample < 1000; sample++) {
            unroll_random random = unroll_random_open(7, UNROLL_FOR_TEST, (uint32_t)k, (uint32_t)sample);
            double values[30];
            unroll_interval mean;
            for (int i = 0; i < counts[k]; i++)
                values[i] = unroll_random_normal(&random);
            unroll_mean(values, counts[k], &mean);
            missed += mean.low > 0 || mean.high < 0;
        }
        CU_ASSERT(missed >= 20 && missed <= 70); /* of 50, less where 64 subsets give no finer level */
    }
}

static void csv_has_a_row_for_every_change_and_html_is_a_page(void)
{
    unroll_comparison_of_two c;
    char text[16384] = "";
    int lines = 0;
    FILE *out;
    make_alike();
    c = compare_made(RUNS);
    out = fmemopen(text, sizeof text, "w");
    CU_ASSERT_EQUAL(unroll_compare_print(&c, 0.02, UNROLL_FORMAT_CSV, out).code, UNROLL_OK);
    fclose(out);
    for (const char *at = text; *at != '\0'; at++)
        lines += *at == '\n';
    CU_ASSERT_EQUAL(lines, 1 + c.changes);
    CU_ASSERT_PTR_NOT_NULL(strstr(text, "\narchitectures,mse,,less,ratio,(all),3,21,,,1,,,1,1,same\n"));
    CU_ASSERT_PTR_NOT_NULL(strstr(text, "\narchitectures,ms_per_step,ms,less,ratio,length=30,1,7,"));
    out = fmemopen(text, sizeof text, "w");
    CU_ASSERT_EQUAL(unroll_compare_print(&c, 0.02, UNROLL_FORMAT_HTML, out).code, UNROLL_OK);
    fclose(out);
    CU_ASSERT_PTR_NOT_NULL(strstr(text, "<h2>architectures</h2>"));
    CU_ASSERT_PTR_NOT_NULL(strstr(text, "</html>"));
    unroll_compare_free(&c);
}

/* Names in a file may be anything: none of them is a mark of a page, or a command to a terminal. */
static void names_in_a_file_are_text_and_nothing_else(void)
{
    unroll_comparison_of_two c = {.experiments = 0};
    char text[16384] = "";
    unroll_compared experiment = {.experiment = "<b>\033[2J", .pairs = 8, .configurations = 1};
    unroll_change change = {.experiment = "<b>\033[2J", .metric = "<i>\033[1m", .unit = "<u>", .where = "model=<s>", .pairs = 8,
                            .change = {2, 2, 2, 8}, .finding = UNROLL_CHANGE_WORSE};
    c.experiment = &experiment;
    c.change = &change;
    c.experiments = c.changes = 1;
    for (int format = UNROLL_FORMAT_TEXT; format <= UNROLL_FORMAT_HTML; format++) {
        FILE *out = fmemopen(text, sizeof text, "w");
        CU_ASSERT_EQUAL(unroll_compare_print(&c, 0.02, (unroll_format)format, out).code, UNROLL_OK);
        fclose(out);
        CU_ASSERT_PTR_NULL(strchr(text, '\033'));
        if (format == UNROLL_FORMAT_HTML)
            CU_ASSERT(strstr(text, "<b>") == NULL && strstr(text, "<i>") == NULL && strstr(text, "<u>") == NULL &&
                      strstr(text, "<s>") == NULL);
    }
}

extern const unroll_test tests_report_compare[];
const unroll_test tests_report_compare[] = {
    TEST(what_is_equal_is_the_same_in_values_times_and_bits),
    TEST(a_configuration_that_is_worse_in_every_pair_is_found),
    TEST(what_is_worse_everywhere_is_worse_and_told_first),
    TEST(a_change_within_the_threshold_is_none),
    TEST(five_pairs_are_too_few_and_one_configuration_has_no_mean),
    TEST(runs_that_diverge_are_worst),
    TEST(a_curve_that_changed_is_told_and_so_is_its_run),
    TEST(times_of_another_processor_are_left_out),
    TEST(times_under_a_load_are_left_out_of_timed_experiments),
    TEST(what_only_one_side_has_is_counted),
    TEST(nothing_in_common_is_a_sentence),
    TEST(a_damaged_file_keeps_no_other_back),
    TEST(calls_of_bench_are_paired_in_their_order),
    TEST(means_and_false_discoveries_are_those_of_the_definitions),
    TEST(intervals_of_means_cover_as_much_as_they_say),
    TEST(csv_has_a_row_for_every_change_and_html_is_a_page),
    TEST(names_in_a_file_are_text_and_nothing_else),
    {NULL, NULL},
};
