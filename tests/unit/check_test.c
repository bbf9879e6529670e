/* aq_check finds records that are sound in themselves, checksums right, but contradict
 * others. Each case damages a copy of one index and names the table that the fault
 * must name. AQ_SHOW prints the faults. */
#include <setjmp.h>
#include <stdarg.h>

#include "check_bench.h"
#include "pending.h"

/* Changes the copy in a write transaction; returns false when there is nothing to do it to. */
typedef bool damage(struct aq_txn *t, struct bench *b);

#define DAMAGE(name, expression)                                                                             \
    static bool name(struct aq_txn *t, struct bench *b)                                                      \
    {                                                                                                        \
        (void)t;                                                                                             \
        (void)b;                                                                                             \
        return expression;                                                                                   \
    }

static uint32_t live_comment(struct aq_txn *t, struct bench *b)
{
    for (;;) {
        uint32_t c = below(&b->rng, t->state.next_comment);
        if (aq_column_get(t, AQ_COL_FLAGS, c) & AQ_LIVE)
            return c;
    }
}

/* A random row of a table with this key prefix. */
static bool some_row(struct aq_txn *t, struct bench *b, enum aq_table table, const char *prefix, struct aq_buf *key,
                     struct aq_buf *value)
{
    struct aq_walk w;
    struct aq_error err;
    bool found, any = false;
    uint32_t n = 0;
    aq_buf_clear(key);
    aq_buf_clear(value);
    must(aq_walk_open(t, table, false, &w, &err), &err);
    for (must(aq_walk_seek(&w, aq_slice_str(prefix), &found, &err), &err); found;
         must(aq_walk_next(&w, &found, &err), &err)) {
        if (w.key.len < strlen(prefix) || memcmp(w.key.ptr, prefix, strlen(prefix)) != 0)
            break;
        if (!one_in(&b->rng, ++n))
            continue;
        aq_buf_clear(key);
        aq_buf_clear(value);
        aq_buf_put(key, w.key.ptr, w.key.len);
        aq_buf_put(value, w.payload.ptr, w.payload.len);
        any = true;
    }
    aq_walk_close(&w);
    return any;
}

static void put(struct aq_txn *t, enum aq_table table, const struct aq_buf *key, struct aq_slice value)
{
    struct aq_error err;
    must(aq_put(t, table, aq_slice(key->ptr, key->len), value, &err), &err);
}

/* Edits a random row's payload, its checksum made right. */
static bool edit_row(struct aq_txn *t, struct bench *b, enum aq_table table, const char *prefix,
                     void (*edit)(struct aq_buf *value, struct bench *b))
{
    struct aq_buf key = {0}, value = {0};
    bool any = some_row(t, b, table, prefix, &key, &value);
    if (any && edit)
        edit(&value, b);
    if (any && edit)
        put(t, table, &key, aq_slice(value.ptr, value.len));
    else if (any)
        assert_int_equal(aq_del(t, table, aq_slice(key.ptr, key.len), NULL), AQ_OK);
    aq_buf_free(&key);
    aq_buf_free(&value);
    return any;
}

static void drop_four_bytes(struct aq_buf *value, struct bench *b)
{
    (void)b;
    value->len -= value->len < 4 ? value->len : 4;
}
static void drop_one_byte(struct aq_buf *value, struct bench *b)
{
    (void)b;
    value->len -= value->len > 0;
}
static void drop_map_entry(struct aq_buf *value, struct bench *b)
{
    (void)b;
    value->len -= 6;
}
static void exchange_lengths(struct aq_buf *value, struct bench *b)
{
    (void)b;
    for (size_t i = 1; i < value->len; i++)
        if (value->ptr[i] != value->ptr[0]) {
            uint8_t v = value->ptr[0];
            value->ptr[0] = value->ptr[i];
            value->ptr[i] = v;
            return;
        }
}
static void add_one_byte(struct aq_buf *value, struct bench *b)
{
    (void)b;
    aq_buf_u8(value, 'x');
}
static bool no_row(struct aq_txn *t, struct bench *b, enum aq_table table, const char *prefix)
{
    return edit_row(t, b, table, prefix, NULL);
}

/* state and seg */
DAMAGE(live_count, (t->state.comments++, true))
DAMAGE(pend_count, (t->state.pend_tokens--, true))
DAMAGE(text_bytes, (t->state.text_bytes++, true))
DAMAGE(author_count, (t->state.next_author++, true))
DAMAGE(source_count, (t->state.next_source++, true))
DAMAGE(comment_count, (t->state.next_comment++, true))
DAMAGE(comment_fewer, (t->state.next_comment--, true))
DAMAGE(dictionary_number, (t->state.dictionary = 9, true))

static bool segment_fact(struct aq_txn *t, unsigned which)
{
    struct aq_segment_info i = t->segments[0].info;
    struct aq_error err;
    switch (which) {
    case 0: i.deleted++; break;
    case 1: i.terms++; break;
    case 2: i.tokens++; break;
    case 3: i.postings--; break;
    case 4: i.bytes++; break;
    case 6: i.longest++; break;
    default: i.average_length *= 2;
    }
    must(aq_segment_list(t, &i, &err), &err);
    return true;
}
DAMAGE(deleted_fact, segment_fact(t, 0))
DAMAGE(terms_fact, segment_fact(t, 1))
DAMAGE(tokens_fact, segment_fact(t, 2))
DAMAGE(postings_fact, segment_fact(t, 3))
DAMAGE(bytes_fact, segment_fact(t, 4))
DAMAGE(model_fact, segment_fact(t, 5))
DAMAGE(longest_fact, segment_fact(t, 6))
DAMAGE(no_segment, no_row(t, b, AQ_TABLE_SEG, ""))

/* norm, map, bits */
DAMAGE(lengths_exchanged, edit_row(t, b, AQ_TABLE_NORM, "", exchange_lengths))
DAMAGE(map_cut, edit_row(t, b, AQ_TABLE_MAP, "", drop_map_entry))
static bool edit_map(struct aq_txn *t, struct bench *b, bool exchange)
{
    const struct aq_segment *seg = &t->segments[below(&b->rng, t->segment_count)];
    struct aq_error err;
    struct aq_slice row;
    uint8_t key[8], copy[AQ_MAP_CHUNK * 6], entry[6];
    aq_key32(key, seg->info.id);
    aq_key32(key + 4, 0);
    assert_int_equal(aq_get(t, AQ_TABLE_MAP, aq_slice(key, sizeof key), &row), AQ_OK);
    uint32_t i = below(&b->rng, (uint32_t)(row.len / 6) - 1);
    const uint8_t *deleted = aq_segment_bits(t, seg, AQ_BITS_DELETED, 0);
    if (aq_bit(deleted, i) || aq_bit(deleted, i + 1)) /* of two dead ones nobody can tell */
        return false;
    memcpy(copy, row.ptr, row.len);
    uint8_t *at = copy + 6 * (size_t)i;
    if (exchange) {
        memcpy(entry, at, 6);
        memcpy(at, at + 6, 6);
        memcpy(at + 6, entry, 6);
    } else {
        aq_store32(at, aq_load32(at) + 1);
    }
    must(aq_put(t, AQ_TABLE_MAP, aq_slice(key, sizeof key), aq_slice(copy, row.len), &err), &err);
    return true;
}
DAMAGE(map_exchanged, edit_map(t, b, true))
DAMAGE(map_other_comment, edit_map(t, b, false))
DAMAGE(no_map, no_row(t, b, AQ_TABLE_MAP, ""))
/* The order index: rows with longer keys behind a segment's chunks. */
static bool edit_order(struct aq_txn *t, struct bench *b, void (*edit)(struct aq_buf *value, struct bench *b))
{
    struct aq_buf key = {0}, value = {0};
    bool any = some_row(t, b, AQ_TABLE_MAP, "", &key, &value) && key.len == 12;
    if (any && edit)
        edit(&value, b);
    if (any && edit && value.len)
        put(t, AQ_TABLE_MAP, &key, aq_slice(value.ptr, value.len));
    else if (any)
        assert_int_equal(aq_del(t, AQ_TABLE_MAP, aq_slice(key.ptr, key.len), NULL), AQ_OK);
    aq_buf_free(&key);
    aq_buf_free(&value);
    return any;
}
/* One comment's docid, by one. */
static void move_docid(struct aq_buf *value, struct bench *b)
{
    uint32_t count = value->ptr[0] + 1u, gaps = ((count - 1) * value->ptr[1] + 7) / 8, width = value->ptr[2];
    uint32_t bit = below(&b->rng, count) * width;
    if (width)
        value->ptr[7 + gaps + bit / 8] ^= (uint8_t)(1u << bit % 8);
    else
        aq_store32(value->ptr + 3, aq_load32(value->ptr + 3) + 1);
}
/* The same row again, under the number of its second comment. */
static bool order_repeated(struct aq_txn *t, struct bench *b)
{
    struct aq_buf key = {0}, value = {0};
    bool any = some_row(t, b, AQ_TABLE_MAP, "", &key, &value) && key.len == 12;
    if (any) {
        aq_key32(key.ptr + 8, aq_unkey32(key.ptr + 8) + 1);
        put(t, AQ_TABLE_MAP, &key, aq_slice(value.ptr, value.len));
    }
    aq_buf_free(&key);
    aq_buf_free(&value);
    return any;
}
DAMAGE(order_cut, edit_order(t, b, drop_one_byte))
DAMAGE(order_moved, edit_order(t, b, move_docid))
DAMAGE(no_order, edit_order(t, b, NULL))
DAMAGE(no_bits, no_row(t, b, AQ_TABLE_BITS, ""))

static bool wrong_bit(struct aq_txn *t, struct bench *b, enum aq_bits_kind kind)
{
    const struct aq_segment *seg = &t->segments[below(&b->rng, t->segment_count)];
    struct aq_error err;
    for (;;) {
        uint32_t d = below(&b->rng, seg->info.passages);
        if (kind != AQ_BITS_DELETED && aq_bit(aq_segment_bits(t, seg, AQ_BITS_DELETED, d / AQ_BITS_CHUNK), d))
            continue;
        bool now = aq_bit(aq_segment_bits(t, seg, kind, d / AQ_BITS_CHUNK), d);
        must(aq_segment_set_bit(t, seg->info.id, kind, d, !now, &err), &err);
        return true;
    }
}
DAMAGE(wrong_deleted, wrong_bit(t, b, AQ_BITS_DELETED))
DAMAGE(wrong_hidden, wrong_bit(t, b, AQ_BITS_HIDDEN))
DAMAGE(wrong_quote, wrong_bit(t, b, AQ_BITS_QUOTE))
static bool bit_beyond(struct aq_txn *t, struct bench *b)
{
    struct aq_error err;
    (void)b;
    must(aq_segment_set_bit(t, t->segments[0].info.id, AQ_BITS_HIDDEN, t->segments[0].info.passages, true, &err), &err);
    return true;
}
/* A comment deleted, as far as its segment knows and says. */
static bool quietly_deleted(struct aq_txn *t, struct bench *b)
{
    struct aq_error err;
    for (;;) {
        struct aq_segment *seg = &t->segments[below(&b->rng, t->segment_count)];
        uint32_t docid, count, c = live_comment(t, b);
        if (aq_segment_find(t, seg, c, &docid, &count) ||
            aq_bit(aq_segment_bits(t, seg, AQ_BITS_DELETED, docid / AQ_BITS_CHUNK), docid))
            continue;
        for (uint32_t i = 0; i < count; i++)
            must(aq_segment_set_bit(t, seg->info.id, AQ_BITS_DELETED, docid + i, true, &err), &err);
        seg->info.deleted += count;
        must(aq_segment_list(t, &seg->info, &err), &err);
        return true;
    }
}

/* pend */
DAMAGE(pend_cut, edit_row(t, b, AQ_TABLE_PEND, "", drop_one_byte))
DAMAGE(no_pend, no_row(t, b, AQ_TABLE_PEND, ""))
static bool pend_flag(struct aq_txn *t, struct bench *b, unsigned flag)
{
    struct aq_buf key = {0}, value = {0};
    struct aq_pending p;
    do
        if (!some_row(t, b, AQ_TABLE_PEND, "", &key, &value) || aq_pending_parse(&p, aq_slice(value.ptr, value.len)))
            return false;
    while (p.passage_count == 0);
    value.ptr[(p.passages - value.ptr) + 1] ^= (uint8_t)flag;
    put(t, AQ_TABLE_PEND, &key, aq_slice(value.ptr, value.len));
    aq_buf_free(&key);
    aq_buf_free(&value);
    return true;
}
DAMAGE(pend_hidden, pend_flag(t, b, AQ_PENDING_HIDDEN))
DAMAGE(pend_quote, pend_flag(t, b, AQ_PENDING_QUOTE))
static bool pend_twice(struct aq_txn *t, struct bench *b)
{
    struct aq_buf key = {0}, value = {0};
    uint32_t docid, count, c;
    uint8_t number[4];
    do
        c = live_comment(t, b);
    while (aq_segment_find(t, &t->segments[0], c, &docid, &count));
    if (!some_row(t, b, AQ_TABLE_PEND, "", &key, &value))
        return false;
    aq_key32(number, c);
    aq_buf_clear(&key);
    aq_buf_put(&key, number, 4);
    put(t, AQ_TABLE_PEND, &key, aq_slice(value.ptr, value.len));
    aq_buf_free(&key);
    aq_buf_free(&value);
    return true;
}

/* col */
static bool set_column(struct aq_txn *t, struct bench *b, enum aq_column column, int64_t value)
{
    struct aq_error err;
    uint32_t c;
    do
        c = live_comment(t, b);
    while (aq_column_get(t, column, c) == value);
    must(aq_column_set(t, column, c, value, &err), &err);
    return true;
}
DAMAGE(dead_flag, set_column(t, b, AQ_COL_FLAGS, 0))
DAMAGE(odd_flag, set_column(t, b, AQ_COL_FLAGS, 0x81))
/* A flag that is wrong, of a comment with text. */
static bool wrong_flag(struct aq_txn *t, struct bench *b, unsigned bits)
{
    struct aq_error err;
    uint32_t c = live_comment(t, b);
    must(aq_column_set(t, AQ_COL_FLAGS, c, aq_column_get(t, AQ_COL_FLAGS, c) ^ bits, &err), &err);
    return true;
}
DAMAGE(quote_flag, wrong_flag(t, b, AQ_HAS_QUOTE))
DAMAGE(link_flag, wrong_flag(t, b, AQ_HAS_LINK))
DAMAGE(code_flag, wrong_flag(t, b, AQ_HAS_CODE))
DAMAGE(title_length, wrong_flag(t, b, 1u << AQ_TITLE_SHIFT))
DAMAGE(title_too_long, wrong_flag(t, b, 0x40u << AQ_TITLE_SHIFT))
DAMAGE(other_thread, set_column(t, b, AQ_COL_THREAD, t->state.next_thread))
DAMAGE(unlisted_thread, set_column(t, b, AQ_COL_THREAD, t->state.next_thread - 1))
DAMAGE(other_author, set_column(t, b, AQ_COL_AUTHOR, t->state.next_author))
DAMAGE(other_tags, set_column(t, b, AQ_COL_TAGS, t->state.next_tags))
DAMAGE(other_parent, set_column(t, b, AQ_COL_PARENT, 0))
DAMAGE(no_digest, set_column(t, b, AQ_COL_DIGEST, 0))
DAMAGE(other_source, set_column(t, b, AQ_COL_SOURCE, t->state.next_source))
DAMAGE(col_cut, edit_row(t, b, AQ_TABLE_COL, "", drop_one_byte))
static bool no_flags(struct aq_txn *t, struct bench *b)
{
    const uint8_t key[5] = {AQ_COL_FLAGS};
    (void)b;
    return aq_del(t, AQ_TABLE_COL, aq_slice(key, sizeof key), NULL) == AQ_OK;
}

/* text */
static bool other_text(struct aq_txn *t, struct bench *b, void (*edit)(struct aq_comment *c, uint8_t *text))
{
    struct aq_arena arena = {0};
    struct aq_buf out = {0};
    struct aq_comment c;
    struct aq_error err;
    uint32_t number;
    do {
        number = live_comment(t, b);
        must(aq_text_get(t, number, &arena, &c, &err), &err);
    } while (c.passage_count == 0 || c.text.len < 20 || !c.parent.len || c.text.ptr[c.passages[0].begin] < 'a');
    uint8_t *text = malloc(c.text.len);
    memcpy(text, c.text.ptr, c.text.len);
    c.text.ptr = text;
    edit(&c, text);
    aq_comment_encode(&out, &c);
    assert_false(out.failed);
    must(aq_text_replace(t, number, aq_slice(out.ptr, out.len), &err), &err);
    aq_arena_free(&arena);
    aq_buf_free(&out);
    free(text);
    return true;
}
static void edit_word(struct aq_comment *c, uint8_t *text)
{
    text[c->passages[0].begin] ^= 0x03;
}
static void edit_parent(struct aq_comment *c, uint8_t *text)
{
    (void)text;
    c->parent = aq_slice_str("nobody");
}
static void edit_utf8(struct aq_comment *c, uint8_t *text)
{
    (void)text;
    c->url = aq_slice_str("\xff");
}
static void edit_passages(struct aq_comment *c, uint8_t *text)
{
    (void)text;
    c->passage_count--;
}
static void edit_marks(struct aq_comment *c, uint8_t *text)
{
    (void)text;
    c->marks ^= AQ_COMMENT_CODE;
}
DAMAGE(other_marks, other_text(t, b, edit_marks))
DAMAGE(other_word, other_text(t, b, edit_word))
DAMAGE(other_parent_id, other_text(t, b, edit_parent))
DAMAGE(bad_utf8, other_text(t, b, edit_utf8))
DAMAGE(fewer_passages, other_text(t, b, edit_passages))
DAMAGE(no_bundle, no_row(t, b, AQ_TABLE_TEXT, ""))
static void change_comments(struct aq_buf *value, struct bench *b)
{
    (void)b;
    /* The first frame's head: one comment more or less than its body has. */
    struct aq_reading r = aq_reading_of(aq_slice(value->ptr, value->len));
    aq_read_varint32(&r);
    aq_read_varint32(&r);
    assert_true(r.p < r.end);
    value->ptr[r.p - value->ptr] ^= 2;
}
DAMAGE(comments_in_frame, edit_row(t, b, AQ_TABLE_TEXT, "", change_comments))
DAMAGE(bundle_cut, edit_row(t, b, AQ_TABLE_TEXT, "", drop_one_byte))
static bool purged_text(struct aq_txn *t, struct bench *b)
{
    struct aq_error err;
    must(aq_text_replace(t, live_comment(t, b), (struct aq_slice){0}, &err), &err);
    return true;
}

/* ident: all ids written anew, with a change */
enum ident_change { OTHER_ID, EXCHANGED_IDS, NO_ID, ONE_LESS, ONE_MORE, ID_TWICE };

static bool change_idents(struct aq_txn *t, struct bench *b, enum ident_change how)
{
    struct aq_ident_writer w;
    struct aq_error err;
    struct aq_buf key = {0}, value = {0};
    struct aq_id id, other;
    uint32_t count = t->state.next_comment, victim = live_comment(t, b), partner;
    struct aq_id *ids = calloc(count, sizeof *ids);
    do
        partner = live_comment(t, b);
    while (partner == victim);
    for (uint32_t i = 0; i < count; i++)
        must(aq_ident_get(t, i, &ids[i], &err), &err); /* none was purged */
    while (some_row(t, b, AQ_TABLE_IDENT, "", &key, &value))
        assert_int_equal(aq_del(t, AQ_TABLE_IDENT, aq_slice(key.ptr, key.len), NULL), AQ_OK);
    id = ids[victim];
    other = ids[partner];
    if (how == OTHER_ID)
        aq_id_set(&ids[victim], aq_slice_str("somebody else"));
    else if (how == NO_ID)
        ids[victim].len = 0;
    else if (how == ID_TWICE || how == EXCHANGED_IDS)
        ids[victim] = other;
    if (how == EXCHANGED_IDS)
        ids[partner] = id;
    must(aq_ident_begin(t, &w, &err), &err);
    for (uint32_t i = 0; i < count - (how == ONE_LESS); i++)
        must(aq_ident_add(&w, aq_id_slice(&ids[i]), &err), &err);
    if (how == ONE_MORE)
        must(aq_ident_add(&w, aq_slice_str("too many"), &err), &err);
    must(aq_ident_finish(&w, &err), &err);
    aq_buf_free(&key);
    aq_buf_free(&value);
    free(ids);
    return true;
}
DAMAGE(ident_other, change_idents(t, b, OTHER_ID))
DAMAGE(ident_exchanged, change_idents(t, b, EXCHANGED_IDS))
DAMAGE(ident_gone, change_idents(t, b, NO_ID))
DAMAGE(ident_one_less, change_idents(t, b, ONE_LESS))
DAMAGE(ident_one_more, change_idents(t, b, ONE_MORE))
DAMAGE(ident_twice, change_idents(t, b, ID_TWICE))
DAMAGE(no_ident, no_row(t, b, AQ_TABLE_IDENT, ""))
DAMAGE(ident_cut, edit_row(t, b, AQ_TABLE_IDENT, "", drop_one_byte))
static void raise_first_offset(struct aq_buf *value, struct bench *b)
{
    (void)b;
    size_t groups = (aq_load16(value->ptr + value->len - 2) + 15u) / 16;
    assert_true(groups > 1);
    value->ptr[value->len - 2 - 2 * (groups - 1)]++;
}
DAMAGE(ident_offset, edit_row(t, b, AQ_TABLE_IDENT, "", raise_first_offset))

/* id, name, member */
static bool take_entry(struct aq_txn *t, enum aq_table table, const char *prefix)
{
    struct aq_set_reader r;
    const uint8_t *entry;
    uint8_t copy[16];
    struct aq_error err;
    must(aq_set_open(t, table, &r, &err), &err);
    must(aq_set_seek(&r, aq_slice_str(prefix), &entry, &err), &err);
    bool any = entry && memcmp(entry, prefix, strlen(prefix)) == 0;
    if (any)
        memcpy(copy, entry, r.width);
    aq_set_close(&r);
    if (any)
        must(aq_set_change(t, table, (struct aq_slice){0}, aq_slice(copy, r.width), &err), &err);
    return any;
}
static void drop_an_entry(struct aq_buf *value, size_t width)
{
    value->len -= width;
}
static void drop_id(struct aq_buf *value, struct bench *b)
{
    (void)b;
    drop_an_entry(value, AQ_ID_ENTRY);
}
static void raise_last_number(struct aq_buf *value, struct bench *b)
{
    (void)b;
    value->ptr[value->len - 1]++;
}
static void exchange_ids(struct aq_buf *value, struct bench *b)
{
    uint8_t first[AQ_ID_ENTRY];
    size_t at = below(&b->rng, (uint32_t)(value->len / AQ_ID_ENTRY - 1)) * AQ_ID_ENTRY;
    memcpy(first, value->ptr + at, sizeof first);
    memcpy(value->ptr + at, value->ptr + at + AQ_ID_ENTRY, sizeof first);
    memcpy(value->ptr + at + AQ_ID_ENTRY, first, sizeof first);
}
DAMAGE(no_ids, no_row(t, b, AQ_TABLE_ID, ""))
DAMAGE(no_id, take_entry(t, AQ_TABLE_ID, "c"))
DAMAGE(no_author_id, take_entry(t, AQ_TABLE_ID, "a"))
DAMAGE(no_author_word, take_entry(t, AQ_TABLE_ID, "n"))
DAMAGE(no_awaited, take_entry(t, AQ_TABLE_ID, "w"))
DAMAGE(id_row_short, edit_row(t, b, AQ_TABLE_ID, "", drop_id))
DAMAGE(id_cut, edit_row(t, b, AQ_TABLE_ID, "", drop_four_bytes))
DAMAGE(id_other, edit_row(t, b, AQ_TABLE_ID, "", raise_last_number))
DAMAGE(ids_exchanged, edit_row(t, b, AQ_TABLE_ID, "", exchange_ids))
/* A row under a bound that is above its entries. */
static bool id_row_moved(struct aq_txn *t, struct bench *b)
{
    struct aq_buf key = {0}, value = {0};
    assert_true(some_row(t, b, AQ_TABLE_ID, "", &key, &value));
    assert_int_equal(aq_del(t, AQ_TABLE_ID, aq_slice(key.ptr, key.len), NULL), AQ_OK);
    memcpy(key.ptr, value.ptr, AQ_ID_ENTRY);
    key.ptr[AQ_ID_ENTRY - 1]++;
    put(t, AQ_TABLE_ID, &key, aq_slice(value.ptr, value.len));
    aq_buf_free(&key);
    aq_buf_free(&value);
    return true;
}
static bool id_added(struct aq_txn *t, struct bench *b)
{
    struct aq_error err;
    must(aq_ids_add(t, AQ_ID_COMMENT, chance(&b->rng), 1, &err), &err);
    return true;
}
static bool awaited_added(struct aq_txn *t, struct bench *b)
{
    struct aq_error err;
    must(aq_ids_add(t, AQ_ID_AWAITED, chance(&b->rng), 1, &err), &err);
    return true;
}
static bool author_word_added(struct aq_txn *t, struct bench *b)
{
    struct aq_error err;
    must(aq_ids_add(t, AQ_ID_AUTHOR_WORD, chance(&b->rng), 1, &err), &err);
    return true;
}
DAMAGE(name_other, edit_row(t, b, AQ_TABLE_NAME, "a", add_one_byte))
DAMAGE(thread_name_other, edit_row(t, b, AQ_TABLE_NAME, "t", add_one_byte))
DAMAGE(no_name, no_row(t, b, AQ_TABLE_NAME, ""))
DAMAGE(no_members, no_row(t, b, AQ_TABLE_MEMBER, ""))
static bool no_member(struct aq_txn *t, struct bench *b)
{
    uint32_t comment = live_comment(t, b);
    uint8_t entry[AQ_MEMBER_ENTRY];
    struct aq_error err;
    aq_member_entry(entry, (uint32_t)aq_column_get(t, AQ_COL_THREAD, comment), comment);
    must(aq_set_change(t, AQ_TABLE_MEMBER, (struct aq_slice){0}, aq_slice(entry, sizeof entry), &err), &err);
    return true;
}
static bool member_twice(struct aq_txn *t, struct bench *b)
{
    struct aq_buf key = {0}, value = {0};
    assert_true(some_row(t, b, AQ_TABLE_MEMBER, "", &key, &value));
    aq_buf_put(&value, value.ptr + value.len - AQ_MEMBER_ENTRY, AQ_MEMBER_ENTRY);
    put(t, AQ_TABLE_MEMBER, &key, aq_slice(value.ptr, value.len));
    aq_buf_free(&key);
    aq_buf_free(&value);
    return true;
}

/* repeat */
/* The first form of a row: two bytes of lengths, then what there are of it. */
static void count_form(struct aq_buf *value, struct bench *b)
{
    (void)b;
    value->ptr[2] ^= 1;
}
static void form_of_other_term(struct aq_buf *value, struct bench *b)
{
    (void)b;
    value->ptr[1] ^= 0x10;
}
static bool form_moved(struct aq_txn *t, struct bench *b)
{
    struct aq_buf key = {0}, value = {0};
    bool any = some_row(t, b, AQ_TABLE_FORM, "", &key, &value);
    if (any) {
        assert_int_equal(aq_del(t, AQ_TABLE_FORM, aq_slice(key.ptr, key.len), NULL), AQ_OK);
        key.ptr[key.len - 1]++;
        put(t, AQ_TABLE_FORM, &key, aq_slice(value.ptr, value.len));
    }
    aq_buf_free(&key);
    aq_buf_free(&value);
    return any;
}
DAMAGE(form_count, edit_row(t, b, AQ_TABLE_FORM, "", count_form))
DAMAGE(form_term, edit_row(t, b, AQ_TABLE_FORM, "", form_of_other_term))
DAMAGE(forms_cut, edit_row(t, b, AQ_TABLE_FORM, "", drop_four_bytes))
DAMAGE(no_forms, no_row(t, b, AQ_TABLE_FORM, ""))
DAMAGE(no_repeats, no_row(t, b, AQ_TABLE_REPEAT, ""))
DAMAGE(no_repeat, take_entry(t, AQ_TABLE_REPEAT, ""))
static bool other_repeat(struct aq_txn *t, struct bench *b, bool moved)
{
    struct aq_buf key = {0}, value = {0};
    struct aq_error err;
    assert_true(some_row(t, b, AQ_TABLE_REPEAT, "", &key, &value));
    uint8_t entry[AQ_REPEAT_ENTRY];
    memcpy(entry, value.ptr, sizeof entry);
    entry[below(&b->rng, 8)] ^= 0x10;
    must(aq_set_change(t, AQ_TABLE_REPEAT, aq_slice(entry, sizeof entry),
                       aq_slice(value.ptr, moved ? AQ_REPEAT_ENTRY : 0), &err), &err);
    aq_buf_free(&key);
    aq_buf_free(&value);
    return true;
}
DAMAGE(repeat_moved, other_repeat(t, b, true))
DAMAGE(repeat_added, other_repeat(t, b, false))

/* fingerprints and links */
DAMAGE(no_print, take_entry(t, AQ_TABLE_PRINT, ""))
DAMAGE(no_prints, no_row(t, b, AQ_TABLE_PRINT, ""))
DAMAGE(no_link, take_entry(t, AQ_TABLE_LINK, ""))
DAMAGE(no_quoter, take_entry(t, AQ_TABLE_QUOTED, ""))
/* The first entry of a set with a byte of it changed, beside it or in its place. */
static bool other_entry(struct aq_txn *t, struct bench *b, enum aq_table table, size_t at, uint8_t bits, bool moved)
{
    struct aq_buf key = {0}, value = {0}, entries = {0};
    struct aq_error err;
    uint8_t entry[16];
    bool any = some_row(t, b, table, "", &key, &value);
    if (any) {
        assert_true(aq_set_unpack(table, aq_slice(value.ptr, value.len), &entries));
        memcpy(entry, entries.ptr, aq_set_width(table));
        entry[at] ^= bits;
        must(aq_set_change(t, table, aq_slice(entry, aq_set_width(table)),
                           aq_slice(entries.ptr, moved ? aq_set_width(table) : 0), &err), &err);
    }
    aq_buf_free(&entries);
    aq_buf_free(&key);
    aq_buf_free(&value);
    return any;
}
DAMAGE(print_moved, other_entry(t, b, AQ_TABLE_PRINT, 2, 0x10, true))
DAMAGE(print_added, other_entry(t, b, AQ_TABLE_PRINT, 1, 0x10, false))
DAMAGE(print_of_nobody, other_entry(t, b, AQ_TABLE_PRINT, 4, 0x40, true))
DAMAGE(link_to_nobody, other_entry(t, b, AQ_TABLE_LINK, 6, 0x40, true))
DAMAGE(link_of_nobody, other_entry(t, b, AQ_TABLE_LINK, 0, 0x40, true))
DAMAGE(link_twice, other_entry(t, b, AQ_TABLE_LINK, 9, 0x01, false))
DAMAGE(link_repeats, other_entry(t, b, AQ_TABLE_LINK, 10, 0x80, true))
DAMAGE(quoter_added, other_entry(t, b, AQ_TABLE_QUOTED, 7, 0x01, false))
DAMAGE(quoter_moved, other_entry(t, b, AQ_TABLE_QUOTED, 7, 0x01, true))

/* postings: a list decoded, changed, and written again with all its checksums */
enum { FORMS_MOST = 64 };
enum change { MOVE_POSITION, MOVE_DOCID, DROP_POSTING, CHANGE_FORM };

static bool copy_form(void *context, uint32_t code, struct aq_slice form, uint64_t count)
{
    struct aq_form *forms = context;
    uint8_t *copy = malloc(form.len + 1);
    memcpy(copy, form.ptr, form.len);
    forms[code] = (struct aq_form){aq_slice(copy, form.len), count};
    return true;
}

/* A list that the change can be made to, at random. */
static bool pick_list(struct aq_txn *t, struct bench *b, const struct aq_segment *seg, enum change how,
                      struct aq_postings *list)
{
    struct aq_term_walk w;
    struct aq_error err;
    bool found, any = false;
    uint32_t n = 0;
    must(aq_term_walk_open(t, seg, aq_slice("", 0), &w, &found, &err), &err);
    while (found) {
        bool fits = w.postings.df > 2 && w.postings.form_count < FORMS_MOST &&
                    (how != CHANGE_FORM || w.postings.form_count > 1);
        if (fits && one_in(&b->rng, ++n)) {
            *list = w.postings;
            any = true;
        }
        must(aq_term_walk_next(&w, &found, &err), &err);
    }
    aq_term_walk_close(&w);
    return any;
}

static bool change_list(struct aq_txn *t, struct bench *b, enum change how)
{
    const struct aq_segment *seg = &t->segments[0];
    const struct aq_impact_model model = {seg->info.k1, seg->info.b, seg->info.average_length};
    struct aq_postings list;
    struct aq_form forms[FORMS_MOST];
    struct aq_cursor c;
    struct aq_slice out, positions_out;
    uint16_t positions[256], codes[256];
    uint8_t key[512];

    if (!pick_list(t, b, seg, how, &list))
        return false;
    struct aq_postings_writer *w = aq_postings_writer_new();
    assert_int_equal(aq_postings_forms(&list, copy_form, forms), AQ_OK);
    aq_postings_begin(w, list.term, forms, list.form_count, &model);
    uint32_t last = UINT32_MAX;
    bool changed = false;
    for (aq_cursor_init(&c, &list); c.docid != AQ_DOCID_END; aq_cursor_next(&c)) {
        uint32_t docid = c.docid, tf = aq_cursor_positions(&c, positions, codes);
        /* Of a dead passage there is no text to compare with. */
        bool dead = aq_bit(aq_segment_bits(t, seg, AQ_BITS_DELETED, docid / AQ_BITS_CHUNK), docid);
        /* To the passage's beginning, where another word stands: a word may stand
         * further behind another than the text tells, but not before it. */
        if (!changed && how == MOVE_POSITION && !dead && positions[0] % 8) { /* sums count modulo 8 */
            positions[0] = 0;
            changed = true;
        } else if (!changed && how == DROP_POSTING && c.index == 1) {
            changed = true;
            continue;
        } else if (!changed && how == MOVE_DOCID && docid > last + 1) {
            docid--;
            changed = true;
        } else if (!changed && how == CHANGE_FORM && !dead && tf > 1 && codes[0] != codes[1] &&
                   (positions[1] - positions[0]) % 8) { /* else the sums are the same */
            uint16_t code = codes[0];
            codes[0] = codes[1];
            codes[1] = code;
            changed = true;
        }
        last = docid;
        aq_postings_add(w, docid, seg->lengths[docid], tf, positions, codes);
    }
    enum aq_status st = aq_postings_end(w, &out, &positions_out);
    bool done = st == AQ_OK && changed;
    if (done) {
        key[0] = AQ_FIELD_TEXT;
        memcpy(key + 1, list.term.ptr, list.term.len);
        MDB_val k = {list.term.len + 1, key}, v = {out.len, NULL};
        memcpy(&v.mv_data, &out.ptr, sizeof v.mv_data);
        assert_int_equal(mdb_put(t->txn, seg->terms, &k, &v, 0), 0);
        if (positions_out.len) {
            v.mv_size = positions_out.len;
            memcpy(&v.mv_data, &positions_out.ptr, sizeof v.mv_data);
            assert_int_equal(mdb_put(t->txn, seg->positions, &k, &v, 0), 0);
        }
    }
    for (uint32_t i = 0; i < list.form_count; i++) {
        void *copy;
        memcpy(&copy, &forms[i].text.ptr, sizeof copy);
        free(copy);
    }
    aq_postings_writer_free(w);
    return done;
}
DAMAGE(position_moved, change_list(t, b, MOVE_POSITION))
DAMAGE(docid_moved, change_list(t, b, MOVE_DOCID))
DAMAGE(posting_dropped, change_list(t, b, DROP_POSTING))
DAMAGE(form_changed, change_list(t, b, CHANGE_FORM))
static bool list_dropped(struct aq_txn *t, struct bench *b)
{
    struct aq_postings list;
    uint8_t key[512] = {AQ_FIELD_TEXT};
    if (!pick_list(t, b, &t->segments[0], DROP_POSTING, &list))
        return false;
    memcpy(key + 1, list.term.ptr, list.term.len);
    MDB_val k = {list.term.len + 1, key};
    return mdb_del(t->txn, t->segments[0].terms, &k, NULL) == 0;
}
static bool list_in_other_field(struct aq_txn *t, struct bench *b)
{
    char key[] = "Znonsense";
    MDB_val k = {9, key}, v = {4, key};
    (void)b;
    return mdb_put(t->txn, t->segments[0].terms, &k, &v, 0) == 0;
}

static const struct {
    const char *name;
    damage *make;
    const char *expected[4]; /* any of these tables */
} damages[] = {
    {"count of live comments", live_count, {"col"}},
    {"count of pending words", pend_count, {"pend"}},
    {"bytes of text", text_bytes, {"text"}},
    {"count of authors", author_count, {"name"}},
    {"count of sources", source_count, {"name"}},
    {"one comment more", comment_count, {"text"}},
    {"one comment less", comment_fewer, {"text", "col", "ident"}},
    {"a dictionary that is not there", dictionary_number, {"meta"}},
    {"count of tombstones", deleted_fact, {"bits"}},
    {"count of terms", terms_fact, {"seg"}},
    {"count of words", tokens_fact, {"norm"}},
    {"count of postings", postings_fact, {"seg"}},
    {"bytes of postings", bytes_fact, {"seg"}},
    {"another model", model_fact, {"postings"}},
    {"another longest comment", longest_fact, {"map"}},
    {"a segment not listed", no_segment, {"norm", "bits", "map"}},
    {"lengths exchanged", lengths_exchanged, {"postings"}},
    {"a map entry cut off", map_cut, {"map"}},
    {"map entries exchanged", map_exchanged, {"map", "repeat", "postings"}},
    {"a map entry of another comment", map_other_comment, {"map", "repeat"}},
    {"a map row gone", no_map, {"map"}},
    {"an order index cut", order_cut, {"map"}},
    {"an order index that points elsewhere", order_moved, {"map"}},
    {"an order index out of order", order_repeated, {"map"}},
    {"a row of an order index gone", no_order, {"map"}},
    {"a bitmap gone", no_bits, {"bits", "map", "repeat"}},
    {"a wrong tombstone", wrong_deleted, {"bits", "map", "seg"}},
    {"a wrong hidden bit", wrong_hidden, {"bits"}},
    {"a wrong quote bit", wrong_quote, {"bits", "repeat"}},
    {"a bit beyond the last passage", bit_beyond, {"bits"}},
    {"a live comment with tombstones", quietly_deleted, {"map", "repeat"}},
    {"a forward record cut", pend_cut, {"pend"}},
    {"a forward record gone", no_pend, {"pend"}},
    {"a wrong hidden flag", pend_hidden, {"pend"}},
    {"a wrong quote flag", pend_quote, {"pend", "repeat"}},
    {"a comment pending and in a segment", pend_twice, {"pend"}},
    {"a live comment flagged dead", dead_flag, {"col"}},
    {"an unknown flag", odd_flag, {"col"}},
    {"a quote that is none", quote_flag, {"col"}},
    {"a link that is none", link_flag, {"col"}},
    {"code that is none", code_flag, {"col"}},
    {"a title one position longer", title_length, {"col"}},
    {"a title longer than any", title_too_long, {"col"}},
    {"a thread that is not there", other_thread, {"col"}},
    {"another thread", unlisted_thread, {"member"}},
    {"an author that is not there", other_author, {"col"}},
    {"tags that are not there", other_tags, {"col"}},
    {"another parent", other_parent, {"col", "id"}},
    {"a source that is not there", other_source, {"col"}},
    {"no digest", no_digest, {"col"}},
    {"a column cut", col_cut, {"col"}},
    {"no flags", no_flags, {"col"}},
    {"another word in the text", other_word, {"postings", "pend", "norm"}},
    {"code in the record alone", other_marks, {"col"}},
    {"another parent in the text", other_parent_id, {"col", "id"}},
    {"bad UTF-8 in the text", bad_utf8, {"text"}},
    {"fewer passages in the text", fewer_passages, {"map"}},
    {"a bundle gone", no_bundle, {"text"}},
    {"a bundle cut", bundle_cut, {"text"}},
    {"a frame of another number of comments", comments_in_frame, {"text"}},
    {"text of a live comment gone", purged_text, {"text"}},
    {"another id in a row of ids", ident_other, {"id"}},
    {"ids exchanged", ident_exchanged, {"id"}},
    {"an id twice", ident_twice, {"id"}},
    {"an id marked as purged", ident_gone, {"ident"}},
    {"one id less", ident_one_less, {"ident"}},
    {"one id more", ident_one_more, {"ident"}},
    {"a row of ids gone", no_ident, {"ident"}},
    {"a row of ids cut", ident_cut, {"ident"}},
    {"an offset in a row of ids", ident_offset, {"ident"}},
    {"an id gone", no_id, {"id"}},
    {"an author's id gone", no_author_id, {"id"}},
    {"a word of an author's name gone", no_author_word, {"id"}},
    {"a word that no author's name has", author_word_added, {"id"}},
    {"nobody waits for a parent", no_awaited, {"id"}},
    {"no ids", no_ids, {"id", "name"}},
    {"an id row with an entry less", id_row_short, {"id", "name"}},
    {"two ids exchanged", ids_exchanged, {"id", "name"}},
    {"an id row under a bound above it", id_row_moved, {"id", "name"}},
    {"an id row cut", id_cut, {"id", "name"}},
    {"an id of another comment", id_other, {"id", "name", "col"}},
    {"an id too many", id_added, {"id"}},
    {"a reply too many that waits", awaited_added, {"id"}},
    {"another author's name", name_other, {"id"}},
    {"another thread's name", thread_name_other, {"id"}},
    {"a name gone", no_name, {"name"}},
    {"threads without members", no_members, {"member"}},
    {"a thread without a member", no_member, {"member"}},
    {"a member twice", member_twice, {"member"}},
    {"a repeat row gone", no_repeat, {"repeat", "bits", "pend", "link"}},
    {"no repeats", no_repeats, {"repeat", "bits", "pend", "link"}},
    {"a repeat under another hash", repeat_moved, {"repeat", "bits", "pend", "link"}},
    {"a repeat row too many", repeat_added, {"repeat", "bits", "pend", "link"}},
    {"a fingerprint gone", no_print, {"print"}},
    {"a row of fingerprints gone", no_prints, {"print"}},
    {"another fingerprint", print_moved, {"print"}},
    {"a fingerprint too many", print_added, {"print"}},
    {"a fingerprint of nobody", print_of_nobody, {"print"}},
    {"a link gone", no_link, {"bits", "pend", "quoted"}},
    {"a link to nobody", link_to_nobody, {"link"}},
    {"a link of nobody", link_of_nobody, {"link"}},
    {"two links of a passage", link_twice, {"link"}},
    {"a link of what does not repeat", link_repeats, {"link"}},
    {"a quoter gone", no_quoter, {"quoted"}},
    {"a quoter too many", quoter_added, {"quoted"}},
    {"another quoter", quoter_moved, {"quoted"}},
    {"another count of a form", form_count, {"form"}},
    {"a form of another term", form_term, {"form"}},
    {"a row of forms cut", forms_cut, {"form"}},
    {"a row of forms under another form", form_moved, {"form"}},
    {"a row of forms gone", no_forms, {"form"}},
    {"a position moved", position_moved, {"postings", "seg"}},
    {"a posting moved to another passage", docid_moved, {"postings", "seg"}},
    {"a posting gone", posting_dropped, {"postings", "seg"}},
    {"forms exchanged", form_changed, {"postings", "seg"}},
    {"a list gone", list_dropped, {"postings", "seg"}},
    {"a list of an unknown field", list_in_other_field, {"postings"}},
};

static void contradictions_are_found(void **state)
{
    struct bench *b = *state;
    uint64_t rounds = env_number("AQ_ROUNDS", 2);
    for (size_t i = 0; i < AQ_COUNT(damages); i++) {
        for (uint64_t k = 0; k < rounds; k++) {
            struct aq_store *s;
            struct aq_txn t;
            struct aq_error err;
            bool made = false, named = false;
            fresh_copy(b);
            must(aq_store_open(b->copy, AQ_STORE_WRITE, &s, &err), &err);
            must(aq_txn_begin_write(s, &t, 0, &err), &err);
            for (unsigned attempt = 0; attempt < 200 && !made; attempt++)
                made = damages[i].make(&t, b);
            must(aq_txn_commit(&t, &err), &err);
            aq_store_close(s);
            if (!made)
                fail_msg("%s: there was nothing to damage", damages[i].name);
            enum aq_status st = look(b, &err);
            for (size_t e = 0; e < AQ_COUNT(damages[i].expected) && damages[i].expected[e]; e++) {
                char start[32];
                int n = snprintf(start, sizeof start, "%s: ", damages[i].expected[e]);
                named = named || strncmp(err.message, start, (size_t)n) == 0;
            }
            if (getenv("AQ_SHOW"))
                print_message("# %s\n#   %s\n", damages[i].name, err.message);
            if (st != AQ_CORRUPT || !named)
                fail_msg("%s: status %s, \"%s\"", damages[i].name, aq_status_name(st), err.message);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(contradictions_are_found)};
    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
