/* field_test.c - names of fields and the forms of their values, query/field.h; dates
 * against the C library's calendar. */
#include "field.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <time.h>

#include <cmocka.h>

#define BELOW (INT64_MIN + 1)
#define ABOVE INT64_MAX

/* Seconds of "2024-05-11" or "2024-05-11 14:12:05", by timegm. */
static int64_t at(const char *text)
{
    struct tm tm = {.tm_mday = 1};
    int n = sscanf(text, "%d-%d-%d %d:%d:%d", &tm.tm_year, &tm.tm_mon, &tm.tm_mday, &tm.tm_hour, &tm.tm_min,
                   &tm.tm_sec);
    assert_true(n >= 3);
    tm.tm_year -= 1900;
    tm.tm_mon -= 1;
    return timegm(&tm);
}

static void reads(enum aq_field field, const char *value, int64_t now, int64_t from, int64_t to)
{
    struct aq_field_value v;
    const char *reason;
    if (!aq_field_read(field, aq_slice_str(value), now, &v, &reason))
        fail_msg("%s:%s was not read: %s", aq_field_name(field), value, reason);
    if (v.from != from || v.to != to)
        fail_msg("%s:%s is %lld to %lld, not %lld to %lld", aq_field_name(field), value, (long long)v.from,
                 (long long)v.to, (long long)from, (long long)to);
    assert_int_equal(v.field, field);
    assert_true(aq_slice_eq(v.text, aq_slice_str(value)));
}

static void makes_no_sense(enum aq_field field, const char *value, const char *part_of_reason)
{
    struct aq_field_value v;
    const char *reason = "";
    if (aq_field_read(field, aq_slice_str(value), 0, &v, &reason))
        fail_msg("%s:%s was read", aq_field_name(field), value);
    if (!strstr(reason, part_of_reason))
        fail_msg("%s:%s: \"%s\" does not say \"%s\"", aq_field_name(field), value, reason, part_of_reason);
}

static void names_are_found_in_any_case(void **state)
{
    (void)state;
    for (unsigned i = 0; i < AQ_FIELD_COUNT; i++)
        assert_int_equal(aq_field_named(aq_slice_str(aq_field_name((enum aq_field)i))), i);
    assert_int_equal(aq_field_named(aq_slice_str("Author")), AQ_FIELD_AUTHOR);
    assert_int_equal(aq_field_named(aq_slice_str("REPLYING-TO")), AQ_FIELD_REPLYING_TO);
    assert_int_equal(aq_field_named(aq_slice_str("replying\xE2\x80\x91to")), AQ_FIELD_REPLYING_TO);
}

static void other_names_are_no_fields(void **state)
{
    static const char *const none[] = {"", "a", "authors", "autho", "http", "is ", " is", "replyingto", "\xC3\xA4"};
    (void)state;
    for (size_t i = 0; i < AQ_COUNT(none); i++)
        assert_int_equal(aq_field_named(aq_slice_str(none[i])), AQ_FIELD_COUNT);
    assert_int_equal(aq_field_named(aq_slice("is\0x", 4)), AQ_FIELD_COUNT);
    assert_string_equal(aq_field_name(AQ_FIELD_COUNT), "");
}

static void names_and_ids_are_taken_as_given(void **state)
{
    static const enum aq_field fields[] = {AQ_FIELD_AUTHOR, AQ_FIELD_THREAD, AQ_FIELD_TITLE, AQ_FIELD_TAG,
                                           AQ_FIELD_SOURCE, AQ_FIELD_ID,     AQ_FIELD_REPLYING_TO};
    (void)state;
    for (size_t i = 0; i < AQ_COUNT(fields); i++) {
        reads(fields[i], "Wei Dai", 0, BELOW, ABOVE);
        reads(fields[i], "-1..\xE2\x80\x94", 0, BELOW, ABOVE);
        makes_no_sense(fields[i], "", "needs a value");
        makes_no_sense(fields[i], " \t", "needs a value");
    }
}

static void marks_are_bits(void **state)
{
    static const struct {
        const char *value;
        enum aq_field field;
        unsigned bits;
    } good[] = {{"post", AQ_FIELD_IS, AQ_IS_A_POST},      {"Comment", AQ_FIELD_IS, AQ_IS_A_COMMENT},
                {"quote", AQ_FIELD_HAS, AQ_HAS_A_QUOTE},  {" LINK ", AQ_FIELD_HAS, AQ_HAS_A_LINK},
                {"code", AQ_FIELD_HAS, AQ_HAS_SOME_CODE}};
    (void)state;
    for (size_t i = 0; i < AQ_COUNT(good); i++) {
        struct aq_field_value v;
        const char *reason;
        assert_true(aq_field_read(good[i].field, aq_slice_str(good[i].value), 0, &v, &reason));
        assert_int_equal(v.bits, good[i].bits);
    }
    makes_no_sense(AQ_FIELD_IS, "quote", "post or comment");
    makes_no_sense(AQ_FIELD_IS, "posted", "post or comment");
    makes_no_sense(AQ_FIELD_HAS, "post", "quote, link or code");
    makes_no_sense(AQ_FIELD_HAS, "lin", "quote, link or code");
}

static void numbers_are_ranges_of_one(void **state)
{
    (void)state;
    reads(AQ_FIELD_SCORE, "5", 0, 5, 5);
    reads(AQ_FIELD_SCORE, "-5", 0, -5, -5);
    reads(AQ_FIELD_SCORE, "\xE2\x88\x92" "5", 0, -5, -5);
    reads(AQ_FIELD_SCORE, "007", 0, 7, 7);
    reads(AQ_FIELD_DEPTH, "0", 0, 0, 0);
}

static void ranges_include_both_ends(void **state)
{
    static const struct {
        const char *value;
        int64_t from, to;
    } good[] = {{">5", 6, ABOVE},     {">=5", 5, ABOVE},  {"<5", BELOW, 4},     {"<=5", BELOW, 5},
                {"5..10", 5, 10},     {"5..", 5, ABOVE},  {"..10", BELOW, 10},  {"7..7", 7, 7},
                {"> 5", 6, ABOVE},    {"5 .. 10", 5, 10}, {".. 10", BELOW, 10}};
    (void)state;
    for (size_t i = 0; i < AQ_COUNT(good); i++) {
        reads(AQ_FIELD_SCORE, good[i].value, 0, good[i].from, good[i].to);
        reads(AQ_FIELD_DEPTH, good[i].value, 0, good[i].from, good[i].to);
    }
    reads(AQ_FIELD_SCORE, "<-5", 0, BELOW, -6);
    reads(AQ_FIELD_SCORE, "-10..-5", 0, -10, -5);
    reads(AQ_FIELD_SCORE, "..-5", 0, BELOW, -5);
    reads(AQ_FIELD_SCORE, "-5..", 0, -5, ABOVE);
}

static void huge_numbers_are_beyond_every_other(void **state)
{
    struct aq_field_value v;
    const char *reason;
    (void)state;
    static const char *const huge[] = {"99999999999999999999", "1000000000000000000000000000000000000000"};
    for (size_t i = 0; i < AQ_COUNT(huge); i++) {
        assert_true(aq_field_read(AQ_FIELD_SCORE, aq_slice_str(huge[i]), 0, &v, &reason));
        assert_true(v.from > INT32_MAX && v.to == v.from);
    }
    assert_true(aq_field_read(AQ_FIELD_SCORE, aq_slice_str(">99999999999999999999"), 0, &v, &reason));
    assert_true(v.from > INT32_MAX && v.to == ABOVE);
    assert_true(aq_field_read(AQ_FIELD_SCORE, aq_slice_str("<-99999999999999999999"), 0, &v, &reason));
    assert_true(v.from == BELOW && v.to < INT32_MIN);
    makes_no_sense(AQ_FIELD_SCORE, "10000000000000000000000000000000000000000000000000000000000000000", "a number");
}

static void what_is_no_number_is_told(void **state)
{
    static const char *const bad[] = {"x",   "5x",    "1.5",   "..",    ">",     ">=",    "<>5",   "=5",     "5...10",
                                      "5.",  "5..x",  "--5",   "5-10",  "1e3",   ">5..7", "..5..", "5..7..9", "> =5",
                                      "5 5", "\xEF\xBC\x95", ">..5", "- 5"};
    (void)state;
    for (size_t i = 0; i < AQ_COUNT(bad); i++) {
        makes_no_sense(AQ_FIELD_SCORE, bad[i], "a number or a range");
        makes_no_sense(AQ_FIELD_DEPTH, bad[i], "a number from 0 on");
    }
    makes_no_sense(AQ_FIELD_DEPTH, "-1", "from 0 on");
    makes_no_sense(AQ_FIELD_SCORE, "10..5", "lower to the higher");
}

static void dates_span_what_they_name(void **state)
{
    (void)state;
    reads(AQ_FIELD_DATE, "2023", 0, at("2023-01-01"), at("2023-12-31 23:59:59"));
    reads(AQ_FIELD_DATE, "2023-02", 0, at("2023-02-01"), at("2023-02-28 23:59:59"));
    reads(AQ_FIELD_DATE, "2024-02", 0, at("2024-02-01"), at("2024-02-29 23:59:59"));
    reads(AQ_FIELD_DATE, "2023-12", 0, at("2023-12-01"), at("2023-12-31 23:59:59"));
    reads(AQ_FIELD_DATE, "2024-02-29", 0, at("2024-02-29"), at("2024-02-29 23:59:59"));
    reads(AQ_FIELD_DATE, "2023-1-1", 0, at("2023-01-01"), at("2023-01-01 23:59:59"));
    reads(AQ_FIELD_DATE, "2023\xE2\x80\x93" "01", 0, at("2023-01-01"), at("2023-01-31 23:59:59"));
    reads(AQ_FIELD_DATE, "1969-12-31", 0, -86400, -1);
    reads(AQ_FIELD_DATE, "0000", 0, -62167219200, -62167219200 + 366 * INT64_C(86400) - 1);
    reads(AQ_FIELD_DATE, "9999-12-31", 0, at("9999-12-31"), at("9999-12-31 23:59:59"));
}

static void ranges_of_dates_end_with_a_last_second(void **state)
{
    (void)state;
    reads(AQ_FIELD_DATE, "2023-01..2024-06", 0, at("2023-01-01"), at("2024-06-30 23:59:59"));
    reads(AQ_FIELD_DATE, "2023..", 0, at("2023-01-01"), ABOVE);
    reads(AQ_FIELD_DATE, "..2023", 0, BELOW, at("2023-12-31 23:59:59"));
    reads(AQ_FIELD_DATE, ">2023", 0, at("2024-01-01"), ABOVE);
    reads(AQ_FIELD_DATE, ">=2023", 0, at("2023-01-01"), ABOVE);
    reads(AQ_FIELD_DATE, "<2023", 0, BELOW, at("2022-12-31 23:59:59"));
    reads(AQ_FIELD_DATE, "<=2023-05-06", 0, BELOW, at("2023-05-06 23:59:59"));
    reads(AQ_FIELD_DATE, "2023-05..2023", 0, at("2023-05-01"), at("2023-12-31 23:59:59"));
    makes_no_sense(AQ_FIELD_DATE, "2024..2023", "lower to the higher");
}

static void after_and_before_take_one_date(void **state)
{
    int64_t now = at("2024-03-31 10:20:30");
    (void)state;
    reads(AQ_FIELD_AFTER, "2023-05", 0, at("2023-05-01"), ABOVE);
    reads(AQ_FIELD_BEFORE, "2023-05", 0, BELOW, at("2023-04-30 23:59:59"));
    reads(AQ_FIELD_AFTER, "2w", now, at("2024-03-17 10:20:30"), ABOVE);
    reads(AQ_FIELD_BEFORE, "today", now, BELOW, at("2024-03-30 23:59:59"));
    static const char *const bad[] = {">2023", "2023..2024", "..2023", "2023..", "soon", "2023 2024"};
    for (size_t i = 0; i < AQ_COUNT(bad); i++) {
        makes_no_sense(AQ_FIELD_AFTER, bad[i], "one date");
        makes_no_sense(AQ_FIELD_BEFORE, bad[i], "one date");
    }
}

static void relative_dates_count_from_now(void **state)
{
    int64_t now = at("2024-05-11 14:12:05");
    (void)state;
    reads(AQ_FIELD_DATE, "today", now, at("2024-05-11"), at("2024-05-11 23:59:59"));
    reads(AQ_FIELD_DATE, "Yesterday", now, at("2024-05-10"), at("2024-05-10 23:59:59"));
    reads(AQ_FIELD_DATE, "7d", now, at("2024-05-04 14:12:05"), ABOVE);
    reads(AQ_FIELD_DATE, "0d", now, now, ABOVE);
    reads(AQ_FIELD_DATE, "2W", now, at("2024-04-27 14:12:05"), ABOVE);
    reads(AQ_FIELD_DATE, "3m", now, at("2024-02-11 14:12:05"), ABOVE);
    reads(AQ_FIELD_DATE, "1y", now, at("2023-05-11 14:12:05"), ABOVE);
    reads(AQ_FIELD_DATE, "30d..7d", now, at("2024-04-11 14:12:05"), at("2024-05-04 14:12:05"));
    reads(AQ_FIELD_DATE, "..7d", now, BELOW, at("2024-05-04 14:12:05"));
    reads(AQ_FIELD_DATE, "<7d", now, BELOW, at("2024-05-04 14:12:04"));
    reads(AQ_FIELD_DATE, ">7d", now, at("2024-05-04 14:12:06"), ABOVE);
    reads(AQ_FIELD_DATE, "2024..yesterday", now, at("2024-01-01"), at("2024-05-10 23:59:59"));
    makes_no_sense(AQ_FIELD_DATE, "7d..30d", "lower to the higher");
}

static void months_end_where_the_shorter_one_ends(void **state)
{
    (void)state;
    reads(AQ_FIELD_AFTER, "1m", at("2024-03-31 23:59:59"), at("2024-02-29 23:59:59"), ABOVE);
    reads(AQ_FIELD_AFTER, "1m", at("2023-03-31"), at("2023-02-28"), ABOVE);
    reads(AQ_FIELD_AFTER, "1m", at("1900-03-31"), at("1900-02-28"), ABOVE);
    reads(AQ_FIELD_AFTER, "1m", at("2000-03-30"), at("2000-02-29"), ABOVE);
    reads(AQ_FIELD_AFTER, "1m", at("2024-01-31"), at("2023-12-31"), ABOVE);
    reads(AQ_FIELD_AFTER, "13m", at("2024-01-31"), at("2022-12-31"), ABOVE);
    reads(AQ_FIELD_AFTER, "1m", at("2024-07-31"), at("2024-06-30"), ABOVE);
    reads(AQ_FIELD_AFTER, "1y", at("2024-02-29 01:00:00"), at("2023-02-28 01:00:00"), ABOVE);
    reads(AQ_FIELD_AFTER, "4y", at("2024-02-29"), at("2020-02-29"), ABOVE);
    reads(AQ_FIELD_AFTER, "1m", at("1960-03-31 12:00:00"), at("1960-02-29 12:00:00"), ABOVE);
}

static void every_day_of_four_centuries_is_one_second_after_the_last(void **state)
{
    static const uint8_t month_days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    int64_t next = at("1800-01-01");
    (void)state;
    for (int year = 1800; year < 2200; year++)
        for (int month = 1; month <= 12; month++) {
            int leap = month == 2 && year % 4 == 0 && (year % 100 || year % 400 == 0);
            for (int day = 1; day <= month_days[month - 1] + leap; day++, next += 86400) {
                char text[40];
                snprintf(text, sizeof text, "%04d-%02d-%02d", year, month, day);
                reads(AQ_FIELD_DATE, text, 0, next, next + 86399);
                /* No months before: the day of a second, and its second again. */
                reads(AQ_FIELD_AFTER, "0m", next + 3661, next + 3661, ABOVE);
            }
        }
    assert_true(next == at("2200-01-01"));
}

static void long_ago_is_before_everything(void **state)
{
    static const char *const ages[] = {"999999999d", "999999999w", "999999999m", "999999999y"};
    static const int64_t nows[] = {INT64_MIN, INT64_MAX, 0};
    (void)state;
    for (size_t i = 0; i < AQ_COUNT(ages); i++)
        for (size_t k = 0; k < AQ_COUNT(nows); k++) {
            struct aq_field_value v;
            const char *reason;
            assert_true(aq_field_read(AQ_FIELD_AFTER, aq_slice_str(ages[i]), nows[k], &v, &reason));
            assert_true(v.from > BELOW && v.from < -62167219200);
        }
    makes_no_sense(AQ_FIELD_AFTER, "1000000000d", "one date");
}

static void what_is_no_date_is_told(void **state)
{
    static const char *const bad[] = {"23",         "20233",      "2023-",     "2023-00", "2023-13",     "2023-01-00",
                                      "2023-04-31", "1900-02-29", "2023-02-29", "2023/01", "2023-01-01x", "7",
                                      "7h",         "-7d",        "d",         "todays",  "to day",      "2023-01-011",
                                      "..",         ">",          "2023..x",   "7d7d",    "tomorrow"};
    (void)state;
    for (size_t i = 0; i < AQ_COUNT(bad); i++)
        makes_no_sense(AQ_FIELD_DATE, bad[i], "a date or a range of dates");
}

static void dates_are_first_seconds(void **state)
{
    static const struct {
        const char *text;
        int64_t seconds;
    } good[] = {{"1970", 0},
                {"1970-01-02", 86400},
                {"2023", 1672531200},
                {"2023-1-1", 1672531200},
                {"2024-02-29", 1709164800},
                {"2000-03", 951868800},
                {"1969-12-31", -86400},
                {"0000-01-01", -62167219200}};
    static const char *const bad[] = {"",           "23",         "20233",      "2023-",       "2023-00",
                                      "2023-01-00", "2023-04-31", "1900-02-29", "2023-01-01x", "2023/01"};
    (void)state;
    for (size_t i = 0; i < AQ_COUNT(good); i++) {
        int64_t seconds = 1;
        assert_true(aq_parse_date(aq_slice_str(good[i].text), &seconds));
        assert_true(seconds == good[i].seconds);
    }
    for (size_t i = 0; i < AQ_COUNT(bad); i++) {
        int64_t seconds;
        assert_false(aq_parse_date(aq_slice_str(bad[i]), &seconds));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_are_found_in_any_case),
        cmocka_unit_test(other_names_are_no_fields),
        cmocka_unit_test(names_and_ids_are_taken_as_given),
        cmocka_unit_test(marks_are_bits),
        cmocka_unit_test(numbers_are_ranges_of_one),
        cmocka_unit_test(ranges_include_both_ends),
        cmocka_unit_test(huge_numbers_are_beyond_every_other),
        cmocka_unit_test(what_is_no_number_is_told),
        cmocka_unit_test(dates_span_what_they_name),
        cmocka_unit_test(ranges_of_dates_end_with_a_last_second),
        cmocka_unit_test(after_and_before_take_one_date),
        cmocka_unit_test(relative_dates_count_from_now),
        cmocka_unit_test(months_end_where_the_shorter_one_ends),
        cmocka_unit_test(every_day_of_four_centuries_is_one_second_after_the_last),
        cmocka_unit_test(long_ago_is_before_everything),
        cmocka_unit_test(what_is_no_date_is_told),
        cmocka_unit_test(dates_are_first_seconds),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
