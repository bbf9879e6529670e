/* query.c - see query.h. Owns the meaning of a clause's tokens; knows nothing of
 * how segments are searched. */
#include "query.h"

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

struct build {
    struct aq_query *q;
    struct aq_analyzer *a;
    bool plain;
    bool full;   /* a bound was met: nothing more comes in */
    bool failed; /* out of memory */
};

static uint32_t add_term(struct build *b, const struct aq_lexeme *lexeme, struct aq_slice typed)
{
    struct aq_query *q = b->q;
    uint32_t at = aq_query_find(q, lexeme->term_id);
    if (at != AQ_NO_TERM)
        return at;
    if (q->term_count == (b->plain ? AQ_QUERY_PLAIN_TERMS : AQ_QUERY_TERMS)) {
        b->full = true;
        return AQ_NO_TERM;
    }
    if (!widen(q) || !aq_grow(&q->terms, &q->term_cap, q->term_count + 1, sizeof *q->terms)) {
        b->failed = true;
        return AQ_NO_TERM;
    }
    at = (uint32_t)q->term_count;
    size_t slot = probe(q, lexeme->term_id);
    q->terms[q->term_count++] = (struct aq_query_term){
        .term = lexeme->term, .typed = typed, .hash = lexeme->term_hash, .term_id = lexeme->term_id};
    q->by_term[slot] = at;
    return at;
}

static uint32_t add_form(struct build *b, uint32_t term, const struct aq_lexeme *lexeme, struct aq_slice typed)
{
    struct aq_query *q = b->q;
    for (size_t i = 0; i < q->form_count; i++)
        if (q->forms[i].lexeme == lexeme->id)
            return (uint32_t)i;
    if (!aq_grow(&q->forms, &q->form_cap, q->form_count + 1, sizeof *q->forms)) {
        b->failed = true;
        return AQ_ANY_FORM;
    }
    q->forms[q->form_count] =
        (struct aq_query_form){.term = term, .lexeme = lexeme->id, .form = lexeme->form, .typed = typed};
    return (uint32_t)q->form_count++;
}

/* ---- clauses ---- */

struct tokens {
    const struct aq_token *at;
    size_t count;
    struct aq_slice text;
};

static struct aq_slice typed_of(const struct tokens *t, size_t i)
{
    return aq_slice(t->text.ptr + t->at[i].begin, t->at[i].end - t->at[i].begin);
}

static bool same_terms(const struct aq_query_word *w, const uint32_t *terms, uint32_t count)
{
    return w->count == count && memcmp(w->terms, terms, count * sizeof *terms) == 0;
}

/* A bare word: every token scores. It is there when its parts are; a whole of one
 * part (C++, c#) stands for that part, which is another word. */
static void add_word(struct build *b, const struct tokens *t, bool must)
{
    struct aq_query *q = b->q;
    uint32_t *terms = aq_arena_alloc(&q->arena, t->count * sizeof *terms);
    uint32_t count = 0, covered = UINT32_MAX;
    if (!terms) {
        b->failed = true;
        return;
    }
    for (size_t i = 0; i < t->count; i++) {
        const struct aq_token *token = &t->at[i];
        uint32_t term = add_term(b, aq_analyzer_lexeme(b->a, token->lexeme), typed_of(t, i));
        if (term == AQ_NO_TERM)
            break;
        q->terms[term].count++;
        q->terms[term].loose = true;
        bool whole = token->flags & AQ_TOKEN_WHOLE;
        if (whole && token->span == 1)
            covered = token->position;
        else if (whole || token->position == covered)
            continue;
        q->terms[term].part = true;
        terms[count++] = term;
    }
    if (count == 0 || b->failed)
        return;
    for (size_t i = 0; i < q->word_count && !b->plain; i++) {
        if (same_terms(&q->words[i], terms, count)) {
            q->words[i].must |= must;
            return;
        }
    }
    if (!aq_grow(&q->words, &q->word_cap, q->word_count + 1, sizeof *q->words)) {
        b->failed = true;
        return;
    }
    q->words[q->word_count++] = (struct aq_query_word){.terms = terms, .count = count, .must = must};
}

static bool same_phrase(const struct aq_query_phrase *p, const struct aq_query_element *elements, uint32_t count)
{
    if (p->count != count)
        return false;
    for (uint32_t i = 0; i < count; i++) {
        const struct aq_query_element *x = &p->elements[i], *y = &elements[i];
        if (x->term != y->term || x->form != y->form || x->offset != y->offset)
            return false;
    }
    return true;
}

/* Tokens side by side, compounds as wholes. exact: by form, else by term. */
static void add_phrase(struct build *b, const struct tokens *t, bool exact, bool exclude)
{
    struct aq_query *q = b->q;
    struct aq_query_element *elements = aq_arena_alloc(&q->arena, t->count * sizeof *elements);
    uint32_t count = 0, covered = 0;
    if (!elements) {
        b->failed = true;
        return;
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
        uint32_t term = add_term(b, lexeme, typed_of(t, i));
        if (term == AQ_NO_TERM)
            break;
        uint32_t form = exact ? add_form(b, term, lexeme, typed_of(t, i)) : AQ_ANY_FORM;
        elements[count++] =
            (struct aq_query_element){term, form, lexeme->id, token->position - t->at[0].position};
        covered = token->position + (token->span ? token->span : 1);
    }
    if (count == 0 || b->failed)
        return;
    struct aq_query_phrase **list = exclude ? &q->exclusions : &q->phrases;
    size_t *n = exclude ? &q->exclusion_count : &q->phrase_count;
    size_t *cap = exclude ? &q->exclusion_cap : &q->phrase_cap;
    size_t at = 0;
    while (at < *n && !same_phrase(&(*list)[at], elements, count))
        at++;
    if (at == *n) {
        if (*n == AQ_QUERY_TERMS) {
            b->full = true;
            return;
        }
        if (!aq_grow(list, cap, *n + 1, sizeof **list)) {
            b->failed = true;
            return;
        }
        (*list)[(*n)++] = (struct aq_query_phrase){.elements = elements, .count = count};
    }
    (*list)[at].times++;
    for (uint32_t i = 0; i < count && !exclude; i++) {
        q->terms[elements[i].term].count++;
        if (exact)
            q->forms[elements[i].form].wanted = true;
    }
}

enum aq_status aq_query_build(struct aq_query *q, const struct aq_clauses *clauses, bool plain,
                              struct aq_analyzer *a, struct aq_error *err)
{
    struct build b = {.q = q, .a = a, .plain = plain};
    q->cut = clauses->cut;
    for (size_t i = 0; i < clauses->count && !b.full; i++) {
        const struct aq_clause *c = &clauses->items[i];
        if (c->kind != AQ_CLAUSE_TEXT && c->kind != AQ_CLAUSE_PHRASE)
            continue;
        struct tokens t = {.text = c->text};
        enum aq_status st = aq_analyze(a, c->text, &t.at, &t.count);
        if (st)
            return st == AQ_NOMEM ? aq_fail_nomem(err) : aq_fail(err, st, "the query could not be analyzed");
        if (t.count == 0)
            continue;
        bool exact = c->kind == AQ_CLAUSE_PHRASE;
        if (exact || c->occur == AQ_MUST_NOT)
            add_phrase(&b, &t, exact, c->occur == AQ_MUST_NOT);
        else
            add_word(&b, &t, c->occur == AQ_MUST);
        if (b.failed)
            return aq_fail_nomem(err);
    }
    q->cut |= b.full;
    return AQ_OK;
}

void aq_query_free(struct aq_query *q)
{
    free(q->terms);
    free(q->forms);
    free(q->words);
    free(q->phrases);
    free(q->exclusions);
    free(q->by_term);
    aq_arena_free(&q->arena);
    *q = (struct aq_query){0};
}

/* ---- what occurs ---- */

static bool phrase_occurs(const struct aq_query *q, const struct aq_query_phrase *p)
{
    for (uint32_t i = 0; i < p->count; i++) {
        const struct aq_query_element *e = &p->elements[i];
        if (q->terms[e->term].df == 0 || (e->form != AQ_ANY_FORM && !q->forms[e->form].seen))
            return false;
    }
    return true;
}

/* The terms of a dropped phrase do not score either. */
static void drop_phrase(struct aq_query *q, struct aq_query_phrase *p)
{
    p->dead = true;
    for (uint32_t i = 0; i < p->count; i++)
        q->terms[p->elements[i].term].count -= p->times;
}

/* Whether an earlier word has the same terms. Only asked of the few that can make
 * two to four. */
static bool word_repeats(const struct aq_query *q, size_t at)
{
    for (size_t i = 0; i < at; i++)
        if (same_terms(&q->words[i], q->words[at].terms, q->words[at].count))
            return true;
    return false;
}

void aq_query_resolve(struct aq_query *q, const struct aq_model *m)
{
    size_t distinct = 0;
    bool given = q->word_count || q->phrase_count;
    for (size_t i = 0; i < q->phrase_count; i++) {
        struct aq_query_phrase *p = &q->phrases[i];
        if (!phrase_occurs(q, p)) {
            drop_phrase(q, p);
            continue;
        }
        distinct++;
        for (uint32_t k = 0; k < p->count; k++)
            q->terms[p->elements[k].term].required = true;
    }
    for (size_t i = 0; i < q->exclusion_count; i++)
        q->exclusions[i].dead = !phrase_occurs(q, &q->exclusions[i]);
    for (size_t i = 0; i < q->word_count; i++) {
        struct aq_query_word *w = &q->words[i];
        bool lives = false;
        for (uint32_t k = 0; k < w->count; k++) {
            struct aq_query_term *term = &q->terms[w->terms[k]];
            if (term->df == 0)
                continue;
            lives = true;
            q->needed += !term->needed;
            term->needed = true;
            term->required |= w->must;
        }
        w->dead = !lives;
        if (lives && distinct <= 4)
            distinct += !word_repeats(q, i);
    }
    q->tiered = distinct >= 2 && distinct <= 4;
    for (size_t i = 0; i < q->term_count; i++) {
        struct aq_query_term *t = &q->terms[i];
        t->weight = t->df && t->count ? aq_idf(m, t->df) * t->count : 0;
        q->scores |= t->weight > 0;
    }
    q->hopeless = given && !distinct;
}

uint32_t aq_query_ignored(const struct aq_query *q, struct aq_slice *out)
{
    uint32_t n = 0;
    for (size_t i = 0; i < q->term_count; i++)
        if (q->terms[i].part && q->terms[i].df == 0)
            out[n++] = q->terms[i].typed;
    for (size_t i = 0; i < q->form_count; i++) {
        const struct aq_query_form *f = &q->forms[i];
        bool said = q->terms[f->term].part && q->terms[f->term].df == 0;
        if (f->wanted && !f->seen && !said)
            out[n++] = f->typed;
    }
    return n;
}
