/* Masks inside recurrences: how they are drawn, and who can have them. What zoneout and dropout of the update do with them is held
   against plain C in test_core_views.c, their gradients among the examples of the recurrent layer in test_core_layers.c. */
#include <math.h>
#include <string.h>

#include "digest.h"
#include "layers/recurrent.h"
#include "model/network.h"
#include "model/view.h"
#include "suite.h"

/* ---- the kernel ---- */

enum { BLOCKS = 24, ROOM = 7, NEXT = 3 };

static real room[NEXT * BLOCKS][ROOM * UNROLL_LANES];

/* masks of a step in every third of the blocks of `room`, from row 1 on; all else is 7 */
static void draw(const unroll_engine *engine, unroll_mask m)
{
    real *list[NEXT * BLOCKS];
    for (int n = 0; n < NEXT * BLOCKS; n++) {
        list[n] = room[n];
        for (int i = 0; i < ROOM * UNROLL_LANES; i++)
            room[n][i] = 7;
    }
    m.to = list + 1;
    m.to_next = NEXT;
    m.from = UNROLL_LANES;
    engine->mask(&m);
}

/* what a real of `room` must be */
static real wanted_in(const unroll_mask *m, int list_block, int room_row, int lane)
{
    int block = (list_block - 1) / NEXT, row = room_row - 1;
    uint32_t words[4], bits;
    if (list_block % NEXT != 1 || block < m->begin || block >= m->end || row < 0 || row >= m->rows)
        return 7;
    unroll_philox((const uint32_t[]){(uint32_t)(block / 8 * 16 + lane), (uint32_t)m->sequence[row], (uint32_t)m->time, m->which},
                  m->key, words);
    bits = words[block % 8 / 2] >> (block % 2 * 16) & 0xffff;
    return bits < m->share ? m->hit : m->other;
}

static bool draws_as_wanted(const unroll_engine *engine, const unroll_mask *m)
{
    draw(engine, *m);
    for (int n = 0; n < NEXT * BLOCKS; n++)
        for (int i = 0; i < ROOM * UNROLL_LANES; i++)
            if (room[n][i] != wanted_in(m, n, i / UNROLL_LANES, i % UNROLL_LANES))
                return false;
    return true;
}

static void masks_are_philox_of_their_coordinates_on_every_instruction_set(void)
{
    static const int sequence[] = {4, 0, 31, 2000000000, 5};
    static const uint32_t shares[] = {0, 1, 20000, 65535};
    static const int parts[][2] = {{0, BLOCKS}, {3, 21}, {8, 9}, {5, 5}};
    for (int i = 0; i < unroll_isa_count; i++)
        for (int share = 0; share < 4; share++)
            for (int part = 0; part < 4; part++) {
                unroll_mask m = {.key = {0x12345678, 0xfedcba98}, .rows = 5, .begin = parts[part][0], .end = parts[part][1],
                                 .time = 1000 * share, .which = 0xffffff00 + (uint32_t)part, .sequence = sequence,
                                 .share = shares[share], .hit = (real)1.5, .other = -2};
                if (unroll_isas[i].supported())
                    CU_ASSERT_TRUE(draws_as_wanted(unroll_isas[i].engine, &m));
            }
}

/* The masks of 40 steps as 0 and 1: [time][row][block][lane]. */
enum { TIMES = 40, ROWS = 6 };
typedef unsigned char many_masks[TIMES][ROWS][BLOCKS][UNROLL_LANES];

static void draw_many(uint32_t key, uint32_t which, uint32_t share, many_masks masks)
{
    static const int sequence[ROWS] = {0, 1, 2, 3, 4, 5};
    for (int t = 0; t < TIMES; t++) {
        draw(unroll_isa_now()->engine, (unroll_mask){.key = {key, 1}, .rows = ROWS, .end = BLOCKS, .time = t, .which = which,
                                                     .sequence = sequence, .share = share, .hit = 1});
        for (int row = 0; row < ROWS; row++)
            for (int n = 0; n < BLOCKS; n++)
                for (int lane = 0; lane < UNROLL_LANES; lane++)
                    masks[t][row][n][lane] = room[NEXT * n + 1][(row + 1) * UNROLL_LANES + lane] == 1;
    }
}

/* whether `hits` of `count` are within five deviations of what a chance gives */
static bool is_likely(int hits, int count, double chance)
{
    return fabs(hits - count * chance) <= 5 * sqrt(count * chance * (1 - chance));
}

static int count_of(const unsigned char *mask, int count)
{
    int hits = 0;
    for (int i = 0; i < count; i++)
        hits += mask[i];
    return hits;
}

static void as_many_units_are_hit_as_the_rate_says_in_every_place(void)
{
    static many_masks masks;
    const double chance = 0.1;
    draw_many(3, 5, (uint32_t)lrint(chance * UNROLL_MASK_SHARES), masks);
    CU_ASSERT_TRUE(is_likely(count_of(&masks[0][0][0][0], sizeof masks), sizeof masks, chance));
    for (int n = 0; n < BLOCKS; n++)
        for (int lane = 0; lane < UNROLL_LANES; lane++) {
            int hits = 0;
            for (int t = 0; t < TIMES; t++)
                for (int row = 0; row < ROWS; row++)
                    hits += masks[t][row][n][lane];
            CU_ASSERT_TRUE(is_likely(hits, TIMES * ROWS, chance));
        }
}

/* two masks of fair coins agree in half of their units */
static void masks_are_independent(const unsigned char *a, const unsigned char *b, int count)
{
    int same = 0;
    for (int i = 0; i < count; i++)
        same += a[i] == b[i];
    CU_ASSERT_TRUE(is_likely(same, count, 0.5));
}

static void masks_of_other_steps_sequences_units_sorts_and_keys_are_others(void)
{
    static many_masks one, sort, key;
    const int row = sizeof one[0][0], step = sizeof one[0];
    const unsigned char *all = &one[0][0][0][0];
    draw_many(3, 5, UNROLL_MASK_SHARES / 2, one);
    draw_many(3, 6, UNROLL_MASK_SHARES / 2, sort);
    draw_many(4, 5, UNROLL_MASK_SHARES / 2, key);
    masks_are_independent(all, all + 1, sizeof one - 1);
    for (int blocks = 1; blocks <= 9; blocks++)
        masks_are_independent(all, all + blocks * UNROLL_LANES, (int)sizeof one - blocks * UNROLL_LANES);
    masks_are_independent(all, all + row, (int)sizeof one - row);
    masks_are_independent(all, all + step, (int)sizeof one - step);
    masks_are_independent(all, &sort[0][0][0][0], sizeof one);
    masks_are_independent(all, &key[0][0][0][0], sizeof one);
}

/* ---- in a model ---- */

enum { T = 12, B = 9, H = 40 };

static unroll_status open_model(const char *line, unroll_model **model)
{
    unroll_model_shape shape = {.inputs = 2, .outputs = 1, .steps = T, .batch = B, .answer = UNROLL_AT_EVERY, .loss = "squared"};
    unroll_settings *settings = unroll_settings_new();
    unroll_status status;
    digest_register();
    digest_set_model(settings, line);
    status = unroll_model_open(settings, &shape, model);
    unroll_settings_free(settings);
    return status;
}

/* Whether each unit of a view kept its value from the step before: [B][T - 1][H]. */
typedef unsigned char kept_units[B][T - 1][H];

static void see_kept(unroll_model *model, const char *view, int64_t step, kept_units kept)
{
    static real state[B][T][H];
    static float x[B * T * 2], y[B * T];
    int length[B];
    unroll_samples samples = {.length = length, .x = x, .y = y};
    digest_fill(unroll_model_get_shape(model), true, 1, &samples);
    CU_ASSERT_EQUAL_FATAL(unroll_model_view(model, view, &state[0][0][0]).code, UNROLL_OK);
    unroll_model_at_step(model, step);
    unroll_model_pack(model, &samples, B);
    unroll_model_gradient(model, NULL);
    for (int s = 0; s < B; s++)
        for (int t = 0; t + 1 < T; t++)
            for (int u = 0; u < H; u++)
                kept[s][t][u] = state[s][t][u] == state[s][t + 1][u];
}

static void zoneout_keeps_other_units_of_each_state_layer_and_training_step(void)
{
    static kept_units h, again, others[3];
    unroll_model *model;
    const unsigned char *all = &h[0][0][0];
    CU_ASSERT_EQUAL_FATAL(open_model("lstm layers=2 hidden=40 zoneout=0.5 zoneout_cell=0.5", &model).code, UNROLL_OK);
    see_kept(model, "rnn.h_l0", 7, h);
    see_kept(model, "rnn.h_l0", 7, again);
    see_kept(model, "rnn.c_l0", 7, others[0]);
    see_kept(model, "rnn.h_l1", 7, others[1]);
    see_kept(model, "rnn.h_l0", 8, others[2]);
    CU_ASSERT_TRUE(is_likely(count_of(all, sizeof h), sizeof h, 0.5));
    CU_ASSERT_EQUAL(memcmp(h, again, sizeof h), 0);
    for (int i = 0; i < 3; i++)
        masks_are_independent(all, &others[i][0][0][0], sizeof h);
    unroll_model_close(model);
}

/* ---- what it takes ---- */

static void says(const char *line, const char *sentence)
{
    unroll_model *model = NULL;
    unroll_status status = open_model(line, &model);
    CU_ASSERT_EQUAL(status.code, UNROLL_WRONG);
    CU_ASSERT_STRING_EQUAL(status.text, sentence);
    CU_ASSERT_PTR_NULL(model);
}

static void masks_that_a_cell_cannot_have_are_one_sentence(void)
{
    says("rnn drop_update=0.25", "drop_update=0.25: the cell rnn has no candidate that could be dropped");
    says("gru zoneout_cell=0.1", "zoneout_cell=0.1: the cell gru has no state beside its output that could be kept by itself");
    says("slstm zoneout_cell=0.1", "zoneout_cell=0.1: the cell slstm has no state beside its output that could be kept by itself");
}

/* blocks on the tape for each 16 hidden units */
static int slots_of(const char *line)
{
    unroll_model_shape shape = {.inputs = 2, .outputs = 1, .steps = T, .batch = B, .loss = "squared"};
    unroll_settings *settings = unroll_settings_new();
    unroll_graph graph;
    int slots;
    digest_register();
    digest_set_model(settings, line);
    CU_ASSERT_EQUAL_FATAL(unroll_network_build(settings, &shape, unroll_isa_now(), &graph).code, UNROLL_OK);
    slots = ((const unroll_recurrent *)graph.layer[1]->own)->slots;
    unroll_graph_close(&graph);
    unroll_settings_free(settings);
    return slots;
}

static void each_mask_takes_its_places_on_the_tape_and_without_masks_there_is_none(void)
{
    CU_ASSERT_EQUAL(slots_of("lstm"), 5);
    CU_ASSERT_EQUAL(slots_of("lstm zoneout=0.000001 zoneout_cell=0 drop_update=0"), 5); /* less than 2^-17 is none */
    CU_ASSERT_EQUAL(slots_of("lstm zoneout=0.1"), 6);
    CU_ASSERT_EQUAL(slots_of("lstm zoneout_cell=0.1"), 6);
    CU_ASSERT_EQUAL(slots_of("lstm drop_update=0.1"), 6);
    CU_ASSERT_EQUAL(slots_of("lstm zoneout=0.1 zoneout_cell=0.1 drop_update=0.1"), 8);
    CU_ASSERT_EQUAL(slots_of("rnn"), 1);
    CU_ASSERT_EQUAL(slots_of("rnn zoneout=0.1"), 3); /* and what the cell computed, which its backward reads */
}

const unroll_test tests_core_masks[] = {
    TEST(masks_are_philox_of_their_coordinates_on_every_instruction_set),
    TEST(as_many_units_are_hit_as_the_rate_says_in_every_place),
    TEST(masks_of_other_steps_sequences_units_sorts_and_keys_are_others),
    TEST(zoneout_keeps_other_units_of_each_state_layer_and_training_step),
    TEST(masks_that_a_cell_cannot_have_are_one_sentence),
    TEST(each_mask_takes_its_places_on_the_tape_and_without_masks_there_is_none),
    {NULL, NULL},
};
