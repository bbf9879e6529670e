/* context.c - see context.h. */
#include "context.h"

#include "pending_walk.h"

static enum aq_status damaged(struct aq_error *err)
{
    return aq_fail(err, AQ_CORRUPT, "the places of a word cannot be read; `aq check` tells more");
}

/* ---- the first word ---- */

static bool add_place(struct aq_context *c, uint32_t most, const struct aq_context_place *place)
{
    if (c->count == most)
        return false;
    c->places[c->count++] = *place;
    return true;
}

static enum aq_status begin_segment(struct aq_context *c, uint32_t segment, struct aq_slice term, struct aq_slice form,
                                    uint32_t most, struct aq_error *err)
{
    const struct aq_segment *seg = &c->txn->segments[segment];
    uint16_t positions[256], codes[256];
    struct aq_postings list;
    struct aq_cursor cursor;
    enum aq_status st = aq_segment_postings(c->txn, seg, term, &list, err);
    if (st)
        return st == AQ_NOTFOUND ? AQ_OK : st;
    int code = aq_postings_form_code(&list, form);
    if (code < 0)
        return AQ_OK;
    aq_cursor_init(&cursor, &list);
    /* The last blocks: enough for as many places as are wanted. */
    uint32_t blocks = (most - c->count) / AQ_BLOCK + 2;
    if (list.blocks > blocks)
        aq_cursor_seek(&cursor, aq_postings_block_last(&list, list.blocks - blocks - 1) + 1);
    for (; cursor.docid != AQ_DOCID_END; aq_cursor_next(&cursor)) {
        uint32_t docid = cursor.docid, tf = aq_cursor_positions(&cursor, positions, codes);
        if (aq_bit(aq_segment_bits(c->txn, seg, AQ_BITS_DELETED, docid / AQ_BITS_CHUNK), docid))
            continue;
        for (uint32_t i = 0; i < tf; i++)
            if (codes[i] == code && !add_place(c, most, &(struct aq_context_place){.segment = segment,
                                                                                     .passage = docid,
                                                                                     .position = (uint16_t)(positions[i] + 1)}))
                return AQ_OK;
    }
    return cursor.bad ? damaged(err) : AQ_OK;
}

/* The code of a form among those of a pending comment's term, or -1. */
static int pending_code(const struct aq_pending_term *t, struct aq_slice form)
{
    struct aq_slice other;
    for (uint32_t code = 0; code < t->form_count && aq_pending_form(t, code, &other); code++)
        if (aq_slice_eq(other, form))
            return (int)code;
    return -1;
}

struct beginning {
    struct aq_context *context;
    struct aq_slice term, form;
};

static enum aq_status begin_record(void *context, uint32_t comment, const struct aq_pending *record, bool *enough,
                                   struct aq_error *err)
{
    const struct beginning *b = context;
    uint16_t positions[256], codes[256];
    struct aq_pending_term found;
    struct aq_context_place place = {.segment = b->context->txn->segment_count, .passage = comment};
    bool bad = false;
    size_t at = 0;
    uint32_t tf;
    if (!aq_pending_find(record, b->term, aq_hash(b->term), &found, &bad))
        return bad ? aq_pending_damaged(err) : AQ_OK;
    int code = pending_code(&found, b->form);
    while (code >= 0 && aq_pending_posting(&found, &at, &place.ordinal, &tf, positions, codes, &bad)) {
        for (uint32_t i = 0; i < tf && !*enough; i++) {
            place.position = (uint16_t)(positions[i] + 1);
            *enough = codes[i] == code && !add_place(b->context, AQ_CONTEXT_PLACES, &place);
        }
        if (*enough)
            return AQ_OK;
    }
    return bad ? aq_pending_damaged(err) : AQ_OK;
}

enum aq_status aq_context_begin(struct aq_context *c, struct aq_txn *txn, struct aq_slice term, struct aq_slice form,
                                struct aq_error *err)
{
    enum aq_status st = AQ_OK;
    c->txn = txn;
    c->count = 0;
    for (uint32_t i = 0; i < txn->segment_count && !st; i++) {
        /* Each source has its share, and what those before left of theirs. */
        uint32_t most = (uint32_t)((uint64_t)AQ_CONTEXT_PLACES * (i + 1) / (txn->segment_count + 1));
        st = begin_segment(c, i, term, form, most, err);
    }
    struct beginning pending = {c, term, form};
    return st || c->count == AQ_CONTEXT_PLACES ? st : aq_pending_walk(txn, begin_record, &pending, err);
}

/* ---- the next ---- */

/* Places [at, end) are of one passage: leaves those of them that are in starts, moved on
 * to the next word, at *kept. */
static void keep_places(struct aq_context *c, uint32_t at, const uint16_t *starts, uint32_t n, uint32_t *kept)
{
    struct aq_context_place place = c->places[at];
    for (uint32_t i = 0; i < n; i++) {
        place.position = (uint16_t)(starts[i] + 1);
        c->places[(*kept)++] = place;
    }
}

/* The places of the passage of place `at`; returns the first one after them. */
static uint32_t starts_of(const struct aq_context *c, uint32_t at, uint16_t starts[256], uint32_t *n)
{
    uint32_t first = at;
    for (*n = 0; at < c->count && *n < 256 && c->places[at].segment == c->places[first].segment &&
                 c->places[at].passage == c->places[first].passage && c->places[at].ordinal == c->places[first].ordinal;
         at++)
        starts[(*n)++] = c->places[at].position;
    return at;
}

static enum aq_status meet_pending(const struct aq_context *c, const struct aq_context_place *p, struct aq_slice term,
                                   struct aq_slice form, uint16_t *starts, uint32_t *n)
{
    uint16_t positions[256], codes[256];
    uint8_t key[4];
    struct aq_slice bytes;
    struct aq_pending record;
    struct aq_pending_term found;
    uint32_t ordinal, tf, wanted = *n, kept = 0;
    bool bad = false;
    size_t at = 0;
    *n = 0;
    aq_key32(key, p->passage);
    if (aq_get(c->txn, AQ_TABLE_PEND, aq_slice(key, sizeof key), &bytes) || aq_pending_parse(&record, bytes))
        return AQ_CORRUPT;
    if (!aq_pending_find(&record, term, aq_hash(term), &found, &bad))
        return bad ? AQ_CORRUPT : AQ_OK;
    int code = pending_code(&found, form);
    while (code >= 0 && aq_pending_posting(&found, &at, &ordinal, &tf, positions, codes, &bad)) {
        if (ordinal != p->ordinal)
            continue;
        for (uint32_t i = 0, k = 0; i < tf && k < wanted;) {
            if (positions[i] < starts[k] || (positions[i] == starts[k] && codes[i] != code)) {
                i++;
            } else if (positions[i] > starts[k]) {
                k++;
            } else {
                starts[kept++] = starts[k++];
                i++;
            }
        }
        break;
    }
    *n = kept;
    return bad ? AQ_CORRUPT : AQ_OK;
}

enum aq_status aq_context_next(struct aq_context *c, struct aq_slice term, struct aq_slice form, bool keep,
                               uint32_t *count, struct aq_error *err)
{
    struct aq_postings list;
    struct aq_cursor cursor;
    uint32_t segment = UINT32_MAX, kept = 0;
    int code = -1;
    *count = 0;
    for (uint32_t at = 0, end; at < c->count; at = end) {
        const struct aq_context_place *p = &c->places[at];
        uint16_t starts[256];
        uint32_t n;
        end = starts_of(c, at, starts, &n);
        if (p->segment == c->txn->segment_count) {
            if (meet_pending(c, p, term, form, starts, &n))
                return damaged(err);
        } else {
            if (p->segment != segment) {
                segment = p->segment;
                enum aq_status st = aq_segment_postings(c->txn, &c->txn->segments[segment], term, &list, err);
                if (st && st != AQ_NOTFOUND)
                    return st;
                code = st ? -1 : aq_postings_form_code(&list, form);
                if (code >= 0)
                    aq_cursor_init(&cursor, &list);
            }
            n = code >= 0 && aq_cursor_seek(&cursor, p->passage) == p->passage
                    ? aq_cursor_meet_positions(&cursor, 0, code, starts, n)
                    : 0;
            if (code >= 0 && cursor.bad)
                return damaged(err);
        }
        *count += n;
        if (keep)
            keep_places(c, at, starts, n, &kept);
    }
    if (keep)
        c->count = kept;
    return AQ_OK;
}
