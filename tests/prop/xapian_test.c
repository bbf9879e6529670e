/* xapian_test.c - random queries to aq and to Xapian over the same passages: the same
 * tokens at the same positions, stems as terms that score and forms as terms that only
 * match. As far as Xapian can say it, both find the same passages, with the same scores to
 * 1e-9. AQ_SEED repeats a run; AQ_QUERIES is how many queries to ask. */
#include "language_oracle.h"
#include "language_words.h"
#include "search_world.h"

#include "reader.h"

#ifndef AQ_HAVE_XAPIAN

int main(void)
{
    printf("1..0 # SKIP the same hits as Xapian: libxapian-dev is not installed\n");
    return 0;
}

#else

#include "xapian_db.h"

/* ---- the same passages ---- */

static const char *term_name(const struct oracle *o, uint32_t lexeme, bool form)
{
    static char name[AQ_TERM_MAX + 2];
    const struct aq_lexeme *l = aq_analyzer_lexeme(o->analyzer, lexeme);
    struct aq_slice s = form ? l->form : l->term;
    snprintf(name, sizeof name, "%c%.*s", form ? 'f' : 't', (int)s.len, (const char *)s.ptr);
    return name;
}

/* A document a passage, hidden ones too, which count in statistics. */
static struct xapian_db *copy_index(const struct oracle *o)
{
    struct xapian_db *db = xapian_new();
    for (uint32_t i = 0; i < o->count; i++) {
        const struct passage *p = &o->passages[i];
        xapian_begin(db);
        for (uint32_t k = 0; k < p->count; k++) {
            xapian_posting(db, term_name(o, p->tokens[k].lexeme, false), p->tokens[k].position + 1, 1);
            xapian_posting(db, term_name(o, p->tokens[k].lexeme, true), p->tokens[k].position + 1, 0);
        }
        xapian_end(db);
    }
    return db;
}

/* ---- the same query ---- */

struct translation {
    struct asked *a;
    struct xapian_db *db;
    struct scale scale;
    uint32_t optional; /* how many around what is translated need not be there */
    bool unspeakable;  /* Xapian cannot say it */
    bool unscored;     /* it can, with other scores */
};

/* A term with the weight that it has here: Xapian's is multiplied to that. */
static xapian_query weighed(struct translation *t, uint32_t lexeme, double boost)
{
    bool seen;
    double n = (double)df_of(t->a, lexeme, &seen), raw = (t->scale.all - n + 0.5) / (n + 0.5);
    double theirs = log(raw < 2 ? raw / 2 + 1 : raw) * (t->scale.k1 + 1);
    return xapian_scale(t->db, xapian_term(t->db, term_name(t->a->o, lexeme, false)), idf(&t->scale, (uint64_t)n) * boost / theirs);
}

/* libxapian 1.4.22 adds weights of phrases that are not there where they stand in an OR
 * that is checked for a document: their scores are compared only where they must be there. */
static void positions_count(struct translation *t, uint32_t n, bool literal)
{
    t->unscored |= t->optional && n > 1 && !literal;
}

static bool one_position_each(const struct reading *r)
{
    for (uint32_t i = 0; i < r->whole_count; i++)
        if (r->tokens[r->wholes[i]].span != 1)
            return false;
    return true;
}

/* The text side by side, or with so many words in between. */
static xapian_query side_by_side(struct translation *t, const struct reading *r, bool exact, uint32_t slop)
{
    xapian_query parts[64];
    if (r->whole_count > 1 && !one_position_each(r))
        t->unspeakable = true;
    for (uint32_t i = 0; i < r->whole_count; i++)
        parts[i] = xapian_term(t->db, term_name(t->a->o, r->tokens[r->wholes[i]].lexeme, exact));
    return xapian_join(t->db, XAPIAN_PHRASE, parts, r->whole_count, r->whole_count + slop);
}

static xapian_query words_sum(struct translation *t, const struct reading *r, bool wholes, double boost)
{
    xapian_query parts[64];
    uint32_t n = wholes ? r->whole_count : r->count;
    for (uint32_t i = 0; i < n; i++)
        parts[i] = weighed(t, r->tokens[wholes ? r->wholes[i] : i].lexeme, boost);
    return xapian_join(t->db, XAPIAN_OR, parts, n, 0);
}

static xapian_query pair(struct translation *t, enum xapian_op op, xapian_query x, xapian_query y)
{
    const xapian_query both[] = {x, y};
    return xapian_join(t->db, op, both, 2, 0);
}

static xapian_query any_member(struct translation *t, const struct reading *r)
{
    xapian_query parts[MOST_MEMBERS + 1];
    uint32_t n = 0;
    for (uint32_t i = 0; i < r->member_count; i++) {
        const struct written *w = &t->a->v->forms[r->members[i]];
        if (w->lexeme != UINT32_MAX)
            parts[n++] = xapian_term(t->db, term_name(t->a->o, w->lexeme, true));
    }
    if (n == 0)
        parts[n++] = xapian_term(t->db, "nothing");
    return xapian_join(t->db, XAPIAN_OR, parts, n, 0);
}

static xapian_query a_word(struct translation *t, const struct reading *r, bool needed, double boost)
{
    xapian_query parts[64], sum = words_sum(t, r, false, boost);
    uint32_t n = 0;
    if (!needed)
        return sum;
    for (uint32_t i = 0; i < r->part_count; i++)
        if (df_of_term(t->a, r->parts[i]) > 0)
            parts[n++] = xapian_term(t->db, term_name(t->a->o, lexeme_of_term(t->a, r->parts[i]), false));
    return pair(t, XAPIAN_FILTER, sum, xapian_join(t->db, XAPIAN_AND, parts, n, 0));
}

static xapian_query a_leaf(struct translation *t, const struct tree *x, bool literal, bool needed, double boost)
{
    const struct reading *r = x->reading;
    if (r->pattern) {
        t->unscored |= !literal;
        return xapian_scale(t->db, any_member(t, r), 0);
    }
    if (x->kind == AQ_NODE_PHRASE)
        positions_count(t, r->whole_count, literal);
    if (x->kind == AQ_NODE_PHRASE && literal)
        return side_by_side(t, r, true, x->distance);
    if (x->kind == AQ_NODE_PHRASE)
        return pair(t, XAPIAN_FILTER, words_sum(t, r, true, boost), side_by_side(t, r, true, x->distance));
    return literal ? side_by_side(t, r, false, 0) : a_word(t, r, needed, boost);
}

/* Whether in some passage two sides begin with the same word: libxapian 1.4.22 then
 * overlooks other words that they might begin with. */
static bool sides_collide(const struct asked *a, const struct tree *x)
{
    static struct sides s;
    for (uint32_t p = 0; p < a->o->count; p++) {
        uint64_t owner[16] = {0};
        find_sides(a, &a->o->passages[p], x, &s);
        for (uint32_t i = 0; i < s.sides; i++) {
            uint64_t mine[16] = {0};
            for (uint32_t k = 0; k < s.count[i]; k++)
                mine[s.at[i][k].begin / 64] |= 1ull << s.at[i][k].begin % 64;
            for (uint32_t w = 0; w < 16; w++) {
                if (owner[w] & mine[w])
                    return true;
                owner[w] |= mine[w];
            }
        }
    }
    return false;
}

/* Sides of one position each; OR sides score as the best of them. */
static xapian_query a_near(struct translation *t, const struct tree *x, bool literal, double boost)
{
    xapian_query sides[TREE_CHILDREN], sums[TREE_CHILDREN];
    uint32_t n = 0;
    t->unspeakable |= !x->ordered && sides_collide(t->a, x);
    for (uint32_t i = 0; i < x->count; i++) {
        const struct tree *side = x->child[i];
        xapian_query places[TREE_CHILDREN], scores[TREE_CHILDREN];
        uint32_t any = 0, scored = 0;
        if (!operand(side))
            continue;
        for (uint32_t k = 0; k < (side->kind == AQ_NODE_OR ? side->count : 1); k++) {
            const struct tree *c = side->kind == AQ_NODE_OR ? side->child[k] : side;
            const struct reading *r = c->reading;
            if (!operand(c) || (!literal && r->dead))
                continue;
            t->unscored |= r->pattern && !literal;
            if (!r->pattern && r->whole_count > 1) {
                t->unspeakable = true; /* phrases near others */
                return xapian_term(t->db, "nothing");
            }
            places[any++] = r->pattern ? any_member(t, r) : side_by_side(t, r, c->kind == AQ_NODE_PHRASE, 0);
            if (!r->pattern && !literal)
                scores[scored++] = words_sum(t, r, true, boost);
        }
        if (any == 0)
            return xapian_term(t->db, "nothing");
        if (scored)
            sums[n] = xapian_join(t->db, XAPIAN_MAX, scores, scored, 0);
        else
            sums[n] = xapian_scale(t->db, places[0], 0);
        sides[n++] = xapian_join(t->db, XAPIAN_OR, places, any, 0);
    }
    positions_count(t, n, literal);
    xapian_query near = xapian_join(t->db, x->ordered ? XAPIAN_PHRASE : XAPIAN_NEAR, sides, n, x->distance + 1);
    return literal ? near : pair(t, XAPIAN_FILTER, pair(t, XAPIAN_OR, xapian_join(t->db, XAPIAN_OR, sums, n, 0), xapian_everything(t->db)), near);
}

static xapian_query translate(struct translation *t, const struct tree *x, const struct tree *parent, bool literal, double boost);

/* A row, AND or OR. */
static xapian_query an_inner(struct translation *t, const struct tree *x, bool literal, double boost)
{
    xapian_query musts[TREE_CHILDREN], some[TREE_CHILDREN], nots[TREE_CHILDREN], filters[TREE_CHILDREN], all;
    uint32_t must = 0, should = 0, not = 0, filter = 0;
    for (uint32_t i = 0; i < x->count; i++) {
        const struct tree *c = x->child[i];
        if (!operand(c) || (!literal && c->reading->dead && !excluded(c)))
            continue;
        bool optional = x->kind == AQ_NODE_OR || (x->kind == AQ_NODE_ROW && c->occur == AQ_SHOULD);
        t->optional += optional;
        xapian_query q = translate(t, c, x, literal, boost);
        t->optional -= optional;
        if (excluded(c) && x->kind == AQ_NODE_OR)
            some[should++] = pair(t, XAPIAN_AND_NOT, xapian_everything(t->db), q);
        else if (excluded(c))
            nots[not++] = q;
        else if (x->kind == AQ_NODE_ROW && c->occur == AQ_MUST && (c->reading->wordless || c->reading->lost))
            filters[filter++] = q;
        else if (x->kind == AQ_NODE_AND || (x->kind == AQ_NODE_ROW && c->occur == AQ_MUST))
            musts[must++] = q;
        else
            some[should++] = q;
    }
    xapian_query any = should ? xapian_join(t->db, XAPIAN_OR, some, should, 0) : xapian_everything(t->db);
    all = must ? xapian_join(t->db, XAPIAN_AND, musts, must, 0) : any;
    if (must && should)
        all = pair(t, XAPIAN_AND_MAYBE, all, any);
    if (filter)
        all = pair(t, XAPIAN_FILTER, all, xapian_join(t->db, XAPIAN_AND, filters, filter, 0));
    return not ? pair(t, XAPIAN_AND_NOT, all, xapian_join(t->db, XAPIAN_OR, nots, not, 0)) : all;
}

static xapian_query translate(struct translation *t, const struct tree *x, const struct tree *parent, bool literal, double boost)
{
    literal |= excluded(x);
    boost = x->boost * boost;
    if (x->kind == AQ_NODE_NEAR)
        return a_near(t, x, literal, boost);
    if (x->kind >= AQ_NODE_ROW)
        return an_inner(t, x, literal, boost);
    return a_leaf(t, x, literal, !parent || parent->kind != AQ_NODE_ROW || x->occur == AQ_MUST, boost);
}

/* ---- comparing ---- */

static struct {
    uint64_t asked, said, scored, hits;
} seen;

static const struct tree_texts texts = {some_word, some_pattern, some_phrase, NULL, below};

static bool near_enough(double x, double y)
{
    return fabs(x - y) <= 1e-9 * (1 + fabs(y));
}

static void compare(const struct translation *t, const struct aq_result *r, double *weights, const struct aq_buf *query)
{
    const struct oracle *o = t->a->o;
    uint32_t at_most = r->hit_count;
    for (uint32_t i = 0; i < r->hit_count; i++) {
        const struct passage key = {.comment = r->hits[i].comment, .ordinal = r->hits[i].ordinal};
        const struct passage *p = bsearch(&key, o->passages, o->count, sizeof *p, by_comment);
        double *weight = &weights[p - o->passages + 1];
        if (*weight < 0 || (!t->unscored && !near_enough(r->hits[i].score, *weight)))
            fail_msg("query: %.*s\npassage %.*s: score %.17g, Xapian's %.17g", (int)query->len, (const char *)query->ptr,
                     (int)p->text.len, (const char *)p->text.ptr, r->hits[i].score, *weight);
        *weight = -1;
    }
    for (uint32_t i = 0; i < o->count; i++)
        if (!o->passages[i].hidden && weights[i + 1] >= 0)
            fail_msg("AQ_SEED=%llu, query: %.*s\nXapian alone finds: %.*s", first_seed, (int)query->len, (const char *)query->ptr,
                     (int)o->passages[i].text.len, (const char *)o->passages[i].text.ptr);
    seen.hits += at_most;
    seen.scored += !t->unscored;
}

static void ask(struct aq_reader *reader, struct oracle *o, struct vocabulary *v, struct xapian_db *db)
{
    static struct tree_pool pool;
    struct aq_buf query = {0};
    struct aq_result *r;
    struct aq_error err = {0};
    struct expected e;
    excerpts_of = o;
    struct asked a = {.o = o, .v = v, .root = tree_random(&pool, &texts)};
    tree_to_query(a.root, &texts, &query);
    a.request = (struct aq_search_request){.query = aq_slice(query.ptr, query.len),
                                           .limit = 10000,
                                           .group = AQ_GROUP_NONE,
                                           .flags = AQ_FIRST_STAGE | AQ_NO_TEXT | AQ_COUNT_EXACT};
    ask_oracle(&a, &e); /* reads the query */
    struct translation t = {.a = &a, .db = db, .scale = scale_of(&a)};
    xapian_query q = translate(&t, a.root, NULL, false, 1);
    seen.asked++;
    if (!t.unspeakable && !a.root->reading->dead && !a.root->reading->empty && !beyond_bounds(&a)) {
        double *weights = malloc((o->count + 2) * sizeof *weights);
        assert_non_null(weights);
        if (aq_search(reader, &a.request, &r, &err))
            fail_msg("aq_search: %s", err.message);
        if (!(r->partial & AQ_PARTIAL_WORK)) {
            xapian_search(db, q, t.scale.k1, t.scale.b, 0.25, weights);
            compare(&t, r, weights, &query);
            seen.said++;
        }
        aq_result_free(r);
        free(weights);
    }
    xapian_forget(db);
    free(e.matches);
    free(e.all);
    aq_buf_free(&query);
    aq_arena_free(&a.arena);
}

static uint64_t wanted;

/* Xapian has no tombstones: with some, statistics differ. */
static void ask_both(struct aq_reader *reader, struct oracle *o, const struct course *course)
{
    static struct vocabulary v;
    if (o->tombstones || o->count == 0)
        return;
    vocabulary_make(&v, o);
    struct xapian_db *db = copy_index(o);
    for (uint32_t i = 0; i < course->queries && seen.asked < wanted; i++)
        ask(reader, o, &v, db);
    xapian_free(db);
}

static void xapian_finds_the_same(void **state)
{
    static const struct course small = {.ids = 60, .rounds = 6, .changes = 25, .queries = 60},
                               large = {.ids = 4000, .rounds = 1, .changes = 5000, .queries = 100, .small = true};
    (void)state;
    wanted = queries(600);
    for (long i = 0; seen.asked < wanted; i++)
        follow(i % 12 == 5 ? &large : &small, ask_both);
    printf("# %llu queries, %llu that Xapian can say, %llu with the same scores, %llu hits compared\n",
           (unsigned long long)seen.asked, (unsigned long long)seen.said, (unsigned long long)seen.scored,
           (unsigned long long)seen.hits);
    assert_true(seen.scored * 3 > seen.asked);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(xapian_finds_the_same),
    };
    take_seed();
    make_vocabulary();
    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, NULL, NULL);
}

#endif
