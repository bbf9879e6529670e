/* mbox.c - a mailbox file to single mails: From_ lines and their escapes (mboxo and
 * mboxrd). A file without From_ line that begins with headers is one mail. Knows
 * nothing of what is in a mail. */
#include "mail.h"

#include <gmime/gmime.h>
#include <strings.h>

enum {
    FIELD_MOST = 64 << 10,    /* bytes of a header */
    ADDRESSES_MOST = 4 << 10, /* of one with addresses: GMime recurses on "a:b:c:" */
    PARTS_MOST = 10000        /* lines that may part a mail: GMime takes 1 KB for each part */
};

struct mbox {
    struct aq_buf mail;  /* the one being gathered */
    uint64_t line;       /* where it begins; 0: none has begun */
    bool too_long, body; /* body: past the headers */
    size_t field_left;   /* bytes the open header may still take; also of one inside the body */
    size_t parts;
    bool blank; /* the line before was empty */
    bool done;
};

static bool starts(struct aq_slice s, const char *prefix)
{
    size_t n = strlen(prefix);
    return s.len >= n && memcmp(s.ptr, prefix, n) == 0;
}

/* "From someone Mon Jan  2 15:04:05 2006": a time of day tells it from a sentence. */
static bool is_from_line(struct aq_slice line)
{
    if (!starts(line, "From "))
        return false;
    for (size_t i = 6; i + 2 < line.len; i++)
        if (line.ptr[i] == ':' && line.ptr[i - 1] >= '0' && line.ptr[i - 1] <= '9' &&
            line.ptr[i + 1] >= '0' && line.ptr[i + 1] <= '9')
            return true;
    return false;
}

/* "Name: value" with a name of letters, digits and hyphens. */
static bool is_header(struct aq_slice line)
{
    size_t i = 0;
    while (i < line.len && (line.ptr[i] == '-' || (line.ptr[i] >= '0' && line.ptr[i] <= '9') ||
                            ((line.ptr[i] | 32) >= 'a' && (line.ptr[i] | 32) <= 'z')))
        i++;
    return i > 0 && i < line.len && line.ptr[i] == ':';
}

static bool is_named(struct aq_slice line, const char *const *names)
{
    for (; *names; names++) {
        size_t n = strlen(*names);
        if (line.len > n && line.ptr[n] == ':' && strncasecmp((const char *)line.ptr, *names, n) == 0)
            return true;
    }
    return false;
}

static void mbox_close(void *state)
{
    struct mbox *m = state;
    if (!m)
        return;
    aq_buf_free(&m->mail);
    free(m);
}

static enum aq_status mbox_open(struct aq_feed *f, void **state, struct aq_error *err)
{
    (void)f;
    struct mbox *m = calloc(1, sizeof *m);
    if (!m)
        return aq_fail_nomem(err);
    g_mime_init();
    m->blank = true;
    *state = m;
    return AQ_OK;
}

static void begin_mail(struct mbox *m, uint64_t line)
{
    aq_buf_clear(&m->mail);
    m->line = line;
    m->too_long = m->body = false;
    m->field_left = m->parts = 0;
}

/* How much of this line is kept, as a header. The mail's own are only those that
 * are asked for; those of a mail inside its body are GMime's to read, addresses and
 * all, whether asked for or not. */
static size_t header_share(struct mbox *m, struct aq_slice line)
{
    static const char *const wanted[] = {"Date",
                                         "Subject",
                                         "Message-ID",
                                         "In-Reply-To",
                                         "References",
                                         "Archived-At",
                                         "MIME-Version",
                                         "Content-Type",
                                         "Content-Transfer-Encoding",
                                         "Content-Disposition",
                                         NULL};
    static const char *const addresses[] = {"From", "Sender", "Reply-To", "To", "Cc", "Bcc", NULL};
    static const char *const from[] = {"From", NULL}, *const subject[] = {"Subject", NULL};
    bool continues = line.len && (line.ptr[0] == ' ' || line.ptr[0] == '\t');
    if (!continues)
        m->field_left = is_named(line, m->body ? addresses : from)   ? ADDRESSES_MOST
                        : is_named(line, m->body ? subject : wanted) ? FIELD_MOST
                        : m->body                                    ? SIZE_MAX
                                                                     : 0;
    size_t n = line.len + 1 < m->field_left ? line.len + 1 : m->field_left;
    if (m->field_left != SIZE_MAX)
        m->field_left -= n;
    return n;
}

static void add_line(struct mbox *m, struct aq_slice line)
{
    if (m->body && line.len && line.ptr[0] == '>') {
        size_t n = 1;
        while (n < line.len && line.ptr[n] == '>')
            n++;
        if (starts(aq_slice(line.ptr + n, line.len - n), "From "))
            line = aq_slice(line.ptr + 1, line.len - 1);
    }
    bool blank = line.len == 0 || (line.len == 1 && *line.ptr == '\r');
    size_t n = blank ? line.len + 1 : header_share(m, line);
    if (n == 0)
        return;
    m->body |= blank;
    m->parts +=
        line.len > 2 && line.ptr[0] == '-' && line.ptr[1] == '-' && line.ptr[2] > ' ' && line.ptr[2] != '-';
    if (m->mail.len + n > AQ_MAX_RECORD)
        m->too_long = true;
    if (m->too_long)
        return;
    aq_buf_put(&m->mail, line.ptr, n - 1);
    aq_buf_u8(&m->mail, '\n');
}

/* The mail gathered so far, if any, becomes a record. */
static enum aq_status finish_mail(struct aq_feed *f, struct mbox *m, struct aq_record *r, bool *good,
                                  struct aq_error *err)
{
    *good = false;
    if (!m->line)
        return AQ_OK;
    aq_feed_begin(f, m->line);
    m->line = 0;
    if (m->mail.failed)
        return aq_fail_nomem(err);
    if (m->too_long) {
        aq_feed_skip(f, "a mail longer than %u MB, the most a record can be; remove its attachments",
                     AQ_MAX_RECORD >> 20);
        return AQ_OK;
    }
    if (m->parts > PARTS_MOST) {
        aq_feed_skip(f, "a mail of more than %d parts; remove its attachments", PARTS_MOST);
        return AQ_OK;
    }
    return aq_mail_read(f, aq_slice(m->mail.ptr, m->mail.len), r, good, err);
}

static enum aq_status mbox_next(struct aq_feed *f, void *state, struct aq_record *r, bool *got,
                                struct aq_error *err)
{
    struct mbox *m = state;
    *got = false;
    while (!m->done) {
        struct aq_line line;
        bool more;
        enum aq_status st = aq_input_line(&f->input, &line, &more, err);
        if (st)
            return st;
        if (!more) {
            m->done = true;
            return finish_mail(f, m, r, got, err);
        }
        bool first = line.number == 1 || (!m->line && m->blank && f->item == 0);
        bool separates = m->blank && (is_from_line(line.text) || (first && starts(line.text, "From ")));
        bool blank = !line.too_long && (line.text.len == 0 || (line.text.len == 1 && *line.text.ptr == '\r'));
        m->blank = blank;
        if (separates) {
            st = finish_mail(f, m, r, got, err);
            begin_mail(m, line.number);
            if (st || *got)
                return st;
        } else if (line.too_long) {
            m->too_long = true;
        } else if (m->line) {
            add_line(m, line.text);
        } else if (first && !blank) {
            if (!is_header(line.text)) {
                aq_feed_begin(f, line.number);
                aq_feed_skip(f, "no mailbox: it begins with neither a \"From \" line nor a mail's headers; "
                                "if it is something else, say so with --as");
                m->done = true;
                return AQ_OK;
            }
            begin_mail(m, line.number); /* one mail by itself */
            add_line(m, line.text);
        }
    }
    return AQ_OK;
}

const struct aq_format_reader aq_read_mbox = {mbox_open, mbox_next, mbox_close};
