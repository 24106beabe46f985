#include "sweep/progress.h"

#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "bench/bench.h"

static const int64_t REDRAW_NS = 100000000;

const char *unroll_show_duration(double seconds, char out[32])
{
    long long whole = (long long)(seconds + 0.5);
    if (seconds < 0.995)
        snprintf(out, 32, "%.2f s", seconds);
    else if (seconds < 9.95)
        snprintf(out, 32, "%.1f s", seconds);
    else if (whole < 60)
        snprintf(out, 32, "%lld s", whole);
    else if (whole < 3600)
        snprintf(out, 32, "%lld min %lld s", whole / 60, whole % 60);
    else if (whole < 86400)
        snprintf(out, 32, "%lld h %lld min", whole / 3600, whole % 3600 / 60);
    else
        snprintf(out, 32, "%lld d %lld h", whole / 86400, whole % 86400 / 3600);
    return out;
}

void unroll_progress_open(unroll_progress *progress, FILE *out, int total, int found, double cost_total)
{
    memset(progress, 0, sizeof *progress);
    progress->out = out;
    progress->terminal = isatty(fileno(out)) == 1;
    progress->total = total;
    progress->finished = found;
    progress->cost_total = cost_total;
    progress->started = unroll_clock_ns();
    pthread_mutex_init(&progress->lock, NULL);
}

static int terminal_width(FILE *out)
{
    struct winsize size;
    if (ioctl(fileno(out), TIOCGWINSZ, &size) == 0 && size.ws_col > 0)
        return size.ws_col;
    return 80;
}

static void erase(const unroll_progress *progress)
{
    if (progress->terminal)
        fputs("\r\033[K", progress->out);
}

void unroll_progress_close(unroll_progress *progress)
{
    erase(progress);
    fflush(progress->out);
    pthread_mutex_destroy(&progress->lock);
}

/* "[######----] 12/60, 1 diverged, about 3 min 5 s left", cut at the terminal's width */
static void draw(unroll_progress *progress)
{
    enum { BAR = 24 };
    char bar[BAR + 1], duration[32], line[256];
    double share = progress->cost_total > 0 ? progress->cost_done / progress->cost_total : 0;
    double elapsed = (double)(unroll_clock_ns() - progress->started) * 1e-9;
    int filled = progress->total > 0 ? BAR * progress->finished / progress->total : 0;
    size_t used;
    memset(bar, '-', BAR);
    memset(bar, '#', (size_t)filled);
    bar[BAR] = '\0';
    used = (size_t)snprintf(line, sizeof line, "[%s] %d/%d", bar, progress->finished, progress->total);
    if (progress->diverged > 0)
        used += (size_t)snprintf(line + used, sizeof line - used, ", %d diverged", progress->diverged);
    if (progress->failed > 0)
        used += (size_t)snprintf(line + used, sizeof line - used, ", %d failed", progress->failed);
    if (elapsed > 0.5 && share > 0.002) { /* less is no measure of the rest */
        double left = elapsed * (1 - share) / share;
        snprintf(line + used, sizeof line - used, ", %s%s left", left < 10 ? "" : "about ",
                 left < 10 ? "a few seconds" : unroll_show_duration(left, duration));
    }
    erase(progress);
    fprintf(progress->out, "%.*s", terminal_width(progress->out) - 1, line);
    fflush(progress->out);
    progress->drawn = unroll_clock_ns();
}

void unroll_progress_advance(unroll_progress *progress, double cost)
{
    pthread_mutex_lock(&progress->lock);
    progress->cost_done += cost;
    if (progress->terminal && unroll_clock_ns() - progress->drawn >= REDRAW_NS)
        draw(progress);
    pthread_mutex_unlock(&progress->lock);
}

void unroll_progress_finish(unroll_progress *progress, const char *status, const char *line, bool notable)
{
    pthread_mutex_lock(&progress->lock);
    progress->finished++;
    progress->diverged += strcmp(status, "diverged") == 0;
    progress->failed += strcmp(status, "failed") == 0;
    if (notable || !progress->terminal) {
        int width = snprintf(NULL, 0, "%d", progress->total);
        erase(progress);
        fprintf(progress->out, "  %*d/%d  %s\n", width, progress->finished, progress->total, line);
        fflush(progress->out);
        progress->drawn = 0;
    }
    if (progress->terminal && unroll_clock_ns() - progress->drawn >= REDRAW_NS)
        draw(progress);
    pthread_mutex_unlock(&progress->lock);
}

void unroll_progress_say(unroll_progress *progress, const char *line)
{
    pthread_mutex_lock(&progress->lock);
    erase(progress);
    fprintf(progress->out, "%s\n", line);
    fflush(progress->out);
    progress->drawn = 0;
    pthread_mutex_unlock(&progress->lock);
}
