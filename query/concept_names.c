/* concept_names.c - see concept_names.h. */
#include "concept_names.h"

#include "name.h"

enum aq_status aq_concept_is_name(struct aq_txn *txn, const struct aq_concept_count *word, bool *is,
                                  struct aq_error *err)
{
    struct aq_set_reader r;
    struct aq_buf folded = {0};
    uint8_t key[AQ_ID_ENTRY];
    const uint8_t *entry = NULL;
    *is = false;
    if (word->capitals <= word->others)
        return AQ_OK;
    if (!aq_name_fold(&folded, aq_concept_spelled(word))) {
        aq_buf_free(&folded);
        return aq_fail_nomem(err);
    }
    aq_id_entry(key, AQ_ID_AUTHOR_WORD, aq_name_key(aq_slice(folded.ptr, folded.len)), 0);
    aq_buf_free(&folded);
    enum aq_status st = aq_set_open(txn, AQ_TABLE_ID, &r, err);
    if (!st)
        st = aq_set_seek(&r, aq_slice(key, 9), &entry, err);
    *is = !st && entry && memcmp(entry, key, 9) == 0;
    aq_set_close(&r);
    return st;
}
