/* date_test.c - reading and printing dates, query/date.h, against the C library. */
#include "date.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <time.h>

#include <cmocka.h>

static int64_t read_date(const char *text)
{
    int64_t date = AQ_NO_DATE;
    if (!aq_date_read(text, &date))
        fail_msg("\"%s\" was not read", text);
    return date;
}

static void dates_start_with_their_first_second(void **state)
{
    (void)state;
    assert_int_equal(read_date("1970"), 0);
    assert_int_equal(read_date("1970-01-02"), 86400);
    assert_int_equal(read_date("2000-03"), 951868800);
    assert_int_equal(read_date("2000-3-1"), 951868800);
    assert_int_equal(read_date("2019-05-31T18:00:01Z"), 1559325601);
    assert_int_equal(read_date("2019-05-31 18:00"), 1559325600);
    assert_int_equal(read_date("1969-12-31T23:59:59"), -1);
}

static void zones_are_taken_off(void **state)
{
    (void)state;
    assert_int_equal(read_date("2019-05-31T18:00+02:00"), 1559325600 - 7200);
    assert_int_equal(read_date("2019-05-31T18:00-0530"), 1559325600 + 19800);
}

static void what_is_no_date_is_refused(void **state)
{
    (void)state;
    static const char *const bad[] = {"",           "19",         "2019-",      "2019-13",
                                      "2019-00",    "2019-02-29", "2019-04-31", "2019-05-00",  "2019-05-",
                                      "2019/05/01", "2019-05-01T", "2019-05-01T25:00",
                                      "2019-05-01T10", "2019T10:00", "0000", "tomorrow", "2019-05-01x",
                                      "2019-05-01T10:00Zx", "20195",
                                      "1900-02-29", " 2019"};
    int64_t date;
    for (size_t i = 0; i < AQ_COUNT(bad); i++)
        if (aq_date_read(bad[i], &date))
            fail_msg("\"%s\" was read", bad[i]);
}

static void every_day_of_four_centuries_agrees_with_the_library(void **state)
{
    (void)state;
    for (int64_t date = -100LL * 365 * 86400 + 3661; date < 300LL * 366 * 86400; date += 86400) {
        char got[AQ_DATE_SIZE], want[32];
        struct tm tm;
        time_t t = (time_t)date;
        gmtime_r(&t, &tm);
        strftime(want, sizeof want, "%Y-%m-%dT%H:%M:%SZ", &tm);
        assert_string_equal(aq_date_full(date, got), want);
        assert_int_equal(read_date(want), date);
    }
}

static void days_and_minutes_are_the_short_forms(void **state)
{
    (void)state;
    char text[AQ_DATE_SIZE];
    assert_string_equal(aq_date_day(1559325601, text), "2019-05-31");
    assert_string_equal(aq_date_minute(1559325601, text), "2019-05-31 18:00 UTC");
}

static void dates_without_four_digit_years_print_as_nothing(void **state)
{
    (void)state;
    static const int64_t none[] = {AQ_NO_DATE, INT64_MAX, INT64_MIN + 1, 253402300800, -62135596801};
    char text[AQ_DATE_SIZE];
    for (size_t i = 0; i < AQ_COUNT(none); i++)
        assert_string_equal(aq_date_day(none[i], text), "");
    assert_string_equal(aq_date_full(253402300799, text), "9999-12-31T23:59:59Z");
    assert_string_equal(aq_date_full(-62135596800, text), "0001-01-01T00:00:00Z");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(dates_start_with_their_first_second),
        cmocka_unit_test(zones_are_taken_off),
        cmocka_unit_test(what_is_no_date_is_refused),
        cmocka_unit_test(every_day_of_four_centuries_agrees_with_the_library),
        cmocka_unit_test(days_and_minutes_are_the_short_forms),
        cmocka_unit_test(dates_without_four_digit_years_print_as_nothing),
    };
    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
