/* The splitter: where passages begin and end. A document is written as lines of
 * "kind depth text"; what comes out is compared as text, passage by passage. */
#include "splitter.h"

#include "sentence.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

struct fixture {
    struct aq_analyzer *analyzer;
    struct aq_splitter splitter;
    struct aq_document document;
};

static void add_bytes(struct fixture *f, enum aq_block_kind kind, unsigned depth, const char *text, size_t n)
{
    struct aq_document *d = &f->document;
    if (d->count)
        aq_buf_puts(&d->text, "\n\n");
    assert_true(aq_grow(&d->blocks, &d->cap, d->count + 1, sizeof *d->blocks));
    uint32_t begin = (uint32_t)d->text.len;
    d->blocks[d->count++] = (struct aq_block){begin, begin + (uint32_t)n, (uint8_t)kind, (uint8_t)depth};
    aq_buf_put(&d->text, text, n);
    assert_false(d->text.failed);
}

static void add(struct fixture *f, enum aq_block_kind kind, unsigned depth, const char *text)
{
    add_bytes(f, kind, depth, text, strlen(text));
}

/* A block of n words, "<word>1 <word>2 ...", each sentence `sentence` words long (0:
 * no sentence ends). */
static void add_words(struct fixture *f, enum aq_block_kind kind, unsigned depth, const char *word,
                      unsigned n, unsigned sentence)
{
    struct aq_buf text = {0};
    for (unsigned i = 1; i <= n; i++) {
        bool stop = sentence && i % sentence == 0;
        aq_buf_printf(&text, "%s%u%s%s", word, i, stop ? "." : "", i < n ? " " : "");
        if (stop && i < n)
            aq_buf_puts(&text, "So ");
    }
    add_bytes(f, kind, depth, (const char *)text.ptr, text.len);
    aq_buf_free(&text);
}

static void split(struct fixture *f, size_t title_tokens)
{
    struct aq_error err = {0};
    assert_int_equal(aq_split(&f->splitter, f->analyzer, &f->document, title_tokens, &err), AQ_OK);
}

static void assert_passage(const struct fixture *f, size_t i, const char *text)
{
    assert_true(i < f->splitter.passage_count);
    const struct aq_passage *p = &f->splitter.passages[i];
    struct aq_slice got = aq_slice(f->document.text.ptr + p->begin, p->end - p->begin);
    if (!aq_slice_eq(got, aq_slice_str(text)))
        fail_msg("passage %zu is \"%.*s\", not \"%s\"", i, (int)got.len, (const char *)got.ptr, text);
}

static bool passage_starts(const struct fixture *f, size_t i, const char *text)
{
    const struct aq_passage *p = &f->splitter.passages[i];
    size_t n = strlen(text);
    return p->end - p->begin >= n && memcmp(f->document.text.ptr + p->begin, text, n) == 0;
}

static bool passage_ends(const struct fixture *f, size_t i, const char *text)
{
    const struct aq_passage *p = &f->splitter.passages[i];
    size_t n = strlen(text);
    return p->end - p->begin >= n && memcmp(f->document.text.ptr + p->end - n, text, n) == 0;
}

static uint32_t words_of(const struct fixture *f, size_t i)
{
    struct aq_passage_tokens r = f->splitter.ranges[i];
    return f->splitter.tokens[r.first + r.count - 1].position + 1;
}

static int setup(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);
    struct aq_error err;
    assert_non_null(f);
    assert_int_equal(aq_analyzer_open("english", &f->analyzer, &err), AQ_OK);
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;
    aq_splitter_free(&f->splitter);
    aq_analyzer_close(f->analyzer);
    aq_buf_free(&f->document.text);
    free(f->document.blocks);
    free(f);
    return 0;
}

static void short_paragraphs_are_joined(void **state)
{
    struct fixture *f = *state;
    add(f, AQ_BLOCK_PARAGRAPH, 0, "One two.");
    add(f, AQ_BLOCK_PARAGRAPH, 0, "Three.");
    split(f, 0);
    assert_int_equal(f->splitter.passage_count, 1);
    assert_passage(f, 0, "One two.\n\nThree.");
}

static void phrases_cannot_reach_from_block_to_block(void **state)
{
    struct fixture *f = *state;
    add(f, AQ_BLOCK_PARAGRAPH, 0, "One x-risk.");
    add(f, AQ_BLOCK_PARAGRAPH, 0, "C++ three.");
    split(f, 0);
    static const uint32_t positions[] = {0, 1, 1, 2, 11, 11, 12};
    assert_int_equal(f->splitter.token_count, AQ_COUNT(positions));
    for (size_t i = 0; i < AQ_COUNT(positions); i++)
        assert_int_equal(f->splitter.tokens[i].position, positions[i]);
}

static void enough_words_end_a_passage(void **state)
{
    struct fixture *f = *state;
    add_words(f, AQ_BLOCK_PARAGRAPH, 0, "a", 59, 0);
    add_words(f, AQ_BLOCK_PARAGRAPH, 0, "b", 30, 0);
    add_words(f, AQ_BLOCK_PARAGRAPH, 0, "c", 30, 0);
    split(f, 0);
    assert_int_equal(f->splitter.passage_count, 2);
    assert_true(passage_ends(f, 0, "b30"));
    assert_true(passage_starts(f, 1, "c1"));
    assert_int_equal(f->splitter.tokens[f->splitter.ranges[1].first].position, 0);
}

static void what_would_be_too_long_together_stays_apart(void **state)
{
    struct fixture *f = *state;
    add_words(f, AQ_BLOCK_PARAGRAPH, 0, "a", 40, 0);
    add_words(f, AQ_BLOCK_PARAGRAPH, 0, "b", 150, 0);
    split(f, 0);
    assert_int_equal(f->splitter.passage_count, 2);
    assert_true(passage_ends(f, 0, "a40"));
}

static void a_quote_shares_no_passage(void **state)
{
    struct fixture *f = *state;
    add(f, AQ_BLOCK_PARAGRAPH, 0, "Mine.");
    add(f, AQ_BLOCK_PARAGRAPH, 1, "Yours.");
    add(f, AQ_BLOCK_PARAGRAPH, 2, "Theirs.");
    add(f, AQ_BLOCK_PARAGRAPH, 1, "***");
    add(f, AQ_BLOCK_PARAGRAPH, 2, "Still.");
    add(f, AQ_BLOCK_PARAGRAPH, 0, "Mine again.");
    split(f, 0);
    static const char *const texts[] = {"Mine.", "Yours.", "Theirs.", "Still.", "Mine again."};
    static const uint8_t depths[] = {0, 1, 2, 2, 0};
    assert_int_equal(f->splitter.passage_count, AQ_COUNT(texts));
    for (size_t i = 0; i < AQ_COUNT(texts); i++) {
        assert_passage(f, i, texts[i]);
        assert_int_equal(f->splitter.passages[i].quote_depth, depths[i]);
    }
}

static void a_long_paragraph_is_cut_evenly_at_sentence_ends(void **state)
{
    struct fixture *f = *state;
    add_words(f, AQ_BLOCK_PARAGRAPH, 0, "w", 200, 9);
    split(f, 0);
    assert_int_equal(f->splitter.passage_count, 2);
    assert_true(passage_ends(f, 0, "."));
    assert_true(passage_starts(f, 1, "So "));
    assert_in_range(words_of(f, 0), 100, 122);
    assert_in_range(words_of(f, 1), 100, 122);
}

/* Two halves of 100 words with `between` in the middle; where is the cut? */
static void assert_cut(void **state, const char *between, const char *end, const char *start)
{
    struct fixture *f = *state;
    struct aq_buf text = {0};
    f->document.count = f->document.text.len = 0;
    for (int i = 0; i < 100; i++)
        aq_buf_puts(&text, i ? " left" : "left");
    aq_buf_puts(&text, between);
    for (int i = 0; i < 100; i++)
        aq_buf_puts(&text, i ? " right" : "right");
    add_bytes(f, AQ_BLOCK_PARAGRAPH, 0, (const char *)text.ptr, text.len);
    aq_buf_free(&text);
    split(f, 0);
    assert_int_equal(f->splitter.passage_count, 2);
    if (!passage_ends(f, 0, end) || !passage_starts(f, 1, start))
        fail_msg("\"%s\" is not cut into \"%s\" and \"%s\"", between, end, start);
}

static void punctuation_goes_with_the_sentence_it_ends(void **state)
{
    assert_cut(state, " end. The ", "left end.", "The right");
    assert_cut(state, " end.\" \"The ", "left end.\"", "\"The right");
    assert_cut(state, " end?!) (The ", "left end?!)", "(The right");
    assert_cut(state, " end... The ", "left end...", "The right");
    assert_cut(state, "\xE6\xBC\xA2\xE3\x80\x82\xE3\x80\x8D\xE5\xAD\x97",
               "\xE6\xBC\xA2\xE3\x80\x82\xE3\x80\x8D", "\xE5\xAD\x97right");
    assert_cut(state, " end \xF0\x9F\x99\x82. The ", "left end \xF0\x9F\x99\x82.", "The right");
}

static void abbreviations_and_decimals_end_no_sentence(void **state)
{
    /* The true end is some words off the middle; the false one right there. */
    assert_cut(state, " with Dr. Smith and others. Then ", "others.", "Then right");
    assert_cut(state, " as e.g. Smith and others. Then ", "others.", "Then right");
    assert_cut(state, " by J. Smith and others. Then ", "others.", "Then right");
    assert_cut(state, " approx. three or others. Then ", "others.", "Then right");
    assert_cut(state, " some 3.5 of the others. Then ", "others.", "Then right");
    assert_cut(state, " about end.Start and others. Then ", "others.", "Then right");
}

static void without_sentences_a_clause_or_line_end_will_do(void **state)
{
    assert_cut(state, " left, right ", "left,", "right right");
    assert_cut(state, " left\nright ", "left", "right right");
    assert_cut(state, " ", "left", "right");
}

static void code_and_lists_are_cut_between_lines(void **state)
{
    struct fixture *f = *state;
    struct aq_buf text = {0};
    for (int i = 0; i < 100; i++)
        aq_buf_printf(&text, "    call%d(a%d, b%d);\n", i, i, i);
    add_bytes(f, AQ_BLOCK_CODE, 0, (const char *)text.ptr, text.len - 1);
    aq_buf_free(&text);
    split(f, 0);
    assert_in_range(f->splitter.passage_count, 2, 3);
    for (size_t i = 0; i < f->splitter.passage_count; i++) {
        assert_true(passage_starts(f, i, "call") && passage_ends(f, i, ");"));
        assert_int_equal(f->splitter.passages[i].flags, AQ_PASSAGE_CODE);
    }
}

/* Every passage's text, analyzed alone, yields the passage's tokens. */
static void assert_passages_stand_alone(struct fixture *f)
{
    for (size_t i = 0; i < f->splitter.passage_count; i++) {
        const struct aq_passage *p = &f->splitter.passages[i];
        const struct aq_token *own = f->splitter.tokens + f->splitter.ranges[i].first, *t;
        struct aq_slice text = aq_slice(f->document.text.ptr + p->begin, p->end - p->begin);
        size_t n;
        assert_int_equal(aq_analyze(f->analyzer, text, &t, &n), AQ_OK);
        assert_int_equal(n, f->splitter.ranges[i].count);
        for (size_t k = 0; k < n; k++) {
            assert_int_equal(own[k].lexeme, t[k].lexeme);
            assert_int_equal(own[k].flags, t[k].flags);
            assert_int_equal(own[k].begin, p->begin + t[k].begin);
            assert_int_equal(own[k].end, p->begin + t[k].end);
        }
    }
}

static void a_run_without_any_break_is_cut_between_tokens(void **state)
{
    struct fixture *f = *state;
    struct aq_buf text = {0};
    for (int i = 0; i < 600; i++)
        aq_buf_puts(&text, "\xE8\xAA\x9E");
    add_bytes(f, AQ_BLOCK_PARAGRAPH, 0, (const char *)text.ptr, text.len);
    aq_buf_free(&text);
    split(f, 0);
    assert_passages_stand_alone(f);
    assert_int_equal(f->splitter.token_count, 600 - f->splitter.passage_count);
    assert_int_equal(f->splitter.passages[0].begin, 0);
    for (size_t i = 1; i < f->splitter.passage_count; i++) {
        const struct aq_passage *p = &f->splitter.passages[i];
        assert_int_equal(p->begin, p[-1].end);
        assert_int_equal(f->splitter.tokens[f->splitter.ranges[i].first].begin, p->begin);
    }
    assert_int_equal(f->splitter.passages[f->splitter.passage_count - 1].end, 1800);
}

static void whatever_has_no_white_space_is_cut_into_passages_that_stand_alone(void **state)
{
    static const struct {
        const char *before, *unit, *after;
    } runs[] = {
        {"", "\xE0\xB8\xAA\xE0\xB8\xA7\xE0\xB8\xB1\xE0\xB8\xAA\xE0\xB8\x94\xE0\xB8\xB5", ""}, /* Thai */
        {"A word before ", "\xE6\xBC\xA2\xE5\xAD\x97\xE4\xBB\xAE", " and after"},
        {"", "a-b-c-", "d"},
        {"", "foo_", "bar"},
        {"See http://www.x.org/", "path/to.the/c#/", "?q=1&r=2 there"},
        {"http://x.org/", "http://x.org/", ""},
        {"", "a/", "?b=c&d"},
        {"", "1,000,", "000"},
        {"", "x=y+z*c#;", ""},
        {"", "{\"key\":\"a-b\"},", ""},
        {"", "C++", ""},
        {"", "U.S.A..net", ""},
        {"", "b\xC2\xAD-\xC2\xAD", "a"},
    };
    struct fixture *f = *state;
    for (size_t i = 0; i < AQ_COUNT(runs); i++)
        for (size_t title = 0; title <= AQ_PASSAGE_TITLE; title += AQ_PASSAGE_TITLE) {
            struct aq_buf text = {0};
            aq_buf_puts(&text, runs[i].before);
            for (unsigned n = 0; n < 700; n++)
                aq_buf_puts(&text, runs[i].unit);
            aq_buf_puts(&text, runs[i].after);
            f->document.count = f->document.text.len = 0;
            add(f, AQ_BLOCK_HEADING, 0, "A heading");
            add_bytes(f, AQ_BLOCK_PARAGRAPH, 0, (const char *)text.ptr, text.len);
            add(f, AQ_BLOCK_PARAGRAPH, 0, "More.");
            aq_buf_free(&text);
            split(f, title);
            assert_true(f->splitter.passage_count > (runs[i].before[0] == 'h' ? 0 : 3));
            assert_passages_stand_alone(f);
        }
}

static void white_space_trimmed_at_an_end_changes_no_word(void **state)
{
    static const char *const spaces[] = {" ", "\n", "\xC2\x85", "\xC2\xA0", "\xE3\x80\x80", "\xE2\x80\x8B",
                                         "\xE2\x80\xA8"};
    static const char *const words[] = {"c#", "C++", "x+", "U.S", "U.S.", "don'", "1,000", "a-", "AT&",
                                        "www.", "http://",
                                        "http://x.org/a?b", "\xC2\xAD", "\xE6\xBC\xA2", ".NET", "'x"};
    struct fixture *f = *state;
    for (size_t s = 0; s < AQ_COUNT(spaces); s++)
        for (size_t w = 0; w < AQ_COUNT(words); w++) {
            struct aq_buf text = {0};
            aq_buf_printf(&text, "%s%sx y%s%s%s", spaces[s], words[w], spaces[s], words[w], spaces[s]);
            f->document.count = f->document.text.len = 0;
            add_bytes(f, AQ_BLOCK_PARAGRAPH, 0, (const char *)text.ptr, text.len);
            aq_buf_clear(&text);
            aq_buf_printf(&text, "%s%s%s", spaces[s], words[w], spaces[s]);
            add_bytes(f, AQ_BLOCK_PARAGRAPH, 1, (const char *)text.ptr, text.len);
            aq_buf_free(&text);
            split(f, 0);
            assert_passages_stand_alone(f);
        }
}

/* A break is found in a gap only where the two sides yield alone what they do together. */
static void no_break_is_offered_where_a_word_might_go_on(void **state)
{
    static const struct {
        const char *text;
        enum aq_break kind;
        uint32_t at;
    } cases[] = {
        {"one two", AQ_BREAK_WORD, 3},   {"one, two", AQ_BREAK_CLAUSE, 4},
        {"one/two", AQ_BREAK_INSIDE, 0}, {"one...two", AQ_BREAK_INSIDE, 0},
        {"one;two", AQ_BREAK_INSIDE, 0}, {"one(\"two", AQ_BREAK_WORD, 5},
        {"one).two", AQ_BREAK_WORD, 4},  {"one\xE2\x80\x94two", AQ_BREAK_WORD, 6},
        {"one\xE3\x80\x82'two", AQ_BREAK_SENTENCE, 6}};
    struct fixture *f = *state;
    for (size_t i = 0; i < AQ_COUNT(cases); i++) {
        const struct aq_token *t;
        size_t n;
        uint32_t at;
        struct aq_slice text = aq_slice_str(cases[i].text);
        assert_int_equal(aq_analyze(f->analyzer, text, &t, &n), AQ_OK);
        assert_int_equal(n, 2);
        assert_int_equal(aq_break_between(text, &t[0], &t[1], false, &at), cases[i].kind);
        if (cases[i].kind != AQ_BREAK_INSIDE)
            assert_int_equal(at, cases[i].at);
    }
}

static void a_compound_stays_with_its_parts(void **state)
{
    struct fixture *f = *state;
    struct aq_buf text = {0};
    for (int i = 0; i < 300; i++)
        aq_buf_puts(&text, i ? " a-b-c-d" : "a-b-c-d");
    add_bytes(f, AQ_BLOCK_PARAGRAPH, 0, (const char *)text.ptr, text.len);
    aq_buf_free(&text);
    split(f, 100);
    for (size_t i = 0; i < f->splitter.passage_count; i++) {
        assert_true(passage_starts(f, i, "a-b-c-d") && passage_ends(f, i, "a-b-c-d"));
        assert_true(f->splitter.ranges[i].count <= (i ? 255u : 155u));
    }
}

static void a_heading_goes_with_what_follows(void **state)
{
    struct fixture *f = *state;
    add_words(f, AQ_BLOCK_PARAGRAPH, 0, "a", 50, 0);
    add(f, AQ_BLOCK_HEADING, 0, "Chapter");
    add(f, AQ_BLOCK_HEADING, 0, "Section");
    add_words(f, AQ_BLOCK_PARAGRAPH, 0, "b", 150, 0);
    split(f, 0);
    assert_int_equal(f->splitter.passage_count, 2);
    assert_true(passage_ends(f, 0, "a50"));
    assert_true(passage_starts(f, 1, "Chapter\n\nSection\n\nb1"));
    assert_int_equal(f->splitter.passages[0].flags, 0);
    assert_int_equal(f->splitter.passages[1].flags, AQ_PASSAGE_HEADING);
}

static void a_heading_does_not_make_its_paragraph_too_long(void **state)
{
    struct fixture *f = *state;
    add_words(f, AQ_BLOCK_HEADING, 0, "h", 10, 0);
    add_words(f, AQ_BLOCK_PARAGRAPH, 0, "b", 180, 0);
    split(f, 0);
    assert_int_equal(f->splitter.passage_count, 1);
}

static void a_heading_that_nothing_follows_closes_the_text(void **state)
{
    struct fixture *f = *state;
    add_words(f, AQ_BLOCK_PARAGRAPH, 0, "a", 70, 0);
    add(f, AQ_BLOCK_HEADING, 0, "The end");
    split(f, 0);
    assert_int_equal(f->splitter.passage_count, 1);
    assert_true(passage_ends(f, 0, "The end"));
}

static void a_remnant_joins_the_passage_before(void **state)
{
    struct fixture *f = *state;
    add_words(f, AQ_BLOCK_PARAGRAPH, 0, "a", 180, 0);
    add_words(f, AQ_BLOCK_PARAGRAPH, 0, "b", 19, 0);
    split(f, 0);
    assert_int_equal(f->splitter.passage_count, 1);
    assert_int_equal(words_of(f, 0), 180 + 19 + AQ_PASSAGE_GAP);
}

static void a_remnant_that_does_not_fit_stays_alone(void **state)
{
    struct fixture *f = *state;
    add_words(f, AQ_BLOCK_PARAGRAPH, 0, "a", 120, 0);
    add_words(f, AQ_BLOCK_PARAGRAPH, 0, "b", 19, 0);
    split(f, 120);
    assert_int_equal(f->splitter.passage_count, 2);
}

static void a_title_shortens_the_first_passage_only(void **state)
{
    struct fixture *f = *state;
    add_words(f, AQ_BLOCK_PARAGRAPH, 0, "a", 170, 0);
    add_words(f, AQ_BLOCK_PARAGRAPH, 0, "b", 170, 0);
    split(f, AQ_PASSAGE_TITLE);
    assert_true(f->splitter.ranges[0].count + AQ_PASSAGE_TITLE <= AQ_PASSAGE_TOKENS);
    size_t last = f->splitter.passage_count - 1;
    assert_true(f->splitter.ranges[last].count + AQ_PASSAGE_TITLE > AQ_PASSAGE_TOKENS);
    struct aq_error err = {0};
    enum aq_status st = aq_split(&f->splitter, f->analyzer, &f->document, AQ_PASSAGE_TITLE + 1, &err);
    assert_int_equal(st, AQ_INVALID);
}

static void many_tiny_blocks_stay_below_the_bound_of_positions(void **state)
{
    struct fixture *f = *state;
    for (int i = 0; i < AQ_PASSAGE_JOIN - 1; i++)
        add(f, AQ_BLOCK_ITEM, 0, "word");
    for (int i = 0; i < 60; i++)
        add(f, AQ_BLOCK_HEADING, 0, "word");
    split(f, 0);
    assert_int_equal(f->splitter.passage_count, 2);
    for (size_t i = 0; i < f->splitter.passage_count; i++)
        assert_true(words_of(f, i) <= AQ_PASSAGE_POSITIONS);
}

static void a_text_without_a_word_has_no_passage(void **state)
{
    struct fixture *f = *state;
    split(f, 0);
    assert_int_equal(f->splitter.passage_count, 0);
    add(f, AQ_BLOCK_PARAGRAPH, 0, ":-)");
    add(f, AQ_BLOCK_PARAGRAPH, 1, "***");
    split(f, 5);
    assert_int_equal(f->splitter.passage_count, 0);
    assert_int_equal(f->splitter.token_count, 0);
}

static void a_rule_between_paragraphs_lies_in_their_passage(void **state)
{
    struct fixture *f = *state;
    add(f, AQ_BLOCK_PARAGRAPH, 0, "* * *");
    add(f, AQ_BLOCK_PARAGRAPH, 0, "One");
    add(f, AQ_BLOCK_PARAGRAPH, 0, "***");
    add(f, AQ_BLOCK_PARAGRAPH, 0, "two");
    add(f, AQ_BLOCK_PARAGRAPH, 0, ":-)");
    split(f, 0);
    assert_int_equal(f->splitter.passage_count, 1);
    assert_passage(f, 0, "One\n\n***\n\ntwo\n\n:-)");
}

static void too_many_passages_are_refused(void **state)
{
    struct fixture *f = *state;
    struct aq_error err = {0};
    for (unsigned i = 0; i < AQ_MAX_PASSAGES; i++)
        add(f, AQ_BLOCK_PARAGRAPH, i % 2, "word");
    split(f, 0);
    assert_int_equal(f->splitter.passage_count, AQ_MAX_PASSAGES);
    add(f, AQ_BLOCK_PARAGRAPH, AQ_MAX_PASSAGES % 2, "word");
    assert_int_equal(aq_split(&f->splitter, f->analyzer, &f->document, 0, &err), AQ_LIMIT);
    assert_int_equal(err.status, AQ_LIMIT);
}

static void a_second_document_needs_no_new_memory(void **state)
{
    struct fixture *f = *state;
    add_words(f, AQ_BLOCK_PARAGRAPH, 0, "a", 500, 10);
    split(f, 0);
    struct aq_splitter before = f->splitter;
    f->document.count = f->document.text.len = 0;
    add(f, AQ_BLOCK_PARAGRAPH, 1, "short");
    split(f, 0);
    assert_ptr_equal(f->splitter.tokens, before.tokens);
    assert_ptr_equal(f->splitter.passages, before.passages);
    assert_ptr_equal(f->splitter.ranges, before.ranges);
    assert_int_equal(f->splitter.passage_count, 1);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(short_paragraphs_are_joined),
        TEST(phrases_cannot_reach_from_block_to_block),
        TEST(enough_words_end_a_passage),
        TEST(what_would_be_too_long_together_stays_apart),
        TEST(a_quote_shares_no_passage),
        TEST(a_long_paragraph_is_cut_evenly_at_sentence_ends),
        TEST(punctuation_goes_with_the_sentence_it_ends),
        TEST(abbreviations_and_decimals_end_no_sentence),
        TEST(without_sentences_a_clause_or_line_end_will_do),
        TEST(code_and_lists_are_cut_between_lines),
        TEST(a_run_without_any_break_is_cut_between_tokens),
        TEST(whatever_has_no_white_space_is_cut_into_passages_that_stand_alone),
        TEST(white_space_trimmed_at_an_end_changes_no_word),
        TEST(no_break_is_offered_where_a_word_might_go_on),
        TEST(a_compound_stays_with_its_parts),
        TEST(a_heading_goes_with_what_follows),
        TEST(a_heading_does_not_make_its_paragraph_too_long),
        TEST(a_heading_that_nothing_follows_closes_the_text),
        TEST(a_remnant_joins_the_passage_before),
        TEST(a_remnant_that_does_not_fit_stays_alone),
        TEST(a_title_shortens_the_first_passage_only),
        TEST(many_tiny_blocks_stay_below_the_bound_of_positions),
        TEST(a_text_without_a_word_has_no_passage),
        TEST(a_rule_between_paragraphs_lies_in_their_passage),
        TEST(too_many_passages_are_refused),
        TEST(a_second_document_needs_no_new_memory),
    };
    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests_name("splitter", tests, NULL, NULL);
}
