/* charset.c - see charset.h: iconv behind the guesses that old mail and old pages
 * need. */
#include "charset.h"

#include "utf8.h"

#include <errno.h>
#include <iconv.h>
#include <strings.h>

static const char replacement[] = "\xEF\xBF\xBD";

/* Whether the name says no more than that ASCII bytes are ASCII. */
static bool says_little(const char *charset)
{
    static const char *const names[] = {"us-ascii",   "ascii",  "utf-8",        "utf8",
                                        "iso-8859-1", "latin1", "unknown-8bit", "x-unknown"};
    for (size_t i = 0; charset && i < AQ_COUNT(names); i++)
        if (strcasecmp(charset, names[i]) == 0)
            return true;
    return !charset || !*charset;
}

static void convert(struct aq_buf *out, struct aq_slice s, iconv_t cd)
{
    char *in = (char *)(uintptr_t)s.ptr; /* iconv reads only */
    size_t left = s.len;
    bool more = true;
    while (more) {
        size_t room = left + left / 2 + 64;
        uint8_t *to = aq_buf_reserve(out, room);
        if (!to)
            return;
        char *p = (char *)to;
        size_t rc = left ? iconv(cd, &in, &left, &p, &room) : iconv(cd, NULL, NULL, &p, &room);
        more = left > 0 || (rc == (size_t)-1 && errno == E2BIG);
        out->len += (size_t)((uint8_t *)p - to);
        if (rc == (size_t)-1 && errno != E2BIG && left) {
            aq_buf_puts(out, replacement);
            in++;
            left--;
            iconv(cd, NULL, NULL, NULL, NULL);
        }
    }
}

void aq_charset_decode(struct aq_buf *out, struct aq_slice s, const char *charset)
{
    bool utf8 = aq_utf8_valid(s) == s.len;
    bool little = says_little(charset);
    iconv_t cd = little ? (iconv_t)-1 : iconv_open("UTF-8", charset);
    if (cd == (iconv_t)-1 && !utf8)
        cd = iconv_open("UTF-8", "WINDOWS-1252");
    if (cd == (iconv_t)-1) {
        aq_buf_put(out, s.ptr, s.len);
        return;
    }
    convert(out, s, cd);
    iconv_close(cd);
}
