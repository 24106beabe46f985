/* What the core does with memory: nothing after the first step, and a sentence when there is none.
   The C library's allocator is replaced by one that counts and, at a given call, fails; only with glibc and without a
   sanitizer, which brings its own. */
#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "models.h"
#include "starved.h"
#include "suite.h"

#if defined(__GLIBC__) && !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
#define COUNTS 1
#endif
#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#undef COUNTS
#endif
#endif

#ifdef COUNTS

static _Atomic long calls, fail_at = -1; /* fail_at: the call that fails, counted from 0; -1: none */
static _Thread_local int watched;        /* only the test's own thread counts */

extern void *__libc_malloc(size_t size);
extern void *__libc_calloc(size_t count, size_t size);
extern void *__libc_realloc(void *old, size_t size);
extern void *__libc_memalign(size_t alignment, size_t size);

static int refused(void)
{
    long call;
    if (!watched)
        return 0;
    call = atomic_fetch_add(&calls, 1);
    if (call != atomic_load(&fail_at))
        return 0;
    errno = ENOMEM;
    return 1;
}

void *malloc(size_t size)
{
    return refused() ? NULL : __libc_malloc(size);
}
void *calloc(size_t count, size_t size)
{
    return refused() ? NULL : __libc_calloc(count, size);
}
void *realloc(void *old, size_t size)
{
    return refused() ? NULL : __libc_realloc(old, size);
}
void *aligned_alloc(size_t alignment, size_t size)
{
    return refused() ? NULL : __libc_memalign(alignment, size);
}

bool test_can_starve(void)
{
    return true;
}

void test_starve(long call)
{
    atomic_store(&calls, 0);
    atomic_store(&fail_at, call);
    watched = 1;
}

bool test_fed(void)
{
    watched = 0;
    return atomic_load(&calls) > atomic_exchange(&fail_at, -1);
}

static void training_and_streaming_allocate_nothing(void)
{
    static const unroll_model_shape shape = {.symbols = 9, .outputs = 20, .steps = 6, .batch = 4, .answer = UNROLL_AT_EVERY, .loss = "softmax"};
    int length[4], symbol[24], target[24];
    float y[24 * 20];
    unroll_samples samples = {.length = length, .symbol = symbol, .y = y, .target = target};
    digest_register();
    for (int index = 0; digest_model(index) != NULL; index++) {
        unroll_settings *settings = unroll_settings_new();
        unroll_model *model;
        unroll_settings_set(settings, "layers", "2");
        digest_set_model(settings, digest_model(index));
        CU_ASSERT_EQUAL_FATAL(unroll_model_open(settings, &shape, &model).code, UNROLL_OK);
        atomic_store(&calls, 0);
        for (int step = 0; step < 20; step++) {
            digest_fill(&shape, false, (uint32_t)step, &samples);
            watched = step > 0;
            unroll_model_pack(model, &samples, 4);
            unroll_model_gradient(model, NULL);
            unroll_model_update(model);
            unroll_model_loss(model, NULL);
            if (step % shape.steps == 0) /* for more, attention wants room: unroll_model_reserve */
                unroll_model_reset(model);
            unroll_model_step(model, 4, NULL, symbol, NULL);
            watched = 0;
        }
        CU_ASSERT_EQUAL(atomic_load(&calls), 0);
        unroll_model_close(model);
        unroll_settings_free(settings);
    }
}

static void a_model_that_finds_no_memory_says_so_and_leaves_nothing_behind(void)
{
    static const unroll_model_shape shape = {.inputs = 2, .outputs = 1, .steps = 5, .batch = 3, .loss = "squared"};
    unroll_settings *settings;
    long n = 0;
    bool opened = false;
    digest_register();
    settings = unroll_settings_new();
    unroll_settings_set(settings, "init", "orthogonal");
    for (; n < 1000 && !opened; n++) {
        unroll_model *model = NULL;
        unroll_status status;
        test_starve(n);
        status = unroll_model_open(settings, &shape, &model);
        opened = !test_fed(); /* the n-th call was never made */
        if (!opened) {
            CU_ASSERT_EQUAL(status.code, UNROLL_FAILED);
            CU_ASSERT_PTR_NULL(model);
            CU_ASSERT(strstr(status.text, "out of memory") != NULL);
        } else {
            CU_ASSERT_EQUAL(status.code, UNROLL_OK);
        }
        unroll_model_close(model);
    }
    CU_ASSERT(opened && n > 5);
    unroll_settings_free(settings);
}

#else

bool test_can_starve(void)
{
    test_skip("allocations are counted with glibc and without a sanitizer only");
    return false;
}
void test_starve(long call)
{
    (void)call;
}
bool test_fed(void)
{
    return false;
}
static void training_and_streaming_allocate_nothing(void)
{
    test_skip("allocations are counted with glibc and without a sanitizer only");
}
static void a_model_that_finds_no_memory_says_so_and_leaves_nothing_behind(void)
{
    test_skip("allocations are counted with glibc and without a sanitizer only");
}

#endif

/* Some layers find the room that is asked for and others do not: none goes on from where it was. */
static void a_model_without_the_room_that_is_asked_for_begins_anew(void)
{
    static const unroll_model_shape shape = {.inputs = 1, .outputs = 1, .steps = 4, .batch = 1, .answer = UNROLL_AT_EVERY, .loss = "squared"};
    unroll_settings *settings;
    unroll_model *model;
    real wanted[4], found;
    long failed = 0;
    if (!test_can_starve())
        return;
    digest_register();
    settings = unroll_settings_new();
    unroll_settings_set(settings, "layers", "2");
    digest_set_model(settings, "transformer");
    CU_ASSERT_EQUAL_FATAL(unroll_model_open(settings, &shape, &model).code, UNROLL_OK);
    for (int t = 0; t < 4; t++)
        unroll_model_step(model, 1, &(real){(real)t}, NULL, &wanted[t]);
    for (bool fed = false; !fed; failed++) {
        unroll_status status;
        unroll_model_reset(model);
        for (int t = 0; t < 3; t++)
            unroll_model_step(model, 1, &(real){7}, NULL, NULL);
        test_starve(failed);
        status = unroll_model_reserve(model, 1000 * (int)(failed + 1));
        fed = !test_fed();
        CU_ASSERT_EQUAL(status.code, fed ? UNROLL_OK : UNROLL_FAILED);
        for (int t = 0; t < 4; t++) {
            unroll_model_step(model, 1, &(real){(real)t}, NULL, &found);
            CU_ASSERT_EQUAL(found, wanted[t]);
        }
    }
    CU_ASSERT(failed > 2);
    unroll_model_close(model);
    unroll_settings_free(settings);
}

static void a_width_beyond_any_machine_is_one_sentence(void)
{
    static const unroll_model_shape shape = {.inputs = 2, .outputs = 1, .steps = 5, .batch = 3, .loss = "squared"};
    static const char *const widths[] = {"1000000000", "90000000", "2147483647"};
    digest_register();
    for (int i = 0; i < 3; i++) {
        unroll_settings *settings = unroll_settings_new();
        unroll_model *model = NULL;
        unroll_status status;
        CU_ASSERT_EQUAL(unroll_settings_set(settings, "hidden", widths[i]).code, UNROLL_OK);
        status = unroll_model_open(settings, &shape, &model);
        CU_ASSERT_EQUAL(status.code, UNROLL_FAILED);
        CU_ASSERT(strstr(status.text, "out of memory") != NULL);
        CU_ASSERT_PTR_NULL(model);
        unroll_settings_free(settings);
    }
}

static void heads_that_do_not_part_the_units_are_one_sentence(void)
{
    static const unroll_model_shape shape = {.inputs = 2, .outputs = 1, .steps = 5, .batch = 3, .loss = "squared"};
    unroll_settings *settings = unroll_settings_new();
    unroll_model *model = NULL;
    unroll_status status;
    digest_register();
    digest_set_model(settings, "slstm heads=2");
    unroll_settings_set(settings, "hidden", "40");
    status = unroll_model_open(settings, &shape, &model);
    CU_ASSERT_EQUAL(status.code, UNROLL_WRONG);
    CU_ASSERT_STRING_EQUAL(status.text, "hidden=40 does not part into heads=2: it must be a multiple of 16 * heads, 32");
    CU_ASSERT_PTR_NULL(model);
    unroll_settings_free(settings);
}

const unroll_test tests_core_memory[] = {
    CELLS_TEST(training_and_streaming_allocate_nothing),
    TEST(a_model_that_finds_no_memory_says_so_and_leaves_nothing_behind),
    TEST(a_model_without_the_room_that_is_asked_for_begins_anew),
    TEST(a_width_beyond_any_machine_is_one_sentence),
    TEST(heads_that_do_not_part_the_units_are_one_sentence),
    {NULL, NULL},
};
