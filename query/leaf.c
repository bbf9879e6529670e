/* leaf.c - see leaf.h. */
#include "leaf.h"

static bool leaf_alloc(struct aq_leaf *leaf, const struct aq_query *q, uint32_t passages, struct aq_arena *arena)
{
    size_t chunks = (size_t)passages / AQ_BITS_CHUNK + 1, maps = (size_t)passages / AQ_MAP_CHUNK + 1;
    leaf->passages = passages;
    leaf->lists = aq_arena_zalloc(arena, (q->term_count + 1) * sizeof *leaf->lists);
    leaf->codes = aq_arena_alloc(arena, (q->form_count + 1) * sizeof *leaf->codes);
    leaf->chunks = aq_arena_zalloc(arena, chunks * sizeof *leaf->chunks);
    leaf->rows = aq_arena_zalloc(arena, maps * sizeof *leaf->rows);
    return leaf->lists && leaf->codes && leaf->chunks && leaf->rows;
}

static enum aq_status segment_leaf(struct aq_leaf *leaf, struct aq_txn *txn, const struct aq_segment *seg,
                                   struct aq_query *q, struct aq_error *err)
{
    leaf->txn = txn;
    leaf->segment = seg;
    leaf->longest = seg->info.longest ? seg->info.longest : UINT32_MAX;
    leaf->lengths = seg->lengths;
    for (size_t i = 0; i < q->term_count; i++) {
        struct aq_leaf_list *l = &leaf->lists[i];
        enum aq_status st = aq_segment_postings(txn, seg, q->terms[i].term, &l->list, err);
        if (st == AQ_NOTFOUND)
            continue;
        if (st)
            return st;
        l->df = l->list.df;
        q->terms[i].df += l->df;
    }
    for (size_t i = 0; i < q->form_count; i++) {
        struct aq_query_form *f = &q->forms[i];
        const struct aq_leaf_list *l = &leaf->lists[f->term];
        leaf->codes[i] = l->df ? aq_postings_form_code(&l->list, f->form) : -1;
        f->seen |= leaf->codes[i] >= 0;
    }
    return AQ_OK;
}

/* Map and bitmaps are in memory already: every chunk counts as looked at. */
static void pending_leaf(struct aq_leaf *leaf, struct aq_txn *txn, const struct aq_pending_scan *pend,
                         struct aq_query *q)
{
    const struct aq_pending_passages *p = aq_pending_passages_of(pend);
    leaf->txn = txn;
    leaf->longest = UINT32_MAX;
    leaf->lengths = p->lengths.ptr;
    for (size_t i = 0; i < q->term_count; i++) {
        leaf->lists[i].in_memory = true;
        leaf->lists[i].memory = pend->lists[i];
        leaf->lists[i].df = pend->lists[i].df;
        q->terms[i].df += pend->lists[i].df;
    }
    for (size_t i = 0; i < q->form_count; i++)
        leaf->codes[i] = (int32_t)i;
    for (uint32_t docid = 0; docid < p->count; docid += AQ_BITS_CHUNK) {
        struct aq_leaf_chunk *c = &leaf->chunks[docid / AQ_BITS_CHUNK];
        c->hidden = p->hidden.ptr + docid / 8;
        c->quote = p->quote.ptr + docid / 8;
        c->loaded = true;
    }
    for (uint32_t docid = 0; docid < p->count; docid += AQ_MAP_CHUNK)
        leaf->rows[docid / AQ_MAP_CHUNK] = p->rows.ptr + (size_t)docid * 6;
}

static void place(struct aq_leaf *all, uint32_t n)
{
    all[n].number = n;
    all[n].first = n ? all[n - 1].first + all[n - 1].passages : 0;
}

enum aq_status aq_leaves_make(struct aq_txn *txn, struct aq_query *q, const struct aq_pending_scan *pend,
                              struct aq_arena *arena, struct aq_leaf **leaves, uint32_t *count,
                              struct aq_error *err)
{
    struct aq_leaf *all = aq_arena_zalloc(arena, (txn->segment_count + 1) * sizeof *all);
    uint32_t n = 0;
    if (!all)
        return aq_fail_nomem(err);
    for (uint32_t i = 0; i < txn->segment_count; i++) {
        const struct aq_segment *seg = &txn->segments[i];
        if (seg->info.passages == 0)
            continue;
        if (!leaf_alloc(&all[n], q, seg->info.passages, arena))
            return aq_fail_nomem(err);
        place(all, n);
        enum aq_status st = segment_leaf(&all[n++], txn, seg, q, err);
        if (st)
            return st;
    }
    uint32_t pending = aq_pending_passages_of(pend)->count;
    if (pending) {
        if (!leaf_alloc(&all[n], q, pending, arena))
            return aq_fail_nomem(err);
        place(all, n);
        pending_leaf(&all[n++], txn, pend, q);
    }
    *leaves = all;
    *count = n;
    return AQ_OK;
}

void aq_leaf_cursor(const struct aq_leaf *leaf, uint32_t term, struct aq_cursor *c)
{
    const struct aq_leaf_list *l = &leaf->lists[term];
    if (l->in_memory)
        aq_cursor_init_memory(c, &l->memory);
    else
        aq_cursor_init(c, &l->list);
}

void aq_leaf_cursor_open(const struct aq_leaf *leaf, uint32_t term, struct aq_cursor *c)
{
    const struct aq_leaf_list *l = &leaf->lists[term];
    if (l->in_memory)
        aq_cursor_open_memory(c, &l->memory);
    else
        aq_cursor_open(c, &l->list);
}

const struct aq_leaf_chunk *aq_leaf_load_chunk(struct aq_leaf *leaf, uint32_t chunk)
{
    struct aq_leaf_chunk *c = &leaf->chunks[chunk];
    if (leaf->segment) {
        c->deleted = aq_segment_bits(leaf->txn, leaf->segment, AQ_BITS_DELETED, chunk);
        c->hidden = aq_segment_bits(leaf->txn, leaf->segment, AQ_BITS_HIDDEN, chunk);
        c->quote = aq_segment_bits(leaf->txn, leaf->segment, AQ_BITS_QUOTE, chunk);
    }
    c->loaded = true;
    return c;
}

uint64_t aq_leaf_visible64(struct aq_leaf *leaf, uint32_t docid)
{
    const struct aq_leaf_chunk *c = aq_leaf_chunk_of(leaf, docid);
    size_t byte = docid % AQ_BITS_CHUNK / 8;
    uint64_t gone = (c->deleted ? aq_load64(c->deleted + byte) : 0) | (c->hidden ? aq_load64(c->hidden + byte) : 0);
    uint32_t left = leaf->passages - docid;
    return ~gone & (left >= 64 ? UINT64_MAX : ((uint64_t)1 << left) - 1);
}

bool aq_leaf_load_rows(struct aq_leaf *leaf, uint32_t chunk)
{
    if (!leaf->segment)
        return false;
    leaf->rows[chunk] = aq_segment_map(leaf->txn, leaf->segment, chunk);
    return leaf->rows[chunk] != NULL;
}

static int by_place(const void *x, const void *y)
{
    const struct aq_place *a = x, *b = y;
    if (a->leaf != b->leaf)
        return a->leaf < b->leaf ? -1 : 1;
    return (a->docid > b->docid) - (a->docid < b->docid);
}

void aq_places_sort(struct aq_place *places, size_t count)
{
    if (count)
        qsort(places, count, sizeof *places, by_place);
}
