/* check_records.c - the tables that belong to no segment: facts of the whole index,
 * text and ids as they follow each other, columns, ids, names, threads, repeats. What
 * they say about a comment's text is check_text.c's business. */
#include "check_internal.h"

#include "name.h"
#include "utf8.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>

/* ---- meta, seg ---- */

static enum aq_status meta_row(struct aq_check *c, void *context, struct aq_slice key, struct aq_slice payload)
{
    (void)context;
    const struct aq_state *s = &c->t.state;
    char name[AQ_QUOTED_BYTES];

    if (aq_slice_eq(key, aq_slice_str("state")))
        return AQ_OK; /* decoded when the transaction began */
    if (aq_slice_eq(key, aq_slice_str("packed"))) {
        if (payload.len != 4 || aq_load32(payload.ptr) > s->next_comment)
            return aq_check_fault(c, "meta", "\"packed\" does not name one of %u comments", s->next_comment);
        return AQ_OK;
    }
    if (key.len > 5 && key.len < 16 && memcmp(key.ptr, "dict/", 5) == 0) {
        if (payload.len == 0)
            return aq_check_fault(c, "meta", "the dictionary %s is empty", aq_check_quoted(key, name));
        return AQ_OK;
    }
    return aq_check_fault(c, "meta", "nobody knows the record %s", aq_check_quoted(key, name));
}

static enum aq_status check_segment_info(struct aq_check *c, const struct aq_segment_info *i)
{
    const struct aq_state *s = &c->t.state;
    if (i->id >= s->next_segment || i->id == s->inflight)
        return aq_check_fault(c, "seg", "segment %u is listed, but the state says that it %s", i->id,
                              i->id == s->inflight ? "is being written" : "has not been made yet");
    if (i->passages == 0)
        return aq_check_fault(c, "seg", "segment %u has no passages", i->id);
    if (!(i->k1 >= 0) || !(i->b >= 0 && i->b <= 1) || !(i->average_length > 0) || !isfinite(i->k1) ||
        !isfinite(i->average_length))
        return aq_check_fault(c, "seg", "segment %u was made with k1 %g, b %g and average length %g", i->id, i->k1,
                              i->b, i->average_length);
    return AQ_OK;
}

enum aq_status aq_check_meta(struct aq_check *c)
{
    const struct aq_state *s = &c->t.state;
    char key[32];
    struct aq_slice dictionary;
    enum aq_status st = aq_check_table(c, AQ_TABLE_META, meta_row, NULL);

    if (st == AQ_OK && s->dictionary) {
        snprintf(key, sizeof key, "dict/%u", s->dictionary);
        if (aq_get(&c->t, AQ_TABLE_META, aq_slice_str(key), &dictionary))
            st = aq_check_fault(c, "meta", "the dictionary \"%s\" that new text needs is missing", key);
    }
    if (st == AQ_OK && s->next_comment == AQ_NO_COMMENT)
        st = aq_check_fault(c, "meta", "the state record counts %u comments", s->next_comment);
    for (uint32_t i = 0; st == AQ_OK && i < c->t.segment_count; i++)
        st = check_segment_info(c, &c->t.segments[i].info);
    return st;
}

/* ---- text and ids follow one another ---- */

/* The comments of a table's rows, which follow one another from 0 on. */
struct covering {
    const char *table;
    uint64_t next;
};

static enum aq_status cover(struct aq_check *c, struct covering *v, uint32_t first, uint32_t count)
{
    if (first != v->next)
        return aq_check_fault(c, v->table, "a row begins at comment %u where comment %" PRIu64 " is due", first,
                              v->next);
    v->next += count;
    return AQ_OK;
}

static enum aq_status covered(struct aq_check *c, const struct covering *v)
{
    return v->next == c->t.state.next_comment
               ? AQ_OK
               : aq_check_fault(c, v->table, "the rows have %" PRIu64 " comments, the state record says %u", v->next,
                                c->t.state.next_comment);
}

static enum aq_status bundle_row(struct aq_check *c, void *context, struct aq_slice key, struct aq_slice payload)
{
    uint32_t count;
    if (key.len != 4)
        return aq_check_fault(c, "text", "a bundle's key has %zu bytes instead of 4", key.len);
    uint32_t first = aq_unkey32(key.ptr);
    /* Written ahead of the commit that would make its comments visible. */
    if (first >= c->t.state.next_comment)
        return AQ_OK;
    if (aq_bundle_count(payload, &count))
        return aq_check_fault(c, "text", "the bundle at comment %u has heads that contradict it", first);
    return cover(c, context, first, count);
}

static enum aq_status ident_row(struct aq_check *c, void *context, struct aq_slice key, struct aq_slice payload)
{
    uint32_t count;
    if (key.len != 4)
        return aq_check_fault(c, "ident", "a row's key has %zu bytes instead of 4", key.len);
    uint32_t first = aq_unkey32(key.ptr);
    if (aq_ident_count(payload, &count))
        return aq_check_fault(c, "ident", "the ids from comment %u on contradict themselves", first);
    return cover(c, context, first, count);
}

enum aq_status aq_check_coverage(struct aq_check *c)
{
    struct covering text = {.table = "text"}, ident = {.table = "ident"};
    enum aq_status st = aq_check_table(c, AQ_TABLE_TEXT, bundle_row, &text);
    if (st == AQ_OK)
        st = covered(c, &text);
    if (st == AQ_OK)
        st = aq_check_table(c, AQ_TABLE_IDENT, ident_row, &ident);
    return st ? st : covered(c, &ident);
}

/* ---- columns ---- */

static enum aq_status column_row(struct aq_check *c, void *context, struct aq_slice key, struct aq_slice payload)
{
    (void)context;
    if (key.len != 5 || key.ptr[0] >= AQ_COLUMN_COUNT)
        return aq_check_fault(c, "col", "a row's key is not one of a column");
    enum aq_column column = key.ptr[0];
    uint32_t chunk = aq_unkey32(key.ptr + 1), per = aq_column_per_chunk(column);
    size_t width = aq_column_width[column], count = payload.len / width;
    if (count == 0 || payload.len % width || count > per)
        return aq_check_fault(c, "col", "row %u of column %d has %zu bytes, not values of %zu bytes", chunk,
                              (int)column, payload.len, width);
    if ((uint64_t)chunk * per + count > c->t.state.next_comment)
        return aq_check_fault(c, "col", "row %u of column %d goes beyond the last comment, %u", chunk, (int)column,
                              c->t.state.next_comment);
    if (column != AQ_COL_FLAGS)
        return AQ_OK;
    for (size_t i = 0; i < count; i++) {
        unsigned flags = aq_load16(payload.ptr + 2 * i);
        unsigned known = AQ_LIVE | AQ_IS_POST | AQ_PURGED | AQ_HAS_QUOTE | AQ_HAS_LINK | AQ_HAS_CODE;
        if ((flags & 0xff & ~known) || flags >> AQ_TITLE_SHIFT > AQ_TITLE_TOKENS ||
            (flags & AQ_PURGED && flags != AQ_PURGED))
            return aq_check_fault(c, "col", "comment %zu has flags 0x%04x", (size_t)chunk * per + i, flags);
        c->live += flags & AQ_LIVE;
    }
    return AQ_OK;
}

enum aq_status aq_check_columns(struct aq_check *c)
{
    enum aq_status st = aq_check_table(c, AQ_TABLE_COL, column_row, NULL);
    if (st == AQ_OK && c->live != c->t.state.comments)
        st = aq_check_fault(c, "col", "%" PRIu64 " comments are live, the state record says %u", c->live,
                            c->t.state.comments);
    return st;
}

/* ---- sets: threads' members, ids, repeats (grammar: docs/FORMAT.md, "sets") ---- */

/* A set that is being walked. */
struct set {
    enum aq_table table;
    aq_check_entry *entry;
    void *context;
    struct aq_buf entries; /* of the row at hand */
    bool any;
    uint8_t last[16]; /* entry, if any */
};

static enum aq_status set_row(struct aq_check *c, void *context, struct aq_slice key, struct aq_slice payload)
{
    struct set *s = context;
    const char *table = aq_check_table_name(s->table);
    size_t width = aq_set_width(s->table);
    char name[AQ_QUOTED_BYTES];

    if (key.len != width)
        return aq_check_fault(c, table, "the key %s has a wrong length", aq_check_quoted(key, name));
    if (!aq_set_unpack(s->table, payload, &s->entries))
        return s->entries.failed ? aq_fail_nomem(c->err)
                                 : aq_check_fault(c, table, "the row %s, of %zu bytes, is none",
                                                  aq_check_quoted(key, name), payload.len);
    size_t count = s->entries.len / width;
    if (s->any && memcmp(key.ptr, s->last, width) <= 0)
        return aq_check_fault(c, table, "the row %s begins below the end of the one before",
                              aq_check_quoted(key, name));
    for (size_t i = 0; i < count; i++) {
        const uint8_t *entry = s->entries.ptr + i * width;
        if (i == 0 ? memcmp(entry, key.ptr, width) < 0 : memcmp(entry, entry - width, width) <= 0)
            return aq_check_fault(c, table, "the row %s does not ascend at entry %zu", aq_check_quoted(key, name), i);
        enum aq_status st = s->entry(c, s->context, entry);
        if (st)
            return st;
    }
    s->any = true;
    memcpy(s->last, s->entries.ptr + (count - 1) * width, width);
    return AQ_OK;
}

enum aq_status aq_check_set(struct aq_check *c, enum aq_table table, aq_check_entry *entry, void *context)
{
    struct set s = {.table = table, .entry = entry, .context = context};
    enum aq_status st = aq_check_table(c, table, set_row, &s);
    aq_buf_free(&s.entries);
    return st;
}

static enum aq_status member(struct aq_check *c, void *context, const uint8_t *entry)
{
    (void)context;
    uint32_t thread = aq_unkey32(entry), comment = aq_unkey32(entry + 4);
    if (thread >= c->t.state.next_thread || comment >= c->t.state.next_comment)
        return aq_check_fault(c, "member", "thread %u of %u lists comment %u of %u", thread, c->t.state.next_thread,
                              comment, c->t.state.next_comment);
    if (aq_column_get(&c->t, AQ_COL_THREAD, comment) == (int64_t)thread)
        aq_check_set_bit(c->in_thread, comment);
    return AQ_OK;
}

enum aq_status aq_check_members(struct aq_check *c)
{
    return aq_check_set(c, AQ_TABLE_MEMBER, member, NULL);
}

/* ---- ids and names ---- */

static const uint32_t *names_of(const struct aq_check *c, uint8_t kind)
{
    const struct aq_state *s = &c->t.state;
    return kind == AQ_ID_AUTHOR ? &s->next_author : kind == AQ_ID_THREAD ? &s->next_thread
                                                : kind == AQ_ID_TAGS     ? &s->next_tags
                                                : kind == AQ_ID_SOURCE   ? &s->next_source
                                                                         : NULL;
}

enum aq_status aq_check_listed(struct aq_check *c, enum aq_id_kind kind, uint64_t hash, uint32_t number, bool *is,
                               uint32_t *count)
{
    const uint32_t *numbers;
    enum aq_status st = aq_ids_get(&c->t, kind, hash, &numbers, count);
    *is = false;
    if (st == AQ_NOMEM)
        return aq_fail_nomem(c->err);
    if (st)
        return aq_check_fault(c, "id", "the row of kind '%c' and hash %016" PRIx64 " cannot be read", (char)kind,
                              hash);
    for (uint32_t i = 0; i < *count && !*is; i++)
        *is = numbers[i] == number;
    return AQ_OK;
}

static enum aq_status listed_id(struct aq_check *c, void *context, const uint8_t *entry)
{
    (void)context;
    uint8_t kind = entry[0];
    uint32_t number = aq_id_entry_number(entry);
    const uint32_t *next = kind == AQ_ID_COMMENT || kind == AQ_ID_AWAITED ? &c->t.state.next_comment
                           : kind == AQ_ID_AUTHOR_WORD                    ? &c->t.state.next_author
                                                                          : names_of(c, kind);
    if (!next || number >= *next)
        return aq_check_fault(c, "id", "a row of kind 0x%02x names number %u of %u", kind, number, next ? *next : 0);
    c->listed_ids[kind]++;
    return AQ_OK;
}

enum aq_status aq_check_ids(struct aq_check *c)
{
    static const uint8_t kinds[] = {AQ_ID_AUTHOR, AQ_ID_THREAD, AQ_ID_TAGS, AQ_ID_SOURCE};
    enum aq_status st = aq_check_set(c, AQ_TABLE_ID, listed_id, NULL);

    for (size_t i = 0; i < AQ_COUNT(kinds) && st == AQ_OK; i++)
        if (c->listed_ids[kinds[i]] != *names_of(c, kinds[i]))
            st = aq_check_fault(c, "id", "%" PRIu64 " names of kind '%c' are listed, there are %u",
                                c->listed_ids[kinds[i]], kinds[i], *names_of(c, kinds[i]));
    /* Each of these was found under its hash when its text was read. */
    if (st == AQ_OK && c->listed_ids[AQ_ID_COMMENT] != c->with_text)
        st = aq_check_fault(c, "id", "%" PRIu64 " comments are listed, there is text of %" PRIu64,
                            c->listed_ids[AQ_ID_COMMENT], c->with_text);
    if (st == AQ_OK && c->listed_ids[AQ_ID_AWAITED] != c->awaiting)
        st = aq_check_fault(c, "id", "%" PRIu64 " replies are listed as waiting for their parents, %" PRIu64 " are",
                            c->listed_ids[AQ_ID_AWAITED], c->awaiting);
    if (st == AQ_OK && c->listed_ids[AQ_ID_AUTHOR_WORD] != c->author_words)
        st = aq_check_fault(c, "id", "%" PRIu64 " words of authors' names are listed, they have %" PRIu64,
                            c->listed_ids[AQ_ID_AUTHOR_WORD], c->author_words);
    return st;
}

struct naming {
    uint64_t seen[256];
    struct aq_buf folded;
};

/* Each word of the name leads to its author. */
static enum aq_status check_words(struct aq_check *c, struct aq_slice name, uint32_t author, struct aq_buf *folded)
{
    uint64_t words[AQ_NAME_WORDS];
    if (!aq_name_fold(folded, name))
        return aq_fail_nomem(c->err);
    size_t count = aq_name_words(aq_slice(folded->ptr, folded->len), words);
    for (size_t i = 0; i < count; i++) {
        uint32_t all;
        bool is;
        enum aq_status st = aq_check_listed(c, AQ_ID_AUTHOR_WORD, words[i], author, &is, &all);
        if (st == AQ_OK && !is)
            st = aq_check_fault(c, "id", "a word of the name of author %u does not lead there", author);
        if (st)
            return st;
    }
    c->author_words += count;
    return AQ_OK;
}

static enum aq_status name_row(struct aq_check *c, void *context, struct aq_slice key, struct aq_slice payload)
{
    struct naming *n = context;
    struct aq_slice name = payload;
    char quoted[AQ_QUOTED_BYTES];
    uint32_t found;

    if (key.len != 5 || !names_of(c, key.ptr[0]))
        return aq_check_fault(c, "name", "the key %s is not one of a name", aq_check_quoted(key, quoted));
    enum aq_id_kind kind = key.ptr[0];
    uint32_t number = aq_unkey32(key.ptr + 1);
    if (number != n->seen[kind] || number >= *names_of(c, key.ptr[0]))
        return aq_check_fault(c, "name", "'%c' %u comes where %" PRIu64 " of %u is due", (char)kind, number,
                              n->seen[kind], *names_of(c, key.ptr[0]));
    n->seen[kind]++;
    if (kind == AQ_ID_THREAD) {
        struct aq_thread_info info;
        if (aq_thread_get(&c->t, number, &info))
            return aq_check_fault(c, "name", "thread %u has %zu bytes", number, payload.len);
        if (info.root != AQ_NO_COMMENT && info.root >= c->t.state.next_comment)
            return aq_check_fault(c, "name", "thread %u is opened by comment %u of %u", number, info.root,
                                  c->t.state.next_comment);
        name = info.name;
    }
    if (name.len == 0 || aq_utf8_valid(name) < name.len)
        return aq_check_fault(c, "name", "'%c' %u is %s, not valid UTF-8", (char)kind, number,
                              aq_check_quoted(name, quoted));
    struct aq_error why;
    enum aq_status st = aq_name_find(&c->t, kind, name, &found, &why);
    if (st == AQ_NOMEM)
        return aq_fail_nomem(c->err);
    if (st || found != number)
        return aq_check_fault(c, "id", "the name %s does not lead to '%c' %u", aq_check_quoted(name, quoted),
                              (char)kind, number);
    return kind == AQ_ID_AUTHOR ? check_words(c, name, number, &n->folded) : AQ_OK;
}

enum aq_status aq_check_names(struct aq_check *c)
{
    static const uint8_t kinds[] = {AQ_ID_AUTHOR, AQ_ID_THREAD, AQ_ID_TAGS, AQ_ID_SOURCE};
    struct naming n = {.seen = {0}};
    enum aq_status st = aq_check_table(c, AQ_TABLE_NAME, name_row, &n);
    aq_buf_free(&n.folded);
    for (size_t i = 0; i < AQ_COUNT(kinds) && st == AQ_OK; i++)
        if (n.seen[kinds[i]] != *names_of(c, kinds[i]))
            st = aq_check_fault(c, "name", "there are %" PRIu64 " names of kind '%c', the state record says %u",
                                n.seen[kinds[i]], kinds[i], *names_of(c, kinds[i]));
    return st;
}

/* ---- repeats ---- */

struct repeating {
    uint64_t hash; /* of the entry before */
    bool any;
};

static enum aq_status repeat_entry(struct aq_check *c, void *context, const uint8_t *entry)
{
    struct repeating *r = context;
    uint64_t hash = aq_unkey64(entry);
    uint32_t comment = aq_unkey32(entry + 9), ordinal = aq_repeat_entry_ordinal(entry);
    if (comment >= c->t.state.next_comment || c->place[comment] == AQ_NOWHERE || ordinal >= c->passages[comment])
        return aq_check_fault(c, "repeat", "an entry of hash %016" PRIx64 " names passage %u of comment %u, which is not "
                              "in the index", hash, ordinal, comment);
    uint32_t passage = c->place[comment] + ordinal;
    if (aq_check_bit(c->quote, passage) != entry[8])
        return aq_check_fault(c, "repeat", "passage %u of comment %u stands as %s", ordinal, comment,
                              entry[8] ? "a quote, which it is not" : "its author's own words, but is a quote");
    c->sums[passage] += aq_check_repeat(hash);
    if (r->any && r->hash == hash)
        aq_check_set_bit(c->repeats, passage);
    r->any = true;
    r->hash = hash;
    return AQ_OK;
}

enum aq_status aq_check_repeats(struct aq_check *c)
{
    struct repeating r = {0};
    return aq_check_set(c, AQ_TABLE_REPEAT, repeat_entry, &r);
}
