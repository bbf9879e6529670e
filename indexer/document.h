/* document.h - a record's body as blocks of plain text.
 *
 * Readers of the three body formats (text.c, markdown.c, html.c) turn markup into
 * one UTF-8 text and a list of blocks over it. Nothing here knows of passages,
 * terms or the index. */
#ifndef AQ_DOCUMENT_H
#define AQ_DOCUMENT_H

#include "base.h"
#include "comment.h"

enum aq_block_kind {
    AQ_BLOCK_PARAGRAPH,
    AQ_BLOCK_HEADING,
    AQ_BLOCK_ITEM, /* a list item's paragraph; its text starts with the marker, "- " or "3. " */
    AQ_BLOCK_CODE, /* preformatted: line breaks and indentation are kept */
    AQ_BLOCK_TABLE /* one row a line, cells parted by " | " */
};

/* A block is text[begin, end), never empty, never overlapping, in order. What
 * lies between two blocks is line feeds only ("\n\n", or "\n" between items).
 * quote_depth is 0 for the author's own words, 1 for a quote, 2 for a quote in a
 * quote, up to 15; markers (">", "[quote]", <blockquote>) are not in the text. */
struct aq_block {
    uint32_t begin, end;
    uint8_t kind;
    uint8_t quote_depth;
};

struct aq_document {
    struct aq_buf text;
    struct aq_block *blocks;
    size_t count, cap;
    /* The first heading of level 1, else the first heading, else HTML's <title>;
     * headings in quotes do not count. Only files without a title of their own use it. */
    struct aq_buf title;
    uint8_t marks; /* comment.h: what the markup says, and any block of code */
};

void aq_document_clear(struct aq_document *d); /* keeps memory for the next record */
void aq_document_free(struct aq_document *d);

/* Appends a block whose text is s (leading and trailing white space trimmed,
 * except that AQ_BLOCK_CODE keeps the indentation of its first line); an empty
 * one is dropped. */
enum aq_status aq_document_add(struct aq_document *d, enum aq_block_kind kind, unsigned quote_depth,
                               struct aq_slice s);

/* Body to document. `text` must be valid UTF-8 (aq_utf8_repair). Input of any
 * shape yields a document; only AQ_NOMEM and AQ_LIMIT (nesting beyond 256,
 * which the message places by line) can come back. */
enum aq_status aq_document_from_text(struct aq_document *d, struct aq_slice text, struct aq_error *err);
enum aq_status aq_document_from_markdown(struct aq_document *d, struct aq_slice text, struct aq_error *err);
enum aq_status aq_document_from_html(struct aq_document *d, struct aq_slice text, struct aq_error *err);

#endif
