/* The splitter on random documents: a passage's text analyzed alone yields its
 * tokens, every token of every block lies in exactly one passage, and the passages
 * keep what splitter.h promises. AQ_SEED repeats a run, AQ_ROUNDS lengthens it. */
#include "splitter.h"

#include "tokenizer.h"

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
    return asked ? (uint32_t)strtoul(asked, NULL, 10) : 5000;
}

enum { REMNANT = 20, HEADINGS = 60 }; /* as splitter.c documents them */

/* ---- documents ---- */

static const char *const words[] = {"word", "a", "I", "x-risk", "a-b-c-d", "C++", "3.5", "e.g", "Mr", "don't",
                                    "\xE6\xBC\xA2", "\xE6\xBC\xA2\xE5\xAD\x97\xE6\xBC\xA2",
                                    "\xC3\xA9t\xC3\xA9", "naught"};
static const char *const gaps[] = {". ", ". ", "! ", "? ", ", ", "; ", "\n", " \n", " \xE2\x80\x94 ", ".\" ",
                                   " (", "\xE3\x80\x82",
                                   "... ", ".", " \xF0\x9F\x99\x82 ", "\xC2\xA0"};

static void random_words(struct aq_buf *out, uint32_t n, uint32_t gap_every)
{
    uint32_t vocabulary = 1 + random_below(AQ_COUNT(words));
    for (uint32_t i = 0; i < n; i++) {
        aq_buf_puts(out, words[random_below(vocabulary)]);
        if (i + 1 < n)
            aq_buf_puts(out, random_below(gap_every) ? " " : gaps[random_below(AQ_COUNT(gaps))]);
    }
}

/* What long runs without white space are made of, and what has been known to be
 * read otherwise at the end or the beginning of a text. */
static const char *const pieces[] = {
    "\xE6\xBC\xA2", "\xE5\xAD\x97\xE6\xBC\xA2", "\xE3\x82\xAB\xE3\x82\x99", "\xEF\xBD\xB6\xEF\xBE\x9E",
    "\xE0\xB8\xAA\xE0\xB8\xA7\xE0\xB8\xB1\xE0\xB8\xAA\xE0\xB8\x94\xE0\xB8\xB5",
    "\xE1\x9E\x80\xE1\x9F\x92\xE1\x9E\x9A",
    "\xEA\xB0\x80\xEB\x82\x98", "\xD8\xA7\xD9\x84", "\xC3\xA9", "a", "b-", "word", "net", "c", "c#", "C++",
    "U.S", "1",
    "1,000", "3.5", "http://", "https://x.org/", "www.", "AT&T", "don't", "rock\xE2\x80\x99n", "\xC2\xAD",
    "\xE2\x80\x8D",
    "-", "_", "\xE2\x80\x91", "&", ".", ".", "/", "?", "=", ";", ":", "#", "+", "++", "'", ",", "%20", "(",
    "*", "!",
    "\xC2\xB7", "\xF0\x9F\x99\x82",
    /* barriers */
    ")", "\"", "\xE3\x80\x82", "\xE3\x80\x81", "\xE2\x80\x94", "\xE3\x80\x8D", " ", "\n", "\xC2\xA0",
    "\xE3\x80\x80",
    "\xE2\x80\x8B"};

static void random_run(struct aq_buf *out, uint32_t n)
{
    const char *chosen[6];
    uint32_t kinds = 1 + random_below(AQ_COUNT(chosen));
    bool any = random_below(3) == 0;
    if (random_below(8) == 0)
        aq_buf_puts(out, "http://x.org/");
    for (uint32_t i = 0; i < kinds; i++)
        chosen[i] = pieces[random_below(AQ_COUNT(pieces) - (any ? 0 : 11))];
    for (uint32_t i = 0; i < n; i++) {
        aq_buf_puts(out, any ? pieces[random_below(AQ_COUNT(pieces))] : chosen[random_below(kinds)]);
        if (random_below(400) == 0)
            aq_buf_puts(out, pieces[AQ_COUNT(pieces) - 1 - random_below(11)]);
    }
}

/* Text [from, end) of the document's without white space at its ends, as blocks are. */
static void trim_block(struct aq_buf *text, size_t from)
{
    size_t begin = from;
    while (begin < text->len && (text->ptr[begin] == ' ' || text->ptr[begin] == '\n'))
        begin++;
    memmove(text->ptr + from, text->ptr + begin, text->len - begin);
    text->len -= begin - from;
    while (text->len > from && (text->ptr[text->len - 1] == ' ' || text->ptr[text->len - 1] == '\n'))
        text->len--;
    if (text->len == from)
        aq_buf_puts(text, "*");
}

static void random_block(struct aq_document *d)
{
    static const uint32_t lengths[] = {2, 5, 15, 30, 60, 100, 190, 400, 1200};
    struct aq_block b = {.kind = (uint8_t)random_below(AQ_BLOCK_TABLE + 1)};
    bool heading = b.kind == AQ_BLOCK_HEADING;
    if (d->count)
        aq_buf_puts(&d->text, "\n\n");
    b.begin = (uint32_t)d->text.len;
    b.quote_depth = d->count ? d->blocks[d->count - 1].quote_depth : (uint8_t)random_below(2);
    if (random_below(5) == 0)
        b.quote_depth = (uint8_t)random_below(3);
    if (b.kind == AQ_BLOCK_CODE && random_below(2))
        aq_buf_puts(&d->text, "    ");
    if (random_below(12) == 0)
        aq_buf_puts(&d->text, "***");
    else if (random_below(12) == 0 && !heading)
        for (uint32_t i = 1 + random_below(600); i; i--)
            aq_buf_puts(&d->text, "\xE8\xAA\x9E");
    else if (random_below(6) == 0) {
        random_run(&d->text, 1 + random_below(random_below(3) ? 60 : 1500));
        trim_block(&d->text, b.begin);
    } else
        random_words(&d->text, 1 + random_below(lengths[random_below(heading ? 6 : AQ_COUNT(lengths))]),
                     1 + random_below(60));
    if (random_below(8) == 0)
        aq_buf_puts(&d->text, "?!");
    b.end = (uint32_t)d->text.len;
    assert_true(aq_grow(&d->blocks, &d->cap, d->count + 1, sizeof *d->blocks));
    d->blocks[d->count++] = b;
}

static void random_document(struct aq_document *d)
{
    static const uint32_t counts[] = {1, 3, 10, 40, 150};
    aq_buf_clear(&d->text);
    d->count = 0;
    uint32_t tiny = random_below(6) == 0;
    for (uint32_t n = random_below(counts[random_below(AQ_COUNT(counts))] + 1); n; n--) {
        size_t at = d->text.len;
        random_block(d);
        if (tiny) { /* one-word blocks, to bring positions to their bound */
            d->text.len = at;
            if (d->count > 1)
                aq_buf_puts(&d->text, "\n\n");
            d->blocks[d->count - 1].begin = (uint32_t)d->text.len;
            aq_buf_puts(&d->text, "one");
            d->blocks[d->count - 1].end = (uint32_t)d->text.len;
        }
    }
    assert_false(d->text.failed);
}

/* ---- what the analyzer says ---- */

/* Tokens without a barrier between them that a passage always takes whole. */
enum { STRETCH = 120 };

/* Tokens as far as the first barrier behind tokens[from]. */
static size_t stretch_of(struct aq_slice text, const struct aq_token *tokens, size_t count, size_t from)
{
    size_t k = from + 1;
    for (; k < count; k++)
        for (uint32_t p = tokens[k - 1].end; p < tokens[k].begin; p++)
            if ((text.ptr[p] & 0xC0) != 0x80 && aq_barrier_at(text.ptr + p, text.ptr + text.len))
                return k - from;
    return k - from;
}

struct expected {
    struct aq_token *tokens; /* of all blocks; positions are the block's */
    uint32_t *block;         /* of each of the splitter's tokens */
    size_t count, cap, block_cap;
    bool stretched; /* some block may have to be cut where there is no barrier */
};

static void expect(struct expected *e, struct aq_analyzer *a, const struct aq_document *d)
{
    e->count = 0;
    e->stretched = false;
    for (size_t i = 0; i < d->count; i++) {
        const struct aq_block *b = &d->blocks[i];
        struct aq_slice text = aq_slice(d->text.ptr + b->begin, b->end - b->begin);
        const struct aq_token *t;
        size_t n;
        assert_int_equal(aq_analyze(a, text, &t, &n), AQ_OK);
        assert_true(aq_grow(&e->tokens, &e->cap, e->count + n + 1, sizeof *e->tokens));
        for (size_t k = 0, run; k < n; k += run)
            e->stretched |= (run = stretch_of(text, t, n, k)) >= STRETCH;
        for (size_t k = 0; k < n; k++) {
            e->tokens[e->count] = t[k];
            e->tokens[e->count].begin += b->begin;
            e->tokens[e->count++].end += b->begin;
        }
    }
}

static void find_blocks(struct expected *e, const struct aq_splitter *s, const struct aq_document *d)
{
    uint32_t b = 0;
    assert_true(aq_grow(&e->block, &e->block_cap, s->token_count + 1, sizeof *e->block));
    for (size_t k = 0; k < s->token_count; k++) {
        while (d->blocks[b].end <= s->tokens[k].begin)
            b++;
        assert_true(d->blocks[b].begin <= s->tokens[k].begin && s->tokens[k].end <= d->blocks[b].end);
        e->block[k] = b;
    }
}

/* ---- checks ---- */

struct checked {
    struct aq_analyzer *a;
    const struct aq_splitter *s;
    const struct aq_document *d;
    const struct expected *e;
    size_t title_tokens;
};

static bool visible(uint8_t c)
{
    return c != ' ' && !(c >= '\t' && c <= '\r');
}

static size_t budget(const struct checked *c, size_t passage)
{
    return AQ_PASSAGE_TOKENS - (passage ? 0 : c->title_tokens);
}

static uint32_t words_in(const struct checked *c, size_t passage)
{
    uint32_t n = 0;
    for (size_t i = 0; i < c->s->ranges[passage].count; i++)
        n += !(c->s->tokens[c->s->ranges[passage].first + i].flags & AQ_TOKEN_WHOLE);
    return n;
}

static uint32_t last_position(const struct checked *c, size_t passage)
{
    struct aq_passage_tokens r = c->s->ranges[passage];
    return c->s->tokens[r.first + r.count - 1].position;
}

static void check_ranges(const struct checked *c)
{
    const struct aq_splitter *s = c->s;
    size_t next_token = 0;
    uint32_t next_byte = 0;
    for (size_t i = 0; i < s->passage_count; i++) {
        const struct aq_passage *p = &s->passages[i];
        assert_true(p->begin >= next_byte && p->begin < p->end && p->end <= c->d->text.len);
        assert_true(visible(c->d->text.ptr[p->begin]) && visible(c->d->text.ptr[p->end - 1]));
        assert_int_equal(s->ranges[i].first, next_token);
        assert_in_range(s->ranges[i].count, 1, budget(c, i));
        next_token += s->ranges[i].count;
        next_byte = p->end;
    }
    assert_int_equal(next_token, s->token_count);
}

static void assert_same_token(const struct aq_token *t, const struct aq_token *x, uint32_t begin)
{
    assert_int_equal(t->begin, begin + x->begin);
    assert_int_equal(t->end, begin + x->end);
    assert_int_equal(t->lexeme, x->lexeme);
    assert_int_equal(t->flags, x->flags);
    assert_int_equal(t->span, x->span);
}

/* What check, snippets and the table of repeats rely on. */
static void a_passage_alone_yields_its_tokens(const struct checked *c, size_t i)
{
    const struct aq_passage *p = &c->s->passages[i];
    const struct aq_token *x;
    size_t first = c->s->ranges[i].first, n;
    assert_int_equal(aq_analyze(c->a, aq_slice(c->d->text.ptr + p->begin, p->end - p->begin), &x, &n), AQ_OK);
    assert_int_equal(n, c->s->ranges[i].count);
    for (size_t k = 0; k < n; k++) {
        const struct aq_token *t = &c->s->tokens[first + k];
        assert_same_token(t, &x[k], p->begin);
        if (k == 0)
            assert_int_equal(t->position, 0);
        else if (c->e->block[first + k] == c->e->block[first + k - 1])
            assert_int_equal(t->position - t[-1].position, x[k].position - x[k - 1].position);
        else
            assert_int_equal(t->position - t[-1].position, 1 + AQ_PASSAGE_GAP);
    }
}

static void check_tokens(const struct checked *c)
{
    const struct aq_splitter *s = c->s;
    for (size_t i = 0; i < s->passage_count; i++) {
        a_passage_alone_yields_its_tokens(c, i);
        size_t first = s->ranges[i].first, end = first + s->ranges[i].count;
        for (size_t k = first; k < end; k++) {
            const struct aq_token *t = &s->tokens[k];
            assert_true(t->begin >= s->passages[i].begin && t->end <= s->passages[i].end);
            assert_true(t->begin < t->end);
            assert_true(!(t->flags & AQ_TOKEN_WHOLE) || k + t->span < end);
        }
        assert_true(last_position(c, i) < AQ_PASSAGE_POSITIONS);
    }
    /* Cut beside barriers only, the passages have the tokens of their blocks. */
    if (c->e->stretched)
        return;
    assert_int_equal(s->token_count, c->e->count);
    for (size_t k = 0; k < s->token_count; k++)
        assert_same_token(&s->tokens[k], &c->e->tokens[k], 0);
}

/* No word lies between two passages, nor before the first or after the last. */
static void check_coverage(const struct checked *c)
{
    const struct aq_splitter *s = c->s;
    for (size_t i = 0; i <= s->passage_count; i++) {
        uint32_t begin = i ? s->passages[i - 1].end : 0;
        uint32_t end = i < s->passage_count ? s->passages[i].begin : (uint32_t)c->d->text.len;
        const struct aq_token *t;
        size_t n;
        assert_int_equal(aq_analyze(c->a, aq_slice(c->d->text.ptr + begin, end - begin), &t, &n), AQ_OK);
        assert_int_equal(n, 0);
    }
}

static void check_depth_and_flags(const struct checked *c)
{
    const struct aq_document *d = c->d;
    size_t b = 0;
    for (size_t i = 0; i < c->s->passage_count; i++) {
        const struct aq_passage *p = &c->s->passages[i];
        while (b < d->count && d->blocks[b].end <= p->begin)
            b++;
        for (size_t k = b; k < d->count && d->blocks[k].begin < p->end; k++)
            assert_int_equal(d->blocks[k].quote_depth, p->quote_depth);
        size_t first = c->s->ranges[i].first, end = first + c->s->ranges[i].count;
        const struct aq_block *opening = &d->blocks[c->e->block[first]];
        bool starts_block = first == 0 || c->e->block[first] != c->e->block[first - 1];
        bool code = false;
        for (size_t k = first; k < end; k++)
            code |= d->blocks[c->e->block[k]].kind == AQ_BLOCK_CODE;
        unsigned flags = (starts_block && opening->kind == AQ_BLOCK_HEADING ? AQ_PASSAGE_HEADING : 0) |
                         (code ? AQ_PASSAGE_CODE : 0);
        assert_int_equal(p->flags, flags);
    }
}

/* Whether passages i and i + 1 could have been one: no other depth between. */
static bool neighbours(const struct checked *c, size_t i)
{
    const struct aq_passage *p = c->s->passages;
    if (p[i].quote_depth != p[i + 1].quote_depth)
        return false;
    for (size_t k = 0; k < c->d->count; k++) {
        const struct aq_block *b = &c->d->blocks[k];
        if (b->begin >= p[i].end && b->end <= p[i + 1].begin && b->quote_depth != p[i].quote_depth)
            return false;
    }
    return true;
}

/* Whether passage i ends inside a block. */
static bool cut_inside(const struct checked *c, size_t i)
{
    size_t next = c->s->ranges[i + 1].first;
    return c->e->block[next] == c->e->block[next - 1];
}

/* Whether passage i ends where there is no barrier: nothing may be joined there. */
static bool parted(const struct checked *c, size_t i)
{
    const uint8_t *text = c->d->text.ptr, *end = text + c->d->text.len;
    const uint8_t *at = text + c->s->passages[i].end, *before = at - 1;
    while ((*before & 0xC0) == 0x80)
        before--;
    return !aq_barrier_at(before, end) && !aq_barrier_at(at, end);
}

static bool would_fit(const struct checked *c, size_t i)
{
    const struct aq_splitter *s = c->s;
    uint32_t gap = cut_inside(c, i) ? 1 : 1 + AQ_PASSAGE_GAP;
    return s->ranges[i].count + s->ranges[i + 1].count <= budget(c, i) &&
           last_position(c, i) + gap + last_position(c, i + 1) < AQ_PASSAGE_POSITIONS;
}

static void check_sizes(const struct checked *c)
{
    for (size_t i = 0; i + 1 < c->s->passage_count; i++) {
        if (!neighbours(c, i) || !would_fit(c, i) || parted(c, i))
            continue;
        uint32_t here = words_in(c, i), next = words_in(c, i + 1);
        assert_true(next >= REMNANT);
        /* A block of fewer than AQ_PASSAGE_CUT words may be cut for its compounds. */
        bool cut = i + 2 < c->s->passage_count && cut_inside(c, i + 1);
        bool compounds = cut && c->s->ranges[i + 1].count > next;
        if (!cut_inside(c, i) && !compounds && !(c->s->passages[i + 1].flags & AQ_PASSAGE_HEADING))
            assert_true(here >= AQ_PASSAGE_JOIN || here + next > AQ_PASSAGE_CUT);
    }
}

static void check_headings(const struct checked *c)
{
    for (size_t i = 0; i + 1 < c->s->passage_count; i++) {
        size_t end = c->s->ranges[i + 1].first, k = end, trailing = 0;
        while (k > c->s->ranges[i].first && c->d->blocks[c->e->block[k - 1]].kind == AQ_BLOCK_HEADING)
            trailing += !(c->s->tokens[--k].flags & AQ_TOKEN_WHOLE);
        bool continued = k < end && k > 0 && c->e->block[k - 1] == c->e->block[k];
        /* They stay behind too where what follows cannot be cut and leaves no room. */
        struct aq_slice text = aq_slice(c->d->text.ptr, c->d->text.len);
        size_t next_end = end + c->s->ranges[i + 1].count;
        if (end + stretch_of(text, c->s->tokens, next_end, end) > c->s->ranges[i].first + budget(c, i))
            continue;
        if (trailing == 0 || trailing > HEADINGS || cut_inside(c, i) || continued || !neighbours(c, i))
            continue;
        /* Headings before headings may stay behind when all of them would be too many. */
        size_t following = 0;
        for (k = end; k < c->s->token_count && c->d->blocks[c->e->block[k]].kind == AQ_BLOCK_HEADING; k++)
            following += !(c->s->tokens[k].flags & AQ_TOKEN_WHOLE);
        assert_true(trailing + following > HEADINGS);
    }
}

static void passages_keep_their_promises(void **state)
{
    (void)state;
    struct aq_analyzer *a;
    struct aq_error err;
    struct aq_document d = {0};
    struct aq_splitter s = {0};
    struct expected e = {0};
    assert_int_equal(aq_analyzer_open("english", &a, &err), AQ_OK);
    for (uint32_t round = 0; round < rounds(); round++) {
        struct checked c = {a, &s, &d, &e, random_below(3) ? 0 : random_below(AQ_PASSAGE_TITLE + 1)};
        random_document(&d);
        expect(&e, a, &d);
        assert_int_equal(aq_split(&s, a, &d, c.title_tokens, &err), AQ_OK);
        find_blocks(&e, &s, &d);
        check_ranges(&c);
        check_coverage(&c);
        check_tokens(&c);
        check_depth_and_flags(&c);
        check_sizes(&c);
        check_headings(&c);
    }
    free(e.tokens);
    free(e.block);
    aq_buf_free(&d.text);
    free(d.blocks);
    aq_splitter_free(&s);
    aq_analyzer_close(a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(passages_keep_their_promises),
    };
    const char *asked = getenv("AQ_SEED");
    seed = asked ? strtoull(asked, NULL, 10) : (uint64_t)time(NULL) * 2654435761u;
    seed += seed == 0;
    printf("# AQ_SEED=%llu\n", (unsigned long long)seed);
    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests_name("splitter properties", tests, NULL, NULL);
}
