/* unroll plot: figures of what was run. */
#include <stdio.h>

#include "cli/cli.h"
#include "report/report.h"

static const unroll_option options[] = {
    {"where", "COLUMN=VALUE,...",
     "only these runs: values, ranges a..b, max, min; quote several terms: 'where=length=max model=lstm,gru'"},
    {"best", "SETTING,...", "only the best value by validation: the lower half of the seeds chooses, the others are shown"},
    {"--results", "DIR", "folder of the results (default: results)"},
    {NULL, NULL, NULL},
};

/* Draws what can be drawn; the first failure is told at the end, those of experiments without results only when they
   were named. */
static unroll_status draw_all(const unroll_selection *selection, const unroll_grouping *grouping, const atomic_bool *stop)
{
    unroll_status first = unroll_ok();
    int drawn = 0;
    for (int i = 0; i < selection->count && !atomic_load(stop); i++) {
        unroll_table *table;
        unroll_status status = unroll_report_load(selection->experiments[i], selection->results, &table);
        unroll_table_free(table);
        if (status.code == UNROLL_NOTHING && !selection->named)
            continue;
        if (status.code == UNROLL_OK)
            status = unroll_plot(selection->experiments[i], selection->results, grouping, stdout);
        drawn += status.code == UNROLL_OK;
        if (first.code == UNROLL_OK)
            first = status;
        fflush(stdout);
    }
    if (drawn == 0 && first.code == UNROLL_OK)
        return unroll_error(UNROLL_NOTHING, "there are no results in %.300s yet: unroll run EXPERIMENT makes them",
                            selection->results);
    return first;
}

static unroll_status run(const unroll_arguments *arguments, const atomic_bool *stop)
{
    unroll_grouping grouping = {.where = unroll_option_get(arguments, "where"), .best = unroll_option_get(arguments, "best")};
    bool chosen = grouping.where != NULL || grouping.best != NULL;
    unroll_selection selection;
    unroll_status status = unroll_selection_read(arguments, &selection);
    if (status.code == UNROLL_OK)
        status = draw_all(&selection, chosen ? &grouping : NULL, stop);
    unroll_selection_free(&selection);
    return status;
}

const unroll_command command_plot = {
    .name = "plot",
    .usage = "[EXPERIMENT...] [where=COLUMN=VALUE,...] [best=SETTING,...] [options]",
    .help = "draw the figures with gnuplot, as SVG and PNG, into results/figures",
    .order = 50,
    .most_words = 1000,
    .run = run,
    .options = options,
    .more = "Without EXPERIMENT: all that have results. What a figure is drawn from is in figures/data beside it.\n"
            "With where= or best= the figure is called FIGURE-selected, and the figure of all runs stays as it is.\n"
            "A setting that varies and is no axis of a figure gets a line for each value, while they are few.\n",
};
