/* Views of every kind of layer in the registry, by its own examples: no bit depends on them, and what they show adds up to the
   gradients of the weights. */
#include <math.h>
#include <string.h>

#include "model/view.h"
#include "suite.h"
#include "tried.h"

static real bound(double in_float, double in_double)
{
    return (real)(sizeof(real) == sizeof(float) ? in_float : in_double);
}

/* ---- every kind of layer ---- */

enum { MOST_VIEWS = 48, WIDEST = 80 };

static real seen[MOST_VIEWS][ROWS * WIDEST];

/* all views of a model, asked for */
static int see_all(unroll_model *model)
{
    int count = unroll_model_view_count(model);
    CU_ASSERT_FATAL(count <= MOST_VIEWS);
    for (int i = 0; i < count; i++) {
        unroll_view view;
        unroll_model_view_at(model, i, &view);
        CU_ASSERT_FATAL(view.columns <= WIDEST && view.steps <= STEPS);
        for (int k = 0; k < ROWS * WIDEST; k++)
            seen[i][k] = 7;
        CU_ASSERT_EQUAL(unroll_model_view(model, view.name, seen[i]).code, UNROLL_OK);
    }
    return count;
}

static const real *seen_as(const unroll_model *model, const char *name, unroll_view *view)
{
    for (int i = 0; i < unroll_model_view_count(model); i++) {
        unroll_model_view_at(model, i, view);
        if (strcmp(view->name, name) == 0)
            return seen[i];
    }
    return NULL;
}

static uint64_t digest_gradient(const unroll_model *model)
{
    static real value[MOST];
    uint64_t digest = 1;
    for (int i = 0; i < unroll_model_weight_count(model); i++) {
        unroll_weight weight;
        unroll_model_weight_at(model, i, &weight);
        unroll_model_get_gradient(model, i, value);
        digest = digest_bytes(digest, value, sizeof(real) * (size_t)(weight.rows * (weight.columns == 0 ? 1 : weight.columns)));
    }
    return digest;
}

/* the example's gradient, and with `views` all that they show, too */
static uint64_t digest_seen(const char *threads, bool views, uint64_t *gradient)
{
    batch b;
    unroll_samples samples = made(&b);
    unroll_model *model;
    uint64_t digest = 1;
    int count = 0;
    CU_ASSERT_EQUAL_FATAL(open_tried(true, "auto", threads, &model).code, UNROLL_OK);
    if (views)
        count = see_all(model);
    unroll_model_pack(model, &samples, BATCH);
    unroll_model_gradient(model, NULL);
    *gradient = digest_gradient(model);
    for (int i = 0; i < count; i++)
        digest = digest_bytes(digest, seen[i], sizeof seen[i]);
    unroll_model_close(model);
    return digest;
}

static void check_bits(const char *what)
{
    uint64_t plain, gradient, first;
    digest_seen("1", false, &plain);
    first = digest_seen("1", true, &gradient);
    for (int threads = 1; threads <= 3; threads++) {
        uint64_t digest = digest_seen(threads == 1 ? "1" : threads == 2 ? "2" : "3", true, &gradient);
        if (gradient != plain || digest != first)
            fprintf(stderr, "\n%s: views %s with %d threads\n", what, gradient != plain ? "change the gradient" : "differ",
                    threads);
        CU_ASSERT_TRUE(gradient == plain && digest == first);
    }
}

static void views_change_no_bit_and_are_the_same_with_any_number_of_threads(void)
{
    CU_ASSERT_TRUE(tried_each(NULL, check_bits) > 20);
}

static void have_gradient(const unroll_model *model, const char *name, real *value)
{
    for (int i = 0; i < unroll_model_weight_count(model); i++) {
        unroll_weight weight;
        unroll_model_weight_at(model, i, &weight);
        if (strcmp(weight.name, name) == 0) {
            unroll_model_get_gradient(model, i, value);
            return;
        }
    }
    fprintf(stderr, "\nthere is no weight %s\n", name);
    CU_FAIL_FATAL("a weight");
}

static void check_sum(const char *what, const char *name, double sum, real is)
{
    if (!(fabs(sum - (double)is) < (double)bound(1e-5, 1e-12) * (0.1 + fabs(sum)))) {
        fprintf(stderr, "\n%s: the sum for %s is %.10g, its gradient %.10g\n", what, name, sum, (double)is);
        CU_FAIL("a sum");
    }
}

/* the dense layers above and below: the sum over rows of the output's gradient is that of the bias */
static void check_dense(const char *what, const unroll_model *model, const char *name)
{
    static real bias[MOST];
    char view_name[64], weight[64];
    unroll_view view;
    const real *d;
    snprintf(view_name, sizeof view_name, "%s.d_y", name);
    snprintf(weight, sizeof weight, "%s.bias", name);
    d = seen_as(model, view_name, &view);
    CU_ASSERT_PTR_NOT_NULL_FATAL(d);
    have_gradient(model, weight, bias);
    for (int c = 0; c < view.columns; c++) {
        double sum = 0;
        for (int row = 0; row < BATCH * view.steps; row++)
            sum += (double)d[row * view.columns + c];
        check_sum(what, weight, sum, bias[c]);
    }
}

static void check_outputs(const char *what)
{
    batch b;
    unroll_samples samples = made(&b);
    unroll_model *model;
    unroll_view view;
    CU_ASSERT_EQUAL_FATAL(open_tried(true, "auto", "2", &model).code, UNROLL_OK);
    see_all(model);
    unroll_model_pack(model, &samples, BATCH);
    unroll_model_gradient(model, NULL);
    check_dense(what, model, "head");
    if (!tried.symbols)
        check_dense(what, model, "below");
    if (!tried.symbols) {
        static real gradient[ROWS * INPUTS];
        unroll_model_get_input_gradient(model, gradient);
        CU_ASSERT_EQUAL(memcmp(seen_as(model, "input.d_y", &view), gradient, sizeof gradient), 0);
        for (int k = 0; k < ROWS * INPUTS; k++)
            CU_ASSERT(k / INPUTS % STEPS >= b.length[k / INPUTS / STEPS] || seen_as(model, "input.y", &view)[k] == (real)b.x[k]);
    }
    unroll_model_close(model);
}

static void outputs_of_every_kind_have_views_with_the_right_sums(void)
{
    CU_ASSERT_TRUE(tried_each(NULL, check_outputs) > 20);
}

/* ---- recurrent layers of every cell ---- */

/* What layer "one", "first" or "second" reads at a step, as reals: the model's input, or what is below; returns its columns. */
static int input_of(const unroll_model *model, const batch *b, int row, real *x)
{
    unroll_view view;
    bool input = tried.example == 1;
    if (input && tried.symbols) {
        x[b->symbol[row]] = 1;
        return SYMBOLS;
    }
    const real *y = seen_as(model, input ? "input.y" : "below.y", &view);
    memcpy(x, y + row * view.columns, (size_t)view.columns * sizeof *x);
    return view.columns;
}

/* the state before a step: of the one read before, or the last of the layer from which it starts, or zero */
static const real *state_before(const unroll_model *model, const batch *b, const char *layer, bool backwards, int s, int t)
{
    static const real zero[WIDEST];
    char name[64];
    unroll_view view;
    int before = backwards ? t + 1 : t - 1;
    const real *h;
    snprintf(name, sizeof name, "%s.h_l0%s", layer, backwards ? "_reverse" : "");
    if (before < 0 || before >= b->length[s]) {
        before = 0; /* "first" reads backwards */
        snprintf(name, sizeof name, "first.h_l0_reverse");
        if (strcmp(layer, "second") != 0)
            return zero;
    }
    h = seen_as(model, name, &view);
    return h + (s * STEPS + before) * view.columns;
}

/* one gate's rows of the weights and the bias of one side, from the view of its pre-activation */
static void check_gate(const char *what, const unroll_model *model, const batch *b, const char *layer, bool backwards,
                       const char *gate, bool recurrent, int row)
{
    static real weights[MOST], bias[MOST];
    const char *end = backwards ? "_reverse" : "", *side = recurrent ? "hh" : "ih";
    char name[64];
    unroll_view view;
    const real *d;
    snprintf(name, sizeof name, "%s.d_%s_l0%s", layer, gate, end);
    d = seen_as(model, name, &view);
    CU_ASSERT_PTR_NOT_NULL_FATAL(d);
    snprintf(name, sizeof name, "%s.bias_%s_l0%s", layer, side, end);
    have_gradient(model, name, bias);
    snprintf(name, sizeof name, "%s.weight_%s_l0%s", layer, side, end);
    have_gradient(model, name, weights);
    for (int u = 0; u < view.columns; u++) {
        double sum = 0, sums[WIDEST] = {0};
        int columns = view.columns;
        for (int i = 0; i < ROWS; i++) {
            real x[WIDEST] = {0};
            double here = (double)d[i * view.columns + u];
            if (i % STEPS >= b->length[i / STEPS])
                continue;
            if (recurrent)
                memcpy(x, state_before(model, b, layer, backwards, i / STEPS, i % STEPS), (size_t)columns * sizeof *x);
            else
                columns = input_of(model, b, i, x);
            sum += here;
            for (int c = 0; c < columns; c++)
                sums[c] += here * (double)x[c];
        }
        check_sum(what, gate, sum, bias[row + u]);
        for (int c = 0; c < columns; c++)
            check_sum(what, gate, sums[c], weights[(row + u) * columns + c]);
    }
}

static unroll_cell_shape shape_of_cell(void)
{
    unroll_settings *settings = unroll_settings_new();
    unroll_cell_shape shape;
    digest_set_model(settings, tried.model);
    shape = unroll_cell_shape_of(unroll_cell_find(unroll_text(settings, "model")), settings);
    unroll_settings_free(settings);
    return shape;
}

/* gates of a layer in the order of its weights: of the recurrent ones, those alone that have such a product */
static void check_layer(const char *what, const unroll_model *model, const batch *b, const char *layer, bool backwards)
{
    const unroll_cell_shape shape = shape_of_cell();
    int hidden = tried.example % 2 == 0 ? 5 + (shape.parts > 1) : 18;
    for (int side = 0; side < 2; side++)
        for (int place = 0, row = 0; place < shape.gates; place++) {
            int g = 0;
            while (shape.torch[g] != place)
                g++;
            bool apart = side == 1 && shape.apart == 1 && g == 0;
            int together = shape.recurrent - shape.apart; /* from gate `first` on */
            char gate[16];
            if (side == 1 && !apart && g >= shape.late && (g < shape.first || g >= shape.first + together))
                continue;
            snprintf(gate, sizeof gate, "%s%s", shape.gate[g], apart ? "_hh" : "");
            if (side == 0 || g >= shape.late) /* what a late product is of has no view */
                check_gate(what, model, b, layer, backwards, gate, side == 1, row);
            row += hidden;
        }
}

static void check_sums(const char *what)
{
    enum { ON_TOP = 2, STATE_MASKED = 4, ZONEOUT = 5, ALL_ON_TOP = 7, NORMED = 8 }; /* examples of recurrent.c */
    batch b;
    unroll_samples samples = made(&b);
    unroll_model *model;
    if (tried.example == STATE_MASKED || tried.example >= NORMED) /* products see something other, or are of something other */
        return;
    CU_ASSERT_EQUAL_FATAL(open_tried(true, "auto", "2", &model).code, UNROLL_OK);
    see_all(model);
    unroll_model_pack(model, &samples, BATCH);
    unroll_model_gradient(model, NULL);
    if (tried.example < ON_TOP) {
        check_layer(what, model, &b, "one", true);
    } else if (tried.example >= ZONEOUT && tried.example < ALL_ON_TOP) {
        check_layer(what, model, &b, "masked", true);
    } else {
        check_layer(what, model, &b, "first", true);
        check_layer(what, model, &b, "second", tried.example == ON_TOP);
    }
    unroll_model_close(model);
}

static void gradients_of_pre_activations_add_up_to_those_of_the_weights(void)
{
    int cells = (test_cells.to < unroll_cell_count ? test_cells.to : unroll_cell_count) - test_cells.from;
    CU_ASSERT_TRUE(tried_each("recurrent", check_sums) >= 4 * cells);
}

/* ---- outputs in pieces ---- */

/* what is shown of the output of a model over symbols, of which `piece` rows are taken at a time */
static uint64_t digest_piece(const char *kind, int piece, const char *threads)
{
    int target[ROWS];
    batch b;
    unroll_samples samples = made(&b);
    unroll_model_shape shape = {.symbols = SYMBOLS, .outputs = SYMBOLS, .steps = STEPS, .batch = BATCH, .answer = UNROLL_AT_EVERY,
                                .loss = "softmax", .piece = piece, .all_threads = true};
    unroll_settings *settings = unroll_settings_new();
    unroll_model *model;
    uint64_t digest = 1;
    for (int i = 0; i < ROWS; i++)
        target[i] = i % SYMBOLS;
    samples.target = target;
    unroll_settings_set(settings, "threads", threads);
    tried.kind = kind_named(kind);
    tried.example = 0;
    tried.symbols = tried.bare = true;
    CU_ASSERT_EQUAL_FATAL(unroll_model_open_network(&network, settings, &shape, &model).code, UNROLL_OK);
    tried.bare = false;
    for (int count = see_all(model), i = count - 2; i < count; i++) { /* the last layer's */
        unroll_model_pack(model, &samples, BATCH);
        unroll_model_gradient(model, NULL);
        digest = digest_bytes(digest, seen[i], sizeof seen[i]);
    }
    unroll_model_close(model);
    unroll_settings_free(settings);
    return digest;
}

static void an_output_in_pieces_shows_all_its_rows(void)
{
    static const char *const kinds[] = {"dense", "tied"}, *const threads[] = {"1", "2", "3"};
    digest_register();
    for (int k = 0; k < 2; k++)
        for (int t = 0; t < 3; t++)
            for (int piece = 4; piece < 9; piece += 4)
                CU_ASSERT_EQUAL(digest_piece(kinds[k], piece, threads[t]), digest_piece(kinds[k], ROWS, "1"));
}

const unroll_test tests_core_views_layers[] = {
    TEST(views_change_no_bit_and_are_the_same_with_any_number_of_threads),
    TEST(outputs_of_every_kind_have_views_with_the_right_sums),
    CELLS_TEST(gradients_of_pre_activations_add_up_to_those_of_the_weights),
    TEST(an_output_in_pieces_shows_all_its_rows),
    {NULL, NULL},
};
