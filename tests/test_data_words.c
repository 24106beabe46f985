/* The task of words: vocabulary, running texts and sentences, one file or three, malformed ones, yardsticks, predict's extras. */
#include <math.h>
#include <stdlib.h>

#include "../datasets/read/utf8.h"
#include "../datasets/text/counts.h"
#include "../datasets/words/corpus.h"
#include "base/exponential.h"
#include "base/random.h"
#include "data.h"
#include "model/run.h"

/* A text in a file, opened with more settings. */
static opened_task open_words(const char *content, const char *more)
{
    char path[1200], settings[1600];
    data_write(path, test_folder(), "some.txt", content, strlen(content));
    snprintf(settings, sizeof settings, "file=%s %s", path, more);
    return data_open("words", settings);
}

/* Three of them, as the well-known word sets have them. */
static opened_task open_three(const char *const content[3], const char *more)
{
    static const char *const names[3] = {"train.txt", "valid.txt", "test.txt"};
    const char *folder = test_folder();
    char path[3][1200], settings[4000];
    for (int i = 0; i < 3; i++)
        data_write(path[i], folder, names[i], content[i], strlen(content[i]));
    snprintf(settings, sizeof settings, "file=%s valid_file=%s test_file=%s %s", path[0], path[1], path[2], more);
    return data_open("words", settings);
}

/* `lines` lines of 0 to 6 words of a small vocabulary, by a small generator. */
static void make_lines(char *out, int lines)
{
    unroll_random draws = unroll_random_open(7, UNROLL_FOR_SAMPLING, 0, 0);
    for (int i = 0; i < lines; i++) {
        int words = (int)unroll_random_below(&draws, 7);
        for (int w = 0; w < words; w++)
            out += sprintf(out, "w%u ", (unsigned)unroll_random_below(&draws, 12));
        out += sprintf(out, "\n");
    }
}

/* ---- the vocabulary ---- */

static void check_vocabulary(const char *more, const char *expected)
{
    static const char content[] = "\xEF\xBB\xBF the cat\tsat .\n\nthe dog sat\r\nthe <unk> \xC3\xA9l\xC3\xA9phant \xC3\xA9l\xC3\xA9phant . end\nx y\n";
    opened_task task = open_words(content, more);
    const unroll_words *words = task.state;
    CU_ASSERT_EQUAL_FATAL(task.status.code, UNROLL_OK);
    CU_ASSERT_STRING_EQUAL(words->vocabulary, expected);
    data_close(&task);
}

static void the_vocabulary_is_the_most_frequent_words_of_the_training_part(void)
{
    /* ends of lines are symbols: 21 of them, the last two are of validation and test */
    check_vocabulary("length=4 batch=2 min_count=1", "the\nsat\n.\n\xC3\xA9l\xC3\xA9phant\ncat\ndog\nend\nx\n<unk>\n<eos>");
    check_vocabulary("length=4 batch=2", "the\nsat\n.\n\xC3\xA9l\xC3\xA9phant\n<unk>\n<eos>");
    check_vocabulary("length=4 batch=2 vocabulary=2", "the\nsat\n<unk>\n<eos>");
    check_vocabulary("length=4 batch=2 vocabulary=2 min_count=3", "the\nsat\n<unk>\n<eos>");
}

static void symbols_are_the_words_the_unknown_one_and_ends(void)
{
    static const char *const content[3] = {"a b a\n\nb <unk> a", "c a\n", "b\nc"};
    static const int expected[] = {0, 1, 0, 3, 3, 1, 2, 0, 3, 2, 0, 3, 1, 3, 2, 3};
    opened_task task = open_three(content, "length=4 batch=2 min_count=1");
    const unroll_words *words = task.state;
    CU_ASSERT_EQUAL_FATAL(task.status.code, UNROLL_OK);
    CU_ASSERT_STRING_EQUAL(words->vocabulary, "a\nb\n<unk>\n<eos>");
    CU_ASSERT_EQUAL(task.shape.symbols, 4);
    CU_ASSERT_EQUAL(task.shape.outputs, 4);
    CU_ASSERT_EQUAL(words->end[UNROLL_TRAIN], 9);
    CU_ASSERT_EQUAL(words->end[UNROLL_VALID], 12);
    CU_ASSERT_EQUAL(words->end[UNROLL_TEST], 16);
    CU_ASSERT_EQUAL(memcmp(words->symbol, expected, sizeof expected), 0);
    data_close(&task);
}

static void nothing_but_the_training_part_makes_the_vocabulary(void)
{
    static const char *const one[3] = {"a b a b c c", "c d d d d", "e e e"}, *const two[3] = {"a b a b c c", "d", "f f"};
    opened_task first = open_three(one, "length=4 batch=2"), second = open_three(two, "length=4 batch=2");
    CU_ASSERT_EQUAL_FATAL(first.status.code, UNROLL_OK);
    CU_ASSERT_EQUAL_FATAL(second.status.code, UNROLL_OK);
    CU_ASSERT_STRING_EQUAL(((const unroll_words *)first.state)->vocabulary, "a\nb\nc\n<unk>\n<eos>");
    CU_ASSERT_STRING_EQUAL(((const unroll_words *)second.state)->vocabulary, "a\nb\nc\n<unk>\n<eos>");
    data_close(&first);
    data_close(&second);
}

/* ---- running texts ---- */

/* How often each symbol's place is a target in `batches` batches of a running text, by following the streams: the symbol that is
   read must be the one before the target. */
static void count_targets(opened_task *task, unroll_split split, int64_t from, int64_t batches, int *times)
{
    const unroll_words *words = task->state;
    size_t steps = (size_t)task->shape.steps, first = words->first[split], count = words->end[split] - first;
    for (int64_t i = from; i < from + batches; i++) {
        data_batch(task, split, i);
        for (size_t k = 0; k < steps * (size_t)task->shape.batch; k++) {
            int target = task->samples.target[k];
            CU_ASSERT_EQUAL(task->samples.length[k / steps], task->samples.length[0]);
            if (target >= 0 && (int)(k % steps) < task->samples.length[k / steps])
                times[target]++;
        }
    }
    for (size_t at = first; at < first + count; at++)
        times[words->symbol[at]]--; /* each once */
}

static void every_word_is_a_target_once_an_epoch_and_once_in_scoring(void)
{
    static const char *const ways[] = {"length=5 batch=4", "length=5 batch=1", "length=64 batch=32", "length=1 batch=7",
                                       "length=10 batch=3 valid_share=0.2 test_share=0.1 seed=5"};
    static char content[20000];
    make_lines(content, 300);
    for (int i = 0; i < 5; i++) {
        opened_task task = open_words(content, ways[i]);
        const unroll_words *words = task.state;
        CU_ASSERT_EQUAL_FATAL(task.status.code, UNROLL_OK);
        for (int split = UNROLL_TRAIN; split <= UNROLL_TEST; split++) {
            int times[32] = {0}, wrong = 0, batches = task.shape.batches[split];
            count_targets(&task, (unroll_split)split, split == UNROLL_TRAIN ? batches : 0, batches, times);
            times[words->symbol[0]] += split == UNROLL_TRAIN; /* nothing stands before the text's first word */
            for (int k = 0; k < task.shape.symbols; k++)
                wrong += times[k] != 0;
            CU_ASSERT_EQUAL(wrong, 0);
        }
        data_close(&task);
    }
}

static void streams_go_on_from_batch_to_batch(void)
{
    static char content[20000];
    opened_task task;
    int last[3];
    make_lines(content, 100);
    task = open_words(content, "length=6 batch=3");
    CU_ASSERT_EQUAL_FATAL(task.status.code, UNROLL_OK);
    CU_ASSERT_TRUE(task.shape.carry);
    for (int64_t i = 0; i + 1 < task.shape.batches[UNROLL_TRAIN]; i++) {
        data_batch(&task, UNROLL_TRAIN, i);
        for (int b = 0; b < 3; b++) {
            const int *symbol = task.samples.symbol + b * 6, *target = task.samples.target + b * 6;
            if (i > 0 && last[b] >= 0)
                CU_ASSERT_EQUAL(symbol[0], last[b]);
            for (int t = 1; t < 6; t++)
                CU_ASSERT(target[t - 1] < 0 || symbol[t] == target[t - 1]);
            last[b] = target[5];
        }
    }
    data_close(&task);
}

/* ---- sentences ---- */

static void a_sentence_is_read_after_an_end_and_told_to_its_own(void)
{
    static const char *const content[3] = {"a b\n\n   \nb a a\n", "a\n", "b b\n"};
    opened_task task = open_three(content, "words=sentences batch=3 min_count=1");
    CU_ASSERT_EQUAL_FATAL(task.status.code, UNROLL_OK);
    CU_ASSERT_FALSE(task.shape.carry);
    CU_ASSERT_EQUAL(task.shape.steps, 4); /* b a a and the end */
    CU_ASSERT_EQUAL(task.shape.batches[UNROLL_TRAIN], 1);
    data_batch(&task, UNROLL_VALID, 0);
    /* a: 0, b: 1, unknown: 2, end: 3 */
    CU_ASSERT_EQUAL(task.samples.length[0], 2);
    CU_ASSERT(task.samples.symbol[0] == 3 && task.samples.symbol[1] == 0);
    CU_ASSERT(task.samples.target[0] == 0 && task.samples.target[1] == 3);
    CU_ASSERT_EQUAL(task.samples.length[1], 1); /* no second sentence there is */
    CU_ASSERT_EQUAL(task.samples.target[task.shape.steps], -1);
    data_batch(&task, UNROLL_TRAIN, 0);
    for (int b = 0, seen = 0; b < 3; b++) {
        const int *target = task.samples.target + b * 4, *symbol = task.samples.symbol + b * 4;
        int length = task.samples.length[b];
        seen += length;
        CU_ASSERT(length == 3 || length == 4 || target[0] == -1);
        for (int t = 1; t < length; t++)
            CU_ASSERT_EQUAL(symbol[t], target[t - 1]);
        CU_ASSERT(length == 1 || target[length - 1] == 3);
        CU_ASSERT(b < 2 || seen == 8); /* blank lines are no sentences */
    }
    data_close(&task);
}

static void sentences_of_one_file_are_parted_whole(void)
{
    static char content[20000];
    opened_task task;
    const unroll_words *words;
    make_lines(content, 200);
    task = open_words(content, "words=sentences batch=5 valid_share=0.1 test_share=0.2");
    words = task.state;
    CU_ASSERT_EQUAL_FATAL(task.status.code, UNROLL_OK);
    for (int s = 0; s < 3; s++) {
        CU_ASSERT_EQUAL(words->symbol[words->end[s] - 1], unroll_words_end(words));
        CU_ASSERT_EQUAL(words->first[s], words->sentence[words->first_sentence[s]]);
    }
    CU_ASSERT_EQUAL(words->end_sentence[UNROLL_TEST] - words->first_sentence[UNROLL_TEST],
                    (size_t)(0.2 * (double)words->end_sentence[UNROLL_TEST] + 0.5));
    data_close(&task);
}

static void sentences_come_in_another_order_each_epoch_and_seed(void)
{
    static char content[20000];
    opened_task one, two;
    int same_epoch = 1, same_seed = 1;
    make_lines(content, 200);
    one = open_words(content, "words=sentences batch=9");
    two = open_words(content, "words=sentences batch=9 seed=1");
    CU_ASSERT_EQUAL_FATAL(one.status.code, UNROLL_OK);
    for (int64_t i = 0; i < one.shape.batches[UNROLL_TRAIN]; i++) {
        int symbols[9 * 7];
        size_t size = 9 * (size_t)one.shape.steps * sizeof(int);
        data_batch(&one, UNROLL_TRAIN, i);
        memcpy(symbols, one.samples.symbol, size);
        data_batch(&two, UNROLL_TRAIN, i);
        same_seed &= memcmp(symbols, two.samples.symbol, size) == 0;
        data_batch(&one, UNROLL_TRAIN, i + one.shape.batches[UNROLL_TRAIN]);
        same_epoch &= memcmp(symbols, one.samples.symbol, size) == 0;
    }
    CU_ASSERT(!same_epoch && !same_seed);
    data_close(&one);
    data_close(&two);
}

/* ---- what is refused ---- */

static void refuse(const char *content, size_t size, const char *more, const char *words)
{
    char path[1200], settings[1600];
    data_write(path, test_folder(), "wrong", content, size);
    snprintf(settings, sizeof settings, "file=%s %s", path, more);
    data_refused("words", settings, words);
}

static void hostile_texts_are_one_sentence(void)
{
    enum { LARGE = 3000000 };
    char *large = malloc(LARGE + 1);
    CU_ASSERT_PTR_NOT_NULL_FATAL(large);
    refuse("", 0, "", "is empty");
    refuse(" \n\t\n \r\n", 7, "", "holds no words");
    refuse("a\0b", 3, "", "holds zero bytes");
    refuse("a b\nc \xFF d", 9, "", "is not UTF-8: byte 0xff at offset 6, line 2");
    refuse("a", 1, "", "each part needs some");
    refuse("a b c d e f", 11, "batch=2 valid_share=0.3 test_share=0.3 words=sentences", "1 sentences split into");
    refuse("a a a a a a a a", 15, "batch=9 valid_share=0.1 test_share=0.1", "too short: 7 words and ends of lines for training");
    refuse("a b a b a b a b a b a b a b a b a b", 35, "batch=2 vocabulary=3",
           "vocabulary=3: the training part has no more than 2 different words");
    refuse("a b c d e f g h i j k l m n o p q r s t u", 41, "batch=2", "no word of the training part occurs min_count=2 times");
    memset(large, 'a', LARGE);
    refuse(large, LARGE, "", "wrong, line 1: a word of 3000000 bytes: words are parted by blanks, and have 1000 bytes at most");
    for (int i = 1; i < LARGE; i += 2)
        large[i] = ' ';
    refuse(large, LARGE, "words=sentences",
           "wrong, line 1: 1500000 words, but length=64 takes 63 of a sentence and its end: give length=1500001, or words=running");
    free(large);
}

/* A line of megabytes is a text like another where lines do not count. */
static void a_line_of_megabytes_is_a_running_text(void)
{
    enum { LARGE = 2000000 };
    char *large = malloc(LARGE + 1);
    opened_task task;
    CU_ASSERT_PTR_NOT_NULL_FATAL(large);
    for (int i = 0; i < LARGE; i++)
        large[i] = "a b c d e f g "[i % 14];
    large[LARGE] = '\0';
    task = open_words(large, "");
    CU_ASSERT_EQUAL_FATAL(task.status.code, UNROLL_OK);
    CU_ASSERT_EQUAL(task.shape.symbols, 9);
    data_close(&task);
    free(large);
}

static void files_of_validation_and_test_go_together(void)
{
    static const char *const content[3] = {"a a a a\n", "a\n", " \n"}, *const good[3] = {"a a a a\n", "a\n", "a\n"};
    opened_task task = open_three(content, "batch=2");
    CU_ASSERT_EQUAL(task.status.code, UNROLL_WRONG);
    CU_ASSERT_PTR_NOT_NULL(strstr(task.status.text, "test.txt holds no words"));
    data_close(&task);
    task = open_three(good, "batch=2 valid_share=0.2");
    CU_ASSERT_EQUAL(task.status.code, UNROLL_WRONG);
    CU_ASSERT_PTR_NOT_NULL(strstr(task.status.text, "valid_share and test_share have no effect beside valid_file"));
    data_close(&task);
    data_refused("words", "valid_file=/dev/null", "valid_file and test_file go together");
    data_refused("words", "test_file=/dev/null", "valid_file and test_file go together");
}

/* ---- results ---- */

static void yardsticks_are_taken_of_the_very_targets(void)
{
    static const char *const content[3] = {"a b a b a b c\n", "a b c d\n", "b b\n"};
    opened_task task = open_three(content, "batch=2 length=4 min_count=1");
    const unroll_words *words = task.state;
    unroll_record *record;
    double bits;
    CU_ASSERT_EQUAL_FATAL(task.status.code, UNROLL_OK);
    record = unroll_record_new(task.settings);
    CU_ASSERT_EQUAL(task.task->baselines(task.state, record).code, UNROLL_OK);
    CU_ASSERT_EQUAL(unroll_counts_bits(words->symbol, 8, 8, 13, 5, 5, &bits).code, UNROLL_OK);
    CU_ASSERT_DOUBLE_EQUAL(data_column(record, "order5_perplexity"), exp2(bits), 1e-12);
    CU_ASSERT_EQUAL(unroll_counts_bits(words->symbol, 8, 13, 16, 5, 0, &bits).code, UNROLL_OK);
    CU_ASSERT_DOUBLE_EQUAL(data_column(record, "test_order0_perplexity"), exp2(bits), 1e-12);
    CU_ASSERT_EQUAL(data_column(record, "unknown_share"), 0.2);
    CU_ASSERT_EQUAL(data_column(record, "test_unknown_share"), 0.0);
    CU_ASSERT_EQUAL(data_column(record, "alphabet"), 5);
    CU_ASSERT_PTR_NOT_NULL(strstr(unroll_record_find(record, "test_data")->text, "test.txt 4 bytes"));
    unroll_record_free(record);
    data_close(&task);
}

static void perplexity_is_that_of_all_words_and_ends(void)
{
    unroll_score score = {.loss = 2.5, .targets = 3};
    CU_ASSERT_DOUBLE_EQUAL(unroll_task_find("words")->metric(NULL, &score), exp(2.5), 1e-12);
}

static void extras_are_the_vocabulary_a_word_a_line(void)
{
    opened_task task = open_words("\xC3\xA9t\xC3\xA9 \xC3\xA9t\xC3\xA9 x x x x x x x\n", "batch=2 length=3 valid_share=0.1 test_share=0.1");
    static const double expected[] = {'x', '\n', 0xE9, 't', 0xE9, '\n', '<', 'u', 'n', 'k', '>', '\n', '<', 'e', 'o', 's', '>'};
    unroll_extra extra;
    int count = 0;
    CU_ASSERT_EQUAL_FATAL(task.status.code, UNROLL_OK);
    CU_ASSERT_EQUAL_FATAL(task.task->extras(task.state, &extra, 1, &count).code, UNROLL_OK);
    CU_ASSERT_EQUAL_FATAL(count, 1);
    CU_ASSERT_STRING_EQUAL(extra.name, "vocabulary");
    CU_ASSERT_EQUAL_FATAL(extra.count, 17);
    CU_ASSERT_EQUAL(memcmp(extra.value, expected, sizeof expected), 0);
    free(extra.value);
    data_close(&task);
}

/* Trains on lines whose second word says the third; its perplexity and that of counts. */
static void learn(const char *more)
{
    static char content[30000];
    char path[1200], assignments[1600], *to = content;
    unroll_random draws = unroll_random_open(3, UNROLL_FOR_SAMPLING, 0, 0);
    unroll_settings *settings;
    unroll_record *record;
    for (int i = 0; i < 1500; i++) {
        unsigned k = (unsigned)unroll_random_below(&draws, 6);
        to += sprintf(to, "the n%u v%u\n", k, k);
    }
    data_write(path, test_folder(), "learned.txt", content, (size_t)(to - content));
    snprintf(assignments, sizeof assignments, "task=words file=%s hidden=16 embedding=16 lr=0.01 length=8 batch=8 %s", path, more);
    settings = data_settings(assignments);
    record = unroll_record_new(settings);
    CU_ASSERT_EQUAL_FATAL(unroll_run(settings, NULL, record).code, UNROLL_OK);
    /* log 6 of the four nats of a line are chance */
    CU_ASSERT_DOUBLE_EQUAL(data_column(record, "perplexity"), pow(6, 0.25), 0.08);
    CU_ASSERT_DOUBLE_EQUAL(data_column(record, "test_perplexity"), pow(6, 0.25), 0.08);
    CU_ASSERT_DOUBLE_EQUAL(data_column(record, "order5_perplexity"), pow(6, 0.25), 0.08);
    CU_ASSERT(data_column(record, "order0_perplexity") > 7);
    unroll_record_free(record);
    unroll_settings_free(settings);
}

static void models_learn_running_texts_and_sentences(void)
{
    learn("epochs=2 points=2");
    learn("words=sentences epochs=2 points=2 tied=yes");
}

static void a_real_text_opens_with_its_own_parts(void)
{
    static const char *const parts[] = {"train", "val", "test_2016_flickr"}, *const names[] = {"file", "valid_file", "test_file"};
    char settings[4000] = "words=sentences ";
    opened_task task;
    for (int i = 0; i < 3; i++) {
        char name[64];
        snprintf(name, sizeof name, "multi30k-de-en/tok/%s.lc.norm.tok.en", parts[i]);
        if (test_data(name) == NULL) {
            test_skip("the data set multi30k-de-en is not here (datasets/fetch multi30k-de-en)");
            return;
        }
        snprintf(settings + strlen(settings), sizeof settings - strlen(settings), "%s=%s ", names[i], test_data(name));
    }
    task = data_open("words", settings);
    CU_ASSERT_EQUAL_FATAL(task.status.code, UNROLL_OK);
    CU_ASSERT_EQUAL(task.shape.batches[UNROLL_TRAIN], 29000 / 32 + 1);
    CU_ASSERT_EQUAL(task.shape.batches[UNROLL_VALID], 1014 / 32 + 1);
    CU_ASSERT_EQUAL(task.shape.batches[UNROLL_TEST], 1000 / 32 + 1);
    data_close(&task);
}

/* ---- e^x ---- */

static void the_exponential_is_within_two_ulp(void)
{
    unroll_random random = unroll_random_open(6, UNROLL_FOR_TEST, 0, 0);
    double worst = 0;
    for (int i = 0; i < 200000; i++) {
        double x = (i % 2 == 0 ? 1400 : 4) * (unroll_random_uniform(&random) - 0.5), truth = exp(x);
        worst = test_worse(worst, fabs(unroll_exp(x) / truth - 1));
    }
    CU_ASSERT(worst <= 2 * 0x1p-52);
    CU_ASSERT_EQUAL(unroll_exp(0), 1);
    CU_ASSERT_EQUAL(unroll_exp(710), INFINITY);
    CU_ASSERT_EQUAL(unroll_exp(-710), 0);
    CU_ASSERT(isnan(unroll_exp(NAN)));
}

const unroll_test tests_data_words[] = {
    TEST(the_vocabulary_is_the_most_frequent_words_of_the_training_part),
    TEST(symbols_are_the_words_the_unknown_one_and_ends),
    TEST(nothing_but_the_training_part_makes_the_vocabulary),
    TEST(every_word_is_a_target_once_an_epoch_and_once_in_scoring),
    TEST(streams_go_on_from_batch_to_batch),
    TEST(a_sentence_is_read_after_an_end_and_told_to_its_own),
    TEST(sentences_of_one_file_are_parted_whole),
    TEST(sentences_come_in_another_order_each_epoch_and_seed),
    TEST(hostile_texts_are_one_sentence),
    TEST(a_line_of_megabytes_is_a_running_text),
    TEST(files_of_validation_and_test_go_together),
    TEST(yardsticks_are_taken_of_the_very_targets),
    TEST(perplexity_is_that_of_all_words_and_ends),
    TEST(extras_are_the_vocabulary_a_word_a_line),
    TEST(models_learn_running_texts_and_sentences),
    TEST(a_real_text_opens_with_its_own_parts),
    TEST(the_exponential_is_within_two_ulp),
    {NULL, NULL},
};
