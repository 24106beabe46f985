/* CSV files of every make, and what is said of broken ones. */
#include <math.h>
#include <stdlib.h>

#include "../datasets/read/columns.h"
#include "../datasets/read/csv.h"
#include "data.h"

static unroll_status open_csv(const char *content, unroll_csv *csv)
{
    char path[1200];
    data_write(path, test_folder(), "table.csv", content, strlen(content));
    return unroll_csv_open(path, csv);
}

/* Opens content as a table that must be right; "|" between fields and "/" behind rows in `expected`. */
static void expect_cells(const char *content, bool header, char separator, const char *expected)
{
    unroll_csv csv;
    char got[1024] = "";
    unroll_status status = open_csv(content, &csv);
    CU_ASSERT_EQUAL_FATAL(status.code, UNROLL_OK);
    for (int i = 0; i < csv.rows * csv.columns; i++) {
        strcat(got, csv.cells[i]);
        strcat(got, i % csv.columns == csv.columns - 1 ? "/" : "|");
    }
    CU_ASSERT_STRING_EQUAL(got, expected);
    CU_ASSERT_EQUAL(csv.header, header);
    CU_ASSERT_EQUAL(csv.separator, separator);
    unroll_csv_close(&csv);
}

static void separators_headers_and_line_ends_are_found_out(void)
{
    expect_cells("a,b\n1,2\n3,4\n", true, ',', "1|2/3|4/");
    expect_cells("1,2\r\n3,4", false, ',', "1|2/3|4/");
    expect_cells("x;y\n1,5;2,5\n", true, ';', "1,5|2,5/");
    expect_cells("date;y\n2020-01-01;1,5\n2020-01-02;2,5\n", true, ';', "2020-01-01|1,5/2020-01-02|2,5/");
    expect_cells("x\ty\n1\t\n\t2\n", true, '\t', "1|/|2/");
    expect_cells("\xEF\xBB\xBFx,y\n1,2\n", true, ',', "1|2/");
    expect_cells("1\r2\r3\r", false, ',', "1/2/3/");
    expect_cells("# from somewhere; in 2020\n# x, y\n\n1,2\n\n3,4\n\n\n", false, ',', "1|2/3|4/");
    expect_cells("y\n 1 \n\t2\n", true, ',', "1/2/");
    expect_cells("a,NA\n1,2\n", true, ',', "1|2/");
    expect_cells("2020-01-01,1\n2020-01-02,2\n", false, ',', "2020-01-01|1/2020-01-02|2/");
}

/* a header may hold years: what is right above a number is a word */
static void a_word_above_a_number_makes_a_header(void)
{
    expect_cells("month,2020,2021\n1,5,6\n2,7,8\n", true, ',', "1|5|6/2|7|8/");
    expect_cells("2019,2020\n5,6\n", false, ',', "2019|2020/5|6/");
    expect_cells("may,5\njune,6\n", false, ',', "may|5/june|6/");
    expect_cells("NA,2020\n1,5\n", false, ',', "NA|2020/1|5/");
}

static void quotes_hold_separators_quotes_and_line_breaks(void)
{
    expect_cells("\"a, b\",\"c\"\n\"1\",\"2\"\n", true, ',', "1|2/");
    expect_cells("n,v\n\"say \"\"hi\"\"\nand go, now\",1\n\"\",2\n", true, ',', "say \"hi\"\nand go, now|1/|2/");
    expect_cells("n;v\n\"1;2\" ; 3\n", true, ';', "1;2|3/");
}

static void lines_are_counted_through_quotes_and_blank_lines(void)
{
    unroll_csv csv;
    CU_ASSERT_EQUAL_FATAL(open_csv("# c\nn,v\n\"x\ny\",1\n\nz,2\n", &csv).code, UNROLL_OK);
    CU_ASSERT_EQUAL(csv.lines[0], 3);
    CU_ASSERT_EQUAL(csv.lines[1], 6);
    CU_ASSERT_STRING_EQUAL(csv.names[1], "v");
    unroll_csv_close(&csv);
}

static void expect_refused(const char *content, const char *words)
{
    unroll_csv csv;
    unroll_status status = open_csv(content, &csv);
    CU_ASSERT_EQUAL(status.code, UNROLL_WRONG);
    if (strstr(status.text, words) == NULL) {
        fprintf(stderr, "\n\"%s\" does not say \"%s\"\n", status.text, words);
        CU_FAIL("another sentence");
    }
}

static void broken_tables_are_refused_with_the_line(void)
{
    expect_refused("", "is empty");
    expect_refused("\n\n", "has no rows");
    expect_refused("# only a comment\n", "has no rows");
    expect_refused("a,b\n", "a header but no rows");
    expect_refused("a,b\n1,2\n3\n", "line 3 has 1 field where the first row has 2");
    expect_refused("a,b\n1,2\n\n3,4,5\n", "line 4 has 3 fields where the first row has 2");
    expect_refused("a,b\n1,\"2\n3,4\n", "the quote that opens on line 2 is never closed");
    expect_refused("a,b\n1,\"2\"x\n", "line 2 has text behind a closing quote");
    expect_refused("a,b\n1,\x01\n", "control character 0x01 on line 2");
}

static void zero_bytes_folders_and_missing_files_are_refused(void)
{
    char path[1200];
    unroll_csv csv;
    const char *folder = test_folder();
    data_write(path, folder, "zero.csv", "a\n1\0002\n", 6);
    CU_ASSERT_PTR_NOT_NULL(strstr(unroll_csv_open(path, &csv).text, "zero bytes"));
    CU_ASSERT_PTR_NOT_NULL(strstr(unroll_csv_open(folder, &csv).text, "cannot be read"));
    CU_ASSERT_PTR_NOT_NULL(strstr(unroll_csv_open("/nowhere/at/all", &csv).text, "cannot be opened"));
}

static unroll_status open_columns(const char *content, const char *column, bool all, unroll_columns *columns)
{
    char path[1200];
    data_write(path, test_folder(), "table.csv", content, strlen(content));
    return unroll_columns_open(path, column, all, 0.4, columns);
}

static const char table[] = "day,load,name,temp\n"
                            "2020-01-01,?,x,1\n"
                            "2020-01-02,10,y,2\n"
                            "2020-01-03,NA,z,3e0\n"
                            "2020-01-04,-.5e1,z,4\n"
                            "2020-01-05,7,z,5\n";

static void holes_take_the_last_value_before_them(void)
{
    static const double expected[] = {10, 10, 10, -5, 7};
    unroll_columns columns;
    CU_ASSERT_EQUAL_FATAL(open_columns(table, "load", false, &columns).code, UNROLL_OK);
    CU_ASSERT_EQUAL(columns.rows, 5);
    CU_ASSERT_EQUAL(columns.count, 1);
    CU_ASSERT_EQUAL(columns.holes, 2);
    CU_ASSERT_EQUAL(memcmp(columns.hole, "\1\0\1\0\0", 5), 0);
    for (int r = 0; r < 5; r++)
        CU_ASSERT_EQUAL(columns.value[r], expected[r]);
    unroll_columns_close(&columns);
}

static void columns_are_found_by_name_number_or_as_the_last_numeric_one(void)
{
    static const char *const ways[] = {"temp", "4", ""};
    for (int i = 0; i < 3; i++) {
        unroll_columns columns;
        CU_ASSERT_EQUAL_FATAL(open_columns(table, ways[i], true, &columns).code, UNROLL_OK);
        CU_ASSERT_EQUAL(columns.count, 2);
        CU_ASSERT_EQUAL(columns.target, 1);
        CU_ASSERT_STRING_EQUAL(columns.names[0], "load");
        CU_ASSERT_STRING_EQUAL(columns.names[1], "temp");
        CU_ASSERT_EQUAL(columns.value[5 + 2], 3.0);
        unroll_columns_close(&columns);
    }
}

static void columns_called_like_years_are_found_by_name(void)
{
    static const char years[] = "month,2020,2021\n1,5,6\n2,7,8\n";
    static const char *const ways[] = {"2020", "2021", "2"};
    static const double second_row[] = {7, 8, 7};
    unroll_columns columns;
    for (int i = 0; i < 3; i++) {
        CU_ASSERT_EQUAL_FATAL(open_columns(years, ways[i], false, &columns).code, UNROLL_OK);
        CU_ASSERT_EQUAL(columns.rows, 2);
        CU_ASSERT_EQUAL(columns.value[1], second_row[i]);
        unroll_columns_close(&columns);
    }
}

static void decimal_commas_are_read_where_commas_do_not_part_fields(void)
{
    unroll_columns columns;
    CU_ASSERT_EQUAL_FATAL(open_columns("d;v\na;1,5\nb;-2,25\n", "v", false, &columns).code, UNROLL_OK);
    CU_ASSERT_EQUAL(columns.value[0], 1.5);
    CU_ASSERT_EQUAL(columns.value[1], -2.25);
    unroll_columns_close(&columns);
}

static void expect_no_columns(const char *content, const char *column, const char *words)
{
    unroll_columns columns;
    unroll_status status = open_columns(content, column, false, &columns);
    CU_ASSERT_EQUAL(status.code, UNROLL_WRONG);
    if (strstr(status.text, words) == NULL) {
        fprintf(stderr, "\n\"%s\" does not say \"%s\"\n", status.text, words);
        CU_FAIL("another sentence");
    }
}

static void wrong_columns_and_values_are_refused_with_their_place(void)
{
    expect_no_columns(table, "lod", "did you mean load");
    expect_no_columns(table, "5", "a number from 1 to 4");
    expect_no_columns(table, "name", "line 2, column name: \"x\" is not a number");
    expect_no_columns("a,b\n1,2\n3,oops\n5,6\n", "b", "line 3, column b: \"oops\" is not a number");
    expect_no_columns("a,b\n1,2\n3,1e31\n", "b", "line 3, column b: 1e31 is too large a number");
    expect_no_columns("a,b\n1,2\n3,-1e999\n", "2", "-1e999 is too large a number");
    expect_no_columns("a,b\nx,y\n", "", "has no column of numbers");
    expect_no_columns("a,b\n1,2\n,NA\n,3\n4,5\n,6\n", "a", "column a lacks 3 of 5 values, the first on line 3");
    expect_no_columns("a,b\n1,0x10\n", "b", "\"0x10\" is not a number");
}

const unroll_test tests_data_csv[] = {TEST(separators_headers_and_line_ends_are_found_out),
                                      TEST(a_word_above_a_number_makes_a_header),
                                      TEST(quotes_hold_separators_quotes_and_line_breaks),
                                      TEST(lines_are_counted_through_quotes_and_blank_lines),
                                      TEST(broken_tables_are_refused_with_the_line),
                                      TEST(zero_bytes_folders_and_missing_files_are_refused),
                                      TEST(holes_take_the_last_value_before_them),
                                      TEST(columns_are_found_by_name_number_or_as_the_last_numeric_one),
                                      TEST(columns_called_like_years_are_found_by_name),
                                      TEST(decimal_commas_are_read_where_commas_do_not_part_fields),
                                      TEST(wrong_columns_and_values_are_refused_with_their_place),
                                      {NULL, NULL}};
