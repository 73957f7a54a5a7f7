/* SPDX-License-Identifier: Apache-2.0 */
#include "db/db_copy.h"

#include <errno.h>
#include <fcntl.h>
#include <sqlite3.h>
#include <unistd.h>

#define PATIENCE_MS 10000

static enum yg_status fail(sqlite3 *h, int code, const char *from, struct yg_err *err)
{
    enum yg_status st = (code & 0xff) == SQLITE_BUSY      ? YG_EBUSY
                        : (code & 0xff) == SQLITE_NOMEM   ? YG_ENOMEM
                        : (code & 0xff) == SQLITE_CORRUPT ? YG_ECORRUPT
                                                          : YG_EIO;

    return yg_err_set(err, st, "%s cannot be copied: %s", from,
                      h ? sqlite3_errmsg(h) : sqlite3_errstr(code));
}

static int copy(sqlite3 *h, const char *to)
{
    sqlite3_stmt *s = NULL;
    int rc;

    sqlite3_busy_timeout(h, PATIENCE_MS);
    rc = sqlite3_prepare_v2(h, "VACUUM INTO ?1", -1, &s, NULL);
    if (rc == SQLITE_OK)
        rc = sqlite3_bind_text(s, 1, to, -1, SQLITE_STATIC);
    if (rc == SQLITE_OK)
        rc = sqlite3_step(s);
    sqlite3_finalize(s);
    return rc == SQLITE_DONE ? SQLITE_OK : rc;
}

/* Made empty first, so that nobody else may read it at any moment. */
static enum yg_status make(const char *to, struct yg_err *err)
{
    int fd = open(to, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

    if (fd < 0)
        return yg_err_errno(err, "cannot make %s", to);
    close(fd);
    return YG_OK;
}

static enum yg_status sync_file(const char *path, struct yg_err *err)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    enum yg_status st = YG_OK;

    if (fd < 0 || fsync(fd) != 0)
        st = yg_err_errno(err, "cannot write %s to disk", path);
    if (fd >= 0)
        close(fd);
    return st;
}

enum yg_status yg_db_copy_file(const char *from, const char *to, struct yg_err *err)
{
    sqlite3 *h = NULL;
    enum yg_status st = make(to, err);

    if (st != YG_OK)
        return st;
    int rc = sqlite3_open_v2(from, &h, SQLITE_OPEN_READONLY | SQLITE_OPEN_NOMUTEX, NULL);
    if (rc == SQLITE_OK)
        rc = copy(h, to);
    if (rc != SQLITE_OK)
        st = fail(h, rc, from, err);
    sqlite3_close(h);
    return st == YG_OK ? sync_file(to, err) : st;
}
