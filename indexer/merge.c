/* merge.c - aq_merge; see merge.h. The thread and the policy are in merger.c. */
#include "merge.h"

#include "bitmap.h"

/* Deleted passages of one input as they were when the merge began, with what it
 * takes to number the others: docid - deleted ones before it. */
struct input {
    uint32_t id, passages;
    uint32_t base;        /* docid in the output of this input's first live passage */
    uint32_t live;
    uint8_t *deleted, *hidden; /* bitmaps, whole chunks */
    uint32_t *before;     /* deleted passages before each 512 */
};

/* Lists on their way from the inputs to the output. */
struct step {
    struct aq_buf bytes;
    struct step_list {
        size_t term, list, positions, end; /* offsets into bytes */
    } *lists;
    size_t count, cap;
};

struct merging {
    struct aq_store *from, *to;
    struct input *inputs;
    size_t input_count;
    uint32_t id;          /* of the output */
    struct aq_segment_info info;
    struct aq_impact_model model;
    uint8_t *lengths;     /* of the output */
    struct aq_postings_writer *writer;
    struct aq_buf last;   /* the last term merged */
    bool started;         /* `last` means something */
    struct step step;
    /* one term's forms over all inputs */
    struct aq_form *forms, *ordered;
    uint16_t *codes;      /* union number -> code */
    size_t form_count, form_cap, ordered_cap, code_cap;
    uint16_t **numbers;   /* per input: its code -> union number */
    size_t *number_caps;
    struct aq_cursor *cursors;
};

static uint8_t *copy_bits(struct aq_txn *t, const struct aq_segment *seg, enum aq_bits_kind kind)
{
    uint8_t *bits = calloc(1, aq_bitmap_bytes(seg->info.passages));
    for (uint32_t chunk = 0; bits && (uint64_t)chunk * AQ_BITS_CHUNK < seg->info.passages; chunk++) {
        const uint8_t *p = aq_segment_bits(t, seg, kind, chunk);
        if (p)
            memcpy(bits + (size_t)chunk * (AQ_BITS_CHUNK / 8), p, AQ_BITS_CHUNK / 8);
    }
    return bits;
}

static uint32_t new_docid(const struct input *in, uint32_t docid)
{
    uint32_t gone = in->before[docid / 512];
    for (uint32_t i = docid & ~511u; i < docid; i += 64) {
        uint64_t word = aq_load64(in->deleted + i / 8);
        if (docid - i < 64)
            word &= ((uint64_t)1 << (docid - i)) - 1;
        gone += (uint32_t)__builtin_popcountll(word);
    }
    return in->base + docid - gone;
}

static struct aq_segment *find_segment(struct aq_txn *t, uint32_t id)
{
    for (uint32_t i = 0; i < t->segment_count; i++)
        if (t->segments[i].info.id == id)
            return &t->segments[i];
    return NULL;
}

static enum aq_status vanished(struct aq_error *err, uint32_t id)
{
    return aq_fail(err, AQ_INTERNAL, "segment %u vanished during a merge", id);
}

/* ---- passages: numbers, lengths, bitmaps, map ---- */

static enum aq_status load_input(struct merging *m, struct aq_txn *t, size_t k, uint32_t id, struct aq_error *err)
{
    struct input *in = &m->inputs[k];
    const struct aq_segment *seg = find_segment(t, id);
    if (!seg)
        return vanished(err, id);
    in->id = id;
    in->passages = seg->info.passages;
    in->base = m->info.passages;
    in->deleted = copy_bits(t, seg, AQ_BITS_DELETED);
    in->hidden = copy_bits(t, seg, AQ_BITS_HIDDEN);
    in->before = malloc(((size_t)in->passages / 512 + 2) * sizeof *in->before);
    uint8_t *grown = realloc(m->lengths, (size_t)m->info.passages + in->passages + 1);
    if (grown)
        m->lengths = grown;
    if (!in->deleted || !in->hidden || !in->before || !grown)
        return aq_fail_nomem(err);
    uint32_t gone = 0;
    for (uint32_t d = 0; d < in->passages; d++) {
        if (d % 512 == 0)
            in->before[d / 512] = gone;
        if (aq_bitmap_get(in->deleted, d)) {
            gone++;
            continue;
        }
        m->lengths[m->info.passages++] = seg->lengths[d];
        m->info.tokens += seg->lengths[d];
    }
    in->live = in->passages - gone;
    return AQ_OK;
}

static enum aq_status begin_output(struct merging *m, struct aq_error *err)
{
    struct aq_txn t;
    struct aq_segment seg;
    enum aq_status st = aq_txn_begin_write(m->to, &t, (size_t)m->info.passages * 2 + ((size_t)16 << 20), err);
    if (st)
        return st;
    m->id = t.state.next_segment++;
    t.state.inflight = m->id;
    m->info.id = m->id;
    st = aq_segment_create(&t, m->id, &seg, err);
    if (st == AQ_OK)
        st = aq_segment_put_lengths(&t, m->id, aq_slice(m->lengths, m->info.passages), err);
    if (st == AQ_OK)
        return aq_txn_commit(&t, err);
    aq_txn_end(&t);
    return st;
}

/* The map and the quote bits, chunk by chunk. */
struct passage_sink {
    struct aq_buf rows; /* whole map chunks, the last one may be short */
    uint8_t *quotes;
};

static enum aq_status gather_passages(struct merging *m, struct passage_sink *s, struct aq_error *err)
{
    struct aq_txn t;
    enum aq_status st = aq_txn_begin(m->from, &t, err);
    if (st)
        return st;
    s->quotes = calloc(1, aq_bitmap_bytes(m->info.passages));
    if (!s->quotes)
        st = aq_fail_nomem(err);
    for (size_t k = 0; k < m->input_count && st == AQ_OK; k++) {
        const struct input *in = &m->inputs[k];
        const struct aq_segment *seg = find_segment(&t, in->id);
        if (!seg) {
            st = vanished(err, in->id);
            break;
        }
        uint32_t out = in->base;
        for (uint32_t d = 0; d < in->passages && st == AQ_OK; d++) {
            uint32_t comment, ordinal;
            if (aq_bitmap_get(in->deleted, d))
                continue;
            st = aq_segment_locate(&t, seg, d, &comment, &ordinal);
            if (st) {
                st = aq_fail(err, st, "the map of segment %u cannot be read: run aq check", in->id);
                break;
            }
            aq_buf_u32(&s->rows, comment);
            aq_buf_u16(&s->rows, (uint16_t)ordinal);
            if (aq_bit(aq_segment_bits(&t, seg, AQ_BITS_QUOTE, d / AQ_BITS_CHUNK), d))
                aq_bitmap_set(s->quotes, out, true);
            out++;
        }
    }
    aq_txn_end(&t);
    if (st == AQ_OK && s->rows.failed)
        st = aq_fail_nomem(err);
    return st;
}

/* AQ_MERGE_STEP bytes of it from *at on; *pairs is made when *at is 0. */
static enum aq_status put_order(struct merging *m, struct aq_txn *t, struct aq_buf *pairs, size_t *at,
                                struct aq_error *err)
{
    enum aq_status st = *at ? AQ_OK : aq_segment_order(t, m->id, m->info.passages, pairs, err);
    size_t n = pairs->len - *at < AQ_MERGE_STEP ? pairs->len - *at : AQ_MERGE_STEP;
    if (st == AQ_OK && n)
        st = aq_segment_put_order(t, m->id, aq_slice(pairs->ptr + *at, n), err);
    *at += n;
    return st;
}

static enum aq_status put_passages(struct merging *m, struct aq_error *err)
{
    enum { CHUNK_BYTES = AQ_MAP_CHUNK * 6 };
    struct passage_sink s = {0};
    enum aq_status st = gather_passages(m, &s, err);
    struct aq_txn t;
    struct aq_buf order = {0};
    size_t ordered = 0;
    uint32_t chunk = 0;

    for (size_t at = 0; st == AQ_OK && (at < s.rows.len || ordered < order.len);) {
        st = aq_txn_begin_write(m->to, &t, 0, err);
        if (st)
            break;
        for (size_t written = 0; st == AQ_OK && at < s.rows.len && written < AQ_MERGE_STEP;) {
            size_t n = s.rows.len - at < CHUNK_BYTES ? s.rows.len - at : CHUNK_BYTES;
            st = aq_segment_put_map(&t, m->id, chunk++, aq_slice(s.rows.ptr + at, n), err);
            at += n;
            written += n;
        }
        if (st == AQ_OK && at == s.rows.len && ordered == 0)
            st = aq_bitmap_put(&t, m->id, AQ_BITS_QUOTE, s.quotes, m->info.passages, err);
        if (st == AQ_OK && at == s.rows.len)
            st = put_order(m, &t, &order, &ordered, err);
        if (st == AQ_OK)
            st = aq_txn_commit(&t, err);
        else
            aq_txn_end(&t);
    }
    aq_buf_free(&s.rows);
    aq_buf_free(&order);
    free(s.quotes);
    return st;
}

/* ---- postings ---- */

struct form_gather {
    struct merging *m;
    size_t input;
    bool failed;
};

static bool gather_form(void *context, uint32_t code, struct aq_slice form, uint64_t count)
{
    struct form_gather *g = context;
    struct merging *m = g->m;
    size_t number = 0;
    (void)count;
    while (number < m->form_count && !aq_slice_eq(m->forms[number].text, form))
        number++;
    if (number == m->form_count) {
        /* A form is at most AQ_TERM_MAX bytes; its bytes may be rebuilt for each
         * visit, so keep a copy. */
        if (number >= UINT16_MAX || !aq_grow(&m->forms, &m->form_cap, number + 1, sizeof *m->forms)) {
            g->failed = true;
            return false;
        }
        uint8_t *copy = malloc(form.len + 1);
        if (!copy) {
            g->failed = true;
            return false;
        }
        memcpy(copy, form.ptr, form.len);
        m->forms[m->form_count++] = (struct aq_form){aq_slice(copy, form.len), 0};
    }
    if (!aq_grow(&m->numbers[g->input], &m->number_caps[g->input], (size_t)code + 1, sizeof **m->numbers)) {
        g->failed = true;
        return false;
    }
    m->numbers[g->input][code] = (uint16_t)number;
    return true;
}

static void drop_forms(struct merging *m)
{
    for (size_t i = 0; i < m->form_count; i++) {
        void *copy;
        memcpy(&copy, &m->forms[i].text.ptr, sizeof copy);
        free(copy);
    }
    m->form_count = 0;
}

/* Walks one input's live postings of the term: counts forms, or adds to the writer. */
static enum aq_status walk_postings(struct merging *m, size_t k, const struct aq_postings *p, bool write,
                                    struct aq_error *err)
{
    uint16_t positions[256], codes[256];
    const struct input *in = &m->inputs[k];
    struct aq_cursor *c = &m->cursors[k];

    aq_cursor_init(c, p);
    for (; c->docid != AQ_DOCID_END; aq_cursor_next(c)) {
        if (c->docid >= in->passages)
            return aq_fail(err, AQ_CORRUPT, "a posting of '%.*s' in segment %u is out of range: run aq check",
                           (int)p->term.len, (const char *)p->term.ptr, in->id);
        if (aq_bitmap_get(in->deleted, c->docid))
            continue;
        uint32_t docid = c->docid, tf = aq_cursor_positions(c, positions, codes);
        for (uint32_t i = 0; i < tf; i++) {
            if (codes[i] >= p->form_count)
                return aq_fail(err, AQ_CORRUPT, "a form of '%.*s' in segment %u is out of range: run aq check",
                               (int)p->term.len, (const char *)p->term.ptr, in->id);
            uint16_t number = m->numbers[k][codes[i]];
            if (write)
                codes[i] = m->codes[number];
            else
                m->forms[number].count++;
        }
        if (write && tf) {
            uint32_t out = new_docid(in, docid);
            aq_postings_add(m->writer, out, m->lengths[out], tf, positions, codes);
            m->info.postings++;
        }
    }
    if (c->bad)
        return aq_fail(err, AQ_CORRUPT, "the postings of '%.*s' in segment %u cannot be read: run aq check",
                       (int)p->term.len, (const char *)p->term.ptr, in->id);
    return AQ_OK;
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
static bool order_forms(struct merging *m, uint32_t *used)
{
    uint16_t *order = malloc((m->form_count + 1) * sizeof *order);
    bool ok = order && aq_grow(&m->ordered, &m->ordered_cap, m->form_count, sizeof *m->ordered) &&
              aq_grow(&m->codes, &m->code_cap, m->form_count, sizeof *m->codes);
    *used = 0;
    for (size_t i = 0; ok && i < m->form_count; i++)
        order[i] = (uint16_t)i;
    if (ok && m->form_count > 1)
        qsort_r(order, m->form_count, sizeof *order, by_count, m->forms);
    for (size_t i = 0; ok && i < m->form_count; i++) {
        m->codes[order[i]] = (uint16_t)i;
        m->ordered[i] = m->forms[order[i]];
        *used += m->forms[order[i]].count > 0;
    }
    free(order);
    return ok;
}

static bool keep_list(struct step *s, struct aq_slice term, struct aq_slice list, struct aq_slice positions)
{
    if (!aq_grow(&s->lists, &s->cap, s->count + 1, sizeof *s->lists))
        return false;
    struct step_list *l = &s->lists[s->count];
    l->term = s->bytes.len;
    aq_buf_put(&s->bytes, term.ptr, term.len);
    l->list = s->bytes.len;
    aq_buf_put(&s->bytes, list.ptr, list.len);
    l->positions = s->bytes.len;
    aq_buf_put(&s->bytes, positions.ptr, positions.len);
    l->end = s->bytes.len;
    s->count += !s->bytes.failed;
    return !s->bytes.failed;
}

/* Merges the term on which the walks in `has` stand. */
static enum aq_status merge_term(struct merging *m, const struct aq_term_walk *walks, const bool *has,
                                 struct aq_slice term, struct aq_error *err)
{
    enum aq_status st = AQ_OK;
    struct aq_slice list, positions;
    uint32_t used;

    drop_forms(m);
    for (size_t k = 0; k < m->input_count && st == AQ_OK; k++) {
        struct form_gather g = {m, k, false};
        if (!has[k])
            continue;
        st = aq_postings_forms(&walks[k].postings, gather_form, &g);
        if (g.failed)
            st = AQ_NOMEM;
        if (st)
            return aq_fail(err, st, "the forms of '%.*s' cannot be merged: %s", (int)term.len, (const char *)term.ptr,
                           aq_status_name(st));
        st = walk_postings(m, k, &walks[k].postings, false, err);
    }
    if (st)
        return st;
    if (!order_forms(m, &used))
        return aq_fail_nomem(err);
    if (used == 0)
        return AQ_OK;
    aq_postings_begin(m->writer, term, m->ordered, used, &m->model);
    for (size_t k = 0; k < m->input_count && st == AQ_OK; k++)
        if (has[k])
            st = walk_postings(m, k, &walks[k].postings, true, err);
    if (st)
        return st;
    st = aq_postings_end(m->writer, &list, &positions);
    if (st)
        return aq_fail(err, st, "the postings of '%.*s' cannot be written: %s", (int)term.len, (const char *)term.ptr,
                       aq_status_name(st));
    m->info.terms++;
    m->info.bytes += list.len + positions.len;
    return keep_list(&m->step, term, list, positions) ? AQ_OK : aq_fail_nomem(err);
}

/* Fills m->step from where the last one ended; *more is false at the last term. */
static enum aq_status read_step(struct merging *m, bool *more, struct aq_error *err)
{
    struct aq_txn t;
    struct aq_term_walk *walks = calloc(m->input_count, sizeof *walks);
    bool *open = calloc(m->input_count, sizeof *open), *live = calloc(m->input_count, sizeof *live);
    bool *has = calloc(m->input_count, sizeof *has);
    struct aq_slice from = aq_slice(m->last.ptr ? m->last.ptr : (const uint8_t *)"", m->last.len);
    enum aq_status st;

    m->step.count = 0;
    aq_buf_clear(&m->step.bytes);
    *more = false;
    if (!walks || !open || !live || !has) {
        st = aq_fail_nomem(err);
        goto done;
    }
    st = aq_txn_begin(m->from, &t, err);
    if (st)
        goto done;
    for (size_t k = 0; k < m->input_count && st == AQ_OK; k++) {
        const struct aq_segment *seg = find_segment(&t, m->inputs[k].id);
        if (!seg) {
            st = vanished(err, m->inputs[k].id);
            break;
        }
        st = aq_term_walk_open(&t, seg, from, &walks[k], &live[k], err);
        open[k] = st == AQ_OK;
        if (st == AQ_OK && live[k] && m->started && aq_slice_eq(walks[k].term, from))
            st = aq_term_walk_next(&walks[k], &live[k], err);
    }
    while (st == AQ_OK) {
        struct aq_slice least = {0};
        bool any = false;
        for (size_t k = 0; k < m->input_count; k++)
            if (live[k] && (!any || aq_slice_cmp(walks[k].term, least) < 0)) {
                least = walks[k].term;
                any = true;
            }
        if (!any)
            break;
        if (m->step.bytes.len >= AQ_MERGE_STEP) {
            *more = true;
            break;
        }
        for (size_t k = 0; k < m->input_count; k++)
            has[k] = live[k] && aq_slice_eq(walks[k].term, least);
        aq_buf_clear(&m->last);
        aq_buf_put(&m->last, least.ptr, least.len);
        if (m->last.failed) {
            st = aq_fail_nomem(err);
            break;
        }
        m->started = true;
        st = merge_term(m, walks, has, aq_slice(m->last.ptr, m->last.len), err);
        for (size_t k = 0; k < m->input_count && st == AQ_OK; k++)
            if (has[k])
                st = aq_term_walk_next(&walks[k], &live[k], err);
    }
    for (size_t k = 0; k < m->input_count; k++)
        if (open[k])
            aq_term_walk_close(&walks[k]);
    aq_txn_end(&t);
done:
    free(walks);
    free(open);
    free(live);
    free(has);
    return st;
}

static enum aq_status write_step(struct merging *m, struct aq_error *err)
{
    struct aq_txn t;
    struct aq_segment seg;
    const struct step *s = &m->step;
    if (s->count == 0)
        return AQ_OK;
    enum aq_status st = aq_txn_begin_write(m->to, &t, s->bytes.len * 2 + s->count * 128 + ((size_t)16 << 20), err);
    if (st)
        return st;
    st = aq_segment_reopen(&t, m->id, &seg, err);
    for (size_t i = 0; i < s->count && st == AQ_OK; i++) {
        const struct step_list *l = &s->lists[i];
        const uint8_t *p = s->bytes.ptr;
        st = aq_segment_append(&t, &seg, aq_slice(p + l->term, l->list - l->term),
                               aq_slice(p + l->list, l->positions - l->list),
                               aq_slice(p + l->positions, l->end - l->positions), err);
    }
    if (st == AQ_OK)
        return aq_txn_commit(&t, err);
    aq_txn_end(&t);
    return st;
}

/* ---- listing ---- */

/* Deletions and hidings of the inputs as they are now, on the output's docids. In
 * another store they are as they were: its builder holds the writer's place. */
static enum aq_status carry_over(struct merging *m, struct aq_txn *t, struct aq_error *err)
{
    uint8_t *deleted = calloc(1, aq_bitmap_bytes(m->info.passages)), *hidden = calloc(1, aq_bitmap_bytes(m->info.passages));
    bool same = m->from == m->to;
    enum aq_status st = deleted && hidden ? AQ_OK : aq_fail_nomem(err);

    for (size_t k = 0; k < m->input_count && st == AQ_OK; k++) {
        const struct input *in = &m->inputs[k];
        const struct aq_segment *seg = same ? find_segment(t, in->id) : NULL;
        if (same && !seg) {
            st = vanished(err, in->id);
            break;
        }
        uint32_t out = in->base;
        for (uint32_t d = 0; d < in->passages; d++) {
            if (aq_bitmap_get(in->deleted, d))
                continue;
            uint32_t chunk = d / AQ_BITS_CHUNK;
            if (same ? aq_bit(aq_segment_bits(t, seg, AQ_BITS_HIDDEN, chunk), d) : aq_bitmap_get(in->hidden, d))
                aq_bitmap_set(hidden, out, true);
            if (same && aq_bit(aq_segment_bits(t, seg, AQ_BITS_DELETED, chunk), d)) {
                aq_bitmap_set(deleted, out, true);
                m->info.deleted++;
            }
            out++;
        }
    }
    if (st == AQ_OK)
        st = aq_bitmap_put(t, m->id, AQ_BITS_HIDDEN, hidden, m->info.passages, err);
    if (st == AQ_OK)
        st = aq_bitmap_put(t, m->id, AQ_BITS_DELETED, deleted, m->info.passages, err);
    free(deleted);
    free(hidden);
    return st;
}

static enum aq_status list_output(struct merging *m, struct aq_error *err)
{
    struct aq_txn t;
    enum aq_status st = aq_txn_begin_write(m->to, &t, 0, err);
    if (st)
        return st;
    if (m->info.passages)
        st = carry_over(m, &t, err);
    if (st == AQ_OK)
        st = m->info.passages ? aq_segment_list(&t, &m->info, err) : aq_segment_drop(&t, m->id, err);
    for (size_t k = 0; k < m->input_count && st == AQ_OK && m->from == m->to; k++)
        st = aq_segment_drop(&t, m->inputs[k].id, err);
    t.state.inflight = 0;
    if (st == AQ_OK)
        return aq_txn_commit(&t, err);
    aq_txn_end(&t);
    return st;
}

static void merging_free(struct merging *m)
{
    for (size_t k = 0; m->inputs && k < m->input_count; k++) {
        free(m->inputs[k].deleted);
        free(m->inputs[k].hidden);
        free(m->inputs[k].before);
    }
    for (size_t k = 0; m->numbers && k < m->input_count; k++)
        free(m->numbers[k]);
    drop_forms(m);
    free(m->inputs);
    free(m->numbers);
    free(m->number_caps);
    free(m->cursors);
    free(m->forms);
    free(m->ordered);
    free(m->codes);
    free(m->lengths);
    aq_postings_writer_free(m->writer);
    aq_buf_free(&m->last);
    aq_buf_free(&m->step.bytes);
    free(m->step.lists);
}

enum aq_status aq_merge(struct aq_store *from, const uint32_t *inputs, size_t count, struct aq_store *to,
                        struct aq_error *err)
{
    struct merging m = {.from = from, .to = to, .input_count = count};
    struct aq_txn t;
    bool more = true;
    enum aq_status st;

    m.inputs = calloc(count, sizeof *m.inputs);
    m.numbers = calloc(count, sizeof *m.numbers);
    m.number_caps = calloc(count, sizeof *m.number_caps);
    m.cursors = calloc(count, sizeof *m.cursors);
    m.writer = aq_postings_writer_new();
    if (!m.inputs || !m.numbers || !m.number_caps || !m.cursors || !m.writer) {
        merging_free(&m);
        return aq_fail_nomem(err);
    }
    st = aq_txn_begin(from, &t, err);
    if (st == AQ_OK) {
        for (size_t k = 0; k < count && st == AQ_OK; k++)
            st = load_input(&m, &t, k, inputs[k], err);
        if (st == AQ_OK) {
            const struct aq_segment *seg = find_segment(&t, inputs[0]);
            m.info.k1 = seg->info.k1;
            m.info.b = seg->info.b;
            m.info.average_length = m.info.passages ? (double)m.info.tokens / (double)m.info.passages : 1;
            m.model = (struct aq_impact_model){m.info.k1, m.info.b, m.info.average_length};
        }
        aq_txn_end(&t);
    }
    if (st == AQ_OK)
        st = begin_output(&m, err);
    if (st == AQ_OK)
        st = put_passages(&m, err);
    while (st == AQ_OK && more) {
        st = read_step(&m, &more, err);
        if (st == AQ_OK)
            st = write_step(&m, err);
    }
    if (st == AQ_OK)
        st = list_output(&m, err);
    merging_free(&m);
    return st;
}
