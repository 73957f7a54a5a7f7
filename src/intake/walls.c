/* SPDX-License-Identifier: Apache-2.0 */
#include "intake/walls.h"

#include "base/sanitized.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/landlock.h>
#include <seccomp.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

static const int denied[] = {
    SCMP_SYS(execve),         SCMP_SYS(execveat),    SCMP_SYS(ptrace),
    SCMP_SYS(mount),          SCMP_SYS(umount2),     SCMP_SYS(pivot_root),
    SCMP_SYS(chroot),         SCMP_SYS(init_module), SCMP_SYS(finit_module),
    SCMP_SYS(kexec_load),     SCMP_SYS(bpf),         SCMP_SYS(perf_event_open),
    SCMP_SYS(setns),          SCMP_SYS(unshare),     SCMP_SYS(process_vm_readv),
    SCMP_SYS(add_key),        SCMP_SYS(keyctl),      SCMP_SYS(process_vm_writev),
    SCMP_SYS(io_uring_setup), SCMP_SYS(userfaultfd),
};

static bool seccomp_wall(void)
{
    scmp_filter_ctx ctx = seccomp_init(SCMP_ACT_ALLOW);
    bool ok = ctx != NULL;

    for (size_t i = 0; ok && i < YG_ARRAY_LEN(denied); i++)
        ok = seccomp_rule_add(ctx, SCMP_ACT_ERRNO(EPERM), denied[i], 0) == 0;
    ok = ok && seccomp_load(ctx) == 0;
    if (ctx)
        seccomp_release(ctx);
    return ok;
}

/* Allow `rights` beneath a folder. One that is not there cannot be written to anyway. */
static bool allow(int ruleset, const char *dir, unsigned long long rights)
{
    struct landlock_path_beneath_attr beneath = { .allowed_access = rights };

    beneath.parent_fd = open(dir, O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (beneath.parent_fd < 0)
        return errno == ENOENT;
    bool ok = syscall(SYS_landlock_add_rule, ruleset, LANDLOCK_RULE_PATH_BENEATH,
                      &beneath, 0) == 0;
    close(beneath.parent_fd);
    return ok;
}

/* Where a socket's file is made and, when it was left over, replaced. */
static bool allow_sockets(int ruleset, const struct yg_inputs *inputs)
{
    bool ok = true;

    for (uint32_t i = 0; ok && i < inputs->count; i++) {
        const struct yg_input_conf *c = &inputs->input[i];
        const char *slash = c->path.n ? strrchr(c->path.p, '/') : NULL;
        char dir[4096];
        if (!yg_str_eq(c->type, YG_STR("unix")))
            continue;
        snprintf(dir, sizeof(dir), "%.*s", slash ? (int)(slash - c->path.p) + 1 : 1,
                 slash ? c->path.p : ".");
        ok = allow(ruleset, dir,
                   LANDLOCK_ACCESS_FS_MAKE_SOCK | LANDLOCK_ACCESS_FS_REMOVE_FILE);
    }
    return ok;
}

/* What changes the disk is handled, so denied, but for what is allowed. */
static bool landlock_wall(const char *dir, const struct yg_inputs *inputs)
{
    const unsigned long long own = LANDLOCK_ACCESS_FS_WRITE_FILE |
                                   LANDLOCK_ACCESS_FS_REMOVE_FILE |
                                   LANDLOCK_ACCESS_FS_MAKE_REG;
    struct landlock_ruleset_attr attr = {
        .handled_access_fs = own | LANDLOCK_ACCESS_FS_EXECUTE |
                             LANDLOCK_ACCESS_FS_REMOVE_DIR |
                             LANDLOCK_ACCESS_FS_MAKE_CHAR | LANDLOCK_ACCESS_FS_MAKE_DIR |
                             LANDLOCK_ACCESS_FS_MAKE_SOCK | LANDLOCK_ACCESS_FS_MAKE_FIFO |
                             LANDLOCK_ACCESS_FS_MAKE_BLOCK | LANDLOCK_ACCESS_FS_MAKE_SYM,
    };
    long fd = syscall(SYS_landlock_create_ruleset, &attr, sizeof(attr), 0);

    if (fd < 0)
        return false;
    bool ok = allow((int)fd, dir, own) && allow_sockets((int)fd, inputs) &&
              syscall(SYS_landlock_restrict_self, (int)fd, 0) == 0;
    close((int)fd);
    return ok;
}

enum yg_status yg_walls_enter(const char *dir, const struct yg_inputs *inputs,
                              struct yg_err *err)
{
    if (mkdir(dir, 0700) != 0 && errno != EEXIST)
        return yg_err_errno(err, "cannot make the journal's folder %s", dir);
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
        return yg_err_errno(err, "the kernel refuses PR_SET_NO_NEW_PRIVS");
    bool landlock = !YG_SANITIZED && landlock_wall(dir, inputs);
    if (seccomp_wall() || landlock)
        return YG_OK;
    return yg_err_set(err, YG_EIO,
                      "neither seccomp nor Landlock can be used here; "
                      "run on a kernel with one of them (Debian's have both)");
}
