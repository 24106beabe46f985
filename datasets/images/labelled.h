/* labelled.h: images and what each shows, from two pairs of IDX files: one for training, whose end is for validation, one for the
   test. */
#ifndef UNROLL_DATASETS_IMAGES_LABELLED_H
#define UNROLL_DATASETS_IMAGES_LABELLED_H

#include "../read/idx.h"
#include "model/task.h"

/* The files, in the order of unroll_labelled_file. */
typedef enum unroll_labelled_part {
    UNROLL_TRAIN_IMAGES,
    UNROLL_TRAIN_LABELS,
    UNROLL_TEST_IMAGES,
    UNROLL_TEST_LABELS,
    UNROLL_LABELLED_FILES
} unroll_labelled_part;

typedef struct unroll_labelled {
    unroll_idx file[UNROLL_LABELLED_FILES]; /* images (count, rows, columns), labels (count) */
    int rows, columns;                      /* pixels of each image */
    int classes;                            /* labels are 0 .. classes - 1: the highest of the training file is the last */
    int first[3], count[3];                 /* [split]: images first .. first + count - 1 of the split's file */
    double mean, deviation;                 /* of a pixel of the training part, 0 .. 255, over all places */
} unroll_labelled;

/* The path of file `index`, "" past the last: of those that images, labels, test_images and test_labels name, else of
   Fashion-MNIST where it was fetched. UNROLL_WRONG where some are named and some not, and where there are none. */
unroll_status unroll_labelled_file(const unroll_settings *settings, int index, char path[UNROLL_PATH_ROOM]);
/* Reads them. The last valid_share of the training images are for validation; -1: a tenth of them, and at most 5,000.
   UNROLL_WRONG with a sentence: a file is wrong (read/idx.h), the files do not fit each other, an image has more than a million
   pixels, a part has no images, there is one class only, or all pixels are the same. */
unroll_status unroll_labelled_open(const unroll_settings *settings, unroll_labelled *labelled);
void unroll_labelled_close(unroll_labelled *labelled);

/* Image `index` of a split, (rows, columns), and its label. */
const unsigned char *unroll_labelled_image(const unroll_labelled *labelled, unroll_split split, int index);
int unroll_labelled_label(const unroll_labelled *labelled, unroll_split split, int index);

#endif
