/* SPDX-License-Identifier: Apache-2.0 */
/*
 * postgres_util - a real PostgreSQL server for a test: made in a temporary folder, spoken
 * to by a Unix socket only, with fsync as it comes.
 *
 * The server refuses to be root, so root starts it as the user postgres, or nobody. It
 * dies with the test. Its default collation orders as people do (ICU's), not as bytes.
 */
#ifndef YG_TESTS_POSTGRES_UTIL_H
#define YG_TESTS_POSTGRES_UTIL_H

#include "db/db.h"

#include <fcntl.h>
#include <glob.h>
#include <grp.h>
#include <pwd.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

struct server {
    char dir[64];  /* "": there is none */
    char bin[256]; /* folder of initdb and postgres */
    uid_t uid;
    gid_t gid;
    pid_t pid; /* 0: not running */
    unsigned cases;
};

static inline void nap_ms(long ms)
{
    const struct timespec t = { .tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000 };

    nanosleep(&t, NULL);
}

/* As this user when it is not 0; its output goes nowhere, or to ./log. */
static inline pid_t start_program(const char *path, const char *const *argv, uid_t uid,
                                  gid_t gid)
{
    pid_t pid = fork();

    if (pid != 0)
        return pid;
    if (uid && (setgroups(0, NULL) != 0 || setgid(gid) != 0 || setuid(uid) != 0))
        _exit(126);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    int fd = open("/dev/null", O_RDWR);
    if (getenv("POSTGRES_LOG"))
        fd = open(getenv("POSTGRES_LOG"), O_WRONLY | O_APPEND);
    for (int i = 0; i < 3 && fd >= 0; i++)
        dup2(fd, i);
    const char *const env[] = { "PATH=/usr/bin:/bin", "LC_ALL=C.UTF-8", "TZ=UTC", NULL };
    execve(path, (char *const *)(uintptr_t)argv, (char *const *)(uintptr_t)env);
    _exit(127);
}

static inline int wait_for(pid_t pid)
{
    int status = -1;

    if (pid <= 0 || waitpid(pid, &status, 0) != pid)
        return -1;
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static inline bool find_programs(struct server *v)
{
    glob_t found;
    bool ok = false;

    if (glob("/usr/lib/postgresql/*/bin/initdb", 0, NULL, &found) == 0) {
        const char *last = found.gl_pathv[found.gl_pathc - 1];
        snprintf(v->bin, sizeof(v->bin), "%.*s", (int)(strrchr(last, '/') - last), last);
        ok = true;
    }
    globfree(&found);
    return ok;
}

static inline bool write_text(const struct server *v, const char *name, const char *text,
                              mode_t mode)
{
    char path[128];

    snprintf(path, sizeof(path), "%s/%s", v->dir, name);
    FILE *f = fopen(path, "we");
    if (!f)
        return false;
    fputs(text, f);
    return fclose(f) == 0 && chmod(path, mode) == 0;
}

/* Start it, with one more setting; it may take a moment until it answers. */
static inline void server_start(struct server *v, const char *setting)
{
    char path[300], data[80];

    snprintf(path, sizeof(path), "%s/postgres", v->bin);
    snprintf(data, sizeof(data), "%s/data", v->dir);
    const char *argv[] = { path,
                           "-D",
                           data,
                           "-k",
                           v->dir,
                           "-c",
                           "listen_addresses=",
                           "-c",
                           "shared_buffers=16MB",
                           setting ? "-c" : NULL,
                           setting,
                           NULL };
    v->pid = start_program(path, argv, v->uid, v->gid);
}

static inline void server_stop(struct server *v, int sig)
{
    if (v->pid <= 0)
        return;
    kill(v->pid, sig);
    wait_for(v->pid);
    v->pid = 0;
}

/* False: PostgreSQL is not installed, or does not start here (`why`). */
static inline bool server_make(struct server *v, const char **why)
{
    char path[300], data[80];
    const struct passwd *who = getpwnam("postgres");

    *v = (struct server){ .pid = 0 };
    *why = "PostgreSQL's server is not installed (tools/install-deps test)";
    if (!find_programs(v))
        return false;
    *why = "no user to run PostgreSQL as";
    if (!who)
        who = getpwnam("nobody");
    if (geteuid() == 0 && !who)
        return false;
    if (geteuid() == 0) {
        v->uid = who->pw_uid;
        v->gid = who->pw_gid;
    }
    *why = "initdb failed";
    snprintf(v->dir, sizeof(v->dir), "/tmp/yg_postgres_XXXXXX");
    if (!mkdtemp(v->dir) || (v->uid && chown(v->dir, v->uid, v->gid) != 0) ||
        chmod(v->dir, 0755) != 0)
        return false;
    snprintf(path, sizeof(path), "%s/initdb", v->bin);
    snprintf(data, sizeof(data), "%s/data", v->dir);
    const char *argv[] = { path,
                           "-D",
                           data,
                           "-U",
                           "tester",
                           "-A",
                           "trust",
                           "-E",
                           "UTF8",
                           "--locale-provider=icu",
                           "--icu-locale=en",
                           "--locale=C.UTF-8",
                           "--no-sync",
                           NULL };
    if (wait_for(start_program(path, argv, v->uid, v->gid)) != 0)
        return false;
    /* one who has a password, and all others */
    if (!write_text(v, "data/pg_hba.conf",
                    "local all keyed scram-sha-256\nlocal all all trust\n", 0644))
        return false;
    server_start(v, NULL);
    return true;
}

static inline void server_where(const struct server *v, char *out, size_t size)
{
    snprintf(out, size, "postgresql:///postgres?host=%s&user=tester", v->dir);
}

/* Made, started and answering. */
static inline bool server_ready(struct server *v, const char **why)
{
    static char text[600];
    char where[160];
    struct yg_err err = { .status = YG_OK };
    struct yg_db *db = NULL;
    const struct yg_db_options opt = { .where = where, .create = true };

    if (!server_make(v, why))
        return false;
    server_where(v, where, sizeof(where));
    for (int i = 0; i < 600; i++) {
        if (yg_db_open(&opt, &db, &err) == YG_OK) {
            yg_db_close(db);
            return true;
        }
        nap_ms(20);
    }
    snprintf(text, sizeof(text), "the server does not answer: %s", err.msg);
    *why = text;
    return false;
}

static inline void remove_folder(const char *dir)
{
    const char *argv[] = { "rm", "-rf", dir, NULL };

    wait_for(start_program("/bin/rm", argv, 0, 0));
}

static inline void server_end(struct server *v)
{
    server_stop(v, SIGQUIT);
    if (v->dir[0])
        remove_folder(v->dir);
}

#endif
