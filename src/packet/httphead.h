/* SPDX-License-Identifier: Apache-2.0 */
/*
 * httphead - the start line and headers of one HTTP/1 message (RFC 9110, RFC 9112).
 *
 * As lenient as servers are: bare LF, spaces in the target, folded and broken headers are
 * read and named as anomalies. One pass, about 2 ns a byte. Pure; strings are borrowed
 * from the stream.
 */
#ifndef YG_PACKET_HTTPHEAD_H
#define YG_PACKET_HTTPHEAD_H

#include "packet/packet.h"

#define YG_HTTP_HEADERS_MAX 128 /* more are odd */

struct yg_httphead {
    struct yg_str raw; /* start line to blank line */
    struct yg_str verb, target;
    struct yg_str host, agent, server, type, disposition, coding, upgrade;
    uint64_t length;    /* Content-Length, when has_length */
    uint64_t anomalies; /* HTTP_SMUGGLE, HTTP_HEADERS */
    int32_t status;     /* of a response; -1 */
    uint8_t major;      /* of the version; 0: a simple request without one */
    bool has_length, chunked;
    bool coded; /* a transfer coding that is not understood */
    bool login; /* credentials in a header */
    bool cut;   /* the stream ends before the blank line */
};

/* Does a message begin with the first byte of `s`? */
bool yg_httphead_starts(struct yg_str s, bool request);

/* Read the head at the start of `s`; false: none begins there. */
bool yg_httphead_read(struct yg_str s, bool request, struct yg_httphead *out);

/* Where the next message surely begins (known verb, version, a header below): an offset
 * from `from` on, or s.n. To go on after lost or senseless bytes. */
size_t yg_httphead_find(struct yg_str s, size_t from, bool request);

#endif
