/* HDF5 is thread-safe only where it was built so: the threads of a sweep talk to it one at a time. This suite is named
   after the sweep because the thread sanitizer runs its suites. */
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "store/h5.h"
#include "store/store.h"
#include "files.h"
#include "waiting.h"

enum { WRITERS = 4, RECORDS = 24 };

static unroll_record *make_record(int writer)
{
    unroll_record *record = unroll_record_new(NULL);
    float curve[64];
    char name[32];
    for (int i = 0; i < 64; i++)
        curve[i] = (float)(writer * 64 + i);
    snprintf(record->id, sizeof record->id, "%032d", writer);
    strcpy(record->experiment, "counted");
    strcpy(record->status, "done");
    for (int i = 0; i <= writer; i++) {
        snprintf(name, sizeof name, "value %d", i);
        unroll_record_real(record, name, "", i + writer / 8.0);
        unroll_record_curve(record, name, "K", curve, 64 - i);
    }
    return record;
}

/* ---- one thread that writes while another one holds the lock ---- */

typedef struct writer {
    unroll_status (*write)(const char *folder);
    const char *folder;
    worker worker;
    unroll_status status;
} writer;

static unroll_status write_record(const char *folder)
{
    char path[1200];
    unroll_record *record = make_record(0);
    snprintf(path, sizeof path, "%s/%s.h5", folder, record->id);
    unroll_status status = unroll_store_record(record, path);
    unroll_record_free(record);
    return status;
}

static unroll_status write_bundle(const char *folder)
{
    char path[1200];
    unroll_bundle *bundle = unroll_bundle_new();
    snprintf(path, sizeof path, "%s/written.h5", folder);
    unroll_bundle_attribute(bundle, "text", "of a bundle");
    unroll_status status = unroll_store_bundle(bundle, path);
    unroll_bundle_free(bundle);
    return status;
}

static const char *runs; /* folder of one record */

static unroll_status write_gathered(const char *folder)
{
    char path[1200];
    unroll_gather_info info = {.experiment = "counted", .title = "runs that are counted"};
    snprintf(path, sizeof path, "%s/written.h5", folder);
    return unroll_store_gather(runs, NULL, 0, path, &info);
}

static void *write_one(void *context)
{
    writer *w = context;
    begin_work(&w->worker);
    w->status = w->write(w->folder);
    atomic_store(&w->worker.done, true);
    return NULL;
}

static void check_that_it_waits(unroll_status (*write)(const char *folder), const char *folder)
{
    writer w = {.write = write, .folder = folder};
    pthread_t thread;
    unroll_h5_lock();
    bool started = pthread_create(&thread, NULL, write_one, &w) == 0;
    if (started)
        wait_until_asleep_or_done(&w.worker);
    CU_ASSERT_FALSE(atomic_load(&w.worker.done));
    CU_ASSERT_EQUAL(count_files(folder, ""), 0);
    unroll_h5_unlock();
    CU_ASSERT_TRUE_FATAL(started);
    pthread_join(thread, NULL);
    CU_ASSERT_EQUAL(w.status.code, UNROLL_OK);
    CU_ASSERT_EQUAL(count_files(folder, ""), 1);
}

static void whoever_writes_waits_for_the_thread_that_holds_the_lock(void)
{
    runs = test_folder();
    CU_ASSERT_EQUAL(write_record(runs).code, UNROLL_OK);
    check_that_it_waits(write_record, test_folder());
    check_that_it_waits(write_bundle, test_folder());
    check_that_it_waits(write_gathered, test_folder());
}

/* ---- threads that write at once ---- */

typedef struct crowd {
    const char *folder;
    atomic_int ready;
    int stored; /* no atomic number: only the lock keeps the threads from counting past each other */
} crowd;

typedef struct member {
    crowd *crowd;
    int number;
    pthread_t thread;
    int failed; /* records that could not be stored */
} member;

static void path_of(const crowd *c, int number, int record, char path[1200])
{
    snprintf(path, 1200, "%s/%d-%d.h5", c->folder, number, record);
}

/* Whoever else comes in between reading and writing the number loses this record. */
static void count_under_lock(crowd *c)
{
    unroll_h5_lock();
    int stored = c->stored;
    for (int i = 0; i < 20; i++)
        sched_yield();
    c->stored = stored + 1;
    unroll_h5_unlock();
}

static void *write_many(void *context)
{
    member *m = context;
    unroll_record *record = make_record(m->number);
    atomic_fetch_add(&m->crowd->ready, 1);
    while (atomic_load(&m->crowd->ready) < WRITERS)
        sched_yield();
    for (int i = 1; i <= RECORDS; i++) {
        char path[1200];
        path_of(m->crowd, m->number, i, path);
        m->failed += unroll_store_record(record, path).code != UNROLL_OK;
        count_under_lock(m->crowd);
    }
    unroll_record_free(record);
    return NULL;
}

/* Equal records give equal bytes: those of the one that was written, as number 0, when nobody else wrote. */
static void check_files(const crowd *c, int number)
{
    enum { ROOM = 1 << 18 };
    static char expected[ROOM], bytes[ROOM];
    char path[1200];
    path_of(c, number, 0, path);
    size_t size = read_bytes(path, expected, ROOM);
    CU_ASSERT(size > 0 && size < ROOM);
    for (int i = 1; i <= RECORDS; i++) {
        path_of(c, number, i, path);
        CU_ASSERT_EQUAL(read_bytes(path, bytes, ROOM), size);
        CU_ASSERT_EQUAL(memcmp(bytes, expected, size), 0);
    }
}

static void records_that_threads_store_at_once_are_those_of_one_thread(void)
{
    crowd c = {.folder = test_folder()};
    member members[WRITERS];
    for (int i = 0; i < WRITERS; i++) {
        char path[1200];
        unroll_record *record = make_record(i);
        path_of(&c, i, 0, path);
        CU_ASSERT_EQUAL_FATAL(unroll_store_record(record, path).code, UNROLL_OK);
        unroll_record_free(record);
    }
    for (int i = 0; i < WRITERS; i++) {
        members[i] = (member){.crowd = &c, .number = i};
        CU_ASSERT_EQUAL_FATAL(pthread_create(&members[i].thread, NULL, write_many, &members[i]), 0);
    }
    for (int i = 0; i < WRITERS; i++)
        pthread_join(members[i].thread, NULL);
    CU_ASSERT_EQUAL(c.stored, WRITERS * RECORDS);
    for (int i = 0; i < WRITERS; i++) {
        CU_ASSERT_EQUAL(members[i].failed, 0);
        check_files(&c, i);
    }
}

const unroll_test tests_sweep_lock[] = {
    TEST(whoever_writes_waits_for_the_thread_that_holds_the_lock),
    TEST(records_that_threads_store_at_once_are_those_of_one_thread),
    {NULL, NULL},
};
