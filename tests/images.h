/* images.h: made-up IDX files for the tests of task=images. */
#ifndef UNROLL_TESTS_IMAGES_H
#define UNROLL_TESTS_IMAGES_H

#include <stdint.h>

#include "base/random.h"
#include "data.h"

/* Writes folder/name: a header of `dimensions` sizes and `size` bytes behind it, which need not fit each other. */
static inline void images_write_idx(const char *folder, const char *name, int dimensions, const uint32_t *extent,
                                    const unsigned char *value, size_t size)
{
    char path[1200];
    size_t header = 4 + 4 * (size_t)dimensions;
    unsigned char *bytes = calloc(1, header + size);
    CU_ASSERT_PTR_NOT_NULL_FATAL(bytes);
    bytes[2] = 8;
    bytes[3] = (unsigned char)dimensions;
    for (int i = 0; i < 4 * dimensions; i++)
        bytes[4 + i] = (unsigned char)(extent[i / 4] >> (24 - 8 * (i % 4)));
    if (size > 0)
        memcpy(bytes + header, value, size);
    data_write(path, folder, name, (const char *)bytes, header + size);
    free(bytes);
}

/* `count` images of 5 x 4 pixels that show a bright column, which is their label, 0 .. 3, on a dark ground, with noise. */
static inline void images_write_pair(const char *folder, const char *images, const char *labels, int count, uint64_t seed)
{
    enum { ROWS = 5, COLUMNS = 4, MOST = 1000 };
    static unsigned char value[MOST * ROWS * COLUMNS], label[MOST];
    const uint32_t extent[] = {(uint32_t)count, ROWS, COLUMNS};
    unroll_random draws = unroll_random_open(seed, UNROLL_FOR_SAMPLING, 0, 0);
    CU_ASSERT_FATAL(count <= MOST);
    for (int i = 0; i < count; i++) {
        label[i] = (unsigned char)unroll_random_below(&draws, COLUMNS);
        for (int k = 0; k < ROWS * COLUMNS; k++)
            value[i * ROWS * COLUMNS + k] =
                (unsigned char)(unroll_random_below(&draws, 100) + (k % COLUMNS == label[i] ? 150 : 0));
    }
    images_write_idx(folder, images, 3, extent, value, (size_t)count * ROWS * COLUMNS);
    images_write_idx(folder, labels, 1, extent, label, (size_t)count);
}

/* The names of a set's files, in a fresh folder, as assignments; until the next call. */
static inline const char *images_in(const char *folder)
{
    static char assignments[4000];
    snprintf(assignments, sizeof assignments,
             "images=%s/train-images-idx3-ubyte labels=%s/train-labels-idx1-ubyte "
             "test_images=%s/t10k-images-idx3-ubyte test_labels=%s/t10k-labels-idx1-ubyte",
             folder, folder, folder, folder);
    return assignments;
}

/* A made-up set of `count` training images and `test` of the test in `folder`, under the names that such sets have. */
static inline void images_make(const char *folder, int count, int test)
{
    images_write_pair(folder, "train-images-idx3-ubyte", "train-labels-idx1-ubyte", count, 1);
    images_write_pair(folder, "t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte", test, 2);
}

#endif
