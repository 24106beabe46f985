/* Views: what they show of every cell against its definition (tests/plain.h) and central differences of it, and of every kind of
   layer against the gradients of its weights. */
#include <math.h>
#include <string.h>

#include "model/view.h"
#include "plain.h"
#include "starved.h"
#include "suite.h"
#include "tried.h"

static real bound(double in_float, double in_double)
{
    return (real)(sizeof(real) == sizeof(float) ? in_float : in_double);
}

/* ---- cells against their definitions ---- */

typedef struct views_case {
    const char *settings;
    unroll_answer answer;
    int batch;
} views_case;

/* one step's answer and all steps'; both directions; a truncated gradient; two micro-batches on two threads; panels parted */
static const views_case cases[] = {
    {"layers=1 hidden=5 threads=1", UNROLL_AT_EVERY, 6},
    {"layers=2 directions=both hidden=19 threads=1", UNROLL_AT_LAST, 6},
    {"layers=2 bptt=2 hidden=7 threads=1", UNROLL_AT_EVERY, 6},
    {"layers=1 hidden=77 threads=2", UNROLL_AT_EVERY, 35},
    {"layers=2 directions=both hidden=36 threads=3", UNROLL_AT_EVERY, 7},
};
enum { CASES = sizeof cases / sizeof cases[0], MANY = 35, VIEWS = PLAIN_LAYERS * (2 * PLAIN_STATES + 2 * PLAIN_GATES + 1) };

typedef struct shown {
    char name[64];
    plain_nudge at; /* what it shows */
    bool gradient;
    real *value;
} shown;

typedef struct views_made {
    unroll_model *model;
    plain_model plain;
    int size, count;
    shown view[VIEWS];
    int length[MANY];
    float x[MANY * STEPS * INPUTS], y[MANY * STEPS * OUTPUTS];
} views_made;

static void ask_for(views_made *v, plain_nudge at, bool gradient, const char *name)
{
    shown *s = &v->view[v->count++];
    size_t reals = (size_t)(v->size + 1) * STEPS * (size_t)v->plain.hidden; /* one more than there are */
    *s = (shown){.at = at, .gradient = gradient, .value = malloc(reals * sizeof(real))};
    for (size_t i = 0; i < reals; i++)
        s->value[i] = 7;
    snprintf(s->name, sizeof s->name, "rnn.%s%s%s_l%d%s", gradient ? "d_" : "", name, at.what == PLAIN_APART ? "_hh" : "",
             at.layer / v->plain.directions, at.layer % v->plain.directions == 1 ? "_reverse" : "");
    CU_ASSERT_EQUAL(unroll_model_view(v->model, s->name, s->value).code, UNROLL_OK);
}

static void ask_for_all(views_made *v)
{
    const plain_cell *cell = v->plain.cell;
    for (int layer = 0; layer < v->plain.layers * v->plain.directions; layer++) {
        for (int gradient = 0; gradient < 2; gradient++) {
            for (int k = 0; k < v->plain.states; k++)
                ask_for(v, (plain_nudge){.what = PLAIN_STATE, .layer = layer, .index = k}, gradient == 1, cell->state[k]);
            for (int g = 0; g < v->plain.gates; g++)
                ask_for(v, (plain_nudge){.what = PLAIN_GATE, .layer = layer, .index = g}, gradient == 1, cell->gate[g]);
        }
        if (cell->apart >= 0)
            ask_for(v, (plain_nudge){.what = PLAIN_APART, .layer = layer}, true, cell->gate[cell->apart]);
    }
}

/* a model, a batch of unequal lengths with one sequence fewer than there may be, and its pass */
static void make_views(const views_case *c, const plain_cell *cell, views_made *v)
{
    unroll_model_shape shape = {.inputs = INPUTS, .outputs = OUTPUTS, .steps = STEPS, .batch = c->batch, .answer = c->answer,
                                .loss = "squared", .all_threads = true};
    unroll_settings *settings = unroll_settings_new();
    unroll_samples samples = {.length = v->length, .x = v->x, .y = v->y};
    char model[160];
    snprintf(model, sizeof model, "%s %s", cell->name, c->settings);
    digest_set_model(settings, model);
    CU_ASSERT_EQUAL_FATAL(unroll_model_open(settings, &shape, &v->model).code, UNROLL_OK);
    unroll_settings_free(settings);
    digest_fill(&shape, false, 1, &samples);
    v->plain = plain_open(v->model, cell);
    v->size = c->batch - 1;
    v->count = 0;
    ask_for_all(v);
    unroll_model_pack(v->model, &samples, v->size);
    unroll_model_gradient(v->model, NULL);
}

static void end_views(views_made *v)
{
    for (int i = 0; i < v->count; i++)
        free(v->view[i].value);
    plain_close(&v->plain);
    unroll_model_close(v->model);
}

/* row (s, t) of a view */
static const real *row_of(const views_made *v, const shown *view, int s, int t)
{
    return view->value + (size_t)(s * STEPS + t) * (size_t)v->plain.hidden;
}

static double goal_loss(const views_made *v, int s, const plain_nudge *nudge, const plain_trace *base, plain_trace *trace)
{
    double x[STEPS * INPUTS];
    for (int i = 0; i < STEPS * INPUTS; i++)
        x[i] = (double)v->x[s * STEPS * INPUTS + i];
    return plain_run(&v->plain, x, v->length[s], v->y + s * OUTPUTS * (v->plain.at_last ? 1 : STEPS), nudge, base, trace) /
           (double)unroll_model_targets(v->model);
}

static bool is_near(const char *what, const shown *view, int s, int t, int unit, real is, double wanted, real most)
{
    if (fabs((double)is - wanted) < (double)most)
        return true;
    fprintf(stderr, "\n%s: %s of sequence %d, step %d, unit %d is %.10g, not %.10g\n", what, view->name, s, t, unit, (double)is, wanted);
    CU_FAIL("a view");
    return false;
}

/* states and gates of a sequence, zeros past its end, and nothing past the last sequence */
static bool check_values(const char *what, const views_made *v, const shown *view, int s, const plain_trace *trace)
{
    for (int t = 0; t < STEPS; t++)
        for (int u = 0; u < v->plain.hidden; u++) {
            double wanted = s == v->size ? 7 : 0;
            if (view->gradient && t < v->length[s] && s < v->size)
                break;
            if (t < v->length[s] && s < v->size)
                wanted = (view->at.what == PLAIN_STATE ? trace->state : trace->gate)[view->at.layer][view->at.index][t][u];
            if (!is_near(what, view, s, t, u, row_of(v, view, s, t)[u], wanted, bound(1e-5, 1e-10)))
                return false;
        }
    return true;
}

/* some places of a gradient */
static bool check_differences(const char *what, const views_made *v, const shown *view, unroll_random *random)
{
    enum { PLACES = 4 };
    static plain_trace base, trace;
    const double h = 1e-5;
    for (int i = 0; i < PLACES; i++) {
        int s = (int)unroll_random_below(random, (uint32_t)v->size);
        plain_nudge nudge = view->at;
        double up, down;
        nudge.step = (int)unroll_random_below(random, (uint32_t)v->length[s]);
        nudge.unit = (int)unroll_random_below(random, (uint32_t)v->plain.hidden);
        goal_loss(v, s, &nudge, NULL, &base);
        nudge.by = h;
        up = goal_loss(v, s, &nudge, &base, &trace);
        nudge.by = -h;
        down = goal_loss(v, s, &nudge, &base, &trace);
        if (!is_near(what, view, s, nudge.step, nudge.unit, row_of(v, view, s, nudge.step)[nudge.unit], (up - down) / (2 * h),
                     bound(3e-7, 1e-9)))
            return false;
    }
    return true;
}

static void each_case(void (*check)(const char *what, const views_made *v))
{
    static views_made v;
    digest_register();
    for (int cell = 0; cell < PLAIN_CELLS; cell++)
        for (int c = 0; c < CASES; c++) {
            char what[96];
            snprintf(what, sizeof what, "%s %s", plain_cells[cell].name, cases[c].settings);
            make_views(&cases[c], &plain_cells[cell], &v);
            check(what, &v);
            end_views(&v);
        }
}

static void check_forward(const char *what, const views_made *v)
{
    static plain_trace trace;
    bool right = true;
    for (int s = 0; s <= v->size && right; s++) {
        goal_loss(v, s, &(plain_nudge){PLAIN_NOTHING}, NULL, &trace);
        for (int i = 0; i < v->count && right; i++)
            right = check_values(what, v, &v->view[i], s, &trace);
    }
}

static void states_and_gates_are_what_the_definitions_say(void)
{
    each_case(check_forward);
}

static void check_backward(const char *what, const views_made *v)
{
    unroll_random random = unroll_random_open(4, UNROLL_FOR_TEST, 0, 0);
    for (int i = 0; i < v->count; i++)
        if (v->view[i].gradient && !check_differences(what, v, &v->view[i], &random))
            return;
}

static void gradients_of_states_and_pre_activations_match_central_differences(void)
{
    each_case(check_backward);
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

/* Calls back for each example at each of its inputs. */
static int each_example(const char *kind, void (*check)(const char *what))
{
    int tries = 0;
    digest_register();
    for (int k = 0; k < unroll_layer_kind_count; k++)
        for (int i = 0; i < 2 * unroll_layer_kinds[k]->examples; i++) {
            char what[96];
            unroll_model *model = NULL;
            unroll_status status;
            if (kind != NULL && strcmp(unroll_layer_kinds[k]->name, kind) != 0)
                break;
            tried.kind = unroll_layer_kinds[k];
            tried.example = i / 2;
            tried.symbols = i % 2 == 1;
            status = open_tried(true, "auto", "1", &model);
            unroll_model_close(model);
            if (status.code == UNROLL_NOTHING)
                break;
            if (status.code != UNROLL_OK)
                continue;
            snprintf(what, sizeof what, "%s, example %d, of %s", tried.kind->name, tried.example, tried.symbols ? "symbols" : "reals");
            check(what);
            tries++;
        }
    return tries;
}

static void check_bits(const char *what)
{
    uint64_t plain, gradient, first;
    digest_seen("1", false, &plain);
    first = digest_seen("1", true, &gradient);
    for (int threads = 1; threads <= 3; threads++) {
        uint64_t digest = digest_seen(threads == 1 ? "1" : threads == 2 ? "2" : "3", true, &gradient);
        if (gradient != plain || digest != first)
            fprintf(stderr, "\n%s: views %s with %d threads\n", what, gradient != plain ? "change the gradient" : "differ", threads);
        CU_ASSERT_TRUE(gradient == plain && digest == first);
    }
}

static void views_change_no_bit_and_are_the_same_with_any_number_of_threads(void)
{
    CU_ASSERT_TRUE(each_example(NULL, check_bits) > 20);
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
    CU_ASSERT_TRUE(each_example(NULL, check_outputs) > 20);
}

/* ---- recurrent layers of every cell ---- */

/* What layer "one", "first" or "second" reads at a step, as reals: the model's input, or what is below; returns its columns. */
static int input_of(const unroll_model *model, const batch *b, int row, real *x)
{
    unroll_view view;
    bool input = tried.example % 4 == 1;
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
static void check_gate(const char *what, const unroll_model *model, const batch *b, const char *layer, bool backwards, const char *gate,
                       bool recurrent, int row)
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

/* gates of a layer in the order of its weights: of the recurrent ones, those alone that have such a product */
static void check_layer(const char *what, const unroll_model *model, const batch *b, const char *layer, bool backwards)
{
    const unroll_cell *cell = unroll_isa_now()->cells[tried.example / 4];
    const unroll_cell_shape *shape = &cell->shape;
    int hidden = tried.example % 2 == 0 ? 5 : 18;
    for (int side = 0; side < 2; side++)
        for (int place = 0, row = 0; place < shape->gates; place++) {
            int g = 0;
            while (shape->torch[g] != place)
                g++;
            bool apart = side == 1 && shape->apart == 1 && g == 0;
            char gate[16];
            if (side == 1 && !apart && (shape->recurrent == 0 || g < shape->first || g >= shape->first + shape->recurrent - shape->apart))
                continue;
            snprintf(gate, sizeof gate, "%s%s", shape->gate[g], apart ? "_hh" : "");
            check_gate(what, model, b, layer, backwards, gate, side == 1, row);
            row += hidden;
        }
}

static void check_sums(const char *what)
{
    batch b;
    unroll_samples samples = made(&b);
    unroll_model *model;
    CU_ASSERT_EQUAL_FATAL(open_tried(true, "auto", "2", &model).code, UNROLL_OK);
    see_all(model);
    unroll_model_pack(model, &samples, BATCH);
    unroll_model_gradient(model, NULL);
    if (tried.example % 4 < 2) {
        check_layer(what, model, &b, "one", true);
    } else {
        check_layer(what, model, &b, "first", true);
        check_layer(what, model, &b, "second", tried.example % 4 == 2);
    }
    unroll_model_close(model);
}

static void gradients_of_pre_activations_add_up_to_those_of_the_weights(void)
{
    CU_ASSERT_TRUE(each_example("recurrent", check_sums) >= 4 * unroll_cell_count);
}

static void names_of_every_model_are_each_one_view(void)
{
    digest_register();
    for (int index = 0; digest_model(index) != NULL; index++) {
        unroll_model_shape shape = {.inputs = INPUTS, .outputs = OUTPUTS, .steps = STEPS, .batch = BATCH, .loss = "squared"};
        unroll_settings *settings = unroll_settings_new();
        unroll_model *model;
        char line[150];
        snprintf(line, sizeof line, "%.100s layers=2 directions=both dropout=0.1", digest_model(index));
        digest_set_model(settings, line);
        CU_ASSERT_EQUAL_FATAL(unroll_model_open(settings, &shape, &model).code, UNROLL_OK);
        for (int i = 0; i < unroll_model_view_count(model); i++)
            for (int k = 0; k < i; k++) {
                unroll_view a, b;
                unroll_model_view_at(model, i, &a);
                unroll_model_view_at(model, k, &b);
                if (strcmp(a.name, b.name) == 0)
                    fprintf(stderr, "\n%s: two views are %s\n", line, a.name);
                CU_ASSERT_STRING_NOT_EQUAL(a.name, b.name);
            }
        unroll_model_close(model);
        unroll_settings_free(settings);
    }
}

/* ---- asking ---- */

static unroll_model *open_lstm(unroll_answer answer, const char *more)
{
    unroll_model_shape shape = {.inputs = INPUTS, .outputs = OUTPUTS, .steps = STEPS, .batch = BATCH, .answer = answer, .loss = "squared"};
    unroll_settings *settings = unroll_settings_new();
    unroll_model *model;
    char line[128];
    digest_register();
    if (answer == UNROLL_SEQUENCE)
        shape = (unroll_model_shape){.symbols = SYMBOLS, .outputs = SYMBOLS, .steps = STEPS, .batch = BATCH, .answer = answer,
                                     .target_steps = 4, .loss = "softmax"};
    snprintf(line, sizeof line, "lstm hidden=5 %s", more);
    digest_set_model(settings, line);
    CU_ASSERT_EQUAL_FATAL(unroll_model_open(settings, &shape, &model).code, UNROLL_OK);
    unroll_settings_free(settings);
    return model;
}

static void a_name_that_is_no_view_is_one_sentence(void)
{
    real room[1];
    unroll_model *model = open_lstm(UNROLL_AT_EVERY, "");
    unroll_status status = unroll_model_view(model, "rnn.h_10", room);
    CU_ASSERT_EQUAL(status.code, UNROLL_WRONG);
    CU_ASSERT_STRING_EQUAL(status.text, "there is no view rnn.h_10; did you mean rnn.h_l0?");
    status = unroll_model_view(model, "the weather", room);
    CU_ASSERT_EQUAL(status.code, UNROLL_WRONG);
    CU_ASSERT_STRING_EQUAL(status.text, "there is no view the weather in this model");
    unroll_model_close(model);
}

static bool all_are(const real *value, int count, real wanted)
{
    for (int i = 0; i < count; i++)
        if (value[i] != wanted)
            return false;
    return true;
}

static void fill(real *value, int count)
{
    for (int i = 0; i < count; i++)
        value[i] = 7;
}

static void a_view_follows_each_pass_until_it_is_taken_back(void)
{
    enum { REALS = ROWS * 5 };
    static real c[REALS], d_c[REALS], other[REALS];
    batch b;
    unroll_samples samples = made(&b);
    unroll_model *model = open_lstm(UNROLL_AT_EVERY, "");
    unroll_model_pack(model, &samples, BATCH);
    CU_ASSERT_EQUAL(unroll_model_view(model, "rnn.c_l0", c).code, UNROLL_OK);
    CU_ASSERT_EQUAL(unroll_model_view(model, "rnn.d_c_l0", d_c).code, UNROLL_OK);
    fill(c, REALS);
    fill(d_c, REALS);
    unroll_model_loss(model, NULL);
    CU_ASSERT_TRUE(c[0] != 7 && all_are(d_c, REALS, 7)); /* gradients are of gradient passes */
    unroll_model_gradient(model, NULL);
    CU_ASSERT_TRUE(d_c[0] != 7);
    memcpy(other, d_c, sizeof other);
    fill(d_c, REALS);
    unroll_model_gradient(model, NULL);
    CU_ASSERT_EQUAL(memcmp(other, d_c, sizeof other), 0);
    fill(c, REALS);
    fill(other, REALS);
    CU_ASSERT_EQUAL(unroll_model_view(model, "rnn.c_l0", other).code, UNROLL_OK); /* in place of the first */
    CU_ASSERT_EQUAL(unroll_model_view(model, "rnn.d_c_l0", NULL).code, UNROLL_OK);
    CU_ASSERT_EQUAL(unroll_model_view(model, "rnn.d_h_l0", NULL).code, UNROLL_OK); /* nobody had asked */
    fill(d_c, REALS);
    unroll_model_gradient(model, NULL);
    CU_ASSERT_TRUE(all_are(c, REALS, 7) && other[0] != 7 && all_are(d_c, REALS, 7));
    CU_ASSERT_EQUAL(unroll_model_view(model, "rnn.d_c_l0", d_c).code, UNROLL_OK); /* and again */
    unroll_model_gradient(model, NULL);
    CU_ASSERT_TRUE(d_c[0] != 7);
    unroll_model_close(model);
}

static void a_forward_pass_has_its_own_steps(void)
{
    enum { SHORT = 4 };
    static real x[BATCH * SHORT * INPUTS], y[BATCH * SHORT * OUTPUTS], hidden[BATCH * SHORT * 5], h[ROWS * 5], head[ROWS * OUTPUTS];
    static const int length[BATCH] = {2, 4, 1, 3, 4};
    unroll_forward io = {.size = BATCH, .steps = SHORT, .length = length, .x = x, .y = y, .hidden = hidden};
    unroll_model *model = open_lstm(UNROLL_AT_EVERY, "");
    for (int i = 0; i < BATCH * SHORT * INPUTS; i++)
        x[i] = (real)(i % 7) / 7;
    fill(h, ROWS * 5);
    CU_ASSERT_EQUAL(unroll_model_view(model, "rnn.h_l0", h).code, UNROLL_OK);
    CU_ASSERT_EQUAL(unroll_model_view(model, "head.y", head).code, UNROLL_OK);
    unroll_model_forward(model, &io);
    CU_ASSERT_EQUAL(memcmp(h, hidden, sizeof hidden), 0);
    CU_ASSERT_EQUAL(memcmp(head, y, sizeof y), 0);
    CU_ASSERT_TRUE(all_are(h + BATCH * SHORT * 5, BATCH * (STEPS - SHORT) * 5, 7));
    unroll_model_close(model);
}

/* an answer at the last step has one row a sequence, one that is a sequence as many as that may have */
static void views_have_the_steps_of_their_set(void)
{
    static real value[ROWS * SYMBOLS];
    int target[BATCH * 4], target_length[BATCH] = {4, 1, 2, 4, 3};
    batch b;
    unroll_samples samples = made(&b);
    unroll_model *model = open_lstm(UNROLL_AT_LAST, "");
    fill(value, ROWS * SYMBOLS);
    CU_ASSERT_EQUAL(unroll_model_view(model, "last.y", value).code, UNROLL_OK);
    unroll_model_pack(model, &samples, BATCH);
    unroll_model_loss(model, NULL);
    CU_ASSERT_TRUE(value[BATCH * 5 - 1] != 7 && value[BATCH * 5] == 7);
    unroll_model_close(model);
    model = open_lstm(UNROLL_SEQUENCE, "");
    for (int i = 0; i < BATCH * 4; i++)
        target[i] = i % SYMBOLS;
    samples.target = target;
    samples.target_length = target_length;
    fill(value, ROWS * SYMBOLS);
    CU_ASSERT_EQUAL(unroll_model_view(model, "decoder.d_h_l0", value).code, UNROLL_OK);
    unroll_model_pack(model, &samples, BATCH);
    unroll_model_gradient(model, NULL);
    for (int s = 0; s < BATCH; s++)
        for (int t = 0; t < 4; t++)
            CU_ASSERT_EQUAL(value[(s * 4 + t) * 5] == 0, t >= target_length[s]);
    CU_ASSERT_TRUE(value[BATCH * 4 * 5] == 7);
    unroll_model_close(model);
}

static void a_view_that_finds_no_memory_says_so_and_changes_nothing(void)
{
    static real d_c[ROWS * 5], room[ROWS * 5];
    batch b;
    unroll_samples samples = made(&b);
    unroll_model *model = open_lstm(UNROLL_AT_EVERY, "");
    bool asked = false;
    unroll_model_pack(model, &samples, BATCH);
    for (long n = 0; n < 100 && !asked && (n > 0 || test_can_starve()); n++) {
        unroll_status status;
        test_starve(n);
        status = unroll_model_view(model, "rnn.d_c_l0", d_c);
        asked = !test_fed();
        CU_ASSERT_EQUAL(status.code, asked ? UNROLL_OK : UNROLL_FAILED);
        if (asked) {
            CU_ASSERT_TRUE(n == 2);
            break;
        }
        fill(d_c, ROWS * 5);
        CU_ASSERT_EQUAL(unroll_model_view(model, "rnn.h_l0", room).code, UNROLL_OK);
        unroll_model_gradient(model, NULL);
        CU_ASSERT_TRUE(all_are(d_c, ROWS * 5, 7));
        unroll_model_view(model, "rnn.h_l0", NULL);
    }
    unroll_model_close(model);
}

const unroll_test tests_core_views[] = {
    TEST(states_and_gates_are_what_the_definitions_say),
    TEST(gradients_of_states_and_pre_activations_match_central_differences),
    TEST(views_change_no_bit_and_are_the_same_with_any_number_of_threads),
    TEST(outputs_of_every_kind_have_views_with_the_right_sums),
    TEST(gradients_of_pre_activations_add_up_to_those_of_the_weights),
    TEST(names_of_every_model_are_each_one_view),
    TEST(a_name_that_is_no_view_is_one_sentence),
    TEST(a_view_follows_each_pass_until_it_is_taken_back),
    TEST(a_forward_pass_has_its_own_steps),
    TEST(views_have_the_steps_of_their_set),
    TEST(a_view_that_finds_no_memory_says_so_and_changes_nothing),
    {NULL, NULL},
};
