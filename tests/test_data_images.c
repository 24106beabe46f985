/* The task of images: IDX files and what is said of wrong ones, parts, scaling, reading orders, yardsticks, predict's extras. */
#include <math.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../datasets/images/labelled.h"
#include "images.h"
#include "model/run.h"

/* A made-up set, opened with more settings. */
static opened_task open_made(int count, int test, const char *more)
{
    char assignments[4096];
    const char *folder = test_folder();
    images_make(folder, count, test);
    snprintf(assignments, sizeof assignments, "%s %s", images_in(folder), more);
    return data_open("images", assignments);
}

/* ---- IDX files ---- */

static void an_idx_file_is_sizes_and_bytes(void)
{
    static const uint32_t extent[] = {2, 1, 3};
    static const unsigned char value[] = {0, 127, 128, 255, 10, 13};
    const char *folder = test_folder();
    unroll_idx idx;
    images_write_idx(folder, "two", 3, extent, value, sizeof value);
    CU_ASSERT_EQUAL_FATAL(unroll_idx_open(path_in(folder, "two"), "images", 3, &idx).code, UNROLL_OK);
    for (int i = 0; i < 3; i++)
        CU_ASSERT_EQUAL(idx.extent[i], (int)extent[i]);
    CU_ASSERT_EQUAL(memcmp(idx.value, value, sizeof value), 0);
    CU_ASSERT_EQUAL(strncmp(idx.fingerprint, "two 22 bytes fnv1a ", 19), 0);
    unroll_idx_close(&idx);
}

/* Opening the file of images at `path` must fail with a sentence that holds its name and `words`. */
static void refuse(const char *path, const char *words)
{
    unroll_idx idx;
    unroll_status status = unroll_idx_open(path, "images", 3, &idx);
    char expected[1400], shown[UNROLL_SHORT_ROOM];
    snprintf(expected, sizeof expected, "%s %s", unroll_short_path(path, shown), words);
    CU_ASSERT_EQUAL(status.code, UNROLL_WRONG);
    CU_ASSERT_STRING_EQUAL(status.text, expected);
    CU_ASSERT_PTR_NULL(idx.bytes);
}

static void files_that_are_no_idx_files_are_one_sentence(void)
{
    static const struct {
        const char *content;
        size_t size;
        const char *words;
    } wrong[] = {
        {"", 0, "is empty"},
        {"\x1f\x8b\x08\x08", 4, "is compressed: unpack it first (gunzip -k)"},
        {"x,y\n1,2\n", 8, "is no IDX file: such a file begins with two zero bytes, a type and a number of dimensions"},
        {"\0\1\x08\3", 4, "is no IDX file: such a file begins with two zero bytes, a type and a number of dimensions"},
        {"\0\0\x08", 3, "is no IDX file: such a file begins with two zero bytes, a type and a number of dimensions"},
        {"\0\0\x0d\3", 4, "holds elements of type 0x0d, but images are unsigned bytes, type 0x08"},
        {"\0\0\x08\1\0\0\0\1x", 9, "has 1 dimension, but images have 3"},
        {"\0\0\x08\xff", 4, "has 255 dimensions, but images have 3"},
        {"\0\0\x08\3\0\0\0\1\0\0\0\1\0\0\0", 15, "is cut off: it has 15 bytes, fewer than its header of 16"},
    };
    const char *folder = test_folder();
    char path[1200];
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        data_write(path, folder, "wrong", wrong[i].content, wrong[i].size);
        refuse(path, wrong[i].words);
    }
    refuse(folder, "cannot be read: Is a directory");
    refuse("/nowhere/at/all", "cannot be opened: No such file or directory");
    CU_ASSERT_EQUAL(chmod(path, 0), 0);
    if (access(path, R_OK) != 0) /* the superuser may read all */
        refuse(path, "cannot be opened: Permission denied");
}

/* 2^31 x 2^31 x 2^31 is above any number, 2^31 x 2^31 x 4 is 2^64, and 2^16 x 2^16 x 1 is 2^32: no product that wraps around is
   taken for what follows. */
static void sizes_are_held_against_what_follows(void)
{
    static const struct {
        uint32_t extent[3];
        size_t follow;
        const char *words;
    } wrong[] = {
        {{2, 2, 2}, 7, "is cut off: its header says 2 x 2 x 2 bytes, and 7 follow"},
        {{2, 2, 2}, 0, "is cut off: its header says 2 x 2 x 2 bytes, and 0 follow"},
        {{2, 2, 2}, 9, "is longer than its header says: 2 x 2 x 2 bytes, and 9 follow"},
        {{2, 2, 2}, 16, "is longer than its header says: 2 x 2 x 2 bytes, and 16 follow"},
        {{0, 28, 28}, 0, "holds no images: its header says 0 x 28 x 28"},
        {{3, 0, 28}, 0, "holds no images: its header says 3 x 0 x 28"},
        {{3, 28, 0}, 8, "holds no images: its header says 3 x 28 x 0"},
        {{0x80000000, 0x80000000, 0x80000000}, 8,
         "is cut off: its header says 2147483648 x 2147483648 x 2147483648 bytes, and 8 follow"},
        {{0x80000000, 0x80000000, 4}, 0, "is cut off: its header says 2147483648 x 2147483648 x 4 bytes, and 0 follow"},
        {{0x80000000, 0x80000000, 4}, 8, "is cut off: its header says 2147483648 x 2147483648 x 4 bytes, and 8 follow"},
        {{0x10000, 0x10000, 1}, 8, "is cut off: its header says 65536 x 65536 x 1 bytes, and 8 follow"},
        {{0xffffffff, 1, 1}, 8, "is cut off: its header says 4294967295 x 1 x 1 bytes, and 8 follow"},
    };
    static const unsigned char value[16];
    const char *folder = test_folder();
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        images_write_idx(folder, "wrong", 3, wrong[i].extent, value, wrong[i].follow);
        refuse(path_in(folder, "wrong"), wrong[i].words);
    }
}

/* ---- files that do not fit each other ---- */

/* One file of a made-up set is replaced; opening the task must fail with a sentence that holds `words`. */
static void refuse_set(const char *name, int dimensions, const uint32_t *extent, const unsigned char *value, size_t size,
                       const char *more, const char *words)
{
    const char *folder = test_folder();
    char assignments[4096];
    images_make(folder, 20, 8);
    if (name != NULL)
        images_write_idx(folder, name, dimensions, extent, value, size);
    snprintf(assignments, sizeof assignments, "%s %s", images_in(folder), more);
    data_refused("images", assignments, words);
}

static void files_must_fit_each_other(void)
{
    static const unsigned char zero[400], high[8] = {0, 3, 4, 1, 4, 0, 0, 0};
    static const uint32_t few[] = {7}, wide[] = {8, 5, 5}, flat[] = {8, 4, 4}, eight[] = {8}, twenty[] = {20, 5, 4};
    refuse_set("train-labels-idx1-ubyte", 1, few, zero, 7, "", "train-images-idx3-ubyte holds 20 images, but ");
    refuse_set("train-labels-idx1-ubyte", 1, few, zero, 7, "", "train-labels-idx1-ubyte holds 7 labels");
    refuse_set("t10k-labels-idx1-ubyte", 1, few, zero, 7, "", "t10k-images-idx3-ubyte holds 8 images, but ");
    refuse_set("t10k-images-idx3-ubyte", 3, wide, zero, 200, "", "train-images-idx3-ubyte holds images of 5 x 4 pixels, but ");
    refuse_set("t10k-images-idx3-ubyte", 3, wide, zero, 200, "", "t10k-images-idx3-ubyte of 5 x 5");
    refuse_set("t10k-images-idx3-ubyte", 3, flat, zero, 128, "", "t10k-images-idx3-ubyte of 4 x 4");
    refuse_set("t10k-labels-idx1-ubyte", 1, eight, high, 8, "",
               "t10k-labels-idx1-ubyte: label 4, of image 3, is above the highest that ");
    refuse_set("train-labels-idx1-ubyte", 1, twenty, zero, 20, "", "holds no label but 0: it takes two classes to tell apart");
    refuse_set("train-images-idx3-ubyte", 3, twenty, zero, 400, "", "all pixels of the training images are 0");
    refuse_set("train-labels-idx1-ubyte", 3, twenty, zero, 400, "",
               "train-labels-idx1-ubyte has 3 dimensions, but labels have 1");
    refuse_set(NULL, 0, NULL, NULL, 0, "valid_share=0",
               "20 images split into training and 0 for validation: each part needs some");
    refuse_set(NULL, 0, NULL, NULL, 0, "valid_share=0.01",
               "20 images split into training and 0 for validation: each part needs some");
}

static void an_image_has_a_million_pixels_at_most(void)
{
    enum { ROWS = 1001, COLUMNS = 1000 };
    static const uint32_t extent[] = {2, ROWS, COLUMNS};
    static unsigned char value[2 * ROWS * COLUMNS];
    static const unsigned char label[] = {0, 1};
    const char *folder = test_folder();
    images_make(folder, 20, 8);
    images_write_idx(folder, "train-images-idx3-ubyte", 3, extent, value, sizeof value);
    images_write_idx(folder, "train-labels-idx1-ubyte", 1, extent, label, sizeof label);
    data_refused("images", images_in(folder), "holds images of 1001 x 1000 pixels: at most 1000000 pixels can be");
}

static void the_four_files_go_together(void)
{
    data_refused("images", "images=some", "images, labels, test_images and test_labels go together: give all four or none");
    data_refused("images", "labels=a test_images=b test_labels=c",
                 "images, labels, test_images and test_labels go together: give all four or none");
    data_refused("images", "images=/nowhere/a labels=b test_images=c test_labels=d", "/nowhere/a cannot be opened");
}

static void a_run_is_known_by_all_four_files(void)
{
    static const char *const ends[] = {"/train-images-idx3-ubyte", "/train-labels-idx1-ubyte", "/t10k-images-idx3-ubyte",
                                       "/t10k-labels-idx1-ubyte", ""};
    unroll_settings *settings = data_settings(images_in("/somewhere"));
    const unroll_task *task = unroll_task_find("images");
    for (int i = 0; i < 5; i++) {
        char path[UNROLL_FILE_ROOM], expected[64] = "";
        if (i < 4)
            snprintf(expected, sizeof expected, "/somewhere%s", ends[i]);
        CU_ASSERT_EQUAL(task->files(settings, i, path).code, UNROLL_OK);
        CU_ASSERT_STRING_EQUAL(path, expected);
    }
    unroll_settings_free(settings);
}

/* ---- parts ---- */

static void validation_is_the_end_of_the_training_images(void)
{
    static const struct {
        int images;
        const char *more;
        int valid;
    } known[] = {{50, "", 5}, {50, "valid_share=0.3", 15}, {1000, "valid_share=0.25", 250}};
    for (int i = 0; i < 3; i++) {
        opened_task task = open_made(known[i].images, 8, known[i].more);
        const unroll_labelled *labelled = task.state;
        int train = known[i].images - known[i].valid;
        CU_ASSERT_EQUAL_FATAL(task.status.code, UNROLL_OK);
        CU_ASSERT_EQUAL(labelled->count[UNROLL_TRAIN], train);
        CU_ASSERT_EQUAL(labelled->count[UNROLL_VALID], known[i].valid);
        CU_ASSERT_EQUAL(labelled->count[UNROLL_TEST], 8);
        CU_ASSERT_EQUAL(task.shape.outputs, 4);
        CU_ASSERT_PTR_EQUAL(unroll_labelled_image(labelled, UNROLL_VALID, 0),
                            labelled->file[UNROLL_TRAIN_IMAGES].value + train * 20);
        CU_ASSERT_EQUAL(unroll_labelled_label(labelled, UNROLL_VALID, 1), labelled->file[UNROLL_TRAIN_LABELS].value[train + 1]);
        CU_ASSERT_PTR_EQUAL(unroll_labelled_image(labelled, UNROLL_TEST, 2), labelled->file[UNROLL_TEST_IMAGES].value + 2 * 20);
        CU_ASSERT_EQUAL(unroll_labelled_label(labelled, UNROLL_TEST, 7), labelled->file[UNROLL_TEST_LABELS].value[7]);
        data_close(&task);
    }
}

static void validation_takes_5000_of_many_images(void)
{
    enum { MANY = 60000 };
    static const uint32_t extent[] = {MANY, 1, 1};
    static unsigned char value[MANY], label[MANY];
    const char *folder = test_folder();
    opened_task task;
    for (int i = 0; i < MANY; i++) {
        value[i] = (unsigned char)i;
        label[i] = (unsigned char)(i % 2);
    }
    images_write_idx(folder, "train-images-idx3-ubyte", 3, extent, value, MANY);
    images_write_idx(folder, "train-labels-idx1-ubyte", 1, extent, label, MANY);
    images_write_idx(folder, "t10k-images-idx3-ubyte", 3, extent, value, MANY);
    images_write_idx(folder, "t10k-labels-idx1-ubyte", 1, extent, label, MANY);
    task = data_open("images", images_in(folder));
    CU_ASSERT_EQUAL_FATAL(task.status.code, UNROLL_OK);
    CU_ASSERT_EQUAL(((const unroll_labelled *)task.state)->count[UNROLL_VALID], 5000);
    data_close(&task);
}

/* Which image of its split sequence b of a batch of whole images is, read by rows: by its first pixels, which differ. */
static int find_image(const opened_task *task, unroll_split split, int b)
{
    const unroll_labelled *labelled = task->state;
    const float *x = task->samples.x + (size_t)b * 20;
    for (int i = 0; i < labelled->count[split]; i++) {
        const unsigned char *byte = unroll_labelled_image(labelled, split, i);
        int same = 0;
        for (int k = 0; k < 20; k++)
            same += fabs(x[k] * labelled->deviation + labelled->mean - byte[k]) < 1e-4;
        if (same == 20 && task->samples.target[b] == unroll_labelled_label(labelled, split, i))
            return i;
    }
    return -1;
}

static void every_image_is_read_once_an_epoch_and_once_in_scoring(void)
{
    opened_task task = open_made(50, 13, "batch=4 valid_share=0.2");
    static const int expected[3] = {40, 10, 13};
    CU_ASSERT_EQUAL_FATAL(task.status.code, UNROLL_OK);
    for (int split = 0; split < 3; split++) {
        int times[40] = {0}, filled = 0, batches = task.shape.batches[split];
        for (int i = 0; i < batches; i++) {
            data_batch(&task, (unroll_split)split, split == UNROLL_TRAIN ? 3 * batches + i : i);
            for (int b = 0; b < 4; b++) {
                int image = task.samples.target[b] >= 0 ? find_image(&task, (unroll_split)split, b) : -1;
                CU_ASSERT_EQUAL(task.samples.length[b], image >= 0 ? 5 : 1);
                filled += image < 0;
                if (image >= 0)
                    times[image]++;
            }
        }
        CU_ASSERT_EQUAL(filled, 4 * batches - expected[split]);
        for (int i = 0; i < expected[split]; i++)
            CU_ASSERT_EQUAL(times[i], 1);
    }
    data_close(&task);
}

/* ---- reading ---- */

static void inputs_have_mean_0_and_deviation_1_over_the_training_part(void)
{
    opened_task task = open_made(50, 8, "batch=45 valid_share=0.1");
    double sum = 0.0, squares = 0.0;
    CU_ASSERT_EQUAL_FATAL(task.status.code, UNROLL_OK);
    data_batch(&task, UNROLL_TRAIN, 0);
    for (int k = 0; k < 45 * 20; k++) {
        sum += task.samples.x[k];
        squares += task.samples.x[k] * task.samples.x[k];
    }
    CU_ASSERT_DOUBLE_EQUAL(sum / (45 * 20), 0.0, 1e-6);
    CU_ASSERT_DOUBLE_EQUAL(squares / (45 * 20), 1.0, 1e-6);
    data_close(&task);
}

/* Both orders lay an image's pixels down in the same places; what differs is how many make a step. */
static void a_step_is_a_row_or_a_pixel(void)
{
    opened_task by_rows = open_made(20, 8, "batch=8"), by_pixels = open_made(20, 8, "batch=8 scan=pixels");
    CU_ASSERT_EQUAL_FATAL(by_rows.status.code, UNROLL_OK);
    CU_ASSERT_EQUAL_FATAL(by_pixels.status.code, UNROLL_OK);
    CU_ASSERT(by_rows.shape.steps == 5 && by_rows.shape.inputs == 4);
    CU_ASSERT(by_pixels.shape.steps == 20 && by_pixels.shape.inputs == 1);
    data_batch(&by_rows, UNROLL_TEST, 0);
    data_batch(&by_pixels, UNROLL_TEST, 0);
    CU_ASSERT_EQUAL(by_rows.samples.length[7], 5);
    CU_ASSERT_EQUAL(by_pixels.samples.length[7], 20);
    CU_ASSERT_EQUAL(memcmp(by_rows.samples.x, by_pixels.samples.x, 8 * 20 * sizeof(float)), 0);
    CU_ASSERT_EQUAL(find_image(&by_rows, UNROLL_TEST, 3), 3);
    data_close(&by_rows);
    data_close(&by_pixels);
}

/* The order of pixels that a task's extras tell, (20). */
static void read_order(const char *more, int order[20])
{
    opened_task task = open_made(20, 8, more);
    unroll_extra extras[3];
    int count;
    CU_ASSERT_EQUAL_FATAL(task.status.code, UNROLL_OK);
    CU_ASSERT_EQUAL_FATAL(task.task->extras(task.state, extras, 3, &count).code, UNROLL_OK);
    CU_ASSERT_EQUAL_FATAL(count, 3);
    CU_ASSERT_STRING_EQUAL(extras[2].name, "pixel_order");
    CU_ASSERT_EQUAL_FATAL(extras[2].count, 20);
    for (int k = 0; k < 20; k++)
        order[k] = (int)extras[2].value[k];
    while (count > 0)
        free(extras[--count].value);
    data_close(&task);
}

static void a_permutation_has_each_pixel_once_and_a_seed_of_its_own(void)
{
    int order[20], same[20], other[20], seen[20] = {0};
    read_order("permute=yes", order);
    read_order("permute=yes seed=7 scan=pixels", same);
    read_order("permute=yes permute_seed=1", other);
    for (int k = 0; k < 20; k++)
        seen[order[k]]++;
    for (int k = 0; k < 20; k++)
        CU_ASSERT_EQUAL(seen[k], 1);
    CU_ASSERT_EQUAL(memcmp(order, same, sizeof order), 0);
    CU_ASSERT_NOT_EQUAL(memcmp(order, other, sizeof order), 0);
    for (int k = 0; k < 20; k++)
        seen[k] = k;
    CU_ASSERT_NOT_EQUAL(memcmp(order, seen, sizeof order), 0);
}

static void permuted_pixels_are_in_the_same_order_in_every_image(void)
{
    opened_task plain = open_made(20, 8, "batch=4"), permuted = open_made(20, 8, "batch=4 permute=yes");
    int order[20];
    read_order("permute=yes", order);
    for (int split = 0; split < 3; split++) {
        data_batch(&plain, (unroll_split)split, 0);
        data_batch(&permuted, (unroll_split)split, 0);
        for (int b = 0; b < 2; b++) /* validation has two images */
            for (int k = 0; k < 20; k++)
                CU_ASSERT_EQUAL(permuted.samples.x[b * 20 + k], plain.samples.x[b * 20 + order[k]]);
    }
    data_close(&plain);
    data_close(&permuted);
}

/* ---- results ---- */

/* Three classes: 0 is the most frequent of the training part, 2 of the whole file, and never comes in the test. */
static void the_yardstick_is_the_training_parts_most_frequent_class(void)
{
    static const unsigned char train[20] = {0, 1, 0, 2, 0, 1, 0, 2, 0, 0, 1, 2, 2, 2, 2, 2, 2, 2, 0, 2};
    static const unsigned char test[8] = {0, 1, 1, 0, 0, 1, 1, 1};
    static const uint32_t twenty[] = {20}, eight[] = {8};
    const char *folder = test_folder();
    char assignments[4096];
    opened_task task;
    unroll_record *record;
    images_make(folder, 20, 8);
    images_write_idx(folder, "train-labels-idx1-ubyte", 1, twenty, train, 20);
    images_write_idx(folder, "t10k-labels-idx1-ubyte", 1, eight, test, 8);
    snprintf(assignments, sizeof assignments, "%s valid_share=0.45", images_in(folder));
    task = data_open("images", assignments);
    CU_ASSERT_EQUAL_FATAL(task.status.code, UNROLL_OK);
    record = unroll_record_new(task.settings);
    CU_ASSERT_EQUAL(task.task->baselines(task.state, record).code, UNROLL_OK);
    CU_ASSERT_DOUBLE_EQUAL(data_column(record, "baseline_error_rate"), 8.0 / 9.0, 1e-12);
    CU_ASSERT_DOUBLE_EQUAL(data_column(record, "test_baseline_error_rate"), 5.0 / 8.0, 1e-12);
    CU_ASSERT_EQUAL(strncmp(unroll_record_find(record, "test_data_labels")->text, "t10k-labels-idx1-ubyte 16 bytes", 31), 0);
    unroll_record_free(record);
    data_close(&task);
}

static void extras_are_what_makes_an_image_an_input(void)
{
    opened_task task = open_made(20, 8, "batch=4");
    const unroll_labelled *labelled = task.state;
    unroll_extra extras[3];
    int count;
    CU_ASSERT_EQUAL_FATAL(task.task->extras(task.state, extras, 3, &count).code, UNROLL_OK);
    CU_ASSERT_EQUAL_FATAL(count, 2);
    CU_ASSERT_STRING_EQUAL(extras[0].name, "input_mean");
    CU_ASSERT_STRING_EQUAL(extras[1].name, "input_scale");
    data_batch(&task, UNROLL_TEST, 0);
    for (int k = 0; k < 4; k++) {
        double byte = unroll_labelled_image(labelled, UNROLL_TEST, 0)[k];
        CU_ASSERT_DOUBLE_EQUAL(task.samples.x[k], (byte - extras[0].value[k]) / extras[1].value[k], 1e-6);
    }
    while (count > 0)
        free(extras[--count].value);
    data_close(&task);
}

/* The bright column is found in rows, in pixels, and in pixels of any order; the test is 50 images in batches of 16. */
static void a_model_learns_images_in_every_order(void)
{
    static const char *const ways[] = {"", "scan=pixels", "scan=pixels permute=yes"};
    const char *folder = test_folder();
    images_make(folder, 500, 50);
    for (int i = 0; i < 3; i++) {
        char assignments[4096];
        unroll_settings *settings;
        unroll_record *record;
        double right;
        snprintf(assignments, sizeof assignments, "task=images model=gru hidden=16 lr=0.01 batch=16 epochs=4 points=2 %s %s",
                 images_in(folder), ways[i]);
        settings = data_settings(assignments);
        record = unroll_record_new(settings);
        CU_ASSERT_EQUAL_FATAL(unroll_run(settings, NULL, record).code, UNROLL_OK);
        CU_ASSERT(data_column(record, "error_rate") < 0.1);
        CU_ASSERT(data_column(record, "test_accuracy") > 0.9);
        CU_ASSERT_DOUBLE_EQUAL(data_column(record, "test_accuracy"), 1.0 - data_column(record, "test_error_rate"), 1e-12);
        right = data_column(record, "test_accuracy") * 50;
        CU_ASSERT_DOUBLE_EQUAL(right, round(right), 1e-9); /* of 50 images and no more */
        unroll_record_free(record);
        unroll_settings_free(settings);
    }
}

static void fashion_mnist_opens_with_its_own_test(void)
{
    static const int first[] = {9, 2, 1, 1, 6};
    const char *found = test_data("fashion-mnist/train-images-idx3-ubyte");
    char folder[900];
    const unroll_labelled *labelled;
    opened_task task;
    if (found == NULL) {
        test_skip("the data set fashion-mnist is not here (datasets/fetch fashion-mnist)");
        return;
    }
    snprintf(folder, sizeof folder, "%.*s", (int)(strrchr(found, '/') - found), found);
    task = data_open("images", images_in(folder));
    CU_ASSERT_EQUAL_FATAL(task.status.code, UNROLL_OK);
    labelled = task.state;
    CU_ASSERT(task.shape.steps == 28 && task.shape.inputs == 28 && task.shape.outputs == 10);
    CU_ASSERT_EQUAL(labelled->count[UNROLL_TRAIN], 55000);
    CU_ASSERT_EQUAL(labelled->count[UNROLL_VALID], 5000);
    CU_ASSERT_EQUAL(labelled->count[UNROLL_TEST], 10000);
    /* the numbers by which others scale it, to three digits */
    CU_ASSERT_DOUBLE_EQUAL(labelled->mean / 255, 0.286, 0.001);
    CU_ASSERT_DOUBLE_EQUAL(labelled->deviation / 255, 0.353, 0.001);
    for (int i = 0; i < 5; i++)
        CU_ASSERT_EQUAL(unroll_labelled_label(labelled, UNROLL_TEST, i), first[i]);
    data_close(&task);
}

const unroll_test tests_data_images[] = {
    TEST(an_idx_file_is_sizes_and_bytes),
    TEST(files_that_are_no_idx_files_are_one_sentence),
    TEST(sizes_are_held_against_what_follows),
    TEST(files_must_fit_each_other),
    TEST(an_image_has_a_million_pixels_at_most),
    TEST(the_four_files_go_together),
    TEST(a_run_is_known_by_all_four_files),
    TEST(validation_is_the_end_of_the_training_images),
    TEST(validation_takes_5000_of_many_images),
    TEST(every_image_is_read_once_an_epoch_and_once_in_scoring),
    TEST(inputs_have_mean_0_and_deviation_1_over_the_training_part),
    TEST(a_step_is_a_row_or_a_pixel),
    TEST(a_permutation_has_each_pixel_once_and_a_seed_of_its_own),
    TEST(permuted_pixels_are_in_the_same_order_in_every_image),
    TEST(the_yardstick_is_the_training_parts_most_frequent_class),
    TEST(extras_are_what_makes_an_image_an_input),
    TEST(a_model_learns_images_in_every_order),
    TEST(fashion_mnist_opens_with_its_own_test),
    {NULL, NULL},
};
