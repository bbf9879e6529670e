/* sandbox.c - see sandbox.h. */
#include "sandbox.h"

#ifdef __SANITIZE_ADDRESS__
/* It looks for leaks at the end: a process traces this one and reads what /proc says of it. */
static enum aq_status traced(struct aq_error *err)
{
    return aq_fail(err, AQ_IO, "AddressSanitizer could not look for leaks");
}
enum aq_status aq_sandbox_files(const char *index_dir, struct aq_error *err)
{
    (void)index_dir;
    return traced(err);
}
enum aq_status aq_sandbox_calls(struct aq_error *err)
{
    return traced(err);
}
#else
#include <errno.h>
#include <fcntl.h>
#include <linux/landlock.h>
#include <seccomp.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Rights of later kernels than the headers know of. */
#define ACCESS_REFER (1ull << 13)
#define ACCESS_TRUNCATE (1ull << 14)
#define ACCESS_NET_BOTH 3ull /* bind and connect of TCP, from version 4 on */

struct ruleset { /* struct landlock_ruleset_attr with the member of version 4 */
    uint64_t files, net;
};

static uint64_t file_rights(long version)
{
    uint64_t all = (LANDLOCK_ACCESS_FS_MAKE_SYM << 1) - 1; /* of version 1 */
    if (version >= 2)
        all |= ACCESS_REFER;
    if (version >= 3)
        all |= ACCESS_TRUNCATE;
    return all;
}

/* LMDB writes the table of readers, in a file of each generation, those to come as well. */
static enum aq_status allow(int rules, const char *dir, struct aq_error *err)
{
    struct landlock_path_beneath_attr beneath = {
        .allowed_access = LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR | LANDLOCK_ACCESS_FS_WRITE_FILE,
        .parent_fd = open(dir, O_PATH | O_DIRECTORY | O_CLOEXEC)};
    if (beneath.parent_fd < 0)
        return aq_fail(err, AQ_IO, "cannot open %.300s: %s", dir, strerror(errno));
    long failed = syscall(SYS_landlock_add_rule, rules, LANDLOCK_RULE_PATH_BENEATH, &beneath, 0);
    close(beneath.parent_fd);
    return failed ? aq_fail(err, AQ_IO, "Landlock refuses the index's directory: %s", strerror(errno)) : AQ_OK;
}

enum aq_status aq_sandbox_files(const char *index_dir, struct aq_error *err)
{
    long version = syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);
    if (version < 1)
        return aq_fail(err, AQ_IO, "this kernel has no Landlock: %s", strerror(errno));
    struct ruleset wanted = {file_rights(version), version >= 4 ? ACCESS_NET_BOTH : 0};
    size_t size = version >= 4 ? sizeof wanted : sizeof wanted.files;
    int rules = (int)syscall(SYS_landlock_create_ruleset, &wanted, size, 0);
    if (rules < 0)
        return aq_fail(err, AQ_IO, "Landlock refuses the rules: %s", strerror(errno));
    enum aq_status st = allow(rules, index_dir, err);
    if (!st && (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) || syscall(SYS_landlock_restrict_self, rules, 0)))
        st = aq_fail(err, AQ_IO, "Landlock cannot be entered: %s", strerror(errno));
    close(rules);
    return st;
}

static const int calls[] = {
    /* sockets that are there */
    SCMP_SYS(accept4), SCMP_SYS(accept), SCMP_SYS(recvfrom), SCMP_SYS(recvmsg), SCMP_SYS(sendto), SCMP_SYS(sendmsg),
    SCMP_SYS(shutdown), SCMP_SYS(getsockname), SCMP_SYS(getpeername), SCMP_SYS(setsockopt), SCMP_SYS(getsockopt),
    SCMP_SYS(epoll_ctl), SCMP_SYS(epoll_wait), SCMP_SYS(epoll_pwait), SCMP_SYS(poll), SCMP_SYS(ppoll),
    /* files; which ones is Landlock's to say */
    SCMP_SYS(openat), SCMP_SYS(open), SCMP_SYS(close), SCMP_SYS(read), SCMP_SYS(pread64), SCMP_SYS(readv),
    SCMP_SYS(write), SCMP_SYS(writev), SCMP_SYS(pwrite64), SCMP_SYS(lseek), SCMP_SYS(fstat), SCMP_SYS(stat),
    SCMP_SYS(newfstatat), SCMP_SYS(statx), SCMP_SYS(fstatfs), SCMP_SYS(statfs), SCMP_SYS(fcntl), SCMP_SYS(getdents64),
    SCMP_SYS(readlink), SCMP_SYS(readlinkat), SCMP_SYS(getcwd), SCMP_SYS(access), SCMP_SYS(faccessat),
    SCMP_SYS(faccessat2), SCMP_SYS(uname), SCMP_SYS(fadvise64), SCMP_SYS(readahead), SCMP_SYS(flock),
    /* memory */
    SCMP_SYS(mmap), SCMP_SYS(munmap), SCMP_SYS(mremap), SCMP_SYS(mprotect), SCMP_SYS(madvise), SCMP_SYS(mincore),
    SCMP_SYS(brk), SCMP_SYS(msync), SCMP_SYS(mlock), SCMP_SYS(munlock),
    /* threads that are there, time, signals, the end */
    SCMP_SYS(futex), SCMP_SYS(set_robust_list), SCMP_SYS(rseq), SCMP_SYS(sched_yield), SCMP_SYS(sched_getaffinity),
    SCMP_SYS(getpid), SCMP_SYS(gettid), SCMP_SYS(getuid), SCMP_SYS(tgkill), SCMP_SYS(clock_gettime),
    SCMP_SYS(clock_nanosleep), SCMP_SYS(nanosleep), SCMP_SYS(gettimeofday), SCMP_SYS(time), SCMP_SYS(getrandom),
    SCMP_SYS(rt_sigaction), SCMP_SYS(rt_sigprocmask), SCMP_SYS(rt_sigreturn), SCMP_SYS(rt_sigtimedwait),
    SCMP_SYS(sigaltstack), SCMP_SYS(restart_syscall), SCMP_SYS(exit), SCMP_SYS(exit_group), SCMP_SYS(prctl),
    SCMP_SYS(sysinfo), SCMP_SYS(getrusage),
};

enum aq_status aq_sandbox_calls(struct aq_error *err)
{
    /* What is not listed fails with EPERM; what runs programs or makes processes ends this one. */
    static const int deadly[] = {SCMP_SYS(execve), SCMP_SYS(execveat), SCMP_SYS(fork), SCMP_SYS(vfork), SCMP_SYS(ptrace)};
    scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ERRNO(EPERM));
    if (!filter)
        return aq_fail(err, AQ_IO, "seccomp has no filter for us");
    int failed = seccomp_attr_set(filter, SCMP_FLTATR_CTL_TSYNC, 1);
    for (size_t i = 0; i < AQ_COUNT(calls) && !failed; i++)
        failed = seccomp_rule_add(filter, SCMP_ACT_ALLOW, calls[i], 0);
    for (size_t i = 0; i < AQ_COUNT(deadly) && !failed; i++)
        failed = seccomp_rule_add(filter, SCMP_ACT_KILL_PROCESS, deadly[i], 0);
    if (!failed)
        failed = seccomp_load(filter);
    seccomp_release(filter);
    return failed ? aq_fail(err, AQ_IO, "seccomp refuses the filter: %s", strerror(-failed)) : AQ_OK;
}
#endif
