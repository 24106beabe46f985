/* The settings table: what is read from text, what is shown again, what is refused and in which words. */
#include <math.h>
#include <string.h>

#include "base/number.h"
#include "base/settings.h"
#include "base/text.h"
#include "starved.h"
#include "suite.h"

/* Sets name=value and gives the sentence of the refusal, "" when it was taken. */
static const char *sentence_of(const char *assignment)
{
    static char text[512];
    unroll_settings *settings = unroll_settings_new();
    unroll_status status = unroll_settings_assign(settings, assignment);
    CU_ASSERT(status.code == UNROLL_OK || status.code == UNROLL_WRONG);
    CU_ASSERT_EQUAL(status.code == UNROLL_OK, status.text[0] == '\0');
    strcpy(text, status.text);
    unroll_settings_free(settings);
    return text;
}

/* Sets name=value and gives the canonical text of the value. */
static const char *shown_after(const char *assignment)
{
    static char text[512];
    char name[48] = "";
    unroll_settings *settings = unroll_settings_new();
    strncat(name, assignment, strcspn(assignment, "="));
    CU_ASSERT_EQUAL(unroll_settings_assign(settings, assignment).code, UNROLL_OK);
    unroll_text_copy(text, sizeof text, unroll_settings_show(settings, unroll_setting_find(name)));
    unroll_settings_free(settings);
    return text;
}

static const char *identity_of(const char *a, const char *b, bool timed, const char *salt)
{
    static char ids[4][33];
    static int turn;
    unroll_settings *settings = unroll_settings_new();
    turn = (turn + 1) % 4;
    if (a != NULL)
        CU_ASSERT_EQUAL(unroll_settings_assign(settings, a).code, UNROLL_OK);
    if (b != NULL)
        CU_ASSERT_EQUAL(unroll_settings_assign(settings, b).code, UNROLL_OK);
    unroll_settings_identity(settings, timed, salt, ids[turn]);
    unroll_settings_free(settings);
    return ids[turn];
}

static void a_bad_setting_names_itself_its_range_and_the_nearest_name(void)
{
    static const struct {
        const char *assignment, *sentence;
    } known[] = {
        {"hidden=0", "hidden=0 is outside 1..2147483647"},
        {"hidden=1e10", "hidden=1e10 is outside 1..2147483647"},
        {"hidden=99999999999999999999", "hidden=99999999999999999999 is outside 1..2147483647"},
        {"hidden=1e999", "hidden=1e999 is outside 1..2147483647"},
        {"seed=9007199254740993", "seed=9007199254740993 is outside 0..9007199254740992"},
        {"hidden=1.5", "hidden=1.5 is not a whole number"},
        {"hidden=20k", "hidden=20k is not a whole number"},
        {"hidden=", "hidden= is not a whole number"},
        {"hidden= 5", "hidden= 5 is not a whole number"},
        {"lr=nan", "lr=nan is not a number"},
        {"lr=inf", "lr=inf is not a number"},
        {"lr=0x10", "lr=0x10 is not a number"},
        {"lr=1e", "lr=1e is not a number"},
        {"lr=-1", "lr=-1 is outside 0..1000000"},
        {"hiden=64", "unknown setting \"hiden\"; did you mean \"hidden\"?"},
        {"lenght=64", "unknown setting \"lenght\"; did you mean \"length\"?"},
        {"optim=adam", "unknown setting \"optim\"; did you mean \"optimizer\"?"},
        {"zzzzzzzz=1", "unknown setting \"zzzzzzzz\"; unroll list settings shows them all"},
        {"optimizer=adm", "optimizer=adm is none of sgd|rmsprop|adam; did you mean \"adam\"?"},
        {"optimizer=", "optimizer= is none of sgd|rmsprop|adam"},
        {"hidden", "\"hidden\" is not of the form name=value"},
        {"=64", "\"=64\" is not of the form name=value"},
        {"file=a\xff", "file=a? is not UTF-8 text"},
        {"hidden=1\n2", "hidden=1?2 is not a whole number"},
    };
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
        CU_ASSERT_STRING_EQUAL(sentence_of(known[i].assignment), known[i].sentence);
}

static void a_refused_value_leaves_the_old_one(void)
{
    unroll_settings *settings = unroll_settings_new();
    unroll_settings_assign(settings, "hidden=128");
    CU_ASSERT_EQUAL(unroll_settings_assign(settings, "hidden=0").code, UNROLL_WRONG);
    CU_ASSERT_EQUAL(unroll_int(settings, "hidden"), 128);
    unroll_settings_free(settings);
}

static void a_very_long_value_is_cut_in_its_sentence(void)
{
    char assignment[5000] = "hidden=";
    memset(assignment + 7, 'x', 4000);
    CU_ASSERT(strlen(sentence_of(assignment)) < 200);
    CU_ASSERT_PTR_NOT_NULL(strstr(sentence_of(assignment), "... is not a whole number"));
    memset(assignment, 'y', 4000);
    CU_ASSERT(strlen(sentence_of(assignment)) < 200);
}

static void values_are_shown_in_the_shortest_text_that_reads_back(void)
{
    CU_ASSERT_STRING_EQUAL(shown_after("hidden=1e3"), "1000");
    CU_ASSERT_STRING_EQUAL(shown_after("hidden=+7"), "7");
    CU_ASSERT_STRING_EQUAL(shown_after("seed=9007199254740992"), "9007199254740992");
    CU_ASSERT_STRING_EQUAL(shown_after("lr=0.10"), "0.1");
    CU_ASSERT_STRING_EQUAL(shown_after("lr=.5"), "0.5");
    CU_ASSERT_STRING_EQUAL(shown_after("lr=1E-4"), "0.0001");
    CU_ASSERT_STRING_EQUAL(shown_after("lr=0.30000000000000004"), "0.30000000000000004");
    CU_ASSERT_STRING_EQUAL(shown_after("momentum=-0"), "0");
    CU_ASSERT_STRING_EQUAL(shown_after("optimizer=sgd"), "sgd");
    CU_ASSERT_STRING_EQUAL(shown_after("file=/a/b=c d.csv"), "/a/b=c d.csv");
}

static void every_real_reads_back_from_its_text(void)
{
    static const double values[] = {0.1, 1.0 / 3, 1e-300, 5e-324, 1.7976931348623157e308, 123456789.123456789, 2.5e-8};
    for (size_t i = 0; i < sizeof values / sizeof values[0]; i++) {
        char text[UNROLL_NUMBER_ROOM];
        double back = 0;
        CU_ASSERT(unroll_read_real(unroll_show_real(values[i], text), &back));
        CU_ASSERT_EQUAL(back, values[i]);
    }
}

static void values_are_read_with_their_type(void)
{
    unroll_settings *settings = unroll_settings_new();
    CU_ASSERT_EQUAL(unroll_int(settings, "hidden"), 64);
    CU_ASSERT_EQUAL(unroll_real(settings, "lr"), 0.001);
    CU_ASSERT_STRING_EQUAL(unroll_text(settings, "optimizer"), "adam");
    unroll_settings_assign(settings, "hidden=2e2");
    unroll_settings_assign(settings, "lr=0.25");
    unroll_settings_assign(settings, "optimizer=sgd");
    CU_ASSERT_EQUAL(unroll_int(settings, "hidden"), 200);
    CU_ASSERT_EQUAL(unroll_real(settings, "lr"), 0.25);
    CU_ASSERT_STRING_EQUAL(unroll_text(settings, "optimizer"), "sgd");
    unroll_settings_free(settings);
}

/* A value read for a setting; its text is borrowed from `text`. */
static unroll_value value_of(const char *name, const char *text)
{
    unroll_value value;
    CU_ASSERT_EQUAL(unroll_read_value(unroll_setting_at(unroll_setting_find(name)), text, &value).code, UNROLL_OK);
    return value;
}

static int order_of(const char *name, const char *a, const char *b)
{
    unroll_value x = value_of(name, a), y = value_of(name, b);
    int order = unroll_compare_values(&x, &y);
    CU_ASSERT_EQUAL((order > 0) - (order < 0), -((unroll_compare_values(&y, &x) > 0) - (unroll_compare_values(&y, &x) < 0)));
    return (order > 0) - (order < 0);
}

static void values_are_compared_by_their_type(void)
{
    CU_ASSERT_EQUAL(order_of("hidden", "9", "10"), -1);
    CU_ASSERT_EQUAL(order_of("hidden", "1e2", "100"), 0);
    CU_ASSERT_EQUAL(order_of("seed", "9007199254740992", "9007199254740991"), 1);
    CU_ASSERT_EQUAL(order_of("lr", "1e-3", "0.0002"), 1);
    CU_ASSERT_EQUAL(order_of("lr", "0.50", ".5"), 0);
    CU_ASSERT_EQUAL(order_of("optimizer", "adam", "sgd"), -1);
    CU_ASSERT_EQUAL(order_of("file", "9", "10"), 1);
    CU_ASSERT_EQUAL(order_of("file", "a", "a"), 0);
}

static void a_value_is_shown_and_put_as_its_text_would_be(void)
{
    static const struct {
        const char *name, *text, *shown;
    } known[] = {{"hidden", "1e3", "1000"}, {"lr", "1E-4", "0.0001"}, {"optimizer", "sgd", "sgd"}, {"file", "a,b=c", "a,b=c"}};
    unroll_settings *settings = unroll_settings_new();
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
        char number[UNROLL_NUMBER_ROOM], text[32];
        int index = unroll_setting_find(known[i].name);
        strcpy(text, known[i].text);
        unroll_value value = value_of(known[i].name, text);
        CU_ASSERT_STRING_EQUAL(unroll_show_value(&value, number), known[i].shown);
        CU_ASSERT_EQUAL(unroll_settings_put(settings, index, &value).code, UNROLL_OK);
        CU_ASSERT_EQUAL(unroll_compare_values(unroll_settings_value(settings, index), &value), 0);
        memset(text, 'x', sizeof text - 1); /* the settings have a copy */
        CU_ASSERT_STRING_EQUAL(unroll_settings_show(settings, index), known[i].shown);
        unroll_settings_reset(settings, index);
        CU_ASSERT(unroll_settings_is_default(settings, index));
        CU_ASSERT_EQUAL(unroll_compare_values(unroll_settings_value(settings, index), unroll_setting_default_value(index)), 0);
    }
    unroll_value usual = value_of("lr", "1e-3");
    CU_ASSERT_EQUAL(unroll_settings_put(settings, unroll_setting_find("lr"), &usual).code, UNROLL_OK);
    CU_ASSERT(unroll_settings_is_default(settings, unroll_setting_find("lr")));
    unroll_settings_free(settings);
}

static void an_assignment_is_parted_at_its_first_equals_sign(void)
{
    const char *text = NULL;
    CU_ASSERT_EQUAL(unroll_part_assignment("file=a=b", &text), 4);
    CU_ASSERT_STRING_EQUAL(text, "a=b");
    CU_ASSERT_EQUAL(unroll_part_assignment("file=", &text), 4);
    CU_ASSERT_STRING_EQUAL(text, "");
    CU_ASSERT_EQUAL(unroll_part_assignment("file", &text), 0);
    CU_ASSERT_EQUAL(unroll_part_assignment("=file", &text), 0);
}

static void a_list_is_parted_at_its_own_commas(void)
{
    static const char *const items[] = {"64", "log(1,2,3)", "a,b", "", "lon"};
    const char *rest = "64,log(1,2,3),a\\,b,,longer";
    char item[16];
    for (int i = 0; i < 5; i++) {
        CU_ASSERT_TRUE(unroll_next_item(&rest, item, i < 4 ? sizeof item : 4));
        CU_ASSERT_STRING_EQUAL(item, items[i]);
    }
    CU_ASSERT_FALSE(unroll_next_item(&rest, item, sizeof item));
}

static void a_range_has_two_ends_and_perhaps_a_step(void)
{
    unroll_range range;
    CU_ASSERT(unroll_read_range("-1e2..2.5:0.5", &range) && range.low == -100 && range.high == 2.5 && range.step == 0.5);
    CU_ASSERT(unroll_read_range("1..2", &range) && range.high == 2 && isnan(range.step));
    CU_ASSERT(unroll_read_range("7", &range) && range.low == 7 && range.high == 7);
    CU_ASSERT_FALSE(unroll_read_range("1..", &range));
    CU_ASSERT_FALSE(unroll_read_range("1..2:", &range));
    CU_ASSERT_FALSE(unroll_read_range("1:2", &range));
}

static void yes_and_no_have_four_spellings_each(void)
{
    static const unroll_setting row = {"test_flag", UNROLL_BOOL, 0, 0, "", "no", "", "of a test alone", "tests", 0};
    static const char *const yes[] = {"test_flag=yes", "test_flag=true", "test_flag=on", "test_flag=1"};
    static const char *const no[] = {"test_flag=no", "test_flag=false", "test_flag=off", "test_flag=0"};
    unroll_settings *settings;
    int count = unroll_setting_count();
    unroll_settings_register(&row, 1);
    unroll_settings_register(&row, 1); /* several may bring the same row: it is there once */
    CU_ASSERT(unroll_setting_count() <= count + 1);
    settings = unroll_settings_new();
    for (int i = 0; i < 4; i++) {
        CU_ASSERT_EQUAL(unroll_settings_assign(settings, yes[i]).code, UNROLL_OK);
        CU_ASSERT(unroll_flag(settings, "test_flag"));
        CU_ASSERT_STRING_EQUAL(unroll_settings_show(settings, unroll_setting_find("test_flag")), "yes");
        CU_ASSERT_EQUAL(unroll_settings_assign(settings, no[i]).code, UNROLL_OK);
        CU_ASSERT(!unroll_flag(settings, "test_flag"));
        CU_ASSERT(unroll_settings_is_default(settings, unroll_setting_find("test_flag")));
    }
    CU_ASSERT_STRING_EQUAL(sentence_of("test_flag=maybe"), "test_flag=maybe is none of yes|no|true|false|on|off|1|0");
    unroll_settings_free(settings);
}

/* an identity is made of the texts: short memory may not change one */
static void a_default_is_shown_as_its_value_is_whatever_memory_there_is(void)
{
    static const unroll_setting row = {"test_half", UNROLL_REAL, 0, 1, "", "0.50", "", "of a test alone", "tests", 0};
    unroll_settings *settings;
    if (!test_can_starve())
        return;
    test_starve(0);
    unroll_settings_register(&row, 1);
    CU_ASSERT_FALSE(test_fed());
    settings = unroll_settings_new();
    CU_ASSERT_STRING_EQUAL(unroll_settings_show(settings, unroll_setting_find("test_half")), "0.5");
    unroll_settings_free(settings);
}

static void a_copy_outlives_what_it_was_copied_from(void)
{
    unroll_settings *settings = unroll_settings_new(), *copy;
    unroll_settings_assign(settings, "file=a.csv");
    unroll_settings_assign(settings, "hidden=32");
    copy = unroll_settings_copy(settings);
    unroll_settings_assign(settings, "file=b.csv");
    unroll_settings_free(settings);
    CU_ASSERT_STRING_EQUAL(unroll_text(copy, "file"), "a.csv");
    CU_ASSERT_EQUAL(unroll_int(copy, "hidden"), 32);
    CU_ASSERT(unroll_settings_is_default(copy, unroll_setting_find("lr")));
    unroll_settings_free(copy);
}

/* The first id is a promise to every results folder there is: a changed hash would run everything again. */
static void an_identity_depends_on_values_and_salt_alone(void)
{
    CU_ASSERT_STRING_EQUAL(identity_of("hidden=128", "lr=0.01", false, "adding 1"), "dd183129030b65a022d89388189bd08c");
    CU_ASSERT_STRING_EQUAL(identity_of("hidden=128", "lr=0.01", false, "x"), identity_of("lr=1e-2", "hidden=128", false, "x"));
    CU_ASSERT_STRING_EQUAL(identity_of("hidden=64", NULL, false, "x"), identity_of(NULL, NULL, false, "x"));
    CU_ASSERT_STRING_NOT_EQUAL(identity_of("hidden=65", NULL, false, "x"), identity_of(NULL, NULL, false, "x"));
    CU_ASSERT_STRING_NOT_EQUAL(identity_of("hidden=65", NULL, false, "x"), identity_of("length=65", NULL, false, "x"));
    CU_ASSERT_STRING_NOT_EQUAL(identity_of(NULL, NULL, false, "x"), identity_of(NULL, NULL, false, "y"));
}

static void threads_are_part_of_a_timed_identity_only(void)
{
    CU_ASSERT_STRING_EQUAL(identity_of("threads=2", NULL, false, "x"), identity_of("threads=4", NULL, false, "x"));
    CU_ASSERT_STRING_NOT_EQUAL(identity_of("threads=2", NULL, true, "x"), identity_of("threads=4", NULL, true, "x"));
}

static void neighbouring_seeds_have_identities_far_apart(void)
{
    char last[33] = "", assignment[32] = "seed=100";
    for (int i = 0; i < 100; i++) {
        const char *id;
        int same = 0;
        assignment[6] = (char)('0' + i / 10);
        assignment[7] = (char)('0' + i % 10);
        id = identity_of(assignment, NULL, false, "x");
        CU_ASSERT_EQUAL(strspn(id, "0123456789abcdef"), 32);
        for (int k = 0; k < 32; k++)
            same += id[k] == last[k];
        CU_ASSERT(same < 16); /* two of 32 digits are alike by chance */
        strcpy(last, id);
    }
}

static void the_nearest_word_is_found_or_none(void)
{
    static const char *const words[] = {"rnn", "lstm", "gru", "hidden", "layers"};
    CU_ASSERT_STRING_EQUAL(unroll_nearest("ltsm", words, 5), "lstm");
    CU_ASSERT_STRING_EQUAL(unroll_nearest("LSTM", words, 5), "lstm");
    CU_ASSERT_STRING_EQUAL(unroll_nearest("layer", words, 5), "layers");
    CU_ASSERT_STRING_EQUAL(unroll_nearest("hdiden", words, 5), "hidden");
    CU_ASSERT_PTR_NULL(unroll_nearest("transformer", words, 5));
    CU_ASSERT_PTR_NULL(unroll_nearest("", words, 5));
    CU_ASSERT_PTR_NULL(unroll_nearest("rnn", words, 0));
}

static void text_is_cut_and_repaired_between_characters(void)
{
    char cut[6], broken[] = "a\xc3\xa9\xff\xe2\x82z\xed\xa0\x80";
    unroll_text_copy(cut, sizeof cut, "caf\xc3\xa9");
    CU_ASSERT_STRING_EQUAL(cut, "caf\xc3\xa9");
    unroll_text_copy(cut, 5, "caf\xc3\xa9");
    CU_ASSERT_STRING_EQUAL(cut, "caf");
    CU_ASSERT(unroll_utf8_valid("\xf0\x9f\x98\x80 \xe2\x82\xac"));
    CU_ASSERT(!unroll_utf8_valid("\xc0\x80"));
    CU_ASSERT(!unroll_utf8_valid("\xf4\x90\x80\x80"));
    CU_ASSERT(!unroll_utf8_valid(broken));
    unroll_utf8_repair(broken);
    CU_ASSERT_STRING_EQUAL(broken, "a\xc3\xa9???z???");
}

static void a_control_character_is_a_blank_whatever_its_bytes(void)
{
    char text[] = "a\x1b[1m\x7f\xc2\x9b\xc2\xa0\xc3\x9b\r\n\xc2";
    unroll_text_plain(text);
    CU_ASSERT_STRING_EQUAL(text, "a [1m  \xc2\xa0\xc3\x9b  \xc2");
    CU_ASSERT_EQUAL(unroll_text_control(""), 0);
    CU_ASSERT_EQUAL(unroll_text_control("\xc2\x80"), 2);
}

static void what_a_file_has_for_a_whole_number_may_be_none(void)
{
    CU_ASSERT_EQUAL(unroll_whole(7), 7);
    CU_ASSERT_EQUAL(unroll_whole(-2147483648.0), -2147483647 - 1);
    CU_ASSERT_EQUAL(unroll_whole(2147483648.0), 0);
    CU_ASSERT_EQUAL(unroll_whole(0.5), 0);
    CU_ASSERT_EQUAL(unroll_whole(NAN), 0);
}

const unroll_test tests_base_settings[] = {
    TEST(what_a_file_has_for_a_whole_number_may_be_none),
    TEST(a_bad_setting_names_itself_its_range_and_the_nearest_name),
    TEST(a_refused_value_leaves_the_old_one),
    TEST(a_very_long_value_is_cut_in_its_sentence),
    TEST(values_are_shown_in_the_shortest_text_that_reads_back),
    TEST(every_real_reads_back_from_its_text),
    TEST(values_are_read_with_their_type),
    TEST(values_are_compared_by_their_type),
    TEST(a_value_is_shown_and_put_as_its_text_would_be),
    TEST(an_assignment_is_parted_at_its_first_equals_sign),
    TEST(a_list_is_parted_at_its_own_commas),
    TEST(a_range_has_two_ends_and_perhaps_a_step),
    TEST(yes_and_no_have_four_spellings_each),
    TEST(a_default_is_shown_as_its_value_is_whatever_memory_there_is),
    TEST(a_copy_outlives_what_it_was_copied_from),
    TEST(an_identity_depends_on_values_and_salt_alone),
    TEST(threads_are_part_of_a_timed_identity_only),
    TEST(neighbouring_seeds_have_identities_far_apart),
    TEST(the_nearest_word_is_found_or_none),
    TEST(text_is_cut_and_repaired_between_characters),
    TEST(a_control_character_is_a_blank_whatever_its_bytes),
    {NULL, NULL},
};
