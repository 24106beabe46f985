#include <math.h>
#include <stdlib.h>

#include "base/random.h"
#include "layers/layer.h"

void unroll_init_uniform(unroll_layer *layer, int index, uint64_t seed, int stream, double limit)
{
    unroll_random random = unroll_random_open(seed, UNROLL_FOR_WEIGHTS, (uint32_t)stream, 0);
    unroll_weight weight;
    layer->kind->weight(layer, index, &weight);
    for (int r = 0; r < weight.rows; r++)
        for (int c = 0; c < (weight.columns == 0 ? 1 : weight.columns); c++)
            layer->w[layer->kind->locate(layer, index, r, c)] =
                (real)(limit * (2.0 * unroll_random_uniform(&random) - 1.0));
}

/* rows of q (size, size) made orthonormal one after the other, twice for precision (modified Gram-Schmidt) */
static void orthonormalise(double *q, int size)
{
    for (int r = 0; r < size; r++) {
        double *row = q + (size_t)r * (size_t)size, norm = 0.0;
        for (int pass = 0; pass < 2; pass++)
            for (int other = 0; other < r; other++) {
                const double *done = q + (size_t)other * (size_t)size;
                double dot = 0.0;
                for (int c = 0; c < size; c++)
                    dot += row[c] * done[c];
                for (int c = 0; c < size; c++)
                    row[c] -= dot * done[c];
            }
        for (int c = 0; c < size; c++)
            norm += row[c] * row[c];
        for (int c = 0; c < size; c++)
            row[c] /= sqrt(norm);
    }
}

unroll_status unroll_init_blocks(unroll_layer *layer, int index, uint64_t seed, int stream, int size,
                                 unroll_init_kind kind)
{
    unroll_weight weight;
    double *q = kind == UNROLL_INIT_ORTHOGONAL ? malloc((size_t)size * (size_t)size * sizeof *q) : NULL;
    if (kind == UNROLL_INIT_ORTHOGONAL && q == NULL)
        return unroll_error(UNROLL_FAILED, "out of memory: an orthogonal matrix of %d rows", size);
    layer->kind->weight(layer, index, &weight);
    for (int first = 0, block = 0; first < weight.rows; first += size, block++) {
        unroll_random random = unroll_random_open(seed, UNROLL_FOR_WEIGHTS, (uint32_t)stream, (uint32_t)block);
        if (q != NULL) {
            for (size_t i = 0; i < (size_t)size * (size_t)size; i++)
                q[i] = unroll_random_normal(&random);
            orthonormalise(q, size);
        }
        for (int r = 0; r < size; r++)
            for (int c = 0; c < size; c++) {
                double value = q != NULL ? q[(size_t)r * (size_t)size + (size_t)c] : r == c;
                layer->w[layer->kind->locate(layer, index, first + r, c)] = (real)value;
            }
    }
    free(q);
    return unroll_ok();
}
