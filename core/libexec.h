/* libexec.h - programs of aq's own that its commands become: bin/aq finds them in
 * ../libexec/aq/, in a build directory as where it is installed. */
#ifndef AQ_LIBEXEC_H
#define AQ_LIBEXEC_H

#include "base.h"

/* Becomes the program with these arguments (argv[0] is what it calls itself, NULL ends
 * them). Returns only when it cannot: AQ_NOTFOUND where there is none, AQ_IO. */
enum aq_status aq_libexec_become(const char *program, char *const *argv, struct aq_error *err);

#endif
