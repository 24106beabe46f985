/* A saved model is PyTorch's: tests/torch_load.py loads it by the names of its weights and gets what unroll predict gets.
   Run where python3 has torch and h5py. */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

#include "suite.h"

static bool shell(const char *command)
{
    if (system(command) == 0)
        return true;
    fprintf(stderr, "\nthis failed: %s\n", command);
    return false;
}

/* The Python that has these modules, the one of the search path first; false: none has. Its name goes to $PYTHON. */
static bool find_python(const char *modules)
{
    static const char *const pythons[] = {"python3", "/usr/bin/python3"};
    char command[256];
    for (int i = 0; i < 2; i++) {
        snprintf(command, sizeof command, "%s -c 'import %s' >/dev/null 2>&1", pythons[i], modules);
        if (system(command) == 0)
            return setenv("PYTHON", pythons[i], 1) == 0;
    }
    return false;
}

/* Trains a little with these settings, saves, predicts on random sequences and lets PyTorch do the same. */
static void check(const char *settings)
{
    char command[2048];
    const char *folder = test_folder();
    static int there = -1;
    if (there < 0)
        there = find_python("torch, h5py");
    if (!there) {
        test_skip("python3 with torch and h5py is not there");
        return;
    }
    snprintf(command, sizeof command,
             "cd '%s' && exec >log 2>&1 && unroll=\"$OLDPWD/" UNROLL_PROGRAM
             "\" load=\"$OLDPWD/tests/torch_load.py\" && "
             "\"$unroll\" train %s steps=20 batch=8 --save model.h5 && "
             "\"$PYTHON\" \"$load\" input model.h5 input.h5 && "
             "\"$unroll\" predict model.h5 input.h5 output.h5 && "
             "\"$PYTHON\" \"$load\" compare model.h5 input.h5 output.h5 || { cat log >&2; false; }",
             folder, settings);
    CU_ASSERT_TRUE(shell(command));
}

static void a_saved_rnn_is_pytorchs(void)
{
    check("task=adding length=12 model=rnn hidden=13");
}

static void a_saved_rnn_with_relu_is_pytorchs(void)
{
    check("task=adding length=12 model=rnn nonlinearity=relu hidden=18 layers=2");
}

static void a_saved_lstm_is_pytorchs(void)
{
    check("task=adding length=12 model=lstm hidden=33 layers=2");
}

static void a_saved_gru_is_pytorchs(void)
{
    check("task=adding length=12 model=gru hidden=13 layers=3");
}

static void a_saved_model_of_symbols_is_pytorchs(void)
{
    check("task=recall lag=5 symbols=4 model=gru hidden=16");
}

const unroll_test tests_torch[] = {
    TEST(a_saved_rnn_is_pytorchs), TEST(a_saved_rnn_with_relu_is_pytorchs),    TEST(a_saved_lstm_is_pytorchs),
    TEST(a_saved_gru_is_pytorchs), TEST(a_saved_model_of_symbols_is_pytorchs), {NULL, NULL},
};
