/* Opening and closing a model: the nodes of its graph over one arena. */
#include <stdlib.h>
#include <string.h>

#include "layers/parts.h"
#include "model/inside.h"
#include "model/network.h"
#include "model/settings.h"

enum { MOST_WEIGHTS_A_LAYER = 8 };

static void read_optimizer(unroll_model *model)
{
    const unroll_settings *s = model->settings;
    const char *name = unroll_text(s, "optimizer");
    model->optimizer = strcmp(name, "sgd") == 0       ? OPTIMIZER_SGD
                       : strcmp(name, "rmsprop") == 0 ? OPTIMIZER_RMSPROP
                                                      : OPTIMIZER_ADAM;
    model->rate = unroll_real(s, "lr");
    model->decay = unroll_real(s, "decay");
    model->clip = unroll_real(s, "clip");
    model->beta1 = unroll_real(s, "beta1");
    model->beta2 = unroll_real(s, "beta2");
    model->beta1_power = model->beta2_power = 1.0;
    model->step = (unroll_optimizer_step){.epsilon = (real)unroll_real(s, "eps"),
                                          .momentum = (real)unroll_real(s, "momentum"),
                                          .alpha = (real)unroll_real(s, "alpha"),
                                          .beta1 = (real)model->beta1,
                                          .beta2 = (real)model->beta2,
                                          .rest_alpha = (real)(1.0 - unroll_real(s, "alpha")),
                                          .rest1 = (real)(1.0 - model->beta1),
                                          .rest2 = (real)(1.0 - model->beta2)};
}

/* ---- the graph, and its nodes in each micro-batch ---- */

static bool has_weights(const unroll_layer *layer)
{
    return layer->kind->weights != NULL;
}

static bool is_sparse(const unroll_node *node)
{
    return node->layer->kind->sparse != NULL && node->layer->kind->sparse(node) != NULL;
}

static void connect(const unroll_model *model, unroll_micro *micro)
{
    for (int i = 0; i < model->graph.count; i++) {
        unroll_node *node = &micro->node[i];
        node->layer = model->graph.layer[i];
        node->set = &micro->set[node->layer->set].set;
        node->batch = micro->batch;
        node->streams = micro->batch * (node->layer->set == UNROLL_TARGET && model->shape.beams > 0 ? model->shape.beams : 1);
        node->steps = micro->set[node->layer->set].steps;
        node->capacity = micro->batch * node->steps;
        node->sparse_room = micro == model->micro ? model->shape.batch * micro->set[node->layer->set].steps : node->capacity;
        for (int k = 0; k < node->layer->sources; k++)
            node->source[k] = &micro->node[node->layer->source[k]->index];
        node->shares = node->layer->shares == NULL ? NULL : &micro->node[node->layer->shares->index];
    }
}

/* Which readers of an output store its gradient and which add to it: backward goes from the last layer to the first, so the
   first reader on that way stores. */
static void settle_gradients(const unroll_model *model, unroll_micro *micro, bool *written)
{
    memset(written, 0, (size_t)model->graph.count * sizeof *written);
    for (int i = model->graph.count - 1; i >= 0; i--) {
        unroll_node *node = &micro->node[i];
        for (int k = 0; node->layer->trains && node->layer->kind->backward != NULL && k < node->layer->sources; k++) {
            int source = node->layer->source[k]->index;
            node->wanted[k] = node->layer->source[k]->trains;
            node->adds[k] = written[source];
            written[source] = true;
        }
    }
}

static unroll_status open_micro(unroll_model *model, unroll_micro *micro)
{
    int count = model->graph.count;
    bool *written = malloc((size_t)count * sizeof *written);
    micro->node = calloc((size_t)count, sizeof *micro->node);
    if (written == NULL || micro->node == NULL) {
        free(written);
        return unroll_error(UNROLL_FAILED, "out of memory");
    }
    micro->set[UNROLL_SOURCE].steps = model->shape.steps;
    micro->set[UNROLL_TARGET].steps = model->shape.target_steps;
    micro->set[UNROLL_ONCE].steps = 1;
    connect(model, micro);
    if (model->piece > 0 && micro->node[model->graph.output].capacity > model->piece)
        micro->node[model->graph.output].capacity = model->piece;
    micro->node[model->graph.output].in_place = model->piece > 0;
    settle_gradients(model, micro, written);
    free(written);
    for (int i = 0; i < count; i++) {
        size_t bytes = micro->node[i].layer->kind->node_bytes;
        micro->node[i].own = calloc(1, bytes > 0 ? bytes : 1);
        if (micro->node[i].own == NULL)
            return unroll_error(UNROLL_FAILED, "out of memory");
    }
    return unroll_ok();
}

unroll_extent unroll_shape_extent(const unroll_model_shape *shape)
{
    return (unroll_extent){.sequences = shape->batch,
                           .steps = {[UNROLL_SOURCE] = shape->steps, [UNROLL_TARGET] = shape->target_steps, [UNROLL_ONCE] = 1}};
}

/* Whether the output is taken piece by piece: by its size alone. */
static void settle_pieces(unroll_model *model)
{
    const unroll_layer *output = model->graph.layer[model->graph.output];
    unroll_extent batch = unroll_shape_extent(&model->shape);
    double reals = batch.sequences * batch.steps[output->set] * output->columns;
    if (output->kind->forward_piece == NULL || model->loss->rows == NULL)
        return;
    model->piece = model->shape.piece > 0 ? model->shape.piece : reals > WHOLE_REALS ? PIECE_ROWS : 0;
}

/* Parts the batch: by the graph and the shape alone, since the order of sums depends on it. */
static unroll_status open_micros(unroll_model *model)
{
    int batch = model->shape.batch;
    model->micros = unroll_parts_micros(unroll_graph_sequential(&model->graph), batch);
    model->micro = calloc((size_t)model->micros, sizeof *model->micro);
    if (model->micro == NULL)
        return unroll_error(UNROLL_FAILED, "out of memory");
    for (int i = 0; i < model->micros; i++) {
        unroll_micro *micro = &model->micro[i];
        micro->first = (int)((int64_t)batch * i / model->micros);
        micro->batch = (int)((int64_t)batch * (i + 1) / model->micros) - micro->first;
        UNROLL_TRY(open_micro(model, micro));
    }
    return unroll_ok();
}

static void count_graph(unroll_model *model)
{
    for (int i = 0; i < model->graph.count; i++) {
        unroll_layer *layer = model->graph.layer[i];
        if (has_weights(layer))
            model->reals += layer->kind->reals(layer);
        if (has_weights(layer) && !is_sparse(&model->micro[0].node[i]))
            model->dense += layer->kind->reals(layer);
        model->state += unroll_layer_state(layer);
    }
}

/* ---- memory ---- */

static void take_set(unroll_packed_set *set, int batch, unroll_arena *arena)
{
    size_t sequences = (size_t)batch, steps = (size_t)set->steps;
    set->rows = unroll_arena_take(arena, steps, sizeof(int));
    set->offset = unroll_arena_take(arena, steps + 1, sizeof(int));
    set->order = unroll_arena_take(arena, sequences, sizeof(int));
    set->place = unroll_arena_take(arena, sequences, sizeof(int));
    set->length = unroll_arena_take(arena, sequences, sizeof(int));
    set->count = unroll_arena_take(arena, steps + 2, sizeof(int));
}

/* threads that may work at one micro-batch */
static int micro_threads(const unroll_model *model)
{
    return (model->threads + model->micros - 1) / model->micros;
}

static void take_labels(unroll_model *model, unroll_micro *micro)
{
    size_t batch = (size_t)micro->batch, room = model->loss->room(model->shape.steps, model->shape.target_steps);
    micro->target = unroll_arena_take(&model->arena, batch * (size_t)model->shape.target_steps, sizeof(int));
    micro->labels = unroll_arena_take(&model->arena, batch, sizeof(int));
    micro->room = unroll_arena_take(&model->arena, room * (size_t)micro_threads(model), sizeof(double));
}

static void take_micro(unroll_model *model, unroll_micro *micro)
{
    unroll_arena *arena = &model->arena;
    unroll_node *output = unroll_micro_output(model, micro);
    size_t at = 0, rows = (size_t)micro->batch * (size_t)micro->set[output->layer->set].steps, parts;
    micro->g = micro == model->micro ? model->g : unroll_arena_take(arena, model->dense, sizeof(real));
    micro->barrier = unroll_arena_take(arena, 1, sizeof *micro->barrier);
    for (int i = 0; i < UNROLL_SETS; i++)
        take_set(&micro->set[i], micro->batch, arena);
    if (model->loss->sequence != NULL)
        take_labels(model, micro);
    else if (model->loss->classes)
        micro->target = unroll_arena_take(arena, rows, sizeof(int));
    else
        micro->goal = unroll_take_matrix(arena, model->shape.outputs, rows, (size_t)micro->batch);
    parts = model->loss->sequence != NULL ? (size_t)micro->batch : rows / LOSS_ROWS + 1;
    micro->loss_part = unroll_arena_take(arena, parts, sizeof(double));
    micro->hit_part = unroll_arena_take(arena, parts, sizeof(int64_t));
    micro->from = unroll_arena_take(arena, (size_t)output->streams, sizeof(int));
    for (int i = 0; i < UNROLL_CARRY_SLOTS; i++)
        micro->carried[i] = unroll_arena_take(arena, (size_t)micro->batch * (size_t)model->state, sizeof(real));
    for (int i = 0; i < model->graph.count; i++) {
        unroll_node *node = &micro->node[i];
        node->threads = micro_threads(model);
        node->layer->kind->take_node(node, arena);
        if (arena->base == NULL || !has_weights(node->layer) || is_sparse(node))
            continue;
        node->g = micro->g + at;
        at += node->layer->kind->reals(node->layer);
    }
}

/* everything in one arena; called twice, first to count */
static void take(unroll_model *model)
{
    unroll_arena *arena = &model->arena;
    size_t dense = 0, sparse = model->dense;
    model->w = unroll_arena_take(arena, model->reals, sizeof(real));
    model->g = unroll_arena_take(arena, model->dense, sizeof(real));
    model->moment1 = model->optimizer != OPTIMIZER_SGD || model->step.momentum > 0
                         ? unroll_arena_take(arena, model->reals, sizeof(real)) : NULL;
    model->moment2 =
        model->optimizer == OPTIMIZER_ADAM ? unroll_arena_take(arena, model->reals, sizeof(real)) : NULL;
    model->norm_part = unroll_arena_take(arena, model->dense / NORM_REALS + 1, sizeof(double));
    model->nothing = unroll_arena_take(arena, NOTHING_REALS, sizeof(real));
    for (int i = 0; i < model->graph.count; i++) {
        unroll_layer *layer = model->graph.layer[i];
        if (arena->base != NULL && has_weights(layer)) {
            size_t *at = is_sparse(&model->micro[0].node[i]) ? &sparse : &dense;
            layer->w = model->w + *at;
            *at += layer->kind->reals(layer);
        }
        if (layer->kind->take != NULL)
            layer->kind->take(layer, arena);
    }
    for (int i = 0; i < model->micros; i++)
        take_micro(model, &model->micro[i]);
}

static unroll_status init_weights(unroll_model *model)
{
    for (int i = 0, stream = 0; i < model->graph.count; i++) {
        unroll_layer *layer = model->graph.layer[i];
        if (!has_weights(layer))
            continue;
        UNROLL_TRY(layer->kind->init(layer, model->settings, model->seed, stream));
        stream += MOST_WEIGHTS_A_LAYER;
    }
    return unroll_ok();
}

/* Fewer threads than asked for where more would be slower; the bits do not depend on it. */
static int useful_threads(const unroll_model *model)
{
    int asked = (int)unroll_int(model->settings, "threads"), together = unroll_graph_waits(&model->graph) ? 1 : model->shape.steps;
    return model->shape.all_threads
               ? asked
               : unroll_parts_threads(unroll_graph_sequential(&model->graph), model->shape.batch, together, asked);
}

bool unroll_model_loss_fits(const unroll_loss *loss, const unroll_model_shape *shape)
{
    if (shape->answer == UNROLL_UNALIGNED)
        return loss->sequence != NULL && shape->target_steps > 0;
    if (shape->answer == UNROLL_SEQUENCE)
        return loss->rows != NULL && loss->classes && shape->target_steps > 0;
    return loss->rows != NULL;
}

static unroll_status set_loss(unroll_model *model, const unroll_isa *isa)
{
    const unroll_model_shape *shape = &model->shape;
    model->loss = unroll_loss_in(isa, shape->loss);
    if (model->loss == NULL)
        return unroll_error(UNROLL_FAILED, "there is no loss %s", shape->loss);
    if (!unroll_model_loss_fits(model->loss, shape))
        return unroll_error(UNROLL_FAILED, "the loss %s does not go with the answers that the task asks for", shape->loss);
    model->loss_parameter = model->loss->parameter != NULL ? model->loss->parameter(model->settings) : 0;
    return unroll_ok();
}

static unroll_status open_all(unroll_model *model, const unroll_network *network)
{
    const unroll_isa *isa;
    const unroll_model_shape *shape = &model->shape;
    UNROLL_TRY(unroll_isa_find(unroll_text(model->settings, "isa"), &isa));
    model->engine = isa->engine;
    UNROLL_TRY(set_loss(model, isa));
    model->seed = (uint64_t)unroll_int(model->settings, "seed");
    UNROLL_TRY(unroll_optimizer_check(model->settings));
    read_optimizer(model);
    UNROLL_TRY(unroll_network_graph(network, model->settings, shape, isa, &model->graph));
    settle_pieces(model);
    UNROLL_TRY(open_micros(model));
    count_graph(model);
    model->threads = useful_threads(model);
    unroll_arena_count(&model->arena);
    take(model);
    UNROLL_TRY(unroll_arena_open(&model->arena));
    take(model);
    model->crew = unroll_crew_open(model->threads);
    if (model->crew == NULL)
        return unroll_error(UNROLL_FAILED, "out of memory for the threads of a run");
    UNROLL_TRY(init_weights(model));
    model->slot = UNROLL_NO_CARRY;
    model->stale = true;
    model->stream_stale = true;
    return unroll_ok();
}

unroll_status unroll_model_open_network(const unroll_network *network, const unroll_settings *settings,
                                        const unroll_model_shape *shape, unroll_model **out)
{
    unroll_model *model = calloc(1, sizeof *model);
    unroll_status status;
    *out = NULL;
    if (model == NULL)
        return unroll_error(UNROLL_FAILED, "out of memory");
    model->shape = *shape;
    model->settings = unroll_settings_copy(settings);
    status = model->settings == NULL ? unroll_error(UNROLL_FAILED, "out of memory") : open_all(model, network);
    if (status.code != UNROLL_OK) {
        unroll_model_close(model);
        return status;
    }
    *out = model;
    return unroll_ok();
}

unroll_status unroll_model_open(const unroll_settings *settings, const unroll_model_shape *shape, unroll_model **out)
{
    const unroll_network *network;
    *out = NULL;
    UNROLL_TRY(unroll_network_of(settings, &network));
    return unroll_model_open_network(network, settings, shape, out);
}

static void close_node(unroll_node *node)
{
    if (node->own != NULL && node->layer->kind->close_node != NULL)
        node->layer->kind->close_node(node);
    free(node->own);
}

void unroll_model_close(unroll_model *model)
{
    if (model == NULL)
        return;
    for (int m = 0; model->micro != NULL && m < model->micros; m++) {
        for (int i = 0; model->micro[m].node != NULL && i < model->graph.count; i++)
            close_node(&model->micro[m].node[i]);
        free(model->micro[m].node);
    }
    for (int i = 0; i < model->asked_count; i++)
        unroll_arena_close(&model->asked[i].arena);
    free(model->asked);
    unroll_graph_close(&model->graph);
    unroll_crew_close(model->crew);
    unroll_arena_close(&model->arena);
    unroll_settings_free(model->settings);
    free(model->micro);
    free(model);
}

const unroll_settings *unroll_model_settings(const unroll_model *model)
{
    return model->settings;
}

const unroll_model_shape *unroll_model_get_shape(const unroll_model *model)
{
    return &model->shape;
}

unroll_set_index unroll_model_answer_set(const unroll_model *model)
{
    return model->graph.layer[model->graph.output]->set;
}

int unroll_model_threads(const unroll_model *model)
{
    return unroll_crew_size(model->crew);
}

double unroll_model_operations(const unroll_model *model)
{
    unroll_extent batch = unroll_shape_extent(&model->shape);
    return unroll_graph_operations(&model->graph, &batch);
}

double unroll_model_bytes(const unroll_model *model)
{
    unroll_extent batch = unroll_shape_extent(&model->shape);
    return unroll_graph_bytes(&model->graph, &batch);
}

size_t unroll_model_memory(const unroll_model *model)
{
    return model->arena.size;
}

void unroll_model_watch(unroll_model *model, const unroll_watch *watch)
{
    unroll_crew_watch(model->crew, watch);
}

int unroll_model_state_size(const unroll_model *model)
{
    return model->state;
}
