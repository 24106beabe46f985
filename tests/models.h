/* models.h: the models that the registry's tests train. */
#ifndef UNROLL_TESTS_MODELS_H
#define UNROLL_TESTS_MODELS_H

#include "digest.h"
#include "suite.h"

/* Whether a line of tests/models.txt is of one of the cells that the tests go over. */
static inline bool model_is_wanted(const char *line)
{
    for (int i = test_cells.from; i < test_cells.to; i++) {
        const char *name = unroll_isa_now()->cells[i]->name;
        if (strncmp(line, name, strlen(name)) == 0 && line[strlen(name)] == ' ')
            return true;
    }
    return false;
}

/* Every cell, then the lines of tests/models.txt; NULL after the last. */
static inline const char *digest_model(int index)
{
    static char line[160];
    FILE *file;
    int left = index - (test_cells.to - test_cells.from);
    if (left < 0)
        return unroll_isa_now()->cells[test_cells.from + index]->name;
    file = fopen("tests/models.txt", "r");
    if (file == NULL)
        return NULL;
    while (left >= 0 && fgets(line, sizeof line, file) != NULL)
        left -= model_is_wanted(line);
    fclose(file);
    line[strcspn(line, "\n")] = '\0';
    return left < 0 ? line : NULL;
}

#endif
