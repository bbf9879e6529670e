/* repeats.c - passages that say the same words: the first is the original, the
 * others are hidden from hits. Own words come before quotes, then earlier comment
 * numbers before later ones.
 *
 * Table `repeat`: key = hash u64, quote u8, comment u32, ordinal u16 (big-endian),
 * empty payload. All of a hash stand together, the original first. */
#include "commit_internal.h"

#include "bitmap.h"

enum { KEY = 8 + 1 + 4 + 2 };

static void make_key(uint8_t key[KEY], const struct aq_repeat *r)
{
    aq_key64(key, r->hash);
    key[8] = r->quote;
    aq_key32(key + 9, r->comment);
    key[13] = (uint8_t)(r->ordinal >> 8);
    key[14] = (uint8_t)r->ordinal;
}

static int compare(const void *x, const void *y)
{
    const struct aq_repeat *a = x, *b = y;
    if (a->hash != b->hash)
        return a->hash < b->hash ? -1 : 1;
    if (a->quote != b->quote)
        return a->quote < b->quote ? -1 : 1;
    if (a->comment != b->comment)
        return a->comment < b->comment ? -1 : 1;
    return (a->ordinal > b->ordinal) - (a->ordinal < b->ordinal);
}

/* The first stored passage with this hash. */
static enum aq_status first_of(struct aq_commit *c, uint64_t hash, struct aq_repeat *r, bool *found,
                               struct aq_error *err)
{
    struct aq_walk w;
    uint8_t from[8];
    enum aq_status st = aq_walk_open(&c->t, AQ_TABLE_REPEAT, false, &w, err);
    *found = false;
    if (st)
        return st;
    aq_key64(from, hash);
    st = aq_walk_seek(&w, aq_slice(from, 8), found, err);
    if (st == AQ_OK && *found) {
        *found = w.key.len == KEY && aq_unkey64(w.key.ptr) == hash;
        if (*found)
            *r = (struct aq_repeat){hash, w.key.ptr[8], aq_unkey32(w.key.ptr + 9),
                                    (uint16_t)(w.key.ptr[13] << 8 | w.key.ptr[14]), AQ_NONE};
    }
    aq_walk_close(&w);
    return st;
}

static void hide_new(struct aq_commit *c, uint32_t passage, bool hidden)
{
    aq_bitmap_set(c->hidden, (size_t)c->first_docid + passage, hidden);
}

static enum aq_status flip(struct aq_commit *c, const struct aq_repeat *r, bool hidden, struct aq_error *err)
{
    if (!aq_grow(&c->flips, &c->flip_cap, c->flip_count + 1, sizeof *c->flips))
        return aq_fail_nomem(err);
    c->flips[c->flip_count++] = (struct aq_flip){r->comment, r->ordinal, hidden};
    return AQ_OK;
}

static enum aq_status apply_flips(struct aq_commit *c, struct aq_error *err)
{
    uint32_t *numbers = malloc((c->flip_count + 1) * sizeof *numbers);
    if (!numbers)
        return aq_fail_nomem(err);
    for (size_t i = 0; i < c->flip_count; i++)
        numbers[i] = c->flips[i].number;
    enum aq_status st = aq_commit_find_all(c, numbers, c->flip_count, err);
    for (size_t i = 0; i < c->flip_count && st == AQ_OK; i++)
        st = aq_commit_set_hidden(c, c->flips[i].number, c->flips[i].ordinal, c->flips[i].hidden, err);
    free(numbers);
    return st;
}

static enum aq_status one_hash(struct aq_commit *c, const struct aq_repeat *gone, size_t gone_count,
                               const struct aq_repeat *come, size_t come_count, bool table_empty, struct aq_error *err)
{
    struct aq_repeat before = {0}, after = {0};
    bool had = false, has = false;
    uint8_t key[KEY];
    enum aq_status st = AQ_OK;
    uint64_t hash = gone_count ? gone->hash : come->hash;

    if (!table_empty)
        st = first_of(c, hash, &before, &had, err);
    for (size_t i = 0; i < gone_count && st == AQ_OK; i++) {
        make_key(key, &gone[i]);
        st = aq_del(&c->t, AQ_TABLE_REPEAT, aq_slice(key, KEY), err);
        if (st == AQ_NOTFOUND)
            st = AQ_OK;
    }
    for (size_t i = 0; i < come_count && st == AQ_OK; i++) {
        make_key(key, &come[i]);
        st = aq_put(&c->t, AQ_TABLE_REPEAT, aq_slice(key, KEY), aq_slice("", 0), err);
        hide_new(c, come[i].passage, i > 0);
    }
    if (st || (!had && gone_count == 0))
        return st;
    st = first_of(c, hash, &after, &has, err);
    if (st || !has)
        return st;
    if (come_count)
        hide_new(c, come[0].passage, compare(&after, &come[0]) != 0);
    if (had && compare(&before, &after) == 0)
        return AQ_OK;
    /* The original changed. The old one is hidden if it is still there; locating a
     * removed one finds its replacement or nothing, so look before touching it. */
    bool before_gone = false;
    for (size_t i = 0; i < gone_count; i++)
        before_gone = before_gone || (had && compare(&before, &gone[i]) == 0);
    for (size_t i = 0; i < come_count; i++)
        before_gone = before_gone || (had && compare(&before, &come[i]) == 0);
    if (had && !before_gone)
        st = flip(c, &before, true, err);
    bool after_new = false;
    for (size_t i = 0; i < come_count; i++)
        after_new = after_new || compare(&after, &come[i]) == 0;
    if (st == AQ_OK && !after_new)
        st = flip(c, &after, false, err);
    return st;
}

enum aq_status aq_commit_repeats(struct aq_commit *c, struct aq_error *err)
{
    struct aq_batch *b = c->batch;
    struct aq_repeat *come = malloc((b->passage_count + 1) * sizeof *come);
    size_t count = 0, i = 0, k = 0;
    enum aq_status st = AQ_OK;
    bool any = false;
    struct aq_walk w;

    if (!come)
        return aq_fail_nomem(err);
    for (size_t x = 0; x < b->comment_count; x++) {
        const struct aq_batch_comment *comment = &b->comments[x];
        for (uint32_t p = 0; comment->live && p < comment->passage_count; p++) {
            const struct aq_batch_passage *passage = &b->passages[comment->first_passage + p];
            if (passage->hash)
                come[count++] = (struct aq_repeat){passage->hash, passage->quote_depth > 0, comment->number,
                                                   (uint16_t)p, comment->first_passage + p};
        }
    }
    qsort(come, count, sizeof *come, compare);
    if (b->removal_count)
        qsort(b->removals, b->removal_count, sizeof *b->removals, compare);
    st = aq_walk_open(&c->t, AQ_TABLE_REPEAT, false, &w, err);
    if (st == AQ_OK) {
        st = aq_walk_seek(&w, aq_slice("", 0), &any, err);
        aq_walk_close(&w);
    }
    while (st == AQ_OK && (i < count || k < b->removal_count)) {
        uint64_t hash = i < count ? come[i].hash : b->removals[k].hash;
        size_t come_end = i, gone_end = k;
        if (k < b->removal_count && b->removals[k].hash < hash)
            hash = b->removals[k].hash;
        while (come_end < count && come[come_end].hash == hash)
            come_end++;
        while (gone_end < b->removal_count && b->removals[gone_end].hash == hash)
            gone_end++;
        st = one_hash(c, b->removals + k, gone_end - k, come + i, come_end - i, !any, err);
        i = come_end;
        k = gone_end;
    }
    free(come);
    if (st == AQ_OK)
        st = apply_flips(c, err);
    b->repeats = 0;
    for (size_t p = 0; p < b->passage_count; p++) {
        size_t docid = c->first_docid + p;
        b->repeats += c->hidden[docid >> 3] >> (docid & 7) & 1;
    }
    return st;
}
