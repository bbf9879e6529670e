/* filter_names.c - see filter.h and filter_internal.h. The names of a kind are walked
 * once, in order of their numbers: each may be meant by a part of it, or in another
 * case, which no hash tells. */
#include "filter_internal.h"

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

/* ---- all names of a kind ---- */

typedef bool name_matches(struct aq_slice folded_name, struct aq_slice folded_wanted);

/* A name that is asked for, folded. */
struct asked {
    struct aq_slice name;
    struct aq_slice word; /* its longest; what is meant has it somewhere */
};

static struct aq_slice longest_word(struct aq_slice name)
{
    const uint8_t *p = name.ptr, *end = p + name.len;
    struct aq_slice longest = {p, 0}, word;
    while ((word = next_word(&p, end)).len)
        longest = word.len > longest.len ? word : longest;
    return longest;
}

static enum aq_status fold_wanted(const struct aq_wanted *w, struct aq_arena *arena, struct asked **out,
                                  struct aq_error *err)
{
    struct aq_buf folded = {0};
    struct asked *items = aq_arena_alloc(arena, (w->count + 1) * sizeof *items);
    enum aq_status st = items ? AQ_OK : aq_fail_nomem(err);
    for (size_t i = 0; i < w->count && !st; i++) {
        if (!aq_name_fold(&folded, w->values[i].text) ||
            !(items[i].name = aq_arena_copy(arena, aq_slice(folded.ptr, folded.len))).ptr)
            st = aq_fail_nomem(err);
        else
            items[i].word = longest_word(items[i].name);
    }
    aq_buf_free(&folded);
    *out = items;
    return st;
}

/* A name's record as its walk meets it: the number is in the key. */
static enum aq_status look_at(const struct aq_walk *walk, const struct asked *asked, size_t count,
                              name_matches *matches, struct aq_buf *folded, struct aq_number_set *set,
                              struct aq_error *err)
{
    if (!aq_name_fold(folded, walk->payload))
        return aq_fail_nomem(err);
    for (size_t i = 0; i < count; i++)
        if (memmem(folded->ptr, folded->len, asked[i].word.ptr, asked[i].word.len) &&
            matches(aq_slice(folded->ptr, folded->len), asked[i].name)) {
            aq_number_set_add(set, aq_unkey32(walk->key.ptr + 1));
            break;
        }
    return AQ_OK;
}

static enum aq_status find_names(const struct aq_filter_source *from, enum aq_id_kind kind, const struct aq_wanted *w,
                                 name_matches *matches, struct aq_number_set *set, struct aq_error *err)
{
    enum { KEY = 5 }; /* kind u8, number u32 */
    const uint8_t first = (uint8_t)kind;
    struct aq_buf folded = {0};
    struct asked *asked;
    struct aq_walk walk;
    bool found;
    enum aq_status st = fold_wanted(w, from->arena, &asked, err);
    if (!st)
        st = aq_walk_open(from->txn, AQ_TABLE_NAME, false, &walk, err);
    if (st)
        return st;
    st = aq_walk_seek(&walk, aq_slice(&first, 1), &found, err);
    while (!st && found && walk.key.len == KEY && walk.key.ptr[0] == first) {
        st = look_at(&walk, asked, w->count, matches, &folded, set, err);
        if (!st)
            st = aq_walk_next(&walk, &found, err);
    }
    aq_walk_close(&walk);
    aq_buf_free(&folded);
    return st;
}

enum aq_status aq_find_authors(const struct aq_filter_source *from, const struct aq_wanted *w,
                               struct aq_number_set *authors, struct aq_error *err)
{
    return find_names(from, AQ_ID_AUTHOR, w, aq_name_meant, authors, err);
}

enum aq_status aq_find_sources(const struct aq_filter_source *from, const struct aq_wanted *w,
                               struct aq_number_set *sources, struct aq_error *err)
{
    return find_names(from, AQ_ID_SOURCE, w, aq_slice_eq, sources, err);
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
    return find_names(from, AQ_ID_TAGS, w, has_tag, tag_sets, err);
}

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
