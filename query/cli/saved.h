/* saved.h - what the config file says, as settings of the command that runs. */
#ifndef AQ_SAVED_H
#define AQ_SAVED_H

#include "cli.h"

/* Checks the whole file and stores in cli->set what is meant for `command`: lines before
 * the first section that it has an option for, and those of its own section. The index
 * goes to cli->saved_index. index_only: nothing else is stored. Environment variables
 * that say the same as an option count more. */
enum aq_status aq_saved_apply(struct aq_cli *cli, const struct aq_usage *command, bool index_only);

#endif
