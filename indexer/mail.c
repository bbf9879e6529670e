/* mail.c - MIME through GMime: which part is the text, in which character set, and
 * what the headers say. Knows nothing of mailboxes. */
#include "mail.h"

#include "charset.h"
#include "dates.h"
#include "quotes.h"

#include <gmime/gmime.h>

enum { SIGNATURE_LINES = 20, PARTS_MOST = 1000 };

/* ---- bodies ---- */

/* Quote depth of a line and where its text begins. */
static size_t quote_marks(struct aq_slice line, unsigned *depth)
{
    size_t i = 0;
    for (*depth = 0; i < line.len && line.ptr[i] == '>'; i++)
        ++*depth;
    return i;
}

static bool is_signature_mark(struct aq_slice line)
{
    return line.len == 3 && memcmp(line.ptr, "-- ", 3) == 0;
}

void aq_mail_unflow(struct aq_buf *out, struct aq_slice text, bool delsp)
{
    struct aq_slice line;
    bool flowing = false;
    unsigned last_depth = 0;
    while (aq_take_line(&text, &line)) {
        unsigned depth;
        size_t at = quote_marks(line, &depth);
        struct aq_slice content = aq_slice(line.ptr + at, line.len - at);
        if (content.len && content.ptr[0] == ' ') /* stuffed */
            content = aq_slice(content.ptr + 1, content.len - 1);
        bool mark = is_signature_mark(content);
        bool joins = flowing && depth == last_depth && !mark;
        if (!joins) {
            if (out->len)
                aq_buf_u8(out, '\n');
            for (unsigned i = 0; i < depth; i++)
                aq_buf_u8(out, '>');
            if (depth)
                aq_buf_u8(out, ' ');
        }
        flowing = content.len && content.ptr[content.len - 1] == ' ' && !mark;
        if (flowing && delsp)
            content.len--;
        aq_buf_put(out, content.ptr, content.len);
        last_depth = depth;
    }
}

size_t aq_mail_unsigned(struct aq_slice text)
{
    struct aq_slice rest = text, line;
    size_t mark = text.len, after = 0;
    while (rest.len) {
        size_t at = text.len - rest.len;
        aq_take_line(&rest, &line);
        if (is_signature_mark(line)) {
            mark = at;
            after = 0;
        } else if (mark < text.len) {
            after++;
        }
    }
    return after <= SIGNATURE_LINES ? mark : text.len;
}

static bool param_is(GMimeObject *part, const char *name, const char *value)
{
    const char *v = g_mime_object_get_content_type_parameter(part, name);
    return v && g_ascii_strcasecmp(v, value) == 0;
}

/* A text part's content, transfer encoding and character set undone. */
static void part_text(GMimePart *part, struct aq_buf *out)
{
    GMimeDataWrapper *content = g_mime_part_get_content(part);
    GMimeObject *object = GMIME_OBJECT(part);
    if (!content)
        return;
    GMimeStream *memory = g_mime_stream_mem_new();
    g_mime_data_wrapper_write_to_stream(content, memory);
    GByteArray *bytes = g_mime_stream_mem_get_byte_array(GMIME_STREAM_MEM(memory));
    struct aq_slice raw = aq_slice(bytes->data, bytes->len);
    struct aq_buf text = {0};
    aq_charset_decode(&text, raw, g_mime_object_get_content_type_parameter(object, "charset"));
    if (out->len)
        aq_buf_puts(out, "\n\n");
    struct aq_slice decoded = aq_slice(text.ptr, text.len);
    if (g_mime_content_type_is_type(g_mime_object_get_content_type(object), "text", "html")) {
        aq_buf_put(out, decoded.ptr, decoded.len);
    } else {
        struct aq_buf flowed = {0};
        if (param_is(object, "format", "flowed")) {
            aq_mail_unflow(&flowed, decoded, param_is(object, "delsp", "yes"));
            decoded = aq_slice(flowed.ptr, flowed.len);
        }
        aq_buf_put(out, decoded.ptr, aq_mail_unsigned(decoded));
        out->failed |= flowed.failed;
        aq_buf_free(&flowed);
    }
    out->failed |= text.failed;
    aq_buf_free(&text);
    g_object_unref(memory);
}

static bool is_text(GMimeObject *o, const char *subtype)
{
    return GMIME_IS_PART(o) &&
           g_mime_content_type_is_type(g_mime_object_get_content_type(o), "text", subtype);
}

static bool is_attachment(GMimeObject *o)
{
    const char *disposition = g_mime_object_get_disposition(o);
    return disposition && g_ascii_strcasecmp(disposition, "attachment") == 0;
}

/* The text parts in order. Of alternatives the plain one counts, else the last
 * (the richest) that has text. html parts are only used when there is no plain one
 * at all, as a record has one format. Works off a stack: mail nests as it likes. */
struct parts {
    GMimePart *plain[PARTS_MOST], *html[PARTS_MOST];
    size_t plain_count, html_count;
};

struct pending {
    GMimeObject *object;
    unsigned depth;
};

static bool find_parts(GMimeObject *top, struct parts *parts)
{
    struct pending *stack = NULL;
    size_t count = 0, cap = 0;
    bool fine = aq_grow(&stack, &cap, 1, sizeof *stack);
    if (fine && top)
        stack[count++] = (struct pending){top, 0};
    while (fine && count) {
        struct pending at = stack[--count];
        GMimeObject *o = at.object;
        if (GMIME_IS_MULTIPART(o) && at.depth < AQ_NESTING) {
            GMimeMultipart *m = GMIME_MULTIPART(o);
            int n = g_mime_multipart_get_count(m);
            /* Signed and encrypted mail: the first part is the mail. */
            if (n > 1 && (GMIME_IS_MULTIPART_SIGNED(o) || GMIME_IS_MULTIPART_ENCRYPTED(o)))
                n = 1;
            fine = aq_grow(&stack, &cap, count + (size_t)(n > 0 ? n : 0), sizeof *stack);
            for (int i = n; fine && i-- > 0;)
                stack[count++] = (struct pending){g_mime_multipart_get_part(m, i), at.depth + 1};
        } else if (!is_attachment(o)) {
            if (is_text(o, "html")) {
                if (parts->html_count < PARTS_MOST)
                    parts->html[parts->html_count++] = GMIME_PART(o);
            } else if (is_text(o, "plain") && parts->plain_count < PARTS_MOST) {
                parts->plain[parts->plain_count++] = GMIME_PART(o);
            }
        }
    }
    free(stack);
    return fine;
}

static bool has_letters(const struct aq_buf *b)
{
    for (size_t i = 0; i < b->len; i++)
        if (b->ptr[i] > ' ')
            return true;
    return false;
}

static enum aq_status read_body(struct aq_feed *f, GMimeMessage *message, struct aq_record *r,
                                struct aq_error *err)
{
    struct aq_buf body = {0};
    struct parts *parts = calloc(1, sizeof *parts);
    if (!parts || !find_parts(g_mime_message_get_mime_part(message), parts)) {
        free(parts);
        return aq_fail_nomem(err);
    }
    r->format = AQ_FORMAT_TEXT;
    for (size_t i = 0; i < parts->plain_count; i++)
        part_text(parts->plain[i], &body);
    if (!has_letters(&body) && parts->html_count) {
        aq_buf_clear(&body);
        r->format = AQ_FORMAT_HTML;
        for (size_t i = 0; i < parts->html_count; i++)
            part_text(parts->html[i], &body);
    }
    free(parts);
    enum aq_status st = body.failed ? aq_fail_nomem(err) : AQ_OK;
    r->text = aq_slice(body.ptr, body.len);
    if (!st)
        st = aq_feed_copy(f, &r->text, err);
    aq_buf_free(&body);
    return st;
}

/* ---- headers ---- */

static enum aq_status copy_string(struct aq_feed *f, struct aq_slice *out, const char *s,
                                  struct aq_error *err)
{
    *out = aq_slice_str(s);
    return s ? aq_feed_copy(f, out, err) : AQ_OK;
}

/* The first or last <id> of a header. */
static struct aq_slice message_id(const char *header, bool last)
{
    struct aq_slice found = {0};
    const char *p = header;
    while (p && (p = strchr(p, '<'))) {
        const char *end = strchr(p, '>');
        if (!end)
            break;
        if (end > p + 1) {
            found = aq_slice(p + 1, (size_t)(end - p - 1));
            if (!last)
                break;
        }
        p = end;
    }
    return found;
}

/* "hal at rain.org (Hal Finney)", as some archives disguise addresses. */
static struct aq_slice name_in_comment(const char *from)
{
    const char *open = from ? strrchr(from, '(') : NULL, *close = open ? strchr(open, ')') : NULL;
    return close && close > open + 1 ? aq_slice(open + 1, (size_t)(close - open - 1)) : (struct aq_slice){0};
}

static enum aq_status read_author(struct aq_feed *f, GMimeMessage *message, struct aq_record *r,
                                  struct aq_error *err)
{
    InternetAddressList *list = g_mime_message_get_from(message);
    InternetAddress *first =
        list && internet_address_list_length(list) > 0 ? internet_address_list_get_address(list, 0) : NULL;
    const char *name = first ? internet_address_get_name(first) : NULL;
    const char *raw = g_mime_object_get_header(GMIME_OBJECT(message), "From");
    if (name && *name)
        return copy_string(f, &r->author, name, err);
    r->author = name_in_comment(raw);
    if (r->author.len)
        return aq_feed_copy(f, &r->author, err);
    if (first && INTERNET_ADDRESS_IS_MAILBOX(first))
        return copy_string(f, &r->author, internet_address_mailbox_get_addr(INTERNET_ADDRESS_MAILBOX(first)),
                           err);
    return copy_string(f, &r->author, raw, err);
}

static enum aq_status read_ids(struct aq_feed *f, GMimeObject *o, struct aq_record *r, struct aq_error *err)
{
    const char *references = g_mime_object_get_header(o, "References");
    struct aq_slice parent = message_id(g_mime_object_get_header(o, "In-Reply-To"), false);
    r->id = message_id(g_mime_object_get_header(o, "Message-ID"), false);
    r->parent = parent.len ? parent : message_id(references, true);
    r->thread = message_id(references, false);
    struct aq_slice *const ids[] = {&r->id, &r->parent, &r->thread};
    for (size_t i = 0; i < AQ_COUNT(ids); i++) {
        enum aq_status st = ids[i]->len ? aq_feed_copy(f, ids[i], err) : AQ_OK;
        if (st)
            return st;
    }
    return AQ_OK;
}

static enum aq_status read_headers(struct aq_feed *f, GMimeMessage *message, struct aq_record *r,
                                   struct aq_error *err)
{
    GMimeObject *o = GMIME_OBJECT(message);
    const char *date = g_mime_object_get_header(o, "Date"),
               *archived = g_mime_object_get_header(o, "Archived-At");
    enum aq_status st;
    if ((st = read_ids(f, o, r, err)) || (st = read_author(f, message, r, err)) ||
        (st = copy_string(f, &r->title, g_mime_message_get_subject(message), err)))
        return st;
    if (date && !aq_date_parse(aq_slice_str(date), &r->date))
        aq_feed_note(f, "the date \"%.60s\" cannot be read, so it has none", date);
    r->url = message_id(archived, false);
    return r->url.len ? aq_feed_copy(f, &r->url, err) : AQ_OK;
}

enum aq_status aq_mail_read(struct aq_feed *f, struct aq_slice bytes, struct aq_record *r, bool *good,
                            struct aq_error *err)
{
    static const char *charsets[] = {"utf-8", "windows-1252", NULL};
    *good = false;
    if (bytes.len == 0) {
        aq_feed_skip(f, "an empty mail; remove it");
        return AQ_OK;
    }
    GMimeParserOptions *options = g_mime_parser_options_new();
    g_mime_parser_options_set_fallback_charsets(options, charsets);
    GMimeStream *stream = g_mime_stream_mem_new_with_buffer((const char *)bytes.ptr, bytes.len);
    GMimeParser *parser = g_mime_parser_new_with_stream(stream);
    GMimeMessage *message = g_mime_parser_construct_message(parser, options);
    enum aq_status st = AQ_OK;
    if (!message) {
        aq_feed_skip(f, "no mail: it has no headers; remove it");
    } else {
        aq_record_init(r);
        st = read_headers(f, message, r, err);
        if (!st)
            st = read_body(f, message, r, err);
        if (!st)
            st = aq_feed_finish(f, r, false, good, err);
        g_object_unref(message);
    }
    g_object_unref(parser);
    g_object_unref(stream);
    g_mime_parser_options_free(options);
    return st;
}
