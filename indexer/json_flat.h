/* json_flat.h - the record that most lines of most exports hold, read without a
 * tree: one object of strings, whole numbers, true, false and null. Private to the
 * input side.
 *
 * json-c makes a tree of such a line with a dozen allocations, and a locale; this
 * takes a sixth of the instructions. It judges nothing: whatever it does not
 * understand at once, right or wrong, it leaves to json-c, and what it accepts json-c
 * accepts and reads the same (tests/prop/json_flat_test.c). */
#ifndef AQ_JSON_FLAT_H
#define AQ_JSON_FLAT_H

#include "value.h"

enum { AQ_FLAT_MEMBERS = 64 };

/* Zero-initialise. */
struct aq_json_flat {
    struct aq_member members[AQ_FLAT_MEMBERS];
    size_t count;
    struct aq_buf strings; /* those that had escapes */
};

/* Reads text (valid UTF-8 without NUL) into the members, which point into it and
 * into `strings` until the next call. False: it is for json-c to say what it is. */
bool aq_json_flat_read(struct aq_json_flat *j, struct aq_slice text);
void aq_json_flat_free(struct aq_json_flat *j);

#endif
