/* repeats.c - passages that say the same words: the first is the original, the
 * others are hidden from hits. Own words come before quotes, then earlier comment
 * numbers before later ones.
 *
 * Table `repeat` is a set of hash u64, quote u8, comment u32, ordinal u16: all of a hash
 * stand together, the original first. */
#include "commit_internal.h"

#include "bitmap.h"
#include "hash_sort.h"

static void put_entry(uint8_t entry[AQ_REPEAT_ENTRY], const struct aq_repeat *r)
{
    aq_repeat_entry(entry, r->hash, r->quote, r->comment, r->ordinal);
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

/* What a commit does to the passages of one hash. */
struct group {
    const struct aq_repeat *gone, *come; /* ascending */
    size_t gone_count, come_count;
    struct aq_repeat before;             /* the original so far, if `had` */
    bool had;
};

static uint64_t hash_of(const struct group *g)
{
    return g->gone_count ? g->gone->hash : g->come->hash;
}

/* The first stored passage with this hash. The reader goes from hash to hash. */
static enum aq_status first_of(struct aq_set_reader *r, uint64_t hash, struct aq_repeat *first, bool *found,
                               struct aq_error *err)
{
    uint8_t from[8];
    const uint8_t *e;
    aq_key64(from, hash);
    enum aq_status st = aq_set_seek(r, aq_slice(from, sizeof from), &e, err);
    *found = st == AQ_OK && e && memcmp(e, from, sizeof from) == 0;
    if (*found)
        *first = (struct aq_repeat){hash, e[8], aq_unkey32(e + 9), (uint16_t)aq_repeat_entry_ordinal(e), AQ_NONE};
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

/* What is linked to its source is mostly hidden in any case. */
static enum aq_status apply_flip(struct aq_commit *c, const struct aq_flip *f, struct aq_error *err)
{
    struct aq_link link;
    enum aq_status st = aq_link_get(&c->t, f->number, f->ordinal, &link, err);
    if (st == AQ_OK) {
        st = aq_link_set_repeats(c, &link, f->hidden, err);
        if (st || aq_link_hides(&c->t, &link))
            return st;
        st = AQ_NOTFOUND;
    }
    return st == AQ_NOTFOUND ? aq_commit_set_hidden(c, f->number, f->ordinal, f->hidden, err) : st;
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
        st = apply_flip(c, &c->flips[i], err);
    free(numbers);
    return st;
}

static bool among(const struct aq_repeat *r, const struct aq_repeat *list, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (compare(r, &list[i]) == 0)
            return true;
    return false;
}

/* With the table changed: whoever is the original now is shown, the others are not. */
static enum aq_status settle(struct aq_commit *c, struct aq_set_reader *r, const struct group *g, struct aq_error *err)
{
    struct aq_repeat after = {0};
    bool has;
    for (size_t i = 0; i < g->come_count; i++)
        hide_new(c, g->come[i].passage, i > 0);
    if (!g->had && g->gone_count == 0)
        return AQ_OK;
    enum aq_status st = first_of(r, hash_of(g), &after, &has, err);
    if (st || !has)
        return st;
    if (g->come_count)
        hide_new(c, g->come[0].passage, compare(&after, &g->come[0]) != 0);
    if (g->had && compare(&g->before, &after) == 0)
        return AQ_OK;
    /* The original changed. The old one is hidden if it is still there; locating a
     * removed one finds its replacement or nothing, so look before touching it. */
    if (g->had && !among(&g->before, g->gone, g->gone_count) && !among(&g->before, g->come, g->come_count))
        st = flip(c, &g->before, true, err);
    if (st == AQ_OK && !among(&after, g->come, g->come_count))
        st = flip(c, &after, false, err);
    return st;
}

/* The batch's live passages that have a hash, ascending; NULL: out of memory. */
static struct aq_repeat *gather(const struct aq_batch *b, size_t *count)
{
    struct aq_repeat *come = malloc((b->passage_count + 1) * sizeof *come);
    *count = 0;
    for (size_t x = 0; come && x < b->comment_count; x++) {
        const struct aq_batch_comment *comment = &b->comments[x];
        for (uint32_t p = 0; comment->live && p < comment->passage_count; p++) {
            const struct aq_batch_passage *passage = &b->passages[comment->first_passage + p];
            if (passage->hash)
                come[(*count)++] = (struct aq_repeat){passage->hash, passage->quote_depth > 0, comment->number,
                                                      (uint16_t)p, comment->first_passage + p};
        }
    }
    if (come)
        aq_hash_sort(come, *count, sizeof *come, compare);
    return come;
}

static size_t same_hash(const struct aq_repeat *r, size_t count, uint64_t hash)
{
    size_t n = 0;
    while (n < count && r[n].hash == hash)
        n++;
    return n;
}

/* Joins what goes and what comes by hash, and looks up the originals so far. */
static enum aq_status make_groups(struct aq_commit *c, const struct aq_repeat *come, size_t come_count,
                                  struct group **groups, size_t *count, struct aq_error *err)
{
    const struct aq_repeat *gone = c->batch->removals;
    size_t gone_count = c->batch->removal_count;
    struct aq_set_reader r;
    *count = 0;
    *groups = malloc((come_count + gone_count + 1) * sizeof **groups);
    if (!*groups)
        return aq_fail_nomem(err);
    enum aq_status st = aq_set_open(&c->t, AQ_TABLE_REPEAT, &r, err);
    while (st == AQ_OK && (come_count || gone_count)) {
        uint64_t hash = come_count ? come->hash : gone->hash;
        if (gone_count && gone->hash < hash)
            hash = gone->hash;
        struct group *g = &(*groups)[(*count)++];
        *g = (struct group){gone, come, same_hash(gone, gone_count, hash), same_hash(come, come_count, hash), {0}, false};
        st = first_of(&r, hash, &g->before, &g->had, err);
        gone += g->gone_count;
        gone_count -= g->gone_count;
        come += g->come_count;
        come_count -= g->come_count;
    }
    aq_set_close(&r);
    return st;
}

static enum aq_status change_table(struct aq_commit *c, const struct aq_repeat *come, size_t count,
                                   struct aq_error *err)
{
    const struct aq_batch *b = c->batch;
    size_t bytes = (count + b->removal_count) * AQ_REPEAT_ENTRY;
    aq_buf_clear(&c->scratch);
    uint8_t *to = aq_buf_reserve(&c->scratch, bytes);
    if (!to)
        return bytes ? aq_fail_nomem(err) : AQ_OK;
    uint8_t *removes = to + count * AQ_REPEAT_ENTRY;
    for (size_t i = 0; i < count; i++)
        put_entry(to + i * AQ_REPEAT_ENTRY, &come[i]);
    for (size_t i = 0; i < b->removal_count; i++)
        put_entry(removes + i * AQ_REPEAT_ENTRY, &b->removals[i]);
    return aq_set_change(&c->t, AQ_TABLE_REPEAT, aq_slice(to, count * AQ_REPEAT_ENTRY),
                         aq_slice(removes, b->removal_count * AQ_REPEAT_ENTRY), err);
}

static enum aq_status settle_all(struct aq_commit *c, const struct group *groups, size_t count, struct aq_error *err)
{
    struct aq_set_reader r;
    enum aq_status st = aq_set_open(&c->t, AQ_TABLE_REPEAT, &r, err);
    for (size_t i = 0; i < count && st == AQ_OK; i++)
        st = settle(c, &r, &groups[i], err);
    aq_set_close(&r);
    return st;
}

enum aq_status aq_commit_repeats(struct aq_commit *c, struct aq_error *err)
{
    struct aq_batch *b = c->batch;
    struct group *groups = NULL;
    size_t count, group_count = 0;
    struct aq_repeat *come = gather(b, &count);
    enum aq_status st = come ? AQ_OK : aq_fail_nomem(err);

    aq_hash_sort(b->removals, b->removal_count, sizeof *b->removals, compare);
    if (st == AQ_OK)
        st = make_groups(c, come, count, &groups, &group_count, err);
    if (st == AQ_OK)
        st = change_table(c, come, count, err);
    if (st == AQ_OK)
        st = settle_all(c, groups, group_count, err);
    free(groups);
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
