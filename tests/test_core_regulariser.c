/* The regulariser of the gradient's norm: what it adds to the gradient against central differences of Omega itself, which is
   computed here in plain C from the states and their gradients that views show. */
#include <math.h>
#include <string.h>

#include "digest.h"
#include "model/view.h"
#include "suite.h"

enum { T = 7, INPUTS = 3, OUTPUTS = 2, MOST_BATCH = 34, MOST_HIDDEN = 77, MOST_SIDES = 4 };

typedef struct omega_case {
    const char *settings;
    unroll_answer answer;
    int batch;
    double scale; /* of the recurrent weights, */
    int left_out; /* steps that do not count at least */
    float inputs; /* and of the inputs */
} omega_case;

/* Two layers of tanh; of relu, read in both directions; a truncated gradient, and a batch of one; two micro-batches on two
   threads; a gradient that vanishes within a few steps; one that explodes to norms whose squares no float holds, through states
   that are so small that what the loss adds to the weights' gradient is small, too. */
static const omega_case cases[] = {
    {"rnn layers=2 hidden=5", UNROLL_AT_LAST, 6, 1, 0, 1},
    {"rnn nonlinearity=relu layers=2 directions=both hidden=19", UNROLL_AT_EVERY, 6, 1, 0, 1},
    {"rnn bptt=2 hidden=17", UNROLL_AT_EVERY, 6, 1, 0, 1},
    {"rnn hidden=20 batch=1", UNROLL_AT_EVERY, 1, 1, 0, 1},
    {"rnn hidden=77 threads=2", UNROLL_AT_LAST, 34, 1, 0, 1},
    {"rnn layers=2 hidden=9 bias=one", UNROLL_AT_LAST, 6, 0.003, 5, 1},
    {"rnn nonlinearity=relu init=identity hidden=9", UNROLL_AT_LAST, 6, 1e5, 0, 1e-30f},
};
enum { CASES = sizeof cases / sizeof cases[0] };

/* A layer that reads one way: its states and their gradients (B, T, H), and the place of its recurrent weights. */
typedef struct side {
    real *h, *d_h;
    int weight;
} side;

typedef struct seen {
    unroll_model *model;
    side side[MOST_SIDES];
    int sides, hidden, batch;
    bool relu;
    int length[MOST_BATCH];
    float x[MOST_BATCH * T * INPUTS], y[MOST_BATCH * T * OUTPUTS];
} seen;

static unroll_status open_model(const char *line, const char *omega, unroll_answer answer, int batch, unroll_model **model)
{
    unroll_model_shape shape = {.inputs = INPUTS, .outputs = OUTPUTS, .steps = T, .batch = batch, .answer = answer,
                                .loss = "squared", .all_threads = true};
    unroll_settings *settings = unroll_settings_new();
    unroll_status status;
    digest_register();
    unroll_settings_set(settings, "omega", omega);
    digest_set_model(settings, line);
    status = unroll_model_open(settings, &shape, model);
    unroll_settings_free(settings);
    return status;
}

static size_t reals_of(const unroll_model *model, int index)
{
    unroll_weight weight;
    unroll_model_weight_at(model, index, &weight);
    return (size_t)weight.rows * (size_t)(weight.columns == 0 ? 1 : weight.columns);
}

static void scale_weight(unroll_model *model, int index, double scale)
{
    static real value[MOST_HIDDEN * MOST_HIDDEN];
    size_t count = reals_of(model, index);
    unroll_model_get_weight(model, index, value);
    for (size_t k = 0; k < count; k++)
        value[k] = (real)(scale * (double)value[k]);
    unroll_model_set_weight(model, index, value);
}

/* asks for the states of the layer whose recurrent weights are weight `index`, named as "rnn.weight_hh_l0" */
static void see_side(seen *s, int index, const char *suffix)
{
    size_t reals = (size_t)(s->batch * T * s->hidden);
    side *one = &s->side[s->sides++];
    char name[64];
    *one = (side){malloc(reals * sizeof(real)), malloc(reals * sizeof(real)), index};
    snprintf(name, sizeof name, "rnn.h%s", suffix);
    CU_ASSERT_EQUAL_FATAL(unroll_model_view(s->model, name, one->h).code, UNROLL_OK);
    snprintf(name, sizeof name, "rnn.d_h%s", suffix);
    CU_ASSERT_EQUAL_FATAL(unroll_model_view(s->model, name, one->d_h).code, UNROLL_OK);
}

/* a model and its gradient on a batch of unequal lengths */
static void see(seen *s, const omega_case *c, const char *omega)
{
    unroll_samples samples = {.length = s->length, .x = s->x, .y = s->y};
    memset(s, 0, sizeof *s);
    s->batch = c->batch;
    s->relu = strstr(c->settings, "relu") != NULL;
    CU_ASSERT_EQUAL_FATAL(open_model(c->settings, omega, c->answer, c->batch, &s->model).code, UNROLL_OK);
    for (int i = 0; i < unroll_model_weight_count(s->model); i++) {
        static const char prefix[] = "rnn.weight_hh";
        unroll_weight weight;
        unroll_model_weight_at(s->model, i, &weight);
        if (strncmp(weight.name, prefix, sizeof prefix - 1) != 0)
            continue;
        s->hidden = weight.columns;
        scale_weight(s->model, i, c->scale);
        see_side(s, i, weight.name + sizeof prefix - 1);
    }
    digest_fill(unroll_model_get_shape(s->model), false, 1, &samples);
    for (int i = 0; i < c->batch * T * INPUTS; i++)
        s->x[i] *= c->inputs;
    unroll_model_pack(s->model, &samples, c->batch);
    unroll_model_gradient(s->model, NULL);
}

static void forget(seen *s)
{
    for (int i = 0; i < s->sides; i++) {
        free(s->side[i].h);
        free(s->side[i].d_h);
    }
    unroll_model_close(s->model);
}

/* (|b|^2 / |g|^2 - 1)^2 of one step, g (H), w (H, H); below 0 where it does not count */
static double omega_of_step(const seen *s, const real *h, const real *g, const double *w)
{
    double brought = 0, square = 0, a[MOST_HIDDEN];
    for (int i = 0; i < s->hidden; i++) {
        double slope = s->relu ? h[i] > 0 : 1 - (double)h[i] * (double)h[i];
        a[i] = (double)g[i] * slope;
        square += (double)g[i] * (double)g[i];
    }
    if (square < 1e-20)
        return -1;
    for (int j = 0; j < s->hidden; j++) {
        double b = 0;
        for (int i = 0; i < s->hidden; i++)
            b += a[i] * w[i * s->hidden + j];
        brought += b * b;
    }
    return (brought / square - 1) * (brought / square - 1);
}

/* Omega of a layer with recurrent weights w, the states and their gradients held; *left_out: steps that do not count */
static double omega_of(const seen *s, const side *one, const double *w, int *left_out)
{
    double sum = 0;
    int count = 0;
    *left_out = 0;
    for (int b = 0; b < s->batch; b++)
        for (int t = 0; t < s->length[b]; t++) {
            size_t at = (size_t)((b * T + t) * s->hidden);
            double omega = omega_of_step(s, one->h + at, one->d_h + at, w);
            *left_out += omega < 0;
            count += omega >= 0;
            sum += omega >= 0 ? omega : 0;
        }
    return sum / count;
}

static double slope_of_omega(const seen *s, const side *one, double *w, size_t k, double h)
{
    const double kept = w[k];
    double up, down;
    int left_out;
    w[k] = kept + h;
    up = omega_of(s, one, w, &left_out);
    w[k] = kept - h;
    down = omega_of(s, one, w, &left_out);
    w[k] = kept;
    return (up - down) / (2 * h);
}

/* Weight `index` of a layer that is regularised with a weight of 2, and of one that is not: all of its values, of many a part. */
static void the_difference_is_the_slope(const omega_case *c, const seen *with, const seen *without, const side *one)
{
    static real value[MOST_HIDDEN * MOST_HIDDEN], g[MOST_HIDDEN * MOST_HIDDEN], plain[MOST_HIDDEN * MOST_HIDDEN];
    static double w[MOST_HIDDEN * MOST_HIDDEN];
    size_t count = reals_of(with->model, one->weight);
    double worst = 0, most = 0;
    int left_out;
    unroll_model_get_weight(with->model, one->weight, value);
    unroll_model_get_gradient(with->model, one->weight, g);
    unroll_model_get_gradient(without->model, one->weight, plain);
    for (size_t k = 0; k < count; k++)
        w[k] = (double)value[k];
    for (size_t k = 0; k < count; k += 1 + count / 400) {
        double wanted = 2 * slope_of_omega(with, one, w, k, 1e-5 * fmax(c->scale, 1));
        worst = test_worse(worst, fabs((double)g[k] - (double)plain[k] - wanted));
        most = fmax(most, fabs(wanted));
    }
    CU_ASSERT_TRUE(most > 0);
    if (!(worst < (sizeof(real) == sizeof(float) ? 2e-5 : 1e-7) * most)) {
        fprintf(stderr, "\n%s: the gradient of Omega is off by %.3g, where it goes up to %.3g\n", c->settings, worst, most);
        CU_FAIL("a gradient");
    }
    omega_of(with, one, w, &left_out);
    CU_ASSERT_TRUE(left_out >= c->left_out);
}

/* the largest gradient of a state of a layer */
static double largest_gradient(const seen *s, const side *one)
{
    double largest = 0;
    for (int k = 0; k < s->batch * T * s->hidden; k++)
        largest = fmax(largest, fabs((double)one->d_h[k]));
    return largest;
}

static bool is_recurrent(const seen *s, int weight)
{
    int i = 0;
    while (i < s->sides && s->side[i].weight != weight)
        i++;
    return i < s->sides;
}

static void the_recurrent_weights_get_the_gradient_of_omega_and_no_other_weights_do(void)
{
    for (int i = 0; i < CASES; i++) {
        static seen with, without;
        see(&with, &cases[i], "2");
        see(&without, &cases[i], "0");
        CU_ASSERT_TRUE(with.sides >= 1);
        CU_ASSERT_TRUE(cases[i].scale <= 1 || largest_gradient(&with, &with.side[0]) > 1e20);
        for (int k = 0; k < with.sides; k++)
            the_difference_is_the_slope(&cases[i], &with, &without, &with.side[k]);
        for (int k = 0; k < unroll_model_weight_count(with.model); k++) {
            static real g[2][2 * MOST_HIDDEN * MOST_HIDDEN];
            unroll_model_get_gradient(with.model, k, g[0]);
            unroll_model_get_gradient(without.model, k, g[1]);
            CU_ASSERT_EQUAL(memcmp(g[0], g[1], reals_of(with.model, k) * sizeof(real)) != 0, is_recurrent(&with, k));
        }
        forget(&with);
        forget(&without);
    }
}

#ifdef __SANITIZE_ADDRESS__
enum { TRAINING_STEPS = 3 };
#else
enum { TRAINING_STEPS = 20 };
#endif

static void every_instruction_set_and_number_of_threads_gives_the_same_weights(void)
{
    static const int threads[] = {1, 2, 5};
    static const char *const models[] = {"rnn omega=0.5", "rnn nonlinearity=relu directions=both omega=0.5"};
    digest_register();
    for (int model = 0; model < 2; model++)
        for (int kind = 0; kind < DIGEST_KINDS; kind++) {
            uint64_t first = 0;
            int runs = 0;
            if (kind == 3 && model == 1) /* states are carried one way only */
                continue;
            for (int i = 0; i < unroll_isa_count; i++)
                for (int t = 0; unroll_isas[i].supported() && t < 3; t++) {
                    uint64_t digest = 1;
                    unroll_status status = digest_training(models[model], unroll_isas[i].name, threads[t], TRAINING_STEPS, kind,
                                                           &digest);
                    CU_ASSERT_EQUAL(status.code, UNROLL_OK);
                    first = runs++ == 0 ? digest : first;
                    CU_ASSERT_EQUAL(digest, first);
                }
        }
}

static void a_weight_of_nothing_changes_nothing(void)
{
    uint64_t plain, none, some;
    digest_register();
    digest_training("rnn", "auto", 1, TRAINING_STEPS, 0, &plain);
    digest_training("rnn omega=0", "auto", 1, TRAINING_STEPS, 0, &none);
    digest_training("rnn omega=0.5", "auto", 1, TRAINING_STEPS, 0, &some);
    CU_ASSERT_EQUAL(none, plain);
    CU_ASSERT_NOT_EQUAL(some, plain);
}

static unroll_counts counts_of(const char *line)
{
    unroll_model_shape shape = {.inputs = INPUTS, .outputs = OUTPUTS, .steps = T, .batch = 6, .loss = "squared"};
    unroll_settings *settings = unroll_settings_new();
    unroll_counts counts = {.products = 0};
    unroll_graph graph;
    digest_register();
    digest_set_model(settings, line);
    CU_ASSERT_EQUAL_FATAL(unroll_network_build(settings, &shape, unroll_isa_now(), &graph).code, UNROLL_OK);
    CU_ASSERT_EQUAL(graph.layer[1]->regularised, unroll_real(settings, "omega") > 0);
    graph.layer[1]->kind->count(graph.layer[1], &counts);
    unroll_graph_close(&graph);
    unroll_settings_free(settings);
    return counts;
}

static void it_is_counted_among_the_products_and_where_it_is_off_nothing_is(void)
{
    enum { H = 40 };
    unroll_counts plain = counts_of("rnn hidden=40 omega=0"), some = counts_of("rnn hidden=40 omega=0.5");
    CU_ASSERT_EQUAL(some.products, plain.products);
    CU_ASSERT_EQUAL(some.weight_products, plain.weight_products + H * H);
    CU_ASSERT_EQUAL(some.source_products, plain.source_products + H * H);
    CU_ASSERT_EQUAL(some.kept, plain.kept + H);
}

static void what_it_does_not_go_with_is_one_sentence(void)
{
    static const char *const others[] = {"rnn norm=layer", "rnn drop_state=0.25", "rnn zoneout=0.1"};
    for (int i = 0; i < 3; i++) {
        unroll_model *model = NULL;
        unroll_status status = open_model(others[i], "2", UNROLL_AT_LAST, 6, &model);
        CU_ASSERT_EQUAL(status.code, UNROLL_WRONG);
        CU_ASSERT_STRING_EQUAL(status.text,
                               "omega=2 regularises a plain recurrence: it goes with none of norm=layer, drop_state and zoneout");
        CU_ASSERT_PTR_NULL(model);
    }
}

const unroll_test tests_core_regulariser[] = {
    TEST(the_recurrent_weights_get_the_gradient_of_omega_and_no_other_weights_do),
    TEST(it_is_counted_among_the_products_and_where_it_is_off_nothing_is),
    TEST(every_instruction_set_and_number_of_threads_gives_the_same_weights),
    TEST(a_weight_of_nothing_changes_nothing),
    TEST(what_it_does_not_go_with_is_one_sentence),
    {NULL, NULL},
};
