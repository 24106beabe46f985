/* A table that lacks something is named, with its file and what it lacks: here each check of a table, with copies of real ones from
   which a part is taken. tests/readme.sh builds the program with such files. */
#include <stdio.h>
#include <string.h>

#include "layers/recurrent.h"
#include "model/check.h"
#include "suite.h"

static void says(unroll_status status, const char *sentence)
{
    if (strcmp(status.text, sentence) != 0)
        fprintf(stderr, "\nexpected: %s\n     got: %s\n", sentence, status.text);
    CU_ASSERT_EQUAL(status.code, UNROLL_FAILED);
    CU_ASSERT_STRING_EQUAL(status.text, sentence);
}

static void the_tables_that_are_there_are_whole(void)
{
    unroll_status status = unroll_check_registry();
    CU_ASSERT_EQUAL(status.code, UNROLL_OK);
    CU_ASSERT_STRING_EQUAL(status.text, "");
}

static unroll_cell lstm(void)
{
    const unroll_cell *cell = unroll_cell_find("lstm");
    CU_ASSERT_PTR_NOT_NULL_FATAL(cell);
    CU_ASSERT_EQUAL(unroll_check_cell("lstm", cell).code, UNROLL_OK);
    return *cell;
}

static void a_cell_that_lacks_a_part_is_named(void)
{
    unroll_cell cell = lstm();
    cell.backward = NULL;
    says(unroll_check_cell("lstm", &cell), "lib/cells/lstm.c: its table has no .backward");
    cell.forward = NULL;
    says(unroll_check_cell("lstm", &cell), "lib/cells/lstm.c: its table has no .forward");
    cell.state[0] = NULL;
    says(unroll_check_cell("lstm", &cell), "lib/cells/lstm.c: its table has no .state");
    cell = lstm();
    cell.shape.vector[0] = "weight_peep_i";
    cell.vector_gradient = NULL;
    says(unroll_check_cell("lstm", &cell), "lib/cells/lstm.c: its table has no .vector_gradient");
    cell.name = NULL;
    says(unroll_check_cell("lstm", &cell), "lib/cells/lstm.c: its table has no .name");
    cell = lstm();
    cell.shape.derived = 1;
    says(unroll_check_cell("lstm", &cell), "lib/cells/lstm.c: its table has no .derive");
    cell = lstm();
    cell.settings = NULL;
    cell.setting_count = 1;
    says(unroll_check_cell("lstm", &cell), "lib/cells/lstm.c: its table has .setting_count, but no .settings");
    cell = lstm();
    cell.shared = NULL;
    says(unroll_check_cell("lstm", &cell), "lib/cells/lstm.c: its table has .shared_count, but no .shared");
}

static void two_cells_of_one_name_are_told_by_the_file_of_the_second(void)
{
    unroll_cell cell = lstm();
    says(unroll_check_cell("other", &cell),
         "lib/cells/other.c: its table has the .name lstm; it must be that of its file, so that no two share one");
}

static void a_late_product_or_a_normed_state_without_its_parts_is_named(void)
{
    unroll_cell cell = *unroll_cell_find("mgu");
    cell.operand_gradient = NULL;
    says(unroll_check_cell("mgu", &cell), "lib/cells/mgu.c: its table has .operand, but no .operand_gradient");
    cell.operand = NULL;
    says(unroll_check_cell("mgu", &cell), "lib/cells/mgu.c: its table has no .operand");
    cell = *unroll_cell_find("mgu");
    cell.shape.heads = 2;
    says(unroll_check_cell("mgu", &cell), "lib/cells/mgu.c: its table has .late = 1, which does not go with .first = 1, .recurrent = 1, "
                                          ".apart = 0 and .heads = 2");
    cell = lstm();
    cell.output_backward = NULL;
    says(unroll_check_cell("lstm", &cell), "lib/cells/lstm.c: its table has .output, but no .output_backward");
}

static void nine_gates_or_gates_without_a_place_are_named(void)
{
    unroll_cell cell = lstm();
    cell.shape.gates = 9;
    says(unroll_check_cell("lstm", &cell), "lib/cells/lstm.c: its table has .gates = 9; a cell has 1 to 8");
    cell.shape.gates = 5;
    says(unroll_check_cell("lstm", &cell), "lib/cells/lstm.c: its table has .gates = 5, but names only 4 in .gate");
    cell = lstm();
    memset(cell.shape.torch, 0, sizeof cell.shape.torch);
    says(unroll_check_cell("lstm", &cell),
         "lib/cells/lstm.c: its table has no .torch that gives each of its 4 gates a place of its own, 0 to 3");
    cell.shape.torch[1] = 4;
    CU_ASSERT_EQUAL(unroll_check_cell("lstm", &cell).code, UNROLL_FAILED);
    cell = lstm();
    cell.shape.first = 1;
    says(unroll_check_cell("lstm", &cell), "lib/cells/lstm.c: its table has .recurrent = 4, .first = 1 and .apart = 0, which do not go "
                                           "with .gates = 4");
    cell.shape.first = 0;
    cell.shape.apart = 1; /* the product that stays apart would be gate 3's, which has another one */
    CU_ASSERT_EQUAL(unroll_check_cell("lstm", &cell).code, UNROLL_FAILED);
    cell.shape.first = 1;
    CU_ASSERT_EQUAL(unroll_check_cell("lstm", &cell).code, UNROLL_OK);
    cell = lstm();
    cell.shape.kept = -1;
    CU_ASSERT_EQUAL(unroll_check_cell("lstm", &cell).code, UNROLL_FAILED);
    cell = lstm();
    cell.shape.derived = UNROLL_CELL_VECTORS + 1;
    CU_ASSERT_EQUAL(unroll_check_cell("lstm", &cell).code, UNROLL_FAILED);
    cell = lstm();
    cell.shape.parts = 3;
    says(unroll_check_cell("lstm", &cell), "lib/cells/lstm.c: its table has .parts = 3, which does not divide 16");
    cell = lstm();
    cell.shape.omega = 2;
    says(unroll_check_cell("lstm", &cell),
         "lib/cells/lstm.c: its table has .omega = 2, which takes .gates = 1, .recurrent = 1 and no heads");
}

static void grow(const unroll_settings *settings, unroll_cell_shape *shape)
{
    (void)settings;
    shape->gates = 5;
}

/* settings may make another shape of it */
static void a_shape_that_only_some_settings_break_is_named_when_a_layer_takes_it(void)
{
    enum { MOST_CELLS = 64 };
    const unroll_cell *cells[MOST_CELLS];
    unroll_isa isa = *unroll_isa_now();
    unroll_cell cell = lstm();
    unroll_settings *settings = unroll_settings_new();
    unroll_recurrent_options options = {.cell = "lstm", .hidden = 3};
    unroll_graph graph;
    int top;
    CU_ASSERT_FATAL(settings != NULL && unroll_cell_count <= MOST_CELLS);
    cell.adapt = grow;
    for (int i = 0; i < unroll_cell_count; i++)
        cells[i] = strcmp(isa.cells[i]->name, "lstm") == 0 ? &cell : isa.cells[i];
    isa.cells = cells;
    unroll_graph_open(&graph, settings, &isa, false);
    CU_ASSERT_EQUAL_FATAL(unroll_add_input(&graph, UNROLL_SOURCE, 2, 0, &top).code, UNROLL_OK);
    says(unroll_add_recurrent(&graph, "rnn", top, -1, &options, &top),
         "lib/cells/lstm.c: its table has .gates = 5, but names only 4 in .gate");
    unroll_graph_close(&graph);
    unroll_settings_free(settings);
}

static unroll_layer_kind kind_of(const char *name)
{
    for (int i = 0; i < unroll_layer_kind_count; i++)
        if (strcmp(unroll_layer_kinds[i]->name, name) == 0)
            return *unroll_layer_kinds[i];
    CU_FAIL_FATAL("there is no such kind");
    return (unroll_layer_kind){0};
}

static void a_kind_of_layer_that_lacks_a_part_is_named(void)
{
    unroll_layer_kind kind = kind_of("dense");
    kind.backward = NULL;
    says(unroll_check_layer_kind("dense", &kind), "lib/layers/dense.c: its table has no .backward");
    kind.init = NULL;
    says(unroll_check_layer_kind("dense", &kind), "lib/layers/dense.c: its table has .locate, but no .init");
    kind.forward = NULL;
    says(unroll_check_layer_kind("dense", &kind), "lib/layers/dense.c: its table has no .forward");
    kind = kind_of("dense");
    kind.backward_piece = NULL;
    says(unroll_check_layer_kind("dense", &kind), "lib/layers/dense.c: its table has .forward_piece, but no .backward_piece");
    kind.example = NULL;
    says(unroll_check_layer_kind("dense", &kind), "lib/layers/dense.c: its table has .examples, but no .example");
    kind = kind_of("recurrent");
    kind.reorder = NULL;
    says(unroll_check_layer_kind("recurrent", &kind), "lib/layers/recurrent.c: its table has no .reorder");
}

/* what has no weights may do without a backward, but not where a gradient goes through it */
static void a_layer_without_a_backward_is_named_where_a_gradient_is_to_go_through_it(void)
{
    unroll_layer_kind kind = kind_of("function");
    unroll_settings *settings = unroll_settings_new();
    unroll_graph graph;
    int top, options = UNROLL_TANH;
    CU_ASSERT_PTR_NOT_NULL_FATAL(settings);
    kind.backward = NULL;
    CU_ASSERT_EQUAL(unroll_check_layer_kind("function", &kind).code, UNROLL_OK);
    unroll_graph_open(&graph, settings, unroll_isa_now(), false);
    CU_ASSERT_EQUAL_FATAL(unroll_add_input(&graph, UNROLL_SOURCE, 2, 0, &top).code, UNROLL_OK);
    CU_ASSERT_EQUAL_FATAL(unroll_add_dense(&graph, "below", top, 3, &top).code, UNROLL_OK);
    says(unroll_graph_add(&graph, &kind, "bend", &top, 1, &options, &top),
         "lib/layers/function.c: its table has no .backward, but what the layer bend reads is to have a gradient");
    unroll_graph_close(&graph);
    unroll_settings_free(settings);
}

static void a_loss_that_lacks_a_part_is_named(void)
{
    unroll_loss loss = *unroll_loss_find("ctc");
    loss.fits = NULL;
    says(unroll_check_loss("ctc", &loss), "lib/losses/ctc.c: its table has .room, but no .fits");
    loss.sequence = NULL;
    says(unroll_check_loss("ctc", &loss), "lib/losses/ctc.c: its table has no .rows, and no .sequence");
    loss = *unroll_loss_find("ctc");
    loss.rows = unroll_loss_find("squared")->rows;
    says(unroll_check_loss("ctc", &loss),
         "lib/losses/ctc.c: its table has both .rows and .sequence: ctc is over rows or over whole sequences");
}

static const char *no_model(int index)
{
    (void)index;
    return NULL;
}

static void a_network_or_task_that_lacks_a_part_is_named(void)
{
    unroll_network network = *unroll_networks[0];
    unroll_task task = *unroll_task_find("adding");
    char sentence[200];
    network.name = "other";
    network.build = NULL;
    says(unroll_check_network("other", &network), "lib/networks/other.c: its table has no .build");
    network = *unroll_networks[0];
    network.model = no_model;
    snprintf(sentence, sizeof sentence, "lib/networks/%s.c: its table has a .model without a value: %s cannot be chosen", network.name,
             network.name);
    says(unroll_check_network(network.name, &network), sentence);
    task.close = NULL;
    says(unroll_check_task("adding", &task), "datasets/adding.c: its table has no .close");
    task.shared_count = 2;
    says(unroll_check_task("adding", &task), "datasets/adding.c: its table has .shared_count, but no .shared");
}

static void a_loss_that_does_not_go_with_the_answer_is_a_sentence(void)
{
    unroll_model_shape shape = {.inputs = 1, .outputs = 2, .steps = 3, .batch = 2, .loss = "ctc"};
    unroll_settings *settings = unroll_settings_new();
    unroll_model *model;
    CU_ASSERT_PTR_NOT_NULL_FATAL(settings);
    says(unroll_model_open(settings, &shape, &model), "the loss ctc does not go with the answers that the task asks for");
    shape.loss = "nonesuch";
    says(unroll_model_open(settings, &shape, &model), "there is no loss nonesuch");
    unroll_settings_free(settings);
}

const unroll_test tests_core_check[] = {
    TEST(the_tables_that_are_there_are_whole),
    TEST(a_cell_that_lacks_a_part_is_named),
    TEST(two_cells_of_one_name_are_told_by_the_file_of_the_second),
    TEST(a_late_product_or_a_normed_state_without_its_parts_is_named),
    TEST(nine_gates_or_gates_without_a_place_are_named),
    TEST(a_shape_that_only_some_settings_break_is_named_when_a_layer_takes_it),
    TEST(a_kind_of_layer_that_lacks_a_part_is_named),
    TEST(a_layer_without_a_backward_is_named_where_a_gradient_is_to_go_through_it),
    TEST(a_loss_that_lacks_a_part_is_named),
    TEST(a_network_or_task_that_lacks_a_part_is_named),
    TEST(a_loss_that_does_not_go_with_the_answer_is_a_sentence),
    {NULL, NULL},
};
