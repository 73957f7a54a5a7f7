/* SPDX-License-Identifier: Apache-2.0 */
/* Making a backup. */
#include "yagura/backup.h"

#include "base/clock.h"
#include "base/disk.h"
#include "db/db_copy.h"
#include "yagura/backup_priv.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define MANIFEST_MAX ((size_t)8 << 20)

struct making {
    const struct yg_backup_ask *ask;
    struct yg_backup_report *out;
    char name[32];       /* "20261123T172800Z" */
    char path[PATH_MAX]; /* where it is written */
    struct yg_buf manifest;
    struct yg_err *err;
};

typedef enum yg_status each_f(struct making *m, const char *dir, const char *name);

static bool ends(const char *name, const char *end)
{
    size_t n = strlen(name), e = strlen(end);

    return n >= e && strcmp(name + n - e, end) == 0;
}

/* Every regular file of a folder that `take` says yes to. */
static enum yg_status each(struct making *m, const char *dir,
                           bool (*take)(const struct making *m, const char *name),
                           each_f *run)
{
    char path[PATH_MAX];
    struct stat sb;
    enum yg_status st = YG_OK;
    DIR *d = opendir(dir);

    if (!d && errno == ENOENT)
        return YG_OK;
    if (!d)
        return yg_err_errno(m->err, "cannot open %s", dir);
    for (struct dirent *e; st == YG_OK && (e = readdir(d));) {
        if (!yg_backup_is_name(yg_str_of(e->d_name)) || !take(m, e->d_name))
            continue;
        st = yg_backup_join(path, dir, e->d_name, m->err);
        if (st == YG_OK && lstat(path, &sb) == 0 && S_ISREG(sb.st_mode))
            st = run(m, dir, e->d_name);
    }
    closedir(d);
    return st;
}

/* A file that was written: into the manifest, as it reads now. */
static enum yg_status note(struct making *m, const char *path, const char *prefix,
                           const char *name)
{
    char hex[YG_BACKUP_HEX + 1];
    uint64_t bytes;
    enum yg_status st = yg_backup_digest(path, hex, &bytes, m->err);

    if (st != YG_OK)
        return st;
    if (++m->out->files > YG_BACKUP_FILES)
        return yg_err_set(m->err, YG_ELIMIT, "the store has more than %d files",
                          YG_BACKUP_FILES);
    m->out->bytes += bytes;
    yg_buf_printf(&m->manifest, "%s  %s%s\n", hex, prefix, name);
    return YG_OK;
}

/* ---- what is taken -------------------------------------------------------------------
 */

static bool is_database(const struct making *m, const char *name)
{
    (void)m;
    return ends(name, ".db") && !strstr(name, "backup-v");
}

static bool is_other(const struct making *m, const char *name)
{
    if (ends(name, ".db") || ends(name, "-wal") || ends(name, "-shm") ||
        ends(name, ".new") || ends(name, "-journal") || strcmp(name, "lock") == 0 ||
        strcmp(name, "server") == 0 || /* what is restored is files */
        strcmp(name, YG_BACKUP_MANIFEST) == 0)
        return false;
    return m->ask->secret || (strcmp(name, "secret") != 0 && !ends(name, ".key"));
}

static bool is_segment(const struct making *m, const char *name)
{
    (void)m;
    return ends(name, ".ygj");
}

static enum yg_status take_database(struct making *m, const char *dir, const char *name)
{
    char from[PATH_MAX], to[PATH_MAX];
    enum yg_status st = yg_backup_join(from, dir, name, m->err);

    if (st == YG_OK)
        st = yg_backup_join(to, m->path, name, m->err);
    if (st == YG_OK)
        st = yg_db_copy_file(from, to, m->err);
    return st == YG_OK ? note(m, to, "", name) : st;
}

static enum yg_status take_from_server(struct making *m, const char *name)
{
    char file[64], to[PATH_MAX];

    snprintf(file, sizeof(file), "%s.db", name);
    enum yg_status st = yg_backup_join(to, m->path, file, m->err);
    if (st == YG_OK)
        st = m->ask->copy(m->ask->arg, name, to, m->err);
    if (st == YG_ENOTFOUND)
        return YG_OK;
    return st == YG_OK ? note(m, to, "", file) : st;
}

static enum yg_status take_databases(struct making *m)
{
    static const char *const name[] = { "yagura", "service", "desk",
                                        "acts",   "jobs",    "trail" };
    enum yg_status st = YG_OK;

    if (!m->ask->copy)
        return each(m, m->ask->store, is_database, take_database);
    for (size_t i = 0; st == YG_OK && i < YG_ARRAY_LEN(name); i++)
        st = take_from_server(m, name[i]);
    return st;
}

static enum yg_status take_file(struct making *m, const char *dir, const char *name,
                                const char *prefix)
{
    char from[PATH_MAX], to[PATH_MAX], into[PATH_MAX];
    enum yg_status st = yg_backup_join(from, dir, name, m->err);

    snprintf(into, sizeof(into), "%s%s", prefix, name);
    if (st == YG_OK)
        st = yg_backup_join(to, m->path, into, m->err);
    if (st == YG_OK)
        st = yg_backup_copy(from, to, m->err);
    if (st == YG_ENOTFOUND)
        return YG_OK; /* consumed meanwhile: the database has it */
    return st == YG_OK ? note(m, to, prefix, name) : st;
}

static enum yg_status take_other(struct making *m, const char *dir, const char *name)
{
    return take_file(m, dir, name, "");
}

static enum yg_status take_segment(struct making *m, const char *dir, const char *name)
{
    return take_file(m, dir, name, "journal/");
}

/* The journal first: what it loses afterwards is in the database by then. */
static enum yg_status take_all(struct making *m)
{
    char journal[PATH_MAX], into[PATH_MAX];
    enum yg_status st = yg_backup_join(journal, m->ask->store, "journal", m->err);

    if (st == YG_OK)
        st = yg_backup_join(into, m->path, "journal", m->err);
    if (st == YG_OK && access(journal, F_OK) == 0) {
        if (mkdir(into, 0700) != 0)
            return yg_err_errno(m->err, "cannot make %s", into);
        st = each(m, journal, is_segment, take_segment);
        if (st == YG_OK)
            st = yg_backup_sync(into, m->err);
    }
    if (st == YG_OK)
        st = take_databases(m);
    return st == YG_OK ? each(m, m->ask->store, is_other, take_other) : st;
}

/* ---- beginning and end ----------------------------------------------------------------
 */

static void names(struct making *m)
{
    char time[YG_TIME_TEXT_MAX];
    size_t n = 0;

    yg_time_text(m->ask->now_ns, time);
    snprintf(m->out->made, sizeof(m->out->made), "%.19sZ", time);
    for (const char *p = m->out->made; *p; p++)
        if (*p != '-' && *p != ':')
            m->name[n++] = *p;
    m->name[n] = '\0';
}

static enum yg_status begin(struct making *m)
{
    char unfinished[64];

    names(m);
    if (mkdir(m->ask->dir, 0700) != 0 && errno != EEXIST)
        return yg_err_errno(m->err, "cannot make %s", m->ask->dir);
    snprintf(unfinished, sizeof(unfinished), "%s%s", m->name, YG_BACKUP_UNFINISHED);
    enum yg_status st = yg_backup_join(m->path, m->ask->dir, unfinished, m->err);
    if (st == YG_OK)
        st = yg_backup_join(m->out->path, m->ask->dir, m->name, m->err);
    if (st == YG_OK && access(m->out->path, F_OK) == 0)
        return yg_err_set(m->err, YG_EEXIST, "%s is there already", m->out->path);
    if (st == YG_OK && mkdir(m->path, 0700) != 0)
        st = yg_err_errno(m->err, "cannot make %s", m->path);
    yg_buf_printf(&m->manifest, YG_BACKUP_HEAD "%s\n", m->out->made);
    return st;
}

static enum yg_status finish(struct making *m)
{
    char path[PATH_MAX];
    enum yg_status st = yg_backup_join(path, m->path, YG_BACKUP_MANIFEST, m->err);

    yg_backup_seal(&m->manifest);
    if (st == YG_OK && yg_buf_status(&m->manifest) != YG_OK)
        st = yg_err_set(m->err, YG_ENOMEM, "no memory for the manifest");
    if (st == YG_OK && !yg_disk_replace(path, yg_buf_str(&m->manifest), 0600))
        st = yg_err_errno(m->err, "cannot write %s", path);
    if (st == YG_OK)
        st = yg_backup_sync(m->path, m->err);
    if (st == YG_OK && rename(m->path, m->out->path) != 0)
        st = yg_err_errno(m->err, "cannot rename %s", m->path);
    return st == YG_OK ? yg_backup_sync(m->ask->dir, m->err) : st;
}

/* ---- older ones ----------------------------------------------------------------------
 */

static bool is_ours(const char *name)
{
    size_t n = strspn(name, "0123456789T");

    return n == 15 && name[8] == 'T' && name[15] == 'Z' &&
           (name[16] == '\0' || strcmp(name + 16, YG_BACKUP_UNFINISHED) == 0);
}

static int by_name(const struct dirent **a, const struct dirent **b)
{
    return strcmp((*b)->d_name, (*a)->d_name); /* the newest first */
}

static int only_ours(const struct dirent *e)
{
    return is_ours(e->d_name);
}

static enum yg_status drop_older(struct making *m)
{
    struct dirent **list = NULL;
    char path[PATH_MAX];
    unsigned whole = 0;
    enum yg_status st = YG_OK;
    int n = m->ask->keep > 0 ? scandir(m->ask->dir, &list, only_ours, by_name) : 0;

    if (n < 0)
        return yg_err_errno(m->err, "cannot look into %s", m->ask->dir);
    for (int i = 0; i < n; i++) {
        bool cut = ends(list[i]->d_name, YG_BACKUP_UNFINISHED);
        if (st == YG_OK && (cut || ++whole > m->ask->keep)) {
            st = yg_backup_join(path, m->ask->dir, list[i]->d_name, m->err);
            if (st == YG_OK)
                st = yg_backup_remove(path, m->err);
            m->out->dropped += st == YG_OK;
        }
        free(list[i]);
    }
    free(list);
    return st;
}

enum yg_status yg_backup_make(const struct yg_backup_ask *ask,
                              struct yg_backup_report *out, struct yg_err *err)
{
    struct making m = { .ask = ask, .out = out, .err = err };

    *out = (struct yg_backup_report){ .files = 0 };
    yg_buf_init(&m.manifest, MANIFEST_MAX);
    enum yg_status st = begin(&m);
    if (st == YG_OK)
        st = take_all(&m);
    if (st == YG_OK)
        st = finish(&m);
    if (st == YG_OK)
        st = drop_older(&m);
    yg_buf_fini(&m.manifest);
    return st;
}
