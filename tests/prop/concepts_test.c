/* concepts_test.c - a search widened by concepts over random indexes: it finds all that it
 * finds without, in the same tiers, and what else it finds stands behind; no typed word's
 * share changes; shares add up to the score; and pages fit together. */
#include "search_world.h"

enum { ALL = 500 };

static uint64_t asked, widened, moved, more;

static struct aq_result *search(struct aq_reader *reader, struct aq_slice query, unsigned flags, uint32_t limit,
                                uint32_t offset)
{
    struct aq_error err;
    struct aq_result *r;
    struct aq_search_request request = {.query = query,
                                        .limit = limit,
                                        .offset = offset,
                                        .flags = flags | AQ_NO_TEXT | AQ_NO_FILL,
                                        .per_thread = UINT32_MAX};
    if (aq_search(reader, &request, &r, &err))
        fail_msg("%s", err.message);
    return r;
}

static const struct aq_hit *hit_of(const struct aq_result *r, uint32_t comment)
{
    for (uint32_t i = 0; i < r->hit_count; i++)
        if (r->hits[i].comment == comment)
            return &r->hits[i];
    return NULL;
}

static unsigned tier_of(const struct aq_hit *h, bool tiered)
{
    return (h->by_concepts ? 4u : 0) + (tiered && !h->all_words ? 2u : 0) + (h->quote_depth ? 1u : 0);
}

/* In how many passages the oracle finds the term that a share is of. */
static uint64_t passages_with(struct oracle *o, const struct aq_share *s)
{
    const struct aq_token *tokens;
    size_t count;
    bool seen;
    assert_int_equal(aq_analyze(o->analyzer, s->typed, &tokens, &count), AQ_OK);
    for (size_t i = 0; i < count; i++)
        if (aq_slice_eq(aq_analyzer_lexeme(o->analyzer, tokens[i].lexeme)->term, s->term))
            return frequency(o, tokens[i].lexeme, &seen);
    fail_msg("%.*s is no word of %.*s", (int)s->term.len, (const char *)s->term.ptr, (int)s->typed.len,
             (const char *)s->typed.ptr);
    return 0;
}

static void check_shares(struct oracle *o, const struct aq_hit *h, const struct aq_hit *plain)
{
    double sum = 0, typed = 0;
    for (uint32_t i = 0; i < h->share_count; i++) {
        bool concept = strcmp(h->shares[i].kind, "concept") == 0;
        sum += h->shares[i].share;
        typed += concept ? 0 : h->shares[i].share;
        if (concept)
            assert_int_equal(h->shares[i].passages, passages_with(o, &h->shares[i]));
        assert_true(!concept || (h->shares[i].share > 0 && h->shares[i].boost <= 0.35));
    }
    assert_true(sum == h->score);
    if (plain)
        assert_true(typed == plain->score);
    else
        assert_true(typed == 0);
}

static void ask(struct aq_reader *reader, struct oracle *o)
{
    static const char *const simple[] = {"cat", "dog", "bird", "risk", "foo", "bar", "argue", "the", "of"};
    struct aq_buf q = {0};
    bool rare = below(2);
    const char *const *of = rare ? vocabulary + AQ_COUNT(words) : simple;
    uint32_t size = rare ? vocabulary_size - (uint32_t)AQ_COUNT(words) : (uint32_t)AQ_COUNT(simple);
    uint32_t n = 1 + below(6), from = below(size);
    for (uint32_t i = 0; i < n; i++)
        aq_buf_printf(&q, "%s%s", i ? " " : "", of[(from + i) % size]);
    if (below(3) == 0)
        aq_buf_printf(&q, " -%s", of[(from + n) % size]);
    assert_false(q.failed);
    struct aq_slice query = aq_slice(q.ptr, q.len);
    struct aq_result *without = search(reader, query, AQ_EXPLAIN, ALL, 0);
    struct aq_result *with = search(reader, query, AQ_EXPLAIN | AQ_CONCEPTS, ALL, 0);
    bool tiered = n - without->ignored_count >= 2 && n - without->ignored_count <= 4;
    assert_int_equal(with->total_groups, without->total_groups);
    assert_true(with->hit_count >= without->hit_count);
    for (uint32_t i = 0; i < with->hit_count; i++) {
        const struct aq_hit *h = &with->hits[i], *plain = hit_of(without, h->comment);
        assert_true(h->by_concepts == !plain);
        if (plain)
            assert_int_equal(tier_of(h, tiered), tier_of(plain, tiered));
        if (i) {
            unsigned before = tier_of(h - 1, tiered), now = tier_of(h, tiered);
            assert_true(before < now || (before == now && h[-1].score >= h->score));
        }
        check_shares(o, h, plain);
        moved += plain && i < without->hit_count && without->hits[i].comment != h->comment;
        more += h->by_concepts;
    }
    for (uint32_t offset = 0; offset < with->hit_count; offset += 7) {
        struct aq_result *page = search(reader, query, AQ_CONCEPTS, 7, offset);
        for (uint32_t i = 0; i < page->hit_count; i++)
            assert_int_equal(page->hits[i].comment, with->hits[offset + i].comment);
        aq_result_free(page);
    }
    asked++;
    widened += with->concept_count > 0;
    aq_result_free(without);
    aq_result_free(with);
    aq_buf_free(&q);
}

static void compare(struct aq_reader *reader, struct oracle *o, const struct course *course)
{
    for (uint32_t i = 0; i < course->queries; i++)
        ask(reader, o);
}

/* Most words are rare, as in real texts: common ones are no concepts. */
static void make_vocabulary(void)
{
    static const char syllables[][3] = {"ka", "lo", "mu", "ti", "re", "po", "zu", "ni", "va", "so", "de", "gi"};
    static char made[AQ_COUNT(syllables) * AQ_COUNT(syllables)][8];
    static const char *all[AQ_COUNT(made) + AQ_COUNT(words)];
    for (size_t i = 0; i < AQ_COUNT(words); i++)
        all[i] = words[i];
    for (size_t i = 0; i < AQ_COUNT(made); i++) {
        snprintf(made[i], sizeof made[i], "%s%sk", syllables[i / AQ_COUNT(syllables)], syllables[i % AQ_COUNT(syllables)]);
        all[AQ_COUNT(words) + i] = made[i];
    }
    vocabulary = all;
    vocabulary_size = AQ_COUNT(all);
}

static void concepts_only_add(void **state)
{
    static const struct course course = {.ids = 60, .rounds = 4, .changes = 25, .queries = 10};
    (void)state;
    make_vocabulary();
    follow_for(2, &course, compare);
    printf("# %llu queries, %llu widened, %llu hits in another place, %llu more\n", (unsigned long long)asked,
           (unsigned long long)widened, (unsigned long long)moved, (unsigned long long)more);
    assert_true(widened > asked / 20 && moved > 0 && more > 0);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {cmocka_unit_test(concepts_only_add)};
    take_seed();
    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
