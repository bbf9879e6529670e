/* filter_names.c - which numbers of names are meant: authors by their words, which the
 * index lists; tags and sources, of which there are few, by a walk over all. */
#include "filter_internal.h"

#include "name.h"

/* Folded, one a value. */
static enum aq_status fold_wanted(const struct aq_wanted *w, struct aq_arena *arena, struct aq_slice **out,
                                  struct aq_error *err)
{
    struct aq_buf folded = {0};
    struct aq_slice *items = aq_arena_alloc(arena, (w->count + 1) * sizeof *items);
    enum aq_status st = items ? AQ_OK : aq_fail_nomem(err);
    for (size_t i = 0; i < w->count && !st; i++)
        if (!aq_name_fold(&folded, w->values[i].text) ||
            !(items[i] = aq_arena_copy(arena, aq_slice(folded.ptr, folded.len))).ptr)
            st = aq_fail_nomem(err);
    aq_buf_free(&folded);
    *out = items;
    return st;
}

/* ---- all names of a kind ---- */

typedef bool name_matches(struct aq_slice folded_name, struct aq_slice folded_wanted);

/* Walks them in order of their numbers, which are in the keys. */
static enum aq_status find_among_all(struct aq_txn *txn, enum aq_id_kind kind, const struct aq_slice *wanted,
                                     size_t count, name_matches *matches, struct aq_number_set *set,
                                     struct aq_error *err)
{
    enum { KEY = 5 }; /* kind u8, number u32 */
    const uint8_t first = (uint8_t)kind;
    struct aq_buf folded = {0};
    struct aq_walk walk;
    bool found;
    enum aq_status st = aq_walk_open(txn, AQ_TABLE_NAME, false, &walk, err);
    if (st)
        return st;
    st = aq_walk_seek(&walk, aq_slice(&first, 1), &found, err);
    while (!st && found && walk.key.len == KEY && walk.key.ptr[0] == first) {
        if (!aq_name_fold(&folded, walk.payload))
            st = aq_fail_nomem(err);
        for (size_t i = 0; i < count && !st; i++)
            if (matches(aq_slice(folded.ptr, folded.len), wanted[i]))
                aq_number_set_add(set, aq_unkey32(walk.key.ptr + 1));
        if (!st)
            st = aq_walk_next(&walk, &found, err);
    }
    aq_walk_close(&walk);
    aq_buf_free(&folded);
    return st;
}

enum aq_status aq_find_sources(const struct aq_filter_source *from, const struct aq_wanted *w,
                               struct aq_number_set *sources, struct aq_error *err)
{
    struct aq_slice *wanted;
    enum aq_status st = fold_wanted(w, from->arena, &wanted, err);
    return st ? st : find_among_all(from->txn, AQ_ID_SOURCE, wanted, w->count, aq_slice_eq, sources, err);
}

/* Tags are stored one a line. */
static bool has_tag(struct aq_slice set, struct aq_slice tag)
{
    const uint8_t *p = set.ptr, *end = p + set.len;
    while (p < end) {
        const uint8_t *stop = memchr(p, '\n', (size_t)(end - p));
        if (!stop)
            stop = end;
        if (aq_slice_eq(aq_slice(p, (size_t)(stop - p)), tag))
            return true;
        p = stop < end ? stop + 1 : end;
    }
    return false;
}

enum aq_status aq_find_tag_sets(const struct aq_filter_source *from, const struct aq_wanted *w,
                                struct aq_number_set *tag_sets, struct aq_error *err)
{
    struct aq_slice *wanted;
    enum aq_status st = fold_wanted(w, from->arena, &wanted, err);
    return st ? st : find_among_all(from->txn, AQ_ID_TAGS, wanted, w->count, has_tag, tag_sets, err);
}

/* ---- authors ---- */

/* Keeps of a list what is in the other, too. Both ascend. */
static size_t keep_common(uint32_t *items, size_t count, const uint32_t *other, size_t other_count)
{
    size_t kept = 0, k = 0;
    for (size_t i = 0; i < count && k < other_count; i++) {
        while (k < other_count && other[k] < items[i])
            k++;
        if (k < other_count && other[k] == items[i])
            items[kept++] = items[i];
    }
    return kept;
}

/* The authors that have all of these words, in any order. */
static enum aq_status authors_with(const struct aq_filter_source *from, const uint64_t *words, size_t count,
                                   struct aq_number_list *out, struct aq_error *err)
{
    uint32_t *items = NULL;
    *out = (struct aq_number_list){0};
    for (size_t i = 0; i < count; i++) {
        const uint32_t *numbers;
        uint32_t n;
        enum aq_status st = aq_ids_get(from->txn, AQ_ID_AUTHOR_WORD, words[i], &numbers, &n);
        if (st)
            return aq_fail(err, st, "the authors with a name cannot be read; `aq check` tells more");
        if (n == 0) {
            out->count = 0;
            return AQ_OK;
        }
        if (i == 0 && !(items = aq_arena_alloc(from->arena, n * sizeof *items)))
            return aq_fail_nomem(err);
        if (i == 0)
            memcpy(items, numbers, n * sizeof *items);
        out->count = i == 0 ? n : keep_common(items, out->count, numbers, n);
    }
    out->items = items;
    return AQ_OK;
}

static enum aq_status find_author(const struct aq_filter_source *from, struct aq_slice wanted, struct aq_buf *folded,
                                  struct aq_number_set *authors, struct aq_error *err)
{
    uint64_t words[AQ_NAME_WORDS];
    struct aq_number_list candidates;
    size_t count = aq_name_words(wanted, words);
    if (count == 0) /* "***": the whole name or none */
        return find_among_all(from->txn, AQ_ID_AUTHOR, &wanted, 1, aq_name_meant, authors, err);
    enum aq_status st = authors_with(from, words, count, &candidates, err);
    for (size_t i = 0; i < candidates.count && !st; i++) {
        struct aq_slice name;
        uint32_t number = candidates.items[i];
        st = aq_name_get(from->txn, AQ_ID_AUTHOR, number, &name);
        if (st)
            return aq_fail(err, AQ_CORRUPT, "the name of author %u cannot be read; `aq check` tells more", number);
        if (!aq_name_fold(folded, name))
            return aq_fail_nomem(err);
        if (aq_name_meant(aq_slice(folded->ptr, folded->len), wanted))
            aq_number_set_add(authors, number);
    }
    return st;
}

enum aq_status aq_find_authors(const struct aq_filter_source *from, const struct aq_wanted *w,
                               struct aq_number_set *authors, struct aq_error *err)
{
    struct aq_slice *wanted;
    struct aq_buf folded = {0};
    enum aq_status st = fold_wanted(w, from->arena, &wanted, err);
    for (size_t i = 0; i < w->count && !st; i++)
        st = find_author(from, wanted[i], &folded, authors, err);
    aq_buf_free(&folded);
    return st;
}

/* ---- threads ---- */

enum aq_status aq_find_threads(const struct aq_filter_source *from, const struct aq_wanted *w,
                               struct aq_number_set *threads, struct aq_error *err)
{
    for (size_t i = 0; i < w->count; i++) {
        struct aq_slice id = w->values[i].text;
        uint32_t number;
        if (id.len == 0 || id.len > AQ_MAX_ID)
            continue;
        enum aq_status st = aq_name_find(from->txn, AQ_ID_THREAD, id, &number, err);
        if (st && st != AQ_NOTFOUND)
            return st;
        if (!st)
            aq_number_set_add(threads, number);
    }
    return AQ_OK;
}
