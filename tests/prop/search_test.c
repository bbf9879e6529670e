/* search_test.c - aq_search against the oracle of search_flat.h: small random
 * indexes, with quotes, titles, replacements, deletions, several segments and pending
 * comments, and random queries of every operator, group, sort, filter and offset. */
#include "facet_oracle.h"
#include "search_flat.h"
#include "search_world.h"

#include "reader.h"

/* ---- queries ---- */

static const char *const unknown[] = {"xyzzy", "plugh", "cat-plugh", "frob/bird"};

/* A few words in a row from some passage, so that phrases match now and then. */
static void excerpt(const struct oracle *o, char *out, size_t size)
{
    if (o->count == 0 || below(4) == 0) {
        snprintf(out, size, "%s %s", word(), word());
        return;
    }
    const struct passage *p = &o->passages[below(o->count)];
    char text[4096];
    const char *found[256];
    size_t n = p->text.len < sizeof text ? p->text.len : sizeof text - 1, count = 0;
    for (size_t i = 0; i < n; i++)
        text[i] = isspace(p->text.ptr[i]) ? 0 : (char)p->text.ptr[i];
    text[n] = 0;
    for (size_t i = 0; i < n && count < AQ_COUNT(found); i++)
        if (text[i] && (i == 0 || !text[i - 1]))
            found[count++] = text + i;
    out[0] = 0;
    if (count == 0)
        return;
    size_t from = below((uint32_t)count), take = 1 + below(4);
    for (size_t i = from; i < count && i < from + take && strlen(out) + strlen(found[i]) + 2 < size; i++) {
        strcat(out, i > from ? " " : "");
        strcat(out, found[i]);
    }
}

static void write_clause(struct aq_buf *b, const struct clause *c)
{
    static const char *const open[] = {"\"", "\xE2\x80\x9C", "\xC2\xAB"}, *const close[] = {"\"", "\xE2\x80\x9D", "\xC2\xBB"};
    static const char *const fields[] = {[AUTHOR] = "author", [THREAD] = "Thread", [AFTER] = "after", [BEFORE] = "BEFORE"};
    uint32_t q = below(3);
    if (c->sign != ' ')
        aq_buf_u8(b, (uint8_t)c->sign);
    if (c->kind == WORD)
        aq_buf_puts(b, c->text);
    else if (c->kind == PHRASE)
        aq_buf_printf(b, "%s%s%s", open[q], c->text, close[q]);
    else if (strchr(c->text, ' ') || below(4) == 0)
        aq_buf_printf(b, "%s:%s%s%s", fields[c->kind], open[q], c->text, close[q]);
    else
        aq_buf_printf(b, "%s:%s", fields[c->kind], c->text);
}

static void random_clause(const struct oracle *o, struct clause *c, bool plain)
{
    static const char *const names[] = {"wei", "Wei Dai", "YUDKOWSKY", "gwern", "nobody", "dai wei", "b o cat", "Eliezer yud"};
    uint32_t k = below(20);
    *c = (struct clause){.kind = WORD, .sign = ' '};
    if (plain || k < 12) {
        snprintf(c->text, sizeof c->text, "%s", below(10) ? word() : unknown[below(AQ_COUNT(unknown))]);
        c->sign = plain ? ' ' : "      +-"[below(8)];
    } else if (k < 16) {
        c->kind = PHRASE;
        excerpt(o, c->text, sizeof c->text);
        if (below(10) == 0)
            strcat(c->text, " plugh");
        c->sign = "   +-"[below(5)];
    } else if (k == 16) {
        c->kind = AUTHOR;
        snprintf(c->text, sizeof c->text, "%s", names[below(AQ_COUNT(names))]);
        c->sign = below(4) ? ' ' : '-';
    } else if (k == 17) {
        c->kind = THREAD;
        snprintf(c->text, sizeof c->text, "t%u", below(8));
        c->sign = below(4) ? ' ' : '-';
    } else {
        c->kind = k == 18 ? AFTER : BEFORE;
        struct tm t = {.tm_year = 120 + (int)below(3), .tm_mday = 1};
        if (below(2)) {
            t.tm_mon = (int)below(12);
            t.tm_mday = 1 + (int)below(28);
            snprintf(c->text, sizeof c->text, "%d-%02d-%02d", t.tm_year + 1900, t.tm_mon + 1, t.tm_mday);
        } else {
            snprintf(c->text, sizeof c->text, "%d", t.tm_year + 1900);
        }
        c->date = timegm(&t);
    }
}

static void random_query(struct oracle *o, struct query *q)
{
    bool plain = below(6) == 0;
    *q = (struct query){.count = below(15) ? 1 + below(below(2) ? 3 : 7) : 0};
    for (uint32_t i = 0; i < q->count; i++) {
        random_clause(o, &q->clauses[i], plain);
        analyze_clause(o, &q->clauses[i]);
        aq_buf_puts(&q->string, i ? " " : "");
        write_clause(&q->string, &q->clauses[i]);
    }
    assert_false(q->string.failed);
    struct aq_search_request *r = &q->request;
    r->query = aq_slice(q->string.ptr, q->string.len);
    r->flags = AQ_FIRST_STAGE | (plain ? AQ_QUERY_PLAIN : 0) | (below(4) ? 0 : AQ_NO_TEXT) | (below(4) ? 0 : AQ_COUNT_EXACT);
    r->limit = below(3) ? 1 + below(12) : below(2) ? 0 : 300;
    r->offset = below(3) ? 0 : below(20);
    r->group = (enum aq_group)(below(2) ? 0 : below(4));
    r->sort = (enum aq_sort)(below(2) ? 0 : below(3));
    if (below(12) == 0) {
        q->request_author = authors[1 + below(AQ_COUNT(authors) - 1)];
        r->authors = &q->request_author;
        r->author_count = 1;
    }
    if (below(12) == 0) {
        q->request_thread = "t1";
        r->threads = &q->request_thread;
        r->thread_count = 1;
    }
    if (below(12) == 0) {
        r->after = below(2) ? 1600000000 : AQ_NO_DATE;
        r->before = below(2) ? 1620000000 : AQ_NO_DATE;
    }
    if (below(8) == 0) {
        r->k1 = 0.9;
        r->b = 0.4;
    }
    r->per_thread = below(3) ? below(5) : UINT32_MAX;
    if (below(4) == 0)
        r->snapshot = 1 + below(o->txn.state.next_comment + 2);
    if (below(3) == 0) {
        r->facets = q->facets;
        r->facet_count = 1 + below(AQ_COUNT(q->facets));
        for (size_t i = 0; i < r->facet_count; i++)
            q->facets[i] = (struct aq_facet_request){(enum aq_facet_kind)below(AQ_FACET_TIME + 1), below(2) ? 0 : 1 + below(6)};
    }
    if (below(15) == 0)
        r->flags |= AQ_NO_HITS;
}

/* ---- comparing ---- */

static bool same_text(struct aq_slice a, const char *b)
{
    return aq_slice_eq(a, aq_slice_str(b));
}

/* Highlights of a query without phrases are its words' stems, no more and no less. */
static void check_ranges(struct oracle *o, const struct query *q, const struct aq_hit *h)
{
    const struct aq_token *t;
    size_t n;
    uint32_t at = 0, end = 0;
    for (uint32_t i = 0; i < q->count; i++)
        if (q->clauses[i].kind == PHRASE)
            return;
    assert_int_equal(aq_analyze(o->analyzer, h->passage, &t, &n), AQ_OK);
    for (size_t i = 0; i < n; i++) {
        bool wanted = false;
        for (uint32_t k = 0; k < q->count; k++)
            for (uint32_t j = 0; j < q->clauses[k].count && positive(&q->clauses[k]); j++)
                wanted |= q->clauses[k].tokens[j].term == aq_analyzer_lexeme(o->analyzer, t[i].lexeme)->term_id;
        bool shown = false;
        for (uint32_t k = 0; k < h->range_count; k++)
            shown |= h->ranges[k].begin <= t[i].begin && t[i].end <= h->ranges[k].end;
        if (wanted) {
            assert_true(shown);
            if (t[i].begin > end || at == 0)
                at++;
            end = t[i].end > end ? t[i].end : end;
        }
    }
    assert_int_equal(h->range_count, at);
}

static void check_hit(struct oracle *o, const struct query *q, const struct aq_hit *h, const struct match *m)
{
    const struct entry *e = m->p->entry;
    assert_true(same_text(h->id, e->id));
    assert_int_equal(h->comment, m->p->comment);
    assert_int_equal(h->ordinal, m->p->ordinal);
    assert_true(fabs(h->score - m->score) <= 1e-12 * (1 + m->score));
    assert_int_equal(h->all_words, m->all_words);
    assert_int_equal(h->quote_depth, q->request.flags & AQ_NO_TEXT ? m->p->quote_depth > 0 : m->p->quote_depth);
    assert_int_equal(h->more, q->request.group == AQ_GROUP_NONE ? 0 : m->group_size - 1);
    assert_true(h->date == e->date && h->points == e->score);
    if (q->request.flags & AQ_NO_TEXT)
        return;
    assert_true(same_text(h->author, e->author) && same_text(h->thread, e->thread));
    assert_true(e->title[0] == 0 || same_text(h->title, e->title));
    assert_true(aq_slice_eq(h->passage, m->p->text));
    assert_true(h->snippet.begin <= h->snippet.end && h->snippet.end <= h->passage.len);
    for (uint32_t i = 0; i < h->range_count; i++)
        assert_true(h->ranges[i].begin < h->ranges[i].end && h->ranges[i].end <= h->passage.len &&
                    (i == 0 || h->ranges[i - 1].end < h->ranges[i].begin));
    if (m->score > 0)
        assert_true(h->range_count || h->title_range_count || h->passage.len == 0);
    check_ranges(o, q, h);
}

static void describe(const struct query *q, const struct aq_result *r, const struct expected *e)
{
    fprintf(stderr,
            "query: %.*s\nflags %u limit %u offset %u group %d sort %d k1 %g author %s thread %s per thread %u snapshot "
            "%u facets %zu\n",
            (int)q->string.len, (const char *)q->string.ptr, q->request.flags, q->request.limit, q->request.offset,
            q->request.group, q->request.sort, q->request.k1, q->request_author ? q->request_author : "-",
            q->request_thread ? q->request_thread : "-", q->request.per_thread, q->request.snapshot,
            q->request.facet_count);
    fprintf(stderr, "got %u of %lu/%lu, expected %u of %lu/%lu; ignored %u, expected %u\n", r->hit_count, (unsigned long)r->total_passages,
            (unsigned long)r->total_groups, e->count, (unsigned long)e->passages, (unsigned long)e->groups, r->ignored_count, e->ignored);
    for (uint32_t i = 0; i < 20; i++) {
        uint32_t k = i + q->request.offset;
        if (i < r->hit_count)
            fprintf(stderr, "  got %u.%u %.15g all %d more %u", r->hits[i].comment, r->hits[i].ordinal, r->hits[i].score,
                    r->hits[i].all_words, r->hits[i].more);
        if (k < e->count)
            fprintf(stderr, "  expected %u.%u %.15g all %d tier %d size %u pending %d", e->matches[k].p->comment, e->matches[k].p->ordinal,
                    e->matches[k].score, e->matches[k].all_words, e->matches[k].tier, e->matches[k].group_size, e->matches[k].p->pending);
        fprintf(stderr, "\n");
    }
    for (uint32_t k = 0; k < e->count && k < 4; k++)
        fprintf(stderr, "%u.%u: %.*s\n", e->matches[k].p->comment, e->matches[k].p->ordinal,
                (int)e->matches[k].p->text.len, (const char *)e->matches[k].p->text.ptr);
}

/* Exact, or at least as many as are always counted. */
static bool right_totals(const struct aq_reader *reader, const struct query *q, const struct aq_result *r,
                         const struct expected *e)
{
    if (!r->total_at_least)
        return r->total_passages == e->passages && r->total_groups == e->groups;
    bool fewer = r->total_passages <= e->passages && r->total_groups <= e->groups;
    return fewer && r->total_groups >= reader->count_enough && !(q->request.flags & AQ_COUNT_EXACT) &&
           q->request.facet_count == 0;
}

static uint64_t compared, hits_compared, with_hits, bounded;

static void ask(struct aq_reader *reader, struct oracle *o)
{
    struct query q;
    struct expected e;
    struct aq_result *r;
    struct aq_error err = {0};
    random_query(o, &q);
    expect(o, &q, &e);
    reader->count_enough = below(2) ? below(30) : AQ_COUNT_ENOUGH;
    reader->picks_always = below(2);
    if (aq_search(reader, &q.request, &r, &err))
        fail_msg("aq_search: %s", err.message);
    uint32_t limit = q.request.limit ? q.request.limit : 10;
    uint32_t from = q.request.offset < e.count ? q.request.offset : e.count;
    uint32_t want = e.count - from < limit ? e.count - from : limit;
    uint32_t now = o->txn.state.next_comment;
    if (q.request.flags & AQ_NO_HITS)
        want = 0;
    bool same = r->hit_count == want && right_totals(reader, &q, r, &e) && r->ignored_count == e.ignored;
    for (uint32_t i = 0; i < want && same; i++)
        same = r->hits[i].comment == e.matches[from + i].p->comment &&
               r->hits[i].ordinal == e.matches[from + i].p->ordinal;
    if (!same)
        describe(&q, r, &e);
    assert_true(same);
    assert_int_equal(r->snapshot, q.request.snapshot && q.request.snapshot < now ? q.request.snapshot : now);
    check_facets(&q, &e, r);
    for (uint32_t i = 0; i < want; i++)
        check_hit(o, &q, &r->hits[i], &e.matches[from + i]);
    compared++;
    hits_compared += want;
    with_hits += want > 0;
    bounded += r->total_at_least;
    aq_result_free(r);
    free(e.matches);
    free(e.all);
    aq_buf_free(&q.string);
}

static void compare(struct aq_reader *reader, struct oracle *o, const struct course *course)
{
    if (course->small)
        printf("# %u passages in %u segments\n", o->count, o->txn.segment_count);
    for (uint32_t i = 0; i < course->queries; i++)
        ask(reader, o);
}

static void small_indexes_answer_as_the_oracle_does(void **state)
{
    static const struct course course = {.ids = 60, .rounds = 6, .changes = 25, .queries = 25};
    (void)state;
    follow_for(3, &course, compare);
    printf("# %llu queries, %llu with hits, %llu hits compared, %llu gave way\n", (unsigned long long)compared,
           (unsigned long long)with_hits, (unsigned long long)hits_compared, (unsigned long long)moved);
    assert_true(with_hits * 3 > compared);
    assert_true(compared < 1000 || moved > compared / 20);
}

/* Lists of many blocks, and more passages than a window or a bitmap chunk holds. */
static void an_index_of_many_blocks_answers_as_the_oracle_does(void **state)
{
    static const struct course course = {.ids = 12000, .rounds = 2, .changes = 16000, .queries = 60, .small = true};
    (void)state;
    follow(&course, compare);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(small_indexes_answer_as_the_oracle_does),
        cmocka_unit_test(an_index_of_many_blocks_answers_as_the_oracle_does),
    };
    take_seed();
    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
