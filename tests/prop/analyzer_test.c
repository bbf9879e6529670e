/* The analyzer on any bytes: tokens in order and inside the text, wholes over their
 * parts, and the same tokens wherever in memory the text lies and whatever has been
 * analyzed before. AQ_SEED repeats a run, AQ_ROUNDS lengthens it. */
#include "analyzer.h"
#include "utf8.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <time.h>

#include <cmocka.h>

static uint64_t seed;

static uint32_t random_below(uint32_t n)
{
    seed ^= seed << 13;
    seed ^= seed >> 7;
    seed ^= seed << 17;
    return (uint32_t)((seed >> 32) % n);
}

static uint32_t rounds(void)
{
    const char *asked = getenv("AQ_ROUNDS");
    return asked ? (uint32_t)strtoul(asked, NULL, 10) : 20000;
}

/* What the rules tell apart, and their neighbours. */
static const char *const scraps[] = {
    "a", "B", "word", "Words", "is", "1", "42", "000", "100", " ", " ", " ", "\n", "-", "-", "'", ".", ",",
    "_", "&", "+", "++", "#", ":", "/", "://", "?", "http://", "https", "www.", ";", "amp", "net", ".net",
    "(", ")", "%", "C", "\xE2\x80\x99", "\xE2\x80\x90", "\xC2\xAD", "\xE2\x80\x8D", "\xE2\x80\x8B",
    "\xC3\xA9", "e\xCC\x81", "\xCC\x81", "\xC3\x9F", "\xC4\xB0", "\xC2\xB7", "\xC2\xB2", "\xD0\x96",
    "\xD0\xB9", "\xE6\xBC\xA2", "\xE5\xAD\x97", "\xE3\x82\xAB", "\xEF\xBD\xB6", "\xEF\xBE\x9E",
    "\xE3\x80\x82", "\xEA\xB0\x80", "\xE0\xB8\x81", "\xE0\xB9\x88", "\xF0\x9F\x99\x82", "\xEF\xB7\xBA",
    "\xE1\x85\x9F", "\xF0\x9D\x90\x80", "\xFF", "\xC3", "\xE2\x80", "\xED\xA0\x80", "abcdefghijkl",
    "abcdefghijklm", "abcdefghijklmnopqrstuvwxyz"};

static void random_text(struct aq_buf *out)
{
    aq_buf_clear(out);
    uint32_t n = random_below(random_below(8) ? 20 : 120);
    for (uint32_t i = 0; i < n; i++) {
        const char *scrap = scraps[random_below(AQ_COUNT(scraps))];
        for (uint32_t k = random_below(40) ? 1 : random_below(120); k; k--)
            aq_buf_puts(out, scrap);
    }
    assert_false(out->failed);
}

/* Analyzes a copy that ends where its memory ends, so that reading on is noticed. */
static void analyze_exactly(struct aq_analyzer *a, struct aq_slice text, const struct aq_token **t, size_t *n)
{
    uint8_t *copy = malloc(text.len ? text.len : 1);
    assert_non_null(copy);
    if (text.len)
        memcpy(copy, text.ptr, text.len);
    assert_int_equal(aq_analyze(a, aq_slice(copy, text.len), t, n), AQ_OK);
    free(copy);
}

static void check_order(const struct aq_analyzer *a, size_t text_len, const struct aq_token *t, size_t n)
{
    uint32_t next = 0; /* position that the next word takes */
    for (size_t i = 0; i < n; i++) {
        const struct aq_lexeme *x = aq_analyzer_lexeme(a, t[i].lexeme);
        assert_true(t[i].begin < t[i].end && t[i].end <= text_len);
        assert_true(i == 0 || t[i].begin >= t[i - 1].begin || t[i - 1].flags & AQ_TOKEN_WHOLE);
        assert_int_equal(t[i].position, next);
        assert_in_range(x->form.len, 1, AQ_TERM_MAX);
        assert_in_range(x->term.len, 1, AQ_TERM_MAX);
        assert_int_equal(aq_utf8_valid(x->form), x->form.len);
        assert_int_equal(aq_utf8_valid(x->term), x->term.len);
        assert_int_equal(x->term_is_form, aq_slice_eq(x->form, x->term));
        if (!(t[i].flags & AQ_TOKEN_WHOLE)) {
            assert_int_equal(t[i].span, 1);
            next++;
            continue;
        }
        assert_in_range(t[i].span, 1, 4);
        assert_true(i + t[i].span < n);
        for (size_t k = i + 1; k <= i + t[i].span; k++) {
            assert_int_equal(t[k].flags, 0);
            assert_true(t[k].begin >= t[i].begin && t[k].end <= t[i].end);
        }
        /* one posting cannot stand twice at a position */
        assert_int_not_equal(x->term_id, aq_analyzer_lexeme(a, t[i + 1].lexeme)->term_id);
    }
}

static void check_same(const struct aq_token *a, const struct aq_token *b, size_t n, uint32_t shift)
{
    for (size_t i = 0; i < n; i++) {
        assert_int_equal(a[i].begin + shift, b[i].begin);
        assert_int_equal(a[i].end + shift, b[i].end);
        assert_int_equal(a[i].lexeme, b[i].lexeme);
        assert_int_equal(a[i].position, b[i].position);
        assert_int_equal(a[i].flags, b[i].flags);
        assert_int_equal(a[i].span, b[i].span);
    }
}

static void any_text_yields_ordered_tokens_wherever_it_lies(void **state)
{
    (void)state;
    static const char *const names[] = {"english", "none",    "french", "german",
                                        "catalan", "turkish", "arabic"};
    struct aq_buf text = {0}, shifted = {0};
    for (size_t l = 0; l < AQ_COUNT(names); l++) {
        struct aq_analyzer *a;
        struct aq_error err;
        assert_int_equal(aq_analyzer_open(names[l], &a, &err), AQ_OK);
        for (uint32_t round = 0; round < rounds() / AQ_COUNT(names); round++) {
            const struct aq_token *t;
            size_t n, again;
            random_text(&text);
            analyze_exactly(a, aq_slice(text.ptr, text.len), &t, &n);
            check_order(a, text.len, t, n);
            struct aq_token *first = malloc((n + 1) * sizeof *first);
            assert_non_null(first);
            if (n)
                memcpy(first, t, n * sizeof *first);
            uint32_t shift = random_below(20);
            aq_buf_clear(&shifted);
            for (uint32_t i = 0; i < shift; i++)
                aq_buf_u8(&shifted, ' ');
            aq_buf_put(&shifted, text.ptr, text.len);
            for (uint32_t i = random_below(20); i; i--)
                aq_buf_u8(&shifted, ' ');
            analyze_exactly(a, aq_slice(shifted.ptr, shifted.len), &t, &again);
            assert_int_equal(again, n);
            check_same(first, t, n, shift);
            free(first);
            if (random_below(500) == 0)
                aq_analyzer_forget(a);
        }
        aq_analyzer_close(a);
    }
    aq_buf_free(&text);
    aq_buf_free(&shifted);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(any_text_yields_ordered_tokens_wherever_it_lies),
    };
    const char *asked = getenv("AQ_SEED");
    seed = asked ? strtoull(asked, NULL, 10) : (uint64_t)time(NULL) * 2654435761u;
    seed += seed == 0;
    printf("# AQ_SEED=%llu\n", (unsigned long long)seed);
    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests_name("analyzer properties", tests, NULL, NULL);
}
