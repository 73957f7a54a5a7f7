/* SPDX-License-Identifier: Apache-2.0 */
/* The captures that the commands find packets in. */
#include "yagura/app.h"

#include "base/log.h"
#include "spool/spool.h"

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define PATHS_MAX  64
#define FAULTS_MAX 8 /* files that are named */

static int remove_one(const char *path, const struct stat *sb, int kind, struct FTW *at)
{
    (void)sb;
    (void)kind;
    (void)at;
    (void)remove(path); /* what is left is in the folder for temporary files */
    return 0;
}

void yg_app_spool_close(struct yg_app *a)
{
    yg_spool_free(a->spool);
    a->spool = NULL;
    if (a->cache)
        (void)nftw(a->cache, remove_one, 8, FTW_DEPTH | FTW_PHYS);
    a->cache = NULL;
}

static enum yg_status temporary(struct yg_app *a, struct yg_err *err)
{
    const char *base = getenv("TMPDIR");
    char name[4096];

    if (!base || !*base)
        base = "/tmp";
    if ((size_t)snprintf(name, sizeof(name), "%s/yagura-packets.XXXXXX", base) >=
        sizeof(name))
        return yg_err_set(err, YG_EINVAL, "TMPDIR is too long");
    if (!mkdtemp(name))
        return yg_err_errno(err, "cannot make a folder in %s", base);
    struct yg_str copy = yg_arena_str(&a->arena, yg_str_of(name));
    a->cache = copy.p;
    return a->cache ? YG_OK : yg_err_set(err, YG_ENOMEM, "no memory for a path");
}

/* A pipe or a device would be passed over: better said than searched for in vain. */
static enum yg_status may_hold(const char *path, struct yg_err *err)
{
    struct stat sb;

    if (access(path, R_OK) != 0 || stat(path, &sb) != 0)
        return yg_err_errno(err, "--packets: cannot read %s", path);
    if (S_ISREG(sb.st_mode) || S_ISDIR(sb.st_mode))
        return YG_OK;
    return yg_err_set(err, YG_EINVAL,
                      "--packets: %s is neither a file nor a folder; captures are read "
                      "by place, not from a pipe or a device",
                      path);
}

/* Files that cannot be read are passed over; a wrong name must not look like a quiet
 * wire, so each is named with the place and what to do. */
static enum yg_status tell_files(struct yg_spool *spool, const char *text,
                                 struct yg_err *err)
{
    struct yg_spool_fault f = { .id = 0 };
    struct yg_spool_sums sums;
    struct yg_arena names;
    unsigned told = 0, more = 0;
    enum yg_status st;

    yg_arena_init(&names, (size_t)1 << 20);
    while ((st = yg_spool_fault_next(spool, &names, &f, err)) == YG_OK) {
        if (told == FAULTS_MAX)
            more++;
        else if (++told)
            yg_log(YG_LOG_WARN, "--packets: %.*s, byte %llu%s: %s; %s",
                   YG_STR_ARG(f.path), (unsigned long long)f.at,
                   f.unpacked ? " unpacked" : "", f.what, f.remedy);
        yg_arena_clear(&names);
    }
    yg_arena_fini(&names);
    if (st != YG_EEND)
        return st;
    yg_spool_sums_of(spool, &sums);
    if (more)
        yg_log(YG_LOG_WARN, "--packets %s: %u more files like these, of %llu in all",
               text, more, (unsigned long long)sums.files + sums.bad_files);
    else if (told == 0 && sums.packets == 0)
        yg_log(YG_LOG_WARN, "--packets %s: no packets are there", text);
    return YG_OK;
}

void yg_app_spool_tell(const struct yg_app *a, const struct yg_counters *sum)
{
    struct yg_spool_sums sums;

    if (!a->spool || sum->v[YG_C_ALERTS] == 0 || sum->v[YG_C_WITH_PACKETS] ||
        sum->v[YG_C_DUPLICATE])
        return;
    yg_spool_sums_of(a->spool, &sums);
    if (sums.packets)
        yg_log(YG_LOG_WARN,
               "no alert's packets are in the captures of --packets: are they "
               "of another time, of other addresses (NAT)?");
}

int64_t yg_app_packets_after(const struct yg_app *a)
{
    return (int64_t)a->config.packets_after * YG_NS_PER_S;
}

/* Take the store's index, if it is of these captures. Whoever may only read the store, or
 * asks for other captures, gets one apart. */
static bool share(struct yg_app *a, const char *const *path, size_t n, struct yg_err *err)
{
    const char *dir = yg_app_path(a, "packets");
    bool ours = false;

    if (access(dir, W_OK) == 0 && yg_spool_open(dir, path, n, &a->spool, err) == YG_OK &&
        yg_spool_is_ours(a->spool, &ours, err) == YG_OK && ours)
        return true;
    yg_spool_free(a->spool);
    a->spool = NULL;
    *err = (struct yg_err){ .status = YG_OK };
    return false;
}

static enum yg_status open_index(struct yg_app *a, enum yg_app_index where,
                                 const char *const *path, size_t n, struct yg_err *err)
{
    if (where == YG_INDEX_KEEP)
        return yg_spool_open(yg_app_path(a, "packets"), path, n, &a->spool, err);
    if (where == YG_INDEX_SHARE && share(a, path, n, err))
        return YG_OK;
    enum yg_status st = temporary(a, err);
    return st == YG_OK ? yg_spool_open(a->cache, path, n, &a->spool, err) : st;
}

enum yg_status yg_app_spool(struct yg_app *a, enum yg_app_index where,
                            struct yg_spool **out, struct yg_err *err)
{
    const char *text = yg_cli_text(a->cli, "packets", a->config.packets.p);
    struct yg_str *name;
    const char *path[PATHS_MAX];
    size_t n;

    *out = NULL;
    if (!text || strcmp(text, "none") == 0)
        return YG_OK;
    enum yg_status st = yg_app_names(a, text, &name, &n, err);
    if (st == YG_OK && n == 0)
        st = yg_err_set(err, YG_EINVAL, "--packets: name a capture file or a folder");
    if (st == YG_OK && n > PATHS_MAX)
        st = yg_err_set(err, YG_EINVAL, "--packets: at most %d paths; name their folder",
                        PATHS_MAX);
    for (size_t i = 0; st == YG_OK && i < n; i++) {
        path[i] = yg_arena_str(&a->arena, name[i]).p;
        if (!path[i])
            st = yg_err_set(err, YG_ENOMEM, "no memory for a path");
        else
            st = may_hold(path[i], err);
    }
    if (st == YG_OK)
        st = open_index(a, where, path, n, err);
    if (st == YG_OK)
        st = yg_spool_refresh(a->spool, err);
    if (st == YG_EBUSY) { /* the other one's index is asked as far as it has come */
        yg_log_err(err, "packets are looked for in what is indexed so far");
        *err = (struct yg_err){ .status = YG_OK };
        st = YG_OK;
    } else if (st == YG_OK) {
        st = tell_files(a->spool, text, err);
    }
    if (st == YG_OK)
        *out = a->spool;
    return st;
}
