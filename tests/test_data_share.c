/* A share of the training part: as if the data began later, and validation and test as they are. */
#include <stdlib.h>

#include "../datasets/series/forecast.h"
#include "../datasets/words/corpus.h"
#include "data.h"

enum { LINES = 100, LINE = 12, CUT = 60 /* lines that train_share=0.25 leaves out of the 80 for training */ };

/* Lines of one length, which come again after 60, so that the words are first used in the same order where those are left out;
   words of ten lines come nowhere else. */
static void make_lines(char *content)
{
    for (int i = 0; i < LINES; i++) {
        char line[64];
        snprintf(line, sizeof line, "%s%d %c%d %c%c\n", i / 10 == 1 ? "quay" : "ants", i % 10, 'a' + i % 5, i % 6, 'a' + i % 3,
                 'a' + i % 4);
        memcpy(content + i * LINE, line, LINE);
    }
}

static void make_rows(char *content)
{
    for (int i = 0; i < LINES; i++) {
        char line[64];
        snprintf(line, sizeof line, "%11.4f\n", (double)((i * i) % 37) + 0.25 * i);
        memcpy(content + i * LINE, line, LINE);
    }
}

static opened_task open_at(const char *name, const char *content, int first, const char *file, const char *more)
{
    char path[1200], assignments[2000];
    data_write(path, test_folder(), file, content + first * LINE, (size_t)(LINES - first) * LINE);
    snprintf(assignments, sizeof assignments, "file=%s %s", path, more);
    return data_open(name, assignments);
}

static bool same(const void *one, const void *other, size_t bytes)
{
    return one == NULL ? other == NULL : memcmp(one, other, bytes) == 0;
}

static void compare_batches(opened_task *one, opened_task *other, unroll_split split, int64_t index)
{
    size_t steps = (size_t)one->shape.batch * (size_t)one->shape.steps;
    data_batch(one, split, index);
    data_batch(other, split, index);
    CU_ASSERT_TRUE(same(one->samples.length, other->samples.length, (size_t)one->shape.batch * sizeof(int)));
    CU_ASSERT_TRUE(same(one->samples.x, other->samples.x, steps * sizeof(float)));
    CU_ASSERT_TRUE(same(one->samples.symbol, other->samples.symbol, steps * sizeof(int)));
    CU_ASSERT_TRUE(same(one->samples.y, other->samples.y, steps * sizeof(float)));
    CU_ASSERT_TRUE(same(one->samples.target, other->samples.target, steps * sizeof(int)));
}

/* Of 100 lines 80 are for training and 10 for each of the other parts; of the last 40 then 20, 10 and 10. */
static void a_share_of_the_training_part_is_its_end(void)
{
    static const struct {
        const char *task, *settings;
    } of[] = {{"text", "length=7 batch=3"},
              {"words", "length=7 batch=3 min_count=1"},
              {"words", "words=sentences length=7 batch=3 min_count=1"},
              {"series", "length=5 batch=3"},
              {"series", "length=5 batch=3 residual=last horizon=2"}};
    char content[LINES * LINE + 1];
    for (int i = 0; i < 5; i++) {
        opened_task share, cut;
        char more[200];
        if (strcmp(of[i].task, "series") == 0)
            make_rows(content);
        else
            make_lines(content);
        snprintf(more, sizeof more, "%s valid_share=0.1 train_share=0.25", of[i].settings);
        share = open_at(of[i].task, content, 0, "all", more);
        snprintf(more, sizeof more, "%s valid_share=0.25", of[i].settings);
        cut = open_at(of[i].task, content, CUT, "cut", more);
        CU_ASSERT_EQUAL_FATAL(share.status.code, UNROLL_OK);
        CU_ASSERT_EQUAL_FATAL(cut.status.code, UNROLL_OK);
        CU_ASSERT_EQUAL_FATAL(share.shape.symbols, cut.shape.symbols);
        CU_ASSERT_EQUAL_FATAL(share.shape.steps, cut.shape.steps);
        for (int s = 0; s < 3; s++) {
            CU_ASSERT_EQUAL(share.shape.batches[s], cut.shape.batches[s]);
            for (int64_t k = 0; k < (s == UNROLL_TRAIN ? 40 : cut.shape.batches[s]); k++)
                compare_batches(&share, &cut, (unroll_split)s, k);
        }
        data_close(&share);
        data_close(&cut);
    }
}

static void a_share_by_rows_is_of_those_rows_and_rows_keep_their_numbers(void)
{
    char content[LINES * LINE + 1];
    opened_task task;
    const unroll_series *series;
    make_rows(content);
    task = open_at("series", content, 0, "rows", "length=5 batch=3 train_rows=60 valid_rows=20 test_rows=10 train_share=0.5");
    CU_ASSERT_EQUAL_FATAL(task.status.code, UNROLL_OK);
    series = task.state;
    CU_ASSERT_EQUAL(series->dropped, 30);
    CU_ASSERT_EQUAL(series->end[UNROLL_TRAIN], 30);
    CU_ASSERT_EQUAL(series->end[UNROLL_TEST], 60);
    CU_ASSERT_DOUBLE_EQUAL(series->data.value[0], (30 * 30) % 37 + 0.25 * 30, 1e-12);
    data_close(&task);
    memcpy(content + 95 * LINE, "1.000000e30", 11); /* row 96 of the file */
    task = open_at("series", content, 0, "far", "length=5 batch=3 train_share=0.5");
    CU_ASSERT_EQUAL(task.status.code, UNROLL_WRONG);
    CU_ASSERT_PTR_NOT_NULL(strstr(task.status.text, "row 96:"));
    data_close(&task);
}

static void too_small_a_share_is_refused(void)
{
    char content[LINES * LINE + 1];
    opened_task task;
    make_rows(content);
    task = open_at("series", content, 0, "few", "length=20 batch=3 train_share=0.1");
    CU_ASSERT_EQUAL(task.status.code, UNROLL_WRONG);
    CU_ASSERT_PTR_NOT_NULL(strstr(task.status.text, "too few rows: 7 of 100 are for training"));
    data_close(&task);
}

/* Of three files the first is cut, and one without a word is still refused in words. */
static void a_share_of_a_file_of_its_own_is_its_end(void)
{
    static const char *const of[] = {"", "a b c\nd e f\ng h i\nj k l\n"};
    char train[1200], other[1200], assignments[4000];
    for (int i = 0; i < 2; i++) {
        opened_task task;
        const unroll_words *words;
        data_write(train, test_folder(), "train", of[i], strlen(of[i]));
        data_write(other, test_folder(), "other", "j k l\n", 6);
        snprintf(assignments, sizeof assignments,
                 "file=%s valid_file=%s test_file=%s batch=2 length=2 min_count=1 train_share=0.5", train, other, other);
        task = data_open("words", assignments);
        CU_ASSERT_EQUAL_FATAL(task.status.code, i == 0 ? UNROLL_WRONG : UNROLL_OK);
        words = task.state;
        if (i == 1) {
            CU_ASSERT_EQUAL(words->end[UNROLL_TRAIN], 8);
            CU_ASSERT_EQUAL(words->first[UNROLL_VALID], 8);
            CU_ASSERT_EQUAL(words->end[UNROLL_TEST], 16);
            CU_ASSERT_STRING_EQUAL(words->vocabulary, "g\nh\ni\nj\nk\nl\n<unk>\n<eos>");
        }
        data_close(&task);
    }
}

const unroll_test tests_data_share[] = {TEST(a_share_of_the_training_part_is_its_end),
                                        TEST(a_share_by_rows_is_of_those_rows_and_rows_keep_their_numbers),
                                        TEST(too_small_a_share_is_refused),
                                        TEST(a_share_of_a_file_of_its_own_is_its_end),
                                        {NULL, NULL}};
