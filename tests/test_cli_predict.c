/* A saved model, used again: the same numbers as the model itself, in batches, for unequal lengths. */
#include "predict.h"

static void check_dims(const unroll_array *array, size_t a, size_t b, size_t c)
{
    CU_ASSERT_PTR_NOT_NULL_FATAL(array);
    CU_ASSERT_EQUAL_FATAL(array->rank, 3);
    CU_ASSERT(array->dims[0] == a && array->dims[1] == b && array->dims[2] == c);
    CU_ASSERT_EQUAL(array->type, UNROLL_ARRAY_FLOAT);
}

/* One sequence alone, a step at a time, through the model of the file. */
static void check_sequence(unroll_model *model, const float *x, int length, const float *y)
{
    unroll_model_reset(model);
    for (int t = 0; t < T; t++) {
        real step[I], out[1] = {0};
        for (int i = 0; i < I; i++)
            step[i] = t < length ? (real)x[t * I + i] : 0;
        if (t < length)
            unroll_model_step(model, 1, step, NULL, out);
        CU_ASSERT_EQUAL(y[t], (float)out[0]);
    }
}

static void check_cell(const char *cell, bool second_state)
{
    const char *folder = test_folder(), *model_path = make_model(folder, cell);
    static const int lengths[N] = {9, 1, 5, 9, 3, 8, 2};
    char input[PATH_ROOM], output[PATH_ROOM];
    float x[N * T * I];
    unroll_model_file file;
    unroll_model *model;
    unroll_bundle *result;
    fill(x, N * T * I);
    x[T * I + I] = NAN; /* past the end of the second sequence: nobody looks there */
    snprintf(input, sizeof input, "%s/in.h5", folder);
    snprintf(output, sizeof output, "%s/out.h5", folder);
    write_input(input, x, T, I, lengths);
    CU_ASSERT_EQUAL_FATAL(predict(model_path, input, output), 0);
    CU_ASSERT_PTR_NOT_NULL(strstr(said, output));
    CU_ASSERT_EQUAL_FATAL(unroll_load_bundle(output, false, &result).code, UNROLL_OK);
    CU_ASSERT_EQUAL_FATAL(unroll_model_file_open(model_path, &file).code, UNROLL_OK);
    CU_ASSERT_EQUAL_FATAL(unroll_model_file_build(&file, model_path, T, 1, &model).code, UNROLL_OK);
    const unroll_array *y = unroll_bundle_find(result, "y");
    check_dims(y, N, T, 1);
    for (int n = 0; n < N; n++)
        check_sequence(model, x + n * T * I, lengths[n], (const float *)y->data + n * T);
    check_dims(unroll_bundle_find(result, "h"), LAYERS, N, H);
    if (second_state)
        check_dims(unroll_bundle_find(result, "c"), LAYERS, N, H);
    else
        CU_ASSERT_PTR_NULL(unroll_bundle_find(result, "c"));
    unroll_model_close(model);
    unroll_model_file_close(&file);
    unroll_bundle_free(result);
}

static void predictions_are_those_of_the_model_step_by_step(void)
{
    check_cell("lstm", true);
    check_cell("gru", false);
    check_cell("rnn", false);
}

/* at each step but the last it would be the answer to another question */
static void a_model_of_both_directions_gives_its_one_answer(void)
{
    static const int lengths[N] = {9, 1, 5, 9, 3, 8, 2};
    char model[PATH_ROOM], input[PATH_ROOM], output[PATH_ROOM], arguments[2 * PATH_ROOM];
    float x[N * T * I], first[N];
    unroll_bundle *result;
    for (int turn = 0; turn < 2; turn++) {
        const char *folder = test_folder();
        snprintf(model, sizeof model, "%s/both.h5", folder);
        snprintf(input, sizeof input, "%s/in.h5", folder);
        snprintf(output, sizeof output, "%s/out.h5", folder);
        snprintf(arguments, sizeof arguments, "train task=adding model=gru directions=both hidden=5 length=8 batch=4 steps=5 --save %s",
                 model);
        CU_ASSERT_EQUAL_FATAL(run_program(arguments), 0);
        fill(x, N * T * I);
        x[(2 * T + 2) * I] += (float)turn; /* a step in the middle of the third: its answer alone depends on it */
        write_input(input, x, T, I, lengths);
        CU_ASSERT_EQUAL_FATAL(predict(model, input, output), 0);
        CU_ASSERT_EQUAL_FATAL(unroll_load_bundle(output, false, &result).code, UNROLL_OK);
        const unroll_array *y = unroll_bundle_find(result, "y");
        check_dims(y, N, 1, 1);
        for (int n = 0; n < N && turn == 1; n++)
            CU_ASSERT_EQUAL(((const float *)y->data)[n] == first[n], n != 2);
        memcpy(first, y->data, sizeof first);
        unroll_bundle_free(result);
    }
}

static void last_states_continue_a_sequence(void)
{
    const char *folder = test_folder(), *model_path = make_model(folder, "lstm");
    char input[PATH_ROOM], output[PATH_ROOM];
    float x[N * T * I];
    unroll_bundle *result;
    unroll_model_file file;
    unroll_model *model;
    real all[T * I], initial[LAYERS * 2 * H], y[T], rest[T];
    enum { FIRST = 4 };
    static const int lengths[N] = {FIRST, FIRST, FIRST, FIRST, FIRST, FIRST, FIRST};
    fill(x, N * T * I);
    snprintf(input, sizeof input, "%s/in.h5", folder);
    snprintf(output, sizeof output, "%s/out.h5", folder);
    write_input(input, x, T, I, lengths);
    CU_ASSERT_EQUAL_FATAL(predict(model_path, input, output), 0);
    CU_ASSERT_EQUAL_FATAL(unroll_load_bundle(output, false, &result).code, UNROLL_OK);
    CU_ASSERT_EQUAL_FATAL(unroll_model_file_open(model_path, &file).code, UNROLL_OK);
    CU_ASSERT_EQUAL_FATAL(unroll_model_file_build(&file, model_path, T, 1, &model).code, UNROLL_OK);
    const float *h = unroll_bundle_find(result, "h")->data, *c = unroll_bundle_find(result, "c")->data;
    const int n = 3; /* any sequence */
    for (int i = 0; i < T * I; i++)
        all[i] = (real)x[n * T * I + i];
    for (int layer = 0; layer < LAYERS; layer++)
        for (int i = 0; i < H; i++) {
            initial[(2 * layer) * H + i] = (real)h[(layer * N + n) * H + i];
            initial[(2 * layer + 1) * H + i] = (real)c[(layer * N + n) * H + i];
        }
    unroll_model_forward(model, &(unroll_forward){.size = 1, .steps = T, .x = all, .y = y});
    unroll_model_forward(
        model, &(unroll_forward){.size = 1, .steps = T - FIRST, .x = all + FIRST * I, .initial = initial, .y = rest});
    for (int t = FIRST; t < T; t++)
        CU_ASSERT_EQUAL(y[t], rest[t - FIRST]);
    unroll_model_close(model);
    unroll_model_file_close(&file);
    unroll_bundle_free(result);
}

static void more_sequences_than_a_batch_give_the_same_as_each_alone(void)
{
    enum { MANY = 2500, STEPS = 3, DISTINCT = 7 };
    const char *folder = test_folder(), *model = make_model(folder, "lstm");
    static float x[MANY][STEPS][I];
    char input[PATH_ROOM], output[PATH_ROOM];
    unroll_bundle *result;
    snprintf(input, sizeof input, "%s/in.h5", folder);
    snprintf(output, sizeof output, "%s/out.h5", folder);
    fill(&x[0][0][0], DISTINCT * STEPS * I);
    for (int n = DISTINCT; n < MANY; n++)
        memcpy(x[n], x[n % DISTINCT], sizeof x[n]);
    write_one(input, "x", UNROLL_ARRAY_FLOAT, 3, (size_t[]){MANY, STEPS, I}, x);
    CU_ASSERT_EQUAL_FATAL(predict(model, input, output), 0);
    CU_ASSERT_EQUAL_FATAL(unroll_load_bundle(output, false, &result).code, UNROLL_OK);
    const float *y = unroll_bundle_find(result, "y")->data;
    const float *h = unroll_bundle_find(result, "h")->data, *c = unroll_bundle_find(result, "c")->data;
    CU_ASSERT_NOT_EQUAL(y[0], y[STEPS]);
    for (int n = DISTINCT; n < MANY; n++) {
        int like = n % DISTINCT;
        CU_ASSERT_EQUAL(memcmp(y + n * STEPS, y + like * STEPS, STEPS * sizeof *y), 0);
        for (int layer = 0; layer < LAYERS; layer++) {
            size_t at = (size_t)(layer * MANY + n) * H, first = (size_t)(layer * MANY + like) * H;
            CU_ASSERT_EQUAL(memcmp(h + at, h + first, H * sizeof *h), 0);
            CU_ASSERT_EQUAL(memcmp(c + at, c + first, H * sizeof *c), 0);
        }
    }
    unroll_bundle_free(result);
}

static void a_model_of_text_takes_symbols(void)
{
    const char *folder = test_folder();
    char path[PATH_ROOM], model[PATH_ROOM], input[PATH_ROOM], output[PATH_ROOM], arguments[4 * PATH_ROOM];
    int symbols[N * T], count;
    unroll_bundle *bundle, *result;
    snprintf(path, sizeof path, "%s/text.txt", folder);
    snprintf(model, sizeof model, "%s/model.h5", folder);
    snprintf(input, sizeof input, "%s/in.h5", folder);
    snprintf(output, sizeof output, "%s/out.h5", folder);
    FILE *file = fopen(path, "w");
    for (int i = 0; i < 400; i++)
        fputs("the quick brown fox\n", file);
    fclose(file);
    snprintf(arguments, sizeof arguments,
             "train task=text file=%s hidden=6 length=10 batch=4 steps=3 points=1 sample_chars=5 --save %s", path,
             model);
    CU_ASSERT_EQUAL_FATAL(run_program(arguments), 0);
    CU_ASSERT_EQUAL_FATAL(unroll_load_bundle(model, false, &bundle).code, UNROLL_OK);
    const unroll_array *alphabet = unroll_bundle_find(bundle, "extra/alphabet");
    CU_ASSERT_PTR_NOT_NULL_FATAL(alphabet);
    count = (int)alphabet->dims[0] + 1; /* the last one stands for every other character */
    CU_ASSERT_EQUAL(count, 18);         /* 15 letters, blank, line break */
    unroll_bundle_free(bundle);
    for (int i = 0; i < N * T; i++)
        symbols[i] = i % count;
    write_one(input, "symbols", UNROLL_ARRAY_INT32, 2, (size_t[]){N, T}, symbols);
    CU_ASSERT_EQUAL_FATAL(predict(model, input, output), 0);
    CU_ASSERT_EQUAL_FATAL(unroll_load_bundle(output, false, &result).code, UNROLL_OK);
    check_dims(unroll_bundle_find(result, "y"), N, T, (size_t)count);
    unroll_bundle_free(result);
    unlink(output);
    symbols[T + 2] = 1000;
    write_one(input, "symbols", UNROLL_ARRAY_INT32, 2, (size_t[]){N, T}, symbols);
    refused(model, input, "1000 at sequence 1, step 2 is outside 0..");
}

/* tied, so that the file has the shared weights once */
static void a_model_of_words_takes_lines_of_its_vocabulary(void)
{
    enum { WORDS = 6 };
    static const char lines[] = "the\nquick\nfox\nbrown\n<unk>\n<eos>";
    const char *folder = test_folder();
    char path[PATH_ROOM], model[PATH_ROOM], input[PATH_ROOM], output[PATH_ROOM], arguments[4 * PATH_ROOM];
    int symbols[N * T];
    unroll_bundle *bundle, *result;
    snprintf(path, sizeof path, "%s/words.txt", folder);
    snprintf(model, sizeof model, "%s/model.h5", folder);
    snprintf(input, sizeof input, "%s/in.h5", folder);
    snprintf(output, sizeof output, "%s/out.h5", folder);
    FILE *file = fopen(path, "w");
    CU_ASSERT_PTR_NOT_NULL_FATAL(file);
    for (int i = 0; i < 100; i++)
        fputs("the quick fox\nthe quick fox\nthe brown\n", file);
    fclose(file);
    snprintf(arguments, sizeof arguments, "train task=words file=%s embedding=5 hidden=6 tied=yes batch=4 steps=3 points=1 --save %s",
             path, model);
    CU_ASSERT_EQUAL_FATAL(run_program(arguments), 0);
    CU_ASSERT_EQUAL_FATAL(unroll_load_bundle(model, false, &bundle).code, UNROLL_OK);
    const unroll_array *vocabulary = unroll_bundle_find(bundle, "extra/vocabulary");
    CU_ASSERT_PTR_NOT_NULL_FATAL(vocabulary);
    CU_ASSERT_EQUAL_FATAL(vocabulary->dims[0], sizeof lines - 1);
    for (size_t i = 0; i < sizeof lines - 1; i++)
        CU_ASSERT_EQUAL(((const double *)vocabulary->data)[i], lines[i]);
    CU_ASSERT_PTR_NOT_NULL(unroll_bundle_find(bundle, "embedding/weight"));
    CU_ASSERT_PTR_NULL(unroll_bundle_find(bundle, "head/weight"));
    unroll_bundle_free(bundle);
    for (int i = 0; i < N * T; i++)
        symbols[i] = i % WORDS;
    write_one(input, "symbols", UNROLL_ARRAY_INT32, 2, (size_t[]){N, T}, symbols);
    CU_ASSERT_EQUAL_FATAL(predict(model, input, output), 0);
    CU_ASSERT_EQUAL_FATAL(unroll_load_bundle(output, false, &result).code, UNROLL_OK);
    check_dims(unroll_bundle_find(result, "y"), N, T, WORDS);
    unroll_bundle_free(result);
    unlink(output);
    symbols[T + 2] = WORDS;
    write_one(input, "symbols", UNROLL_ARRAY_INT32, 2, (size_t[]){N, T}, symbols);
    refused(model, input, "6 at sequence 1, step 2 is outside 0..5");
}

static void weights_lie_under_the_names_and_shapes_of_pytorch(void)
{
    const char *folder = test_folder();
    unroll_bundle *bundle;
    static const struct {
        const char *name;
        int rank;
        size_t dims[2];
    } expected[] = {{"rnn/weight_ih_l0", 2, {3 * H, I}}, {"rnn/weight_hh_l0", 2, {3 * H, H}},
                    {"rnn/bias_ih_l0", 1, {3 * H, 0}},   {"rnn/bias_hh_l0", 1, {3 * H, 0}},
                    {"rnn/weight_ih_l1", 2, {3 * H, H}}, {"rnn/weight_hh_l1", 2, {3 * H, H}},
                    {"head/weight", 2, {1, H}},          {"head/bias", 1, {1, 0}}};
    CU_ASSERT_EQUAL_FATAL(unroll_load_bundle(make_model(folder, "gru"), false, &bundle).code, UNROLL_OK);
    for (size_t i = 0; i < sizeof expected / sizeof expected[0]; i++) {
        const unroll_array *array = unroll_bundle_find(bundle, expected[i].name);
        CU_ASSERT_PTR_NOT_NULL_FATAL(array);
        CU_ASSERT_EQUAL(array->rank, expected[i].rank);
        CU_ASSERT_EQUAL(array->dims[0], expected[i].dims[0]);
        CU_ASSERT(array->rank == 1 || array->dims[1] == expected[i].dims[1]);
    }
    CU_ASSERT_STRING_EQUAL(unroll_bundle_text(bundle, "setting:model"), "gru");
    CU_ASSERT_STRING_EQUAL(unroll_bundle_text(bundle, "setting:hidden"), "5");
    unroll_bundle_free(bundle);
}

const unroll_test tests_cli_predict[] = {
    TEST(predictions_are_those_of_the_model_step_by_step),
    TEST(a_model_of_both_directions_gives_its_one_answer),
    TEST(last_states_continue_a_sequence),
    TEST(more_sequences_than_a_batch_give_the_same_as_each_alone),
    TEST(a_model_of_text_takes_symbols),
    TEST(a_model_of_words_takes_lines_of_its_vocabulary),
    TEST(weights_lie_under_the_names_and_shapes_of_pytorch),
    {NULL, NULL},
};
