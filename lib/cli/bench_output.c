#include "cli/bench_output.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/file.h"
#include "base/text.h"
#include "bench/peers.h"
#include "model/run.h"
#include "store/store.h"

enum { NAME_ROOM = 48, CELL_ROOM = 64 };

/* A column's value as text: of the results, else of the settings. */
static void show(const unroll_record *record, const char *name, bool csv, char out[CELL_ROOM])
{
    const unroll_column *column = unroll_record_find(record, name);
    int setting = unroll_setting_find(name);
    if (column == NULL)
        unroll_text_copy(out, CELL_ROOM, setting >= 0 ? unroll_settings_show(record->settings, setting) : "");
    else if (column->type == UNROLL_COLUMN_TEXT)
        unroll_text_copy(out, CELL_ROOM, column->text);
    else if (column->type == UNROLL_COLUMN_INT)
        snprintf(out, CELL_ROOM, "%lld", (long long)column->integer);
    else
        snprintf(out, CELL_ROOM, csv ? "%.6g" : "%.4g", column->real);
}

static int width_of(const char *name)
{
    int length = (int)strlen(name);
    return length > 9 ? length : 9;
}

static void print_line(const unroll_bench_output *output, const unroll_record *record)
{
    const char *rest = output->mode->columns;
    char name[NAME_ROOM], value[CELL_ROOM];
    bool first = true;
    while (unroll_next_word(&rest, name, sizeof name)) {
        if (record != NULL)
            show(record, name, output->csv, value);
        else
            unroll_text_copy(value, sizeof value, name);
        if (output->csv)
            printf("%s%s", first ? "" : ",", value);
        else
            printf("%s%*s", first ? "" : " ", first ? -width_of(name) : width_of(name), value);
        first = false;
    }
    printf("\n");
    fflush(stdout);
}

unroll_status unroll_bench_begin(unroll_bench_output *output)
{
    char path[1024];
    snprintf(path, sizeof path, "%.900s/bench/runs", output->results);
    UNROLL_TRY(unroll_make_folder(path));
    output->invocation = (int64_t)time(NULL);
    output->trouble = unroll_ok();
    print_line(output, NULL);
    return unroll_ok();
}

static void add_ceilings(unroll_record *record, const unroll_ceilings *c)
{
    unroll_record_int(record, "cores", "", c->cores);
    unroll_record_real(record, "peak_core", "GFLOP/s", c->peak_core);
    unroll_record_real(record, "peak_all", "GFLOP/s", c->peak_all);
    unroll_record_real(record, "l2_gb_per_s", "GB/s", c->l2_gb_per_s);
    unroll_record_real(record, "l3_gb_per_s", "GB/s", c->l3_gb_per_s);
    unroll_record_real(record, "memory_gb_per_s", "GB/s", c->memory_gb_per_s);
}

static unroll_status store(unroll_bench_output *output, unroll_record *record)
{
    char path[1024], date[32];
    time_t now = (time_t)output->invocation;
    struct tm parts;
    strftime(date, sizeof date, "%Y-%m-%dT%H:%M:%SZ", gmtime_r(&now, &parts));
    unroll_record_text(record, "mode", output->mode->name);
    unroll_record_text(record, "date", date);
    unroll_record_int(record, "invocation", "s", output->invocation);
    add_ceilings(record, output->ceilings);
    /* the order of ids is that of time; several invocations may share a folder and a second */
    snprintf(record->id, sizeof record->id, "%012llx%08lx%012x", (unsigned long long)output->invocation,
             (unsigned long)getpid() & 0xffffffffUL, (unsigned)output->count);
    unroll_text_copy(record->experiment, sizeof record->experiment, output->experiment->name);
    record->experiment_version = output->experiment->version;
    record->numerics_version = UNROLL_NUMERICS_VERSION;
    unroll_text_copy(record->status, sizeof record->status, "done");
    unroll_describe_machine(record->settings, record);
    UNROLL_TRY(unroll_record_check(record));
    snprintf(path, sizeof path, "%.900s/bench/runs/%s.h5", output->results, record->id);
    return unroll_store_record(record, path);
}

/* A peer that takes no part is told of at the point where that happens. */
static void count_ratio(unroll_bench_output *output, const unroll_record *record)
{
    const unroll_column *ratio = unroll_record_find(record, "best_times");
    if (unroll_record_find(record, "best") == NULL)
        return;
    for (int i = 0; i < UNROLL_PEERS; i++)
        if (unroll_peer(i)->trouble[0] != '\0')
            fprintf(stderr, "unroll: %s does not count here: %s\n", unroll_peer(i)->name, unroll_peer(i)->trouble);
    if (ratio == NULL)
        return;
    output->log_ratios += log(ratio->real);
    output->ratios++;
    output->lost += ratio->real < 1.0;
}

static void print_ratios(const unroll_bench_output *output)
{
    if (output->ratios > 0)
        printf("\nthe best peer takes %.2f times our time in the geometric mean of %d points; at %d of them it is faster\n",
               exp(output->log_ratios / output->ratios), output->ratios, output->lost);
    for (int i = 0; strstr(output->mode->name, "peers") != NULL && i < UNROLL_PEERS; i++)
        if (unroll_peer(i)->missing)
            printf("%s is not here: on Debian %s brings it%s\n", unroll_peer(i)->name, unroll_peer(i)->package,
                   strcmp(unroll_peer(i)->name, "torch") == 0 ? "" : ", then make builds this peer");
}

void unroll_bench_put(void *context, unroll_record *record)
{
    unroll_bench_output *output = context;
    unroll_status status;
    if (record == NULL) {
        output->trouble = unroll_error(UNROLL_FAILED, "out of memory for a result");
        return;
    }
    print_line(output, record);
    count_ratio(output, record);
    status = store(output, record);
    output->count++;
    if (output->trouble.code == UNROLL_OK)
        output->trouble = status;
    unroll_record_free(record);
}

unroll_status unroll_bench_end(unroll_bench_output *output)
{
    unroll_gather_info info = {.experiment = output->experiment->name, .title = output->experiment->title};
    char folder[1024], path[1024];
    if (output->count == 0)
        return unroll_ok();
    snprintf(folder, sizeof folder, "%.900s/bench/runs", output->results);
    snprintf(path, sizeof path, "%.900s/bench.h5", output->results);
    UNROLL_TRY(unroll_store_gather(folder, NULL, 0, path, &info));
    if (!output->csv)
        print_ratios(output);
    if (!output->csv)
        printf("\n%s", output->mode->legend);
    if (!output->csv)
        printf("\nin %s: these %d, of %d in all\n", path, output->count, info.records);
    if (info.damaged > 0)
        return unroll_error(UNROLL_FAILED, "%.100s leaves out %d damaged record%s of %.100s, to be removed; the first: %.250s",
                            path, info.damaged, info.damaged == 1 ? "" : "s", folder, info.first_damaged);
    return unroll_ok();
}
