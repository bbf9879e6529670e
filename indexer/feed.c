/* feed.c - see feed.h: owns the last steps that records of every format take. */
#include "feed.h"

#include "entities.h"
#include "utf8.h"

#include <stdarg.h>
#include <stdio.h>

void aq_feed_begin(struct aq_feed *f, uint64_t line)
{
    aq_arena_reset(&f->arena);
    f->item++;
    f->line = line;
    f->part = 0;
    f->noted = false;
}

static void tell(const struct aq_feed *f, bool skipped, const char *reason)
{
    if (f->report)
        f->report(f->context, &(struct aq_source_problem){f->path, f->line, f->item, skipped, reason});
}

void aq_feed_skip(struct aq_feed *f, const char *fmt, ...)
{
    char reason[512];
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(reason, sizeof reason, fmt, ap);
    va_end(ap);
    f->skipped++;
    tell(f, true, reason);
}

void aq_feed_note(struct aq_feed *f, const char *fmt, ...)
{
    char reason[512];
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(reason, sizeof reason, fmt, ap);
    va_end(ap);
    f->repaired += !f->noted;
    f->noted = true;
    tell(f, false, reason);
}

enum aq_status aq_feed_copy(struct aq_feed *f, struct aq_slice *s, struct aq_error *err)
{
    struct aq_slice copy = aq_arena_copy(&f->arena, *s);
    if (!copy.ptr)
        return aq_fail_nomem(err);
    *s = copy;
    return AQ_OK;
}

/* Hands a buffer's bytes over to the arena and frees it. */
static enum aq_status keep(struct aq_feed *f, struct aq_buf *b, struct aq_slice *s, struct aq_error *err)
{
    enum aq_status st = AQ_OK;
    if (b->failed) {
        st = aq_fail_nomem(err);
    } else {
        *s = aq_slice(b->ptr, b->len);
        st = aq_feed_copy(f, s, err);
    }
    aq_buf_free(b);
    return st;
}

enum aq_status aq_feed_repair(struct aq_feed *f, struct aq_slice *s, struct aq_error *err)
{
    if (aq_utf8_clean(*s))
        return AQ_OK;
    struct aq_buf b = {0};
    size_t n = aq_utf8_repair(&b, *s);
    enum aq_status st = keep(f, &b, s, err);
    if (!st && !f->noted)
        aq_feed_note(f,
                     "%zu byte sequence%s not valid UTF-8 (or NUL), replaced by U+FFFD; export as UTF-8 to "
                     "keep the characters",
                     n, n == 1 ? " is" : "s are");
    return st;
}

static enum aq_status decode(struct aq_feed *f, struct aq_slice *s, struct aq_error *err)
{
    if (!aq_entities_escaped(*s))
        return AQ_OK;
    struct aq_buf b = {0};
    aq_entities_decode(&b, *s);
    return keep(f, &b, s, err);
}

static void trim(struct aq_slice *s)
{
    while (s->len && aq_is_ascii_space(s->ptr[s->len - 1]))
        s->len--;
    while (s->len && aq_is_ascii_space(*s->ptr)) {
        s->ptr++;
        s->len--;
    }
}

/* A title is one line. */
static enum aq_status one_line(struct aq_feed *f, struct aq_slice *s, struct aq_error *err)
{
    bool plain = true;
    for (size_t i = 0; i < s->len; i++)
        plain &= s->ptr[i] >= ' ';
    if (plain)
        return AQ_OK;
    uint8_t *to = aq_arena_bytes(&f->arena, s->len);
    if (!to)
        return aq_fail_nomem(err);
    size_t n = 0;
    for (size_t i = 0; i < s->len; i++)
        if (s->ptr[i] > ' ')
            to[n++] = s->ptr[i];
        else if (n && to[n - 1] != ' ')
            to[n++] = ' ';
    *s = aq_slice(to, n);
    return AQ_OK;
}

static enum aq_status make_id(struct aq_feed *f, struct aq_record *r, struct aq_error *err)
{
    struct aq_buf b = {0};
    aq_buf_printf(&b, "%s:%llu", f->name, (unsigned long long)f->line);
    if (f->part)
        aq_buf_printf(&b, ".%u", f->part);
    return keep(f, &b, &r->id, err);
}

static bool fits(struct aq_feed *f, struct aq_slice s, const char *what)
{
    if (s.len <= AQ_MAX_ID)
        return true;
    aq_feed_skip(f, "the %s has %zu bytes, at most %u are possible; shorten it or map another field to %s",
                 what, s.len, AQ_MAX_ID, what);
    return false;
}

enum aq_status aq_feed_finish(struct aq_feed *f, struct aq_record *r, bool may_decode, bool *good,
                              struct aq_error *err)
{
    struct aq_slice *const fields[] = {&r->id,  &r->thread, &r->parent, &r->author,
                                       &r->url, &r->source, &r->title,  &r->text};
    enum aq_status st = AQ_OK;
    *good = false;
    for (size_t i = 0; !st && i < AQ_COUNT(fields); i++)
        st = aq_feed_repair(f, fields[i], err);
    for (size_t i = 0; !st && i < AQ_COUNT(fields) - 1; i++)
        trim(fields[i]);
    if (!st)
        st = one_line(f, &r->title, err);
    if (!st)
        st = one_line(f, &r->author, err);
    if (!st)
        st = decode(f, &r->title, err);
    if (!st && may_decode && r->format != AQ_FORMAT_HTML)
        st = decode(f, &r->text, err);
    if (!st && r->id.len == 0)
        st = make_id(f, r, err);
    if (st)
        return st;
    if (r->source.len == 0)
        r->source = aq_slice_str(f->options.source ? f->options.source : f->base);
    struct aq_slice text = r->text;
    trim(&text);
    if (text.len == 0 && r->title.len == 0)
        aq_feed_skip(
            f, "it has neither text nor title; where they have other names, say so with --map text=NAME");
    else if (r->text.len > AQ_MAX_RECORD)
        aq_feed_skip(f, "the text has %zu bytes, at most %u are possible; split it", r->text.len,
                     AQ_MAX_RECORD);
    else
        *good = fits(f, r->id, "id") && fits(f, r->thread, "thread") && fits(f, r->parent, "parent");
    return AQ_OK;
}

enum aq_status aq_feed_title(struct aq_feed *f, struct aq_slice *title, struct aq_error *err)
{
    const char *dot = strrchr(f->base, '.');
    size_t n = dot && dot > f->base ? (size_t)(dot - f->base) : strlen(f->base);
    uint8_t *to = aq_arena_bytes(&f->arena, n + 1);
    if (!to)
        return aq_fail_nomem(err);
    for (size_t i = 0; i < n; i++)
        to[i] =
            f->base[i] == '-' || f->base[i] == '_' || (uint8_t)f->base[i] < ' ' ? ' ' : (uint8_t)f->base[i];
    *title = aq_slice(to, n);
    return AQ_OK;
}
