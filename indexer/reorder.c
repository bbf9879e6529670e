/* reorder.c - a merge's comments in an order that makes postings small: by thread,
 * then by bisection over the terms they have in common. A comment's passages stay
 * together; a comment counts as having a term once. */
#include "bisect.h"
#include "merge_internal.h"
#include "term_merge.h"

#include <math.h>

/* A comment's live passages: places [first, first + count) among those of all inputs
 * that have a docid. */
struct comment {
    uint32_t thread, number;
    uint32_t first, count;
};

/* Terms of fewer passages gain next to nothing: their lists are short whatever the order. */
enum { RARE = 64 };

enum {
    POSTING_BYTES = sizeof(uint16_t),
    TERM_BYTES = AQ_BISECT_TERM_BYTES,
    PLACE_BYTES = sizeof(uint32_t),
    COMMENT_BYTES = sizeof(struct comment) + sizeof(uint32_t) /* its start */ + sizeof(uint32_t) /* the order */ +
                    AQ_BISECT_DOCUMENT_BYTES
};

struct reordering {
    struct aq_merging *m;
    uint32_t *comments_of; /* m->docids: of each place its comment, in the end its docid */
    struct comment *comments;
    uint32_t count;
    size_t cap;
    uint32_t least_df; /* terms with fewer passages are left out */
    uint32_t *starts;
    uint16_t *terms;
    uint32_t term_count;
};

/* ---- comments ---- */

static enum aq_status gather_comments(struct reordering *r, struct aq_txn *t, struct aq_error *err)
{
    struct aq_merging *m = r->m;
    for (size_t k = 0; k < m->input_count; k++) {
        const struct aq_merge_input *in = &m->inputs[k];
        uint32_t last = AQ_NO_COMMENT;
        for (uint32_t d = 0; d < in->passages; d++) {
            uint32_t number, ordinal, place = in->first + d;
            r->comments_of[place] = AQ_DOCID_END;
            if (aq_bitmap_get(in->deleted, d))
                continue;
            if (aq_segment_locate(t, m->segments[k], d, &number, &ordinal))
                return aq_fail(err, AQ_CORRUPT, "the map of segment %u cannot be read: run aq check", in->id);
            if (number != last || r->count == 0) {
                if (!aq_grow(&r->comments, &r->cap, (size_t)r->count + 1, sizeof *r->comments))
                    return aq_fail_nomem(err);
                uint32_t thread = (uint32_t)aq_column_get(t, AQ_COL_THREAD, number);
                r->comments[r->count++] = (struct comment){thread, number, place, 0};
                last = number;
            }
            struct comment *c = &r->comments[r->count - 1];
            c->count = place - c->first + 1;
            r->comments_of[place] = r->count - 1;
        }
    }
    return AQ_OK;
}

static int by_thread(const void *x, const void *y)
{
    const struct comment *a = x, *b = y;
    if (a->thread != b->thread)
        return a->thread < b->thread ? -1 : 1;
    return (a->number > b->number) - (a->number < b->number);
}

static void sort_comments(struct reordering *r)
{
    if (r->count)
        qsort(r->comments, r->count, sizeof *r->comments, by_thread);
    for (uint32_t i = 0; i < r->count; i++)
        for (uint32_t k = 0; k < r->comments[i].count; k++) {
            uint32_t *place = &r->comments_of[r->comments[i].first + k];
            if (*place != AQ_DOCID_END)
                *place = i;
        }
}

/* ---- terms ---- */

static int descending(const void *x, const void *y)
{
    uint32_t a = *(const uint32_t *)x, b = *(const uint32_t *)y;
    return (a < b) - (a > b);
}

/* Over all inputs; damaged lists may claim anything. */
static uint32_t passages_with(const struct aq_term_merge *x)
{
    uint64_t df = 0;
    for (size_t k = 0; k < x->count; k++)
        df += x->has[k] ? x->walks[k].postings.df : 0;
    return df < UINT32_MAX ? (uint32_t)df : UINT32_MAX - 1;
}

/* Sets least_df so that terms and postings are not too many. */
static enum aq_status choose_terms(struct reordering *r, struct aq_txn *t, size_t memory, struct aq_error *err)
{
    struct aq_term_merge x;
    uint32_t *dfs = NULL;
    size_t count = 0, cap = 0;
    bool found;
    enum aq_status st =
        aq_term_merge_open(t, r->m->segments, r->m->input_count, aq_slice("", 0), false, &x, &found, err);
    while (st == AQ_OK && found) {
        uint32_t df = passages_with(&x);
        if (df >= RARE) {
            if (!aq_grow(&dfs, &cap, count + 1, sizeof *dfs)) {
                st = aq_fail_nomem(err);
                break;
            }
            dfs[count++] = df;
        }
        st = aq_term_merge_next(&x, &found, err);
    }
    aq_term_merge_close(&x);
    if (count)
        qsort(dfs, count, sizeof *dfs, descending);
    uint64_t postings = 0;
    size_t taken = 0;
    while (taken < count && taken < AQ_BISECT_TERMS && postings + dfs[taken] <= UINT32_MAX &&
           (postings + dfs[taken]) * POSTING_BYTES + (taken + 1) * TERM_BYTES <= memory)
        postings += dfs[taken++];
    r->least_df = taken < count ? dfs[taken] + 1 : RARE; /* all terms of a df or none */
    free(dfs);
    return st;
}

/* The comments that have the term on which x stands, each once: counts them in
 * starts, or puts the term's number where starts says and moves that on. */
static enum aq_status take_term(struct reordering *r, struct aq_term_merge *x, bool put, struct aq_cursor *c,
                                struct aq_error *err)
{
    for (size_t k = 0; k < x->count; k++) {
        const struct aq_merge_input *in = &r->m->inputs[k];
        uint32_t last = AQ_DOCID_END;
        if (!x->has[k])
            continue;
        for (aq_cursor_init(c, &x->walks[k].postings); c->docid != AQ_DOCID_END; aq_cursor_next(c)) {
            /* The segment's passages are the cursor's limit. */
            uint32_t comment = r->comments_of[in->first + c->docid];
            if (comment == last || comment == AQ_DOCID_END)
                continue;
            last = comment;
            if (put)
                r->terms[r->starts[comment]++] = (uint16_t)r->term_count;
            else
                r->starts[comment]++;
        }
        if (c->bad)
            return aq_fail(err, AQ_CORRUPT, "the postings of '%.*s' in segment %u cannot be read: run aq check",
                           (int)x->term.len, (const char *)x->term.ptr, in->id);
    }
    return AQ_OK;
}

static enum aq_status walk_terms(struct reordering *r, struct aq_txn *t, bool put, struct aq_error *err)
{
    struct aq_term_merge x;
    struct aq_cursor cursor;
    bool found;
    enum aq_status st =
        aq_term_merge_open(t, r->m->segments, r->m->input_count, aq_slice("", 0), false, &x, &found, err);
    r->term_count = 0;
    while (st == AQ_OK && found) {
        if (passages_with(&x) >= r->least_df) {
            st = take_term(r, &x, put, &cursor, err);
            r->term_count++;
        }
        if (st == AQ_OK)
            st = aq_term_merge_next(&x, &found, err);
    }
    aq_term_merge_close(&x);
    return st;
}

/* The terms of each comment, by two walks: how many, then which. */
static enum aq_status gather_terms(struct reordering *r, struct aq_txn *t, struct aq_error *err)
{
    r->starts = calloc((size_t)r->count + 1, sizeof *r->starts);
    if (!r->starts)
        return aq_fail_nomem(err);
    enum aq_status st = walk_terms(r, t, false, err);
    if (st)
        return st;
    uint32_t sum = 0;
    for (uint32_t i = 0; i <= r->count; i++) {
        uint32_t n = r->starts[i];
        r->starts[i] = sum;
        sum += n;
    }
    r->terms = malloc(((size_t)sum + 1) * sizeof *r->terms);
    if (!r->terms)
        return aq_fail_nomem(err);
    st = walk_terms(r, t, true, err);
    memmove(r->starts + 1, r->starts, (size_t)r->count * sizeof *r->starts);
    r->starts[0] = 0;
    return st;
}

/* ---- all of it ---- */

static enum aq_status gather(struct reordering *r, size_t memory, struct aq_error *err)
{
    struct aq_txn t;
    enum aq_status st = aq_txn_begin(r->m->from, &t, err);
    if (st)
        return st;
    st = aq_merge_look(r->m, &t, err);
    if (st == AQ_OK)
        st = gather_comments(r, &t, err);
    if (st == AQ_OK) {
        const struct aq_merge_input *last = &r->m->inputs[r->m->input_count - 1];
        size_t taken = ((size_t)last->first + last->passages) * PLACE_BYTES + (size_t)r->count * COMMENT_BYTES;
        sort_comments(r);
        st = choose_terms(r, &t, memory > taken ? memory - taken : 0, err);
    }
    if (st == AQ_OK)
        st = gather_terms(r, &t, err);
    aq_txn_end(&t);
    return st;
}

/* Bits of the gaps between comments that have a term in common, about. */
static enum aq_status weigh_gaps(const struct reordering *r, const uint32_t *order, double *bits, struct aq_error *err)
{
    uint32_t *next = calloc((size_t)r->term_count + 1, sizeof *next), docid = 0;
    if (!next)
        return aq_fail_nomem(err);
    *bits = 0;
    for (uint32_t i = 0; i < r->count; i++) {
        uint32_t comment = order[i], end = docid + r->comments[comment].count;
        for (uint32_t at = r->starts[comment]; at < r->starts[comment + 1]; at++) {
            *bits += log2(docid - next[r->terms[at]] + 1.0);
            next[r->terms[at]] = end;
        }
        docid = end;
    }
    free(next);
    return AQ_OK;
}

/* The better one of two orders: bisection, which looks at comments as if all were of
 * one size and spread evenly, does not always improve on threads. */
static enum aq_status find_order(const struct reordering *r, uint32_t *order, bool threaded, struct aq_error *err)
{
    const struct aq_bisect_graph g = {r->starts, r->terms, r->count, r->term_count};
    double before, after;
    for (uint32_t i = 0; i < r->count; i++)
        order[i] = i;
    enum aq_status st = weigh_gaps(r, order, &before, err);
    if (st == AQ_OK)
        st = aq_bisect(&g, order, threaded, err);
    if (st == AQ_OK)
        st = weigh_gaps(r, order, &after, err);
    for (uint32_t i = 0; st == AQ_OK && after >= before && i < r->count; i++)
        order[i] = i;
    return st;
}

static void number_passages(struct reordering *r, const uint32_t *order)
{
    uint32_t next = 0;
    for (uint32_t i = 0; i < r->count; i++) {
        const struct comment *c = &r->comments[order[i]];
        for (uint32_t k = 0; k < c->count; k++)
            if (r->comments_of[c->first + k] != AQ_DOCID_END)
                r->comments_of[c->first + k] = next++;
    }
}

enum aq_status aq_merge_reorder(struct aq_merging *m, size_t memory, bool threaded, struct aq_error *err)
{
    const struct aq_merge_input *last = &m->inputs[m->input_count - 1];
    struct reordering r = {.m = m};
    uint32_t *order = NULL;
    m->docids = malloc(((size_t)last->first + last->passages + 1) * sizeof *m->docids);
    r.comments_of = m->docids;
    enum aq_status st = m->docids ? gather(&r, memory, err) : aq_fail_nomem(err);
    if (st == AQ_OK) {
        order = malloc(((size_t)r.count + 1) * sizeof *order);
        st = order ? AQ_OK : aq_fail_nomem(err);
    }
    if (st == AQ_OK)
        st = find_order(&r, order, threaded, err);
    if (st == AQ_OK)
        number_passages(&r, order);
    free(r.comments);
    free(r.starts);
    free(r.terms);
    free(order);
    return st;
}
