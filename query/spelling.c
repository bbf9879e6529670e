/* spelling.c - see spelling.h. Looks for better words in the order of what is most often
 * meant: one word for two; a word that begins alike and is one slip away, or two words for
 * one; a word that begins alike and is two slips away; one that begins otherwise. Of
 * several, that one is taken whose count and slip together are the likeliest (a noisy
 * channel: Kernighan, Church and Gale, "A Spelling Correction Program Based on a Noisy
 * Channel Model", COLING 1990). */
#include "spelling.h"

#include "context.h"
#include "edit_distance.h"
#include "pending_walk.h"
#include "utf8.h"
#include "vocabulary.h"

enum {
    LETTERS_LEAST = 4,    /* what is shorter is doubted at three letters only, for what occurs */
    SHORT_COMMON = 1000,  /* so many times */
    LETTERS_ANY = 6,      /* from here on a slip may be of any kind */
    LETTERS_TWO = 8,      /* and from here on there may be two */
    COMMON_LEAST = 4,     /* times that a better word occurs, */
    COMMON_SHARE = 20000, /* once in so many passages at the least, */
    COMMON_TIMES = 30,    /* and so many times as often as what was typed */
    PART_LEAST = 2,       /* letters of each part of a word that should be two */
    PART_COMMON = 100,    /* times that it occurs */
    PARTS_COMMON = 10,    /* times that they stand side by side */
    RARE_SHARE = 50000,   /* "hardly" is in one passage and one in so many, */
    RARE_MOST = 10,       /* and in no more than these */
    CANDIDATES = 16,
    WORDS_MOST = 8,       /* that are looked up */
    COMPANY_MOST = 3,     /* other words of the query, the rarest, */
    MEETINGS_MOST = 2000  /* of which so many passages are looked at for the better word */
};

bool aq_spelling_doubts(const struct aq_txn *txn, uint64_t passages)
{
    uint64_t rare = 1 + txn->passages / RARE_SHARE;
    return passages <= (rare < RARE_MOST ? rare : RARE_MOST);
}

struct word {
    struct aq_slice typed;
    struct aq_slice form, term;  /* in arena */
    uint64_t passages;           /* that have the term */
    uint64_t count;              /* of the form */
    uint32_t letters;            /* 0: not to be looked up */
    bool doubted;
    bool joins;                  /* `better` stands for the next word, too */
    int merit;                   /* of `better` */
    struct aq_slice better;      /* empty: none */
    struct aq_slice better_term; /* where it is one word for one */
};

struct spelling {
    struct aq_txn *txn;
    struct aq_arena *arena;
    struct aq_slice query;
    struct word *words;
    size_t count;
    struct aq_vocabulary_walk all;
    struct aq_context context;
};

/* ---- words ---- */

/* The letters of a form, or 0 when it has something else but apostrophes: numbers and
 * names with digits are not misspelt, and scripts without spaces have no words to err in. */
static uint32_t letters_of(struct aq_slice form)
{
    const uint8_t *p = form.ptr, *end = p + form.len;
    uint32_t n = 0;
    unsigned len;
    for (; p < end; p += len) {
        uint32_t cp = aq_utf8_decode(p, end, &len);
        bool letter = cp < 0x80 ? cp >= 'a' && cp <= 'z' : cp < 0x0E00 || (cp >= 0x1E00 && cp < 0x2000);
        if (!letter && cp != '\'')
            return 0;
        n += letter;
    }
    return n;
}

/* How often a form occurs; *term in arena when it does. */
static enum aq_status count_form(struct spelling *s, struct aq_slice form, struct aq_slice *term, uint64_t *count,
                                 struct aq_error *err)
{
    uint8_t plain[AQ_TERM_MAX], bytes[AQ_FORM_NAME_MAX];
    struct aq_slice name = aq_form_name(form, aq_form_plain(form, plain), bytes);
    bool found;
    *count = 0;
    *term = (struct aq_slice){0};
    enum aq_status st = aq_vocabulary_seek(&s->all, name, &found, err);
    if (st || !found || !aq_slice_eq(s->all.name, name))
        return st;
    *count = s->all.count;
    *term = aq_arena_copy(s->arena, aq_vocabulary_term(&s->all));
    return term->ptr ? AQ_OK : aq_fail_nomem(err);
}

static enum aq_status look_up_words(struct spelling *s, struct aq_analyzer *analyzer,
                                    const struct aq_spelling_word *typed, struct aq_error *err)
{
    uint32_t doubted = 0;
    for (size_t i = 0; i < s->count; i++) {
        struct word *w = &s->words[i];
        const struct aq_token *tokens;
        size_t count;
        *w = (struct word){.typed = typed[i].typed, .passages = typed[i].passages};
        enum aq_status st = aq_analyze(analyzer, w->typed, &tokens, &count);
        if (st)
            return aq_fail_nomem(err);
        if (count != 1)
            continue;
        const struct aq_lexeme *lexeme = aq_analyzer_lexeme(analyzer, tokens[0].lexeme);
        w->form = aq_arena_copy(s->arena, lexeme->form);
        w->term = aq_arena_copy(s->arena, lexeme->term);
        if (!w->form.ptr || !w->term.ptr)
            return aq_fail_nomem(err);
        w->letters = letters_of(w->form);
        w->doubted = w->letters && doubted < WORDS_MOST && aq_spelling_doubts(s->txn, typed[i].passages);
        doubted += w->doubted;
        struct aq_slice term;
        if (w->doubted && (st = count_form(s, w->form, &term, &w->count, err)))
            return st;
    }
    return AQ_OK;
}

static bool clearly_commoner(const struct spelling *s, uint64_t count, uint64_t than)
{
    return count >= COMMON_LEAST && count >= s->txn->passages / COMMON_SHARE && count / COMMON_TIMES >= than;
}

/* ---- one word for two ---- */

static bool neighbours(const struct word *a, const struct word *b)
{
    const uint8_t *p = a->typed.ptr + a->typed.len;
    if (p >= b->typed.ptr)
        return false;
    while (p < b->typed.ptr && aq_is_ascii_space(*p))
        p++;
    return p == b->typed.ptr;
}

static enum aq_status join(struct spelling *s, size_t i, struct aq_error *err)
{
    uint8_t bytes[AQ_TERM_MAX];
    struct word *a = &s->words[i], *b = i + 1 < s->count ? a + 1 : NULL;
    struct aq_slice term;
    uint64_t count;
    if (!b || !a->letters || !b->letters || !(a->doubted || b->doubted) || a->form.len + b->form.len > sizeof bytes ||
        a->letters + b->letters < LETTERS_LEAST || !neighbours(a, b))
        return AQ_OK;
    memcpy(bytes, a->form.ptr, a->form.len);
    memcpy(bytes + a->form.len, b->form.ptr, b->form.len);
    struct aq_slice both = aq_slice(bytes, a->form.len + b->form.len);
    enum aq_status st = count_form(s, both, &term, &count, err);
    if (st || !clearly_commoner(s, count, a->doubted ? a->count : b->count))
        return st;
    a->better = aq_arena_copy(s->arena, both);
    a->joins = true;
    return a->better.ptr ? AQ_OK : aq_fail_nomem(err);
}

/* ---- another word ---- */

/* How likely a single slip is beside any other, in doublings. Of a word of n letters n - 1
 * come by swapping neighbours and n by leaving one out, but 25 times as many by replacing
 * one and by putting one in; so each of those is less likely to be what happened. A letter
 * put in is mostly one typed twice. */
enum { LIKELY = 4, TWICE = 3 };
static int likelihood(struct aq_slice typed, struct aq_slice meant)
{
    size_t at = aq_slice_common(typed, meant);
    if (typed.len < meant.len)
        return LIKELY;
    if (typed.len > meant.len)
        return at && typed.ptr[at] == typed.ptr[at - 1] ? TWICE : 0;
    return at + 1 < typed.len && typed.ptr[at] == meant.ptr[at + 1] && typed.ptr[at + 1] == meant.ptr[at] ? LIKELY : 0;
}

static int doublings(uint64_t count)
{
    return 63 - __builtin_clzll(count | 1);
}

/* Whether a slip is to be thought of at all. Names and rare words that are right have
 * neighbours among common ones, the more the shorter they are: what is not a likely slip is
 * one in a long word only. */
static bool plausible(const struct word *w, int slip, uint64_t count)
{
    if (w->letters < LETTERS_LEAST)
        return slip == LIKELY && count >= SHORT_COMMON;
    return slip > 0 || w->letters >= LETTERS_ANY;
}

/* Takes a word for a better one if it is, and the likeliest so far. Two slips are sixty
 * times less likely than one; a first letter is eight times less often mistaken than
 * another. */
static void consider(const struct spelling *s, struct word *w, struct aq_slice typed, const struct aq_vocabulary_form *f,
                     unsigned distance)
{
    uint8_t bytes[AQ_TERM_MAX];
    struct aq_slice meant = aq_form_plain(f->form, bytes);
    bool same_start = typed.ptr[0] == meant.ptr[0];
    int slip = distance == 1 ? likelihood(typed, meant) : -6;
    int merit = doublings(f->count) + slip - (same_start ? 0 : 3);
    if (distance == 0 || !plausible(w, slip, f->count) || (!same_start && slip != LIKELY) ||
        letters_of(f->form) < LETTERS_LEAST - 1 || !clearly_commoner(s, f->count, w->count) ||
        (w->better.len && merit <= w->merit))
        return;
    w->merit = merit;
    w->better = f->form;
    w->better_term = f->term;
}

static enum aq_status replace(struct spelling *s, struct word *w, unsigned distance, struct aq_slice beginning,
                              struct aq_error *err)
{
    struct aq_vocabulary_form *near;
    struct aq_edit *edit = aq_arena_alloc(s->arena, sizeof *edit);
    uint8_t typed_bytes[AQ_TERM_MAX], bytes[AQ_TERM_MAX];
    struct aq_slice typed = aq_form_plain(w->form, typed_bytes);
    uint32_t count;
    size_t dead;
    if (!edit)
        return aq_fail_nomem(err);
    enum aq_status st =
        aq_vocabulary_near(&s->all, typed, distance, beginning, CANDIDATES, s->arena, &near, &count, err);
    if (st)
        return st;
    aq_edit_begin(edit, typed, distance);
    for (uint32_t i = 0; i < count; i++) {
        unsigned d = aq_edit_next(edit, aq_form_plain(near[i].form, bytes), 0, &dead);
        consider(s, w, typed, &near[i], d);
    }
    return AQ_OK;
}

/* The first two letters may be swapped: that is one look. */
static enum aq_status swap_first(struct spelling *s, struct word *w, struct aq_error *err)
{
    uint8_t bytes[AQ_TERM_MAX];
    struct aq_vocabulary_form f = {.form = aq_slice(bytes, w->form.len)};
    memcpy(bytes, w->form.ptr, w->form.len);
    if (bytes[0] >= 0x80 || bytes[1] >= 0x80 || bytes[0] == bytes[1])
        return AQ_OK;
    bytes[0] = w->form.ptr[1];
    bytes[1] = w->form.ptr[0];
    enum aq_status st = count_form(s, f.form, &f.term, &f.count, err);
    if (st || f.count == 0)
        return st;
    f.form = aq_arena_copy(s->arena, f.form);
    if (!f.form.ptr)
        return aq_fail_nomem(err);
    consider(s, w, w->form, &f, 1);
    return AQ_OK;
}

/* The bytes of the first letter of a form's plain spelling. */
static struct aq_slice first_letter(struct spelling *s, struct aq_slice form)
{
    uint8_t bytes[AQ_TERM_MAX];
    struct aq_slice plain = aq_form_plain(form, bytes);
    unsigned len;
    aq_utf8_decode(plain.ptr, plain.ptr + plain.len, &len);
    return aq_arena_copy(s->arena, aq_slice(plain.ptr, len));
}

/* ---- two words for one ---- */

/* About how often two words stand side by side, by a sample of the places of the first. */
static enum aq_status count_beside(struct spelling *s, const struct aq_slice terms[2], const struct aq_slice forms[2],
                                   uint64_t first_count, uint64_t *count, struct aq_error *err)
{
    uint32_t beside = 0;
    enum aq_status st = aq_context_begin(&s->context, s->txn, terms[0], forms[0], err);
    if (!st)
        st = aq_context_next(&s->context, terms[1], forms[1], false, &beside, err);
    *count = beside ? first_count * beside / s->context.count : 0;
    return st;
}

/* Where a word is best parted: a space was left out. */
static enum aq_status split(struct spelling *s, struct word *w, struct aq_error *err)
{
    uint64_t most = 0;
    size_t best = 0;
    for (size_t at = 1; at < w->form.len; at++) {
        const struct aq_slice forms[2] = {aq_slice(w->form.ptr, at), aq_slice(w->form.ptr + at, w->form.len - at)};
        struct aq_slice terms[2];
        uint64_t counts[2] = {0, 0}, beside;
        enum aq_status st = AQ_OK;
        for (int i = 0; i < 2 && !st && (i == 0 || counts[0] >= PART_COMMON); i++)
            if ((forms[i].ptr[0] & 0xC0) != 0x80 && letters_of(forms[i]) >= PART_LEAST)
                st = count_form(s, forms[i], &terms[i], &counts[i], err);
        if (!st && counts[0] >= PART_COMMON && counts[1] >= PART_COMMON) {
            st = count_beside(s, terms, forms, counts[0], &beside, err);
            if (!st && beside > most) {
                most = beside;
                best = at;
            }
        }
        if (st)
            return st;
    }
    int merit = doublings(most) + LIKELY;
    if (most < PARTS_COMMON || !clearly_commoner(s, most, w->count) || (w->better.len && merit <= w->merit))
        return AQ_OK;
    uint8_t *both = aq_arena_bytes(s->arena, w->form.len + 1);
    if (!both)
        return aq_fail_nomem(err);
    memcpy(both, w->form.ptr, best);
    both[best] = ' ';
    memcpy(both + best + 1, w->form.ptr + best, w->form.len - best);
    w->better = aq_slice(both, w->form.len + 1);
    w->better_term = (struct aq_slice){0};
    return AQ_OK;
}

/* ---- company ---- */

static enum aq_status meet_in_segment(struct spelling *s, const struct aq_segment *seg, struct aq_slice a,
                                      struct aq_slice b, bool *met, struct aq_error *err)
{
    struct aq_postings lists[2];
    struct aq_cursor rare, other;
    enum aq_status st = aq_segment_postings(s->txn, seg, a, &lists[0], err);
    if (!st)
        st = aq_segment_postings(s->txn, seg, b, &lists[1], err);
    if (st)
        return st == AQ_NOTFOUND ? AQ_OK : st;
    bool first = lists[0].df <= lists[1].df;
    aq_cursor_init(&rare, &lists[first ? 0 : 1]);
    aq_cursor_init(&other, &lists[first ? 1 : 0]);
    for (uint32_t n = 0; n < MEETINGS_MOST && rare.docid != AQ_DOCID_END && !*met; n++) {
        *met = aq_cursor_seek(&other, rare.docid) == rare.docid;
        aq_cursor_next(&rare);
    }
    return AQ_OK;
}

struct meeting {
    struct aq_slice a, b;
    bool *met;
};

static enum aq_status meet_pending(void *context, uint32_t comment, const struct aq_pending *record, bool *enough,
                                   struct aq_error *err)
{
    const struct meeting *m = context;
    struct aq_pending_term term;
    bool bad = false;
    (void)comment;
    *enough = *m->met = aq_pending_find(record, m->a, aq_hash(m->a), &term, &bad) &&
                        aq_pending_find(record, m->b, aq_hash(m->b), &term, &bad);
    return bad ? aq_pending_damaged(err) : AQ_OK;
}

/* The rarest words of the query that are not doubted. */
static size_t company_of(const struct spelling *s, const struct word *company[COMPANY_MOST])
{
    size_t n = 0;
    for (size_t i = 0; i < s->count; i++) {
        const struct word *w = &s->words[i];
        if (w->doubted || w->form.len == 0 || w->passages == 0)
            continue;
        size_t at = n < COMPANY_MOST ? n++ : COMPANY_MOST;
        for (; at > 0 && company[at - 1]->passages > w->passages; at--)
            if (at < COMPANY_MOST)
                company[at] = company[at - 1];
        if (at < COMPANY_MOST)
            company[at] = w;
    }
    return n;
}

/* What was meant mostly stands somewhere together with a word that was meant beside it.
 * What never does is dropped: the word is a name, or of another subject. */
static enum aq_status keep_company(struct spelling *s, struct word *w, struct aq_error *err)
{
    const struct word *company[COMPANY_MOST];
    size_t n = company_of(s, company);
    bool met = n == 0;
    enum aq_status st = AQ_OK;
    for (size_t i = 0; i < n && !met && !st; i++) {
        for (uint32_t k = 0; k < s->txn->segment_count && !met && !st; k++)
            st = meet_in_segment(s, &s->txn->segments[k], w->better_term, company[i]->term, &met, err);
        struct meeting pending = {w->better_term, company[i]->term, &met};
        if (!met && !st)
            st = aq_pending_walk(s->txn, meet_pending, &pending, err);
    }
    if (!met)
        w->better = (struct aq_slice){0};
    return st;
}

/* ---- all of it ---- */

static enum aq_status better_word(struct spelling *s, struct word *w, struct aq_error *err)
{
    struct aq_slice letter = first_letter(s, w->form);
    enum aq_status st = letter.ptr ? AQ_OK : aq_fail_nomem(err);
    if (!st)
        st = replace(s, w, 1, letter, err);
    if (!st)
        st = swap_first(s, w, err);
    if (!st && w->letters >= LETTERS_LEAST)
        st = split(s, w, err);
    if (!st && w->better.len == 0 && w->letters >= LETTERS_TWO)
        st = replace(s, w, 2, letter, err);
    if (!st && w->better.len == 0 && w->letters >= LETTERS_LEAST && w->count == 0)
        st = replace(s, w, 1, (struct aq_slice){0}, err);
    return !st && w->better_term.len ? keep_company(s, w, err) : st;
}

static enum aq_status better_words(struct spelling *s, bool *any, struct aq_error *err)
{
    enum aq_status st = AQ_OK;
    *any = false;
    for (size_t i = 0; i < s->count && !st; i++) {
        struct word *w = &s->words[i];
        st = join(s, i, err);
        if (!st && w->better.len == 0 && w->doubted && w->letters >= LETTERS_LEAST - 1)
            st = better_word(s, w, err);
        *any |= w->better.len > 0;
        i += w->joins;
    }
    return st;
}

/* A capital stays one. */
static void put_better(struct aq_buf *out, const struct word *w)
{
    size_t at = out->len;
    bool capital = w->typed.ptr[0] >= 'A' && w->typed.ptr[0] <= 'Z';
    aq_buf_put(out, w->better.ptr, w->better.len);
    if (!out->failed && capital && out->ptr[at] >= 'a' && out->ptr[at] <= 'z')
        out->ptr[at] = (uint8_t)(out->ptr[at] - 'a' + 'A');
}

static enum aq_status write_suggestion(struct spelling *s, struct aq_slice *suggestion, struct aq_error *err)
{
    struct aq_buf out = {0};
    const uint8_t *from = s->query.ptr, *end = from + s->query.len;
    for (size_t i = 0; i < s->count; i++) {
        const struct word *w = &s->words[i];
        if (w->better.len == 0)
            continue;
        aq_buf_put(&out, from, (size_t)(w->typed.ptr - from));
        put_better(&out, w);
        i += w->joins;
        from = s->words[i].typed.ptr + s->words[i].typed.len;
    }
    aq_buf_put(&out, from, (size_t)(end - from));
    if (!out.failed)
        *suggestion = aq_arena_copy(s->arena, aq_slice(out.ptr, out.len));
    bool failed = out.failed || !suggestion->ptr;
    aq_buf_free(&out);
    return failed ? aq_fail_nomem(err) : AQ_OK;
}

enum aq_status aq_spelling_suggest(struct aq_txn *txn, struct aq_analyzer *analyzer, struct aq_slice query,
                                   const struct aq_spelling_word *words, size_t count, struct aq_arena *arena,
                                   struct aq_slice *suggestion, struct aq_error *err)
{
    bool any = false;
    struct spelling *s = aq_arena_alloc(arena, sizeof *s);
    *suggestion = (struct aq_slice){0};
    if (!s || !(s->words = aq_arena_alloc(arena, (count + 1) * sizeof *s->words)))
        return aq_fail_nomem(err);
    s->txn = txn;
    s->arena = arena;
    s->query = query;
    s->count = count;
    enum aq_status st = aq_vocabulary_open(txn, NULL, NULL, arena, &s->all, err);
    if (!st)
        st = look_up_words(s, analyzer, words, err);
    if (!st)
        st = better_words(s, &any, err);
    aq_vocabulary_close(&s->all);
    return st || !any ? st : write_suggestion(s, suggestion, err);
}
