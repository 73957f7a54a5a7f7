/* SPDX-License-Identifier: Apache-2.0 */
/*
 * people_json - people as JSON, the same at the API and at the command line. No secret of
 * theirs is in it. Pure.
 */
#ifndef YG_API_PEOPLE_JSON_H
#define YG_API_PEOPLE_JSON_H

#include "base/jsonw.h"
#include "people/people.h"

/* "all_tenants":false,"tenants":["acme"] */
void yg_json_scope(struct yg_jsonw *w, const struct yg_scope *scope);
/* The members; whoever asks opens and closes. */
void yg_json_user(struct yg_jsonw *w, const struct yg_user *u);
void yg_json_session(struct yg_jsonw *w, const struct yg_session *s);
void yg_json_token(struct yg_jsonw *w, const struct yg_token *t);

#endif
