/* SPDX-License-Identifier: Apache-2.0 */
/* The part of app.h that knows where databases are. */
#include "conf/textfile.h"
#include "yagura/app.h"

#include <stdio.h>
#include <unistd.h>

#define FILE_NAME   "server"
#define ADDRESS_MAX 4096

/* The address that the folder keeps; empty: none. */
static enum yg_status kept(struct yg_app *a, struct yg_str *out, struct yg_err *err)
{
    const char *path = yg_app_path(a, FILE_NAME);

    *out = YG_STR("");
    if (access(path, F_OK) != 0)
        return YG_OK;
    enum yg_status st = yg_textfile_read(&a->arena, path, ADDRESS_MAX, out, err);
    *out = yg_str_trim(*out);
    return st;
}

enum yg_status yg_app_place_find(struct yg_app *a, struct yg_err *err)
{
    struct yg_str named = a->config.store, folder;
    enum yg_status st = kept(a, &folder, err);

    if (st != YG_OK)
        return st;
    if (yg_str_eq(named, YG_STR("none")))
        named = folder;
    if (folder.n > 0 && !yg_str_eq(named, folder))
        return yg_err_set(err, YG_EINVAL,
                          "%s belongs to the store at %.*s, and the setting `store` says "
                          "%.*s: name another folder, or correct %s/" FILE_NAME,
                          a->dir, YG_STR_ARG(folder), YG_STR_ARG(named), a->dir);
    a->noted = folder.n > 0;
    a->server = NULL;
    if (named.n == 0)
        return YG_OK;
    named = yg_arena_str(&a->arena, named);
    if (!named.p)
        return yg_err_set(err, YG_ENOMEM, "no memory for an address");
    a->server = named.p;
    return YG_OK;
}

struct yg_app_place yg_app_place(struct yg_app *a, const char *name)
{
    char text[64];

    if (!a->server) {
        snprintf(text, sizeof(text), "%s.db", name);
        return (struct yg_app_place){ yg_app_path(a, text), NULL };
    }
    bool own = strcmp(name, "yagura") == 0;
    snprintf(text, sizeof(text), "yagura%s%s", own ? "" : "_", own ? "" : name);
    struct yg_str part = yg_arena_str(&a->arena, yg_str_of(text));
    return (struct yg_app_place){ a->server, part.p };
}

bool yg_app_place_has(struct yg_app *a, const char *name)
{
    return a->server ? a->noted : access(yg_app_place(a, name).where, F_OK) == 0;
}

enum yg_status yg_app_place_keep(struct yg_app *a, struct yg_err *err)
{
    char line[ADDRESS_MAX];

    if (!a->server || a->noted)
        return YG_OK;
    int n = snprintf(line, sizeof(line), "%s\n", a->server);
    if (n < 0 || (size_t)n >= sizeof(line))
        return yg_err_set(err, YG_EINVAL, "the address of the store is too long");
    enum yg_status st =
        yg_app_write(yg_app_path(a, FILE_NAME), (struct yg_str){ line, (size_t)n }, err);
    a->noted = st == YG_OK;
    return st;
}
