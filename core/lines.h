/* lines.h - lines of files that people write: the config file, synonyms. */
#ifndef AQ_LINES_H
#define AQ_LINES_H

#include "base.h"

static inline bool aq_is_blank(uint8_t c)
{
    return c == ' ' || c == '\t' || c == '\r';
}

static inline struct aq_slice aq_line_trim(struct aq_slice s)
{
    while (s.len && aq_is_blank(s.ptr[s.len - 1]))
        s.len--;
    while (s.len && aq_is_blank(*s.ptr)) {
        s.ptr++;
        s.len--;
    }
    return s;
}

/* Without the comment that may end it. A # inside a word is part of it: C#. */
static inline struct aq_slice aq_line_uncommented(struct aq_slice s)
{
    for (size_t i = 0; i < s.len; i++)
        if (s.ptr[i] == '#' && (i == 0 || aq_is_blank(s.ptr[i - 1])))
            s.len = i;
    return aq_line_trim(s);
}

#endif
