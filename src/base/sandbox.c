/* SPDX-License-Identifier: Apache-2.0 */
#include "base/sandbox.h"

#include "base/sanitized.h"

#include <errno.h>
#include <limits.h>
#include <linux/landlock.h>
#include <seccomp.h>
#include <stdbool.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

/* What a worker needs: its socket, its memory, its end. */
static const int allowed[] = {
    SCMP_SYS(read),
    SCMP_SYS(write),
    SCMP_SYS(lseek),
    SCMP_SYS(close),
    SCMP_SYS(brk),
    SCMP_SYS(mmap),
    SCMP_SYS(munmap),
    SCMP_SYS(mremap),
    SCMP_SYS(mprotect),
    SCMP_SYS(madvise),
    SCMP_SYS(futex),
    SCMP_SYS(exit),
    SCMP_SYS(exit_group),
    SCMP_SYS(rt_sigreturn),
    SCMP_SYS(rt_sigprocmask),
    SCMP_SYS(rt_sigaction),
    SCMP_SYS(sigaltstack),
    SCMP_SYS(clock_gettime),
    SCMP_SYS(gettimeofday),
    SCMP_SYS(getpid),
    SCMP_SYS(gettid),
    SCMP_SYS(tgkill),
    SCMP_SYS(sched_yield),
    SCMP_SYS(sched_getaffinity),
    SCMP_SYS(getrandom),
    SCMP_SYS(restart_syscall),
    SCMP_SYS(fstat),
};

/* Without these a sanitizer cannot look at an object's type nor write its report. */
static const int allowed_sanitizer[] = {
    SCMP_SYS(readlink), SCMP_SYS(openat),     SCMP_SYS(prctl), SCMP_SYS(getuid),
    SCMP_SYS(uname),    SCMP_SYS(newfstatat), SCMP_SYS(pipe),  SCMP_SYS(pipe2),
};

static void close_between(unsigned from, unsigned to)
{
    if (close_range(from, to, 0) == 0)
        return;
    for (unsigned fd = from; fd <= to && fd < 65536; fd++)
        close((int)fd);
}

/* The lowest descriptor from `from` on that stays; UINT_MAX: none. */
static unsigned next_kept(const int *keep, size_t count, unsigned from)
{
    unsigned next = from <= STDERR_FILENO ? STDERR_FILENO : UINT_MAX;

    for (size_t i = 0; i < count; i++)
        if (keep[i] >= 0 && (unsigned)keep[i] >= from && (unsigned)keep[i] < next)
            next = (unsigned)keep[i];
    return next;
}

void yg_sandbox_keep_only(const int *keep, size_t count)
{
    unsigned from = 0, kept;

    while ((kept = next_kept(keep, count, from)) != UINT_MAX) {
        if (kept > from)
            close_between(from, kept - 1);
        from = kept + 1;
    }
    close_between(from, UINT_MAX);
}

static bool seccomp_wall(void)
{
    scmp_filter_ctx ctx = seccomp_init(SCMP_ACT_ERRNO(EPERM));
    bool ok = ctx != NULL;

    for (size_t i = 0; ok && i < YG_ARRAY_LEN(allowed); i++)
        ok = seccomp_rule_add(ctx, SCMP_ACT_ALLOW, allowed[i], 0) == 0;
    for (size_t i = 0; ok && YG_SANITIZED && i < YG_ARRAY_LEN(allowed_sanitizer); i++)
        ok = seccomp_rule_add(ctx, SCMP_ACT_ALLOW, allowed_sanitizer[i], 0) == 0;
    ok = ok && seccomp_load(ctx) == 0;
    if (ctx)
        seccomp_release(ctx);
    return ok;
}

/* A rule set without rules that handles every access right of ABI 1: nothing is allowed
 * beneath any path. Raw system calls, because glibc has no wrappers. */
static bool landlock_wall(void)
{
    struct landlock_ruleset_attr attr = {
        .handled_access_fs = (LANDLOCK_ACCESS_FS_MAKE_SYM << 1) - 1,
    };
    long fd = syscall(SYS_landlock_create_ruleset, &attr, sizeof(attr), 0);

    if (fd < 0)
        return false;
    bool ok = syscall(SYS_landlock_restrict_self, (int)fd, 0) == 0;
    close((int)fd);
    return ok;
}

enum yg_status yg_sandbox_enter(struct yg_err *err)
{
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
        return yg_err_errno(err, "the kernel refuses PR_SET_NO_NEW_PRIVS");
    bool landlock = !YG_SANITIZED && landlock_wall();
    if (seccomp_wall() || landlock)
        return YG_OK;
    return yg_err_set(err, YG_EIO,
                      "neither seccomp nor Landlock can be used here; "
                      "run on a kernel with one of them (Debian's have both)");
}
