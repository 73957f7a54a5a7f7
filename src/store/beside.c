/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Writers of rows beside the one writer of history. SQLite lets one transaction write at
 * a time and those who wait poll, so a busy writer of history could keep the others out
 * for ever. (A server's lock is a fair queue: there is nothing to do.) A lock on the
 * first byte of dir/lock (which as a whole, by flock, is the history writer's) is the
 * queue between them: who writes rows holds it for its transaction, and the writer of
 * history begins none while somebody does.
 *
 *      history  ... commit | wait for the byte | begin ... commit |
 *      verdict         lock the byte ... begin ... commit, unlock
 */
#include "store/inside.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#define SLEEP_MS 2

enum yg_status yg_beside_open(struct yg_store *st, const char *dir, struct yg_err *err)
{
    char path[PATH_MAX];
    int n = snprintf(path, sizeof(path), "%s/lock", dir);

    if (n < 0 || (size_t)n >= sizeof(path))
        return yg_err_set(err, YG_EINVAL, "the store's path is too long");
    st->rows_lock = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    return st->rows_lock >= 0 ? YG_OK : yg_err_errno(err, "cannot open the lock file");
}

/* Of this open file, not of the process: other descriptors of it do not matter. */
static bool lock(const struct yg_store *st, short type)
{
    struct flock l = { .l_type = type, .l_whence = SEEK_SET, .l_start = 0, .l_len = 1 };

    return fcntl(st->rows_lock, F_OFD_SETLK, &l) == 0;
}

enum yg_status yg_beside_wait(struct yg_store *st, struct yg_err *err)
{
    const struct timespec nap = { .tv_nsec = SLEEP_MS * 1000000L };

    if (st->rows_lock < 0)
        return YG_OK;
    for (int waited = 0; waited < st->patience_ms; waited += SLEEP_MS) {
        if (lock(st, st->rows ? F_WRLCK : F_RDLCK))
            return YG_OK;
        if (errno != EAGAIN && errno != EACCES && errno != EINTR)
            return yg_err_errno(err, "cannot lock the store");
        nanosleep(&nap, NULL);
    }
    return yg_err_set(err, YG_EBUSY,
                      "another yagura has been writing to this store for %d s; try again",
                      (st->patience_ms + 999) / 1000);
}

void yg_beside_begun(struct yg_store *st, bool begun)
{
    /* The writer of history only waits its turn. */
    if (!begun || !st->rows)
        yg_beside_end(st);
}

void yg_beside_end(struct yg_store *st)
{
    if (st->rows_lock >= 0)
        (void)lock(st, F_UNLCK);
}

bool yg_store_waited(const struct yg_store *st)
{
    if (st->rows_lock < 0 || st->rows || !st->in_tx)
        return false;
    bool idle = lock(st, F_RDLCK);
    if (idle)
        (void)lock(st, F_UNLCK);
    return !idle;
}

enum yg_status yg_store_hold(struct yg_store *st, struct yg_err *err)
{
    return yg_store_begin(st, err);
}

enum yg_status yg_store_others(struct yg_store *st, bool *wrote, struct yg_err *err)
{
    uint64_t version = 0;
    enum yg_status rc = yg_db_version(st->db, &version, err);

    if (rc != YG_OK)
        return rc;
    *wrote = st->versioned && version != st->version;
    st->version = version;
    st->versioned = true;
    return YG_OK;
}
