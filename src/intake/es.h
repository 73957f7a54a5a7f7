/* SPDX-License-Identifier: Apache-2.0 */
/*
 * es - Elasticsearch's and OpenSearch's _bulk, and what clients ask before they use it.
 *
 * A record is a document's line, its own bytes without blanks at both ends. create and
 * index are taken; update and delete, and a document without an object's braces, are
 * refused for themselves (400). The answer has one item for each document, always:
 * clients loop on less. A malformed action or a body that ends after one refuses the
 * request, before anything is taken. When the journal is full the answer is 429 with
 * every item 429, for the request as a whole: sent again, what was taken of it is known
 * by its id.
 *
 * Source: Elasticsearch reference, "Bulk API"; clients' behaviour as tested.
 */
#ifndef YG_INTAKE_ES_H
#define YG_INTAKE_ES_H

#include "intake/httpapi.h"

enum yg_es_op { YG_ES_CREATE, YG_ES_INDEX, YG_ES_UPDATE, YG_ES_DELETE };

struct yg_es_item {
    enum yg_es_op op;
    struct yg_str name; /* of the operation */
    struct yg_str index,
        id;               /* text between the quotes, escapes as they are; empty: none */
    struct yg_str doc;    /* not of delete */
    struct yg_str action; /* the line that said this */
};

/* The next line that is not blank; false at the end. */
bool yg_es_line(struct yg_str *rest, struct yg_str *line);
/* The next operation of a bulk body. `*out` is the one before it, all zero for the first:
 * an action that is said again is not read again. YG_EEND; YG_EFORMAT: malformed or cut
 * short. */
enum yg_status yg_es_next(struct yg_json_pull *p, struct yg_str *rest,
                          struct yg_es_item *out) YG_MUST_USE;

#endif
