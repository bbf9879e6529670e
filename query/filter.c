/* filter.c - see filter.h. */
#include "filter.h"

#include "utf8.h"

#include <utf8proc.h>

/* ---- names ---- */

bool aq_name_fold(struct aq_buf *out, struct aq_slice name)
{
    aq_buf_clear(out);
    bool ascii = true;
    for (size_t i = 0; i < name.len && ascii; i++)
        ascii = name.ptr[i] < 0x80;
    if (ascii) {
        uint8_t *p = aq_buf_reserve(out, name.len);
        for (size_t i = 0; p && i < name.len; i++)
            p[i] = name.ptr[i] >= 'A' && name.ptr[i] <= 'Z' ? (uint8_t)(name.ptr[i] | 0x20) : name.ptr[i];
        out->len = p ? name.len : 0;
        return !out->failed;
    }
    utf8proc_uint8_t *folded = NULL;
    utf8proc_ssize_t n =
        utf8proc_map(name.ptr, (utf8proc_ssize_t)name.len, &folded,
                     UTF8PROC_STABLE | UTF8PROC_COMPOSE | UTF8PROC_COMPAT | UTF8PROC_CASEFOLD | UTF8PROC_IGNORE);
    if (n < 0) { /* not UTF-8, or no memory: bytes as they are */
        aq_buf_put(out, name.ptr, name.len);
    } else {
        aq_buf_put(out, folded, (size_t)n);
        free(folded);
    }
    return !out->failed;
}

static bool is_word_char(uint32_t cp)
{
    if (cp < 0x80)
        return (cp >= '0' && cp <= '9') || (cp >= 'a' && cp <= 'z') || (cp >= 'A' && cp <= 'Z');
    if (cp == AQ_UTF8_BAD)
        return false;
    utf8proc_category_t c = utf8proc_category((utf8proc_int32_t)cp);
    return (c >= UTF8PROC_CATEGORY_LU && c <= UTF8PROC_CATEGORY_ME) ||
           (c >= UTF8PROC_CATEGORY_ND && c <= UTF8PROC_CATEGORY_NO);
}

/* The next word at or after *p; empty at the end. */
static struct aq_slice next_word(const uint8_t **p, const uint8_t *end)
{
    unsigned n;
    while (*p < end && !is_word_char(aq_utf8_decode(*p, end, &n)))
        *p += n;
    const uint8_t *begin = *p;
    while (*p < end && is_word_char(aq_utf8_decode(*p, end, &n)))
        *p += n;
    return aq_slice(begin, (size_t)(*p - begin));
}

bool aq_name_meant(struct aq_slice name, struct aq_slice wanted)
{
    if (aq_slice_eq(name, wanted))
        return true;
    if (name.len == 0 || wanted.len == 0)
        return false;
    const uint8_t *name_end = name.ptr + name.len, *wanted_end = wanted.ptr + wanted.len;
    for (const uint8_t *from = name.ptr; from < name_end;) {
        const uint8_t *p = from, *w = wanted.ptr;
        struct aq_slice want = next_word(&w, wanted_end), have;
        if (want.len == 0)
            return false;
        do {
            have = next_word(&p, name_end);
            if (!aq_slice_eq(have, want))
                break;
            want = next_word(&w, wanted_end);
        } while (want.len);
        if (want.len == 0)
            return true;
        if (next_word(&from, name_end).len == 0)
            break;
    }
    return false;
}

static inline void set_bit(uint8_t *bits, uint32_t i)
{
    bits[i >> 3] |= (uint8_t)(1u << (i & 7));
}

static inline bool has_bit(const uint8_t *bits, uint32_t count, int64_t number)
{
    return number >= 0 && number < count && (bits[number >> 3] >> (number & 7) & 1);
}

/* ---- what was asked for ---- */

struct wanted {
    struct aq_slice *items;
    size_t count;
};

struct given {
    const struct aq_filter_clause *items;
    size_t count;
};

static bool collect(struct wanted *w, const char *const *given, size_t given_count, const struct given *clauses,
                    enum aq_field kind, bool refused, struct aq_arena *arena)
{
    w->count = 0;
    w->items = aq_arena_alloc(arena, (given_count + clauses->count + 1) * sizeof *w->items);
    if (!w->items)
        return false;
    for (size_t i = 0; i < given_count; i++)
        w->items[w->count++] = aq_slice_str(given[i]);
    for (size_t i = 0; i < clauses->count; i++) {
        const struct aq_filter_clause *c = &clauses->items[i];
        if (c->value->field == kind && c->refused == refused)
            w->items[w->count++] = c->value->text;
    }
    return true;
}

/* Walks all names once: an author may be meant by a part of the name. */
static enum aq_status find_authors(struct aq_txn *txn, struct wanted *allowed, struct wanted *refused,
                                   struct aq_filter *f, struct aq_arena *arena, struct aq_error *err)
{
    struct aq_buf folded = {0};
    struct wanted *lists[] = {allowed, refused};
    uint8_t *bits[] = {f->authors, f->not_authors};
    enum aq_status st = AQ_OK;
    for (size_t k = 0; k < 2; k++) {
        for (size_t i = 0; i < lists[k]->count; i++) {
            struct aq_slice *s = &lists[k]->items[i];
            if (!aq_name_fold(&folded, *s) ||
                !(*s = aq_arena_copy(arena, aq_slice(folded.ptr, folded.len))).ptr)
                st = aq_fail_nomem(err);
        }
    }
    for (uint32_t number = 0; number < f->author_count && !st; number++) {
        struct aq_slice name;
        enum aq_status found = aq_name_get(txn, AQ_ID_AUTHOR, number, &name);
        if (found == AQ_NOTFOUND)
            continue;
        if (found) {
            st = aq_fail(err, found, "the name of author %u cannot be read; `aq check` tells more", number);
            break;
        }
        if (!aq_name_fold(&folded, name)) {
            st = aq_fail_nomem(err);
            break;
        }
        for (size_t k = 0; k < 2; k++)
            for (size_t i = 0; i < lists[k]->count; i++)
                if (aq_name_meant(aq_slice(folded.ptr, folded.len), lists[k]->items[i]))
                    set_bit(bits[k], number);
    }
    aq_buf_free(&folded);
    return st;
}

static enum aq_status find_threads(struct aq_txn *txn, const struct wanted *w, uint8_t *bits, uint32_t count,
                                   struct aq_error *err)
{
    for (size_t i = 0; i < w->count; i++) {
        uint32_t number;
        if (w->items[i].len == 0 || w->items[i].len > AQ_MAX_ID)
            continue;
        enum aq_status st = aq_name_find(txn, AQ_ID_THREAD, w->items[i], &number, err);
        if (st && st != AQ_NOTFOUND)
            return st;
        if (!st && number < count)
            set_bit(bits, number);
    }
    return AQ_OK;
}

static void bound_dates(struct aq_filter *f, const struct aq_search_request *r, const struct given *clauses)
{
    f->after = f->before = AQ_NO_DATE;
    if (r && (r->after || r->before)) {
        f->after = r->after;
        f->before = r->before;
    }
    for (size_t i = 0; i < clauses->count; i++) {
        const struct aq_field_value *c = clauses->items[i].value;
        if (c->field == AQ_FIELD_AFTER && (f->after == AQ_NO_DATE || c->from > f->after))
            f->after = c->from;
        if (c->field == AQ_FIELD_BEFORE && (f->before == AQ_NO_DATE || c->to + 1 < f->before))
            f->before = c->to + 1;
    }
}

enum aq_status aq_filter_make(struct aq_filter *f, const struct aq_filter_source *from,
                              const struct aq_search_request *r, const struct aq_filter_clause *items, size_t count,
                              struct aq_error *err)
{
    struct aq_txn *txn = from->txn;
    struct aq_arena *arena = from->arena;
    const struct given all = {items, count}, *clauses = &all;
    struct wanted authors, no_authors, threads, no_threads;
    *f = (struct aq_filter){.author_count = txn->state.next_author, .thread_count = txn->state.next_thread};
    bound_dates(f, r, clauses);
    if (!collect(&authors, r ? r->authors : NULL, r ? r->author_count : 0, clauses, AQ_FIELD_AUTHOR, false, arena) ||
        !collect(&no_authors, NULL, 0, clauses, AQ_FIELD_AUTHOR, true, arena) ||
        !collect(&threads, r ? r->threads : NULL, r ? r->thread_count : 0, clauses, AQ_FIELD_THREAD, false, arena) ||
        !collect(&no_threads, NULL, 0, clauses, AQ_FIELD_THREAD, true, arena))
        return aq_fail_nomem(err);
    const struct {
        const struct wanted *wanted;
        uint8_t **bits;
        uint32_t count;
    } maps[] = {{&authors, &f->authors, f->author_count},
                {&no_authors, &f->not_authors, f->author_count},
                {&threads, &f->threads, f->thread_count},
                {&no_threads, &f->not_threads, f->thread_count}};
    for (size_t i = 0; i < AQ_COUNT(maps); i++)
        if (maps[i].wanted->count && !(*maps[i].bits = aq_arena_zalloc(arena, maps[i].count / 8 + 1)))
            return aq_fail_nomem(err);
    enum aq_status st = AQ_OK;
    if (authors.count || no_authors.count)
        st = find_authors(txn, &authors, &no_authors, f, arena, err);
    if (!st)
        st = find_threads(txn, &threads, f->threads, f->thread_count, err);
    if (!st)
        st = find_threads(txn, &no_threads, f->not_threads, f->thread_count, err);
    f->active = f->authors || f->not_authors || f->threads || f->not_threads || f->after != AQ_NO_DATE ||
                f->before != AQ_NO_DATE;
    return st;
}

bool aq_filter_passes(const struct aq_filter *f, struct aq_txn *txn, uint32_t comment)
{
    if (f->after != AQ_NO_DATE || f->before != AQ_NO_DATE) {
        int64_t date = aq_column_get(txn, AQ_COL_DATE, comment);
        if (date == AQ_NO_DATE || date < f->after || (f->before != AQ_NO_DATE && date >= f->before))
            return false;
    }
    if (f->authors || f->not_authors) {
        int64_t author = aq_column_get(txn, AQ_COL_AUTHOR, comment);
        if ((f->authors && !has_bit(f->authors, f->author_count, author)) ||
            (f->not_authors && has_bit(f->not_authors, f->author_count, author)))
            return false;
    }
    if (f->threads || f->not_threads) {
        int64_t thread = aq_column_get(txn, AQ_COL_THREAD, comment);
        if ((f->threads && !has_bit(f->threads, f->thread_count, thread)) ||
            (f->not_threads && has_bit(f->not_threads, f->thread_count, thread)))
            return false;
    }
    return true;
}
