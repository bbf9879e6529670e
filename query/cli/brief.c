/* brief.c - see brief.h. */
#include "brief.h"

/* "Ann wrote:" says whose words follow, which stand beside it already. */
static bool announces_quote(const struct aq_comment_view *c, uint32_t passage, struct aq_slice words)
{
    enum { LONGEST = 200 }; /* bytes */
    return words.ptr[words.len - 1] == ':' && words.len <= LONGEST && passage + 1 < c->passage_count &&
           c->passages[passage + 1].quote_depth > 0;
}

static struct aq_slice own_words(const struct aq_comment_view *c)
{
    struct aq_slice announcing = c->text;
    for (uint32_t i = 0; i < c->passage_count; i++) {
        struct aq_range r = c->passages[i].range;
        struct aq_slice words = aq_slice(c->text.ptr + r.begin, r.end - r.begin);
        if (c->passages[i].quote_depth || r.begin >= r.end || r.end > c->text.len)
            continue;
        if (!announces_quote(c, i, words))
            return words;
        announcing = announcing.len == c->text.len ? words : announcing;
    }
    return announcing;
}

/* Cuts s at a space near `most` bytes, never within a character. */
static struct aq_slice beginning(struct aq_slice s, size_t most)
{
    if (s.len <= most)
        return s;
    size_t end = most;
    while (end > most / 2 && s.ptr[end] != ' ' && s.ptr[end] != '\n')
        end--;
    if (end == most / 2)
        end = most;
    while (end > 0 && (s.ptr[end] & 0xc0) == 0x80)
        end--;
    return aq_slice(s.ptr, end);
}

struct aq_slice aq_comment_brief(const struct aq_comment_view *c, size_t most, bool *cut)
{
    struct aq_slice words = own_words(c), start = beginning(words, most);
    *cut = start.len < words.len;
    return start;
}
