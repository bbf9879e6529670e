/* language_oracle.h - which passages any query finds and with what score, worked out the
 * slow way over all tokens of all passages, from docs/QUERY.md. Fields are in
 * field_holds; what is not there yet fails the test. */
#ifndef AQ_LANGUAGE_ORACLE_H
#define AQ_LANGUAGE_ORACLE_H

#include "language_reading.h"

#include <time.h>

enum { MOST_SPANS = 512, MOST_SIDES = 16 };

/* ---- which passages ---- */

struct span {
    uint32_t begin, end;
};

/* Where the text stands side by side, compounds as wholes. */
static uint32_t spans_of(const struct passage *p, const struct reading *r, bool exact, struct span out[MOST_SPANS])
{
    uint32_t n = 0;
    const struct token *first = &r->tokens[r->wholes[0]], *last = &r->tokens[r->wholes[r->whole_count - 1]];
    for (uint32_t k = 0; k < p->count; k++) {
        uint32_t start = p->tokens[k].position;
        bool all = exact ? p->tokens[k].lexeme == first->lexeme : p->tokens[k].term == first->term;
        for (uint32_t i = 1; i < r->whole_count && all; i++) {
            const struct token *t = &r->tokens[r->wholes[i]];
            bool here = false;
            for (uint32_t j = 0; j < p->count && !here; j++)
                here = p->tokens[j].position == start + t->position - first->position &&
                       (exact ? p->tokens[j].lexeme == t->lexeme : p->tokens[j].term == t->term);
            all = here;
        }
        if (all) {
            assert_true(n < MOST_SPANS);
            out[n++] = (struct span){start, start + last->position - first->position + last->span};
        }
    }
    return n;
}

static bool in_pattern(const struct asked *a, const struct reading *r, uint32_t lexeme)
{
    for (uint32_t i = 0; i < r->member_count; i++)
        if (a->v->forms[r->members[i]].lexeme == lexeme)
            return true;
    return false;
}

static uint32_t leaf_spans(const struct asked *a, const struct passage *p, const struct tree *t, struct span out[MOST_SPANS])
{
    uint32_t n = 0;
    if (!t->reading->pattern)
        return spans_of(p, t->reading, t->kind == AQ_NODE_PHRASE, out);
    for (uint32_t k = 0; k < p->count; k++)
        if (in_pattern(a, t->reading, p->tokens[k].lexeme))
            out[n++] = (struct span){p->tokens[k].position, p->tokens[k].position + p->tokens[k].span};
    return n;
}

/* Sides of a NEAR differ in where they begin; words of a phrase stand behind each other
 * with all that they cover. */
struct sides {
    struct span at[MOST_SIDES][MOST_SPANS];
    uint32_t count[MOST_SIDES];
    uint32_t sides, distance;
    bool ordered;
    struct span chosen[MOST_SIDES];
};

/* Tries every choice for the sides from `side` on. */
static bool choose(struct sides *s, uint32_t side)
{
    if (side == s->sides)
        return true;
    for (uint32_t i = 0; i < s->count[side]; i++) {
        struct span x = s->at[side][i];
        bool fits = true;
        for (uint32_t k = 0; k < side && fits; k++) {
            const struct span *y = &s->chosen[k];
            uint32_t apart = x.begin > y->begin ? x.begin - y->begin : y->begin - x.begin;
            fits = apart <= s->distance && (s->ordered ? x.begin >= y->end : apart > 0);
        }
        s->chosen[side] = x;
        if (fits && choose(s, side + 1))
            return true;
    }
    return false;
}

/* Where the sides are in the passage. */
static void find_sides(const struct asked *a, const struct passage *p, const struct tree *t, struct sides *s)
{
    s->sides = 0;
    s->distance = t->distance;
    s->ordered = t->ordered;
    for (uint32_t i = 0; i < t->count; i++) {
        const struct tree *side = t->child[i];
        if (!operand(side))
            continue;
        assert_true(s->sides < MOST_SIDES);
        uint32_t n = 0;
        if (side->kind != AQ_NODE_OR)
            n = leaf_spans(a, p, side, s->at[s->sides]);
        for (uint32_t k = 0; side->kind == AQ_NODE_OR && k < side->count; k++) {
            struct span some[MOST_SPANS];
            uint32_t found = operand(side->child[k]) ? leaf_spans(a, p, side->child[k], some) : 0;
            assert_true(n + found <= MOST_SPANS);
            memcpy(s->at[s->sides] + n, some, found * sizeof *some);
            n += found;
        }
        for (uint32_t k = 0; k < n; k++)
            s->at[s->sides][k].end = s->at[s->sides][k].begin + 1;
        s->count[s->sides++] = n;
    }
}

static bool near_holds(const struct asked *a, const struct passage *p, const struct tree *t)
{
    static struct sides s;
    find_sides(a, p, t, &s);
    return choose(&s, 0);
}

/* Its words in order, with up to so many others in between. */
static bool loose_phrase(const struct passage *p, const struct reading *r, uint32_t slop)
{
    static struct sides s;
    const struct token *first = &r->tokens[r->wholes[0]], *last = &r->tokens[r->wholes[r->whole_count - 1]];
    s.sides = r->whole_count;
    s.ordered = true;
    s.distance = last->position - first->position + slop;
    assert_true(s.sides <= MOST_SIDES);
    for (uint32_t i = 0; i < s.sides; i++) {
        s.count[i] = 0;
        for (uint32_t k = 0; k < p->count; k++)
            if (p->tokens[k].lexeme == r->tokens[r->wholes[i]].lexeme)
                s.at[i][s.count[i]++] =
                    (struct span){p->tokens[k].position, p->tokens[k].position + p->tokens[k].span};
    }
    return choose(&s, 0);
}

static bool word_has_all(struct asked *a, const struct passage *p, const struct reading *r)
{
    for (uint32_t i = 0; i < r->part_count; i++)
        if (df_of_term(a, r->parts[i]) > 0 && !tf(p, r->parts[i]))
            return false;
    return true;
}

static bool word_has_any(const struct passage *p, const struct reading *r)
{
    for (uint32_t i = 0; i < r->count; i++)
        if (tf(p, r->tokens[i].term))
            return true;
    return false;
}

static bool leaf_holds(struct asked *a, const struct passage *p, const struct tree *t, bool literal, bool needed)
{
    struct span some[MOST_SPANS];
    const struct reading *r = t->reading;
    if (r->pattern)
        return leaf_spans(a, p, t, some) > 0;
    if (t->kind == AQ_NODE_PHRASE)
        return t->distance ? loose_phrase(p, r, t->distance) : spans_of(p, r, true, some) > 0;
    if (literal)
        return spans_of(p, r, false, some) > 0;
    return needed ? word_has_all(a, p, r) : word_has_any(p, r);
}

/* 2021, 2021-05 and 2021-05-07 to the first second and the one after the last. */
static void period(const char *s, int64_t *from, int64_t *to)
{
    struct tm first = {.tm_mday = 1}, after;
    int year, month = 0, day = 0, n = sscanf(s, "%d-%d-%d", &year, &month, &day);
    first.tm_year = year - 1900;
    first.tm_mon = n > 1 ? month - 1 : 0;
    first.tm_mday = n > 2 ? day : 1;
    after = first;
    after.tm_year += n == 1;
    after.tm_mon += n == 2;
    after.tm_mday += n == 3;
    *from = timegm(&first);
    *to = timegm(&after);
}

/* 5, >5, >=5, <5, <=5, 5.., ..5 and 5..10. */
static bool in_range(const char *s, int32_t x)
{
    int from, to;
    if (s[0] == '>')
        return s[1] == '=' ? x >= atoi(s + 2) : x > atoi(s + 1);
    if (s[0] == '<')
        return s[1] == '=' ? x <= atoi(s + 2) : x < atoi(s + 1);
    if (s[0] == '.')
        return x <= atoi(s + 2);
    int n = sscanf(s, "%d..%d", &from, &to);
    return x >= from && (n == 2 ? x <= to : strstr(s, "..") || x == from);
}

static bool field_holds(const struct entry *e, const struct tree *t)
{
    int64_t from, to;
    switch (t->field) {
    case AQ_FIELD_AUTHOR:
        return named(e->author, t->text);
    case AQ_FIELD_THREAD:
        return strcmp(e->thread, t->text) == 0;
    case AQ_FIELD_AFTER:
        period(t->text, &from, &to);
        return e->date != AQ_NO_DATE && e->date >= from;
    case AQ_FIELD_BEFORE:
        period(t->text, &from, &to);
        return e->date != AQ_NO_DATE && e->date < from;
    case AQ_FIELD_DATE:
        period(t->text, &from, &to);
        return e->date != AQ_NO_DATE && e->date >= from && e->date < to;
    case AQ_FIELD_ID:
        return strcmp(e->id, t->text) == 0;
    case AQ_FIELD_SCORE:
        return e->score != AQ_NO_SCORE && in_range(t->text, e->score);
    default:
        fail_msg("the oracle knows nothing of this field");
        return false;
    }
}

/* Fields of a row: different ones all hold, of the same one any, of those with a minus
 * none; after and before all hold. */
static bool fields_hold(const struct asked *a, const struct tree *row, const struct entry *e)
{
    bool asked[AQ_FIELD_COUNT] = {false}, held[AQ_FIELD_COUNT] = {false};
    /* The request's author is one more of those in the outermost row. */
    if (row == a->root && a->request_author) {
        asked[AQ_FIELD_AUTHOR] = true;
        held[AQ_FIELD_AUTHOR] = named(e->author, a->request_author);
    }
    for (uint32_t i = 0; i < row->count; i++) {
        const struct tree *c = row->child[i];
        if (c->kind != AQ_NODE_FIELD)
            continue;
        bool holds = field_holds(e, c), all = c->field == AQ_FIELD_AFTER || c->field == AQ_FIELD_BEFORE;
        if (excluded(c) ? holds : all && !holds)
            return false;
        if (excluded(c) || all)
            continue;
        asked[c->field] = true;
        held[c->field] |= holds;
    }
    for (int f = 0; f < AQ_FIELD_COUNT; f++)
        if (asked[f] && !held[f])
            return false;
    return true;
}

static bool holds(struct asked *a, const struct passage *p, const struct tree *t, const struct tree *parent, bool literal);

static bool row_holds(struct asked *a, const struct passage *p, const struct tree *t, bool literal)
{
    bool must = false, some = false, any = false;
    if (!fields_hold(a, t, p->entry))
        return false;
    for (uint32_t i = 0; i < t->count; i++) {
        const struct tree *c = t->child[i];
        if (c->kind == AQ_NODE_FIELD || !operand(c) || c->reading->dead)
            continue;
        bool here = holds(a, p, c, t, literal);
        if (c->occur == AQ_SHOULD) {
            some = true;
            any |= here;
        } else if (here == excluded(c)) {
            return false;
        }
        must |= c->occur == AQ_MUST && !c->reading->wordless && !c->reading->lost;
    }
    return must || any || !some;
}

static bool holds(struct asked *a, const struct passage *p, const struct tree *t, const struct tree *parent, bool literal)
{
    literal |= excluded(t);
    switch (t->kind) {
    case AQ_NODE_FIELD:
        return field_holds(p->entry, t);
    case AQ_NODE_NEAR:
        return near_holds(a, p, t);
    case AQ_NODE_ROW:
        return row_holds(a, p, t, literal);
    case AQ_NODE_AND:
    case AQ_NODE_OR:
        for (uint32_t i = 0; i < t->count; i++) {
            const struct tree *c = t->child[i];
            if (operand(c) && !c->reading->dead && (holds(a, p, c, t, literal) != excluded(c)) == (t->kind == AQ_NODE_OR))
                return t->kind == AQ_NODE_OR;
        }
        return t->kind == AQ_NODE_AND;
    default:
        return leaf_holds(a, p, t, literal, !parent || parent->kind != AQ_NODE_ROW || t->occur == AQ_MUST);
    }
}

/* Has all of its words, given that it holds: matters to rows. */
static bool has_all(struct asked *a, const struct passage *p, const struct tree *t)
{
    if (t->kind != AQ_NODE_ROW)
        return true;
    for (uint32_t i = 0; i < t->count; i++) {
        const struct tree *c = t->child[i];
        if (c->kind == AQ_NODE_FIELD || !operand(c) || c->reading->dead || excluded(c))
            continue;
        if (!holds(a, p, c, t, false) || !has_all(a, p, c))
            return false;
        if (c->kind <= AQ_NODE_FUZZY && c->kind != AQ_NODE_PHRASE && !c->reading->pattern && !word_has_all(a, p, c->reading))
            return false;
    }
    return true;
}

/* ---- scores ---- */

struct scale {
    double k1, b, average, all;
};

static double share(const struct scale *m, const struct passage *p, double weight, uint32_t freq)
{
    double ratio = p->count / m->average, f = freq;
    return weight * (f / (f + m->k1 * (1 - m->b + m->b * (ratio > 0.25 ? ratio : 0.25))));
}

static double idf(const struct scale *m, uint64_t df)
{
    double n = (double)df;
    return log(1 + (m->all - n + 0.5) / (n + 0.5));
}

static double term_share(struct asked *a, const struct scale *m, const struct passage *p, uint32_t term, double boost)
{
    uint32_t freq = tf(p, term);
    return freq ? share(m, p, idf(m, df_of_term(a, term)) * boost, freq) : 0;
}

/* The best of its words; forms of one term are one. */
static double pattern_share(struct asked *a, const struct scale *m, const struct passage *p, const struct reading *r,
                            double boost)
{
    double best = 0;
    for (uint32_t i = 0; i < r->member_count; i++) {
        uint32_t lexeme = a->v->forms[r->members[i]].lexeme, freq = 0;
        if (lexeme == UINT32_MAX)
            continue;
        uint32_t term = aq_analyzer_lexeme(a->o->analyzer, lexeme)->term_id;
        for (uint32_t k = 0; k < p->count; k++)
            freq += p->tokens[k].term == term && in_pattern(a, r, p->tokens[k].lexeme);
        double x = freq ? share(m, p, idf(m, df_of_term(a, term)) * boost, freq) : 0;
        best = x > best ? x : best;
    }
    return best;
}

/* Adds to *sum, word by word, what a leaf that is there adds; wholes: compounds as one.
 * False: it is not there with all its words. */
static bool add_leaf(struct asked *a, const struct scale *m, const struct passage *p, const struct tree *t, double boost,
                     bool wholes, double *sum)
{
    const struct reading *r = t->reading;
    if (r->pattern) {
        double x = pattern_share(a, m, p, r, boost);
        *sum += x;
        return x > 0;
    }
    for (uint32_t i = 0; i < (wholes ? r->whole_count : r->count); i++) {
        uint32_t term = r->tokens[wholes ? r->wholes[i] : i].term;
        if (wholes && !tf(p, term))
            return false;
        *sum += term_share(a, m, p, term, boost);
    }
    return true;
}

/* Of each side the best of what is there. */
static void add_near(struct asked *a, const struct scale *m, const struct passage *p, const struct tree *t, double boost,
                     double *sum)
{
    for (uint32_t i = 0; i < t->count; i++) {
        const struct tree *side = t->child[i], *best = NULL;
        double most = 0;
        for (uint32_t k = 0; k < (side->kind == AQ_NODE_OR ? side->count : 1); k++) {
            const struct tree *c = side->kind == AQ_NODE_OR ? side->child[k] : side;
            double alone = 0;
            if (!operand(c) || c->reading->dead || !add_leaf(a, m, p, c, boost, true, &alone) || alone <= most)
                continue;
            most = alone;
            best = c;
        }
        if (best)
            add_leaf(a, m, p, best, boost, true, sum);
    }
}

static void add_tree(struct asked *a, const struct scale *m, const struct passage *p, const struct tree *t,
                     const struct tree *parent, double boost, double *sum)
{
    boost = t->boost * boost;
    if (excluded(t) || t->reading->dead || t->reading->empty || t->kind == AQ_NODE_FIELD || !holds(a, p, t, parent, false))
        return;
    if (t->kind == AQ_NODE_NEAR)
        add_near(a, m, p, t, boost, sum);
    else if (t->kind <= AQ_NODE_FUZZY)
        add_leaf(a, m, p, t, boost, t->kind == AQ_NODE_PHRASE, sum);
    else
        for (uint32_t i = 0; i < t->count; i++)
            add_tree(a, m, p, t->child[i], t, boost, sum);
}

/* One row of words and exact phrases: each distinct term once, as often as it stands there. */
static bool is_flat(const struct tree *root)
{
    if (root->kind != AQ_NODE_ROW)
        return false;
    for (uint32_t i = 0; i < root->count; i++) {
        const struct tree *c = root->child[i];
        if (c->kind != AQ_NODE_WORD && c->kind != AQ_NODE_FIELD && (c->kind != AQ_NODE_PHRASE || c->distance))
            return false;
    }
    return true;
}

struct counted {
    uint32_t term;
    double times;
};

static uint32_t count_flat(const struct tree *root, struct counted out[64])
{
    uint32_t n = 0;
    for (uint32_t i = 0; i < root->count; i++) {
        const struct tree *c = root->child[i];
        const struct reading *r = c->reading;
        bool wholes = c->kind == AQ_NODE_PHRASE || excluded(c);
        for (uint32_t k = 0; k < (wholes ? r->whole_count : r->count); k++) {
            uint32_t term = r->tokens[wholes ? r->wholes[k] : k].term, at = 0;
            while (at < n && out[at].term != term)
                at++;
            assert_true(at < 64);
            if (at == n)
                out[n++] = (struct counted){term, 0};
            if (!excluded(c) && !r->dead)
                out[at].times += c->boost;
        }
    }
    return n;
}

static struct scale scale_of(const struct asked *a)
{
    const struct aq_search_request *q = &a->request;
    return (struct scale){q->k1 > 0 ? q->k1 : 1.2, q->k1 > 0 ? q->b : 0.75,
                          (double)a->o->txn.tokens / (double)a->o->txn.passages, (double)a->o->txn.passages};
}

static double score_of(struct asked *a, const struct passage *p)
{
    const struct scale m = scale_of(a);
    double sum = 0;
    if (!is_flat(a->root)) {
        add_tree(a, &m, p, a->root, NULL, 1, &sum);
        return sum;
    }
    struct counted terms[64];
    uint32_t n = count_flat(a->root, terms);
    for (uint32_t i = 0; i < n; i++)
        if (terms[i].times > 0)
            sum += term_share(a, &m, p, terms[i].term, terms[i].times);
    return sum;
}

/* ---- order ---- */

static bool is_word(const struct tree *t)
{
    return t->kind <= AQ_NODE_FUZZY && t->kind != AQ_NODE_PHRASE && !t->reading->pattern;
}

static bool same_tree(const struct tree *x, const struct tree *y)
{
    const struct reading *r = x->reading, *s = y->reading;
    bool word = is_word(x);
    if (x->count || y->count || word != is_word(y))
        return false;
    if (word)
        return r->part_count == s->part_count && memcmp(r->parts, s->parts, r->part_count * sizeof *r->parts) == 0;
    if (x->kind != y->kind || x->distance != y->distance || r->whole_count != s->whole_count)
        return false;
    for (uint32_t i = 0; i < r->whole_count; i++)
        if (r->tokens[r->wholes[i]].lexeme != s->tokens[s->wholes[i]].lexeme ||
            r->tokens[r->wholes[i]].position != s->tokens[s->wholes[i]].position)
            return false;
    return true;
}

/* How many different things the outermost row asks for. */
static uint32_t distinct_things(const struct tree *root)
{
    uint32_t distinct = 0;
    for (uint32_t i = 0; i < root->count && root->kind == AQ_NODE_ROW; i++) {
        const struct tree *c = root->child[i];
        bool counts = operand(c) && !excluded(c) && !c->reading->wordless && !c->reading->lost;
        for (uint32_t k = 0; k < i && counts; k++)
            counts = excluded(root->child[k]) || !same_tree(root->child[k], c);
        distinct += counts;
    }
    return distinct;
}

static bool scores(const struct tree *t)
{
    if (excluded(t) || t->reading->dead || t->reading->empty || t->kind == AQ_NODE_FIELD)
        return false;
    for (uint32_t i = 0; i < t->count; i++)
        if (scores(t->child[i]))
            return true;
    return t->count == 0;
}

static bool request_holds(const struct asked *a, const struct entry *e)
{
    return !a->request_author || (a->root->kind == AQ_NODE_ROW && !a->root->reading->empty) || named(e->author, a->request_author);
}

static bool names_threads(const struct tree *t)
{
    if (t->kind == AQ_NODE_FIELD && t->field == AQ_FIELD_THREAD && !excluded(t))
        return true;
    for (uint32_t i = 0; i < t->count; i++)
        if (names_threads(t->child[i]))
            return true;
    return false;
}

static void ask_oracle(struct asked *a, struct expected *e)
{
    struct told told = {0}, all_terms = {0};
    struct match *all = calloc(a->o->count + 1, sizeof *all);
    uint32_t n = 0, distinct;
    assert_non_null(all);
    a->patterns = count_patterns(a->root);
    read_tree(a, a->root, false, false, false);
    tell_words(a, a->root, &told, false, false);
    tell_others(a, a->root, &told, false);
    count_terms(a->root, &all_terms);
    a->ignored = told.term_count + told.form_count + told.pattern_count;
    a->typed_terms = all_terms.term_count;
    a->any_word = scores(a->root);
    distinct = distinct_things(a->root);
    bool nothing = a->root->reading->dead || (a->root->reading->empty && !a->request_author);
    for (uint32_t i = 0; i < a->o->count && !nothing; i++) {
        const struct passage *p = &a->o->passages[i];
        bool found = a->root->reading->empty || holds(a, p, a->root, NULL, false);
        if (p->hidden || !request_holds(a, p->entry) || !found)
            continue;
        struct match *m = &all[n++];
        *m = (struct match){.p = p, .all_words = has_all(a, p, a->root), .score = a->any_word ? score_of(a, p) : 0};
        m->tier = (distinct >= 2 && distinct <= 4 && !m->all_words ? 2 : 0) + (p->quote_depth > 0);
        bool dated = a->request.sort == AQ_SORT_DATE || (a->request.sort == AQ_SORT_RELEVANCE && !a->any_word);
        m->primary = dated ? p->entry->date : a->request.sort == AQ_SORT_SCORE ? p->entry->score : 0;
    }
    arrange(a->o, &a->request, all, n, a->any_word && !names_threads(a->root), e);
    e->ignored = a->ignored;
}

#endif
