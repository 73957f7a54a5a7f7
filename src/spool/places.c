/* SPDX-License-Identifier: Apache-2.0 */
#include "spool/places.h"

#include <dirent.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

struct look {
    struct yg_arena *arena;
    struct yg_places *out;
    struct yg_err *err;
};

static enum yg_status no_memory(struct look *l)
{
    return yg_err_set(l->err, YG_ENOMEM, "no memory for the names of capture files");
}

static enum yg_status add_file(struct look *l, const char *path, const struct stat *st)
{
    struct yg_places *p = l->out;

    if (p->count == YG_PLACES_MAX) {
        p->full = true;
        return YG_OK;
    }
    if (p->count == p->room) {
        size_t room = p->room ? p->room * 2 : 64;
        struct yg_place_file *more = reallocarray(p->file, room, sizeof(*more));
        if (!more)
            return no_memory(l);
        p->file = more;
        p->room = room;
    }
    struct yg_place_file *f = &p->file[p->count];
    *f = (struct yg_place_file){ .path = yg_arena_str(l->arena, yg_str_of(path)),
                                 .dev = st->st_dev,
                                 .ino = st->st_ino,
                                 .size = (uint64_t)st->st_size,
                                 .mtime_ns = (int64_t)st->st_mtim.tv_sec * 1000000000 +
                                             st->st_mtim.tv_nsec };
    if (!f->path.p)
        return no_memory(l);
    p->count++;
    return YG_OK;
}

static enum yg_status look_at(struct look *l, const char *path, unsigned depth);

static int shown(const struct dirent *e)
{
    return e->d_name[0] != '.';
}

static enum yg_status look_into(struct look *l, const char *path, unsigned depth)
{
    struct dirent **entry = NULL;
    char name[PATH_MAX];
    enum yg_status st = YG_OK;
    int n = scandir(path, &entry, shown, alphasort);

    if (n < 0) {
        l->out->unseen++;
        return YG_OK;
    }
    for (int i = 0; i < n; i++) {
        int len = snprintf(name, sizeof(name), "%s/%s", path, entry[i]->d_name);
        if (st == YG_OK && len > 0 && (size_t)len < sizeof(name))
            st = look_at(l, name, depth + 1);
        free(entry[i]);
    }
    free(entry);
    return st;
}

static enum yg_status look_at(struct look *l, const char *path, unsigned depth)
{
    struct stat st;

    if ((depth == 0 ? stat(path, &st) : lstat(path, &st)) != 0) {
        l->out->unseen += depth == 0;
        return YG_OK;
    }
    if (S_ISREG(st.st_mode))
        return add_file(l, path, &st);
    return S_ISDIR(st.st_mode) && depth < YG_PLACES_DEPTH ? look_into(l, path, depth)
                                                          : YG_OK;
}

static int by_path(const void *a, const void *b)
{
    const struct yg_place_file *x = a, *y = b;

    return yg_str_cmp(x->path, y->path);
}

static int by_age(const void *a, const void *b)
{
    const struct yg_place_file *x = a, *y = b;

    if (x->mtime_ns != y->mtime_ns)
        return x->mtime_ns < y->mtime_ns ? -1 : 1;
    return by_path(a, b);
}

enum yg_status yg_places_find(const char *const *path, size_t count,
                              struct yg_arena *arena, struct yg_places *out,
                              struct yg_err *err)
{
    struct look l = { .arena = arena, .out = out, .err = err };
    enum yg_status st = YG_OK;

    *out = (struct yg_places){ 0 };
    for (size_t i = 0; st == YG_OK && i < count; i++)
        st = look_at(&l, path[i], 0);
    if (st != YG_OK)
        yg_places_fini(out);
    else if (out->count)
        qsort(out->file, out->count, sizeof(out->file[0]), by_path);
    return st;
}

void yg_places_fini(struct yg_places *p)
{
    free(p->file);
    *p = (struct yg_places){ 0 };
}

bool yg_places_has(const struct yg_places *p, struct yg_str path)
{
    struct yg_place_file key = { .path = path };

    return p->count > 0 &&
           bsearch(&key, p->file, p->count, sizeof(p->file[0]), by_path) != NULL;
}

void yg_places_by_age(struct yg_places *p)
{
    if (p->count)
        qsort(p->file, p->count, sizeof(p->file[0]), by_age);
}
