/* What a data set of a gathered file says of itself, in the words of netCDF's users: units, long_name, _FillValue. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "store/gather.h"
#include "store/store.h"

/* What the program itself records. What a task or an experiment brings beside it has no long_name. */
typedef struct meaning {
    const char *group; /* NULL: any */
    const char *name, *text;
} meaning;

static const meaning meanings[] = {
    {"runs", "id", "hash of the settings, versions and data: the name of the run's own file"},
    {"runs", "config", "hash of the settings"},
    {"runs", "config_without_seed", "hash of the settings but the seed"},
    {"runs", "origin", "hash of what the record came from: of times the machine and the program, else versions, data and sources"},
    {"runs", "stale", "why the run would be another one by now"},
    {"runs", "take", "how often the run had been measured, with this time"},
    {"runs", "status", "done, diverged or failed"},
    {"runs", "reason", "why the run is not done"},
    {"runs", "seconds", "wall time of the whole run"},
    {"runs", "experiment_version", "version of the experiment that was run"},
    {"runs", "numerics_version", "version of the arithmetic that was run"},
    {"runs", "parameters", "number of parameters"},
    {"runs", "width", "hidden units that params was turned into"},
    {"runs", "gates", "gates of the cell"},
    {"runs", "metric", "name of the task's metric"},
    {"runs", "best_step", "training steps at the best validation point, whose weights are kept"},
    {"runs", "last_step", "training steps at the end of the run"},
    {"runs", "diverged_step", "training steps when the run diverged"},
    {"runs", "epochs_seen", "passes over the training data"},
    {"runs", "left_out", "training sequences left out: more labels than their steps can say"},
    {"runs", "valid_left_out", "validation sequences left out: more labels than their steps can say"},
    {"runs", "solved", "whether the task was solved"},
    {"runs", "solved_step", "training steps until the task was solved"},
    {"runs", "solved_seconds", "training time until the task was solved"},
    {"runs", "solved_below", "metric below which the task counts as solved"},
    {"runs", "followed", "whether at most 1% of the answers beyond the lengths of training are wrong"},
    {"runs", "ms_per_step", "mean time of a training step"},
    {"runs", "train_seconds", "training time"},
    {"runs", "ms", "median time"},
    {"runs", "steps_per_s", "steps of sequences a second"},
    {"runs", "gflops", "rate of floating-point operations"},
    {"runs", "peak_gflops", "the machine's peak rate, measured beside it"},
    {"runs", "peak_fraction", "share of the machine's peak rate"},
    {"env", "load", "load average of the last minute"},
    {"env", "task_version", "version of the task that was run"},
    {"env", "evaluation_version", "version of what is made of a training"},
    {"env", "data_hash", "hash of the content of the data file"},
    {"env", "sources", "hash of the sources that the run went through"},
    {"env", "hot_sources", "hash of the sources of all that is hot"},
    {"env", "first_steps", "digest of the first validation, losses and weights"},
    {"env", "finished", "when the run was finished, UTC"},
    {"curves", "step", "training steps done"},
    {"curves", "seconds", "training time"},
    {"curves", "gradient_norm", "norm of the gradient before clipping"},
    {"curves", "learning_rate", "learning rate"},
    {"timings", "step", "time of one step"},
    {"timings", "step_at_peak", "time of as many operations at the machine's peak rate"},
    {NULL, "run", "place of the run in the order of ids"},
    {NULL, "point", "point of a curve"},
    {NULL, "sample", "sample of a timing"},
    {NULL, "train_loss", "mean training loss since the last point"},
    {NULL, "mse", "mean squared error"},
    {NULL, "mae", "mean absolute error"},
    {NULL, "error_rate", "share of wrong answers"},
    {NULL, "accuracy", "share of right answers"},
    {NULL, "baseline_error_rate", "share of wrong answers where the most frequent one is always given"},
    {NULL, "bits_per_character", "cross entropy of a character"},
    {NULL, "perplexity", "exponential of the mean cross entropy of a word in nats"},
    {NULL, "order0_perplexity", "perplexity of a word by how often each occurs"},
    {NULL, "order5_perplexity", "perplexity of a word by counts of what follows the five before it, with back-off"},
    {NULL, "unknown_share", "share of words that are outside of the vocabulary"},
    {NULL, "naive_mse", "mean squared error of repeating the last value"},
    {NULL, "naive_mae", "mean absolute error of repeating the last value"},
    {NULL, "seasonal_mse", "mean squared error of repeating the value of the last season"},
    {NULL, "seasonal_mae", "mean absolute error of repeating the value of the last season"},
    {NULL, "order0_bits", "cross entropy of a character by how often each occurs"},
    {NULL, "order5_bits", "cross entropy of a character by what followed up to five before it, with Kneser-Ney back-off"},
    {NULL, "zstd_bits", "size of a character in the part compressed by zstd with the training part before it"},
};

/* Names that say of which data a metric is: "best_valid_mse". */
static const meaning splits[] = {
    {NULL, "best_valid_", "best validation point"},
    {NULL, "valid_", "validation"},
    {NULL, "test_", "test"},
    {NULL, "baseline_", "baseline"},
};

static const char *meaning_of(const char *group, const char *name)
{
    for (size_t i = 0; i < sizeof meanings / sizeof meanings[0]; i++)
        if (strcmp(meanings[i].name, name) == 0 &&
            (meanings[i].group == NULL || strcmp(meanings[i].group, group) == 0))
            return meanings[i].text;
    return NULL;
}

bool unroll_column_meaning(const char *group, const char *name, char *out, size_t room)
{
    int setting = strcmp(group, "runs") == 0 ? unroll_setting_find(name) : -1;
    const char *text = meaning_of(group, name);
    out[0] = '\0';
    if (setting >= 0)
        snprintf(out, room, "%s: %s", name, unroll_setting_at(setting)->help);
    else if (text != NULL)
        snprintf(out, room, "%s", text);
    for (size_t i = 0; i < sizeof splits / sizeof splits[0] && out[0] == '\0'; i++) {
        size_t length = strlen(splits[i].name);
        text = strncmp(name, splits[i].name, length) == 0 ? meaning_of(group, name + length) : NULL;
        if (text != NULL)
            snprintf(out, room, "%s: %s", splits[i].text, text);
    }
    return out[0] != '\0';
}

void unroll_gather_describe(unroll_h5 *h, hid_t set, const char *group, const char *name, const char *unit)
{
    char long_name[300];
    if (unroll_column_meaning(group, name, long_name, sizeof long_name))
        unroll_h5_put_text(h, set, "long_name", long_name);
    if (unit != NULL && unit[0] != '\0')
        unroll_h5_put_text(h, set, "units", unit);
}

void unroll_gather_fill(unroll_h5 *h, hid_t set, hid_t file_type, hid_t memory_type, const void *value)
{
    hid_t space, attribute;
    if (h->status.code != UNROLL_OK)
        return;
    space = H5Screate_simple(1, (const hsize_t[]){1}, NULL);
    attribute = H5Acreate2(set, "_FillValue", file_type, space, H5P_DEFAULT, H5P_DEFAULT);
    if (attribute < 0 || H5Awrite(attribute, memory_type, value) < 0)
        unroll_h5_fail(h, "cannot make the attribute _FillValue");
    if (attribute >= 0)
        H5Aclose(attribute);
    H5Sclose(space);
}
