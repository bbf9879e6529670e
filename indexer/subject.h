/* subject.h - a mail's subject without what replying, forwarding and lists put around it:
 * the base subject of RFC 5256, section 2.1. Knows no store and takes no memory. */
#ifndef AQ_SUBJECT_H
#define AQ_SUBJECT_H

#include "base.h"

enum { AQ_SUBJECT_BYTES = 256 };

struct aq_base_subject {
    uint8_t text[AQ_SUBJECT_BYTES]; /* ASCII letters small, spaces single; cut where it is longer */
    size_t len;
    bool reply; /* marked as a reply or as forwarded: "Re:", "AW[2]:", "[Fwd: ...]", "... (fwd)" */
};

/* subject: UTF-8, encoded words decoded; any length. Besides RFC 5256's "re", "fw" and "fwd",
 * what mail programs write in other languages is known, and counters: "Re[2]:", "Re^2:". */
void aq_base_subject(struct aq_base_subject *out, struct aq_slice subject);

#endif
