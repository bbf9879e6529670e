/* splitter.c - see splitter.h. Owns where passages begin and end; the words are the
 * analyzer's, the blocks the document's. Whatever is cut, a passage's tokens are
 * those that its own text yields when it is analyzed alone.
 *
 * One passage is open at a time and takes block after block:
 *   - A block joins while the passage has fewer than AQ_PASSAGE_JOIN words and both
 *     together have at most AQ_PASSAGE_CUT, or fit at all if the passage is a
 *     remnant (fewer than REMNANT words) or only headings.
 *   - A block longer than AQ_PASSAGE_CUT joins such a passage too, and is cut into
 *     parts of about equal length, at sentence ends if there are any, else at line
 *     ends or clauses, else between words: always beside a barrier (tokenizer.h),
 *     so that a block is analyzed only once. A compound stays with its parts.
 *   - A stretch without a barrier that has too many tokens for a passage is parted
 *     by joints, and what lies between two joints is analyzed again. A joint ends a
 *     passage, for nothing can be joined across it.
 *   - Headings at the end of the passage move on to the next one when the passage
 *     is closed before what they announce (unless they are many or long: HEADINGS).
 *   - A remnant that nothing more joins goes back to the passage before it, where
 *     that has the same depth and room.
 *   - A change of quote depth closes the passage.
 * Blocks without a word (rules, emoji) lie in the range of the passage they follow.
 *
 * Positions count through the whole document with AQ_PASSAGE_GAP between blocks,
 * so that cutting and joining leaves them alone; at the end each passage's are
 * counted from its own first word. The gap keeps phrases and narrow NEAR from
 * running over a paragraph's end; it is small enough that only dozens of one-word
 * blocks come to AQ_PASSAGE_POSITIONS, which then ends a passage as too many tokens
 * do. */
#include "splitter.h"

#include "sentence.h"
#include "tokenizer.h"

enum {
    REMNANT = 20,
    HEADINGS = 60, /* words of headings that move on together */
    LEAD = 40,     /* tokens of a long block that must fit behind what it joins */
    STRETCH = 180, /* tokens without a barrier that one passage takes */
    STRETCH_ROOM = 8, /* tokens by which a stretch stays below a passage's bound */
    WINDOW = 2048, /* bytes of a stretch first looked at for the next joint */
    OPEN_FLAGS = AQ_PASSAGE_HEADING | AQ_PASSAGE_CODE
};

/* A passage in the making: a run of tokens and the text that they and the
 * punctuation around them take. */
struct run {
    size_t first, end; /* tokens */
    uint32_t text_begin, text_end;
    uint32_t words;
    uint8_t flags;
};

struct splitting {
    struct aq_splitter *s;
    struct aq_slice text;
    size_t title_tokens;
    uint32_t next_position; /* of the document */
    uint32_t last_merge;    /* passages up to this number take no remnant */
    struct run body;     /* the open passage, up to its trailing headings */
    struct run headings; /* these; both empty when first == end */
    uint8_t depth;
    uint32_t *joints; /* of the block, offsets in the text */
    size_t joint_count, joint_cap;
};

/* ---- white space ---- */

static uint32_t skip_space(struct aq_slice text, uint32_t from, uint32_t to)
{
    unsigned n;
    while ((n = aq_space_at(text.ptr + from, text.ptr + to)))
        from += n;
    return from;
}

/* The end of text [from, to) without the white space at its end. */
static uint32_t trim_end(struct aq_slice text, uint32_t from, uint32_t to)
{
    while (to > from) {
        uint32_t start = to - 1;
        while (start > from && (text.ptr[start] & 0xC0) == 0x80)
            start--;
        if (aq_space_at(text.ptr + start, text.ptr + to) != to - start)
            break;
        to = start;
    }
    return to;
}

/* ---- runs ---- */

static size_t run_tokens(const struct run *r)
{
    return r->end - r->first;
}

static bool run_empty(const struct run *r)
{
    return r->first == r->end;
}

/* a takes b, which follows it. */
static void run_join(struct run *a, const struct run *b)
{
    if (run_empty(b))
        return;
    if (run_empty(a)) {
        *a = *b;
        return;
    }
    a->end = b->end;
    a->text_end = b->text_end;
    a->words += b->words;
    a->flags |= b->flags & AQ_PASSAGE_CODE;
}

static size_t budget(const struct splitting *x, size_t passage)
{
    return AQ_PASSAGE_TOKENS - (passage == 0 ? x->title_tokens : 0);
}

/* Whether tokens [first, end) can be passage number `passage`. */
static bool fits(const struct splitting *x, size_t first, size_t end, size_t passage)
{
    const struct aq_token *t = x->s->tokens;
    uint32_t reach = t[end - 1].position - t[first].position;
    return end - first <= budget(x, passage) && reach < AQ_PASSAGE_POSITIONS;
}

/* ---- closing ---- */

static bool takes_remnant(const struct splitting *x, const struct run *r)
{
    const struct aq_splitter *s = x->s;
    size_t n = s->passage_count;
    return r->words < REMNANT && n > x->last_merge && s->passages[n - 1].quote_depth == x->depth &&
           fits(x, s->ranges[n - 1].first, r->end, n - 1);
}

static enum aq_status emit(struct splitting *x, const struct run *r, struct aq_error *err)
{
    struct aq_splitter *s = x->s;
    size_t n = s->passage_count;
    if (takes_remnant(x, r)) {
        s->passages[n - 1].end = r->text_end;
        s->passages[n - 1].flags |= r->flags & AQ_PASSAGE_CODE;
        s->ranges[n - 1].count += run_tokens(r);
        return AQ_OK;
    }
    if (n == AQ_MAX_PASSAGES)
        return aq_fail(err, AQ_LIMIT, "the text has more than %u passages; split it into several comments",
                       AQ_MAX_PASSAGES);
    if (!aq_grow(&s->passages, &s->passage_cap, n + 1, sizeof *s->passages) ||
        !aq_grow(&s->ranges, &s->range_cap, n + 1, sizeof *s->ranges))
        return aq_fail_nomem(err);
    s->passages[n] = (struct aq_passage){r->text_begin, r->text_end, x->depth, r->flags & OPEN_FLAGS};
    s->ranges[n] = (struct aq_passage_tokens){r->first, run_tokens(r)};
    s->passage_count++;
    return AQ_OK;
}

/* Closes the open passage; its trailing headings become the next one's first. */
static enum aq_status close_body(struct splitting *x, struct aq_error *err)
{
    if (run_empty(&x->body))
        return AQ_OK;
    enum aq_status st = emit(x, &x->body, err);
    x->body = (struct run){0};
    return st;
}

static void settle_headings(struct splitting *x)
{
    run_join(&x->body, &x->headings);
    x->headings = (struct run){0};
}

/* Closes the open passage where nothing more can join it. */
static enum aq_status close_all(struct splitting *x, struct aq_error *err)
{
    settle_headings(x);
    return close_body(x, err);
}

/* ---- where to cut ---- */

/* The first token after the word, or compound with its parts, that begins at i. */
static size_t word_after(const struct aq_token *t, size_t i, size_t end)
{
    uint32_t past = t[i].position + t[i].span;
    do
        i++;
    while (i < end && t[i].position < past);
    return i;
}

struct cut {
    size_t token;   /* the first of what follows; 0: no place */
    uint32_t at;    /* in the text */
    uint32_t words; /* before it */
};

/* Words that the next passage should have, so that the run comes out in parts of
 * about equal length. */
static uint32_t words_aimed_at(const struct run *r, size_t room)
{
    size_t by_words = (r->words + AQ_PASSAGE_CUT - 1) / AQ_PASSAGE_CUT;
    size_t by_tokens = (run_tokens(r) + room - 1) / room;
    size_t parts = by_words > by_tokens ? by_words : by_tokens;
    return r->words / (uint32_t)(parts > 2 ? parts : 2);
}

/* How good a place is: its kind first, then how close it is to the aim (at most
 * some hundred words off). A sentence end past AQ_PASSAGE_CUT still beats a clause
 * before; one that would leave a remnant is the last resort. */
static long cut_score(enum aq_break kind, uint32_t words, uint32_t aim)
{
    static const long worth[] = {[AQ_BREAK_WORD] = 2000,
                                 [AQ_BREAK_CLAUSE] = 3000,
                                 [AQ_BREAK_SENTENCE] = 5000};
    long off = words > aim ? (long)(words - aim) : (long)(aim - words);
    if (words < REMNANT)
        return -off;
    return worth[kind] - off - (words > AQ_PASSAGE_CUT ? 1000 : 0);
}

/* The best place to end a passage in the open run, at least one word after token
 * `after`, before which it has `prefix` words. */
static struct cut find_cut(const struct splitting *x, size_t after, uint32_t prefix, bool lines)
{
    const struct aq_token *t = x->s->tokens;
    const struct run *r = &x->body;
    size_t passage = x->s->passage_count;
    uint32_t aim = words_aimed_at(r, budget(x, passage));
    struct cut best = {0};
    long best_score = 0;
    for (size_t i = word_after(t, after, r->end); i < r->end && fits(x, r->first, i, passage);
         i = word_after(t, i, r->end)) {
        struct cut c = {.token = i, .words = prefix + t[i].position - t[after].position};
        enum aq_break kind = aq_break_between(x->text, &t[i - 1], &t[i], lines, &c.at);
        if (kind == AQ_BREAK_INSIDE)
            continue;
        long score = cut_score(kind, c.words, aim);
        if (!best.token || score > best_score) {
            best = c;
            best_score = score;
        }
        /* Nothing further off can be better than a sentence end at hand. */
        if (c.words > aim && cut_score(AQ_BREAK_SENTENCE, c.words, aim) < best_score)
            break;
    }
    return best;
}

/* ---- blocks ---- */

static enum aq_status analyze(const struct splitting *x, struct aq_analyzer *a, uint32_t begin, uint32_t end,
                              const struct aq_token **tokens, size_t *n, struct aq_error *err)
{
    enum aq_status st = aq_analyze(a, aq_slice(x->text.ptr + begin, end - begin), tokens, n);
    return st ? aq_fail(err, st, "a paragraph cannot be analyzed: %s", aq_status_name(st)) : AQ_OK;
}

/* Adds the tokens of text [begin, end) to the splitter's. */
static enum aq_status add_tokens(struct splitting *x, struct aq_analyzer *a, uint32_t begin, uint32_t end,
                                 struct aq_error *err)
{
    struct aq_splitter *s = x->s;
    const struct aq_token *tokens;
    size_t n;
    enum aq_status st = analyze(x, a, begin, end, &tokens, &n, err);
    if (st)
        return st;
    if (n == 0)
        return AQ_OK;
    if (!aq_grow(&s->tokens, &s->token_cap, s->token_count + n, sizeof *s->tokens))
        return aq_fail_nomem(err);
    struct aq_token *t = s->tokens + s->token_count;
    memcpy(t, tokens, n * sizeof *t);
    for (size_t i = 0; i < n; i++) {
        t[i].begin += begin;
        t[i].end += begin;
        t[i].position += x->next_position;
    }
    s->token_count += n;
    x->next_position = t[n - 1].position + 1 + AQ_PASSAGE_GAP;
    return AQ_OK;
}

/* ---- joints ---- */

/* The end of the last barrier in text [from, to), or from. */
static uint32_t barrier_before(struct aq_slice text, uint32_t from, uint32_t to)
{
    for (uint32_t start = to; start > from; to = start) {
        start--;
        while (start > from && (text.ptr[start] & 0xC0) == 0x80)
            start--;
        if (aq_barrier_at(text.ptr + start, text.ptr + to) == to - start)
            return to;
    }
    return from;
}

/* The beginning of the first barrier in text [from, to), or to. */
static uint32_t barrier_after(struct aq_slice text, uint32_t from, uint32_t to)
{
    while (from < to && !aq_barrier_at(text.ptr + from, text.ptr + to))
        from++;
    return from;
}

/* Where to part a stretch of n tokens before token number `most` at the latest: not
 * inside a compound, and rather between two rows of bigrams than inside one. */
static uint32_t joint_before(const struct aq_token *t, size_t n, size_t most)
{
    enum { NEAR = 16 };
    size_t last = 0, clean = 0;
    for (size_t i = word_after(t, 0, n); i < n && i <= most; i = word_after(t, i, n)) {
        last = i;
        if (t[i].begin >= t[i - 1].end)
            clean = i;
    }
    return clean && clean + NEAR >= last ? t[clean].begin : t[last - 1].end;
}

/* Parts the stretch [begin, end) of the text so that each part has at most about
 * `most` tokens. Behind a joint a stretch may read otherwise than before (the path
 * of a URL, the end of a compound), so the next one is sought in the tokens of what
 * is left; windows, so that not all of that is analyzed again for every joint. */
static enum aq_status part_stretch(struct splitting *x, struct aq_analyzer *a, uint32_t begin, uint32_t end,
                                   size_t most, struct aq_error *err)
{
    for (;;) {
        const struct aq_token *t;
        size_t n;
        uint32_t to = begin;
        for (uint32_t size = WINDOW;; size *= 2) {
            to = end - begin > size ? begin + size : end;
            while (to < end && (x->text.ptr[to] & 0xC0) == 0x80)
                to++;
            enum aq_status st = analyze(x, a, begin, to, &t, &n, err);
            if (st)
                return st;
            if (n > 2 * most || to == end)
                break;
        }
        if (n <= most)
            return AQ_OK;
        if (!aq_grow(&x->joints, &x->joint_cap, x->joint_count + 1, sizeof *x->joints))
            return aq_fail_nomem(err);
        begin += joint_before(t, n, n > 2 * most ? most : (n + 1) / 2);
        x->joints[x->joint_count++] = begin;
    }
}

/* Finds the joints of block b, whose tokens are those from `first`. */
static enum aq_status find_joints(struct splitting *x, struct aq_analyzer *a, const struct aq_block *b,
                                  size_t first, struct aq_error *err)
{
    const struct aq_token *t = x->s->tokens;
    size_t count = x->s->token_count, most = budget(x, 0) - STRETCH_ROOM;
    if (most > STRETCH)
        most = STRETCH;
    x->joint_count = 0;
    while (count - first > most) {
        size_t next = first + most;
        uint32_t past = barrier_before(x->text, t[first].begin, t[next].begin);
        if (past == t[first].begin) {
            uint32_t begin = barrier_before(x->text, b->begin, t[first].begin);
            past = barrier_after(x->text, t[next].begin, b->end);
            enum aq_status st = part_stretch(x, a, begin, past, most, err);
            if (st)
                return st;
            while (next < count && t[next].begin < past)
                next++;
        } else {
            while (t[next - 1].begin >= past)
                next--;
        }
        first = next;
    }
    return AQ_OK;
}

/* ---- passages ---- */

/* Ends the open passage at c and keeps the rest open. */
static enum aq_status cut_open(struct splitting *x, const struct cut *c, uint8_t rest_flags,
                               struct aq_error *err)
{
    uint32_t begin = skip_space(x->text, c->at, x->s->tokens[c->token].begin);
    struct run rest = {c->token, x->body.end, begin, x->body.text_end, x->body.words - c->words, rest_flags};
    x->body.end = c->token;
    x->body.text_end = trim_end(x->text, x->body.text_begin, c->at);
    enum aq_status st = emit(x, &x->body, err);
    x->body = rest;
    return st;
}

/* Appends a block to the open passage and closes as many passages as it takes
 * until the rest fits. */
static enum aq_status pour(struct splitting *x, const struct run *block, bool lines, struct aq_error *err)
{
    settle_headings(x);
    struct run open = x->body;
    size_t after = block->first;
    uint32_t prefix = open.words;
    run_join(&x->body, block);
    while (x->body.words > AQ_PASSAGE_CUT || !fits(x, x->body.first, x->body.end, x->s->passage_count)) {
        struct cut c = find_cut(x, after, prefix, lines);
        enum aq_status st;
        /* A stretch cannot be cut; rather too long with it than a few words alone. */
        if ((!c.token || c.words < REMNANT) && fits(x, x->body.first, x->body.end, x->s->passage_count))
            break;
        if (c.token) {
            st = cut_open(x, &c, block->flags & AQ_PASSAGE_CODE, err);
        } else if (!run_empty(&open) && after == block->first) { /* no room up to the first place */
            st = emit(x, &open, err);
            x->body = *block;
        } else {
            return aq_fail(err, AQ_INTERNAL, "a stretch of text does not fit into a passage");
        }
        if (st)
            return st;
        open = (struct run){0};
        after = x->body.first;
        prefix = 0;
    }
    return AQ_OK;
}

static enum aq_status add_heading(struct splitting *x, const struct run *r, struct aq_error *err)
{
    if (x->headings.words + r->words > HEADINGS)
        settle_headings(x);
    const struct run *open = run_empty(&x->body) ? &x->headings : &x->body;
    size_t first = run_empty(open) ? r->first : open->first;
    if (x->body.words >= AQ_PASSAGE_JOIN || !fits(x, first, r->end, x->s->passage_count)) {
        enum aq_status st = close_body(x, err);
        if (st)
            return st;
    }
    run_join(&x->headings, r);
    return AQ_OK;
}

/* Whether what is open, headings included, can stay whole with r behind it though
 * that may pass AQ_PASSAGE_CUT: it is too little to stand alone. */
static bool completes(const struct splitting *x, const struct run *r)
{
    const struct run *open = run_empty(&x->body) ? &x->headings : &x->body;
    bool light = run_empty(&x->body) || x->body.words + x->headings.words < REMNANT;
    return light && !run_empty(open) && r->words <= AQ_PASSAGE_CUT &&
           fits(x, open->first, r->end, x->s->passage_count);
}

/* Whether r goes on with the open body (and the headings after it). */
static bool continues(const struct splitting *x, const struct run *r)
{
    size_t passage = x->s->passage_count;
    if (x->body.words >= AQ_PASSAGE_JOIN)
        return false;
    if (r->words > AQ_PASSAGE_CUT)
        return fits(x, x->body.first, r->first + LEAD, passage);
    uint32_t words = x->body.words + x->headings.words + r->words;
    return words <= AQ_PASSAGE_CUT && fits(x, x->body.first, r->end, passage);
}

static enum aq_status add_block(struct splitting *x, const struct run *r, bool lines, struct aq_error *err)
{
    if (!run_empty(&x->body) && !completes(x, r) && !continues(x, r)) {
        enum aq_status st = close_body(x, err);
        if (st)
            return st;
    }
    if (!completes(x, r))
        return pour(x, r, lines, err);
    settle_headings(x);
    run_join(&x->body, r);
    return AQ_OK;
}

/* Closes what is open for good: nothing joins it, not even a remnant. */
static enum aq_status part(struct splitting *x, struct aq_error *err)
{
    enum aq_status st = close_all(x, err);
    x->last_merge = (uint32_t)x->s->passage_count;
    return st;
}

/* Adds text [begin, end) of block b, whose tokens are those from `first`. */
static enum aq_status add_text(struct splitting *x, const struct aq_block *b, uint32_t begin, uint32_t end,
                               size_t first, struct aq_error *err)
{
    const struct aq_splitter *s = x->s;
    bool opening = begin == b->begin;
    begin = skip_space(x->text, begin, end);
    end = trim_end(x->text, begin, end);
    if (first == s->token_count) {
        struct run *open = run_empty(&x->headings) ? &x->body : &x->headings;
        if (!run_empty(open) && end > begin)
            open->text_end = end;
        return AQ_OK;
    }
    struct run r = {.first = first, .end = s->token_count, .text_begin = begin, .text_end = end};
    r.words = s->tokens[r.end - 1].position - s->tokens[first].position + 1;
    bool heading = opening && b->kind == AQ_BLOCK_HEADING;
    if (heading)
        r.flags = AQ_PASSAGE_HEADING;
    else if (b->kind == AQ_BLOCK_CODE)
        r.flags = AQ_PASSAGE_CODE;
    if (heading && r.words <= HEADINGS)
        return add_heading(x, &r, err);
    bool lines = b->kind == AQ_BLOCK_CODE || b->kind == AQ_BLOCK_TABLE || b->kind == AQ_BLOCK_ITEM;
    return add_block(x, &r, lines, err);
}

static enum aq_status split_block(struct splitting *x, struct aq_analyzer *a, const struct aq_block *b,
                                  struct aq_error *err)
{
    size_t first = x->s->token_count;
    uint32_t position = x->next_position;
    enum aq_status st = add_tokens(x, a, b->begin, b->end, err);
    if (st == AQ_OK && b->quote_depth != x->depth) {
        st = part(x, err);
        x->depth = b->quote_depth;
    }
    if (st == AQ_OK)
        st = find_joints(x, a, b, first, err);
    if (st || x->joint_count == 0)
        return st ? st : add_text(x, b, b->begin, b->end, first, err);
    x->s->token_count = first;
    x->next_position = position;
    uint32_t begin = b->begin;
    for (size_t i = 0; st == AQ_OK && i <= x->joint_count; i++) {
        uint32_t end = i < x->joint_count ? x->joints[i] : b->end;
        first = x->s->token_count;
        if (i > 0)
            st = part(x, err);
        if (st == AQ_OK)
            st = add_tokens(x, a, begin, end, err);
        if (st == AQ_OK)
            st = add_text(x, b, begin, end, first, err);
        begin = end;
    }
    return st;
}

/* From positions in the document to positions in each passage. */
static void number_positions(struct aq_splitter *s)
{
    for (size_t i = 0; i < s->passage_count; i++) {
        struct aq_token *t = s->tokens + s->ranges[i].first;
        uint32_t base = t->position;
        for (size_t k = 0; base && k < s->ranges[i].count; k++)
            t[k].position -= base;
    }
}

enum aq_status aq_split(struct aq_splitter *s, struct aq_analyzer *a, const struct aq_document *d,
                        size_t title_tokens, struct aq_error *err)
{
    struct splitting x = {.s = s, .text = aq_slice(d->text.ptr, d->text.len), .title_tokens = title_tokens};
    s->token_count = s->passage_count = 0;
    if (title_tokens > AQ_PASSAGE_TITLE)
        return aq_fail(err, AQ_INVALID, "a title of %zu tokens goes before no passage; at most %d do",
                       title_tokens, AQ_PASSAGE_TITLE);
    enum aq_status st = AQ_OK;
    for (size_t i = 0; st == AQ_OK && i < d->count; i++)
        st = split_block(&x, a, &d->blocks[i], err);
    free(x.joints);
    if (st == AQ_OK)
        st = close_all(&x, err);
    if (st == AQ_OK)
        number_positions(s);
    return st;
}

void aq_splitter_free(struct aq_splitter *s)
{
    free(s->tokens);
    free(s->passages);
    free(s->ranges);
    *s = (struct aq_splitter){0};
}
