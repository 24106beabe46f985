/* What is wrong with a model, an input or an output of unroll predict is one sentence, and nothing is lost. */
#include "predict.h"

static void an_input_that_does_not_fit_is_one_sentence(void)
{
    const char *folder = test_folder(), *model = make_model(folder, "gru");
    char input[PATH_ROOM];
    float x[N * T * 3];
    int lengths[N] = {9, 1, 5, 9, 3, 8, 2};
    fill(x, N * T * 3);
    snprintf(input, sizeof input, "%s/in.h5", folder);
    write_input(input, x, T, 3, NULL);
    refused(model, input, "has 3 inputs a step, the model takes 2");
    lengths[4] = 10;
    write_input(input, x, T, I, lengths);
    refused(model, input, "sequence 4 has length 10, which is outside 1..9");
    lengths[4] = 0;
    write_input(input, x, T, I, lengths);
    refused(model, input, "sequence 4 has length 0, which is outside 1..9");
    x[2 * T * I + 3 * I + 1] = NAN;
    write_input(input, x, T, I, NULL);
    refused(model, input, "is not a finite number at sequence 2, step 3, input 1");
    x[2 * T * I + 3 * I + 1] = INFINITY;
    write_input(input, x, T, I, NULL);
    refused(model, input, "is not a finite number at sequence 2, step 3, input 1");
}

static void a_file_of_another_kind_is_one_sentence(void)
{
    const char *folder = test_folder(), *model = make_model(folder, "rnn");
    char input[PATH_ROOM], missing[PATH_ROOM], text[PATH_ROOM];
    struct stat about;
    float x[N * T * I];
    fill(x, N * T * I);
    snprintf(input, sizeof input, "%s/in.h5", folder);
    snprintf(missing, sizeof missing, "%s/missing.h5", folder);
    snprintf(text, sizeof text, "%s/text.h5", folder);
    write_one(input, "y", UNROLL_ARRAY_FLOAT, 1, (size_t[]){N}, x);
    refused(model, input, "has no data set x (sequences, steps, inputs)");
    write_one(input, "x", UNROLL_ARRAY_FLOAT, 2, (size_t[]){N, T}, x);
    refused(model, input, "has 2 dimensions, not 3: (sequences, steps, inputs)");
    write_input(input, x, T, I, NULL);
    refused(input, input, "is not a saved model: unroll train --save writes one");
    refused(missing, input, missing);
    refused(model, missing, missing);
    FILE *file = fopen(text, "w");
    fputs("this is no HDF5 file\n", file);
    fclose(file);
    refused(text, input, text);
    CU_ASSERT_EQUAL_FATAL(stat(model, &about), 0);
    CU_ASSERT_EQUAL_FATAL(truncate(model, about.st_size / 2), 0);
    refused(model, input, model);
}

/* Writes a model again without one of its arrays or, with `change`, with another value in it; the seal is right. */
static void forge_model(const char *from, const char *to, const char *name, const float *change)
{
    unroll_bundle *model, *forged = unroll_bundle_new();
    CU_ASSERT_EQUAL_FATAL(unroll_load_bundle(from, true, &model).code, UNROLL_OK);
    for (int i = 0; i < model->attribute_count; i++)
        unroll_bundle_attribute(forged, model->attributes[i].name, model->attributes[i].text);
    for (int i = 0; i < model->array_count; i++) {
        unroll_array *array = &model->arrays[i];
        bool named = strcmp(array->name, name) == 0;
        if (named && change != NULL)
            *(float *)array->data = *change;
        if (!named || change != NULL)
            unroll_bundle_array(forged, array->name, array->type, array->rank, array->dims, array->data);
    }
    CU_ASSERT_EQUAL_FATAL(unroll_store_bundle(forged, to).code, UNROLL_OK);
    unroll_bundle_free(model);
    unroll_bundle_free(forged);
}

static void a_model_that_is_not_whole_or_not_finite_is_one_sentence(void)
{
    const char *folder = test_folder(), *model = make_model(folder, "rnn");
    static const float nan = NAN, huge = 3e38f;
    char input[PATH_ROOM], forged[PATH_ROOM], output[PATH_ROOM];
    float x[N * T * I];
    fill(x, N * T * I);
    snprintf(input, sizeof input, "%s/in.h5", folder);
    snprintf(forged, sizeof forged, "%s/forged.h5", folder);
    snprintf(output, sizeof output, "%s/out.h5", folder);
    write_input(input, x, T, I, NULL);
    forge_model(model, forged, "rnn/weight_hh_l0", NULL);
    refused(forged, input, "its weight rnn/weight_hh_l0 is missing or has another shape");
    forge_model(model, forged, "head/bias", &nan);
    refused(forged, input, "its weight head/bias holds numbers that are not finite");
    forge_model(model, forged, "head/weight", &huge);
    forge_model(forged, forged, "head/bias", &huge);
    for (int i = 0; i < N * T * I; i++)
        x[i] = 1e30f;
    write_input(input, x, T, I, NULL);
    if (predict(forged, input, output) == 0) /* its hidden units may be of either sign */
        forge_model(forged, forged, "head/weight", &(const float){-huge});
    CU_ASSERT_EQUAL(predict(forged, input, output), 1);
    CU_ASSERT_PTR_NOT_NULL(strstr(said, "the model's output is not a finite number at sequence "));
    CU_ASSERT_NOT_EQUAL(access(output, F_OK), 0);
}

static void an_output_that_is_an_input_is_refused(void)
{
    const char *folder = test_folder(), *model = make_model(folder, "rnn");
    char input[PATH_ROOM], link_to_model[PATH_ROOM];
    float x[N * T * I];
    struct stat before, after;
    fill(x, N * T * I);
    snprintf(input, sizeof input, "%s/in.h5", folder);
    snprintf(link_to_model, sizeof link_to_model, "%s/link.h5", folder);
    write_input(input, x, T, I, NULL);
    CU_ASSERT_EQUAL(link(model, link_to_model), 0);
    CU_ASSERT_EQUAL_FATAL(stat(input, &before), 0);
    CU_ASSERT_EQUAL(predict(model, input, input), 2);
    CU_ASSERT_PTR_NOT_NULL(strstr(said, "OUTPUT.h5 is INPUT.h5 itself"));
    CU_ASSERT_EQUAL(predict(model, input, link_to_model), 2);
    CU_ASSERT_PTR_NOT_NULL(strstr(said, "OUTPUT.h5 is MODEL.h5 itself"));
    CU_ASSERT(stat(input, &after) == 0 && after.st_ino == before.st_ino);
}

static void a_data_set_of_another_name_is_told_of(void)
{
    const char *folder = test_folder(), *model = make_model(folder, "rnn");
    char input[PATH_ROOM], output[PATH_ROOM];
    unroll_bundle *bundle = unroll_bundle_new();
    float x[N * T * I];
    static const int lengths[N] = {1, 1, 1, 1, 1, 1, 1};
    fill(x, N * T * I);
    snprintf(input, sizeof input, "%s/in.h5", folder);
    snprintf(output, sizeof output, "%s/out.h5", folder);
    unroll_bundle_array(bundle, "x", UNROLL_ARRAY_FLOAT, 3, (size_t[]){N, T, I}, x);
    unroll_bundle_array(bundle, "length", UNROLL_ARRAY_INT32, 1, (size_t[]){N}, lengths);
    CU_ASSERT_EQUAL_FATAL(unroll_store_bundle(bundle, input).code, UNROLL_OK);
    unroll_bundle_free(bundle);
    CU_ASSERT_EQUAL(predict(model, input, output), 0);
    CU_ASSERT_PTR_NOT_NULL(strstr(said, "not used: data set length of "));
}

/* The settings are the file's own, and the memory of a model is taken before it gets its weights. */
static void a_model_that_claims_to_be_larger_than_its_file_takes_no_memory(void)
{
    const char *folder = test_folder(), *model = make_model(folder, "gru");
    char input[PATH_ROOM];
    float x[N * T * I];
    unroll_bundle *bundle;
    snprintf(input, sizeof input, "%s/in.h5", folder);
    fill(x, N * T * I);
    write_input(input, x, T, I, NULL);
    CU_ASSERT_EQUAL_FATAL(unroll_load_bundle(model, true, &bundle).code, UNROLL_OK);
    unroll_bundle_attribute(bundle, "setting:hidden", "200000");
    CU_ASSERT_EQUAL_FATAL(unroll_store_bundle(bundle, model).code, UNROLL_OK);
    unroll_bundle_free(bundle);
    refused(model, input, "its weight rnn/weight_ih_l0 is missing or has another shape");
}

static void a_name_of_a_data_set_is_no_command_to_the_terminal(void)
{
    const char *folder = test_folder(), *model = make_model(folder, "rnn");
    char input[PATH_ROOM], output[PATH_ROOM];
    float x[N * T * I];
    unroll_bundle *bundle = unroll_bundle_new();
    snprintf(input, sizeof input, "%s/in.h5", folder);
    snprintf(output, sizeof output, "%s/out.h5", folder);
    fill(x, N * T * I);
    unroll_bundle_array(bundle, "x", UNROLL_ARRAY_FLOAT, 3, (size_t[]){N, T, I}, x);
    unroll_bundle_array(bundle, "a\x1B[2J\xC2\x9B" "31m\nb", UNROLL_ARRAY_FLOAT, 1, (size_t[]){N}, x);
    CU_ASSERT_EQUAL_FATAL(unroll_store_bundle(bundle, input).code, UNROLL_OK);
    unroll_bundle_free(bundle);
    CU_ASSERT_EQUAL(predict(model, input, output), 0);
    CU_ASSERT_PTR_NOT_NULL(strstr(said, "not used: data set a?[2J??31m?b of "));
}

const unroll_test tests_cli_predict_wrong[] = {
    TEST(an_input_that_does_not_fit_is_one_sentence),
    TEST(a_file_of_another_kind_is_one_sentence),
    TEST(a_model_that_is_not_whole_or_not_finite_is_one_sentence),
    TEST(an_output_that_is_an_input_is_refused),
    TEST(a_data_set_of_another_name_is_told_of),
    TEST(a_model_that_claims_to_be_larger_than_its_file_takes_no_memory),
    TEST(a_name_of_a_data_set_is_no_command_to_the_terminal),
    {NULL, NULL},
};
