/* sentence.c - see sentence.h. */
#include "sentence.h"

#include "tokenizer.h"
#include "utf8.h"

static bool is_space(uint32_t cp)
{
    if (cp < 0x80)
        return cp == ' ' || (cp >= '\t' && cp <= '\r');
    return cp == 0x85 || cp == 0xA0 || cp == 0x1680 || (cp >= 0x2000 && cp <= 0x200B) || cp == 0x2028 ||
           cp == 0x2029 || cp == 0x202F || cp == 0x205F || cp == 0x3000;
}

unsigned aq_space_at(const uint8_t *p, const uint8_t *end)
{
    unsigned len;
    return p < end && is_space(aq_utf8_decode(p, end, &len)) ? len : 0;
}

/* Words that a full stop mostly does not end a sentence after; single letters and
 * words with a dot inside (e.g.) go without saying. */
static bool is_abbreviation(const uint8_t *p, size_t n)
{
    static const char known[][5] = {"cf",  "dr", "ed", "eds", "eq",  "etc", "fig", "jr", "mr", "mrs", "ms",
                                    "no", "pp", "prof", "ref", "sec", "sr",  "st",  "viz", "vol", "vs"};
    char word[5] = "";
    if (p[0] >= '0' && p[0] <= '9')
        return false;
    if (memchr(p, '.', n))
        return true;
    if (n == 1)
        return p[0] != 'I';
    if (n >= sizeof word)
        return false;
    for (size_t i = 0; i < n; i++)
        word[i] = (char)(p[i] | 0x20);
    for (size_t i = 0; i < AQ_COUNT(known); i++)
        if (strcmp(word, known[i]) == 0)
            return true;
    return false;
}

enum mark {
    MARK_NONE,
    MARK_FULL_STOP,
    MARK_SENTENCE,      /* ends one where white space follows */
    MARK_WIDE_SENTENCE, /* ends one: no space follows in Chinese and Japanese */
    MARK_CLAUSE,
    MARK_WIDE_CLAUSE,
    MARK_CLOSING
};

static enum mark mark_of(uint32_t cp)
{
    switch (cp) {
    case '.':
        return MARK_FULL_STOP;
    case '!':
    case '?':
    case 0x0589: /* Armenian */
    case 0x061F: /* Arabic question mark */
    case 0x06D4: /* Urdu */
    case 0x0964: /* danda, double danda */
    case 0x0965:
    case 0x1362: /* Ethiopic */
    case 0x2026:
    case 0x203D:
        return MARK_SENTENCE;
    case 0x3002:
    case 0xFF01:
    case 0xFF0E:
    case 0xFF1F:
    case 0xFF61:
        return MARK_WIDE_SENTENCE;
    case ',':
    case ';':
    case ':':
    case 0x060C:
    case 0x2013:
    case 0x2014:
        return MARK_CLAUSE;
    case 0x3001:
    case 0xFF0C:
    case 0xFF1A:
    case 0xFF1B:
        return MARK_WIDE_CLAUSE;
    case '"':
    case '\'':
    case ')':
    case ']':
    case 0x00BB:
    case 0x2019:
    case 0x201D:
    case 0x300B:
    case 0x300D:
    case 0x300F:
    case 0x3011:
    case 0xFF09:
        return MARK_CLOSING;
    default:
        return MARK_NONE;
    }
}

/* What white space after a mark will be, given what it would have been before. */
static enum aq_break promise_of(enum mark mark, enum aq_break promise, struct aq_slice text,
                                const struct aq_token *before, const struct aq_token *after)
{
    const uint8_t *word = text.ptr + before->begin, *next = text.ptr + after->begin;
    switch (mark) {
    case MARK_FULL_STOP: /* no sentence begins with a small letter: "approx. three" */
        if ((*next >= 'a' && *next <= 'z') || is_abbreviation(word, before->end - before->begin))
            return promise;
        return AQ_BREAK_SENTENCE;
    case MARK_SENTENCE:
        return AQ_BREAK_SENTENCE;
    case MARK_CLAUSE:
        return promise > AQ_BREAK_CLAUSE ? promise : AQ_BREAK_CLAUSE;
    default:
        return promise;
    }
}

enum aq_break aq_break_between(struct aq_slice text, const struct aq_token *before,
                               const struct aq_token *after, bool lines, uint32_t *at)
{
    *at = after->begin;
    if (after->begin < before->end) /* bigrams */
        return AQ_BREAK_INSIDE;
    if (AQ_LIKELY(after->begin - before->end == 1 && text.ptr[before->end] == ' ')) {
        *at = before->end;
        return AQ_BREAK_WORD;
    }
    enum aq_break best = AQ_BREAK_WORD, promise = AQ_BREAK_WORD;
    bool placed = false; /* *at has been set in the gap */
    bool closing = false; /* after a wide sentence mark: what closes belongs to it */
    uint32_t barrier = 0; /* the end of the last one */
    unsigned len;
    for (uint32_t p = before->end; p < after->begin; p += len) {
        uint32_t cp = aq_utf8_decode(text.ptr + p, text.ptr + after->begin, &len);
        enum mark mark = mark_of(cp);
        enum aq_break here = AQ_BREAK_INSIDE; /* a break at `end`, if better than the best so far */
        uint32_t end = p + len;
        if (aq_barrier_at(text.ptr + p, text.ptr + after->begin))
            barrier = end;
        if (closing && mark != MARK_CLOSING)
            break;
        if (closing) {
            *at = end;
        } else if (is_space(cp)) {
            here = cp != '\n' ? promise : lines ? AQ_BREAK_SENTENCE : AQ_BREAK_CLAUSE;
            here = here > promise ? here : promise;
            end = p;
        } else if (mark == MARK_WIDE_SENTENCE) {
            here = AQ_BREAK_SENTENCE;
            closing = true;
        } else if (mark == MARK_WIDE_CLAUSE) {
            here = AQ_BREAK_CLAUSE;
        } else {
            promise = promise_of(mark, promise, text, before, after);
        }
        if (here > best || (here == best && !placed)) {
            best = here;
            *at = end;
            placed = true;
        }
        if (best == AQ_BREAK_SENTENCE && !closing)
            break;
    }
    if (!barrier)
        return AQ_BREAK_INSIDE;
    if (*at > barrier)
        *at = barrier;
    return best;
}
