/* unroll nightly: decisions on numbers, known trainings, and whole nights of programs that are made up. */
#include <math.h>
#include <sys/stat.h>
#include <unistd.h>

#include "files.h"
#include "nightly/call.h"
#include "nightly/known.h"
#include "nightly/nightly.h"
#include "nightly/rounds.h"
#include "base/random.h"
#include "simd/engine.h"
#include "store/store.h"

static const atomic_bool never;

/* ---- decisions ---- */

enum { ROUNDS = 12 };

/* Rounds whose changes lie around `middle`, as far apart as noise of so much. */
static void make_rounds(double middle, double noise, int which, double change[ROUNDS])
{
    unroll_random random = unroll_random_open(3, UNROLL_FOR_TEST, (uint32_t)which, 0);
    for (int i = 0; i < ROUNDS; i++)
        change[i] = middle + noise * unroll_random_normal(&random);
}

/* What both measurements of one series come to, among `others` in which nothing happens. */
static unroll_night_finding decide(const double *first, const double *again, double floor, int others)
{
    double quiet[ROUNDS];
    unroll_rounds_of rounds[UNROLL_MOST_SERIES];
    unroll_series_night night[UNROLL_MOST_SERIES];
    make_rounds(0, 0.01, 99, quiet);
    for (int i = 0; i <= others; i++) {
        rounds[i] = (unroll_rounds_of){i == 0 ? first : quiet, ROUNDS};
        night[i] = (unroll_series_night){.floor = i == 0 ? floor : 0.02};
    }
    CU_ASSERT_EQUAL(unroll_night_screen(rounds, others + 1, night).code, UNROLL_OK);
    rounds[0].change = again;
    CU_ASSERT_EQUAL(unroll_night_confirm(rounds, others + 1, night).code, UNROLL_OK);
    for (int i = 1; i <= others; i++)
        CU_ASSERT_EQUAL(night[i].finding, UNROLL_NIGHT_SAME);
    return night[0].finding;
}

static void a_change_counts_once_it_is_found_twice_and_beyond_the_floor(void)
{
    double none[ROUNDS], slower[ROUNDS], again[ROUNDS], faster[ROUNDS], lacking[ROUNDS];
    make_rounds(0, 0.01, 1, none);
    make_rounds(0.05, 0.01, 2, slower);
    make_rounds(0.05, 0.01, 3, again);
    make_rounds(-0.05, 0.01, 4, faster);
    for (int i = 0; i < ROUNDS; i++)
        lacking[i] = NAN;
    CU_ASSERT_EQUAL(decide(slower, again, 0.02, 20), UNROLL_NIGHT_SLOWER);
    CU_ASSERT_EQUAL(decide(slower, again, 0.08, 20), UNROLL_NIGHT_SAME);
    CU_ASSERT_EQUAL(decide(slower, none, 0.02, 20), UNROLL_NIGHT_UNCONFIRMED);
    CU_ASSERT_EQUAL(decide(slower, faster, 0.02, 20), UNROLL_NIGHT_UNCONFIRMED);
    CU_ASSERT_EQUAL(decide(slower, lacking, 0.02, 20), UNROLL_NIGHT_UNMEASURED);
    CU_ASSERT_EQUAL(decide(faster, faster, 0.02, 20), UNROLL_NIGHT_FASTER);
    CU_ASSERT_EQUAL(decide(none, slower, 0.02, 20), UNROLL_NIGHT_SAME);
    CU_ASSERT_EQUAL(decide(lacking, slower, 0.02, 20), UNROLL_NIGHT_UNMEASURED);
}

/* Ten of twelve rounds are slower: 2 * 79 / 4096 for one series, 41 times as much among 41. */
static void many_series_need_more_rounds_on_one_side(void)
{
    double mixed[ROUNDS];
    for (int i = 0; i < ROUNDS; i++)
        mixed[i] = i < 2 ? -0.05 : 0.05 + 0.001 * i;
    CU_ASSERT_EQUAL(decide(mixed, mixed, 0.02, 0), UNROLL_NIGHT_SLOWER);
    CU_ASSERT_EQUAL(decide(mixed, mixed, 0.02, 40), UNROLL_NIGHT_SAME);
}

static void what_drifts_evenly_over_a_round_cancels(void)
{
    const double drifting[] = {1.0, 1.1, 1.21, 1.331}, slower[] = {1, 2, 2, 1}, lacking[] = {1, 1, NAN, 1};
    CU_ASSERT_DOUBLE_EQUAL(unroll_round_change(drifting), 0, 1e-12);
    CU_ASSERT_DOUBLE_EQUAL(unroll_round_change(slower), log(2), 1e-12);
    CU_ASSERT(isnan(unroll_round_change(lacking)));
}

/* ---- known trainings ---- */

static void known_trainings_are_known_on_every_instruction_set(void)
{
    const unroll_isa *before = unroll_isa_now();
    int expected, wrong;
    char first[300];
    for (int i = 0; i < unroll_isa_count; i++) {
        if (!unroll_isas[i].supported())
            continue;
        unroll_isa_use(&unroll_isas[i]);
        CU_ASSERT_EQUAL(unroll_known_check(unroll_known_trainings, &never, &expected, &wrong, first).code, UNROLL_OK);
        CU_ASSERT_EQUAL(expected, unroll_known_count()); /* where not: unroll nightly --known */
        CU_ASSERT_EQUAL(wrong, 0);
        CU_ASSERT_STRING_EQUAL(first, "");
    }
    unroll_isa_use(before);
}

static void a_bit_a_count_and_another_arithmetic_are_told_apart(void)
{
    unroll_known list[] = {{0}, {0}, {0}, {.model = NULL}};
    int expected, wrong;
    char first[300];
    for (int i = 0; i < 3; i++)
        CU_ASSERT_EQUAL(unroll_known_measure(i, &never, &list[i]).code, UNROLL_OK);
    list[1].digest ^= 1;
    list[2].numerics++;
    CU_ASSERT_EQUAL(unroll_known_check(list, &never, &expected, &wrong, first).code, UNROLL_OK);
    CU_ASSERT_EQUAL(expected, 2);
    CU_ASSERT_EQUAL(wrong, 1);
    CU_ASSERT_PTR_NOT_NULL(strstr(first, "the bits of a training of lstm have changed"));
    list[0].parameters++;
    CU_ASSERT_EQUAL(unroll_known_check(list, &never, &expected, &wrong, first).code, UNROLL_OK);
    CU_ASSERT_EQUAL(wrong, 2);
    CU_ASSERT_PTR_NOT_NULL(strstr(first, "rnn has 337 parameters, not 338"));
}

/* ---- programs that are called ---- */

/* A shell script in a new folder; what it is. */
static const char *script(const char *body)
{
    static char path[1200];
    char text[8192];
    snprintf(text, sizeof text, "#!/bin/sh\n%s", body);
    snprintf(path, sizeof path, "%s/program", test_folder());
    write_bytes(path, text, strlen(text));
    CU_ASSERT_EQUAL(chmod(path, 0755), 0);
    return path;
}

static unroll_call call_script(const char *body, double seconds)
{
    const char *const words[] = {script(body), "word", NULL};
    unroll_call call;
    CU_ASSERT_EQUAL(unroll_call_program(words, "UNROLL_TRIED=7", true, seconds, &never, &call).code, UNROLL_OK);
    return call;
}

static void a_call_tells_what_was_said_and_how_it_ended(void)
{
    unroll_call call = call_script("echo $1 $UNROLL_TRIED; echo first >&2; echo last >&2; exit 5", 60);
    CU_ASSERT_STRING_EQUAL(call.out, "word 7\n");
    CU_ASSERT_STRING_EQUAL(call.said, "last");
    CU_ASSERT_EQUAL(call.status, 5);
    CU_ASSERT(call.wall_s > 0 && call.peak_kb > 0);
    free(call.out);
    call = call_script("kill -9 $$", 60);
    CU_ASSERT_EQUAL(call.status, 128 + 9);
    free(call.out);
    call = call_script("sleep 100; echo over", 0.05); /* what it has called in turn goes with it */
    CU_ASSERT_EQUAL(call.status, 124);
    free(call.out);
}

static void a_call_of_nothing_is_a_sentence_and_a_stop_ends_it(void)
{
    const char *const nothing[] = {"/nowhere/at/all", NULL}, *const sleeping[] = {script("exec sleep 100"), NULL};
    const atomic_bool now = true;
    unroll_call call;
    unroll_status status = unroll_call_program(nothing, NULL, false, 60, &never, &call);
    CU_ASSERT_EQUAL(status.code, UNROLL_FAILED);
    CU_ASSERT_PTR_NOT_NULL(strstr(status.text, "/nowhere/at/all"));
    free(call.out);
    CU_ASSERT_EQUAL(unroll_call_program(sleeping, NULL, false, 60, &now, &call).code, UNROLL_STOPPED);
    free(call.out);
}

/* ---- nights ---- */

/* As a self-test leaves them. */
static void write_floors(const char *results, double floor)
{
    unroll_record *record = unroll_record_new(NULL);
    float floors[UNROLL_MOST_SERIES];
    char path[1300], processor[80];
    for (int i = 0; i < unroll_series_count(); i++)
        floors[i] = (float)floor;
    unroll_nightly_processor(processor);
    strcpy(record->experiment, "nightly-floors");
    strcpy(record->status, "done");
    unroll_record_text(record, "processor", processor);
    unroll_record_curve(record, "floor", "", floors, unroll_series_count());
    snprintf(path, sizeof path, "%s/nightly/self-test.h5", results);
    CU_ASSERT_EQUAL(unroll_store_record(record, path).code, UNROLL_OK);
    unroll_record_free(record);
}

/* A program that says what unroll says; $step: the time of a training step of the LSTM. Each call makes it a little other, so that
   rounds differ; `more` comes first. */
static const char *program(const char *name, const char *step, const char *more)
{
    char body[4096];
    snprintf(body, sizeof body,
             "# %s\n%s\nhere=$(dirname \"$0\")\n"
             "case \"$1 $2\" in\n"
             "--version*) echo 'unroll 9.9.9 (%s)';;\n"
             "'list models') for m in rnn lstm gru mgu indrnn mingru minlstm lru slstm transformer; do echo \"  $m  a model\"; done;;\n"
             "'bench --stream') echo model,hidden,us; for m in rnn lstm gru mgu indrnn mingru minlstm lru slstm; do for h in 64 256; do echo $m,$h,2.0; done; done;;\n"
             "bench*) echo model,hidden,other,ms; for m in rnn gru mgu indrnn mingru minlstm lru slstm transformer; do for h in 64 256; do echo $m,$h,0,1.5; done; done\n"
             "  echo lstm,64,0,%s; echo lstm,256,0,%s;;\n"
             "train*) echo '  steps        1'; echo '  ms_per_step  2.5 ms';;\n"
             "run*) ;;\n"
             "*) echo 'no such command' >&2; exit 2;;\nesac\n",
             name, more, name, step, step);
    return script(body);
}

static unroll_night spend(const char *results, const char *new, const char *old, unroll_code expected)
{
    unroll_night night;
    FILE *out = fopen("/dev/null", "w");
    unroll_nightly_options options = {.results = results, .program = new, .against = old, .minutes = 1, .rounds = 12, .out = out, .stop = &never};
    unroll_status status = unroll_nightly(&options, &night);
    if (status.code != expected)
        fprintf(stderr, "\n%s\n", status.text);
    CU_ASSERT_EQUAL(status.code, expected);
    fclose(out);
    return night;
}

static unroll_night_finding found(const unroll_night *night, const char *series)
{
    return night->night[unroll_series_find(series)].finding;
}

static void the_first_night_says_so_and_the_next_compares_with_its_program(void)
{
    static char page[1 << 18];
    const char *results = test_folder();
    char one[1200], path[1300];
    unroll_night night;
    strcpy(one, program("one", "1.0", ""));
    night = spend(results, one, NULL, UNROLL_OK);
    CU_ASSERT_STRING_EQUAL(night.sentence, "the first night: there is no earlier program to compare with");
    CU_ASSERT_STRING_EQUAL(night.against, "");
    CU_ASSERT_EQUAL(night.known, unroll_known_count());
    CU_ASSERT_DOUBLE_EQUAL(night.time[unroll_series_find("step gru 64")], 1.5, 1e-12);
    CU_ASSERT_DOUBLE_EQUAL(night.time[unroll_series_find("stream slstm 256")], 2.0, 1e-12);
    CU_ASSERT_DOUBLE_EQUAL(night.time[unroll_series_find("training")], 2.5, 1e-12);
    unlink(one); /* the copy is what counts */
    night = spend(results, program("two", "1.1", ""), NULL, UNROLL_FAILED);
    CU_ASSERT_STRING_EQUAL(night.against_version, "unroll 9.9.9 (one)");
    CU_ASSERT_EQUAL(found(&night, "step lstm 64"), UNROLL_NIGHT_SLOWER);
    CU_ASSERT_EQUAL(found(&night, "step lstm 256"), UNROLL_NIGHT_SLOWER);
    CU_ASSERT_EQUAL(found(&night, "step gru 64"), UNROLL_NIGHT_SAME);
    CU_ASSERT_PTR_NOT_NULL(strstr(night.sentence, "series: step lstm 64 by 10.0%, step lstm 256 by 10.0%"));
    night = spend(results, program("three", "1.1", ""), NULL, UNROLL_OK);
    CU_ASSERT_STRING_EQUAL(night.against_version, "unroll 9.9.9 (two)");
    page[read_bytes(path_in(results, "nightly.html"), page, sizeof page - 1)] = '\0';
    CU_ASSERT_PTR_NOT_NULL(strstr(page, "<strong class=\"outcome0\">good</strong>"));
    CU_ASSERT_PTR_NOT_NULL(strstr(page, "<h2>What was decided</h2>"));
    snprintf(path, sizeof path, "%s/nightly", results);
    CU_ASSERT_EQUAL(count_files(path, ".h5"), 3);
    CU_ASSERT_EQUAL(count_files(path, ".turn"), 0);
    night = spend(results, program("four", "1.1", ""), NULL, UNROLL_OK);
    strcat(path, "/programs");
    CU_ASSERT_EQUAL(count_files(path, ""), 3); /* copies: tonight's and two more */
}

/* What a series wanders by itself is no change, and what notes it is no night. */
static void a_change_below_what_a_self_test_has_noted_is_none(void)
{
    const char *results = test_folder();
    char one[1200], path[1300];
    unroll_history history;
    strcpy(one, program("one", "1.0", ""));
    spend(results, one, NULL, UNROLL_OK);
    write_floors(results, 0.2);
    spend(results, program("two", "1.1", ""), NULL, UNROLL_OK);
    write_floors(results, 0.02);
    spend(results, program("three", "1.3", ""), NULL, UNROLL_FAILED);
    snprintf(path, sizeof path, "%s/nightly", results);
    CU_ASSERT_EQUAL(unroll_history_load(path, &history).code, UNROLL_OK);
    CU_ASSERT_EQUAL(history.count, 3);
    CU_ASSERT_EQUAL(history.damaged, 0);
    unroll_history_free(&history);
}

static void a_faster_program_is_told_and_no_alarm(void)
{
    const char *results = test_folder();
    char old[1200];
    unroll_night night;
    strcpy(old, program("old", "1.0", ""));
    night = spend(results, program("new", "0.8", ""), old, UNROLL_OK);
    CU_ASSERT_EQUAL(found(&night, "step lstm 64"), UNROLL_NIGHT_FASTER);
    CU_ASSERT_PTR_NOT_NULL(strstr(night.sentence, "no regression; faster: step lstm 64 by 20.0%"));
}

/* Where the new program cannot do what the old one can, the night is not good. */
static void a_call_that_fails_makes_a_night_incomplete(void)
{
    const char *results = test_folder();
    char old[1200];
    unroll_night night;
    strcpy(old, program("old", "1.0", ""));
    night = spend(results, program("new", "1.0", "[ \"$1\" = run ] && { echo 'no room' >&2; exit 1; }"), old, UNROLL_NOTHING);
    CU_ASSERT_EQUAL(night.outcome, UNROLL_NIGHT_INCOMPLETE);
    CU_ASSERT_STRING_EQUAL(night.sentence, "only part could be decided, 1 of 42 series not: run architectures ends with 1: no room");
}

/* One of its models is not there: the others are compared. */
static void a_model_that_the_old_program_lacks_is_left_out(void)
{
    const char *results = test_folder();
    char old[1200];
    unroll_night night;
    strcpy(old, program("old", "1.0", "[ \"$1\" = list ] && { echo 'lstm  a model'; exit; }"));
    night = spend(results, program("new", "1.0", ""), old, UNROLL_OK);
    CU_ASSERT_EQUAL(found(&night, "step gru 64"), UNROLL_NIGHT_UNKNOWN);
    CU_ASSERT_EQUAL(found(&night, "step lstm 64"), UNROLL_NIGHT_SAME);
}

static void what_is_no_program_is_a_sentence(void)
{
    const char *results = test_folder();
    char good[1200];
    strcpy(good, program("good", "1.0", ""));
    spend(results, good, "/nowhere/at/all", UNROLL_WRONG);
    spend(results, good, script("echo hello"), UNROLL_WRONG);
    CU_ASSERT_EQUAL(count_files(path_in(results, "nightly"), ".h5"), 0);
}

static void against_needs_a_commit_that_is_there(void)
{
    char said[4096];
    CU_ASSERT_EQUAL(ask_shell("lib/nightly/against.sh 2>&1", said, sizeof said), 2);
    CU_ASSERT_STRING_EQUAL(said, "against.sh: which commit? lib/nightly/against.sh COMMIT [--minutes N]\n");
    CU_ASSERT_EQUAL(ask_shell("lib/nightly/against.sh no-such-commit 2>&1", said, sizeof said), 2);
    CU_ASSERT_STRING_EQUAL(said, "against.sh: there is no commit no-such-commit\n");
}

/* A night that cannot be kept is none, and nobody waits for it. */
static void without_room_nothing_is_measured(void)
{
    const char *results = test_folder();
    write_bytes(path_in(results, "nightly"), "", 0); /* a file where the folder is to be */
    spend(results, program("one", "1.0", ""), NULL, UNROLL_NOTHING);
}

/* A record may say that its program lies elsewhere. */
static void a_night_names_no_program_outside_of_the_folder(void)
{
    const char *results = test_folder();
    char path[1300];
    unroll_night night = {.outcome = UNROLL_NIGHT_GOOD, .program = "../../evil"};
    unroll_history history;
    snprintf(path, sizeof path, "%s/nightly", results);
    CU_ASSERT_EQUAL(unroll_make_folder(path).code, UNROLL_OK);
    CU_ASSERT_EQUAL(unroll_night_store(&night, path, 0).code, UNROLL_OK);
    CU_ASSERT_EQUAL(unroll_history_load(path, &history).code, UNROLL_OK);
    CU_ASSERT_EQUAL(history.count, 1);
    CU_ASSERT_STRING_EQUAL(history.night[0].program, "");
    unroll_history_free(&history);
}

static void a_damaged_night_keeps_no_other_back(void)
{
    const char *results = test_folder();
    char one[1200], path[1300];
    unroll_history history;
    strcpy(one, program("one", "1.0", ""));
    spend(results, one, NULL, UNROLL_OK);
    snprintf(path, sizeof path, "%s/nightly/000000000000000000000000000000.h5", results);
    write_bytes(path, "no HDF5", 7);
    spend(results, one, NULL, UNROLL_OK);
    snprintf(path, sizeof path, "%s/nightly", results);
    CU_ASSERT_EQUAL(unroll_history_load(path, &history).code, UNROLL_OK);
    CU_ASSERT_EQUAL(history.count, 2);
    CU_ASSERT_EQUAL(history.damaged, 1);
    CU_ASSERT_STRING_EQUAL(history.night[1].against, history.night[0].program);
    CU_ASSERT_STRING_EQUAL(history.night[1].sentence, "no regression");
    CU_ASSERT_EQUAL(history.night[1].series, unroll_series_count());
    unroll_history_free(&history);
}

extern const unroll_test tests_nightly[];
const unroll_test tests_nightly[] = {
    TEST(a_change_counts_once_it_is_found_twice_and_beyond_the_floor),
    TEST(many_series_need_more_rounds_on_one_side),
    TEST(what_drifts_evenly_over_a_round_cancels),
    TEST(known_trainings_are_known_on_every_instruction_set),
    TEST(a_bit_a_count_and_another_arithmetic_are_told_apart),
    TEST(a_call_tells_what_was_said_and_how_it_ended),
    TEST(a_call_of_nothing_is_a_sentence_and_a_stop_ends_it),
    TEST(the_first_night_says_so_and_the_next_compares_with_its_program),
    TEST(a_change_below_what_a_self_test_has_noted_is_none),
    TEST(a_faster_program_is_told_and_no_alarm),
    TEST(a_call_that_fails_makes_a_night_incomplete),
    TEST(a_model_that_the_old_program_lacks_is_left_out),
    TEST(what_is_no_program_is_a_sentence),
    TEST(against_needs_a_commit_that_is_there),
    TEST(without_room_nothing_is_measured),
    TEST(a_night_names_no_program_outside_of_the_folder),
    TEST(a_damaged_night_keeps_no_other_back),
    {NULL, NULL},
};
