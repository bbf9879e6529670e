/* tags.h - what HTML's elements do to a document, whoever parsed them: html.c for
 * bodies in HTML, markdown.c for the HTML inside Markdown. Private to the input side. */
#ifndef AQ_TAGS_H
#define AQ_TAGS_H

#include "markup.h"

struct aq_tag_attributes {
    struct aq_slice href, alt, css_class, start;
    bool hidden; /* hidden, or aria-hidden="true" */
};

/* Takes one attribute, name in lower case. */
void aq_tag_attribute(struct aq_tag_attributes *a, const char *name, struct aq_slice value);

void aq_tag_open(struct aq_markup *m, const char *name, const struct aq_tag_attributes *a);
void aq_tag_close(struct aq_markup *m, const char *name);

/* Whether the content of an element so opened is no text of the author's: scripts,
 * styles, controls, hidden parts. The caller keeps m->skip. */
bool aq_tag_skipped(const char *name, const struct aq_tag_attributes *a);

/* Whether the element has no content and no end tag. */
bool aq_tag_is_void(const char *name);

#endif
