/* manual.h - what is made from the option tables when aq is built: parts of the manual
 * pages and completions for shells. Nothing of it is in the programs. */
#ifndef AQ_MANUAL_H
#define AQ_MANUAL_H

#include "usage.h"

/* Each appends a whole file. */
typedef void aq_manual_write(struct aq_buf *out, const struct aq_program *program);

aq_manual_write aq_manual_bash, aq_manual_zsh, aq_manual_fish;

/* The table itself for tests, a line an option: command ("" for all), name, letter, value
 * and choices, parted by tabs. */
aq_manual_write aq_manual_list;

/* The page: the template with its lines @SYNOPSIS@, @COMMANDS@ and @OPTIONS@ replaced. */
void aq_manual_page(struct aq_buf *out, const struct aq_program *program, const char *template);

/* ---- for those that write them ---- */

static inline bool aq_option_takes_value(const struct aq_option *o)
{
    return o->kind != AQ_OPTION_FLAG;
}

/* The options of the command at `at`, or at command_count the common ones: *command is
 * NULL then. */
const struct aq_option_group *aq_manual_group(const struct aq_program *program, size_t at,
                                              const struct aq_usage **command);

/* Appends every spelling of the options that take a value (all groups), each once, with
 * `between` between them: what a shell must step over to find the command. */
void aq_manual_valued(struct aq_buf *out, const struct aq_program *program, const char *between);

/* "aq_index" for "aq-index": a name for functions. */
void aq_manual_identifier(struct aq_buf *out, const char *name);

#endif
