/* text_parts.h - the lines that hits and comments have in common. */
#ifndef AQ_TEXT_PARTS_H
#define AQ_TEXT_PARTS_H

#include "aq.h"
#include "output.h"

/* Facts on one line, parted by dots. Zero-initialise; writing frees it. */
struct aq_facts {
    struct aq_styled line;
};

void aq_fact(struct aq_facts *f, struct aq_slice text, enum aq_style style);
/* "3 points" after `before`; unit in the singular. */
void aq_fact_count(struct aq_facts *f, const char *before, int64_t n, const char *unit);
/* What is known of author, date (with its time or not) and points. */
void aq_fact_person(struct aq_facts *f, struct aq_slice author, int64_t date, bool with_time, int32_t points);
void aq_facts_write(struct aq_facts *f, struct aq_output *out, const char *margin);

/* "ID  https://..." */
void aq_address_write(struct aq_output *out, struct aq_slice id, struct aq_slice url, const char *margin);

/* Text as a paragraph in which quotes stand at their depth: a bar for each level on
 * a terminal, "> " elsewhere. */
void aq_quoted_write(struct aq_output *out, const struct aq_styled *text, const char *margin, unsigned depth);

/* What is shown as a title: the thread's id, or the comment's, where there is none. */
struct aq_slice aq_display_title(struct aq_slice title, struct aq_slice thread, struct aq_slice id);

#endif
