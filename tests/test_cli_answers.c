/* unroll predict with a model whose answers are sequences, or labels without places. */
#include <math.h>
#include <string.h>

#include "predict.h"
#include "starved.h"

enum { STRINGS = 9, LETTERS = 26, LONGEST = 5 };

/* a model of task=reverse that has hardly learned, for strings of LONGEST letters */
static const char *make_writer(const char *folder)
{
    static char path[PATH_ROOM], arguments[3 * PATH_ROOM];
    snprintf(path, sizeof path, "%s/writer.h5", folder);
    snprintf(arguments, sizeof arguments,
             "train task=reverse model=gru hidden=7 length=%d length_spread=2 batch=4 steps=3 points=1 --save %s", LONGEST, path);
    CU_ASSERT_EQUAL_FATAL(run_program(arguments), 0);
    return path;
}

/* strings of 1, 2, ..., `steps`, 1, ... of the first `letters` letters */
static void write_strings(const char *path, int steps, int letters)
{
    unroll_bundle *bundle = unroll_bundle_new();
    int symbol[STRINGS * 2 * LONGEST], length[STRINGS];
    for (int i = 0; i < STRINGS * steps; i++)
        symbol[i] = i * 7 % letters;
    for (int n = 0; n < STRINGS; n++)
        length[n] = 1 + n % steps;
    unroll_bundle_array(bundle, "symbols", UNROLL_ARRAY_INT32, 2, (size_t[]){STRINGS, (size_t)steps}, symbol);
    unroll_bundle_array(bundle, "lengths", UNROLL_ARRAY_INT32, 1, (size_t[]){STRINGS}, length);
    CU_ASSERT_EQUAL_FATAL(unroll_store_bundle(bundle, path).code, UNROLL_OK);
    unroll_bundle_free(bundle);
}

/* an output of `beams` answers of at most `most` symbols to each string */
static void check_output(const char *path, int beams, int most)
{
    unroll_bundle *result;
    CU_ASSERT_EQUAL_FATAL(unroll_load_bundle(path, false, &result).code, UNROLL_OK);
    const unroll_array *symbols = unroll_bundle_find(result, "symbols"), *lengths = unroll_bundle_find(result, "lengths");
    const unroll_array *scores = unroll_bundle_find(result, "scores");
    CU_ASSERT_FATAL(symbols != NULL && lengths != NULL && scores != NULL);
    CU_ASSERT(symbols->rank == 3 && symbols->dims[0] == STRINGS && symbols->dims[1] == (size_t)beams);
    CU_ASSERT_EQUAL(symbols->dims[2], (size_t)most);
    CU_ASSERT(lengths->rank == 2 && scores->rank == 2 && scores->dims[1] == (size_t)beams);
    for (int i = 0; i < STRINGS * beams; i++) {
        int length = ((const int *)lengths->data)[i];
        CU_ASSERT(length >= 0 && length <= most);
        for (int t = 0; t < most; t++) {
            int symbol = ((const int *)symbols->data)[i * most + t];
            CU_ASSERT(t < length ? symbol >= 0 && symbol < LETTERS : symbol == -1);
        }
        CU_ASSERT(i % beams == 0 || ((const double *)scores->data)[i] <= ((const double *)scores->data)[i - 1]);
        CU_ASSERT(((const double *)scores->data)[i] < 0);
    }
    unroll_bundle_free(result);
}

static void a_saved_writer_answers_with_as_many_sequences_as_are_asked_for(void)
{
    const char *folder = test_folder(), *model = make_writer(folder);
    char input[PATH_ROOM], output[PATH_ROOM], arguments[4 * PATH_ROOM];
    snprintf(input, sizeof input, "%s/in.h5", folder);
    snprintf(output, sizeof output, "%s/out.h5", folder);
    write_strings(input, LONGEST, LETTERS);
    CU_ASSERT_EQUAL(predict(model, input, output), 0);
    check_output(output, 4, LONGEST + 1); /* the setting beams of the task */
    snprintf(arguments, sizeof arguments, "predict %s %s %s --beams 2", model, input, output);
    CU_ASSERT_EQUAL(run_program(arguments), 0);
    check_output(output, 2, LONGEST + 1);
    write_strings(input, 2 * LONGEST, LETTERS); /* longer ones than in training */
    CU_ASSERT_EQUAL(predict(model, input, output), 0);
    check_output(output, 4, 2 * LONGEST + 1);
}

static void beams_are_refused_where_answers_are_no_sequences(void)
{
    const char *folder = test_folder(), *model = make_model(folder, "gru");
    char input[PATH_ROOM], arguments[4 * PATH_ROOM];
    float x[N * T * I];
    fill(x, N * T * I);
    snprintf(input, sizeof input, "%s/in.h5", folder);
    write_input(input, x, T, I, NULL);
    snprintf(arguments, sizeof arguments, "predict %s %s %s.out --beams 2", model, input, input);
    CU_ASSERT_EQUAL(run_program(arguments), 2);
    CU_ASSERT_PTR_NOT_NULL(strstr(said, "--beams: the answers of "));
}

/* the writer's file with attribute `name` as `text`, used on strings of twice the length of training */
static int predict_forged(const char *folder, const char *model, const char *name, const char *text)
{
    char input[PATH_ROOM], forged[PATH_ROOM], output[PATH_ROOM];
    unroll_bundle *bundle;
    snprintf(input, sizeof input, "%s/in.h5", folder);
    snprintf(forged, sizeof forged, "%s/forged.h5", folder);
    snprintf(output, sizeof output, "%s/out.h5", folder);
    write_strings(input, 2 * LONGEST, LETTERS);
    CU_ASSERT_EQUAL_FATAL(unroll_load_bundle(model, true, &bundle).code, UNROLL_OK);
    unroll_bundle_attribute(bundle, name, text);
    CU_ASSERT_EQUAL_FATAL(unroll_store_bundle(bundle, forged).code, UNROLL_OK);
    unroll_bundle_free(bundle);
    return predict(forged, input, output);
}

static void a_model_whose_answers_cannot_be_is_one_sentence(void)
{
    static const struct {
        const char *name, *text, *sentence;
        int status;
    } forged[] = {
        {"loss", "squared", "the loss squared does not go with the answer sequence", 2},
        {"loss", "ctc", "the loss ctc does not go with the answer sequence", 2},
        {"answer", "unaligned", "the loss softmax does not go with the answer unaligned", 2},
        {"answer", "poem", "its attribute answer is missing or wrong", 2},
        {"target_steps", "0", "the loss softmax does not go with the answer sequence", 2},
        {"target_steps", "1000000000", "out of memory", 1},
        {"target_steps", "2147483647", "its attribute target_steps is missing or wrong", 2},
        {"outputs", "2147483647", "its attribute outputs is missing or wrong", 2},
        {"schema", "unroll model 1", "was saved by another version of unroll", 2},
    };
    const char *folder = test_folder(), *model = make_writer(folder);
    for (size_t i = 0; i < sizeof forged / sizeof forged[0]; i++) {
        CU_ASSERT_EQUAL(predict_forged(folder, model, forged[i].name, forged[i].text), forged[i].status);
        if (strstr(said, forged[i].sentence) == NULL)
            fprintf(stderr, "\n%s=%s: expected ... %s, got: %s\n", forged[i].name, forged[i].text, forged[i].sentence, said);
        CU_ASSERT_PTR_NOT_NULL(strstr(said, forged[i].sentence));
    }
}

/* a model of labels without places, with three classes: one of task=recall under another answer and loss */
static void make_labeller(const char *folder, const char *path)
{
    char arguments[2 * PATH_ROOM], trained[PATH_ROOM];
    unroll_bundle *bundle;
    snprintf(trained, sizeof trained, "%s/trained.h5", folder);
    snprintf(arguments, sizeof arguments,
             "train task=recall symbols=3 distractors=2 lag=3 model=gru hidden=5 batch=4 steps=20 lr=0.1 points=1 --save %s", trained);
    CU_ASSERT_EQUAL_FATAL(run_program(arguments), 0);
    CU_ASSERT_EQUAL_FATAL(unroll_load_bundle(trained, true, &bundle).code, UNROLL_OK);
    unroll_bundle_attribute(bundle, "answer", "unaligned");
    unroll_bundle_attribute(bundle, "loss", "ctc");
    unroll_bundle_attribute(bundle, "target_steps", "4");
    CU_ASSERT_EQUAL_FATAL(unroll_store_bundle(bundle, path).code, UNROLL_OK);
    unroll_bundle_free(bundle);
}

/* one sequence's symbols are what its logits y say, up to its end */
static bool says(const float *y, int length, const int *symbol, int count)
{
    int seen = 0, before = 0;
    for (int t = 0; t < length; t++) {
        int class = y[3 * t + 1] > y[3 * t] ? 1 : 0;
        class = y[3 * t + 2] > y[3 * t + class] ? 2 : class;
        if (class != 0 && class != before && symbol[seen++] != class)
            return false;
        before = class;
    }
    for (int t = seen; t < T; t++)
        if (symbol[t] != -1)
            return false;
    return seen == count;
}

static void labels_without_places_are_those_of_the_most_probable_path(void)
{
    const char *folder = test_folder();
    char model[PATH_ROOM], input[PATH_ROOM], output[PATH_ROOM];
    int labels = 0;
    unroll_bundle *result;
    snprintf(model, sizeof model, "%s/labeller.h5", folder);
    snprintf(input, sizeof input, "%s/in.h5", folder);
    snprintf(output, sizeof output, "%s/out.h5", folder);
    make_labeller(folder, model);
    write_strings(input, T, 5);
    CU_ASSERT_EQUAL(predict(model, input, output), 0);
    CU_ASSERT_EQUAL_FATAL(unroll_load_bundle(output, false, &result).code, UNROLL_OK);
    const unroll_array *y = unroll_bundle_find(result, "y"), *symbols = unroll_bundle_find(result, "symbols");
    const unroll_array *lengths = unroll_bundle_find(result, "lengths");
    CU_ASSERT_FATAL(y != NULL && symbols != NULL && lengths != NULL);
    CU_ASSERT_FATAL(symbols->rank == 2 && symbols->dims[0] == STRINGS && symbols->dims[1] == T && lengths->rank == 1);
    for (int n = 0; n < STRINGS; n++) {
        int count = ((const int *)lengths->data)[n];
        CU_ASSERT(says((const float *)y->data + n * T * 3, 1 + n % T, (const int *)symbols->data + n * T, count));
        labels += count;
    }
    CU_ASSERT(labels > STRINGS); /* or it would say little of the merging */
    unroll_bundle_free(result);
}

/* the call is not wrong where memory is short for the settings of a model */
static void a_model_that_memory_is_short_for_is_not_a_wrong_file(void)
{
    enum { CALLS_OF_READING = 250 }; /* which is tried again, and may end well */
    const char *model = make_writer(test_folder());
    bool starved = true;
    int failed = 0;
    if (!test_can_starve())
        return;
    for (long call = CALLS_OF_READING; call < 2000 && starved; call++) {
        unroll_model_file file;
        unroll_status status;
        test_starve(call);
        status = unroll_model_file_open(model, &file);
        starved = test_fed();
        failed += status.code == UNROLL_FAILED;
        CU_ASSERT(status.code == UNROLL_OK || (starved && status.code == UNROLL_FAILED));
        unroll_model_file_close(&file);
    }
    CU_ASSERT(failed > 5);
}

const unroll_test tests_cli_answers[] = {
    TEST(a_saved_writer_answers_with_as_many_sequences_as_are_asked_for),
    TEST(a_model_whose_answers_cannot_be_is_one_sentence),
    TEST(beams_are_refused_where_answers_are_no_sequences),
    TEST(a_model_that_memory_is_short_for_is_not_a_wrong_file),
    TEST(labels_without_places_are_those_of_the_most_probable_path),
    {NULL, NULL},
};
