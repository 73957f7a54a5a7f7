/* SPDX-License-Identifier: Apache-2.0 */
/*
 * verdictfile - analysts' verdicts given beside the data: a CSV of (file, line, level).
 *
 * Columns by header name, in any order: file, line (1-based), level (FP, L1-L4); and
 * optional reason, incident, analyst. `file` is compared with the last parts of an
 * input's path: "eve.json" or "day-01/eve.json". 48 bytes a verdict; 20 million are the
 * cap.
 */
#ifndef YG_YAGURA_VERDICTFILE_H
#define YG_YAGURA_VERDICTFILE_H

#include "pipeline/ingest.h"
#include "yagura/app.h"

struct yg_verdictfile;

enum yg_status yg_verdictfile_read(struct yg_app *a, const char *path,
                                   struct yg_verdictfile **out,
                                   struct yg_err *err) YG_MUST_USE;
void yg_verdictfile_free(struct yg_verdictfile *v);

/* How many verdicts it holds. */
size_t yg_verdictfile_count(const struct yg_verdictfile *v);

/* The verdict for line `line` of the input at `path`. Strings live with the app. */
bool yg_verdictfile_get(const struct yg_verdictfile *v, struct yg_str path, uint64_t line,
                        struct yg_ingest_verdict *out);

#endif
