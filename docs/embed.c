/* embed.c - libaq from another program: index three comments, search them.
 *
 *   cc embed.c $(pkg-config --cflags --libs libaq) -o embed && ./embed /tmp/embed-index
 */
#include <aq.h>
#include <aq_index.h>

#include <stdio.h>
#include <string.h>

static struct aq_slice text(const char *s)
{
    return (struct aq_slice){(const uint8_t *)s, strlen(s)};
}

static int fail(const struct aq_error *err)
{
    fprintf(stderr, "embed: %s\n", err->message);
    return 1;
}

static int write_index(const char *dir, struct aq_error *err)
{
    static const struct {
        const char *id, *parent, *author, *title, *body;
    } comments[] = {
        {"1", "", "ada", "Does an upload have qualia?", "If the emulation is exact, what would be missing?"},
        {"2", "1", "ben", "", "Nothing, unless qualia depend on the substrate. Circuits compute; do they feel?"},
        {"3", "2", "ada", "", "> do they feel?\n\nAsk the emulation. It will answer as I would."},
    };
    struct aq_writer_options options = {.language = "english", .create = true};
    struct aq_writer *w;

    if (aq_writer_open(dir, &options, &w, err))
        return fail(err);
    for (size_t i = 0; i < sizeof comments / sizeof comments[0]; i++) {
        struct aq_record r;
        aq_record_init(&r);
        r.id = text(comments[i].id);
        r.parent = text(comments[i].parent);
        r.author = text(comments[i].author);
        r.title = text(comments[i].title);
        r.text = text(comments[i].body);
        if (aq_writer_add(w, &r, NULL, err)) {
            aq_writer_close(w);
            return fail(err);
        }
    }
    enum aq_status status = aq_writer_commit(w, err);
    aq_writer_close(w);
    return status ? fail(err) : 0;
}

static int search(const char *dir, const char *query, struct aq_error *err)
{
    struct aq_search_request request = {.query = text(query), .limit = 5};
    struct aq_reader *reader;
    struct aq_result *result;

    if (aq_reader_open(dir, &reader, err))
        return fail(err);
    if (aq_search(reader, &request, &result, err)) {
        aq_reader_close(reader);
        return fail(err);
    }
    for (uint32_t i = 0; i < result->hit_count; i++) {
        const struct aq_hit *h = &result->hits[i];
        printf("%s %.*s: %.*s\n", h->quote_depth ? "quote by" : "by", (int)h->author.len, (const char *)h->author.ptr,
               (int)h->passage.len, (const char *)h->passage.ptr);
    }
    aq_result_free(result);
    aq_reader_close(reader);
    return 0;
}

int main(int argc, char **argv)
{
    struct aq_error err = {0};
    if (argc != 2) {
        fprintf(stderr, "usage: embed DIRECTORY\n");
        return 2;
    }
    if (write_index(argv[1], &err))
        return 1;
    return search(argv[1], "emulation qualia", &err);
}
