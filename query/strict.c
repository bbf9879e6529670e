/* strict.c - see strict.h. */
#include "strict.h"

enum { SHOWN = 60 };

enum aq_status aq_syntax_strict(const struct aq_syntax *s, struct aq_slice query, struct aq_range *place,
                                struct aq_error *err)
{
    const struct aq_problem *p = &s->problem;
    if (!s->troubled)
        return AQ_OK;
    if (place)
        *place = (struct aq_range){p->begin, p->end};
    uint32_t end = p->end;
    if (end - p->begin > SHOWN) /* cut at a character */
        for (end = p->begin + SHOWN; end > p->begin + 1 && (query.ptr[end] & 0xC0) == 0x80;)
            end--;
    return aq_fail(err, AQ_SYNTAX, "in the query at byte %u, \"%.*s%s\": %s", p->begin, (int)(end - p->begin),
                   (const char *)query.ptr + p->begin, end < p->end ? "…" : "", p->message);
}

enum aq_status aq_query_check(struct aq_slice query, int64_t now, struct aq_range *place, struct aq_error *err)
{
    struct aq_syntax s = {0};
    *place = (struct aq_range){0, 0};
    enum aq_status st = aq_parse(query, false, now, &s, err);
    if (!st)
        st = aq_syntax_strict(&s, query, place, err);
    aq_syntax_free(&s);
    return st;
}
