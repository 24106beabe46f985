/* predict.h: helpers of the tests of unroll predict: the program called, a model of the adding problem, inputs for it. */
#ifndef UNROLL_TESTS_PREDICT_H
#define UNROLL_TESTS_PREDICT_H

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/random.h"
#include "cli/model_file.h"
#include "files.h"
#include "store/store.h"

enum { N = 7, T = 9, I = 2, H = 5, LAYERS = 2, PATH_ROOM = 1200 };

/* Runs the program and returns its exit status; what it says is in `said`. */
static char said[8192];
static inline int run_program(const char *arguments)
{
    char command[8192];
    snprintf(command, sizeof command, UNROLL_PROGRAM " %s 2>&1", arguments);
    return ask_shell(command, said, sizeof said);
}

/* A model of the adding problem, trained a little: path of its file. */
static inline const char *make_model(const char *folder, const char *cell)
{
    static char path[PATH_ROOM];
    char arguments[2 * PATH_ROOM];
    snprintf(path, sizeof path, "%s/%s.h5", folder, cell);
    snprintf(arguments, sizeof arguments,
             "train task=adding model=%s hidden=%d layers=%d length=8 batch=4 steps=5 points=1 --save %s", cell, H,
             LAYERS, path);
    CU_ASSERT_EQUAL(run_program(arguments), 0);
    CU_ASSERT_PTR_NOT_NULL(strstr(said, "\nmodel: "));
    return path;
}

static inline void fill(float *x, size_t count)
{
    unroll_random random = unroll_random_open(1, UNROLL_FOR_TEST, 0, 0);
    for (size_t i = 0; i < count; i++)
        x[i] = (float)unroll_random_uniform(&random) - 0.5f;
}

static inline void write_input(const char *path, const float *x, int steps, int inputs, const int *lengths)
{
    unroll_bundle *bundle = unroll_bundle_new();
    unroll_bundle_array(bundle, "x", UNROLL_ARRAY_FLOAT, 3, (size_t[]){N, (size_t)steps, (size_t)inputs}, x);
    if (lengths != NULL)
        unroll_bundle_array(bundle, "lengths", UNROLL_ARRAY_INT32, 1, (size_t[]){N}, lengths);
    CU_ASSERT_EQUAL_FATAL(unroll_store_bundle(bundle, path).code, UNROLL_OK);
    unroll_bundle_free(bundle);
}

static inline void write_one(const char *path, const char *name, unroll_array_type type, int rank, const size_t *dims,
                      const void *data)
{
    unroll_bundle *bundle = unroll_bundle_new();
    unroll_bundle_array(bundle, name, type, rank, dims, data);
    CU_ASSERT_EQUAL_FATAL(unroll_store_bundle(bundle, path).code, UNROLL_OK);
    unroll_bundle_free(bundle);
}

static inline int predict(const char *model, const char *input, const char *output)
{
    char arguments[4 * PATH_ROOM];
    snprintf(arguments, sizeof arguments, "predict %s %s %s", model, input, output);
    return run_program(arguments);
}

/* The call is wrong: one sentence, and no output. */
static inline void refused(const char *model, const char *input, const char *sentence)
{
    char output[PATH_ROOM + 8];
    snprintf(output, sizeof output, "%s.out", input);
    CU_ASSERT_EQUAL(predict(model, input, output), 2);
    CU_ASSERT_PTR_NOT_NULL(strstr(said, sentence));
    if (strstr(said, sentence) == NULL)
        fprintf(stderr, "\nexpected ... %s, got: %s\n", sentence, said);
    CU_ASSERT_EQUAL(strncmp(said, "unroll: ", 8), 0);
    CU_ASSERT_PTR_EQUAL(strchr(said, '\n'), said + strlen(said) - 1);
    CU_ASSERT_NOT_EQUAL(access(output, F_OK), 0);
}

#endif
