/* language_reading.h - what a tree of words asks of an index: its tokens, which words stand
 * for its patterns, what occurs nowhere and is passed over, and what of that is told. Made
 * from docs/QUERY.md alone. */
#ifndef AQ_LANGUAGE_READING_H
#define AQ_LANGUAGE_READING_H

#include "search_oracle.h"

#include "query_tree.h"

#include <utf8proc.h>

enum { MOST_FORMS = 4096, MOST_MEMBERS = 64 };

/* A word as it is written somewhere in the index. */
struct written {
    char form[AQ_TERM_MAX + 1], plain[AQ_TERM_MAX + 1]; /* plain: without accents */
    uint64_t count;
    bool whole;      /* of a compound */
    uint32_t lexeme; /* UINT32_MAX: in deleted passages alone */
};

struct vocabulary {
    struct written forms[MOST_FORMS];
    uint32_t count;
    struct {
        bool known, seen;
        uint64_t df;
    } of[MOST_FORMS]; /* by lexeme */
};

/* What a leaf means to the index. */
struct reading {
    struct token tokens[64];
    uint32_t count;
    uint32_t wholes[64], whole_count; /* tokens that make up the text, compounds as one */
    uint32_t parts[64], part_count;   /* terms that a word needs */
    uint32_t members[MOST_MEMBERS], member_count; /* of a pattern: forms */
    bool pattern;
    bool empty; /* nothing in it is a word */
    bool dead;  /* it cannot be found anywhere, and is passed over */
    bool wordless; /* it asks for no word */
    bool lost;  /* it asks for words, and none occurs: what is left of it are fields and exclusions */
};

struct asked {
    struct oracle *o;
    struct vocabulary *v;
    struct tree *root;
    struct aq_search_request request;
    const char *request_author;
    struct aq_arena arena;
    uint32_t patterns;    /* in the query */
    bool pattern_cut;
    uint32_t ignored;
    uint32_t typed_terms; /* distinct, of all but patterns */
    uint32_t nears, fields, leaves;
    bool words_given, any_word;
};

/* ---- the words of the index ---- */

static void without_accents(const char *s, char *out, size_t size)
{
    utf8proc_uint8_t *folded = NULL;
    utf8proc_ssize_t n = utf8proc_map((const utf8proc_uint8_t *)s, 0, &folded,
                                      UTF8PROC_NULLTERM | UTF8PROC_STABLE | UTF8PROC_DECOMPOSE | UTF8PROC_STRIPMARK);
    assert_true(n >= 0 && (size_t)n < size);
    memcpy(out, folded, (size_t)n + 1);
    free(folded);
}

static struct written *written_as(struct vocabulary *v, struct oracle *o, struct aq_slice form)
{
    for (uint32_t i = 0; i < v->count; i++)
        if (aq_slice_eq(aq_slice_str(v->forms[i].form), form))
            return &v->forms[i];
    assert_true(v->count < MOST_FORMS && form.len <= AQ_TERM_MAX);
    struct written *w = &v->forms[v->count++];
    const struct aq_token *t;
    size_t n;
    *w = (struct written){.lexeme = UINT32_MAX};
    memcpy(w->form, form.ptr, form.len);
    without_accents(w->form, w->plain, sizeof w->plain);
    assert_int_equal(aq_analyze(o->analyzer, aq_slice_str(w->form), &t, &n), AQ_OK);
    w->whole = n > 0 && (t[0].flags & AQ_TOKEN_WHOLE);
    return w;
}

struct form_counter {
    struct vocabulary *v;
    struct oracle *o;
};

static bool count_form(void *context, uint32_t code, struct aq_slice form, uint64_t count)
{
    struct form_counter *c = context;
    (void)code;
    written_as(c->v, c->o, form)->count += count;
    return true;
}

/* Stored lists have what deleted passages had, too. */
static void count_stored(struct vocabulary *v, struct oracle *o)
{
    struct form_counter c = {v, o};
    for (uint32_t i = 0; i < o->txn.segment_count; i++) {
        struct aq_term_walk w;
        bool found;
        assert_int_equal(aq_term_walk_open(&o->txn, &o->txn.segments[i], (struct aq_slice){0}, &w, &found, NULL), AQ_OK);
        while (found) {
            assert_int_equal(aq_postings_forms(&w.postings, count_form, &c), AQ_OK);
            assert_int_equal(aq_term_walk_next(&w, &found, NULL), AQ_OK);
        }
        aq_term_walk_close(&w);
    }
}

static void vocabulary_make(struct vocabulary *v, struct oracle *o)
{
    static uint64_t live[MOST_FORMS];
    v->count = 0;
    memset(v->of, 0, sizeof v->of);
    memset(live, 0, sizeof live);
    count_stored(v, o);
    for (uint32_t i = 0; i < o->count; i++) {
        for (uint32_t k = 0; k < o->passages[i].count; k++) {
            struct written *w = written_as(v, o, aq_analyzer_lexeme(o->analyzer, o->passages[i].tokens[k].lexeme)->form);
            w->lexeme = o->passages[i].tokens[k].lexeme;
            w->count += o->passages[i].pending;
            live[w - v->forms]++;
        }
    }
    for (uint32_t i = 0; i < v->count; i++) {
        assert_true(v->forms[i].count >= live[i]);
        assert_true(o->tombstones || v->forms[i].count == live[i]);
    }
}

static uint64_t df_of(struct asked *a, uint32_t lexeme, bool *seen)
{
    struct vocabulary *v = a->v;
    assert_true(lexeme < MOST_FORMS);
    if (!v->of[lexeme].known) {
        v->of[lexeme].df = frequency(a->o, lexeme, &v->of[lexeme].seen);
        v->of[lexeme].known = true;
    }
    *seen = v->of[lexeme].seen;
    return v->of[lexeme].df;
}

static uint32_t lexeme_of_term(const struct asked *a, uint32_t term)
{
    for (uint32_t i = 0;; i++)
        if (aq_analyzer_lexeme(a->o->analyzer, i)->term_id == term)
            return i;
}

static uint64_t df_of_term(struct asked *a, uint32_t term)
{
    bool seen;
    return df_of(a, lexeme_of_term(a, term), &seen);
}

/* ---- patterns ---- */

static uint32_t code_points(const char *s, int32_t out[AQ_TERM_MAX])
{
    uint32_t n = 0;
    for (const utf8proc_uint8_t *p = (const utf8proc_uint8_t *)s; *p; n++)
        p += utf8proc_iterate(p, -1, &out[n]);
    return n;
}

/* Optimal string alignment, the whole matrix. */
static uint32_t changes(const char *x, const char *y)
{
    static uint32_t d[AQ_TERM_MAX + 1][AQ_TERM_MAX + 1];
    int32_t a[AQ_TERM_MAX + 1], b[AQ_TERM_MAX + 1];
    uint32_t n = code_points(x, a), m = code_points(y, b);
    for (uint32_t i = 0; i <= n; i++) {
        for (uint32_t k = 0; k <= m; k++) {
            uint32_t best = i == 0 ? k : k == 0 ? i : d[i - 1][k - 1] + (a[i - 1] != b[k - 1]);
            if (i && k) {
                best = d[i - 1][k] + 1 < best ? d[i - 1][k] + 1 : best;
                best = d[i][k - 1] + 1 < best ? d[i][k - 1] + 1 : best;
            }
            if (i > 1 && k > 1 && a[i - 1] == b[k - 2] && a[i - 2] == b[k - 1] && d[i - 2][k - 2] + 1 < best)
                best = d[i - 2][k - 2] + 1;
            d[i][k] = best;
        }
    }
    return d[n][m];
}

static const struct written *ordered_forms;

static int commonest_first(const void *x, const void *y)
{
    const struct written *a = &ordered_forms[*(const uint32_t *)x], *b = &ordered_forms[*(const uint32_t *)y];
    if (a->count != b->count)
        return a->count > b->count ? -1 : 1;
    return strcmp(a->form, b->form);
}

static void find_members(struct asked *a, const struct tree *t, struct reading *r)
{
    static uint32_t found[MOST_FORMS];
    /* Of many patterns each stands for fewer. */
    uint32_t n = 0, room = a->patterns <= 4 ? MOST_MEMBERS : a->patterns < 16 ? 256 / a->patterns : 16;
    char typed[AQ_TERM_MAX + 1] = "", plain[AQ_TERM_MAX + 1];
    struct aq_slice form = aq_analyzer_lexeme(a->o->analyzer, r->tokens[0].lexeme)->form;
    memcpy(typed, form.ptr, form.len);
    without_accents(typed, plain, sizeof plain);
    for (uint32_t i = 0; i < a->v->count; i++) {
        const struct written *w = &a->v->forms[i];
        if (t->kind == AQ_NODE_PREFIX ? strncmp(w->plain, plain, strlen(plain)) == 0 && !w->whole
                                      : changes(w->plain, plain) <= t->distance)
            found[n++] = i;
    }
    ordered_forms = a->v->forms;
    if (n)
        qsort(found, n, sizeof *found, commonest_first);
    a->pattern_cut |= n > room;
    r->member_count = n < room ? n : room;
    memcpy(r->members, found, r->member_count * sizeof *found);
}

/* ---- reading a query ---- */

static void read_tokens(struct asked *a, struct reading *r, const char *text)
{
    struct passage whole = {0};
    uint32_t covered = 0;
    add_tokens(a->o, &whole, aq_slice_str(text), AQ_COUNT(r->tokens), 0);
    for (uint32_t i = 0; i < whole.count; i++) {
        const struct token *t = &whole.tokens[i];
        r->tokens[r->count++] = *t;
        if (t->position >= covered) {
            r->wholes[r->whole_count++] = i;
            covered = t->position + t->span;
        }
        bool replaced = false;
        for (uint32_t k = 0; k < whole.count; k++)
            replaced |= whole.tokens[k].whole && whole.tokens[k].span == 1 && whole.tokens[k].position == t->position && k != i;
        if (t->whole ? t->span == 1 : !replaced)
            r->parts[r->part_count++] = t->term;
    }
    r->empty = r->count == 0;
}

/* The reading of an equal pattern before, which stands for both. */
static const struct reading *same_pattern(const struct tree *in, const struct tree *t, const struct reading *r, bool *past)
{
    if (in == t || *past) {
        *past = true;
        return NULL;
    }
    if (in->reading && in->reading->pattern && in->kind == t->kind && in->distance == t->distance &&
        in->reading->tokens[0].lexeme == r->tokens[0].lexeme)
        return in->reading;
    for (uint32_t i = 0; i < in->count; i++) {
        const struct reading *found = same_pattern(in->child[i], t, r, past);
        if (found || *past)
            return found;
    }
    return NULL;
}

static bool phrase_occurs(struct asked *a, const struct reading *r, bool exact)
{
    for (uint32_t i = 0; i < r->whole_count; i++) {
        bool seen;
        if (df_of(a, r->tokens[r->wholes[i]].lexeme, &seen) == 0 || (exact && !seen))
            return false;
    }
    return true;
}

static void read_leaf(struct asked *a, struct tree *t, bool literal, bool near)
{
    struct reading *r = aq_arena_zalloc(&a->arena, sizeof *r);
    assert_non_null(r);
    t->reading = r;
    if (t->kind == AQ_NODE_FIELD) {
        a->fields++;
        return;
    }
    read_tokens(a, r, t->text);
    r->pattern = (t->kind == AQ_NODE_PREFIX || t->kind == AQ_NODE_FUZZY) && r->count == 1;
    if (r->pattern) {
        bool past = false;
        const struct reading *same = same_pattern(a->root, t, r, &past);
        if (same) {
            memcpy(r->members, same->members, sizeof r->members);
            r->member_count = same->member_count;
        } else {
            find_members(a, t, r);
        }
    }
    if (literal || r->empty)
        return;
    if (r->pattern) {
        r->dead = r->member_count == 0;
    } else if (t->kind == AQ_NODE_PHRASE || near) {
        r->dead = !phrase_occurs(a, r, t->kind == AQ_NODE_PHRASE);
    } else {
        r->dead = true;
        for (uint32_t i = 0; i < r->part_count; i++)
            r->dead &= df_of_term(a, r->parts[i]) == 0;
    }
}

static bool excluded(const struct tree *t)
{
    return t->occur == AQ_MUST_NOT;
}

static bool operand(const struct tree *t)
{
    return !t->reading->empty;
}

/* From the leaves up. In what is excluded nothing is passed over. A group is dead when
 * words were given and none of them can be found. */
/* required: by AND or +, so that fields hold whatever becomes of the words. */
static void read_tree(struct asked *a, struct tree *t, bool literal, bool near, bool required)
{
    literal |= excluded(t);
    /* An excluded word is a phrase of one. */
    a->nears += t->kind == AQ_NODE_NEAR || t->kind == AQ_NODE_PHRASE || (literal && !near && t->kind <= AQ_NODE_FUZZY);
    a->leaves += !near && (t->kind <= AQ_NODE_FUZZY || t->kind == AQ_NODE_NEAR);
    if (t->kind <= AQ_NODE_FIELD) {
        read_leaf(a, t, literal, near);
        t->reading->wordless = t->kind == AQ_NODE_FIELD;
        t->reading->lost = t->reading->dead;
        return;
    }
    t->reading = aq_arena_zalloc(&a->arena, sizeof *t->reading);
    assert_non_null(t->reading);
    bool given = false, alive = false, filters = false, all = t->kind == AQ_NODE_NEAR;
    t->reading->empty = true;
    for (uint32_t i = 0; i < t->count; i++) {
        struct tree *c = t->child[i];
        read_tree(a, c, literal, near || t->kind == AQ_NODE_NEAR, t->kind == AQ_NODE_AND || c->occur == AQ_MUST);
        if (!operand(c))
            continue;
        t->reading->empty = false;
        bool words = !excluded(c) && !c->reading->wordless;
        filters |= !c->reading->dead && (!words || c->reading->lost);
        given |= words;
        alive |= words && !c->reading->lost;
        /* All sides of a NEAR are needed. */
        all &= !words || !c->reading->lost;
    }
    t->reading->wordless = !given;
    t->reading->lost = given && !(t->kind == AQ_NODE_NEAR ? all : alive);
    t->reading->dead = !literal && t->reading->lost && !(required && filters && t->kind != AQ_NODE_NEAR);
}

/* ---- what was told ---- */

struct told {
    uint32_t terms[256], forms[256], patterns[256];
    uint32_t term_count, form_count, pattern_count;
};

static bool note(uint32_t *list, uint32_t *count, uint32_t x)
{
    for (uint32_t i = 0; i < *count; i++)
        if (list[i] == x)
            return false;
    assert_true(*count < 256);
    list[(*count)++] = x;
    return true;
}

static void tell_words(struct asked *a, const struct tree *t, struct told *told, bool literal, bool near)
{
    const struct reading *r = t->reading;
    literal |= excluded(t);
    if (literal)
        return;
    for (uint32_t i = 0; i < t->count; i++)
        tell_words(a, t->child[i], told, literal, near || t->kind == AQ_NODE_NEAR);
    if (t->kind >= AQ_NODE_FIELD || r->pattern || t->kind == AQ_NODE_PHRASE)
        return;
    for (uint32_t i = 0; i < (near ? r->whole_count : r->part_count); i++) {
        uint32_t term = near ? r->tokens[r->wholes[i]].term : r->parts[i];
        if (df_of_term(a, term) == 0)
            note(told->terms, &told->term_count, term);
    }
}

static void tell_others(struct asked *a, const struct tree *t, struct told *told, bool literal)
{
    const struct reading *r = t->reading;
    literal |= excluded(t);
    if (literal)
        return;
    for (uint32_t i = 0; i < t->count; i++)
        tell_others(a, t->child[i], told, literal);
    if (t->kind == AQ_NODE_PHRASE) {
        for (uint32_t i = 0; i < r->whole_count; i++) {
            const struct token *x = &r->tokens[r->wholes[i]];
            bool seen, said = false;
            uint64_t df = df_of(a, x->lexeme, &seen);
            for (uint32_t k = 0; k < told->term_count; k++)
                said |= told->terms[k] == x->term;
            if (!said && !(df && seen))
                note(told->forms, &told->form_count, x->lexeme);
        }
    }
    if (r->pattern && r->member_count == 0)
        note(told->patterns, &told->pattern_count, r->tokens[0].lexeme * 8 + t->distance * 2 + (t->kind == AQ_NODE_FUZZY));
}

static void count_terms(const struct tree *t, struct told *all)
{
    if (t->reading->pattern)
        return;
    for (uint32_t i = 0; i < t->count; i++)
        count_terms(t->child[i], all);
    for (uint32_t i = 0; i < t->reading->count && all->term_count < 200; i++)
        note(all->terms, &all->term_count, t->reading->tokens[i].term);
}

static uint32_t count_patterns(const struct tree *t)
{
    uint32_t n = t->kind == AQ_NODE_PREFIX || t->kind == AQ_NODE_FUZZY;
    for (uint32_t i = 0; i < t->count; i++)
        n += count_patterns(t->child[i]);
    return n;
}

#endif
