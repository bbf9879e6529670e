/* filter.c - see filter.h. */
#include "filter_internal.h"
#include "quoting.h"

#include <stddef.h>

/* Comments whose depth was asked for; the rest is 0. */
enum { UNKNOWN, ENDLESS, ON_THE_WAY, KNOWN /* and the depth */ };

/* ---- whether a comment passes ---- */

static unsigned marks_of(int64_t flags)
{
    unsigned marks = flags & AQ_IS_POST ? AQ_IS_A_POST : AQ_IS_A_COMMENT;
    marks |= flags & AQ_HAS_QUOTE ? AQ_HAS_A_QUOTE : 0;
    marks |= flags & AQ_HAS_LINK ? AQ_HAS_A_LINK : 0;
    marks |= flags & AQ_HAS_CODE ? AQ_HAS_SOME_CODE : 0;
    return marks;
}

static bool in_ranges(const struct aq_filter_test *t, int64_t value)
{
    for (size_t i = 0; i < t->range_count; i++)
        if (t->ranges[i].from <= value && value <= t->ranges[i].to)
            return true;
    return false;
}

/* Comments without a value are in no range. */
static bool column_in_ranges(const struct aq_filter_test *t, struct aq_txn *txn, uint32_t comment)
{
    int64_t value = aq_column_get(txn, t->column, comment);
    int64_t none = t->column == AQ_COL_SCORE ? AQ_NO_SCORE : AQ_NO_DATE;
    return value != none && in_ranges(t, value);
}

static bool listed(const struct aq_number_list *l, uint32_t number)
{
    size_t low = 0, high = l->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (l->items[middle] < number)
            low = middle + 1;
        else
            high = middle;
    }
    return low < l->count && l->items[low] == number;
}

/* AQ_NO_COMMENT without one. */
static uint32_t parent_of(struct aq_txn *txn, uint32_t comment)
{
    int64_t parent = aq_column_get(txn, AQ_COL_PARENT, comment);
    return parent < txn->state.next_comment ? (uint32_t)parent : AQ_NO_COMMENT;
}

static bool replies_to(const struct aq_filter_test *t, struct aq_txn *txn, uint32_t comment)
{
    uint32_t parent = parent_of(txn, comment);
    if (parent == AQ_NO_COMMENT)
        return listed(&t->replies, comment);
    if (listed(&t->list, parent))
        return true;
    return aq_number_set_has(&t->set, aq_column_get(txn, AQ_COL_AUTHOR, parent)) &&
           (aq_column_get(txn, AQ_COL_FLAGS, parent) & AQ_LIVE);
}

/* Steps to the comment that has no parent; INT64_MAX when these are `deep` or more, or
 * go round in a ring. */
static int64_t depth_by_walking(const struct aq_filter_test *t, struct aq_txn *txn, uint32_t comment)
{
    for (uint32_t depth = 0; depth < t->deep; depth++)
        if ((comment = parent_of(txn, comment)) == AQ_NO_COMMENT)
            return depth;
    return INT64_MAX;
}

/* The same, every step taken once: threads may be chains of thousands. */
static int64_t depth_by_heart(const struct aq_filter_test *t, struct aq_txn *txn, uint32_t comment)
{
    uint32_t *depths = t->depths, steps = 0, at = comment;
    if (comment >= txn->state.next_comment)
        return 0;
    for (; at != AQ_NO_COMMENT && depths[at] == UNKNOWN; at = parent_of(txn, at), steps++)
        depths[at] = ON_THE_WAY;
    bool endless = at != AQ_NO_COMMENT && depths[at] < KNOWN;
    uint32_t known = endless ? ENDLESS : KNOWN + (at == AQ_NO_COMMENT ? steps - 1 : depths[at] - KNOWN + steps);
    for (at = comment; steps > 0; at = parent_of(txn, at), steps--)
        depths[at] = endless ? ENDLESS : known--;
    return depths[comment] == ENDLESS ? INT64_MAX : (int64_t)depths[comment] - KNOWN;
}

bool aq_filter_matches(const struct aq_filter_test *t, struct aq_txn *txn, uint32_t comment)
{
    switch ((enum aq_test_kind)t->kind) {
    case AQ_TEST_MARKS:
        return marks_of(aq_column_get(txn, AQ_COL_FLAGS, comment)) & t->marks;
    case AQ_TEST_RANGES:
        return column_in_ranges(t, txn, comment);
    case AQ_TEST_NUMBER:
        return aq_number_set_has(&t->set, aq_column_get(txn, t->column, comment));
    case AQ_TEST_COMMENTS:
        return listed(&t->list, comment);
    case AQ_TEST_TITLE:
        return aq_number_set_has(&t->set, comment) ||
               aq_number_set_has(&t->threads, aq_column_get(txn, AQ_COL_THREAD, comment));
    case AQ_TEST_PARENT:
        return replies_to(t, txn, comment);
    case AQ_TEST_DEPTH:
        return in_ranges(t, t->depths ? depth_by_heart(t, txn, comment) : depth_by_walking(t, txn, comment));
    }
    return false;
}

bool aq_filter_passes(const struct aq_filter *f, struct aq_txn *txn, uint32_t comment)
{
    for (uint32_t i = 0; i < f->count; i++)
        if (aq_filter_matches(&f->tests[i], txn, comment) == f->tests[i].refused)
            return false;
    return true;
}

/* ---- making tests ---- */

struct making {
    const struct aq_filter_source *from;
    const struct aq_search_request *request; /* never NULL */
    const struct aq_filter_clause *clauses;
    size_t count;
};

/* False: out of memory. */
static bool collect(const struct making *m, enum aq_field field, bool refused, struct aq_wanted *w)
{
    const struct aq_search_request *r = m->request;
    const char *const *given = field == AQ_FIELD_AUTHOR ? r->authors : field == AQ_FIELD_THREAD ? r->threads : NULL;
    size_t given_count = field == AQ_FIELD_AUTHOR ? r->author_count : field == AQ_FIELD_THREAD ? r->thread_count : 0;
    w->count = 0;
    w->values = aq_arena_alloc(m->from->arena, (given_count + m->count + 1) * sizeof *w->values);
    if (!w->values)
        return false;
    for (size_t i = 0; i < given_count && !refused; i++)
        w->values[w->count++] = (struct aq_field_value){.field = field, .text = aq_slice_str(given[i])};
    for (size_t i = 0; i < m->count; i++)
        if (m->clauses[i].value->field == field && m->clauses[i].refused == refused)
            w->values[w->count++] = *m->clauses[i].value;
    return true;
}

static bool make_set(struct aq_arena *arena, uint32_t count, struct aq_number_set *set)
{
    *set = (struct aq_number_set){aq_arena_zalloc(arena, count / 8 + 1), count};
    return set->bits;
}

/* Each makes a test of the values, one or more; *asked becomes false when they ask for nothing. */
typedef enum aq_status make_test(const struct making *m, const struct aq_wanted *w, struct aq_filter_test *t,
                                 bool *asked, struct aq_error *err);

static enum aq_status make_marks(const struct making *m, const struct aq_wanted *w, struct aq_filter_test *t,
                                 bool *asked, struct aq_error *err)
{
    (void)m;
    (void)asked;
    (void)err;
    t->kind = AQ_TEST_MARKS;
    for (size_t i = 0; i < w->count; i++)
        t->marks |= w->values[i].bits;
    return AQ_OK;
}

static enum aq_status make_ranges(const struct making *m, const struct aq_wanted *w, struct aq_filter_test *t,
                                  bool *asked, struct aq_error *err)
{
    (void)asked;
    t->kind = AQ_TEST_RANGES;
    t->column = w->values[0].field == AQ_FIELD_SCORE ? AQ_COL_SCORE : AQ_COL_DATE;
    t->ranges = aq_arena_alloc(m->from->arena, w->count * sizeof *t->ranges);
    if (!t->ranges)
        return aq_fail_nomem(err);
    t->range_count = w->count;
    for (size_t i = 0; i < w->count; i++)
        t->ranges[i] = (struct aq_interval){w->values[i].from, w->values[i].to};
    return AQ_OK;
}

/* Steps that are followed for each comment anew; beyond, what was found is kept. */
enum { DEPTH_WALKED = 32 };

static enum aq_status make_depth(const struct making *m, const struct aq_wanted *w, struct aq_filter_test *t,
                                 bool *asked, struct aq_error *err)
{
    uint32_t comments = m->from->txn->state.next_comment;
    int64_t deep = 0;
    enum aq_status st = make_ranges(m, w, t, asked, err);
    t->kind = AQ_TEST_DEPTH;
    for (size_t i = 0; i < t->range_count; i++) {
        const struct aq_interval *r = &t->ranges[i];
        deep = r->from > deep ? r->from : deep;
        deep = r->to < INT64_MAX && r->to >= deep ? r->to + 1 : deep;
    }
    t->deep = deep < comments ? (uint32_t)deep : comments;
    if (!st && t->deep > DEPTH_WALKED && !(t->depths = aq_arena_zalloc(m->from->arena, comments * sizeof *t->depths)))
        st = aq_fail_nomem(err);
    return st;
}

typedef enum aq_status find_numbers(const struct aq_filter_source *from, const struct aq_wanted *w,
                                    struct aq_number_set *set, struct aq_error *err);

/* What has names, and where a comment's is. */
static const struct {
    enum aq_field field;
    enum aq_column column;
    size_t next; /* of aq_state: how many names there are */
    find_numbers *find;
} named[] = {
    {AQ_FIELD_AUTHOR, AQ_COL_AUTHOR, offsetof(struct aq_state, next_author), aq_find_authors},
    {AQ_FIELD_SOURCE, AQ_COL_SOURCE, offsetof(struct aq_state, next_source), aq_find_sources},
    {AQ_FIELD_TAG, AQ_COL_TAGS, offsetof(struct aq_state, next_tags), aq_find_tag_sets},
    {AQ_FIELD_THREAD, AQ_COL_THREAD, offsetof(struct aq_state, next_thread), aq_find_threads},
};

static enum aq_status make_number(const struct making *m, const struct aq_wanted *w, struct aq_filter_test *t,
                                  bool *asked, struct aq_error *err)
{
    size_t i = 0;
    uint32_t count;
    (void)asked;
    while (named[i].field != w->values[0].field)
        i++;
    memcpy(&count, (const uint8_t *)&m->from->txn->state + named[i].next, sizeof count);
    t->kind = AQ_TEST_NUMBER;
    t->column = named[i].column;
    return make_set(m->from->arena, count, &t->set) ? named[i].find(m->from, w, &t->set, err) : aq_fail_nomem(err);
}

static enum aq_status make_title(const struct making *m, const struct aq_wanted *w, struct aq_filter_test *t,
                                 bool *asked, struct aq_error *err)
{
    const struct aq_state *state = &m->from->txn->state;
    t->kind = AQ_TEST_TITLE;
    if (!make_set(m->from->arena, state->next_comment, &t->set) || !make_set(m->from->arena, state->next_thread, &t->threads))
        return aq_fail_nomem(err);
    return aq_find_titles(m->from, w, &t->set, &t->threads, asked, err);
}

/* ---- ids ---- */

static int by_number(const void *x, const void *y)
{
    const uint32_t *a = x, *b = y;
    return (*a > *b) - (*a < *b);
}

/* Moves numbers into the arena, ascending. */
static bool make_list(const struct making *m, struct aq_buf *numbers, struct aq_number_list *list)
{
    uint32_t *items = aq_arena_alloc(m->from->arena, numbers->len + 1);
    bool good = items && !numbers->failed;
    list->count = good ? numbers->len / sizeof *items : 0;
    if (list->count) {
        memcpy(items, numbers->ptr, numbers->len);
        qsort(items, list->count, sizeof *items, by_number);
    }
    list->items = items;
    return good;
}

/* The comment with this id, deleted ones too. */
static enum aq_status find_id(const struct making *m, struct aq_slice id, struct aq_buf *numbers, struct aq_error *err)
{
    uint32_t number;
    enum aq_status st = id.len && id.len <= AQ_MAX_ID ? aq_comment_find(m->from->txn, id, &number, err) : AQ_NOTFOUND;
    if (st == AQ_OK)
        aq_buf_put(numbers, &number, sizeof number);
    return st == AQ_NOTFOUND ? AQ_OK : st;
}

static enum aq_status make_id(const struct making *m, const struct aq_wanted *w, struct aq_filter_test *t, bool *asked,
                              struct aq_error *err)
{
    struct aq_buf numbers = {0};
    enum aq_status st = AQ_OK;
    (void)asked;
    t->kind = AQ_TEST_COMMENTS;
    for (size_t i = 0; i < w->count && !st; i++)
        st = find_id(m, w->values[i].text, &numbers, err);
    if (!st && !make_list(m, &numbers, &t->list))
        st = aq_fail_nomem(err);
    aq_buf_free(&numbers);
    return st;
}

/* The comments that quote those with the ids, or those that they quote. */
static enum aq_status make_quoting(const struct making *m, const struct aq_wanted *w, struct aq_filter_test *t,
                                   bool *asked, struct aq_error *err)
{
    bool quoters = w->values[0].field == AQ_FIELD_QUOTES;
    struct aq_buf ids = {0}, numbers = {0};
    enum aq_status st = AQ_OK;
    (void)asked;
    t->kind = AQ_TEST_COMMENTS;
    for (size_t i = 0; i < w->count && !st; i++)
        st = find_id(m, w->values[i].text, &ids, err);
    for (size_t at = 0; at < ids.len && !st; at += sizeof(uint32_t)) {
        uint32_t comment, count;
        memcpy(&comment, ids.ptr + at, sizeof comment);
        st = quoters ? aq_quoters(m->from->txn, comment, &numbers, &count, err)
                     : aq_quoted(m->from->txn, comment, &numbers, err);
    }
    if (!st && (ids.failed || !make_list(m, &numbers, &t->list)))
        st = aq_fail_nomem(err);
    aq_buf_free(&ids);
    aq_buf_free(&numbers);
    return st;
}

/* Replies wait under the hash of their parent's id until it comes. */
static enum aq_status find_waiting(const struct making *m, struct aq_slice id, struct aq_buf *replies,
                                   struct aq_error *err)
{
    const uint32_t *numbers;
    uint32_t count;
    enum aq_status st = aq_ids_get(m->from->txn, AQ_ID_AWAITED, aq_hash(id), &numbers, &count);
    if (st)
        return aq_fail(err, st, "the replies to a comment cannot be read; `aq check` tells more");
    if (count)
        aq_buf_put(replies, numbers, count * sizeof *numbers);
    return AQ_OK;
}

static enum aq_status find_parents(const struct making *m, const struct aq_wanted *w, struct aq_filter_test *t,
                                   struct aq_buf *parents, struct aq_buf *replies, struct aq_error *err)
{
    struct aq_wanted authors = {aq_arena_alloc(m->from->arena, w->count * sizeof *w->values), 0};
    enum aq_status st = authors.values ? AQ_OK : aq_fail_nomem(err);
    for (size_t i = 0; i < w->count && !st; i++) {
        struct aq_slice id = w->values[i].text;
        size_t before = parents->len + replies->len;
        st = find_id(m, id, parents, err);
        if (!st)
            st = find_waiting(m, id, replies, err);
        if (parents->len + replies->len == before)
            authors.values[authors.count++] = w->values[i];
    }
    return st || !authors.count ? st : aq_find_authors(m->from, &authors, &t->set, err);
}

static enum aq_status make_parent(const struct making *m, const struct aq_wanted *w, struct aq_filter_test *t,
                                  bool *asked, struct aq_error *err)
{
    struct aq_buf parents = {0}, replies = {0};
    (void)asked;
    t->kind = AQ_TEST_PARENT;
    enum aq_status st = make_set(m->from->arena, m->from->txn->state.next_author, &t->set) ? AQ_OK : aq_fail_nomem(err);
    if (!st)
        st = find_parents(m, w, t, &parents, &replies, err);
    if (!st && (!make_list(m, &parents, &t->list) || !make_list(m, &replies, &t->replies)))
        st = aq_fail_nomem(err);
    aq_buf_free(&parents);
    aq_buf_free(&replies);
    return st;
}

/* ---- all tests ---- */

/* What comes first is tried first. */
static const struct {
    enum aq_field field;
    make_test *make;
} fields[] = {
    {AQ_FIELD_IS, make_marks},      {AQ_FIELD_HAS, make_marks},         {AQ_FIELD_DATE, make_ranges},
    {AQ_FIELD_SCORE, make_ranges},  {AQ_FIELD_AUTHOR, make_number},     {AQ_FIELD_SOURCE, make_number},
    {AQ_FIELD_TAG, make_number},    {AQ_FIELD_THREAD, make_number},     {AQ_FIELD_ID, make_id},
    {AQ_FIELD_QUOTES, make_quoting}, {AQ_FIELD_QUOTED_BY, make_quoting},
    {AQ_FIELD_TITLE, make_title},   {AQ_FIELD_REPLYING_TO, make_parent}, {AQ_FIELD_DEPTH, make_depth},
};

/* All of the dates after and before which a comment must be are one range. */
static enum aq_status make_bounds(const struct making *m, struct aq_filter *f, struct aq_error *err)
{
    const struct aq_search_request *r = m->request;
    struct aq_interval bounds = {INT64_MIN + 1, INT64_MAX};
    if (r->after || r->before) {
        bounds.from = r->after != AQ_NO_DATE ? r->after : bounds.from;
        bounds.to = r->before != AQ_NO_DATE ? r->before - 1 : bounds.to;
    }
    for (size_t i = 0; i < m->count; i++) {
        const struct aq_field_value *v = m->clauses[i].value;
        if (m->clauses[i].refused || (v->field != AQ_FIELD_AFTER && v->field != AQ_FIELD_BEFORE))
            continue;
        bounds.from = v->from > bounds.from ? v->from : bounds.from;
        bounds.to = v->to < bounds.to ? v->to : bounds.to;
    }
    if (bounds.from == INT64_MIN + 1 && bounds.to == INT64_MAX)
        return AQ_OK;
    struct aq_filter_test *t = &f->tests[f->count++];
    *t = (struct aq_filter_test){.kind = AQ_TEST_RANGES, .column = AQ_COL_DATE, .range_count = 1};
    t->ranges = aq_arena_alloc(m->from->arena, sizeof *t->ranges);
    if (!t->ranges)
        return aq_fail_nomem(err);
    *t->ranges = bounds;
    return AQ_OK;
}

/* The comments that the request leaves out. */
static enum aq_status make_without(const struct making *m, struct aq_filter *f, struct aq_error *err)
{
    const struct aq_search_request *r = m->request;
    struct aq_filter_test t = {.kind = AQ_TEST_COMMENTS, .refused = true};
    struct aq_buf numbers = {0};
    if (!r->without_count)
        return AQ_OK;
    if (r->without_count <= SIZE_MAX / sizeof *r->without)
        aq_buf_put(&numbers, r->without, r->without_count * sizeof *r->without);
    else
        numbers.failed = true;
    bool made = make_list(m, &numbers, &t.list);
    aq_buf_free(&numbers);
    if (!made)
        return aq_fail_nomem(err);
    f->tests[f->count++] = t;
    return AQ_OK;
}

static enum aq_status add_test(const struct making *m, struct aq_filter *f, enum aq_field field, bool refused,
                               make_test *make, struct aq_error *err)
{
    struct aq_wanted w;
    struct aq_filter_test t = {.refused = refused};
    bool asked = true;
    if (!collect(m, field, refused, &w))
        return aq_fail_nomem(err);
    enum aq_status st = w.count ? make(m, &w, &t, &asked, err) : AQ_OK;
    if (!st && w.count && asked)
        f->tests[f->count++] = t;
    return st;
}

enum aq_status aq_filter_make(struct aq_filter *f, const struct aq_filter_source *from,
                              const struct aq_search_request *request, const struct aq_filter_clause *clauses,
                              size_t count, struct aq_error *err)
{
    static const struct aq_search_request nothing = {0};
    const struct making m = {from, request ? request : &nothing, clauses, count};
    *f = (struct aq_filter){0};
    if (!count && !m.request->author_count && !m.request->thread_count && !m.request->without_count &&
        !m.request->after && !m.request->before)
        return AQ_OK;
    *f = (struct aq_filter){.tests = aq_arena_alloc(from->arena, (2 * AQ_FIELD_COUNT + 2) * sizeof *f->tests)};
    enum aq_status st = f->tests ? make_bounds(&m, f, err) : aq_fail_nomem(err);
    if (!st)
        st = make_without(&m, f, err);
    for (size_t i = 0; i < AQ_COUNT(fields); i++)
        for (unsigned refused = 0; refused < 2 && !st; refused++)
            st = add_test(&m, f, fields[i].field, refused, fields[i].make, err);
    for (unsigned i = 0; i < 2 && !st; i++)
        st = add_test(&m, f, i ? AQ_FIELD_BEFORE : AQ_FIELD_AFTER, true, make_ranges, err);
    f->active = f->count > 0;
    return st;
}

enum aq_status aq_filter_within(struct aq_filter *out, const struct aq_filter *f, struct aq_txn *txn,
                                struct aq_arena *arena, const uint32_t *threads, size_t count, struct aq_error *err)
{
    struct aq_filter_test *tests = aq_arena_alloc(arena, (f->count + 1) * sizeof *tests);
    struct aq_number_set set;
    if (!tests || !make_set(arena, txn->state.next_thread, &set))
        return aq_fail_nomem(err);
    for (size_t i = 0; i < count; i++)
        aq_number_set_add(&set, threads[i]);
    tests[0] = (struct aq_filter_test){.kind = AQ_TEST_NUMBER, .column = AQ_COL_THREAD, .set = set};
    if (f->count)
        memcpy(tests + 1, f->tests, f->count * sizeof *tests);
    *out = (struct aq_filter){.active = true, .tests = tests, .count = f->count + 1};
    return AQ_OK;
}
