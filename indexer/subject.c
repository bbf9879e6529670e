/* subject.c - see subject.h. Steps as in RFC 5256, section 2.1; each makes the subject
 * shorter, so that they end. */
#include "subject.h"

#include <strings.h>

static const char *const marks[] = {"re", "fwd", "fw", "aw", "sv", "vs", "antw", "wg", "rif", "odp"};

enum { BLOB_MOST = 40, COUNTER_MOST = 12 }; /* bytes of "[list]" and of "[2]" */

static void trim(struct aq_slice *s)
{
    while (s->len && s->ptr[s->len - 1] <= ' ')
        s->len--;
    while (s->len && *s->ptr <= ' ') {
        s->ptr++;
        s->len--;
    }
}

static void skip(struct aq_slice *s, size_t bytes)
{
    s->ptr += bytes;
    s->len -= bytes;
    trim(s);
}

static bool starts(struct aq_slice s, const char *with)
{
    size_t n = strlen(with);
    return s.len >= n && strncasecmp((const char *)s.ptr, with, n) == 0;
}

/* "(fwd)" at the end. */
static bool drop_trailer(struct aq_slice *s)
{
    static const char fwd[] = "(fwd)";
    const size_t n = sizeof fwd - 1;
    if (s->len < n || strncasecmp((const char *)s->ptr + s->len - n, fwd, n) != 0)
        return false;
    s->len -= n;
    trim(s);
    return true;
}

/* Bytes of "[list]" at the start, 0 without one. */
static size_t blob_at(struct aq_slice s)
{
    if (!s.len || *s.ptr != '[')
        return 0;
    size_t most = s.len < BLOB_MOST ? s.len : BLOB_MOST;
    for (size_t i = 1; i < most && s.ptr[i] != '['; i++)
        if (s.ptr[i] == ']')
            return i + 1;
    return 0;
}

/* Bytes of what may stand between a mark and its colon: "[2]", "(2)", "^2", spaces. */
static size_t counter_at(struct aq_slice s)
{
    size_t i = 0;
    while (i < s.len && i < COUNTER_MOST && s.ptr[i] != ':' &&
           (s.ptr[i] <= ' ' || s.ptr[i] == '[' || s.ptr[i] == ']' || s.ptr[i] == '(' || s.ptr[i] == ')' ||
            s.ptr[i] == '^' || (s.ptr[i] >= '0' && s.ptr[i] <= '9')))
        i++;
    return i;
}

static bool drop_mark(struct aq_slice *s)
{
    for (size_t i = 0; i < AQ_COUNT(marks); i++) {
        size_t n = strlen(marks[i]);
        if (!starts(*s, marks[i]))
            continue;
        n += counter_at(aq_slice(s->ptr + n, s->len - n));
        if (n < s->len && s->ptr[n] == ':') {
            skip(s, n + 1);
            return true;
        }
    }
    return false;
}

/* "[list]", but where nothing would be left. */
static bool drop_blob(struct aq_slice *s)
{
    struct aq_slice rest = *s;
    size_t blob = blob_at(rest);
    if (!blob)
        return false;
    skip(&rest, blob);
    if (!rest.len)
        return false;
    *s = rest;
    return true;
}

/* "[Fwd: ...]" around all of it. */
static bool unwrap(struct aq_slice *s)
{
    static const char fwd[] = "[fwd:";
    const size_t n = sizeof fwd - 1;
    if (!starts(*s, fwd) || s->ptr[s->len - 1] != ']')
        return false;
    s->len--;
    skip(s, n);
    return true;
}

static void fold(struct aq_base_subject *out, struct aq_slice s)
{
    bool space = false;
    for (size_t i = 0; i < s.len && out->len + 2 < sizeof out->text; i++) {
        uint8_t c = s.ptr[i];
        if (c <= ' ') {
            space = true;
            continue;
        }
        if (space)
            out->text[out->len++] = ' ';
        space = false;
        out->text[out->len++] = c >= 'A' && c <= 'Z' ? (uint8_t)(c | 0x20) : c;
    }
}

void aq_base_subject(struct aq_base_subject *out, struct aq_slice subject)
{
    struct aq_slice s = subject;
    bool again = true;
    out->len = 0;
    out->reply = false;
    trim(&s);
    while (again && s.len) {
        again = unwrap(&s) || drop_trailer(&s) || drop_mark(&s);
        out->reply |= again;
        again = again || drop_blob(&s);
    }
    fold(out, s);
}
