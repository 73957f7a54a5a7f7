/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mime - what a mail carries: names of its attachments and the first one's bytes.
 *
 * Walks headers and multipart bodies (RFC 2045, 2046, 2183) to a fixed depth. Names stay
 * as the mail has them (RFC 2047 words are not decoded). About 1 ns a byte of text and 3
 * of base64. Pure but for the arena, where the result lives.
 */
#ifndef YG_PACKET_MIME_H
#define YG_PACKET_MIME_H

#include "base/arena.h"

#define YG_MIME_DEPTH 4  /* multiparts in multiparts */
#define YG_MIME_PARTS 64 /* in all */

struct yg_mail {
    struct yg_str head;       /* the message's own headers, borrowed */
    struct yg_str agent;      /* of its headers; borrowed */
    struct yg_str names;      /* of attachments, ", " between them */
    struct yg_str attachment; /* decoded bytes of the first; {NULL, 0}: none */
    struct yg_str type;       /* media type it claims; borrowed */
    bool broken;              /* its base64 does not decode to the end */
    bool over;                /* it is longer than was asked for */
};

/* Read a message; at most `max` bytes of an attachment are decoded. */
void yg_mime_read(struct yg_str message, size_t max, struct yg_arena *arena,
                  struct yg_mail *out);

/* Base64 as mail has it, at most `max` bytes, into the arena: bytes outside of the
 * alphabet are passed over (RFC 2045, 6.8) and, line ends excepted, set `*broken`. */
struct yg_str yg_mime_base64(struct yg_str text, size_t max, struct yg_arena *arena,
                             bool *broken);

#endif
