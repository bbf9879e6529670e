/* mail.h - one mail's bytes to a record. Private to the input side. */
#ifndef AQ_MAIL_H
#define AQ_MAIL_H

#include "feed.h"

/* bytes: headers, an empty line, body; no From_ line, its escapes undone. *good as
 * aq_feed_finish. The record's slices live in the feed's arena. */
enum aq_status aq_mail_read(struct aq_feed *f, struct aq_slice bytes, struct aq_record *r, bool *good,
                            struct aq_error *err);

/* RFC 3676: joins the soft lines of format=flowed, keeping quote marks. */
void aq_mail_unflow(struct aq_buf *out, struct aq_slice text, bool delsp);

/* Length of the body without its signature: what follows the last "-- " line, when
 * that is short. */
size_t aq_mail_unsigned(struct aq_slice text);

#endif
