/* SPDX-License-Identifier: Apache-2.0 */
/*
 * import_priv - what the readers of import.h share: assets that are put together line by
 * line, problems, and how things are written in the field. Private to src/desk.
 */
#ifndef YG_DESK_IMPORT_PRIV_H
#define YG_DESK_IMPORT_PRIV_H

#include "base/map.h"
#include "desk/import.h"

struct yg_imported; /* an asset and what was said of it so far */

struct yg_importing {
    const struct yg_import_ask *ask;
    int64_t now_ns;
    struct yg_arena *arena;
    struct yg_import *out;
    struct yg_map by_subject;
    struct yg_imported *last;
    size_t assets, rows;
    enum yg_status status; /* YG_ENOMEM, YG_ELIMIT: stop */
};

/* Note it; false when no more are wanted. */
bool yg_imported_problem(struct yg_importing *g, int line, const char *fmt, ...)
    YG_PRINTF(3, 4);

/* What a line says of an asset: its own members (empty: nothing) and, if there is a
 * product or a CVE, that. Texts are borrowed. False: stop. */
struct yg_said {
    int line;
    struct yg_asset asset;
    struct yg_software software; /* product empty: none */
    struct yg_finding finding;   /* cve empty: none */
    bool software_told;          /* it is known what is there, even if nothing is */
};
bool yg_imported_add(struct yg_importing *g, const struct yg_said *said);

/* In the arena, visible and at most `most` bytes: of titles, whatever is in them. */
struct yg_str yg_imported_title(struct yg_importing *g, struct yg_str s, size_t most);
/* "High", "3" ... 0: empty. False: it is none. */
bool yg_imported_criticality(struct yg_str s, uint8_t *out);
bool yg_imported_state(struct yg_str s, uint8_t *out);
/* Small letters and digits of a name, at most size - 1 of them. */
const char *yg_imported_fold(struct yg_str s, char *out, size_t size);
bool yg_imported_word(const char *list, const char *word);

enum yg_status yg_import_csv(struct yg_importing *g, struct yg_str data,
                             struct yg_err *err);
enum yg_status yg_import_json(struct yg_importing *g, struct yg_str data,
                              struct yg_err *err);

#endif
