/* page.h - the search page as HTML, made here whole: it works without JavaScript, and with
 * it the page's script (web/page.js) asks for it again and exchanges parts. */
#ifndef AQ_SERVER_PAGE_H
#define AQ_SERVER_PAGE_H

#include "answers.h"

/* The Content-Security-Policy it is made for. */
#define AQ_PAGE_POLICY \
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self'; " \
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"

aq_answer aq_page_answer;

#endif
