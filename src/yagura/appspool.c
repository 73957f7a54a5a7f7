/* SPDX-License-Identifier: Apache-2.0 */
/* The captures that the commands find packets in. */
#include "yagura/app.h"

#include "spool/spool.h"

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define PATHS_MAX 64

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

enum yg_status yg_app_spool(struct yg_app *a, bool keep, struct yg_spool **out,
                            struct yg_err *err)
{
    const char *text = yg_cli_text(a->cli, "packets", a->config.packets.p);
    struct yg_str *name;
    const char *path[PATHS_MAX];
    size_t n;

    *out = NULL;
    if (!text || strcmp(text, "none") == 0)
        return YG_OK;
    enum yg_status st = yg_app_names(a, text, &name, &n, err);
    if (st == YG_OK && n > PATHS_MAX)
        st = yg_err_set(err, YG_EINVAL, "--packets: at most %d paths; name their folder",
                        PATHS_MAX);
    if (st == YG_OK && !keep)
        st = temporary(a, err);
    for (size_t i = 0; st == YG_OK && i < n; i++) {
        path[i] = yg_arena_str(&a->arena, name[i]).p;
        if (!path[i])
            st = yg_err_set(err, YG_ENOMEM, "no memory for a path");
        else if (access(path[i], R_OK) != 0)
            st = yg_err_errno(err, "--packets: cannot read %s", path[i]);
    }
    if (st == YG_OK)
        st = yg_spool_open(keep ? yg_app_path(a, "packets") : a->cache, path, n,
                           &a->spool, err);
    if (st == YG_OK)
        st = yg_spool_refresh(a->spool, err);
    if (st == YG_OK)
        *out = a->spool;
    return st;
}
