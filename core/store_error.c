/* store_error.c - what LMDB's and the system's codes mean to whoever asked for
 * something: what was tried on which index, what happened, what to do. */
#include "store_internal.h"

#include <errno.h>

enum aq_status aq_fail_lmdb_at(struct aq_error *err, const char *dir, int code, const char *what)
{
    switch (code) {
    case ENOMEM:
        return aq_fail(err, AQ_NOMEM, "%s: %s failed: out of memory", dir, what);
    case ENOSPC:
    case EDQUOT:
        return aq_fail(err, AQ_IO,
                       "%s: %s failed: the disk is full; make room and run it again, the last committed state stands",
                       dir, what);
    case EIO:
        return aq_fail(err, AQ_IO,
                       "%s: %s failed: disk full or failing (%s); the last committed state stands", dir, what,
                       strerror(code));
    case EACCES:
    case EPERM:
        return aq_fail(err, AQ_IO,
                       "%s: %s failed: permission denied; data.mdb must be readable and lock.mdb readable and writable "
                       "by this user (chmod a+rw the generation's lock.mdb)",
                       dir, what);
    case EROFS:
        return aq_fail(err, AQ_IO, "%s: %s failed: the file system is read-only", dir, what);
    case MDB_VERSION_MISMATCH:
        return aq_fail(err, AQ_VERSION, "%s: %s failed: its files were made by another version of LMDB; rebuild it", dir,
                       what);
    case MDB_INVALID:
    case MDB_CORRUPTED:
    case MDB_PAGE_NOTFOUND:
    case MDB_INCOMPATIBLE:
    case MDB_CURSOR_FULL:
        return aq_fail(err, AQ_CORRUPT, "%s: %s failed: the data file is damaged (%s); run aq check, or rebuild it", dir,
                       what, mdb_strerror(code));
    case MDB_PANIC:
        return aq_fail(err, AQ_IO, "%s: %s failed: an earlier write failed; close the index and open it again", dir,
                       what);
    case MDB_READERS_FULL:
        return aq_fail(err, AQ_LIMIT, "%s: %s failed: %d readers have the index open already; close some", dir, what,
                       AQ_MAX_READERS);
    case MDB_MAP_FULL:
        return aq_fail(err, AQ_FULL, "%s: %s failed: the memory map is full; run it again, the map grows first", dir,
                       what);
    case MDB_DBS_FULL:
        return aq_fail(err, AQ_FULL, "%s: %s failed: too many segments; compact the index", dir, what);
    case MDB_TXN_FULL:
        return aq_fail(err, AQ_FULL, "%s: %s failed: too many pages in one transaction; commit more often", dir, what);
    case MDB_BAD_VALSIZE:
        return aq_fail(err, AQ_INVALID, "%s: %s failed: a key or value is too long", dir, what);
    default:
        if (code > 0)
            return aq_fail(err, AQ_IO, "%s: %s failed: %s", dir, what, strerror(code));
        return aq_fail(err, AQ_INTERNAL, "%s: %s failed: %s", dir, what, mdb_strerror(code));
    }
}

enum aq_status aq_fail_lmdb(struct aq_error *err, struct aq_env *e, int code, const char *what)
{
    if (code == MDB_MAP_FULL) {
        pthread_mutex_lock(&e->lock);
        e->grow = true;
        pthread_mutex_unlock(&e->lock);
    }
    return aq_fail_lmdb_at(err, e->dir, code, what);
}
