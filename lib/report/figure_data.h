/* figure_data.h: what a line at the head of a gnuplot script asks for, and what answers it (inside lib/report). */
#ifndef UNROLL_REPORT_FIGURE_DATA_H
#define UNROLL_REPORT_FIGURE_DATA_H

#include "report/inside.h"

/* "#! NAME: KIND METRIC over COLUMN by COLUMN...", as figure_data.c explains it. */
typedef struct unroll_request {
    char name[48], kind[16], metric[48], over[48];
    unroll_measure measure; /* the metric's */
    char curves[256];       /* of a run */
    char by[256], where[256];
    bool others; /* parts what a point would take together */
} unroll_request;

typedef struct unroll_drawing {
    const unroll_experiment *experiment;
    const unroll_table *table;
    const char *script, *folder;
    unroll_beside_found beside;
    FILE *variables; /* data.gp */
    bool *keep;      /* (rows) */
    char *together;  /* settings in which the runs of a point differ, of all requests */
} unroll_drawing;

/* Writes a block's lines and adds how many points are drawn of them. */
unroll_status unroll_figure_block(const unroll_drawing *d, const unroll_request *r, const unroll_group *group, FILE *out,
                                  int *points);
/* Writes a variable of gnuplot's that holds a text. */
void unroll_figure_string(const char *name, const char *text, FILE *out);
/* Writes what gnuplot is told of a request's blocks: NAME_n, NAME_file, NAME_unit, and the values of each column of "by". */
unroll_status unroll_figure_variables(const unroll_drawing *d, const unroll_request *r, const unroll_groups *groups);

#endif
