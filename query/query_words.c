/* query_words.c - words, phrases and patterns to distinct terms: what their tokens mean.
 * Knows nothing of trees or of how segments are searched. */
#include "query_build.h"
#include "vocabulary.h"

#define FREE_SLOT UINT32_MAX

/* ---- distinct terms ---- */

static size_t probe(const struct aq_query *q, uint32_t term_id)
{
    size_t mask = q->by_term_size - 1;
    size_t i = (term_id * 0x9E3779B1u) & mask;
    while (q->by_term[i] != FREE_SLOT && q->terms[q->by_term[i]].term_id != term_id)
        i = (i + 1) & mask;
    return i;
}

uint32_t aq_query_find(const struct aq_query *q, uint32_t term_id)
{
    if (!q->by_term_size)
        return AQ_NO_TERM;
    uint32_t at = q->by_term[probe(q, term_id)];
    return at == FREE_SLOT ? AQ_NO_TERM : at;
}

static bool widen(struct aq_query *q)
{
    if (q->by_term_size && (q->term_count + 1) * 2 <= q->by_term_size)
        return true;
    size_t size = q->by_term_size ? q->by_term_size * 2 : 128;
    uint32_t *slots = malloc(size * sizeof *slots);
    if (!slots)
        return false;
    memset(slots, 0xFF, size * sizeof *slots);
    free(q->by_term);
    q->by_term = slots;
    q->by_term_size = size;
    for (size_t i = 0; i < q->term_count; i++)
        slots[probe(q, q->terms[i].term_id)] = (uint32_t)i;
    return true;
}

static uint32_t fail(struct aq_query_builder *b, enum aq_status st)
{
    b->failed = st;
    return UINT32_MAX;
}

static uint32_t add_term(struct aq_query_builder *b, const struct aq_lexeme *lexeme, struct aq_slice typed)
{
    struct aq_query *q = b->q;
    uint32_t at = aq_query_find(q, lexeme->term_id);
    if (at != AQ_NO_TERM)
        return at;
    if (!widen(q) || !aq_grow(&q->terms, &q->term_cap, q->term_count + 1, sizeof *q->terms))
        return fail(b, AQ_NOMEM);
    at = (uint32_t)q->term_count;
    size_t slot = probe(q, lexeme->term_id);
    q->terms[q->term_count++] = (struct aq_query_term){
        .term = lexeme->term, .typed = typed, .hash = lexeme->term_hash, .term_id = lexeme->term_id};
    q->by_term[slot] = at;
    return at;
}

/* A term that was typed: of these there is a bound. */
static uint32_t add_typed_term(struct aq_query_builder *b, const struct aq_lexeme *lexeme, struct aq_slice typed)
{
    size_t before = b->q->term_count;
    bool known = aq_query_find(b->q, lexeme->term_id) != AQ_NO_TERM;
    if (!known && b->typed_terms == (b->plain ? AQ_QUERY_PLAIN_TERMS : AQ_QUERY_TERMS)) {
        b->full = true;
        return AQ_NO_TERM;
    }
    uint32_t at = add_term(b, lexeme, typed);
    b->typed_terms += (uint32_t)(b->q->term_count - before);
    return at;
}

static uint32_t add_form(struct aq_query_builder *b, uint32_t term, const struct aq_lexeme *lexeme,
                         struct aq_slice typed)
{
    struct aq_query *q = b->q;
    for (size_t i = 0; i < q->form_count; i++)
        if (q->forms[i].lexeme == lexeme->id)
            return (uint32_t)i;
    if (!aq_grow(&q->forms, &q->form_cap, q->form_count + 1, sizeof *q->forms))
        return fail(b, AQ_NOMEM);
    q->forms[q->form_count] =
        (struct aq_query_form){.term = term, .lexeme = lexeme->id, .form = lexeme->form, .typed = typed};
    return (uint32_t)q->form_count++;
}

bool aq_query_analyze(struct aq_query_builder *b, struct aq_slice text, struct aq_query_tokens *t)
{
    t->text = text;
    b->failed = aq_analyze(b->a, text, &t->at, &t->count);
    return !b->failed;
}

static struct aq_slice typed_of(const struct aq_query_tokens *t, size_t i)
{
    return aq_slice(t->text.ptr + t->at[i].begin, t->at[i].end - t->at[i].begin);
}

/* ---- words ---- */

static bool same_word(const struct aq_query_word *w, const struct aq_query_word *other)
{
    return w->part_count == other->part_count && w->scored_count == other->scored_count &&
           memcmp(w->parts, other->parts, w->part_count * sizeof *w->parts) == 0 &&
           memcmp(w->scored, other->scored, w->scored_count * sizeof *w->scored) == 0;
}

/* Every token scores. A word is there when its parts are; a whole of one part (C++, c#)
 * stands for that part, which is another word. */
uint32_t aq_query_add_word(struct aq_query_builder *b, const struct aq_query_tokens *t, bool must)
{
    struct aq_query *q = b->q;
    uint32_t *parts = aq_arena_alloc(&q->arena, t->count * sizeof *parts);
    uint32_t *scored = aq_arena_alloc(&q->arena, t->count * sizeof *scored);
    uint32_t count = 0, scored_count = 0, covered = UINT32_MAX;
    if (!parts || !scored)
        return fail(b, AQ_NOMEM);
    for (size_t i = 0; i < t->count; i++) {
        const struct aq_token *token = &t->at[i];
        uint32_t term = add_typed_term(b, aq_analyzer_lexeme(b->a, token->lexeme), typed_of(t, i));
        if (term == AQ_NO_TERM)
            break;
        q->terms[term].loose = true;
        scored[scored_count++] = term;
        bool whole = token->flags & AQ_TOKEN_WHOLE;
        if (whole && token->span == 1)
            covered = token->position;
        else if (whole || token->position == covered)
            continue;
        q->terms[term].part = true;
        parts[count++] = term;
    }
    if (count == 0 || b->failed)
        return UINT32_MAX;
    const struct aq_query_word made = {
        .parts = parts, .scored = scored, .part_count = count, .scored_count = scored_count, .must = must};
    for (size_t i = 0; i < q->word_count && !b->plain; i++) {
        if (same_word(&q->words[i], &made)) {
            q->words[i].must |= must;
            return (uint32_t)i;
        }
    }
    if (!aq_grow(&q->words, &q->word_cap, q->word_count + 1, sizeof *q->words))
        return fail(b, AQ_NOMEM);
    q->words[q->word_count] = made;
    return (uint32_t)q->word_count++;
}

/* ---- phrases ---- */

bool aq_query_make_phrase(struct aq_query_builder *b, const struct aq_query_tokens *t, bool exact, bool scores,
                          struct aq_query_phrase *out)
{
    struct aq_query *q = b->q;
    struct aq_query_element *elements = aq_arena_alloc(&q->arena, t->count * sizeof *elements);
    uint32_t count = 0, covered = 0;
    if (!elements) {
        fail(b, AQ_NOMEM);
        return false;
    }
    for (size_t i = 0; i < t->count; i++) {
        const struct aq_token *token = &t->at[i];
        if (token->position < covered)
            continue;
        if (count == AQ_QUERY_PHRASE) {
            b->full = true;
            break;
        }
        const struct aq_lexeme *lexeme = aq_analyzer_lexeme(b->a, token->lexeme);
        uint32_t term = add_typed_term(b, lexeme, typed_of(t, i));
        if (term == AQ_NO_TERM)
            break;
        uint32_t form = exact ? add_form(b, term, lexeme, typed_of(t, i)) : AQ_ANY_FORM;
        if (b->failed)
            return false;
        if (scores && exact)
            q->forms[form].wanted = true;
        q->terms[term].part |= scores && !exact;
        elements[count++] =
            (struct aq_query_element){term, form, lexeme->id, token->position - t->at[0].position};
        covered = token->position + (token->span ? token->span : 1);
    }
    *out = (struct aq_query_phrase){.elements = elements, .count = count};
    return count > 0 && !b->failed;
}

bool aq_query_same_phrase(const struct aq_query_phrase *p, const struct aq_query_phrase *other)
{
    if (p->count != other->count)
        return false;
    for (uint32_t i = 0; i < p->count; i++) {
        const struct aq_query_element *x = &p->elements[i], *y = &other->elements[i];
        if (x->term != y->term || x->form != y->form || x->offset != y->offset)
            return false;
    }
    return true;
}

uint32_t aq_query_add_phrase(struct aq_query_builder *b, const struct aq_query_tokens *t, bool exact, bool exclude)
{
    struct aq_query *q = b->q;
    struct aq_query_phrase p;
    if (!aq_query_make_phrase(b, t, exact, !exclude, &p))
        return UINT32_MAX;
    struct aq_query_phrase **list = exclude ? &q->exclusions : &q->phrases;
    size_t *n = exclude ? &q->exclusion_count : &q->phrase_count;
    size_t *cap = exclude ? &q->exclusion_cap : &q->phrase_cap;
    for (size_t at = 0; at < *n; at++)
        if (aq_query_same_phrase(&(*list)[at], &p))
            return (uint32_t)at;
    if (*n == AQ_QUERY_TERMS) {
        b->full = true;
        return UINT32_MAX;
    }
    if (!aq_grow(list, cap, *n + 1, sizeof **list))
        return fail(b, AQ_NOMEM);
    (*list)[*n] = p;
    return (uint32_t)(*n)++;
}

/* ---- patterns ---- */

static int by_term(const void *x, const void *y)
{
    const struct aq_query_member *a = x, *b = y;
    if (a->term != b->term)
        return a->term < b->term ? -1 : 1;
    return (a->form > b->form) - (a->form < b->form);
}

/* The token that an indexed form is made of, so that texts' tokens can be compared with
 * it; NULL where cutting the form alone gives others. */
static const struct aq_lexeme *lexeme_of(struct aq_query_builder *b, const struct aq_vocabulary_form *f)
{
    struct aq_query_tokens t;
    if (!aq_query_analyze(b, f->form, &t))
        return NULL;
    for (size_t i = 0; i < t.count; i++) {
        const struct aq_lexeme *l = aq_analyzer_lexeme(b->a, t.at[i].lexeme);
        if (aq_slice_eq(l->form, f->form) && aq_slice_eq(l->term, f->term))
            return l;
    }
    return NULL;
}

static uint32_t find_pattern(const struct aq_query *q, uint32_t lexeme, unsigned distance)
{
    uint32_t i = 0;
    while (i < q->pattern_count && (q->patterns[i].lexeme != lexeme || q->patterns[i].distance != distance))
        i++;
    return i;
}

uint32_t aq_query_add_pattern(struct aq_query_builder *b, const struct aq_query_tokens *t, struct aq_slice typed,
                              unsigned distance, bool scores)
{
    struct aq_query *q = b->q;
    const uint32_t text_lexeme = t->at[0].lexeme, known = find_pattern(q, text_lexeme, distance);
    if (known < q->pattern_count) {
        q->patterns[known].wanted |= scores;
        return known;
    }
    if (q->pattern_count == AQ_QUERY_PATTERN_COUNT) {
        b->full = true;
        return UINT32_MAX;
    }
    struct aq_vocabulary_form *forms = NULL;
    uint32_t found = 0;
    bool cut = false;
    if (!aq_grow(&q->patterns, &q->pattern_cap, q->pattern_count + 1, sizeof *q->patterns))
        return fail(b, AQ_NOMEM);
    struct aq_slice text = aq_analyzer_lexeme(b->a, text_lexeme)->form;
    if (b->txn)
        b->failed = aq_vocabulary_expand(b->txn, distance ? AQ_PATTERN_FUZZY : AQ_PATTERN_PREFIX, text, distance,
                                         b->members, &q->arena, &forms, &found, &cut, NULL);
    struct aq_query_member *members = aq_arena_alloc(&q->arena, (found + 1) * sizeof *members);
    if (!members || b->failed)
        return fail(b, b->failed ? b->failed : AQ_NOMEM);
    uint32_t n = 0;
    for (uint32_t i = 0; i < found; i++) {
        const struct aq_lexeme *lexeme = lexeme_of(b, &forms[i]);
        if (b->failed)
            return UINT32_MAX;
        if (!lexeme)
            continue;
        uint32_t term = add_term(b, lexeme, typed);
        uint32_t form = b->failed ? AQ_ANY_FORM : add_form(b, term, lexeme, typed);
        if (b->failed)
            return UINT32_MAX;
        members[n++] = (struct aq_query_member){term, form, lexeme->id, forms[i].count};
    }
    if (n)
        qsort(members, n, sizeof *members, by_term);
    q->cut_pattern |= cut;
    q->patterns[q->pattern_count] = (struct aq_query_pattern){.members = members,
                                                              .count = n,
                                                              .lexeme = text_lexeme,
                                                              .distance = (uint16_t)distance,
                                                              .wanted = scores,
                                                              .typed = typed};
    return (uint32_t)q->pattern_count++;
}
