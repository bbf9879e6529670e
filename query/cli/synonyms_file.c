/* synonyms_file.c - see synonyms_file.h. */
#include "synonyms_file.h"

#include "places.h"

enum { SIZE_MOST = 1 << 20 }; /* more is refused anyway: do not read on for ever */

enum aq_status aq_synonyms_wanted(struct aq_cli *cli, struct aq_synonyms **out)
{
    const char *path = cli->set.synonyms;
    struct aq_buf text = {0};
    *out = NULL;
    if (cli->set.no_synonyms)
        return AQ_OK;
    if (!path)
        return aq_synonyms_default(out, &cli->err);
    enum aq_status st = aq_file_read(path, SIZE_MOST, &text, &cli->err);
    if (!st)
        st = aq_synonyms_read(aq_slice(text.ptr, text.len), path, out, &cli->err);
    aq_buf_free(&text);
    return st;
}
