/* SPDX-License-Identifier: Apache-2.0 */
/* The part of backup.h about the way back. */
#include "base/arena.h"
#include "base/hash.h"
#include "conf/textfile.h"
#include "yagura/backup_priv.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define MANIFEST_MAX ((size_t)8 << 20)

struct restoring {
    char from[PATH_MAX]; /* the backup */
    char into[PATH_MAX]; /* where it is written; "": nowhere */
    struct yg_backup_report *out;
    struct yg_err *err;
};

static bool has_manifest(const char *dir)
{
    char path[PATH_MAX];
    struct yg_err none;

    return yg_backup_join(path, dir, YG_BACKUP_MANIFEST, &none) == YG_OK &&
           access(path, R_OK) == 0;
}

/* The backup itself, or the newest whole one in the folder. */
static enum yg_status find(struct restoring *r, const char *from)
{
    struct dirent **list = NULL;
    char path[PATH_MAX];
    enum yg_status st = YG_OK;

    snprintf(r->from, sizeof(r->from), "%s", from);
    if (has_manifest(from))
        return YG_OK;
    int n = scandir(from, &list, NULL, alphasort);
    bool found = false;
    for (int i = n - 1; i >= 0; i--) {
        struct yg_str name = yg_str_of(list[i]->d_name);
        bool ours = name.n == 16 && name.p[15] == 'Z';
        if (!found && ours &&
            (st = yg_backup_join(path, from, list[i]->d_name, r->err)) == YG_OK &&
            has_manifest(path)) {
            memcpy(r->from, path, sizeof(r->from));
            found = true;
        }
        free(list[i]);
    }
    free(list);
    return found ? YG_OK
           : st != YG_OK
               ? st
               : yg_err_set(r->err, YG_ENOTFOUND,
                            "%s is no backup that was finished, nor has it one", from);
}

/* One line of the manifest: the file is what it says, and is copied. */
static enum yg_status take(struct restoring *r, struct yg_str line)
{
    char path[PATH_MAX], to[PATH_MAX], name[256], hex[YG_BACKUP_HEX + 1];
    unsigned char unused[YG_BACKUP_HEX / 2];
    struct yg_str want = { line.p, YG_BACKUP_HEX };
    uint64_t bytes = 0;

    if (line.n < YG_BACKUP_HEX + 3 || !yg_unhex(want, unused, sizeof(unused)) ||
        memcmp(line.p + YG_BACKUP_HEX, "  ", 2) != 0 ||
        !yg_backup_is_name(
            (struct yg_str){ line.p + YG_BACKUP_HEX + 2, line.n - YG_BACKUP_HEX - 2 }))
        return yg_err_set(r->err, YG_ECORRUPT, "%s: the manifest is damaged", r->from);
    snprintf(name, sizeof(name), "%.*s", (int)(line.n - YG_BACKUP_HEX - 2),
             line.p + YG_BACKUP_HEX + 2);
    enum yg_status st = yg_backup_join(path, r->from, name, r->err);
    if (st == YG_OK && r->into[0]) {
        st = yg_backup_join(to, r->into, name, r->err);
        if (st == YG_OK)
            st = yg_backup_copy(path, to, r->err);
        memcpy(path, to, sizeof(path)); /* what was written is what is looked at */
    }
    if (st == YG_OK)
        st = yg_backup_digest(path, hex, &bytes, r->err);
    if (st == YG_ENOTFOUND)
        return yg_err_set(r->err, YG_ECORRUPT, "%s/%s is missing", r->from, name);
    if (st == YG_OK && !yg_str_eq(yg_str_of(hex), want))
        st = yg_err_set(r->err, YG_ECORRUPT,
                        "%s/%s is not what was backed up: its digest differs", r->from,
                        name);
    r->out->files += st == YG_OK;
    r->out->bytes += st == YG_OK ? bytes : 0;
    return st;
}

static enum yg_status take_all(struct restoring *r, struct yg_str text)
{
    enum yg_status st = YG_OK;

    if (!yg_backup_unseal(&text))
        return yg_err_set(r->err, YG_ECORRUPT, "%s/" YG_BACKUP_MANIFEST " is damaged",
                          r->from);
    struct yg_str head = yg_str_cut(&text, '\n');
    if (!yg_str_starts(head, YG_STR(YG_BACKUP_HEAD)))
        return yg_err_set(r->err, YG_EFORMAT, "%s: this is no manifest of ours", r->from);
    snprintf(r->out->made, sizeof(r->out->made), "%.*s",
             (int)(head.n - sizeof(YG_BACKUP_HEAD) + 1),
             head.p + sizeof(YG_BACKUP_HEAD) - 1);
    while (st == YG_OK && text.n > 0 && r->out->files <= YG_BACKUP_FILES)
        st = take(r, yg_str_cut(&text, '\n'));
    return st == YG_OK && r->out->files == 0
               ? yg_err_set(r->err, YG_ECORRUPT, "%s: the manifest names no file",
                            r->from)
               : st;
}

/* STORE.restoring beside it, new. */
static enum yg_status make_folder(struct restoring *r, const char *store)
{
    char journal[PATH_MAX];
    int n = snprintf(r->into, sizeof(r->into), "%s.restoring", store);

    if (n < 0 || n >= (int)sizeof(r->into))
        return yg_err_set(r->err, YG_EINVAL, "the path %s is too long", store);
    if (rmdir(store) != 0 && errno != ENOENT)
        return errno == ENOTEMPTY || errno == EEXIST || errno == ENOTDIR
                   ? yg_err_set(r->err, YG_EEXIST,
                                "%s is not empty: restore into a folder of its own, and "
                                "rename it then",
                                store)
                   : yg_err_errno(r->err, "cannot use %s", store);
    /* of a restore that was cut short */
    if (access(r->into, F_OK) == 0 && yg_backup_remove(r->into, r->err) != YG_OK)
        return r->err->status;
    enum yg_status st = yg_backup_join(journal, r->into, "journal", r->err);
    if (st == YG_OK && (mkdir(r->into, 0700) != 0 || mkdir(journal, 0700) != 0))
        st = yg_err_errno(r->err, "cannot make %s", r->into);
    return st;
}

static enum yg_status finish(struct restoring *r, const char *store)
{
    char up[PATH_MAX], journal[PATH_MAX];
    const char *slash = strrchr(store, '/');
    enum yg_status st = yg_backup_join(journal, r->into, "journal", r->err);

    snprintf(up, sizeof(up), "%.*s", slash ? (int)(slash + 1 - store) : 1,
             slash ? store : ".");
    if (st == YG_OK)
        st = yg_backup_sync(journal, r->err);
    if (st == YG_OK)
        st = yg_backup_sync(r->into, r->err);
    if (st == YG_OK && rename(r->into, store) != 0)
        st = yg_err_errno(r->err, "cannot rename %s", r->into);
    return st == YG_OK ? yg_backup_sync(up, r->err) : st;
}

enum yg_status yg_backup_restore(const char *from, const char *store,
                                 struct yg_backup_report *out, struct yg_err *err)
{
    struct restoring r = { .out = out, .err = err };
    struct yg_err why = { 0 }, unused;
    char path[PATH_MAX];
    struct yg_arena arena;
    struct yg_str text;

    *out = (struct yg_backup_report){ .files = 0 };
    r.err = &why;
    yg_arena_init(&arena, 2 * MANIFEST_MAX);
    enum yg_status st = find(&r, from);
    if (st == YG_OK)
        st = yg_backup_join(path, r.from, YG_BACKUP_MANIFEST, &why);
    if (st == YG_OK)
        st = yg_textfile_read(&arena, path, MANIFEST_MAX, &text, &why);
    if (st == YG_OK && store)
        st = make_folder(&r, store);
    if (st == YG_OK)
        st = take_all(&r, text);
    if (st == YG_OK && store)
        st = finish(&r, store);
    else if (st != YG_OK && r.into[0] && access(r.into, F_OK) == 0 &&
             yg_backup_remove(r.into, &unused) != YG_OK)
        yg_err_set(&why, st, "%s; %s is what was written until then", why.msg, r.into);
    snprintf(out->path, sizeof(out->path), "%s", r.from);
    yg_arena_fini(&arena);
    if (st != YG_OK)
        *err = why;
    return st;
}
