/* evidence_test.c - the second stage against the same sums done naively over all tokens of
 * a comment: it keeps the hits of the first stage and its tiers, gives each the score of the
 * whole comment, and orders the best thirty by it. */
#include "search_world.h"

#include "evidence.h"

/* ---- naively ---- */

struct asked_word {
    struct token tokens[8];
    uint32_t count;
    double boost;
};

struct question {
    struct asked_word words[6];
    uint32_t count;
    struct aq_buf text;
};

static void random_question(struct oracle *o, struct question *q)
{
    *q = (struct question){.count = 1 + below(5)};
    for (uint32_t i = 0; i < q->count; i++) {
        struct asked_word *w = &q->words[i];
        struct passage alone = {0};
        const char *typed = word();
        add_tokens(o, &alone, aq_slice_str(typed), AQ_COUNT(w->tokens), 0);
        for (; w->count < alone.count && w->count < AQ_COUNT(w->tokens); w->count++)
            w->tokens[w->count] = alone.tokens[w->count];
        w->boost = below(4) ? 1 : 2;
        aq_buf_printf(&q->text, "%s%s%s", i ? " " : "", typed, w->boost > 1 ? "^2" : "");
    }
    assert_false(q->text.failed);
}

static double length_of(const struct oracle *o, uint32_t comment)
{
    double length = 0;
    for (uint32_t i = 0; i < o->count; i++)
        if (o->passages[i].comment == comment)
            length += o->passages[i].count * (o->passages[i].quote_depth ? 0.3 : 1);
    return length;
}

static double times_in(struct oracle *o, uint32_t comment, uint32_t term)
{
    uint32_t title = (uint32_t)aq_column_get(&o->txn, AQ_COL_FLAGS, comment) >> AQ_TITLE_SHIFT;
    double f = 0;
    for (uint32_t i = 0; i < o->count; i++) {
        const struct passage *p = &o->passages[i];
        if (p->comment != comment)
            continue;
        for (uint32_t k = 0; k < p->count; k++)
            if (p->tokens[k].term == term)
                f += (p->quote_depth ? 0.3 : 1) + (p->ordinal == 0 && p->tokens[k].position < title ? 2 : 0);
    }
    return f;
}

/* A word of which no part occurs is passed over. */
static bool occurs(struct oracle *o, const struct asked_word *w)
{
    bool seen, replaced = false;
    for (uint32_t i = 0; i < w->count; i++)
        replaced |= w->tokens[i].whole && w->tokens[i].span == 1;
    for (uint32_t i = 0; i < w->count; i++)
        if ((replaced ? w->tokens[i].whole : !w->tokens[i].whole) && frequency(o, w->tokens[i].lexeme, &seen) > 0)
            return true;
    return false;
}

static double whole_score(struct oracle *o, const struct question *q, uint32_t comment)
{
    double n_all = (double)o->txn.passages, sum = 0;
    double relative = length_of(o, comment) / ((double)o->txn.tokens / o->txn.state.comments);
    double k = 2 * (0.15 + 0.85 * (relative > 0.25 ? relative : 0.25));
    for (uint32_t i = 0; i < q->count; i++) {
        const struct asked_word *w = &q->words[i];
        for (uint32_t t = 0; t < w->count && occurs(o, w); t++) {
            bool seen;
            double n = (double)frequency(o, w->tokens[t].lexeme, &seen), f = times_in(o, comment, w->tokens[t].term);
            sum += n > 0 ? w->boost * pow(log(1 + (n_all - n + 0.5) / (n + 0.5)), 1.25) * f / (f + k) : 0;
        }
    }
    return sum;
}

/* ---- comparing ---- */

static uint64_t asked, hits, moved_up;

static struct aq_result *search(struct aq_reader *reader, const struct question *q, unsigned flags, enum aq_group group)
{
    struct aq_error err;
    struct aq_result *r;
    struct aq_search_request request = {.query = aq_slice(q->text.ptr, q->text.len),
                                        .limit = AQ_EVIDENCE_AMONG,
                                        .flags = flags | AQ_NO_TEXT | AQ_NO_FILL,
                                        .group = group,
                                        .per_thread = UINT32_MAX};
    if (aq_search(reader, &request, &r, &err))
        fail_msg("%s", err.message);
    return r;
}

static bool has(const struct aq_result *r, uint32_t comment)
{
    for (uint32_t i = 0; i < r->hit_count; i++)
        if (r->hits[i].comment == comment)
            return true;
    return false;
}

static void ask(struct aq_reader *reader, struct oracle *o)
{
    struct question q;
    random_question(o, &q);
    unsigned flags = below(4) ? 0 : AQ_COUNT_EXACT;
    enum aq_group group = below(3) ? AQ_GROUP_COMMENT : below(2) ? AQ_GROUP_THREAD : AQ_GROUP_AUTHOR;
    struct aq_result *first = search(reader, &q, flags | AQ_FIRST_STAGE, group);
    struct aq_result *second = search(reader, &q, flags | AQ_EXPLAIN, group);
    assert_int_equal(first->hit_count, second->hit_count);
    assert_int_equal(first->total_passages, second->total_passages);
    for (uint32_t i = 0; i < second->hit_count; i++) {
        const struct aq_hit *h = &second->hits[i], *before = i ? h - 1 : NULL;
        double sum = 0, naive = whole_score(o, &q, h->comment);
        assert_true(has(first, h->comment) && h->whole);
        if (fabs(h->score - naive) > 1e-9 * naive)
            fail_msg("%.*s: comment %u scores %.17g, not %.17g", (int)q.text.len, (const char *)q.text.ptr, h->comment,
                     h->score, naive);
        for (uint32_t k = 0; k < h->share_count; k++)
            sum += h->shares[k].share;
        assert_true(sum == h->score);
        if (before && before->all_words == h->all_words && !before->quote_depth == !h->quote_depth)
            assert_true(before->score > h->score || (before->score == h->score && before->comment < h->comment));
        moved_up += first->hits[i].comment != h->comment;
    }
    asked++;
    hits += second->hit_count;
    aq_result_free(first);
    aq_result_free(second);
    aq_buf_free(&q.text);
}

static void compare(struct aq_reader *reader, struct oracle *o, const struct course *course)
{
    for (uint32_t i = 0; i < course->queries; i++)
        ask(reader, o);
}

static void whole_comments_score_as_they_do_by_hand(void **state)
{
    static const struct course course = {.ids = 60, .rounds = 4, .changes = 25, .queries = 20};
    (void)state;
    follow_for(2, &course, compare);
    printf("# %llu queries, %llu hits, %llu in another place than by the first stage\n", (unsigned long long)asked,
           (unsigned long long)hits, (unsigned long long)moved_up);
    assert_true(hits > asked && moved_up > hits / 20);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {cmocka_unit_test(whole_comments_score_as_they_do_by_hand)};
    take_seed();
    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
