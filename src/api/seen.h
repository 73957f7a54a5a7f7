/* SPDX-License-Identifier: Apache-2.0 */
/*
 * seen - the store as somebody sees it who may see some tenants only: the one place where
 * views read lists of tenants, runs, alerts and audits, or take an id.
 *
 * What lies outside the scope of the source (view.h) is YG_ENOTFOUND, as what does not
 * exist. Who does not see all tenants writes ids in full: a short one that several alerts
 * have would tell of others'. Cost of a queue page: for a scope of several names as many
 * pages of the store as it has names, each up to the page's end.
 */
#ifndef YG_API_SEEN_H
#define YG_API_SEEN_H

#include "api/view.h"
#include "pipeline/search.h"
#include "store/ledger.h"

/* A tenant that was asked for by name; an empty name asks for all that are seen. */
enum yg_status yg_seen_tenant(const struct yg_view_source *v, struct yg_str name,
                              struct yg_err *err) YG_MUST_USE;
enum yg_status yg_seen_tenants(const struct yg_view_source *v, struct yg_arena *arena,
                               struct yg_store_tenant **out, size_t *count,
                               struct yg_err *err) YG_MUST_USE;
/* Of those who see some tenants: alerts, contexts, undecodable, closed and the queue;
 * all else is 0. */
enum yg_status yg_seen_stats(const struct yg_view_source *v, struct yg_store_stats *out,
                             struct yg_err *err) YG_MUST_USE;
/* As yg_store_queue. */
enum yg_status yg_seen_queue(const struct yg_view_source *v,
                             const struct yg_queue_filter *f, struct yg_arena *arena,
                             struct yg_queue_page *out, struct yg_err *err) YG_MUST_USE;
/* As yg_store_run_get. */
enum yg_status yg_seen_run(const struct yg_view_source *v, struct yg_str hex_id,
                           struct yg_arena *arena, struct yg_queue_run *out,
                           struct yg_err *err) YG_MUST_USE;
/* As yg_guard_get. */
enum yg_status yg_seen_alert(const struct yg_view_source *v, struct yg_str hex_id,
                             struct yg_arena *arena, struct yg_store_record *out,
                             struct yg_str *tenant, struct yg_err *err) YG_MUST_USE;
/* Whose alert it is, without reading it. */
enum yg_status yg_seen_whose(const struct yg_view_source *v,
                             const unsigned char id[YG_ID_SIZE], struct yg_arena *arena,
                             struct yg_str *tenant, struct yg_err *err) YG_MUST_USE;
/* As yg_question_get. */
struct yg_question;
enum yg_status yg_seen_group(const struct yg_view_source *v, struct yg_str hex_id,
                             struct yg_arena *arena, struct yg_question *out,
                             struct yg_err *err) YG_MUST_USE;
/* As yg_ledger_audits. */
enum yg_status yg_seen_audits(const struct yg_view_source *v,
                              const struct yg_audit_filter *f, struct yg_arena *arena,
                              struct yg_audit **out, size_t *count,
                              struct yg_err *err) YG_MUST_USE;

/* The newest time of records that went because they were old, of one tenant or, with an
 * empty name, of all that are seen; INT64_MIN: none went. */
enum yg_status yg_seen_gone(const struct yg_view_source *v, struct yg_str tenant,
                            struct yg_arena *arena, int64_t *until_ns,
                            struct yg_err *err) YG_MUST_USE;

/* As yg_search, of one tenant or, with an empty name, of all that are seen: those of
 * `ask` are set here. */
enum yg_status yg_seen_search(const struct yg_view_source *v, struct yg_str tenant,
                              struct yg_search_ask *ask, struct yg_arena *arena,
                              struct yg_search_page *out, struct yg_err *err) YG_MUST_USE;

#endif
