/* models.h: the models that the registry's tests train. */
#ifndef UNROLL_TESTS_MODELS_H
#define UNROLL_TESTS_MODELS_H

#include "digest.h"
#include "suite.h"

/* Those of the cells that the tests go over (digest_model_of). */
static inline const char *digest_model(int index)
{
    return digest_model_of(test_cells.from, test_cells.to, index);
}

#endif
