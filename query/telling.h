/* telling.h - which words of a text can tell what it is about, by how they are written.
 * Works on text alone. */
#ifndef AQ_TELLING_H
#define AQ_TELLING_H

#include "base.h"

/* Whether the byte at hand stands in an address; bytes ascend from call to call.
 * Zero-initialise for each text. */
struct aq_run {
    size_t end; /* of what stands between two spaces */
    bool address;
};
bool aq_in_address(struct aq_run *run, struct aq_slice text, size_t at);

/* Numbers and single letters are about everything. */
bool aq_is_telling(struct aq_slice word);

#endif
