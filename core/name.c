/* name.c - see name.h. */
#include "name.h"

#include "fold.h"
#include "utf8.h"

#include <utf8proc.h>

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
    if (n == UTF8PROC_ERROR_NOMEM)
        return false;
    if (n < 0) /* not UTF-8: bytes as they are */
        aq_buf_put(out, name.ptr, name.len);
    else
        aq_buf_put(out, folded, (size_t)n);
    free(folded);
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

static int by_value(const void *x, const void *y)
{
    uint64_t a = *(const uint64_t *)x, b = *(const uint64_t *)y;
    return (a > b) - (a < b);
}

uint64_t aq_name_key(struct aq_slice word)
{
    uint8_t plain[AQ_TERM_MAX], first[8] = {0};
    struct aq_slice s = aq_slice(plain, aq_fold_diacritics(aq_cut_at_char(word, AQ_TERM_MAX), plain));
    if (s.len == 0)
        s = word;
    memcpy(first, s.ptr, s.len < sizeof first ? s.len : sizeof first);
    return aq_unkey64(first);
}

size_t aq_name_words(struct aq_slice name, uint64_t keys[AQ_NAME_WORDS])
{
    const uint8_t *p = name.ptr, *end = p + name.len;
    size_t count = 0, distinct = 0;
    while (count < AQ_NAME_WORDS) {
        struct aq_slice word = next_word(&p, end);
        if (word.len == 0)
            break;
        keys[count++] = aq_name_key(word);
    }
    if (count)
        qsort(keys, count, sizeof *keys, by_value);
    for (size_t i = 0; i < count; i++)
        if (distinct == 0 || keys[i] != keys[distinct - 1])
            keys[distinct++] = keys[i];
    return distinct;
}
