/* synonyms_default.c - the list of the program: synonyms_default.txt, which is compiled in. */
#include "synonyms.h"

static const uint8_t text[] = {
#include "synonyms_default.inc"
};

enum aq_status aq_synonyms_default(struct aq_synonyms **out, struct aq_error *err)
{
    return aq_synonyms_read(aq_slice(text, sizeof text), "the list of synonyms", out, err);
}
