/* The text task: alphabet, streams, yardsticks, drawn text, malformed UTF-8. */
#include <math.h>
#include <stdlib.h>
#include <unistd.h>

#include "../datasets/read/utf8.h"
#include "../datasets/text/corpus.h"
#include "base/random.h"
#include "base/text.h"
#include "data.h"
#include "limited.h"
#include "model/run.h"

/* A text of `count` characters of `size` bytes, opened with more settings. */
static opened_task open_text(const char *content, size_t size, const char *more)
{
    char path[1200], settings[1600];
    data_write(path, test_folder(), "some.txt", content, size);
    snprintf(settings, sizeof settings, "file=%s %s", path, more);
    return data_open("text", settings);
}

/* Made-up prose: letters by a small generator, so that neighbours do not repeat with a short period. */
static void make_prose(char *out, int count)
{
    unroll_random draws = unroll_random_open(7, UNROLL_FOR_SAMPLING, 0, 0);
    for (int i = 0; i < count; i++)
        out[i] = (char)('a' + unroll_random_below(&draws, 20));
}

/* Follows each stream over a split's batches; counts the targets and checks that each continues the last batch. */
static int follow_streams(opened_task *task, unroll_split split, int64_t count)
{
    size_t batch = (size_t)task->shape.batch, steps = (size_t)task->shape.steps;
    int *last = calloc(batch, sizeof *last), targets = 0;
    CU_ASSERT_PTR_NOT_NULL_FATAL(last);
    for (int64_t i = 0; i < count; i++) {
        data_batch(task, split, i);
        for (size_t b = 0; b < batch; b++) {
            const int *symbol = task->samples.symbol + b * steps, *target = task->samples.target + b * steps;
            CU_ASSERT_EQUAL(task->samples.length[b], task->samples.length[0]);
            if (i > 0 && last[b] >= 0 && target[0] >= 0)
                CU_ASSERT_EQUAL(symbol[0], last[b]);
            for (int t = 0; t < task->samples.length[b]; t++) {
                targets += target[t] >= 0;
                if (t > 0 && target[t] >= 0 && target[t - 1] >= 0)
                    CU_ASSERT_EQUAL(symbol[t], target[t - 1]);
            }
            last[b] = target[steps - 1];
        }
    }
    free(last);
    return targets;
}

static int count_targets(opened_task *task, unroll_split split)
{
    int targets = 0;
    for (int64_t i = 0; i < task->shape.batches[split]; i++) {
        data_batch(task, split, i);
        for (int k = 0; k < task->shape.batch * task->shape.steps; k++)
            targets += task->samples.target[k] >= 0;
    }
    return targets;
}

static void every_character_of_validation_and_test_is_scored_once(void)
{
    static const char *const ways[] = {"length=5 batch=4", "length=5 batch=1", "length=64 batch=32",
                                       "length=1 batch=100", "length=10 batch=3 valid_share=0.2 test_share=0.1"};
    char prose[2003];
    make_prose(prose, 2003);
    for (int i = 0; i < 5; i++) {
        opened_task task = open_text(prose, 2003, ways[i]);
        CU_ASSERT_EQUAL_FATAL(task.status.code, UNROLL_OK);
        CU_ASSERT_EQUAL(follow_streams(&task, UNROLL_VALID, task.shape.batches[UNROLL_VALID]), i == 4 ? 401 : 100);
        CU_ASSERT_EQUAL(follow_streams(&task, UNROLL_TEST, task.shape.batches[UNROLL_TEST]), i == 4 ? 200 : 100);
        data_close(&task);
    }
}

/* A model that carries nothing reads the last half of each batch again, without targets. */
static void check_windows(opened_task *task, unroll_split split)
{
    size_t batch = (size_t)task->shape.batch, steps = (size_t)task->shape.steps, again = steps / 2;
    int *last = calloc(batch * steps, sizeof *last);
    CU_ASSERT_PTR_NOT_NULL_FATAL(last);
    for (int64_t i = 0; i < task->shape.batches[split]; i++) {
        data_batch(task, split, i);
        for (size_t b = 0; b < batch; b++) {
            const int *symbol = task->samples.symbol + b * steps, *target = task->samples.target + b * steps;
            bool goes_on = i > 0 && target[again] >= 0;
            CU_ASSERT(task->samples.length[b] > (i > 0 ? (int)again : 0));
            for (size_t t = 0; t < steps; t++) {
                if (goes_on && t < again)
                    CU_ASSERT(symbol[t] == last[b * steps + steps - again + t] && target[t] == -1);
                if (goes_on || i == 0)
                    last[b * steps + t] = symbol[t];
            }
        }
    }
    free(last);
}

static void a_model_without_states_scores_each_character_once_after_half_a_window(void)
{
    static const char *const ways[] = {"length=5 batch=4", "length=6 batch=1", "length=64 batch=32", "length=1 batch=100",
                                       "length=150 batch=3"};
    char prose[2003], settings[100];
    make_prose(prose, 2003);
    for (int i = 0; i < 5; i++) {
        snprintf(settings, sizeof settings, "model=transformer %s", ways[i]);
        opened_task task = open_text(prose, 2003, settings);
        CU_ASSERT_EQUAL_FATAL(task.status.code, UNROLL_OK);
        for (int split = UNROLL_VALID; split <= UNROLL_TEST; split++) {
            check_windows(&task, (unroll_split)split);
            CU_ASSERT_EQUAL(count_targets(&task, (unroll_split)split), 100);
        }
        data_close(&task);
    }
}

/* Where the user says nothing of a share: a twentieth, and of a long text no more than tells models apart. */
static void parts_of_a_long_text_are_bounded(void)
{
    enum { COUNT = 2000000, MOST = 65536 };
    static const char *const ways[] = {"length=64 batch=16", "length=64 batch=16 valid_share=0.05"};
    char *prose = malloc(COUNT);
    CU_ASSERT_PTR_NOT_NULL_FATAL(prose);
    make_prose(prose, COUNT);
    for (int i = 0; i < 2; i++) {
        opened_task task = open_text(prose, COUNT, ways[i]);
        const unroll_corpus *corpus = task.state; /* the first of what the task holds */
        size_t each = i == 0 ? MOST : COUNT / 20;
        CU_ASSERT_EQUAL_FATAL(task.status.code, UNROLL_OK);
        CU_ASSERT_EQUAL(corpus->end[UNROLL_TRAIN], COUNT - 2 * each);
        CU_ASSERT_EQUAL(corpus->end[UNROLL_VALID], COUNT - each);
        CU_ASSERT_EQUAL(corpus->end[UNROLL_TEST], COUNT);
        data_close(&task);
    }
    free(prose);
}

static void training_streams_go_on_and_round_the_training_part(void)
{
    enum { COUNT = 1000, BATCHES = 60, BATCH = 3, STEPS = 10 };
    char prose[COUNT];
    opened_task task;
    make_prose(prose, COUNT);
    task = open_text(prose, COUNT, "length=10 batch=3");
    CU_ASSERT_EQUAL_FATAL(task.status.code, UNROLL_OK);
    /* 600 steps of three streams that start 300 apart: twice round, and the end of the part is no target */
    CU_ASSERT_EQUAL(follow_streams(&task, UNROLL_TRAIN, BATCHES), BATCHES * BATCH * STEPS - 2);
    data_close(&task);
}

static void nothing_after_the_training_part_changes_training_text(void)
{
    char prose[1000];
    opened_task one, two;
    make_prose(prose, 1000);
    one = open_text(prose, 1000, "length=8 batch=4");
    memset(prose + 900, 'Z', 100);
    two = open_text(prose, 1000, "length=8 batch=4");
    data_batch(&one, UNROLL_TRAIN, 9);
    data_batch(&two, UNROLL_TRAIN, 9);
    CU_ASSERT_EQUAL(one.shape.symbols, two.shape.symbols);
    CU_ASSERT_EQUAL(memcmp(one.samples.symbol, two.samples.symbol, 4 * 8 * sizeof(int)), 0);
    CU_ASSERT_EQUAL(memcmp(one.samples.target, two.samples.target, 4 * 8 * sizeof(int)), 0);
    /* what training never saw is the unknown symbol */
    data_batch(&two, UNROLL_VALID, 0);
    CU_ASSERT_EQUAL(two.samples.target[1], two.shape.symbols - 1);
    data_close(&one);
    data_close(&two);
}

static void the_alphabet_holds_code_points_in_order(void)
{
    static const char content[] =
        "\xEF\xBB\xBFz\xC3\xA9\xE2\x82\xAC\xF0\x9F\x99\x82 aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";
    static const double expected[] = {' ', 'a', 'z', 0xE9, 0x20AC, 0x1F642};
    opened_task task = open_text(content, sizeof content - 1, "length=4 batch=2");
    unroll_extra extra;
    int count = 0;
    CU_ASSERT_EQUAL_FATAL(task.status.code, UNROLL_OK);
    CU_ASSERT_EQUAL(task.shape.symbols, 7);
    CU_ASSERT_EQUAL(task.task->extras(task.state, &extra, 1, &count).code, UNROLL_OK);
    CU_ASSERT_EQUAL_FATAL(count, 1);
    CU_ASSERT_EQUAL_FATAL(extra.count, 6);
    for (int k = 0; k < 6; k++)
        CU_ASSERT_EQUAL(extra.value[k], expected[k]);
    free(extra.value);
    data_close(&task);
}

static void utf8_is_decoded_and_encoded(void)
{
    static const uint32_t points[] = {0x24, 0x7F, 0x80, 0x7FF, 0x800, 0xD7FF, 0xE000, 0xFFFF, 0x10000, 0x10FFFF};
    char text[64] = "";
    uint32_t *back;
    size_t size = 0, count;
    for (int i = 0; i < 10; i++)
        size += (size_t)unroll_utf8_encode(points[i], text + size);
    CU_ASSERT_EQUAL_FATAL(unroll_utf8_decode(text, size, "x", &back, &count).code, UNROLL_OK);
    CU_ASSERT_EQUAL_FATAL(count, 10);
    CU_ASSERT_EQUAL(memcmp(back, points, sizeof points), 0);
    free(back);
    CU_ASSERT_EQUAL(unroll_utf8_decode(text, size - 1, "x", &back, &count).code, UNROLL_WRONG); /* the last one is cut */
}

static void malformed_utf8_is_refused_with_its_place(void)
{
    static const char *const wrong[] = {"\x80",
                                        "\xC3",
                                        "\xC0\x80",
                                        "\xC3(",
                                        "\xE0\x80\x80",
                                        "\xED\xA0\x80",
                                        "\xF0\x80\x80\x80",
                                        "\xF4\x90\x80\x80",
                                        "\xF8\x88\x80\x80\x80",
                                        "\xE2\x82"};
    for (int i = 0; i < 10; i++) {
        char text[32];
        uint32_t *points;
        size_t count;
        unroll_status status;
        snprintf(text, sizeof text, "ab\nc%s", wrong[i]);
        status = unroll_utf8_decode(text, strlen(text), "this.txt", &points, &count);
        CU_ASSERT_EQUAL(status.code, UNROLL_WRONG);
        CU_ASSERT_PTR_NOT_NULL(strstr(status.text, "this.txt is not UTF-8: byte 0x"));
        CU_ASSERT_PTR_NOT_NULL(strstr(status.text, "at offset 4, line 2"));
    }
}

static void empty_short_and_binary_texts_are_refused(void)
{
    char path[1200], settings[1400];
    const char *folder = test_folder();
    data_write(path, folder, "text", "", 0);
    snprintf(settings, sizeof settings, "file=%s", path);
    data_refused("text", settings, "is empty");
    data_write(path, folder, "text", "a", 1);
    data_refused("text", settings, "each part needs some");
    data_write(path, folder, "text", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", 45);
    data_refused("text", settings, "the text is too short: 41 characters for training, but length=64");
    data_write(path, folder, "text", "a\0b", 3);
    data_refused("text", settings, "zero bytes");
    data_write(path, folder, "text", "\xFF\xFE", 2);
    data_refused("text", settings, "is not UTF-8: byte 0xff at offset 0");
}

static void shakespeare_costs_what_he_should(void)
{
    char settings[1300];
    const char *path = test_data("tinyshakespeare/input.txt");
    opened_task task;
    unroll_record *record;
    if (path == NULL) {
        test_skip("the data set tinyshakespeare is not here (datasets/fetch tinyshakespeare)");
        return;
    }
    snprintf(settings, sizeof settings, "file=%s", path);
    task = data_open("text", settings);
    CU_ASSERT_EQUAL_FATAL(task.status.code, UNROLL_OK);
    record = unroll_record_new(task.settings);
    CU_ASSERT_EQUAL(task.task->baselines(task.state, record).code, UNROLL_OK);
    CU_ASSERT_EQUAL(task.shape.symbols, 66);
    CU_ASSERT_DOUBLE_EQUAL(data_column(record, "order0_bits"), 4.8, 0.1);
    CU_ASSERT_DOUBLE_EQUAL(data_column(record, "order5_bits"), 2.11, 0.01);
    CU_ASSERT_DOUBLE_EQUAL(data_column(record, "zstd_bits"), 2.52, 0.05);             /* of zstd 1.5.4 */
    CU_ASSERT_DOUBLE_EQUAL(data_column(record, "test_order0_bits"), 4.8, 0.1); /* of another part: */
    CU_ASSERT_DOUBLE_EQUAL(data_column(record, "test_order5_bits"), 2.1, 0.2);
    CU_ASSERT_DOUBLE_EQUAL(data_column(record, "test_zstd_bits"), 2.5, 0.2);
    CU_ASSERT_NOT_EQUAL(data_column(record, "test_order5_bits"), data_column(record, "order5_bits"));
    unroll_record_free(record);
    data_close(&task);
}

/* Trains a little on a text of its own and returns what was drawn, to be freed. */
static char *drawn_text(const char *more)
{
    char path[1200], settings_text[1600], content[3001], *sample;
    unroll_settings *settings;
    unroll_record *record;
    for (int i = 0; i < 1000; i++)
        memcpy(content + 3 * i, i % 3 == 0 ? "\xE2\x82\xAC" : "ab\n", 3);
    data_write(path, test_folder(), "euro.txt", content, 3000);
    snprintf(settings_text, sizeof settings_text, "task=text file=%s hidden=8 steps=30 length=8 batch=4 lr=0.01 %s",
             path, more);
    settings = data_settings(settings_text);
    record = unroll_record_new(settings);
    CU_ASSERT_EQUAL_FATAL(unroll_run(settings, NULL, record).code, UNROLL_OK);
    CU_ASSERT_TRUE(data_column(record, "test_bits_per_character") > 0.0);
    CU_ASSERT_TRUE(data_column(record, "test_bits_per_character") < 3.0);
    CU_ASSERT_PTR_NOT_NULL_FATAL(unroll_record_find(record, "sample"));
    sample = unroll_text_duplicate(unroll_record_find(record, "sample")->text);
    unroll_record_free(record);
    unroll_settings_free(settings);
    return sample;
}

/* The text repeats with each batch and nothing is learned, so a batch from the same states has the same loss. */
static void states_start_from_zeros_now_and_then(void)
{
    char path[1200], assignments[1600], content[4000];
    unroll_settings *settings;
    unroll_record *record;
    const unroll_curve *loss;
    for (int i = 0; i < 4000; i++)
        content[i] = "abcdefgh"[i % 8];
    data_write(path, test_folder(), "round.txt", content, sizeof content);
    snprintf(assignments, sizeof assignments,
             "task=text model=gru file=%s hidden=8 steps=60 points=60 length=8 batch=1 lr=1e-12 sample_chars=0", path);
    settings = data_settings(assignments);
    record = unroll_record_new(settings);
    CU_ASSERT_EQUAL_FATAL(unroll_run(settings, NULL, record).code, UNROLL_OK);
    loss = unroll_record_find_curve(record, "train_loss");
    CU_ASSERT_PTR_NOT_NULL_FATAL(loss);
    CU_ASSERT_EQUAL_FATAL(loss->length, 61);
    CU_ASSERT_DOUBLE_EQUAL(loss->value[51], loss->value[1], 1e-6);
    CU_ASSERT(fabs((double)(loss->value[50] - loss->value[1])) > 1e-4);
    CU_ASSERT_DOUBLE_EQUAL(loss->value[50], loss->value[49], 1e-6);
    unroll_record_free(record);
    unroll_settings_free(settings);
}

/* Another text in the place of the one that is being trained on, as good as that. */
static void replace_text(void *context, const unroll_point *point)
{
    FILE *file = fopen(context, "wb");
    (void)point;
    CU_ASSERT_PTR_NOT_NULL_FATAL(file);
    for (int i = 0; i < 30; i++)
        fputs("0123456789", file);
    fclose(file);
}

static void remove_text(void *context, const unroll_point *point)
{
    CU_ASSERT_EQUAL(unlink(context), point->step == 0 ? 0 : -1);
}

/* Trains on a text of three letters while `progress` does something to its file. */
static void check_alphabet(void (*progress)(void *context, const unroll_point *point))
{
    char path[1200], assignments[1600], content[301];
    unroll_extra extras[UNROLL_EXTRAS];
    unroll_model *model = NULL;
    unroll_run_hooks hooks = {.progress = progress, .context = path, .model = &model, .extras = extras};
    unroll_settings *settings;
    unroll_record *record;
    for (int i = 0; i < 100; i++)
        memcpy(content + 3 * i, "xyz", 3);
    data_write(path, test_folder(), "edited.txt", content, 300);
    snprintf(assignments, sizeof assignments, "task=text file=%s hidden=4 steps=4 points=2 length=8 batch=2", path);
    settings = data_settings(assignments);
    record = unroll_record_new(settings);
    CU_ASSERT_EQUAL_FATAL(unroll_run(settings, &hooks, record).code, UNROLL_OK);
    CU_ASSERT_EQUAL_FATAL(hooks.extra_count, 1);
    CU_ASSERT_STRING_EQUAL(extras[0].name, "alphabet");
    CU_ASSERT_EQUAL_FATAL(extras[0].count, 3);
    CU_ASSERT(extras[0].value[0] == 'x' && extras[0].value[2] == 'z');
    free(extras[0].value);
    unroll_model_close(model);
    unroll_record_free(record);
    unroll_settings_free(settings);
}

/* More than there can be is asked for; nothing is read from what was not given. */
static void short_memory_is_no_model_without_its_alphabet(void)
{
    static const char content[] = "abcabcabcabcabcabcabcabcabcabcabcabcabcabcabcabc";
    struct rlimit old;
    opened_task task = open_text(content, sizeof content - 1, "length=4 batch=2");
    unroll_corpus *corpus = task.state; /* the first of what the task holds */
    unroll_extra extra;
    int count = -1, known = corpus->known;
    unroll_status status;
    CU_ASSERT_EQUAL_FATAL(known, 3);
    if (limit_memory(&old)) {
        corpus->known = 1 << 30;
        status = task.task->extras(task.state, &extra, 1, &count);
        corpus->known = known;
        setrlimit(RLIMIT_AS, &old);
        CU_ASSERT_EQUAL(status.code, UNROLL_FAILED);
        CU_ASSERT_STRING_EQUAL(status.text, "out of memory: the alphabet of a saved model");
        CU_ASSERT_EQUAL(count, 0);
    }
    data_close(&task);
}

static void extras_are_those_of_the_text_that_was_trained_on(void)
{
    check_alphabet(replace_text);
    check_alphabet(remove_text);
}

static int characters(const char *text)
{
    int count = 0;
    for (; *text != '\0'; text++)
        count += ((unsigned char)*text & 0xC0) != 0x80;
    return count;
}

static void drawn_text_is_utf8_of_the_asked_length_and_the_same_again(void)
{
    char *one = drawn_text("sample_chars=200"), *two = drawn_text("sample_chars=200");
    char *other = drawn_text("sample_chars=200 temperature=10"), *none = drawn_text("sample_chars=0");
    CU_ASSERT_TRUE(unroll_utf8_valid(one));
    CU_ASSERT_EQUAL(characters(one), 200);
    CU_ASSERT_STRING_EQUAL(one, two);
    CU_ASSERT_STRING_NOT_EQUAL(one, other);
    CU_ASSERT_STRING_EQUAL(none, "");
    free(one);
    free(two);
    free(other);
    free(none);
}

static void cold_sampling_takes_the_likeliest(void)
{
    char *cold = drawn_text("sample_chars=50 temperature=0.01 steps=300");
    /* the text is a euro sign, then twice "ab" and a line end: after a line end comes a euro sign or an a, then what must */
    CU_ASSERT_TRUE(strlen(cold) >= 50);
    CU_ASSERT_TRUE(strstr(cold, "ab\n") != NULL);
    CU_ASSERT_TRUE(strstr(cold, "ba") == NULL && strstr(cold, "aa") == NULL && strstr(cold, "bb") == NULL);
    free(cold);
}

const unroll_test tests_data_text[] = {TEST(every_character_of_validation_and_test_is_scored_once),
                                       TEST(a_model_without_states_scores_each_character_once_after_half_a_window),
                                       TEST(parts_of_a_long_text_are_bounded),
                                       TEST(training_streams_go_on_and_round_the_training_part),
                                       TEST(nothing_after_the_training_part_changes_training_text),
                                       TEST(the_alphabet_holds_code_points_in_order),
                                       TEST(utf8_is_decoded_and_encoded),
                                       TEST(malformed_utf8_is_refused_with_its_place),
                                       TEST(empty_short_and_binary_texts_are_refused),
                                       TEST(shakespeare_costs_what_he_should),
                                       TEST(drawn_text_is_utf8_of_the_asked_length_and_the_same_again),
                                       TEST(states_start_from_zeros_now_and_then),
                                       TEST(extras_are_those_of_the_text_that_was_trained_on),
                                       TEST(short_memory_is_no_model_without_its_alphabet),
                                       TEST(cold_sampling_takes_the_likeliest),
                                       {NULL, NULL}};
