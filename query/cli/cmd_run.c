/* cmd_run.c - aq run QUERIES.jsonl: one list of hits for each of many queries, for
 * evaluation. The queries are plain text: no character in them is an operator. */
#include "cli.h"
#include "print_text.h"
#include "records.h"
#include "utf8.h"

#include <errno.h>
#include <json-c/json.h>
#include <limits.h>
#include <stdio.h>

enum { LIMIT = 100, LIMIT_MOST = 10000, K1_MOST = 100, NESTING = 256, FLUSH_AT = 1 << 16 };
static const double default_k1 = 1.2, default_b = 0.75;
static const char tag[] = "aq";

static const char *const formats[] = {[AQ_RUN_TREC] = "trec", [AQ_RUN_JSON] = "json", NULL};

#define FIELD(name) offsetof(struct aq_settings, name)
static const struct aq_option options[] = {
    {.name = "limit", .letter = 'n', .kind = AQ_OPTION_NUMBER, .field = FIELD(limit), .value = "N",
     .min = 1, .max = LIMIT_MOST,
     .help = "hits wanted for each query (default 100)"},
    {.name = "format", .kind = AQ_OPTION_CHOICE, .field = FIELD(format), .value = "HOW",
     .choices = formats,
     .help = "print trec (default) or json, which is the same as --json"},
    {.name = "k1", .kind = AQ_OPTION_REAL, .field = FIELD(k1), .value = "X", .max = K1_MOST,
     .help = "BM25's k1: how slowly repetition of a word stops counting (default 1.2)",
     .more = "Where this or --b is given, passages are ranked by BM25 alone: there is no second stage."},
    {.name = "b", .kind = AQ_OPTION_REAL, .field = FIELD(b), .value = "X", .max = 1,
     .help = "BM25's b: how much the length of a passage counts (default 0.75)"},
    {.name = "concepts", .kind = AQ_OPTION_FLAG, .field = FIELD(concepts),
     .help = "words that stand out in the best hits count, too"},
};

/* ---- reading ---- */

struct input {
    FILE *file;
    const char *name;
    char *line;
    size_t cap;
    uint64_t number;
};

/* The state of one run. */
struct job {
    struct aq_cli *cli;
    struct input in;
    struct json_tokener *tokener;
    double *scores; /* of one list, as printed */
    size_t score_cap;
    bool hit; /* some query had one */
};

/* What one line asks. Slices live as long as `object`. */
struct asked {
    struct json_object *object;
    struct aq_slice id, text;
    char number[24]; /* of an id that is one */
};

static enum aq_status bad_line(const struct input *in, struct aq_error *err, const char *what)
{
    return aq_fail(err, AQ_INVALID, "%.200s:%llu: %.200s", in->name, (unsigned long long)in->number, what);
}

/* ---- what JSON is ---- */

static size_t digits_end(struct aq_slice s, size_t at)
{
    while (at < s.len && s.ptr[at] >= '0' && s.ptr[at] <= '9')
        at++;
    return at;
}

static bool is_any(struct aq_slice s, size_t at, const char *of)
{
    return at < s.len && s.ptr[at] && strchr(of, s.ptr[at]);
}

/* Where the number at `from` ends by the grammar of RFC 8259, section 6; `from` when
 * none is there. */
static size_t number_end(struct aq_slice s, size_t from)
{
    size_t whole = from + is_any(s, from, "-"), at = digits_end(s, whole);
    if (at == whole || (s.ptr[whole] == '0' && at > whole + 1))
        return from;
    if (is_any(s, at, ".")) {
        size_t part = at + 1;
        at = digits_end(s, part);
        if (at == part)
            return from;
    }
    if (is_any(s, at, "eE")) {
        size_t power = at + 1 + is_any(s, at + 1, "+-");
        at = digits_end(s, power);
        if (at == power)
            return from;
    }
    return at;
}

/* The code unit of the escape \uXXXX at `at`, whose digits are known to be good; else
 * UINT_MAX. */
static unsigned escaped_at(struct aq_slice s, size_t at)
{
    unsigned unit = 0;
    if (at + 6 > s.len || s.ptr[at] != '\\' || s.ptr[at + 1] != 'u')
        return UINT_MAX;
    for (size_t i = at + 2; i < at + 6; i++)
        unit = unit * 16 + (s.ptr[i] & 15u) + (s.ptr[i] > '9' ? 9 : 0);
    return unit;
}

static bool is_high(unsigned unit)
{
    return unit >= 0xd800 && unit <= 0xdbff;
}

static bool is_low(unsigned unit)
{
    return unit >= 0xdc00 && unit <= 0xdfff;
}

/* What json-c lets pass and JSON does not know, in a line it has read; NULL when
 * there is none. A query that is not what its author thinks would spoil figures
 * without a word. */
static const char *not_json(struct aq_slice s, size_t *at)
{
    bool inside = false, nul = false;
    for (size_t i = 0; i < s.len; i++) {
        uint8_t c = s.ptr[i];
        *at = i;
        if (c < 0x20 && (inside || (c != '\t' && c != '\r')))
            return "a control character; in strings it is written as \\u and four digits";
        if (c == '"') {
            inside = !inside;
            nul = nul && !inside;
        } else if (c == '\\') {
            unsigned unit = escaped_at(s, i);
            if (is_low(unit) || (is_high(unit) && !is_low(escaped_at(s, i + 6))))
                return "half of a surrogate pair";
            nul |= unit == 0;
            i += unit == UINT_MAX ? 1 : is_high(unit) ? 11 : 5;
        } else if (!inside) {
            if (c == '\'')
                return "strings stand between double quotes";
            if (c == ':' && nul)
                return "a name with a NUL in it";
            if (is_any(s, i, "-.0123456789NI")) { /* NaN, Infinity */
                size_t end = number_end(s, i);
                if (end == i)
                    return "not a number of JSON";
                i = end - 1;
            }
        }
    }
    return NULL;
}

/* ---- one query ---- */

/* Bytes of white space the line begins with. */
static size_t indent_of(struct aq_slice line)
{
    size_t n = 0;
    while (n < line.len && (line.ptr[n] == ' ' || line.ptr[n] == '\t' || line.ptr[n] == '\r'))
        n++;
    return n;
}

/* Reads an object, which the line is known to begin. On success *what is NULL; else it
 * says what is wrong at byte *at. NULL also when memory runs out. */
static struct json_object *read_object(struct json_tokener *tokener, struct aq_slice line, const char **what,
                                       size_t *at)
{
    *at = aq_utf8_valid(line);
    if (*at < line.len) {
        *what = "not UTF-8";
        return NULL;
    }
    *at = 0;
    if (line.len > INT_MAX) {
        *what = "longer than 2 GB";
        return NULL;
    }
    json_tokener_reset(tokener);
    struct json_object *object = json_tokener_parse_ex(tokener, (const char *)line.ptr, (int)line.len);
    enum json_tokener_error fault = json_tokener_get_error(tokener);
    *what = NULL;
    *at = json_tokener_get_parse_end(tokener);
    if (fault == json_tokener_continue)
        *what = "the object does not end";
    else if (fault != json_tokener_success)
        *what = json_tokener_error_desc(fault);
    else if (object)
        *what = *at < line.len ? "more follows the object" : not_json(line, at);
    return object;
}

static struct json_object *either(struct json_object *object, const char *key, const char *other)
{
    struct json_object *v;
    if (json_object_object_get_ex(object, key, &v) || json_object_object_get_ex(object, other, &v))
        return v;
    return NULL;
}

static struct aq_slice string_of(struct json_object *v)
{
    return aq_slice(json_object_get_string(v), (size_t)json_object_get_string_len(v));
}

/* Numbers that json-c has cut to what fits are not told from those at the end of
 * the range, so the least one is refused, too. */
static bool read_integer(struct json_object *v, char *text, size_t size)
{
    int64_t n = json_object_get_int64(v);
    if (n == INT64_MIN || (n > 0 && json_object_get_uint64(v) > INT64_MAX))
        return false;
    snprintf(text, size, "%lld", (long long)n);
    return true;
}

static enum aq_status parse_line(struct job *job, struct aq_slice line, struct asked *q, struct aq_error *err)
{
    const struct input *in = &job->in;
    const char *what;
    size_t at = indent_of(line);
    if (at == line.len || line.ptr[at] != '{')
        return bad_line(in, err, "a query is an object: {\"_id\": \"1\", \"text\": \"...\"}");
    q->object = read_object(job->tokener, line, &what, &at);
    if (what)
        return aq_fail(err, AQ_INVALID, "%.200s:%llu: column %zu: %.200s", in->name,
                       (unsigned long long)in->number, at + 1, what);
    if (!q->object)
        return aq_fail_nomem(err);
    struct json_object *id = either(q->object, "_id", "id");
    if (json_object_is_type(id, json_type_int)) {
        if (!read_integer(id, q->number, sizeof q->number))
            return bad_line(in, err, "\"_id\" is too big for a number; make it a string");
        q->id = aq_slice_str(q->number);
    } else if (json_object_is_type(id, json_type_string) && json_object_get_string_len(id)) {
        q->id = string_of(id);
    } else {
        return bad_line(in, err, "no \"_id\" (a string or a number)");
    }
    struct json_object *text = either(q->object, "text", "query");
    if (!json_object_is_type(text, json_type_string))
        return bad_line(in, err, "no \"text\" (a string)");
    q->text = string_of(text);
    return AQ_OK;
}

/* ---- lines ---- */

/* The next line that is not blank, without its end; *got false after the last. */
static enum aq_status next_line(struct input *in, struct aq_slice *line, bool *got, struct aq_error *err)
{
    for (;;) {
        errno = 0;
        ssize_t n = getline(&in->line, &in->cap, in->file);
        *got = n >= 0;
        if (n < 0 && errno == ENOMEM)
            return aq_fail_nomem(err);
        if (n < 0 && ferror(in->file))
            return aq_fail(err, AQ_IO, "cannot read %.200s: %s", in->name, strerror(errno));
        if (n < 0)
            return AQ_OK;
        in->number++;
        const char *start = in->line;
        size_t len = (size_t)n;
        if (in->number == 1 && len >= 3 && memcmp(start, "\xef\xbb\xbf", 3) == 0) { /* byte order mark */
            start += 3;
            len -= 3;
        }
        while (len && strchr(" \t\r\n", start[len - 1]) && start[len - 1])
            len--;
        if (len) {
            *line = aq_slice(start, len);
            return AQ_OK;
        }
    }
}

/* ---- TREC ---- */

/* White space, which parts the columns, in ids. */
static bool is_space(uint32_t cp)
{
    return cp <= 0x20 || cp == 0x85 || cp == 0xa0 || cp == 0x1680 || (cp >= 0x2000 && cp <= 0x200a) ||
           cp == 0x2028 || cp == 0x2029 || cp == 0x202f || cp == 0x205f || cp == 0x3000;
}

static void put_column(struct aq_buf *out, struct aq_slice s)
{
    for (size_t at = 0; at < s.len;) {
        unsigned len;
        uint32_t cp = aq_utf8_decode(s.ptr + at, s.ptr + s.len, &len);
        if (cp != AQ_UTF8_BAD && is_space(cp))
            aq_buf_u8(out, '_');
        else
            aq_text_clean(out, aq_slice(s.ptr + at, len));
        at += len;
    }
    aq_buf_u8(out, ' ');
}

/* Evaluation tools sort by score and part ties in their own way, so scores must fall
 * with every rank. BM25 alone does not: hits with all words come first, and equal
 * passages score equally. Where a score does not fall, it and those above it are
 * lifted by a step that a float still shows. */
static void lift_scores(const struct aq_hit *hits, uint32_t count, double *scores)
{
    double lift = 0;
    for (uint32_t i = count; i-- > 0;) {
        scores[i] = hits[i].score + lift;
        if (i + 1 == count || scores[i] > scores[i + 1])
            continue;
        double below = scores[i + 1];
        double step = 1e-6 * (below > 1 ? below : 1);
        lift += below + step - scores[i];
        scores[i] = below + step;
    }
}

/* A list names a document once: AQ_NO_FILL sees to it. */
static enum aq_status print_trec(struct job *job, const struct asked *q, const struct aq_result *result)
{
    struct aq_buf *out = &job->cli->out.buf;
    uint32_t count = result->hit_count;
    if (!aq_grow(&job->scores, &job->score_cap, count, sizeof *job->scores))
        return aq_fail_nomem(&job->cli->err);
    lift_scores(result->hits, count, job->scores);
    for (uint32_t i = 0; i < count; i++) {
        put_column(out, q->id);
        aq_buf_puts(out, "Q0 ");
        put_column(out, result->hits[i].id);
        aq_buf_printf(out, "%u %.17g %s\n", i + 1, job->scores[i], tag);
    }
    return AQ_OK;
}

/* ---- the command ---- */

static enum aq_status answer(struct job *job, const struct asked *q)
{
    struct aq_cli *cli = job->cli;
    const struct aq_settings *set = &cli->set;
    struct aq_result *result = NULL;
    struct aq_search_request request = {
        .query = q->text,
        .limit = (uint32_t)(set->limit == AQ_NOT_GIVEN ? LIMIT : set->limit),
        .flags = AQ_QUERY_PLAIN,
        .per_thread = UINT32_MAX, /* what is measured is the ranking */
    };
    if (set->format == AQ_RUN_TREC)
        request.flags |= AQ_NO_TEXT | AQ_NO_FILL;
    if (set->concepts)
        request.flags |= AQ_CONCEPTS;
    if (set->k1 >= 0 || set->b >= 0) {
        request.k1 = set->k1 >= 0 ? set->k1 : default_k1;
        /* Without k1 length cannot count; 0 and 0 would ask for the defaults. */
        request.b = request.k1 <= 0 || set->b < 0 ? default_b : set->b;
    }
    enum aq_status st = aq_search(cli->reader, &request, &result, &cli->err);
    if (st) {
        struct aq_error cause = cli->err;
        return aq_fail(&cli->err, st, "%.200s:%llu: %.280s", job->in.name, (unsigned long long)job->in.number,
                       cause.message);
    }
    job->hit |= result->hit_count > 0;
    if (set->format == AQ_RUN_TREC) {
        st = print_trec(job, q, result);
    } else {
        aq_json_begin(&cli->out.buf, &request, q->id);
        for (uint32_t i = 0; i < result->hit_count; i++)
            aq_json_hit(&cli->out.buf, &result->hits[i]);
        aq_json_end(&cli->out.buf, result, q->id);
    }
    aq_result_free(result);
    if (set->quiet)
        aq_buf_clear(&cli->out.buf);
    return !st && cli->out.buf.len >= FLUSH_AT ? aq_output_flush(&cli->out, &cli->err) : st;
}

static enum aq_status answer_all(struct job *job)
{
    struct aq_cli *cli = job->cli;
    enum aq_status st = AQ_OK;
    job->tokener = json_tokener_new_ex(NESTING);
    if (!job->tokener)
        return aq_fail_nomem(&cli->err);
    json_tokener_set_flags(job->tokener, JSON_TOKENER_STRICT);
    while (!st && !cli->out.closed) {
        struct asked q = {0};
        struct aq_slice line;
        bool got;
        st = next_line(&job->in, &line, &got, &cli->err);
        if (st || !got)
            break;
        st = parse_line(job, line, &q, &cli->err);
        if (!st)
            st = answer(job, &q);
        json_object_put(q.object);
    }
    json_tokener_free(job->tokener);
    return st;
}

static int run(struct aq_cli *cli)
{
    struct job job = {.cli = cli};
    if (cli->words.count != 1) {
        aq_fail(&cli->err, AQ_SYNTAX, "\"run\" takes one file of queries (\"-\": standard input)%s%.200s",
                cli->words.count ? "; to search for these words: aq search run " : "",
                cli->words.count ? aq_cli_words_text(cli) : "");
        return aq_cli_fail(cli);
    }
    job.in.name = cli->words.items[0];
    if (cli->set.json)
        cli->set.format = AQ_RUN_JSON;
    else
        cli->set.json = cli->set.format == AQ_RUN_JSON; /* so that failing is a record, too */
    int status = aq_cli_open(cli);
    if (status)
        return status;
    bool standard = strcmp(job.in.name, "-") == 0;
    job.in.file = standard ? stdin : fopen(job.in.name, "re");
    if (!job.in.file) {
        aq_fail(&cli->err, AQ_IO, "cannot open %.200s: %s", job.in.name, strerror(errno));
        return aq_cli_fail(cli);
    }
    if (standard)
        job.in.name = "standard input";
    enum aq_status st = answer_all(&job);
    free(job.in.line);
    free(job.scores);
    if (!standard)
        fclose(job.in.file);
    if (st)
        return aq_cli_fail(cli);
    return job.hit ? AQ_EXIT_HIT : AQ_EXIT_NONE;
}

const struct aq_command aq_command_run = {
    {.name = "run",
     .words = "QUERIES.jsonl",
     .summary = "answer many queries, one list of hits each",
     .details = "For evaluation on test collections. Each line of the file is an object with `_id` and "
                "`text`; `-` reads standard input. The text is searched for as plain words: nothing in it is "
                "an operator, and any number of hits may be of one thread.",
     .options = {"Run options", options, AQ_COUNT(options)},
     .complete = AQ_COMPLETE_FILES},
    run,
};
