/* What a text costs without a model: on which characters, by a compressor, kept from one run for the next. */
#include <math.h>

#include "../datasets/text/compressor.h"
#include "../datasets/text/counts.h"
#include "base/random.h"
#include "data.h"

enum { COUNT = 8000, TRAIN = 6400, PART = 800 };

/* Letters without any order, of 16; the test part, and no other, has many of a letter that training never saw. */
static void make_letters(char *out, uint64_t seed)
{
    unroll_random draws = unroll_random_open(seed, UNROLL_FOR_SAMPLING, 0, 0);
    for (int i = 0; i < COUNT; i++)
        out[i] = (char)('a' + unroll_random_below(&draws, 16));
    for (int i = TRAIN + PART; i < COUNT; i += 2)
        out[i] = 'Z';
}

static opened_task open_letters(const char *letters, const char *more)
{
    char path[1200], settings[1400];
    opened_task task;
    data_write(path, test_folder(), "letters.txt", letters, COUNT);
    snprintf(settings, sizeof settings, "file=%s length=8 batch=2 %s", path, more);
    task = data_open("text", settings);
    CU_ASSERT_EQUAL_FATAL(task.status.code, UNROLL_OK);
    return task;
}

static const unroll_corpus *corpus_of(const opened_task *task)
{
    return task->state; /* the first of what the task holds */
}

/* The yardstick of a task that was just opened. */
static double yardstick(const opened_task *task, const char *name)
{
    unroll_record *record = unroll_record_new(task->settings);
    double value;
    CU_ASSERT_EQUAL_FATAL(task->task->baselines(task->state, record).code, UNROLL_OK);
    value = data_column(record, name);
    CU_ASSERT_STRING_EQUAL(unroll_record_find(record, "compressor")->text, unroll_compressor_name());
    unroll_record_free(record);
    return value;
}

static double counted(const opened_task *task, unroll_split split, int order)
{
    const unroll_corpus *corpus = corpus_of(task);
    double bits;
    CU_ASSERT_EQUAL(unroll_counts_bits(corpus->symbol, TRAIN, corpus->first[split], corpus->end[split],
                                       corpus->known + 1, order, &bits)
                        .code,
                    UNROLL_OK);
    return bits;
}

static double compressed(const opened_task *task, unroll_split split)
{
    double bits = NAN;
    CU_ASSERT_EQUAL(unroll_compressor_bits(corpus_of(task), split, &bits).code, UNROLL_OK);
    return bits;
}

static void yardsticks_are_of_the_scored_characters_given_the_training_part(void)
{
    char letters[COUNT];
    opened_task task;
    make_letters(letters, 1);
    task = open_letters(letters, "valid_share=0.1");
    CU_ASSERT_EQUAL(corpus_of(&task)->first[UNROLL_VALID], TRAIN);
    CU_ASSERT_EQUAL(corpus_of(&task)->end[UNROLL_VALID], TRAIN + PART);
    CU_ASSERT_EQUAL(corpus_of(&task)->end[UNROLL_TEST], COUNT);
    CU_ASSERT_EQUAL(yardstick(&task, "order0_bits"), counted(&task, UNROLL_VALID, 0));
    CU_ASSERT_EQUAL(yardstick(&task, "order5_bits"), counted(&task, UNROLL_VALID, 5));
    CU_ASSERT_EQUAL(yardstick(&task, "zstd_bits"), compressed(&task, UNROLL_VALID));
    CU_ASSERT_EQUAL(yardstick(&task, "test_order0_bits"), counted(&task, UNROLL_TEST, 0));
    CU_ASSERT_EQUAL(yardstick(&task, "test_order5_bits"), counted(&task, UNROLL_TEST, 5));
    CU_ASSERT_EQUAL(yardstick(&task, "test_zstd_bits"), compressed(&task, UNROLL_TEST));
    CU_ASSERT(yardstick(&task, "test_order0_bits") >
              2.0 + yardstick(&task, "order0_bits")); /* it has the unknown letter */
    data_close(&task);
}

/* They are kept for the next run on the same text, and no other's are taken for them. */
static void yardsticks_are_of_their_own_text_and_parts(void)
{
    static const char *const ways[] = {"valid_share=0.1", "valid_share=0.1 test_share=0.2"};
    static const struct {
        uint64_t text;
        int way;
    } asked[] = {{1, 0}, {2, 0}, {2, 1}, {1, 1}, {1, 0}};
    double bits[5];
    for (int i = 0; i < 5; i++) {
        char letters[COUNT];
        opened_task task;
        make_letters(letters, asked[i].text);
        task = open_letters(letters, ways[asked[i].way]);
        bits[i] = yardstick(&task, "test_order5_bits");
        CU_ASSERT_EQUAL(bits[i], yardstick(&task, "test_order5_bits"));
        CU_ASSERT(i == 0 || bits[i] != bits[i - 1]);
        data_close(&task);
    }
    CU_ASSERT_EQUAL(bits[4], bits[0]);
}

static void a_compressor_finds_what_was_in_the_training_part(void)
{
    char letters[COUNT];
    opened_task task;
    double apart;
    make_letters(letters, 1);
    task = open_letters(letters, "valid_share=0.1");
    apart = compressed(&task, UNROLL_VALID);
    CU_ASSERT(apart > 4.0 && apart < 5.0); /* 16 letters without any order, and the header of a file */
    data_close(&task);
    memcpy(letters + TRAIN, letters, PART);
    task = open_letters(letters, "valid_share=0.1");
    CU_ASSERT(compressed(&task, UNROLL_VALID) < 0.3);
    data_close(&task);
}

const unroll_test tests_data_yardsticks[] = {TEST(yardsticks_are_of_the_scored_characters_given_the_training_part),
                                             TEST(yardsticks_are_of_their_own_text_and_parts),
                                             TEST(a_compressor_finds_what_was_in_the_training_part),
                                             {NULL, NULL}};
