/* SPDX-License-Identifier: Apache-2.0 */
/*
 * backup_priv - files, digests and the manifest of a backup: what making and restoring
 * share (backup.h). Private to them.
 */
#ifndef YG_YAGURA_BACKUP_PRIV_H
#define YG_YAGURA_BACKUP_PRIV_H

#include "yagura/backup.h"

#define YG_BACKUP_MANIFEST   "manifest"
#define YG_BACKUP_HEAD       "# yagura backup 1 made "
#define YG_BACKUP_UNFINISHED ".unfinished"
#define YG_BACKUP_HEX        64

/* "A/B" into `out`. YG_EINVAL: too long. */
enum yg_status yg_backup_join(char out[PATH_MAX], const char *a, const char *b,
                              struct yg_err *err) YG_MUST_USE;
/* A file's SHA-256, and how long it is. */
enum yg_status yg_backup_digest(const char *path, char hex[YG_BACKUP_HEX + 1],
                                uint64_t *bytes, struct yg_err *err) YG_MUST_USE;
/* Copy a file that others may be adding to: as far as it goes now; on disk when it
 * returns. YG_ENOTFOUND: it is gone. */
enum yg_status yg_backup_copy(const char *from, const char *to,
                              struct yg_err *err) YG_MUST_USE;
/* Its entries are on disk. */
enum yg_status yg_backup_sync(const char *dir, struct yg_err *err) YG_MUST_USE;
/* A folder with what is in it, one folder deep. */
enum yg_status yg_backup_remove(const char *dir, struct yg_err *err) YG_MUST_USE;

/* The manifest's last line: the digest of all before it. Unsealed it is `text` without
 * that line; false: it is not what was sealed. */
#define YG_BACKUP_END "# end "
void yg_backup_seal(struct yg_buf *text);
bool yg_backup_unseal(struct yg_str *text) YG_MUST_USE;

/* May a file of a backup have this name? "x.db", "journal/0001.ygj": nothing that leads
 * elsewhere. */
bool yg_backup_is_name(struct yg_str name);

#endif
