/* commit_links.c - what ties the comments of a batch to others: members of threads,
 * ids, and the parents of replies, which may come later than they. Each table is
 * changed once, in its own order. */
#include "commit_internal.h"

#include "hash_sort.h"
#include "name.h"

/* ---- rows that are gathered, sorted, then merged in ---- */

/* Something of the batch under a hash. */
struct row {
    uint64_t hash;
    uint32_t number; /* of a comment */
    uint32_t at;     /* in the batch */
};

struct rows {
    struct row *items;
    size_t count;
};

static int by_hash(const void *x, const void *y)
{
    const struct row *a = x, *b = y;
    if (a->hash != b->hash)
        return a->hash < b->hash ? -1 : 1;
    return (a->number > b->number) - (a->number < b->number);
}

static bool rows_make(struct rows *rows, size_t most)
{
    *rows = (struct rows){malloc((most + 1) * sizeof *rows->items), 0};
    return rows->items;
}

static void rows_sort(struct rows *rows)
{
    aq_hash_sort(rows->items, rows->count, sizeof *rows->items, by_hash);
}

/* Enters them all into the id table, or takes them all out. They are sorted. */
static enum aq_status change_ids(struct aq_commit *c, enum aq_id_kind kind, const struct rows *rows, bool add,
                                 struct aq_error *err)
{
    const struct aq_slice none = {0};
    aq_buf_clear(&c->scratch);
    uint8_t *to = aq_buf_reserve(&c->scratch, rows->count * AQ_ID_ENTRY);
    if (!to && rows->count)
        return aq_fail_nomem(err);
    for (size_t i = 0; i < rows->count; i++)
        aq_id_entry(to + i * AQ_ID_ENTRY, kind, rows->items[i].hash, rows->items[i].number);
    struct aq_slice entries = aq_slice(to, rows->count * AQ_ID_ENTRY);
    return aq_set_change(&c->t, AQ_TABLE_ID, add ? entries : none, add ? none : entries, err);
}

/* ---- authors ---- */

static enum aq_status add_words(struct rows *rows, size_t *cap, struct aq_slice name, uint32_t number,
                                struct aq_buf *folded)
{
    uint64_t words[AQ_NAME_WORDS];
    if (!aq_name_fold(folded, name))
        return AQ_NOMEM;
    size_t count = aq_name_words(aq_slice(folded->ptr, folded->len), words);
    if (!aq_grow(&rows->items, cap, rows->count + count, sizeof *rows->items))
        return AQ_NOMEM;
    for (size_t i = 0; i < count; i++)
        rows->items[rows->count++] = (struct row){words[i], number, 0};
    return AQ_OK;
}

enum aq_status aq_commit_author_words(struct aq_commit *c, uint32_t first, struct aq_error *err)
{
    const struct aq_batch *b = c->batch;
    struct aq_buf folded = {0};
    struct rows rows = {0};
    size_t cap = 0;
    enum aq_status st = AQ_OK;
    for (size_t i = 0; i < b->name_count && !st; i++)
        if (b->names[i].kind == AQ_ID_AUTHOR && c->names[i] >= first)
            st = add_words(&rows, &cap, aq_batch_slice(b, b->names[i].name), c->names[i], &folded);
    if (rows.count)
        rows_sort(&rows);
    st = st ? aq_fail_nomem(err) : change_ids(c, AQ_ID_AUTHOR_WORD, &rows, true, err);
    aq_buf_free(&folded);
    free(rows.items);
    return st;
}

/* ---- threads ---- */

static int by_value(const void *x, const void *y)
{
    uint64_t a = *(const uint64_t *)x, b = *(const uint64_t *)y;
    return (a > b) - (a < b);
}

enum aq_status aq_commit_members(struct aq_commit *c, struct aq_error *err)
{
    const struct aq_batch *b = c->batch;
    uint64_t *members = malloc((b->comment_count + 1) * sizeof *members); /* thread, comment */
    size_t count = 0;
    if (!members)
        return aq_fail_nomem(err);
    for (size_t i = 0; i < b->comment_count; i++) {
        const struct aq_batch_comment *x = &b->comments[i];
        int64_t thread = aq_commit_name(c, x->thread);
        if (x->live && !(x->numbered && aq_column_get(&c->t, AQ_COL_THREAD, x->number) == thread))
            members[count++] = (uint64_t)thread << 32 | x->number;
    }
    if (count)
        qsort(members, count, sizeof *members, by_value);
    aq_buf_clear(&c->scratch);
    uint8_t *to = aq_buf_reserve(&c->scratch, count * AQ_MEMBER_ENTRY);
    enum aq_status st = to || !count ? AQ_OK : aq_fail_nomem(err);
    for (size_t i = 0; i < count && st == AQ_OK; i++)
        aq_member_entry(to + i * AQ_MEMBER_ENTRY, (uint32_t)(members[i] >> 32), (uint32_t)members[i]);
    free(members);
    return st ? st : aq_set_change(&c->t, AQ_TABLE_MEMBER, aq_slice(to, count * AQ_MEMBER_ENTRY),
                                   (struct aq_slice){0}, err);
}

/* ---- ids ---- */

/* Does the stored version of a reply still name the parent with this hash? It may
 * have been replaced since it began to wait. */
static enum aq_status still_awaits(struct aq_commit *c, uint32_t child, uint64_t hash, bool *yes, struct aq_error *err)
{
    struct aq_arena arena = {0};
    struct aq_comment comment;
    enum aq_status st = aq_text_get(&c->t, child, &arena, &comment, err);
    *yes = st == AQ_OK && comment.parent.len && aq_hash(comment.parent) == hash;
    aq_arena_free(&arena);
    return st == AQ_NOTFOUND ? AQ_OK : st;
}

/* The waiting replies whose parents are among the new comments: `number` is the
 * reply's, `at` its parent's number. */
static enum aq_status find_waiting(struct aq_commit *c, const struct rows *fresh, struct rows *waiting,
                                   struct aq_error *err)
{
    struct aq_set_reader r;
    size_t cap = 0;
    *waiting = (struct rows){0};
    enum aq_status st = aq_set_open(&c->t, AQ_TABLE_ID, &r, err);
    for (size_t i = 0; i < fresh->count && st == AQ_OK; i++) {
        const uint32_t *children;
        uint32_t count;
        if (i && fresh->items[i].hash == fresh->items[i - 1].hash)
            continue;
        st = aq_ids_read(&r, AQ_ID_AWAITED, fresh->items[i].hash, &children, &count, err);
        if (count && !aq_grow(&waiting->items, &cap, waiting->count + count, sizeof *waiting->items))
            st = aq_fail_nomem(err);
        for (uint32_t k = 0; k < count && st == AQ_OK; k++)
            waiting->items[waiting->count++] = (struct row){fresh->items[i].hash, children[k], fresh->items[i].number};
    }
    aq_set_close(&r);
    return st;
}

/* Replies that came before their parents get them. Those of the batch itself get
 * theirs from aq_commit_parents, afterwards. */
static enum aq_status adopt(struct aq_commit *c, const struct rows *fresh, struct aq_error *err)
{
    struct rows waiting;
    enum aq_status st = find_waiting(c, fresh, &waiting, err);
    for (size_t i = 0; i < waiting.count && st == AQ_OK; i++) {
        const struct row *w = &waiting.items[i];
        bool yes;
        st = still_awaits(c, w->number, w->hash, &yes, err);
        if (st == AQ_OK && yes)
            st = aq_column_set(&c->t, AQ_COL_PARENT, w->number, w->at, err);
    }
    if (st == AQ_OK)
        st = change_ids(c, AQ_ID_AWAITED, &waiting, false, err);
    free(waiting.items);
    return st;
}

enum aq_status aq_commit_ids(struct aq_commit *c, struct aq_error *err)
{
    const struct aq_batch *b = c->batch;
    struct rows fresh;
    if (!rows_make(&fresh, b->comment_count))
        return aq_fail_nomem(err);
    for (size_t i = 0; i < b->comment_count; i++)
        if (!b->comments[i].numbered)
            fresh.items[fresh.count++] = (struct row){b->comments[i].id_hash, b->comments[i].number, (uint32_t)i};
    rows_sort(&fresh);
    enum aq_status st = change_ids(c, AQ_ID_COMMENT, &fresh, true, err);
    if (st == AQ_OK)
        st = adopt(c, &fresh, err);
    free(fresh.items);
    return st;
}

/* ---- parents ---- */

/* By 64-bit hash alone where one comment has it: a parent link is a convenience,
 * and reading the parent's text to compare ids would cost more than all the rest. */
static enum aq_status find_parent(struct aq_commit *c, struct aq_set_reader *r, const struct aq_batch_comment *x,
                                  uint32_t *parent, struct aq_error *err)
{
    const uint32_t *numbers;
    uint32_t count;
    *parent = AQ_NO_COMMENT;
    enum aq_status st = aq_ids_read(r, AQ_ID_COMMENT, x->parent_hash, &numbers, &count, err);
    if (st == AQ_OK && count == 1)
        *parent = numbers[0];
    else if (st == AQ_OK && count > 1)
        st = aq_comment_find(&c->t, aq_batch_slice(c->batch, x->parent), parent, err);
    return st == AQ_NOTFOUND ? AQ_OK : st;
}

/* Parents that are not in the batch are looked for in the order of their hashes; what
 * is not found is left in *sought. */
static enum aq_status find_parents(struct aq_commit *c, struct rows *sought, struct aq_error *err)
{
    struct aq_set_reader r;
    size_t left = 0;
    enum aq_status st = aq_set_open(&c->t, AQ_TABLE_ID, &r, err);
    for (size_t i = 0; i < sought->count && st == AQ_OK; i++) {
        uint32_t parent;
        struct row row = sought->items[i];
        st = find_parent(c, &r, &c->batch->comments[row.at], &parent, err);
        if (st == AQ_OK)
            st = aq_column_set(&c->t, AQ_COL_PARENT, row.number, parent, err);
        if (parent == AQ_NO_COMMENT)
            sought->items[left++] = row;
    }
    sought->count = left;
    aq_set_close(&r);
    return st;
}

enum aq_status aq_commit_parents(struct aq_commit *c, struct aq_error *err)
{
    const struct aq_batch *b = c->batch;
    struct rows sought;
    enum aq_status st = AQ_OK;
    if (!rows_make(&sought, b->comment_count))
        return aq_fail_nomem(err);
    for (size_t i = 0; i < b->comment_count && st == AQ_OK; i++) {
        const struct aq_batch_comment *x = &b->comments[i];
        if (!x->live)
            continue;
        const struct aq_batch_comment *parent =
            x->parent_hash ? aq_batch_find(b, aq_batch_slice(b, x->parent), x->parent_hash) : NULL;
        if (x->parent_hash && !parent)
            sought.items[sought.count++] = (struct row){x->parent_hash, x->number, (uint32_t)i};
        else
            st = aq_column_set(&c->t, AQ_COL_PARENT, x->number, parent ? parent->number : AQ_NO_COMMENT, err);
    }
    rows_sort(&sought);
    if (st == AQ_OK)
        st = find_parents(c, &sought, err);
    if (st == AQ_OK)
        st = change_ids(c, AQ_ID_AWAITED, &sought, true, err);
    free(sought.items);
    return st;
}
