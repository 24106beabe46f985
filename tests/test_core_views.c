/* Views: what they show of every cell against its definition (tests/plain.h) and central differences of it, and how one asks
   for them. */
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
    bool masks; /* zoneout and dropout of the update, as far as the cell has them */
} views_case;

/* one step's answer and all steps'; both directions; a truncated gradient; two micro-batches on two threads; panels parted; with
   masks, the last of more panels than one draw is for */
static const views_case cases[] = {
    {"layers=1 hidden=5 threads=1", UNROLL_AT_EVERY, 6, false},
    {"layers=2 directions=both hidden=19 threads=1", UNROLL_AT_LAST, 6, false},
    {"layers=2 bptt=2 hidden=7 threads=1", UNROLL_AT_EVERY, 6, false},
    {"layers=1 hidden=77 threads=2", UNROLL_AT_EVERY, 35, false},
    {"layers=2 directions=both hidden=32 threads=3", UNROLL_AT_EVERY, 7, false},
    {"layers=2 bptt=2 hidden=19 threads=1", UNROLL_AT_EVERY, 6, true},
    {"layers=2 directions=both hidden=7 threads=1", UNROLL_AT_LAST, 6, true},
    {"layers=1 hidden=150 threads=2", UNROLL_AT_EVERY, 35, true},
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
    snprintf(model, sizeof model, "%s %s%s%s%s", cell->name, c->settings, c->masks ? " zoneout=0.25" : "",
             c->masks && cell->zones ? " zoneout_cell=0.125" : "", c->masks && cell->drops ? " drop_update=0.375" : "");
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
    return plain_run(&v->plain, s, x, v->length[s], v->y + s * OUTPUTS * (v->plain.at_last ? 1 : STEPS), nudge, base, trace) /
           (double)unroll_model_targets(v->model);
}

static bool is_near(const char *what, const shown *view, int s, int t, int unit, real is, double wanted, real most)
{
    if (fabs((double)is - wanted) < (double)most)
        return true;
    fprintf(stderr, "\n%s: %s of sequence %d, step %d, unit %d is %.10g, not %.10g\n", what, view->name, s, t, unit,
            (double)is, wanted);
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
        goal_loss(v, s, &(plain_nudge){.what = PLAIN_NOTHING}, NULL, &trace);
        for (int i = 0; i < v->count && right; i++)
            right = check_values(what, v, &v->view[i], s, &trace);
    }
}

static void states_and_gates_are_what_the_definitions_say(void)
{
    each_case(check_forward);
}

/* without training, at the means of all masks */
static void check_means(const char *what, const views_made *v)
{
    views_made means = *v;
    unroll_model_loss(v->model, NULL);
    means.plain.training = false;
    check_forward(what, &means);
}

static void states_and_gates_outside_of_training_take_the_means_of_masks(void)
{
    each_case(check_means);
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

/* ---- asking ---- */

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

static unroll_model *open_lstm(unroll_answer answer, const char *more)
{
    unroll_model_shape shape = {.inputs = INPUTS, .outputs = OUTPUTS, .steps = STEPS, .batch = BATCH, .answer = answer,
                                .loss = "squared"};
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

/* where the columns of both directions lie side by side without a copy, the layers below add to the same gradient */
static void a_joins_gradient_is_what_the_head_hands_down(void)
{
    static const char *const models[] = {"directions=both hidden=32", "directions=both hidden=32 threads=2", "directions=both hidden=19"};
    static real d_join[ROWS * 64], d_head[ROWS * OUTPUTS], weight[OUTPUTS * 64];
    static batch b;
    unroll_samples samples = made(&b);
    for (int m = 0; m < 3; m++) {
        unroll_model *model = open_lstm(UNROLL_AT_EVERY, models[m]);
        int columns = m == 2 ? 38 : 64, head = unroll_model_weight_count(model) - 2;
        real most = 0;
        CU_ASSERT_EQUAL(unroll_model_view(model, "join.d_y", d_join).code, UNROLL_OK);
        CU_ASSERT_EQUAL(unroll_model_view(model, "head.d_y", d_head).code, UNROLL_OK);
        unroll_model_pack(model, &samples, BATCH);
        unroll_model_gradient(model, NULL);
        unroll_model_get_weight(model, head, weight);
        for (int row = 0; row < ROWS; row++)
            for (int c = 0; c < columns; c++) {
                real wanted = 0, off;
                for (int o = 0; o < OUTPUTS; o++)
                    wanted += weight[o * columns + c] * d_head[row * OUTPUTS + o];
                off = d_join[row * columns + c] - wanted;
                most = off > most ? off : -off > most ? -off : most;
            }
        CU_ASSERT(most <= bound(1e-6, 1e-14));
        unroll_model_close(model);
    }
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
    static real x[BATCH * SHORT * INPUTS], y[BATCH * SHORT * OUTPUTS], hidden[BATCH * SHORT * 5];
    static real h[ROWS * 5], head[ROWS * OUTPUTS];
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

static void a_pass_with_views_allocates_nothing(void)
{
    static real d_c[ROWS * 5], a[ROWS * 5];
    batch b;
    unroll_samples samples = made(&b);
    unroll_model *model = open_lstm(UNROLL_AT_EVERY, "");
    CU_ASSERT_EQUAL(unroll_model_view(model, "rnn.d_c_l0", d_c).code, UNROLL_OK);
    CU_ASSERT_EQUAL(unroll_model_view(model, "rnn.i_l0", a).code, UNROLL_OK);
    if (test_can_starve()) {
        test_starve(0);
        unroll_model_pack(model, &samples, BATCH);
        unroll_model_gradient(model, NULL);
        unroll_model_update(model);
        unroll_model_loss(model, NULL);
        CU_ASSERT_FALSE(test_fed());
    }
    unroll_model_close(model);
}

const unroll_test tests_core_views[] = {
    TEST(states_and_gates_are_what_the_definitions_say),
    TEST(states_and_gates_outside_of_training_take_the_means_of_masks),
    TEST(gradients_of_states_and_pre_activations_match_central_differences),
    TEST(names_of_every_model_are_each_one_view),
    TEST(a_joins_gradient_is_what_the_head_hands_down),
    TEST(a_name_that_is_no_view_is_one_sentence),
    TEST(a_view_follows_each_pass_until_it_is_taken_back),
    TEST(a_forward_pass_has_its_own_steps),
    TEST(views_have_the_steps_of_their_set),
    TEST(a_view_that_finds_no_memory_says_so_and_changes_nothing),
    TEST(a_pass_with_views_allocates_nothing),
    {NULL, NULL},
};
