#include "layers/layer.h"

void unroll_sparse_clear(unroll_sparse *sparse)
{
    for (int i = 0; i < sparse->count; i++)
        sparse->place[sparse->touched[i]] = 0;
    sparse->count = 0;
}

int unroll_sparse_place(unroll_sparse *sparse, int row)
{
    if (sparse->place[row] == 0) {
        sparse->touched[sparse->count++] = row;
        sparse->place[row] = sparse->count;
        for (int block = 0; block < sparse->blocks; block += sparse->width)
            memset(unroll_sparse_piece(sparse, sparse->count - 1, block), 0, unroll_sparse_reals(sparse, block) * sizeof(real));
    }
    return sparse->place[row] - 1;
}

void unroll_sparse_add(const unroll_engine *engine, unroll_sparse *sparse, const unroll_sparse *other)
{
    for (int i = 0; i < other->count; i++) {
        int at = unroll_sparse_place(sparse, other->touched[i]);
        for (int block = 0; block < sparse->blocks; block += sparse->width)
            engine->add(unroll_sparse_piece(sparse, at, block), unroll_sparse_piece(other, i, block),
                        unroll_sparse_reals(sparse, block));
    }
}
