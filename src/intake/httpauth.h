/* SPDX-License-Identifier: Apache-2.0 */
/*
 * httpauth - has the sender shown the input's token?
 *
 * It may come as "Bearer T", "Splunk T", "ApiKey T" or base64 of "id:T" there, or as the
 * password of Basic with any user. Digests are compared, in constant time, so neither
 * length nor beginning of the token shows in how long an answer takes. Pure.
 */
#ifndef YG_INTAKE_HTTPAUTH_H
#define YG_INTAKE_HTTPAUTH_H

#include "base/str.h"

enum yg_httpauth {
    YG_HTTPAUTH_GOOD,
    YG_HTTPAUTH_MISSING,
    YG_HTTPAUTH_ODD, /* a scheme that is not known, or broken */
    YG_HTTPAUTH_WRONG,
};

/* `token` empty: none is asked for. `header`: the Authorization; p NULL: there is none.
 */
enum yg_httpauth yg_httpauth_check(struct yg_str token, struct yg_str header);

#endif
