/* Forward, gradients and ten training steps against golden values that tests/golden/make.py and make_transformer.py made with
   PyTorch; the format of the files is described there. A tensor agrees when no element is further from PyTorch's than `tolerance`
   times the largest magnitude in that tensor: 1e-10 in double, 1e-5 in float, against both its float64 and float32. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "losses/loss.h"
#include "model/model.h"
#include "model/view.h"
#include "suite.h"

#ifdef UNROLL_DOUBLE
static const double tolerance = 1e-10;
#else
static const double tolerance = 1e-5;
#endif

enum { TENSORS = 256, NOTHING = 9999, TRAINING_STEPS = 10 };

typedef struct golden_tensor {
    char kind; /* first letter of index, given, double, float */
    char name[64];
    int count;
    double *value; /* owned, (count) */
} golden_tensor;

typedef struct golden_case {
    char name[64];
    unroll_settings *settings;
    unroll_model_shape shape;
    golden_tensor tensors[TENSORS];
    int tensor_count;
} golden_case;

/* ---- reading ---- */

static bool read_tensor(FILE *file, const char *kind, golden_case *out)
{
    golden_tensor *t = &out->tensors[out->tensor_count];
    if (out->tensor_count == TENSORS || fscanf(file, "%63s %d", t->name, &t->count) != 2 || t->count < 1)
        return false;
    t->kind = kind[0];
    t->value = malloc((size_t)t->count * sizeof *t->value);
    out->tensor_count++;
    for (int i = 0; t->value && i < t->count; i++) {
        if (fscanf(file, "%lf", &t->value[i]) != 1)
            return false;
        if (t->kind == 'g' && t->value[i] != NOTHING)
            t->value[i] /= 1024;
    }
    return t->value != NULL;
}

/* The rest of the line, "model=lstm hidden=5 ...". */
static bool read_settings(FILE *file, unroll_settings *settings)
{
    char line[512];
    if (!fgets(line, sizeof line, file))
        return false;
    for (char *rest = line, *word; (word = strtok_r(rest, " \n", &rest));)
        if (unroll_settings_assign(settings, word).code != UNROLL_OK)
            return false;
    return true;
}

static bool read_shape(FILE *file, unroll_model_shape *shape)
{
    char loss[16];
    int every;
    if (fscanf(file, "%d %d %d %d %d %d %15s", &shape->inputs, &shape->symbols, &shape->outputs, &shape->steps,
               &shape->batch, &every, loss) != 7)
        return false;
    shape->answer = every ? UNROLL_AT_EVERY : UNROLL_AT_LAST;
    CU_ASSERT_PTR_NOT_NULL_FATAL(unroll_loss_find(loss));
    shape->loss = unroll_loss_find(loss)->name;
    return true;
}

static void free_case(golden_case *c)
{
    for (int i = 0; i < c->tensor_count; i++)
        free(c->tensors[i].value);
    unroll_settings_free(c->settings);
    free(c);
}

static const golden_tensor *find(const golden_case *c, char kind, const char *name)
{
    for (int i = 0; i < c->tensor_count; i++)
        if (c->tensors[i].kind == kind && strcmp(c->tensors[i].name, name) == 0)
            return &c->tensors[i];
    return NULL;
}

/* An answer whose lengths are given is another sequence. */
static void settle_answer(golden_case *c)
{
    if (find(c, 'i', "target_length") == NULL)
        return;
    c->shape.answer = UNROLL_SEQUENCE;
    c->shape.target_steps = find(c, 'i', "class")->count / c->shape.batch;
}

/* The next case of the file; NULL at its end. A file that cannot be read is a failed test. */
static golden_case *read_case(FILE *file)
{
    char word[32];
    if (fscanf(file, " #%*[^\n]") == EOF || fscanf(file, "%31s", word) != 1)
        return NULL;
    golden_case *c = calloc(1, sizeof *c);
    bool right = c && strcmp(word, "case") == 0 && fscanf(file, "%63s", c->name) == 1;
    if (c)
        c->settings = unroll_settings_new();
    right = right && c->settings;
    while (right && fscanf(file, "%31s", word) == 1 && strcmp(word, "end") != 0) {
        if (strcmp(word, "settings") == 0)
            right = read_settings(file, c->settings);
        else if (strcmp(word, "shape") == 0)
            right = read_shape(file, &c->shape);
        else
            right = read_tensor(file, word, c);
    }
    CU_ASSERT_FATAL(right);
    settle_answer(c);
    return c;
}

/* ---- comparing ---- */

static void compare_with(const golden_case *c, const golden_tensor *expected, const real *actual)
{
    double largest = 0, worst = 0;
    bool finite = true;
    for (int i = 0; i < expected->count; i++) {
        largest = fmax(largest, fabs(expected->value[i]));
        worst = fmax(worst, fabs((double)actual[i] - expected->value[i]));
        finite = finite && isfinite((double)actual[i]);
    }
    bool agrees = finite && worst <= tolerance * largest;
    if (!agrees)
        fprintf(stderr, "\n%s: %s is off PyTorch's %s by %.2e of its largest magnitude %g\n", c->name, expected->name,
                expected->kind == 'd' ? "float64" : "float32", worst / largest, largest);
    CU_ASSERT_TRUE(agrees);
}

static void compare(const golden_case *c, const char *name, const real *actual, int count)
{
    const golden_tensor *in_double = find(c, 'd', name), *in_float = find(c, 'f', name);
    CU_ASSERT_FATAL(in_double && in_float && in_double->count == count && in_float->count == count);
    compare_with(c, in_double, actual);
    if (sizeof(real) == sizeof(float))
        compare_with(c, in_float, actual);
}

static void compare_scalar(const golden_case *c, const char *name, double actual)
{
    real value = (real)actual;
    compare(c, name, &value, 1);
}

/* ---- a case in the model's terms ---- */

static real *reals(const golden_tensor *t)
{
    real *out = t ? malloc((size_t)t->count * sizeof *out) : NULL;
    for (int i = 0; out && i < t->count; i++)
        out[i] = (real)t->value[i];
    return out;
}

static float *floats_or_nan(const golden_tensor *t)
{
    float *out = t ? malloc((size_t)t->count * sizeof *out) : NULL;
    for (int i = 0; out && i < t->count; i++)
        out[i] = t->value[i] == NOTHING ? NAN : (float)t->value[i];
    return out;
}

static int *integers(const golden_tensor *t)
{
    int *out = t ? malloc((size_t)t->count * sizeof *out) : NULL;
    for (int i = 0; out && i < t->count; i++)
        out[i] = t->value[i] == NOTHING ? -1 : (int)t->value[i];
    return out;
}

static unroll_model *open_with_golden_weights(const golden_case *c)
{
    unroll_model *model = NULL;
    unroll_status status = unroll_model_open(c->settings, &c->shape, &model);
    if (status.code != UNROLL_OK)
        fprintf(stderr, "\n%s: %s\n", c->name, status.text);
    CU_ASSERT_FATAL(status.code == UNROLL_OK);
    for (int i = 0; i < unroll_model_weight_count(model); i++) {
        unroll_weight weight;
        unroll_model_weight_at(model, i, &weight);
        const golden_tensor *given = find(c, 'g', weight.name);
        CU_ASSERT_FATAL(given && given->count == weight.rows * (weight.columns ? weight.columns : 1));
        real *values = reals(given);
        unroll_model_set_weight(model, i, values);
        free(values);
    }
    return model;
}

/* States (batch, parts, hidden) to PyTorch's (parts, batch, hidden), or back. */
static real *turned(real *states, int first, int second, int hidden)
{
    real *out = malloc((size_t)(first * second * hidden) * sizeof *out);
    for (int i = 0; i < first; i++)
        for (int k = 0; k < second; k++)
            memcpy(out + (k * first + i) * hidden, states + (i * second + k) * hidden, (size_t)hidden * sizeof *out);
    free(states);
    return out;
}

static void check_outputs(const golden_case *c, unroll_model *model, unroll_forward io)
{
    const unroll_model_shape *s = &c->shape;
    const int y_count = s->batch * (s->answer == UNROLL_AT_EVERY ? s->steps : 1) * s->outputs;
    const int hidden_count = find(c, 'd', "hidden")->count; /* of two directions twice as many */
    real *y = malloc((size_t)y_count * sizeof *y), *hidden = malloc((size_t)hidden_count * sizeof *hidden);
    io.y = y;
    io.hidden = hidden;
    unroll_model_forward(model, &io);
    compare(c, "y", y, y_count);
    compare(c, "hidden", hidden, hidden_count);
    free(y), free(hidden);
}

static void check_states(const golden_case *c, unroll_model *model, unroll_forward io)
{
    const int parts = unroll_model_state_count(model), hidden = (int)unroll_int(c->settings, "hidden");
    const int count = parts * io.size * hidden;
    real *initial = turned(reals(find(c, 'g', "initial")), parts, io.size, hidden);
    real *states = malloc((size_t)count * sizeof *states);
    io.states = states;
    unroll_model_forward(model, &io);
    states = turned(states, io.size, parts, hidden);
    compare(c, "states", states, count);
    CU_ASSERT_FATAL(find(c, 'g', "initial")->count == count);
    io.initial = initial;
    io.states = states;
    unroll_model_forward(model, &io);
    states = turned(states, io.size, parts, hidden);
    compare(c, "states_initial", states, count);
    free(initial), free(states);
}

static void check_forward(const golden_case *c, unroll_model *model)
{
    int *length = integers(find(c, 'i', "length")), *symbol = integers(find(c, 'i', "symbol"));
    real *x = reals(find(c, 'g', "x"));
    unroll_forward io = {.size = c->shape.batch, .steps = c->shape.steps, .length = length, .x = x, .symbol = symbol};
    check_outputs(c, model, io);
    if (unroll_model_state_count(model) > 0)
        check_states(c, model, io);
    free(length), free(symbol), free(x);
}

static unroll_samples samples_of(const golden_case *c)
{
    return (unroll_samples){.length = integers(find(c, 'i', "length")),
                            .x = floats_or_nan(find(c, 'g', "x")),
                            .symbol = integers(find(c, 'i', "symbol")),
                            .y = floats_or_nan(find(c, 'g', "target")),
                            .target = integers(find(c, 'i', "class")),
                            .target_length = integers(find(c, 'i', "target_length"))};
}

static void free_samples(unroll_samples *s)
{
    free(s->length), free(s->x), free(s->symbol), free(s->y), free(s->target), free(s->target_length);
}

/* The outputs of a model that is told what it should have written. */
static void check_written(const golden_case *c, unroll_model *model)
{
    const int count = c->shape.batch * c->shape.target_steps * c->shape.outputs;
    real *y = calloc((size_t)count, sizeof *y);
    unroll_samples samples = samples_of(c);
    CU_ASSERT_EQUAL_FATAL(unroll_model_view(model, "head.y", y).code, UNROLL_OK);
    unroll_model_pack(model, &samples, c->shape.batch);
    unroll_model_loss(model, NULL);
    compare(c, "y", y, count);
    free_samples(&samples);
    free(y);
}

static void check_gradients(const golden_case *c, unroll_model *model)
{
    for (int i = 0; i < unroll_model_weight_count(model); i++) {
        unroll_weight weight;
        char name[64];
        unroll_model_weight_at(model, i, &weight);
        const int count = weight.rows * (weight.columns ? weight.columns : 1);
        real *gradient = malloc((size_t)count * sizeof *gradient);
        unroll_model_get_gradient(model, i, gradient);
        snprintf(name, sizeof name, "gradient:%s", weight.name);
        compare(c, name, gradient, count);
        free(gradient);
    }
}

static void check_training(const golden_case *c, unroll_model *model)
{
    real curve[TRAINING_STEPS];
    unroll_samples samples = samples_of(c);
    for (int step = 0; step < TRAINING_STEPS; step++) {
        unroll_score score;
        unroll_model_pack(model, &samples, c->shape.batch);
        double loss = unroll_model_gradient(model, &score);
        curve[step] = (real)loss;
        if (step == 0) {
            compare_scalar(c, "loss", loss);
            compare_scalar(c, "loss", unroll_model_loss(model, &score));
            unroll_model_gradient(model, &score);
            check_gradients(c, model);
        }
        double norm = unroll_model_update(model);
        if (step == 0)
            compare_scalar(c, "norm", norm);
    }
    compare(c, "curve", curve, TRAINING_STEPS);
    free_samples(&samples);
}

/* Every case of one file; `least`: cases that must be there, so that an emptied file fails. */
static void check_file(const char *path, int least, void (*check)(const golden_case *c, unroll_model *model))
{
    int cases = 0;
    FILE *file = fopen(path, "r");
    CU_ASSERT_FATAL(file != NULL);
    for (golden_case *c; (c = read_case(file)); cases++) {
        unroll_model *model = open_with_golden_weights(c);
        check(c, model);
        unroll_model_close(model);
        free_case(c);
    }
    fclose(file);
    CU_ASSERT_TRUE(cases >= least);
}

/* ---- the tests ---- */

static void rnn_tanh_forward_agrees_with_pytorch(void)
{
    check_file("tests/golden/rnn.txt", 6, check_forward);
}

static void rnn_relu_forward_agrees_with_pytorch(void)
{
    check_file("tests/golden/rnn_relu.txt", 6, check_forward);
}

static void lstm_forward_agrees_with_pytorch(void)
{
    check_file("tests/golden/lstm.txt", 11, check_forward);
}

static void gru_forward_agrees_with_pytorch(void)
{
    check_file("tests/golden/gru.txt", 7, check_forward);
}

static void mingru_forward_agrees_with_pytorch(void)
{
    check_file("tests/golden/mingru.txt", 7, check_forward);
}

static void slstm_forward_agrees_with_pytorch(void)
{
    check_file("tests/golden/slstm.txt", 8, check_forward);
}

static void mgu_agrees_with_pytorch(void)
{
    check_file("tests/golden/mgu.txt", 7, check_forward);
    check_file("tests/golden/mgu.txt", 7, check_training);
}

static const char *const of_today[] = {"tests/golden/minlstm.txt", "tests/golden/indrnn.txt", "tests/golden/indrnn_tanh.txt",
                                       "tests/golden/lru.txt"};

static void todays_recurrences_forward_agrees_with_pytorch(void)
{
    for (int i = 0; i < 4; i++)
        check_file(of_today[i], 7, check_forward);
}

static void todays_recurrences_gradients_and_ten_steps_agree_with_pytorch(void)
{
    for (int i = 0; i < 4; i++)
        check_file(of_today[i], 7, check_training);
}

static void two_directions_agree_with_pytorch(void)
{
    static const char *const files[] = {"tests/golden/lstm_both.txt", "tests/golden/gru_both.txt"};
    for (int i = 0; i < 2; i++) {
        check_file(files[i], 3, check_forward);
        check_file(files[i], 3, check_training);
    }
}

static void lstm_with_peepholes_or_without_a_part_agrees_with_pytorch(void)
{
    check_file("tests/golden/lstm_with.txt", 13, check_forward);
    check_file("tests/golden/lstm_with.txt", 13, check_training);
}

static void gru_without_a_gate_or_with_its_reset_before_the_product_agrees_with_pytorch(void)
{
    check_file("tests/golden/gru_with.txt", 10, check_forward);
    check_file("tests/golden/gru_with.txt", 10, check_training);
}

static void layer_norm_inside_agrees_with_pytorch(void)
{
    static const char *const files[] = {"tests/golden/lstm_norm.txt", "tests/golden/gru_norm.txt"};
    for (int i = 0; i < 2; i++) {
        check_file(files[i], 4, check_forward);
        check_file(files[i], 4, check_training);
    }
}

static void transformer_agrees_with_pytorch(void)
{
    check_file("tests/golden/transformer.txt", 12, check_forward);
    check_file("tests/golden/transformer.txt", 12, check_training);
}

static void transformer_that_writes_a_sequence_agrees_with_pytorch(void)
{
    check_file("tests/golden/transformer_sequence.txt", 4, check_written);
    check_file("tests/golden/transformer_sequence.txt", 4, check_training);
}

static void rnn_tanh_gradients_and_ten_steps_agree_with_pytorch(void)
{
    check_file("tests/golden/rnn.txt", 6, check_training);
}

static void rnn_relu_gradients_and_ten_steps_agree_with_pytorch(void)
{
    check_file("tests/golden/rnn_relu.txt", 6, check_training);
}

static void lstm_gradients_and_ten_steps_agree_with_pytorch(void)
{
    check_file("tests/golden/lstm.txt", 11, check_training);
}

static void gru_gradients_and_ten_steps_agree_with_pytorch(void)
{
    check_file("tests/golden/gru.txt", 7, check_training);
}

static void mingru_gradients_and_ten_steps_agree_with_pytorch(void)
{
    check_file("tests/golden/mingru.txt", 7, check_training);
}

static void slstm_gradients_and_ten_steps_agree_with_pytorch(void)
{
    check_file("tests/golden/slstm.txt", 8, check_training);
}

const unroll_test tests_core_golden[] = {
    TEST(rnn_tanh_forward_agrees_with_pytorch),
    TEST(rnn_relu_forward_agrees_with_pytorch),
    TEST(lstm_forward_agrees_with_pytorch),
    TEST(gru_forward_agrees_with_pytorch),
    TEST(mingru_forward_agrees_with_pytorch),
    TEST(slstm_forward_agrees_with_pytorch),
    TEST(mgu_agrees_with_pytorch),
    TEST(todays_recurrences_forward_agrees_with_pytorch),
    TEST(two_directions_agree_with_pytorch),
    TEST(lstm_with_peepholes_or_without_a_part_agrees_with_pytorch),
    TEST(gru_without_a_gate_or_with_its_reset_before_the_product_agrees_with_pytorch),
    TEST(layer_norm_inside_agrees_with_pytorch),
    TEST(transformer_agrees_with_pytorch),
    TEST(transformer_that_writes_a_sequence_agrees_with_pytorch),
    TEST(rnn_tanh_gradients_and_ten_steps_agree_with_pytorch),
    TEST(rnn_relu_gradients_and_ten_steps_agree_with_pytorch),
    TEST(lstm_gradients_and_ten_steps_agree_with_pytorch),
    TEST(gru_gradients_and_ten_steps_agree_with_pytorch),
    TEST(mingru_gradients_and_ten_steps_agree_with_pytorch),
    TEST(slstm_gradients_and_ten_steps_agree_with_pytorch),
    TEST(todays_recurrences_gradients_and_ten_steps_agree_with_pytorch),
    {NULL, NULL},
};
