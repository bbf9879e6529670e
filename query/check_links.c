/* check_links.c - what quotes what: the table of links against its reverse, the repeat
 * table and the hidden marks; and the fingerprints against the texts they are of. That a
 * link leads to the right comment is not checked: it would have to be found again. */
#include "check_internal.h"

#include "prints.h"

#include <inttypes.h>

/* ---- links ---- */

static uint64_t link_sum(const struct aq_link *l)
{
    uint64_t h = ((uint64_t)l->comment << 32 | l->source) * 0x9e3779b97f4a7c15u + l->ordinal;
    return (h ^ h >> 29) * 0xc4ceb9fe1a85ec53u;
}

struct links {
    struct aq_link last;
    bool any;
    uint64_t count, sum, reversed_count, reversed_sum;
};

static enum aq_status link_entry(struct aq_check *c, void *context, const uint8_t *entry)
{
    struct links *all = context;
    struct aq_link l = aq_link_read(entry);
    if (l.comment >= c->t.state.next_comment || c->place[l.comment] == AQ_NOWHERE ||
        l.ordinal >= c->passages[l.comment])
        return aq_check_fault(c, "link", "there is one of passage %u of comment %u, which is not in the index",
                              l.ordinal, l.comment);
    if (l.source >= c->t.state.next_comment || !aq_check_live(c, l.source) || l.source == l.comment)
        return aq_check_fault(c, "link", "passage %u of comment %u quotes comment %u, which is not in the index or "
                              "itself", l.ordinal, l.comment, l.source);
    if (all->any && all->last.comment == l.comment && all->last.ordinal == l.ordinal)
        return aq_check_fault(c, "link", "passage %u of comment %u quotes two comments", l.ordinal, l.comment);
    uint32_t passage = c->place[l.comment] + l.ordinal;
    if (l.coverage > 100 || l.repeats != aq_check_bit(c->repeats, passage))
        return aq_check_fault(c, "link", "that of passage %u of comment %u says %u%%, and that it %s another",
                              l.ordinal, l.comment, l.coverage, l.repeats ? "repeats" : "does not repeat");
    if (aq_link_hides(&c->t, &l))
        aq_check_set_bit(c->linked, passage);
    all->last = l;
    all->any = true;
    all->count++;
    all->sum += link_sum(&l);
    return AQ_OK;
}

static enum aq_status quoted_entry(struct aq_check *c, void *context, const uint8_t *entry)
{
    struct links *all = context;
    struct aq_link l = {.source = aq_unkey32(entry),
                        .comment = aq_unkey32(entry + 4),
                        .ordinal = (uint16_t)(entry[8] << 8 | entry[9])};
    (void)c;
    all->reversed_count++;
    all->reversed_sum += link_sum(&l);
    return AQ_OK;
}

static enum aq_status check_hidden(struct aq_check *c)
{
    char where[AQ_WHERE_BYTES];
    for (uint32_t i = 0; i < c->passage_count; i++) {
        uint8_t should = c->repeats[i >> 3] | c->linked[i >> 3];
        uint8_t differ = (uint8_t)((c->hidden[i >> 3] ^ should) & ~c->deleted[i >> 3]);
        if (!differ) {
            i |= 7;
        } else if (differ >> (i & 7) & 1) {
            bool hidden = aq_check_bit(c->hidden, i);
            return aq_check_fault(c, i < c->pend_base ? "bits" : "pend", "%s is %s, but the repeat table says that it "
                                  "%s, and %s link hides it", aq_check_where(c, i, where),
                                  hidden ? "hidden" : "not hidden",
                                  aq_check_bit(c->repeats, i) ? "repeats another" : "is the first of its kind",
                                  aq_check_bit(c->linked, i) ? "a" : "no");
        }
    }
    return AQ_OK;
}

enum aq_status aq_check_links(struct aq_check *c)
{
    struct links all = {0};
    enum aq_status st = aq_check_set(c, AQ_TABLE_LINK, link_entry, &all);
    if (st == AQ_OK)
        st = check_hidden(c);
    if (st == AQ_OK)
        st = aq_check_set(c, AQ_TABLE_QUOTED, quoted_entry, &all);
    if (st == AQ_OK && (all.count != all.reversed_count || all.sum != all.reversed_sum))
        st = aq_check_fault(c, "quoted", "it has %" PRIu64 " links, the table of links %" PRIu64 "%s",
                            all.reversed_count, all.count, all.reversed_count == all.count ? " others" : "");
    return st;
}

/* ---- fingerprints ---- */

static uint64_t print_sum(uint32_t key)
{
    uint64_t h = (key ^ 0x5bd1e995u) * 0x9e3779b97f4a7c15u;
    return (h ^ h >> 31) * 0xda942042e4dd58b5u;
}

static enum aq_status print_entry(struct aq_check *c, void *context, const uint8_t *entry)
{
    uint32_t comment = aq_unkey32(entry + 4);
    (void)context;
    if (comment >= c->t.state.next_comment || c->place[comment] == AQ_NOWHERE)
        return aq_check_fault(c, "print", "there is a fingerprint of comment %u, which is not in the index", comment);
    c->prints[comment] += print_sum(aq_unkey32(entry));
    return AQ_OK;
}

enum aq_status aq_check_prints(struct aq_check *c)
{
    return aq_check_set(c, AQ_TABLE_PRINT, print_entry, NULL);
}

static int ascending(const void *x, const void *y)
{
    const uint32_t *a = x, *b = y;
    return (*a > *b) - (*a < *b);
}

enum aq_status aq_check_prints_of(struct aq_check *c, uint32_t comment, const struct aq_comment *text)
{
    struct aq_wordlist words = {0};
    struct aq_prints prints = {0}, all = {0};
    uint64_t sum = 0;
    bool ok = true;
    for (uint32_t i = 0; ok && i < text->passage_count; i++) {
        const struct aq_passage *p = &text->passages[i];
        words.count = prints.count = 0;
        ok = aq_wordlist_add(&words, aq_slice(text->text.ptr + p->begin, p->end - p->begin)) &&
             aq_prints_add(&prints, words.v, words.count);
        if (ok)
            aq_prints_arrange(&prints, p->quote_depth > 0);
        ok = ok && aq_grow(&all.v, &all.cap, all.count + prints.count, sizeof *all.v);
        for (size_t k = 0; ok && k < prints.count; k++)
            all.v[all.count++] = prints.v[k] | (p->quote_depth > 0 ? AQ_PRINT_QUOTE : 0);
    }
    if (all.count)
        qsort(all.v, all.count, sizeof *all.v, ascending);
    for (size_t k = 0; k < all.count; k++)
        if (k == 0 || all.v[k] != all.v[k - 1])
            sum += print_sum(all.v[k]);
    aq_wordlist_free(&words);
    aq_prints_free(&prints);
    aq_prints_free(&all);
    if (!ok)
        return aq_fail_nomem(c->err);
    return sum == c->prints[comment]
               ? AQ_OK
               : aq_check_fault(c, "print", "the fingerprints of comment %u are not those of its text", comment);
}
