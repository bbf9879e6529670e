/* source.c - see source.h: one file after another, each by the reader of its
 * format. Owns the choice of reader and the counting; formats are theirs. */
#include "source.h"

#include "feed.h"
#include "tree.h"
#include "utf8.h"

#include <errno.h>
#include <stdio.h>
#include <strings.h>
#include <sys/stat.h>

struct aq_source {
    struct aq_feed feed;
    struct aq_arena strings;               /* copies of the options' */
    struct aq_tree *walk;                  /* NULL: a single file */
    char *path;                            /* as the user gave it */
    bool opened;                           /* the single file has been */
    const struct aq_format_reader *reader; /* of the open file, or NULL */
    void *state;
    char *file_path, *file_name;      /* of the open file */
    uint64_t bytes_done, bytes_total; /* done: of finished files */
    bool ended;
};

/* ---- which reader ---- */

static const struct {
    const char *extension;
    uint8_t kind;
} extensions[] = {
    {"jsonl", AQ_SOURCE_JSONL},       {"ndjson", AQ_SOURCE_JSONL}, {"json", AQ_SOURCE_JSONL},
    {"txt", AQ_SOURCE_TEXT},          {"text", AQ_SOURCE_TEXT},    {"md", AQ_SOURCE_MARKDOWN},
    {"markdown", AQ_SOURCE_MARKDOWN}, {"mkd", AQ_SOURCE_MARKDOWN}, {"html", AQ_SOURCE_HTML},
    {"htm", AQ_SOURCE_HTML},          {"xhtml", AQ_SOURCE_HTML},   {"mbox", AQ_SOURCE_MBOX},
    {"mbx", AQ_SOURCE_MBOX},          {"eml", AQ_SOURCE_MBOX},
};

static const struct aq_format_reader *reader_of(unsigned kind)
{
    switch (kind) {
    case AQ_SOURCE_JSONL:
        return &aq_read_json;
    case AQ_SOURCE_TEXT:
        return &aq_read_text;
    case AQ_SOURCE_MARKDOWN:
        return &aq_read_markdown;
    case AQ_SOURCE_HTML:
        return &aq_read_html;
    case AQ_SOURCE_MBOX:
        return &aq_read_mbox;
    default:
        return NULL;
    }
}

static const char *base_of(const char *name)
{
    const char *slash = strrchr(name, '/');
    return slash && slash[1] ? slash + 1 : name;
}

/* ids must not depend on how a file is packed. */
static void drop_packing(char *name)
{
    static const char *const packings[] = {".gz", ".zst"};
    size_t n = strlen(name);
    for (size_t i = 0; i < AQ_COUNT(packings); i++) {
        size_t k = strlen(packings[i]);
        if (n > k && strcasecmp(name + n - k, packings[i]) == 0 && name[n - k - 1] != '/') {
            name[n - k] = 0;
            return;
        }
    }
}

static unsigned kind_by_name(const char *name)
{
    const char *dot = strrchr(base_of(name), '.');
    for (size_t i = 0; dot && i < AQ_COUNT(extensions); i++)
        if (strcasecmp(dot + 1, extensions[i].extension) == 0)
            return extensions[i].kind;
    return AQ_SOURCE_AUTO;
}

static bool begins(struct aq_slice s, const char *prefix)
{
    size_t n = strlen(prefix);
    return s.len >= n && strncasecmp((const char *)s.ptr, prefix, n) == 0;
}

/* AQ_SOURCE_AUTO: none of these. Text is a guess of last resort, which a directory
 * full of other things must not fall for. */
static unsigned kind_by_look(struct aq_slice s, bool or_text)
{
    static const char *const mail[] = {
        "From ", "Return-Path:", "Received:", "Message-ID:", "Delivered-To:", "MIME-Version:"};
    static const char *const html[] = {"<!doctype html", "<html", "<head", "<body"};
    if (s.len > 4096)
        s.len = 4096;
    bool binary = memchr(s.ptr, 0, s.len) != NULL;
    while (s.len && (*s.ptr == ' ' || (*s.ptr >= '\t' && *s.ptr <= '\r')))
        s = aq_slice(s.ptr + 1, s.len - 1);
    if (binary)
        return AQ_SOURCE_AUTO;
    for (size_t i = 0; i < AQ_COUNT(mail); i++)
        if (begins(s, mail[i]))
            return AQ_SOURCE_MBOX;
    for (size_t i = 0; i < AQ_COUNT(html); i++)
        if (begins(s, html[i]))
            return AQ_SOURCE_HTML;
    size_t i = 1;
    while (i < s.len && (s.ptr[i] == ' ' || (s.ptr[i] >= '\t' && s.ptr[i] <= '\r')))
        i++;
    if (s.len > 1 && i < s.len &&
        ((*s.ptr == '{' && (s.ptr[i] == '"' || s.ptr[i] == '}')) ||
         (*s.ptr == '[' && (s.ptr[i] == '{' || s.ptr[i] == ']'))))
        return AQ_SOURCE_JSONL;
    return or_text ? AQ_SOURCE_TEXT : AQ_SOURCE_AUTO;
}

/* ---- opening ---- */

static enum aq_status copy_string(struct aq_source *s, const char **string, struct aq_error *err)
{
    if (!*string)
        return AQ_OK;
    struct aq_slice copy = aq_arena_copy(&s->strings, aq_slice_str(*string));
    *string = (const char *)copy.ptr;
    return copy.ptr ? AQ_OK : aq_fail_nomem(err);
}

static enum aq_status copy_options(struct aq_source *s, const struct aq_source_options *options,
                                   struct aq_error *err)
{
    static const struct aq_source_options defaults = {.body_format = -1};
    struct aq_source_options *o = &s->feed.options;
    *o = options ? *options : defaults;
    enum aq_status st = copy_string(s, &o->source, err);
    if (!st && o->map_count) {
        struct aq_field_map *map = aq_arena_zalloc(&s->strings, o->map_count * sizeof *map);
        if (!map)
            return aq_fail_nomem(err);
        for (size_t i = 0; !st && i < o->map_count; i++) {
            map[i] = o->map[i];
            if (!map[i].field || !map[i].path)
                return aq_fail(err, AQ_INVALID, "a field map needs a field and a path");
            st = copy_string(s, &map[i].field, err);
            if (!st)
                st = copy_string(s, &map[i].path, err);
        }
        o->map = map;
    }
    return st;
}

/* All that is below, so that progress knows where it ends. */
static enum aq_status total_bytes(struct aq_source *s, struct aq_error *err)
{
    struct aq_tree *w;
    struct aq_tree_file file;
    bool got = true;
    enum aq_status st = aq_tree_open(s->path, &w, err);
    while (!st && got) {
        st = aq_tree_next(w, &file, &got, err);
        if (!st && got)
            s->bytes_total += file.size;
    }
    aq_tree_close(w);
    return st;
}

enum aq_status aq_source_open(const char *path, const struct aq_source_options *options,
                              aq_source_report *report, void *context, struct aq_source **out,
                              struct aq_error *err)
{
    *out = NULL;
    struct aq_source *s = calloc(1, sizeof *s);
    if (!s)
        return aq_fail_nomem(err);
    s->feed.report = report;
    s->feed.context = context;
    s->path = strdup(path);
    enum aq_status st = s->path ? copy_options(s, options, err) : aq_fail_nomem(err);
    if (!st)
        st = aq_fields_open(s->feed.options.map, s->feed.options.map_count, &s->feed.fields, err);
    if (!st && strcmp(path, "-") != 0) {
        struct stat sb;
        if (stat(path, &sb) != 0)
            st = aq_fail(err, errno == ENOENT ? AQ_NOTFOUND : AQ_IO, "cannot open %s: %s", path,
                         strerror(errno));
        else if (S_ISDIR(sb.st_mode)) {
            st = total_bytes(s, err);
            if (!st)
                st = aq_tree_open(path, &s->walk, err);
        } else if (S_ISREG(sb.st_mode)) {
            s->bytes_total = (uint64_t)sb.st_size;
        }
    }
    if (st) {
        aq_source_close(s);
        return st;
    }
    *out = s;
    return AQ_OK;
}

static void close_file(struct aq_source *s)
{
    if (s->reader)
        s->reader->close(s->state);
    s->reader = NULL;
    s->state = NULL;
    if (s->feed.input.stream) {
        s->bytes_done += aq_stream_taken(s->feed.input.stream);
        aq_stream_close(s->feed.input.stream);
        s->feed.input.stream = NULL;
        free(s->feed.input.utf16.raw);
        s->feed.input.utf16.raw = NULL;
    }
}

void aq_source_close(struct aq_source *s)
{
    if (!s)
        return;
    close_file(s);
    aq_input_close(&s->feed.input);
    aq_tree_close(s->walk);
    aq_fields_close(s->feed.fields);
    aq_posts_free(&s->feed.posts);
    aq_arena_free(&s->feed.arena);
    aq_arena_free(&s->strings);
    free(s->file_path);
    free(s->file_name);
    free(s->path);
    free(s);
}

/* ---- from file to file ---- */

/* A file as a whole that is passed over: item and line 0. */
static void skip_file(struct aq_source *s, const char *reason)
{
    s->feed.item = 0;
    s->feed.line = 0;
    aq_feed_skip(&s->feed, "%s", reason);
}

static enum aq_status name_file(struct aq_source *s, const char *path, const char *name, struct aq_error *err)
{
    free(s->file_path);
    free(s->file_name);
    s->file_path = strdup(path);
    s->file_name = strdup(name);
    if (!s->file_path || !s->file_name)
        return aq_fail_nomem(err);
    drop_packing(s->file_name);
    s->feed.path = s->file_path;
    s->feed.name = s->file_name;
    s->feed.base = base_of(s->file_name);
    s->feed.item = 0;
    return AQ_OK;
}

static enum aq_status open_file(struct aq_source *s, const char *path, const char *name, struct aq_error *err)
{
    struct aq_feed *f = &s->feed;
    enum aq_status st = name_file(s, path, name, err);
    if (st)
        return st;
    bool directory = s->walk != NULL, standard = strcmp(path, "-") == 0;
    unsigned kind = f->options.kind;
    if (kind == AQ_SOURCE_AUTO && !standard)
        kind = kind_by_name(f->name);
    /* In a directory a known name may lie, an unknown one is looked at. */
    const char *dot = strrchr(f->base, '.');
    if (kind == AQ_SOURCE_AUTO && directory && dot && dot > f->base) {
        skip_file(s, "not a kind of file that is read (.jsonl .json .txt .md .html .mbox .eml, also .gz and "
                     ".zst); name it with --as KIND if it is one");
        return AQ_OK;
    }
    struct aq_stream *stream;
    st = aq_stream_open(path, &stream, err);
    if (!st)
        st = aq_input_open(&f->input, stream, err);
    if (!st && kind == AQ_SOURCE_AUTO) {
        st = aq_input_more(&f->input, 4096, err);
        if (!st)
            kind = kind_by_look(aq_input_window(&f->input), !directory);
    }
    if (st)
        return st;
    if (kind == AQ_SOURCE_AUTO) {
        if (!directory)
            st = aq_fail(err, AQ_INVALID,
                         "cannot tell what %s is: it holds binary data; if it can be read all the same, say "
                         "how with --as KIND",
                         standard ? "standard input" : path);
        else
            skip_file(s, "cannot tell what this file is; if it can be read, say how with --as KIND");
        close_file(s);
        return st;
    }
    s->reader = reader_of(kind);
    if (!s->reader)
        return aq_fail(err, AQ_INVALID, "no such kind of source: %u", kind);
    return s->reader->open(f, &s->state, err);
}

static enum aq_status next_file(struct aq_source *s, bool *got, struct aq_error *err)
{
    *got = false;
    if (!s->walk) {
        if (s->opened)
            return AQ_OK;
        s->opened = *got = true;
        const char *name = strcmp(s->path, "-") == 0 ? "stdin" : base_of(s->path);
        return open_file(s, s->path, name, err);
    }
    struct aq_tree_file file;
    enum aq_status st = aq_tree_next(s->walk, &file, got, err);
    if (st || !*got)
        return st;
    if (!file.regular) {
        st = name_file(s, file.path, file.name, err);
        if (!st)
            skip_file(s, "neither a file nor a directory");
        return st;
    }
    return open_file(s, file.path, file.name, err);
}

enum aq_status aq_source_next(struct aq_source *s, struct aq_record *record, bool *got, struct aq_error *err)
{
    enum aq_status st = AQ_OK;
    *got = false;
    while (!s->ended) {
        if (s->reader) {
            st = s->reader->next(&s->feed, s->state, record, got, err);
            if (!st && *got) {
                s->feed.records++;
                return AQ_OK;
            }
            if (!st)
                close_file(s);
        } else {
            bool more;
            st = next_file(s, &more, err);
            s->ended = !more;
        }
        if (st) {
            s->ended = true;
            close_file(s);
        }
    }
    return st;
}

void aq_source_get_progress(const struct aq_source *s, struct aq_source_progress *progress)
{
    const struct aq_feed *f = &s->feed;
    *progress = (struct aq_source_progress){
        .bytes_done = s->bytes_done + (f->input.stream ? aq_stream_taken(f->input.stream) : 0),
        .bytes_total = s->bytes_total,
        .records = f->records,
        .skipped = f->skipped,
        .repaired = f->repaired,
        .path = f->path,
        .line = f->line,
    };
}
