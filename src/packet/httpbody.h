/* SPDX-License-Identifier: Apache-2.0 */
/*
 * httpbody - the body of one HTTP/1 message: where it ends, and what it is without its
 * transfer and content codings.
 *
 * Content-Length, chunked with trailers, or until the stream ends; gzip and deflate are
 * taken off under a cap, other codings are left as they are. Pure but for the arena; a
 * body in one piece is borrowed from the stream.
 */
#ifndef YG_PACKET_HTTPBODY_H
#define YG_PACKET_HTTPBODY_H

#include "base/arena.h"
#include "packet/httphead.h"

enum yg_httpbody_rule {
    YG_HTTPBODY_NONE,   /* whatever the headers say: of HEAD, 204, 304 */
    YG_HTTPBODY_LENGTH, /* none unless the headers announce one: of requests */
    YG_HTTPBODY_CLOSE,  /* to the end of the stream unless they do: of responses */
};

struct yg_httpbody {
    struct yg_str bytes; /* decoded, at most the caller's cap */
    size_t used;         /* bytes of the stream, chunk lines and trailers included */
    uint64_t size;       /* announced, else seen: before content codings */
    uint64_t anomalies;  /* BODY_BROKEN, BODY_BOMB */
    bool cut;            /* not whole */
    bool broken;         /* chunks ended senselessly at `used` */
};

/* `s` begins where the head ended. `max`: bytes that decoding may take from the arena
 * for each coding. */
void yg_httpbody_read(struct yg_str s, const struct yg_httphead *head,
                      enum yg_httpbody_rule rule, size_t max, struct yg_arena *arena,
                      struct yg_httpbody *out);

#endif
