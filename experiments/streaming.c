/* One step at a time: what a step costs, and what must be kept, after so many steps. */
#include "unroll.h"

#define KATHAROPOULOS "Katharopoulos et al., 2020: softmax over linear attention"

enum { BLOCK = 8, BLOCKS = 8 }; /* steps that are timed together, and how often */

/* One step untimed, which brings the model back into the caches, then a block; ns a step. */
static double time_block(unroll_model *model, const real *x)
{
    int64_t begin;
    unroll_model_step(model, 1, x, NULL, NULL);
    begin = unroll_clock_ns();
    for (int i = 0; i < BLOCK; i++)
        unroll_model_step(model, 1, x, NULL, NULL);
    return (double)(unroll_clock_ns() - begin) / BLOCK;
}

/* Reads `length` steps from nothing, with the time that all of them take, then times those that follow, in turns with the first
   steps of a model that starts anew each time: how fast the machine is at the moment changes both alike. */
static void time_steps(unroll_model *model, unroll_model *anew, int64_t length, const real *x, unroll_record *record)
{
    double ns[BLOCKS], growth[BLOCKS];
    int64_t samples[BLOCKS], begin = unroll_clock_ns();
    for (int64_t t = 0; t < length; t++)
        unroll_model_step(model, 1, x, NULL, NULL);
    unroll_record_real(record, "ms_total", "ms", 1e-6 * (double)(unroll_clock_ns() - begin));
    unroll_record_real(record, "state_kb", "kB", 1e-3 * (double)unroll_model_held(model));
    for (int i = 0; i < BLOCKS; i++) {
        samples[i] = (int64_t)(ns[i] = time_block(model, x));
        unroll_model_reset(anew);
        growth[i] = ns[i] / time_block(anew, x);
    }
    unroll_record_real(record, "us_per_step", "us", 1e-3 * unroll_quartiles_of(ns, BLOCKS).median);
    unroll_record_real(record, "over_first", "times", unroll_quartiles_of(growth, BLOCKS).median);
    unroll_record_timing(record, "step", samples, BLOCKS);
}

/* A model that may go on for so many steps, with its weights in the forms that steps read. */
static unroll_status open_model(const unroll_settings *settings, int64_t steps, const real *x, unroll_model **model)
{
    unroll_model_shape shape = {.inputs = (int)unroll_int(settings, "hidden"), .outputs = 1, .steps = 1, .batch = 1,
                                .answer = UNROLL_AT_EVERY, .loss = "squared"};
    unroll_status status;
    UNROLL_TRY(unroll_model_open(settings, &shape, model));
    unroll_model_step(*model, 1, x, NULL, NULL);
    status = unroll_model_reserve(*model, (int)steps);
    if (status.code != UNROLL_OK) {
        unroll_model_close(*model);
        *model = NULL;
    }
    return status;
}

static unroll_status measure(const unroll_settings *settings, unroll_record *record)
{
    int64_t length = unroll_int(settings, "length");
    int inputs = (int)unroll_int(settings, "hidden");
    unroll_random random = unroll_random_open((uint64_t)unroll_int(settings, "seed"), UNROLL_FOR_TRAIN, 0, 0);
    real x[4096];
    unroll_model *model, *anew;
    unroll_status status;
    if (inputs > (int)(sizeof x / sizeof x[0]))
        return unroll_error(UNROLL_WRONG, "hidden=%d is more than the 4096 that are timed", inputs);
    for (int i = 0; i < inputs; i++)
        x[i] = (real)(2 * unroll_random_uniform(&random) - 1);
    UNROLL_TRY(open_model(settings, length + BLOCKS * (BLOCK + 1), x, &model));
    status = open_model(settings, BLOCK + 1, x, &anew);
    if (status.code == UNROLL_OK) {
        unroll_record_int(record, "parameters", "", unroll_model_parameters(model));
        time_steps(model, anew, length, x, record);
        unroll_model_close(anew);
    }
    unroll_model_close(model);
    return status;
}

/* The seed changes nothing but weights and inputs: its values are the repetitions. 784 and 3072 steps are the images of MNIST and of
   CIFAR-10, which Katharopoulos et al. (2020) generate value by value with layers of 256 units: with cached keys and values softmax
   attention took 1.3 and 1.6 times as long there as their linear attention in its recurrent form. Here it stands beside an LSTM. */
const unroll_experiment experiment_streaming = {
    .name = "streaming",
    .title = "time of a step and size of what is kept, after so many steps, by model and width",
    .claim = "one step at a time, a recurrent network's time and memory do not depend on how much it has read; a Transformer's grow, "
             "though it keeps its keys and values, and it takes longer to generate 784 and 3072 steps",
    .source = "repeated by most tutorials; Katharopoulos et al., 2020",
    .version = 3,
    .axes_quick = "model=rnn,lstm,gru,mingru,transformer hidden=64 length=1,64,784,1024,3072,4096,16384 seed=0..5",
    .axes_full = "model=rnn,lstm,gru,mingru,transformer hidden=64,256 length=1,16,64,256,784,1024,3072,4096,16384 "
                 "seed=0..12",
    .fixed = "input=0 batch=1 layers=1 threads=1",
    .timed = true,
    .steps = true,
    .measure = measure,
    .metric = "us_per_step",
    .groups = "hidden length model",
    .columns = "parameters us_per_step:time over_first:time ms_total:time state_kb",
    .figures = "streaming",
    .published = {{"ms_total:time", "length=784 hidden=256", 1.3, KATHAROPOULOS, 0.1, .of = "model=transformer",
                   .against = "model=lstm"},
                  {"ms_total:time", "length=3072 hidden=256", 1.6, KATHAROPOULOS, 0.1, .of = "model=transformer",
                   .against = "model=lstm"}},
    .rules =
        {
            {UNROLL_VALUE, UNROLL_AT_MOST, .metric = "over_first:time", .of = "model=rnn,lstm,gru,mingru", .bound = 1.05,
             .where = "length=64..16384"},
            {UNROLL_VALUE, UNROLL_AT_LEAST, .metric = "over_first:time", .of = "model=transformer", .bound = 1.05,
             .where = "length=1024..16384"},
            {UNROLL_RATIO, UNROLL_LOWER, .metric = "us_per_step:time", .of = "model=rnn,lstm,gru,mingru",
             .against = "model=transformer", .where = "length=1024..16384"},
            {UNROLL_RATIO, UNROLL_LOWER, .metric = "state_kb", .of = "model=rnn,lstm,gru,mingru", .against = "model=transformer",
             .where = "length=16..16384"},
            {UNROLL_RATIO, UNROLL_HIGHER, .metric = "ms_total:time", .of = "model=transformer",
             .against = "model=rnn,lstm,gru,mingru", .where = "length=784,3072"},
        },
    .taught =
        {{.table = UNROLL_TAUGHT_TRANSFORMER,
          .order = 10,
          .name = "processing",
          .measured = "what must be kept of 4096 steps for the next one, 64 units; judged by whether it grows with the steps; in the "
                      "first column the LSTM's",
          .unit = "kB",
          .shown = {UNROLL_VALUE, .metric = "state_kb", .where = "hidden=64 length=4096"},
          .recurrent = {"one step at a time",
                        .rules = {{UNROLL_RATIO, UNROLL_AT_MOST, .metric = "state_kb", .of = "length=4096",
                                   .against = "length=1024", .bound = 1, .where = "model=rnn,lstm,gru"}}},
          .transformer = {"the entire sequence at once",
                          .rules = {{UNROLL_RATIO, UNROLL_AT_LEAST, .metric = "state_kb", .of = "length=4096",
                                     .against = "length=1024", .bound = 4, .where = "model=transformer"}}}},
         {.table = UNROLL_TAUGHT_TRANSFORMER,
          .order = 50,
          .name = "where they are of use",
          .measured = "time of a step after 4096 steps, 64 units, one thread; judged from 1024 steps on; in the first column the "
                      "LSTM's",
          .unit = "us",
          .shown = {UNROLL_VALUE, .metric = "us_per_step:time", .where = "hidden=64 length=4096"},
          .recurrent = {"one step at a time",
                        .rules = {{UNROLL_RATIO, UNROLL_LOWER, .metric = "us_per_step:time", .against = "model=transformer",
                                   .where = "length=1024..16384"}}},
          .transformer = {""}}},
};
