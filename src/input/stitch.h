/* SPDX-License-Identifier: Apache-2.0 */
/*
 * stitch - records of a file that mean something only with lines before them.
 *
 * Batches are decoded by several workers in any order, records are decoded again alone
 * when somebody asks for them, and a live file goes on after a restart: so no decoder
 * remembers a line. Whoever cuts a file into records makes each complete instead:
 *
 *      "#fields\tts\tuid..", "#Fields: date time .."    put before each record that
 * follows (Zeek's with its "#path" line)
 *      --4a5b6c7d-A--  ..  --4a5b6c7d-Z--               one record (ModSecurity, serial)
 *      <Event ..>  ..  </Event>                         one record (Windows events, XML)
 *
 * Cost: two comparisons a line where there is none of these. Memory: YG_STITCH_HEAD.
 * Pure. One thread at a time.
 */
#ifndef YG_INPUT_STITCH_H
#define YG_INPUT_STITCH_H

#include "base/status.h"
#include "base/str.h"

#include <stdbool.h>

#define YG_STITCH_HEAD 8192U /* bytes of header lines; longer ones are not followed */

struct yg_stitch {
    /* private */
    size_t n, path_n; /* of head; of it the first line, which names the log */
    char head[YG_STITCH_HEAD];
};

/* Lines with their ends that belong before this record of the file; empty: none. Looks at
 * it first: a header line is remembered. `max`: the most that both may have together. */
struct yg_str yg_stitch_line(struct yg_stitch *s, struct yg_str line, size_t max);

#define YG_STITCH_MORE SIZE_MAX

/* May a record of several lines begin with this byte? */
static inline bool yg_stitch_first(char c)
{
    return c == '-' || c == '<';
}

/* `s` begins where a record does and holds its first line. Where does the next one begin?
 * 0: it is a line; YG_STITCH_MORE: not known yet. A record that loses its end goes on to
 * the next one's beginning, if that comes within `max` bytes, else it is lines. `*scan`:
 * 0 at first, then what was looked at already. `ended`: there will be no more. */
size_t yg_stitch_end(struct yg_str s, size_t *scan, size_t max, bool ended);

#endif
