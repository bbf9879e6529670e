/* language_test.c - random queries of every operator and nesting against the oracle of
 * language_oracle.h: hits, their order, scores bit for bit, totals, what is told. The words
 * are few, so that everything collides. AQ_SEED repeats a run; AQ_QUERIES is how many
 * queries to ask (`make test-language N=100000`). */
#include "language_oracle.h"
#include "language_words.h"

#include "reader.h"

static const char *const names[] = {"wei", "Wei Dai", "YUDKOWSKY", "gwern", "nobody", "b o cat"};

static void some_date(char *out, size_t size)
{
    uint32_t year = 2020 + below(3);
    if (below(2))
        snprintf(out, size, "%u", year);
    else if (below(2))
        snprintf(out, size, "%u-%02u", year, 1 + below(12));
    else
        snprintf(out, size, "%u-%02u-%02u", year, 1 + below(12), 1 + below(28));
}

static void some_range(char *out, size_t size, int n)
{
    static const char *const signs[][2] = {{"", ""}, {">", ""}, {">=", ""}, {"<", ""}, {"<=", ""}, {"", ".."}, {"..", ""}, {"", "..3"}};
    uint32_t k = below(AQ_COUNT(signs));
    snprintf(out, size, "%s%d%s", signs[k][0], n, signs[k][1]);
}

static void some_field(struct tree *t)
{
    static const enum aq_field fields[] = {AQ_FIELD_AUTHOR, AQ_FIELD_AUTHOR, AQ_FIELD_THREAD, AQ_FIELD_THREAD, AQ_FIELD_AFTER,
                                           AQ_FIELD_BEFORE, AQ_FIELD_DATE,   AQ_FIELD_SCORE,  AQ_FIELD_ID};
    t->field = fields[below(AQ_COUNT(fields))];
    switch (t->field) {
    case AQ_FIELD_AUTHOR:
        snprintf(t->text, sizeof t->text, "%s", names[below(AQ_COUNT(names))]);
        return;
    case AQ_FIELD_THREAD:
        snprintf(t->text, sizeof t->text, "t%u", below(8));
        return;
    case AQ_FIELD_ID:
        snprintf(t->text, sizeof t->text, "id%u", below(60));
        return;
    case AQ_FIELD_SCORE:
        some_range(t->text, sizeof t->text, (int)below(6) - 3);
        return;
    default:
        some_date(t->text, sizeof t->text);
        return;
    }
}

static const struct tree_texts texts = {some_word, some_pattern, some_phrase, some_field, below};

static void random_request(struct asked *a, const struct aq_buf *query)
{
    struct aq_search_request *r = &a->request;
    r->query = aq_slice(query->ptr, query->len);
    r->flags = AQ_FIRST_STAGE | (below(8) ? AQ_NO_TEXT : 0) | (below(4) ? 0 : AQ_COUNT_EXACT);
    r->limit = below(3) ? 1 + below(12) : 300;
    r->offset = below(3) ? 0 : below(20);
    r->group = (enum aq_group)(below(2) ? 0 : below(4));
    r->sort = (enum aq_sort)(below(2) ? 0 : below(3));
    if (below(12) == 0) {
        a->request_author = "wei";
        r->authors = &a->request_author;
        r->author_count = 1;
    }
    if (below(8) == 0) {
        r->k1 = 0.9;
        r->b = 0.4;
    }
}

/* ---- comparing ---- */

static struct {
    uint64_t queries, with_hits, hits, cut, work, patterns_cut, at_least;
} seen;

static void describe(const struct asked *a, const struct aq_result *r, const struct expected *e)
{
    const struct aq_search_request *q = &a->request;
    fprintf(stderr, "query: %.*s\nlimit %u offset %u group %d sort %d flags %u k1 %g author %s\n", (int)q->query.len,
            (const char *)q->query.ptr, q->limit, q->offset, q->group, q->sort, q->flags, q->k1,
            a->request_author ? a->request_author : "-");
    fprintf(stderr, "got %u of %lu/%lu ignored %u partial %u, expected %u of %lu/%lu ignored %u\n", r->hit_count,
            (unsigned long)r->total_passages, (unsigned long)r->total_groups, r->ignored_count, r->partial, e->count,
            (unsigned long)e->passages, (unsigned long)e->groups, e->ignored);
    for (uint32_t i = 0; i < 12; i++) {
        uint32_t k = i + q->offset;
        if (i < r->hit_count)
            fprintf(stderr, "  got %u.%u %.17g all %d more %u", r->hits[i].comment, r->hits[i].ordinal, r->hits[i].score,
                    r->hits[i].all_words, r->hits[i].more);
        if (k < e->count)
            fprintf(stderr, "  expected %u.%u %.17g all %d tier %d size %u: %.*s", e->matches[k].p->comment, e->matches[k].p->ordinal,
                    e->matches[k].score, e->matches[k].all_words, e->matches[k].tier, e->matches[k].group_size,
                    (int)(e->matches[k].p->text.len < 200 ? e->matches[k].p->text.len : 200), (const char *)e->matches[k].p->text.ptr);
        fprintf(stderr, "\n");
    }
    for (uint32_t i = 0; i < r->hit_count && e->count == 0 && i < 3; i++)
        for (uint32_t k = 0; k < a->o->count; k++)
            if (a->o->passages[k].comment == r->hits[i].comment && a->o->passages[k].ordinal == r->hits[i].ordinal)
                fprintf(stderr, "  %.*s\n", (int)a->o->passages[k].text.len, (const char *)a->o->passages[k].text.ptr);
    for (uint32_t i = 0; i < r->ignored_count; i++)
        fprintf(stderr, "  ignored %.*s\n", (int)r->ignored[i].len, (const char *)r->ignored[i].ptr);
}

static bool same_score(double x, double y)
{
    return memcmp(&x, &y, sizeof x) == 0;
}

static bool right_totals(const struct aq_reader *reader, const struct asked *a, const struct aq_result *r,
                         const struct expected *e)
{
    if (!r->total_at_least)
        return r->total_passages == e->passages && r->total_groups == e->groups;
    return r->total_passages <= e->passages && r->total_groups <= e->groups && r->total_groups >= reader->count_enough &&
           !(a->request.flags & AQ_COUNT_EXACT) && is_flat(a->root);
}

static bool right_hits(const struct asked *a, const struct aq_result *r, const struct expected *e)
{
    uint32_t from = a->request.offset < e->count ? a->request.offset : e->count;
    uint32_t want = e->count - from < a->request.limit ? e->count - from : a->request.limit;
    if (r->hit_count != want)
        return false;
    for (uint32_t i = 0; i < want; i++) {
        const struct aq_hit *h = &r->hits[i];
        const struct match *m = &e->matches[from + i];
        uint32_t more = a->request.group == AQ_GROUP_NONE ? 0 : m->group_size - 1;
        if (h->comment != m->p->comment || h->ordinal != m->p->ordinal || !same_score(h->score, m->score) ||
            h->all_words != m->all_words || h->more != more || (h->quote_depth > 0) != (m->p->quote_depth > 0))
            return false;
        seen.hits++;
    }
    return true;
}

static void ask(struct aq_reader *reader, struct oracle *o, struct vocabulary *v)
{
    static struct tree_pool pool;
    struct aq_buf query = {0};
    struct expected e;
    struct aq_result *r;
    struct aq_error err = {0};
    excerpts_of = o;
    struct asked a = {.o = o, .v = v, .root = tree_random(&pool, &texts)};
    tree_to_query(a.root, &texts, &query);
    random_request(&a, &query);
    ask_oracle(&a, &e);
    reader->count_enough = below(2) ? below(30) : AQ_COUNT_ENOUGH;
    reader->picks_always = below(2);
    if (aq_search(reader, &a.request, &r, &err))
        fail_msg("aq_search: %s", err.message);
    bool cut = r->partial & AQ_PARTIAL_TERMS;
    bool work = r->partial & AQ_PARTIAL_WORK;
    bool right = cut    ? beyond_bounds(&a)
                 : work ? r->total_passages <= e.passages
                     : right_hits(&a, r, &e) && right_totals(reader, &a, r, &e) && r->ignored_count == e.ignored &&
                           ((r->partial & AQ_PARTIAL_PATTERNS) != 0) == a.pattern_cut;
    if (!right)
        describe(&a, r, &e);
    assert_true(right);
    seen.queries++;
    seen.with_hits += r->hit_count > 0;
    seen.cut += cut;
    seen.work += work;
    seen.patterns_cut += a.pattern_cut;
    seen.at_least += r->total_at_least;
    aq_result_free(r);
    free(e.matches);
    free(e.all);
    aq_buf_free(&query);
    aq_arena_free(&a.arena);
}

static uint64_t wanted;

static void ask_many(struct aq_reader *reader, struct oracle *o, const struct course *course)
{
    static struct vocabulary v;
    vocabulary_make(&v, o);
    for (uint32_t i = 0; i < course->queries && seen.queries < wanted; i++)
        ask(reader, o, &v);
}

/* Small indexes answer fast; in one of several thousand passages windows have edges. */
static void any_query_answers_as_the_oracle_does(void **state)
{
    static const struct course small = {.ids = 60, .rounds = 6, .changes = 25, .queries = 40},
                               large = {.ids = 5000, .rounds = 2, .changes = 6000, .queries = 100, .small = true};
    (void)state;
    wanted = queries(3000);
    for (long i = 0; seen.queries < wanted; i++)
        follow(i % 12 == 5 ? &large : &small, ask_many);
    printf("# %llu queries, %llu with hits, %llu hits compared; %llu beyond bounds, %llu too much work, %llu with patterns cut, %llu with "
           "totals of at least\n",
           (unsigned long long)seen.queries, (unsigned long long)seen.with_hits, (unsigned long long)seen.hits,
           (unsigned long long)seen.cut, (unsigned long long)seen.work, (unsigned long long)seen.patterns_cut, (unsigned long long)seen.at_least);
    assert_true(seen.with_hits * 3 > seen.queries && (seen.cut + seen.work) * 50 < seen.queries);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(any_query_answers_as_the_oracle_does),
    };
    take_seed();
    make_vocabulary();
    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
