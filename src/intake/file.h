/* SPDX-License-Identifier: Apache-2.0 */
/*
 * file - follows files that grow, by name or pattern.
 *
 * A round a second looks at the names: what is new, has come back or was rotated; ten
 * times a second is looked whether there is more to read. At most YG_FILES_MAX are open
 * at once. Compressed files are left out. Where a file was read to is kept in the
 * journal's folder once its records are durable (intake/filepos.h).
 */
#ifndef YG_INTAKE_FILE_H
#define YG_INTAKE_FILE_H

#include "intake/intake.h"

#define YG_FILES_MAX 1024

extern const struct yg_intake_kind yg_intake_file;

#endif
