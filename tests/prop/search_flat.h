/* search_flat.h - what aq_search should find for a row of words, phrases and fields: the
 * rules of docs/QUERY.md followed to the letter. language_oracle.h has all of them. */
#ifndef AQ_SEARCH_FLAT_H
#define AQ_SEARCH_FLAT_H

#include "search_oracle.h"

enum { MOST_CLAUSES = 12 };

/* ---- queries ---- */

enum kind { WORD, PHRASE, AUTHOR, THREAD, AFTER, BEFORE };

struct clause {
    enum kind kind;
    char sign; /* '+', '-' or ' ' */
    char text[256];
    int64_t date;
    struct token tokens[40];
    uint32_t count;
    uint32_t parts[40], part_count; /* of a positive word: tokens it needs */
    bool alive;
};

struct query {
    struct clause clauses[MOST_CLAUSES];
    uint32_t count;
    struct aq_buf string;
    struct aq_search_request request;
    const char *request_author, *request_thread;
    struct aq_facet_request facets[3];
};

static void analyze_clause(struct oracle *o, struct clause *c)
{
    struct passage whole = {0};
    if (c->kind != WORD && c->kind != PHRASE)
        return;
    add_tokens(o, &whole, aq_slice_str(c->text), MOST_TOKENS, 0);
    for (uint32_t i = 0; i < whole.count; i++) {
        assert_true(c->count < AQ_COUNT(c->tokens));
        c->tokens[c->count++] = whole.tokens[i];
    }
    /* A word needs its parts; a whole of one part stands for it. */
    for (uint32_t i = 0; i < c->count; i++) {
        const struct token *t = &c->tokens[i];
        bool replaced = false;
        for (uint32_t k = 0; k < c->count; k++)
            replaced |= c->tokens[k].whole && c->tokens[k].span == 1 && c->tokens[k].position == t->position && k != i;
        if (t->whole ? t->span == 1 : !replaced)
            c->parts[c->part_count++] = t->term;
    }
}

/* ---- the rules, naively ---- */

static bool filtered_in(const struct query *q, const struct entry *e)
{
    bool authors_asked = q->request_author, author = q->request_author && named(e->author, q->request_author);
    bool threads_asked = q->request_thread, thread = q->request_thread && strcmp(e->thread, q->request_thread) == 0;
    int64_t after = AQ_NO_DATE, before = AQ_NO_DATE;
    if (q->request.after || q->request.before) {
        after = q->request.after;
        before = q->request.before;
    }
    if ((after != AQ_NO_DATE && (e->date == AQ_NO_DATE || e->date < after)) ||
        (before != AQ_NO_DATE && (e->date == AQ_NO_DATE || e->date >= before)))
        return false;
    for (uint32_t i = 0; i < q->count; i++) {
        const struct clause *c = &q->clauses[i];
        bool is_author = c->kind == AUTHOR && named(e->author, c->text);
        bool is_thread = c->kind == THREAD && strcmp(e->thread, c->text) == 0;
        if (c->sign == '-' && (is_author || is_thread))
            return false;
        if (c->sign != '-') {
            authors_asked |= c->kind == AUTHOR;
            threads_asked |= c->kind == THREAD;
            author |= is_author;
            thread |= is_thread;
        }
        if ((c->kind == AFTER && (e->date == AQ_NO_DATE || e->date < c->date)) ||
            (c->kind == BEFORE && (e->date == AQ_NO_DATE || e->date >= c->date)))
            return false;
    }
    return (!authors_asked || author) && (!threads_asked || thread);
}

static bool filters(const struct query *q)
{
    bool any = q->request_author || q->request_thread ||
               ((q->request.after || q->request.before) &&
                (q->request.after != AQ_NO_DATE || q->request.before != AQ_NO_DATE));
    for (uint32_t i = 0; i < q->count; i++)
        any |= q->clauses[i].kind > PHRASE;
    return any;
}

/* Tokens of the clause side by side in the passage, compounds as wholes; exact
 * compares forms, else terms. */
static bool stands(const struct passage *p, const struct clause *c, bool exact)
{
    for (uint32_t start = 0; start < 1024; start++) {
        bool all = true;
        uint32_t covered = 0;
        for (uint32_t i = 0; i < c->count && all; i++) {
            const struct token *t = &c->tokens[i];
            if (t->position < covered)
                continue;
            covered = t->position + t->span;
            bool here = false;
            for (uint32_t k = 0; k < p->count && !here; k++)
                here = p->tokens[k].position == start + t->position - c->tokens[0].position &&
                       (exact ? p->tokens[k].lexeme == t->lexeme : p->tokens[k].term == t->term);
            all = here;
        }
        if (all)
            return true;
    }
    return false;
}

static bool positive(const struct clause *c)
{
    return c->sign != '-' && c->count > 0 && (c->kind == WORD || c->kind == PHRASE);
}

struct term {
    uint32_t id, lexeme, count;
    uint64_t df;
};

static bool same_clause(const struct clause *a, const struct clause *b)
{
    if (a->kind != b->kind || (a->kind == WORD ? a->part_count != b->part_count : a->count != b->count))
        return false;
    for (uint32_t i = 0; i < a->part_count && a->kind == WORD; i++)
        if (a->parts[i] != b->parts[i])
            return false;
    for (uint32_t i = 0; i < a->count && a->kind == PHRASE; i++)
        if (a->tokens[i].lexeme != b->tokens[i].lexeme || a->tokens[i].position != b->tokens[i].position)
            return false;
    return true;
}

/* Which clauses live, the terms in query order with counts, and how many distinct
 * words there are. */
static uint32_t resolve(struct oracle *o, struct query *q, struct term *terms, uint32_t *term_count)
{
    uint32_t distinct = 0, n = 0;
    for (uint32_t i = 0; i < q->count; i++) {
        struct clause *c = &q->clauses[i];
        bool seen;
        if (c->kind > PHRASE || c->count == 0)
            continue;
        c->alive = c->kind == PHRASE;
        for (uint32_t k = 0; k < c->count && c->kind == PHRASE; k++) {
            uint32_t covered = 0;
            for (uint32_t j = 0; j < k; j++)
                covered |= c->tokens[j].whole && c->tokens[k].position < c->tokens[j].position + c->tokens[j].span;
            if (!covered)
                c->alive &= frequency(o, c->tokens[k].lexeme, &seen) > 0 && seen;
        }
        for (uint32_t k = 0; k < c->count && c->kind == WORD; k++)
            for (uint32_t j = 0; j < c->part_count; j++)
                c->alive |= c->parts[j] == c->tokens[k].term && frequency(o, c->tokens[k].lexeme, &seen) > 0;
        bool repeats = false;
        for (uint32_t k = 0; k < i; k++)
            repeats |= positive(&q->clauses[k]) && same_clause(&q->clauses[k], c);
        if (positive(c))
            distinct += c->alive && !repeats;
        uint32_t covered = 0;
        for (uint32_t k = 0; k < c->count; k++) {
            const struct token *t = &c->tokens[k];
            if (c->kind == PHRASE || c->sign == '-') {
                if (t->position < covered)
                    continue;
                covered = t->position + t->span;
            }
            uint32_t at = 0;
            while (at < n && terms[at].id != t->term)
                at++;
            if (at == n)
                terms[n++] = (struct term){t->term, t->lexeme, 0, frequency(o, t->lexeme, &seen)};
            if (positive(c) && c->alive)
                terms[at].count++;
        }
    }
    *term_count = n;
    return distinct;
}

static bool evaluate(struct oracle *o, const struct query *q, const struct term *terms, uint32_t term_count,
                     const struct passage *p, struct match *m)
{
    double k1 = q->request.k1 > 0 ? q->request.k1 : 1.2, b = q->request.k1 > 0 ? q->request.b : 0.75;
    double average = (double)o->txn.tokens / (double)o->txn.passages, n_all = (double)o->txn.passages;
    bool scores = false, listed = true;
    *m = (struct match){.p = p, .all_words = true};
    if (p->hidden || !filtered_in(q, p->entry) || (q->request.snapshot && p->comment >= q->request.snapshot))
        return false;
    for (uint32_t i = 0; i < q->count; i++) {
        const struct clause *c = &q->clauses[i];
        if (c->kind > PHRASE || c->count == 0)
            continue;
        listed &= !positive(c);
        if (c->sign == '-') {
            if (stands(p, c, c->kind == PHRASE))
                return false;
        } else if (c->kind == PHRASE) {
            if (c->alive && !stands(p, c, true))
                return false;
            scores |= c->alive;
        } else {
            for (uint32_t k = 0; k < c->part_count; k++) {
                uint32_t t = 0;
                while (terms[t].id != c->parts[k])
                    t++;
                if (terms[t].df == 0 || tf(p, c->parts[k]))
                    continue;
                m->all_words = false;
                if (c->sign == '+')
                    return false;
            }
        }
    }
    for (uint32_t i = 0; i < term_count; i++) {
        double f = tf(p, terms[i].id), n = (double)terms[i].df;
        if (f == 0 || terms[i].count == 0)
            continue;
        double idf = log(1 + (n_all - n + 0.5) / (n + 0.5)) * terms[i].count;
        m->score += idf * (f / (f + k1 * (1 - b + b * (p->count / average > 0.25 ? p->count / average : 0.25))));
        scores = true;
    }
    return scores || listed;
}

/* Distinct words that hits would need and that occur nowhere: by stem, and for
 * phrases by form. */
static uint32_t ignored_words(struct oracle *o, const struct query *q)
{
    uint32_t stems[256], forms[256], stem_count = 0, form_count = 0;
    for (int phrases = 0; phrases < 2; phrases++) {
        for (uint32_t i = 0; i < q->count; i++) {
            const struct clause *c = &q->clauses[i];
            uint32_t covered = 0;
            if (!positive(c) || c->kind != (phrases ? PHRASE : WORD))
                continue;
            for (uint32_t k = 0; k < c->count; k++) {
                const struct token *t = &c->tokens[k];
                bool seen, part = false, told = false;
                uint64_t df = frequency(o, t->lexeme, &seen);
                for (uint32_t j = 0; j < c->part_count; j++)
                    part |= c->parts[j] == t->term;
                for (uint32_t j = 0; j < stem_count; j++)
                    told |= stems[j] == t->term;
                if (!phrases) {
                    if (part && df == 0 && !told)
                        stems[stem_count++] = t->term;
                    continue;
                }
                if (t->position < covered)
                    continue;
                covered = t->position + t->span;
                for (uint32_t j = 0; j < form_count; j++)
                    told |= forms[j] == t->lexeme;
                if (!told && !(df && seen))
                    forms[form_count++] = t->lexeme;
            }
        }
    }
    return stem_count + form_count;
}

static bool names_threads(const struct query *q)
{
    bool any = q->request_thread;
    for (uint32_t i = 0; i < q->count; i++)
        any |= q->clauses[i].kind == THREAD && q->clauses[i].sign != '-';
    return any;
}

static void expect(struct oracle *o, struct query *q, struct expected *e)
{
    struct term terms[512];
    uint32_t term_count, distinct = resolve(o, q, terms, &term_count), n = 0;
    bool words_given = false, excludes = false;
    struct match *all = calloc(o->count + 1, sizeof *all);
    assert_non_null(all);
    for (uint32_t i = 0; i < q->count; i++) {
        words_given |= positive(&q->clauses[i]);
        excludes |= q->clauses[i].sign == '-' && q->clauses[i].kind <= PHRASE && q->clauses[i].count;
    }
    bool nothing = words_given ? distinct == 0 : !filters(q) && !excludes;
    for (uint32_t i = 0; i < o->count && !nothing; i++) {
        const struct passage *p = &o->passages[i];
        if (!evaluate(o, q, terms, term_count, p, &all[n]))
            continue;
        all[n].tier = (distinct >= 2 && distinct <= 4 && !all[n].all_words ? 2 : 0) + (p->quote_depth > 0);
        bool dated = q->request.sort == AQ_SORT_DATE || (q->request.sort == AQ_SORT_RELEVANCE && !words_given);
        all[n].primary = dated ? p->entry->date : q->request.sort == AQ_SORT_SCORE ? p->entry->score : 0;
        n++;
    }
    arrange(o, &q->request, all, n, words_given && !names_threads(q), e);
    e->ignored = ignored_words(o, q);
}

#endif
