/* store_names.c - external ids to comment numbers, and names to numbers and back.
 * The id table goes by (kind, hash); what has the hash is compared byte for byte. */
#include "store_internal.h"

enum { THREAD_HEAD = 12, NAME_KEY = 5 };

void aq_id_entry(uint8_t entry[AQ_ID_ENTRY], enum aq_id_kind kind, uint64_t hash, uint32_t number)
{
    entry[0] = (uint8_t)kind;
    aq_key64(entry + 1, hash);
    aq_key32(entry + 1 + 8, number);
}

enum aq_status aq_ids_read(struct aq_set_reader *r, enum aq_id_kind kind, uint64_t hash, const uint32_t **numbers,
                           uint32_t *count, struct aq_error *err)
{
    uint8_t key[AQ_ID_ENTRY];
    enum { PREFIX = 1 + 8 };
    const uint8_t *entry;
    struct aq_buf *found = &r->txn->scratch->numbers;
    aq_buf_clear(found);
    aq_id_entry(key, kind, hash, 0);
    enum aq_status st = aq_set_seek(r, aq_slice(key, PREFIX), &entry, err);
    while (st == AQ_OK && entry && memcmp(entry, key, PREFIX) == 0) {
        uint32_t number = aq_id_entry_number(entry);
        aq_buf_put(found, &number, sizeof number);
        st = aq_set_next(r, &entry, err);
    }
    if (st == AQ_OK && found->failed)
        st = aq_fail_nomem(err);
    *count = st == AQ_OK ? (uint32_t)(found->len / sizeof(uint32_t)) : 0;
    *numbers = *count ? (const uint32_t *)(const void *)found->ptr : NULL;
    return st;
}

enum aq_status aq_ids_get(struct aq_txn *t, enum aq_id_kind kind, uint64_t hash, const uint32_t **numbers,
                          uint32_t *count)
{
    struct aq_set_reader r;
    *numbers = NULL;
    *count = 0;
    enum aq_status st = aq_set_open(t, AQ_TABLE_ID, &r, NULL);
    if (st == AQ_OK)
        st = aq_ids_read(&r, kind, hash, numbers, count, NULL);
    aq_set_close(&r);
    return st;
}

enum aq_status aq_ids_add(struct aq_txn *t, enum aq_id_kind kind, uint64_t hash, uint32_t number,
                          struct aq_error *err)
{
    uint8_t entry[AQ_ID_ENTRY];
    aq_id_entry(entry, kind, hash, number);
    return aq_set_change(t, AQ_TABLE_ID, aq_slice(entry, sizeof entry), (struct aq_slice){0}, err);
}

enum aq_status aq_ids_remove(struct aq_txn *t, enum aq_id_kind kind, uint64_t hash, uint32_t number,
                             struct aq_error *err)
{
    uint8_t entry[AQ_ID_ENTRY];
    aq_id_entry(entry, kind, hash, number);
    return aq_set_change(t, AQ_TABLE_ID, (struct aq_slice){0}, aq_slice(entry, sizeof entry), err);
}

static enum aq_status fail_ids(struct aq_txn *t, enum aq_status st, struct aq_error *err)
{
    return st == AQ_NOMEM ? aq_fail_nomem(err)
                          : aq_fail(err, st, "%s: a list of ids cannot be read; run aq check, or rebuild the index",
                                    t->store->dir);
}

enum aq_status aq_comment_find(struct aq_txn *t, struct aq_slice id, uint32_t *comment, struct aq_error *err)
{
    const uint32_t *numbers;
    uint32_t count;
    struct aq_id stored;
    enum aq_status st = aq_ids_get(t, AQ_ID_COMMENT, aq_hash(id), &numbers, &count);
    *comment = AQ_NO_COMMENT;
    if (st)
        return fail_ids(t, st, err);
    for (uint32_t i = 0; i < count; i++) {
        uint32_t number = numbers[i];
        st = aq_ident_get(t, number, &stored, err);
        if (st == AQ_OK && aq_slice_eq(aq_id_slice(&stored), id)) {
            *comment = number;
            return AQ_OK;
        }
        if (st && st != AQ_NOTFOUND)
            return st;
    }
    return aq_fail(err, AQ_NOTFOUND, "there is no comment \"%.*s\" in %s", (int)(id.len < 100 ? id.len : 100),
                   (const char *)id.ptr, t->store->dir);
}

/* ---- names ---- */

static void name_key(uint8_t key[NAME_KEY], enum aq_id_kind kind, uint32_t number)
{
    key[0] = (uint8_t)kind;
    aq_key32(key + 1, number);
}

static uint32_t *next_of(struct aq_txn *t, enum aq_id_kind kind)
{
    switch (kind) {
    case AQ_ID_AUTHOR:
        return &t->state.next_author;
    case AQ_ID_THREAD:
        return &t->state.next_thread;
    case AQ_ID_TAGS:
        return &t->state.next_tags;
    case AQ_ID_SOURCE:
        return &t->state.next_source;
    case AQ_ID_AUTHOR_WORD:
    case AQ_ID_COMMENT:
    case AQ_ID_AWAITED:
        break;
    }
    return NULL;
}

/* The whole record; for a thread, with its head. */
static enum aq_status get_record(struct aq_txn *t, enum aq_id_kind kind, uint32_t number, struct aq_slice *record)
{
    uint8_t key[NAME_KEY];
    const uint32_t *next = next_of(t, kind);
    *record = (struct aq_slice){0};
    if (!next || number >= *next)
        return AQ_NOTFOUND;
    name_key(key, kind, number);
    enum aq_status st = aq_get(t, AQ_TABLE_NAME, aq_slice(key, sizeof key), record);
    if (st == AQ_OK && kind == AQ_ID_THREAD && record->len < THREAD_HEAD)
        st = AQ_CORRUPT;
    return st;
}

enum aq_status aq_name_get(struct aq_txn *t, enum aq_id_kind kind, uint32_t number, struct aq_slice *name)
{
    enum aq_status st = get_record(t, kind, number, name);
    if (st == AQ_OK && kind == AQ_ID_THREAD)
        *name = aq_slice(name->ptr + THREAD_HEAD, name->len - THREAD_HEAD);
    return st;
}

/* AQ_NOTFOUND without a message. */
static enum aq_status find_name(struct aq_txn *t, enum aq_id_kind kind, struct aq_slice name, uint32_t *number,
                                struct aq_error *err)
{
    const uint32_t *numbers;
    uint32_t count;
    enum aq_status st = aq_ids_get(t, kind, aq_hash(name), &numbers, &count);
    *number = AQ_NO_COMMENT;
    if (st)
        return fail_ids(t, st, err);
    for (uint32_t i = 0; i < count; i++) {
        struct aq_slice stored;
        uint32_t candidate = numbers[i];
        st = aq_name_get(t, kind, candidate, &stored);
        if (st == AQ_OK && aq_slice_eq(stored, name)) {
            *number = candidate;
            return AQ_OK;
        }
        if (st && st != AQ_NOTFOUND)
            return aq_fail(err, st, "%s: name %u cannot be read; run aq check, or rebuild the index", t->store->dir,
                           candidate);
    }
    return AQ_NOTFOUND;
}

enum aq_status aq_name_find(struct aq_txn *t, enum aq_id_kind kind, struct aq_slice name, uint32_t *number,
                            struct aq_error *err)
{
    enum aq_status st = find_name(t, kind, name, number, err);
    return st == AQ_NOTFOUND ? aq_fail(err, st, "there is no such name in %s", t->store->dir) : st;
}

static enum aq_status put_thread(struct aq_txn *t, uint32_t thread, const struct aq_thread_info *info,
                                 struct aq_error *err)
{
    struct aq_buf b = {0};
    uint8_t key[NAME_KEY];
    aq_buf_u32(&b, info->root);
    aq_buf_u64(&b, info->title_hash);
    aq_buf_put(&b, info->name.ptr, info->name.len);
    name_key(key, AQ_ID_THREAD, thread);
    enum aq_status st = b.failed
                            ? aq_fail_nomem(err)
                            : aq_put(t, AQ_TABLE_NAME, aq_slice(key, sizeof key), aq_slice(b.ptr, b.len), err);
    aq_buf_free(&b);
    return st;
}

enum aq_status aq_name_intern(struct aq_txn *t, enum aq_id_kind kind, struct aq_slice name, uint32_t *number,
                              struct aq_error *err)
{
    uint8_t key[NAME_KEY];
    uint32_t *next = next_of(t, kind);
    if (!t->write || !next) {
        *number = AQ_NO_COMMENT;
        return aq_fail(err, AQ_INVALID, "%s: names are given in a write transaction, to what has names",
                       t->store->dir);
    }
    enum aq_status st = find_name(t, kind, name, number, err);
    if (st != AQ_NOTFOUND)
        return st;
    if (*next == AQ_NO_COMMENT)
        return aq_fail(err, AQ_FULL, "%s: no number is left for another name", t->store->dir);
    uint32_t given = *next;
    if (kind == AQ_ID_THREAD) {
        struct aq_thread_info info = {.name = name, .root = AQ_NO_COMMENT};
        st = put_thread(t, given, &info, err);
    } else {
        name_key(key, kind, given);
        st = aq_put(t, AQ_TABLE_NAME, aq_slice(key, sizeof key), name, err);
    }
    if (st == AQ_OK)
        st = aq_ids_add(t, kind, aq_hash(name), given, err);
    if (st)
        return st;
    *number = given;
    (*next)++;
    return AQ_OK;
}

/* ---- threads ---- */

enum aq_status aq_thread_get(struct aq_txn *t, uint32_t thread, struct aq_thread_info *info)
{
    struct aq_slice record;
    *info = (struct aq_thread_info){.root = AQ_NO_COMMENT};
    enum aq_status st = get_record(t, AQ_ID_THREAD, thread, &record);
    if (st)
        return st;
    info->root = aq_load32(record.ptr);
    info->title_hash = aq_load64(record.ptr + 4);
    info->name = aq_slice(record.ptr + THREAD_HEAD, record.len - THREAD_HEAD);
    return AQ_OK;
}

enum aq_status aq_thread_set(struct aq_txn *t, uint32_t thread, uint32_t root, uint64_t title_hash,
                             struct aq_error *err)
{
    struct aq_thread_info info;
    enum aq_status st = aq_thread_get(t, thread, &info);
    if (st)
        return aq_fail(err, st, "%s: thread %u cannot be read", t->store->dir, thread);
    if (info.root == root && info.title_hash == title_hash)
        return AQ_OK;
    info.root = root;
    info.title_hash = title_hash;
    return put_thread(t, thread, &info, err);
}

enum aq_status aq_thread_add_member(struct aq_txn *t, uint32_t thread, uint32_t comment, struct aq_error *err)
{
    uint8_t entry[AQ_MEMBER_ENTRY];
    aq_member_entry(entry, thread, comment);
    return aq_set_change(t, AQ_TABLE_MEMBER, aq_slice(entry, sizeof entry), (struct aq_slice){0}, err);
}

enum aq_status aq_thread_members(struct aq_txn *t, uint32_t thread, aq_member_visit *visit, void *context)
{
    struct aq_set_reader r;
    uint8_t key[4];
    const uint8_t *entry = NULL;
    aq_key32(key, thread);
    enum aq_status st = aq_set_open(t, AQ_TABLE_MEMBER, &r, NULL);
    if (st == AQ_OK)
        st = aq_set_seek(&r, aq_slice(key, sizeof key), &entry, NULL);
    while (st == AQ_OK && entry && memcmp(entry, key, sizeof key) == 0 && visit(context, aq_unkey32(entry + 4)))
        st = aq_set_next(&r, &entry, NULL);
    aq_set_close(&r);
    return st;
}
