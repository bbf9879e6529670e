/* synonyms_file.h - the synonyms that a search is to use, as the options say. */
#ifndef AQ_SYNONYMS_FILE_H
#define AQ_SYNONYMS_FILE_H

#include "cli.h"

/* Those of the file given, else the program's own; NULL when none are wanted. Free them
 * with aq_synonyms_free. What fails is in cli->err. */
enum aq_status aq_synonyms_wanted(struct aq_cli *cli, struct aq_synonyms **out);

#endif
