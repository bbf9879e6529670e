/* prepare.h - one record to what is stored of it: cleaned fields, plain text,
 * passages, tokens. Works on the caller's thread; knows no store and no batch. */
#ifndef AQ_PREPARE_H
#define AQ_PREPARE_H

#include "aq_index.h"
#include "batch.h"
#include "passage.h"
#include "prints.h"
#include "splitter.h"

struct aq_preparer {
    struct aq_analyzer *analyzer;
    struct aq_document document;
    struct aq_splitter splitter;
    struct aq_token *title;      /* tokens of the title, where it is scored */
    size_t title_count, title_cap;
    struct aq_passage *passages; /* with an empty one in front for a title that stands alone */
    size_t passage_count, passage_cap;
    uint8_t marks;               /* comment.h */
    uint16_t flags;              /* of AQ_COL_FLAGS: what text and title say */
    struct aq_buf repaired;      /* fields that were not valid UTF-8 */
    struct aq_passage_hasher hasher;
    struct aq_wordlist words;       /* of a passage */
    struct aq_prints prints;
};

void aq_preparer_free(struct aq_preparer *p);
/* After aq_analyzer_forget. */
void aq_preparer_forget(struct aq_preparer *p);

/* Makes every field of *r valid UTF-8; *changed tells. Repaired bytes live until
 * the next call. AQ_INVALID: no id, id too long, record too long. */
enum aq_status aq_prepare_fields(struct aq_preparer *p, struct aq_record *r, bool *changed, struct aq_error *err);

/* XXH3 over all that a replacement compares: every field but date, score and tags. */
uint64_t aq_record_digest(const struct aq_record *r);

/* XXH3 of a title's base subject (subject.h); 0 where that is empty. */
uint64_t aq_title_hash(struct aq_slice title);

/* Parses the body and cuts it into passages. title_scored: the title's words go
 * before the first passage's. Results are in p->document, p->splitter, p->title,
 * p->passages, p->marks and p->flags until the next call. */
enum aq_status aq_prepare_text(struct aq_preparer *p, const struct aq_record *r, bool title_scored,
                               struct aq_error *err);

/* Appends the prepared comment's passages to the batch, and its passages and
 * tokens to the unit. */
enum aq_status aq_prepare_append(struct aq_preparer *p, struct aq_batch *b, struct aq_unit *u, struct aq_error *err);

/* Hash of a passage's words in order, whatever stands between them; 0 without any. */
enum aq_status aq_passage_hash(struct aq_preparer *p, struct aq_slice text, uint64_t *hash);

/* Fingerprints of a passage, in p->prints: by how many of the first, which are its
 * lowest, it looks for its source. A quote has no others. */
enum aq_status aq_passage_prints(struct aq_preparer *p, struct aq_slice text, bool quote, size_t *probes);

#endif
