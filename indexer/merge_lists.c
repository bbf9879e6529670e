/* merge_lists.c - a merge's postings: the lists of each term read from all inputs,
 * renumbered, their forms united, and written as one. */
#include "merge_internal.h"

#include "forms.h"
#include "term_merge.h"

/* Lists on their way from the inputs to the output. */
struct step {
    struct aq_buf bytes;
    struct step_list {
        size_t term, list, positions, end; /* offsets into bytes */
    } *lists;
    size_t count, cap;
};

/* One term's postings on their way to another order. */
struct held {
    uint64_t *keys, *spare; /* docid << 32 | index in words */
    uint16_t *words;        /* tf, then as many positions, then as many codes */
    size_t count, key_cap, spare_cap, word_count, word_cap;
};

struct lists {
    struct aq_merging *m;
    struct aq_postings_writer *writer;
    struct aq_buf last; /* the last term merged */
    bool started;       /* `last` means something */
    struct step step;
    struct held held;
    struct aq_forms spellings; /* of the output's forms */
    /* one term's forms over all inputs */
    struct aq_form *forms, *ordered;
    uint16_t *codes;    /* union number -> code */
    size_t form_count, form_cap, ordered_cap, code_cap;
    uint16_t **numbers; /* per input: its code -> union number */
    size_t *number_caps;
    struct aq_cursor *cursors;
};

/* ---- forms ---- */

struct form_gather {
    struct lists *l;
    size_t input;
    bool failed;
};

static bool gather_form(void *context, uint32_t code, struct aq_slice form, uint64_t count)
{
    struct form_gather *g = context;
    struct lists *l = g->l;
    size_t number = 0;
    (void)count;
    while (number < l->form_count && !aq_slice_eq(l->forms[number].text, form))
        number++;
    if (number == l->form_count) {
        /* A form is at most AQ_TERM_MAX bytes; its bytes may be rebuilt for each
         * visit, so keep a copy. */
        if (number >= UINT16_MAX || !aq_grow(&l->forms, &l->form_cap, number + 1, sizeof *l->forms)) {
            g->failed = true;
            return false;
        }
        uint8_t *copy = malloc(form.len + 1);
        if (!copy) {
            g->failed = true;
            return false;
        }
        memcpy(copy, form.ptr, form.len);
        l->forms[l->form_count++] = (struct aq_form){aq_slice(copy, form.len), 0};
    }
    if (!aq_grow(&l->numbers[g->input], &l->number_caps[g->input], (size_t)code + 1, sizeof **l->numbers)) {
        g->failed = true;
        return false;
    }
    l->numbers[g->input][code] = (uint16_t)number;
    return true;
}

static void drop_forms(struct lists *l)
{
    for (size_t i = 0; i < l->form_count; i++) {
        void *copy;
        memcpy(&copy, &l->forms[i].text.ptr, sizeof copy);
        free(copy);
    }
    l->form_count = 0;
}

static int by_count(const void *x, const void *y, void *context)
{
    const struct aq_form *forms = context;
    const struct aq_form *a = &forms[*(const uint16_t *)x], *b = &forms[*(const uint16_t *)y];
    if (a->count != b->count)
        return a->count > b->count ? -1 : 1;
    return aq_slice_cmp(a->text, b->text);
}

/* Codes for the forms that are still in use, most frequent first. */
static bool order_forms(struct lists *l, uint32_t *used)
{
    uint16_t *order = malloc((l->form_count + 1) * sizeof *order);
    bool ok = order && aq_grow(&l->ordered, &l->ordered_cap, l->form_count, sizeof *l->ordered) &&
              aq_grow(&l->codes, &l->code_cap, l->form_count, sizeof *l->codes);
    *used = 0;
    for (size_t i = 0; ok && i < l->form_count; i++)
        order[i] = (uint16_t)i;
    if (ok && l->form_count > 1)
        qsort_r(order, l->form_count, sizeof *order, by_count, l->forms);
    for (size_t i = 0; ok && i < l->form_count; i++) {
        l->codes[order[i]] = (uint16_t)i;
        l->ordered[i] = l->forms[order[i]];
        *used += l->forms[order[i]].count > 0;
    }
    free(order);
    return ok;
}

/* ---- another order ---- */

/* False when memory or 32 bits run out. */
static bool hold(struct held *h, uint32_t docid, uint32_t tf, const uint16_t *positions, const uint16_t *codes)
{
    size_t at = h->word_count, end = at + 1 + 2 * (size_t)tf;
    if (end > UINT32_MAX || !aq_grow(&h->words, &h->word_cap, end, sizeof *h->words) ||
        !aq_grow(&h->keys, &h->key_cap, h->count + 1, sizeof *h->keys))
        return false;
    h->words[at] = (uint16_t)tf;
    memcpy(h->words + at + 1, positions, tf * sizeof *positions);
    memcpy(h->words + at + 1 + tf, codes, tf * sizeof *codes);
    h->word_count = end;
    h->keys[h->count++] = (uint64_t)docid << 32 | at;
    return true;
}

static void sort_few(uint64_t *keys, size_t n)
{
    for (size_t i = 1; i < n; i++) {
        uint64_t key = keys[i];
        size_t at = i;
        for (; at > 0 && keys[at - 1] > key; at--)
            keys[at] = keys[at - 1];
        keys[at] = key;
    }
}

/* By docid, a byte a round, of as many bytes as docids have. */
static bool sort_held(struct held *h, uint32_t passages)
{
    enum { FEW = 64 };
    if (h->count <= FEW) {
        sort_few(h->keys, h->count);
        return true;
    }
    if (!aq_grow(&h->spare, &h->spare_cap, h->key_cap, sizeof *h->spare))
        return false;
    for (unsigned shift = 32; shift < 64 && passages >> (shift - 32); shift += 8) {
        size_t starts[257] = {0};
        for (size_t i = 0; i < h->count; i++)
            starts[(h->keys[i] >> shift & 255) + 1]++;
        for (unsigned digit = 1; digit < 256; digit++)
            starts[digit] += starts[digit - 1];
        for (size_t i = 0; i < h->count; i++)
            h->spare[starts[h->keys[i] >> shift & 255]++] = h->keys[i];
        uint64_t *keys = h->spare;
        h->spare = h->keys;
        h->keys = keys;
        size_t cap = h->spare_cap;
        h->spare_cap = h->key_cap;
        h->key_cap = cap;
    }
    return true;
}

/* Hands the held postings of the term to the writer. */
static bool release_held(struct lists *l)
{
    struct held *h = &l->held;
    if (!sort_held(h, l->m->info.passages))
        return false;
    for (size_t i = 0; i < h->count; i++) {
        const uint16_t *words = h->words + (uint32_t)h->keys[i];
        uint32_t docid = (uint32_t)(h->keys[i] >> 32);
        aq_postings_add(l->writer, docid, l->m->lengths[docid], words[0], words + 1, words + 1 + words[0]);
    }
    h->count = h->word_count = 0;
    return true;
}

/* ---- postings ---- */

static enum aq_status out_of_range(struct aq_error *err, const char *what, const struct aq_postings *p, uint32_t id)
{
    return aq_fail(err, AQ_CORRUPT, "a %s of '%.*s' in segment %u is out of range: run aq check", what,
                   (int)p->term.len, (const char *)p->term.ptr, id);
}

/* Walks one input's live postings of the term: counts forms, or adds to the writer,
 * or holds what is to be sorted. */
static enum aq_status walk_postings(struct lists *l, size_t k, const struct aq_postings *p, bool write,
                                    struct aq_error *err)
{
    uint16_t positions[256], codes[256];
    struct aq_merging *m = l->m;
    const struct aq_merge_input *in = &m->inputs[k];
    struct aq_cursor *c = &l->cursors[k];

    aq_cursor_init(c, p);
    for (; c->docid != AQ_DOCID_END; aq_cursor_next(c)) {
        if (c->docid >= in->passages)
            return out_of_range(err, "posting", p, in->id);
        if (aq_bitmap_get(in->deleted, c->docid))
            continue;
        uint32_t docid = c->docid, tf = aq_cursor_positions(c, positions, codes);
        for (uint32_t i = 0; i < tf; i++) {
            if (codes[i] >= p->form_count)
                return out_of_range(err, "form", p, in->id);
            uint16_t number = l->numbers[k][codes[i]];
            if (write)
                codes[i] = l->codes[number];
            else
                l->forms[number].count++;
        }
        if (!write || !tf)
            continue;
        uint32_t out = aq_merge_docid(m, in, docid);
        m->info.postings++;
        if (!m->docids)
            aq_postings_add(l->writer, out, m->lengths[out], tf, positions, codes);
        else if (!hold(&l->held, out, tf, positions, codes))
            return aq_fail_nomem(err);
    }
    if (c->bad)
        return aq_fail(err, AQ_CORRUPT, "the postings of '%.*s' in segment %u cannot be read: run aq check",
                       (int)p->term.len, (const char *)p->term.ptr, in->id);
    return AQ_OK;
}

static bool keep_list(struct step *s, struct aq_slice term, struct aq_slice list, struct aq_slice positions)
{
    if (!aq_grow(&s->lists, &s->cap, s->count + 1, sizeof *s->lists))
        return false;
    struct step_list *at = &s->lists[s->count];
    at->term = s->bytes.len;
    aq_buf_put(&s->bytes, term.ptr, term.len);
    at->list = s->bytes.len;
    aq_buf_put(&s->bytes, list.ptr, list.len);
    at->positions = s->bytes.len;
    aq_buf_put(&s->bytes, positions.ptr, positions.len);
    at->end = s->bytes.len;
    s->count += !s->bytes.failed;
    return !s->bytes.failed;
}

/* Merges the term on which x stands. */
static enum aq_status merge_term(struct lists *l, const struct aq_term_merge *x, struct aq_slice term,
                                 struct aq_error *err)
{
    struct aq_merging *m = l->m;
    enum aq_status st = AQ_OK;
    struct aq_slice list, positions;
    uint32_t used;

    drop_forms(l);
    for (size_t k = 0; k < m->input_count && st == AQ_OK; k++) {
        struct form_gather g = {l, k, false};
        if (!x->has[k])
            continue;
        st = aq_postings_forms(&x->walks[k].postings, gather_form, &g);
        if (g.failed)
            st = AQ_NOMEM;
        if (st)
            return aq_fail(err, st, "the forms of '%.*s' cannot be merged: %s", (int)term.len, (const char *)term.ptr,
                           aq_status_name(st));
        st = walk_postings(l, k, &x->walks[k].postings, false, err);
    }
    if (st)
        return st;
    if (!order_forms(l, &used))
        return aq_fail_nomem(err);
    if (used == 0)
        return AQ_OK;
    aq_postings_begin(l->writer, term, l->ordered, used, &m->model);
    for (size_t k = 0; k < m->input_count && st == AQ_OK; k++)
        if (x->has[k])
            st = walk_postings(l, k, &x->walks[k].postings, true, err);
    if (st)
        return st;
    if (m->docids && !release_held(l))
        return aq_fail_nomem(err);
    st = aq_postings_end(l->writer, &list, &positions);
    if (st)
        return aq_fail(err, st, "the postings of '%.*s' cannot be written: %s", (int)term.len, (const char *)term.ptr,
                       aq_status_name(st));
    m->info.terms++;
    m->info.bytes += list.len + positions.len;
    st = aq_forms_add_list(&l->spellings, term, list, positions, err);
    if (st)
        return st;
    return keep_list(&l->step, term, list, positions) ? AQ_OK : aq_fail_nomem(err);
}

/* ---- steps ---- */

/* Fills l->step from where the last one ended; *more is false at the last term. */
static enum aq_status read_step(struct lists *l, bool *more, struct aq_error *err)
{
    struct aq_merging *m = l->m;
    struct aq_txn t;
    struct aq_term_merge x;
    struct aq_slice from = aq_slice(l->last.ptr ? l->last.ptr : (const uint8_t *)"", l->last.len);

    l->step.count = 0;
    aq_buf_clear(&l->step.bytes);
    enum aq_status st = aq_txn_begin(m->from, &t, err);
    if (st)
        return st;
    st = aq_merge_look(m, &t, err);
    if (st) {
        aq_txn_end(&t);
        return st;
    }
    st = aq_term_merge_open(&t, m->segments, m->input_count, from, l->started, &x, more, err);
    while (st == AQ_OK && *more && l->step.bytes.len < AQ_MERGE_STEP) {
        aq_buf_clear(&l->last);
        aq_buf_put(&l->last, x.term.ptr, x.term.len);
        l->started = true;
        st = l->last.failed ? aq_fail_nomem(err) : merge_term(l, &x, aq_slice(l->last.ptr, l->last.len), err);
        if (st == AQ_OK)
            st = aq_term_merge_next(&x, more, err);
    }
    aq_term_merge_close(&x);
    aq_txn_end(&t);
    return st;
}

static enum aq_status write_step(struct lists *l, struct aq_error *err)
{
    struct aq_txn t;
    struct aq_segment seg;
    const struct step *s = &l->step;
    if (s->count == 0)
        return AQ_OK;
    enum aq_status st =
        aq_txn_begin_write(l->m->to, &t, s->bytes.len * 2 + s->count * 128 + ((size_t)16 << 20), err);
    if (st)
        return st;
    st = aq_segment_reopen(&t, l->m->info.id, &seg, err);
    for (size_t i = 0; i < s->count && st == AQ_OK; i++) {
        const struct step_list *at = &s->lists[i];
        const uint8_t *p = s->bytes.ptr;
        st = aq_segment_append(&t, &seg, aq_slice(p + at->term, at->list - at->term),
                               aq_slice(p + at->list, at->positions - at->list),
                               aq_slice(p + at->positions, at->end - at->positions), err);
    }
    if (st == AQ_OK)
        return aq_txn_commit(&t, err);
    aq_txn_end(&t);
    return st;
}

/* The table of forms, once all terms are merged. */
static enum aq_status write_spellings(struct lists *l, struct aq_error *err)
{
    enum aq_status st = AQ_OK;
    while (st == AQ_OK && l->spellings.stored < l->spellings.count) {
        struct aq_txn t;
        st = aq_txn_begin_write(l->m->to, &t, 0, err);
        if (st)
            return st;
        st = aq_forms_put(&l->spellings, &t, l->m->info.id, AQ_MERGE_STEP, err);
        if (st == AQ_OK)
            st = aq_txn_commit(&t, err);
        else
            aq_txn_end(&t);
    }
    return st;
}

static void lists_free(struct lists *l)
{
    for (size_t k = 0; l->numbers && k < l->m->input_count; k++)
        free(l->numbers[k]);
    drop_forms(l);
    free(l->numbers);
    free(l->number_caps);
    free(l->cursors);
    free(l->forms);
    free(l->ordered);
    free(l->codes);
    free(l->held.keys);
    free(l->held.spare);
    free(l->held.words);
    aq_postings_writer_free(l->writer);
    aq_forms_free(&l->spellings);
    aq_buf_free(&l->last);
    aq_buf_free(&l->step.bytes);
    free(l->step.lists);
}

enum aq_status aq_merge_lists(struct aq_merging *m, struct aq_error *err)
{
    struct lists l = {.m = m,
                      .writer = aq_postings_writer_new(),
                      .numbers = calloc(m->input_count, sizeof *l.numbers),
                      .number_caps = calloc(m->input_count, sizeof *l.number_caps),
                      .cursors = calloc(m->input_count, sizeof *l.cursors)};
    bool more = true;
    enum aq_status st =
        l.writer && l.numbers && l.number_caps && l.cursors ? AQ_OK : aq_fail_nomem(err);
    while (st == AQ_OK && more) {
        st = read_step(&l, &more, err);
        if (st == AQ_OK)
            st = write_step(&l, err);
    }
    if (st == AQ_OK)
        st = write_spellings(&l, err);
    lists_free(&l);
    return st;
}
