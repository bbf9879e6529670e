/* parser_leaf.c - see parser_internal.h: words, patterns, phrases and fields, with what
 * stands right behind them. */
#include "parser_internal.h"

enum { SLOP_MOST = 100, FUZZY_MOST = 2 };

const uint8_t *aq_scan_read_field(struct aq_scan *s, const uint8_t *begin, const uint8_t *p, uint8_t occur)
{
    const uint8_t *colon = p;
    while (colon < s->end && ((*colon | 0x20) >= 'a' && (*colon | 0x20) <= 'z'))
        colon++;
    if (colon + 1 < s->end && *colon == '-' && colon > p)
        for (colon++; colon < s->end && ((*colon | 0x20) >= 'a' && (*colon | 0x20) <= 'z');)
            colon++;
    if (colon == p || colon == s->end || *colon != ':')
        return NULL;
    struct aq_slice value;
    bool closed;
    const char *reason = "no field has this name; in quotation marks it is text";
    const uint8_t *after = aq_syntax_quoted(colon + 1, s->end, &value, &closed);
    if (!after) {
        after = aq_scan_word_end(s, colon + 1);
        value = aq_syntax_between(colon + 1, after);
    }
    struct aq_field_value read = {0};
    enum aq_field name = aq_field_named(aq_syntax_between(p, colon));
    bool blank = aq_syntax_skip_spaces(value.ptr, value.ptr + value.len) == value.ptr + value.len;
    if (name == AQ_FIELD_COUNT && (blank || value.ptr[0] == '/'))
        return NULL; /* a colon at the end of a word, or a URL */
    if (name == AQ_FIELD_COUNT || !aq_field_read(name, value, s->now, &read, &reason)) {
        aq_scan_trouble(s, p, after, reason);
        return NULL;
    }
    if (!closed)
        aq_scan_trouble(s, colon + 1, s->end, "a quotation mark is not closed");
    uint32_t at = aq_scan_make_leaf(s, AQ_NODE_FIELD, aq_syntax_between(begin, after));
    if (at != AQ_NO_NODE) {
        aq_scan_node(s, at)->occur = occur == AQ_MUST_NOT ? AQ_MUST_NOT : AQ_MUST;
        aq_scan_node(s, at)->text = value;
        aq_scan_node(s, at)->field = read;
        aq_scan_put(s, at);
    }
    return after;
}

/* What follows its closing mark included. */
const uint8_t *aq_scan_read_phrase(struct aq_scan *s, const uint8_t *begin, const uint8_t *p, uint8_t occur)
{
    struct aq_slice text;
    bool closed;
    const uint8_t *after = aq_syntax_quoted(p, s->end, &text, &closed);
    if (!closed)
        aq_scan_trouble(s, p, after ? s->end : aq_scan_word_end(s, p), "a quotation mark is not closed");
    if (!after)
        return NULL;
    unsigned slop = 0;
    double boost = 1;
    if (after < s->end && *after == '~') {
        const uint8_t *q = after + 1;
        unsigned n = 0;
        for (; q < s->end && *q >= '0' && *q <= '9' && n <= SLOP_MOST; q++)
            n = n * 10 + (unsigned)(*q - '0');
        if (q > after + 1 && n <= SLOP_MOST && (q == aq_scan_word_end(s, q) || *q == '^')) {
            slop = n;
            after = q;
        } else {
            aq_scan_trouble(s, after, aq_scan_word_end(s, after), "~ behind a phrase takes a number from 0 to 100");
        }
    }
    after = aq_scan_boost_after(s, after, &boost);
    uint32_t at = aq_scan_make_leaf(s, AQ_NODE_PHRASE, aq_syntax_between(begin, after));
    if (at != AQ_NO_NODE) {
        struct aq_node *n = aq_scan_node(s, at);
        n->occur = occur == AQ_MUST_NOT ? AQ_MUST_NOT : AQ_MUST;
        n->text = text;
        n->distance = (uint16_t)slop;
        n->boost = boost;
        aq_scan_put(s, at);
    }
    return after;
}

/* `word*` or `word~N` to a pattern; false: a word. */
static bool pattern(struct aq_scan *s, struct aq_slice text, uint32_t at)
{
    struct aq_node *n = aq_scan_node(s, at);
    const uint8_t *end = text.ptr + text.len;
    const uint8_t *star = memchr(text.ptr, '*', text.len), *tilde = memchr(text.ptr, '~', text.len);
    if (star) {
        if (star + 1 == end && text.len > 1 && !tilde) {
            n->kind = AQ_NODE_PREFIX;
            n->text.len = text.len - 1;
            return true;
        }
        aq_scan_trouble(s, star, star + 1, "* stands at the end of a word, with a letter before it");
        return false;
    }
    if (!tilde || tilde == text.ptr)
        return false;
    if (tilde + 1 == end || (tilde + 2 == end && tilde[1] >= '1' && tilde[1] <= '0' + FUZZY_MOST)) {
        n->kind = AQ_NODE_FUZZY;
        n->distance = tilde + 1 == end ? 1 : (uint16_t)(tilde[1] - '0');
        n->text.len = (size_t)(tilde - text.ptr);
        return true;
    }
    aq_scan_trouble(s, tilde, end, "~ behind a word takes 1 or 2, the letters that may differ");
    return false;
}

/* In a word, what closes brackets that were never opened. */
static void look_for_brackets(struct aq_scan *s, const uint8_t *p, const uint8_t *end)
{
    uint32_t inside = 0;
    for (; p < end; p++) {
        inside += *p == '(';
        if (*p == ')' && inside-- == 0) {
            aq_scan_trouble(s, p, p + 1, "a bracket is closed that was never opened");
            return;
        }
    }
}

const uint8_t *aq_scan_read_word(struct aq_scan *s, const uint8_t *begin, const uint8_t *p, uint8_t occur)
{
    const uint8_t *after = aq_scan_word_end(s, p), *end = after;
    const uint8_t *caret = after > p ? memrchr(p, '^', (size_t)(after - p)) : NULL;
    double boost = 1, b;
    if (after == p)
        return after;
    look_for_brackets(s, p, after);
    if (caret && caret > p && aq_syntax_boost(caret + 1, after, &b) && aq_scan_boost_fits(s, caret, after, b)) {
        boost = b;
        end = caret;
    }
    uint32_t at = aq_scan_make_leaf(s, AQ_NODE_WORD, aq_syntax_between(begin, after));
    if (at == AQ_NO_NODE)
        return after;
    aq_scan_node(s, at)->text = aq_syntax_between(p, end);
    pattern(s, aq_syntax_between(p, end), at);
    aq_scan_node(s, at)->occur = occur;
    aq_scan_node(s, at)->boost = boost;
    aq_scan_put(s, at);
    return after;
}
