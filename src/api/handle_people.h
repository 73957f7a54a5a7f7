/* SPDX-License-Identifier: Apache-2.0 */
/*
 * handle_people - what the handlers about people share (handle_session.c, handle_user.c,
 * handle_own.c). Private to them.
 */
#ifndef YG_API_HANDLE_PEOPLE_H
#define YG_API_HANDLE_PEOPLE_H

#include "api/handle.h"
#include "trail/trail.h"

/* YG_EBUSY on a server without people. */
enum yg_status yg_handle_people_there(const struct yg_call *c,
                                      struct yg_err *err) YG_MUST_USE;
/* `what` and a name behind it, in the arena: for yg_call.said. */
struct yg_str yg_handle_say(struct yg_call *c, const char *what, struct yg_str name);

enum yg_status yg_handle_sessions_of(struct yg_call *c, struct yg_str name,
                                     struct yg_err *err) YG_MUST_USE;
/* The one of the parameter, or all. */
enum yg_status yg_handle_sessions_end_of(struct yg_call *c, struct yg_str name,
                                         struct yg_err *err) YG_MUST_USE;

/* A place of ours, and nothing that a browser reads as another server's. */
bool yg_handle_is_ours(struct yg_str to);

/* Passwords are looked at one after the other: is there more asked than that? */
bool yg_handle_too_many(struct yg_call *c);

#endif
