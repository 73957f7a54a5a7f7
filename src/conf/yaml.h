/* SPDX-License-Identifier: Apache-2.0 */
/*
 * yaml - a YAML file as a small tree of nodes that know their line and column.
 *
 * libyaml does the reading; this keeps what operators' files need and refuses the rest:
 * no anchors and aliases (they multiply), no tags, one document, no key twice, and caps
 * on size, nodes, depth and text. All values are text; who reads them gives them types.
 * Cost: one pass, a node of about 100 bytes a value. Trees are constant once made.
 */
#ifndef YG_CONF_YAML_H
#define YG_CONF_YAML_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"

#define YG_YAML_TEXT_MAX   ((size_t)1024 * 1024) /* bytes of a file */
#define YG_YAML_NODES_MAX  16384
#define YG_YAML_KEYS_MAX   2048 /* of one table */
#define YG_YAML_DEPTH_MAX  16
#define YG_YAML_SCALAR_MAX 4096 /* bytes of one text */

enum yg_yaml_type { YG_YAML_TEXT, YG_YAML_LIST, YG_YAML_TABLE };

struct yg_yaml_key {
    struct yg_str text; /* empty for list items and the root */
    int line, column;
};

struct yg_yaml {
    enum yg_yaml_type type;
    int line, column;   /* 1-based: where the value begins */
    struct yg_str text; /* NUL-terminated, holds no NUL; empty for lists and tables */
    bool quoted;        /* written in quotes or as a block */
    size_t count;       /* children */
    const struct yg_yaml *first, *next;
    struct yg_yaml_key key; /* when it stands in a table */
};

/* Parse `text`. The tree lives with `arena` and borrows nothing; an empty file is an
 * empty table. `path` is only for messages. YG_EFORMAT (not YAML), YG_EINVAL (YAML that
 * is refused), YG_ELIMIT, YG_ENOMEM, all with line and column. */
enum yg_status yg_yaml_parse(struct yg_arena *arena, const char *path, struct yg_str text,
                             const struct yg_yaml **out, struct yg_err *err) YG_MUST_USE;

/* The value of `key` in a table, or NULL. */
const struct yg_yaml *yg_yaml_get(const struct yg_yaml *table, const char *key);

/* Nothing written after the key, "~" or "null". */
bool yg_yaml_is_null(const struct yg_yaml *node);

/* The node as true or false; false is returned when it is neither. */
bool yg_yaml_bool(const struct yg_yaml *node, bool *out);

/* A value as a file has it, behind its key: "text", [ texts ], or a table whose lines are
 * indented by `indent` blanks. Reads back equal if no list is in a list. */
void yg_yaml_print(const struct yg_yaml *node, int indent, struct yg_buf *out);

/* Fill `err` with the place of the node (or of its key) and return YG_EINVAL. */
enum yg_status yg_yaml_error(struct yg_err *err, const char *path,
                             const struct yg_yaml *node, const char *fmt, ...)
    YG_PRINTF(4, 5);
enum yg_status yg_yaml_key_error(struct yg_err *err, const char *path,
                                 const struct yg_yaml *node, const char *fmt, ...)
    YG_PRINTF(4, 5);

/* Every key of `table` is one of `names` (`n` of them); else YG_EINVAL that names the
 * key, its place, and the nearest of the names. */
enum yg_status yg_yaml_known_keys(const struct yg_yaml *table, const char *path,
                                  const char *const *names, size_t n,
                                  struct yg_err *err) YG_MUST_USE;

#endif
