/* The machine and the build, as text for a record. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#ifdef __APPLE__
#include <sys/sysctl.h>
#endif

#include "bench/bench.h"
#include "bench/timed.h"

static void processor_name(char *out, size_t size)
{
    snprintf(out, size, "unknown");
#ifdef __APPLE__
    sysctlbyname("machdep.cpu.brand_string", out, &size, NULL, 0);
#else
    FILE *file = fopen("/proc/cpuinfo", "r");
    char line[512];
    while (file != NULL && fgets(line, sizeof line, file) != NULL) {
        char *colon = strchr(line, ':');
        if (colon != NULL && strncmp(line, "model name", 10) == 0) {
            colon[strcspn(colon, "\n")] = '\0';
            snprintf(out, size, "%s", colon + 2);
            break;
        }
    }
    if (file != NULL)
        fclose(file);
#endif
}

void unroll_describe_machine(const unroll_settings *settings, unroll_record *record)
{
    char text[256];
    struct utsname system;
    double load[1];
    processor_name(text, sizeof text);
    unroll_record_env(record, "processor", text);
    snprintf(text, sizeof text, "%ld", sysconf(_SC_NPROCESSORS_ONLN));
    unroll_record_env(record, "cores", text);
    if (uname(&system) == 0) {
        snprintf(text, sizeof text, "%.80s %.80s %.60s", system.sysname, system.release, system.machine);
        unroll_record_env(record, "system", text);
    }
    unroll_record_env(record, "isa", unroll_isa_of(settings)->name);
    unroll_record_env(record, "threads", unroll_settings_show(settings, unroll_setting_find("threads")));
    unroll_record_env(record, "denormals", "flushed to zero");
#ifdef __clang__
    unroll_record_env(record, "compiler", "clang " __clang_version__);
#else
    unroll_record_env(record, "compiler", "gcc " __VERSION__);
#endif
    unroll_record_env(record, "flags", UNROLL_FLAGS);
    if (getloadavg(load, 1) == 1) {
        snprintf(text, sizeof text, "%.2f", load[0]);
        unroll_record_env(record, "load", text);
    }
}
