/* SPDX-License-Identifier: Apache-2.0 */
/*
 * import - assets out of files: inventories as CSV or JSON, what vulnerability scanners
 * export as CSV (columns by name, import_columns.def), and statements of what is and is
 * not affected (CycloneDX VEX, OpenVEX) of one asset.
 *
 * A file is taken in whole or not at all: every line that cannot be read is told with its
 * number and what to write instead, up to YG_IMPORT_PROBLEMS of them. Lines of the same
 * asset are one asset. Reading is pure, over bytes from outside; about 1 us a line.
 */
#ifndef YG_DESK_IMPORT_H
#define YG_DESK_IMPORT_H

#include "base/buf.h"
#include "desk/asset.h"

#define YG_IMPORT_BYTES    ((size_t)64 << 20) /* of a file */
#define YG_IMPORT_ASSETS   20000              /* of a file */
#define YG_IMPORT_ROWS     500000             /* products and findings of a file */
#define YG_IMPORT_PROBLEMS 20
#define YG_IMPORT_WHAT     300

struct yg_import_ask {
    struct yg_str tenant; /* whose these are */
    struct yg_str data;
    struct yg_str name;    /* of the file; may be empty */
    struct yg_str subject; /* the asset that a VEX is about; else empty */
    struct yg_str scanner; /* who says so, when the file does not tell; may be empty */
};

struct yg_import {
    const char *kind; /* "inventory", "scanner's report", "VEX" */
    struct yg_asset *row;
    size_t count;
    uint64_t findings;
    uint64_t passed; /* lines that say nothing of a CVE, statements of others */
    struct {
        int line; /* 1-based */
        char what[YG_IMPORT_WHAT];
    } problem[YG_IMPORT_PROBLEMS];
    size_t problems;
};

/* Only read. YG_EFORMAT: see `out->problem`; YG_ELIMIT. `out` is set in any case and
 * lives with `arena` and the data. `now_ns`: when nothing else is said of a time. */
enum yg_status yg_import_read(const struct yg_import_ask *ask, int64_t now_ns,
                              struct yg_arena *arena, struct yg_import *out,
                              struct yg_err *err) YG_MUST_USE;
/* Read and tell the desk, all of it or nothing. */
enum yg_status yg_import(struct yg_desk *d, const struct yg_desk_by *by,
                         const struct yg_import_ask *ask, struct yg_arena *arena,
                         struct yg_import *out, struct yg_err *err) YG_MUST_USE;

/* "cpe:2.3:a:f5:nginx:1.18.0:*", "nginx 1.18.0", "nginx" as a product; borrows `text`. */
struct yg_software yg_import_software(struct yg_str text);

/* What is known now as a CSV inventory that reads back, cells as base/csvw.h has them. Of
 * one tenant, or (empty) of all that he sees. */
enum yg_status yg_asset_csv(struct yg_desk *d, const struct yg_desk_by *by,
                            struct yg_str tenant, struct yg_buf *out,
                            struct yg_err *err) YG_MUST_USE;

#endif
