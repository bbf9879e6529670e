/* document.c - owns the block list and its invariants: in order, not empty, line
 * feeds only in between. Knows no markup. */
#include "document.h"

#include "utf8.h"

enum { MAX_DEPTH = 15 };

void aq_document_clear(struct aq_document *d)
{
    aq_buf_clear(&d->text);
    aq_buf_clear(&d->title);
    d->count = 0;
    d->marks = 0;
}

void aq_document_free(struct aq_document *d)
{
    aq_buf_free(&d->text);
    aq_buf_free(&d->title);
    free(d->blocks);
    *d = (struct aq_document){0};
}

/* Code keeps its first line's indentation: only whole blank lines go. */
static const uint8_t *code_start(const uint8_t *p, const uint8_t *end)
{
    const uint8_t *line = p;
    while (p < end && aq_is_ascii_space(*p))
        if (*p++ == '\n')
            line = p;
    return p == end ? end : line;
}

enum aq_status aq_document_add(struct aq_document *d, enum aq_block_kind kind, unsigned quote_depth,
                               struct aq_slice s)
{
    const uint8_t *p = s.ptr, *end = s.ptr + s.len;
    while (end > p && aq_is_ascii_space(end[-1]))
        end--;
    if (kind == AQ_BLOCK_CODE)
        p = code_start(p, end);
    else
        while (p < end && aq_is_ascii_space(*p))
            p++;
    if (p == end)
        return AQ_OK;
    if (quote_depth > MAX_DEPTH)
        quote_depth = MAX_DEPTH;
    if (d->text.len + (size_t)(end - p) > UINT32_MAX - 2)
        return AQ_LIMIT;
    if (!aq_grow(&d->blocks, &d->cap, d->count + 1, sizeof *d->blocks))
        return AQ_NOMEM;
    if (d->count) {
        const struct aq_block *last = &d->blocks[d->count - 1];
        bool list = last->kind == AQ_BLOCK_ITEM && kind == AQ_BLOCK_ITEM && last->quote_depth == quote_depth;
        aq_buf_put(&d->text, "\n\n", list ? 1 : 2);
    }
    size_t begin = d->text.len;
    aq_buf_put(&d->text, p, (size_t)(end - p));
    if (d->text.failed)
        return AQ_NOMEM;
    d->blocks[d->count++] =
        (struct aq_block){(uint32_t)begin, (uint32_t)d->text.len, (uint8_t)kind, (uint8_t)quote_depth};
    if (kind == AQ_BLOCK_CODE)
        d->marks |= AQ_COMMENT_CODE;
    return AQ_OK;
}
