/* SPDX-License-Identifier: Apache-2.0 */
/* The lists of bad and of critical things that the configuration names. */
#include "yagura/app.h"

#include "conf/textfile.h"
#include "conf/watchlist.h"
#include "spool/places.h"

#include <sys/stat.h>

#define PATHS_MAX 64

/* A list's text is gone once it was taken in. */
static enum yg_status take_file(struct yg_watchlist *w, enum yg_watch what,
                                const char *path, struct yg_err *err)
{
    struct yg_arena arena;
    struct yg_str text;

    yg_arena_init(&arena, YG_WATCH_TEXT_MAX + ((size_t)1 << 20));
    enum yg_status st = yg_textfile_read(&arena, path, YG_WATCH_TEXT_MAX, &text, err);
    if (st == YG_OK)
        st = yg_watchlist_add(w, what, path, text, err);
    yg_arena_fini(&arena);
    return st;
}

/* A name that leads nowhere is a list that holds nothing: better said than trusted. */
static enum yg_status is_there(const char *item, const char *path, struct yg_err *err)
{
    struct stat sb;

    if (stat(path, &sb) != 0)
        return yg_err_errno(err, "%s: cannot read %s", item, path);
    if (S_ISREG(sb.st_mode) || S_ISDIR(sb.st_mode))
        return YG_OK;
    return yg_err_set(err, YG_EINVAL, "%s: %s is neither a file nor a folder", item,
                      path);
}

static enum yg_status take_files(struct yg_watchlist *w, enum yg_watch what,
                                 const char *item, const struct yg_places *found,
                                 struct yg_err *err)
{
    enum yg_status st = YG_OK;

    if (found->unseen > 0 || found->full)
        return yg_err_set(err, YG_EIO, "%s: a folder cannot be read whole", item);
    if (found->count == 0)
        return yg_err_set(err, YG_EINVAL,
                          "%s: no list is there; remove the setting or "
                          "add a file",
                          item);
    for (size_t i = 0; st == YG_OK && i < found->count; i++)
        st = take_file(w, what, found->file[i].path.p, err);
    return st;
}

static enum yg_status take(struct yg_app *a, struct yg_watchlist *w, enum yg_watch what,
                           const char *item, const char *text, struct yg_err *err)
{
    const char *path[PATHS_MAX];
    struct yg_places found;
    struct yg_str *name;
    size_t n;

    yg_err_at(err, "", 0, 0); /* the settings' own place is read */
    enum yg_status st = yg_app_names(a, text, &name, &n, err);
    if (st == YG_OK && (n == 0 || n > PATHS_MAX))
        st = yg_err_set(err, YG_EINVAL, "%s: name 1 to %d files and folders", item,
                        PATHS_MAX);
    for (size_t i = 0; st == YG_OK && i < n; i++) {
        path[i] = yg_arena_str(&a->arena, name[i]).p;
        st = path[i] ? is_there(item, path[i], err)
                     : yg_err_set(err, YG_ENOMEM, "no memory for a path");
    }
    if (st == YG_OK)
        st = yg_places_find(path, n, &a->arena, &found, err);
    if (st != YG_OK)
        return st;
    st = take_files(w, what, item, &found, err);
    yg_places_fini(&found);
    return st;
}

enum yg_status yg_app_watchlist(struct yg_app *a, struct yg_watchlist **out,
                                struct yg_err *err)
{
    const struct {
        enum yg_watch what;
        const char *item, *text;
    } list[] = {
        { YG_WATCH_INTEL, "intelligence", a->config.intelligence.p },
        { YG_WATCH_CRITICAL, "critical_assets", a->config.critical_assets.p },
    };
    struct yg_watchlist *w = NULL;
    enum yg_status st = YG_OK;

    *out = NULL;
    for (size_t i = 0; st == YG_OK && i < YG_ARRAY_LEN(list); i++) {
        if (strcmp(list[i].text, "none") == 0)
            continue;
        if (!w)
            st = yg_watchlist_new(&w, err);
        if (st == YG_OK)
            st = take(a, w, list[i].what, list[i].item, list[i].text, err);
    }
    if (st != YG_OK) {
        yg_watchlist_free(w);
        return st;
    }
    *out = w;
    return YG_OK;
}
