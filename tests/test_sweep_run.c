/* The scheduler: what is there is skipped, what fails is a record, what is stopped goes on. The runs of these tests are
   a function of their settings that takes no time. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "counted.h"
#include "model/run.h"
#include "sweep/plan.h"

static unroll_status measure_slowly(const unroll_settings *settings, unroll_record *record)
{
    nanosleep(&(struct timespec){0, 20000000}, NULL);
    return measure(settings, record);
}

static void every_run_leaves_a_record_and_the_gathered_file_holds_them(void)
{
    const char *results = test_folder();
    unroll_table *table;
    reset();
    called c = call_with(results, NULL, 0);
    CU_ASSERT_EQUAL_FATAL(c.status.code, UNROLL_OK);
    CU_ASSERT_EQUAL(c.measured, 10);
    CU_ASSERT_EQUAL(c.summary.done, 10);
    CU_ASSERT_EQUAL(files_in(results, ".h5"), 10);
    CU_ASSERT_EQUAL_FATAL(unroll_load_table(c.summary.gathered, &table).code, UNROLL_OK);
    CU_ASSERT_EQUAL(table->rows, 10);
    CU_ASSERT_STRING_EQUAL(table->experiment, "counted");
    const unroll_table_column *seed = unroll_table_find(table, "seed"), *error = unroll_table_find(table, "error");
    for (int i = 0; i < table->rows && seed != NULL && error != NULL; i++)
        CU_ASSERT_EQUAL(error->real[i], 1.0 / (1 + seed->real[i]));
    CU_ASSERT_PTR_NOT_NULL(seed);
    CU_ASSERT_PTR_NOT_NULL(error);
    unroll_table_free(table);
    CU_ASSERT_PTR_NOT_NULL(strstr(c.printed, "model=lstm seed=3  done  0.00 s  error 0.25\n"));
    CU_ASSERT_PTR_NOT_NULL(strstr(c.printed, " 10/10  "));
    CU_ASSERT_PTR_NOT_NULL(strstr(c.printed, "counted: 10 runs: 0 found, 10 done, 0 diverged, 0 failed in "));
    CU_ASSERT_PTR_NOT_NULL(strstr(c.printed, "gathered: "));
}

static void a_second_call_finds_everything_and_writes_nothing(void)
{
    const char *results = test_folder();
    struct stat before, after;
    reset();
    called c = call_with(results, NULL, 0);
    CU_ASSERT_EQUAL_FATAL(stat(c.summary.gathered, &before), 0);
    c = call_with(results, NULL, 0);
    CU_ASSERT_EQUAL(c.status.code, UNROLL_OK);
    CU_ASSERT_EQUAL(c.measured, 0);
    CU_ASSERT_EQUAL(c.summary.found, 10);
    CU_ASSERT_EQUAL_FATAL(stat(c.summary.gathered, &after), 0);
    CU_ASSERT_EQUAL(before.st_ino, after.st_ino); /* a file that is written anew is another one */
    c = call(&experiment, results, (unroll_sweep_options){.full = true});
    CU_ASSERT_EQUAL(c.measured, 10);
    CU_ASSERT_EQUAL(c.summary.found, 10);
    c = call(&experiment, results, (unroll_sweep_options){.force = true});
    CU_ASSERT_EQUAL(c.measured, 10);
}

static void a_failed_run_is_a_record_and_the_others_go_on(void)
{
    const char *results = test_folder();
    reset();
    failing_seed = 2;
    called c = call_with(results, NULL, 0);
    CU_ASSERT_EQUAL(c.status.code, UNROLL_FAILED);
    CU_ASSERT_STRING_EQUAL(c.status.text, "2 of 10 runs failed; the first: seed 2 does not like it");
    CU_ASSERT_EQUAL(c.summary.done, 8);
    CU_ASSERT_EQUAL(c.summary.failed, 2);
    CU_ASSERT_EQUAL(files_in(results, ".h5"), 10);
    CU_ASSERT_PTR_NOT_NULL(strstr(c.printed, "seed=2  failed  0.00 s  seed 2 does not like it\n"));
    failing_seed = -1;
    c = call_with(results, NULL, 0);
    CU_ASSERT_EQUAL(c.status.code, UNROLL_FAILED);
    CU_ASSERT_EQUAL(c.measured, 0);
    CU_ASSERT_STRING_EQUAL(c.status.text, "2 of 10 runs failed earlier; --retry-failed does them again");
    c = call(&experiment, results, (unroll_sweep_options){.retry_failed = true});
    CU_ASSERT_EQUAL(c.status.code, UNROLL_OK);
    CU_ASSERT_EQUAL(c.measured, 2);
    CU_ASSERT_EQUAL(c.summary.found, 8);
}

static void fail_fast_starts_nothing_after_a_failure(void)
{
    static const char *const seeds[] = {"model=rnn", "seed=0..99"};
    const char *results = test_folder();
    reset();
    failing_seed = 1;
    called c = call(&experiment, results,
                    (unroll_sweep_options){.fail_fast = true, .jobs = 1, .assignments = seeds, .assignment_count = 2});
    CU_ASSERT_EQUAL(c.status.code, UNROLL_FAILED);
    CU_ASSERT_EQUAL(c.measured, 2);
    CU_ASSERT_EQUAL(files_in(results, ".h5"), 2);
}

static char disk[1200];      /* the folder of records that the third run loses */
static char lost_disk[1200]; /* where it is afterwards */

static unroll_status measure_and_lose_the_disk(const unroll_settings *settings, unroll_record *record)
{
    if (atomic_load(&measured) == 2) {
        FILE *file = rename(disk, lost_disk) == 0 ? fopen(disk, "w") : NULL; /* so that no folder can take its place */
        if (file != NULL)
            fclose(file);
    }
    return measure(settings, record);
}

/* What is computed when nothing can be kept is computed for nothing. */
static void no_run_starts_after_a_record_could_not_be_written(void)
{
    const char *results = test_folder();
    unroll_experiment losing = experiment;
    struct stat about;
    reset();
    losing.measure = measure_and_lose_the_disk;
    snprintf(disk, sizeof disk, "%s/counted/runs", results);
    snprintf(lost_disk, sizeof lost_disk, "%s/counted/lost", results);
    called c = call(&losing, results, (unroll_sweep_options){.jobs = 1});
    CU_ASSERT_EQUAL(c.measured, 3);
    CU_ASSERT_EQUAL(c.status.code, UNROLL_FAILED);
    CU_ASSERT_EQUAL(strncmp(c.status.text, "cannot write ", 13), 0);
    CU_ASSERT_EQUAL(c.summary.done, 2);
    CU_ASSERT(stat(disk, &about) == 0 && S_ISREG(about.st_mode));
}

static void a_diverged_run_is_no_error(void)
{
    static const char *const seed[] = {"seed=1,77"};
    const char *results = test_folder();
    reset();
    called c = call_with(results, seed, 1);
    CU_ASSERT_EQUAL(c.status.code, UNROLL_OK);
    CU_ASSERT_EQUAL(c.summary.done, 2);
    CU_ASSERT_EQUAL(c.summary.diverged, 2);
    CU_ASSERT_PTR_NOT_NULL(
        strstr(c.printed, "seed=77  diverged  0.00 s  error 0.01282  the loss was no longer finite"));
    c = call_with(results, seed, 1);
    CU_ASSERT_EQUAL(c.measured, 0);
}

/* seed=0: infinite; seed=1: there is none; seed=2: has diverged for a reason of its own */
static unroll_status measure_no_number(const unroll_settings *settings, unroll_record *record)
{
    int64_t seed = unroll_int(settings, "seed");
    unroll_record_real(record, "error", "", seed == 1 ? NAN : INFINITY);
    if (seed == 2) {
        strcpy(record->status, "diverged");
        strcpy(record->reason, "it says so itself");
    }
    return unroll_ok();
}

static void an_infinite_result_of_a_measurement_is_a_diverged_run(void)
{
    static const char *const seeds[] = {"model=rnn", "seed=0..2"};
    unroll_experiment wrong = experiment;
    unroll_table *table;
    const unroll_table_column *error;
    reset();
    wrong.measure = measure_no_number;
    called c = call(&wrong, test_folder(), (unroll_sweep_options){.assignments = seeds, .assignment_count = 2});
    CU_ASSERT_EQUAL(c.status.code, UNROLL_OK);
    CU_ASSERT_EQUAL(c.summary.diverged, 2);
    CU_ASSERT_EQUAL(c.summary.done, 1);
    CU_ASSERT_PTR_NOT_NULL(strstr(c.printed, "seed=0  diverged  0.00 s  error nan  the result error is inf, no finite number\n"));
    CU_ASSERT_PTR_NOT_NULL(strstr(c.printed, "seed=2  diverged  0.00 s  error nan  it says so itself\n"));
    CU_ASSERT_EQUAL_FATAL(unroll_load_table(c.summary.gathered, &table).code, UNROLL_OK);
    error = unroll_table_find(table, "error");
    for (int i = 0; i < table->rows && error != NULL; i++)
        CU_ASSERT_TRUE(isnan(error->real[i])); /* no mean takes it in */
    unroll_table_free(table);
}

static void what_is_stopped_goes_on_from_there(void)
{
    const char *results = test_folder();
    reset();
    stop_after = 4;
    called c = call(&experiment, results, (unroll_sweep_options){.jobs = 1});
    CU_ASSERT_EQUAL(c.status.code, UNROLL_STOPPED);
    CU_ASSERT_STRING_EQUAL(c.status.text, "stopped with 4 of 10 runs finished; the same command goes on from there");
    CU_ASSERT_EQUAL(c.measured, 4);
    CU_ASSERT_EQUAL(files_in(results, ".h5"), 4);
    CU_ASSERT_EQUAL(access(c.summary.gathered, F_OK), 0); /* what is there is gathered */
    reset();
    c = call_with(results, NULL, 0);
    CU_ASSERT_EQUAL(c.status.code, UNROLL_OK);
    CU_ASSERT_EQUAL(c.measured, 6);
}

/* Two machines agree on their shards by the runs alone: each run belongs to one shard however its plan is written. */
static void a_run_stays_in_its_shard_whatever_the_order_of_the_plan(void)
{
    static const char *const orders[][2] = {
        {"seed=4,3,2,1,0", "model=lstm,rnn"}, {"seed=1,0,2,3,4", "model=rnn,lstm"}, {"seed=2,4,0,1,3", "model=lstm,rnn"}};
    const char *results = test_folder();
    unroll_experiment turned = experiment;
    reset();
    called c = call(&experiment, results, (unroll_sweep_options){.shard = 1, .shards = 2});
    CU_ASSERT_EQUAL(c.measured, 5);
    for (int i = 0; i < 3; i++) {
        c = call(&experiment, results,
                 (unroll_sweep_options){.shard = 1, .shards = 2, .assignments = orders[i], .assignment_count = 2});
        CU_ASSERT_EQUAL(c.measured, 0);
        CU_ASSERT_EQUAL(c.summary.found, 5);
    }
    turned.axes_quick = "seed=0..4 model=rnn,lstm";
    c = call(&turned, results, (unroll_sweep_options){.shard = 2, .shards = 2});
    CU_ASSERT_EQUAL(c.measured, 5);
    CU_ASSERT_EQUAL(c.summary.found, 0);
}

static void check_versions_gathered(const char *path, int experiment_version)
{
    unroll_table *table;
    CU_ASSERT_EQUAL_FATAL(unroll_load_table(path, &table).code, UNROLL_OK);
    const unroll_table_column *of_experiment = unroll_table_find(table, "experiment_version");
    const unroll_table_column *of_numerics = unroll_table_find(table, "numerics_version");
    CU_ASSERT_FATAL(of_experiment != NULL && of_numerics != NULL);
    for (int i = 0; i < table->rows; i++) {
        CU_ASSERT_EQUAL(of_experiment->real[i], experiment_version);
        CU_ASSERT_EQUAL(of_numerics->real[i], UNROLL_NUMERICS_VERSION);
    }
    unroll_table_free(table);
}

/* A record is read by programs to come: it says by which experiment and which arithmetic it was made. */
static void every_record_names_the_versions_it_was_made_under(void)
{
    static const char *const seeds[] = {"model=rnn", "seed=1,2,77"}; /* done, failed and diverged */
    const char *results = test_folder();
    unroll_experiment raised = experiment;
    unroll_plan plan;
    unroll_sweep_options options = {.assignments = seeds, .assignment_count = 2};
    reset();
    failing_seed = 2;
    raised.version = 41;
    CU_ASSERT_EQUAL_FATAL(unroll_plan_make(&raised, &options, &plan).code, UNROLL_OK);
    called c = call(&raised, results, options);
    CU_ASSERT(c.summary.done == 1 && c.summary.failed == 1 && c.summary.diverged == 1);
    for (int i = 0; i < 3; i++) {
        char path[1200];
        unroll_record *record;
        snprintf(path, sizeof path, "%s/counted/runs/%s.h5", results, plan.runs[i].id);
        CU_ASSERT_EQUAL_FATAL(unroll_load_record(path, &record).code, UNROLL_OK);
        CU_ASSERT_STRING_EQUAL(record->experiment, "counted");
        CU_ASSERT_STRING_EQUAL(record->id, plan.runs[i].id);
        CU_ASSERT_EQUAL(record->experiment_version, 41);
        CU_ASSERT_EQUAL(record->numerics_version, UNROLL_NUMERICS_VERSION);
        unroll_record_free(record);
    }
    unroll_plan_free(&plan);
    check_versions_gathered(c.summary.gathered, 41);
}

static void check_beside(int jobs, const char *beside)
{
    static const char *const seeds[] = {"model=rnn", "seed=0,1"};
    unroll_table *table;
    int found = 0;
    reset();
    called c = call(&experiment, test_folder(),
                    (unroll_sweep_options){.jobs = jobs, .assignments = seeds, .assignment_count = 2});
    CU_ASSERT_EQUAL_FATAL(unroll_load_table(c.summary.gathered, &table).code, UNROLL_OK);
    for (int i = 0; i < table->env_count; i++)
        if (strcmp(table->env[i].name, "beside") == 0)
            for (int row = 0; row < table->rows; row++)
                found += strcmp(table->env[i].text[row], beside) == 0;
    CU_ASSERT_EQUAL(found, 2);
    unroll_table_free(table);
}

static void a_record_tells_how_many_runs_went_beside_its_own(void)
{
    check_beside(1, "0");
    check_beside(2, "1");
}

static void the_costliest_run_is_started_first(void)
{
    static const char *const lengths[] = {"model=rnn,lstm", "seed=0", "length=10,1000,100"};
    reset();
    called c = call(&experiment, test_folder(),
                    (unroll_sweep_options){.jobs = 1, .assignments = lengths, .assignment_count = 3});
    CU_ASSERT_EQUAL(c.measured, 6);
    const char *first = strstr(c.printed, "length=1000 model=lstm"), *second = strstr(c.printed, "length=1000 model=rnn");
    const char *last = strstr(c.printed, "length=10 model=rnn");
    CU_ASSERT(first != NULL && second != NULL && last != NULL && first < second && second < last);
}

static void timed_runs_take_turns_alone_under_their_instruction_set(void)
{
    unroll_experiment timed = experiment;
    static const char *const assignments[] = {"seed=0,1", "isa=auto,scalar"};
    static const char *const cells[] = {"rnn 0", "lstm 0", "rnn 1", "lstm 1"};
    char expected[96];
    timed.timed = true;
    reset();
    called c = call(&timed, test_folder(),
                    (unroll_sweep_options){.jobs = 8, .assignments = assignments, .assignment_count = 2});
    CU_ASSERT_EQUAL(c.status.code, UNROLL_OK);
    CU_ASSERT_EQUAL(c.measured, 8);
    CU_ASSERT_EQUAL(atomic_load(&most_at_once), 1);
    for (int i = 0; i < 8 && c.measured == 8; i++) {
        snprintf(expected, sizeof expected, "%s %s", cells[i % 4], i < 4 ? unroll_isa_now()->name : "scalar");
        CU_ASSERT_STRING_EQUAL(order[i], expected);
    }
}

static void a_dry_run_tells_the_plan_and_writes_nothing(void)
{
    const char *results = test_folder();
    reset();
    called c = call(&experiment, results, (unroll_sweep_options){.dry_run = true});
    CU_ASSERT_EQUAL(c.status.code, UNROLL_OK);
    CU_ASSERT_EQUAL(c.measured, 0);
    CU_ASSERT_EQUAL(files_in(results, ""), 0);
    CU_ASSERT_STRING_EQUAL(c.printed, "counted: runs that are counted\n"
                                      "  model        rnn, lstm\n"
                                      "  seed         0, 1, 2, 3, 4\n"
                                      "10 runs: 0 found, 10 to do\n"
                                      "expected time: not known before a first run is there\n");
    call(&experiment, results, (unroll_sweep_options){.jobs = 1});
    c = call(&experiment, results, (unroll_sweep_options){.dry_run = true, .full = true, .jobs = 1});
    CU_ASSERT_PTR_NOT_NULL(strstr(c.printed, "20 runs: 10 found, 10 to do\nexpected time: about "));
    CU_ASSERT_PTR_NOT_NULL(strstr(c.printed, " on 1 thread\n"));
}

static void the_expected_time_is_that_of_the_records_there(void)
{
    static const char *const first[] = {"model=rnn", "seed=0..3", "length=10,1000"};
    static const char *const all[] = {"model=rnn", "seed=0..7", "length=10,1000"};
    const char *results = test_folder();
    unroll_experiment slow = experiment;
    reset();
    slow.measure = measure_slowly;
    slow.timed = true; /* each takes as long, whatever its length */
    called c = call(&slow, results, (unroll_sweep_options){.assignments = first, .assignment_count = 3});
    CU_ASSERT_EQUAL(c.measured, 8);
    c = call(&slow, results, (unroll_sweep_options){.dry_run = true, .assignments = all, .assignment_count = 3});
    const char *about = strstr(c.printed, "16 runs: 8 found, 8 to do\nexpected time: about ");
    double seconds = 0;
    CU_ASSERT_PTR_NOT_NULL_FATAL(about);
    CU_ASSERT_EQUAL(sscanf(about, "16 runs: 8 found, 8 to do\nexpected time: about %lf s", &seconds), 1);
    CU_ASSERT(seconds > 0.15); /* 8 runs of at least 20 ms */
}

/* What could not be read again, or would take room in the rows of all others, is not written. */
static unroll_status measure_too_much(const unroll_settings *settings, unroll_record *record)
{
    static const float points[UNROLL_MOST_POINTS + 1];
    bool long_curve = unroll_int(settings, "seed") == 1;
    unroll_record_curve(record, "loss", "", points, long_curve ? UNROLL_MOST_POINTS + 1 : UNROLL_MOST_POINTS);
    return unroll_ok();
}

static void a_run_with_more_in_its_record_than_can_be_read_again_is_a_failed_one(void)
{
    unroll_experiment e = experiment;
    const char *results = test_folder();
    reset();
    e.measure = measure_too_much;
    e.axes_quick = "seed=0,1";
    called c = call(&e, results, (unroll_sweep_options){0});
    CU_ASSERT_EQUAL(c.status.code, UNROLL_FAILED);
    CU_ASSERT_EQUAL(c.summary.done, 1);
    CU_ASSERT_EQUAL(c.summary.failed, 1);
    CU_ASSERT_PTR_NOT_NULL(strstr(c.status.text, "its record has a curve or timing of more than 131072 points"));
    c = call(&e, results, (unroll_sweep_options){0});
    CU_ASSERT_EQUAL(c.summary.found, 2);
}

const unroll_test tests_sweep_run[] = {
    TEST(every_run_leaves_a_record_and_the_gathered_file_holds_them),
    TEST(a_second_call_finds_everything_and_writes_nothing),
    TEST(a_failed_run_is_a_record_and_the_others_go_on),
    TEST(fail_fast_starts_nothing_after_a_failure),
    TEST(no_run_starts_after_a_record_could_not_be_written),
    TEST(a_diverged_run_is_no_error),
    TEST(an_infinite_result_of_a_measurement_is_a_diverged_run),
    TEST(what_is_stopped_goes_on_from_there),
    TEST(a_run_stays_in_its_shard_whatever_the_order_of_the_plan),
    TEST(every_record_names_the_versions_it_was_made_under),
    TEST(a_record_tells_how_many_runs_went_beside_its_own),
    TEST(the_costliest_run_is_started_first),
    TEST(timed_runs_take_turns_alone_under_their_instruction_set),
    TEST(a_dry_run_tells_the_plan_and_writes_nothing),
    TEST(the_expected_time_is_that_of_the_records_there),
    TEST(a_run_with_more_in_its_record_than_can_be_read_again_is_a_failed_one),
    {NULL, NULL},
};
