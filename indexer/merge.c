/* merge.c - aq_merge; see merge.h. What becomes of passages is here, what becomes of
 * postings in merge_lists.c; the thread and the policy are in merger.c. */
#include "merge_internal.h"

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


enum aq_status aq_merge_look(struct aq_merging *m, const struct aq_txn *t, struct aq_error *err)
{
    for (size_t k = 0; k < m->input_count; k++) {
        uint32_t at = 0;
        while (at < t->segment_count && t->segments[at].info.id != m->inputs[k].id)
            at++;
        if (at == t->segment_count)
            return aq_fail(err, AQ_INTERNAL, "segment %u vanished during a merge", m->inputs[k].id);
        m->segments[k] = &t->segments[at];
    }
    return AQ_OK;
}

/* ---- inputs ---- */

static enum aq_status load_input(struct aq_merging *m, struct aq_txn *t, size_t k, struct aq_error *err)
{
    struct aq_merge_input *in = &m->inputs[k];
    const struct aq_segment *seg = m->segments[k];
    in->passages = seg->info.passages;
    in->first = k ? in[-1].first + in[-1].passages : 0;
    in->base = m->info.passages;
    if (in->passages > AQ_DOCID_END - 1 - in->first)
        return aq_fail(err, AQ_FULL, "more than %u passages are too many for one segment", AQ_DOCID_END - 1);
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
    return AQ_OK;
}

static enum aq_status load_inputs(struct aq_merging *m, struct aq_error *err)
{
    struct aq_txn t;
    enum aq_status st = aq_txn_begin(m->from, &t, err);
    if (st)
        return st;
    st = aq_merge_look(m, &t, err);
    for (size_t k = 0; k < m->input_count && st == AQ_OK; k++)
        st = load_input(m, &t, k, err);
    if (st == AQ_OK) {
        m->info.k1 = m->segments[0]->info.k1;
        m->info.b = m->segments[0]->info.b;
        m->info.average_length = m->info.passages ? (double)m->info.tokens / (double)m->info.passages : 1;
        m->model = (struct aq_impact_model){m->info.k1, m->info.b, m->info.average_length};
    }
    aq_txn_end(&t);
    return st;
}

/* Into the order of m->docids. */
static enum aq_status rearrange_lengths(struct aq_merging *m, struct aq_error *err)
{
    const struct aq_merge_input *last = &m->inputs[m->input_count - 1];
    uint8_t *lengths = malloc((size_t)m->info.passages + 1), *from = m->lengths;
    if (!lengths)
        return aq_fail_nomem(err);
    for (uint32_t i = 0; i < last->first + last->passages; i++)
        if (m->docids[i] != AQ_DOCID_END)
            lengths[m->docids[i]] = *from++;
    free(m->lengths);
    m->lengths = lengths;
    return AQ_OK;
}

static enum aq_status begin_output(struct aq_merging *m, struct aq_error *err)
{
    struct aq_txn t;
    struct aq_segment seg;
    enum aq_status st = aq_txn_begin_write(m->to, &t, (size_t)m->info.passages * 2 + ((size_t)16 << 20), err);
    if (st)
        return st;
    m->info.id = t.state.next_segment++;
    t.state.inflight = m->info.id;
    st = aq_segment_create(&t, m->info.id, &seg, err);
    if (st == AQ_OK)
        st = aq_segment_put_lengths(&t, m->info.id, aq_slice(m->lengths, m->info.passages), err);
    if (st == AQ_OK)
        return aq_txn_commit(&t, err);
    aq_txn_end(&t);
    return st;
}

/* ---- map, order index, quotes ---- */

/* The live passages of the inputs as the output has them, one after the other. */
struct passages {
    const struct aq_merging *m;
    uint32_t *places; /* with an order: where each stands among those of all inputs */
    uint32_t next;    /* its docid in the output */
    size_t input;
    uint32_t docid;
    struct aq_buf rows; /* map entries to be written */
    uint8_t *quotes;
};

static bool begin_passages(struct passages *p, const struct aq_merging *m)
{
    const struct aq_merge_input *last = &m->inputs[m->input_count - 1];
    *p = (struct passages){.m = m, .quotes = calloc(1, aq_bitmap_bytes(m->info.passages))};
    if (!m->docids)
        return p->quotes;
    p->places = malloc(((size_t)m->info.passages + 1) * sizeof *p->places);
    for (uint32_t i = 0; p->places && i < last->first + last->passages; i++)
        if (m->docids[i] != AQ_DOCID_END)
            p->places[m->docids[i]] = i;
    return p->quotes && p->places;
}

static void end_passages(struct passages *p)
{
    free(p->places);
    free(p->quotes);
    aq_buf_free(&p->rows);
}

/* Finds the input and docid of passage p->next. */
static void find_passage(struct passages *p)
{
    const struct aq_merge_input *in = p->m->inputs;
    if (p->places) {
        uint32_t place = p->places[p->next];
        for (p->input = p->m->input_count - 1; place < in[p->input].first;)
            p->input--;
        p->docid = place - in[p->input].first;
        return;
    }
    p->docid += p->next > 0;
    for (;;) {
        while (p->docid < in[p->input].passages && aq_bitmap_get(in[p->input].deleted, p->docid))
            p->docid++;
        if (p->docid < in[p->input].passages)
            return;
        p->input++;
        p->docid = 0;
    }
}

/* Whole chunks of the map, AQ_MERGE_STEP bytes or less. */
static enum aq_status gather_rows(struct aq_merging *m, struct passages *p, struct aq_error *err)
{
    enum { ROWS = AQ_MERGE_STEP / (AQ_MAP_CHUNK * 6) * AQ_MAP_CHUNK };
    struct aq_txn t;
    enum aq_status st = aq_txn_begin(m->from, &t, err);
    if (st)
        return st;
    st = aq_merge_look(m, &t, err);
    aq_buf_clear(&p->rows);
    for (uint32_t i = 0; st == AQ_OK && i < ROWS && p->next < m->info.passages; i++) {
        uint32_t comment, ordinal;
        find_passage(p);
        const struct aq_segment *seg = m->segments[p->input];
        st = aq_segment_locate(&t, seg, p->docid, &comment, &ordinal);
        if (st) {
            st = aq_fail(err, st, "the map of segment %u cannot be read: run aq check", seg->info.id);
            break;
        }
        aq_buf_u32(&p->rows, comment);
        aq_buf_u16(&p->rows, (uint16_t)ordinal);
        if (ordinal >= m->info.longest)
            m->info.longest = ordinal + 1;
        if (aq_bit(aq_segment_bits(&t, seg, AQ_BITS_QUOTE, p->docid / AQ_BITS_CHUNK), p->docid))
            aq_bitmap_set(p->quotes, p->next, true);
        p->next++;
    }
    aq_txn_end(&t);
    return st == AQ_OK && p->rows.failed ? aq_fail_nomem(err) : st;
}

static enum aq_status put_rows(struct aq_merging *m, struct aq_slice rows, uint32_t *chunk, struct aq_error *err)
{
    enum { CHUNK_BYTES = AQ_MAP_CHUNK * 6 };
    struct aq_txn t;
    enum aq_status st = aq_txn_begin_write(m->to, &t, 0, err);
    if (st)
        return st;
    for (size_t at = 0; st == AQ_OK && at < rows.len; at += CHUNK_BYTES) {
        size_t n = rows.len - at < CHUNK_BYTES ? rows.len - at : CHUNK_BYTES;
        st = aq_segment_put_map(&t, m->info.id, (*chunk)++, aq_slice(rows.ptr + at, n), err);
    }
    if (st == AQ_OK)
        return aq_txn_commit(&t, err);
    aq_txn_end(&t);
    return st;
}

/* After the map, from which the order index is made. */
static enum aq_status put_order(struct aq_merging *m, const uint8_t *quotes, struct aq_error *err)
{
    struct aq_buf pairs = {0};
    struct aq_txn t;
    enum aq_status st = AQ_OK;
    size_t at = 0;
    do {
        st = aq_txn_begin_write(m->to, &t, 0, err);
        if (st)
            break;
        if (at == 0)
            st = aq_bitmap_put(&t, m->info.id, AQ_BITS_QUOTE, quotes, m->info.passages, err);
        if (st == AQ_OK && at == 0)
            st = aq_segment_order(&t, m->info.id, m->info.passages, &pairs, err);
        size_t n = pairs.len - at < AQ_MERGE_STEP ? pairs.len - at : AQ_MERGE_STEP;
        if (st == AQ_OK && n)
            st = aq_segment_put_order(&t, m->info.id, aq_slice(pairs.ptr + at, n), err);
        at += n;
        if (st == AQ_OK)
            st = aq_txn_commit(&t, err);
        else
            aq_txn_end(&t);
    } while (st == AQ_OK && at < pairs.len);
    aq_buf_free(&pairs);
    return st;
}

static enum aq_status put_passages(struct aq_merging *m, struct aq_error *err)
{
    struct passages p;
    uint32_t chunk = 0;
    enum aq_status st = begin_passages(&p, m) ? AQ_OK : aq_fail_nomem(err);
    while (st == AQ_OK && p.next < m->info.passages) {
        st = gather_rows(m, &p, err);
        if (st == AQ_OK)
            st = put_rows(m, aq_slice(p.rows.ptr, p.rows.len), &chunk, err);
    }
    free(p.places);
    p.places = NULL;
    if (st == AQ_OK && m->info.passages)
        st = put_order(m, p.quotes, err);
    end_passages(&p);
    return st;
}

/* ---- listing ---- */

/* Deletions and hidings of the inputs as they are now, on the output's docids. In
 * another store they are as they were: its builder holds the writer's place. */
static enum aq_status carry_over(struct aq_merging *m, struct aq_txn *t, struct aq_error *err)
{
    uint8_t *deleted = calloc(1, aq_bitmap_bytes(m->info.passages)), *hidden = calloc(1, aq_bitmap_bytes(m->info.passages));
    bool same = m->from == m->to;
    enum aq_status st = deleted && hidden ? AQ_OK : aq_fail_nomem(err);

    if (st == AQ_OK && same)
        st = aq_merge_look(m, t, err);
    for (size_t k = 0; k < m->input_count && st == AQ_OK; k++) {
        const struct aq_merge_input *in = &m->inputs[k];
        for (uint32_t d = 0; d < in->passages; d++) {
            if (aq_bitmap_get(in->deleted, d))
                continue;
            uint32_t chunk = d / AQ_BITS_CHUNK, out = aq_merge_docid(m, in, d);
            const struct aq_segment *seg = m->segments[k];
            if (same ? aq_bit(aq_segment_bits(t, seg, AQ_BITS_HIDDEN, chunk), d) : aq_bitmap_get(in->hidden, d))
                aq_bitmap_set(hidden, out, true);
            if (same && aq_bit(aq_segment_bits(t, seg, AQ_BITS_DELETED, chunk), d)) {
                aq_bitmap_set(deleted, out, true);
                m->info.deleted++;
            }
        }
    }
    if (st == AQ_OK)
        st = aq_bitmap_put(t, m->info.id, AQ_BITS_HIDDEN, hidden, m->info.passages, err);
    if (st == AQ_OK)
        st = aq_bitmap_put(t, m->info.id, AQ_BITS_DELETED, deleted, m->info.passages, err);
    free(deleted);
    free(hidden);
    return st;
}

static enum aq_status list_output(struct aq_merging *m, struct aq_error *err)
{
    struct aq_txn t;
    enum aq_status st = aq_txn_begin_write(m->to, &t, 0, err);
    if (st)
        return st;
    if (m->info.passages)
        st = carry_over(m, &t, err);
    if (st == AQ_OK)
        st = m->info.passages ? aq_segment_list(&t, &m->info, err) : aq_segment_drop(&t, m->info.id, err);
    for (size_t k = 0; k < m->input_count && st == AQ_OK && m->from == m->to; k++)
        st = aq_segment_drop(&t, m->inputs[k].id, err);
    t.state.inflight = 0;
    if (st == AQ_OK)
        return aq_txn_commit(&t, err);
    aq_txn_end(&t);
    return st;
}

static void merging_free(struct aq_merging *m)
{
    for (size_t k = 0; m->inputs && k < m->input_count; k++) {
        free(m->inputs[k].deleted);
        free(m->inputs[k].hidden);
        free(m->inputs[k].before);
    }
    free(m->inputs);
    free(m->segments);
    free(m->lengths);
    free(m->docids);
}

enum aq_status aq_merge(struct aq_store *from, const uint32_t *inputs, size_t count, struct aq_store *to,
                        const struct aq_merge_options *options, struct aq_error *err)
{
    struct aq_merging m = {.from = from,
                           .to = to,
                           .inputs = calloc(count, sizeof *m.inputs),
                           .input_count = count,
                           .segments = calloc(count, sizeof(void *))};
    enum aq_status st = m.inputs && m.segments ? AQ_OK : aq_fail_nomem(err);

    for (size_t k = 0; k < count && st == AQ_OK; k++)
        m.inputs[k].id = inputs[k];
    if (st == AQ_OK)
        st = load_inputs(&m, err);
    if (st == AQ_OK && options && options->reorder)
        st = aq_merge_reorder(&m, options->memory, options->threaded, err);
    if (st == AQ_OK && m.docids)
        st = rearrange_lengths(&m, err);
    if (st == AQ_OK)
        st = begin_output(&m, err);
    if (st == AQ_OK)
        st = put_passages(&m, err);
    if (st == AQ_OK)
        st = aq_merge_lists(&m, err);
    if (st == AQ_OK)
        st = list_output(&m, err);
    merging_free(&m);
    return st;
}
