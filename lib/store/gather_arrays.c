/* The two-dimensional part of a gathered file: /curves and /timings, a data set a name, a row a run. */
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "store/gather.h"

enum { MOST_ARRAYS = 1024 };

/* What curves and timings have in common, so that one function gathers both. */
typedef struct series {
    const char *name, *unit;
    const void *values;
    int length;
} series;

typedef struct family {
    const char *group, *axis;
    size_t size; /* bytes of a value */
    int (*count)(const unroll_record *record);
    series (*at)(const unroll_record *record, int index);
} family;

static int curve_count(const unroll_record *record)
{
    return record->curve_count;
}

static series curve_at(const unroll_record *record, int index)
{
    const unroll_curve *curve = &record->curves[index];
    return (series){curve->name, curve->unit, curve->value, curve->length};
}

static int timing_count(const unroll_record *record)
{
    return record->timing_count;
}

static series timing_at(const unroll_record *record, int index)
{
    const unroll_timing *timing = &record->timings[index];
    return (series){timing->name, "ns", timing->ns, timing->length};
}

/* Points of the longest array of all: one scale serves the whole group. */
static int longest(const family *k, unroll_record *const *records, int count)
{
    int width = 0;
    for (int i = 0; i < count; i++) {
        for (int a = 0; a < k->count(records[i]); a++) {
            int length = k->at(records[i], a).length;
            width = length > width ? length : width;
        }
    }
    return width;
}

/* Puts a record's array of that name into `row`, where it has one. Arrays lie at the same places in most records. */
static void copy_row(const family *k, const unroll_record *record, const char *name, int *place, char *row)
{
    int arrays = k->count(record);
    for (int tried = 0; tried < arrays; tried++) {
        int a = (*place + tried) % arrays;
        series s = k->at(record, a);
        if (strcmp(s.name, name) == 0) {
            if (s.length > 0)
                memcpy(row, s.values, (size_t)s.length * k->size);
            *place = a;
            return;
        }
    }
}

/* All runs' arrays of one name as (count, width), called `name`; what a run does not have is NaN, or -1 ns. */
static void put_series(unroll_h5 *h, hid_t group, const family *k, unroll_record *const *records, int count, int width,
                       const series *first, const char *name, const hid_t scales[2])
{
    const float no_point = NAN;
    const int64_t no_sample = -1;
    bool real = k->size == sizeof(float);
    size_t cells = (size_t)count * (size_t)width;
    char *values = malloc(cells * k->size);
    unroll_h5_data data = {.name = name,
                           .rank = 2,
                           .dims = {(hsize_t)count, (hsize_t)width},
                           .packed = true};
    int place = 0;
    hid_t set;
    if (values == NULL) {
        unroll_h5_fail(h, "out of memory");
        return;
    }
    for (size_t i = 0; i < cells; i++) {
        if (real)
            ((float *)(void *)values)[i] = no_point;
        else
            ((int64_t *)(void *)values)[i] = no_sample;
    }
    for (int i = 0; i < count; i++)
        copy_row(k, records[i], first->name, &place, values + (size_t)i * (size_t)width * k->size);
    data.file_type = real ? H5T_IEEE_F32LE : H5T_STD_I64LE;
    data.memory_type = real ? H5T_NATIVE_FLOAT : H5T_NATIVE_INT64;
    data.values = values;
    set = unroll_h5_put(h, group, &data);
    unroll_gather_describe(h, set, k->group, name, first->unit);
    unroll_gather_fill(h, set, data.file_type, data.memory_type, real ? (const void *)&no_point : &no_sample);
    unroll_gather_axis(h, set, 0, scales[0], "run");
    unroll_gather_axis(h, set, 1, scales[1], k->axis);
    if (set >= 0)
        H5Dclose(set);
    free(values);
}

static bool seen_before(const char *const *seen, int count, int *place, const char *name)
{
    if (*place < count && strcmp(seen[*place], name) == 0)
        return true;
    for (int i = 0; i < count; i++) {
        if (strcmp(seen[i], name) == 0) {
            *place = i;
            return true;
        }
    }
    return false;
}

/* Every array that any run has. A name that is the axis's own, or another's once it is fit for HDF5, is changed. */
static void put_all(unroll_h5 *h, const family *k, hid_t run_scale, unroll_record *const *records, int count)
{
    const char *seen[MOST_ARRAYS];
    unroll_gather_names claimed;
    int names = 0, width = longest(k, records, count);
    hid_t group = unroll_h5_make_group(h, k->group), scales[2] = {run_scale, H5I_INVALID_HID};
    unroll_gather_open_names(h, &claimed);
    unroll_gather_link_runs(h, run_scale, group);
    unroll_gather_claim_name(h, &claimed, "run");
    if (width > 0)
        scales[1] = unroll_gather_scale(h, group, unroll_gather_claim_name(h, &claimed, k->axis), width);
    for (int i = 0; width > 0 && i < count; i++) {
        int place = 0;
        for (int a = 0; a < k->count(records[i]) && h->status.code == UNROLL_OK; a++, place++) {
            series s = k->at(records[i], a);
            if (seen_before(seen, names, &place, s.name))
                continue;
            if (names == MOST_ARRAYS) {
                unroll_h5_fail(h, "more than %d data sets in %s", MOST_ARRAYS, k->group);
                break;
            }
            seen[names++] = s.name;
            put_series(h, group, k, records, count, width, &s, unroll_gather_claim_name(h, &claimed, s.name), scales);
        }
    }
    free(claimed.name);
    if (scales[1] >= 0)
        H5Dclose(scales[1]);
    if (group >= 0)
        H5Gclose(group);
}

void unroll_gather_curves(unroll_h5 *h, hid_t run_scale, unroll_record *const *records, int count)
{
    static const family curves = {"curves", "point", sizeof(float), curve_count, curve_at};
    put_all(h, &curves, run_scale, records, count);
}

void unroll_gather_timings(unroll_h5 *h, hid_t run_scale, unroll_record *const *records, int count)
{
    static const family timings = {"timings", "sample", sizeof(int64_t), timing_count, timing_at};
    put_all(h, &timings, run_scale, records, count);
}
