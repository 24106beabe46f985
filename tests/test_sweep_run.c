/* The scheduler: what is there is skipped, what fails is a record, what is stopped goes on. The runs of these tests are
   a function of their settings that takes no time. */
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "simd/engine.h"
#include "store/store.h"
#include "suite.h"
#include "sweep/sweep.h"

/* ---- an experiment whose runs are counted ---- */

enum { MOST_RUNS = 256 };
static atomic_int measured, at_once, most_at_once;
static atomic_bool stop;
static int stop_after = -1;       /* runs; -1: never */
static int64_t failing_seed = -1; /* runs with it fail */
static char order[MOST_RUNS][96]; /* "lstm 3 auto" of each run, in the order in which they started */

static unroll_status measure(const unroll_settings *settings, unroll_record *record)
{
    int64_t seed = unroll_int(settings, "seed");
    int now = atomic_fetch_add(&at_once, 1) + 1, place = atomic_fetch_add(&measured, 1);
    float curve[3] = {1.0f, 0.5f, (float)seed};
    if (now > atomic_load(&most_at_once))
        atomic_store(&most_at_once, now);
    if (place < MOST_RUNS)
        snprintf(order[place], sizeof order[0], "%s %lld %s", unroll_text(settings, "cell"), (long long)seed,
                 unroll_isa_now()->name);
    unroll_record_real(record, "error", "", 1.0 / (double)(1 + seed));
    unroll_record_curve(record, "loss", "", curve, 3);
    if (seed == 77) {
        strcpy(record->status, "diverged");
        strcpy(record->reason, "the loss was no longer finite at step 7");
    }
    if (stop_after >= 0 && place + 1 >= stop_after)
        atomic_store(&stop, true);
    atomic_fetch_sub(&at_once, 1);
    return seed == failing_seed ? unroll_error(UNROLL_FAILED, "seed %lld does not like it", (long long)seed)
                                : unroll_ok();
}

static unroll_status measure_slowly(const unroll_settings *settings, unroll_record *record)
{
    nanosleep(&(struct timespec){0, 20000000}, NULL);
    return measure(settings, record);
}

static const unroll_experiment experiment = {
    .name = "counted",
    .title = "runs that are counted",
    .version = 1,
    .axes_quick = "cell=rnn,lstm seed=0..4",
    .axes_full = "cell=rnn,lstm seed=0..9",
    .fixed = "task=adding length=10",
    .measure = measure,
    .metric = "error",
};

/* ---- calling it ---- */

typedef struct called {
    unroll_status status;
    unroll_sweep_summary summary;
    int measured; /* runs that were done */
    char printed[8192];
} called;

static void reset(void)
{
    atomic_store(&measured, 0);
    atomic_store(&at_once, 0);
    atomic_store(&most_at_once, 0);
    atomic_store(&stop, false);
    stop_after = -1;
    failing_seed = -1;
}

static called call(const unroll_experiment *e, const char *results, unroll_sweep_options options)
{
    called result;
    char path[1200];
    size_t length;
    snprintf(path, sizeof path, "%s/printed.txt", test_folder());
    options.out = fopen(path, "w+");
    CU_ASSERT_PTR_NOT_NULL_FATAL(options.out);
    options.results = results;
    atomic_store(&measured, 0);
    result.status = unroll_sweep(e, &options, &stop, &result.summary);
    result.measured = atomic_load(&measured);
    rewind(options.out);
    length = fread(result.printed, 1, sizeof result.printed - 1, options.out);
    result.printed[length] = '\0';
    fclose(options.out);
    return result;
}

static called call_with(const char *results, const char *const *assignments, int count)
{
    return call(&experiment, results, (unroll_sweep_options){.assignments = assignments, .assignment_count = count});
}

static int files_in(const char *folder, const char *part)
{
    struct dirent *entry;
    int count = 0;
    char path[1200];
    DIR *listing;
    snprintf(path, sizeof path, "%s/counted/runs", folder);
    listing = opendir(path);
    while (listing != NULL && (entry = readdir(listing)) != NULL)
        count += strstr(entry->d_name, part) != NULL;
    if (listing != NULL)
        closedir(listing);
    return count;
}

/* Whether two files hold the same bytes. */
static bool same_bytes(const char *path_a, const char *path_b)
{
    FILE *a = fopen(path_a, "rb"), *b = fopen(path_b, "rb");
    int x = 0, y = 0;
    while (a != NULL && b != NULL && x == y && x != EOF) {
        x = getc(a);
        y = getc(b);
    }
    bool same = a != NULL && b != NULL && x == y;
    if (a != NULL)
        fclose(a);
    if (b != NULL)
        fclose(b);
    return same;
}

/* ---- the tests ---- */

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
    CU_ASSERT_PTR_NOT_NULL(strstr(c.printed, "cell=lstm seed=3  done  0.00 s  error 0.25\n"));
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
    static const char *const seeds[] = {"cell=rnn", "seed=0..99"};
    const char *results = test_folder();
    reset();
    failing_seed = 1;
    called c = call(&experiment, results,
                    (unroll_sweep_options){.fail_fast = true, .jobs = 1, .assignments = seeds, .assignment_count = 2});
    CU_ASSERT_EQUAL(c.status.code, UNROLL_FAILED);
    CU_ASSERT_EQUAL(c.measured, 2);
    CU_ASSERT_EQUAL(files_in(results, ".h5"), 2);
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

/* Cuts the first record of a folder in half. */
static void damage_a_record(const char *results)
{
    char path[1600];
    struct dirent *entry;
    struct stat about;
    snprintf(path, sizeof path, "%s/counted/runs", results);
    DIR *listing = opendir(path);
    CU_ASSERT_PTR_NOT_NULL_FATAL(listing);
    while ((entry = readdir(listing)) != NULL) {
        if (entry->d_name[0] == '.')
            continue;
        snprintf(path, sizeof path, "%s/counted/runs/%s", results, entry->d_name);
        CU_ASSERT_EQUAL_FATAL(stat(path, &about), 0);
        CU_ASSERT_EQUAL(truncate(path, about.st_size / 2), 0);
        break;
    }
    closedir(listing);
}

static void a_damaged_record_is_done_again_and_told_of(void)
{
    const char *results = test_folder();
    reset();
    call_with(results, NULL, 0);
    damage_a_record(results);
    called c = call_with(results, NULL, 0);
    CU_ASSERT_EQUAL(c.status.code, UNROLL_OK);
    CU_ASSERT_EQUAL(c.measured, 1);
    CU_ASSERT_EQUAL(c.summary.found, 9);
    CU_ASSERT_EQUAL(strncmp(c.printed, "damaged, to be done again: ", 27), 0);
    c = call_with(results, NULL, 0);
    CU_ASSERT_EQUAL(c.measured, 0);
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

/* A call that was killed after it had done runs again, and before it gathered, leaves records that are newer. */
static void newer_records_are_gathered_again(void)
{
    const char *results = test_folder();
    char path[1400];
    unroll_record *record;
    unroll_table *table;
    const unroll_table_column *id, *error, *how;
    int found = 0;
    reset();
    called c = call_with(results, NULL, 0);
    CU_ASSERT_EQUAL_FATAL(unroll_load_table(c.summary.gathered, &table).code, UNROLL_OK);
    id = unroll_table_find(table, "id");
    snprintf(path, sizeof path, "%s/counted/runs/%s.h5", results, id->text[0]);
    CU_ASSERT_EQUAL_FATAL(unroll_load_record(path, &record).code, UNROLL_OK);
    unroll_record_real(record, "error", "", 42);
    strcpy(record->status, "diverged");
    CU_ASSERT_EQUAL(unroll_store_record(record, path).code, UNROLL_OK);
    CU_ASSERT_EQUAL(utimensat(AT_FDCWD, path, (struct timespec[2]){{time(NULL) + 10, 0}, {time(NULL) + 10, 0}}, 0), 0);
    unroll_table_free(table);
    c = call_with(results, NULL, 0);
    CU_ASSERT_EQUAL(c.measured, 0);
    CU_ASSERT_EQUAL_FATAL(unroll_load_table(c.summary.gathered, &table).code, UNROLL_OK);
    error = unroll_table_find(table, "error");
    how = unroll_table_find(table, "status");
    for (int i = 0; i < table->rows; i++)
        found += error->real[i] == 42 && strcmp(how->text[i], "diverged") == 0;
    CU_ASSERT_EQUAL(found, 1);
    unroll_table_free(table);
    unroll_record_free(record);
}

static void shards_together_give_the_gathered_file_of_the_whole(void)
{
    const char *results = test_folder();
    char parts[1200], again[1200];
    int done = 0;
    reset();
    setenv("SOURCE_DATE_EPOCH", "1700000000", 1); /* the time of gathering is the one thing that may differ */
    for (int shard = 3; shard >= 1; shard--) {
        called c = call(&experiment, results, (unroll_sweep_options){.full = true, .shard = shard, .shards = 3});
        CU_ASSERT_EQUAL(c.status.code, UNROLL_OK);
        CU_ASSERT(c.summary.planned == 6 || c.summary.planned == 7);
        CU_ASSERT_EQUAL(c.summary.found, 0);
        done += c.measured;
        CU_ASSERT_EQUAL(files_in(results, ".h5"), done);
    }
    CU_ASSERT_EQUAL(done, 20);
    snprintf(again, sizeof again, "%s/counted.h5", results);
    snprintf(parts, sizeof parts, "%s/parts.h5", results);
    CU_ASSERT_EQUAL_FATAL(rename(again, parts), 0);
    called c = call(&experiment, results, (unroll_sweep_options){.full = true});
    CU_ASSERT_EQUAL(c.measured, 0);
    CU_ASSERT(same_bytes(parts, again));
    c = call(&experiment, results, (unroll_sweep_options){.full = true, .shard = 22, .shards = 30});
    CU_ASSERT_EQUAL(c.status.code, UNROLL_NOTHING);
    unsetenv("SOURCE_DATE_EPOCH");
}

static void the_costliest_run_is_started_first(void)
{
    static const char *const lengths[] = {"cell=rnn,lstm", "seed=0", "length=10,1000,100"};
    reset();
    called c = call(&experiment, test_folder(),
                    (unroll_sweep_options){.jobs = 1, .assignments = lengths, .assignment_count = 3});
    CU_ASSERT_EQUAL(c.measured, 6);
    const char *first = strstr(c.printed, "length=1000 cell=lstm"), *second = strstr(c.printed, "length=1000 cell=rnn");
    const char *last = strstr(c.printed, "length=10 cell=rnn");
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
                                      "  cell         rnn, lstm\n"
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
    static const char *const first[] = {"cell=rnn", "seed=0..3", "length=10,1000"};
    static const char *const all[] = {"cell=rnn", "seed=0..7", "length=10,1000"};
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

static void results_that_cannot_be_written_are_told_before_a_run_starts(void)
{
    char file[1200];
    snprintf(file, sizeof file, "%s/file", test_folder());
    fclose(fopen(file, "w"));
    reset();
    called c = call_with(file, NULL, 0);
    CU_ASSERT_EQUAL(c.status.code, UNROLL_FAILED);
    CU_ASSERT_EQUAL(c.measured, 0);
    CU_ASSERT_EQUAL(strncmp(c.status.text, "cannot make the folder ", 23), 0);
}

static void an_abandoned_part_is_removed_and_a_fresh_one_stays(void)
{
    const char *results = test_folder();
    char old[1200], fresh[1200];
    reset();
    call_with(results, NULL, 0);
    snprintf(old, sizeof old, "%s/counted/runs/x.h5.part-1", results);
    snprintf(fresh, sizeof fresh, "%s/counted/runs/y.h5.part-2", results);
    fclose(fopen(old, "w"));
    fclose(fopen(fresh, "w"));
    struct timespec times[2] = {{1000000000, 0}, {1000000000, 0}};
    CU_ASSERT_EQUAL_FATAL(utimensat(AT_FDCWD, old, times, 0), 0);
    call(&experiment, results, (unroll_sweep_options){.force = true});
    CU_ASSERT_NOT_EQUAL(access(old, F_OK), 0);
    CU_ASSERT_EQUAL(access(fresh, F_OK), 0); /* another shard may be writing it */
}

const unroll_test tests_sweep_run[] = {
    TEST(every_run_leaves_a_record_and_the_gathered_file_holds_them),
    TEST(a_second_call_finds_everything_and_writes_nothing),
    TEST(a_failed_run_is_a_record_and_the_others_go_on),
    TEST(fail_fast_starts_nothing_after_a_failure),
    TEST(a_diverged_run_is_no_error),
    TEST(a_damaged_record_is_done_again_and_told_of),
    TEST(what_is_stopped_goes_on_from_there),
    TEST(newer_records_are_gathered_again),
    TEST(shards_together_give_the_gathered_file_of_the_whole),
    TEST(the_costliest_run_is_started_first),
    TEST(timed_runs_take_turns_alone_under_their_instruction_set),
    TEST(a_dry_run_tells_the_plan_and_writes_nothing),
    TEST(the_expected_time_is_that_of_the_records_there),
    TEST(results_that_cannot_be_written_are_told_before_a_run_starts),
    TEST(an_abandoned_part_is_removed_and_a_fresh_one_stays),
    {NULL, NULL},
};
