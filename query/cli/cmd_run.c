/* cmd_run.c - aq run QUERIES.jsonl: one list of hits for each of many queries, for
 * evaluation. The queries are plain text: no character in them is an operator. */
#include "cli.h"
#include "print_json.h"
#include "print_text.h"
#include "utf8.h"

#include <errno.h>
#include <jansson.h>
#include <stdio.h>

enum { LIMIT = 100, LIMIT_MOST = 10000, K1_MOST = 100, FLUSH_AT = 1 << 16 };
static const double default_k1 = 1.2, default_b = 0.75;
static const char tag[] = "aq";

static const char *const formats[] = {[AQ_RUN_TREC] = "trec", [AQ_RUN_JSON] = "json", NULL};

#define FIELD(name) offsetof(struct aq_settings, name)
static const struct aq_option options[] = {
    {.name = "limit", .letter = 'n', .kind = AQ_OPTION_NUMBER, .field = FIELD(limit), .value = "N",
     .min = 1, .max = LIMIT_MOST,
     .help = "hits wanted for each query (100)"},
    {.name = "format", .kind = AQ_OPTION_CHOICE, .field = FIELD(format), .value = "HOW",
     .choices = formats,
     .help = "trec or json (trec)"},
    {.name = "k1", .kind = AQ_OPTION_REAL, .field = FIELD(k1), .value = "X", .max = K1_MOST,
     .help = "BM25: how fast repetition of a word stops counting (1.2)"},
    {.name = "b", .kind = AQ_OPTION_REAL, .field = FIELD(b), .value = "X", .max = 1,
     .help = "BM25: how much length counts, 0 to 1 (0.75)"},
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
    double *scores; /* of one list, as printed */
    size_t score_cap;
    bool hit; /* some query had one */
};

/* What one line asks. Slices live as long as `object`. */
struct asked {
    json_t *object;
    struct aq_slice id, text;
    char number[24]; /* of an id that is one */
};

static enum aq_status bad_line(const struct input *in, struct aq_error *err, const char *what)
{
    return aq_fail(err, AQ_INVALID, "%.200s:%llu: %.200s", in->name, (unsigned long long)in->number, what);
}

static const json_t *either(const json_t *object, const char *key, const char *other)
{
    const json_t *v = json_object_get(object, key);
    return v ? v : json_object_get(object, other);
}

static enum aq_status parse_line(const struct input *in, struct aq_slice line, struct asked *q,
                                 struct aq_error *err)
{
    json_error_t fault;
    q->object = json_loadb((const char *)line.ptr, line.len, JSON_ALLOW_NUL, &fault);
    if (!q->object)
        return bad_line(in, err, fault.text);
    if (!json_is_object(q->object))
        return bad_line(in, err, "a query is an object: {\"_id\": \"1\", \"text\": \"...\"}");
    const json_t *id = either(q->object, "_id", "id");
    if (json_is_integer(id)) {
        int n = snprintf(q->number, sizeof q->number, "%lld", (long long)json_integer_value(id));
        q->id = aq_slice(q->number, (size_t)n);
    } else if (json_is_string(id) && json_string_length(id)) {
        q->id = aq_slice(json_string_value(id), json_string_length(id));
    } else {
        return bad_line(in, err, "no \"_id\" (a string or a number)");
    }
    const json_t *text = either(q->object, "text", "query");
    if (!json_is_string(text))
        return bad_line(in, err, "no \"text\" (a string)");
    q->text = aq_slice(json_string_value(text), json_string_length(text));
    return AQ_OK;
}

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

/* A list names a document once. */
static enum aq_status print_trec(struct job *job, const struct asked *q,
                                 const struct aq_search_request *request, const struct aq_result *result)
{
    struct aq_buf *out = &job->cli->out.buf;
    uint32_t count = aq_hits_leading(request, result);
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
        .limit = (uint32_t)(set->limit ? set->limit : LIMIT),
        .flags = AQ_QUERY_PLAIN,
    };
    if (set->format == AQ_RUN_TREC)
        request.flags |= AQ_NO_TEXT;
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
        st = print_trec(job, q, &request, result);
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
    while (!st && !cli->out.closed) {
        struct asked q = {0};
        struct aq_slice line;
        bool got;
        st = next_line(&job->in, &line, &got, &cli->err);
        if (st || !got)
            break;
        st = parse_line(&job->in, line, &q, &cli->err);
        if (!st)
            st = answer(job, &q);
        json_decref(q.object);
    }
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
    "run",
    "run QUERIES.jsonl [-n N] [--format trec|json]",
    "answer many queries, one list of hits each",
    "Each line of the file is an object with \"_id\" and \"text\"; \"-\" reads standard\n"
    "input. The text is searched for as plain words: nothing in it is an operator.\n",
    {"Run options", options, AQ_COUNT(options)},
    run,
};
