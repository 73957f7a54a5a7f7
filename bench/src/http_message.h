/* SPDX-License-Identifier: Apache-2.0 */
/*
 * http_message - where an HTTP message of ours or of a server under test ends, and the
 * numbers in its headers. For senders that take answers as they come, not for strangers.
 */
#ifndef YG_BENCH_HTTP_MESSAGE_H
#define YG_BENCH_HTTP_MESSAGE_H

#include "base/str.h"

/* The number behind a header of one of our requests or of an answer. */
static inline bool message_number(struct yg_str head, const char *name, uint64_t *out)
{
    struct yg_str line;

    while (head.p) {
        line = yg_str_cut(&head, '\n');
        struct yg_str key = yg_str_cut(&line, ':');
        if (line.p && yg_str_eq_nocase(key, yg_str_of(name)))
            return yg_str_u64(yg_str_trim(line), out);
    }
    return false;
}

/* Head and body that begin at `s`; false: not all of it is there. */
static inline bool message_whole(struct yg_str s, struct yg_str *head, size_t *whole)
{
    const char *blank = memmem(s.p, s.n, "\r\n\r\n", 4);
    uint64_t body = 0;

    if (!blank)
        return false;
    *head = (struct yg_str){ s.p, (size_t)(blank - s.p) };
    (void)message_number(*head, "Content-Length", &body);
    *whole = head->n + 4 + (size_t)body;
    return *whole <= s.n;
}

#endif
