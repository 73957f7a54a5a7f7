/* SPDX-License-Identifier: Apache-2.0 */
/*
 * backup - the store's folder as of one moment, in a folder that says what is in it; and
 * back again.
 *
 *      DIR/20261123T172800Z.unfinished   while it is written, or where it was cut short
 *      DIR/20261123T172800Z/manifest     whole: SHA-256 of each file, as sha256sum has it
 *
 * All databases (db/db_copy.h), those of a server as files, too, then every other file of
 * the folder, then what the journal holds: what was acknowledged before it began is in
 * it. Left out are packets (spool/), locks, and copies of older versions. The folder gets
 * its name, after everything is on disk, by one rename: a crash leaves older ones as they
 * were. Files are read for their digests after they were written.
 *
 * It runs beside `serve`. Restoring makes a folder that is not there yet, by one rename,
 * too, and nothing of it when a digest differs. Threads: one, of a command.
 */
#ifndef YG_YAGURA_BACKUP_H
#define YG_YAGURA_BACKUP_H

#include "base/buf.h"
#include "base/err.h"

#include <limits.h>

#define YG_BACKUP_FILES 10000 /* of one: segments of the journal among them */

struct yg_backup_report {
    char path[PATH_MAX]; /* where it is, whole */
    char made[24];       /* "2026-11-23T17:28:00Z" */
    uint64_t files, bytes;
    unsigned dropped; /* older ones that were removed */
};

/* Back `store` up to a folder of its own in `dir`, which is made if it is not there.
 * `keep` > 0: of the whole ones in `dir` the newest so many stay, and none that was cut
 * short. Without `secret` what signs and draws is left out. */
struct yg_backup_ask {
    const char *store, *dir;
    int64_t now_ns;
    unsigned keep;
    bool secret;
    /* Databases that are on a server: put the one of this name ("service") at `to`, as a
     * file. YG_ENOTFOUND: there is none. NULL: they are files of `store`. */
    enum yg_status (*copy)(void *arg, const char *name, const char *to,
                           struct yg_err *err);
    void *arg;
};
enum yg_status yg_backup_make(const struct yg_backup_ask *ask,
                              struct yg_backup_report *out,
                              struct yg_err *err) YG_MUST_USE;

/* `from`: one backup, or a folder of them, of which the newest whole one is taken.
 * YG_ENOTFOUND: there is none; YG_ECORRUPT: the message names the file that differs;
 * YG_EEXIST: there is something at `store`. `store` NULL: only look whether it is whole.
 */
enum yg_status yg_backup_restore(const char *from, const char *store,
                                 struct yg_backup_report *out,
                                 struct yg_err *err) YG_MUST_USE;

#endif
