/* sources.h - which earlier comment a passage's words come from: candidates by shared
 * fingerprints, then their texts word by word. Changes nothing; what it says of a passage
 * depends on the comments of the index alone, not on the order of their commits. */
#ifndef AQ_SOURCES_H
#define AQ_SOURCES_H

#include "store.h"

/* A passage that looks for its source. */
struct aq_subject {
    uint32_t comment;
    uint16_t ordinal;
    bool quote;         /* marked as one */
    uint8_t probes;     /* fingerprints by which it looks */
    uint8_t coverage;   /* found, per cent */
    uint32_t source;    /* found, AQ_NO_COMMENT: nothing */
};

/* Subjects are ascending by (comment, ordinal). probes: fingerprint u32, index of the
 * subject u32; they are sorted here. The table of fingerprints, the columns and the texts
 * of all comments are stored. */
enum aq_status aq_sources_find(struct aq_txn *t, struct aq_subject *subjects, size_t count, uint64_t *probes,
                               size_t probe_count, struct aq_error *err);

#endif
