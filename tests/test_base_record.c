/* The arena of a run and the record that it leaves. */
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/array.h"
#include "base/record.h"
#include "suite.h"

/* Twice, because the second block, a smaller one, lies where the first, no longer zero, was given back. */
static void an_arena_gives_zeroed_aligned_pieces_that_do_not_overlap(void)
{
    for (int round = 0; round < 2; round++) {
        size_t size = round == 0 ? 700 : 500;
        unroll_arena arena;
        unroll_arena_count(&arena);
        for (size_t i = 0; i < 3; i++)
            CU_ASSERT_PTR_NULL(unroll_arena_take(&arena, 10 + i, size));
        CU_ASSERT_EQUAL_FATAL(unroll_arena_open(&arena).code, UNROLL_OK);
        for (size_t i = 0; i < 3; i++) {
            unsigned char *piece = unroll_arena_take(&arena, 10 + i, size);
            CU_ASSERT_EQUAL((uintptr_t)piece % 64, 0);
            for (size_t k = 0; k < (10 + i) * size; k++)
                CU_ASSERT_EQUAL(piece[k], 0);
            memset(piece, 0xFF, (10 + i) * size);
        }
        unroll_arena_close(&arena);
        CU_ASSERT_PTR_NULL(arena.base);
    }
}

static void an_arena_that_is_too_large_is_one_sentence(void)
{
    static const struct {
        size_t count, size;
    } tries[] = {{SIZE_MAX / 8, 4}, {SIZE_MAX, SIZE_MAX}, {SIZE_MAX / 4, 1}, {1, SIZE_MAX}, {SIZE_MAX / 1024, 1}};
    for (size_t i = 0; i < sizeof tries / sizeof tries[0]; i++) {
        unroll_arena arena;
        unroll_status status;
        unroll_arena_count(&arena);
        for (int k = 0; k < 5; k++)
            unroll_arena_take(&arena, tries[i].count, tries[i].size);
        status = unroll_arena_open(&arena);
        CU_ASSERT_EQUAL(status.code, UNROLL_FAILED);
        CU_ASSERT_PTR_NOT_NULL(strstr(status.text, "out of memory"));
        unroll_arena_close(&arena);
    }
}

static void a_record_keeps_copies_of_what_it_is_given(void)
{
    unroll_record *record = unroll_record_new(NULL);
    float value[3] = {1, 2, 3};
    char text[] = "before";
    unroll_record_curve(record, "loss", "nats", value, 3);
    unroll_record_text(record, "sample", text);
    value[1] = 9;
    strcpy(text, "after");
    CU_ASSERT_EQUAL(unroll_record_find_curve(record, "loss")->value[1], 2);
    CU_ASSERT_STRING_EQUAL(unroll_record_find_curve(record, "loss")->unit, "nats");
    CU_ASSERT_STRING_EQUAL(unroll_record_find(record, "sample")->text, "before");
    unroll_record_free(record);
}

static void a_name_that_is_there_already_is_replaced(void)
{
    unroll_record *record = unroll_record_new(NULL);
    float value[2] = {4, 5};
    int64_t ns = 7;
    unroll_record_text(record, "mse", "none");
    unroll_record_real(record, "mse", "K^2", 0.25);
    unroll_record_curve(record, "loss", "", NULL, 0);
    unroll_record_curve(record, "loss", "", value, 2);
    unroll_record_timing(record, "step", &ns, 1);
    unroll_record_timing(record, "step", NULL, 0);
    CU_ASSERT_EQUAL(record->column_count, 1);
    CU_ASSERT_EQUAL(record->columns[0].type, UNROLL_COLUMN_REAL);
    CU_ASSERT_EQUAL(record->columns[0].real, 0.25);
    CU_ASSERT_PTR_NULL(record->columns[0].text);
    CU_ASSERT_EQUAL(record->curve_count, 1);
    CU_ASSERT_EQUAL(record->curves[0].length, 2);
    CU_ASSERT_EQUAL(record->timing_count, 1);
    CU_ASSERT_EQUAL(record->timings[0].length, 0);
    unroll_record_free(record);
}

static void a_record_holds_any_number_of_columns(void)
{
    unroll_record *record = unroll_record_new(NULL);
    for (int i = 0; i < 100; i++) {
        char name[16];
        snprintf(name, sizeof name, "c%d", i);
        unroll_record_int(record, name, "", i);
        unroll_record_env(record, name, name);
    }
    CU_ASSERT_EQUAL(record->column_count, 100);
    CU_ASSERT_EQUAL(record->env_count, 100);
    CU_ASSERT_EQUAL(unroll_record_find(record, "c73")->integer, 73);
    CU_ASSERT_PTR_NULL(unroll_record_find(record, "c100"));
    CU_ASSERT_PTR_NULL(unroll_record_find_curve(record, "c1"));
    CU_ASSERT_EQUAL(unroll_record_check(record).code, UNROLL_OK);
    record->out_of_memory = true;
    CU_ASSERT_EQUAL(unroll_record_check(record).code, UNROLL_FAILED);
    unroll_record_free(record);
}

static void names_units_and_texts_of_any_length_and_bytes_are_taken(void)
{
    unroll_record *record = unroll_record_new(NULL);
    char name[200];
    memset(name, 'n', sizeof name);
    name[199] = '\0';
    unroll_record_real(record, name, name, NAN);
    unroll_record_real(record, name, name, 1);
    unroll_record_text(record, "bytes", "\xff\xfe");
    CU_ASSERT_EQUAL(record->column_count, 2);
    CU_ASSERT_EQUAL(strlen(record->columns[0].name), sizeof record->columns[0].name - 1);
    CU_ASSERT_EQUAL(strlen(record->columns[0].unit), sizeof record->columns[0].unit - 1);
    CU_ASSERT_STRING_EQUAL(unroll_record_find(record, "bytes")->text, "??");
    unroll_record_free(record);
    unroll_record_free(NULL);
}

/* The new one is all zeros, also where the block held something before. */
static void an_array_grows_by_one_zeroed_element_and_keeps_the_others(void)
{
    int *numbers = NULL;
    for (int count = 0; count < 1000; count++) {
        int *grown = unroll_one_more(numbers, count, sizeof *grown);
        CU_ASSERT_PTR_NOT_NULL_FATAL(grown);
        numbers = grown;
        CU_ASSERT_EQUAL(numbers[count], 0);
        numbers[count] = count + 1;
        for (int i = 0; i <= count; i++)
            CU_ASSERT_EQUAL_FATAL(numbers[i], i + 1);
    }
    free(numbers);
}

const unroll_test tests_base_record[] = {
    TEST(an_arena_gives_zeroed_aligned_pieces_that_do_not_overlap),
    TEST(an_arena_that_is_too_large_is_one_sentence),
    TEST(an_array_grows_by_one_zeroed_element_and_keeps_the_others),
    TEST(a_record_keeps_copies_of_what_it_is_given),
    TEST(a_name_that_is_there_already_is_replaced),
    TEST(a_record_holds_any_number_of_columns),
    TEST(names_units_and_texts_of_any_length_and_bytes_are_taken),
    {NULL, NULL},
};
