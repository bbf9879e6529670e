/* sandbox.h - gives up what a server that only reads an index does not need (Landlock,
 * seccomp). Where the kernel has no such thing the server runs without it. */
#ifndef AQ_SERVER_SANDBOX_H
#define AQ_SERVER_SANDBOX_H

#include "base.h"

/* From here on this thread and those it starts open nothing but what is in the index's
 * directory, create and remove nothing, and neither listen nor connect. AQ_IO says why it
 * could not be done. */
enum aq_status aq_sandbox_files(const char *index_dir, struct aq_error *err);

/* From here on no thread of the process makes a system call that serving does not need:
 * no program is run, no process made, no socket opened. */
enum aq_status aq_sandbox_calls(struct aq_error *err);

#endif
