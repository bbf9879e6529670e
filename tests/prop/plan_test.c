/* plan_test.c - the plans, exhaustive and ranking, over lists in memory and stored ones,
 * against adding everything up: block ends, window ends, impacts of another average
 * length, hidden passages, quotes, exclusions and phrases, without any index. */
#include "plan.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <time.h>

#include <cmocka.h>

enum { TERMS = 5, MOST = 3 * AQ_WINDOW + 100, MOST_POSITIONS = 8 };

static uint64_t seed;

static uint32_t below(uint32_t n)
{
    seed = seed * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)((seed >> 33) % n);
}

/* A leaf and, term by passage, what its lists say. */
struct world {
    uint32_t passages;
    uint8_t lengths[MOST], quotes[MOST], gone[MOST];
    uint32_t comments[MOST], ordinals[MOST], longest;
    uint16_t positions[TERMS][MOST][MOST_POSITIONS];
    uint8_t tf[TERMS][MOST];

    struct aq_buf docids[TERMS], freqs[TERMS], starts[TERMS], flat[TERMS], codes[TERMS], rows;
    struct aq_buf stored[TERMS], stored_positions[TERMS];
    uint8_t hidden[(MOST / AQ_WINDOW + 1) * AQ_WINDOW / 8], quote[(MOST / AQ_WINDOW + 1) * AQ_WINDOW / 8];
    struct aq_leaf leaf;
    struct aq_segment segment;
    struct aq_leaf_list lists[TERMS];
    struct aq_leaf_chunk chunks[MOST / AQ_BITS_CHUNK + 1];
    const uint8_t *row_chunks[MOST / AQ_MAP_CHUNK + 1];
    int32_t form_codes[1];

    struct aq_query query;
    struct aq_query_term terms[TERMS];
    struct aq_query_element phrase[2], exclusion[2];
    struct aq_query_phrase phrases[1], exclusions[1];
    struct aq_model model;
};

/* Passages with the term: sparse, dense, or in bursts that fill whole blocks. */
static void random_list(struct world *w, uint32_t t)
{
    uint32_t every = below(3) ? 1 + below(6) : 1 + below(3000), burst = 0;
    for (uint32_t d = 0; d < w->passages; d++) {
        if (burst)
            burst--;
        else if (below(4000) == 0)
            burst = below(400);
        if (!burst && below(every) != 0)
            continue;
        uint32_t n = 1 + below(below(4) ? 2 : MOST_POSITIONS), at = 0;
        for (uint32_t i = 0; i < n; i++) {
            at += below(3) + (i > 0);
            w->positions[t][d][i] = (uint16_t)at;
        }
        w->tf[t][d] = (uint8_t)n;
    }
}

static void store_list(struct world *w, uint32_t t)
{
    uint32_t used = 0, df = 0;
    for (uint32_t d = 0; d < w->passages; d++) {
        uint32_t n = w->tf[t][d];
        if (n == 0)
            continue;
        df++;
        aq_buf_put(&w->docids[t], &d, 4);
        aq_buf_u8(&w->freqs[t], (uint8_t)n);
        aq_buf_put(&w->starts[t], &used, 4);
        aq_buf_put(&w->flat[t], w->positions[t][d], n * 2);
        static const uint16_t none[MOST_POSITIONS];
        aq_buf_put(&w->codes[t], none, n * 2);
        used += n;
    }
    aq_buf_put(&w->starts[t], &used, 4);
    assert_false(w->docids[t].failed || w->freqs[t].failed || w->starts[t].failed || w->flat[t].failed ||
                 w->codes[t].failed);
    w->lists[t].df = df;
    w->lists[t].in_memory = true;
    w->lists[t].memory = (struct aq_memory_postings){
        (const uint32_t *)(void *)w->docids[t].ptr, w->freqs[t].ptr, (const uint32_t *)(void *)w->starts[t].ptr,
        (const uint16_t *)(void *)w->flat[t].ptr,   (const uint16_t *)(void *)w->codes[t].ptr, df};
}

/* The same list as a segment has it: in blocks with impacts, or short. */
static void write_list(struct world *w, uint32_t t, struct aq_postings_writer *writer,
                       const struct aq_impact_model *impacts)
{
    static const uint16_t none[MOST_POSITIONS];
    struct aq_slice term = aq_slice_str("term"), list, positions;
    struct aq_form form = {term, 0};
    for (uint32_t d = 0; d < w->passages; d++)
        form.count += w->tf[t][d];
    if (form.count == 0)
        return;
    aq_postings_begin(writer, term, &form, 1, impacts);
    for (uint32_t d = 0; d < w->passages; d++)
        if (w->tf[t][d])
            aq_postings_add(writer, d, w->lengths[d], w->tf[t][d], w->positions[t][d], none);
    assert_int_equal(aq_postings_end(writer, &list, &positions), AQ_OK);
    aq_buf_put(&w->stored[t], list.ptr, list.len);
    aq_buf_put(&w->stored_positions[t], positions.ptr, positions.len);
    struct aq_leaf_list *l = &w->lists[t];
    assert_int_equal(aq_postings_parse(&l->list, term, aq_slice(w->stored[t].ptr, w->stored[t].len),
                                       aq_slice(w->stored_positions[t].ptr, w->stored_positions[t].len)),
                     AQ_OK);
    l->list.docid_limit = w->passages;
    l->in_memory = false;
}

/* A segment, built when the average length was another. */
static void write_lists(struct world *w)
{
    struct aq_postings_writer *writer = aq_postings_writer_new();
    struct aq_impact_model impacts = {w->model.k1, w->model.b, w->model.average * (0.5 + below(16) / 16.0)};
    assert_non_null(writer);
    w->segment.info = (struct aq_segment_info){
        .passages = w->passages, .k1 = impacts.k1, .b = impacts.b, .average_length = impacts.average_length};
    w->leaf.segment = &w->segment;
    for (uint32_t t = 0; t < TERMS; t++)
        write_list(w, t, writer, &impacts);
    aq_postings_writer_free(writer);
}

static void make_passages(struct world *w)
{
    uint32_t comment = below(9), ordinal = 0, quotes = below(3) ? 10 : 2;
    bool ties = below(3) == 0; /* few lengths: many scores are equal */
    for (uint32_t d = 0; d < w->passages; d++) {
        if (below(2)) {
            comment += 1 + below(3);
            ordinal = 0;
        }
        w->comments[d] = comment;
        w->ordinals[d] = ordinal;
        if (ordinal >= w->longest)
            w->longest = ordinal + 1;
        aq_buf_u32(&w->rows, comment);
        aq_buf_u16(&w->rows, (uint16_t)ordinal++);
        w->lengths[d] = (uint8_t)(1 + below(ties ? 3 : 255));
        w->quotes[d] = below(quotes) == 0;
        w->gone[d] = below(12) == 0;
        w->quote[d / 8] |= (uint8_t)(w->quotes[d] << (d & 7));
        w->hidden[d / 8] |= (uint8_t)(w->gone[d] << (d & 7));
    }
    assert_false(w->rows.failed);
    for (uint32_t d = 0; d < w->passages; d += AQ_MAP_CHUNK)
        w->row_chunks[d / AQ_MAP_CHUNK] = w->rows.ptr + (size_t)d * 6;
    for (uint32_t d = 0; d < w->passages; d += AQ_BITS_CHUNK)
        w->chunks[d / AQ_BITS_CHUNK] = (struct aq_leaf_chunk){NULL, w->hidden + d / 8, w->quote + d / 8, true};
}

static void pair(struct aq_query_element e[2], struct aq_query_phrase *p, uint32_t count)
{
    e[0] = (struct aq_query_element){below(TERMS), AQ_ANY_FORM, 0, 0};
    e[1] = (struct aq_query_element){below(TERMS), AQ_ANY_FORM, 0, 1 + below(2)};
    *p = (struct aq_query_phrase){.elements = e, .count = count};
}

static void make_query(struct world *w, bool words)
{
    struct aq_query *q = &w->query;
    uint32_t only = below(5) ? TERMS : below(TERMS); /* a single word now and then */
    q->terms = w->terms;
    q->term_count = TERMS;
    for (uint32_t t = 0; t < TERMS; t++) {
        struct aq_query_term *x = &w->terms[t];
        x->df = w->lists[t].df;
        if (!words || x->df == 0 || (only == TERMS ? below(4) == 0 : t != only))
            continue;
        x->weight = aq_idf(&w->model, x->df) * (1 + below(2));
        x->needed = below(4) > 0;
        q->needed += x->needed;
    }
    q->tiered = words && below(2);
    if (below(2)) {
        q->exclusions = w->exclusions;
        q->exclusion_count = 1;
        pair(w->exclusion, w->exclusions, 1 + below(2));
    }
}

static struct world *make_world(void)
{
    struct world *w = calloc(1, sizeof *w);
    assert_non_null(w);
    w->passages = below(3) ? 1 + below(MOST) : AQ_WINDOW * (1 + below(3)) - 1 + below(3);
    make_passages(w);
    for (uint32_t t = 0; t < TERMS; t++) {
        random_list(w, t);
        store_list(w, t);
    }
    w->leaf = (struct aq_leaf){.passages = w->passages,
                               .longest = w->longest,
                               .lengths = w->lengths,
                               .lists = w->lists,
                               .codes = w->form_codes,
                               .chunks = w->chunks,
                               .rows = w->row_chunks};
    uint64_t tokens = 0;
    for (uint32_t d = 0; d < w->passages; d++)
        tokens += w->lengths[d];
    assert_int_equal(aq_model_init(&w->model, 0, 0, w->passages, tokens, NULL), AQ_OK);
    if (below(4))
        write_lists(w);
    return w;
}

static void free_world(struct world *w)
{
    for (uint32_t t = 0; t < TERMS; t++) {
        aq_buf_free(&w->docids[t]);
        aq_buf_free(&w->freqs[t]);
        aq_buf_free(&w->starts[t]);
        aq_buf_free(&w->flat[t]);
        aq_buf_free(&w->codes[t]);
        aq_buf_free(&w->stored[t]);
        aq_buf_free(&w->stored_positions[t]);
    }
    aq_buf_free(&w->rows);
    free(w);
}

/* ---- adding everything up ---- */

static bool has(const struct world *w, uint32_t t, uint32_t d, uint32_t position)
{
    for (uint32_t i = 0; i < w->tf[t][d]; i++)
        if (w->positions[t][d][i] == position)
            return true;
    return false;
}

static bool stands(const struct world *w, const struct aq_query_phrase *p, uint32_t d)
{
    for (uint32_t start = 0; start < 100; start++) {
        uint32_t i = 0;
        while (i < p->count && has(w, p->elements[i].term, d, start + p->elements[i].offset))
            i++;
        if (i == p->count)
            return true;
    }
    return false;
}

static int by_number(const void *x, const void *y)
{
    const uint32_t *a = x, *b = y;
    return (*a > *b) - (*a < *b);
}

static int in_order(const void *x, const void *y)
{
    return aq_candidate_before(x, y) ? -1 : 1;
}

static size_t expected(const struct world *w, enum aq_plan_kind kind, struct aq_candidate *out)
{
    const struct aq_query *q = &w->query;
    size_t n = 0;
    for (uint32_t d = 0; d < w->passages; d++) {
        struct aq_candidate c = {.comment = w->comments[d], .ordinal = w->ordinals[d], .group = w->comments[d]};
        bool in = !w->gone[d], any = kind != AQ_PLAN_WINDOWS;
        uint32_t met = 0;
        for (uint32_t t = 0; t < TERMS; t++) {
            bool here = w->tf[t][d] > 0;
            in &= here || !q->terms[t].required;
            met += here && q->terms[t].needed;
            any |= here && q->terms[t].weight > 0;
            if (here && q->terms[t].weight > 0)
                c.score += aq_score(&w->model, q->terms[t].weight, w->tf[t][d], w->lengths[d]);
        }
        for (size_t i = 0; i < q->phrase_count; i++)
            in &= stands(w, &q->phrases[i], d);
        for (size_t i = 0; i < q->exclusion_count; i++)
            in &= !stands(w, &q->exclusions[i], d);
        if (!in || !any)
            continue;
        c.all_words = kind == AQ_PLAN_LIST || met == q->needed;
        c.tier = (uint8_t)((q->tiered && !c.all_words ? AQ_TIER_SOME_WORDS : 0) | (w->quotes[d] ? AQ_TIER_QUOTE : 0));
        out[n++] = c;
    }
    if (n)
        qsort(out, n, sizeof *out, in_order);
    return n;
}

/* What a comment's passages among the matches are. */
static uint32_t passages_of(const struct aq_candidate *all, size_t n, uint32_t comment)
{
    uint32_t count = 0;
    for (size_t i = 0; i < n; i++)
        count += all[i].comment == comment;
    return count;
}

/* Totals: exact, or at least what was asked for. */
static void check_totals(const struct aq_collector *c, uint64_t passages, uint64_t groups, uint64_t enough)
{
    if (!c->at_least) {
        assert_int_equal(c->passages, passages);
        assert_int_equal(c->groups, groups);
        return;
    }
    assert_true(c->groups > enough && c->groups <= groups);
    assert_true(c->passages >= c->groups && c->passages <= passages);
}

enum way { EXHAUSTIVE, RANKING, PICKED };

/* Some comments, and what is left of the matches when a filter lets only these through. */
static void pick(const struct world *w, struct aq_picks *picks, const struct aq_candidate *all, size_t n,
                 struct aq_candidate *left, size_t *left_count)
{
    uint32_t every = 1 + below(below(2) ? 4 : 400), last = w->comments[w->passages - 1];
    *left_count = 0;
    for (uint32_t comment = 0; comment <= last + 3; comment++) {
        if (below(every))
            continue;
        assert_true(aq_grow(&picks->comments, &picks->cap, picks->count + 1, sizeof *picks->comments));
        picks->comments[picks->count++] = comment;
    }
    for (size_t i = 0; i < n; i++)
        if (picks->count && bsearch(&all[i].comment, picks->comments, picks->count, sizeof *picks->comments, by_number))
            left[(*left_count)++] = all[i];
}

static void compare(struct world *w, enum aq_plan_kind kind, enum way way, const struct aq_candidate *all, size_t n)
{
    static struct aq_candidate left[MOST];
    struct aq_picks picks = {0};
    static const struct aq_filter everything;
    struct aq_collector c = {0};
    struct aq_arena arena = {0}, scratch = {0};
    struct aq_plan plan = {.leaves = &w->leaf,
                           .leaf_count = 1,
                           .query = &w->query,
                           .model = &w->model,
                           .arena = &arena,
                           .scratch = &scratch,
                           .collector = &c};
    struct aq_candidate *hits;
    size_t count;
    if (way == PICKED) {
        pick(w, &picks, all, n, left, &n);
        all = left;
        plan.picks = &picks;
    }
    bool grouped = below(2);
    uint32_t k = 1 + below(below(3) == 0 ? 3 : below(2) ? 20 : MOST), enough = below(3) ? below(40) : below(2000);
    assert_int_equal(aq_collector_init(&c, NULL, &everything, grouped ? AQ_GROUP_COMMENT : AQ_GROUP_NONE,
                                       AQ_SORT_RELEVANCE, k, w->query.tiered, NULL),
                     AQ_OK);
    if (way == RANKING) {
        assert_true(aq_plan_can_rank(&plan, kind));
        aq_collector_rank(&c, enough);
        assert_int_equal(aq_plan_rank(&plan, kind, NULL), AQ_OK);
    } else {
        assert_int_equal(aq_plan_run(&plan, kind, NULL), AQ_OK);
        assert_false(c.at_least);
    }
    assert_int_equal(aq_collector_finish(&c, &hits, &count, NULL), AQ_OK);
    if (way == RANKING && grouped && count)
        assert_int_equal(aq_plan_count_matches(&plan, kind, hits, count, NULL), AQ_OK);
    uint8_t *seen = calloc(w->comments[w->passages - 1] + 1, 1);
    size_t at = 0;
    assert_non_null(seen);
    for (size_t i = 0; i < n; i++) {
        if (grouped && seen[all[i].comment]++)
            continue;
        if (at < k) {
            assert_true(at < count);
            assert_true(hits[at].comment == all[i].comment && hits[at].ordinal == all[i].ordinal);
            assert_true(hits[at].score == all[i].score && hits[at].tier == all[i].tier);
            assert_int_equal(hits[at].all_words, all[i].all_words);
            if (grouped && at < 20)
                assert_int_equal(hits[at].matches, passages_of(all, n, all[i].comment));
        }
        at++;
    }
    assert_int_equal(count, at < k ? at : k);
    check_totals(&c, n, at, enough);
    free(seen);
    aq_picks_free(&picks);
    aq_arena_free(&arena);
    aq_arena_free(&scratch);
    aq_collector_free(&c);
}

static void run(enum aq_plan_kind kind, bool words, bool required, bool phrase)
{
    static struct aq_candidate all[MOST];
    const char *given = getenv("AQ_ROUNDS");
    long rounds = given ? strtol(given, NULL, 10) : 60;
    time_t start = time(NULL);
    for (long round = 0; round < rounds && (given || time(NULL) - start < 4); round++) {
        struct world *w = make_world();
        make_query(w, words);
        for (uint32_t t = 0; t < TERMS; t++)
            w->terms[t].required = required && w->terms[t].df && below(3) == 0;
        if (phrase) {
            pair(w->phrase, w->phrases, 2);
            w->query.phrases = w->phrases;
            w->query.phrase_count = 1;
            for (uint32_t i = 0; i < 2; i++)
                w->terms[w->phrase[i].term].required = true;
        }
        if (required && !phrase)
            w->terms[below(TERMS)].required = true;
        size_t n = expected(w, kind, all);
        compare(w, kind, EXHAUSTIVE, all, n);
        for (int again = 0; again < 3; again++)
            compare(w, kind, PICKED, all, n);
        for (int again = 0; again < 4 && kind != AQ_PLAN_LIST; again++)
            compare(w, kind, RANKING, all, n);
        free_world(w);
    }
}

static void any_of_the_words_find(void **state)
{
    (void)state;
    run(AQ_PLAN_WINDOWS, true, false, false);
}

static void required_words_are_all_there(void **state)
{
    (void)state;
    run(AQ_PLAN_ALL, true, true, false);
}

static void phrases_stand_side_by_side(void **state)
{
    (void)state;
    run(AQ_PLAN_ALL, true, true, true);
}

static void exclusions_alone_list_the_rest(void **state)
{
    (void)state;
    run(AQ_PLAN_LIST, false, false, false);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(any_of_the_words_find),
        cmocka_unit_test(required_words_are_all_there),
        cmocka_unit_test(phrases_stand_side_by_side),
        cmocka_unit_test(exclusions_alone_list_the_rest),
    };
    const char *given = getenv("AQ_SEED");
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    seed = given ? strtoull(given, NULL, 10) : (uint64_t)now.tv_sec * 1000003u + (uint64_t)now.tv_nsec;
    printf("# AQ_SEED=%llu\n", (unsigned long long)seed);
    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
