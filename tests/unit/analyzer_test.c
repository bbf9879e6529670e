/* The analyzer: which words a text has, where they are, and which of them are one
 * term. Cases are written as the text and what it becomes: `position:form`, then
 * `>term` where that differs; a whole is `position=form/span`. */
#include "analyzer.h"
#include "tokenizer.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

struct golden {
    const char *text, *tokens;
};

static struct aq_analyzer *open_analyzer(const char *language)
{
    struct aq_analyzer *a;
    struct aq_error err = {0};
    assert_int_equal(aq_analyzer_open(language, &a, &err), AQ_OK);
    return a;
}

static void render(struct aq_analyzer *a, const char *text, struct aq_buf *out)
{
    const struct aq_token *t;
    size_t n;
    assert_int_equal(aq_analyze(a, aq_slice_str(text), &t, &n), AQ_OK);
    for (size_t i = 0; i < n; i++) {
        const struct aq_lexeme *x = aq_analyzer_lexeme(a, t[i].lexeme);
        bool whole = t[i].flags & AQ_TOKEN_WHOLE;
        aq_buf_printf(out, "%s%u%c%.*s", i ? " " : "", t[i].position, whole ? '=' : ':', (int)x->form.len,
                      (const char *)x->form.ptr);
        if (!aq_slice_eq(x->form, x->term))
            aq_buf_printf(out, ">%.*s", (int)x->term.len, (const char *)x->term.ptr);
        if (whole)
            aq_buf_printf(out, "/%u", t[i].span);
    }
    aq_buf_u8(out, 0);
    assert_false(out->failed);
}

static void assert_golden(const char *language, const struct golden *cases, size_t count)
{
    struct aq_analyzer *a = open_analyzer(language);
    for (size_t i = 0; i < count; i++) {
        struct aq_buf got = {0};
        render(a, cases[i].text, &got);
        assert_string_equal((const char *)got.ptr, cases[i].tokens);
        aq_buf_free(&got);
    }
    aq_analyzer_close(a);
}

static void words_are_letters_and_digits(void **state)
{
    (void)state;
    static const struct golden cases[] = {
        {"", ""},
        {" \n\t .,;!", ""},
        {"Hello, world!", "0:hello 1:world"},
        {"o1 beats 4o", "0:o1 1:beats>beat 2:4o"},
        {"end.Start and/or TCP/IP", "0:end 1:start 2:and 3:or 4:tcp 5:ip"},
        {"$100 50% #tag user@example.com", "0:100 1:50 2:tag 3:user 4:example>exampl 5:com"},
        {"_emph_ **bold** -x- 'quoted'", "0:emph 1:bold 2:x 3:quoted>quot"},
    };
    assert_golden("english", cases, AQ_COUNT(cases));
}

static void apostrophes_stay_inside_words(void **state)
{
    (void)state;
    static const struct golden cases[] = {
        {"don't don\xE2\x80\x99t DON\xEF\xBC\x87T", "0:don't 1:don't 2:don't"},
        {"dog's dogs' dogs dog", "0:dog's>dog 1:dogs>dog 2:dogs>dog 3:dog"},
        {"it's 1980's '90s", "0:it's>it 1:1980's>1980 2:90s"},
        {"5'10 a'", "0:5 1:10 2:a"},
    };
    assert_golden("english", cases, AQ_COUNT(cases));
}

static void numbers_and_initials_keep_their_dots(void **state)
{
    (void)state;
    static const struct golden cases[] = {
        {"3.5 v1.2.3 3. x", "0:3.5 1:v1.2.3 2:3 3:x"},
        {"1,000 1,000,000.50 1000", "0:1,000>1000 1:1,000,000.50>1000000.50 2:1000"},
        {"1,2,3 10,00 1,0000 1234,567", "0:1 1:2 2:3 3:10 4:00 5:1 6:0000 7:1234 8:567"},
        {"U.S. e.g. J.R.R. Tolkien", "0:u.s 1:e.g 2:j.r.r 3:tolkien"},
        {"4o.b 1.b", "0:4o 1:b 2:1 3:b"},
        {"a.bc ab.c a.b.cd", "0:a 1:bc 2:ab 3:c 4:a.b 5:cd"},
    };
    assert_golden("english", cases, AQ_COUNT(cases));
}

static void compounds_yield_whole_and_parts(void **state)
{
    (void)state;
    static const struct golden cases[] = {
        {"x-risks x\xE2\x80\x91risk X\xE2\x80\x90RISK",
         "0=x-risks>x-risk/2 0:x 1:risks>risk 2=x-risk/2 2:x 3:risk 4=x-risk/2 4:x 5:risk"},
        {"GPT-3.5 next", "0=gpt-3.5/2 0:gpt 1:3.5 2:next"},
        {"C++ c#, F#-based C++11", "0=c++/1 0:c 1=c#/1 1:c 2=f#/1 2:f 3:based>base 4=c++/1 4:c 5:11"},
        {"AT&T Q&A salt&pepper R&amp;D", "0=at&t/2 0:at 1:t 2=q&a/2 2:q 3:a 4:salt 5:pepper 6:r 7:amp 8:d"},
        {"x-\xC3\xA9tat", "0=x-\xC3\xA9tat>x-etat/2 0:x 1:\xC3\xA9tat>etat"},
        {"foo_bar .NET ASP.NET", "0=foo_bar/2 0:foo 1:bar 2=.net/1 2:net 3:asp 4:net"},
        {"a-b-c-d a-b-c-d-e", "0=a-b-c-d/4 0:a 1:b 2:c 3:d 4:a 5:b 6:c 7:d 8:e"},
        {"a--b a - b a\xE2\x80\x93" "b ca++b", "0:a 1:b 2:a 3:b 4:a 5:b 6:ca 7:b"},
    };
    assert_golden("english", cases, AQ_COUNT(cases));
}

static void a_whole_that_stems_to_its_first_part_is_left_out(void **state)
{
    (void)state;
    static const struct golden cases[] = {{"porta-la", "0:porta>port 1:la"}};
    assert_golden("catalan", cases, AQ_COUNT(cases));
}

/* White space of any kind does what the end of the text does. */
static void suffixes_and_dots_are_judged_by_what_stands_beside_them(void **state)
{
    (void)state;
    static const struct golden cases[] = {
        {"c#", "0=c#/1 0:c"},
        {"c#\xE3\x80\x80", "0=c#/1 0:c"},
        {"c#\xC2\xA0" "d", "0=c#/1 0:c 1:d"},
        {"c#\xE2\x80\x99s c#\xE2\x80\x94", "0=c#/1 0:c 1:s 2=c#/1 2:c"},
        {"c#\xC3\xA9 c#\xE6\xBC\xA2", "0:c 1:\xC3\xA9>e 2:c 3:\xE6\xBC\xA2"},
        {"x\xE3\x80\x80.NET", "0:x 1=.net/1 1:net"},
        {"\xC2\xA0.net \xC3\xA9.net \xE6\xBC\xA2.net",
         "0=.net/1 0:net 1:\xC3\xA9>e 2:net 3:\xE6\xBC\xA2 4:net"},
    };
    assert_golden("english", cases, AQ_COUNT(cases));
}

static void barriers_are_what_no_word_or_url_takes_in(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        unsigned bytes;
    } cases[] = {{" ", 1},  {"\n", 1}, {")", 1}, {"\"", 1}, {"\xC2\xA0", 2}, {"\xE2\x80\x8B", 3},
                 {"\xE3\x80\x82", 3},
                 {"\xE2\x80\x94", 3}, {"\xF0\x9F\x99\x82", 4}, {"", 0}, {"a", 0}, {"-", 0}, {".", 0},
                 {"/", 0}, {"(", 0},
                 {";", 0}, {"#", 0}, {"'", 0}, {"\xE2\x80\x99", 0}, {"\xE2\x80\x91", 0}, {"\xC2\xAD", 0},
                 {"\xC2\xB7", 0},
                 {"\xCC\x81", 0}, {"\xC3\xA9", 0}, {"\xE6\xBC\xA2", 0}, {"\xE3\x80", 0}, {"\x80", 0}};
    for (size_t i = 0; i < AQ_COUNT(cases); i++) {
        struct aq_slice s = aq_slice_str(cases[i].text);
        assert_int_equal(aq_barrier_at(s.ptr, s.ptr + s.len), cases[i].bytes);
    }
}

/* A text cut beside a barrier yields, part by part, the tokens of the whole. */
static void nothing_looks_beyond_a_barrier(void **state)
{
    (void)state;
    static const char *const barriers[] = {" ", ")", "\"", "\\", "\x7F", "\xC2\xA0", "\xE3\x80\x82",
                                           "\xF0\x9F\x99\x82"};
    static const char *const words[] = {"c#", "C++", "net", ".net", "..net", "U.S", "U.", "1,000", "1,",
                                        "a-", "-", "AT&", "www",
                                        "www.", "http:", "http://", "http://x?", "'", "n'", "\xC2\xAD",
                                        "\xE6\xBC\xA2",
                                        "\xE0\xB8\xAA", "\xCC\x81", "+", "#", "a&b;"};
    struct aq_analyzer *a = open_analyzer("english");
    for (size_t b = 0; b < AQ_COUNT(barriers); b++)
        for (size_t i = 0; i < AQ_COUNT(words) * AQ_COUNT(words); i++) {
            const char *left = words[i / AQ_COUNT(words)], *right = words[i % AQ_COUNT(words)];
            char text[64];
            const struct aq_token *t;
            struct aq_token whole[32];
            size_t n, total;
            snprintf(text, sizeof text, "%s%s%s", left, barriers[b], right);
            assert_int_equal(aq_analyze(a, aq_slice_str(text), &t, &total), AQ_OK);
            assert_true(total <= AQ_COUNT(whole));
            if (total)
                memcpy(whole, t, total * sizeof *t);
            size_t cuts[] = {strlen(left), strlen(left) + strlen(barriers[b])};
            for (size_t c = 0; c < AQ_COUNT(cuts); c++) {
                size_t done = 0;
                for (size_t side = 0; side < 2; side++) {
                    struct aq_slice part = side ? aq_slice_str(text + cuts[c]) : aq_slice(text, cuts[c]);
                    assert_int_equal(aq_analyze(a, part, &t, &n), AQ_OK);
                    assert_true(done + n <= total);
                    for (size_t k = 0; k < n; k++, done++)
                        assert_true(t[k].lexeme == whole[done].lexeme && t[k].flags == whole[done].flags);
                }
                assert_int_equal(done, total);
            }
        }
    aq_analyzer_close(a);
}

static void urls_yield_their_words_without_junk(void **state)
{
    (void)state;
    static const struct golden cases[] = {
        {"see https://www.site.com/posts/aB3dE9/the-old_2015?x=y&z#f). End",
         "0:see 1:site 2:com 3:posts>post 4:the 5:old 6:2015 7:end"},
        {"[a](HTTP://x.org/caf%C3%A9/caf%EE/abcdefghijklmnopqrstuvw/123456789/ok) b",
         "0:a 1:x 2:org 3:ok 4:b"},
        {"www.foo.org wwwfoo http: www. ftp://h", "0:foo 1:org 2:wwwfoo 3:http 4:www 5:h"},
        {"http://a.b/c#sec-two\xE6\xBC\xA2", "0:a 1:b 2:c 3:sec 4:two 5:\xE6\xBC\xA2"},
    };
    assert_golden("english", cases, AQ_COUNT(cases));
}

static void diacritics_part_forms_but_not_terms(void **state)
{
    (void)state;
    static const struct golden cases[] = {
        {"caf\xC3\xA9 cafe\xCC\x81 cafe", "0:caf\xC3\xA9>cafe 1:caf\xC3\xA9>cafe 2:cafe"},
        {"r\xC3\xA9sum\xC3\xA9s resume", "0:r\xC3\xA9sum\xC3\xA9s>resum 1:resume>resum"},
        {"Stra\xC3\x9F" "e \xC5\x81\xC3\xB3" "d\xC5\xBA s\xC3\xB8ren",
         "0:strasse>strass 1:\xC5\x82\xC3\xB3" "d\xC5\xBA>lodz 2:s\xC3\xB8ren>soren"},
        {"\xEF\xAC\x81nance \xEF\xBC\xA1\xEF\xBC\xA2", "0:finance>financ 1:ab"},
        {"\xD0\xBC\xD0\xBE\xD0\xB9 \xD1\x91\xD0\xB6",
         "0:\xD0\xBC\xD0\xBE\xD0\xB9 1:\xD1\x91\xD0\xB6>\xD0\xB5\xD0\xB6"},
    };
    assert_golden("english", cases, AQ_COUNT(cases));
    static const struct golden german[] = {{"H\xC3\xA4user Hauser", "0:h\xC3\xA4user>haus 1:hauser>haus"}};
    assert_golden("german", german, AQ_COUNT(german));
}

static void runs_without_spaces_become_bigrams(void **state)
{
    (void)state;
    static const struct golden cases[] = {
        {"\xE6\x97\xA5\xE6\x9C\xAC\xE8\xAA\x9E\xE3\x80\x82\xE4\xB8\x80",
         "0:\xE6\x97\xA5\xE6\x9C\xAC 1:\xE6\x9C\xAC\xE8\xAA\x9E 2:\xE4\xB8\x80"},
        /* half-width GA GI: each a letter and a voicing mark */
        {"\xEF\xBD\xB6\xEF\xBE\x9E\xEF\xBD\xB7\xEF\xBE\x9E", "0:\xE3\x82\xAC\xE3\x82\xAE"},
        {"A\xE6\xBC\xA2\xE5\xAD\x97z", "0:a 1:\xE6\xBC\xA2\xE5\xAD\x97 2:z"},
        {"\xEA\xB0\x80\xEB\x82\x98\xEB\x8B\xA4 \xEB\x9D\xBC",
         "0:\xEA\xB0\x80\xEB\x82\x98\xEB\x8B\xA4 1:\xEB\x9D\xBC"},
        {"\xE0\xB8\x87\xE0\xB9\x88\xE0\xB8\xB2\xE0\xB8\xA2",
         "0:\xE0\xB8\x87\xE0\xB9\x88\xE0\xB8\xB2 1:\xE0\xB8\xB2\xE0\xB8\xA2"},
    };
    assert_golden("english", cases, AQ_COUNT(cases));
}

static void offsets_refer_to_the_text_as_it_was_written(void **state)
{
    (void)state;
    struct aq_analyzer *a = open_analyzer("english");
    const struct aq_token *t;
    size_t n;
    const char *text = "\xEF\xBD\xB6\xEF\xBE\x9E\xEF\xBD\xB7 X-Risk C++ so\xC2\xAD" "ft";
    assert_int_equal(aq_analyze(a, aq_slice_str(text), &t, &n), AQ_OK);
    static const uint32_t expected[][2] = {{0, 9}, {10, 16}, {10, 11}, {12, 16}, {17, 20},
                                           {17, 18}, {21, 27}};
    assert_int_equal(n, AQ_COUNT(expected));
    for (size_t i = 0; i < n; i++) {
        assert_int_equal(t[i].begin, expected[i][0]);
        assert_int_equal(t[i].end, expected[i][1]);
    }
    aq_analyzer_close(a);
}

static void invisible_characters_leave_no_trace_in_a_form(void **state)
{
    (void)state;
    static const struct golden cases[] = {
        {"soft\xC2\xADhyphen zero\xE2\x80\x8Dwidth", "0:softhyphen 1:zerowidth"},
        {"a\xE2\x80\x8B" "b \xEF\xBB\xBFx", "0:a 1:b 2:x"},
        {"1\xEF\xB8\x8F\xE2\x83\xA3 \xF0\x9F\x99\x82\xF0\x9F\x91\x8D \xCC\x81z \xE3\x85\xA4", "0:1 1:z"},
    };
    assert_golden("english", cases, AQ_COUNT(cases));
}

static void bad_bytes_part_words(void **state)
{
    (void)state;
    static const struct golden cases[] = {
        {"ab\xFF" "cd \xC3", "0:ab 1:cd"}, {"a-\xED\xA0\x80" "b", "0:a 1:b"}, {"caf\xC3 x", "0:caf 1:x"}};
    assert_golden("english", cases, AQ_COUNT(cases));
}

static void where_a_language_elides_apostrophes_part(void **state)
{
    (void)state;
    static const struct golden cases[] = {{"l'homme d\xE2\x80\x99" "eau", "0:l 1:homme>homm 2:d 3:eau"}};
    assert_golden("french", cases, AQ_COUNT(cases));
}

static void without_a_language_the_term_is_the_form(void **state)
{
    (void)state;
    static const struct golden cases[] = {{"Running CAF\xC3\x89's X-Risks 1,000",
                                           "0:running 1:caf\xC3\xA9's 2=x-risks/2 2:x 3:risks 4:1,000"}};
    assert_golden("none", cases, AQ_COUNT(cases));
}

static void other_stemmers_are_spared_the_possessive(void **state)
{
    (void)state;
    static const struct golden cases[] = {{"Anna's Anna", "0:anna's>anna 1:anna"}};
    assert_golden("german", cases, AQ_COUNT(cases));
}

static void what_is_too_long_is_cut_at_a_character(void **state)
{
    (void)state;
    struct aq_analyzer *a = open_analyzer("none");
    char text[2001];
    const struct aq_token *t;
    size_t n;
    for (size_t i = 0; i < 2000; i += 2)
        memcpy(text + i, "\xC3\xA9", 2);
    text[0] = 'x'; /* so that 200 bytes end inside a character */
    text[1] = 'y';
    memmove(text + 1, text + 2, 1998);
    text[1999] = 'z';
    assert_int_equal(aq_analyze(a, aq_slice(text, 2000), &t, &n), AQ_OK);
    assert_int_equal(n, 1);
    assert_int_equal(t[0].end, 2000);
    assert_int_equal(aq_analyzer_lexeme(a, t[0].lexeme)->form.len, 199);
    memset(text, 'A', 2000);
    assert_int_equal(aq_analyze(a, aq_slice(text, 2000), &t, &n), AQ_OK);
    assert_int_equal(n, 1);
    assert_int_equal(aq_analyzer_lexeme(a, t[0].lexeme)->form.len, AQ_TERM_MAX);
    assert_int_equal(aq_analyzer_lexeme(a, t[0].lexeme)->form.ptr[0], 'a');
    aq_analyzer_close(a);
}

static const struct aq_lexeme *lexeme_of(struct aq_analyzer *a, const char *word)
{
    const struct aq_token *t;
    size_t n;
    assert_int_equal(aq_analyze(a, aq_slice_str(word), &t, &n), AQ_OK);
    assert_int_equal(n, 1);
    return aq_analyzer_lexeme(a, t[0].lexeme);
}

static void forms_are_numbered_within_their_term(void **state)
{
    (void)state;
    struct aq_analyzer *a = open_analyzer("english");
    const struct aq_lexeme *walks = lexeme_of(a, "walks"), *walk = lexeme_of(a, "Walk"),
                           *walked = lexeme_of(a, "walked"), *talk = lexeme_of(a, "talk");
    assert_int_equal(aq_analyzer_lexeme_count(a), 4);
    assert_int_equal(aq_analyzer_term_count(a), 2);
    assert_int_equal(walks->form_number, 0);
    assert_int_equal(walk->form_number, 1);
    assert_int_equal(walked->form_number, 2);
    assert_int_equal(talk->form_number, 0);
    assert_int_equal(walked->term_id, walks->term_id);
    assert_int_equal(talk->term_id, 1);
    assert_true(walked->term_hash == walk->term_hash);
    assert_true(talk->term_hash != walk->term_hash);
    assert_true(walk->term_is_form);
    assert_false(walked->term_is_form);
    assert_ptr_equal(lexeme_of(a, "WALKED"), walked);
    aq_analyzer_close(a);
}

/* Words of 1 to 30 letters, enough to grow every table and chunk many times. */
static void made_up_word(uint32_t i, char word[40])
{
    size_t n = 0;
    for (uint32_t left = i + 1; left; left /= 20)
        word[n++] = "bcdfghjklmnpqrtvwxza"[left % 20];
    for (size_t pad = i % 7 == 0 ? 20 : 0; pad; pad--)
        word[n++] = 'q';
    if (i % 11 == 0) {
        memcpy(word + n, "\xC3\xBC", 2);
        n += 2;
    }
    word[n] = 0;
}

static void lexemes_stay_where_they_are_while_others_come(void **state)
{
    (void)state;
    enum { WORDS = 50000 };
    struct aq_analyzer *a = open_analyzer("none");
    const struct aq_lexeme **seen = calloc(WORDS, sizeof *seen);
    char word[40];
    assert_non_null(seen);
    for (uint32_t i = 0; i < WORDS; i++) {
        made_up_word(i, word);
        seen[i] = lexeme_of(a, word);
        assert_int_equal(seen[i]->id, i);
    }
    size_t memory = aq_analyzer_memory(a);
    for (uint32_t i = 0; i < WORDS; i++) {
        made_up_word(i, word);
        assert_ptr_equal(lexeme_of(a, word), seen[i]);
        assert_true(aq_slice_eq(seen[i]->form, aq_slice_str(word)));
        assert_true(aq_slice_eq(seen[i]->term, aq_slice_str(word)));
        assert_int_equal(seen[i]->id, i);
        assert_int_equal(seen[i]->term_id, i);
    }
    assert_int_equal(aq_analyzer_lexeme_count(a), WORDS);
    assert_int_equal(aq_analyzer_memory(a), memory);
    free(seen);
    aq_analyzer_close(a);
}

/* Ids handed from the analyzing thread to another. */
struct hand_over {
    pthread_mutex_t lock;
    struct aq_analyzer *analyzer;
    uint32_t ready; /* lexemes below this may be read */
    bool done;
    uint64_t bytes; /* of the forms read */
};

static void *read_lexemes(void *context)
{
    struct hand_over *h = context;
    uint32_t next = 0;
    for (bool done = false; !done;) {
        pthread_mutex_lock(&h->lock);
        uint32_t ready = h->ready;
        done = h->done && next == ready;
        pthread_mutex_unlock(&h->lock);
        for (; next < ready; next++) {
            const struct aq_lexeme *x = aq_analyzer_lexeme(h->analyzer, next);
            if (x->id == next && aq_slice_eq(x->form, x->term))
                h->bytes += x->form.len;
        }
    }
    return NULL;
}

static void another_thread_reads_lexemes_it_was_handed(void **state)
{
    (void)state;
    struct hand_over h = {.analyzer = open_analyzer("none")};
    pthread_t reader;
    uint64_t bytes = 0;
    char word[40];
    assert_int_equal(pthread_mutex_init(&h.lock, NULL), 0);
    assert_int_equal(pthread_create(&reader, NULL, read_lexemes, &h), 0);
    for (uint32_t i = 0; i < 20000; i++) {
        made_up_word(i, word);
        bytes += lexeme_of(h.analyzer, word)->form.len;
        pthread_mutex_lock(&h.lock);
        h.ready = i + 1;
        pthread_mutex_unlock(&h.lock);
    }
    pthread_mutex_lock(&h.lock);
    h.done = true;
    pthread_mutex_unlock(&h.lock);
    pthread_join(reader, NULL);
    assert_true(h.bytes == bytes);
    pthread_mutex_destroy(&h.lock);
    aq_analyzer_close(h.analyzer);
}

static void forgetting_starts_ids_again_and_gives_memory_back(void **state)
{
    (void)state;
    struct aq_analyzer *a = open_analyzer("english");
    size_t empty = aq_analyzer_memory(a);
    char word[40];
    for (uint32_t i = 0; i < 5000; i++) {
        made_up_word(i, word);
        (void)lexeme_of(a, word);
    }
    assert_true(aq_analyzer_memory(a) > empty);
    aq_analyzer_forget(a);
    assert_int_equal(aq_analyzer_memory(a), empty);
    assert_int_equal(aq_analyzer_lexeme_count(a), 0);
    assert_int_equal(lexeme_of(a, "walks")->id, 0);
    assert_int_equal(lexeme_of(a, "talk")->term_id, 1);
    aq_analyzer_close(a);
}

static void languages_open_by_name_and_code(void **state)
{
    (void)state;
    static const char *const names[][2] = {{"en", "english"}, {"eng", "english"}, {"de", "german"},
                                           {"spa", "spanish"}, {"porter", "porter"}, {"none", "none"}};
    for (size_t i = 0; i < AQ_COUNT(names); i++) {
        struct aq_analyzer *a = open_analyzer(names[i][0]);
        assert_string_equal(aq_analyzer_language(a), names[i][1]);
        aq_analyzer_close(a);
    }
}

static void an_unknown_language_is_answered_with_the_known_ones(void **state)
{
    (void)state;
    static const char *const wrong[] = {"", "klingon", "engl", "e"};
    for (size_t i = 0; i < AQ_COUNT(wrong); i++) {
        struct aq_error err = {0};
        struct aq_analyzer *a = (struct aq_analyzer *)(void *)&err; /* anything but NULL */
        assert_int_equal(aq_analyzer_open(wrong[i], &a, &err), AQ_INVALID);
        assert_null(a);
        assert_non_null(strstr(err.message, "none"));
        assert_non_null(strstr(err.message, "english"));
    }
}

static void the_identity_tells_languages_apart_and_is_stable(void **state)
{
    (void)state;
    struct aq_analyzer *en = open_analyzer("en"), *english = open_analyzer("english");
    struct aq_analyzer *porter = open_analyzer("porter");
    assert_string_equal(aq_analyzer_identity(en), aq_analyzer_identity(english));
    assert_string_not_equal(aq_analyzer_identity(en), aq_analyzer_identity(porter));
    assert_int_equal(strncmp(aq_analyzer_identity(en), "aq1;english;unicode", 19), 0);
    assert_true(strlen(aq_analyzer_identity(en)) <= 127);
    aq_analyzer_close(en);
    aq_analyzer_close(english);
    aq_analyzer_close(porter);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(words_are_letters_and_digits),
        cmocka_unit_test(apostrophes_stay_inside_words),
        cmocka_unit_test(numbers_and_initials_keep_their_dots),
        cmocka_unit_test(compounds_yield_whole_and_parts),
        cmocka_unit_test(a_whole_that_stems_to_its_first_part_is_left_out),
        cmocka_unit_test(suffixes_and_dots_are_judged_by_what_stands_beside_them),
        cmocka_unit_test(barriers_are_what_no_word_or_url_takes_in),
        cmocka_unit_test(nothing_looks_beyond_a_barrier),
        cmocka_unit_test(urls_yield_their_words_without_junk),
        cmocka_unit_test(diacritics_part_forms_but_not_terms),
        cmocka_unit_test(runs_without_spaces_become_bigrams),
        cmocka_unit_test(offsets_refer_to_the_text_as_it_was_written),
        cmocka_unit_test(invisible_characters_leave_no_trace_in_a_form),
        cmocka_unit_test(bad_bytes_part_words),
        cmocka_unit_test(where_a_language_elides_apostrophes_part),
        cmocka_unit_test(without_a_language_the_term_is_the_form),
        cmocka_unit_test(other_stemmers_are_spared_the_possessive),
        cmocka_unit_test(what_is_too_long_is_cut_at_a_character),
        cmocka_unit_test(forms_are_numbered_within_their_term),
        cmocka_unit_test(lexemes_stay_where_they_are_while_others_come),
        cmocka_unit_test(another_thread_reads_lexemes_it_was_handed),
        cmocka_unit_test(forgetting_starts_ids_again_and_gives_memory_back),
        cmocka_unit_test(languages_open_by_name_and_code),
        cmocka_unit_test(an_unknown_language_is_answered_with_the_known_ones),
        cmocka_unit_test(the_identity_tells_languages_apart_and_is_stable),
    };
    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests_name("analyzer", tests, NULL, NULL);
}
