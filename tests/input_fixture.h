/* input_fixture.h - reads a file or bytes through aq_source and keeps what came
 * out, for the tests of the input side. */
#ifndef AQ_INPUT_FIXTURE_H
#define AQ_INPUT_FIXTURE_H

#include "base.h"
#include "document.h"
#include "source.h"
#include "utf8.h"

#include <stdio.h>
#include <unistd.h>

#define FIXTURES "tests/fixtures/input/"

struct read_record {
    char *id, *thread, *parent, *author, *title, *url, *source, *text;
    char tags[200]; /* joined by "," */
    enum aq_format format;
    int64_t date;
    int32_t score;
};

struct read_problem {
    uint64_t line, item;
    bool skipped;
    char *reason;
};

struct reading {
    struct read_record *records;
    size_t count, cap;
    struct read_problem *problems;
    size_t problem_count, problem_cap;
    enum aq_status status; /* of open or the last next */
    char message[512];
    struct aq_source_progress progress;
    size_t invalid; /* fields that were not UTF-8 or held a NUL */
    size_t blocks;
    size_t limits; /* bodies refused with AQ_LIMIT */
};

static inline char *keep_string(struct aq_slice s)
{
    char *p = malloc(s.len + 1);
    if (!p)
        abort();
    if (s.len)
        memcpy(p, s.ptr, s.len);
    p[s.len] = 0;
    return p;
}

static inline void keep_problem(void *context, const struct aq_source_problem *p)
{
    struct reading *r = context;
    if (!aq_grow(&r->problems, &r->problem_cap, r->problem_count + 1, sizeof *r->problems))
        abort();
    r->problems[r->problem_count++] =
        (struct read_problem){p->line, p->item, p->skipped, keep_string(aq_slice_str(p->reason))};
}

static inline size_t check_field(struct aq_slice s)
{
    return s.len && (aq_utf8_valid(s) != s.len || memchr(s.ptr, 0, s.len));
}

/* Every body also goes through its document reader; the blocks' invariants hold. */
static inline void check_document(struct reading *out, const struct aq_record *r)
{
    struct aq_document d = {0};
    struct aq_error err;
    enum aq_status st = r->format == AQ_FORMAT_MARKDOWN ? aq_document_from_markdown(&d, r->text, &err)
                        : r->format == AQ_FORMAT_HTML   ? aq_document_from_html(&d, r->text, &err)
                                                        : aq_document_from_text(&d, r->text, &err);
    if (st && st != AQ_LIMIT)
        abort();
    out->limits += st == AQ_LIMIT;
    size_t end = 0;
    for (size_t i = 0; i < d.count; i++) {
        const struct aq_block *b = &d.blocks[i];
        if (b->begin < end || b->begin >= b->end || b->end > d.text.len || b->quote_depth > 15 ||
            b->kind > AQ_BLOCK_TABLE)
            abort();
        for (; end < b->begin; end++)
            if (d.text.ptr[end] != '\n')
                abort();
        end = b->end;
    }
    if (end != d.text.len)
        abort();
    out->invalid +=
        check_field(aq_slice(d.text.ptr, d.text.len)) + check_field(aq_slice(d.title.ptr, d.title.len));
    out->blocks += d.count;
    aq_document_free(&d);
}

static inline void keep_record(struct reading *out, const struct aq_record *r)
{
    const struct aq_slice all[] = {r->id,    r->thread, r->parent, r->author,
                                   r->title, r->url,    r->source, r->text};
    for (size_t i = 0; i < AQ_COUNT(all); i++)
        out->invalid += check_field(all[i]);
    check_document(out, r);
    if (!aq_grow(&out->records, &out->cap, out->count + 1, sizeof *out->records))
        abort();
    struct read_record *k = &out->records[out->count++];
    *k = (struct read_record){keep_string(r->id),
                              keep_string(r->thread),
                              keep_string(r->parent),
                              keep_string(r->author),
                              keep_string(r->title),
                              keep_string(r->url),
                              keep_string(r->source),
                              keep_string(r->text),
                              "",
                              r->format,
                              r->date,
                              r->score};
    size_t n = 0;
    for (size_t i = 0; i < r->tag_count; i++)
        n +=
            (size_t)snprintf(k->tags + n, n < sizeof k->tags ? sizeof k->tags - n : 0, "%s%.*s", i ? "," : "",
                             (int)(r->tags[i].len < 40 ? r->tags[i].len : 40), (const char *)r->tags[i].ptr);
}

static inline struct reading read_path(const char *path, const struct aq_source_options *options)
{
    struct reading out = {0};
    struct aq_source *s;
    struct aq_error err = {0};
    bool got = true;
    out.status = aq_source_open(path, options, keep_problem, &out, &s, &err);
    while (!out.status && got) {
        struct aq_record r;
        out.status = aq_source_next(s, &r, &got, &err);
        if (!out.status && got)
            keep_record(&out, &r);
    }
    if (s)
        aq_source_get_progress(s, &out.progress);
    snprintf(out.message, sizeof out.message, "%s", err.message);
    aq_source_close(s);
    return out;
}

/* A file of that name in a fresh directory; the path is freed by drop_file. */
static inline char *make_file(const char *name, const void *bytes, size_t n)
{
    char *path = malloc(4096);
    const char *tmp = getenv("TMPDIR");
    if (!path)
        abort();
    snprintf(path, 3000, "%s/aq-input-XXXXXX", tmp ? tmp : "/tmp");
    if (!mkdtemp(path))
        abort();
    snprintf(path + strlen(path), 1000, "/%s", name);
    FILE *f = fopen(path, "wb");
    if (!f || fwrite(bytes, 1, n, f) != n || fclose(f))
        abort();
    return path;
}

static inline void drop_file(char *path)
{
    unlink(path);
    *strrchr(path, '/') = 0;
    rmdir(path);
    free(path);
}

static inline struct reading read_bytes(const char *name, const void *bytes, size_t n,
                                        const struct aq_source_options *options)
{
    char *path = make_file(name, bytes, n);
    struct reading out = read_path(path, options);
    drop_file(path);
    return out;
}

static inline struct reading read_text(const char *name, const char *text)
{
    return read_bytes(name, text, strlen(text), NULL);
}

static inline void reading_free(struct reading *r)
{
    for (size_t i = 0; i < r->count; i++) {
        struct read_record *k = &r->records[i];
        free(k->id), free(k->thread), free(k->parent), free(k->author);
        free(k->title), free(k->url), free(k->source), free(k->text);
    }
    for (size_t i = 0; i < r->problem_count; i++)
        free(r->problems[i].reason);
    free(r->records);
    free(r->problems);
    *r = (struct reading){0};
}

#endif
