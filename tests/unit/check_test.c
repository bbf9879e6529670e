/* aq_check finds damage: bytes that rotted, and records that are sound in
 * themselves (checksums right) but contradict others. Each case damages a copy of
 * one index and names the table that the fault must name. */
#include "model.h"
#include "pending.h"
#include "store_internal.h"

#include <ftw.h>
#include <setjmp.h>
#include <stdarg.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

enum { SLOTS = 300 };

struct bench {
    char sound[48], copy[64];
    uint64_t rng;
};

static int remove_one(const char *path, const struct stat *sb, int flag, struct FTW *ftw)
{
    (void)sb;
    (void)flag;
    (void)ftw;
    return remove(path);
}

static void remove_tree(const char *dir)
{
    nftw(dir, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

static void must(enum aq_status st, const struct aq_error *err)
{
    if (st)
        fail_msg("%s", err->message);
}

/* A dictionary, segments with tombstones, repeats, quotes, and pending comments. */
static void make_index(const char *dir, uint64_t seed)
{
    struct model *m = calloc(1, sizeof *m);
    struct aq_arena arena = {0};
    struct aq_writer *w;
    struct aq_error err;
    uint64_t rng = seed;

    assert_non_null(m);
    m->slot_count = SLOTS;
    m->text_scale = 6;
    must(aq_writer_open(dir, &(struct aq_writer_options){.create = true, .single_thread = true}, &w, &err), &err);
    for (unsigned i = 0; i < 900; i++) {
        struct model_step x;
        struct aq_record r;
        model_next(&x, m, &rng);
        aq_arena_reset(&arena);
        model_fill(&r, m, x.slot, &x.record, &arena);
        if (x.delete) {
            must(aq_writer_delete(w, r.id, &err), &err);
            m->slots[x.slot].live = false;
        } else {
            must(aq_writer_add(w, &r, NULL, &err), &err);
            model_add(m, x.slot, &x.record);
        }
        if (i == 600)
            must(aq_writer_compact(w, 0, &err), &err);
        else if (i == 700 || i == 800)
            must(aq_writer_flush(w, &err), &err);
    }
    must(aq_writer_commit(w, &err), &err);
    aq_writer_close(w);
    aq_arena_free(&arena);
    free(m);
}

static int set_up(void **state)
{
    struct bench *b = calloc(1, sizeof *b);
    if (!b)
        return -1;
    b->rng = env_number("AQ_SEED", 7);
    print_message("# AQ_SEED=%llu\n", (unsigned long long)b->rng);
    snprintf(b->sound, sizeof b->sound, "/tmp/aq-check-test-%d", (int)getpid());
    snprintf(b->copy, sizeof b->copy, "%s-copy", b->sound);
    remove_tree(b->sound);
    make_index(b->sound, b->rng);
    *state = b;
    return 0;
}

static int tear_down(void **state)
{
    struct bench *b = *state;
    remove_tree(b->sound);
    remove_tree(b->copy);
    free(b);
    return 0;
}

static void fresh_copy(const struct bench *b)
{
    char command[256];
    remove_tree(b->copy);
    snprintf(command, sizeof command, "cp -a %s %s", b->sound, b->copy);
    assert_int_equal(system(command), 0);
}

/* What aq_check says of the copy; AQ_OK leaves message empty. */
static enum aq_status look(const struct bench *b, struct aq_error *err)
{
    struct aq_reader *r;
    *err = (struct aq_error){.message = ""};
    enum aq_status st = aq_reader_open(b->copy, &r, err);
    if (st == AQ_OK)
        st = aq_check(r, NULL, NULL, err);
    aq_reader_close(r);
    return st;
}

static void a_sound_index_is_found_sound(void **state)
{
    const struct bench *b = *state;
    struct aq_error err;
    fresh_copy(b);
    must(look(b, &err), &err);
}

/* ---- bytes that rot ---- */

static MDB_env *open_raw(const struct bench *b)
{
    char path[200], name[64] = "";
    snprintf(path, sizeof path, "%s/CURRENT", b->copy);
    FILE *f = fopen(path, "r");
    assert_non_null(f);
    assert_int_equal(fscanf(f, "%60s", name), 1);
    fclose(f);
    snprintf(path, sizeof path, "%s/%s", b->copy, name);
    MDB_env *env;
    assert_int_equal(mdb_env_create(&env), 0);
    mdb_env_set_maxdbs(env, 64);
    mdb_env_set_mapsize(env, (size_t)256 << 20);
    assert_int_equal(mdb_env_open(env, path, 0, 0600), 0);
    return env;
}

/* Names of all databases in the environment. */
static size_t list_databases(const struct bench *b, char names[][16], size_t most)
{
    MDB_env *env = open_raw(b);
    MDB_txn *txn;
    MDB_dbi main_table;
    MDB_cursor *cursor;
    MDB_val key, value;
    size_t n = 0;
    assert_int_equal(mdb_txn_begin(env, NULL, MDB_RDONLY, &txn), 0);
    assert_int_equal(mdb_dbi_open(txn, NULL, 0, &main_table), 0);
    assert_int_equal(mdb_cursor_open(txn, main_table, &cursor), 0);
    while (n < most && mdb_cursor_get(cursor, &key, &value, MDB_NEXT) == 0)
        snprintf(names[n++], 16, "%.*s", (int)key.mv_size, (const char *)key.mv_data);
    mdb_cursor_close(cursor);
    mdb_txn_abort(txn);
    mdb_env_close(env);
    return n;
}

enum rot { FLIP, CUT, SWAP };

/* Damages a random row, checksum left as it was. False: there are too few rows. */
static bool rot_row(struct bench *b, const char *name, enum rot how)
{
    MDB_env *env = open_raw(b);
    MDB_txn *txn;
    MDB_dbi dbi;
    MDB_stat stat;
    bool done = false;
    assert_int_equal(mdb_txn_begin(env, NULL, 0, &txn), 0);
    assert_int_equal(mdb_dbi_open(txn, name, 0, &dbi), 0);
    mdb_stat(txn, dbi, &stat);
    uint32_t rows = (uint32_t)stat.ms_entries, one = rows ? below(&b->rng, rows) : 0;
    if (rows > (how == SWAP)) {
        uint8_t keys[2][512], *values[2] = {NULL, NULL};
        MDB_val k[2] = {{0, NULL}, {0, NULL}}, v[2] = {{0, NULL}, {0, NULL}}, key, value;
        MDB_cursor *cursor;
        unsigned n = 0;
        if (how == SWAP && one == rows - 1)
            one--;
        assert_int_equal(mdb_cursor_open(txn, dbi, &cursor), 0);
        for (uint32_t i = 0; n < 2 && mdb_cursor_get(cursor, &key, &value, MDB_NEXT) == 0; i++)
            if (i == one || i == one + 1) {
                memcpy(keys[n], key.mv_data, key.mv_size);
                values[n] = malloc(value.mv_size + 1);
                memcpy(values[n], value.mv_data, value.mv_size);
                k[n] = (MDB_val){key.mv_size, keys[n]};
                v[n] = (MDB_val){value.mv_size, values[n]};
                n++;
            }
        mdb_cursor_close(cursor);
        if (how == SWAP) {
            assert_int_equal(mdb_put(txn, dbi, &k[0], &v[1], 0), 0);
            assert_int_equal(mdb_put(txn, dbi, &k[1], &v[0], 0), 0);
            done = v[0].mv_size != v[1].mv_size || memcmp(values[0], values[1], v[0].mv_size) != 0;
        } else {
            if (how == FLIP)
                values[0][below(&b->rng, (uint32_t)v[0].mv_size)] ^= (uint8_t)(1u << below(&b->rng, 8));
            else
                v[0].mv_size -= 1 + below(&b->rng, v[0].mv_size < 8 ? (uint32_t)v[0].mv_size : 8);
            assert_int_equal(mdb_put(txn, dbi, &k[0], &v[0], 0), 0);
            done = true;
        }
        free(values[0]);
        free(values[1]);
    }
    assert_int_equal(mdb_txn_commit(txn), 0);
    mdb_env_close(env);
    return done;
}

static bool is_segment_database(const char *name)
{
    return strlen(name) == 9 && (name[0] == 't' || name[0] == 'p');
}

static void rot_everywhere(struct bench *b, enum rot how)
{
    char names[64][16];
    uint64_t rounds = env_number("AQ_ROUNDS", 4);
    fresh_copy(b);
    size_t count = list_databases(b, names, AQ_COUNT(names));
    assert_true(count > AQ_TABLE_COUNT + 2);
    for (size_t i = 0; i < count; i++) {
        const char *expected = is_segment_database(names[i]) ? "postings" : names[i];
        for (uint64_t k = 0; k < rounds; k++) {
            struct aq_error err;
            fresh_copy(b);
            if (!rot_row(b, names[i], how))
                continue;
            enum aq_status st = look(b, &err);
            /* A damaged state record or segment list is noticed at opening. */
            bool early = (strcmp(names[i], "meta") == 0 || strcmp(names[i], "seg") == 0 ||
                          strcmp(names[i], "norm") == 0) && (st == AQ_CORRUPT || st == AQ_VERSION);
            if (!early && (st != AQ_CORRUPT || !strstr(err.message, expected)))
                fail_msg("damage %d in %s: status %s, \"%s\"", (int)how, names[i], aq_status_name(st), err.message);
        }
    }
}

static void a_flipped_bit_is_found_in_every_table(void **state)
{
    rot_everywhere(*state, FLIP);
}

static void a_truncated_value_is_found_in_every_table(void **state)
{
    rot_everywhere(*state, CUT);
}

static void exchanged_values_are_found_in_every_table(void **state)
{
    rot_everywhere(*state, SWAP);
}

/* ---- records that contradict others ---- */

/* Changes the copy in a write transaction; returns false when there is nothing to do it to. */
typedef bool damage(struct aq_txn *t, struct bench *b);

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
        if ((table == AQ_TABLE_MAP && w.payload.len < 12) || !one_in(&b->rng, ++n)) /* a mark of disorder is empty */
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
static void raise_first_number(struct aq_buf *value, struct bench *b)
{
    (void)b;
    aq_store32(value->ptr, aq_load32(value->ptr) + 1);
}

static bool no_row(struct aq_txn *t, struct bench *b, enum aq_table table, const char *prefix)
{
    return edit_row(t, b, table, prefix, NULL);
}

/* state and seg */
static bool live_count(struct aq_txn *t, struct bench *b) { (void)b; t->state.comments++; return true; }
static bool pend_count(struct aq_txn *t, struct bench *b) { (void)b; t->state.pend_tokens--; return true; }
static bool text_bytes(struct aq_txn *t, struct bench *b) { (void)b; t->state.text_bytes++; return true; }
static bool author_count(struct aq_txn *t, struct bench *b) { (void)b; t->state.next_author++; return true; }
static bool comment_count(struct aq_txn *t, struct bench *b) { (void)b; t->state.next_comment++; return true; }
static bool comment_fewer(struct aq_txn *t, struct bench *b) { (void)b; t->state.next_comment--; return true; }
static bool dictionary_number(struct aq_txn *t, struct bench *b) { (void)b; t->state.dictionary = 9; return true; }

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
    default: i.average_length *= 2;
    }
    must(aq_segment_list(t, &i, &err), &err);
    return true;
}
static bool deleted_fact(struct aq_txn *t, struct bench *b) { (void)b; return segment_fact(t, 0); }
static bool terms_fact(struct aq_txn *t, struct bench *b) { (void)b; return segment_fact(t, 1); }
static bool tokens_fact(struct aq_txn *t, struct bench *b) { (void)b; return segment_fact(t, 2); }
static bool postings_fact(struct aq_txn *t, struct bench *b) { (void)b; return segment_fact(t, 3); }
static bool bytes_fact(struct aq_txn *t, struct bench *b) { (void)b; return segment_fact(t, 4); }
static bool model_fact(struct aq_txn *t, struct bench *b) { (void)b; return segment_fact(t, 5); }
static bool no_segment(struct aq_txn *t, struct bench *b) { return no_row(t, b, AQ_TABLE_SEG, ""); }

/* norm, map, bits */
static bool lengths_exchanged(struct aq_txn *t, struct bench *b) { return edit_row(t, b, AQ_TABLE_NORM, "", exchange_lengths); }
static bool map_cut(struct aq_txn *t, struct bench *b) { return edit_row(t, b, AQ_TABLE_MAP, "", drop_map_entry); }
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
static bool map_exchanged(struct aq_txn *t, struct bench *b) { return edit_map(t, b, true); }
static bool map_other_comment(struct aq_txn *t, struct bench *b) { return edit_map(t, b, false); }
static bool no_map(struct aq_txn *t, struct bench *b) { return no_row(t, b, AQ_TABLE_MAP, ""); }
static bool no_bits(struct aq_txn *t, struct bench *b) { return no_row(t, b, AQ_TABLE_BITS, ""); }

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
static bool wrong_deleted(struct aq_txn *t, struct bench *b) { return wrong_bit(t, b, AQ_BITS_DELETED); }
static bool wrong_hidden(struct aq_txn *t, struct bench *b) { return wrong_bit(t, b, AQ_BITS_HIDDEN); }
static bool wrong_quote(struct aq_txn *t, struct bench *b) { return wrong_bit(t, b, AQ_BITS_QUOTE); }
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
static bool pend_cut(struct aq_txn *t, struct bench *b) { return edit_row(t, b, AQ_TABLE_PEND, "", drop_one_byte); }
static bool no_pend(struct aq_txn *t, struct bench *b) { return no_row(t, b, AQ_TABLE_PEND, ""); }
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
static bool pend_hidden(struct aq_txn *t, struct bench *b) { return pend_flag(t, b, AQ_PENDING_HIDDEN); }
static bool pend_quote(struct aq_txn *t, struct bench *b) { return pend_flag(t, b, AQ_PENDING_QUOTE); }
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
static bool dead_flag(struct aq_txn *t, struct bench *b) { return set_column(t, b, AQ_COL_FLAGS, 0); }
static bool odd_flag(struct aq_txn *t, struct bench *b) { return set_column(t, b, AQ_COL_FLAGS, 0x81); }
static bool other_thread(struct aq_txn *t, struct bench *b) { return set_column(t, b, AQ_COL_THREAD, t->state.next_thread); }
static bool unlisted_thread(struct aq_txn *t, struct bench *b) { return set_column(t, b, AQ_COL_THREAD, t->state.next_thread - 1); }
static bool other_author(struct aq_txn *t, struct bench *b) { return set_column(t, b, AQ_COL_AUTHOR, t->state.next_author); }
static bool other_tags(struct aq_txn *t, struct bench *b) { return set_column(t, b, AQ_COL_TAGS, t->state.next_tags); }
static bool other_parent(struct aq_txn *t, struct bench *b) { return set_column(t, b, AQ_COL_PARENT, 0); }
static bool no_digest(struct aq_txn *t, struct bench *b) { return set_column(t, b, AQ_COL_DIGEST, 0); }
static bool col_cut(struct aq_txn *t, struct bench *b) { return edit_row(t, b, AQ_TABLE_COL, "", drop_one_byte); }
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
static void edit_word(struct aq_comment *c, uint8_t *text) { text[c->passages[0].begin] ^= 0x03; }
static void edit_id(struct aq_comment *c, uint8_t *text) { (void)text; c->id = aq_slice_str("somebody else"); }
static void edit_parent(struct aq_comment *c, uint8_t *text) { (void)text; c->parent = aq_slice_str("nobody"); }
static void edit_utf8(struct aq_comment *c, uint8_t *text) { (void)text; c->url = aq_slice_str("\xff"); }
static void edit_passages(struct aq_comment *c, uint8_t *text) { (void)text; c->passage_count--; }
static bool other_word(struct aq_txn *t, struct bench *b) { return other_text(t, b, edit_word); }
static bool other_id(struct aq_txn *t, struct bench *b) { return other_text(t, b, edit_id); }
static bool other_parent_id(struct aq_txn *t, struct bench *b) { return other_text(t, b, edit_parent); }
static bool bad_utf8(struct aq_txn *t, struct bench *b) { return other_text(t, b, edit_utf8); }
static bool fewer_passages(struct aq_txn *t, struct bench *b) { return other_text(t, b, edit_passages); }
static bool no_frame(struct aq_txn *t, struct bench *b) { return no_row(t, b, AQ_TABLE_TEXT, ""); }
static bool purged_text(struct aq_txn *t, struct bench *b)
{
    struct aq_error err;
    must(aq_text_replace(t, live_comment(t, b), (struct aq_slice){0}, &err), &err);
    return true;
}

/* id, name, member */
static bool no_id(struct aq_txn *t, struct bench *b) { return no_row(t, b, AQ_TABLE_ID, "c"); }
static bool no_author_id(struct aq_txn *t, struct bench *b) { return no_row(t, b, AQ_TABLE_ID, "a"); }
static bool no_awaited(struct aq_txn *t, struct bench *b) { return no_row(t, b, AQ_TABLE_ID, "w"); }
static bool id_cut(struct aq_txn *t, struct bench *b) { return edit_row(t, b, AQ_TABLE_ID, "c", drop_four_bytes); }
static bool id_other(struct aq_txn *t, struct bench *b) { return edit_row(t, b, AQ_TABLE_ID, "c", raise_first_number); }
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
static bool name_other(struct aq_txn *t, struct bench *b) { return edit_row(t, b, AQ_TABLE_NAME, "a", add_one_byte); }
static bool thread_name_other(struct aq_txn *t, struct bench *b) { return edit_row(t, b, AQ_TABLE_NAME, "t", add_one_byte); }
static bool no_name(struct aq_txn *t, struct bench *b) { return no_row(t, b, AQ_TABLE_NAME, ""); }
static bool no_members(struct aq_txn *t, struct bench *b)
{
    uint8_t key[4];
    aq_key32(key, (uint32_t)aq_column_get(t, AQ_COL_THREAD, live_comment(t, b)));
    return aq_del(t, AQ_TABLE_MEMBER, aq_slice(key, 4), NULL) == AQ_OK;
}
static bool member_twice(struct aq_txn *t, struct bench *b)
{
    struct aq_buf key = {0}, value = {0};
    assert_true(some_row(t, b, AQ_TABLE_MEMBER, "", &key, &value));
    aq_buf_put(&value, value.ptr, 4);
    put(t, AQ_TABLE_MEMBER, &key, aq_slice(value.ptr, value.len));
    aq_buf_free(&key);
    aq_buf_free(&value);
    return true;
}

/* repeat */
static bool no_repeat(struct aq_txn *t, struct bench *b) { return no_row(t, b, AQ_TABLE_REPEAT, ""); }
static bool repeat_moved(struct aq_txn *t, struct bench *b)
{
    struct aq_buf key = {0}, value = {0};
    assert_true(some_row(t, b, AQ_TABLE_REPEAT, "", &key, &value));
    assert_int_equal(aq_del(t, AQ_TABLE_REPEAT, aq_slice(key.ptr, key.len), NULL), AQ_OK);
    key.ptr[below(&b->rng, 8)] ^= 0x10;
    put(t, AQ_TABLE_REPEAT, &key, (struct aq_slice){0});
    aq_buf_free(&key);
    aq_buf_free(&value);
    return true;
}
static bool repeat_added(struct aq_txn *t, struct bench *b)
{
    struct aq_buf key = {0}, value = {0};
    assert_true(some_row(t, b, AQ_TABLE_REPEAT, "", &key, &value));
    key.ptr[below(&b->rng, 8)] ^= 0x10;
    put(t, AQ_TABLE_REPEAT, &key, (struct aq_slice){0});
    aq_buf_free(&key);
    aq_buf_free(&value);
    return true;
}

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
        if (!changed && how == MOVE_POSITION && !dead) {
            positions[tf - 1]++;
            changed = true;
        } else if (!changed && how == DROP_POSTING && c.index == 1) {
            changed = true;
            continue;
        } else if (!changed && how == MOVE_DOCID && docid > last + 1) {
            docid--;
            changed = true;
        } else if (!changed && how == CHANGE_FORM && !dead && tf > 1 && codes[0] != codes[1]) {
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
static bool position_moved(struct aq_txn *t, struct bench *b) { return change_list(t, b, MOVE_POSITION); }
static bool docid_moved(struct aq_txn *t, struct bench *b) { return change_list(t, b, MOVE_DOCID); }
static bool posting_dropped(struct aq_txn *t, struct bench *b) { return change_list(t, b, DROP_POSTING); }
static bool form_changed(struct aq_txn *t, struct bench *b) { return change_list(t, b, CHANGE_FORM); }
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
    const char *expected[3]; /* any of these tables */
} damages[] = {
    {"count of live comments", live_count, {"col"}},
    {"count of pending words", pend_count, {"pend"}},
    {"bytes of text", text_bytes, {"text"}},
    {"count of authors", author_count, {"name"}},
    {"one comment more", comment_count, {"text"}},
    {"one comment less", comment_fewer, {"text", "col"}},
    {"a dictionary that is not there", dictionary_number, {"meta"}},
    {"count of tombstones", deleted_fact, {"bits"}},
    {"count of terms", terms_fact, {"seg"}},
    {"count of words", tokens_fact, {"norm"}},
    {"count of postings", postings_fact, {"seg"}},
    {"bytes of postings", bytes_fact, {"seg"}},
    {"another model", model_fact, {"postings"}},
    {"a segment not listed", no_segment, {"norm", "bits", "map"}},
    {"lengths exchanged", lengths_exchanged, {"postings"}},
    {"a map entry cut off", map_cut, {"map"}},
    {"map entries exchanged", map_exchanged, {"map", "repeat", "postings"}},
    {"a map entry of another comment", map_other_comment, {"map", "repeat"}},
    {"a map row gone", no_map, {"map"}},
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
    {"a thread that is not there", other_thread, {"col"}},
    {"another thread", unlisted_thread, {"member"}},
    {"an author that is not there", other_author, {"col"}},
    {"tags that are not there", other_tags, {"col"}},
    {"another parent", other_parent, {"col"}},
    {"no digest", no_digest, {"col"}},
    {"a column cut", col_cut, {"col"}},
    {"no flags", no_flags, {"col"}},
    {"another word in the text", other_word, {"postings", "pend"}},
    {"another id in the text", other_id, {"id"}},
    {"another parent in the text", other_parent_id, {"col", "id"}},
    {"bad UTF-8 in the text", bad_utf8, {"text"}},
    {"fewer passages in the text", fewer_passages, {"map"}},
    {"a frame gone", no_frame, {"text"}},
    {"text of a live comment gone", purged_text, {"text"}},
    {"an id gone", no_id, {"id"}},
    {"an author's id gone", no_author_id, {"id"}},
    {"nobody waits for a parent", no_awaited, {"id"}},
    {"an id row cut", id_cut, {"id"}},
    {"an id of another comment", id_other, {"id", "col"}},
    {"an id too many", id_added, {"id"}},
    {"a reply too many that waits", awaited_added, {"id"}},
    {"another author's name", name_other, {"id"}},
    {"another thread's name", thread_name_other, {"id"}},
    {"a name gone", no_name, {"name"}},
    {"a thread without members", no_members, {"member"}},
    {"a member twice", member_twice, {"member"}},
    {"a repeat row gone", no_repeat, {"repeat", "bits", "pend"}},
    {"a repeat row under another hash", repeat_moved, {"repeat", "bits", "pend"}},
    {"a repeat row too many", repeat_added, {"repeat", "bits", "pend"}},
    {"a position moved", position_moved, {"postings"}},
    {"a posting moved to another passage", docid_moved, {"postings"}},
    {"a posting gone", posting_dropped, {"postings", "seg"}},
    {"forms exchanged", form_changed, {"postings"}},
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
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_sound_index_is_found_sound),
        cmocka_unit_test(a_flipped_bit_is_found_in_every_table),
        cmocka_unit_test(a_truncated_value_is_found_in_every_table),
        cmocka_unit_test(exchanged_values_are_found_in_every_table),
        cmocka_unit_test(contradictions_are_found),
    };
    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
