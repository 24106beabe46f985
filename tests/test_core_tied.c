/* A stack whose head has the embedding's weights: its layers, gradients, counts and bits, and what it refuses. */
#include <string.h>

#include "central.h"
#include "digest.h"
#include "model/network.h"
#include "model/run.h"
#include "suite.h"

enum { STEPS = 5, BATCH = 4, SYMBOLS = 7, ROWS = BATCH * STEPS };

static const unroll_model_shape words = {.symbols = SYMBOLS, .outputs = SYMBOLS, .steps = STEPS, .batch = BATCH,
                                         .answer = UNROLL_AT_EVERY, .loss = "softmax", .piece = 64, .all_threads = true};

static unroll_settings *settings_for(const char *model)
{
    unroll_settings *settings;
    digest_register();
    settings = unroll_settings_new();
    digest_set_model(settings, model);
    return settings;
}

/* ---- layers ---- */

/* The kinds of the graph's layers, parted by blanks. */
static void check_kinds(const char *model, const char *expected)
{
    unroll_settings *settings = settings_for(model);
    unroll_graph graph;
    char kinds[256] = "";
    CU_ASSERT_EQUAL_FATAL(unroll_network_build(settings, &words, unroll_isa_now(), &graph).code, UNROLL_OK);
    for (int i = 0; i < graph.count; i++)
        snprintf(kinds + strlen(kinds), sizeof kinds - strlen(kinds), "%s%s", i > 0 ? " " : "", graph.layer[i]->kind->name);
    CU_ASSERT_STRING_EQUAL(kinds, expected);
    unroll_graph_close(&graph);
    unroll_settings_free(settings);
}

static void dropout_stands_above_the_embedding_between_the_layers_and_below_the_head(void)
{
    check_kinds("lstm hidden=5 layers=2 embedding=5 dropout=0.2 embedding_dropout=0.1 tied=yes",
                "input embedding dropout recurrent dropout recurrent dropout tied");
    check_kinds("lstm hidden=5 layers=2 embedding=5 dropout=0.2", "input embedding recurrent dropout recurrent dropout dense");
    check_kinds("lstm hidden=5 embedding=5 embedding_dropout=0.1", "input embedding dropout recurrent dense");
    check_kinds("transformer hidden=8 positions=none tied=yes",
                "input embedding norm dense attention dense sum norm dense function dense sum norm tied");
    /* of another width than the embedding's */
    check_kinds("lstm hidden=5 embedding=3 tied=yes", "input embedding recurrent dense tied");
}

static int64_t parameters_of(const char *model)
{
    unroll_settings *settings = settings_for(model);
    int64_t parameters = 0;
    CU_ASSERT_EQUAL(unroll_shape_parameters(settings, &words, &parameters).code, UNROLL_OK);
    unroll_settings_free(settings);
    return parameters;
}

static void shared_weights_are_counted_once(void)
{
    int64_t two = parameters_of("gru hidden=5 embedding=5"), one = parameters_of("gru hidden=5 embedding=5 tied=yes");
    CU_ASSERT_EQUAL(two - one, SYMBOLS * 5);
    CU_ASSERT_EQUAL(one, SYMBOLS * 5 + 3 * 5 * (5 + 5 + 2) + SYMBOLS);
    CU_ASSERT_EQUAL(parameters_of("transformer hidden=8") - parameters_of("transformer hidden=8 tied=yes"), SYMBOLS * 8);
    CU_ASSERT_EQUAL(parameters_of("gru hidden=4 embedding=5 tied=yes"), SYMBOLS * 5 + 3 * 4 * (5 + 4 + 2) + 5 * (4 + 1) + SYMBOLS);
}

static void a_head_without_an_embedding_of_its_classes_is_refused(void)
{
    static const struct {
        const char *model;
        int outputs;
        unroll_answer answer;
    } wrong[] = {{"lstm tied=yes", SYMBOLS, UNROLL_AT_EVERY},
                 {"transformer tied=yes", SYMBOLS + 1, UNROLL_AT_EVERY},
                 {"transformer tied=yes", SYMBOLS, UNROLL_SEQUENCE},
                 {"lstm embedding=5 tied=yes", SYMBOLS + 1, UNROLL_AT_EVERY},
                 {"lstm embedding=5 tied=yes", SYMBOLS, UNROLL_SEQUENCE}};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        unroll_settings *settings = settings_for(wrong[i].model);
        unroll_model_shape shape = words;
        unroll_model *model;
        unroll_status status;
        shape.outputs = wrong[i].outputs;
        shape.answer = wrong[i].answer;
        shape.target_steps = 3;
        status = unroll_model_open(settings, &shape, &model);
        CU_ASSERT_EQUAL(status.code, UNROLL_WRONG);
        CU_ASSERT_EQUAL(strncmp(status.text, "tied=yes: ", 10), 0);
        unroll_settings_free(settings);
    }
}

/* ---- numbers ---- */

static void check_gradients(const char *name)
{
    static const int lengths[BATCH] = {3, 5, 1, 4};
    int length[BATCH], symbol[ROWS], target[ROWS];
    unroll_samples samples = {.length = length, .symbol = symbol, .target = target};
    unroll_settings *settings = settings_for(name);
    unroll_random random = unroll_random_open(4, UNROLL_FOR_TEST, 0, 0);
    unroll_model *model;
    memcpy(length, lengths, sizeof length);
    for (int i = 0; i < ROWS; i++) {
        symbol[i] = (int)unroll_random_below(&random, SYMBOLS);
        target[i] = (int)unroll_random_below(&random, SYMBOLS + 1) - 1;
    }
    CU_ASSERT_EQUAL_FATAL(unroll_model_open(settings, &words, &model).code, UNROLL_OK);
    unroll_model_pack(model, &samples, BATCH);
    central_check_weights(name, model);
    unroll_model_close(model);
    unroll_settings_free(settings);
}

static void a_tied_stacks_gradient_matches_central_differences(void)
{
    if (central_skips())
        return;
    check_gradients("lstm hidden=5 layers=2 embedding=5 dropout=0.3 embedding_dropout=0.2 tied=yes");
    check_gradients("gru hidden=4 embedding=18 tied=yes");
    check_gradients("transformer hidden=8 dropout=0.2 tied=yes");
}

static void a_tied_stack_has_the_same_bits_on_every_instruction_set_and_number_of_threads(void)
{
    enum { CARRIED = 3, TRAINED = 20 };
    static const char *const models[] = {"lstm embedding=7 dropout=0.3 embedding_dropout=0.2 tied=yes",
                                         "transformer dropout=0.3 tied=yes"};
    digest_register();
    for (int m = 0; m < 2; m++) {
        uint64_t first, other;
        CU_ASSERT_EQUAL_FATAL(digest_training(models[m], "auto", 1, TRAINED, CARRIED, &first).code, UNROLL_OK);
        for (int i = 0; i < unroll_isa_count; i++)
            for (int threads = 1; threads <= 3 && unroll_isas[i].supported(); threads++) {
                CU_ASSERT_EQUAL_FATAL(digest_training(models[m], unroll_isas[i].name, threads, TRAINED, CARRIED, &other).code,
                                      UNROLL_OK);
                CU_ASSERT_EQUAL(other, first);
            }
    }
}

const unroll_test tests_core_tied[] = {
    TEST(dropout_stands_above_the_embedding_between_the_layers_and_below_the_head),
    TEST(shared_weights_are_counted_once),
    TEST(a_head_without_an_embedding_of_its_classes_is_refused),
    TEST(a_tied_stacks_gradient_matches_central_differences),
    TEST(a_tied_stack_has_the_same_bits_on_every_instruction_set_and_number_of_threads),
    {NULL, NULL},
};
