/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lookup - what a logging library would make of ${...}, and URLs taken apart.
 *
 * Log4j 2 (and Commons Text) replace ${prefix:name:-default} inside what they log, the
 * inner ones first. Attackers spell jndi with the pieces; so the pieces are put together
 * here as the library would, without ever looking anything up. What cannot be known
 * (the victim's environment) becomes '*'. Bounded: YG_LOOKUP_DEPTH deep, YG_LOOKUP_MAX
 * bytes a name. Pure but for the arena.
 */
#ifndef YG_PACKET_LOOKUP_H
#define YG_PACKET_LOOKUP_H

#include "base/arena.h"
#include "base/str.h"

#define YG_LOOKUP_DEPTH 8
#define YG_LOOKUP_MAX   512

struct yg_url {
    struct yg_str scheme, host, path; /* path: what follows the authority */
    uint16_t port;                    /* 0: not said and no default known */
};

/* scheme://[user@]host[:port][/path]; also scheme:host without slashes when `loose`.
 * Borrowed from `s`. A name after '#' in the authority wins: that is whom a client asks
 * that does not know fragments. */
bool yg_url_split(struct yg_str s, bool loose, struct yg_url *out);

/* Does `name` mean the host `pattern`? Equal but for case and a final dot; '*' in front
 * of the pattern stands for anything that was not known. */
bool yg_host_is(struct yg_str pattern, struct yg_str name);

struct yg_lookup_found {
    struct yg_str text;  /* from ${ to its end, as it stood */
    struct yg_str plain; /* what it comes to: "jndi:ldap://h:1/a", "script:..." */
    unsigned disguises;  /* inner lookups that were resolved */
};

/* The next ${jndi:...} (or ${script:..., ${url:..., ${dns:...) in `s` at or after *at,
 * however it is spelt; *at is moved past it. */
bool yg_lookup_next(struct yg_str s, size_t *at, struct yg_arena *arena,
                    struct yg_lookup_found *out);

#endif
