/* json_frame.c - see json_frame.h. */
#include "json_frame.h"

enum { DEPTH_KEPT = 1024 }; /* brackets whose kind is remembered; json-c refuses 256 */

const char *const aq_json_wrappers[] = {"results",  "posts",    "hits",        "comments",
                                        "records",  "items",    "data",        "documents",
                                        "messages", "children", "post_stream", NULL};

static bool is_space(uint8_t c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

/* ---- the beginning of a file ---- */

static const uint8_t *skip_space(const uint8_t *p, const uint8_t *end)
{
    while (p < end && is_space(*p))
        p++;
    return p;
}

/* Past {"results": and the like, as often as they follow each other; p when what
 * stands there is no wrapper. */
static const uint8_t *wrapped(const uint8_t *p, const uint8_t *end)
{
    const uint8_t *inner = p;
    for (;;) {
        const uint8_t *q = skip_space(inner, end);
        if (q == end || *q != '{')
            return inner;
        q = skip_space(q + 1, end);
        if (q == end || *q != '"')
            return inner;
        const uint8_t *close = memchr(q + 1, '"', (size_t)(end - q - 1));
        size_t n = close ? (size_t)(close - q - 1) : 0;
        bool known = false;
        for (size_t i = 0; aq_json_wrappers[i]; i++)
            known |= strlen(aq_json_wrappers[i]) == n && memcmp(aq_json_wrappers[i], q + 1, n) == 0;
        if (!known)
            return inner;
        q = skip_space(close + 1, end);
        if (q == end || *q != ':')
            return inner;
        q = skip_space(q + 1, end);
        if (q == end || (*q != '[' && *q != '{'))
            return inner;
        inner = q;
    }
}

/* A first line that ends in the middle of an object is one of many lines of it. */
static bool ends_open(const uint8_t *p, const uint8_t *end)
{
    while (end > p && is_space(end[-1]))
        end--;
    return end > p && strchr("{[,:", end[-1]) != NULL;
}

enum aq_status aq_json_frame_open(struct aq_json_frame *j, struct aq_input *in, struct aq_error *err)
{
    *j = (struct aq_json_frame){.layout = AQ_JSON_LINES};
    size_t blank = 0, scanned = 0, have = 4096;
    const uint8_t *nl = NULL;
    for (;;) {
        enum aq_status st = aq_input_more(in, have, err);
        if (st)
            return st;
        struct aq_slice w = aq_input_window(in);
        while (blank < w.len && is_space(w.ptr[blank]))
            blank++;
        if (scanned < blank)
            scanned = blank;
        nl = scanned < w.len ? memchr(w.ptr + scanned, '\n', w.len - scanned) : NULL;
        scanned = w.len;
        if (nl || in->eof || w.len > AQ_MAX_RECORD)
            break;
        have = w.len;
    }
    struct aq_slice w = aq_input_window(in);
    const uint8_t *first = w.ptr + blank, *end = w.ptr + w.len;
    if (first == end)
        return AQ_OK;
    if (*first == '[') {
        j->layout = AQ_JSON_VALUES;
    } else if (*first == '{') {
        const uint8_t *inner = wrapped(first, end);
        bool open = nl && ends_open(first, nl),
             line_fits = nl && !open && (size_t)(nl - first) <= AQ_MAX_RECORD;
        if (inner > first && *inner == '[' && !line_fits) {
            /* Small enough to hold, it is parsed whole: it may wrap more than one list. */
            enum aq_status st = aq_input_more(in, AQ_MAX_RECORD, err);
            if (st)
                return st;
            if (!in->eof) {
                w = aq_input_window(in);
                inner = wrapped(w.ptr + blank, w.ptr + w.len);
                aq_input_skip(in, (size_t)(inner - w.ptr));
            }
            j->layout = AQ_JSON_VALUES;
        } else if (open) {
            j->layout = AQ_JSON_VALUES;
        }
    }
    return AQ_OK;
}

/* ---- values over many lines ---- */

struct scan {
    size_t at; /* in the window */
    unsigned depth;
    uint64_t objects[DEPTH_KEPT / 64]; /* bit: the bracket at that depth is a brace */
    bool in_string, escaped;
    uint8_t before; /* last byte outside of white space and strings; '"' for a string */
};

static void open_bracket(struct scan *s, bool object)
{
    if (s->depth < DEPTH_KEPT) {
        uint64_t bit = (uint64_t)1 << s->depth % 64;
        if (object)
            s->objects[s->depth / 64] |= bit;
        else
            s->objects[s->depth / 64] &= ~bit;
    }
    s->depth++;
}

static bool in_object(const struct scan *s)
{
    return s->depth && s->depth <= DEPTH_KEPT && (s->objects[(s->depth - 1) / 64] >> (s->depth - 1) % 64 & 1);
}

/* A brace opens only after a colon, or in a list: elsewhere the record before it
 * was left open, and this one begins the next. */
static bool misplaced_brace(const struct scan *s)
{
    return s->depth && (in_object(s) ? s->before != ':' : s->before != '[' && s->before != ',');
}

/* Scans on to the end of the window. True when the value ends (or breaks) at
 * s->at, which is then past its last byte. */
static bool scan_value(struct scan *s, struct aq_slice w, enum aq_json_fault *fault)
{
    for (; s->at < w.len; s->at++) {
        uint8_t c = w.ptr[s->at];
        if (s->in_string) {
            if (s->escaped)
                s->escaped = false;
            else if (c == '\\')
                s->escaped = true;
            else if (c == '"')
                s->in_string = false;
            if (c == '\n') { /* JSON has no such strings */
                *fault = AQ_JSON_BROKEN;
                return true;
            }
            continue;
        }
        if (is_space(c))
            continue;
        if (c == '{' && misplaced_brace(s)) {
            *fault = AQ_JSON_BROKEN;
            return true;
        }
        if (c == '"')
            s->in_string = true;
        else if (c == '{' || c == '[')
            open_bracket(s, c == '{');
        else if ((c == '}' || c == ']') && --s->depth == 0) {
            s->at++;
            return true;
        }
        s->before = c;
    }
    return false;
}

/* Drops what has been scanned of a value that is too long to hold. */
static void let_go(struct aq_input *in, struct scan *s)
{
    aq_input_skip(in, s->at);
    s->at = 0;
}

/* After a string without an end nothing tells what is inside and what outside. The
 * next record is taken to begin on a line of its own, no further right than this one. */
static enum aq_status pass_torn(struct aq_input *in, size_t column, struct aq_error *err)
{
    size_t at = 0;
    bool leading = false;
    for (;;) {
        struct aq_slice w = aq_input_window(in);
        size_t n = 0;
        for (; n < w.len; n++) {
            uint8_t c = w.ptr[n];
            if (leading && (c == '{' || c == ']') && at <= column) {
                aq_input_skip(in, n);
                return AQ_OK;
            }
            if (c == '\n')
                at = 0;
            else
                at++;
            leading = c == '\n' || (leading && (is_space(c) || c == ','));
        }
        aq_input_skip(in, n);
        if (in->eof)
            return AQ_OK;
        enum aq_status st = aq_input_more(in, 0, err);
        if (st)
            return st;
    }
}

static enum aq_status read_value(struct aq_input *in, struct aq_json_value *v, struct aq_error *err)
{
    bool torn = false; /* inside a string */
    struct scan s = {0};
    v->fault = AQ_JSON_WHOLE;
    for (;;) {
        struct aq_slice w = aq_input_window(in);
        if (scan_value(&s, w, &v->fault)) {
            w.len = s.at;
            v->text = w;
            torn = v->fault == AQ_JSON_BROKEN && s.in_string;
            if (v->fault == AQ_JSON_WHOLE && w.len > AQ_MAX_RECORD)
                v->fault = AQ_JSON_TOO_LONG;
            break;
        }
        if (w.len > AQ_MAX_RECORD || v->fault == AQ_JSON_TOO_LONG) {
            v->fault = AQ_JSON_TOO_LONG;
            let_go(in, &s);
        }
        if (in->eof) {
            v->text = (struct aq_slice){0};
            if (v->fault == AQ_JSON_WHOLE)
                v->fault = AQ_JSON_CUT_OFF;
            s.at = in->end - in->pos;
            break;
        }
        enum aq_status st = aq_input_more(in, in->end - in->pos, err);
        if (st)
            return st;
    }
    aq_input_skip(in, s.at);
    v->end_line = in->line;
    return torn ? pass_torn(in, v->column, err) : AQ_OK;
}

/* The window's first byte, white space and commas skipped; false at the end. */
static enum aq_status next_byte(struct aq_json_frame *j, struct aq_input *in, uint8_t *c, bool *got,
                                struct aq_error *err)
{
    *got = false;
    for (;;) {
        struct aq_slice w = aq_input_window(in);
        size_t n = 0;
        while (n < w.len && (is_space(w.ptr[n]) || w.ptr[n] == ','))
            j->column = w.ptr[n++] == '\n' ? 0 : j->column + 1;
        if (n < w.len)
            *c = w.ptr[n];
        aq_input_skip(in, n);
        if (n < w.len) {
            *got = true;
            return AQ_OK;
        }
        if (in->eof)
            return AQ_OK;
        enum aq_status st = aq_input_more(in, 0, err);
        if (st)
            return st;
    }
}

/* What is no value ends at a bracket, a brace or the end of its line. */
static enum aq_status pass_junk(struct aq_input *in, struct aq_error *err)
{
    for (bool first = true;; first = false) {
        struct aq_slice w = aq_input_window(in);
        size_t n = first;
        while (n < w.len && !strchr("{[]\n", w.ptr[n] ? w.ptr[n] : ' '))
            n++;
        aq_input_skip(in, n < w.len ? n : w.len);
        if (n < w.len || in->eof)
            return AQ_OK;
        enum aq_status st = aq_input_more(in, 0, err);
        if (st)
            return st;
    }
}

static enum aq_status next_value(struct aq_json_frame *j, struct aq_input *in, struct aq_json_value *v,
                                 bool *got, struct aq_error *err)
{
    for (;;) {
        uint8_t c = 0;
        enum aq_status st = next_byte(j, in, &c, got, err);
        if (st || !*got)
            return st;
        *v = (struct aq_json_value){.line = in->line, .column = j->column};
        if (c == '{' || (c == '[' && j->in_array))
            return read_value(in, v, err);
        if (c == '[' || c == ']') {
            j->in_array = c == '[';
            aq_input_skip(in, 1);
        } else if (c == '}' && !j->in_array) {
            aq_input_skip(in, 1); /* the end of a wrapper */
        } else {
            v->fault = AQ_JSON_NO_VALUE;
            return pass_junk(in, err);
        }
    }
}

enum aq_status aq_json_frame_next(struct aq_json_frame *j, struct aq_input *in, struct aq_json_value *v,
                                  bool *got, struct aq_error *err)
{
    if (j->layout == AQ_JSON_VALUES)
        return next_value(j, in, v, got, err);
    for (;;) {
        struct aq_line line;
        enum aq_status st = aq_input_line(in, &line, got, err);
        if (st || !*got)
            return st;
        const uint8_t *end = line.text.ptr + line.text.len, *p = skip_space(line.text.ptr, end);
        if (p == end && !line.too_long)
            continue;
        *v = (struct aq_json_value){.text = line.text, .line = line.number, .end_line = line.number};
        if (line.too_long)
            v->fault = AQ_JSON_TOO_LONG;
        else if (*p != '{' && *p != '[')
            v->fault = AQ_JSON_NO_VALUE;
        return AQ_OK;
    }
}
