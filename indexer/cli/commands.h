/* commands.h - the table of aq-index's commands and options, and where the options
 * are stored. What the commands do is not known here. */
#ifndef AQ_INDEX_COMMANDS_H
#define AQ_INDEX_COMMANDS_H

#include "usage.h"

struct aq_index_settings {
    const char *index, *language, *source;
    unsigned kind;   /* enum aq_source_kind */
    unsigned format; /* 0: by field name, else enum aq_format + 1 */
    struct aq_option_list maps;
    uint64_t memory; /* MiB; 0: the writer's default */
    bool strict, prune, whole, quiet, purge, reorder, no_config, help, version;
};

extern const struct aq_usage aq_index_add, aq_index_delete, aq_index_flush, aq_index_compact, aq_index_help,
    aq_index_version;
extern const struct aq_program aq_index_program;

#endif
