/* SPDX-License-Identifier: Apache-2.0 */
/*
 * opensearch - the kind of input that pulls documents out of OpenSearch.
 *
 *      search_after the cursor ──► documents ──► journal ──► durable ──► cursor on disk
 *        ◄── back-off: 1 s, 2 s, ... 5 min ── an error
 *
 * For Wazuh 5, which writes its findings there and nowhere else. The record is _source,
 * its own bytes; its id is index and _id. A document may be fetched more than once, as
 * one that becomes visible late must not be missed (opensearch_page.h); those of the
 * last minutes are remembered, others are recognised by their id. The cursor lies beside
 * the journal, in opensearch-NAME.cursor; deleted, everything is read again.
 *
 * https only, the server's certificate checked against `ca`; plain http only to this
 * machine itself. Redirects are not followed. Threads: one of its own. Memory: two pages
 * of up to YG_OPENSEARCH_ANSWER.
 */
#ifndef YG_INTAKE_OPENSEARCH_H
#define YG_INTAKE_OPENSEARCH_H

#include "intake/intake.h"

#define YG_OPENSEARCH_ANSWER ((size_t)64 << 20)
#define YG_OPENSEARCH_PAGE   1000
#define YG_OPENSEARCH_KNOWN  ((size_t)1 << 20) /* documents remembered */

extern const struct yg_intake_kind yg_intake_opensearch;

#endif
