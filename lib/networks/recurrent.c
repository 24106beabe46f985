/* A stack of recurrent layers of one cell and a dense head: `model=` with any cell's name. */
#include "layers/recurrent.h"
#include "model/network.h"
#include "simd/engine.h"

static const char *recurrent_model(int index)
{
    return index < unroll_cell_count ? unroll_isas[0].cells[index]->name : NULL;
}

static const char *recurrent_title(int index)
{
    return unroll_isas[0].cells[index]->title;
}

static unroll_status recurrent_build(const unroll_settings *settings, const unroll_model_shape *shape, unroll_graph *graph)
{
    unroll_recurrent_options options = {.cell = unroll_text(settings, "model"), .hidden = (int)unroll_int(settings, "hidden")};
    int top, layers = (int)unroll_int(settings, "layers");
    UNROLL_TRY(unroll_add_input(graph, UNROLL_SOURCE, shape->inputs, shape->symbols, &top));
    for (options.level = 0; options.level < layers; options.level++)
        UNROLL_TRY(unroll_add_recurrent(graph, "rnn", top, -1, &options, &top));
    if (!shape->every)
        UNROLL_TRY(unroll_add_last(graph, top, &top));
    return unroll_add_dense(graph, "head", top, shape->outputs, &graph->output);
}

static void recurrent_describe(const unroll_settings *settings, unroll_record *record)
{
    const unroll_cell *cell = unroll_cell_find(unroll_text(settings, "model"));
    unroll_record_int(record, "gates", "", unroll_cell_shape_of(cell, settings).gates);
}

extern const unroll_network network_recurrent;
const unroll_network network_recurrent = {
    .name = "recurrent",
    .title = "a stack of recurrent layers and a dense head",
    .model = recurrent_model,
    .model_title = recurrent_title,
    .describe = recurrent_describe,
    .build = recurrent_build,
};
