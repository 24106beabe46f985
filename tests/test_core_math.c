/* Error bounds of exp, tanh, sigmoid, erf, GELU, its slope, sine and cosine over the floats, against the C library in double; and
   the forward pass at odd sizes against a plain one. The bounds are tried on every 61st float, with UNROLL_EXHAUSTIVE=1 (.ci/run)
   on every one (of erf and GELU, where they bend), and on the instruction set in use alone: test_core_bits.c holds the others to
   its bits. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/team.h"
#include "digest.h"
#include "suite.h"

enum { LANES = 4096 };

typedef void (*vector_function)(const real *, real *, size_t);

static double true_exp(double x)
{
    return exp(x);
}
static double true_tanh(double x)
{
    return tanh(x);
}
static double true_sigmoid(double x)
{
    return 1.0 / (1.0 + exp(-x));
}
/* of what the core's take for x (simd/math.h) */
static double within(double x)
{
    return fmax(-8192.0, fmin(8192.0, x));
}
static double true_gelu(double x)
{
    return x == -INFINITY ? 0.0 : x * 0.5 * erfc(-x / sqrt(2.0));
}
static double true_gelu_slope(double x)
{
    double density = exp(-0.5 * x * x) / sqrt(2.0 * acos(-1.0));
    return 0.5 * erfc(-x / sqrt(2.0)) + (density > 0.0 ? x * density : 0.0);
}
static double true_sine(double x)
{
    return sin(within(x));
}
static double true_cosine(double x)
{
    return cos(within(x));
}

/* distance in units of the last place of the true value as a float; denormal results count as zero, as they are flushed */
static double ulps(float got, double truth)
{
    int exponent;
    if (fabs(truth) < 0x1p-126)
        return fabs((double)got) <= 0x1p-126 ? 0.0 : 1e9;
    if (fabs(truth) > 0x1.fffffep127)
        return isinf(got) || fabs((double)got) > 0x1.fffff0p127 ? 0.0 : 1e9;
    frexp(truth, &exponent);
    return fabs((double)got - truth) / ldexp(1.0, exponent - 24);
}

/* over every `stride`th float of those whose bits are begin .. end - 1 */
static double worst_error_of(vector_function function, double (*truth)(double), uint64_t begin, uint64_t end, uint64_t stride)
{
    uint64_t count = (end - begin + stride - 1) / stride;
    double worst = 0.0;
#pragma omp parallel for reduction(max : worst) schedule(dynamic, 16)
    for (uint64_t first = 0; first < count; first += LANES) {
        real x[LANES], y[LANES];
        unroll_flush_denormals();
        for (uint64_t i = 0; i < LANES; i++) {
            uint32_t bits = (uint32_t)(begin + (first + i) * stride);
            float value;
            memcpy(&value, &bits, sizeof value);
            x[i] = isnan(value) || fabsf(value) < 0x1p-126f ? 0 : (real)value;
        }
        function(x, y, LANES);
        for (int i = 0; i < LANES; i++) {
            worst = test_worse(worst, ulps((float)y[i], truth((double)x[i])));
        }
    }
    return worst;
}

/* over every `stride`th float */
static double worst_error(vector_function function, double (*truth)(double), uint64_t stride)
{
    return worst_error_of(function, truth, 0, UINT64_C(1) << 32, stride);
}

static uint64_t stride_of_tests(void)
{
    const char *wish = getenv("UNROLL_EXHAUSTIVE");
    return wish != NULL && strcmp(wish, "1") == 0 ? 1 : 61;
}

static void exp_tanh_and_sigmoid_keep_their_error_bounds(void)
{
    const unroll_engine *engine = unroll_isa_now()->engine;
    uint64_t stride = stride_of_tests();
    double e = worst_error(engine->exp, true_exp, stride), t = worst_error(engine->tanh, true_tanh, stride);
    double s = worst_error(engine->sigmoid, true_sigmoid, stride);
    printf("    worst errors, ULP: exp %.3f, tanh %.3f, sigmoid %.3f\n", e, t, s);
    CU_ASSERT(e <= 1.5);
    CU_ASSERT(t <= 2.0);
    CU_ASSERT(s <= 2.0);
}

static void gelu(const real *x, real *y, size_t count)
{
    unroll_isa_now()->engine->function(UNROLL_GELU, x, y, count);
}

static void gelu_slope(const real *x, real *y, size_t count)
{
    real ones[LANES];
    for (size_t i = 0; i < count; i++)
        ones[i] = 1;
    unroll_isa_now()->engine->slope(UNROLL_GELU, x, x, ones, y, false, count);
}

/* GELU's slope goes through 0 near -0.75, where its last digits cannot be right: there with 1/4 added, elsewhere as it is */
static double lift(double x)
{
    return x > -1.0 && x < -0.5 ? 0.25 : 0.0;
}
static void lifted_gelu_slope(const real *x, real *y, size_t count)
{
    gelu_slope(x, y, count);
    for (size_t i = 0; i < count; i++)
        y[i] += (real)lift((double)x[i]);
}
static double true_lifted_gelu_slope(double x)
{
    return true_gelu_slope(x) + lift(x);
}

/* Every 61st float and, where every one is asked for, all of sizes from 2^-12 to 16: below, the functions are lines, and above they
   are limits. The C library's erf takes so long that the others would take an hour. */
static double worst_where_it_bends(vector_function function, double (*truth)(double))
{
    const uint64_t low = UINT64_C(115) << 23, high = UINT64_C(131) << 23, sign = UINT64_C(1) << 31;
    double worst = worst_error(function, truth, 61);
    if (stride_of_tests() > 1)
        return worst;
    worst = test_worse(worst, worst_error_of(function, truth, low, high, 1));
    return test_worse(worst, worst_error_of(function, truth, sign | low, sign | high, 1));
}

static void erf_gelu_and_its_slope_keep_their_error_bounds(void)
{
    double e = worst_where_it_bends(unroll_isa_now()->engine->erf, erf), g = worst_where_it_bends(gelu, true_gelu);
    double s = worst_where_it_bends(lifted_gelu_slope, true_lifted_gelu_slope);
    printf("    worst errors, ULP: erf %.3f, GELU %.3f, its slope %.3f\n", e, g, s);
    CU_ASSERT(e <= 2.6);
    CU_ASSERT(g <= 6.5);
    CU_ASSERT(s <= 7.0);
}

static void sine_and_cosine_keep_their_error_bounds(void)
{
    const unroll_engine *engine = unroll_isa_now()->engine;
    uint64_t stride = stride_of_tests();
    if (sizeof(real) == sizeof(double)) {
        test_skip("the double build has the C library's sine and cosine");
        return;
    }
    double s = worst_error(engine->sine, true_sine, stride), c = worst_error(engine->cosine, true_cosine, stride);
    printf("    worst errors, ULP: sine %.3f, cosine %.3f\n", s, c);
    CU_ASSERT(s <= 2.5);
    CU_ASSERT(c <= 2.5);
}

static void exp_with_holes(const real *x, real *y, size_t count)
{
    unroll_isa_now()->engine->exp(x, y, count);
    for (size_t i = 0; i < count; i++)
        y[i] = x[i] > 1 && x[i] < 2 ? (real)NAN : y[i];
}

static void a_planted_nan_breaks_the_error_bound(void)
{
    enum { STRIDE = 65537 };
    CU_ASSERT(worst_error(unroll_isa_now()->engine->exp, true_exp, STRIDE) <= 1.5);
    CU_ASSERT(!(worst_error(exp_with_holes, true_exp, STRIDE) <= 1.5));
}

static void functions_keep_nan_and_limits(void)
{
    const unroll_engine *engine = unroll_isa_now()->engine;
    real x[UNROLL_LANES] = {(real)NAN, (real)INFINITY, (real)-INFINITY, 0, 100, -200}, y[UNROLL_LANES];
    engine->exp(x, y, UNROLL_LANES);
    CU_ASSERT(isnan(y[0]) && isinf(y[1]) && y[2] == 0 && y[3] == 1);
    engine->tanh(x, y, UNROLL_LANES);
    CU_ASSERT(isnan(y[0]) && y[1] == 1 && y[2] == -1 && y[3] == 0 && y[4] == 1 && y[5] == -1);
    engine->sigmoid(x, y, UNROLL_LANES);
    CU_ASSERT(isnan(y[0]) && y[1] == 1 && y[2] < 1e-37 && y[3] == (real)0.5 && y[4] == 1);
    engine->erf(x, y, UNROLL_LANES);
    CU_ASSERT(isnan(y[0]) && y[1] == 1 && y[2] == -1 && y[3] == 0 && y[4] == 1 && y[5] == -1);
    engine->function(UNROLL_GELU, x, y, UNROLL_LANES);
    CU_ASSERT(isnan(y[0]) && isinf(y[1]) && y[2] == 0 && y[3] == 0 && y[4] == 100 && y[5] == 0);
    CU_ASSERT(signbit(y[2]) && signbit(y[5]));
    gelu_slope(x, y, UNROLL_LANES);
    CU_ASSERT(isnan(y[0]) && y[1] == 1 && y[2] == 0 && y[3] == (real)0.5 && y[4] == 1 && y[5] == 0);
    engine->sine(x, y, UNROLL_LANES);
    CU_ASSERT(isnan(y[0]) && y[3] == 0);
    engine->cosine(x, y, UNROLL_LANES);
    CU_ASSERT(isnan(y[0]) && y[3] == 1);
}

/* ---- the forward pass in a few plain lines: weights in PyTorch's layout ---- */

static double sigmoid(double x)
{
    return 1.0 / (1.0 + exp(-x));
}

static double row_times(const real *w, int row, const double *x, int count)
{
    double sum = 0.0;
    for (int k = 0; k < count; k++)
        sum += (double)w[(size_t)row * (size_t)count + (size_t)k] * x[k];
    return sum;
}

/* one step of one sequence: h and c in place */
static void plain_step(const char *cell, int hidden, int inputs, real *const w[4], const double *x, double *h, double *c)
{
    int gates = strcmp(cell, "lstm") == 0 ? 4 : strcmp(cell, "gru") == 0 ? 3 : 1;
    double *in = malloc((size_t)(gates * hidden) * 2 * sizeof *in), *back = in + gates * hidden;
    for (int j = 0; j < gates * hidden; j++) {
        in[j] = row_times(w[0], j, x, inputs) + (double)w[2][j];
        back[j] = row_times(w[1], j, h, hidden) + (double)w[3][j];
    }
    for (int u = 0; u < hidden; u++) {
        if (gates == 1) {
            h[u] = tanh(in[u] + back[u]);
        } else if (gates == 4) {
            double i = sigmoid(in[u] + back[u]), f = sigmoid(in[hidden + u] + back[hidden + u]);
            double g = tanh(in[2 * hidden + u] + back[2 * hidden + u]), o = sigmoid(in[3 * hidden + u] + back[3 * hidden + u]);
            c[u] = f * c[u] + i * g;
            h[u] = o * tanh(c[u]);
        } else {
            double r = sigmoid(in[u] + back[u]), z = sigmoid(in[hidden + u] + back[hidden + u]);
            double n = tanh(in[2 * hidden + u] + r * back[2 * hidden + u]);
            h[u] = (1.0 - z) * n + z * h[u];
        }
    }
    free(in);
}

static double worst_forward_difference(const char *isa, const char *cell, int hidden, int inputs, int batch)
{
    enum { STEPS = 4 };
    unroll_model_shape shape = {.inputs = inputs, .outputs = 1, .steps = STEPS, .batch = batch, .loss = "squared"};
    unroll_settings *settings = unroll_settings_new();
    unroll_random random = unroll_random_open(5, UNROLL_FOR_TEST, 0, 0);
    size_t rows = (size_t)(batch * STEPS);
    real *x = malloc(rows * (size_t)inputs * sizeof *x), *y = malloc(rows * (size_t)hidden * sizeof *y), *w[4];
    double *h = malloc((size_t)hidden * 2 * sizeof *h), *row = malloc((size_t)inputs * sizeof *row), worst = 0.0;
    unroll_forward io = {.size = batch, .steps = STEPS, .x = x, .hidden = y};
    unroll_model *model = NULL;
    char text[16];
    snprintf(text, sizeof text, "%d", hidden);
    unroll_settings_set(settings, "hidden", text);
    unroll_settings_set(settings, "model", cell);
    unroll_settings_set(settings, "isa", isa);
    CU_ASSERT_EQUAL_FATAL(unroll_model_open(settings, &shape, &model).code, UNROLL_OK);
    for (size_t i = 0; i < rows * (size_t)inputs; i++)
        x[i] = (real)(unroll_random_uniform(&random) - 0.5);
    for (int i = 0; i < 4; i++) {
        unroll_weight weight;
        unroll_model_weight_at(model, i, &weight);
        w[i] = malloc((size_t)weight.rows * (size_t)(weight.columns == 0 ? 1 : weight.columns) * sizeof *w[i]);
        unroll_model_get_weight(model, i, w[i]);
    }
    unroll_model_forward(model, &io);
    for (int b = 0; b < batch; b++) {
        memset(h, 0, (size_t)hidden * 2 * sizeof *h);
        for (int t = 0; t < STEPS; t++) {
            for (int i = 0; i < inputs; i++)
                row[i] = (double)x[(size_t)(b * STEPS + t) * (size_t)inputs + (size_t)i];
            plain_step(cell, hidden, inputs, w, row, h, h + hidden);
            for (int u = 0; u < hidden; u++) {
                double difference = fabs(h[u] - (double)y[(size_t)(b * STEPS + t) * (size_t)hidden + (size_t)u]);
                worst = test_worse(worst, difference);
            }
        }
    }
    for (int i = 0; i < 4; i++)
        free(w[i]);
    free(x);
    free(y);
    free(h);
    free(row);
    unroll_model_close(model);
    unroll_settings_free(settings);
    return worst;
}

static void odd_sizes_agree_with_a_plain_forward_pass(void)
{
    static const int sizes[] = {1, 3, 17, 63, 65, 127, 129, 500};
    static const char *const cells[] = {"rnn", "lstm", "gru"};
    digest_register();
    for (int i = 0; i < unroll_isa_count; i++)
        for (int cell = 0; unroll_isas[i].supported() && cell < 3; cell++)
            for (int s = 0; s < 8; s++) {
                double worst = worst_forward_difference(unroll_isas[i].name, cells[cell], sizes[s], sizes[7 - s], 1 + s * 2);
                CU_ASSERT(worst < (sizeof(real) == 4 ? 4e-6 : 1e-13));
            }
}

const unroll_test tests_core_math[] = {
    TEST(exp_tanh_and_sigmoid_keep_their_error_bounds),
    TEST(erf_gelu_and_its_slope_keep_their_error_bounds),
    TEST(sine_and_cosine_keep_their_error_bounds),
    TEST(a_planted_nan_breaks_the_error_bound),
    TEST(functions_keep_nan_and_limits),
    TEST(odd_sizes_agree_with_a_plain_forward_pass),
    {NULL, NULL},
};
