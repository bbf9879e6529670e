/* suggest.c - aq_suggest: what may be about to be typed. Owns how the kinds share the
 * places, and completes words. */
#include "suggest.h"

#include "context.h"
#include "parser_internal.h"
#include "utf8.h"

#include <stdio.h>
#include <strings.h>

enum {
    DEFAULT_LIMIT = 10,
    TEXT_MOST = 1024,      /* bytes typed; what is longer is no beginning of anything */
    CONTEXT_WORDS = 2,     /* before the one that is completed */
    COMMON_MOST = 48,      /* of the commonest words that begin so, looked for behind them */
    PASSAGES_MOST = 24,    /* whose text is read for further ones */
    BESIDE_ENOUGH = 3      /* places where one of them stands, so that no others are wanted */
};

struct answer {
    struct aq_suggestions list;
    struct aq_arena arena;
};

/* ---- what was typed ---- */

/* The token that the text ends in, or count: the whole of a compound rather than its
 * last part. */
static size_t last_token(const struct aq_token *tokens, size_t count, size_t end)
{
    size_t last = count;
    for (size_t i = 0; i < count; i++)
        if (tokens[i].end == end && (last == count || tokens[i].begin < tokens[last].begin))
            last = i;
    return last;
}

static enum aq_status read_text(struct aq_suggesting *s, struct aq_error *err)
{
    const struct aq_token *tokens;
    size_t count;
    if (aq_analyze(s->analyzer, s->text, &tokens, &count))
        return aq_fail_nomem(err);
    size_t last = last_token(tokens, count, s->text.len);
    s->words = aq_arena_alloc(s->arena, (count + 1) * sizeof *s->words);
    if (!s->words)
        return aq_fail_nomem(err);
    s->begun_at = last < count ? tokens[last].begin : s->text.len;
    for (size_t i = 0; i < count; i++) {
        const struct aq_lexeme *lexeme = aq_analyzer_lexeme(s->analyzer, tokens[i].lexeme);
        if (i != last && (tokens[i].end > s->begun_at || tokens[i].flags & AQ_TOKEN_WHOLE))
            continue;
        struct aq_slice form = aq_arena_copy(s->arena, lexeme->form), term = aq_arena_copy(s->arena, lexeme->term);
        if (!form.ptr || !term.ptr)
            return aq_fail_nomem(err);
        if (i == last)
            s->begun = form;
        else
            s->words[s->word_count++] = (struct aq_suggest_word){form, term};
    }
    return AQ_OK;
}

/* Where the value of a field `author:` begins that the text ends in, or 0. */
static size_t author_value(struct aq_slice text)
{
    static const char field[] = "author:";
    enum { LENGTH = sizeof field - 1 };
    for (size_t at = text.len < LENGTH ? 0 : text.len - LENGTH + 1; at-- > 0;) {
        size_t value = at + LENGTH;
        bool starts = at == 0 || aq_is_ascii_space(text.ptr[at - 1]) || strchr("+-(", text.ptr[at - 1]);
        if (!starts || strncasecmp((const char *)text.ptr + at, field, LENGTH) != 0)
            continue;
        bool quoted = value < text.len && text.ptr[value] == '"';
        for (size_t i = value + quoted; i < text.len; i++)
            if (quoted ? text.ptr[i] == '"' : aq_is_ascii_space(text.ptr[i]))
                return 0;
        return value;
    }
    return 0;
}

/* ---- words ---- */

struct candidate {
    struct aq_slice form, term;
    uint64_t count;  /* of all forms of its stem that begin so */
    uint32_t beside; /* places of the sample where it stands behind the words */
    bool exact;      /* it is what was typed */
};

struct candidates {
    struct candidate *items;
    uint32_t count;
};

/* The places behind the last words: of two, else of one. */
static enum aq_status find_places(struct aq_suggesting *s, struct aq_context *c, struct aq_error *err)
{
    enum aq_status st = AQ_OK;
    c->count = 0;
    for (size_t n = s->word_count < CONTEXT_WORDS ? s->word_count : CONTEXT_WORDS; n && !st && c->count == 0; n--) {
        const struct aq_suggest_word *w = &s->words[s->word_count - n];
        uint32_t places;
        st = aq_context_begin(c, s->txn, w->term, w->form, err);
        for (size_t i = 1; i < n && !st; i++)
            st = aq_context_next(c, w[i].term, w[i].form, true, &places, err);
    }
    return st;
}

static bool begins_so(const struct aq_suggesting *s, struct aq_slice form)
{
    uint8_t begun_bytes[AQ_TERM_MAX], bytes[AQ_TERM_MAX];
    if (s->begun.len == 0)
        return true;
    return aq_slice_begins(aq_form_plain(form, bytes), aq_form_plain(s->begun, begun_bytes));
}

/* Forms of one stem are one candidate: the one that was typed, else the one that stands
 * behind the words most often, else the commonest. */
static void add_form(struct aq_suggesting *s, struct candidates *all, struct aq_slice form, struct aq_slice term,
                     uint64_t count, uint32_t beside)
{
    uint8_t typed[AQ_TERM_MAX], plain[AQ_TERM_MAX];
    bool exact = s->begun.len && aq_slice_eq(aq_form_plain(form, plain), aq_form_plain(s->begun, typed));
    uint32_t at = 0;
    while (at < all->count && !aq_slice_eq(all->items[at].term, term))
        at++;
    struct candidate *c = &all->items[at];
    if (at == all->count) {
        *c = (struct candidate){form, term, count, beside, exact};
        all->count++;
        return;
    }
    c->count += count;
    if (!c->exact && (exact || beside > c->beside))
        c->form = form;
    c->exact |= exact;
    c->beside = beside > c->beside ? beside : c->beside;
}

/* What stands behind the last word in a passage and begins as what was typed. */
static enum aq_status read_passage(struct aq_suggesting *s, const struct aq_context_place *place,
                                   struct aq_arena *scratch, struct candidates *all, struct aq_error *err)
{
    const struct aq_token *tokens;
    struct aq_comment c;
    struct aq_slice before = s->words[s->word_count - 1].form;
    uint32_t comment = place->passage, ordinal = place->ordinal;
    size_t count;
    bool after = false;
    if (place->segment < s->txn->segment_count &&
        aq_segment_locate(s->txn, &s->txn->segments[place->segment], place->passage, &comment, &ordinal))
        return aq_fail(err, AQ_CORRUPT, "the map of a segment cannot be read; `aq check` tells more");
    enum aq_status st = aq_text_get(s->txn, comment, scratch, &c, err);
    if (st || ordinal >= c.passage_count) /* purged, or a damaged map */
        return st == AQ_NOTFOUND ? AQ_OK : st;
    const struct aq_passage *p = &c.passages[ordinal];
    if (p->end <= p->begin)
        return AQ_OK;
    if (aq_analyze(s->analyzer, aq_slice(c.text.ptr + p->begin, p->end - p->begin), &tokens, &count))
        return aq_fail_nomem(err);
    for (size_t i = 0; i < count; i++) {
        const struct aq_lexeme *l = aq_analyzer_lexeme(s->analyzer, tokens[i].lexeme);
        if (tokens[i].flags & AQ_TOKEN_WHOLE)
            continue;
        uint32_t at = 0;
        while (at < all->count && !aq_slice_eq(all->items[at].form, l->form))
            at++;
        if (after && at == all->count && all->count < PASSAGES_MOST && begins_so(s, l->form)) {
            struct aq_slice form = aq_arena_copy(s->arena, l->form), term = aq_arena_copy(s->arena, l->term);
            if (!form.ptr || !term.ptr)
                return aq_fail_nomem(err);
            all->items[all->count++] = (struct candidate){.form = form, .term = term};
        }
        after = aq_slice_eq(l->form, before);
    }
    return AQ_OK;
}

/* Words of the passages around some of the places: these need not be common to be what
 * mostly stands there. */
static enum aq_status read_passages(struct aq_suggesting *s, const struct aq_context *places, struct candidates *all,
                                    struct aq_error *err)
{
    struct aq_arena scratch = {0};
    enum aq_status st = AQ_OK;
    uint32_t step = places->count / PASSAGES_MOST + 1;
    all->items = aq_arena_alloc(s->arena, (PASSAGES_MOST + 1) * sizeof *all->items);
    if (!all->items)
        return aq_fail_nomem(err);
    for (uint32_t i = 0; i < places->count && !st; i += step) {
        aq_arena_reset(&scratch);
        st = read_passage(s, &places->places[i], &scratch, all, err);
    }
    aq_arena_free(&scratch);
    return st;
}

/* Words that stand behind those before them, by how often. */
static enum aq_status find_beside(struct aq_suggesting *s, struct candidates *all, struct aq_error *err)
{
    struct aq_context *c = aq_arena_alloc(s->arena, sizeof *c);
    struct candidates read = {0};
    uint32_t beside;
    enum aq_status st = c ? find_places(s, c, err) : aq_fail_nomem(err);
    if (!st && c->count)
        st = read_passages(s, c, &read, err);
    for (uint32_t i = 0; !st && i < read.count; i++) {
        st = aq_context_next(c, read.items[i].term, read.items[i].form, false, &beside, err);
        if (!st && beside)
            add_form(s, all, read.items[i].form, read.items[i].term, 0, beside);
    }
    for (uint32_t i = 0; !st && c->count && i < s->form_count && i < COMMON_MOST; i++) {
        st = aq_context_next(c, s->forms[i].term, s->forms[i].form, false, &beside, err);
        if (!st && beside)
            add_form(s, all, s->forms[i].form, s->forms[i].term, 0, beside);
    }
    return st;
}

static int by_merit(const void *x, const void *y)
{
    const struct candidate *a = x, *b = y;
    if (a->exact != b->exact)
        return a->exact ? -1 : 1;
    if (a->beside != b->beside)
        return a->beside > b->beside ? -1 : 1;
    if (a->count != b->count)
        return a->count > b->count ? -1 : 1;
    return aq_slice_cmp(a->form, b->form);
}

/* The text with its last word completed; what was typed of that stays as it was. */
static struct aq_slice complete(struct aq_suggesting *s, struct aq_slice form)
{
    size_t typed = s->text.len - s->begun_at;
    bool goes_on = form.len >= typed && s->begun.len == typed &&
                   (typed == 0 || memcmp(form.ptr, s->begun.ptr, typed) == 0);
    size_t kept = goes_on ? s->text.len : s->begun_at;
    struct aq_slice rest = goes_on ? aq_slice(form.ptr + typed, form.len - typed) : form;
    uint8_t *out = aq_arena_bytes(s->answer, kept + rest.len + 1);
    if (!out)
        return (struct aq_slice){0};
    memcpy(out, s->text.ptr, kept);
    memcpy(out + kept, rest.ptr, rest.len);
    return aq_slice(out, kept + rest.len);
}

/* Where nothing that begins so stands behind the words before more often than by chance,
 * other words follow. */
static enum aq_status suggest_words(struct aq_suggesting *s, uint32_t most, struct aq_suggestion *out, uint32_t *count,
                                    struct aq_error *err)
{
    struct candidates all = {
        .items = aq_arena_alloc(s->arena, (s->form_count + PASSAGES_MOST + 1) * sizeof *all.items)};
    enum aq_status st = all.items ? AQ_OK : aq_fail_nomem(err);
    if (!st && s->word_count)
        st = find_beside(s, &all, err);
    if (st)
        return st;
    bool enough = false;
    for (uint32_t i = 0; i < all.count; i++)
        enough |= all.items[i].beside >= BESIDE_ENOUGH;
    for (uint32_t i = 0; i < s->form_count && !enough; i++)
        add_form(s, &all, s->forms[i].form, s->forms[i].term, s->forms[i].count, 0);
    if (all.count)
        qsort(all.items, all.count, sizeof *all.items, by_merit);
    for (*count = 0; *count < all.count && *count < most; ++*count) {
        const struct candidate *x = &all.items[*count];
        out[*count] = (struct aq_suggestion){.kind = AQ_SUGGEST_WORDS, .text = complete(s, x->form), .count = x->beside ? x->beside : x->count};
        if (!out[*count].text.ptr)
            return aq_fail_nomem(err);
    }
    return AQ_OK;
}

/* ---- authors of a field ---- */

/* A name that is no word of the query language stands in quotation marks. */
static bool needs_quotes(struct aq_slice name)
{
    const uint8_t *p = name.ptr, *end = p + name.len;
    unsigned n;
    for (; p < end; p += n) {
        uint32_t cp = aq_utf8_decode(p, end, &n);
        if (aq_is_space(cp) || aq_syntax_is_mark(cp) || cp == '(' || cp == ')')
            return true;
    }
    return false;
}

/* The text up to the value, and the name, quoted where it has to be. A quotation mark in it
 * would end it: there a space stands, since names are compared by their words. */
static bool put_in_field(struct aq_suggesting *s, size_t value, struct aq_suggestion *author)
{
    bool quoted = needs_quotes(author->text);
    const uint8_t *from = author->text.ptr, *end = from + author->text.len;
    uint8_t *out = aq_arena_bytes(s->answer, value + author->text.len + 2);
    unsigned n;
    if (!out)
        return false;
    uint8_t *p = out + value;
    memcpy(out, s->text.ptr, value);
    if (quoted)
        *p++ = '"';
    for (; from < end; from += n) {
        bool mark = aq_syntax_is_mark(aq_utf8_decode(from, end, &n));
        if (!mark) {
            memcpy(p, from, n);
            p += n;
        } else if (from > author->text.ptr && p[-1] != ' ' && from + n < end && from[n] != ' ') {
            *p++ = ' ';
        }
    }
    if (quoted)
        *p++ = '"';
    author->text = aq_slice(out, (size_t)(p - out));
    return true;
}

static enum aq_status suggest_field(struct aq_suggesting *s, size_t value, uint32_t limit, struct answer *a,
                                    struct aq_suggestion *items, struct aq_error *err)
{
    size_t name = value + (value < s->text.len && s->text.ptr[value] == '"');
    uint32_t count;
    enum aq_status st =
        aq_suggest_authors(s, aq_slice(s->text.ptr + name, s->text.len - name), limit, items, &count, err);
    for (uint32_t i = 0; i < count && !st; i++)
        if (!put_in_field(s, value, &items[i]))
            st = aq_fail_nomem(err);
    a->list.items = items;
    a->list.item_count = st ? 0 : count;
    return st;
}

/* ---- all kinds ---- */

/* The commonest forms that begin as what was typed. For a single letter these are found
 * among very many: they are kept until the next commit. */
static enum aq_status find_forms(struct aq_suggesting *s, struct aq_reader *r, struct aq_error *err)
{
    struct aq_letter_forms *cache = &r->letters;
    bool cut, letter = s->begun.len == 1 && *s->begun.ptr < AQ_COUNT(cache->forms);
    if (!letter)
        return aq_vocabulary_expand(s->txn, AQ_PATTERN_BEGIN, s->begun, 0, AQ_SUGGEST_FORMS, s->arena, &s->forms,
                                    &s->form_count, &cut, err);
    uint32_t generation = aq_store_generation(r->store);
    if (cache->commit != s->txn->state.commit || cache->generation != generation) {
        aq_arena_free(&cache->arena);
        *cache = (struct aq_letter_forms){.commit = s->txn->state.commit, .generation = generation};
    }
    uint8_t at = *s->begun.ptr;
    enum aq_status st = AQ_OK;
    if (!cache->forms[at])
        st = aq_vocabulary_expand(s->txn, AQ_PATTERN_BEGIN, s->begun, 0, AQ_SUGGEST_FORMS, &cache->arena,
                                  &cache->forms[at], &cache->counts[at], &cut, err);
    s->forms = cache->forms[at];
    s->form_count = cache->counts[at];
    return st;
}

static uint32_t least(uint32_t a, uint32_t b)
{
    return a < b ? a : b;
}

/* Titles and authors have three and two of ten places when there are so many of them, and
 * those that are left. */
static uint32_t share(struct aq_suggestion *const kinds[3], const uint32_t counts[3], uint32_t limit,
                      struct aq_suggestion *items)
{
    uint32_t taken[3] = {0}, n = 0;
    taken[1] = least(counts[1], limit * 3 / 10);
    taken[2] = least(counts[2], limit * 2 / 10);
    for (int k = 0; k < 3; k++)
        taken[k] += least(counts[k] - taken[k], limit - taken[0] - taken[1] - taken[2]);
    for (int k = 0; k < 3; k++)
        for (uint32_t i = 0; i < taken[k]; i++)
            items[n++] = kinds[k][i];
    return n;
}

static enum aq_status suggest_all(struct aq_suggesting *s, struct aq_reader *r, uint32_t limit, unsigned kinds, struct answer *a,
                                  struct aq_suggestion *items, struct aq_error *err)
{
    struct aq_suggestion *of[3];
    uint32_t counts[3] = {0};
    enum aq_status st = read_text(s, err);
    for (int k = 0; k < 3; k++)
        if (!(of[k] = aq_arena_alloc(s->arena, limit * sizeof **of)))
            return aq_fail_nomem(err);
    if (!st && s->begun.len && kinds & (AQ_SUGGEST_WORDS | AQ_SUGGEST_TITLES))
        st = find_forms(s, r, err);
    if (!st && kinds & AQ_SUGGEST_WORDS)
        st = suggest_words(s, limit, of[0], &counts[0], err);
    if (!st && kinds & AQ_SUGGEST_TITLES)
        st = aq_suggest_titles(s, limit, of[1], &counts[1], err);
    if (!st && kinds & AQ_SUGGEST_AUTHORS)
        st = aq_suggest_authors(s, s->text, limit, of[2], &counts[2], err);
    if (st)
        return st;
    a->list.items = items;
    a->list.item_count = share(of, counts, limit, items);
    return AQ_OK;
}

static enum aq_status suggest(struct aq_reader *r, struct aq_txn *txn, const struct aq_suggest_request *request,
                              struct answer *a, struct aq_error *err)
{
    struct aq_suggesting s = {
        .txn = txn, .analyzer = r->analyzer, .arena = &r->arena, .answer = &a->arena, .text = request->text};
    uint32_t limit = request->limit ? request->limit : DEFAULT_LIMIT;
    unsigned kinds = request->kinds ? request->kinds : AQ_SUGGEST_WORDS | AQ_SUGGEST_TITLES | AQ_SUGGEST_AUTHORS;
    while (s.text.len && aq_is_ascii_space(*s.text.ptr))
        s.text = aq_slice(s.text.ptr + 1, s.text.len - 1);
    if (s.text.len == 0 || s.text.len > TEXT_MOST)
        return AQ_OK;
    struct aq_suggestion *items = aq_arena_alloc(s.answer, limit * sizeof *items);
    if (!items)
        return aq_fail_nomem(err);
    size_t value = kinds & AQ_SUGGEST_AUTHORS ? author_value(s.text) : 0;
    return value ? suggest_field(&s, value, limit, a, items, err) : suggest_all(&s, r, limit, kinds, a, items, err);
}

enum aq_status aq_suggest(struct aq_reader *r, const struct aq_suggest_request *request, struct aq_suggestions **out,
                          struct aq_error *err)
{
    uint64_t start = aq_reader_micros();
    struct aq_txn txn;
    *out = NULL;
    if (request->limit > AQ_SUGGEST_MOST)
        return aq_fail(err, AQ_LIMIT, "%u suggestions are asked for; at most %d are allowed", request->limit,
                       AQ_SUGGEST_MOST);
    if (aq_utf8_valid(request->text) < request->text.len)
        return aq_fail(err, AQ_SYNTAX, "what was typed is not valid UTF-8");
    struct answer *a = calloc(1, sizeof *a);
    if (!a)
        return aq_fail_nomem(err);
    enum aq_status st = aq_reader_begin(r, &txn, err);
    if (!st) {
        aq_reader_bound_analyzer(r);
        a->list.commit = txn.state.commit;
        st = suggest(r, &txn, request, a, err);
        aq_arena_reset(&r->arena);
        aq_txn_end(&txn);
    }
    if (st) {
        aq_suggestions_free(&a->list);
        return st;
    }
    a->list.micros = aq_reader_micros() - start;
    *out = &a->list;
    return AQ_OK;
}

void aq_suggestions_free(struct aq_suggestions *suggestions)
{
    if (!suggestions)
        return;
    struct answer *a = (struct answer *)(void *)((char *)suggestions - offsetof(struct answer, list));
    aq_arena_free(&a->arena);
    free(a);
}
