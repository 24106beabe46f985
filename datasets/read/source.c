#include "source.h"

const unroll_setting unroll_source_settings[UNROLL_SOURCE_SETTINGS] = {
    {"file", UNROLL_TEXT, 0, 0, "", "", "", "data of your own: a CSV (task=series) or a UTF-8 text (task=text, task=words)", "data",
     UNROLL_SETTING_PATH},
    {"valid_share", UNROLL_REAL, -1, 0.9, "", "-1", "",
     "part for validation; -1: 0.15 of a series, 0.05 of a text and at most 65536 characters, 0.1 of images and at most 5000",
     "data", 0, "train_rows=0, which parts the data by rows"},
    {"test_share", UNROLL_REAL, -1, 0.9, "", "-1", "", "part for the test of a series or text; -1: as valid_share",
     "data", 0, "train_rows=0, which parts the data by rows"},
    {"train_share", UNROLL_REAL, 0.000001, 1, "", "1", "",
     "of the training part only so much is there, its end, next to validation", "data", 0},
};

const char *unroll_source_file(const unroll_settings *settings)
{
    return unroll_text(settings, "file");
}

void unroll_source_shares(const unroll_settings *settings, double usual, double *valid, double *test)
{
    *valid = unroll_real(settings, "valid_share");
    *test = unroll_real(settings, "test_share");
    *valid = *valid < 0.0 ? usual : *valid;
    *test = *test < 0.0 ? *valid : *test;
}

size_t unroll_source_dropped(const unroll_settings *settings, size_t train)
{
    size_t kept = (size_t)(unroll_real(settings, "train_share") * (double)train + 0.5);
    return kept < 1 && train > 0 ? train - 1 : train - kept;
}

unroll_status unroll_source_split(const unroll_settings *settings, double usual, size_t count, const char *what,
                                  size_t parts[3])
{
    double valid, test;
    unroll_source_shares(settings, usual, &valid, &test);
    parts[UNROLL_VALID] = (size_t)(valid * (double)count + 0.5);
    parts[UNROLL_TEST] = (size_t)(test * (double)count + 0.5);
    if (parts[UNROLL_VALID] < 1 || parts[UNROLL_TEST] < 1 || parts[UNROLL_VALID] + parts[UNROLL_TEST] >= count)
        return unroll_error(UNROLL_WRONG,
                            "%zu %s split into training, %zu for validation and %zu for the test: each part needs some", count,
                            what, parts[UNROLL_VALID], parts[UNROLL_TEST]);
    parts[UNROLL_TRAIN] = count - parts[UNROLL_VALID] - parts[UNROLL_TEST];
    return unroll_ok();
}
