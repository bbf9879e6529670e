/* check.c - aq_check: every record against its checksum and against all others.
 * Owns the order in which that is done, the memory it takes (about ten bytes a
 * passage and fourteen a comment) and how a fault reads; check_internal.h says who does
 * what. Reads one snapshot; trusts nothing in it, checksums included. */
#include "check_internal.h"

#include "reader.h"

#include <stdarg.h>
#include <stdio.h>

static const char *const table_names[AQ_TABLE_COUNT] = {"meta", "seg",  "norm", "map",  "bits",   "pend",
                                                        "col",  "text", "ident", "id",  "name", "member",
                                                        "repeat", "form", "print", "link", "quoted"};

const char *aq_check_table_name(enum aq_table table)
{
    return table_names[table];
}

/* ---- faults ---- */

enum aq_status aq_check_fault(struct aq_check *c, const char *table, const char *fmt, ...)
{
    char what[360];
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(what, sizeof what, fmt, ap);
    va_end(ap);
    return aq_fail(c->err, AQ_CORRUPT, "%s: %s; restore the index from a copy, or make it again from its sources",
                   table, what);
}

const char *aq_check_quoted(struct aq_slice s, char out[AQ_QUOTED_BYTES])
{
    enum { ROOM = AQ_QUOTED_BYTES - 10 };
    size_t n = 0, i = 0;
    out[n++] = '"';
    for (; i < s.len && n < ROOM; i++) {
        uint8_t b = s.ptr[i];
        if (b >= 0x20 && b < 0x7f && b != '"' && b != '\\')
            out[n++] = (char)b;
        else
            n += (size_t)snprintf(out + n, AQ_QUOTED_BYTES - n, "\\x%02x", b);
    }
    snprintf(out + n, AQ_QUOTED_BYTES - n, "%s", i < s.len ? "...\"" : "\"");
    return out;
}

const char *aq_check_where(struct aq_check *c, uint32_t passage, char out[AQ_WHERE_BYTES])
{
    uint32_t comment, ordinal;
    for (uint32_t i = 0; i < c->t.segment_count; i++) {
        const struct aq_segment *seg = &c->t.segments[i];
        uint32_t docid = passage - c->segments[i].base;
        if (docid >= seg->info.passages)
            continue;
        if (aq_segment_locate(&c->t, seg, docid, &comment, &ordinal) == AQ_OK)
            snprintf(out, AQ_WHERE_BYTES, "passage %u of comment %u (segment %u, docid %u)", ordinal, comment,
                     seg->info.id, docid);
        else
            snprintf(out, AQ_WHERE_BYTES, "segment %u, docid %u", seg->info.id, docid);
        return out;
    }
    for (comment = 0; comment < c->t.state.next_comment; comment++)
        if (c->place[comment] != AQ_NOWHERE && passage - c->place[comment] < c->passages[comment]) {
            snprintf(out, AQ_WHERE_BYTES, "passage %u of pending comment %u", passage - c->place[comment], comment);
            return out;
        }
    snprintf(out, AQ_WHERE_BYTES, "passage %u", passage);
    return out;
}

/* ---- walking ---- */

void aq_check_tell(struct aq_check *c, const char *stage, uint64_t done, uint64_t total)
{
    if (c->progress)
        c->progress(c->context, stage, done, total);
}

int aq_check_segment_index(const struct aq_check *c, uint32_t id)
{
    for (uint32_t i = 0; i < c->t.segment_count; i++)
        if (c->t.segments[i].info.id == id)
            return (int)i;
    return -1;
}

enum aq_status aq_check_table(struct aq_check *c, enum aq_table table, aq_check_row *visit, void *context)
{
    struct aq_walk w;
    struct aq_error why = {.message = ""};
    char key[AQ_QUOTED_BYTES];
    bool found;
    enum aq_status st = aq_walk_open(&c->t, table, true, &w, c->err);

    if (st)
        return st;
    for (st = aq_walk_seek(&w, aq_slice("", 0), &found, &why); st == AQ_OK && found;
         st = aq_walk_next(&w, &found, &why)) {
        st = w.checksum_ok ? visit(c, context, w.key, w.payload)
                           : aq_check_fault(c, table_names[table], "the record %s does not match its checksum",
                                            aq_check_quoted(w.key, key));
        if (st)
            break;
    }
    aq_walk_close(&w);
    /* Only the walk itself fills `why`. */
    if (st && why.message[0])
        return st == AQ_CORRUPT ? aq_check_fault(c, table_names[table], "%.300s", why.message)
                                : aq_fail(c->err, st, "%s", why.message);
    return st;
}

/* ---- memory ---- */

static size_t bitmap_bytes(size_t count)
{
    return count / 8 + 8;
}

static enum aq_status take_memory(struct aq_check *c)
{
    size_t comments = c->t.state.next_comment, total = 0;

    c->segments = calloc((size_t)c->t.segment_count + 1, sizeof *c->segments);
    if (!c->segments)
        return aq_fail_nomem(c->err);
    for (uint32_t i = 0; i < c->t.segment_count; i++) {
        c->segments[i].base = (uint32_t)total;
        c->segments[i].ascending = true;
        c->segments[i].last_ordered = -1;
        total = (total + c->t.segments[i].info.passages + 63) & ~(size_t)63;
        if (total >= AQ_NOWHERE)
            return aq_fail(c->err, AQ_LIMIT, "the index has too many passages to be checked at once");
    }
    c->pend_base = (uint32_t)total;
    total += c->t.state.pend_passages;
    if (total >= AQ_NOWHERE)
        return aq_fail(c->err, AQ_LIMIT, "the index has too many passages to be checked at once");
    c->passage_count = (uint32_t)total;

    c->place = malloc((comments + 1) * sizeof *c->place);
    c->passages = calloc(comments + 1, sizeof *c->passages);
    c->in_thread = calloc(bitmap_bytes(comments), 1);
    c->prints = calloc(comments + 1, sizeof *c->prints);
    c->sums = calloc(total + 1, sizeof *c->sums);
    c->left = calloc(total + 1, 1);
    c->deleted = calloc(bitmap_bytes(total), 1);
    c->hidden = calloc(bitmap_bytes(total), 1);
    c->quote = calloc(bitmap_bytes(total), 1);
    c->repeats = calloc(bitmap_bytes(total), 1);
    c->linked = calloc(bitmap_bytes(total), 1);
    if (!c->place || !c->passages || !c->in_thread || !c->sums || !c->left || !c->deleted || !c->hidden ||
        !c->quote || !c->repeats || !c->linked || !c->prints)
        return aq_fail_nomem(c->err);
    memset(c->place, 0xff, (comments + 1) * sizeof *c->place);
    for (uint32_t i = 0; i < c->t.segment_count; i++)
        if (c->t.segments[i].info.passages)
            memcpy(c->left + c->segments[i].base, c->t.segments[i].lengths, c->t.segments[i].info.passages);
    return AQ_OK;
}

static void give_memory_back(struct aq_check *c)
{
    free(c->segments);
    free(c->place);
    free(c->passages);
    free(c->in_thread);
    free(c->sums);
    free(c->left);
    free(c->deleted);
    free(c->hidden);
    free(c->quote);
    free(c->repeats);
    free(c->linked);
    free(c->prints);
    aq_analyzer_close(c->analyzer);
}

/* ---- all of it ---- */

static enum aq_status check_snapshot(struct aq_check *c)
{
    static const struct {
        const char *name;
        enum aq_status (*run)(struct aq_check *c);
    } parts[] = {
        {"facts", aq_check_meta},           {"coverage", aq_check_coverage},
        {"columns", aq_check_columns},      {"pending comments", aq_check_pending_totals},
        {"memory", take_memory},            {"passages", aq_check_passages},
        {"pending comments", aq_check_pending}, {"repeats", aq_check_repeats},
        {"links", aq_check_links},          {"fingerprints", aq_check_prints},
        {"threads", aq_check_members},      {"names", aq_check_names},
        {"postings", aq_check_postings},    {"forms", aq_check_forms},
        {"text", aq_check_text},            {"ids", aq_check_ids},
    };
    enum aq_status st = AQ_OK;
    for (size_t i = 0; i < AQ_COUNT(parts) && st == AQ_OK; i++) {
        aq_check_tell(c, parts[i].name, 0, 0);
        st = parts[i].run(c);
    }
    return st;
}

enum aq_status aq_check(struct aq_reader *r, aq_check_progress *progress, void *context, struct aq_error *err)
{
    struct aq_error own = {.message = ""};
    struct aq_check c = {.err = err ? err : &own, .progress = progress, .context = context};
    enum aq_status st = aq_reader_begin(r, &c.t, c.err);

    if (st)
        return st;
    /* One of its own: it forgets its words from time to time. */
    st = aq_analyzer_open(c.t.state.language, &c.analyzer, c.err);
    if (st == AQ_OK)
        st = check_snapshot(&c);
    give_memory_back(&c);
    aq_txn_end(&c.t);
    return st;
}
