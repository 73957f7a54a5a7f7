/* SPDX-License-Identifier: Apache-2.0 */
/*
 * disk - bytes to a descriptor, all of them; and a small file written anew as a whole.
 */
#ifndef YG_BASE_DISK_H
#define YG_BASE_DISK_H

#include "base/status.h"
#include "base/str.h"

/* Write all of `s`. False (errno says why): part of it may be written. */
bool yg_disk_write(int fd, struct yg_str s) YG_MUST_USE;

/* Replace `path` by a file of these bytes: whoever reads it, and a crash at any moment,
 * finds the old one or the new one. It is made as PATH.new beside it. False: errno; the
 * old one stays. */
bool yg_disk_replace(const char *path, struct yg_str s, unsigned mode) YG_MUST_USE;

#endif
