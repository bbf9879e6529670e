/* name_starts.c - see name_starts.h. */
#include "name_starts.h"

#include "fold.h"

/* Appends a word; false when it does not fit. */
static bool put_word(uint8_t *out, size_t *n, struct aq_slice word)
{
    uint8_t form[AQ_TERM_MAX], plain[AQ_TERM_MAX];
    size_t len = aq_fold_diacritics(aq_slice(form, aq_fold_form(aq_cut_at_char(word, AQ_SPELLING_MAX), form)), plain);
    if (len == 0)
        return true;
    if (*n + (*n > 0) + len > AQ_NAME_PLAIN)
        return false;
    if (*n)
        out[(*n)++] = ' ';
    memcpy(out + *n, plain, len);
    *n += len;
    return true;
}

size_t aq_name_plain(struct aq_slice name, uint8_t out[AQ_NAME_PLAIN])
{
    size_t n = 0;
    for (size_t at = 0; at < name.len;) {
        size_t end = at;
        while (end < name.len && name.ptr[end] > ' ')
            end++;
        if (end > at && !put_word(out, &n, aq_slice(name.ptr + at, end - at)))
            break;
        at = end + 1;
    }
    return n;
}

static bool in_word(uint8_t b)
{
    return b >= 0x80 || (b >= '0' && b <= '9') || (b >= 'a' && b <= 'z');
}

uint32_t aq_name_words(struct aq_slice folded, uint16_t at[AQ_NAME_WORDS])
{
    uint32_t n = 0;
    for (size_t i = 0; i < folded.len && n < AQ_NAME_WORDS; i++)
        if (in_word(folded.ptr[i]) && (i == 0 || !in_word(folded.ptr[i - 1])))
            at[n++] = (uint16_t)i;
    return n;
}

uint64_t aq_name_start(struct aq_slice folded, size_t at)
{
    uint8_t bytes[8] = {0};
    size_t left = folded.len - at;
    memcpy(bytes, folded.ptr + at, left < sizeof bytes ? left : sizeof bytes);
    return aq_unkey64(bytes);
}

uint32_t aq_name_starts(struct aq_slice folded, uint64_t starts[AQ_NAME_WORDS])
{
    uint16_t at[AQ_NAME_WORDS];
    uint32_t words = aq_name_words(folded, at), n = 0;
    for (uint32_t i = 0; i < words; i++) {
        uint64_t start = aq_name_start(folded, at[i]);
        uint32_t k = 0;
        while (k < n && starts[k] != start)
            k++;
        if (k == n)
            starts[n++] = start;
    }
    return n;
}
