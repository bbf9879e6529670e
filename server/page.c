/* page.c - see page.h. */
#include "page.h"

enum aq_status aq_page_answer(struct aq_call *call, struct aq_error *err)
{
    (void)err;
    aq_buf_puts(call->out, "<!doctype html>\n");
    return AQ_OK;
}
