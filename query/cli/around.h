/* around.h - what stands around hits in their threads. */
#ifndef AQ_AROUND_H
#define AQ_AROUND_H

#include "cli.h"
#include "print_text.h"

enum { AQ_AROUND_MOST = 100 };

/* Of each hit, up to `count` comments above it and as many below; nothing for hits that
 * are gone by now, and for those from `leading` on. *out is NULL where nothing was asked
 * for; free it, after failures too. */
enum aq_status aq_around_read(struct aq_cli *cli, const struct aq_result *result, uint32_t leading, uint32_t count,
                              struct aq_around **out);
void aq_around_free(struct aq_around *around, uint32_t hit_count);

#endif
