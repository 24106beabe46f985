/* Timing a softmax over many classes with its dense head beside its three products alone: the outputs, the gradient of the
   weights and the gradient of what the head reads. */
#include <stdlib.h>

#include "base/random.h"
#include "bench/timed.h"
#include "model/network.h"

/* A dense layer on inputs of reals: no more. */
static unroll_status wide_build(const unroll_settings *settings, const unroll_model_shape *shape, unroll_graph *graph)
{
    int input;
    (void)settings;
    UNROLL_TRY(unroll_add_input(graph, UNROLL_SOURCE, shape->inputs, 0, &input));
    return unroll_add_dense(graph, "head", input, shape->outputs, &graph->output);
}

static const unroll_network wide_network = {.name = "wide", .title = "a dense layer", .build = wide_build};

/* The operands of the products, whole. */
typedef struct products {
    const unroll_engine *engine;
    int rows, inputs, outputs;
    unroll_arena arena;
    unroll_matrix x, dx, y;
    real *w, *w_t, *g;
    const real **zero;
} products;

static void take_operands(products *p)
{
    size_t outputs = (size_t)unroll_blocks(p->outputs) * UNROLL_LANES, inputs = (size_t)unroll_blocks(p->inputs) * UNROLL_LANES;
    p->x = unroll_take_matrix(&p->arena, p->inputs, (size_t)p->rows, (size_t)p->rows);
    p->dx = unroll_take_matrix(&p->arena, p->inputs, (size_t)p->rows, (size_t)p->rows);
    p->y = unroll_take_matrix(&p->arena, p->outputs, (size_t)p->rows, (size_t)p->rows);
    p->zero = unroll_take_starts(&p->arena, NULL, 0, unroll_blocks(p->outputs > p->inputs ? p->outputs : p->inputs));
    p->w = unroll_arena_take(&p->arena, outputs * inputs, sizeof(real));
    p->w_t = unroll_arena_take(&p->arena, outputs * inputs, sizeof(real));
    p->g = unroll_arena_take(&p->arena, outputs * inputs, sizeof(real));
}

static void multiply(void *context)
{
    products *p = context;
    int blocks = unroll_blocks(p->outputs);
    unroll_outer outer = {.rows = p->rows, .m = p->inputs, .begin = 0, .end = p->inputs, .blocks = blocks, .width = 4,
                          .a = p->x.at, .d = p->y.at, .c = p->g};
    unroll_rows_product(p->engine, (unroll_part){0, p->rows}, p->x, p->inputs, p->w, p->y, 0, p->zero);
    p->engine->outer(&outer);
    unroll_rows_product(p->engine, (unroll_part){0, p->rows}, p->y, blocks * UNROLL_LANES, p->w_t, p->dx, 0, p->zero);
}

static void gradient(void *model)
{
    unroll_model_gradient(model, NULL);
}

static unroll_status open_model(const unroll_settings *settings, int classes, unroll_model **model)
{
    unroll_model_shape shape = {.inputs = (int)unroll_int(settings, "hidden"), .outputs = classes, .steps = 1,
                                .batch = (int)unroll_int(settings, "batch"), .answer = UNROLL_AT_EVERY, .loss = "softmax",
                                .input_gradient = true};
    size_t rows = (size_t)shape.batch, inputs = (size_t)shape.inputs;
    unroll_samples samples = {.length = malloc(rows * sizeof(int)), .x = malloc(rows * inputs * sizeof(float)),
                              .target = malloc(rows * sizeof(int))};
    unroll_random random = unroll_random_open(1, UNROLL_FOR_TRAIN, 0, 0);
    unroll_status status = samples.length == NULL || samples.x == NULL || samples.target == NULL
                               ? unroll_error(UNROLL_FAILED, "out of memory: %zu rows", rows)
                               : unroll_model_open_network(&wide_network, settings, &shape, model);
    for (size_t i = 0; status.code == UNROLL_OK && i < rows; i++) {
        samples.length[i] = 1;
        samples.target[i] = (int)unroll_random_below(&random, (uint32_t)classes);
        for (size_t k = 0; k < inputs; k++)
            samples.x[i * inputs + k] = (float)(2.0 * unroll_random_uniform(&random) - 1.0);
    }
    if (status.code == UNROLL_OK)
        unroll_model_pack(*model, &samples, shape.batch);
    free(samples.length);
    free(samples.x);
    free(samples.target);
    return status;
}

static unroll_status open_products(const unroll_settings *settings, int classes, products *p)
{
    const unroll_isa *isa;
    UNROLL_TRY(unroll_isa_find(unroll_text(settings, "isa"), &isa));
    *p = (products){.engine = isa->engine, .rows = (int)unroll_int(settings, "batch"),
                    .inputs = (int)unroll_int(settings, "hidden"), .outputs = classes};
    unroll_arena_count(&p->arena);
    take_operands(p);
    UNROLL_TRY(unroll_arena_open(&p->arena));
    take_operands(p);
    return unroll_ok();
}

/* In turns: the head with its loss, and the products. */
static unroll_record *measure(const unroll_settings *settings, unroll_model *model, products *p, double seconds,
                              const atomic_bool *stop)
{
    double head[UNROLL_TIMING_SAMPLES], ratio[UNROLL_TIMING_SAMPLES];
    int count = 0;
    int64_t begin = unroll_clock_ns();
    unroll_record *record;
    gradient(model);
    multiply(p);
    while (unroll_wants_sample(count, begin, seconds) && !atomic_load(stop)) {
        head[count] = unroll_time_steps(gradient, model, 1);
        ratio[count] = head[count] / unroll_time_steps(multiply, p, 1);
        count++;
    }
    record = count > 0 ? unroll_bench_record(settings) : NULL;
    if (record == NULL)
        return NULL;
    unroll_record_int(record, "classes", "", p->outputs);
    unroll_record_real(record, "ms", "ms", unroll_quartiles_of(head, count).median * 1e-6);
    unroll_record_real(record, "gflops", "GFLOP/s", unroll_model_operations(model) / unroll_quartiles_of(head, count).median);
    unroll_record_real(record, "times_products", "", unroll_quartiles_of(ratio, count).median);
    unroll_record_real(record, "spread", "", unroll_quartiles_of(ratio, count).spread);
    return record;
}

unroll_status unroll_bench_wide(const unroll_settings *settings, double seconds, const unroll_ceilings *ceilings,
                                const atomic_bool *stop, const unroll_bench_sink *sink)
{
    int classes = unroll_int(settings, "classes") > 0 ? (int)unroll_int(settings, "classes") : 50000;
    unroll_model *model = NULL;
    products p = {.rows = 0};
    unroll_status status = open_model(settings, classes, &model);
    unroll_pinned old;
    (void)ceilings;
    if (status.code == UNROLL_OK)
        status = open_products(settings, classes, &p);
    if (status.code == UNROLL_OK) {
        unroll_pin(&old);
        sink->put(sink->context, measure(settings, model, &p, seconds, stop));
        unroll_unpin(&old);
    }
    unroll_model_close(model);
    unroll_arena_close(&p.arena);
    return status;
}
