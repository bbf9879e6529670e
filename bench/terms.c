/* terms.c - what the peers of the benchmark index and ask: aq's own texts and terms.
 *
 *   terms dump INDEX DIRECTORY   writes DIRECTORY/text.tsv   (id, text)
 *                                       DIRECTORY/terms.tsv  (id, terms)
 *                                       DIRECTORY/vocabulary.tsv
 *                                         (term, comments, its commonest form, its count)
 *   terms stem < lines > lines   each line's terms
 *
 * Terms are parted by spaces, one a position: the whole of a compound, which shares
 * its first part's position, is left out. */
#include "analyzer.h"
#include "aq.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct counts { /* by the analyzer's dense ids, which grow as forms are met */
    uint32_t *form;     /* occurrences of a lexeme */
    uint32_t *comments; /* comments with a term */
    uint32_t *last;     /* the comment that counted last, + 1 */
    size_t forms, terms;
};

static void die(const char *what)
{
    fprintf(stderr, "terms: %s\n", what);
    exit(1);
}

static uint32_t *grown(uint32_t *array, size_t *have, size_t need)
{
    size_t n = *have;
    while (n < need)
        n = n ? 2 * n : 1024;
    uint32_t *larger = realloc(array, n * sizeof *array);
    if (!larger)
        die("out of memory");
    memset(larger + *have, 0, (n - *have) * sizeof *array);
    *have = n;
    return larger;
}

static void make_room(struct counts *c, const struct aq_analyzer *a)
{
    if (aq_analyzer_lexeme_count(a) > c->forms)
        c->form = grown(c->form, &c->forms, aq_analyzer_lexeme_count(a));
    if (aq_analyzer_term_count(a) > c->terms) {
        size_t same = c->terms;
        c->comments = grown(c->comments, &same, aq_analyzer_term_count(a));
        c->last = grown(c->last, &c->terms, aq_analyzer_term_count(a));
    }
}

/* Prints the terms of text; counts them for comment when c is given. */
static void print_terms(struct aq_analyzer *a, struct aq_slice text, FILE *out, struct counts *c, uint32_t comment)
{
    const struct aq_token *tokens;
    size_t count;
    if (aq_analyze(a, text, &tokens, &count))
        die("cannot analyze");
    if (c)
        make_room(c, a);
    const char *space = "";
    for (size_t i = 0; i < count; i++) {
        if (tokens[i].flags & AQ_TOKEN_WHOLE)
            continue;
        const struct aq_lexeme *l = aq_analyzer_lexeme(a, tokens[i].lexeme);
        fprintf(out, "%s%.*s", space, (int)l->term.len, (const char *)l->term.ptr);
        space = " ";
        if (!c)
            continue;
        c->form[l->id]++;
        if (c->last[l->term_id] != comment + 1) {
            c->last[l->term_id] = comment + 1;
            c->comments[l->term_id]++;
        }
    }
    fputc('\n', out);
}

static void print_vocabulary(const struct aq_analyzer *a, const struct counts *c, FILE *out)
{
    uint32_t lexemes = aq_analyzer_lexeme_count(a), terms = aq_analyzer_term_count(a);
    uint32_t *best = malloc((terms + 1) * sizeof *best); /* commonest lexeme of a term */
    if (!best)
        die("out of memory");
    memset(best, 0xff, (terms + 1) * sizeof *best);
    for (uint32_t id = 0; id < lexemes; id++) {
        uint32_t term = aq_analyzer_lexeme(a, id)->term_id;
        if (c->form[id] && (best[term] == UINT32_MAX || c->form[id] > c->form[best[term]]))
            best[term] = id;
    }
    for (uint32_t term = 0; term < terms; term++) {
        if (best[term] == UINT32_MAX)
            continue;
        const struct aq_lexeme *l = aq_analyzer_lexeme(a, best[term]);
        fprintf(out, "%.*s\t%u\t%.*s\t%u\n", (int)l->term.len, (const char *)l->term.ptr, c->comments[term],
                (int)l->form.len, (const char *)l->form.ptr, c->form[l->id]);
    }
    free(best);
}

static void print_text(struct aq_slice text, FILE *out)
{
    for (size_t i = 0; i < text.len; i++)
        fputc(text.ptr[i] < ' ' ? ' ' : text.ptr[i], out);
    fputc('\n', out);
}

static FILE *create(const char *dir, const char *name)
{
    char path[4096];
    snprintf(path, sizeof path, "%s/%s", dir, name);
    FILE *f = fopen(path, "w");
    if (!f)
        die(path);
    return f;
}

static void dump(struct aq_analyzer *a, const char *index, const char *dir)
{
    struct aq_error err = {0};
    struct aq_reader *r;
    struct aq_result *result;
    struct aq_search_request request = {.limit = 1, .flags = AQ_NO_TEXT};
    struct counts counts = {0};
    FILE *text = create(dir, "text.tsv"), *terms = create(dir, "terms.tsv");
    FILE *vocabulary = create(dir, "vocabulary.tsv");

    if (aq_reader_open(index, &r, &err) || aq_search(r, &request, &result, &err))
        die(err.message);
    uint32_t end = result->snapshot;
    aq_result_free(result);
    for (uint32_t n = 0; n < end; n++) {
        struct aq_comment_view *c;
        enum aq_status st = aq_comment_get(r, (struct aq_slice){0}, n, &c, &err);
        if (st == AQ_NOTFOUND)
            continue;
        if (st)
            die(err.message);
        fprintf(text, "%.*s\t", (int)c->id.len, (const char *)c->id.ptr);
        print_text(c->text, text);
        fprintf(terms, "%.*s\t", (int)c->id.len, (const char *)c->id.ptr);
        print_terms(a, c->text, terms, &counts, n);
        aq_comment_free(c);
    }
    print_vocabulary(a, &counts, vocabulary);
    aq_reader_close(r);
    if (fclose(text) || fclose(terms) || fclose(vocabulary))
        die("cannot write");
    free(counts.form);
    free(counts.comments);
    free(counts.last);
}

static void stem_lines(struct aq_analyzer *a)
{
    char *line = NULL;
    size_t cap = 0;
    ssize_t len;
    while ((len = getline(&line, &cap, stdin)) > 0)
        print_terms(a, (struct aq_slice){(uint8_t *)line, (size_t)len}, stdout, NULL, 0);
    free(line);
}

int main(int argc, char **argv)
{
    struct aq_error err = {0};
    struct aq_analyzer *a;
    if (aq_analyzer_open("english", &a, &err))
        die(err.message);
    if (argc == 4 && strcmp(argv[1], "dump") == 0)
        dump(a, argv[2], argv[3]);
    else if (argc == 2 && strcmp(argv[1], "stem") == 0)
        stem_lines(a);
    else {
        fprintf(stderr, "usage: terms dump INDEX DIRECTORY | terms stem\n");
        return 2;
    }
    aq_analyzer_close(a);
    return 0;
}
