/* commit_places.c - where the passages of older comments are, for a commit that deletes
 * or hides some of them: in a segment, in a pending record, or in the segment being made. */
#include "commit_internal.h"

#include "bitmap.h"

/* Passages of a segment that are walked past in the time of one lookup. */
enum { WALK_SHARE = 64 };

/* ---- where a comment's passages are ---- */

static int by_number(const void *x, const void *y)
{
    const struct aq_found *a = x, *b = y;
    return (a->number > b->number) - (a->number < b->number);
}

static struct aq_found *find_found(const struct aq_commit *c, uint32_t number)
{
    struct aq_found key = {.number = number};
    return c->found_count ? bsearch(&key, c->found, c->found_count, sizeof key, by_number) : NULL;
}

/* Older versions of a replaced comment stay in their segments as tombstones. */
static void note_found(struct aq_commit *c, uint32_t segment, struct aq_found *f, uint32_t docid, uint32_t count)
{
    const struct aq_segment *seg = &c->t.segments[segment];
    if (f->segment != AQ_NONE || aq_bit(aq_segment_bits(&c->t, seg, AQ_BITS_DELETED, docid / AQ_BITS_CHUNK), docid))
        return;
    f->segment = segment;
    f->docid = docid;
    f->count = count;
}

static enum aq_status walk_segment(struct aq_commit *c, uint32_t segment, struct aq_error *err)
{
    const struct aq_segment *seg = &c->t.segments[segment];
    uint32_t number = 0, ordinal = 0, first = 0, before = 0;
    for (uint32_t docid = 0; docid <= seg->info.passages; docid++) {
        bool end = docid == seg->info.passages;
        if (!end && aq_segment_locate(&c->t, seg, docid, &number, &ordinal))
            return aq_fail(err, AQ_CORRUPT, "the map of segment %u cannot be read: run aq check", seg->info.id);
        if (docid && (end || number != before)) {
            struct aq_found *f = find_found(c, before);
            if (f)
                note_found(c, segment, f, first, docid - first);
            first = docid;
        }
        before = number;
    }
    return AQ_OK;
}

enum aq_status aq_commit_find_all(struct aq_commit *c, const uint32_t *numbers, size_t count, struct aq_error *err)
{
    free(c->found);
    c->found_count = 0;
    c->found = malloc((count + 1) * sizeof *c->found);
    if (!c->found)
        return aq_fail_nomem(err);
    for (size_t i = 0; i < count; i++)
        c->found[i] = (struct aq_found){numbers[i], AQ_NONE, 0, 0};
    if (count)
        qsort(c->found, count, sizeof *c->found, by_number);
    for (size_t i = 0; i < count; i++)
        if (i == 0 || c->found[i].number != c->found[c->found_count - 1].number)
            c->found[c->found_count++] = c->found[i];
    count = c->found_count;
    for (uint32_t s = c->t.segment_count; count && s-- > 0;) {
        const struct aq_segment *seg = &c->t.segments[s];
        enum aq_status st = AQ_OK;
        if (count > seg->info.passages / WALK_SHARE) {
            st = walk_segment(c, s, err);
            if (st)
                return st;
            continue;
        }
        for (size_t i = 0; i < count; i++) {
            uint32_t docid, passages;
            if (c->found[i].segment != AQ_NONE)
                continue;
            st = aq_segment_find(&c->t, seg, c->found[i].number, &docid, &passages);
            if (st == AQ_OK)
                note_found(c, s, &c->found[i], docid, passages);
            else if (st != AQ_NOTFOUND)
                return aq_fail(err, st, "the map of segment %u cannot be read: run aq check", seg->info.id);
        }
    }
    return AQ_OK;
}

enum aq_status aq_commit_locate(struct aq_commit *c, uint32_t number, struct aq_place *place, struct aq_error *err)
{
    const struct aq_batch *b = c->batch;
    size_t low = 0, high = b->pending_count;
    while (low < high) {
        size_t mid = low + (high - low) / 2;
        if (b->pending[mid].number < number)
            low = mid + 1;
        else
            high = mid;
    }
    if (low < b->pending_count && b->pending[low].number == number) {
        *place = (struct aq_place){AQ_PLACE_NEW, NULL, b->pending[low].first_docid, b->pending[low].passage_count};
        return AQ_OK;
    }
    if (!c->segment) {
        uint8_t key[4];
        struct aq_slice record;
        struct aq_pending p;
        aq_key32(key, number);
        enum aq_status st = aq_get(&c->t, AQ_TABLE_PEND, aq_slice(key, 4), &record);
        if (st == AQ_OK) {
            if (aq_pending_parse(&p, record))
                return aq_fail(err, AQ_CORRUPT, "pending comment %u cannot be read: run aq check", number);
            *place = (struct aq_place){AQ_PLACE_PENDING, NULL, 0, p.passage_count};
            return AQ_OK;
        }
        if (st != AQ_NOTFOUND)
            return aq_fail(err, st, "pending comment %u cannot be read: run aq check", number);
    }
    const struct aq_found *f = find_found(c, number);
    if (!f)
        return aq_fail(err, AQ_INTERNAL, "comment %u was not looked for", number);
    *place = f->segment == AQ_NONE
                 ? (struct aq_place){AQ_PLACE_NONE, NULL, 0, 0}
                 : (struct aq_place){AQ_PLACE_SEGMENT, &c->t.segments[f->segment], f->docid, f->count};
    return AQ_OK;
}

static bool bit(const uint8_t *bits, uint32_t i)
{
    return bits[i >> 3] >> (i & 7) & 1;
}

enum aq_status aq_commit_set_hidden(struct aq_commit *c, uint32_t number, uint32_t ordinal, bool hidden,
                                    struct aq_error *err)
{
    struct aq_place place;
    enum aq_status st = aq_commit_locate(c, number, &place, err);
    if (st || ordinal >= place.count)
        return st;
    switch (place.where) {
    case AQ_PLACE_NEW:
        aq_bitmap_set(c->hidden, place.docid + ordinal, hidden);
        return AQ_OK;
    case AQ_PLACE_SEGMENT:
        return aq_segment_set_bit(&c->t, place.segment->info.id, AQ_BITS_HIDDEN, place.docid + ordinal, hidden, err);
    case AQ_PLACE_PENDING: {
        uint8_t key[4];
        struct aq_slice record;
        aq_key32(key, number);
        st = aq_get(&c->t, AQ_TABLE_PEND, aq_slice(key, 4), &record);
        if (st)
            return aq_fail(err, st, "pending comment %u cannot be read: run aq check", number);
        aq_buf_clear(&c->scratch);
        aq_buf_put(&c->scratch, record.ptr, record.len);
        if (c->scratch.failed)
            return aq_fail_nomem(err);
        st = aq_pending_set_hidden(c->scratch.ptr, c->scratch.len, ordinal, hidden);
        if (st)
            return aq_fail(err, st, "pending comment %u cannot be read: run aq check", number);
        return aq_put(&c->t, AQ_TABLE_PEND, aq_slice(key, 4), aq_slice(c->scratch.ptr, c->scratch.len), err);
    }
    case AQ_PLACE_NONE:
        break;
    }
    return AQ_OK;
}

enum aq_status aq_commit_is_hidden(struct aq_commit *c, uint32_t number, uint32_t ordinal, bool *hidden,
                                   struct aq_error *err)
{
    struct aq_place place;
    enum aq_status st = aq_commit_locate(c, number, &place, err);
    *hidden = false;
    if (st || ordinal >= place.count)
        return st;
    uint32_t docid = place.docid + ordinal;
    if (place.where == AQ_PLACE_NEW) {
        *hidden = bit(c->hidden, docid);
    } else if (place.where == AQ_PLACE_SEGMENT) {
        *hidden = aq_bit(aq_segment_bits(&c->t, place.segment, AQ_BITS_HIDDEN, docid / AQ_BITS_CHUNK), docid);
    } else if (place.where == AQ_PLACE_PENDING) {
        uint8_t key[4];
        struct aq_slice record;
        struct aq_pending p;
        aq_key32(key, number);
        st = aq_get(&c->t, AQ_TABLE_PEND, aq_slice(key, 4), &record);
        if (st || (st = aq_pending_parse(&p, record)))
            return aq_fail(err, st, "pending comment %u cannot be read: run aq check", number);
        *hidden = p.passages[2 * (size_t)ordinal + 1] & AQ_PENDING_HIDDEN;
    }
    return AQ_OK;
}
