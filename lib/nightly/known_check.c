#include "nightly/known.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "model/run.h"

static const char *const trained[] = {"rnn", "lstm", "gru", "mgu", "indrnn", "mingru", "minlstm", "lru", "slstm", "transformer"};
enum { TRAINED = sizeof trained / sizeof trained[0] };

static const char *const settings_of_all[] = {"task=adding", "length=20",       "hidden=16", "batch=8", "steps=40",
                                              "points=2",    "valid_batches=2", "lr=0.003",  "seed=1",  "threads=1"};

int unroll_known_count(void)
{
    return TRAINED;
}

static unroll_status digest_weights(const unroll_model *model, uint64_t *digest)
{
    *digest = UNROLL_HASH_START;
    for (int i = 0; i < unroll_model_weight_count(model); i++) {
        unroll_weight weight;
        size_t count;
        real *values;
        unroll_model_weight_at(model, i, &weight);
        count = (size_t)weight.rows * (size_t)(weight.columns > 0 ? weight.columns : 1);
        values = malloc(count * sizeof *values);
        if (values == NULL)
            return unroll_error(UNROLL_FAILED, "out of memory for the digest of %.40s", weight.name);
        unroll_model_get_weight(model, i, values);
        *digest = unroll_hash(*digest, values, count * sizeof *values);
        free(values);
    }
    return unroll_ok();
}

static double number_of(const unroll_record *record, const char *name)
{
    const unroll_column *column = unroll_record_find(record, name);
    if (column == NULL)
        return NAN;
    return column->type == UNROLL_COLUMN_INT ? (double)column->integer : column->real;
}

static unroll_status train(const unroll_settings *settings, const atomic_bool *stop, unroll_known *now)
{
    unroll_model *model = NULL;
    unroll_run_hooks hooks = {.stop = stop, .model = &model};
    unroll_record *record = unroll_record_new(settings);
    unroll_status status =
        record != NULL ? unroll_run(settings, &hooks, record) : unroll_error(UNROLL_FAILED, "out of memory for a record");
    if (status.code == UNROLL_OK && model != NULL) {
        now->error = number_of(record, "mse");
        now->parameters = number_of(record, "parameters");
        now->operations = unroll_model_operations(model);
        now->bytes = (double)unroll_model_memory(model);
        status = digest_weights(model, &now->digest);
    }
    unroll_model_close(model);
    unroll_record_free(record);
    return status;
}

unroll_status unroll_known_measure(int index, const atomic_bool *stop, unroll_known *now)
{
    unroll_settings *settings = unroll_settings_new();
    unroll_status status = settings != NULL ? unroll_settings_set(settings, "model", trained[index])
                                            : unroll_error(UNROLL_FAILED, "out of memory for settings");
    *now = (unroll_known){.numerics = UNROLL_NUMERICS_VERSION, .model = trained[index]};
    for (size_t i = 0; i < sizeof settings_of_all / sizeof settings_of_all[0] && status.code == UNROLL_OK; i++)
        status = unroll_settings_assign(settings, settings_of_all[i]);
    if (status.code == UNROLL_OK)
        status = train(settings, stop, now);
    unroll_settings_free(settings);
    return status;
}

/* The list's row of a model for this arithmetic; NULL: there is none. */
static const unroll_known *row_of(const unroll_known *list, const char *model)
{
    for (const unroll_known *k = list; k->model != NULL && sizeof(real) == sizeof(float); k++)
        if (k->numerics == UNROLL_NUMERICS_VERSION && strcmp(k->model, model) == 0)
            return k;
    return NULL;
}

static bool differs(const unroll_known *was, const unroll_known *is, char sentence[300])
{
    sentence[0] = '\0';
    if (was->parameters != is->parameters)
        snprintf(sentence, 300, "%s has %.0f parameters, not %.0f", is->model, is->parameters, was->parameters);
    else if (was->operations != is->operations)
        snprintf(sentence, 300, "a training step of %s takes %.0f operations, not %.0f", is->model, is->operations,
                 was->operations);
    else if (was->digest != is->digest || was->error != is->error)
        snprintf(sentence, 300,
                 "the bits of a training of %s have changed and the version of the arithmetic, %d, has not: digest %016llx, "
                 "not %016llx; error %.9g, not %.9g",
                 is->model, is->numerics, (unsigned long long)is->digest, (unsigned long long)was->digest, is->error, was->error);
    else if (was->bytes != is->bytes)
        snprintf(sentence, 300, "the model %s takes %.0f bytes, not %.0f", is->model, is->bytes, was->bytes);
    return sentence[0] != '\0';
}

unroll_status unroll_known_check(const unroll_known *list, const atomic_bool *stop, int *expected, int *wrong, char first[300])
{
    *expected = *wrong = 0;
    first[0] = '\0';
    for (int i = 0; i < TRAINED; i++) {
        const unroll_known *was = row_of(list, trained[i]);
        char sentence[300];
        unroll_known now;
        if (was == NULL)
            continue;
        UNROLL_TRY(unroll_known_measure(i, stop, &now));
        (*expected)++;
        if (!differs(was, &now, sentence))
            continue;
        (*wrong)++;
        if (first[0] == '\0')
            memcpy(first, sentence, sizeof sentence);
    }
    return unroll_ok();
}
