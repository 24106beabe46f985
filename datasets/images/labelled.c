#include "labelled.h"

#include <math.h>
#include <string.h>

#include "../read/source.h"

/* MOST_PIXELS: as `length` has it, for each may be a step */
enum { MOST_PIXELS = 1000000, MOST_VALID = 5000 };

/* ---- the files ---- */

static const struct {
    const char *setting, *name; /* name: of the file in a set of MNIST's make */
    const char *what;
    int dimensions;
} kinds[UNROLL_LABELLED_FILES] = {
    {"images", "train-images-idx3-ubyte", "images", 3},
    {"labels", "train-labels-idx1-ubyte", "labels", 1},
    {"test_images", "t10k-images-idx3-ubyte", "images", 3},
    {"test_labels", "t10k-labels-idx1-ubyte", "labels", 1},
};

/* That of the set that was fetched: beside its main file. A file here that is called like the set is not of it. */
static unroll_status default_file(int index, char path[UNROLL_PATH_ROOM])
{
    char *slash = unroll_data_path("fashion-mnist", path).code == UNROLL_OK ? strrchr(path, '/') : NULL;
    if (slash == NULL)
        return unroll_error(UNROLL_WRONG, "task=images needs images: give images=, labels=, test_images= and test_labels= (IDX "
                                          "files), or run datasets/fetch fashion-mnist");
    if ((size_t)(slash + 1 - path) + strlen(kinds[index].name) >= UNROLL_PATH_ROOM)
        return unroll_error(UNROLL_WRONG, "the path of the data set fashion-mnist is too long");
    strcpy(slash + 1, kinds[index].name);
    return unroll_ok();
}

unroll_status unroll_labelled_file(const unroll_settings *settings, int index, char path[UNROLL_PATH_ROOM])
{
    int named = 0;
    const char *file;
    for (int i = 0; i < UNROLL_LABELLED_FILES; i++)
        named += unroll_text(settings, kinds[i].setting)[0] != '\0';
    path[0] = '\0';
    if (named != 0 && named != UNROLL_LABELLED_FILES)
        return unroll_error(UNROLL_WRONG, "images, labels, test_images and test_labels go together: give all four or none");
    if (index >= UNROLL_LABELLED_FILES)
        return unroll_ok();
    if (named == 0)
        return default_file(index, path);
    file = unroll_text(settings, kinds[index].setting);
    if (strlen(file) >= UNROLL_PATH_ROOM)
        return unroll_error(UNROLL_WRONG, "%s: the path is too long", kinds[index].setting);
    strcpy(path, file);
    return unroll_ok();
}

/* ---- whether they fit each other ---- */

static unroll_status check_counts(const unroll_idx *images, const unroll_idx *labels)
{
    if (images->extent[0] == labels->extent[0])
        return unroll_ok();
    return unroll_error(UNROLL_WRONG, "%s holds %d images, but %s holds %d labels", images->shown, images->extent[0],
                        labels->shown, labels->extent[0]);
}

static unroll_status check_pixels(const unroll_idx *train, const unroll_idx *test)
{
    if ((size_t)train->extent[1] * (size_t)train->extent[2] > MOST_PIXELS)
        return unroll_error(UNROLL_WRONG, "%s holds images of %d x %d pixels: at most %d pixels can be", train->shown,
                            train->extent[1], train->extent[2], MOST_PIXELS);
    if (test->extent[1] != train->extent[1] || test->extent[2] != train->extent[2])
        return unroll_error(UNROLL_WRONG, "%s holds images of %d x %d pixels, but %s of %d x %d", train->shown, train->extent[1],
                            train->extent[2], test->shown, test->extent[1], test->extent[2]);
    return unroll_ok();
}

/* Index of the first label of the highest class. */
static int find_highest(const unroll_idx *labels)
{
    int highest = 0;
    for (int i = 1; i < labels->extent[0]; i++)
        if (labels->value[i] > labels->value[highest])
            highest = i;
    return highest;
}

static unroll_status check_labels(const unroll_idx *train, const unroll_idx *test)
{
    int last = train->value[find_highest(train)], at = find_highest(test);
    if (last == 0)
        return unroll_error(UNROLL_WRONG, "%s holds no label but 0: it takes two classes to tell apart", train->shown);
    if (test->value[at] > last)
        return unroll_error(UNROLL_WRONG, "%s: label %d, of image %d, is above the highest that %s holds, %d", test->shown,
                            test->value[at], at + 1, train->shown, last);
    return unroll_ok();
}

static unroll_status check_files(const unroll_idx *file)
{
    UNROLL_TRY(check_counts(&file[UNROLL_TRAIN_IMAGES], &file[UNROLL_TRAIN_LABELS]));
    UNROLL_TRY(check_counts(&file[UNROLL_TEST_IMAGES], &file[UNROLL_TEST_LABELS]));
    UNROLL_TRY(check_pixels(&file[UNROLL_TRAIN_IMAGES], &file[UNROLL_TEST_IMAGES]));
    return check_labels(&file[UNROLL_TRAIN_LABELS], &file[UNROLL_TEST_LABELS]);
}

/* ---- parts ---- */

static unroll_status part(const unroll_settings *settings, unroll_labelled *labelled)
{
    int count = labelled->file[UNROLL_TRAIN_IMAGES].extent[0], valid;
    double usual = 0.1 * count > MOST_VALID ? (double)MOST_VALID / count : 0.1, share, of_test;
    unroll_source_shares(settings, usual, &share, &of_test);
    valid = (int)(share * count + 0.5);
    if (valid < 1 || valid >= count)
        return unroll_error(UNROLL_WRONG, "%s: %d images split into training and %d for validation: each part needs some",
                            labelled->file[UNROLL_TRAIN_IMAGES].shown, count, valid);
    labelled->count[UNROLL_TRAIN] = labelled->first[UNROLL_VALID] = count - valid;
    labelled->count[UNROLL_VALID] = valid;
    labelled->count[UNROLL_TEST] = labelled->file[UNROLL_TEST_IMAGES].extent[0];
    return unroll_ok();
}

/* Mean and deviation from sums of whole numbers, which are exact: a GiB of squares is below 2^47. The variance is 0 where all
   pixels are the same, and else far above what its difference is rounded by. */
static unroll_status measure(unroll_labelled *labelled)
{
    const unroll_idx *images = &labelled->file[UNROLL_TRAIN_IMAGES];
    size_t count = (size_t)labelled->count[UNROLL_TRAIN] * (size_t)labelled->rows * (size_t)labelled->columns;
    uint64_t sum = 0, squares = 0;
    double variance;
    for (size_t i = 0; i < count; i++) {
        sum += images->value[i];
        squares += (uint64_t)images->value[i] * images->value[i];
    }
    labelled->mean = (double)sum / (double)count;
    variance = (double)squares / (double)count - labelled->mean * labelled->mean;
    if (variance <= 0.0)
        return unroll_error(UNROLL_WRONG, "%s: all pixels of the training images are %d: nothing to tell them apart by",
                            images->shown, images->value[0]);
    labelled->deviation = sqrt(variance);
    return unroll_ok();
}

static unroll_status read_files(const unroll_settings *settings, unroll_idx *file)
{
    for (int i = 0; i < UNROLL_LABELLED_FILES; i++) {
        char path[UNROLL_PATH_ROOM];
        UNROLL_TRY(unroll_labelled_file(settings, i, path));
        UNROLL_TRY(unroll_idx_open(path, kinds[i].what, kinds[i].dimensions, &file[i]));
    }
    return check_files(file);
}

unroll_status unroll_labelled_open(const unroll_settings *settings, unroll_labelled *labelled)
{
    const unroll_idx *images = &labelled->file[UNROLL_TRAIN_IMAGES], *labels = &labelled->file[UNROLL_TRAIN_LABELS];
    unroll_status status;
    memset(labelled, 0, sizeof *labelled);
    status = read_files(settings, labelled->file);
    if (status.code == UNROLL_OK)
        status = part(settings, labelled);
    if (status.code == UNROLL_OK) {
        labelled->rows = images->extent[1];
        labelled->columns = images->extent[2];
        labelled->classes = labels->value[find_highest(labels)] + 1;
        status = measure(labelled);
    }
    if (status.code != UNROLL_OK)
        unroll_labelled_close(labelled);
    return status;
}

void unroll_labelled_close(unroll_labelled *labelled)
{
    for (int i = 0; i < UNROLL_LABELLED_FILES; i++)
        unroll_idx_close(&labelled->file[i]);
    memset(labelled, 0, sizeof *labelled);
}

/* ---- one image ---- */

const unsigned char *unroll_labelled_image(const unroll_labelled *labelled, unroll_split split, int index)
{
    const unroll_idx *images = &labelled->file[split == UNROLL_TEST ? UNROLL_TEST_IMAGES : UNROLL_TRAIN_IMAGES];
    size_t pixels = (size_t)labelled->rows * (size_t)labelled->columns;
    return images->value + (size_t)(labelled->first[split] + index) * pixels;
}

int unroll_labelled_label(const unroll_labelled *labelled, unroll_split split, int index)
{
    const unroll_idx *labels = &labelled->file[split == UNROLL_TEST ? UNROLL_TEST_LABELS : UNROLL_TRAIN_LABELS];
    return labels->value[labelled->first[split] + index];
}
