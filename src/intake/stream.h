/* SPDX-License-Identifier: Apache-2.0 */
/*
 * stream - a listening stream socket and its connections, as records. Private to intake.
 *
 * A connection costs what its record in progress needs (intake/unframe.h) and is closed
 * when nothing came for the idle timeout (what it had begun is a record then), when it
 * has not shaken hands in time; TCP keepalive finds those whose peer is gone. When there
 * are too many, the oldest that never brought a whole record in YG_SOCK_GRACE_NS makes
 * room; if there is none the new one is turned away. When the journal is full nothing is
 * read from any of them until it has taken what was read before: the senders' windows
 * close. On the loop's thread.
 */
#ifndef YG_INTAKE_STREAM_H
#define YG_INTAKE_STREAM_H

#include "intake/intake.h"
#include "intake/tls.h"
#include "intake/unframe.h"

struct yg_stream;

struct yg_stream_options {
    int fd; /* listening; owned from the call on, whatever it returns */
    enum yg_unframe_how how;
    struct yg_tls_server *tls; /* NULL: none; owned likewise */
    uint64_t max_connections;
    uint64_t per_address; /* 0: no limit of its own */
    uint64_t idle_s, handshake_s;
};

enum yg_status yg_stream_start(struct yg_intake *in, uint32_t source,
                               const struct yg_stream_options *opt,
                               struct yg_stream **out, struct yg_err *err) YG_MUST_USE;
/* Close all connections; what they have sent whole is added if the journal takes it. */
void yg_stream_stop(struct yg_stream *s);
void yg_stream_free(struct yg_stream *s);

#endif
